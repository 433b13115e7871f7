// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: what learned phases gain on real sounds, beside what is published, and what they do to the sound.
// Method: for every file, in one run, the crest factor (4 times oversampled peak aside) gained by the best constant
// rotation, by a phase rotator (four first-order all-passes at the best corner of 24, 20..800 Hz), by the best
// linear chirp of up to 4 ms, either way (Valimaki et al., J. Audio Eng. Soc. 70(6), 2022), by the best of 800
// Schroeder all-passes with delays up to 20 ms, and of those that spread time by at most 4 ms (the same group, ICASSP
// 2022), each over the whole file, and by learned phases with the spread of delays held to 4 ms and without a
// limit, played by the realm itself, whose number of bands has no say. Of ours: largest change of third-octave levels within 50 dB of the loudest, change
// of loudness (EBU R 128), spread of delays from 150 Hz on, level more than 5 ms before the onset of hits.
// Use: bench_phases [check | tuned | held | FOLDER]; the packaged files are split in two: every other one (tuned) may have
// been looked at while settings were chosen, the others (held) not. check: the short run that is a test, at
// 4 ms on held drums and speech. Fails if a median there is below what is required, or any residue above it.
// Sounds: Debian's hydrogen-data, alsa-utils and lmms-common; what is not installed is left out.
#include "dsp/base/maths.h"
#include "tests/support/learnt.h"

#include <dirent.h>
#include <ebur128.h>
#include <fftw3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define KIT "/usr/share/hydrogen/data/drumkits/GMRockKit/"
#define ALSA "/usr/share/sounds/alsa/"
#define LMMS "/usr/share/lmms/samples/"

enum { FILES_MAX = 256, PATH_SIZE = 512, N_OURS = 2, SCHROEDER_DELAYS = 80, N_CORNERS = 24 };

static const char* const packaged[] = {KIT "Bell-Hard.wav",
                                       KIT "Cowbell-Hard.wav",
                                       KIT "Crash-Hard.wav",
                                       KIT "HandClap.wav",
                                       KIT "HatClosed-Hard.wav",
                                       KIT "HatOpen-Hard.wav",
                                       KIT "HatPedal-Hard.wav",
                                       KIT "HatSemiOpen-Hard.wav",
                                       KIT "Kick-Hard.wav",
                                       KIT "Ride-Hard.wav",
                                       KIT "SideStick-Hard.wav",
                                       KIT "Snare-Hard.wav",
                                       KIT "SnareRimshot-Hard.wav",
                                       KIT "Splash-Hard.wav",
                                       KIT "Tom1-Hard.wav",
                                       KIT "Tom2-Hard.wav",
                                       KIT "TomFloor-Hard.wav",
                                       ALSA "Front_Center.wav",
                                       ALSA "Front_Left.wav",
                                       ALSA "Front_Right.wav",
                                       ALSA "Rear_Center.wav",
                                       ALSA "Rear_Left.wav",
                                       ALSA "Rear_Right.wav",
                                       ALSA "Side_Left.wav",
                                       ALSA "Side_Right.wav",
                                       LMMS "basses/bass01.ogg",
                                       LMMS "basses/bass_acid01.ogg",
                                       LMMS "basses/bass_acid02.ogg",
                                       LMMS "basses/bass_hard01.ogg",
                                       LMMS "basses/bass_hard02.ogg",
                                       LMMS "basses/bass_punch01.ogg",
                                       LMMS "basses/horror_bass01.ogg",
                                       LMMS "basses/matrix1000_pluck01.ogg",
                                       LMMS "basses/rave_bass01.ogg",
                                       LMMS "basses/rave_bass02.ogg",
                                       LMMS "basses/rave_bass03.ogg",
                                       LMMS "basses/rave_bass04.ogg",
                                       LMMS "basses/synth_acid01.ogg",
                                       LMMS "basses/synth_acid02.ogg",
                                       LMMS "basses/techno_synth01.ogg",
                                       LMMS "bassloops/briff01.ogg",
                                       LMMS "bassloops/rave_bass01.ogg",
                                       LMMS "bassloops/rave_bass02.ogg",
                                       LMMS "bassloops/tb303_01.ogg",
                                       LMMS "bassloops/techno_bass01.ogg",
                                       LMMS "bassloops/techno_bass02.ogg",
                                       LMMS "bassloops/techno_synth01.ogg",
                                       LMMS "bassloops/techno_synth02.ogg",
                                       LMMS "bassloops/techno_synth03.ogg",
                                       LMMS "bassloops/techno_synth04.ogg",
                                       LMMS "beats/909beat01.ogg",
                                       LMMS "beats/break01.ogg",
                                       LMMS "beats/break02.ogg",
                                       LMMS "beats/break03.ogg",
                                       LMMS "beats/electro_beat01.ogg",
                                       LMMS "beats/electro_beat02.ogg",
                                       LMMS "beats/house_loop01.ogg",
                                       LMMS "beats/jungle01.ogg",
                                       LMMS "beats/rave_hihat01.ogg",
                                       LMMS "beats/rave_hihat02.ogg",
                                       LMMS "beats/rave_kick01.ogg",
                                       LMMS "beats/rave_kick02.ogg",
                                       LMMS "beats/rave_snare01.ogg"};

