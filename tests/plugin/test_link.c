// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: linked instances hear each other's mean field, the same whatever the blocks and the order
   in which they run, draw together at every strength, keep to their roles, and stay out of each
   other's way in threads.
   Method: cores of one oscillator in double that only count steps, run in cycles of equal length
   in a chosen order as a host would, each cycle cut into runs of its own; every field is logged
   and compared. Threads join, tell, hear and leave at random, for the sanitizer and for sense.
*/
#include "dsp/base/random.h"
#include "plugin/link.h"
#include "tests/support/support.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

enum { STEP_FRAMES = 256, RATE = 48000, DELAY = 32, STEPS_MAX = 4096, CORES_MAX = 20 };

static const double two_pi = 6.283185307179586;
static const double step_s = (double)STEP_FRAMES / RATE;

/// A core of one phase; what it is at step n may depend on n alone and on what it hears.
typedef struct {
  FiqLink      link;
  double       psi_rad;
  double       rate_rad_s;
  double       order;
  double       strength; ///< K of the pull by the field
  uint32_t     number;
  uint32_t     role;
  uint32_t     n;      ///< steps so far
  uint32_t     script; ///< 0 none, else changes number and role on the way
  FiqCoreField heard[STEPS_MAX];
  double       was_rad[STEPS_MAX];
} Core;

static Core cores[CORES_MAX];

static Core* core_open(uint32_t i, double psi_rad, double rate_hz)
{
  Core* const self = &cores[i];
  memset(self, 0, sizeof(*self));
  self->psi_rad    = psi_rad;
  self->rate_rad_s = two_pi * rate_hz;
  self->order      = 1.0;
  self->number     = 1;
  fiq_link_init(&self->link, STEP_FRAMES, RATE);
  return self;
}

static void open_and_start(uint32_t n)
{
  for (uint32_t i = 0; i < n; ++i) {
    fiq_link_start(&core_open(i, 0.7 * i, 0.0)->link);
  }
}

static void close_all(uint32_t n)
{
  for (uint32_t i = 0; i < n; ++i) {
    fiq_link_leave(&cores[i].link);
  }
}

static void follow_script(Core* self)
{
  static const uint32_t numbers[] = {1, 1, 0, 2, 2, 1, 1, 0};
  if (self->script > 0) {
    const uint32_t act = (self->n / 137 + 3 * self->script) % 8;
    self->number       = numbers[act];
    self->role         = (self->n / 211 + self->script) % 3;
  }
}

static void core_step(Core* self)
{
  assert_true(self->n < STEPS_MAX);
  follow_script(self);
  const FiqCoreMessage news  = {.order      = (float)self->order,
                                .psi_rad    = (float)remainder(self->psi_rad, two_pi),
                                .rate_rad_s = (float)self->rate_rad_s,
                                .link       = self->number,
                                .role       = self->role};
  FiqCoreField*        field = &self->heard[self->n];
  self->was_rad[self->n]     = self->psi_rad;
  fiq_link_exchange(&self->link, &news, field);
  const double re   = (double)field->re;
  const double im   = (double)field->im;
  const double pull = im * cos(self->psi_rad) - re * sin(self->psi_rad);
  self->psi_rad += step_s * (self->rate_rad_s + self->strength * pull);
  ++self->n;
}

static void core_run(Core* self, uint32_t n_steps)
{
  fiq_link_begin(&self->link);
  for (uint32_t i = 0; i < n_steps; ++i) {
    core_step(self);
  }
}

/// Cycles of `block` steps; core i is given all of one cycle in runs of at most `cut[i]` steps.
static void run_all(uint32_t n_cores, uint32_t n_steps, uint32_t block, const uint32_t* cut,
                    bool backward)
{
  for (uint32_t done = 0; done < n_steps; done += block) {
    const uint32_t now = n_steps - done < block ? n_steps - done : block;
    for (uint32_t k = 0; k < n_cores; ++k) {
      const uint32_t i    = backward ? n_cores - 1 - k : k;
      const uint32_t most = cut ? cut[i] : block;
      for (uint32_t run = 0; run < now; run += most) {
        core_run(&cores[i], now - run < most ? now - run : most);
      }
    }
  }
}

