// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/page/view.h"
#include "plugin/ui/widget/button.h"
#include "plugin/ui/widget/cards.h"
#include "plugin/ui/widget/phase_circle.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_CARDS = 7, TRIES_MAX = 3 };
enum { BACK, NEXT, CLOSE, PAUSE, STEP, RESET, N_BUTTONS };

static const double right_width = 394.0, right_share = 0.34, most_right = 612.0, push_s = 0.2,
                    circle_side = 196.0, text_size = 13.0;

/// Something to try: a value of a parameter.
typedef struct {
  const char* label; ///< NULL for none
  const char* symbol;
  float       value;
} Try;

typedef struct {
  const char* title;
  const char* text;
  const char* hint; ///< what to move, and what will happen
  Try         tries[TRIES_MAX];
} Card;

static const Card cards[N_CARDS] = {
    {"Oscillator",
     "One thing that swings, to and fro, again and again. Each dot on the circle is an oscillator "
     "and goes round once a swing.",
     "Take few, and you can follow single dots; take many, and they become a cloud.",
     {{"A few", "core_size", 4}, {"Some", "core_size", 32}, {"Many", "core_size", 400}}},
    {"Phase",
     "Where a dot stands on the circle is its phase: how far it has come in its swing. Two at one "
     "place add up; two on "
     "opposite sides cancel each other.",
     "Pause the core and let it go on step by step: you see who runs ahead and who lags behind.",
     {{NULL, NULL, 0}}},
    {"Frequency",
     "How fast a dot goes round. The circle turns along with the mean rate, so that a dot which is "
     "exactly in tune stands still, a sharp one creeps forward and a flat one falls back.",
     "Spread the frequencies: the dots run apart, and the sound goes from one tone to a wide "
     "chorus.",
     {{"None", "core_spread", 0}, {"A little", "core_spread", 0.3f}, {"Wide", "core_spread", 3}}},
    {"Coupling",
     "How strongly each is drawn to where the others are. It is a tug of war: every dot wants its "
     "own frequency, coupling "
     "wants them together.",
     "K 0: they drift apart. K 3: they find together within ten to twenty seconds. K 8: they lock "
     "tight at once.",
     {{"K 0", "coupling", 0}, {"K 3", "coupling", 3}, {"K 8", "coupling", 8}}},
    {"Order R",
     "The arrow is the mean of all dots, its length is R: 0 scattered all round, 1 all at one "
     "place. Low R sounds like many, "
     "high R like one.",
     "Let them avoid each other, then let them meet, and watch the arrow and the chart.",
     {{"K \u22122", "coupling", -2}, {"K 2", "coupling", 2}, {"K 6", "coupling", 6}}},
    {"Critical coupling",
     "Below a certain strength Kc drift wins and R stays low; above it they lock, first a few, "
     "then all. Kc grows with the "
     "spread of the frequencies: the more different they are, the stronger the tie must be.",
     "Watch K / Kc: at 1 the crowd begins to lock. Spread them wider, and the same K is too weak.",
     {{"Narrow", "core_spread", 0.1f},
      {"Wider", "core_spread", 0.3f},
      {"Too wide", "core_spread", 2}}},
    {"Attunement",
     "Neither scattered nor frozen: in the living zone they agree and never quite. The regulator "
     "keeps R there by itself: it "
     "boosts the coupling where they scatter, and brakes where they freeze.",
     "Switch the regulator on and watch R settle into the zone of the chart; Order low and Order "
     "high are its edges.",
     {{"By hand", "regulator", 0}, {"Regulator", "regulator", 1}}},
};

static const struct {
  const char* text;
  const char* name;
  const char* tip;
} button_words[N_BUTTONS] = {
    [BACK]  = {"Back", NULL, NULL},
    [NEXT]  = {"Next", NULL, NULL},
    [CLOSE] = {"Close", NULL, NULL},
    [PAUSE] = {"Pause", "Core pause", "Holds the phase core still."},
    [STEP]  = {"Step", "Core step",
               "Lets a tenth of a second of the core's time pass while it is paused."},
    [RESET] = {"Reset", "Core reset", "Scatters the phases anew, as the seed says."},
};

