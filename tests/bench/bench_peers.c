// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: what the swarm costs beside what musicians have: oscillators with moving frequencies in
   SuperCollider and Csound, synthesizers that hold 8 notes; and how even and how quick to start it is.
   Method: plugins run in this process through LV2 as any host would run them (amsynth through DSSI, which
   is what Debian ships), programs as children, longer minus shorter run, so that starting costs nothing.
   All is CPU time, taken in turns (A B C A B C ...); what counts is the median of the rounds, and the
   median of the ratios within a round. A peer that is not installed is named.
   Usage: bench_peers [ROUNDS [banks|synths|blocks|start]]   (5, all)
*/
#include "host-test/common/report.h"
#include "host-test/lv2/lv2_host.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__has_include)
#if __has_include(<dssi.h>)
#include <dssi.h>
#define HAS_DSSI 1
#endif
#endif
#ifndef HAS_DSSI
#define HAS_DSSI 0
#endif

enum { N_OSC = 10000, RATE = 48000, ROUNDS_MAX = 99, ROWS_MAX = 16, NOTES = 8 };

static char folder[] = "/tmp/bench_peers.XXXXXX";

static double clock_s(clockid_t clock)
{
  struct timespec time;
  clock_gettime(clock, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int ascending(const void* a, const void* b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

static double median(const double* x, int n)
{
  double sorted[2048];
  memcpy(sorted, x, (size_t)n * sizeof *x);
  qsort(sorted, (size_t)n, sizeof *sorted, ascending);
  return n % 2 ? sorted[n / 2] : 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]);
}

// ---- plugins in this process ----

typedef struct {
  FiqHost host;
  float*  plane[FIQ_HOST_CHANNELS_MAX];
} Player;

/// `live`: as in a session, else as in a render.
static Player* player_open(const char* plugin, const char* const* sets, bool eight_notes, bool live)
{
  Player* const self = calloc(1, sizeof *self);
  if (!self || !fiq_host_open(&self->host, plugin, RATE) ||
      !fiq_host_start(&self->host, 256, live)) {
    return NULL;
  }
  for (; *sets; sets += 2) {
    (void)fiq_host_set_text(&self->host, sets[0], sets[1]);
  }
  for (int i = 0; i < FIQ_HOST_CHANNELS_MAX; ++i) {
    self->plane[i] = calloc(FIQ_HOST_BLOCK_MAX, sizeof(float));
  }
  if (!live) { // a seed begins all anew within the first block
    (void)fiq_host_seed(&self->host, 1);
  }
  fiq_host_activate(&self->host);
  fiq_host_begin(&self->host.audio);
  for (int i = 0; eight_notes && i < NOTES; ++i) {
    const uint8_t message[3] = {0x90, (uint8_t)(48 + 3 * i), 100};
    fiq_host_midi(&self->host.audio, 0, message, 3);
  }
  return self;
}

static void player_close(Player* self)
{
  if (self) {
    fiq_host_free(&self->host);
    for (int i = 0; i < FIQ_HOST_CHANNELS_MAX; ++i) {
      free(self->plane[i]);
    }
    free(self);
  }
}

static void player_block(Player* self, uint32_t n)
{
  static float              silence[FIQ_HOST_BLOCK_MAX];
  static const float* const in[FIQ_HOST_CHANNELS_MAX] = {silence, silence, silence, silence,
                                                         silence, silence, silence, silence};
  fiq_host_run(&self->host.audio, in, NULL, self->plane, n);
  fiq_host_begin(&self->host.audio);
}

/// CPU seconds of `n_blocks` blocks; the loudest sample goes to *peak.
static double player_run(Player* self, uint32_t n_blocks, uint32_t n, double* peak)
{
  double spent = 0.0;
  for (uint32_t i = 0; i < n_blocks; ++i) {
    const double start = clock_s(CLOCK_THREAD_CPUTIME_ID);
    player_block(self, n);
    spent += clock_s(CLOCK_THREAD_CPUTIME_ID) - start;
    for (uint32_t k = 0; k < n; ++k) {
      *peak = fmax(*peak, fabs((double)self->plane[0][k]));
    }
  }
  return spent;
}

// ---- programs ----

/// Path of a file in the folder of this run, in one of a few buffers.
static const char* in_folder(const char* name)
{
  static char buffers[8][256];
  static int  next;
  char* const text = buffers[next++ % 8];
  (void)snprintf(text, sizeof buffers[0], "%s/%s", folder, name);
  return text;
}

static bool installed(const char* program)
{
  char command[128];
  (void)snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", program);
  return system(command) == 0;
}

/// CPU seconds of a shell command, children included, or a negative number if it fails.
static double command_s(const char* command)
{
  const pid_t pid = fork();
  if (pid == 0) {
    execl("/bin/sh", "sh", "-c", command, (char*)NULL);
    _exit(127);
  }
  struct rusage usage;
  int           status = 0;
  if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || !WIFEXITED(status) ||
      WEXITSTATUS(status) != 0) {
    return -1.0;
  }
  return (double)usage.ru_utime.tv_sec + 1e-6 * (double)usage.ru_utime.tv_usec +
         (double)usage.ru_stime.tv_sec + 1e-6 * (double)usage.ru_stime.tv_usec;
}