static double distance_rad(double a, double b)
{
  return fabs(remainder(a - b, two_pi));
}

// ---- what is heard ----

static void test_unlinked_neither_hears_nor_is_heard(void** state)
{
  (void)state;
  open_and_start(3);
  cores[2].number = 0;
  run_all(3, 100, 4, NULL, false);
  assert_int_equal(cores[2].heard[99].n_peers, 0);
  assert_int_equal(cores[0].heard[99].n_peers, 1);
  assert_int_equal(cores[1].heard[99].n_peers, 1);
  assert_true(fabs((double)cores[2].heard[99].re) + fabs((double)cores[2].heard[99].im) <= 0.0);
  close_all(3);
}

static void test_numbers_are_apart(void** state)
{
  (void)state;
  open_and_start(4);
  for (uint32_t i = 0; i < 4; ++i) {
    cores[i].number = i < 2 ? 7 : 16;
  }
  run_all(4, 100, 4, NULL, false);
  for (uint32_t i = 0; i < 4; ++i) {
    const double peer = 0.7 * (i ^ 1U);
    assert_int_equal(cores[i].heard[99].n_peers, 1);
    assert_true(fabs((double)cores[i].heard[99].re - cos(peer)) < 1e-6);
    assert_true(fabs((double)cores[i].heard[99].im - sin(peer)) < 1e-6);
  }
  close_all(4);
}

static void test_field_is_the_mean_of_the_peers(void** state)
{
  (void)state;
  open_and_start(4);
  for (uint32_t i = 0; i < 4; ++i) {
    cores[i].rate_rad_s = two_pi * (1.0 + i);
    cores[i].order      = 0.25 * (i + 1);
  }
  run_all(4, 1000, 8, NULL, false);
  double worst = 0.0;
  for (uint32_t i = 0; i < 4; ++i) {
    for (uint32_t n = DELAY; n < 1000; ++n) {
      double re = 0.0;
      double im = 0.0;
      for (uint32_t k = 0; k < 4; ++k) {
        re += k == i ? 0.0 : cores[k].order * cos(cores[k].was_rad[n]) / 3.0;
        im += k == i ? 0.0 : cores[k].order * sin(cores[k].was_rad[n]) / 3.0;
      }
      assert_int_equal(cores[i].heard[n].n_peers, 3);
      worst =
          fmax(worst, hypot((double)cores[i].heard[n].re - re, (double)cores[i].heard[n].im - im));
    }
    assert_int_equal(cores[i].heard[DELAY - 1].n_peers, 0);
  }
  print_message("4 members: field off the mean of their present phases by %.1e at most\n", worst);
  assert_true(worst < 2e-4);
  close_all(4);
}

/// A peer that states 5 Hz and turns at 6: what it strays is learned within seconds.
static void test_a_rate_that_strays_is_learned(void** state)
{
  (void)state;
  open_and_start(2);
  cores[0].rate_rad_s = two_pi * 5.0;
  double first        = 0.0;
  double last         = 0.0;
  for (uint32_t n = 0; n < 1200; ++n) {
    cores[0].psi_rad += two_pi * 1.0 * step_s;
    run_all(2, 1, 1, NULL, false);
    const FiqCoreField* const field     = &cores[1].heard[n];
    const double              heard_rad = atan2((double)field->im, (double)field->re);
    const double              error     = distance_rad(heard_rad, cores[0].was_rad[n]);
    first                               = n == DELAY ? error : first;
    last                                = error;
  }
  print_message("1 Hz beside the stated rate: error %.3f rad at first, %.4f after 6.4 s\n", first,
                last);
  assert_true(first < 1.2 && last < 0.01);
  close_all(2);
}

