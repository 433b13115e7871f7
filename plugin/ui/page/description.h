// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Presets by what they are like, as the hosts' describe and toward have it, from the tables in the window's own binary: the words
   of adjectives.def, and the measures of the factory presets, taken when the plugin was built. Words add up to a direction
   among the measures: "very" makes one half as much again, "slightly" halves it, "not" turns it round; -er and -est are cut
   off. A preset is as far as it falls short of 1.2 times the direction, and farther if it is not called so, by the formula of
   host-test/lv2/describe.h, which reads the same tables from the bundle: tests/host/host_browser.c compares the two.  [ui]
*/
#ifndef FIQ_UI_DESCRIPTION_H
#define FIQ_UI_DESCRIPTION_H

#include "plugin/adjectives.h"
#include "plugin/ui/page/model.h"

enum { FIQ_DESCRIPTION_NAMES = 24, FIQ_DESCRIPTION_WORD_BYTES = 32 };

/// A word that names and tags of presets may have.
typedef struct {
  char        word[FIQ_DESCRIPTION_WORD_BYTES];
  const char* others; ///< that mean the same, "" for none
  bool        is_adjective;
} FiqDescribedName;

/// What was typed.
typedef struct {
  float            direction[FIQ_N_TIMBRES]; ///< standard deviations over the presets
  FiqDescribedName name[FIQ_DESCRIPTION_NAMES];
  uint32_t         n_names;
  bool             leads; ///< somewhere: a word of it is an adjective
  bool is_known; ///< and every other word too, but for a last one that is still being typed
} FiqDescription;

/// Take `text` apart; `presets` tells which words name one.
void fiq_description_read(FiqDescription* self, const char* text, const FiqUiPresets* presets);

/// How far a preset is from it, INFINITY for one that was not measured.
float fiq_description_distance(const FiqDescription* self, const FiqUiPreset* preset);

/// Whether every word of `text`, or one that means the same, stands in name, category, tags or comment.
bool fiq_description_is_written(const char* text, const FiqUiPreset* preset);

/// Move the model's controls that way, but for locked ones; the names of those that moved go to `said` [n_bytes].
void fiq_description_move(const FiqDescription* self, FiqUiModel* model, char* said,
                          size_t n_bytes);

#endif
