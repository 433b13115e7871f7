// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: what the analysis costs, and how long its longest call is.
// Method: a rich chord, noise and silence, 20 s each; every call of 32 frames is timed. The same stretch is played five
// times over, and the shortest time of each call counts, so that what the machine does by itself drops out.
#include "dsp/analysis/partial_tracker.h"

#include "dsp/base/random.h"
#include "dsp/transform/fft.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TICK = 32, N_TICKS = 30000, N_ROUNDS = 5 };

static FiqPartialTracker analysis;
static float             sound[N_TICKS * TICK];
static double            call_ns[N_TICKS];

static double now_ns(void)
{
  struct timespec t;
  timespec_get(&t, TIME_UTC);
  return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static void make(int kind)
{
  FiqRandom random;
  fiq_random_init(&random, 1, 0);
  memset(sound, 0, sizeof sound);
  for (int i = 0; i < N_TICKS * TICK && kind > 0; ++i) {
    if (kind == 2) {
      sound[i] = fiq_random_uniform(&random) - 0.5f;
    }
    for (int k = 1; k <= 32 && kind == 1; ++k) {
      sound[i] += 0.05f * (float)sin(0.0131 * k * (double)i + k);
    }
  }
}

static void measure(const char* name)
{
  FiqPartialTrackerParams params = fiq_partial_tracker_default_params();
  params.max_carriers            = 32.0f;
  params.threshold_db            = -80.0f;
  params.high_hz                 = 20000.0f;
  for (int round = 0; round < N_ROUNDS; ++round) {
    fiq_partial_tracker_reset(&analysis);
    for (int i = 0; i < N_TICKS; ++i) {
      const float* in[2] = {sound + i * TICK, sound + i * TICK};
      const double start = now_ns();
      fiq_partial_tracker_control(&analysis, &params);
      fiq_partial_tracker_process(&analysis, in, TICK);
      const double taken = now_ns() - start;
      call_ns[i]         = round == 0 || taken < call_ns[i] ? taken : call_ns[i];
    }
  }
  double sum   = 0.0;
  double worst = 0.0;
  double of[8] = {0.0};
  for (int i = 0; i < N_TICKS; ++i) {
    sum += call_ns[i];
    worst = fmax(worst, call_ns[i]);
    of[i % 8] += call_ns[i] * 8.0 / N_TICKS;
  }
  const double frame_ns = sum / (N_TICKS * TICK);
  printf("%-8s %6.1f ns a frame (%.3f %% of a core), longest call %.1f us; slices", name, frame_ns,
         frame_ns * 48e3 * 1e-7, worst * 1e-3);
  for (int i = 0; i < 8; ++i) {
    printf(" %.1f", of[(i + 7) % 8] * 1e-3);
  }
  printf(" us; %u voices\n", analysis.n_voices);
}

int main(void)
{
  FiqFftPool                    pool;
  FiqArena                      arena;
  const FiqPartialTrackerConfig config = {48000.0, TICK, 0};
  void* const                   block  = aligned_alloc(FIQ_ARENA_ALIGN_BYTES, 1 << 20);
  fiq_fft_pool_init(&pool);
  fiq_arena_init(&arena, block, 1 << 20);
  if (!block || fiq_partial_tracker_init(&analysis, &arena, &pool, &config) != FIQ_OK) {
    return 1;
  }
  static const char* const names[] = {"silence", "chord", "noise"};
  for (int kind = 0; kind < 3; ++kind) {
    make(kind);
    measure(names[kind]);
  }
  fiq_fft_pool_free(&pool);
  free(block);
  return 0;
}
