// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Streaming short-time Fourier transform of several channels: every `hop_frames` of the stream
   the last `window_frames` of all inputs are windowed and transformed, one callback gets all
   spectra and may change them in place, and the outputs are transformed back, windowed and added.

   Two pairs of windows:
   - FIQ_STFT_SQRT_HANN: sqrt-Hann both ways. Best frequency resolution; a rotation of phases
     whose impulse response reaches d frames away from 0 loses 1 - (pi d / window)^2 / 2 of it.
   - FIQ_STFT_FILTER: Hann over the middle half, and back through a window that is 1 but for its
     flanks of 1/16 (overlap-add filtering, Allen and Rabiner 1977). A static change of the
     spectrum is then an exact linear filter as long as its impulse response stays within
     3/16 window to either side, and a changing one is cross-faded from frame to frame. What it costs is
     half of the frequency resolution.

   Output plane Q, when asked for, makes the output analytic, z = I + jQ, one-sided in frequency:
   the inverse transform is then a complex one of the positive frequencies. I is the same to
   rounding with and without Q, so Q may come and go; it is valid `window_frames` after it came.

   Frames are keyed to the position in the stream: the host's blocks cannot be heard. Frame m is
   computed at the end of the call that delivers input frame (m + 1) hop - 1; its middle is the input
   window/2 frames earlier. Latency: window_frames. Cost: per hop and input one real transform, per
   output one inverse transform, and 3 passes over the window; between hops two copies a channel.
*/
#ifndef FIQ_STFT_H
#define FIQ_STFT_H

#include "arena.h"
#include "fft.h"

enum {
  FIQ_STFT_CHANNELS_MAX = 4,   ///< inputs, sidechain included
  FIQ_STFT_WINDOW_MIN   = 256, ///< frames
  FIQ_STFT_WINDOW_MAX   = 8192
};

typedef enum { FIQ_STFT_SQRT_HANN, FIQ_STFT_FILTER } FiqStftShape;

typedef struct {
  uint32_t     n_in;          ///< 1..FIQ_STFT_CHANNELS_MAX
  uint32_t     n_out;         ///< 0..n_in; the inputs from n_out on are only analysed
  uint32_t     window_frames; ///< a power of two, FIQ_STFT_WINDOW_MIN..FIQ_STFT_WINDOW_MAX
  uint32_t     hop_frames;    ///< a power of two, 16..window/4 (FILTER) or window/2; 0: window/4
  FiqStftShape shape;
  bool         analytic; ///< memory and plan for Q are wanted
} FiqStftConfig;

/// One frame: `spectra` [n_in][n_bins], bins 0..window/2 of the windowed input, unscaled. What
/// is left in the first n_out becomes sound. Bins 0 and n_bins - 1 are taken as real. [audio]
typedef void (*FiqStftFrame)(void* user, FiqComplex* const* spectra, uint32_t n_bins);

typedef struct {
  FiqStftConfig config;
  FiqFft        fft;
  uint32_t      n_bins;                         ///< window/2 + 1
  float*        analysis;                       ///< [window_frames]
  float*        synthesis;                      ///< [window_frames] with all scaling
  float*        time;                           ///< [window_frames] scratch
  FiqComplex*   time_complex;                   ///< [window_frames] scratch, if analytic
  FiqComplex*   spectra[FIQ_STFT_CHANNELS_MAX]; ///< [n_bins], or [window_frames] if analytic, the
                                                ///< upper part always 0
  float*   input[FIQ_STFT_CHANNELS_MAX];        ///< [window_frames] ring
  float*   sum_i[FIQ_STFT_CHANNELS_MAX];        ///< [window_frames] ring of overlap-added output
  float*   sum_q[FIQ_STFT_CHANNELS_MAX];        ///< the same for Q, if analytic
  uint32_t position;                            ///< in all rings, 0..window_frames - 1
} FiqStft;

/// FIQ_BAD_ARGUMENT for a configuration out of range.  [setup]
FiqStatus fiq_stft_init(FiqStft* self, FiqArena* arena, FiqFftPool* pool,
                        const FiqStftConfig* config);

/// Forget the stream: silence and position 0.  [audio]
void fiq_stft_reset(FiqStft* self);

/// Frames from input to output; equals window_frames.  [any]
uint32_t fiq_stft_latency_frames(const FiqStft* self);

/// Sum of the squared analysis window, which Parseval's relation needs; known without memory.  [any]
float fiq_stft_window_energy(const FiqStft* self);

/**
   Process `n_frames` (any number).  [audio]
   @param in      [n_in][n_frames]
   @param out_i   [n_out][n_frames]; any of them may be any of `in`. NULL if n_out is 0
   @param out_q   [n_out][n_frames] apart from all others; NULL for no Q. Needs config.analytic
   @param frame   called once per hop; NULL leaves the spectra as they are
   @param user    handed to `frame`
*/
void fiq_stft_process(FiqStft* self, const float* const* in, float* const* out_i,
                      float* const* out_q, uint32_t n_frames, FiqStftFrame frame, void* user);

#endif
