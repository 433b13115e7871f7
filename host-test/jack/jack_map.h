// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Which controllers move which parameters: learned by moving one, kept in a file. A row is a channel and a controller;
   several rows may move one parameter, a row moves one. The thread that serves the console reads the controllers that the
   audio thread has noted and sets the parameters, so that console, window and saved states know of it.
   The file is JSON: {"plugin": URI, "controllers": [{"channel": 1..16, "controller": 0..119, "parameter": SYMBOL}]}.
*/
#ifndef FIQ_JACK_MAP_H
#define FIQ_JACK_MAP_H

#include "host-test/lv2/lv2_host.h"

enum { FIQ_MAP_MAX = 256 };

typedef struct {
  uint8_t  channel;    ///< 0..15
  uint8_t  controller; ///< 0..119; those above are modes of the channel
  uint32_t port;       ///< control input
} FiqMapRow;

typedef struct {
  FiqMapRow   rows[FIQ_MAP_MAX]; ///< [n]
  uint32_t    n;
  uint32_t    learning; ///< port whose controller is awaited, or FIQ_NO_PORT
  const char* path;     ///< where it is kept; NULL: nowhere
} FiqMap;

/// Begin with what `path` (NULL: nothing) holds; a file that is not there is an empty map. False, and says what is
/// wrong, when it is damaged or for another plugin.  [setup]
bool fiq_map_init(FiqMap* self, const FiqHost* host, const char* path);

/// Let the next controller that is moved move `symbol` from now on; says what is wrong.  [any but audio]
bool fiq_map_learn(FiqMap* self, const FiqHost* host, const char* symbol);

/// Let nothing move `symbol` any more, and keep that; false, and says so, when nothing did.  [any but audio]
bool fiq_map_forget(FiqMap* self, const FiqHost* host, const char* symbol);

/// A controller was moved: learn it, or set what it moves.  [any but audio]
void fiq_map_take(FiqMap* self, FiqHost* host, uint8_t channel, uint8_t controller, uint8_t value);

/// Print the map, a row a line.  [any but audio]
void fiq_map_print(const FiqMap* self, const FiqHost* host);

/// Write the map to its file, if it has one; says what is wrong.  [any but audio]
bool fiq_map_keep(const FiqMap* self, const FiqHost* host);

#endif
