// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: instances with one link number bring their cores together, by their roles, the same whatever
   the blocks and the order in which a host runs them; others are not touched.
   Method: two to seventeen instances of the plugin binary in one process, run in cycles as a host
   does, each cycle cut into blocks of its own for each instance. Mean phases are read from telemetry
   and, in the Swarm, from the vibrato that is heard; outputs are compared byte by byte.
*/
#include "dsp/base/random.h"
#include "tests/support/fixture.h"

#include <lv2/atom/util.h>

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, TELEMETRY_FRAMES = 1024, MESSAGES_MAX = 1024, CAST_MAX = 18 };

static const double two_pi = 6.283185307179586;

typedef struct {
  Fixture*     plugin;
  FixtureAudio out;
  bool         with_input;
  bool         listens; ///< reads telemetry
  float        psi_rad[MESSAGES_MAX];
  uint32_t     n_told;
} Player;

static Player       players[CAST_MAX];
static FixtureAudio input;

/// A player that sounds: noise and a tone through Realms, a held note of the Swarm.
static Player* enter(uint32_t i, FiqPluginKind kind, size_t n_frames)
{
  Player* const self = &players[i];
  memset(self, 0, sizeof(*self));
  self->plugin     = fixture_open(kind, RATE, false);
  self->out        = fixture_audio(n_frames);
  self->with_input = kind == FIQ_PLUGIN_REALMS;
  assert_non_null(self->plugin);
  fixture_seed(self->plugin, 100 + i);
  fixture_set(self->plugin, "core_rate", 1.0);
  fixture_set(self->plugin, "coupling", 4.0);
  fixture_set(self->plugin, "link_strength", 4.0);
  if (kind == FIQ_PLUGIN_REALMS) {
    fixture_set(self->plugin, "amount", 100.0);
  } else {
    fixture_set(self->plugin, "oscillators", 16);
    fixture_set(self->plugin, "sway", 30.0);
    fixture_midi(self->plugin, 0, 0x90, 60, 100);
  }
  return self;
}

static void link_to(uint32_t i, int number, int role)
{
  fixture_set(players[i].plugin, "link", number);
  fixture_set(players[i].plugin, "link_role", role);
}

static void leave(uint32_t i)
{
  fixture_close(players[i].plugin);
  fixture_audio_free(&players[i].out);
}

static void leave_all(uint32_t n)
{
  for (uint32_t i = 0; i < n; ++i) {
    leave(i);
  }
}

static void activate(uint32_t i)
{
  Fixture* const plugin = players[i].plugin;
  plugin->descriptor->activate(plugin->handle);
  plugin->active = true;
}

static void read_object(Player* self, const LV2_Atom_Object* object)
{
  int64_t frame = -1;
  float   psi   = 0.0f;
  LV2_ATOM_OBJECT_FOREACH(object, property)
  {
    const LV2_Atom* const value = &property->value;
    if (property->key == fixture_urid("urn:fieldiq:frame")) {
      frame = ((const LV2_Atom_Long*)(const void*)value)->body;
    } else if (property->key == fixture_urid("urn:fieldiq:psi")) {
      psi = ((const LV2_Atom_Float*)(const void*)value)->body;
    }
  }
  assert_int_equal(frame, (int64_t)self->n_told * TELEMETRY_FRAMES);
  assert_true(self->n_told < MESSAGES_MAX);
  self->psi_rad[self->n_told++] = psi;
}

static void read_telemetry(Player* self)
{
  const LV2_Atom_Sequence* const sequence =
      (const LV2_Atom_Sequence*)(const void*)self->plugin->notify;
  LV2_ATOM_SEQUENCE_FOREACH(sequence, event)
  {
    const LV2_Atom_Object* const object = (const LV2_Atom_Object*)(const void*)&event->body;
    if (object->body.otype == fixture_urid("urn:fieldiq:Telemetry")) {
      read_object(self, object);
    }
  }
}

static void run(Player* self, size_t start, uint32_t n)
{
  if (self->listens) {
    fixture_patch_get(self->plugin, 0, "urn:fieldiq:telemetry");
  }
  fixture_run(self->plugin, self->with_input ? input.plane : NULL, self->out.plane, start, n);
  if (self->listens) {
    read_telemetry(self);
  }
}

