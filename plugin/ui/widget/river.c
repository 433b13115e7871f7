// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/river.h"

#include "plugin/ui/widget/number_text.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_KEY = 24, N_KEYS = 85, COLUMNS_A_FRAME_MAX = 64 };

/// C1 to C8.
static const float  low_hz = 32.7032f, octaves = 7.0f;
static const double length_s = 8.0, keys_width = 50.0, late_s = 0.05, rest_s = 9.0;

float fiq_river_place(float hz)
{
  const float place = log2f(fmaxf(hz, 1.0f) / low_hz) / octaves;
  return fminf(fmaxf(place, 0.0f), 1.0f);
}

void fiq_river_show(FiqRiver* self, const FiqRiverFrame* frame)
{
  assert(frame->n <= FIQ_RIVER_LINES_MAX && frame->n_notes <= FIQ_RIVER_NOTES_MAX);
  const bool is_same = frame->n == self->n;
  self->from.time_s  = self->to.time_s;
  for (uint32_t i = 0; i < frame->n; ++i) {
    const float place   = frame->hz[i] > 0.0f ? fiq_river_place(frame->hz[i]) : -1.0f;
    self->from.place[i] = is_same && self->to.place[i] >= 0.0f ? self->to.place[i] : place;
    self->to.place[i]   = place;
  }
  memcpy(self->amplitude, frame->amplitude, frame->n * sizeof(float));
  memcpy(self->color, frame->color, frame->n);
  for (uint32_t i = 0; i < frame->n_notes; ++i) {
    self->note_place[i] = fiq_river_place(frame->note_hz[i]);
  }
  self->n         = frame->n;
  self->n_notes   = frame->n_notes;
  self->to.time_s = frame->time_s;
}

// ---- columns ----

/// A line's piece within one column, `width` px thick; its light is that of its length, however steep.
static void add_line(FiqRiver* self, float y0, float y1, float width, const float color[3])
{
  const float   half = 0.5f * width;
  const float   low  = fminf(y0, y1) - half;
  const float   high = fmaxf(y0, y1) + half;
  const float   much = width / (high - low);
  const int32_t last = (int32_t)self->height - 1;
  const int32_t top  = (int32_t)fmaxf(floorf(low), 0.0f);
  const int32_t end  = (int32_t)fminf(floorf(high), (float)last);
  for (int32_t y = top; y <= end; ++y) {
    const float  covered = fminf((float)y + 1.0f, high) - fmaxf((float)y, low);
    const float  share   = much * covered;
    float* const to      = self->light + 3 * y;
    to[0] += share * color[0];
    to[1] += share * color[1];
    to[2] += share * color[2];
  }
}

static void light_of_notes(const FiqRiver* self, float gain, float light[FIQ_UI_NOTE_COLORS + 1][3])
{
  for (uint32_t k = 0; k <= FIQ_UI_NOTE_COLORS; ++k) {
    const FiqColor color = k < FIQ_UI_NOTE_COLORS ? self->theme->note[k] : self->theme->soft;
    light[k][0]          = gain * (float)(color.red * color.red);
    light[k][1]          = gain * (float)(color.green * color.green);
    light[k][2]          = gain * (float)(color.blue * color.blue);
  }
}

static void write_column(FiqRiver* self)
{
  uint8_t* const pixels = cairo_image_surface_get_data(self->ring);
  const size_t   stride = (size_t)cairo_image_surface_get_stride(self->ring);
  for (uint32_t y = 0; y < self->height; ++y) {
    const float* const light = self->light + 3 * y;
    const uint32_t     pixel = fiq_glow_pixel(light, self->theme->panel);
    memcpy(pixels + y * stride + 4 * (size_t)self->head, &pixel, sizeof(pixel));
  }
  self->head = (self->head + 1) % self->width;
}

