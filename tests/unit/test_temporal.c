// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the bank of sine neurons adds exactly the residues of the formula, nothing folds back,
// and what is off is not there. Method: nulls against the delayed input, a double-precision
// reference, tones, level sweeps.
#include "dsp/base/maths.h"
#include "dsp/realm/temporal.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double pi = 3.14159265358979323846;

enum { NEURONS = 16 };

typedef struct {
  FiqRealmTemporal realm;
  FiqArena         arena;
  FiqFftPool       pool;
  float            phi[FIQ_NEURONS_MAX];
  float            theta[FIQ_NEURONS_MAX];
  uint32_t         period;
} Bench;

static uint32_t period_of(double fs)
{
  uint32_t frames = 32;
  for (double f = 64000.0; f < fs && frames < FIQ_CONTROL_MAX; f *= 2.0) {
    frames *= 2;
  }
  return frames;
}

static void bench_init(Bench* bench, double fs, uint32_t n_neurons)
{
  const FiqRealmTemporalConfig config = {fs, n_neurons, period_of(fs)};
  bench->arena                        = support_arena((size_t)1 << 20);
  bench->period                       = config.control_frames;
  fiq_fft_pool_init(&bench->pool);
  assert_int_equal(fiq_realm_temporal_init(&bench->realm, &bench->arena, &bench->pool, &config),
                   FIQ_OK);
  for (uint32_t i = 0; i < FIQ_NEURONS_MAX; ++i) {
    // Even wheel in the order of the bands.
    bench->phi[i]   = (float)(2.0 * pi * i / n_neurons);
    bench->theta[i] = 0.0f;
  }
}

static void bench_free(Bench* bench)
{
  fiq_fft_pool_free(&bench->pool);
  support_arena_free(&bench->arena);
}

/// Run `n` frames with constant parameters, one control period at a time, left = right; cuts in
/// `cut` frames.
static void run_cut(Bench* bench, const FiqRealmTemporalParams* params, const float* in, float* out,
                    size_t n, uint32_t cut)
{
  float* right = support_floats(n);
  for (size_t at = 0; at < n;) {
    const size_t in_period = at % bench->period;
    if (in_period == 0) {
      fiq_realm_temporal_control(&bench->realm, params, bench->phi, bench->theta);
    }
    size_t chunk = bench->period - in_period;
    chunk        = chunk < cut ? chunk : cut;
    chunk        = chunk < n - at ? chunk : n - at;

    const float* const ins[2]  = {in + at, in + at};
    float* const       outs[2] = {right + at, out + at};
    fiq_realm_temporal_process(&bench->realm, ins, NULL, outs, NULL, (uint32_t)chunk);
    at += chunk;
  }
  free(right);
}

static void run(Bench* bench, const FiqRealmTemporalParams* params, const float* in, float* out,
                size_t n)
{
  run_cut(bench, params, in, out, n, UINT32_MAX);
}

static const double rates[] = {8000.0, 22050.0, 44100.0, 48000.0, 96000.0, 192000.0, 384000.0};
enum { N_RATES = sizeof rates / sizeof *rates };

static void test_amount_or_drive_0_nulls_against_the_delayed_input(void** state)
{
  (void)state;
  const size_t n   = 16384;
  float*       in  = support_floats(n);
  float*       out = support_floats(n);
  support_noise(in, n, 1.0, 1);
  for (int r = 0; r < N_RATES; ++r) {
    for (int kind = 0; kind < 2; ++kind) {
      Bench                        bench;
      const FiqRealmTemporalParams params = {
          kind ? 1.0f : 0.0f, kind ? 0.0f : 8.0f, 1.0f, 1.0f, 0.0f, false};
      bench_init(&bench, rates[r], NEURONS);
      run(&bench, &params, in, out, n);
      const uint32_t late = fiq_realm_temporal_latency_frames(&bench.realm);
      const double   null = support_db(support_max_difference(in, out + late, n - late));
      if (kind) {
        print_message("%6.0f Hz: latency %3u frames, null %.0f dB\n", rates[r], late, null);
      }
      assert_true(null < -110.0);
      bench_free(&bench);
    }
  }
  free(in);
  free(out);
}

