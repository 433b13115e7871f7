// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/widget/paint.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MAX_BYTES = 256 };

static const double pi = 3.14159265358979323846;

void fiq_paint_color(const FiqPaint* self, FiqColor color)
{
  cairo_set_source_rgba(self->cr, color.red, color.green, color.blue, color.alpha);
}

// ---- text ----

/// Cairo keeps the faces it has met, so that asking again costs a look-up.
static cairo_font_face_t* face_of(FiqTextWeight weight)
{
  return cairo_toy_font_face_create(
      weight == FIQ_TEXT_MEDIUM ? "Inter Medium" : "Inter", CAIRO_FONT_SLANT_NORMAL,
      weight == FIQ_TEXT_BOLD ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
}

/// Unhinted, so that a text is as wide at every zoom.
static cairo_font_options_t* options_of_text(void)
{
  cairo_font_options_t* const options = cairo_font_options_create();
  cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  return options;
}

double fiq_text_width(const char* text, double size, FiqTextWeight weight)
{
  cairo_font_face_t* const    face    = face_of(weight);
  cairo_font_options_t* const options = options_of_text();
  cairo_matrix_t              matrix, identity;
  cairo_matrix_init_scale(&matrix, size, size);
  cairo_matrix_init_identity(&identity);
  cairo_scaled_font_t* const font = cairo_scaled_font_create(face, &matrix, &identity, options);
  cairo_text_extents_t       extents;
  cairo_scaled_font_text_extents(font, text, &extents);
  cairo_scaled_font_destroy(font);
  cairo_font_options_destroy(options);
  cairo_font_face_destroy(face);
  return extents.x_advance;
}

double fiq_paint_text(const FiqPaint* self, double x, double y, const char* text,
                      const FiqTextStyle* style)
{
  cairo_t* const              cr      = self->cr;
  const double                width   = fiq_text_width(text, style->size, style->weight);
  cairo_font_face_t* const    face    = face_of(style->weight);
  cairo_font_options_t* const options = options_of_text();
  const double                share =
      style->align == FIQ_ALIGN_LEFT ? 0.0 : (style->align == FIQ_ALIGN_CENTER ? 0.5 : 1.0);
  fiq_paint_color(self, style->color);
  cairo_set_font_face(cr, face);
  cairo_set_font_size(cr, style->size);
  cairo_set_font_options(cr, options);
  // By a fixed share of the size instead of the extents: neighbours stand on one line.
  cairo_move_to(cr, x - share * width, y + 0.36 * style->size);
  cairo_show_text(cr, text);
  cairo_new_path(cr);
  cairo_font_options_destroy(options);
  cairo_font_face_destroy(face);
  return width;
}

/// Bytes of the character that ends before `n`.
static size_t last_character(const char* text, size_t n)
{
  size_t back = 1;
  while (back < n && ((unsigned char)text[n - back] & 0xc0) == 0x80) {
    ++back;
  }
  return back;
}

void fiq_paint_text_within(const FiqPaint* self, double x, double y, double width, const char* text,
                           const FiqTextStyle* style)
{
  static const char mark[] = "\u2026";
  char              shown[TEXT_MAX_BYTES];
  snprintf(shown, sizeof(shown) - sizeof(mark), "%s", text);
  size_t n = strlen(shown);
  while (n > 0 && fiq_text_width(shown, style->size, style->weight) > width) {
    n -= last_character(shown, n);
    memcpy(shown + n, mark, sizeof(mark));
  }
  fiq_paint_text(self, x, y, shown, style);
}

static double width_of_piece(const char* text, size_t n, double size, FiqTextWeight weight,
                             char* piece)
{
  const size_t n_kept = n < TEXT_MAX_BYTES - 1 ? n : TEXT_MAX_BYTES - 1;
  memcpy(piece, text, n_kept);
  piece[n_kept] = '\0';
  return fiq_text_width(piece, size, weight);
}

uint32_t fiq_text_break(const char* text, double size, FiqTextWeight weight, double width,
                        FiqTextLine line, void* handle)
{
  char     piece[TEXT_MAX_BYTES];
  uint32_t n_lines = 0;
  while (*text) {
    size_t n = strcspn(text, " ");
    while (text[n]) {
      const size_t next = n + 1 + strcspn(text + n + 1, " ");
      if (width_of_piece(text, next, size, weight, piece) > width) {
        break;
      }
      n = next;
    }
    width_of_piece(text, n, size, weight, piece);
    line(handle, n_lines++, piece);
    text += n + strspn(text + n, " ");
  }
  return n_lines;
}

// ---- shapes ----

void fiq_paint_round(const FiqPaint* self, FiqRect rect, double radius)
{
  cairo_t* const cr = self->cr;
  const double   r  = fmin(radius, 0.5 * fmin(rect.width, rect.height));
  cairo_new_sub_path(cr);
  cairo_arc(cr, rect.x + rect.width - r, rect.y + r, r, -0.5 * pi, 0.0);
  cairo_arc(cr, rect.x + rect.width - r, rect.y + rect.height - r, r, 0.0, 0.5 * pi);
  cairo_arc(cr, rect.x + r, rect.y + rect.height - r, r, 0.5 * pi, pi);
  cairo_arc(cr, rect.x + r, rect.y + r, r, pi, 1.5 * pi);
  cairo_close_path(cr);
}

void fiq_paint_box(const FiqPaint* self, FiqRect rect, double radius, FiqColor fill, FiqColor edge)
{
  const double line = self->theme->line;
  if (edge.alpha > 0.0) {
    fiq_paint_round(self, fiq_rect_inset(rect, 0.5 * line), radius);
    fiq_paint_color(self, fill);
    cairo_fill_preserve(self->cr);
    fiq_paint_color(self, edge);
    cairo_set_line_width(self->cr, line);
    cairo_stroke(self->cr);
  } else {
    fiq_paint_round(self, rect, radius);
    fiq_paint_color(self, fill);
    cairo_fill(self->cr);
  }
}

void fiq_paint_curve(const FiqPaint* self, FiqColor color, double width)
{
  cairo_t* const cr = self->cr;
  fiq_paint_color(self, color);
  cairo_set_line_width(cr, width);
  cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
  // Where pixels are small, coarse edges are not seen, and cost half.
  cairo_set_antialias(cr, self->scale >= 1.75 ? CAIRO_ANTIALIAS_FAST : CAIRO_ANTIALIAS_DEFAULT);
  cairo_stroke(cr);
  cairo_set_antialias(cr, CAIRO_ANTIALIAS_DEFAULT);
}

void fiq_paint_bar(const FiqPaint* self, FiqRect rect, double share, FiqColor color)
{
  const double   radius = 0.5 * rect.height;
  const double   width  = rect.width * fmin(fmax(share, 0.0), 1.0);
  const FiqColor none   = {0.0, 0.0, 0.0, 0.0};
  fiq_paint_box(self, rect, radius, self->theme->well, none);
  if (width > 0.5) {
    fiq_paint_box(self, (FiqRect){rect.x, rect.y, fmax(width, rect.height), rect.height}, radius,
                  color, none);
  }
}

void fiq_paint_lock(const FiqPaint* self, double x, double y, FiqColor color)
{
  cairo_t* const cr = self->cr;
  fiq_paint_color(self, color);
  cairo_rectangle(cr, x - 3.0, y - 0.5, 6.0, 4.5);
  cairo_fill(cr);
  cairo_arc(cr, x, y - 1.0, 2.1, pi, 0.0);
  cairo_set_line_width(cr, 1.2);
  cairo_stroke(cr);
}

// ---- rectangles ----

bool fiq_rect_has(FiqRect rect, double x, double y)
{
  return x >= rect.x && y >= rect.y && x < rect.x + rect.width && y < rect.y + rect.height;
}

bool fiq_rect_meets(FiqRect a, FiqRect b)
{
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

FiqRect fiq_rect_inset(FiqRect rect, double by)
{
  return (FiqRect){rect.x + by, rect.y + by, fmax(rect.width - 2.0 * by, 0.0),
                   fmax(rect.height - 2.0 * by, 0.0)};
}
