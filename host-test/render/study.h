// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Has the partner of a plugin learn from MIDI files: each is played to it, unheard, with two seconds of rest after it.
   The drums of General MIDI (channel 10) are left out.
*/
#ifndef FIQ_STUDY_H
#define FIQ_STUDY_H

#include "host-test/common/report.h"
#include "host-test/render/ensemble.h"
#include "host-test/render/render_options.h"

/// Play `options->study`, a MIDI file or all those in a folder by name, to all instances, which are set up and not yet
/// active, nor are they afterwards. Ends early once `is_stopped` says so. Says what is wrong.  [setup]
FiqExit fiq_study(FiqEnsemble* ensemble, const FiqRenderOptions* options, bool (*is_stopped)(void));

#endif
