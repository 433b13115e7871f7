// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Moments that have names: a word is bound to one, and calls it back; several words call the mixture of theirs.

   Capital letters A-Z are as small ones; a name ends at white space, a comma or a control character, and after 23 bytes.
   When all places are taken the name that was bound longest ago goes. A mixture has the energies of its parts in
   equal shares; partials within a quarter of a semitone of one another are one. Cost: O(names) a word.
*/
#ifndef FIQ_MOMENT_NAMES_H
#define FIQ_MOMENT_NAMES_H

#include "dsp/goals/moment_memory.h"

#include <stddef.h>

enum { FIQ_NAMES_MAX = 32, FIQ_NAME_BYTES = 24, FIQ_NAMES_CALLED = 8 };

typedef struct {
  char      name[FIQ_NAME_BYTES]; ///< with the final 0, not empty
  FiqMoment moment;
} FiqNamedMoment;

typedef struct {
  FiqNamedMoment named[FIQ_NAMES_MAX]; ///< [n] in the order they were bound
  uint32_t       n;
  uint32_t       generation; ///< changes with them
} FiqMomentNames;

/// No names.  [audio]
void fiq_moment_names_clear(FiqMomentNames* self);

/// Bind the first word of `text` [n_bytes] to `moment`, anew if it was; false if there is none.  [audio]
bool fiq_moment_names_bind(FiqMomentNames* self, const char* text, size_t n_bytes,
                           const FiqMoment* moment);

/// The mixture of what the words of `text` [n_bytes] are bound to, at most FIQ_NAMES_CALLED; false if none of them is.
/// [audio]
bool fiq_moment_names_mix(const FiqMomentNames* self, const char* text, size_t n_bytes,
                          FiqMoment* mixture);

#endif
