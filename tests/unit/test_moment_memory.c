// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: what was heard once is recalled when something like it is heard, sung as it was, and forgotten
// in time. Method: a piece of four themes, heard through the analysis, whose notes are known at every
// moment; beside it moments made by hand, whose recall is computed in double over all of them.
#include "dsp/analysis/partial_tracker.h"
#include "dsp/base/random.h"
#include "dsp/goals/moment_memory.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 1 << 20, RATE = 48000, TICK = 32 };

static const double pi     = 3.14159265358979323846;
static const float  tick_s = (float)TICK / RATE;

static float packed[FIQ_MEMORY_FLOATS];
static float packed_again[FIQ_MEMORY_FLOATS];

typedef struct {
  FiqMomentMemory        memory;
  FiqArena               arena;
  FiqMomentMemoryParams  params;
  FiqMomentMemoryPresent present;
  FiqMomentMemoryPartial partials[32];
} Rig;

static void rig_start(Rig* rig)
{
  memset(rig, 0, sizeof *rig);
  rig->arena = support_arena(ARENA_BYTES);
  assert_int_equal(fiq_moment_memory_init(&rig->memory, &rig->arena), FIQ_OK);
  rig->params              = fiq_moment_memory_default_params();
  rig->params.is_recording = true;
  rig->present.partials    = rig->partials;
  rig->present.coherence   = 0.9f;
}

static void rig_end(Rig* rig)
{
  support_arena_free(&rig->arena);
}

/// Hear partials at `hz`, 0 ends them, each of `level`.
static void hear(Rig* rig, const float* hz, float level)
{
  uint32_t n = 0;
  for (; hz[n] > 0.0f; ++n) {
    rig->partials[n] = (FiqMomentMemoryPartial){hz[n], level};
  }
  rig->present.n_partials = n;
  fiq_moment_memory_axes_of_partials(rig->partials, n, rig->present.axes);
}

static void pass(Rig* rig, double s)
{
  const uint32_t n = (uint32_t)(s * RATE / TICK + 0.5);
  for (uint32_t i = 0; i < n; ++i) {
    fiq_moment_memory_step(&rig->memory, &rig->params, &rig->present, tick_s);
  }
}

static const float silence[] = {0.0f};
static const float chord_a[] = {220.0f, 277.2f, 329.6f, 0.0f};
static const float chord_b[] = {1046.5f, 1318.5f, 1568.0f, 0.0f};
static const float chord_c[] = {3000.0f, 4500.0f, 6000.0f, 0.0f};

static double cosine(const float* a, const float* b)
{
  double ab = 0.0;
  double aa = 1e-300;
  double bb = 1e-300;
  for (uint32_t i = 0; i < FIQ_AXES; ++i) {
    ab += (double)a[i] * (double)b[i];
    aa += (double)a[i] * (double)a[i];
    bb += (double)b[i] * (double)b[i];
  }
  return ab / sqrt(aa * bb);
}

// A piece: themes A, B, C and A again, softer and in noise.

enum { N_THEMES = 4, THEME_S = 6, PIECE = N_THEMES * THEME_S * RATE, N_TICKS = PIECE / TICK };

typedef struct {
  double chord[3];
  double melody[4]; ///< half a second each
  int    n_harmonics;
  int    step;  ///< 1 all harmonics, 2 odd ones
  double slope; ///< their levels fall as h^-slope
  double gain;
  double noise;
} Theme;

static const Theme themes[N_THEMES] = {
    {{220.0, 277.18, 329.63}, {440.0, 493.88, 554.37, 659.26}, 5, 1, 1.0, 0.06, 0.0},
    {{698.46, 880.0, 1046.5}, {1396.9, 1568.0, 1760.0, 1318.5}, 4, 1, 0.5, 0.04, 0.0},
    {{87.31, 130.81, 174.61}, {349.23, 311.13, 261.63, 392.0}, 6, 2, 2.0, 0.1, 0.0},
    {{220.0, 277.18, 329.63}, {440.0, 493.88, 554.37, 659.26}, 5, 1, 1.0, 0.042, 0.003}};

static float piece[PIECE];
static float axes_then[N_TICKS][FIQ_AXES];

static void add_note(uint32_t first, uint32_t n, double hz, double gain, const Theme* theme)
{
  for (int i = 0; i < theme->n_harmonics; ++i) {
    const int    h     = 1 + i * theme->step;
    const double level = gain * pow(h, -theme->slope);
    for (uint32_t k = 0; k < n; ++k) {
      const double t        = k / (double)RATE;
      const double envelope = fmin(t / 0.01, 1.0) * exp(-t) * fmin((n - k) / 480.0, 1.0);
      piece[first + k] += (float)(level * envelope * sin(2.0 * pi * hz * h * t + h));
    }
  }
}

static void compose(void)
{
  memset(piece, 0, sizeof piece);
  for (uint32_t i = 0; i < N_THEMES; ++i) {
    const Theme*   theme = &themes[i];
    const uint32_t first = i * THEME_S * RATE;
    support_noise(piece + first, THEME_S * RATE, theme->noise, 7);
    for (uint32_t k = 0; k < THEME_S / 2; ++k) {
      for (int c = 0; c < 3; ++c) {
        add_note(first + 2 * k * RATE, 2 * RATE, theme->chord[c], theme->gain, theme);
      }
    }
    for (uint32_t k = 0; k < 2 * THEME_S; ++k) {
      add_note(first + k * RATE / 2, RATE / 2, theme->melody[k % 4], 1.5 * theme->gain, theme);
    }
  }
}

