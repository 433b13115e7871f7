// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/lv2/load.h"

#include <assert.h>
#include <stdio.h>
#include <time.h>

static int64_t read_ns(clockid_t clock)
{
  struct timespec now = {0};
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// The wall is read first and last, so that nothing counts as CPU time that is not time at all.

FiqLoadClock fiq_load_begin(void)
{
  const int64_t wall_ns = read_ns(CLOCK_MONOTONIC);
  return (FiqLoadClock){.cpu_ns = read_ns(CLOCK_THREAD_CPUTIME_ID), .wall_ns = wall_ns};
}

void fiq_load_end(FiqLoad* self, const FiqLoadClock* begin, int64_t period_ns)
{
  const int64_t cpu_ns  = read_ns(CLOCK_THREAD_CPUTIME_ID);
  const int64_t wall_ns = read_ns(CLOCK_MONOTONIC);
  fiq_load_add(self, cpu_ns - begin->cpu_ns, wall_ns - begin->wall_ns, period_ns);
}

static void keep_larger(atomic_uint* worst, int64_t part_ns, int64_t period_ns)
{
  const double   ppm  = 1e6 * (double)part_ns / (double)period_ns;
  const unsigned kept = ppm < (double)UINT32_MAX ? (unsigned)ppm : UINT32_MAX;
  if (kept > atomic_load(worst)) {
    atomic_store(worst, kept);
  }
}

void fiq_load_add(FiqLoad* self, int64_t cpu_ns, int64_t wall_ns, int64_t period_ns)
{
  assert(cpu_ns >= 0);
  assert(wall_ns >= 0);
  assert(period_ns > 0);
  atomic_fetch_add(&self->cpu_ns, (unsigned long long)cpu_ns);
  atomic_fetch_add(&self->period_ns, (unsigned long long)period_ns);
  const int64_t bin = 100 * cpu_ns / period_ns;
  atomic_fetch_add(&self->n_periods[bin < FIQ_LOAD_BINS ? bin : FIQ_LOAD_BINS - 1], 1);
  keep_larger(&self->worst_cpu_ppm, cpu_ns, period_ns);
  keep_larger(&self->worst_wall_ppm, wall_ns, period_ns);
  if (cpu_ns > period_ns) {
    atomic_fetch_add(&self->n_overran, 1);
  }
}

/// The hundredths of a period that all but a thousandth of the periods did not exceed.
static unsigned usual_percent(const FiqLoad* self)
{
  uint64_t n_all  = 0;
  uint64_t n_seen = 0;
  for (int i = 0; i < FIQ_LOAD_BINS; ++i) {
    n_all += atomic_load(&self->n_periods[i]);
  }
  unsigned percent = 0;
  while (n_seen < n_all - n_all / 1000) {
    n_seen += atomic_load(&self->n_periods[percent++]);
  }
  return percent;
}

void fiq_load_format(const FiqLoad* self, char to[FIQ_LOAD_TEXT_BYTES])
{
  const double cpu_ns    = (double)atomic_load(&self->cpu_ns);
  const double period_ns = (double)atomic_load(&self->period_ns);
  snprintf(to, FIQ_LOAD_TEXT_BYTES,
           "CPU %.1f %% of a period, 99.9 %% of them within %u %%, at most %.1f %% (%.1f %% by the "
           "clock), %u overran",
           period_ns > 0.0 ? 100.0 * cpu_ns / period_ns : 0.0, usual_percent(self),
           1e-4 * (double)atomic_load(&self->worst_cpu_ppm),
           1e-4 * (double)atomic_load(&self->worst_wall_ppm), atomic_load(&self->n_overran));
}
