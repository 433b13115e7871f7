// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Brings the plugins of a job to where they play: instances, states, presets, parameters, seeds, tunings, automation, and
   what they learn beforehand.
*/
#ifndef FIQ_JOB_SETUP_H
#define FIQ_JOB_SETUP_H

#include "host-test/render/job.h"

/// Instantiate and set up all plugins of a job whose chain is open and whose score is loaded; says what is wrong. They
/// are not yet active.
FiqExit fiq_job_set_up(FiqJob* self);

/// Have them learn what is to be learned; says what is wrong.
FiqExit fiq_job_prepare(FiqJob* self);

/// Activate them; says what is wrong.
FiqExit fiq_job_activate(FiqJob* self);

#endif
