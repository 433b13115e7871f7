// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What the files of the carriers share; for nobody else.
   step.c: a step and its schedule; setup.c: making, emptying, handing over; transport.c: who belongs where: transport, cuts, the field;
   chunk.c: one chunk in a step: who leaves, is bound, settles; kernel.c: the loops of vectors,
   ways and counts; softmax_field.c: softmax over all carriers as one logistic curve per interval.
*/
#ifndef FIQ_ANNEAL_STATE_H
#define FIQ_ANNEAL_STATE_H

#include "dsp/anneal/anneal.h"

#include <assert.h>

/// Beyond every coordinate.
#define FIQ_ANNEAL_OUT_OF_REACH 1e30f

/// What the way of a chunk depends on.
typedef struct {
  uint32_t steps;  ///< that it is for, 1..FIQ_ANNEAL_UPDATE_STEPS_MAX
  bool     bound;  ///< the hot fly straight to their carriers
  bool     flies;  ///< some are hot
  bool     mixed;  ///< some are settled
  bool     tracks; ///< and not all of those rest on their carriers
  bool     keeps;  ///< those that have just left keep the carrier that they set out for
} FiqMotionPlan;

/// One bit for each of 64 flags of 0 or 1, eight by eight: the product gathers the lowest bits in the top byte.  [any]
static inline uint64_t fiq_anneal_gathered(const uint8_t flag[FIQ_ANNEAL_CHUNK])
{
  uint64_t bits = 0;
  for (int i = 0; i < FIQ_ANNEAL_CHUNK; i += 8) {
    uint64_t eight = 0;
    for (int k = 0; k < 8; ++k) {
      eight |= (uint64_t)flag[i + k] << (8 * k);
    }
    bits |= (eight * 0x0102040810204080u >> 56) << i;
  }
  return bits;
}

/// Those of the first `n` of a chunk in a state, one bit each; with slot `k` if `slot` is given.  [any]
static inline uint64_t fiq_anneal_members(const uint8_t* state, uint8_t wanted, const uint8_t* slot,
                                          uint32_t k, uint32_t n)
{
  assert(n <= FIQ_ANNEAL_CHUNK);
  uint8_t flag[FIQ_ANNEAL_CHUNK];
  for (int i = 0; i < FIQ_ANNEAL_CHUNK; ++i) {
    flag[i] = state[i] == wanted;
  }
  for (int i = 0; slot && i < FIQ_ANNEAL_CHUNK; ++i) {
    flag[i] &= slot[i] == (uint8_t)k;
  }
  return fiq_anneal_gathered(flag) & (n < 64 ? ((uint64_t)1 << n) - 1 : UINT64_MAX);
}

/// Number of the lowest bit that is set; there must be one.  [any]
static inline uint32_t fiq_anneal_lowest(uint64_t bits)
{
  assert(bits != 0);
  return (uint32_t)__builtin_ctzll(bits);
}

/// Decide for a new set of carriers who stays, who flies, who is placed. `only_growth`: nothing changed but that
/// there are more oscillators.  [audio]
void fiq_anneal_plan(FiqAnneal* self, const FiqAnnealTarget* target, bool only_growth);

/// Nobody has been measured yet.  [audio]
void fiq_anneal_empty_lanes(FiqAnneal* self);

/// Turn the first histogram into cumulative counts, the newly hot included where they still sit.  [audio]
void fiq_anneal_accumulate_histogram(FiqAnneal* self);

/// p as the schedule sees it.  [audio]
float fiq_anneal_progress(const FiqAnneal* self);

/// The biases that move the indifference points onto the cuts, and the field with them.  [audio]
void fiq_anneal_build_field(FiqAnneal* self, const FiqAnnealTarget* target);

/// Where the cuts are, from the second histograms.  [audio]
void fiq_anneal_resolve_cuts(FiqAnneal* self);

/// Find the way of chunk first .. first + 63 for some steps, of which only the first `n` can be hot, and take the
/// first of them.  [audio]
void fiq_anneal_update_drift(FiqAnneal* self, uint32_t first, uint32_t n, FiqMotionPlan way);

/// Between updates: on along the way, the settled with their carriers.  [audio]
void fiq_anneal_apply_drift(FiqAnneal* self, uint32_t first);

/// Count where the first `n` hot ones of a chunk are, and how far all are from their carriers.  [audio]
void fiq_anneal_survey(FiqAnneal* self, uint32_t first, uint32_t n);

/// Count those that lie in a cell with a cut more finely, where they were when they were counted last.  [audio]
void fiq_anneal_refine(FiqAnneal* self, uint32_t first, uint32_t n);

#endif
