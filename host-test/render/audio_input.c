// SPDX-License-Identifier: GPL-3.0-or-later
#define _XOPEN_SOURCE 700

#include "host-test/common/report.h"
#include "host-test/render/audio_file.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/// A descriptor of one's own of what `path` names, or -1 with errno.
static int open_path(const char* path)
{
  const int given = fiq_path_descriptor(path, STDIN_FILENO);
  return given >= 0 ? dup(given) : open(path, O_RDONLY | O_CLOEXEC);
}

/// Copy what can be read only once into a file without a name: it is sought in, and learned from before it is played.
static int keep(const char* path, int descriptor)
{
  const int kept = fiq_nameless_file();
  if (kept < 0 || !fiq_copy_bytes(descriptor, kept)) {
    fiq_error("%s: cannot be kept while it is used: %s", path, strerror(errno));
    close(descriptor);
    if (kept >= 0) {
      close(kept);
    }
    return -1;
  }
  close(descriptor);
  return kept;
}

/// A file that can be sought in with all that `path` holds, or -1, and says why.
static int open_content(const char* path)
{
  struct stat info;
  int         descriptor = open_path(path);
  if (descriptor < 0 || fstat(descriptor, &info) != 0) {
    fiq_error("%s: %s", path, strerror(errno));
    return -1;
  }
  const char* wrong = S_ISDIR(info.st_mode)   ? "is a folder, not a sound file"
                      : S_ISCHR(info.st_mode) ? "is a device, not a sound file"
                                              : NULL;
  if (!wrong && (!S_ISREG(info.st_mode) || lseek(descriptor, 0, SEEK_CUR) > 0)) {
    descriptor = keep(path, descriptor);
  }
  if (!wrong && descriptor >= 0 && fstat(descriptor, &info) == 0 && info.st_size == 0) {
    wrong = "is empty (0 bytes)";
  }
  if (wrong) {
    fiq_error("%s: %s", path, wrong);
    close(descriptor);
  }
  return wrong ? -1 : descriptor;
}

static sf_count_t content_bytes(void* data)
{
  return ((FiqAudioInput*)data)->header.n_bytes;
}

static sf_count_t seek_content(sf_count_t offset, int whence, void* data)
{
  FiqAudioInput* const self = data;
  const sf_count_t     from =
      whence == SEEK_SET ? 0 : (whence == SEEK_CUR ? self->position : self->header.n_bytes);
  if (from + offset >= 0) {
    self->position = from + offset;
  }
  return self->position;
}

static sf_count_t read_content(void* to, sf_count_t n, void* data)
{
  FiqAudioInput* const self = data;
  const sf_count_t     got  = fiq_sound_header_read(&self->header, self->position, to, n);
  self->position += got;
  return got;
}

static sf_count_t tell_content(void* data)
{
  return ((FiqAudioInput*)data)->position;
}

/// Begin to decode, from the beginning.
static bool begin(FiqAudioInput* self, SF_INFO* info)
{
  static SF_VIRTUAL_IO content = {.get_filelen = content_bytes,
                                  .seek        = seek_content,
                                  .read        = read_content,
                                  .tell        = tell_content};
  *info                        = (SF_INFO){.format = 0};
  self->position               = 0;
  self->n_read                 = 0;
  self->file                   = sf_open_virtual(&content, SFM_READ, info, self);
  if (!self->file) {
    fiq_error("%s: not a readable sound file: %s", self->path, sf_strerror(NULL));
  }
  return self->file != NULL;
}

static bool check_content(const FiqAudioInput* self, const SF_INFO* info)
{
  if (info->samplerate < FIQ_AUDIO_RATE_MIN_HZ || info->samplerate > FIQ_AUDIO_RATE_MAX_HZ) {
    fiq_error("%s: its sample rate of %d Hz is outside %d .. %d Hz", self->path, info->samplerate,
              FIQ_AUDIO_RATE_MIN_HZ, FIQ_AUDIO_RATE_MAX_HZ);
    return false;
  }
  if (info->channels < 1 || info->channels > FIQ_AUDIO_CHANNELS_MAX) {
    fiq_error("%s: has %d channels; at most %d can be rendered", self->path, info->channels,
              FIQ_AUDIO_CHANNELS_MAX);
    return false;
  }
  if (info->frames <= 0) {
    fiq_error("%s: contains no audio (0 frames)", self->path);
    return false;
  }
  return true;
}