static void test_an_impulse_arrives_at_the_reported_latency(void** state)
{
  (void)state;
  float* in  = support_floats(4096);
  float* out = support_floats(4096);
  for (int r = 0; r < N_RATES; ++r) {
    Bench                        bench;
    const FiqRealmTemporalParams params = {1.0f, 0.5f, 0.0f, 0.0f, 0.0f, false};
    bench_init(&bench, rates[r], NEURONS);
    memset(in, 0, 4096 * sizeof(float));
    in[1000] = 1.0f;
    run(&bench, &params, in, out, 4096);
    size_t at = 0;
    for (size_t i = 0; i < 4096; ++i) {
      at = fabsf(out[i]) > fabsf(out[at]) ? i : at;
    }
    assert_int_equal(at, 1000 + fiq_realm_temporal_latency_frames(&bench.realm));
    bench_free(&bench);
  }
  free(in);
  free(out);
}

/// Gain of neuron `i` at `f` from its designed response, interpolated by the transform of its taps.
static double gain_at(const FiqRealmTemporal* realm, uint32_t i, double f_hz)
{
  const uint32_t fft  = 4 * realm->control_frames;
  const float*   gain = realm->response + (size_t)i * fft;
  double         sum  = 0.0;
  for (uint32_t k = 0; k <= 3 * realm->control_frames / 2; ++k) {
    double tap = (double)gain[0] + (k % 2 ? -1.0 : 1.0) * (double)gain[fft / 2];
    for (uint32_t b = 1; b < fft / 2; ++b) {
      tap += 2.0 * (double)gain[b] * cos(2.0 * pi * b * k / fft);
    }
    sum += (k ? 2.0 : 1.0) * tap * cos(2.0 * pi * f_hz / realm->sample_rate_hz * k);
  }
  return sum;
}

static void test_bands_sum_to_one(void** state)
{
  (void)state;
  for (uint32_t n_neurons = 4; n_neurons <= 64; n_neurons *= 4) {
    for (int r = 0; r < N_RATES; ++r) {
      Bench bench;
      bench_init(&bench, rates[r], n_neurons);
      const uint32_t fft   = 4 * bench.period;
      double         worst = 0.0;
      for (uint32_t k = 0;
           (double)k * rates[r] / (4.0 * bench.period) < fmin(15000.0, 0.39 * rates[r]); ++k) {
        double sum = 0.0;
        for (uint32_t i = 0; i < n_neurons; ++i) {
          sum += (double)bench.realm.response[(size_t)i * fft + k] * 4.0 * bench.period;
        }
        worst = fmax(worst, fabs(sum - 1.0));
      }
      assert_true(support_db(worst) < -80.0);
      bench_free(&bench);
    }
  }
}

