// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the partner plays when its mode says so, what it has learned, in time, audibly and to the MIDI output; the same
// for every block size; off, not a bit changes.
// Method: a tune is played into the plugin; what leaves by the MIDI output is collected frame by frame.
#include "dsp/notes/just_intonation.h"
#include "tests/support/fixture.h"
#include "tests/support/store.h"

#include <lv2/atom/util.h>
#include <lv2/midi/midi.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  RATE      = 48000,
  BEAT      = RATE / 2,
  TUNE      = 16,
  REST      = 20 * BEAT,
  LENGTH    = TUNE * BEAT + REST,
  NOTES_MAX = 512,
  BUFFER    = 8192
};

static const uint8_t tune[TUNE] = {60, 62, 64, 65, 67, 65, 64, 62, 60, 64, 62, 65, 64, 67, 65, 62};

typedef struct {
  uint32_t n;
  uint32_t frame[NOTES_MAX];
  uint8_t  key[NOTES_MAX];
  bool     is_on[NOTES_MAX];
  float    progress; ///< of the goals, at the end
} Played;

typedef struct {
  double mode;
  double bars;
  double capture;
  double forget_at; ///< frame, < 0: never
  double density;
  double register_;
  double surprise;
  double harmony;
  int    seed;
  bool   again;      ///< the player begins anew after 8 beats of rest
  double brightness; ///< that the sound is to come to, in percent; < 0: it has no goal
  double lowest;     ///< keys that it is to play
  double highest;
  double range_at; ///< frame from which on they are wished for
} Session;

static const Session plain = {1, 1, 1, -1, 50, 50, 50, 50, 7, false, -1, 0, 127, 0};

static void take_notes(const uint8_t* buffer, uint32_t start, Played* played)
{
  const LV2_Atom_Sequence* const sequence = (const LV2_Atom_Sequence*)(const void*)buffer;
  LV2_ATOM_SEQUENCE_FOREACH(sequence, event)
  {
    const uint8_t* const message = (const uint8_t*)(event + 1);
    assert_int_equal(event->body.size, 3);
    assert_true(played->n < NOTES_MAX);
    played->frame[played->n] = start + (uint32_t)event->time.frames;
    played->key[played->n]   = message[1];
    played->is_on[played->n] = (message[0] & 0xf0) == 0x90;
    assert_true(played->n == 0 || played->frame[played->n] >= played->frame[played->n - 1]);
    ++played->n;
  }
}

/// Queue the player's events that fall into [start, end).
static void queue(Fixture* self, const Session* session, uint32_t start, uint32_t end)
{
  for (uint32_t i = 0; i < 2 * TUNE; ++i) {
    if (i >= TUNE && !session->again) {
      break;
    }
    const uint32_t at  = i * BEAT + (i >= TUNE ? 8 * BEAT : 0);
    const uint32_t off = at + BEAT * 3 / 4;
    if (off >= start && off < end) {
      fixture_midi(self, off - start, 0x80, tune[i % TUNE], 0);
    }
    if (at >= start && at < end) {
      fixture_midi(self, at - start, 0x90, tune[i % TUNE], 90);
    }
  }
}

