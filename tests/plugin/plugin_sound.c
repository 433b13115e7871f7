// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: every control is heard, and what is played is what sounds.
   Method: renders of the plugin binary with one control at two values are compared; chords are
   measured in the spectrum.
*/
#include "tests/support/fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES = 96000, LIVING = 3, LOCKED = 4, SETTINGS = 5 };

static void set_if_there(Fixture* self, const char* symbol, double value)
{
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    if (fiq_param_in(&fiq_params[row], self->kind) && !strcmp(fiq_params[row].symbol, symbol)) {
      fixture_set(self, symbol, value);
    }
  }
}

/// A setting in which every control of the plugin matters.
static Fixture* lively(FiqPluginKind kind)
{
  Fixture* const self = fixture_open(kind, 48000.0, true);
  fixture_seed(self, 7);
  fixture_set(self, "anneal", 0.3);
  fixture_set(self, "coupling", 1);
  fixture_set(self, "sustain", 60);
  if (kind == FIQ_PLUGIN_REALMS) {
    fixture_set(self, "amount", 80);
    fixture_set(self, "mix", 80);
    fixture_set(self, "swarm_level", -6);
    fixture_set(self, "swarm_follow", 50);
    fixture_set(self, "core_rate", 1);
    fixture_set(self, "core_spread", 1);
  }
  return self;
}

/// A beat of noise on the left, a tone of four partials on the right.
static FixtureAudio material(void)
{
  FixtureAudio in = fixture_audio(FRAMES);
  support_noise(in.plane[0], FRAMES, 0.2, 3);
  for (size_t i = 0; i < FRAMES; ++i) {
    const double t = 2.0 * 3.14159265358979 * 330.0 * (double)i / 48000.0;
    in.plane[0][i] *= i / 6000 % 2 ? 1.0f : 0.1f;
    in.plane[1][i] =
        (float)(0.3 * sin(t) + 0.1 * sin(2.0 * t) + 0.03 * sin(3.0 * t) + 0.003 * sin(4.0 * t));
  }
  return in;
}

/// Notes with bend, wheel and pressure; in setting 2 as an MPE zone would send them.
static void send_score(Fixture* self, size_t block, int setting)
{
  const uint8_t a = setting == 2 ? 1 : 0;
  const uint8_t b = setting == 2 ? 2 : 0;
  if (block == 0) {
    if (setting == 2) {
      fixture_midi(self, 0, 0xb0, 101, 0);
      fixture_midi(self, 0, 0xb0, 100, 6);
      fixture_midi(self, 0, 0xb0, 6, 5);
    }
    fixture_tempo(self, 0, 100.0f);
    fixture_midi(self, 0, 0x90 | a, 57, 127);
    fixture_midi(self, 0, 0x90 | b, 64, 40);
    fixture_midi(self, 0, 0xe0 | a, 0, 90);
    fixture_midi(self, 0, 0xb0, 1, 100);
    fixture_midi(self, 0, 0xd0 | a, 90, 0);
  } else if (block == 10 && setting == 1) {
    fixture_midi(self, 0, 0x90 | b, 69, 60);
  } else if (block == 50) {
    fixture_midi(self, 0, 0x90 | b, 61, 90);
  } else if (block == 110) {
    fixture_midi(self, 0, 0x80 | a, 57, 0);
    fixture_midi(self, 0, 0x80 | b, 64, 0);
    fixture_midi(self, 0, 0x80 | b, 61, 0);
  }
}

static void play(Fixture* self, int setting, FixtureAudio* out)
{
  FixtureAudio in = material();
  for (size_t block = 0; block < FRAMES / 480; ++block) {
    send_score(self, block, setting);
    fixture_run(self, in.plane, out->plane, block * 480, 480);
    fixture_work(self);
  }
  fixture_audio_free(&in);
}

static double difference_db(const FixtureAudio* a, const FixtureAudio* b)
{
  double sum = 0.0;
  double all = 0.0;
  for (int channel = 0; channel < 2; ++channel) {
    for (size_t i = 0; i < FRAMES; ++i) {
      const double d = (double)a->plane[channel][i] - (double)b->plane[channel][i];
      sum += d * d;
      all += (double)a->plane[channel][i] * (double)a->plane[channel][i];
    }
  }
  return 0.5 * support_db(sum / fmax(all, 1e-12));
}

