// SPDX-License-Identifier: GPL-3.0-or-later
/**
   A keyboard with pitch and modulation wheel. The pointer plays, louder toward the front of a key; with the focus
   the computer's keys play too, by their place: the middle row is C D E ..., the row above the black keys, arrows up
   and down move by octaves.  [ui]
*/
#ifndef FIQ_UI_KEYBOARD_H
#define FIQ_UI_KEYBOARD_H

#include "plugin/ui/widget/widget.h"

enum { FIQ_KEYS_MAX = 128, FIQ_PLAYED_KEYS_MAX = 24 };

typedef struct {
  FiqWidget base;
  uint8_t   first, last;         ///< lowest and highest key, both white
  int8_t    color[FIQ_KEYS_MAX]; ///< of what sounds: index into the theme's notes, -1 for silent
  float   chance[FIQ_KEYS_MAX];  ///< 0..1 that somebody else plays it next, 0 for what is not known
  uint8_t held[FIQ_PLAYED_KEYS_MAX]; ///< key that each computer key holds, 255 for none
  int32_t pressed;                   ///< key under the pointer's button, -1 for none
  int32_t wheel;                     ///< in the hand: 0 pitch, 1 modulation, -1 none
  double  bend, modulation;          ///< -1..1, 0..1
  uint8_t octave;                    ///< key that the computer's first key plays
  void*   handle;
  void (*note)(void* handle, uint8_t key, uint8_t velocity); ///< velocity 0 ends it
  void (*turned)(void* handle, uint32_t wheel, float value);
} FiqKeyboard;

/// `first` and `last` are white keys.
FiqKeyboard* fiq_keyboard_new(FiqStage* stage, uint8_t first, uint8_t last);

/// What sounds: colour indices by key, -1 for silent.
void fiq_keyboard_show(FiqKeyboard* self, const int8_t color[FIQ_KEYS_MAX]);

/// How likely each key comes next, NULL where nobody tells: a mark on each, as high as the root of it.
void fiq_keyboard_expect(FiqKeyboard* self, const float chance[FIQ_KEYS_MAX]);

/// End every note that the pointer or the computer's keys hold.
void fiq_keyboard_let_go(FiqKeyboard* self);

#endif