/// The whole session in blocks of `block` frames (0: of random length); what is heard in `out` [LENGTH], if any.
static Played play(FiqPluginKind kind, const Session* session, uint32_t block, FixtureAudio* out)
{
  static uint8_t buffer[BUFFER];
  Played         played = {.n = 0};
  FixtureAudio   own    = {{NULL, NULL}};
  if (!out) {
    own = fixture_audio(LENGTH);
    out = &own;
  }
  Fixture* self = fixture_open(kind, RATE, true);
  fixture_set(self, "sequence", session->mode);
  fixture_set(self, "sequence_bars", session->bars);
  fixture_set(self, "sequence_capture", session->capture);
  fixture_set(self, "sequence_density", session->density);
  fixture_set(self, "sequence_register", session->register_);
  fixture_set(self, "sequence_surprise", session->surprise);
  fixture_set(self, "sequence_harmony", session->harmony);
  fixture_set(self, "goal", session->brightness < 0 ? 0 : 3);
  fixture_set(self, "goal_target", fmax(0.0, session->brightness));
  if (kind == FIQ_PLUGIN_REALMS) {
    fixture_set(self, "swarm_level", 0);
    fixture_set(self, "swarm_follow", 0);
  }
  fixture_seed(self, session->seed);
  fixture_work(self);
  self->descriptor->connect_port(self->handle, fixture_port(self, "midi_out"), buffer);
  srand(3);
  for (uint32_t done = 0; done < LENGTH;) {
    const uint32_t want       = block ? block : 1 + (uint32_t)rand() % 1500;
    const uint32_t n          = LENGTH - done < want ? LENGTH - done : want;
    *(LV2_Atom*)(void*)buffer = (LV2_Atom){BUFFER - sizeof(LV2_Atom), 0};
    fixture_set(self, "sequence_forget", session->forget_at >= 0 && done >= session->forget_at);
    fixture_set(self, "sequence_lowest", done >= session->range_at ? session->lowest : 0);
    fixture_set(self, "sequence_highest", done >= session->range_at ? session->highest : 127);
    queue(self, session, done, done + n);
    fixture_run(self, NULL, out->plane, done, n);
    take_notes(buffer, done, &played);
    fixture_work(self);
    done += n;
  }
  played.progress = fixture_get(self, "goal_progress");
  fixture_close(self);
  if (own.plane[0]) {
    fixture_audio_free(&own);
  }
  return played;
}

/// Notes begun from frame `from` on, whose keys must lie within `lowest` .. `highest`.
static uint32_t n_within(const Played* played, uint32_t from, uint32_t lowest, uint32_t highest)
{
  uint32_t n = 0;
  for (uint32_t i = 0; i < played->n; ++i) {
    if (played->is_on[i] && played->frame[i] >= from) {
      assert_in_range(played->key[i], lowest, highest);
      ++n;
    }
  }
  return n;
}

static uint32_t n_begun(const Played* played, uint32_t from, uint32_t to)
{
  uint32_t n = 0;
  for (uint32_t i = 0; i < played->n; ++i) {
    n += played->is_on[i] && played->frame[i] >= from && played->frame[i] < to;
  }
  return n;
}

static double mean_key(const Played* played)
{
  double sum = 0.0;
  double n   = 0.0;
  for (uint32_t i = 0; i < played->n; ++i) {
    sum += played->is_on[i] ? played->key[i] : 0;
    n += played->is_on[i];
  }
  return sum / n;
}

/// Every note that begins ends, if that is before the end.
static void check_pairs(const Played* played)
{
  int sounding[128] = {0};
  for (uint32_t i = 0; i < played->n; ++i) {
    int* const n = &sounding[played->key[i]];
    *n += played->is_on[i] ? 1 : -1;
    assert_in_range(*n, 0, 1);
  }
}

static double n_crossings(const float* x, size_t n)
{
  double crossings = 0.0;
  for (size_t i = 1; i < n; ++i) {
    crossings += (x[i] > 0.0f) != (x[i - 1] > 0.0f);
  }
  return crossings;
}

static void test_continues_when_the_player_rests(void** state)
{
  (void)state;
  for (int kind = 0; kind < 2; ++kind) {
    FixtureAudio out    = fixture_audio(LENGTH);
    const Played played = play((FiqPluginKind)kind, &plain, 256, &out);
    assert_int_equal(n_begun(&played, 0, TUNE * BEAT), 0);
    assert_true(n_begun(&played, TUNE * BEAT, LENGTH) >= 8);
    check_pairs(&played);
    for (uint32_t i = 0; i < played.n; ++i) {
      assert_in_range(played.key[i], 60, 67);
      assert_true(strchr("\x3c\x3e\x40\x41\x43", played.key[i]) != NULL); // the scale of the tune
    }
    const double level = support_db(support_rms(out.plane[0] + LENGTH - 4 * BEAT, 4 * BEAT));
    print_message("kind %d: %u notes, %.1f dB\n", kind, n_begun(&played, 0, LENGTH), level);
    assert_true(level > -50.0);
    fixture_audio_free(&out);
  }
}

