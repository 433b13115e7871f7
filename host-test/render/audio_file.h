// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Sound files by libsndfile. Input is read as float planes, cleaned of NaN and Inf, from files and, copied
   aside before, from pipes. Output is a pending file, so that nobody ever sees half a render. PCM is rounded here, to the
   nearest value, so that what passes unchanged comes out bit for bit.
*/
#ifndef FIQ_AUDIO_FILE_H
#define FIQ_AUDIO_FILE_H

#include "host-test/common/pending_file.h"
#include "host-test/render/sound_header.h"
#include "host-test/render/sound_writer.h"

#include <sndfile.h>

#include <stdbool.h>
#include <stdint.h>

enum { FIQ_AUDIO_RATE_MIN_HZ = 8000, FIQ_AUDIO_RATE_MAX_HZ = 384000, FIQ_AUDIO_CHANNELS_MAX = 64 };

typedef struct {
  SNDFILE*       file;
  const char*    path;
  FiqSoundHeader header;       ///< and what follows it
  bool           opened;       ///< the header's descriptor is to be closed
  int64_t        position;     ///< of the decoder in the file
  float*         interleaved;  ///< [block][channels]
  uint32_t       block_frames; ///< most frames of one read
  int            channels;     ///< 1..FIQ_AUDIO_CHANNELS_MAX
  int            rate_hz;
  int64_t        n_frames; ///< as the header says
  int64_t        n_read;
  uint64_t       n_not_finite; ///< samples replaced by silence
  bool           failed;       ///< the decoder gave up
} FiqAudioInput;

/// Open `path` ("-": stdin; it must outlive `self`) for reads of up to `block_frames`; says what is wrong. `self` must
/// not move; close it whatever comes out.
bool fiq_audio_open(FiqAudioInput* self, const char* path, uint32_t block_frames);

/// Go back to the first frame; says what is wrong.
bool fiq_audio_rewind(FiqAudioInput* self);

/// Go on reading from `frame`; says what is wrong, and then the file counts as damaged.
bool fiq_audio_seek(FiqAudioInput* self, int64_t frame);

/// Read up to `n_frames` into planes [n_planes][n_frames]; the last channel goes to all planes that are left. Frames
/// beyond the end are silence. Returns the frames that came from the file.
uint32_t fiq_audio_read(FiqAudioInput* self, float* const* planes, uint32_t n_planes,
                        uint32_t n_frames);

/// Say whether the file ended too early or held NaN; false when it could not be decoded to its end.
bool fiq_audio_report(const FiqAudioInput* self);

void fiq_audio_close(FiqAudioInput* self);

typedef struct {
  SNDFILE*       file;
  FiqPendingFile pending;
  FiqSoundWriter writer; ///< to the pending file
  int            channels;
  int            pcm_bits;     ///< 0 for float and lossy encodings
  bool           float_pcm;    ///< holds more than full scale
  float*         interleaved;  ///< [block][channels]
  int*           integers;     ///< [block][channels]
  uint32_t       block_frames; ///< most frames of one write
  uint64_t       n_clipped;
  bool           dithers; ///< adds triangular noise of one step before rounding to PCM
  uint32_t       noise;   ///< state of that
} FiqAudioOutput;

/// A libsndfile format from names for `channels`; NULL or "" choose: the type from the extension of `path` (WAV where it
/// names no place: "-", /dev/fd/3), the encoding by the type (24-bit where possible). 0, and says why, when there is
/// none such.
int fiq_audio_format(const char* path, const char* type, const char* encoding, int channels);

/// Bits of the PCM of `format`, or 0 for others.
int fiq_audio_pcm_bits(int format);

/// `format`, or the kind of it that can say where the channels of `input` belong.
int fiq_audio_format_for(int format, const FiqAudioInput* input, int channels);

/// Begin `path`; says what is wrong. `self` must not move.
bool fiq_audio_create(FiqAudioOutput* self, const char* path, int format, int rate_hz, int channels,
                      uint32_t block_frames);

/// Carry over what the file of `input` says besides its sound, where `self` can hold it: tags, the broadcast extension, the cart
/// chunk, cues and the places of the channels. Before the first write.
void fiq_audio_carry_over(FiqAudioOutput* self, const FiqAudioInput* input);

/// Append `n_frames` <= block_frames of planes [channels], clipping (and counting) what the encoding cannot hold.
bool fiq_audio_write(FiqAudioOutput* self, float* const* planes, uint32_t n_frames);

/// Complete the file under its final name; says what is wrong and then removes it.
bool fiq_audio_commit(FiqAudioOutput* self);

/// Remove what has been written, if commit has not been called.
void fiq_audio_discard(FiqAudioOutput* self);

#endif
