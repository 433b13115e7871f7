// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/engine/effect_path.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

static const uint32_t freeze_window_frames = 4096; // at 44.1 and 48 kHz
static const uint32_t groups_window_frames = 2048;

/// What hears which bands belong together.
static FiqStatus init_groups(FiqEffectPath* self, FiqArena* arena, FiqFftPool* pool)
{
  const double    rate   = self->config.sample_rate_hz;
  FiqGroupsConfig config = {.sample_rate_hz = rate,
                            .window_frames  = fiq_realms_window_frames(rate, groups_window_frames),
                            .control_frames = self->config.control_frames};
  for (uint32_t realm = 0; realm < FIQ_N_REALMS; ++realm) {
    config.n_bands[realm] = fiq_realms_n_bands(&self->realms, (FiqRealm)realm);
  }
  return fiq_groups_init(&self->groups, arena, pool, &config);
}

/// The transformers that a path which turns has; `latency` grows by theirs.
static FiqStatus init_turner(FiqEffectPath* self, FiqArena* arena, FiqFftPool* pool,
                             uint32_t* latency)
{
  FiqStatus status = FIQ_OK;
  for (uint32_t c = 0; c < FIQ_CHANNELS && self->config.shape.turns; ++c) {
    const FiqStatus one = fiq_hilbert_init(&self->hilbert[c], arena, pool,
                                           self->config.sample_rate_hz, FIQ_HILBERT_LONG);
    status              = status == FIQ_OK ? one : status;
  }
  *latency += self->config.shape.turns ? fiq_hilbert_latency_frames(&self->hilbert[0]) : 0;
  return status;
}

FiqStatus fiq_effect_path_init(FiqEffectPath* self, FiqArena* arena, FiqFftPool* pool,
                               const FiqEffectPathConfig* config)
{
  assert(self && arena && pool && config);
  memset(self, 0, sizeof(*self));
  self->config                 = *config;
  const double          rate   = config->sample_rate_hz;
  const uint32_t        period = config->control_frames;
  const FiqRealmsConfig realms = {.sample_rate_hz   = rate,
                                  .control_frames   = period,
                                  .window_frames    = config->shape.window_frames,
                                  .n_bands          = config->shape.n_bands,
                                  .lookahead_frames = config->shape.lookahead_frames,
                                  .spectral_only    = config->shape.spectral_only,
                                  .latency_frames   = config->swarm_latency_frames};
  FiqStatus             status = fiq_realms_init(&self->realms, arena, pool, &realms);
  if (status != FIQ_OK && status != FIQ_NO_MEMORY) {
    return status;
  }
  const FiqFreezeConfig freeze   = {rate, fiq_realms_window_frames(rate, freeze_window_frames),
                                    period};
  const uint32_t        watch    = config->shape.watch_frames;
  uint32_t              latency  = fiq_realms_latency_frames(&self->realms) + watch;
  const FiqStatus       turner   = init_turner(self, arena, pool, &latency);
  const FiqStatus       others[] = {turner,
                                    fiq_field_delay_init(&self->dry_delay, arena, latency, period),
                                    fiq_field_delay_init(&self->wet_delay, arena, watch, period),
                                    fiq_field_delay_init(&self->side_delay, arena, latency, period),
                                    fiq_field_delay_init(&self->swarm_delay, arena,
                                                         latency - config->swarm_latency_frames, period),
                                    fiq_field_shift_init(&self->shift, rate, period),
                                    fiq_freeze_init(&self->freeze, arena, pool, &freeze),
                                    init_groups(self, arena, pool)};
  for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); ++i) {
    status = status == FIQ_OK ? others[i] : status;
  }
  fiq_phase_rotator_init(&self->rotator, rate, period);
  fiq_arena_take_planes(arena, self->dry);
  fiq_arena_take_planes(arena, self->ahead);
  fiq_arena_take_planes(arena, self->side);
  fiq_arena_take_planes(arena, self->wet);
  fiq_arena_take_planes(arena, self->quadrature);
  fiq_arena_take_planes(arena, self->swarm);
  status = status == FIQ_OK ? fiq_arena_status(arena) : status;
  if (status != FIQ_OK) {
    return status;
  }
  self->latency_frames = latency;
  self->step           = 1.0f / (float)period;
  fiq_effect_path_reset(self, FIQ_REALM_SPECTRAL);
  return FIQ_OK;
}

