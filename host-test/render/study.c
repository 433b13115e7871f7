// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/render/study.h"

#include "host-test/render/render.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { DRUMS = 9 }; ///< channel

#define REST_S 2.0
#define LISTENING 3.0f // the mode that plays nothing of its own into what it hears

static void leave_out_drums(FiqScore* score)
{
  size_t n = 0;
  for (size_t i = 0; i < score->n_events; ++i) {
    const uint8_t status = score->events[i].bytes[0];
    if (status >= 0xf0 || (status & 0x0f) != DRUMS) {
      score->events[n++] = score->events[i];
    }
  }
  score->n_events = n;
}

static bool play(FiqChain* chain, const FiqRenderOptions* options, FiqScore* score,
                 bool (*is_stopped)(void))
{
  FiqRenderOptions unheard = *options;
  unheard.tail_s           = REST_S;
  FiqRender    render      = {.options = &unheard, .chain = chain};
  const double frames      = ceil(score->end_s * chain->links[0].ensemble.hosts[0].rate_hz);
  bool         is_right    = fiq_render_init(&render, (uint64_t)frames + 1);
  leave_out_drums(score);
  chain->score = score;
  fiq_chain_restart(chain);
  while (is_right && !render.done && !is_stopped()) {
    is_right = fiq_render_step(&render);
  }
  fiq_render_free(&render);
  return is_right;
}

static bool study_file(FiqChain* chain, const FiqRenderOptions* options, const char* path,
                       bool (*is_stopped)(void))
{
  FiqScore   score;
  const bool is_right =
      fiq_score_load(&score, path, -1.0) && play(chain, options, &score, is_stopped);
  fiq_score_free(&score);
  return is_right;
}

static int is_midi(const struct dirent* entry)
{
  const char* const dot = strrchr(entry->d_name, '.');
  return dot && (!strcasecmp(dot, ".mid") || !strcasecmp(dot, ".midi") || !strcasecmp(dot, ".rmi"));
}

/// What cannot be read is said and left out.
static bool study_folder(FiqChain* chain, const FiqRenderOptions* options, bool (*is_stopped)(void))
{
  struct dirent** entries = NULL;
  const int       n       = scandir(options->study, &entries, is_midi, alphasort);
  int             n_right = 0;
  if (n <= 0) {
    fiq_error("--study: there is no MIDI file in %s", options->study);
  }
  for (int i = 0; i < n; ++i) {
    char       path[4096];
    const int  length = snprintf(path, sizeof path, "%s/%s", options->study, entries[i]->d_name);
    const bool fits   = length > 0 && (size_t)length < sizeof path;
    if (fits && !is_stopped() && study_file(chain, options, path, is_stopped)) {
      ++n_right;
    }
    fiq_progress((double)(i + 1) / (double)n);
    free(entries[i]);
  }
  free(entries);
  return n_right > 0;
}

FiqExit fiq_study(FiqChain* chain, const FiqRenderOptions* options, bool (*is_stopped)(void))
{
  FiqLink* const  link  = fiq_chain_with(chain, "sequence_capture");
  const FiqScore* score = chain->score;
  struct stat     found;
  if (!link) {
    fiq_error("--study: the plugin learns no melodies");
    return FIQ_EXIT_USAGE;
  }
  FiqEnsemble* const ensemble       = &link->ensemble;
  FiqHost* const     host           = &ensemble->hosts[0];
  const uint32_t     mode           = fiq_ports_index(&host->ports, "sequence");
  const uint32_t     capture        = fiq_ports_index(&host->ports, "sequence_capture");
  const uint32_t     notes          = fiq_ports_index(&host->ports, "sequence_notes");
  const float        mode_before    = fiq_host_value(host, mode);
  const float        capture_before = fiq_host_value(host, capture);
  const bool         automates      = chain->automates;
  if (mode == FIQ_NO_PORT || notes == FIQ_NO_PORT) {
    fiq_error("--study: the plugin learns no melodies");
    return FIQ_EXIT_USAGE;
  }
  fiq_ensemble_set(ensemble, mode, LISTENING);
  fiq_ensemble_set(ensemble, capture, 1.0f);
  chain->automates = false;
  fiq_chain_activate(chain);
  const bool is_folder = stat(options->study, &found) == 0 && S_ISDIR(found.st_mode);
  const bool is_right  = is_folder ? study_folder(chain, options, is_stopped)
                                   : study_file(chain, options, options->study, is_stopped);
  fiq_progress_end();
  if (is_right) {
    fiq_note("%s: %.0f notes learned", options->study, (double)fiq_host_value(host, notes));
  }
  fiq_ensemble_set(ensemble, mode, mode_before);
  fiq_ensemble_set(ensemble, capture, capture_before);
  fiq_chain_deactivate(chain);
  chain->score     = score;
  chain->automates = automates;
  return is_right ? FIQ_EXIT_OK : FIQ_EXIT_FAILURE;
}
