// SPDX-License-Identifier: GPL-3.0-or-later
/**
   A command line as a table: each option once, with its argument, where its value goes and what --help says of it.
   Manual pages and completions are made from --help.
*/
#ifndef FIQ_OPTION_TABLE_H
#define FIQ_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>

enum { FIQ_OPTIONS_MAX = 80 };

typedef enum {
  FIQ_OPTION_HEADING, ///< `help` alone: what the following ones have in common
  FIQ_OPTION_FLAG,    ///< a bool becomes true
  FIQ_OPTION_TEXT,    ///< a const char*
  FIQ_OPTION_REAL,    ///< a double from `minimum` to `maximum`
  FIQ_OPTION_WHOLE,   ///< an int from `minimum` to `maximum`
  FIQ_OPTION_CALL     ///< `read` is asked
} FiqOptionKind;

typedef struct {
  const char*   name;     ///< without "--"
  const char*   argument; ///< NULL: none
  const char*   help;     ///< one paragraph, without line ends
  FiqOptionKind kind;
  int           place;  ///< number of the struct that the value goes to
  size_t        offset; ///< of the value in it
  double        minimum;
  double        maximum;
  bool (*read)(void* options, const char* text); ///< says what is wrong
  bool is_aside;                                 ///< what is made is the same with and without it
  bool is_written;                               ///< it names a file to write, not to read
} FiqOption;

/// The struct numbered `place` of `options` as it is at this moment.
typedef void* (*FiqOptionPlace)(void* options, int place);

/// Print the options with their headings, as --help shows them.
void fiq_options_print(const FiqOption* table, size_t n);

/// Read the command line into `options` up to its files, at optind; says what is wrong.
bool fiq_options_read(const FiqOption* table, size_t n, FiqOptionPlace place, void* options,
                      int argc, char** argv);

/// Receives one option that was given, and its value as text.
typedef void (*FiqOptionFunc)(void* data, const FiqOption* option, const char* value);

/// Hand the options of struct `place`, which is `options`, to `receive`, but for those that FIQ_OPTION_CALL reads and those
/// that are aside.
void fiq_options_each(const FiqOption* table, size_t n, int place, const void* options,
                      FiqOptionFunc receive, void* data);

/// `text` as a number from `minimum` to `maximum`, or says that --NAME wants one.
bool fiq_option_real(const char* name, const char* text, double minimum, double maximum,
                     double* value);

/// The same for a whole number.
bool fiq_option_whole(const char* name, const char* text, double minimum, double maximum,
                      int* value);

#endif