/// Whether `hz` belongs to what theme `i` has.
static bool belongs(uint32_t i, double hz)
{
  for (int c = 0; c < 7; ++c) {
    const double note = c < 3 ? themes[i].chord[c] : themes[i].melody[c - 3];
    for (int h = 1; h <= 1 + (themes[i].n_harmonics - 1) * themes[i].step; h += themes[i].step) {
      if (fabs(1200.0 * log2(hz / (note * h))) < 20.0) {
        return true;
      }
    }
  }
  return false;
}

typedef struct {
  uint32_t n_ticks[N_THEMES];        ///< ticks looked at, a second or more into each theme
  uint32_t from[N_THEMES][N_THEMES]; ///< [present][recalled]
  double   similarity[N_THEMES];     ///< sum over them
  double   sung_axes;                ///< of the last theme: cosine with what was heard then
  double   present_axes;             ///< and with what is heard now
  double   power;                    ///< of what is sung
  double   right_power;              ///< of that, at frequencies that A has
  uint32_t n_changes;                ///< of the recalled moment
} Account;

static void look(Account* account, Rig* rig, uint32_t tick, uint32_t* last_id)
{
  const double     t        = tick * (double)TICK / RATE;
  const uint32_t   theme    = (uint32_t)(t / THEME_S);
  const FiqMoment* recalled = fiq_moment_memory_recalled(&rig->memory);
  uint32_t         n        = 0;
  memcpy(axes_then[tick], rig->present.axes, sizeof axes_then[tick]);
  const FiqMomentMemoryVoice* voices = fiq_moment_memory_voices(&rig->memory, &n);
  if (t - theme * THEME_S < 1.0) {
    return;
  }
  account->n_ticks[theme] += 1;
  if (!recalled) {
    return;
  }
  const double then_s = (double)recalled->learned_at_s;
  account->from[theme][(uint32_t)(then_s / THEME_S)] += 1;
  account->similarity[theme] += (double)rig->memory.similarity;
  if (theme != N_THEMES - 1) {
    return;
  }
  FiqMomentMemoryPartial sung[FIQ_MEMORY_PARTIALS];
  float                  axes[FIQ_AXES];
  for (uint32_t i = 0; i < n; ++i) {
    const double power = (double)voices[i].level * (double)voices[i].level;
    sung[i]            = (FiqMomentMemoryPartial){voices[i].hz, voices[i].level};
    account->power += power;
    account->right_power += belongs(0, (double)voices[i].hz) ? power : 0.0;
  }
  fiq_moment_memory_axes_of_partials(sung, n, axes);
  account->sung_axes += cosine(axes, axes_then[(uint32_t)(then_s * RATE / TICK)]);
  account->present_axes += cosine(axes, rig->present.axes);
  account->n_changes += voices[0].id != *last_id;
  *last_id = voices[0].id;
}

static void play_piece(Rig* rig, Account* account)
{
  static FiqPartialTracker      analysis;
  FiqFftPool                    pool;
  const FiqPartialTrackerConfig config  = {RATE, TICK, 0};
  FiqPartialTrackerParams       params  = fiq_partial_tracker_default_params();
  FiqArena                      arena   = support_arena(ARENA_BYTES);
  uint32_t                      last_id = 0;
  fiq_fft_pool_init(&pool);
  assert_int_equal(fiq_partial_tracker_init(&analysis, &arena, &pool, &config), FIQ_OK);
  params.max_carriers = 24.0f;
  memset(account, 0, sizeof *account);
  for (uint32_t tick = 0; tick < N_TICKS; ++tick) {
    const float* in[2] = {piece + tick * TICK, piece + tick * TICK};
    uint32_t     n     = 0;
    fiq_partial_tracker_control(&analysis, &params);
    const FiqPartialTrackerVoice* voices = fiq_partial_tracker_voices(&analysis, &n);
    for (uint32_t i = 0; i < n; ++i) {
      rig->partials[i] = (FiqMomentMemoryPartial){voices[i].hz, voices[i].level};
    }
    rig->present.n_partials = n;
    fiq_partial_tracker_axes(&analysis, rig->present.axes);
    fiq_moment_memory_step(&rig->memory, &rig->params, &rig->present, tick_s);
    look(account, rig, tick, &last_id);
    fiq_partial_tracker_process(&analysis, in, TICK);
  }
  support_arena_free(&arena);
  fiq_fft_pool_free(&pool);
}

static void print_account(const Account* a, const Rig* rig)
{
  for (uint32_t i = 0; i < N_THEMES; ++i) {
    uint32_t n = 0;
    for (uint32_t j = 0; j < N_THEMES; ++j) {
      n += a->from[i][j];
    }
    const double all = a->n_ticks[i];
    print_message("  in %s: recalled from A %3.0f %%, B %3.0f %%, C %3.0f %%, A' %3.0f %%; mean "
                  "similarity %.3f\n",
                  (const char* const[]){"A ", "B ", "C ", "A'"}[i], 100.0 * a->from[i][0] / all,
                  100.0 * a->from[i][1] / all, 100.0 * a->from[i][2] / all,
                  100.0 * a->from[i][3] / all, a->similarity[i] / (n > 0 ? n : 1));
  }
  const double n = a->n_ticks[N_THEMES - 1];
  print_message(
      "  sung in A': axes as then %.3f, as now %.3f; %.1f %% of the power at A's pitches; %u "
      "changes; %u moments\n",
      a->sung_axes / n, a->present_axes / n, 100.0 * a->right_power / a->power, a->n_changes,
      rig->memory.n_moments);
}

