// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: what the phase core costs beside the swarm: less than 2 % of a swarm of 1000 oscillators for a core of 1000
// at the default rate. Method: core and swarm take turns within one run, each for a few thousand frames at a time,
// both at 48 kHz; medians over all turns, so that what else the machine does hits both alike.

#include "dsp/phase/phase_core.h"
#include "dsp/swarm/swarm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
  N_TURNS = 300,
  TICK    = 32, // frames
  N_TICKS = 256 // a turn
};

static double now_ns(void)
{
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int ascending(const void* a, const void* b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

static double median(double* x)
{
  qsort(x, N_TURNS, sizeof x[0], ascending);
  return x[N_TURNS / 2];
}

static void* memory_of(size_t size_bytes, FiqArena* arena)
{
  const size_t rounded = (size_bytes + 63) & ~(size_t)63;
  void* const  memory  = aligned_alloc(64, rounded);
  fiq_arena_init(arena, memory, rounded);
  return memory;
}

typedef struct {
  FiqSwarm       swarm;
  FiqFftPool     pool;
  FiqSwarmParams params;
  void*          memory;
  float          out[FIQ_CHANNELS][TICK];
} Rival;

static bool rival_open(Rival* rival, bool flight, float coupling)
{
  const FiqSwarmConfig config = {48000.0, 1000, 64, 1};
  FiqArena             arena;
  memset(rival, 0, sizeof *rival);
  fiq_fft_pool_init(&rival->pool);
  fiq_arena_init(&arena, NULL, 0);
  (void)fiq_swarm_init(&rival->swarm, &arena, &rival->pool, &config);
  rival->memory = memory_of(arena.used_bytes, &arena);
  if (!rival->memory || fiq_swarm_init(&rival->swarm, &arena, &rival->pool, &config) != FIQ_OK) {
    return false;
  }
  rival->params          = fiq_swarm_default_params();
  rival->params.n_osc    = 1000.0f;
  rival->params.chord    = (float)FIQ_CHORD_MAJOR7;
  rival->params.coupling = coupling;
  rival->params.anneal_s = flight ? 1e6f : 0.05f;
  return true;
}

static double rival_ns(Rival* rival, uint32_t n_ticks)
{
  float* const out[FIQ_CHANNELS] = {rival->out[0], rival->out[1]};
  const double start             = now_ns();
  for (uint32_t i = 0; i < n_ticks; ++i) {
    fiq_swarm_control(&rival->swarm, &rival->params);
    fiq_swarm_process(&rival->swarm, out, TICK);
  }
  return (now_ns() - start) / (double)n_ticks;
}

typedef struct {
  FiqPhaseCore core;
  FiqKuramoto  bare; // without monitor and all the rest
  void*        memory;
} Subject;

static bool subject_open(Subject* subject, bool avx2)
{
  const FiqPhaseCoreConfig config = {FIQ_KURAMOTO_MAX, FIQ_PHASE_CORE_TICKS, TICK / 48000.0f};
  const FiqKuramotoConfig  bare   = {FIQ_KURAMOTO_MAX};
  FiqArena                 arena;
  fiq_arena_init(&arena, NULL, 0);
  (void)fiq_phase_core_init(&subject->core, &arena, &config);
  (void)fiq_kuramoto_init(&subject->bare, &arena, &bare);
  subject->memory = memory_of(arena.used_bytes, &arena);
  if (!subject->memory || fiq_phase_core_init(&subject->core, &arena, &config) != FIQ_OK ||
      fiq_kuramoto_init(&subject->bare, &arena, &bare) != FIQ_OK) {
    return false;
  }
  subject->core.network.use_avx2 = avx2 && subject->core.network.use_avx2;
  subject->bare.use_avx2         = subject->core.network.use_avx2;
  return true;
}

static FiqPhaseCoreParams params_of(uint32_t n, bool all)
{
  return (FiqPhaseCoreParams){.n_osc        = n,
                              .coupling     = 2.0f,
                              .speed        = 1.0f,
                              .centre_rad_s = 1.257f,
                              .spread_rad_s = 1.885f,
                              .regulated    = all,
                              .order_low    = 0.8f,
                              .order_high   = 0.95f,
                              .uncertainty  = 0.5f,
                              .stabilised   = all};
}

static double bare_ns(Subject* subject, uint32_t n)
{
  const FiqKuramotoParams params = {
      .n_osc = n, .coupling = 2.0f, .speed = 1.0f, .centre_rad_s = 1.257f, .gamma_rad_s = 1.885f};
  const double start = now_ns();
  for (uint32_t i = 0; i < N_TICKS / FIQ_PHASE_CORE_TICKS; ++i) {
    fiq_kuramoto_step(&subject->bare, &params, FIQ_PHASE_CORE_TICKS * TICK / 48000.0f);
  }
  return (now_ns() - start) / N_TICKS;
}

static double core_ns(Subject* subject, const FiqPhaseCoreParams* params)
{
  const double start = now_ns();
  for (uint32_t i = 0; i < N_TICKS; ++i) {
    fiq_phase_core_tick(&subject->core, params);
  }
  return (now_ns() - start) / N_TICKS;
}

static double phases_ns(Subject* subject, uint32_t n)
{
  static float theta_rad[FIQ_KURAMOTO_MAX];
  const double start = now_ns();
  for (uint32_t i = 0; i < N_TICKS; ++i) {
    fiq_phase_core_phases(&subject->core, theta_rad, n);
  }
  return (now_ns() - start) / N_TICKS;
}

static void measure(uint32_t n, bool avx2, Rival* rival)
{
  enum { N_KINDS = 7 };
  static Subject subject[3];
  static double  ns[N_KINDS][N_TURNS];
  for (int i = 0; i < 3; ++i) {
    if (!subject_open(&subject[i], avx2)) {
      printf("no memory\n");
      return;
    }
  }
  const FiqPhaseCoreParams plain = params_of(n, false);
  const FiqPhaseCoreParams all   = params_of(n, true);
  for (int i = 0; i < N_TURNS; ++i) {
    ns[0][i] = bare_ns(&subject[0], n);
    ns[1][i] = core_ns(&subject[1], &plain);
    ns[2][i] = core_ns(&subject[2], &all);
    ns[3][i] = phases_ns(&subject[1], n);
    for (int k = 0; k < 3; ++k) {
      ns[4 + k][i] = rival_ns(&rival[k], N_TICKS / 4);
    }
  }
  double m[N_KINDS];
  for (int k = 0; k < N_KINDS; ++k) {
    m[k] = median(ns[k]);
  }
  printf("%5u %s  network %6.0f  core %6.0f  all on %6.0f ns a step;  phases %5.0f ns a tick;  "
         "core/swarm rest %.2f %%, coupled %.2f %%, flight %.2f %%;  all on/swarm %.2f, %.2f, %.2f "
         "%%\n",
         n, avx2 ? "avx2" : "base", 8.0 * m[0], 8.0 * m[1], 8.0 * m[2], m[3], 100.0 * m[1] / m[4],
         100.0 * m[1] / m[5], 100.0 * m[1] / m[6], 100.0 * m[2] / m[4], 100.0 * m[2] / m[5],
         100.0 * m[2] / m[6]);
  for (int i = 0; i < 3; ++i) {
    free(subject[i].memory);
  }
}

int main(void)
{
  static Rival          rival[3];
  static const uint32_t sizes[] = {16, 64, 256, 1000};
  for (int k = 0; k < 3; ++k) {
    if (!rival_open(&rival[k], k == 2, k == 1 ? 2.0f : 0.0f)) {
      printf("no memory\n");
      return 1;
    }
    (void)rival_ns(&rival[k], k == 2 ? 100 : 6000);
  }
  for (int avx2 = 1; avx2 >= 0; --avx2) {
    for (int i = 0; i < 4; ++i) {
      measure(sizes[i], avx2, rival);
    }
  }
  double rest[N_TURNS];
  for (int i = 0; i < N_TURNS; ++i) {
    rest[i] = rival_ns(&rival[0], N_TICKS / 4);
  }
  printf("swarm of 1000 at rest: %.0f ns a tick of %d frames\n", median(rest), TICK);
  for (int k = 0; k < 3; ++k) {
    fiq_fft_pool_free(&rival[k].pool);
    free(rival[k].memory);
  }
  return 0;
}
