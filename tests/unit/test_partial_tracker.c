// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: carriers sit on the partials of a sound, follow them, and are born, merge, split and die when they should.
// Method: synthesised sounds whose partials are known at every moment; the voices at every control tick are
// compared with them, at the moment that the reported latency says. Speech as installed, where it is.
#include "dsp/analysis/partial_tracker.h"
#include "tests/support/support.h"

#include <math.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 1 << 20, RATE = 48000, TICK = 32, LENGTH_MAX = 12 * RATE };

static const double pi = 3.14159265358979323846;

static FiqFftPool pool;
static float      sound[2][LENGTH_MAX];

typedef struct {
  FiqPartialTracker       analysis;
  FiqArena                arena;
  FiqPartialTrackerParams params;
  uint32_t                n_done; ///< frames
  uint32_t                tick;
} Rig;

/// Looks at the voices of one control tick.
typedef void (*Look)(void* user, const Rig* rig, const FiqPartialTrackerVoice* voices, uint32_t n);

static void rig_start(Rig* rig, double rate_hz, uint32_t tick)
{
  const FiqPartialTrackerConfig config = {rate_hz, tick, 0};
  memset(rig, 0, sizeof *rig);
  rig->arena  = support_arena(ARENA_BYTES);
  rig->tick   = tick;
  rig->params = fiq_partial_tracker_default_params();
  assert_int_equal(fiq_partial_tracker_init(&rig->analysis, &rig->arena, &pool, &config), FIQ_OK);
}

static void rig_end(Rig* rig)
{
  support_arena_free(&rig->arena);
}

static void check_voices(const FiqPartialTrackerVoice* voices, uint32_t n)
{
  assert_in_range(n, 0, FIQ_TRACKER_VOICES_MAX);
  for (uint32_t i = 0; i < n; ++i) {
    assert_true(isfinite(voices[i].hz) && voices[i].hz > 0.0f);
    assert_true(isfinite(voices[i].level) && voices[i].level >= 0.0f);
    assert_true(isfinite(voices[i].mass) && voices[i].mass > 0.0f);
    assert_true(voices[i].id > 0);
  }
}

/// Play `sound` from where the rig is up to frame `end`.
static void play(Rig* rig, uint32_t end, Look look, void* user)
{
  for (; rig->n_done + rig->tick <= end; rig->n_done += rig->tick) {
    uint32_t n = 0;
    fiq_partial_tracker_control(&rig->analysis, &rig->params);
    const FiqPartialTrackerVoice* voices = fiq_partial_tracker_voices(&rig->analysis, &n);
    check_voices(voices, n);
    if (look) {
      look(user, rig, voices, n);
    }
    const float* in[2] = {sound[0] + rig->n_done, sound[1] + rig->n_done};
    fiq_partial_tracker_process(&rig->analysis, in, rig->tick);
  }
}

static void clear_sound(void)
{
  memset(sound, 0, sizeof sound);
}

static void copy_to_right(void)
{
  memcpy(sound[1], sound[0], sizeof sound[0]);
}

/// Add a tone whose frequency is `hz`(t) to the left channel's frames `first`..`last`.
static void add_tone(double (*hz)(double), double gain, double rate_hz, uint32_t first,
                     uint32_t last)
{
  double turns = 0.0;
  for (uint32_t i = first; i < last; ++i) {
    turns += hz(i / rate_hz) / rate_hz;
    sound[0][i] += (float)(gain * sin(2.0 * pi * turns));
  }
}

static double cents(double a, double b)
{
  return 1200.0 * log2(a / b);
}

// A chord of three notes of six partials, no two of them nearer than 93 Hz.

enum { N_PARTIALS = 18 };

static double partial_hz(int i)
{
  static const double notes[3] = {390.0, 687.0, 885.0};
  return notes[i / 6] * (i % 6 + 1);
}

static double partial_gain(int i)
{
  return 0.1 / (i % 6 + 1);
}

static void add_chord(uint32_t n)
{
  for (uint32_t k = 0; k < n; ++k) {
    double sum = 0.0;
    for (int i = 0; i < N_PARTIALS; ++i) {
      sum += partial_gain(i) * sin(2.0 * pi * partial_hz(i) * k / RATE + i * i);
    }
    sound[0][k] = (float)sum;
  }
}

typedef struct {
  double worst_cents;
  double worst_db;
} Worst;

static void look_at_chord(void* user, const Rig* rig, const FiqPartialTrackerVoice* voices,
                          uint32_t n)
{
  Worst* worst = user;
  if (rig->n_done < RATE / 2) {
    return;
  }
  assert_int_equal(n, N_PARTIALS);
  bool found[N_PARTIALS] = {false};
  for (uint32_t v = 0; v < n; ++v) {
    int best = 0;
    for (int i = 1; i < N_PARTIALS; ++i) {
      const double hz = (double)voices[v].hz;
      best            = fabs(partial_hz(i) - hz) < fabs(partial_hz(best) - hz) ? i : best;
    }
    assert_false(found[best]);
    found[best] = true;
    worst->worst_cents =
        fmax(worst->worst_cents, fabs(cents((double)voices[v].hz, partial_hz(best))));
    worst->worst_db =
        fmax(worst->worst_db, fabs(support_db((double)voices[v].level / partial_gain(best))));
  }
}

