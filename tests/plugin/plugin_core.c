// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: each parameter of the phase core, its regulator, its stability and its resonance is heard in
   both plugins.
   Method: renders of the plugin binary that differ in one parameter alone, from one seed: the rms of
   their difference over that of the output, after the first two seconds, and the mean meters of both.
   A parameter that acts in certain states only is given such a state.
*/
#include "tests/support/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, FRAMES = 12 * RATE, FROM = 2 * RATE, BLOCK = 480, SETTINGS_MAX = 8 };

static const double heard_db = -30.0; ///< what differs by less may go unnoticed

typedef struct {
  const char* symbol;
  double      value;
} Setting;

/// A parameter at two values, in a state where it acts.
typedef struct {
  const char* symbol;
  double      value[2];
  Setting     state[SETTINGS_MAX]; ///< ended by a symbol of NULL
} Case;

/// Meters over the time that is compared.
typedef struct {
  double order;
  double uncertainty;
  double coupling;
  double zone;
} Means;

static FixtureAudio input;

static void make_input(void)
{
  input = fixture_audio(FRAMES);
  support_noise(input.plane[0], FRAMES, 0.05, 7);
  float* const tone = support_floats(FRAMES);
  for (int k = 1; k <= 12; ++k) {
    support_sine(tone, FRAMES, 110.0 * k, RATE, 0.3 / k, 0.1 * k * k);
    for (size_t i = 0; i < FRAMES; ++i) {
      input.plane[0][i] += tone[i];
    }
  }
  memcpy(input.plane[1], input.plane[0], FRAMES * sizeof(float));
  free(tone);
}

static Fixture* open_sounding(FiqPluginKind kind)
{
  Fixture* const self = fixture_open(kind, RATE, true);
  assert_non_null(self);
  fixture_seed(self, 11);
  if (kind == FIQ_PLUGIN_REALMS) {
    fixture_set(self, "amount", 100);
    fixture_set(self, "motion", 90);
  } else {
    fixture_set(self, "sway", 30);
    fixture_set(self, "oscillators", 64);
    fixture_midi(self, 0, 0x90, 48, 100);
    fixture_midi(self, 0, 0x90, 55, 100);
  }
  return self;
}

static Means render(FiqPluginKind kind, const Case* test, int which, const FixtureAudio* out)
{
  Means          means = {.order = 0.0};
  Fixture* const self  = open_sounding(kind);
  for (const Setting* setting = test->state; setting->symbol; ++setting) {
    fixture_set(self, setting->symbol, setting->value);
  }
  fixture_set(self, test->symbol, test->value[which]);
  const double n = (double)(FRAMES - FROM) / BLOCK;
  for (size_t at = 0; at < FRAMES; at += BLOCK) {
    fixture_run(self, kind == FIQ_PLUGIN_REALMS ? input.plane : NULL, out->plane, at, BLOCK);
    fixture_work(self);
    if (at >= FROM) {
      means.order += (double)fixture_get(self, "order") / n;
      means.uncertainty += (double)fixture_get(self, "uncertainty") / n;
      means.coupling += (double)fixture_get(self, "coupling_now") / n;
    }
  }
  means.zone = (double)fixture_get(self, "zone_share");
  fixture_close(self);
  return means;
}

static double difference_db(const FixtureAudio* a, const FixtureAudio* b)
{
  const size_t n      = FRAMES - FROM;
  double       change = 0.0;
  double       level  = 0.0;
  for (size_t c = 0; c < 2; ++c) {
    for (size_t i = FROM; i < FRAMES; ++i) {
      const double way = (double)a->plane[c][i] - (double)b->plane[c][i];
      change += way * way;
      level += (double)a->plane[c][i] * (double)a->plane[c][i];
    }
  }
  assert_true(level / (double)n > 1e-8);
  return 0.5 * support_db(change / level);
}

static void check(FiqPluginKind kind, const Case* test)
{
  FixtureAudio out[2] = {fixture_audio(FRAMES), fixture_audio(FRAMES)};
  Means        means[2];
  for (int which = 0; which < 2; ++which) {
    means[which] = render(kind, test, which, &out[which]);
  }
  const double change = difference_db(&out[0], &out[1]);
  print_message("%-6s %-12s %g to %g: %+.1f dB; R %.2f %.2f, U %.2f %.2f, K %.1f %.1f, zone %.2f "
                "%.2f\n",
                kind == FIQ_PLUGIN_REALMS ? "Realms" : "Swarm", test->symbol, test->value[0],
                test->value[1], change, means[0].order, means[1].order, means[0].uncertainty,
                means[1].uncertainty, means[0].coupling, means[1].coupling, means[0].zone,
                means[1].zone);
  assert_true(change > heard_db);
  fixture_audio_free(&out[0]);
  fixture_audio_free(&out[1]);
}

