// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/notes/midi.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

enum { LOWER_MASTER = 0, UPPER_MASTER = 15, LAST_CHANNEL = 15, NO_PARAMETER = 127 };

static const float smooth_tau_s   = 0.01f;
static const float bend_range_max = 96.0f;
static const float glide_max_s    = 4.0f;
static const float glide_plain_s  = 0.1f;

// ---- bytes ----

static float bend_value(uint32_t low, uint32_t high)
{
  const float bend = (float)(high << 7 | low) - 8192.0f;
  return bend < 0.0f ? bend / 8192.0f : bend / 8191.0f;
}

FiqMidiMessage fiq_midi_parse(const uint8_t* message, uint32_t size_bytes)
{
  static const uint8_t kinds[8] = {FIQ_MIDI_NOTE_OFF,   FIQ_MIDI_NOTE_ON, FIQ_MIDI_KEY_PRESSURE,
                                   FIQ_MIDI_CONTROLLER, FIQ_MIDI_NONE,    FIQ_MIDI_CHANNEL_PRESSURE,
                                   FIQ_MIDI_BEND,       FIQ_MIDI_NONE};
  FiqMidiMessage       parsed   = {.kind = FIQ_MIDI_NONE};
  if (!message || size_bytes < 2 || message[0] < 0x80) {
    return parsed;
  }
  const FiqMidiKind kind = (FiqMidiKind)kinds[(message[0] >> 4) & 7];
  const bool        two  = kind != FIQ_MIDI_CHANNEL_PRESSURE;
  if (kind == FIQ_MIDI_NONE || (two && size_bytes < 3)) {
    return parsed;
  }
  const uint8_t first  = message[1];
  const uint8_t second = two ? message[2] : 0;
  if ((first | second) > 127) {
    return parsed;
  }
  parsed = (FiqMidiMessage){kind, message[0] & 15u, first, (float)second};
  if (kind == FIQ_MIDI_NOTE_ON && second == 0) {
    parsed = (FiqMidiMessage){FIQ_MIDI_NOTE_OFF, message[0] & 15u, first, FIQ_MIDI_LIFT};
  } else if (kind == FIQ_MIDI_BEND) {
    parsed.value = bend_value(first, second);
  } else if (kind == FIQ_MIDI_CHANNEL_PRESSURE) {
    parsed.value = (float)first / 127.0f;
  } else if (kind != FIQ_MIDI_CONTROLLER) {
    parsed.value /= 127.0f;
  }
  return parsed;
}

bool fiq_midi_uses(uint32_t controller)
{
  switch (controller) {
  case 1:
  case 5:
  case 6:
  case 7:
  case 11:
  case 38:
  case 64:
  case 65:
  case 66:
  case 67:
  case 74:
  case 96:
  case 97:
  case 98:
  case 99:
  case 100:
  case 101:
  case 120:
  case 121:
    return true;
  default:
    return controller >= 123 && controller <= 127;
  }
}

// ---- zones ----

static bool is_of_lower(const FiqMidiChannels* self, uint32_t channel)
{
  return channel > LOWER_MASTER && channel <= self->n_lower;
}

static bool is_of_upper(const FiqMidiChannels* self, uint32_t channel)
{
  return channel < UPPER_MASTER && channel + self->n_upper >= UPPER_MASTER;
}

bool fiq_midi_is_member(const FiqMidiChannels* self, uint32_t channel)
{
  return is_of_lower(self, channel) || is_of_upper(self, channel);
}

uint32_t fiq_midi_group(const FiqMidiChannels* self, uint32_t channel)
{
  return is_of_lower(self, channel)   ? LOWER_MASTER
         : is_of_upper(self, channel) ? UPPER_MASTER
                                      : channel;
}

uint32_t fiq_midi_scope(const FiqMidiChannels* self, uint32_t channel)
{
  uint32_t scope = 1u << channel;
  for (uint32_t other = 0; other <= LAST_CHANNEL; ++other) {
    scope |= fiq_midi_group(self, other) == channel ? 1u << other : 0u;
  }
  return scope;
}

/// All but volume, ranges and modes, which outlive a reset.
static void rest_channel(FiqMidiChannel* channel)
{
  channel->sustain       = false;
  channel->sostenuto     = false;
  channel->soft          = false;
  channel->bend          = 0.0f;
  channel->pressure      = 0.0f;
  channel->wheel         = 0.0f;
  channel->expression    = 1.0f;
  channel->portamento    = -1;
  channel->portamento_s  = -1.0f;
  channel->parameter_msb = NO_PARAMETER;
  channel->parameter_lsb = NO_PARAMETER;
}

