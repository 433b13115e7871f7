// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/widget.h"

#include "plugin/ui/widget/ground.h"
#include "plugin/ui/widget/tooltip.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDGETS_MAX = 512, DAMAGE_MAX = 24 };

/// A widget may draw its focus ring so far outside its rectangle, units.
static const double overhang   = 3.0;
static const double tip_wait_s = 0.6;

struct FiqStage {
  FiqStageGround  ground;
  void*           handle;
  const FiqTheme* theme;
  FiqWidget*      widget[WIDGETS_MAX];
  uint32_t        n_widgets;
  FiqWidget*      focus;
  FiqWidget*      hover;
  FiqWidget*      held; ///< has the pointer until the button is let go
  FiqWidget*      popup;
  bool            shows_focus;
  uint32_t        width_px, height_px;
  double          scale;
  FiqGround       kept; ///< the ground as drawn; of no size: draw it first
  FiqRect         damage[DAMAGE_MAX];
  uint32_t        n_damage;
  bool            is_all_dirty;
  double          now_s;
  double          rest_s; ///< since when the pointer or the focus rests
  FiqWidget*      tipped; ///< whose tooltip is shown
  FiqRect         tip_rect;
};

// ---- life ----

FiqStage* fiq_stage_new(FiqStageGround ground, void* handle)
{
  FiqStage* const self = calloc(1, sizeof(*self));
  if (self) {
    self->ground = ground;
    self->handle = handle;
    self->theme  = fiq_theme(false);
    self->scale  = 1.0;
  }
  return self;
}

void fiq_stage_free(FiqStage* self)
{
  if (!self) {
    return;
  }
  for (uint32_t i = 0; i < self->n_widgets; ++i) {
    if (self->widget[i]->class->clear) {
      self->widget[i]->class->clear(self->widget[i]);
    }
    free(self->widget[i]);
  }
  fiq_ground_clear(&self->kept);
  free(self);
}

void* fiq_stage_add(FiqStage* self, size_t size, const FiqWidgetClass* class)
{
  assert(size >= sizeof(FiqWidget));
  FiqWidget* const widget = self->n_widgets < WIDGETS_MAX ? calloc(1, size) : NULL;
  if (widget) {
    widget->class                   = class;
    widget->stage                   = self;
    widget->is_shown                = true;
    widget->is_dirty                = true;
    self->widget[self->n_widgets++] = widget;
  }
  return widget;
}

void fiq_stage_renew(FiqStage* self)
{
  fiq_ground_clear(&self->kept);
  self->is_all_dirty = true;
}

void fiq_stage_resize(FiqStage* self, uint32_t width_px, uint32_t height_px, double scale)
{
  assert(scale > 0.0);
  self->width_px  = width_px;
  self->height_px = height_px;
  self->scale     = scale;
  fiq_stage_renew(self);
}

void fiq_stage_set_theme(FiqStage* self, const FiqTheme* theme)
{
  self->theme = theme;
  fiq_stage_renew(self);
}

const FiqTheme* fiq_stage_theme(const FiqStage* self)
{
  return self->theme;
}

double fiq_stage_scale(const FiqStage* self)
{
  return self->scale;
}

FiqRect fiq_stage_area(const FiqStage* self)
{
  return (FiqRect){0.0, 0.0, self->width_px / self->scale, self->height_px / self->scale};
}

double fiq_stage_now(const FiqStage* self)
{
  return self->now_s;
}

FiqWidget* fiq_stage_widget(const FiqStage* self, uint32_t index)
{
  return index < self->n_widgets ? self->widget[index] : NULL;
}

FiqUiCursor fiq_stage_cursor(const FiqStage* self)
{
  const FiqWidget* const over = self->held ? self->held : self->hover;
  return over ? over->cursor : FIQ_UI_CURSOR_ARROW;
}

// ---- damage ----

static FiqRect united(FiqRect a, FiqRect b)
{
  const double x = fmin(a.x, b.x);
  const double y = fmin(a.y, b.y);
  return (FiqRect){x, y, fmax(a.x + a.width, b.x + b.width) - x,
                   fmax(a.y + a.height, b.y + b.height) - y};
}

