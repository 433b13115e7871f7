// SPDX-License-Identifier: GPL-3.0-or-later
#include "swarm.h"

#include "maths.h"
#include "simd.h"

#include <assert.h>
#include <string.h>

enum { CHUNK = FIQ_LOBE_CHUNK, SILENT_GROUP = FIQ_SWARM_GROUPS, N_SUMS = FIQ_SWARM_GROUPS + 1 };

/// Steps between measures of order where nothing is coupled.
enum { MEASURE_EVERY = 4 };

static const float note_amplitude = 0.1f; // of a note at velocity 1, rms times sqrt 2
static const float slew_s         = 0.012f;
static const float order_tau_s    = 1.5f;
static const float count_tau_s    = 0.03f; // numbers and mean detune
static const float fade_start_nu  = 0.42f; // from here to FIQ_LOBE_NU_MAX oscillators fade out
static const float surge          = 6.0f;  // power over the mean that a chorus hardly ever reaches

// Multipliers of the R2 low-discrepancy sequence (Roberts 2018) and of the golden ratio, times 2^32.
static const uint32_t detune_step  = 2654435769u;
static const uint32_t pan_step     = 3242174889u;
static const uint32_t partial_step = 2447445414u;

// ---- one chunk of oscillators ----

/// sin(2 pi t) for |t| <= 1/4, error below 4e-9 before rounding.
FIQ_INLINE float sine_quarter(float t)
{
  const float t2 = t * t;
  return t * (6.28318516f +
              t2 * (-41.3416550f + t2 * (81.6010040f + t2 * (-76.5497823f + t2 * 39.5367060f))));
}

FIQ_INLINE float sine_turns(float t)
{
  return copysignf(sine_quarter(0.25f - fabsf(fabsf(t) - 0.25f)), t);
}

FIQ_INLINE float cosine_turns(float t)
{
  return sine_quarter(0.25f - fabsf(t));
}

/// To [-0.5, 0.5], for |t| < 2^21; adding 1.5 * 2^23 rounds in every instruction set.
FIQ_INLINE float wrap_turns(float t)
{
  const float magic = 12582912.0f;
  return t - ((t + magic) - magic);
}

/// e^x for |x| <= 80, relative error below 3e-7.
FIQ_INLINE float exponential(float x)
{
  const float magic   = 12582912.0f;
  const float scaled  = x * 1.44269504f;
  const float rounded = (scaled + magic) - magic;
  const float f       = scaled - rounded;
  const float p =
      1.0f + f * (0.693147181f +
                  f * (0.240226507f +
                       f * (0.0555041087f +
                            f * (0.00961812911f + f * (0.00133335581f + f * 1.54035304e-4f)))));
  const int32_t bits = ((int32_t)rounded + 127) * (1 << 23);
  float         power;
  memcpy(&power, &bits, sizeof power);
  return p * power;
}

/// Frequency of every oscillator, cycles per sample.
FIQ_INLINE void find_frequency(const FiqSwarmFrame* restrict step, uint32_t first,
                               const float* restrict x, const uint8_t* restrict partial,
                               const float* restrict centre, float* restrict nu)
{
  const float scale   = step->hz_to_nu * (step->cents ? FIQ_CARRIER_F0_HZ : 1.0f);
  const float inverse = step->cents ? 1.0f / FIQ_CARRIER_F0_HZ : 0.0f;
  for (int i = 0; i < CHUNK; ++i) {
    const float detune = (float)(int32_t)((first + (uint32_t)i) * detune_step) * 0x1p-31f;
    const float base   = step->cents ? scale : scale * x[i];
    const float h      = (float)(partial[i] + 1);
    nu[i]              = h * base * exponential(x[i] * inverse + detune * step->spread - centre[i]);
  }
}

/// One chunk under work; copies, so that nothing aliases and all loops are vectors.
typedef struct {
  float centre[CHUNK]; ///< mean detune of the group, exponent
  float next[CHUNK];   ///< frequency to come, cycles per sample
  float bent[CHUNK];   ///< what coupling adds to it
  float target[CHUNK]; ///< amplitude of the group
  float cosine[CHUNK];
  float sine[CHUNK];
} Work;

/// What the groups hold for each member.
FIQ_INLINE void look_up(const FiqSwarm* restrict self, uint32_t first, Work* restrict work)
{
  const uint16_t* restrict group = self->group + first;
  const float* restrict gain     = self->gain;
  const float* restrict pull     = self->pull;
  const float* restrict psi      = self->psi;
  const float* restrict centre   = self->centre;
  const float* restrict phi      = self->phi + first;
  for (int i = 0; i < CHUNK; ++i) {
    const int32_t g = group[i];
    work->target[i] = gain[g];
    work->centre[i] = centre[g];
  }
  if (fabsf(self->step.params.coupling) > 0.0f) {
    for (int i = 0; i < CHUNK; ++i) {
      const int32_t g = group[i];
      work->bent[i]   = pull[g] * sine_turns(wrap_turns(psi[g] - phi[i]));
    }
  }
}