static void test_a_chord_is_heard_exactly_and_nothing_else(void** state)
{
  (void)state;
  Rig   rig;
  Worst worst = {0.0, 0.0};
  rig_start(&rig, RATE, TICK);
  clear_sound();
  add_chord(2 * RATE);
  copy_to_right();
  rig.params.max_carriers = 32.0f;
  rig.params.threshold_db = -60.0f; // 40 dB below the loudest partial
  play(&rig, 2 * RATE, look_at_chord, &worst);
  print_message("  18 partials: within %.3f cents, %.4f dB, no others above -60 dBFS\n",
                worst.worst_cents, worst.worst_db);
  assert_true(worst.worst_cents < 1.0);
  assert_true(worst.worst_db < 0.5);
  assert_int_equal(rig.analysis.n_births, N_PARTIALS);
  rig_end(&rig);
}

typedef struct {
  float  phase[64]; ///< turns, of the sine with that id
  double power_in;
  double power_out;
  double n;
} Bank;

static void look_and_sing(void* user, const Rig* rig, const FiqPartialTrackerVoice* voices,
                          uint32_t n)
{
  Bank* bank = user;
  for (uint32_t k = 0; k < TICK; ++k) {
    double sum = 0.0;
    for (uint32_t v = 0; v < n; ++v) {
      float* phase = &bank->phase[voices[v].id % 64];
      *phase += voices[v].hz / (float)RATE;
      *phase -= floorf(*phase);
      sum += (double)voices[v].level * sin(2.0 * pi * (double)*phase);
    }
    if (rig->n_done > RATE) {
      const double x = (double)sound[0][rig->n_done + k];
      bank->power_in += x * x;
      bank->power_out += sum * sum;
    }
  }
}

static void test_sines_on_the_voices_are_as_loud_as_the_sound(void** state)
{
  (void)state;
  Rig         rig;
  static Bank bank;
  rig_start(&rig, RATE, TICK);
  clear_sound();
  add_chord(4 * RATE);
  copy_to_right();
  rig.params.max_carriers = 32.0f;
  play(&rig, 4 * RATE, look_and_sing, &bank);
  const double db = 0.5 * support_db(bank.power_out / bank.power_in);
  print_message("  resynthesis: %.3f dB\n", db);
  assert_true(fabs(db) < 1.0);
  rig_end(&rig);
}

typedef struct {
  double (*hz)(double);
  double   from_s;
  double   worst_cents;
  float    level_low;
  float    level_high;
  uint32_t id;
  uint32_t n_max;
} Chase;

static void look_at_chase(void* user, const Rig* rig, const FiqPartialTrackerVoice* voices,
                          uint32_t n)
{
  Chase*       chase  = user;
  const double rate   = rig->analysis.config.sample_rate_hz;
  const double late   = fiq_partial_tracker_latency_frames(&rig->analysis) / rate;
  const double time_s = rig->n_done / rate;
  chase->n_max        = n > chase->n_max ? n : chase->n_max;
  if (time_s < chase->from_s) {
    return;
  }
  assert_int_equal(n, 1);
  assert_true(chase->id == 0 || chase->id == voices[0].id);
  chase->id = voices[0].id;
  chase->worst_cents =
      fmax(chase->worst_cents, fabs(cents((double)voices[0].hz, chase->hz(time_s - late))));
  chase->level_low  = fminf(chase->level_low, voices[0].level);
  chase->level_high = fmaxf(chase->level_high, voices[0].level);
}

static Chase chase_tone(double (*hz)(double), double seconds)
{
  Rig   rig;
  Chase chase = {.hz = hz, .from_s = 0.3, .level_low = 10.0f};
  rig_start(&rig, RATE, TICK);
  clear_sound();
  add_tone(hz, 0.3, RATE, 0, (uint32_t)(seconds * RATE));
  copy_to_right();
  play(&rig, (uint32_t)(seconds * RATE), look_at_chase, &chase);
  rig_end(&rig);
  return chase;
}

static double glissando(double t)
{
  return 440.0 * pow(2.0, t / 2.0);
}

static double glissando_down(double t)
{
  return 1760.0 * pow(2.0, -t / 2.0);
}

static double vibrato(double t)
{
  return 1000.0 * pow(2.0, 50.0 / 1200.0 * sin(2.0 * pi * 6.0 * t));
}

static void test_a_glissando_keeps_one_carrier(void** state)
{
  (void)state;
  const Chase up   = chase_tone(glissando, 2.0);
  const Chase down = chase_tone(glissando_down, 2.0);
  print_message("  octave in 2 s: within %.2f cents up, %.2f down, level %.3f..%.3f of 0.3\n",
                up.worst_cents, down.worst_cents, (double)up.level_low, (double)up.level_high);
  assert_true(up.worst_cents < 20.0 && down.worst_cents < 20.0);
  assert_true(up.id == 1 && up.n_max == 1 && down.id == 1 && down.n_max == 1);
  assert_true(up.level_low > 0.285f && up.level_high < 0.315f);
}

