// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: the engine is built in one block of memory or not at all, and what it tells of itself is
   true and unheard.
   Method: telemetry is read while known sound and notes play; renders with and without a reader are
   compared byte by byte; what no binary of the plugin could show is measured here.
*/
#include "dsp/engine/engine.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES = 96000, BLOCK = 480 };

/// Every control at a value that sounds; ranges as in engine.h.
static FiqEngineParams lively(void)
{
  return (FiqEngineParams){.enabled      = 1,
                           .realm        = 2,
                           .amount       = 0.8f,
                           .mix          = 1,
                           .drive        = 2,
                           .coordination = 0.5f,
                           .coupling     = 4,
                           .speed        = 1,
                           .core_rate    = 0.2f,
                           .core_spread  = 0.1f,
                           .core_size    = 16.0f,
                           .order_low    = 0.8f,
                           .order_high   = 0.95f,
                           .recall_age   = 2.0f,
                           .forgetting   = 0.01f,
                           .motion       = 1,
                           .width        = 0.3f,
                           .swarm_level  = 0.5f,
                           .oscillators  = 300,
                           .detune       = 5,
                           .partials     = 4,
                           .tilt         = -6,
                           .stereo       = 0.5f,
                           .anneal       = 0.3f,
                           .balance      = 1,
                           .noise        = 50,
                           .strength     = 10,
                           .sharpness    = 20,
                           .metric       = 1,
                           .scatter      = 2,
                           .attack       = 0.02f,
                           .decay        = 0.3f,
                           .sustain      = 0.8f,
                           .release      = 0.2f,
                           .bend_range   = 2,
                           .root_note    = 48,
                           .output       = 1,
                           .window       = 3,
                           .bands        = 24,
                           .delay_spread = 4.0f,
                           .freeze_fade  = 0.5f};
}

static FiqEngine* fresh(const FiqEngineParams* params)
{
  const FiqEngineConfig config = {.sample_rate_hz = 48000.0, .seed = 17, .with_realms = true};
  FiqEngine* const      self   = fiq_engine_new(&config);
  assert_non_null(self);
  fiq_engine_reset(self, params);
  return self;
}

static void render(FiqEngine* self, const FiqEngineParams* params, float* left, float* right,
                   FiqTelemetry* told)
{
  static const uint8_t notes[3][3] = {{0x90, 60, 64}, {0x90, 64, 64}, {0x90, 67, 64}};
  float* const         in          = support_floats(BLOCK);
  fiq_engine_watch(self, told != NULL);
  for (size_t done = 0; done < FRAMES; done += BLOCK) {
    support_sine(in, BLOCK, 400.0, 48000.0, 0.4, 0.0);
    if (done == 0) {
      for (int i = 0; i < 3; ++i) {
        fiq_engine_midi(self, notes[i], 3);
      }
    }
    const float* const planes[] = {in, in};
    float* const       out[]    = {left + done, right + done};
    fiq_engine_process(self, params, planes, NULL, out, BLOCK);
    if (told) {
      fiq_engine_telemetry(self, told);
    }
  }
  free(in);
}

static void test_telemetry_is_true_and_unheard(void** state)
{
  (void)state;
  const FiqEngineParams params = lively();
  float* const out[4] = {support_floats(FRAMES), support_floats(FRAMES), support_floats(FRAMES),
                         support_floats(FRAMES)};
  FiqTelemetry told;
  memset(&told, 0, sizeof(told));
  FiqEngine* const watched = fresh(&params);
  FiqEngine* const alone   = fresh(&params);
  render(watched, &params, out[0], out[1], &told);
  render(alone, &params, out[2], out[3], NULL);
  assert_memory_equal(out[0], out[2], FRAMES * sizeof(float));
  assert_memory_equal(out[1], out[3], FRAMES * sizeof(float));

  assert_int_equal(told.swarm.n_carriers, 3);
  assert_int_equal(told.swarm.n_oscillators, 300);
  float    share = 0.0f;
  uint32_t seen  = 0;
  for (uint32_t k = 0; k < 3; ++k) {
    const double want = 440.0 * exp2(((k == 0 ? 60 : k == 1 ? 64 : 67) - 69) / 12.0);
    assert_true(fabs(1200.0 * log2((double)told.swarm.carrier_hz[k] / want)) < 0.1);
    assert_true(fabsf(told.swarm.carrier_share[k] - 1.0f / 3.0f) < 0.01f);
    share += told.swarm.carrier_share[k];
  }
  for (uint32_t bin = 0; bin < FIQ_TELEMETRY_BINS; ++bin) {
    seen += told.swarm.histogram[bin];
  }
  assert_true(fabsf(share - 1.0f) < 1e-5f);
  assert_int_equal(seen, 300);
  assert_true(told.swarm.residual_hz < 0.01f);
  assert_int_equal(told.n_neurons, 32);
  assert_true(told.layer.score > 0.9f);
  assert_true(told.core.coupling_ratio > 1.0f && told.core.order > 0.5f);
  assert_true(fabsf(told.realm.rms_db + 11.0f) < 1.0f);
  assert_true(told.realm.tonality > 0.5f);
  assert_int_equal(told.guard_resets, 0);
  assert_true(told.frame > FRAMES - 2000);
  fiq_engine_free(watched);
  fiq_engine_free(alone);
  for (int i = 0; i < 4; ++i) {
    free(out[i]);
  }
}

