// SPDX-License-Identifier: GPL-3.0-or-later
/// Goal: widgets do with events what their headers say, and draw where they say. Method: a stage without a window, events
/// by hand, pixels of the picture.
#include "plugin/ui/widget/choice.h"
#include "plugin/ui/widget/entry.h"
#include "plugin/ui/widget/envelope.h"
#include "plugin/ui/widget/glow.h"
#include "plugin/ui/widget/ground.h"
#include "plugin/ui/widget/knob.h"
#include "plugin/ui/widget/menu.h"
#include "plugin/ui/widget/meter.h"
#include "plugin/ui/widget/phase_circle.h"
#include "plugin/ui/widget/river.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 400, HEIGHT = 300, REGIONS = 32 };

typedef struct {
  FiqStage*        stage;
  cairo_surface_t* surface;
  double           value[4]; ///< as told by the widgets, by id
  uint32_t         n_changes;
  int32_t          n_held;
  int32_t          chosen;
  uint32_t         n_lists, n_typed;
  char             text[FIQ_ENTRY_BYTES];
} Bench;

static void draw_ground(void* handle, const FiqPaint* paint)
{
  (void)handle;
  (void)paint;
}

static Bench* bench_new(void)
{
  Bench* const self = calloc(1, sizeof(*self));
  self->stage       = fiq_stage_new(draw_ground, self);
  self->surface     = cairo_image_surface_create(CAIRO_FORMAT_RGB24, WIDTH, HEIGHT);
  self->chosen      = -1;
  fiq_stage_resize(self->stage, WIDTH, HEIGHT, 1.0);
  return self;
}

static void bench_free(Bench* self)
{
  fiq_stage_free(self->stage);
  cairo_surface_destroy(self->surface);
  free(self);
}

static size_t draw(Bench* self, double now_s, FiqUiRegion* regions)
{
  FiqUiRegion own[REGIONS];
  return fiq_stage_tick(self->stage, now_s)
             ? fiq_stage_draw(self->stage, self->surface, regions ? regions : own, REGIONS)
             : 0;
}

static uint32_t pixel(const Bench* self, int x, int y)
{
  uint32_t value = 0;
  cairo_surface_flush(self->surface);
  memcpy(&value,
         cairo_image_surface_get_data(self->surface) +
             (size_t)y * (size_t)cairo_image_surface_get_stride(self->surface) + 4 * (size_t)x,
         sizeof(value));
  return value & 0xffffffu;
}

static uint32_t n_pixels_like(const Bench* self, FiqColor color)
{
  const int r = (int)(255.0 * color.red + 0.5), g = (int)(255.0 * color.green + 0.5),
            b = (int)(255.0 * color.blue + 0.5);
  uint32_t n  = 0;
  for (int y = 0; y < HEIGHT; ++y) {
    for (int x = 0; x < WIDTH; ++x) {
      const uint32_t p = pixel(self, x, y);
      n += abs((int)(p >> 16) - r) + abs((int)(p >> 8 & 255) - g) + abs((int)(p & 255) - b) < 24;
    }
  }
  return n;
}

static bool key(Bench* self, FiqUiKey key_, uint32_t modifiers, const char* text)
{
  FiqUiEvent event = {.kind = FIQ_UI_KEY_DOWN, .key = key_, .modifiers = modifiers};
  snprintf(event.text, sizeof(event.text), "%s", text);
  return fiq_stage_event(self->stage, &event);
}

static bool point(Bench* self, FiqUiEventKind kind, double x, double y)
{
  const FiqUiEvent event = {.kind = kind, .x = x, .y = y, .button = 1, .n_clicks = 1};
  return fiq_stage_event(self->stage, &event);
}

// ---- an owner of values ----

static void changed(void* handle, uint32_t id, double value)
{
  Bench* const self = handle;
  self->value[id]   = value;
  ++self->n_changes;
}

static void touched(void* handle, uint32_t id, bool held)
{
  (void)id;
  ((Bench*)handle)->n_held += held ? 1 : -1;
}

