// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Sound files by libsndfile. Input is read as float planes, cleaned of NaN and Inf. Output
   is a pending file, so that nobody ever sees half a render. PCM is rounded here, to the
   nearest value, so that what passes unchanged comes out bit for bit.
*/
#ifndef FIQ_AUDIO_FILE_H
#define FIQ_AUDIO_FILE_H

#include "host-test/common/pending_file.h"

#include <sndfile.h>

#include <stdbool.h>
#include <stdint.h>

enum { FIQ_AUDIO_RATE_MIN_HZ = 8000, FIQ_AUDIO_RATE_MAX_HZ = 384000 };

typedef struct {
  SNDFILE*    file;
  const char* path;
  float*      interleaved;  ///< [block][channels]
  uint32_t    block_frames; ///< most frames of one read
  int         channels;     ///< 1 or 2
  int         rate_hz;
  int64_t     n_frames; ///< as the header says
  int64_t     n_read;
  uint64_t    n_not_finite; ///< samples replaced by silence
  bool        failed;       ///< the decoder gave up
} FiqAudioInput;

/// Open `path` (which must outlive `self`) for reads of up to `block_frames`; says what is wrong.
bool fiq_audio_open(FiqAudioInput* self, const char* path, uint32_t block_frames);

/// Read up to `n_frames` into planes [2][n_frames]; mono goes to both. Frames beyond the end are
/// silence. Returns the frames that came from the file.
uint32_t fiq_audio_read(FiqAudioInput* self, float* const planes[2], uint32_t n_frames);

/// Say whether the file ended too early or held NaN; false when it could not be decoded to its end.
bool fiq_audio_report(const FiqAudioInput* self);

void fiq_audio_close(FiqAudioInput* self);

typedef struct {
  SNDFILE*       file;
  FiqPendingFile pending;
  int            channels;
  int            pcm_bits;     ///< 0 for float and lossy encodings
  bool           float_pcm;    ///< holds more than full scale
  float*         interleaved;  ///< [block][channels]
  int*           integers;     ///< [block][channels]
  uint32_t       block_frames; ///< most frames of one write
  uint64_t       n_clipped;
} FiqAudioOutput;

/// A libsndfile format from names; NULL or "" choose: the type from the extension of `path`, the
/// encoding by the type (24-bit where possible). 0, and says why, when there is none such.
int fiq_audio_format(const char* path, const char* type, const char* encoding);

/// Begin `path`; says what is wrong.
bool fiq_audio_create(FiqAudioOutput* self, const char* path, int format, int rate_hz, int channels,
                      uint32_t block_frames);

/// Append `n_frames` <= block_frames of planes [channels], clipping (and counting) what the encoding cannot hold.
bool fiq_audio_write(FiqAudioOutput* self, float* const* planes, uint32_t n_frames);

/// Complete the file under its final name; says what is wrong and then removes it.
bool fiq_audio_commit(FiqAudioOutput* self);

/// Remove what has been written, if commit has not been called.
void fiq_audio_discard(FiqAudioOutput* self);

#endif
