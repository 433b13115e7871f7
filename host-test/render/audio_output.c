// SPDX-License-Identifier: GPL-3.0-or-later
#define _XOPEN_SOURCE 700

#include "host-test/common/report.h"
#include "host-test/render/audio_file.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct {
  const char* name;
  int         code;
} Code;

/// Types by extension, each with the encoding that a musician would choose.
static const struct {
  const char* name;
  int         type;
  int         encoding;
} types[] = {
    {"wav", SF_FORMAT_WAV, SF_FORMAT_PCM_24},         {"wave", SF_FORMAT_WAV, SF_FORMAT_PCM_24},
    {"flac", SF_FORMAT_FLAC, SF_FORMAT_PCM_24},       {"ogg", SF_FORMAT_OGG, SF_FORMAT_VORBIS},
    {"oga", SF_FORMAT_OGG, SF_FORMAT_VORBIS},         {"opus", SF_FORMAT_OGG, SF_FORMAT_OPUS},
    {"aiff", SF_FORMAT_AIFF, SF_FORMAT_PCM_24},       {"aif", SF_FORMAT_AIFF, SF_FORMAT_PCM_24},
    {"au", SF_FORMAT_AU, SF_FORMAT_PCM_24},           {"caf", SF_FORMAT_CAF, SF_FORMAT_PCM_24},
    {"w64", SF_FORMAT_W64, SF_FORMAT_PCM_24},         {"rf64", SF_FORMAT_RF64, SF_FORMAT_PCM_24},
    {"mp3", SF_FORMAT_MPEG, SF_FORMAT_MPEG_LAYER_III}};

static const Code encodings[] = {{"pcm16", SF_FORMAT_PCM_16},
                                 {"pcm24", SF_FORMAT_PCM_24},
                                 {"pcm32", SF_FORMAT_PCM_32},
                                 {"float", SF_FORMAT_FLOAT}};

static bool given(const char* text)
{
  return text && text[0];
}

static int encoding_code(const char* name)
{
  for (size_t i = 0; i < sizeof encodings / sizeof encodings[0]; ++i) {
    if (strcasecmp(name, encodings[i].name) == 0) {
      return encodings[i].code;
    }
  }
  fiq_error("no encoding '%s'; there are pcm16, pcm24, pcm32 and float", name);
  return 0;
}

int fiq_audio_format(const char* path, const char* type, const char* encoding)
{
  const char* const slash  = strrchr(path, '/');
  const char* const dot    = strrchr(slash ? slash : path, '.');
  const char* const wanted = given(type) ? type : (dot ? dot + 1 : "");
  for (size_t i = 0; i < sizeof types / sizeof types[0]; ++i) {
    if (strcasecmp(wanted, types[i].name) != 0) {
      continue;
    }
    const int code = given(encoding) ? encoding_code(encoding) : types[i].encoding;
    SF_INFO   info = {.format = types[i].type | code, .channels = 2, .samplerate = 48000};
    if (code != 0 && !sf_format_check(&info)) {
      fiq_error("%s files cannot hold %s", wanted, encoding);
      return 0;
    }
    return code == 0 ? 0 : info.format;
  }
  fiq_error("%s: cannot tell the format from '%s'; choose by --format wav, flac, ogg, opus, mp3, "
            "aiff, au, caf, w64 or rf64",
            path, wanted);
  return 0;
}

static int bits_of(int format)
{
  switch (format & SF_FORMAT_SUBMASK) {
  case SF_FORMAT_PCM_16:
    return 16;
  case SF_FORMAT_PCM_24:
    return 24;
  case SF_FORMAT_PCM_32:
    return 32;
  default:
    return 0;
  }
}

