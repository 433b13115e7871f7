// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/keyboard.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const double wheel_width = 17.0, wheel_gap = 3.0, keys_left = 42.0, black_height = 0.6,
                    black_width = 0.62;

/// Places on the computer's keyboard (evdev + 8) of the keys from C on, 0 for none.
static const uint8_t keycodes[FIQ_PLAYED_KEYS_MAX] = {38, 25, 39, 26, 40, 41, 28, 42, 29,
                                                      43, 30, 44, 45, 32, 46, 33, 47, 48};

static const float least_chance = 0.01f;

static bool is_black(int key)
{
  const int step = key % 12;
  return step == 1 || step == 3 || step == 6 || step == 8 || step == 10;
}

static int n_white(int first, int end)
{
  int n = 0;
  for (int key = first; key < end; ++key) {
    n += !is_black(key);
  }
  return n;
}

static FiqRect key_rect(const FiqKeyboard* self, int key)
{
  const FiqRect rect  = self->base.rect;
  const double  left  = rect.x + keys_left;
  const double  white = (rect.width - keys_left) / n_white(self->first, self->last + 1);
  const double  x     = left + white * n_white(self->first, key);
  return is_black(key) ? (FiqRect){x - 0.5 * black_width * white, rect.y, black_width * white,
                                   black_height * rect.height}
                       : (FiqRect){x, rect.y, white, rect.height};
}

static FiqRect wheel_rect(const FiqKeyboard* self, uint32_t wheel)
{
  const FiqRect rect = self->base.rect;
  return (FiqRect){rect.x + wheel * (wheel_width + wheel_gap), rect.y, wheel_width, rect.height};
}

// ---- drawing ----

static void draw_wheel(const FiqKeyboard* self, const FiqPaint* paint, uint32_t wheel)
{
  const FiqTheme* const theme = paint->theme;
  const FiqRect         rect  = wheel_rect(self, wheel);
  const double          place = wheel == 0 ? 0.5 + 0.5 * self->bend : self->modulation;
  const double          y     = rect.y + 4.0 + (1.0 - place) * (rect.height - 22.0);
  fiq_paint_box(paint, rect, 5.0, theme->well, theme->edge);
  fiq_paint_box(paint, (FiqRect){rect.x + 3.0, y, rect.width - 6.0, 14.0}, 3.0,
                wheel == 0 ? theme->accent : theme->blue, fiq_color_faded(theme->ink, 0.0));
}

static void draw_key(const FiqKeyboard* self, const FiqPaint* paint, int key)
{
  const FiqTheme* const theme = paint->theme;
  const FiqRect         rect  = key_rect(self, key);
  const bool            black = is_black(key);
  const bool            down  = self->pressed == key;
  FiqColor              fill  = black ? fiq_color_mixed(theme->ground, theme->soft, 0.12)
                                      : fiq_color_mixed(theme->light, theme->ground, 0.05);
  if (self->color[key] >= 0) {
    fill = theme->note[self->color[key] % FIQ_UI_NOTE_COLORS];
  }
  fill = down ? fiq_color_mixed(fill, theme->accent, 0.6) : fill;
  fiq_paint_box(paint, (FiqRect){rect.x + 0.5, rect.y, rect.width - 1.0, rect.height}, 2.5, fill,
                black ? theme->ground : fiq_color_faded(theme->ground, 0.0));
  if (key % 12 == 0 && rect.width > 14.0) {
    char               text[16];
    const FiqTextStyle style = {9.5, FIQ_TEXT_REGULAR, FIQ_ALIGN_CENTER, theme->on_light};
    snprintf(text, sizeof(text), "C%d", key / 12 - 1);
    fiq_paint_text(paint, rect.x + 0.5 * rect.width, rect.y + rect.height - 9.0, text, &style);
  }
}

/// The root, so that what is less likely is seen too.
static void draw_chance(const FiqKeyboard* self, const FiqPaint* paint, int key)
{
  const FiqRect rect   = key_rect(self, key);
  const double  chance = sqrt(fmin(fmax((double)self->chance[key], 0.0), 1.0));
  const double  lower  = is_black(key) ? 4.0 : 19.0;
  const double  height = chance * (rect.height - lower - 4.0);
  if (self->chance[key] < least_chance) {
    return;
  }
  fiq_paint_box(paint,
                (FiqRect){rect.x + 0.5 * rect.width - 2.5, rect.y + rect.height - lower - height,
                          5.0, fmax(height, 3.0)},
                1.5, paint->theme->orange, fiq_color_faded(paint->theme->ground, 0.7));
}