static void test_roles_decide_who_draws_whom(void** state)
{
  (void)state;
  static const uint32_t roles[][3]    = {{0, 0, 0}, {1, 0, 2}, {0, 0, 2}, {1, 1, 2}, {2, 2, 2}};
  static const uint32_t expected[][3] = {{2, 2, 2}, {0, 1, 1}, {1, 1, 2}, {0, 0, 2}, {0, 0, 0}};
  for (uint32_t row = 0; row < 5; ++row) {
    open_and_start(3);
    for (uint32_t i = 0; i < 3; ++i) {
      cores[i].role = roles[row][i];
    }
    run_all(3, 64, 8, NULL, false);
    for (uint32_t i = 0; i < 3; ++i) {
      assert_int_equal(cores[i].heard[63].n_peers, expected[row][i]);
    }
    close_all(3);
  }
}

// ---- independence of the host ----

static FiqCoreField reference[4][STEPS_MAX];

static void play_piece(uint32_t n_steps, uint32_t block, const uint32_t* cut, bool backward,
                       bool with_script)
{
  open_and_start(4);
  for (uint32_t i = 0; i < 4; ++i) {
    cores[i].rate_rad_s = two_pi * (4.0 + 0.3 * i);
    cores[i].strength   = 5.0;
    cores[i].order      = 0.9 - 0.07 * i;
    cores[i].script     = with_script ? i + 1 : 0;
  }
  run_all(4, n_steps, block, cut, backward);
  close_all(4);
}

static void test_blocks_and_order_of_runs_do_not_matter(void** state)
{
  (void)state;
  enum { STEPS = 2000 };
  static const uint32_t cuts[][4] = {{1, 1, 1, 1}, {32, 1, 7, 3}, {2, 32, 5, 32}, {31, 30, 32, 1}};
  for (int with_script = 0; with_script < 2; ++with_script) {
    play_piece(STEPS, 1, NULL, false, with_script);
    uint32_t n_heard = 0;
    for (uint32_t i = 0; i < 4; ++i) {
      memcpy(reference[i], cores[i].heard, sizeof(reference[i]));
      for (uint32_t n = 0; n < STEPS; ++n) {
        n_heard += reference[i][n].n_peers;
      }
    }
    for (uint32_t block = 1; block <= DELAY; block = block < 4 ? block + 1 : block * 2) {
      for (uint32_t way = 0; way < 10; ++way) {
        play_piece(STEPS, block, way < 2 ? NULL : cuts[(way - 2) / 2], way % 2, with_script);
        for (uint32_t i = 0; i < 4; ++i) {
          assert_memory_equal(cores[i].heard, reference[i], sizeof(reference[i]));
        }
      }
    }
    print_message("script %d: %u entries heard; equal in blocks of 1..%d steps, 10 ways each\n",
                  with_script, n_heard, DELAY);
    assert_true(n_heard > STEPS);
  }
}

static void test_order_of_arrival_does_not_matter(void** state)
{
  (void)state;
  enum { STEPS = 500 };
  play_piece(STEPS, 16, NULL, false, false);
  for (uint32_t i = 0; i < 4; ++i) {
    memcpy(reference[i], cores[i].heard, sizeof(reference[i]));
  }
  // Places are now taken in the opposite order, and the sums are made in another.
  play_piece(STEPS, 16, NULL, true, false);
  for (uint32_t i = 0; i < 4; ++i) {
    assert_memory_equal(cores[i].heard, reference[i], sizeof(reference[i]));
  }
}

// ---- clocks ----

