// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the FieldIQ is analytic to 60 dB from 40 Hz to 0.95 of Nyquist, I is a bit-exact delay, and every
// operation does what its formula says, at any cut of the stream.
// Method: the filter's response from its impulse response in double; tones; closed forms.
#include "dsp/transform/field.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 1 << 21, LENGTH = 24000, CONTROL = 32 };

static const double two_pi = 6.28318530717958647692;

static const double rates_hz[] = {8000.0,  11025.0, 16000.0, 22050.0,  32000.0,  44100.0,
                                  48000.0, 88200.0, 96000.0, 176400.0, 192000.0, 384000.0};

enum { N_RATES = sizeof rates_hz / sizeof *rates_hz };

static FiqFftPool pool;

static FiqArena start_of(FiqHilbert* hilbert, double rate_hz, FiqHilbertLength length)
{
  FiqArena arena = support_arena(ARENA_BYTES);
  assert_int_equal(fiq_hilbert_init(hilbert, &arena, &pool, rate_hz, length), FIQ_OK);
  return arena;
}

static FiqArena start(FiqHilbert* hilbert, double rate_hz)
{
  return start_of(hilbert, rate_hz, FIQ_HILBERT_SHORT);
}

static void run(FiqHilbert* hilbert, const float* x, float* i, float* q, uint32_t length,
                uint32_t block)
{
  static const uint32_t mix[] = {1, 64, 7, 513, 128, 1, 1, 255, 2048, 31};
  uint32_t              n     = 0;
  uint32_t              turn  = 0;
  for (uint32_t done = 0; done < length; done += n) {
    n = block ? block : mix[turn++ % 10];
    n = n < length - done ? n : length - done;
    fiq_hilbert_process(hilbert, x + done, i + done, q + done, n);
  }
}

/// Gain of Q at `f` (in cycles per frame), from the impulse response around its middle tap; the
/// transform of an odd-symmetric response is imaginary, -j sign(f) if ideal.
static double q_gain(const float* q, uint32_t middle, double f)
{
  double sum = 0.0;
  for (uint32_t d = 1; d <= middle; d += 2) {
    sum += (double)q[middle + d] * sin(two_pi * f * d);
  }
  return 2.0 * sum;
}

static void check_image_rejection(FiqHilbertLength length, double least_db)
{
  for (size_t r = 0; r < N_RATES; ++r) {
    FiqHilbert     hilbert;
    const double   fs     = rates_hz[r];
    FiqArena       arena  = start_of(&hilbert, fs, length);
    const uint32_t middle = fiq_hilbert_latency_frames(&hilbert);
    const uint32_t frames = 2 * middle + 1;
    float*         x      = support_floats(frames);
    float*         i      = support_floats(frames);
    float*         q      = support_floats(frames);
    x[0]                  = 1.0f;
    run(&hilbert, x, i, q, frames, 0);
    assert_true(fabsf(i[middle] - 1.0f) <= 0.0f);
    double worst_db = 400.0;
    for (int step = 0; step <= 600; ++step) {
      const double f    = 40.0 * pow(0.475 * fs / 40.0, step / 600.0);
      const double gain = q_gain(q, middle, f / fs);
      worst_db          = fmin(worst_db, support_db((1.0 + gain) / fabs(1.0 - gain)));
    }
    print_message("  %6.0f Hz: latency %5u frames = %.2f ms, worst image rejection %.1f dB\n", fs,
                  middle, 1e3 * middle / fs, worst_db);
    assert_true(worst_db >= least_db);
    free(x);
    free(i);
    free(q);
    support_arena_free(&arena);
  }
}

static void test_image_rejection_is_60_db_from_40_hz_to_095_nyquist(void** state)
{
  (void)state;
  check_image_rejection(FIQ_HILBERT_SHORT, 60.0);
}

static void test_the_long_one_rejects_80_db(void** state)
{
  (void)state;
  check_image_rejection(FIQ_HILBERT_LONG, 80.0);
}

