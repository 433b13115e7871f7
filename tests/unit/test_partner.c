// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: in each mode the partner plays when it shall and not otherwise, on the host's beats where there are any; what begins ends;
// equal seeds play alike; partners in consensus come to one chord. Method: a tune by rule is played to it in stream time.
#include "dsp/sequence/partner.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, PERIOD = 32, BEAT = RATE / 2, TUNE = 32, EVENTS = 4096, WINDOW = 1024 };

typedef struct {
  FiqArena        arena;
  FiqPartner      partner;
  FiqPartnerEvent event[EVENTS]; ///< all that it played
  uint32_t        n;
  uint64_t        frame;
} Bench;

static const FiqPartnerParams usual = {
    .capture = true,
    .bars    = 2,
    .play    = {
           .surprise = 0.5f, .harmony = 0.5f, .density = 0.5f, .register_ = 0.5f, .highest = 127}};

static Bench* bench_new(uint64_t seed)
{
  Bench* const bench = calloc(1, sizeof *bench);
  assert_non_null(bench);
  fiq_arena_init(&bench->arena, NULL, 0);
  assert_int_equal(fiq_partner_init(&bench->partner, &bench->arena, RATE, WINDOW, seed),
                   FIQ_NO_MEMORY);
  bench->arena = support_arena(bench->arena.used_bytes);
  assert_int_equal(fiq_partner_init(&bench->partner, &bench->arena, RATE, WINDOW, seed), FIQ_OK);
  return bench;
}

static void bench_free(Bench* bench)
{
  support_arena_free(&bench->arena);
  free(bench);
}

static void step(Bench* bench, const FiqPartnerParams* params)
{
  fiq_partner_step(&bench->partner, params, bench->frame, PERIOD);
  for (uint32_t i = 0; i < bench->partner.n_events && bench->n < EVENTS; ++i) {
    const FiqPartnerEvent event = bench->partner.event[i];
    assert_true(event.frame >= bench->frame && event.frame < bench->frame + PERIOD);
    bench->event[bench->n++] = event;
  }
  bench->frame += PERIOD;
}

static void wait_beats(Bench* bench, const FiqPartnerParams* params, double beats)
{
  const uint64_t end = bench->frame + (uint64_t)(beats * BEAT);
  while (bench->frame < end) {
    step(bench, params);
  }
}

/// A quarter a beat, in C, three quarters of it long.
static void play_tune(Bench* bench, const FiqPartnerParams* params, uint32_t n)
{
  static const uint8_t key[8] = {60, 62, 64, 65, 67, 64, 62, 59};
  for (uint32_t i = 0; i < n; ++i) {
    const uint32_t now = key[(i + i / 8) % 8];
    fiq_partner_hear(&bench->partner, bench->frame, now, i % 4 ? 80 : 110);
    wait_beats(bench, params, 0.75);
    fiq_partner_hear(&bench->partner, bench->frame, now, 0);
    wait_beats(bench, params, 0.25);
  }
}

/// Notes begun from `from` on, until `to`.
static uint32_t n_begun(const Bench* bench, uint64_t from, uint64_t to)
{
  uint32_t n = 0;
  for (uint32_t i = 0; i < bench->n; ++i) {
    const FiqPartnerEvent* const event = &bench->event[i];
    n += event->velocity > 0 && event->frame >= from && event->frame < to;
  }
  return n;
}

static void check_pairs(const Bench* bench, bool all_end)
{
  int sounding[128] = {0};
  for (uint32_t i = 0; i < bench->n; ++i) {
    sounding[bench->event[i].key] += bench->event[i].velocity > 0 ? 1 : -1;
    assert_in_range(sounding[bench->event[i].key], 0, 1);
    assert_true(i == 0 || bench->event[i].frame >= bench->event[i - 1].frame);
  }
  for (int key = 0; key < 128 && all_end; ++key) {
    assert_int_equal(sounding[key], 0);
  }
}

static void test_off_neither_listens_nor_plays(void** state)
{
  (void)state;
  Bench* const     bench  = bench_new(1);
  FiqPartnerParams params = usual;
  play_tune(bench, &params, TUNE);
  wait_beats(bench, &params, 8.0);
  assert_int_equal(bench->n, 0);
  assert_int_equal(bench->partner.improviser.n_notes, 0);
  bench_free(bench);
}

