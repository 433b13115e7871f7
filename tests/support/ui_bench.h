// SPDX-License-Identifier: GPL-3.0-or-later
/// A page over an invented model, with a pointer and keys: what tests of windows need, without a window.
#ifndef FIQ_UI_BENCH_H
#define FIQ_UI_BENCH_H

#include "tests/support/support.h"
#include "tests/support/ui_fake.h"

typedef struct {
  FiqUiFake        fake;
  FiqUiPage*       page;
  cairo_surface_t* surface;
  double           now_s;
} UiBench;

/// A page of that plugin at `zoom` percent.
UiBench* ui_bench_new(FiqPluginKind plugin, uint32_t zoom);
void     ui_bench_free(UiBench* self);

/// `s` seconds pass, and what changed is drawn.
void ui_bench_turn(UiBench* self, double s);

/// Press a key and let it go; whether the press was used. Or all keys of a text.
bool ui_bench_key(UiBench* self, FiqUiKey key_, uint32_t modifiers, const char* text);
void ui_bench_type(UiBench* self, const char* text);

/// The pointer, px.
void ui_bench_pointer(UiBench* self, FiqUiEventKind kind, double x, double y, uint32_t n_clicks,
                      uint32_t modifiers);
void ui_bench_click(UiBench* self, double x, double y, uint32_t n_clicks);
void ui_bench_menu(UiBench* self, double x, double y); ///< the right button
void ui_bench_scroll(UiBench* self, double x, double y, double dy);

/// The tab of that row is shown, by a click; where its control is.
FiqUiRegion ui_bench_go_to(UiBench* self, uint32_t row);

/// Row of that symbol; fails the test if there is none.
uint32_t ui_bench_row(const UiBench* self, const char* symbol);

#endif