void fiq_effect_path_reset(FiqEffectPath* self, FiqRealm realm)
{
  assert(self && realm < FIQ_N_REALMS);
  fiq_realms_reset(&self->realms, realm);
  fiq_field_delay_reset(&self->dry_delay);
  fiq_field_delay_reset(&self->wet_delay);
  fiq_field_delay_reset(&self->side_delay);
  fiq_field_delay_reset(&self->swarm_delay);
  for (uint32_t c = 0; c < FIQ_CHANNELS && self->config.shape.turns; ++c) {
    fiq_hilbert_reset(&self->hilbert[c]);
  }
  fiq_field_shift_reset(&self->shift);
  fiq_phase_rotator_reset(&self->rotator);
  fiq_freeze_reset(&self->freeze);
  fiq_groups_reset(&self->groups);
  self->position           = 0;
  self->seen               = (FiqPathLevels){.excess = 0.0f};
  self->envelope           = 0.0f;
  self->led                = 1.0f;
  self->side_frames        = UINT32_MAX;
  self->side_quiet_frames  = UINT32_MAX;
  self->swarm_quiet_frames = UINT32_MAX;
}

void fiq_effect_path_adopt(FiqEffectPath* self, const FiqEffectPath* old)
{
  assert(self && old);
  fiq_realms_adopt(&self->realms, &old->realms);
  fiq_freeze_adopt(&self->freeze, &old->freeze);
  fiq_groups_adopt(&self->groups, &old->groups);
  self->envelope    = old->envelope;
  self->led         = old->led;
  self->side_frames = old->side_frames;
}

/// The realms move and place what belongs together. A recorded pair has no loudspeakers to be placed between.
static void control_groups(FiqEffectPath* self)
{
  FiqRealmsParams* const realms = &self->params.realms;
  FiqGroups* const       groups = &self->groups;
  const FiqInputMode     mode   = self->params.input_mode;
  self->params.groups.which     = (uint32_t)self->realms.next;
  fiq_groups_control(groups, &self->params.groups, realms->theta_rad);
  realms->theta_rad   = groups->is_binding ? groups->theta_rad : realms->theta_rad;
  const bool places   = groups->is_placing && mode != FIQ_INPUT_IQ_PAIR;
  realms->place       = places ? groups->place : NULL;
  realms->gain_db     = places ? groups->gain_db : NULL;
  realms->is_mid_side = mode == FIQ_INPUT_MID_SIDE;
}

void fiq_effect_path_control(FiqEffectPath* self, const FiqEffectPathParams* params)
{
  assert(params->trust && params->mix);
  assert(params->rotate && params->level && params->follow);
  assert(self->position == 0);
  self->params = *params;
  self->seen   = (FiqPathLevels){.excess = 0.0f};
  control_groups(self);
  fiq_realms_control(&self->realms, &self->params.realms);
  fiq_field_shift_control(&self->shift, params->shift_hz);
  fiq_phase_rotator_control(&self->rotator, params->rotator);
  fiq_freeze_control(&self->freeze, params->freeze, params->freeze_fade_s);
  fiq_field_delay_control(&self->dry_delay, self->dry_delay.delay_max_frames);
  fiq_field_delay_control(&self->wet_delay, self->wet_delay.delay_max_frames);
  fiq_field_delay_control(&self->side_delay, self->side_delay.delay_max_frames);
  fiq_field_delay_control(&self->swarm_delay, self->swarm_delay.delay_max_frames);
}

/// How far frame `i` of this call is through the control period, 0..1.
static float planes_at(const FiqEffectPath* self, uint32_t i)
{
  assert(self->position + i < self->config.control_frames);
  return (float)(self->position + i) * self->step;
}

static void mid_side(float* const* planes, uint32_t n_frames, float scale)
{
  assert(planes[0] != planes[1]);
  float* const a = planes[0];
  float* const b = planes[1];
  for (uint32_t i = 0; i < n_frames; ++i) {
    const float sum        = (a[i] + b[i]) * scale;
    const float difference = (a[i] - b[i]) * scale;
    a[i]                   = sum;
    b[i]                   = difference;
  }
}

/// Turn z = i + jq by the rotation's line and by the shift, in place.
static void turn_field(FiqEffectPath* self, FiqField* z)
{
  assert(z->i && z->q);
  assert(z->n_frames <= FIQ_CONTROL_MAX);
  fiq_field_shift_process(&self->shift, z);
  for (uint32_t n = 0; n < z->n_frames; ++n) {
    const float angle = fiq_smoother_at(self->params.rotate, planes_at(self, n));
    const float c     = fiq_cos(angle);
    const float s     = fiq_sin(angle);
    const float re    = z->i[n] * c - z->q[n] * s;
    const float im    = z->i[n] * s + z->q[n] * c;
    z->i[n]           = re;
    z->q[n]           = im;
  }
}

