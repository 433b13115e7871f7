// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: a window is sent thirty true pictures a second while it looks, no larger than the rings of hosts bear, and the
   sound is the same.
   Method: the notify port is read while leases are given. What pictures say of pitch, phase and level is compared with
   the notes played, the meters and the sound; renders with and without a window are compared byte by byte.
*/
#include "tests/support/fixture.h"

#include <lv2/atom/util.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, SECONDS = 3, FRAMES = RATE * SECONDS, SHOWN_MAX = 1000, MESSAGE_MAX = 15000 };

/// The last picture, and how many there were.
typedef struct {
  uint32_t n;
  uint32_t largest_bytes;
  double   last_s;
  uint32_t n_shown;
  float    pitch[SHOWN_MAX];
  float    phase_rad[SHOWN_MAX];
  uint16_t mark[SHOWN_MAX + 1];
  uint32_t n_core;
  uint32_t n_bands;
  uint32_t n_neurons;
  float    core_order;
  float    level[5];
  uint32_t n_sound; ///< pairs in all pictures
  float    loudest; ///< of the input's samples
} Seen;

static uint32_t take_vector(const LV2_Atom* value, void* to, size_t most_bytes)
{
  const uint32_t bytes = value->size - (uint32_t)sizeof(LV2_Atom_Vector_Body);
  assert_true(bytes <= most_bytes);
  memcpy(to, (const char*)(value + 1) + sizeof(LV2_Atom_Vector_Body), bytes);
  return bytes / (uint32_t)sizeof(float);
}

static void take_sound(const LV2_Atom* value, Seen* seen)
{
  static int16_t pairs[2 * 2048];
  const uint32_t n = take_vector(value, pairs, sizeof(pairs));
  for (uint32_t i = 0; i < n; ++i) {
    seen->loudest = fmaxf(seen->loudest, (float)abs(pairs[2 * i]) / 8192.0f);
  }
  seen->n_sound += n;
}

static void read_picture(const LV2_Atom_Object* object, Seen* seen)
{
  static float other[1024];
  LV2_ATOM_OBJECT_FOREACH(object, property)
  {
    const LV2_Atom* const value = &property->value;
    const LV2_URID        key   = property->key;
    if (key == fixture_urid("urn:fieldiq:oscillator_pitch")) {
      seen->n_shown = take_vector(value, seen->pitch, sizeof(seen->pitch));
    } else if (key == fixture_urid("urn:fieldiq:oscillator_phase")) {
      (void)take_vector(value, seen->phase_rad, sizeof(seen->phase_rad));
    } else if (key == fixture_urid("urn:fieldiq:oscillator_mark")) {
      (void)take_vector(value, seen->mark, sizeof(seen->mark));
    } else if (key == fixture_urid("urn:fieldiq:core_phase")) {
      seen->n_core = take_vector(value, other, sizeof(other));
    } else if (key == fixture_urid("urn:fieldiq:core_order")) {
      seen->core_order = ((const LV2_Atom_Float*)(const void*)value)->body;
    } else if (key == fixture_urid("urn:fieldiq:band_phase")) {
      seen->n_bands = take_vector(value, other, sizeof(other));
    } else if (key == fixture_urid("urn:fieldiq:neuron_drive")) {
      seen->n_neurons = take_vector(value, other, sizeof(other));
    } else if (key == fixture_urid("urn:fieldiq:level")) {
      (void)take_vector(value, seen->level, sizeof(seen->level));
    } else if (key == fixture_urid("urn:fieldiq:sound")) {
      take_sound(value, seen);
    }
  }
}

static void look(const Fixture* self, double now_s, Seen* seen)
{
  const LV2_Atom_Sequence* const sequence = (const LV2_Atom_Sequence*)(const void*)self->notify;
  LV2_ATOM_SEQUENCE_FOREACH(sequence, event)
  {
    const LV2_Atom_Object* const object = (const LV2_Atom_Object*)(const void*)&event->body;
    if (object->body.otype == fixture_urid("urn:fieldiq:Picture")) {
      read_picture(object, seen);
      ++seen->n;
      seen->last_s = now_s;
      seen->largest_bytes =
          object->atom.size > seen->largest_bytes ? object->atom.size : seen->largest_bytes;
    }
  }
}

