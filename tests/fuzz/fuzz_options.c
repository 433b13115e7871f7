// SPDX-License-Identifier: GPL-3.0-or-later
/*
   The command lines of the renderer and of the JACK host, an argument a line: what is taken lies within the
   limits, what is refused has a status. Chords, notes and sound formats are read from there too.
*/
#include "host-test/jack/jack_options.h"
#include "host-test/render/audio_file.h"
#include "host-test/render/render_options.h"
#include "host-test/render/score.h"
#include "tests/fuzz/fuzz.h"

#include <getopt.h>

#include <math.h>
#include <string.h>

enum { ARGUMENTS_MAX = 300 };

/// Split `text` at the ends of its lines into arguments; their number.
static int split(char* text, size_t size, char** arguments)
{
  static char program[] = "fuzz";
  int         n         = 1;
  text[size]            = '\0';
  arguments[0]          = program;
  char*       at        = text;
  char* const end       = text + size;
  while (at < end && n < ARGUMENTS_MAX) {
    char* const line_end = memchr(at, '\n', (size_t)(end - at));
    arguments[n++]       = at;
    at                   = line_end ? line_end + 1 : end;
    if (line_end) {
      *line_end = '\0';
    }
  }
  arguments[n] = NULL;
  return n;
}

static void check_chord(const FiqRenderOptions* options)
{
  FiqScore score = {.events = NULL};
  if (options->chord && fiq_score_chord(&score, options->chord, options->velocity, 4.0, 120.0)) {
    FUZZ_CHECK(score.n_events >= 2 && score.n_events <= 2 * FIQ_SCORE_CHORD_NOTES);
    for (size_t i = 0; i < score.n_events; ++i) {
      FUZZ_CHECK(score.events[i].bytes[1] < 128 && score.events[i].bytes[2] < 128);
    }
  }
  fiq_score_free(&score);
}

static void check_render(int n, char** arguments)
{
  FiqRenderOptions options;
  FiqExit          status = FIQ_EXIT_OK;
  optind                  = 0; // getopt begins anew
  if (!fiq_render_options(&options, n, arguments, &status)) {
    FUZZ_CHECK(status == FIQ_EXIT_OK || status == FIQ_EXIT_USAGE);
    return;
  }
  FUZZ_CHECK(options.n_links >= 1 && options.n_links <= FIQ_RENDER_LINKS_MAX);
  for (uint32_t k = 0; k < options.n_links; ++k) {
    const FiqLinkOptions* const link = &options.links[k];
    FUZZ_CHECK(link->plugin);
    FUZZ_CHECK(link->n_sets <= FIQ_RENDER_SETS_MAX);
    FUZZ_CHECK(link->n_automations <= FIQ_RENDER_AUTOMATIONS_MAX);
    for (uint32_t i = 0; i < link->n_sets; ++i) {
      FUZZ_CHECK(strchr(link->sets[i], '='));
    }
  }
  FUZZ_CHECK(options.n_turns >= 1);
  FUZZ_CHECK(options.ramp_frames >= 1);
  FUZZ_CHECK(options.velocity >= 1 && options.velocity <= 127);
  FUZZ_CHECK(isfinite(options.length_s) && options.length_s <= FIQ_RENDER_LENGTH_MAX_S);
  FUZZ_CHECK(isfinite(options.tail_s) && options.tail_s <= FIQ_RENDER_LENGTH_MAX_S);
  FUZZ_CHECK(options.tempo_bpm >= 0.0 && options.tempo_bpm <= 999.0);
  FUZZ_CHECK(options.rate_hz == 0 || (options.rate_hz >= FIQ_AUDIO_RATE_MIN_HZ &&
                                      options.rate_hz <= FIQ_AUDIO_RATE_MAX_HZ));
  FUZZ_CHECK(options.block_frames <= 8192);
  FUZZ_CHECK(options.n_files >= 0 && options.n_files <= 2);
  if (options.n_files > 0) {
    (void)fiq_audio_format(options.files[options.n_files - 1], options.format, options.encoding, 2);
  }
  check_chord(&options);
}

static void check_jack(int n, char** arguments)
{
  FiqJackOptions options;
  FiqExit        status = FIQ_EXIT_OK;
  optind                = 0;
  if (!fiq_jack_options(&options, n, arguments, &status)) {
    FUZZ_CHECK(status == FIQ_EXIT_OK || status == FIQ_EXIT_USAGE);
    return;
  }
  FUZZ_CHECK(options.plugin);
  FUZZ_CHECK(options.n_sets <= FIQ_JACK_LIST_MAX && options.n_ports <= FIQ_JACK_LIST_MAX);
  FUZZ_CHECK(options.duration_s >= 0.0 && options.duration_s < 1e9);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
  for (int program = 0; program < 2; ++program) {
    char* const text = malloc(size + 1);
    char*       arguments[ARGUMENTS_MAX + 1];
    FUZZ_CHECK(text);
    memcpy(text, data, size);
    const int n = split(text, size, arguments);
    if (program == 0) {
      check_render(n, arguments);
    } else {
      check_jack(n, arguments);
    }
    free(text);
  }
  return 0;
}
