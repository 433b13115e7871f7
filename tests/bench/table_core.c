// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: what the phase core and its regulator do to five sounds, in figures.
   Method: 15 s of each sound at 48 kHz pass the plugin binary with the core switched off, on and
   regulated; all else is equal. Order and uncertainty are the meters' means, crest factor and flux
   are taken from the output, all after the first 5 s and as means over the seeds. The speech is
   Debian's (alsa-utils), the other sounds are made here.
   Use: table_core [SEEDS]   (8)   prints Markdown; FIQ_PLUGIN chooses the binary
*/
#include "dsp/base/random.h"
#include "dsp/transform/fft.h"
#include "tests/support/fixture.h"

#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, FRAMES = 15 * RATE, SETTLE = 5 * RATE, BLOCK = 480, SEEDS_MAX = 100 };
enum { EIGHTH = RATE / 4 };
enum { WINDOW = 2048, HOP = 512, N_BINS = WINDOW / 2 + 1 };

static const double two_pi   = 6.283185307179586;
static const double peak     = 0.5;
static const double silent   = 1e-8; ///< mean square of a frame that has no spectrum, -80 dBFS
static const char   speech[] = "/usr/share/sounds/alsa/";

// ---- sounds ----

static double saw(double turns)
{
  return 2.0 * (turns - floor(turns)) - 1.0;
}

/// One-pole lowpass, in place.
static void darken(float* x, double cutoff_hz)
{
  const double step = 1.0 - exp(-two_pi * cutoff_hz / RATE);
  double       y    = 0.0;
  for (size_t i = 0; i < FRAMES; ++i) {
    y += step * ((double)x[i] - y);
    x[i] = (float)y;
  }
}

/// 120 beats a minute: kick on the beat, snare on every other, hats on the eighths.
static bool make_drums(float* x)
{
  FiqRandom random;
  fiq_random_init(&random, 1, 0);
  for (size_t i = 0; i < FRAMES; ++i) {
    const double beat  = fmod((double)i / RATE, 0.5);
    const double snare = fmod((double)i / RATE + 0.5, 1.0);
    const double hat   = fmod((double)i / RATE, 0.25);
    const double noise = 2.0 * (double)fiq_random_uniform(&random) - 1.0;
    const double sweep = 50.0 * beat + 6.0 * (1.0 - exp(-beat / 0.03));
    x[i]               = (float)(exp(-beat / 0.12) * sin(two_pi * sweep) +
                   exp(-snare / 0.07) * (0.6 * noise + 0.4 * sin(two_pi * 190.0 * snare)) +
                   0.25 * exp(-hat / 0.02) * noise);
  }
  return true;
}

/// Spoken channel names, one after the other.
static bool read_speech(float* x)
{
  static const char* const names[] = {"Front_Left", "Front_Right", "Front_Center",
                                      "Rear_Left",  "Rear_Right",  "Side_Left"};
  size_t                   done    = 0;
  for (size_t k = 0; done < FRAMES; k = (k + 1) % 6) {
    char path[64];
    (void)snprintf(path, sizeof(path), "%s%s.wav", speech, names[k]);
    SF_INFO        info = {0};
    SNDFILE* const file = sf_open(path, SFM_READ, &info);
    if (!file || info.channels != 1 || info.samplerate != RATE) {
      (void)fprintf(stderr, "%s is not there, or not mono at %d Hz: install Debian's alsa-utils\n",
                    path, RATE);
      return false;
    }
    done += (size_t)sf_readf_float(file, x + done, (sf_count_t)(FRAMES - done));
    sf_close(file);
  }
  return true;
}

/// A major, each note three saws a few cents apart.
static bool make_chord(float* x)
{
  static const double hz[]    = {110.0, 164.81, 220.0, 277.18};
  static const double cents[] = {-4.0, 0.0, 5.0};
  for (size_t i = 0; i < FRAMES; ++i) {
    double sum = 0.0;
    for (size_t k = 0; k < 12; ++k) {
      sum += saw(hz[k / 3] * exp2(cents[k % 3] / 1200.0) * (double)i / RATE + 0.37 * (double)k);
    }
    x[i] = (float)sum;
  }
  darken(x, 2500.0);
  return true;
}