static void test_impulse_response_is_odd_around_the_latency(void** state)
{
  (void)state;
  FiqHilbert     hilbert;
  FiqArena       arena  = start(&hilbert, 48000.0);
  const uint32_t middle = fiq_hilbert_latency_frames(&hilbert);
  float*         x      = support_floats(LENGTH);
  float*         i      = support_floats(LENGTH);
  float*         q      = support_floats(LENGTH);
  x[0]                  = 1.0f;
  run(&hilbert, x, i, q, LENGTH, 64);
  double error = 0.0;
  for (uint32_t d = 0; d <= middle; ++d) {
    error = fmax(error, fabs((double)q[middle + d] + (double)q[middle - d]));
  }
  print_message("  asymmetry %.1f dB, beyond the filter %.1f dB\n", support_db(error),
                support_db(support_peak(q + 2 * middle + 1, LENGTH - 2 * middle - 1)));
  assert_true(support_db(error) < -130.0);
  assert_true(support_db(support_peak(q + 2 * middle + 1, LENGTH - 2 * middle - 1)) < -130.0);
  free(x);
  free(i);
  free(q);
  support_arena_free(&arena);
}

static void test_cosine_becomes_a_forward_phasor(void** state)
{
  (void)state;
  FiqHilbert     hilbert;
  FiqArena       arena   = start(&hilbert, 48000.0);
  const uint32_t latency = fiq_hilbert_latency_frames(&hilbert);
  float*         x       = support_floats(LENGTH);
  float*         i       = support_floats(LENGTH);
  float*         q       = support_floats(LENGTH);
  double         error   = 0.0;
  support_sine(x, LENGTH, 1000.0, 48000.0, 1.0, two_pi / 4.0);
  run(&hilbert, x, i, q, LENGTH, 0);
  for (uint32_t n = 3 * latency; n < LENGTH; ++n) {
    const double angle = two_pi * 1000.0 * (double)(n - latency) / 48000.0;
    error              = fmax(error, hypot((double)i[n] - cos(angle), (double)q[n] - sin(angle)));
  }
  print_message("  error %.1f dB\n", support_db(error));
  assert_true(support_db(error) < -60.0);
  free(x);
  free(i);
  free(q);
  support_arena_free(&arena);
}

static void test_i_is_a_bit_exact_delay_at_any_cut_and_in_place(void** state)
{
  (void)state;
  static const uint32_t blocks[] = {1, 5, 64, 1000, LENGTH};
  for (size_t r = 0; r < N_RATES; r += 3) {
    FiqHilbert hilbert;
    FiqArena   arena = start(&hilbert, rates_hz[r]);
    float*     x     = support_floats(LENGTH);
    float*     i     = support_floats(LENGTH);
    float*     q     = support_floats(LENGTH);
    float*     i2    = support_floats(LENGTH);
    float*     q2    = support_floats(LENGTH);
    support_noise(x, LENGTH, 1.0, 3);
    run(&hilbert, x, i, q, LENGTH, 0);
    const uint32_t latency = fiq_hilbert_latency_frames(&hilbert);
    assert_memory_equal(i + latency, x, (LENGTH - latency) * sizeof(float));
    for (size_t b = 0; b < sizeof blocks / sizeof *blocks; ++b) {
      fiq_hilbert_reset(&hilbert);
      run(&hilbert, x, i2, q2, LENGTH, blocks[b]);
      assert_memory_equal(i, i2, LENGTH * sizeof(float));
      assert_memory_equal(q, q2, LENGTH * sizeof(float));
      fiq_hilbert_reset(&hilbert);
      memcpy(i2, x, LENGTH * sizeof(float));
      run(&hilbert, i2, i2, q2, LENGTH, blocks[b]);
      assert_memory_equal(i, i2, LENGTH * sizeof(float));
      fiq_hilbert_reset(&hilbert);
      memcpy(q2, x, LENGTH * sizeof(float));
      run(&hilbert, q2, i2, q2, LENGTH, blocks[b]);
      assert_memory_equal(q, q2, LENGTH * sizeof(float));
    }
    free(x);
    free(i);
    free(q);
    free(i2);
    free(q2);
    support_arena_free(&arena);
  }
}

