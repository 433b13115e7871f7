// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: each measure of a sound moves with the control that is meant to move it, and words lead where people say they do.
   Method: notes of the default Swarm with one control in five places; and with the controls moved as each word of a study
   of equalisers asks (Cartwright and Pardo 2013), the levels of its upper, middle and lower third of 40 bands against
   the signs of its answers.
*/
#include "dsp/analysis/timbre.h"
#include "dsp/base/maths.h"
#include "plugin/adjectives.h"
#include "tests/support/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { KEY = 55, LENGTH = 2 * 48000, ARENA_BYTES = 1 << 22, PLACES = 5 };

#define TOLERANCE 1.0 // of 100, which nobody hears
#define LEAST_RISE 4.0
#define LEAST_DB 0.1 // that counts as an answer

typedef struct {
  FiqTimbreMeter meter;
  FiqFftPool     pool;
  FiqArena       arena;
  FixtureAudio   sound;
} Rig;

static int set_up(void** state)
{
  static Rig rig;
  rig.arena = support_arena(ARENA_BYTES);
  rig.sound = fixture_audio(LENGTH);
  fiq_fft_pool_init(&rig.pool);
  *state = &rig;
  return fiq_timbre_init(&rig.meter, &rig.arena, &rig.pool, 48000.0) == FIQ_OK ? 0 : -1;
}

static int tear_down(void** state)
{
  Rig* const rig = *state;
  fiq_fft_pool_free(&rig->pool);
  support_arena_free(&rig->arena);
  fixture_audio_free(&rig->sound);
  return 0;
}

/// Play the key and measure it.
static void play(Rig* rig, Fixture* self, float measure[FIQ_N_TIMBRES])
{
  fixture_seed(self, 1);
  fixture_set(self, "freewheel", 1);
  fixture_set(self, "anneal", 0.05); // the flight onto the note is not what is measured
  fixture_midi(self, 0, 0x90, KEY, 100);
  fixture_render(self, NULL, rig->sound.plane, LENGTH, 1024);
  const FiqTimbreSound sound = {
      {rig->sound.plane[0], rig->sound.plane[1]}, LENGTH, fiq_note_to_hz(KEY)};
  assert_true(fiq_timbre_measure(&rig->meter, &sound, measure));
}

static const FiqToward* toward_of(FiqTimbreMeasure measure)
{
  uint32_t i = 0;
  while (fiq_towards[i].measure != measure) {
    ++i;
    assert_true(i < fiq_n_towards);
  }
  return &fiq_towards[i];
}

static const FiqParam* control(const char* symbol)
{
  for (uint32_t i = 0; i < fiq_n_params; ++i) {
    if (fiq_param_in(&fiq_params[i], FIQ_PLUGIN_SWARM) && !strcmp(fiq_params[i].symbol, symbol)) {
      return &fiq_params[i];
    }
  }
  fail();
  return NULL;
}

/// Where the control of a measure is after `deviations` of it, from `from` on.
static double moved(const FiqToward* toward, double from, double deviations)
{
  const FiqParam* const param = control(toward->symbol);
  const double          step  = deviations * (double)toward->step;
  const double          to    = param->kind == FIQ_KIND_LOG ? from * exp2(step) : from + step;
  return fmin(fmax(to, fmax((double)toward->least, (double)param->minimum)),
              (double)param->maximum);
}

/// What the words of the study do to the highs against the lows, and to the middle; 0: not asked, or no clear answer.
typedef struct {
  const char* word;
  int         highs_over_lows;
  int         middle;
} Answer;

static const Answer answers[] = {
    {"quiet", 1, 0},    {"light", 1, 0},      {"tinny", 1, 1},     {"crisp", 1, 0},
    {"calm", 1, -1},    {"bright", 1, 1},     {"gentle", 1, 0},    {"soft", 1, 0},
    {"sharp", 1, 1},    {"cold", 1, 1},       {"pleasant", -1, 0}, {"smooth", -1, -1},
    {"crunchy", -1, 0}, {"beautiful", -1, 0}, {"warm", -1, -1},    {"happy", -1, 0},
    {"dark", -1, -1},   {"scary", -1, 0},     {"deep", -1, -1},    {"loud", -1, 0},
    {"heavy", -1, 0},   {"hard", -1, 0},      {"clear", 0, 1},     {"noisy", 0, 1},
    {"harsh", 0, 1},    {"soothing", 0, -1},  {"sad", 0, -1},      {"mellow", 0, -1},
    {"muffled", 0, -1}};

