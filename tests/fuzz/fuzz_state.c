// SPDX-License-Identifier: GPL-3.0-or-later
/*
   States: what is refused says why, and what the check takes the library that restores states reads to its end, with
   a plugin that it belongs to and a number for each port.
*/
#include "host-test/lv2/state_check.h"
#include "host-test/lv2/urid.h"
#include "tests/fuzz/fuzz.h"

#include <lilv/lilv.h>
#include <lv2/state/state.h>

#include <string.h>

#define STATE_URI "urn:fieldiq:state"

static void take_port(const char* symbol, void* data, const void* value, uint32_t size,
                      uint32_t type)
{
  uint8_t sum = 0;
  (void)data;
  FUZZ_CHECK(symbol && value && type > 0);
  for (uint32_t i = 0; i < size; ++i) {
    sum |= ((const uint8_t*)value)[i];
  }
  FUZZ_CHECK(size > 0 || sum == 0);
}

/// Give `text` to the library as a host would.
static void restore(const char* text)
{
  static LilvWorld* world;
  FiqUrid           urid;
  world = world ? world : lilv_world_new();
  FUZZ_CHECK(world && fiq_urid_init(&urid));
  LilvState* const state = lilv_state_new_from_string(world, &urid.map, text);
  if (state) {
    FUZZ_CHECK(lilv_state_get_plugin_uri(state));
    lilv_state_emit_port_values(state, take_port, NULL);
    lilv_state_free(state);
  }
  fiq_urid_free(&urid);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
  char        reason[FIQ_TURTLE_REASON_BYTES];
  char* const text = malloc(size + 1);
  FUZZ_CHECK(text);
  memcpy(text, data, size);
  text[size] = '\0';
  memset(reason, 'x', sizeof reason);
  if (!fiq_state_check(text, size, STATE_URI, reason)) {
    FUZZ_CHECK(reason[0] && memchr(reason, 0, sizeof reason));
  } else if (strstr(text, "<" STATE_URI ">")) {
    restore(text);
  }
  free(text);
  return 0;
}
