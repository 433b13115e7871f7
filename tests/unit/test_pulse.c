// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the beat of performed rhythms is found within four bars and kept, and so is the metre.
// Method: rhythms of whole, half and double beats made from a seed, played with 3 % of a beat of jitter while the tempo
// goes from 10 % below to 10 % above its mean; the beat is compared with the one that was played by.
#include "dsp/base/random.h"
#include "dsp/sequence/pulse.h"
#include "tests/support/support.h"

#include <math.h>

enum { BEATS = 80, PIECES = 60, BEATS_PER_BAR = 4, FOUND_BEATS = 16 };

typedef struct {
  double beat_s[BEATS + 1]; ///< when each beat is played
  double mean_s;
} Performance;

static void perform(Performance* performance, double bpm, double drift)
{
  double now_s        = 1.0;
  performance->mean_s = 60.0 / bpm;
  for (uint32_t b = 0; b <= BEATS; ++b) {
    performance->beat_s[b] = now_s;
    now_s += performance->mean_s * (1.0 - drift + 2.0 * drift * b / BEATS);
  }
}

/// Whether the pulse has the played beat at beat `b`: its length within 8 %, its time within a tenth.
static bool has_beat(const FiqPulse* pulse, const Performance* performance, uint32_t b,
                     double* error_s)
{
  const double beats  = fiq_pulse_beats(pulse, performance->beat_s[b]);
  const double length = performance->beat_s[b + 1] - performance->beat_s[b];
  *error_s            = (beats - round(beats)) * fiq_pulse_period_s(pulse);
  return fabs(fiq_pulse_period_s(pulse) / length - 1.0) < 0.08 && fabs(*error_s) < 0.1 * length;
}

typedef struct {
  uint32_t n_found;
  uint32_t n_kept; ///< pieces that have the beat at nine of ten beats after that
  double   squares;
  uint32_t n;
} Score;

/// One note on the beat, two halves of it, or a long one; a half is never alone.
static void play_piece(FiqPulse* pulse, const Performance* performance, uint64_t seed,
                       double jitter, Score* score)
{
  FiqRandom random;
  uint32_t  n_right = 0;
  uint32_t  skip    = 0;
  fiq_random_init(&random, seed, 7);
  fiq_pulse_reset(pulse);
  for (uint32_t b = 0; b < BEATS; ++b) {
    double       error_s = 0.0;
    const bool   right   = b > 4 && has_beat(pulse, performance, b, &error_s);
    const double sigma_s = jitter * performance->mean_s;
    score->n_found += b == FOUND_BEATS && right;
    if (b >= FOUND_BEATS) {
      n_right += right;
      score->squares += right ? error_s * error_s : 0.0;
      score->n += right;
    }
    const uint32_t draw = fiq_random_bits(&random) >> 8;
    if (skip > 0) {
      --skip;
      continue;
    }
    const float  loud   = b % BEATS_PER_BAR == 0 ? 0.9f : 0.6f;
    const double half_s = 0.5 * (performance->beat_s[b] + performance->beat_s[b + 1]);
    fiq_pulse_onset(pulse, performance->beat_s[b] + sigma_s * (double)fiq_random_normal(&random),
                    loud);
    if (draw % 10 < 3) {
      fiq_pulse_onset(pulse, half_s + sigma_s * (double)fiq_random_normal(&random), 0.5f);
    }
    skip = draw % 10 == 9 && b % 2 == 0 ? 1 : 0;
  }
  score->n_kept += n_right >= (BEATS - FOUND_BEATS) * 9 / 10;
}

static void test_beat_is_found_and_kept_through_jitter_and_drift(void** state)
{
  (void)state;
  static FiqPulse pulse;
  Score           score = {0, 0, 0.0, 0};
  for (uint32_t piece = 0; piece < PIECES; ++piece) {
    Performance performance;
    perform(&performance, 85.0 + piece, piece % 2 ? 0.1 : -0.1);
    play_piece(&pulse, &performance, piece, 0.03, &score);
  }
  print_message("found %u, kept %u of %u, rms %.1f ms\n", score.n_found, score.n_kept,
                (unsigned)PIECES, 1e3 * sqrt(score.squares / score.n));
  assert_true(score.n_found >= PIECES * 9 / 10);
  assert_true(score.n_kept >= PIECES * 9 / 10);
  assert_true(sqrt(score.squares / score.n) < 0.013);
}