static void test_output_is_the_formula(void** state)
{
  (void)state;
  const double fs   = 48000.0;
  const size_t n    = 9600;
  float*       in   = support_floats(n);
  float*       out  = support_floats(n);
  const float  d[3] = {0.1f, 2.0f, 6.0f};
  for (int k = 0; k < 3; ++k) {
    const FiqRealmTemporalParams params = {0.7f, d[k], 0.4f, 1.0f, 0.0f, false};
    Bench                        bench;
    bench_init(&bench, fs, NEURONS);
    bench.theta[3] = 1.0f;
    support_sine(in, n, 200.0, fs, 0.5, 0.0);
    run(&bench, &params, in, out, n);
    const uint32_t late = fiq_realm_temporal_latency_frames(&bench.realm);
    double         mean = 0.0;
    double         wet[240];
    for (int t = 0; t < 240; ++t) {
      wet[t] = 0.0;
      for (uint32_t i = 0; i < NEURONS; ++i) {
        const double gain = (double)bench.realm.neuron[i].gain * (double)d[k];
        const double x =
            gain * gain_at(&bench.realm, i, 200.0) * 0.5 * sin(2.0 * pi * 200.0 * t / fs);
        const double psi = (double)bench.phi[i] + 0.4 * sin((double)bench.theta[i] + 0.5);
        wet[t] += (sin(x + psi) - sin(psi) - x * cos(psi)) / gain;
      }
      mean += wet[t] / 240.0;
    }
    double worst = 0.0;
    for (int t = 0; t < 240; ++t) {
      const double dry      = 0.5 * sin(2.0 * pi * 200.0 * t / fs);
      const double expected = dry + 0.7 * (wet[t] - mean);
      worst                 = fmax(worst, fabs((double)out[7200 + late + (size_t)t] - expected));
    }
    print_message("drive %.1f: distance from the formula %.1f dB\n", (double)d[k],
                  support_db(worst));
    // What is left is the 5 Hz highpass on the residue's fundamental: 1.4 degrees at 200 Hz.
    assert_true(support_db(worst) < (k ? -38.0 : -60.0));
    bench_free(&bench);
  }
  free(in);
  free(out);
}

/// Strongest component below 20 kHz that is neither offset nor a harmonic of `f`, in dB of the
/// tone.
static double alias_dbc(double fs, double f, double gain, float drive, double* level)
{
  const size_t settle = 24000;
  const size_t n      = (size_t)(0.2 * fs);
  float*       in     = support_floats(settle + n);
  float*       out    = support_floats(settle + n);
  Bench        bench;
  bench_init(&bench, fs, NEURONS);
  const FiqRealmTemporalParams params = {1.0f, drive, 0.0f, 0.0f, 0.0f, false};
  support_sine(in, settle + n, f, fs, gain, 0.3);
  run(&bench, &params, in, out, settle + n);
  double worst = 0.0;
  // Aliases of a tone on a grid of 50 Hz stand on that grid, away from its harmonics.
  for (double at = 50.0; at < 20000.0; at += 50.0) {
    const double ratio = at / f;
    if (fabs(ratio - rint(ratio)) * f > 40.0) {
      worst = fmax(worst, support_tone_amplitude(out + settle, n, at, fs));
    }
  }
  *level = support_tone_amplitude(out + settle, n, f, fs);
  bench_free(&bench);
  free(in);
  free(out);
  return support_db(worst / gain);
}

static void test_a_5_khz_tone_at_drive_3_aliases_below_90_dbc(void** state)
{
  (void)state;
  double       level = 0.0;
  const double tone  = alias_dbc(48000.0, 5000.0, 1.0, 3.0f, &level);
  const double off   = alias_dbc(48000.0, 5150.0, 1.0, 3.0f, &level);
  print_message("drive 3, 48 kHz: 5000 Hz %.1f dBc, 5150 Hz %.1f dBc\n", tone, off);
  assert_true(tone <= -90.0);
  assert_true(off <= -90.0);
  const double at_96 = alias_dbc(96000.0, 5150.0, 1.0, 3.0f, &level);
  print_message("drive 3, 96 kHz: 5150 Hz %.1f dBc\n", at_96);
  assert_true(at_96 <= -90.0);
  // However hard it is driven, the index is held where it does not alias.
  const double tones[5] = {350.0, 1550.0, 5150.0, 9350.0, 13850.0};
  for (int i = 0; i < 5; ++i) {
    const double dbc = alias_dbc(48000.0, tones[i], 0.9, 64.0f, &level);
    print_message("drive 64: %.0f Hz %.1f dBc (fundamental %.1f dB)\n", tones[i], dbc,
                  support_db(level));
    assert_true(dbc <= -70.0);
  }
}

