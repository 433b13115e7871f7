// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the chord agreed on is the one with the largest product of shares, whatever the order of the votes; a vote of nothing counts
// for nothing. Method: random predictions, against the product in double precision.
#include "dsp/sequence/chord_vote.h"
#include "tests/support/support.h"

#include <math.h>

static double share_of(const float pitch[12], int triad)
{
  const int third = triad < 12 ? 4 : 3;
  return 0.4 * (double)pitch[triad % 12] + 0.33 * (double)pitch[(triad + third) % 12] +
         0.27 * (double)pitch[(triad + 7) % 12];
}

static void test_the_winner_has_the_largest_product(void** state)
{
  (void)state;
  for (uint64_t trial = 0; trial < 200; ++trial) {
    float         pitch[3][12];
    FiqChordTally tally[2] = {{.n_votes = 0}, {.n_votes = 0}};
    double        product[FIQ_TRIADS];
    double        best = 0.0;
    support_noise(&pitch[0][0], 36, 0.5, trial + 1);
    for (int v = 0; v < 3; ++v) {
      for (int pc = 0; pc < 12; ++pc) {
        pitch[v][pc] = powf(pitch[v][pc] + 0.5f, 3.0f);
      }
    }
    for (int v = 0; v < 3; ++v) {
      const FiqChordVote one   = fiq_chord_vote(pitch[v]);
      const FiqChordVote other = fiq_chord_vote(pitch[2 - v]);
      fiq_chord_tally_add(&tally[0], &one);
      fiq_chord_tally_add(&tally[1], &other);
    }
    for (int triad = 0; triad < FIQ_TRIADS; ++triad) {
      product[triad] = 1.0;
      for (int v = 0; v < 3; ++v) {
        product[triad] *= share_of(pitch[v], triad);
      }
      best = fmax(best, product[triad]);
    }
    const int32_t winner = fiq_chord_tally_winner(&tally[0]);
    assert_in_range(winner, 0, FIQ_TRIADS - 1);
    assert_int_equal(winner, fiq_chord_tally_winner(&tally[1]));
    // Costs are rounded to quarters of a neper, three times.
    assert_true(log(best / product[winner]) < 0.76);
  }
}

static void test_a_clear_chord_wins_and_nothing_has_no_vote(void** state)
{
  (void)state;
  static const float nothing[12] = {0.0f};
  for (int triad = 0; triad < FIQ_TRIADS; ++triad) {
    float         pitch[12] = {0.0f};
    FiqChordTally tally     = {.n_votes = 0};
    for (uint32_t pc = 0; pc < 12; ++pc) {
      pitch[pc] = fiq_triad_pitches(triad) >> pc & 1u ? 0.3f : 0.01f;
    }
    const FiqChordVote vote = fiq_chord_vote(pitch);
    const FiqChordVote none = fiq_chord_vote(nothing);
    fiq_chord_tally_add(&tally, &none);
    assert_int_equal(fiq_chord_tally_winner(&tally), FIQ_NO_TRIAD);
    fiq_chord_tally_add(&tally, &vote);
    assert_int_equal(fiq_chord_tally_winner(&tally), triad);
    assert_int_equal(tally.n_votes, 1);
  }
  assert_int_equal(fiq_triad_pitches(FIQ_NO_TRIAD), 0xfff);
  assert_int_equal(fiq_triad_pitches(0), 0x91);
  assert_int_equal(fiq_triad_pitches(21), 0x211); // A minor
}

/// One that knows nothing of it does not decide; a veto is heard.
static void test_votes_multiply(void** state)
{
  (void)state;
  float even[12];
  float c_or_f[12] = {0.4f, 0.0f, 0.0f, 0.0f, 0.3f, 0.35f, 0.0f, 0.3f, 0.0f, 0.3f, 0.0f, 0.0f};
  float not_f[12];
  FiqChordTally tally = {.n_votes = 0};
  for (int pc = 0; pc < 12; ++pc) {
    even[pc]  = 0.1f;
    not_f[pc] = pc == 5 || pc == 9 ? 0.0f : 0.1f;
  }
  const FiqChordVote votes[] = {fiq_chord_vote(even), fiq_chord_vote(c_or_f),
                                fiq_chord_vote(not_f)};
  for (int v = 0; v < 3; ++v) {
    fiq_chord_tally_add(&tally, &votes[v]);
  }
  assert_int_equal(fiq_chord_tally_winner(&tally), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_winner_has_the_largest_product),
      cmocka_unit_test(test_a_clear_chord_wins_and_nothing_has_no_vote),
      cmocka_unit_test(test_votes_multiply),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
