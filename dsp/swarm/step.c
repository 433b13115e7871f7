// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/swarm/swarm_state.h"

#include <assert.h>
#include <string.h>

enum { CHUNK = FIQ_LOBE_CHUNK, PARTIALS = FIQ_SWARM_PARTIALS_MAX };

/// Portions of work after the chunks, in order; out of silence the chunks' lobes come after the measure.
enum {
  MEASURE,
  BREATH,
  MIX_LEFT,
  FFT_LEFT,
  SUM_LEFT,
  MIX_RIGHT,
  FFT_RIGHT,
  SUM_RIGHT,
  N_LAST_ITEMS
};

static const float measure_s = 0.004f; // between measures of groups where nothing is coupled
static const float rest_s    = 0.02f;  // and where nobody moves either
static const float beat = 0.3f; // rad that the phases within a group may go from measure to measure
static const float linger_s  = 0.5f;  // partials without members
static const float reshape_s = 0.05f; // from one distribution of detune to the other

/// How many oscillators play in this step, and which of them begin to fade in or out.
static void set_population(FiqSwarm* self)
{
  assert(self->step.params.n_osc >= 1.0f);
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
    self->rest.shrink_steps = (uint32_t)self->slew_steps + 2;
  } else if (wanted < step->n_run && --self->rest.shrink_steps == 0) {
    step->n_run = wanted;
  }
}

/// Sway of this step, repeated so that every chunk finds its own in a row.
static void set_sway(FiqSwarm* self)
{
  assert(self->detune.n_sway <= FIQ_SWARM_SWAY_MAX);
  const uint32_t     n = self->detune.n_sway;
  const float* const asked =
      self->detune.sway_asked[self->detune.sway_frame == self->frame ? 0 : 1];
  self->step.n_sway  = n;
  self->detune.swing = 0.0f;
  for (uint32_t i = 0, k = 0; n > 0 && i < n + CHUNK; ++i) {
    self->detune.sway[i] = 1.0f + asked[k];
    self->detune.swing   = fiq_max(self->detune.swing, fabsf(asked[k]));
    k                    = k + 1 < n ? k + 1 : 0;
  }
}

/// What changes frequencies and phases from step to step.
static void set_motion(FiqSwarm* self)
{
  assert(self->places.motion >= 0.0f && self->places.motion <= 1.0f);
  FiqSwarmFrame* const        step    = &self->step;
  const FiqSwarmParams* const p       = &self->params;
  const float                 rate_hz = (float)self->sample_rate_hz;
  const float                 step_s  = (float)self->step_frames / rate_hz;
  const float                 part    = step->restart ? 1.0f : step_s / reshape_s;
  const float                 way = fiq_clamp(p->distribution, 0.0f, 1.0f) - self->detune.normality;
  self->detune.normality += fiq_clamp(way, -part, part);
  step->normal = self->detune.normality > 0.0f;
  step->spread = p->spread_cents * (0.693147181f / 1200.0f);
  fiq_swarm_advance_lfos(self);
  step->coupled    = fabsf(p->coupling) > 0.0f || fiq_swarm_moves(self, FIQ_TO_COUPLING);
  step->noise      = p->phase_noise * sqrtf(step_s) / (FIQ_TWO_PI_F * (float)self->step_frames);
  step->noise_salt = fiq_anneal_salt(~self->seed, self->step_count);
  step->bends      = step->coupled || step->noise > 0.0f;
  set_sway(self);
}

/// Parameters and notes of the step that begins at this stream position.
static void set_step(FiqSwarm* self)
{
  assert(self->step_frames > 0);
  assert(self->sample_rate_hz > 0.0);
  FiqSwarmFrame* const        step      = &self->step;
  const FiqSwarmParams* const p         = &self->params;
  const bool                  was_cents = step->cents;
  const float                 rate_hz   = (float)self->sample_rate_hz;
  fiq_swarm_take_params(self, false);
  step->hz_to_nu   = 1.0f / rate_hz;
  step->restart    = self->rest.asleep;
  step->cents      = p->metric >= 0.5f;
  step->convert    = step->cents != was_cents && !step->restart;
  step->slew_steps = (uint8_t)fiq_clamp(rintf(p->attack_s * rate_hz / (float)self->step_frames),
                                        1.0f, (float)self->slew_steps);
  set_motion(self);
  fiq_swarm_set_offsets(self);
  if (fiq_swarm_update_partial_map(self)) {
    self->partials.regroup_steps = 2 * (uint32_t)self->slew_steps + 4;
  }
  self->partials.regroup_steps = step->restart ? 0 : self->partials.regroup_steps;
  step->regroup                = self->partials.regroup_steps > 0;
  self->partials.regroup_steps -= step->regroup ? 1 : 0;
  // Groups that have lost their members are forgotten slowly; until then all are looked after.
  const float step_s = (float)self->step_frames / rate_hz;
  self->groups.linger_s =
      step->restart || !step->regroup ? self->groups.linger_s - step_s : linger_s;
  self->groups.linger_s = step->restart ? 0.0f : fiq_max(self->groups.linger_s, 0.0f);
  const uint32_t n      = (uint32_t)self->partials.n;
  step->n_partials =
      self->groups.linger_s > 0.0f && self->groups.n_linger > n ? self->groups.n_linger : n;
  self->groups.n_linger = step->n_partials;
}