static void test_full_drive_aliases_below_70_dbc_on_any_tone(void** state)
{
  (void)state;
  double worst    = -400.0;
  double worst_hz = 0.0;
  // Tones between and on the edges of the bands, all on the grid of 50 Hz.
  for (double f = 250.0; f < 16000.0; f = 50.0 * rint(1.31 * f / 50.0)) {
    for (int k = 0; k < 2; ++k) {
      double       level = 0.0;
      const double dbc = alias_dbc(48000.0, f, k ? 1.0 : 0.5, FIQ_REALM_TEMPORAL_DRIVE_MAX, &level);
      worst_hz         = dbc > worst ? f : worst_hz;
      worst            = fmax(worst, dbc);
    }
  }
  print_message("full drive, scan: worst alias %.1f dBc, at %.0f Hz\n", worst, worst_hz);
  assert_true(worst <= -70.0);
}

static void test_low_drive_distorts_below_90_db(void** state)
{
  (void)state;
  const size_t n   = 48000;
  float*       in  = support_floats(n);
  float*       out = support_floats(n);
  // Odd residues fall as the square of drive, even ones as drive itself.
  static const float drives[2] = {0.02f, 1e-4f};
  support_sine(in, n, 1000.0, 48000.0, 1.0, 0.0);
  for (int k = 0; k < 2; ++k) {
    Bench                        bench;
    const FiqRealmTemporalParams params = {1.0f, drives[k], 0.0f, 0.0f, 0.0f, false};
    bench_init(&bench, 48000.0, NEURONS);
    for (int i = 0; i < NEURONS && k == 0; ++i) {
      bench.phi[i] = 0.0f;
    }
    run(&bench, &params, in, out, n);
    // The fundamental taken out, the rest is distortion and noise.
    double re;
    double im;
    double rest = 0.0;
    support_tone(out + 24000, 24000, 1000.0, 48000.0, &re, &im);
    for (size_t i = 0; i < 24000; ++i) {
      const double angle = 2.0 * pi * 1000.0 / 48000.0 * (double)i;
      const double e     = (double)out[24000 + i] - re * cos(angle) + im * sin(angle);
      rest += e * e / 24000.0;
    }
    const double db = support_db(sqrt(rest) / sqrt(0.5));
    print_message("drive %g, %s: THD+N %.1f dB\n", (double)drives[k], k ? "even wheel" : "phases 0",
                  db);
    assert_true(db < -90.0);
    bench_free(&bench);
  }
  free(in);
  free(out);
}

static void test_low_drive_is_transparent_and_high_drive_keeps_the_level(void** state)
{
  (void)state;
  const double fs       = 48000.0;
  const size_t n        = 48000;
  float*       in       = support_floats(n);
  float*       out      = support_floats(n);
  const float  drives[] = {0.01f, 0.1f, 1.0f, 4.0f, 16.0f, 64.0f};
  for (int kind = 0; kind < 3; ++kind) {
    if (kind == 0) {
      support_noise(in, n, 1.0, 3);
    } else {
      support_sine(in, n, kind == 1 ? 100.0 : 1000.0, fs, 1.0, 0.0);
    }
    for (int k = 0; k < 6; ++k) {
      Bench                        bench;
      const FiqRealmTemporalParams params = {1.0f, drives[k], 0.0f, 0.0f, 0.0f, false};
      bench_init(&bench, fs, NEURONS);
      run(&bench, &params, in, out, n);
      const uint32_t late = fiq_realm_temporal_latency_frames(&bench.realm);
      float*         wet  = support_floats(n);
      for (size_t i = late; i < n; ++i) {
        wet[i] = out[i] - in[i - late];
      }
      const double residue = support_db(support_rms(wet, n) / support_rms(in, n));
      const double peak    = support_db(support_peak(out + 9600, n - 9600) / support_peak(in, n));
      print_message("%s, drive %5.2f: residue %6.1f dB, peak %+.1f dB\n",
                    kind == 0   ? "noise"
                    : kind == 1 ? "100 Hz"
                                : "1 kHz",
                    (double)drives[k], residue, peak);
      assert_true(peak < 6.5);
      assert_true(k > 0 || residue < -40.0);
      free(wet);
      bench_free(&bench);
    }
  }
  free(in);
  free(out);
}

