// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/link.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

static const float  stray_tau_s = 1.0f;
static const float  stray_most  = 100.0f;       // rad/s; what is faster is a jump
static const double fixed_one   = 1073741824.0; // 2^30: the sum is exact, whatever its order

/// What is told of one step.
typedef struct {
  float        order;
  float        psi_rad;
  float        rate_rad_s;
  uint32_t     role; ///< and above it pitches << PITCHES_SHIFT, plays << PLAYS_SHIFT
  FiqChordVote vote;
} Entry;

enum { ROLE_MASK = 0xff, PITCHES_SHIFT = 8, PITCHES_MASK = 0xfff, PLAYS_SHIFT = 20 };

/**
   A place for a member. Entries [first, head) exist if they are among the last FIQ_LINK_RING - 1.
   All stores release and all loads acquire, so that who saw a value sees what was stored before it:
   an entry that `head` shows to be written over, or `epoch` of another member, is dropped.
*/
typedef struct {
  atomic_bool       is_held;
  _Atomic(uint32_t) id;    ///< of the member that holds it, or did
  _Atomic(uint32_t) epoch; ///< odd while `first` and `head` jump
  _Atomic(uint64_t) first;
  _Atomic(uint64_t) head;
  _Atomic(uint64_t) field[FIQ_LINK_RING];  ///< order, psi_rad
  _Atomic(uint64_t) motion[FIQ_LINK_RING]; ///< rate_rad_s, role
  _Atomic(uint64_t) vote[2][FIQ_LINK_RING];
} Member;

/// All that the instances of a process share.
static Member            members[FIQ_LINK_NUMBERS][FIQ_LINK_MEMBERS];
static _Atomic(uint64_t) latest_step; ///< furthest of all instances
static _Atomic(uint32_t) n_active;
static _Atomic(uint32_t) last_id;

static uint64_t pack(const void* low, const void* high)
{
  assert(low && high);
  uint32_t words[2];
  memcpy(&words[0], low, sizeof(uint32_t));
  memcpy(&words[1], high, sizeof(uint32_t));
  return (uint64_t)words[1] << 32 | words[0];
}

static void unpack(uint64_t packed, void* low, void* high)
{
  assert(low && high);
  const uint32_t words[2] = {(uint32_t)packed, (uint32_t)(packed >> 32)};
  memcpy(low, &words[0], sizeof(uint32_t));
  memcpy(high, &words[1], sizeof(uint32_t));
}

static uint64_t load_peer(const _Atomic(uint64_t)* value)
{
  assert(value);
  return atomic_load_explicit(value, memory_order_acquire);
}

static void store(_Atomic(uint64_t)* value, uint64_t to)
{
  assert(value);
  atomic_store_explicit(value, to, memory_order_release);
}

/// Raise the clock of the process. Only another that raises it makes this try again.
static void raise_latest(uint64_t step)
{
  uint64_t now = load_peer(&latest_step);
  while (now < step && !atomic_compare_exchange_weak(&latest_step, &now, step)) {
  }
}

static Member* own_member(const FiqLink* self)
{
  assert(self->number <= FIQ_LINK_NUMBERS);
  return self->number > 0 && self->member < FIQ_LINK_MEMBERS
             ? &members[self->number - 1][self->member]
             : NULL;
}

/// Nothing before `step` exists any more. The holder alone may do this.
static void jump(Member* member, uint64_t step)
{
  assert(step < UINT64_MAX);
  assert(member);
  atomic_fetch_add(&member->epoch, 1);
  store(&member->first, step);
  store(&member->head, step);
  atomic_fetch_add(&member->epoch, 1);
}

/// What was told last stays for those who have not come so far, until the place is taken.
static void release_slot(FiqLink* self)
{
  assert(self->number <= FIQ_LINK_NUMBERS);
  Member* const member = own_member(self);
  if (member) {
    atomic_store_explicit(&member->is_held, false, memory_order_release);
  }
  self->number = 0;
  self->member = FIQ_LINK_MEMBERS;
}

/// The place that has been free for longest, or FIQ_LINK_MEMBERS.
static uint32_t free_place(const Member* link)
{
  assert(link);
  uint32_t best = FIQ_LINK_MEMBERS;
  for (uint32_t i = 0; i < FIQ_LINK_MEMBERS; ++i) {
    const bool is_held = atomic_load_explicit(&link[i].is_held, memory_order_acquire);
    if (!is_held &&
        (best == FIQ_LINK_MEMBERS || load_peer(&link[i].head) < load_peer(&link[best].head))) {
      best = i;
    }
  }
  return best;
}

