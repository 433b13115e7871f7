// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/render/render_options.h"

#include "host-test/common/version.h"
#include "host-test/lv2/lv2_host.h"
#include "host-test/render/audio_file.h"

#include <getopt.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum {
  BLOCK = 256,
  BPM,
  CHORD,
  CONTINUE,
  ENCODING,
  FORMAT,
  HELP,
  LEARN,
  LENGTH,
  LIST_PARAMETERS,
  LIST_PLUGINS,
  LIST_PRESETS,
  METRICS,
  MIDI,
  MIDI_OUT,
  PLUGIN,
  PRESET,
  QUIET,
  RATE,
  SAVE_STATE,
  SEED,
  SET,
  SIDECHAIN,
  STATE,
  STUDY,
  TAIL,
  TRACE,
  TUNING,
  VELOCITY,
  VERSION
};

static const struct option table[] = {{"block", required_argument, NULL, BLOCK},
                                      {"bpm", required_argument, NULL, BPM},
                                      {"chord", required_argument, NULL, CHORD},
                                      {"continue", required_argument, NULL, CONTINUE},
                                      {"encoding", required_argument, NULL, ENCODING},
                                      {"format", required_argument, NULL, FORMAT},
                                      {"help", no_argument, NULL, HELP},
                                      {"learn", no_argument, NULL, LEARN},
                                      {"length", required_argument, NULL, LENGTH},
                                      {"list-parameters", no_argument, NULL, LIST_PARAMETERS},
                                      {"list-plugins", no_argument, NULL, LIST_PLUGINS},
                                      {"list-presets", no_argument, NULL, LIST_PRESETS},
                                      {"metrics", required_argument, NULL, METRICS},
                                      {"midi", required_argument, NULL, MIDI},
                                      {"midi-out", required_argument, NULL, MIDI_OUT},
                                      {"plugin", required_argument, NULL, PLUGIN},
                                      {"preset", required_argument, NULL, PRESET},
                                      {"quiet", no_argument, NULL, QUIET},
                                      {"rate", required_argument, NULL, RATE},
                                      {"save-state", required_argument, NULL, SAVE_STATE},
                                      {"seed", required_argument, NULL, SEED},
                                      {"set", required_argument, NULL, SET},
                                      {"sidechain", required_argument, NULL, SIDECHAIN},
                                      {"state", required_argument, NULL, STATE},
                                      {"study", required_argument, NULL, STUDY},
                                      {"tail", required_argument, NULL, TAIL},
                                      {"trace", required_argument, NULL, TRACE},
                                      {"tuning", required_argument, NULL, TUNING},
                                      {"velocity", required_argument, NULL, VELOCITY},
                                      {"version", no_argument, NULL, VERSION},
                                      {NULL, 0, NULL, 0}};

static const char help_use[] =
    "Render a sound file through an LV2 plugin, or play an instrument into a sound file.\n"
    "\n"
    "  fieldiq-render [options] INPUT OUTPUT      an effect (FieldIQ Realms unless chosen)\n"
    "  fieldiq-render --plugin swarm --chord C4,E4,G4 --length 8 OUTPUT     an instrument\n"
    "\n"
    "The plugin\n"
    "  --plugin NAME         realms, swarm, or the URI of any LV2 plugin (realms)\n"
    "  --preset NAME         start from this preset: its name, URI or file\n"
    "  --state FILE          start from a state saved before\n"
    "  --save-state FILE     save the state after the render; NAME.lv2 makes a folder that\n"
    "                        other hosts find as a preset\n"
    "  --set SYMBOL=VALUE    set a parameter, by number or by the name of a choice; repeatable;\n"
    "                        comes after preset and state\n"
    "  --seed N              seed of everything random (1 unless the state says otherwise);\n"
    "                        'random' takes another each time\n"
    "  --tuning FILE.scl     tune the notes by a scale in Scala's format, with the mapping\n"
    "                        FILE.kbm if there is one\n"
    "  --learn               play INPUT twice: the plugin learns from all of it (up to 60 s), "
    "then\n"
    "                        plays what it learned; needs an effect that has the parameters\n"
    "                        'objective', which is to be set, and 'learn'. Done without being asked\n"
    "                        where both are on and there is no --state\n"
    "  --study PATH          let the plugin's partner learn from this MIDI file, or from all in\n"
    "                        this folder, before it plays; without OUTPUT nothing is played\n"
    "  --list-plugins        all plugins\n"
    "  --list-presets        the presets of --plugin\n"
    "  --list-parameters     the parameters of --plugin: range, default, meaning\n"
    "\n"
    "What goes in\n"
    "  --sidechain FILE      the side chain, at the sample rate of INPUT\n"
    "  --chord NOTES         notes to hold, C4,E4,G4 or 60,64,67; a note may bring its own\n"
    "                        velocity, C4:100,E4:60\n"
    "  --velocity N          1 .. 127 of the chord's notes (100)\n"
    "  --length SECONDS      how long the chord is held (4; for effects as long as INPUT), or the\n"
    "                        MIDI file played (to its last event)\n"
    "  --midi FILE           a Standard MIDI File; its tempo map is sent along\n"
    "  --continue SECONDS    let the partner play on for so long after the MIDI file, or from the\n"
    "                        start; --set sequence=NAME chooses how (Continue after a file or\n"
    "                        chord, else Hold)\n"
    "  --bpm TEMPO           tempo in beats per minute (120)\n";

