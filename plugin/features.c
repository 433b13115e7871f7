// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/instance.h"

#include <assert.h>
#include <string.h>

void* fiq_feature(const LV2_Feature* const* features, const char* uri)
{
  assert(uri);
  // lv2file ends its list with a feature without a name.
  for (; features && *features && (*features)->URI; ++features) {
    if (!strcmp((*features)->URI, uri)) {
      return (*features)->data;
    }
  }
  return NULL;
}
