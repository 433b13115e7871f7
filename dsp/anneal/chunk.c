// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/anneal/anneal_state.h"

#include "dsp/base/maths.h"
#include "dsp/base/simd.h"

#include <assert.h>
#include <string.h>

enum { CHUNK = FIQ_ANNEAL_CHUNK, SLOTS = FIQ_CARRIERS_MAX };

/// A random place for a starting oscillator.
static float strewn_x(const FiqAnneal* self, uint32_t i)
{
  assert(i < self->capacity);
  assert(self->params.x_low <= self->params.x_high);
  const uint32_t bits  = fiq_anneal_hash(i, ~fiq_anneal_salt(self->seed, self->step));
  const float    share = (float)(bits >> 8) * 0x1p-24f;
  return fiq_clamp(fiq_mix(self->params.scatter_low, self->params.scatter_high, share),
                   self->params.x_low, self->params.x_high);
}

static bool is_chosen(const FiqAnneal* self, uint32_t i, float share)
{
  assert(share >= 0.0f && share <= 1.0f);
  const uint32_t bits = fiq_anneal_hash(i, fiq_anneal_salt(~self->seed, self->step));
  return (float)(bits >> 8) * 0x1p-24f < share;
}

/// A loose oscillator takes the next free place, carriers in turn.
static void place_loose(FiqAnneal* self, uint32_t i)
{
  assert(i < self->osc.n);
  assert(self->osc.state[i] == FIQ_OSCILLATOR_LOOSE);
  for (uint32_t tries = 0; tries < SLOTS; ++tries) {
    const uint32_t k     = self->pass.next_slot;
    self->pass.next_slot = (self->pass.next_slot + 1) % SLOTS;
    if (self->transport.loose[k] > 0) {
      self->transport.loose[k] -= 1;
      self->osc.slot[i]  = (uint8_t)k;
      self->osc.x[i]     = self->carriers.before[k]; // and goes with it from there
      self->osc.drift[i] = 0.0f;
      self->osc.state[i] = FIQ_OSCILLATOR_SETTLED;
      self->transport.settled[k] += 1;
      return;
    }
  }
}

/// Places in the parts of the cloud that belong to the carriers of a chunk, in a loop that vectors can take.
FIQ_INLINE void find_places(const float* restrict low, const float* restrict span, uint32_t first,
                            uint32_t salt, float x_low, float x_high, float* restrict x)
{
  assert(x_low <= x_high);
  for (uint32_t i = 0; i < CHUNK; ++i) {
    const float share = (float)(int32_t)(fiq_anneal_hash(first + i, salt) >> 8) * 0x1p-24f;
    x[i]              = fiq_clamp(low[i] + span[i] * share, x_low, x_high);
  }
}

static void find_places_base(const float* low, const float* span, uint32_t first, uint32_t salt,
                             float x_low, float x_high, float* x)
{
  find_places(low, span, first, salt, x_low, x_high, x);
}

FIQ_AVX2 static void find_places_avx2(const float* low, const float* span, uint32_t first,
                                      uint32_t salt, float x_low, float x_high, float* x)
{
  find_places(low, span, first, salt, x_low, x_high, x);
}

/// All of a chunk start anew at random places, where they rest until its update.
static void strew_chunk(FiqAnneal* self, uint32_t first)
{
  assert(first % CHUNK == 0);
  assert(first < self->capacity);
  const uint32_t     at   = first % FIQ_ANNEAL_SCATTER_SLOTS;
  const uint32_t     salt = ~fiq_anneal_salt(self->seed, self->step);
  const float* const low  = self->scatter.low + at;
  const float* const span = self->scatter.span + at;
  (self->use_avx2 ? find_places_avx2 : find_places_base)(low, span, first, salt, self->params.x_low,
                                                         self->params.x_high, self->osc.x + first);
  memset(self->osc.drift + first, 0, CHUNK * sizeof(self->osc.drift[0]));
  memset(self->osc.state + first, FIQ_OSCILLATOR_HOT, CHUNK);
  memcpy(self->osc.slot + first, self->scatter.slot + at, CHUNK);
}

/// The carrier that the next one to leave carrier `k` sets out for. One after another they take the exits in steps of the
/// reciprocal of the plastic number (Roberts 2018), so any few in a row are as many for each exit as shall be.
static uint8_t take_exit(FiqAnneal* self, uint32_t k)
{
  assert(k < SLOTS);
  assert(self->transport.exit_first[k] <= self->transport.exit_first[k + 1]);
  const uint32_t place = self->transport.n_departed[k]++ * 3242174889u;
  uint32_t       e     = self->transport.exit_first[k];
  const uint32_t end   = self->transport.exit_first[k + 1];
  if (e == end) {
    return (uint8_t)k;
  }
  while (e + 1 < end && place > self->transport.exit_end[e]) {
    e += 1;
  }
  return self->transport.exit_slot[e];
}

