// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/page/browser.h"

#include "plugin/ui/widget/button.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ALL, FAVOURITES, USER, N_FIXED };

static const char* const fixed_names[N_FIXED] = {"All", "Favourites", "My presets"};

static const double width = 600.0, height = 470.0, row_height = 24.0, margin = 12.0, column = 150.0,
                    head = 48.0, foot = 58.0, toward_width = 84.0;

// ---- the filter ----

static bool matches_category(const FiqUiPreset* preset, const char* wanted)
{
  if (strcmp(wanted, fixed_names[ALL]) == 0) {
    return true;
  }
  if (strcmp(wanted, fixed_names[FAVOURITES]) == 0) {
    return preset->is_favourite;
  }
  return strcmp(wanted, fixed_names[USER]) == 0 ? preset->is_user
                                                : strcmp(preset->category, wanted) == 0;
}

static bool is_listed(const FiqBrowser* self, const char* category)
{
  for (uint32_t i = 0; i < self->n_categories; ++i) {
    if (strcmp(self->category[i], category) == 0) {
      return true;
    }
  }
  return false;
}

static void gather_categories(FiqBrowser* self)
{
  const FiqUiPresets* const presets = &self->model->presets;
  self->n_categories                = N_FIXED;
  memcpy(self->category, fixed_names, sizeof(fixed_names));
  for (uint32_t i = 0; i < presets->n; ++i) {
    const char* const category = presets->entry[i].category;
    if (category[0] && self->n_categories < FIQ_BROWSER_CATEGORIES_MAX &&
        !is_listed(self, category)) {
      self->category[self->n_categories++] = category;
    }
  }
}

/// Whether the words lead somewhere: only the Swarm's presets are measured, and its controls known.
static bool can_move(const FiqBrowser* self)
{
  return self->described.leads && self->model->plugin == FIQ_PLUGIN_SWARM;
}

/// Take an entry in among the nearest, if it is one of them.
static void take_described(FiqBrowser* self, uint32_t entry)
{
  const float distance =
      fiq_description_distance(&self->described, &self->model->presets.entry[entry]);
  uint32_t at = self->n_described;
  while (at > 0 && self->distance[at - 1] > distance) {
    --at;
  }
  if (at == FIQ_BROWSER_DESCRIBED_MAX || !isfinite(distance)) {
    return;
  }
  self->n_described += self->n_described < FIQ_BROWSER_DESCRIBED_MAX ? 1 : 0;
  for (uint32_t i = self->n_described - 1; i > at; --i) {
    self->entry[i]    = self->entry[i - 1];
    self->distance[i] = self->distance[i - 1];
  }
  self->entry[at]    = entry;
  self->distance[at] = distance;
}

static bool is_described(const FiqBrowser* self, uint32_t entry)
{
  bool found = false;
  for (uint32_t i = 0; i < self->n_described && !found; ++i) {
    found = self->entry[i] == entry;
  }
  return found;
}

/// Those that say what is typed, behind those that are there.
static void add_written(FiqBrowser* self)
{
  const FiqUiPresets* const presets = &self->model->presets;
  for (uint32_t i = 0; i < presets->n && self->n_entries < FIQ_BROWSER_ENTRIES_MAX; ++i) {
    if (matches_category(&presets->entry[i], self->wanted) && !is_described(self, i) &&
        fiq_description_is_written(self->search.text, &presets->entry[i])) {
      self->entry[self->n_entries++] = i;
    }
  }
}

