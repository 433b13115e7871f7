// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Turtle read strictly: all of a text or, with the reason, none of it counts. The library that hosts load presets by
   takes what it understands of a damaged text and leaves the rest; what is to be refused is asked here before.
*/
#ifndef FIQ_LV2_TURTLE_H
#define FIQ_LV2_TURTLE_H

#include <stdbool.h>
#include <stddef.h>

enum { FIQ_TURTLE_REASON_BYTES = 256 };

/// One statement; URIs are absolute, blank nodes have names of their own within the text.
typedef struct {
  const char* subject;
  const char* predicate;
  const char* object;
  const char* type;    ///< URI of a literal's type; "" when it has none, or is no literal
  bool        literal; ///< whether `object` is a text or number
} FiqStatement;

/// Receives each statement in turn; what it points to is gone afterwards.
typedef void (*FiqStatementFunc)(void* data, const FiqStatement* statement);

/// Hand every statement of `text` [n_bytes], followed by a 0, to `receive`. `base` is the URI that <> stands for
/// and, if it is a file's, relative ones are relative to.
/// False, and `reason` says why and where, when the text is damaged or cut off; `receive` may have been called.
bool fiq_turtle_read(const char* text, size_t n_bytes, const char* base, FiqStatementFunc receive,
                     void* data, char reason[FIQ_TURTLE_REASON_BYTES]);

/// The whole file at `path` with a final 0, owned by the caller, or NULL with errno.
char* fiq_turtle_load(const char* path, size_t* n_bytes);

#endif