static void test_a_theme_that_returns_is_recalled_and_sung(void** state)
{
  (void)state;
  Rig     rig;
  Account account;
  compose();
  rig_start(&rig);
  rig.params.recall_age_s = THEME_S;
  play_piece(&rig, &account);
  print_account(&account, &rig);
  const double n = account.n_ticks[3];
  assert_true(account.from[3][0] >= 0.9 * n);
  assert_true(account.sung_axes / n > 0.95);
  assert_true(account.present_axes / n > 0.75);
  assert_true(account.similarity[3] / n > 0.85);
  assert_true(account.right_power / account.power > 0.99);
  // In B nothing but A is old enough, and in C nothing but A and B; neither is like them.
  assert_true(account.similarity[1] / account.n_ticks[1] < 0.7);
  assert_true(account.similarity[2] / account.n_ticks[2] < 0.8);
  assert_in_range(rig.memory.n_moments, 12, 48);
  rig_end(&rig);
}

static void test_moments_of_two_seconds_are_the_theme_itself(void** state)
{
  (void)state;
  Rig     rig;
  Account account;
  compose();
  rig_start(&rig);
  play_piece(&rig, &account);
  print_account(&account, &rig);
  assert_true(account.from[3][0] + account.from[3][3] >= 0.9 * account.n_ticks[3]);
  rig_end(&rig);
}

// Moments made by hand.

/// A moment that can be, `age` seconds before `now_s`.
static FiqMoment make_moment(FiqRandom* random, float learned_at_s)
{
  FiqMoment moment = {.learned_at_s = learned_at_s, .coherence = 0.5f, .strength = 1.0f};
  float     square = 0.0f;
  for (uint32_t a = 0; a < FIQ_AXES; ++a) {
    moment.axes[a] = fiq_random_uniform(random);
    square += moment.axes[a] * moment.axes[a];
  }
  for (uint32_t a = 0; a < FIQ_AXES; ++a) {
    moment.axes[a] /= sqrtf(square);
  }
  moment.coherence = 0.2f + 0.8f * fiq_random_uniform(random);
  moment.strength  = 0.5f + 0.5f * fiq_random_uniform(random);
  moment.hz[0]     = 100.0f + 1000.0f * fiq_random_uniform(random);
  moment.level[0]  = 0.1f;
  return moment;
}

static void put_head(float count, float clock_s)
{
  memset(packed, 0, sizeof packed);
  packed[0] = 1.0f;
  packed[1] = FIQ_MEMORY_STRIDE;
  packed[2] = count;
  packed[3] = clock_s;
}

static void put_moment(uint32_t i, const FiqMoment* moment)
{
  memcpy(packed + FIQ_MEMORY_HEAD + (size_t)i * FIQ_MEMORY_STRIDE, moment, sizeof *moment);
}

/// A full memory, moment i learned at second i/2.
static void fill(Rig* rig, uint64_t seed)
{
  FiqRandom random;
  fiq_random_init(&random, seed, 0);
  put_head(FIQ_MEMORY_MAX, 500.0f);
  for (uint32_t i = 0; i < FIQ_MEMORY_MAX; ++i) {
    const FiqMoment moment = make_moment(&random, 0.5f * (float)i);
    put_moment(i, &moment);
  }
  fiq_moment_memory_unpack(&rig->memory, packed);
  assert_int_equal(rig->memory.n_moments, FIQ_MEMORY_MAX);
}

/// Recall of moment `i` by the definition.
static double reference_recall(const Rig* rig, uint32_t i)
{
  const FiqMoment* moment = &rig->memory.moments[i];
  const double     age_s  = rig->memory.now_s - (double)moment->learned_at_s;
  double           power  = 0.0;
  double           sum    = 0.0;
  for (uint32_t a = 0; a < FIQ_AXES; ++a) {
    power += (double)rig->present.axes[a];
  }
  for (uint32_t a = 0; a < FIQ_AXES; ++a) {
    sum += sqrt((double)rig->present.axes[a] / power) * (double)moment->axes[a];
  }
  return sum * exp(-(double)rig->params.decay_per_s * age_s) * (double)moment->coherence;
}

static uint32_t reference_best(const Rig* rig, double* recall)
{
  uint32_t best = FIQ_MEMORY_MAX;
  *recall       = 0.0;
  for (uint32_t i = 0; i < rig->memory.n_moments; ++i) {
    const double age_s = rig->memory.now_s - (double)rig->memory.moments[i].learned_at_s;
    if (age_s >= (double)rig->params.recall_age_s && reference_recall(rig, i) > *recall) {
      *recall = reference_recall(rig, i);
      best    = i;
    }
  }
  return best;
}

static void test_the_best_of_a_thousand_is_found_within_50_ms(void** state)
{
  (void)state;
  Rig rig;
  rig_start(&rig);
  rig.params.is_recording = false;
  rig.params.decay_per_s  = 0.002f;
  double worst            = 0.0;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    FiqRandom random;
    fill(&rig, seed);
    fiq_random_init(&random, seed, 1);
    for (uint32_t a = 0; a < FIQ_AXES; ++a) {
      rig.present.axes[a] = fiq_random_uniform(&random) * fiq_random_uniform(&random);
    }
    uint32_t n_ticks = 0;
    for (; !fiq_moment_memory_recalled(&rig.memory) && n_ticks < 1000; ++n_ticks) {
      pass(&rig, (double)tick_s);
    }
    double         recall = 0.0;
    const uint32_t best   = reference_best(&rig, &recall);
    assert_int_equal(rig.memory.held, best);
    assert_true(fabs((double)rig.memory.recall - recall) < 1e-4);
    assert_true((double)n_ticks * (double)tick_s < 0.05);
    worst = fmax(worst, (double)n_ticks * (double)tick_s);
  }
  print_message("  found after %.1f ms, at most %d moments a tick\n", 1000.0 * worst,
                FIQ_MEMORY_SLICE);
  rig_end(&rig);
}

