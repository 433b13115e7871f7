// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: the spectral realm learns through the plugin what it promises (headroom, mono, alignment),
   never at the cost of run(), never to the sound's harm, and what it learned can be kept.
   Method: the plugin binary with a worker under the test's control hears signals whose gain is known
   or measured; output is compared with the delayed input.
*/
#include "tests/support/fixture.h"
#include "tests/support/store.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, BLOCK = 256 };
enum { HEADROOM = 1, MONO, ALIGN };

static double peak_of(const FixtureAudio* a, size_t start, size_t n)
{
  return fmax(support_peak(a->plane[0] + start, n), support_peak(a->plane[1] + start, n));
}

static double rms_of(const FixtureAudio* a, size_t start, size_t n)
{
  return hypot(support_rms(a->plane[0] + start, n), support_rms(a->plane[1] + start, n)) /
         sqrt(2.0);
}

static double crest_db(const FixtureAudio* a, size_t start, size_t n)
{
  return support_db(peak_of(a, start, n) / rms_of(a, start, n));
}

/// Decaying partials that all begin in phase, four times a second: a drum that peaks at its onset.
static void drum(FixtureAudio* audio, size_t n)
{
  static const double hz[] = {90.0, 180.0, 331.0, 560.0, 1120.0, 2311.0, 4700.0};
  for (size_t i = 0; i < n; ++i) {
    const double t   = (double)(i % (RATE / 4)) / RATE;
    double       sum = 0.0;
    for (int k = 0; k < 7; ++k) {
      sum += cos(6.283185307179586 * hz[k] * t) * exp(-t * 20.0) / (1.0 + 0.3 * k);
    }
    audio->plane[0][i] = (float)(0.15 * sum);
    audio->plane[1][i] = audio->plane[0][i];
  }
}

/// A pulse wave whose harmonics stand at phases of their own.
static void tones(FixtureAudio* audio, size_t n, uint64_t seed)
{
  float phase[32];
  support_noise(phase, 32, 3.14159, seed);
  for (size_t i = 0; i < n; ++i) {
    double sum = 0.0;
    for (int k = 0; k < 32; ++k) {
      sum += cos(6.283185307179586 * 110.0 * (k + 1) * (double)i / RATE + (double)phase[k]);
    }
    audio->plane[0][i] = (float)(0.02 * sum);
    audio->plane[1][i] = audio->plane[0][i];
  }
}

static Fixture* learner(int objective, bool with_worker)
{
  Fixture* const self = fixture_open(FIQ_PLUGIN_REALMS, RATE, with_worker);
  fixture_seed(self, 3);
  fixture_set(self, "objective", objective);
  fixture_set(self, "amount", 100);
  fixture_set(self, "motion", 0);
  return self;
}

static size_t latency(const Fixture* self)
{
  return (size_t)fixture_get(self, "latency");
}

static void test_headroom_is_learned_and_magnitudes_stay(void** state)
{
  (void)state;
  enum { N = 9 * RATE };
  FixtureAudio in   = fixture_audio(N);
  FixtureAudio out  = fixture_audio(N);
  Fixture*     self = learner(HEADROOM, true);
  drum(&in, N);
  fixture_render(self, in.plane, out.plane, N, BLOCK);
  const size_t late   = N - 3 * RATE;
  const size_t behind = latency(self);
  const double before = crest_db(&in, late - behind, 3 * RATE);
  const double after  = crest_db(&out, late, 3 * RATE);
  const double level =
      support_db(rms_of(&out, late, 3 * RATE) / rms_of(&in, late - behind, 3 * RATE));
  print_message(
      "crest %.2f -> %.2f dB, rms %+.3f dB; meters: gain %.2f dB, active %.2f, progress %.2f\n",
      before, after, level, (double)fixture_get(self, "learn_gain"),
      (double)fixture_get(self, "learn_active"), (double)fixture_get(self, "learn_progress"));
  assert_true(before - after >= 2.0);
  assert_true(fabs(level) < 0.1);
  assert_true(fixture_get(self, "learn_active") > 0.99f);
  // Nothing on the way was louder than the input.
  assert_true(support_db(peak_of(&out, 0, N) / peak_of(&in, 0, N)) < 0.2);
  fixture_close(self);
  fixture_audio_free(&in);
  fixture_audio_free(&out);
}

