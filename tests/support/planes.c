// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/planes.h"

#include <stdlib.h>

Planes planes_new(size_t n, uint64_t seed)
{
  Planes self;
  for (uint32_t c = 0; c < 2; ++c) {
    self.x[c] = support_floats(n);
    self.i[c] = support_floats(n);
    self.q[c] = support_floats(n);
    support_noise(self.x[c], n, 1.0, seed + c);
  }
  return self;
}

void planes_free(Planes* self)
{
  for (uint32_t c = 0; c < 2; ++c) {
    free(self->x[c]);
    free(self->i[c]);
    free(self->q[c]);
  }
}
