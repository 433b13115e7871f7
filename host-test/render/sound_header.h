// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What the header of a sound file says of its length, against what there is. A file that was cut off, or written to a
   pipe, which cannot be told its length afterwards, has a wrong one: the true one is put in its place as the file is
   read. WAV, RF64, AIFF, W64, AU and CAF; the rest is left as it is.
*/
#ifndef FIQ_SOUND_HEADER_H
#define FIQ_SOUND_HEADER_H

#include <stdbool.h>
#include <stdint.h>

enum { FIQ_PATCHES_MAX = 4, FIQ_PATCH_BYTES = 8 };

/// Bytes of the file to be read as others.
typedef struct {
  int64_t at;
  int     n_bytes; ///< 1..FIQ_PATCH_BYTES
  uint8_t bytes[FIQ_PATCH_BYTES];
} FiqPatch;

typedef struct {
  int      descriptor; ///< a file that can be sought in
  int64_t  n_bytes;    ///< of the file
  bool     cut;        ///< there is less sound than the header says
  FiqPatch patches[FIQ_PATCHES_MAX];
  int      n_patches;
} FiqSoundHeader;

/// Look at the header of `descriptor`, from its beginning, wherever it stands.  [any but audio]
void fiq_sound_header_init(FiqSoundHeader* self, int descriptor);

/// Read up to `n` bytes from `at` as they ought to be; the bytes read, fewer at the end of the file.
int64_t fiq_sound_header_read(const FiqSoundHeader* self, int64_t at, void* to, int64_t n);

#endif
