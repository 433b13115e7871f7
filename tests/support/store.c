// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/store.h"

#include <string.h>

LV2_State_Status store_keep(LV2_State_Handle handle, uint32_t key, const void* value, size_t size,
                            uint32_t type, uint32_t flags)
{
  Store* const store = handle;
  assert_true(store->n < STORE_ITEMS_MAX && size <= STORE_ITEM_BYTES);
  assert_true(flags & LV2_STATE_IS_POD);
  store->item[store->n].key  = key;
  store->item[store->n].type = type;
  store->item[store->n].size = size;
  memcpy(store->item[store->n].value, value, size);
  ++store->n;
  return LV2_STATE_SUCCESS;
}

const void* store_fetch(LV2_State_Handle handle, uint32_t key, size_t* size, uint32_t* type,
                        uint32_t* flags)
{
  const Store* const store = handle;
  for (int i = 0; i < store->n; ++i) {
    if (store->item[i].key == key) {
      *size  = store->item[i].size;
      *type  = store->item[i].type;
      *flags = LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE;
      return store->item[i].value;
    }
  }
  return NULL;
}
