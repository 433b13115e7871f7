// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What comes out, into a sound file. The audio thread puts frames into a queue of some seconds; another thread writes
   them. The file appears under its name when the recording ends, however it ends. What the disk is too slow for is
   counted and stands in the file as silence, so that the rest keeps its time.
*/
#ifndef FIQ_JACK_RECORD_H
#define FIQ_JACK_RECORD_H

#include "host-test/common/pending_file.h"
#include "host-test/lv2/lv2_host.h"
#include "host-test/lv2/ring.h"

#include <sndfile.h>

enum { FIQ_RECORD_QUEUE_BYTES = 1 << 22 }; ///< five seconds of four channels at 48 kHz

typedef struct {
  FiqRing        queue;      ///< frames, interleaved; data is NULL before the first recording
  uint32_t       n_channels; ///< of the recording
  atomic_bool    on;         ///< frames are wanted
  atomic_bool    inside;     ///< the audio thread is putting some
  atomic_ulong   n_lost;     ///< frames that found the queue full, not yet made up for
  SNDFILE*       file;       ///< NULL while nothing is recorded
  FiqPendingFile pending;
  uint64_t       n_frames; ///< written so far
  uint64_t       n_silent; ///< of them made up for
  double         rate_hz;
} FiqRecord;

/// Put frames of the recording's channels `out`. Where nothing has to be in time (`patient`) it waits for room.  [audio]
void fiq_record_put(FiqRecord* self, const float* const* out, uint32_t n_frames, bool patient);

/// Begin to record `n_channels` at `rate_hz` as 32 bit floats in WAV, RF64 where it grows beyond 4 GiB, or 24 bit FLAC,
/// by the name; says what is wrong.  [any but audio]
bool fiq_record_begin(FiqRecord* self, const char* path, uint32_t n_channels, double rate_hz);

/// Write what has come; false, and the recording has ended, when the disk failed (already said).  [any but audio]
bool fiq_record_write(FiqRecord* self);

/// End it, if there is one, and give the file its name; says what is wrong.  [any but audio]
bool fiq_record_end(FiqRecord* self);

/// Release the queue; a recording that was not ended is removed.  [setup]
void fiq_record_free(FiqRecord* self);

#endif
