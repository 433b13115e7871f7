// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Carriers that live on the partials of a sound: born on peaks that last, they follow them,
   split, merge, and starve when nothing feeds them.

   Every hop (window/8) the peaks (partials.h) of the mono sum (left + right) / 2 are handed out:
   each carrier takes the nearest one about where it expects it, a peak goes to the nearest
   carrier, then what is left to seeds. With r = peak - expected, both in bins, a hop of T s
   and theta = e^(-T / tau):

   follow    f = expected + (1 - theta^2) r,  v += (1 - theta)^2 r,  expected = f + v: critically
             damped, no lag on a glide. tau is adapt_s for a clean peak and up to twice that for a blurred one
   jitter    slow mean of |p - 2 p' + p''| of three peaks in a row, less 0.1 % of the frequency; 0 for
             tones and glides, 0.3 bins for the peaks of noise
   seed      any peak left over; born as a carrier once it has lasted 2 windows without a gap (down to half a
             window if it stands out clearly, see FiqPartial) with low jitter (0.06 bins, 0.41 if clear) and no
             carrier is within 1.5 merge_cents; at most 3 a hop, the loudest first
   split     a birth within 4 bins of a carrier alive since before the seed: takes half of its mass
   merge     two carriers within merge_cents, or one that lost its peak to another within 2.5 bins,
             for 1.5 windows: the elder stays unless the other is 6 dB louder; masses add
   level     peak amplitude of the partial, smoothed by adapt_s; falls by 60 dB in starve_s at most
   energy    1 well fed .. 0 dies; without a peak, or on one that jitters, it is used up in starve_s
   mass      level^0.6 (loudness), over 8 adapt_s; moves in steps of 10 %, and not while starving, so
             that the swarm can rest
   heat      how much the frequency is on the move, cents a hop

   A carrier that dies, or gives way to one 6 dB louder (1 dB in its first four windows) when max_carriers is
   reached, fades in four hops.
   Frequency and level that are handed out move in straight lines from hop to hop.

   A hop's work is cut into eight slices at fixed places in the stream. Latency: window/2 + 15/8 hop less
   a control period (31 ms at 48 kHz). Resolution: partials 3 bins (70 Hz at 48 kHz) apart. What is in one channel
   only reads 6 dB less, what is in opposite phase is not heard. The window has the first power of
   two of 40 ms or more. Cost: 72 ns a frame with 32 partials, 94 ns with noise; bounded by FIQ_PARTIALS_MAX and the number of slots.
   Source: McAulay and Quatieri 1986 (partial tracking); Brookner 1998 (the g-h filter).
*/
#ifndef FIQ_PARTIAL_TRACKER_H
#define FIQ_PARTIAL_TRACKER_H

#include "dsp/analysis/axes.h"
#include "dsp/analysis/partials.h"

enum {
  FIQ_TRACKER_VOICES_MAX = 32, ///< carriers, those that fade out included
  FIQ_TRACKER_SEEDS_MAX  = 48,
  FIQ_TRACKER_SLICES     = 8, ///< of a hop's work
  FIQ_TRACKER_BIRTHS_MAX = 3  ///< a hop
};

typedef struct {
  double   sample_rate_hz; ///< FIQ_SAMPLE_RATE_MIN_HZ..MAX_HZ
  uint32_t control_frames; ///< 1..FIQ_CONTROL_MAX
  uint32_t window_frames;  ///< power of two, FIQ_PARTIALS_WINDOW_MIN..MAX; 0: the first of >= 40 ms
} FiqPartialTrackerConfig;

typedef struct {
  float max_carriers; ///< 1..32; default 16
  float threshold_db; ///< softest partial, dBFS, -80..0; default -50
  float adapt_s;      ///< tau, 0..2 s; default 0.015
  float starve_s;     ///< 0.02..20 s; default 0.3
  float merge_cents;  ///< 0..200; default 25
  float low_hz;  ///< lowest and highest partial, from 2 bins up to 0.45 of the rate; default 60
  float high_hz; ///< default 8000
} FiqPartialTrackerParams;

/// What the swarm gets to play.
typedef struct {
  uint32_t id;    ///< 1, 2, ..; never used twice until reset
  float    hz;    ///< > 0
  float    mass;  ///< weight when oscillators are shared out, > 0; not normalised
  float    level; ///< peak amplitude of the partial, linear, >= 0
} FiqPartialTrackerVoice;

typedef enum {
  FIQ_TRACK_FREE,
  FIQ_TRACK_SEED,
  FIQ_TRACK_ALIVE,
  FIQ_TRACK_FADING ///< dead, and still heard for four hops
} FiqTrackState;