bool fiq_audio_create(FiqAudioOutput* self, const char* path, int format, int rate_hz, int channels,
                      uint32_t block_frames)
{
  SF_INFO info   = {.format = format, .channels = channels, .samplerate = rate_hz};
  *self          = (FiqAudioOutput){.channels     = channels,
                                    .pcm_bits     = bits_of(format),
                                    .float_pcm    = (format & SF_FORMAT_SUBMASK) == SF_FORMAT_FLOAT,
                                    .block_frames = block_frames};
  const size_t n = (size_t)block_frames * (size_t)channels;
  if (!fiq_pending_open(&self->pending, path)) {
    return false;
  }
  self->interleaved = calloc(n, sizeof(float));
  self->integers    = calloc(n, sizeof(int));
  self->file        = sf_open_fd(self->pending.descriptor, SFM_WRITE, &info, SF_FALSE);
  if (!self->file || !self->interleaved || !self->integers) {
    fiq_error("%s: cannot be begun: %s", path, self->file ? "out of memory" : sf_strerror(NULL));
    return false;
  }
  // The PEAK chunk holds the time of day, which would make no two renders alike.
  sf_command(self->file, SFC_SET_ADD_PEAK_CHUNK, NULL, SF_FALSE);
  return true;
}

static void interleave(FiqAudioOutput* self, float* const* planes, uint32_t n_frames)
{
  for (int c = 0; c < self->channels; ++c) {
    for (uint32_t i = 0; i < n_frames; ++i) {
      self->interleaved[(size_t)i * (size_t)self->channels + (size_t)c] = planes[c][i];
    }
  }
}

/// Nearest integers of `pcm_bits`, left-aligned in 32 bits as libsndfile wants them.
static void round_to_pcm(FiqAudioOutput* self, size_t n)
{
  const double full  = ldexp(1.0, self->pcm_bits - 1);
  const double shift = ldexp(1.0, 32 - self->pcm_bits);
  for (size_t i = 0; i < n; ++i) {
    double x = nearbyint((double)self->interleaved[i] * full);
    // Full scale itself is one step beyond the largest value; nobody would call that clipping.
    self->n_clipped += x > full || x < -full ? 1 : 0;
    x                 = x > full - 1.0 ? full - 1.0 : (x < -full ? -full : x);
    self->integers[i] = (int)(x * shift);
  }
}

static void clip_lossy(FiqAudioOutput* self, size_t n)
{
  for (size_t i = 0; i < n; ++i) {
    const float x = self->interleaved[i];
    self->n_clipped += x > 1.0f || x < -1.0f ? 1 : 0;
    self->interleaved[i] = x > 1.0f ? 1.0f : (x < -1.0f ? -1.0f : x);
  }
}

bool fiq_audio_write(FiqAudioOutput* self, float* const* planes, uint32_t n_frames)
{
  const size_t n     = (size_t)n_frames * (size_t)self->channels;
  sf_count_t   wrote = 0;
  interleave(self, planes, n_frames);
  errno = 0;
  if (self->pcm_bits > 0) {
    round_to_pcm(self, n);
    wrote = sf_writef_int(self->file, self->integers, n_frames);
  } else {
    if (!self->float_pcm) {
      clip_lossy(self, n);
    }
    wrote = sf_writef_float(self->file, self->interleaved, n_frames);
  }
  if (wrote != (sf_count_t)n_frames) {
    fiq_error("%s: writing failed: %s", self->pending.path,
              errno ? strerror(errno) : sf_strerror(self->file));
    return false;
  }
  return true;
}

static void release(FiqAudioOutput* self)
{
  free(self->interleaved);
  free(self->integers);
  self->interleaved = NULL;
  self->integers    = NULL;
}

bool fiq_audio_commit(FiqAudioOutput* self)
{
  errno              = 0;
  const bool flushed = sf_error(self->file) == SF_ERR_NO_ERROR;
  const bool closed  = sf_close(self->file) == 0 && errno != ENOSPC && errno != EFBIG;
  self->file         = NULL;
  if (!flushed || !closed) {
    fiq_pending_fail(&self->pending, "the encoder failed");
    return false;
  }
  release(self);
  return fiq_pending_complete(&self->pending) && fiq_pending_rename(&self->pending);
}

void fiq_audio_discard(FiqAudioOutput* self)
{
  if (self->file) {
    sf_close(self->file);
    self->file = NULL;
  }
  fiq_pending_discard(&self->pending);
  release(self);
}