static void test_vibrato_keeps_one_carrier(void** state)
{
  (void)state;
  const Chase chase = chase_tone(vibrato, 3.0);
  print_message("  6 Hz, 50 cents: within %.2f cents, level %.3f..%.3f of 0.3\n", chase.worst_cents,
                (double)chase.level_low, (double)chase.level_high);
  assert_true(chase.worst_cents < 20.0);
  assert_true(chase.n_max == 1);
  assert_true(chase.level_low > 0.28f);
}

typedef struct {
  uint32_t n_few;
  uint32_t n_ticks;
  uint32_t n_max;
  double   sum;
  double   sum_after; ///< voices from frame `after` on
  uint32_t after;
} Crowd;

static void look_at_crowd(void* user, const Rig* rig, const FiqPartialTrackerVoice* voices,
                          uint32_t n)
{
  Crowd* crowd = user;
  (void)voices;
  crowd->n_few += n <= 3;
  ++crowd->n_ticks;
  crowd->n_max = n > crowd->n_max ? n : crowd->n_max;
  crowd->sum += n;
  crowd->sum_after += rig->n_done >= crowd->after ? n : 0;
}

static void test_noise_bears_few_carriers(void** state)
{
  (void)state;
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    Rig   rig;
    Crowd crowd = {0};
    rig_start(&rig, RATE, TICK);
    clear_sound();
    support_noise(sound[0], LENGTH_MAX, 0.5, seed);
    copy_to_right();
    rig.params.max_carriers = 32.0f;
    rig.params.threshold_db = -80.0f;
    play(&rig, LENGTH_MAX, look_at_crowd, &crowd);
    const double share = (double)crowd.n_few / crowd.n_ticks;
    print_message("  seed %u: mean %.2f, most %u, at most 3 for %.1f %% of the time\n",
                  (unsigned)seed, crowd.sum / crowd.n_ticks, crowd.n_max, 100.0 * share);
    assert_true(share > 0.95);
    rig_end(&rig);
  }
}

// Two tones that meet within 2 s, stay on one frequency for 1.5 s, and part again.

static double distance(double t)
{
  if (t < 0.5) {
    return 1.0;
  }
  if (t < 2.5) {
    return 1.0 - (t - 0.5) / 2.0;
  }
  return t < 4.0 ? 0.0 : fmin((t - 4.0) / 2.0, 1.0);
}

static double lower(double t)
{
  return 550.0 - 110.0 * distance(t);
}

static double upper(double t)
{
  return 550.0 + 110.0 * distance(t);
}

static double upper_detuned(double t)
{
  return upper(t) + 5.0;
}

typedef struct {
  uint32_t n_last;
  uint32_t n_changes; ///< of the number of voices
  uint32_t n_at[4];   ///< voices at 0.5, 3.5 and 6.5 s
} Count;

static void look_and_count(void* user, const Rig* rig, const FiqPartialTrackerVoice* voices,
                           uint32_t n)
{
  Count* count = user;
  (void)voices;
  count->n_changes += n != count->n_last;
  count->n_last = n;
  for (uint32_t i = 0; i < 3; ++i) {
    if (rig->n_done == (RATE / 2 + 3 * i * RATE)) {
      count->n_at[i] = n;
    }
  }
}

static void meet_and_part(double (*other)(double), double gain)
{
  Rig   rig;
  Count count = {0};
  rig_start(&rig, RATE, TICK);
  clear_sound();
  add_tone(lower, 0.3, RATE, 0, 7 * RATE);
  add_tone(other, gain, RATE, 0, 7 * RATE);
  copy_to_right();
  play(&rig, 7 * RATE, look_and_count, &count);
  print_message("  births %u, splits %u, merges %u, deaths %u, voices %u %u %u\n",
                rig.analysis.n_births, rig.analysis.n_splits, rig.analysis.n_merges,
                rig.analysis.n_deaths, count.n_at[0], count.n_at[1], count.n_at[2]);
  assert_int_equal(rig.analysis.n_merges, 1);
  assert_int_equal(rig.analysis.n_splits, 1);
  assert_int_equal(rig.analysis.n_births, 3);
  assert_int_equal(rig.analysis.n_deaths, 0);
  assert_int_equal(count.n_at[0], 2);
  assert_int_equal(count.n_at[1], 1);
  assert_int_equal(count.n_at[2], 2);
  assert_true(count.n_changes <= 4);
  rig_end(&rig);
}

static void test_tones_that_meet_merge_once_and_split_once(void** state)
{
  (void)state;
  meet_and_part(upper, 0.25);
  meet_and_part(upper, 0.3);
  meet_and_part(upper, 0.1);
  meet_and_part(upper_detuned, 0.2);
}