/// What sounds most like the words that are typed, nearest first, then what says them.
static void filter(FiqBrowser* self)
{
  const FiqUiPresets* const presets = &self->model->presets;
  gather_categories(self);
  fiq_description_read(&self->described, self->search.text, presets);
  self->sequence    = presets->sequence;
  self->n_described = 0;
  self->n_entries   = 0;
  self->lit         = 0;
  add_written(self);
  // A word that nobody knows may be a part of a name.
  const bool describes = can_move(self) && (self->described.is_known || self->n_entries == 0);
  for (uint32_t i = 0; i < presets->n && describes; ++i) {
    if (matches_category(&presets->entry[i], self->wanted)) {
      take_described(self, i);
    }
  }
  if (self->n_described > 0) {
    self->n_entries = self->n_described;
    add_written(self);
  }
  // What is searched for by its sound begins with the nearest.
  for (uint32_t i = 0; i < self->n_entries && self->n_described == 0; ++i) {
    self->lit = (int32_t)self->entry[i] == presets->current ? i : self->lit;
  }
}

static void filter_if_changed(FiqBrowser* self)
{
  if (self->sequence != self->model->presets.sequence || self->n_categories == 0) {
    filter(self);
  }
}

void fiq_browser_step(FiqBrowser* self, int32_t by)
{
  const FiqUiCalls* const calls = &self->model->calls;
  filter(self);
  if (self->n_entries == 0) {
    return;
  }
  for (uint32_t i = 0; i < self->n_entries; ++i) {
    self->lit = (int32_t)self->entry[i] == self->model->presets.current ? i : self->lit;
  }
  const int64_t n      = self->n_entries;
  const bool    is_in  = (int32_t)self->entry[self->lit] == self->model->presets.current;
  const int64_t before = is_in ? (int64_t)self->lit : (by > 0 ? -1 : 0);
  self->lit            = (uint32_t)(((before + by) % n + n) % n);
  calls->select_preset(calls->handle, self->entry[self->lit]);
}

// ---- drawing ----

static FiqRect list_rect(const FiqBrowser* self)
{
  const FiqRect rect = self->base.rect;
  return (FiqRect){rect.x + margin + column, rect.y + head, rect.width - column - 2.0 * margin,
                   rect.height - head - foot};
}

static FiqRect category_rect(const FiqBrowser* self)
{
  const FiqRect rect = self->base.rect;
  return (FiqRect){rect.x + margin, rect.y + head, column - 10.0, rect.height - head - foot};
}

static uint32_t n_rows(const FiqBrowser* self)
{
  return (uint32_t)(list_rect(self).height / row_height);
}

static FiqRect search_rect(const FiqBrowser* self)
{
  const FiqRect rect = self->base.rect;
  const double  room = can_move(self) ? toward_width + 8.0 : 0.0;
  return (FiqRect){rect.x + margin, rect.y + 10.0, rect.width - 2.0 * margin - room, 28.0};
}

static FiqRect toward_rect(const FiqBrowser* self)
{
  const FiqRect rect = self->base.rect;
  return (FiqRect){rect.x + rect.width - margin - toward_width, rect.y + 10.0, toward_width, 28.0};
}

static FiqRect bin_rect(const FiqBrowser* self)
{
  const FiqRect rect = self->base.rect;
  return (FiqRect){rect.x + rect.width - margin - 28.0, rect.y + rect.height - foot + 10.0, 28.0,
                   26.0};
}