static void format(void* handle, uint32_t id, double value, char* text, size_t n_bytes)
{
  (void)handle;
  (void)id;
  snprintf(text, n_bytes, "%.2f", value);
}

static void type_in(void* handle, uint32_t id, FiqRect rect, const char* first)
{
  Bench* const self = handle;
  (void)id;
  (void)rect;
  ++self->n_typed;
  snprintf(self->text, sizeof(self->text), "%s", first);
}

static void list(void* handle, uint32_t id, FiqRect rect)
{
  (void)id;
  (void)rect;
  ++((Bench*)handle)->n_lists;
}

static FiqValueOwner owner_of(Bench* self, uint32_t id)
{
  return (FiqValueOwner){self, id, changed, touched, format, type_in, list, NULL};
}

static FiqKnob* add_knob(Bench* self, uint32_t id, FiqRange range, double x)
{
  FiqKnob* const knob = fiq_knob_new(self->stage, "Knob", range, owner_of(self, id));
  fiq_widget_place(&knob->value.base, (FiqRect){x, 20.0, FIQ_KNOB_WIDTH, FIQ_KNOB_HEIGHT});
  return knob;
}

// ---- values ----

static void test_a_log_range_moves_by_ratios(void** state)
{
  (void)state;
  const FiqRange range = {0.01, 1.0, 100.0, true, false};
  assert_true(fabs(fiq_range_place(&range, 1.0) - 0.5) < 1e-12);
  assert_true(fabs(fiq_range_value(&range, 0.75) - 10.0) < 1e-9);
  for (int i = 0; i <= 10; ++i) {
    assert_true(fabs(fiq_range_place(&range, fiq_range_value(&range, 0.1 * i)) - 0.1 * i) < 1e-12);
  }
}

static void test_keys_step_coarse_fine_and_to_the_ends(void** state)
{
  (void)state;
  Bench* const self = bench_new();
  add_knob(self, 0, (FiqRange){0.0, 50.0, 100.0, false, false}, 20.0);
  key(self, FIQ_UI_KEY_TAB, 0, "");
  key(self, FIQ_UI_KEY_UP_ARROW, 0, "");
  assert_true(fabs(self->value[0] - 51.0) < 1e-9);
  key(self, FIQ_UI_KEY_RIGHT, FIQ_UI_SHIFT, "");
  assert_true(fabs(self->value[0] - 51.1) < 1e-9);
  key(self, FIQ_UI_KEY_PAGE_DOWN, 0, "");
  assert_true(fabs(self->value[0] - 41.1) < 1e-9);
  key(self, FIQ_UI_KEY_HOME, 0, "");
  assert_true(fabs(self->value[0]) < 1e-9);
  key(self, FIQ_UI_KEY_END, 0, "");
  assert_true(fabs(self->value[0] - 100.0) < 1e-9);
  key(self, FIQ_UI_KEY_DELETE, 0, "");
  assert_true(fabs(self->value[0] - 50.0) < 1e-9);
  key(self, FIQ_UI_KEY_TEXT, 0, "7");
  assert_int_equal(self->n_typed, 1);
  assert_string_equal(self->text, "7");
  assert_false(key(self, FIQ_UI_KEY_TEXT, 0, "q"));
  assert_int_equal(self->n_held, 0);
  bench_free(self);
}

static void test_whole_numbers_step_by_one_at_least(void** state)
{
  (void)state;
  Bench* const self = bench_new();
  add_knob(self, 0, (FiqRange){1.0, 6.0, 32.0, false, true}, 20.0);
  key(self, FIQ_UI_KEY_TAB, 0, "");
  key(self, FIQ_UI_KEY_UP_ARROW, 0, "");
  assert_true(fabs(self->value[0] - 7.0) < 1e-9);
  key(self, FIQ_UI_KEY_UP_ARROW, FIQ_UI_SHIFT, "");
  assert_true(fabs(self->value[0] - 8.0) < 1e-9);
  bench_free(self);
}