static void test_nearer_than_merge_cents_is_one_carrier(void** state)
{
  (void)state;
  Rig rig;
  rig_start(&rig, RATE, TICK);
  clear_sound();
  for (uint32_t i = 0; i < 2 * RATE; ++i) {
    const double t = i / (double)RATE;
    sound[0][i]    = (float)(0.3 * sin(2.0 * pi * 3000.0 * t) + 0.2 * sin(2.0 * pi * 3100.0 * t));
  }
  copy_to_right();
  rig.params.merge_cents = 10.0f;
  play(&rig, RATE, NULL, NULL);
  assert_int_equal(rig.analysis.n_voices, 2);
  rig.params.merge_cents = 80.0f; // they are 57 cents apart
  play(&rig, 2 * RATE, NULL, NULL);
  assert_int_equal(rig.analysis.n_voices, 1);
  assert_int_equal(rig.analysis.n_merges, 1);
  assert_int_equal(rig.analysis.n_births, 2);
  assert_true(fabs(cents((double)rig.analysis.voices[0].hz, 3000.0)) < 1.0);
  rig_end(&rig);
}

static void test_silence_starves_all(void** state)
{
  (void)state;
  static const float starve_s[] = {0.05f, 0.3f, 2.0f};
  for (size_t i = 0; i < sizeof starve_s / sizeof *starve_s; ++i) {
    Rig   rig;
    Crowd crowd = {.after = RATE + (uint32_t)((starve_s[i] + 0.1f) * (float)RATE)};
    rig_start(&rig, RATE, TICK);
    clear_sound();
    add_chord(RATE);
    copy_to_right();
    rig.params.starve_s     = starve_s[i];
    rig.params.max_carriers = 32.0f;
    play(&rig, 4 * RATE, look_at_crowd, &crowd);
    assert_int_equal(crowd.n_max, N_PARTIALS);
    assert_true(crowd.sum_after < 0.5);
    rig_end(&rig);
  }
}

typedef struct {
  float    level[FIQ_TRACKER_VOICES_MAX]; ///< at the tick before
  uint32_t id[FIQ_TRACKER_VOICES_MAX];
  uint32_t n;
  float    worst; ///< largest change of a level from tick to tick
} Clicks;

static float level_of(const FiqPartialTrackerVoice* voices, uint32_t n, uint32_t id)
{
  for (uint32_t v = 0; v < n; ++v) {
    if (voices[v].id == id) {
      return voices[v].level;
    }
  }
  return 0.0f;
}

static void look_for_clicks(void* user, const Rig* rig, const FiqPartialTrackerVoice* voices,
                            uint32_t n)
{
  Clicks* clicks = user;
  (void)rig;
  for (uint32_t i = 0; i < clicks->n; ++i) {
    const float step = fabsf(level_of(voices, n, clicks->id[i]) - clicks->level[i]);
    clicks->worst    = fmaxf(clicks->worst, step);
  }
  for (uint32_t v = 0; v < n; ++v) {
    bool is_new = true;
    for (uint32_t i = 0; i < clicks->n; ++i) {
      is_new = is_new && clicks->id[i] != voices[v].id;
    }
    clicks->worst = fmaxf(clicks->worst, is_new ? voices[v].level : 0.0f);
  }
  clicks->n = n;
  for (uint32_t v = 0; v < n; ++v) {
    clicks->id[v]    = voices[v].id;
    clicks->level[v] = voices[v].level;
  }
}

static void test_levels_move_without_clicks(void** state)
{
  (void)state;
  Rig    rig;
  Clicks clicks = {.n = 0};
  rig_start(&rig, RATE, TICK);
  clear_sound();
  add_tone(lower, 0.3, RATE, 0, 7 * RATE);
  add_tone(upper, 0.3, RATE, 0, 7 * RATE);
  memset(sound[0] + RATE, 0, RATE / 4 * sizeof(float));
  copy_to_right();
  play(&rig, RATE * 5, look_for_clicks, &clicks);
  rig.params.max_carriers = 1.0f; // one must go at once
  play(&rig, RATE * 6, look_for_clicks, &clicks);
  assert_int_equal(rig.analysis.n_voices, 1);
  print_message("  largest step of a level of 0.6 in a tick of 0.67 ms: %.4f\n",
                (double)clicks.worst);
  assert_true(clicks.worst < 0.03f);
  rig_end(&rig);
}

static void test_the_loudest_get_the_places(void** state)
{
  (void)state;
  Rig rig;
  rig_start(&rig, RATE, TICK);
  clear_sound();
  for (uint32_t i = 0; i < 3 * RATE; ++i) {
    const double t = i / (double)RATE;
    for (int k = 1; k <= 6; ++k) {
      // The loudest comes last.
      sound[0][i] +=
          i < (uint32_t)k * RATE / 5 ? 0.0f : (float)(0.01 * k * sin(2.0 * pi * 300.0 * k * t));
    }
  }
  copy_to_right();
  rig.params.max_carriers = 2.0f;
  play(&rig, 3 * RATE, NULL, NULL);
  assert_int_equal(rig.analysis.n_voices, 2);
  for (uint32_t v = 0; v < 2; ++v) {
    assert_true(rig.analysis.voices[v].level >= 0.029f);
  }
  rig_end(&rig);
}

