// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: what is played on keeps scale and range, is no copy, never sticks, and stays as uncertain as asked; choices are
// seeded; a foreseen pitch class is one that comes; what is forgotten is gone.
// Method: tunes made by rule from a seed, learned; 16 bars played on from each, held against what was learned.
#include "dsp/sequence/improviser.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TUNES = 24, NOTES = 48, BAR = 4 * FIQ_TICKS, BARS = 16, PLAYED_MAX = BARS * 32 };

static FiqLearnedNote tune[TUNES][NOTES];

/// Tunes in C: steps about a wandering degree, quarters and pairs of eighths.
static void make_tunes(uint64_t seed)
{
  static const uint8_t scale[7] = {0, 2, 4, 5, 7, 9, 11};
  FiqRandom            random;
  fiq_random_init(&random, seed, 0);
  for (uint32_t t = 0; t < TUNES; ++t) {
    int32_t  degree = 7;
    uint32_t ticks  = 0;
    for (uint32_t i = 0; i < NOTES; ++i) {
      const uint32_t draw = fiq_random_bits(&random) >> 4;
      degree += (int32_t)(draw % 5) - 2;
      degree                = degree < 2 ? 4 : degree > 13 ? 11 : degree;
      const bool     eighth = ticks % FIQ_TICKS != 0 || draw / 8 % 4 == 0;
      const uint16_t step   = eighth ? FIQ_TICKS / 2 : FIQ_TICKS;
      tune[t][i] = (FiqLearnedNote){.key = (uint8_t)(48 + 12 * (degree / 7) + scale[degree % 7]),
                                    .velocity = 90,
                                    .starts   = i == 0 ? 2 : 0,
                                    .place    = (uint16_t)(ticks % BAR),
                                    .step     = step};
      ticks += step;
    }
  }
}

static FiqImproviser* taught(FiqArena* arena, uint32_t window, uint64_t seed)
{
  static FiqImproviser improviser;
  *arena = support_arena(12 << 20);
  assert_int_equal(fiq_improviser_init(&improviser, arena, window), FIQ_OK);
  fiq_improviser_reset(&improviser, seed);
  for (uint32_t t = 0; t < TUNES; ++t) {
    for (uint32_t i = 0; i < NOTES; ++i) {
      fiq_improviser_learn(&improviser, &tune[t][i]);
    }
  }
  return &improviser;
}

static const FiqImproviserParams plain = {
    .surprise = 0.5f, .harmony = 0.5f, .density = 0.5f, .register_ = 0.5f, .highest = 127};

static uint32_t longest_copy(const uint8_t* keys, uint32_t n)
{
  uint32_t most = 0;
  for (uint32_t t = 0; t < TUNES; ++t) {
    for (uint32_t i = 0; i < NOTES; ++i) {
      for (uint32_t from = 0; from < n; ++from) {
        uint32_t run = 0;
        while (from + run < n && i + run < NOTES && tune[t][i + run].key == keys[from + run]) {
          ++run;
        }
        most = run > most ? run : most;
      }
    }
  }
  return most;
}

/// Play 16 bars; their keys [n], and how many choices stayed between 0.35 and 0.65 of the greatest entropy.
static uint32_t play_on(FiqImproviser* improviser, const FiqImproviserParams* params, uint8_t* keys,
                        uint32_t* n_in_band)
{
  uint32_t n     = 0;
  uint32_t ticks = 0;
  while (ticks < BARS * BAR && n < PLAYED_MAX) {
    const FiqLearnedNote note    = fiq_improviser_play(improviser, params, ticks % BAR, BAR);
    const float          entropy = improviser->key_choice.entropy;
    assert_in_range(note.step, 12, BAR);
    assert_true(note.velocity > 0);
    *n_in_band += entropy >= 0.35f && entropy <= 0.65f;
    keys[n++] = note.key;
    ticks += note.step;
  }
  return n;
}