/// Move frequency, phase and amplitude on by one step.
FIQ_INLINE void move_on(Work* restrict work, float* restrict nu, float* restrict phi,
                        float* restrict amplitude, float* restrict slew, float* restrict lobe_nu,
                        float frames, bool coupled)
{
  const float fade = 1.0f / (FIQ_LOBE_NU_MAX - fade_start_nu);
  for (int i = 0; i < CHUNK; ++i) {
    const float next  = work->next[i] < FIQ_LOBE_NU_MAX ? work->next[i] : FIQ_LOBE_NU_MAX;
    const float inner = (FIQ_LOBE_NU_MAX - next) * fade;
    const float held  = inner < 1.0f ? inner : 1.0f;
    const float limit = held * held * (3.0f - 2.0f * held);
    const float steps = slew[i] > 1.0f ? slew[i] : 1.0f;
    const float bent  = coupled ? work->bent[i] : 0.0f;
    amplitude[i] += (work->target[i] * limit - amplitude[i]) / steps;
    slew[i]           = steps - 1.0f;
    phi[i]            = wrap_turns(phi[i] + ((nu[i] + next) * 0.5f + bent) * frames);
    nu[i]             = next;
    const float sum   = next + bent;
    const float above = sum > 0.0f ? sum : 0.0f;
    lobe_nu[i]        = above < FIQ_LOBE_NU_MAX ? above : FIQ_LOBE_NU_MAX;
  }
}

FIQ_INLINE void make_lobes(Work* restrict work, const float* restrict phi,
                           const float* restrict amplitude, const float* restrict pan_left,
                           FiqLobes* restrict lobes)
{
  for (int i = 0; i < CHUNK; ++i) {
    const float cosine = cosine_turns(phi[i]);
    const float sine   = sine_turns(phi[i]);
    const float left   = amplitude[i] * pan_left[i];
    const float rest   = 1.0f - pan_left[i] * pan_left[i];
    const float right  = amplitude[i] * sqrtf(rest > 0.0f ? rest : 0.0f);
    work->cosine[i]    = cosine;
    work->sine[i]      = sine;
    lobes->left_re[i]  = left * cosine;
    lobes->left_im[i]  = left * sine;
    lobes->right_re[i] = right * cosine;
    lobes->right_im[i] = right * sine;
  }
}

/// Phases, amplitudes and lobes of one chunk.
FIQ_INLINE void oscillate(FiqSwarm* restrict self, uint32_t first, Work* restrict work,
                          FiqLobes* restrict lobes)
{
  look_up(self, first, work);
  find_frequency(&self->step, first, self->carriers.x + first, self->partial + first, work->centre,
                 work->next);
  if (first + CHUNK > self->step.n_target) {
    for (uint32_t i = 0; i < CHUNK; ++i) {
      work->target[i] = first + i < self->step.n_target ? work->target[i] : 0.0f;
    }
  }
  move_on(work, self->nu + first, self->phi + first, self->amplitude + first, self->slew + first,
          lobes->nu, (float)self->step_frames, fabsf(self->step.params.coupling) > 0.0f);
  make_lobes(work, self->phi + first, self->amplitude + first, self->pan_left + first, lobes);
}

static void oscillate_base(FiqSwarm* self, uint32_t first, Work* work, FiqLobes* lobes)
{
  oscillate(self, first, work, lobes);
}

FIQ_AVX2 static void oscillate_avx2(FiqSwarm* self, uint32_t first, Work* work, FiqLobes* lobes)
{
  oscillate(self, first, work, lobes);
}

/// Add the chunk's phasors to the sums of their groups.
static void sum_groups(FiqSwarm* self, uint32_t first, uint32_t n, const Work* work)
{
  const float spread = self->step.spread;
  for (uint32_t i = 0; i < n; ++i) {
    FiqSwarmSum* const sum = self->sum + (i % FIQ_SWARM_LANES) * N_SUMS + self->group[first + i];
    sum->re += work->cosine[i];
    sum->im += work->sine[i];
    sum->n += 1.0f;
    // (e^(d s) - 1) / s by its series: s is below 0.06.
    const float d = (float)(int32_t)((first + i) * detune_step) * 0x1p-31f;
    sum->detune += d * (1.0f + d * spread * (0.5f + d * spread * (1.0f / 6.0f)));
  }
}

static float random_turns(const FiqSwarm* self, uint32_t i)
{
  const uint32_t bits = fiq_carriers_hash(i, self->seed + self->step_count * 7919u);
  return (float)(bits >> 8) * 0x1p-24f - 0.5f;
}

static uint16_t group_of(const FiqSwarm* self, uint32_t i)
{
  return (uint16_t)(self->carriers.slot[i] * FIQ_SWARM_PARTIALS_MAX + self->partial[i]);
}

/// An oscillator with another partial to come falls silent first, then takes it.
static void change_partial(FiqSwarm* self, uint32_t i)
{
  const uint8_t wanted = self->partial_of[(i * partial_step) >> 24];
  const bool    silent = self->group[i] == SILENT_GROUP;
  const bool    same   = wanted == self->partial[i];
  if (!same && !silent) {
    self->group[i] = SILENT_GROUP;
    self->slew[i]  = self->slew_steps;
  } else if (silent && (same || self->slew[i] < 0.5f)) {
    self->partial[i] = wanted;
    self->group[i]   = group_of(self, i);
    self->slew[i]    = self->slew_steps;
  }
}

