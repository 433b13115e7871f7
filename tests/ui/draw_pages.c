// SPDX-License-Identifier: GPL-3.0-or-later
/// Draws every tab of a window to PNG files, to be looked at: draw_pages FOLDER [realms|swarm] [zoom in percent] [OPTION...]
/// Options: contrast; most (every value at its end, as many notes as there can be); large (a window of 1800 x 1100).
#include "plugin/ui/page/page.h"
#include "tests/support/ui_fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void round_of(FiqUiPage* page, cairo_surface_t* surface, double now_s)
{
  FiqUiRegion regions[FIQ_UI_REGIONS_MAX];
  if (fiq_ui_page_idle(page, now_s)) {
    fiq_ui_page_draw(page, surface, regions);
  }
}

static void write(cairo_surface_t* surface, const char* folder, const char* name, uint32_t zoom)
{
  char path[1024];
  snprintf(path, sizeof(path), "%s/%s-%u.png", folder, name, zoom);
  cairo_surface_write_to_png(surface, path);
}

static void press_key(FiqUiPage* page, FiqUiKey key, uint32_t modifiers, const char* text,
                      double now_s)
{
  FiqUiEvent event = {.kind = FIQ_UI_KEY_DOWN, .key = key, .modifiers = modifiers, .time_s = now_s};
  snprintf(event.text, sizeof(event.text), "%s", text);
  fiq_ui_page_event(page, &event);
}

static double run(FiqUiFake* fake, FiqUiPage* page, cairo_surface_t* surface, double from_s,
                  double to_s)
{
  double at_s = from_s;
  for (uint32_t i = 0; at_s < to_s; ++i, at_s += 1.0 / 60.0) {
    if (i % 2 == 0) {
      fiq_ui_fake_tell(fake, at_s, 100.0 + at_s);
    }
    round_of(page, surface, 100.0 + at_s);
  }
  return at_s;
}

static bool has_option(int argc, char** argv, const char* option)
{
  for (int i = 4; i < argc; ++i) {
    if (strcmp(argv[i], option) == 0) {
      return true;
    }
  }
  return false;
}

/// A filter, breath and a partner, so that their curves are seen.
static void set_some(FiqUiFake* fake)
{
  snprintf(fake->model.moments, sizeof(fake->model.moments),
           "dawn\nglass\nthe_sea\nembers\nlullaby");
  static const char* const symbols[6] = {"filter_type", "filter_cutoff", "filter_resonance",
                                         "partials",    "breath",        "sequence"};
  static const float       values[6]  = {1.0f, 1500.0f, 45.0f, 24.0f, 30.0f, 1.0f};
  for (uint32_t i = 0; i < 6; ++i) {
    const int32_t row = fiq_ui_model_row(&fake->model, symbols[i]);
    if (row != FIQ_UI_NO_ROW) {
      fake->model.value[row] = values[i];
    }
  }
}

/// The longest texts and the largest numbers.
static void set_most(FiqUiFake* fake)
{
  FiqUiModel* const model = &fake->model;
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    if (fiq_ui_model_shows(model, row)) {
      model->value[row]     = fiq_params[row].maximum;
      model->effective[row] = 0.5f * (fiq_params[row].minimum + fiq_params[row].maximum);
      model->is_locked[row] = row % 3 == 0;
    }
  }
  model->seed            = 2147483647;
  model->presets.current = 5;
  snprintf(model->tuning, sizeof(model->tuning),
           "/usr/share/scales/a/rather/deep/folder/with_a_long_name_of_a_scale.scl");
  snprintf(
      model->words, sizeof(model->words),
      "Wo-che be-ginnt und en-det, and so does ev-e-ry word that is sung by a thou-sand os-cil-"
      "la-tors in a box that is ra-ther small for it, line by line un-til the ve-ry last of them");
  fake->n_notes     = FIQ_UI_NOTES_MAX;
  model->moments[0] = '\0';
  for (int i = 0; i < 32; ++i) {
    char name[32];
    snprintf(name, sizeof(name), "%s%d", i % 3 ? "dawn" : "unpronounceably_long", i);
    model->calls.name_moment(model->calls.handle, name);
  }
}

/// MIDI learn over the first tab: some controls have a controller, one waits for one.
static double draw_learning(FiqUiFake* fake, FiqUiPage* page, cairo_surface_t* surface,
                            const char* folder, uint32_t zoom, double at_s)
{
  static const char text[] =
      "1 21 tilt, 16 119 oscillators, 1 7 output, 1 22 coupling, 1 23 mix, 2 24 "
      "coherence, 1 25 realm, 16 118 quality";
  fiq_controllers_read(&fake->model.controllers, fake->model.plugin, text, sizeof(text));
  FiqUiEvent press = {.kind   = FIQ_UI_PRESS,
                      .button = 1,
                      .x      = 0.01 * zoom * (FIQ_UI_PAGE_WIDTH - 40.0),
                      .y      = 0.01 * zoom * 407.0,
                      .time_s = 100.0 + at_s};
  fiq_ui_page_event(page, &press);
  press.kind = FIQ_UI_RELEASE;
  fiq_ui_page_event(page, &press);
  at_s = run(fake, page, surface, at_s, at_s + 0.1);
  write(surface, folder, "learn", zoom);
  fake->model.learning = fiq_ui_model_row(&fake->model, "partials");
  at_s                 = run(fake, page, surface, at_s, at_s + 0.1);
  write(surface, folder, "learn-waits", zoom);
  press_key(page, FIQ_UI_KEY_ESCAPE, 0, "", 100.0 + at_s);
  press_key(page, FIQ_UI_KEY_ESCAPE, 0, "", 100.0 + at_s);
  return run(fake, page, surface, at_s, at_s + 0.1);
}