static const Wanted ours[N_OURS] = {{FIQ_LEARN_HEADROOM, 2048, 0.004f},
                                    {FIQ_LEARN_HEADROOM, 2048, 0.0f}};

typedef enum {
  ROTATION,
  ROTATOR,
  CHIRP,
  SCHROEDER_4,
  SCHROEDER_20,
  OURS,
  N_WAYS = OURS + N_OURS
} Way;

static const char* const way_names[N_WAYS] = {"rotation", "rotator", "chirp", "sync 4",
                                              "sync 20",  "at 4 ms", "any"};

typedef enum { HIT, LOOP, BASS, VOICE, OTHER, N_CLASSES } Class;

static const char* const class_names[N_CLASSES] = {"hits", "loops", "basses", "voice", "others"};

typedef struct {
  Class  class_;
  double crest_db;
  double gain_db[N_WAYS];
  double true_gain_db[N_OURS];
  double octave_db[N_OURS];
  double loudness_db[N_OURS];
  double spread_s[N_OURS];
  double residue_db[N_OURS];  ///< of a multitone on 41 Hz
  double pre_echo_db[N_OURS]; ///< -400 where there is no clean onset
  double claim_db[N_OURS];    ///< what the learner says
} Row;

static Class class_of(const char* path)
{
  static const struct {
    const char* part;
    Class       class_;
  } known[] = {{"drumkits", HIT}, {"/drums/", HIT},      {"kick", HIT},     {"snare01", HIT},
               {"/alsa/", VOICE}, {"bassloops", LOOP},   {"/beats/", LOOP}, {"break", LOOP},
               {"basses", BASS},  {"instruments", OTHER}};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; ++i) {
    if (strstr(path, known[i].part)) {
      return known[i].class_;
    }
  }
  return OTHER;
}

/// Crest gained by planes `out` of `n` frames.
static double gain_of(const Sound* sound, float* const out[2], size_t n)
{
  return sound_crest_db(sound->plane, sound->n, sound->n) - sound_crest_db(out, n, sound->n);
}

static Sound padded(const Sound* sound, uint32_t before, uint32_t after)
{
  Sound wide = {.n = sound->n + before + after, .rate_hz = sound->rate_hz};
  for (int c = 0; c < 2; ++c) {
    wide.plane[c] = support_floats(wide.n);
    memcpy(wide.plane[c] + before, sound->plane[c], sound->n * sizeof(float));
  }
  return wide;
}

static void first_order(float* x, size_t n, float a)
{
  float last_in  = 0.0f;
  float last_out = 0.0f;
  for (size_t i = 0; i < n; ++i) {
    const float in = x[i];
    last_out       = a * (in - last_out) + last_in;
    last_in        = in;
    x[i]           = last_out;
  }
}

static double rotator_gain_db(const Sound* sound)
{
  double best = 0.0;
  for (int i = 0; i < N_CORNERS; ++i) {
    const double corner_hz = 20.0 * pow(40.0, i / (N_CORNERS - 1.0));
    const double tangent   = tan(3.14159265358979 * corner_hz / sound->rate_hz);
    Sound        wide      = padded(sound, 0, (uint32_t)(0.2 * sound->rate_hz));
    for (int section = 0; section < 4; ++section) {
      for (int c = 0; c < 2; ++c) {
        first_order(wide.plane[c], wide.n, (float)((tangent - 1.0) / (tangent + 1.0)));
      }
    }
    best = fmax(best, gain_of(sound, wide.plane, wide.n));
    sound_free(&wide);
  }
  return best;
}

