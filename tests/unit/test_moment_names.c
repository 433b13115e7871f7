// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: a word calls its moment back as it was, two words a mixture with the energies of both, and no text does harm. Method:
// moments of known partials, bound and called.
#include "dsp/goals/moment_names.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

static FiqMoment moment_of(const float* hz, const float* level, uint32_t n)
{
  FiqMoment moment = {.coherence = 1.0f, .strength = 1.0f};
  moment.axes[n]   = 1.0f;
  for (uint32_t i = 0; i < n; ++i) {
    moment.hz[i]    = hz[i];
    moment.level[i] = level[i];
  }
  return moment;
}

static FiqMomentNames* some_names(void)
{
  static FiqMomentNames names;
  const FiqMoment       dawn = moment_of((float[]){200, 400}, (float[]){0.3f, 0.1f}, 2);
  const FiqMoment dusk = moment_of((float[]){300, 402, 900}, (float[]){0.05f, 0.02f, 0.01f}, 3);
  memset(&names, 0, sizeof names);
  assert_true(fiq_moment_names_bind(&names, "Dawn", 4, &dawn));
  assert_true(fiq_moment_names_bind(&names, " dusk\n", 6, &dusk));
  return &names;
}

static double power_of(const FiqMoment* moment)
{
  double sum = 0.0;
  for (uint32_t i = 0; i < FIQ_MEMORY_PARTIALS; ++i) {
    sum += (double)moment->level[i] * (double)moment->level[i];
  }
  return sum;
}

static void test_one_name_is_its_moment(void** state)
{
  (void)state;
  FiqMoment found;
  assert_true(fiq_moment_names_mix(some_names(), "DAWN", 4, &found));
  assert_true(fabsf(found.hz[0] - 200.0f) < 1e-3f && fabsf(found.hz[1] - 400.0f) < 1e-3f);
  assert_true(found.hz[2] <= 0.0f);
  assert_true(fabsf(found.level[0] / found.level[1] - 3.0f) < 1e-3f);
  assert_true(fiq_moment_is_legal(&found, 1.0f));
}

static void test_two_names_have_the_energies_of_both(void** state)
{
  (void)state;
  FiqMoment found;
  assert_true(fiq_moment_names_mix(some_names(), "dawn, dusk nobody", 17, &found));
  assert_true(fiq_moment_is_legal(&found, 1.0f));
  double dawn = 0.0;
  for (uint32_t i = 0; found.hz[i] > 0.0f; ++i) {
    const double power = (double)found.level[i] * (double)found.level[i];
    // 402 Hz has been added to 400 Hz, of which dawn had a tenth of its energy.
    dawn += found.hz[i] < 250.0f ? power : fabsf(found.hz[i] - 400.0f) < 1.0f ? 0.05 : 0.0;
    assert_true(i == 0 || found.level[i] <= found.level[i - 1]);
  }
  assert_true(fabs(dawn - 0.5) < 1e-3);
  assert_true(fabs(power_of(&found) - 1.0) < 1e-3);
  assert_true(fabsf(found.axes[2] - sqrtf(0.5f)) < 1e-5f &&
              fabsf(found.axes[3] - sqrtf(0.5f)) < 1e-5f);
}

static void test_the_oldest_gives_way_and_a_name_can_be_bound_anew(void** state)
{
  (void)state;
  FiqMomentNames* const names = some_names();
  const FiqMoment       other = moment_of((float[]){500}, (float[]){1.0f}, 1);
  FiqMoment             found;
  assert_true(fiq_moment_names_bind(names, "dusk", 4, &other));
  assert_int_equal(names->n, 2);
  assert_true(fiq_moment_names_mix(names, "dusk", 4, &found) &&
              fabsf(found.hz[0] - 500.0f) < 1e-3f);
  for (char c = 'a'; c <= 'z'; ++c) {
    assert_true(fiq_moment_names_bind(names, &c, 1, &other));
  }
  for (char c = '1'; c <= '6'; ++c) {
    assert_true(fiq_moment_names_bind(names, &c, 1, &other));
  }
  assert_int_equal(names->n, FIQ_NAMES_MAX);
  assert_false(fiq_moment_names_mix(names, "dawn", 4, &found));
  assert_false(fiq_moment_names_mix(names, "dusk", 4, &found));
  assert_true(fiq_moment_names_mix(names, "a", 1, &found));
}

static void test_any_text_is_safe(void** state)
{
  (void)state;
  FiqMomentNames* const names = some_names();
  const FiqMoment       other = moment_of((float[]){500}, (float[]){1.0f}, 1);
  FiqMoment             found;
  char                  text[5000];
  memset(text, 'x', sizeof text);
  assert_false(fiq_moment_names_bind(names, "", 0, &other));
  assert_false(fiq_moment_names_bind(names, " ,\n\0\t", 5, &other));
  assert_false(fiq_moment_names_mix(names, text, sizeof text, &found));
  assert_true(fiq_moment_names_bind(names, text, sizeof text, &other));
  assert_int_equal(strlen(names->named[names->n - 1].name), FIQ_NAME_BYTES - 1);
  assert_true(fiq_moment_names_mix(names, text, sizeof text, &found));
  assert_true(fiq_moment_names_bind(names, "\xff\xfe\xe4", 3, &other));
  for (size_t i = 0; i < sizeof text; ++i) {
    text[i] = "dawn "[i % 5];
  }
  assert_true(fiq_moment_names_mix(names, text, sizeof text, &found));
  assert_true(fiq_moment_is_legal(&found, 1.0f));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_one_name_is_its_moment),
      cmocka_unit_test(test_two_names_have_the_energies_of_both),
      cmocka_unit_test(test_the_oldest_gives_way_and_a_name_can_be_bound_anew),
      cmocka_unit_test(test_any_text_is_safe),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
