// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: words for sounds find presets that are like that, and move controls that way. Method: queries against the measures
   and names of what is found; the words of the bundle one by one.
*/
#include "host-test/common/report.h"
#include "host-test/lv2/describe.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static FiqHost     host;
static FiqDescribe describe;

static int set_up(void** state)
{
  (void)state;
  fiq_report_init("host_describe", true);
  return fiq_host_open(&host, "swarm", 48000.0) && fiq_describe_init(&describe, &host) ? 0 : -1;
}

static int tear_down(void** state)
{
  (void)state;
  fiq_describe_free(&describe);
  fiq_host_free(&host);
  return 0;
}

static uint32_t measure_of(const char* name)
{
  for (uint32_t m = 0; m < describe.n_measures; ++m) {
    if (strcmp(describe.measure[m].name, name) == 0) {
      return m;
    }
  }
  fail();
  return 0;
}

static void test_the_bundle_has_measures_words_and_presets(void** state)
{
  (void)state;
  size_t n_words = 0;
  for (size_t i = 0; i < describe.n_words; ++i) {
    for (const char* at = describe.word[i].words; at; at = strchr(at + 1, ' ')) {
      ++n_words;
    }
  }
  print_message("%u measures, %zu words in %zu groups, %zu presets\n", describe.n_measures, n_words,
                describe.n_words, describe.n_presets);
  assert_int_equal(describe.n_measures, 11);
  assert_true(n_words >= 150);
  assert_true(describe.n_presets >= 90);
  for (uint32_t m = 0; m < describe.n_measures; ++m) {
    assert_true(describe.measure[m].deviation > 1.0f); // presets differ in each
    assert_true(describe.measure[m].n_levers > 0);
    assert_true(fiq_ports_index(&host.ports, describe.measure[m].lever[0].control) != FIQ_NO_PORT);
  }
}

/// Mean over the nearest five of z along the direction that was asked for.
static float agreement(const char* text)
{
  FiqDescribeQuery query;
  FiqDescribeFound found[FIQ_DESCRIBE_LIST];
  assert_true(fiq_describe_ask(&describe, text, &query));
  float sum    = 0.0f;
  float weight = 0.0f;
  (void)fiq_describe_find(&describe, &query, found);
  for (uint32_t i = 0; i < 5; ++i) {
    for (uint32_t m = 0; m < describe.n_measures; ++m) {
      const FiqMeasure* const measure = &describe.measure[m];
      sum +=
          query.direction[m] * (found[i].preset->measure[m] - measure->mean) / measure->deviation;
      weight += fabsf(query.direction[m]);
    }
  }
  return sum / weight;
}

static void test_every_word_finds_what_is_like_it(void** state)
{
  (void)state;
  uint32_t n_weak = 0;
  for (size_t i = 0; i < describe.n_words; ++i) {
    char         word[64];
    const size_t n = strcspn(describe.word[i].words, " ");
    snprintf(word, sizeof word, "%.*s", (int)n, describe.word[i].words);
    const float along = agreement(word);
    if (along < 0.3f) {
      print_message("%s: only %.2f deviations along\n", word, (double)along);
      ++n_weak;
    }
  }
  assert_true(10 * n_weak <= describe.n_words);
}

static void test_instruments_come_by_their_names(void** state)
{
  (void)state;
  static const char* const queries[][2] = {
      {"choir", "choir"},        {"dark slow glassy choir", "choir"},
      {"mellow organ", "organ"}, {"fat bass", "bass"},
      {"bright lead", "lead"},   {"calm bells", "bell"},
      {"slow warm pad", "pad"},  {"plucked", "pluck"}};
  for (size_t i = 0; i < sizeof queries / sizeof queries[0]; ++i) {
    FiqDescribeQuery query;
    FiqDescribeFound found[FIQ_DESCRIBE_LIST];
    assert_true(fiq_describe_ask(&describe, queries[i][0], &query));
    assert_int_equal(fiq_describe_find(&describe, &query, found), FIQ_DESCRIBE_LIST);
    print_message("%s: %s (%.2f)\n", queries[i][0], found[0].preset->label,
                  (double)found[0].distance);
    assert_non_null(strstr(found[0].preset->text, queries[i][1]));
    for (uint32_t k = 1; k < FIQ_DESCRIBE_LIST; ++k) {
      assert_true(found[k].distance >= found[k - 1].distance);
    }
  }
}

static void test_degrees_and_endings_are_understood(void** state)
{
  (void)state;
  static const struct {
    const char* text;
    float       factor; ///< of "bright"
  } table[]          = {{"bright", 1.0f},       {"Brighter!", 1.0f},        {"the brightest", 1.0f},
                        {"very bright", 1.5f},  {"slightly bright", 0.5f},  {"not bright", -1.0f},
                        {"less bright", -1.0f}, {"not very bright", -1.5f}, {"bright bright", 1.5f}};
  const uint32_t   m = measure_of("brightness");
  FiqDescribeQuery query;
  for (size_t i = 0; i < sizeof table / sizeof table[0]; ++i) {
    assert_true(fiq_describe_ask(&describe, table[i].text, &query));
    assert_true(fabsf(query.direction[m] - table[i].factor) < 1e-6f);
  }
  assert_true(fiq_describe_ask(&describe, "airier", &query) &&
              query.direction[measure_of("breath")] > 0.0f);
  assert_true(fiq_describe_ask(&describe, "thinner", &query) &&
              query.direction[measure_of("depth")] < 0.0f);
}

static void test_any_text_is_read(void** state)
{
  (void)state;
  FiqDescribeQuery query;
  char             text[4096];
  assert_false(fiq_describe_ask(&describe, "", &query));
  assert_false(fiq_describe_ask(&describe, "xyzzy \xff\x80 123 the", &query));
  for (size_t i = 0; i + 1 < sizeof text; ++i) {
    text[i] = "bright \xe4"[i % 8];
  }
  text[sizeof text - 1] = '\0';
  assert_true(fiq_describe_ask(&describe, text, &query));
  memset(text, 'a', sizeof text - 1);
  assert_false(fiq_describe_ask(&describe, text, &query));
}

static void test_toward_moves_the_controls_and_stays_in_range(void** state)
{
  (void)state;
  const uint32_t tilt    = fiq_ports_index(&host.ports, "tilt");
  const uint32_t stretch = fiq_ports_index(&host.ports, "stretch");
  const float    before  = fiq_host_value(&host, tilt);
  assert_true(fiq_describe_toward(&host, "brighter"));
  assert_true(fiq_host_value(&host, tilt) > before + 1.0f);
  assert_true(fiq_describe_toward(&host, "consonant"));
  assert_true(fabsf(fiq_host_value(&host, stretch)) < 1e-6f); // no further than harmonic
  for (int i = 0; i < 50; ++i) {
    assert_true(fiq_describe_toward(&host, "very dark"));
  }
  assert_true(fabsf(fiq_host_value(&host, tilt) - host.ports.ports[tilt].minimum) < 1e-6f);
  assert_false(fiq_describe_toward(&host, "xyzzy"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_bundle_has_measures_words_and_presets),
      cmocka_unit_test(test_every_word_finds_what_is_like_it),
      cmocka_unit_test(test_instruments_come_by_their_names),
      cmocka_unit_test(test_degrees_and_endings_are_understood),
      cmocka_unit_test(test_any_text_is_read),
      cmocka_unit_test(test_toward_moves_the_controls_and_stays_in_range),
  };
  return cmocka_run_group_tests_name("describe", tests, set_up, tear_down);
}
