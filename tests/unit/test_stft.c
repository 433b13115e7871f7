// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the frame engine is transparent, has the latency that it reports, cannot hear the host's blocks,
// and its Q plane is the quadrature of its I plane.
// Method: noise and impulses through it, nulled against the delayed input; tones for images.
#include "dsp/transform/stft.h"
#include "tests/support/planes.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 8 << 20, LENGTH = 80000, SEED = 11 };

static FiqFftPool pool;

static FiqStftConfig config_of(uint32_t window, FiqStftShape shape)
{
  return (FiqStftConfig){2, 2, window, 0, shape, true};
}

static FiqArena start(FiqStft* stft, FiqStftConfig config)
{
  FiqArena arena = support_arena(ARENA_BYTES);
  assert_int_equal(fiq_stft_init(stft, &arena, &pool, &config), FIQ_OK);
  return arena;
}

/// Run all of two planes through in blocks of `block` (0: a fixed irregular mix).
static void run(FiqStft* stft, float* const* x, float* const* i, float* const* q, uint32_t block,
                FiqStftFrame frame, void* user)
{
  static const uint32_t mix[] = {1, 64, 7, 513, 128, 1, 1, 255, 2048, 31};
  uint32_t              n     = 0;
  uint32_t              turn  = 0;
  for (uint32_t done = 0; done < LENGTH; done += n) {
    n                  = block ? block : mix[turn++ % 10];
    n                  = n < LENGTH - done ? n : LENGTH - done;
    const float* in[2] = {x[0] + done, x[1] + done};
    float*       oi[2] = {i[0] + done, i[1] + done};
    float*       oq[2] = {q ? q[0] + done : NULL, q ? q[1] + done : NULL};
    fiq_stft_process(stft, in, oi, q ? oq : NULL, n, frame, user);
  }
}

static void test_doing_nothing_is_a_pure_delay_of_the_reported_latency(void** state)
{
  (void)state;
  for (int shape = FIQ_STFT_SQRT_HANN; shape <= FIQ_STFT_FILTER; ++shape) {
    for (uint32_t window = FIQ_STFT_WINDOW_MIN; window <= FIQ_STFT_WINDOW_MAX; window *= 2) {
      for (int with_q = 0; with_q < 2; ++with_q) {
        FiqStft  stft;
        Planes   p     = planes_new(LENGTH, SEED);
        FiqArena arena = start(&stft, config_of(window, (FiqStftShape)shape));
        run(&stft, p.x, p.i, with_q ? p.q : NULL, 0, NULL, NULL);
        const uint32_t latency = fiq_stft_latency_frames(&stft);
        assert_int_equal(latency, window);
        double error = 0.0;
        for (uint32_t c = 0; c < 2; ++c) {
          error = fmax(error, support_max_difference(p.i[c] + latency, p.x[c], LENGTH - latency));
          assert_true(support_peak(p.i[c], latency) < 1e-6);
        }
        print_message("  shape %d window %u Q %d: null %.1f dB\n", shape, window, with_q,
                      support_db(error));
        assert_true(support_db(error) < -120.0);
        support_arena_free(&arena);
        planes_free(&p);
      }
    }
  }
}

static void test_q_lags_i_by_a_quarter_turn(void** state)
{
  (void)state;
  const double fs = 48000.0;
  for (int shape = FIQ_STFT_SQRT_HANN; shape <= FIQ_STFT_FILTER; ++shape) {
    FiqStft  stft;
    Planes   p     = planes_new(LENGTH, SEED);
    FiqArena arena = start(&stft, config_of(1024, (FiqStftShape)shape));
    double   worst = -400.0;
    for (double f = 200.0; f < 22000.0; f *= 2.1) {
      support_sine(p.x[0], LENGTH, f, fs, 0.5, 0.3);
      fiq_stft_reset(&stft);
      run(&stft, p.x, p.i, p.q, 0, NULL, NULL);
      double ir;
      double ii;
      double qr;
      double qi;
      support_tone(p.i[0] + 2048, 16384, f, fs, &ir, &ii);
      support_tone(p.q[0] + 2048, 16384, f, fs, &qr, &qi);
      // I + jQ at the negative frequency is conj(I) + j conj(Q).
      const double wanted = hypot(ir - qi, ii + qr);
      const double image  = hypot(ir + qi, qr - ii);
      worst               = fmax(worst, support_db(image / wanted));
    }
    print_message("  shape %d: worst image %.1f dB\n", shape, worst);
    assert_true(worst < -60.0);
    support_arena_free(&arena);
    planes_free(&p);
  }
}

