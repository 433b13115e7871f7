// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What part of the time that it has a thread needs for its work in real time, period by period:

     share = CPU time of the thread for the period / length of the period.

   The clock on the wall also runs while the machine does something else. A period whose CPU time is longer
   than the period itself comes late through its own work, whatever else the machine does: it overran. One
   that fits by CPU time but not by the wall is late through the machine. (A virtual machine that is put aside
   without being told counts that as CPU time.)
   Cost: two readings of two clocks a period, of which that of the CPU time is a system call that does not wait.
*/
#ifndef FIQ_LOAD_H
#define FIQ_LOAD_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum {
  FIQ_LOAD_TEXT_BYTES = 160,
  FIQ_LOAD_BINS       = 256 ///< of one hundredth of a period each; the last takes all above
};

/// When the work of a period began.
typedef struct {
  int64_t cpu_ns;  ///< CPU time of this thread
  int64_t wall_ns; ///< monotonic clock
} FiqLoadClock;

/// Written by one thread, read by any; all zero before.
typedef struct {
  atomic_ullong cpu_ns;                   ///< sum over all periods
  atomic_ullong period_ns;                ///< sum over all periods
  atomic_uint   worst_cpu_ppm;            ///< largest share of any period, millionths
  atomic_uint   worst_wall_ppm;           ///< the same by the wall
  atomic_uint   n_overran;                ///< periods shorter than the CPU time that they took
  atomic_uint   n_periods[FIQ_LOAD_BINS]; ///< by their share
} FiqLoad;

/// The work of a period begins.  [audio]
FiqLoadClock fiq_load_begin(void);

/// It ends, in the same thread: count the period, of `period_ns` > 0.  [audio]
void fiq_load_end(FiqLoad* self, const FiqLoadClock* begin, int64_t period_ns);

/// Count a period of `period_ns` > 0 whose work took `cpu_ns` and `wall_ns`, each >= 0.  [audio]
void fiq_load_add(FiqLoad* self, int64_t cpu_ns, int64_t wall_ns, int64_t period_ns);

/// Say it in one line: "CPU 1.2 % of a period, 99.9 % of them within 2 %, at most 3.4 % (5.6 % by the clock),
/// 0 overran"; before the first period all are 0. `to` [FIQ_LOAD_TEXT_BYTES].  [any]
void fiq_load_format(const FiqLoad* self, char to[FIQ_LOAD_TEXT_BYTES]);

#endif