/// How a host runs its instances.
typedef struct {
  uint32_t cycle_frames; ///< 0: random, 1..8192
  uint32_t
       cut[3];   ///< longest block of instances 0, 3.., 1, 4.., 2, 5.. within a cycle; 0: the cycle
  bool backward; ///< the last instance first
  bool is_lazy;  ///< each is activated right before it is first run
} Host;

static const Host plain = {.cycle_frames = 512};

static void play(uint32_t n_players, size_t from, size_t to, const Host* host)
{
  FiqRandom random;
  fiq_random_init(&random, 9, 0);
  for (uint32_t i = 0; i < n_players && from == 0 && !host->is_lazy; ++i) {
    activate(i);
  }
  for (size_t start = from; start < to;) {
    const size_t wanted =
        host->cycle_frames ? host->cycle_frames : 1 + fiq_random_bits(&random) % 8192;
    const size_t cycle = to - start < wanted ? to - start : wanted;
    for (uint32_t k = 0; k < n_players; ++k) {
      const uint32_t i    = host->backward ? n_players - 1 - k : k;
      const size_t   most = host->cut[i % 3] ? host->cut[i % 3] : cycle;
      for (size_t at = 0; at < cycle; at += most) {
        run(&players[i], start + at, (uint32_t)(cycle - at < most ? cycle - at : most));
      }
    }
    start += cycle;
  }
}

static void swap_sound(FixtureAudio* a, FixtureAudio* b)
{
  const FixtureAudio c = *a;
  *a                   = *b;
  *b                   = c;
}

/// Largest distance of any two mean phases in the last two seconds.
static double apart_rad(uint32_t n_players)
{
  const uint32_t n     = players[0].n_told;
  double         worst = 0.0;
  for (uint32_t m = n - 2 * RATE / TELEMETRY_FRAMES; m < n; ++m) {
    for (uint32_t i = 0; i < n_players; ++i) {
      assert_int_equal(players[i].n_told, n);
      for (uint32_t k = 0; k < i; ++k) {
        const double way = (double)players[i].psi_rad[m] - (double)players[k].psi_rad[m];
        worst            = fmax(worst, fabs(remainder(way, two_pi)));
      }
    }
  }
  return worst;
}

// ---- together or not ----

static double meet(uint32_t n_players, bool of_both_kinds, int number, int first_role)
{
  enum { FRAMES = 12 * RATE };
  for (uint32_t i = 0; i < n_players; ++i) {
    enter(i, of_both_kinds && i % 2 ? FIQ_PLUGIN_SWARM : FIQ_PLUGIN_REALMS, FRAMES);
    link_to(i, number, i == 0 ? first_role : first_role == 1 ? 2 : 0);
    players[i].listens = true;
  }
  play(n_players, 0, FRAMES, &plain);
  const double apart = apart_rad(n_players);
  for (uint32_t i = 0; i < n_players; ++i) {
    const uint32_t expected = number == 0 ? 0 : first_role == 0 ? n_players - 1 : i > 0;
    assert_int_equal((int)fixture_get(players[i].plugin, "linked"), expected);
  }
  leave_all(n_players);
  return apart;
}

static void test_linked_cores_meet_and_others_do_not(void** state)
{
  (void)state;
  for (int both = 0; both < 2; ++both) {
    for (uint32_t n = 2; n < 4; ++n) {
      const double alone     = meet(n, both, 0, 0);
      const double consensus = meet(n, both, 5, 0);
      const double led       = meet(n, both, 5, 1);
      print_message("%u instances of %s: %.2f rad apart unlinked, %.3f in consensus, %.3f led\n", n,
                    both ? "both plugins" : "Realms", alone, consensus, led);
      assert_true(alone > 0.5);
      assert_true(consensus < 0.2);
      assert_true(led < 0.3);
    }
  }
}

/// Phase of the vibrato at `rate_hz` of a tone near `f_hz`, over `n` frames at `start`; its depth in cents.
static double vibrato_rad(const float* x, size_t start, size_t n, double f_hz, double rate_hz,
                          double* cents)
{
  enum { HOP = 480, WINDOW = 1440 };
  double re  = 0.0;
  double im  = 0.0;
  double was = 0.0;
  for (size_t at = 0; at + WINDOW <= n; at += HOP) {
    double a = 0.0;
    double b = 0.0;
    support_tone(x + start + at, WINDOW, f_hz, RATE, &a, &b);
    const double arg  = atan2(b, a);
    const double turn = remainder(arg - was - two_pi * f_hz * HOP / RATE, two_pi);
    const double time = (double)(start + at) / RATE;
    if (at > 0) {
      re += turn * cos(two_pi * rate_hz * time);
      im += turn * sin(two_pi * rate_hz * time);
    }
    was = arg;
  }
  const double n_hops = (double)((n - WINDOW) / HOP);
  const double hz     = 2.0 * hypot(re, im) / n_hops * RATE / (two_pi * HOP);
  *cents              = 1200.0 * log2(1.0 + hz / f_hz);
  return atan2(im, re);
}

