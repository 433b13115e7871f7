// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/params.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

const char* const fiq_plugin_names[FIQ_N_PLUGINS] = {"realms", "swarm", "realms-stereo",
                                                     "realms-mono"};

#define FIQ_POINT(value, label) [value] = label
#define FIQ_POINTS(type, ...) static const char* const points_##type[] = {__VA_ARGS__, NULL};
#define FIQ_CHOICES FIQ_POINTS
#include "dsp/engine/params.def"

#define points_NONE NULL

const char* const fiq_group_names[FIQ_N_GROUPS] = {
#define FIQ_GROUP(group, name) name,
#include "dsp/engine/params.def"
};

#define FIQ_CONTROL(plugins, symbol, name, kind, unit, minimum, fallback, maximum, group, points,  \
                    comment)                                                                       \
  {FIQ_IN_##plugins,                                                                               \
   0,                                                                                              \
   #symbol,                                                                                        \
   name,                                                                                           \
   FIQ_KIND_##kind,                                                                                \
   FIQ_UNIT_##unit,                                                                                \
   (float)(minimum),                                                                               \
   (float)(fallback),                                                                              \
   (float)(maximum),                                                                               \
   FIQ_GROUP_##group,                                                                              \
   points_##points,                                                                                \
   comment,                                                                                        \
   offsetof(FiqEngineParams, symbol)},
#define FIQ_METER(plugins, symbol, name, kind, unit, minimum, maximum, group, points, comment)     \
  {FIQ_IN_##plugins,                                                                               \
   0,                                                                                              \
   #symbol,                                                                                        \
   name,                                                                                           \
   FIQ_KIND_##kind,                                                                                \
   FIQ_UNIT_##unit,                                                                                \
   (float)(minimum),                                                                               \
   (float)(minimum),                                                                               \
   (float)(maximum),                                                                               \
   FIQ_GROUP_##group,                                                                              \
   points_##points,                                                                                \
   comment,                                                                                        \
   offsetof(FiqEngineMeters, symbol)},
#define FIQ_MIDI_OUT(plugins, symbol, name, group, comment)                                        \
  {0,                                                                                              \
   FIQ_IN_##plugins,                                                                               \
   #symbol,                                                                                        \
   name,                                                                                           \
   FIQ_KIND_MIDI_OUT,                                                                              \
   FIQ_UNIT_NONE,                                                                                  \
   0.0f,                                                                                           \
   0.0f,                                                                                           \
   0.0f,                                                                                           \
   FIQ_GROUP_##group,                                                                              \
   NULL,                                                                                           \
   comment,                                                                                        \
   0},
#define FIQ_CONTROL_ALSO FIQ_CONTROL
#define FIQ_METER_ALSO FIQ_METER
const FiqParam fiq_params[] = {
#include "dsp/engine/params.def"
};

const uint32_t fiq_n_params = sizeof(fiq_params) / sizeof(fiq_params[0]);

bool fiq_param_is_meter(const FiqParam* param)
{
  assert(param);
  return param->kind == FIQ_KIND_LATENCY || param->kind == FIQ_KIND_MEASURE ||
         param->kind == FIQ_KIND_STATE || param->kind == FIQ_KIND_MIDI_OUT;
}

bool fiq_param_is_choice(const FiqParam* param)
{
  assert(param);
  return param->kind == FIQ_KIND_CHOICE || param->kind == FIQ_KIND_CHOICE_HEAVY;
}

bool fiq_param_has_port(const FiqParam* param, FiqPluginKind plugin)
{
  return ((param->plugins | param->midi_plugins) & (1u << plugin)) != 0;
}

bool fiq_param_in(const FiqParam* param, FiqPluginKind plugin)
{
  assert(param && plugin < FIQ_N_PLUGINS);
  return (param->plugins & (1u << plugin)) != 0;
}

