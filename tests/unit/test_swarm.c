// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the swarm sounds the notes it is asked for, exactly in tune, at one loudness, without clicks,
// without aliases, in the same way however it is called. Method: renders measured by transform, the
// frame model evaluated in double, and states read from the running swarm.
#include "dsp/base/random.h"
#include "dsp/swarm/swarm.h"
#include "tests/support/support.h"
#include "tests/support/swarm_bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

static void play_chord(Bench* bench, const uint8_t* key, int n)
{
  for (int i = 0; i < n; ++i) {
    fiq_swarm_note_on(&bench->swarm, 0, key[i], 1.0f, 0);
  }
}

static const uint8_t triad[4] = {60, 64, 67, 72};
/// Without two partials in unison, which would add up by chance and for good once both are locked.
static const uint8_t ninth[4] = {60, 64, 67, 74};

/// Frequency of the strongest tone within +-2 % of f: scan, then parabola.
static double find_tone_hz(const float* x, size_t n, double f_hz, double rate_hz)
{
  double       best   = 0.0;
  double       best_f = f_hz;
  const double grid   = rate_hz / (double)n / 4.0;
  for (double f = f_hz - 8.0 * grid; f <= f_hz + 8.0 * grid; f += grid) {
    const double a = support_tone_amplitude(x, n, f, rate_hz);
    best_f         = a > best ? f : best_f;
    best           = fmax(best, a);
  }
  const double l = log(support_tone_amplitude(x, n, best_f - grid, rate_hz));
  const double m = log(support_tone_amplitude(x, n, best_f, rate_hz));
  const double r = log(support_tone_amplitude(x, n, best_f + grid, rate_hz));
  return best_f + 0.5 * grid * (l - r) / (l - 2.0 * m + r);
}

static void test_triad_ends_in_tune(void** state)
{
  (void)state;
  Bench bench;
  bench_open(&bench, 48000.0, 3000, 0);
  bench.params.spread_cents = 0.0f;
  play_chord(&bench, triad, 3);
  bench_render(&bench, 48000 * 4);
  double worst = 0.0;
  for (int k = 0; k < 3; ++k) {
    const double want_hz = 440.0 * exp2((triad[k] - 69.0) / 12.0);
    const double got_hz  = find_tone_hz(bench.out[0] + 96000, 96000, want_hz, 48000.0);
    const double cents   = 1200.0 * log2(got_hz / want_hz);
    print_message("note %d: %.4f Hz, off by %.4f cent\n", triad[k], got_hz, cents);
    worst = fmax(worst, fabs(cents));
  }
  assert_true(worst < 0.1);
  bench_close(&bench);
}

static void test_every_note_settles_in_tune(void** state)
{
  (void)state;
  Bench bench;
  bench_open(&bench, 48000.0, 64, 0);
  bench.params.spread_cents = 0.0f;
  bench.params.anneal_s     = 0.05f;
  bench.params.partials     = 1.0f;
  bench.params.release_s    = 0.01f;
  double worst              = 0.0;
  for (uint32_t key = 12; key <= 120; ++key) {
    fiq_swarm_note_on(&bench.swarm, 0, key, 1.0f, 0);
    bench_render(&bench, 6400);
    const double want_hz = 440.0 * exp2((key - 69.0) / 12.0);
    for (int i = 0; i < 64; ++i) {
      worst = fmax(worst, fabs(1200.0 * log2((double)bench.swarm.osc.nu[i] * 48000.0 / want_hz)));
    }
    fiq_swarm_note_off(&bench.swarm, 0, key, 0);
    bench_render(&bench, key % 2 ? 6400 : 64); // some from silence, some on top of the last
    bench.size = 0;
  }
  print_message("keys 12 to 120: at most %.4f cent off\n", worst);
  assert_true(worst < 0.5);
  bench_close(&bench);
}

/// Distance of the settled of slot 0 from `hz`, cents.
static double off_cents(const Bench* bench, double hz)
{
  const FiqAnneal* const anneal = &bench->swarm.anneal;
  double                 worst  = 0.0;
  for (uint32_t i = 0; i < anneal->osc.n; ++i) {
    if (anneal->osc.slot[i] == 0 && anneal->osc.state[i] == FIQ_OSCILLATOR_SETTLED) {
      worst = fmax(worst, fabs(1200.0 * log2((double)bench->swarm.osc.nu[i] * 48000.0 / hz)));
    }
  }
  return worst;
}

static void test_who_rests_goes_with_a_bent_note(void** state)
{
  (void)state;
  Bench bench;
  bench_open(&bench, 48000.0, 256, 0);
  bench.params.spread_cents = 0.0f;
  bench.params.anneal_s     = 0.05f;
  bench.params.partials     = 1.0f;
  fiq_swarm_note_on(&bench.swarm, 0, 60, 1.0f, 0);
  bench_render(&bench, 24000);
  assert_true(bench.swarm.anneal.pass.still);
  fiq_swarm_bend(&bench.swarm, 0, 1.0f, 0);
  bench_render(&bench, 64);
  assert_true(bench.swarm.anneal.pass.still); // while it moves, too
  bench_render(&bench, 9600);
  const double bent_hz = 440.0 * exp2((62.0 - 69.0) / 12.0);
  assert_true(off_cents(&bench, bent_hz) < 0.1);
  fiq_swarm_note_on(&bench.swarm, 0, 67, 1.0f, 0); // those that stay are where they were
  for (int i = 0; i < 40; ++i) {
    bench_render(&bench, 64);
    assert_true(off_cents(&bench, bent_hz) < 0.1);
  }
  bench_close(&bench);
}

static void test_note_sounds_within_latency_and_a_step(void** state)
{
  (void)state;
  for (uint32_t offset = 0; offset < 64; offset += 21) {
    Bench bench;
    bench_open(&bench, 48000.0, 1000, 0);
    bench.params.attack_s = 0.0f;
    bench_render(&bench, 9600);
    fiq_swarm_note_on(&bench.swarm, 0, 60, 1.0f, offset);
    bench_render(&bench, 9600);
    size_t first = 0;
    while (first < bench.size && fabsf(bench.out[0][first]) < 1e-4f) {
      ++first;
    }
    const size_t latency = fiq_swarm_latency_frames(&bench.swarm);
    print_message("event at +%u heard %d frames after it, latency %u\n", offset,
                  (int)(first - 9600 - offset), (unsigned)latency);
    assert_true(first >= 9600 + offset);
    assert_true(first <= 9600 + offset + latency + 64);
    bench_close(&bench);
  }
}

static void test_frames_equal_their_model(void** state)
{
  (void)state;
  static const uint32_t steps[3] = {64, 256, 1024};
  for (int s = 0; s < 3; ++s) {
    const uint32_t step = steps[s];
    Bench          bench;
    bench_open(&bench, 48000.0, 192, step);
    bench.params.partials = 8.0f;
    play_chord(&bench, triad, 3);
    const size_t n_frames = 24;
    double*      model    = calloc((n_frames + 2) * step, sizeof(double));
    assert_non_null(model);
    for (size_t m = 0; m < n_frames; ++m) {
      bench_render(&bench, step);
      for (uint32_t i = 0; i < 192; ++i) {
        const double a = (double)bench.swarm.osc.amplitude[i] *
                         (double)bench.swarm.places.pan[0][fiq_lobe_place(i)];
        const double nu = (double)bench.swarm.osc.nu[i];
        for (int t = -(int)step; t < (int)step; ++t) {
          const double w = cos(0.5 * pi * t / step);
          model[(m + 1) * step + (size_t)t + 0] +=
              a * w * w * cos(2.0 * pi * ((double)bench.swarm.osc.phi[i] + nu * t));
        }
      }
    }
    double       error  = 0.0;
    double       signal = 0.0;
    const size_t late   = 2 * step;
    // Model time c_m is index (m + 1) step; it is heard 2 step after stream time m step.
    for (size_t i = late; i < bench.size; ++i) {
      const double want = model[i - late + step];
      error += ((double)bench.out[0][i] - want) * ((double)bench.out[0][i] - want);
      signal += want * want;
    }
    const double snr_db = 10.0 * log10(signal / error);
    print_message("step %u: %.1f dB against the frame model in double\n", step, snr_db);
    assert_true(snr_db >= 105.0);
    free(model);
    bench_close(&bench);
  }
}

static double loudness_db(uint32_t n_osc, float coupling)
{
  Bench bench;
  bench_open(&bench, 48000.0, n_osc, 256);
  bench.params.coupling = coupling;
  bench.params.anneal_s = 0.3f;
  play_chord(&bench, ninth, 4);
  bench_render(&bench, 48000 * 3);
  bench.size = 0;
  bench_render(&bench, n_osc > 10000 ? 48000 * 8 : 48000 * 24);
  const double l  = support_rms(bench.out[0], bench.size);
  const double r  = support_rms(bench.out[1], bench.size);
  const double db = support_db(sqrt(l * l + r * r));
  print_message("%6u oscillators, K %3.0f, R %.3f: %.2f dB\n", n_osc, (double)coupling,
                (double)bench.swarm.groups.order, db);
  bench_close(&bench);
  return db;
}

