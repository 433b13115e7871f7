// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Tunings that arrive as system exclusive messages (MIDI Tuning Standard): pitches of keys, and offsets of pitch classes by
   channel, laid over the tuning that is loaded.

   Messages, F0 to F7, of any device:
     7E d 08 01 t name[16] (xx yy zz)[128] sum        bulk dump
     7E d 08 04 b t name[16] (xx yy zz)[128] sum      the same with a bank
     7F d 08 02 t n (kk xx yy zz)[n]                  keys, at once
     7E|7F d 08 07 b t n (kk xx yy zz)[n]             the same with a bank; 7F at once
     7E|7F d 08 08 ff gg hh (ss)[12]                  pitch classes of the channels in ff gg hh, ss - 64 cents; 7F at once
     7E|7F d 08 09 ff gg hh (xx yy)[12]               the same in 14 bits, (xxyy - 8192) / 81.92 cents
     7E d 09 01|02|03                                 General MIDI begins or ends: as loaded, at once
   xx yy zz is key xx and yyzz / 16384 of a semitone above; 7F 7F 7F leaves the key as it is. There is one tuning: t and b
   do not matter. The sum is the exclusive or of all bytes behind F0, with or without the 08 01. What is not whole, or
   has a value above 127 or another sum, is ignored as a whole. What comes at once retunes keys that sound, the rest those that are
   struck from then on.
   Source: MIDI Tuning Standard (MIDI 1.0 detailed specification 4.2, CA-020, CA-021, RP-020).
*/
#ifndef FIQ_MTS_H
#define FIQ_MTS_H

#include "dsp/notes/tuning.h"

enum {
  FIQ_MTS_CHANNELS    = 16,
  FIQ_MTS_CHANGES_MAX = 12 * FIQ_MTS_CHANNELS, ///< of one message
  FIQ_MTS_FLOATS      = FIQ_TUNING_KEYS + 12 * FIQ_MTS_CHANNELS
};

/// Pitch of a key that the messages have left as it is loaded.
#define FIQ_MTS_AS_LOADED (-1.0f)

typedef struct {
  float pitch[FIQ_TUNING_KEYS];       ///< in keys of equal temperament; FIQ_MTS_AS_LOADED
  float offset[FIQ_MTS_CHANNELS][12]; ///< semitones, by pitch class from C on
} FiqMts;

typedef enum { FIQ_MTS_KEY, FIQ_MTS_CLASS, FIQ_MTS_RESET } FiqMtsKind;

typedef struct {
  FiqMtsKind kind;
  bool       at_once; ///< keys that sound too
  uint8_t    channel; ///< 0..15, of a class
  uint8_t    number;  ///< key 0..127, or class 0..11
  float      value;   ///< pitch, or offset in semitones
} FiqMtsChange;

/// All as loaded.  [audio]
void fiq_mts_reset(FiqMts* self);

/// What `message` asks for, in order; their number, 0 if it is none of these or not whole.  [any]
uint32_t fiq_mts_parse(const uint8_t* message, uint32_t size_bytes,
                       FiqMtsChange change[FIQ_MTS_CHANGES_MAX]);

/// Take one change over.  [audio]
void fiq_mts_apply(FiqMts* self, const FiqMtsChange* change);

/// Pitch of `key` on `channel` (16 and above has no offsets), over `tuning`, which may be NULL.  [any]
double fiq_mts_pitch(const FiqMts* self, const FiqTuning* tuning, uint32_t channel, uint32_t key);

/// Whether `key` has a frequency.  [any]
bool fiq_mts_sounds(const FiqMts* self, const FiqTuning* tuning, uint32_t key);

/// As it is kept: [FIQ_MTS_FLOATS], pitches plus 1, then offsets; 0 is as loaded. What is unpacked may be of any origin: what
/// makes no sense is as loaded.  [audio]
void fiq_mts_pack(const FiqMts* self, float* packed);
void fiq_mts_unpack(FiqMts* self, const float* packed);

#endif
