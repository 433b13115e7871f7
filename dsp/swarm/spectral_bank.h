// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Sinusoids by inverse FFT, stereo. A frame of 2S samples around its centre c holds

       y[t] = w(t - c) sum_i a_i cos(2 pi (phi_i + nu_i (t - c))),  w(t) = cos^2(pi t / 2S), |t| < S

   and frames every S samples add up to a continuous signal, as w(t) + w(t - S) = 1. Each
   sinusoid is spread as a lobe of 8 taps into a spectrum of N = 4S points (twice oversampled);
   one inverse FFT turns the whole spectrum into sound, and the window divides out the lobe's
   own transform h(t):  K(u) = I0(b sqrt(1 - (u/4)^2)) / I0(b), |u| <= 4 bins,
   h(t) = 8 sinh(q) / (q I0(b)), q^2 = b^2 - (8 pi t / N)^2, b = 18.6. Below DC lobes are mirrored.

   Stereo: a sinusoid has one of 8 places, each with a spectrum of its own; only the finished spectra
   are panned. So a lobe is added once and not once per channel, a place can move for nothing, and
   neighbours of equal frequency do not wait for each other's stores.
   Source: Rodet and Depalle 1992 (synthesis by inverse FFT); Beatty, Nishimura and Pauly 2005
   (Kaiser-Bessel gridding). Cost: 8 complex taps a sinusoid, plus two inverse FFTs of 4S a frame.
   Error: below -110 dB of the sum.
*/
#ifndef FIQ_SPECTRAL_BANK_H
#define FIQ_SPECTRAL_BANK_H

#include "dsp/base/arena.h"
#include "dsp/transform/fft.h"

enum {
  FIQ_LOBE_TAPS       = 8,
  FIQ_LOBE_CHUNK      = 64,  ///< sinusoids handed over at a time
  FIQ_LOBE_PLACES     = 8,   ///< positions between left and right
  FIQ_LOBE_PAD_BINS   = 8,   ///< bins below DC and above Nyquist that lobes may touch
  FIQ_LOBE_ROWS       = 256, ///< kernel positions tabulated per bin; linear between them
  FIQ_LOBE_ROW_FLOATS = 2 * FIQ_LOBE_TAPS, ///< taps, then what each grows by until the next row
  FIQ_LOBE_STEP_MIN   = 32,
  FIQ_LOBE_STEP_MAX   = 8192
};

/// Highest frequency, cycles per sample.
#define FIQ_LOBE_NU_MAX 0.45f

/// One chunk of sinusoids as the spreader wants them.
typedef struct {
  float nu[FIQ_LOBE_CHUNK]; ///< cycles per sample, 0..FIQ_LOBE_NU_MAX
  float re[FIQ_LOBE_CHUNK]; ///< a cos(2 pi phi)
  float im[FIQ_LOBE_CHUNK]; ///< a sin(2 pi phi)
} FiqLobes;

/// Where the lobes of one chunk of sinusoids begin that stay at their frequencies, and their taps.
typedef struct {
  uint32_t at[FIQ_LOBE_CHUNK]; ///< of the first tap, from the first plane on
  float    tap[FIQ_LOBE_CHUNK][FIQ_LOBE_TAPS];
} FiqFixedLobes;

typedef struct {
  float* kernel; ///< [FIQ_LOBE_ROWS][FIQ_LOBE_ROW_FLOATS] by fractional position; fixed by init
  float* window; ///< [2 step] w(t) / 2h(t), from t = -step; fixed by init
  float* planes; ///< [places][2][plane_bins] re, im
  FiqComplex* spectrum;           ///< [2 step + 1]
  float*      segment;            ///< [4 step]
  float*      tail[FIQ_CHANNELS]; ///< [step] second half of the last frame
  FiqFft      fft;
  uint32_t    step_frames;
  uint32_t    plane_bins;
  bool        use_avx2;   ///< which build of the kernel; may be cleared to compare
  bool        use_avx512; ///< a wider one, if use_avx2 too; may be cleared to compare
} FiqSpectralBank;

/// Place of sinusoid number `i` of all: eight in a row have all eight. From row to row they begin one or two places
/// later, by the low-discrepancy sequence of (3 - sqrt 5) / 4, so that every n-th sinusoid gets all of them, and
/// the same place returns after 6 sinusoids at the earliest.  [any]
static inline uint32_t fiq_lobe_place(uint32_t i)
{
  return (i + ((i / FIQ_LOBE_PLACES * 820265763u) >> 29)) % FIQ_LOBE_PLACES;
}

/// `step_frames`: S, a power of two, FIQ_LOBE_STEP_MIN..MAX.  [setup]
FiqStatus fiq_spectral_bank_init(FiqSpectralBank* self, FiqArena* arena, FiqFftPool* pool,
                                 uint32_t step_frames);

/// Forget everything that was added or is still to sound.  [audio]
void fiq_spectral_bank_reset(FiqSpectralBank* self);

/// Continue what `old`, a bank of the same step, has begun.  [audio]
void fiq_spectral_bank_adopt(FiqSpectralBank* self, const FiqSpectralBank* old);

/// Add chunk number `chunk`, sinusoids FIQ_LOBE_CHUNK chunk .., to the frame under work.  [audio]
void fiq_spectral_bank_add(FiqSpectralBank* self, uint32_t chunk, const FiqLobes* lobes);

/// The lobes of chunk number `chunk` of sinusoids that stay at `nu` [FIQ_LOBE_CHUNK].  [any]
void fiq_spectral_bank_fix(const FiqSpectralBank* self, uint32_t chunk, const float* nu,
                           FiqFixedLobes* fixed);

/// Add `n` such chunks, whose `nu` are not used: the same as without fixing, in about half of the time.  [audio]
void fiq_spectral_bank_add_fixed(FiqSpectralBank* self, const FiqFixedLobes* fixed,
                                 const FiqLobes* lobes, uint32_t n);

/// End the frame in portions, first for one channel, then for the other, then clear: mix the places
/// by their gains into one spectrum; transform it; overlap: `out` [step] gets the samples from the
/// centre of the last frame to that of this one, this one's first half being the end of them.  [audio]
void fiq_spectral_bank_mix(FiqSpectralBank* self, const float gain[FIQ_LOBE_PLACES]);
void fiq_spectral_bank_transform(FiqSpectralBank* self);
void fiq_spectral_bank_overlap(FiqSpectralBank* self, uint32_t channel, float* out);
void fiq_spectral_bank_clear(FiqSpectralBank* self);

#endif
