// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/voice/targets.h"

#include <assert.h>
#include <math.h>

enum { NO_HISS, HISS_S, HISS_SH, HISS_F, HISS_TH, HISS_T, HISS_K, HISS_P, HISS_C, HISS_X, N_HISS };

#define AT(f1, f2, f3, b1, b2, b3)                                                                 \
  {                                                                                                \
    {f1, f2, f3}, {b1, b2, b3}, 0, 0                                                               \
  }
#define NASAL(f1, f2, f3, b1, b2, b3, zero)                                                        \
  {                                                                                                \
    {f1, f2, f3}, {b1, b2, b3}, zero, 0                                                            \
  }
#define CLOSED(f1, f2, f3, b1, b2, b3, zero, dull)                                                 \
  {                                                                                                \
    {f1, f2, f3}, {b1, b2, b3}, zero, dull                                                         \
  }
#define VOWEL(id, ...)                                                                             \
  [FIQ_PH_##id] = {.place = __VA_ARGS__, .noise_db = -100, .breath_db = -100, .transition_s = 0}
#define GLIDE(id, db, length, move, ...)                                                           \
  [FIQ_PH_##id] = {.place        = __VA_ARGS__,                                                    \
                   .voicing_db   = db,                                                             \
                   .noise_db     = -100,                                                           \
                   .breath_db    = -100,                                                           \
                   .onset_s      = length,                                                         \
                   .coda_s       = length + 0.03f,                                                 \
                   .transition_s = move}
#define HUM(id, locus, rise, ...)                                                                  \
  [FIQ_PH_##id] = {.place        = __VA_ARGS__,                                                    \
                   .locus_hz     = locus,                                                          \
                   .slope        = rise,                                                           \
                   .voicing_db   = -6.5f,                                                          \
                   .noise_db     = -100,                                                           \
                   .breath_db    = -100,                                                           \
                   .onset_s      = 0.075f,                                                         \
                   .coda_s       = 0.1f,                                                           \
                   .transition_s = 0.045f}
#define FRICATIVE(id, shape, level, voice, first, last, locus, rise, ...)                          \
  [FIQ_PH_##id] = {.place        = __VA_ARGS__,                                                    \
                   .locus_hz     = locus,                                                          \
                   .slope        = rise,                                                           \
                   .voicing_db   = voice,                                                          \
                   .noise_db     = level,                                                          \
                   .breath_db    = -100,                                                           \
                   .hiss         = shape,                                                          \
                   .onset_s      = first,                                                          \
                   .coda_s       = last,                                                           \
                   .transition_s = 0.05f}
#define STOP(id, shape, level, voice, breath, burst, delay, locus, rise, ...)                      \
  [FIQ_PH_##id] = {.place        = __VA_ARGS__,                                                    \
                   .locus_hz     = locus,                                                          \
                   .slope        = rise,                                                           \
                   .voicing_db   = voice,                                                          \
                   .noise_db     = level,                                                          \
                   .breath_db    = breath,                                                         \
                   .hiss         = shape,                                                          \
                   .closed_s     = 0.06f,                                                          \
                   .noise_s      = burst,                                                          \
                   .onset_s      = delay,                                                          \
                   .coda_s       = 0.06f,                                                          \
                   .transition_s = 0.055f}

static const FiqTarget table[FIQ_N_PHONEMES] = {
    [FIQ_PH_NONE] = {.place        = NASAL(480, 1270, 2130, 60, 200, 200, 450),
                     .noise_db     = -100,
                     .breath_db    = -100,
                     .transition_s = 0},
    // Klatt 1980, table II: the steadier part of a vowel that he lets move. The lax vowels (ae, ah, eh, ih) stand where he lets
    // them go: held, they would be taken for ey, ay or eh elsewhere.
    VOWEL(AA, AT(740, 1200, 2520, 130, 70, 160)),
    VOWEL(AE, AT(660, 1620, 2550, 70, 150, 320)),
    VOWEL(AH, AT(630, 1330, 2520, 80, 50, 140)),
    VOWEL(AO, AT(600, 920, 2520, 90, 100, 80)),
    VOWEL(EH, AT(560, 1745, 2560, 60, 90, 200)),
    VOWEL(ER, AT(475, 1360, 1700, 100, 60, 110)),
    VOWEL(IH, AT(430, 1770, 2620, 50, 100, 140)),
    VOWEL(IY, AT(290, 2300, 3000, 50, 200, 400)),
    VOWEL(UH, AT(455, 1100, 2380, 80, 100, 80)),
    [FIQ_PH_UW] = {.place        = AT(330, 1080, 2300, 65, 110, 140),
                   .noise_db     = -100,
                   .breath_db    = -100,
                   .transition_s = 0.13f},
    VOWEL(AX, AT(500, 1400, 2450, 80, 70, 140)),
    VOWEL(IX, AT(420, 1850, 2580, 60, 100, 140)),
    VOWEL(AXR, AT(470, 1370, 1720, 100, 60, 110)),
    [FIQ_PH_AW] = {.place        = AT(700, 1380, 2500, 80, 70, 140),
                   .end          = AT(410, 940, 2350, 80, 70, 80),
                   .noise_db     = -100,
                   .breath_db    = -100,
                   .transition_s = 0},
    [FIQ_PH_AY] = {.place        = AT(720, 1250, 2520, 100, 70, 200),
                   .end          = AT(380, 2050, 2600, 70, 100, 200),
                   .noise_db     = -100,
                   .breath_db    = -100,
                   .transition_s = 0},
    [FIQ_PH_EY] = {.place        = AT(480, 1950, 2600, 70, 100, 200),
                   .end          = AT(330, 2250, 2750, 55, 100, 200),
                   .noise_db     = -100,
                   .breath_db    = -100,
                   .transition_s = 0},
    [FIQ_PH_OW] = {.place        = AT(530, 1080, 2300, 80, 70, 70),
                   .end          = AT(440, 900, 2300, 80, 70, 70),
                   .noise_db     = -100,
                   .breath_db    = -100,
                   .transition_s = 0},
    [FIQ_PH_OY] = {.place        = AT(550, 960, 2400, 80, 50, 130),
                   .end          = AT(360, 2000, 2500, 60, 70, 160),
                   .noise_db     = -100,
                   .breath_db    = -100,
                   .transition_s = 0},
    // Pure vowels of other languages.
    VOWEL(A, AT(730, 1300, 2520, 90, 80, 150)),
    VOWEL(E, AT(430, 2000, 2600, 60, 100, 200)),
    VOWEL(I, AT(290, 2200, 3000, 50, 150, 300)),
    VOWEL(O, AT(450, 850, 2450, 70, 80, 120)),
    VOWEL(U, AT(310, 750, 2250, 60, 80, 120)),
    VOWEL(UE, AT(290, 1700, 2150, 50, 90, 150)),
    VOWEL(OE, AT(400, 1500, 2150, 60, 90, 150)),
    VOWEL(OEH, AT(530, 1480, 2300, 70, 90, 150)),
    VOWEL(YI, AT(330, 1500, 2350, 60, 90, 150)),
    VOWEL(AN, NASAL(640, 1050, 2500, 150, 120, 200, 400)),
    VOWEL(IN, NASAL(580, 1500, 2500, 150, 120, 200, 420)),
    VOWEL(ON, NASAL(480, 800, 2500, 120, 120, 200, 380)),
    VOWEL(EL, AT(430, 850, 2650, 60, 90, 200)),
    [FIQ_PH_EM] = {.place        = NASAL(480, 1270, 2130, 60, 200, 200, 450),
                   .voicing_db   = -4,
                   .noise_db     = -100,
                   .breath_db    = -100,
                   .transition_s = 0.05f},
    [FIQ_PH_EN] = {.place        = NASAL(480, 1340, 2470, 60, 300, 300, 450),
                   .voicing_db   = -4,
                   .noise_db     = -100,
                   .breath_db    = -100,
                   .transition_s = 0.05f},
    // Klatt 1980, table III, from here; nasals are duller and bursts weaker, as in natural speech beside loud vowels.
    GLIDE(W, -7, 0.06f, 0.09f, AT(290, 610, 2150, 50, 80, 60)),
    GLIDE(Y, -7, 0.05f, 0.09f, AT(260, 2250, 3020, 40, 200, 400)),
    GLIDE(R, -7, 0.06f, 0.08f, AT(310, 1060, 1380, 70, 100, 120)),
    GLIDE(L, -7, 0.06f, 0.05f, AT(310, 1050, 2880, 50, 100, 280)),
    GLIDE(LY, -7, 0.06f, 0.08f, AT(280, 2000, 2900, 50, 150, 280)),
    HUM(M, 950, 0.3f, CLOSED(300, 1270, 2130, 40, 200, 200, 700, 350)),
    HUM(N, 1100, 0.42f, CLOSED(300, 1340, 2470, 40, 200, 200, 700, 350)),
    HUM(NG, 700, 0.75f, CLOSED(300, 2000, 2900, 40, 200, 200, 700, 350)),
    HUM(NY, 1900, 0.2f, CLOSED(300, 2050, 2800, 40, 200, 200, 700, 350)),
    FRICATIVE(F, HISS_F, -17, -100, 0.10f, 0.13f, 750, 0.55f, AT(340, 1100, 2080, 200, 120, 150)),
    FRICATIVE(V, HISS_F, -24, -9, 0.06f, 0.09f, 750, 0.55f,
              CLOSED(220, 1100, 2080, 60, 90, 120, 0, 1000)),
    FRICATIVE(TH, HISS_TH, -18, -100, 0.10f, 0.13f, 850, 0.45f, AT(320, 1290, 2540, 200, 90, 200)),
    FRICATIVE(DH, HISS_TH, -26, -9, 0.05f, 0.08f, 850, 0.45f,
              CLOSED(270, 1290, 2540, 60, 80, 170, 0, 1000)),
    FRICATIVE(S, HISS_S, -10, -100, 0.12f, 0.16f, 1050, 0.42f, AT(320, 1390, 2530, 200, 80, 200)),
    FRICATIVE(Z, HISS_S, -16, -12, 0.08f, 0.13f, 1050, 0.42f,
              CLOSED(240, 1390, 2530, 70, 60, 180, 0, 1000)),
    FRICATIVE(SH, HISS_SH, -9, -100, 0.12f, 0.16f, 1250, 0.4f, AT(300, 1840, 2750, 200, 100, 300)),
    FRICATIVE(ZH, HISS_SH, -15, -12, 0.08f, 0.12f, 1250, 0.4f,
              CLOSED(260, 1840, 2750, 60, 80, 270, 0, 1000)),
    FRICATIVE(X, HISS_X, -14, -100, 0.11f, 0.14f, 700, 0.6f, AT(320, 1300, 2400, 200, 120, 200)),
    FRICATIVE(C, HISS_C, -13, -100, 0.11f, 0.14f, 1700, 0.25f, AT(290, 2000, 2900, 200, 120, 200)),
    FRICATIVE(GH, HISS_X, -26, -7, 0.05f, 0.07f, 700, 0.6f, AT(280, 1400, 2400, 70, 120, 200)),
    FRICATIVE(BH, HISS_F, -28, -7, 0.05f, 0.07f, 750, 0.55f, AT(260, 1000, 2200, 70, 120, 200)),
    FRICATIVE(RX, HISS_X, -22, -7, 0.06f, 0.08f, 700, 0.5f, AT(450, 1200, 2500, 90, 120, 200)),
    [FIQ_PH_HH] = {.place        = AT(500, 1500, 2500, 300, 150, 200),
                   .locus_hz     = 0,
                   .slope        = 1,
                   .voicing_db   = -100,
                   .noise_db     = -100,
                   .breath_db    = -17,
                   .onset_s      = 0.08f,
                   .coda_s       = 0.08f,
                   .transition_s = 0.04f},
    STOP(P, HISS_P, -22, -100, -26, 0.008f, 0.058f, 106, 0.85f, AT(280, 900, 2150, 300, 150, 220)),
    STOP(B, HISS_P, -20, -16, -100, 0.006f, 0.015f, 106, 0.85f,
         CLOSED(200, 900, 2150, 60, 110, 130, 0, 400)),
    STOP(T, HISS_T, -13, -100, -25, 0.015f, 0.071f, 1073, 0.43f,
         AT(300, 1700, 2650, 300, 120, 250)),
    STOP(D, HISS_T, -13, -16, -100, 0.008f, 0.021f, 1073, 0.43f,
         CLOSED(200, 1700, 2650, 60, 100, 170, 0, 400)),
    STOP(K, HISS_K, -14, -100, -25, 0.018f, 0.073f, 778, 0.71f, AT(300, 1800, 2400, 250, 160, 330)),
    STOP(G, HISS_K, -14, -16, -100, 0.012f, 0.034f, 778, 0.71f,
         CLOSED(200, 1800, 2400, 60, 150, 280, 0, 400)),
    [FIQ_PH_Q] = {.place        = AT(500, 1500, 2500, 80, 80, 150),
                  .slope        = 1,
                  .voicing_db   = -100,
                  .noise_db     = -100,
                  .breath_db    = -100,
                  .closed_s     = 0.05f,
                  .noise_s      = 0.004f,
                  .onset_s      = 0.004f,
                  .coda_s       = 0.02f,
                  .transition_s = 0.02f},
    STOP(CH, HISS_SH, -9, -100, -100, 0.075f, 0.08f, 1250, 0.4f, AT(350, 1800, 2820, 200, 90, 300)),
    STOP(JH, HISS_SH, -14, -16, -100, 0.05f, 0.05f, 1250, 0.4f,
         CLOSED(260, 1800, 2820, 60, 80, 270, 0, 400)),
    STOP(TS, HISS_S, -9, -100, -100, 0.075f, 0.08f, 1073, 0.43f, AT(320, 1600, 2600, 200, 90, 250)),
    STOP(DZ, HISS_S, -14, -16, -100, 0.05f, 0.05f, 1073, 0.43f,
         CLOSED(240, 1600, 2600, 60, 80, 200, 0, 400)),
    [FIQ_PH_DX] = {.place        = AT(220, 1600, 2600, 60, 100, 170),
                   .locus_hz     = 1073,
                   .slope        = 0.43f,
                   .voicing_db   = -14,
                   .noise_db     = -100,
                   .breath_db    = -100,
                   .onset_s      = 0.025f,
                   .coda_s       = 0.025f,
                   .transition_s = 0.03f},
    [FIQ_PH_RR] = {.place        = AT(300, 1350, 2400, 70, 100, 170),
                   .locus_hz     = 1000,
                   .slope        = 0.3f,
                   .voicing_db   = -12,
                   .noise_db     = -100,
                   .breath_db    = -100,
                   .onset_s      = 0.06f,
                   .coda_s       = 0.08f,
                   .transition_s = 0.03f},
};

const FiqTarget* fiq_target(FiqPhoneme phoneme)
{
  assert(phoneme < FIQ_N_PHONEMES);
  return &table[phoneme];
}

FiqHiss fiq_target_hiss(uint32_t hiss, float vowel_second_hz)
{
  static const FiqHiss spectra[N_HISS] = {
      [NO_HISS] = {{2500, 5000}, {2000, 2000}, {1, 1}, 0.1f},
      [HISS_S]  = {{5400, 7600}, {800, 1200}, {1, 0.8f}, 0.015f},
      [HISS_SH] = {{2900, 4600}, {400, 1100}, {1, 0.55f}, 0.03f},
      [HISS_F]  = {{7700, 1600}, {2500, 900}, {0.6f, 0.3f}, 0.4f},
      [HISS_TH] = {{7500, 4000}, {2500, 2500}, {0.9f, 0.3f}, 0.25f},
      [HISS_T]  = {{3900, 6200}, {900, 2000}, {1, 0.6f}, 0.08f},
      [HISS_K]  = {{2500, 4700}, {400, 900}, {1, 0.3f}, 0.025f},
      [HISS_P]  = {{900, 2200}, {700, 1500}, {1, 0.5f}, 0.25f},
      [HISS_C]  = {{3300, 5200}, {500, 1300}, {1, 0.5f}, 0.03f},
      [HISS_X]  = {{1400, 3600}, {350, 1500}, {1, 0.3f}, 0.05f}};
  assert(hiss < N_HISS);
  FiqHiss noise = spectra[hiss];
  if (hiss == HISS_K) {
    noise.hz[0] = vowel_second_hz > 1400.0f ? fmaxf(2000.0f, vowel_second_hz + 500.0f)
                                            : vowel_second_hz + 250.0f;
  }
  return noise;
}
