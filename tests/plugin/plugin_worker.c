// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: a larger swarm or another window arrives while sound plays, by the worker, or at once when
   freewheeling, and nothing is heard of the change but what was asked for.
   Method: the plugin binary with a worker under the test's control; the render around the swap is
   searched for steps, and memory is given back (the address sanitizer build watches).
*/
#include "tests/support/fixture.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum { FRAMES = 192000, BLOCK = 240 };

static Fixture* sounding(bool with_worker)
{
  Fixture* const self = fixture_open(FIQ_PLUGIN_SWARM, 48000.0, with_worker);
  fixture_seed(self, 6);
  fixture_set(self, "oscillators", 1000);
  fixture_set(self, "anneal", 0.1);
  fixture_set(self, "partials", 4);
  fixture_set(self, "detune", 60); // quick beats, which average out within the measurement
  fixture_set(self, "coupling", 0);
  fixture_midi(self, 0, 0x90, 60, 100);
  return self;
}

/// Activates with what is set so far, and plays one block.
static void start(Fixture* self, FixtureAudio* out)
{
  fixture_run(self, NULL, out->plane, 0, BLOCK);
}

/// Both channels together: places are drawn by chance, their power is not.
static double level_of(const FixtureAudio* audio, size_t start, size_t n)
{
  return hypot(support_rms(audio->plane[0] + start, n), support_rms(audio->plane[1] + start, n));
}

static double largest_step(const float* x, size_t n)
{
  double step = 0.0;
  for (size_t i = 1; i < n; ++i) {
    step = fmax(step, fabs((double)x[i] - (double)x[i - 1]));
  }
  return step;
}

static void test_growth_by_the_worker_is_seamless(void** state)
{
  (void)state;
  FixtureAudio out    = fixture_audio(FRAMES);
  Fixture*     self   = sounding(true);
  uint32_t     orders = 0;
  for (size_t done = 0; done < FRAMES; done += BLOCK) {
    if (done == FRAMES / 2) {
      fixture_set(self, "oscillators", 20000);
    }
    fixture_run(self, NULL, out.plane, done, BLOCK);
    orders += self->n_orders;
    if (done > FRAMES / 2 + 20 * BLOCK) {
      fixture_work(self); // a slow worker: the answer comes 20 blocks later
    }
  }
  assert_true(orders > 0);
  const size_t half   = FRAMES / 2;
  const double before = level_of(&out, half / 2, half / 2);
  const double after  = level_of(&out, half + half / 2, half / 2);
  print_message("level %.2f dB -> %.2f dB\n", support_db(before), support_db(after));
  assert_true(fabs(support_db(after / before)) < 2.0);
  const double step_before = largest_step(out.plane[0] + half / 2, half / 2);
  const double step_after  = largest_step(out.plane[0] + half, half);
  print_message("largest step %.4f -> %.4f\n", step_before, step_after);
  assert_true(step_after < 1.6 * step_before);
  fixture_close(self);
  fixture_audio_free(&out);
}

static double largest_second_difference(const float* x, size_t n)
{
  double bend = 0.0;
  for (size_t i = 2; i < n; ++i) {
    bend = fmax(bend, fabs((double)x[i] - 2.0 * (double)x[i - 1] + (double)x[i - 2]));
  }
  return bend;
}

/// The faintest of the 5 ms pieces of `x`.
static double least_level(const float* x, size_t n)
{
  double least = 1e9;
  for (size_t i = 0; i + 240 <= n; i += 240) {
    least = fmin(least, support_rms(x + i, 240));
  }
  return least;
}

