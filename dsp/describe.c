// SPDX-License-Identifier: GPL-3.0-or-later
#include "describe.h"

#include "maths.h"

#include <assert.h>
#include <string.h>

enum { SAMPLED_MAX = 1024 };

/// Coordination strengths that the layers' losses are quoted at.
static const float layer_strength[FIQ_N_REALMS] = {0.1f, 0.2f, 0.15f};

void fiq_describe_realms(FiqTelemetry* telemetry, FiqRealms* realms, float coupling,
                         float spread_rad_s)
{
  assert(telemetry && realms);
  FiqPhaseLayer* const layer    = &realms->layer[realms->current];
  const float          critical = fiq_kuramoto_critical(spread_rad_s, FIQ_KURAMOTO_UNIFORM);
  telemetry->core.order         = realms->core.order;
  telemetry->core.psi_rad       = realms->core.psi_rad;
  telemetry->core.coupling      = coupling / fmaxf(critical, 1e-6f);
  fiq_phase_layer_metrics(layer, layer_strength[realms->current], &telemetry->layer);
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

static void describe_carriers(FiqSwarmTelemetry* telemetry, const FiqSwarm* swarm)
{
  const FiqCarriers* const carriers = &swarm->carriers;
  uint32_t                 n        = 0;
  for (uint32_t slot = 0; slot < FIQ_CARRIERS_MAX; ++slot) {
    if (carriers->mass[slot] > 0.0f) {
      const float order2       = swarm->order2[slot * FIQ_SWARM_PARTIALS_MAX];
      telemetry->carrier_hz[n] = fiq_swarm_hz(swarm, carriers->now[slot]);
      telemetry->carrier_share[n] =
          (float)carriers->settled[slot] / fmaxf((float)carriers->n_osc, 1.0f);
      telemetry->carrier_order[n] = sqrtf(fiq_clamp(order2, 0.0f, 1.0f));
      ++n;
    }
  }
  telemetry->n_carriers = n;
}

void fiq_describe_swarm(FiqTelemetry* telemetry, const FiqSwarm* swarm)
{
  assert(telemetry && swarm);
  FiqSwarmTelemetry* const t     = &telemetry->swarm;
  const uint32_t           n_osc = swarm->asleep ? 0 : swarm->carriers.n_osc;
  const uint32_t           step  = n_osc / SAMPLED_MAX + 1;
  describe_carriers(t, swarm);
  t->n_oscillators     = n_osc;
  t->residual_hz       = fiq_swarm_residual_hz(swarm);
  t->imbalance         = swarm->carriers.imbalance;
  t->histogram_low_hz  = 20.0f;
  t->histogram_high_hz = 20000.0f;
  memset(t->histogram, 0, sizeof(t->histogram));
  for (uint32_t i = 0; i < n_osc; i += step) {
    fiq_telemetry_count(t, fiq_swarm_hz(swarm, swarm->carriers.x[i]));
  }
}