static void test_plays_on_in_scale_and_range_and_copies_little(void** state)
{
  (void)state;
  FiqArena arena;
  uint32_t n_in_band = 0;
  uint32_t n_all     = 0;
  make_tunes(1);
  FiqImproviser* const improviser = taught(&arena, 2048, 11);
  for (uint32_t t = 0; t < TUNES; ++t) {
    uint8_t  keys[PLAYED_MAX];
    uint32_t repeated = 1;
    for (uint32_t i = 0; i < NOTES / 2; ++i) {
      fiq_improviser_follow(improviser, &tune[t][i]);
    }
    const uint32_t n = play_on(improviser, &plain, keys, &n_in_band);
    assert_true(n >= BARS);
    assert_true(longest_copy(keys, n) <= FIQ_COPY_MOST);
    for (uint32_t i = 0; i < n; ++i) {
      assert_in_range(keys[i], improviser->lowest, improviser->highest);
      assert_true(0xab5 >> keys[i] % 12 & 1); // C major
      repeated = i > 0 && keys[i] == keys[i - 1] ? repeated + 1 : 1;
      assert_true(repeated <= 5);
    }
    n_all += n;
  }
  print_message("%u of %u choices in band\n", n_in_band, n_all);
  assert_true(n_in_band >= n_all * 8 / 10);
  support_arena_free(&arena);
}

/// Whatever the range: kept, in scale, no copy in any octave, as uncertain as asked, and no key for ever.
static void test_a_range_is_kept(void** state)
{
  (void)state;
  static const uint8_t ranges[][2] = {{0, 36}, {36, 48}, {48, 60}, {72, 60}, {64, 71}, {91, 127}};
  FiqArena             arena;
  make_tunes(1);
  for (size_t r = 0; r < sizeof(ranges) / sizeof(ranges[0]); ++r) {
    FiqImproviser* const improviser = taught(&arena, 2048, 11);
    FiqImproviserParams  params     = plain;
    const uint8_t        low        = ranges[r][0] < ranges[r][1] ? ranges[r][0] : ranges[r][1];
    const uint8_t        high       = ranges[r][0] < ranges[r][1] ? ranges[r][1] : ranges[r][0];
    uint8_t              keys[PLAYED_MAX];
    uint32_t             n_in_band = 0;
    uint32_t             n_leaps   = 0;
    params.lowest                  = ranges[r][0];
    params.highest                 = ranges[r][1];
    const uint32_t n               = play_on(improviser, &params, keys, &n_in_band);
    uint32_t       repeated        = 1;
    for (uint32_t i = 0; i < n; ++i) {
      assert_in_range(keys[i], low, high);
      assert_true(0xab5 >> keys[i] % 12 & 1); // C major
      repeated = i > 0 && keys[i] == keys[i - 1] ? repeated + 1 : 1;
      n_leaps += i > 0 && abs(keys[i] - keys[i - 1]) > 7;
      assert_true(repeated <= 5);
    }
    print_message("keys %u to %u: %u of %u choices in band, %u leaps\n", low, high, n_in_band, n,
                  n_leaps);
    assert_true(n_in_band >= n * 8 / 10);
    assert_true(n_leaps <= n / 5);
    for (int32_t octave = -5; octave <= 5; ++octave) {
      uint8_t moved[PLAYED_MAX];
      for (uint32_t i = 0; i < n; ++i) {
        moved[i] = (uint8_t)(keys[i] + 12 * octave);
      }
      assert_true(longest_copy(moved, n) <= FIQ_COPY_MOST);
    }
    assert_true(fiq_improviser_in_range(improviser, low, high) > 0.99f);
    support_arena_free(&arena);
  }
}

/// A range too narrow for a line is widened to five notes of the scale; one that is wished for later is moved into at once.
static void test_a_range_is_moved_into_and_never_too_narrow(void** state)
{
  (void)state;
  FiqArena             arena;
  FiqImproviserParams  params     = plain;
  bool                 heard[128] = {false};
  uint32_t             n          = 0;
  FiqImproviser* const improviser = taught(&arena, 2048, 11);
  params.lowest                   = 65;
  params.highest                  = 65;
  for (uint32_t i = 0; i < 200; ++i) {
    const uint8_t key = fiq_improviser_play(improviser, &params, 0, BAR).key;
    assert_in_range(key, 61, 69); // C sharp to A: five of C major
    n += !heard[key];
    heard[key] = true;
  }
  assert_int_equal(n, 5);
  assert_true(fiq_improviser_in_range(improviser, 65, 65) < 0.6f);
  assert_true(fiq_improviser_in_range(improviser, 84, 96) < 0.01f);
  params.lowest  = 84;
  params.highest = 96;
  for (uint32_t i = 0; i < 50; ++i) {
    assert_in_range(fiq_improviser_play(improviser, &params, 0, BAR).key, 84, 96);
  }
  assert_true(fiq_improviser_in_range(improviser, 96, 84) > 0.99f);
  params.lowest  = 0;
  params.highest = 127;
  for (uint32_t i = 0; i < 50; ++i) {
    assert_in_range(fiq_improviser_play(improviser, &params, 0, BAR).key, improviser->lowest,
                    improviser->highest);
  }
  params.lowest  = 36;
  params.highest = 48;
  uint8_t voice  = 0;
  for (uint8_t key = 60; key < 72; ++key) {
    voice = fiq_improviser_accompany(improviser, &params, key, voice);
    assert_in_range(voice, 36, 48);
  }
  support_arena_free(&arena);
}