static void test_quality_changes_without_a_click(void** state)
{
  (void)state;
  FixtureAudio out = fixture_audio(FRAMES);
  for (int from = 0; from < 3; ++from) {
    for (int to = 0; to < 3; ++to) {
      Fixture* const self = sounding(true);
      fixture_set(self, "quality", from);
      for (size_t done = 0; done < FRAMES; done += BLOCK) {
        if (done == FRAMES / 2) {
          fixture_set(self, "quality", to);
        }
        fixture_run(self, NULL, out.plane, done, BLOCK);
        fixture_work(self);
      }
      const size_t half   = FRAMES / 2;
      const double before = largest_second_difference(out.plane[0] + half / 2, half / 2);
      const double after  = largest_second_difference(out.plane[0] + half, half);
      const double quiet  = least_level(out.plane[0] + half / 2, half / 2);
      const double gap    = least_level(out.plane[0] + half, half);
      print_message(
          "quality %d to %d: second difference %.5f -> %.5f, least of 5 ms %.4f -> %.4f\n", from,
          to, before, after, quiet, gap);
      assert_true(after < 2.0 * before);
      assert_true(gap > 0.5 * quiet);
      fixture_close(self);
    }
  }
  fixture_audio_free(&out);
}

/// The old swarm is still heard when another quality is asked for, when the host starts over, and when the instance goes.
static void test_a_leaving_swarm_may_be_interrupted(void** state)
{
  (void)state;
  FixtureAudio   out  = fixture_audio(FRAMES);
  Fixture* const self = sounding(true);
  size_t         done = 0;
  start(self, &out);
  for (int quality = 2; quality >= 0; --quality) {
    for (int i = 0; i < 2; ++i, done += BLOCK) {
      fixture_set(self, "quality", quality);
      fixture_run(self, NULL, out.plane, done, BLOCK);
      fixture_work(self);
    }
  }
  self->descriptor->activate(self->handle);
  fixture_midi(self, 0, 0x90, 60, 100);
  for (int i = 0; i < 40; ++i, done += BLOCK) {
    fixture_run(self, NULL, out.plane, done, BLOCK);
    fixture_work(self);
  }
  assert_true(support_rms(out.plane[0] + done - 10 * BLOCK, 10 * BLOCK) > 0.003);
  fixture_set(self, "quality", 2);
  fixture_run(self, NULL, out.plane, done, BLOCK);
  fixture_work(self);
  fixture_run(self, NULL, out.plane, done + BLOCK, BLOCK);
  fixture_close(self);
  fixture_audio_free(&out);
}

static void test_without_a_worker_the_swarm_keeps_its_size(void** state)
{
  (void)state;
  FixtureAudio out  = fixture_audio(FRAMES);
  Fixture*     self = sounding(false);
  start(self, &out);
  fixture_set(self, "oscillators", 131072);
  fixture_render(self, NULL, out.plane, FRAMES, BLOCK);
  assert_true(support_rms(out.plane[0] + FRAMES / 2, FRAMES / 2) > 0.01);
  fixture_close(self);
  fixture_audio_free(&out);
}

static void test_freewheeling_needs_no_worker(void** state)
{
  (void)state;
  FixtureAudio a = fixture_audio(FRAMES);
  FixtureAudio b = fixture_audio(FRAMES);
  for (int worker = 0; worker < 2; ++worker) {
    Fixture* self = sounding(worker);
    start(self, worker ? &b : &a);
    fixture_set(self, "freewheel", 1);
    fixture_set(self, "oscillators", 20000);
    fixture_render(self, NULL, worker ? b.plane : a.plane, FRAMES, worker ? 64 : BLOCK);
    assert_int_equal(self->n_orders, 0);
    fixture_close(self);
  }
  assert_memory_equal(a.plane[0], b.plane[0], FRAMES * sizeof(float));
  Fixture* small = sounding(false);
  start(small, &b);
  fixture_set(small, "oscillators", 20000);
  fixture_render(small, NULL, b.plane, FRAMES, BLOCK);
  fixture_close(small);
  assert_true(support_max_difference(a.plane[0], b.plane[0], FRAMES) > 0.001);
  fixture_audio_free(&a);
  fixture_audio_free(&b);
}