static void damage(FiqStage* self, FiqRect rect)
{
  if (rect.width <= 0.0 || rect.height <= 0.0) {
    return;
  }
  // Rectangles that meet become one, which may meet others in turn.
  for (uint32_t i = 0; i < self->n_damage;) {
    if (fiq_rect_meets(self->damage[i], rect)) {
      rect            = united(self->damage[i], rect);
      self->damage[i] = self->damage[--self->n_damage];
      i               = 0;
    } else {
      ++i;
    }
  }
  if (self->n_damage == DAMAGE_MAX) {
    self->damage[0] = united(self->damage[0], rect);
  } else {
    self->damage[self->n_damage++] = rect;
  }
}

static FiqRect with_overhang(FiqRect rect)
{
  return (FiqRect){rect.x - overhang, rect.y - overhang, rect.width + 2.0 * overhang,
                   rect.height + 2.0 * overhang};
}

void fiq_widget_dirty(FiqWidget* self)
{
  self->is_dirty = true;
}

void fiq_widget_show(FiqWidget* self, bool shown)
{
  if (self->is_shown != shown) {
    self->is_shown = shown;
    self->is_dirty = shown;
    damage(self->stage, with_overhang(self->rect));
    FiqStage* const stage = self->stage;
    stage->focus          = !shown && stage->focus == self ? NULL : stage->focus;
    stage->hover          = !shown && stage->hover == self ? NULL : stage->hover;
    stage->held           = !shown && stage->held == self ? NULL : stage->held;
  }
}

void fiq_widget_place(FiqWidget* self, FiqRect rect)
{
  if (self->is_shown) {
    damage(self->stage, with_overhang(self->rect));
    damage(self->stage, with_overhang(rect));
  }
  self->rect     = rect;
  self->is_dirty = true;
}

void fiq_widget_disable(FiqWidget* self, const char* why)
{
  if (self->disabled != why) {
    self->disabled = why;
    self->is_dirty = true;
  }
}

bool fiq_widget_hovered(const FiqWidget* self)
{
  return self->stage->hover == self || self->stage->held == self;
}

bool fiq_widget_focused(const FiqWidget* self)
{
  return self->stage->focus == self;
}

void fiq_widget_draw_focus(const FiqWidget* self, const FiqPaint* paint)
{
  if (self->stage->focus != self || !self->stage->shows_focus) {
    return;
  }
  fiq_paint_round(paint, fiq_rect_inset(self->rect, -0.75), 6.0);
  fiq_paint_color(paint, paint->theme->focus);
  cairo_set_line_width(paint->cr, 1.5 * paint->theme->line);
  cairo_stroke(paint->cr);
}

// ---- focus and popups ----

FiqWidget* fiq_stage_focus(const FiqStage* self)
{
  return self->focus;
}

bool fiq_stage_shows_focus(const FiqStage* self)
{
  return self->shows_focus;
}

static void rest_from_now(FiqStage* self)
{
  self->rest_s = self->now_s;
  if (self->tipped) {
    self->tipped = NULL;
    damage(self, self->tip_rect);
  }
}

void fiq_stage_set_focus(FiqStage* self, FiqWidget* widget, bool show)
{
  if (self->focus && (self->focus != widget || self->shows_focus != show)) {
    self->focus->is_dirty = true;
  }
  if (self->focus != widget) {
    rest_from_now(self);
  }
  self->focus       = widget;
  self->shows_focus = show;
  if (widget) {
    widget->is_dirty = true;
  }
}

void fiq_stage_open(FiqStage* self, FiqWidget* popup)
{
  if (self->popup && self->popup != popup) {
    FiqWidget* const old = self->popup;
    self->popup          = NULL;
    fiq_widget_show(old, false);
  }
  self->popup = popup;
  if (popup) {
    fiq_widget_show(popup, true);
    popup->is_dirty = true;
  }
  rest_from_now(self);
}

FiqWidget* fiq_stage_popup(const FiqStage* self)
{
  return self->popup;
}

static bool is_stop(const FiqStage* self, const FiqWidget* widget)
{
  return widget->is_shown && widget->takes_focus && widget != self->popup;
}

static void step_focus(FiqStage* self, bool back)
{
  const uint32_t n = self->n_widgets;
  // Without a focus Tab begins at the first, Shift+Tab at the last.
  uint32_t at = back ? 0 : n - 1;
  for (uint32_t i = 0; i < n && self->focus; ++i) {
    at = self->widget[i] == self->focus ? i : at;
  }
  for (uint32_t i = 0; i < n; ++i) {
    at = (at + (back ? n - 1 : 1)) % n;
    if (is_stop(self, self->widget[at])) {
      fiq_stage_set_focus(self, self->widget[at], true);
      return;
    }
  }
}

