// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: keys that are struck are given the syllables of a text in order, at any cut into blocks; a transport that starts begins
// the text anew, one that goes on does not; other channels, releases and empty syllables take or give none. Method: messages
// to an engine, and the syllables that its swarm was handed.
#include "dsp/engine/engine_state.h"
#include "plugin/params.h"
#include "tests/support/support.h"

#include <string.h>

enum { N = 5, RATE_HZ = 48000, APART = 4800 };

static const FiqSyllable text[N] = {{.nucleus = FIQ_PH_AA},
                                    {.nucleus = FIQ_PH_IY},
                                    {.nucleus = FIQ_PH_NONE}, // a note without words
                                    {.nucleus = FIQ_PH_UW},
                                    {.nucleus = FIQ_PH_OW}};

typedef struct {
  FiqEngine*      engine;
  FiqEngineParams params;
  uint32_t        block;
} Rig;

static Rig rig_with(uint32_t block)
{
  const FiqEngineConfig config = {.sample_rate_hz = RATE_HZ, .seed = 1};
  Rig                   rig    = {.engine = fiq_engine_new(&config), .block = block};
  assert_non_null(rig.engine);
  fiq_params_default(FIQ_PLUGIN_SWARM, &rig.params);
  fiq_engine_reset(rig.engine, &rig.params);
  fiq_engine_set_words(rig.engine, text, N);
  return rig;
}

static void pass(Rig* rig, uint32_t n_frames)
{
  static float sound[2][APART];
  float* const out[2] = {sound[0], sound[1]};
  for (uint32_t done = 0; done < n_frames;) {
    const uint32_t left = n_frames - done;
    const uint32_t now  = left < rig->block ? left : rig->block;
    fiq_engine_process(rig->engine, &rig->params, NULL, NULL, out, now);
    done += now;
  }
}

static void send(Rig* rig, uint8_t status, uint8_t key, uint8_t velocity)
{
  const uint8_t message[] = {status, key, velocity};
  fiq_engine_midi(rig->engine, message, sizeof message);
}

/// Strike a key, let a tenth of a second pass, and tell what it was given; FIQ_PH_NONE: nothing.
static uint8_t given(Rig* rig, uint8_t status, uint8_t key)
{
  const FiqSwarmWords* const words  = &rig->engine->swarm->swarm.words;
  const uint32_t             before = words->n;
  send(rig, status, key, 100);
  const uint32_t after = words->n;
  const uint8_t  sung =
      words->ring[(after + FIQ_SWARM_SYLLABLES - 1) % FIQ_SWARM_SYLLABLES].syllable.nucleus;
  pass(rig, APART);
  send(rig, (uint8_t)(0x80 | (status & 15)), key, 0);
  return after == before ? FIQ_PH_NONE : sung;
}

static void test_keys_are_given_syllables_in_order_at_any_cut(void** state)
{
  (void)state;
  static const uint32_t blocks[] = {APART, 37, 1};
  for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; ++i) {
    Rig rig = rig_with(blocks[i]);
    for (uint32_t k = 0; k < 2 * N; ++k) {
      assert_int_equal(given(&rig, 0x90, (uint8_t)(50 + k)), text[k % N].nucleus);
    }
    fiq_engine_free(rig.engine);
  }
}

static void test_a_chord_shares_one_and_other_channels_take_none(void** state)
{
  (void)state;
  Rig rig                 = rig_with(64);
  rig.params.midi_channel = 1;
  assert_int_equal(given(&rig, 0x90, 50), FIQ_PH_AA); // which tells the engine of the channel
  assert_int_equal(given(&rig, 0x93, 51), FIQ_PH_NONE);
  send(&rig, 0x90, 60, 100);
  pass(&rig, 480);
  send(&rig, 0x90, 64, 100);
  const FiqSwarmWords* const words = &rig.engine->swarm->swarm.words;
  assert_int_equal(words->n, 3);
  assert_int_equal(words->ring[1].syllable.nucleus, FIQ_PH_IY);
  assert_int_equal(words->ring[2].syllable.nucleus, FIQ_PH_IY);
  fiq_engine_free(rig.engine);
}

static void test_a_start_of_the_transport_begins_anew(void** state)
{
  (void)state;
  Rig            rig    = rig_with(64);
  const FiqTempo stands = {.bpm = 120.0, .beats_per_bar = 4.0};
  const FiqTempo moves  = {.bpm = 120.0, .beats_per_bar = 4.0, .is_moving = true};
  assert_int_equal(given(&rig, 0x90, 50), FIQ_PH_AA);
  fiq_engine_tempo(rig.engine, &moves);
  assert_int_equal(given(&rig, 0x90, 51), FIQ_PH_AA);
  fiq_engine_tempo(rig.engine, &moves);
  assert_int_equal(given(&rig, 0x90, 52), FIQ_PH_IY);
  fiq_engine_tempo(rig.engine, &stands);
  assert_int_equal(given(&rig, 0x90, 53), FIQ_PH_NONE); // the third
  fiq_engine_tempo(rig.engine, &moves);
  assert_int_equal(given(&rig, 0x90, 54), FIQ_PH_AA);
  fiq_engine_reset(rig.engine, &rig.params);
  assert_int_equal(given(&rig, 0x90, 55), FIQ_PH_AA);
  fiq_engine_free(rig.engine);
}

static void test_the_end_is_one_without_a_loop(void** state)
{
  (void)state;
  Rig rig               = rig_with(64);
  rig.params.words_loop = false;
  pass(&rig, APART);
  for (uint32_t k = 0; k < N + 2; ++k) {
    assert_int_equal(given(&rig, 0x90, (uint8_t)(50 + k)), k < N ? text[k].nucleus : FIQ_PH_NONE);
  }
  fiq_engine_set_words(rig.engine, NULL, 0);
  assert_int_equal(given(&rig, 0x90, 60), FIQ_PH_NONE);
  fiq_engine_free(rig.engine);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_keys_are_given_syllables_in_order_at_any_cut),
      cmocka_unit_test(test_a_chord_shares_one_and_other_channels_take_none),
      cmocka_unit_test(test_a_start_of_the_transport_begins_anew),
      cmocka_unit_test(test_the_end_is_one_without_a_loop),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
