// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/render/job_setup.h"

#include "host-test/common/read_bytes.h"
#include "host-test/lv2/describe.h"
#include "host-test/lv2/lv2_properties.h"
#include "host-test/lv2/lv2_state.h"
#include "host-test/render/lyrics.h"
#include "host-test/render/study.h"

#include <lv2/atom/util.h>

#include <stdlib.h>
#include <string.h>

enum { NOMINAL_FRAMES = 512 };

#define CONTINUES 1.0f // modes of the partner
#define HOLDS 4.0f

static bool set_one(FiqHost* host, const char* set)
{
  char              symbol[128];
  const char* const equals = strchr(set, '=');
  const size_t      length = (size_t)(equals - set);
  const size_t      kept   = length < sizeof symbol ? length : sizeof symbol - 1;
  // A symbol has no colon, a URI has.
  if (memchr(set, ':', length)) {
    return fiq_property_set(host, set);
  }
  memcpy(symbol, set, kept);
  symbol[kept] = '\0';
  return fiq_host_set_text(host, symbol, equals + 1);
}

/// State, preset, single parameters and seed of one instance, in this order.
static FiqExit set_up(const FiqLinkOptions* options, FiqHost* host)
{
  if (!options->state && !fiq_state_load_default(host)) {
    return FIQ_EXIT_FAILURE;
  }
  if (options->state && !fiq_state_load(host, options->state)) {
    return FIQ_EXIT_FAILURE;
  }
  if (options->preset && !fiq_state_load_preset(host, options->preset)) {
    return FIQ_EXIT_USAGE;
  }
  for (uint32_t i = 0; i < options->n_sets; ++i) {
    if (!set_one(host, options->sets[i])) {
      return FIQ_EXIT_USAGE;
    }
  }
  if (options->toward && !fiq_describe_toward(host, options->toward)) {
    return FIQ_EXIT_USAGE;
  }
  // A fresh instance would draw a seed of its own, and no two renders would be alike.
  const bool fixed = options->seeded || (host->seedable && !options->state);
  if (fixed && !fiq_host_seed(host, options->seed)) {
    fiq_error("the plugin has no seed");
    return FIQ_EXIT_USAGE;
  }
  return FIQ_EXIT_OK;
}

static FiqExit start_link(const FiqJob* self, FiqLink* link)
{
  const uint32_t block   = self->options.block_frames;
  const uint32_t nominal = block > 0 ? block : NOMINAL_FRAMES;
  FiqExit        status  = FIQ_EXIT_OK;
  for (uint32_t i = 0; status == FIQ_EXIT_OK && i < link->ensemble.n; ++i) {
    FiqHost* const host = &link->ensemble.hosts[i];
    status = fiq_host_start(host, nominal, false) ? set_up(link->options, host) : FIQ_EXIT_FAILURE;
  }
  FiqHost* const host = &link->ensemble.hosts[0];
  for (uint32_t i = 0; status == FIQ_EXIT_OK && i < link->options->n_automations; ++i) {
    status = fiq_automation_load(&link->automation, link->options->automations[i], &host->ports,
                                 &self->score, host->rate_hz);
  }
  fiq_automation_begin(&link->automation, host->settings);
  link->automation.ramp_frames = self->options.ramp_frames;
  return status;
}

/// Play `n_frames` of the inputs to nowhere.
static void play_unheard(FiqJob* self, int64_t n_frames)
{
  for (int64_t done = 0; done < n_frames && !self->is_stopped();) {
    const int64_t  left = n_frames - done;
    const uint32_t now  = left < FIQ_HOST_BLOCK_MAX ? (uint32_t)left : FIQ_HOST_BLOCK_MAX;
    fiq_chain_run(&self->chain, &self->input, now);
    done += now;
    self->progress((double)done / (double)n_frames);
  }
}

/// Whether the plugin has an objective that it can learn for.
static bool has_objective(const FiqLink* link)
{
  const FiqHost* const host      = &link->ensemble.hosts[0];
  const uint32_t       objective = fiq_ports_index(&host->ports, "objective");
  return objective != FIQ_NO_PORT && fiq_ports_index(&host->ports, "learn") != FIQ_NO_PORT &&
         fiq_host_value(host, objective) >= 0.5f;
}

/// Without --learn: a file is learned from as a whole where a plugin has an objective and is to learn. What a state has
/// learned is played as it is.
static bool wants_to_learn(const FiqJob* self, const FiqLink* link)
{
  const FiqHost* const host = &link->ensemble.hosts[0];
  return !link->options->state && fiq_source_is_open(&self->input) && has_objective(link) &&
         fiq_host_value(host, fiq_ports_index(&host->ports, "learn")) >= 0.5f;
}