/// Oscillators in flight belong to the note that attracts them; a change of note slews the level.
static void follow_flight(FiqSwarm* self, uint32_t first)
{
  uint16_t* restrict group        = self->group + first;
  float* restrict slew            = self->slew + first;
  const uint8_t* restrict slot    = self->carriers.slot + first;
  const uint8_t* restrict partial = self->partial + first;
  const float steps               = self->slew_steps;
  for (int i = 0; i < CHUNK; ++i) {
    const uint16_t here = (uint16_t)(slot[i] * FIQ_SWARM_PARTIALS_MAX + partial[i]);
    const uint16_t next = group[i] == SILENT_GROUP ? SILENT_GROUP : here;
    slew[i]             = next == group[i] ? slew[i] : steps;
    group[i]            = next;
  }
}

/// Whatever is not the plain course of things: starts, fades, flights between notes, new partials.
static void rearrange(FiqSwarm* self, uint32_t first, uint32_t n)
{
  const FiqSwarmFrame* step = &self->step;
  for (uint32_t i = first; i < first + n; ++i) {
    if (step->restart || i >= step->join_first) {
      self->phi[i]       = random_turns(self, i);
      self->partial[i]   = self->partial_of[(i * partial_step) >> 24];
      self->group[i]     = group_of(self, i);
      self->amplitude[i] = 0.0f;
      self->slew[i]      = step->restart ? 1.0f : self->slew_steps;
      continue;
    }
    if (step->regroup) {
      change_partial(self, i);
    }
    const uint16_t group   = self->group[i] == SILENT_GROUP ? SILENT_GROUP : group_of(self, i);
    const bool     fades   = i >= step->fade_first && i < step->fade_last;
    const bool     changes = fades || group != self->group[i];
    self->group[i]         = group;
    self->slew[i]          = changes ? self->slew_steps : self->slew[i];
  }
}

static void pan(FiqSwarm* self, uint32_t first)
{
  const float width = self->step.params.width;
  for (uint32_t i = first; i < first + CHUNK; ++i) {
    const float place = (float)(int32_t)(i * pan_step) * 0x1p-31f;
    self->pan_left[i] = fiq_cos(0.25f * FIQ_PI_F * (1.0f + width * place));
  }
}

static float converted(bool to_cents, float x)
{
  const float f0 = FIQ_CARRIER_F0_HZ;
  return to_cents ? f0 * logf(fmaxf(x, 1.0f) / f0) : f0 * expf(fiq_clamp(x / f0, -6.0f, 6.0f));
}

static void work_chunk(FiqSwarm* self, uint32_t chunk)
{
  const FiqSwarmFrame* step  = &self->step;
  const uint32_t       first = chunk * CHUNK;
  const uint32_t       n     = step->n_run - first < CHUNK ? step->n_run - first : CHUNK;
  if (step->convert) {
    for (uint32_t i = first; i < first + n; ++i) {
      self->carriers.x[i] = converted(step->cents, self->carriers.x[i]);
    }
  }
  const bool flown = fiq_carriers_advance(&self->carriers, chunk);
  const bool fades = first < step->fade_last && first + CHUNK > step->fade_first;
  const bool joins = first + CHUNK > step->join_first;
  if (fades || joins || step->restart || step->regroup) {
    rearrange(self, first, n);
  } else if (flown) {
    follow_flight(self, first);
  }
  if (step->repan || step->restart || joins) {
    pan(self, first);
  }
  Work     work;
  FiqLobes lobes;
  if (self->use_avx2) {
    oscillate_avx2(self, first, &work, &lobes);
  } else {
    oscillate_base(self, first, &work, &lobes);
  }
  if (step->measure) {
    sum_groups(self, first, n, &work);
  }
  fiq_lobe_bank_add(&self->lobes, &lobes);
}

// ---- one step ----

/// Shares of the partials: the h-th sounds from a part of the oscillators in proportion to 1/h.
static void share_partials(FiqSwarm* self, int32_t n_partials)
{
  float total = 0.0f;
  for (int32_t h = 1; h <= n_partials; ++h) {
    total += 1.0f / (float)h;
  }
  int32_t h   = 1;
  float   sum = 1.0f;
  for (int32_t i = 0; i < 256; ++i) {
    while (h < n_partials && ((float)i + 0.5f) * total >= sum * 256.0f) {
      h += 1;
      sum += 1.0f / (float)h;
    }
    self->partial_of[i] = (uint8_t)(h - 1);
  }
  self->n_partials = n_partials;
}

static float coordinate(const FiqSwarm* self, float pitch)
{
  const float f0 = FIQ_CARRIER_F0_HZ;
  // ln 440 / f0, and one semitone, in units of the axis.
  return self->step.cents ? f0 * 0.519843435f + (pitch - 69.0f) * (f0 * 0.0577622650f)
                          : fiq_note_to_hz(pitch);
}

static void set_target(FiqSwarm* self, FiqCarriersTarget* target)
{
  for (int k = 0; k < FIQ_NOTES_MAX; ++k) {
    FiqNote* const note   = &self->notes.note[k];
    const bool     sounds = note->stage != FIQ_NOTE_IDLE;
    target->x[k]          = coordinate(self, fiq_notes_pitch(&self->notes, note));
    target->mass[k]       = sounds ? note->velocity : 0.0f;
    target->fresh[k]      = sounds && note->fresh;
    note->fresh           = false;
  }
}

