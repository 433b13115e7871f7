// SPDX-License-Identifier: GPL-3.0-or-later

// Goal: the hosts' parts that read a user's text and pass data between threads are right.
// Method: tables of inputs with the results required; a ring fed and drained by two threads; a thread
// that works and one that waits.

// cmocka wants these four before itself.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host-test/common/suggest.h"
#include "host-test/lv2/load.h"
#include "host-test/lv2/lv2_ports.h"
#include "host-test/lv2/ring.h"
#include "host-test/lv2/urid.h"
#include "host-test/lv2/worker.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static void test_suggestion_names_the_nearest(void** state)
{
  (void)state;
  static const struct {
    const char* wanted;
    const char* said;
  } table[]                        = {{"amuont", "; did you mean amount?"},
                                      {"AMOUNT", "; did you mean amount?"},
                                      {"spread", "; did you mean core_spread?"},
                                      {"zzzzzz", ""},
                                      {"mox", "; did you mean mix?"},
                                      {"", ""}};
  static const char* const names[] = {"amount", "mix", "core_spread", "core_rate"};
  for (size_t i = 0; i < sizeof table / sizeof table[0]; ++i) {
    char said[FIQ_SUGGEST_BYTES];
    fiq_suggest(said, table[i].wanted, names, 4);
    assert_string_equal(said, table[i].said);
  }
}

static void test_suggestion_survives_long_names(void** state)
{
  (void)state;
  char long_name[4096];
  char said[FIQ_SUGGEST_BYTES];
  memset(long_name, 'x', sizeof long_name - 1);
  long_name[sizeof long_name - 1] = '\0';
  const char* const names[]       = {long_name, long_name, long_name, "y"};
  fiq_suggest(said, long_name, names, 4);
  assert_true(strlen(said) < FIQ_SUGGEST_BYTES);
}

static void test_ring_keeps_records_whole(void** state)
{
  (void)state;
  FiqRing  ring;
  uint32_t value = 0;
  assert_true(fiq_ring_init(&ring, 16));
  assert_false(fiq_ring_read(&ring, &value, sizeof value));
  assert_true(fiq_ring_write(&ring, &(uint32_t){1}, 4, "abcdefgh", 8));
  assert_false(fiq_ring_write(&ring, &(uint32_t){2}, 4, "x", 1));
  char body[9] = {0};
  assert_true(fiq_ring_read(&ring, &value, sizeof value));
  assert_true(fiq_ring_read(&ring, body, 8));
  assert_int_equal(value, 1);
  assert_string_equal(body, "abcdefgh");
  fiq_ring_free(&ring);
}

enum { N_RECORDS = 200000 };

static void* feed(void* argument)
{
  FiqRing* const ring = argument;
  for (uint32_t i = 0; i < N_RECORDS;) {
    const uint64_t twice = 2 * (uint64_t)i;
    i += fiq_ring_write(ring, &i, sizeof i, &twice, sizeof twice) ? 1 : 0;
  }
  return NULL;
}

static void test_ring_passes_records_between_threads_in_order(void** state)
{
  (void)state;
  FiqRing   ring;
  pthread_t thread;
  assert_true(fiq_ring_init(&ring, 256)); // 12 bytes a record: wraps in the middle of many
  assert_int_equal(pthread_create(&thread, NULL, feed, &ring), 0);
  uint32_t n_wrong = 0;
  for (uint32_t i = 0; i < N_RECORDS;) {
    uint32_t head = 0;
    uint64_t body = 0;
    if (fiq_ring_read(&ring, &head, sizeof head)) {
      n_wrong +=
          fiq_ring_read(&ring, &body, sizeof body) && head == i && body == 2 * (uint64_t)i ? 0 : 1;
      ++i;
    }
  }
  pthread_join(thread, NULL);
  assert_int_equal(n_wrong, 0);
  fiq_ring_free(&ring);
}

static void test_urids_are_stable_and_go_back(void** state)
{
  (void)state;
  FiqUrid table;
  assert_true(fiq_urid_init(&table));
  const LV2_URID a = fiq_urid(&table, "urn:a");
  const LV2_URID b = fiq_urid(&table, "urn:b");
  assert_int_not_equal(a, 0);
  assert_int_not_equal(a, b);
  assert_int_equal(table.map.map(table.map.handle, "urn:a"), a);
  assert_string_equal(table.unmap.unmap(table.unmap.handle, b), "urn:b");
  assert_null(table.unmap.unmap(table.unmap.handle, 0));
  assert_null(table.unmap.unmap(table.unmap.handle, 99));
  fiq_urid_free(&table);
}

