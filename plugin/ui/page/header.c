// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/page/header.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  PREVIOUS,
  PRESET,
  NEXT,
  SLOT_A,
  SLOT_B,
  COPY,
  SAVE,
  VARY,
  DIE,
  SEED,
  ZOOM,
  CONTRAST,
  HELP,
  POWER
};

_Static_assert((int)POWER + 1 == (int)FIQ_HEADER_BUTTONS, "a place for each button");

static const float vary_size = 0.06f;

static const struct {
  const char* text;
  FiqSign     sign;
  double      width, gap; ///< units; the gap stands before it
  const char* name;
  const char* tip;
} buttons[FIQ_HEADER_BUTTONS] = {
    [PREVIOUS] = {"", FIQ_SIGN_PREVIOUS, 28, 0, "Previous preset",
                  "Keeps to what the browser is set to show."},
    [PRESET]   = {"", FIQ_SIGN_NONE, 214, 2, "Presets",
                  "Opens the browser: categories, tags, favourites; type to search."},
    [NEXT] = {"", FIQ_SIGN_NEXT, 28, 2, "Next preset", "Keeps to what the browser is set to show."},
    [SLOT_A]   = {"A", FIQ_SIGN_NONE, 28, 10, "Sound A",
                  "Two sounds to compare: A and B each keep all controls and the seed."},
    [SLOT_B]   = {"B", FIQ_SIGN_NONE, 28, 2, "Sound B",
                  "Two sounds to compare: A and B each keep all controls and the seed."},
    [COPY]     = {"Copy", FIQ_SIGN_NONE, 60, 2, "Copy",
                  "Makes the other of A and B like the one that is heard."},
    [SAVE]     = {"Save\u2026", FIQ_SIGN_NONE, 56, 10, "Save",
                  "Keeps this sound as a preset of yours; other LV2 hosts find it too."},
    [VARY]     = {"Vary", FIQ_SIGN_NONE, 48, 6, "Vary",
                  "A small chance step away from this sound. What is locked stays: right button on a "
                      "control, or the menu key."},
    [DIE]      = {"", FIQ_SIGN_DIE, 30, 10, "New seed",
                  "Throws the dice: another cloud, another start of the phases."},
    [SEED]     = {"", FIQ_SIGN_NONE, 98, 2, "Seed",
                  "The same seed gives the same sound. Press to type one."},
    [ZOOM]     = {"100 %", FIQ_SIGN_NONE, 58, 86, "Zoom",
                  "Size of all windows of FieldIQ, 75 % to 300 %."},
    [CONTRAST] = {"", FIQ_SIGN_CONTRAST, 28, 4, "High contrast", "Strong colours on black."},
    [HELP]     = {"?", FIQ_SIGN_NONE, 28, 4, "Tour",
                  "Seven short cards: what oscillators, phases and coupling are, with the live circle "
                      "beside them."},
    [POWER]    = {"", FIQ_SIGN_POWER, 28, 6, "On", "Off bypasses without a click."},
};

static const char* const zoom_items[]   = {"75 %",  "100 %", "125 %", "150 %",
                                           "175 %", "200 %", "250 %", "300 %"};
static const uint32_t    zoom_percent[] = {75, 100, 125, 150, 175, 200, 250, 300};

_Static_assert(sizeof(zoom_items) / sizeof(zoom_items[0]) ==
                   sizeof(zoom_percent) / sizeof(zoom_percent[0]),
               "a word for each");

static int32_t power_row(const FiqHeader* self)
{
  return fiq_ui_model_row(self->model, "enabled");
}

static void zoom_chosen(void* handle, uint32_t item)
{
  FiqHeader* const        self  = handle;
  const FiqUiCalls* const calls = &self->model->calls;
  calls->set_zoom(calls->handle, zoom_percent[item]);
}

static void open_zoom(FiqHeader* self)
{
  int32_t marked = -1;
  for (int32_t i = 0; i < (int32_t)(sizeof(zoom_items) / sizeof(zoom_items[0])); ++i) {
    marked = zoom_percent[i] == self->model->zoom ? i : marked;
  }
  fiq_menu_open(self->controls->menu, self->button[ZOOM]->base.rect, zoom_items,
                sizeof(zoom_items) / sizeof(zoom_items[0]), marked, self, zoom_chosen);
}

