// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Partials of one frame of sound: the peaks of a Hann-windowed spectrum, each freed from the
   others before it is measured.

   With time 0 in the middle of the frame, N = window_frames and f, a, phi the frequency in bins,
   amplitude and phase of a steady partial, the scaled spectrum is

       X_k = a e^(j phi) H(k - f) + image,   H(x) = sin(pi x) / (pi x (1 - x^2))

   Around a local maximum k of |X| let Y be X less the lobes of all other peaks and of the images.
   Then b(+-1) = Re(Y_k+-1 / Y_k) give the offset d = f - k from b(1) - b(-1) = 6 d / (4 - d^2),
   and a is the least-squares fit of H to the three bins. One sweep does this for every peak,
   the loudest first (Gauss-Seidel); three sweeps part peaks 3 bins apart to 1e-3 bins.

   The work stands in steps, to be called in this order: load, pick, refine (three times), judge.
   Cost at N = 2048: 2 us for load, 2..5 us for pick, 2..4 us a refine; bounded by FIQ_PARTIALS_MAX.
   Source: Grandke 1983 (interpolation), Hogbom 1974 (taking lobes away). Latency: window/2.
*/
#ifndef FIQ_PARTIALS_H
#define FIQ_PARTIALS_H

#include "dsp/base/arena.h"
#include "dsp/transform/fft.h"

enum {
  FIQ_PARTIALS_MAX        = 64,  ///< peaks of a frame, the loudest
  FIQ_PARTIALS_SWEEPS     = 3,   ///< calls of refine that reach the accuracy promised
  FIQ_PARTIALS_WINDOW_MIN = 128, ///< frames
  FIQ_PARTIALS_WINDOW_MAX = 32768,
  FIQ_PARTIALS_LEVELS     = 256 ///< steps of 0.75 dB that the loudest are found by
};

/// One peak as measured.
typedef struct {
  float bin;       ///< frequency in bins, i.e. in sample rate / window
  float amplitude; ///< of the partial, linear; a full-scale sine has 1
  float misfit;    ///< 0 the lobe of a steady partial .. 1 nothing like it
  float clarity;   ///< 0 rises 10 dB above the 12 bins that are 3..8 bins away .. 1: 15 dB and more
} FiqPartial;

/// One peak under work.
typedef struct {
  uint32_t   bin;       ///< k, of the local maximum
  float      offset;    ///< d, -0.95..0.95, never 0
  float      sine;      ///< sin(pi d) / pi
  FiqComplex amplitude; ///< a e^(j phi); 0: not yet measured, or explained by its neighbours
  float      power;     ///< |X_k|^2
  float      misfit;
  bool       dropped;
} FiqPartialLobe;

typedef struct {
  FiqFft         fft;
  uint32_t       window_frames;
  uint32_t       n_bins;   ///< window/2 + 1
  float*         window;   ///< [window_frames] Hann, scaled
  float*         frame;    ///< [window_frames]
  FiqComplex*    spectrum; ///< [n_bins] of the scaled frame, time 0 at its start
  float*         power;    ///< [n_bins]
  uint32_t*      maximum;  ///< [n_bins / 2 + 1] bins of local maxima
  uint32_t       first;    ///< bins that power is known of
  uint32_t       last;
  uint32_t       n_lobes;
  uint32_t       sweep;                   ///< refines since pick
  FiqPartialLobe lobes[FIQ_PARTIALS_MAX]; ///< in order of frequency
  uint32_t       rank[FIQ_PARTIALS_MAX];  ///< their order of power, loudest first
  uint32_t       levels[FIQ_PARTIALS_LEVELS];
  FiqPartial     peaks[FIQ_PARTIALS_MAX]; ///< result, in order of frequency
  uint32_t       n_peaks;
} FiqPartials;

/// `window_frames`: a power of two, FIQ_PARTIALS_WINDOW_MIN..MAX, else FIQ_BAD_ARGUMENT.  [setup]
FiqStatus fiq_partials_init(FiqPartials* self, FiqArena* arena, FiqFftPool* pool,
                            uint32_t window_frames);

/// Transform the last window of `ring` [window_frames], whose oldest value is at `start`.  [audio]
void fiq_partials_load(FiqPartials* self, const float* ring, uint32_t start);

/// Find the peaks in bins `first`..`last` of at least `amplitude` (about).  [audio]
void fiq_partials_pick(FiqPartials* self, uint32_t first, uint32_t last, float amplitude);

/// Measure every peak once more.  [audio]
void fiq_partials_refine(FiqPartials* self);

/// Fill `peaks` with those of bin `low`..`high` and at least `amplitude`.  [audio]
void fiq_partials_judge(FiqPartials* self, float low, float high, float amplitude);

#endif
