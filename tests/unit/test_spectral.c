// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the spectral realm turns phases and nothing else: magnitudes within 0.05 dB rms and 0.5 dB at worst,
// a null against the delayed input at amount 0, the phase asked for at each band, no steps when phases move.
// Method: impulse responses over all positions in a hop, transformed in double at frequencies of a log
// grid; nulls; tones; cuts.
#include "dsp/base/maths.h"
#include "dsp/base/random.h"
#include "dsp/realm/spectral.h"
#include "tests/support/planes.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  ARENA_BYTES = 1 << 22,
  LENGTH      = 24576,
  CONTROL     = 32,
  WINDOW      = 2048,
  N           = 24,
  N_OFFSETS   = 16,
  SEED        = 31
};

static const double two_pi = 6.28318530717958647692;

static FiqFftPool pool;

typedef struct {
  FiqRealmSpectral       realm;
  FiqArena               arena;
  FiqRealmSpectralParams params;
  float                  phi[FIQ_NEURONS_MAX];
  float                  phi_right[FIQ_NEURONS_MAX]; ///< only if is_split
  bool                   is_split;
  float                  theta[FIQ_NEURONS_MAX];
  float                  theta_step; ///< added to all theta at every tick
} Rig;

static void rig_start_with_hop(Rig* rig, double rate_hz, uint32_t window, uint32_t n_neurons,
                               uint32_t hop)
{
  const FiqRealmSpectralConfig config = {.sample_rate_hz = rate_hz,
                                         .window_frames  = window,
                                         .n_neurons      = n_neurons,
                                         .control_frames = CONTROL,
                                         .hop_frames     = hop,
                                         .features       = true};
  memset(rig, 0, sizeof *rig);
  rig->arena         = support_arena(ARENA_BYTES);
  rig->params.amount = 1.0f;
  assert_int_equal(fiq_realm_spectral_init(&rig->realm, &rig->arena, &pool, &config), FIQ_OK);
}

static void rig_start(Rig* rig, double rate_hz, uint32_t window, uint32_t n_neurons)
{
  rig_start_with_hop(rig, rate_hz, window, n_neurons, 0);
}

static void rig_end(Rig* rig)
{
  support_arena_free(&rig->arena);
}

/// Run two planes of `length` through, control periods cut in pieces of `cut`.
static void run(Rig* rig, float* const* x, float* const* i, float* const* q, uint32_t length,
                uint32_t cut)
{
  uint32_t n = 0;
  for (uint32_t done = 0; done < length; done += n) {
    const uint32_t within = done % CONTROL;
    if (within == 0) {
      const float* const phi[2] = {rig->phi, rig->is_split ? rig->phi_right : rig->phi};
      fiq_realm_spectral_control(&rig->realm, &rig->params, phi, rig->theta);
      for (uint32_t b = 0; b < FIQ_NEURONS_MAX; ++b) {
        rig->theta[b] = fiq_wrap_rad(rig->theta[b] + rig->theta_step);
      }
    }
    n                  = cut < CONTROL - within ? cut : CONTROL - within;
    n                  = n < length - done ? n : length - done;
    const float* in[2] = {x[0] + done, x[1] + done};
    float*       oi[2] = {i[0] + done, i[1] + done};
    float*       oq[2] = {q ? q[0] + done : NULL, q ? q[1] + done : NULL};
    fiq_realm_spectral_process(&rig->realm, in, oi, q ? oq : NULL, n);
  }
}

/// Response of channel 0 to an impulse, time 0 at the latency in the middle of `h` [2 window], as the
/// mean over impulses all over a hop: what a steady tone meets.
static void mean_response(Rig* rig, double* h, uint32_t window)
{
  Planes         p   = planes_new(LENGTH, SEED);
  const uint32_t hop = window / 4;
  memset(h, 0, 2 * window * sizeof(double));
  for (uint32_t k = 0; k < N_OFFSETS; ++k) {
    const uint32_t at = 2 * window + k * hop / N_OFFSETS;
    memset(p.x[0], 0, LENGTH * sizeof(float));
    memset(p.x[1], 0, LENGTH * sizeof(float));
    p.x[0][at] = 1.0f;
    fiq_realm_spectral_reset(&rig->realm);
    run(rig, p.x, p.i, NULL, 5 * window + hop, CONTROL);
    for (uint32_t n = 0; n < 2 * window; ++n) {
      h[n] += (double)p.i[0][at + n] / N_OFFSETS;
    }
  }
  planes_free(&p);
}

