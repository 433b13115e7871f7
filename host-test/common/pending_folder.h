// SPDX-License-Identifier: GPL-3.0-or-later
/**
   A folder that appears under its name only when all of it is on the disk. Where there is a folder of that name
   already, what it holds besides stays, and each new file takes its place as a whole.
*/
#ifndef FIQ_PENDING_FOLDER_H
#define FIQ_PENDING_FOLDER_H

#include "host-test/common/file_path.h"

typedef struct {
  char        path[FIQ_PATH_BYTES];      ///< final name, links resolved
  char        temporary[FIQ_PATH_BYTES]; ///< to write into, without folders below
  const char* index;                     ///< file that names the others and takes its place last
  bool        exists;                    ///< there is a folder of that name already
} FiqPendingFolder;

/// Begin `path`, with a copy of the file `index` if there is one already; says what is wrong.
bool fiq_folder_open(FiqPendingFolder* self, const char* path, const char* index);

/// Whether nothing more can be written there.
bool fiq_folder_is_full(const FiqPendingFolder* self);

/// Put all of it on the disk and in its place; says what is wrong and then removes what is not in its place.
bool fiq_folder_commit(FiqPendingFolder* self);

/// Remove what has been written.
void fiq_folder_discard(FiqPendingFolder* self);

/// Remove the folder that was begun last and is not in its place, from a signal's handler. It is one per process.
void fiq_folder_remove_begun(void);

#endif
