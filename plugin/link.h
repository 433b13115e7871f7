// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Linked instances: the instances in one process that have the same link number hear each other's
   mean field, and their phase cores can draw toward it.

       field = mean over the peers of R e^{j (psi + rate delay)}

   Each member writes what its core says of itself, once a core step, into a ring of its own in
   static memory; the others read the entry that is FIQ_LINK_BLOCK_FRAMES old. That one exists
   whatever the block size and whichever of the instances the host runs first, and it never
   changes any more: what is heard does not depend on either. The phase is carried over the delay
   (171 ms at 48 kHz) by the rate of the peer: the rate that it states plus what it has lately
   strayed from that, smoothed over a second. The sum is of whole numbers, so that the order of the
   members does not matter. An entry that does not exist yet, or any more, counts for nothing.

   Clock: steps are counted from activation, on a clock of the process. Instances that are activated
   together start together; one that comes later starts at the furthest step of the others, which in
   a live host is true within one block. What one does in its first run() does not yet count, so a
   host may also activate each just before it runs it. A member that has fallen behind by more than
   two delays, since its host left it out, goes on at the furthest step of its link.

   Roles: in a consensus all draw each other. A leader draws and is not drawn. A follower is drawn by
   the leaders, or by the consensus where nobody leads, and draws nobody.

   Nothing waits, locks or allocates; the memory of the link outlives every instance and is not
   freed, so that an instance may go while others read. All members should run at one sample rate
   (or at rates whose steps last equally long); others are heard in part. A link that is full leaves
   further instances alone, and takes them in as soon as one goes. Unlinked instances only count.
   Cost: at most 16 entries read a step. Latency: that of the field, as above.
*/
#ifndef FIQ_LINK_H
#define FIQ_LINK_H

#include "dsp/engine/engine.h"

enum {
  FIQ_LINK_NUMBERS      = 16,   ///< link numbers 1..16; 0 is alone
  FIQ_LINK_MEMBERS      = 16,   ///< of one link at a time
  FIQ_LINK_RING         = 256,  ///< entries of one member
  FIQ_LINK_BLOCK_FRAMES = 8192, ///< the longest block, and so the delay
  FIQ_N_LINK_ROLES      = FIQ_LINK_FOLLOWER + 1
};

/// An instance's side; only that instance touches it.
typedef struct {
  double   step_s;      ///< duration of a core step; fixed by init, as the next two
  uint32_t delay_steps; ///< the delay, 1..FIQ_LINK_RING / 4
  uint32_t id;          ///< of this instance, never 0
  uint64_t clock;       ///< the step to come
  uint32_t number;      ///< of the link, 0 alone
  uint32_t member;      ///< place in that link; FIQ_LINK_MEMBERS: none was free
  float    psi_rad;     ///< of the last step
  float    stray_rad_s; ///< smoothed difference of the rate from the one stated
  bool     is_active;   ///< fiq_link_start was called
  bool     has_stepped;
  bool     has_settled; ///< the first run() is over
} FiqLink;

/// Alone; a core step is `step_frames` (128..8192) frames at `sample_rate_hz`.  [setup]
void fiq_link_init(FiqLink* self, uint32_t step_frames, double sample_rate_hz);

/// The instance is activated: leave without trace, and start the clock.  [setup]
void fiq_link_start(FiqLink* self);

/// A run() begins.  [audio]
void fiq_link_begin(FiqLink* self);

/**
   A FiqCoreExchange with a FiqLink as its handle: once a core step join the link that `news` asks
   for, tell `news` (order 0..1, psi_rad in [-pi, pi], |rate| <= 1e5 rad/s), and get the field of the
   others, 0 without any.  [audio]
*/
void fiq_link_exchange(void* handle, const FiqCoreMessage* news, FiqCoreField* field);

/// The instance goes: nobody hears it any more.  [setup]
void fiq_link_leave(FiqLink* self);

#endif
