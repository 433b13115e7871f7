// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/render/resampler.h"

#include "host-test/common/report.h"

#include <assert.h>

bool fiq_resampler_init(FiqResampler* self, double from_hz, double to_hz, uint32_t n_channels)
{
  assert(from_hz > 0.0);
  assert(to_hz > 0.0);
  assert(n_channels >= 1);
  soxr_error_t              error   = NULL;
  const soxr_io_spec_t      planes  = soxr_io_spec(SOXR_FLOAT32_S, SOXR_FLOAT32_S);
  const soxr_quality_spec_t quality = soxr_quality_spec(SOXR_VHQ, 0);
  self->n_channels                  = n_channels;
  self->converter = soxr_create(from_hz, to_hz, n_channels, &error, &planes, &quality, NULL);
  if (error) {
    fiq_error("no conversion from %g to %g Hz: %s", from_hz, to_hz, error);
    self->converter = NULL;
  }
  return !error;
}

bool fiq_resampler_process(FiqResampler* self, float* const* in, size_t n_in, size_t* n_taken,
                           float* const* out, size_t n_out, size_t* n_put)
{
  *n_taken = 0;
  *n_put   = 0;
  const soxr_error_t error =
      soxr_process(self->converter, (soxr_in_t)in, n_in, n_taken, (soxr_out_t)out, n_out, n_put);
  if (error) {
    fiq_error("the conversion of the sample rate failed: %s", error);
  }
  return !error;
}

void fiq_resampler_reset(FiqResampler* self)
{
  soxr_clear(self->converter);
}

void fiq_resampler_free(FiqResampler* self)
{
  soxr_delete(self->converter);
  self->converter = NULL;
}