static void test_loudness_is_constant_over_number_and_order(void** state)
{
  (void)state;
  const double db[] = {loudness_db(64, 0.0f),     loudness_db(64, 100.0f),
                       loudness_db(1024, 0.0f),   loudness_db(1024, 8.0f),
                       loudness_db(1024, 100.0f), loudness_db(65536, 0.0f),
                       loudness_db(65536, 100.0f)};
  double       low  = db[0];
  double       high = db[0];
  for (size_t i = 1; i < sizeof db / sizeof db[0]; ++i) {
    low  = fmin(low, db[i]);
    high = fmax(high, db[i]);
  }
  print_message("loudness within %.2f dB\n", high - low);
  assert_true(high - low < 1.0);
}

static void test_full_chord_peaks_below_full_scale(void** state)
{
  (void)state;
  Bench bench;
  bench_open(&bench, 48000.0, 1000, 0);
  play_chord(&bench, triad, 4);
  bench_render(&bench, 48000 * 8);
  const double peak_db = support_db(
      fmax(support_peak(bench.out[0], bench.size), support_peak(bench.out[1], bench.size)));
  print_message("four notes at full velocity peak at %.2f dBFS\n", peak_db);
  assert_true(peak_db > -10.0 && peak_db < -5.0);
  bench_close(&bench);
}

static void test_coupling_orders_the_groups(void** state)
{
  (void)state;
  float order[3];
  for (int i = 0; i < 3; ++i) {
    Bench bench;
    bench_open(&bench, 48000.0, 2000, 0);
    bench.params.coupling = i == 0 ? 0.0f : i == 1 ? 1.5f : 50.0f;
    bench.params.anneal_s = 0.3f;
    play_chord(&bench, triad, 3);
    bench_render(&bench, 48000 * 4);
    order[i] = bench.swarm.groups.order;
    bench_close(&bench);
  }
  print_message("R at K 0, 1.5, 50: %.3f %.3f %.3f\n", (double)order[0], (double)order[1],
                (double)order[2]);
  assert_true(order[0] < 0.25f);
  assert_true(order[1] > order[0] + 0.3f);
  assert_true(order[2] > 0.98f);
}

/// Largest distance of a locked chord's fundamentals from their notes, cents.
static double locked_miss_cents(uint64_t seed)
{
  Bench bench;
  bench_open(&bench, 48000.0, 512, 0);
  fiq_swarm_reset(&bench.swarm, seed);
  bench.params.coupling = 6.0f;
  bench.params.partials = 6.0f;
  bench.params.anneal_s = 0.5f;
  play_chord(&bench, triad, 3);
  bench_render(&bench, 48000 * 5);
  double worst = 0.0;
  for (int k = 0; k < 3; ++k) {
    const double want_hz = 440.0 * exp2((triad[k] - 69.0) / 12.0);
    const double got_hz  = find_tone_hz(bench.out[0] + 192000, 32768, want_hz, 48000.0);
    worst                = fmax(worst, fabs(1200.0 * log2(got_hz / want_hz)));
  }
  bench_close(&bench);
  return worst;
}

static void test_locked_notes_are_in_tune(void** state)
{
  (void)state;
  double worst = 0.0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const double cents = locked_miss_cents(seed);
    if (cents >= 0.3) {
      print_message("seed %u: %.3f cent\n", (unsigned)seed, cents);
    }
    worst = fmax(worst, cents);
  }
  print_message("20 seeds, spread 6 cents, locked: fundamentals within %.4f cent\n", worst);
  assert_true(worst < 0.3);
}

static void test_locking_does_not_burst(void** state)
{
  (void)state;
  Bench bench;
  bench_open(&bench, 48000.0, 4000, 0);
  bench.params.anneal_s = 0.3f;
  play_chord(&bench, ninth, 4);
  bench_render(&bench, 48000 * 3);
  bench.params.coupling = 50.0f;
  bench_render(&bench, 48000 * 3);
  const double before = support_peak(bench.out[0] + 48000, 96000);
  const double after  = support_peak(bench.out[0] + 144000, 144000);
  print_message("peak %.3f before the lock, %.3f from there on\n", before, after);
  assert_true(after < 2.0 * before);
  bench_close(&bench);
}

/// Level of both channels from `first_s` to `last_s` of a bench at 48 kHz, dB.
static double level_db(const Bench* bench, double first_s, double last_s)
{
  const size_t first = (size_t)(first_s * 48000.0);
  const size_t n     = (size_t)(last_s * 48000.0) - first;
  const double l     = support_rms(bench->out[0] + first, n);
  const double r     = support_rms(bench->out[1] + first, n);
  return support_db(sqrt(l * l + r * r));
}

/// A bench whose notes stand at once and stay as loud as they are.
static void bench_open_plain(Bench* bench, uint64_t seed)
{
  bench_open(bench, 48000.0, 512, 0);
  fiq_swarm_reset(&bench->swarm, seed);
  bench->params.scatter_octaves = 0.0f;
  bench->params.anneal_s        = 0.05f;
  bench->params.attack_s        = 0.005f;
  bench->params.sustain         = 1.0f;
  bench->params.spread_cents    = 2.0f;
}

static void test_a_locked_note_stays_as_loud_as_it_is(void** state)
{
  (void)state;
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    Bench bench;
    bench_open_plain(&bench, seed);
    bench.params.coupling = 8.0f;
    play_chord(&bench, triad, 1);
    bench_render(&bench, 48000 * 6);
    const double end_db  = level_db(&bench, 5.0, 6.0);
    const double soon_db = level_db(&bench, 1.0, 1.5) - end_db;
    // While it locks it may be louder than it shall, and no more than a chorus can.
    const double first_db = level_db(&bench, 0.05, 0.15) - end_db;
    bench.params.coupling = 0.0f;
    bench_render(&bench, 48000 * 24);
    const double loose_db = level_db(&bench, 8.0, 28.0) - end_db;
    print_message("seed %u: %+.2f dB at first, %+.2f dB after 1 s; let loose %+.2f dB\n",
                  (unsigned)seed, first_db, soon_db, loose_db);
    assert_true(fabs(soon_db) < 0.3);
    assert_true(fabs(first_db) < 6.0);
    assert_true(fabs(loose_db) < 2.0);
    bench_close(&bench);
  }
}

static void test_no_change_of_timbre_bursts(void** state)
{
  (void)state;
  static const float change[][4] = {
      {-24.0f, 6.0f, 8.0f, 8.0f}, {6.0f, -24.0f, 8.0f, 8.0f}, {-6.0f, -6.0f, 1.0f, 32.0f}};
  for (size_t i = 0; i < sizeof change / sizeof change[0]; ++i) {
    Bench bench;
    bench_open_plain(&bench, 3);
    bench.params.coupling           = 4.0f;
    bench.params.tilt_db_per_octave = change[i][0];
    bench.params.partials           = change[i][2];
    play_chord(&bench, triad, 3);
    bench_render(&bench, 96000);
    bench.params.tilt_db_per_octave = change[i][1];
    bench.params.partials           = change[i][3];
    bench_render(&bench, 96000);
    const double before = support_peak(bench.out[0] + 72000, 24000);
    const double burst  = support_peak(bench.out[0] + 96000, 9600);
    const double after  = support_peak(bench.out[0] + 144000, 48000);
    print_message("tilt %+.0f to %+.0f, partials %.0f to %.0f: peak %.3f, %.3f, %.3f\n",
                  (double)change[i][0], (double)change[i][1], (double)change[i][2],
                  (double)change[i][3], before, burst, after);
    assert_true(burst < 1.3 * fmax(before, after));
    bench_close(&bench);
  }
}

static void test_strikes_of_one_velocity_are_alike(void** state)
{
  (void)state;
  enum { STRIKES = 40 };
  double db[STRIKES];
  double mean = 0.0;
  for (int i = 0; i < STRIKES; ++i) {
    // Phases of chance that stay as they are: nothing but the level makes up for them.
    Bench bench;
    bench_open_plain(&bench, (uint64_t)i + 1);
    bench.params.spread_cents = 0.0f;
    bench.params.partials     = 1.0f;
    play_chord(&bench, triad, 1);
    bench_render(&bench, 9600);
    db[i] = level_db(&bench, 0.02, 0.2);
    mean += db[i] / STRIKES;
    bench_close(&bench);
  }
  double square = 0.0;
  for (int i = 0; i < STRIKES; ++i) {
    square += (db[i] - mean) * (db[i] - mean) / STRIKES;
  }
  print_message("strikes differ by %.2f dB (rms)\n", sqrt(square));
  assert_true(sqrt(square) < 0.5);
}

static void test_nothing_above_the_band(void** state)
{
  (void)state;
  Bench bench;
  bench_open(&bench, 48000.0, 2000, 0);
  bench.params.partials           = 32.0f;
  bench.params.tilt_db_per_octave = 0.0f;
  bench.params.scatter_octaves    = 0.0f;
  const uint8_t high[4]           = {108, 113, 117, 120};
  play_chord(&bench, high, 4);
  bench_render(&bench, 48000 * 2);
  double worst = -400.0;
  for (double f = 0.4505 * 48000.0; f < 24000.0; f += 7.3) {
    worst =
        fmax(worst, support_db(support_tone_amplitude(bench.out[0] + 48000, 48000, f, 48000.0)));
  }
  print_message("strongest tone above 0.45 fs: %.1f dBFS\n", worst);
  assert_true(worst < -100.0);
  bench_close(&bench);
}