bool fiq_audio_open(FiqAudioInput* self, const char* path, uint32_t block_frames)
{
  SF_INFO info;
  *self                = (FiqAudioInput){.path = path, .block_frames = block_frames};
  const int descriptor = open_content(path);
  if (descriptor < 0) {
    return false;
  }
  self->opened = true;
  fiq_sound_header_init(&self->header, descriptor);
  if (!begin(self, &info) || !check_content(self, &info)) {
    return false;
  }
  self->channels    = info.channels;
  self->rate_hz     = info.samplerate;
  self->n_frames    = info.frames;
  self->interleaved = calloc((size_t)block_frames * (size_t)info.channels, sizeof(float));
  if (!self->interleaved) {
    fiq_error("out of memory");
    return false;
  }
  if (self->header.cut) {
    fiq_warning("%s: the file is cut short; its first %lld frames are used", self->path,
                (long long)self->n_frames);
  }
  return true;
}

bool fiq_audio_rewind(FiqAudioInput* self)
{
  SF_INFO info;
  sf_close(self->file);
  self->n_not_finite = 0;
  return begin(self, &info);
}

bool fiq_audio_seek(FiqAudioInput* self, int64_t frame)
{
  if (sf_seek(self->file, frame, SEEK_SET) == frame) {
    return true;
  }
  fiq_error("%s: frame %lld cannot be found: %s", self->path, (long long)frame,
            sf_strerror(self->file));
  self->failed = true;
  return false;
}

/// Every `channels`th number of `from` on.
static inline void pick(const float* restrict from, uint32_t channels, float* restrict to,
                        uint32_t n)
{
  for (uint32_t i = 0; i < n; ++i) {
    to[i] = from[(size_t)i * channels];
  }
}

static void deinterleave(const FiqAudioInput* self, uint32_t column, float* to, uint32_t n)
{
  const float* const from = self->interleaved + column;
  // With a constant distance it is done four at a time.
  if (self->channels == 1) {
    pick(from, 1, to, n);
  } else if (self->channels == 2) {
    pick(from, 2, to, n);
  } else {
    pick(from, (uint32_t)self->channels, to, n);
  }
}

/// Replace what is not a number by silence; count of replacements.
static uint32_t clean(float* x, uint32_t n)
{
  uint32_t any   = 0;
  uint32_t n_bad = 0;
  for (uint32_t i = 0; i < n; ++i) {
    uint32_t bits;
    memcpy(&bits, &x[i], sizeof bits);
    any |= (bits & 0x7f800000u) == 0x7f800000u ? 1u : 0u;
  }
  for (uint32_t i = 0; any && i < n; ++i) {
    n_bad += isfinite(x[i]) ? 0 : 1;
    x[i] = isfinite(x[i]) ? x[i] : 0.0f;
  }
  return n_bad;
}

uint32_t fiq_audio_read(FiqAudioInput* self, float* const* planes, uint32_t n_planes,
                        uint32_t n_frames)
{
  const uint32_t   wanted   = n_frames < self->block_frames ? n_frames : self->block_frames;
  const uint32_t   channels = (uint32_t)self->channels;
  const sf_count_t n_got    = sf_readf_float(self->file, self->interleaved, wanted);
  const uint32_t   n        = n_got > 0 ? (uint32_t)n_got : 0;
  if (n < wanted && sf_error(self->file) != SF_ERR_NO_ERROR) {
    self->failed = true;
  }
  for (uint32_t c = 0; c < n_planes; ++c) {
    const uint32_t column = c < channels ? c : channels - 1;
    deinterleave(self, column, planes[c], n);
    const uint32_t n_bad = clean(planes[c], n);
    self->n_not_finite += c < channels ? n_bad : 0;
    memset(planes[c] + n, 0, (n_frames - n) * sizeof(float));
  }
  self->n_read += n;
  return n;
}

bool fiq_audio_report(const FiqAudioInput* self)
{
  if (self->n_not_finite > 0) {
    fiq_warning("%s: %llu samples were NaN or infinite and were read as silence", self->path,
                (unsigned long long)self->n_not_finite);
  }
  if (self->failed) {
    fiq_error("%s: is damaged after %lld of %lld frames: %s", self->path, (long long)self->n_read,
              (long long)self->n_frames, sf_strerror(self->file));
    return false;
  }
  if (self->n_read < self->n_frames) {
    fiq_error("%s: ended after %lld of %lld frames", self->path, (long long)self->n_read,
              (long long)self->n_frames);
    return false;
  }
  return true;
}

void fiq_audio_close(FiqAudioInput* self)
{
  if (self->file) {
    sf_close(self->file);
  }
  if (self->opened) {
    close(self->header.descriptor);
  }
  free(self->interleaved);
  *self = (FiqAudioInput){.file = NULL};
}
