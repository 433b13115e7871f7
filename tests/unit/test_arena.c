// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the arena hands out aligned, cleared, disjoint memory, refuses what does not fit and
// measures without touching memory. Method: every size step, absurd sizes, a dirty block.
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>

/// Takes of many shapes, as an `init` would make them.
static const size_t counts[] = {1, 3, 64, 100, 1, 7, 1000};
static const size_t sizes[]  = {1, 4, 1, 8, 64, 12, 4};
enum { N_TAKES = sizeof counts / sizeof *counts };

static size_t measured(void)
{
  FiqArena ruler;
  fiq_arena_init(&ruler, NULL, 0);
  for (int i = 0; i < N_TAKES; ++i) {
    assert_null(fiq_arena_take(&ruler, counts[i], sizes[i]));
    assert_int_equal(fiq_arena_status(&ruler), FIQ_NO_MEMORY);
  }
  return ruler.used_bytes;
}

static void test_buffers_are_aligned_cleared_and_disjoint(void** state)
{
  (void)state;
  FiqArena arena = support_arena(measured());
  memset(arena.base, 0xa5, arena.size_bytes);
  uint8_t* last_end = arena.base;
  for (int i = 0; i < N_TAKES; ++i) {
    uint8_t* buffer = fiq_arena_take(&arena, counts[i], sizes[i]);
    assert_non_null(buffer);
    assert_int_equal((uintptr_t)buffer % FIQ_ARENA_ALIGN_BYTES, 0);
    assert_true(buffer >= last_end);
    last_end = buffer + counts[i] * sizes[i];
    assert_true(last_end <= arena.base + arena.size_bytes);
    for (uint8_t* byte = buffer; byte < last_end; ++byte) {
      assert_int_equal(*byte, 0);
    }
    memset(buffer, 0xff, counts[i] * sizes[i]);
  }
  assert_int_equal(fiq_arena_status(&arena), FIQ_OK);
  support_arena_free(&arena);
}

static void test_the_measured_size_is_exact(void** state)
{
  (void)state;
  const size_t need = measured();
  for (size_t size = 0; size <= need; size += 64) {
    FiqArena arena = support_arena(size);
    for (int i = 0; i < N_TAKES; ++i) {
      (void)fiq_arena_take(&arena, counts[i], sizes[i]);
    }
    assert_int_equal(fiq_arena_status(&arena), size < need ? FIQ_NO_MEMORY : FIQ_OK);
    assert_int_equal(arena.used_bytes, need);
    support_arena_free(&arena);
  }
}

static void test_after_a_refusal_nothing_is_granted(void** state)
{
  (void)state;
  FiqArena arena = support_arena(1024);
  assert_non_null(fiq_arena_take(&arena, 1, 512));
  assert_null(fiq_arena_take(&arena, 1, 1024));
  assert_null(fiq_arena_take(&arena, 1, 1));
  assert_int_equal(fiq_arena_status(&arena), FIQ_NO_MEMORY);
  support_arena_free(&arena);
}

static void test_overflowing_sizes_are_refused(void** state)
{
  (void)state;
  const size_t absurd[][2] = {{SIZE_MAX, 1},
                              {1, SIZE_MAX},
                              {SIZE_MAX, SIZE_MAX},
                              {SIZE_MAX / 2 + 2, 2},
                              {SIZE_MAX / 64 + 1, 64}};
  for (int i = 0; i < 5; ++i) {
    FiqArena arena = support_arena(4096);
    assert_null(fiq_arena_take(&arena, absurd[i][0], absurd[i][1]));
    assert_int_equal(fiq_arena_status(&arena), FIQ_NO_MEMORY);
    // Sums must not wrap around to something that fits again.
    for (int k = 0; k < 8; ++k) {
      assert_null(fiq_arena_take(&arena, SIZE_MAX / 8, 1));
      assert_int_equal(fiq_arena_status(&arena), FIQ_NO_MEMORY);
    }
    support_arena_free(&arena);
  }
}

static void test_empty_takes_cost_nothing_and_measure_safely(void** state)
{
  (void)state;
  FiqArena ruler;
  fiq_arena_init(&ruler, NULL, 0);
  assert_null(fiq_arena_take(&ruler, 0, 4));
  assert_int_equal(ruler.used_bytes, 0);
  FiqArena arena = support_arena(64);
  (void)fiq_arena_take(&arena, 0, 4);
  assert_non_null(fiq_arena_take(&arena, 64, 1));
  assert_int_equal(fiq_arena_status(&arena), FIQ_OK);
  support_arena_free(&arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_buffers_are_aligned_cleared_and_disjoint),
      cmocka_unit_test(test_the_measured_size_is_exact),
      cmocka_unit_test(test_after_a_refusal_nothing_is_granted),
      cmocka_unit_test(test_overflowing_sizes_are_refused),
      cmocka_unit_test(test_empty_takes_cost_nothing_and_measure_safely),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