/// What is played.
typedef struct {
  FiqPluginKind kind;
  uint32_t      block;
  int           leases; ///< one at the start of each second
  float         coupling;
  float         oscillators;
  float         realm;
} Scene;

static Seen play(const Scene* scene, FixtureAudio* out, float* order)
{
  Seen           seen = {0};
  FixtureAudio   in   = fixture_audio(FRAMES);
  Fixture* const self = fixture_open(scene->kind, RATE, false);
  support_sine(in.plane[0], FRAMES, 330.0, RATE, 0.5, 0.0);
  support_sine(in.plane[1], FRAMES, 330.0, RATE, 0.5, 0.0);
  fixture_seed(self, 3);
  fixture_set(self, "coupling", (double)scene->coupling);
  fixture_set(self, "oscillators", (double)scene->oscillators);
  fixture_set(self, "core_size", 300);
  if (scene->kind == FIQ_PLUGIN_REALMS) {
    fixture_set(self, "realm", (double)scene->realm);
  }
  fixture_midi(self, 0, 0x90, 60, 100);
  fixture_midi(self, 0, 0x90, 67, 100);
  int given = 0;
  for (size_t start = 0; start < FRAMES; start += scene->block) {
    const size_t left = FRAMES - start;
    if (given < scene->leases && start >= (size_t)given * RATE) {
      fixture_patch_get(self, 0, "urn:fieldiq:window");
      ++given;
    }
    fixture_run(self, in.plane, out->plane, start,
                (uint32_t)(left < scene->block ? left : scene->block));
    look(self, (double)start / RATE, &seen);
  }
  *order = fixture_get(self, "order");
  fixture_close(self);
  fixture_audio_free(&in);
  return seen;
}

static void test_thirty_pictures_a_second_of_bounded_size(void** state)
{
  (void)state;
  static const uint32_t blocks[] = {64, 480, 1000};
  FixtureAudio          out      = fixture_audio(FRAMES);
  for (int kind = 0; kind < 2; ++kind) {
    for (size_t b = 0; b < sizeof(blocks) / sizeof(blocks[0]); ++b) {
      const Scene scene = {(FiqPluginKind)kind, blocks[b], SECONDS, 4.0f, 6000.0f, 1.0f};
      float       order = 0.0f;
      const Seen  seen  = play(&scene, &out, &order);
      print_message("%s, blocks of %u: %u pictures, %u bytes at most\n", kind ? "swarm" : "realms",
                    blocks[b], seen.n, seen.largest_bytes);
      assert_in_range(seen.n, 30 * SECONDS - 1, 30 * SECONDS + 1);
      assert_true(seen.largest_bytes < MESSAGE_MAX);
      assert_int_equal(seen.n_shown, kind ? 1000 : 0);
      assert_int_equal(seen.n_core, kind ? 256 : 300);
    }
  }
  fixture_audio_free(&out);
}

static void test_a_window_that_says_no_more_is_sent_nothing_after_three_seconds(void** state)
{
  (void)state;
  FixtureAudio out   = fixture_audio(FRAMES);
  const Scene  never = {FIQ_PLUGIN_SWARM, 480, 0, 4.0f, 300.0f, 0.0f};
  const Scene  once  = {FIQ_PLUGIN_SWARM, 480, 1, 4.0f, 300.0f, 0.0f};
  float        order = 0.0f;
  assert_int_equal(play(&never, &out, &order).n, 0);
  const Seen seen = play(&once, &out, &order);
  assert_true(seen.last_s > 2.9 && seen.last_s < 3.0);
  fixture_audio_free(&out);
}

static void test_the_sound_is_the_same_with_and_without_a_window(void** state)
{
  (void)state;
  FixtureAudio a = fixture_audio(FRAMES);
  FixtureAudio b = fixture_audio(FRAMES);
  for (int kind = 0; kind < 2; ++kind) {
    Scene scene = {(FiqPluginKind)kind, 480, SECONDS, 4.0f, 600.0f, 1.0f};
    float order = 0.0f;
    (void)play(&scene, &a, &order);
    scene.leases = 0;
    (void)play(&scene, &b, &order);
    assert_memory_equal(a.plane[0], b.plane[0], FRAMES * sizeof(float));
    assert_memory_equal(a.plane[1], b.plane[1], FRAMES * sizeof(float));
  }
  fixture_audio_free(&a);
  fixture_audio_free(&b);
}