/// A filter, formants, breath, and a matrix of which every row does something.
static void set_moved(Fixture* self)
{
  static const int rows[8][2] = {{4, 1}, {5, 2}, {3, 4}, {1, 3}, {6, 5}, {7, 6}, {9, 7}, {2, 8}};
  set_if_there(self, "filter_type", 1);
  set_if_there(self, "filter_cutoff", 400);
  set_if_there(self, "filter_envelope", 1);
  set_if_there(self, "formants", 50);
  set_if_there(self, "breath", 50);
  set_if_there(self, "breath_sustain", 50);
  for (int k = 0; k < 8; ++k) {
    char symbol[32];
    (void)snprintf(symbol, sizeof symbol, "matrix_%d_source", k + 1);
    set_if_there(self, symbol, rows[k][0]);
    (void)snprintf(symbol, sizeof symbol, "matrix_%d_target", k + 1);
    set_if_there(self, symbol, rows[k][1]);
    (void)snprintf(symbol, sizeof symbol, "matrix_%d_amount", k + 1);
    set_if_there(self, symbol, 50);
  }
}

/// Controls matter in different settings: notes alone, the temporal realm with a held chord, the analysis, the
/// living core with memory and goals, and all locked.
static void play_with(FiqPluginKind kind, int setting, const char* symbol, float value,
                      FixtureAudio* out)
{
  Fixture* const self = lively(kind);
  if (kind == FIQ_PLUGIN_REALMS) {
    fixture_set(self, "realm", setting && setting < LIVING ? 0 : 1);
    fixture_set(self, "rotate", setting ? 40 : 0);
    fixture_set(self, "match", setting ? 30 : 0);
    for (int section = 1; section <= 6 && setting; ++section) {
      char name[] = "rotator_0_amount";
      name[8]     = (char)('0' + section);
      fixture_set(self, name, 50);
    }
  } else {
    fixture_set(self, "stereo_motion", setting ? 50 : 0);
  }
  fixture_set(self, "chord", setting == 1 ? 3 : 0);
  fixture_set(self, "source", setting == 2 ? 2 : 0);
  fixture_set(self, "just", setting >= 2 ? 50 : 0);
  if (setting == LIVING) {
    fixture_set(self, "coupling", 6);
    set_if_there(self, "motion", 120);
    set_if_there(self, "sway", 40);
    fixture_set(self, "regulator", 1);
    fixture_set(self, "order_low", 30);
    fixture_set(self, "resonance", 50);
    fixture_set(self, "remember", 1);
    fixture_set(self, "recall", 60);
    fixture_set(self, "recall_age", 0.5);
    fixture_set(self, "goal", 3);
    fixture_set(self, "attention", 50);
    set_if_there(self, "temperature", 30);
    set_moved(self);
  }
  if (setting == LOCKED) {
    fixture_set(self, "coupling", 10);
    fixture_set(self, "chord", 3);
    fixture_set(self, "anneal", 0.02);
    fixture_set(self, "scatter", 0);
    set_if_there(self, "core_spread", 0.05);
    set_if_there(self, "sway", 40);
  }
  if (strncmp(symbol, "words_", 6) == 0 || strncmp(symbol, "voice_", 6) == 0) {
    fixture_patch_string(self, 0, "urn:fieldiq:words", "[s iy] [l aa]");
    fixture_run(self, NULL, out->plane, 0, 64);
    fixture_work(self);
  }
  if (strcmp(symbol, "freeze_fade") == 0) {
    fixture_set(self, "freeze", 1);
  }
  if (strcmp(symbol, "group_focus_amount") == 0) {
    fixture_set(self, "group_focus", 1);
  }
  fixture_set(self, symbol, (double)value);
  play(self, setting, out);
  fixture_close(self);
}

static int n_alternatives(const FiqParam* param)
{
  return fiq_param_is_choice(param) ? (int)param->maximum + 1 : 2;
}

