// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/render/render_options.h"

#include "host-test/common/file_path.h"
#include "host-test/common/option_table.h"
#include "host-test/common/version.h"
#include "host-test/lv2/lv2_host.h"
#include "host-test/render/audio_file.h"

#include <getopt.h>

#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

enum { WHOLE, LINK }; ///< places of values

enum {
  RAMP_FRAMES     = 16,
  RAMP_FRAMES_MAX = 4096,
  TURNS_MAX       = 10000,
  JOBS_MAX        = 256,
  SHARES_MAX      = 1000000
};

static FiqLinkOptions* last_link(FiqRenderOptions* self)
{
  return &self->links[self->n_links - 1];
}

static void* place_of(void* options, int place)
{
  return place == LINK ? (void*)last_link(options) : options;
}

static bool read_plugin(void* options, const char* text)
{
  FiqRenderOptions* const self = options;
  if (self->named) {
    if (self->n_links == FIQ_RENDER_LINKS_MAX) {
      fiq_error("--plugin: more than %d of them", FIQ_RENDER_LINKS_MAX);
      return false;
    }
    self->links[self->n_links++] = (FiqLinkOptions){.seed = 1};
  }
  self->named             = true;
  last_link(self)->plugin = text;
  return true;
}

static bool read_seed(void* options, const char* text)
{
  FiqLinkOptions* const link = last_link(options);
  char*                 end  = NULL;
  link->seeded               = true;
  if (strcasecmp(text, "random") == 0) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    link->seed = (int64_t)now.tv_sec * 1000003 + now.tv_nsec;
    return true;
  }
  errno      = 0;
  link->seed = strtoll(text, &end, 0);
  if (end == text || *end != '\0' || errno == ERANGE) {
    fiq_error("--seed: '%s' is neither a whole number nor 'random'", text);
    return false;
  }
  return true;
}

static bool read_set(void* options, const char* text)
{
  FiqLinkOptions* const link   = last_link(options);
  const char* const     equals = strchr(text, '=');
  if (!equals || equals == text) {
    fiq_error("--set: '%s' is not SYMBOL=VALUE", text);
    return false;
  }
  if (link->n_sets == FIQ_RENDER_SETS_MAX) {
    fiq_error("--set: more than %d of them", FIQ_RENDER_SETS_MAX);
    return false;
  }
  link->sets[link->n_sets++] = text;
  return true;
}

static bool read_automation(void* options, const char* text)
{
  FiqLinkOptions* const link = last_link(options);
  if (link->n_automations == FIQ_RENDER_AUTOMATIONS_MAX) {
    fiq_error("--automation: more than %d of them", FIQ_RENDER_AUTOMATIONS_MAX);
    return false;
  }
  link->automations[link->n_automations++] = text;
  return true;
}

static bool read_block(void* options, const char* text)
{
  int frames = 0;
  if (strcasecmp(text, "random") != 0 &&
      !fiq_option_whole("block", text, 1.0, FIQ_HOST_BLOCK_MAX, &frames)) {
    return false;
  }
  ((FiqRenderOptions*)options)->block_frames = (uint32_t)frames;
  return true;
}

static bool read_tail(void* options, const char* text)
{
  double* const tail_s = &((FiqRenderOptions*)options)->tail_s;
  *tail_s              = -1.0;
  return strcasecmp(text, "auto") == 0 ||
         fiq_option_real("tail", text, 0.0, FIQ_RENDER_LENGTH_MAX_S, tail_s);
}

static bool read_share(void* options, const char* text)
{
  FiqBatchOptions* const batch = &((FiqRenderOptions*)options)->batch;
  char*                  end   = NULL;
  const long             share = strtol(text, &end, 10);
  char*                  rest  = NULL;
  const long             n     = *end == '/' ? strtol(end + 1, &rest, 10) : 0;
  if (end == text || !rest || *rest != '\0' || n < 1 || n > SHARES_MAX || share < 1 || share > n) {
    fiq_error("--share: '%s' is not K/N, from 1/N to N/N", text);
    return false;
  }
  batch->share    = (int)share;
  batch->n_shares = (int)n;
  return true;
}

