// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: whatever moves the tone, nothing sounds above 0.45 fs and nothing clicks: a click is wide, hence is there too.
   Method: chords of bright notes through every filter while cutoff, resonance, tilt and breath are swept, and a matrix of eight rows at
   full depth from envelopes, both LFOs in all shapes, velocity, wheel and chance; the spectrum of every piece of 43 ms, windowed so that
   what lies below is 120 dB down, from 0.4505 fs on.
   Usage: soak_tone [SECONDS]   of sound (600)
*/
#include "tests/support/tone_soak.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char** argv)
{
  const double seconds = argc > 1 ? atof(argv[1]) : 600.0;
  double       peak_db;
  const double db = tone_soak_db(seconds, true, &peak_db);
  printf("%.0f s, peak %.1f dBFS: at most %.1f dBFS above 0.45 fs\n", seconds, peak_db, db);
  return db < -100.0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
