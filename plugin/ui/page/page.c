// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/page/page.h"

#include "plugin/ui/page/control.h"
#include "plugin/ui/page/header.h"
#include "plugin/ui/page/learn_layer.h"
#include "plugin/ui/page/sheet.h"
#include "plugin/ui/page/sound_pictures.h"
#include "plugin/ui/page/view.h"
#include "plugin/ui/widget/keyboard.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LOWEST_KEY = 36, HIGHEST_KEY = 96 };

static const double margin = 12.0, tabs_height = 28.0, sheet_height = 200.0, keyboard_height = 78.0,
                    gap = 10.0, learn_width = 92.0;

struct FiqUiPage {
  FiqStage*        stage;
  FiqUiModel*      model;
  FiqControls      controls;
  FiqHeader        header;
  FiqUiView*       view;
  FiqUiView*       tour;
  bool             is_touring;
  FiqTabs*         tabs;
  FiqSheet         sheet;
  FiqSoundPictures pictures;
  FiqButton*       learn;
  FiqLearnLayer*   layer;
  FiqKeyboard*     keyboard; ///< shown where notes are played
  uint32_t         width_px, height_px;
  double           scale; ///< px a unit
  bool             high_contrast;
  FiqUiCursor      cursor;
  uint64_t         heard; ///< message whose notes the keyboard shows
};

static bool is_swarm(const FiqUiPage* self)
{
  return self->model->plugin == FIQ_PLUGIN_SWARM;
}

// ---- what the widgets ask ----

static void ground(void* handle, const FiqPaint* paint)
{
  const FiqUiPage* const self = handle;
  fiq_header_ground(&self->header, paint);
  self->view->ground(self->view, paint);
  fiq_sheet_ground(&self->sheet, paint);
}

static void tab_chosen(void* handle, uint32_t tab)
{
  FiqUiPage* const self = handle;
  (void)tab;
  fiq_sheet_layout(&self->sheet, self->sheet.area);
  fiq_controls_refresh(&self->controls);
  if (!fiq_stage_focus(self->stage)) {
    // What had the focus is gone; the walk goes on at the tabs.
    fiq_stage_set_focus(self->stage, &self->tabs->base, fiq_stage_shows_focus(self->stage));
  }
  fiq_stage_renew(self->stage);
}

static void toggle_learning(void* handle, uint32_t id)
{
  FiqUiPage* const self = handle;
  (void)id;
  if (self->layer->base.is_shown) {
    fiq_learn_layer_close(self->layer);
  } else {
    fiq_learn_layer_open(self->layer, FIQ_UI_NO_ROW);
  }
}

static void learn_one(void* handle, uint32_t row)
{
  FiqUiPage* const self = handle;
  fiq_learn_layer_open(self->layer, (int32_t)row);
}

static void show_tour(FiqUiPage* self, bool on)
{
  if (self->tour && on != self->is_touring) {
    self->is_touring = on;
    self->tour->show(self->tour, on);
    fiq_header_light_help(&self->header, on);
    fiq_stage_renew(self->stage);
  }
}

static void toggle_tour(void* handle)
{
  FiqUiPage* const self = handle;
  show_tour(self, !self->is_touring);
}

static void tour_closed(void* handle)
{
  show_tour(handle, false);
}

static void play_note(void* handle, uint8_t key, uint8_t velocity)
{
  const FiqUiCalls* const calls = &((FiqUiPage*)handle)->model->calls;
  calls->note(calls->handle, key, velocity);
}

static void turn_wheel(void* handle, uint32_t wheel, float value)
{
  const FiqUiCalls* const calls = &((FiqUiPage*)handle)->model->calls;
  calls->wheel(calls->handle, wheel, value);
}

// ---- life ----

/// Whether the model's value of `symbol` is above the least one.
static bool is_raised(const FiqUiPage* self, const char* symbol)
{
  const int32_t row = fiq_ui_model_row(self->model, symbol);
  return row != FIQ_UI_NO_ROW && self->model->value[row] > fiq_params[row].minimum;
}

