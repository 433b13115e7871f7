// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/realm/groups.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

enum {
  ROW_TICKS   = 8, ///< control periods that a frame's rows are spread over
  LOOK_FRAMES = 8  ///< frames from one look at the groups to the next
};

/// Work of a frame that comes after its rows, one a control period.
enum { AFTER_STEP, AFTER_BIND, AFTER_LOOK, AFTER_FOCUS, N_AFTER };

static const float move_s     = 0.15f; // places and gains
static const float outermost  = 0.8f;  // place of the outer groups at full spread
static const float ahead      = 1.2f;  // of the group that has the focus
static const float rest_place = 1e-3f;
static const float rest_db    = 1e-2f;

FiqStatus fiq_groups_init(FiqGroups* self, FiqArena* arena, FiqFftPool* pool,
                          const FiqGroupsConfig* config)
{
  assert(self && arena && pool && config);
  memset(self, 0, sizeof(*self));
  self->config = *config;
  if (config->control_frames == 0 || config->control_frames > FIQ_CONTROL_MAX) {
    return FIQ_BAD_ARGUMENT;
  }
  const FiqStftConfig stft   = {.n_in          = 1,
                                .window_frames = config->window_frames,
                                .hop_frames    = config->window_frames / 4,
                                .shape         = FIQ_STFT_SQRT_HANN};
  FiqStatus           status = fiq_stft_init(&self->stft, arena, pool, &stft);
  uint32_t            most   = 0;
  for (uint32_t i = 0; i < FIQ_GROUPS_COUNTS; ++i) {
    const FiqBandsConfig bands = {config->sample_rate_hz, config->window_frames,
                                  config->n_bands[i]};
    const FiqStatus      one   = fiq_bands_init(&self->bands[i], arena, &bands);
    status                     = status == FIQ_BAD_ARGUMENT || one == FIQ_OK ? status : one;
    most                       = config->n_bands[i] > most ? config->n_bands[i] : most;
  }
  if (status == FIQ_BAD_ARGUMENT) {
    return status;
  }
  self->period_s                   = (float)(config->control_frames / config->sample_rate_hz);
  self->hop_s                      = (float)(self->stft.config.hop_frames / config->sample_rate_hz);
  const FiqLikenessConfig likeness = {.n_bands_max = most, .hop_s = self->hop_s};
  (void)fiq_likeness_init(&self->likeness, arena, &likeness);
  (void)fiq_grouping_init(&self->grouping, arena, most);
  self->mono = fiq_arena_take(arena, FIQ_CONTROL_MAX, sizeof(float));
  if (fiq_arena_status(arena) != FIQ_OK) {
    return FIQ_NO_MEMORY;
  }
  fiq_groups_reset(self);
  return FIQ_OK;
}

/// Begin to listen.
static void start(FiqGroups* self, uint32_t which)
{
  const uint32_t n = self->config.n_bands[which];
  fiq_stft_reset(&self->stft);
  fiq_likeness_reset(&self->likeness, n);
  fiq_grouping_reset(&self->grouping, n);
  self->which    = which;
  self->next_row = UINT32_MAX;
  self->n_heard  = 0;
  self->focused  = 0;
}

void fiq_groups_reset(FiqGroups* self)
{
  assert(self);
  start(self, 0);
  self->is_running = false;
  self->is_binding = false;
  self->is_placing = false;
  memset(self->theta_rad, 0, sizeof(self->theta_rad));
  memset(self->place, 0, sizeof(self->place));
  memset(self->gain_db, 0, sizeof(self->gain_db));
}

void fiq_groups_adopt(FiqGroups* self, const FiqGroups* old)
{
  assert(self && old);
  fiq_groups_reset(self);
  if (!old->is_running || self->config.n_bands[old->which] != old->config.n_bands[old->which]) {
    return;
  }
  start(self, old->which);
  fiq_likeness_adopt(&self->likeness, &old->likeness);
  fiq_grouping_adopt(&self->grouping, &old->grouping);
  self->focused    = old->focused;
  self->is_running = true;
  self->is_binding = old->is_binding;
  self->is_placing = old->is_placing;
  memcpy(self->place, old->place, sizeof(self->place));
  memcpy(self->gain_db, old->gain_db, sizeof(self->gain_db));
}

