// SPDX-License-Identifier: GPL-3.0-or-later
/**
   A host's memory for one saved state: what LV2's store and retrieve functions need, and no more.
*/
#ifndef FIQ_STORE_H
#define FIQ_STORE_H

#include "tests/support/support.h"

#include <lv2/state/state.h>

enum { STORE_ITEMS_MAX = 16, STORE_ITEM_BYTES = 40960 };

typedef struct {
  struct {
    uint32_t key, type;
    size_t   size;
    uint8_t  value[STORE_ITEM_BYTES];
  } item[STORE_ITEMS_MAX]; ///< in the order they were stored
  int n;
} Store;

/// LV2_State_Store_Function on a Store; fails the test unless the value is plain data.
LV2_State_Status store_keep(LV2_State_Handle handle, uint32_t key, const void* value, size_t size,
                            uint32_t type, uint32_t flags);

/// LV2_State_Retrieve_Function on a Store.
const void* store_fetch(LV2_State_Handle handle, uint32_t key, size_t* size, uint32_t* type,
                        uint32_t* flags);

#endif
