// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/phase_circle.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { N_LANES = 7 };

static const float  two_pi = 6.28318530717958648f, lane_width = 1.3f;
static const double trail_s = 0.09, rest_s = 1.0;

void fiq_phase_circle_show(FiqPhaseCircle* self, const FiqCircleFrame* frame)
{
  assert(frame->n <= FIQ_CIRCLE_DOTS_MAX);
  const bool is_same = frame->n == self->n;
  memcpy(self->from, is_same ? self->to : frame->phase_rad, frame->n * sizeof(float));
  memcpy(self->to, frame->phase_rad, frame->n * sizeof(float));
  memcpy(self->amplitude, frame->amplitude, frame->n * sizeof(float));
  memcpy(self->color, frame->color, frame->n);
  self->n         = frame->n;
  self->mean_from = self->mean_to;
  self->psi_from  = self->psi_to;
  self->mean_to   = frame->mean;
  self->psi_to    = frame->psi_rad;
  self->from_s    = self->to_s;
  self->to_s      = frame->time_s;
}

/// The shorter way round.
static float between(float from, float to, float share)
{
  const float way = to - from;
  return from + share * (way - two_pi * floorf(way / two_pi + 0.5f));
}

/// How far the picture has come from the frame before to the latest: it is one frame late, and so never jumps.
static float share_at(const FiqPhaseCircle* self, double now_s)
{
  const double gap = fmin(fmax(self->to_s - self->from_s, 0.01), 0.1);
  return (float)fmin(fmax((now_s - self->to_s) / gap, 0.0), 1.0);
}

static FiqRect square_of(const FiqPhaseCircle* self)
{
  const FiqRect rect = self->base.rect;
  const double  side = fmin(rect.width, rect.height);
  return (FiqRect){rect.x + 0.5 * (rect.width - side), rect.y + 0.5 * (rect.height - side), side,
                   side};
}

static void add_dots(FiqPhaseCircle* self, const FiqTheme* theme, float scale, float elapsed_s)
{
  float       light[FIQ_UI_NOTE_COLORS + 1][3];
  const float middle = 0.5f * (float)self->glow.width - 0.5f;
  const float radius = 0.44f * (float)self->glow.width;
  const float share  = share_at(self, self->drawn_s);
  // As bright at 15 frames a second as at 60, and many dots not brighter than few.
  const float gain =
      fminf(elapsed_s / 0.016f, 4.0f) * fminf(0.9f, 9.0f / sqrtf((float)self->n + 1.0f));
  for (uint32_t k = 0; k <= FIQ_UI_NOTE_COLORS; ++k) {
    const FiqColor color = k < FIQ_UI_NOTE_COLORS ? theme->note[k] : theme->soft;
    light[k][0]          = gain * (float)(color.red * color.red);
    light[k][1]          = gain * (float)(color.green * color.green);
    light[k][2]          = gain * (float)(color.blue * color.blue);
  }
  for (uint32_t i = 0; i < self->n; ++i) {
    const float  at = between(self->from[i], self->to[i], share);
    const float  a  = self->amplitude[i];
    const float* lit =
        light[self->color[i] == 255 ? FIQ_UI_NOTE_COLORS : self->color[i] % FIQ_UI_NOTE_COLORS];
    const float dot[3] = {a * lit[0], a * lit[1], a * lit[2]};
    // Neighbours run in lanes of their own, so that dots of one phase can be told apart.
    const float lane =
        radius + lane_width * scale * (float)((int32_t)(i * 4 % N_LANES) - N_LANES / 2);
    fiq_glow_dot(&self->glow, middle + lane * cosf(at), middle - lane * sinf(at), 2.4f * scale,
                 dot);
  }
}