#define IN(field) .offset = offsetof(FiqRenderOptions, field)
#define IN_LINK(field) .place = LINK, .offset = offsetof(FiqLinkOptions, field)
#define FLAG .kind = FIQ_OPTION_FLAG
#define TEXT .kind = FIQ_OPTION_TEXT
#define REAL(from, to) .kind = FIQ_OPTION_REAL, .minimum = (from), .maximum = (to)
#define COUNT(from, to) .kind = FIQ_OPTION_WHOLE, .minimum = (from), .maximum = (to)
#define CALL(function) .kind = FIQ_OPTION_CALL, .read = (function)
#define ASIDE .is_aside = true
#define WRITTEN .is_written = true
#define HEADING(text)                                                                              \
  {                                                                                                \
    .kind = FIQ_OPTION_HEADING, .help = (text)                                                     \
  }

/// In the order in which people need them.
static const FiqOption table[] = {
    HEADING("The plugin"),
    {"plugin", "NAME",
     "realms, swarm, or the URI of any LV2 plugin (realms); repeatable: each one plays what the "
     "one before puts out, "
     "and what follows it under this heading is its own",
     CALL(read_plugin)},
    {"preset", "NAME", "start from this preset: its name, URI or file", TEXT, IN_LINK(preset)},
    {"set", "SYMBOL=VALUE",
     "set a parameter, by number or by the name of a choice, or a property of the plugin, "
     "URI=VALUE, which may be a "
     "file; repeatable; comes after preset and state",
     CALL(read_set)},
    {"automation", "FILE",
     "change parameters in time, by lines TIME,SYMBOL,VALUE or TIME,SYMBOL,VALUE,linear, or the "
     "same as JSON; TIME is "
     "in seconds or a bar and beat like 5:1; repeatable",
     CALL(read_automation)},
    {"sidechain", "FILE", "the side chain, at the sample rate of INPUT", TEXT, IN_LINK(sidechain)},
    {"state", "FILE", "start from a state saved before", TEXT, IN_LINK(state)},
    {"save-state", "FILE",
     "save the state after the render; NAME.lv2 makes a folder that other hosts find as a preset",
     TEXT, IN_LINK(save_state), WRITTEN},
    {"seed", "N",
     "seed of everything random (1 unless the state says otherwise); 'random' takes another each "
     "time",
     CALL(read_seed)},
    {"tuning", "FILE.scl",
     "tune the notes by a scale in Scala's format, with the mapping FILE.kbm if there is one", TEXT,
     IN_LINK(tuning)},
    {"words", "TEXT",
     "what the notes sing, a syllable a note: '-' alone holds it on for one more, beau-ti-ful cuts "
     "a word, sky[s k ay] gives its phonemes",
     TEXT, IN_LINK(words)},
    {"words-file", "FILE",
     "the same from a file; without either, the lyrics in the MIDI file are sung", TEXT,
     IN_LINK(words_file)},
    {"toward", "WORDS",
     "move the controls so that it sounds more like that, \"darker, wider\"; comes after --set",
     TEXT, IN_LINK(toward)},
    {"midi-out", "FILE", "the notes that the plugin plays, as a Standard MIDI File", TEXT,
     IN_LINK(midi_out), WRITTEN},
    {"trace", "FILE",
     "what the plugin tells of itself, some 47 times a second, as JSON lines; '-' is stdout; "
     "fieldiq-plot draws it",
     TEXT, IN_LINK(trace), WRITTEN},
    HEADING("What there is"),
    {"list-plugins", NULL, "all plugins", FLAG, IN(list.plugins)},
    {"list-presets", NULL, "the presets of --plugin", FLAG, IN(list.presets)},
    {"list-parameters", NULL, "the parameters and properties of --plugin: range, default, meaning",
     FLAG, IN(list.parameters)},
    {"describe", "WORDS",
     "the presets of --plugin that sound most like that, and how far from it they are", TEXT,
     IN(list.describe)},
    {"info", "FILE", "what is in this sound or MIDI file", TEXT, IN(list.info)},
    {"json", NULL, "list as JSON; with --batch tell of each file in a line of JSON on stdout", FLAG,
     IN(list.as_json), ASIDE},
    HEADING("What is played"),
    {"midi", "FILE", "a Standard MIDI File; its tempo map is sent along", TEXT, IN(midi)},
    {"chord", "NOTES",
     "notes to hold, C4,E4,G4 or 60,64,67; a note may bring its own velocity, C4:100,E4:60", TEXT,
     IN(chord)},
    {"velocity", "N", "1 .. 127 of the chord's notes (100)", COUNT(1.0, 127.0), IN(velocity)},
    {"length", "SECONDS",
     "how long the chord is held (4; for effects as long as INPUT), or the MIDI file played (to "
     "its last event)",
     REAL(0.001, FIQ_RENDER_LENGTH_MAX_S), IN(length_s)},
    {"bpm", "TEMPO", "tempo in beats per minute (120)", REAL(1.0, 999.0), IN(tempo_bpm)},
    {"start", "SECONDS", "begin there in INPUT or the MIDI file (0)",
     REAL(0.0, FIQ_RENDER_LENGTH_MAX_S), IN(start_s)},
    {"end", "SECONDS", "end there in INPUT or the MIDI file", REAL(0.001, FIQ_RENDER_LENGTH_MAX_S),
     IN(end_s)},
    {"loop", "N", "play from --start to --end so often (1)", COUNT(1.0, TURNS_MAX), IN(n_turns)},
    HEADING("What comes out"),
    {"format", "TYPE",
     "wav, flac, ogg, opus, mp3, aiff, au, caf, w64 or rf64 (by the extension of OUTPUT)", TEXT,
     IN(format)},
    {"encoding", "NAME", "pcm16, pcm24, pcm32 or float (pcm24)", TEXT, IN(encoding)},
    {"dither", NULL, "add triangular noise of one step before rounding to pcm16 or pcm24", FLAG,
     IN(dithers)},
    {"tail", "SECONDS",
     "how long to go on after the end; 'auto' goes on until the output stays below -90 dBFS for "
     "0.5 s, at most 30 s "
     "(auto)",
     CALL(read_tail)},
    {"rate", "HZ",
     "sample rate of OUTPUT, to which an effect's is converted (INPUT's; 48000 for an instrument)",
     COUNT(FIQ_AUDIO_RATE_MIN_HZ, FIQ_AUDIO_RATE_MAX_HZ), IN(rate_hz)},
    {"resample", "HZ", "sample rate of the plugins, to which INPUT and side chains are converted",
     COUNT(FIQ_AUDIO_RATE_MIN_HZ, FIQ_AUDIO_RATE_MAX_HZ), IN(plugin_hz)},
    {"metrics", "FILE", "peak, RMS, crest, DC, speed and meters as JSON; '-' is stdout", TEXT,
     IN(metrics), WRITTEN},
    {"quiet", NULL, "no progress and no notes, only warnings and errors", FLAG, IN(quiet), ASIDE},
    {"block", "FRAMES", "frames per call of the plugin, 1 .. 8192, or 'random' (512)",
     CALL(read_block)},
    {"ramp", "FRAMES",
     "frames from one value of a linear automation to the next (16); 1 is the finest and slowest",
     COUNT(1.0, RAMP_FRAMES_MAX), IN(ramp_frames)},
    HEADING("Many files"),
    {"batch", "PATH",
     "render all sound and MIDI files of this folder and those below it, or of this list, a line "
     "each; OUTPUT is then a "
     "folder, or a pattern with {path} (of the file below the folder), {name} (without the "
     "folder), {ext} or {n}",
     TEXT, IN(batch.path), ASIDE},
    {"resume", NULL,
     "keep outputs that are complete and were made from the same input in the same way; a hidden "
     "file beside each "
     "tells",
     FLAG, IN(batch.resumes), ASIDE},
    {"jobs", "N", "files at one time (as many as there are processors)", COUNT(1.0, JOBS_MAX),
     IN(batch.n_jobs), ASIDE},
    {"share", "K/N",
     "render only the Kth of N shares of the files, so that N machines do all of them",
     CALL(read_share)},
    HEADING("What is learned"),
    {"learn", NULL,
     "play INPUT twice: the plugin learns from all of it (up to 60 s), then plays what it learned; "
     "needs an effect "
     "that has the parameters 'objective', which is to be set, and 'learn'. Done without being "
     "asked where both are "
     "on and there is no --state",
     FLAG, IN(learn)},
    {"study", "PATH",
     "let the plugin's partner learn from this MIDI file, or from all in this folder, before it "
     "plays; without OUTPUT "
     "nothing is played",
     TEXT, IN(study)},
    {"continue", "SECONDS",
     "let the partner play on for so long after the MIDI file, or from the start; --set "
     "sequence=NAME chooses how "
     "(Continue after a file or chord, else Hold)",
     REAL(0.001, FIQ_RENDER_LENGTH_MAX_S), IN(continue_s)},
    HEADING("Besides"),
    {"help", NULL, "tell what is possible, and end", FLAG, IN(help)},
    {"version", NULL, "tell the version, and end", FLAG, IN(version)}};