/// What comes up over a page: the pointer's reading, a tooltip, the focus, the browser and the tour.
static void draw_hints(FiqUiFake* fake, FiqUiPage* page, cairo_surface_t* surface,
                       const char* folder, uint32_t zoom, double at_s)
{
  // The pointer over the river, and over a control until its tooltip comes.
  FiqUiEvent move = {.kind   = FIQ_UI_MOVE,
                     .x      = 300.0 * zoom / 100,
                     .y      = 200.0 * zoom / 100,
                     .time_s = 100.0 + at_s};
  fiq_ui_page_event(page, &move);
  at_s = run(fake, page, surface, at_s, at_s + 0.3);
  write(surface, folder, "pointer", zoom);
  move.x      = 210.0 * zoom / 100;
  move.y      = 490.0 * zoom / 100;
  move.time_s = 100.0 + at_s;
  fiq_ui_page_event(page, &move);
  at_s = run(fake, page, surface, at_s, at_s + 1.0);
  write(surface, folder, "tooltip", zoom);
  // The focus on the second button, its tooltip, then the browser.
  press_key(page, FIQ_UI_KEY_ESCAPE, 0, "", 100.0 + at_s);
  press_key(page, FIQ_UI_KEY_TAB, 0, "", 100.0 + at_s);
  press_key(page, FIQ_UI_KEY_TAB, 0, "", 100.0 + at_s);
  at_s = run(fake, page, surface, at_s, at_s + 1.0);
  write(surface, folder, "focus", zoom);
  press_key(page, FIQ_UI_KEY_ENTER, 0, "", 100.0 + at_s);
  at_s = run(fake, page, surface, at_s, at_s + 0.1);
  write(surface, folder, "browser", zoom);
  press_key(page, FIQ_UI_KEY_ESCAPE, 0, "", 100.0 + at_s);
  press_key(page, FIQ_UI_KEY_F1, 0, "", 100.0 + at_s);
  for (int card = 0; card < 7; ++card) {
    char name[32];
    at_s = run(fake, page, surface, at_s, at_s + 0.1);
    snprintf(name, sizeof(name), "tour%d", card);
    write(surface, folder, name, zoom);
    press_key(page, FIQ_UI_KEY_ENTER, 0, "", 100.0 + at_s);
  }
}

int main(int argc, char** argv)
{
  const char* const folder = argc > 1 ? argv[1] : ".";
  const bool        realms = argc > 2 && strcmp(argv[2], "realms") == 0;
  const uint32_t    zoom   = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 100;
  const bool        large  = has_option(argc, argv, "large");
  const uint32_t    width  = (large ? 1800 : FIQ_UI_PAGE_WIDTH) * zoom / 100;
  const uint32_t    height = (large ? 1100 : FIQ_UI_PAGE_HEIGHT) * zoom / 100;
  FiqUiFake* const  fake   = calloc(1, sizeof(*fake));
  fiq_ui_fake_init(fake, realms ? FIQ_PLUGIN_REALMS : FIQ_PLUGIN_SWARM, 512);
  fake->model.zoom          = zoom;
  fake->model.high_contrast = has_option(argc, argv, "contrast");
  set_some(fake);
  if (has_option(argc, argv, "most")) {
    set_most(fake);
  }
  FiqUiPage* const       page = fiq_ui_page_new(&fake->model);
  cairo_surface_t* const surface =
      cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)width, (int)height);
  fiq_ui_page_layout(page, width, height, zoom / 100.0);
  double at_s = run(fake, page, surface, 0.0, 9.0);
  for (uint32_t tab = 0; tab < 12; ++tab) {
    char name[32];
    snprintf(name, sizeof(name), "%s-tab%u", realms ? "realms" : "swarm", tab);
    write(surface, folder, name, zoom);
    press_key(page, FIQ_UI_KEY_PAGE_DOWN, FIQ_UI_CTRL, "", 100.0 + at_s);
    at_s = run(fake, page, surface, at_s, at_s + 0.05);
  }
  for (int realm = 0; realms && realm < 3; ++realm) {
    char name[32];
    fiq_ui_model_set(&fake->model, (uint32_t)fiq_ui_model_row(&fake->model, "realm"), (float)realm);
    fiq_ui_model_set(&fake->model, (uint32_t)fiq_ui_model_row(&fake->model, "objective"),
                     (float)realm);
    at_s = run(fake, page, surface, at_s, at_s + 2.0);
    snprintf(name, sizeof(name), "realm%d", realm);
    write(surface, folder, name, zoom);
  }
  at_s = draw_learning(fake, page, surface, folder, zoom, at_s);
  draw_hints(fake, page, surface, folder, zoom, at_s);
  fiq_ui_page_free(page);
  cairo_surface_destroy(surface);
  free(fake);
  return 0;
}
