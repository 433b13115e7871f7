// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the realms' cost beside that of other plugins, in one run: ns a stereo frame, load at 48 kHz, and the
// worst block of 64 frames against the median one. Method: the realms directly and, where LV2_PATH holds
// them, the peers and FieldIQ Realms itself through lilv; all are run in turns, block position by block
// position. The worst block is the least over 5 fresh instances at each position, then the most over positions.
#include "dsp/realm/spectral.h"
#include "dsp/realm/temporal.h"

#include <lilv/lilv.h>
#include <lv2/atom/atom.h>
#include <lv2/buf-size/buf-size.h>
#include <lv2/options/options.h>
#include <lv2/urid/urid.h>
#include <lv2/worker/worker.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
  BLOCK      = 64,
  CONTROL    = 32,
  N_BLOCKS   = 1200,
  N_WARM     = 200,
  N_ROUNDS   = 5,
  STRETCH    = 100,
  PORTS_MAX  = 512,
  URIDS_MAX  = 512,
  ATOM_BYTES = 65536
};

static const double rate_hz = 48000.0;
static float        input[2][N_BLOCKS * BLOCK];
static float        output[8][BLOCK];

static double now_ns(void)
{
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/// What is measured: opened afresh for every round.
typedef struct {
  const char* name;
  const char* uri;         ///< NULL: one of our modules
  const char* symbol;      ///< of a control to set, or NULL
  float       value;       ///< to this
  bool        is_temporal; ///< of our modules: which run
  bool        is_spectral;
  float       coherence;
  bool        transforms; ///< a peer that runs an STFT or a convolution by transforms
} Subject;

static const Subject subjects[] = {
    {"spectral, at rest", NULL, NULL, 0.0f, false, true, 0.0f, false},
    {"spectral, moving", NULL, "moving", 0.0f, false, true, 0.0f, false},
    {"spectral, focused", NULL, "moving", 0.0f, false, true, 1.0f, false},
    {"temporal", NULL, NULL, 0.0f, true, false, 0.0f, false},
    {"temporal, learning", NULL, "learning", 0.0f, true, false, 0.0f, false},
    {"spectral + temporal", NULL, "moving", 0.0f, true, true, 0.0f, false},
    {"FieldIQ LV2, temporal", "urn:fieldiq:realms", "realm", 0.0f, false, false, 0.0f, false},
    {"FieldIQ LV2, spectral", "urn:fieldiq:realms", "realm", 1.0f, false, false, 0.0f, false},
    {"FieldIQ LV2, adaptive", "urn:fieldiq:realms", "realm", 2.0f, false, false, 0.0f, false},
    {"x42 phaserotate", "http://gareus.org/oss/lv2/phaserotate#stereo", NULL, 0.0f, false, false,
     0.0f, true},
    {"rubberband", "http://breakfastquay.com/rdf/lv2-rubberband#stereo", NULL, 0.0f, false, false,
     0.0f, true},
    {"LSP linear-phase EQ", "http://lsp-plug.in/plugins/lv2/para_equalizer_x16_stereo", "mode",
     2.0f, false, false, 0.0f, true},
    {"calf Vocoder", "http://calf.sourceforge.net/plugins/Vocoder", NULL, 0.0f, false, false, 0.0f,
     false},
    {"mda Vocoder", "http://drobilla.net/plugins/mda/Vocoder", NULL, 0.0f, false, false, 0.0f,
     false},
    {"mda TalkBox", "http://drobilla.net/plugins/mda/TalkBox", NULL, 0.0f, false, false, 0.0f,
     false},
};
enum { N_SUBJECTS = sizeof subjects / sizeof *subjects };

/// One instance of a subject.
typedef struct {
  const Subject*   subject;
  FiqRealmSpectral spectral;
  FiqRealmTemporal temporal;
  FiqFftPool       pool;
  void*            memory[2];
  float            phi[FIQ_NEURONS_MAX];
  float            theta[FIQ_NEURONS_MAX];
  LilvInstance*    instance;
  float            control[PORTS_MAX];
  int              audio[PORTS_MAX]; ///< of each port: 1 + channel in, -1 - channel out, 0 none
  uint32_t         n_ports;
  void*            atoms[PORTS_MAX];
} Running;

static char*    urids[URIDS_MAX];
static uint32_t n_urids;

static LV2_URID map_uri(LV2_URID_Map_Handle handle, const char* uri)
{
  (void)handle;
  for (uint32_t i = 0; i < n_urids; ++i) {
    if (strcmp(urids[i], uri) == 0) {
      return i + 1;
    }
  }
  if (n_urids == URIDS_MAX) {
    return 0;
  }
  const size_t size = strlen(uri) + 1;
  urids[n_urids]    = malloc(size);
  memcpy(urids[n_urids], uri, size);
  return ++n_urids;
}

static const char* unmap_uri(LV2_URID_Unmap_Handle handle, LV2_URID urid)
{
  (void)handle;
  return urid && urid <= n_urids ? urids[urid - 1] : NULL;
}

/// Work is refused: what is measured is the audio thread.
static LV2_Worker_Status no_work(LV2_Worker_Schedule_Handle handle, uint32_t size, const void* data)
{
  (void)handle;
  (void)size;
  (void)data;
  return LV2_WORKER_ERR_NO_SPACE;
}

static LilvInstance* instantiate(const LilvPlugin* plugin)
{
  static const int32_t     block     = BLOCK;
  static LV2_URID_Map      map       = {NULL, map_uri};
  static LV2_URID_Unmap    unmap     = {NULL, unmap_uri};
  LV2_Worker_Schedule      work      = {NULL, no_work};
  const LV2_URID           type      = map_uri(NULL, LV2_ATOM__Int);
  const LV2_Options_Option options[] = {
      {LV2_OPTIONS_INSTANCE, 0, map_uri(NULL, LV2_BUF_SIZE__minBlockLength), 4, type, &block},
      {LV2_OPTIONS_INSTANCE, 0, map_uri(NULL, LV2_BUF_SIZE__maxBlockLength), 4, type, &block},
      {LV2_OPTIONS_INSTANCE, 0, 0, 0, 0, NULL}};
  const LV2_Feature        features[] = {{LV2_URID__map, &map},
                                         {LV2_URID__unmap, &unmap},
                                         {LV2_WORKER__schedule, &work},
                                         {LV2_OPTIONS__options, (void*)options},
                                         {LV2_BUF_SIZE__boundedBlockLength, NULL}};
  const LV2_Feature* const list[]     = {features,     features + 1, features + 2,
                                         features + 3, features + 4, NULL};
  return lilv_plugin_instantiate(plugin, rate_hz, list);
}

/// Make an atom port's buffer what a host hands over: an empty sequence, or room to write.
static void clear_atom(LV2_Atom_Sequence* sequence, bool is_input)
{
  sequence->atom.type = map_uri(NULL, is_input ? LV2_ATOM__Sequence : LV2_ATOM__Chunk);
  sequence->atom.size = is_input ? sizeof(LV2_Atom_Sequence_Body) : ATOM_BYTES - sizeof(LV2_Atom);
  sequence->body      = (LV2_Atom_Sequence_Body){0, 0};
}

static void connect_ports(Running* run, LilvWorld* world, const LilvPlugin* plugin)
{
  LilvNode* const audio = lilv_new_uri(world, LILV_URI_AUDIO_PORT);
  LilvNode* const ctrl  = lilv_new_uri(world, LILV_URI_CONTROL_PORT);
  LilvNode* const in    = lilv_new_uri(world, LILV_URI_INPUT_PORT);
  int             n_in  = 0;
  int             n_out = 0;
  run->n_ports          = lilv_plugin_get_num_ports(plugin);
  lilv_plugin_get_port_ranges_float(plugin, NULL, NULL, run->control);
  for (uint32_t p = 0; p < run->n_ports; ++p) {
    const LilvPort* port     = lilv_plugin_get_port_by_index(plugin, p);
    const bool      is_input = lilv_port_is_a(plugin, port, in);
    const char*     symbol   = lilv_node_as_string(lilv_port_get_symbol(plugin, port));
    if (lilv_port_is_a(plugin, port, audio)) {
      run->audio[p] = is_input ? 1 + n_in++ % 2 : -1 - n_out++ % 8;
    } else if (lilv_port_is_a(plugin, port, ctrl)) {
      const bool is_set = run->subject->symbol && strcmp(run->subject->symbol, symbol) == 0;
      run->control[p]   = is_set                      ? run->subject->value
                          : isfinite(run->control[p]) ? run->control[p]
                                                      : 0.0f;
      lilv_instance_connect_port(run->instance, p, &run->control[p]);
    } else {
      run->atoms[p] = calloc(1, ATOM_BYTES);
      clear_atom(run->atoms[p], is_input);
      lilv_instance_connect_port(run->instance, p, run->atoms[p]);
    }
  }
  lilv_node_free(audio);
  lilv_node_free(ctrl);
  lilv_node_free(in);
}

static bool open_plugin(Running* run, LilvWorld* world)
{
  LilvNode* const         uri    = lilv_new_uri(world, run->subject->uri);
  const LilvPlugin* const plugin = lilv_plugins_get_by_uri(lilv_world_get_all_plugins(world), uri);
  lilv_node_free(uri);
  if (!plugin || lilv_plugin_get_num_ports(plugin) > PORTS_MAX) {
    return false;
  }
  run->instance = instantiate(plugin);
  if (!run->instance) {
    return false;
  }
  connect_ports(run, world, plugin);
  lilv_instance_activate(run->instance);
  return true;
}

static FiqStatus init_modules(Running* run, FiqArena* arenas)
{
  const FiqRealmSpectralConfig spectral = {
      .sample_rate_hz = rate_hz, .window_frames = 2048, .n_neurons = 24, .control_frames = CONTROL};
  const FiqRealmTemporalConfig temporal = {rate_hz, 16, CONTROL};
  const FiqStatus a = fiq_realm_spectral_init(&run->spectral, &arenas[0], &run->pool, &spectral);
  const FiqStatus b = fiq_realm_temporal_init(&run->temporal, &arenas[1], &run->pool, &temporal);
  return a != FIQ_OK ? a : b;
}

static bool open_modules(Running* run)
{
  FiqArena arenas[2];
  fiq_arena_init(&arenas[0], NULL, 0);
  fiq_arena_init(&arenas[1], NULL, 0);
  fiq_fft_pool_init(&run->pool);
  (void)init_modules(run, arenas);
  for (int i = 0; i < 2; ++i) {
    const size_t size_bytes = (arenas[i].used_bytes + 63) & ~(size_t)63;
    run->memory[i]          = aligned_alloc(64, size_bytes);
    fiq_arena_init(&arenas[i], run->memory[i], size_bytes);
  }
  for (uint32_t i = 0; i < FIQ_NEURONS_MAX; ++i) {
    run->phi[i] = (float)i;
  }
  return init_modules(run, arenas) == FIQ_OK;
}

static void run_modules(Running* run, uint32_t at)
{
  const Subject*               subject = run->subject;
  const bool                   moves   = subject->symbol && strcmp(subject->symbol, "moving") == 0;
  const bool                   learns = subject->symbol && strcmp(subject->symbol, "learning") == 0;
  const FiqRealmSpectralParams spectral = {
      .amount = 1.0f, .motion_rad = moves ? 0.3f : 0.0f, .coherence = subject->coherence};
  const FiqRealmTemporalParams temporal = {
      .amount = 1.0f, .drive = 4.0f, .motion_rad = 0.3f, .learn_rate = learns ? 0.5f : 0.0f};
  for (uint32_t i = 0; i < BLOCK; i += CONTROL) {
    const float* const in[2]  = {input[0] + at + i, input[1] + at + i};
    const float* const phi[2] = {run->phi, run->phi};
    float* const       out[2] = {output[0] + i, output[1] + i};
    for (uint32_t k = 0; k < FIQ_NEURONS_MAX; ++k) {
      run->theta[k] += 0.002f;
    }
    if (subject->is_spectral) {
      fiq_realm_spectral_control(&run->spectral, &spectral, phi, run->theta);
      fiq_realm_spectral_process(&run->spectral, in, out, NULL, CONTROL);
    }
    if (subject->is_temporal) {
      fiq_realm_temporal_control(&run->temporal, &temporal, run->phi, run->theta);
      fiq_realm_temporal_process(&run->temporal, in, NULL, out, NULL, CONTROL);
    }
  }
}

/// Duration of one block, ns.
static double run_block(Running* run, uint32_t block)
{
  const uint32_t at = block * BLOCK;
  if (run->instance) {
    for (uint32_t p = 0; p < run->n_ports; ++p) {
      const int role = run->audio[p];
      if (role) {
        float* const plane = role > 0 ? input[role - 1] + at : output[-role - 1];
        lilv_instance_connect_port(run->instance, p, plane);
      }
    }
  }
  const double start = now_ns();
  if (run->instance) {
    lilv_instance_run(run->instance, BLOCK);
  } else {
    run_modules(run, at);
  }
  return now_ns() - start;
}

static void close_running(Running* run)
{
  if (run->instance) {
    lilv_instance_deactivate(run->instance);
    lilv_instance_free(run->instance);
  } else {
    fiq_fft_pool_free(&run->pool);
  }
  for (uint32_t p = 0; p < PORTS_MAX; ++p) {
    free(run->atoms[p]);
  }
  free(run->memory[0]);
  free(run->memory[1]);
}

static int compare_doubles(const void* a, const void* b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

static double least[N_SUBJECTS][N_BLOCKS]; ///< ns a block position, over the rounds
static bool   is_missing[N_SUBJECTS];

static void run_round(LilvWorld* world, uint32_t round)
{
  static Running running[N_SUBJECTS];
  memset(running, 0, sizeof running);
  for (int s = 0; s < N_SUBJECTS; ++s) {
    running[s].subject = &subjects[s];
    const bool is_open =
        subjects[s].uri ? open_plugin(&running[s], world) : open_modules(&running[s]);
    is_missing[s] = is_missing[s] || !is_open;
  }
  // A stretch each. The first block of one finds its caches cold, so each round cuts elsewhere.
  uint32_t to = 0;
  for (uint32_t from = 0; from < N_BLOCKS; from = to) {
    to = from ? from + STRETCH : STRETCH - round * (STRETCH / N_ROUNDS);
    to = to < N_BLOCKS ? to : N_BLOCKS;
    for (int s = 0; s < N_SUBJECTS; ++s) {
      for (uint32_t block = from; block < to && !is_missing[s]; ++block) {
        const double ns = run_block(&running[s], block);
        least[s][block] = ns < least[s][block] ? ns : least[s][block];
      }
    }
  }
  for (int s = 0; s < N_SUBJECTS; ++s) {
    close_running(&running[s]);
  }
}

/// The plugin's spectral realm beside the cheapest peer that runs transforms.
static void compare(const double ns[N_SUBJECTS])
{
  int own      = -1;
  int cheapest = -1;
  for (int s = 0; s < N_SUBJECTS; ++s) {
    if (strcmp(subjects[s].name, "FieldIQ LV2, spectral") == 0 && !is_missing[s]) {
      own = s;
    }
    if (subjects[s].transforms && !is_missing[s] && (cheapest < 0 || ns[s] < ns[cheapest])) {
      cheapest = s;
    }
  }
  if (own >= 0 && cheapest >= 0) {
    printf("%s: %.1f ns, %.2f times the cheapest peer that runs transforms (%s, %.1f ns)\n",
           subjects[own].name, ns[own], ns[own] / ns[cheapest], subjects[cheapest].name,
           ns[cheapest]);
  }
}

static void report(void)
{
  double all[N_SUBJECTS] = {0.0};
  double reference       = 0.0;
  printf("%-24s %9s %8s %10s %9s %9s %7s %7s\n", "stereo, 48 kHz, 64", "ns/frame", "load",
         "median ns", "worst ns", "of period", "worst/m", "ratio");
  for (int s = 0; s < N_SUBJECTS; ++s) {
    double sum = 0.0;
    if (is_missing[s]) {
      printf("%-24s missing: %s\n", subjects[s].name,
             subjects[s].uri ? subjects[s].uri : "no memory");
      continue;
    }
    for (uint32_t block = N_WARM; block < N_BLOCKS; ++block) {
      sum += least[s][block];
    }
    double* const sorted = least[s] + N_WARM;
    const int     n      = N_BLOCKS - N_WARM;
    qsort(sorted, (size_t)n, sizeof *sorted, compare_doubles);
    const double ns = sum / ((double)n * BLOCK);
    reference       = s ? reference : ns;
    all[s]          = ns;
    printf("%-24s %9.1f %6.2f %% %10.0f %9.0f %7.2f %% %7.1f %7.2f\n", subjects[s].name, ns,
           ns * rate_hz * 1e-7, sorted[n / 2], sorted[n - 1],
           sorted[n - 1] * rate_hz * 1e-7 / BLOCK, sorted[n - 1] / sorted[n / 2], ns / reference);
  }
  compare(all);
}

int main(void)
{
  LilvWorld* const world = lilv_world_new();
  uint64_t         state = 88172645463325252u;
  lilv_world_load_all(world);
  for (uint32_t i = 0; i < 2 * N_BLOCKS * BLOCK; ++i) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    input[i % 2][i / 2] = 0.5f * (float)((double)(state >> 40) / (double)(1 << 23) - 1.0);
  }
  for (int s = 0; s < N_SUBJECTS; ++s) {
    for (uint32_t block = 0; block < N_BLOCKS; ++block) {
      least[s][block] = 1e30;
    }
  }
  for (uint32_t round = 0; round < N_ROUNDS; ++round) {
    run_round(world, round);
  }
  report();
  lilv_world_free(world);
  for (uint32_t i = 0; i < n_urids; ++i) {
    free(urids[i]);
  }
  return 0;
}