/// The k-th value to compare the default with: each choice, or toward each end of the range.
static float alternative(const FiqParam* param, int k)
{
  const float edge = k ? param->maximum : param->minimum;
  switch (param->kind) {
  case FIQ_KIND_CHOICE:
  case FIQ_KIND_CHOICE_HEAVY:
    return (float)k;
  case FIQ_KIND_LINEAR: // half of the way, where a whole turn would come back to where it began
    return 0.5f * (param->fallback + edge);
  case FIQ_KIND_COUNT_HEAVY:
    return k ? 2000.0f : edge;
  default:
    return edge;
  }
}

static void sweep(FiqPluginKind kind)
{
  FixtureAudio a = fixture_audio(FRAMES);
  FixtureAudio b = fixture_audio(FRAMES);
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    const FiqParam* const param = &fiq_params[row];
    // Freewheel changes when a swarm is built, not how it sounds; its test is in plugin_growth. The
    // switches of learning are heard after seconds, theirs is plugin_learning; a link takes two, see plugin_link; what
    // clears the memory is heard once there is one, see plugin_mind; what calms or shakes the core takes its time, see plugin_core; the partner's are heard in what it plays, see plugin_sequence;
    // the switch of MPE is heard where no message speaks of it, see below; that of program changes in plugin_program.
    if (!fiq_param_in(param, kind) || fiq_param_is_meter(param) ||
        param->kind == FIQ_KIND_FREEWHEEL || strncmp(param->symbol, "learn", 5) == 0 ||
        strcmp(param->symbol, "delay_spread") == 0 || strncmp(param->symbol, "link", 4) == 0 ||
        strcmp(param->symbol, "memory_clear") == 0 || strcmp(param->symbol, "core_step") == 0 ||
        strcmp(param->symbol, "core_reset") == 0 || strncmp(param->symbol, "sequence_", 9) == 0 ||
        strcmp(param->symbol, "stabilise") == 0 || strcmp(param->symbol, "resonance") == 0 ||
        strcmp(param->symbol, "uncertainty_aim") == 0 || strcmp(param->symbol, "mpe") == 0 ||
        strcmp(param->symbol, "program_change") == 0) {
      continue;
    }
    double best = -400.0;
    for (int setting = 0; setting < SETTINGS && best < -40.0; ++setting) {
      play_with(kind, setting, param->symbol, param->fallback, &a);
      for (int k = 0; k < n_alternatives(param) && best < -40.0; ++k) {
        play_with(kind, setting, param->symbol, alternative(param, k), &b);
        best = fmax(best, difference_db(&a, &b));
      }
    }
    print_message("%s %-14s %7.1f dB\n", kind ? "swarm " : "realms", param->symbol, best);
    if (best < -40.0) {
      fail_msg("%s has too little effect", param->symbol);
    }
  }
  fixture_audio_free(&a);
  fixture_audio_free(&b);
}

static void test_every_control_of_realms_is_audible(void** state)
{
  (void)state;
  sweep(FIQ_PLUGIN_REALMS);
}

static void test_every_control_of_swarm_is_audible(void** state)
{
  (void)state;
  sweep(FIQ_PLUGIN_SWARM);
}

/// Modulation of a steady tone's level over time, as standard deviation of its short-time amplitude in dB.
static double wobble_db(const float* x, size_t n, double f_hz)
{
  enum { WINDOW = 4800 };
  double sum   = 0.0;
  double power = 0.0;
  int    count = 0;
  for (size_t start = 0; start + WINDOW <= n; start += WINDOW / 2, ++count) {
    const double level = support_db(support_tone_amplitude(x + start, WINDOW, f_hz, 48000.0));
    sum += level;
    power += level * level;
  }
  return sqrt(fmax(0.0, power / count - sum / count * (sum / count)));
}

