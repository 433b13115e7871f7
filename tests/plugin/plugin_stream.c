// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: what comes out depends on what goes in and on nothing that a host does in between.
   Method: the same sound and events through the plugin binary in many block lengths, in place,
   with ports missing; differences are measured against a render in blocks of 512.
*/
#include "tests/support/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES = 96000 };

typedef struct {
  FiqPluginKind kind;
  double        realm;
} Case;

static const Case cases[] = {
    {FIQ_PLUGIN_REALMS, 0}, {FIQ_PLUGIN_REALMS, 1}, {FIQ_PLUGIN_REALMS, 2}, {FIQ_PLUGIN_SWARM, 0}};
static const size_t n_cases = sizeof(cases) / sizeof(cases[0]);

static Fixture* open_case(const Case* c)
{
  Fixture* const self = fixture_open(c->kind, 48000.0, true);
  assert_non_null(self);
  fixture_seed(self, 42);
  fixture_set(self, "oscillators", 200);
  fixture_set(self, "anneal", 0.4);
  if (c->kind == FIQ_PLUGIN_REALMS) {
    fixture_set(self, "realm", c->realm);
    fixture_set(self, "amount", 90);
    fixture_set(self, "rotate", 30);
    fixture_set(self, "shift", 3);
    fixture_set(self, "swarm_level", -6);
  } else {
    fixture_set(self, "filter_type", 1);
    fixture_set(self, "breath", 40);
  }
  return self;
}

static FixtureAudio speech_like(void)
{
  FixtureAudio in = fixture_audio(FRAMES);
  support_noise(in.plane[0], FRAMES, 0.3, 1);
  support_sine(in.plane[1], FRAMES, 440.0, 48000.0, 0.5, 0.0);
  for (size_t i = 0; i < FRAMES; ++i) {
    in.plane[0][i] *= (float)(0.5 + 0.5 * sin((double)i / 3000.0));
  }
  return in;
}

/// Events at fixed places in the stream, delivered in whatever block they fall into.
static void play(Fixture* self, float* const* in, float* const* out, uint32_t block, uint64_t seed)
{
  static const struct {
    int64_t frame;
    uint8_t message[3];
  } score[]      = {{100, {0x90, 60, 100}}, {4801, {0x90, 64, 70}},   {4801, {0x90, 67, 120}},
                    {20003, {0xe0, 0, 80}}, {30011, {0xb0, 64, 127}}, {31000, {0x80, 60, 0}},
                    {50021, {0xb0, 64, 0}}, {60000, {0x80, 64, 0}},   {70001, {0x90, 50, 90}},
                    {80000, {0xb0, 123, 0}}};
  uint64_t state = seed;
  for (size_t done = 0, next = 0; done < FRAMES;) {
    state                 = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    const uint32_t wanted = block ? block : 1 + (uint32_t)(state >> 40) % 3000;
    const uint32_t now    = FRAMES - done < wanted ? (uint32_t)(FRAMES - done) : wanted;
    while (next < sizeof(score) / sizeof(score[0]) && score[next].frame < (int64_t)(done + now)) {
      fixture_midi(self, score[next].frame - (int64_t)done, score[next].message[0],
                   score[next].message[1], score[next].message[2]);
      ++next;
    }
    fixture_run(self, in, out, done, now);
    done += now;
  }
}

static void test_block_size_invariance(void** state)
{
  (void)state;
  static const uint32_t blocks[] = {1, 7, 32, 116, 500, 1024, 8192, 0};
  FixtureAudio          in       = speech_like();
  FixtureAudio          want     = fixture_audio(FRAMES);
  FixtureAudio          got      = fixture_audio(FRAMES);
  for (size_t c = 0; c < n_cases; ++c) {
    Fixture* reference = open_case(&cases[c]);
    play(reference, in.plane, want.plane, 512, 0);
    fixture_close(reference);
    assert_true(support_rms(want.plane[0], FRAMES) > 1e-3);
    for (size_t b = 0; b < sizeof(blocks) / sizeof(blocks[0]); ++b) {
      Fixture* self = open_case(&cases[c]);
      play(self, in.plane, got.plane, blocks[b], 77);
      fixture_close(self);
      for (int channel = 0; channel < 2; ++channel) {
        if (memcmp(want.plane[channel], got.plane[channel], FRAMES * sizeof(float)) != 0) {
          fail_msg(
              "case %zu block %u channel %d differs by %g dB", c, blocks[b], channel,
              support_db(support_max_difference(want.plane[channel], got.plane[channel], FRAMES)));
        }
      }
    }
  }
  fixture_audio_free(&in);
  fixture_audio_free(&want);
  fixture_audio_free(&got);
}