static void test_any_cutting_of_the_stream_gives_the_same_bits(void** state)
{
  (void)state;
  const size_t                 n      = 5000;
  const FiqRealmTemporalParams params = {0.8f, 5.0f, 0.5f, 0.5f, 0.0f, false};
  const uint32_t               cuts[] = {1, 7, 31, 33};
  float*                       in     = support_floats(n);
  float*                       whole  = support_floats(n);
  float*                       cut    = support_floats(n);
  Bench                        bench;
  support_noise(in, n, 0.8, 4);
  bench_init(&bench, 44100.0, NEURONS);
  run(&bench, &params, in, whole, n);
  for (int i = 0; i < 4; ++i) {
    fiq_realm_temporal_reset(&bench.realm);
    run_cut(&bench, &params, in, cut, n, cuts[i]);
    assert_memory_equal(whole, cut, n * sizeof(float));
  }
  bench_free(&bench);
  free(in);
  free(whole);
  free(cut);
}

static void test_in_place_equals_out_of_place_and_q_does_not_touch_i(void** state)
{
  (void)state;
  const size_t                 n       = 3200;
  const FiqRealmTemporalParams params  = {0.8f, 5.0f, 0.5f, 0.5f, 0.0f, false};
  float*                       in      = support_floats(n);
  float*                       out     = support_floats(n);
  float*                       i_left  = support_floats(n);
  float*                       i_right = support_floats(n);
  float*                       q_left  = support_floats(n);
  float*                       q_right = support_floats(n);
  Bench                        a;
  Bench                        b;
  support_noise(in, n, 0.8, 5);
  memcpy(i_left, in, n * sizeof(float));
  memcpy(i_right, in, n * sizeof(float));
  memcpy(q_left, in, n * sizeof(float));
  memcpy(q_right, in, n * sizeof(float));
  bench_init(&a, 48000.0, NEURONS);
  bench_init(&b, 48000.0, NEURONS);
  run(&a, &params, in, out, n);
  for (size_t at = 0; at < n; at += 32) {
    float* const i[2] = {i_left + at, i_right + at};
    float* const q[2] = {q_left + at, q_right + at};
    fiq_realm_temporal_control(&b.realm, &params, b.phi, b.theta);
    fiq_realm_temporal_process(&b.realm, (const float* const*)i, (const float* const*)q, i, q, 32);
  }
  assert_memory_equal(out, i_right, n * sizeof(float));
  assert_memory_equal(i_left, q_left, n * sizeof(float));
  assert_memory_equal(i_right, q_right, n * sizeof(float));
  // The swings of left and right stand apart by `stereo`.
  assert_true(support_max_difference(i_left, i_right, n) > 0.01);
  bench_free(&a);
  bench_free(&b);
  free(in);
  free(out);
  free(i_left);
  free(i_right);
  free(q_left);
  free(q_right);
}

/// Highest level of the second difference of a 100 Hz tone while the controls jump every 1600
/// frames.
static double roughness(bool jumps, float amount_low, float drive_low)
{
  const size_t n   = 19200;
  float*       in  = support_floats(n);
  float*       out = support_floats(n);
  Bench        bench;
  bench_init(&bench, 48000.0, NEURONS);
  support_sine(in, n, 100.0, 48000.0, 0.5, 0.0);
  for (size_t at = 0; at < n; at += 32) {
    const bool                   low    = jumps && (at / 1600) % 2;
    const FiqRealmTemporalParams params = {
        low ? amount_low : 1.0f, low ? drive_low : 4.0f, 0.0f, 0.0f, 0.0f, false};
    const float* const ins[2]  = {in + at, in + at};
    float* const       outs[2] = {out + at, out + at};
    for (int i = 0; i < NEURONS && (at / 1600) % 4 == 3 && jumps; ++i) {
      bench.phi[i] += FIQ_TWO_PI_F;
    }
    fiq_realm_temporal_control(&bench.realm, &params, bench.phi, bench.theta);
    fiq_realm_temporal_process(&bench.realm, ins, NULL, outs, NULL, 32);
  }
  double worst = 0.0;
  for (size_t i = 4802; i < n; ++i) {
    worst = fmax(worst, fabs((double)out[i] - 2.0 * (double)out[i - 1] + (double)out[i - 2]));
  }
  bench_free(&bench);
  free(in);
  free(out);
  return worst;
}