static void test_silence_stays_exact_silence(void** state)
{
  (void)state;
  FiqHilbert hilbert;
  FiqArena   arena = start(&hilbert, 48000.0);
  float*     x     = support_floats(LENGTH);
  float*     q     = support_floats(LENGTH);
  run(&hilbert, x, x, q, LENGTH, 0);
  assert_true(support_peak(x, LENGTH) + support_peak(q, LENGTH) <= 0.0);
  free(x);
  free(q);
  support_arena_free(&arena);
}

static void test_too_small_an_arena_and_bad_rates_are_refused(void** state)
{
  (void)state;
  FiqHilbert hilbert;
  FiqArena   ruler;
  fiq_arena_init(&ruler, NULL, 0);
  assert_int_equal(fiq_hilbert_init(&hilbert, &ruler, &pool, 8000.0, FIQ_HILBERT_SHORT),
                   FIQ_NO_MEMORY);
  for (size_t size = 0; size <= ruler.used_bytes; size += FIQ_ARENA_ALIGN_BYTES) {
    FiqArena arena = support_arena(size);
    assert_int_equal(fiq_hilbert_init(&hilbert, &arena, &pool, 8000.0, FIQ_HILBERT_SHORT),
                     size < ruler.used_bytes ? FIQ_NO_MEMORY : FIQ_OK);
    support_arena_free(&arena);
  }
  FiqArena arena = support_arena(ARENA_BYTES);
  assert_int_equal(fiq_hilbert_init(&hilbert, &arena, &pool, 7999.0, FIQ_HILBERT_SHORT),
                   FIQ_BAD_ARGUMENT);
  assert_int_equal(fiq_hilbert_init(&hilbert, &arena, &pool, 400000.0, FIQ_HILBERT_SHORT),
                   FIQ_BAD_ARGUMENT);
  assert_int_equal(fiq_hilbert_init(&hilbert, &arena, &pool, (double)NAN, FIQ_HILBERT_SHORT),
                   FIQ_BAD_ARGUMENT);
  support_arena_free(&arena);
}

/// A field of noise on fresh planes.
static FiqField field_new(uint32_t n)
{
  FiqField field = {support_floats(n), support_floats(n), 48000.0, n, FIQ_ROLE_LEFT};
  support_noise(field.i, n, 1.0, 21);
  support_noise(field.q, n, 1.0, 22);
  return field;
}

/// A phasor of amplitude 0.5 at `f_hz`.
static FiqField phasor_new(uint32_t n, double f_hz)
{
  FiqField field = {support_floats(n), support_floats(n), 48000.0, n, FIQ_ROLE_MID};
  support_sine(field.i, n, f_hz, 48000.0, 0.5, two_pi / 4.0);
  support_sine(field.q, n, f_hz, 48000.0, 0.5, 0.0);
  return field;
}

static void field_free(FiqField* field)
{
  free(field->i);
  free(field->q);
}

static void test_magnitude_power_and_phase_match_their_formulas(void** state)
{
  (void)state;
  FiqField field = field_new(1000);
  float*   out   = support_floats(1000);
  field.i[0]     = 0.0f;
  field.q[0]     = 0.0f;
  fiq_field_phase(&field, out);
  assert_true(fabsf(out[0]) <= 0.0f);
  for (uint32_t n = 0; n < 1000; ++n) {
    assert_true(fabs((double)out[n] - atan2((double)field.q[n], (double)field.i[n])) < 1e-6);
  }
  fiq_field_power(&field, out);
  for (uint32_t n = 0; n < 1000; ++n) {
    const double power = pow((double)field.i[n], 2.0) + pow((double)field.q[n], 2.0);
    assert_true(fabs((double)out[n] - power) < 1e-6);
  }
  float* const magnitude = support_floats(1000);
  fiq_field_magnitude(&field, magnitude);
  for (uint32_t n = 0; n < 1000; ++n) {
    assert_true(fabsf(magnitude[n] * magnitude[n] - out[n]) < 1e-6f);
  }
  free(magnitude);
  free(out);
  field_free(&field);
}