static void test_a_press_without_a_drag_changes_nothing(void** state)
{
  (void)state;
  Bench* const self = bench_new();
  add_knob(self, 0, (FiqRange){0.0, 50.0, 100.0, false, false}, 20.0);
  point(self, FIQ_UI_PRESS, 58.0, 60.0);
  point(self, FIQ_UI_MOVE, 58.0, 59.0);
  point(self, FIQ_UI_RELEASE, 58.0, 59.0);
  assert_int_equal(self->n_changes, 0);
  assert_int_equal(self->n_held, 0);
  // On the number it lets one type.
  point(self, FIQ_UI_PRESS, 58.0, 98.0);
  point(self, FIQ_UI_RELEASE, 58.0, 98.0);
  assert_int_equal(self->n_typed, 1);
  bench_free(self);
}

static void test_a_choice_is_pressed_stepped_and_listed(void** state)
{
  (void)state;
  static const char* const items[] = {"One", "Two", "Three"};
  Bench* const             self    = bench_new();
  FiqChoice* const         choice  = fiq_choice_new(self->stage, "Choice", items, 3,
                                                    (FiqRange){0, 0, 2, false, true}, owner_of(self, 1));
  fiq_widget_place(&choice->value.base, (FiqRect){20.0, 20.0, 180.0, 82.0});
  choice->look = FIQ_CHOICE_ROW;
  point(self, FIQ_UI_PRESS, 190.0, 70.0);
  assert_true(fabs(self->value[1] - 2.0) < 1e-9);
  key(self, FIQ_UI_KEY_LEFT, 0, "");
  assert_true(fabs(self->value[1] - 1.0) < 1e-9);
  key(self, FIQ_UI_KEY_ENTER, 0, "");
  assert_int_equal(self->n_lists, 1);
  assert_false(key(self, FIQ_UI_KEY_TEXT, 0, "t"));
  bench_free(self);
}

// ---- the line of text ----

static void entry_done(void* handle, const char* text)
{
  snprintf(((Bench*)handle)->text, FIQ_ENTRY_BYTES, "%s", text);
}

static void test_a_line_is_edited_character_by_character(void** state)
{
  (void)state;
  Bench* const    self  = bench_new();
  FiqEntry* const entry = fiq_entry_new(self->stage);
  fiq_entry_open(entry, (FiqRect){20, 20, 100, 20}, "caf\u00e9", true, self, entry_done);
  key(self, FIQ_UI_KEY_BACKSPACE, 0, "");
  assert_string_equal(entry->line.text, "caf");
  key(self, FIQ_UI_KEY_TEXT, 0, "\u00e8");
  key(self, FIQ_UI_KEY_LEFT, 0, "");
  key(self, FIQ_UI_KEY_TEXT, 0, "-");
  assert_string_equal(entry->line.text, "caf-\u00e8");
  key(self, FIQ_UI_KEY_HOME, 0, "");
  key(self, FIQ_UI_KEY_RIGHT, FIQ_UI_SHIFT, "");
  key(self, FIQ_UI_KEY_RIGHT, FIQ_UI_SHIFT, "");
  key(self, FIQ_UI_KEY_DELETE, 0, "");
  assert_string_equal(entry->line.text, "f-\u00e8");
  key(self, FIQ_UI_KEY_TEXT, FIQ_UI_CTRL, "a");
  const FiqUiEvent paste = {.kind = FIQ_UI_PASTE, .paste = "12.5\n13"};
  fiq_stage_event(self->stage, &paste);
  assert_string_equal(entry->line.text, "12.5");
  key(self, FIQ_UI_KEY_ENTER, 0, "");
  assert_string_equal(self->text, "12.5");
  assert_null(fiq_stage_popup(self->stage));
  bench_free(self);
}

static void test_a_line_never_outgrows_its_room(void** state)
{
  (void)state;
  FiqLine line;
  fiq_line_set(&line, "", false);
  for (int i = 0; i < 1000; ++i) {
    fiq_line_paste(&line, "abcdefg");
  }
  assert_in_range(strlen(line.text), FIQ_ENTRY_BYTES - 8, FIQ_ENTRY_BYTES - 1);
}

