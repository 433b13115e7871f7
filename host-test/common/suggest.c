// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/common/suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MAX_LENGTH = 64 };

static int lower(char c)
{
  return tolower((unsigned char)c);
}

/// Edits (insert, delete, replace) from `a` to `b`; names beyond the limit are cut.
static size_t edit_distance(const char* a, const char* b)
{
  size_t       row[NAME_MAX_LENGTH + 1];
  const size_t n_b = strnlen(b, NAME_MAX_LENGTH);
  const size_t n_a = strnlen(a, NAME_MAX_LENGTH);
  for (size_t k = 0; k <= n_b; ++k) {
    row[k] = k;
  }
  for (size_t i = 1; i <= n_a; ++i) {
    size_t diagonal = row[0];
    row[0]          = i;
    for (size_t k = 1; k <= n_b; ++k) {
      const size_t replaced = diagonal + (lower(a[i - 1]) == lower(b[k - 1]) ? 0 : 1);
      const size_t edited   = (row[k] < row[k - 1] ? row[k] : row[k - 1]) + 1;
      diagonal              = row[k];
      row[k]                = replaced < edited ? replaced : edited;
    }
  }
  return row[n_b];
}

static bool contains(const char* name, const char* part)
{
  const size_t n_part = strlen(part);
  for (; n_part > 1 && *name; ++name) {
    size_t i = 0;
    while (i < n_part && name[i] && lower(name[i]) == lower(part[i])) {
      ++i;
    }
    if (i == n_part) {
      return true;
    }
  }
  return false;
}

static size_t rank(const char* wanted, const char* name)
{
  return contains(name, wanted) ? 1 : edit_distance(wanted, name);
}

static void write_list(char* to, const char* const* best, size_t n_best)
{
  size_t used = (size_t)snprintf(to, FIQ_SUGGEST_BYTES, "; did you mean ");
  for (size_t i = 0; i < n_best && used < FIQ_SUGGEST_BYTES - 1; ++i) {
    const char* const joint = i + 1 == n_best ? "?" : (i + 2 == n_best ? " or " : ", ");
    const int         n =
        snprintf(to + used, FIQ_SUGGEST_BYTES - used, "%.*s%s", NAME_MAX_LENGTH, best[i], joint);
    used += n > 0 ? (size_t)n : 0;
  }
}

void fiq_suggest(char to[FIQ_SUGGEST_BYTES], const char* wanted, const char* const* names,
                 size_t n_names)
{
  const char*  best[FIQ_SUGGEST_NAMES];
  size_t       n_best = 0;
  const size_t limit  = 2 + strnlen(wanted, NAME_MAX_LENGTH) / 4;
  to[0]               = '\0';
  for (size_t distance = 0; distance <= limit; ++distance) {
    for (size_t i = 0; i < n_names && n_best < FIQ_SUGGEST_NAMES; ++i) {
      if (rank(wanted, names[i]) == distance) {
        best[n_best++] = names[i];
      }
    }
  }
  if (n_best > 0) {
    write_list(to, best, n_best);
  }
}
