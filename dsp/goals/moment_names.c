// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/goals/moment_names.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const float same_ratio = 1.0145f; // a quarter of a semitone

void fiq_moment_names_clear(FiqMomentNames* self)
{
  assert(self);
  self->n = 0;
  ++self->generation;
}

/// Cut the next word off `text` [n_bytes] at `*at`; false at the end.
static bool next_name(const char* text, size_t n_bytes, size_t* at, char name[FIQ_NAME_BYTES])
{
  size_t length = 0;
  memset(name, 0, FIQ_NAME_BYTES);
  while (*at < n_bytes && ((unsigned char)text[*at] <= ' ' || text[*at] == ',')) {
    ++*at;
  }
  for (; *at < n_bytes && (unsigned char)text[*at] > ' ' && text[*at] != ','; ++*at) {
    const char byte = text[*at];
    if (length + 1 < FIQ_NAME_BYTES) {
      name[length++] = byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
    }
  }
  return length > 0;
}

/// Place of a name, `n` if it is none.
static uint32_t find(const FiqMomentNames* self, const char name[FIQ_NAME_BYTES])
{
  uint32_t i = 0;
  while (i < self->n && memcmp(self->named[i].name, name, FIQ_NAME_BYTES) != 0) {
    ++i;
  }
  return i;
}

bool fiq_moment_names_bind(FiqMomentNames* self, const char* text, size_t n_bytes,
                           const FiqMoment* moment)
{
  assert(self && moment);
  assert(text || n_bytes == 0);
  char   name[FIQ_NAME_BYTES];
  size_t at = 0;
  if (!next_name(text, n_bytes, &at, name)) {
    return false;
  }
  uint32_t i = find(self, name);
  if (i == FIQ_NAMES_MAX) {
    i = 0; // the oldest one
  }
  if (i < self->n) {
    memmove(&self->named[i], &self->named[i + 1], (self->n - i - 1) * sizeof self->named[0]);
    self->n -= 1;
  }
  FiqNamedMoment* const named = &self->named[self->n++];
  memcpy(named->name, name, sizeof name);
  named->moment = *moment;
  ++self->generation;
  return true;
}

/// Add a partial of `power` to those of `mixture` [*n], the loudest first at the end.
static void add_partial(FiqMoment* mixture, uint32_t* n, float hz, float power)
{
  for (uint32_t i = 0; i < *n; ++i) {
    if (hz < same_ratio * mixture->hz[i] && mixture->hz[i] < same_ratio * hz) {
      mixture->level[i] = sqrtf(mixture->level[i] * mixture->level[i] + power);
      return;
    }
  }
  if (*n < FIQ_MEMORY_PARTIALS) {
    mixture->hz[*n]        = hz;
    mixture->level[(*n)++] = sqrtf(power);
    return;
  }
  uint32_t least = 0;
  for (uint32_t i = 1; i < FIQ_MEMORY_PARTIALS; ++i) {
    least = mixture->level[i] < mixture->level[least] ? i : least;
  }
  if (power > mixture->level[least] * mixture->level[least]) {
    mixture->hz[least]    = hz;
    mixture->level[least] = sqrtf(power);
  }
}

static void sort_partials(FiqMoment* mixture, uint32_t n)
{
  for (uint32_t i = 1; i < n; ++i) {
    const float hz    = mixture->hz[i];
    const float level = mixture->level[i];
    uint32_t    at    = i;
    for (; at > 0 && mixture->level[at - 1] < level; --at) {
      mixture->hz[at]    = mixture->hz[at - 1];
      mixture->level[at] = mixture->level[at - 1];
    }
    mixture->hz[at]    = hz;
    mixture->level[at] = level;
  }
}

static void mix(const FiqMoment* const* parts, uint32_t n_parts, FiqMoment* mixture)
{
  uint32_t n = 0;
  *mixture   = *parts[0];
  for (uint32_t p = 0; p < FIQ_MEMORY_PARTIALS; ++p) {
    mixture->hz[p]    = 0.0f;
    mixture->level[p] = 0.0f;
  }
  for (uint32_t a = 0; a < FIQ_AXES; ++a) {
    float power = 0.0f;
    for (uint32_t i = 0; i < n_parts; ++i) {
      power += parts[i]->axes[a] * parts[i]->axes[a];
    }
    mixture->axes[a] = sqrtf(power / (float)n_parts);
  }
  for (uint32_t i = 0; i < n_parts; ++i) {
    float whole = 0.0f; // a loud part has no larger share
    for (uint32_t p = 0; p < FIQ_MEMORY_PARTIALS; ++p) {
      whole += parts[i]->level[p] * parts[i]->level[p];
    }
    for (uint32_t p = 0; p < FIQ_MEMORY_PARTIALS && parts[i]->hz[p] > 0.0f; ++p) {
      const float power = parts[i]->level[p] * parts[i]->level[p] / whole;
      add_partial(mixture, &n, parts[i]->hz[p], power / (float)n_parts);
    }
  }
  sort_partials(mixture, n);
}

bool fiq_moment_names_mix(const FiqMomentNames* self, const char* text, size_t n_bytes,
                          FiqMoment* mixture)
{
  assert(self && mixture);
  assert(text || n_bytes == 0);
  const FiqMoment* parts[FIQ_NAMES_CALLED];
  char             name[FIQ_NAME_BYTES];
  uint32_t         n  = 0;
  size_t           at = 0;
  while (n < FIQ_NAMES_CALLED && next_name(text, n_bytes, &at, name)) {
    const uint32_t i = find(self, name);
    if (i < self->n) {
      parts[n++] = &self->named[i].moment;
    }
  }
  if (n > 0) {
    mix(parts, n, mixture);
  }
  return n > 0;
}
