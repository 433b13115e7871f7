// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Presets by program change, and controls that MIDI controllers move. Input ports belong to the host, so what MIDI sets
   lies over them: each control has that value until its port moves. What lies over them is kept with the state, together
   with what the ports were, as hosts restore ports before or after the state. A host that loads a factory preset takes all
   controls back. A window is told what lies over the ports, and gives back what its user sets.
*/
#include "plugin/instance.h"
#include "plugin/presets.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHANNEL_BITS = 4, PROGRAMS = 128, BANK_MSB = 0, BANK_LSB = 32 };

static const float  nothing   = 1e9f; // no control reaches it
static const double arrival_s = 1.0;  // in which ports that belong to a restored state have come

/// How the instrument is played from outside is no matter of its sound.
static bool is_of_sound(const FiqParam* param, FiqPluginKind plugin)
{
  static const char* const outside[] = {
      "midi_channel", "mpe", "mpe_bend", "program_change", "link", "link_role", "link_strength"};
  bool inside = fiq_preset_holds(param, plugin);
  for (size_t i = 0; i < sizeof outside / sizeof outside[0]; ++i) {
    inside = inside && strcmp(param->symbol, outside[i]) != 0;
  }
  return inside;
}

static bool lies_over(const FiqOverlay* overlay, uint32_t i)
{
  assert(i < FIQ_PORTS_MAX);
  return fabsf(overlay->control[i].value - overlay->control[i].port) > 0.0f;
}

bool fiq_plugin_init_programs(FiqPlugin* self, LV2_URID_Map* map)
{
  assert(self && self->n_controls <= FIQ_PORTS_MAX);
  FiqProgram* const program = &self->program;
  program->told_key         = map->map(map->handle, "urn:fieldiq:laid-over");
  program->number           = FIQ_NO_PROGRAM;
  program->bank             = calloc((size_t)fiq_n_presets * self->n_controls, sizeof(float));
  for (uint32_t p = 0; program->bank && p < fiq_n_presets; ++p) {
    if (!fiq_preset_suits(&fiq_presets[p], self->kind)) {
      continue;
    }
    float* const row = program->bank + (size_t)program->n_presets++ * self->n_controls;
    for (uint32_t i = 0; i < self->n_controls; ++i) {
      const FiqParam* const param = &fiq_params[self->row_of_control[i]];
      row[i] = is_of_sound(param, self->kind) ? fiq_preset_value(&fiq_presets[p], param) : nothing;
    }
  }
  return program->bank != NULL;
}

void fiq_plugin_free_programs(FiqPlugin* self)
{
  assert(self);
  free(self->program.bank);
}

static void store(FiqPlugin* self, uint32_t i, float value)
{
  assert(i < self->n_controls);
  fiq_param_store(&fiq_params[self->row_of_control[i]], &self->params, value);
}

void fiq_plugin_lay_over(FiqPlugin* self, uint32_t i, float value)
{
  assert(i < self->n_controls);
  FiqProgram* const program = &self->program;
  program->over.control[i]  = (FiqCovered){value, *self->ports.knob[i]};
  program->is_over          = true;
  program->is_told          = false;
  self->was_set             = true;
  store(self, i, value);
}

/// Lay preset `number` over the ports.
static void pick(FiqPlugin* self, uint32_t number)
{
  assert(number < self->program.n_presets);
  FiqProgram* const  program = &self->program;
  const float* const row     = program->bank + (size_t)number * self->n_controls;
  for (uint32_t i = 0; i < self->n_controls; ++i) {
    if (row[i] < nothing) {
      fiq_plugin_lay_over(self, i, row[i]);
    }
  }
  program->number      = (int32_t)number;
  program->wait_frames = 0;
  fiq_plugin_grow(self);
}

static bool is_heeded(const FiqPlugin* self, uint32_t channel)
{
  const int32_t chosen = self->params.midi_channel;
  return self->kind == FIQ_PLUGIN_SWARM && self->params.program_change &&
         (chosen == 0 || chosen == (int32_t)channel + 1);
}

void fiq_plugin_take_program(FiqPlugin* self, const uint8_t* message, uint32_t size_bytes)
{
  assert(self && message);
  FiqProgram* const program = &self->program;
  const uint32_t    kind    = size_bytes > 1 ? message[0] >> CHANNEL_BITS : 0;
  const uint32_t    channel = message[0] & 15u;
  const bool        bank    = kind == 0xb && size_bytes > 2 && message[2] < PROGRAMS;
  if (bank && (message[1] == BANK_MSB || message[1] == BANK_LSB)) {
    program->bank_select[channel][message[1] == BANK_MSB ? 0 : 1] = message[2];
  }
  if (kind == 0xc && message[1] < PROGRAMS && is_heeded(self, channel)) {
    const uint8_t* const select = program->bank_select[channel];
    const uint32_t       number = ((uint32_t)select[0] * 128 + select[1]) * PROGRAMS + message[1];
    if (number < program->n_presets) {
      pick(self, number);
    }
  }
}

/// Whether a port has the value that it had when the state was saved, as far as text keeps one.
static bool is_same(float port, float kept)
{
  return fabsf(port - kept) <= 1e-5f * fabsf(kept);
}

void fiq_plugin_take_port(FiqPlugin* self, uint32_t i)
{
  assert(i < self->n_controls);
  FiqCovered* const covered = &self->program.over.control[i];
  const float       port    = *self->ports.knob[i];
  const bool        arrives = self->program.wait_frames > 0;
  self->seen[i]             = port;
  self->program.has_moved   = self->program.has_moved || self->program.bank[i] < nothing;
  self->program.is_told     = self->program.is_told && !lies_over(&self->program.over, i);
  if (!arrives) {
    *covered = (FiqCovered){0.0f, 0.0f};
  }
  store(self, i, arrives && is_same(port, covered->port) ? covered->value : port);
}

