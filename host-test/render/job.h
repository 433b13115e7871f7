// SPDX-License-Identifier: GPL-3.0-or-later
/**
   One render from its command line to its files: what it reads is checked and opened, the plugins are set up, learn where
   they are to, and play; what is written appears when all of it is there.
*/
#ifndef FIQ_JOB_H
#define FIQ_JOB_H

#include "host-test/common/file_claims.h"
#include "host-test/render/render.h"

/// All that one render owns. All zero but `options`, `beside`, `is_stopped` and `progress` before it runs.
typedef struct {
  FiqRenderOptions options;
  FiqChain         chain;
  FiqSource        input;
  FiqAudioOutput   output;
  FiqScore         score;
  FiqTrace         traces[FIQ_RENDER_LINKS_MAX]; ///< of the links
  FiqRender        render;
  FiqClaims        claims;
  const FiqHost*   beside; ///< whose world of plugins is used; NULL: a new one
  const char*      target; ///< OUTPUT; NULL: none
  int              format;
  double           elapsed_s;
  bool (*is_stopped)(void);       ///< by a signal
  void (*progress)(double share); ///< is told how far it is
} FiqJob;

/// Render; says what is wrong. Free it whatever comes out.
FiqExit fiq_job_run(FiqJob* self);

/// What was measured, as fiq_metrics_text gives it, once it has run; NULL when memory is short.
char* fiq_job_metrics(const FiqJob* self, bool in_one_line);

void fiq_job_free(FiqJob* self);

#endif
