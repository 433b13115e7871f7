// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: one latency for all realms, a null at amount 0 in each, and changes between them without a step. Method: noise and
// a sine through the three, compared with the delayed input.
#include "dsp/base/maths.h"
#include "dsp/realm/realms.h"
#include "tests/support/support.h"

#include <stdlib.h>

enum { PERIOD = 32, FRAMES = 600 * PERIOD };

typedef struct {
  FiqArena   arena;
  FiqFftPool pool;
  FiqRealms* realms;
  float      theta_rad[FIQ_NEURONS_MAX];
} Bench;

static const FiqRealmsConfig config = {
    .sample_rate_hz = 48000.0, .control_frames = PERIOD, .window_frames = 1024, .n_bands = 24};

static Bench* bench_new(void)
{
  Bench* const self = calloc(1, sizeof *self);
  assert_non_null(self);
  self->realms = calloc(1, sizeof *self->realms);
  assert_non_null(self->realms);
  fiq_fft_pool_init(&self->pool);
  FiqArena ruler;
  fiq_arena_init(&ruler, NULL, 0);
  assert_int_equal(fiq_realms_init(self->realms, &ruler, &self->pool, &config), FIQ_NO_MEMORY);
  self->arena = support_arena(ruler.used_bytes);
  assert_int_equal(fiq_realms_init(self->realms, &self->arena, &self->pool, &config), FIQ_OK);
  return self;
}

static void bench_free(Bench* self)
{
  fiq_fft_pool_free(&self->pool);
  support_arena_free(&self->arena);
  free(self->realms);
  free(self);
}

static FiqRealmsParams params_of(const Bench* self, FiqRealm realm, float amount)
{
  return (FiqRealmsParams){
      .realm = realm, .amount = amount, .drive = 1.0f, .theta_rad = self->theta_rad};
}

/// `in` through the realms, which change to `then` in the middle.
static void play(Bench* self, const float* in, float* out, FiqRealm first, FiqRealm then,
                 float amount)
{
  float* const other = support_floats(PERIOD);
  fiq_realms_reset(self->realms, first);
  for (uint32_t done = 0; done < FRAMES; done += PERIOD) {
    const FiqRealmsParams params = params_of(self, done < FRAMES / 2 ? first : then, amount);
    const float* const    from[] = {in + done, in + done};
    float* const          to[]   = {out + done, other};
    fiq_realms_control(self->realms, &params);
    fiq_realms_process(self->realms, from, NULL, to, NULL, PERIOD);
  }
  free(other);
}

static void test_amount_0_nulls_against_the_delayed_input_in_every_realm(void** state)
{
  (void)state;
  Bench* const   self    = bench_new();
  float* const   in      = support_floats(FRAMES);
  float* const   out     = support_floats(FRAMES);
  const uint32_t latency = fiq_realms_latency_frames(self->realms);
  support_noise(in, FRAMES, 0.5, 3);
  for (int realm = 0; realm < FIQ_N_REALMS; ++realm) {
    play(self, in, out, (FiqRealm)realm, (FiqRealm)realm, 0.0f);
    const double off = support_max_difference(in, out + latency, FRAMES - latency);
    print_message("realm %d: null at %.1f dBFS\n", realm, support_db(off));
    assert_true(support_db(off) < -90.0);
  }
  free(in);
  free(out);
  bench_free(self);
}

static void test_realms_change_without_a_step(void** state)
{
  (void)state;
  Bench* const self = bench_new();
  float* const in   = support_floats(FRAMES);
  float* const out  = support_floats(FRAMES);
  support_sine(in, FRAMES, 440.0, 48000.0, 0.5, 0.0);
  const double own = 0.5 * 2.0 * sin(3.14159265358979 * 440.0 / 48000.0);
  for (int from = 0; from < FIQ_N_REALMS; ++from) {
    for (int to = 0; to < FIQ_N_REALMS; ++to) {
      play(self, in, out, (FiqRealm)from, (FiqRealm)to, 1.0f);
      double largest = 0.0;
      for (uint32_t i = FRAMES / 4; i + 1 < FRAMES; ++i) {
        largest = fmax(largest, fabs((double)out[i + 1] - (double)out[i]));
      }
      assert_true(largest < 1.6 * own);
    }
  }
  free(in);
  free(out);
  bench_free(self);
}

static void test_configurations_that_cannot_be_are_refused(void** state)
{
  (void)state;
  FiqRealms* const      realms = calloc(1, sizeof *realms);
  const FiqRealmsConfig odd[]  = {
       {.sample_rate_hz = 48000.0, .control_frames = PERIOD, .window_frames = 1000, .n_bands = 24},
       {.sample_rate_hz = 48000.0,
        .control_frames = PERIOD,
        .window_frames  = 1024,
        .n_bands        = FIQ_NEURONS_MAX + 1}};
  assert_non_null(realms);
  for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); ++i) {
    FiqFftPool pool;
    FiqArena   arena = support_arena((size_t)32 << 20);
    fiq_fft_pool_init(&pool);
    assert_int_equal(fiq_realms_init(realms, &arena, &pool, &odd[i]), FIQ_BAD_ARGUMENT);
    fiq_fft_pool_free(&pool);
    support_arena_free(&arena);
  }
  free(realms);
}

static void test_a_window_lasts_as_long_at_every_rate(void** state)
{
  (void)state;
  static const double rates_hz[] = {44100.0,  48000.0,  88200.0, 96000.0,
                                    176400.0, 192000.0, 384000.0};
  for (uint32_t window = FIQ_STFT_WINDOW_MIN; window <= FIQ_REALMS_WINDOW_MAX; window *= 2) {
    for (size_t r = 0; r < sizeof rates_hz / sizeof rates_hz[0]; ++r) {
      const bool   is_cd  = fmod(rates_hz[r], 44100.0) < 1.0;
      const double wanted = window * rates_hz[r] / (is_cd ? 44100.0 : 48000.0);
      assert_int_equal(fiq_realms_window_frames(rates_hz[r], window), (uint32_t)(wanted + 0.5));
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_amount_0_nulls_against_the_delayed_input_in_every_realm),
      cmocka_unit_test(test_realms_change_without_a_step),
      cmocka_unit_test(test_configurations_that_cannot_be_are_refused),
      cmocka_unit_test(test_a_window_lasts_as_long_at_every_rate)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