static void turn_phases(FiqEffectPath* self, uint32_t n_frames)
{
  assert(self->params.with_q);
  assert(n_frames <= FIQ_CONTROL_MAX);
  const double rate = self->config.sample_rate_hz;
  if (self->params.input_mode == FIQ_INPUT_IQ_PAIR) {
    FiqField pair = fiq_field_from_pair(self->wet[0], self->wet[1], rate, n_frames, 0);
    turn_field(self, &pair);
    return;
  }
  // Both channels are turned alike: the second starts from where the first one started.
  const FiqFieldShift start = self->shift;
  for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
    self->shift = start;
    FiqField z  = {self->wet[channel], self->quadrature[channel], rate, n_frames,
                   FIQ_ROLE_PROCESSED};
    turn_field(self, &z);
  }
}

static void copy_planes(float* const* to, const float* const* from, uint32_t n_frames)
{
  assert(n_frames <= FIQ_CONTROL_MAX);
  memcpy(to[0], from[0], n_frames * sizeof(float));
  memcpy(to[1], from[1], n_frames * sizeof(float));
}

/// A sidechain counts as connected until it was silent for this long.
static uint32_t hold_frames(const FiqEffectPath* self)
{
  assert(self->config.sample_rate_hz > 0.0);
  return (uint32_t)(2.0 * self->config.sample_rate_hz);
}

static void process_wet(FiqEffectPath* self, const float* const* in, const float* const* side,
                        uint32_t n_frames)
{
  assert(in && side);
  const FiqInputMode        mode = self->params.input_mode;
  const float* const*       from = in;
  const float* const* const wet  = (const float* const*)self->wet;
  if (mode == FIQ_INPUT_MID_SIDE) {
    copy_planes(self->wet, in, n_frames);
    mid_side(self->wet, n_frames, 0.5f);
    from = wet;
  }
  // A recorded pair carries its own quadrature; to the realm its planes are two real channels.
  const bool          is_long = self->config.shape.turns;
  float* const* const out_q =
      self->params.with_q && !is_long && mode != FIQ_INPUT_IQ_PAIR ? self->quadrature : NULL;
  const bool heard = fiq_effect_path_follows_side(self);
  fiq_realms_process(&self->realms, from, heard ? side : NULL, self->wet, out_q, n_frames);
  for (uint32_t c = 0; c < FIQ_CHANNELS && is_long; ++c) {
    fiq_hilbert_process(&self->hilbert[c], self->wet[c], self->wet[c], self->quadrature[c],
                        n_frames);
  }
  if (self->params.with_q) {
    turn_phases(self, n_frames);
  }
  if (mode == FIQ_INPUT_MID_SIDE) {
    mid_side(self->wet, n_frames, 1.0f);
  }
  if (!fiq_phase_rotator_rests(&self->rotator)) {
    fiq_phase_rotator_process(&self->rotator, self->wet, self->position, n_frames);
  }
}

/// Largest size in two planes.
static float pair_peak(const float* const* planes, uint32_t n_frames)
{
  assert(n_frames <= FIQ_CONTROL_MAX);
  const float left  = fiq_peak(planes[0], n_frames);
  const float right = fiq_peak(planes[1], n_frames);
  return left > right ? left : right;
}

/// Frames since the sidechain last sounded.
static void watch_side(FiqEffectPath* self, uint32_t n_frames)
{
  assert(n_frames <= FIQ_CONTROL_MAX);
  const float threshold = 1e-5f;
  const bool  is_quiet  = 2.0f * pair_peak((const float* const*)self->side, n_frames) <= threshold;
  uint32_t    last      = is_quiet ? 0 : n_frames; // frame after the last that sounds
  while (last > 0 &&
         !(fabsf(self->side[0][last - 1]) + fabsf(self->side[1][last - 1]) > threshold)) {
    --last;
  }
  const uint32_t most = UINT32_MAX - n_frames;
  const uint32_t past = self->side_frames < most ? self->side_frames + n_frames : UINT32_MAX;
  self->side_frames   = last > 0 ? n_frames - last : past;
}

float fiq_effect_path_follow_gain(float power)
{
  assert(power >= 0.0f);
  return fminf(2.0f, 4.0f * sqrtf(power));
}

bool fiq_effect_path_follows_side(const FiqEffectPath* self)
{
  assert(self);
  return self->side_frames < hold_frames(self);
}