/// Largest second difference of a smooth signal's local level, as a share of its top: a step of the
/// envelope within one period would stand out.
static double roughness(const float* x, size_t n, double peak)
{
  double worst = 0.0;
  for (size_t i = 2; i < n; ++i) {
    const double second = (double)x[i] - 2.0 * (double)x[i - 1] + (double)x[i - 2];
    worst               = fmax(worst, fabs(second));
  }
  return worst / peak;
}

static void test_no_clicks(void** state)
{
  (void)state;
  Bench bench;
  bench_open(&bench, 48000.0, 2000, 0);
  bench.params.partials        = 1.0f;
  bench.params.attack_s        = 0.0f;
  bench.params.release_s       = 0.0f;
  bench.params.anneal_s        = 0.3f;
  bench.params.scatter_octaves = 0.0f;
  static const uint8_t low[3]  = {36, 40, 43};
  play_chord(&bench, low, 3);
  bench_render(&bench, 24000);
  fiq_swarm_note_on(&bench.swarm, 0, 48, 1.0f, 7);
  bench_render(&bench, 24000);
  bench.params.n_osc = 500.0f;
  bench_render(&bench, 24000);
  bench.params.n_osc = 2000.0f;
  bench_render(&bench, 24000);
  bench.params.width = 0.1f;
  bench_render(&bench, 24000);
  fiq_swarm_note_off(&bench.swarm, 0, 36, 3);
  bench_render(&bench, 24000);
  for (uint32_t key = 0; key < 128; ++key) {
    fiq_swarm_note_off(&bench.swarm, 0, key, 3);
  }
  bench_render(&bench, 24000);
  // A sine of the highest note, 131 Hz, has (2 pi f / fs)^2 = 2.9e-4; an envelope over one step
  // of 64 frames adds up to pi^2 / (2 * 64^2) = 1.2e-3. A jump of 1 % of the peak would give 1e-2.
  const double peak  = support_peak(bench.out[0], bench.size);
  const double rough = roughness(bench.out[0], bench.size, peak);
  print_message("largest second difference: %.2g of the peak\n", rough);
  assert_true(rough < 3e-3);
  bench_close(&bench);
}

static void test_lag_slows_what_is_locked(void** state)
{
  (void)state;
  // K w R sin(a) by which the whole locked group falls behind; R stays near 1.
  Bench bench;
  bench_open(&bench, 48000.0, 1000, 0);
  bench.params.partials = 1.0f;
  bench.params.coupling = 10.0f;
  bench.params.lag_rad  = 0.5f;
  fiq_swarm_note_on(&bench.swarm, 0, 69, 1.0f, 0);
  bench_render(&bench, 48000 * 5);
  const double w      = 2.0 * pi * 440.0 * 6.0 * log(2.0) / 1200.0;
  const double step_s = 64.0 / 48000.0;
  const double r      = (double)bench.swarm.groups.order;
  const double want   = -(1.0 - exp(-10.0 * w * r * step_s)) / step_s * sin(0.5) / (2.0 * pi);
  const double got    = find_tone_hz(bench.out[0] + 96000, 96000, 440.0 + want, 48000.0) - 440.0;
  print_message("lag 0.5 at K 10: R %.3f, %.2f Hz lower, by the formula %.2f\n", r, got, want);
  assert_true(r > 0.9);
  assert_true(fabs(got - want) < 0.05 * fabs(want));
  bench_close(&bench);
}

/// R of one note at coupling `k`, with the detune of `distribution`.
static double order_at(float k, float distribution, float noise, float attention, bool in_range)
{
  Bench       bench;
  const float low_hz[]  = {100.0f, in_range ? 400.0f : 500.0f};
  const float high_hz[] = {120.0f, in_range ? 480.0f : 900.0f};
  bench_open(&bench, 48000.0, 4000, 0);
  bench.params.partials     = 1.0f;
  bench.params.spread_cents = 30.0f;
  bench.params.coupling     = k;
  bench.params.distribution = distribution;
  bench.params.phase_noise  = noise;
  bench.params.attention    = attention;
  fiq_swarm_set_attention(&bench.swarm, low_hz, high_hz, 2);
  fiq_swarm_note_on(&bench.swarm, 0, 69, 1.0f, 0);
  bench_render(&bench, 48000 * 4);
  double sum = 0.0;
  for (int i = 0; i < 1500; ++i) {
    bench_render(&bench, 64);
    sum += (double)bench.swarm.groups.order / 1500.0;
  }
  bench_close(&bench);
  return sum;
}

static void test_critical_coupling_of_both_distributions(void** state)
{
  (void)state;
  const double uniform_below = order_at(1.1f, 0.0f, 0.0f, 0.0f, true);
  const double uniform_above = order_at(1.45f, 0.0f, 0.0f, 0.0f, true);
  const double normal_below  = order_at(0.75f, 1.0f, 0.0f, 0.0f, true);
  const double normal_above  = order_at(1.2f, 1.0f, 0.0f, 0.0f, true);
  print_message("uniform, K_c 1.27: R %.3f at 1.1, %.3f at 1.45; normal, K_c 0.92: %.3f at 0.75, "
                "%.3f at 1.2\n",
                uniform_below, uniform_above, normal_below, normal_above);
  assert_true(uniform_below < 0.15 && uniform_above > 0.6);
  assert_true(normal_below < 0.15 && normal_above > 0.5);
}

static void test_normal_detune_has_the_same_deviation_and_ends_at_three(void** state)
{
  (void)state;
  Bench bench;
  bench_open(&bench, 48000.0, 8192, 0);
  bench.params.partials     = 1.0f;
  bench.params.spread_cents = 20.0f;
  bench.params.anneal_s     = 0.1f;
  fiq_swarm_note_on(&bench.swarm, 0, 69, 1.0f, 0);
  for (int normal = 0; normal < 2; ++normal) {
    bench.params.distribution = (float)normal;
    bench_render(&bench, 48000);
    double mean   = 0.0;
    double square = 0.0;
    double most   = 0.0;
    double inside = 0.0;
    for (uint32_t i = 0; i < 8192; ++i) {
      const double cents = 1200.0 * log2((double)bench.swarm.osc.nu[i] * 48000.0 / 440.0) / 20.0;
      mean += cents / 8192.0;
      square += cents * cents / 8192.0;
      most = fmax(most, fabs(cents));
      inside += fabs(cents) < 1.0 / sqrt(3.0) ? 1.0 / 8192.0 : 0.0;
    }
    print_message("%s: mean %.4f, deviation %.4f, largest %.3f, within one deviation %.3f\n",
                  normal ? "normal" : "uniform", mean, sqrt(square), most, inside);
    assert_true(fabs(mean) < 0.002);
    assert_true(fabs(sqrt(square) - 1.0 / sqrt(3.0)) < 0.003);
    assert_true(most < (normal ? 1.76 : 1.01) && most > (normal ? 1.6 : 0.99));
    assert_true(fabs(inside - (normal ? 0.68 : 0.577)) < 0.01);
  }
  bench_close(&bench);
}

static void test_phase_noise_blurs_the_order(void** state)
{
  (void)state;
  const double calm  = order_at(10.0f, 0.0f, 0.0f, 0.0f, true);
  const double noisy = order_at(10.0f, 0.0f, 10.0f, 0.0f, true);
  // Locked phases diffuse against the pull, which in a step leaves e^(-K w R S/fs) of their way.
  const double w      = 2.0 * pi * 440.0 * 30.0 * log(2.0) / 1200.0;
  const double step_s = 64.0 / 48000.0;
  const double keep   = exp(-10.0 * w * noisy * step_s);
  const double want   = exp(-0.5 * 100.0 * step_s / (1.0 - keep * keep));
  print_message("K 10: R %.4f, with 10 rad per root second %.4f, by linear theory %.4f of it\n",
                calm, noisy, want);
  assert_true(calm > 0.99 && noisy < 0.99);
  assert_true(fabs(noisy / calm - want) < 0.02);
}

static void test_phase_noise_walks_at_its_rate(void** state)
{
  (void)state;
  Bench bench;
  bench_open(&bench, 48000.0, 2000, 0);
  bench.params.partials        = 1.0f;
  bench.params.spread_cents    = 0.0f;
  bench.params.anneal_s        = 0.05f;
  bench.params.scatter_octaves = 0.0f;
  fiq_swarm_note_on(&bench.swarm, 0, 69, 1.0f, 0);
  bench_render(&bench, 9600);
  static float before[2000];
  memcpy(before, bench.swarm.osc.phi, sizeof before);
  bench.params.phase_noise = 2.0f;
  bench_render(&bench, 4800); // a tenth of a second
  double sine   = 0.0;
  double cosine = 0.0;
  for (int i = 0; i < 2000; ++i) {
    const double turned = 2.0 * pi * (double)(bench.swarm.osc.phi[i] - before[i]);
    sine += sin(turned) / 2000.0;
    cosine += cos(turned) / 2000.0;
  }
  const double deviation = sqrt(-2.0 * log(hypot(sine, cosine)));
  print_message("2 rad per root second, 0.1 s: deviation %.4f rad, wanted %.4f\n", deviation,
                2.0 * sqrt(0.1));
  assert_true(fabs(deviation - 2.0 * sqrt(0.1)) < 0.03);
  bench_close(&bench);
}