// ---- events ----

static bool tell(FiqWidget* widget, const FiqUiEvent* event)
{
  return widget && widget->class->event && widget->class->event(widget, event);
}

static FiqWidget* widget_at(const FiqStage* self, double x, double y)
{
  if (self->popup && fiq_rect_has(self->popup->rect, x, y)) {
    return self->popup;
  }
  for (uint32_t i = self->n_widgets; i-- > 0;) {
    FiqWidget* const widget = self->widget[i];
    if (widget->is_shown && fiq_rect_has(widget->rect, x, y)) {
      return widget;
    }
  }
  return NULL;
}

static void set_hover(FiqStage* self, FiqWidget* widget)
{
  if (self->hover == widget) {
    return;
  }
  if (self->hover) {
    self->hover->is_dirty  = true;
    const FiqUiEvent leave = {.kind = FIQ_UI_LEAVE};
    tell(self->hover, &leave);
  }
  self->hover = widget;
  rest_from_now(self);
  if (widget) {
    widget->is_dirty = true;
  }
}

static bool press(FiqStage* self, const FiqUiEvent* event)
{
  FiqWidget* const widget = widget_at(self, event->x, event->y);
  rest_from_now(self);
  if (self->popup && widget != self->popup) {
    fiq_stage_open(self, NULL);
    return true;
  }
  self->held = widget;
  if (widget != self->popup || !widget) {
    fiq_stage_set_focus(self, widget && widget->takes_focus ? widget : NULL, false);
  }
  tell(widget, event);
  return true;
}

static bool move(FiqStage* self, const FiqUiEvent* event)
{
  if (self->held) {
    return tell(self->held, event);
  }
  set_hover(self, widget_at(self, event->x, event->y));
  if (!self->tipped) {
    self->rest_s = self->now_s;
  }
  return tell(self->hover, event);
}

static bool press_key(FiqStage* self, const FiqUiEvent* event)
{
  rest_from_now(self);
  if (self->popup) {
    // What is open keeps its keys: none of them is a shortcut of the host's.
    tell(self->popup, event);
    return true;
  }
  if (tell(self->focus, event)) {
    self->shows_focus = true;
    return true;
  }
  if (event->key == FIQ_UI_KEY_TAB && !(event->modifiers & (FIQ_UI_CTRL | FIQ_UI_ALT))) {
    step_focus(self, event->modifiers & FIQ_UI_SHIFT);
    return true;
  }
  if (event->key == FIQ_UI_KEY_ESCAPE && self->focus) {
    fiq_stage_set_focus(self, NULL, false);
    return true;
  }
  return false;
}

static bool release(FiqStage* self, const FiqUiEvent* event)
{
  FiqWidget* const held = self->held;
  const bool       used = tell(held, event);
  self->held            = NULL;
  set_hover(self, widget_at(self, event->x, event->y));
  return used;
}

bool fiq_stage_event(FiqStage* self, const FiqUiEvent* event_px)
{
  FiqUiEvent event = *event_px;
  event.x /= self->scale;
  event.y /= self->scale;
  self->now_s = event.time_s > self->now_s ? event.time_s : self->now_s;
  switch (event.kind) {
  case FIQ_UI_PRESS:
    return press(self, &event);
  case FIQ_UI_RELEASE:
    return release(self, &event);
  case FIQ_UI_MOVE:
    return move(self, &event);
  case FIQ_UI_LEAVE:
    set_hover(self, self->held ? self->hover : NULL);
    return true;
  case FIQ_UI_SCROLL:
    rest_from_now(self);
    return tell(widget_at(self, event.x, event.y), &event);
  case FIQ_UI_KEY_DOWN:
    return press_key(self, &event);
  case FIQ_UI_KEY_UP:
  case FIQ_UI_PASTE:
    return tell(self->popup ? self->popup : self->focus, &event) || self->popup;
  case FIQ_UI_BLUR:
    // Keys that are down will be let go elsewhere.
    tell(self->focus, &event);
    return true;
  default:
    return false;
  }
}

// ---- time ----

static void tick_tip(FiqStage* self)
{
  FiqWidget* const by_keys = self->shows_focus ? self->focus : NULL;
  FiqWidget* const widget  = self->hover ? self->hover : by_keys;
  const bool       quiet   = self->held || !widget || (self->popup && widget != self->popup) ||
                     (!widget->tip && !widget->disabled && !widget->name);
  if (!quiet && !self->tipped && self->now_s - self->rest_s >= tip_wait_s && widget->tip) {
    self->tipped   = widget;
    self->tip_rect = fiq_tooltip_place(widget, fiq_stage_area(self));
    damage(self, self->tip_rect);
  }
}