static FILE* create(const char* name)
{
  FILE* const file = fopen(in_folder(name), "w");
  if (!file) {
    perror(in_folder(name));
    exit(EXIT_FAILURE);
  }
  return file;
}

static const char csound_head[] =
    "<CsoundSynthesizer>\n<CsOptions>\n-n -d -m0\n</CsOptions>\n<CsInstruments>\n"
    "sr = 48000\nksmps = 64\nnchnls = 1\n0dbfs = 1\ngisine ftgen 1, 0, 8192, 10, 1\n";

static void end_csound(FILE* file, int n_instances, double seconds)
{
  fprintf(file, "</CsInstruments>\n<CsScore>\n");
  for (int i = 0; i < n_instances; ++i) {
    fprintf(file, "i 1 0 %g %g\n", seconds, 60.0 + 5.0 * i);
  }
  fprintf(file, "e\n</CsScore>\n</CsoundSynthesizer>\n");
  fclose(file);
}

/// All frequencies glide each on its own, between two random tables.
static void write_adsynt(const char* name, double seconds)
{
  FILE* const file = create(name);
  fprintf(file,
          "%sgifa ftgen 2, 0, -%d, 21, 1, 10\ngifb ftgen 3, 0, -%d, 21, 1, 10\n"
          "giamp ftgen 4, 0, -%d, -7, 0.0001, %d, 0.0001\ngilist ftgen 5, 0, -2, -2, 2, 3\n"
          "gidest ftgen 6, 0, -%d, -7, 1, %d, 1\n"
          "instr 1\nkpos oscili 0.4, 0.3, 1\nftmorf 0.5 + kpos, 5, 6\nasig adsynt 1, 440, 1, 6, 4, "
          "%d\nout asig\nendin\n",
          csound_head, N_OSC, N_OSC, N_OSC, N_OSC, N_OSC, N_OSC, N_OSC);
  end_csound(file, 1, seconds);
}

/// 100 oscillators an instrument, which share an LFO and follow it differently.
static void write_oscili(const char* name, double seconds)
{
  FILE* const file = create(name);
  fprintf(file, "%sinstr 1\nkmove oscili 1, 0.3, 1\nasum = 0\n", csound_head);
  for (int i = 0; i < 100; ++i) {
    fprintf(file, "a1 oscili 0.0001, p4 * %g + kmove * %g, 1\nasum = asum + a1\n", 1.0 + 0.07 * i,
            1.0 + 0.11 * i);
  }
  fprintf(file, "out asum\nendin\n");
  end_csound(file, N_OSC / 100, seconds);
}