/// By how much each group has what the focus asks for; more is better.
static void rate_groups(const FiqGroups* self, float rating[FIQ_GROUPS_MAX + 1])
{
  const FiqLikeness* const heard                     = &self->likeness;
  float                    power[FIQ_GROUPS_MAX + 1] = {0.0f};
  float                    moved[FIQ_GROUPS_MAX + 1] = {0.0f};
  float                    rise[FIQ_GROUPS_MAX + 1]  = {0.0f};
  for (uint32_t i = 0; i < heard->n_bands; ++i) {
    const uint32_t g = self->grouping.group[i];
    const float    p = heard->mean_power[i];
    power[g] += p;
    moved[g] += p * heard->covariance[(size_t)i * FIQ_NEURONS_MAX + i];
    rise[g] += p * heard->rise[i];
  }
  for (uint32_t g = 1; g <= FIQ_GROUPS_MAX; ++g) {
    const float sum = fmaxf(power[g], 1e-20f);
    rating[g]       = self->params.focus == FIQ_FOCUS_LOUDEST     ? power[g]
                      : self->params.focus == FIQ_FOCUS_STEADIEST ? 1.0f / (1.0f + moved[g] / sum)
                                                                  : rise[g] / sum;
  }
}

/// The group that has the focus.
static void choose_focus(FiqGroups* self)
{
  float rating[FIQ_GROUPS_MAX + 1] = {0.0f};
  if (self->params.focus == FIQ_FOCUS_OFF) {
    self->focused = 0;
    return;
  }
  rate_groups(self, rating);
  const bool holds = self->focused && self->grouping.n_in_group[self->focused] > 0;
  uint32_t   best  = holds ? self->focused : 0;
  float      most  = holds ? ahead * rating[self->focused] : -1.0f;
  for (uint32_t g = 1; g <= FIQ_GROUPS_MAX; ++g) {
    if (self->grouping.n_in_group[g] > 0 && g != self->focused && rating[g] > most) {
      best = g;
      most = rating[g];
    }
  }
  self->focused = best;
}

/// Places of the groups, side by side in the order of their numbers.
static void list_places(const FiqGroups* self, float places[FIQ_GROUPS_MAX + 1])
{
  const uint32_t n = self->grouping.n_groups;
  uint32_t       k = 0;
  for (uint32_t g = 1; g <= FIQ_GROUPS_MAX && n > 1; ++g) {
    if (self->grouping.n_in_group[g] > 0) {
      const float across = 2.0f * (float)k / (float)(n - 1) - 1.0f;
      places[g]          = self->params.spread * outermost * across;
      ++k;
    }
  }
}

/// Places and gains of the bands on their way.
static void move_places(FiqGroups* self)
{
  const float way                        = 1.0f - expf(-self->period_s / move_s);
  float       places[FIQ_GROUPS_MAX + 1] = {0.0f};
  bool        is_placing                 = false;
  list_places(self, places);
  for (uint32_t i = 0; i < self->grouping.n_bands; ++i) {
    const uint32_t g  = self->grouping.group[i];
    const float    db = g && g == self->focused ? self->params.focus_db : 0.0f;
    self->place[i] += way * (places[g] - self->place[i]);
    self->gain_db[i] += way * (db - self->gain_db[i]);
    is_placing |= fabsf(self->place[i]) > rest_place || fabsf(self->gain_db[i]) > rest_db ||
                  fabsf(places[g]) > 0.0f || fabsf(db) > 0.0f;
  }
  if (!is_placing) {
    memset(self->place, 0, sizeof(self->place));
    memset(self->gain_db, 0, sizeof(self->gain_db));
  }
  self->is_placing = is_placing;
}

