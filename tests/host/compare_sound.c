// SPDX-License-Identifier: GPL-3.0-or-later
/*
   compare_sound WANTED GOT [LAG]: how far GOT is from WANTED where both are, GOT being LAG frames late. Without LAG it is
   found: the one at which a piece of WANTED is least unlike GOT. One line: lag, largest difference and its frame in
   WANTED, frames compared. Exit status 1 if nothing could be compared.
*/
#include <sndfile.h>

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { PIECE = 512, CHANNELS_MAX = 64 };

typedef struct {
  float*  sample; ///< [n_frames][n_channels]
  int64_t n_frames;
  int     n_channels;
} Sound;

static Sound load(const char* path)
{
  SF_INFO        info = {0};
  SNDFILE* const file = sf_open(path, SFM_READ, &info);
  Sound          self = {NULL, 0, info.channels};
  if (!file || info.channels < 1 || info.channels > CHANNELS_MAX) {
    fprintf(stderr, "compare_sound: cannot read %s\n", path);
    exit(1);
  }
  self.sample = calloc((size_t)info.frames * (size_t)info.channels + 1, sizeof(float));
  if (self.sample) {
    self.n_frames = sf_readf_float(file, self.sample, info.frames);
  }
  sf_close(file);
  return self;
}

/// Where the first channel of a sound is loudest, so that a piece from there on tells lags apart.
static int64_t piece_start(const Sound* sound)
{
  int64_t best  = 0;
  double  power = -1.0;
  for (int64_t start = 0; start + PIECE <= sound->n_frames; start += PIECE) {
    double sum = 0.0;
    for (int64_t i = start; i < start + PIECE; ++i) {
      const double x = (double)sound->sample[i * sound->n_channels];
      sum += x * x;
    }
    if (sum > power) {
      power = sum;
      best  = start;
    }
  }
  return best;
}

static int64_t find_lag(const Sound* wanted, const Sound* got)
{
  const int64_t start = piece_start(wanted);
  int64_t       lag   = 0;
  double        least = (double)INFINITY;
  for (int64_t at = 0; at + PIECE <= got->n_frames; ++at) {
    double sum = 0.0;
    for (int64_t i = 0; i < PIECE && sum < least; ++i) {
      const double x = (double)wanted->sample[(start + i) * wanted->n_channels];
      const double d = x - (double)got->sample[(at + i) * got->n_channels];
      sum += d * d;
    }
    if (sum < least) {
      least = sum;
      lag   = at - start;
    }
  }
  return lag;
}

int main(int argc, char** argv)
{
  if (argc < 3 || argc > 4) {
    fprintf(stderr, "usage: compare_sound WANTED GOT [LAG]\n");
    return 1;
  }
  const Sound   wanted = load(argv[1]);
  const Sound   got    = load(argv[2]);
  const int64_t lag    = argc > 3 ? strtoll(argv[3], NULL, 10) : find_lag(&wanted, &got);
  const int n_channels = wanted.n_channels < got.n_channels ? wanted.n_channels : got.n_channels;
  int64_t   n_compared = 0;
  int64_t   frame      = 0;
  double    worst      = 0.0;
  for (int64_t i = lag < 0 ? -lag : 0; i < wanted.n_frames && i + lag < got.n_frames; ++i) {
    for (int c = 0; c < n_channels; ++c) {
      const double d = fabs((double)wanted.sample[i * wanted.n_channels + c] -
                            (double)got.sample[(i + lag) * got.n_channels + c]);
      if (!(d <= worst)) {
        worst = d;
        frame = i;
      }
    }
    ++n_compared;
  }
  printf("lag %lld worst %g at %lld frames %lld\n", (long long)lag, worst, (long long)frame,
         (long long)n_compared);
  free(wanted.sample);
  free(got.sample);
  return n_compared > 0 ? 0 : 1;
}