/// Ten synths of 1000 oscillators, which share an LFO and follow it differently.
static void write_supercollider(const double seconds[2])
{
  FILE* const file = create("bank.scd");
  fprintf(file,
          "SynthDef(\\bank, { |base = 1|\n"
          "  var lfo = SinOsc.kr(0.3), n = 1000;\n"
          "  Out.ar(0, Mix.fill(n, { |i| SinOsc.ar(lfo * (1 + (i / 100)) + (base * (80 + (5 * "
          "i)))) }) * 0.0001)\n"
          "}).writeDefFile(\"%s\");\n"
          "[[\"short\", %g], [\"long\", %g]].do { |run|\n"
          "  Score.write([[0.0, [\"/d_load\", \"%s/bank.scsyndef\"]]] ++\n"
          "    Array.fill(%d, { |i| [0.0, [\"/s_new\", \"bank\", 1000 + i, 0, 0, \"base\", 1 + (i "
          "/ 20)]] }) ++\n"
          "    [[run[1], [\"/c_set\", 0, 0]]], \"%s/\" ++ run[0] ++ \".osc\") };\n0.exit;\n",
          folder, seconds[0], seconds[1], folder, N_OSC / 1000, folder);
  fclose(file);
}

// ---- oscillators with moving frequencies ----

typedef struct {
  const char* name;
  const char* needs;      ///< program
  double      seconds[2]; ///< of the shorter and the longer run
  char        command[2][1024];
  Player*     player; ///< instead of commands
  bool        present;
  double      rate[ROUNDS_MAX]; ///< oscillator-samples per second, one a round
} Bank;

/// `coupling`: "0" is what the peers do, whose oscillators are not coupled; "2" the plugin's default.
static void add_ours(Bank* row, const char* name, const char* quality, bool flying,
                     const char* coupling)
{
  const char* sets[20] = {"oscillators", "10000", "chord",  "7",
                          "scatter",     "4",     "anneal", flying ? "30" : "0.05",
                          "coupling",    coupling};
  int         n        = 10;
  if (quality) {
    sets[n++] = "quality";
    sets[n++] = quality;
  }
  sets[n]      = NULL;
  double peak  = 0.0;
  *row         = (Bank){.name = name, .player = player_open("swarm", sets, false, false)};
  row->present = row->player != NULL;
  if (row->present) {
    (void)player_run(row->player, flying ? 20 : 750, 256, &peak);
  }
}

static void add_csound(Bank* row, const char* name, void (*write)(const char*, double),
                       const double seconds[2])
{
  *row = (Bank){.name = name, .needs = "csound", .seconds = {seconds[0], seconds[1]}};
  for (int i = 0; i < 2; ++i) {
    char file[64];
    (void)snprintf(file, sizeof file, "%.20s%d.csd", name + 7, i);
    write(file, seconds[i]);
    (void)snprintf(row->command[i], sizeof row->command[i], "csound '%s' >/dev/null 2>&1",
                   in_folder(file));
  }
  row->present = installed("csound");
}

static void add_supercollider(Bank* row, const char* name, int block)
{
  static const double seconds[2] = {0.5, 2.5};
  *row = (Bank){.name = name, .needs = "scsynth and sclang", .seconds = {seconds[0], seconds[1]}};
  row->present = installed("scsynth") && installed("sclang");
  if (!row->present) {
    return;
  }
  char command[1024];
  (void)snprintf(
      command, sizeof command,
      "cd %s && { [ -f long.osc ] || XDG_RUNTIME_DIR=%s HOME=%s QT_QPA_PLATFORM=offscreen "
      "QTWEBENGINE_DISABLE_SANDBOX=1 QTWEBENGINE_CHROMIUM_FLAGS=--no-sandbox "
      "timeout -k 2 120 sclang bank.scd </dev/null >sclang.log 2>&1; [ -s long.osc ]; }",
      folder, folder, folder);
  write_supercollider(seconds);
  if (command_s(command) < 0.0) {
    row->present = false;
    row->needs   = "sclang writes no score";
  }
  for (int i = 0; i < 2; ++i) {
    (void)snprintf(row->command[i], sizeof row->command[i],
                   "cd %s && mkdir -p none && SC_SYNTHDEF_PATH=none scsynth -N %s.osc _ out.wav %d "
                   "WAV int16 -z %d -w 8192 -m 262144 -o 1 "
                   "-i 0 >said 2>&1 "
                   "&& ! grep -qE 'ERROR|FAILURE' said",
                   folder, i ? "long" : "short", RATE, block);
  }
}