/// Add the swarm at its level times that of what it follows: the sidechain while it
/// sounds and for two seconds after, else the input, unless what it sings is as loud as that already.
static void add_swarm(FiqEffectPath* self, uint32_t n_frames)
{
  assert(self->params.level && self->params.follow);
  const FiqSmoother* const level = self->params.level;
  watch_side(self, n_frames);
  if (level->start <= 0.0f && level->end <= 0.0f) {
    return;
  }
  const bool          by_side = fiq_effect_path_follows_side(self);
  float* const* const leader  = by_side ? self->side : self->dry;
  const float         led     = by_side || !self->params.own_level ? 1.0f : 0.0f;
  const float         step_s  = (float)(1.0 / self->config.sample_rate_hz);
  for (uint32_t i = 0; i < n_frames; ++i) {
    const float power  = 0.5f * (leader[0][i] * leader[0][i] + leader[1][i] * leader[1][i]);
    self->envelope     = fiq_effect_path_follow_power(self->envelope, power, step_s);
    self->led          = fiq_effect_path_follow_led(self->led, led, step_s);
    const float follow = self->led * fiq_smoother_at(self->params.follow, planes_at(self, i));
    const float loud   = fiq_mix(1.0f, fiq_effect_path_follow_gain(self->envelope), follow);
    const float gain   = loud * fiq_smoother_at(level, planes_at(self, i));
    self->wet[0][i] += gain * self->swarm[0][i];
    self->wet[1][i] += gain * self->swarm[1][i];
  }
}

static void see_peaks(FiqEffectPath* self, const float* const* in, uint32_t n_frames)
{
  assert(in && n_frames <= FIQ_CONTROL_MAX);
  FiqPathLevels* const seen = &self->seen;
  seen->peak_in             = fmaxf(seen->peak_in, pair_peak(in, n_frames));
  seen->peak_wet = fmaxf(seen->peak_wet, pair_peak((const float* const*)self->wet, n_frames));
}

/// How much of `wet` must give way to `dry`, which keeps to the limit, for their mix to do so as well: the most of
/// all frames. As bits, which sort as sizes do, so that it vectorises.
static float plane_excess(const float* restrict wet, const float* restrict dry, float limit,
                          uint32_t n_frames)
{
  int32_t most = 0;
  for (uint32_t i = 0; i < n_frames; ++i) {
    const float peak = fabsf(wet[i]);
    const float base = wet[i] < 0.0f ? 0.0f - dry[i] : dry[i];
    const float over = peak - limit;
    const float way  = peak - base;
    // Where there is no way to go, dry is as loud; a way of 1 keeps the division from being one by 0.
    const float share = over / (way > 0.0f ? way : 1.0f);
    const float held  = share < 1.0f ? share : 1.0f;
    const union {
      float   value;
      int32_t bits;
    } excess = {over > 0.0f && way > 0.0f ? held : 0.0f};
    most     = excess.bits > most ? excess.bits : most;
  }
  float result;
  memcpy(&result, &most, sizeof result);
  return result;
}

/// The same of all frames, before they are delayed.
static void see_excess(FiqEffectPath* self, uint32_t n_frames)
{
  FiqPathLevels* const seen  = &self->seen;
  const float          limit = self->params.limit;
  if (seen->peak_wet <= limit) {
    return;
  }
  const uint32_t ahead = self->latency_frames - self->config.shape.watch_frames;
  float* const   dry[] = {self->ahead[0], self->ahead[1]};
  fiq_field_delay_peek(&self->dry_delay, ahead, dry, n_frames);
  for (uint32_t channel = 0; channel < FIQ_CHANNELS; ++channel) {
    const float excess = plane_excess(self->wet[channel], dry[channel], limit, n_frames);
    seen->excess       = excess > seen->excess ? excess : seen->excess;
  }
}

static double block_energy(float a, float b)
{
  const double sum = (double)a + (double)b;
  return sum * sum;
}

static void see_energies(FiqEffectPath* self, uint32_t n_frames)
{
  assert(n_frames <= FIQ_CONTROL_MAX);
  float* const* const  wet  = self->wet;
  float* const* const  dry  = self->dry;
  float* const* const  side = self->side;
  FiqPathLevels* const seen = &self->seen;
  for (uint32_t i = 0; i < n_frames; ++i) {
    if (self->params.with_side) {
      seen->energy_wet += block_energy(wet[0][i], side[0][i]) + block_energy(wet[1][i], side[1][i]);
      seen->energy_dry += block_energy(dry[0][i], side[0][i]) + block_energy(dry[1][i], side[1][i]);
    } else {
      seen->energy_wet += block_energy(wet[0][i], wet[1][i]);
      seen->energy_dry += block_energy(dry[0][i], dry[1][i]);
    }
  }
}