static void draw_column(FiqRiver* self, double from_s, double to_s, float scale)
{
  float        light[FIQ_UI_NOTE_COLORS + 1][3];
  const double gap  = fmax(self->to.time_s - self->from.time_s, 1e-3);
  const float  a    = (float)fmin(fmax((from_s - self->from.time_s) / gap, 0.0), 1.0);
  const float  b    = (float)fmin(fmax((to_s - self->from.time_s) / gap, 0.0), 1.0);
  const float  room = (float)self->height;
  light_of_notes(self, fminf(0.8f, 4.0f / sqrtf((float)self->n + 1.0f)), light);
  memset(self->light, 0, 3 * self->height * sizeof(float));
  for (uint32_t i = 0; i < self->n; ++i) {
    const float at   = self->to.place[i];
    const float way  = at - self->from.place[i];
    const float loud = self->amplitude[i];
    if (at < 0.0f || loud <= 0.0f) {
      continue;
    }
    const float* const lit =
        light[self->color[i] == 255 ? FIQ_UI_NOTE_COLORS : self->color[i] % FIQ_UI_NOTE_COLORS];
    const float color[3] = {loud * lit[0], loud * lit[1], loud * lit[2]};
    add_line(self, room * (1.0f - self->from.place[i] - a * way),
             room * (1.0f - self->from.place[i] - b * way), 1.3f * scale, color);
  }
  write_column(self);
}

static void flow(FiqRiver* self, double now_s, double scale)
{
  const double  columns_s = self->width / length_s;
  const int64_t newest    = (int64_t)floor((now_s - late_s) * columns_s);
  int64_t       behind    = newest - self->column;
  if (behind <= 0) {
    return;
  }
  // After a sleep the river goes on where it was; what was missed is not drawn.
  behind       = behind > COLUMNS_A_FRAME_MAX ? COLUMNS_A_FRAME_MAX : behind;
  self->column = newest - behind;
  cairo_surface_flush(self->ring);
  for (; self->column < newest; ++self->column) {
    const double at = (double)self->column / columns_s;
    draw_column(self, at, at + 1.0 / columns_s, (float)scale);
  }
  cairo_surface_mark_dirty(self->ring);
}

// ---- pictures ----

static FiqRect water_of(const FiqRiver* self)
{
  const FiqRect rect = self->base.rect;
  return (FiqRect){rect.x, rect.y, rect.width - keys_width - 6.0, rect.height};
}

static bool is_black(int key)
{
  const int step = key % 12;
  return step == 1 || step == 3 || step == 6 || step == 8 || step == 10;
}

static void draw_keys(FiqRiver* self, double scale)
{
  const FiqTheme* const theme = self->theme;
  const double          step  = self->height / scale / (N_KEYS - 1);
  FiqPaint              paint = {cairo_create(self->keys), self->keys, scale, theme};
  fiq_paint_color(&paint, theme->panel);
  cairo_paint(paint.cr);
  cairo_scale(paint.cr, scale, scale);
  for (int i = 0; i < N_KEYS; ++i) {
    const bool   black = is_black(FIRST_KEY + i);
    const double y     = (N_KEYS - 1 - i) * step;
    cairo_rectangle(paint.cr, 0.0, y - 0.42 * step, black ? 0.6 * keys_width : keys_width,
                    0.84 * step);
    fiq_paint_color(&paint, fiq_color_mixed(theme->panel, theme->ink, black ? 0.18 : 0.62));
    cairo_fill(paint.cr);
    if (i % 12 == 0 && i > 0 && i + 1 < N_KEYS) {
      const FiqTextStyle style = {8.5, FIQ_TEXT_MEDIUM, FIQ_ALIGN_RIGHT, theme->ink};
      char               text[8];
      snprintf(text, sizeof(text), "C%d", (FIRST_KEY + i) / 12 - 1);
      cairo_rectangle(paint.cr, keys_width - 16.0, y - 5.0, 16.0, 10.0);
      fiq_paint_color(&paint, theme->panel);
      cairo_fill(paint.cr);
      fiq_paint_text(&paint, keys_width - 1.0, y, text, &style);
    }
  }
  cairo_destroy(paint.cr);
}

