// SPDX-License-Identifier: GPL-3.0-or-later
/**
   A file that appears under its name only when all of it is on the disk. Until then it stands
   in the same folder under a hidden temporary name, so that nobody ever sees half of it and an
   older file of that name stays until it is replaced. Devices are written to directly.
*/
#ifndef FIQ_PENDING_FILE_H
#define FIQ_PENDING_FILE_H

#include <stdbool.h>

enum { FIQ_PENDING_PATH_BYTES = 4096 };

typedef struct {
  char path[FIQ_PENDING_PATH_BYTES];      ///< final name, links resolved
  char temporary[FIQ_PENDING_PATH_BYTES]; ///< "" when there is none (devices, or all is done)
  int  descriptor;                        ///< to write to; -1 when closed
} FiqPendingFile;

/// Begin `path`; says what is wrong.
bool fiq_pending_open(FiqPendingFile* self, const char* path);

/// Put what has been written on the disk and close; says what is wrong and then removes it.
bool fiq_pending_complete(FiqPendingFile* self);

/// Give the completed file its final name; says what is wrong and then removes it.
bool fiq_pending_rename(FiqPendingFile* self);

/// Remove what has been written; nothing happens once the file has its final name.
void fiq_pending_discard(FiqPendingFile* self);

/// Say that the file could not be completed, why if errno knows, and remove it.
void fiq_pending_fail(FiqPendingFile* self, const char* otherwise);

#endif