static void test_attention_pulls_what_lies_in_its_ranges(void** state)
{
  (void)state;
  const double without = order_at(0.8f, 0.0f, 0.0f, 0.0f, true);
  const double within  = order_at(0.8f, 0.0f, 0.0f, 1.0f, true);
  const double outside = order_at(0.8f, 0.0f, 0.0f, 1.0f, false);
  print_message("K 0.8: R %.3f, with attention %.3f, with attention elsewhere %.3f\n", without,
                within, outside);
  assert_true(without < 0.2 && within > 0.85 && fabs(outside - without) < 1e-9);
}

static void test_sway_moves_frequencies_in_turn(void** state)
{
  (void)state;
  enum { N = 7 };
  const float from[N] = {0.0f, 0.01f, -0.01f, 0.02f, -0.02f, 0.03f, -0.03f};
  const float to[N]   = {0.0f, 0.02f, -0.02f, 0.03f, -0.03f, 0.04f, -0.04f};
  Bench       bench;
  bench_open(&bench, 48000.0, 300, 0);
  bench.params.partials     = 1.0f;
  bench.params.spread_cents = 0.0f;
  bench.params.anneal_s     = 0.05f;
  fiq_swarm_note_on(&bench.swarm, 0, 69, 1.0f, 0);
  bench_render(&bench, 19200);
  double worst = 0.0;
  for (int late = 0; late < 2; ++late) {
    // Set where a step begins, and half a step later: then the next one has the second set.
    bench_render(&bench, late ? 32 : 0);
    fiq_swarm_set_sway(&bench.swarm, from, to, N);
    bench_render(&bench, late ? 96 : 64);
    for (uint32_t i = 0; i < 300; ++i) {
      const double want = 440.0 / 48000.0 * (1.0 + (double)(late ? to : from)[i % N]);
      worst             = fmax(worst, fabs((double)bench.swarm.osc.nu[i] / want - 1.0));
    }
  }
  fiq_swarm_set_sway(&bench.swarm, NULL, NULL, 0);
  bench_render(&bench, 64);
  for (uint32_t i = 0; i < 300; ++i) {
    worst = fmax(worst, fabs((double)bench.swarm.osc.nu[i] * 48000.0 / 440.0 - 1.0));
  }
  print_message("sway: largest relative error %.2g\n", worst);
  assert_true(worst < 1e-6);
  bench_close(&bench);
}

static void test_partial_limit_leaves_smooth_partials(void** state)
{
  (void)state;
  static const uint32_t limits[] = {2, 3, 5, 7, 11, 13, 0};
  static const uint32_t counts[] = {5, 9, 12, 14, 15, 16, 16}; // smooth numbers up to 16
  Bench                 bench;
  bench_open(&bench, 48000.0, 4000, 0);
  bench.params.partials     = 16.0f;
  bench.params.spread_cents = 0.0f;
  bench.params.anneal_s     = 0.05f;
  fiq_swarm_note_on(&bench.swarm, 0, 45, 1.0f, 0);
  for (int i = 0; i < 7; ++i) {
    bench.params.partial_limit = (float)limits[i];
    bench_render(&bench, 9600);
    bool     heard[16] = {false};
    uint32_t n         = 0;
    for (uint32_t k = 0; k < 4000; ++k) {
      assert_true(bench.swarm.osc.group[k] < FIQ_SWARM_GROUPS);
      heard[bench.swarm.osc.group[k] % FIQ_SWARM_PARTIALS_MAX] = true;
    }
    for (uint32_t h = 1; h <= 16; ++h) {
      n += heard[h - 1];
      const bool seventh = h % 7 == 0 && limits[i] > 0 && limits[i] < 7;
      assert_false(heard[h - 1] && seventh);
    }
    assert_int_equal(n, counts[i]);
    assert_true(heard[0]);
  }
  bench_close(&bench);
}

static void test_uncertainty_is_high_in_chorus_and_low_when_locked(void** state)
{
  (void)state;
  float judged[3];
  for (int i = 0; i < 3; ++i) {
    Bench bench;
    bench_open(&bench, 48000.0, 4000, 0);
    assert_true(fabsf(fiq_swarm_uncertainty(&bench.swarm)) < 1e-9f);
    bench.params.coupling = i == 0 ? 0.0f : i == 1 ? 1.6f : 50.0f;
    play_chord(&bench, ninth, 3);
    bench_render(&bench, 48000 * 4);
    judged[i] = fiq_swarm_uncertainty(&bench.swarm);
    print_message("K %4.1f: R %.3f, uncertainty %.3f\n", (double)bench.params.coupling,
                  (double)bench.swarm.groups.order, (double)judged[i]);
    bench_close(&bench);
  }
  assert_true(judged[0] > 0.93f && judged[0] <= 1.0f);
  assert_true(judged[1] < judged[0] - 0.05f && judged[1] > judged[2] + 0.1f);
  assert_true(judged[2] < 0.1f);
}

/// Mean R and level of a chord of default detune at coupling `k`.
static double fleeing_level_db(float k, double* order)
{
  Bench bench;
  bench_open(&bench, 48000.0, 1000, 256);
  bench.params.coupling = k;
  bench.params.anneal_s = 0.3f;
  play_chord(&bench, ninth, 4);
  bench_render(&bench, 48000 * 4);
  bench.size   = 0;
  double sum   = 0.0;
  double times = 0.0;
  for (; times < 200.0; times += 1.0) {
    bench_render(&bench, 48000 / 800 * 64);
    sum += (double)bench.swarm.groups.order;
  }
  *order          = sum / times;
  const double l  = support_rms(bench.out[0], bench.size);
  const double r  = support_rms(bench.out[1], bench.size);
  const double db = support_db(sqrt(l * l + r * r));
  print_message("K %5.1f: R %.3f, %.2f dB\n", (double)k, *order, db);
  bench_close(&bench);
  return db;
}

static void test_phases_flee_at_negative_coupling(void** state)
{
  (void)state;
  static const float k[] = {0.0f, -2.0f, -10.0f, -100.0f, 1.0f, 2.0f, 10.0f};
  double             free_order;
  const double       free_db = fleeing_level_db(k[0], &free_order);
  for (size_t i = 1; i < sizeof k / sizeof k[0]; ++i) {
    double       order;
    const double db = fleeing_level_db(k[i], &order);
    assert_true(isfinite(db) && fabs(db - free_db) < 1.0);
    assert_true(k[i] < 0.0f ? order < 0.75 * free_order : order > free_order);
  }
}

static double partial_db(const Bench* bench, double hz)
{
  const size_t n   = 65536;
  const size_t at  = bench->size - n;
  double       sum = 0.0;
  for (double f = hz - 3.0; f <= hz + 3.0; f += 0.25) {
    const double a = support_tone_amplitude(bench->out[0] + at, n, f, 48000.0);
    sum += a * a;
  }
  return support_db(sqrt(sum));
}

static void test_odd_even_takes_partials_away(void** state)
{
  (void)state;
  static const float odd_even[3] = {-1.0f, 0.0f, 1.0f};
  double             db[3][4];
  double             level[3];
  for (int i = 0; i < 3; ++i) {
    Bench bench;
    bench_open(&bench, 48000.0, 1000, 256);
    bench.params.odd_even = odd_even[i];
    bench.params.anneal_s = 0.1f;
    bench.params.decay_s  = 0.0f;
    fiq_swarm_note_on(&bench.swarm, 0, 69, 1.0f, 0);
    bench_render(&bench, 48000 * 6);
    for (int h = 1; h <= 4; ++h) {
      db[i][h - 1] = partial_db(&bench, 440.0 * h);
    }
    level[i] = support_db(support_rms(bench.out[0] + 48000, bench.size - 48000));
    print_message("odd_even %+.0f: partials %.0f %.0f %.0f %.0f dB, level %.2f dB\n",
                  (double)odd_even[i], db[i][0], db[i][1], db[i][2], db[i][3], level[i]);
    bench_close(&bench);
  }
  assert_true(db[0][1] < db[1][1] - 60.0 && db[0][3] < db[1][3] - 60.0);
  assert_true(db[2][2] < db[1][2] - 60.0 && db[2][0] > db[1][0] - 6.0);
  assert_true(fabs(level[0] - level[1]) < 1.0 && fabs(level[2] - level[1]) < 1.0);
}

