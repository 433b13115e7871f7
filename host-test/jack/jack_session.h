// SPDX-License-Identifier: GPL-3.0-or-later
/**
   A client of a session manager (Non Session Manager's protocol, API 1.2, OSC over UDP): announced when the environment
   has NSM_URL. The project is two files beside the path that the manager gives, PATH.ttl with the plugin's state and
   PATH.json with the plugin's URI and what controllers move. Everything is done in the thread that serves the console;
   nothing here waits but `begin`.
*/
#ifndef FIQ_JACK_SESSION_H
#define FIQ_JACK_SESSION_H

#include "host-test/common/file_path.h"

#include <lo/lo.h>

#include <stdbool.h>

enum { FIQ_SESSION_NAME_BYTES = 128 };

typedef struct {
  lo_server  server;  ///< NULL where there is no manager
  lo_address manager; ///< of the address in NSM_URL
  char
      name[FIQ_SESSION_NAME_BYTES]; ///< that the JACK client must have; "" before a project is open
  char state[FIQ_PATH_BYTES];       ///< PATH.ttl
  char map[FIQ_PATH_BYTES];         ///< PATH.json
  bool save;                        ///< the manager wants it saved
  bool show;                        ///< it wants the window shown
  bool hide;                        ///< it wants it hidden
  bool refused;                     ///< it does not take us
  bool dirty;                       ///< as it was last told
  bool shown;                       ///< as it was last told
} FiqSession;

/// Announce ourselves and wait, at most some seconds, for the project. True when there is no manager as well; false, and
/// says why, when one does not answer.  [setup]
bool fiq_session_begin(FiqSession* self);

/// Tell the manager whether the project is open, or why not.  [any but audio]
void fiq_session_opened(FiqSession* self, bool opened);

/// Take what the manager has said: sets save, show and hide.  [any but audio]
void fiq_session_read(FiqSession* self);

/// Tell it whether `save` was done, and clear it.  [any but audio]
void fiq_session_saved(FiqSession* self, bool saved);

/// Tell it, where that is new, whether there is something to save and whether the window is shown.  [any but audio]
void fiq_session_tell(FiqSession* self, bool dirty, bool shown);

/// Leave.  [setup]
void fiq_session_end(FiqSession* self);

#endif