/// Hold a place, if there is one. Whoever loses a race for one tries another.
static void claim(FiqLink* self)
{
  assert(self->number <= FIQ_LINK_NUMBERS);
  Member* const link = members[self->number - 1];
  for (uint32_t tries = 0; tries < FIQ_LINK_MEMBERS; ++tries) {
    const uint32_t best     = free_place(link);
    bool           expected = false;
    if (best == FIQ_LINK_MEMBERS) {
      return;
    }
    if (atomic_compare_exchange_strong(&link[best].is_held, &expected, true)) {
      self->member = best;
      atomic_store_explicit(&link[best].id, self->id, memory_order_release);
      jump(&link[best], self->clock);
      return;
    }
  }
}

/// Catch up with the link after having been left out.
static void follow_clock(FiqLink* self, Member* own)
{
  assert(self && own);
  uint64_t furthest = self->clock;
  for (uint32_t i = 0; i < FIQ_LINK_MEMBERS; ++i) {
    const Member* const member  = &members[self->number - 1][i];
    const uint64_t      head    = load_peer(&member->head);
    const bool          is_held = atomic_load_explicit(&member->is_held, memory_order_acquire);
    furthest                    = is_held && head > furthest ? head : furthest;
  }
  if (furthest > self->clock + 2 * self->delay_steps) {
    self->clock = furthest;
    jump(own, furthest);
  }
}

static void publish_peer(Member* own, uint64_t step, const Entry* entry)
{
  assert(own && entry);
  const uint32_t at = step % FIQ_LINK_RING;
  store(&own->field[at], pack(&entry->order, &entry->psi_rad));
  store(&own->motion[at], pack(&entry->rate_rad_s, &entry->role));
  store(&own->vote[0][at], entry->vote.word[0]);
  store(&own->vote[1][at], entry->vote.word[1]);
  store(&own->head, step + 1);
}

/// The entry of `step`, if it exists and is another's than `own_id`'s, which may be 0: nobody's.
static bool hear(const Member* member, uint32_t own_id, uint64_t step, Entry* entry)
{
  assert(member && entry);
  const uint32_t epoch = atomic_load_explicit(&member->epoch, memory_order_acquire);
  if (epoch % 2 || step < load_peer(&member->first) || step >= load_peer(&member->head) ||
      atomic_load_explicit(&member->id, memory_order_acquire) == own_id) {
    return false;
  }
  const uint32_t at = step % FIQ_LINK_RING;
  unpack(load_peer(&member->field[at]), &entry->order, &entry->psi_rad);
  unpack(load_peer(&member->motion[at]), &entry->rate_rad_s, &entry->role);
  entry->vote.word[0] = load_peer(&member->vote[0][at]);
  entry->vote.word[1] = load_peer(&member->vote[1][at]);
  return load_peer(&member->head) - step < FIQ_LINK_RING &&
         atomic_load_explicit(&member->epoch, memory_order_acquire) == epoch;
}

typedef struct {
  int64_t  re;
  int64_t  im;
  uint32_t n;
} Sum;

static void add_peer(Sum* sum, const Entry* entry, double delay_s)
{
  assert(sum && entry);
  assert(delay_s >= 0.0);
  const double angle = (double)entry->psi_rad + (double)entry->rate_rad_s * delay_s;
  const float  phase = (float)remainder(angle, (double)FIQ_TWO_PI_F);
  sum->re += llrint((double)(entry->order * cosf(phase)) * fixed_one);
  sum->im += llrint((double)(entry->order * sinf(phase)) * fixed_one);
  ++sum->n;
}

/// What the partners of all others play, whatever their roles.
static void hear_partners(const FiqLink* self, FiqCoreField* field)
{
  assert(self->number >= 1 && self->number <= FIQ_LINK_NUMBERS);
  for (uint32_t i = 0; i < FIQ_LINK_MEMBERS && self->clock >= self->delay_steps; ++i) {
    const Member* const member = &members[self->number - 1][i];
    Entry               entry;
    if (hear(member, self->id, self->clock - self->delay_steps, &entry)) {
      const bool     plays = (entry.role >> PLAYS_SHIFT & 1u) != 0;
      const uint32_t id    = atomic_load_explicit(&member->id, memory_order_acquire);
      field->pitches |= entry.role >> PITCHES_SHIFT & PITCHES_MASK;
      field->plays |= plays;
      field->yields |= plays && id < self->id;
    }
  }
}

/// The votes of all partners of the link for the next chord. Its own counts when the others hear of it, too.
static void count_votes(const FiqLink* self, FiqCoreField* field)
{
  assert(self->number >= 1 && self->number <= FIQ_LINK_NUMBERS);
  for (uint32_t i = 0; i < FIQ_LINK_MEMBERS && self->clock >= self->delay_steps; ++i) {
    Entry entry;
    if (hear(&members[self->number - 1][i], 0, self->clock - self->delay_steps, &entry)) {
      fiq_chord_tally_add(&field->chords, &entry.vote);
    }
  }
}

