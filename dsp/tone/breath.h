// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Breath: noise with a spectrum of its own in every step, as bands to be added to an inverse FFT beside sinusoids.

   Band k is a sinusoid at nu_k whose complex amplitude z_k is normal noise through two equal one-poles,

       y' = a r y + sqrt(1 - a^2) n,   z' = a r z + (1 - a^2) / sqrt(1 + a^2) y',   a = e^(-2 pi 0.7 d S / fs),  r = e^(2 pi j nu S)

   hence |z|^2 = 1 in the mean, and a sum of bands is normal noise whatever their levels. Bands are d = f / 33 wide, so that a
   curve is followed as finely as that at the lowest notes, but a fifth of the step's rate at most, beyond which frames would
   be heard apart. From 0.345 fs to 0.395 fs they fade out, lest what frames make of them be above 0.45 fs. n comes from a
   table of normal numbers, for 64 bands in a row from a random place on.

   Curve: colour c(f) = (f / 1 kHz)^(dB per octave / 6.02), formants and filter (spectrum.h), at points 0.1 octaves apart;
   amplitudes are linear between them. The power is 1 with colour and formants alone, whatever they are: the filter takes away.

   Envelope: attack straight to 1 in attack_s; decay s + (1 - s) e^(-5 t / decay_s); release e^(-6.91 t / release_s). Exact at
   any time, from where it is.
   Cost: some 1.5 ns a band and step; 256 bands at a step of 64 frames and 48 kHz. Error: images below -40 dB.
*/
#ifndef FIQ_BREATH_H
#define FIQ_BREATH_H

#include "dsp/base/arena.h"
#include "dsp/tone/spectrum.h"

enum {
  FIQ_BREATH_CHUNK  = 64,  ///< bands handed out at a time
  FIQ_BREATH_POINTS = 96,  ///< of a curve
  FIQ_BREATH_NORMAL = 4096 ///< normal numbers kept
};

typedef struct {
  float share;                ///< 0 none .. 0.5 as loud as the tone .. 1 nothing else; default 0
  float colour_db_per_octave; ///< -12..12, 0 is white; default -3
  float attack_s;             ///< default 0.01
  float decay_s;              ///< default 0.3
  float sustain;              ///< 0..1; default 1
  float release_s;            ///< default 0.2
} FiqBreathParams;

/// Where the envelope of one note is.
typedef struct {
  float level; ///< 0..1
  bool  rises; ///< in its attack
} FiqBreathEnvelope;

/// Bands; [n_bands] each.
typedef struct {
  float*    nu;      ///< cycles per sample; fixed by init, as are all up to `fraction`
  float*    turn_re; ///< a r
  float*    turn_im;
  float*    drive;    ///< sqrt(1 - a^2)
  float*    second;   ///< (1 - a^2) / sqrt(1 + a^2)
  float*    weight;   ///< root of the width
  uint32_t* point;    ///< the last one of the curve below
  float*    fraction; ///< of the way to the next one
  float*    state;    ///< [4 n_bands] chunk by chunk: y re, y im, z re, z im
} FiqBreathBands;

typedef struct {
  FiqBreathBands bands;
  float*         normal; ///< [FIQ_BREATH_NORMAL + chunk] of half the power; fixed by init
  float          hz[FIQ_BREATH_POINTS];
  float          octave[FIQ_BREATH_POINTS]; ///< log2 of that
  float          width[FIQ_BREATH_POINTS];  ///< Hz that a point stands for; 0 beyond the bands
  float          colour[FIQ_BREATH_POINTS]; ///< amplitude
  float          colour_db_per_octave;      ///< that `colour` was made for
  float          sum[FIQ_BREATH_POINTS];    ///< power of all notes
  float          curve
      [FIQ_BREATH_POINTS + 1]
      [2]; ///< amplitude of this step, and what that rises by to the next point; the last one is for whole vectors
  uint32_t n_bands;    ///< a multiple of the chunk
  bool     use_avx2;   ///< which build of the kernel; may be cleared to compare
  bool     use_avx512; ///< a wider one, if use_avx2 too; may be cleared to compare
} FiqBreath;

/// Default value of every parameter.  [any]
FiqBreathParams fiq_breath_default_params(void);

/// `step_frames` from one frame to the next, 32..8192.  [setup]
FiqStatus fiq_breath_init(FiqBreath* self, FiqArena* arena, double sample_rate_hz,
                          uint32_t step_frames);

/// Go on with the noise of `old`, if it has the same bands; whether it has.  [audio]
bool fiq_breath_adopt(FiqBreath* self, const FiqBreath* old);

/// Colour of what is shaped from here on; whether it is another.  [audio]
bool fiq_breath_set_colour(FiqBreath* self, float db_per_octave);

/// `power` [FIQ_BREATH_POINTS] of a note with this filter and these formants.  [audio]
void fiq_breath_shape(const FiqBreath* self, const FiqFilter* filter, const FiqFormants* formants,
                      float* power);

/// The spectrum of this step: begin with none, add notes `gain` times as loud as `power`, end.  [audio]
void fiq_breath_begin(FiqBreath* self);
void fiq_breath_add(FiqBreath* self, const float* power, float gain);
void fiq_breath_end(FiqBreath* self);

/// On to this step, as sinusoids `nu`, `re`, `im` [FIQ_BREATH_CHUNK]: chunk number `chunk` of n_bands / FIQ_BREATH_CHUNK.
/// `salt` is another one in every step; `starts`: the noise is stationary from this step on.  [audio]
void fiq_breath_advance(FiqBreath* self, uint32_t chunk, uint32_t salt, bool starts, float* nu,
                        float* re, float* im);

/// Attack, decay and sustain, if it is held, or release for `passed_s`.  [audio]
void fiq_breath_envelope(FiqBreathEnvelope* self, const FiqBreathParams* params, bool held,
                         float passed_s);

#endif