/// Estimated time of one chunk: one that begins, a plain one, one in flight, one whose way is found anew, one that is measured.
static uint32_t chunk_ns(const FiqSwarm* self)
{
  assert(self);
  if (self->step.restart) {
    return 150;
  }
  const bool flies = self->anneal.osc.n_next_hot > 0;
  const bool turns = flies && self->anneal.schedule.update_steps == 1;
  return 150 +
         (turns   ? 160
          : flies ? 30
                  : 0) +
         (self->step.measure ? 60 : 0) + (self->step.coupled ? 40 : 0);
}

/// Whether `item` is the lobes of a chunk by themselves, as out of silence.
static bool is_lobes(const FiqSwarm* self, uint32_t item)
{
  assert(self->work.n_lobes == 0 || self->work.n_lobes == self->work.n_chunks);
  return item > self->work.n_chunks && item <= self->work.n_chunks + self->work.n_lobes;
}

/// Which of the last portions `item` is.
static uint32_t last_item(const FiqSwarm* self, uint32_t item)
{
  assert(item >= self->work.n_chunks);
  const uint32_t n = item - self->work.n_chunks;
  return n > 0 ? n - self->work.n_lobes : (uint32_t)MEASURE;
}

/// Estimated time of the portions of work, for a machine with AVX2; only their proportion counts.
static uint32_t item_ns(const FiqSwarm* self, uint32_t item)
{
  assert(self);
  const uint32_t step = self->step_frames;
  const uint32_t bits = self->fft_bits;
  if (item < self->work.n_chunks) {
    return chunk_ns(self);
  }
  if (is_lobes(self, item)) {
    return 100;
  }
  switch (last_item(self, item)) {
  case MEASURE:
    return self->step.measure ? 1000 : 200;
  case BREATH:
    return self->breath.is_on ? 2 * self->breath.noise.n_bands : 0;
  case MIX_LEFT:
  case MIX_RIGHT:
    return step;
  case FFT_LEFT:
  case FFT_RIGHT:
    return step * bits / 4;
  case SUM_LEFT:
    return 2 * step / 3;
  default: // and what clears the planes
    return 3 * step / 2;
  }
}

/// Whether this step measures its groups: always if coupled, else now and then, when the carriers have less to do.
static bool is_measured(FiqSwarm* self)
{
  assert(self->sample_rate_hz > 0.0);
  const FiqSwarmFrame* step   = &self->step;
  const float          step_s = (float)self->step_frames / (float)self->sample_rate_hz;
  const FiqAnneal*     flight = &self->anneal;
  // Where nobody moves counting is nothing.
  const bool  busy        = !step->still && (flight->pass.planned || flight->pass.counting ||
                                     flight->pass.kind != FIQ_ANNEAL_NO_PASS);
  const float wait_s      = busy ? FIQ_ANNEAL_UPDATE_STEPS_MAX * step_s : 0.0f;
  const float beat_s      = beat / fiq_max(fiq_swarm_beat_rad(self), 1.0f);
  const bool  rests       = step->still && !flight->pass.moved;
  const float due_s       = wait_s + (rests ? fiq_clamp(beat_s, measure_s, rest_s) : measure_s);
  self->groups.unmeasured = step->restart ? 0 : self->groups.unmeasured + 1;
  const float passed_s    = (float)self->groups.unmeasured * step_s;
  // Beside a plan, which has work enough, nobody is pulled.
  const bool pulls = step->coupled && !step->restart && !flight->pass.planned;
  const bool young = self->groups.young_steps > 0 && !step->restart && !flight->pass.planned;
  self->groups.young_steps -= young ? 1 : 0;
  return step->restart || pulls || young || passed_s >= due_s;
}

