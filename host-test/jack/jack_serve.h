// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The loop in which fieldiq-jack serves everybody but the audio thread.
*/
#ifndef FIQ_JACK_SERVE_H
#define FIQ_JACK_SERVE_H

#include "host-test/jack/jack_job.h"

/// Serve console, window, controllers and session until `*ended` is set, somebody asks to end, or the server is gone for
/// good; watch what the audio thread only notes.  [any but audio]
void fiq_jack_serve(FiqJackJob* self, const volatile int* ended);

#endif