static void test_linked_swarms_sway_together_as_heard(void** state)
{
  (void)state;
  enum { FRAMES = 12 * RATE, HEARD = 4 * RATE };
  double apart[2];
  for (int number = 0; number < 2; ++number) {
    double phase[2];
    double cents[2];
    for (uint32_t i = 0; i < 2; ++i) {
      Fixture* const plugin = enter(i, FIQ_PLUGIN_SWARM, FRAMES)->plugin;
      fixture_set(plugin, "core_rate", 5.0);
      fixture_set(plugin, "core_size", 1);
      fixture_set(plugin, "core_spread", 0.0);
      fixture_set(plugin, "partials", 1);
      fixture_set(plugin, "oscillators", 1);
      fixture_set(plugin, "detune", 0.0);
      fixture_set(plugin, "anneal", 0.05);
      link_to(i, number, 0);
    }
    play(2, 0, FRAMES, &plain);
    for (uint32_t i = 0; i < 2; ++i) {
      const double c4 = 261.6256;
      phase[i] = vibrato_rad(players[i].out.plane[0], FRAMES - HEARD, HEARD, c4, 5.0, &cents[i]);
      assert_true(cents[i] > 15.0);
    }
    apart[number] = fabs(remainder(phase[0] - phase[1], two_pi));
    print_message("%s: vibratos of %.0f and %.0f cents are %.3f rad apart\n",
                  number ? "linked" : "unlinked", cents[0], cents[1], apart[number]);
    leave_all(2);
  }
  assert_true(apart[0] > 0.5 && apart[1] < 0.1);
}

// ---- who is touched ----

static void test_a_leader_is_not_touched(void** state)
{
  (void)state;
  enum { FRAMES = 4 * RATE };
  for (int kind = 0; kind < 2; ++kind) {
    FixtureAudio alone = fixture_audio(FRAMES);
    enter(0, (FiqPluginKind)kind, FRAMES);
    link_to(0, 3, 1);
    play(1, 0, FRAMES, &plain);
    swap_sound(&alone, &players[0].out);
    leave(0);
    enter(0, (FiqPluginKind)kind, FRAMES);
    enter(1, FIQ_PLUGIN_REALMS, FRAMES);
    enter(2, FIQ_PLUGIN_SWARM, FRAMES);
    link_to(0, 3, 1);
    link_to(1, 3, 2);
    link_to(2, 3, 0);
    play(3, 0, FRAMES, &plain);
    assert_int_equal((int)fixture_get(players[1].plugin, "linked"), 1);
    assert_true(fixture_audio_same(&alone, &players[0].out, FRAMES));
    leave_all(3);
    fixture_audio_free(&alone);
  }
}

/// Alone with a number, unlinked beside a crowd, and alone without: all one.
static void test_unlinked_instances_are_not_touched(void** state)
{
  (void)state;
  enum { FRAMES = 3 * RATE };
  for (int kind = 0; kind < 2; ++kind) {
    FixtureAudio alone = fixture_audio(FRAMES);
    enter(0, (FiqPluginKind)kind, FRAMES);
    fixture_set(players[0].plugin, "link_strength", 0.0);
    play(1, 0, FRAMES, &plain);
    swap_sound(&alone, &players[0].out);
    leave(0);
    for (int number = 0; number < 8; number += 7) {
      for (uint32_t i = 0; i < 3; ++i) {
        enter(i, i == 0 ? (FiqPluginKind)kind : FIQ_PLUGIN_REALMS, FRAMES);
        link_to(i, i == 0 ? number : 6, 0);
      }
      play(3, 0, FRAMES, &plain);
      assert_true(fixture_audio_same(&alone, &players[0].out, FRAMES));
      assert_int_equal((int)fixture_get(players[0].plugin, "linked"), 0);
      assert_int_equal((int)fixture_get(players[1].plugin, "linked"), 1);
      leave_all(3);
    }
    fixture_audio_free(&alone);
  }
}

