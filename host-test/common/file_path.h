// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Where a path leads: links followed, "." and ".." taken out, although the file itself need not exist yet.
   Some paths name no place but a descriptor that the program was started with.
*/
#ifndef FIQ_FILE_PATH_H
#define FIQ_FILE_PATH_H

#include <stdbool.h>

enum { FIQ_PATH_BYTES = 4096 };

/// Write the canonical name of `path` to `to`; of what does not exist, the name that it would get. False, with errno,
/// when it is too long or leads in a circle.  [any but audio]
bool fiq_path_resolve(const char* path, char to[FIQ_PATH_BYTES]);

/// The descriptor that `path` names (/dev/stdin, /dev/fd/3, and "-", which is `standard`), or -1.  [any but audio]
int fiq_path_descriptor(const char* path, int standard);

/// Write a hidden name beside `path` to `to`, as mkstemp wants it; false, with errno, when it is too long.  [any but audio]
bool fiq_path_temporary(const char* path, char to[FIQ_PATH_BYTES]);

/// Whether `path` ends in ".lv2", as folders that other hosts find do; a final slash is passed over.  [any but audio]
bool fiq_path_is_bundle(const char* path);

#endif