static void plan_work(FiqSwarm* self)
{
  static const uint32_t begin_ns = 6000; // out of silence, where little of it is in the caches
  const bool            flies    = self->anneal.osc.n_next_hot > 0;
  assert(self->work.n_chunks <= self->anneal.capacity / FIQ_ANNEAL_CHUNK);
  self->work.n_chunks = (self->step.n_run + CHUNK - 1) / CHUNK;
  self->work.n_lobes  = self->step.restart ? self->work.n_chunks : 0;
  self->work.done_ns  = self->step.restart ? begin_ns : flies ? 2000 : 1500; // what begins the step
  self->work.total_ns =
      self->work.done_ns + (self->work.n_chunks > 0 ? item_ns(self, 0) * self->work.n_chunks : 0);
  for (uint32_t i = 0; i < self->work.n_lobes + N_LAST_ITEMS; ++i) {
    self->work.total_ns += item_ns(self, self->work.n_chunks + i);
  }
}

/// Whether the chunks that go on their way can go on from the tones they have: nothing but that way changes them.
static void set_tone(FiqSwarm* self)
{
  assert(self);
  FiqSwarmFrame* const   step   = &self->step;
  const FiqAnneal* const anneal = &self->anneal;
  const bool             same   = !fiq_swarm_differs(self->detune.tone_spread, step->spread) &&
                    !fiq_swarm_differs(self->detune.tone_normality, self->detune.normality);
  step->toned = self->detune.has_tone && same && step->cents && !step->convert && !step->restart &&
                !step->still && !anneal->pass.moved && !anneal->pass.sorting &&
                !anneal->pass.recounting && !step->detunes && !self->detune.tone_detunes;
  self->detune.has_tone       = !step->still;
  self->detune.tone_detunes   = step->detunes;
  self->detune.tone_spread    = step->spread;
  self->detune.tone_normality = self->detune.normality;
}

static void begin_step(FiqSwarm* self)
{
  assert(!self->work.begun);
  const FiqSwarmParams* p     = &self->params;
  const FiqNotesParams  notes = {.attack_s             = p->attack_s,
                                 .decay_s              = p->decay_s,
                                 .sustain              = p->sustain,
                                 .release_s            = p->release_s,
                                 .bend_range_semitones = p->bend_range_semitones};
  fiq_notes_advance(&self->notes, &notes, self->frame);
  // Asleep no note and no voice has a slot: there is nothing to place and to move.
  if (self->rest.asleep && !fiq_swarm_is_sounding(self)) {
    self->rest.idle_steps += 1;
    fiq_swarm_make_ready(self);
    return;
  }
  fiq_swarm_place_notes(self);
  fiq_swarm_move_voices(self);
  const bool sounding   = fiq_swarm_is_sounding(self) || self->breath.n_sounding > 0;
  self->rest.idle_steps = sounding ? 0 : self->rest.idle_steps + 1;
  if (self->rest.asleep && !sounding) {
    return;
  }
  set_step(self);
  set_population(self);
  fiq_swarm_begin_carriers(self);
  fiq_swarm_find_pitches(self);
  fiq_swarm_share_motion(self);
  self->step.still = self->anneal.pass.still;
  set_tone(self);
  self->step.measure       = is_measured(self);
  self->groups.is_measured = self->groups.is_measured && !self->step.restart;
  fiq_swarm_set_breath(self);
  fiq_swarm_set_groups(self);
  self->rest.asleep    = false;
  self->work.begun     = true;
  self->work.next_item = 0;
  plan_work(self);
}

/// Nobody is left of the groups of a slot.
static void empty_slot(FiqSwarm* self, uint32_t slot)
{
  assert(slot < FIQ_CARRIERS_MAX);
  enum { BLOCKS = PARTIALS / FIQ_SWARM_BLOCK };
  const uint32_t first   = slot * PARTIALS;
  FiqSwarmLevels nothing = {.n = {0.0f}};
  for (uint32_t i = 0; i < FIQ_SWARM_BLOCK; ++i) {
    nothing.power[i] = 1.0f;
    nothing.steer[i] = 1.0f;
  }
  for (uint32_t b = 0; b < BLOCKS; ++b) {
    self->groups.level[slot * BLOCKS + b] = nothing;
  }
  memset(self->groups.count + first, 0, PARTIALS * sizeof *self->groups.count);
  memset(self->groups.order2 + first, 0, PARTIALS * sizeof *self->groups.order2);
  memset(self->groups.pull + first, 0, PARTIALS * sizeof *self->groups.pull);
}