// ---- menus ----

static void menu_chosen(void* handle, uint32_t item)
{
  ((Bench*)handle)->chosen = (int32_t)item;
}

static void test_a_menu_goes_to_what_is_typed_and_stays_inside(void** state)
{
  (void)state;
  static const char* items[60];
  static char        names[60][16];
  for (int i = 0; i < 60; ++i) {
    snprintf(names[i], sizeof(names[i]), "%c%d", 'A' + i % 26, i);
    items[i] = names[i];
  }
  Bench* const   self = bench_new();
  FiqMenu* const menu = fiq_menu_new(self->stage);
  fiq_menu_open(menu, (FiqRect){380.0, 100.0, 10.0, 20.0}, items, 60, 3, self, menu_chosen);
  assert_true(menu->base.rect.x >= 0.0 && menu->base.rect.x + menu->base.rect.width <= WIDTH);
  assert_true(menu->base.rect.y >= 0.0 && menu->base.rect.y + menu->base.rect.height <= HEIGHT);
  key(self, FIQ_UI_KEY_TEXT, 0, "k");
  key(self, FIQ_UI_KEY_ENTER, 0, "");
  assert_int_equal(self->chosen, 10);
  fiq_menu_open(menu, (FiqRect){10.0, 100.0, 10.0, 20.0}, items, 60, -1, self, menu_chosen);
  self->chosen = -1;
  point(self, FIQ_UI_PRESS, 390.0, 290.0);
  assert_null(fiq_stage_popup(self->stage));
  assert_int_equal(self->chosen, -1);
  bench_free(self);
}

// ---- the stage ----

static void test_only_what_changed_is_drawn(void** state)
{
  (void)state;
  Bench* const   self = bench_new();
  FiqUiRegion    regions[REGIONS];
  FiqKnob* const left = add_knob(self, 0, (FiqRange){0.0, 50.0, 100.0, false, false}, 20.0);
  add_knob(self, 1, (FiqRange){0.0, 50.0, 100.0, false, false}, 200.0);
  assert_int_equal(draw(self, 1.0, regions), 1);
  assert_int_equal(regions[0].width, WIDTH);
  assert_int_equal(draw(self, 1.1, regions), 0);
  fiq_value_show(&left->value, 60.0, (double)NAN);
  assert_int_equal(draw(self, 1.2, regions), 1);
  assert_in_range(regions[0].width, FIQ_KNOB_WIDTH, FIQ_KNOB_WIDTH + 8);
  fiq_value_show(&left->value, 60.0, (double)NAN);
  assert_int_equal(draw(self, 1.3, regions), 0);
  bench_free(self);
}

static void test_the_focus_ring_follows_the_tab_key_alone(void** state)
{
  (void)state;
  Bench* const self = bench_new();
  add_knob(self, 0, (FiqRange){0.0, 50.0, 100.0, false, false}, 20.0);
  add_knob(self, 1, (FiqRange){0.0, 50.0, 100.0, false, false}, 200.0);
  const FiqColor ring = fiq_stage_theme(self->stage)->focus;
  draw(self, 1.0, NULL);
  const uint32_t none = n_pixels_like(self, ring);
  point(self, FIQ_UI_PRESS, 58.0, 60.0);
  point(self, FIQ_UI_RELEASE, 58.0, 60.0);
  draw(self, 1.1, NULL);
  assert_int_equal(n_pixels_like(self, ring), none);
  FiqWidget* const first = fiq_stage_focus(self->stage);
  key(self, FIQ_UI_KEY_TAB, 0, "");
  draw(self, 1.2, NULL);
  assert_true(n_pixels_like(self, ring) > none + 200);
  assert_ptr_not_equal(fiq_stage_focus(self->stage), first);
  key(self, FIQ_UI_KEY_TAB, FIQ_UI_SHIFT, "");
  assert_ptr_equal(fiq_stage_focus(self->stage), first);
  key(self, FIQ_UI_KEY_ESCAPE, 0, "");
  draw(self, 1.3, NULL);
  assert_int_equal(n_pixels_like(self, ring), none);
  bench_free(self);
}