static void measure_bank(Bank* row, int round)
{
  double       peak    = 0.0;
  const double samples = (double)N_OSC * RATE;
  if (row->player) {
    row->rate[round] =
        samples / player_run(row->player, RATE / 256, 256, &peak) * (RATE / 256 * 256.0 / RATE);
    row->present = peak > 1e-3;
    return;
  }
  const double brief = command_s(row->command[0]);
  const double full  = command_s(row->command[1]);
  row->present       = brief >= 0.0 && full > brief;
  row->needs         = "the program fails";
  row->rate[round]   = samples * (row->seconds[1] - row->seconds[0]) / (full - brief);
}

static void print_banks(const Bank* row, int n_rows, int n_rounds, int n_ours)
{
  printf("\n%d oscillators with moving frequencies, 48 kHz (swarm: stereo), %d rounds\n\n", N_OSC,
         n_rounds);
  printf("| | G oscillator-samples/s |");
  for (int k = 0; k < n_ours; ++k) {
    printf(" %s is faster by |", row[k].name);
  }
  printf("\n|---|---|");
  for (int k = 0; k < n_ours; ++k) {
    printf("---|");
  }
  printf("\n");
  for (int i = 0; i < n_rows; ++i) {
    if (!row[i].present) {
      printf("| %s | missing (%s) |\n", row[i].name,
             row[i].needs ? row[i].needs : "does not sound");
      continue;
    }
    printf("| %-30s | %7.3f |", row[i].name, 1e-9 * median(row[i].rate, n_rounds));
    for (int k = 0; k < n_ours; ++k) {
      double ratio[ROUNDS_MAX];
      for (int round = 0; round < n_rounds; ++round) {
        ratio[round] = row[k].rate[round] / row[i].rate[round];
      }
      printf(" %6.2f |", median(ratio, n_rounds));
    }
    printf("\n");
  }
}

static bool has_quality(const Player* player)
{
  return player && fiq_ports_index(&player->host.ports, "quality") != FIQ_NO_PORT;
}

static void bench_banks(int n_rounds)
{
  static Bank row[ROWS_MAX];
  int         n = 0;
  add_ours(&row[n++], "swarm in flight", NULL, true, "0");
  add_ours(&row[n++], "swarm at rest", NULL, false, "0");
  add_ours(&row[n++], "swarm in flight, coupled", NULL, true, "2");
  add_ours(&row[n++], "swarm at rest, coupled", NULL, false, "2");
  if (has_quality(row[0].player)) {
    static const char* const names[] = {"swarm in flight, step 256", "swarm in flight, step 1024"};
    for (int q = 1; q < 3; ++q) {
      const char digit[2] = {(char)('0' + q), '\0'};
      add_ours(&row[n++], names[q - 1], digit, true, "0");
    }
    add_ours(&row[n++], "the same, 256, coupled", "1", true, "2");
  }
  const int           n_ours    = n;
  static const double adsynt[2] = {0.5, 3.5};
  static const double oscili[2] = {0.1, 0.6};
  add_supercollider(&row[n++], "SuperCollider SinOsc, block 64", 64);
  add_supercollider(&row[n++], "SuperCollider SinOsc, block 1024", 1024);
  add_csound(&row[n++], "Csound adsynt", write_adsynt, adsynt);
  add_csound(&row[n++], "Csound oscili", write_oscili, oscili);
  for (int round = 0; round < n_rounds; ++round) {
    for (int i = 0; i < n; ++i) {
      if (row[i].present) {
        measure_bank(&row[i], round);
      }
    }
  }
  print_banks(row, n, n_rounds, n_ours);
  for (int i = 0; i < n; ++i) {
    player_close(row[i].player);
  }
}

// ---- synthesizers with 8 notes ----