/// Phases turn at 3 Hz: a clock that is off by s steps shows as s * 0.1 rad.
static double clock_error_steps(uint32_t reader, uint32_t peer)
{
  const Core* const         self  = &cores[reader];
  const FiqCoreField* const field = &self->heard[self->n - 1];
  const double              heard = atan2((double)field->im, (double)field->re);
  assert_int_equal(field->n_peers, 1);
  return remainder(cores[peer].was_rad[cores[peer].n - 1] - heard, two_pi) /
         (two_pi * 3.0 * step_s);
}

static void test_one_that_comes_later_is_in_time(void** state)
{
  (void)state;
  for (int backward = 0; backward < 2; ++backward) {
    fiq_link_start(&core_open(0, 0.3, 3.0)->link);
    run_all(1, 700, 8, NULL, false);
    fiq_link_start(&core_open(1, 2.0, 3.0)->link);
    run_all(2, 400, 8, NULL, backward);
    const double late  = clock_error_steps(1, 0);
    const double early = clock_error_steps(0, 1);
    print_message("late by 700 steps: %+.4f and %+.4f steps off\n", late, early);
    assert_true(fabs(late) < 0.01 && fabs(early) < 0.01);
    close_all(2);
  }
}

static void test_activation_right_before_the_first_run_is_in_time(void** state)
{
  (void)state;
  enum { BLOCK = 32, STEPS = 320 };
  for (uint32_t i = 0; i < 3; ++i) {
    core_open(i, 0.5 * i, 3.0)->role = i == 0 ? FIQ_LINK_LEADER : FIQ_LINK_FOLLOWER;
  }
  for (uint32_t i = 0; i < 3; ++i) {
    fiq_link_start(&cores[i].link);
    core_run(&cores[i], BLOCK);
  }
  run_all(3, STEPS - BLOCK, BLOCK, NULL, false);
  for (uint32_t i = 1; i < 3; ++i) {
    assert_true(fabs(clock_error_steps(i, 0)) < 0.01);
    assert_int_equal(cores[i].heard[DELAY - 1].n_peers, 0);
    assert_int_equal(cores[i].heard[DELAY].n_peers, 1);
  }
  close_all(3);
}

static void test_one_that_was_left_out_comes_back_in_time(void** state)
{
  (void)state;
  open_and_start(2);
  cores[0].rate_rad_s = cores[1].rate_rad_s = two_pi * 3.0;
  run_all(2, 100, 4, NULL, false);
  run_all(1, 1000, 4, NULL, false);
  assert_int_equal(cores[0].heard[1099].n_peers, 0);
  run_all(2, 400, 4, NULL, false);
  print_message("after 1000 steps left out: %+.4f and %+.4f steps off\n", clock_error_steps(1, 0),
                clock_error_steps(0, 1));
  assert_true(fabs(clock_error_steps(1, 0)) < 4.01 && fabs(clock_error_steps(0, 1)) < 4.01);
  close_all(2);
}

// ---- coming and going ----

static void test_a_full_link_leaves_others_alone_until_one_goes(void** state)
{
  (void)state;
  enum { MANY = FIQ_LINK_MEMBERS + 2 };
  open_and_start(MANY);
  run_all(MANY, 100, 4, NULL, false);
  for (uint32_t i = 0; i < MANY; ++i) {
    assert_int_equal(cores[i].heard[99].n_peers, i < FIQ_LINK_MEMBERS ? FIQ_LINK_MEMBERS - 1 : 0);
  }
  fiq_link_leave(&cores[0].link);
  for (uint32_t n = 0; n < 100; ++n) {
    for (uint32_t i = 1; i < MANY; ++i) {
      core_run(&cores[i], 1);
    }
  }
  assert_int_equal(cores[FIQ_LINK_MEMBERS].heard[199].n_peers, FIQ_LINK_MEMBERS - 1);
  assert_int_equal(cores[FIQ_LINK_MEMBERS + 1].heard[199].n_peers, 0);
  close_all(MANY);
}