static void test_rotation_turns_the_phase_and_keeps_the_magnitude(void** state)
{
  (void)state;
  for (float angle = -7.0f; angle < 7.0f; angle += 0.7f) {
    FiqField a = field_new(500);
    FiqField b = field_new(500);
    fiq_field_rotate(&b, angle);
    assert_true(b.roles == (FIQ_ROLE_LEFT | FIQ_ROLE_PROCESSED));
    for (uint32_t n = 0; n < 500; ++n) {
      const double re = (double)a.i[n] * cos((double)angle) - (double)a.q[n] * sin((double)angle);
      const double im = (double)a.i[n] * sin((double)angle) + (double)a.q[n] * cos((double)angle);
      assert_true(hypot((double)b.i[n] - re, (double)b.q[n] - im) < 5e-7);
    }
    field_free(&a);
    field_free(&b);
  }
}

static void test_scale_multiplies_both_planes(void** state)
{
  (void)state;
  FiqField a = field_new(100);
  FiqField b = field_new(100);
  fiq_field_scale(&b, 0.25f);
  for (uint32_t n = 0; n < 100; ++n) {
    assert_true(fabsf(b.i[n] - 0.25f * a.i[n]) + fabsf(b.q[n] - 0.25f * a.q[n]) <= 0.0f);
  }
  field_free(&a);
  field_free(&b);
}

static void test_an_iq_pair_is_taken_as_it_is(void** state)
{
  (void)state;
  float          i[4]  = {1.0f, 2.0f, 3.0f, 4.0f};
  float          q[4]  = {5.0f, 6.0f, 7.0f, 8.0f};
  const FiqField field = fiq_field_from_pair(i, q, 96000.0, 4, FIQ_ROLE_SIDECHAIN);
  assert_ptr_equal(field.i, i);
  assert_ptr_equal(field.q, q);
  assert_int_equal(field.n_frames, 4);
  assert_true(field.roles == (FIQ_ROLE_IQ_PAIR | FIQ_ROLE_SIDECHAIN));
}

/// Run `process` over `field` in control periods that are cut in pieces of `cut`.
typedef void (*Tick)(void* module, uint32_t period);
typedef void (*Process)(void* module, FiqField* field);

static void run_field(void* module, FiqField* field, uint32_t cut, Tick tick, Process process)
{
  uint32_t n = 0;
  for (uint32_t done = 0; done < field->n_frames; done += n) {
    const uint32_t within = done % CONTROL;
    if (within == 0) {
      tick(module, done / CONTROL);
    }
    n              = cut < CONTROL - within ? cut : CONTROL - within;
    n              = n < field->n_frames - done ? n : field->n_frames - done;
    FiqField piece = {field->i + done, field->q + done, field->sample_rate_hz, n, field->roles};
    process(module, &piece);
  }
}

static void shift_tick_fixed(void* module, uint32_t period)
{
  (void)period;
  fiq_field_shift_control(module, 123.4f);
}

static void shift_tick_swept(void* module, uint32_t period)
{
  fiq_field_shift_control(module, (float)period * 2.0f - 500.0f);
}

static void shift_process(void* module, FiqField* field)
{
  fiq_field_shift_process(module, field);
}

static void test_shift_moves_a_tone_and_leaves_no_image(void** state)
{
  (void)state;
  FiqFieldShift shift;
  FiqField      field = phasor_new(LENGTH, 1000.0);
  assert_int_equal(fiq_field_shift_init(&shift, 48000.0, CONTROL), FIQ_OK);
  run_field(&shift, &field, CONTROL, shift_tick_fixed, shift_process);
  const double wanted  = support_tone_amplitude(field.i, LENGTH, 1123.4, 48000.0);
  const double image   = support_tone_amplitude(field.i, LENGTH, 876.6, 48000.0);
  const double carrier = support_tone_amplitude(field.i, LENGTH, 1000.0, 48000.0);
  print_message("  wanted %.6f, image %.1f dB, carrier %.1f dB\n", wanted,
                support_db(image / wanted), support_db(carrier / wanted));
  assert_true(fabs(wanted - 0.5) < 1e-4);
  assert_true(support_db(image / wanted) < -85.0);
  assert_true(support_db(carrier / wanted) < -85.0);
  field_free(&field);
}