static void test_it_continues_after_a_beat_and_gives_way(void** state)
{
  (void)state;
  Bench* const     bench  = bench_new(1);
  FiqPartnerParams params = usual;
  params.mode             = FIQ_PARTNER_CONTINUE;
  play_tune(bench, &params, TUNE);
  const uint64_t rests = bench->frame;
  wait_beats(bench, &params, 16.0);
  const uint64_t again = bench->frame;
  play_tune(bench, &params, 8);
  assert_int_equal(n_begun(bench, 0, rests + BEAT / 2), 0);
  assert_true(n_begun(bench, rests, rests + 2 * BEAT) > 0);
  assert_true(n_begun(bench, rests, again) > 8);
  assert_int_equal(n_begun(bench, again + PERIOD, bench->frame), 0);
  check_pairs(bench, true);
  bench_free(bench);
}

static void test_hold_plays_whatever_is_played(void** state)
{
  (void)state;
  Bench* const     bench  = bench_new(1);
  FiqPartnerParams params = usual;
  params.mode             = FIQ_PARTNER_HOLD;
  play_tune(bench, &params, TUNE);
  wait_beats(bench, &params, 4.0);
  const uint64_t again = bench->frame;
  play_tune(bench, &params, 8);
  assert_true(n_begun(bench, again, bench->frame) > 3);
  params.mode = FIQ_PARTNER_OFF;
  wait_beats(bench, &params, 1.0);
  check_pairs(bench, true);
  bench_free(bench);
}

static void test_it_answers_for_as_many_bars_as_it_was_given(void** state)
{
  (void)state;
  Bench* const     bench  = bench_new(1);
  FiqPartnerParams params = usual;
  params.mode             = FIQ_PARTNER_CONTINUE;
  play_tune(bench, &params, TUNE);
  params.mode = FIQ_PARTNER_ANSWER;
  params.bars = 2;
  step(bench, &params);
  wait_beats(bench, &params, 32.0); // its answer to that
  const FiqPartnerTime host = {120.0, 4.0, true, 0.0};
  fiq_partner_set_time(&bench->partner, &host, bench->frame);
  const uint64_t call = bench->frame;
  play_tune(bench, &params, 8);
  wait_beats(bench, &params, 16.0);
  assert_int_equal(n_begun(bench, call, call + 8 * BEAT - PERIOD), 0);
  assert_true(n_begun(bench, call + 8 * BEAT - PERIOD, call + 16 * BEAT) >= 4);
  assert_int_equal(n_begun(bench, call + 16 * BEAT + BEAT / 8, bench->frame), 0);
  check_pairs(bench, true);
  bench_free(bench);
}

static void test_the_second_voice_goes_below(void** state)
{
  (void)state;
  Bench* const     bench  = bench_new(1);
  FiqPartnerParams params = usual;
  params.mode             = FIQ_PARTNER_CONTINUE;
  play_tune(bench, &params, TUNE);
  params.mode = FIQ_PARTNER_ACCOMPANY;
  step(bench, &params);
  const uint64_t from = bench->frame;
  play_tune(bench, &params, 16);
  assert_int_equal(n_begun(bench, from, bench->frame), 16);
  for (uint32_t i = 0; i < bench->n; ++i) {
    assert_true(bench->event[i].key < 67);
  }
  check_pairs(bench, true);
  bench_free(bench);
}

static void test_it_plays_on_the_hosts_beats(void** state)
{
  (void)state;
  Bench* const         bench  = bench_new(3);
  FiqPartnerParams     params = usual;
  const FiqPartnerTime host   = {120.0, 4.0, true, 0.3};
  params.mode                 = FIQ_PARTNER_CONTINUE;
  fiq_partner_set_time(&bench->partner, &host, 0);
  play_tune(bench, &params, TUNE);
  wait_beats(bench, &params, 24.0);
  double   worst_s = 0.0;
  uint32_t n       = 0;
  for (uint32_t i = 0; i < bench->n; ++i) {
    const double beats = host.beats + (double)bench->event[i].frame / BEAT;
    // Steps are multiples of an eighth of a triplet.
    const double off = 12.0 * beats - rint(12.0 * beats);
    if (bench->event[i].velocity > 0) {
      worst_s = fmax(worst_s, fabs(off) / 12.0 * 0.5);
      ++n;
    }
  }
  print_message("%u notes, at most %.2f ms off the beat's twelfths\n", n, 1e3 * worst_s);
  assert_true(n > 12 && worst_s < 1e-3);
  bench_free(bench);
}