static const char* const push_symbols[N_BUTTONS] = {
    [PAUSE] = "core_pause", [STEP] = "core_step", [RESET] = "core_reset"};

/// The card itself: ground, title, words.
typedef struct {
  FiqWidget base;
  uint32_t  card;
} Paper;

typedef struct {
  FiqUiView       base;
  FiqStage*       stage;
  FiqUiModel*     model;
  Paper*          paper;
  FiqPhaseCircle* circle;         ///< phases of the core
  uint64_t        heard;          ///< message that was shown
  FiqCards*       tries[N_CARDS]; ///< NULL for a card without
  FiqButton*      button[N_BUTTONS];
  bool            is_shown;
  double          pushed_s[N_BUTTONS]; ///< when a button was pushed that springs back; 0: it is up
  double          now_s;
  void (*closed)(void* handle);
  void* handle;
} TourView;

// ---- the card ----

typedef struct {
  const FiqPaint* paint;
  FiqTextStyle    style;
  double          x, y, step;
} Writing;

static void write_line(void* handle, uint32_t index, const char* line)
{
  Writing* const writing = handle;
  (void)index;
  fiq_paint_text(writing->paint, writing->x, writing->y, line, &writing->style);
  writing->y += writing->step;
}

static void draw_paper(FiqWidget* widget, const FiqPaint* paint)
{
  const Paper* const    self    = (const Paper*)widget;
  const FiqTheme* const theme   = paint->theme;
  const FiqRect         rect    = widget->rect;
  const Card* const     card    = &cards[self->card];
  const double          width   = rect.width - circle_side - 84.0;
  const FiqTextStyle    title   = {24.0, FIQ_TEXT_BOLD, FIQ_ALIGN_LEFT, theme->ink};
  const FiqTextStyle    count   = {12.0, FIQ_TEXT_REGULAR, FIQ_ALIGN_RIGHT, theme->soft};
  Writing               writing = {paint,
                                   {text_size, FIQ_TEXT_REGULAR, FIQ_ALIGN_LEFT, theme->ink},
                                   rect.x + 28.0,
                                   rect.y + 76.0,
                                   19.5};
  char                  text[32];
  fiq_paint_box(paint, rect, 8.0, theme->panel, theme->accent);
  fiq_paint_text(paint, rect.x + 28.0, rect.y + 38.0, card->title, &title);
  snprintf(text, sizeof(text), "%u of %d", self->card + 1, N_CARDS);
  fiq_paint_text(paint, rect.x + rect.width - 28.0, rect.y + 38.0, text, &count);
  fiq_text_break(card->text, text_size, FIQ_TEXT_REGULAR, width, write_line, &writing);
  writing.y += 8.0;
  writing.style.color = theme->accent;
  fiq_text_break(card->hint, text_size, FIQ_TEXT_REGULAR, width, write_line, &writing);
}

static const FiqWidgetClass paper_class = {.draw = draw_paper};

// ---- what is pressed ----

static void set_once(TourView* self, const char* symbol, float value)
{
  const int32_t row = symbol ? fiq_ui_model_row(self->model, symbol) : FIQ_UI_NO_ROW;
  if (row != FIQ_UI_NO_ROW) {
    fiq_ui_model_hold(self->model, (uint32_t)row);
    fiq_ui_model_set(self->model, (uint32_t)row, value);
    fiq_ui_model_let_go(self->model);
  }
}

static bool is_on(const TourView* self, const char* symbol)
{
  const int32_t row = fiq_ui_model_row(self->model, symbol);
  return row != FIQ_UI_NO_ROW && self->model->value[row] >= 0.5f;
}