/// A change that matters: channel 0 dulled, channel 1 inverted.
static void change(void* user, FiqComplex* const* spectra, uint32_t n_bins)
{
  ++*(uint32_t*)user;
  for (uint32_t k = 0; k < n_bins; ++k) {
    spectra[0][k].re *= 1.0f - (float)k / (float)n_bins;
    spectra[0][k].im *= 1.0f - (float)k / (float)n_bins;
    spectra[1][k].re = -spectra[1][k].re;
    spectra[1][k].im = -spectra[1][k].im;
  }
}

static void test_block_size_invariance(void** state)
{
  (void)state;
  static const uint32_t blocks[] = {1, 3, 64, 1000, LENGTH};
  FiqStft               stft;
  Planes                reference = planes_new(LENGTH, SEED);
  FiqArena              arena     = start(&stft, config_of(512, FIQ_STFT_FILTER));
  uint32_t              count     = 0;
  run(&stft, reference.x, reference.i, reference.q, 0, change, &count);
  assert_int_equal(count, LENGTH / 128);
  for (size_t b = 0; b < sizeof blocks / sizeof *blocks; ++b) {
    Planes p = planes_new(LENGTH, SEED);
    fiq_stft_reset(&stft);
    run(&stft, p.x, p.i, p.q, blocks[b], change, &count);
    for (uint32_t c = 0; c < 2; ++c) {
      assert_memory_equal(p.i[c], reference.i[c], LENGTH * sizeof(float));
      assert_memory_equal(p.q[c], reference.q[c], LENGTH * sizeof(float));
    }
    planes_free(&p);
  }
  support_arena_free(&arena);
  planes_free(&reference);
}

static void test_in_place_and_crossed_buffers_change_nothing(void** state)
{
  (void)state;
  FiqStft  stft;
  Planes   a     = planes_new(LENGTH, SEED);
  Planes   b     = planes_new(LENGTH, SEED);
  FiqArena arena = start(&stft, config_of(512, FIQ_STFT_SQRT_HANN));
  uint32_t count = 0;
  run(&stft, a.x, a.i, NULL, 0, change, &count);
  fiq_stft_reset(&stft);
  float* crossed[2] = {b.x[1], b.x[0]};
  run(&stft, b.x, crossed, NULL, 0, change, &count);
  assert_memory_equal(a.i[0], b.x[1], LENGTH * sizeof(float));
  assert_memory_equal(a.i[1], b.x[0], LENGTH * sizeof(float));
  support_arena_free(&arena);
  planes_free(&a);
  planes_free(&b);
}

static void test_i_is_the_same_with_and_without_q(void** state)
{
  (void)state;
  FiqStft  stft;
  Planes   a     = planes_new(LENGTH, SEED);
  Planes   b     = planes_new(LENGTH, SEED);
  FiqArena arena = start(&stft, config_of(512, FIQ_STFT_FILTER));
  uint32_t count = 0;
  run(&stft, a.x, a.i, a.q, 0, change, &count);
  fiq_stft_reset(&stft);
  // Q comes and goes every 1000 frames.
  for (uint32_t done = 0; done < LENGTH; done += 1000) {
    const float* in[2] = {b.x[0] + done, b.x[1] + done};
    float*       oi[2] = {b.i[0] + done, b.i[1] + done};
    float*       oq[2] = {b.q[0] + done, b.q[1] + done};
    fiq_stft_process(&stft, in, oi, done / 1000 % 3 ? oq : NULL, 1000, change, &count);
  }
  const double difference = support_max_difference(a.i[0], b.i[0], LENGTH);
  print_message("  difference of I %.1f dB\n", support_db(difference));
  assert_true(support_db(difference) < -120.0);
  // Q was on from 1000 on; a window later it is whole, until it goes.
  assert_true(support_max_difference(a.q[0] + 1700, b.q[0] + 1700, 1200) < 1e-6);
  support_arena_free(&arena);
  planes_free(&a);
  planes_free(&b);
}