typedef struct {
  double rms_db;
  double worst_db;
} Flatness;

/// Deviation of the response `h` [2 window] from 0 dB, 40 Hz to 18 kHz or 0.45 of the rate.
static Flatness flatness_of(const double* h, uint32_t window, double rate_hz)
{
  const double high_hz = fmin(18000.0, 0.45 * rate_hz);
  const int    steps   = 400;
  Flatness     result  = {0.0, 0.0};
  for (int s = 0; s <= steps; ++s) {
    const double f  = 40.0 * pow(high_hz / 40.0, (double)s / steps) / rate_hz;
    double       re = 0.0;
    double       im = 0.0;
    // A rotation in double is exact enough over a few thousand steps.
    const double cr = cos(two_pi * f);
    const double ci = -sin(two_pi * f);
    double       wr = 1.0;
    double       wi = 0.0;
    for (uint32_t n = 0; n < 2 * window; ++n) {
      re += h[n] * wr;
      im += h[n] * wi;
      const double next = wr * cr - wi * ci;
      wi                = wr * ci + wi * cr;
      wr                = next;
    }
    const double db = support_db(hypot(re, im));
    result.rms_db += db * db / (steps + 1);
    result.worst_db = fmax(result.worst_db, fabs(db));
  }
  result.rms_db = sqrt(result.rms_db);
  return result;
}

/// `step` > 0: a walk of uniform steps; otherwise independent over the circle.
static void draw_phases(float* phi, uint32_t n, float step, uint64_t seed)
{
  FiqRandom random;
  fiq_random_init(&random, seed, 0);
  for (uint32_t b = 0; b < n; ++b) {
    const float u = 2.0f * fiq_random_uniform(&random) - 1.0f;
    phi[b]        = step > 0.0f ? (b ? phi[b - 1] : 0.0f) + step * u : FIQ_PI_F * u;
  }
}

static void check_magnitude(const char* name, float step, double rms_limit_db,
                            double worst_limit_db)
{
  Rig      rig;
  double*  h   = malloc(2 * WINDOW * sizeof(double));
  Flatness all = {0.0, 0.0};
  assert_non_null(h);
  rig_start(&rig, 48000.0, WINDOW, N);
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    draw_phases(rig.phi, N, step, seed);
    mean_response(&rig, h, WINDOW);
    const Flatness here = flatness_of(h, WINDOW, 48000.0);
    all.rms_db          = fmax(all.rms_db, here.rms_db);
    all.worst_db        = fmax(all.worst_db, here.worst_db);
  }
  print_message("  %s, worst of 8 seeds: rms %.4f dB, worst %.3f dB\n", name, all.rms_db,
                all.worst_db);
  assert_true(all.rms_db <= rms_limit_db);
  assert_true(all.worst_db <= worst_limit_db);
  rig_end(&rig);
  free(h);
}

static void test_magnitude_is_kept_at_moderate_steps_between_bands(void** state)
{
  (void)state;
  check_magnitude("steps within pi/4", 0.25f * FIQ_PI_F, 0.01, 0.05);
  check_magnitude("steps within pi/2", 0.5f * FIQ_PI_F, 0.02, 0.2);
}

static void test_magnitude_is_kept_with_independent_random_phases(void** state)
{
  (void)state;
  check_magnitude("independent phases", 0.0f, 0.05, 0.5);
}

