// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Many files: each is rendered by a process of its own, as many at one time as is asked for. All begin as copies of one
   that has loaded no plugin yet, so that what they make depends on nothing but their file; a plugin that ends its
   process ends one file.
*/
#ifndef FIQ_BATCH_H
#define FIQ_BATCH_H

#include "host-test/render/render_options.h"

/// Render all files of `options->batch`; says what is wrong, and names the files that failed. Ends early, and the processes
/// with it, once `is_stopped` says so.
FiqExit fiq_batch_run(const FiqRenderOptions* options, bool (*is_stopped)(void));

#endif
