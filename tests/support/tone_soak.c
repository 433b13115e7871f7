// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/tone_soak.h"

#include "dsp/base/random.h"
#include "dsp/transform/fft.h"
#include "tests/support/support.h"
#include "tests/support/swarm_bench.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { RATE = 48000, SIZE = 2048, BINS = SIZE / 2 + 1, BLOCK = 32, TURN = RATE / 2 / BLOCK };

enum { N_SWAY = 16 };

typedef struct {
  Bench           bench;
  FiqRandom       random;
  float           swept[6]; ///< what the controls are on their way to
  float           from[6];
  float           sway[N_SWAY];
  uint8_t         keys[4];
  FiqMotionTarget target; ///< of every other row, or FIQ_TO_NONE
} Soak;

static float draw(Soak* self, float low, float high)
{
  return low + (high - low) * fiq_random_uniform(&self->random);
}

static uint32_t below(Soak* self, uint32_t n)
{
  return fiq_random_bits(&self->random) % n;
}

/// Another patch, every half a second, and other notes.
static void change(Soak* self)
{
  FiqSwarmParams* const p = &self->bench.params;
  FiqSwarmTone* const   t = &p->tone;
  for (int i = 0; i < 6; ++i) {
    self->from[i]  = self->swept[i];
    self->swept[i] = draw(self, 0.0f, 1.0f);
  }
  t->filter              = (FiqFilterType)below(self, 5);
  t->slope_db_per_octave = draw(self, 6.0f, 48.0f);
  t->envelope_octaves    = draw(self, -8.0f, 8.0f);
  t->formants            = draw(self, 0.0f, 1.0f);
  t->breath.decay_s      = draw(self, 0.001f, 0.5f);
  p->attack_s            = below(self, 2) ? 0.0f : 0.02f;
  p->coupling            = below(self, 2) ? 0.0f : draw(self, -5.0f, 20.0f);
  for (uint32_t k = 0; k < FIQ_MOTION_LFOS; ++k) {
    t->motion.lfo[k] =
        (FiqLfo){(FiqLfoShape)below(self, 6), draw(self, 0.1f, 30.0f), 0.0f, below(self, 2) == 0};
  }
  for (uint32_t i = 0; i < FIQ_MOTION_ROWS; ++i) {
    t->motion.row[i] =
        (FiqMotionRow){(FiqMotionSource)below(self, FIQ_N_FROM),
                       (FiqMotionTarget)below(self, FIQ_N_TO), below(self, 2) ? 1.0f : -1.0f};
    if (self->target != FIQ_TO_NONE && i % 2 == 0) {
      t->motion.row[i].target = self->target;
    }
  }
  for (int i = 0; i < 4; ++i) {
    if (below(self, 2)) {
      fiq_swarm_note_off(&self->bench.swarm, 0, self->keys[i], below(self, BLOCK));
      self->keys[i] = (uint8_t)(30 + below(self, 80));
      fiq_swarm_note_on(&self->bench.swarm, 0, self->keys[i], draw(self, 0.1f, 1.0f),
                        below(self, BLOCK));
    }
  }
  fiq_swarm_controller(&self->bench.swarm, 0, 1, below(self, 128), 0);
}

/// Controls on their way, from 0 to 1 in half a second.
static void sweep(Soak* self, float way)
{
  float now[6];
  for (int i = 0; i < 6; ++i) {
    now[i] = self->from[i] + (self->swept[i] - self->from[i]) * way;
  }
  FiqSwarmParams* const p             = &self->bench.params;
  p->tone.cutoff_hz                   = 20.0f * powf(1000.0f, now[0]);
  p->tone.resonance                   = now[1];
  p->tone.vowel                       = now[2];
  p->tone.breath.share                = fmaxf(2.0f * now[3] - 1.0f, 0.0f);
  p->tone.breath.colour_db_per_octave = -12.0f + 24.0f * now[4];
  p->tilt_db_per_octave               = -12.0f + 18.0f * now[5];
}

