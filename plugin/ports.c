// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ports.h"

#include <assert.h>

static const FiqPort ports[] = {
#define FIQ_PORT(plugins, role, symbol, name, comment)                                             \
  {FIQ_IN_##plugins, FIQ_PORT_##role, #symbol, name, comment},
#include "plugin/ports.def"
};

enum { N_PORTS = sizeof(ports) / sizeof(ports[0]) };

static bool has(FiqPluginKind plugin, uint32_t row)
{
  assert(plugin < FIQ_N_PLUGINS);
  return (ports[row].plugins & (1u << plugin)) != 0;
}

uint32_t fiq_first_control_port(FiqPluginKind plugin)
{
  assert(plugin < FIQ_N_PLUGINS);
  uint32_t n = 0;
  for (uint32_t row = 0; row < N_PORTS; ++row) {
    n += has(plugin, row) ? 1 : 0;
  }
  return n;
}

const FiqPort* fiq_fixed_port(FiqPluginKind plugin, uint32_t index)
{
  assert(plugin < FIQ_N_PLUGINS);
  assert(index < fiq_first_control_port(plugin));
  uint32_t row = 0;
  for (uint32_t left = index; left > 0 || !has(plugin, row); ++row) {
    left -= has(plugin, row) ? 1 : 0;
  }
  return &ports[row];
}

uint32_t fiq_port_index(FiqPluginKind plugin, FiqPortRole role)
{
  assert(plugin < FIQ_N_PLUGINS && role < FIQ_N_PORT_ROLES);
  const uint32_t n     = fiq_first_control_port(plugin);
  uint32_t       index = 0;
  while (index < n && fiq_fixed_port(plugin, index)->role != role) {
    ++index;
  }
  return index;
}
