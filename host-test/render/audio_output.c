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
#include <unistd.h>

// The library takes chunks of less than 16 kB of text.
enum { CHUNK_TEXT_BYTES = 16000, LOUDNESS_UNKNOWN = 0x7FFF };

typedef SF_BROADCAST_INFO_VAR(CHUNK_TEXT_BYTES) Broadcast;
typedef SF_CART_INFO_VAR(CHUNK_TEXT_BYTES) Cart;

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

int fiq_audio_format(const char* path, const char* type, const char* encoding, int channels)
{
  const bool        unnamed = fiq_path_descriptor(path, STDOUT_FILENO) >= 0;
  const char* const slash   = strrchr(path, '/');
  const char* const dot     = strrchr(slash ? slash : path, '.');
  const char* const wanted  = given(type) ? type : (unnamed ? "wav" : (dot ? dot + 1 : ""));
  for (size_t i = 0; i < sizeof types / sizeof types[0]; ++i) {
    if (strcasecmp(wanted, types[i].name) != 0) {
      continue;
    }
    const int code = given(encoding) ? encoding_code(encoding) : types[i].encoding;
    SF_INFO   info = {.format = types[i].type | code, .channels = channels, .samplerate = 48000};
    if (code != 0 && !sf_format_check(&info)) {
      fiq_error("%s files cannot hold %s%s%d channels", wanted, given(encoding) ? encoding : "",
                given(encoding) ? " in " : "", channels);
      return 0;
    }
    return code == 0 ? 0 : info.format;
  }
  fiq_error("%s: cannot tell the format from '%s'; choose by --format wav, flac, ogg, opus, mp3, "
            "aiff, au, caf, w64 or rf64",
            path, wanted);
  return 0;
}

int fiq_audio_pcm_bits(int format)
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
                                    .pcm_bits     = fiq_audio_pcm_bits(format),
                                    .float_pcm    = (format & SF_FORMAT_SUBMASK) == SF_FORMAT_FLOAT,
                                    .block_frames = block_frames};
  const size_t n = (size_t)block_frames * (size_t)channels;
  if (!fiq_pending_open_seekable(&self->pending, path)) {
    return false;
  }
  self->interleaved       = calloc(n, sizeof(float));
  self->integers          = calloc(n, sizeof(int));
  SF_VIRTUAL_IO functions = fiq_sound_writer_functions();
  const bool    writes    = fiq_sound_writer_init(&self->writer, self->pending.descriptor);
  self->file = writes ? sf_open_virtual(&functions, SFM_WRITE, &info, &self->writer) : NULL;
  if (!self->file || !self->interleaved || !self->integers) {
    fiq_error("%s: cannot be begun: %s", path,
              self->file || !writes ? "out of memory" : sf_strerror(NULL));
    return false;
  }
  // The PEAK chunk holds the time of day, which would make no two renders alike.
  sf_command(self->file, SFC_SET_ADD_PEAK_CHUNK, NULL, SF_FALSE);
  return true;
}

static void carry_tags(FiqAudioOutput* self, const FiqAudioInput* input)
{
  for (int tag = SF_STR_FIRST; tag <= SF_STR_LAST; ++tag) {
    const char* const text = sf_get_string(input->file, tag);
    if (text && text[0]) {
      sf_set_string(self->file, tag, text);
    }
  }
}

/// A chunk that libsndfile hands over as one block of memory of up to `n_bytes`.
static void carry_block(FiqAudioOutput* self, const FiqAudioInput* input, int get, int set,
                        size_t n_bytes)
{
  void* const block = calloc(1, n_bytes);
  if (block && sf_command(input->file, get, block, (int)n_bytes) == SF_TRUE) {
    sf_command(self->file, set, block, (int)n_bytes);
  }
  free(block);
}

/// The broadcast extension, but for its loudness, which was that of the input.
static void carry_broadcast(FiqAudioOutput* self, const FiqAudioInput* input)
{
  Broadcast* const chunk = calloc(1, sizeof(Broadcast));
  if (chunk && sf_command(input->file, SFC_GET_BROADCAST_INFO, chunk, sizeof *chunk) == SF_TRUE) {
    if (chunk->version >= 2) {
      chunk->loudness_value = chunk->loudness_range = chunk->max_true_peak_level =
          chunk->max_momentary_loudness = chunk->max_shortterm_loudness = LOUDNESS_UNKNOWN;
    }
    sf_command(self->file, SFC_SET_BROADCAST_INFO, chunk, sizeof *chunk);
  }
  free(chunk);
}

/// Where the channels belong, [channels]; false when the file does not say.
static bool find_places(const FiqAudioInput* input, int places[FIQ_AUDIO_CHANNELS_MAX])
{
  const int n_bytes = input->channels * (int)sizeof places[0];
  return sf_command(input->file, SFC_GET_CHANNEL_MAP_INFO, places, n_bytes) == SF_TRUE;
}