static void test_recall_is_similarity_times_fading_times_coherence(void** state)
{
  (void)state;
  Rig rig;
  rig_start(&rig);
  hear(&rig, chord_a, 0.1f);
  pass(&rig, 1.0);
  hear(&rig, silence, 0.0f);
  rig.params.is_recording = false;
  assert_int_equal(rig.memory.n_moments, 1);
  pass(&rig, 60.0);
  hear(&rig, chord_a, 0.2f);
  pass(&rig, 0.5);
  double       recall = 0.0;
  const double aged = exp(-0.01 * (rig.memory.now_s - (double)rig.memory.moments[0].learned_at_s));
  assert_int_equal(reference_best(&rig, &recall), 0);
  print_message("  recall of the same after a minute %.4f: fading %.4f, coherence 0.9\n",
                (double)rig.memory.recall, aged);
  assert_true(fabs((double)rig.memory.recall - 0.9 * aged) < 1e-4);
  assert_true(fabs((double)rig.memory.recall - recall) < 1e-4);
  assert_true(fabs((double)rig.memory.similarity - 1.0) < 1e-5);
  rig_end(&rig);
}

static void test_moments_younger_than_recall_age_are_not_recalled(void** state)
{
  (void)state;
  Rig rig;
  rig_start(&rig);
  hear(&rig, chord_a, 0.1f);
  double first_s = 0.0;
  for (int i = 0; i < 4000 && !fiq_moment_memory_recalled(&rig.memory); ++i) {
    pass(&rig, (double)tick_s);
    first_s = rig.memory.now_s;
  }
  const double age_s = first_s - (double)rig.memory.moments[0].learned_at_s;
  print_message("  first recalled at an age of %.4f s\n", age_s);
  assert_true(age_s >= 2.0 - 1e-4 && age_s < 2.002);
  rig_end(&rig);
}

static void test_moments_are_half_a_second_apart(void** state)
{
  (void)state;
  Rig rig;
  rig_start(&rig);
  for (int i = 0; i < 200; ++i) {
    hear(&rig, i % 2 ? chord_a : chord_b, 0.1f);
    pass(&rig, 0.11);
  }
  double nearest = 1e9;
  for (uint32_t i = 1; i < rig.memory.n_moments; ++i) {
    nearest = fmin(nearest, (double)(rig.memory.moments[i].learned_at_s -
                                     rig.memory.moments[i - 1].learned_at_s));
  }
  print_message("  %u moments in 22 s of changes every 0.11 s, %.4f s apart at least\n",
                rig.memory.n_moments, nearest);
  assert_true(nearest >= 0.4999);
  assert_in_range(rig.memory.n_moments, 30, 44);
  rig_end(&rig);
}

static void test_steady_sound_and_silence_are_no_events(void** state)
{
  (void)state;
  Rig rig;
  rig_start(&rig);
  pass(&rig, 5.0);
  assert_int_equal(rig.memory.n_moments, 0);
  hear(&rig, chord_a, 0.1f);
  pass(&rig, 10.0);
  assert_int_equal(rig.memory.n_moments, 1);
  hear(&rig, chord_a, 0.115f); // 1.2 dB are no leap
  pass(&rig, 5.0);
  assert_int_equal(rig.memory.n_moments, 1);
  hear(&rig, chord_a, 0.3f);
  pass(&rig, 5.0);
  assert_int_equal(rig.memory.n_moments, 2);
  rig.present.phase_rate = 0.25f;
  pass(&rig, 5.0);
  assert_int_equal(rig.memory.n_moments, 2);
  rig.present.phase_rate = 0.6f;
  pass(&rig, 5.0);
  assert_int_equal(rig.memory.n_moments, 3);
  rig.present.n_partials = 0; // nothing to sing by
  rig.present.phase_rate = 2.0f;
  pass(&rig, 5.0);
  assert_int_equal(rig.memory.n_moments, 3);
  rig_end(&rig);
}

/// Moments kept while coherence rises from `low` to `high` and falls, twelve times in 24 s.
static uint32_t moments_of_coherence(float low, float high, float ripple)
{
  Rig rig;
  rig_start(&rig);
  rig.present.coherence = low;
  hear(&rig, chord_a, 0.1f);
  pass(&rig, 2.0);
  assert_int_equal(rig.memory.n_moments, 1);
  for (int i = 0; i < 36000; ++i) {
    const float t = (float)i * tick_s;
    rig.present.coherence =
        low + (high - low) * (0.5f - 0.5f * cosf(FIQ_PI_F * t)) + ripple * sinf(3000.0f * t);
    pass(&rig, (double)tick_s);
  }
  const uint32_t n = rig.memory.n_moments - 1;
  rig_end(&rig);
  return n;
}

static void test_peaks_of_coherence_above_its_threshold_are_events(void** state)
{
  (void)state;
  const uint32_t none   = moments_of_coherence(0.9f, 0.9f, 0.02f);
  const uint32_t low    = moments_of_coherence(0.2f, 0.68f, 0.0f);
  const uint32_t high   = moments_of_coherence(0.2f, 0.95f, 0.0f);
  const uint32_t rugged = moments_of_coherence(0.2f, 0.95f, 0.02f);
  print_message("  12 peaks: %u moments (%u with ripple); peaks below 0.7: %u; none: %u\n", high,
                rugged, low, none);
  assert_int_equal(high, 12);
  assert_int_equal(rugged, 12);
  assert_int_equal(low, 0);
  assert_int_equal(none, 0);
}

static void test_nothing_is_kept_unless_recording(void** state)
{
  (void)state;
  Rig rig;
  rig_start(&rig);
  rig.params.is_recording = false;
  hear(&rig, chord_a, 0.1f);
  pass(&rig, 1.0);
  hear(&rig, chord_b, 0.1f);
  pass(&rig, 1.0);
  assert_int_equal(rig.memory.n_moments, 0);
  assert_int_equal(rig.memory.generation, 0);
  rig_end(&rig);
}