static void test_magnitude_over_windows_neurons_and_rates(void** state)
{
  (void)state;
  static const struct {
    double   rate_hz;
    uint32_t window;
    uint32_t n;
  } cases[] = {{48000.0, 256, 24},  {48000.0, 512, 24},  {48000.0, 1024, 24}, {48000.0, 4096, 24},
               {48000.0, 2048, 4},  {48000.0, 2048, 48}, {48000.0, 2048, 64}, {8000.0, 512, 24},
               {44100.0, 2048, 24}, {96000.0, 4096, 24}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    Rig     rig;
    double* h = malloc(2 * cases[i].window * sizeof(double));
    assert_non_null(h);
    rig_start(&rig, cases[i].rate_hz, cases[i].window, cases[i].n);
    for (int kind = 0; kind < 2; ++kind) {
      draw_phases(rig.phi, cases[i].n, kind ? 0.0f : 0.25f * FIQ_PI_F, 1);
      mean_response(&rig, h, cases[i].window);
      const Flatness r = flatness_of(h, cases[i].window, cases[i].rate_hz);
      print_message("  %6.0f Hz window %4u, %2u neurons, %s: rms %.4f dB, worst %.3f dB\n",
                    cases[i].rate_hz, cases[i].window, cases[i].n,
                    kind ? "independent" : "moderate   ", r.rms_db, r.worst_db);
      assert_true(kind || r.rms_db < 0.1);
      assert_true(kind || r.worst_db < 0.5);
    }
    rig_end(&rig);
    free(h);
  }
}

static void test_nothing_sounds_more_than_a_window_before_a_click(void** state)
{
  (void)state;
  static const uint32_t windows[] = {256, 2048, 8192};
  for (size_t w = 0; w < sizeof windows / sizeof *windows; ++w) {
    const uint32_t click = LENGTH / 2 + 77;
    double         early = 0.0;
    double         half  = 0.0;
    for (uint64_t seed = 0; seed < 8; ++seed) {
      Rig    rig;
      Planes p = planes_new(LENGTH, SEED);
      rig_start(&rig, 48000.0, windows[w], N);
      draw_phases(rig.phi, N, 0.0f, seed);
      for (uint32_t c = 0; c < 2; ++c) {
        memset(p.x[c], 0, LENGTH * sizeof(float));
        p.x[c][click] = 1.0f;
      }
      run(&rig, p.x, p.i, NULL, LENGTH, CONTROL);
      const uint32_t latency = fiq_realm_spectral_latency_frames(&rig.realm);
      const double   peak    = support_peak(p.i[0], LENGTH);
      early = fmax(early, support_peak(p.i[0], click + latency - windows[w]) / peak);
      half  = fmax(half, support_peak(p.i[0], click + latency - windows[w] / 2) / peak);
      rig_end(&rig);
      planes_free(&p);
    }
    print_message(
        "  window %u: before a click %.1f dB more than a window ahead, %.1f dB half a window\n",
        windows[w], support_db(early), support_db(half));
    assert_true(support_db(early) < -60.0);
  }
}

static void test_amount_zero_nulls_against_the_delayed_input(void** state)
{
  (void)state;
  static const double   rates_hz[] = {8000.0, 22050.0, 48000.0, 96000.0, 192000.0};
  static const uint32_t windows[]  = {256, 2048, 8192, 16384};
  for (size_t r = 0; r < sizeof rates_hz / sizeof *rates_hz; ++r) {
    for (size_t w = 0; w < sizeof windows / sizeof *windows; ++w) {
      Rig    rig;
      Planes p = planes_new(LENGTH, SEED);
      rig_start(&rig, rates_hz[r], windows[w], N);
      draw_phases(rig.phi, N, 0.0f, 1);
      rig.params = (FiqRealmSpectralParams){
          .amount = 0.0f, .motion_rad = 3.0f, .stereo_rad = 1.0f, .coherence = 0.0f};
      run(&rig, p.x, p.i, NULL, LENGTH, CONTROL);
      const uint32_t latency = fiq_realm_spectral_latency_frames(&rig.realm);
      assert_int_equal(latency, windows[w]);
      const double error = fmax(support_max_difference(p.i[0] + latency, p.x[0], LENGTH - latency),
                                support_max_difference(p.i[1] + latency, p.x[1], LENGTH - latency));
      assert_true(support_db(error) < -110.0);
      if (r == 2) {
        print_message("  window %u: null %.1f dB\n", windows[w], support_db(error));
      }
      rig_end(&rig);
      planes_free(&p);
    }
  }
}

