// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/sequence/chord_vote.h"

#include <assert.h>
#include <math.h>

enum { BITS = 5, COST_MOST = 31, IS_VOTE = 63 };

static const float cost_step = 4.0f; // of a neper
static const float least     = 1e-6f;

FiqChordVote fiq_chord_vote(const float pitch[12])
{
  assert(pitch);
  FiqChordVote vote = {{0, 0}};
  float        share[FIQ_TRIADS];
  float        most = 0.0f;
  for (uint32_t triad = 0; triad < FIQ_TRIADS; ++triad) {
    const uint32_t root  = triad % 12;
    const uint32_t third = triad < 12 ? 4 : 3;
    share[triad] =
        0.4f * pitch[root] + 0.33f * pitch[(root + third) % 12] + 0.27f * pitch[(root + 7) % 12];
    most = fmaxf(most, share[triad]);
  }
  if (!(most > 0.0f)) {
    return vote;
  }
  for (uint32_t triad = 0; triad < FIQ_TRIADS; ++triad) {
    const float    nepers = logf(most / fmaxf(share[triad], least * most));
    const uint64_t cost   = (uint64_t)fminf(rintf(cost_step * nepers), (float)COST_MOST);
    vote.word[triad / 12] |= cost << (BITS * (triad % 12));
  }
  vote.word[0] |= (uint64_t)1 << IS_VOTE;
  return vote;
}

void fiq_chord_tally_add(FiqChordTally* self, const FiqChordVote* vote)
{
  assert(self && vote);
  if (!(vote->word[0] >> IS_VOTE)) {
    return;
  }
  for (uint32_t triad = 0; triad < FIQ_TRIADS; ++triad) {
    const uint64_t cost = vote->word[triad / 12] >> (BITS * (triad % 12)) & COST_MOST;
    self->cost[triad]   = (uint16_t)(self->cost[triad] + cost);
  }
  ++self->n_votes;
}

int32_t fiq_chord_tally_winner(const FiqChordTally* self)
{
  assert(self);
  int32_t best = 0;
  for (int32_t triad = 1; triad < FIQ_TRIADS; ++triad) {
    best = self->cost[triad] < self->cost[best] ? triad : best;
  }
  return self->n_votes > 0 ? best : FIQ_NO_TRIAD;
}

uint32_t fiq_triad_pitches(int32_t triad)
{
  assert(triad >= FIQ_NO_TRIAD && triad < FIQ_TRIADS);
  if (triad == FIQ_NO_TRIAD) {
    return 0xfff;
  }
  const uint32_t root  = (uint32_t)triad % 12;
  const uint32_t third = triad < 12 ? 4 : 3;
  return 1u << root | 1u << (root + third) % 12 | 1u << (root + 7) % 12;
}