#if HAS_DSSI
typedef struct {
  const DSSI_Descriptor* dssi;
  LADSPA_Handle          handle;
  float                  control[256];
  float                  out[2][256];
  bool                   played;
} Amsynth;

static float port_default(const LADSPA_PortRangeHint* hint)
{
  const float low  = hint->LowerBound;
  const float high = hint->UpperBound;
  switch (hint->HintDescriptor & LADSPA_HINT_DEFAULT_MASK) {
  case LADSPA_HINT_DEFAULT_MINIMUM:
    return low;
  case LADSPA_HINT_DEFAULT_LOW:
    return 0.75f * low + 0.25f * high;
  case LADSPA_HINT_DEFAULT_MIDDLE:
    return 0.5f * low + 0.5f * high;
  case LADSPA_HINT_DEFAULT_HIGH:
    return 0.25f * low + 0.75f * high;
  case LADSPA_HINT_DEFAULT_MAXIMUM:
    return high;
  case LADSPA_HINT_DEFAULT_1:
    return 1.0f;
  case LADSPA_HINT_DEFAULT_100:
    return 100.0f;
  case LADSPA_HINT_DEFAULT_440:
    return 440.0f;
  default:
    return 0.0f;
  }
}

static void amsynth_connect(Amsynth* self)
{
  const LADSPA_Descriptor* const ladspa = self->dssi->LADSPA_Plugin;
  int                            n_out  = 0;
  for (unsigned long i = 0; i < ladspa->PortCount && i < 256; ++i) {
    self->control[i] = port_default(&ladspa->PortRangeHints[i]);
    const bool audio = LADSPA_IS_PORT_AUDIO(ladspa->PortDescriptors[i]);
    ladspa->connect_port(self->handle, i,
                         audio && n_out < 2 ? self->out[n_out++] : &self->control[i]);
  }
}

static bool amsynth_open(Amsynth* self, bool program)
{
  void* const              library = dlopen("/usr/lib/dssi/amsynth_dssi.so", RTLD_NOW | RTLD_LOCAL);
  DSSI_Descriptor_Function descriptor = NULL;
  if (!library) {
    return false;
  }
  *(void**)&descriptor = dlsym(library, "dssi_descriptor");
  self->dssi           = descriptor ? descriptor(0) : NULL;
  self->handle =
      self->dssi ? self->dssi->LADSPA_Plugin->instantiate(self->dssi->LADSPA_Plugin, RATE) : NULL;
  if (!self->handle) {
    return false;
  }
  amsynth_connect(self);
  if (program && self->dssi->select_program) {
    self->dssi->select_program(self->handle, 0, 0);
  }
  if (self->dssi->LADSPA_Plugin->activate) {
    self->dssi->LADSPA_Plugin->activate(self->handle);
  }
  return true;
}

static double amsynth_run(Amsynth* self, uint32_t n_blocks, double* peak)
{
  snd_seq_event_t events[NOTES];
  double          spent = 0.0;
  memset(events, 0, sizeof events);
  for (int i = 0; i < NOTES; ++i) {
    events[i].type               = SND_SEQ_EVENT_NOTEON;
    events[i].data.note.note     = (unsigned char)(48 + 3 * i);
    events[i].data.note.velocity = 100;
  }
  for (uint32_t i = 0; i < n_blocks; ++i) {
    const double start = clock_s(CLOCK_THREAD_CPUTIME_ID);
    self->dssi->run_synth(self->handle, 256, events, self->played ? 0 : NOTES);
    spent += clock_s(CLOCK_THREAD_CPUTIME_ID) - start;
    self->played = true;
    for (int k = 0; k < 256; ++k) {
      *peak = fmax(*peak, fabs((double)self->out[0][k]));
    }
  }
  return spent;
}
#else
typedef struct {
  int none;
} Amsynth;

static bool amsynth_open(Amsynth* self, bool program)
{
  (void)self;
  (void)program;
  return false;
}