/// Where a cloud of `octaves` around the mean of the chord begins and ends.
static void set_cloud(const FiqSwarm* self, const FiqCarriersTarget* target,
                      FiqCarriersParams* params)
{
  const FiqSwarmFrame* step = &self->step;
  float                sum  = 0.0f;
  float                n    = 0.0f;
  for (int k = 0; k < FIQ_NOTES_MAX; ++k) {
    const bool  sounds = target->mass[k] > 0.0f;
    const float x      = step->cents ? target->x[k] : converted(true, target->x[k]);
    sum += sounds ? x : 0.0f;
    n += sounds ? 1.0f : 0.0f;
  }
  const float centre   = sum / fmaxf(n, 1.0f);
  const float half     = 0.5f * step->params.scatter_octaves * 0.693147181f * FIQ_CARRIER_F0_HZ;
  const float low      = half > 0.0f ? centre - half : centre;
  const float high     = half > 0.0f ? centre + half : centre;
  params->scatter_low  = step->cents ? low : converted(false, low);
  params->scatter_high = step->cents ? high : converted(false, high);
}

static void begin_carriers(FiqSwarm* self)
{
  const FiqSwarmFrame* step   = &self->step;
  const float          top_hz = FIQ_LOBE_NU_MAX * (float)self->sample_rate_hz;
  const float          low    = step->cents ? converted(true, 8.0f) : 8.0f;
  const float          high   = step->cents ? converted(true, top_hz) : top_hz;
  FiqCarriersParams    params = {.noise     = step->params.noise_hz,
                                 .strength  = step->params.strength,
                                 .sharpness = step->params.sharpness,
                                 .balance   = step->params.balance,
                                 .anneal_s  = fmaxf(step->params.anneal_s, 0.01f),
                                 .x_low     = low,
                                 .x_high    = high};
  FiqCarriersTarget    target;
  set_target(self, &target);
  set_cloud(self, &target, &params);
  if (step->restart) {
    fiq_carriers_scatter(&self->carriers);
  }
  if (step->convert) {
    for (int k = 0; k < FIQ_CARRIERS_MAX; ++k) {
      self->carriers.now[k] = converted(step->cents, self->carriers.now[k]);
    }
  }
  const float period_s = (float)((double)self->step_frames / self->sample_rate_hz);
  fiq_carriers_begin(&self->carriers, &params, &target, step->n_run, period_s);
}

/// How many oscillators play in this step, and which of them begin to fade in or out.
static void set_population(FiqSwarm* self)
{
  FiqSwarmFrame* step = &self->step;
  const uint32_t old  = step->n_target;
  const uint32_t wanted =
      (uint32_t)fiq_clamp(rintf(step->params.n_osc), 1.0f, (float)self->capacity);
  step->n_target   = wanted;
  step->join_first = UINT32_MAX - CHUNK;
  step->fade_first = wanted < old ? wanted : old;
  step->fade_last  = wanted < old ? old : wanted;
  if (step->restart) {
    step->n_run     = wanted;
    step->fade_last = step->fade_first;
  } else if (wanted > step->n_run) {
    step->join_first = step->n_run;
    step->n_run      = wanted;
  } else if (wanted != old) {
    self->shrink_steps = (uint32_t)self->slew_steps + 2;
  } else if (wanted < step->n_run && --self->shrink_steps == 0) {
    step->n_run = wanted;
  }
}

/// Loudness: how much of its power a group of the present order has too much.
static float group_power(const FiqSwarm* self, uint32_t g, float pan_coherence)
{
  const float n = fmaxf(1.0f, self->count[g]);
  return n * fmaxf(0.3f, 1.0f + pan_coherence * (n - 1.0f) * self->order2[g]);
}

/// Gains of one note's groups from its envelope and the measured power of each.
static void set_gains(FiqSwarm* self, uint32_t slot, bool snap, float pan_coherence)
{
  const FiqNote* note  = &self->notes.note[slot];
  const float    tilt  = self->step.params.tilt_db_per_octave;
  const float    level = note->stage == FIQ_NOTE_IDLE ? 0.0f : note->velocity * note->level;
  const float    loud  = level * note_amplitude * self->step.params.level;
  const uint32_t first = slot * FIQ_SWARM_PARTIALS_MAX;
  float          partial_gain[FIQ_SWARM_PARTIALS_MAX];
  float          power = 0.0f;
  for (uint32_t h = 0; h < FIQ_SWARM_PARTIALS_MAX; ++h) {
    partial_gain[h] = fiq_db_to_gain(tilt * log2f((float)(h + 1)));
    power += self->count[first + h] > 0.5f ? partial_gain[h] * partial_gain[h] : 0.0f;
  }
  const float norm = power > 0.0f ? 1.0f / power : 1.0f;
  const float step = (float)self->step_frames / (float)self->sample_rate_hz;
  const float rate = snap ? 1.0f : 1.0f - expf(-step / count_tau_s);
  self->norm[slot] += (norm - self->norm[slot]) * rate;
  for (uint32_t h = 0; h < FIQ_SWARM_PARTIALS_MAX; ++h) {
    const float share     = self->norm[slot] / group_power(self, first + h, pan_coherence);
    self->gain[first + h] = loud * partial_gain[h] * sqrtf(share);
  }
}