static void test_reset_equals_a_fresh_engine(void** state)
{
  (void)state;
  FiqEngineParams params = lively();
  params.coordination    = 0; // the layers keep their phases over a reset
  float* const out[4]    = {support_floats(FRAMES), support_floats(FRAMES), support_floats(FRAMES),
                            support_floats(FRAMES)};
  FiqEngine*   self      = fresh(&params);
  render(self, &params, out[0], out[1], NULL);
  fiq_engine_reset(self, &params);
  render(self, &params, out[2], out[3], NULL);
  assert_memory_equal(out[0], out[2], FRAMES * sizeof(float));
  fiq_engine_free(self);
  for (int i = 0; i < 4; ++i) {
    free(out[i]);
  }
}

/// Seconds of a 400 Hz sine at -8 dBFS, or of silence, through `self`; the left output.
static void run_on(FiqEngine* self, const FiqEngineParams* params, bool with_input, float* left,
                   uint32_t n_frames)
{
  float* const in    = support_floats(n_frames);
  float* const right = support_floats(n_frames);
  if (with_input) {
    support_sine(in, n_frames, 400.0, 48000.0, 0.4, 0.0);
  }
  const float* const planes[] = {in, in};
  float* const       out[]    = {left, right};
  fiq_engine_process(self, params, planes, NULL, out, n_frames);
  free(in);
  free(right);
}

/// Largest second difference: where it grows there is a click.
static double roughness(const float* x, size_t n)
{
  double most = 0.0;
  for (size_t i = 2; i < n; ++i) {
    most = fmax(most, fabs((double)x[i] - 2.0 * (double)x[i - 1] + (double)x[i - 2]));
  }
  return most;
}

/// Another state of the same plugin, with phases and Match of its own.
static void other_state(bool with_realms, const FiqEngineParams* params, FiqEngineState* state)
{
  const FiqEngineConfig config = {
      .sample_rate_hz = 48000.0, .seed = 99, .with_realms = with_realms};
  FiqEngine* const other = fiq_engine_new(&config);
  assert_non_null(other);
  fiq_engine_reset(other, params);
  float* const out = support_floats(48000);
  run_on(other, params, true, out, 48000);
  fiq_engine_state(other, state);
  free(out);
  fiq_engine_free(other);
}

static void check_restoring(bool with_realms, int realm)
{
  enum { HALF = 96000 };
  static const uint8_t notes[3][3] = {{0x90, 60, 64}, {0x90, 64, 64}, {0x90, 67, 64}};
  FiqEngineParams      params      = lively();
  params.realm                     = (float)realm;
  params.coupling                  = with_realms ? params.coupling : 0.0f;
  FiqEngineState state;
  other_state(with_realms, &params, &state);
  const FiqEngineConfig config = {
      .sample_rate_hz = 48000.0, .seed = 17, .with_realms = with_realms};
  FiqEngine* const self = fiq_engine_new(&config);
  assert_non_null(self);
  fiq_engine_reset(self, &params);
  for (int i = 0; i < 3 && !with_realms; ++i) {
    fiq_engine_midi(self, notes[i], 3);
  }
  float* const out = support_floats(2 * HALF);
  run_on(self, &params, with_realms, out, HALF);
  fiq_engine_set_state(self, &state);
  run_on(self, &params, with_realms, out + HALF, HALF);
  FiqEngineState now;
  fiq_engine_state(self, &now);
  assert_int_equal(now.seed, state.seed);
  const double before = roughness(out + HALF / 2, HALF / 2);
  const double after  = roughness(out + HALF - 2, HALF / 2);
  const double least  = support_rms(out + HALF, 480);
  const double level  = support_rms(out + HALF / 2, HALF / 2);
  print_message("%s, realm %d: roughness %.5f, then %.5f; level %.4f, then %.4f\n",
                with_realms ? "realms" : "swarm", realm, before, after, level, least);
  assert_true(after < 1.5 * before);
  assert_true(least > 0.3 * level);
  fiq_engine_free(self);
  free(out);
}