/// Group delay rising in a straight line from 0 to `reach_s` at Nyquist, or falling.
static void chirp_plane(float* x, size_t n, double rate_hz, double reach_s)
{
  fftwf_complex* const z       = fftwf_malloc((n / 2 + 1) * sizeof(fftwf_complex));
  const fftwf_plan     forward = fftwf_plan_dft_r2c_1d((int)n, x, z, FFTW_ESTIMATE);
  const fftwf_plan     inverse = fftwf_plan_dft_c2r_1d((int)n, z, x, FFTW_ESTIMATE);
  fftwf_execute(forward);
  for (size_t k = 0; k <= n / 2; ++k) {
    const double hz  = (double)k * rate_hz / (double)n;
    const double psi = -2.0 * 3.14159265358979 * 0.5 * reach_s / (0.5 * rate_hz) * hz * hz;
    const float  re  = z[k][0];
    const float  im  = z[k][1];
    z[k][0]          = (re * (float)cos(psi) - im * (float)sin(psi)) / (float)n;
    z[k][1]          = (re * (float)sin(psi) + im * (float)cos(psi)) / (float)n;
  }
  fftwf_execute(inverse);
  fftwf_destroy_plan(forward);
  fftwf_destroy_plan(inverse);
  fftwf_free(z);
}

static double chirp_gain_db(const Sound* sound)
{
  static const double reaches_ms[] = {0.5, 1.0, 2.0, 3.0, 4.0, -0.5, -1.0, -2.0, -3.0, -4.0};
  double              best         = 0.0;
  const uint32_t      margin       = (uint32_t)(0.01 * sound->rate_hz);
  for (size_t i = 0; i < sizeof reaches_ms / sizeof reaches_ms[0]; ++i) {
    uint32_t even = 2 * margin + (sound->n & 1u);
    Sound    wide = padded(sound, margin, even - margin);
    chirp_plane(wide.plane[0], wide.n, sound->rate_hz, 1e-3 * reaches_ms[i]);
    chirp_plane(wide.plane[1], wide.n, sound->rate_hz, 1e-3 * reaches_ms[i]);
    best = fmax(best, gain_of(sound, wide.plane, wide.n));
    sound_free(&wide);
  }
  return best;
}

/// y[i] = -g x[i] + x[i-m] + g y[i-m]
static void schroeder(const float* x, float* y, size_t n, uint32_t m, float g)
{
  for (size_t i = 0; i < n; ++i) {
    y[i] = (i >= m ? x[i - m] + g * y[i - m] : 0.0f) - g * x[i];
  }
}

static void schroeder_gains_db(const Sound* sound, double* within_4, double* within_20)
{
  Sound wide = padded(sound, 0, (uint32_t)(0.3 * sound->rate_hz));
  Sound out  = padded(sound, 0, (uint32_t)(0.3 * sound->rate_hz));
  *within_4  = 0.0;
  *within_20 = 0.0;
  for (uint32_t d = 1; d <= SCHROEDER_DELAYS; ++d) {
    for (int step = -5; step <= 5; ++step) {
      const float    g  = 0.12f * (float)step;
      const uint32_t m  = (uint32_t)(0.00025 * d * sound->rate_hz);
      const double   up = (1.0 + fabs((double)g)) / (1.0 - fabs((double)g));
      if (step == 0) {
        continue;
      }
      schroeder(wide.plane[0], out.plane[0], wide.n, m, g);
      schroeder(wide.plane[1], out.plane[1], wide.n, m, g);
      const double gain = gain_of(sound, out.plane, out.n);
      *within_20        = fmax(*within_20, gain);
      if (m / sound->rate_hz * (up - 1.0 / up) <= 0.004) {
        *within_4 = fmax(*within_4, gain);
      }
    }
  }
  sound_free(&wide);
  sound_free(&out);
}