static void test_stretch_moves_the_partials(void** state)
{
  (void)state;
  static const float stretch[3] = {-0.1f, 0.0f, 0.02f};
  for (int i = 0; i < 3; ++i) {
    Bench bench;
    bench_open(&bench, 48000.0, 400, 0);
    bench.params.stretch      = stretch[i];
    bench.params.spread_cents = 0.0f;
    bench.params.anneal_s     = 0.1f;
    fiq_swarm_note_on(&bench.swarm, 0, 57, 1.0f, 0);
    bench_render(&bench, 96000);
    for (int h = 1; h <= 5; ++h) {
      const double want_hz = 220.0 * pow(h, 1.0 + (double)stretch[i]);
      const double got_hz  = find_tone_hz(bench.out[0] + 48000, 48000, want_hz, 48000.0);
      assert_true(fabs(1200.0 * log2(got_hz / want_hz)) < 0.1);
    }
    bench_close(&bench);
  }
}

/// One oscillator alone wanders from side to side, at one power.
static void test_motion_wanders_at_constant_power(void** state)
{
  (void)state;
  Bench bench;
  bench_open(&bench, 48000.0, 1, 0);
  bench.params.motion_hz    = 0.5f;
  bench.params.motion_depth = 1.0f;
  bench.params.width        = 1.0f;
  bench.params.partials     = 1.0f;
  bench.params.decay_s      = 0.0f;
  bench.params.anneal_s     = 0.05f;
  fiq_swarm_note_on(&bench.swarm, 0, 69, 1.0f, 0);
  bench_render(&bench, 48000 * 4);
  double most_left  = -400.0;
  double most_right = -400.0;
  double low        = 400.0;
  double high       = -400.0;
  for (size_t at = 48000; at + 1200 <= bench.size; at += 1200) {
    const double l = support_rms(bench.out[0] + at, 1200);
    const double r = support_rms(bench.out[1] + at, 1200);
    most_left      = fmax(most_left, support_db(l / r));
    most_right     = fmax(most_right, support_db(r / l));
    low            = fmin(low, support_db(sqrt(l * l + r * r)));
    high           = fmax(high, support_db(sqrt(l * l + r * r)));
  }
  const double rough = roughness(bench.out[0] + 48000, 144000, 0.1);
  print_message("motion: %.0f dB to the left, %.0f dB to the right, power within %.3f dB, %.2g\n",
                most_left, most_right, high - low, rough);
  assert_true(most_left > 20.0 && most_right > 20.0);
  assert_true(high - low < 0.1);
  assert_true(rough < 5e-3); // the tone's own is (2 pi 440 / 48000)^2 = 3.3e-3
  bench_close(&bench);
}

/// Standard deviation of the oscillators' frequencies around their notes, cents, and their mean.
static double tremble_cents(float temperature, double* mean)
{
  Bench bench;
  bench_open(&bench, 48000.0, 3000, 0);
  bench.params.temperature  = temperature;
  bench.params.spread_cents = 0.0f;
  bench.params.partials     = 1.0f;
  bench.params.anneal_s     = 0.5f;
  play_chord(&bench, triad, 3);
  double sum    = 0.0;
  double square = 0.0;
  bench_render(&bench, 48000 * 2);
  for (int i = 0; i < 20; ++i) {
    bench_render(&bench, 3200);
    for (uint32_t k = 0; k < 3000; ++k) {
      const double hz      = (double)bench.swarm.osc.nu[k] * 48000.0;
      const double note    = 69.0 + 12.0 * log2(hz / 440.0);
      const double nearest = note < 62.0 ? 60.0 : note < 65.5 ? 64.0 : 67.0;
      sum += 100.0 * (note - nearest);
      square += 10000.0 * (note - nearest) * (note - nearest);
    }
    for (int k = 0; k < 3; ++k) {
      assert_int_equal(bench.swarm.anneal.transport.settled[k], 1000);
    }
  }
  *mean = sum / 60000.0;
  bench_close(&bench);
  return sqrt(square / 60000.0);
}

static void test_temperature_trembles_around_the_notes(void** state)
{
  (void)state;
  double       mean[3];
  const double cold = tremble_cents(0.0f, &mean[0]);
  const double warm = tremble_cents(0.25f, &mean[1]);
  const double hot  = tremble_cents(1.0f, &mean[2]);
  // 0.05 n0 T / sqrt(1 - (0.95 - 0.05 s1)^2) units of f0; 50 and 10 are the defaults.
  const double want = 50.0 * 0.05 / sqrt(1.0 - 0.45 * 0.45) / 261.63 * 1200.0 / log(2.0);
  print_message("temperature 0, 0.25, 1: %.4f %.2f %.2f cent, expected %.2f at 1; mean %.3f\n",
                cold, warm, hot, want, mean[2]);
  assert_true(cold < 0.01);
  assert_true(fabs(hot / want - 1.0) < 0.05 && fabs(warm * 4.0 / want - 1.0) < 0.05);
  assert_true(fabs(mean[2]) < 0.5);
}

/// Mean power of pieces of 8 steps around a key that joins three others, over some seeds.
static void join_a_chord(float coupling, double power[32])
{
  enum { N = 2000, SEEDS = 12, JOIN = 50 };
  static const uint8_t keys[3] = {48, 55, 60};
  memset(power, 0, 32 * sizeof *power);
  Bench bench;
  bench_open(&bench, 48000.0, N, 0);
  bench.params.anneal_s = 0.25f;
  bench.params.coupling = coupling;
  bench.params.attack_s = 0.005f;
  bench.params.sustain  = 1.0f;
  for (uint64_t seed = 1; seed <= SEEDS; ++seed) {
    fiq_swarm_reset(&bench.swarm, seed);
    play_chord(&bench, keys, 3);
    bench_render(&bench, (size_t)JOIN * 512);
    fiq_swarm_note_on(&bench.swarm, 0, 65, 1.0f, 0);
    bench_render(&bench, 64);
    uint32_t count[FIQ_CARRIERS_MAX];
    fiq_anneal_count(&bench.swarm.anneal, count);
    assert_true(count[3] > N / 4 / 16);
    bench_render(&bench, 7 * 64);
    fiq_anneal_count(&bench.swarm.anneal, count);
    assert_in_range(count[3], N / 10, N / 3);
    bench_render(&bench, 15 * 512);
    const size_t first = bench.size - 32 * 512;
    for (int i = 0; i < 32; ++i) {
      const double l = support_rms(bench.out[0] + first + (size_t)i * 512, 512);
      const double r = support_rms(bench.out[1] + first + (size_t)i * 512, 512);
      power[i] += (l * l + r * r) / SEEDS;
    }
  }
  bench_close(&bench);
}

/// A key that joins has members within a step, and makes nothing louder than four keys are.
static void test_a_key_that_joins_sounds_at_once_and_does_not_burst(void** state)
{
  (void)state;
  for (int coupled = 0; coupled < 2; ++coupled) {
    double power[32];
    join_a_chord(coupled ? 6.0f : 0.0f, power);
    double before = 0.0;
    double most   = 0.0;
    for (int i = 0; i < 16; ++i) {
      before += power[i] / 16.0;
      most = fmax(most, power[16 + i]);
    }
    const double over_db = 0.5 * support_db(most / (before * 4.0 / 3.0));
    print_message("K = %d: at most %+.2f dB over four keys\n", coupled ? 6 : 0, over_db);
    assert_true(over_db < 1.5);
  }
}

/// Whoever fades longer than the others is heard to its end before the swarm falls asleep.
static void test_sleep_waits_for_the_last_to_fade(void** state)
{
  (void)state;
  enum { N = 64, TAIL = 100 * 64 };
  Bench bench;
  bench_open(&bench, 48000.0, N, 0);
  bench.params.release_s       = 0.005f;
  bench.params.attack_s        = 0.001f;
  bench.params.scatter_octaves = 0.0f;
  bench.params.partials        = 1.0f;
  fiq_swarm_note_on(&bench.swarm, 0, 40, 1.0f, 0);
  bench_render(&bench, 9600);
  fiq_swarm_note_off(&bench.swarm, 0, 40, 0);
  bench_render(&bench, 15 * 64);
  // One that has not finished, as after a change of its note in the last moment.
  bench.swarm.osc.amplitude[5] = 0.04f;
  bench.swarm.osc.slew[5]      = 20;
  bench_render(&bench, TAIL);
  assert_true(bench.swarm.rest.asleep);
  const float* const x    = bench.out[0] + bench.size - TAIL + 128;
  double             step = 0.0;
  double             peak = 0.0;
  for (size_t i = 1; i < TAIL - 128; ++i) {
    step = fmax(step, fabs((double)x[i] - (double)x[i - 1]));
    peak = fmax(peak, fabs((double)x[i]));
  }
  // 82 Hz moves by 0.011 of its amplitude in a frame at most.
  print_message("peak %.5f, largest step %.6f\n", peak, step);
  assert_true(peak > 0.01 && step < 0.012 * peak);
  bench_close(&bench);
}

