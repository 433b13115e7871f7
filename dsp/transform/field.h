// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The FieldIQ: audio as an analytic signal z = I + jQ, kept as two planes with their sample rate
   and roles, the streaming Hilbert transformer that makes one from audio, and its operations.

   Convention: cos(w t) has I = cos, Q = sin, so z = e^{j w t} and all of its power lies at
   positive frequencies; Q lags I by 90 degrees.
*/
#ifndef FIQ_FIELD_H
#define FIQ_FIELD_H

#include "dsp/base/arena.h"
#include "dsp/transform/fft.h"

/// What a field is; a set of roles is their bitwise or.
typedef enum {
  FIQ_ROLE_LEFT      = 1 << 0,
  FIQ_ROLE_RIGHT     = 1 << 1,
  FIQ_ROLE_MID       = 1 << 2,
  FIQ_ROLE_SIDE      = 1 << 3,
  FIQ_ROLE_SIDECHAIN = 1 << 4,
  FIQ_ROLE_IQ_PAIR   = 1 << 5, ///< recorded complex baseband; negative frequencies are real content
  FIQ_ROLE_SWARM     = 1 << 6,
  FIQ_ROLE_PROCESSED = 1 << 7
} FiqRole;

/// A view of two planes of equal length; it owns nothing.
typedef struct {
  float*   i;              ///< [n_frames] in phase
  float*   q;              ///< [n_frames] in quadrature
  double   sample_rate_hz; ///< FIQ_SAMPLE_RATE_MIN_HZ..FIQ_SAMPLE_RATE_MAX_HZ
  uint32_t n_frames;       ///< any
  uint32_t roles;          ///< set of FiqRole
} FiqField;

/// The field of two recorded channels that are I and Q already; adds FIQ_ROLE_IQ_PAIR.  [any]
FiqField fiq_field_from_pair(float* i, float* q, double sample_rate_hz, uint32_t n_frames,
                             uint32_t roles);

/// |z| to `out` [n_frames]; may be a plane of `self`.  [audio]
void fiq_field_magnitude(const FiqField* self, float* out);

/// |z|^2 to `out` [n_frames]; may be a plane of `self`.  [audio]
void fiq_field_power(const FiqField* self, float* out);

/// arg z to `out` [n_frames], radians in [-pi, pi], 0 at z = 0; may be a plane of `self`.  [audio]
void fiq_field_phase(const FiqField* self, float* out);

/// z <- z e^{j angle_rad}, any angle; sets FIQ_ROLE_PROCESSED, as do all that change z.  [audio]
void fiq_field_rotate(FiqField* self, float angle_rad);

/// z <- gain z.  [audio]
void fiq_field_scale(FiqField* self, float gain);

/// Of a Hilbert transformer; see FiqHilbert.
typedef enum { FIQ_HILBERT_SHORT, FIQ_HILBERT_LONG } FiqHilbertLength;

/**
   Streaming Hilbert transformer of exactly linear phase. Q is a type III FIR (odd length,
   odd-symmetric, every other tap 0), h[d] = 2 / (pi d) at odd distance d from its middle, times a
   Kaiser window; I is the input delayed to the middle, bit by bit. Image rejection, the ratio of z's
   positive to its negative frequency for a sine, from 40 Hz to 0.95 of Nyquist: >= 60 dB for the short one, >= 80 dB for the
   long one.

   Latency: 23.6 ms (1131 frames at 48 kHz) and 33.3 ms, a time because 40 Hz is one; it is the middle of the filter and
   not a frame more. Computed as a direct head of one block and a uniformly partitioned fast
   convolution (Stockham 1966; Gardner 1995) whose blocks are keyed to the stream, 64 frames at
   44.1 and 48 kHz and in proportion elsewhere. Cost: 25 ns a frame, half of it once a block.
*/
typedef struct {
  FiqFft      fft;            ///< of two blocks
  float*      head;           ///< [n_head] taps head_first, head_first + 2, .. below block_frames
  float*      filter_re;      ///< [n_parts][n_stride] spectra of blocks 1.. of the filter, scaled
  float*      filter_im;      ///< the same, imaginary
  float*      history_re;     ///< [n_parts][n_stride] ring of the input blocks' spectra
  float*      history_im;     ///< the same, imaginary
  float*      sum_re;         ///< [n_stride] scratch
  float*      sum_im;         ///< [n_stride] scratch
  FiqComplex* spectrum;       ///< [block_frames + 1] scratch
  float*      input;          ///< [2 block_frames] the block before this one, and this one
  float*      tail;           ///< [2 block_frames] the second half is what is due for this block
  float*      delay;          ///< [latency_frames] ring for I
  uint32_t    block_frames;   ///< a power of two, 8..512
  uint32_t    latency_frames; ///< middle tap of the filter
  uint32_t    n_head;
  uint32_t    head_first; ///< 0 or 1
  uint32_t    n_parts;
  uint32_t    n_stride;       ///< bins, rounded up to fill vectors
  uint32_t    part;           ///< where the newest spectrum is in the ring
  uint32_t    fill;           ///< frames of this block so far, 0..block_frames - 1
  uint32_t    delay_position; ///< 0..latency_frames - 1
} FiqHilbert;

/// FIQ_BAD_ARGUMENT unless FIQ_SAMPLE_RATE_MIN_HZ <= sample_rate_hz <= FIQ_SAMPLE_RATE_MAX_HZ.  [setup]
FiqStatus fiq_hilbert_init(FiqHilbert* self, FiqArena* arena, FiqFftPool* pool,
                           double sample_rate_hz, FiqHilbertLength length);

/// Forget the stream.  [audio]
void fiq_hilbert_reset(FiqHilbert* self);

/// Frames by which I and Q lag the input.  [any]
uint32_t fiq_hilbert_latency_frames(const FiqHilbert* self);