void fiq_header_zoom(FiqHeader* self, int32_t by)
{
  const int32_t n    = (int32_t)(sizeof(zoom_items) / sizeof(zoom_items[0]));
  int32_t       item = 1;
  for (int32_t i = 0; i < n && by != 0; ++i) {
    // The last that is not larger than the present one; from there a step.
    item = zoom_percent[i] <= self->model->zoom ? i : item;
  }
  const int32_t next = item + by < 0 ? 0 : (item + by >= n ? n - 1 : item + by);
  zoom_chosen(self, (uint32_t)next);
}

static void set_seed(FiqHeader* self, uint32_t seed)
{
  const FiqUiCalls* const calls = &self->model->calls;
  self->model->seed             = seed;
  calls->set_seed(calls->handle, seed);
}

static void seed_typed(void* handle, const char* text)
{
  // The entry belongs to the controls, which copy and paste for it.
  FiqControls* const  controls = handle;
  char*               end      = NULL;
  const unsigned long seed     = strtoul(text, &end, 10);
  if (end != text && seed <= 0x7ffffffful) {
    const FiqUiCalls* const calls = &controls->model->calls;
    controls->model->seed         = (uint32_t)seed;
    calls->set_seed(calls->handle, (uint32_t)seed);
  }
}

static void type_seed(FiqHeader* self)
{
  char text[16];
  snprintf(text, sizeof(text), "%u", self->model->seed);
  fiq_entry_open(self->controls->entry, self->button[SEED]->base.rect, text, false, self->controls,
                 seed_typed);
}

/// Chance for what the user asks chance for: any sequence does.
static uint32_t throw_dice(FiqHeader* self)
{
  self->random = self->random * 1664525u + 1013904223u;
  return self->random >> 8;
}

static void toggle_power(FiqHeader* self)
{
  const int32_t row = power_row(self);
  if (row != FIQ_UI_NO_ROW) {
    const float on = self->model->value[row] >= 0.5f ? 0.0f : 1.0f;
    fiq_ui_model_hold(self->model, (uint32_t)row);
    fiq_ui_model_set(self->model, (uint32_t)row, on);
    fiq_ui_model_let_go(self->model);
  }
}

static void pressed(void* handle, uint32_t id)
{
  FiqHeader* const        self  = handle;
  const FiqUiCalls* const calls = &self->model->calls;
  const FiqRect           rect  = self->button[id]->base.rect;
  switch (id) {
  case PREVIOUS:
  case NEXT:
    fiq_browser_step(self->browser, id == NEXT ? 1 : -1);
    break;
  case PRESET:
    fiq_browser_open(self->browser, rect);
    break;
  case SLOT_A:
  case SLOT_B:
    fiq_ui_model_select_slot(self->model, id - SLOT_A);
    break;
  case COPY:
    fiq_ui_model_copy_slot(self->model);
    break;
  case SAVE:
    fiq_save_dialog_open(self->dialog, rect);
    break;
  case VARY:
    fiq_ui_model_vary(self->model, vary_size, throw_dice(self));
    break;
  case DIE:
    set_seed(self, throw_dice(self) % 100000u);
    break;
  case SEED:
    type_seed(self);
    break;
  case ZOOM:
    open_zoom(self);
    break;
  case CONTRAST:
    calls->set_contrast(calls->handle, !self->model->high_contrast);
    break;
  case HELP:
    self->help(self->handle);
    break;
  default:
    toggle_power(self);
    break;
  }
}

bool fiq_header_init(FiqHeader* self, FiqControls* controls, void (*help)(void* handle),
                     void* handle)
{
  assert(self && controls && help);
  memset(self, 0, sizeof(*self));
  self->controls = controls;
  self->model    = controls->model;
  self->help     = help;
  self->handle   = handle;
  for (uint32_t i = 0; i < FIQ_HEADER_BUTTONS; ++i) {
    FiqButton* const button =
        fiq_button_new(controls->stage, buttons[i].text, buttons[i].sign, self, i, pressed);
    if (!button) {
      return false;
    }
    button->base.name = buttons[i].name;
    button->base.tip  = buttons[i].tip;
    self->button[i]   = button;
  }
  self->button[PRESET]->is_left   = true;
  self->button[POWER]->is_bare    = true;
  self->button[CONTRAST]->is_bare = true;
  self->button[POWER]->hue        = FIQ_HUE_GREEN;
  self->meter                     = fiq_meter_new(controls->stage);
  self->browser                   = fiq_browser_new(controls->stage, controls->model);
  self->dialog                    = fiq_save_dialog_new(controls->stage, controls->model);
  return self->meter && self->browser && self->dialog;
}