/// In silence the partials are given out beforehand; that is the same swarm as one that had no time for it.
static void test_silence_is_used_to_get_ready(void** state)
{
  (void)state;
  enum { N = 3000 };
  static uint16_t group[2][N];
  for (int ready = 0; ready < 2; ++ready) {
    Bench bench;
    bench_open(&bench, 48000.0, N, 0);
    bench.params.partials = 12.0f;
    bench_render(&bench, ready ? 6400 : 64);
    assert_true((bench.swarm.partials.n_ready >= N) == (ready != 0));
    play_chord(&bench, triad, 4);
    bench_render(&bench, 64);
    assert_true(bench.swarm.partials.n_ready >= N);
    memcpy(group[ready], bench.swarm.osc.group, sizeof group[ready]);
    // Others ask for more partials while all sounds: these are given out anew.
    bench.params.partials = 20.0f;
    bench_render(&bench, 64);
    assert_int_equal(bench.swarm.partials.n_ready, 0);
    bench_close(&bench);
  }
  uint32_t members[12] = {0};
  for (uint32_t i = 0; i < N; ++i) {
    assert_in_range(group[0][i] % FIQ_SWARM_PARTIALS_MAX, 0, 11);
    members[group[0][i] % FIQ_SWARM_PARTIALS_MAX] += 1;
  }
  assert_memory_equal(group[0], group[1], sizeof group[0]);
  for (int h = 0; h < 12; ++h) {
    // 1/h of 3.1032, the sum over 12 partials, in parts of a 256th.
    const double want = N / (3.1032 * (h + 1));
    assert_true(fabs((double)members[h] - want) < N / 256.0 + 2.0);
  }
}

static void test_steps_agree(void** state)
{
  (void)state;
  static const uint32_t step[3] = {64, 256, 1024};
  double                level[3];
  for (int i = 0; i < 3; ++i) {
    Bench bench;
    bench_open(&bench, 48000.0, 1000, step[i]);
    bench.params.anneal_s        = 0.2f;
    bench.params.attack_s        = 0.0f;
    bench.params.coupling        = 10.0f;
    bench.params.partials        = 1.0f;
    bench.params.scatter_octaves = 0.0f;
    bench_render(&bench, 1024);
    fiq_swarm_note_on(&bench.swarm, 0, 45, 1.0f, 0);
    bench_render(&bench, 48000 * 4);
    const double rough = roughness(bench.out[0], 48000, 0.1);
    const double hz    = find_tone_hz(bench.out[0] + 96000, 96000, 110.0, 48000.0);
    level[i]           = support_db(support_rms(bench.out[0] + 96000, 96000));
    print_message("step %u: %.4f Hz, %.2f dB, attack's second difference %.2g\n", step[i], hz,
                  level[i], rough);
    assert_true(fabs(1200.0 * log2(hz / 110.0)) < 0.3);
    assert_true(rough < 3e-3);
    assert_true(fabs(level[i] - level[0]) < 0.5);
    bench_close(&bench);
  }
}

static void test_changes_of_timbre_do_not_click(void** state)
{
  (void)state;
  Bench bench;
  bench_open(&bench, 48000.0, 1000, 0);
  bench.params.partials = 3.0f;
  bench.params.attack_s = 0.05f;
  bench.params.anneal_s = 0.2f;
  fiq_swarm_note_on(&bench.swarm, 0, 36, 1.0f, 0);
  bench_render(&bench, 48000);
  for (int i = 0; i < 3000; ++i) {
    const float t               = (float)i / 3000.0f;
    bench.params.odd_even       = sinf(6.0f * t);
    bench.params.stretch        = 0.1f * t;
    bench.params.motion_depth   = t;
    bench.params.motion_hz      = 3.0f;
    bench.params.temperature    = 0.5f * t;
    bench.params.anneal_curve   = t;
    bench.params.sharpness_mode = (float)(i / 100 % 4);
    bench.params.distribution   = (float)(i / 700 % 2);
    bench.params.partial_limit  = i / 800 % 2 ? 2.0f : 0.0f;
    bench_render(&bench, 32);
  }
  const double peak  = support_peak(bench.out[0] + 48000, 96000);
  const double rough = roughness(bench.out[0] + 48000, 96000, peak);
  print_message("changes of timbre: second difference %.2g of the peak\n", rough);
  assert_true(rough < 2e-3); // the third partial, at 196 Hz, has 6.6e-4 if alone
  bench_close(&bench);
}

static void test_voices_sound_as_handed_over(void** state)
{
  (void)state;
  Bench bench;
  bench_open(&bench, 48000.0, 600, 0);
  bench.params.partials     = 1.0f;
  bench.params.spread_cents = 0.0f;
  bench.params.coupling     = 20.0f;
  bench.params.anneal_s     = 0.1f;
  FiqSwarmVoice voice[2]    = {{7, 100.0f, 1.0f, 0.5f}, {9, 300.0f, 2.0f, 0.25f}};
  fiq_swarm_set_voices(&bench.swarm, voice, 2);
  bench_render(&bench, 48000);
  const uint8_t slot = bench.swarm.slots.held[0].slot;
  fiq_swarm_note_on(&bench.swarm, 0, 69, 1.0f, 0);
  bench_render(&bench, 48000);
  assert_int_equal(bench.swarm.anneal.transport.settled[slot], 150);
  assert_int_equal(bench.swarm.anneal.transport.settled[bench.swarm.slots.held[1].slot], 300);
  assert_int_equal(bench.swarm.anneal.transport.settled[0], 150);
  bench_render(&bench, 48000 * 6); // the measure of order is slow
  const double half = support_tone_amplitude(bench.out[0] + 48000 * 7, 48000, 100.0, 48000.0);
  voice[0].level    = 1.0f;
  voice[1].mass     = 2.1f; // too little to move anyone
  fiq_swarm_set_voices(&bench.swarm, voice, 2);
  bench_render(&bench, 48000);
  const double full =
      support_tone_amplitude(bench.out[0] + 48000 * 8 + 9600, 38400, 100.0, 48000.0);
  const double hz = find_tone_hz(bench.out[0] + 48000 * 7, 48000, 300.0, 48000.0);
  print_message("voices: level x2 gives %.2f dB, 300 Hz at %.3f\n", support_db(full / half), hz);
  assert_true(fabs(support_db(full / half) - 6.02) < 0.5);
  assert_true(fabs(1200.0 * log2(hz / 300.0)) < 0.5);
  assert_int_equal(bench.swarm.slots.held[0].slot, slot);
  assert_int_equal(bench.swarm.anneal.osc.n_hot, 0);
  fiq_swarm_note_off(&bench.swarm, 0, 69, 0);
  fiq_swarm_set_voices(&bench.swarm, NULL, 0);
  bench_render(&bench, 96000);
  const double rough = roughness(bench.out[0], bench.size, support_peak(bench.out[0], bench.size));
  print_message("births, a jump of level and deaths: second difference %.2g of the peak\n", rough);
  assert_true(rough < 6e-3); // 440 Hz alone has 3.3e-3
  assert_true(bench.swarm.rest.asleep);
  bench_close(&bench);
}

static void test_voices_give_way_to_notes(void** state)
{
  (void)state;
  FiqRandom random;
  Bench     bench;
  fiq_random_init(&random, 5, 0);
  bench_open(&bench, 48000.0, 2000, 0);
  for (int i = 0; i < 200; ++i) {
    FiqSwarmVoice  voice[FIQ_SWARM_VOICES_MAX];
    const uint32_t n = fiq_random_bits(&random) % (FIQ_SWARM_VOICES_MAX + 1);
    for (uint32_t v = 0; v < n; ++v) {
      voice[v] = (FiqSwarmVoice){v + fiq_random_bits(&random) % 2 * 100,
                                 40.0f + 4000.0f * fiq_random_uniform(&random),
                                 0.1f + fiq_random_uniform(&random), fiq_random_uniform(&random)};
    }
    fiq_swarm_set_voices(&bench.swarm, voice, n);
    const uint32_t key = 20 + fiq_random_bits(&random) % 100;
    if (i % 50 < 40) {
      fiq_swarm_note_on(&bench.swarm, key % 16, key, 1.0f, 0);
    } else {
      fiq_swarm_controller(&bench.swarm, key % 16, 123, 0, 0);
    }
    bench.size = 0;
    bench_render(&bench, 640);
    uint32_t n_slots = 0;
    for (uint32_t k = 0; k < FIQ_CARRIERS_MAX; ++k) {
      n_slots += bench.swarm.slots.taken[k];
    }
    for (uint32_t k = 0; k < FIQ_NOTES_MAX; ++k) {
      n_slots -= bench.swarm.slots.of_note[k] != 255;
    }
    for (uint32_t v = 0; v < FIQ_SWARM_VOICES_MAX; ++v) {
      n_slots -= bench.swarm.slots.held[v].used;
    }
    assert_int_equal(n_slots, 0);
    assert_true(isfinite(support_peak(bench.out[0], bench.size)));
    assert_true(support_peak(bench.out[0], bench.size) < 4.0);
  }
  bench_close(&bench);
}

