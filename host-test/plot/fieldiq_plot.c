// SPDX-License-Identifier: GPL-3.0-or-later
/**
   fieldiq-plot: pictures of traces. Reads what fieldiq-render --trace or fieldiq-jack --trace
   wrote (plot_trace.c) and draws it (plot.c).
*/
#include "host-test/common/file_claims.h"
#include "host-test/common/report.h"
#include "host-test/common/suggest.h"
#include "host-test/common/version.h"
#include "host-test/plot/plot.h"

#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FROM = 256, HEIGHT, HELP, PANELS, QUIET, TITLE, TO, VERSION, WIDTH };

static const struct option table[] = {
    {"from", required_argument, NULL, FROM},   {"height", required_argument, NULL, HEIGHT},
    {"help", no_argument, NULL, HELP},         {"panels", required_argument, NULL, PANELS},
    {"quiet", no_argument, NULL, QUIET},       {"title", required_argument, NULL, TITLE},
    {"to", required_argument, NULL, TO},       {"version", no_argument, NULL, VERSION},
    {"width", required_argument, NULL, WIDTH}, {NULL, 0, NULL, 0}};

static const char help[] =
    "Draw a trace, what a FieldIQ plugin told of itself while it played.\n"
    "\n"
    "  fieldiq-plot [options] TRACE PICTURE.png|PICTURE.svg\n"
    "\n"
    "TRACE comes from fieldiq-render --trace or fieldiq-jack --trace; '-' is stdin.\n"
    "\n"
    "  --panels LIST      some of these, separated by commas, instead of all that have data:\n"
    "                       coherence  order R, uncertainty U, R times U, the living zone\n"
    "                       tone       the tone, and BRAKE, COAST, BOOST of the regulator\n"
    "                       coupling   K, K / Kc, noise\n"
    "                       stability  Lyapunov exponent, class, warnings\n"
    "                       carriers   carriers over the histogram of the oscillators\n"
    "                       features   level, flatness, entropy, flux, spectral share\n"
    "                       sequence   entropy, surprise and temperature of the partner, harmony, "
    "goals\n"
    "  --from S           leave out what was before this time, in seconds\n"
    "  --to S             leave out what was after it\n"
    "  --title TEXT       over the picture (the plugin and the sound file)\n"
    "  --width PX         600 .. 16000 (1200)\n"
    "  --height PX        up to 16000 (what the panels want)\n"
    "  --quiet            only warnings and errors\n"
    "  --help, --version\n"
    "\n"
    "PICTURE appears under its name only when it is complete. A trace that is cut off is drawn\n"
    "as far as it goes.\n"
    "Exit status: 0 done, 1 a file is missing, no trace, or cannot be written, 2 the command is\n"
    "wrong.\n"
    "\n"
    "Example\n"
    "  fieldiq-render --plugin swarm --chord C4,E4,G4 --trace c.jsonl c.wav\n"
    "  fieldiq-plot c.jsonl c.png\n";

static FiqClaims claims;

typedef struct {
  FiqPlot     plot;
  const char* trace;
  const char* picture;
  double      from_s; ///< -infinity: the beginning
  double      to_s;   ///< infinity: the end
  bool        svg;
  bool        chosen; ///< panels were named
  bool        quiet;
} Options;

static bool size_in(const char* name, const char* text, uint32_t least, uint32_t* px)
{
  char*      end   = NULL;
  const long value = strtol(text, &end, 10);
  if (end == text || *end != '\0' || value < (long)least || value > FIQ_PLOT_SIDE_MAX) {
    fiq_error("--%s: '%s' is not a whole number from %u to %d", name, text, least,
              FIQ_PLOT_SIDE_MAX);
    return false;
  }
  *px = (uint32_t)value;
  return true;
}

static bool seconds_in(const char* name, const char* text, double* value_s)
{
  char* end = NULL;
  *value_s  = strtod(text, &end);
  if (end == text || *end != '\0' || !(fabs(*value_s) < 1e9)) {
    fiq_error("--%s: '%s' is not a number of seconds", name, text);
    return false;
  }
  return true;
}

static bool want_panel(Options* self, const char* name)
{
  const char* names[FIQ_N_PANELS];
  char        near_by[FIQ_SUGGEST_BYTES];
  for (int i = 0; i < FIQ_N_PANELS; ++i) {
    names[i] = fiq_panels[i].name;
    if (strcasecmp(name, names[i]) == 0) {
      self->plot.panels[i] = true;
      return true;
    }
  }
  fiq_suggest(near_by, name, names, FIQ_N_PANELS);
  fiq_error("--panels: no panel '%s'%s", name, near_by);
  return false;
}

static bool read_panels(Options* self, const char* text)
{
  bool legal = true;
  memset(self->plot.panels, 0, sizeof self->plot.panels);
  self->chosen = true;
  while (legal) {
    char         name[64];
    const size_t n = strcspn(text, ",");
    snprintf(name, sizeof name, "%.*s", (int)(n < sizeof name ? n : sizeof name - 1), text);
    legal = want_panel(self, name);
    if (text[n] == '\0') {
      break;
    }
    text += n + 1;
  }
  return legal;
}