/// A carrier, or what may become one.
typedef struct {
  FiqTrackState state;
  uint32_t      id;         ///< 0 for a seed
  uint32_t      parent_id;  ///< carrier next to where the seed appeared, 0: none
  uint32_t      age_hops;   ///< since the seed appeared
  uint32_t      crowd_hops; ///< for how long it has shared its peak or place
  uint32_t      fade_hops;  ///< left
  float         bin;        ///< frequency in bins
  float         velocity;   ///< bins a hop
  float         peak_bin;   ///< of its peak, one hop ago and two hops ago
  float         last_bin;
  float         amplitude; ///< of its peak
  float         level;     ///< target of the voice
  float         loudness;  ///< slow mean that mass follows
  float         mass;
  float         energy;  ///< 0..1
  float         heat;    ///< cents a hop
  float         jitter;  ///< bins
  float         clarity; ///< slow mean of its peaks'
  float         trust;   ///< hops that a seed has lasted, clear ones counted up to 4 times
  float         hz_now;  ///< as handed out
  float         level_now;
  float         hz_step; ///< a control tick
  float         level_step;
} FiqTrack;

typedef struct {
  FiqPartials partials;

  // fixed by init
  FiqPartialTrackerConfig config;
  float                   bin_hz;
  uint32_t                hop_frames;
  uint32_t                slice_frames;
  float                   hop_s;
  uint32_t                ramp_ticks; ///< control ticks of a hop
  float*                  ring;       ///< [window_frames] mono
  float*   axis_share; ///< [n_bins] of a bin's power, what goes to the upper of its two axes
  uint32_t axis_bin[FIQ_AXES]; ///< first bin between axes a and a + 1; the end of all

  FiqTrack               carriers[FIQ_TRACKER_VOICES_MAX];
  FiqTrack               seeds[FIQ_TRACKER_SEEDS_MAX];
  FiqPartialTrackerVoice voices[FIQ_TRACKER_VOICES_MAX];
  uint8_t                owner[FIQ_PARTIALS_MAX]; ///< 1 + who took the peak, 0: nobody
  uint8_t peak_of[FIQ_TRACKER_SEEDS_MAX];         ///< 1 + peak of each of those served, 0: none
  uint8_t rival[FIQ_TRACKER_VOICES_MAX];          ///< 1 + carrier that took its peak, 0: none

  FiqPartialTrackerParams params;
  float                   axes[FIQ_AXES]; ///< of the last hop
  uint32_t                n_voices;
  uint32_t                position; ///< in the ring
  uint32_t                next_id;
  uint32_t                ticks_left; ///< of the straight line
  uint32_t                n_births;   ///< since reset, splits included
  uint32_t                n_splits;
  uint32_t                n_merges;
  uint32_t                n_deaths; ///< by starvation or displacement
} FiqPartialTracker;

/// Default value of every parameter.  [any]
FiqPartialTrackerParams fiq_partial_tracker_default_params(void);

/// FIQ_BAD_ARGUMENT outside the ranges of FiqPartialTrackerConfig.  [setup]
FiqStatus fiq_partial_tracker_init(FiqPartialTracker* self, FiqArena* arena, FiqFftPool* pool,
                                   const FiqPartialTrackerConfig* config);

/// No carriers, silence, stream position 0; ids begin at 1 again.  [audio]
void fiq_partial_tracker_reset(FiqPartialTracker* self);

/// Parameters from here on; moves the voices by one control tick.  [audio]
void fiq_partial_tracker_control(FiqPartialTracker* self, const FiqPartialTrackerParams* params);

/// Hear `n_frames` (any number) of both channels; `in` is kept.  [audio]
void fiq_partial_tracker_process(FiqPartialTracker* self, const float* const in[FIQ_CHANNELS],
                                 uint32_t n_frames);

/// The voices [n] as of the last control tick, `n` <= FIQ_TRACKER_VOICES_MAX, in order of slots: a voice
/// keeps its place among those that stay.  [audio]
const FiqPartialTrackerVoice* fiq_partial_tracker_voices(const FiqPartialTracker* self,
                                                         uint32_t*                n);

/// Power in each of the axes (see axes.h), mean square: a partial of amplitude a counts a^2/2. Renewed
/// every hop; those of silence are 0.  [audio]
void fiq_partial_tracker_axes(const FiqPartialTracker* self, float axes[FIQ_AXES]);

/// Frames from a sound to the voices that follow it.  [any]
uint32_t fiq_partial_tracker_latency_frames(const FiqPartialTracker* self);

#endif
