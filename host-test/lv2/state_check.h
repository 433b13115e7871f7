// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Whether a text is a whole saved state. The library that restores states ends the program on some damaged ones and
   takes others in part, so that they are looked at here first.
*/
#ifndef FIQ_LV2_STATE_CHECK_H
#define FIQ_LV2_STATE_CHECK_H

#include "host-test/lv2/turtle.h"

/// Check `text` [n_bytes], followed by a 0, as the state `subject` (an absolute URI, which <> stands for too): legal to
/// its end, with one plugin that it belongs to, a symbol and a number for every port, and values that the library
/// can read. False, and `reason` says why, when it is not.  [any but audio]
bool fiq_state_check(const char* text, size_t n_bytes, const char* subject,
                     char reason[FIQ_TURTLE_REASON_BYTES]);

#endif