static void clear(FiqWidget* widget)
{
  FiqRiver* const self = (FiqRiver*)widget;
  if (self->ring) {
    cairo_surface_destroy(self->ring);
    cairo_surface_destroy(self->keys);
  }
  free(self->light);
  self->ring  = NULL;
  self->keys  = NULL;
  self->light = NULL;
}

/// Pictures of the present size and theme; false if memory is short.
static bool prepare(FiqRiver* self, const FiqPaint* paint)
{
  const FiqRect  water  = water_of(self);
  const uint32_t width  = (uint32_t)fmax(floor(water.width * paint->scale), 16.0);
  const uint32_t height = (uint32_t)fmax(floor(water.height * paint->scale), 16.0);
  if (self->ring && self->width == width && self->height == height && self->theme == paint->theme) {
    return true;
  }
  clear(&self->base);
  self->width  = width;
  self->height = height;
  self->theme  = paint->theme;
  self->head   = 0;
  self->ring   = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)width, (int)height);
  self->keys =
      cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(keys_width * paint->scale), (int)height);
  self->light       = calloc(3 * (size_t)height, sizeof(float));
  cairo_t* const cr = cairo_create(self->ring);
  cairo_set_source_rgb(cr, self->theme->panel.red, self->theme->panel.green,
                       self->theme->panel.blue);
  cairo_paint(cr);
  cairo_destroy(cr);
  draw_keys(self, paint->scale);
  self->column = (int64_t)floor((fiq_stage_now(self->base.stage) - late_s) * width / length_s);
  return self->light != NULL;
}

/// One of the ring's two halves, from its column `from` on, at the px column `to`.
static void draw_half(const FiqRiver* self, cairo_t* cr, double left, double top, uint32_t from,
                      uint32_t n, uint32_t to)
{
  if (n > 0) {
    cairo_rectangle(cr, left + to, top, n, self->height);
    cairo_set_source_surface(cr, self->ring, left + to - from, top);
    cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_NEAREST);
    cairo_fill(cr);
  }
}

static void draw_pictures(const FiqRiver* self, const FiqPaint* paint)
{
  cairo_t* const cr    = paint->cr;
  const FiqRect  water = water_of(self);
  const double   left  = floor(water.x * paint->scale);
  const double   top   = floor(water.y * paint->scale);
  const double   keys  = floor((water.x + water.width + 6.0) * paint->scale);
  cairo_save(cr);
  cairo_identity_matrix(cr);
  cairo_set_operator(cr, CAIRO_OPERATOR_SOURCE);
  draw_half(self, cr, left, top, self->head, self->width - self->head, 0);
  draw_half(self, cr, left, top, 0, self->head, self->width - self->head);
  cairo_set_source_surface(cr, self->keys, keys, top);
  cairo_rectangle(cr, keys, top, cairo_image_surface_get_width(self->keys), self->height);
  cairo_fill(cr);
  cairo_restore(cr);
}

/// Words that stay readable over light.
static void draw_tag(const FiqPaint* paint, double x, double y, const char* text, FiqColor ink)
{
  const FiqTextStyle style = {10.0, FIQ_TEXT_REGULAR, FIQ_ALIGN_LEFT, ink};
  const double       width = fiq_text_width(text, style.size, style.weight);
  fiq_paint_box(paint, (FiqRect){x - 4.0, y - 7.0, width + 8.0, 14.0}, 4.0,
                fiq_color_faded(paint->theme->panel, 0.72),
                fiq_color_faded(paint->theme->panel, 0.0));
  fiq_paint_text(paint, x, y, text, &style);
}