static void random_event(FiqSwarm* swarm, FiqRandom* random)
{
  const uint32_t bits    = fiq_random_bits(random);
  const uint32_t channel = bits >> 30;
  const uint32_t key     = 24 + (bits >> 8) % 80;
  switch (bits % 8) {
  case 0:
  case 1:
  case 2:
    fiq_swarm_note_on(swarm, channel, key, fiq_random_uniform(random), bits % 32);
    break;
  case 3:
  case 4:
    fiq_swarm_note_off(swarm, channel, key, bits % 32);
    break;
  case 5:
    fiq_swarm_bend(swarm, channel, 2.0f * fiq_random_uniform(random) - 1.0f, bits % 32);
    break;
  default:
    fiq_swarm_controller(swarm, channel, bits % 16 == 6 ? 64 : 120 + key % 8, key, bits % 32);
    break;
  }
}

static void random_params(FiqSwarmParams* params, FiqRandom* random)
{
  params->n_osc           = 1.0f + 2999.0f * fiq_random_uniform(random);
  params->anneal_s        = 0.05f + fiq_random_uniform(random);
  params->balance         = fiq_random_uniform(random) < 0.5f ? 1.0f : fiq_random_uniform(random);
  params->metric          = fiq_random_uniform(random) < 0.3f ? 0.0f : 1.0f;
  params->coupling        = 100.0f * fiq_random_uniform(random) - 50.0f;
  params->partials        = 1.0f + 31.0f * fiq_random_uniform(random);
  params->width           = fiq_random_uniform(random);
  params->scatter_octaves = 8.0f * fiq_random_uniform(random);
  params->noise_hz        = 500.0f * fiq_random_uniform(random);
  params->chord           = fiq_random_uniform(random) < 0.7f ? 0.0f : 3.0f;
  params->odd_even        = 2.0f * fiq_random_uniform(random) - 1.0f;
  params->stretch         = fiq_random_uniform(random) - 0.5f;
  params->motion_hz       = 10.0f * fiq_random_uniform(random);
  params->motion_depth    = fiq_random_uniform(random);
  params->sharpness_mode  = 3.0f * fiq_random_uniform(random);
  params->temperature     = fiq_random_uniform(random) < 0.5f ? 0.0f : fiq_random_uniform(random);
  params->anneal_curve    = 2.0f * fiq_random_uniform(random) - 1.0f;
  params->lag_rad         = 6.0f * fiq_random_uniform(random) - 3.0f;
  params->distribution    = fiq_random_uniform(random);
  params->phase_noise     = fiq_random_uniform(random) < 0.5f ? 0.0f : 20.0f;
  params->partial_limit   = 13.0f * fiq_random_uniform(random);
  params->attention       = fiq_random_uniform(random);
}

static void test_random_play_is_finite_and_ends(void** state)
{
  (void)state;
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    FiqRandom random;
    fiq_random_init(&random, seed, 2);
    Bench bench;
    bench_open(&bench, 48000.0, 3000, 0);
    double peak = 0.0;
    for (int i = 0; i < 300; ++i) {
      random_event(&bench.swarm, &random);
      if (i % 20 == 0) {
        random_params(&bench.params, &random);
      }
      bench.size = 0;
      bench_render(&bench, 32 * (1 + fiq_random_bits(&random) % 60));
      for (size_t k = 0; k < bench.size; ++k) {
        assert_true(isfinite(bench.out[0][k]) && isfinite(bench.out[1][k]));
      }
      peak = fmax(peak, support_peak(bench.out[0], bench.size));
    }
    for (uint32_t channel = 0; channel < 16; ++channel) {
      fiq_swarm_controller(&bench.swarm, channel, 64, 0, 0);
      fiq_swarm_controller(&bench.swarm, channel, 123, 0, 0);
    }
    bench.params.chord = 0.0f;
    bench.size         = 0;
    bench_render(&bench, 48000 * 2);
    print_message("seed %u: peak %.2f\n", (unsigned)seed, peak);
    assert_true(peak < 4.0);
    assert_true(support_peak(bench.out[0] + 72000, 24000) <= 0.0);
    assert_true(bench.swarm.rest.asleep);
    bench_close(&bench);
  }
}

/// A short piece in blocks of the given sizes; every offset counts from the stream's start.
static void play_piece(Bench* bench, const uint32_t* block, uint32_t n_blocks, size_t n)
{
  bench->out[0]  = support_floats(n);
  bench->out[1]  = support_floats(n);
  uint32_t next  = 0;
  uint32_t until = 0;
  for (size_t at = 0; at < n;) {
    if (at % 32 == 0) {
      fiq_swarm_control(&bench->swarm, &bench->params);
      if (at == 1600) {
        play_chord(bench, triad, 3);
      }
      if (at == 9600) {
        fiq_swarm_note_on(&bench->swarm, 0, 70, 0.6f, 13);
        fiq_swarm_note_off(&bench->swarm, 0, 60, 17);
      }
    }
    until                           = until > 0 ? until : block[next++ % n_blocks];
    uint32_t k                      = 32 - (uint32_t)(at % 32);
    k                               = k < until ? k : until;
    k                               = n - at < k ? (uint32_t)(n - at) : k;
    float* const part[FIQ_CHANNELS] = {bench->out[0] + at, bench->out[1] + at};
    fiq_swarm_process(&bench->swarm, part, k);
    until -= k;
    at += k;
  }
  bench->size = n;
}

static void test_block_size_invariance(void** state)
{
  (void)state;
  static const uint32_t cut[4][3] = {{4096, 4096, 4096}, {1, 1, 1}, {17, 64, 5}, {31, 100, 3}};
  Bench                 whole;
  bench_open(&whole, 48000.0, 500, 0);
  play_piece(&whole, cut[0], 3, 19200);
  for (int i = 1; i < 4; ++i) {
    Bench parts;
    bench_open(&parts, 48000.0, 500, 0);
    play_piece(&parts, cut[i], 3, 19200);
    assert_memory_equal(whole.out[0], parts.out[0], 19200 * sizeof(float));
    assert_memory_equal(whole.out[1], parts.out[1], 19200 * sizeof(float));
    bench_close(&parts);
  }
  bench_close(&whole);
}

static void test_reset_equals_fresh_init(void** state)
{
  (void)state;
  static const uint32_t cut[1] = {64};
  Bench                 one;
  Bench                 two;
  bench_open(&one, 48000.0, 500, 0);
  bench_open(&two, 48000.0, 500, 0);
  one.params.partials = 20.0f;
  play_piece(&one, cut, 1, 12000);
  free(one.out[0]);
  free(one.out[1]);
  one.params = two.params;
  fiq_swarm_reset(&one.swarm, 42);
  play_piece(&one, cut, 1, 12000);
  play_piece(&two, cut, 1, 12000);
  assert_memory_equal(one.out[0], two.out[0], 12000 * sizeof(float));
  assert_memory_equal(one.out[1], two.out[1], 12000 * sizeof(float));
  bench_close(&one);
  bench_close(&two);
}

static void test_all_builds_give_the_same_bits(void** state)
{
  (void)state;
  static const uint32_t cut[1]  = {64};
  static const float    sway[3] = {0.01f, -0.01f, 0.0f};
  Bench                 bench[3];
  for (int build = 0; build < 3; ++build) {
    FiqSwarm* const swarm = &bench[build].swarm;
    bench_open(&bench[build], 48000.0, 500, 0);
    bench[build].params.coupling     = 5.0f;
    bench[build].params.distribution = 0.7f;
    bench[build].params.phase_noise  = 3.0f;
    fiq_swarm_set_sway(swarm, sway, sway, 3);
    if (build == 0) {
      swarm->use_avx2 = swarm->anneal.use_avx2 = swarm->lobes.use_avx2 = false;
    } else if (build == 1) {
      swarm->use_avx512 = swarm->anneal.use_avx512 = swarm->lobes.use_avx512 = false;
    }
    play_piece(&bench[build], cut, 1, 19200);
  }
  print_message("here: AVX2 %d, AVX-512 %d\n", bench[2].swarm.use_avx2, bench[2].swarm.use_avx512);
  assert_memory_equal(bench[0].out[0], bench[1].out[0], 19200 * sizeof(float));
  assert_memory_equal(bench[0].out[0], bench[2].out[0], 19200 * sizeof(float));
  for (int build = 0; build < 3; ++build) {
    bench_close(&bench[build]);
  }
}

/// Largest error of an oscillator's frequency against that of its place, cents; the swarm has no detune.
static double worst_detuning_cents(const FiqSwarm* swarm, uint32_t n)
{
  double worst = 0.0;
  for (uint32_t i = 0; i < n; ++i) {
    const double is     = (double)swarm->osc.nu[i] * swarm->sample_rate_hz;
    const double wanted = (double)fiq_swarm_hz(swarm, swarm->anneal.osc.x[i]);
    worst               = fmax(worst, fabs(1200.0 * log2(is / wanted)));
  }
  return worst;
}

