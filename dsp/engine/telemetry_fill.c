// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/engine/telemetry_fill.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

enum { SAMPLED_MAX = 1024 };

/// Coordination strengths that the layers' losses are quoted at.
static const float layer_strength[FIQ_N_REALMS] = {0.1f, 0.2f, 0.15f};

void fiq_describe_core(FiqCoreTelemetry* telemetry, const FiqPhaseCore* core)
{
  assert(core);
  telemetry->psi_rad     = core->psi_rad;
  telemetry->noise       = core->noise_rad_s;
  telemetry->lyapunov    = core->lyapunov;
  telemetry->stability   = (float)core->class_;
  telemetry->warning     = core->confidence;
  telemetry->temperature = core->temperature;
  telemetry->resonance   = core->resonance_rad_s;
}

void fiq_describe_mind(FiqGoalTelemetry* telemetry, const FiqMomentMemory* memory,
                       const FiqGoalController* agency, const FiqAttention* attention)
{
  telemetry->n_moments    = memory->n_moments;
  telemetry->recalled     = memory->held < memory->n_moments ? (int32_t)memory->held : -1;
  telemetry->recall_match = memory->recall;
  telemetry->n_goals      = agency->n_goals;
  for (uint32_t i = 0; i < agency->n_goals; ++i) {
    telemetry->progress[i] = agency->states[i].progress;
  }
  telemetry->n_attention = attention->n_bands;
  memcpy(telemetry->attention, attention->weight, attention->n_bands * sizeof(float));
}

void fiq_describe_realms(FiqTelemetry* telemetry, FiqRealms* realms)
{
  assert(telemetry && realms);
  FiqPhaseLayer* const layer = &realms->layer[realms->current];
  fiq_phase_layer_metrics(layer, layer_strength[realms->current], &telemetry->layer);
  telemetry->gradient  = fiq_phase_layer_pull(layer, layer_strength[realms->current]);
  telemetry->n_neurons = layer->n_neurons;
  memcpy(telemetry->phase_rad, layer->phi_rad, layer->n_neurons * sizeof(float));
  FiqRealmTelemetry* const         realm = &telemetry->realm;
  const int                        which = realms->current == FIQ_REALM_ADAPTIVE ? 1 : 0;
  const FiqSpectralFeatures* const heard = fiq_realm_spectral_features(&realms->spectral[which]);
  realm->realm                           = (float)realms->current;
  realm->spectral_share                  = fiq_realms_spectral_share(realms);
  realm->tonality                        = realms->adaptive.tonality;
  realm->rms_db                          = heard->rms_db;
  realm->flatness                        = heard->flatness;
  realm->entropy                         = heard->entropy;
  realm->flux                            = heard->flux;
  realm->phase_increment_variance        = heard->phase_increment_variance;
}

static void describe_learned(FiqPhaseTelemetry* telemetry, const FiqPhaseSolution* playing)
{
  const uint32_t     n   = playing->is_known ? playing->n_bands : 0;
  const float* const hz  = playing->centre_hz;
  const float* const phi = playing->learned.phi_rad[0];
  telemetry->n_bands     = n;
  telemetry->spread_s    = n ? playing->learned.spread_s : 0.0f;
  memcpy(telemetry->band_hz, hz, n * sizeof(float));
  memcpy(telemetry->learned_rad, phi, n * sizeof(float));
  for (uint32_t b = 0; b < n; ++b) {
    // The slope of the spline at a centre is that from one neighbour's value to the other's.
    const uint32_t low  = b ? b - 1 : 0;
    const uint32_t high = b + 1 < n ? b + 1 : b;
    telemetry->delay_s[b] =
        (phi[low] - phi[high]) / (FIQ_TWO_PI_F * fmaxf(1.0f, hz[high] - hz[low]));
  }
}

