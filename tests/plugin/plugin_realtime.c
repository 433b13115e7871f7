// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: run() neither allocates, nor locks, nor enters the kernel.
   Method: this program replaces malloc and its kin and the mutex calls by counting ones, and has
   the kernel hand every system call back as a signal (syscall user dispatch) while the guard is
   up. The guard is first shown to catch one of each.
*/
#include "tests/support/fixture.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_ON 1
#endif

extern void* __libc_malloc(size_t size_bytes);
extern void* __libc_calloc(size_t count, size_t size_bytes);
extern void* __libc_realloc(void* block, size_t size_bytes);
extern void* __libc_memalign(size_t alignment, size_t size_bytes);
extern void  __libc_free(void* block);

void* malloc(size_t size_bytes);
void* calloc(size_t count, size_t size_bytes);
void* realloc(void* block, size_t size_bytes);
void* aligned_alloc(size_t alignment, size_t size_bytes);
int   posix_memalign(void** block, size_t alignment, size_t size_bytes);
void  free(void* block);

typedef struct {
  unsigned allocations, locks, calls;
} Caught;

static volatile Caught
    caught; // volatile: compilers know malloc, and that it changes nothing of ours
static volatile sig_atomic_t guarding;
static volatile char         dispatch; // the kernel reads it: 1 sends system calls back

static void note_allocation(void)
{
  caught.allocations += guarding ? 1u : 0u;
}

void* malloc(size_t size_bytes)
{
  note_allocation();
  return __libc_malloc(size_bytes);
}

void* calloc(size_t count, size_t size_bytes)
{
  note_allocation();
  return __libc_calloc(count, size_bytes);
}

void* realloc(void* block, size_t size_bytes)
{
  note_allocation();
  return __libc_realloc(block, size_bytes);
}

void* aligned_alloc(size_t alignment, size_t size_bytes)
{
  note_allocation();
  return __libc_memalign(alignment, size_bytes);
}

int posix_memalign(void** block, size_t alignment, size_t size_bytes)
{
  note_allocation();
  *block = __libc_memalign(alignment, size_bytes);
  return *block ? 0 : ENOMEM;
}

void free(void* block)
{
  note_allocation();
  __libc_free(block);
}

typedef int (*MutexFunction)(pthread_mutex_t* mutex);

static MutexFunction real_mutex_lock;

int pthread_mutex_lock(pthread_mutex_t* mutex)
{
  caught.locks += guarding ? 1u : 0u;
  if (!real_mutex_lock) {
    *(void**)&real_mutex_lock = dlsym(RTLD_NEXT, "pthread_mutex_lock");
  }
  return real_mutex_lock(mutex);
}

static void on_system_call(int signal_number)
{
  (void)signal_number;
  dispatch = 0; // the call itself is dropped; the guard has seen what it is there to see
  ++caught.calls;
}

static void guard_up(void)
{
  caught.allocations = 0;
  caught.locks       = 0;
  caught.calls       = 0;
  // cmocka has a handler of its own for this signal while a test runs.
  struct sigaction action;
  memset(&action, 0, sizeof(action));
  action.sa_handler = on_system_call;
  sigaction(SIGSYS, &action, NULL);
  guarding = 1;
  dispatch = 1;
}

static Caught guard_down(void)
{
  dispatch = 0;
  guarding = 0;
  return (Caught){caught.allocations, caught.locks, caught.calls};
}

static int set_up(void** state)
{
  (void)state;
  if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0L, 0L, &dispatch)) {
    print_message("syscall user dispatch needs Linux 5.11: %s\n", strerror(errno));
    return -1;
  }
  return 0;
}

static void test_the_guard_catches(void** state)
{
  (void)state;
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex); // looks up the real one, once
  pthread_mutex_unlock(&mutex);
  guard_up();
  void* volatile block = malloc(100);
  free(block);
  Caught found = guard_down();
  assert_int_equal(found.allocations, 2);
  guard_up();
  char* const copy = strdup("allocated inside a shared library");
  found            = guard_down();
  assert_int_equal(found.allocations, 1);
  free(copy);
  guard_up();
  pthread_mutex_lock(&mutex);
  found = guard_down();
  assert_int_equal(found.locks, 1);
  pthread_mutex_unlock(&mutex);
  guard_up();
  (void)syscall(SYS_getppid);
  found = guard_down();
  assert_int_equal(found.calls, 1);
  const struct timespec moment = {0, 1};
  guard_up();
  nanosleep(&moment, NULL);
  found = guard_down();
  assert_int_equal(found.calls, 1);
}