/// The link must be heard, or nothing that is compared here means anything.
static void test_linked_instances_sound_otherwise(void** state)
{
  (void)state;
  enum { FRAMES = 3 * RATE };
  for (int kind = 0; kind < 2; ++kind) {
    FixtureAudio unlinked = fixture_audio(FRAMES);
    for (int number = 0; number < 2; ++number) {
      enter(0, (FiqPluginKind)kind, FRAMES);
      enter(1, FIQ_PLUGIN_REALMS, FRAMES);
      link_to(0, number, 0);
      link_to(1, number, 0);
      play(2, 0, FRAMES, &plain);
      if (number == 0) {
        swap_sound(&unlinked, &players[0].out);
        leave_all(2);
      }
    }
    float* const difference = support_floats(FRAMES);
    for (size_t i = 0; i < FRAMES; ++i) {
      difference[i] = players[0].out.plane[0][i] - unlinked.plane[0][i];
    }
    const double change =
        support_db(support_rms(difference, FRAMES) / support_rms(unlinked.plane[0], FRAMES));
    print_message("%s: the link changes the output by %.1f dB of it\n", kind ? "Swarm" : "Realms",
                  change);
    assert_true(change > -30.0);
    free(difference);
    leave_all(2);
    fixture_audio_free(&unlinked);
  }
}

// ---- independence of the host ----

enum { PIECE = 2 * RATE };

static void cast(uint32_t n_players, int first_role)
{
  for (uint32_t i = 0; i < n_players; ++i) {
    enter(i, i % 2 ? FIQ_PLUGIN_SWARM : FIQ_PLUGIN_REALMS, PIECE);
    link_to(i, 2, i == 0 ? first_role : 0);
  }
}

static void play_piece(const Host* host, uint32_t n_players, int first_role)
{
  cast(n_players, first_role);
  play(n_players, 0, PIECE, host);
}

static void test_blocks_and_order_of_runs_cannot_be_heard(void** state)
{
  (void)state;
  static const Host hosts[] = {{.cycle_frames = 64},
                               {.cycle_frames = 64, .backward = true},
                               {.cycle_frames = 1000, .cut = {1, 0, 0}},
                               {.cycle_frames = 1000, .cut = {0, 7, 1}, .backward = true},
                               {.cycle_frames = 4096, .cut = {0, 33, 255}},
                               {.cycle_frames = 4096, .is_lazy = true},
                               {.cycle_frames = 8192},
                               {.cycle_frames = 8192, .backward = true},
                               {.cycle_frames = 8192, .cut = {0, 64, 8191}},
                               {.cycle_frames = 8192, .is_lazy = true, .backward = true},
                               {.cycle_frames = 0},
                               {.cycle_frames = 0, .backward = true, .is_lazy = true},
                               {.cycle_frames = 0, .cut = {1, 100, 8192}}};
  for (uint32_t n = 2; n < 4; ++n) {
    FixtureAudio first[3];
    play_piece(&plain, n, 0);
    for (uint32_t i = 0; i < n; ++i) {
      first[i] = fixture_audio(PIECE);
      swap_sound(&first[i], &players[i].out);
    }
    leave_all(n);
    for (size_t h = 0; h < sizeof(hosts) / sizeof(hosts[0]); ++h) {
      play_piece(&hosts[h], n, 0);
      for (uint32_t i = 0; i < n; ++i) {
        if (!fixture_audio_same(&first[i], &players[i].out, PIECE)) {
          fail_msg("instance %u of %u differs, host %zu", i, n, h);
        }
      }
      leave_all(n);
    }
    for (uint32_t i = 0; i < n; ++i) {
      fixture_audio_free(&first[i]);
    }
  }
}

enum { THREADS = 3, CYCLE = 700 };

static pthread_barrier_t barrier;

/// All instances of a cycle run at once, as in a host with several threads.
static void* run_in_thread(void* handle)
{
  Player* const self = handle;
  for (size_t start = 0; start < PIECE; start += CYCLE) {
    const size_t left = PIECE - start;
    run(self, start, (uint32_t)(left < CYCLE ? left : CYCLE));
    (void)pthread_barrier_wait(&barrier);
  }
  return NULL;
}

