// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/jack/jack_options.h"

#include "host-test/common/version.h"

#include <getopt.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  CONNECT = 256,
  DURATION,
  HELP,
  LIST_COMMANDS,
  LIST_PARAMETERS,
  LIST_PLUGINS,
  LIST_PRESETS,
  MIDI_MAP,
  MIDI_THRU,
  NAME,
  NO_START_SERVER,
  PLUGIN,
  PRESET,
  QUIET,
  RECONNECT,
  RECORD,
  SEED,
  SERVER,
  SET,
  START_SERVER,
  STATE,
  TRACE,
  TUNING,
  UI,
  VERSION,
  WORDS
};

static const struct option table[] = {{"connect", optional_argument, NULL, CONNECT},
                                      {"duration", required_argument, NULL, DURATION},
                                      {"help", no_argument, NULL, HELP},
                                      {"list-commands", no_argument, NULL, LIST_COMMANDS},
                                      {"list-parameters", no_argument, NULL, LIST_PARAMETERS},
                                      {"list-plugins", no_argument, NULL, LIST_PLUGINS},
                                      {"list-presets", no_argument, NULL, LIST_PRESETS},
                                      {"midi-map", required_argument, NULL, MIDI_MAP},
                                      {"midi-thru", no_argument, NULL, MIDI_THRU},
                                      {"name", required_argument, NULL, NAME},
                                      {"no-start-server", no_argument, NULL, NO_START_SERVER},
                                      {"plugin", required_argument, NULL, PLUGIN},
                                      {"preset", required_argument, NULL, PRESET},
                                      {"quiet", no_argument, NULL, QUIET},
                                      {"reconnect", no_argument, NULL, RECONNECT},
                                      {"record", required_argument, NULL, RECORD},
                                      {"seed", required_argument, NULL, SEED},
                                      {"server", required_argument, NULL, SERVER},
                                      {"set", required_argument, NULL, SET},
                                      {"start-server", no_argument, NULL, START_SERVER},
                                      {"state", required_argument, NULL, STATE},
                                      {"trace", required_argument, NULL, TRACE},
                                      {"tuning", required_argument, NULL, TUNING},
                                      {"ui", no_argument, NULL, UI},
                                      {"version", no_argument, NULL, VERSION},
                                      {"words", required_argument, NULL, WORDS},
                                      {NULL, 0, NULL, 0}};

static const char help[] =
    "Play an LV2 plugin live through JACK (or PipeWire by pw-jack).\n"
    "\n"
    "  fieldiq-jack [options]\n"
    "\n"
    "The plugin\n"
    "  --plugin NAME         realms, swarm, or the URI of any LV2 plugin (realms)\n"
    "  --preset NAME         start from this preset: its name, URI or file\n"
    "  --state FILE          start from a saved state\n"
    "  --set SYMBOL=VALUE    set a parameter, by number or by the name of a choice; repeatable\n"
    "  --seed N              seed of everything random (drawn anew unless given)\n"
    "  --tuning FILE.scl     tune the notes by a scale in Scala's format, with the mapping\n"
    "                        FILE.kbm if there is one\n"
    "  --words TEXT          what the notes sing, a syllable a note\n"
    "  --trace FILE          what the plugin tells of itself, some 47 times a second, as JSON\n"
    "                        lines; FILE appears at the end; fieldiq-plot draws it\n"
    "  --ui                  open the plugin's window; closing it ends nothing\n"
    "  --list-plugins, --list-presets, --list-parameters\n"
    "\n"
    "JACK\n"
    "  --connect             connect to the sound card's inputs, outputs and MIDI\n"
    "  --connect PORT...     connect to these ports, or to all that fits of these clients\n"
    "  --name NAME           of the client (that of the plugin)\n"
    "  --server NAME         of the JACK server (default)\n"
    "  --start-server        start a server when none is running\n"
    "  --reconnect           wait for another server when this one ends, and go on\n"
    "  --midi-map FILE       keep there which controllers move which parameters ('learn')\n"
    "  --midi-thru           copy MIDI that comes in to a MIDI output\n"
    "  --record FILE         record what comes out, from the start, as .wav or .flac\n"
    "  --duration SECONDS    end after so much sound\n"
    "  --quiet               no notes, only warnings and errors\n"
    "  --list-commands       what can be typed while it plays\n"
    "  --help, --version\n"
    "\n"
    "While it plays, commands are read from standard input, one a line; 'help' lists them.\n"
    "End of input does not end the program; Ctrl-C or 'quit' does.\n"
    "Under a session manager (NSM_URL) it keeps its state, its plugin and the map of\n"
    "controllers with the session; --plugin counts for a new one.\n"
    "Exit status: 0 ended on request, 1 the server, a file or the plugin failed, 2 the command\n"
    "is wrong.\n"
    "\n"
    "Examples\n"
    "  fieldiq-jack --connect\n"
    "  fieldiq-jack --plugin swarm --connect system a2j\n";

