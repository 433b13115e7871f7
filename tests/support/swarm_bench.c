// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/swarm_bench.h"

#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>

void bench_open(Bench* bench, double rate_hz, uint32_t capacity, uint32_t step)
{
  const FiqSwarmConfig config = {rate_hz, capacity, step, 42};
  memset(bench, 0, sizeof *bench);
  fiq_fft_pool_init(&bench->pool);
  FiqArena ruler;
  fiq_arena_init(&ruler, NULL, 0);
  assert_int_equal(fiq_swarm_init(&bench->swarm, &ruler, &bench->pool, &config), FIQ_NO_MEMORY);
  bench->arena = support_arena(ruler.used_bytes);
  assert_int_equal(fiq_swarm_init(&bench->swarm, &bench->arena, &bench->pool, &config), FIQ_OK);
  bench->params       = fiq_swarm_default_params();
  bench->params.n_osc = (float)capacity;
}

void bench_close(Bench* bench)
{
  support_arena_free(&bench->arena);
  fiq_fft_pool_free(&bench->pool);
  free(bench->out[0]);
  free(bench->out[1]);
}

void bench_render(Bench* bench, size_t n)
{
  bench_render_blocks(bench, n, 32);
}

void bench_render_blocks(Bench* bench, size_t n, uint32_t block)
{
  for (int c = 0; c < FIQ_CHANNELS; ++c) {
    float* const longer = support_floats(bench->size + n);
    if (bench->size > 0) {
      memcpy(longer, bench->out[c], bench->size * sizeof(float));
    }
    free(bench->out[c]);
    bench->out[c] = longer;
  }
  for (size_t end = bench->size + n; bench->size < end; bench->size += block) {
    float* const part[FIQ_CHANNELS] = {bench->out[0] + bench->size, bench->out[1] + bench->size};
    if (bench->size % 32 == 0) {
      fiq_swarm_control(&bench->swarm, &bench->params);
    }
    fiq_swarm_process(&bench->swarm, part, block);
  }
}
