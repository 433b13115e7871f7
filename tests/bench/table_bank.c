// SPDX-License-Identifier: GPL-3.0-or-later
/*
   What the bank of the Swarm sounds like, preset by preset, and in the median: a C minor seventh chord held for 4 s at
   velocity 100, and a C4 at velocities 20 and 127. Peak (dBFS), loudest 400 ms (LUFS), energy above 4 and 8 kHz (dB of all),
   correlation of left and right, loss in mono (dB), attack (ms from a tenth to nine tenths of the loudest), octaves that
   velocity moves the centroid by, and which preset is most like it, by the distance of plugin_presets in dB. Then what is asked
   of the bank. What was fitted with one seed and chord is judged with others.
     table_bank [SEED [SEMITONES]]      the chord's distance from C3
*/
#include "dsp/transform/fft.h"
#include "tests/support/bank.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, BLOCK = 480, LENGTH = 6 * RATE, HELD = 4 * RATE, SIZE = 8192 };

typedef struct {
  double peak_db;
  double lufs;
  double above_4k_db;
  double above_8k_db;
  double correlation;
  double mono_loss_db;
  double attack_ms;
  double octaves;
  double nearest_db; ///< to the preset that is most like it
} Figures;

static FixtureAudio render(const FiqPreset* preset, const BankTerms* terms, const uint8_t* keys,
                           int n_keys, uint8_t velocity)
{
  FixtureAudio   out  = fixture_audio(LENGTH);
  FixtureAudio   in   = fixture_audio(LENGTH);
  Fixture* const self = fixture_open(FIQ_PLUGIN_SWARM, RATE, true);
  fixture_seed(self, terms->seed);
  bank_load(self, preset);
  support_noise(in.plane[0], LENGTH, 0.2, 1);
  fixture_tempo(self, 0, 120.0f);
  for (size_t done = 0; done < LENGTH; done += BLOCK) {
    for (int i = 0; i < n_keys && (done == 0 || done == HELD); ++i) {
      fixture_midi(self, 0, done ? 0x80 : 0x90, (uint8_t)(keys[i] + terms->semitones), velocity);
    }
    fixture_run(self, in.plane, out.plane, done, BLOCK);
    fixture_work(self);
  }
  fixture_close(self);
  fixture_audio_free(&in);
  return out;
}

/// Power spectrum of the left channel, or of both added, summed over the frames under Hann windows.
static void add_spectrum(const float* x, const FiqFft* fft, double* power)
{
  _Alignas(64) static float      frame[SIZE];
  _Alignas(64) static FiqComplex bins[SIZE / 2 + 1];
  for (size_t at = 0; at + SIZE <= HELD; at += SIZE / 2) {
    for (size_t i = 0; i < SIZE; ++i) {
      frame[i] = x[at + i] * (float)(0.5 - 0.5 * cos(6.283185307179586 * (double)i / SIZE));
    }
    fiq_fft_forward(fft, frame, bins);
    for (size_t k = 0; k <= SIZE / 2; ++k) {
      power[k] += (double)(bins[k].re * bins[k].re + bins[k].im * bins[k].im);
    }
  }
}

static double share_above_db(const double* power, double hz)
{
  double above = 0.0;
  double all   = 1e-30;
  for (size_t k = 1; k <= SIZE / 2; ++k) {
    all += power[k];
    above += (double)k * RATE / SIZE >= hz ? power[k] : 0.0;
  }
  return 0.5 * support_db(above / all);
}

static double centroid_hz(const double* power)
{
  double moment = 0.0;
  double all    = 1e-30;
  for (size_t k = 1; k <= SIZE / 2; ++k) {
    all += power[k];
    moment += power[k] * (double)k * RATE / SIZE;
  }
  return moment / all;
}

static void measure_stereo(const FixtureAudio* out, Figures* figures)
{
  double ll = 1e-30;
  double rr = 1e-30;
  double lr = 0.0;
  for (size_t i = 0; i < LENGTH; ++i) {
    const double l = (double)out->plane[0][i];
    const double r = (double)out->plane[1][i];
    ll += l * l;
    rr += r * r;
    lr += l * r;
    figures->peak_db = fmax(figures->peak_db, fmax(fabs(l), fabs(r)));
  }
  figures->peak_db      = support_db(figures->peak_db);
  figures->correlation  = lr / sqrt(ll * rr);
  figures->mono_loss_db = -0.5 * support_db((ll + rr + 2.0 * lr) / (2.0 * (ll + rr)));
}

