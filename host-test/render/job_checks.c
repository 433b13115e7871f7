// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/render/job_checks.h"

#include <string.h>
#include <unistd.h>

static bool saves(const FiqRenderOptions* options)
{
  bool any = false;
  for (uint32_t i = 0; i < options->n_links; ++i) {
    any = any || options->links[i].save_state;
  }
  return any;
}

bool fiq_job_only_studies(const FiqRenderOptions* options)
{
  return options->study && options->n_files == 0 && saves(options);
}

bool fiq_job_only_midi(const FiqRenderOptions* options)
{
  bool any = false;
  for (uint32_t i = 0; i < options->n_links; ++i) {
    any = any || options->links[i].midi_out;
  }
  return any && options->n_files == 0;
}

/// A file that --set may name, behind the '=', or NULL.
static const char* file_of(const char* set)
{
  const char* const equals = strrchr(set, '=');
  return strchr(set, ':') && equals && access(equals + 1, F_OK) == 0 ? equals + 1 : NULL;
}

static bool claim_link(FiqClaims* claims, const FiqLinkOptions* link)
{
  // A preset has a name, or else is a file.
  const char* const preset = link->preset && access(link->preset, F_OK) == 0 ? link->preset : NULL;
  bool              free   = true;
  for (uint32_t i = 0; i < link->n_automations; ++i) {
    free = free && fiq_claim(claims, FIQ_CLAIM_READ, "--automation", link->automations[i]);
  }
  for (uint32_t i = 0; i < link->n_sets; ++i) {
    free = free && fiq_claim(claims, FIQ_CLAIM_READ, "--set", file_of(link->sets[i]));
  }
  return free && fiq_claim(claims, FIQ_CLAIM_READ, "--sidechain", link->sidechain) &&
         fiq_claim(claims, FIQ_CLAIM_READ, "--words-file", link->words_file) &&
         fiq_claim(claims, FIQ_CLAIM_READ, "--state", link->state) &&
         fiq_claim(claims, FIQ_CLAIM_READ, "--preset", preset) &&
         fiq_claim_tuning(claims, "--tuning", link->tuning);
}

static bool claim_written(FiqClaims* claims, const FiqLinkOptions* link)
{
  return fiq_claim(claims, FIQ_CLAIM_WRITTEN, "--midi-out", link->midi_out) &&
         fiq_claim(claims, FIQ_CLAIM_WRITTEN, "--trace", link->trace) &&
         fiq_claim(claims, FIQ_CLAIM_WRITTEN, "--save-state", link->save_state);
}

bool fiq_job_claim(FiqJob* self)
{
  const FiqRenderOptions* const options = &self->options;
  FiqClaims* const              claims  = &self->claims;
  const int                     n       = options->n_files;
  bool free = (n < 2 || fiq_claim(claims, FIQ_CLAIM_INPUT, "INPUT", options->files[0])) &&
              fiq_claim(claims, FIQ_CLAIM_READ, "--midi", options->midi);
  for (uint32_t i = 0; i < options->n_links; ++i) {
    free = free && claim_link(claims, &options->links[i]);
  }
  free = free && (n == 0 || fiq_claim(claims, FIQ_CLAIM_OUTPUT, "OUTPUT", options->files[n - 1])) &&
         fiq_claim(claims, FIQ_CLAIM_WRITTEN, "--metrics", options->metrics);
  for (uint32_t i = 0; i < options->n_links; ++i) {
    free = free && claim_written(claims, &options->links[i]);
  }
  return free;
}

/// How plugin `i` is called where there are several.
static const char* name_of(const FiqJob* self, uint32_t i)
{
  return self->chain.n > 1 ? self->options.links[i].plugin : "the plugin";
}

static bool check_link(const FiqJob* self, uint32_t i)
{
  const FiqHostAudio* const   audio   = &self->chain.links[i].ensemble.hosts[0].audio;
  const FiqLinkOptions* const options = &self->options.links[i];
  if (audio->n_main_in > 2 || (audio->n_main_in > 0 && audio->n_out == 0)) {
    fiq_error("%s has %u audio inputs and %u outputs; 0 to 2 inputs and, with inputs, at least one "
              "output are needed",
              name_of(self, i), audio->n_main_in, audio->n_out);
    return false;
  }
  if (options->sidechain && audio->n_side_in == 0) {
    fiq_error("%s has no side chain", name_of(self, i));
    return false;
  }
  if (options->trace && audio->patch == FIQ_NO_PORT) {
    fiq_error("--trace: %s has no telemetry", name_of(self, i));
    return false;
  }
  return true;
}

/// An instrument begins a chain: it would play nothing of what came before.
static bool check_order(FiqJob* self, const FiqLink* first)
{
  for (uint32_t i = 0; i < self->chain.n; ++i) {
    const FiqLink* const      link  = &self->chain.links[i];
    const FiqHostAudio* const audio = &link->ensemble.hosts[0].audio;
    if (!check_link(self, i)) {
      return false;
    }
    if (link != first && audio->n_main_in == 0 && audio->n_out > 0) {
      fiq_error("%s takes no sound; an instrument can only be the first that sounds",
                name_of(self, i));
      return false;
    }
  }
  return true;
}

static bool takes_midi(const FiqChain* chain)
{
  bool any = false;
  for (uint32_t i = 0; i < chain->n; ++i) {
    any = any || chain->links[i].ensemble.hosts[0].audio.midi != FIQ_NO_PORT;
  }
  return any;
}

static bool check_files(const FiqJob* self, const FiqLink* first)
{
  const FiqRenderOptions* const options = &self->options;
  const bool                    effect  = first && first->ensemble.hosts[0].audio.n_main_in > 0;
  const bool silent = fiq_job_only_studies(options) || (fiq_job_only_midi(options) && !effect);
  if (!first && !takes_midi(&self->chain)) {
    fiq_error("the plugin has neither audio nor MIDI");
    return false;
  }
  if (!first && options->n_files > 0) {
    fiq_error("the plugin has no audio outputs; without OUTPUT, --midi-out FILE takes its notes");
    return false;
  }
  if (!first && !silent) {
    fiq_error("the plugin has no audio outputs; give --midi-out FILE");
    return false;
  }
  if (!silent && options->n_files != (effect ? 2 : 1)) {
    const bool hears = first && first->ensemble.hosts[0].audio.n_side_in > 0;
    fiq_error("%s%s",
              effect ? "an effect needs INPUT and OUTPUT" : "an instrument needs one file, OUTPUT",
              !effect && hears ? "; --sidechain FILE is what it hears" : "; see --help");
    return false;
  }
  if (silent && effect && !fiq_job_only_studies(options)) {
    fiq_error("an effect needs INPUT and OUTPUT; see --help");
    return false;
  }
  if (!effect && !fiq_job_only_studies(options) && !options->chord && !options->midi &&
      options->length_s < 0.0 && options->continue_s <= 0.0) {
    fiq_error("the instrument has nothing to play; give --chord, --midi, --continue or --length");
    return false;
  }
  return true;
}

bool fiq_job_check(FiqJob* self)
{
  const FiqRenderOptions* const options = &self->options;
  FiqLink* const                first   = fiq_chain_first(&self->chain);
  if (!check_order(self, first) || !check_files(self, first)) {
    return false;
  }
  if ((options->chord || options->midi || options->study) && !takes_midi(&self->chain)) {
    fiq_error("the plugin takes no MIDI");
    return false;
  }
  if (options->dithers && options->encoding && strncasecmp(options->encoding, "pcm", 3) != 0) {
    fiq_error("--dither has no meaning for --encoding %s", options->encoding);
    return false;
  }
  return true;
}