/// 60 ms of white noise every 250 ms.
static bool make_bursts(float* x)
{
  FiqRandom random;
  fiq_random_init(&random, 2, 0);
  for (size_t i = 0; i < FRAMES; ++i) {
    const double noise = 2.0 * (double)fiq_random_uniform(&random) - 1.0;
    x[i]               = i % (RATE / 4) < RATE * 6 / 100 ? (float)noise : 0.0f;
  }
  return true;
}

/// Eighths at 120 beats a minute.
static const uint8_t bass_keys[] = {33, 33, 45, 33, 36, 36, 43, 40};

static bool make_bass(float* x)
{
  for (size_t i = 0; i < FRAMES; ++i) {
    const size_t note = i / EIGHTH;
    const double s    = (double)(i % EIGHTH) / RATE;
    const double hz   = 440.0 * exp2((bass_keys[note % 8] - 69.0) / 12.0);
    const double edge = fmin(1.0, fmin(s / 0.004, (0.25 - s) / 0.01));
    x[i]              = (float)(edge * exp(-s / 0.3) * saw(hz * s + 0.5));
  }
  darken(x, 900.0);
  return true;
}

/// The Swarm sings what it hears.
static void hear(Fixture* self, size_t at)
{
  if (at == 0) {
    fixture_set(self, "source", 1);
  }
}

static void play_chord(Fixture* self, size_t at)
{
  static const uint8_t keys[] = {45, 52, 57, 61};
  for (size_t k = 0; at == 0 && k < sizeof(keys); ++k) {
    fixture_midi(self, 0, 0x90, keys[k], 100);
  }
}

static void play_bass(Fixture* self, size_t at)
{
  const size_t note = at / EIGHTH;
  if (at % EIGHTH == 0) {
    fixture_midi(self, 0, 0x80, bass_keys[(note + 7) % 8], 0);
    fixture_midi(self, 0, 0x90, bass_keys[note % 8], 100);
  }
}

typedef struct {
  const char* name;
  bool (*make)(float* x); ///< x [FRAMES]
  void (*play)(Fixture* self,
               size_t   at); ///< what the Swarm does before the block at `at`; NULL: it cannot
} Sound;

static const Sound sounds[] = {{"Drum loop", make_drums, NULL},
                               {"Speech", read_speech, hear},
                               {"Sustained chord", make_chord, play_chord},
                               {"Noise bursts", make_bursts, NULL},
                               {"Bass line", make_bass, play_bass}};

static bool make(const Sound* sound, const FixtureAudio* audio)
{
  float* const x = audio->plane[0];
  memset(x, 0, FRAMES * sizeof(float));
  if (!sound->make(x)) {
    return false;
  }
  const double gain = peak / support_peak(x, FRAMES);
  for (size_t i = 0; i < FRAMES; ++i) {
    x[i] = (float)(gain * (double)x[i]);
  }
  memcpy(audio->plane[1], x, FRAMES * sizeof(float));
  return true;
}

// ---- measures ----

typedef struct {
  double order;
  double uncertainty;
  double share; ///< of the time in which order lies in 0.80..0.95
  double crest_db;
  double flux;
} Figures;

static double crest_db(const FixtureAudio* audio)
{
  const size_t n     = FRAMES - SETTLE;
  const double left  = support_rms(audio->plane[0] + SETTLE, n);
  const double right = support_rms(audio->plane[1] + SETTLE, n);
  const double most =
      fmax(support_peak(audio->plane[0] + SETTLE, n), support_peak(audio->plane[1] + SETTLE, n));
  return support_db(most / (hypot(left, right) / sqrt(2.0)));
}

typedef struct {
  FiqFftPool  pool;
  FiqFft      fft;
  float*      frame; ///< [WINDOW]
  FiqComplex* bins;  ///< [N_BINS]
} Spectrometer;

static void spectrometer_init(Spectrometer* self)
{
  fiq_fft_pool_init(&self->pool);
  assert_int_equal(fiq_fft_init(&self->fft, &self->pool, WINDOW), FIQ_OK);
  self->frame = support_floats(WINDOW);
  self->bins  = aligned_alloc(64, (N_BINS * sizeof(FiqComplex) + 63) & ~(size_t)63);
  assert_non_null(self->bins);
}

static void spectrometer_free(Spectrometer* self)
{
  fiq_fft_pool_free(&self->pool);
  free(self->frame);
  free(self->bins);
}