/// Gain of a lesson at the widest spread of delays that is allowed.
static float gain_at_spread(const FixtureAudio* in, size_t n, double spread_ms)
{
  FixtureAudio   out  = fixture_audio(n);
  Fixture* const self = learner(HEADROOM, true);
  self->works_at_once = true;
  fixture_set(self, "delay_spread", spread_ms);
  fixture_render(self, in->plane, out.plane, n, BLOCK);
  const float gain = fixture_get(self, "learn_gain");
  fixture_close(self);
  fixture_audio_free(&out);
  return gain;
}

static void test_a_wider_spread_of_delays_gains_more(void** state)
{
  (void)state;
  enum { N = 4 * RATE };
  FixtureAudio in = fixture_audio(N);
  drum(&in, N);
  const float close = gain_at_spread(&in, N, 1.0);
  const float usual = gain_at_spread(&in, N, 4.0);
  const float wide  = gain_at_spread(&in, N, 64.0);
  print_message("gain at 1, 4 and 64 ms: %.2f, %.2f, %.2f dB\n", (double)close, (double)usual,
                (double)wide);
  assert_true(usual > close + 0.3f);
  assert_true(wide > usual + 0.3f);
  fixture_audio_free(&in);
}

static void test_a_worker_that_answers_at_once_teaches_as_well(void** state)
{
  (void)state;
  enum { N = 9 * RATE };
  FixtureAudio in     = fixture_audio(N);
  FixtureAudio out    = fixture_audio(N);
  Fixture*     self   = learner(HEADROOM, true);
  self->works_at_once = true;
  fixture_set(self, "objective", 0);
  drum(&in, N);
  fixture_run(self, in.plane, out.plane, 0, BLOCK);
  fixture_set(self, "bands", 30);
  fixture_set(self, "objective", HEADROOM);
  fixture_render(self, in.plane, out.plane, N, BLOCK);
  print_message("gain %.2f dB, active %.2f\n", (double)fixture_get(self, "learn_gain"),
                (double)fixture_get(self, "learn_active"));
  assert_true(fixture_get(self, "learn_gain") >= 2.0f);
  assert_true(fixture_get(self, "learn_active") > 0.99f);
  fixture_close(self);
  fixture_audio_free(&in);
  fixture_audio_free(&out);
}

static void test_without_a_worker_it_learns_as_well(void** state)
{
  (void)state;
  enum { N = 36 * RATE };
  FixtureAudio in   = fixture_audio(N);
  FixtureAudio out  = fixture_audio(N);
  Fixture*     self = learner(HEADROOM, false);
  drum(&in, N);
  fixture_render(self, in.plane, out.plane, N, BLOCK);
  const double gain =
      crest_db(&in, N - 4 * RATE, 3 * RATE) - crest_db(&out, N - 3 * RATE, 3 * RATE);
  print_message("crest lowered by %.2f dB, progress %.2f\n", gain,
                (double)fixture_get(self, "learn_progress"));
  assert_true(gain >= 2.0);
  fixture_close(self);
  fixture_audio_free(&in);
  fixture_audio_free(&out);
}

static void test_harm_is_backed_off_from(void** state)
{
  (void)state;
  enum { N = 10 * RATE, LEARN = 5 * RATE };
  FixtureAudio in    = fixture_audio(N);
  FixtureAudio other = fixture_audio(N);
  FixtureAudio out   = fixture_audio(N);
  double       worst = 0.0;
  Fixture*     self  = learner(HEADROOM, true);
  drum(&in, LEARN);
  fixture_render(self, in.plane, out.plane, LEARN, BLOCK);
  assert_true(fixture_get(self, "learn_gain") > 1.0f);
  fixture_set(self, "learn", 0);
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    // What the phases learned would make a peak of: the drum played backwards, and tones of low crest.
    tones(&other, N, seed);
    if (seed == 3) {
      drum(&other, N);
      for (size_t i = 0; i < N / 2; ++i) {
        for (int c = 0; c < 2; ++c) {
          const float x             = other.plane[c][i];
          other.plane[c][i]         = other.plane[c][N - 1 - i];
          other.plane[c][N - 1 - i] = x;
        }
      }
    }
    fixture_render(self, other.plane, out.plane, N, BLOCK);
    // Its measure is the input of the last 4 s, which first are those of the signal before.
    const size_t from = 5 * RATE;
    const double above =
        support_db(peak_of(&out, from, N - from) / peak_of(&other, from - latency(self), N - from));
    print_message("signal %d: peak %+.3f dB against untouched, active %.2f\n", (int)seed, above,
                  (double)fixture_get(self, "learn_active"));
    worst = fmax(worst, above);
  }
  assert_true(worst < 0.2);
  fixture_close(self);
  fixture_audio_free(&in);
  fixture_audio_free(&other);
  fixture_audio_free(&out);
}