/// The preset whose values all controls have, with what lies over their ports or without; FIQ_NO_PROGRAM for none.
static int32_t preset_of(const FiqPlugin* self, bool with_over)
{
  assert(self);
  const FiqProgram* const program = &self->program;
  for (uint32_t p = 0; p < program->n_presets; ++p) {
    const float* const row  = program->bank + (size_t)p * self->n_controls;
    bool               same = true;
    for (uint32_t i = 0; i < self->n_controls && same; ++i) {
      const bool  over  = with_over && lies_over(&program->over, i);
      const float value = over ? program->over.control[i].value : self->seen[i];
      same              = row[i] >= nothing || is_same(value, row[i]);
    }
    if (same) {
      return (int32_t)p;
    }
  }
  return FIQ_NO_PROGRAM;
}

static bool any_lies_over(const FiqPlugin* self)
{
  assert(self);
  bool any = false;
  for (uint32_t i = 0; i < self->n_controls && !any; ++i) {
    any = lies_over(&self->program.over, i);
  }
  return any;
}

/// Every control has its port's value, or what lies over it.
static void store_all(FiqPlugin* self)
{
  assert(self);
  for (uint32_t i = 0; i < self->n_controls; ++i) {
    const FiqCovered covered = self->program.over.control[i];
    const float      port    = *self->ports.knob[i];
    const bool       counts  = lies_over(&self->program.over, i) && is_same(port, covered.port);
    store(self, i, counts ? covered.value : port);
  }
}

/// Nothing lies over the ports any more.
static void lay_bare(FiqProgram* program)
{
  assert(program);
  program->is_over = false;
  program->is_told = false;
  program->number  = FIQ_NO_PROGRAM;
}

void fiq_plugin_end_news(FiqPlugin* self)
{
  assert(self);
  FiqProgram* const program   = &self->program;
  const bool        has_moved = program->has_moved;
  program->has_moved          = false;
  if (!program->is_over || program->wait_frames > 0) {
    return;
  }
  if (has_moved && preset_of(self, false) != FIQ_NO_PROGRAM) {
    program->over = (FiqOverlay){.control = {{0.0f, 0.0f}}};
    lay_bare(program);
    store_all(self);
    self->was_set = true;
  } else if (!any_lies_over(self)) {
    lay_bare(program);
  }
}

void fiq_plugin_take_back(FiqPlugin* self, uint32_t i, float value)
{
  assert(i < self->n_controls);
  FiqProgram* const program = &self->program;
  if (!lies_over(&program->over, i)) {
    return;
  }
  program->over.control[i] = (FiqCovered){0.0f, 0.0f};
  program->is_told         = false;
  self->was_set            = true;
  store(self, i, value);
  if (!any_lies_over(self)) {
    lay_bare(program);
  }
}

void fiq_plugin_restore_program(FiqPlugin* self, const FiqOverlay* kept)
{
  assert(self && kept);
  FiqProgram* const program = &self->program;
  program->over             = *kept;
  program->is_over          = any_lies_over(self);
  program->is_told          = false;
  program->wait_frames = program->is_over ? (uint32_t)(arrival_s * self->config.sample_rate_hz) : 0;
  program->number      = FIQ_NO_PROGRAM; // until all ports are there
  store_all(self);
}

void fiq_plugin_pass_program(FiqPlugin* self, uint32_t n_frames)
{
  assert(self);
  FiqProgram* const program = &self->program;
  if (program->wait_frames == 0) {
    return;
  }
  program->wait_frames -= n_frames < program->wait_frames ? n_frames : program->wait_frames;
  for (uint32_t i = 0; i < self->n_controls && program->wait_frames == 0; ++i) {
    if (!is_same(self->seen[i], program->over.control[i].port)) {
      program->over.control[i] = (FiqCovered){0.0f, 0.0f};
      program->is_told         = false;
    }
  }
  if (program->wait_frames == 0) {
    program->number = self->kind == FIQ_PLUGIN_SWARM && any_lies_over(self) ? preset_of(self, true)
                                                                            : FIQ_NO_PROGRAM;
  }
}

bool fiq_plugin_write_overlay(FiqPlugin* self, uint32_t which)
{
  assert(self);
  (void)which;
  const FiqProgram* const program = &self->program;
  LV2_Atom_Forge* const   forge   = &self->forge;
  float                   value[1 + 2 * FIQ_PORTS_MAX];
  uint32_t                n = 0;
  value[n++]                = (float)program->number;
  for (uint32_t i = 0; i < self->n_controls; ++i) {
    if (lies_over(&program->over, i)) {
      const FiqParam* const param = &fiq_params[self->row_of_control[i]];
      value[n++]                  = (float)self->port_of_control[i];
      value[n++]                  = fiq_param_clamp(param, program->over.control[i].value);
    }
  }
  LV2_Atom_Forge_Frame object;
  return lv2_atom_forge_frame_time(forge, 0) &&
         lv2_atom_forge_object(forge, &object, 0, self->urids.patch_set) &&
         lv2_atom_forge_key(forge, self->urids.patch_property) &&
         lv2_atom_forge_urid(forge, program->told_key) &&
         lv2_atom_forge_key(forge, self->urids.patch_value) &&
         lv2_atom_forge_vector(forge, sizeof(float), self->urids.atom_float, n, value) &&
         (lv2_atom_forge_pop(forge, &object), true);
}
