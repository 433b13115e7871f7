// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/common/option_table.h"

#include "host-test/common/report.h"

#include <getopt.h>

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_COLUMNS = 24, LINE_COLUMNS = 96, FIRST_CODE = 256 };

/// Print `text` from `column` on, broken between words, further lines under the first.
static void print_wrapped(const char* text, int column)
{
  while (*text) {
    const int word = (int)strcspn(text, " ");
    if (column + word > LINE_COLUMNS) {
      printf("\n%*s", NAME_COLUMNS, "");
      column = NAME_COLUMNS;
    }
    printf("%.*s", word, text);
    column += word;
    text += word;
    if (*text == ' ') {
      ++text;
      // A blank at the end of a line is left out.
      if (column + 1 + (int)strcspn(text, " ") <= LINE_COLUMNS) {
        putchar(' ');
      }
      ++column;
    }
  }
  putchar('\n');
}

void fiq_options_print(const FiqOption* table, size_t n)
{
  for (size_t i = 0; i < n; ++i) {
    const FiqOption* const option = &table[i];
    if (option->kind == FIQ_OPTION_HEADING) {
      printf("%s%s\n", i > 0 ? "\n" : "", option->help);
      continue;
    }
    int column = printf("  --%s%s%s", option->name, option->argument ? " " : "",
                        option->argument ? option->argument : "");
    column += printf("%*s", column + 2 < NAME_COLUMNS ? NAME_COLUMNS - column : 2, "");
    print_wrapped(option->help, column);
  }
}

bool fiq_option_real(const char* name, const char* text, double minimum, double maximum,
                     double* value)
{
  char* end = NULL;
  *value    = strtod(text, &end);
  // Written so that NaN is refused as well.
  if (end == text || *end != '\0' || !(*value >= minimum && *value <= maximum)) {
    fiq_error("--%s: '%s' is not a number from %g to %g", name, text, minimum, maximum);
    return false;
  }
  return true;
}

bool fiq_option_whole(const char* name, const char* text, double minimum, double maximum,
                      int* value)
{
  double number = 0.0;
  if (!fiq_option_real(name, text, minimum, maximum, &number)) {
    return false;
  }
  *value = (int)number;
  if (fabs(number - (double)*value) > 0.0) {
    fiq_error("--%s: '%s' is not a whole number", name, text);
    return false;
  }
  return true;
}

static bool take(const FiqOption* option, FiqOptionPlace place, void* options, const char* text)
{
  if (option->kind == FIQ_OPTION_CALL) {
    return option->read(options, text);
  }
  void* const value = (char*)place(options, option->place) + option->offset;
  switch (option->kind) {
  case FIQ_OPTION_FLAG:
    *(bool*)value = true;
    return true;
  case FIQ_OPTION_TEXT:
    *(const char**)value = text;
    return true;
  case FIQ_OPTION_REAL:
    return fiq_option_real(option->name, text, option->minimum, option->maximum, value);
  case FIQ_OPTION_WHOLE:
    return fiq_option_whole(option->name, text, option->minimum, option->maximum, value);
  default:
    return false;
  }
}

bool fiq_options_read(const FiqOption* table, size_t n, FiqOptionPlace place, void* options,
                      int argc, char** argv)
{
  struct option known[FIQ_OPTIONS_MAX + 1] = {{.name = NULL}};
  size_t        n_known                    = 0;
  assert(n <= FIQ_OPTIONS_MAX);
  for (size_t i = 0; i < n; ++i) {
    if (table[i].kind != FIQ_OPTION_HEADING) {
      known[n_known++] =
          (struct option){.name    = table[i].name,
                          .has_arg = table[i].argument ? required_argument : no_argument,
                          .val     = FIRST_CODE + (int)i};
    }
  }
  int code = 0;
  while ((code = getopt_long(argc, argv, "", known, NULL)) != -1) {
    if (code < FIRST_CODE || !take(&table[code - FIRST_CODE], place, options, optarg)) {
      return false;
    }
  }
  return true;
}

void fiq_options_each(const FiqOption* table, size_t n, int place, const void* options,
                      FiqOptionFunc receive, void* data)
{
  for (size_t i = 0; i < n; ++i) {
    const FiqOption* const option = &table[i];
    const void* const      value  = (const char*)options + option->offset;
    char                   text[64];
    if (option->place != place || option->is_aside) {
      continue;
    }
    if (option->kind == FIQ_OPTION_TEXT && *(const char* const*)value) {
      receive(data, option, *(const char* const*)value);
    } else if (option->kind == FIQ_OPTION_FLAG && *(const bool*)value) {
      receive(data, option, "");
    } else if (option->kind == FIQ_OPTION_REAL) {
      snprintf(text, sizeof text, "%.17g", *(const double*)value);
      receive(data, option, text);
    } else if (option->kind == FIQ_OPTION_WHOLE) {
      snprintf(text, sizeof text, "%d", *(const int*)value);
      receive(data, option, text);
    }
  }
}
