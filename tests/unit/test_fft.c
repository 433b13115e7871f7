// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the transforms are those of the header, plans are shared, and execution never allocates.
// Method: an O(N^2) oracle in double, round trips at every size, and malloc interposed and counted.
#include "dsp/transform/fft.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

// Sanitizers bring an allocator of their own; the count is for plain builds.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTS_ALLOCATIONS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define COUNTS_ALLOCATIONS 0
#endif
#endif
#if !defined(COUNTS_ALLOCATIONS) && defined(__GLIBC__)
#define COUNTS_ALLOCATIONS 1
#endif

static atomic_int n_allocations;

#if COUNTS_ALLOCATIONS
void* __libc_malloc(size_t size_bytes);
void* __libc_calloc(size_t n, size_t size_bytes);
void* __libc_realloc(void* block, size_t size_bytes);
void* __libc_memalign(size_t alignment, size_t size_bytes);

void* malloc(size_t size_bytes)
{
  ++n_allocations;
  return __libc_malloc(size_bytes);
}

void* calloc(size_t n, size_t size_bytes)
{
  ++n_allocations;
  return __libc_calloc(n, size_bytes);
}

void* realloc(void* block, size_t size_bytes)
{
  ++n_allocations;
  return __libc_realloc(block, size_bytes);
}

void* memalign(size_t alignment, size_t size_bytes);
void* memalign(size_t alignment, size_t size_bytes)
{
  ++n_allocations;
  return __libc_memalign(alignment, size_bytes);
}

int posix_memalign(void** block, size_t alignment, size_t size_bytes)
{
  ++n_allocations;
  *block = __libc_memalign(alignment, size_bytes);
  return *block ? 0 : 12;
}
#endif

static const double   two_pi = 6.28318530717958647692;
static const uint32_t all_kinds =
    FIQ_FFT_REAL_FORWARD | FIQ_FFT_REAL_INVERSE | FIQ_FFT_COMPLEX_FORWARD | FIQ_FFT_COMPLEX_INVERSE;

static double now_ms(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static FiqComplex* complexes(size_t n)
{
  return (FiqComplex*)(void*)support_floats(2 * n);
}

/// Largest deviation of the forward transforms from the definition, relative to the largest bin.
static double error_against_oracle(uint32_t n)
{
  FiqFftPool pool;
  FiqFft     fft;
  fiq_fft_pool_init(&pool);
  assert_int_equal(fiq_fft_init_kinds(&fft, &pool, n, all_kinds), FIQ_OK);
  float*      x = support_floats(n);
  FiqComplex* z = complexes(n);
  FiqComplex* a = complexes(n);
  FiqComplex* b = complexes(n);
  support_noise(x, n, 1.0, n);
  for (uint32_t i = 0; i < n; ++i) {
    z[i] = (FiqComplex){x[i], 0.0f};
  }
  fiq_fft_forward(&fft, x, a);
  fiq_fft_forward_complex(&fft, z, b);
  double error = 0.0;
  double peak  = 0.0;
  for (uint32_t k = 0; k < n; ++k) {
    double re = 0.0;
    double im = 0.0;
    for (uint32_t i = 0; i < n; ++i) {
      const double angle = -two_pi * (double)((uint64_t)i * k % n) / n;
      re += (double)x[i] * cos(angle);
      im += (double)x[i] * sin(angle);
    }
    peak = fmax(peak, hypot(re, im));
    if (k <= n / 2) {
      error = fmax(error, hypot((double)a[k].re - re, (double)a[k].im - im));
    }
    error = fmax(error, hypot((double)b[k].re - re, (double)b[k].im - im));
  }
  free(x);
  free(z);
  free(a);
  free(b);
  fiq_fft_pool_free(&pool);
  return error / peak;
}

static void test_forward_transforms_match_the_definition(void** state)
{
  (void)state;
  static const uint32_t sizes[] = {16, 64, 256, 1024};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
    const double error_db = support_db(error_against_oracle(sizes[i]));
    print_message("  size %u: error %.1f dB\n", sizes[i], error_db);
    assert_true(error_db < -120.0);
  }
}

