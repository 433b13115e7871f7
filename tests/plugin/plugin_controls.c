// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: a knob that moves makes no click and no zipper. When a continuous control of Realms or of the Swarm moves over
   its range in a second and back, while a sine of 1 kHz sounds or a chord is held, no step above -70 dBFS is heard but what
   the control does anyway.
   Method: a step, however small, reaches all frequencies; what a control means to do to a sine does
   not. So the output is high-passed at 15 kHz, by a filter whose answer to a step of 1 has a peak of
   1: what comes out is the size of the largest step. What is there at rest does not count: the drive
   makes harmonics above 15 kHz, and is compared stretch by stretch with the places that it passes. Of the Swarm the filter is
   closed far below, everything moves that can, and a second setting has breath.
   Hosts write controls once a block: blocks of 64 and of 512 are tried.
*/
#include "tests/support/fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  RATE    = 48000,
  LEAD    = RATE / 2, ///< until all is at rest
  TRAVEL  = RATE,     ///< there, and back
  FRAMES  = LEAD + 2 * TRAVEL + RATE / 4,
  TAPS    = 255,
  PLACES  = 9,
  N_SETUP = 6
};

static const double limit_db = -70.0;
static const double tau      = 6.283185307179586;

/// What sounds while a control is moved.
typedef struct {
  const char*   name;
  FiqPluginKind kind;
  float         realm;
  float         swarm_level; ///< dB; -60 is off
  float         rotate;      ///< degrees
  float         breath;      ///< percent
} Setup;

static const Setup setups[N_SETUP] = {
    {"temporal", FIQ_PLUGIN_REALMS, 0, -60, 0, 0}, {"spectral", FIQ_PLUGIN_REALMS, 1, -60, 0, 0},
    {"adaptive", FIQ_PLUGIN_REALMS, 2, -60, 0, 0}, {"sung", FIQ_PLUGIN_REALMS, 1, -12, 30, 0},
    {"swarm", FIQ_PLUGIN_SWARM, 0, 0, 0, 0},       {"breath", FIQ_PLUGIN_SWARM, 0, 0, 0, 50}};

/// Rows of the matrix while the Swarm plays: source, target, amount.
static const float rows[8][3] = {{4, 1, 10}, {5, 2, 30}, {3, 4, 20},  {9, 14, 80},
                                 {1, 5, 50}, {6, 7, 40}, {5, 11, 30}, {4, 12, 30}};

static float high_pass[TAPS];

/// The series of the modified Bessel function I0.
static double bessel_i0(double x)
{
  double term = 1.0;
  double sum  = 1.0;
  for (int k = 1; k < 60; ++k) {
    term *= (x / (2.0 * k)) * (x / (2.0 * k));
    sum += term;
  }
  return sum;
}

/// Kaiser's window over the ideal high-pass, 100 dB; scaled by its answer to a step.
static void design(void)
{
  const double corner = 15000.0 / RATE;
  const double beta   = 10.06;
  double       sum    = 0.0;
  double       peak   = 0.0;
  double       h[TAPS];
  for (int i = 0; i < TAPS; ++i) {
    const double t = i - TAPS / 2;
    const double u = t / (TAPS / 2);
    const double w = bessel_i0(beta * sqrt(1.0 - u * u)) / bessel_i0(beta);
    h[i] = i == TAPS / 2 ? 1.0 - 2.0 * corner : -sin(tau * corner * t) / (0.5 * tau * t) * w;
  }
  for (int i = 0; i < TAPS; ++i) {
    sum += h[i];
    peak = fmax(peak, fabs(sum));
  }
  for (int i = 0; i < TAPS; ++i) {
    high_pass[i] = (float)(h[i] / peak);
  }
}

/// What the high-pass leaves at frame `i` of a plane.
static double step_at(const float* plane, size_t i)
{
  const float* const x   = plane + i - TAPS + 1;
  float              sum = 0.0f;
  for (size_t k = 0; k < TAPS; ++k) {
    sum += x[k] * high_pass[k];
  }
  return fabs((double)sum);
}

/// The largest step of frames `from` .. `to` - 1 of both planes.
static double largest_step(const FixtureAudio* audio, size_t from, size_t to)
{
  double largest = 0.0;
  for (size_t i = from; i < to; ++i) {
    largest = fmax(largest, fmax(step_at(audio->plane[0], i), step_at(audio->plane[1], i)));
  }
  return largest;
}

/// A place 0..1 in the range of a control.
static float value_at(const FiqParam* param, float place)
{
  return param->kind == FIQ_KIND_LOG ? param->minimum * powf(param->maximum / param->minimum, place)
                                     : param->minimum + (param->maximum - param->minimum) * place;
}