static double amsynth_run(Amsynth* self, uint32_t n_blocks, double* peak)
{
  (void)self;
  (void)n_blocks;
  (void)peak;
  return 1.0;
}
#endif

typedef struct {
  const char*        name;
  const char*        plugin;
  const char* const* sets;    ///< ports and their values; NULL: the default sound
  Amsynth*           amsynth; ///< instead of a plugin
  Player*            player;
  bool               present;
  double             peak;
  double             ns[ROUNDS_MAX]; ///< per frame
} Synth;

static void print_synths(const Synth* row, int n_rows, int n_rounds)
{
  printf("\n8 notes held, ns per stereo frame at block 256, %d rounds\n\n", n_rounds);
  printf("| | ns per frame | times the swarm in flight | peak |\n|---|---|---|---|\n");
  for (int i = 0; i < n_rows; ++i) {
    double ratio[ROUNDS_MAX];
    if (!row[i].present) {
      printf("| %s | missing |\n", row[i].name);
      continue;
    }
    for (int round = 0; round < n_rounds; ++round) {
      ratio[round] = row[i].ns[round] / row[0].ns[round];
    }
    printf("| %-36s | %7.1f | %5.2f | %.3f |\n", row[i].name, median(row[i].ns, n_rounds),
           median(ratio, n_rounds), row[i].peak);
  }
}

static const char* const flying[]  = {"oscillators", "1000", "anneal", "30", NULL};
static const char* const resting[] = {"oscillators", "1000", "anneal", "0.05", NULL};

/// A filter, breath, two LFOs and eight rows of the matrix.
#define MOVED                                                                                      \
  "filter_type", "1", "filter_resonance", "30", "breath", "30", "lfo_2_shape", "1",                \
      "lfo_2_common", "1", "matrix_1_source", "4", "matrix_1_target", "2", "matrix_1_amount",      \
      "20", "matrix_2_source", "5", "matrix_2_target", "3", "matrix_2_amount", "20",               \
      "matrix_3_source", "3", "matrix_3_target", "2", "matrix_3_amount", "20", "matrix_4_source",  \
      "1", "matrix_4_target", "4", "matrix_4_amount", "20", "matrix_5_source", "6",                \
      "matrix_5_target", "5", "matrix_5_amount", "20", "matrix_6_source", "7", "matrix_6_target",  \
      "1", "matrix_6_amount", "20", "matrix_7_source", "4", "matrix_7_target", "7",                \
      "matrix_7_amount", "20", "matrix_8_source", "5", "matrix_8_target", "15", "matrix_8_amount", \
      "20", NULL

static const char* const flying_moved[]  = {"oscillators", "1000", "anneal", "30", MOVED};
static const char* const resting_moved[] = {"oscillators", "1000", "anneal", "0.05", MOVED};

static void bench_synths(int n_rounds)
{
  static const char* const none[] = {NULL};
  static Amsynth           amsynth[2];
  Synth                    row[] = {
                         {.name = "swarm, 1000 oscillators in flight", .plugin = "swarm", .sets = flying},
                         {.name = "swarm, 1000 oscillators at rest", .plugin = "swarm", .sets = resting},
                         {.name = "in flight, filter to matrix", .plugin = "swarm", .sets = flying_moved},
                         {.name = "at rest, filter to matrix", .plugin = "swarm", .sets = resting_moved},
                         {.name = "amsynth (DSSI, first program)", .amsynth = &amsynth[0]},
                         {.name = "amsynth (DSSI, default ports)", .amsynth = &amsynth[1]},
                         {.name = "synthv1 (LV2, default sound)", .plugin = "http://synthv1.sourceforge.net/lv2"},
                         {.name = "ZynAddSubFX (LV2, default sound)", .plugin = "http://zynaddsubfx.sourceforge.net"}};
  const int n_rows = (int)(sizeof row / sizeof row[0]);
  for (int i = 0; i < n_rows; ++i) {
    const char* const* const sets = row[i].sets ? row[i].sets : none;
    row[i].player  = row[i].plugin ? player_open(row[i].plugin, sets, true, false) : NULL;
    row[i].present = row[i].plugin ? row[i].player != NULL
                                   : amsynth_open(row[i].amsynth, row[i].amsynth == amsynth);
  }
  for (int round = -1; round < n_rounds; ++round) { // the first one warms up
    for (int i = 0; i < n_rows; ++i) {
      if (row[i].present) {
        const uint32_t n_blocks = RATE / 256;
        const double spent = row[i].player ? player_run(row[i].player, n_blocks, 256, &row[i].peak)
                                           : amsynth_run(row[i].amsynth, n_blocks, &row[i].peak);
        row[i].ns[round < 0 ? 0 : round] = 1e9 * spent / (256.0 * n_blocks);
      }
    }
  }
  print_synths(row, n_rows, n_rounds);
  for (int i = 0; i < n_rows; ++i) {
    player_close(row[i].player);
  }
}