static void test_a_tooltip_comes_after_a_rest_and_goes_at_a_press(void** state)
{
  (void)state;
  Bench* const   self   = bench_new();
  FiqKnob* const knob   = add_knob(self, 0, (FiqRange){0.0, 50.0, 100.0, false, false}, 20.0);
  const FiqColor paper  = fiq_stage_theme(self->stage)->light;
  knob->value.base.name = "Detune";
  knob->value.base.tip  = "How far the oscillators of a note lie around its exact pitch; they are "
                          "spread evenly to both sides.";
  draw(self, 1.0, NULL);
  const uint32_t none = n_pixels_like(self, paper);
  point(self, FIQ_UI_MOVE, 58.0, 60.0);
  draw(self, 1.5, NULL);
  assert_in_range(n_pixels_like(self, paper), 0, none + 100);
  draw(self, 1.8, NULL);
  assert_true(n_pixels_like(self, paper) > none + 5000);
  point(self, FIQ_UI_PRESS, 58.0, 60.0);
  draw(self, 1.9, NULL);
  assert_in_range(n_pixels_like(self, paper), 0, none + 100);
  bench_free(self);
}

static void count_line(void* handle, uint32_t index, const char* line)
{
  uint32_t* const n = handle;
  assert_int_equal(index, *n);
  assert_true(fiq_text_width(line, 12.0, FIQ_TEXT_REGULAR) <= 150.0);
  ++*n;
}

static void test_words_are_broken_within_the_width(void** state)
{
  (void)state;
  uint32_t       n    = 0;
  const uint32_t told = fiq_text_break(
      "Kuramoto coupling K: how strongly the phases pull one another together. Low is diffuse.",
      12.0, FIQ_TEXT_REGULAR, 150.0, count_line, &n);
  assert_int_equal(n, told);
  assert_in_range(n, 3, 6);
}

// ---- pictures ----

static void test_dots_add_up_and_fade(void** state)
{
  (void)state;
  FiqGlow        glow   = {0};
  const FiqColor ground = {0.0, 0.0, 0.0, 1.0};
  const float    red[3] = {1.0f, 0.0f, 0.0f};
  assert_true(fiq_glow_resize(&glow, 32, 32));
  fiq_glow_dot(&glow, 16.0f, 16.0f, 3.0f, red);
  fiq_glow_show(&glow, ground);
  const uint32_t* const pixels =
      (const uint32_t*)(const void*)cairo_image_surface_get_data(glow.picture);
  const size_t middle = 16u * (size_t)cairo_image_surface_get_stride(glow.picture) / 4u + 16u;
  // One dot is half of the full light, three are three quarters.
  assert_in_range(pixels[middle] >> 16 & 255, 126, 129);
  fiq_glow_dot(&glow, 16.0f, 16.0f, 3.0f, red);
  fiq_glow_dot(&glow, 16.0f, 16.0f, 3.0f, red);
  fiq_glow_show(&glow, ground);
  assert_in_range(pixels[middle] >> 16 & 255, 190, 193);
  fiq_glow_fade(&glow, 0.0f);
  assert_true(fiq_glow_show(&glow, ground) < 1e-6f);
  // What lies outside is cut, and nothing else is touched.
  fiq_glow_dot(&glow, -40.0f, 16.0f, 3.0f, red);
  fiq_glow_dot(&glow, 31.5f, 400.0f, 3.0f, red);
  assert_true(fiq_glow_show(&glow, ground) < 1e-6f);
  fiq_glow_clear(&glow);
}