void fiq_describe_phases(FiqPhaseTelemetry* telemetry, const FiqPhaseSolution* playing,
                         const FiqPhaseRotator* rotator)
{
  assert(telemetry && playing && rotator);
  describe_learned(telemetry, playing);
  const double most_hz = FIQ_PHASE_ROTATOR_TOP * rotator->sample_rate_hz;
  const bool   rests   = fiq_phase_rotator_rests(rotator);
  for (uint32_t i = 0; i < FIQ_TELEMETRY_CURVE; ++i) {
    const double hz = 20.0 * pow(1000.0, i / (FIQ_TELEMETRY_CURVE - 1.0));
    telemetry->rotator_rad[i] =
        rests ? 0.0f : fiq_phase_rotator_phase_rad(rotator, fmin(hz, most_hz));
  }
}

void fiq_describe_groups(FiqGroupTelemetry* telemetry, const FiqGroups* groups)
{
  assert(telemetry && groups);
  const bool hears    = fiq_groups_is_running(groups);
  telemetry->n_groups = fiq_groups_n(groups);
  telemetry->focused  = groups->focused;
  telemetry->n_bands  = hears ? groups->grouping.n_bands : 0;
  for (uint32_t i = 0; i < telemetry->n_bands; ++i) {
    telemetry->band[i]  = (float)groups->grouping.group[i];
    telemetry->place[i] = groups->place[i];
  }
}

static void describe_carriers(FiqSwarmTelemetry* telemetry, const FiqSwarm* swarm)
{
  const FiqAnneal* const anneal = &swarm->anneal;
  uint32_t               n      = 0;
  for (uint32_t slot = 0; slot < FIQ_CARRIERS_MAX; ++slot) {
    if (anneal->carriers.mass[slot] > 0.0f) {
      const float order2       = swarm->groups.order2[slot * FIQ_SWARM_PARTIALS_MAX];
      telemetry->carrier_hz[n] = fiq_swarm_hz(swarm, anneal->carriers.now[slot]);
      telemetry->carrier_share[n] =
          (float)anneal->transport.settled[slot] / fmaxf((float)anneal->osc.n, 1.0f);
      telemetry->carrier_order[n] = sqrtf(fiq_clamp(order2, 0.0f, 1.0f));
      ++n;
    }
  }
  telemetry->n_carriers = n;
}

/// Up to SAMPLED_MAX of the oscillators into the histogram. The axis of cents is even in pitch, as the bins are.
static void count_oscillators(FiqSwarmTelemetry* t, const FiqSwarm* swarm, uint32_t n_osc)
{
  const float    octave = FIQ_ANNEAL_F0_HZ * 0.693147181f;
  const float    low    = log2f(t->histogram_low_hz / FIQ_ANNEAL_F0_HZ);
  const float    high   = log2f(t->histogram_high_hz / FIQ_ANNEAL_F0_HZ);
  const uint32_t step   = n_osc / SAMPLED_MAX + 1;
  for (uint32_t i = 0; i < n_osc; i += step) {
    const float x  = fiq_anneal_x(&swarm->anneal, i);
    const float at = swarm->step.cents ? x / octave : log2f(fmaxf(x, 1.0f) / FIQ_ANNEAL_F0_HZ);
    fiq_telemetry_count(t, (at - low) / (high - low));
  }
}

void fiq_describe_swarm(FiqTelemetry* telemetry, const FiqSwarm* swarm)
{
  assert(swarm);
  assert(telemetry && swarm);
  FiqSwarmTelemetry* const t     = &telemetry->swarm;
  const uint32_t           n_osc = swarm->rest.asleep ? 0 : swarm->anneal.osc.n;
  describe_carriers(t, swarm);
  t->n_oscillators     = n_osc;
  t->residual_hz       = fiq_swarm_residual_hz(swarm);
  t->imbalance         = swarm->anneal.schedule.imbalance;
  t->histogram_low_hz  = 20.0f;
  t->histogram_high_hz = 20000.0f;
  memset(t->histogram, 0, sizeof(t->histogram));
  count_oscillators(t, swarm, n_osc);
}