static void draw_scale(const FiqRiver* self, const FiqPaint* paint)
{
  static const float hz[]  = {50.0f, 100.0f, 200.0f, 500.0f, 1000.0f, 2000.0f};
  const FiqRect      water = water_of(self);
  for (size_t i = 0; i < sizeof(hz) / sizeof(hz[0]); ++i) {
    const double y = water.y + water.height * (1.0 - (double)fiq_river_place(hz[i]));
    char         text[16];
    snprintf(text, sizeof(text), "%.0f Hz", (double)hz[i]);
    cairo_rectangle(paint->cr, water.x + 50.0, floor(y), water.width - 50.0, 1.0 / paint->scale);
    fiq_paint_color(paint, fiq_color_faded(paint->theme->faint, 0.16));
    cairo_fill(paint->cr);
    draw_tag(paint, water.x + 8.0, y, text, paint->theme->soft);
  }
}

static void draw_notes(const FiqRiver* self, const FiqPaint* paint)
{
  const FiqRect water = water_of(self);
  const double  x     = water.x + water.width + 6.0;
  for (uint32_t i = 0; i < self->n_notes; ++i) {
    const double y = water.y + water.height * (1.0 - (double)self->note_place[i]);
    cairo_rectangle(paint->cr, x, y - 2.0, keys_width, 4.0);
    fiq_paint_color(paint, paint->theme->note[i % FIQ_UI_NOTE_COLORS]);
    cairo_fill(paint->cr);
  }
}

/// The pitch under the pointer.
static void draw_pointer(const FiqRiver* self, const FiqPaint* paint)
{
  const FiqRect water = water_of(self);
  const double  place = 1.0 - (self->pointer_y - water.y) / water.height;
  if (self->pointer_y < 0.0 || place < 0.0 || place > 1.0) {
    return;
  }
  char        note[16], hz[16], text[40];
  const float pitch = low_hz * powf(2.0f, octaves * (float)place);
  fiq_note_name(69.0f + 12.0f * log2f(pitch / 440.0f), note, sizeof(note));
  fiq_hz_text(pitch, hz, sizeof(hz));
  snprintf(text, sizeof(text), "%s   %s", note, hz);
  cairo_rectangle(paint->cr, water.x, self->pointer_y, water.width, 1.0 / paint->scale);
  fiq_paint_color(paint, fiq_color_faded(paint->theme->ink, 0.3));
  cairo_fill(paint->cr);
  draw_tag(paint, water.x + water.width - 108.0, self->pointer_y - 10.0, text, paint->theme->ink);
}

static void draw(FiqWidget* widget, const FiqPaint* paint)
{
  FiqRiver* const self = (FiqRiver*)widget;
  if (prepare(self, paint)) {
    flow(self, fiq_stage_now(widget->stage), paint->scale);
    draw_pictures(self, paint);
    draw_scale(self, paint);
    draw_notes(self, paint);
    draw_pointer(self, paint);
  }
}

static bool tick(FiqWidget* widget, double now_s)
{
  FiqRiver* const self   = (FiqRiver*)widget;
  const bool      is_old = now_s - self->to.time_s > 1.0;
  if (is_old && self->n > 0) {
    // The plugin tells nothing more: the water runs dry.
    self->n       = 0;
    self->n_notes = 0;
  }
  return now_s - self->to.time_s < rest_s;
}

static bool event(FiqWidget* widget, const FiqUiEvent* event_)
{
  FiqRiver* const self = (FiqRiver*)widget;
  if (event_->kind != FIQ_UI_MOVE && event_->kind != FIQ_UI_LEAVE) {
    return false;
  }
  self->pointer_y = event_->kind == FIQ_UI_MOVE ? event_->y : -1.0;
  fiq_widget_dirty(widget);
  return true;
}

static const FiqWidgetClass river_class = {
    .draw = draw, .event = event, .tick = tick, .clear = clear};

FiqRiver* fiq_river_new(FiqStage* stage)
{
  FiqRiver* const self = fiq_stage_add(stage, sizeof(*self), &river_class);
  if (self) {
    self->to.time_s = self->from.time_s = -100.0;
    self->pointer_y                     = -1.0;
    self->base.cursor                   = FIQ_UI_CURSOR_CROSS;
  }
  return self;
}