static void test_few_places_are_not_fought_for(void** state)
{
  (void)state;
  for (uint32_t places = 1; places <= 5; ++places) {
    Rig rig;
    rig_start(&rig, RATE, TICK);
    clear_sound();
    for (uint32_t i = 0; i < 3 * RATE; ++i) {
      for (int k = 1; k <= 8; ++k) {
        sound[0][i] += (float)(0.2 / k * sin(2.0 * pi * 220.0 * k * i / (double)RATE));
      }
    }
    copy_to_right();
    rig.params.max_carriers = (float)places;
    play(&rig, 3 * RATE, NULL, NULL);
    assert_int_equal(rig.analysis.n_voices, places);
    assert_in_range(rig.analysis.n_births, places, places + 2);
    for (uint32_t v = 0; v < places; ++v) {
      const FiqPartialTrackerVoice* const voice = &rig.analysis.voices[v];
      assert_true(voice->hz < 220.0f * ((float)places + 0.5f));
      assert_true(fabs(support_db((double)(voice->level * voice->hz) / (0.2 * 220.0))) < 0.2);
    }
    rig_end(&rig);
  }
}

typedef struct {
  double   level_sum;
  double   voiced_sum; ///< of that, between 60 and 1200 Hz
  uint32_t n_voiced;   ///< ticks with a voice above -40 dBFS
  Crowd    crowd;
} Talk;

static void look_at_talk(void* user, const Rig* rig, const FiqPartialTrackerVoice* voices,
                         uint32_t n)
{
  Talk* talk    = user;
  float loudest = 0.0f;
  look_at_crowd(&talk->crowd, rig, voices, n);
  for (uint32_t v = 0; v < n; ++v) {
    const double power = (double)voices[v].level * (double)voices[v].level;
    talk->level_sum += power;
    talk->voiced_sum += voices[v].hz < 1200.0f ? power : 0.0;
    loudest = fmaxf(loudest, voices[v].level);
  }
  talk->n_voiced += loudest > 0.01f;
}

static void test_speech_gives_its_voice(void** state)
{
  (void)state;
  SF_INFO        info = {0};
  SNDFILE* const file = sf_open("/usr/share/sounds/alsa/Front_Center.wav", SFM_READ, &info);
  if (!file || info.channels != 1 || info.samplerate != RATE) {
    (void)(file && sf_close(file));
    fail_msg("no speech: the package alsa-utils brings it");
  }
  Rig  rig;
  Talk talk;
  memset(&talk, 0, sizeof talk);
  rig_start(&rig, RATE, TICK);
  clear_sound();
  const uint32_t n = (uint32_t)sf_readf_float(file, sound[0], LENGTH_MAX - RATE);
  sf_close(file);
  copy_to_right();
  play(&rig, n + RATE, look_at_talk, &talk);
  const double voiced_s = talk.n_voiced * (double)TICK / RATE;
  const double low      = talk.voiced_sum / talk.level_sum;
  print_message("  %u born, most %u at once, voiced for %.2f of %.2f s, %.1f %% below 1200 Hz\n",
                rig.analysis.n_births, talk.crowd.n_max, voiced_s, n / (double)RATE, 100.0 * low);
  assert_in_range(rig.analysis.n_births, 4, 60);
  assert_in_range(talk.crowd.n_max, 3, 16);
  assert_true(voiced_s > 0.3 && voiced_s < 1.2);
  assert_true(low > 0.9);
  assert_int_equal(rig.analysis.n_voices, 0);
  rig_end(&rig);
}

static void test_anything_stays_finite(void** state)
{
  (void)state;
  Rig rig;
  rig_start(&rig, RATE, TICK);
  clear_sound();
  for (uint32_t i = 0; i < 4 * RATE; ++i) {
    const uint32_t half = i < 2 * RATE ? 109 : 24 + i / 4096; // squares, then steps of pitch
    sound[0][i]         = (i / half) % 2 ? 16.0f : -16.0f;
  }
  copy_to_right();
  rig.params.max_carriers = 32.0f;
  rig.params.threshold_db = -80.0f;
  play(&rig, 2 * RATE, NULL, NULL);
  assert_in_range(rig.analysis.n_voices, 10, FIQ_TRACKER_VOICES_MAX);
  rig.params.adapt_s  = 0.0f;
  rig.params.starve_s = 0.02f;
  rig.params.low_hz   = 0.0f;
  rig.params.high_hz  = 1e6f;
  play(&rig, 3 * RATE, NULL, NULL);
  rig.params.low_hz  = 5000.0f;
  rig.params.high_hz = 100.0f; // no room at all
  play(&rig, 4 * RATE, NULL, NULL);
  assert_int_equal(rig.analysis.n_voices, 0);
  rig_end(&rig);
}