static void test_a_lost_answer_is_asked_for_again(void** state)
{
  (void)state;
  FixtureAudio out  = fixture_audio(BLOCK);
  Fixture*     self = sounding(true);
  start(self, &out);
  fixture_set(self, "oscillators", 20000);
  fixture_run(self, NULL, out.plane, 0, BLOCK);
  fixture_run(self, NULL, out.plane, 0, BLOCK);
  assert_int_equal(self->n_orders, 1);
  self->refuses_answers = true;
  fixture_work(self);
  self->refuses_answers = false;
  fixture_run(self, NULL, out.plane, 0, BLOCK);
  fixture_run(self, NULL, out.plane, 0, BLOCK);
  assert_int_equal(self->n_orders, 1);
  fixture_close(self);
  fixture_audio_free(&out);
}

static void test_an_instance_may_end_while_it_grows(void** state)
{
  (void)state;
  FixtureAudio out  = fixture_audio(BLOCK);
  Fixture*     self = sounding(true);
  start(self, &out);
  fixture_set(self, "oscillators", 20000);
  fixture_run(self, NULL, out.plane, 0, BLOCK);
  fixture_run(self, NULL, out.plane, 0, BLOCK);
  assert_true(self->n_orders > 0);
  fixture_close(self);
  fixture_audio_free(&out);
}

static pthread_barrier_t at_work;
static atomic_bool       is_done;

/// A worker that is slow to answer, and does not.
static LV2_Worker_Status hesitate(LV2_Worker_Respond_Handle handle, uint32_t size, const void* data)
{
  (void)handle;
  (void)size;
  (void)data;
  (void)pthread_barrier_wait(&at_work);
  usleep(100000);
  atomic_store(&is_done, true);
  return LV2_WORKER_ERR_NO_SPACE;
}

static void* work_slowly(void* handle)
{
  const Fixture* const              self = handle;
  const LV2_Worker_Interface* const worker =
      self->descriptor->extension_data(LV2_WORKER__interface);
  (void)worker->work(self->handle, hesitate, NULL, self->orders[0].size, self->orders[0].data);
  return NULL;
}

/// As Ardour 7 does with an effect that is removed.
static void test_a_worker_may_go_on_while_the_instance_ends(void** state)
{
  (void)state;
  FixtureAudio                      out  = fixture_audio(BLOCK);
  Fixture*                          self = sounding(true);
  const LV2_Worker_Interface* const worker =
      self->descriptor->extension_data(LV2_WORKER__interface);
  pthread_t thread;
  start(self, &out);
  fixture_set(self, "oscillators", 20000);
  fixture_run(self, NULL, out.plane, 0, BLOCK);
  assert_int_equal(self->n_orders, 1);
  assert_int_equal(pthread_barrier_init(&at_work, NULL, 2), 0);
  assert_int_equal(pthread_create(&thread, NULL, work_slowly, self), 0);
  (void)pthread_barrier_wait(&at_work);
  self->descriptor->cleanup(self->handle);
  assert_true(atomic_load(&is_done)); // nothing was freed before
  // What was still queued comes too late.
  assert_int_not_equal(
      worker->work(self->handle, hesitate, NULL, self->orders[0].size, self->orders[0].data),
      LV2_WORKER_SUCCESS);
  assert_int_equal(pthread_join(thread, NULL), 0);
  self->handle = NULL;
  fixture_close(self);
  fixture_audio_free(&out);
}

static void test_what_is_set_before_activation_is_there_at_once(void** state)
{
  (void)state;
  FixtureAudio in   = fixture_audio(BLOCK);
  FixtureAudio out  = fixture_audio(BLOCK);
  Fixture*     self = fixture_open(FIQ_PLUGIN_REALMS, 48000.0, true);
  fixture_set(self, "window", 5);
  fixture_set(self, "bands", 48);
  fixture_run(self, in.plane, out.plane, 0, BLOCK);
  assert_true(fixture_get(self, "latency") >= 8192.0f);
  assert_int_equal(self->n_orders, 0);
  fixture_close(self);
  fixture_audio_free(&in);
  fixture_audio_free(&out);
}