/// Its notes begin on a grid of sixteenths of the beat that was played.
static void test_plays_on_the_beat(void** state)
{
  (void)state;
  const Played played = play(FIQ_PLUGIN_SWARM, &plain, 256, NULL);
  for (uint32_t i = 0; i < played.n; ++i) {
    if (played.is_on[i]) {
      const double beats = (double)played.frame[i] / BEAT;
      const double off_s = fabs(beats * 8.0 - round(beats * 8.0)) / 8.0 * BEAT / RATE;
      assert_true(off_s < 0.015);
    }
  }
}

static void test_stops_when_the_player_begins(void** state)
{
  (void)state;
  Session session      = plain;
  session.again        = true;
  const Played   stops = play(FIQ_PLUGIN_SWARM, &session, 256, NULL);
  const uint32_t from  = (TUNE + 8) * BEAT;
  assert_true(n_begun(&stops, TUNE * BEAT, from) > 2);
  assert_int_equal(n_begun(&stops, from + 100, from + TUNE * BEAT / 2), 0);
  session.mode       = 4; // Hold
  const Played holds = play(FIQ_PLUGIN_SWARM, &session, 256, NULL);
  assert_true(n_begun(&holds, from + 100, LENGTH) > 2);
}

static void test_accompanies_below(void** state)
{
  (void)state;
  Session session     = plain;
  session.mode        = 3;
  const Played played = play(FIQ_PLUGIN_SWARM, &session, 256, NULL);
  assert_int_equal(n_begun(&played, 0, TUNE * BEAT), TUNE);
  assert_int_equal(n_begun(&played, TUNE * BEAT, LENGTH), 0);
  check_pairs(&played);
  uint32_t at = 0;
  for (uint32_t i = 0; i < played.n; ++i) {
    if (played.is_on[i]) {
      assert_in_range(tune[at] - played.key[i], 3, 16);
      ++at;
    }
  }
}

static void test_answers_by_turns(void** state)
{
  (void)state;
  Session session     = plain;
  session.mode        = 2;
  session.bars        = 4;
  const Played played = play(FIQ_PLUGIN_SWARM, &session, 256, NULL);
  // Four bars of four beats are the player's, as many its own, then it is silent again.
  assert_int_equal(n_begun(&played, 0, 15 * BEAT), 0);
  assert_true(n_begun(&played, 16 * BEAT - 100, 32 * BEAT) >= 6);
  assert_int_equal(n_begun(&played, 32 * BEAT + 100, LENGTH), 0);
}

static void test_stream_does_not_depend_on_blocks(void** state)
{
  (void)state;
  FixtureAudio          one      = fixture_audio(LENGTH);
  FixtureAudio          other    = fixture_audio(LENGTH);
  const Played          a        = play(FIQ_PLUGIN_SWARM, &plain, 64, &one);
  static const uint32_t blocks[] = {1000, 0};
  for (uint32_t i = 0; i < 2; ++i) {
    const Played b = play(FIQ_PLUGIN_SWARM, &plain, blocks[i], &other);
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.frame, b.frame, a.n * sizeof(a.frame[0]));
    assert_memory_equal(a.key, b.key, a.n);
    assert_memory_equal(one.plane[0], other.plane[0], LENGTH * sizeof(float));
  }
  fixture_audio_free(&one);
  fixture_audio_free(&other);
}