static void draw_row(const FiqBrowser* self, const FiqPaint* paint, FiqRect bar, uint32_t index)
{
  const FiqTheme* const    theme   = paint->theme;
  const FiqUiPreset* const preset  = &self->model->presets.entry[self->entry[index]];
  const bool               lit     = index == self->lit;
  const bool               present = (int32_t)self->entry[index] == self->model->presets.current;
  const double             y       = bar.y + 0.5 * bar.height;
  const FiqColor           ink = lit ? theme->on_accent : (present ? theme->accent : theme->ink);
  const FiqTextStyle name = {12.0, present ? FIQ_TEXT_BOLD : FIQ_TEXT_REGULAR, FIQ_ALIGN_LEFT, ink};
  const FiqTextStyle note = {10.5, FIQ_TEXT_REGULAR, FIQ_ALIGN_RIGHT,
                             lit ? theme->on_accent : theme->soft};
  char               tags[96];
  char               away[16] = "";
  if (index < self->n_described) {
    snprintf(away, sizeof(away), "   %.2f", (double)self->distance[index]);
  }
  snprintf(tags, sizeof(tags), "%s%s%s%s", preset->category,
           preset->tags[0] && preset->category[0] ? "  " : "", preset->tags, away);
  if (lit) {
    fiq_paint_box(paint, bar, 4.0, theme->accent, fiq_color_faded(theme->accent, 0.0));
  }
  fiq_paint_sign(paint, FIQ_SIGN_HEART, bar.x + 13.0, y, 11.0,
                 preset->is_favourite
                     ? (lit ? theme->on_accent : theme->pink)
                     : fiq_color_faded(lit ? theme->on_accent : theme->faint, 0.3));
  const double tags_width = fmin(fiq_text_width(tags, 10.5, FIQ_TEXT_REGULAR), 0.5 * bar.width);
  fiq_paint_text_within(paint, bar.x + 26.0, y, bar.width - tags_width - 46.0, preset->name, &name);
  fiq_paint_text_within(paint, bar.x + bar.width - 10.0, y, 0.5 * bar.width, tags, &note);
}

static void draw_categories(const FiqBrowser* self, const FiqPaint* paint)
{
  const FiqTheme* const theme = paint->theme;
  const FiqRect         area  = category_rect(self);
  for (uint32_t i = self->first_category;
       i < self->n_categories && i - self->first_category < n_rows(self); ++i) {
    const FiqRect      bar = {area.x, area.y + (i - self->first_category) * row_height, area.width,
                              row_height};
    const bool         on  = strcmp(self->category[i], self->wanted) == 0;
    const FiqTextStyle style = {12.0, FIQ_TEXT_MEDIUM, FIQ_ALIGN_LEFT,
                                on ? theme->ink : theme->soft};
    if (on) {
      fiq_paint_box(paint, bar, 4.0, theme->well, fiq_color_faded(theme->well, 0.0));
    }
    fiq_paint_text_within(paint, bar.x + 10.0, bar.y + 0.5 * row_height, bar.width - 16.0,
                          self->category[i], &style);
  }
}

static void draw_foot(const FiqBrowser* self, const FiqPaint* paint)
{
  const FiqTheme* const theme = paint->theme;
  const FiqRect         rect  = self->base.rect;
  const double          y     = rect.y + rect.height - foot;
  const FiqTextStyle    words = {11.5, FIQ_TEXT_REGULAR, FIQ_ALIGN_LEFT, theme->ink};
  const FiqTextStyle    keys  = {10.5, FIQ_TEXT_REGULAR, FIQ_ALIGN_LEFT, theme->faint};
  if (self->n_entries > 0) {
    const FiqUiPreset* const preset    = &self->model->presets.entry[self->entry[self->lit]];
    const bool               is_doomed = self->doomed == (int32_t)self->entry[self->lit];
    fiq_paint_text_within(paint, rect.x + margin, y + 18.0, rect.width - 2.0 * margin - 36.0,
                          is_doomed       ? "Press again to delete this preset of yours for good."
                          : self->said[0] ? self->said
                          : preset->comment[0] ? preset->comment
                                               : preset->name,
                          &words);
    if (preset->is_user) {
      const FiqRect bin = bin_rect(self);
      fiq_paint_box(paint, bin, 5.0, theme->raised, theme->edge);
      fiq_paint_sign(paint, FIQ_SIGN_BIN, bin.x + 14.0, bin.y + 13.0, 12.0, theme->red);
    }
  }
  const char* const usual =
      "Type to search \u00b7 Tab: category \u00b7 Enter: load \u00b7 Ctrl+F: favourite \u00b7 "
      "Ctrl+Delete: delete yours";
  const char* const likeness =
      "Nearest first; the number is how far off \u00b7 Enter: load \u00b7 Ctrl+Enter: move this "
      "sound toward the words";
  fiq_paint_text(paint, rect.x + margin, y + 40.0, can_move(self) ? likeness : usual, &keys);
}

