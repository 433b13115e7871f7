// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/value.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const double step_place = 0.01, fine_share = 0.1, wheel_steps = 2.0, page_steps = 10.0;
/// So far the pointer may tremble in a click, units.
static const double tremble = 2.0;

double fiq_range_place(const FiqRange* range, double value)
{
  assert(range->maximum > range->minimum);
  const double place = range->is_log ? log(fmax(value, range->minimum) / range->minimum) /
                                           log(range->maximum / range->minimum)
                                     : (value - range->minimum) / (range->maximum - range->minimum);
  return fmin(fmax(place, 0.0), 1.0);
}

double fiq_range_value(const FiqRange* range, double place)
{
  const double at    = fmin(fmax(place, 0.0), 1.0);
  const double value = range->is_log ? range->minimum * pow(range->maximum / range->minimum, at)
                                     : range->minimum + at * (range->maximum - range->minimum);
  return range->is_whole ? floor(value + 0.5) : value;
}

void fiq_value_init(FiqValue* self, FiqRange range, FiqValueOwner owner)
{
  assert(owner.changed && owner.format && owner.type_in);
  self->range            = range;
  self->owner            = owner;
  self->value            = range.fallback;
  self->second           = (double)NAN;
  self->per_drag         = 180.0;
  self->base.takes_focus = true;
  self->base.cursor      = FIQ_UI_CURSOR_MOVE_Y;
}

static bool differ(double a, double b)
{
  return memcmp(&a, &b, sizeof(a)) != 0;
}

void fiq_value_show(FiqValue* self, double value, double second)
{
  if (differ(self->value, value) ||
      (differ(self->second, second) && !(isnan(second) && isnan(self->second)))) {
    self->value         = value;
    self->second        = second;
    self->base.is_dirty = true;
  }
}

void fiq_value_lock(FiqValue* self, bool locked)
{
  if (self->is_locked != locked) {
    self->is_locked     = locked;
    self->base.is_dirty = true;
  }
}

void fiq_value_set(FiqValue* self, double value)
{
  const double inside = fmin(fmax(value, self->range.minimum), self->range.maximum);
  const double legal  = self->range.is_whole ? floor(inside + 0.5) : inside;
  if (differ(self->value, legal)) {
    self->value         = legal;
    self->base.is_dirty = true;
    self->owner.changed(self->owner.handle, self->owner.id, legal);
  }
}

void fiq_value_step(FiqValue* self, double n_steps, bool fine)
{
  const FiqRange* const range = &self->range;
  const double          by    = n_steps * step_place * (fine ? fine_share : 1.0);
  const double          next  = fiq_range_value(range, fiq_range_place(range, self->value) + by);
  const double          least = n_steps > 0.0 ? 1.0 : -1.0;
  // A step of a whole number is one at least; of a few choices, one at most.
  const bool is_small = range->is_whole && fabs(next - self->value) < 1.0;
  fiq_value_set(self, is_small || (range->is_whole && fine) ? self->value + least : next);
}

static void touch(FiqValue* self, bool held)
{
  if (self->owner.touched) {
    self->owner.touched(self->owner.handle, self->owner.id, held);
  }
}

/// A change that is over at once.
static void change_once(FiqValue* self, double value)
{
  touch(self, true);
  fiq_value_set(self, value);
  touch(self, false);
}

static void step_once(FiqValue* self, double n_steps, bool fine)
{
  touch(self, true);
  fiq_value_step(self, n_steps, fine);
  touch(self, false);
}

static bool begins_number(const char* text)
{
  return text[0] != '\0' && text[1] == '\0' && strchr("0123456789-+.,", text[0]) != NULL;
}