/// Switch the learning of all that have an objective.
static void set_learning(FiqJob* self, float value)
{
  for (uint32_t i = 0; i < self->chain.n; ++i) {
    FiqLink* const link = &self->chain.links[i];
    if (has_objective(link)) {
      fiq_ensemble_set(&link->ensemble, fiq_ports_index(&link->ensemble.hosts[0].ports, "learn"),
                       value);
    }
  }
}

/// The first of two passes: the plugins hear everything, learn when `learn` goes off, and then
/// start anew with what they learned.
static FiqExit learn(FiqJob* self)
{
  const FiqLink* const able  = fiq_chain_with(&self->chain, "objective");
  bool                 aimed = false;
  for (uint32_t i = 0; i < self->chain.n; ++i) {
    aimed = aimed || has_objective(&self->chain.links[i]);
  }
  if (!able || !fiq_source_is_open(&self->input)) {
    fiq_error("--learn: the plugin has nothing to learn");
    return FIQ_EXIT_USAGE;
  }
  if (!aimed) {
    fiq_error("--learn: nothing to learn for; give --set objective=NAME");
    return FIQ_EXIT_USAGE;
  }
  set_learning(self, 1.0f);
  fiq_chain_activate(&self->chain);
  play_unheard(self, self->input.n_frames);
  set_learning(self, 0.0f);
  play_unheard(self, 1);
  fiq_chain_deactivate(&self->chain);
  bool rewound = fiq_source_rewind(&self->input);
  for (uint32_t i = 0; i < self->chain.n; ++i) {
    FiqSource* const side = &self->chain.links[i].side;
    rewound               = rewound && (!fiq_source_is_open(side) || fiq_source_rewind(side));
  }
  return rewound ? FIQ_EXIT_OK : FIQ_EXIT_FAILURE;
}

/// A partner that is off shall continue what is played, or play by itself.
static FiqExit choose_partner(FiqJob* self)
{
  FiqLink* const link = fiq_chain_with(&self->chain, "sequence");
  if (!link) {
    fiq_error("--continue: the plugin plays nothing by itself");
    return FIQ_EXIT_USAGE;
  }
  FiqHost* const host = &link->ensemble.hosts[0];
  const uint32_t mode = fiq_ports_index(&host->ports, "sequence");
  if (fiq_host_value(host, mode) < 0.5f) {
    fiq_ensemble_set(&link->ensemble, mode,
                     self->options.midi || self->options.chord ? CONTINUES : HOLDS);
  }
  return FIQ_EXIT_OK;
}

FiqExit fiq_job_set_up(FiqJob* self)
{
  FiqExit status        = FIQ_EXIT_OK;
  bool    unasked       = false;
  self->chain.automates = true;
  for (uint32_t i = 0; status == FIQ_EXIT_OK && i < self->chain.n; ++i) {
    status  = start_link(self, &self->chain.links[i]);
    unasked = unasked || wants_to_learn(self, &self->chain.links[i]);
  }
  if (status == FIQ_EXIT_OK && !self->options.learn && unasked) {
    fiq_note("%s is played twice, the first time to learn from it (--set learn=off for once)",
             self->options.files[0]);
    self->options.learn = true;
  }
  return status;
}

FiqExit fiq_job_prepare(FiqJob* self)
{
  FiqExit status = self->options.learn ? learn(self) : FIQ_EXIT_OK;
  if (status == FIQ_EXIT_OK && self->options.study) {
    status = fiq_study(&self->chain, &self->options, self->is_stopped);
  }
  return status == FIQ_EXIT_OK && self->options.continue_s > 0.0 ? choose_partner(self) : status;
}

/// What the plugin says of its tuning.
typedef struct {
  const FiqHostUrids* urids;
  bool                is_tuned;
} TuningAnswer;

static void hear_tuning(void* data, const LV2_Atom_Event* event)
{
  TuningAnswer* const          answer   = data;
  const LV2_Atom_Object* const object   = (const LV2_Atom_Object*)(const void*)&event->body;
  const LV2_Atom*              property = NULL;
  const LV2_Atom*              value    = NULL;
  if (event->body.type != answer->urids->atom_object ||
      object->body.otype != answer->urids->patch_set) {
    return;
  }
  lv2_atom_object_get(object, answer->urids->patch_property, &property, answer->urids->patch_value,
                      &value, 0);
  if (property && value && property->type == answer->urids->atom_urid &&
      property->size == sizeof(LV2_URID) &&
      ((const LV2_Atom_URID*)(const void*)property)->body == answer->urids->tuning) {
    answer->is_tuned = value->type == answer->urids->atom_path && value->size > 1;
  }
}

