// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Traces: rows in order of time, lists that lie one behind the other, ranges of numbers that are finite.
*/
#include "host-test/plot/plot_trace.h"
#include "tests/fuzz/fuzz.h"

#include <float.h>
#include <math.h>
#include <string.h>

static void check_trace(const FiqPlotTrace* trace)
{
  FUZZ_CHECK(trace->n_rows > 0);
  FUZZ_CHECK(trace->n_rows <= trace->n_lines);
  FUZZ_CHECK(memchr(trace->plugin, 0, sizeof trace->plugin));
  FUZZ_CHECK(memchr(trace->sound, 0, sizeof trace->sound));
  for (uint32_t row = 0; row < trace->n_rows; ++row) {
    FUZZ_CHECK(isfinite(trace->time_s[row]));
    FUZZ_CHECK(row == 0 || trace->time_s[row] >= trace->time_s[row - 1]);
    for (int which = 0; which < FIQ_N_LISTS; ++which) {
      size_t             n    = 0;
      const float* const list = fiq_plot_list(trace, (FiqList)which, row, &n);
      float              sum  = 0.0f;
      for (size_t i = 0; i < n; ++i) {
        sum += list[i];
      }
      FUZZ_CHECK(n > 0 || sum <= 0.0f);
    }
  }
  for (int which = 0; which < FIQ_N_SERIES; ++which) {
    double low  = DBL_MAX;
    double high = -DBL_MAX;
    fiq_plot_range(trace, (FiqSeries)which, 0.1, &low, &high);
    FUZZ_CHECK(isfinite(low) && isfinite(high));
    FUZZ_CHECK(low <= high || !fiq_plot_has(trace, (FiqSeries)which));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
  FiqPlotTrace trace;
  if (fiq_plot_load(&trace, fuzz_file(data, size))) {
    check_trace(&trace);
    const double from_s = trace.time_s[trace.n_rows / 3];
    const double to_s   = trace.time_s[trace.n_rows - 1 - trace.n_rows / 3];
    if (fiq_plot_crop(&trace, from_s, to_s)) {
      check_trace(&trace);
    }
  }
  fiq_plot_free(&trace);
  return 0;
}