/// Out of silence the members of the groups are not counted yet, but known beforehand.
static void expect_counts(FiqSwarm* self)
{
  uint32_t share[FIQ_SWARM_PARTIALS_MAX] = {0};
  for (int i = 0; i < 256; ++i) {
    share[self->partial_of[i]] += 1;
  }
  for (uint32_t g = 0; g < FIQ_SWARM_GROUPS; ++g) {
    const float part = (float)share[g % FIQ_SWARM_PARTIALS_MAX] * (1.0f / 256.0f);
    self->count[g]   = (float)self->carriers.share[g / FIQ_SWARM_PARTIALS_MAX] * part;
    self->order2[g]  = 0.0f;
    self->pull[g]    = 0.0f;
  }
}

static void set_all_gains(FiqSwarm* self)
{
  const float angle    = 0.25f * FIQ_PI_F * self->step.params.width;
  const float cardinal = angle > 1e-3f ? sinf(angle) / angle : 1.0f;
  for (uint32_t k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    const bool sounds = self->notes.note[k].stage != FIQ_NOTE_IDLE;
    const bool begins = sounds && !self->active[k];
    if (sounds || self->active[k]) {
      set_gains(self, k, self->step.restart || begins, cardinal * cardinal);
    }
    self->active[k] = sounds || (self->active[k] && self->carriers.settled[k] > 0);
  }
}

/// Parameters and notes of the step that begins at this stream position.
static void set_step(FiqSwarm* self)
{
  FiqSwarmFrame* step       = &self->step;
  const float    old_width  = step->params.width;
  const bool     was_cents  = step->cents;
  const int32_t  n_partials = (int32_t)fiq_clamp(rintf(self->params.partials), 1.0f, 32.0f);
  step->params              = self->params;
  step->hz_to_nu            = (float)(1.0 / self->sample_rate_hz);
  step->restart             = self->asleep;
  step->cents               = step->params.metric >= 0.5f;
  step->convert             = step->cents != was_cents && !step->restart;
  step->repan               = fabsf(step->params.width - old_width) > 1e-6f;
  step->spread              = step->params.spread_cents * (0.693147181f / 1200.0f);
  step->measure =
      fabsf(step->params.coupling) > 0.0f || step->restart || self->step_count % MEASURE_EVERY == 0;
  if (n_partials != self->n_partials) {
    share_partials(self, n_partials);
    self->regroup_steps = 2 * (uint32_t)self->slew_steps + 4;
  }
  self->regroup_steps = step->restart ? 0 : self->regroup_steps;
  step->regroup       = self->regroup_steps > 0;
  self->regroup_steps -= step->regroup ? 1 : 0;
}

static void begin_step(FiqSwarm* self)
{
  const FiqSwarmParams* p     = &self->params;
  const FiqNotesParams  notes = {p->attack_s, p->decay_s, p->sustain, p->release_s,
                                 p->bend_range_semitones};
  fiq_notes_advance(&self->notes, &notes, self->frame);
  const bool sounding = fiq_notes_sounding(&self->notes);
  self->idle_steps    = sounding ? 0 : self->idle_steps + 1;
  self->next_chunk    = 0;
  self->n_chunks      = 0;
  if (self->asleep && !sounding) {
    return;
  }
  set_step(self);
  set_population(self);
  begin_carriers(self);
  if (self->step.restart) {
    expect_counts(self);
  }
  set_all_gains(self);
  self->asleep   = false;
  self->n_chunks = (self->step.n_run + CHUNK - 1) / CHUNK;
}

/// K of group `g` in rad/s: the parameter counts in widths of the group's own detune.
static float coupling_of(const FiqSwarm* self, uint32_t g)
{
  const float hz    = fiq_swarm_hz(self, self->carriers.now[g / FIQ_SWARM_PARTIALS_MAX]);
  const float width = FIQ_TWO_PI_F * hz * (float)(g % FIQ_SWARM_PARTIALS_MAX + 1) * self->step.spread;
  return self->step.params.coupling * fmaxf(width, 1.0f);
}

/// Slow measures of one group from this step's sums.
static void measure_group(FiqSwarm* self, uint32_t g, float step_s, double* order_sum,
                          double* n_sum)
{
  FiqSwarmSum total = {0.0f, 0.0f, 0.0f, 0.0f};
  for (uint32_t lane = 0; lane < FIQ_SWARM_LANES; ++lane) {
    FiqSwarmSum* const sum = self->sum + lane * N_SUMS + g;
    total.re += sum->re;
    total.im += sum->im;
    total.n += sum->n;
    total.detune += sum->detune;
    *sum = (FiqSwarmSum){0.0f, 0.0f, 0.0f, 0.0f};
  }
  const float fall   = 1.0f - expf(-step_s / count_tau_s);
  const float way    = total.n - self->count[g];
  const float centre = log1pf(self->step.spread * total.detune / fmaxf(total.n, 1.0f));
  const bool  begins = self->count[g] < 0.5f || self->step.restart;
  self->centre[g] += (centre - self->centre[g]) * (begins ? 1.0f : fall);
  self->count[g] += way > 0.0f || self->step.restart ? way : way * fall;
  self->pull[g] = 0.0f;
  if (total.n < 0.5f) {
    return;
  }
  const float n     = total.n;
  const float power = (total.re * total.re + total.im * total.im) / n;
  const float r     = sqrtf(power / n);
  const float turn  = fmaxf(1.0f - expf(-coupling_of(self, g) * r * step_s), -1.0f);
  self->pull[g]     = turn / (FIQ_TWO_PI_F * (float)self->step_frames);
  self->psi[g]      = atan2f(total.im, total.re) * (1.0f / FIQ_TWO_PI_F);
  *order_sum += (double)(n * r);
  *n_sum += (double)n;
  if (n > 1.5f) {
    const float order2 = (power - 1.0f) / (n - 1.0f);
    self->order2[g] += (order2 - self->order2[g]) * (1.0f - expf(-step_s / order_tau_s));
    self->order2[g] = fmaxf(self->order2[g], (power / surge - 1.0f) / (n - 1.0f));
  }
}