static void test_a_common_phase_turns_every_tone_by_it(void** state)
{
  (void)state;
  Rig    rig;
  Planes p = planes_new(LENGTH, SEED);
  rig_start(&rig, 48000.0, WINDOW, N);
  for (uint32_t b = 0; b < N; ++b) {
    rig.phi[b] = 1.1f;
  }
  for (double f = 300.0; f < 14000.0; f *= 1.9) {
    support_sine(p.x[0], LENGTH, f, 48000.0, 0.5, 0.0);
    fiq_realm_spectral_reset(&rig.realm);
    run(&rig, p.x, p.i, NULL, LENGTH, CONTROL);
    double ar;
    double ai;
    double br;
    double bi;
    support_tone(p.x[0] + 4096, 16384, f, 48000.0, &ar, &ai);
    support_tone(p.i[0] + 4096 + WINDOW, 16384, f, 48000.0, &br, &bi);
    const double turned = atan2(bi * ar - br * ai, br * ar + bi * ai);
    assert_true(fabs(turned - 1.1) < 1e-3);
    assert_true(fabs(support_db(hypot(br, bi) / hypot(ar, ai))) < 0.001);
  }
  rig_end(&rig);
  planes_free(&p);
}

static void test_the_analytic_output_has_no_image(void** state)
{
  (void)state;
  Rig    rig;
  Planes p = planes_new(LENGTH, SEED);
  rig_start(&rig, 48000.0, WINDOW, N);
  draw_phases(rig.phi, N, 0.25f * FIQ_PI_F, 3);
  double worst_db = -400.0;
  for (double f = 100.0; f < 20000.0; f *= 1.7) {
    double ir;
    double ii;
    double qr;
    double qi;
    support_sine(p.x[0], LENGTH, f, 48000.0, 0.5, 0.0);
    fiq_realm_spectral_reset(&rig.realm);
    run(&rig, p.x, p.i, p.q, LENGTH, CONTROL);
    support_tone(p.i[0] + 6144, 16384, f, 48000.0, &ir, &ii);
    support_tone(p.q[0] + 6144, 16384, f, 48000.0, &qr, &qi);
    worst_db = fmax(worst_db, support_db(hypot(ir + qi, qr - ii) / hypot(ir - qi, ii + qr)));
  }
  print_message("  worst image %.1f dB\n", worst_db);
  assert_true(worst_db < -60.0);
  rig_end(&rig);
  planes_free(&p);
}

/// The strongest sideband farther than 60 Hz from a tone at 3 kHz, relative to it, while all phases
/// swing over +-pi/2 once a second.
static double sideband_db(uint32_t hop)
{
  Rig    rig;
  Planes p = planes_new(LENGTH, SEED);
  rig_start_with_hop(&rig, 48000.0, WINDOW, N, hop);
  rig.params.motion_rad = 0.5f * FIQ_PI_F;
  rig.theta_step        = FIQ_TWO_PI_F * CONTROL / 48000.0f;
  support_sine(p.x[0], LENGTH, 3000.0, 48000.0, 1.0, 0.0);
  run(&rig, p.x, p.i, NULL, LENGTH, CONTROL);
  double peak = 0.0;
  for (double f = 60.0; f < 1200.0; f += 2.0) {
    peak = fmax(peak, support_tone_amplitude(p.i[0] + 4096, 16384, 3000.0 + f, 48000.0));
  }
  rig_end(&rig);
  planes_free(&p);
  return support_db(peak);
}

static void test_motion_leaves_no_steps_at_the_hop_rate(void** state)
{
  (void)state;
  const double quarter_db = sideband_db(WINDOW / 4);
  const double eighth_db  = sideband_db(WINDOW / 8);
  print_message("  sidebands: hop window/4 %.1f dB, window/8 %.1f dB\n", quarter_db, eighth_db);
  assert_true(quarter_db < -48.0);
  assert_true(eighth_db < -68.0);
}