static void test_each_measure_moves_with_its_control(void** state)
{
  Rig* const rig = *state;
  for (int m = 0; m < FIQ_N_TIMBRES; ++m) {
    const FiqToward* const toward = toward_of((FiqTimbreMeasure)m);
    const double           from   = (double)control(toward->symbol)->fallback;
    double                 first  = -1.0;
    double                 last   = -1.0;
    print_message("%-13s by %-11s", fiq_timbre_name((FiqTimbreMeasure)m), toward->symbol);
    for (int i = 0; i < PLACES; ++i) {
      float          measure[FIQ_N_TIMBRES];
      const double   at   = moved(toward, from, i - PLACES / 2);
      Fixture* const self = fixture_open(FIQ_PLUGIN_SWARM, 48000.0, true);
      fixture_set(self, toward->symbol, at);
      play(rig, self, measure);
      fixture_close(self);
      print_message("  %g: %.1f", at, (double)measure[m]);
      assert_true((double)measure[m] > last - TOLERANCE);
      last  = (double)measure[m];
      first = i == 0 ? last : first;
    }
    print_message("\n");
    assert_true(last - first > LEAST_RISE);
  }
}

/// Levels in dB of the lower, middle and upper third of 39 bands, equally wide to the ear from 50 Hz to 15 kHz, over that of
/// all, from the spectrum that was measured last.
static void thirds(const FiqTimbreMeter* meter, double level_db[3])
{
  const double low      = (double)fiq_hz_to_erb(50.0f);
  const double high     = (double)fiq_hz_to_erb(15000.0f);
  double       power[3] = {0};
  double       all      = 0.0;
  for (uint32_t i = 1; i < meter->fft.size / 2; ++i) {
    const float  hz    = (float)(i * 48000.0 / meter->fft.size);
    const double third = 3.0 * ((double)fiq_hz_to_erb(hz) - low) / (high - low);
    if (third >= 0.0 && third < 3.0) {
      power[(int)third] += (double)meter->power[i];
      all += (double)meter->power[i];
    }
  }
  for (int i = 0; i < 3; ++i) {
    level_db[i] = 10.0 * log10(power[i] / all + 1e-12);
  }
}

/// The thirds of a sound of many harmonics, moved in the direction of `adjective` (NULL: as it is).
static void lead(Rig* rig, const FiqAdjective* adjective, double level_db[3])
{
  float          measure[FIQ_N_TIMBRES];
  Fixture* const self = fixture_open(FIQ_PLUGIN_SWARM, 48000.0, true);
  fixture_set(self, "partials", 24);
  for (const FiqLeaning* at = adjective ? adjective->leanings : NULL;
       at && at->measure != FIQ_N_TIMBRES; ++at) {
    for (uint32_t i = 0; i < fiq_n_towards; ++i) {
      const FiqToward* const toward = &fiq_towards[i];
      if ((uint32_t)toward->measure == at->measure) {
        const double from = (double)fixture_get(self, toward->symbol);
        fixture_set(self, toward->symbol, moved(toward, from, (double)at->weight));
      }
    }
  }
  play(rig, self, measure);
  fixture_close(self);
  thirds(&rig->meter, level_db);
}

static void count(int expected, double found, int* n_right, int* n_asked)
{
  *n_asked += expected != 0 ? 1 : 0;
  *n_right += expected * found > LEAST_DB ? 1 : 0;
}

static void test_words_lead_where_people_say(void** state)
{
  Rig* const rig        = *state;
  int        n_asked[2] = {0, 0};
  int        n_right[2] = {0, 0};
  double     before[3];
  lead(rig, NULL, before);
  for (size_t i = 0; i < sizeof answers / sizeof answers[0]; ++i) {
    const Answer* const       answer    = &answers[i];
    const FiqAdjective* const adjective = fiq_adjective_of(answer->word, strlen(answer->word));
    double                    after[3];
    assert_non_null(adjective);
    lead(rig, adjective, after);
    const double highs  = after[2] - before[2] - (after[0] - before[0]);
    const double middle = after[1] - before[1];
    print_message("%-10s highs over lows %+5.1f dB (%+d), middle %+5.1f dB (%+d)%s%s\n",
                  answer->word, highs, answer->highs_over_lows, middle, answer->middle,
                  answer->highs_over_lows * highs < 0.0 ? " HIGHS" : "",
                  answer->middle * middle < 0.0 ? " MIDDLE" : "");
    count(answer->highs_over_lows, highs, &n_right[0], &n_asked[0]);
    count(answer->middle, middle, &n_right[1], &n_asked[1]);
  }
  print_message("highs over lows: %d of %d, middle: %d of %d\n", n_right[0], n_asked[0], n_right[1],
                n_asked[1]);
  assert_true(n_asked[0] >= 20);
  assert_true(5 * n_right[0] >= 4 * n_asked[0]);
  assert_true(5 * n_right[1] >= 4 * n_asked[1]);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_each_measure_moves_with_its_control),
      cmocka_unit_test(test_words_lead_where_people_say),
  };
  return cmocka_run_group_tests_name("describe", tests, set_up, tear_down);
}