static void test_a_swept_shift_has_no_jumps_of_phase_at_any_cut(void** state)
{
  (void)state;
  FiqFieldShift shift;
  FiqField      a = phasor_new(LENGTH, 0.0);
  assert_int_equal(fiq_field_shift_init(&shift, 48000.0, CONTROL), FIQ_OK);
  run_field(&shift, &a, CONTROL, shift_tick_swept, shift_process);
  // A step of |df| <= 1000 Hz turns at most 0.131 rad a frame: a chord of 0.066 at radius 0.5.
  double step = 0.0;
  for (uint32_t n = 1; n < LENGTH; ++n) {
    step =
        fmax(step, hypot((double)a.i[n] - (double)a.i[n - 1], (double)a.q[n] - (double)a.q[n - 1]));
  }
  assert_true(step < 0.0655);
  for (uint32_t cut = 1; cut < CONTROL; cut += 6) {
    FiqField b = phasor_new(LENGTH, 0.0);
    fiq_field_shift_reset(&shift);
    run_field(&shift, &b, cut, shift_tick_swept, shift_process);
    assert_memory_equal(a.i, b.i, LENGTH * sizeof(float));
    assert_memory_equal(a.q, b.q, LENGTH * sizeof(float));
    field_free(&b);
  }
  field_free(&a);
}

static void delay_tick(void* module, uint32_t period)
{
  fiq_field_delay_control(module, period < 300 ? 100 : 37);
}

static void delay_process(void* module, FiqField* field)
{
  fiq_field_delay_process(module, field);
}

static void test_delay_is_exact_and_changes_by_a_cross_fade(void** state)
{
  (void)state;
  FiqFieldDelay delay;
  FiqArena      arena = support_arena(ARENA_BYTES);
  FiqField      a     = field_new(LENGTH);
  FiqField      b     = field_new(LENGTH);
  assert_int_equal(fiq_field_delay_init(&delay, &arena, 100, CONTROL), FIQ_OK);
  run_field(&delay, &b, 5, delay_tick, delay_process);
  const uint32_t change = 300 * CONTROL;
  assert_memory_equal(b.i + 100, a.i, (change - 100) * sizeof(float));
  assert_memory_equal(b.q + change + CONTROL, a.q + change + CONTROL - 37,
                      (LENGTH - change - CONTROL) * sizeof(float));
  for (uint32_t n = 0; n < CONTROL; ++n) {
    const float fade = (float)(n + 1) / CONTROL;
    const float mix  = (1.0f - fade) * a.i[change + n - 100] + fade * a.i[change + n - 37];
    assert_true(fabsf(b.i[change + n] - mix) < 1e-6f);
  }
  // Any cut, after a reset, gives the same again.
  FiqField c = field_new(LENGTH);
  fiq_field_delay_reset(&delay);
  run_field(&delay, &c, CONTROL, delay_tick, delay_process);
  assert_memory_equal(b.i, c.i, LENGTH * sizeof(float));
  field_free(&a);
  field_free(&b);
  field_free(&c);
  support_arena_free(&arena);
}

static void test_a_delay_that_only_takes_gives_the_same_afterwards(void** state)
{
  (void)state;
  FiqFieldDelay delay;
  FiqArena      arena = support_arena(ARENA_BYTES);
  FiqField      a     = field_new(LENGTH);
  FiqField      b     = field_new(LENGTH);
  assert_int_equal(fiq_field_delay_init(&delay, &arena, 100, CONTROL), FIQ_OK);
  for (uint32_t done = 0; done < LENGTH / CONTROL * CONTROL; done += CONTROL) {
    const float* const in[2]  = {a.i + done, a.q + done};
    float* const       out[2] = {b.i + done, b.q + done};
    fiq_field_delay_control(&delay, 100);
    if (done / CONTROL % 8 < 5) {
      fiq_field_delay_take(&delay, in, CONTROL);
      continue;
    }
    fiq_field_delay_pair(&delay, in, out, CONTROL);
    assert_memory_equal(out[0], in[0] - 100, CONTROL * sizeof(float));
    assert_memory_equal(out[1], in[1] - 100, CONTROL * sizeof(float));
  }
  field_free(&a);
  field_free(&b);
  support_arena_free(&arena);
}

