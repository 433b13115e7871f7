// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Telemetry on the notify port, for whoever asks: a patch:Get of urn:fieldiq:telemetry is a lease
   of two seconds of the stream. Each message is an object of type urn:fieldiq:Telemetry; what run()
   collects is written at its end, since the notify port may share its memory with an input.
*/
#include "plugin/instance.h"

#include <string.h>

typedef enum { REAL, WHOLE, PLACE, REALS, WHOLES } Kind;

/// One property: where it lies in FiqTelemetry, and for a vector where its length lies, or its length.
typedef struct {
  const char* name; ///< behind urn:fieldiq:
  Kind        kind;
  size_t      offset;
  size_t      n_offset; ///< 0: `n` is fixed
  uint32_t    n;
} Field;

#define AT(field) offsetof(FiqTelemetry, field)

static const Field fields[] = {
    {"frame", PLACE, AT(frame), 0, 1},
    {"order", REAL, AT(core.order), 0, 1},
    {"uncertainty", REAL, AT(core.uncertainty), 0, 1},
    {"psi", REAL, AT(core.psi_rad), 0, 1},
    {"coupling", REAL, AT(core.coupling), 0, 1},
    {"coupling_ratio", REAL, AT(core.coupling_ratio), 0, 1},
    {"noise", REAL, AT(core.noise), 0, 1},
    {"action", REAL, AT(core.action), 0, 1},
    {"tone", REAL, AT(core.tone), 0, 1},
    {"zone_low", REAL, AT(core.zone_low), 0, 1},
    {"zone_high", REAL, AT(core.zone_high), 0, 1},
    {"zone_share", REAL, AT(core.zone_share), 0, 1},
    {"lyapunov", REAL, AT(core.lyapunov), 0, 1},
    {"stability", REAL, AT(core.stability), 0, 1},
    {"warning", REAL, AT(core.warning), 0, 1},
    {"temperature", REAL, AT(core.temperature), 0, 1},
    {"resonance", REAL, AT(core.resonance), 0, 1},
    {"linked", REAL, AT(core.linked), 0, 1},
    {"realm", REAL, AT(realm.realm), 0, 1},
    {"spectral_share", REAL, AT(realm.spectral_share), 0, 1},
    {"tonality", REAL, AT(realm.tonality), 0, 1},
    {"rms", REAL, AT(realm.rms_db), 0, 1},
    {"flatness", REAL, AT(realm.flatness), 0, 1},
    {"entropy", REAL, AT(realm.entropy), 0, 1},
    {"flux", REAL, AT(realm.flux), 0, 1},
    {"phase_variance", REAL, AT(realm.phase_increment_variance), 0, 1},
    {"coordination_loss", REAL, AT(layer.coordination_loss), 0, 1},
    {"repulsion_loss", REAL, AT(layer.repulsion_loss), 0, 1},
    {"diversity_reward", REAL, AT(layer.diversity_reward), 0, 1},
    {"spacing_variance", REAL, AT(layer.spacing_variance), 0, 1},
    {"phase_spread", REAL, AT(layer.phase_spread), 0, 1},
    {"coordinated", REAL, AT(layer.score), 0, 1},
    {"gradient_phi", REALS, AT(gradient), 0, 3},
    {"phases", REALS, AT(phase_rad), AT(n_neurons), 0},
    {"residual", REAL, AT(swarm.residual_hz), 0, 1},
    {"imbalance", REAL, AT(swarm.imbalance), 0, 1},
    {"oscillators", WHOLE, AT(swarm.n_oscillators), 0, 1},
    {"carrier_hz", REALS, AT(swarm.carrier_hz), AT(swarm.n_carriers), 0},
    {"carrier_share", REALS, AT(swarm.carrier_share), AT(swarm.n_carriers), 0},
    {"carrier_order", REALS, AT(swarm.carrier_order), AT(swarm.n_carriers), 0},
    {"histogram_low", REAL, AT(swarm.histogram_low_hz), 0, 1},
    {"histogram_high", REAL, AT(swarm.histogram_high_hz), 0, 1},
    {"histogram", WHOLES, AT(swarm.histogram), 0, FIQ_TELEMETRY_BINS},
    {"moments", WHOLE, AT(mind.n_moments), 0, 1},
    {"recall_index", WHOLE, AT(mind.recalled), 0, 1},
    {"recall_match", REAL, AT(mind.recall_match), 0, 1},
    {"harmony", REAL, AT(mind.harmony), 0, 1},
    {"goals", REALS, AT(mind.progress), AT(mind.n_goals), 0},
    {"attention", REALS, AT(mind.attention), AT(mind.n_attention), 0},
    {"guard_resets", WHOLE, AT(guard_resets), 0, 1}};