/// Level of what is farther than 500 Hz from a tone at 1 kHz, dB, over frames 9600..19200.
static double far_db(const float* y)
{
  double worst = 0.0;
  for (double f = 20.0; f < 6000.0; f += 10.0) {
    if (fabs(f - 1000.0) > 500.0) {
      worst = fmax(worst, support_tone_amplitude(y + 9600, 9600, f, 48000.0));
    }
  }
  return support_db(worst);
}

static void test_a_jump_of_all_phases_is_no_click(void** state)
{
  (void)state;
  Rig    rig;
  Planes p = planes_new(LENGTH, SEED);
  rig_start(&rig, 48000.0, WINDOW, N);
  support_sine(p.x[0], LENGTH, 1000.0, 48000.0, 1.0, 0.0);
  memset(p.x[1], 0, LENGTH * sizeof(float));
  // The jump's frames are heard around frame 14000.
  const uint32_t at      = 12288;
  float*         tail[2] = {p.x[0] + at, p.x[1] + at};
  float*         out[2]  = {p.i[0] + at, p.i[1] + at};
  run(&rig, p.x, p.i, NULL, at, CONTROL);
  draw_phases(rig.phi, N, 0.0f, 5);
  run(&rig, tail, out, NULL, LENGTH - at, CONTROL);
  double bend = 0.0;
  for (uint32_t i = 9600; i < 19200; ++i) {
    bend =
        fmax(bend, fabs((double)p.i[0][i] - 2.0 * (double)p.i[0][i - 1] + (double)p.i[0][i - 2]));
  }
  const double own = pow(two_pi * 1000.0 / 48000.0, 2.0);
  print_message("  jump: beyond 500 Hz %.1f dB, second difference %.3f of the tone's\n",
                far_db(p.i[0]), bend / own);
  assert_true(far_db(p.i[0]) < -70.0);
  assert_true(bend < 1.1 * own);
  rig_end(&rig);
  planes_free(&p);
}

static void test_each_channel_has_phases_of_its_own(void** state)
{
  (void)state;
  Rig    rig;
  Planes p = planes_new(LENGTH, SEED);
  rig_start(&rig, 48000.0, WINDOW, N);
  rig.is_split = true;
  for (uint32_t b = 0; b < N; ++b) {
    rig.phi[b]       = 0.4f;
    rig.phi_right[b] = -0.9f;
  }
  support_sine(p.x[0], LENGTH, 1000.0, 48000.0, 0.5, 0.0);
  memcpy(p.x[1], p.x[0], LENGTH * sizeof(float));
  run(&rig, p.x, p.i, NULL, LENGTH, CONTROL);
  for (uint32_t c = 0; c < 2; ++c) {
    double ar;
    double ai;
    double br;
    double bi;
    support_tone(p.x[c] + 4096, 16384, 1000.0, 48000.0, &ar, &ai);
    support_tone(p.i[c] + 4096 + WINDOW, 16384, 1000.0, 48000.0, &br, &bi);
    const double turned = atan2(bi * ar - br * ai, br * ar + bi * ai);
    assert_true(fabs(turned - (c ? -0.9 : 0.4)) < 1e-3);
  }
  rig_end(&rig);
  planes_free(&p);
}

static void test_channels_are_linked_by_parameters_alone(void** state)
{
  (void)state;
  Rig    rig;
  Planes a = planes_new(LENGTH, SEED);
  Planes b = planes_new(LENGTH, SEED);
  rig_start(&rig, 48000.0, 512, N);
  draw_phases(rig.phi, N, 0.0f, 1);
  run(&rig, a.x, a.i, NULL, LENGTH, CONTROL);
  memset(b.x[1], 0, LENGTH * sizeof(float));
  fiq_realm_spectral_reset(&rig.realm);
  run(&rig, b.x, b.i, NULL, LENGTH, CONTROL);
  // Both pass through one transform: what is left is its rounding.
  print_message("  crosstalk %.1f dB\n", support_db(support_peak(b.i[1], LENGTH)));
  assert_true(support_max_difference(a.i[0], b.i[0], LENGTH) < 1e-6);
  assert_true(support_peak(b.i[1], LENGTH) < 1e-6);
  // The same sound on both sides comes out the same, unless theta is offset.
  memcpy(b.x[1], b.x[0], LENGTH * sizeof(float));
  rig.params.motion_rad = 1.0f;
  fiq_realm_spectral_reset(&rig.realm);
  run(&rig, b.x, b.i, NULL, LENGTH, CONTROL);
  assert_true(support_max_difference(b.i[0], b.i[1], LENGTH) < 1e-6);
  rig.params.stereo_rad = 1.0f;
  fiq_realm_spectral_reset(&rig.realm);
  run(&rig, b.x, b.i, NULL, LENGTH, CONTROL);
  assert_true(support_max_difference(b.i[0], b.i[1], LENGTH) > 0.1);
  rig_end(&rig);
  planes_free(&a);
  planes_free(&b);
}