float fiq_param_clamp(const FiqParam* param, float value)
{
  assert(param->minimum <= param->maximum);
  const float safe  = isnan(value) ? param->fallback : value;
  const float legal = fiq_clamp(safe, param->minimum, param->maximum);
  switch (param->kind) {
  case FIQ_KIND_INTEGER:
  case FIQ_KIND_INTEGER_HEAVY:
  case FIQ_KIND_COUNT_HEAVY:
  case FIQ_KIND_CHOICE:
  case FIQ_KIND_CHOICE_HEAVY:
    return floorf(legal + 0.5f);
  case FIQ_KIND_TOGGLE:
  case FIQ_KIND_ENABLED:
  case FIQ_KIND_FREEWHEEL:
    return legal >= 0.5f ? 1.0f : 0.0f;
  default:
    return legal;
  }
}

float fiq_param_at(const FiqParam* param, float place)
{
  assert(place >= 0.0f && place <= 1.0f && !fiq_param_is_meter(param));
  const bool by_ratios =
      (param->kind == FIQ_KIND_LOG || param->kind == FIQ_KIND_COUNT_HEAVY) && param->minimum > 0.0f;
  const float value = by_ratios ? param->minimum * powf(param->maximum / param->minimum, place)
                                : param->minimum + place * (param->maximum - param->minimum);
  return fiq_param_clamp(param, value);
}

/// A legal port value in the engine's unit.
static float engine_value(const FiqParam* param, float value)
{
  assert(value >= param->minimum && value <= param->maximum);
  switch (param->unit) {
  case FIQ_UNIT_PERCENT:
    return value * 0.01f;
  case FIQ_UNIT_DB:
    return fiq_db_to_gain(value);
  case FIQ_UNIT_LEVEL:
    return value > param->minimum ? fiq_db_to_gain(value) : 0.0f;
  case FIQ_UNIT_MILLISECOND:
    return value * 0.001f;
  case FIQ_UNIT_DEGREE:
    return value * (FIQ_PI_F / 180.0f);
  default:
    return value;
  }
}

void fiq_param_store(const FiqParam* param, FiqEngineParams* params, float value)
{
  _Static_assert(sizeof(FiqSource) == sizeof(int32_t) && sizeof(FiqRealm) == sizeof(int32_t),
                 "a choice is stored as a whole number");
  assert(!fiq_param_is_meter(param));
  const float legal = fiq_param_clamp(param, value);
  char* const field = (char*)params + param->offset;
  switch (param->kind) {
  case FIQ_KIND_TOGGLE:
  case FIQ_KIND_ENABLED:
  case FIQ_KIND_FREEWHEEL:
    *(bool*)(void*)field = legal >= 0.5f;
    break;
  case FIQ_KIND_INTEGER:
  case FIQ_KIND_INTEGER_HEAVY:
  case FIQ_KIND_COUNT_HEAVY:
  case FIQ_KIND_CHOICE:
  case FIQ_KIND_CHOICE_HEAVY:
    memcpy(field, &(int32_t){(int32_t)legal}, sizeof(int32_t));
    break;
  default:
    *(float*)(void*)field = engine_value(param, legal);
  }
}

void fiq_params_default(FiqPluginKind plugin, FiqEngineParams* params)
{
  assert(params);
  // Rows of the other plugin come first, so that every field holds a legal value.
  for (int pass = 0; pass < 2; ++pass) {
    for (uint32_t i = 0; i < fiq_n_params; ++i) {
      const FiqParam* const param = &fiq_params[i];
      if (!fiq_param_is_meter(param) && fiq_param_in(param, plugin) == (pass == 1)) {
        fiq_param_store(param, params, param->fallback);
      }
    }
  }
  if (plugin == FIQ_PLUGIN_REALMS_MONO) {
    // What spreads sound between two channels has no knob there, and would only take from the one.
    params->width  = 0.0f;
    params->stereo = 0.0f;
  }
}