/// In Realms a swarm that is heard, or a partner who plays it.
static bool plays_notes(const FiqUiPage* self)
{
  return is_swarm(self) || is_raised(self, "swarm_level") || is_raised(self, "sequence");
}

static bool make_keyboard(FiqUiPage* self)
{
  self->keyboard = fiq_keyboard_new(self->stage, LOWEST_KEY, HIGHEST_KEY);
  if (self->keyboard) {
    self->keyboard->handle = self;
    self->keyboard->note   = play_note;
    self->keyboard->turned = turn_wheel;
    fiq_widget_show(&self->keyboard->base, plays_notes(self));
  }
  return self->keyboard != NULL;
}

static bool make_learning(FiqUiPage* self)
{
  self->controls.handle = self;
  self->controls.learn  = learn_one;
  self->layer           = fiq_learn_layer_new(&self->controls);
  return self->layer != NULL;
}

static bool make_learn_button(FiqUiPage* self)
{
  self->learn = fiq_button_new(self->stage, "MIDI learn", FIQ_SIGN_NONE, self, 0, toggle_learning);
  if (self->learn) {
    self->learn->base.name = "MIDI learn";
    self->learn->base.tip  = "Shows which controllers of a MIDI device move which controls, and "
                             "learns new ones. One control alone: right "
                             "button, or the menu key.";
  }
  return self->learn != NULL;
}

static bool make_all(FiqUiPage* self)
{
  self->stage = fiq_stage_new(ground, self);
  if (!self->stage || !fiq_controls_init(&self->controls, self->stage, self->model) ||
      !fiq_header_init(&self->header, &self->controls, toggle_tour, self)) {
    return false;
  }
  self->view = is_swarm(self) ? fiq_ui_swarm_view(self->stage, self->model)
                              : fiq_ui_realms_view(self->stage, self->model);
  self->tabs = fiq_tabs_new(self->stage, self, tab_chosen);
  if (!self->view || !self->tabs || !make_learn_button(self) ||
      !fiq_sheet_init(&self->sheet, &self->controls, self->tabs,
                      FIQ_UI_PAGE_WIDTH - 2.0 * margin) ||
      !fiq_sound_pictures_init(&self->pictures, &self->sheet) || !make_keyboard(self) ||
      !make_learning(self)) {
    return false;
  }
  self->tour = fiq_ui_tour_view(self->stage, self->model, tour_closed, self);
  return self->tour != NULL;
}

FiqUiPage* fiq_ui_page_new(FiqUiModel* model)
{
  assert(model && fiq_n_params <= FIQ_UI_ROWS_MAX);
  FiqUiPage* const self = calloc(1, sizeof(*self));
  if (!self) {
    return NULL;
  }
  self->model = model;
  if (!make_all(self)) {
    fiq_ui_page_free(self);
    return NULL;
  }
  return self;
}

void fiq_ui_page_free(FiqUiPage* self)
{
  if (!self) {
    return;
  }
  if (self->view) {
    self->view->free(self->view);
  }
  if (self->tour) {
    self->tour->free(self->tour);
  }
  fiq_stage_free(self->stage);
  free(self);
}

// ---- the owner's round ----

