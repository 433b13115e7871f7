// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Learning while sound plays: a recorder of what comes in, a learner (learner.h) that works on one
   recorded segment while the next one fills, what came out of it as something that can be kept and
   carried over to other bands, and a watch that says when it does harm.

   One segment is recorded by the audio thread, the other one belongs to whoever does the lesson: a
   worker from fiq_lesson_start on until fiq_lesson_step has returned false and run() knows it.
   Cost: recording some 2 ns a frame. Memory: 16 bytes a frame of each segment, and the learner's.
*/
#ifndef FIQ_LESSON_H
#define FIQ_LESSON_H

#include "dsp/learn/learner.h"

#include <stdatomic.h>

/// Bands that phases are learned for, however many the realm has: the more, the closer their curve follows what a sound needs.
enum { FIQ_LESSON_BANDS = 64 };

/// What was learned, and for which bands.
typedef struct {
  FiqLearned learned;
  bool       is_known; ///< false: nothing was learned, the rest means nothing
  double     sample_rate_hz;
  uint32_t   window_frames;
  uint32_t   n_bands;
  float      peak;                       ///< of what it was learned from
  float      centre_hz[FIQ_NEURONS_MAX]; ///< [n_bands] rising
} FiqPhaseSolution;

enum { FIQ_PHASE_SOLUTION_FLOATS = 11 + 3 * FIQ_NEURONS_MAX };

typedef enum {
  FIQ_LESSON_IDLE,
  FIQ_LESSON_BEGIN,
  FIQ_LESSON_LEARN,
  FIQ_LESSON_COMPARE, ///< the old lesson on the new segment
  FIQ_LESSON_DONE
} FiqLessonStage;

typedef struct {
  FiqLearnerConfig learner;   ///< n_frames_max is that of a segment
  bool             is_single; ///< one segment: nothing is recorded while a lesson goes on
} FiqLessonConfig;

typedef struct {
  FiqLearner       learner;
  float*           segment[2][2][FIQ_CHANNELS]; ///< [segment][main, sidechain][channel]
  float*           hop[FIQ_CHANNELS];           ///< [window/4] scratch
  bool             is_single;
  bool             is_taken;    ///< from start to finish; the audio thread's
  uint32_t         recording;   ///< which segment the audio thread fills
  uint32_t         n_recorded;  ///< frames in it
  float            peak;        ///< in it
  float            lesson_peak; ///< in the lesson's segment
  uint32_t         n_frames;    ///< of the lesson's segment
  FiqLessonStage   stage;
  FiqPhaseSolution old;
  FiqPhaseSolution outcome;     ///< when DONE
  float            old_gain_db; ///< of `old` on the lesson's segment, when DONE
  uint32_t         position;    ///< of COMPARE, output hops
  double           level[2][2]; ///< of COMPARE: [untouched, old][peak, energy]
  atomic_uint      progress;    ///< thousandths
} FiqLesson;

/// FIQ_BAD_ARGUMENT for a configuration out of range. Not to be moved afterwards.  [setup]
FiqStatus fiq_lesson_init(FiqLesson* self, FiqArena* arena, FiqFftPool* pool,
                          const FiqLessonConfig* config);

/// Forget what is being recorded.  [audio]
void fiq_lesson_rewind(FiqLesson* self);

/// Record `main` and `side`, two planes of n_frames each, as far as there is room.  [audio]
void fiq_lesson_record(FiqLesson* self, const float* const* main, const float* const* side,
                       uint32_t n_frames);

/// Make a lesson of what is recorded, and record on in the other segment; only while IDLE. HEADROOM may spread delays by
/// `spread_s` (fiq_learner_set_spread). `old` is compared with the outcome if it is of the same objective and was held to no
/// more.  [audio]
void fiq_lesson_start(FiqLesson* self, FiqLearnObjective objective, float spread_s,
                      const FiqPhaseSolution* old);

/// One slice, as a rule below 1 ms at a window of 2048; false when the lesson is over.  [worker]
bool fiq_lesson_step(FiqLesson* self);

/// After the lesson: whether its outcome is worth more than 0.1 dB over the old one. IDLE again.
/// [audio]
bool fiq_lesson_finish(FiqLesson* self, FiqPhaseSolution* outcome);

/// 0..1 of the present lesson, or of the last.  [any]
float fiq_lesson_progress(const FiqLesson* self);

/// The lesson's phases at other bands, linear over frequency, constant beyond the ends; `centre_hz`
/// [n_bands] to `phi_rad` [2][n_bands].  [any]
void fiq_phase_solution_phases(const FiqPhaseSolution* self, const float* centre_hz,
                               uint32_t n_bands, float phi_rad[FIQ_CHANNELS][FIQ_NEURONS_MAX]);

