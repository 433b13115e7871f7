// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What the engine is told and what it tells: one field for each symbol of params.def, in the engine's units, with the
   type of its kind; and the choices that no module has a type for.
*/
#ifndef FIQ_ENGINE_PARAMS_H
#define FIQ_ENGINE_PARAMS_H

#include "dsp/engine/effect_path.h"
#include "dsp/phase/kuramoto.h"
#include "dsp/phase/regulator.h"
#include "dsp/phase/stability.h"
#include "dsp/sequence/partner.h"
#include "dsp/swarm/swarm.h"

#define FIQ_POINT(value, label) value
#define FIQ_CHOICES(type, ...) typedef enum { __VA_ARGS__ } type;
#include "dsp/engine/params.def"

#define FIQ_TYPE_LINEAR(choice) float
#define FIQ_TYPE_LOG(choice) float
#define FIQ_TYPE_INTEGER(choice) int32_t
#define FIQ_TYPE_INTEGER_HEAVY(choice) int32_t
#define FIQ_TYPE_COUNT_HEAVY(choice) int32_t
#define FIQ_TYPE_TOGGLE(choice) bool
#define FIQ_TYPE_ENABLED(choice) bool
#define FIQ_TYPE_FREEWHEEL(choice) bool
#define FIQ_TYPE_CHOICE(choice) choice
#define FIQ_TYPE_CHOICE_HEAVY(choice) choice

/// All controls; ranges as in params.def.
typedef struct {
#define FIQ_CONTROL(plugins, symbol, name, kind, unit, minimum, fallback, maximum, group, points,  \
                    comment)                                                                       \
  FIQ_TYPE_##kind(points) symbol;
#include "dsp/engine/params.def"
} FiqEngineParams;

/// What the engine says of itself, once a control period; a STATE is the number of its label.
typedef struct {
#define FIQ_METER(plugins, symbol, name, kind, unit, minimum, maximum, group, points, comment)     \
  float symbol;
#include "dsp/engine/params.def"
} FiqEngineMeters;

#endif