/// Once found, the level of the metre stays, though the tempo comes to where another one would be preferred.
static void test_level_stays_where_the_tempo_goes_far(void** state)
{
  (void)state;
  static FiqPulse pulse;
  Score           score = {0, 0, 0.0, 0};
  for (uint32_t piece = 0; piece < PIECES; ++piece) {
    Performance performance;
    perform(&performance, 85.0 + 0.4 * piece, 0.3);
    play_piece(&pulse, &performance, 2000 + piece, 0.02, &score);
  }
  print_message("from 30 %% faster to 30 %% slower: found in %u, kept in %u of %u pieces\n",
                score.n_found, score.n_kept, (unsigned)PIECES);
  assert_true(score.n_kept >= PIECES * 9 / 10);
}

/// A quarter and an eighth, or three eighths, in turns: the beat is the dotted quarter, whatever eighth it begins with.
static void test_beats_of_three_are_found(void** state)
{
  (void)state;
  static FiqPulse pulse;
  uint32_t        n_right = 0;
  for (uint64_t piece = 0; piece < PIECES; ++piece) {
    FiqRandom    random;
    const double beat_s   = 0.45 + 0.004 * (double)piece;
    const double eighth_s = beat_s / 3.0;
    fiq_random_init(&random, piece, 7);
    fiq_pulse_reset(&pulse);
    for (uint32_t i = piece % 2 ? 2 : 0; i < 3 * FOUND_BEATS; ++i) {
      const bool is_held = i % 3 == 1 && i / 3 % 3 != 2;
      if (!is_held) {
        const double off_s = 0.03 * beat_s * (double)fiq_random_normal(&random);
        fiq_pulse_onset(&pulse, 1.0 + eighth_s * i + off_s, 0.8f);
      }
    }
    const double beats = fiq_pulse_beats(&pulse, 1.0 + beat_s * FOUND_BEATS);
    n_right +=
        fabs(fiq_pulse_period_s(&pulse) / beat_s - 1.0) < 0.08 && fabs(beats - round(beats)) < 0.1;
  }
  print_message("beats of three found in %u of %u\n", n_right, (unsigned)PIECES);
  assert_true(n_right >= PIECES * 9 / 10);
}

static void test_steady_playing_is_followed_within_two_milliseconds(void** state)
{
  (void)state;
  static FiqPulse pulse;
  Score           score = {0, 0, 0.0, 0};
  for (uint32_t piece = 0; piece < PIECES; ++piece) {
    Performance performance;
    perform(&performance, 85.0 + piece, 0.0);
    play_piece(&pulse, &performance, piece, 0.0, &score);
  }
  assert_true(score.n_found >= PIECES * 9 / 10);
  assert_true(sqrt(score.squares / score.n) < 0.002);
}

static void test_metre_is_that_of_the_accents(void** state)
{
  (void)state;
  static FiqPulse pulse;
  for (uint32_t metre = 2; metre <= 4; ++metre) {
    fiq_pulse_reset(&pulse);
    uint32_t first = 0;
    for (uint32_t b = 0; b < 60; ++b) {
      const float loud = b % metre == 1 ? 1.0f : metre == 4 && b % 4 == 3 ? 0.55f : 0.4f;
      fiq_pulse_onset(&pulse, 1.0 + 0.55 * b, loud);
    }
    assert_int_equal(fiq_pulse_metre(&pulse, &first), metre);
    const double   beats = round(fiq_pulse_beats(&pulse, 1.0 + 0.55 * 1));
    const uint32_t at    = (uint32_t)(beats - metre * floor(beats / metre));
    assert_int_equal(first, at);
  }
}

static void test_beats_and_times_agree(void** state)
{
  (void)state;
  static FiqPulse pulse;
  fiq_pulse_reset(&pulse);
  assert_false(fiq_pulse_is_found(&pulse));
  for (uint32_t b = 0; b < 20; ++b) {
    fiq_pulse_onset(&pulse, 2.0 + 0.6 * b, 0.8f);
  }
  assert_true(fiq_pulse_is_found(&pulse));
  for (double ahead = 0.0; ahead < 3.0; ahead += 0.37) {
    const double time_s = pulse.last_s + ahead;
    assert_true(fabs(fiq_pulse_time_s(&pulse, fiq_pulse_beats(&pulse, time_s)) - time_s) < 1e-6);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_beat_is_found_and_kept_through_jitter_and_drift),
      cmocka_unit_test(test_level_stays_where_the_tempo_goes_far),
      cmocka_unit_test(test_beats_of_three_are_found),
      cmocka_unit_test(test_steady_playing_is_followed_within_two_milliseconds),
      cmocka_unit_test(test_metre_is_that_of_the_accents),
      cmocka_unit_test(test_beats_and_times_agree),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
