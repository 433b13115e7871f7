// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: no MIDI whatever breaks the swarm: no NaN, no click, no note that hangs, and silence after the end.
   Method: phrases of random events on all 16 channels (notes, duplicates, notes never ended, bends,
   pedals, all controllers but those that change the range of bends, and bytes that are no MIDI) in blocks of
   random lengths, by the plugin binary. Every phrase ends with single note-offs or with all notes off.
   A click is energy above everything that is played: for a sound below f the second difference never exceeds
   4 sin^2(pi f / fs) of the peak around (Bernstein), f being the highest partial that bends and cloud allow.
   Music comes to a third of that; at 0.6, which fails, a step of an eighth of the peak is found.
   Usage: soak_swarm [MINUTES [SEED]]   minutes of sound (10), the first phrase is that of SEED (1)
*/
#include "dsp/base/random.h"
#include "tests/support/fixture.h"

#include <lv2/midi/midi.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, PLAY = 8 * RATE, TAIL = RATE, FRAMES = PLAY + TAIL, LEVEL = 480 };
enum { KEY_LOW = 24, KEY_HIGH = 72, PARTIALS_MAX = 4, CHANNELS = 16 };

static const double click_ratio = 0.6;

/// Highest frequency: top key, bent by 2 semitones, detuned and strewn by half an octave, top partial, 50 Hz of noise.
static const double top_hz = 523.25 * 1.1225 * 1.4142 * 1.02 * PARTIALS_MAX + 200.0;

typedef struct {
  Fixture*     plugin;
  FixtureAudio out;
  FiqRandom    random;
  bool         down[CHANNELS][128];
  uint32_t     n_events;
  double       click; ///< largest second difference over its bound
  size_t       click_at;
  double       peak;
  double       rest; ///< loudest sample after the release
  uint32_t     n_bad;
  uint32_t     n_hung;
} Soak;

static uint32_t below(Soak* self, uint32_t n)
{
  return fiq_random_bits(&self->random) % n;
}

static void send(Soak* self, int64_t frame, const uint8_t* bytes, uint32_t size)
{
  LV2_Atom_Forge* const forge = &self->plugin->forge[0];
  lv2_atom_forge_frame_time(forge, frame);
  lv2_atom_forge_atom(forge, size, fixture_urid(LV2_MIDI__MidiEvent));
  if (size > 0) {
    lv2_atom_forge_write(forge, bytes, size);
  }
  self->n_events += 1;
}

static void send_message(Soak* self, int64_t frame, uint32_t status, uint32_t data1, uint32_t data2)
{
  const uint8_t bytes[3] = {(uint8_t)status, (uint8_t)data1, (uint8_t)data2};
  send(self, frame, bytes, (status & 0xe0u) == 0xc0u ? 2 : 3);
}

static void send_note(Soak* self, int64_t frame, uint32_t channel)
{
  const uint32_t key = KEY_LOW + below(self, KEY_HIGH - KEY_LOW + 1);
  const uint32_t way = below(self, 10);
  if (way < 5) {
    send_message(self, frame, 0x90u | channel, key, 1 + below(self, 127));
    self->down[channel][key] = true;
  } else if (way == 5) { // the same key twice
    send_message(self, frame, 0x90u | channel, key, 100);
    send_message(self, frame, 0x90u | channel, key, 30);
    self->down[channel][key] = true;
  } else { // an end, mostly of a key that is not down
    send_message(self, frame, (way < 8 ? 0x80u : 0x90u) | channel, key, 0);
    self->down[channel][key] = false;
  }
}

/// Any controller but those of registered parameters (6, 38, 96..101): they may widen the bends.
static void send_controller(Soak* self, int64_t frame, uint32_t channel)
{
  static const uint32_t likely[]   = {1, 7, 10, 11, 64, 64, 66, 67, 74, 120, 121, 123};
  const uint32_t        n_likely   = (uint32_t)(sizeof likely / sizeof likely[0]);
  const uint32_t        any        = below(self, 128);
  const uint32_t        controller = below(self, 3) ? likely[below(self, n_likely)] : any;
  if (controller != 6 && controller != 38 && (controller < 96 || controller > 101)) {
    send_message(self, frame, 0xb0u | channel, controller, below(self, 128));
  }
}