static const char help_more[] =
    "\n"
    "What comes out\n"
    "  --format TYPE         wav, flac, ogg, opus, mp3, aiff, au, caf, w64 or rf64\n"
    "                        (by the extension of OUTPUT)\n"
    "  --encoding NAME       pcm16, pcm24, pcm32 or float (pcm24)\n"
    "  --tail SECONDS        how long to go on after the end; 'auto' goes on until the output\n"
    "                        stays below -90 dBFS for 0.5 s, at most 30 s (auto)\n"
    "  --rate HZ             sample rate of an instrument (48000); effects keep INPUT's\n"
    "  --block FRAMES        frames per call of the plugin, 1 .. 8192, or 'random' (512)\n"
    "  --metrics FILE        peak, RMS, crest, DC, speed and meters as JSON; '-' is stdout\n"
    "  --midi-out FILE       the notes that the plugin plays, as a Standard MIDI File\n"
    "  --trace FILE          what the plugin tells of itself, some 47 times a second, as JSON\n"
    "                        lines; '-' is stdout; fieldiq-plot draws it\n"
    "  --quiet               no progress and no notes, only warnings and errors\n"
    "  --help, --version\n"
    "\n"
    "The output is aligned with the input to the sample: the plugin's latency is taken out.\n"
    "OUTPUT (and each other file) appears under its name only when it is complete, and replaces\n"
    "an older file; a render that fails or is interrupted leaves nothing. OUTPUT may be INPUT;\n"
    "otherwise nothing is written over what is read. The same command makes the same bytes\n"
    "(except ogg, opus and mp3).\n"
    "Exit status: 0 done, 1 a file, the plugin or the disk failed, 2 the command is wrong.\n"
    "\n"
    "INPUT and OUTPUT may be '-', stdin and stdout (WAV unless --format says otherwise), or "
    "pipes.\n"
    "\n"
    "Examples\n"
    "  fieldiq-render --list-parameters\n"
    "  fieldiq-render drums.wav louder.wav --metrics -\n"
    "  fieldiq-render --learn --set objective=Headroom --set amount=100 drums.wav calm.wav\n"
    "  fieldiq-render --sidechain room.wav close.wav aligned.flac\n"
    "  fieldiq-render --plugin swarm --midi song.mid song.flac\n"
    "  fieldiq-render --plugin swarm --study songs --save-state songs.ttl\n"
    "  fieldiq-render --plugin swarm --state songs.ttl --continue 30 --midi-out new.mid new.wav\n"
    "  fieldiq-render --plugin swarm --chord C4,E4 --trace c.jsonl c.wav\n";

static bool number_in(const char* name, const char* text, double minimum, double maximum,
                      double* value)
{
  char* end = NULL;
  *value    = strtod(text, &end);
  // Written so that NaN is refused as well.
  if (end == text || *end != '\0' || !(*value >= minimum && *value <= maximum)) {
    fiq_error("--%s: '%s' is not a number from %g to %g", name, text, minimum, maximum);
    return false;
  }
  return true;
}

static bool whole_in(const char* name, const char* text, double minimum, double maximum, int* value)
{
  double number = 0.0;
  if (!number_in(name, text, minimum, maximum, &number)) {
    return false;
  }
  *value = (int)number;
  if (fabs(number - (double)*value) > 0.0) {
    fiq_error("--%s: '%s' is not a whole number", name, text);
    return false;
  }
  return true;
}

static bool read_seed(FiqRenderOptions* self, const char* text)
{
  char* end    = NULL;
  self->seeded = true;
  if (strcasecmp(text, "random") == 0) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    self->seed = (int64_t)now.tv_sec * 1000003 + now.tv_nsec;
    return true;
  }
  errno      = 0;
  self->seed = strtoll(text, &end, 0);
  if (end == text || *end != '\0' || errno == ERANGE) {
    fiq_error("--seed: '%s' is neither a whole number nor 'random'", text);
    return false;
  }
  return true;
}