static void test_block_size_invariance_and_in_place(void** state)
{
  (void)state;
  Rig    rig;
  Planes a = planes_new(LENGTH, SEED);
  rig_start(&rig, 48000.0, 512, N);
  draw_phases(rig.phi, N, 0.0f, 1);
  rig.params = (FiqRealmSpectralParams){
      .amount = 0.9f, .motion_rad = 2.0f, .stereo_rad = 0.5f, .coherence = 0.0f};
  rig.theta_step = 0.01f;
  run(&rig, a.x, a.i, a.q, LENGTH, CONTROL);
  for (uint32_t cut = 1; cut < CONTROL; cut += 5) {
    Planes b = planes_new(LENGTH, SEED);
    memset(rig.theta, 0, sizeof rig.theta);
    fiq_realm_spectral_reset(&rig.realm);
    run(&rig, b.x, b.x, b.q, LENGTH, cut);
    assert_memory_equal(a.i[0], b.x[0], LENGTH * sizeof(float));
    assert_memory_equal(a.i[1], b.x[1], LENGTH * sizeof(float));
    assert_memory_equal(a.q[1], b.q[1], LENGTH * sizeof(float));
    planes_free(&b);
  }
  rig_end(&rig);
  planes_free(&a);
}

static void test_instruction_sets_give_the_same_bits(void** state)
{
  (void)state;
  Rig    rig;
  Planes a = planes_new(LENGTH, SEED);
  Planes b = planes_new(LENGTH, SEED);
  // 0: as this machine has it; then without AVX-512, and without any.
  for (int trial = 0; trial < 6; ++trial) {
    const int     build = trial % 3;
    Planes* const p     = build ? &b : &a;
    rig_start(&rig, 48000.0, 512, N);
    draw_phases(rig.phi, N, 0.0f, 1);
    rig.params     = (FiqRealmSpectralParams){.amount     = 0.9f,
                                              .motion_rad = 2.0f,
                                              .stereo_rad = 0.5f,
                                              .coherence  = trial < 3 ? 0.8f : 0.0f};
    rig.theta_step = 0.01f;
    if (build > 0) {
      rig.realm.use_avx512      = false;
      rig.realm.stft.use_avx512 = false;
    }
    if (build > 1) {
      rig.realm.use_avx2           = false;
      rig.realm.stft.use_avx2      = false;
      rig.realm.bands.use_avx2     = false;
      rig.realm.coherence.use_avx2 = false;
    }
    run(&rig, p->x, p->i, p->q, LENGTH, build ? 7 : CONTROL);
    rig_end(&rig);
    if (build > 0) {
      assert_memory_equal(a.i[0], b.i[0], LENGTH * sizeof(float));
      assert_memory_equal(a.q[1], b.q[1], LENGTH * sizeof(float));
    }
  }
  planes_free(&a);
  planes_free(&b);
}

static void test_silence_stays_exact_silence(void** state)
{
  (void)state;
  Rig    rig;
  Planes p = planes_new(LENGTH, SEED);
  rig_start(&rig, 48000.0, 512, N);
  draw_phases(rig.phi, N, 0.0f, 1);
  memset(p.x[0], 0, LENGTH * sizeof(float));
  memset(p.x[1], 0, LENGTH * sizeof(float));
  run(&rig, p.x, p.i, p.q, LENGTH, CONTROL);
  assert_true(support_peak(p.i[0], LENGTH) + support_peak(p.q[1], LENGTH) <= 0.0);
  rig_end(&rig);
  planes_free(&p);
}