/// A scale for the tuning to change to, under a name of its own.
static void write_scale(char* name)
{
  static const char text[] = "Thirds\n3\n5/4\n25/16\n2\n";
  const int         file   = mkstemp(name);
  assert_true(file >= 0 && write(file, text, sizeof(text) - 1) == (ssize_t)sizeof(text) - 1);
  close(file);
}

/// The living core, memory, goals, links and whoever listens.
static void stir(Fixture* self, int i)
{
  static const float goals[] = {1, 0.9f, 1, 3, 0.4f, 2};
  fixture_set(self, "core_size", i % 5 ? 24 : 1000);
  fixture_set(self, "distribution", i / 70 % 2);
  fixture_set(self, "regulator", i / 110 % 2);
  fixture_set(self, "stabilise", i / 90 % 2);
  fixture_set(self, "resonance", i / 200 % 2 ? 100 : 0);
  fixture_set(self, "lag", i % 60);
  fixture_set(self, "remember", i / 400 % 2 == 0);
  fixture_set(self, "recall", i / 300 % 2 ? 80 : 0);
  fixture_set(self, "recall_age", 0.5);
  fixture_set(self, "memory_clear", i % 450 == 449);
  fixture_set(self, "goal", i / 130 % 5);
  fixture_set(self, "attention", i / 60 % 2 ? 70 : 0);
  fixture_set(self, "partial_primes", i / 125 % 7);
  fixture_set(self, "just", i % 100);
  fixture_set(self, "link", i / 150 % 3);
  fixture_set(self, "sequence", i / 80 % 5);
  fixture_set(self, "sequence_link", i / 60 % 3);
  fixture_set(self, "sequence_forget", i % 400 == 399);
  fixture_set(self, "sequence_density", i / 40 % 2 ? 100 : 50);
  fixture_set(self, "link_role", i / 50 % 3);
  if (i % 150 == 20) {
    fixture_patch_get(self, 1, "urn:fieldiq:telemetry");
    fixture_patch_get(self, 1, "urn:fieldiq:window");
  }
  if (i % 250 == 10) {
    fixture_patch_floats(self, 2, "urn:fieldiq:goals", goals, i % 500 == 10 ? 6 : 0);
  }
}

/// Controllers are learned, move parameters, are told of and given back.
static void turn_knobs(Fixture* self, int i)
{
  const float back[2] = {(float)fixture_port(self, "coupling"), 2.0f};
  if (i % 80 == 10) {
    fixture_patch_string(self, 1, "urn:fieldiq:controllers", i % 160 == 10 ? "1 21 coupling" : "");
    fixture_patch_string(self, 2, "urn:fieldiq:learn-controller", "noise");
    fixture_patch_get(self, 3, "urn:fieldiq:seed");
  }
  fixture_midi(self, 4, 0xb0, i % 2 ? 21 : 22, (uint8_t)(i % 128));
  if (i % 80 == 50) {
    fixture_patch_floats(self, 5, "urn:fieldiq:laid-over", back, 2);
    fixture_midi(self, 6, 0xc0, (uint8_t)(i / 80), 0);
  }
}