static bool read_set(FiqRenderOptions* self, const char* text)
{
  const char* const equals = strchr(text, '=');
  if (!equals || equals == text) {
    fiq_error("--set: '%s' is not SYMBOL=VALUE", text);
    return false;
  }
  if (self->n_sets == FIQ_RENDER_SETS_MAX) {
    fiq_error("--set: more than %d of them", FIQ_RENDER_SETS_MAX);
    return false;
  }
  self->sets[self->n_sets++] = text;
  return true;
}

static bool read_block(FiqRenderOptions* self, const char* text)
{
  int frames = 0;
  if (strcasecmp(text, "random") != 0 &&
      !whole_in("block", text, 1.0, FIQ_HOST_BLOCK_MAX, &frames)) {
    return false;
  }
  self->block_frames = (uint32_t)frames;
  return true;
}

static bool read_tail(FiqRenderOptions* self, const char* text)
{
  self->tail_s = -1.0;
  return strcasecmp(text, "auto") == 0 ||
         number_in("tail", text, 0.0, FIQ_RENDER_LENGTH_MAX_S, &self->tail_s);
}

static bool read_number(FiqRenderOptions* self, int option, const char* text)
{
  switch (option) {
  case BLOCK:
    return read_block(self, text);
  case BPM:
    return number_in("bpm", text, 1.0, 999.0, &self->tempo_bpm);
  case CONTINUE:
    return number_in("continue", text, 0.001, FIQ_RENDER_LENGTH_MAX_S, &self->continue_s);
  case LENGTH:
    return number_in("length", text, 0.001, FIQ_RENDER_LENGTH_MAX_S, &self->length_s);
  case RATE:
    return whole_in("rate", text, FIQ_AUDIO_RATE_MIN_HZ, FIQ_AUDIO_RATE_MAX_HZ, &self->rate_hz);
  case SEED:
    return read_seed(self, text);
  case SET:
    return read_set(self, text);
  case TAIL:
    return read_tail(self, text);
  case VELOCITY:
    return whole_in("velocity", text, 1.0, 127.0, &self->velocity);
  default:
    return false;
  }
}

/// Where an option that is a plain text or switch goes; false when it is neither.
static bool read_text(FiqRenderOptions* self, int option, const char* text)
{
  switch (option) {
  case CHORD:
    self->chord = text;
    return true;
  case ENCODING:
    self->encoding = text;
    return true;
  case FORMAT:
    self->format = text;
    return true;
  case LEARN:
    self->learn = true;
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
  case METRICS:
    self->metrics = text;
    return true;
  case MIDI:
    self->midi = text;
    return true;
  case MIDI_OUT:
    self->midi_out = text;
    return true;
  case PLUGIN:
    self->plugin = text;
    return true;
  case PRESET:
    self->preset = text;
    return true;
  case QUIET:
    self->quiet = true;
    return true;
  case SAVE_STATE:
    self->save_state = text;
    return true;
  case SIDECHAIN:
    self->sidechain = text;
    return true;
  case STATE:
    self->state = text;
    return true;
  case STUDY:
    self->study = text;
    return true;
  case TRACE:
    self->trace = text;
    return true;
  case TUNING:
    self->tuning = text;
    return true;
  default:
    return false;
  }
}

static bool read_options(FiqRenderOptions* self, int argc, char** argv, FiqExit* status)
{
  int option = 0;
  while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
    if (option == HELP) {
      printf("%s%s", help_use, help_more);
      *status = FIQ_EXIT_OK;
      return false;
    }
    if (option == VERSION) {
      printf("fieldiq-render %s\n", FIQ_VERSION);
      *status = FIQ_EXIT_OK;
      return false;
    }
    if (option == '?' || (!read_text(self, option, optarg) && !read_number(self, option, optarg))) {
      *status = FIQ_EXIT_USAGE;
      return false;
    }
  }
  return true;
}

static bool check_together(const FiqRenderOptions* self)
{
  if (self->chord && self->midi) {
    fiq_error("--chord and --midi exclude each other");
    return false;
  }
  if (self->midi && self->tempo_bpm > 0.0) {
    fiq_error("--bpm has no meaning beside --midi, which brings its own tempo");
    return false;
  }
  return true;
}

bool fiq_render_options(FiqRenderOptions* self, int argc, char** argv, FiqExit* status)
{
  *self   = (FiqRenderOptions){.plugin       = "realms",
                               .velocity     = 100,
                               .length_s     = -1.0,
                               .tail_s       = -1.0,
                               .block_frames = 512,
                               .seed         = 1};
  *status = FIQ_EXIT_USAGE;
  if (!read_options(self, argc, argv, status) || !check_together(self)) {
    return false;
  }
  fiq_report_init("fieldiq-render", self->quiet);
  for (int i = optind; i < argc; ++i) {
    if (self->n_files == 2) {
      fiq_error("'%s' is one file too many; see --help", argv[i]);
      return false;
    }
    self->files[self->n_files++] = argv[i];
  }
  return true;
}