/// Between samples, by a windowed sinc of 32 taps.
static double between(const float* x, size_t n, size_t i, double share)
{
  double sum = 0.0;
  for (int t = -15; t <= 16; ++t) {
    const double at = share - t;
    if ((int64_t)i + t < 0 || i + (size_t)(t + 15) >= n + 15) {
      continue;
    }
    const double angle  = 3.14159265358979 * at;
    const double window = 0.5 + 0.5 * cos(angle / 16.0);
    sum += (double)x[(int64_t)i + t] * (fabs(at) < 1e-9 ? 1.0 : sin(angle) / angle) * window;
  }
  return sum;
}

static double true_peak(const Sound* sound)
{
  double peak =
      fmax(support_peak(sound->plane[0], sound->n), support_peak(sound->plane[1], sound->n));
  const double near = 0.7 * peak;
  for (int c = 0; c < 2; ++c) {
    for (size_t i = 0; i + 1 < sound->n; ++i) {
      if (fmax(fabs((double)sound->plane[c][i]), fabs((double)sound->plane[c][i + 1])) < near) {
        continue;
      }
      for (int q = 1; q < 4; ++q) {
        peak = fmax(peak, fabs(between(sound->plane[c], sound->n, i, 0.25 * q)));
      }
    }
  }
  return peak;
}

enum { N_THIRDS = 28 }; ///< 31.5 Hz .. 16 kHz

static void third_octaves(const Sound* sound, double* level)
{
  const size_t         n    = sound->n;
  fftwf_complex* const z    = fftwf_malloc((n / 2 + 1) * sizeof(fftwf_complex));
  float* const         x    = support_floats(n);
  const fftwf_plan     plan = fftwf_plan_dft_r2c_1d((int)n, x, z, FFTW_ESTIMATE);
  memset(level, 0, N_THIRDS * sizeof(double));
  for (int c = 0; c < 2; ++c) {
    memcpy(x, sound->plane[c], n * sizeof(float));
    fftwf_execute(plan);
    for (size_t k = 1; k <= n / 2; ++k) {
      const double hz    = (double)k * sound->rate_hz / (double)n;
      const double third = floor(3.0 * log2(hz / 1000.0) + 15.5);
      if (third >= 0.0 && third < N_THIRDS) {
        level[(int)third] += (double)(z[k][0] * z[k][0] + z[k][1] * z[k][1]) / (double)n;
      }
    }
  }
  fftwf_destroy_plan(plan);
  fftwf_free(z);
  free(x);
}

/// The largest change, where there is something to hear.
static double octave_change_db(const Sound* before, const Sound* after)
{
  double a[N_THIRDS];
  double b[N_THIRDS];
  double most  = 0.0;
  double worst = 0.0;
  third_octaves(before, a);
  third_octaves(after, b);
  for (int i = 0; i < N_THIRDS; ++i) {
    most = fmax(most, a[i]);
  }
  for (int i = 0; i < N_THIRDS; ++i) {
    if (a[i] > 1e-5 * most) {
      worst = fmax(worst, fabs(10.0 * log10(b[i] / a[i])));
    }
  }
  return worst;
}

static double loudness_lufs(const Sound* sound)
{
  double               lufs  = -HUGE_VAL;
  ebur128_state* const state = ebur128_init(2, (unsigned long)sound->rate_hz, EBUR128_MODE_I);
  float* const         x     = support_floats(2 * (size_t)sound->n);
  for (size_t i = 0; i < sound->n; ++i) {
    x[2 * i]     = sound->plane[0][i];
    x[2 * i + 1] = sound->plane[1][i];
  }
  (void)ebur128_add_frames_float(state, x, sound->n);
  (void)ebur128_loudness_global(state, &lufs);
  ebur128_destroy((ebur128_state**)&(ebur128_state*){state});
  free(x);
  return lufs;
}

