// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/render/planes.h"

#include <stdlib.h>

float** fiq_planes_new(uint32_t n, size_t n_frames)
{
  float** const planes = calloc((size_t)n + 1, sizeof(float*));
  float* const  data   = calloc((size_t)n * n_frames + 1, sizeof(float));
  if (!planes || !data) {
    free(planes);
    free(data);
    return NULL;
  }
  planes[0] = data;
  for (uint32_t i = 1; i < n; ++i) {
    planes[i] = data + i * n_frames;
  }
  return planes;
}

void fiq_planes_free(float** planes)
{
  if (planes) {
    free(planes[0]);
    free(planes);
  }
}
