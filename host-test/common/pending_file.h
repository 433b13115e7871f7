// SPDX-License-Identifier: GPL-3.0-or-later
/**
   A file that appears under its name only when all of it is on the disk. Until then it stands
   in the same folder under a hidden temporary name, so that nobody ever sees half of it and an
   older file of that name stays until it is replaced. One that a killed process left is removed when the file is written
   again. What is no file (a device, a pipe, "-" for stdout) is
   written to directly, or, for what must be sought in, at the end out of a file without a name.
*/
#ifndef FIQ_PENDING_FILE_H
#define FIQ_PENDING_FILE_H

#include "host-test/common/file_path.h"

#include <stdbool.h>
#include <stddef.h>

enum { FIQ_PENDING_MAX = 8 }; ///< open at one time

typedef struct {
  char path[FIQ_PATH_BYTES];      ///< final name, links resolved
  char temporary[FIQ_PATH_BYTES]; ///< "" when there is none (devices, or all is done)
  int  descriptor;                ///< to write to; -1 when closed
  int  stream; ///< where `descriptor`, a file without a name, goes in the end; -1: nowhere
} FiqPendingFile;

/// Begin `path`, to be written from its beginning to its end; says what is wrong.
bool fiq_pending_open(FiqPendingFile* self, const char* path);

/// Begin `path`, to be written in any order; says what is wrong.
bool fiq_pending_open_seekable(FiqPendingFile* self, const char* path);

/// Append `n_bytes`; false, with errno, when that failed.
bool fiq_pending_write(const FiqPendingFile* self, const void* bytes, size_t n_bytes);

/// Put what has been written on the disk and close; says what is wrong and then removes it.
bool fiq_pending_complete(FiqPendingFile* self);

/// Give the completed file its final name; says what is wrong and then removes it.
bool fiq_pending_rename(FiqPendingFile* self);

/// Remove what has been written; nothing happens once the file has its final name.
void fiq_pending_discard(FiqPendingFile* self);

/// Say that the file could not be completed, why if errno knows, and remove it.
void fiq_pending_fail(FiqPendingFile* self, const char* otherwise);

/// Begin, complete and rename `path` with this text; says what is wrong.
bool fiq_pending_text(const char* path, const char* text);

/// Remove every temporary file there is, from a signal's handler.
void fiq_pending_remove_all(void);

/// Remove temporary files for `path` whose writers were killed.
void fiq_pending_sweep(const char* path);

/// A file without a name in the folder for temporary files, or -1 with errno.
int fiq_nameless_file(void);

/// Copy all that is left to read of `from` to `to`; false, with errno, when that failed.
bool fiq_copy_bytes(int from, int to);

#endif