static void measure_groups(FiqSwarm* self)
{
  const uint32_t since  = fabsf(self->step.params.coupling) > 0.0f ? 1 : MEASURE_EVERY;
  const float    step_s = (float)since * (float)self->step_frames / (float)self->sample_rate_hz;
  double         order  = 0.0;
  double         n      = 0.0;
  for (uint32_t k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    for (uint32_t h = 0; self->active[k] && h < FIQ_SWARM_PARTIALS_MAX; ++h) {
      measure_group(self, k * FIQ_SWARM_PARTIALS_MAX + h, step_s, &order, &n);
    }
  }
  self->order = n > 0.0 ? (float)(order / n) : 0.0f;
}

static void fall_asleep(FiqSwarm* self)
{
  self->asleep = true;
  for (int set = 0; set < 2; ++set) {
    for (int c = 0; c < FIQ_CHANNELS; ++c) {
      memset(self->play[set][c], 0, self->step_frames * sizeof(float));
    }
  }
  memset(self->active, 0, sizeof self->active);
  memset(self->sum, 0, (size_t)FIQ_SWARM_LANES * N_SUMS * sizeof *self->sum);
  fiq_lobe_bank_reset(&self->lobes);
}

static void end_step(FiqSwarm* self)
{
  self->begun = false;
  self->step_count += 1;
  if (self->asleep) {
    return;
  }
  fiq_carriers_end(&self->carriers);
  fiq_lobe_bank_finish(&self->lobes, self->play[1 - self->playing]);
  if (self->step.measure) {
    measure_groups(self);
  }
}

/// The `slice`-th portion of the step's work.
static void work(FiqSwarm* self, uint32_t slice)
{
  const uint32_t n_slices = self->step_frames / FIQ_SWARM_SLICE;
  if (slice == 0) {
    self->playing = 1 - self->playing;
    // Amplitudes take slew_steps to reach zero, the last frame one step to ring out, and one more to be heard.
    if (!self->asleep && self->idle_steps > (uint32_t)self->slew_steps + 4) {
      fall_asleep(self);
    }
    begin_step(self);
    self->begun = true;
  }
  if (!self->begun) {
    return;
  }
  const uint32_t last = (uint32_t)((uint64_t)self->n_chunks * (slice + 1) / n_slices);
  for (; self->next_chunk < last; ++self->next_chunk) {
    work_chunk(self, self->next_chunk);
  }
  if (slice + 1 == n_slices) {
    end_step(self);
  }
}

void fiq_swarm_process(FiqSwarm* self, float* const out[FIQ_CHANNELS], uint32_t n_frames)
{
  for (uint32_t done = 0; done < n_frames;) {
    const uint32_t at       = (uint32_t)(self->frame % self->step_frames);
    const uint32_t in_slice = at % FIQ_SWARM_SLICE;
    if (in_slice == 0) {
      work(self, at / FIQ_SWARM_SLICE);
    }
    const uint32_t left = FIQ_SWARM_SLICE - in_slice;
    const uint32_t n    = n_frames - done < left ? n_frames - done : left;
    for (int c = 0; c < FIQ_CHANNELS; ++c) {
      memcpy(out[c] + done, self->play[self->playing][c] + at, n * sizeof(float));
    }
    self->frame += n;
    done += n;
  }
}

void fiq_swarm_control(FiqSwarm* self, const FiqSwarmParams* params)
{
  self->params = *params;
  fiq_notes_drone(&self->notes, (int32_t)rintf(params->chord), (int32_t)rintf(params->root_note),
                  self->frame);
}

uint32_t fiq_swarm_latency_frames(const FiqSwarm* self)
{
  return 2 * self->step_frames;
}

void fiq_swarm_note_on(FiqSwarm* self, uint32_t channel, uint32_t key, float velocity,
                       uint32_t offset)
{
  fiq_notes_on(&self->notes, channel, key, velocity, self->frame + offset);
}

void fiq_swarm_note_off(FiqSwarm* self, uint32_t channel, uint32_t key, uint32_t offset)
{
  fiq_notes_off(&self->notes, channel, key, self->frame + offset);
}

void fiq_swarm_bend(FiqSwarm* self, uint32_t channel, float bend, uint32_t offset)
{
  fiq_notes_bend(&self->notes, channel, bend, self->frame + offset);
}

void fiq_swarm_controller(FiqSwarm* self, uint32_t channel, uint32_t controller, uint32_t value,
                          uint32_t offset)
{
  fiq_notes_controller(&self->notes, channel, controller, value, self->frame + offset);
}

float fiq_swarm_hz(const FiqSwarm* self, float x)
{
  return self->step.cents ? converted(false, x) : x;
}