static void test_coupling_changes_the_sound_of_both_plugins(void** state)
{
  (void)state;
  enum { LONG = 6 * 48000 };
  FixtureAudio in  = fixture_audio(LONG);
  FixtureAudio out = fixture_audio(LONG);
  double       order[2][2];
  double       measure[2][2];
  support_sine(in.plane[0], LONG, 440.0, 48000.0, 0.3, 0.0);
  support_sine(in.plane[1], LONG, 440.0, 48000.0, 0.3, 0.0);
  for (int kind = 0; kind < 2; ++kind) {
    for (int locked = 0; locked < 2; ++locked) {
      Fixture* const self = fixture_open((FiqPluginKind)kind, 48000.0, false);
      fixture_seed(self, 21);
      fixture_set(self, "coupling", locked ? 10 : 0);
      if (kind == FIQ_PLUGIN_REALMS) {
        fixture_set(self, "amount", 100);
        fixture_set(self, "motion", 150);
        fixture_set(self, "core_rate", 0);
        fixture_set(self, "core_spread", 1);
      } else {
        fixture_set(self, "anneal", 0.2);
        fixture_set(self, "partials", 1);
        fixture_set(self, "detune", 10);
        fixture_midi(self, 0, 0x90, 69, 100);
      }
      fixture_render(self, kind ? NULL : in.plane, out.plane, LONG, 480);
      order[kind][locked]   = (double)fixture_get(self, "order");
      measure[kind][locked] = wobble_db(out.plane[0] + LONG / 2, LONG / 2, 440.0);
      fixture_close(self);
    }
    print_message("%s: K 0: R %.2f, wobble %.2f dB; K 10: R %.2f, wobble %.2f dB\n",
                  kind ? "swarm" : "realms", order[kind][0], measure[kind][0], order[kind][1],
                  measure[kind][1]);
    assert_true(order[kind][1] > order[kind][0] + 0.3);
    assert_true(order[kind][1] > 0.8);
  }
  // Apart, the swarm's oscillators beat; locked, they sing as one.
  assert_true(measure[1][0] > 4.0 * measure[1][1]);
  // Locked phases stand still, free ones turn each band by itself.
  assert_true(measure[0][0] > 2.0 * measure[0][1] || fabs(measure[0][0] - measure[0][1]) > 0.2);
  fixture_audio_free(&in);
  fixture_audio_free(&out);
}

/// Frequency of the strongest tone near `f_hz`, by the phase advance between two windows.
static double measured_hz(const float* x, size_t n, double f_hz)
{
  double a[2];
  double b[2];
  double f = f_hz;
  for (int pass = 0; pass < 3; ++pass) {
    const size_t hop = 2000;
    support_tone(x, n - hop, f, 48000.0, &a[0], &a[1]);
    support_tone(x + hop, n - hop, f, 48000.0, &b[0], &b[1]);
    const double turn    = 2.0 * 3.14159265358979 * f * (double)hop / 48000.0;
    const double advance = atan2(b[1], b[0]) - atan2(a[1], a[0]) - turn;
    f += remainder(advance, 2.0 * 3.14159265358979) * 48000.0 /
         (2.0 * 3.14159265358979 * (double)hop);
  }
  return f;
}

static void test_a_triad_is_in_tune(void** state)
{
  (void)state;
  enum { LONG = 6 * 48000 };
  static const uint8_t keys[] = {60, 64, 67};
  FixtureAudio         out    = fixture_audio(LONG);
  Fixture*             self   = fixture_open(FIQ_PLUGIN_SWARM, 48000.0, false);
  for (int i = 0; i < 3; ++i) {
    fixture_midi(self, 0, 0x90, keys[i], 100);
  }
  fixture_set(self, "coupling", 6);
  fixture_render(self, NULL, out.plane, LONG, 512);
  for (int i = 0; i < 3; ++i) {
    const double want  = 440.0 * exp2((keys[i] - 69) / 12.0);
    const double got   = measured_hz(out.plane[0] + LONG / 2, LONG / 2, want);
    const double cents = 1200.0 * log2(got / want);
    print_message("key %d: %.3f Hz, %+.3f cents\n", keys[i], got, cents);
    assert_true(fabs(cents) < 1.0);
  }
  print_message("residual %.4f Hz, imbalance %.3f\n", (double)fixture_get(self, "residual"),
                (double)fixture_get(self, "imbalance"));
  assert_true(fixture_get(self, "imbalance") < 1.07f);
  fixture_close(self);
  fixture_audio_free(&out);
}