/// Turns of two channels, and the same in the order of the bins.
typedef struct {
  FiqStft*    stft;
  FiqStftTurn turn[2];
  FiqComplex* factor[2];
  bool        is_looked_at;
  bool        is_off;
} Turns;

static void turn_by_hand(void* user, FiqComplex* const* spectra, uint32_t n_bins)
{
  const Turns* turns = user;
  for (uint32_t c = 0; c < 2; ++c) {
    for (uint32_t k = 0; k < n_bins && !turns->is_off; ++k) {
      const FiqComplex z = spectra[c][k];
      const FiqComplex t = turns->factor[c][k];
      spectra[c][k]      = (FiqComplex){z.re * t.re - z.im * t.im, z.im * t.re + z.re * t.im};
    }
  }
}

static void hand_turns_over(void* user, FiqComplex* const* spectra, uint32_t n_bins)
{
  Turns* const turns = user;
  (void)n_bins;
  assert_ptr_equal(turns->is_looked_at ? fiq_stft_look(turns->stft) : spectra, spectra);
  if (!turns->is_off) {
    fiq_stft_turn(turns->stft, &turns->turn[0], &turns->turn[1]);
  }
}

static void turns_start(Turns* turns, FiqStft* stft)
{
  const uint32_t n = stft->n_bins;
  *turns           = (Turns){.stft = stft};
  for (uint32_t c = 0; c < 2; ++c) {
    turns->factor[c]    = calloc(n, sizeof(FiqComplex));
    turns->turn[c].even = calloc(n, sizeof(FiqComplex));
    turns->turn[c].odd  = calloc(n, sizeof(FiqComplex));
    for (uint32_t k = 0; k < n; ++k) {
      const double     angle = 0.37 * k + c * sin(0.01 * k);
      const FiqComplex z     = {(float)cos(angle), (float)sin(angle)};
      turns->factor[c][k]    = z;
      (k % 2 ? turns->turn[c].odd : turns->turn[c].even)[k / 2] = z;
    }
  }
}

static void turns_end(Turns* turns)
{
  for (uint32_t c = 0; c < 2; ++c) {
    free(turns->factor[c]);
    free(turns->turn[c].even);
    free(turns->turn[c].odd);
  }
}

static void test_turns_are_what_a_callback_would_make_of_the_spectra(void** state)
{
  (void)state;
  for (uint32_t window = FIQ_STFT_WINDOW_MIN; window <= FIQ_STFT_WINDOW_MAX; window *= 2) {
    FiqStft  by_hand;
    FiqStft  turned;
    Turns    turns;
    Planes   a         = planes_new(LENGTH, SEED);
    Planes   b         = planes_new(LENGTH, SEED);
    FiqArena arenas[2] = {start(&by_hand, config_of(window, FIQ_STFT_FILTER)),
                          start(&turned, config_of(window, FIQ_STFT_FILTER))};
    turned.turns       = true;
    turns_start(&turns, &turned);
    run(&by_hand, a.x, a.i, a.q, 100, turn_by_hand, &turns);
    for (int looked_at = 0; looked_at < 2; ++looked_at) {
      turns.is_looked_at = looked_at == 1;
      fiq_stft_reset(&turned);
      run(&turned, b.x, b.i, b.q, 0, hand_turns_over, &turns);
      for (uint32_t c = 0; c < 2; ++c) {
        assert_memory_equal(a.i[c], b.i[c], LENGTH * sizeof(float));
        assert_memory_equal(a.q[c], b.q[c], LENGTH * sizeof(float));
      }
    }
    turns.is_off = true;
    fiq_stft_reset(&turned);
    run(&turned, b.x, b.i, b.q, 0, hand_turns_over, &turns);
    const double rest = support_max_difference(b.x[1], b.i[1] + window, LENGTH - window);
    print_message("window %4u: unturned frames give the input within %.1f dB\n", window,
                  support_db(rest));
    assert_true(support_db(rest) < -125.0);
    turns_end(&turns);
    support_arena_free(&arenas[0]);
    support_arena_free(&arenas[1]);
    planes_free(&a);
    planes_free(&b);
  }
}

