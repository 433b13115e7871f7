// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Predicts the next key of a melody. Each viewpoint sees every note as a symbol of its own and has a context model
   (context_model.h) of all that was learned; some have another one of the present piece alone. What they expect is
   combined by how sure each is (mixer.h).

   viewpoint      symbol                                               long  short
   PITCH          key                                                   x     x
   TURN           interval, with the distance from the phrase's first   x     x
   STEP_LENGTH    interval, with the note's length                      x
   STEP_PLACE     interval, with the place in the bar                   x     x
   DEGREE_PLACE   interval, scale degree and place in the bar           x
   CONTOUR        up, level or down, with scale degree and length       x

   Place and length of a note are known before its key is chosen. The scale degree counts from the tonic of the most
   likely key so far (profiles of Krumhansl and Kessler 1982, weighted by length, fading by 1 % a note).
   Source: multiple viewpoint systems, Conklin and Witten 1995; long and short term, Pearce 2005.
   Cost: 6 long models of order 4 and 3 short ones of order 5, each O(order x candidates) a note.
*/
#ifndef FIQ_MELODY_MODEL_H
#define FIQ_MELODY_MODEL_H

#include "dsp/sequence/context_model.h"
#include "dsp/sequence/mixer.h"

enum {
  FIQ_TICKS              = 96,   ///< a quarter note
  FIQ_MELODY_WINDOW      = 8192, ///< notes that are remembered
  FIQ_MELODY_SHORT_NOTES = 512,  ///< of the present piece
  FIQ_MELODY_KEYS        = 128
};

typedef enum {
  FIQ_VIEW_PITCH,
  FIQ_VIEW_TURN,
  FIQ_VIEW_STEP_PLACE,
  FIQ_VIEW_STEP_LENGTH,
  FIQ_VIEW_DEGREE_PLACE,
  FIQ_VIEW_CONTOUR,
  FIQ_N_VIEWS,
  FIQ_N_SHORT_VIEWS = FIQ_VIEW_STEP_PLACE + 1
} FiqViewpoint;

typedef struct {
  uint8_t  key;    ///< 0..127
  uint16_t place;  ///< ticks since the bar began
  uint16_t length; ///< ticks
} FiqMelodyNote;

typedef struct {
  uint32_t window;        ///< notes remembered, 32..FIQ_CONTEXT_WINDOW_MAX
  bool     is_pitch_only; ///< the first viewpoint alone, for comparison with published figures
} FiqMelodyConfig;

/// Where the melody has come to.
typedef struct {
  uint32_t n_notes; ///< of the phrase
  uint8_t  last;    ///< key
  uint8_t  first;   ///< key of the phrase
  uint8_t  tonic;   ///< pitch class, once there is a note
  bool     is_minor;
  bool     has_tonic;
  float    key_score[2][12]; ///< of each major and minor key
  float    heard[12];        ///< how often each pitch class was heard of late
} FiqMelodyPlace;

typedef struct {
  uint32_t          n_long;  ///< viewpoints in use
  uint32_t          n_short; ///< of these with a model of the piece
  FiqContextModel   long_term[FIQ_N_VIEWS];
  FiqContextModel   short_term[FIQ_N_SHORT_VIEWS];
  FiqMixer          mixer;
  FiqMelodyPlace    at;
  uint32_t          n_candidates;
  uint8_t           candidate[FIQ_MELODY_KEYS]; ///< [n_candidates] ascending
  uint8_t           class_of[FIQ_N_VIEWS][FIQ_MELODY_KEYS];
  FiqContextClasses classes[FIQ_N_VIEWS];
  bool              is_predicted; ///< for the note to come
} FiqMelodyModel;

/// Take the memory; nothing is known, all keys are candidates.  [setup]
FiqStatus fiq_melody_init(FiqMelodyModel* self, FiqArena* arena, const FiqMelodyConfig* config);

/// Forget everything.  [audio]
void fiq_melody_reset(FiqMelodyModel* self);

/// The keys that can come: those of `is_possible` [128], or all if it has none.  [audio]
void fiq_melody_set_candidates(FiqMelodyModel* self, const bool* is_possible);

/// A new phrase begins; with it a new piece, or the same one goes on.  [audio]
void fiq_melody_begin(FiqMelodyModel* self, bool is_new_piece);

/// Predict the key of `note` (whose key is not looked at): mixer.share [n_candidates] of `candidate`.  [audio]
void fiq_melody_predict(FiqMelodyModel* self, const FiqMelodyNote* note);

/// `note` has come. What it teaches, and the weights if it was predicted, is kept.  [audio]
void fiq_melody_learn(FiqMelodyModel* self, const FiqMelodyNote* note);

/// `note` has come, though nothing is to be learned of it: it is but context, and part of the piece.  [audio]
void fiq_melody_pass(FiqMelodyModel* self, const FiqMelodyNote* note);

/// Share of `key` in the last prediction, 0 if it is no candidate.  [any]
float fiq_melody_share(const FiqMelodyModel* self, uint32_t key);

/// Whether `key` is of the scale: one of the pitch classes heard of late, at least one time of 50; until five are, of
/// the scale of the most likely key (major or natural minor).  [any]
bool fiq_melody_in_scale(const FiqMelodyModel* self, uint32_t key);

#endif