static bool read_value(const FiqPort* port, const char* text, float wanted)
{
  float value = 0.0f;
  return fiq_port_parse(port, text, &value) && fabsf(value - wanted) < 1e-6f;
}

static void test_values_are_read_or_refused(void** state)
{
  (void)state;
  float         value    = 0.0f;
  FiqScalePoint points[] = {{0.0f, (char[]){"Low"}}, {1.0f, (char[]){"High"}}};
  const FiqPort linear = {.symbol = "x", .unit = (char[]){"dB"}, .minimum = -6.0f, .maximum = 6.0f};
  const FiqPort toggle = {
      .symbol = "t", .unit = (char[]){""}, .minimum = 0.0f, .maximum = 1.0f, .toggled = true};
  const FiqPort whole = {
      .symbol = "i", .unit = (char[]){""}, .minimum = 0.0f, .maximum = 9.0f, .integer = true};
  const FiqPort choice = {.symbol      = "c",
                          .unit        = (char[]){""},
                          .minimum     = 0.0f,
                          .maximum     = 1.0f,
                          .enumeration = true,
                          .points      = points,
                          .n_points    = 2};
  assert_true(read_value(&linear, "-6", -6.0f));
  assert_true(read_value(&linear, "1.5e0", 1.5f));
  assert_true(read_value(&toggle, "ON", 1.0f));
  assert_true(read_value(&toggle, "false", 0.0f));
  assert_true(read_value(&whole, "9", 9.0f));
  assert_true(read_value(&choice, "high", 1.0f));
  assert_true(read_value(&choice, "0", 0.0f));
  static const char* const bad_linear[] = {"6.001", "-7", "nan", "inf", "", "1 dB", "low", "0x"};
  for (size_t i = 0; i < sizeof bad_linear / sizeof bad_linear[0]; ++i) {
    assert_false(fiq_port_parse(&linear, bad_linear[i], &value));
  }
  assert_false(fiq_port_parse(&whole, "1.5", &value));
  assert_false(fiq_port_parse(&choice, "0.5", &value));
  assert_false(fiq_port_parse(&choice, "Middle", &value));
}

static LV2_Worker_Status double_it(LV2_Handle handle, LV2_Worker_Respond_Function respond,
                                   LV2_Worker_Respond_Handle to, uint32_t size, const void* data)
{
  (void)handle;
  uint32_t number = 0;
  assert_int_equal(size, sizeof number);
  memcpy(&number, data, sizeof number);
  number *= 2;
  return respond(to, sizeof number, &number);
}

static LV2_Worker_Status add_it(LV2_Handle handle, uint32_t size, const void* data)
{
  uint32_t number = 0;
  assert_int_equal(size, sizeof number);
  memcpy(&number, data, sizeof number);
  *(uint32_t*)handle += number;
  return LV2_WORKER_SUCCESS;
}

static void test_worker_answers_threaded_and_synchronous(void** state)
{
  (void)state;
  static const LV2_Worker_Interface interface = {double_it, add_it, NULL};
  for (int threaded = 0; threaded < 2; ++threaded) {
    FiqWorker worker;
    uint32_t  sum = 0;
    assert_true(fiq_worker_init(&worker));
    assert_true(fiq_worker_start(&worker, &interface, &sum, threaded == 1));
    for (uint32_t i = 1; i <= 100; ++i) {
      worker.from_run.schedule_work(worker.from_run.handle, sizeof i, &i);
      fiq_worker_deliver(&worker);
    }
    fiq_worker_finish(&worker);
    fiq_worker_deliver(&worker);
    assert_int_equal(sum, 2 * 5050);
    assert_int_equal(atomic_load(&worker.n_lost), 0);
    fiq_worker_free(&worker);
  }
}