static void test_forgets_and_does_not_capture(void** state)
{
  (void)state;
  Session session   = plain;
  session.forget_at = TUNE * BEAT;
  assert_int_equal(play(FIQ_PLUGIN_SWARM, &session, 256, NULL).n, 0);
  session         = plain;
  session.capture = 0;
  assert_int_equal(play(FIQ_PLUGIN_SWARM, &session, 256, NULL).n, 0);
}

/// Share of its steps from key to key that the tune has too.
static double n_repeats(const Session* session)
{
  const Played played = play(FIQ_PLUGIN_SWARM, session, 256, NULL);
  double       n      = 0.0;
  double       known  = 0.0;
  int          last   = -1;
  for (uint32_t i = 0; i < played.n; ++i) {
    if (!played.is_on[i]) {
      continue;
    }
    bool is_known = false;
    for (uint32_t k = 1; k < TUNE && last >= 0; ++k) {
      is_known |= tune[k - 1] == last && tune[k] == played.key[i];
    }
    n += last >= 0;
    known += is_known;
    last = played.key[i];
  }
  return known / n;
}

/// Mean harmony of its notes with the one before.
static double harmony(const Played* played)
{
  double sum  = 0.0;
  double n    = 0.0;
  int    last = -1;
  for (uint32_t i = 0; i < played->n; ++i) {
    if (played->is_on[i] && last >= 0) {
      const FiqPrimeVector ratio = fiq_just_chord(abs(played->key[i] - last), 5);
      sum += fiq_just_harmony(fiq_just_height(&ratio));
      n += 1.0;
    }
    last = played->is_on[i] ? played->key[i] : last;
  }
  return sum / n;
}

static void test_parameters_are_heard(void** state)
{
  (void)state;
  Session session   = plain;
  session.density   = 100;
  const Played many = play(FIQ_PLUGIN_SWARM, &session, 256, NULL);
  session.density   = 0;
  const Played few  = play(FIQ_PLUGIN_SWARM, &session, 256, NULL);
  assert_true(n_begun(&many, 0, LENGTH) > 2 * n_begun(&few, 0, LENGTH));
  session           = plain;
  session.register_ = 100;
  const Played up   = play(FIQ_PLUGIN_SWARM, &session, 256, NULL);
  session.register_ = 0;
  const Played down = play(FIQ_PLUGIN_SWARM, &session, 256, NULL);
  print_message("density %u, %u notes; register: mean key %.1f, %.1f\n", n_begun(&few, 0, LENGTH),
                n_begun(&many, 0, LENGTH), mean_key(&down), mean_key(&up));
  assert_true(mean_key(&up) > mean_key(&down) + 0.5);
  session             = plain;
  session.brightness  = 100;
  const Played bright = play(FIQ_PLUGIN_SWARM, &session, 256, NULL);
  session.brightness  = 0;
  const Played dark   = play(FIQ_PLUGIN_SWARM, &session, 256, NULL);
  print_message("goal of brightness: mean key %.1f, %.1f\n", mean_key(&dark), mean_key(&bright));
  assert_true(mean_key(&bright) > mean_key(&dark) + 0.5);
  session           = plain;
  session.surprise  = 0;
  const double sure = n_repeats(&session);
  session.surprise  = 100;
  const double wild = n_repeats(&session);
  print_message("learned steps among its own: sure %.2f, wild %.2f\n", sure, wild);
  assert_true(sure > wild + 0.1);
  double fit[2] = {0.0, 0.0};
  for (int k = 0; k < 12; ++k) {
    session             = plain;
    session.seed        = 1 + k / 2;
    session.harmony     = k % 2 ? 100 : 0;
    const Played played = play(FIQ_PLUGIN_SWARM, &session, 256, NULL);
    fit[k % 2] += harmony(&played) / 6.0;
  }
  print_message("mean harmony of neighbours: %.3f, %.3f\n", fit[0], fit[1]);
  assert_true(fit[1] > fit[0] + 0.02);
}