/// R of the circle that a picture of the swarm shows.
static float circle_order(const Seen* seen)
{
  double re = 0.0;
  double im = 0.0;
  for (uint32_t i = 0; i < seen->n_shown; ++i) {
    re += cos((double)seen->phase_rad[i]);
    im += sin((double)seen->phase_rad[i]);
  }
  return (float)(sqrt(re * re + im * im) / fmax(1.0, (double)seen->n_shown));
}

static void test_the_circle_has_the_order_that_the_meter_tells(void** state)
{
  (void)state;
  static const float couplings[] = {0.0f, 1.6f, 8.0f};
  static const float sizes[]     = {512.0f, 900.0f};
  FixtureAudio       out         = fixture_audio(FRAMES);
  for (size_t c = 0; c < 3; ++c) {
    for (size_t s = 0; s < 2; ++s) {
      // Blocks that end within the swarm's steps, which take 64 frames.
      const Scene scene = {FIQ_PLUGIN_SWARM, 72, SECONDS, couplings[c], sizes[s], 0.0f};
      float       order = 0.0f;
      const Seen  seen  = play(&scene, &out, &order);
      print_message("K %.1f, %.0f oscillators: meter %.3f, circle %.3f\n", (double)couplings[c],
                    (double)sizes[s], (double)order, (double)circle_order(&seen));
      assert_true(fabsf(circle_order(&seen) - order) < 0.06f);
    }
  }
  fixture_audio_free(&out);
}

static void test_oscillators_are_shown_where_their_notes_are(void** state)
{
  (void)state;
  FixtureAudio out    = fixture_audio(FRAMES);
  const Scene  scene  = {FIQ_PLUGIN_SWARM, 480, SECONDS, 4.0f, 512.0f, 0.0f};
  float        order  = 0.0f;
  const Seen   seen   = play(&scene, &out, &order);
  uint32_t     on[2]  = {0, 0};
  uint32_t     silent = 0;
  for (uint32_t i = 0; i < seen.n_shown; ++i) {
    const uint32_t note = seen.mark[i] % 256;
    const float    key  = note == 0 ? 60.0f : 67.0f;
    assert_true(note < 2);
    assert_true(fabsf(seen.pitch[i] - key) < 0.01f);
    on[note] += 1;
    silent += seen.mark[i] < 256;
  }
  assert_int_equal(seen.n_shown, 512);
  assert_int_equal(on[0], 256);
  assert_int_equal(on[1], 256);
  assert_true(silent < 16);
  fixture_audio_free(&out);
}

static void test_realms_show_the_layer_the_core_and_the_sound(void** state)
{
  (void)state;
  static const uint32_t bands[]   = {16, 24, 32};
  static const uint32_t neurons[] = {16, 0, 32};
  FixtureAudio          out       = fixture_audio(FRAMES);
  for (int realm = 0; realm < 3; ++realm) {
    const Scene scene = {FIQ_PLUGIN_REALMS, 480, SECONDS, 4.0f, 256.0f, (float)realm};
    float       order = 0.0f;
    const Seen  seen  = play(&scene, &out, &order);
    assert_int_equal(seen.n_bands, bands[realm]);
    assert_int_equal(seen.n_neurons, neurons[realm]);
    assert_true(fabsf(seen.core_order - order) < 0.02f);
    assert_true(fabsf(seen.level[0] - 0.5f) < 0.01f && fabsf(seen.level[1] - 0.5f) < 0.01f);
    assert_true(seen.level[2] > 0.05f && seen.level[4] > 0.05f);
    assert_true(fabsf(seen.loudest - 0.5f) < 0.01f);
    assert_true(seen.n_sound > FRAMES - RATE / 10);
  }
  fixture_audio_free(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_thirty_pictures_a_second_of_bounded_size),
      cmocka_unit_test(test_a_window_that_says_no_more_is_sent_nothing_after_three_seconds),
      cmocka_unit_test(test_the_sound_is_the_same_with_and_without_a_window),
      cmocka_unit_test(test_the_circle_has_the_order_that_the_meter_tells),
      cmocka_unit_test(test_oscillators_are_shown_where_their_notes_are),
      cmocka_unit_test(test_realms_show_the_layer_the_core_and_the_sound)};
  return cmocka_run_group_tests_name("plugin pictures", tests, NULL, NULL);
}
