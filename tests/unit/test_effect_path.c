// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the way of an effect is in time and whole: what it delays, mixes and turns comes out where it must. Method: noise and
// tones through a path of one shape, against the delayed input and the formulas.
#include "dsp/base/maths.h"
#include "dsp/engine/effect_path.h"
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>

enum { PERIOD = 32, FRAMES = 400 * PERIOD, SWARM_LATENCY = 128 };

typedef struct {
  FiqArena       arena;
  FiqFftPool     pool;
  FiqEffectPath* path;
  float          theta_rad[FIQ_NEURONS_MAX];
  FiqSmoother    zero;
  FiqSmoother    one;
  float*         in;
  float*         wet;
  float*         dry;
} Bench;

static const FiqEffectPathConfig config = {.sample_rate_hz       = 48000.0,
                                           .control_frames       = PERIOD,
                                           .swarm_latency_frames = SWARM_LATENCY,
                                           .shape = {.window_frames = 1024, .n_bands = 24}};

static Bench* bench_new(void)
{
  Bench* const self = calloc(1, sizeof *self);
  assert_non_null(self);
  self->path = calloc(1, sizeof *self->path);
  assert_non_null(self->path);
  fiq_fft_pool_init(&self->pool);
  FiqArena ruler;
  fiq_arena_init(&ruler, NULL, 0);
  assert_int_equal(fiq_effect_path_init(self->path, &ruler, &self->pool, &config), FIQ_NO_MEMORY);
  self->arena = support_arena(ruler.used_bytes);
  assert_int_equal(fiq_effect_path_init(self->path, &self->arena, &self->pool, &config), FIQ_OK);
  fiq_smoother_init(&self->zero, 0.0f, 1.0f);
  fiq_smoother_init(&self->one, 0.0f, 1.0f);
  fiq_smoother_reset(&self->zero, 0.0f);
  fiq_smoother_reset(&self->one, 1.0f);
  self->in  = support_floats(FRAMES);
  self->wet = support_floats(FRAMES);
  self->dry = support_floats(FRAMES);
  support_noise(self->in, FRAMES, 0.5, 9);
  return self;
}

static void bench_free(Bench* self)
{
  fiq_fft_pool_free(&self->pool);
  support_arena_free(&self->arena);
  free(self->path);
  free(self->in);
  free(self->wet);
  free(self->dry);
  free(self);
}

static FiqEffectPathParams params_of(const Bench* self, float amount)
{
  return (FiqEffectPathParams){.realms        = {.realm     = FIQ_REALM_SPECTRAL,
                                                 .amount    = amount,
                                                 .drive     = 1.0f,
                                                 .theta_rad = self->theta_rad},
                               .rotate        = &self->zero,
                               .mix           = &self->one,
                               .level         = &self->zero,
                               .follow        = &self->zero,
                               .trust         = &self->one,
                               .freeze_fade_s = 0.5f,
                               .limit         = 1e9f};
}

/// In pieces of `n` frames, which need not divide a period.
static void play(Bench* self, const FiqEffectPathParams* params, const float* swarm, uint32_t n)
{
  fiq_effect_path_reset(self->path, FIQ_REALM_SPECTRAL);
  for (uint32_t done = 0; done < FRAMES;) {
    if (done % PERIOD == 0) {
      fiq_effect_path_control(self->path, params);
    }
    const uint32_t     left   = PERIOD - done % PERIOD;
    const uint32_t     now    = n < left ? n : left;
    const float* const from[] = {self->in + done, self->in + done};
    const float* const sung[] = {swarm + done, swarm + done};
    fiq_effect_path_process(self->path, from, NULL, swarm ? sung : NULL, now);
    for (uint32_t i = 0; i < now; ++i) {
      self->wet[done + i] = self->path->wet[0][i];
      self->dry[done + i] = self->path->dry[0][i];
    }
    done += now;
  }
}

static void test_the_dry_sound_is_late_by_the_latency_to_the_bit(void** state)
{
  (void)state;
  Bench* const              self   = bench_new();
  const FiqEffectPathParams params = params_of(self, 1.0f);
  play(self, &params, NULL, PERIOD);
  const uint32_t latency = self->path->latency_frames;
  assert_int_equal(latency, fiq_realms_latency_frames(&self->path->realms));
  assert_memory_equal(self->dry + latency, self->in, (FRAMES - latency) * sizeof(float));
  bench_free(self);
}

static void test_mix_0_is_dry_to_the_bit_and_amount_0_nulls(void** state)
{
  (void)state;
  Bench* const        self   = bench_new();
  FiqEffectPathParams params = params_of(self, 1.0f);
  params.mix                 = &self->zero;
  play(self, &params, NULL, PERIOD);
  assert_memory_equal(self->wet, self->dry, FRAMES * sizeof(float));
  params = params_of(self, 0.0f);
  play(self, &params, NULL, PERIOD);
  assert_true(support_db(support_max_difference(self->wet, self->dry, FRAMES)) < -90.0);
  bench_free(self);
}

static void test_pieces_of_any_size_give_the_same(void** state)
{
  (void)state;
  Bench* const              self   = bench_new();
  const FiqEffectPathParams params = params_of(self, 1.0f);
  float* const              whole  = support_floats(FRAMES);
  play(self, &params, NULL, PERIOD);
  memcpy(whole, self->wet, FRAMES * sizeof(float));
  play(self, &params, NULL, 7);
  assert_memory_equal(whole, self->wet, FRAMES * sizeof(float));
  free(whole);
  bench_free(self);
}

static void test_the_swarm_comes_in_time_with_the_input(void** state)
{
  (void)state;
  Bench* const        self   = bench_new();
  FiqEffectPathParams params = params_of(self, 0.0f);
  float* const        swarm  = support_floats(FRAMES);
  params.level               = &self->one;
  // What a swarm sings at a frame is late by its own latency; the path makes up for the rest.
  memset(self->in, 0, FRAMES * sizeof(float));
  swarm[1000 + SWARM_LATENCY] = 1.0f;
  play(self, &params, swarm, PERIOD);
  const uint32_t at = 1000 + self->path->latency_frames;
  for (uint32_t i = 0; i < FRAMES; ++i) {
    assert_true(fabsf(self->wet[i] - (i == at ? 1.0f : 0.0f)) < 1e-6f);
  }
  free(swarm);
  bench_free(self);
}

static void test_followed_gain_is_1_at_12_dB_below_full_scale(void** state)
{
  (void)state;
  assert_true(fabsf(fiq_effect_path_follow_gain(0.0625f) - 1.0f) < 1e-6f);
  assert_true(fiq_effect_path_follow_gain(0.0f) <= 0.0f);
  assert_true(fabsf(fiq_effect_path_follow_gain(1e6f) - 2.0f) < 1e-6f);
  // Up in milliseconds, down in tenths of a second.
  float up   = 0.0f;
  float down = 1.0f;
  for (int i = 0; i < 480; ++i) {
    up   = fiq_effect_path_follow_power(up, 1.0f, 1.0f / 48000.0f);
    down = fiq_effect_path_follow_power(down, 0.0f, 1.0f / 48000.0f);
  }
  assert_true(up > 0.8f && down > 0.9f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_dry_sound_is_late_by_the_latency_to_the_bit),
      cmocka_unit_test(test_mix_0_is_dry_to_the_bit_and_amount_0_nulls),
      cmocka_unit_test(test_pieces_of_any_size_give_the_same),
      cmocka_unit_test(test_the_swarm_comes_in_time_with_the_input),
      cmocka_unit_test(test_followed_gain_is_1_at_12_dB_below_full_scale)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
