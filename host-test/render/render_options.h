// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The command line of fieldiq-render. Each --plugin after the first begins a link of a chain; options of a link that
   stand before the first --plugin are the first one's.
*/
#ifndef FIQ_RENDER_OPTIONS_H
#define FIQ_RENDER_OPTIONS_H

#include "host-test/common/report.h"
#include "host-test/common/sha256.h"

#include <stdbool.h>
#include <stdint.h>

enum { FIQ_RENDER_LINKS_MAX = 16, FIQ_RENDER_SETS_MAX = 256, FIQ_RENDER_AUTOMATIONS_MAX = 16 };

#define FIQ_RENDER_TAIL_MAX_S 30.0
#define FIQ_RENDER_LENGTH_MAX_S 86400.0

/// What belongs to one plugin of the chain. A name that is NULL was not given.
typedef struct {
  const char* plugin; ///< short name or URI
  const char* preset;
  const char* sets[FIQ_RENDER_SETS_MAX]; ///< [n_sets] "SYMBOL=VALUE"
  const char* automations[FIQ_RENDER_AUTOMATIONS_MAX];
  uint32_t    n_sets;
  uint32_t    n_automations;
  const char* state;
  const char* save_state;
  const char* sidechain;
  const char* tuning; ///< a file of Scala's
  const char* words;
  const char* words_file;
  const char* toward;
  const char* trace;
  const char* midi_out;
  bool        seeded;
  int64_t     seed;
} FiqLinkOptions;

/// What is listed instead of rendered.
typedef struct {
  bool        plugins;
  bool        presets;
  bool        parameters;
  const char* info;
  const char* describe; ///< words
  bool        as_json;
} FiqListOptions;

/// Many files instead of one.
typedef struct {
  const char* path;   ///< a folder, or a list of files, a line each; NULL: there is but one file
  int         n_jobs; ///< at one time; 0: as many as there are processors
  int         share;  ///< 1..n_shares
  int         n_shares;
  bool        resumes; ///< keeps what is complete
} FiqBatchOptions;

typedef struct {
  FiqLinkOptions  links[FIQ_RENDER_LINKS_MAX]; ///< [n_links], at least one
  uint32_t        n_links;
  bool            named; ///< there was a --plugin
  const char*     chord;
  const char*     midi;
  const char*     study; ///< a MIDI file or a folder of them
  const char*     format;
  const char*     encoding;
  const char*     metrics;
  int             velocity;     ///< 1..127
  double          length_s;     ///< < 0: not given
  double          continue_s;   ///< 0: not given
  double          tail_s;       ///< < 0: until silence
  double          tempo_bpm;    ///< 0: not given
  double          start_s;      ///< of what is rendered
  double          end_s;        ///< of what is rendered; < 0: not given
  int             n_turns;      ///< how often that is played, 1 or more
  int             rate_hz;      ///< of the output; 0: not given
  int             plugin_hz;    ///< of the plugins; 0: not given
  int             ramp_frames;  ///< between two values of a ramp
  uint32_t        block_frames; ///< 0: random
  bool            dithers;
  bool            quiet;
  bool            learn;
  bool            help;
  bool            version;
  FiqListOptions  list;
  FiqBatchOptions batch;
  const char*     files[2]; ///< [n_files] what is left on the command line
  int             n_files;
} FiqRenderOptions;

/// Read the command line. False when there is nothing left to do; `status` is then the exit code.
bool fiq_render_options(FiqRenderOptions* self, int argc, char** argv, FiqExit* status);

/// Hash of all that decides what is made of an input: options, and what is in the files that they name. False, and says why,
/// when one of those cannot be read.
bool fiq_render_settings(const FiqRenderOptions* self, FiqSha256* hash);

/// Whether anything is listed, and nothing rendered.
bool fiq_render_lists(const FiqRenderOptions* self);

#endif
