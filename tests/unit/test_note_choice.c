// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: a choice obeys shares and weights, is as uncertain as asked, is drawn by the probabilities it tells, is calmed by warnings
// and shaken by repetition, and is the same for the same seed. Method: thousands of draws from known shares.
#include "dsp/sequence/note_choice.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

static void test_a_choice_obeys_shares_weights_and_aim(void** state)
{
  (void)state;
  enum { N = 12, DRAWS = 4000 };
  static const float aims[] = {0.4f, 0.5f, 0.6f};
  FiqNoteChoice      choice;
  float              share[N];
  float              weight[N];
  float              chance[N];
  uint8_t            name[N];
  for (uint32_t k = 0; k < 3; ++k) {
    const FiqNoteChoiceParams params  = {aims[k], 0.0f};
    uint32_t                  hits[N] = {0};
    double                    entropy = 0.0;
    fiq_note_choice_reset(&choice, 9, k);
    for (uint32_t i = 0; i < N; ++i) {
      share[i]  = expf(-0.4f * (float)i) * 0.35f;
      weight[i] = i == 0 ? 0.0f : 1.0f;
      name[i]   = (uint8_t)i;
    }
    for (uint32_t draw = 0; draw < DRAWS; ++draw) {
      ++hits[fiq_note_choice_pick(&choice, &params, share, weight, name, N, chance)];
      entropy += (double)choice.entropy / DRAWS;
    }
    assert_int_equal(hits[0], 0);
    assert_true(hits[1] > hits[4] && hits[4] > hits[8]);
    assert_true(fabs(entropy - (double)aims[k]) < 0.06);
    assert_true(choice.temperature >= 0.3f && choice.temperature <= 1.5f);
  }
}

static void test_warnings_calm_and_repetition_shakes(void** state)
{
  (void)state;
  enum { N = 8 };
  FiqNoteChoice choice;
  float         chance[N];
  const float   share[N]  = {0.3f, 0.2f, 0.15f, 0.1f, 0.1f, 0.06f, 0.05f, 0.04f};
  const float   weight[N] = {1, 1, 1, 1, 1, 1, 1, 1};
  const uint8_t name[N]   = {0, 1, 2, 3, 4, 5, 6, 7};
  float         entropy[3];
  for (uint32_t k = 0; k < 3; ++k) {
    const FiqNoteChoiceParams params = {0.5f, k == 1 ? 1.0f : 0.0f};
    fiq_note_choice_reset(&choice, 4, 0);
    for (uint32_t i = 0; i < 40; ++i) {
      const uint32_t chosen =
          fiq_note_choice_pick(&choice, &params, share, weight, name, N, chance);
      if (k == 2) { // as if it had chosen the same two in turns
        choice.history[(choice.n_history - 1) % FIQ_NOTE_CHOICE_HISTORY] = (uint8_t)(i % 2);
      }
      assert_in_range(chosen, 0, N - 1);
      choice.surprise = 0.5f;
    }
    entropy[k] = choice.entropy;
  }
  print_message("entropy plain %.2f, warned %.2f, repeating %.2f\n", (double)entropy[0],
                (double)entropy[1], (double)entropy[2]);
  assert_true(entropy[1] < entropy[0] - 0.05f);
  assert_true(entropy[2] > entropy[0] + 0.05f);
  assert_true(choice.shaken > 0.9f);
}

enum { WAYS = 8 };

static const float   even[WAYS]  = {1, 1, 1, 1, 1, 1, 1, 1};
static const float   steep[WAYS] = {0.5f, 0.2f, 0.1f, 0.08f, 0.05f, 0.04f, 0.02f, 0.01f};
static const uint8_t names[WAYS] = {0, 1, 2, 3, 4, 5, 6, 7};

static void test_it_draws_by_the_chances_it_tells(void** state)
{
  (void)state;
  enum { DRAWS = 20000 };
  const FiqNoteChoiceParams params = {0.5f, 0.0f};
  FiqNoteChoice             choice;
  double                    told[WAYS] = {0.0};
  double                    hits[WAYS] = {0.0};
  fiq_note_choice_reset(&choice, 3, 1);
  for (int draw = 0; draw < DRAWS; ++draw) {
    float chance[WAYS];
    float sum = 0.0f;
    hits[fiq_note_choice_pick(&choice, &params, steep, even, names, WAYS, chance)] += 1.0;
    for (int i = 0; i < WAYS; ++i) {
      told[i] += (double)chance[i];
      sum += chance[i];
    }
    assert_true(fabsf(sum - 1.0f) < 1e-4f);
  }
  for (int i = 0; i < WAYS; ++i) {
    assert_true(fabs(hits[i] - told[i]) < 4.0 * sqrt(told[i] + 1.0));
  }
}

static void test_same_seed_chooses_the_same_and_another_does_not(void** state)
{
  (void)state;
  const FiqNoteChoiceParams params = {0.5f, 0.0f};
  uint8_t                   line[3][60];
  for (uint32_t k = 0; k < 3; ++k) {
    FiqNoteChoice choice;
    float         chance[WAYS];
    fiq_note_choice_reset(&choice, k == 2 ? 8 : 7, 0);
    for (int i = 0; i < 60; ++i) {
      line[k][i] =
          (uint8_t)fiq_note_choice_pick(&choice, &params, steep, even, names, WAYS, chance);
    }
  }
  assert_memory_equal(line[0], line[1], 60);
  assert_memory_not_equal(line[0], line[2], 60);
}

static void test_one_way_and_none_allowed(void** state)
{
  (void)state;
  const FiqNoteChoiceParams params     = {0.5f, 0.0f};
  const float               one[WAYS]  = {0, 0, 0, 1, 0, 0, 0, 0};
  const float               none[WAYS] = {0};
  FiqNoteChoice             choice;
  float                     chance[WAYS];
  bool                      is_seen[WAYS] = {false};
  fiq_note_choice_reset(&choice, 1, 0);
  for (int i = 0; i < 50; ++i) {
    assert_int_equal(fiq_note_choice_pick(&choice, &params, steep, one, names, WAYS, chance), 3);
  }
  for (int i = 0; i < 400; ++i) {
    is_seen[fiq_note_choice_pick(&choice, &params, steep, none, names, WAYS, chance)] = true;
  }
  assert_true(is_seen[0] && is_seen[1] && is_seen[2]); // all forbidden is none forbidden
}

/// A prediction that knows one way alone is widened by the weights.
static void test_what_is_too_sure_is_widened(void** state)
{
  (void)state;
  const FiqNoteChoiceParams params     = {0.5f, 0.0f};
  const float               sure[WAYS] = {1, 0, 0, 0, 0, 0, 0, 0};
  FiqNoteChoice             choice;
  float                     chance[WAYS];
  double                    entropy = 0.0;
  fiq_note_choice_reset(&choice, 1, 0);
  for (int i = 0; i < 200; ++i) {
    (void)fiq_note_choice_pick(&choice, &params, sure, even, names, WAYS, chance);
    entropy += (double)choice.entropy / 200.0;
  }
  assert_true(entropy > 0.35 && entropy < 0.65);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_choice_obeys_shares_weights_and_aim),
      cmocka_unit_test(test_warnings_calm_and_repetition_shakes),
      cmocka_unit_test(test_it_draws_by_the_chances_it_tells),
      cmocka_unit_test(test_same_seed_chooses_the_same_and_another_does_not),
      cmocka_unit_test(test_one_way_and_none_allowed),
      cmocka_unit_test(test_what_is_too_sure_is_widened),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