static void test_impulse_comes_out_at_the_reported_latency(void** state)
{
  (void)state;
  static const double rates[] = {8000, 44100, 48000, 96000, 192000};
  for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); ++r) {
    for (int realm = 0; realm < 3; ++realm) {
      const size_t n    = (size_t)rates[r];
      FixtureAudio in   = fixture_audio(n);
      FixtureAudio out  = fixture_audio(n);
      Fixture*     self = fixture_open(FIQ_PLUGIN_REALMS, rates[r], false);
      fixture_set(self, "realm", realm);
      fixture_set(self, "amount", 0);
      in.plane[0][1000] = 1.0f;
      in.plane[1][1000] = 1.0f;
      fixture_render(self, in.plane, out.plane, n, 256);
      const size_t at = 1000 + (size_t)fixture_get(self, "latency");
      assert_true(at < n);
      assert_true(fabsf(out.plane[0][at] - 1.0f) < 1e-4f);
      out.plane[0][at]  = 0.0f;
      const double rest = support_db(support_peak(out.plane[0], n));
      if (rest >= -90.0) {
        fail_msg("%g Hz, realm %d: %g dB beside the impulse", rates[r], realm, rest);
      }
      if (realm == 0) {
        print_message("%6.0f Hz: latency %g frames\n", rates[r],
                      (double)fixture_get(self, "latency"));
      }
      fixture_close(self);
      fixture_audio_free(&in);
      fixture_audio_free(&out);
    }
  }
}

/// The frame at which the impulse comes out, or 0 if anything else does.
static size_t delay_of_impulse(Fixture* self, size_t n)
{
  FixtureAudio in    = fixture_audio(n);
  FixtureAudio out   = fixture_audio(n);
  size_t       found = 0;
  fixture_render(self, in.plane, out.plane, n, 256);
  in.plane[0][1000] = 1.0f;
  in.plane[1][1000] = 1.0f;
  fixture_render(self, in.plane, out.plane, n, 256);
  for (size_t i = 0; i < n; ++i) {
    found = fabsf(out.plane[0][i] - 1.0f) < 1e-4f ? i : found;
  }
  out.plane[0][found] = 0.0f;
  const double rest   = support_db(support_peak(out.plane[0], n));
  fixture_audio_free(&in);
  fixture_audio_free(&out);
  return rest < -90.0 ? found : 0;
}

static void test_windows_last_as_long_at_every_rate(void** state)
{
  (void)state;
  static const double rates[] = {48000, 96000, 192000, 44100, 88200, 176400};
  for (int window = 3; window < 6; ++window) {
    double latency_s = 0.0;
    for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); ++r) {
      Fixture* self = fixture_open(FIQ_PLUGIN_REALMS, rates[r], true);
      fixture_set(self, "realm", 1);
      fixture_set(self, "window", window);
      fixture_set(self, "amount", 0);
      const size_t at   = delay_of_impulse(self, (size_t)(0.5 * rates[r]));
      const double told = (double)fixture_get(self, "latency");
      latency_s         = r % 3 == 0 ? told / rates[r] : latency_s;
      print_message("%6.0f Hz, window %d: latency %.2f ms\n", rates[r], 256 << window,
                    1e3 * told / rates[r]);
      assert_int_equal(at, 1000 + (size_t)told);
      assert_true(fabs(told / rates[r] - latency_s) < 0.001);
      fixture_close(self);
    }
  }
}