static void draw(FiqWidget* widget, const FiqPaint* paint)
{
  FiqBrowser* const     self  = (FiqBrowser*)widget;
  const FiqTheme* const theme = paint->theme;
  const FiqRect         rect  = widget->rect;
  const FiqRect         area  = list_rect(self);
  const FiqTextStyle    empty = {12.0, FIQ_TEXT_REGULAR, FIQ_ALIGN_LEFT, theme->soft};
  filter_if_changed(self);
  fiq_paint_box(paint, rect, 9.0, theme->panel, theme->faint);
  fiq_line_draw(&self->search, paint, search_rect(self),
                "Search names, categories, tags, or say what it is like: dark slow glassy choir",
                true);
  if (can_move(self)) {
    const FiqRect      toward = toward_rect(self);
    const FiqTextStyle word   = {12.0, FIQ_TEXT_MEDIUM, FIQ_ALIGN_CENTER, theme->ink};
    fiq_paint_box(paint, toward, 6.0, theme->raised, theme->accent);
    fiq_paint_text(paint, toward.x + 0.5 * toward.width, toward.y + 14.0, "Toward", &word);
  }
  draw_categories(self, paint);
  for (uint32_t row = 0; row < n_rows(self) && self->first + row < self->n_entries; ++row) {
    draw_row(self, paint, (FiqRect){area.x, area.y + row * row_height, area.width, row_height},
             self->first + row);
  }
  if (self->n_entries == 0) {
    fiq_paint_text(paint, area.x + 10.0, area.y + 14.0, "Nothing matches.", &empty);
  } else if (self->n_entries > n_rows(self)) {
    const double room  = n_rows(self) * row_height;
    const double share = room / self->n_entries;
    fiq_paint_box(paint,
                  (FiqRect){rect.x + rect.width - 8.0, area.y + self->first * share, 3.0,
                            n_rows(self) * share},
                  1.5, theme->faint, fiq_color_faded(theme->faint, 0.0));
  }
  draw_foot(self, paint);
}

// ---- events ----

static void light(FiqBrowser* self, int64_t index)
{
  const int64_t  last = (int64_t)self->n_entries - 1;
  const uint32_t rows = n_rows(self);
  self->doomed        = -1;
  self->lit           = last < 0 || index < 0 ? 0 : (uint32_t)(index > last ? last : index);
  self->first         = self->lit < self->first ? self->lit : self->first;
  self->first         = self->lit >= self->first + rows ? self->lit - rows + 1 : self->first;
}

static void refilter(FiqBrowser* self)
{
  filter(self);
  self->first = 0;
  light(self, self->lit);
}

static void load(FiqBrowser* self)
{
  const FiqUiCalls* const calls = &self->model->calls;
  if (self->n_entries > 0) {
    calls->select_preset(calls->handle, self->entry[self->lit]);
  }
}

/// Move the present sound toward what is typed.
static void move_toward(FiqBrowser* self)
{
  char moved[FIQ_BROWSER_SAID_BYTES - 32];
  if (can_move(self)) {
    fiq_description_move(&self->described, self->model, moved, sizeof(moved));
    snprintf(self->said, sizeof(self->said), "%s%s.", moved[0] ? "Moved " : "It is there already",
             moved);
  }
}

static void toggle_favourite(FiqBrowser* self, uint32_t index)
{
  const FiqUiCalls* const calls = &self->model->calls;
  const uint32_t          entry = self->entry[index];
  calls->set_favourite(calls->handle, entry, !self->model->presets.entry[entry].is_favourite);
}

