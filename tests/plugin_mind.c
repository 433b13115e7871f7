// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: what is remembered comes back in sound and with the session; goals are reached on real material.
   Method: a piece with theme A, theme B and a fragment of A runs through the plugin binary; partials that the
   fragment lacks are looked for in the output. Goals are measured on the output itself.
*/
#include "fixture.h"
#include "measure.h"
#include "store.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, THEME = 8 * RATE, FRAMES = 3 * THEME, BLOCK = 512 };

static const double theme_a_hz[] = {196.0, 293.7, 493.9, 740.0};
static const double theme_b_hz[] = {1108.7, 1661.2, 2217.5, 3135.9};

/// A melody-like texture: each tone struck every second with a decay, `n` of the four.
static void add_theme(float* plane, size_t start, const double* hz, int n)
{
  for (size_t i = 0; i < THEME; ++i) {
    const double t      = (double)(i % RATE) / RATE;
    const double strike = (1.0 - exp(-t * 200.0)) * (0.35 + 0.65 * exp(-3.0 * t));
    double       sum    = 0.0;
    for (int k = 0; k < n; ++k) {
      sum += sin(2.0 * 3.14159265358979 * hz[k] * (double)i / RATE + (double)k);
    }
    plane[start + i] += (float)(0.08 * strike * sum);
  }
}

/// A, B, and half of A's tones.
static FixtureAudio piece(void)
{
  FixtureAudio in = fixture_audio(FRAMES);
  add_theme(in.plane[0], 0, theme_a_hz, 4);
  add_theme(in.plane[0], THEME, theme_b_hz, 4);
  add_theme(in.plane[0], 2 * THEME, theme_a_hz, 2);
  memcpy(in.plane[1], in.plane[0], FRAMES * sizeof(float));
  return in;
}

static Fixture* rememberer(double recall)
{
  Fixture* const self = fixture_open(FIQ_PLUGIN_REALMS, RATE, false);
  fixture_seed(self, 11);
  fixture_set(self, "mix", 0);
  fixture_set(self, "remember", 1);
  fixture_set(self, "recall", recall);
  fixture_set(self, "swarm_level", 0);
  fixture_set(self, "swarm_follow", 0);
  fixture_set(self, "partials", 1);
  fixture_set(self, "coupling", 8);
  fixture_set(self, "anneal", 0.1);
  fixture_set(self, "detune", 1);
  return self;
}

/// Level of the two tones of A that the fragment lacks, over its last six seconds.
static double missing_db(const FixtureAudio* out)
{
  const size_t start = 2 * THEME + 2 * RATE;
  double       sum   = 0.0;
  for (int k = 2; k < 4; ++k) {
    for (size_t at = start; at + RATE / 2 <= FRAMES; at += RATE / 2) {
      const double a = support_tone_amplitude(out->plane[0] + at, RATE / 2, theme_a_hz[k], RATE);
      sum += a * a / 24.0;
    }
  }
  return 0.5 * support_db(sum);
}

static void test_recall_brings_back_what_the_fragment_lacks(void** state)
{
  (void)state;
  FixtureAudio in  = piece();
  FixtureAudio out = fixture_audio(FRAMES);
  double       level_db[2];
  for (int on = 0; on < 2; ++on) {
    Fixture* const self = rememberer(on ? 100 : 0);
    fixture_render(self, in.plane, out.plane, FRAMES, BLOCK);
    level_db[on] = missing_db(&out);
    print_message("recall %3d %%: %.0f moments, match %.2f, missing tones %.1f dB\n", on * 100,
                  (double)fixture_get(self, "moments"), (double)fixture_get(self, "recall_match"),
                  level_db[on]);
    assert_true(fixture_get(self, "moments") >= 4.0f);
    fixture_close(self);
  }
  assert_true(level_db[1] > level_db[0] + 20.0);
  assert_true(level_db[1] > -50.0);
  fixture_audio_free(&in);
  fixture_audio_free(&out);
}

