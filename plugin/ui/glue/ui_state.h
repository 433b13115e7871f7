// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What the files of the glue share; for nobody else.
   ui.c: the LV2 entry, the round of window and page; fit.c: the size of both; messages.c: to and from the plugin; requests.c: what pages ask for.
*/
#ifndef FIQ_UI_STATE_H
#define FIQ_UI_STATE_H

#include "plugin/ui/glue/picture_reader.h"
#include "plugin/ui/glue/preset_store.h"
#include "plugin/ui/page/page.h"
#include "plugin/ui/window/window.h"

#include <lv2/atom/forge.h>
#include <lv2/ui/ui.h>

#include <locale.h>

enum { FIQ_UI_MESSAGE_BYTES = 8192, FIQ_UI_PORTS_MAX = 512 };

typedef struct {
  LV2_URID atom_event_transfer, atom_float, atom_long, atom_path, atom_string, atom_urid,
      atom_vector;
  LV2_URID midi_event;
  LV2_URID patch_get, patch_set, patch_property, patch_value;
  LV2_URID seed, tuning, window, words;
  LV2_URID controllers, learn_controller, laid_over;
  LV2_URID moment, name_moment, moment_names;
  LV2_URID state[FIQ_PRESET_STATES];
  LV2_URID scale_factor;
} FiqUiUrids;

/// What the host gave.
typedef struct {
  LV2UI_Write_Function write;
  LV2UI_Controller     controller;
  const LV2UI_Touch*   touch;  ///< or NULL
  const LV2UI_Resize*  resize; ///< or NULL
  double               scale;  ///< that it asks for, 0: it does not say
} FiqUiHost;

/// A preset that is being saved: it waits for what the plugin knows.
typedef struct {
  bool             is_waiting;
  double           until_s;
  uint32_t         missing; ///< states that have not come yet, as bits
  FiqPresetText    text;
  FiqPresetContent content;
} FiqUiSaving;

typedef struct {
  FiqUiModel       model;
  FiqUiWindow*     window;
  FiqUiPage*       page;
  FiqUiHost        host;
  FiqUiUrids       urids;
  LV2_Atom_Forge   forge;
  FiqPictureReader reader;
  FiqPresetStore*  store;
  FiqUiSettings    settings;
  FiqUiSaving      saving;
  FiqPresetContent loaded; ///< too large for the stack
  uint32_t         port_of_row[FIQ_UI_ROWS_MAX];
  int32_t          row_of_port[FIQ_UI_PORTS_MAX]; ///< or FIQ_UI_NO_ROW
  uint32_t         control_port, midi_port, notify_port;
  double           scale;         ///< px a unit at a zoom of 100 %
  double           leased_s;      ///< when the plugin was last told that somebody looks
  double           drawn_s;       ///< when the page was last drawn
  int32_t          program;       ///< preset that lies over the ports, -1 for none
  int32_t          program_shown; ///< the same, as the header shows it
  int32_t          program_entry; ///< of the presets, that the header shows for it; -1 for none
  bool             must_draw;     ///< there was no surface when there was something to draw
  bool             is_scanned;    ///< the user's presets are known
  bool             is_asked;      ///< the plugin was asked for seed and tuning
  locale_t         plain;         ///< numbers with points
  union {
    LV2_Atom atom;
    uint8_t  bytes[FIQ_UI_MESSAGE_BYTES];
  } message;
} FiqUi;

double fiq_ui_now_s(void);

/// What pages may ask for.
FiqUiCalls fiq_ui_calls(FiqUi* self);

/// Ask the plugin for a property, or with 0 for all.
void fiq_ui_ask(FiqUi* self, LV2_URID property);

/// Tell the plugin a property.
void fiq_ui_tell_long(FiqUi* self, LV2_URID property, int64_t value);
void fiq_ui_tell_path(FiqUi* self, LV2_URID property, const char* path);
void fiq_ui_tell_text(FiqUi* self, LV2_URID property, const char* text);
void fiq_ui_tell_floats(FiqUi* self, LV2_URID property, const float* value, uint32_t n);

/// Play a MIDI message of three bytes.
void fiq_ui_play(FiqUi* self, uint8_t status, uint8_t data1, uint8_t data2);

/// A message of the plugin.
void fiq_ui_hear(FiqUi* self, const LV2_Atom* atom, uint32_t size_bytes);

/// Name the program that lies over the ports in the header.
void fiq_ui_show_program(FiqUi* self);

/// Size of the window at the present zoom.
void fiq_ui_wanted_size(const FiqUi* self, uint32_t* width, uint32_t* height);

/// Fit the page into the window.
void fiq_ui_fit(FiqUi* self);

/// Go on with saving, if all is there or too late.
void fiq_ui_go_on_saving(FiqUi* self);

#endif
