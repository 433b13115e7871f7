// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/ui_bench.h"

#include <stdlib.h>
#include <string.h>

UiBench* ui_bench_new(FiqPluginKind plugin, uint32_t zoom)
{
  UiBench* const self = calloc(1, sizeof(*self));
  const int      w    = (int)(FIQ_UI_PAGE_WIDTH * zoom / 100);
  const int      h    = (int)(FIQ_UI_PAGE_HEIGHT * zoom / 100);
  fiq_ui_fake_init(&self->fake, plugin, 100);
  self->page    = fiq_ui_page_new(&self->fake.model);
  self->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, w, h);
  self->now_s   = 100.0;
  assert_non_null(self->page);
  fiq_ui_page_layout(self->page, (uint32_t)w, (uint32_t)h, zoom / 100.0);
  return self;
}

void ui_bench_free(UiBench* self)
{
  fiq_ui_page_free(self->page);
  cairo_surface_destroy(self->surface);
  free(self);
}

void ui_bench_turn(UiBench* self, double s)
{
  FiqUiRegion regions[FIQ_UI_REGIONS_MAX];
  self->now_s += s;
  if (fiq_ui_page_idle(self->page, self->now_s)) {
    fiq_ui_page_draw(self->page, self->surface, regions);
  }
}

bool ui_bench_key(UiBench* self, FiqUiKey key_, uint32_t modifiers, const char* text)
{
  FiqUiEvent event = {
      .kind = FIQ_UI_KEY_DOWN, .key = key_, .modifiers = modifiers, .time_s = self->now_s};
  strncpy(event.text, text, sizeof(event.text) - 1);
  const bool used = fiq_ui_page_event(self->page, &event);
  event.kind      = FIQ_UI_KEY_UP;
  fiq_ui_page_event(self->page, &event);
  return used;
}

void ui_bench_type(UiBench* self, const char* text)
{
  for (; *text; ++text) {
    const char one[2] = {*text, '\0'};
    ui_bench_key(self, FIQ_UI_KEY_TEXT, 0, one);
  }
}

void ui_bench_pointer(UiBench* self, FiqUiEventKind kind, double x, double y, uint32_t n_clicks,
                      uint32_t modifiers)
{
  const FiqUiEvent event = {.kind      = kind,
                            .x         = x,
                            .y         = y,
                            .button    = 1,
                            .n_clicks  = n_clicks,
                            .modifiers = modifiers,
                            .time_s    = self->now_s};
  fiq_ui_page_event(self->page, &event);
}

void ui_bench_click(UiBench* self, double x, double y, uint32_t n_clicks)
{
  ui_bench_pointer(self, FIQ_UI_MOVE, x, y, 0, 0);
  ui_bench_pointer(self, FIQ_UI_PRESS, x, y, n_clicks, 0);
  ui_bench_pointer(self, FIQ_UI_RELEASE, x, y, 0, 0);
}

void ui_bench_menu(UiBench* self, double x, double y)
{
  const FiqUiEvent event = {
      .kind = FIQ_UI_PRESS, .x = x, .y = y, .button = 3, .n_clicks = 1, .time_s = self->now_s};
  ui_bench_pointer(self, FIQ_UI_MOVE, x, y, 0, 0);
  fiq_ui_page_event(self->page, &event);
}

void ui_bench_scroll(UiBench* self, double x, double y, double dy)
{
  const FiqUiEvent event = {.kind = FIQ_UI_SCROLL, .x = x, .y = y, .dy = dy, .time_s = self->now_s};
  fiq_ui_page_event(self->page, &event);
}

FiqUiRegion ui_bench_go_to(UiBench* self, uint32_t row)
{
  FiqUiRegion tab, control;
  assert_true(fiq_ui_page_locate(self->page, row, &tab, &control));
  ui_bench_click(self, tab.x + 0.5 * tab.width, tab.y + 0.5 * tab.height, 1);
  ui_bench_turn(self, 0.02);
  fiq_ui_page_locate(self->page, row, &tab, &control);
  assert_true(control.width > 0);
  return control;
}

uint32_t ui_bench_row(const UiBench* self, const char* symbol)
{
  const int32_t row = fiq_ui_model_row(&self->fake.model, symbol);
  assert_int_not_equal(row, FIQ_UI_NO_ROW);
  return (uint32_t)row;
}
