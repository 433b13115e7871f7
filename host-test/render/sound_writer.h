// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What libsndfile writes, gathered into pieces that are worth a system call: it hands over some kilobytes at a time.
*/
#ifndef FIQ_SOUND_WRITER_H
#define FIQ_SOUND_WRITER_H

#include <sndfile.h>

#include <stdbool.h>
#include <stdint.h>

enum { FIQ_SOUND_WRITER_BYTES = 1 << 18 };

typedef struct {
  int      descriptor; ///< a file that can be sought in
  uint8_t* bytes;      ///< [FIQ_SOUND_WRITER_BYTES] not yet written
  size_t   n_bytes;    ///< of those
  int64_t  from;       ///< where they belong
  int64_t  at;         ///< where the next go
  int64_t  length;     ///< of the file
  int      failure;    ///< errno of the first write that failed, or 0
} FiqSoundWriter;

/// Write to `descriptor` from its beginning; false when memory is short. Free it whatever comes out.
bool fiq_sound_writer_init(FiqSoundWriter* self, int descriptor);

/// Functions for sf_open_virtual, with the writer as their data.
SF_VIRTUAL_IO fiq_sound_writer_functions(void);

/// Write what is gathered; false, with errno, when that or an earlier write failed.
bool fiq_sound_writer_flush(FiqSoundWriter* self);

void fiq_sound_writer_free(FiqSoundWriter* self);

#endif