static void test_a_saved_memory_recalls_in_another_instance(void** state)
{
  (void)state;
  FixtureAudio                     in     = piece();
  FixtureAudio                     out    = fixture_audio(FRAMES);
  Fixture*                         self   = rememberer(0);
  const LV2_State_Interface* const lv2    = self->descriptor->extension_data(LV2_STATE__interface);
  static const LV2_Feature* const  none[] = {NULL};
  static Store                     store;
  memset(&store, 0, sizeof(store));
  fixture_render(self, in.plane, out.plane, 2 * THEME, BLOCK);
  const float n_moments = fixture_get(self, "moments");
  assert_int_equal(lv2->save(self->handle, store_keep, &store, 0, none), LV2_STATE_SUCCESS);
  fixture_close(self);

  self = rememberer(100);
  assert_int_equal(lv2->restore(self->handle, store_fetch, &store, 0, none), LV2_STATE_SUCCESS);
  // The fragment alone: A was never heard here.
  memset(in.plane[0], 0, 2 * THEME * sizeof(float));
  memset(in.plane[1], 0, 2 * THEME * sizeof(float));
  fixture_set(self, "remember", 0);
  fixture_render(self, in.plane, out.plane, FRAMES, BLOCK);
  print_message("%.0f moments saved, %.0f restored, missing tones %.1f dB\n", (double)n_moments,
                (double)fixture_get(self, "moments"), missing_db(&out));
  assert_true(fixture_get(self, "moments") >= n_moments - 0.5f);
  assert_true(missing_db(&out) > -50.0);
  fixture_set(self, "memory_clear", 1);
  fixture_run(self, in.plane, out.plane, 0, BLOCK);
  fixture_run(self, in.plane, out.plane, 0, BLOCK);
  assert_true(fixture_get(self, "moments") < 0.5f);
  fixture_close(self);
  fixture_audio_free(&in);
  fixture_audio_free(&out);
}

/// A chord in some noise, with a beat of sharp strikes or without.
static FixtureAudio material(size_t n, bool with_strikes)
{
  FixtureAudio in = fixture_audio(n);
  support_noise(in.plane[0], n, 1.0, 3);
  for (size_t i = 0; i < n; ++i) {
    const double t      = 2.0 * 3.14159265358979 * (double)i / RATE;
    const double strike = with_strikes ? exp(-(double)(i % (RATE / 2)) / 60.0) : 0.0;
    const double chord  = sin(220.0 * t) + sin(277.2 * t) + sin(329.6 * t);
    in.plane[0][i]      = (float)((0.8 * strike + 0.02) * (double)in.plane[0][i] + 0.05 * chord);
  }
  memcpy(in.plane[1], in.plane[0], n * sizeof(float));
  return in;
}

/// What the last ten seconds sound like, on average.
static FiqMeasured measured(const FixtureAudio* out, size_t n)
{
  enum { PIECES = 200, PIECE = RATE / 20 };
  FiqArena    arena = support_arena(1 << 20);
  FiqFftPool  pool;
  FiqMeasure  measure;
  FiqMeasured mean    = {0};
  double      octaves = 0.0;
  fiq_fft_pool_init(&pool);
  assert_int_equal(fiq_measure_init(&measure, &arena, &pool, RATE), FIQ_OK);
  for (size_t i = 0; i < PIECES; ++i) {
    const size_t       start    = n - (PIECES - i) * PIECE;
    const float* const planes[] = {out->plane[0] + start, out->plane[1] + start};
    fiq_measure_process(&measure, planes, PIECE);
    if (i >= PIECES / 5) { // once its windows are full
      mean.crest_db += measure.result.crest_db / (PIECES - PIECES / 5);
      mean.entropy += measure.result.entropy / (PIECES - PIECES / 5);
      octaves += log2((double)measure.result.centroid_hz) / (PIECES - PIECES / 5);
    }
  }
  mean.centroid_hz = (float)exp2(octaves);
  fiq_fft_pool_free(&pool);
  support_arena_free(&arena);
  return mean;
}

typedef struct {
  FiqPluginKind kind;
  int           goal;
  double        target; ///< percent
} Case;