/// The goal of range: the line is where it is wished, moves there when the goal does, and sounds there; the second voice too.
static void test_keeps_to_the_range_wished_for(void** state)
{
  (void)state;
  for (int kind = 0; kind < 2; ++kind) {
    Session      session  = plain;
    FixtureAudio out      = fixture_audio(LENGTH);
    double       bright[] = {0.0, 0.0};
    for (int high = 0; high < 2; ++high) {
      session.lowest      = high ? 84 : 36;
      session.highest     = high ? 91 : 43;
      const Played played = play((FiqPluginKind)kind, &session, 256, &out);
      assert_true(n_within(&played, 0, high ? 84 : 36, high ? 91 : 43) >= 8);
      check_pairs(&played);
      assert_true(played.progress > 0.99f);
      const float* const end = out.plane[0] + LENGTH - 8 * BEAT;
      assert_true(support_db(support_rms(end, 8 * BEAT)) > -50.0);
      bright[high] = n_crossings(end, 8 * BEAT);
    }
    print_message("kind %d: zero crossings low %.0f, high %.0f\n", kind, bright[0], bright[1]);
    assert_true(bright[1] > 3.0 * bright[0]);
    fixture_audio_free(&out);
  }
  Session session     = plain;
  session.lowest      = 72;
  session.highest     = 84;
  session.range_at    = (TUNE + 10) * BEAT;
  const Played played = play(FIQ_PLUGIN_SWARM, &session, 256, NULL);
  assert_true(n_begun(&played, 0, (TUNE + 10) * BEAT) >= 4);
  assert_true(n_within(&played, (TUNE + 10) * BEAT + 256, 72, 84) >= 4);
  session.mode       = 3; // Accompany
  session.lowest     = 36;
  session.highest    = 48;
  session.range_at   = 0;
  const Played below = play(FIQ_PLUGIN_SWARM, &session, 256, NULL);
  assert_int_equal(n_within(&below, 0, 36, 48), TUNE);
}

/// Two linked instances, after the same tune: what sounds of each, every 10 ms.
typedef struct {
  uint32_t n_alone[2]; ///< moments in which only one plays
  uint32_t n_both;
  double   harmony;  ///< mean of the pairs that sound together
  uint32_t n_agreed; ///< moments in which both told a chord
  uint32_t n_same;   ///< the same one
} Pair;

static Pair play_pair(int seed, double link)
{
  static uint8_t buffer[2][BUFFER];
  Pair           pair     = {.harmony = 0.0};
  int32_t        chord[2] = {-1, -1};
  int            sound[2] = {-1, -1};
  FixtureAudio   out      = fixture_audio(480);
  Fixture*       player[2];
  for (int i = 0; i < 2; ++i) {
    player[i] = fixture_open(FIQ_PLUGIN_SWARM, RATE, true);
    fixture_set(player[i], "sequence", 1);
    fixture_set(player[i], "sequence_bars", 1);
    fixture_set(player[i], "sequence_harmony", 100);
    fixture_set(player[i], "sequence_link", link);
    fixture_set(player[i], "link", 9);
    fixture_seed(player[i], seed + 10 * i);
    player[i]->descriptor->connect_port(player[i]->handle, fixture_port(player[i], "midi_out"),
                                        buffer[i]);
  }
  for (uint32_t done = 0; done < LENGTH + 20 * BEAT; done += 480) {
    for (int i = 0; i < 2; ++i) {
      Played played                = {.n = 0};
      *(LV2_Atom*)(void*)buffer[i] = (LV2_Atom){BUFFER - sizeof(LV2_Atom), 0};
      if (done % RATE == 0) {
        fixture_patch_get(player[i], 0, "urn:fieldiq:telemetry");
      }
      queue(player[i], &plain, done, done + 480);
      fixture_run(player[i], NULL, out.plane, 0, 480);
      fixture_work(player[i]);
      const LV2_Atom* const told =
          fixture_told_value(player[i], "urn:fieldiq:Telemetry", "urn:fieldiq:agreed_chord");
      chord[i] = told ? ((const LV2_Atom_Int*)(const void*)told)->body : chord[i];
      take_notes(buffer[i], done, &played);
      for (uint32_t k = 0; k < played.n; ++k) {
        sound[i] = played.is_on[k] ? played.key[k] : -1;
      }
    }
    pair.n_agreed += chord[0] >= 0 && chord[1] >= 0;
    pair.n_same += chord[0] >= 0 && chord[0] == chord[1];
    pair.n_alone[0] += sound[0] >= 0 && sound[1] < 0;
    pair.n_alone[1] += sound[1] >= 0 && sound[0] < 0;
    if (sound[0] >= 0 && sound[1] >= 0) {
      const FiqPrimeVector ratio = fiq_just_chord(abs(sound[0] - sound[1]), 5);
      pair.harmony += fiq_just_harmony(fiq_just_height(&ratio));
      ++pair.n_both;
    }
  }
  pair.harmony /= fmax(1.0, pair.n_both);
  fixture_close(player[0]);
  fixture_close(player[1]);
  fixture_audio_free(&out);
  return pair;
}

