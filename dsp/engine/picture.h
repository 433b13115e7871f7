// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What a window draws of an engine: the telemetry of this moment, and beside it where the oscillators of the swarm
   and the phases of the core stand, one by one. Taken by the audio thread when somebody looks; taking it changes
   nothing that is heard.

   With realms the core is shown, else the swarm, and the core beside it.
   A swarm of more than FIQ_PICTURE_OSCILLATORS is shown by every so many of its oscillators, the same ones each time.
   Phases of oscillators are against the mean phase of those shown that play the same partial of the same note:
   what is left is what coupling works on. Phases of the core turn with its centre rate, so that a locked core rests.
   Cost: one pass over what is shown, some 20 us for 1000 oscillators.
*/
#ifndef FIQ_PICTURE_H
#define FIQ_PICTURE_H

#include "dsp/engine/engine.h"

enum {
  FIQ_PICTURE_OSCILLATORS = 1000,
  FIQ_PICTURE_PHASES      = 1000, ///< of the core, without a swarm beside it
  FIQ_PICTURE_BESIDE      = 256,  ///< of the core, beside a swarm
  FIQ_PICTURE_NO_NOTE     = 255,
  FIQ_PICTURE_GROUPS      = 8192, ///< notes times partials
  FIQ_PICTURE_SHAPE       = 96    ///< points of a curve over seven octaves
};

/// Values that are moved for each note, in the units of their controls.
typedef enum {
  FIQ_PICTURE_CUTOFF_HZ, ///< as the control would be for it; 0 without a filter
  FIQ_PICTURE_RESONANCE, ///< 0..1
  FIQ_PICTURE_TILT,      ///< dB per octave
  FIQ_PICTURE_ODD_EVEN,  ///< -1..1
  FIQ_PICTURE_VOWEL,     ///< 0..1
  FIQ_PICTURE_N_MOVED
} FiqPictureMoved;

/// The newest note of the swarm, as it is moved at this moment.
typedef struct {
  float    hz;                         ///< 0: none sounds
  uint32_t n_moved;                    ///< FIQ_PICTURE_N_MOVED while one does
  float    moved[FIQ_PICTURE_N_MOVED]; ///< [n_moved] by FiqPictureMoved
  uint32_t n_shape;                    ///< FIQ_PICTURE_SHAPE while one does
  float    shape
      [FIQ_PICTURE_SHAPE]; ///< [n_shape] gain of filter, formants and vocal tract from the note up to 128 times its
                           ///< frequency, even in pitch
} FiqPictureNote;

/// One picture; to be kept from one to the next, zeroed at first.
typedef struct {
  FiqTelemetry common;
  uint32_t     n_shown;                            ///< oscillators
  float        pitch[FIQ_PICTURE_OSCILLATORS];     ///< [n_shown] MIDI note number, with fractions
  float        phase_rad[FIQ_PICTURE_OSCILLATORS]; ///< [n_shown] -pi..pi
  uint32_t     n_marks;                            ///< (n_shown + 1) / 2
  uint16_t     mark
      [FIQ_PICTURE_OSCILLATORS]; ///< [n_shown] note of the telemetry, or FIQ_PICTURE_NO_NOTE, plus 256 times
                                 ///< the amplitude, 255 for the loudest
  FiqPictureNote note;
  uint32_t       n_core;                       ///< phases of the core
  float          core_rad[FIQ_PICTURE_PHASES]; ///< [n_core] -pi..pi
  float          core_psi_rad;                 ///< their mean phase in the same frame
  float          core_order;                   ///< and its length

  // the realms
  uint32_t n_bands;                          ///< of the realm heard, 0 without realms
  float    band_hz[FIQ_NEURONS_MAX];         ///< [n_bands] 0 where the realm is temporal
  float    band_rad[FIQ_NEURONS_MAX];        ///< [n_bands] phase that the band gets, any angle
  uint32_t n_neurons;                        ///< of the temporal bank, 0 where none is heard
  float    neuron_even[FIQ_NEURONS_MAX];     ///< [n_neurons] weight of even harmonics, left
  float    neuron_odd[FIQ_NEURONS_MAX];      ///< [n_neurons] of odd ones
  float    neuron_drive[FIQ_NEURONS_MAX];    ///< [n_neurons] index of a full-scale sine
  float    neuron_gain[FIQ_NEURONS_MAX];     ///< [n_neurons] its level in the band over 1
  float    neuron_straight[FIQ_NEURONS_MAX]; ///< [n_neurons] of the band as it is
  uint32_t n_learned;                        ///< bands of the lesson that is played, 0: none
  float    learned_hz[FIQ_NEURONS_MAX];      ///< [n_learned]
  float    learned_rad[FIQ_NEURONS_MAX];     ///< [n_learned] left

  uint32_t n_rotator; ///< points of the rotator's curve that count, 0 without realms

  // kept between pictures
  float    turned_rad; ///< by which the frame of the core has turned
  uint64_t n_ticks;    ///< control periods of the core at the last picture
  float    re[FIQ_PICTURE_GROUPS];
  float    im[FIQ_PICTURE_GROUPS];
} FiqPicture;

/// Draw the engine as it stands.  [audio]
void fiq_engine_picture(FiqEngine* self, FiqPicture* picture);

#endif
