// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/notes/mts.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

enum { HEAD = 5, NAME = 16, KEY_BYTES = 3, CLASSES = 12 };

static const float highest_pitch  = 128.0f;
static const float largest_offset = 1.0f;

void fiq_mts_reset(FiqMts* self)
{
  assert(self);
  memset(self, 0, sizeof *self);
  for (uint32_t k = 0; k < FIQ_TUNING_KEYS; ++k) {
    self->pitch[k] = FIQ_MTS_AS_LOADED;
  }
}

/// Pitch of three bytes; FIQ_MTS_AS_LOADED for "no change".
static float pitch_of(const uint8_t* bytes)
{
  assert(bytes);
  const bool none = bytes[0] == 127 && bytes[1] == 127 && bytes[2] == 127;
  return none ? FIQ_MTS_AS_LOADED
              : (float)bytes[0] + (float)(bytes[1] << 7 | bytes[2]) * (1.0f / 16384.0f);
}

static uint32_t add_key(FiqMtsChange* change, uint32_t n, uint8_t key, const uint8_t* bytes,
                        bool at_once)
{
  assert(n < FIQ_MTS_CHANGES_MAX);
  const float pitch = pitch_of(bytes);
  change[n]         = (FiqMtsChange){FIQ_MTS_KEY, at_once, 0, key, pitch};
  return n + (pitch >= 0.0f ? 1 : 0);
}

/// Bank, program and name are `skipped`, the last byte is the sum.
static uint32_t parse_bulk(const uint8_t* data, uint32_t n_data, uint32_t skipped,
                           FiqMtsChange* change)
{
  const uint8_t* const keys = data + HEAD - 1 + skipped;
  uint8_t              sum  = 0;
  uint32_t             n    = 0;
  if (n_data != HEAD - 1 + skipped + KEY_BYTES * FIQ_TUNING_KEYS + 1) {
    return 0;
  }
  for (uint32_t i = 0; i + 1 < n_data; ++i) {
    sum ^= data[i];
  }
  const uint8_t stated = data[n_data - 1];
  if (stated != sum && stated != (sum ^ data[2] ^ data[3])) {
    return 0;
  }
  for (uint32_t key = 0; key < FIQ_TUNING_KEYS; ++key) {
    n = add_key(change, n, (uint8_t)key, keys + KEY_BYTES * key, false);
  }
  return n;
}

/// Bank and program are `skipped`.
static uint32_t parse_keys(const uint8_t* data, uint32_t n_data, uint32_t skipped, bool at_once,
                           FiqMtsChange* change)
{
  const uint32_t at    = HEAD - 1 + skipped;
  const uint32_t asked = n_data > at ? data[at] : 0;
  uint32_t       n     = 0;
  if (n_data != at + 1 + 4 * asked) {
    return 0;
  }
  for (uint32_t i = 0; i < asked; ++i) {
    const uint8_t* const entry = data + at + 1 + 4 * i;
    n                          = add_key(change, n, entry[0], entry + 1, at_once);
  }
  return n;
}

static uint32_t parse_classes(const uint8_t* data, uint32_t n_data, uint32_t bytes_each,
                              bool at_once, FiqMtsChange* change)
{
  assert(bytes_each == 1 || bytes_each == 2);
  if (n_data != HEAD - 1 + 3 + CLASSES * bytes_each) {
    return 0;
  }
  const uint32_t channels = (uint32_t)data[4] << 14 | (uint32_t)data[5] << 7 | data[6];
  uint32_t       n        = 0;
  for (uint32_t channel = 0; channel < FIQ_MTS_CHANNELS; ++channel) {
    for (uint32_t i = 0; i < CLASSES && (channels >> channel & 1u); ++i) {
      const uint8_t* const entry  = data + 7 + bytes_each * i;
      const float          offset = bytes_each == 1
                                        ? (float)((int)entry[0] - 64) * 0.01f
                                        : (float)((entry[0] << 7 | entry[1]) - 8192) * (1.0f / 8192.0f);
      change[n++] = (FiqMtsChange){FIQ_MTS_CLASS, at_once, (uint8_t)channel, (uint8_t)i, offset};
    }
  }
  return n;
}