static void test_silent_frames_are_left_out_and_change_no_bit(void** state)
{
  (void)state;
  FiqStft  by_hand;
  FiqStft  turned;
  Turns    turns;
  Planes   a         = planes_new(LENGTH, SEED);
  Planes   b         = planes_new(LENGTH, SEED);
  FiqArena arenas[2] = {start(&by_hand, config_of(512, FIQ_STFT_FILTER)),
                        start(&turned, config_of(512, FIQ_STFT_FILTER))};
  turned.turns       = true;
  turns_start(&turns, &turned);
  for (uint32_t c = 0; c < 2; ++c) {
    memset(a.x[c] + LENGTH / 4 + c, 0, LENGTH / 2 * sizeof(float));
    memset(b.x[c] + LENGTH / 4 + c, 0, LENGTH / 2 * sizeof(float));
  }
  run(&by_hand, a.x, a.i, a.q, 100, turn_by_hand, &turns);
  uint32_t n_silent = 0;
  for (uint32_t done = 0; done < LENGTH; done += 64) {
    const float* in[2] = {b.x[0] + done, b.x[1] + done};
    float*       oi[2] = {b.i[0] + done, b.i[1] + done};
    float*       oq[2] = {b.q[0] + done, b.q[1] + done};
    fiq_stft_process(&turned, in, oi, oq, 64, hand_turns_over, &turns);
    n_silent += turned.is_silent ? 64 : 0;
  }
  for (uint32_t c = 0; c < 2; ++c) {
    assert_memory_equal(a.i[c], b.i[c], LENGTH * sizeof(float));
    assert_memory_equal(a.q[c], b.q[c], LENGTH * sizeof(float));
  }
  assert_true(n_silent > LENGTH / 2 - 512 && n_silent < LENGTH / 2);
  turns_end(&turns);
  support_arena_free(&arenas[0]);
  support_arena_free(&arenas[1]);
  planes_free(&a);
  planes_free(&b);
}

static void test_q_rings_out_and_comes_back_whole(void** state)
{
  (void)state;
  FiqStft  stft;
  Planes   a     = planes_new(LENGTH, SEED);
  Planes   b     = planes_new(LENGTH, SEED);
  FiqArena arena = start(&stft, config_of(256, FIQ_STFT_FILTER));
  run(&stft, a.x, a.i, a.q, 0, NULL, NULL);
  fiq_stft_reset(&stft);
  // On, off for long, on again; nothing of what was before the pause may be in what comes after it.
  for (uint32_t done = 0; done < LENGTH; done += 500) {
    const float* in[2] = {b.x[0] + done, b.x[1] + done};
    float*       oi[2] = {b.i[0] + done, b.i[1] + done};
    float*       oq[2] = {b.q[0] + done, b.q[1] + done};
    const bool   is_on = done / 500 % 8 < 3;
    fiq_stft_process(&stft, in, oi, is_on ? oq : NULL, 500, NULL, NULL);
  }
  for (uint32_t done = 0; done + 1500 <= LENGTH; done += 4000) {
    for (uint32_t c = 0; c < 2; ++c) {
      assert_memory_equal(a.q[c] + done + 500, b.q[c] + done + 500, 1000 * sizeof(float));
    }
  }
  support_arena_free(&arena);
  planes_free(&a);
  planes_free(&b);
}

static void copy_sidechain(void* user, FiqComplex* const* spectra, uint32_t n_bins)
{
  (void)user;
  memcpy(spectra[0], spectra[1], n_bins * sizeof(FiqComplex));
}

static void test_an_input_without_output_is_analysed(void** state)
{
  (void)state;
  FiqStft       stft;
  Planes        p      = planes_new(LENGTH, SEED);
  FiqStftConfig config = {2, 1, 256, 0, FIQ_STFT_SQRT_HANN, false};
  FiqArena      arena  = start(&stft, config);
  run(&stft, p.x, p.i, NULL, 0, copy_sidechain, NULL);
  assert_true(support_max_difference(p.i[0] + 256, p.x[1], LENGTH - 256) < 1e-6);
  support_arena_free(&arena);
  planes_free(&p);
}