void fiq_header_layout(FiqHeader* self, FiqRect area)
{
  double total = 0.0;
  self->area   = area;
  for (uint32_t i = 0; i < FIQ_HEADER_BUTTONS; ++i) {
    total += buttons[i].width + buttons[i].gap;
  }
  double x = area.x + area.width - total - 14.0;
  for (uint32_t i = 0; i < FIQ_HEADER_BUTTONS; ++i) {
    x += buttons[i].gap;
    fiq_widget_place(&self->button[i]->base, (FiqRect){x, area.y + 10.0, buttons[i].width, 28.0});
    x += buttons[i].width;
  }
  const FiqRect zoom = self->button[ZOOM]->base.rect;
  fiq_widget_place(&self->meter->base, (FiqRect){zoom.x - 76.0, area.y + 15.0, 66.0, 18.0});
}

void fiq_header_refresh(FiqHeader* self)
{
  const FiqUiModel* const   model   = self->model;
  const FiqUiPresets* const presets = &model->presets;
  const bool               known = presets->current >= 0 && (uint32_t)presets->current < presets->n;
  const FiqUiPreset* const now   = known ? &presets->entry[presets->current] : NULL;
  const int32_t            power = power_row(self);
  char                     text[32];
  fiq_button_set_text(self->button[PRESET], now ? now->name : "Presets", now ? now->category : "");
  fiq_button_light(self->button[SLOT_A], model->slot == 0);
  fiq_button_light(self->button[SLOT_B], model->slot == 1);
  fiq_button_set_text(self->button[COPY], model->slot == 0 ? "A \u2192 B" : "B \u2192 A", "");
  snprintf(text, sizeof(text), "%u", model->seed);
  fiq_button_set_text(self->button[SEED], text, "");
  snprintf(text, sizeof(text), "%u %%", model->zoom);
  fiq_button_set_text(self->button[ZOOM], text, "");
  fiq_button_light(self->button[POWER], power != FIQ_UI_NO_ROW && model->value[power] >= 0.5f);
  fiq_button_light(self->button[CONTRAST], model->high_contrast);
  if (self->heard != model->telemetry.sequence) {
    self->heard = model->telemetry.sequence;
    fiq_meter_show(self->meter, model->telemetry.levels.out);
  }
}

void fiq_header_light_help(FiqHeader* self, bool on)
{
  fiq_button_light(self->button[HELP], on);
}

void fiq_header_ground(const FiqHeader* self, const FiqPaint* paint)
{
  cairo_t* const        cr    = paint->cr;
  const FiqTheme* const theme = paint->theme;
  const double          y     = self->area.y + 24.0;
  const FiqTextStyle    name  = {15.0, FIQ_TEXT_BOLD, FIQ_ALIGN_LEFT, theme->ink};
  const FiqTextStyle    kind  = {15.0, FIQ_TEXT_REGULAR, FIQ_ALIGN_LEFT, theme->soft};
  cairo_arc(cr, 24.0, y, 9.5, 0.0, 6.2831853071795865);
  fiq_paint_color(paint, theme->accent);
  cairo_set_line_width(cr, 2.0);
  cairo_stroke(cr);
  cairo_arc(cr, 30.7, y - 6.7, 4.0, 0.0, 6.2831853071795865);
  fiq_paint_color(paint, theme->pink);
  cairo_fill(cr);
  const double w = fiq_paint_text(paint, 44.0, y, "FieldIQ", &name);
  fiq_paint_text(paint, 51.0 + w, y, self->model->plugin == FIQ_PLUGIN_SWARM ? "Swarm" : "Realms",
                 &kind);
  cairo_rectangle(cr, 0.0, self->area.y + self->area.height - 1.0, self->area.width, 1.0);
  fiq_paint_color(paint, theme->edge);
  cairo_fill(cr);
}