void fiq_midi_forget_ranges(FiqMidiChannels* self)
{
  for (uint32_t i = 0; i < FIQ_MIDI_CHANNELS; ++i) {
    self->channel[i].bend_range_semitones = -1.0f;
  }
}

void fiq_midi_forget_modes(FiqMidiChannels* self)
{
  for (uint32_t i = 0; i < FIQ_MIDI_CHANNELS; ++i) {
    self->channel[i].mono = -1;
  }
}

void fiq_midi_forget_glides(FiqMidiChannels* self)
{
  for (uint32_t i = 0; i < FIQ_MIDI_CHANNELS; ++i) {
    self->channel[i].portamento   = -1;
    self->channel[i].portamento_s = -1.0f;
  }
}

void fiq_midi_reset(FiqMidiChannels* self)
{
  memset(self, 0, sizeof *self);
  for (uint32_t i = 0; i < FIQ_MIDI_CHANNELS; ++i) {
    rest_channel(&self->channel[i]);
    self->channel[i].volume   = 1.0f;
    self->channel[i].gain_now = 1.0f;
  }
  fiq_midi_forget_ranges(self);
  fiq_midi_forget_modes(self);
  self->settled = true;
}

/// Give the zone of `master` its members; the channels whose part changed.
static uint32_t set_zone(FiqMidiChannels* self, uint32_t master, uint32_t n_members)
{
  const FiqMidiChannels before = *self;
  const uint32_t        left   = n_members == 0 ? 15 : n_members < 14 ? 14 - n_members : 0;
  if (master == LOWER_MASTER) {
    self->n_lower = n_members;
    self->n_upper = self->n_upper < left ? self->n_upper : left;
  } else {
    self->n_upper = n_members;
    self->n_lower = self->n_lower < left ? self->n_lower : left;
  }
  uint32_t changed = 0;
  for (uint32_t i = 0; i <= LAST_CHANNEL; ++i) {
    FiqMidiChannel* const channel = &self->channel[i];
    const bool            same    = fiq_midi_is_member(self, i) == fiq_midi_is_member(&before, i) &&
                      fiq_midi_group(self, i) == fiq_midi_group(&before, i);
    if (!same) {
      changed |= 1u << i;
      rest_channel(channel);
      channel->timbre = 0.0f;
    }
    if (!same || fiq_midi_group(self, i) == master) {
      channel->bend_range_semitones = -1.0f;
    }
  }
  return changed;
}

FiqMidiEffect fiq_midi_set_zone(FiqMidiChannels* self, uint32_t n_members)
{
  assert(self && n_members <= LAST_CHANNEL);
  return (FiqMidiEffect){FIQ_MIDI_NEW_ZONES, set_zone(self, LOWER_MASTER, n_members)};
}

// ---- controllers ----

static void set_bend_range(FiqMidiChannels* self, uint32_t channel, float semitones)
{
  const bool     member = fiq_midi_is_member(self, channel);
  const uint32_t group  = fiq_midi_group(self, channel);
  for (uint32_t i = 0; i <= LAST_CHANNEL; ++i) {
    const bool fellow = member && fiq_midi_is_member(self, i) && fiq_midi_group(self, i) == group;
    if (i == channel || fellow) {
      self->channel[i].bend_range_semitones = fminf(semitones, bend_range_max);
    }
  }
}

static int16_t is_in_zone(int32_t value, int32_t low, int32_t high)
{
  return (int16_t)(value < low ? low : value > high ? high : value);
}

/// Fine tuning as 14 bits, coarse tuning as 7.
static void set_fine(FiqMidiChannel* channel, int32_t bits)
{
  channel->fine = (int16_t)(is_in_zone(bits, 0, 16383) - 8192);
}

static void set_coarse(FiqMidiChannel* channel, int32_t bits)
{
  channel->coarse = (int8_t)(is_in_zone(bits, 0, 127) - 64);
}

