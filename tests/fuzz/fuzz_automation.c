// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Files of automation, as CSV and as JSON: what is taken is finite, within the ports' ranges, and changes a finite number
   of times.
*/
#include "host-test/render/automation.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static char no_unit[] = "";

static FiqPort ports_of_plugin[] = {{.kind    = FIQ_PORT_CONTROL,
                                     .input   = true,
                                     .symbol  = "gain",
                                     .minimum = -1.0f,
                                     .maximum = 10.0f,
                                     .unit    = no_unit},
                                    {.kind    = FIQ_PORT_CONTROL,
                                     .input   = true,
                                     .symbol  = "on",
                                     .minimum = 0.0f,
                                     .maximum = 1.0f,
                                     .toggled = true,
                                     .unit    = no_unit}};

static void check_lane(FiqAutomation* automation, uint32_t lane)
{
  const FiqPort* const port  = &ports_of_plugin[automation->lanes[lane].port];
  int64_t              frame = 0;
  for (int i = 0; i < 1000 && frame < INT64_MAX / 2; ++i) {
    int64_t     left  = INT64_MAX / 2;
    const float value = fiq_automation_value(automation, lane, frame, &left);
    FUZZ_CHECK(isfinite(value) && value >= port->minimum && value <= port->maximum);
    FUZZ_CHECK(left > 0);
    frame += left;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
  static const FiqPorts ports      = {.ports = ports_of_plugin, .n_ports = 2};
  FiqScoreTempo         tempo      = {.tempo_bpm = 120.0, .beats_per_bar = 4.0f, .beat_unit = 4};
  const FiqScore        score      = {.tempos = &tempo, .n_tempos = 1};
  const float           settings[] = {0.0f, 0.0f};
  FiqAutomation         automation = {.ramp_frames = 16};
  char* const           text       = malloc(size + 1);
  FUZZ_CHECK(text);
  memcpy(text, data, size);
  text[size] = '\0';
  if (fiq_automation_read(&automation, text, size, "fuzz", &ports, &score, 48000.0)) {
    fiq_automation_begin(&automation, settings);
    for (uint32_t i = 0; i < automation.n_lanes; ++i) {
      check_lane(&automation, i);
    }
  }
  fiq_automation_free(&automation);
  free(text);
  return 0;
}
