// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Telemetry on the notify port, for whoever asks: a patch:Get of urn:fieldiq:telemetry is a lease
   of two seconds of the stream. Each message is an object of type urn:fieldiq:Telemetry; what run()
   collects is written at its end, since the notify port may share its memory with an input.
*/
#include "plugin/told_fields.h"

#include <assert.h>
#include <string.h>

#define AT(field) offsetof(FiqTelemetry, field)

static const FiqToldField fields[] = {
    {"frame", FIQ_TOLD_PLACE, AT(frame), 0, 1},
    {"order", FIQ_TOLD_REAL, AT(core.order), 0, 1},
    {"uncertainty", FIQ_TOLD_REAL, AT(core.uncertainty), 0, 1},
    {"psi", FIQ_TOLD_REAL, AT(core.psi_rad), 0, 1},
    {"coupling", FIQ_TOLD_REAL, AT(core.coupling), 0, 1},
    {"coupling_ratio", FIQ_TOLD_REAL, AT(core.coupling_ratio), 0, 1},
    {"noise", FIQ_TOLD_REAL, AT(core.noise), 0, 1},
    {"action", FIQ_TOLD_REAL, AT(core.action), 0, 1},
    {"tone", FIQ_TOLD_REAL, AT(core.tone), 0, 1},
    {"zone_low", FIQ_TOLD_REAL, AT(core.zone_low), 0, 1},
    {"zone_high", FIQ_TOLD_REAL, AT(core.zone_high), 0, 1},
    {"zone_share", FIQ_TOLD_REAL, AT(core.zone_share), 0, 1},
    {"lyapunov", FIQ_TOLD_REAL, AT(core.lyapunov), 0, 1},
    {"stability", FIQ_TOLD_REAL, AT(core.stability), 0, 1},
    {"warning", FIQ_TOLD_REAL, AT(core.warning), 0, 1},
    {"temperature", FIQ_TOLD_REAL, AT(core.temperature), 0, 1},
    {"resonance", FIQ_TOLD_REAL, AT(core.resonance), 0, 1},
    {"linked", FIQ_TOLD_REAL, AT(core.linked), 0, 1},
    {"realm", FIQ_TOLD_REAL, AT(realm.realm), 0, 1},
    {"spectral_share", FIQ_TOLD_REAL, AT(realm.spectral_share), 0, 1},
    {"tonality", FIQ_TOLD_REAL, AT(realm.tonality), 0, 1},
    {"rms", FIQ_TOLD_REAL, AT(realm.rms_db), 0, 1},
    {"flatness", FIQ_TOLD_REAL, AT(realm.flatness), 0, 1},
    {"entropy", FIQ_TOLD_REAL, AT(realm.entropy), 0, 1},
    {"flux", FIQ_TOLD_REAL, AT(realm.flux), 0, 1},
    {"phase_variance", FIQ_TOLD_REAL, AT(realm.phase_increment_variance), 0, 1},
    {"coordination_loss", FIQ_TOLD_REAL, AT(layer.coordination_loss), 0, 1},
    {"repulsion_loss", FIQ_TOLD_REAL, AT(layer.repulsion_loss), 0, 1},
    {"diversity_reward", FIQ_TOLD_REAL, AT(layer.diversity_reward), 0, 1},
    {"spacing_variance", FIQ_TOLD_REAL, AT(layer.spacing_variance), 0, 1},
    {"phase_spread", FIQ_TOLD_REAL, AT(layer.phase_spread), 0, 1},
    {"coordinated", FIQ_TOLD_REAL, AT(layer.score), 0, 1},
    {"gradient_phi", FIQ_TOLD_REALS, AT(gradient), 0, 3},
    {"phases", FIQ_TOLD_REALS, AT(phase_rad), AT(n_neurons), 0},
    {"learned_hz", FIQ_TOLD_REALS, AT(curve.band_hz), AT(curve.n_bands), 0},
    {"learned_rad", FIQ_TOLD_REALS, AT(curve.learned_rad), AT(curve.n_bands), 0},
    {"learned_delay_s", FIQ_TOLD_REALS, AT(curve.delay_s), AT(curve.n_bands), 0},
    {"learned_spread_s", FIQ_TOLD_REAL, AT(curve.spread_s), 0, 1},
    {"rotator_rad", FIQ_TOLD_REALS, AT(curve.rotator_rad), 0, FIQ_TELEMETRY_CURVE},
    {"groups", FIQ_TOLD_WHOLE, AT(groups.n_groups), 0, 1},
    {"group_focused", FIQ_TOLD_WHOLE, AT(groups.focused), 0, 1},
    {"band_group", FIQ_TOLD_REALS, AT(groups.band), AT(groups.n_bands), 0},
    {"band_place", FIQ_TOLD_REALS, AT(groups.place), AT(groups.n_bands), 0},
    {"residual", FIQ_TOLD_REAL, AT(swarm.residual_hz), 0, 1},
    {"imbalance", FIQ_TOLD_REAL, AT(swarm.imbalance), 0, 1},
    {"oscillators", FIQ_TOLD_WHOLE, AT(swarm.n_oscillators), 0, 1},
    {"carrier_hz", FIQ_TOLD_REALS, AT(swarm.carrier_hz), AT(swarm.n_carriers), 0},
    {"carrier_share", FIQ_TOLD_REALS, AT(swarm.carrier_share), AT(swarm.n_carriers), 0},
    {"carrier_order", FIQ_TOLD_REALS, AT(swarm.carrier_order), AT(swarm.n_carriers), 0},
    {"histogram_low", FIQ_TOLD_REAL, AT(swarm.histogram_low_hz), 0, 1},
    {"histogram_high", FIQ_TOLD_REAL, AT(swarm.histogram_high_hz), 0, 1},
    {"histogram", FIQ_TOLD_WHOLES, AT(swarm.histogram), 0, FIQ_TELEMETRY_BINS},
    {"moments", FIQ_TOLD_WHOLE, AT(mind.n_moments), 0, 1},
    {"recall_index", FIQ_TOLD_WHOLE, AT(mind.recalled), 0, 1},
    {"recall_match", FIQ_TOLD_REAL, AT(mind.recall_match), 0, 1},
    {"harmony", FIQ_TOLD_REAL, AT(mind.harmony), 0, 1},
    {"goal_progress", FIQ_TOLD_REAL, AT(mind.goal_progress), 0, 1},
    {"choice_entropy", FIQ_TOLD_REAL, AT(sequence.entropy), 0, 1},
    {"choice_surprise", FIQ_TOLD_REAL, AT(sequence.surprise), 0, 1},
    {"choice_temperature", FIQ_TOLD_REAL, AT(sequence.temperature), 0, 1},
    {"choice_repetition", FIQ_TOLD_REAL, AT(sequence.shaken), 0, 1},
    {"notes_learned", FIQ_TOLD_WHOLE, AT(sequence.n_learned), 0, 1},
    {"agreed_chord", FIQ_TOLD_WHOLE, AT(sequence.agreed), 0, 1},
    {"key_chance", FIQ_TOLD_REALS, AT(sequence.chance), AT(sequence.n_chances), 0},
    {"goals", FIQ_TOLD_REALS, AT(mind.progress), AT(mind.n_goals), 0},
    {"attention", FIQ_TOLD_REALS, AT(mind.attention), AT(mind.n_attention), 0},
    {"guard_resets", FIQ_TOLD_WHOLE, AT(guard_resets), 0, 1}};