uint32_t fiq_mts_parse(const uint8_t* message, uint32_t size_bytes,
                       FiqMtsChange change[FIQ_MTS_CHANGES_MAX])
{
  assert(change);
  if (!message || size_bytes < HEAD + 1 || message[0] != 0xf0 || message[size_bytes - 1] != 0xf7) {
    return 0;
  }
  const uint8_t* const data    = message + 1;
  const uint32_t       n_data  = size_bytes - 2;
  const bool           at_once = data[0] == 0x7f;
  for (uint32_t i = 0; i < n_data; ++i) {
    if (data[i] > 127) {
      return 0;
    }
  }
  if (!at_once && data[0] != 0x7e) {
    return 0;
  }
  switch (data[2] << 8 | data[3]) {
  case 0x0801:
    return at_once ? 0 : parse_bulk(data, n_data, 1 + NAME, change);
  case 0x0804:
    return at_once ? 0 : parse_bulk(data, n_data, 2 + NAME, change);
  case 0x0802:
    return at_once ? parse_keys(data, n_data, 1, true, change) : 0;
  case 0x0807:
    return parse_keys(data, n_data, 2, at_once, change);
  case 0x0808:
    return parse_classes(data, n_data, 1, at_once, change);
  case 0x0809:
    return parse_classes(data, n_data, 2, at_once, change);
  case 0x0901:
  case 0x0902:
  case 0x0903:
    change[0] = (FiqMtsChange){FIQ_MTS_RESET, true, 0, 0, 0.0f};
    return !at_once && n_data == HEAD - 1 ? 1 : 0;
  default:
    return 0;
  }
}

void fiq_mts_apply(FiqMts* self, const FiqMtsChange* change)
{
  assert(self && change);
  switch (change->kind) {
  case FIQ_MTS_KEY:
    self->pitch[change->number % FIQ_TUNING_KEYS] = change->value;
    break;
  case FIQ_MTS_CLASS:
    self->offset[change->channel % FIQ_MTS_CHANNELS][change->number % CLASSES] = change->value;
    break;
  case FIQ_MTS_RESET:
    fiq_mts_reset(self);
    break;
  }
}

double fiq_mts_pitch(const FiqMts* self, const FiqTuning* tuning, uint32_t channel, uint32_t key)
{
  assert(self && key < FIQ_TUNING_KEYS);
  const float  own    = self->pitch[key];
  const double pitch  = own >= 0.0f ? (double)own : fiq_tuning_pitch(tuning, key);
  const bool   offset = channel < FIQ_MTS_CHANNELS;
  return pitch + (offset ? (double)self->offset[channel][key % CLASSES] : 0.0);
}

bool fiq_mts_sounds(const FiqMts* self, const FiqTuning* tuning, uint32_t key)
{
  assert(self && key < FIQ_TUNING_KEYS);
  return self->pitch[key] >= 0.0f || fiq_tuning_sounds(tuning, key);
}

void fiq_mts_pack(const FiqMts* self, float* packed)
{
  assert(self && packed);
  for (uint32_t k = 0; k < FIQ_TUNING_KEYS; ++k) {
    packed[k] = self->pitch[k] >= 0.0f ? 1.0f + self->pitch[k] : 0.0f;
  }
  memcpy(packed + FIQ_TUNING_KEYS, self->offset, sizeof self->offset);
}

void fiq_mts_unpack(FiqMts* self, const float* packed)
{
  assert(self && packed);
  for (uint32_t k = 0; k < FIQ_TUNING_KEYS; ++k) {
    const float pitch = packed[k] - 1.0f;
    self->pitch[k]    = pitch >= 0.0f && pitch < highest_pitch ? pitch : FIQ_MTS_AS_LOADED;
  }
  for (uint32_t i = 0; i < FIQ_MTS_CHANNELS * CLASSES; ++i) {
    const float offset                     = packed[FIQ_TUNING_KEYS + i];
    self->offset[i / CLASSES][i % CLASSES] = fabsf(offset) <= largest_offset ? offset : 0.0f;
  }
}
