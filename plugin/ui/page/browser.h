// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The preset browser: a popup with a line to type in, categories at the left, what matches both at the right. Words for sounds
   bring what sounds most like that, nearest first; Toward moves the present sound that way.
   Its filter stays when it closes; previous and next keep to it.  [ui]
*/
#ifndef FIQ_UI_BROWSER_H
#define FIQ_UI_BROWSER_H

#include "plugin/ui/page/description.h"
#include "plugin/ui/widget/entry.h"

enum {
  FIQ_BROWSER_ENTRIES_MAX    = 1024,
  FIQ_BROWSER_CATEGORIES_MAX = 40,
  FIQ_BROWSER_SAID_BYTES     = 160,
  FIQ_BROWSER_DESCRIBED_MAX  = 10 ///< that sound most like what is typed
};

typedef struct {
  FiqWidget      base;
  FiqUiModel*    model;
  FiqLine        search;
  FiqDescription described; ///< by the search
  const char*
      category[FIQ_BROWSER_CATEGORIES_MAX]; ///< the first three are all, favourites, the user's own
  uint32_t n_categories;
  char     wanted[64];                     ///< the category chosen
  uint32_t entry[FIQ_BROWSER_ENTRIES_MAX]; ///< indices that match
  uint32_t n_entries;
  float    distance[FIQ_BROWSER_DESCRIBED_MAX]; ///< [n_described] of the first entries
  uint32_t n_described;
  char     said[FIQ_BROWSER_SAID_BYTES]; ///< what Toward has moved, "" for nothing
  uint32_t lit;                          ///< of entry[]
  uint32_t first;                        ///< uppermost shown
  uint32_t first_category;               ///< uppermost shown
  int32_t  doomed;                       ///< preset whose deletion was asked for once, -1 for none
  uint64_t sequence;                     ///< of the list that was filtered
} FiqBrowser;

/// A browser that is not shown yet.
FiqBrowser* fiq_browser_new(FiqStage* stage, FiqUiModel* model);

/// Open it under `anchor`.
void fiq_browser_open(FiqBrowser* self, FiqRect anchor);

/// Select the preset that is `by` further in the filtered list.
void fiq_browser_step(FiqBrowser* self, int32_t by);

/// A dialog that saves the present sound under a name, with category and tags.
typedef struct {
  FiqWidget   base;
  FiqUiModel* model;
  FiqLine     line[3]; ///< name, category, tags
  uint32_t    active;  ///< line, 3 for the button
} FiqSaveDialog;

FiqSaveDialog* fiq_save_dialog_new(FiqStage* stage, FiqUiModel* model);
void           fiq_save_dialog_open(FiqSaveDialog* self, FiqRect anchor);

#endif