/// First-order all-pass sections in a row: the same magnitudes, other phases.
static void all_pass(float* x, size_t n)
{
  static const double a[] = {-0.95, -0.8, -0.5, 0.1};
  for (int k = 0; k < 4; ++k) {
    double x1 = 0.0;
    double y1 = 0.0;
    for (size_t i = 0; i < n; ++i) {
      const double y = a[k] * (double)x[i] + x1 - a[k] * y1;
      x1             = (double)x[i];
      y1             = y;
      x[i]           = (float)y;
    }
  }
}

static double sum_rms(const float* a, const float* b, size_t n)
{
  double sum = 0.0;
  for (size_t i = 0; i < n; ++i) {
    const double s = (double)a[i] + (double)b[i];
    sum += s * s;
  }
  return sqrt(sum / (double)n);
}

static void test_mono_adds_up(void** state)
{
  (void)state;
  enum { N = 12 * RATE };
  FixtureAudio in   = fixture_audio(N);
  FixtureAudio out  = fixture_audio(N);
  Fixture*     self = learner(MONO, true);
  support_noise(in.plane[0], N, 0.3, 4);
  memcpy(in.plane[1], in.plane[0], N * sizeof(float));
  all_pass(in.plane[1], N);
  fixture_render(self, in.plane, out.plane, N, BLOCK);
  const size_t late  = N - 3 * RATE;
  const double plain = sum_rms(in.plane[0] + late, in.plane[1] + late, 2 * RATE);
  const double gain =
      support_db(sum_rms(out.plane[0] + late, out.plane[1] + late, 2 * RATE) / plain);
  print_message("mono sum %+.2f dB, the learner says %+.2f dB\n", gain,
                (double)fixture_get(self, "learn_gain"));
  assert_true(gain > 1.5);
  fixture_close(self);
  fixture_audio_free(&in);
  fixture_audio_free(&out);
}

static void test_align_finds_delay_and_polarity(void** state)
{
  (void)state;
  enum { N = 12 * RATE };
  FixtureAudio     in       = fixture_audio(N);
  FixtureAudio     side     = fixture_audio(N);
  FixtureAudio     out      = fixture_audio(N);
  static const int delays[] = {313, -500};
  for (int k = 0; k < 2; ++k) {
    Fixture* self = learner(ALIGN, true);
    support_noise(side.plane[0], N, 0.3, 4);
    support_noise(side.plane[1], N, 0.3, 5);
    for (int c = 0; c < 2; ++c) {
      for (int i = 0; i < N; ++i) {
        const int from = i - delays[k];
        in.plane[c][i] = from >= 0 && from < N ? 0.0f - side.plane[c][from] : 0.0f;
      }
      self->side[c] = side.plane[c];
    }
    for (size_t done = 0; done + BLOCK <= N; done += BLOCK) {
      self->side[0] = side.plane[0];
      self->side[1] = side.plane[1];
      fixture_run(self, in.plane, out.plane, done, BLOCK);
      fixture_work(self);
    }
    const size_t late   = N - 3 * RATE;
    const size_t behind = latency(self);
    for (int c = 0; c < 2; ++c) {
      const float* partner = side.plane[c] + late - behind;
      const double gain    = support_db(sum_rms(out.plane[c] + late, partner, 2 * RATE) /
                                        support_rms(partner, 2 * RATE));
      print_message("delay %d: sum %+.2f dB over one alone\n", delays[k], gain);
      assert_true(gain > 5.0);
    }
    fixture_close(self);
  }
  fixture_audio_free(&in);
  fixture_audio_free(&side);
  fixture_audio_free(&out);
}

