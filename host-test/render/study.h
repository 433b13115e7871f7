// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Has the partner of a plugin learn from MIDI files: each is played to it, unheard, with two seconds of rest after it.
   The drums of General MIDI (channel 10) are left out.
*/
#ifndef FIQ_STUDY_H
#define FIQ_STUDY_H

#include "host-test/common/report.h"
#include "host-test/render/chain.h"
#include "host-test/render/render_options.h"

/// Play `options->study`, a MIDI file or all those in a folder by name, to a chain that is set up and not yet active, nor
/// is it afterwards; its first plugin with a partner learns. Ends early once `is_stopped` says so. Says what is wrong.  [setup]
FiqExit fiq_study(FiqChain* chain, const FiqRenderOptions* options, bool (*is_stopped)(void));

#endif
