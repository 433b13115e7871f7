// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: a note with the shortest attack rises within a millisecond and a half, out of silence, beside others, and struck again,
// and does so without a click. Method: envelopes of renders by the analytic signal; spectra of their onsets beside that of a
// sinusoid that rises within a millisecond.
#include "tests/support/support.h"
#include "tests/support/swarm_bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, SIZE = 16384 };

/// Envelope of x [SIZE] between the frequencies, by the analytic signal.
static void find_envelope(const float* x, double low_hz, double high_hz, double* envelope)
{
  FiqFftPool pool;
  FiqFft     fft;
  FiqArena   arena = support_arena(8 * SIZE * sizeof(float));
  fiq_fft_pool_init(&pool);
  assert_int_equal(fiq_fft_init_kinds(&fft, &pool, SIZE, FIQ_FFT_COMPLEX_FORWARD | FIQ_FFT_COMPLEX_INVERSE), FIQ_OK);
  FiqComplex* const a = fiq_arena_take(&arena, SIZE, sizeof(FiqComplex));
  FiqComplex* const b = fiq_arena_take(&arena, SIZE, sizeof(FiqComplex));
  for (int i = 0; i < SIZE; ++i) {
    a[i] = (FiqComplex){x[i], 0.0f};
  }
  fiq_fft_forward_complex(&fft, a, b);
  for (int k = 0; k < SIZE; ++k) {
    const double hz = (double)k * RATE / SIZE;
    if (hz < low_hz || hz > high_hz) b[k] = (FiqComplex){0.0f, 0.0f};
  }
  fiq_fft_inverse_complex(&fft, b, a);
  for (int i = 0; i < SIZE; ++i) {
    envelope[i] = 2.0 * hypot((double)a[i].re, (double)a[i].im) / SIZE;
  }
  fiq_fft_pool_free(&pool);
  support_arena_free(&arena);
}

static double rise_ms(const double* e, int from, int to, double base, double full)
{
  int at10 = -1, at90 = -1;
  for (int i = from; i < to; ++i) {
    if (at10 < 0 && e[i] > base + 0.1 * (full - base)) at10 = i;
    if (at90 < 0 && e[i] > base + 0.9 * (full - base)) at90 = i;
  }
  return (at90 - at10) * 1000.0 / RATE;
}

static void explore(void** state)
{
  (void)state;
  for (int kind = 0; kind < 4; ++kind)
  for (uint32_t offset = 0; offset < 64; offset += 8) {
    Bench bench;
    bench_open(&bench, RATE, 1000, 64);
    bench.params.attack_s = 0.001f;
    bench.params.decay_s = 20.0f;
    bench.params.sustain = 1.0f;
    bench.params.release_s = 0.05f;
    bench.params.anneal_s = 0.05f;
    bench.params.scatter_octaves = 0.0f;
    bench.params.noise_hz = 0.0f;
    bench.params.spread_cents = 0.0f;
    bench.params.partials = 1.0f;
    bench.params.width = 0.0f;
    if (kind == 1 || kind == 2) fiq_swarm_note_on(&bench.swarm, 0, 100, kind == 1 ? 0.2f : 0.5f, 0);
    if (kind == 3) fiq_swarm_note_on(&bench.swarm, 0, 60, 1.0f, 0);
    bench_render(&bench, 8192);
    if (kind == 2) { fiq_swarm_note_off(&bench.swarm, 0, 100, 0); bench_render(&bench, 512);} else bench_render(&bench, 512);
    size_t on = bench.size + offset;
    fiq_swarm_note_on(&bench.swarm, 0, 100, 1.0f, offset);
    bench_render(&bench, 16384);
    static double e[SIZE];
    find_envelope(bench.out[0] + 2048, kind == 3 ? 1000.0 : 20.0, 24000.0, e);
    int o = (int)on - 2048;
    double full = e[o + 4800], base = e[o - 40];
    print_message("kind %d offset %2u: base %.4f full %.4f rise %.2f ms; at", kind, (unsigned)offset, base, full, rise_ms(e, o, o + 6000, base, full));
    for (int k = 0; k < 12; ++k) print_message(" %.3f", e[o + 64 + 64 * k]/full);
    print_message("\n");
    bench_close(&bench);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(explore)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