static void test_controls_glide(void** state)
{
  (void)state;
  const double still  = roughness(false, 1.0f, 4.0f);
  const double amount = roughness(true, 0.0f, 4.0f);
  const double drive  = roughness(true, 1.0f, 0.5f);
  print_message("curvature: still %.5f, amount jumping %.5f, drive jumping %.5f\n", still, amount,
                drive);
  // A step of the residue's size would show as some 0.3.
  assert_true(amount < 0.03);
  assert_true(drive < 0.03);
}

/// Once silence has passed the bank rests, Match as well; what comes then sounds as in a bank that has heard nothing.
static void test_a_rest_is_not_heard(void** state)
{
  (void)state;
  const size_t                 n      = 96000;
  const size_t                 burst  = 9600;
  const FiqRealmTemporalParams params = {1.0f, 8.0f, 0.0f, 0.0f, 0.5f, true};
  float* const                 in     = support_floats(n);
  float* const                 out    = support_floats(n);
  float* const                 fresh  = support_floats(n);
  Bench                        bench;
  bench_init(&bench, 48000.0, NEURONS);
  support_noise(in, burst, 0.5, 6);
  run(&bench, &params, in, out, n);
  assert_true(support_peak(out + n - 4800, 4800) <= 0.0); // no tail that costs
  const float error = bench.realm.error;
  memset(in, 0, n * sizeof(float));
  run(&bench, &params, in, out, n);
  assert_true(fabsf(bench.realm.error - error) <= 0.0f); // nothing was learned from nothing
  support_noise(in + 3200, burst, 0.5, 7);
  run(&bench, &params, in, out, n);
  bench_free(&bench);
  bench_init(&bench, 48000.0, NEURONS);
  run(&bench, &params, in, fresh, n);
  const double difference = support_db(support_max_difference(out, fresh, n));
  print_message("a burst after a rest and in a fresh bank: difference %.1f dB\n", difference);
  assert_true(difference < -100.0);
  bench_free(&bench);
  free(in);
  free(out);
  free(fresh);
}

static void test_silence_stays_silence_and_hot_input_stays_bounded(void** state)
{
  (void)state;
  const size_t                 n      = 10240;
  const FiqRealmTemporalParams params = {1.0f, 64.0f, 1.0f, 1.0f, 0.0f, false};
  float*                       in     = support_floats(n);
  float*                       out    = support_floats(n);
  for (int r = 0; r < N_RATES; ++r) {
    Bench bench;
    bench_init(&bench, rates[r], NEURONS);
    memset(in, 0, n * sizeof(float));
    run(&bench, &params, in, out, n);
    assert_true(support_peak(out, n) <= 0.0);
    support_noise(in, n, 64.0, 6);
    run(&bench, &params, in, out, n);
    assert_true(support_peak(out, n) < 64.0 * 2.2);
    bench_free(&bench);
  }
  free(in);
  free(out);
}

static void test_reset_equals_fresh_init(void** state)
{
  (void)state;
  const size_t                 n      = 4000;
  const FiqRealmTemporalParams params = {0.9f, 7.0f, 0.5f, 0.5f, 0.0f, false};
  float*                       in     = support_floats(n);
  float*                       first  = support_floats(n);
  float*                       second = support_floats(n);
  Bench                        bench;
  support_noise(in, n, 0.8, 7);
  bench_init(&bench, 48000.0, 24);
  run(&bench, &params, in, first, n);
  fiq_realm_temporal_reset(&bench.realm);
  run(&bench, &params, in, second, n);
  assert_memory_equal(first, second, n * sizeof(float));
  bench_free(&bench);
  free(in);
  free(first);
  free(second);
}