static void test_a_just_triad_is_four_to_five_to_six(void** state)
{
  (void)state;
  enum { LONG = 6 * 48000 };
  static const uint8_t keys[] = {60, 64, 67};
  FixtureAudio         in     = fixture_audio(LONG);
  FixtureAudio         out    = fixture_audio(LONG);
  for (int kind = 0; kind < 2; ++kind) {
    Fixture* const self = fixture_open((FiqPluginKind)kind, 48000.0, false);
    double         got[3];
    fixture_seed(self, 4);
    for (int i = 0; i < 3; ++i) {
      fixture_midi(self, 0, 0x90, keys[i], 100);
    }
    fixture_set(self, "just", 100);
    fixture_set(self, "prime_limit", 1);
    fixture_set(self, "coupling", 8);
    fixture_set(self, "detune", 1);
    if (kind == FIQ_PLUGIN_REALMS) {
      fixture_set(self, "mix", 0);
      fixture_set(self, "swarm_level", 0);
      fixture_set(self, "swarm_follow", 0);
    }
    fixture_render(self, in.plane, out.plane, LONG, 512);
    for (int i = 0; i < 3; ++i) {
      const double near = 440.0 * exp2((keys[i] - 69) / 12.0);
      got[i]            = measured_hz(out.plane[0] + LONG / 2, LONG / 2, near);
    }
    const double third = 1200.0 * log2(got[1] / got[0] / 1.25);
    const double fifth = 1200.0 * log2(got[2] / got[0] / 1.5);
    print_message("%s: 4:5:6 but for %+.4f and %+.4f cents, harmony %.3f\n",
                  kind ? "swarm" : "realms", third, fifth, (double)fixture_get(self, "harmony"));
    assert_true(fabs(third) < 0.1 && fabs(fifth) < 0.1);
    assert_true(fixture_get(self, "harmony") > 0.4f);
    fixture_close(self);
  }
  fixture_audio_free(&in);
  fixture_audio_free(&out);
}

static void test_analysis_sings_the_input_in_tune_and_as_loud(void** state)
{
  (void)state;
  enum { LONG = 4 * 48000 };
  static const double tones_hz[] = {277.0, 415.5, 700.0};
  static const double gains[]    = {0.2, 0.1, 0.15};
  FixtureAudio        in         = fixture_audio(LONG);
  FixtureAudio        out        = fixture_audio(LONG);
  for (size_t i = 0; i < LONG; ++i) {
    double x = 0.0;
    for (int k = 0; k < 3; ++k) {
      x += gains[k] * sin(2.0 * 3.14159265358979 * tones_hz[k] * (double)i / 48000.0);
    }
    in.plane[0][i] = (float)x;
    in.plane[1][i] = (float)x;
  }
  for (int kind = 0; kind < 2; ++kind) {
    Fixture* const self = fixture_open((FiqPluginKind)kind, 48000.0, false);
    fixture_seed(self, 2);
    fixture_set(self, "source", 1);
    fixture_set(self, "coupling", 8);
    fixture_set(self, "anneal", 0.1);
    fixture_set(self, "stereo", 0);
    if (kind == FIQ_PLUGIN_REALMS) {
      fixture_set(self, "mix", 0);
      fixture_set(self, "swarm_level", 0); // and it follows, which must not count the level twice
    }
    fixture_render(self, in.plane, out.plane, LONG, 480);
    const size_t latency = (size_t)fixture_get(self, "latency");
    for (size_t i = latency; kind == FIQ_PLUGIN_REALMS && i < LONG; ++i) {
      out.plane[0][i] -= in.plane[0][i - latency]; // the dry signal, to the sample
    }
    for (int k = 0; k < 3; ++k) {
      const double hz    = measured_hz(out.plane[0] + LONG / 2, LONG / 2, tones_hz[k]);
      const double gain  = support_tone_amplitude(out.plane[0] + LONG / 2, LONG / 2, hz, 48000.0);
      const double cents = 1200.0 * log2(hz / tones_hz[k]);
      print_message("%s: %.1f Hz sung %+.3f cents and %+.2f dB off\n", kind ? "swarm" : "realms",
                    tones_hz[k], cents, support_db(gain / gains[k]));
      assert_true(fabs(cents) < 1.0);
      assert_true(fabs(support_db(gain / gains[k])) < 1.0);
    }
    fixture_close(self);
  }
  fixture_audio_free(&in);
  fixture_audio_free(&out);
}