static void check_both(const Case* test)
{
  check(FIQ_PLUGIN_REALMS, test);
  check(FIQ_PLUGIN_SWARM, test);
}

static void test_core_size_is_heard(void** state)
{
  (void)state;
  check_both(&(Case){"core_size", {16, 3}, {{NULL, 0}}});
}

static void test_distribution_is_heard(void** state)
{
  (void)state;
  check_both(&(Case){"distribution", {0, 1}, {{NULL, 0}}});
}

static void test_lag_is_heard(void** state)
{
  (void)state;
  check_both(&(Case){"lag", {0, 60}, {{"coupling", 4}, {NULL, 0}}});
}

static void test_regulator_is_heard(void** state)
{
  (void)state;
  check_both(&(Case){"regulator", {0, 1}, {{"coupling", 1}, {NULL, 0}}});
}

static void test_uncertainty_aim_is_heard(void** state)
{
  (void)state;
  check_both(&(Case){"uncertainty_aim",
                     {0, 100},
                     {{"coupling", 1}, {"regulator", 1}, {"order_low", 30}, {NULL, 0}}});
}

/// A core that is regulated and shaken comes near to losing its order again and again.
static void test_stabilise_is_heard(void** state)
{
  (void)state;
  check_both(&(Case){
      "stabilise", {0, 1}, {{"coupling", 2.6}, {"regulator", 1}, {"resonance", 100}, {NULL, 0}}});
}

/// A core that is locked and at rest repeats itself.
static void test_resonance_is_heard(void** state)
{
  (void)state;
  check_both(&(Case){
      "resonance", {0, 100}, {{"coupling", 1}, {"core_spread", 0}, {"core_rate", 0}, {NULL, 0}}});
}

/// Few oscillators, and so many that their order hardly changes.
static void test_resonance_is_not_heard_where_nothing_repeats(void** state)
{
  (void)state;
  FixtureAudio a = fixture_audio(FRAMES);
  FixtureAudio b = fixture_audio(FRAMES);
  for (int size = 64; size <= 512; size *= 8) {
    const Case drifting = {
        "resonance",
        {0, 100},
        {{"coupling", 0.5}, {"core_spread", 2}, {"oscillators", size}, {NULL, 0}}};
    for (int kind = 0; kind < 2; ++kind) {
      render((FiqPluginKind)kind, &drifting, 0, &a);
      render((FiqPluginKind)kind, &drifting, 1, &b);
      const double change = difference_db(&a, &b);
      print_message("%s, %d oscillators that drift: resonance changes %.1f dB\n",
                    kind == FIQ_PLUGIN_REALMS ? "Realms" : "Swarm", size, change);
      assert_true(change <= -190.0);
    }
  }
  fixture_audio_free(&a);
  fixture_audio_free(&b);
}

/// The measure itself: what does not differ is not heard.
static void test_the_ratio_tells_whether_notes_lock_at_any_speed(void** state)
{
  (void)state;
  static const double speed[] = {0.1, 1.0, 10.0};
  FixtureAudio        out     = fixture_audio(FRAMES);
  for (int i = 0; i < 3; ++i) {
    Fixture* const self = open_sounding(FIQ_PLUGIN_SWARM);
    fixture_set(self, "sway", 0);
    fixture_set(self, "detune", 10);
    fixture_set(self, "coupling", 4);
    fixture_set(self, "speed", speed[i]);
    fixture_render(self, NULL, out.plane, FRAMES, BLOCK);
    const double ratio = (double)fixture_get(self, "coupling_ratio");
    const double order = (double)fixture_get(self, "order");
    print_message("speed %g: K/Kc %.2f, R %.2f\n", speed[i], ratio, order);
    assert_true((ratio > 1.0) == (order > 0.7));
    assert_true(fixture_get(self, "coupling_now") <= 64.0f);
    fixture_close(self);
  }
  fixture_audio_free(&out);
}