/// Shares of the bins in the power of the frame that begins at `x`; false if it is silent.
static bool take_shares(Spectrometer* self, const float* x, double* share)
{
  double energy = 0.0;
  double sum    = 0.0;
  for (size_t i = 0; i < WINDOW; ++i) {
    const double window = 0.5 - 0.5 * cos(two_pi * (double)i / WINDOW);
    self->frame[i]      = (float)(window * (double)x[i]);
    energy += (double)x[i] * (double)x[i] / WINDOW;
  }
  fiq_fft_forward(&self->fft, self->frame, self->bins);
  for (size_t k = 0; k < N_BINS; ++k) {
    const double re = (double)self->bins[k].re;
    const double im = (double)self->bins[k].im;
    share[k]        = re * re + im * im;
    sum += share[k];
  }
  for (size_t k = 0; k < N_BINS && energy > silent; ++k) {
    share[k] /= sum;
  }
  return energy > silent;
}

static double mean_flux(Spectrometer* self, const float* x)
{
  static double share[2][N_BINS];
  double        flux  = 0.0;
  size_t        n     = 0;
  size_t        now   = 0;
  bool          heard = false;
  for (size_t at = SETTLE; at + WINDOW <= FRAMES; at += HOP, now = 1 - now) {
    const bool was = heard;
    heard          = take_shares(self, x + at, share[now]);
    for (size_t k = 0; k < N_BINS && heard && was; ++k) {
      flux += 0.5 * fabs(share[now][k] - share[1 - now][k]);
    }
    n += heard && was;
  }
  return n > 0 ? flux / (double)n : 0.0;
}

// ---- the core's three states ----

typedef enum { CORE_OFF, CORE_ON, CORE_REGULATED, N_STATES } CoreState;

static const char* const state_name[N_STATES] = {"off", "on", "regulated"};

static void set_up(Fixture* self, CoreState state)
{
  if (self->kind == FIQ_PLUGIN_REALMS) {
    fixture_set(self, "realm", 1);
    fixture_set(self, "amount", 100);
    fixture_set(self, "motion", state == CORE_OFF ? 0 : 90);
  } else {
    fixture_set(self, "anneal", 0.1);
    fixture_set(self, "sway", state == CORE_OFF ? 0 : 10);
  }
  fixture_set(self, "coupling", state == CORE_OFF ? 0 : 2);
  fixture_set(self, "regulator", state == CORE_REGULATED);
}

static void render(Fixture* self, const Sound* sound, const FixtureAudio* in,
                   const FixtureAudio* out, Figures* figures)
{
  uint32_t n = 0;
  for (size_t at = 0; at < FRAMES; at += BLOCK) {
    if (self->kind == FIQ_PLUGIN_SWARM) {
      sound->play(self, at);
    }
    fixture_run(self, in->plane, out->plane, at, BLOCK);
    fixture_work(self);
    const double order = (double)fixture_get(self, "order");
    // A Swarm that sings nothing has no order.
    if (at >= SETTLE && order > 0.0) {
      figures->order += order;
      figures->uncertainty += (double)fixture_get(self, "uncertainty");
      figures->share += order >= 0.80 && order <= 0.95;
      ++n;
    }
  }
  figures->order /= fmax(n, 1);
  figures->uncertainty /= fmax(n, 1);
  figures->share /= fmax(n, 1);
}

static void add_seed(Figures* sum, const Figures* figures, uint32_t n_seeds)
{
  sum->order += figures->order / n_seeds;
  sum->uncertainty += figures->uncertainty / n_seeds;
  sum->share += figures->share / n_seeds;
  sum->crest_db += figures->crest_db / n_seeds;
  sum->flux += figures->flux / n_seeds;
}

static Figures measure(Spectrometer* meter, FiqPluginKind kind, const Sound* sound, CoreState state,
                       const FixtureAudio* in, const FixtureAudio* out, uint32_t n_seeds)
{
  Figures sum = {.order = 0.0};
  for (uint32_t seed = 1; seed <= n_seeds; ++seed) {
    Figures        figures = {.order = 0.0};
    Fixture* const plugin  = fixture_open(kind, RATE, true);
    assert_non_null(plugin);
    fixture_seed(plugin, seed);
    set_up(plugin, state);
    render(plugin, sound, in, out, &figures);
    fixture_close(plugin);
    figures.crest_db = crest_db(out);
    figures.flux     = 0.5 * (mean_flux(meter, out->plane[0]) + mean_flux(meter, out->plane[1]));
    add_seed(&sum, &figures, n_seeds);
  }
  return sum;
}