/// With Source on Both the input's partials come back as loud as they are, and keys follow the input's level.
static void test_both_sings_the_input_as_loud_and_lets_keys_follow(void** state)
{
  (void)state;
  enum { LONG = 4 * 48000 };
  FixtureAudio in  = fixture_audio(LONG);
  FixtureAudio out = fixture_audio(LONG);
  double       key_db[2];
  for (int quiet = 0; quiet < 2; ++quiet) {
    const double gain = quiet ? 0.02 : 0.2;
    for (int c = 0; c < 2; ++c) {
      support_sine(in.plane[c], LONG, 700.0, 48000.0, gain, 0.0);
    }
    Fixture* const self = fixture_open(FIQ_PLUGIN_REALMS, 48000.0, false);
    fixture_seed(self, 2);
    fixture_set(self, "source", 2);
    fixture_set(self, "coupling", 8);
    fixture_set(self, "anneal", 0.1);
    fixture_set(self, "stereo", 0);
    fixture_set(self, "partials", 1);
    fixture_set(self, "mix", 0);
    fixture_set(self, "swarm_level", 0);
    fixture_midi(self, 0, 0x90, 69, 100);
    fixture_render(self, in.plane, out.plane, LONG, 480);
    const size_t latency = (size_t)fixture_get(self, "latency");
    for (size_t i = latency; i < LONG; ++i) {
      out.plane[0][i] -= in.plane[0][i - latency];
    }
    const float* const x     = out.plane[0] + LONG / 2;
    const double       voice = support_tone_amplitude(x, LONG / 2, 700.0, 48000.0);
    key_db[quiet]            = support_db(support_tone_amplitude(x, LONG / 2, 440.0, 48000.0));
    print_message("input at %.1f dB: sung %+.2f dB off, key at %.1f dB\n", support_db(gain),
                  support_db(voice / gain), key_db[quiet]);
    assert_true(fabs(support_db(voice / gain)) < 1.0);
    fixture_close(self);
  }
  assert_true(fabs(key_db[0] - key_db[1] - 20.0) < 1.5);
  fixture_audio_free(&in);
  fixture_audio_free(&out);
}

/// Two thirds through an anneal the oscillators are on the notes already, or still between them.
static void test_low_sharpness_lingers_between_the_notes(void** state)
{
  (void)state;
  static const double sharpness[3] = {0.1, 0.2, 20.0};
  FixtureAudio        out          = fixture_audio(FRAMES);
  double              off_hz[3];
  for (int i = 0; i < 3; ++i) {
    Fixture* const self = fixture_open(FIQ_PLUGIN_SWARM, 48000.0, false);
    fixture_seed(self, 4);
    fixture_set(self, "sharpness", sharpness[i]);
    fixture_set(self, "balance", 0);
    fixture_set(self, "anneal", 1.5 * FRAMES / 48000.0);
    fixture_midi(self, 0, 0x90, 60, 100);
    fixture_midi(self, 0, 0x90, 67, 100);
    fixture_render(self, NULL, out.plane, FRAMES, 256);
    off_hz[i] = (double)fixture_get(self, "residual");
    print_message("sharpness %.1f: %.2f Hz off the notes\n", sharpness[i], off_hz[i]);
    fixture_close(self);
  }
  assert_true(off_hz[0] > 4.0 * off_hz[2]);
  assert_true(off_hz[1] > 1.2 * off_hz[2]);
  fixture_audio_free(&out);
}

