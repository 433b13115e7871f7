// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/render/metrics.h"

#include <jansson.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = 4 }; ///< sums that do not wait for each other

/// The largest |x|: without its sign, the bits of a float are in order.
static float peak_of(const float* x, uint32_t n_frames)
{
  int32_t highest = 0;
  float   peak;
  for (uint32_t i = 0; i < n_frames; ++i) {
    int32_t bits;
    memcpy(&bits, &x[i], sizeof bits);
    bits &= 0x7fffffff;
    highest = bits > highest ? bits : highest;
  }
  memcpy(&peak, &highest, sizeof peak);
  return peak;
}

static void add_plane(FiqMetrics* self, const float* x, uint32_t n_frames)
{
  double       sums[LANES]    = {0.0};
  double       squares[LANES] = {0.0};
  uint32_t     i              = 0;
  const double peak           = (double)peak_of(x, n_frames);
  for (; i + LANES <= n_frames; i += LANES) {
    for (int k = 0; k < LANES; ++k) {
      const double value = (double)x[i + (uint32_t)k];
      sums[k] += value;
      squares[k] += value * value;
    }
  }
  for (; i < n_frames; ++i) {
    sums[0] += (double)x[i];
    squares[0] += (double)x[i] * (double)x[i];
  }
  for (int k = 0; k < LANES; ++k) {
    self->sum += sums[k];
    self->sum_squares += squares[k];
  }
  self->peak = peak > self->peak ? peak : self->peak;
}

void fiq_metrics_add(FiqMetrics* self, float* const* planes, uint32_t n_channels, uint32_t n_frames)
{
  for (uint32_t c = 0; c < n_channels; ++c) {
    add_plane(self, planes[c], n_frames);
  }
  self->n_samples += (uint64_t)n_channels * n_frames;
  self->n_frames += n_frames;
}

/// Decibels, or null for silence, for which JSON has no number.
static json_t* decibels(double amplitude)
{
  return amplitude > 0.0 ? json_real(20.0 * log10(amplitude)) : json_null();
}

static json_t* level_metrics(const FiqMetrics* self)
{
  const double  n     = self->n_samples > 0 ? (double)self->n_samples : 1.0;
  const double  rms   = sqrt(self->sum_squares / n);
  json_t* const level = json_object();
  json_object_set_new(level, "peak_dbfs", decibels(self->peak));
  json_object_set_new(level, "rms_dbfs", decibels(rms));
  json_object_set_new(level, "crest_db", rms > 0.0 ? decibels(self->peak / rms) : json_null());
  json_object_set_new(level, "dc", json_real(self->sum / n));
  return level;
}

static json_t* control_outputs(const FiqHost* host)
{
  json_t* const outputs = json_object();
  for (uint32_t i = 0; i < host->ports.n_ports; ++i) {
    const FiqPort* const port  = &host->ports.ports[i];
    const double         value = (double)fiq_host_value(host, i);
    if (port->kind == FIQ_PORT_CONTROL && !port->input) {
      json_object_set_new(outputs, port->symbol, isfinite(value) ? json_real(value) : json_null());
    }
  }
  return outputs;
}

static json_t* text_or_null(const char* text)
{
  json_t* const value = text ? json_string(text) : NULL;
  return value ? value : json_null(); // a name that is not UTF-8 is no JSON string
}

static json_t* all_metrics(const FiqMetrics* self, const FiqRenderFacts* facts, const FiqHost* host)
{
  const double  duration_s = (double)self->n_frames / facts->rate_hz;
  json_t* const root       = json_object();
  json_object_set_new(root, "plugin",
                      json_string(lilv_node_as_uri(lilv_plugin_get_uri(host->plugin))));
  json_object_set_new(root, "input", text_or_null(facts->input));
  json_object_set_new(root, "output", text_or_null(facts->output));
  json_object_set_new(root, "rate_hz", json_integer(facts->rate_hz));
  json_object_set_new(root, "channels", json_integer(facts->channels));
  json_object_set_new(root, "frames", json_integer((json_int_t)self->n_frames));
  json_object_set_new(root, "duration_s", json_real(duration_s));
  json_object_set_new(root, "latency_frames", json_integer(facts->latency_frames));
  json_object_set_new(root, "realtime_factor",
                      json_real(facts->elapsed_s > 0.0 ? duration_s / facts->elapsed_s : 0.0));
  json_t* const level = level_metrics(self);
  json_object_update(root, level);
  json_decref(level);
  json_object_set_new(root, "clipped_samples", json_integer((json_int_t)facts->n_clipped));
  json_object_set_new(root, "nan_samples", json_integer((json_int_t)facts->n_not_finite));
  json_object_set_new(root, "input_nan_samples",
                      json_integer((json_int_t)facts->n_input_not_finite));
  json_object_set_new(root, "control_outputs", control_outputs(host));
  return root;
}

char* fiq_metrics_text(const FiqMetrics* self, const FiqRenderFacts* facts, const FiqHost* host,
                       bool in_one_line)
{
  json_t* const root   = all_metrics(self, facts, host);
  const size_t  shape  = in_one_line ? JSON_COMPACT : JSON_INDENT(2);
  char* const   text   = json_dumps(root, shape | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9));
  const size_t  length = text ? strlen(text) : 0;
  char* const   line   = text ? realloc(text, length + 2) : NULL;
  json_decref(root);
  if (!line) {
    free(text);
    return NULL;
  }
  memcpy(line + length, "\n", 2);
  return line;
}