static bool add(const char* what, const char** list, uint32_t* n, const char* text)
{
  if (*n == FIQ_JACK_LIST_MAX) {
    fiq_error("--%s: more than %d of them", what, FIQ_JACK_LIST_MAX);
    return false;
  }
  list[(*n)++] = text;
  return true;
}

static bool read_set(FiqJackOptions* self, const char* text)
{
  const char* const equals = strchr(text, '=');
  if (!equals || equals == text) {
    fiq_error("--set: '%s' is not SYMBOL=VALUE", text);
    return false;
  }
  return add("set", self->sets, &self->n_sets, text);
}

/// Names after --connect belong to it, up to the next option: there are no other arguments.
static bool read_connect(FiqJackOptions* self, int argc, char** argv)
{
  const uint32_t n_before = self->n_ports;
  bool           legal    = true;
  if (optarg) {
    legal = add("connect", self->ports, &self->n_ports, optarg);
  }
  while (legal && optind < argc && argv[optind][0] != '-') {
    legal = add("connect", self->ports, &self->n_ports, argv[optind++]);
  }
  self->connect = self->connect || self->n_ports == n_before;
  return legal;
}

static bool read_seed(FiqJackOptions* self, const char* text)
{
  char* end    = NULL;
  errno        = 0;
  self->seeded = true;
  self->seed   = strtoll(text, &end, 0);
  if (end == text || *end != '\0' || errno == ERANGE) {
    fiq_error("--seed: '%s' is not a whole number", text);
    return false;
  }
  return true;
}

static bool read_duration(FiqJackOptions* self, const char* text)
{
  char* end        = NULL;
  self->duration_s = strtod(text, &end);
  if (end == text || *end != '\0' || !(self->duration_s > 0.0 && self->duration_s < 1e9)) {
    fiq_error("--duration: '%s' is not a number of seconds", text);
    return false;
  }
  return true;
}

static bool read_trace(FiqJackOptions* self, const char* text)
{
  if (strcmp(text, "-") == 0) {
    fiq_error("--trace: stdout belongs to the console; give a file");
    return false;
  }
  self->trace = text;
  return true;
}

static bool read_switch(FiqJackOptions* self, int option)
{
  switch (option) {
  case LIST_COMMANDS:
    self->list_commands = true;
    return true;
  case LIST_PARAMETERS:
    self->list_parameters = true;
    return true;
  case LIST_PLUGINS:
    self->list_plugins = true;
    return true;
  case LIST_PRESETS:
    self->list_presets = true;
    return true;
  case MIDI_THRU:
    self->midi_thru = true;
    return true;
  case NO_START_SERVER:
    self->start_server = false;
    return true;
  case QUIET:
    self->quiet = true;
    return true;
  case RECONNECT:
    self->reconnect = true;
    return true;
  case START_SERVER:
    self->start_server = true;
    return true;
  case UI:
    self->window = true;
    return true;
  default:
    return false;
  }
}

static bool read_text(FiqJackOptions* self, int option, const char* text)
{
  switch (option) {
  case DURATION:
    return read_duration(self, text);
  case MIDI_MAP:
    self->midi_map = text;
    return true;
  case NAME:
    self->name = text;
    return true;
  case PLUGIN:
    self->plugin = text;
    return true;
  case PRESET:
    self->preset = text;
    return true;
  case RECORD:
    self->record = text;
    return true;
  case SEED:
    return read_seed(self, text);
  case SERVER:
    self->server = text;
    return true;
  case SET:
    return read_set(self, text);
  case STATE:
    self->state = text;
    return true;
  case TRACE:
    return read_trace(self, text);
  case TUNING:
    self->tuning = text;
    return true;
  case WORDS:
    self->words = text;
    return true;
  default:
    return false;
  }
}

bool fiq_jack_options(FiqJackOptions* self, int argc, char** argv, FiqExit* status)
{
  int option = 0;
  *self      = (FiqJackOptions){.plugin = "realms"};
  *status    = FIQ_EXIT_USAGE;
  // "+" stops at the first name, so that --connect can take the names that follow it.
  while ((option = getopt_long(argc, argv, "+", table, NULL)) != -1) {
    if (option == HELP || option == VERSION) {
      printf("%s%s", option == HELP ? help : "fieldiq-jack ",
             option == HELP ? "" : FIQ_VERSION "\n");
      *status = FIQ_EXIT_OK;
      return false;
    }
    const bool legal = option == CONNECT ? read_connect(self, argc, argv)
                                         : option != '?' && (read_switch(self, option) ||
                                                             read_text(self, option, optarg));
    if (!legal) {
      return false;
    }
  }
  if (optind < argc) {
    fiq_error("'%s' is not an option; see --help", argv[optind]);
    return false;
  }
  fiq_report_init("fieldiq-jack", self->quiet);
  return true;
}
