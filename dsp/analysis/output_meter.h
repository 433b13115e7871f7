// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Running measures of a stereo sound for slow steering: how peaked, how bright, how dense it is.

   crest_db      20 log10(peak / rms) over the last second (23 windows at 48 kHz), the peak of either
                 channel over the rms of both; a sine in both channels has 3.01
   centroid_hz   1000 * 2^C, C = sum P_k log2(f_k / 1000) / sum P_k over bins from 40 Hz to 16 kHz: the
                 mean on the logarithmic scale (ISO/IEC 15938-4, AudioSpectrumCentroid)
   entropy       -sum p ln p / ln 16 of the shares p of 16 bands, even on the ERB scale from 40 Hz to
                 16 kHz (or Nyquist): 0 one band .. 1 even; white noise has 0.82 at 48 kHz

   P are periodograms of Hann windows of 43 ms, of the left and the right channel by turns, averaged
   with 0.3 s. What falls in a window is measured when it is full, at fixed places of the stream.
   Silence (below -80 dBFS) keeps the last values, and so does what is not finite.
   Against a spectrum of 1.4 s: crest within 0.01 dB, centroid within 0.01 octaves for what is steady
   and 0.1 for noise, entropy within 0.03. Cost: 2.7 ns a frame, 5 us of it at the end of each window.
   Latency: half a second for crest, 0.3 s for the others.
*/
#ifndef FIQ_OUTPUT_METER_H
#define FIQ_OUTPUT_METER_H

#include "dsp/base/arena.h"
#include "dsp/transform/fft.h"

enum {
  FIQ_OUTPUT_METER_BANDS     = 16,
  FIQ_OUTPUT_METER_SLOTS_MAX = 32 ///< windows that make a second
};

/// The result.
typedef struct {
  float crest_db;    ///< 0..60 dB; before there was sound 12
  float centroid_hz; ///< Hz; before there was sound 1000
  float entropy;     ///< 0..1; before there was sound 0.5
  bool  is_silent;   ///< nothing to measure by: the last values stay
} FiqOutputReading;

typedef struct {
  FiqFft           fft;
  uint32_t         window_frames;
  uint32_t         n_bins;                           ///< window/2 + 1
  uint32_t         n_slots;                          ///< windows of a second
  uint32_t         first_bin;                        ///< of the lowest band
  float            mean_share;                       ///< of a new pair of windows in the mean
  uint32_t         band_end[FIQ_OUTPUT_METER_BANDS]; ///< bin after each
  float*           window;                           ///< [window_frames]
  float*           octave;                           ///< [n_bins] log2(f / 1000)
  float*           frame[FIQ_CHANNELS];              ///< [window_frames] what is heard
  float*           scratch;                          ///< [window_frames]
  FiqComplex*      spectrum;                         ///< [n_bins]
  uint32_t         position;                         ///< in the frames
  uint32_t         channel;                          ///< whose turn it is
  uint32_t         i_slot;
  uint32_t         n_filled; ///< slots
  bool             is_heard; ///< a spectrum was loud enough since reset
  float            peak[FIQ_OUTPUT_METER_SLOTS_MAX];
  float            energy[FIQ_OUTPUT_METER_SLOTS_MAX];
  float            band[FIQ_OUTPUT_METER_BANDS]; ///< of the window(s) at hand
  float            band_mean[FIQ_OUTPUT_METER_BANDS];
  float            moment; ///< sum of P octave of the window(s) at hand
  float            moment_mean;
  FiqOutputReading result;
} FiqOutputMeter;

/// FIQ_BAD_ARGUMENT outside FIQ_SAMPLE_RATE_MIN_HZ..MAX_HZ.  [setup]
FiqStatus fiq_output_meter_init(FiqOutputMeter* self, FiqArena* arena, FiqFftPool* pool,
                                double sample_rate_hz);

/// Silence behind, position 0.  [audio]
void fiq_output_meter_reset(FiqOutputMeter* self);

/// Hear `n_frames` (any number) of both channels; `in` is kept. Updates `result`.  [audio]
void fiq_output_meter_process(FiqOutputMeter* self, const float* const in[FIQ_CHANNELS],
                              uint32_t n_frames);

#endif
