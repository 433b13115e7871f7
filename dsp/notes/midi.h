// SPDX-License-Identifier: GPL-3.0-or-later
/**
   MIDI 1.0 channel messages, and what the 16 channels remember between notes: pedals, bend, pressure,
   controllers, registered parameters and the zones of MPE. A 17th channel, for the drone, has its
   controllers at rest for ever.

   Volume and expression: gain = (volume / 127)^2 (expression / 127)^2 (the GM curve, 40 log10), at rest 127;
   gain and mod wheel follow in 10 ms, exactly whatever the steps. Timbre (74) is (value - 64) / 63.
   Bend range: the parameter's, until RPN 0 on the channel says otherwise; whichever came last counts.
   Tuning: RPN 1 fine, (value - 8192) / 8192 semitones, and RPN 2 coarse, value - 64. Data increment and
   decrement (96, 97) move RPN 0 by a cent, RPN 1 by its least step, RPN 2 by a semitone.
   Portamento: 65 switches the glide on or off, 5 sets its time, 4 s (value / 127)^2; until then, and after
   fiq_midi_forget_glides(), the parameter's.
   MPE: RPN 6 on channel 1 or 16, or fiq_midi_set_zone(), sets the members of the lower or upper zone (0: off); the other
   zone gives way. A zone's first (last) channel is its master: its bend adds to each member's own, its
   pressure, timbre, wheel, gain and pedals join theirs, its modes reach them all. Members bend by a range
   of their own; RPN 0 on one member is for all. Without zones every channel is on its own, and all play alike.
   Source: MIDI 1.0 detailed specification 4.2; RP-015 (reset), RP-018 (increments); MPE specification 1.0.
*/
#ifndef FIQ_MIDI_H
#define FIQ_MIDI_H

#include "dsp/base/common.h"

enum {
  FIQ_MIDI_CHANNELS = 17, ///< 16 of MIDI and one of the drone
  FIQ_MIDI_DRONE    = 16  ///< channel of the drone chord
};

/// Which message it is.
typedef enum {
  FIQ_MIDI_NONE, ///< nothing to act upon
  FIQ_MIDI_NOTE_OFF,
  FIQ_MIDI_NOTE_ON,
  FIQ_MIDI_KEY_PRESSURE,
  FIQ_MIDI_CONTROLLER,
  FIQ_MIDI_CHANNEL_PRESSURE,
  FIQ_MIDI_BEND
} FiqMidiKind;

/// Release velocity of keys that are lifted without one.
#define FIQ_MIDI_LIFT (64.0f / 127.0f)

typedef struct {
  FiqMidiKind kind;
  uint8_t     channel; ///< 0..15
  uint8_t     number;  ///< key or controller, 0..127
  float       value;   ///< velocity, pressure 0..1; controller 0..127; bend -1..1
} FiqMidiMessage;

typedef struct {
  bool    sustain;
  bool    sostenuto;
  bool    soft;
  float   bend;          ///< -1..1
  float   pressure;      ///< 0..1
  float   timbre;        ///< -1..1
  float   wheel;         ///< 0..1
  float   volume;        ///< 0..1
  float   expression;    ///< 0..1
  uint8_t parameter_msb; ///< registered parameter that data entry means; 127: none
  uint8_t parameter_lsb;
  float   bend_range_semitones; ///< by RPN 0; < 0: the parameter's
  int16_t fine;                 ///< by RPN 1, -8192..8191 parts of a semitone
  int8_t  coarse;               ///< by RPN 2, -64..63 semitones
  int8_t  portamento;           ///< by 65: 1 on, 0 off; -1: the parameter's
  float   portamento_s;         ///< by 5; < 0: the parameter's
  int8_t  mono;                 ///< by mode message: 1 mono, 0 poly; -1: as the parameter says
  float   gain_now;             ///< what is heard of volume and expression, master included
  float   wheel_now;
} FiqMidiChannel;

typedef struct {
  FiqMidiChannel channel[FIQ_MIDI_CHANNELS];
  uint32_t       n_lower; ///< members of the lower zone, 0..15
  uint32_t       n_upper; ///< members of the upper zone
  bool           settled; ///< gain and wheel are where they shall be
} FiqMidiChannels;