static void carry_places(FiqAudioOutput* self, const FiqAudioInput* input)
{
  int places[FIQ_AUDIO_CHANNELS_MAX] = {0};
  if (self->channels == input->channels && find_places(input, places)) {
    sf_command(self->file, SFC_SET_CHANNEL_MAP_INFO, places,
               self->channels * (int)sizeof places[0]);
  }
}

int fiq_audio_format_for(int format, const FiqAudioInput* input, int channels)
{
  int        places[FIQ_AUDIO_CHANNELS_MAX] = {0};
  const bool plain                          = (format & SF_FORMAT_TYPEMASK) == SF_FORMAT_WAV;
  return plain && channels > 2 && channels == input->channels && find_places(input, places)
             ? SF_FORMAT_WAVEX | (format & SF_FORMAT_SUBMASK)
             : format;
}

void fiq_audio_carry_over(FiqAudioOutput* self, const FiqAudioInput* input)
{
  carry_tags(self, input);
  carry_broadcast(self, input);
  carry_block(self, input, SFC_GET_CART_INFO, SFC_SET_CART_INFO, sizeof(Cart));
  carry_block(self, input, SFC_GET_CUE, SFC_SET_CUE, sizeof(SF_CUES));
  carry_places(self, input);
}

/// To every `channels`th number of `to` on.
static inline void place(const float* restrict from, uint32_t channels, float* restrict to,
                         uint32_t n)
{
  for (uint32_t i = 0; i < n; ++i) {
    to[(size_t)i * channels] = from[i];
  }
}

static void interleave(FiqAudioOutput* self, float* const* planes, uint32_t n_frames)
{
  if (self->channels == 2) {
    // With a constant distance it is done four at a time.
    for (uint32_t i = 0; i < n_frames; ++i) {
      self->interleaved[2 * (size_t)i]     = planes[0][i];
      self->interleaved[2 * (size_t)i + 1] = planes[1][i];
    }
    return;
  }
  for (int c = 0; c < self->channels; ++c) {
    place(planes[c], (uint32_t)self->channels, self->interleaved + c, n_frames);
  }
}

/// The next of a row of numbers from -1 to 1 that is the same for every file, triangular about 0.
static double triangular(FiqAudioOutput* self)
{
  const uint32_t first = self->noise = self->noise * 1664525u + 1013904223u;
  const uint32_t next = self->noise = first * 1664525u + 1013904223u;
  return ((double)(first >> 8) - (double)(next >> 8)) / 16777216.0;
}

/// Whether any of `x` [n] is beyond full scale, seen by its bits, which takes no branch.
static bool any_beyond(const float* x, size_t n)
{
  uint32_t any = 0;
  for (size_t i = 0; i < n; ++i) {
    uint32_t bits;
    memcpy(&bits, &x[i], sizeof bits);
    any |= (bits & 0x7fffffffu) > 0x3f800000u ? 1u : 0u;
  }
  return any != 0;
}

/// The nearest whole number, halves to even, within what PCM of `full` steps holds.
static inline double to_step(double x, double full)
{
  // Adding this leaves no bits behind the point.
  const double whole = 6755399441055744.0;
  const double near  = (x + whole) - whole;
  const double below = near < full - 1.0 ? near : full - 1.0;
  return below > -full ? below : -full;
}

/// Nearest integers of `pcm_bits`, left-aligned in 32 bits as libsndfile wants them.
static void round_to_pcm(FiqAudioOutput* self, size_t n)
{
  const double full              = ldexp(1.0, self->pcm_bits - 1);
  const double shift             = ldexp(1.0, 32 - self->pcm_bits);
  const float* const restrict in = self->interleaved;
  int* const restrict integers   = self->integers;
  if (!self->dithers && !any_beyond(in, n)) {
    for (size_t i = 0; i < n; ++i) {
      integers[i] = (int)(to_step((double)in[i] * full, full) * shift);
    }
    return;
  }
  for (size_t i = 0; i < n; ++i) {
    const double x = (double)in[i] * full + (self->dithers ? triangular(self) : 0.0);
    // Full scale itself is one step beyond the largest value; nobody would call that clipping.
    self->n_clipped += x > full + 0.5 || x < -full - 0.5 ? 1 : 0;
    integers[i] = (int)(to_step(x, full) * shift);
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
  fiq_sound_writer_free(&self->writer);
  free(self->interleaved);
  free(self->integers);
  self->interleaved = NULL;
  self->integers    = NULL;
}

bool fiq_audio_commit(FiqAudioOutput* self)
{
  errno              = 0;
  const bool flushed = sf_error(self->file) == SF_ERR_NO_ERROR;
  const bool closed  = sf_close(self->file) == 0 && fiq_sound_writer_flush(&self->writer);
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