/// Data increment and decrement, `way` 1 or -1.
static void step_data(FiqMidiChannels* self, uint32_t channel, int32_t way)
{
  FiqMidiChannel* const state = &self->channel[channel];
  const float           range = state->bend_range_semitones;
  if (state->parameter_msb != 0) {
    return;
  }
  if (state->parameter_lsb == 0 && range >= 0.0f) {
    set_bend_range(self, channel, fmaxf(range + 0.01f * (float)way, 0.0f));
  } else if (state->parameter_lsb == 1) {
    set_fine(state, state->fine + 8192 + way);
  } else if (state->parameter_lsb == 2) {
    set_coarse(state, state->coarse + 64 + way);
  }
}

static FiqMidiEffect enter_data(FiqMidiChannels* self, uint32_t channel, bool fine, uint32_t value)
{
  FiqMidiEffect         effect = {FIQ_MIDI_NOTHING, 0};
  FiqMidiChannel* const state  = &self->channel[channel];
  const int32_t         bits   = state->fine + 8192;
  if (state->parameter_msb != 0) {
    return effect;
  }
  if (state->parameter_lsb == 0 && !fine) {
    set_bend_range(self, channel, (float)value);
  } else if (state->parameter_lsb == 0 && state->bend_range_semitones >= 0.0f) {
    const float whole = floorf(state->bend_range_semitones + 0.001f);
    set_bend_range(self, channel, whole + 0.01f * fminf((float)value, 99.0f));
  } else if (state->parameter_lsb == 1) {
    set_fine(state, fine ? (bits & ~127) + (int32_t)value : (int32_t)value * 128);
  } else if (state->parameter_lsb == 2 && !fine) {
    set_coarse(state, (int32_t)value);
  } else if (state->parameter_lsb == 6 && !fine && value <= 15 &&
             (channel == LOWER_MASTER || channel == UPPER_MASTER)) {
    effect = (FiqMidiEffect){FIQ_MIDI_NEW_ZONES, set_zone(self, channel, value)};
  }
  return effect;
}

static FiqMidiAction press_sostenuto(FiqMidiChannel* channel, bool down)
{
  const bool was     = channel->sostenuto;
  channel->sostenuto = down;
  return down == was ? FIQ_MIDI_NOTHING : down ? FIQ_MIDI_CAPTURE : FIQ_MIDI_LET_GO;
}

/// Controllers 120 to 127.
static FiqMidiAction change_mode(FiqMidiChannels* self, uint32_t scope, uint32_t controller)
{
  for (uint32_t i = 0; i <= LAST_CHANNEL; ++i) {
    FiqMidiChannel* const channel = &self->channel[i];
    if (scope >> i & 1u) {
      channel->mono = controller == 126 ? 1 : controller == 127 ? 0 : channel->mono;
      if (controller == 121) {
        rest_channel(channel);
      }
    }
  }
  return controller == 120   ? FIQ_MIDI_ALL_SOUND_OFF
         : controller == 121 ? FIQ_MIDI_RESET
         : controller >= 123 ? FIQ_MIDI_ALL_NOTES_OFF
                             : FIQ_MIDI_NOTHING;
}

/// Controllers that only set a value.
static void set_value(FiqMidiChannel* channel, uint32_t controller, uint32_t value)
{
  const float share = (float)value / 127.0f;
  switch (controller) {
  case 1:
    channel->wheel = share;
    break;
  case 5:
    channel->portamento_s = glide_max_s * share * share;
    break;
  case 7:
    channel->volume = share;
    break;
  case 11:
    channel->expression = share;
    break;
  case 65:
    channel->portamento = value >= 64 ? 1 : 0;
    break;
  case 67:
    channel->soft = value >= 64;
    break;
  case 74:
    channel->timbre = fmaxf(((float)value - 64.0f) / 63.0f, -1.0f);
    break;
  case 98:
  case 99: // a parameter that is not registered: its data is not for us
    channel->parameter_msb = NO_PARAMETER;
    channel->parameter_lsb = NO_PARAMETER;
    break;
  case 100:
    channel->parameter_lsb = (uint8_t)value;
    break;
  case 101:
    channel->parameter_msb = (uint8_t)value;
    break;
  default:
    break;
  }
}

FiqMidiEffect fiq_midi_controller(FiqMidiChannels* self, uint32_t channel, uint32_t controller,
                                  uint32_t value)
{
  assert(channel <= LAST_CHANNEL);
  assert(controller <= 127);
  assert(value <= 127);
  FiqMidiChannel* const state  = &self->channel[channel];
  FiqMidiEffect         effect = {FIQ_MIDI_NOTHING, fiq_midi_scope(self, channel)};
  self->settled                = false;
  if (controller == 6 || controller == 38) {
    return enter_data(self, channel, controller == 38, value);
  }
  if (controller == 96 || controller == 97) {
    step_data(self, channel, controller == 96 ? 1 : -1);
  } else if (controller == 64) {
    state->sustain = value >= 64;
    effect.action  = FIQ_MIDI_PEDALS;
  } else if (controller == 66) {
    effect.action = press_sostenuto(state, value >= 64);
  } else if (controller >= 120) {
    effect.action = change_mode(self, effect.channels, controller);
  } else {
    set_value(state, controller, value);
  }
  return effect;
}

