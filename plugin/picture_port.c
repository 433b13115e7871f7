// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Pictures for the window on the notify port: a patch:Get of urn:fieldiq:window is a lease of three seconds of one
   object of type urn:fieldiq:Picture thirty times a second, of 15 kB at most. A host's ring of 32 kB holds what comes
   between two looks of a window that is asked fifteen times a second.
*/
#include "plugin/told_fields.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

#define AT(field) offsetof(FiqFeed, field)

static const FiqToldField fields[] = {
    {"frame", FIQ_TOLD_PLACE, AT(picture.common.frame), 0, 1},
    {"order", FIQ_TOLD_REAL, AT(picture.common.core.order), 0, 1},
    {"zone_low", FIQ_TOLD_REAL, AT(picture.common.core.zone_low), 0, 1},
    {"zone_high", FIQ_TOLD_REAL, AT(picture.common.core.zone_high), 0, 1},
    {"rms", FIQ_TOLD_REAL, AT(picture.common.realm.rms_db), 0, 1},
    {"oscillators", FIQ_TOLD_WHOLE, AT(picture.common.swarm.n_oscillators), 0, 1},
    {"carrier_hz", FIQ_TOLD_REALS, AT(picture.common.swarm.carrier_hz),
     AT(picture.common.swarm.n_carriers), 0},
    {"carrier_share", FIQ_TOLD_REALS, AT(picture.common.swarm.carrier_share),
     AT(picture.common.swarm.n_carriers), 0},
    {"carrier_order", FIQ_TOLD_REALS, AT(picture.common.swarm.carrier_order),
     AT(picture.common.swarm.n_carriers), 0},
    {"histogram_low", FIQ_TOLD_REAL, AT(picture.common.swarm.histogram_low_hz), 0, 1},
    {"histogram_high", FIQ_TOLD_REAL, AT(picture.common.swarm.histogram_high_hz), 0, 1},
    {"histogram", FIQ_TOLD_WHOLES, AT(picture.common.swarm.histogram), 0, FIQ_TELEMETRY_BINS},
    {"oscillator_pitch", FIQ_TOLD_REALS, AT(picture.pitch), AT(picture.n_shown), 0},
    {"oscillator_phase", FIQ_TOLD_REALS, AT(picture.phase_rad), AT(picture.n_shown), 0},
    {"oscillator_mark", FIQ_TOLD_WHOLES, AT(picture.mark), AT(picture.n_marks), 0},
    {"note_hz", FIQ_TOLD_REAL, AT(picture.note.hz), 0, 1},
    {"note_moved", FIQ_TOLD_REALS, AT(picture.note.moved), AT(picture.note.n_moved), 0},
    {"note_shape", FIQ_TOLD_REALS, AT(picture.note.shape), AT(picture.note.n_shape), 0},
    {"core_temperature", FIQ_TOLD_REAL, AT(picture.common.core.temperature), 0, 1},
    {"core_phase", FIQ_TOLD_REALS, AT(picture.core_rad), AT(picture.n_core), 0},
    {"core_psi", FIQ_TOLD_REAL, AT(picture.core_psi_rad), 0, 1},
    {"core_order", FIQ_TOLD_REAL, AT(picture.core_order), 0, 1},
    {"band_hz", FIQ_TOLD_REALS, AT(picture.band_hz), AT(picture.n_bands), 0},
    {"band_phase", FIQ_TOLD_REALS, AT(picture.band_rad), AT(picture.n_bands), 0},
    {"groups", FIQ_TOLD_WHOLE, AT(picture.common.groups.n_groups), 0, 1},
    {"group_focused", FIQ_TOLD_WHOLE, AT(picture.common.groups.focused), 0, 1},
    {"band_group", FIQ_TOLD_REALS, AT(picture.common.groups.band),
     AT(picture.common.groups.n_bands), 0},
    {"band_place", FIQ_TOLD_REALS, AT(picture.common.groups.place),
     AT(picture.common.groups.n_bands), 0},
    {"neuron_even", FIQ_TOLD_REALS, AT(picture.neuron_even), AT(picture.n_neurons), 0},
    {"neuron_odd", FIQ_TOLD_REALS, AT(picture.neuron_odd), AT(picture.n_neurons), 0},
    {"neuron_drive", FIQ_TOLD_REALS, AT(picture.neuron_drive), AT(picture.n_neurons), 0},
    {"neuron_gain", FIQ_TOLD_REALS, AT(picture.neuron_gain), AT(picture.n_neurons), 0},
    {"neuron_straight", FIQ_TOLD_REALS, AT(picture.neuron_straight), AT(picture.n_neurons), 0},
    {"learned_hz", FIQ_TOLD_REALS, AT(picture.learned_hz), AT(picture.n_learned), 0},
    {"learned_phase", FIQ_TOLD_REALS, AT(picture.learned_rad), AT(picture.n_learned), 0},
    {"key_chance", FIQ_TOLD_REALS, AT(picture.common.sequence.chance),
     AT(picture.common.sequence.n_chances), 0},
    {"agreed_chord", FIQ_TOLD_WHOLE, AT(picture.common.sequence.agreed), 0, 1},
    {"learned_delay_s", FIQ_TOLD_REALS, AT(picture.common.curve.delay_s),
     AT(picture.common.curve.n_bands), 0},
    {"learned_spread_s", FIQ_TOLD_REAL, AT(picture.common.curve.spread_s), 0, 1},
    {"rotator_rad", FIQ_TOLD_REALS, AT(picture.common.curve.rotator_rad), AT(picture.n_rotator), 0},
    {"level", FIQ_TOLD_REALS, AT(level), 0, FIQ_FEED_LEVELS},
    {"sound_rate", FIQ_TOLD_REAL, AT(sound_rate_hz), 0, 1},
    {"sound_every", FIQ_TOLD_WHOLE, AT(every), 0, 1},
    {"sound", FIQ_TOLD_WHOLES, AT(sound), AT(n_sound), 0}};