/// Peak of `after` until 5 ms before the onset of `before`, over that of all; -400 where the onset is not clean.
static double pre_echo_db(const Sound* before, const Sound* after, uint32_t lead)
{
  const double peak =
      fmax(support_peak(before->plane[0], before->n), support_peak(before->plane[1], before->n));
  size_t         onset = 0;
  const uint32_t early = (uint32_t)(0.005 * before->rate_hz);
  while (onset < before->n && fmax(fabs((double)before->plane[0][onset]),
                                   fabs((double)before->plane[1][onset])) < 0.03 * peak) {
    ++onset;
  }
  const size_t own = onset > early ? onset - early : 0;
  const double was = fmax(support_peak(before->plane[0], own), support_peak(before->plane[1], own));
  if (was > 0.003 * peak) {
    return -400.0;
  }
  const size_t n = lead + onset - early;
  return support_db(fmax(support_peak(after->plane[0], n), support_peak(after->plane[1], n)) /
                    peak);
}

/// What leaves beside the tones when 41 Hz and its multiples to 656 Hz are played with what was learned.
static double residue_db(const FiqLearned* learned, const Wanted* wanted, double rate_hz)
{
  enum { TONES = 16 };
  const double   step = 6.283185307179586 * 41.0 / rate_hz;
  const uint32_t n    = (uint32_t)rate_hz; // whole periods of all of them
  Sound          all  = {.n = 4 * n, .rate_hz = rate_hz};
  double         sum  = 0.0;
  double         kept = 0.0;
  for (int c = 0; c < 2; ++c) {
    all.plane[c] = support_floats(all.n);
    for (uint32_t i = 0; i < all.n; ++i) {
      for (int h = 1; h <= TONES; ++h) {
        all.plane[c][i] += (float)(0.05 * sin(step * h * (i % n) + h * h));
      }
    }
  }
  Sound              played = learnt_played(&all, learned, wanted);
  const float* const last   = played.plane[0] + 2 * (size_t)n;
  for (uint32_t i = 0; i < n; ++i) {
    sum += (double)last[i] * (double)last[i];
  }
  for (int h = 1; h <= TONES; ++h) {
    double re = 0.0;
    double im = 0.0;
    for (uint32_t i = 0; i < n; ++i) {
      re += (double)last[i] * cos(step * h * i);
      im += (double)last[i] * sin(step * h * i);
    }
    kept += (re * re + im * im) * 2.0 / n;
  }
  sound_free(&played);
  sound_free(&all);
  return 10.0 * log10(fabs(sum - kept) / sum);
}

static void bench_ours(const Sound* sound, int i, Row* row)
{
  const Outcome outcome  = learnt(sound, NULL, &ours[i]);
  Sound         played   = learnt_played(sound, &outcome.learned, &ours[i]);
  const Sound   wide     = padded(sound, ours[i].window, played.n - sound->n - ours[i].window);
  row->gain_db[OURS + i] = gain_of(sound, played.plane, played.n);
  row->claim_db[i]       = (double)outcome.learned.gain_db;
  row->true_gain_db[i]   = support_db(true_peak(sound) / true_peak(&played));
  row->octave_db[i]      = octave_change_db(&wide, &played);
  row->residue_db[i]     = residue_db(&outcome.learned, &ours[i], sound->rate_hz);
  row->loudness_db[i]    = fabs(loudness_lufs(&wide) - loudness_lufs(&played));
  row->spread_s[i]       = outcome.most_delay_s - outcome.least_delay_s;
  row->pre_echo_db[i] = row->class_ == HIT ? pre_echo_db(sound, &played, ours[i].window) : -400.0;
  sound_free(&played);
  free(wide.plane[0]);
  free(wide.plane[1]);
}

static bool bench_file(const char* path, bool is_check, Row* row)
{
  Sound sound = {.n = 0};
  if (!sound_append(&sound, path, 0)) {
    return false;
  }
  memset(row, 0, sizeof *row);
  row->class_            = class_of(path);
  row->crest_db          = sound_crest_db(sound.plane, sound.n, sound.n);
  const bool is_worth_it = sound.n >= 1000 && row->crest_db > 0.0;
  if (is_worth_it) {
    row->gain_db[ROTATOR] = rotator_gain_db(&sound);
    row->gain_db[CHIRP]   = chirp_gain_db(&sound);
    if (!is_check) {
      row->gain_db[ROTATION] = sound_rotation_gain_db(&sound);
      schroeder_gains_db(&sound, &row->gain_db[SCHROEDER_4], &row->gain_db[SCHROEDER_20]);
    }
    for (int i = 0; i < (is_check ? 1 : N_OURS); ++i) {
      bench_ours(&sound, i, row);
    }
    const char* const name = strrchr(path, '/');
    printf("%-24s %-6s %6.2f", name ? name + 1 : path, class_names[row->class_], row->crest_db);
    for (int w = 0; w < N_WAYS; ++w) {
      printf(" %6.2f", row->gain_db[w]);
    }
    printf(" | %5.2f %5.2f | %4.1f %4.1f | %4.0f %4.0f\n", row->octave_db[0], row->octave_db[1],
           1e3 * row->spread_s[0], 1e3 * row->spread_s[1], fmax(-199.0, row->pre_echo_db[0]),
           fmax(-199.0, row->pre_echo_db[1]));
    fflush(stdout);
  }
  sound_free(&sound);
  return is_worth_it;
}