enum { N_OPTIONS = sizeof table / sizeof table[0] };

static const char help_use[] =
    "Render a sound file through LV2 plugins, or play an instrument into a sound file.\n"
    "\n"
    "  fieldiq-render [options] INPUT OUTPUT      an effect (FieldIQ Realms unless chosen)\n"
    "  fieldiq-render --plugin swarm --chord C4,E4,G4 --length 8 OUTPUT     an instrument\n"
    "  fieldiq-render --batch FOLDER [options] OUTPUT     all files of a folder\n"
    "\n";

static const char help_more[] =
    "\n"
    "The output is aligned with the input to the sample: the latency of all plugins is taken out.\n"
    "OUTPUT (and each other file) appears under its name only when it is complete, and replaces\n"
    "an older file; a render that fails or is interrupted leaves nothing. OUTPUT may be INPUT;\n"
    "otherwise nothing is written over what is read. The same command makes the same bytes\n"
    "(except ogg, opus and mp3).\n"
    "\n"
    "INPUT and OUTPUT may be '-', stdin and stdout (WAV unless --format says otherwise), or\n"
    "pipes. A mono file sounds in both inputs of a stereo plugin; for more channels than a\n"
    "plugin has, there are as many of it as it takes.\n"
    "\n"
    "Each file of a batch is rendered in a process of its own: one that fails, or whose plugin "
    "ends\n"
    "the process, is named at the end, and the others go on. What comes out does not depend on\n"
    "--jobs and --share.\n"
    "\n"
    "Exit status: 0 done, 1 a file, the plugin or the disk failed, 2 the command is wrong.\n"
    "\n"
    "Examples\n"
    "  fieldiq-render --list-parameters\n"
    "  fieldiq-render drums.wav louder.wav --metrics -\n"
    "  fieldiq-render --preset \"Warm Bank\" --automation drive.csv voice.wav warm.wav\n"
    "  fieldiq-render --plugin swarm --midi song.mid song.flac\n"
    "  fieldiq-render --plugin swarm --describe \"dark slow glassy choir\"\n"
    "  fieldiq-render --plugin swarm --chord C3 --words \"[aa]\" ah.wav\n"
    "  fieldiq-render --plugin swarm --preset \"Great Rise\" --plugin realms --set mix=50 --chord "
    "D2,A3 rise.wav\n"
    "  fieldiq-render --learn --set objective=Headroom --set amount=100 drums.wav calm.wav\n"
    "  fieldiq-render --sidechain room.wav close.wav aligned.flac\n"
    "  fieldiq-render --start 12 --end 20 --loop 4 song.wav part.wav\n"
    "  fieldiq-render --rate 44100 --encoding pcm16 --dither master.wav cd.wav\n"
    "  fieldiq-render --batch recordings --preset \"Warm Bank\" --resume 'warm/{path}.flac'\n"
    "  fieldiq-render --plugin swarm --study songs --save-state songs.ttl\n"
    "  fieldiq-render --plugin swarm --state songs.ttl --continue 30 --midi-out new.mid new.wav\n"
    "  fieldiq-render --plugin swarm --chord C4,E4 --trace c.jsonl c.wav\n";