float fiq_swarm_residual_hz(const FiqSwarm* self)
{
  // On the axis of cents a unit is f / 261.63 Hz; the mean carrier stands for all.
  float sum = 0.0f;
  float n   = 0.0f;
  for (int k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    const float members = (float)self->carriers.share[k];
    const float x       = self->carriers.now[k];
    sum += members * (self->step.cents ? converted(false, x) / FIQ_CARRIER_F0_HZ : 1.0f);
    n += members;
  }
  return self->carriers.residual * (n > 0.0f ? sum / n : 1.0f);
}

// ---- life ----

uint32_t fiq_swarm_default_step(double sample_rate_hz)
{
  uint32_t step = 64;
  for (double rate_hz = sample_rate_hz; rate_hz > 50000.0; rate_hz *= 0.5) {
    step *= 2;
  }
  return step;
}

FiqSwarmParams fiq_swarm_default_params(void)
{
  return (FiqSwarmParams){.n_osc                = 1000.0f,
                          .anneal_s             = 1.5f,
                          .balance              = 1.0f,
                          .noise_hz             = 50.0f,
                          .strength             = 10.0f,
                          .sharpness            = 20.0f,
                          .metric               = (float)FIQ_METRIC_CENTS,
                          .spread_cents         = 6.0f,
                          .coupling             = 0.0f,
                          .partials             = 8.0f,
                          .tilt_db_per_octave   = -6.0f,
                          .width                = 0.8f,
                          .attack_s             = 0.3f,
                          .decay_s              = 1.0f,
                          .sustain              = 0.8f,
                          .release_s            = 0.8f,
                          .bend_range_semitones = 2.0f,
                          .scatter_octaves      = 4.0f,
                          .level                = 1.0f,
                          .chord                = (float)FIQ_CHORD_OFF,
                          .root_note            = 48.0f};
}

static void take_buffers(FiqSwarm* self, FiqArena* arena)
{
  const size_t n      = ((size_t)self->capacity + CHUNK - 1) / CHUNK * CHUNK;
  const size_t groups = N_SUMS;
  self->nu            = fiq_arena_take(arena, n, sizeof *self->nu);
  self->phi           = fiq_arena_take(arena, n, sizeof *self->phi);
  self->amplitude     = fiq_arena_take(arena, n, sizeof *self->amplitude);
  self->slew          = fiq_arena_take(arena, n, sizeof *self->slew);
  self->pan_left      = fiq_arena_take(arena, n, sizeof *self->pan_left);
  self->group         = fiq_arena_take(arena, n, sizeof *self->group);
  self->partial       = fiq_arena_take(arena, n, sizeof *self->partial);
  self->sum           = fiq_arena_take(arena, FIQ_SWARM_LANES * groups, sizeof *self->sum);
  self->gain          = fiq_arena_take(arena, groups, sizeof *self->gain);
  self->pull          = fiq_arena_take(arena, groups, sizeof *self->pull);
  self->psi           = fiq_arena_take(arena, groups, sizeof *self->psi);
  self->count         = fiq_arena_take(arena, groups, sizeof *self->count);
  self->order2        = fiq_arena_take(arena, groups, sizeof *self->order2);
  self->centre        = fiq_arena_take(arena, groups, sizeof *self->centre);
  for (int set = 0; set < 2; ++set) {
    for (int c = 0; c < FIQ_CHANNELS; ++c) {
      self->play[set][c] = fiq_arena_take(arena, self->step_frames, sizeof(float));
    }
  }
}