static void hear_all(const FiqLink* self, uint32_t role, FiqCoreField* field)
{
  assert(self->number <= FIQ_LINK_NUMBERS);
  assert(role < FIQ_N_LINK_ROLES);
  assert(self->number >= 1);
  const double delay_s                   = self->step_s * self->delay_steps;
  Sum          by_role[FIQ_N_LINK_ROLES] = {{0, 0, 0}};
  for (uint32_t i = 0; i < FIQ_LINK_MEMBERS && self->clock >= self->delay_steps; ++i) {
    Entry entry;
    if (hear(&members[self->number - 1][i], self->id, self->clock - self->delay_steps, &entry)) {
      add_peer(&by_role[entry.role & ROLE_MASK], &entry, delay_s);
    }
  }
  Sum              sum  = by_role[FIQ_LINK_LEADER];
  const Sum* const rest = &by_role[FIQ_LINK_CONSENSUS];
  if (role == FIQ_LINK_CONSENSUS || sum.n == 0) {
    sum = (Sum){sum.re + rest->re, sum.im + rest->im, sum.n + rest->n};
  }
  if (sum.n > 0) {
    field->re      = (float)((double)sum.re / (fixed_one * sum.n));
    field->im      = (float)((double)sum.im / (fixed_one * sum.n));
    field->n_peers = sum.n;
  }
}

/// How far the mean phase has strayed from the stated rate of late; R vouches for it.
static void watch_rate(FiqLink* self, const FiqCoreMessage* news)
{
  assert(self && news);
  const float step_s = (float)self->step_s;
  if (self->has_stepped) {
    const float way   = news->psi_rad - self->psi_rad - news->rate_rad_s * step_s;
    const float stray = remainderf(way, FIQ_TWO_PI_F) / step_s;
    if (fabsf(stray) < stray_most) {
      self->stray_rad_s += news->order * step_s / stray_tau_s * (stray - self->stray_rad_s);
    }
  }
  self->psi_rad     = news->psi_rad;
  self->has_stepped = true;
}

void fiq_link_init(FiqLink* self, uint32_t step_frames, double sample_rate_hz)
{
  assert(step_frames > 0);
  assert(self && step_frames >= 128 && step_frames <= FIQ_LINK_BLOCK_FRAMES);
  assert(sample_rate_hz >= FIQ_SAMPLE_RATE_MIN_HZ && sample_rate_hz <= FIQ_SAMPLE_RATE_MAX_HZ);
  *self             = (FiqLink){.member = FIQ_LINK_MEMBERS};
  self->step_s      = step_frames / sample_rate_hz;
  self->delay_steps = (FIQ_LINK_BLOCK_FRAMES + step_frames - 1) / step_frames;
  self->id          = atomic_fetch_add(&last_id, 1) + 1;
}

void fiq_link_leave(FiqLink* self)
{
  assert(self);
  Member* const member = own_member(self);
  if (member) {
    jump(member, load_peer(&member->head));
  }
  release_slot(self);
  if (self->is_active) {
    self->is_active = false;
    atomic_fetch_sub(&n_active, 1);
  }
}

void fiq_link_start(FiqLink* self)
{
  assert(self);
  fiq_link_leave(self);
  // Where nobody is active, nothing that was told before may be heard.
  const bool is_first = atomic_fetch_add(&n_active, 1) == 0;
  if (is_first) {
    atomic_fetch_add(&latest_step, FIQ_LINK_RING);
  }
  self->is_active   = true;
  self->clock       = load_peer(&latest_step);
  self->stray_rad_s = 0.0f;
  self->has_stepped = false;
  self->has_settled = false;
}

void fiq_link_begin(FiqLink* self)
{
  assert(self);
  if (self->has_stepped && !self->has_settled) {
    self->has_settled = true;
    raise_latest(self->clock);
  }
}

void fiq_link_exchange(void* handle, const FiqCoreMessage* news, FiqCoreField* field)
{
  FiqLink* const self = handle;
  assert(self && news && field && news->link <= FIQ_LINK_NUMBERS && news->role < FIQ_N_LINK_ROLES);
  *field = (FiqCoreField){.n_peers = 0};
  if (self->number != news->link) {
    release_slot(self);
    self->number = news->link;
  }
  if (self->number > 0 && self->member == FIQ_LINK_MEMBERS) {
    claim(self);
  }
  watch_rate(self, news);
  Member* const own = own_member(self);
  if (own) {
    follow_clock(self, own);
    const Entry entry = {.order      = news->order,
                         .psi_rad    = news->psi_rad,
                         .rate_rad_s = news->rate_rad_s + self->stray_rad_s,
                         .role = news->role | (news->pitches & PITCHES_MASK) << PITCHES_SHIFT |
                                 (news->plays ? 1u : 0u) << PLAYS_SHIFT,
                         .vote = news->vote};
    publish_peer(own, self->clock, &entry);
    if (news->role != FIQ_LINK_LEADER) {
      hear_all(self, news->role, field);
    }
    hear_partners(self, field);
    count_votes(self, field);
  }
  ++self->clock;
  if (self->has_settled) {
    raise_latest(self->clock);
  }
}