/// As much sway as an engine hands over where the matrix moves it: a semitone to both sides, five times a second.
static void sway(Soak* self)
{
  float to[N_SWAY];
  for (int i = 0; i < N_SWAY; ++i) {
    const double turns = 5.0 * (double)(self->bench.size + BLOCK) / RATE + (double)i / N_SWAY;
    to[i]              = 0.0578f * (float)sin(6.283185307179586 * turns);
  }
  fiq_swarm_set_sway(&self->bench.swarm, self->sway, to, N_SWAY);
  memcpy(self->sway, to, sizeof to);
}

/// Strongest bin above 0.4505 fs of both channels.
static double find_top(const FiqFft* fft, const Bench* bench, size_t at, const float* window,
                       float* piece, FiqComplex* bins)
{
  double most = 0.0;
  for (int c = 0; c < FIQ_CHANNELS; ++c) {
    for (size_t i = 0; i < SIZE; ++i) {
      piece[i] = window[i] * bench->out[c][at + i];
    }
    fiq_fft_forward(fft, piece, bins);
    for (int k = (int)(0.4505 * SIZE) + 1; k < BINS; ++k) {
      most = fmax(most, hypot((double)bins[k].re, (double)bins[k].im));
    }
  }
  return most;
}

double tone_soak_db(double seconds, FiqMotionTarget target, bool tells, double* peak_db)
{
  // Four-term Blackman-Harris-Nuttall, -98 dB beside the main lobe and falling.
  static const double term[4] = {0.355768, 0.487396, 0.144232, 0.012604};
  Soak                self;
  FiqFftPool          pool;
  FiqFft              fft;
  FiqArena            arena = support_arena(8 * SIZE * sizeof(float));
  double              most  = 0.0;
  double              peak  = 0.0;
  double              sum   = 0.0;
  memset(&self, 0, sizeof self);
  self.target = target;
  bench_open(&self.bench, RATE, 400, 64);
  self.bench.params.partials = 64.0f;
  self.bench.params.anneal_s = 0.1f;
  self.bench.params.level    = 0.1f; // the loudest of all is about full scale
  fiq_random_init(&self.random, 1, 1);
  fiq_fft_pool_init(&pool);
  assert_int_equal(fiq_fft_init_kinds(&fft, &pool, SIZE, FIQ_FFT_REAL_FORWARD), FIQ_OK);
  float* const      window = fiq_arena_take(&arena, SIZE, sizeof(float));
  float* const      piece  = fiq_arena_take(&arena, SIZE, sizeof(float));
  FiqComplex* const bins   = fiq_arena_take(&arena, BINS, sizeof(FiqComplex));
  for (int i = 0; i < SIZE; ++i) {
    const double turn = 6.283185307179586 * i / SIZE;
    window[i]         = (float)(term[0] - term[1] * cos(turn) + term[2] * cos(2.0 * turn) -
                        term[3] * cos(3.0 * turn));
    sum += (double)window[i];
  }
  for (size_t done = 0; (double)done < seconds * 2.0; ++done) {
    change(&self);
    self.bench.size = self.bench.size < SIZE ? self.bench.size : 0;
    for (int i = 0; i < TURN; ++i) {
      sweep(&self, (float)i / TURN);
      sway(&self);
      bench_render(&self.bench, BLOCK);
    }
    peak = fmax(peak, support_peak(self.bench.out[0], self.bench.size));
    for (size_t at = 0; at + SIZE <= self.bench.size; at += SIZE / 2) {
      const double top = find_top(&fft, &self.bench, at, window, piece, bins) * 2.0 / sum;
      if (top > most && tells) {
        printf("%.1f s: %.1f dBFS\n", 0.5 * (double)done, support_db(top));
      }
      most = fmax(most, top);
    }
  }
  fiq_fft_pool_free(&pool);
  support_arena_free(&arena);
  bench_close(&self.bench);
  *peak_db = support_db(peak);
  return support_db(most);
}