/// Of chords too, no key lies below the range.
static void test_chords_keep_to_the_range(void** state)
{
  (void)state;
  FiqArena             arena;
  FiqImproviserParams  params     = plain;
  uint32_t             n_chords   = 0;
  FiqImproviser* const improviser = taught(&arena, 2048, 11);
  fiq_improviser_reset(improviser, 11);
  for (uint32_t i = 0; i < 4 * NOTES; ++i) {
    FiqLearnedNote note = tune[i / NOTES][i % NOTES];
    note.chord          = i % 2 ? 1u << 3 | 1u << 7 : 1u << 11;
    fiq_improviser_learn(improviser, &note);
  }
  params.lowest  = 60;
  params.highest = 84;
  for (uint32_t i = 0; i < 200; ++i) {
    const FiqLearnedNote note = fiq_improviser_play(improviser, &params, 0, BAR);
    for (uint32_t bit = 0; bit < 16; ++bit) {
      assert_true(!(note.chord >> bit & 1u) || note.key - bit - 1u >= 60);
    }
    n_chords += note.chord != 0;
  }
  assert_true(n_chords > 20);
  support_arena_free(&arena);
}

static void test_a_window_of_copies_is_left(void** state)
{
  (void)state;
  static FiqImproviser improviser;
  FiqArena             arena = support_arena(12 << 20);
  uint8_t              keys[PLAYED_MAX];
  uint32_t             n_in_band = 0;
  FiqImproviserParams  sure      = plain;
  sure.surprise                  = 0.0f; // it would play the one tune that it knows
  make_tunes(2);
  assert_int_equal(fiq_improviser_init(&improviser, &arena, 2048), FIQ_OK);
  for (uint32_t round = 0; round < 4; ++round) {
    for (uint32_t i = 0; i < NOTES; ++i) {
      fiq_improviser_learn(&improviser, &tune[0][i]);
      for (uint32_t t = 1; t < TUNES; ++t) {
        tune[t][i] = tune[0][i];
      }
    }
  }
  const uint32_t n = play_on(&improviser, &sure, keys, &n_in_band);
  assert_true(longest_copy(keys, n) <= FIQ_COPY_MOST);
  support_arena_free(&arena);
}

static void test_same_seed_plays_the_same(void** state)
{
  (void)state;
  uint8_t  keys[3][PLAYED_MAX];
  uint32_t n[3];
  make_tunes(3);
  for (uint32_t k = 0; k < 3; ++k) {
    FiqArena             arena;
    uint32_t             n_in_band  = 0;
    FiqImproviser* const improviser = taught(&arena, 2048, k < 2 ? 5 : 6);
    n[k]                            = play_on(improviser, &plain, keys[k], &n_in_band);
    support_arena_free(&arena);
  }
  assert_int_equal(n[0], n[1]);
  assert_memory_equal(keys[0], keys[1], n[0]);
  assert_true(n[2] != n[0] || memcmp(keys[0], keys[2], n[0]) != 0);
}

static void test_chords_are_learned_and_played(void** state)
{
  (void)state;
  FiqArena arena;
  uint32_t n_chords = 0;
  make_tunes(4);
  for (uint32_t t = 0; t < TUNES; ++t) {
    for (uint32_t i = 0; i < NOTES; ++i) {
      // A third below in the scale, on the beat.
      const uint32_t pitch = tune[t][i].key % 12;
      const uint32_t third = pitch == 4 || pitch == 9 || pitch == 11 ? 4 : 3;
      tune[t][i].chord     = tune[t][i].place % FIQ_TICKS ? 0 : (uint16_t)(1u << (third - 1));
    }
  }
  FiqImproviser* const improviser = taught(&arena, 2048, 1);
  for (uint32_t i = 0; i < 100; ++i) {
    const FiqLearnedNote note = fiq_improviser_play(improviser, &plain, i % 4 * FIQ_TICKS, BAR);
    n_chords += note.chord != 0;
    for (uint32_t bit = 0; bit < 16; ++bit) {
      assert_true(!(note.chord >> bit & 1) || (0xab5 >> (note.key - bit - 1) % 12 & 1));
    }
  }
  assert_in_range(n_chords, 30, 95);
  support_arena_free(&arena);
}

