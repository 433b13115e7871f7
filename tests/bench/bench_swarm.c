// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the cost of the swarm per oscillator and step and its share of a core at 48 kHz, its worst block,
// and what it costs to make one and to hand one over. Method: the best of many short runs, in flight
// (an anneal without end: every oscillator has a new frequency in every step) and at rest on the chord,
// for the AVX-512, the AVX2 and the plain build; blocks by the least time over fresh instances per position.

#include "dsp/swarm/swarm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { N_BLOCKS = 256, BLOCK = 64, N_INSTANCES = 5 };

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
  memset(bench, 0, sizeof *bench);
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
  bench->params       = fiq_swarm_default_params();
  bench->params.n_osc = (float)capacity;
  bench->params.chord = (float)FIQ_CHORD_MAJOR7;
  return bench->out[0] && bench->out[1];
}

static void bench_close(Bench* bench)
{
  fiq_fft_pool_free(&bench->pool);
  free(bench->memory);
  free(bench->out[0]);
  free(bench->out[1]);
}

static double run_ns(Bench* bench, uint32_t n_blocks, uint32_t n_frames)
{
  const double start = now_ns();
  for (uint32_t i = 0; i < n_blocks; ++i) {
    fiq_swarm_control(&bench->swarm, &bench->params);
    fiq_swarm_process(&bench->swarm, bench->out, n_frames);
  }
  return (now_ns() - start) / (double)n_blocks;
}

typedef enum { BASE, AVX2, AVX512 } Build;

static void set_build(Bench* bench, Build build)
{
  FiqSwarm* const swarm    = &bench->swarm;
  const bool      avx2     = build >= AVX2 && swarm->use_avx2;
  const bool      avx512   = build >= AVX512 && swarm->use_avx512;
  swarm->use_avx2          = avx2;
  swarm->anneal.use_avx2   = avx2;
  swarm->lobes.use_avx2    = avx2;
  swarm->use_avx512        = avx512;
  swarm->anneal.use_avx512 = avx512;
  swarm->lobes.use_avx512  = avx512;
}

static void measure(uint32_t n_osc, uint32_t step, bool flight, float coupling, Build build)
{
  static const char* const name[] = {"base", "avx2", "avx512"};
  static Bench             bench;
  if (!bench_open(&bench, n_osc, step)) {
    printf("no memory\n");
    return;
  }
  set_build(&bench, build);
  bench.params.coupling = coupling;
  bench.params.anneal_s = flight ? 1e6f : 0.05f;
  const uint32_t batch  = n_osc > 20000 ? 1 : 100000 / (n_osc + 500) + 1;
  (void)run_ns(&bench, flight ? 4 : 16 + 4800 / step, step);
  double best = 1e30;
  for (int i = 0; i < (n_osc > 200000 ? 30 : 100); ++i) {
    const double ns = run_ns(&bench, batch, step);
    best            = ns < best ? ns : best;
  }
  printf("%8u %5u  %-9s %-7s %-6s %7.2f ns  %6.1f Gosc-samples/s  %6.2f %% of a core\n", n_osc,
         step, flight ? "flight" : "rest", coupling > 0.0f ? "coupled" : "free", name[build],
         best / (double)n_osc, (double)n_osc * (double)step / best,
         100.0 * best * 48000.0 / (1e9 * (double)step));
  bench_close(&bench);
}