/// From a tenth to nine tenths of the largest level of 1 ms.
static double attack_ms(const FixtureAudio* out)
{
  static double level[HELD / 48];
  double        most = 0.0;
  for (size_t i = 0; i < HELD / 48; ++i) {
    level[i] = 0.0;
    for (size_t k = 0; k < 48; ++k) {
      const double l = (double)out->plane[0][48 * i + k];
      const double r = (double)out->plane[1][48 * i + k];
      level[i] += l * l + r * r;
    }
    most = fmax(most, level[i]);
  }
  size_t first = 0;
  size_t last  = 0;
  while (level[first] < 0.01 * most) {
    first += 1;
  }
  for (last = first; level[last] < 0.81 * most;) {
    last += 1;
  }
  return (double)(last - first);
}

static double loudest_lufs(const FixtureAudio* out)
{
  double* const power = bank_k_power(out, LENGTH, RATE / 10);
  double        most  = 1e-12;
  for (size_t i = 0; i + 4 <= LENGTH / (RATE / 10); ++i) {
    most = fmax(most, (power[i] + power[i + 1] + power[i + 2] + power[i + 3]) / 4.0);
  }
  free(power);
  return -0.691 + 10.0 * log10(most);
}

static double centroid_of(const FiqPreset* preset, const BankTerms* terms, uint8_t velocity,
                          const FiqFft* fft)
{
  static const uint8_t key[]               = {60};
  static double        power[SIZE / 2 + 1] = {0};
  FixtureAudio         out                 = render(preset, terms, key, 1, velocity);
  memset(power, 0, sizeof power);
  add_spectrum(out.plane[0], fft, power);
  fixture_audio_free(&out);
  return centroid_hz(power);
}

static Figures measure(const FiqPreset* preset, const BankTerms* terms, const FiqFft* fft)
{
  static const uint8_t keys[]              = {48, 55, 58, 63};
  static double        power[SIZE / 2 + 1] = {0};
  Figures              figures             = {.peak_db = 1e-9};
  FixtureAudio         out                 = render(preset, terms, keys, 4, 100);
  memset(power, 0, sizeof power);
  measure_stereo(&out, &figures);
  add_spectrum(out.plane[0], fft, power);
  add_spectrum(out.plane[1], fft, power);
  figures.above_4k_db = share_above_db(power, 4000.0);
  figures.above_8k_db = share_above_db(power, 8000.0);
  figures.attack_ms   = attack_ms(&out);
  figures.lufs        = loudest_lufs(&out);
  figures.octaves =
      log2(centroid_of(preset, terms, 127, fft) / centroid_of(preset, terms, 20, fft));
  fixture_audio_free(&out);
  return figures;
}