/// `in`, `out_i`, `out_q` [n_frames]; out_i or out_q may be `in`, but not both. Without out_q (NULL) I alone is made, which is a
/// delay; Q is whole again two latencies after it came back.  [audio]
void fiq_hilbert_process(FiqHilbert* self, const float* in, float* out_i, float* out_q,
                         uint32_t n_frames);

/**
   Single-sideband frequency shift: z <- z e^{j phi}, dphi/dt = 2 pi df. The shift moves in a straight
   line over each control period and the phase never jumps. O(1) a frame, latency 0.
*/
typedef struct {
  double   phase_turns; ///< at the start of the control period, [0, 1)
  float    start_turns; ///< df at its start, turns per frame
  float    end_turns;   ///< df at its end
  double   sample_rate_hz;
  uint32_t control_frames;
  uint32_t position;   ///< frames into the control period
  bool     is_started; ///< the first control after a reset jumps
} FiqFieldShift;

/// `control_frames` 1..FIQ_CONTROL_MAX; FIQ_BAD_ARGUMENT otherwise.  [setup]
FiqStatus fiq_field_shift_init(FiqFieldShift* self, double sample_rate_hz, uint32_t control_frames);

/// Phase 0, no shift.  [audio]
void fiq_field_shift_reset(FiqFieldShift* self);

/// Start a control period that ends at `shift_hz`, within +- half of the sample rate.  [audio]
void fiq_field_shift_control(FiqFieldShift* self, float shift_hz);

/// Shift all frames of `field`, in place.  [audio]
void fiq_field_shift_process(FiqFieldShift* self, FiqField* field);

/// Delay of both planes by whole frames; a change is cross-faded over one control period.
typedef struct {
  float*   ring_i;      ///< [size_frames]
  float*   ring_q;      ///< [size_frames]
  uint32_t size_frames; ///< a power of two, the longest delay and a control period
  uint32_t delay_max_frames;
  uint32_t control_frames;
  uint32_t write;        ///< ring position of the next frame
  uint32_t start_frames; ///< delay at the start of the control period
  uint32_t end_frames;   ///< delay at its end
  uint32_t position;     ///< frames into the control period
  bool     is_started;   ///< the first control after a reset jumps
} FiqFieldDelay;

/// `delay_max_frames` 0..2^24, `control_frames` 1..FIQ_CONTROL_MAX.  [setup]
FiqStatus fiq_field_delay_init(FiqFieldDelay* self, FiqArena* arena, uint32_t delay_max_frames,
                               uint32_t control_frames);

/// Silence in the line.  [audio]
void fiq_field_delay_reset(FiqFieldDelay* self);

/// Start a control period that ends at `delay_frames`, 0..delay_max_frames.  [audio]
void fiq_field_delay_control(FiqFieldDelay* self, uint32_t delay_frames);

/// Delay all frames of `field`, in place.  [audio]
void fiq_field_delay_process(FiqFieldDelay* self, FiqField* field);

/// The same from `in` [2][n_frames] to `out` [2][n_frames], which may be `in`.  [audio]
void fiq_field_delay_pair(FiqFieldDelay* self, const float* const in[2], float* const out[2],
                          uint32_t n_frames);

/// What the last `n_frames` taken in were `delay_frames` before, to `out` [2][n_frames]; no more than the longest delay in all
/// but a control period.  [audio]
void fiq_field_delay_peek(const FiqFieldDelay* self, uint32_t delay_frames, float* const out[2],
                          uint32_t n_frames);

/// Take `in` [2][n_frames] in as fiq_field_delay_pair does, where nobody wants what comes out.  [audio]
void fiq_field_delay_take(FiqFieldDelay* self, const float* const in[2], uint32_t n_frames);

/**
   Butterworth low-pass of order 2 on both planes, -3 dB at the cutoff, as a state-variable filter with
   trapezoidal integrators (Zavalishin 2012), which may be modulated freely; the cutoff moves in a straight
   line (in warped frequency) over each control period. It delays as its group delay says; latency 0.
*/
typedef struct {
  float    state[2][2]; ///< [plane][integrator]
  float    start;       ///< warped frequency at the start of the control period
  float    end;         ///< at its end
  double   sample_rate_hz;
  uint32_t control_frames;
  uint32_t position;   ///< frames into the control period
  bool     is_started; ///< the first control after a reset jumps
} FiqFieldLowpass;

/// `control_frames` 1..FIQ_CONTROL_MAX; FIQ_BAD_ARGUMENT otherwise.  [setup]
FiqStatus fiq_field_lowpass_init(FiqFieldLowpass* self, double sample_rate_hz,
                                 uint32_t control_frames);

/// Clear the filter; it is closed until the next control.  [audio]
void fiq_field_lowpass_reset(FiqFieldLowpass* self);

/// Start a control period that ends at `cutoff_hz`, held to 1 Hz..0.49 of the sample rate.  [audio]
void fiq_field_lowpass_control(FiqFieldLowpass* self, float cutoff_hz);

/// Filter all frames of `field`, in place.  [audio]
void fiq_field_lowpass_process(FiqFieldLowpass* self, FiqField* field);

/// Instantaneous frequency arg(z[n] z*[n-1]) fs / (2 pi), from one frame to the next.
typedef struct {
  FiqComplex last; ///< z of the frame before
} FiqFieldFrequency;

/// No frame seen yet; as good as init.  [audio]
void fiq_field_frequency_reset(FiqFieldFrequency* self);

/// Hz in +- half of the sample rate to `out` [n_frames], 0 where z is 0 on either side; may be a
/// plane of `field`.  [audio]
void fiq_field_frequency_process(FiqFieldFrequency* self, const FiqField* field, float* out);

#endif
