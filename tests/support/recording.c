// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording.h"

#include <sndfile.h>
#include <stdlib.h>

bool recording_read(Recording* self, const char* path, double longest_s)
{
  SF_INFO        info = {0};
  SNDFILE* const file = sf_open(path, SFM_READ, &info);
  if (!file) {
    return false;
  }
  const double most  = longest_s * info.samplerate;
  const size_t width = (size_t)info.channels;
  const size_t want  = (double)info.frames < most ? (size_t)info.frames : (size_t)most;
  float* const x     = calloc(want * width + 1, sizeof(float));
  self->n            = (size_t)sf_readf_float(file, x, (sf_count_t)want);
  self->rate_hz      = info.samplerate;
  sf_close(file);
  for (size_t c = 0; c < 2; ++c) {
    self->plane[c] = support_floats(self->n + 1);
    for (size_t i = 0; i < self->n; ++i) {
      self->plane[c][i] = x[i * width + (c < width ? c : 0)];
    }
  }
  free(x);
  if (self->n == 0) {
    recording_free(self);
  }
  return self->n > 0;
}

void recording_free(Recording* self)
{
  free(self->plane[0]);
  free(self->plane[1]);
}
