// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Streaming short-time Fourier transform of a pair of channels: every `hop_frames` of the stream
   the last `window_frames` of the inputs are windowed and transformed, a callback gets the
   spectra and may change them in place, and the outputs are transformed back, windowed and added.

   Two pairs of windows:
   - FIQ_STFT_SQRT_HANN: sqrt-Hann both ways. Best frequency resolution; a rotation of phases
     whose impulse response reaches d frames away from 0 loses 1 - (pi d / window)^2 / 2 of it.
   - FIQ_STFT_FILTER: Hann over the middle half, and back through a window that is 1 but for its
     flanks of 1/16 (overlap-add filtering, Allen and Rabiner 1977). A static change of the
     spectrum is then an exact linear filter as long as its impulse response stays within
     3/16 window to either side, and a changing one is cross-faded from frame to frame. What it costs is
     half of the frequency resolution.

   The work of a frame is cut into FIQ_STFT_SLICES slices at fixed places in the stream. The newest
   quarter of a FILTER frame weighs nothing, so its slices are spread evenly over the hop before
   its end, at no latency; those of a SQRT_HANN frame all stand at its end.

   Both channels go through one complex transform, z = left + j right, split into those of the
   even and of the odd bins (one step of decimation, Cooley and Tukey 1965). Rounding leaves some
   -140 dB of one channel in the other.

   Output plane Q, when asked for, makes the output analytic, z = I + jQ, one-sided in frequency.
   I is the same bit for bit with and without Q, so Q may come and go; it is valid
   `window_frames` + `hop_frames` after it came.

   Frames are keyed to the position in the stream: the host's blocks cannot be heard. Frame m ends
   with input frame (m + 1) hop - 1; its middle is the input window/2 frames earlier.
   Latency: window_frames. Cost: per hop four complex transforms of window/2, two more with Q.
   A frame of nothing but 0 is not transformed, and if it is turned and no more, not transformed back: no bit changes.
*/
#ifndef FIQ_STFT_H
#define FIQ_STFT_H

#include "dsp/base/arena.h"
#include "dsp/transform/fft.h"

enum {
  FIQ_STFT_CHANNELS_MAX = 2,
  FIQ_STFT_WINDOW_MIN   = 256, ///< frames
  FIQ_STFT_WINDOW_MAX   = 65536,
  FIQ_STFT_SLICES       = 8, ///< of a frame's work; the smallest hop has two frames for each
  FIQ_STFT_STEPS_MAX    = 4  ///< calls of the callback in a frame
};

typedef enum { FIQ_STFT_SQRT_HANN, FIQ_STFT_FILTER } FiqStftShape;

typedef struct {
  uint32_t     n_in;          ///< 1..FIQ_STFT_CHANNELS_MAX
  uint32_t     n_out;         ///< 0..n_in; the inputs from n_out on are only analysed
  uint32_t     window_frames; ///< a power of two, FIQ_STFT_WINDOW_MIN..FIQ_STFT_WINDOW_MAX
  uint32_t     hop_frames;    ///< a power of two, 16..window/4 (FILTER) or window/2; 0: window/4
  FiqStftShape shape;
  bool         analytic; ///< memory for Q is wanted
} FiqStftConfig;

/// Factors e^{j psi} of the bins of a channel, the even bins and the odd ones by themselves.
typedef struct {
  FiqComplex* even; ///< [window/4 + 1] bins 0, 2, ..
  FiqComplex* odd;  ///< [window/4] bins 1, 3, ..
} FiqStftTurn;

/// One frame: `spectra` [n_in][n_bins], bins 0..window/2 of the windowed input, unscaled, time 0
/// in the middle of the frame. What is left in the first n_out after the last step becomes sound.
/// Bins 0 and n_bins - 1 are taken as real. FiqStft.step tells which step of the frame it is. With FiqStft.turns
/// `spectra` are void: fiq_stft_look brings them, to be read, and what becomes sound is fiq_stft_turn's. [audio]
typedef void (*FiqStftFrame)(void* user, FiqComplex* const* spectra, uint32_t n_bins);