/// Bytes that are no message: cut short, empty, data where a status should be, status where data should be.
static void send_nonsense(Soak* self, int64_t frame)
{
  uint8_t        bytes[8];
  const uint32_t size = below(self, 9);
  for (uint32_t i = 0; i < 8; ++i) {
    bytes[i] = (uint8_t)below(self, 256);
  }
  switch (below(self, 4)) {
  case 0:
    bytes[0] &= 0x7f;
    break;
  case 1:
    bytes[0] |= 0xf0;
    break;
  case 2:
    bytes[0] |= 0x80;
    bytes[1] |= 0x80;
    bytes[2] |= 0x80;
    break;
  default: // a channel message without its last byte
    bytes[0] = (uint8_t)(0x80u | (bytes[0] & 0x3fu));
    send(self, frame, bytes, 1 + (bytes[1] & 1u));
    return;
  }
  send(self, frame, bytes, size);
}

static void send_any(Soak* self, int64_t frame)
{
  const uint32_t channel = below(self, CHANNELS);
  const uint32_t kind    = below(self, 20);
  if (kind < 11) {
    send_note(self, frame, channel);
  } else if (kind < 14) {
    send_message(self, frame, 0xe0u | channel, below(self, 128), below(self, 128));
  } else if (kind < 17) {
    send_controller(self, frame, channel);
  } else if (kind == 17) {
    send_message(self, frame, 0xa0u + 16 * (below(self, 4)), below(self, 128), below(self, 128));
  } else {
    send_nonsense(self, frame);
  }
}

// ---- one phrase ----

static void choose_sound(Soak* self)
{
  static const double sizes[]     = {16, 64, 512, 2000, 5000};
  static const double couplings[] = {-2, 0, 2, 10};
  Fixture* const      plugin      = self->plugin;
  fixture_set(plugin, "oscillators", sizes[below(self, 5)]);
  fixture_set(plugin, "partials", 1 + below(self, PARTIALS_MAX));
  fixture_set(plugin, "coupling", couplings[below(self, 4)]);
  fixture_set(plugin, "detune", 30.0 * (double)fiq_random_uniform(&self->random));
  fixture_set(plugin, "anneal", below(self, 2) ? 0.05 : 1.5);
  fixture_set(plugin, "scatter", (double)fiq_random_uniform(&self->random));
  fixture_set(plugin, "attack", below(self, 2) ? 0.001 : 0.1);
  fixture_set(plugin, "release", below(self, 2) ? 0.005 : 0.5);
  fixture_set(plugin, "output", -12);
  // A program would bring its own release and partials.
  fixture_set(plugin, "program_change", 0);
}

/// Pedals up, and either every key that is down let go once, or all notes off.
static void end_phrase(Soak* self)
{
  const bool singly = below(self, 2) == 0;
  for (uint32_t channel = 0; channel < CHANNELS; ++channel) {
    for (uint32_t pedal = 64; pedal < 70; ++pedal) {
      send_message(self, 0, 0xb0u | channel, pedal, 0);
    }
    for (uint32_t key = 0; singly && key < 128; ++key) {
      if (self->down[channel][key]) {
        send_message(self, 0, 0x80u | channel, key, 64);
      }
    }
    if (!singly) {
      send_message(self, 0, 0xb0u | channel, 123, 0);
    }
  }
  memset(self->down, 0, sizeof self->down);
}

static void play_phrase(Soak* self)
{
  // Events a second: now and then, lively, a flood.
  static const uint32_t densities[] = {5, 40, 1500};
  const uint32_t        density     = densities[below(self, 3)];
  size_t                done        = 0;
  bool                  ended       = false;
  while (done < FRAMES) {
    const size_t   left  = done < PLAY ? PLAY - done : FRAMES - done;
    const uint32_t asked = 1 + below(self, 1024);
    const uint32_t n     = left < asked ? (uint32_t)left : asked;
    if (done < PLAY) {
      for (uint32_t i = 0; i < n; i += 16) {
        for (int burst = 0; burst < 2 && below(self, RATE / 8) < density; ++burst) {
          send_any(self, i);
        }
      }
    } else if (!ended) {
      end_phrase(self);
      ended = true;
    }
    fixture_run(self->plugin, NULL, self->out.plane, done, n);
    fixture_work(self->plugin);
    done += n;
  }
}