static void test_every_rate_hears_the_same(void** state)
{
  (void)state;
  static const double rates_hz[] = {8000.0, 16000.0, 22050.0, 44100.0, 48000.0, 96000.0, 192000.0};
  for (size_t r = 0; r < sizeof rates_hz / sizeof *rates_hz; ++r) {
    const double   rate = rates_hz[r];
    const uint32_t tick = rate > 50000.0 ? (uint32_t)(rate / 48000.0) * TICK : TICK;
    Rig            rig;
    rig_start(&rig, rate, tick);
    clear_sound();
    for (uint32_t i = 0; i < (uint32_t)(2.0 * rate); ++i) {
      sound[0][i] =
          (float)(0.3 * sin(2.0 * pi * 440.0 * i / rate) + 0.1 * sin(2.0 * pi * 1234.5 * i / rate));
    }
    copy_to_right();
    play(&rig, (uint32_t)(2.0 * rate), NULL, NULL);
    const FiqPartialTrackerVoice* v = rig.analysis.voices;
    assert_int_equal(rig.analysis.n_voices, 2);
    assert_int_equal(rig.analysis.n_births, 2);
    const uint32_t low = v[0].hz < v[1].hz ? 0 : 1;
    const double   off =
        fmax(fabs(cents((double)v[low].hz, 440.0)), fabs(cents((double)v[1 - low].hz, 1234.5)));
    print_message("  %6.0f Hz: window %5u, latency %5.1f ms, %.4f cents\n", rate,
                  rig.analysis.config.window_frames,
                  1000.0 * fiq_partial_tracker_latency_frames(&rig.analysis) / rate, off);
    assert_true(off < 1.0);
    assert_true(fabs(support_db((double)v[low].level / 0.3)) < 0.5);
    assert_true(fabs(support_db((double)v[1 - low].level / 0.1)) < 0.5);
    rig_end(&rig);
  }
}

static void test_measured_latency_is_reported_latency(void** state)
{
  (void)state;
  // Where the frequency of a glide stands says how old the voice is.
  Rig rig;
  rig_start(&rig, RATE, TICK);
  clear_sound();
  add_tone(glissando, 0.3, RATE, 0, 2 * RATE);
  copy_to_right();
  rig.params.adapt_s = 0.01f;
  double   sum       = 0.0;
  uint32_t n         = 0;
  for (uint32_t end = RATE; end < 2 * RATE; end += TICK) {
    play(&rig, end, NULL, NULL);
    const double then_s = 2.0 * log2((double)rig.analysis.voices[0].hz / 440.0);
    sum += (rig.n_done - TICK) - then_s * RATE;
    n += 1;
  }
  const double reported = fiq_partial_tracker_latency_frames(&rig.analysis);
  print_message("  latency %.1f frames, reported %.0f\n", sum / n, reported);
  assert_true(fabs(sum / n - reported) < 8.0);
  rig_end(&rig);
}

static void make_mixture(uint32_t n)
{
  clear_sound();
  support_noise(sound[1], n, 0.05, 3);
  add_chord(n / 2);
  add_tone(glissando, 0.2, RATE, 0, n);
}

static void test_cutting_cannot_be_heard(void** state)
{
  (void)state;
  static const uint32_t cuts[] = {1, 3, 7, 13, 31, 5};
  Rig                   whole;
  Rig                   cut;
  rig_start(&whole, RATE, TICK);
  rig_start(&cut, RATE, TICK);
  make_mixture(RATE);
  uint32_t i = 0;
  for (uint32_t start = 0; start + TICK <= RATE; start += TICK) {
    play(&whole, start + TICK, NULL, NULL);
    fiq_partial_tracker_control(&cut.analysis, &cut.params);
    for (uint32_t done = 0; done < TICK;) {
      const uint32_t ask  = cuts[i++ % 6];
      const uint32_t n    = ask < TICK - done ? ask : TICK - done;
      const float*   in[] = {sound[0] + start + done, sound[1] + start + done};
      fiq_partial_tracker_process(&cut.analysis, in, n);
      done += n;
    }
    assert_int_equal(whole.analysis.n_voices, cut.analysis.n_voices);
    assert_memory_equal(whole.analysis.voices, cut.analysis.voices, sizeof cut.analysis.voices);
  }
  assert_true(whole.analysis.n_births > 10);
  rig_end(&whole);
  rig_end(&cut);
}

static void test_reset_equals_fresh_init(void** state)
{
  (void)state;
  Rig used;
  Rig fresh;
  rig_start(&used, RATE, TICK);
  rig_start(&fresh, RATE, TICK);
  make_mixture(RATE);
  play(&used, RATE / 2 + 5 * TICK, NULL, NULL);
  fiq_partial_tracker_reset(&used.analysis);
  used.n_done = 0;
  for (uint32_t end = TICK; end < RATE; end += TICK) {
    play(&used, end, NULL, NULL);
    play(&fresh, end, NULL, NULL);
    assert_int_equal(used.analysis.n_voices, fresh.analysis.n_voices);
    assert_memory_equal(used.analysis.voices, fresh.analysis.voices, sizeof used.analysis.voices);
  }
  assert_true(fresh.analysis.n_births > 10);
  rig_end(&used);
  rig_end(&fresh);
}

static void test_one_channel_alone_reads_half(void** state)
{
  (void)state;
  Rig rig;
  rig_start(&rig, RATE, TICK);
  clear_sound();
  support_sine(sound[0], RATE, 440.0, RATE, 0.3, 0.0);
  play(&rig, RATE, NULL, NULL);
  assert_int_equal(rig.analysis.n_voices, 1);
  assert_true(fabs(support_db((double)rig.analysis.voices[0].level / 0.15)) < 0.1);
  rig_end(&rig);
}