static void test_no_delay_is_none(void** state)
{
  (void)state;
  FiqFieldDelay delay;
  FiqArena      arena = support_arena(ARENA_BYTES);
  FiqField      a     = field_new(CONTROL);
  FiqField      b     = field_new(CONTROL);
  assert_int_equal(fiq_field_delay_init(&delay, &arena, 0, CONTROL), FIQ_OK);
  const float* const in[2]  = {a.i, a.q};
  float* const       out[2] = {b.i, b.q};
  fiq_field_delay_control(&delay, 0);
  memset(b.i, 0, CONTROL * sizeof(float));
  memset(b.q, 0, CONTROL * sizeof(float));
  fiq_field_delay_pair(&delay, in, out, CONTROL);
  fiq_field_delay_process(&delay, &b);
  assert_memory_equal(b.i, a.i, CONTROL * sizeof(float));
  assert_memory_equal(b.q, a.q, CONTROL * sizeof(float));
  field_free(&a);
  field_free(&b);
  support_arena_free(&arena);
}

static void test_delay_refuses_too_little_memory(void** state)
{
  (void)state;
  FiqFieldDelay delay;
  for (size_t size = 0; size <= 1024; size += FIQ_ARENA_ALIGN_BYTES) {
    FiqArena arena = support_arena(size);
    assert_int_equal(fiq_field_delay_init(&delay, &arena, 128 - CONTROL, CONTROL),
                     size < 1024 ? FIQ_NO_MEMORY : FIQ_OK);
    support_arena_free(&arena);
  }
  FiqArena arena = support_arena(0);
  assert_int_equal(fiq_field_delay_init(&delay, &arena, 1u << 25, CONTROL), FIQ_BAD_ARGUMENT);
  assert_int_equal(fiq_field_delay_init(&delay, &arena, 4, 0), FIQ_BAD_ARGUMENT);
  support_arena_free(&arena);
}

static void lowpass_tick(void* module, uint32_t period)
{
  (void)period;
  fiq_field_lowpass_control(module, 1000.0f);
}

static void lowpass_tick_swept(void* module, uint32_t period)
{
  fiq_field_lowpass_control(module, 200.0f + (float)(period % 100) * 100.0f);
}

static void lowpass_process(void* module, FiqField* field)
{
  fiq_field_lowpass_process(module, field);
}

static void test_lowpass_is_a_butterworth_of_order_two(void** state)
{
  (void)state;
  static const double f_hz[] = {100.0, 500.0, 1000.0, 2000.0, 5000.0, 12000.0};
  for (size_t k = 0; k < sizeof f_hz / sizeof *f_hz; ++k) {
    FiqFieldLowpass lowpass;
    FiqField        field = phasor_new(LENGTH, f_hz[k]);
    assert_int_equal(fiq_field_lowpass_init(&lowpass, 48000.0, CONTROL), FIQ_OK);
    run_field(&lowpass, &field, CONTROL, lowpass_tick, lowpass_process);
    const double gain = 2.0 * support_tone_amplitude(field.i + 4000, 16384, f_hz[k], 48000.0);
    const double ratio =
        tan(0.5 * two_pi * f_hz[k] / 48000.0) / tan(0.5 * two_pi * 1000.0 / 48000.0);
    const double ideal = 1.0 / sqrt(1.0 + pow(ratio, 4.0));
    assert_true(fabs(support_db(gain) - support_db(ideal)) < 0.01);
    assert_true(fabs(support_rms(field.i + 4000, 9600) / support_rms(field.q + 4000, 9600) - 1.0) <
                1e-3);
    field_free(&field);
  }
}

static void test_lowpass_sweeps_alike_at_any_cut(void** state)
{
  (void)state;
  FiqFieldLowpass lowpass;
  FiqField        a = field_new(LENGTH);
  assert_int_equal(fiq_field_lowpass_init(&lowpass, 48000.0, CONTROL), FIQ_OK);
  run_field(&lowpass, &a, CONTROL, lowpass_tick_swept, lowpass_process);
  assert_true(support_peak(a.i, LENGTH) < 2.0);
  for (uint32_t cut = 1; cut < CONTROL; cut += 10) {
    FiqField b = field_new(LENGTH);
    fiq_field_lowpass_reset(&lowpass);
    run_field(&lowpass, &b, cut, lowpass_tick_swept, lowpass_process);
    assert_memory_equal(a.i, b.i, LENGTH * sizeof(float));
    field_free(&b);
  }
  field_free(&a);
}