static bool key(FiqValue* self, const FiqUiEvent* event)
{
  const bool fine = event->modifiers & FIQ_UI_SHIFT;
  if (event->modifiers & (FIQ_UI_CTRL | FIQ_UI_ALT | FIQ_UI_SUPER)) {
    return false;
  }
  switch (event->key) {
  case FIQ_UI_KEY_UP_ARROW:
  case FIQ_UI_KEY_RIGHT:
    step_once(self, 1.0, fine);
    return true;
  case FIQ_UI_KEY_DOWN_ARROW:
  case FIQ_UI_KEY_LEFT:
    step_once(self, -1.0, fine);
    return true;
  case FIQ_UI_KEY_PAGE_UP:
    step_once(self, page_steps, false);
    return true;
  case FIQ_UI_KEY_PAGE_DOWN:
    step_once(self, -page_steps, false);
    return true;
  case FIQ_UI_KEY_HOME:
    change_once(self, self->range.minimum);
    return true;
  case FIQ_UI_KEY_END:
    change_once(self, self->range.maximum);
    return true;
  case FIQ_UI_KEY_DELETE:
  case FIQ_UI_KEY_BACKSPACE:
    change_once(self, self->range.fallback);
    return true;
  case FIQ_UI_KEY_ENTER:
    self->owner.type_in(self->owner.handle, self->owner.id, self->text_rect, "");
    return true;
  case FIQ_UI_KEY_MENU:
    if (self->owner.menu) {
      self->owner.menu(self->owner.handle, self->owner.id, self->base.rect.x + 8.0,
                       self->base.rect.y + 0.5 * self->base.rect.height);
    }
    return true;
  case FIQ_UI_KEY_TEXT:
    if (begins_number(event->text)) {
      self->owner.type_in(self->owner.handle, self->owner.id, self->text_rect, event->text);
      return true;
    }
    return false;
  default:
    return false;
  }
}

static bool press(FiqValue* self, const FiqUiEvent* event)
{
  if (event->button == 3 && self->owner.menu) {
    self->owner.menu(self->owner.handle, self->owner.id, event->x, event->y);
    return true;
  }
  if (event->button != 1) {
    return false;
  }
  if (event->n_clicks >= 2) {
    change_once(self, self->range.fallback);
    self->is_dragged = false;
    return true;
  }
  self->is_dragged = true;
  self->has_moved  = false;
  self->drag_y     = event->y;
  self->drag_place = fiq_range_place(&self->range, self->value);
  touch(self, true);
  return true;
}

static bool drag(FiqValue* self, const FiqUiEvent* event)
{
  if (!self->is_dragged) {
    return false;
  }
  const double moved = self->drag_y - event->y;
  if (!self->has_moved && fabs(moved) < tremble) {
    return true;
  }
  const double share = event->modifiers & FIQ_UI_SHIFT ? fine_share : 1.0;
  self->has_moved    = true;
  self->drag_y       = event->y;
  self->drag_place   = fmin(fmax(self->drag_place + share * moved / self->per_drag, 0.0), 1.0);
  fiq_value_set(self, fiq_range_value(&self->range, self->drag_place));
  return true;
}

static bool release(FiqValue* self, const FiqUiEvent* event)
{
  if (event->button != 1 || !self->is_dragged) {
    return false;
  }
  self->is_dragged = false;
  touch(self, false);
  if (!self->has_moved && fiq_rect_has(self->text_rect, event->x, event->y)) {
    self->owner.type_in(self->owner.handle, self->owner.id, self->text_rect, "");
  }
  return true;
}

bool fiq_value_event(FiqValue* self, const FiqUiEvent* event)
{
  switch (event->kind) {
  case FIQ_UI_PRESS:
    return press(self, event);
  case FIQ_UI_MOVE:
    return drag(self, event);
  case FIQ_UI_RELEASE:
    return release(self, event);
  case FIQ_UI_SCROLL:
    if (event->dy > 0.0 || event->dy < 0.0) {
      step_once(self, wheel_steps * event->dy, event->modifiers & FIQ_UI_SHIFT);
    }
    return true;
  case FIQ_UI_KEY_DOWN:
    return key(self, event);
  default:
    return false;
  }
}