static void test_threads_cannot_be_heard(void** state)
{
  (void)state;
  FixtureAudio first[THREADS];
  pthread_t    thread[THREADS];
  play_piece(&plain, THREADS, 0);
  for (uint32_t i = 0; i < THREADS; ++i) {
    first[i] = fixture_audio(PIECE);
    swap_sound(&first[i], &players[i].out);
  }
  leave_all(THREADS);
  assert_int_equal(pthread_barrier_init(&barrier, NULL, THREADS), 0);
  cast(THREADS, 0);
  for (uint32_t i = 0; i < THREADS; ++i) {
    activate(i);
  }
  for (uint32_t i = 0; i < THREADS; ++i) {
    assert_int_equal(pthread_create(&thread[i], NULL, run_in_thread, &players[i]), 0);
  }
  for (uint32_t i = 0; i < THREADS; ++i) {
    assert_int_equal(pthread_join(thread[i], NULL), 0);
    assert_true(fixture_audio_same(&first[i], &players[i].out, PIECE));
    fixture_audio_free(&first[i]);
  }
  (void)pthread_barrier_destroy(&barrier);
  leave_all(THREADS);
}

static void test_twice_is_the_same(void** state)
{
  (void)state;
  FixtureAudio first[3];
  for (int turn = 0; turn < 2; ++turn) {
    play_piece(&plain, 3, 1);
    for (uint32_t i = 0; i < 3; ++i) {
      if (turn == 0) {
        first[i] = fixture_audio(PIECE);
        swap_sound(&first[i], &players[i].out);
      } else {
        assert_true(fixture_audio_same(&first[i], &players[i].out, PIECE));
        fixture_audio_free(&first[i]);
      }
    }
    leave_all(3);
  }
}

// ---- coming and going ----

static void test_numbers_change_and_instances_go_while_others_play(void** state)
{
  (void)state;
  enum { FRAMES = 4 * RATE };
  for (uint32_t i = 0; i < 3; ++i) {
    enter(i, FIQ_PLUGIN_REALMS, FRAMES);
    link_to(i, 4, 0);
  }
  play(3, 0, RATE, &plain);
  assert_int_equal((int)fixture_get(players[0].plugin, "linked"), 2);
  link_to(1, 0, 0);
  play(3, RATE, 2 * RATE, &plain);
  assert_int_equal((int)fixture_get(players[0].plugin, "linked"), 1);
  assert_int_equal((int)fixture_get(players[1].plugin, "linked"), 0);
  link_to(1, 4, 0);
  play(3, 2 * RATE, 3 * RATE, &plain);
  assert_int_equal((int)fixture_get(players[1].plugin, "linked"), 2);
  leave(2);
  leave(1);
  play(1, 3 * RATE, 4 * RATE, &plain);
  assert_int_equal((int)fixture_get(players[0].plugin, "linked"), 0);
  leave(0);
}

static void test_a_full_link_says_so(void** state)
{
  (void)state;
  enum { MANY = 17, FRAMES = RATE / 2 };
  for (uint32_t i = 0; i < MANY; ++i) {
    enter(i, FIQ_PLUGIN_SWARM, FRAMES);
    link_to(i, 16, 0);
  }
  play(MANY, 0, FRAMES, &plain);
  for (uint32_t i = 0; i < MANY; ++i) {
    assert_int_equal((int)fixture_get(players[i].plugin, "linked"), i < 16 ? 15 : 0);
  }
  leave_all(MANY);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_linked_cores_meet_and_others_do_not),
      cmocka_unit_test(test_linked_swarms_sway_together_as_heard),
      cmocka_unit_test(test_a_leader_is_not_touched),
      cmocka_unit_test(test_unlinked_instances_are_not_touched),
      cmocka_unit_test(test_linked_instances_sound_otherwise),
      cmocka_unit_test(test_blocks_and_order_of_runs_cannot_be_heard),
      cmocka_unit_test(test_threads_cannot_be_heard),
      cmocka_unit_test(test_twice_is_the_same),
      cmocka_unit_test(test_numbers_change_and_instances_go_while_others_play),
      cmocka_unit_test(test_a_full_link_says_so)};
  input = fixture_audio(12 * RATE);
  support_noise(input.plane[0], 12 * RATE, 0.2, 5);
  support_sine(input.plane[1], 12 * RATE, 330.0, RATE, 0.3, 0.0);
  const int result = cmocka_run_group_tests(tests, NULL, NULL);
  fixture_audio_free(&input);
  return result;
}
