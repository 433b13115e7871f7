// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What chord comes next, as several partners agree on it: each one votes by the shares of the 24 major and minor triads in
   its own prediction, and the chord is the one with the largest product of all votes (a product of experts, Hinton 2002).

       share(triad) = 0.4 p(root) + 0.33 p(third) + 0.27 p(fifth),   cost = 4 ln (largest share / share), 0..31

   A vote is 24 costs of five bits. The product is a sum of whole numbers: in whatever order votes are added, everybody
   comes to the same chord. Cost: O(24) a vote.
*/
#ifndef FIQ_CHORD_VOTE_H
#define FIQ_CHORD_VOTE_H

#include "dsp/base/common.h"

enum { FIQ_TRIADS = 24, FIQ_NO_TRIAD = -1 }; ///< 0..11 major on C.., 12..23 minor

typedef struct {
  uint64_t word[2]; ///< costs of the major and of the minor triads; both 0: no vote
} FiqChordVote;

/// Votes added up.
typedef struct {
  uint16_t cost[FIQ_TRIADS];
  uint32_t n_votes;
} FiqChordTally;

/// The vote of a prediction of pitch classes (>= 0); of nothing, if it has none.  [audio]
FiqChordVote fiq_chord_vote(const float pitch[12]);

/// Add a vote, if it is one; up to 2000.  [audio]
void fiq_chord_tally_add(FiqChordTally* self, const FiqChordVote* vote);

/// The triad with the largest product, the first of several; FIQ_NO_TRIAD without votes.  [any]
int32_t fiq_chord_tally_winner(const FiqChordTally* self);

/// Its pitch classes, a bit each; all of them for FIQ_NO_TRIAD.  [any]
uint32_t fiq_triad_pitches(int32_t triad);

#endif