static void test_one_that_is_gone_is_not_heard(void** state)
{
  (void)state;
  open_and_start(2);
  run_all(2, 100, 4, NULL, false);
  fiq_link_leave(&cores[1].link);
  memset(&cores[1], 0xaa, sizeof(cores[1]));
  run_all(1, 2, 1, NULL, false);
  assert_int_equal(cores[0].heard[99].n_peers, 1);
  assert_int_equal(cores[0].heard[100].n_peers, 0);
  fiq_link_leave(&cores[0].link);
}

static void test_nothing_is_heard_of_earlier_renders(void** state)
{
  (void)state;
  for (int turn = 0; turn < 3; ++turn) {
    play_piece(333, 9, NULL, false, true);
    for (uint32_t i = 0; i < 4; ++i) {
      if (turn > 0) {
        assert_memory_equal(cores[i].heard, reference[i], sizeof(reference[i]));
      }
      memcpy(reference[i], cores[i].heard, sizeof(reference[i]));
    }
  }
}

static void test_nobody_hears_itself_after_coming_back(void** state)
{
  (void)state;
  open_and_start(1);
  run_all(1, 50, 1, NULL, false);
  cores[0].number = 0;
  run_all(1, 3, 1, NULL, false);
  cores[0].number = 1;
  run_all(1, 50, 1, NULL, false);
  for (uint32_t n = 0; n < cores[0].n; ++n) {
    assert_int_equal(cores[0].heard[n].n_peers, 0);
  }
  close_all(1);
}

// ---- drawing together ----

/// Largest distance of two phases in the last second of 20 s.
static double spread_of(uint32_t n_cores, double strength, double detune_hz)
{
  enum { STEPS = 3750 };
  for (uint32_t i = 0; i < n_cores; ++i) {
    fiq_link_start(&core_open(i, 2.0 * i, 5.0 + detune_hz * i)->link);
    cores[i].strength = strength;
  }
  run_all(n_cores, STEPS, 4, NULL, false);
  double worst = 0.0;
  for (uint32_t n = STEPS - 187; n < STEPS; ++n) {
    for (uint32_t i = 0; i < n_cores; ++i) {
      worst = fmax(worst, distance_rad(cores[i].was_rad[n], cores[0].was_rad[n]));
    }
  }
  close_all(n_cores);
  return worst;
}

static void test_linked_phases_meet_at_every_strength(void** state)
{
  (void)state;
  static const double strengths[] = {0.5, 1.0, 2.0, 5.0, 10.0};
  for (uint32_t i = 0; i < 5; ++i) {
    const double two   = spread_of(2, strengths[i], 0.0);
    const double three = spread_of(3, strengths[i], 0.0);
    print_message("strength %4.1f: two within %.1e rad, three within %.1e\n", strengths[i], two,
                  three);
    assert_true(two < 0.01 && three < 0.01);
  }
  const double alone = spread_of(2, 0.0, 0.0);
  assert_true(alone > 1.9);
}

/// Adler: two that draw each other by K stay apart by asin(difference / 2 K).
static void test_unequal_rates_lock_where_theory_says(void** state)
{
  (void)state;
  for (double strength = 2.0; strength <= 8.0; strength *= 2.0) {
    const double measured = spread_of(2, strength, 0.2);
    const double theory   = asin(two_pi * 0.2 / (2.0 * strength));
    print_message("0.2 Hz apart, strength %.0f: %.4f rad, theory %.4f\n", strength, measured,
                  theory);
    assert_true(fabs(measured - theory) < 0.02);
  }
}

// ---- threads ----

enum { N_THREADS = 4, HAMMERINGS = 60000 };

typedef struct {
  uint32_t seed;
  uint32_t n_heard;
  uint32_t n_false; ///< fields that nobody told
} Hammer;

/// Order, phase and rate of an entry all follow from one number of 0..255.
static FiqCoreMessage honest_news(uint32_t which)
{
  const double delay_s = DELAY * step_s;
  return (FiqCoreMessage){.order      = (float)(which + 1) / 256.0f,
                          .psi_rad    = (float)which * 0.01f,
                          .rate_rad_s = (float)(two_pi * (which % 8) / delay_s)};
}

