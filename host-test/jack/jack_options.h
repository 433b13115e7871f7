// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The command line of fieldiq-jack.
*/
#ifndef FIQ_JACK_OPTIONS_H
#define FIQ_JACK_OPTIONS_H

#include "host-test/common/report.h"

#include <stdbool.h>
#include <stdint.h>

enum { FIQ_JACK_LIST_MAX = 64 };

typedef struct {
  const char* plugin; ///< short name or URI
  const char* preset; ///< this and all names below: NULL when not given
  const char* state;
  const char* tuning; ///< a file of Scala's
  const char* words;
  const char* trace;
  const char* midi_map;
  const char* record;
  const char* name; ///< of the JACK client
  const char* server;
  const char* sets[FIQ_JACK_LIST_MAX];  ///< [n_sets] "SYMBOL=VALUE"
  const char* ports[FIQ_JACK_LIST_MAX]; ///< [n_ports] to connect, port or client names
  uint32_t    n_sets;
  uint32_t    n_ports;
  bool        connect; ///< to the physical ports
  bool        start_server;
  bool        midi_thru;
  bool        reconnect; ///< when the server ends
  bool        window;    ///< the plugin's own
  bool        quiet;
  bool        seeded;
  int64_t     seed;
  double      duration_s; ///< 0: until told to end
  bool        list_commands;
  bool        list_plugins;
  bool        list_presets;
  bool        list_parameters;
} FiqJackOptions;

/// Read the command line. False when there is nothing left to do; `status` is then the exit code.
bool fiq_jack_options(FiqJackOptions* self, int argc, char** argv, FiqExit* status);

#endif