static void draw(FiqWidget* widget, const FiqPaint* paint)
{
  const FiqKeyboard* const self = (const FiqKeyboard*)widget;
  draw_wheel(self, paint, 0);
  draw_wheel(self, paint, 1);
  for (int pass = 0; pass < 2; ++pass) {
    for (int key = self->first; key <= self->last; ++key) {
      if (is_black(key) == (pass == 1)) {
        draw_key(self, paint, key);
        draw_chance(self, paint, key);
      }
    }
  }
  fiq_widget_draw_focus(widget, paint);
}

// ---- playing ----

static int32_t key_at(const FiqKeyboard* self, double x, double y, uint8_t* velocity)
{
  for (int pass = 1; pass >= 0; --pass) {
    for (int key = self->first; key <= self->last; ++key) {
      const FiqRect rect = key_rect(self, key);
      if (is_black(key) == (pass == 1) && fiq_rect_has(rect, x, y)) {
        *velocity = (uint8_t)(40.0 + 87.0 * (y - rect.y) / rect.height);
        return key;
      }
    }
  }
  return -1;
}

static void press_key(FiqKeyboard* self, int32_t key, uint8_t velocity)
{
  if (key == self->pressed) {
    return;
  }
  if (self->pressed >= 0) {
    self->note(self->handle, (uint8_t)self->pressed, 0);
  }
  if (key >= 0) {
    self->note(self->handle, (uint8_t)key, velocity);
  }
  self->pressed       = key;
  self->base.is_dirty = true;
}

static void turn(FiqKeyboard* self, uint32_t wheel, double value)
{
  if (wheel == 0) {
    self->bend = fmin(fmax(value, -1.0), 1.0);
  } else {
    self->modulation = fmin(fmax(value, 0.0), 1.0);
  }
  self->base.is_dirty = true;
  self->turned(self->handle, wheel, (float)(wheel == 0 ? self->bend : self->modulation));
}

static void drag_wheel(FiqKeyboard* self, double y)
{
  const FiqRect rect  = wheel_rect(self, (uint32_t)self->wheel);
  const double  place = 1.0 - (y - rect.y - 11.0) / (rect.height - 22.0);
  turn(self, (uint32_t)self->wheel, self->wheel == 0 ? 2.0 * place - 1.0 : place);
}

static void end_all(FiqKeyboard* self)
{
  for (uint32_t i = 0; i < FIQ_PLAYED_KEYS_MAX; ++i) {
    if (self->held[i] != 255) {
      self->note(self->handle, self->held[i], 0);
      self->held[i] = 255;
    }
  }
}

static bool computer_key(FiqKeyboard* self, const FiqUiEvent* event, bool down)
{
  if (down && (event->modifiers & (FIQ_UI_CTRL | FIQ_UI_ALT | FIQ_UI_SUPER))) {
    return false;
  }
  for (uint32_t i = 0; i < FIQ_PLAYED_KEYS_MAX; ++i) {
    if (keycodes[i] == 0 || keycodes[i] != event->keycode) {
      continue;
    }
    if (!down && self->held[i] != 255) {
      self->note(self->handle, self->held[i], 0);
      self->held[i] = 255;
    } else if (down && !event->repeated && self->held[i] == 255) {
      self->held[i] = (uint8_t)(self->octave + i);
      self->note(self->handle, self->held[i], 96);
    }
    return true;
  }
  if (down && (event->key == FIQ_UI_KEY_UP_ARROW || event->key == FIQ_UI_KEY_DOWN_ARROW)) {
    const int octave = self->octave + (event->key == FIQ_UI_KEY_UP_ARROW ? 12 : -12);
    self->octave     = (uint8_t)(octave < 0 ? 0 : (octave > 96 ? 96 : octave));
    return true;
  }
  if (down && (event->key == FIQ_UI_KEY_PAGE_UP || event->key == FIQ_UI_KEY_PAGE_DOWN)) {
    turn(self, 1, self->modulation + (event->key == FIQ_UI_KEY_PAGE_UP ? 0.1 : -0.1));
    return true;
  }
  return false;
}

