// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Which MIDI controllers move which parameters, in one instance: a controller of a channel moves one parameter, a
   parameter has one. As text it is "channel controller symbol" for each, channels from 1 on, with commas between:
   "1 21 coupling, 1 22 sway".
*/
#ifndef FIQ_CONTROLLERS_H
#define FIQ_CONTROLLERS_H

#include "plugin/params.h"

enum {
  FIQ_CONTROLLERS_MAX        = 64,
  FIQ_CONTROLLERS_TEXT_BYTES = 4096, ///< of as many, with the final 0
  FIQ_NO_CONTROLLER          = -1
};

typedef struct {
  uint8_t  channel;    ///< 0..15
  uint8_t  controller; ///< 0..119
  uint16_t row;        ///< of fiq_params
} FiqController;

typedef struct {
  uint32_t      n;
  FiqController entry[FIQ_CONTROLLERS_MAX]; ///< [n]
} FiqControllers;

/// False for what is no knob's: bank and program, data entry and modes of the channel.  [any]
bool fiq_controller_can_move(uint32_t controller);

/// Whether a controller may move that row of the plugin.  [any]
bool fiq_controllers_suit(FiqPluginKind plugin, uint32_t row);

/// The row called `symbol` [n] that a controller may move, or FIQ_NO_CONTROLLER.  [any]
int32_t fiq_controllers_row(FiqPluginKind plugin, const char* symbol, size_t n);

/// Let `entry` count, in place of those for the same controller or row; false if there is no room.  [any]
bool fiq_controllers_add(FiqControllers* self, FiqController entry);

/// Nothing moves `row` any more.  [any]
void fiq_controllers_forget(FiqControllers* self, uint32_t row);

/// Entry for that controller, or that row, or FIQ_NO_CONTROLLER.  [any]
int32_t fiq_controllers_of(const FiqControllers* self, uint32_t channel, uint32_t controller);
int32_t fiq_controllers_for(const FiqControllers* self, uint32_t row);

/// Those that `text` [n_bytes] names for the plugin; what makes no sense is left out.  [any]
void fiq_controllers_read(FiqControllers* self, FiqPluginKind plugin, const char* text,
                          size_t n_bytes);

/// All as text; its length.  [any]
uint32_t fiq_controllers_write(const FiqControllers* self, char text[FIQ_CONTROLLERS_TEXT_BYTES]);

#endif