static void test_a_rest_is_not_heard(void** state)
{
  (void)state;
  enum { REST = 4 * WINDOW, SOUND = LENGTH - REST };
  Planes once  = planes_new(LENGTH, SEED);
  Planes again = planes_new(LENGTH, SEED);
  Rig    rig;
  rig_start(&rig, 48000.0, WINDOW, N);
  draw_phases(rig.phi, N, 0.0f, 1);
  rig.params.motion_rad = 0.5f; // of phases that stand still
  run(&rig, once.x, once.i, once.q, SOUND, CONTROL);
  for (uint32_t c = 0; c < 2; ++c) {
    memset(once.x[c], 0, REST * sizeof(float));
  }
  // A window for the rings to run empty, three that are left out, and it is as if nothing had been before.
  run(&rig, once.x, once.i, once.q, REST, CONTROL);
  run(&rig, again.x, once.i, once.q, SOUND, CONTROL);
  fiq_realm_spectral_reset(&rig.realm);
  run(&rig, again.x, again.i, again.q, SOUND, CONTROL);
  for (uint32_t c = 0; c < 2; ++c) {
    assert_memory_equal(once.i[c], again.i[c], SOUND * sizeof(float));
    assert_memory_equal(once.q[c], again.q[c], SOUND * sizeof(float));
  }
  rig_end(&rig);
  planes_free(&once);
  planes_free(&again);
}

static void test_features_of_the_input_are_at_hand(void** state)
{
  (void)state;
  Rig    rig;
  Planes p = planes_new(LENGTH, SEED);
  rig_start(&rig, 48000.0, WINDOW, N);
  draw_phases(rig.phi, N, 0.0f, 1);
  run(&rig, p.x, p.i, NULL, LENGTH, CONTROL);
  const FiqSpectralFeatures* features = fiq_realm_spectral_features(&rig.realm);
  assert_int_equal(features->n_frames, LENGTH / fiq_realm_spectral_hop_frames(&rig.realm));
  // Two independent uniform noises, summed to mono: 1 / sqrt(6).
  assert_true(fabsf(features->rms_db + 7.78f) < 1.0f);
  assert_true(features->flatness > 0.4f);
  rig_end(&rig);
  planes_free(&p);
}

/// A realm of `n` bands of which `n_learned` are played, 0: its own.
static void play_phases(float* const* x, float* const* y, uint32_t n, uint32_t n_learned,
                        const float* phi_rad)
{
  const FiqRealmSpectralConfig config                 = {.sample_rate_hz = 48000.0,
                                                         .window_frames  = WINDOW,
                                                         .n_neurons      = n,
                                                         .control_frames = CONTROL,
                                                         .n_learned      = n_learned};
  FiqRealmSpectral* const      realm                  = calloc(1, sizeof *realm);
  FiqArena                     arena                  = support_arena(ARENA_BYTES);
  const float* const           phi[2]                 = {phi_rad, phi_rad};
  float                        theta[FIQ_NEURONS_MAX] = {0.0f};
  FiqRealmSpectralParams       params = {.amount = 1.0f, .is_learned = n_learned > 0};
  assert_int_equal(fiq_realm_spectral_init(realm, &arena, &pool, &config), FIQ_OK);
  for (uint32_t i = 0; i + CONTROL <= LENGTH; i += CONTROL) {
    const float* const in[2]  = {x[0] + i, x[1] + i};
    float* const       out[2] = {y[0] + i, y[1] + i};
    params.is_learned         = n_learned > 0 && i >= CONTROL; // it may begin while sound plays
    params.motion_rad         = params.is_learned ? 1.0f : 0.0f;
    fiq_realm_spectral_control(realm, &params, phi, theta);
    fiq_realm_spectral_process(realm, in, out, NULL, CONTROL);
    theta[i / CONTROL % n] += 0.1f;
  }
  support_arena_free(&arena);
  free(realm);
}

