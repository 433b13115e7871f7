// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/sequence/pulse.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

enum { FOUND_ONSETS = 6, LEVEL_ONSETS = 12, SETTLED_ONSETS = 20 };

static const double shortest_s   = 0.25;
static const double longest_s    = 1.2;
static const double preferred_s  = 0.54;
static const float  preference   = 6.0f; // log likelihood lost an octave from there, squared
static const double together_s   = 0.03;
static const double evidence_s   = 8.0;   // time constant
static const double onset_spread = 0.045; // of a beat, standard deviation, as those that follow
static const double doubt = 0.5; // how soon a change of tempo is believed: squares of its deviation
static const double first_place   = 0.03;
static const double first_period  = 0.03;
static const double first_slope   = 0.008; // a beat
static const double wander_place  = 1e-5;  // variance that a beat adds
static const double wander_period = 2e-7;
static const double wander_slope  = 1e-8;
static const double ahead_most    = 8.0;   // beats that are foreseen at once
static const double slope_most    = 0.012; // of the period, a beat
static const double slope_beats   = 4.0;   // for so long the tempo is taken to go on changing
static const float  peak_width    = 0.07f;
static const float  accent_weight = 0.8f;
// Log likelihood of a step off a beat onto the next one, and over it; and how near that it counts as on it, in beats.
static const float  onto_gain = 0.3f;
static const float  over_loss = 1.2f;
static const double step_onto = 0.15;
static const double step_over = 0.2;
// The first onset is rather on a beat than a half or a quarter after one.
static const float  phase_prior = 0.25f;
static const float  lead_found  = 3.0f;
static const float  lead_lost   = 1.0f;
static const double mean_share  = 0.15; // of an onset in the mean distance
static const float  metre_kept  = 0.97f;
// Excess of the first beat over an even share, below which a bar has four beats.
static const float metre_least = 0.1f;
static const float near_beat   = 0.15f;
static const float four_prior  = 1.05f; // bars of four are likely

/// By how much another oscillator must be better, and for how many onsets, to be the beat.
typedef struct {
  float    lead;
  uint32_t n_onsets;
} Switch;

static const Switch early_switch = {0.7f, 3}; // before the beat has settled
static const Switch phase_switch = {0.3f, 2}; // to one of the same period
static const Switch level_switch = {3.0f, 4}; // to another period
static const double same_period  = 0.1;

enum { PARTS = 7 };

/// A part of the beat: its place, and onsets expected there in a beat.
typedef struct {
  float place;
  float expected;
} Part;

/// A way to divide the beat, all onsets expected in one, and how likely it is beforehand.
typedef struct {
  Part  part[PARTS];
  float all_expected;
  float log_prior;
} Division;

static const Division division[FIQ_PULSE_DIVISIONS] = {{{{0.0f, 0.82f},
                                                         {0.5f, 0.5f},
                                                         {0.25f, 0.07f},
                                                         {0.75f, 0.12f},
                                                         {0.33333f, 0.03f},
                                                         {0.66667f, 0.05f},
                                                         {1.0f, 0.82f}},
                                                        1.62f,
                                                        0.0f},
                                                       {{{0.0f, 0.82f},
                                                         {0.5f, 0.12f},
                                                         {0.25f, 0.01f},
                                                         {0.75f, 0.02f},
                                                         {0.33333f, 0.005f},
                                                         {0.66667f, 0.01f},
                                                         {1.0f, 0.82f}},
                                                        1.02f,
                                                        -1.0f},
                                                       {{{0.0f, 0.85f},
                                                         {0.33333f, 0.3f},
                                                         {0.66667f, 0.55f},
                                                         {0.16667f, 0.03f},
                                                         {0.5f, 0.05f},
                                                         {0.83333f, 0.06f},
                                                         {1.0f, 0.85f}},
                                                        1.87f,
                                                        -2.5f}};

static const float floor_expected = 0.03f; // a beat, anywhere in it

static double home_period(uint32_t i)
{
  const double share = (double)(i / FIQ_PULSE_PHASES) / (FIQ_PULSE_PERIODS - 1);
  return shortest_s * exp2(share * log2(longest_s / shortest_s));
}

/// Log of the preference for a period.
static float log_prior(double period_s)
{
  const float octaves = (float)log2(period_s / preferred_s);
  return -preference * octaves * octaves;
}