static void test_the_weakest_of_a_thousand_goes(void** state)
{
  (void)state;
  Rig rig;
  rig_start(&rig);
  rig.params.decay_per_s = 0.002f;
  fill(&rig, 3);
  pass(&rig, 0.1);
  for (int round = 0; round < 20; ++round) {
    uint32_t weakest = FIQ_MEMORY_MAX;
    double   least   = 9.0;
    for (uint32_t i = 0; i < FIQ_MEMORY_MAX; ++i) {
      const FiqMoment* m     = &rig.memory.moments[i];
      const double     age_s = rig.memory.now_s - (double)m->learned_at_s;
      const double     w     = (double)m->strength * exp(-0.002 * age_s);
      if (w < least && i != rig.memory.held) {
        least   = w;
        weakest = i;
      }
    }
    const FiqMoment goes       = rig.memory.moments[weakest];
    const uint32_t  generation = rig.memory.generation;
    hear(&rig, round % 2 ? chord_a : chord_b, 0.1f);
    pass(&rig, 0.7);
    assert_int_equal(rig.memory.n_moments, FIQ_MEMORY_MAX);
    assert_int_equal(rig.memory.generation, generation + 1);
    assert_memory_not_equal(&goes, &rig.memory.moments[weakest], sizeof goes);
    assert_true(rig.memory.moments[weakest].learned_at_s > 500.0f);
  }
  rig_end(&rig);
}

static void test_moments_fade_away_in_time(void** state)
{
  (void)state;
  static const float rates[] = {0.1f, 0.5f, 1.0f};
  for (size_t i = 0; i < sizeof rates / sizeof *rates; ++i) {
    Rig rig;
    rig_start(&rig);
    rig.params.decay_per_s = rates[i];
    hear(&rig, chord_a, 0.1f);
    pass(&rig, 0.5);
    assert_int_equal(rig.memory.n_moments, 1);
    const FiqMoment moment     = rig.memory.moments[0];
    const uint32_t  generation = rig.memory.generation;
    for (int k = 0; k < 100000 && rig.memory.n_moments == 1; ++k) {
      pass(&rig, (double)tick_s);
    }
    const double age_s = rig.memory.now_s - (double)moment.learned_at_s;
    const double due_s = log((double)moment.strength / 0.01) / (double)rates[i];
    uint32_t     n     = 0;
    print_message("  rate %.1f/s: gone after %.3f s, due after %.3f s\n", (double)rates[i], age_s,
                  due_s);
    assert_true(fabs(age_s - due_s) < 0.005);
    assert_int_equal(rig.memory.generation, generation + 1);
    assert_null(fiq_moment_memory_recalled(&rig.memory));
    (void)fiq_moment_memory_voices(&rig.memory, &n);
    assert_int_equal(n, 0);
    rig_end(&rig);
  }
  Rig rig;
  rig_start(&rig);
  rig.params.decay_per_s = 0.0f;
  hear(&rig, chord_a, 0.1f);
  pass(&rig, 600.0);
  assert_int_equal(rig.memory.n_moments, 1);
  rig_end(&rig);
}

static void test_dropping_keeps_all_others(void** state)
{
  (void)state;
  Rig rig;
  rig_start(&rig);
  rig.params.is_recording = false;
  rig.params.decay_per_s  = 0.01f;
  hear(&rig, chord_a, 0.1f);
  fill(&rig, 4); // the oldest have faded by e^-5
  pass(&rig, 0.05);
  uint32_t due = 0;
  for (uint32_t i = 0; i < FIQ_MEMORY_MAX; ++i) {
    FiqMoment moment;
    memcpy(&moment, packed + FIQ_MEMORY_HEAD + (size_t)i * FIQ_MEMORY_STRIDE, sizeof moment);
    const double weight =
        (double)moment.strength * exp(-0.01 * (rig.memory.now_s - (double)moment.learned_at_s));
    bool found = false;
    for (uint32_t k = 0; k < rig.memory.n_moments; ++k) {
      found = found || memcmp(&moment, &rig.memory.moments[k], sizeof moment) == 0;
    }
    due += weight >= 0.01;
    assert_true(found || weight < 0.01001);
    assert_true(!found || weight > 0.00999);
  }
  print_message("  %u of 1000 are left\n", due);
  assert_in_range(due, 700, 980);
  double recall = 0.0;
  assert_int_equal(reference_best(&rig, &recall), rig.memory.held);
  rig_end(&rig);
}

static uint32_t first_id(const Rig* rig)
{
  uint32_t                    n      = 0;
  const FiqMomentMemoryVoice* voices = fiq_moment_memory_voices(&rig->memory, &n);
  return n > 0 ? voices[0].id : 0;
}