static void test_equal_seeds_play_alike_and_capture_off_learns_nothing(void** state)
{
  (void)state;
  Bench* bench[3];
  for (int k = 0; k < 3; ++k) {
    FiqPartnerParams params = usual;
    params.mode             = FIQ_PARTNER_CONTINUE;
    bench[k]                = bench_new(k == 2 ? 9 : 4);
    play_tune(bench[k], &params, TUNE);
    const uint32_t known = bench[k]->partner.improviser.n_notes;
    params.capture       = false;
    play_tune(bench[k], &params, 8);
    wait_beats(bench[k], &params, 16.0);
    assert_in_range(bench[k]->partner.improviser.n_notes, known, known + 1); // the one under way
  }
  assert_int_equal(bench[0]->n, bench[1]->n);
  assert_memory_equal(bench[0]->event, bench[1]->event, sizeof bench[0]->event);
  assert_memory_not_equal(bench[0]->event, bench[2]->event, sizeof bench[0]->event);
  for (int k = 0; k < 3; ++k) {
    fiq_partner_forget(&bench[k]->partner, 1);
    assert_int_equal(bench[k]->partner.improviser.n_notes, 0);
    bench_free(bench[k]);
  }
}

/// Share of the notes of both that are of the triad both had, and moments in which they have the same.
static double agreement(FiqPartnerLink link, double* same)
{
  Bench*           bench[2];
  FiqPartnerParams params  = usual;
  double           moments = 0.0;
  params.mode              = FIQ_PARTNER_HOLD;
  params.link              = link;
  for (int k = 0; k < 2; ++k) {
    bench[k]               = bench_new(10 + (uint64_t)k);
    FiqPartnerParams alone = usual;
    alone.mode             = FIQ_PARTNER_CONTINUE;
    play_tune(bench[k], &alone, TUNE + 8 * (uint32_t)k);
    wait_beats(bench[k], &alone, k ? 8.0 : 16.0);
    const FiqPartnerTime host = {120.0, 4.0, true, 0.0};
    fiq_partner_set_time(&bench[k]->partner, &host, bench[k]->frame);
    bench[k]->n = 0;
  }
  *same = 0.0;
  for (int i = 0; i < 64 * BEAT / PERIOD; ++i) {
    FiqChordTally tally = {.n_votes = 0};
    for (int k = 0; k < 2; ++k) {
      fiq_chord_tally_add(&tally, &bench[k]->partner.vote);
    }
    params.others.chords = tally;
    for (int k = 0; k < 2; ++k) {
      step(bench[k], &params);
    }
    const int32_t chord = bench[0]->partner.agreed;
    moments += chord != FIQ_NO_TRIAD;
    *same += chord != FIQ_NO_TRIAD && chord == bench[1]->partner.agreed;
  }
  double on = 0.0;
  double n  = 0.0;
  for (uint32_t i = 0; i < bench[0]->n; ++i) {
    // Against what the other one sounds then.
    const FiqPartnerEvent* const event = &bench[0]->event[i];
    for (uint32_t j = 1; j < bench[1]->n && event->velocity > 0; ++j) {
      const FiqPartnerEvent* const other = &bench[1]->event[j];
      if (other[-1].velocity > 0 && other[-1].frame <= event->frame &&
          other->frame > event->frame) {
        const uint32_t apart = (uint32_t)abs((int)other[-1].key - (int)event->key) % 12;
        on += apart == 0 || apart == 3 || apart == 4 || apart == 5 || apart == 7 || apart == 8 ||
              apart == 9;
        n += 1.0;
      }
    }
  }
  *same /= fmax(1.0, moments);
  assert_true(n > 20.0);
  bench_free(bench[0]);
  bench_free(bench[1]);
  return on / n;
}

static void test_in_consensus_both_keep_to_one_chord(void** state)
{
  (void)state;
  double       same[2];
  const double parallel  = agreement(FIQ_PARTNER_PARALLEL, &same[0]);
  const double consensus = agreement(FIQ_PARTNER_CONSENSUS, &same[1]);
  print_message("consonant with the other: parallel %.2f, consensus %.2f; the same chord %.2f\n",
                parallel, consensus, same[1]);
  assert_true(same[1] > 0.9);
  assert_true(consensus > 0.85 && consensus > parallel + 0.1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_off_neither_listens_nor_plays),
      cmocka_unit_test(test_it_continues_after_a_beat_and_gives_way),
      cmocka_unit_test(test_hold_plays_whatever_is_played),
      cmocka_unit_test(test_it_answers_for_as_many_bars_as_it_was_given),
      cmocka_unit_test(test_the_second_voice_goes_below),
      cmocka_unit_test(test_it_plays_on_the_hosts_beats),
      cmocka_unit_test(test_equal_seeds_play_alike_and_capture_off_learns_nothing),
      cmocka_unit_test(test_in_consensus_both_keep_to_one_chord),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