#undef AT

enum { N_FIELDS = sizeof(fields) / sizeof(fields[0]) };

_Static_assert((int)N_FIELDS <= (int)FIQ_TOLD_FIELDS, "there is a URID for each field");

static const double lease_s = 2.0;

void fiq_telemetry_port_init(FiqTelemetryPort* self, LV2_URID_Map* map)
{
  assert(self && map);
  fiq_told_map(map, fields, N_FIELDS, self->key);
  self->time         = map->map(map->handle, "urn:fieldiq:time");
  self->type         = map->map(map->handle, "urn:fieldiq:Telemetry");
  self->n_told       = 0;
  self->lease_frames = 0;
}

void fiq_plugin_lease(FiqPlugin* self)
{
  assert(self);
  self->telling.lease_frames = (uint64_t)(lease_s * self->config.sample_rate_hz);
  fiq_engine_watch(self->engine, true);
}

void fiq_plugin_collect(FiqPlugin* self, uint32_t end_frame, uint32_t n_frames)
{
  assert(n_frames <= end_frame);
  FiqTelemetryPort* const told = &self->telling;
  const uint64_t          left = told->lease_frames;
  told->lease_frames           = left > n_frames ? left - n_frames : 0;
  if (left > 0 && told->n_told < FIQ_TOLD_MAX &&
      fiq_engine_telemetry(self->engine, &told->value[told->n_told])) {
    told->at_frame[told->n_told++] = end_frame > 0 ? end_frame - 1 : 0;
  }
  if (left > 0 && told->lease_frames == 0) {
    fiq_engine_watch(self->engine, false);
  }
}

bool fiq_plugin_write_telling(FiqPlugin* self, uint32_t which)
{
  assert(self);
  LV2_Atom_Forge* const         forge = &self->forge;
  const FiqTelemetryPort* const told  = &self->telling;
  const FiqTelemetry* const     value = &told->value[which];
  LV2_Atom_Forge_Frame          object;
  bool                          ok = lv2_atom_forge_frame_time(forge, told->at_frame[which]) &&
            lv2_atom_forge_object(forge, &object, 0, told->type) &&
            lv2_atom_forge_key(forge, told->time) &&
            lv2_atom_forge_double(forge, (double)value->frame / self->config.sample_rate_hz);
  ok = ok && fiq_told_write(self, fields, N_FIELDS, told->key, value);
  if (ok) {
    lv2_atom_forge_pop(forge, &object);
  }
  return ok;
}