static bool is_honest(const FiqCoreField* field)
{
  const float order = hypotf(field->re, field->im);
  const float which = rintf(order * 256.0f - 1.0f);
  return fabsf(order * 256.0f - 1.0f - which) < 0.01f &&
         fabsf(atan2f(field->im, field->re) - 0.01f * which) < 0.002f;
}

static void* hammer(void* handle)
{
  Hammer* const self = handle;
  FiqRandom     random;
  FiqLink       link;
  fiq_random_init(&random, self->seed, 3);
  fiq_link_init(&link, STEP_FRAMES, RATE);
  fiq_link_start(&link);
  uint32_t number = 1;
  for (uint32_t i = 0; i < HAMMERINGS; ++i) {
    const uint32_t dice = fiq_random_bits(&random);
    if (dice % 997 == 0) {
      fiq_link_leave(&link);
      fiq_link_init(&link, STEP_FRAMES, RATE);
      fiq_link_start(&link);
    }
    number              = dice % 211 == 0 ? dice / 211 % 3 : number;
    FiqCoreMessage news = honest_news(dice / 256 % 256);
    news.link           = number;
    news.role           = dice / 65536 % 64 ? 0 : dice / 4194304 % 3;
    link.has_stepped    = false; // these phases jump on purpose: no rate is to be learned
    FiqCoreField field;
    fiq_link_begin(&link);
    fiq_link_exchange(&link, &news, &field);
    self->n_heard += field.n_peers;
    self->n_false += field.n_peers == 1 && !is_honest(&field);
  }
  fiq_link_leave(&link);
  return NULL;
}

static void test_threads_join_tell_hear_and_leave(void** state)
{
  (void)state;
  pthread_t thread[N_THREADS];
  Hammer    hammers[N_THREADS];
  uint32_t  n_heard = 0;
  for (uint32_t i = 0; i < N_THREADS; ++i) {
    hammers[i] = (Hammer){.seed = i};
    assert_int_equal(pthread_create(&thread[i], NULL, hammer, &hammers[i]), 0);
  }
  for (uint32_t i = 0; i < N_THREADS; ++i) {
    assert_int_equal(pthread_join(thread[i], NULL), 0);
    assert_int_equal(hammers[i].n_false, 0);
    n_heard += hammers[i].n_heard;
  }
  print_message("%d threads, %d steps each: %u entries heard, none false\n", N_THREADS, HAMMERINGS,
                n_heard);
  assert_true(n_heard > 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_unlinked_neither_hears_nor_is_heard),
      cmocka_unit_test(test_numbers_are_apart),
      cmocka_unit_test(test_field_is_the_mean_of_the_peers),
      cmocka_unit_test(test_a_rate_that_strays_is_learned),
      cmocka_unit_test(test_roles_decide_who_draws_whom),
      cmocka_unit_test(test_blocks_and_order_of_runs_do_not_matter),
      cmocka_unit_test(test_order_of_arrival_does_not_matter),
      cmocka_unit_test(test_one_that_comes_later_is_in_time),
      cmocka_unit_test(test_activation_right_before_the_first_run_is_in_time),
      cmocka_unit_test(test_one_that_was_left_out_comes_back_in_time),
      cmocka_unit_test(test_a_full_link_leaves_others_alone_until_one_goes),
      cmocka_unit_test(test_one_that_is_gone_is_not_heard),
      cmocka_unit_test(test_nothing_is_heard_of_earlier_renders),
      cmocka_unit_test(test_nobody_hears_itself_after_coming_back),
      cmocka_unit_test(test_linked_phases_meet_at_every_strength),
      cmocka_unit_test(test_unequal_rates_lock_where_theory_says),
      cmocka_unit_test(test_threads_join_tell_hear_and_leave)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