/// The first time it asks, the second time it does.
static void delete_lit(FiqBrowser* self)
{
  const FiqUiCalls* const calls = &self->model->calls;
  if (self->n_entries == 0 || !self->model->presets.entry[self->entry[self->lit]].is_user) {
    return;
  }
  const uint32_t entry = self->entry[self->lit];
  if (self->doomed != (int32_t)entry) {
    self->doomed = (int32_t)entry;
    return;
  }
  self->doomed = -1;
  calls->delete_preset(calls->handle, entry);
  refilter(self);
}

static void choose_category(FiqBrowser* self, uint32_t category)
{
  snprintf(self->wanted, sizeof(self->wanted), "%s", self->category[category]);
  self->first_category = category < self->first_category ? category : self->first_category;
  if (category >= self->first_category + n_rows(self)) {
    self->first_category = category - n_rows(self) + 1;
  }
  refilter(self);
}

static void step_category(FiqBrowser* self, bool back)
{
  const uint32_t n  = self->n_categories;
  uint32_t       at = 0;
  assert(n >= N_FIXED);
  for (uint32_t i = 0; i < n; ++i) {
    at = strcmp(self->category[i], self->wanted) == 0 ? i : at;
  }
  choose_category(self, (at + (back ? n - 1 : 1)) % n);
}

static bool shortcut(FiqBrowser* self, const FiqUiEvent* event)
{
  if (!(event->modifiers & FIQ_UI_CTRL)) {
    return false;
  }
  if (event->key == FIQ_UI_KEY_TEXT && strcmp(event->text, "f") == 0 && self->n_entries > 0) {
    toggle_favourite(self, self->lit);
    return true;
  }
  if (event->key == FIQ_UI_KEY_DELETE) {
    delete_lit(self);
    return true;
  }
  if (event->key == FIQ_UI_KEY_ENTER) {
    move_toward(self);
    return true;
  }
  return false;
}

static void key(FiqBrowser* self, const FiqUiEvent* event)
{
  self->said[0] = '\0';
  if (shortcut(self, event)) {
    return;
  }
  switch (event->key) {
  case FIQ_UI_KEY_UP_ARROW:
    light(self, (int64_t)self->lit - 1);
    break;
  case FIQ_UI_KEY_DOWN_ARROW:
    light(self, (int64_t)self->lit + 1);
    break;
  case FIQ_UI_KEY_PAGE_UP:
    light(self, (int64_t)self->lit - n_rows(self));
    break;
  case FIQ_UI_KEY_PAGE_DOWN:
    light(self, (int64_t)self->lit + n_rows(self));
    break;
  case FIQ_UI_KEY_TAB:
    step_category(self, event->modifiers & FIQ_UI_SHIFT);
    break;
  case FIQ_UI_KEY_ENTER:
    load(self);
    fiq_stage_open(self->base.stage, NULL);
    break;
  case FIQ_UI_KEY_ESCAPE:
    fiq_stage_open(self->base.stage, NULL);
    break;
  default:
    if (fiq_line_key(&self->search, event)) {
      refilter(self);
    }
    break;
  }
}

static void press(FiqBrowser* self, const FiqUiEvent* event)
{
  const FiqRect  area = list_rect(self);
  const FiqRect  left = category_rect(self);
  const uint32_t row  = (uint32_t)fmax((event->y - area.y) / row_height, 0.0);
  self->said[0]       = '\0';
  if (fiq_rect_has(bin_rect(self), event->x, event->y)) {
    delete_lit(self);
  } else if (can_move(self) && fiq_rect_has(toward_rect(self), event->x, event->y)) {
    move_toward(self);
  } else if (fiq_rect_has(left, event->x, event->y) &&
             self->first_category + row < self->n_categories) {
    choose_category(self, self->first_category + row);
  } else if (fiq_rect_has(area, event->x, event->y) && self->first + row < self->n_entries) {
    if (event->x < area.x + 24.0) {
      toggle_favourite(self, self->first + row);
      return;
    }
    light(self, self->first + row);
    load(self);
    if (event->n_clicks >= 2) {
      fiq_stage_open(self->base.stage, NULL);
    }
  }
}