#undef AT

enum { N_FIELDS = sizeof(fields) / sizeof(fields[0]), PICTURES_HZ = 30 };

_Static_assert((int)N_FIELDS <= (int)FIQ_FEED_FIELDS, "there is a URID for each field");

static const double lease_s    = 3.0;
static const double sound_hz   = 48000.0; // what is shown of a higher rate
static const float  full_scale = 8192.0f; // of `sound`, which holds up to +12 dB

void fiq_feed_init(FiqFeed* self, LV2_URID_Map* map, double sample_rate_hz)
{
  assert(self && map);
  fiq_told_map(map, fields, N_FIELDS, self->key);
  self->type           = map->map(map->handle, "urn:fieldiq:Picture");
  self->every          = (uint32_t)fmax(1.0, rint(sample_rate_hz / sound_hz));
  self->sound_rate_hz  = (float)(sample_rate_hz / self->every);
  self->between_frames = (uint32_t)(sample_rate_hz / PICTURES_HZ);
}

void fiq_plugin_lease_pictures(FiqPlugin* self)
{
  assert(self);
  FiqFeed* const feed = &self->feed;
  if (feed->lease_frames == 0) {
    memset(feed->level, 0, sizeof(feed->level));
    feed->n_sound     = 0;
    feed->n_taken     = 0;
    feed->wait_frames = 0;
  }
  feed->lease_frames    = (uint64_t)(lease_s * self->config.sample_rate_hz);
  self->program.is_told = false; // said again now and then, as a full ring loses messages
}

static float loudest(const float* plane, uint32_t n_frames, float before)
{
  assert(before >= 0.0f);
  for (uint32_t i = 0; plane && i < n_frames; ++i) {
    const float size = fabsf(plane[i]);
    before           = size > before ? size : before;
  }
  return before;
}

