// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Whether what a command wants is possible, before anything is written.
*/
#ifndef FIQ_JOB_CHECKS_H
#define FIQ_JOB_CHECKS_H

#include "host-test/render/job.h"

/// Whether the plugins are to learn and nothing is to be played.
bool fiq_job_only_studies(const FiqRenderOptions* options);

/// Whether notes alone are written, and no sound.
bool fiq_job_only_midi(const FiqRenderOptions* options);

/// Whether nothing that is written would be written over what is read or written besides; says so. OUTPUT may be INPUT,
/// which it replaces when it is complete.
bool fiq_job_claim(FiqJob* self);

/// Whether the files and options given fit the plugins, which are open; says what does not.
bool fiq_job_check(FiqJob* self);

#endif