static void scroll(FiqBrowser* self, const FiqUiEvent* event)
{
  const bool      left = event->x < list_rect(self).x;
  uint32_t* const at   = left ? &self->first_category : &self->first;
  const int64_t   n    = left ? self->n_categories : self->n_entries;
  const int64_t   most = n > n_rows(self) ? n - n_rows(self) : 0;
  const int64_t   next = (int64_t)*at - (int64_t)(3.0 * event->dy);
  *at                  = (uint32_t)(next < 0 ? 0 : (next > most ? most : next));
}

static bool event(FiqWidget* widget, const FiqUiEvent* event_)
{
  FiqBrowser* const self = (FiqBrowser*)widget;
  filter_if_changed(self);
  switch (event_->kind) {
  case FIQ_UI_KEY_DOWN:
    key(self, event_);
    break;
  case FIQ_UI_PASTE:
    fiq_line_paste(&self->search, event_->paste);
    refilter(self);
    break;
  case FIQ_UI_PRESS:
    press(self, event_);
    break;
  case FIQ_UI_SCROLL:
    scroll(self, event_);
    break;
  default:
    return true;
  }
  fiq_widget_dirty(widget);
  return true;
}

static const FiqWidgetClass browser_class = {.draw = draw, .event = event};

FiqBrowser* fiq_browser_new(FiqStage* stage, FiqUiModel* model)
{
  FiqBrowser* const self = fiq_stage_add(stage, sizeof(*self), &browser_class);
  if (self) {
    self->model         = model;
    self->base.is_shown = false;
    self->doomed        = -1;
    snprintf(self->wanted, sizeof(self->wanted), "%s", fixed_names[ALL]);
  }
  return self;
}

void fiq_browser_open(FiqBrowser* self, FiqRect anchor)
{
  const FiqRect area = fiq_stage_area(self->base.stage);
  self->base.rect =
      (FiqRect){fmin(anchor.x, area.width - width - 8.0), anchor.y + anchor.height + 4.0, width,
                fmin(height, area.height - anchor.y - anchor.height - 12.0)};
  refilter(self);
  fiq_stage_open(self->base.stage, &self->base);
}

// ---- saving ----

static const char* const save_hints[3] = {"Name", "Category, one word", "Tags, words with spaces"};

static FiqRect line_rect(const FiqSaveDialog* self, uint32_t line)
{
  const FiqRect rect = self->base.rect;
  return (FiqRect){rect.x + margin, rect.y + 38.0 + 36.0 * line, rect.width - 2.0 * margin, 28.0};
}

static FiqRect save_rect(const FiqSaveDialog* self)
{
  const FiqRect rect = self->base.rect;
  return (FiqRect){rect.x + rect.width - margin - 80.0, rect.y + rect.height - 38.0, 80.0, 28.0};
}

static void draw_save(FiqWidget* widget, const FiqPaint* paint)
{
  const FiqSaveDialog* const self  = (const FiqSaveDialog*)widget;
  const FiqTheme* const      theme = paint->theme;
  const bool                 ok    = self->line[0].text[0] != '\0';
  const FiqRect              save  = save_rect(self);
  const FiqTextStyle         title = {12.5, FIQ_TEXT_BOLD, FIQ_ALIGN_LEFT, theme->ink};
  const FiqTextStyle         word  = {12.0, FIQ_TEXT_MEDIUM, FIQ_ALIGN_CENTER,
                             ok ? theme->on_accent : theme->faint};
  const FiqColor             fill  = ok ? theme->accent : theme->raised;
  fiq_paint_box(paint, widget->rect, 9.0, theme->panel, theme->faint);
  fiq_paint_text(paint, widget->rect.x + margin, widget->rect.y + 20.0,
                 "Save this sound as a preset", &title);
  for (uint32_t i = 0; i < 3; ++i) {
    fiq_line_draw(&self->line[i], paint, line_rect(self, i), save_hints[i], self->active == i);
  }
  fiq_paint_box(paint, save, 6.0, fill, self->active == 3 ? theme->focus : theme->edge);
  fiq_paint_text(paint, save.x + 40.0, save.y + 14.0, "Save", &word);
}