/// Median gain of a class (N_CLASSES: of all) by one way.
static double class_median(const Row* rows, size_t n, Class class_, int way, size_t* count)
{
  double x[FILES_MAX];
  *count = 0;
  for (size_t i = 0; i < n; ++i) {
    if (class_ == N_CLASSES || rows[i].class_ == class_) {
      x[(*count)++] = rows[i].gain_db[way];
    }
  }
  return learnt_median(x, *count);
}

static void print_worst(const Row* rows, size_t n)
{
  for (int i = 0; i < N_OURS; ++i) {
    double least = HUGE_VAL, octave = 0.0, loudness = 0.0, spread = 0.0, echo = -400.0, claim = 0.0;
    double residue = -400.0;
    double residues[FILES_MAX];
    double peaks[FILES_MAX];
    size_t n_octave = 0;
    for (size_t r = 0; r < n; ++r) {
      least  = fmin(least, rows[r].gain_db[OURS + i]);
      octave = fmax(octave, rows[r].octave_db[i]);
      loudness =
          isfinite(rows[r].loudness_db[i]) ? fmax(loudness, rows[r].loudness_db[i]) : loudness;
      spread      = fmax(spread, rows[r].spread_s[i]);
      echo        = fmax(echo, rows[r].pre_echo_db[i]);
      claim       = fmax(claim, fabs(rows[r].claim_db[i] - rows[r].gain_db[OURS + i]));
      residue     = fmax(residue, rows[r].residue_db[i]);
      residues[r] = rows[r].residue_db[i];
      peaks[r]    = rows[r].true_gain_db[i];
      n_octave += rows[r].octave_db[i] > 0.5;
    }
    printf("%s: least gain %.2f dB, true peak %.2f dB in the median, third octaves %.2f dB at "
           "worst (%zu above 0.5), "
           "residue on 41 Hz %.0f dB in the median and %.0f at worst, loudness %.2f, spread %.2f "
           "ms, pre-echo %.0f dB, claim and realm differ by %.3f dB\n",
           way_names[OURS + i], least, learnt_median(peaks, n), octave, n_octave,
           learnt_median(residues, n), residue, loudness, 1e3 * spread, echo, claim);
  }
}

static void print_summary(const char* title, const Row* rows, size_t n)
{
  printf("\n%s: median gain, dB\n%-18s", title, "");
  for (int w = 0; w < N_WAYS; ++w) {
    printf(" %8s", way_names[w]);
  }
  for (int class_ = N_CLASSES; class_ >= 0; --class_) {
    size_t count;
    (void)class_median(rows, n, (Class)class_, 0, &count);
    if (count == 0) {
      continue;
    }
    printf("\n%-10s %3zu    ", class_ == N_CLASSES ? "all" : class_names[class_], count);
    for (int w = 0; w < N_WAYS; ++w) {
      printf(" %8.2f", class_median(rows, n, (Class)class_, w, &count));
    }
  }
  printf("\n");
  print_worst(rows, n);
  fflush(stdout);
}

static int compare_paths(const void* a, const void* b)
{
  return strcmp(a, b);
}