static void test_any_window_and_control_period_will_do(void** state)
{
  (void)state;
  for (uint32_t window = FIQ_PARTIALS_WINDOW_MIN; window <= FIQ_PARTIALS_WINDOW_MAX; window *= 2) {
    const FiqPartialTrackerConfig config = {RATE, FIQ_CONTROL_MAX, window};
    Rig                           rig    = {.tick = FIQ_CONTROL_MAX};
    rig.arena                            = support_arena(ARENA_BYTES);
    rig.params                           = fiq_partial_tracker_default_params();
    assert_int_equal(fiq_partial_tracker_init(&rig.analysis, &rig.arena, &pool, &config), FIQ_OK);
    clear_sound();
    support_sine(sound[0], 4 * RATE, 3000.0, RATE, 0.3, 0.0);
    copy_to_right();
    play(&rig, 5 * RATE - RATE / 2, NULL, NULL);
    assert_int_equal(rig.analysis.n_births, 1);
    play(&rig, 6 * RATE, NULL, NULL);
    assert_int_equal(rig.analysis.n_voices, 0);
    rig_end(&rig);
  }
}

static void test_silence_and_impulses_bear_nothing(void** state)
{
  (void)state;
  Rig   rig;
  Crowd crowd = {0};
  rig_start(&rig, RATE, TICK);
  clear_sound();
  for (uint32_t i = RATE; i < 4 * RATE; i += RATE / 5) {
    sound[0][i] = 1.0f;
  }
  copy_to_right();
  rig.params.threshold_db = -80.0f;
  play(&rig, 4 * RATE, look_at_crowd, &crowd);
  assert_int_equal(crowd.n_max, 0);
  rig_end(&rig);
}

static void test_bad_configurations_and_small_arenas_are_refused(void** state)
{
  (void)state;
  static const FiqPartialTrackerConfig bad[] = {{7999.0, 32, 0},     {400000.0, 32, 0},
                                                {48000.0, 0, 0},     {48000.0, 257, 0},
                                                {48000.0, 32, 1000}, {48000.0, 32, 64}};
  const FiqPartialTrackerConfig        good  = {48000.0, 32, 0};
  FiqPartialTracker                    analysis;
  FiqArena                             ruler;
  fiq_arena_init(&ruler, NULL, 0);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
    assert_int_equal(fiq_partial_tracker_init(&analysis, &ruler, &pool, &bad[i]), FIQ_BAD_ARGUMENT);
  }
  assert_int_equal(fiq_partial_tracker_init(&analysis, &ruler, &pool, &good), FIQ_NO_MEMORY);
  for (size_t size = 0; size < ruler.used_bytes; size += FIQ_ARENA_ALIGN_BYTES) {
    FiqArena arena = support_arena(size);
    assert_int_equal(fiq_partial_tracker_init(&analysis, &arena, &pool, &good), FIQ_NO_MEMORY);
    support_arena_free(&arena);
  }
  FiqArena exact = support_arena(ruler.used_bytes);
  assert_int_equal(fiq_partial_tracker_init(&analysis, &exact, &pool, &good), FIQ_OK);
  print_message("  %zu bytes of arena, %zu of struct\n", ruler.used_bytes, sizeof analysis);
  support_arena_free(&exact);
}

/// Cosine of two sets of axes, as amplitudes.
static double alike(const float* a, const float* b)
{
  double ab = 0.0;
  double aa = 1e-300;
  double bb = 1e-300;
  for (uint32_t i = 0; i < FIQ_AXES; ++i) {
    ab += sqrt((double)a[i] * (double)b[i]);
    aa += (double)a[i];
    bb += (double)b[i];
  }
  return ab / sqrt(aa * bb);
}

static double sum_of_axes(const float* axes)
{
  double sum = 0.0;
  for (uint32_t i = 0; i < FIQ_AXES; ++i) {
    assert_true(isfinite(axes[i]) && axes[i] >= 0.0f);
    sum += (double)axes[i];
  }
  return sum;
}