/// Re-heat those who must move, evenly spread over the members of each carrier that loses some. Member by member, since
/// a search for them with branches would guess wrong half of the time, and sums in memory wait for one another.
static void reheat_chunk(FiqAnneal* self, uint32_t first, uint32_t n)
{
  assert(first + n <= self->osc.n);
  assert(n <= CHUNK);
  uint8_t* const state = self->osc.state + first;
  uint8_t* const slot  = self->osc.slot + first;
  for (uint32_t k = 0; k < SLOTS; ++k) {
    const uint32_t was  = self->transport.was[k];
    const uint32_t stay = self->transport.stay[k];
    if (stay >= was) {
      continue;
    }
    uint32_t tick       = self->transport.tick[k];
    uint32_t n_departed = 0;
    for (uint64_t left = fiq_anneal_members(state, FIQ_OSCILLATOR_SETTLED, slot, k, n); left;
         left &= left - 1) {
      const uint32_t i = fiq_anneal_lowest(left);
      tick += stay;
      const bool stays = tick >= was;
      tick -= stays ? was : 0;
      n_departed += !stays;
      state[i] = stays ? FIQ_OSCILLATOR_SETTLED : FIQ_OSCILLATOR_HOT;
      slot[i]  = stays ? slot[i] : take_exit(self, k);
    }
    self->transport.tick[k] = tick;
    self->transport.settled[k] -= n_departed;
  }
}

/// Some of those that have just become hot start at a random place.
static void stray_chunk(FiqAnneal* self, const uint8_t* before, uint32_t first, uint32_t n)
{
  assert(first + n <= self->osc.n);
  assert(n <= CHUNK);
  for (uint32_t i = first; i < first + n; ++i) {
    const bool leaves =
        before[i - first] == FIQ_OSCILLATOR_SETTLED && self->osc.state[i] == FIQ_OSCILLATOR_HOT;
    if (leaves && is_chosen(self, i, self->schedule.stray)) {
      self->osc.x[i]     = strewn_x(self, i);
      self->osc.drift[i] = 0.0f;
    }
  }
}

/// Everyone of a chunk stays, leaves, or is placed.
static void sort_chunk(FiqAnneal* self, uint32_t first, uint32_t n)
{
  assert(first % CHUNK == 0);
  assert(first + n <= self->osc.n);
  if (self->pass.strewing) {
    strew_chunk(self, first);
    return;
  }
  uint8_t before[CHUNK];
  memcpy(before, self->osc.state + first, n);
  if (!self->pass.scattering) {
    reheat_chunk(self, first, n);
  }
  if (!self->pass.scattering && self->schedule.stray > 0.0f) {
    stray_chunk(self, before, first, n);
  }
  for (uint32_t i = first; i < first + n; ++i) {
    if (self->pass.scattering) {
      self->osc.x[i] = strewn_x(self, i);
    }
    if (self->pass.scattering || before[i - first] == FIQ_OSCILLATOR_LOOSE) {
      self->osc.state[i] = FIQ_OSCILLATOR_LOOSE;
      place_loose(self, i);
    }
  }
}

/// The carrier with room that is next to `slot` on the axis.
static uint32_t nearest_room(const FiqAnneal* self, uint32_t slot)
{
  assert(slot < SLOTS);
  uint32_t best     = slot;
  float    distance = FIQ_ANNEAL_OUT_OF_REACH;
  for (uint32_t k = 0; k < SLOTS; ++k) {
    const float way = fabsf(self->carriers.now[k] - self->carriers.now[slot]);
    if (self->transport.room[k] > 0 && way < distance) {
      best     = k;
      distance = way;
    }
  }
  return best;
}

/// The carrier of a hot one, within the rooms if shares are exact. Rooms only shrink in a pass: an overflow slot holds until it
/// is full.
static uint8_t claim_room(FiqAnneal* self, uint8_t slot)
{
  assert(slot < SLOTS);
  assert(self->transport.overflow_slot[slot] < SLOTS);
  uint32_t k = slot;
  if (self->pass.exact && self->transport.room[k] == 0) {
    if (self->transport.room[self->transport.overflow_slot[k]] == 0) {
      self->transport.overflow_slot[k] = (uint8_t)nearest_room(self, k);
    }
    k = self->transport.overflow_slot[k];
  }
  self->transport.room[k] -= self->transport.room[k] > 0;
  return (uint8_t)k;
}