/// What is left to do of the last frame, a part in each control period.
static void work(FiqGroups* self)
{
  const uint32_t n = self->likeness.n_bands;
  if (self->next_row < n) {
    const uint32_t most = (n + ROW_TICKS - 1) / ROW_TICKS;
    const uint32_t rows = n - self->next_row < most ? n - self->next_row : most;
    fiq_likeness_update(&self->likeness, self->next_row, rows);
    self->next_row += rows;
    return;
  }
  const bool looks = self->n_heard % LOOK_FRAMES == 0;
  if (self->next_row == n + AFTER_STEP) {
    fiq_grouping_step(&self->grouping, self->likeness.weight, self->hop_s);
  } else if (self->next_row == n + AFTER_BIND) {
    fiq_grouping_bind(&self->grouping, self->likeness.weight, self->theta_rad,
                      self->params.binding);
  } else if (self->next_row == n + AFTER_LOOK && looks) {
    fiq_grouping_look(&self->grouping, self->likeness.is_present);
  } else if (self->next_row == n + AFTER_FOCUS && looks) {
    choose_focus(self);
  }
  self->next_row += self->next_row < n + N_AFTER ? 1 : 0;
}

void fiq_groups_control(FiqGroups* self, const FiqGroupsParams* params, const float* theta_rad)
{
  assert(self && params && theta_rad);
  assert(params->which < FIQ_GROUPS_COUNTS);
  assert(params->binding >= 0.0f && params->binding <= 1.0f);
  assert(params->spread >= 0.0f && params->spread <= 1.0f);
  const bool focuses = params->focus != FIQ_FOCUS_OFF && fabsf(params->focus_db) > 0.0f;
  const bool is_on   = params->binding > 0.0f || params->spread > 0.0f || focuses;
  self->params       = *params;
  if (is_on && (!self->is_running || params->which != self->which)) {
    start(self, params->which);
    self->is_running = true;
  }
  if (!self->is_running) {
    return;
  }
  if (!is_on) {
    self->focused = 0; // what was placed goes back at once, not with the next frame
  }
  work(self);
  move_places(self);
  if (params->binding <= 0.0f) {
    memset(self->grouping.rate_rad_s, 0, sizeof(self->grouping.rate_rad_s));
  }
  self->is_binding = fiq_grouping_move(&self->grouping, params->binding, self->period_s);
  memcpy(self->theta_rad, theta_rad, sizeof(self->theta_rad));
  for (uint32_t i = 0; i < self->grouping.n_bands; ++i) {
    self->theta_rad[i] += self->grouping.offset_rad[i];
  }
  self->is_running = is_on || self->is_binding || self->is_placing;
}

static void hear_frame(void* user, FiqComplex* const* spectra, uint32_t n_bins)
{
  FiqGroups* const      self  = user;
  const FiqBands* const bands = &self->bands[self->which];
  const FiqComplex*     z     = spectra[0];
  float                 power[FIQ_NEURONS_MAX];
  assert(n_bins == bands->n_bins);
  (void)n_bins;
  for (uint32_t b = 0; b < bands->config.n_bands; ++b) {
    float sum = 0.0f;
    for (uint32_t k = bands->first_bin[b]; k < bands->first_bin[b + 1]; ++k) {
      sum += z[k].re * z[k].re + z[k].im * z[k].im;
    }
    power[b] = sum / (float)self->config.window_frames;
  }
  fiq_likeness_hear(&self->likeness, power);
  self->next_row = 0;
  self->n_heard += self->n_heard < UINT32_MAX - 1 ? 1 : 0;
}

void fiq_groups_process(FiqGroups* self, const float* const* in, uint32_t n_frames)
{
  assert(self && in && n_frames <= FIQ_CONTROL_MAX);
  for (uint32_t i = 0; i < n_frames; ++i) {
    self->mono[i] = 0.5f * (in[0][i] + in[1][i]);
  }
  const float* const mono[] = {self->mono};
  fiq_stft_process(&self->stft, mono, NULL, NULL, n_frames, hear_frame, self);
}
