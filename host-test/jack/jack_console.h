// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The commands that can be typed while the plugin plays. Answers go to stdout, refusals to
   stderr; nothing that is typed can end the program but "quit".
*/
#ifndef FIQ_JACK_CONSOLE_H
#define FIQ_JACK_CONSOLE_H

#include "host-test/common/file_claims.h"
#include "host-test/jack/jack_client.h"
#include "host-test/jack/jack_map.h"

enum { FIQ_CONSOLE_BYTES = 4096 };

typedef struct {
  FiqJack*   jack;
  FiqHost*   host;
  FiqMap*    map;
  FiqClaims* claims;                  ///< what must not be written over
  uint32_t   n_claims;                ///< of them from the command line
  char       line[FIQ_CONSOLE_BYTES]; ///< what has been typed of the current line
  size_t     length;
  bool       overlong; ///< the current line is too long and is dropped at its end
  bool       ended;    ///< end of input
  bool       quit;     ///< asked to end
  bool       levels;   ///< asked to print them all the time
} FiqConsole;

/// Print the commands, one a line, each with what it does.  [any]
void fiq_console_list_commands(void);

/// Carry out one command.  [any but audio]
void fiq_console_command(FiqConsole* self, char* line);

/// Take what `descriptor` has to read and carry out every complete line.  [any but audio]
void fiq_console_read(FiqConsole* self, int descriptor);

#endif