static void test_linked_partners_take_turns_or_agree(void** state)
{
  (void)state;
  double harmony_of[2] = {0.0, 0.0};
  for (int seed = 1; seed <= 5; ++seed) {
    for (int link = 0; link < 2; ++link) {
      const Pair pair = play_pair(seed, link);
      assert_true(pair.n_both > 1000);
      harmony_of[link] += pair.harmony / 5.0;
      assert_true(link ? pair.n_agreed > 500 && 10 * pair.n_same > 9 * pair.n_agreed
                       : pair.n_agreed == 0);
    }
  }
  const Pair turns = play_pair(1, 2);
  print_message("harmony in parallel %.3f, in consensus %.3f; turns: %u and %u alone, %u both\n",
                harmony_of[0], harmony_of[1], turns.n_alone[0], turns.n_alone[1], turns.n_both);
  assert_true(harmony_of[1] > harmony_of[0] + 0.05);
  assert_true(turns.n_alone[0] > 500 && turns.n_alone[1] > 500);
  assert_true(turns.n_both < 20);
}

/// A melody that comes as sound is learned as one that is played is.
static void test_learns_a_melody_from_the_input(void** state)
{
  (void)state;
  static uint8_t buffer[BUFFER];
  for (int kind = 0; kind < 2; ++kind) {
    FixtureAudio in     = fixture_audio(LENGTH);
    FixtureAudio out    = fixture_audio(LENGTH);
    Played       played = {.n = 0};
    Fixture*     self   = fixture_open((FiqPluginKind)kind, RATE, true);
    double       phase  = 0.0;
    for (uint32_t i = 0; i < TUNE * BEAT; ++i) {
      const double in_note = (double)(i % BEAT) / BEAT;
      phase += 2.0 * acos(-1.0) * 440.0 * exp2((tune[i / BEAT] - 69) / 12.0) / RATE;
      in.plane[0][i] = in.plane[1][i] =
          (float)(0.3 * sin(phase) * fmax(0.0, fmin(1.0, 12.0 * (0.9 - in_note))));
    }
    fixture_set(self, "source", 2);
    fixture_set(self, "sequence", 1);
    fixture_seed(self, 3);
    self->descriptor->connect_port(self->handle, fixture_port(self, "midi_out"), buffer);
    for (uint32_t done = 0; done < LENGTH; done += 480) {
      *(LV2_Atom*)(void*)buffer = (LV2_Atom){BUFFER - sizeof(LV2_Atom), 0};
      fixture_run(self, in.plane, out.plane, done, 480);
      take_notes(buffer, done, &played);
      fixture_work(self);
    }
    print_message("kind %d: %.0f of %d notes learned, %u played on\n", kind,
                  (double)fixture_get(self, "sequence_notes"), (int)TUNE,
                  n_begun(&played, 0, LENGTH));
    assert_true(fabs((double)fixture_get(self, "sequence_notes") - TUNE) < 2.5);
    assert_true(n_begun(&played, TUNE * BEAT, LENGTH) >= 8);
    for (uint32_t i = 0; i < played.n; ++i) {
      assert_in_range(played.key[i], 60, 67);
    }
    fixture_close(self);
    fixture_audio_free(&in);
    fixture_audio_free(&out);
  }
}