// ---- the document ----

static void print_head(uint32_t n_seeds)
{
  printf(
      "# What the phase core does\n\n"
      "Made by `table_core %u > dsp/ABLATION.md` (in `tests/` of the build); not to be edited.\n\n"
      "Five sounds of 15 s at 48 kHz, peak -6 dBFS, pass the plugin with its phase core in three "
      "states,\nall else equal; means over %u seeds, the first 5 s left out.\n\n"
      "- Realms: spectral realm, amount 100. Off: coupling 0, motion 0. On: coupling 2, motion 90 "
      "degrees. Regulated: the same with the regulator on.\n"
      "  The core does not hear the sound, so R and U are the same for all five.\n"
      "- Swarm: anneal 0.1 s; the chord and the bass line are played as MIDI notes, the speech is "
      "sung by analysis,\n"
      "  the others it cannot sing. Off: coupling 0, sway 0. On: coupling 2, sway 10 cents. "
      "Regulated: the same with the regulator on.\n"
      "  R and U are those of the oscillators of the notes, while any sound.\n\n"
      "R is the order parameter |mean e^(j theta)|: 0 scattered, 1 locked.\n"
      "U is the uncertainty, the normalised entropy of the phases: 0 all alike, 1 spread all "
      "over.\n"
      "In zone is the share of the time in which R lies within 0.80 and 0.95.\n"
      "Crest is the peak of the output over its rms, both channels together, in dB.\n"
      "Flux is the mean over frames (Hann, %d, hop %d, silent ones left out) of half the sum of "
      "|change of each bin's share of the power|: 0 steady, 1 all new.\n",
      n_seeds, n_seeds, WINDOW, HOP);
}

static void print_plugin(Spectrometer* meter, FiqPluginKind kind, const FixtureAudio* in,
                         const FixtureAudio* out, uint32_t n_seeds)
{
  printf("\n## FieldIQ %s\n\n| sound | phase core | R | U | in zone | crest dB | flux |\n"
         "|---|---|---|---|---|---|---|\n",
         kind == FIQ_PLUGIN_REALMS ? "Realms" : "Swarm");
  for (size_t i = 0; i < sizeof(sounds) / sizeof(sounds[0]); ++i) {
    if (kind == FIQ_PLUGIN_SWARM && !sounds[i].play) {
      continue;
    }
    if (!make(&sounds[i], in)) {
      exit(EXIT_FAILURE);
    }
    const bool is_heard = kind == FIQ_PLUGIN_REALMS || sounds[i].play == hear;
    printf("| %s | (input) | | | |", sounds[i].name);
    if (is_heard) {
      printf(" %.1f | %.3f |\n", crest_db(in), mean_flux(meter, in->plane[0]));
    } else {
      printf(" | |\n");
    }
    for (CoreState state = CORE_OFF; state < N_STATES; ++state) {
      const Figures f = measure(meter, kind, &sounds[i], state, in, out, n_seeds);
      printf("| | %s | %.2f | %.2f | %.0f %% | %.1f | %.3f |\n", state_name[state], f.order,
             f.uncertainty, 100.0 * f.share, f.crest_db, f.flux);
    }
  }
}

int main(int argc, char** argv)
{
  const unsigned long asked   = argc > 1 ? strtoul(argv[1], NULL, 10) : 8;
  const uint32_t      n_seeds = asked >= 1 && asked <= SEEDS_MAX ? (uint32_t)asked : 8;
  Spectrometer        meter;
  FixtureAudio        in  = fixture_audio(FRAMES);
  FixtureAudio        out = fixture_audio(FRAMES);
  spectrometer_init(&meter);
  print_head(n_seeds);
  print_plugin(&meter, FIQ_PLUGIN_REALMS, &in, &out, n_seeds);
  print_plugin(&meter, FIQ_PLUGIN_SWARM, &in, &out, n_seeds);
  spectrometer_free(&meter);
  fixture_audio_free(&in);
  fixture_audio_free(&out);
  return EXIT_SUCCESS;
}
