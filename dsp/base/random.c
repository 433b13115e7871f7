// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/base/random.h"

#include "dsp/base/maths.h"

#include <assert.h>

static uint64_t mix_bits(uint64_t x)
{
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

void fiq_random_init(FiqRandom* self, uint64_t seed, uint64_t stream)
{
  assert(self);
  self->state = mix_bits(seed + mix_bits(stream + UINT64_C(0x9e3779b97f4a7c15)));
}

uint32_t fiq_random_bits(FiqRandom* self)
{
  const uint64_t old      = self->state;
  self->state             = old * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  const uint32_t shifted  = (uint32_t)(((old >> 18) ^ old) >> 27);
  const uint32_t rotation = (uint32_t)(old >> 59);
  return (shifted >> rotation) | (shifted << ((32 - rotation) & 31));
}

float fiq_random_uniform(FiqRandom* self)
{
  return (float)(fiq_random_bits(self) >> 8) * 0x1p-24f;
}

float fiq_random_normal(FiqRandom* self)
{
  const float u = 1.0f - fiq_random_uniform(self); // (0, 1], so that the logarithm is finite
  const float v = fiq_random_uniform(self);
  return sqrtf(-2.0f * logf(u)) * cosf(FIQ_TWO_PI_F * v);
}
