// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/glue/picture_reader.h"

#include "dsp/base/maths.h"

#include <string.h>

enum { POINTS = 129, CYCLE = 64, HARMONICS = 16 };

static const float least_drive = 1e-4f;
static const float sine_level  = 0.5f;

/// What neuron `i` makes of a sound `x` in the middle of its band; see temporal.h.
static float neuron_output(const FiqNeuronBank* bank, uint32_t i, float amount, float x)
{
  const float turn  = bank->drive[i] * x;
  const float index = fmaxf(bank->drive[i] / fmaxf(bank->gain[i], 1e-6f), least_drive);
  const float bent  = bank->even[i] * (cosf(turn) - 1.0f) + bank->odd[i] * (sinf(turn) - turn);
  return x + amount * (bent / index + bank->straight[i] * bank->gain[i] * x);
}

static void curve_of(const FiqNeuronBank* bank, uint32_t first, uint32_t n, float amount,
                     FiqUiWave* wave)
{
  wave->n = POINTS;
  for (uint32_t k = 0; k < POINTS; ++k) {
    const float x   = 2.0f * (float)k / (float)(POINTS - 1) - 1.0f;
    float       sum = 0.0f;
    for (uint32_t i = first; i < first + n; ++i) {
      sum += neuron_output(bank, i, amount, x);
    }
    wave->value[k] = sum / (float)n;
  }
}

/// Power of harmonics 1.. in what neuron `i` makes of a sine.
static void add_harmonics(const FiqNeuronBank* bank, uint32_t i, float amount,
                          float power[HARMONICS])
{
  float output[CYCLE];
  for (uint32_t k = 0; k < CYCLE; ++k) {
    const float phase = FIQ_TWO_PI_F * (float)k / (float)CYCLE;
    output[k]         = neuron_output(bank, i, amount, sine_level * sinf(phase));
  }
  for (uint32_t h = 0; h < HARMONICS; ++h) {
    float re = 0.0f;
    float im = 0.0f;
    for (uint32_t k = 0; k < CYCLE; ++k) {
      const float phase = FIQ_TWO_PI_F * (float)((h + 1) * k % CYCLE) / (float)CYCLE;
      re += output[k] * cosf(phase);
      im += output[k] * sinf(phase);
    }
    const float scale = 2.0f / ((float)CYCLE * sine_level);
    power[h] += scale * scale * (re * re + im * im);
  }
}

void fiq_neuron_curves(const FiqNeuronBank* bank, float amount, FiqUiRealms* realms)
{
  memset(realms->harmonic_db, 0, sizeof(realms->harmonic_db));
  for (int i = 0; i < 3; ++i) {
    realms->transfer[i].n = 0;
  }
  if (bank->n == 0) {
    return;
  }
  float power[HARMONICS] = {0.0f};
  curve_of(bank, 0, bank->n, amount, &realms->transfer[0]);
  curve_of(bank, 0, 1, amount, &realms->transfer[1]);
  curve_of(bank, bank->n - 1, 1, amount, &realms->transfer[2]);
  for (uint32_t i = 0; i < bank->n; ++i) {
    add_harmonics(bank, i, amount, power);
  }
  for (uint32_t h = 0; h < HARMONICS; ++h) {
    realms->harmonic_db[h] = 10.0f * log10f(power[h] / (float)bank->n + 1e-10f);
  }
}
