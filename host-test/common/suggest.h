// SPDX-License-Identifier: GPL-3.0-or-later
/**
   "Did you mean": the names of a list that are nearest to one that is not in it.
*/
#ifndef FIQ_SUGGEST_H
#define FIQ_SUGGEST_H

#include <stddef.h>

enum {
  FIQ_SUGGEST_BYTES = 512, ///< room that any suggestion fits in
  FIQ_SUGGEST_NAMES = 3    ///< names offered at most
};

/// Write "; did you mean a, b or c?" for the nearest of `names` into `to`, or "" when none is
/// near. Case is ignored; a name that contains `wanted` counts as near.  [any but audio]
void fiq_suggest(char to[FIQ_SUGGEST_BYTES], const char* wanted, const char* const* names,
                 size_t n_names);

#endif