/// Numbers by slot in tables taken in turn, so that no count waits for the one before.
static void count_in_tables(const uint8_t flag[CHUNK], const uint8_t slot[CHUNK],
                            uint8_t count[SLOTS])
{
  enum { TABLES = 4 };
  uint8_t table[TABLES][SLOTS] = {{0}};
  for (uint32_t i = 0; i < CHUNK; ++i) {
    table[i % TABLES][slot[i]] += flag[i];
  }
  for (int k = 0; k < SLOTS; ++k) {
    count[k] = (uint8_t)(table[0][k] + table[1][k] + table[2][k] + table[3][k]);
  }
}

/// How many of the first `n` of a chunk in a state there are by slot. Carriers that sound are counted one by one, all
/// bytes of the chunk at once; where others are still left, it takes the tables.
static void count_slots(const FiqAnneal* self, uint32_t first, uint32_t n, uint8_t wanted,
                        uint8_t count[SLOTS])
{
  assert(n <= CHUNK);
  assert(first + CHUNK <= self->capacity);
  const uint8_t* restrict slot  = self->osc.slot + first;
  const uint8_t* restrict state = self->osc.state + first;
  uint8_t flag[CHUNK];
  uint8_t left = 0;
  for (uint32_t i = 0; i < CHUNK; ++i) {
    flag[i] = (state[i] == wanted) & (i < n);
    left    = (uint8_t)(left + flag[i]);
  }
  memset(count, 0, SLOTS);
  for (int k = 0; k < SLOTS && left > 0; ++k) {
    if (self->carriers.mass[k] > 0.0f) {
      uint8_t here = 0;
      for (uint32_t i = 0; i < CHUNK; ++i) {
        here = (uint8_t)(here + (flag[i] & (slot[i] == (uint8_t)k)));
      }
      count[k] = here;
      left     = (uint8_t)(left - here);
    }
  }
  if (left > 0) {
    count_in_tables(flag, slot, count);
  }
}

/// Everyone in flight gets its carrier for good. While there is room for all of a chunk, all get the one they fly to.
static void bind_chunk(FiqAnneal* self, uint32_t first, uint32_t n)
{
  assert(n <= CHUNK);
  assert(first % CHUNK == 0);
  uint8_t count[SLOTS];
  bool    fits = true;
  count_slots(self, first, n, FIQ_OSCILLATOR_HOT, count);
  for (int k = 0; k < SLOTS; ++k) {
    fits = fits && count[k] <= self->transport.room[k];
  }
  if (fits) {
    for (int k = 0; k < SLOTS; ++k) {
      self->transport.room[k] -= count[k];
    }
    return;
  }
  uint8_t* const slot = self->osc.slot + first;
  for (uint64_t hot = fiq_anneal_members(self->osc.state + first, FIQ_OSCILLATOR_HOT, NULL, 0, n);
       hot; hot &= hot - 1) {
    const uint32_t i = fiq_anneal_lowest(hot);
    slot[i]          = claim_room(self, slot[i]);
  }
}

/// The anneal is over: the hot ones settle.
static void settle_chunk(FiqAnneal* self, uint32_t chunk, uint32_t n)
{
  assert(n <= CHUNK);
  assert(self->osc.chunk_hot[chunk] <= self->osc.n_hot);
  const uint32_t first = chunk * CHUNK;
  uint8_t        count[SLOTS];
  if (!self->pass.bound) {
    bind_chunk(self, first, n);
  }
  count_slots(self, first, n, FIQ_OSCILLATOR_HOT, count);
  for (int k = 0; k < SLOTS; ++k) {
    self->transport.settled[k] += count[k];
  }
  uint8_t* const state = self->osc.state + first;
  for (uint32_t i = 0; i < n; ++i) {
    state[i] = state[i] == FIQ_OSCILLATOR_HOT ? FIQ_OSCILLATOR_SETTLED : state[i];
  }
  self->osc.n_hot -= self->osc.chunk_hot[chunk];
  self->osc.chunk_hot[chunk] = 0;
}