static void test_the_circle_shows_a_phase_where_it_is(void** state)
{
  (void)state;
  Bench* const          self     = bench_new();
  FiqPhaseCircle* const circle   = fiq_phase_circle_new(self->stage);
  const float           phase[1] = {1.5707963f}, loud[1] = {1.0f};
  const uint8_t         color[1] = {255};
  fiq_widget_place(&circle->base, (FiqRect){0.0, 0.0, 300.0, 300.0});
  for (int i = 0; i < 12; ++i) {
    const FiqCircleFrame frame = {1, phase, loud, color, 0.0f, 0.0f, 1.0 + i / 60.0};
    fiq_phase_circle_show(circle, &frame);
    draw(self, 1.0 + i / 60.0, NULL);
  }
  // A quarter turn is at the top.
  uint32_t most = 0, at_x = 0, at_y = 0;
  for (uint32_t y = 0; y < 300; ++y) {
    for (uint32_t x = 0; x < 300; ++x) {
      // The middle has the arrow's foot.
      const uint32_t bright = pixel(self, (int)x, (int)y) & 255;
      if (bright > most && hypot(x - 150.0, y - 150.0) > 20.0) {
        most = bright;
        at_x = x;
        at_y = y;
      }
    }
  }
  assert_in_range(at_x, 145, 155);
  assert_in_range(at_y, 8, 28);
  bench_free(self);
}

static void test_the_river_writes_the_present_at_its_right_end(void** state)
{
  (void)state;
  Bench* const    self  = bench_new();
  FiqRiver* const river = fiq_river_new(self->stage);
  const float     hz[1] = {440.0f}, loud[1] = {1.0f};
  const uint8_t   color[1] = {0};
  fiq_widget_place(&river->base, (FiqRect){0.0, 0.0, 400.0, 300.0});
  for (int i = 0; i < 60; ++i) {
    const FiqRiverFrame frame = {1, hz, loud, color, 0, hz, 1.0 + i / 60.0};
    fiq_river_show(river, &frame);
    draw(self, 1.0 + i / 60.0, NULL);
  }
  const int      y     = (int)(300.0f * (1.0f - fiq_river_place(440.0f)));
  const uint32_t quiet = pixel(self, 100, y) & 255;
  const uint32_t lit   = pixel(self, 400 - 60, y) & 255;
  assert_true(lit > quiet + 60);
  // A second is an eighth of it.
  assert_true((pixel(self, 344 - 30, y) & 255) > quiet + 60);
  assert_true((pixel(self, 344 - 60, y) & 255) < quiet + 20);
  bench_free(self);
}

static void test_the_meter_falls_24_db_a_second(void** state)
{
  (void)state;
  Bench* const    self    = bench_new();
  FiqMeter* const meter   = fiq_meter_new(self->stage);
  const float     full[2] = {1.0f, 0.5f};
  fiq_widget_place(&meter->base, (FiqRect){0, 0, 100, 20});
  fiq_stage_tick(self->stage, 1.0);
  fiq_meter_show(meter, full);
  assert_true(fabs(meter->level_db[0]) < 1e-6 && fabs(meter->level_db[1] + 6.0206) < 1e-3);
  for (int i = 1; i <= 100; ++i) {
    fiq_stage_tick(self->stage, 1.0 + 0.01 * i);
  }
  assert_true(fabs(meter->level_db[0] + 24.0) < 0.01);
  assert_true(fabs(meter->peak_db[0]) < 1e-6);
  bench_free(self);
}

static void envelope_changed(void* handle, uint32_t which, double value)
{
  ((Bench*)handle)->value[which] = value;
}

static void envelope_touched(void* handle, uint32_t which, bool held)
{
  (void)handle;
  (void)which;
  (void)held;
}

static void test_the_envelopes_corners_are_its_values(void** state)
{
  (void)state;
  Bench* const       self     = bench_new();
  const FiqRange     times    = {0.01, 0.1, 1.0, true, false};
  const FiqRange     range[4] = {times, times, {0.0, 50.0, 100.0, false, false}, times};
  FiqEnvelope* const envelope = fiq_envelope_new(self->stage, range);
  const double       value[4] = {0.1, 0.1, 50.0, 0.1};
  envelope->handle            = self;
  envelope->changed           = envelope_changed;
  envelope->touched           = envelope_touched;
  fiq_widget_place(&envelope->base, (FiqRect){0.0, 0.0, 212.0, 112.0});
  fiq_envelope_show(envelope, value);
  // The corner of decay and sustain stands at 28 % of the width and half of the height.
  point(self, FIQ_UI_PRESS, 6.0 + 0.28 * 200.0, 56.0);
  point(self, FIQ_UI_MOVE, 6.0 + 0.42 * 200.0, 31.0);
  assert_true(fabs(self->value[FIQ_ENVELOPE_SUSTAIN] - 75.0) < 0.5);
  assert_true(fabs(self->value[FIQ_ENVELOPE_DECAY] - 1.0) < 0.01);
  point(self, FIQ_UI_RELEASE, 0.0, 0.0);
  bench_free(self);
}

