// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Whether the values of a state are such that the library that restores states reads them to their end: it follows
   what a text says without asking whether it is there, round in circles too.
*/
#ifndef FIQ_LV2_STATE_VALUES_H
#define FIQ_LV2_STATE_VALUES_H

#include "host-test/lv2/turtle.h"

enum { FIQ_STATE_NODE_BYTES = 16, FIQ_STATE_VECTORS_MAX = 1024, FIQ_STATE_LIST_MAX = 1 << 18 };

/// A node that is told to be a vector or a tuple.
typedef struct {
  char name[FIQ_STATE_NODE_BYTES];
  bool vector;
  bool child_type;
  bool value;
} FiqStateVector;

typedef struct {
  FiqStateVector vectors[FIQ_STATE_VECTORS_MAX];
  size_t         n_vectors;
  size_t         n_elements; ///< of all lists
} FiqStateValues;

/// Take one statement of a state; NULL, or what is wrong with it.  [any but audio]
const char* fiq_state_values_take(FiqStateValues* self, const FiqStatement* statement);

/// What is wrong with all of them, or NULL.  [any but audio]
const char* fiq_state_values_check(const FiqStateValues* self);

#endif