/// Where a travel from end to end and back stands at frame `i`.
static float travel(size_t i)
{
  const float along = fmaxf(0.0f, ((float)i - (float)LEAD) / (float)TRAVEL);
  return along < 1.0f ? along : fmaxf(0.0f, 2.0f - along);
}

static FixtureAudio sine(void)
{
  FixtureAudio in = fixture_audio(FRAMES);
  for (size_t i = 0; i < FRAMES; ++i) {
    const double swell = fmin(1.0, (double)i / 4800.0);
    const float  x     = (float)(0.5 * swell * swell * sin(tau * 1000.0 * (double)i / RATE));
    in.plane[0][i]     = x;
    in.plane[1][i]     = x;
  }
  return in;
}

/// A dark chord in which everything moves.
static Fixture* open_swarm(const Setup* setup)
{
  static const uint8_t keys[] = {48, 55, 64};
  Fixture* const       self   = fixture_open(FIQ_PLUGIN_SWARM, RATE, true);
  fixture_seed(self, 5);
  fixture_set(self, "filter_type", 1);
  fixture_set(self, "filter_cutoff", 800);
  fixture_set(self, "filter_slope", 48);
  fixture_set(self, "filter_envelope", 1);
  fixture_set(self, "formants", 30);
  fixture_set(self, "sway", 10);
  fixture_set(self, "stereo_motion", 30);
  fixture_set(self, "lfo_2_rate", 3);
  fixture_set(self, "breath", (double)setup->breath);
  fixture_set(self, "temperature", 10);
  for (int k = 0; k < 8; ++k) {
    static const char* const parts[] = {"source", "target", "amount"};
    for (int part = 0; part < 3; ++part) {
      char symbol[32];
      (void)snprintf(symbol, sizeof symbol, "matrix_%d_%s", k + 1, parts[part]);
      fixture_set(self, symbol, (double)rows[k][part]);
    }
  }
  for (size_t k = 0; k < sizeof keys; ++k) {
    fixture_midi(self, 0, 0x90, keys[k], 100);
  }
  fixture_midi(self, 0, 0xb0, 1, 40);
  return self;
}

static Fixture* open_setup(const Setup* setup)
{
  if (setup->kind == FIQ_PLUGIN_SWARM) {
    return open_swarm(setup);
  }
  Fixture* const self = fixture_open(FIQ_PLUGIN_REALMS, RATE, true);
  fixture_seed(self, 5);
  fixture_set(self, "realm", (double)setup->realm);
  fixture_set(self, "rotate", (double)setup->rotate);
  fixture_set(self, "swarm_level", (double)setup->swarm_level);
  fixture_set(self, "chord", setup->swarm_level > -60.0f ? 3 : 0);
  fixture_set(self, "amount", 100);
  fixture_set(self, "drive", -6);
  return self;
}

/// A section of the rotator is heard when its amount is up.
static void open_section(Fixture* self, const FiqParam* param)
{
  char amount[32];
  snprintf(amount, sizeof(amount), "%.10samount", param->symbol); // "rotator_1_" and the like
  fixture_set(self, amount, 100);
}

/// Play while `param` stands at `place`, or moves if that is below 0.
static void play(const Setup* setup, const FiqParam* param, float place, uint32_t block,
                 FixtureAudio* out)
{
  FixtureAudio in   = sine();
  Fixture*     self = open_setup(setup);
  if (param->group == FIQ_GROUP_ROTATOR) {
    open_section(self, param);
  }
  for (size_t i = 0; i < FRAMES; i += block) {
    const uint32_t n = (uint32_t)(FRAMES - i < block ? FRAMES - i : block);
    fixture_set(self, param->symbol, (double)value_at(param, place < 0.0f ? travel(i) : place));
    fixture_run(self, in.plane, out->plane, i, n);
    fixture_work(self);
  }
  fixture_close(self);
  fixture_audio_free(&in);
}

/// What a control shows at rest, by its place.
typedef struct {
  double step[PLACES];
} Rest;

static Rest at_rest(const Setup* setup, const FiqParam* param)
{
  FixtureAudio out = fixture_audio(FRAMES);
  Rest         rest;
  for (int k = 0; k < PLACES; ++k) {
    play(setup, param, (float)k / (PLACES - 1), 64, &out);
    rest.step[k] = largest_step(&out, LEAD, FRAMES);
  }
  fixture_audio_free(&out);
  return rest;
}

/// At rest at the two places around the segment, and at their neighbours, whence what lags comes.
static double rest_around(const Rest* rest, int segment)
{
  double most = 0.0;
  for (int k = segment - 1; k <= segment + 2; ++k) {
    most = k >= 0 && k < PLACES ? fmax(most, rest->step[k]) : most;
  }
  return most;
}