static void test_the_recalled_moment_does_not_flicker(void** state)
{
  (void)state;
  Rig rig;
  rig_start(&rig);
  hear(&rig, chord_a, 0.1f);
  pass(&rig, 1.0);
  hear(&rig, chord_b, 0.1f);
  pass(&rig, 3.0);
  rig.params.is_recording = false;
  assert_int_equal(rig.memory.n_moments, 2);
  assert_int_equal(rig.memory.held, 1);
  const uint32_t id = first_id(&rig);
  for (int i = 0; i < 100; ++i) {
    hear(&rig, i % 2 ? chord_b : chord_a, 0.1f);
    pass(&rig, 0.2); // not long enough
    assert_int_equal(first_id(&rig), id);
  }
  hear(&rig, chord_a, 0.1f);
  double waited_s = 0.0;
  for (; first_id(&rig) == id && waited_s < 1.0; waited_s += (double)tick_s) {
    pass(&rig, (double)tick_s);
  }
  print_message("  another moment takes over after %.4f s\n", waited_s);
  assert_true(waited_s > 0.249 && waited_s < 0.26);
  assert_int_equal(rig.memory.held, 0);
  // One that is only a little better does not take over.
  const float between[] = {220.0f, 277.2f, 329.6f, 1046.5f, 1318.5f, 1568.0f, 0.0f};
  hear(&rig, between, 0.1f);
  rig.partials[3].level = rig.partials[4].level = rig.partials[5].level = 0.105f;
  fiq_moment_memory_axes_of_partials(rig.partials, 6, rig.present.axes);
  pass(&rig, 5.0);
  assert_true(reference_recall(&rig, 1) > reference_recall(&rig, 0));
  assert_int_equal(rig.memory.held, 0);
  rig_end(&rig);
}

static void test_voices_are_as_loud_as_the_present(void** state)
{
  (void)state;
  Rig rig;
  rig_start(&rig);
  hear(&rig, chord_a, 0.3f);
  pass(&rig, 3.0);
  for (float level = 0.5f; level > 1e-4f; level *= 0.3f) {
    hear(&rig, chord_a, level);
    pass(&rig, 0.5);
    uint32_t                    n      = 0;
    const FiqMomentMemoryVoice* voices = fiq_moment_memory_voices(&rig.memory, &n);
    assert_int_equal(n, 3);
    for (uint32_t i = 0; i < n; ++i) {
      assert_true(fabs(support_db((double)voices[i].level / (double)level)) < 0.01);
      assert_true(fabsf(voices[i].hz - chord_a[i]) < 1e-3f);
      assert_true(voices[i].id >= FIQ_MEMORY_FIRST_ID && voices[i].mass > 0.0f);
    }
  }
  hear(&rig, silence, 0.0f);
  pass(&rig, 0.5);
  uint32_t n = 0;
  assert_true((double)fiq_moment_memory_voices(&rig.memory, &n)[0].level < 1e-9);
  rig_end(&rig);
}

static void test_the_strongest_partials_are_kept_loudest_first(void** state)
{
  (void)state;
  Rig rig;
  rig_start(&rig);
  for (uint32_t i = 0; i < 32; ++i) {
    rig.partials[i] =
        (FiqMomentMemoryPartial){100.0f + 100.0f * (float)i, 0.01f * (float)(1 + i * 7 % 32)};
  }
  rig.present.n_partials = 32;
  fiq_moment_memory_axes_of_partials(rig.partials, 32, rig.present.axes);
  pass(&rig, 1.0);
  assert_int_equal(rig.memory.n_moments, 1);
  for (uint32_t p = 0; p < FIQ_MEMORY_PARTIALS; ++p) {
    const float level = rig.memory.moments[0].level[p];
    assert_true(fabsf(level - 0.01f * (float)(32 - p)) < 1e-6f);
    bool found = false;
    for (uint32_t i = 0; i < 32; ++i) {
      found = found || memcmp(&rig.partials[i],
                              &(FiqMomentMemoryPartial){rig.memory.moments[0].hz[p], level},
                              sizeof *rig.partials) == 0;
    }
    assert_true(found);
  }
  rig_end(&rig);
}

static void test_subjective_time_runs_with_the_moments(void** state)
{
  (void)state;
  Rig rig;
  rig_start(&rig);
  for (int i = 0; i < 10; ++i) {
    hear(&rig, i % 2 ? chord_a : chord_c, 0.1f);
    pass(&rig, 1.0);
  }
  assert_int_equal(rig.memory.n_moments, 10);
  double due_s = 0.0;
  for (uint32_t i = 0; i < 10; ++i) {
    double sum = 0.0;
    for (uint32_t a = 0; a < FIQ_AXES; ++a) {
      const double axis = (double)rig.memory.moments[i].axes[a];
      sum += axis * log(axis + 1.0);
    }
    due_s += sum + 0.5;
    assert_true(fabs((double)rig.memory.moments[i].subjective_s - due_s) < 1e-4);
    assert_true(fabs((double)rig.memory.moments[i].learned_at_s - (i + 0.1)) < 0.02);
  }
  rig_end(&rig);
}

// The packed form.

static void test_a_memory_survives_packing(void** state)
{
  (void)state;
  Rig rig;
  Rig other;
  rig_start(&rig);
  rig_start(&other);
  for (int i = 0; i < 20; ++i) {
    hear(&rig, i % 3 ? (i % 3 == 1 ? chord_a : chord_b) : chord_c, 0.1f);
    pass(&rig, 0.8);
  }
  fiq_moment_memory_pack(&rig.memory, packed);
  fiq_moment_memory_unpack(&other.memory, packed);
  fiq_moment_memory_pack(&other.memory, packed_again);
  assert_memory_equal(packed, packed_again, sizeof packed);
  assert_int_equal(other.memory.n_moments, 20);
  assert_true(other.memory.generation != 0);
  memset(packed_again, 0xff, sizeof packed_again);
  for (uint32_t first = 0; first < FIQ_MEMORY_MAX; first += 50) {
    fiq_moment_memory_pack_some(&rig.memory, packed_again, first, 50);
  }
  // What lies behind the moments is nobody's, and stays as it was.
  const size_t used = (FIQ_MEMORY_HEAD + 20 * FIQ_MEMORY_STRIDE) * sizeof *packed;
  assert_memory_equal(packed, packed_again, used);
  uint32_t bits;
  memcpy(&bits, &packed_again[used / sizeof *packed], sizeof bits);
  assert_int_equal(bits, UINT32_MAX);
  // Both recall alike from here on.
  fiq_moment_memory_reset(&rig.memory);
  rig.params.is_recording = other.params.is_recording = false;
  for (int i = 0; i < 10; ++i) {
    hear(&rig, i % 2 ? chord_a : chord_b, 0.1f);
    hear(&other, i % 2 ? chord_a : chord_b, 0.1f);
    pass(&rig, 0.4);
    pass(&other, 0.4);
    assert_int_equal(rig.memory.held, other.memory.held);
    assert_true(fabsf(rig.memory.recall - other.memory.recall) < 1e-5f);
    assert_memory_equal(rig.memory.voices, other.memory.voices, sizeof rig.memory.voices);
  }
  print_message("  %d floats, %zu kB\n", FIQ_MEMORY_FLOATS, sizeof packed / 1000);
  rig_end(&rig);
  rig_end(&other);
}