static int by_size(const void* a, const void* b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

enum { COLUMNS = sizeof(Figures) / sizeof(double), MOST = 256 };

/// All presets: figures by column, who is meant to be wide, and who is most like whom.
typedef struct {
  const FiqPreset* preset[MOST];
  double           column[COLUMNS][MOST];
  bool             is_wide[MOST];
  BankPrint        print[MOST];
  size_t           nearest[MOST];
  size_t           n;
} Bank;

/// What does not depend on the order, before the columns are sorted.
static void judge_each(const Bank* bank, double median_lufs)
{
  size_t n_lost  = 0;
  size_t n_loud  = 0;
  size_t n_moved = 0;
  for (size_t i = 0; i < bank->n; ++i) {
    n_lost += bank->column[5][i] > 1.5 && !bank->is_wide[i];
    n_loud += fabs(bank->column[1][i] - median_lufs) > 3.0;
    n_moved += bank->column[7][i] >= 1.0;
  }
  printf("%zu lose more than 1.5 dB in mono and are not tagged wide (none asked)\n", n_lost);
  printf("%zu are more than 3 LU from the median of %.1f (none asked)\n", n_loud, median_lufs);
  printf("velocity moves %zu of %zu by an octave (%zu asked)\n", n_moved, bank->n, 2 * bank->n / 3);
}

static double sorted_at(const Bank* bank, size_t column, double part)
{
  return bank->column[column][(size_t)(part * (double)(bank->n - 1))];
}

static void judge(Bank* bank)
{
  static double lufs[MOST];
  memcpy(lufs, bank->column[1], sizeof lufs);
  qsort(lufs, bank->n, sizeof(double), by_size);
  judge_each(bank, lufs[bank->n / 2]);
  for (size_t k = 0; k < COLUMNS; ++k) {
    qsort(bank->column[k], bank->n, sizeof(double), by_size);
  }
  printf("in the median above 4 kHz %.1f dB (-35 asked), above 8 kHz %.1f dB (-60), correlation "
         "%.2f (0.6)\n",
         sorted_at(bank, 2, 0.5), sorted_at(bank, 3, 0.5), sorted_at(bank, 4, 0.5));
  printf("attack %.0f ms at the tenth percentile (5 asked)\n", sorted_at(bank, 6, 0.1));
  printf("the nearest preset %.2f dB away in the median (8.03)\n", sorted_at(bank, 8, 0.5));
}

static void add_preset(Bank* bank, const FiqPreset* preset, const BankTerms* terms,
                       const FiqFft* fft)
{
  const Figures figures = measure(preset, terms, fft);
  const double  row[]   = {figures.peak_db,     figures.lufs,        figures.above_4k_db,
                           figures.above_8k_db, figures.correlation, figures.mono_loss_db,
                           figures.attack_ms,   figures.octaves,     1000.0};
  FixtureAudio  in      = bank_material();
  FixtureAudio  out     = fixture_audio(BANK_FRAMES);
  bank_play(preset, terms, &in, &out);
  bank_print(out.plane[0], &bank->print[bank->n]);
  fixture_audio_free(&in);
  fixture_audio_free(&out);
  for (size_t k = 0; k < COLUMNS; ++k) {
    bank->column[k][bank->n] = row[k];
  }
  bank->preset[bank->n]    = preset;
  bank->is_wide[bank->n++] = strstr(preset->tags, "wide") != NULL;
}

static void find_nearest(Bank* bank)
{
  double* const nearest_db = bank->column[COLUMNS - 1];
  for (size_t i = 0; i < bank->n; ++i) {
    for (size_t k = 0; k < bank->n; ++k) {
      const double db = bank_distance_db(&bank->print[i], &bank->print[k]);
      if (i != k && db < nearest_db[i]) {
        nearest_db[i]    = db;
        bank->nearest[i] = k;
      }
    }
  }
}

static void print_rows(const Bank* bank)
{
  puts("preset                  peak   LUFS    >4k    >8k   corr   mono  attack  octaves  nearest");
  for (size_t i = 0; i < bank->n; ++i) {
    printf("%-20s %7.1f %6.1f %6.1f %6.1f %6.2f %6.1f %7.0f %8.2f %8.2f %s\n",
           bank->preset[i]->slug, bank->column[0][i], bank->column[1][i], bank->column[2][i],
           bank->column[3][i], bank->column[4][i], bank->column[5][i], bank->column[6][i],
           bank->column[7][i], bank->column[8][i], bank->preset[bank->nearest[i]]->slug);
  }
}

int main(int argc, char** argv)
{
  static Bank     bank;
  const BankTerms terms = {argc > 1 ? atoi(argv[1]) : 77, argc > 2 ? atoi(argv[2]) : 0};
  FiqFftPool      pool;
  FiqFft          fft;
  fiq_fft_pool_init(&pool);
  if (fiq_fft_init(&fft, &pool, SIZE) != FIQ_OK) {
    return EXIT_FAILURE;
  }
  for (uint32_t i = 0; i < fiq_n_presets && bank.n < MOST; ++i) {
    if (fiq_presets[i].plugin == FIQ_PLUGIN_SWARM) {
      add_preset(&bank, &fiq_presets[i], &terms, &fft);
    }
  }
  find_nearest(&bank);
  print_rows(&bank);
  judge(&bank);
  fiq_fft_pool_free(&pool);
  return EXIT_SUCCESS;
}