static bool check_batch(const FiqRenderOptions* self)
{
  if (!self->batch.path &&
      (self->batch.resumes || self->batch.n_jobs > 0 || self->batch.n_shares > 1)) {
    fiq_error("--resume, --jobs and --share are for --batch");
    return false;
  }
  if (self->batch.path && (self->chord || self->study)) {
    fiq_error("--batch plays files, without --chord and --study");
    return false;
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
  if (self->end_s >= 0.0 && self->end_s <= self->start_s) {
    fiq_error("--end comes before --start");
    return false;
  }
  return true;
}

/// A hash that options are added to, and whether all files could be read.
typedef struct {
  FiqSha256* hash;
  bool       complete;
} Settings;

/// Add the files of a folder that holds a state.
static void add_folder(Settings* settings, const char* folder)
{
  struct dirent** entries = NULL;
  const int       n       = scandir(folder, &entries, NULL, alphasort);
  for (int i = 0; i < n; ++i) {
    char      path[FIQ_PATH_BYTES];
    char      text[FIQ_SHA256_TEXT_BYTES];
    const int length = snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
    if (length > 0 && (size_t)length < sizeof path && fiq_sha256_file(path, text, NULL)) {
      fiq_sha256_add_text(settings->hash, entries[i]->d_name);
      fiq_sha256_add_text(settings->hash, text);
    }
    free(entries[i]);
  }
  free(entries);
}

/// Add what is in the file `path`, or in the files of this folder, if there is one.
static void add_file(Settings* settings, const char* path)
{
  struct stat info;
  char        text[FIQ_SHA256_TEXT_BYTES];
  if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
    add_folder(settings, path);
  }
  if (stat(path, &info) != 0 || !S_ISREG(info.st_mode)) {
    return;
  }
  if (!fiq_sha256_file(path, text, NULL)) {
    fiq_error("%s: %s", path, strerror(errno));
    settings->complete = false;
    return;
  }
  fiq_sha256_add_text(settings->hash, text);
}