static void paint_all(cairo_surface_t* surface, double red)
{
  cairo_t* const cr = cairo_create(surface);
  cairo_set_source_rgb(cr, red, 0.2, 0.4);
  cairo_paint(cr);
  cairo_destroy(cr);
}

static void test_the_ground_comes_back_as_it_was(void** state)
{
  (void)state;
  Bench* const    self = bench_new();
  FiqGround       kept = {0};
  static uint32_t before[HEIGHT][WIDTH];
  paint_all(self->surface, 0.1);
  cairo_t* const cr = cairo_create(self->surface);
  cairo_set_source_rgb(cr, 0.9, 0.5, 0.1);
  cairo_arc(cr, 150.0, 120.0, 80.3, 0.0, 6.3);
  cairo_fill(cr);
  cairo_destroy(cr);
  for (int y = 0; y < HEIGHT; ++y) {
    for (int x = 0; x < WIDTH; ++x) {
      before[y][x] = pixel(self, x, y);
    }
  }
  assert_true(fiq_ground_keep(&kept, self->surface));
  // Less than a tenth of the picture.
  assert_true(kept.n_runs * sizeof(FiqGroundRun) < WIDTH * HEIGHT * 4 / 10);
  paint_all(self->surface, 0.7);
  const uint32_t    other   = pixel(self, 0, 0);
  const FiqUiRegion region  = {37, 21, 180, 199};
  uint32_t          n_wrong = 0;
  fiq_ground_restore(&kept, self->surface, region);
  for (int y = 0; y < HEIGHT; ++y) {
    for (int x = 0; x < WIDTH; ++x) {
      const bool inside = x >= 37 && x < 217 && y >= 21 && y < 220;
      n_wrong += pixel(self, x, y) != (inside ? before[y][x] : other);
    }
  }
  assert_int_equal(n_wrong, 0);
  fiq_ground_clear(&kept);
  assert_false(fiq_ground_fits(&kept, self->surface));
  bench_free(self);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_log_range_moves_by_ratios),
      cmocka_unit_test(test_keys_step_coarse_fine_and_to_the_ends),
      cmocka_unit_test(test_whole_numbers_step_by_one_at_least),
      cmocka_unit_test(test_a_press_without_a_drag_changes_nothing),
      cmocka_unit_test(test_a_choice_is_pressed_stepped_and_listed),
      cmocka_unit_test(test_a_line_is_edited_character_by_character),
      cmocka_unit_test(test_a_line_never_outgrows_its_room),
      cmocka_unit_test(test_a_menu_goes_to_what_is_typed_and_stays_inside),
      cmocka_unit_test(test_only_what_changed_is_drawn),
      cmocka_unit_test(test_the_focus_ring_follows_the_tab_key_alone),
      cmocka_unit_test(test_a_tooltip_comes_after_a_rest_and_goes_at_a_press),
      cmocka_unit_test(test_words_are_broken_within_the_width),
      cmocka_unit_test(test_dots_add_up_and_fade),
      cmocka_unit_test(test_the_circle_shows_a_phase_where_it_is),
      cmocka_unit_test(test_the_river_writes_the_present_at_its_right_end),
      cmocka_unit_test(test_the_meter_falls_24_db_a_second),
      cmocka_unit_test(test_the_envelopes_corners_are_its_values),
      cmocka_unit_test(test_the_ground_comes_back_as_it_was),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
