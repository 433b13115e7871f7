// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The command line of fieldiq-render.
*/
#ifndef FIQ_RENDER_OPTIONS_H
#define FIQ_RENDER_OPTIONS_H

#include "host-test/common/report.h"

#include <stdbool.h>
#include <stdint.h>

enum { FIQ_RENDER_SETS_MAX = 256 };

#define FIQ_RENDER_TAIL_MAX_S 30.0
#define FIQ_RENDER_LENGTH_MAX_S 86400.0

typedef struct {
  const char* plugin;                    ///< short name or URI
  const char* preset;                    ///< this and all names below: NULL when not given
  const char* sets[FIQ_RENDER_SETS_MAX]; ///< [n_sets] "SYMBOL=VALUE"
  uint32_t    n_sets;
  const char* state;
  const char* save_state;
  const char* sidechain;
  const char* chord;
  const char* midi;
  const char* midi_out;
  const char* study; ///< a MIDI file or a folder of them
  const char* format;
  const char* encoding;
  const char* metrics;
  const char* trace;
  int         velocity;     ///< 1..127
  double      length_s;     ///< < 0: not given
  double      continue_s;   ///< 0: not given
  double      tail_s;       ///< < 0: until silence
  double      tempo_bpm;    ///< 0: not given
  int         rate_hz;      ///< 0: not given
  uint32_t    block_frames; ///< 0: random
  bool        seeded;
  int64_t     seed;
  bool        quiet;
  bool        learn;
  const char* tuning; ///< a file of Scala's
  bool        list_plugins;
  bool        list_presets;
  bool        list_parameters;
  const char* files[2]; ///< [n_files] what is left on the command line
  int         n_files;
} FiqRenderOptions;

/// Read the command line. False when there is nothing left to do; `status` is then the exit code.
bool fiq_render_options(FiqRenderOptions* self, int argc, char** argv, FiqExit* status);

#endif