static void test_the_window_changes_without_a_click(void** state)
{
  (void)state;
  enum { LONG = 4 * FRAMES };
  static const double windows[] = {3, 0, 5, 2};
  FixtureAudio        in        = fixture_audio(LONG);
  FixtureAudio        out       = fixture_audio(LONG);
  Fixture*            self      = fixture_open(FIQ_PLUGIN_REALMS, 48000.0, true);
  support_sine(in.plane[0], LONG, 1000.0, 48000.0, 0.5, 0.0);
  support_sine(in.plane[1], LONG, 1000.0, 48000.0, 0.5, 0.0);
  fixture_set(self, "motion", 0);
  for (size_t done = 0; done < LONG; done += BLOCK) {
    fixture_set(self, "window", windows[done / FRAMES]);
    fixture_set(self, "amount", done < 3 * FRAMES ? 80 : 0);
    fixture_run(self, in.plane, out.plane, done, BLOCK);
    fixture_work(self);
  }
  // A short window lets the level of a sine waver by some 2 %, as its bands are turned.
  double own = 0.5 * 2.0 * 3.14159265358979 * 1000.0 / 48000.0;
  for (size_t end = FRAMES; end <= LONG; end += FRAMES) {
    own = fmax(own, largest_step(out.plane[0] + end - FRAMES / 4, FRAMES / 4));
  }
  const double step = largest_step(out.plane[0] + FRAMES / 2, LONG - FRAMES / 2);
  print_message("largest step %.4f, between changes %.4f; latency %g frames\n", step, own,
                (double)fixture_get(self, "latency"));
  // The fade adds the difference of two sines over 50 ms.
  assert_true(step < own + 1.0 / 2400.0 + 7e-4);
  const size_t latency = (size_t)fixture_get(self, "latency");
  const size_t settled = LONG - FRAMES / 4;
  const double null =
      support_max_difference(out.plane[0] + settled, in.plane[0] + settled - latency, FRAMES / 4);
  assert_true(support_db(null) < -90.0);
  fixture_close(self);
  fixture_audio_free(&in);
  fixture_audio_free(&out);
}

/// Frame of the largest sample.
static size_t peak_at(const float* x, size_t n)
{
  size_t at = 0;
  for (size_t i = 1; i < n; ++i) {
    at = fabsf(x[i]) > fabsf(x[at]) ? i : at;
  }
  return at;
}

static void test_short_windows_do_not_wait_for_the_other_realms(void** state)
{
  (void)state;
  enum { LONG = 8192 };
  static const uint32_t most[] = {256, 512, 1024, 2048};
  FixtureAudio          in     = fixture_audio(LONG);
  FixtureAudio          out    = fixture_audio(LONG);
  in.plane[0][100]             = 0.5f;
  in.plane[1][100]             = 0.5f;
  for (int window = 0; window < 4; ++window) {
    Fixture* const self = fixture_open(FIQ_PLUGIN_REALMS, 48000.0, true);
    fixture_set(self, "window", window);
    fixture_set(self, "amount", 0);
    fixture_set(self, "peak_guard", 0);
    fixture_render(self, in.plane, out.plane, LONG, 64);
    const uint32_t latency = (uint32_t)fixture_get(self, "latency");
    print_message("window %4u: latency %u frames, the impulse at %zu\n", most[window], latency,
                  peak_at(out.plane[0], LONG) - 100);
    assert_true(latency <= most[window]);
    assert_int_equal(peak_at(out.plane[0], LONG) - 100, latency);
    fixture_close(self);
  }
  fixture_audio_free(&in);
  fixture_audio_free(&out);
}