/// Its delay at another sample rate.  [any]
int32_t fiq_phase_solution_delay_frames(const FiqPhaseSolution* self, double sample_rate_hz);

/// The corner of the turn of its bass, 0 if there is none.  [any]
float fiq_phase_solution_bass_hz(const FiqPhaseSolution* self);

/// As numbers to keep.  [any]
void fiq_phase_solution_pack(const FiqPhaseSolution* self, float packed[FIQ_PHASE_SOLUTION_FLOATS]);

/// Back from numbers of any origin; what cannot be is an unknown lesson.  [any]
void fiq_phase_solution_unpack(FiqPhaseSolution* self,
                               const float       packed[FIQ_PHASE_SOLUTION_FLOATS]);

/// What a path saw in one control period.
typedef struct {
  float  peak_in;    ///< of the input
  float  peak_wet;   ///< of the realm's output, before it leaves
  double energy_dry; ///< of the sum (L + R, or track + sidechain) of the delayed input
  double energy_wet; ///< and of the realm's output
  float
         excess; ///< share of the realm's output that must give way to the delayed input lest the limit be exceeded, 0..1
  float  peak_dry;   ///< of the delayed input, as it leaves
  float  peak_out;   ///< of what leaves in its place
  double energy_out; ///< of its sum, as above
} FiqPathLevels;

enum { FIQ_WATCH_SLOTS = 40, FIQ_WATCH_RECENT = 2, FIQ_WATCH_PAST = 64 };

/// Peak of the last FIQ_WATCH_SLOTS slots of sound, each a tenth of a second; what is below -40 dBFS is no sound.
typedef struct {
  float    slot[FIQ_WATCH_SLOTS];
  uint32_t i_slot;
  float    in_slot_s;
  float    past; ///< highest of the other slots
} FiqPeakHold;

/// `peak` of `period_s` seconds more, during which `heard` says how loud it is.  [audio]
void fiq_peak_hold_step(FiqPeakHold* self, float peak, float heard, float period_s);

/// The highest.  [audio]
static inline float fiq_peak_hold_peak(const FiqPeakHold* self)
{
  const float now = self->slot[self->i_slot];
  return self->past > now ? self->past : now;
}

enum { FIQ_BLEND_PERIODS = 64 };

/**
   How much of the realm's output may be heard while what will be heard is known some control periods ahead: no less than
   keeps its peaks within the limit, for no longer than it takes, and with slopes instead of steps.
*/
typedef struct {
  float    excess[FIQ_BLEND_PERIODS]; ///< of the last periods
  uint32_t i_period;
} FiqBlend;

/// The share for the end of the next control period, from `share` on, when `excess` is what the last one saw and it is heard
/// `ahead` periods (3..FIQ_BLEND_PERIODS - 2) later, in slopes of at most `step` down a period.  [audio]
float fiq_blend_step(FiqBlend* self, float share, float excess, uint32_t ahead, float step);

/**
   Whether what was learned helps right now. HEADROOM: the realm's peak, seen before it is heard,
   against that of the input over the last 4 s of sound, as far as that was played with what is
   played now; more than 0.1 dB above is harm (peaks below -40 dBFS need no headroom and are not
   judged), for as long as it lasts and 2 s longer, up to 8 s if it comes again and again. MONO and
   ALIGN: energy of the sum over 0.5 s beside that of the untouched one 40 ms before, since what was
   learned may come later; harm below -0.1 dB until it is above 0 dB again.
*/
typedef struct {
  FiqPeakHold input;       ///< with what is known or was heard before
  FiqPeakHold heard;       ///< of the input itself, since what is played now is played
  float       hold_s;      ///< harm for so long
  float       next_hold_s; ///< the next time
  double      energy_dry;
  double      energy_wet;
  double      past_dry[FIQ_WATCH_PAST]; ///< energy_dry of the last periods
  uint32_t    i_past;
  bool        harms;
} FiqWatch;

/// What the realm's output must keep to: the highest peak that the input had in the last 4 s of sound, no matter how high that was
/// which was learned from.  [audio]
float fiq_watch_limit(const FiqWatch* self);

/// Nothing was heard but, at some time, this `peak`; if that is 0, harm is supposed until the input
/// was heard for 0.3 s.  [audio]
void fiq_watch_reset(FiqWatch* self, float peak);

/// Something else is played from now on: what counts is the input from 0.2 s ago on.  [audio]
void fiq_watch_restart(FiqWatch* self);

/// Take what was seen in `period_s` into account.  [audio]
void fiq_watch_step(FiqWatch* self, FiqLearnObjective objective, const FiqPathLevels* seen,
                    float period_s);

#endif