static const LV2_State_Interface* state_of(const Fixture* self)
{
  return self->descriptor->extension_data(LV2_STATE__interface);
}

/// What was learned goes with the state: another instance plays by it, and saves the same.
static void test_state_keeps_what_was_learned(void** state)
{
  (void)state;
  static Store             kept;
  static Store             again;
  static uint8_t           buffer[BUFFER];
  const LV2_Feature* const none[] = {NULL};
  FixtureAudio             out    = fixture_audio(LENGTH);
  Played                   played = {.n = 0};
  Fixture*                 self   = fixture_open(FIQ_PLUGIN_SWARM, RATE, true);
  memset(&kept, 0, sizeof(kept));
  memset(&again, 0, sizeof(again));
  fixture_set(self, "sequence", 1);
  for (uint32_t done = 0; done < TUNE * BEAT + 3 * BEAT; done += 480) {
    queue(self, &plain, done, done + 480);
    fixture_run(self, NULL, out.plane, done, 480);
    fixture_work(self);
  }
  const double notes = (double)fixture_get(self, "sequence_notes");
  assert_true(notes >= TUNE - 1);
  assert_int_equal(state_of(self)->save(self->handle, store_keep, &kept, 0, none), 0);
  fixture_close(self);

  self = fixture_open(FIQ_PLUGIN_SWARM, RATE, true);
  assert_int_equal(state_of(self)->restore(self->handle, store_fetch, &kept, 0, none), 0);
  // Before it has run, and after, what is saved is what was restored.
  assert_int_equal(state_of(self)->save(self->handle, store_keep, &again, 0, none), 0);
  assert_int_equal(kept.n, again.n);
  assert_memory_equal(kept.item, again.item, sizeof(kept.item));
  fixture_set(self, "sequence", 4);
  fixture_set(self, "sequence_capture", 0);
  self->descriptor->connect_port(self->handle, fixture_port(self, "midi_out"), buffer);
  for (uint32_t done = 0; done < 12 * BEAT; done += 480) {
    *(LV2_Atom*)(void*)buffer = (LV2_Atom){BUFFER - sizeof(LV2_Atom), 0};
    fixture_run(self, NULL, out.plane, done, 480);
    take_notes(buffer, done, &played);
    fixture_work(self);
  }
  assert_true(fabs((double)fixture_get(self, "sequence_notes") - notes) < 0.5);
  assert_true(n_begun(&played, 0, 12 * BEAT) >= 6);
  memset(&again, 0, sizeof(again));
  assert_int_equal(state_of(self)->save(self->handle, store_keep, &again, 0, none), 0);
  for (int i = 0; i < kept.n; ++i) {
    if (kept.item[i].key == fixture_urid("urn:fieldiq:sequence")) {
      assert_memory_equal(&kept.item[i], &again.item[i], sizeof(kept.item[i]));
    }
  }
  // A state without anything learned forgets.
  for (int i = 0; i < kept.n; ++i) {
    kept.item[i].key =
        kept.item[i].key == fixture_urid("urn:fieldiq:sequence") ? 0 : kept.item[i].key;
  }
  assert_int_equal(state_of(self)->restore(self->handle, store_fetch, &kept, 0, none), 0);
  fixture_run(self, NULL, out.plane, 0, 480);
  fixture_work(self);
  fixture_run(self, NULL, out.plane, 0, 480);
  assert_true((double)fixture_get(self, "sequence_notes") < 0.5);
  fixture_close(self);
  fixture_audio_free(&out);
}