static void test_equal_renders_are_equal(void** state)
{
  (void)state;
  const Case   same = {"lag", {20, 20}, {{NULL, 0}}};
  FixtureAudio a    = fixture_audio(FRAMES);
  FixtureAudio b    = fixture_audio(FRAMES);
  for (int kind = 0; kind < 2; ++kind) {
    render((FiqPluginKind)kind, &same, 0, &a);
    render((FiqPluginKind)kind, &same, 1, &b);
    assert_memory_equal(a.plane[0], b.plane[0], FRAMES * sizeof(float));
  }
  fixture_audio_free(&a);
  fixture_audio_free(&b);
}

/// What is switched on from `from_s` on.
typedef struct {
  const char* symbol;
  double      from_s;
} Switch;

/// Up to two switches in a core that drifts; the order of the core every tenth of a second.
static void render_switches(FiqPluginKind kind, const Switch* switches, int n,
                            const FixtureAudio* out, float* order)
{
  Fixture* const self = open_sounding(kind);
  fixture_set(self, "coupling", 1);
  fixture_set(self, "core_rate", 0.5);
  for (size_t at = 0; at < FRAMES; at += BLOCK) {
    for (int i = 0; i < n; ++i) {
      fixture_set(self, switches[i].symbol, (double)at >= switches[i].from_s * RATE);
    }
    fixture_run(self, kind == FIQ_PLUGIN_REALMS ? input.plane : NULL, out->plane, at, BLOCK);
    fixture_work(self);
    order[at / (RATE / 10)] = fixture_get(self, kind == FIQ_PLUGIN_REALMS ? "order" : "core_order");
  }
  fixture_close(self);
}

enum { ORDERS = FRAMES / (RATE / 10) };

static float largest_change(const float* order, int from, int to)
{
  float change = 0.0f;
  for (int i = from + 1; i < to; ++i) {
    change = fmaxf(change, fabsf(order[i] - order[i - 1]));
  }
  return change;
}

static void test_pause_step_and_reset_are_heard_and_told(void** state)
{
  (void)state;
  static const Switch step[]  = {{"core_pause", 4.0}, {"core_step", 8.0}};
  static const Switch reset[] = {{"core_reset", 4.0}};
  FixtureAudio        plain   = fixture_audio(FRAMES);
  FixtureAudio        out     = fixture_audio(FRAMES);
  float               order[2][ORDERS];
  for (int kind = 0; kind < 2; ++kind) {
    render_switches((FiqPluginKind)kind, NULL, 0, &plain, order[0]);
    assert_true(largest_change(order[0], 42, ORDERS) > 1e-3f);
    render_switches((FiqPluginKind)kind, step, 1, &out, order[1]);
    assert_true(largest_change(order[1], 42, ORDERS) <= 0.0f);
    assert_true(difference_db(&plain, &out) > heard_db);
    // A step of a tenth of a second, and then rest again.
    render_switches((FiqPluginKind)kind, step, 2, &out, order[1]);
    assert_true(largest_change(order[1], 42, 79) <= 0.0f);
    assert_true(largest_change(order[1], 78, 83) > 1e-4f);
    assert_true(largest_change(order[1], 83, ORDERS) <= 0.0f);
    // What follows a reset is what followed the start.
    render_switches((FiqPluginKind)kind, reset, 1, &out, order[1]);
    assert_true(difference_db(&plain, &out) > heard_db);
    for (int i = 2; i < 40; ++i) {
      assert_true(fabsf(order[1][40 + i] - order[0][i]) < 0.02f);
    }
  }
  fixture_audio_free(&plain);
  fixture_audio_free(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_core_size_is_heard),
      cmocka_unit_test(test_distribution_is_heard),
      cmocka_unit_test(test_lag_is_heard),
      cmocka_unit_test(test_regulator_is_heard),
      cmocka_unit_test(test_uncertainty_aim_is_heard),
      cmocka_unit_test(test_stabilise_is_heard),
      cmocka_unit_test(test_resonance_is_heard),
      cmocka_unit_test(test_resonance_is_not_heard_where_nothing_repeats),
      cmocka_unit_test(test_the_ratio_tells_whether_notes_lock_at_any_speed),
      cmocka_unit_test(test_pause_step_and_reset_are_heard_and_told),
      cmocka_unit_test(test_equal_renders_are_equal)};
  make_input();
  const int result = cmocka_run_group_tests(tests, NULL, NULL);
  fixture_audio_free(&input);
  return result;
}
