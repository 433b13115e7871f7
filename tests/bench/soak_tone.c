// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: whatever moves the tone, nothing sounds above 0.45 fs and nothing clicks: a click is wide, hence is there too.
   Method: chords of bright notes through every filter while cutoff, resonance, tilt and breath are swept, and a matrix of eight rows at
   full depth from envelopes, both LFOs in all shapes, velocity, wheel and chance; the spectrum of every piece of 43 ms, windowed so that
   what lies below is 120 dB down, from 0.4505 fs on.
   Usage: soak_tone [SECONDS [TARGET...]]   of sound (600) with all targets of the matrix by turns, and with every other row moving TARGET:
     vowel, detune, sway, scatter, pan or breath
*/
#include "tests/support/tone_soak.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
  const char*     name;
  FiqMotionTarget target;
} targets[] = {{"vowel", FIQ_TO_VOWEL}, {"detune", FIQ_TO_DETUNE},   {"sway", FIQ_TO_SWAY},
               {"pan", FIQ_TO_PAN},     {"scatter", FIQ_TO_SCATTER}, {"breath", FIQ_TO_BREATH}};

static FiqMotionTarget target_of(const char* name)
{
  for (size_t i = 0; i < sizeof targets / sizeof targets[0]; ++i) {
    if (!strcmp(name, targets[i].name)) {
      return targets[i].target;
    }
  }
  fprintf(stderr, "soak_tone: there is no target %s\n", name);
  exit(EXIT_FAILURE);
}

static bool is_clean(double seconds, const char* name, FiqMotionTarget target)
{
  double       peak_db;
  const double db = tone_soak_db(seconds, target, true, &peak_db);
  printf("%s, %.0f s, peak %.1f dBFS: at most %.1f dBFS above 0.45 fs\n", name, seconds, peak_db,
         db);
  return db < -100.0;
}

int main(int argc, char** argv)
{
  const double seconds = argc > 1 ? atof(argv[1]) : 600.0;
  bool         clean   = argc > 2 || is_clean(seconds, "all", FIQ_TO_NONE);
  for (int i = 2; i < argc; ++i) {
    clean = is_clean(seconds, argv[i], target_of(argv[i])) && clean;
  }
  return clean ? EXIT_SUCCESS : EXIT_FAILURE;
}