static void save(Fixture* self, Store* store)
{
  const LV2_State_Interface* const state  = self->descriptor->extension_data(LV2_STATE__interface);
  const LV2_Feature* const         none[] = {NULL};
  memset(store, 0, sizeof(*store));
  assert_int_equal(state->save(self->handle, store_keep, store, 0, none), LV2_STATE_SUCCESS);
}

/// Where the lesson is kept: behind the seed, the phases and what Match learned.
enum { LESSON = 3 };

static void restore(Fixture* self, Store* store)
{
  const LV2_State_Interface* const state  = self->descriptor->extension_data(LV2_STATE__interface);
  const LV2_Feature* const         none[] = {NULL};
  assert_int_equal(state->restore(self->handle, store_fetch, store, 0, none), LV2_STATE_SUCCESS);
}

static void test_what_was_learned_is_kept_with_the_state_and_can_be_forgotten(void** state)
{
  (void)state;
  enum { N = 6 * RATE };
  FixtureAudio in = fixture_audio(N);
  FixtureAudio a  = fixture_audio(N);
  FixtureAudio b  = fixture_audio(N);
  Store        store;
  Fixture*     one = learner(HEADROOM, true);
  drum(&in, N);
  fixture_render(one, in.plane, a.plane, N, BLOCK);
  save(one, &store);
  fixture_close(one);
  for (int k = 0; k < 2; ++k) {
    Fixture* self = learner(HEADROOM, true);
    restore(self, &store);
    fixture_set(self, "learn", 0);
    fixture_render(self, in.plane, k ? b.plane : a.plane, N, k ? 64 : BLOCK);
    if (k == 1) {
      Store again;
      save(self, &again);
      assert_int_equal(again.n, store.n);
      assert_memory_equal(again.item[LESSON].value, store.item[LESSON].value,
                          store.item[LESSON].size);
    }
    fixture_close(self);
  }
  assert_memory_equal(a.plane[0], b.plane[0], N * sizeof(float));
  const double kept = crest_db(&in, RATE, 4 * RATE) - crest_db(&b, RATE, 4 * RATE);
  Fixture*     self = learner(HEADROOM, true);
  restore(self, &store);
  fixture_set(self, "learn", 0);
  fixture_render(self, in.plane, a.plane, RATE, BLOCK);
  fixture_set(self, "learn_clear", 1);
  fixture_render(self, in.plane, a.plane, N, BLOCK);
  const size_t behind = latency(self);
  const double null =
      support_max_difference(a.plane[0] + N - RATE, in.plane[0] + N - RATE - behind, RATE);
  print_message("kept %.2f dB of headroom; forgotten: null at %.1f dB\n", kept, support_db(null));
  assert_true(kept >= 2.0);
  assert_true(support_db(null) < -90.0);
  fixture_close(self);
  fixture_audio_free(&in);
  fixture_audio_free(&a);
  fixture_audio_free(&b);
}

enum { HIT = RATE / 2, HITS = 16 };

/// Hits as one microphone hears them, and `late` frames later, upside down and through all-passes, as another one does.
static void two_microphones(FixtureAudio* near, FixtureAudio* far, size_t n, size_t late)
{
  drum(near, n);
  for (int c = 0; c < 2; ++c) {
    for (size_t i = 0; i < n; ++i) {
      near->plane[c][i] *= i / (RATE / 4) % 2 ? 0.0f : 1.0f; // every other one, at half a second
    }
    memset(far->plane[c], 0, late * sizeof(float));
    for (size_t i = late; i < n; ++i) {
      far->plane[c][i] = 0.0f - near->plane[c][i - late];
    }
    all_pass(far->plane[c], n);
  }
}

static void play_pair(Fixture* self, FixtureAudio* track, FixtureAudio* side, FixtureAudio* out,
                      size_t n)
{
  for (size_t done = 0; done + BLOCK <= n; done += BLOCK) {
    self->side[0] = side->plane[0];
    self->side[1] = side->plane[1];
    fixture_run(self, track->plane, out->plane, done, BLOCK);
    fixture_work(self);
  }
}

