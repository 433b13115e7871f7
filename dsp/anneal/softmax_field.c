// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/anneal/anneal_state.h"

#include "dsp/base/maths.h"

#include <assert.h>

/// Adds a carrier to log sum e^(..) and to the weighted mean of those so far.
static void add_weighted(double* log_sum, double* mean, double log_weight, double x)
{
  assert(log_sum && mean);
  const double top   = fmax(*log_sum, log_weight);
  const double total = top + log(exp(*log_sum - top) + exp(log_weight - top));
  *mean              = *mean * exp(*log_sum - total) + x * exp(log_weight - total);
  *log_sum           = total;
}

void fiq_softmax_field(FiqSoftmaxField* field, uint32_t n, const float* x, const double* bias,
                       const int32_t* slot, float sharpness)
{
  assert(n >= 1 && n <= FIQ_CARRIERS_MAX);
  assert(sharpness > 0.0f);
  const double s = (double)sharpness;
  double       left_sum[FIQ_CARRIERS_MAX + 1];
  double       left_mean[FIQ_CARRIERS_MAX + 1];
  int32_t      cell_low[FIQ_CARRIERS_MAX + 1];
  int32_t      cell_high[FIQ_CARRIERS_MAX + 1];
  left_sum[0]  = -1e300;
  left_mean[0] = 0.0;
  double best  = -1e300;
  field->n     = n;
  for (uint32_t j = 0; j < n; ++j) {
    const double weight = s * (double)x[j] + bias[j];
    left_sum[j + 1]     = left_sum[j];
    left_mean[j + 1]    = left_mean[j];
    add_weighted(&left_sum[j + 1], &left_mean[j + 1], weight, (double)x[j]);
    cell_low[j + 1]  = weight >= best ? slot[j] : cell_low[j];
    best             = fmax(best, weight);
    field->sorted[j] = x[j];
  }
  double right_sum  = -1e300;
  double right_mean = 0.0;
  best              = -1e300;
  for (uint32_t j = n + 1; j-- > 0;) {
    const bool   first = j == 0;
    const bool   last  = j == n;
    const double low   = first ? right_mean : left_mean[j];
    const double high  = last ? left_mean[n] : right_mean;
    field->low[j]      = (float)low;
    field->span[j]     = (float)(high - low);
    field->centre[j]   = first || last ? 0.0f : (float)((left_sum[j] - right_sum) / (2.0 * s));
    if (last) {
      cell_high[j] = cell_low[j];
    }
    if (first) {
      cell_low[j] = cell_high[j];
      break;
    }
    const double weight = bias[j - 1] - s * (double)x[j - 1];
    add_weighted(&right_sum, &right_mean, weight, (double)x[j - 1]);
    cell_high[j - 1] = weight >= best ? slot[j - 1] : cell_high[j];
    best             = fmax(best, weight);
  }
  for (uint32_t j = 0; j <= n; ++j) {
    field->cell[j]      = cell_low[j] | cell_high[j] * 256;
    field->steepness[j] = 2.0f * sharpness;
  }
  for (uint32_t j = n; j < 2 * FIQ_CARRIERS_MAX; ++j) {
    field->sorted[j] = FIQ_ANNEAL_OUT_OF_REACH;
  }
}
float fiq_softmax_field_at(const FiqSoftmaxField* field, float x)
{
  assert(field->n >= 1);
  uint32_t j = 0;
  while (j < field->n && x > field->sorted[j]) {
    ++j;
  }
  const float z = fiq_clamp(field->steepness[j] * (x - field->centre[j]), -80.0f, 80.0f);
  return field->low[j] + field->span[j] / (1.0f + fiq_exp(-z));
}