static void try_it(void* handle, uint32_t which)
{
  TourView* const  self  = handle;
  const Try* const tried = &cards[self->paper->card].tries[which];
  fiq_cards_show(self->tries[self->paper->card], which);
  set_once(self, tried->symbol, tried->value);
}

static void show_card(TourView* self, uint32_t card)
{
  self->paper->card = card;
  fiq_widget_dirty(&self->paper->base);
  for (uint32_t i = 0; i < N_CARDS; ++i) {
    if (self->tries[i]) {
      fiq_widget_show(&self->tries[i]->base, self->is_shown && i == card);
    }
  }
  fiq_widget_disable(&self->button[BACK]->base, card == 0 ? "This is the first card." : NULL);
  fiq_button_set_text(self->button[NEXT], card + 1 == N_CARDS ? "Done" : "Next", "");
}

static void pressed(void* handle, uint32_t button)
{
  TourView* const self = handle;
  const uint32_t  card = self->paper->card;
  switch (button) {
  case BACK:
    show_card(self, card > 0 ? card - 1 : 0);
    break;
  case NEXT:
    if (card + 1 < N_CARDS) {
      show_card(self, card + 1);
      break;
    }
    show_card(self, 0);
    self->closed(self->handle);
    break;
  case CLOSE:
    self->closed(self->handle);
    break;
  case PAUSE:
    set_once(self, push_symbols[PAUSE], is_on(self, push_symbols[PAUSE]) ? 0.0f : 1.0f);
    break;
  default:
    // These act whenever they are switched on; they spring back when the host has surely seen it.
    set_once(self, push_symbols[button], 1.0f);
    self->pushed_s[button] = self->now_s;
    break;
  }
}

// ---- the view ----

/// The core's phases, or where they are not told those of the swarm.
static void show_circle(TourView* self)
{
  const FiqUiTelemetry* const told = &self->model->telemetry;
  const bool                  core = told->core.n > 0;
  const uint32_t              n    = core ? told->core.n : told->oscillators.n;
  const float* const          rad  = core ? told->core.phase_rad : told->oscillators.phase_rad;
  float                       loud[FIQ_UI_OSCILLATORS_MAX];
  uint8_t                     color[FIQ_UI_OSCILLATORS_MAX];
  float                       re = 0.0f, im = 0.0f;
  for (uint32_t i = 0; i < n; ++i) {
    loud[i]  = 1.0f;
    color[i] = (uint8_t)(i % FIQ_UI_NOTE_COLORS);
    re += cosf(rad[i]);
    im += sinf(rad[i]);
  }
  const float          mean  = n > 0 ? sqrtf(re * re + im * im) / (float)n : 0.0f;
  const FiqCircleFrame frame = {n, rad, loud, color, mean, atan2f(im, re), told->time_s};
  fiq_phase_circle_show(self->circle, &frame);
}

static void refresh(FiqUiView* view, double now_s)
{
  TourView* const self = (TourView*)view;
  self->now_s          = now_s;
  if (self->heard != self->model->telemetry.sequence) {
    self->heard = self->model->telemetry.sequence;
    show_circle(self);
  }
  for (uint32_t i = STEP; i <= RESET; ++i) {
    if (self->pushed_s[i] > 0.0 && now_s - self->pushed_s[i] > push_s) {
      self->pushed_s[i] = 0.0;
      set_once(self, push_symbols[i], 0.0f);
    }
  }
  fiq_button_light(self->button[PAUSE], is_on(self, push_symbols[PAUSE]));
  fiq_widget_disable(&self->button[STEP]->base,
                     is_on(self, push_symbols[PAUSE]) ? NULL : "Pause the core first.");
}