bool fiq_stage_tick(FiqStage* self, double now_s)
{
  bool dirty  = self->is_all_dirty;
  self->now_s = now_s;
  for (uint32_t i = 0; i < self->n_widgets; ++i) {
    FiqWidget* const widget = self->widget[i];
    if (widget->is_shown && widget->class->tick && widget->class->tick(widget, now_s)) {
      widget->is_dirty = true;
    }
    dirty = dirty || (widget->is_shown && widget->is_dirty);
  }
  tick_tip(self);
  return dirty || self->n_damage > 0;
}

// ---- drawing ----

/// Draw the ground and keep it; where memory is short it is drawn again at each frame.
static void draw_ground(FiqStage* self, const FiqPaint* paint)
{
  cairo_save(paint->cr);
  fiq_paint_color(paint, self->theme->ground);
  cairo_paint(paint->cr);
  cairo_scale(paint->cr, self->scale, self->scale);
  self->ground(self->handle, paint);
  cairo_restore(paint->cr);
  self->is_all_dirty = true;
  fiq_ground_keep(&self->kept, paint->surface);
}

/// Whole pixels around the rectangle, within the stage and the surface.
static FiqUiRegion region_of(const FiqStage* self, cairo_surface_t* surface, FiqRect rect)
{
  const double width  = fmin(self->width_px, cairo_image_surface_get_width(surface));
  const double height = fmin(self->height_px, cairo_image_surface_get_height(surface));
  const double left   = fmax(floor(rect.x * self->scale), 0.0);
  const double top    = fmax(floor(rect.y * self->scale), 0.0);
  const double right  = fmin(ceil((rect.x + rect.width) * self->scale), width);
  const double bottom = fmin(ceil((rect.y + rect.height) * self->scale), height);
  return (FiqUiRegion){(int32_t)left, (int32_t)top, (int32_t)(right - left),
                       (int32_t)(bottom - top)};
}

static void draw_region(FiqStage* self, const FiqPaint* paint, FiqUiRegion region, FiqRect rect)
{
  cairo_t* const cr = paint->cr;
  cairo_save(cr);
  cairo_rectangle(cr, region.x, region.y, region.width, region.height);
  cairo_clip(cr);
  cairo_scale(cr, self->scale, self->scale);
  for (uint32_t i = 0; i < self->n_widgets; ++i) {
    FiqWidget* const widget = self->widget[i];
    if (widget->is_shown && widget != self->popup &&
        fiq_rect_meets(with_overhang(widget->rect), rect)) {
      widget->class->draw(widget, paint);
    }
  }
  if (self->popup) {
    self->popup->class->draw(self->popup, paint);
  }
  if (self->tipped) {
    fiq_tooltip_draw(self->tipped, self->tip_rect, paint);
  }
  cairo_restore(cr);
}

static void gather(FiqStage* self)
{
  for (uint32_t i = 0; i < self->n_widgets; ++i) {
    FiqWidget* const widget = self->widget[i];
    if (widget->is_shown && widget->is_dirty) {
      damage(self, with_overhang(widget->rect));
    }
    widget->is_dirty = false;
  }
  if (self->is_all_dirty) {
    self->n_damage  = 1;
    self->damage[0] = fiq_stage_area(self);
  }
  self->is_all_dirty = false;
}

size_t fiq_stage_draw(FiqStage* self, cairo_surface_t* surface, FiqUiRegion* regions, size_t n_max)
{
  assert(n_max >= DAMAGE_MAX);
  (void)n_max;
  size_t         n      = 0;
  const FiqPaint paint  = {cairo_create(surface), surface, self->scale, self->theme};
  const bool     is_new = !fiq_ground_fits(&self->kept, surface);
  if (is_new) {
    draw_ground(self, &paint);
  }
  gather(self);
  for (uint32_t i = 0; i < self->n_damage; ++i) {
    const FiqUiRegion region = region_of(self, surface, self->damage[i]);
    if (region.width > 0 && region.height > 0) {
      if (!is_new) {
        fiq_ground_restore(&self->kept, surface, region);
      }
      draw_region(self, &paint, region, self->damage[i]);
      regions[n++] = region;
    }
  }
  self->n_damage = 0;
  cairo_destroy(paint.cr);
  return n;
}