static void test_axes_are_those_of_the_partials(void** state)
{
  (void)state;
  Rig    rig;
  float  axes[FIQ_AXES];
  float  due[FIQ_AXES] = {0.0f};
  double worst         = 1.0;
  rig_start(&rig, RATE, TICK);
  clear_sound();
  add_chord(RATE);
  copy_to_right();
  play(&rig, RATE, NULL, NULL);
  fiq_partial_tracker_axes(&rig.analysis, axes);
  for (int i = 0; i < N_PARTIALS; ++i) {
    fiq_axes_add(due, (float)partial_hz(i), (float)(0.5 * partial_gain(i) * partial_gain(i)));
  }
  const double db = 0.5 * support_db(sum_of_axes(axes) / sum_of_axes(due));
  print_message("  a chord: cosine %.6f, level off by %+.4f dB\n", alike(axes, due), db);
  assert_true(alike(axes, due) > 0.999);
  assert_true(fabs(db) < 0.05);
  rig_end(&rig);
  // Any tone, at any rate that has it, counts on its axes alone.
  static const double rates_hz[] = {8000.0, 22050.0, 44100.0, 48000.0, 96000.0, 192000.0};
  static const double tones_hz[] = {70.0, 111.0, 300.0, 1234.0, 3333.0, 9000.0, 15000.0};
  for (size_t r = 0; r < sizeof rates_hz / sizeof *rates_hz; ++r) {
    for (size_t t = 0; t < sizeof tones_hz / sizeof *tones_hz && tones_hz[t] < 0.45 * rates_hz[r];
         ++t) {
      const uint32_t n = (uint32_t)(0.25 * rates_hz[r]);
      rig_start(&rig, rates_hz[r], TICK);
      clear_sound();
      support_sine(sound[0], n, tones_hz[t], rates_hz[r], 0.5, 0.3);
      copy_to_right();
      play(&rig, n, NULL, NULL);
      fiq_partial_tracker_axes(&rig.analysis, axes);
      memset(due, 0, sizeof due);
      fiq_axes_add(due, (float)tones_hz[t], 0.125f);
      worst = fmin(worst, alike(axes, due));
      // Of the lowest tone a part is below the first axis.
      assert_true(fabs(0.5 * support_db(sum_of_axes(axes) / 0.125)) < (t == 0 ? 1.0 : 0.1));
      rig_end(&rig);
    }
  }
  print_message(
      "  single tones from 70 Hz to 15 kHz at rates from 8 to 192 kHz: cosine at least %.4f\n",
      worst);
  assert_true(worst > 0.95);
}

static void test_axes_of_noise_are_as_wide_as_their_bands(void** state)
{
  (void)state;
  Rig    rig;
  float  axes[FIQ_AXES];
  double sum[FIQ_AXES] = {0.0};
  double worst         = 0.0;
  rig_start(&rig, RATE, TICK);
  clear_sound();
  support_noise(sound[0], 12 * RATE, 0.1, 5);
  copy_to_right();
  uint32_t n = 0;
  for (uint32_t end = RATE / 2; end <= 12 * RATE; end += 256) {
    play(&rig, end, NULL, NULL);
    fiq_partial_tracker_axes(&rig.analysis, axes);
    for (uint32_t i = 0; i < FIQ_AXES; ++i) {
      sum[i] += (double)axes[i];
    }
    ++n;
  }
  // White noise of variance 0.01/3 has that power over 24 kHz.
  for (uint32_t i = 0; i < FIQ_AXES; ++i) {
    double due = 0.0;
    for (float hz = 50.25f; hz < 16000.0f; hz += 0.5f) {
      float share[FIQ_AXES] = {0.0f};
      fiq_axes_add(share, hz, 1.0f);
      due += 0.5 * (double)share[i] * 0.01 / 3.0 / 24000.0;
    }
    worst = fmax(worst, fabs(0.5 * support_db(sum[i] / n / due)));
  }
  print_message("  axes of white noise off by at most %.2f dB\n", worst);
  assert_true(worst < 1.0);
  clear_sound();
  rig.n_done = 0;
  play(&rig, RATE, NULL, NULL);
  fiq_partial_tracker_axes(&rig.analysis, axes);
  assert_true(sum_of_axes(axes) <= 0.0);
  rig_end(&rig);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_chord_is_heard_exactly_and_nothing_else),
      cmocka_unit_test(test_sines_on_the_voices_are_as_loud_as_the_sound),
      cmocka_unit_test(test_a_glissando_keeps_one_carrier),
      cmocka_unit_test(test_vibrato_keeps_one_carrier),
      cmocka_unit_test(test_noise_bears_few_carriers),
      cmocka_unit_test(test_tones_that_meet_merge_once_and_split_once),
      cmocka_unit_test(test_nearer_than_merge_cents_is_one_carrier),
      cmocka_unit_test(test_silence_starves_all),
      cmocka_unit_test(test_levels_move_without_clicks),
      cmocka_unit_test(test_the_loudest_get_the_places),
      cmocka_unit_test(test_few_places_are_not_fought_for),
      cmocka_unit_test(test_speech_gives_its_voice),
      cmocka_unit_test(test_anything_stays_finite),
      cmocka_unit_test(test_every_rate_hears_the_same),
      cmocka_unit_test(test_measured_latency_is_reported_latency),
      cmocka_unit_test(test_axes_are_those_of_the_partials),
      cmocka_unit_test(test_axes_of_noise_are_as_wide_as_their_bands),
      cmocka_unit_test(test_cutting_cannot_be_heard),
      cmocka_unit_test(test_reset_equals_fresh_init),
      cmocka_unit_test(test_one_channel_alone_reads_half),
      cmocka_unit_test(test_any_window_and_control_period_will_do),
      cmocka_unit_test(test_silence_and_impulses_bear_nothing),
      cmocka_unit_test(test_bad_configurations_and_small_arenas_are_refused),
  };
  fiq_fft_pool_init(&pool);
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  fiq_fft_pool_free(&pool);
  return failed;
}