/// Begin anew at home, with an onset at `time_s` on the beat, half or a quarter after it.
static void restart(FiqPulse* self, uint32_t i, double time_s, float evidence)
{
  static const double       phase[FIQ_PULSE_PHASES] = {0.0, 0.5, 0.75};
  FiqPulseOscillator* const one                     = &self->oscillator[i];
  one->period_s                                     = home_period(i);
  one->at_s            = time_s - phase[i % FIQ_PULSE_PHASES] * one->period_s;
  one->evidence        = evidence;
  one->slope_s         = 0.0;
  one->beatness        = 0.0f;
  one->place_variance  = first_place * first_place;
  one->place_period    = 0.0;
  one->place_slope     = 0.0;
  one->period_variance = first_period * first_period;
  one->period_slope    = 0.0;
  one->slope_variance  = first_slope * first_slope;
  for (uint32_t k = 0; k < FIQ_PULSE_DIVISIONS; ++k) {
    one->by_division[k] = evidence;
  }
}

void fiq_pulse_reset(FiqPulse* self)
{
  assert(self);
  memset(self, 0, sizeof(*self));
  for (uint32_t i = 0; i < FIQ_PULSE_OSCILLATORS; ++i) {
    restart(self, i, 0.0, 0.0f);
  }
  self->best                            = FIQ_PULSE_PERIODS / 2 * FIQ_PULSE_PHASES;
  self->oscillator[self->best].period_s = 0.5;
  self->settled_s                       = 0.5;
}

/// Onsets a beat at phase `x` of it, 0..1, per turn.
static float intensity(const Part part[PARTS], float x, float* nearest, float* beatness)
{
  float on   = 0.0f;
  float sum  = floor_expected;
  float most = 0.0f;
  *nearest   = 1.0f;
  for (uint32_t i = 0; i < PARTS; ++i) {
    const float e    = x - part[i].place;
    const float unit = e * (1.0f / peak_width);
    const float bell = unit * unit < 40.0f ? part[i].expected * expf(-0.5f * unit * unit) : 0.0f;
    sum += bell * (0.39894228f / peak_width);
    on += part[i].place <= 0.0f || part[i].place >= 1.0f ? bell : -bell;
    if (bell > most) {
      most     = bell;
      *nearest = e;
    }
  }
  *beatness = on / (fabsf(on) + 0.05f);
  return sum;
}

/// How the uncertainty grows in some beats.
static void foresee(FiqPulseOscillator* one, double beats)
{
  const double n = fmin(beats, ahead_most);
  const double b = one->place_slope + one->period_variance;
  one->place_variance +=
      n * (2.0 * one->place_period +
           n * (b + n * (one->period_slope + 0.25 * n * one->slope_variance)) + wander_place);
  one->place_period += n * (b + n * (1.5 * one->period_slope + 0.5 * n * one->slope_variance));
  one->place_slope += n * (one->period_slope + 0.5 * n * one->slope_variance);
  one->period_variance += n * (2.0 * one->period_slope + n * one->slope_variance + wander_period);
  one->period_slope += n * one->slope_variance;
  one->slope_variance += n * wander_slope;
}

/// Take an onset's error into account, by how much it is to be trusted.
static void correct(FiqPulseOscillator* one, double error_s, float trust)
{
  const double sum    = one->place_variance + onset_spread * onset_spread / (double)trust;
  const double place  = one->place_variance / sum;
  const double period = one->place_period / sum;
  const double slope  = one->place_slope / sum;
  one->at_s += place * error_s;
  one->period_s += period * error_s;
  one->slope_s += slope * error_s;
  one->slope_variance -= slope * one->place_slope;
  one->period_slope -= slope * one->place_period;
  one->period_variance -= period * one->place_period;
  one->place_slope -= place * one->place_slope;
  one->place_period -= place * one->place_period;
  one->place_variance -= place * one->place_variance;
  one->period_s = fmin(fmax(one->period_s, shortest_s * 0.9), longest_s * 1.1);
  one->slope_s  = fmin(fmax(one->slope_s, -slope_most * one->period_s), slope_most * one->period_s);
}

/// Beats from `at_s` to a time that is `ahead_s` later, with the tempo changing on the way for a few beats.
static double beats_ahead(const FiqPulseOscillator* one, double ahead_s)
{
  const double beats = ahead_s / one->period_s;
  const double bend  = fmin(fmax(beats, 0.0), slope_beats);
  return beats - 0.5 * one->slope_s / one->period_s * bend * bend;
}

/// What the step from the last onset says, if that was off the beat: it leads to the next beat, and rarely over that.
static float weigh_step(const FiqPulseOscillator* one, double beats)
{
  const float off = fmaxf(0.0f, -one->beatness);
  return beats > 1.0 + step_over   ? -over_loss * off
         : beats > 1.0 - step_onto ? onto_gain * off
                                   : 0.0f;
}