/// Files below `folder`, sorted.
static size_t list_files(const char* folder, char paths[][PATH_SIZE], size_t n)
{
  DIR* const dir = opendir(folder);
  for (struct dirent* entry; dir && n < FILES_MAX && (entry = readdir(dir));) {
    struct stat about;
    if (entry->d_name[0] == '.') {
      continue;
    }
    (void)snprintf(paths[n], PATH_SIZE, "%s/%s", folder, entry->d_name);
    if (stat(paths[n], &about) == 0 && S_ISDIR(about.st_mode)) {
      char inner[PATH_SIZE];
      memcpy(inner, paths[n], PATH_SIZE);
      n = list_files(inner, paths, n);
    } else {
      ++n;
    }
  }
  if (dir) {
    (void)closedir(dir);
  }
  return n;
}

static void print_head(void)
{
  printf("crest factor before, gain in dB by each; ours at 4 ms and without a limit: "
         "third octaves dB, "
         "spread ms, pre-echo dB\n%-24s %-6s %6s",
         "", "", "crest");
  for (int w = 0; w < N_WAYS; ++w) {
    printf(" %6.6s", way_names[w]);
  }
  printf("\n");
}

static void bench_folder(const char* folder)
{
  static char  paths[FILES_MAX][PATH_SIZE];
  static Row   rows[FILES_MAX];
  size_t       n       = 0;
  const size_t n_paths = list_files(folder, paths, 0);
  qsort(paths, n_paths, PATH_SIZE, compare_paths);
  print_head();
  for (size_t i = 0; i < n_paths; ++i) {
    n += bench_file(paths[i], false, &rows[n]);
  }
  print_summary(folder, rows, n);
}

/// One half of the packaged files.
static void bench_half(size_t which)
{
  static Row rows[FILES_MAX];
  size_t     n = 0;
  print_head();
  for (size_t i = which; i < sizeof packaged / sizeof packaged[0]; i += 2) {
    n += bench_file(packaged[i], false, &rows[n]);
  }
  print_summary(which ? "held" : "tuned", rows, n);
}

/// Held drums and speech at 4 ms against what is required.
static bool bench_check(void)
{
  static Row rows[FILES_MAX];
  double     residues[FILES_MAX];
  size_t     n = 0;
  size_t     count;
  bool       keeps = true;
  print_head();
  for (size_t i = 1; i < sizeof packaged / sizeof packaged[0]; i += 2) {
    if (!strstr(packaged[i], "lmms") && bench_file(packaged[i], true, &rows[n])) {
      keeps = keeps && rows[n].spread_s[0] <= 0.00401 && rows[n].octave_db[0] <= 0.5 &&
              rows[n].pre_echo_db[0] <= -40.0 && rows[n].gain_db[OURS] >= -0.01 &&
              rows[n].residue_db[0] <= -70.0;
      residues[n] = rows[n].residue_db[0];
      ++n;
    }
  }
  const double residue = learnt_median(residues, n); // which sorts them
  printf("residue of a multitone on 41 Hz: %.1f dB in the median, %.1f at worst\n", residue,
         n ? residues[n - 1] : 0.0);
  const double all     = class_median(rows, n, N_CLASSES, OURS, &count);
  const double hits    = class_median(rows, n, HIT, OURS, &count);
  const double rotator = class_median(rows, n, N_CLASSES, ROTATOR, &count);
  const double chirp   = class_median(rows, n, N_CLASSES, CHIRP, &count);
  printf("at 4 ms: %.2f dB in the median (2.5), hits %.2f (3.2), phase rotator %.2f, "
         "chirp %.2f; spread, third "
         "octaves, onsets and residues %s\n",
         all, hits, rotator, chirp, keeps ? "kept" : "NOT kept");
  return n == 0 || (keeps && all >= 2.5 && hits >= 3.2 && all >= 2.0 * fmax(rotator, chirp));
}

int main(int argc, char** argv)
{
  const char* const what = argc > 1 ? argv[1] : "";
  if (strcmp(what, "check") == 0) {
    return bench_check() ? EXIT_SUCCESS : EXIT_FAILURE;
  }
  if (argc > 1 && strcmp(what, "tuned") != 0 && strcmp(what, "held") != 0) {
    bench_folder(what);
    return EXIT_SUCCESS;
  }
  if (strcmp(what, "held") != 0) {
    bench_half(0);
  }
  if (strcmp(what, "tuned") != 0) {
    bench_half(1);
  }
  return EXIT_SUCCESS;
}