static void test_too_small_an_arena_and_bad_configs_are_refused(void** state)
{
  (void)state;
  static FiqRealmTemporal      realm;
  FiqArena                     ruler;
  FiqFftPool                   pool;
  const FiqRealmTemporalConfig config = {48000.0, 4, 16};
  fiq_fft_pool_init(&pool);
  fiq_arena_init(&ruler, NULL, 0);
  assert_int_equal(fiq_realm_temporal_init(&realm, &ruler, &pool, &config), FIQ_NO_MEMORY);
  for (size_t size = 0; size <= ruler.used_bytes; size += 64) {
    FiqArena        arena  = support_arena(size);
    const FiqStatus status = fiq_realm_temporal_init(&realm, &arena, &pool, &config);
    assert_int_equal(status, size < ruler.used_bytes ? FIQ_NO_MEMORY : FIQ_OK);
    support_arena_free(&arena);
  }
  const FiqRealmTemporalConfig bad[] = {{7999.0, 16, 32},  {384001.0, 16, 32}, {48000.0, 3, 32},
                                        {48000.0, 65, 32}, {48000.0, 16, 33},  {48000.0, 16, 8},
                                        {48000.0, 16, 512}};
  for (int i = 0; i < 7; ++i) {
    fiq_arena_init(&ruler, NULL, 0);
    assert_int_equal(fiq_realm_temporal_init(&realm, &ruler, &pool, &bad[i]), FIQ_BAD_ARGUMENT);
  }
  fiq_fft_pool_free(&pool);
}

static void test_sixteen_neurons_stereo_fit_the_budget(void** state)
{
  (void)state;
  const size_t                 n      = 5120;
  const FiqRealmTemporalParams params = {1.0f, 4.0f, 0.5f, 0.5f, 0.0f, false};
  float*                       in     = support_floats(n);
  float*                       out    = support_floats(n);
  support_noise(in, n, 0.5, 8);
  for (int r = 3; r < 6; ++r) {
    Bench  bench;
    double best = 1e9;
    bench_init(&bench, rates[r], NEURONS);
    for (int round = 0; round < 10; ++round) {
      const clock_t start = clock();
      run(&bench, &params, in, out, n);
      best = fmin(best, 1e9 * (double)(clock() - start) / CLOCKS_PER_SEC / (double)n);
    }
    print_message("%6.0f Hz: %.0f ns a stereo frame, %.2f %% of a core\n", rates[r], best,
                  best * rates[r] * 1e-7);
    // Loose, for sanitised builds; the figure printed is what counts.
    assert_true(best * rates[r] * 1e-9 < 5.0);
    bench_free(&bench);
  }
  free(in);
  free(out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_amount_or_drive_0_nulls_against_the_delayed_input),
      cmocka_unit_test(test_an_impulse_arrives_at_the_reported_latency),
      cmocka_unit_test(test_bands_sum_to_one),
      cmocka_unit_test(test_output_is_the_formula),
      cmocka_unit_test(test_a_5_khz_tone_at_drive_3_aliases_below_90_dbc),
      cmocka_unit_test(test_full_drive_aliases_below_70_dbc_on_any_tone),
      cmocka_unit_test(test_low_drive_distorts_below_90_db),
      cmocka_unit_test(test_low_drive_is_transparent_and_high_drive_keeps_the_level),
      cmocka_unit_test(test_any_cutting_of_the_stream_gives_the_same_bits),
      cmocka_unit_test(test_in_place_equals_out_of_place_and_q_does_not_touch_i),
      cmocka_unit_test(test_controls_glide),
      cmocka_unit_test(test_a_rest_is_not_heard),
      cmocka_unit_test(test_silence_stays_silence_and_hot_input_stays_bounded),
      cmocka_unit_test(test_reset_equals_fresh_init),
      cmocka_unit_test(test_too_small_an_arena_and_bad_configs_are_refused),
      cmocka_unit_test(test_sixteen_neurons_stereo_fit_the_budget),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