static void test_the_wheel_of_every_channel_detunes(void** state)
{
  (void)state;
  enum { LOW = 432, HIGH = 448 };
  FixtureAudio out = fixture_audio(FRAMES);
  for (uint8_t channel = 0; channel < 16; ++channel) {
    double beside[2]; // what lies around the note, over the note itself
    for (int turned = 0; turned < 2; ++turned) {
      Fixture* const self = fixture_open(FIQ_PLUGIN_SWARM, 48000.0, false);
      fixture_seed(self, 4);
      fixture_set(self, "anneal", 0.05);
      fixture_set(self, "scatter", 0);
      fixture_set(self, "partials", 1);
      fixture_set(self, "detune", 0);
      fixture_set(self, "coupling", 0);
      fixture_midi(self, 0, (uint8_t)(0xb0 + channel), 1, turned ? 127 : 0);
      fixture_midi(self, 0, (uint8_t)(0x90 + channel), 69, 100);
      fixture_render(self, NULL, out.plane, FRAMES, 256);
      const float* const x    = out.plane[0] + FRAMES / 2;
      const double       note = support_tone_amplitude(x, FRAMES / 2, 440.0, 48000.0);
      double             sum  = 0.0;
      for (int hz = LOW; hz <= HIGH; ++hz) {
        const double a = support_tone_amplitude(x, FRAMES / 2, hz, 48000.0);
        sum += abs(hz - 440) < 4 ? 0.0 : a * a; // beyond the window of the tone
      }
      beside[turned] = support_db(sqrt(sum) / note);
      fixture_close(self);
    }
    if (beside[0] > -40.0 || beside[1] < -12.0) {
      print_message("channel %d: %.1f dB, turned %.1f dB\n", channel + 1, beside[0], beside[1]);
    }
    assert_true(beside[0] < -40.0);
    assert_true(beside[1] > -12.0);
  }
  fixture_audio_free(&out);
}

/// Level of the last of three blocks of 0.1 s in which a key of `channel` is struck, dB.
static double channel_db(double chosen, double mpe, uint8_t channel)
{
  enum { PART = 4800 };
  FixtureAudio   out  = fixture_audio((size_t)3 * PART);
  Fixture* const self = fixture_open(FIQ_PLUGIN_SWARM, 48000.0, false);
  fixture_seed(self, 2);
  fixture_set(self, "midi_channel", chosen);
  fixture_set(self, "mpe", mpe);
  fixture_run(self, NULL, out.plane, 0, PART);
  fixture_midi(self, 0, (uint8_t)(0x90 | channel), 60, 100);
  fixture_run(self, NULL, out.plane, PART, PART);
  // Whatever is chosen meanwhile, a key that is let go falls silent.
  const double db = support_db(support_rms(out.plane[0] + PART, PART));
  fixture_set(self, "midi_channel", 9);
  fixture_set(self, "release", 0.005);
  fixture_midi(self, 0, (uint8_t)(0x80 | channel), 60, 0);
  fixture_run(self, NULL, out.plane, (size_t)2 * PART, PART);
  assert_true(support_db(support_rms(out.plane[0] + 2 * PART + PART / 2, PART / 2)) < -90.0);
  fixture_close(self);
  fixture_audio_free(&out);
  return db;
}

static void test_only_keys_of_the_chosen_channel_are_played(void** state)
{
  (void)state;
  for (uint8_t channel = 0; channel < 16; ++channel) {
    assert_true(channel_db(0.0, 0.0, channel) > -50.0);
    assert_true((channel_db(4.0, 0.0, channel) > -50.0) == (channel == 3));
    assert_true((channel_db(1.0, 0.0, channel) > -50.0) == (channel == 0));
    assert_true(channel_db(1.0, 1.0, channel) > -50.0);
    assert_true((channel_db(4.0, 1.0, channel) > -50.0) == (channel == 3));
  }
}

static void test_keys_are_silent_while_the_input_alone_is_sung(void** state)
{
  (void)state;
  enum { PART = 48000, PARTS = 4 };
  static const int    source[PARTS] = {0, 1, 2, 1};
  static const double played_hz[]   = {261.6256, 391.9954};
  FixtureAudio        in            = fixture_audio((size_t)PART * PARTS);
  FixtureAudio        out           = fixture_audio((size_t)PART * PARTS);
  support_sine(in.plane[0], (size_t)PART * PARTS, 700.0, 48000.0, 0.1, 0.0);
  support_sine(in.plane[1], (size_t)PART * PARTS, 700.0, 48000.0, 0.1, 0.0);
  for (int kind = 0; kind < 2; ++kind) {
    Fixture* const self = fixture_open((FiqPluginKind)kind, 48000.0, false);
    fixture_seed(self, 2);
    set_if_there(self, "mix", 0);
    fixture_set(self, "swarm_level", 0);
    fixture_set(self, "anneal", 0.1);
    fixture_set(self, "scatter", 0);
    fixture_set(self, "partials", 1);
    fixture_set(self, "release", 0.1);
    fixture_set(self, "coupling", 8);
    for (int part = 0; part < PARTS; ++part) {
      fixture_set(self, "source", source[part]);
      fixture_midi(self, 0, 0x90, 60, 100);
      fixture_set(self, "chord", 2); // with its fifth on the same key
      fixture_set(self, "root_note", 60);
      for (size_t at = 0; at < PART; at += 240) {
        fixture_run(self, in.plane, out.plane, (size_t)(PART * part) + at, 240);
      }
      const float* const x = out.plane[0] + PART * part + PART / 2;
      for (int k = 0; k < 2; ++k) {
        const double a_db = support_db(support_tone_amplitude(x, PART / 2, played_hz[k], 48000.0));
        print_message("%s, source %d: %.0f Hz at %.1f dB\n", kind ? "swarm" : "realms",
                      source[part], played_hz[k], a_db);
        assert_true(source[part] == 1 ? a_db < -90.0 : a_db > -45.0);
      }
    }
    fixture_close(self);
  }
  fixture_audio_free(&in);
  fixture_audio_free(&out);
}