static void test_learned_phases_have_bands_of_their_own_and_do_not_move(void** state)
{
  (void)state;
  Planes p = planes_new(LENGTH, SEED);
  float  phi[FIQ_NEURONS_MAX];
  draw_phases(phi, FIQ_NEURONS_MAX, 9.0f, 5);
  play_phases(p.x, p.i, FIQ_NEURONS_MAX, 0, phi);
  play_phases(p.x, p.q, 12, FIQ_NEURONS_MAX, phi);
  // Past the frames that saw the phases of the first period.
  assert_memory_equal(p.i[0] + 2 * WINDOW, p.q[0] + 2 * WINDOW,
                      (LENGTH - 2 * WINDOW) * sizeof(float));
  planes_free(&p);
}

static void test_too_small_an_arena_and_bad_configurations_are_refused(void** state)
{
  (void)state;
  static const FiqRealmSpectralConfig bad[] = {{1000.0, 512, 24, 32, 0, true, 0},
                                               {48000.0, 500, 24, 32, 0, true, 0},
                                               {48000.0, 128, 24, 32, 0, true, 0},
                                               {48000.0, 512, 3, 32, 0, true, 0},
                                               {48000.0, 512, 65, 32, 0, true, 0},
                                               {48000.0, 512, 24, 0, 0, true, 0},
                                               {48000.0, 512, 24, FIQ_CONTROL_MAX + 1, 0, true, 0},
                                               {48000.0, 512, 24, 32, 0, true, 65}};
  const FiqRealmSpectralConfig        good  = {48000.0, 256, 24, 32, 0, true, 0};
  FiqRealmSpectral                    realm;
  FiqArena                            ruler;
  fiq_arena_init(&ruler, NULL, 0);
  assert_int_equal(fiq_realm_spectral_init(&realm, &ruler, &pool, &good), FIQ_NO_MEMORY);
  const size_t needed = ruler.used_bytes;
  for (size_t size = 0; size <= needed; size += FIQ_ARENA_ALIGN_BYTES) {
    FiqArena arena = support_arena(size);
    assert_int_equal(fiq_realm_spectral_init(&realm, &arena, &pool, &good),
                     size < needed ? FIQ_NO_MEMORY : FIQ_OK);
    support_arena_free(&arena);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
    fiq_arena_init(&ruler, NULL, 0);
    assert_int_equal(fiq_realm_spectral_init(&realm, &ruler, &pool, &bad[i]), FIQ_BAD_ARGUMENT);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_magnitude_is_kept_at_moderate_steps_between_bands),
      cmocka_unit_test(test_magnitude_is_kept_with_independent_random_phases),
      cmocka_unit_test(test_magnitude_over_windows_neurons_and_rates),
      cmocka_unit_test(test_nothing_sounds_more_than_a_window_before_a_click),
      cmocka_unit_test(test_amount_zero_nulls_against_the_delayed_input),
      cmocka_unit_test(test_a_common_phase_turns_every_tone_by_it),
      cmocka_unit_test(test_the_analytic_output_has_no_image),
      cmocka_unit_test(test_motion_leaves_no_steps_at_the_hop_rate),
      cmocka_unit_test(test_a_jump_of_all_phases_is_no_click),
      cmocka_unit_test(test_each_channel_has_phases_of_its_own),
      cmocka_unit_test(test_instruction_sets_give_the_same_bits),
      cmocka_unit_test(test_channels_are_linked_by_parameters_alone),
      cmocka_unit_test(test_block_size_invariance_and_in_place),
      cmocka_unit_test(test_silence_stays_exact_silence),
      cmocka_unit_test(test_a_rest_is_not_heard),
      cmocka_unit_test(test_features_of_the_input_are_at_hand),
      cmocka_unit_test(test_learned_phases_have_bands_of_their_own_and_do_not_move),
      cmocka_unit_test(test_too_small_an_arena_and_bad_configurations_are_refused),
  };
  fiq_fft_pool_init(&pool);
  const int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
  fiq_fft_pool_free(&pool);
  return n_failed;
}
