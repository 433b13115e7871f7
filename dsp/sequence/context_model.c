// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/sequence/context_model.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

enum { NONE = 0, ROOT = 0 }; // no link leads to the root

static uint32_t hash_symbol(uint32_t symbol)
{
  return (symbol * 2654435761u) >> 24;
}

static uint32_t bucket_of(const FiqContextModel* self, uint32_t parent, uint32_t symbol)
{
  uint32_t x = (symbol + parent * 2246822519u) * 2654435761u;
  x ^= x >> 15;
  return (x * 3266489917u >> 9) & (self->n_buckets - 1);
}

FiqStatus fiq_context_init(FiqContextModel* self, FiqArena* arena, uint32_t order, uint32_t window,
                           float discount)
{
  assert(self && arena);
  if (order < 1 || order > FIQ_CONTEXT_ORDER_MAX || window < 2 * order + 2 ||
      window > FIQ_CONTEXT_WINDOW_MAX || !(discount > 0.0f && discount < 1.0f)) {
    return FIQ_BAD_ARGUMENT;
  }
  const uint32_t n_nodes = 1 + window * (order + 1);
  *self           = (FiqContextModel){.order = order, .window = window, .discount = discount};
  self->n_buckets = fiq_next_power_of_two(n_nodes) / 2;
  self->node      = fiq_arena_take(arena, n_nodes, sizeof(FiqContextNode));
  self->bucket    = fiq_arena_take(arena, self->n_buckets, sizeof(uint32_t));
  self->symbol    = fiq_arena_take(arena, window, sizeof(uint32_t));
  self->starts    = fiq_arena_take(arena, window, sizeof(uint8_t));
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  fiq_context_reset(self);
  return FIQ_OK;
}

void fiq_context_reset(FiqContextModel* self)
{
  assert(self);
  memset(self->bucket, 0, self->n_buckets * sizeof(uint32_t));
  self->node[ROOT] = (FiqContextNode){.symbol = 0};
  self->n_nodes    = 1;
  self->free_node  = NONE;
  self->n_symbols  = 0;
  self->newest     = 0;
  fiq_context_begin(self);
}

void fiq_context_begin(FiqContextModel* self)
{
  self->active[0] = ROOT;
  self->n_active  = 1;
  self->strayed   = false;
  self->is_start  = true;
}

static uint32_t find(const FiqContextModel* self, uint32_t parent, uint32_t symbol)
{
  uint32_t at = self->bucket[bucket_of(self, parent, symbol)];
  while (at != NONE && (self->node[at].parent != parent || self->node[at].symbol != symbol)) {
    at = self->node[at].in_bucket;
  }
  return at;
}

static uint32_t add_node(FiqContextModel* self, uint32_t parent, uint32_t symbol)
{
  const uint32_t at = self->free_node != NONE ? self->free_node : self->n_nodes++;
  if (at == self->free_node) {
    self->free_node = self->node[at].next;
  }
  assert(at <= self->window * (self->order + 1));
  uint32_t* const       head = &self->bucket[bucket_of(self, parent, symbol)];
  FiqContextNode* const from = &self->node[parent];
  self->node[at] =
      (FiqContextNode){.symbol = symbol, .parent = parent, .next = from->first, .in_bucket = *head};
  *head = at;
  if (from->first != NONE) {
    self->node[from->first].previous = at;
  }
  from->first = at;
  ++from->n_children;
  return at;
}

static void remove_node(FiqContextModel* self, uint32_t at)
{
  FiqContextNode* const node = &self->node[at];
  FiqContextNode* const from = &self->node[node->parent];
  uint32_t*             link = &self->bucket[bucket_of(self, node->parent, node->symbol)];
  assert(node->first == NONE);
  while (*link != at) {
    link = &self->node[*link].in_bucket;
  }
  *link = node->in_bucket;
  if (node->previous != NONE) {
    self->node[node->previous].next = node->next;
  } else {
    from->first = node->next;
  }
  if (node->next != NONE) {
    self->node[node->next].previous = node->previous;
  }
  --from->n_children;
  node->next      = self->free_node;
  self->free_node = at;
}

/// Unlearn every context that begins with the oldest symbol; those that begin later stay as they are.
static void forget_oldest(FiqContextModel* self)
{
  uint32_t path[FIQ_CONTEXT_ORDER_MAX + 1];
  uint32_t n      = 0;
  uint32_t parent = ROOT;
  uint32_t place  = (self->newest + self->window - self->n_symbols) % self->window;
  for (uint32_t i = 0; i <= self->order && i < self->n_symbols; ++i) {
    if (i > 0 && self->starts[place]) {
      break;
    }
    parent = find(self, parent, self->symbol[place]);
    assert(parent != NONE);
    path[n++] = parent;
    place     = (place + 1) % self->window;
  }
  while (n > 0) {
    const uint32_t at = path[--n];
    --self->node[self->node[at].parent].total;
    if (--self->node[at].count == 0) {
      remove_node(self, at);
    }
  }
  --self->n_symbols;
}