enum { HITS_FROM = 72000, HITS_APART = 24000, HITS = HITS_FROM + 4 * HITS_APART };

/// A second and a half of silence, then hits: a tone that falls, with noise, and the same clipped.
static FixtureAudio hits(void)
{
  FixtureAudio in = fixture_audio(HITS);
  support_noise(in.plane[1], HITS, 0.5, 3);
  for (size_t i = 0; i < HITS; ++i) {
    const size_t hit   = i < HITS_FROM ? 0 : (i - HITS_FROM) / HITS_APART;
    const double t     = i < HITS_FROM ? 0.0 : (double)((i - HITS_FROM) % HITS_APART) / 48000.0;
    const double decay = i < HITS_FROM ? 0.0 : exp(-20.0 * t);
    const double tone = sin(6.283185307 * (80.0 + 60.0 * (double)hit + 200.0 * exp(-40.0 * t)) * t);
    const double x    = decay * (0.5 * tone + (double)in.plane[1][i]);
    in.plane[0][i]    = (float)(hit % 2 ? fmax(-0.2, fmin(0.2, x)) : 0.2 * x);
    in.plane[1][i]    = in.plane[0][i];
  }
  return in;
}

static void test_dispersed_hits_peak_no_higher(void** state)
{
  (void)state;
  FixtureAudio in      = hits();
  FixtureAudio out     = fixture_audio(HITS);
  double       peak[2] = {0.0, 0.0};
  for (int guard = 0; guard < 2; ++guard) {
    Fixture* const self = fixture_open(FIQ_PLUGIN_REALMS, 48000.0, true);
    fixture_set(self, "realm", 1);
    fixture_set(self, "amount", 0);
    fixture_set(self, "coherence", -100);
    fixture_set(self, "peak_guard", guard);
    fixture_render(self, in.plane, out.plane, HITS, 256);
    peak[guard] = support_db(support_peak(out.plane[0], HITS) / support_peak(in.plane[0], HITS));
    fixture_close(self);
  }
  print_message("dispersed hits peak %.2f dB above, guarded %.2f\n", peak[0], peak[1]);
  assert_true(peak[0] > 1.0);
  assert_true(peak[1] < 0.2);
  fixture_audio_free(&in);
  fixture_audio_free(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_triad_is_in_tune),
      cmocka_unit_test(test_a_just_triad_is_four_to_five_to_six),
      cmocka_unit_test(test_analysis_sings_the_input_in_tune_and_as_loud),
      cmocka_unit_test(test_only_keys_of_the_chosen_channel_are_played),
      cmocka_unit_test(test_keys_are_silent_while_the_input_alone_is_sung),
      cmocka_unit_test(test_both_sings_the_input_as_loud_and_lets_keys_follow),
      cmocka_unit_test(test_low_sharpness_lingers_between_the_notes),
      cmocka_unit_test(test_the_wheel_of_every_channel_detunes),
      cmocka_unit_test(test_coupling_changes_the_sound_of_both_plugins),
      cmocka_unit_test(test_dispersed_hits_peak_no_higher),
      cmocka_unit_test(test_every_control_of_realms_is_audible),
      cmocka_unit_test(test_every_control_of_swarm_is_audible)};
  return cmocka_run_group_tests_name("plugin sound", tests, NULL, NULL);
}