static void test_inverse_undoes_forward_times_n_without_allocating(void** state)
{
  (void)state;
  for (uint32_t n = FIQ_FFT_SIZE_MIN; n <= FIQ_FFT_SIZE_MAX; n *= 2) {
    FiqFftPool pool;
    FiqFft     fft;
    fiq_fft_pool_init(&pool);
    const double start_ms = now_ms();
    assert_int_equal(fiq_fft_init(&fft, &pool, n), FIQ_OK);
    const double real_ms = now_ms() - start_ms;
    assert_int_equal(fiq_fft_init_kinds(&fft, &pool, n, all_kinds), FIQ_OK);
    const double all_ms = now_ms() - start_ms;

    float*      x = support_floats(n);
    float*      y = support_floats(n);
    FiqComplex* a = complexes(n);
    FiqComplex* b = complexes(n);
    support_noise(x, n, 1.0, n);
    const int before = n_allocations;
    fiq_fft_forward(&fft, x, a);
    fiq_fft_inverse(&fft, a, y);
    const int after_real = n_allocations;
    double    error      = 0.0;
    for (uint32_t i = 0; i < n; ++i) {
      error = fmax(error, fabs((double)y[i] / n - (double)x[i]));
      a[i]  = (FiqComplex){x[i], x[n - 1 - i]};
    }
    const int before_complex = n_allocations;
    fiq_fft_forward_complex(&fft, a, b);
    fiq_fft_inverse_complex(&fft, b, a);
    const int after_complex = n_allocations;
    for (uint32_t i = 0; i < n; ++i) {
      error = fmax(error, hypot((double)a[i].re / n - (double)x[i],
                                (double)a[i].im / n - (double)x[n - 1 - i]));
    }
    print_message("  size %5u: plans real %.2f ms, all %.2f ms; error %.1f dB\n", n, real_ms,
                  all_ms, support_db(error));
    assert_true(support_db(error) < -115.0);
    assert_int_equal(after_real - before, 0);
    assert_int_equal(after_complex - before_complex, 0);
    free(x);
    free(y);
    free(a);
    free(b);
    fiq_fft_pool_free(&pool);
  }
}

static void test_forward_keeps_its_input(void** state)
{
  (void)state;
  FiqFftPool pool;
  FiqFft     fft;
  fiq_fft_pool_init(&pool);
  for (uint32_t n = FIQ_FFT_SIZE_MIN; n <= 8192; n *= 2) {
    assert_int_equal(fiq_fft_init_kinds(&fft, &pool, n, all_kinds & ~2u), FIQ_OK);
    float*      x = support_floats(2 * n);
    float*      y = support_floats(2 * n);
    FiqComplex* a = complexes(n);
    support_noise(x, 2 * n, 1.0, n);
    support_noise(y, 2 * n, 1.0, n);
    fiq_fft_forward(&fft, x, a);
    fiq_fft_forward_complex(&fft, (FiqComplex*)(void*)x, a);
    fiq_fft_inverse_complex(&fft, (FiqComplex*)(void*)x, a);
    assert_memory_equal(x, y, 2 * n * sizeof(float));
    free(x);
    free(y);
    free(a);
  }
  fiq_fft_pool_free(&pool);
}

static void test_equal_transforms_share_one_plan(void** state)
{
  (void)state;
  FiqFftPool pool;
  FiqFft     a;
  FiqFft     b;
  fiq_fft_pool_init(&pool);
  assert_int_equal(fiq_fft_init(&a, &pool, 256), FIQ_OK);
  assert_int_equal(fiq_fft_init_kinds(&b, &pool, 256, FIQ_FFT_REAL_INVERSE), FIQ_OK);
  assert_int_equal(pool.n_entries, 2);
  assert_ptr_equal(a.real_inverse, b.real_inverse);
  assert_null(b.real_forward);
  fiq_fft_pool_free(&pool);
  assert_int_equal(pool.n_entries, 0);
}

static void test_bad_sizes_and_kinds_are_refused(void** state)
{
  (void)state;
  FiqFftPool pool;
  FiqFft     fft;
  fiq_fft_pool_init(&pool);
  static const uint32_t sizes[] = {0, 1, 8, 17, 48, 1000, 65535, 524288};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
    assert_int_equal(fiq_fft_init(&fft, &pool, sizes[i]), FIQ_BAD_ARGUMENT);
  }
  assert_int_equal(fiq_fft_init_kinds(&fft, &pool, 64, 0), FIQ_BAD_ARGUMENT);
  assert_int_equal(fiq_fft_init_kinds(&fft, &pool, 64, 16), FIQ_BAD_ARGUMENT);
  assert_int_equal(pool.n_entries, 0);
}

static void test_a_full_pool_gives_no_plan(void** state)
{
  (void)state;
  FiqFftPool pool;
  FiqFft     fft;
  fiq_fft_pool_init(&pool);
  pool.n_entries = FIQ_FFT_POOL_SIZE;
  assert_int_equal(fiq_fft_init(&fft, &pool, 64), FIQ_NO_PLAN);
  pool.n_entries = 0;
  fiq_fft_pool_free(&pool);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_forward_transforms_match_the_definition),
      cmocka_unit_test(test_inverse_undoes_forward_times_n_without_allocating),
      cmocka_unit_test(test_forward_keeps_its_input),
      cmocka_unit_test(test_equal_transforms_share_one_plan),
      cmocka_unit_test(test_bad_sizes_and_kinds_are_refused),
      cmocka_unit_test(test_a_full_pool_gives_no_plan),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
