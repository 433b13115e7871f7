// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What the files of the carriers share; for nobody else.
   carrier.c: a step and its schedule; carrier_life.c: making, emptying, handing over; carrier_shares.c: who belongs where: transport, cuts, the field;
   carrier_chunk.c: one chunk in a step: who leaves, is bound, settles; carrier_flight.c: the loops of vectors,
   ways and counts; carrier_field.c: softmax over all carriers as one logistic curve per interval.
*/
#ifndef FIQ_CARRIER_SELF_H
#define FIQ_CARRIER_SELF_H

#include "dsp/anneal/anneal.h"

/// Beyond every coordinate.
#define FIQ_CARRIERS_OUT_OF_REACH 1e30f

/// What the way of a chunk depends on.
typedef struct {
  uint32_t steps;  ///< that it is for, 1..FIQ_CARRIERS_TURN_MAX
  bool     bound;  ///< the hot fly straight to their carriers
  bool     flies;  ///< some are hot
  bool     mixed;  ///< some are settled
  bool     tracks; ///< and not all of those rest on their carriers
  bool     keeps;  ///< those that have just left keep the carrier that they set out for
} FiqCarriersWay;

/// One bit for each of 64 flags of 0 or 1, eight by eight: the product gathers the lowest bits in the top byte.  [any]
static inline uint64_t fiq_carriers_gathered(const uint8_t flag[FIQ_CARRIERS_CHUNK])
{
  uint64_t bits = 0;
  for (int i = 0; i < FIQ_CARRIERS_CHUNK; i += 8) {
    uint64_t eight = 0;
    for (int k = 0; k < 8; ++k) {
      eight |= (uint64_t)flag[i + k] << (8 * k);
    }
    bits |= (eight * 0x0102040810204080u >> 56) << i;
  }
  return bits;
}

/// Those of the first `n` of a chunk in a state, one bit each; with slot `k` if `slot` is given.  [any]
static inline uint64_t fiq_carriers_members(const uint8_t* state, uint8_t wanted,
                                            const uint8_t* slot, uint32_t k, uint32_t n)
{
  uint8_t flag[FIQ_CARRIERS_CHUNK];
  for (int i = 0; i < FIQ_CARRIERS_CHUNK; ++i) {
    flag[i] = state[i] == wanted;
  }
  for (int i = 0; slot && i < FIQ_CARRIERS_CHUNK; ++i) {
    flag[i] &= slot[i] == (uint8_t)k;
  }
  return fiq_carriers_gathered(flag) & (n < 64 ? ((uint64_t)1 << n) - 1 : UINT64_MAX);
}

/// Number of the lowest bit that is set; there must be one.  [any]
static inline uint32_t fiq_carriers_lowest(uint64_t bits)
{
  return (uint32_t)__builtin_ctzll(bits);
}

/// Decide for a new set of carriers who stays, who flies, who is placed. `only_growth`: nothing changed but that
/// there are more oscillators.  [audio]
void fiq_carriers_plan(FiqCarriers* self, const FiqCarriersTarget* target, bool only_growth);

/// Nobody has been measured yet.  [audio]
void fiq_carriers_empty_lanes(FiqCarriers* self);

/// Turn the first histogram into cumulative counts, the newly hot included where they still sit.  [audio]
void fiq_carriers_digest(FiqCarriers* self);

/// p as the schedule sees it.  [audio]
float fiq_carriers_progress(const FiqCarriers* self);

/// The biases that move the indifference points onto the cuts, and the field with them.  [audio]
void fiq_carriers_build_field(FiqCarriers* self, const FiqCarriersTarget* target);

/// Where the cuts are, from the second histograms.  [audio]
void fiq_carriers_resolve_cuts(FiqCarriers* self);

/// Find the way of chunk first .. first + 63 for some steps, of which only the first `n` can be hot, and take the
/// first of them.  [audio]
void fiq_carriers_take_turn(FiqCarriers* self, uint32_t first, uint32_t n, FiqCarriersWay way);

/// Between turns: on along the way, the settled with their carriers.  [audio]
void fiq_carriers_go_on(FiqCarriers* self, uint32_t first);

/// Count where the first `n` hot ones of a chunk are, and how far all are from their carriers.  [audio]
void fiq_carriers_survey(FiqCarriers* self, uint32_t first, uint32_t n);

/// Count those that lie in a cell with a cut more finely, where they were when they were counted last.  [audio]
void fiq_carriers_refine(FiqCarriers* self, uint32_t first, uint32_t n);

#endif