void fiq_swarm_fall_asleep(FiqSwarm* self)
{
  assert(self);
  self->rest.asleep        = true;
  self->groups.uncertainty = 0.0f;
  for (int set = 0; set < 2; ++set) {
    for (int c = 0; c < FIQ_CHANNELS; ++c) {
      memset(self->play[set][c], 0, self->step_frames * sizeof(float));
    }
  }
  for (uint32_t k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    if (self->groups.active[k]) {
      memset(self->groups.sum + (size_t)k * PARTIALS * FIQ_SWARM_LANES, 0,
             (size_t)PARTIALS * FIQ_SWARM_LANES * sizeof *self->groups.sum);
    }
    if (self->groups.used[k]) {
      empty_slot(self, k);
    }
    self->groups.active[k] = false;
    self->groups.used[k]   = false;
  }
  fiq_swarm_end_breath(self);
  fiq_spectral_bank_reset(&self->lobes);
}

/// What follows the chunks.
static void work_last_item(FiqSwarm* self, uint32_t item)
{
  assert(self->work.begun);
  const int channel = item >= MIX_RIGHT ? 1 : 0;
  switch (item) {
  case MEASURE:
    fiq_anneal_end(&self->anneal);
    if (self->step.measure) {
      fiq_swarm_measure_groups(self);
    }
    if (self->step.restart) {
      fiq_swarm_set_first_gains(self);
    }
    break;
  case BREATH:
    fiq_swarm_work_breath(self);
    break;
  case MIX_LEFT:
  case MIX_RIGHT:
    fiq_spectral_bank_mix(&self->lobes, self->places.pan[channel]);
    break;
  case FFT_LEFT:
  case FFT_RIGHT:
    fiq_spectral_bank_transform(&self->lobes);
    break;
  default:
    fiq_spectral_bank_overlap(&self->lobes, (uint32_t)channel,
                              self->play[1 - self->playing][channel]);
    break;
  }
}

/// Nothing is left to fade: who changed its group while falling silent takes its time once more.
static bool swarm_is_quiet(const FiqSwarm* self)
{
  assert(self);
  for (uint32_t first = 0; first < self->step.n_run; first += CHUNK) {
    const float* const amplitude = self->osc.amplitude + first;
    int32_t            loud      = 0;
    for (uint32_t i = 0; i < CHUNK; ++i) {
      loud |= amplitude[i] > 1e-7f;
    }
    if (loud) {
      return false;
    }
  }
  return true;
}

/// The `slice`-th portion of the step's work, as much of the whole as of the step's time has passed.
static void advance_work(FiqSwarm* self, uint32_t slice)
{
  assert(slice <= self->step_frames);
  const uint32_t n_slices = self->step_frames / FIQ_SWARM_SLICE;
  if (slice == 0) {
    self->playing = 1 - self->playing;
    self->step_count += 1;
    // Amplitudes take slew_steps to reach zero, or longer where they set off late; then the last frame is still to be heard.
    const bool idle = !self->rest.asleep && self->rest.idle_steps > (uint32_t)self->slew_steps + 2;
    self->rest.quiet_steps = idle && swarm_is_quiet(self) ? self->rest.quiet_steps + 1 : 0;
    if (self->rest.quiet_steps >= 2) {
      fiq_swarm_fall_asleep(self);
    }
    begin_step(self);
  }
  if (!self->work.begun) {
    return;
  }
  const uint32_t due_ns = (uint32_t)((uint64_t)self->work.total_ns * (slice + 1) / n_slices);
  const bool     last   = slice + 1 == n_slices;
  while (self->work.next_item < self->work.n_chunks + self->work.n_lobes + N_LAST_ITEMS) {
    const uint32_t item    = self->work.next_item;
    const uint32_t cost_ns = item_ns(self, item);
    if (!last && self->work.done_ns + cost_ns / 2 > due_ns) {
      return;
    }
    if (item < self->work.n_chunks) {
      fiq_swarm_work_chunk(self, item);
    } else if (is_lobes(self, item)) {
      fiq_swarm_work_lobes(self, item - self->work.n_chunks - 1);
    } else {
      work_last_item(self, last_item(self, item));
    }
    self->work.next_item += 1;
    self->work.done_ns += cost_ns;
  }
  if (self->step.restart) {
    self->partials.n_ready = self->work.n_chunks * CHUNK > self->partials.n_ready
                                 ? self->work.n_chunks * CHUNK
                                 : self->partials.n_ready;
  }
  fiq_spectral_bank_clear(&self->lobes);
  self->work.begun = false;
}