static void test_a_moment_that_cannot_be_is_dropped_alone(void** state)
{
  (void)state;
  static const float bad[] = {NAN, INFINITY, -INFINITY, -1.0f, 1e30f};
  Rig                rig;
  FiqRandom          random;
  rig_start(&rig);
  uint32_t n_tried = 0;
  for (uint32_t field = 0; field < FIQ_MEMORY_STRIDE; ++field) {
    for (size_t b = 0; b < sizeof bad / sizeof *bad; ++b) {
      fiq_random_init(&random, 1, 0);
      put_head(3.0f, 100.0f);
      for (uint32_t i = 0; i < 3; ++i) {
        const FiqMoment moment = make_moment(&random, 10.0f * (float)i);
        put_moment(i, &moment);
      }
      packed[FIQ_MEMORY_HEAD + FIQ_MEMORY_STRIDE + field] = bad[b];
      fiq_moment_memory_unpack(&rig.memory, packed);
      assert_int_equal(rig.memory.n_moments, 2);
      assert_true(fabsf(rig.memory.moments[1].learned_at_s - 20.0f) < 1e-6f);
      ++n_tried;
    }
  }
  put_head(1.0f, 100.0f);
  fiq_moment_memory_unpack(&rig.memory, packed); // all zero
  assert_int_equal(rig.memory.n_moments, 0);
  print_message("  %u damaged moments\n", n_tried);
  rig_end(&rig);
}

static void test_a_head_that_cannot_be_is_an_empty_memory(void** state)
{
  (void)state;
  static const float bad[] = {NAN, INFINITY, -1.0f, 1e30f, 0.5f};
  Rig                rig;
  rig_start(&rig);
  for (uint32_t field = 0; field < 5; ++field) {
    for (size_t b = 0; b < sizeof bad / sizeof *bad; ++b) {
      fill(&rig, 1);
      packed[field]             = bad[b];
      const uint32_t generation = rig.memory.generation;
      fiq_moment_memory_unpack(&rig.memory, packed);
      assert_true(rig.memory.generation != generation);
      // Half a second of clock makes most moments of the future, half a moment is none; half a second of
      // subjective time is possible.
      assert_in_range(rig.memory.n_moments, 0, field == 4 ? FIQ_MEMORY_MAX : field == 3 ? 2 : 0);
    }
  }
  rig_end(&rig);
}

static void check_voices(const Rig* rig)
{
  uint32_t                    n      = 0;
  const FiqMomentMemoryVoice* voices = fiq_moment_memory_voices(&rig->memory, &n);
  assert_in_range(n, 0, FIQ_MEMORY_PARTIALS);
  for (uint32_t i = 0; i < n; ++i) {
    assert_true(isfinite(voices[i].level) && voices[i].level >= 0.0f);
    assert_true(isfinite(voices[i].hz) && voices[i].hz > 0.0f);
    assert_true(isfinite(voices[i].mass) && voices[i].mass > 0.0f);
  }
  assert_true(rig->memory.recall >= 0.0f && rig->memory.recall <= 1.0f);
  assert_in_range(rig->memory.n_moments, 0, FIQ_MEMORY_MAX);
}

static void test_any_numbers_are_survived(void** state)
{
  (void)state;
  Rig       rig;
  FiqRandom random;
  rig_start(&rig);
  fiq_random_init(&random, 11, 0);
  for (int round = 0; round < 30; ++round) {
    put_head(FIQ_MEMORY_MAX, 1e6f);
    for (uint32_t i = FIQ_MEMORY_HEAD; i < FIQ_MEMORY_FLOATS; ++i) {
      const uint32_t bits = fiq_random_bits(&random);
      memcpy(&packed[i], &bits, sizeof bits);
    }
    for (uint32_t i = 0; i < FIQ_MEMORY_MAX; i += 10) {
      const FiqMoment moment = make_moment(&random, (float)i);
      put_moment(i, &moment);
    }
    fiq_moment_memory_unpack(&rig.memory, packed);
    assert_int_equal(rig.memory.n_moments, 100);
    for (int i = 0; i < 200; ++i) {
      for (uint32_t k = 0; k < 16; ++k) {
        const uint32_t bits = fiq_random_bits(&random);
        memcpy(&rig.present.axes[k], &bits, sizeof bits);
        memcpy(&rig.partials[k].hz, &bits, sizeof bits);
        memcpy(&rig.partials[15 - k].level, &bits, sizeof bits);
      }
      rig.present.n_partials = 16;
      const uint32_t bits    = fiq_random_bits(&random);
      memcpy(&rig.present.coherence, &bits, sizeof bits);
      memcpy(&rig.present.phase_rate, &bits, sizeof bits);
      pass(&rig, 0.01);
      check_voices(&rig);
    }
  }
  for (uint32_t i = 0; i < rig.memory.n_moments; ++i) {
    for (uint32_t a = 0; a < FIQ_AXES; ++a) {
      assert_true(isfinite(rig.memory.moments[i].axes[a]));
    }
  }
  rig_end(&rig);
}