static void save(FiqSaveDialog* self)
{
  const FiqUiCalls* const calls = &self->model->calls;
  if (self->line[0].text[0]) {
    fiq_stage_open(self->base.stage, NULL);
    calls->save_preset(calls->handle, self->line[0].text, self->line[1].text, self->line[2].text);
  }
}

static void save_key(FiqSaveDialog* self, const FiqUiEvent* event)
{
  switch (event->key) {
  case FIQ_UI_KEY_ENTER:
    save(self);
    break;
  case FIQ_UI_KEY_ESCAPE:
    fiq_stage_open(self->base.stage, NULL);
    break;
  case FIQ_UI_KEY_TAB:
  case FIQ_UI_KEY_DOWN_ARROW:
  case FIQ_UI_KEY_UP_ARROW: {
    const bool back = event->key == FIQ_UI_KEY_UP_ARROW ||
                      (event->key == FIQ_UI_KEY_TAB && (event->modifiers & FIQ_UI_SHIFT));
    self->active = (self->active + (back ? 3 : 1)) % 4;
    break;
  }
  default:
    if (self->active < 3) {
      fiq_line_key(&self->line[self->active], event);
    }
    break;
  }
}

static void save_press(FiqSaveDialog* self, const FiqUiEvent* event)
{
  for (uint32_t i = 0; i < 3; ++i) {
    if (fiq_rect_has(line_rect(self, i), event->x, event->y)) {
      self->active = i;
      fiq_line_click(&self->line[i], line_rect(self, i), event->x);
    }
  }
  if (fiq_rect_has(save_rect(self), event->x, event->y)) {
    save(self);
  }
}

static bool save_event(FiqWidget* widget, const FiqUiEvent* event_)
{
  FiqSaveDialog* const self = (FiqSaveDialog*)widget;
  fiq_widget_dirty(widget);
  if (event_->kind == FIQ_UI_KEY_DOWN) {
    save_key(self, event_);
  } else if (event_->kind == FIQ_UI_PRESS) {
    save_press(self, event_);
  } else if (event_->kind == FIQ_UI_PASTE && self->active < 3) {
    fiq_line_paste(&self->line[self->active], event_->paste);
  }
  return true;
}

static const FiqWidgetClass save_class = {.draw = draw_save, .event = save_event};

FiqSaveDialog* fiq_save_dialog_new(FiqStage* stage, FiqUiModel* model)
{
  FiqSaveDialog* const self = fiq_stage_add(stage, sizeof(*self), &save_class);
  if (self) {
    self->model         = model;
    self->base.is_shown = false;
  }
  return self;
}

void fiq_save_dialog_open(FiqSaveDialog* self, FiqRect anchor)
{
  const FiqRect             area    = fiq_stage_area(self->base.stage);
  const FiqUiPresets* const presets = &self->model->presets;
  const FiqUiPreset* const  now = presets->current >= 0 && (uint32_t)presets->current < presets->n
                                      ? &presets->entry[presets->current]
                                      : NULL;
  self->base.rect =
      (FiqRect){fmin(anchor.x, area.width - 328.0), anchor.y + anchor.height + 4.0, 320.0, 188.0};
  self->active = 0;
  fiq_line_set(&self->line[0], now ? now->name : "", true);
  fiq_line_set(&self->line[1], now ? now->category : "", true);
  fiq_line_set(&self->line[2], now ? now->tags : "", true);
  fiq_stage_open(self->base.stage, &self->base);
}