static void test_in_place_equals_apart(void** state)
{
  (void)state;
  FixtureAudio in  = speech_like();
  FixtureAudio out = fixture_audio(FRAMES);
  for (size_t c = 0; c < 3; ++c) {
    FixtureAudio both = speech_like();
    Fixture*     a    = open_case(&cases[c]);
    Fixture*     b    = open_case(&cases[c]);
    fixture_render(a, in.plane, out.plane, FRAMES, 333);
    fixture_render(b, both.plane, both.plane, FRAMES, 333);
    assert_memory_equal(out.plane[0], both.plane[0], FRAMES * sizeof(float));
    assert_memory_equal(out.plane[1], both.plane[1], FRAMES * sizeof(float));
    // Crossed: each output in the other channel's input.
    FixtureAudio crossed = speech_like();
    float* const swap[2] = {crossed.plane[1], crossed.plane[0]};
    Fixture*     d       = open_case(&cases[c]);
    fixture_render(d, crossed.plane, swap, FRAMES, 333);
    assert_memory_equal(out.plane[0], crossed.plane[1], FRAMES * sizeof(float));
    fixture_close(a);
    fixture_close(b);
    fixture_close(d);
    fixture_audio_free(&both);
    fixture_audio_free(&crossed);
  }
  fixture_audio_free(&in);
  fixture_audio_free(&out);
}

static void test_unaligned_buffers_are_fine(void** state)
{
  (void)state;
  FixtureAudio in   = fixture_audio(8193);
  FixtureAudio out  = fixture_audio(8193);
  Fixture*     self = open_case(&cases[1]);
  support_noise(in.plane[0], 8193, 0.5, 3);
  fixture_run(self, in.plane, out.plane, 1, 8192);
  assert_true(support_rms(out.plane[0], 8193) > 0.0);
  fixture_close(self);
  fixture_audio_free(&in);
  fixture_audio_free(&out);
}

static void test_missing_ports_change_nothing(void** state)
{
  (void)state;
  FixtureAudio in   = speech_like();
  FixtureAudio want = fixture_audio(FRAMES);
  FixtureAudio got  = fixture_audio(FRAMES);
  for (size_t c = 0; c < 3; ++c) {
    Fixture* full = open_case(&cases[c]);
    Fixture* bare = open_case(&cases[c]);
    fixture_connect(bare, FIQ_PORT_CONTROL, NULL);
    fixture_connect(bare, FIQ_PORT_MIDI, NULL);
    fixture_connect(bare, FIQ_PORT_NOTIFY, NULL);
    fixture_render(full, in.plane, want.plane, FRAMES, 256);
    fixture_render(bare, in.plane, got.plane, FRAMES, 256);
    assert_memory_equal(want.plane[0], got.plane[0], FRAMES * sizeof(float));
    fixture_close(full);
    fixture_close(bare);
  }
  Fixture* swarm = open_case(&cases[3]);
  fixture_connect(swarm, FIQ_PORT_CONTROL, NULL);
  fixture_connect(swarm, FIQ_PORT_NOTIFY, NULL);
  fixture_set(swarm, "chord", 3);
  fixture_render(swarm, NULL, got.plane, FRAMES, 256);
  assert_true(support_rms(got.plane[0], FRAMES) > 1e-3);
  fixture_close(swarm);
  fixture_audio_free(&in);
  fixture_audio_free(&want);
  fixture_audio_free(&got);
}

static void test_values_of_the_first_run_need_no_glide(void** state)
{
  (void)state;
  FixtureAudio in   = speech_like();
  FixtureAudio want = fixture_audio(FRAMES);
  FixtureAudio got  = fixture_audio(FRAMES);
  for (size_t c = 0; c < n_cases; ++c) {
    for (int asks_first = 0; asks_first < 2; ++asks_first) {
      Fixture* const early = open_case(&cases[c]);
      if (cases[c].kind == FIQ_PLUGIN_REALMS) {
        fixture_set(early, "rotate", 0); // these take a path of their own, as Window does
        fixture_set(early, "shift", 0);
      }
      Fixture* const late = fixture_open(cases[c].kind, 48000.0, true);
      fixture_set(early, "output", -9);
      fixture_set(early, "chord", 3);
      // Activated with the defaults; a host may then ask for what run(0) says.
      fixture_seed(late, 42);
      fixture_prepare(late, in.plane, got.plane, 0);
      fixture_finish(late);
      if (asks_first) {
        fixture_run(late, in.plane, got.plane, 0, 0);
      }
      memcpy(late->value, early->value, sizeof(late->value));
      fixture_render(early, in.plane, want.plane, FRAMES, 256);
      fixture_render(late, in.plane, got.plane, FRAMES, 256);
      assert_memory_equal(want.plane[0], got.plane[0], FRAMES * sizeof(float));
      assert_memory_equal(want.plane[1], got.plane[1], FRAMES * sizeof(float));
      fixture_close(early);
      fixture_close(late);
    }
  }
  fixture_audio_free(&in);
  fixture_audio_free(&want);
  fixture_audio_free(&got);
}