void fiq_ui_page_layout(FiqUiPage* self, uint32_t width, uint32_t height, double scale)
{
  assert(width > 0 && height > 0 && scale > 0.0);
  self->width_px  = width;
  self->height_px = height;
  self->scale     = scale;
  fiq_stage_resize(self->stage, width, height, scale);
  // A window smaller than the page is shown cut, not crammed.
  const FiqRect area  = fiq_stage_area(self->stage);
  const double  w     = fmax(area.width, FIQ_UI_PAGE_WIDTH);
  const double  h     = fmax(area.height, FIQ_UI_PAGE_HEIGHT);
  const double  keys  = self->keyboard->base.is_shown ? keyboard_height + gap : 0.0;
  const double  sheet = h - margin - keys - sheet_height;
  const double  tabs  = sheet - tabs_height;
  const double  top   = FIQ_HEADER_HEIGHT + gap;
  const FiqRect upper = {margin, top, w - 2.0 * margin, tabs - gap - top};
  fiq_header_layout(&self->header, (FiqRect){0.0, 0.0, w, FIQ_HEADER_HEIGHT});
  self->view->layout(self->view, upper);
  if (self->tour) {
    self->tour->layout(self->tour, upper);
  }
  const FiqRect below = {margin, sheet, w - 2.0 * margin, sheet_height};
  fiq_widget_place(&self->tabs->base,
                   (FiqRect){margin, tabs, below.width - learn_width - gap, tabs_height});
  fiq_widget_place(&self->learn->base,
                   (FiqRect){w - margin - learn_width, tabs + 1.0, learn_width, tabs_height - 5.0});
  fiq_sheet_layout(&self->sheet, below);
  fiq_widget_place(&self->layer->base, below);
  fiq_widget_place(&self->keyboard->base, (FiqRect){margin, h - margin - keyboard_height,
                                                    w - 2.0 * margin, keyboard_height});
}

void fiq_ui_page_expose(FiqUiPage* self)
{
  fiq_stage_renew(self->stage);
}

static bool shortcut(FiqUiPage* self, const FiqUiEvent* event)
{
  if (event->kind != FIQ_UI_KEY_DOWN) {
    return false;
  }
  if (event->key == FIQ_UI_KEY_F1) {
    toggle_tour(self);
    return true;
  }
  if (event->modifiers & FIQ_UI_CTRL && event->key == FIQ_UI_KEY_TEXT) {
    const bool larger = event->text[0] == '+' || event->text[0] == '=';
    if (larger || event->text[0] == '-' || event->text[0] == '0') {
      fiq_header_zoom(&self->header, larger ? 1 : (event->text[0] == '-' ? -1 : 0));
      return true;
    }
  }
  const uint32_t n = self->tabs->n;
  if ((event->modifiers & FIQ_UI_CTRL) && event->key == FIQ_UI_KEY_PAGE_DOWN) {
    fiq_tabs_choose(self->tabs, (self->tabs->current + 1) % n);
    return true;
  }
  if ((event->modifiers & FIQ_UI_CTRL) && event->key == FIQ_UI_KEY_PAGE_UP) {
    fiq_tabs_choose(self->tabs, (self->tabs->current + n - 1) % n);
    return true;
  }
  return false;
}

/// Escape is the layer's wherever the focus is, but for what is open over it.
static bool leaves_learning(FiqUiPage* self, const FiqUiEvent* event)
{
  if (event->kind != FIQ_UI_KEY_DOWN || event->key != FIQ_UI_KEY_ESCAPE ||
      !self->layer->base.is_shown || fiq_stage_popup(self->stage)) {
    return false;
  }
  fiq_learn_layer_escape(self->layer);
  return true;
}

bool fiq_ui_page_event(FiqUiPage* self, const FiqUiEvent* event)
{
  const bool used =
      leaves_learning(self, event) || fiq_stage_event(self->stage, event) || shortcut(self, event);
  const FiqUiCursor cursor = fiq_stage_cursor(self->stage);
  if (cursor != self->cursor) {
    self->cursor = cursor;
    self->model->calls.set_cursor(self->model->calls.handle, cursor);
  }
  return used;
}