FiqStatus fiq_swarm_init(FiqSwarm* self, FiqArena* arena, FiqFftPool* pool,
                         const FiqSwarmConfig* config)
{
  assert(self && arena && pool && config);
  const double rate_hz = config->sample_rate_hz;
  if (!(rate_hz >= FIQ_SAMPLE_RATE_MIN_HZ && rate_hz <= FIQ_SAMPLE_RATE_MAX_HZ) ||
      config->capacity < 1 || config->capacity > FIQ_CARRIERS_OSC_MAX) {
    return FIQ_BAD_ARGUMENT;
  }
  memset(self, 0, sizeof *self);
  self->sample_rate_hz = rate_hz;
  self->capacity       = config->capacity;
  self->step_frames = config->step_frames ? config->step_frames : fiq_swarm_default_step(rate_hz);
  self->slew_steps  = fmaxf(2.0f, rintf(slew_s * (float)rate_hz / (float)self->step_frames));
  self->use_avx2    = fiq_simd_avx2();
  const FiqStatus carriers = fiq_carriers_init(&self->carriers, arena, config->capacity);
  const FiqStatus lobes    = fiq_lobe_bank_init(&self->lobes, arena, pool, self->step_frames);
  if (lobes == FIQ_BAD_ARGUMENT || lobes == FIQ_NO_PLAN) {
    return lobes;
  }
  take_buffers(self, arena);
  if (fiq_arena_status(arena) != FIQ_OK || carriers != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  fiq_notes_init(&self->notes, rate_hz, self->step_frames);
  fiq_swarm_reset(self, config->seed);
  return FIQ_OK;
}

void fiq_swarm_reset(FiqSwarm* self, uint64_t seed)
{
  self->seed = fiq_carriers_hash((uint32_t)seed, (uint32_t)(seed >> 32));
  fiq_notes_reset(&self->notes);
  fiq_carriers_reset(&self->carriers, self->seed);
  self->params        = fiq_swarm_default_params();
  self->step          = (FiqSwarmFrame){.params = self->params, .n_target = 1, .n_run = 1};
  self->step.cents    = true;
  self->frame         = 0;
  self->n_chunks      = 0;
  self->next_chunk    = 0;
  self->step_count    = 0;
  self->idle_steps    = 0;
  self->regroup_steps = 0;
  self->shrink_steps  = 0;
  self->playing       = 0;
  self->begun         = false;
  self->order         = 0.0f;
  share_partials(self, 1);
  memset(self->norm, 0, sizeof self->norm);
  memset(self->gain, 0, N_SUMS * sizeof *self->gain);
  memset(self->pull, 0, N_SUMS * sizeof *self->pull);
  memset(self->psi, 0, N_SUMS * sizeof *self->psi);
  memset(self->count, 0, N_SUMS * sizeof *self->count);
  memset(self->order2, 0, N_SUMS * sizeof *self->order2);
  memset(self->centre, 0, N_SUMS * sizeof *self->centre);
  memset(self->nu, 0, self->carriers.capacity * sizeof *self->nu);
  fall_asleep(self);
}

/// Sums, gains and what else belongs to groups and the sounding step.
static void adopt_groups(FiqSwarm* self, const FiqSwarm* old)
{
  memcpy(self->sum, old->sum, (size_t)FIQ_SWARM_LANES * N_SUMS * sizeof *self->sum);
  memcpy(self->gain, old->gain, N_SUMS * sizeof *self->gain);
  memcpy(self->pull, old->pull, N_SUMS * sizeof *self->pull);
  memcpy(self->psi, old->psi, N_SUMS * sizeof *self->psi);
  memcpy(self->count, old->count, N_SUMS * sizeof *self->count);
  memcpy(self->order2, old->order2, N_SUMS * sizeof *self->order2);
  memcpy(self->centre, old->centre, N_SUMS * sizeof *self->centre);
  memcpy(self->partial_of, old->partial_of, sizeof self->partial_of);
  memcpy(self->norm, old->norm, sizeof self->norm);
  memcpy(self->active, old->active, sizeof self->active);
}

static void adopt_oscillators(FiqSwarm* self, const FiqSwarm* old)
{
  const size_t mine   = self->carriers.capacity;
  const size_t theirs = old->carriers.capacity;
  const size_t n      = mine < theirs ? mine : theirs;
  memcpy(self->nu, old->nu, n * sizeof *self->nu);
  memcpy(self->phi, old->phi, n * sizeof *self->phi);
  memcpy(self->amplitude, old->amplitude, n * sizeof *self->amplitude);
  memcpy(self->slew, old->slew, n * sizeof *self->slew);
  memcpy(self->pan_left, old->pan_left, n * sizeof *self->pan_left);
  memcpy(self->group, old->group, n * sizeof *self->group);
  memcpy(self->partial, old->partial, n * sizeof *self->partial);
}

/// The lobes under work and the sound that is ready; only a bank of the same step can take them.
static void adopt_sound(FiqSwarm* self, const FiqSwarm* old)
{
  if (self->step_frames == old->step_frames) {
    fiq_lobe_bank_adopt(&self->lobes, &old->lobes);
    for (int set = 0; set < 2; ++set) {
      for (int c = 0; c < FIQ_CHANNELS; ++c) {
        memcpy(self->play[set][c], old->play[set][c], self->step_frames * sizeof(float));
      }
    }
    return;
  }
  for (; self->begun && self->next_chunk < self->n_chunks; ++self->next_chunk) {
    (void)fiq_carriers_advance(&self->carriers, self->next_chunk);
  }
  if (self->begun && !self->asleep) {
    fiq_carriers_end(&self->carriers);
  }
  self->begun = false;
}

void fiq_swarm_adopt(FiqSwarm* self, const FiqSwarm* old)
{
  const double rate_hz       = self->notes.sample_rate_hz;
  const float  shortest_s    = self->notes.shortest_s;
  self->notes                = old->notes;
  self->notes.sample_rate_hz = rate_hz;
  self->notes.shortest_s     = shortest_s;
  fiq_carriers_adopt(&self->carriers, &old->carriers);
  adopt_oscillators(self, old);
  adopt_groups(self, old);
  self->params        = old->params;
  self->step          = old->step;
  self->frame         = old->frame;
  self->next_chunk    = old->next_chunk;
  self->step_count    = old->step_count;
  self->idle_steps    = old->idle_steps;
  self->regroup_steps = old->regroup_steps;
  self->shrink_steps  = old->shrink_steps;
  self->n_partials    = old->n_partials;
  self->seed          = old->seed;
  self->playing       = old->playing;
  self->begun         = old->begun;
  self->asleep        = old->asleep;
  self->order         = old->order;
  // What does not fit is cut off; the step under work goes on with the rest.
  const uint32_t chunks = self->carriers.capacity / CHUNK;
  self->n_chunks        = old->n_chunks < chunks ? old->n_chunks : chunks;
  self->step.n_run      = self->step.n_run < self->capacity ? self->step.n_run : self->capacity;
  self->step.n_target = self->step.n_target < self->capacity ? self->step.n_target : self->capacity;
  adopt_sound(self, old);
}
