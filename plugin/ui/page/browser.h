// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The preset browser: a popup with a line to type in, categories at the left, what matches both at the right.
   Its filter stays when it closes; previous and next keep to it.  [ui]
*/
#ifndef FIQ_UI_BROWSER_H
#define FIQ_UI_BROWSER_H

#include "plugin/ui/page/model.h"
#include "plugin/ui/widget/entry.h"

enum { FIQ_BROWSER_ENTRIES_MAX = 1024, FIQ_BROWSER_CATEGORIES_MAX = 40 };

typedef struct {
  FiqWidget   base;
  FiqUiModel* model;
  FiqLine     search;
  const char*
      category[FIQ_BROWSER_CATEGORIES_MAX]; ///< the first three are all, favourites, the user's own
  uint32_t n_categories;
  char     wanted[64];                     ///< the category chosen
  uint32_t entry[FIQ_BROWSER_ENTRIES_MAX]; ///< indices that match
  uint32_t n_entries;
  uint32_t lit;            ///< of entry[]
  uint32_t first;          ///< uppermost shown
  uint32_t first_category; ///< uppermost shown
  int32_t  doomed;         ///< preset whose deletion was asked for once, -1 for none
  uint64_t sequence;       ///< of the list that was filtered
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
