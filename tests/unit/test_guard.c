// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the gates let through what is sound to the bit and nothing else, in every build and at every length.
// Method: all kinds of numbers, made of random bits, against the definition in doubles.
#include "dsp/base/simd.h"
#include "dsp/filter/guard.h"
#include "tests/support/support.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { MOST = 70, N_TRIALS = 2000 };

static FiqGuard guard_of(bool use_avx2)
{
  FiqGuard guard;
  fiq_guard_init(&guard, 48000.0, 0.05);
  guard.use_avx2 = use_avx2;
  return guard;
}

/// What the entry makes of `x`.
static float held(float x)
{
  if (!isfinite(x)) {
    return 0.0f;
  }
  return x > FIQ_ENTRY_LIMIT ? FIQ_ENTRY_LIMIT : x < -FIQ_ENTRY_LIMIT ? -FIQ_ENTRY_LIMIT : x;
}

static uint32_t next_bits(uint64_t* seed)
{
  *seed ^= *seed << 13;
  *seed ^= *seed >> 7;
  *seed ^= *seed << 17;
  return (uint32_t)(*seed >> 32);
}

static void test_entry_holds_every_number(void** state)
{
  (void)state;
  static const float edges[] = {0.0f,    -0.0f,    16.0f,     -16.0f,       16.000002f, -15.999999f,
                                FLT_MAX, -FLT_MAX, FLT_MIN,   1e-42f,       -1e-42f,    INFINITY,
                                NAN,     -NAN,     -INFINITY, 15.99999905f, 1.0f,       -0.3f};
  const uint32_t     n_edges = sizeof edges / sizeof *edges;
  uint64_t           seed    = 88172645463325252u;
  float              in[MOST];
  float              out[MOST];
  for (int build = 0; build <= (int)fiq_simd_avx2(); ++build) {
    const FiqGuard guard = guard_of(build == 1);
    for (uint32_t trial = 0; trial < N_TRIALS; ++trial) {
      const uint32_t n = trial % MOST + 1;
      for (uint32_t i = 0; i < n; ++i) {
        const uint32_t bits = next_bits(&seed);
        memcpy(&in[i], &bits, sizeof bits);
        in[i] = bits % 3 == 0 ? edges[bits / 3 % n_edges] : in[i];
      }
      fiq_guard_enter(&guard, in, out, n);
      for (uint32_t i = 0; i < n; ++i) {
        const float wanted = held(in[i]);
        assert_memory_equal(&out[i], &wanted, sizeof wanted);
      }
    }
    fiq_guard_enter(&guard, NULL, out, MOST);
    for (uint32_t i = 0; i < MOST; ++i) {
      assert_true(fabsf(out[i]) <= 0.0f);
    }
  }
}

static void test_exit_stops_a_fault_wherever_it_stands(void** state)
{
  (void)state;
  static const float faults[] = {NAN, -NAN, INFINITY, -INFINITY, 64.1f, -65.0f, FLT_MAX};
  for (int build = 0; build <= (int)fiq_simd_avx2(); ++build) {
    for (uint32_t n = 1; n < MOST; ++n) {
      for (uint32_t at = 0; at < 2 * n; ++at) {
        FiqGuard     guard       = guard_of(build == 1);
        float        left[MOST]  = {64.0f, -64.0f, 0.0f, 1e-42f};
        float        right[MOST] = {0.0f};
        float* const planes[2]   = {left, right};
        assert_true(fiq_guard_leave(&guard, planes, n));
        assert_true(fabsf(left[0]) >= 64.0f);
        planes[at / n][at % n] = faults[(at + n) % (sizeof faults / sizeof *faults)];
        assert_false(fiq_guard_leave(&guard, planes, n));
        assert_int_equal(guard.n_faults, 1);
        assert_true(support_peak(left, n) <= 0.0 && support_peak(right, n) <= 0.0);
      }
    }
  }
}

static void test_sound_fades_back_in_its_time(void** state)
{
  (void)state;
  float        left[64];
  float        right[64];
  float* const planes[2] = {left, right};
  FiqGuard     guard     = guard_of(fiq_simd_avx2());
  left[0] = right[0] = NAN;
  assert_false(fiq_guard_leave(&guard, planes, 1));
  float before = 0.0f;
  for (uint32_t frame = 0; frame < 2560; frame += 64) {
    for (uint32_t i = 0; i < 64; ++i) {
      left[i] = right[i] = 1.0f;
    }
    assert_true(fiq_guard_leave(&guard, planes, 64));
    assert_memory_equal(left, right, sizeof left);
    for (uint32_t i = 0; i < 64; ++i) {
      const float wanted = fminf(1.0f, (float)(frame + i) / 2400.0f);
      assert_true(left[i] >= before && fabsf(left[i] - wanted) < 1e-4f);
      before = left[i];
    }
  }
  assert_true(fabsf(guard.gain - 1.0f) <= 0.0f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_entry_holds_every_number),
      cmocka_unit_test(test_exit_stops_a_fault_wherever_it_stands),
      cmocka_unit_test(test_sound_fades_back_in_its_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