typedef struct {
  FiqStftConfig config;
  FiqFft        fft;                            ///< complex, of window/2
  uint32_t      n_bins;                         ///< window/2 + 1
  float*        analysis;                       ///< [2 window_frames] once for each part of z
  float*        synthesis;                      ///< [2 window_frames] with all scaling
  FiqComplex*   twiddle;                        ///< [window/2] e^{j 2 pi i / window}
  FiqComplex*   spectra[FIQ_STFT_CHANNELS_MAX]; ///< [n_bins]
  FiqComplex*   even[2];                        ///< [window/2] even bins of z for I, Q; or times
  FiqComplex*   odd[2];                         ///< [window/2] odd bins of z
  FiqComplex*   even_time[2];                   ///< [window/2] their transforms
  FiqComplex*   odd_time[2];                    ///< [window/2]
  FiqComplex*   input;                          ///< [window_frames] ring of z
  FiqComplex*   sum[2];                         ///< [window_frames] rings of overlap-added I, Q
  uint32_t      position;                       ///< in all rings, 0..window_frames - 1
  uint32_t      n_steps;   ///< calls of the callback in a frame: 1, or more, up to
                           ///< FIQ_STFT_STEPS_MAX, if set after init
  uint32_t           step; ///< of the callback that runs, 0..n_steps - 1
  const FiqStftTurn* turn[FIQ_STFT_CHANNELS_MAX]; ///< of this frame; NULL: it leaves as it came
  uint32_t           q_hops;                      ///< until the ring of Q is silent
  float              sign
      [2]; ///< {-1, 1}, unknown to the compiler: gcc would fuse x y -+ z w, and round each build otherwise
  bool turns;       ///< frames are turned and no more, may be set after init if n_out is 2: cheaper
  bool is_unpacked; ///< this frame's spectra are there
  bool is_silent;   ///< this frame is nothing but 0, and its transforms are left out
  bool with_q;      ///< this frame has Q
  bool use_avx2;    ///< all builds give the same bits
  bool use_avx512;  ///< a wider one, if use_avx2 too; may be cleared to compare
} FiqStft;

/// FIQ_BAD_ARGUMENT for a configuration out of range.  [setup]
FiqStatus fiq_stft_init(FiqStft* self, FiqArena* arena, FiqFftPool* pool,
                        const FiqStftConfig* config);

/// Forget the stream: silence and position 0.  [audio]
void fiq_stft_reset(FiqStft* self);

/// Frames from input to output; equals window_frames.  [any]
uint32_t fiq_stft_latency_frames(const FiqStft* self);

/// In a callback: the spectra [n_in][n_bins] of this frame; with `turns` they may be read alone.  [audio]
FiqComplex* const* fiq_stft_look(FiqStft* self);

/// In a callback with `turns`: multiply the channels by these, which may be the same and stay until the frame is
/// over. A frame that gets none leaves as it came.  [audio]
void fiq_stft_turn(FiqStft* self, const FiqStftTurn* left, const FiqStftTurn* right);

/// Sum of the squared analysis window, which Parseval's relation needs; known without memory.  [any]
float fiq_stft_window_energy(const FiqStft* self);

/**
   Process `n_frames` (any number).  [audio]
   @param in      [n_in][n_frames]
   @param out_i   [n_out][n_frames]; any of them may be any of `in`. NULL if n_out is 0
   @param out_q   [n_out][n_frames] apart from all others; NULL for no Q. Needs config.analytic
   @param frame   called n_steps times a hop; NULL leaves the spectra as they are
   @param user    handed to `frame`
*/
void fiq_stft_process(FiqStft* self, const float* const* in, float* const* out_i,
                      float* const* out_q, uint32_t n_frames, FiqStftFrame frame, void* user);

#endif