static void add_option(void* data, const FiqOption* option, const char* value)
{
  Settings* const settings = data;
  fiq_sha256_add_text(settings->hash, option->name);
  fiq_sha256_add_text(settings->hash, value);
  if (option->kind == FIQ_OPTION_TEXT && !option->is_written) {
    add_file(settings, value);
  }
}

static void add_number(Settings* settings, double value)
{
  char text[64];
  snprintf(text, sizeof text, "%.17g", value);
  fiq_sha256_add_text(settings->hash, text);
}

static void add_link(Settings* settings, const FiqLinkOptions* link)
{
  fiq_sha256_add_text(settings->hash, link->plugin);
  for (uint32_t i = 0; i < link->n_sets; ++i) {
    fiq_sha256_add_text(settings->hash, link->sets[i]);
    add_file(settings, strrchr(link->sets[i], '=') + 1);
  }
  for (uint32_t i = 0; i < link->n_automations; ++i) {
    fiq_sha256_add_text(settings->hash, link->automations[i]);
    add_file(settings, link->automations[i]);
  }
  if (link->tuning && strlen(link->tuning) > 4) {
    // Its mapping is read with it.
    char      mapping[FIQ_PATH_BYTES];
    const int length = (int)strlen(link->tuning) - 4;
    snprintf(mapping, sizeof mapping, "%.*s.kbm", length, link->tuning);
    add_file(settings, mapping);
  }
  char text[64];
  snprintf(text, sizeof text, "%d %lld", link->seeded, (long long)link->seed);
  fiq_sha256_add_text(settings->hash, text);
  fiq_options_each(table, N_OPTIONS, LINK, link, add_option, settings);
}

bool fiq_render_settings(const FiqRenderOptions* self, FiqSha256* hash)
{
  Settings settings = {hash, true};
  fiq_sha256_add_text(hash, FIQ_VERSION);
  add_number(&settings, self->block_frames);
  add_number(&settings, self->tail_s);
  fiq_options_each(table, N_OPTIONS, WHOLE, self, add_option, &settings);
  for (uint32_t i = 0; i < self->n_links; ++i) {
    add_link(&settings, &self->links[i]);
  }
  return settings.complete;
}

bool fiq_render_lists(const FiqRenderOptions* self)
{
  return self->list.plugins || self->list.presets || self->list.parameters || self->list.info ||
         self->list.describe;
}

bool fiq_render_options(FiqRenderOptions* self, int argc, char** argv, FiqExit* status)
{
  *self   = (FiqRenderOptions){.links        = {{.plugin = "realms", .seed = 1}},
                               .n_links      = 1,
                               .velocity     = 100,
                               .length_s     = -1.0,
                               .tail_s       = -1.0,
                               .end_s        = -1.0,
                               .n_turns      = 1,
                               .ramp_frames  = RAMP_FRAMES,
                               .block_frames = 512,
                               .batch        = {.share = 1, .n_shares = 1}};
  *status = FIQ_EXIT_USAGE;
  if (!fiq_options_read(table, N_OPTIONS, place_of, self, argc, argv)) {
    return false;
  }
  if (self->help || self->version) {
    printf("%s", self->help ? help_use : "fieldiq-render " FIQ_VERSION "\n");
    fiq_options_print(table, self->help ? N_OPTIONS : 0);
    printf("%s", self->help ? help_more : "");
    *status = FIQ_EXIT_OK;
    return false;
  }
  if (!check_together(self) || !check_batch(self)) {
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