/// How near the goal the sound itself is, in tolerances.
static double miss(const Case* c, const FiqMeasured* sound, double order)
{
  const double share = c->target / 100.0;
  switch (c->goal) {
  case 1:
    return fabs(order - share) / 0.06;
  case 2:
    return fabs((double)sound->crest_db - (21.0 - 18.0 * share)) / 1.5;
  case 3:
    return fabs(log2((double)sound->centroid_hz / (100.0 * pow(100.0, share)))) / 0.2;
  default:
    return fabs((double)sound->entropy - share) / 0.06;
  }
}

/// Mean order of the last ten seconds.
static double play(Fixture* self, const FixtureAudio* in, FixtureAudio* out, size_t n)
{
  double sum   = 0.0;
  size_t count = 0;
  for (size_t at = 0; at + BLOCK <= n; at += BLOCK) {
    fixture_run(self, in->plane, out->plane, at, BLOCK);
    if (at + 10 * RATE > n) {
      sum += (double)fixture_get(self, "order");
      ++count;
    }
  }
  return sum / (double)count;
}

static void test_goals_are_reached(void** state)
{
  (void)state;
  enum { LONG = 30 * RATE };
  static const Case cases[] = {
      {FIQ_PLUGIN_REALMS, 0, 0},  {FIQ_PLUGIN_REALMS, 1, 90}, {FIQ_PLUGIN_REALMS, 1, 40},
      {FIQ_PLUGIN_REALMS, 2, 40}, {FIQ_PLUGIN_REALMS, 3, 45}, {FIQ_PLUGIN_REALMS, 3, 20},
      {FIQ_PLUGIN_REALMS, 4, 45}, {FIQ_PLUGIN_SWARM, 0, 0},   {FIQ_PLUGIN_SWARM, 1, 90},
      {FIQ_PLUGIN_SWARM, 1, 40},  {FIQ_PLUGIN_SWARM, 3, 35},  {FIQ_PLUGIN_SWARM, 3, 25},
      {FIQ_PLUGIN_SWARM, 4, 60}};
  static const char* const names[] = {"none", "coherence", "headroom", "brightness", "density"};
  FixtureAudio             beat    = material(LONG, true);
  FixtureAudio             steady  = material(LONG, false);
  FixtureAudio             out     = fixture_audio(LONG);
  int                      missed  = 0;
  for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); ++c) {
    Fixture* const self = fixture_open(cases[c].kind, RATE, false);
    fixture_seed(self, 5);
    fixture_set(self, "goal", cases[c].goal);
    fixture_set(self, "goal_target", cases[c].target);
    if (cases[c].kind == FIQ_PLUGIN_REALMS) {
      fixture_set(self, "amount", 100);
      fixture_set(self, "realm", cases[c].goal == 4 ? 0 : 1);
    } else {
      fixture_midi(self, 0, 0x90, 57, 100);
      fixture_midi(self, 0, 0x90, 64, 100);
    }
    const double      order = play(self, cases[c].goal == 2 ? &beat : &steady, &out, LONG);
    const FiqMeasured sound = measured(&out, LONG);
    print_message("%-6s %-10s %2.0f %%: progress %.2f; R %.2f, crest %4.1f dB, centre %5.0f Hz, "
                  "density %.2f\n",
                  cases[c].kind ? "swarm" : "realms", names[cases[c].goal], cases[c].target,
                  (double)fixture_get(self, "goal_progress"), order, (double)sound.crest_db,
                  (double)sound.centroid_hz, (double)sound.entropy);
    missed += cases[c].goal && miss(&cases[c], &sound, order) > 1.0;
    fixture_close(self);
  }
  assert_int_equal(missed, 0);
  fixture_audio_free(&beat);
  fixture_audio_free(&steady);
  fixture_audio_free(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_recall_brings_back_what_the_fragment_lacks),
      cmocka_unit_test(test_a_saved_memory_recalls_in_another_instance),
      cmocka_unit_test(test_goals_are_reached)};
  return cmocka_run_group_tests_name("plugin mind", tests, NULL, NULL);
}
