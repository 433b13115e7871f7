// SPDX-License-Identifier: GPL-3.0-or-later
/**
   A partner that listens to what is played, learns from it, and plays itself.

   OFF         neither listens nor plays
   CONTINUE    plays on when the player has rested for a beat, and stops when he plays again
   ANSWER      bars by turns: so many are the player's, as many are its own
   ACCOMPANY   a second voice below what is played
   HOLD        begins as CONTINUE, or by itself after a beat, and plays on, whatever is played

   Time: the host's beats while its transport rolls, else those of the pulse that it finds in what is played
   (pulse.h), else 120 a minute from the first note on. Notes heard are taken to the nearest twelfth of a beat ..
   FIQ_GRID ticks; its own lie exactly on the beat. Onsets within 30 ms are a chord, of which the highest is the melody.
   A rest of more than a bar ends a phrase.

   Cost: O(1) a control period; improviser.h a note. At most one note is learned and one chosen in a control period,
   so that what happens at once is spread over some. Latency: none; what it plays in a period is known when that begins.
*/
#ifndef FIQ_PARTNER_H
#define FIQ_PARTNER_H

#include "dsp/sequence/chord_vote.h"
#include "dsp/sequence/improviser.h"
#include "dsp/sequence/pulse.h"

typedef enum {
  FIQ_PARTNER_OFF,
  FIQ_PARTNER_CONTINUE,
  FIQ_PARTNER_ANSWER,
  FIQ_PARTNER_ACCOMPANY,
  FIQ_PARTNER_HOLD
} FiqPartnerMode;

/// What partners that know of each other are to each other.
typedef enum {
  FIQ_PARTNER_PARALLEL, ///< nothing
  FIQ_PARTNER_CONSENSUS, ///< each bar they keep to the chord that all of them together find likeliest
  FIQ_PARTNER_SEQUENTIAL ///< they take turns
} FiqPartnerLink;

/// What is known of the others.
typedef struct {
  uint32_t      pitches; ///< bit i: pitch class i sounds
  bool          play;    ///< it is the turn of one of them
  bool          yields;  ///< of one before which this one stands back
  FiqChordTally chords;  ///< votes of all, its own among them, as of one and the same moment
} FiqPartnerOthers;

enum {
  FIQ_PARTNER_WINDOW = 8192, ///< notes remembered
  FIQ_PARTNER_HEARD  = 64,   ///< keys that wait to be heard; beyond, the oldest is left out
  FIQ_PARTNER_NOTES  = 16,   ///< of its own that sound
  FIQ_PARTNER_EVENTS = 64,   ///< of its own in one control period
  FIQ_GRID           = 12    ///< ticks
};

typedef struct {
  FiqPartnerMode      mode;
  bool                capture; ///< learn what is heard
  uint32_t            bars;    ///< of a turn, 1..16
  FiqPartnerLink      link;
  FiqPartnerOthers    others;
  FiqImproviserParams play; ///< `held` is the partner's
} FiqPartnerParams;

/// The host's musical time.
typedef struct {
  double bpm;           ///< > 0
  double beats_per_bar; ///< > 0
  bool   is_rolling;    ///< `beats` is known and moves
  double beats;         ///< at the time that it is told, since the song began
} FiqPartnerTime;

/// A key pressed or released, in stream frames.
typedef struct {
  uint64_t frame;
  uint8_t  key;
  uint8_t  velocity; ///< 0: released
} FiqPartnerEvent;

/// A note of its own.
typedef struct {
  uint8_t key;
  bool    sounds;
  double  end_beats;
} FiqPartnerNote;

/// What was heard and is not learned yet, since the time to the next note is not known.
typedef struct {
  bool     is_open;
  double   time_s;
  uint8_t  key; ///< highest
  uint8_t  velocity;
  uint8_t  keys[FIQ_PARTNER_NOTES];
  uint32_t n_keys;
} FiqPartnerChord;

typedef struct {
  double          sample_rate_hz;
  FiqImproviser   improviser;
  FiqPulse        pulse;
  FiqPartnerMode  mode;
  FiqPartnerTime  host;
  uint64_t        host_frame;               ///< at which `host` holds
  uint64_t        frame;                    ///< of the control period that comes
  FiqPartnerEvent heard[FIQ_PARTNER_HEARD]; ///< ring
  uint32_t        n_heard;
  uint32_t        next_heard;
  FiqPartnerChord open;
  bool            is_held[FIQ_MELODY_KEYS];
  uint32_t        n_held;
  double       first_s; ///< of the first note since it began to listen; the origin of its own beats
  double       last_s;  ///< of the last key pressed or released
  bool         has_heard;    ///< a note since it played last
  double       call_s;       ///< at which the player's turn began
  double       turn_beats;   ///< at which its own ends
  bool         has_passed;   ///< the turn to another, who has not taken it yet
  double       passed_beats; ///< when
  bool         starts_phrase;
  bool         starts_piece;
  bool         captures; ///< as last asked for
  bool         is_playing;
  double       next_beats; ///< of its next note
  FiqChordVote vote;       ///< for the next chord, while it keeps to a harmony with others
  int32_t      agreed;     ///< triad of this bar, FIQ_NO_TRIAD without
  double       agreed_bar; ///< number of that bar
  uint8_t      voice;      ///< last key of the second voice, 0: none
  FiqPartnerNote  note[FIQ_PARTNER_NOTES];
  FiqPartnerEvent event[FIQ_PARTNER_EVENTS]; ///< [n_events] of the last control period, in order
  uint32_t        n_events;
  uint64_t        n_played;
} FiqPartner;

/// Take the memory; nothing is known.  [setup]
FiqStatus fiq_partner_init(FiqPartner* self, FiqArena* arena, double sample_rate_hz,
                           uint32_t window, uint64_t seed);

/// Silence at stream frame 0: what was learned stays, the choices of `seed` begin anew.  [audio]
void fiq_partner_reset(FiqPartner* self, uint64_t seed);

/// Forget what was learned.  [audio]
void fiq_partner_forget(FiqPartner* self, uint64_t seed);

/// A key was pressed (`velocity` > 0) or released at `frame`, not before the last one.  [audio]
void fiq_partner_hear(FiqPartner* self, uint64_t frame, uint32_t key, uint32_t velocity);

/// All keys are released.  [audio]
void fiq_partner_release(FiqPartner* self);

/// The host's time at stream `frame`.  [audio]
void fiq_partner_set_time(FiqPartner* self, const FiqPartnerTime* time, uint64_t frame);

/// The control period of `n_frames` that begins at `frame`: `event` holds what it plays in it.  [audio]
void fiq_partner_step(FiqPartner* self, const FiqPartnerParams* params, uint64_t frame,
                      uint32_t n_frames);

/// Pitch classes of its notes that sound; a bit each.  [any]
uint32_t fiq_partner_pitches(const FiqPartner* self);

/// Learn a note that is kept.  [setup, worker]
void fiq_partner_study(FiqPartner* self, const FiqLearnedNote* note);

#endif