/// What was learned of `track` and `side` by one instance is played by a fresh one: the least that a hit gains over the raw
/// sum, and the tenth.
static void play_kept_alignment(FixtureAudio* track, FixtureAudio* side, double* least,
                                double* tenth)
{
  FixtureAudio out = fixture_audio(HIT * HITS);
  Store        store;
  Fixture*     one = learner(ALIGN, true);
  play_pair(one, track, side, &out, HIT * HITS);
  save(one, &store);
  fixture_close(one);
  Fixture* const self = learner(ALIGN, true);
  restore(self, &store);
  fixture_set(self, "learn", 0);
  play_pair(self, track, side, &out, HIT * HITS);
  const size_t behind = latency(self);
  *least              = HUGE_VAL;
  for (int hit = 0; hit < HITS - 1; ++hit) {
    const size_t at   = (size_t)(hit * HIT);
    const double raw  = sum_rms(track->plane[0] + at, side->plane[0] + at, HIT);
    const double sum  = sum_rms(out.plane[0] + at + behind, side->plane[0] + at, HIT);
    const double gain = support_db(sum / raw);
    *least            = fmin(*least, gain);
    *tenth            = hit == 9 ? gain : *tenth;
    print_message("%+.2f ", gain);
  }
  print_message("dB over the raw sum, hit by hit\n");
  fixture_close(self);
  fixture_audio_free(&out);
}

static void test_a_kept_alignment_holds_from_the_first_hit(void** state)
{
  (void)state;
  FixtureAudio near = fixture_audio(HIT * HITS);
  FixtureAudio far  = fixture_audio(HIT * HITS);
  for (int k = 0; k < 6; ++k) {
    double least = 0.0;
    double tenth = 0.0;
    two_microphones(&near, &far, HIT * HITS, (size_t)(k / 2 * 400 + 101));
    play_kept_alignment(k % 2 ? &near : &far, k % 2 ? &far : &near, &least, &tenth);
    assert_true(least >= -0.05);
    assert_true(least >= tenth - 0.5);
  }
  fixture_audio_free(&near);
  fixture_audio_free(&far);
}

static void test_a_state_of_another_rate_and_of_nonsense_is_read(void** state)
{
  (void)state;
  enum { N = 4 * RATE };
  FixtureAudio in  = fixture_audio(N);
  FixtureAudio out = fixture_audio(N);
  Store        store;
  Fixture*     one = learner(HEADROOM, true);
  drum(&in, N);
  fixture_render(one, in.plane, out.plane, N, BLOCK);
  save(one, &store);
  fixture_close(one);
  Fixture* self = fixture_open(FIQ_PLUGIN_REALMS, 96000.0, true);
  fixture_set(self, "objective", HEADROOM);
  fixture_set(self, "bands", 40);
  fixture_set(self, "learn", 0);
  restore(self, &store);
  fixture_render(self, in.plane, out.plane, N, BLOCK);
  assert_true(fixture_get(self, "learn_gain") > 1.0f);
  assert_true(isfinite(support_rms(out.plane[0], N)));
  fixture_close(self);
  // A lesson may end before the corner of its bass.
  Store shorter = store;
  shorter.item[LESSON].size -= sizeof(float);
  self = learner(HEADROOM, true);
  restore(self, &shorter);
  fixture_set(self, "learn", 0);
  fixture_render(self, in.plane, out.plane, N, BLOCK);
  assert_true(fixture_get(self, "learn_gain") > 1.0f);
  fixture_close(self);
  for (size_t k = 0; k < 60; ++k) {
    // Any one number of the lesson replaced by NaN, infinity or nonsense.
    static const float bad[]  = {NAN, INFINITY, -3e30f};
    Store              broken = store;
    float* const       value  = (float*)(void*)(broken.item[LESSON].value + 8);
    value[k % 20 < 12 ? k % 20 : 11 * (k % 20 - 2)] = bad[k / 20];
    self                                            = learner(HEADROOM, true);
    restore(self, &broken);
    fixture_set(self, "learn", 0);
    fixture_render(self, in.plane, out.plane, 8192, BLOCK);
    assert_true(isfinite(support_rms(out.plane[0], 8192)));
    assert_true(support_peak(out.plane[0], 8192) < 4.0);
    fixture_close(self);
  }
  fixture_audio_free(&in);
  fixture_audio_free(&out);
}