/// One second of everything that a session may bring, block by block under the guard.
static Caught watch(FiqPluginKind kind, int realm, bool with_worker)
{
  enum { BLOCK = 96, BLOCKS = 1000 };
  FixtureAudio in      = fixture_audio(BLOCK);
  FixtureAudio out     = fixture_audio(BLOCK);
  Fixture*     self    = fixture_open(kind, 48000.0, with_worker);
  Fixture*     peer    = fixture_open(FIQ_PLUGIN_SWARM, 48000.0, false);
  Caught       total   = {0, 0, 0};
  char         scale[] = "/tmp/fieldiq_XXXXXX";
  write_scale(scale);
  support_noise(in.plane[0], BLOCK, 0.5, 1);
  support_noise(in.plane[1], BLOCK, 0.5, 2);
  for (int i = 0; i < BLOCKS; ++i) {
    if (kind == FIQ_PLUGIN_REALMS) {
      fixture_set(self, "realm", i / 200 % 2 ? (realm + 1) % 3 : realm);
      fixture_set(self, "swarm_level", -6);
      fixture_set(self, "freeze", i / 70 % 3 == 1);
      fixture_set(self, "rotator_2_amount", i / 90 % 2 ? 100 : 0);
      fixture_set(self, "binding", i / 110 % 2 ? 100 : 0);
      fixture_set(self, "group_spread", i / 70 % 2 ? 100 : 0);
      fixture_set(self, "group_focus", i / 60 % 4);
      fixture_set(self, "shift", i % 300);
      fixture_set(self, "input_mode", i / 333);
      fixture_set(self, "objective", i / 230 % 4);
      fixture_set(self, "learn", i % 190 > 3);
      fixture_set(self, "learn_clear", i / 450 % 2);
      self->side[0] = i > 600 ? in.plane[1] : NULL;
      self->side[1] = i > 600 ? in.plane[0] : NULL;
    } else {
      fixture_set(self, "filter_type", i / 120 % 5);
      fixture_set(self, "breath", i / 60 % 2 ? i % 100 : 0);
      fixture_set(self, "breath_colour", i % 12);
    }
    stir(self, i);
    turn_knobs(self, i);
    fixture_set(peer, "link", 1);
    fixture_run(peer, NULL, out.plane, 0, BLOCK);
    fixture_set(self, "enabled", i / 50 % 2);
    fixture_set(self, "chord", i / 300);
    fixture_set(self, "oscillators", i < 500 ? 300 : 6000);
    fixture_tempo(self, 5, (float)(90 + i % 60));
    fixture_midi(self, i % BLOCK, i % 3 ? 0x90 : 0x80, (uint8_t)(40 + i % 40), 90);
    if (i == 700) {
      fixture_seed(self, 99); // its answer is written by the next run
    }
    if (i % 100 == 30) {
      fixture_patch_path(self, 3, "urn:fieldiq:tuning", i % 200 == 30 ? scale : "");
    }
    if (i % 90 == 40) {
      fixture_patch_string(self, 4, "urn:fieldiq:words", i % 180 == 40 ? "swarm - [s ih ng]" : "");
      fixture_patch_get(self, 5, "urn:fieldiq:words");
    }
    fixture_prepare(self, kind == FIQ_PLUGIN_REALMS ? in.plane : NULL, out.plane, 0);
    guard_up();
    self->descriptor->run(self->handle, BLOCK);
    const Caught found = guard_down();
    fixture_finish(self);
    total.allocations += found.allocations;
    total.locks += found.locks;
    total.calls += found.calls;
    fixture_work(self);
  }
  unlink(scale);
  fixture_close(peer);
  fixture_close(self);
  fixture_audio_free(&in);
  fixture_audio_free(&out);
  return total;
}

static void test_run_is_realtime_safe(void** state)
{
  (void)state;
  for (int worker = 0; worker < 2; ++worker) {
    for (int realm = 0; realm < 4; ++realm) {
      const FiqPluginKind kind  = realm < 3 ? FIQ_PLUGIN_REALMS : FIQ_PLUGIN_SWARM;
      const Caught        found = watch(kind, realm, worker);
      print_message("%s %d: %u allocations, %u locks, %u system calls\n", kind ? "swarm" : "realms",
                    realm, found.allocations, found.locks, found.calls);
      assert_int_equal(found.allocations + found.locks + found.calls, 0);
    }
  }
}

/// Lessons from beginning to end; without a worker their slices run under the guard.
static void test_learning_is_realtime_safe(void** state)
{
  (void)state;
  enum { BLOCK = 96, BLOCKS = 3000 };
  FixtureAudio in  = fixture_audio(BLOCK);
  FixtureAudio out = fixture_audio(BLOCK);
  support_noise(in.plane[0], BLOCK, 0.5, 1);
  support_noise(in.plane[1], BLOCK, 0.5, 2);
  for (int run = 0; run < 6; ++run) {
    Fixture* self  = fixture_open(FIQ_PLUGIN_REALMS, 48000.0, run % 2 == 1);
    Caught   total = {0, 0, 0};
    fixture_set(self, "objective", 1 + run / 2);
    for (int i = 0; i < BLOCKS; ++i) {
      self->side[0] = in.plane[1];
      self->side[1] = in.plane[0];
      fixture_set(self, "window", 1);
      fixture_prepare(self, in.plane, out.plane, 0);
      guard_up();
      self->descriptor->run(self->handle, BLOCK);
      const Caught found = guard_down();
      fixture_finish(self);
      total.allocations += found.allocations;
      total.locks += found.locks;
      total.calls += found.calls;
      fixture_work(self);
    }
    print_message("objective %d: progress %.2f, gain %.2f dB\n", 1 + run / 2,
                  (double)fixture_get(self, "learn_progress"),
                  (double)fixture_get(self, "learn_gain"));
    assert_int_equal(total.allocations + total.locks + total.calls, 0);
    assert_true(fixture_get(self, "learn_progress") > 0.0f);
    fixture_close(self);
  }
  fixture_audio_free(&in);
  fixture_audio_free(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_guard_catches),
                                     cmocka_unit_test(test_run_is_realtime_safe),
                                     cmocka_unit_test(test_learning_is_realtime_safe)};
  return cmocka_run_group_tests_name("plugin realtime", tests, set_up, NULL);
}