void fiq_context_learn(FiqContextModel* self, uint32_t symbol)
{
  assert(self);
  if (self->strayed) {
    fiq_context_begin(self); // what was not learned is not in the window to be unlearned with this
  }
  if (self->n_symbols == self->window) {
    forget_oldest(self);
  }
  uint32_t active[FIQ_CONTEXT_ORDER_MAX + 1] = {ROOT};
  uint32_t n                                 = 1;
  for (uint32_t k = 0; k < self->n_active; ++k) {
    const uint32_t from = self->active[k];
    const uint32_t seen = find(self, from, symbol);
    const uint32_t at   = seen != NONE ? seen : add_node(self, from, symbol);
    ++self->node[at].count;
    ++self->node[from].total;
    if (k < self->order) {
      active[n++] = at;
    }
  }
  memcpy(self->active, active, n * sizeof(active[0]));
  self->n_active             = n;
  self->symbol[self->newest] = symbol;
  self->starts[self->newest] = self->is_start;
  self->is_start             = false;
  self->newest               = (self->newest + 1) % self->window;
  ++self->n_symbols;
}

void fiq_context_follow(FiqContextModel* self, uint32_t symbol)
{
  assert(self);
  uint32_t active[FIQ_CONTEXT_ORDER_MAX + 1] = {ROOT};
  uint32_t n                                 = 1;
  for (uint32_t k = 0; k < self->n_active && k < self->order; ++k) {
    const uint32_t at = find(self, self->active[k], symbol);
    if (at == NONE) {
      break; // longer contexts have not been seen either
    }
    active[n++] = at;
  }
  memcpy(self->active, active, n * sizeof(active[0]));
  self->n_active = n;
  self->strayed  = true;
}

void fiq_context_classes_reset(FiqContextClasses* classes)
{
  classes->n = 0;
  memset(classes->place, 0, sizeof(classes->place));
}

/// Place in the table of `symbol`, or where it would be.
static uint32_t place_of(const FiqContextClasses* classes, uint32_t symbol)
{
  uint32_t at = hash_symbol(symbol);
  while (classes->place[at] && classes->symbol[classes->place[at] - 1] != symbol) {
    at = (at + 1) % FIQ_CONTEXT_TABLE;
  }
  return at;
}

uint32_t fiq_context_classes_add(FiqContextClasses* classes, uint32_t symbol)
{
  const uint32_t at = place_of(classes, symbol);
  if (!classes->place[at]) {
    assert(classes->n < FIQ_CONTEXT_CLASSES_MAX);
    classes->symbol[classes->n++] = symbol;
    classes->place[at]            = (uint8_t)classes->n;
  }
  return classes->place[at] - 1u;
}

/// How often each class followed the context; by the shorter of both lists.
static void count_classes(const FiqContextModel* self, uint32_t context,
                          const FiqContextClasses* classes, float* count)
{
  memset(count, 0, classes->n * sizeof(float));
  if (self->node[context].n_children > classes->n) {
    for (uint32_t i = 0; i < classes->n; ++i) {
      const uint32_t at = find(self, context, classes->symbol[i]);
      count[i]          = at != NONE ? (float)self->node[at].count : 0.0f;
    }
    return;
  }
  for (uint32_t at = self->node[context].first; at != NONE; at = self->node[at].next) {
    const uint32_t place = classes->place[place_of(classes, self->node[at].symbol)];
    if (place) {
      count[place - 1] = (float)self->node[at].count;
    }
  }
}

void fiq_context_predict(const FiqContextModel* self, const FiqContextClasses* classes,
                         float* share)
{
  assert(self && classes && classes->n > 0);
  float count[FIQ_CONTEXT_CLASSES_MAX];
  for (uint32_t i = 0; i < classes->n; ++i) {
    share[i] = 1.0f / (float)classes->n;
  }
  for (uint32_t k = 0; k < self->n_active && self->node[self->active[k]].total > 0; ++k) {
    count_classes(self, self->active[k], classes, count);
    float total    = 0.0f;
    float distinct = 0.0f;
    for (uint32_t i = 0; i < classes->n; ++i) {
      total += count[i];
      distinct += count[i] > 0.0f ? 1.0f : 0.0f;
    }
    if (total <= 0.0f) {
      continue;
    }
    const float scale  = 1.0f / total;
    const float escape = self->discount * distinct;
    for (uint32_t i = 0; i < classes->n; ++i) {
      share[i] = (fmaxf(count[i] - self->discount, 0.0f) + escape * share[i]) * scale;
    }
  }
}

uint32_t fiq_context_depth(const FiqContextModel* self)
{
  uint32_t depth = 0;
  for (uint32_t k = 1; k < self->n_active; ++k) {
    depth = self->node[self->active[k]].total > 0 ? k : depth;
  }
  return depth;
}