#undef AT

enum { N_FIELDS = sizeof(fields) / sizeof(fields[0]) };

_Static_assert((int)N_FIELDS <= (int)FIQ_TOLD_FIELDS, "there is a URID for each field");

static const double lease_s = 2.0;

void fiq_telemetry_port_init(FiqTelemetryPort* self, LV2_URID_Map* map)
{
  static const char prefix[] = "urn:fieldiq:";
  for (uint32_t i = 0; i < N_FIELDS; ++i) {
    char uri[64];
    memcpy(uri, prefix, sizeof(prefix) - 1);
    strncpy(uri + sizeof(prefix) - 1, fields[i].name, sizeof(uri) - sizeof(prefix));
    uri[sizeof(uri) - 1] = '\0';
    self->key[i]         = map->map(map->handle, uri);
  }
  self->time         = map->map(map->handle, "urn:fieldiq:time");
  self->type         = map->map(map->handle, "urn:fieldiq:Telemetry");
  self->n_told       = 0;
  self->lease_frames = 0;
}

void fiq_plugin_lease(FiqPlugin* self)
{
  self->telling.lease_frames = (uint64_t)(lease_s * self->config.sample_rate_hz);
  fiq_engine_watch(self->engine, true);
}

void fiq_plugin_collect(FiqPlugin* self, uint32_t end_frame, uint32_t n_frames)
{
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

static uint32_t length_of(const Field* field, const FiqTelemetry* value)
{
  uint32_t n = field->n;
  if (field->n_offset) {
    memcpy(&n, (const char*)value + field->n_offset, sizeof(n));
  }
  return n;
}

static bool write_field(FiqPlugin* self, const Field* field, const FiqTelemetry* value)
{
  LV2_Atom_Forge* const forge = &self->forge;
  const char* const     at    = (const char*)value + field->offset;
  const uint32_t        n     = length_of(field, value);
  float                 real  = 0.0f;
  int32_t               whole = 0;
  uint64_t              place = 0;
  switch (field->kind) {
  case REAL:
    memcpy(&real, at, sizeof(real));
    return lv2_atom_forge_float(forge, real) != 0;
  case WHOLE:
    memcpy(&whole, at, sizeof(whole));
    return lv2_atom_forge_int(forge, whole) != 0;
  case PLACE:
    memcpy(&place, at, sizeof(place));
    return lv2_atom_forge_long(forge, (int64_t)place) != 0;
  case REALS:
    return lv2_atom_forge_vector(forge, sizeof(float), self->urids.atom_float, n, at) != 0;
  case WHOLES:
    return lv2_atom_forge_vector(forge, sizeof(int32_t), self->urids.atom_int, n, at) != 0;
  }
  return false;
}

bool fiq_plugin_write_telling(FiqPlugin* self, uint32_t which)
{
  LV2_Atom_Forge* const         forge = &self->forge;
  const FiqTelemetryPort* const told  = &self->telling;
  const FiqTelemetry* const     value = &told->value[which];
  LV2_Atom_Forge_Frame          object;
  bool                          ok = lv2_atom_forge_frame_time(forge, told->at_frame[which]) &&
            lv2_atom_forge_object(forge, &object, 0, told->type) &&
            lv2_atom_forge_key(forge, told->time) &&
            lv2_atom_forge_double(forge, (double)value->frame / self->config.sample_rate_hz);
  for (uint32_t i = 0; i < N_FIELDS && ok; ++i) {
    ok = lv2_atom_forge_key(forge, told->key[i]) && write_field(self, &fields[i], value);
  }
  if (ok) {
    lv2_atom_forge_pop(forge, &object);
  }
  return ok;
}