static void test_load_tells_the_share_of_each_period(void** state)
{
  (void)state;
  static const struct {
    int64_t     cpu_ns;
    int64_t     wall_ns;
    int64_t     period_ns;
    const char* said;
  } table[] = {
      {100, 200, 1000, "10.0 11 10.0 20.0 0"},      {300, 2500, 3000, "10.0 11 10.0 83.3 0"},
      {0, 1500, 1000, "8.0 11 10.0 150.0 0"},       {1000, 1000, 1000, "23.3 101 100.0 150.0 0"},
      {2004, 3000, 2000, "42.5 101 100.2 150.0 1"}, {9000, 9000, 1000, "137.8 256 900.0 900.0 2"}};
  FiqLoad load = {0};
  char    said[FIQ_LOAD_TEXT_BYTES];
  char    wanted[FIQ_LOAD_TEXT_BYTES];
  fiq_load_format(&load, said);
  assert_string_equal(said,
                      "CPU 0.0 % of a period, 99.9 % of them within 0 %, at most 0.0 % (0.0 % by "
                      "the clock), 0 overran");
  for (size_t i = 0; i < sizeof table / sizeof table[0]; ++i) {
    float    mean    = 0.0f;
    float    worst   = 0.0f;
    float    wall    = 0.0f;
    unsigned usual   = 0;
    unsigned overran = 0;
    fiq_load_add(&load, table[i].cpu_ns, table[i].wall_ns, table[i].period_ns);
    fiq_load_format(&load, said);
    assert_int_equal(
        sscanf(said,
               "CPU %f %% of a period, 99.9 %% of them within %u %%, at most %f %% (%f %% by the "
               "clock), %u overran",
               &mean, &usual, &worst, &wall, &overran),
        5);
    snprintf(wanted, sizeof wanted, "%.1f %u %.1f %.1f %u", (double)mean, usual, (double)worst,
             (double)wall, overran);
    assert_string_equal(wanted, table[i].said);
  }
}

static void test_load_leaves_out_one_period_in_a_thousand(void** state)
{
  (void)state;
  FiqLoad load = {0};
  char    said[FIQ_LOAD_TEXT_BYTES];
  for (int i = 0; i < 1998; ++i) {
    fiq_load_add(&load, 195, 195, 1000);
  }
  fiq_load_add(&load, 505, 505, 1000);
  fiq_load_add(&load, 605, 605, 1000);
  fiq_load_format(&load, said);
  assert_non_null(strstr(said, " 99.9 % of them within 20 %, at most 60.5 %"));
  fiq_load_add(&load, 405, 405, 1000);
  fiq_load_format(&load, said);
  assert_non_null(strstr(said, "within 41 %"));
}

static void test_load_sees_work_but_not_waiting(void** state)
{
  (void)state;
  FiqLoad               waited  = {0};
  FiqLoad               worked  = {0};
  const struct timespec rest    = {.tv_nsec = 20000000};
  const FiqLoadClock    begin_1 = fiq_load_begin();
  nanosleep(&rest, NULL);
  fiq_load_end(&waited, &begin_1, 20000000);
  assert_true(atomic_load(&waited.worst_wall_ppm) >= 1000000);
  assert_true(atomic_load(&waited.cpu_ns) < 10000000);
  const FiqLoadClock begin_2 = fiq_load_begin();
  const clock_t      start   = clock();
  while (clock() - start < CLOCKS_PER_SEC / 100) {
  }
  fiq_load_end(&worked, &begin_2, 20000000);
  assert_true(atomic_load(&worked.cpu_ns) >= 9000000);
  // The two clocks are not paced by the same means.
  assert_true(1.01 * atomic_load(&worked.worst_wall_ppm) >= atomic_load(&worked.worst_cpu_ppm));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_suggestion_names_the_nearest),
      cmocka_unit_test(test_suggestion_survives_long_names),
      cmocka_unit_test(test_ring_keeps_records_whole),
      cmocka_unit_test(test_ring_passes_records_between_threads_in_order),
      cmocka_unit_test(test_urids_are_stable_and_go_back),
      cmocka_unit_test(test_values_are_read_or_refused),
      cmocka_unit_test(test_worker_answers_threaded_and_synchronous),
      cmocka_unit_test(test_load_tells_the_share_of_each_period),
      cmocka_unit_test(test_load_leaves_out_one_period_in_a_thousand),
      cmocka_unit_test(test_load_sees_work_but_not_waiting),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