// ---- what holds for a note ----

/// The master if `channel` is a member, else the channel itself.
static const FiqMidiChannel* master_of(const FiqMidiChannels* self, uint32_t channel)
{
  return &self->channel[fiq_midi_group(self, channel)];
}

bool fiq_midi_sustains(const FiqMidiChannels* self, uint32_t channel)
{
  return self->channel[channel].sustain || master_of(self, channel)->sustain;
}

bool fiq_midi_is_soft(const FiqMidiChannels* self, uint32_t channel)
{
  return self->channel[channel].soft || master_of(self, channel)->soft;
}

float fiq_midi_pressure(const FiqMidiChannels* self, uint32_t channel)
{
  return fmaxf(self->channel[channel].pressure, master_of(self, channel)->pressure);
}

float fiq_midi_timbre(const FiqMidiChannels* self, uint32_t channel)
{
  const float own = self->channel[channel].timbre;
  return fiq_midi_is_member(self, channel)
             ? fiq_clamp(own + master_of(self, channel)->timbre, -1.0f, 1.0f)
             : own;
}

static float own_bend(const FiqMidiChannel* channel, float range)
{
  const float semitones = channel->bend_range_semitones;
  return channel->bend * (semitones < 0.0f ? range : semitones);
}

float fiq_midi_bend_semitones(const FiqMidiChannels* self, uint32_t channel, float range,
                              float member_range)
{
  const FiqMidiChannel* const own = &self->channel[channel];
  return fiq_midi_is_member(self, channel)
             ? own_bend(own, member_range) + own_bend(master_of(self, channel), range)
             : own_bend(own, range);
}

static float own_tuning(const FiqMidiChannel* channel)
{
  return (float)channel->coarse + (float)channel->fine * (1.0f / 8192.0f);
}

float fiq_midi_tuning_semitones(const FiqMidiChannels* self, uint32_t channel)
{
  const float own = own_tuning(&self->channel[channel]);
  return fiq_midi_is_member(self, channel) ? own + own_tuning(master_of(self, channel)) : own;
}

float fiq_midi_glide_s(const FiqMidiChannels* self, uint32_t channel, float glide_s)
{
  const FiqMidiChannel* const own    = &self->channel[channel];
  const FiqMidiChannel* const master = master_of(self, channel);
  const int8_t                on     = own->portamento >= 0 ? own->portamento : master->portamento;
  const float set_s = own->portamento_s >= 0.0f ? own->portamento_s : master->portamento_s;
  if (on == 0 || (on < 0 && glide_s <= 0.0f)) {
    return 0.0f;
  }
  return set_s >= 0.0f ? set_s : glide_s > 0.0f ? glide_s : glide_plain_s;
}

static float loudness(const FiqMidiChannel* channel)
{
  const float amplitude = channel->volume * channel->expression;
  return amplitude * amplitude;
}

/// One step of `share` of the way toward `target`; true if it is there.
static bool follow_controller(float* now, float target, float share)
{
  *now += (target - *now) * share;
  const bool there = fabsf(target - *now) < 1e-5f;
  *now             = there ? target : *now;
  return there;
}

void fiq_midi_advance(FiqMidiChannels* self, float dt_s)
{
  if (self->settled || dt_s <= 0.0f) {
    return;
  }
  const float share   = 1.0f - expf(-dt_s / smooth_tau_s);
  bool        settled = true;
  for (uint32_t i = 0; i <= LAST_CHANNEL; ++i) {
    FiqMidiChannel* const       own    = &self->channel[i];
    const FiqMidiChannel* const master = master_of(self, i);
    const float                 gain   = loudness(own) * (master == own ? 1.0f : loudness(master));
    settled                            = follow_controller(&own->gain_now, gain, share) && settled;
    settled =
        follow_controller(&own->wheel_now, fmaxf(own->wheel, master->wheel), share) && settled;
  }
  self->settled = settled;
}