static void test_reset_and_clear_equal_fresh_init(void** state)
{
  (void)state;
  Rig used;
  Rig fresh;
  rig_start(&used);
  rig_start(&fresh);
  for (int i = 0; i < 20; ++i) {
    used.present.coherence = 0.05f * (float)i;
    hear(&used, i % 2 ? chord_a : chord_b, 0.1f);
    pass(&used, 0.37);
  }
  assert_non_null(fiq_moment_memory_recalled(&used.memory));
  const uint32_t kept = used.memory.n_moments;
  fiq_moment_memory_reset(&used.memory);
  assert_int_equal(used.memory.n_moments, kept);
  assert_null(fiq_moment_memory_recalled(&used.memory));
  fiq_moment_memory_clear(&used.memory);
  assert_int_equal(used.memory.n_moments, 0);
  used.present.coherence = fresh.present.coherence;
  for (int i = 0; i < 20; ++i) {
    hear(&used, i % 2 ? chord_a : chord_c, 0.1f);
    hear(&fresh, i % 2 ? chord_a : chord_c, 0.1f);
    pass(&used, 0.37);
    pass(&fresh, 0.37);
    assert_memory_equal(used.memory.voices, fresh.memory.voices, sizeof fresh.memory.voices);
    fiq_moment_memory_pack(&used.memory, packed);
    fiq_moment_memory_pack(&fresh.memory, packed_again);
    assert_memory_equal(packed, packed_again, sizeof packed);
  }
  assert_true(fresh.memory.n_moments > 10);
  rig_end(&used);
  rig_end(&fresh);
}

static void test_axes_are_even_on_the_erb_scale(void** state)
{
  (void)state;
  double worst = 0.0;
  for (uint32_t a = 0; a < FIQ_AXES; ++a) {
    const float low   = fiq_hz_to_erb(50.0f);
    const float step  = (fiq_hz_to_erb(16000.0f) - low) / 16.0f;
    const float hz    = fiq_erb_to_hz(low + step * ((float)a + 0.5f));
    const float place = fiq_axis_of_hz(hz);
    worst             = fmax(worst, fabs((double)place - a));
    float                        axes[FIQ_AXES];
    const FiqMomentMemoryPartial tone = {hz, 0.5f};
    fiq_moment_memory_axes_of_partials(&tone, 1, axes);
    assert_true(fabsf(axes[a] - 0.125f) < 1e-4f);
  }
  float                        axes[FIQ_AXES];
  const FiqMomentMemoryPartial beyond[] = {
      {49.0f, 1.0f}, {16001.0f, 1.0f}, {NAN, 1.0f}, {440.0f, NAN}};
  fiq_moment_memory_axes_of_partials(beyond, 4, axes);
  for (uint32_t a = 0; a < FIQ_AXES; ++a) {
    assert_true(fabsf(axes[a]) <= 0.0f);
  }
  print_message("  centres within %.1e of whole numbers\n", worst);
  assert_true(worst < 1e-4);
}

static void test_too_small_an_arena_is_refused(void** state)
{
  (void)state;
  FiqMomentMemory memory;
  FiqArena        ruler;
  fiq_arena_init(&ruler, NULL, 0);
  assert_int_equal(fiq_moment_memory_init(&memory, &ruler), FIQ_NO_MEMORY);
  for (size_t size = 0; size < ruler.used_bytes; size += ruler.used_bytes / 7) {
    FiqArena arena = support_arena(size);
    assert_int_equal(fiq_moment_memory_init(&memory, &arena), FIQ_NO_MEMORY);
    support_arena_free(&arena);
  }
  FiqArena exact = support_arena(ruler.used_bytes);
  assert_int_equal(fiq_moment_memory_init(&memory, &exact), FIQ_OK);
  print_message("  %zu bytes of arena, %zu of struct\n", ruler.used_bytes, sizeof memory);
  support_arena_free(&exact);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_theme_that_returns_is_recalled_and_sung),
      cmocka_unit_test(test_moments_of_two_seconds_are_the_theme_itself),
      cmocka_unit_test(test_the_best_of_a_thousand_is_found_within_50_ms),
      cmocka_unit_test(test_recall_is_similarity_times_fading_times_coherence),
      cmocka_unit_test(test_moments_younger_than_recall_age_are_not_recalled),
      cmocka_unit_test(test_moments_are_half_a_second_apart),
      cmocka_unit_test(test_steady_sound_and_silence_are_no_events),
      cmocka_unit_test(test_peaks_of_coherence_above_its_threshold_are_events),
      cmocka_unit_test(test_nothing_is_kept_unless_recording),
      cmocka_unit_test(test_the_weakest_of_a_thousand_goes),
      cmocka_unit_test(test_moments_fade_away_in_time),
      cmocka_unit_test(test_dropping_keeps_all_others),
      cmocka_unit_test(test_the_recalled_moment_does_not_flicker),
      cmocka_unit_test(test_voices_are_as_loud_as_the_present),
      cmocka_unit_test(test_the_strongest_partials_are_kept_loudest_first),
      cmocka_unit_test(test_subjective_time_runs_with_the_moments),
      cmocka_unit_test(test_a_memory_survives_packing),
      cmocka_unit_test(test_a_moment_that_cannot_be_is_dropped_alone),
      cmocka_unit_test(test_a_head_that_cannot_be_is_an_empty_memory),
      cmocka_unit_test(test_any_numbers_are_survived),
      cmocka_unit_test(test_reset_and_clear_equal_fresh_init),
      cmocka_unit_test(test_axes_are_even_on_the_erb_scale),
      cmocka_unit_test(test_too_small_an_arena_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