static void count_hot(FiqAnneal* self, uint32_t chunk, uint32_t n)
{
  assert(n <= CHUNK);
  assert(self->osc.chunk_hot[chunk] <= CHUNK);
  const uint8_t* const state = self->osc.state + (size_t)chunk * CHUNK;
  uint8_t              n_hot = 0;
  for (uint32_t i = 0; i < n; ++i) {
    n_hot = (uint8_t)(n_hot + (state[i] == FIQ_OSCILLATOR_HOT));
  }
  self->osc.n_hot += n_hot;
  self->osc.n_hot -= self->osc.chunk_hot[chunk];
  self->osc.chunk_hot[chunk] = n_hot;
}

/// Who is left of a chunk, after some have gone that nobody counted.
static void recount_chunk(FiqAnneal* self, uint32_t chunk, uint32_t n)
{
  assert(self->pass.recounting);
  assert(n <= CHUNK);
  uint8_t count[SLOTS];
  count_slots(self, chunk * CHUNK, n, FIQ_OSCILLATOR_SETTLED, count);
  for (int k = 0; k < SLOTS; ++k) {
    self->transport.settled[k] += count[k];
  }
  self->osc.chunk_hot[chunk] = 0;
  count_hot(self, chunk, n);
}

/// A new way if the chunk is to be updated; else, and where it has just been strewn, on along the old one.
static void move_chunk(FiqAnneal* self, uint32_t chunk, uint32_t n, bool updates, bool flies,
                       bool keeps)
{
  assert(self->schedule.update_steps >= 1);
  assert(updates || self->osc.chunk_left[chunk] > 0);
  if (!updates) {
    self->osc.chunk_left[chunk] -= 1;
    fiq_anneal_apply_drift(self, chunk * CHUNK);
    return;
  }
  // Whoever was updated together with others is updated next when its number comes.
  const uint32_t steps =
      self->schedule.update_steps - (chunk + self->step) % self->schedule.update_steps;
  const bool bound =
      self->pass.bound || (self->pass.kind == FIQ_ANNEAL_BIND && !self->osc.chunk_due[chunk]);
  const bool mixed            = self->osc.chunk_hot[chunk] < CHUNK;
  self->osc.chunk_left[chunk] = (uint8_t)(steps - 1);
  if (!self->pass.strewing) {
    fiq_anneal_update_drift(
        self, chunk * CHUNK, n,
        (FiqMotionPlan){steps, bound, flies, mixed, mixed && !self->pass.anchored, keeps});
  }
}

/// All are where their carriers were before this step.
static void catch_up(FiqAnneal* self, uint32_t first)
{
  assert(self->pass.behind);
  for (uint32_t i = first; i < first + CHUNK; ++i) {
    self->osc.x[i]     = self->carriers.before[self->osc.slot[i]];
    self->osc.drift[i] = 0.0f;
  }
}

FiqChunkResult fiq_anneal_advance(FiqAnneal* self, uint32_t chunk)
{
  const uint32_t first = chunk * CHUNK;
  assert(first < self->osc.n);
  if (self->pass.still) {
    return (FiqChunkResult){false, false};
  }
  if (self->pass.behind) {
    catch_up(self, first);
  }
  const uint32_t n = self->osc.n - first < CHUNK ? self->osc.n - first : CHUNK;
  const bool     updates =
      self->pass.scattering || self->schedule.update_steps == 1 || self->osc.chunk_left[chunk] == 0;
  const bool due   = updates && self->pass.kind != FIQ_ANNEAL_NO_PASS && self->osc.chunk_due[chunk];
  const bool sorts = self->pass.sorting || (due && self->pass.kind == FIQ_ANNEAL_SORT);
  if (sorts) {
    sort_chunk(self, first, n);
    count_hot(self, chunk, n);
  } else if (self->pass.recounting) {
    recount_chunk(self, chunk, n);
  }
  const bool flies = self->osc.chunk_hot[chunk] > 0 && (self->pass.bound || self->field.n > 0);
  if (flies && self->cuts.n > 0 && chunk % self->histogram.old_stride == 0) {
    fiq_anneal_refine(self, first, n);
  }
  move_chunk(self, chunk, n, updates, flies, sorts && !self->pass.sorting);
  if (self->pass.counting && chunk % self->histogram.stride == 0) {
    fiq_anneal_survey(self, first, n);
  }
  if (due && self->pass.kind == FIQ_ANNEAL_BIND) {
    bind_chunk(self, first, n);
  } else if (due && self->pass.kind == FIQ_ANNEAL_SETTLE) {
    settle_chunk(self, chunk, n);
  }
  self->pass.n_due -= due;
  self->osc.chunk_due[chunk] = due ? 0 : self->osc.chunk_due[chunk];
  const bool slots           = sorts || due || (updates && flies && !self->pass.bound);
  return (FiqChunkResult){slots, updates};
}
