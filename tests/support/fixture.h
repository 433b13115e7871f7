// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The plugin binary under test, driven directly: every port has memory of its own, and a test
   may take away, alias or corrupt whatever a bad host would.
*/
#ifndef FIQ_FIXTURE_H
#define FIQ_FIXTURE_H

#include "plugin/ports.h"
#include "tests/support/support.h"

#include <lv2/atom/atom.h>
#include <lv2/atom/forge.h>
#include <lv2/core/lv2.h>
#include <lv2/state/state.h>
#include <lv2/urid/urid.h>
#include <lv2/worker/worker.h>

enum { FIXTURE_EVENT_BYTES = 65536, FIXTURE_ORDERS_MAX = 16, FIXTURE_ORDER_BYTES = 128 };

/// What the worker was asked for and has not done yet.
typedef struct {
  uint32_t size;
  uint8_t  data[FIXTURE_ORDER_BYTES];
} FixtureOrder;

typedef struct {
  FiqPluginKind         kind;
  double                rate_hz;
  const LV2_Descriptor* descriptor;
  LV2_Handle            handle;
  float                 value[256]; ///< by port index
  uint8_t*              events[2];  ///< control and MIDI sequences being written
  LV2_Atom_Forge        forge[2];
  LV2_Atom_Forge_Frame  frame[2];
  uint8_t*              notify;
  const float*          side[2]; ///< planes of the sidechain from the next run on, or NULL
  FixtureOrder          orders[FIXTURE_ORDERS_MAX];
  uint32_t              n_orders;
  bool                  refuses_answers; ///< the queue of answers is full
  bool                  works_at_once;   ///< orders are done and answered within schedule_work()
  bool                  active;          ///< activate() is called before the first run
  LV2_Worker_Schedule   schedule;
} Fixture;

/// URID of `uri`, the same for all fixtures.
LV2_URID fixture_urid(const char* uri);

/// Load and instantiate with the features urid:map and, if asked, work:schedule; NULL if the plugin refuses.
Fixture* fixture_open(FiqPluginKind kind, double rate_hz, bool with_worker);
/// Without a handle: the test has cleaned the plugin up.
void fixture_close(Fixture* self);

/// The plugin's descriptor, without an instance.
const LV2_Descriptor* fixture_descriptor(FiqPluginKind kind);

/// Connect the port before the controls with that role, if the plugin has it; audio ports until the next run.
void fixture_connect(Fixture* self, FiqPortRole role, void* data);

/// Port index of a control or meter; fails the test if there is none.
uint32_t fixture_port(const Fixture* self, const char* symbol);
void     fixture_set(Fixture* self, const char* symbol, double value);
float    fixture_get(const Fixture* self, const char* symbol);

/// Give the instance a known seed by restoring a state.
void fixture_seed(Fixture* self, int64_t seed);

/// Queue an event for the next run.
void fixture_midi(Fixture* self, int64_t frame, uint8_t status, uint8_t data1, uint8_t data2);
void fixture_message(Fixture* self, int64_t frame, const uint8_t* message, uint32_t size_bytes);
void fixture_tempo(Fixture* self, int64_t frame, float bpm);

/// Queue a patch:Set of `property` to the atom:Path `path`, or to the atom:String `text`.
void fixture_patch_path(Fixture* self, int64_t frame, const char* property, const char* path);
void fixture_patch_string(Fixture* self, int64_t frame, const char* property, const char* text);

/// The text of the type `type` that the last run() said `property` is, or NULL; it stays until the next.
const char* fixture_told(const Fixture* self, const char* property, const char* type);

/// The value of `key` in the last object of `type` (both URIs) that the last run() told, or NULL; it stays until the next.
const LV2_Atom* fixture_told_value(const Fixture* self, const char* type, const char* key);

/// Queue a patch:Get of `property`, and a patch:Set of it to an atom:Vector of `n` floats.
void fixture_patch_get(Fixture* self, int64_t frame, const char* property);
void fixture_patch_floats(Fixture* self, int64_t frame, const char* property, const float* value,
                          uint32_t n);

/// Process `n` frames; in (two planes, may be NULL) and out are offset by `start`.
void fixture_run(Fixture* self, float* const* in, float* const* out, size_t start, uint32_t n);

/// The two halves of fixture_run around the plugin's own run().
void fixture_prepare(Fixture* self, float* const* in, float* const* out, size_t start);
void fixture_finish(Fixture* self);

/// Do what the worker was asked for, and deliver its answers.
void fixture_work(Fixture* self);

/// fixture_run in blocks of `block` frames (0: random lengths of 1..2000), working off orders in between.
void fixture_render(Fixture* self, float* const* in, float* const* out, size_t n, uint32_t block);

/// Stereo planes of n frames on the heap.
typedef struct {
  float* plane[2];
} FixtureAudio;

FixtureAudio fixture_audio(size_t n);
void         fixture_audio_free(FixtureAudio* audio);

/// Whether the first `n` frames of both are the same to the bit.
bool fixture_audio_same(const FixtureAudio* a, const FixtureAudio* b, size_t n);

/// The same of two that are freed.
bool fixture_audio_same_freed(FixtureAudio a, FixtureAudio b, size_t n);

#endif
