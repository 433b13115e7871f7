// SPDX-License-Identifier: GPL-3.0-or-later
/// The header of both windows: presets, A and B, vary, seed, meters, zoom, contrast, help, on and off.  [ui]
#ifndef FIQ_UI_HEADER_H
#define FIQ_UI_HEADER_H

#include "plugin/ui/page/browser.h"
#include "plugin/ui/page/control.h"
#include "plugin/ui/widget/button.h"
#include "plugin/ui/widget/meter.h"

enum { FIQ_HEADER_HEIGHT = 48, FIQ_HEADER_BUTTONS = 14 };

typedef struct {
  FiqControls*   controls;
  FiqUiModel*    model;
  FiqButton*     button[FIQ_HEADER_BUTTONS];
  FiqMeter*      meter;
  FiqBrowser*    browser;
  FiqSaveDialog* dialog;
  FiqRect        area;
  uint32_t       random; ///< of the next chance step
  uint64_t       heard;  ///< telemetry that the meter has shown
  void*          handle;
  void (*help)(void* handle);
} FiqHeader;

/// False if memory is short. `help` is called for "?".
bool fiq_header_init(FiqHeader* self, FiqControls* controls, void (*help)(void* handle),
                     void* handle);
void fiq_header_layout(FiqHeader* self, FiqRect area);
void fiq_header_refresh(FiqHeader* self);
void fiq_header_ground(const FiqHeader* self, const FiqPaint* paint);
/// A step of the zoom up or down, or by 0 to 100 %.
void fiq_header_zoom(FiqHeader* self, int32_t by);
void fiq_header_light_help(FiqHeader* self, bool on);

#endif