// ---- the worst block ----

/// Four keys, two of which give way to others, then one more, then none.
static void play_keys(Player* player, int block)
{
  static const struct {
    int     block;
    uint8_t status;
    uint8_t key;
  } played[] = {{100, 0x90, 48},  {100, 0x90, 55},  {100, 0x90, 60},  {100, 0x90, 64},
                {800, 0x80, 60},  {800, 0x80, 64},  {800, 0x90, 65},  {800, 0x90, 69},
                {1200, 0x90, 72}, {1600, 0x80, 48}, {1600, 0x80, 55}, {1600, 0x80, 65},
                {1600, 0x80, 69}, {1600, 0x80, 72}};
  for (size_t i = 0; i < sizeof played / sizeof *played; ++i) {
    const uint8_t message[3] = {played[i].status, played[i].key, 100};
    if (played[i].block == block) {
      fiq_host_midi(&player->host.audio, 0, message, 3);
    }
  }
}

/// A drone from the first block on, or keys.
static void measure_blocks(const char* name, const char* quality, const char* anneal, bool keys)
{
  enum { BLOCKS = 2000, INSTANCES = 5 };
  static double     best[BLOCKS];
  const char* const chord  = keys ? "0" : "7";
  const char* const sets[] = {
      "oscillators", "10000", "chord", chord, "anneal", anneal, quality ? "quality" : NULL,
      quality,       NULL};
  for (int instance = 0; instance < INSTANCES; ++instance) {
    Player* const player = player_open("swarm", sets, false, true);
    for (int i = 0; player && i < BLOCKS; ++i) {
      if (keys) {
        play_keys(player, i);
      }
      const double start = clock_s(CLOCK_MONOTONIC);
      player_block(player, 64);
      const double spent = clock_s(CLOCK_MONOTONIC) - start;
      best[i]            = instance == 0 || spent < best[i] ? spent : best[i];
    }
    player_close(player);
  }
  int worst = 8;
  for (int i = 8; i < BLOCKS; ++i) {
    worst = best[i] > best[worst] ? i : worst;
  }
  int opening = 0;
  for (int i = 0; i < 8; ++i) {
    opening = best[i] > best[opening] ? i : opening;
  }
  const double middle = median(best, BLOCKS);
  printf("| %-28s | %7.1f | %7.1f (block %4d) | %5.2f | %7.1f (block %d) | %5.2f | %5.1f %% |\n",
         name, 1e6 * middle, 1e6 * best[worst], worst, best[worst] / middle, 1e6 * best[opening],
         opening, best[opening] / middle, 100.0 * best[worst] * RATE / 64.0);
}

static void bench_blocks(void)
{
  static const char* const none[] = {NULL};
  printf(
      "\nBlocks of 64 frames, %d oscillators, least of 5 instances by position, 2000 positions\n\n",
      N_OSC);
  printf("| | median us | worst us | worst / median | worst of the first 8, us | / median | worst "
         "of a period |\n"
         "|---|---|---|---|---|---|---|\n");
  measure_blocks("flies all the time", NULL, "30", false);
  measure_blocks("flies for 1.2 s, then rests", NULL, "1.2", false);
  measure_blocks("keys: chords come and go", NULL, "0.5", true);
  Player* const player = player_open("swarm", none, false, false);
  if (has_quality(player)) {
    measure_blocks("flies, step 256", "1", "30", false);
    measure_blocks("flies, step 1024", "2", "30", false);
  }
  player_close(player);
}

