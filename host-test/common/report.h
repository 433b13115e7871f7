// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What the hosts say on stderr: errors, warnings, notes and the progress bar, each line
   headed by the program's name. When quiet, nothing that a library writes to stderr by itself gets through.
   State is one per process.
*/
#ifndef FIQ_REPORT_H
#define FIQ_REPORT_H

#include <stdarg.h>
#include <stdbool.h>

/// Exit codes of both hosts.
typedef enum {
  FIQ_EXIT_OK      = 0, ///< everything asked for was done
  FIQ_EXIT_FAILURE = 1, ///< a file, the plugin, the disk or the server failed
  FIQ_EXIT_USAGE   = 2  ///< the command line asks for something that cannot be
} FiqExit;

/// `program` heads every line and must outlive the process; `quiet` drops notes and progress, and what libraries say,
/// for good.  [setup]
void fiq_report_init(const char* program, bool quiet);

/// Whether notes are dropped.  [any]
bool fiq_report_is_quiet(void);

/// What is said goes to stderr from now on, as it is at this time, and there are no notes.  [setup]
void fiq_report_to_stderr(void);

/// Why the program cannot go on, or cannot do what the console asked.  [any but audio]
void fiq_error(const char* format, ...) __attribute__((format(printf, 1, 2)));

/// Say `words` [n] in one line, by system calls alone.  [any, handlers of signals too]
void fiq_say_at_once(const char* const words[], int n);

/// What the user should know although the work goes on.  [any but audio]
void fiq_warning(const char* format, ...) __attribute__((format(printf, 1, 2)));

/// What is nice to know; silent when quiet.  [any but audio]
void fiq_note(const char* format, ...) __attribute__((format(printf, 1, 2)));

/// What a plugin says through the host, as it is, quiet or not; as vprintf.  [any but audio]
int fiq_report_vprintf(const char* format, va_list arguments) __attribute__((format(printf, 1, 0)));

/// Draw the bar at `share` 0..1 with the seconds left; only on a terminal, at most 10 times a second.
void fiq_progress(double share);

/// Say `text` beside the bar from now on.
void fiq_progress_text(const char* text);

/// Wipe the bar.
void fiq_progress_end(void);

#endif
