// SPDX-License-Identifier: GPL-3.0-or-later
/**
   All that one run of fieldiq-jack owns.
*/
#ifndef FIQ_JACK_JOB_H
#define FIQ_JACK_JOB_H

#include "host-test/common/file_claims.h"
#include "host-test/jack/jack_client.h"
#include "host-test/jack/jack_console.h"
#include "host-test/jack/jack_links.h"
#include "host-test/jack/jack_map.h"
#include "host-test/jack/jack_options.h"
#include "host-test/jack/jack_session.h"
#include "host-test/jack/jack_window.h"
#include "host-test/lv2/trace.h"

enum { FIQ_JACK_NAME_BYTES = FIQ_SESSION_NAME_BYTES + 16 };

typedef struct {
  FiqJackOptions options;
  char           name[FIQ_JACK_NAME_BYTES]; ///< that the client asks for
  FiqHost        host;
  FiqJack        jack;
  FiqConsole     console;
  FiqJackWindow  window;
  FiqMap         map;
  FiqLinks       links;
  FiqSession     session;
  float*    saved; ///< [n_ports] settings as they were when the session was saved; NULL without one
  FiqTrace  trace;
  FiqClaims claims;
  union {
    LV2_Atom atom;
    uint64_t alignment;
    uint8_t  bytes[FIQ_HOST_ATOM_BYTES];
  } telemetry; ///< the one that is being written
} FiqJackJob;

/// Instantiate the plugin for the server's rate, and set it up by `state` (NULL: by the options).  [setup]
FiqExit fiq_jack_set_up(FiqJackJob* self, const char* state);

/// Write what telemetry has come; a trace that fails does not stop the sound.  [any but audio]
void fiq_jack_write_trace(FiqJackJob* self);

#endif