static void draw_frame(const FiqPaint* paint, FiqRect square)
{
  cairo_t* const cr = paint->cr;
  const double   x  = square.x + 0.5 * square.width;
  const double   y  = square.y + 0.5 * square.height;
  const double   r  = 0.44 * square.width;
  cairo_set_line_width(cr, 1.0);
  fiq_paint_color(paint, fiq_color_mixed(paint->theme->panel, paint->theme->faint, 0.45));
  cairo_arc(cr, x, y, r, 0.0, (double)two_pi);
  cairo_stroke(cr);
  cairo_move_to(cr, x - r - 6.0, y);
  cairo_line_to(cr, x + r + 6.0, y);
  cairo_move_to(cr, x, y - r - 6.0);
  cairo_line_to(cr, x, y + r + 6.0);
  fiq_paint_color(paint, paint->theme->edge);
  cairo_stroke(cr);
}

static void draw_vector(const FiqPhaseCircle* self, const FiqPaint* paint, FiqRect square)
{
  cairo_t* const cr    = paint->cr;
  const float    share = share_at(self, self->drawn_s);
  const double   mean  = (double)(self->mean_from + share * (self->mean_to - self->mean_from));
  const double   psi   = (double)between(self->psi_from, self->psi_to, share);
  const double   x     = square.x + 0.5 * square.width;
  const double   y     = square.y + 0.5 * square.height;
  const double   r     = 0.44 * square.width * mean;
  if (self->n == 0) {
    return;
  }
  fiq_paint_color(paint, paint->theme->ink);
  cairo_set_line_width(cr, 2.0);
  cairo_move_to(cr, x, y);
  cairo_line_to(cr, x + r * cos(psi), y - r * sin(psi));
  cairo_stroke(cr);
  cairo_arc(cr, x + r * cos(psi), y - r * sin(psi), 3.5, 0.0, (double)two_pi);
  cairo_fill(cr);
}

static void draw(FiqWidget* widget, const FiqPaint* paint)
{
  FiqPhaseCircle* const self   = (FiqPhaseCircle*)widget;
  const FiqRect         square = square_of(self);
  const double          left   = floor(square.x * paint->scale);
  const double          top    = floor(square.y * paint->scale);
  const uint32_t        side   = (uint32_t)fmax(square.width * paint->scale, 8.0);
  const double          now_s  = fiq_stage_now(widget->stage);
  if (self->glow.width != side && !fiq_glow_resize(&self->glow, side, side)) {
    return;
  }
  const double elapsed_s = fmin(fmax(now_s - self->drawn_s, 0.0), 0.1);
  if (elapsed_s > 0.0) {
    self->drawn_s = now_s;
    fiq_glow_fade(&self->glow, (float)exp(-elapsed_s / trail_s));
    add_dots(self, paint->theme, (float)paint->scale, (float)elapsed_s);
    self->is_dark = fiq_glow_show(&self->glow, paint->theme->panel) < 0.004f;
  }
  cairo_save(paint->cr);
  cairo_identity_matrix(paint->cr);
  cairo_set_source_surface(paint->cr, self->glow.picture, left, top);
  cairo_paint(paint->cr);
  cairo_restore(paint->cr);
  draw_frame(paint, square);
  draw_vector(self, paint, square);
}

static bool tick(FiqWidget* widget, double now_s)
{
  const FiqPhaseCircle* const self = (const FiqPhaseCircle*)widget;
  // Without news it comes to rest: first the dots, then their trails.
  return now_s - self->to_s < rest_s || (self->n == 0 && !self->is_dark);
}

static void clear(FiqWidget* widget)
{
  fiq_glow_clear(&((FiqPhaseCircle*)widget)->glow);
}

static const FiqWidgetClass circle_class = {.draw = draw, .tick = tick, .clear = clear};

FiqPhaseCircle* fiq_phase_circle_new(FiqStage* stage)
{
  FiqPhaseCircle* const self = fiq_stage_add(stage, sizeof(*self), &circle_class);
  if (self) {
    self->to_s = self->from_s = -10.0;
  }
  return self;
}