static void test_latency_is_known_before_the_first_run(void** state)
{
  (void)state;
  FixtureAudio out = fixture_audio(64);
  for (int kind = 0; kind < FIQ_N_PLUGINS; ++kind) {
    Fixture* const self      = fixture_open((FiqPluginKind)kind, 48000.0, false);
    const float    connected = fixture_get(self, "latency");
    fixture_prepare(self, NULL, out.plane, 0);
    fixture_finish(self);
    const float activated = fixture_get(self, "latency");
    fixture_run(self, NULL, out.plane, 0, 64);
    assert_true(connected > 0.0f);
    assert_int_equal(connected, activated);
    assert_int_equal(activated, fixture_get(self, "latency"));
    fixture_close(self);
  }
  fixture_audio_free(&out);
}

static void test_zero_frames_and_no_audio_are_survived(void** state)
{
  (void)state;
  FixtureAudio out  = fixture_audio(64);
  Fixture*     self = open_case(&cases[3]);
  fixture_midi(self, 0, 0x90, 60, 100);
  fixture_run(self, NULL, out.plane, 0, 0);
  fixture_run(self, NULL, out.plane, 0, 64);
  fixture_connect(self, FIQ_PORT_OUT_L, NULL);
  self->descriptor->run(self->handle, 64);
  fixture_close(self);
  fixture_audio_free(&out);
}

/// First frame at which |x| exceeds a thousandth of its peak.
static size_t onset(const float* x, size_t n)
{
  const double threshold = 1e-3 * support_peak(x, n);
  size_t       i         = 0;
  while (i < n && fabs((double)x[i]) <= threshold) {
    ++i;
  }
  return i;
}

static void test_notes_are_sample_accurate(void** state)
{
  (void)state;
  FixtureAudio out = fixture_audio(48000);
  double       centre[2];
  for (int run = 0; run < 2; ++run) {
    Fixture* self = open_case(&cases[3]);
    fixture_set(self, "attack", 0.05);
    fixture_set(self, "scatter", 0);
    fixture_set(self, "detune", 0);
    fixture_set(self, "partials", 1);
    fixture_set(self, "noise", 0);
    fixture_midi(self, run ? 1037 : 1000, 0x90, 81, 127);
    fixture_run(self, NULL, out.plane, 0, 8000);
    const size_t first = onset(out.plane[0], 8000);
    const double told  = 1000.0 + 37.0 * run + (double)fixture_get(self, "latency");
    assert_true((double)first >= told - 64.0 && (double)first <= told + 128.0);
    // The middle of the attack, as the point that halves the energy of its rise.
    double sum = 0.0;
    double all = 0.0;
    for (size_t i = 0; i < 3000; ++i) {
      const double power = (double)out.plane[0][i] * (double)out.plane[0][i];
      sum += power * (double)i;
      all += power;
    }
    centre[run] = sum / all;
    fixture_close(self);
  }
  (void)centre;
  fixture_audio_free(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_block_size_invariance),
      cmocka_unit_test(test_impulse_comes_out_at_the_reported_latency),
      cmocka_unit_test(test_windows_last_as_long_at_every_rate),
      cmocka_unit_test(test_in_place_equals_apart),
      cmocka_unit_test(test_unaligned_buffers_are_fine),
      cmocka_unit_test(test_missing_ports_change_nothing),
      cmocka_unit_test(test_values_of_the_first_run_need_no_glide),
      cmocka_unit_test(test_latency_is_known_before_the_first_run),
      cmocka_unit_test(test_zero_frames_and_no_audio_are_survived),
      cmocka_unit_test(test_notes_are_sample_accurate)};
  return cmocka_run_group_tests_name("plugin stream", tests, NULL, NULL);
}
