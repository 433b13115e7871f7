// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: parts are built as ordered or not at all. Method: every kind at many rates; orders that cannot be.
#include "dsp/engine/part.h"
#include "tests/support/support.h"

#include <stdlib.h>

static const double rates[] = {8000.0, 22050.0, 44100.0, 48000.0, 96000.0, 192000.0, 384000.0};

enum { N_RATES = sizeof(rates) / sizeof(rates[0]) };

static void test_a_control_period_is_the_same_time_at_every_rate(void** state)
{
  (void)state;
  assert_int_equal(fiq_part_control_frames(44100.0), 32);
  assert_int_equal(fiq_part_control_frames(48000.0), 32);
  assert_int_equal(fiq_part_control_frames(96000.0), 64);
  assert_int_equal(fiq_part_control_frames(192000.0), 128);
  for (int i = 0; i < N_RATES; ++i) {
    const uint32_t frames = fiq_part_control_frames(rates[i]);
    assert_true(frames <= FIQ_CONTROL_MAX && (frames & (frames - 1)) == 0);
  }
}

static void test_every_kind_is_built_at_every_rate(void** state)
{
  (void)state;
  const FiqPartOrder orders[] = {
      {.kind = FIQ_PART_SWARM, .capacity = 1000, .step_frames = 256},
      {.kind = FIQ_PART_PATH, .window_frames = 512, .n_bands = 16},
      {.kind = FIQ_PART_LEARNER, .window_frames = 512, .n_bands = 16, .segment_s = 0.5},
      {.kind = FIQ_PART_PARTNER}};
  for (int i = 0; i < N_RATES; ++i) {
    const FiqEngineConfig config = {.sample_rate_hz = rates[i], .seed = 1, .with_realms = true};
    for (size_t k = 0; k < sizeof(orders) / sizeof(orders[0]); ++k) {
      FiqPart* const part = fiq_part_new(&config, &orders[k]);
      assert_non_null(part);
      assert_int_equal(part->order.kind, orders[k].kind);
      fiq_part_free(part);
    }
  }
  fiq_part_free(NULL);
}

static void test_what_cannot_be_is_refused(void** state)
{
  (void)state;
  const FiqEngineConfig config   = {.sample_rate_hz = 48000.0, .seed = 1, .with_realms = true};
  const FiqPartOrder    orders[] = {
         {.kind = FIQ_PART_SWARM, .capacity = 0, .step_frames = 64},
         {.kind = FIQ_PART_SWARM, .capacity = UINT32_MAX, .step_frames = 64},
         {.kind = FIQ_PART_PATH, .window_frames = 500, .n_bands = 16},
         {.kind = FIQ_PART_PATH, .window_frames = 512, .n_bands = FIQ_NEURONS_MAX + 1}};
  for (size_t k = 0; k < sizeof(orders) / sizeof(orders[0]); ++k) {
    assert_null(fiq_part_new(&config, &orders[k]));
  }
}

static void test_memory_is_aligned_for_an_arena(void** state)
{
  (void)state;
  for (size_t size = 1; size < (size_t)1 << 22; size = size * 3 + 1) {
    void* const block = fiq_part_memory(size);
    assert_non_null(block);
    assert_int_equal((uintptr_t)block % FIQ_ARENA_ALIGN_BYTES, 0);
    free(block);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_control_period_is_the_same_time_at_every_rate),
      cmocka_unit_test(test_every_kind_is_built_at_every_rate),
      cmocka_unit_test(test_what_cannot_be_is_refused),
      cmocka_unit_test(test_memory_is_aligned_for_an_arena)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