static void layout(FiqUiView* view, FiqRect area)
{
  TourView* const self  = (TourView*)view;
  const double    right = fmin(fmax(right_share * area.width + 12.0, right_width), most_right);
  const FiqRect   paper = {area.x, area.y, area.width - right, area.height};
  const double    foot  = paper.y + paper.height - 44.0;
  const double    end   = paper.x + paper.width - 28.0;
  fiq_widget_place(&self->paper->base, paper);
  fiq_widget_place(&self->circle->base,
                   (FiqRect){end - circle_side, paper.y + 64.0, circle_side, circle_side});
  for (uint32_t i = 0; i < N_CARDS; ++i) {
    if (self->tries[i]) {
      fiq_widget_place(&self->tries[i]->base,
                       (FiqRect){paper.x + 28.0, foot - 46.0, 112.0 * self->tries[i]->n, 30.0});
    }
  }
  fiq_widget_place(&self->button[PAUSE]->base, (FiqRect){paper.x + 28.0, foot, 72.0, 28.0});
  fiq_widget_place(&self->button[STEP]->base, (FiqRect){paper.x + 106.0, foot, 64.0, 28.0});
  fiq_widget_place(&self->button[RESET]->base, (FiqRect){paper.x + 176.0, foot, 64.0, 28.0});
  fiq_widget_place(&self->button[CLOSE]->base, (FiqRect){end - 236.0, foot, 72.0, 28.0});
  fiq_widget_place(&self->button[BACK]->base, (FiqRect){end - 156.0, foot, 72.0, 28.0});
  fiq_widget_place(&self->button[NEXT]->base, (FiqRect){end - 76.0, foot, 76.0, 28.0});
}

static void ground(FiqUiView* view, const FiqPaint* paint)
{
  // The card covers what is below it.
  (void)view;
  (void)paint;
}

static void show(FiqUiView* view, bool shown)
{
  TourView* const self = (TourView*)view;
  self->is_shown       = shown;
  fiq_widget_show(&self->paper->base, shown);
  fiq_widget_show(&self->circle->base, shown);
  for (uint32_t i = 0; i < N_BUTTONS; ++i) {
    fiq_widget_show(&self->button[i]->base, shown);
  }
  show_card(self, self->paper->card);
  if (shown) {
    fiq_stage_set_focus(self->stage, &self->button[NEXT]->base, false);
  }
}

static void free_view(FiqUiView* view)
{
  free(view);
}

static bool make_widgets(TourView* self)
{
  bool ok      = true;
  self->paper  = fiq_stage_add(self->stage, sizeof(*self->paper), &paper_class);
  self->circle = fiq_phase_circle_new(self->stage);
  for (uint32_t i = 0; i < N_CARDS; ++i) {
    const char* label[TRIES_MAX];
    uint32_t    n = 0;
    while (n < TRIES_MAX && cards[i].tries[n].label) {
      label[n] = cards[i].tries[n].label;
      ++n;
    }
    if (n > 0) {
      self->tries[i] = fiq_cards_new(self->stage, n, label, NULL, self, try_it);
      ok             = ok && self->tries[i];
    }
    if (self->tries[i]) {
      self->tries[i]->is_solid = true;
      self->tries[i]->current  = n; // none of them yet
    }
  }
  for (uint32_t i = 0; i < N_BUTTONS; ++i) {
    self->button[i] =
        fiq_button_new(self->stage, button_words[i].text, FIQ_SIGN_NONE, self, i, pressed);
    ok = ok && self->button[i];
    if (self->button[i]) {
      self->button[i]->base.name = button_words[i].name;
      self->button[i]->base.tip  = button_words[i].tip;
    }
  }
  return ok && self->paper && self->circle;
}

FiqUiView* fiq_ui_tour_view(FiqStage* stage, FiqUiModel* model, void (*closed)(void* handle),
                            void* handle)
{
  assert(stage && model && closed);
  TourView* const self = calloc(1, sizeof(*self));
  if (!self) {
    return NULL;
  }
  self->base   = (FiqUiView){layout, refresh, ground, show, free_view};
  self->stage  = stage;
  self->model  = model;
  self->closed = closed;
  self->handle = handle;
  if (!make_widgets(self)) {
    free(self);
    return NULL;
  }
  show(&self->base, false);
  return &self->base;
}
