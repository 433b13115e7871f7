// SPDX-License-Identifier: GPL-3.0-or-later
/// A model for pages without a plugin: invented telemetry, invented presets, and every call is written down.
#ifndef FIQ_UI_FAKE_H
#define FIQ_UI_FAKE_H

#include "plugin/ui/page/model.h"
#include "plugin/ui/page/page.h"

enum { FIQ_FAKE_PRESETS = 60 };

typedef struct {
  FiqUiModel  model;
  FiqUiPreset preset[FIQ_FAKE_PRESETS];
  char        name[FIQ_FAKE_PRESETS][32];
  uint32_t    n_osc;
  uint32_t    n_notes;                          ///< told: 4, or more of no oscillators
  float       start_hz[FIQ_UI_OSCILLATORS_MAX]; ///< where each begins in the cloud
  float       rate_rad[FIQ_UI_OSCILLATORS_MAX];
  // What was asked for.
  uint32_t n_set[FIQ_UI_ROWS_MAX]; ///< writes of each row
  uint32_t n_writes, n_touches, n_lets;
  char     called[256]; ///< moments
  int32_t  taken_back;  ///< row, -1 for none
  float    taken_value;
  uint32_t n_notes_on, n_notes_off;
  float    bend, modulation;
  int32_t  selected; ///< preset, -1 for none
  char     saved[64];
  int32_t  deleted;
  char     copied[64];
  uint32_t n_pastes;
} FiqUiFake;

/// A fake of that plugin with so many oscillators.
void fiq_ui_fake_init(FiqUiFake* self, FiqPluginKind plugin, uint32_t n_osc);

/// Telemetry of a swarm that anneals onto four notes, `at_s` after its start, arriving at the wall clock `now_s`.
void fiq_ui_fake_tell(FiqUiFake* self, double at_s, double now_s);

#endif
