// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the cost of the swarm per oscillator and step, and its share of a core at 48 kHz. Method: the
// best of several runs of many steps each, in flight (spread: every oscillator gets a new
// frequency in every step) and at rest on the chord (converged), for the AVX2 and the plain build.
#define _POSIX_C_SOURCE 200809L

#include "swarm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now_ns(void)
{
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

typedef struct {
  FiqSwarm       swarm;
  FiqFftPool     pool;
  FiqSwarmParams params;
  void*          memory;
  float*         out[FIQ_CHANNELS];
} Bench;

static bool bench_open(Bench* bench, uint32_t capacity, uint32_t step)
{
  const FiqSwarmConfig config = {48000.0, capacity, step, 1};
  fiq_fft_pool_init(&bench->pool);
  FiqArena ruler;
  fiq_arena_init(&ruler, NULL, 0);
  (void)fiq_swarm_init(&bench->swarm, &ruler, &bench->pool, &config);
  const size_t size_bytes = (ruler.used_bytes + 63) & ~(size_t)63;
  bench->memory           = aligned_alloc(64, size_bytes);
  FiqArena arena;
  fiq_arena_init(&arena, bench->memory, size_bytes);
  if (!bench->memory || fiq_swarm_init(&bench->swarm, &arena, &bench->pool, &config) != FIQ_OK) {
    return false;
  }
  for (int c = 0; c < FIQ_CHANNELS; ++c) {
    bench->out[c] = malloc(step * sizeof(float));
  }
  return bench->out[0] && bench->out[1];
}

static void bench_close(Bench* bench)
{
  fiq_fft_pool_free(&bench->pool);
  free(bench->memory);
  free(bench->out[0]);
  free(bench->out[1]);
}

static double run_ns(Bench* bench, uint32_t n_steps)
{
  const double start = now_ns();
  for (uint32_t i = 0; i < n_steps; ++i) {
    fiq_swarm_control(&bench->swarm, &bench->params);
    fiq_swarm_process(&bench->swarm, bench->out, bench->swarm.step_frames);
  }
  return (now_ns() - start) / (double)n_steps;
}

static void measure(uint32_t n_osc, uint32_t step, bool spread, float coupling, bool avx2)
{
  static Bench bench;
  memset(&bench, 0, sizeof bench);
  if (!bench_open(&bench, n_osc, step)) {
    printf("no memory\n");
    return;
  }
  bench.swarm.use_avx2 = bench.swarm.carriers.use_avx2 = bench.swarm.lobes.use_avx2 =
      avx2 && bench.swarm.use_avx2;
  bench.params          = fiq_swarm_default_params();
  bench.params.n_osc    = (float)n_osc;
  bench.params.coupling = coupling;
  bench.params.anneal_s = spread ? 1e6f : 0.05f;
  bench.params.chord    = (float)FIQ_CHORD_MAJOR7;
  const uint32_t batch  = n_osc > 20000 ? 1 : 200000 / (n_osc + 500) + 1;
  (void)run_ns(&bench, spread ? 4 : 16 + 4800 / step);
  double best = 1e30;
  for (int i = 0; i < 60; ++i) {
    const double ns = run_ns(&bench, batch);
    best            = ns < best ? ns : best;
  }
  printf("%8u %5u  %-9s %-7s %-5s %7.2f ns  %6.1f Gosc-samples/s  %6.2f %% of a core\n", n_osc,
         step, spread ? "spread" : "converged", coupling > 0.0f ? "coupled" : "free",
         avx2 ? "avx2" : "base", best / (double)n_osc, (double)n_osc * (double)step / best,
         100.0 * best * 48000.0 / (1e9 * (double)step));
  bench_close(&bench);
}

int main(int argc, char** argv)
{
  static const uint32_t step[] = {64, 256, 1024};
  const uint32_t        top    = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 100000;
  for (int s = 0; s < 3; ++s) {
    for (uint32_t n = 1000; n <= top; n *= 10) {
      for (int kind = 0; kind < 6; ++kind) {
        measure(n, step[s], kind % 2 == 0, kind / 2 == 1 ? 5.0f : 0.0f, kind / 2 != 2);
      }
    }
  }
  return 0;
}