void fiq_swarm_process(FiqSwarm* self, float* const out[FIQ_CHANNELS], uint32_t n_frames)
{
  assert(self && out && out[0] && out[1]);
  for (uint32_t done = 0; done < n_frames;) {
    const uint32_t at       = (uint32_t)(self->frame % self->step_frames);
    const uint32_t in_slice = at % FIQ_SWARM_SLICE;
    if (in_slice == 0) {
      advance_work(self, at / FIQ_SWARM_SLICE);
    }
    // Without work there are no slices.
    const uint32_t left = self->work.begun ? FIQ_SWARM_SLICE - in_slice : self->step_frames - at;
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
  assert(self && params);
  assert(params->n_osc >= 1.0f);
  self->params = *params;
  fiq_notes_drone(&self->notes, (int32_t)rintf(params->chord), (int32_t)rintf(params->root_note),
                  self->frame);
}

void fiq_swarm_set_sway(FiqSwarm* self, const float* from, const float* to, uint32_t n)
{
  assert(n <= FIQ_SWARM_SWAY_MAX);
  assert(n == 0 || (from && to));
  assert(n <= FIQ_SWARM_SWAY_MAX);
  self->detune.n_sway     = n;
  self->detune.sway_frame = self->frame;
  if (n > 0) {
    memcpy(self->detune.sway_asked[0], from, n * sizeof *from);
    memcpy(self->detune.sway_asked[1], to, n * sizeof *to);
  }
}

void fiq_swarm_set_attention(FiqSwarm* self, const float low_hz[], const float high_hz[],
                             uint32_t n)
{
  assert(n <= FIQ_SWARM_ATTENTION_MAX);
  assert(n <= FIQ_SWARM_ATTENTION_MAX);
  self->attention.n = n;
  for (uint32_t i = 0; i < n; ++i) {
    self->attention.hz[0][i] = low_hz[i];
    self->attention.hz[1][i] = high_hz[i];
  }
}

float fiq_swarm_uncertainty(const FiqSwarm* self)
{
  assert(self);
  return self->groups.uncertainty;
}

uint32_t fiq_swarm_latency_frames(const FiqSwarm* self)
{
  assert(self);
  return 2 * self->step_frames + fiq_swarm_ahead_frames(self);
}

void fiq_swarm_midi(FiqSwarm* self, const uint8_t* message, uint32_t size_bytes, uint32_t offset)
{
  assert(self && (message || size_bytes == 0));
  const FiqMidiMessage midi    = fiq_midi_parse(message, size_bytes);
  const bool           strikes = midi.kind == FIQ_MIDI_NOTE_ON && midi.value > 0.0f;
  fiq_notes_midi(&self->notes, message, size_bytes,
                 strikes ? fiq_swarm_strike_frame(self, midi.channel, midi.number, offset)
                         : fiq_swarm_due_frame(self, offset));
}

void fiq_swarm_note_on(FiqSwarm* self, uint32_t channel, uint32_t key, float velocity,
                       uint32_t offset)
{
  assert(self);
  assert(velocity >= 0.0f && velocity <= 1.0f);
  fiq_notes_on(&self->notes, channel, key, velocity,
               velocity > 0.0f ? fiq_swarm_strike_frame(self, channel, key, offset)
                               : fiq_swarm_due_frame(self, offset));
}

void fiq_swarm_note_off(FiqSwarm* self, uint32_t channel, uint32_t key, uint32_t offset)
{
  assert(self);
  fiq_notes_off(&self->notes, channel, key, fiq_swarm_due_frame(self, offset));
}

void fiq_swarm_bend(FiqSwarm* self, uint32_t channel, float bend, uint32_t offset)
{
  assert(self);
  fiq_notes_bend(&self->notes, channel, bend, fiq_swarm_due_frame(self, offset));
}

void fiq_swarm_controller(FiqSwarm* self, uint32_t channel, uint32_t controller, uint32_t value,
                          uint32_t offset)
{
  assert(self);
  fiq_notes_controller(&self->notes, channel, controller, value, fiq_swarm_due_frame(self, offset));
}

float fiq_swarm_residual_hz(const FiqSwarm* self)
{
  assert(self);
  // On the axis of cents a unit is f / 261.63 Hz; the mean carrier stands for all.
  float sum = 0.0f;
  float n   = 0.0f;
  for (int k = 0; k < FIQ_CARRIERS_MAX; ++k) {
    const float members = (float)self->anneal.transport.share[k];
    const float x       = self->anneal.carriers.now[k];
    sum += members * (self->step.cents ? fiq_swarm_converted(false, x) / FIQ_ANNEAL_F0_HZ : 1.0f);
    n += members;
  }
  return self->anneal.schedule.residual * (n > 0.0f ? sum / n : 1.0f);
}
