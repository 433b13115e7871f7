// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: a preset that is chosen in a window while notes sound neither clicks nor leaves notes behind.
   Method: every Swarm preset holds a chord and is replaced by the next one, as a window's next button does: half of its
   values come a block later than the others, as a host may read them. A click is a millisecond of high frequencies that
   stands out before and after it; how far that happens in the held chords themselves is what it is compared with. At the
   end the keys are let go, and the chord must fall as its release says.
*/
#include "tests/support/bank.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
  RATE     = 48000,
  BEFORE   = 6 * RATE / 10,
  AFTER    = RATE / 2,
  RELEASED = 22 * RATE / 10,
  FRAMES   = BEFORE + AFTER + RELEASED,
  PIECE    = RATE / 1000,
  BLOCK    = 256
};

static const double audible   = 1e-7; // power of a piece: -70 dBFS
static const double silent_db = -80.0;
static const double most_over = 4.0; // dB, beyond what the chords do themselves

/// Power of a piece of a millisecond, from 8 kHz up for the most part.
static double sharp_power(const FixtureAudio* audio, size_t piece)
{
  double sum = 0.0;
  for (int c = 0; c < 2; ++c) {
    const float* const x = audio->plane[c] + piece * PIECE;
    for (int i = 0; i < PIECE; ++i) {
      const double d =
          (double)(x[i] - 4.0f * x[i - 1] + 6.0f * x[i - 2] - 4.0f * x[i - 3] + x[i - 4]);
      sum += d * d / 256.0;
    }
  }
  return sum / PIECE;
}

/// How far a piece stands out of the ten around it, but its neighbours, at most, within these pieces.
static double most_spike_db(const FixtureAudio* audio, size_t from, size_t to)
{
  double most = 0.0;
  for (size_t k = from; k < to; ++k) {
    const double own   = sharp_power(audio, k);
    double       other = audible;
    for (size_t j = 2; j <= 10; ++j) {
      other = fmax(other, fmax(sharp_power(audio, k - j), sharp_power(audio, k + j)));
    }
    most = own > audible ? fmax(most, 10.0 * log10(own / other)) : most;
  }
  return most;
}

static double peak(const FixtureAudio* audio, size_t from, size_t to)
{
  double most = 1e-9;
  for (size_t i = from; i < to; ++i) {
    most = fmax(most, fmax(fabs((double)audio->plane[0][i]), fabs((double)audio->plane[1][i])));
  }
  return most;
}

static void run_to(Fixture* self, FixtureAudio* out, size_t* done, size_t end)
{
  while (*done < end) {
    const size_t n = end - *done < BLOCK ? end - *done : BLOCK;
    fixture_run(self, NULL, out->plane, *done, (uint32_t)n);
    fixture_work(self);
    *done += n;
  }
}

static void play_keys(Fixture* self, bool on)
{
  static const uint8_t keys[] = {48, 55, 64};
  for (int i = 0; i < 3; ++i) {
    fixture_midi(self, 0, on ? 0x90 : 0x80, keys[i], 100);
  }
}

/// The first half of the preset's values, then the rest.
static void set_half(Fixture* self, const FiqPreset* preset, uint32_t half)
{
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    const FiqParam* const param = &fiq_params[row];
    if (fiq_preset_holds(param, preset->plugin) && (row >= fiq_n_params / 2) == (half == 1)) {
      fixture_set(self, param->symbol, (double)fiq_preset_value(preset, param));
    }
  }
}

static void change(const FiqPreset* from, const FiqPreset* to, FixtureAudio* out)
{
  Fixture* const self = fixture_open(FIQ_PLUGIN_SWARM, RATE, true);
  size_t         done = 0;
  fixture_seed(self, 7);
  bank_load(self, from);
  play_keys(self, true);
  run_to(self, out, &done, BEFORE);
  set_half(self, to, 0);
  run_to(self, out, &done, BEFORE + BLOCK);
  set_half(self, to, 1);
  run_to(self, out, &done, BEFORE + AFTER);
  play_keys(self, false);
  run_to(self, out, &done, FRAMES);
  fixture_close(self);
}

static const FiqPreset* next_of_swarm(const FiqPreset* preset)
{
  do {
    preset = preset + 1 < fiq_presets + fiq_n_presets ? preset + 1 : fiq_presets;
  } while (preset->plugin != FIQ_PLUGIN_SWARM);
  return preset;
}

static void check(const FiqPreset* from, const FiqPreset* to, FixtureAudio* out)
{
  change(from, to, out);
  const size_t at     = BEFORE / PIECE;
  const double before = most_spike_db(out, at / 2, at - 12);
  const double during = most_spike_db(out, at - 1, at + 250);
  const double after  = most_spike_db(out, at + 260, (BEFORE + AFTER) / PIECE - 12);
  if (during > fmax(before, after) + most_over) {
    fail_msg("%s to %s: %.1f dB stand out, %.1f before, %.1f after", from->label, to->label, during,
             before, after);
  }
  // Some sound by themselves; of the others at least two thirds of the decibels are gone that are due.
  const double release = (double)fiq_preset_value(to, fiq_preset_param(to->plugin, "release"));
  const bool   drones  = fiq_preset_value(to, fiq_preset_param(to->plugin, "chord")) > 0.5f;
  const double due_db  = fmin(60.0 * (double)(RELEASED - RATE / 5) / RATE / release, 90.0);
  const double was_db  = support_db(peak(out, BEFORE, BEFORE + AFTER));
  const double is_db   = support_db(peak(out, FRAMES - RATE / 5, FRAMES));
  if (!drones && is_db > fmax(was_db - 0.66 * due_db, silent_db)) {
    fail_msg("%s to %s: fell by %.1f dB of %.1f", from->label, to->label, was_db - is_db, due_db);
  }
}

static void test_the_next_preset_neither_clicks_nor_hangs(void** state)
{
  (void)state;
  FixtureAudio out = fixture_audio(FRAMES);
  for (const FiqPreset* from = fiq_presets; from < fiq_presets + fiq_n_presets; ++from) {
    if (from->plugin == FIQ_PLUGIN_SWARM) {
      check(from, next_of_swarm(from), &out);
    }
  }
  fixture_audio_free(&out);
}

static void test_a_click_stands_out(void** state)
{
  (void)state;
  FixtureAudio audio = fixture_audio(RATE);
  for (size_t i = 0; i < RATE; ++i) {
    const double t    = (double)i / RATE;
    audio.plane[0][i] = (float)(0.3 * sin(1382.0 * t) + 0.01 * sin(40000.0 * t));
  }
  const double clean = most_spike_db(&audio, 100, 800);
  for (size_t i = RATE / 2; i < RATE; ++i) {
    audio.plane[0][i] += 0.05f;
  }
  const double click = most_spike_db(&audio, 100, 800);
  print_message("%.1f dB stand out, of a step of 0.05 %.1f dB\n", clean, click);
  fixture_audio_free(&audio);
  assert_true(click > clean + most_over);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_click_stands_out),
      cmocka_unit_test(test_the_next_preset_neither_clicks_nor_hangs)};
  return cmocka_run_group_tests_name("plugin preset change", tests, NULL, NULL);
}