/// The largest step of a travel, and by how much it is above what is there at rest.
typedef struct {
  double step;
  double beyond;
} Travel;

/// Where nothing is above the limit nobody asks what is there at rest.
static Travel moving(const Setup* setup, const FiqParam* param, uint32_t block)
{
  enum { SEGMENTS = 2 * (PLACES - 1) };
  FixtureAudio out  = fixture_audio(FRAMES);
  Travel       most = {0.0, 0.0};
  Rest         rest = {{0.0}};
  bool         asks = true;
  play(setup, param, -1.0f, block, &out);
  for (int s = 0; s < SEGMENTS; ++s) {
    const int    segment = s < PLACES - 1 ? s : SEGMENTS - 1 - s;
    const size_t from    = LEAD + (size_t)s * 2 * TRAVEL / SEGMENTS;
    const size_t to      = s == SEGMENTS - 1 ? FRAMES : from + 2 * TRAVEL / SEGMENTS;
    const double step    = largest_step(&out, from, to);
    const bool   loud    = support_db(step) > limit_db;
    if (loud && asks) {
      rest = at_rest(setup, param);
      asks = false;
    }
    most.step   = fmax(most.step, step);
    most.beyond = fmax(most.beyond, loud ? step - rest_around(&rest, segment) : 0.0);
  }
  assert_true(isfinite(support_rms(out.plane[0], FRAMES) + support_rms(out.plane[1], FRAMES)));
  fixture_audio_free(&out);
  return most;
}

/// Whether `param` is continuous, and can be heard in `setup`.
static bool is_tried(const FiqParam* param, const Setup* setup)
{
  const bool is_continuous = param->kind == FIQ_KIND_LINEAR || param->kind == FIQ_KIND_LOG;
  const bool is_of_swarm   = param->group == FIQ_GROUP_SWARM || param->group == FIQ_GROUP_ANNEAL ||
                           param->group == FIQ_GROUP_PLAY;
  const bool has_swarm  = setup->swarm_level > -60.0f;
  const bool is_breath  = param->group == FIQ_GROUP_BREATH;
  const bool has_breath = setup->breath > 0.0f;
  // The rotator stands behind every realm alike; the partner's controls choose notes.
  const bool is_elsewhere = param->group == FIQ_GROUP_SEQUENCE ||
                            (param->group == FIQ_GROUP_ROTATOR && (int)setup->realm != 1);
  const bool is_here =
      setup->kind == FIQ_PLUGIN_SWARM ? is_breath == has_breath : is_of_swarm == has_swarm;
  return fiq_param_in(param, setup->kind) && !fiq_param_is_meter(param) && is_continuous &&
         is_here && !is_elsewhere;
}

static void test_the_ruler_measures_a_step(void** state)
{
  (void)state;
  FixtureAudio audio = sine();
  assert_true(support_db(largest_step(&audio, LEAD, FRAMES)) < -110.0);
  for (size_t i = LEAD + 1000; i < FRAMES; ++i) {
    audio.plane[1][i] += 0.0001f;
  }
  const double step_db = support_db(largest_step(&audio, LEAD, FRAMES));
  print_message("a step of -80 dBFS is measured as %.2f dBFS\n", step_db);
  assert_true(fabs(step_db + 80.0) < 0.5);
  fixture_audio_free(&audio);
}

static bool try_control(const Setup* setup, const FiqParam* param)
{
  const Travel fine   = moving(setup, param, 64);
  const Travel coarse = moving(setup, param, 512);
  const bool   steps  = support_db(fmax(fine.beyond, coarse.beyond)) > limit_db;
  print_message("%-9s %-18s %7.1f %7.1f%s\n", setup->name, param->symbol, support_db(fine.step),
                support_db(coarse.step), steps ? "  steps" : "");
  return !steps;
}

static void test_no_control_steps_while_it_moves(void** state)
{
  (void)state;
  int n_bad = 0;
  print_message("largest step while it moves, dBFS, in blocks of 64, of 512\n");
  for (uint32_t row = 0; row < fiq_n_params * N_SETUP; ++row) {
    const Setup* const    setup = &setups[row / fiq_n_params];
    const FiqParam* const param = &fiq_params[row % fiq_n_params];
    if (is_tried(param, setup) && !try_control(setup, param)) {
      ++n_bad;
    }
  }
  assert_int_equal(n_bad, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_ruler_measures_a_step),
                                     cmocka_unit_test(test_no_control_steps_while_it_moves)};
  design();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