// ---- what came out ----

static void look_for_clicks(Soak* self, const float* x)
{
  static double level[FRAMES / LEVEL + 2];
  const double  s     = sin(3.14159265358979 * top_hz / RATE);
  const double  share = 4.0 * s * s;
  for (size_t i = 0; i < FRAMES / LEVEL; ++i) {
    level[i + 1] = support_peak(x + i * LEVEL, LEVEL);
    self->peak   = fmax(self->peak, level[i + 1]);
  }
  for (size_t i = 2; i < FRAMES; ++i) {
    const double* const around = &level[i / LEVEL];
    const double        peak   = fmax(around[0], fmax(around[1], around[2]));
    const double        second = fabs((double)x[i] - 2.0 * (double)x[i - 1] + (double)x[i - 2]);
    const double        ratio  = second / (share * peak + 1e-5);
    if (ratio > self->click) {
      self->click    = ratio;
      self->click_at = i;
    }
  }
}

static void examine(Soak* self, unsigned long phrase)
{
  self->click = 0.0;
  for (int channel = 0; channel < 2; ++channel) {
    const float* const x = self->out.plane[channel];
    for (size_t i = 0; i < FRAMES; ++i) {
      self->n_bad += !isfinite((double)x[i]);
    }
    look_for_clicks(self, x);
  }
  // The longest release is 0.5 s.
  const size_t from = PLAY + 3 * TAIL / 4;
  const double rest = fmax(support_peak(self->out.plane[0] + from, FRAMES - from),
                           support_peak(self->out.plane[1] + from, FRAMES - from));
  const bool   hung = fixture_get(self->plugin, "carriers") > 0.0f;
  self->rest        = fmax(self->rest, rest);
  self->n_hung += hung;
  if (hung || rest > 1e-5 || self->click > click_ratio) {
    printf("phrase %lu: %s, %.1f dBFS at rest, second difference %.2f of its bound at frame %zu; "
           "oscillators %g, "
           "attack %g, release %g, coupling %g\n",
           phrase, hung ? "a note hangs" : "no note hangs", support_db(rest), self->click,
           self->click_at, (double)fixture_get(self->plugin, "oscillators"),
           (double)fixture_get(self->plugin, "attack"),
           (double)fixture_get(self->plugin, "release"),
           (double)fixture_get(self->plugin, "coupling"));
  }
}

int main(int argc, char** argv)
{
  const double  minutes = argc > 1 ? atof(argv[1]) : 10.0;
  unsigned long seed    = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
  static Soak   soak;
  double        worst_click = 0.0;
  uint32_t      n_clicks    = 0;
  const int     n_phrases   = (int)ceil(minutes * 60.0 * RATE / FRAMES);
  soak.out                  = fixture_audio(FRAMES);
  soak.plugin               = fixture_open(FIQ_PLUGIN_SWARM, RATE, true);
  if (!soak.plugin) {
    return EXIT_FAILURE;
  }
  fixture_seed(soak.plugin, 1);
  for (int i = 0; i < n_phrases; ++i, ++seed) {
    fiq_random_init(&soak.random, seed, 0);
    choose_sound(&soak);
    play_phrase(&soak);
    examine(&soak, seed);
    n_clicks += soak.click > click_ratio;
    worst_click = fmax(worst_click, soak.click);
  }
  printf("%d phrases of %d s, %u events: peak %.2f, %u samples not finite, %u phrases with a hung "
         "note, "
         "%u with a click (worst %.2f of the bound), rest %.1f dBFS\n",
         n_phrases, FRAMES / RATE, soak.n_events, soak.peak, soak.n_bad, soak.n_hung, n_clicks,
         worst_click, support_db(soak.rest));
  fixture_close(soak.plugin);
  fixture_audio_free(&soak.out);
  const bool good = soak.n_bad == 0 && soak.n_hung == 0 && n_clicks == 0 && soak.rest < 1e-5;
  return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