static void show_keys(FiqUiPage* self)
{
  const FiqUiTelemetry* const told = &self->model->telemetry;
  int8_t                      color[FIQ_KEYS_MAX];
  // Nothing moves under the hand that raises the swarm.
  if (plays_notes(self) != self->keyboard->base.is_shown && self->model->held == FIQ_UI_NO_ROW) {
    fiq_keyboard_let_go(self->keyboard);
    fiq_widget_show(&self->keyboard->base, plays_notes(self));
    fiq_ui_page_layout(self, self->width_px, self->height_px, self->scale);
  }
  if (self->heard == told->sequence) {
    return;
  }
  self->heard = told->sequence;
  memset(color, -1, sizeof(color));
  for (uint32_t i = 0; i < told->notes.n; ++i) {
    const float key = 69.0f + 12.0f * log2f(fmaxf(told->notes.hz[i], 1.0f) / 440.0f);
    if (key >= 0.0f && key < FIQ_KEYS_MAX - 1) {
      color[(int)(key + 0.5f)] = (int8_t)(i % FIQ_UI_NOTE_COLORS);
    }
  }
  fiq_keyboard_show(self->keyboard, color);
  const int32_t row     = fiq_ui_model_row(self->model, "sequence");
  const bool    expects = told->has_chances && row >= 0 && self->model->value[row] >= 0.5f;
  fiq_keyboard_expect(self->keyboard, expects ? told->chance : NULL);
}

static void show_learning(FiqUiPage* self, double now_s)
{
  const FiqControllers* const map  = &self->model->controllers;
  const bool                  on   = self->layer->base.is_shown;
  uint32_t                    tabs = 0;
  fiq_learn_layer_refresh(self->layer, now_s);
  fiq_button_light(self->learn, on);
  for (uint32_t i = 0; on && i < map->n; ++i) {
    if (self->controls.control[map->entry[i].row]) {
      tabs |= 1u << fiq_sheet_of(&self->sheet, map->entry[i].row);
    }
  }
  fiq_tabs_mark(self->tabs, tabs);
}

bool fiq_ui_page_idle(FiqUiPage* self, double now_s)
{
  if (self->high_contrast != self->model->high_contrast) {
    self->high_contrast = self->model->high_contrast;
    fiq_stage_set_theme(self->stage, fiq_theme(self->high_contrast));
  }
  fiq_controls_refresh(&self->controls);
  fiq_header_refresh(&self->header);
  self->view->refresh(self->view, now_s);
  fiq_sound_pictures_refresh(&self->pictures);
  if (self->is_touring) {
    self->tour->refresh(self->tour, now_s);
  }
  show_keys(self);
  show_learning(self, now_s);
  return fiq_stage_tick(self->stage, now_s);
}

size_t fiq_ui_page_draw(FiqUiPage* self, cairo_surface_t* surface, FiqUiRegion* regions)
{
  return fiq_stage_draw(self->stage, surface, regions, FIQ_UI_REGIONS_MAX);
}

void fiq_ui_page_let_go(FiqUiPage* self)
{
  fiq_keyboard_let_go(self->keyboard);
  fiq_ui_model_let_go(self->model);
  if (self->model->learning != FIQ_UI_NO_ROW) {
    // Nobody would know what a controller that is moved later does.
    self->model->calls.learn_controller(self->model->calls.handle, FIQ_UI_NO_ROW);
  }
}

static FiqUiRegion region_of(const FiqUiPage* self, FiqRect rect)
{
  const double scale = fiq_stage_scale(self->stage);
  return (FiqUiRegion){(int32_t)(rect.x * scale), (int32_t)(rect.y * scale),
                       (int32_t)(rect.width * scale), (int32_t)(rect.height * scale)};
}

bool fiq_ui_page_locate(const FiqUiPage* self, uint32_t row, FiqUiRegion* tab, FiqUiRegion* control)
{
  const FiqValue* const value = self->controls.control[row];
  if (!value) {
    return false;
  }
  *tab     = region_of(self, fiq_tabs_rect(self->tabs, fiq_sheet_of(&self->sheet, row)));
  *control = value->base.is_shown ? region_of(self, value->base.rect) : (FiqUiRegion){0, 0, 0, 0};
  return true;
}

const char* fiq_ui_page_label(const FiqUiPage* self, uint32_t row)
{
  return self->controls.label[row];
}