static void test_silence_stays_exact_silence(void** state)
{
  (void)state;
  FiqStft  stft;
  Planes   p     = planes_new(LENGTH, SEED);
  FiqArena arena = start(&stft, config_of(256, FIQ_STFT_FILTER));
  memset(p.x[0], 0, LENGTH * sizeof(float));
  memset(p.x[1], 0, LENGTH * sizeof(float));
  run(&stft, p.x, p.i, p.q, 0, NULL, NULL);
  assert_true(support_peak(p.i[0], LENGTH) + support_peak(p.q[1], LENGTH) <= 0.0);
  support_arena_free(&arena);
  planes_free(&p);
}

static void test_reset_equals_fresh_init(void** state)
{
  (void)state;
  FiqStft  stft;
  Planes   a     = planes_new(LENGTH, SEED);
  Planes   b     = planes_new(LENGTH, SEED);
  FiqArena arena = start(&stft, config_of(256, FIQ_STFT_FILTER));
  uint32_t count = 0;
  run(&stft, a.x, a.i, a.q, 0, change, &count);
  fiq_stft_reset(&stft);
  run(&stft, b.x, b.i, b.q, 0, change, &count);
  assert_memory_equal(a.i[0], b.i[0], LENGTH * sizeof(float));
  assert_memory_equal(a.q[1], b.q[1], LENGTH * sizeof(float));
  support_arena_free(&arena);
  planes_free(&a);
  planes_free(&b);
}

static void test_too_small_an_arena_is_refused(void** state)
{
  (void)state;
  const FiqStftConfig config = config_of(256, FIQ_STFT_FILTER);
  FiqStft             stft;
  FiqArena            ruler;
  fiq_arena_init(&ruler, NULL, 0);
  assert_int_equal(fiq_stft_init(&stft, &ruler, &pool, &config), FIQ_NO_MEMORY);
  const size_t needed = ruler.used_bytes;
  for (size_t size = 0; size <= needed; size += FIQ_ARENA_ALIGN_BYTES) {
    FiqArena arena = support_arena(size);
    assert_int_equal(fiq_stft_init(&stft, &arena, &pool, &config),
                     size < needed ? FIQ_NO_MEMORY : FIQ_OK);
    support_arena_free(&arena);
  }
}

static void test_bad_configurations_are_refused(void** state)
{
  (void)state;
  static const FiqStftConfig bad[] = {
      {0, 0, 512, 0, FIQ_STFT_FILTER, false},    {5, 1, 512, 0, FIQ_STFT_FILTER, false},
      {1, 2, 512, 0, FIQ_STFT_FILTER, false},    {1, 1, 128, 0, FIQ_STFT_FILTER, false},
      {1, 1, 131072, 0, FIQ_STFT_FILTER, false}, {1, 1, 1000, 0, FIQ_STFT_FILTER, false},
      {1, 1, 512, 256, FIQ_STFT_FILTER, false},  {1, 1, 512, 100, FIQ_STFT_SQRT_HANN, false},
      {1, 1, 512, 8, FIQ_STFT_SQRT_HANN, false}, {1, 1, 512, 512, FIQ_STFT_SQRT_HANN, false}};
  FiqArena arena = support_arena(ARENA_BYTES);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
    FiqStft stft;
    assert_int_equal(fiq_stft_init(&stft, &arena, &pool, &bad[i]), FIQ_BAD_ARGUMENT);
  }
  support_arena_free(&arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_doing_nothing_is_a_pure_delay_of_the_reported_latency),
      cmocka_unit_test(test_q_lags_i_by_a_quarter_turn),
      cmocka_unit_test(test_block_size_invariance),
      cmocka_unit_test(test_in_place_and_crossed_buffers_change_nothing),
      cmocka_unit_test(test_i_is_the_same_with_and_without_q),
      cmocka_unit_test(test_turns_are_what_a_callback_would_make_of_the_spectra),
      cmocka_unit_test(test_q_rings_out_and_comes_back_whole),
      cmocka_unit_test(test_an_input_without_output_is_analysed),
      cmocka_unit_test(test_silent_frames_are_left_out_and_change_no_bit),
      cmocka_unit_test(test_silence_stays_exact_silence),
      cmocka_unit_test(test_reset_equals_fresh_init),
      cmocka_unit_test(test_too_small_an_arena_is_refused),
      cmocka_unit_test(test_bad_configurations_are_refused),
  };
  fiq_fft_pool_init(&pool);
  const int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
  fiq_fft_pool_free(&pool);
  return n_failed;
}