static void test_damaged_states_are_refused_or_read(void** state)
{
  (void)state;
  static Store             kept;
  const LV2_Feature* const none[] = {NULL};
  FixtureAudio             out    = fixture_audio(4800);
  Fixture*                 self   = fixture_open(FIQ_PLUGIN_SWARM, RATE, true);
  const int64_t            seed   = 5;
  struct {
    LV2_Atom_Vector_Body head;
    uint32_t             word[200];
  } body = {{sizeof(int32_t), fixture_urid(LV2_ATOM__Int)}, {0}};
  for (uint32_t i = 0; i < 200; ++i) {
    body.word[i] = 2654435761u * (i + 1);
  }
  memset(&kept, 0, sizeof(kept));
  (void)store_keep(&kept, fixture_urid("urn:fieldiq:seed"), &seed, sizeof(seed),
                   fixture_urid(LV2_ATOM__Long), LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE);
  (void)store_keep(&kept, fixture_urid("urn:fieldiq:sequence"), &body, sizeof(body),
                   fixture_urid(LV2_ATOM__Vector), LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE);
  assert_int_equal(state_of(self)->restore(self->handle, store_fetch, &kept, 0, none), 0);
  fixture_set(self, "sequence", 4);
  for (uint32_t i = 0; i < 200; ++i) {
    fixture_run(self, NULL, out.plane, 0, 4800);
    fixture_work(self);
  }
  assert_true(fabs((double)fixture_get(self, "sequence_notes") - 100.0) < 0.5);
  kept.item[1].type = fixture_urid(LV2_ATOM__Long);
  assert_int_not_equal(state_of(self)->restore(self->handle, store_fetch, &kept, 0, none), 0);
  fixture_close(self);
  fixture_audio_free(&out);
}

static void test_off_changes_not_a_bit(void** state)
{
  (void)state;
  FixtureAudio one   = fixture_audio(LENGTH);
  FixtureAudio other = fixture_audio(LENGTH);
  Session      off   = plain;
  off.mode           = 0;
  assert_int_equal(play(FIQ_PLUGIN_SWARM, &off, 256, &one).n, 0);
  off.capture  = 0;
  off.surprise = 90;
  assert_int_equal(play(FIQ_PLUGIN_SWARM, &off, 256, &other).n, 0);
  assert_memory_equal(one.plane[0], other.plane[0], LENGTH * sizeof(float));
  // Until the partner plays, it is not heard either.
  (void)play(FIQ_PLUGIN_SWARM, &plain, 256, &other);
  assert_memory_equal(one.plane[0], other.plane[0], TUNE * BEAT * sizeof(float));
  fixture_audio_free(&one);
  fixture_audio_free(&other);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_continues_when_the_player_rests),
      cmocka_unit_test(test_plays_on_the_beat),
      cmocka_unit_test(test_stops_when_the_player_begins),
      cmocka_unit_test(test_accompanies_below),
      cmocka_unit_test(test_answers_by_turns),
      cmocka_unit_test(test_stream_does_not_depend_on_blocks),
      cmocka_unit_test(test_forgets_and_does_not_capture),
      cmocka_unit_test(test_parameters_are_heard),
      cmocka_unit_test(test_keeps_to_the_range_wished_for),
      cmocka_unit_test(test_linked_partners_take_turns_or_agree),
      cmocka_unit_test(test_learns_a_melody_from_the_input),
      cmocka_unit_test(test_state_keeps_what_was_learned),
      cmocka_unit_test(test_damaged_states_are_refused_or_read),
      cmocka_unit_test(test_off_changes_not_a_bit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