/// Judge an onset, `beats` after a beat, by each way to divide that; how far it is from the nearest part of the likeliest one.
static float weigh_divisions(FiqPulseOscillator* one, double beats, double since_s, float accent)
{
  const float  x         = (float)(beats - floor(beats));
  const float  step      = weigh_step(one, beats);
  const double passed    = since_s / one->period_s;
  const float  kept      = (float)exp(-since_s / evidence_s);
  const float  was_heavy = accent_weight * accent * one->beatness;
  float        off       = 1.0f;
  one->evidence          = -1e9f;
  for (uint32_t k = 0; k < FIQ_PULSE_DIVISIONS; ++k) {
    const Division* const way      = &division[k];
    float                 nearest  = 0.0f;
    float                 beatness = 0.0f;
    const float           rate     = intensity(way->part, x, &nearest, &beatness);
    one->by_division[k] = kept * one->by_division[k] + logf(rate * (float)(0.5 / one->period_s)) -
                          way->all_expected * (float)fmin(passed, 4.0) + was_heavy + step;
    if (one->by_division[k] + way->log_prior > one->evidence) {
      one->evidence = one->by_division[k] + way->log_prior;
      one->beatness = beatness;
      off           = nearest;
    }
  }
  return off;
}

/// Let an onset move one oscillator and judge it; the beats that it has passed.
static double entrain(FiqPulseOscillator* one, double time_s, double since_s, float strength,
                      float accent)
{
  const double beats = beats_ahead(one, time_s - one->at_s);
  const double whole = floor(beats);
  foresee(one, since_s / one->period_s);
  const float off = weigh_divisions(one, beats, since_s, accent);
  one->at_s += whole * one->period_s + 0.5 * one->slope_s * whole * whole;
  one->period_s += one->slope_s * fmin(whole, slope_beats);
  if (fabsf(off) < 3.5f * peak_width) {
    correct(one, (double)off * one->period_s, fiq_clamp(0.5f + strength, 0.5f, 1.0f));
  }
  return whole;
}

/// Two that run together: the weaker starts anew.
static void part_twins(FiqPulse* self, double time_s, float median)
{
  for (uint32_t i = 0; i < FIQ_PULSE_OSCILLATORS; ++i) {
    for (uint32_t j = 0; j < i; ++j) {
      const FiqPulseOscillator* const a = &self->oscillator[i];
      const FiqPulseOscillator* const b = &self->oscillator[j];
      const double apart                = remainder(a->at_s - b->at_s, b->period_s) / b->period_s;
      if (fabs(a->period_s / b->period_s - 1.0) < 0.01 && fabs(apart) < 0.04) {
        const uint32_t weaker = a->evidence < b->evidence ? i : j;
        const uint32_t other  = weaker == i ? j : i;
        restart(self, weaker == self->best ? other : weaker, time_s, median);
      }
    }
  }
}

/// Evidence and preference. What is preferred is the tempo at which the beat was taken: where that drifts, the level of the
/// metre stays.
static float merit(const FiqPulse* self, uint32_t i)
{
  const FiqPulseOscillator* const one   = &self->oscillator[i];
  const double                    drift = self->settled_s / self->oscillator[self->best].period_s;
  return one->evidence + log_prior(one->period_s * drift);
}

/// What it takes for oscillator `i` to be the beat.
static Switch switch_to(const FiqPulse* self, uint32_t i)
{
  if (!self->is_found || self->n_onsets < SETTLED_ONSETS) {
    return early_switch;
  }
  const double ratio = self->oscillator[i].period_s / self->oscillator[self->best].period_s;
  return fabs(ratio - 1.0) < same_period ? phase_switch : level_switch;
}

/// The beat passes to another when that has been clearly better for some onsets.
static void choose(FiqPulse* self, double time_s)
{
  uint32_t best = 0;
  if (self->n_onsets < LEVEL_ONSETS) {
    self->settled_s = self->oscillator[self->best].period_s;
  }
  for (uint32_t i = 1; i < FIQ_PULSE_OSCILLATORS; ++i) {
    best = merit(self, i) > merit(self, best) ? i : best;
  }
  const Switch needed = switch_to(self, best);
  const float  lead   = merit(self, best) - merit(self, self->best);
  self->n_better      = lead > needed.lead ? self->n_better + 1 : 0;
  const bool begins   = self->n_onsets < FOUND_ONSETS;
  if (best != self->best && (begins || self->n_better >= needed.n_onsets)) {
    const FiqPulseOscillator* const one   = &self->oscillator[best];
    const double                    beats = fiq_pulse_beats(self, time_s);
    self->beat                            = llround(beats - (time_s - one->at_s) / one->period_s);
    self->best                            = best;
    self->settled_s                       = one->period_s;
    self->n_better                        = 0;
    memset(self->accent, 0, sizeof(self->accent));
  }
}

/// There is a beat while the best explains much more than oscillators do in the mean.
static void judge(FiqPulse* self)
{
  float mean = 0.0f;
  for (uint32_t i = 0; i < FIQ_PULSE_OSCILLATORS; ++i) {
    mean += self->oscillator[i].evidence / FIQ_PULSE_OSCILLATORS;
  }
  const float lead = self->oscillator[self->best].evidence - mean;
  self->is_found =
      self->n_onsets >= FOUND_ONSETS && lead > (self->is_found ? lead_lost : lead_found);
}