/// What keys must do after a controller.
typedef enum {
  FIQ_MIDI_NOTHING,
  FIQ_MIDI_PEDALS,        ///< pedals changed: see which keys are still held
  FIQ_MIDI_CAPTURE,       ///< sostenuto holds the keys that are down
  FIQ_MIDI_LET_GO,        ///< sostenuto ends
  FIQ_MIDI_RESET,         ///< controllers are at rest
  FIQ_MIDI_ALL_NOTES_OFF, ///< keys are up; pedals hold on
  FIQ_MIDI_ALL_SOUND_OFF, ///< silence at once
  FIQ_MIDI_NEW_ZONES      ///< the channels have another meaning now
} FiqMidiAction;

typedef struct {
  FiqMidiAction action;
  uint32_t      channels; ///< bit of each channel concerned
} FiqMidiEffect;

/// One complete message; anything truncated, not of a channel, with a data byte above 127, or not of use
/// is FIQ_MIDI_NONE, bytes after the message are ignored. Note on with velocity 0 is note off with 64.  [any]
FiqMidiMessage fiq_midi_parse(const uint8_t* message, uint32_t size_bytes);

/// Whether fiq_midi_controller() does anything with `controller`.  [any]
bool fiq_midi_uses(uint32_t controller);

/// All at rest, no zones.  [audio]
void fiq_midi_reset(FiqMidiChannels* self);

/// Forget the ranges that RPN 0 set: the parameter counts again.  [audio]
void fiq_midi_forget_ranges(FiqMidiChannels* self);

/// Forget mono and poly messages: the parameter counts again.  [audio]
void fiq_midi_forget_modes(FiqMidiChannels* self);

/// Forget what 5 and 65 set: the parameter counts again.  [audio]
void fiq_midi_forget_glides(FiqMidiChannels* self);

/// Controller `controller` 0..127 of `channel` 0..15 takes `value` 0..127.  [audio]
FiqMidiEffect fiq_midi_controller(FiqMidiChannels* self, uint32_t channel, uint32_t controller,
                                  uint32_t value);

/// Give the lower zone `n_members`, 0..15, as RPN 6 on channel 1 does.  [audio]
FiqMidiEffect fiq_midi_set_zone(FiqMidiChannels* self, uint32_t n_members);

/// Let gain and wheel follow for `dt_s` >= 0.  [audio]
void fiq_midi_advance(FiqMidiChannels* self, float dt_s);

/// Channel that stands for all that share one voice in mono: the zone's master, else itself.  [any]
uint32_t fiq_midi_group(const FiqMidiChannels* self, uint32_t channel);

/// Whether `channel` is a member of a zone.  [any]
bool fiq_midi_is_member(const FiqMidiChannels* self, uint32_t channel);

/// Bits of the channels that a message on `channel` reaches.  [any]
uint32_t fiq_midi_scope(const FiqMidiChannels* self, uint32_t channel);

/// What holds for the notes of `channel`, its master's part included.  [any]
bool  fiq_midi_sustains(const FiqMidiChannels* self, uint32_t channel);
bool  fiq_midi_is_soft(const FiqMidiChannels* self, uint32_t channel);
float fiq_midi_pressure(const FiqMidiChannels* self, uint32_t channel); ///< 0..1
float fiq_midi_timbre(const FiqMidiChannels* self, uint32_t channel);   ///< -1..1

/// Bend of `channel`, semitones, by the ranges of ordinary channels and of members.  [any]
float fiq_midi_bend_semitones(const FiqMidiChannels* self, uint32_t channel, float range,
                              float member_range);

/// Fine and coarse tuning of `channel`, semitones; in a zone the master's is added.  [any]
float fiq_midi_tuning_semitones(const FiqMidiChannels* self, uint32_t channel);

/// Time of a glide to a note of `channel` where the parameter says `glide_s`; 0: none. Switched on without any
/// time it is 0.1 s.  [any]
float fiq_midi_glide_s(const FiqMidiChannels* self, uint32_t channel, float glide_s);

#endif
