// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the combination is the weighted geometric mean, sums to 1, and learns whom to trust where. Method: predictions known in
// closed form; a good and a bad adviser on symbols drawn from a known law, in nepers a symbol.
#include "dsp/base/random.h"
#include "dsp/sequence/mixer.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

enum { N = 6 };

static const float law[N]   = {0.5f, 0.2f, 0.12f, 0.1f, 0.05f, 0.03f};
static const float wrong[N] = {0.03f, 0.05f, 0.1f, 0.12f, 0.2f, 0.5f};
static const float flat[N]  = {1 / 6.0f, 1 / 6.0f, 1 / 6.0f, 1 / 6.0f, 1 / 6.0f, 1 / 6.0f};

static uint32_t draw(FiqRandom* random)
{
  float    left = fiq_random_uniform(random);
  uint32_t i    = 0;
  while (i + 1 < N && left >= law[i]) {
    left -= law[i++];
  }
  return i;
}

static void test_it_is_the_weighted_geometric_mean(void** state)
{
  (void)state;
  static FiqMixer mixer;
  double          expected[N];
  double          sum     = 0.0;
  double          entropy = 0.0;
  fiq_mixer_reset(&mixer, 2);
  fiq_mixer_put(&mixer, 0, law, N, 0);
  fiq_mixer_put(&mixer, 1, flat, N, 0);
  fiq_mixer_mix(&mixer);
  const double weight[2] = {(double)mixer.weight[0][mixer.cell[0]],
                            (double)mixer.weight[1][mixer.cell[1]]};
  for (int i = 0; i < N; ++i) {
    expected[i] = pow((double)law[i], weight[0]) * pow((double)flat[i], weight[1]);
    sum += expected[i];
  }
  for (int i = 0; i < N; ++i) {
    const double p = expected[i] / sum;
    assert_true(fabs((double)mixer.share[i] - p) < 1e-3);
    entropy -= p * log(p) / log(N);
  }
  assert_true(fabs((double)mixer.entropy - entropy) < 1e-3);
}

/// Mean cost of a symbol in nepers over the last half of `n`, with `right` and `other` as advisers.
static double cost_of(FiqMixer* mixer, const float* right, const float* other, uint32_t n)
{
  FiqRandom random;
  double    cost = 0.0;
  fiq_random_init(&random, 5, 0);
  fiq_mixer_reset(mixer, 2);
  for (uint32_t i = 0; i < n; ++i) {
    const uint32_t symbol = draw(&random);
    float          sum    = 0.0f;
    fiq_mixer_put(mixer, 0, right, N, i % 30);
    fiq_mixer_put(mixer, 1, other, N, i % 30);
    fiq_mixer_mix(mixer);
    for (int k = 0; k < N; ++k) {
      assert_true(mixer->share[k] > 0.0f);
      sum += mixer->share[k];
    }
    assert_true(fabsf(sum - 1.0f) < 1e-4f);
    cost -= i >= n / 2 ? log((double)mixer->share[symbol]) / (n / 2) : 0.0;
    fiq_mixer_learn(mixer, symbol);
  }
  return cost;
}

static void test_it_learns_whom_to_trust(void** state)
{
  (void)state;
  static FiqMixer mixer;
  double          least = 0.0;
  for (int i = 0; i < N; ++i) {
    least -= (double)law[i] * log((double)law[i]);
  }
  const double begun   = cost_of(&mixer, law, wrong, 40);
  const double learned = cost_of(&mixer, law, wrong, 20000);
  print_message("with a liar: at first %.3f nepers a symbol, later %.3f, of %.3f at best\n", begun,
                learned, least);
  assert_true(learned < least + 0.05);
  assert_true(learned < begun - 0.2);
  // Two that say nothing leave it at that.
  assert_true(fabs(cost_of(&mixer, flat, flat, 200) - log(N)) < 0.01);
}

/// The same adviser may be right early in a phrase and wrong late.
static void test_ages_are_learned_apart(void** state)
{
  (void)state;
  static FiqMixer mixer;
  FiqRandom       random;
  fiq_random_init(&random, 5, 0);
  fiq_mixer_reset(&mixer, 2);
  for (uint32_t i = 0; i < 20000; ++i) {
    const bool is_early = i % 2 == 0;
    fiq_mixer_put(&mixer, 0, is_early ? law : wrong, N, is_early ? 0 : 30);
    fiq_mixer_put(&mixer, 1, is_early ? wrong : law, N, is_early ? 0 : 30);
    fiq_mixer_mix(&mixer);
    fiq_mixer_learn(&mixer, draw(&random));
  }
  for (uint32_t model = 0; model < 2; ++model) {
    fiq_mixer_put(&mixer, 0, law, N, model ? 30 : 0);
    fiq_mixer_put(&mixer, 1, law, N, model ? 30 : 0);
    assert_true(mixer.weight[model][mixer.cell[model]] >
                mixer.weight[1 - model][mixer.cell[1 - model]] + 0.3f);
  }
}

static void test_reset_begins_anew_and_the_surest_are_bounded(void** state)
{
  (void)state;
  static FiqMixer a;
  static FiqMixer b;
  const float     sure[N] = {1.0f - 5e-12f, 1e-12f, 1e-12f, 1e-12f, 1e-12f, 1e-12f};
  (void)cost_of(&a, law, wrong, 300);
  fiq_mixer_reset(&a, 2);
  fiq_mixer_reset(&b, 2);
  assert_memory_equal(a.weight, b.weight, 2 * sizeof a.weight[0]);
  for (int i = 0; i < 5000; ++i) {
    fiq_mixer_put(&a, 0, sure, N, 0);
    fiq_mixer_put(&a, 1, sure, N, 0);
    fiq_mixer_mix(&a);
    fiq_mixer_learn(&a, i % N);
    for (uint32_t model = 0; model < 2; ++model) {
      assert_true(a.weight[model][a.cell[model]] >= 0.0f);
      assert_true(a.weight[model][a.cell[model]] <= 4.0f);
    }
    assert_true(isfinite(a.share[0]) && isfinite(a.entropy));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_it_is_the_weighted_geometric_mean),
      cmocka_unit_test(test_it_learns_whom_to_trust),
      cmocka_unit_test(test_ages_are_learned_apart),
      cmocka_unit_test(test_reset_begins_anew_and_the_surest_are_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