static void test_forgetting_leaves_nothing(void** state)
{
  (void)state;
  FiqArena arena;
  uint8_t  keys[2][PLAYED_MAX];
  uint32_t n_in_band = 0;
  make_tunes(5);
  FiqImproviser* const improviser = taught(&arena, 512, 3); // more was learned than it keeps
  assert_int_equal(improviser->n_notes, 512);
  fiq_improviser_reset(improviser, 3);
  assert_false(fiq_improviser_can_play(improviser));
  for (uint32_t k = 0; k < 2; ++k) {
    for (uint32_t i = 0; i < NOTES; ++i) {
      fiq_improviser_learn(improviser, &tune[0][i]);
    }
    (void)play_on(improviser, &plain, keys[k], &n_in_band);
    fiq_improviser_reset(improviser, 3);
  }
  assert_memory_equal(keys[0], keys[1], 32);
  support_arena_free(&arena);
}

/// What is foreseen is what is then played, mostly; foreseeing changes nothing that comes. A chord keeps notes to itself.
static void test_what_is_foreseen_comes(void** state)
{
  (void)state;
  FiqArena            arena;
  FiqImproviserParams params = plain;
  uint8_t             keys[2][200];
  double              mean  = 0.0;
  uint32_t            on[2] = {0, 0};
  for (int looks = 0; looks < 2; ++looks) {
    FiqImproviser* const improviser = taught(&arena, 2048, 5);
    uint32_t             place      = 0;
    for (int i = 0; i < 200; ++i) {
      float pitch[12] = {0.0f};
      float sum       = 1e-9f;
      if (looks) {
        fiq_improviser_foresee(improviser, &params, place, pitch);
      }
      const FiqLearnedNote note = fiq_improviser_play(improviser, &params, place, BAR);
      for (int pc = 0; pc < 12; ++pc) {
        sum += pitch[pc];
      }
      mean += looks ? (double)(pitch[note.key % 12] / sum) / 200.0 : 0.0;
      keys[looks][i] = note.key;
      place          = (place + note.step) % BAR;
    }
    support_arena_free(&arena);
  }
  assert_memory_equal(keys[0], keys[1], sizeof keys[0]);
  for (int k = 0; k < 2; ++k) {
    FiqImproviser* const improviser = taught(&arena, 2048, 5);
    params.chord                    = k ? 0x91u : 0u; // C, E, G
    for (int i = 0; i < 200; ++i) {
      on[k] += 0x91u >> fiq_improviser_play(improviser, &params, 0, BAR).key % 12 & 1u;
    }
    support_arena_free(&arena);
  }
  print_message(
      "mean share foreseen of what came %.2f; of C major %u notes of 200, bound to it %u\n", mean,
      on[0], on[1]);
  assert_true(mean > 2.0 / 12.0);
  assert_true(on[1] > 150 && on[0] < 120);
}

static void test_too_small_an_arena_is_refused(void** state)
{
  (void)state;
  static FiqImproviser improviser;
  FiqArena             arena = support_arena(1 << 16);
  assert_int_equal(fiq_improviser_init(&improviser, &arena, 8192), FIQ_NO_MEMORY);
  assert_int_equal(fiq_improviser_init(&improviser, &arena, 3), FIQ_BAD_ARGUMENT);
  support_arena_free(&arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_plays_on_in_scale_and_range_and_copies_little),
      cmocka_unit_test(test_a_range_is_kept),
      cmocka_unit_test(test_a_range_is_moved_into_and_never_too_narrow),
      cmocka_unit_test(test_chords_keep_to_the_range),
      cmocka_unit_test(test_a_window_of_copies_is_left),
      cmocka_unit_test(test_same_seed_plays_the_same),
      cmocka_unit_test(test_chords_are_learned_and_played),
      cmocka_unit_test(test_forgetting_leaves_nothing),
      cmocka_unit_test(test_what_is_foreseen_comes),
      cmocka_unit_test(test_too_small_an_arena_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