// ---- instantiate ----

/// Seconds of fiq_host_start in a fresh child.
static double cold_start_s(FiqHost* host)
{
  int    ends[2];
  double spent = -1.0;
  if (pipe(ends) != 0) {
    return spent;
  }
  fflush(stdout);
  const pid_t pid = fork();
  if (pid == 0) {
    const double start  = clock_s(CLOCK_MONOTONIC);
    const bool   good   = fiq_host_start(host, 256, false);
    const double needed = good ? clock_s(CLOCK_MONOTONIC) - start : -1.0;
    _exit(write(ends[1], &needed, sizeof needed) == (ssize_t)sizeof needed ? 0 : 1);
  }
  if (read(ends[0], &spent, sizeof spent) != (ssize_t)sizeof spent) {
    spent = -1.0;
  }
  close(ends[0]);
  close(ends[1]);
  waitpid(pid, NULL, 0);
  return spent;
}

static double warm_start_s(const char* plugin)
{
  FiqHost* const host  = calloc(1, sizeof *host);
  double         spent = -1.0;
  if (host && fiq_host_open(host, plugin, RATE)) {
    const double start = clock_s(CLOCK_MONOTONIC);
    spent              = fiq_host_start(host, 256, false) ? clock_s(CLOCK_MONOTONIC) - start : -1.0;
    fiq_host_free(host);
  }
  free(host);
  return spent;
}

static void bench_start(void)
{
  enum { TIMES = 20 };
  static const char* const plugins[] = {"realms", "swarm"};
  printf("\nInstantiate (loading the library included), ms of wall time\n\n"
         "| | first process | median of 20 fresh processes | worst | median of 20 in one process "
         "|\n|---|---|---|---|---|\n");
  for (int i = 0; i < 2; ++i) {
    FiqHost* const host = calloc(1, sizeof *host);
    if (!host || !fiq_host_open(host, plugins[i], RATE)) {
      printf("| %s | missing |\n", plugins[i]);
      free(host);
      continue;
    }
    double cold[TIMES];
    double warm[TIMES];
    double worst = 0.0;
    for (int k = 0; k < TIMES; ++k) {
      cold[k] = cold_start_s(host);
      worst   = fmax(worst, cold[k]);
    }
    fiq_host_free(host);
    free(host);
    for (int k = 0; k < TIMES; ++k) {
      warm[k] = warm_start_s(plugins[i]);
    }
    printf("| %s | %.2f | %.2f | %.2f | %.2f |\n", plugins[i], 1e3 * cold[0],
           1e3 * median(cold, TIMES), 1e3 * worst, 1e3 * median(warm, TIMES));
  }
}

static bool asked(int argc, char** argv, const char* part)
{
  return argc < 3 || strcmp(argv[2], part) == 0;
}

int main(int argc, char** argv)
{
  const int wanted   = argc > 1 ? atoi(argv[1]) : 5;
  const int n_rounds = wanted >= 1 && wanted <= ROUNDS_MAX ? wanted : 5;
  setenv("QT_QPA_PLATFORM", "offscreen", 0); // synthv1 and sclang end the process without a display
  setenv("QTWEBENGINE_DISABLE_SANDBOX", "1", 0); // and sclang will not start for root otherwise
  if (!mkdtemp(folder)) {
    perror(folder);
    return EXIT_FAILURE;
  }
  // First, while this process is small and has not loaded the plugin.
  if (asked(argc, argv, "start")) {
    bench_start();
  }
  if (asked(argc, argv, "blocks")) {
    bench_blocks();
  }
  if (asked(argc, argv, "synths")) {
    bench_synths(n_rounds);
  }
  if (asked(argc, argv, "banks")) {
    bench_banks(n_rounds);
  }
  char command[64];
  (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
  return system(command) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