static double largest_step(const float* x, size_t n)
{
  double step = 0.0;
  for (size_t i = 1; i < n; ++i) {
    step = fmax(step, fabs((double)x[i] - (double)x[i - 1]));
  }
  return step;
}

static void test_objectives_change_without_a_click(void** state)
{
  (void)state;
  enum { N = 20 * RATE };
  static const double objectives[] = {1, 2, 3, 0, 3, 1, 0, 2};
  FixtureAudio        in           = fixture_audio(N);
  FixtureAudio        out          = fixture_audio(N);
  FixtureAudio        side         = fixture_audio(N);
  Fixture*            self         = learner(0, true);
  support_sine(in.plane[0], N, 300.0, RATE, 0.3, 0.0);
  support_sine(in.plane[1], N, 300.0, RATE, 0.3, 1.0);
  support_sine(side.plane[0], N, 300.0, RATE, 0.3, 2.5);
  support_sine(side.plane[1], N, 300.0, RATE, 0.3, 2.5);
  for (size_t done = 0; done + BLOCK <= N; done += BLOCK) {
    fixture_set(self, "objective", objectives[done * 2 / (5 * RATE)]);
    self->side[0] = side.plane[0];
    self->side[1] = side.plane[1];
    fixture_run(self, in.plane, out.plane, done, BLOCK);
    fixture_work(self);
  }
  const double own  = 0.3 * 2.0 * 3.14159265358979 * 300.0 / RATE;
  const double step = fmax(largest_step(out.plane[0] + RATE, N - 2 * RATE),
                           largest_step(out.plane[1] + RATE, N - 2 * RATE));
  print_message("largest step %.5f, the sine's own %.5f\n", step, own);
  assert_true(step < own + 0.6 / 800.0 + 1e-3);
  fixture_close(self);
  fixture_audio_free(&in);
  fixture_audio_free(&side);
  fixture_audio_free(&out);
}

static void test_offline_the_whole_sound_is_learned_from(void** state)
{
  (void)state;
  enum { N = 5 * RATE };
  FixtureAudio in  = fixture_audio(N);
  FixtureAudio out = fixture_audio(N);
  for (int worker = 0; worker < 2; ++worker) {
    Fixture* self = learner(HEADROOM, worker);
    drum(&in, N);
    fixture_set(self, "freewheel", 1);
    for (int pass = 0; pass < 2; ++pass) {
      fixture_set(self, "learn", pass == 0);
      for (size_t done = 0; done + BLOCK <= N; done += BLOCK) {
        fixture_run(self, in.plane, out.plane, done, BLOCK);
      }
      assert_true((fixture_get(self, "learn_gain") > 1.0f) == (pass == 1));
    }
    const double gain = crest_db(&in, RATE, 3 * RATE) - crest_db(&out, RATE, 3 * RATE);
    print_message("second pass %.2f dB\n", gain);
    assert_true(gain >= 2.0);
    fixture_close(self);
  }
  fixture_audio_free(&in);
  fixture_audio_free(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_headroom_is_learned_and_magnitudes_stay),
      cmocka_unit_test(test_a_wider_spread_of_delays_gains_more),
      cmocka_unit_test(test_a_worker_that_answers_at_once_teaches_as_well),
      cmocka_unit_test(test_without_a_worker_it_learns_as_well),
      cmocka_unit_test(test_harm_is_backed_off_from),
      cmocka_unit_test(test_mono_adds_up),
      cmocka_unit_test(test_align_finds_delay_and_polarity),
      cmocka_unit_test(test_what_was_learned_is_kept_with_the_state_and_can_be_forgotten),
      cmocka_unit_test(test_a_kept_alignment_holds_from_the_first_hit),
      cmocka_unit_test(test_a_state_of_another_rate_and_of_nonsense_is_read),
      cmocka_unit_test(test_objectives_change_without_a_click),
      cmocka_unit_test(test_offline_the_whole_sound_is_learned_from)};
  return cmocka_run_group_tests_name("plugin learning", tests, NULL, NULL);
}