/// Let an activated plugin take its properties before the first frame: it reads a file or text after one run, and plays and
/// announces it in the next, both without sound.
static void settle(FiqHost* host, TuningAnswer* answer)
{
  FiqHostAudio* const audio = &host->audio;
  float*              planes[FIQ_HOST_CHANNELS_MAX];
  for (uint32_t i = 0; i < FIQ_HOST_CHANNELS_MAX; ++i) {
    planes[i] = audio->sink;
  }
  for (int i = 0; i < 2; ++i) {
    fiq_host_begin(audio);
    fiq_host_run(audio, (const float* const*)planes, NULL, planes, 0);
    fiq_host_each_event(audio, hear_tuning, answer);
  }
}

/// The lyrics of the MIDI file, to be freed, if the plugin sings; NULL: none.
static char* find_lyrics(const FiqJob* self, const FiqHost* host)
{
  const FiqRenderOptions* const options = &self->options;
  const uint32_t                gap     = fiq_ports_index(&host->ports, "words_gap");
  const uint32_t                channel = fiq_ports_index(&host->ports, "midi_channel");
  const uint32_t                loop    = fiq_ports_index(&host->ports, "words_loop");
  if (!options->midi || gap == FIQ_NO_PORT || !fiq_host_declares(host, FIQ_WORDS_URI)) {
    return NULL;
  }
  const int    only    = channel == FIQ_NO_PORT ? 0 : (int)fiq_host_value(host, channel);
  const double gap_s   = 1e-3 * (double)fiq_host_value(host, gap);
  const bool   repeats = loop != FIQ_NO_PORT && fiq_host_value(host, loop) >= 0.5f;
  char* const  words   = fiq_lyrics_of(&self->score, only, gap_s, repeats);
  if (words) {
    fiq_note("%s: its lyrics are sung (--words \"\" for none)", options->midi);
  }
  return words;
}

/// What a plugin is to sing, to be freed; NULL: what its state says.
static FiqExit find_words(const FiqJob* self, const FiqLink* link, char** words)
{
  const FiqLinkOptions* const options = link->options;
  size_t                      n_bytes = 0;
  if (!options->words_file) {
    *words = options->words ? strdup(options->words) : find_lyrics(self, &link->ensemble.hosts[0]);
    return FIQ_EXIT_OK;
  }
  *words = (char*)fiq_read_bytes(options->words_file, FIQ_HOST_VALUE_BYTES, &n_bytes);
  if (*words && n_bytes >= FIQ_HOST_VALUE_BYTES) {
    fiq_error("%s: larger than %d bytes", options->words_file, FIQ_HOST_VALUE_BYTES - 1);
    return FIQ_EXIT_FAILURE;
  }
  return *words ? FIQ_EXIT_OK : FIQ_EXIT_FAILURE;
}

/// Give an activated plugin its tuning and words, and let it take its properties.
static FiqExit prepare_instance(FiqHost* host, const FiqLinkOptions* options, const char* words)
{
  TuningAnswer answer = {&host->audio.urids, false};
  if (options->tuning && !fiq_host_tuning(host, options->tuning)) {
    return FIQ_EXIT_FAILURE;
  }
  if (words && !fiq_host_text(host, FIQ_WORDS_URI, words)) {
    return FIQ_EXIT_USAGE;
  }
  if (options->tuning || words || fiq_properties_asked(options->sets, options->n_sets)) {
    settle(host, &answer);
  }
  if (options->tuning && options->tuning[0] && !answer.is_tuned) {
    fiq_error("the plugin did not take the tuning '%s'", options->tuning);
    return FIQ_EXIT_FAILURE;
  }
  return FIQ_EXIT_OK;
}

FiqExit fiq_job_activate(FiqJob* self)
{
  FiqExit status = FIQ_EXIT_OK;
  fiq_chain_activate(&self->chain);
  for (uint32_t i = 0; status == FIQ_EXIT_OK && i < self->chain.n; ++i) {
    FiqLink* const link  = &self->chain.links[i];
    char*          words = NULL;
    status               = find_words(self, link, &words);
    for (uint32_t k = 0; status == FIQ_EXIT_OK && k < link->ensemble.n; ++k) {
      status = prepare_instance(&link->ensemble.hosts[k], link->options, words);
    }
    free(words);
  }
  return status;
}