static int16_t sample_of(float value)
{
  assert(isfinite(value));
  return (int16_t)fiq_clamp(value * full_scale, -32767.0f, 32767.0f);
}

/// Means of every so many frames of both channels into the even (input) or odd (output) numbers of `sound`, from the
/// frame that is number `taken` of its mean; returns where that has come to.
static uint32_t take_sound(FiqFeed* feed, const float* left, const float* right, uint32_t n_frames,
                           uint32_t which, uint32_t n)
{
  assert(feed->n_sound <= FIQ_FEED_SOUND);
  assert(feed && left && right);
  const float share = 0.5f / (float)feed->every;
  uint32_t    taken = feed->n_taken;
  float       sum   = feed->sum[which];
  for (uint32_t i = 0; i < n_frames; ++i) {
    sum += left[i] + right[i];
    if (++taken == feed->every) {
      n                          = n < FIQ_FEED_SOUND ? n : 0;
      feed->sound[2 * n + which] = sample_of(share * sum);
      sum                        = 0.0f;
      taken                      = 0;
      ++n;
    }
  }
  feed->sum[which] = sum;
  return n;
}

void fiq_plugin_feed_input(FiqPlugin* self, const float* const* in, uint32_t n_frames)
{
  assert(self && in);
  FiqFeed* const feed = &self->feed;
  if (feed->lease_frames == 0 || !in[0] || !in[1]) {
    return;
  }
  feed->level[0] = loudest(in[0], n_frames, feed->level[0]);
  feed->level[1] = loudest(in[1], n_frames, feed->level[1]);
  if (self->config.with_realms) {
    (void)take_sound(feed, in[0], in[1], n_frames, 0, feed->n_sound);
  }
}

void fiq_plugin_feed_output(FiqPlugin* self, const float* const* out, uint32_t n_frames)
{
  assert(self && out);
  FiqFeed* const feed = &self->feed;
  if (feed->lease_frames == 0) {
    return;
  }
  feed->level[2] = loudest(out[0], n_frames, feed->level[2]);
  feed->level[3] = loudest(out[1], n_frames, feed->level[3]);
  for (uint32_t i = 0; i < n_frames; ++i) {
    const float mono = 0.5f * fabsf(out[0][i] + out[1][i]);
    feed->level[4]   = mono > feed->level[4] ? mono : feed->level[4];
  }
  if (self->config.with_realms) {
    feed->n_sound = take_sound(feed, out[0], out[1], n_frames, 1, feed->n_sound);
    feed->n_taken = (feed->n_taken + n_frames) % feed->every;
  }
}

bool fiq_plugin_picture_is_due(FiqPlugin* self, uint32_t n_frames)
{
  assert(self);
  FiqFeed* const feed = &self->feed;
  if (feed->lease_frames == 0) {
    return false;
  }
  feed->lease_frames -= feed->lease_frames < n_frames ? feed->lease_frames : n_frames;
  if (feed->wait_frames > n_frames) {
    feed->wait_frames -= n_frames;
    return false;
  }
  // What this one is late, the next one is early.
  const uint32_t late = (n_frames - feed->wait_frames) % feed->between_frames;
  feed->wait_frames   = feed->between_frames - late;
  return true;
}

bool fiq_plugin_write_picture(FiqPlugin* self, uint32_t which)
{
  assert(self);
  (void)which;
  LV2_Atom_Forge* const forge = &self->forge;
  FiqFeed* const        feed  = &self->feed;
  LV2_Atom_Forge_Frame  object;
  fiq_engine_picture(self->engine, &feed->picture);
  const bool ok = lv2_atom_forge_frame_time(forge, 0) &&
                  lv2_atom_forge_object(forge, &object, 0, feed->type) &&
                  fiq_told_write(self, fields, N_FIELDS, feed->key, feed);
  if (ok) {
    lv2_atom_forge_pop(forge, &object);
  }
  memset(feed->level, 0, sizeof(feed->level));
  feed->n_sound = 0;
  return ok;
}