/// A preset that brings a state is loaded while keys are held and sound passes.
static void test_a_state_that_comes_while_sound_plays_does_not_cut_it(void** state)
{
  (void)state;
  check_restoring(false, 0);
  for (int realm = 0; realm < 3; ++realm) {
    check_restoring(true, realm);
  }
}

static uint32_t n_exchanged;

static void count_exchange(void* handle, const FiqCoreMessage* news, FiqCoreField* field)
{
  (void)handle;
  (void)news;
  *field = (FiqCoreField){.n_peers = 0};
  n_exchanged += 1;
}

static FiqEngine* linked(const FiqEngineParams* params)
{
  const FiqEngineConfig config = {
      .sample_rate_hz = 48000.0, .seed = 17, .with_realms = true, .exchange = count_exchange};
  FiqEngine* const self = fiq_engine_new(&config);
  assert_non_null(self);
  fiq_engine_reset(self, params);
  return self;
}

static void test_a_rehearsal_leaves_nothing_behind(void** state)
{
  (void)state;
  float* const out[4] = {support_floats(FRAMES), support_floats(FRAMES), support_floats(FRAMES),
                         support_floats(FRAMES)};
  for (int realm = 0; realm < 3; ++realm) {
    FiqEngineParams params   = lively();
    params.realm             = (float)realm;
    params.remember          = 1.0f;
    params.recall            = 0.5f;
    params.chord             = 3.0f;
    FiqEngine* const is_warm = linked(&params);
    FiqEngine* const plain   = linked(&params);
    FiqEngineState   kept[2];
    FiqTelemetry     told;
    n_exchanged = 0;
    fiq_engine_watch(is_warm, true);
    fiq_engine_warm_up(is_warm, &params);
    assert_int_equal(n_exchanged, 0);
    assert_false(fiq_engine_telemetry(is_warm, &told));
    fiq_engine_state(is_warm, &kept[0]);
    fiq_engine_state(plain, &kept[1]);
    assert_memory_equal(&kept[0], &kept[1], sizeof(kept[0]));
    assert_int_equal(fiq_engine_memory_generation(is_warm), fiq_engine_memory_generation(plain));
    render(is_warm, &params, out[0], out[1], NULL);
    render(plain, &params, out[2], out[3], NULL);
    assert_true(n_exchanged > 0);
    assert_memory_equal(out[0], out[2], FRAMES * sizeof(float));
    assert_memory_equal(out[1], out[3], FRAMES * sizeof(float));
    fiq_engine_free(is_warm);
    fiq_engine_free(plain);
  }
  for (int i = 0; i < 4; ++i) {
    free(out[i]);
  }
}

static void test_absurd_configurations_are_refused(void** state)
{
  (void)state;
  static const double rates[] = {0.0, -1.0, 7999.0, 384001.0, (double)NAN, (double)INFINITY};
  for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); ++i) {
    const FiqEngineConfig config = {.sample_rate_hz = rates[i], .seed = 1, .with_realms = true};
    assert_null(fiq_engine_new(&config));
  }
  fiq_engine_free(NULL);
  fiq_part_free(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_telemetry_is_true_and_unheard),
      cmocka_unit_test(test_reset_equals_a_fresh_engine),
      cmocka_unit_test(test_a_state_that_comes_while_sound_plays_does_not_cut_it),
      cmocka_unit_test(test_a_rehearsal_leaves_nothing_behind),
      cmocka_unit_test(test_absurd_configurations_are_refused)};
  return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
