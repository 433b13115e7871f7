// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: no period of a large swarm takes longer than it lasts by the plugin's own work. Method: the plugin binary
// in blocks of 64 frames, a minute of a chord at rest and in flight, several times from the same seed, so that
// block i is the same work in every pass; its least time over the passes is what the machine did not disturb.
// Usage: bench_periods [OSCILLATORS [SECONDS [PASSES]]]   (100000, 60, 3)
#include "host-test/lv2/load.h"
#include "tests/support/fixture.h"

#include <stdio.h>
#include <stdlib.h>

enum { RATE = 48000, BLOCK = 64 };

static const int64_t period_ns = INT64_C(1000000000) * BLOCK / RATE;

typedef struct {
  uint32_t n_osc;
  uint32_t quality; ///< choice of the control: 64, 256, 1024
  bool     flight;
} Patch;

/// What the block took of this thread.
static int64_t run_ns(Fixture* plugin, float* const* out)
{
  FiqLoad load = {0};
  fixture_prepare(plugin, NULL, out, 0);
  const FiqLoadClock begin = fiq_load_begin();
  plugin->descriptor->run(plugin->handle, BLOCK);
  fiq_load_end(&load, &begin, period_ns);
  fixture_finish(plugin);
  fixture_work(plugin);
  return (int64_t)atomic_load(&load.cpu_ns);
}

/// One pass; lowers least_ns [n_blocks] where this one was quicker.
static bool pass(const Patch* patch, int64_t* least_ns, size_t n_blocks)
{
  Fixture* const plugin = fixture_open(FIQ_PLUGIN_SWARM, RATE, true);
  if (!plugin) {
    return false;
  }
  FixtureAudio out = fixture_audio(BLOCK);
  fixture_seed(plugin, 1);
  fixture_set(plugin, "oscillators", patch->n_osc);
  fixture_set(plugin, "quality", patch->quality);
  fixture_set(plugin, "chord", 3.0);
  fixture_set(plugin, "anneal", patch->flight ? 30.0 : 0.05);
  for (size_t i = 0; i < n_blocks; ++i) {
    const int64_t ns = run_ns(plugin, out.plane);
    least_ns[i]      = ns < least_ns[i] ? ns : least_ns[i];
  }
  fixture_audio_free(&out);
  fixture_close(plugin);
  return true;
}

static bool measure(const Patch* patch, size_t n_blocks, uint32_t n_passes)
{
  static const char* const step[] = {"64", "256", "1024"};
  int64_t* const           least  = malloc(n_blocks * sizeof *least);
  bool                     ran    = least != NULL;
  for (size_t i = 0; ran && i < n_blocks; ++i) {
    least[i] = INT64_MAX;
  }
  for (uint32_t i = 0; ran && i < n_passes; ++i) {
    ran = pass(patch, least, n_blocks);
  }
  if (ran) {
    FiqLoad load = {0};
    char    said[FIQ_LOAD_TEXT_BYTES];
    for (size_t i = 0; i < n_blocks; ++i) {
      fiq_load_add(&load, least[i], least[i], period_ns);
    }
    fiq_load_format(&load, said);
    printf("step %4s, %s: %s\n", step[patch->quality], patch->flight ? "in flight" : "at rest  ",
           said);
    fflush(stdout);
  }
  free(least);
  return ran;
}

int main(int argc, char** argv)
{
  const uint32_t n_osc    = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 100000;
  const double   seconds  = argc > 2 ? strtod(argv[2], NULL) : 60.0;
  const uint32_t n_passes = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 3;
  bool           ran      = true;
  for (uint32_t i = 0; ran && i < 6; ++i) {
    const Patch patch = {.n_osc = n_osc, .quality = i / 2, .flight = i % 2 == 1};
    ran               = measure(&patch, (size_t)(seconds * RATE / BLOCK), n_passes);
  }
  return ran ? 0 : 1;
}