static void press(FiqKeyboard* self, const FiqUiEvent* event)
{
  uint8_t velocity = 0;
  for (uint32_t wheel = 0; wheel < 2; ++wheel) {
    if (fiq_rect_has(wheel_rect(self, wheel), event->x, event->y)) {
      self->wheel = (int32_t)wheel;
      drag_wheel(self, event->y);
      return;
    }
  }
  const int32_t key = key_at(self, event->x, event->y, &velocity);
  press_key(self, key, velocity);
}

static void move(FiqKeyboard* self, const FiqUiEvent* event)
{
  uint8_t velocity = 0;
  if (self->wheel >= 0) {
    drag_wheel(self, event->y);
  } else if (self->pressed >= 0) {
    const int32_t key = key_at(self, event->x, event->y, &velocity);
    press_key(self, key >= 0 ? key : self->pressed, velocity);
  }
}

static void release(FiqKeyboard* self)
{
  press_key(self, -1, 0);
  if (self->wheel == 0) {
    turn(self, 0, 0.0);
  }
  self->wheel = -1;
}

static bool event(FiqWidget* widget, const FiqUiEvent* event_)
{
  FiqKeyboard* const self = (FiqKeyboard*)widget;
  switch (event_->kind) {
  case FIQ_UI_PRESS:
    press(self, event_);
    return true;
  case FIQ_UI_MOVE:
    move(self, event_);
    return true;
  case FIQ_UI_RELEASE:
    release(self);
    return true;
  case FIQ_UI_SCROLL:
    if (fiq_rect_has(wheel_rect(self, 1), event_->x, event_->y)) {
      turn(self, 1, self->modulation + 0.05 * event_->dy);
    }
    return true;
  case FIQ_UI_KEY_DOWN:
    return computer_key(self, event_, true);
  case FIQ_UI_KEY_UP:
    return computer_key(self, event_, false);
  case FIQ_UI_BLUR:
    end_all(self);
    return true;
  default:
    return false;
  }
}

static bool tick(FiqWidget* widget, double now_s)
{
  FiqKeyboard* const self = (FiqKeyboard*)widget;
  (void)now_s;
  // Keys that are held when the focus goes elsewhere would never be let go.
  if (!fiq_widget_focused(widget)) {
    end_all(self);
  }
  return false;
}

static const FiqWidgetClass keyboard_class = {.draw = draw, .event = event, .tick = tick};

FiqKeyboard* fiq_keyboard_new(FiqStage* stage, uint8_t first, uint8_t last)
{
  assert(first < last && !is_black(first) && !is_black(last));
  FiqKeyboard* const self = fiq_stage_add(stage, sizeof(*self), &keyboard_class);
  if (self) {
    self->first            = first;
    self->last             = last;
    self->pressed          = -1;
    self->wheel            = -1;
    self->octave           = 48;
    self->base.takes_focus = true;
    self->base.name        = "Keyboard";
    self->base.tip =
        "Play with the mouse, louder toward the front of a key. After a click the computer's keys "
        "play "
        "too: A S D F ... are white, W E T Y U black, arrows up and down move by octaves, the page "
        "keys turn the modulation wheel.";
    memset(self->color, -1, sizeof(self->color));
    memset(self->held, 255, sizeof(self->held));
  }
  return self;
}

void fiq_keyboard_show(FiqKeyboard* self, const int8_t color[FIQ_KEYS_MAX])
{
  if (memcmp(self->color, color, sizeof(self->color)) != 0) {
    memcpy(self->color, color, sizeof(self->color));
    self->base.is_dirty = true;
  }
}

void fiq_keyboard_expect(FiqKeyboard* self, const float chance[FIQ_KEYS_MAX])
{
  static const float nothing[FIQ_KEYS_MAX];
  const float* const next = chance ? chance : nothing;
  if (memcmp(self->chance, next, sizeof(self->chance)) != 0) {
    memcpy(self->chance, next, sizeof(self->chance));
    self->base.is_dirty = true;
  }
}

void fiq_keyboard_let_go(FiqKeyboard* self)
{
  press_key(self, -1, 0);
  end_all(self);
}