static void test_instantaneous_frequency_of_a_phasor_is_its_own(void** state)
{
  (void)state;
  static const double f_hz[] = {-20000.0, -440.0, 0.0, 50.0, 1000.0, 23000.0};
  for (size_t k = 0; k < sizeof f_hz / sizeof *f_hz; ++k) {
    FiqFieldFrequency frequency;
    FiqField          field = phasor_new(1000, f_hz[k]);
    float*            out   = support_floats(1000);
    fiq_field_frequency_reset(&frequency);
    FiqField piece = field;
    for (uint32_t done = 0; done < 1000; done += 125) {
      piece.i        = field.i + done;
      piece.q        = field.q + done;
      piece.n_frames = 125;
      fiq_field_frequency_process(&frequency, &piece, out + done);
    }
    assert_true(fabsf(out[0]) <= 0.0f);
    for (uint32_t n = 1; n < 1000; ++n) {
      assert_true(fabs((double)out[n] - f_hz[k]) < 0.01 + 1e-6 * fabs(f_hz[k]));
    }
    free(out);
    field_free(&field);
  }
}

static void test_operations_refuse_bad_configurations(void** state)
{
  (void)state;
  FiqFieldShift   shift;
  FiqFieldLowpass lowpass;
  assert_int_equal(fiq_field_shift_init(&shift, 1000.0, CONTROL), FIQ_BAD_ARGUMENT);
  assert_int_equal(fiq_field_shift_init(&shift, 48000.0, FIQ_CONTROL_MAX + 1), FIQ_BAD_ARGUMENT);
  assert_int_equal(fiq_field_lowpass_init(&lowpass, 1e6, CONTROL), FIQ_BAD_ARGUMENT);
  assert_int_equal(fiq_field_lowpass_init(&lowpass, 48000.0, 0), FIQ_BAD_ARGUMENT);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_image_rejection_is_60_db_from_40_hz_to_095_nyquist),
      cmocka_unit_test(test_the_long_one_rejects_80_db),
      cmocka_unit_test(test_impulse_response_is_odd_around_the_latency),
      cmocka_unit_test(test_cosine_becomes_a_forward_phasor),
      cmocka_unit_test(test_i_is_a_bit_exact_delay_at_any_cut_and_in_place),
      cmocka_unit_test(test_silence_stays_exact_silence),
      cmocka_unit_test(test_too_small_an_arena_and_bad_rates_are_refused),
      cmocka_unit_test(test_magnitude_power_and_phase_match_their_formulas),
      cmocka_unit_test(test_rotation_turns_the_phase_and_keeps_the_magnitude),
      cmocka_unit_test(test_scale_multiplies_both_planes),
      cmocka_unit_test(test_an_iq_pair_is_taken_as_it_is),
      cmocka_unit_test(test_shift_moves_a_tone_and_leaves_no_image),
      cmocka_unit_test(test_a_swept_shift_has_no_jumps_of_phase_at_any_cut),
      cmocka_unit_test(test_delay_is_exact_and_changes_by_a_cross_fade),
      cmocka_unit_test(test_a_delay_that_only_takes_gives_the_same_afterwards),
      cmocka_unit_test(test_no_delay_is_none),
      cmocka_unit_test(test_delay_refuses_too_little_memory),
      cmocka_unit_test(test_lowpass_is_a_butterworth_of_order_two),
      cmocka_unit_test(test_lowpass_sweeps_alike_at_any_cut),
      cmocka_unit_test(test_instantaneous_frequency_of_a_phasor_is_its_own),
      cmocka_unit_test(test_operations_refuse_bad_configurations),
  };
  fiq_fft_pool_init(&pool);
  const int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
  fiq_fft_pool_free(&pool);
  return n_failed;
}