static bool read_option(Options* self, int option, const char* text)
{
  switch (option) {
  case FROM:
    return seconds_in("from", text, &self->from_s);
  case HEIGHT:
    return size_in("height", text, 1, &self->plot.height_px);
  case PANELS:
    return read_panels(self, text);
  case QUIET:
    self->quiet = true;
    return true;
  case TITLE:
    self->plot.title = text;
    return true;
  case TO:
    return seconds_in("to", text, &self->to_s);
  case WIDTH:
    return size_in("width", text, FIQ_PLOT_WIDTH_MIN, &self->plot.width_px);
  default:
    return false;
  }
}

static bool read_files(Options* self, int argc, char** argv)
{
  if (argc - optind != 2) {
    fiq_error("TRACE and PICTURE are needed, and no other files; see --help");
    return false;
  }
  self->trace           = argv[optind];
  self->picture         = argv[optind + 1];
  const char* const dot = strrchr(self->picture, '.');
  self->svg             = dot && strcasecmp(dot, ".svg") == 0;
  if (!self->svg && (!dot || strcasecmp(dot, ".png") != 0)) {
    fiq_error("%s: pictures are named .png or .svg", self->picture);
    return false;
  }
  if (!fiq_claim(&claims, FIQ_CLAIM_READ, "TRACE", self->trace) ||
      !fiq_claim(&claims, FIQ_CLAIM_WRITTEN, "PICTURE", self->picture)) {
    return false;
  }
  if (self->to_s <= self->from_s) {
    fiq_error("--from must be before --to");
    return false;
  }
  return true;
}

/// Read the command line. False when there is nothing left to do; `status` is then the exit code.
static bool read_options(Options* self, int argc, char** argv, FiqExit* status)
{
  int option = 0;
  *self = (Options){.plot = {.width_px = FIQ_PLOT_WIDTH}, .from_s = -HUGE_VAL, .to_s = HUGE_VAL};
  memset(self->plot.panels, 1, sizeof self->plot.panels);
  *status = FIQ_EXIT_USAGE;
  while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
    if (option == HELP || option == VERSION) {
      printf("%s%s", option == HELP ? help : "fieldiq-plot ",
             option == HELP ? "" : FIQ_VERSION "\n");
      *status = FIQ_EXIT_OK;
      return false;
    }
    if (!read_option(self, option, optarg)) {
      return false;
    }
  }
  fiq_report_init("fieldiq-plot", self->quiet);
  return read_files(self, argc, argv);
}

/// Leave out what has no data, and say so if it was asked for.
static bool choose_panels(Options* self, const FiqPlotTrace* trace)
{
  const FiqPlot wanted = self->plot;
  if (!fiq_plot_choose(&self->plot, trace)) {
    fiq_error("%s: holds nothing that %s", self->trace,
              self->chosen ? "these panels show" : "can be drawn");
    return false;
  }
  for (int i = 0; i < FIQ_N_PANELS; ++i) {
    if (self->chosen && wanted.panels[i] && !self->plot.panels[i]) {
      fiq_warning("%s: holds nothing for the panel '%s'; it is left out", self->trace,
                  fiq_panels[i].name);
    }
  }
  return true;
}

static FiqExit draw(Options* self, FiqPlotTrace* trace)
{
  uint32_t least = 0;
  if (!fiq_plot_crop(trace, self->from_s, self->to_s)) {
    fiq_error("%s: holds nothing between --from and --to", self->trace);
    return FIQ_EXIT_FAILURE;
  }
  if (!choose_panels(self, trace)) {
    return FIQ_EXIT_FAILURE;
  }
  const uint32_t height = fiq_plot_height(&self->plot, &least);
  if (height < least) {
    fiq_error("--height: these panels need at least %u", least);
    return FIQ_EXIT_USAGE;
  }
  static FiqPendingFile picture; // outlives this call for the handler of signals
  if (!fiq_pending_open(&picture, self->picture) ||
      !fiq_plot_write(&self->plot, trace, &picture, self->svg)) {
    return FIQ_EXIT_FAILURE;
  }
  fiq_note("%s: %u x %u", self->picture, self->plot.width_px, height);
  return FIQ_EXIT_OK;
}

/// An interrupted picture leaves nothing behind, and the calling shell sees the signal.
static void on_signal(int number)
{
  fiq_pending_remove_all();
  signal(number, SIG_DFL);
  raise(number);
}

static void catch_signals(void)
{
  signal(SIGINT, on_signal);
  signal(SIGTERM, on_signal);
  signal(SIGHUP, on_signal);
  // Writing beyond a file size limit then fails as a full disk does.
  signal(SIGXFSZ, SIG_IGN);
}

int main(int argc, char** argv)
{
  Options      options;
  FiqPlotTrace trace;
  FiqExit      status = FIQ_EXIT_OK;
  fiq_report_init("fieldiq-plot", false);
  catch_signals();
  if (!read_options(&options, argc, argv, &status)) {
    return (int)status;
  }
  status = fiq_plot_load(&trace, options.trace) ? draw(&options, &trace) : FIQ_EXIT_FAILURE;
  fiq_plot_free(&trace);
  return (int)status;
}