/// What leaves in place of the delayed input.
static void see_output(FiqEffectPath* self, uint32_t n_frames)
{
  float* const* const  wet  = self->wet;
  float* const* const  dry  = self->dry;
  float* const* const  side = self->side;
  FiqPathLevels* const seen = &self->seen;
  seen->peak_dry            = fmaxf(seen->peak_dry, pair_peak((const float* const*)dry, n_frames));
  seen->peak_out            = fmaxf(seen->peak_out, pair_peak((const float* const*)wet, n_frames));
  for (uint32_t i = 0; i < n_frames; ++i) {
    seen->energy_out += self->params.with_side ? block_energy(wet[0][i], side[0][i]) +
                                                     block_energy(wet[1][i], side[1][i])
                                               : block_energy(wet[0][i], wet[1][i]);
  }
}

/// `from` in place of the rest of a share that moves from frame `position` of a period on.
static void mix_plane(float* restrict to, const float* restrict from, FiqSmoother share,
                      uint32_t position, float step, uint32_t n_frames)
{
  for (uint32_t i = 0; i < n_frames; ++i) {
    const float at = (float)(int32_t)(position + i) * step;
    to[i]          = fiq_mix(from[i], to[i], fiq_smoother_at(&share, at));
  }
}

/// Put the delayed input in place of the rest of `share`.
static void mix_dry(FiqEffectPath* self, const FiqSmoother* share, uint32_t n_frames)
{
  assert(share->start >= 0.0f && share->end >= 0.0f);
  if (share->start >= 1.0f && share->end >= 1.0f) {
    return; // untouched to the last bit
  }
  for (uint32_t c = 0; c < FIQ_CHANNELS; ++c) {
    mix_plane(self->wet[c], self->dry[c], *share, self->position, self->step, n_frames);
  }
}

/// `from`, or silence in `planes` if that is NULL.
static const float* const* sound_of(const float* const* from, float* const* planes,
                                    uint32_t n_frames)
{
  assert(planes[0] && planes[1]);
  if (from) {
    return from;
  }
  memset(planes[0], 0, n_frames * sizeof(float));
  memset(planes[1], 0, n_frames * sizeof(float));
  return (const float* const*)planes;
}

/// `in` (silence unless it is fed) through a line to `out`; one that holds nothing and is given nothing rests.
static void delay_or_rest(FiqFieldDelay* line, uint32_t* quiet_frames, bool is_fed,
                          const float* const* in, float* const* out, uint32_t n_frames)
{
  assert(line && quiet_frames);
  const bool     is_empty = *quiet_frames > line->delay_max_frames;
  const uint32_t quiet    = is_empty ? *quiet_frames : *quiet_frames + n_frames;
  *quiet_frames           = is_fed ? 0 : quiet;
  if (is_fed || !is_empty) {
    fiq_field_delay_pair(line, in, out, n_frames);
  }
}

void fiq_effect_path_process(FiqEffectPath* self, const float* const* in, const float* const* side,
                             const float* const* swarm, uint32_t n_frames)
{
  assert(in);
  assert(self->position + n_frames <= self->config.control_frames);
  const float* const* const wet       = (const float* const*)self->wet;
  const float* const* const led_by    = sound_of(side, self->side, n_frames);
  const float* const* const swarm_out = sound_of(swarm, self->swarm, n_frames);
  if (fiq_groups_is_running(&self->groups)) {
    fiq_groups_process(&self->groups, in, n_frames);
  }
  process_wet(self, in, led_by, n_frames);
  fiq_field_delay_pair(&self->dry_delay, in, self->dry, n_frames);
  if (self->params.watching) {
    see_peaks(self, in, n_frames);
    see_excess(self, n_frames);
  }
  fiq_field_delay_pair(&self->wet_delay, wet, self->wet, n_frames);
  delay_or_rest(&self->side_delay, &self->side_quiet_frames, side != NULL, led_by, self->side,
                n_frames);
  delay_or_rest(&self->swarm_delay, &self->swarm_quiet_frames, swarm != NULL, swarm_out,
                self->swarm, n_frames);
  if (self->params.watching && self->params.with_energy) {
    see_energies(self, n_frames);
  }
  mix_dry(self, self->params.trust, n_frames); // where the realms' output does harm
  if (self->params.watching && self->params.with_energy) {
    see_output(self, n_frames);
  }
  if (!fiq_freeze_rests(&self->freeze)) {
    fiq_freeze_process(&self->freeze, self->wet, n_frames);
  }
  mix_dry(self, self->params.mix, n_frames);
  add_swarm(self, n_frames);
  self->position = (self->position + n_frames) % self->config.control_frames;
}
