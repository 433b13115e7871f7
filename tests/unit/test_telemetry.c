// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the box always gives the latest value whole, across threads. Method: the rules in one
// thread, then a writer and a reader at full speed, every field of a value derived from its
// number.
#include "dsp/engine/telemetry.h"
#include "tests/support/support.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  FiqTelemetryBox box;
  FiqArena        arena;
  atomic_bool     is_over;
} Bench;

static void bench_init(Bench* bench)
{
  bench->arena = support_arena(3 * sizeof(FiqTelemetry) + 64);
  assert_int_equal(fiq_telemetry_init(&bench->box, &bench->arena), FIQ_OK);
  atomic_init(&bench->is_over, false);
}

/// A value with its number everywhere, first byte to last.
static void fill(FiqTelemetry* value, uint64_t number)
{
  const uint32_t low = (uint32_t)(number & 0xffff);
  value->frame       = number;
  value->core.order  = (float)low;
  for (uint32_t i = 0; i < FIQ_NEURONS_MAX; ++i) {
    value->phase_rad[i] = (float)(low + i);
  }
  for (uint32_t i = 0; i < FIQ_TELEMETRY_BINS; ++i) {
    value->swarm.histogram[i] = low + 2 * i;
  }
  value->guard_resets = low;
}

static bool is_whole(const FiqTelemetry* value)
{
  static FiqTelemetry expected;
  fill(&expected, value->frame);
  return memcmp(&expected.core.order, &value->core.order, sizeof(float)) == 0 &&
         memcmp(expected.phase_rad, value->phase_rad, sizeof expected.phase_rad) == 0 &&
         memcmp(expected.swarm.histogram, value->swarm.histogram,
                sizeof expected.swarm.histogram) == 0 &&
         expected.guard_resets == value->guard_resets;
}

static void test_a_value_is_read_once_and_the_latest_wins(void** state)
{
  (void)state;
  static FiqTelemetry value;
  Bench               bench;
  bench_init(&bench);
  value.frame = 7;
  assert_false(fiq_telemetry_read(&bench.box, &value));
  assert_int_equal(value.frame, 7);
  for (uint64_t i = 1; i <= 5; ++i) {
    fill(&value, i);
    fiq_telemetry_publish(&bench.box, &value);
  }
  assert_true(fiq_telemetry_read(&bench.box, &value));
  assert_int_equal(value.frame, 5);
  assert_false(fiq_telemetry_read(&bench.box, &value));
  for (uint64_t i = 6; i <= 20; ++i) {
    fill(&value, i);
    fiq_telemetry_publish(&bench.box, &value);
    assert_true(fiq_telemetry_read(&bench.box, &value));
    assert_int_equal(value.frame, i);
    assert_true(is_whole(&value));
  }
  support_arena_free(&bench.arena);
}

enum { N_VALUES = 200000 };

static void* write_all(void* context)
{
  Bench*       bench = context;
  FiqTelemetry value;
  memset(&value, 0, sizeof value);
  for (uint64_t i = 1; i <= N_VALUES; ++i) {
    fill(&value, i);
    fiq_telemetry_publish(&bench->box, &value);
  }
  atomic_store(&bench->is_over, true);
  return NULL;
}

static void test_no_read_is_torn_or_goes_back_in_time(void** state)
{
  (void)state;
  static FiqTelemetry value;
  Bench               bench;
  pthread_t           writer;
  bench_init(&bench);
  assert_int_equal(pthread_create(&writer, NULL, write_all, &bench), 0);
  uint64_t last    = 0;
  uint64_t n_reads = 0;
  uint64_t torn    = 0;
  uint64_t back    = 0;
  for (bool over = false; !over;) {
    over = atomic_load(&bench.is_over);
    if (fiq_telemetry_read(&bench.box, &value)) {
      torn += !is_whole(&value);
      back += value.frame <= last;
      last = value.frame;
      ++n_reads;
    }
  }
  pthread_join(writer, NULL);
  print_message("%d written, %d read, %d torn, %d out of order\n", N_VALUES, (int)n_reads,
                (int)torn, (int)back);
  assert_int_equal(torn, 0);
  assert_int_equal(back, 0);
  assert_int_equal(last, N_VALUES);
  support_arena_free(&bench.arena);
}

static void test_histogram_counts_each_place_once(void** state)
{
  (void)state;
  FiqSwarmTelemetry swarm;
  memset(&swarm, 0, sizeof swarm);
  for (uint32_t i = 0; i < FIQ_TELEMETRY_BINS; ++i) {
    fiq_telemetry_count(&swarm, ((float)i + 0.5f) / FIQ_TELEMETRY_BINS);
  }
  for (uint32_t i = 0; i < FIQ_TELEMETRY_BINS; ++i) {
    assert_int_equal(swarm.histogram[i], 1);
  }
  fiq_telemetry_count(&swarm, -3.0f);
  fiq_telemetry_count(&swarm, 1e5f);
  assert_int_equal(swarm.histogram[0], 2);
  assert_int_equal(swarm.histogram[FIQ_TELEMETRY_BINS - 1], 2);
}

static void test_too_small_an_arena_is_refused(void** state)
{
  (void)state;
  FiqTelemetryBox box;
  FiqArena        ruler;
  fiq_arena_init(&ruler, NULL, 0);
  assert_int_equal(fiq_telemetry_init(&box, &ruler), FIQ_NO_MEMORY);
  for (size_t size = 0; size <= ruler.used_bytes; size += 64) {
    FiqArena arena = support_arena(size);
    assert_int_equal(fiq_telemetry_init(&box, &arena),
                     size < ruler.used_bytes ? FIQ_NO_MEMORY : FIQ_OK);
    support_arena_free(&arena);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_value_is_read_once_and_the_latest_wins),
      cmocka_unit_test(test_no_read_is_torn_or_goes_back_in_time),
      cmocka_unit_test(test_histogram_counts_each_place_once),
      cmocka_unit_test(test_too_small_an_arena_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