/// Put the last onset's accent, now that its length is known, to its beat of each metre.
static void count_accent(FiqPulse* self, double since_s)
{
  const double beat = round(self->last_beat);
  if (fabs(self->last_beat - beat) > (double)near_beat) {
    return;
  }
  const float length = (float)fmin(since_s / fiq_pulse_period_s(self), 2.0);
  for (uint32_t metre = 0; metre < FIQ_PULSE_METRES; ++metre) {
    const uint32_t n  = metre + 2;
    const double   at = beat - n * floor(beat / n);
    for (uint32_t i = 0; i < n; ++i) {
      self->accent[metre][i] *= metre_kept;
    }
    self->accent[metre][(uint32_t)at % n] += self->last_strength * (0.3f + length);
  }
}

/// Of the last onset, as the time to the next one tells: long notes begin on beats.
static float accent_of(FiqPulse* self, double since_s)
{
  if (self->n_onsets == 0) {
    return 0.0f;
  }
  const float octaves = self->mean_s > 0.0 ? (float)log2(since_s / self->mean_s) : 0.0f;
  self->mean_s        = self->mean_s > 0.0
                            ? self->mean_s + mean_share * (fmin(since_s, 2.0) - self->mean_s)
                            : since_s;
  return fiq_clamp(octaves, -1.0f, 1.0f);
}

void fiq_pulse_onset(FiqPulse* self, double time_s, float strength)
{
  assert(self);
  assert(strength > 0.0f && strength <= 1.0f);
  const double since_s = time_s - self->last_s;
  if (self->n_onsets > 0 && since_s < together_s) {
    return;
  }
  if (self->n_onsets == 0) {
    for (uint32_t i = 0; i < FIQ_PULSE_OSCILLATORS; ++i) {
      restart(self, i, time_s, -phase_prior * (float)(i % FIQ_PULSE_PHASES));
    }
  }
  count_accent(self, since_s);
  float       least  = 1e9f;
  const float accent = accent_of(self, since_s);
  for (uint32_t i = 0; i < FIQ_PULSE_OSCILLATORS; ++i) {
    const double passed =
        entrain(&self->oscillator[i], time_s, self->n_onsets ? since_s : 0.0, strength, accent);
    self->beat += i == self->best ? (int64_t)passed : 0;
    least = fminf(least, self->oscillator[i].evidence);
  }
  part_twins(self, time_s, least);
  choose(self, time_s);
  ++self->n_onsets;
  judge(self);
  self->last_s        = time_s;
  self->last_strength = strength;
  self->last_beat     = fiq_pulse_beats(self, time_s);
}

bool fiq_pulse_is_found(const FiqPulse* self)
{
  return self->is_found;
}

/// A beat and its length.
typedef struct {
  double at_s;
  double period_s;
} Beat;

/// The beat as told: where it is not sure that the tempo changes it does not, and what that explained is taken back.
static Beat told(const FiqPulse* self)
{
  const FiqPulseOscillator* const one    = &self->oscillator[self->best];
  const double                    change = one->slope_s / one->period_s;
  const double                    share =
      exp(-change * change / (doubt * one->slope_variance)) * one->slope_s / one->slope_variance;
  return (Beat){one->at_s - one->place_slope * share, one->period_s - one->period_slope * share};
}

double fiq_pulse_period_s(const FiqPulse* self)
{
  return told(self).period_s;
}

double fiq_pulse_beats(const FiqPulse* self, double time_s)
{
  const Beat beat = told(self);
  return (double)self->beat + (time_s - beat.at_s) / beat.period_s;
}

double fiq_pulse_time_s(const FiqPulse* self, double beats)
{
  const Beat beat = told(self);
  return beat.at_s + (beats - (double)self->beat) * beat.period_s;
}

uint32_t fiq_pulse_metre(const FiqPulse* self, uint32_t* first_beat)
{
  uint32_t best  = FIQ_PULSE_METRES - 1;
  float    clear = metre_least;
  *first_beat    = 0;
  for (uint32_t metre = 0; metre < FIQ_PULSE_METRES; ++metre) {
    const uint32_t n    = metre + 2;
    uint32_t       most = 0;
    float          sum  = 1e-9f;
    for (uint32_t i = 0; i < n; ++i) {
      sum += self->accent[metre][i];
      most = self->accent[metre][i] > self->accent[metre][most] ? i : most;
    }
    // The first beat's excess over an even share: what a bar of two has, one of four has as well.
    const float excess =
        (self->accent[metre][most] / sum - 1.0f / (float)n) * (n == 4 ? four_prior : 1.0f);
    if (excess > clear) {
      clear       = excess;
      best        = metre;
      *first_beat = most;
    }
  }
  return best + 2;
}
