// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Variable-order context model of a stream of symbols: how often each followed each of the last 0..order
   symbols, as a tree of contexts, within a window of the last symbols. What leaves the window is unlearned exactly,
   so the memory is bounded and the model is always that of the window.

   Prediction, from the shortest context to the longest (prediction by partial matching with interpolation; absolute
   discounting as escape: Cleary and Witten 1984; Ney, Essen and Kneser 1994):

       p_k(s) = (max(c_k(s) - D, 0) + D d_k p_(k-1)(s)) / N_k

   c_k(s) times that s followed the context, N_k all of them, d_k the distinct ones; contexts that have not been seen
   give p_(k-1), and p_(-1) is even. Only the symbols asked for count, so that what is known of the next symbol (its
   duration, say) conditions the rest.

   Cost: O(order) node look-ups to learn, O(order x classes) to predict. Memory: (order + 1) nodes of 32 bytes and 12
   bytes of index a symbol of the window.
*/
#ifndef FIQ_CONTEXT_MODEL_H
#define FIQ_CONTEXT_MODEL_H

#include "dsp/base/arena.h"

enum {
  FIQ_CONTEXT_ORDER_MAX   = 8,
  FIQ_CONTEXT_CLASSES_MAX = 128, ///< symbols that one prediction chooses from
  FIQ_CONTEXT_WINDOW_MAX  = 32768,
  FIQ_CONTEXT_TABLE       = 256 ///< places of the classes' table
};

/// A symbol after a context.
typedef struct {
  uint32_t symbol;
  uint32_t parent;     ///< node of the context
  uint32_t first;      ///< child, 0: none, as in all links
  uint32_t next;       ///< sibling; of free nodes the next free one
  uint32_t previous;   ///< sibling
  uint32_t in_bucket;  ///< next node of the same bucket
  uint32_t total;      ///< sum of the children's counts
  uint16_t count;      ///< times that the symbol followed the context
  uint16_t n_children; ///< distinct
} FiqContextNode;

/// What a prediction chooses from. Symbols are distinct.
typedef struct {
  uint32_t n; ///< 1..FIQ_CONTEXT_CLASSES_MAX
  uint32_t symbol[FIQ_CONTEXT_CLASSES_MAX];
  uint8_t  place[FIQ_CONTEXT_TABLE]; ///< 1 + class by the symbol's hash; 0: none
} FiqContextClasses;

typedef struct {
  uint32_t order;     ///< longest context, 1..FIQ_CONTEXT_ORDER_MAX; fixed by init
  uint32_t window;    ///< symbols that are kept, 2 order + 2..FIQ_CONTEXT_WINDOW_MAX; fixed by init
  float    discount;  ///< D, (0, 1); fixed by init
  uint32_t n_buckets; ///< a power of two
  FiqContextNode* node;   ///< [1 + window (order + 1)], the first is the empty context
  uint32_t*       bucket; ///< [n_buckets]
  uint32_t*       symbol; ///< [window] ring
  uint8_t*        starts; ///< [window] 1: the symbol begins a phrase; no context reaches over that
  uint32_t        n_symbols;                         ///< in the window
  uint32_t        newest;                            ///< place of the next one
  uint32_t        n_nodes;                           ///< ever used; those above are untouched
  uint32_t        free_node;                         ///< list of free ones
  uint32_t        n_active;                          ///< contexts that the next symbol will follow
  uint32_t        active[FIQ_CONTEXT_ORDER_MAX + 1]; ///< [n_active] shortest first
  bool            is_start;                          ///< the next symbol begins a phrase
  bool            strayed; ///< followed what was not learned; the next one that is begins a phrase
} FiqContextModel;

/// Take the memory; nothing is known.  [setup]
FiqStatus fiq_context_init(FiqContextModel* self, FiqArena* arena, uint32_t order, uint32_t window,
                           float discount);

/// Forget everything. O(buckets).  [audio]
void fiq_context_reset(FiqContextModel* self);

/// A phrase begins: what came before is no context of it.  [audio]
void fiq_context_begin(FiqContextModel* self);

/// `symbol` has followed; the oldest of a full window is forgotten.  [audio]
void fiq_context_learn(FiqContextModel* self, uint32_t symbol);

/// `symbol` has followed, though it is not to be learned: it is context for what comes.  [audio]
void fiq_context_follow(FiqContextModel* self, uint32_t symbol);

/// Make `classes` empty, then add symbols: the class of `symbol`, which may be there already.  [any]
void     fiq_context_classes_reset(FiqContextClasses* classes);
uint32_t fiq_context_classes_add(FiqContextClasses* classes, uint32_t symbol);

/// Probabilities `share` [classes->n] of the next symbol being each of `classes`; their sum is 1.  [audio]
void fiq_context_predict(const FiqContextModel* self, const FiqContextClasses* classes,
                         float* share);

/// Length of the longest context of the next symbol that has been seen, 0..order.  [any]
uint32_t fiq_context_depth(const FiqContextModel* self);

#endif