static int ascending(const void* a, const void* b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

static void measure_worst_block(uint32_t n_osc, uint32_t step, bool flight)
{
  static Bench  bench;
  static double least[N_BLOCKS];
  for (int i = 0; i < N_BLOCKS; ++i) {
    least[i] = 1e30;
  }
  for (int instance = 0; instance < N_INSTANCES; ++instance) {
    if (!bench_open(&bench, n_osc, step)) {
      return;
    }
    bench.params.anneal_s = flight ? 3.0f : 0.05f;
    (void)run_ns(&bench, flight ? 64 : 48000 / BLOCK, BLOCK);
    for (int i = 0; i < N_BLOCKS; ++i) {
      const double ns = run_ns(&bench, 1, BLOCK);
      least[i]        = ns < least[i] ? ns : least[i];
    }
    bench_close(&bench);
  }
  qsort(least, N_BLOCKS, sizeof least[0], ascending);
  printf("%8u %5u  %-9s blocks of %d: median %.1f us, worst %.1f us, ratio %.2f\n", n_osc, step,
         flight ? "flight" : "rest", BLOCK, least[N_BLOCKS / 2] * 1e-3, least[N_BLOCKS - 1] * 1e-3,
         least[N_BLOCKS - 1] / least[N_BLOCKS / 2]);
}

static void measure_life(uint32_t capacity, uint32_t larger)
{
  static Bench bench;
  static Bench next;
  const double start = now_ns();
  if (!bench_open(&bench, capacity, 64)) {
    return;
  }
  const double opened = now_ns();
  if (!bench_open(&next, larger, 64)) {
    return;
  }
  const double step_ns = run_ns(&bench, 200, 64);
  double       best    = 1e30;
  for (int i = 0; i < 5; ++i) {
    const double before = now_ns();
    fiq_swarm_adopt(&next.swarm, &bench.swarm);
    const double ns = now_ns() - before;
    best            = ns < best ? ns : best;
  }
  printf("%8u made in %.2f ms; adopted by %u in %.1f us, a step takes %.1f us\n", capacity,
         (opened - start) * 1e-6, larger, best * 1e-3, step_ns * 1e-3);
  bench_close(&bench);
  bench_close(&next);
}

/// Filter, breath, two LFOs and eight rows of the matrix.
static void set_tone(FiqSwarmTone* tone)
{
  static const FiqMotionRow rows[FIQ_MOTION_ROWS] = {
      {FIQ_FROM_LFO_1, FIQ_TO_CUTOFF, 0.2f},    {FIQ_FROM_LFO_2, FIQ_TO_RESONANCE, 0.2f},
      {FIQ_FROM_ENVELOPE, FIQ_TO_CUTOFF, 0.2f}, {FIQ_FROM_VELOCITY, FIQ_TO_TILT, 0.2f},
      {FIQ_FROM_WHEEL, FIQ_TO_ODD_EVEN, 0.2f},  {FIQ_FROM_PRESSURE, FIQ_TO_LEVEL, 0.2f},
      {FIQ_FROM_LFO_1, FIQ_TO_PITCH, 0.2f},     {FIQ_FROM_LFO_2, FIQ_TO_BREATH, 0.2f}};
  tone->filter        = FIQ_FILTER_LOW;
  tone->resonance     = 0.3f;
  tone->breath.share  = 0.3f;
  tone->motion.lfo[0] = (FiqLfo){FIQ_LFO_SINE, 5.0f, 0.0f, false};
  tone->motion.lfo[1] = (FiqLfo){FIQ_LFO_TRIANGLE, 0.3f, 0.0f, true};
  memcpy(tone->motion.row, rows, sizeof rows);
}

/// 1000 oscillators on 8 notes with all that shapes and moves the tone beside the same without, in turns.
static void measure_tone(uint32_t step)
{
  enum { ROUNDS = 100, STEPS = 100 };
  static Bench bench[2];
  double       ratio[ROUNDS];
  for (int i = 0; i < 2; ++i) {
    if (!bench_open(&bench[i], 1000, step)) {
      return;
    }
    bench[i].params.chord    = (float)FIQ_CHORD_OFF;
    bench[i].params.anneal_s = 0.05f;
    for (uint32_t k = 0; k < 8; ++k) {
      fiq_swarm_note_on(&bench[i].swarm, 0, 48 + 3 * k, 0.8f, 0);
    }
    if (i == 1) {
      set_tone(&bench[i].params.tone);
    }
    (void)run_ns(&bench[i], 48000 / step, step);
  }
  for (int i = 0; i < ROUNDS; ++i) {
    const double plain_ns = run_ns(&bench[0], STEPS, step);
    ratio[i]              = run_ns(&bench[1], STEPS, step) / plain_ns;
  }
  qsort(ratio, ROUNDS, sizeof ratio[0], ascending);
  printf("%8u %5u  8 notes with filter, breath, LFOs and matrix: %.2f times as much as without\n",
         1000u, step, ratio[ROUNDS / 2]);
  bench_close(&bench[0]);
  bench_close(&bench[1]);
}

int main(int argc, char** argv)
{
  static const uint32_t step[] = {64, 256, 1024};
  const uint32_t        top    = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
  measure_tone(64);
  measure_tone(256);
  measure_life(4096, 8192);
  measure_life(131072, 262144);
  for (int s = 0; s < 3; ++s) {
    for (int flight = 0; flight < 2; ++flight) {
      measure_worst_block(10000, step[s], flight);
    }
  }
  for (int s = 0; s < 3; ++s) {
    for (uint32_t n = 1000; n <= top; n *= 10) {
      for (int kind = 0; kind < 12; ++kind) {
        measure(n, step[s], kind % 2 == 0, kind / 2 % 2 ? 5.0f : 0.0f, (Build)(2 - kind / 4));
      }
    }
  }
  return 0;
}
