// SPDX-License-Identifier: GPL-3.0-or-later
/**
   A trace: what the plugin tells of itself while it plays, as JSON lines. The first line names
   the format, the plugin and the sound; every other line is one message of telemetry, an object
   of numbers, booleans and arrays under the names that the plugin gives them. Time and frame of
   each are the plugin's own. Nothing here knows a name: what is new in the plugin is in the trace.

   A plugin speaks only while somebody listens, so whoever runs it asks anew every
   FIQ_TRACE_LEASE_S of the stream (fiq_host_patch_get).
*/
#ifndef FIQ_TRACE_H
#define FIQ_TRACE_H

#include "host-test/common/pending_file.h"
#include "host-test/lv2/lv2_host.h"

#include <jansson.h>

#include <stdint.h>
#include <stdio.h>

enum { FIQ_TRACE_VERSION = 1 };

#define FIQ_TRACE_FORMAT "fieldiq-trace"
#define FIQ_TRACE_LEASE_S 1.0 ///< of the stream; the plugin goes on for 2 s

/// What the first line says.
typedef struct {
  const char* plugin; ///< URI
  const char* sound;  ///< name of the sound file; NULL when it is played live
  double      rate_hz;
} FiqTraceHead;

typedef struct {
  FiqPendingFile      file;   ///< not used on stdout
  FILE*               stream; ///< NULL before begin and after complete
  FiqUrid*            urid;
  const FiqHostUrids* urids;
  uint64_t            n_lines;   ///< of telemetry
  uint64_t            n_unknown; ///< values left out, of types that have no place in JSON
  bool                failed;    ///< a line could not be written (already said)
} FiqTrace;

/// Begin `path` ("-": stdout) with `head`. `urid`, and `urids` made by it, must outlive `self`. Says
/// what is wrong.  [setup]
bool fiq_trace_begin(FiqTrace* self, const char* path, FiqUrid* urid, const FiqHostUrids* urids,
                     const FiqTraceHead* head);

/// Append `atom` (followed by its `size` bytes) if it is telemetry, else leave it. A failure to
/// write is said once and kept in `failed`.  [any but audio]
void fiq_trace_add(FiqTrace* self, const LV2_Atom* atom);

/// The object `atom` as JSON, NULL when it is no telemetry; adds to `n_unknown`. Free it by
/// json_decref.  [any but audio]
json_t* fiq_trace_json(FiqTrace* self, const LV2_Atom* atom);

/// Everything on the disk, not yet under its name; says what is wrong.  [any but audio]
bool fiq_trace_complete(FiqTrace* self);

/// Give the completed trace its name; says what is wrong, and what the trace lacks.  [any but audio]
bool fiq_trace_commit(FiqTrace* self);

/// Remove what has been written, if commit has not been called.  [any but audio]
void fiq_trace_discard(FiqTrace* self);

#endif