static void test_a_realm_chosen_at_a_short_window_comes_without_a_click(void** state)
{
  (void)state;
  enum { LONG = 96000, CHUNK = 64 };
  FixtureAudio   in      = fixture_audio(LONG);
  FixtureAudio   out     = fixture_audio(LONG);
  Fixture* const self    = fixture_open(FIQ_PLUGIN_REALMS, 48000.0, true);
  float          largest = 0.0f;
  float          latency[3];
  support_sine(in.plane[0], LONG, 200.0, 48000.0, 0.5, 0.0);
  support_sine(in.plane[1], LONG, 200.0, 48000.0, 0.5, 0.0);
  fixture_set(self, "window", 0);
  fixture_set(self, "amount", 0);
  fixture_set(self, "peak_guard", 0);
  for (size_t at = 0; at < LONG; at += CHUNK) {
    fixture_set(self, "realm", at < LONG / 3 ? 1 : at < 2 * LONG / 3 ? 0 : 1);
    fixture_run(self, in.plane, out.plane, at, CHUNK);
    fixture_work(self);
    latency[3 * at / LONG] = fixture_get(self, "latency");
  }
  for (size_t i = 2000; i < LONG; ++i) {
    largest = fmaxf(largest, fabsf(out.plane[0][i] - out.plane[0][i - 1]));
  }
  print_message("latency %.0f, temporal %.0f, back %.0f; largest step %.4f of 0.0131\n",
                (double)latency[0], (double)latency[1], (double)latency[2], (double)largest);
  assert_true(latency[0] < 300.0f && latency[1] > 1000.0f && latency[2] < 300.0f);
  assert_true(largest < 0.02f);
  fixture_close(self);
  fixture_audio_free(&in);
  fixture_audio_free(&out);
}

/// As Ardour does while it loads a session or exports one.
static void test_a_worker_that_answers_at_once_is_asked_again(void** state)
{
  (void)state;
  enum { LONG = 48000 };
  static const double   windows[] = {5, 1, 4};
  static const uint32_t frames[]  = {8192, 512, 4096};
  FixtureAudio          out       = fixture_audio(LONG);
  FixtureAudio          in        = fixture_audio(LONG);
  Fixture* const        self      = fixture_open(FIQ_PLUGIN_REALMS, 48000.0, true);
  self->works_at_once             = true;
  fixture_set(self, "peak_guard", 0);
  fixture_run(self, in.plane, out.plane, 0, BLOCK);
  for (size_t i = 0; i < 3; ++i) {
    fixture_set(self, "window", windows[i]);
    fixture_render(self, in.plane, out.plane, LONG, BLOCK);
    assert_int_equal((uint32_t)fixture_get(self, "latency"), frames[i]);
  }
  fixture_close(self);
  fixture_audio_free(&in);
  fixture_audio_free(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_short_windows_do_not_wait_for_the_other_realms),
      cmocka_unit_test(test_a_realm_chosen_at_a_short_window_comes_without_a_click),
      cmocka_unit_test(test_growth_by_the_worker_is_seamless),
      cmocka_unit_test(test_quality_changes_without_a_click),
      cmocka_unit_test(test_a_leaving_swarm_may_be_interrupted),
      cmocka_unit_test(test_without_a_worker_the_swarm_keeps_its_size),
      cmocka_unit_test(test_freewheeling_needs_no_worker),
      cmocka_unit_test(test_what_is_set_before_activation_is_there_at_once),
      cmocka_unit_test(test_the_window_changes_without_a_click),
      cmocka_unit_test(test_a_lost_answer_is_asked_for_again),
      cmocka_unit_test(test_a_worker_that_answers_at_once_is_asked_again),
      cmocka_unit_test(test_a_worker_may_go_on_while_the_instance_ends),
      cmocka_unit_test(test_an_instance_may_end_while_it_grows)};
  return cmocka_run_group_tests_name("plugin growth", tests, NULL, NULL);
}
