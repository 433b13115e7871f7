// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Frames of the connected buffers through the engine; one channel as the left one of two equal ones.
*/
#include "plugin/instance.h"

#include <assert.h>

static const float* offset_plane(const float* plane, uint32_t start)
{
  return plane ? plane + start : NULL;
}

static void process(FiqPlugin* self, uint32_t start, uint32_t end)
{
  assert(self->kind != FIQ_PLUGIN_REALMS_MONO);
  const FiqPorts* const ports = &self->ports;
  if (end <= start || !ports->out[0] || !ports->out[1]) {
    return;
  }
  const float* const in[] = {offset_plane(ports->in[0], start), offset_plane(ports->in[1], start)};
  const float* const side[] = {offset_plane(ports->side[0], start),
                               offset_plane(ports->side[1], start)};
  float* const       out[]  = {ports->out[0] + start, ports->out[1] + start};
  fiq_plugin_feed_input(self, in, end - start);
  fiq_engine_process(self->engine, &self->params, in, side, out, end - start);
  fiq_plugin_feed_output(self, (const float* const*)out, end - start);
}

/// One channel is what the left one of two equal channels would be.
static void process_mono(FiqPlugin* self, uint32_t start, uint32_t end)
{
  assert(self->kind == FIQ_PLUGIN_REALMS_MONO);
  FiqPorts* const ports = &self->ports;
  while (start < end && ports->out[0]) {
    const uint32_t     left     = end - start;
    const uint32_t     n_frames = left < FIQ_MONO_FRAMES ? left : FIQ_MONO_FRAMES;
    const float* const plane    = offset_plane(ports->in[0], start);
    const float* const in[]     = {plane, plane};
    float* const       out[]    = {ports->out[0] + start, ports->unheard};
    const float* const heard[]  = {out[0], out[0]};
    fiq_plugin_feed_input(self, in, n_frames);
    fiq_engine_process(self->engine, &self->params, in, NULL, out, n_frames);
    fiq_plugin_feed_output(self, heard, n_frames);
    start += n_frames;
  }
}

void fiq_plugin_process(FiqPlugin* self, uint32_t start, uint32_t end)
{
  assert(self->kind < FIQ_N_PLUGINS);
  assert(self && self->engine);
  // Telemetry waits in a box for one; who listens shall miss none.
  const uint32_t most = self->telling.lease_frames > 0 ? FIQ_TOLD_FRAMES : UINT32_MAX;
  while (start < end) {
    const uint32_t n_frames = end - start < most ? end - start : most;
    if (self->kind == FIQ_PLUGIN_REALMS_MONO) {
      process_mono(self, start, start + n_frames);
    } else {
      process(self, start, start + n_frames);
    }
    start += n_frames;
    fiq_plugin_collect(self, start, n_frames);
  }
}