static void test_frequencies_follow_places_between_turns(void** state)
{
  (void)state;
  Bench bench;
  bench_open(&bench, 48000.0, 2000, 0);
  bench.params.partials     = 1.0f;
  bench.params.spread_cents = 0.0f;
  bench.params.coupling     = 0.0f;
  bench.params.anneal_s     = 1.0f;
  play_chord(&bench, triad, 3);
  double worst = 0.0;
  for (int part = 0; part < 400; ++part) {
    // A note more in flight, another once all rest, and a change of detune to and fro under way.
    if (part == 100 || part == 300) {
      fiq_swarm_note_on(&bench.swarm, 0, part == 100 ? 72 : 43, 1.0f, 0);
    }
    bench.params.spread_cents = part == 50 || part == 120 ? 5.0f : 0.0f;
    bench_render(&bench, 320);
    // The mean detune of a group is taken off slowly, so it outlasts the detune for a while.
    const bool calm = (part > 0 && part < 50) || (part > 90 && part < 120) || part > 160;
    if (calm) {
      worst = fmax(worst, worst_detuning_cents(&bench.swarm, 2000));
    }
  }
  print_message("frequency against place: %.4f cent at most\n", worst);
  assert_true(worst < 0.05);
  bench_close(&bench);
}

static void test_all_come_to_rest(void** state)
{
  (void)state;
  Bench bench;
  bench_open(&bench, 48000.0, 4000, 0);
  play_chord(&bench, triad, 3);
  bench_render(&bench, 48000 * 3);
  const FiqAnneal* const carriers = &bench.swarm.anneal;
  float                  worst    = 0.0f;
  for (uint32_t i = 0; i < 4000; ++i) {
    worst = fmaxf(worst, fabsf(carriers->osc.x[i] - carriers->carriers.now[carriers->osc.slot[i]]));
  }
  print_message("after 3 s: still %d, at most %.2g units off\n", bench.swarm.step.still,
                (double)worst);
  assert_true(bench.swarm.step.still);
  assert_true(worst < 0.002f);
  bench_close(&bench);
}

static void test_adoption_goes_on_without_a_gap(void** state)
{
  (void)state;
  for (int larger = 0; larger < 2; ++larger) {
    Bench small;
    Bench big;
    bench_open(&small, 48000.0, 600, 0);
    bench_open(&big, 48000.0, 2400, 0);
    Bench* const from     = larger ? &small : &big;
    Bench* const to       = larger ? &big : &small;
    from->params.partials = to->params.partials = 1.0f;
    static const uint8_t low[2]                 = {36, 40};
    play_chord(from, low, 2);
    bench_render(from, 48000 + 32);
    fiq_swarm_adopt(&to->swarm, &from->swarm);
    bench_render(to, 48000);
    const double peak = support_peak(from->out[0] + 24000, 24000);
    float        seam[256];
    memcpy(seam, from->out[0] + from->size - 128, 128 * sizeof(float));
    memcpy(seam + 128, to->out[0], 128 * sizeof(float));
    const double rough  = fmax(roughness(seam, 256, peak), roughness(to->out[0], to->size, peak));
    const double rms_db = support_db(support_rms(to->out[0] + 24000, 24000) /
                                     support_rms(from->out[0] + 24000, 24000));
    print_message("%s: second difference %.2g of the peak, level %+.2f dB\n",
                  larger ? "600 to 2400" : "2400 to 600", rough, rms_db);
    assert_true(rough < 3e-3);
    assert_int_equal(to->swarm.anneal.osc.n, to->swarm.capacity);
    bench_close(&small);
    bench_close(&big);
  }
}

static void test_plays_at_every_rate(void** state)
{
  (void)state;
  static const double rate_hz[] = {8000.0, 22050.0, 44100.0, 96000.0, 192000.0, 384000.0};
  for (size_t i = 0; i < sizeof rate_hz / sizeof rate_hz[0]; ++i) {
    Bench bench;
    bench_open(&bench, rate_hz[i], 200, 0);
    bench.params.spread_cents = 0.0f;
    bench.params.anneal_s     = 0.3f;
    fiq_swarm_note_on(&bench.swarm, 0, 69, 1.0f, 0);
    const size_t n = (size_t)rate_hz[i] / 32 * 32;
    bench_render(&bench, n);
    const double got_hz = find_tone_hz(bench.out[0] + n / 2, n / 2, 440.0, rate_hz[i]);
    print_message("%6.0f Hz: step %u, A4 at %.4f Hz\n", rate_hz[i], bench.swarm.step_frames,
                  got_hz);
    assert_true(fabs(1200.0 * log2(got_hz / 440.0)) < 0.5);
    bench_close(&bench);
  }
}

static void test_silence_without_notes(void** state)
{
  (void)state;
  Bench bench;
  bench_open(&bench, 48000.0, 1000, 0);
  bench_render(&bench, 9600);
  assert_true(support_peak(bench.out[0], bench.size) <= 0.0);
  assert_true(bench.swarm.rest.asleep);
  bench_close(&bench);
}

static void test_small_arena_and_bad_configurations_are_refused(void** state)
{
  (void)state;
  FiqSwarmConfig  config = {48000.0, 100, 0, 1};
  FiqFftPool      pool;
  FiqArena        ruler;
  static FiqSwarm swarm;
  fiq_fft_pool_init(&pool);
  fiq_arena_init(&ruler, NULL, 0);
  assert_int_equal(fiq_swarm_init(&swarm, &ruler, &pool, &config), FIQ_NO_MEMORY);
  FiqArena arena = support_arena(ruler.used_bytes);
  for (size_t size = 0; size < ruler.used_bytes; size += 16384) {
    FiqArena small = {arena.base, size, 0};
    assert_int_equal(fiq_swarm_init(&swarm, &small, &pool, &config), FIQ_NO_MEMORY);
  }
  config.step_frames = 100;
  assert_int_equal(fiq_swarm_init(&swarm, &arena, &pool, &config), FIQ_BAD_ARGUMENT);
  config = (FiqSwarmConfig){48000.0, 0, 0, 1};
  assert_int_equal(fiq_swarm_init(&swarm, &arena, &pool, &config), FIQ_BAD_ARGUMENT);
  config = (FiqSwarmConfig){4000.0, 100, 0, 1};
  assert_int_equal(fiq_swarm_init(&swarm, &arena, &pool, &config), FIQ_BAD_ARGUMENT);
  support_arena_free(&arena);
  fiq_fft_pool_free(&pool);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_triad_ends_in_tune),
      cmocka_unit_test(test_every_note_settles_in_tune),
      cmocka_unit_test(test_who_rests_goes_with_a_bent_note),
      cmocka_unit_test(test_note_sounds_within_latency_and_a_step),
      cmocka_unit_test(test_frames_equal_their_model),
      cmocka_unit_test(test_loudness_is_constant_over_number_and_order),
      cmocka_unit_test(test_full_chord_peaks_below_full_scale),
      cmocka_unit_test(test_coupling_orders_the_groups),
      cmocka_unit_test(test_locked_notes_are_in_tune),
      cmocka_unit_test(test_locking_does_not_burst),
      cmocka_unit_test(test_a_locked_note_stays_as_loud_as_it_is),
      cmocka_unit_test(test_strikes_of_one_velocity_are_alike),
      cmocka_unit_test(test_no_change_of_timbre_bursts),
      cmocka_unit_test(test_nothing_above_the_band),
      cmocka_unit_test(test_no_clicks),
      cmocka_unit_test(test_lag_slows_what_is_locked),
      cmocka_unit_test(test_critical_coupling_of_both_distributions),
      cmocka_unit_test(test_normal_detune_has_the_same_deviation_and_ends_at_three),
      cmocka_unit_test(test_phase_noise_blurs_the_order),
      cmocka_unit_test(test_phase_noise_walks_at_its_rate),
      cmocka_unit_test(test_attention_pulls_what_lies_in_its_ranges),
      cmocka_unit_test(test_sway_moves_frequencies_in_turn),
      cmocka_unit_test(test_partial_limit_leaves_smooth_partials),
      cmocka_unit_test(test_uncertainty_is_high_in_chorus_and_low_when_locked),
      cmocka_unit_test(test_phases_flee_at_negative_coupling),
      cmocka_unit_test(test_odd_even_takes_partials_away),
      cmocka_unit_test(test_stretch_moves_the_partials),
      cmocka_unit_test(test_motion_wanders_at_constant_power),
      cmocka_unit_test(test_temperature_trembles_around_the_notes),
      cmocka_unit_test(test_a_key_that_joins_sounds_at_once_and_does_not_burst),
      cmocka_unit_test(test_sleep_waits_for_the_last_to_fade),
      cmocka_unit_test(test_silence_is_used_to_get_ready),
      cmocka_unit_test(test_steps_agree),
      cmocka_unit_test(test_changes_of_timbre_do_not_click),
      cmocka_unit_test(test_voices_sound_as_handed_over),
      cmocka_unit_test(test_voices_give_way_to_notes),
      cmocka_unit_test(test_random_play_is_finite_and_ends),
      cmocka_unit_test(test_block_size_invariance),
      cmocka_unit_test(test_reset_equals_fresh_init),
      cmocka_unit_test(test_all_builds_give_the_same_bits),
      cmocka_unit_test(test_frequencies_follow_places_between_turns),
      cmocka_unit_test(test_all_come_to_rest),
      cmocka_unit_test(test_adoption_goes_on_without_a_gap),
      cmocka_unit_test(test_plays_at_every_rate),
      cmocka_unit_test(test_silence_without_notes),
      cmocka_unit_test(test_small_arena_and_bad_configurations_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
