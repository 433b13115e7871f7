// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What goes into the plugins: a sound file, or a part of it, played once or more often, at the rate that is wanted.
*/
#ifndef FIQ_SOURCE_H
#define FIQ_SOURCE_H

#include "host-test/render/audio_file.h"
#include "host-test/render/resampler.h"

/// All zero: there is none.
typedef struct {
  FiqAudioInput file;
  FiqResampler  resampler; ///< without a converter where the rates are the same
  double        rate_hz;   ///< that comes out
  int64_t       n_frames;  ///< that come out, of all turns
  int64_t       n_read;    ///< of those
  int64_t       first;     ///< frame of the file
  int64_t       turn;      ///< frames of the file in one turn
  int64_t       n_turns;
  int64_t       at;       ///< frame of the turn
  uint64_t      n_zeros;  ///< silence that comes first
  float**       taken;    ///< [channels][FIQ_HOST_BLOCK_MAX] before conversion
  uint32_t      n_taken;  ///< frames of it
  uint32_t      n_used;   ///< of those, by the resampler
  bool          is_short; ///< the file ended before its time
} FiqSource;

/// Open `path`, which must outlive `self`; says what is wrong. Close it whatever comes out.
bool fiq_source_open(FiqSource* self, const char* path);

/// Whether there is one.
bool fiq_source_is_open(const FiqSource* self);

/// Play what stands from `start_s` to `end_s` (< 0: the end), `n_turns` times, at `rate_hz`. Says what is wrong.
bool fiq_source_begin(FiqSource* self, double start_s, double end_s, uint32_t n_turns,
                      double rate_hz);

/// Go back to its first frame; says what is wrong.
bool fiq_source_rewind(FiqSource* self);

/// Read the next `n_frames` <= FIQ_HOST_BLOCK_MAX into planes [n_planes], the last channel into all that are left, silence
/// beyond the end. What goes wrong fiq_source_report says.
void fiq_source_read(FiqSource* self, float* const* planes, uint32_t n_planes, uint32_t n_frames);

/// Whether all that was read until now was there.
bool fiq_source_is_whole(const FiqSource* self);

/// Say what was wrong with what was read until now; false when it could not be read.
bool fiq_source_report(const FiqSource* self);

void fiq_source_close(FiqSource* self);

#endif
