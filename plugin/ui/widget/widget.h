// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Widgets and the stage they stand on. A widget draws into its rectangle and takes events; it knows no parameter and
   no window. The stage holds widgets in the order in which Tab visits them, keeps focus, hover and the widget that
   holds the pointer, gathers what must be drawn anew, and shows tooltips and popups over all.

   Drawing: what never moves (panels, headings) is the stage's ground, drawn once and kept; a widget that is
   dirty has its rectangle restored from the ground and is drawn over it. Everything here is [ui].
*/
#ifndef FIQ_UI_WIDGET_H
#define FIQ_UI_WIDGET_H

#include "plugin/ui/widget/paint.h"
#include "plugin/ui/window/events.h"

typedef struct FiqWidget FiqWidget;
typedef struct FiqStage  FiqStage;

typedef struct {
  void (*draw)(FiqWidget* self, const FiqPaint* paint);
  /// Positions are in units. Returns whether the event was used. May be NULL.
  bool (*event)(FiqWidget* self, const FiqUiEvent* event);
  /// Time passes; returns whether it must be drawn anew. May be NULL.
  bool (*tick)(FiqWidget* self, double now_s);
  /// Release what the widget took besides itself. May be NULL.
  void (*clear)(FiqWidget* self);
} FiqWidgetClass;

struct FiqWidget {
  const FiqWidgetClass* class;
  FiqStage*   stage;
  FiqRect     rect;     ///< units
  const char* name;     ///< what it is called, for the tooltip's first line; NULL for none
  const char* tip;      ///< what it is and what to try; NULL for none
  const char* disabled; ///< why it does nothing now; NULL while it works
  FiqUiCursor cursor;
  bool        is_shown;
  bool        takes_focus;
  bool        is_dirty;
};

/// Draws the ground: everything that does not move.
typedef void (*FiqStageGround)(void* handle, const FiqPaint* paint);

FiqStage* fiq_stage_new(FiqStageGround ground, void* handle);

/// Frees all widgets on it too.
void fiq_stage_free(FiqStage* self);

/// A widget of `size` bytes, whose first member is a FiqWidget, at the end of the order; zeroed, shown. The stage owns
/// it. NULL if memory is short.
void* fiq_stage_add(FiqStage* self, size_t size, const FiqWidgetClass* class);

/// Surface size in px and px a unit; all is dirty.
void fiq_stage_resize(FiqStage* self, uint32_t width_px, uint32_t height_px, double scale);

void            fiq_stage_set_theme(FiqStage* self, const FiqTheme* theme);
const FiqTheme* fiq_stage_theme(const FiqStage* self);
double          fiq_stage_scale(const FiqStage* self);
FiqRect         fiq_stage_area(const FiqStage* self); ///< the whole window, units

/// The ground looks otherwise: draw it and all widgets anew.
void fiq_stage_renew(FiqStage* self);

bool fiq_stage_event(FiqStage* self, const FiqUiEvent* event_px);
bool fiq_stage_tick(FiqStage* self, double now_s);

/// Draw what is dirty; writes the regions drawn, at most `n_max`, and returns how many.
size_t fiq_stage_draw(FiqStage* self, cairo_surface_t* surface, FiqUiRegion* regions, size_t n_max);

FiqWidget* fiq_stage_focus(const FiqStage* self);
bool       fiq_stage_shows_focus(const FiqStage* self); ///< keys moved it: draw the ring
void       fiq_stage_set_focus(FiqStage* self, FiqWidget* widget, bool show);

/// Show `popup` over all; it gets every event first, and a press outside closes it. NULL closes.
void       fiq_stage_open(FiqStage* self, FiqWidget* popup);
FiqWidget* fiq_stage_popup(const FiqStage* self);

/// Cursor over the widget under the pointer.
FiqUiCursor fiq_stage_cursor(const FiqStage* self);

/// Time of the last tick, s.
double fiq_stage_now(const FiqStage* self);

/// Widgets in order, to walk over them; NULL past the end.
FiqWidget* fiq_stage_widget(const FiqStage* self, uint32_t index);

void fiq_widget_dirty(FiqWidget* self);
void fiq_widget_show(FiqWidget* self, bool shown);
void fiq_widget_place(FiqWidget* self, FiqRect rect);
void fiq_widget_disable(FiqWidget* self, const char* why); ///< NULL enables
bool fiq_widget_hovered(const FiqWidget* self);
bool fiq_widget_focused(const FiqWidget* self);

/// The ring, if the widget has the focus and keys moved it.
void fiq_widget_draw_focus(const FiqWidget* self, const FiqPaint* paint);

#endif
