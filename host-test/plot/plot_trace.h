// SPDX-License-Identifier: GPL-3.0-or-later
/**
   A trace as it is drawn: columns over time. Lines that hold no telemetry are left out and
   counted; a name that a line lacks, or whose value is null, is a gap (NaN).
*/
#ifndef FIQ_PLOT_TRACE_H
#define FIQ_PLOT_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FIQ_PLOT_TEXT_BYTES = 256 };

/// The numbers that are drawn, by their names in a trace.
typedef enum {
  FIQ_SERIES_ORDER,
  FIQ_SERIES_UNCERTAINTY,
  FIQ_SERIES_ZONE_LOW,
  FIQ_SERIES_ZONE_HIGH,
  FIQ_SERIES_TONE,   ///< index of fiq_plot_tones
  FIQ_SERIES_ACTION, ///< index of fiq_plot_actions
  FIQ_SERIES_COUPLING,
  FIQ_SERIES_COUPLING_RATIO,
  FIQ_SERIES_NOISE,
  FIQ_SERIES_LYAPUNOV,
  FIQ_SERIES_STABILITY, ///< index of the four classes
  FIQ_SERIES_WARNING,
  FIQ_SERIES_HISTOGRAM_LOW,
  FIQ_SERIES_HISTOGRAM_HIGH,
  FIQ_SERIES_RMS,
  FIQ_SERIES_FLATNESS,
  FIQ_SERIES_ENTROPY,
  FIQ_SERIES_FLUX,
  FIQ_SERIES_SPECTRAL_SHARE,
  FIQ_SERIES_CHOICE_ENTROPY,
  FIQ_SERIES_CHOICE_SURPRISE,
  FIQ_SERIES_CHOICE_TEMPERATURE,
  FIQ_SERIES_HARMONY,
  FIQ_SERIES_GOAL_PROGRESS,
  FIQ_N_SERIES
} FiqSeries;

/// The lists that are drawn.
typedef enum {
  FIQ_LIST_CARRIER_HZ,
  FIQ_LIST_CARRIER_SHARE,
  FIQ_LIST_HISTOGRAM,
  FIQ_N_LISTS
} FiqList;

/// One list a line, end to end.
typedef struct {
  float*  values; ///< [end[n_rows - 1]]
  size_t* end;    ///< [n_rows] where the list of each line ends
  size_t  room;   ///< values that fit
} FiqListColumn;

typedef struct {
  uint32_t      n_rows;
  uint32_t      room;                 ///< rows that fit
  double*       time_s;               ///< [n_rows] ascending
  float*        series[FIQ_N_SERIES]; ///< [n_rows]
  FiqListColumn lists[FIQ_N_LISTS];
  double        rate_hz;                     ///< 0 when not known
  char          plugin[FIQ_PLOT_TEXT_BYTES]; ///< URI, or ""
  char          sound[FIQ_PLOT_TEXT_BYTES];  ///< name of the sound file, or ""
  uint64_t      n_lines;                     ///< read, the first included
  uint64_t      n_bad;                       ///< left out
} FiqPlotTrace;

/// Read `path` ("-": stdin). False, and says why, when it is no trace or holds no telemetry; warns of
/// lines that were left out. Free it whatever comes out.
bool fiq_plot_load(FiqPlotTrace* self, const char* path);

/// Forget the lines before `from_s` and after `to_s`; false when none is left.
bool fiq_plot_crop(FiqPlotTrace* self, double from_s, double to_s);

void fiq_plot_free(FiqPlotTrace* self);

/// List `which` of line `row` and its length in `n`.
const float* fiq_plot_list(const FiqPlotTrace* self, FiqList which, uint32_t row, size_t* n);

/// Whether any line has a finite value, of which one is not 0.
bool fiq_plot_has(const FiqPlotTrace* self, FiqSeries which);

/// The smallest and largest of `which` without the outermost `spared` (0..0.4) at each end, joined to
/// what `low` and `high` hold already.
void fiq_plot_range(const FiqPlotTrace* self, FiqSeries which, double spared, double* low,
                    double* high);

#endif
