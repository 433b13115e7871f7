// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Commands of the console that deal with the sound around the plugin: bypass, recording, controllers, levels, period.
   Each takes the rest of its line.  [any but audio]
*/
#ifndef FIQ_JACK_COMMANDS_H
#define FIQ_JACK_COMMANDS_H

#include "host-test/jack/jack_console.h"

void fiq_command_buffer(FiqConsole* self, char* rest);
void fiq_command_bypass(FiqConsole* self, char* rest);
void fiq_command_forget(FiqConsole* self, char* rest);
void fiq_command_learn(FiqConsole* self, char* rest);
void fiq_command_levels(FiqConsole* self, char* rest);
void fiq_command_record(FiqConsole* self, char* rest);

/// Note, for the command `what`, that `path` is to be written; says so and returns false where something else would be
/// lost, a recording that goes on included. The claims are the caller's to cut.  [any but audio]
bool fiq_command_claim(FiqConsole* self, const char* what, const char* path);

/// Print levels, load and xruns, without the end of the line.  [any but audio]
void fiq_command_print_levels(FiqConsole* self);

#endif
