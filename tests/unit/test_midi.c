// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: bytes become the messages that MIDI 1.0 says, nothing else becomes any, and channels and zones keep
// what they are told. Method: every status and data byte; tables of controllers; zones drawn as strings.
#include "dsp/base/random.h"
#include "dsp/notes/midi.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

static FiqMidiChannels at_rest(void)
{
  FiqMidiChannels midi;
  fiq_midi_reset(&midi);
  return midi;
}

static FiqMidiMessage parse(uint32_t status, uint32_t first, uint32_t second, uint32_t size)
{
  const uint8_t bytes[3] = {(uint8_t)status, (uint8_t)first, (uint8_t)second};
  return fiq_midi_parse(bytes, size);
}

static FiqMidiAction turn(FiqMidiChannels* midi, uint32_t channel, uint32_t controller,
                          uint32_t value)
{
  return fiq_midi_controller(midi, channel, controller, value).action;
}

static FiqMidiEffect set_parameter(FiqMidiChannels* midi, uint32_t channel, uint32_t parameter,
                                   uint32_t value)
{
  (void)fiq_midi_controller(midi, channel, 101, parameter >> 7);
  (void)fiq_midi_controller(midi, channel, 100, parameter & 127);
  return fiq_midi_controller(midi, channel, 6, value);
}

static void test_every_channel_message_is_understood(void** state)
{
  (void)state;
  for (uint32_t channel = 0; channel < 16; ++channel) {
    for (uint32_t first = 0; first < 128; ++first) {
      for (uint32_t second = 0; second < 128; ++second) {
        const FiqMidiMessage on       = parse(0x90 | channel, first, second, 3);
        const FiqMidiMessage off      = parse(0x80 | channel, first, second, 3);
        const FiqMidiMessage pressure = parse(0xa0 | channel, first, second, 3);
        const FiqMidiMessage turned   = parse(0xb0 | channel, first, second, 3);
        assert_int_equal(on.kind, second ? FIQ_MIDI_NOTE_ON : FIQ_MIDI_NOTE_OFF);
        assert_int_equal(off.kind, FIQ_MIDI_NOTE_OFF);
        assert_int_equal(pressure.kind, FIQ_MIDI_KEY_PRESSURE);
        assert_int_equal(turned.kind, FIQ_MIDI_CONTROLLER);
        assert_true(on.channel == channel && on.number == first && turned.number == first);
        const float struck = second ? (float)second / 127.0f : FIQ_MIDI_LIFT;
        assert_true(fabsf(on.value - struck) < 1e-7f);
        assert_true(fabsf(off.value - (float)second / 127.0f) < 1e-7f);
        assert_true(fabsf(pressure.value - (float)second / 127.0f) < 1e-7f);
        assert_int_equal((int)turned.value, second);
      }
    }
    assert_int_equal(parse(0xd0 | channel, 127, 0, 2).kind, FIQ_MIDI_CHANNEL_PRESSURE);
    assert_true(fabsf(parse(0xd0 | channel, 127, 0, 2).value - 1.0f) < 1e-7f);
  }
}

static void test_bend_has_fourteen_bits_and_rests_at_zero(void** state)
{
  (void)state;
  float last = -2.0f;
  for (uint32_t bend = 0; bend < 16384; ++bend) {
    const FiqMidiMessage message = parse(0xe5, bend & 127, bend >> 7, 3);
    assert_int_equal(message.kind, FIQ_MIDI_BEND);
    assert_true(message.value > last);
    last = message.value;
  }
  assert_true(fabsf(parse(0xe0, 0, 0, 3).value + 1.0f) < 1e-7f);
  assert_true(fabsf(parse(0xe0, 0, 64, 3).value) < 1e-9f);
  assert_true(fabsf(parse(0xe0, 127, 127, 3).value - 1.0f) < 1e-7f);
}

static void test_malformed_bytes_are_nothing(void** state)
{
  (void)state;
  uint32_t n_messages = 0;
  for (uint32_t status = 0; status < 256; ++status) {
    for (uint32_t size = 0; size <= 4; ++size) {
      for (uint32_t bad = 0; bad < 4; ++bad) {
        const uint8_t  bytes[4] = {(uint8_t)status, bad & 1 ? 128 : 5, bad & 2 ? 255 : 6, 0};
        const uint32_t kind     = status >> 4;
        const bool     one      = kind == 0xd;
        const bool     known    = kind >= 8 && kind != 0xc && kind != 0xf;
        const bool     good = known && size >= (one ? 2u : 3u) && !(bad & 1) && (one || !(bad & 2));
        const bool     is   = fiq_midi_parse(bytes, size).kind != FIQ_MIDI_NONE;
        assert_int_equal(is, good);
        n_messages += is;
      }
    }
  }
  print_message("of 5120 byte strings %u are messages\n", n_messages);
  assert_int_equal(fiq_midi_parse(NULL, 3).kind, FIQ_MIDI_NONE);
}

static void test_bend_range_by_registered_parameter(void** state)
{
  (void)state;
  FiqMidiChannels midi  = at_rest();
  midi.channel[3].bend  = 1.0f;
  const float* const by = &midi.channel[3].bend_range_semitones;
  assert_true(fabsf(fiq_midi_bend_semitones(&midi, 3, 2.0f, 48.0f) - 2.0f) < 1e-6f);
  (void)turn(&midi, 3, 6, 24); // nothing is selected
  assert_true(*by < 0.0f);
  (void)set_parameter(&midi, 3, 0, 24);
  assert_true(fabsf(*by - 24.0f) < 1e-6f);
  (void)turn(&midi, 3, 38, 50);
  assert_true(fabsf(*by - 24.5f) < 1e-5f);
  (void)turn(&midi, 3, 38, 25);
  assert_true(fabsf(*by - 24.25f) < 1e-5f);
  (void)turn(&midi, 3, 101, 127);
  (void)turn(&midi, 3, 100, 127);
  (void)turn(&midi, 3, 6, 7); // the null parameter
  assert_true(fabsf(*by - 24.25f) < 1e-5f);
  (void)set_parameter(&midi, 3, 0, 12);
  (void)turn(&midi, 3, 99, 0);
  (void)turn(&midi, 3, 98, 0);
  (void)turn(&midi, 3, 6, 7); // a parameter that is not registered
  assert_true(fabsf(*by - 12.0f) < 1e-6f);
  (void)set_parameter(&midi, 3, 3, 7); // a tuning program, which is not ours
  assert_true(fabsf(*by - 12.0f) < 1e-6f);
  (void)set_parameter(&midi, 3, 0, 127);
  assert_true(fabsf(*by - 96.0f) < 1e-6f);
  assert_true(midi.channel[2].bend_range_semitones < 0.0f);
  (void)turn(&midi, 3, 121, 0);
  assert_true(fabsf(*by - 96.0f) < 1e-6f); // outlives a reset
  fiq_midi_forget_ranges(&midi);
  assert_true(*by < 0.0f);
}

static void test_tuning_by_registered_parameters(void** state)
{
  (void)state;
  FiqMidiChannels midi = at_rest();
  (void)set_parameter(&midi, 5, 1, 0);
  assert_true(fabsf(fiq_midi_tuning_semitones(&midi, 5) + 1.0f) < 1e-7f);
  (void)turn(&midi, 5, 6, 127);
  (void)turn(&midi, 5, 38, 127);
  assert_true(fabsf(fiq_midi_tuning_semitones(&midi, 5) - 8191.0f / 8192.0f) < 1e-7f);
  (void)turn(&midi, 5, 6, 64);
  assert_true(fabsf(fiq_midi_tuning_semitones(&midi, 5)) < 1e-7f);
  (void)set_parameter(&midi, 5, 2, 64 - 12);
  (void)turn(&midi, 5, 38, 99); // has no fine part
  assert_true(fabsf(fiq_midi_tuning_semitones(&midi, 5) + 12.0f) < 1e-7f);
  assert_true(fabsf(fiq_midi_tuning_semitones(&midi, 4)) < 1e-7f);
  (void)turn(&midi, 5, 121, 0);
  assert_true(fabsf(fiq_midi_tuning_semitones(&midi, 5) + 12.0f) < 1e-7f); // outlives a reset
  (void)set_parameter(&midi, 0, 6, 5);                                     // a zone: 1..5
  (void)set_parameter(&midi, 0, 2, 64 + 2);
  assert_true(fabsf(fiq_midi_tuning_semitones(&midi, 5) + 10.0f) < 1e-6f);
}

static void test_increments_move_by_the_least_step(void** state)
{
  (void)state;
  FiqMidiChannels midi = at_rest();
  (void)turn(&midi, 3, 96, 0); // nothing is selected
  (void)set_parameter(&midi, 3, 0, 2);
  (void)turn(&midi, 3, 96, 5); // its value says nothing
  (void)turn(&midi, 3, 96, 0);
  assert_true(fabsf(midi.channel[3].bend_range_semitones - 2.02f) < 1e-5f);
  for (int i = 0; i < 300; ++i) {
    (void)turn(&midi, 3, 97, 0);
  }
  assert_true(fabsf(midi.channel[3].bend_range_semitones) < 1e-9f);
  (void)set_parameter(&midi, 3, 1, 64);
  (void)turn(&midi, 3, 97, 0);
  assert_true(fabsf(fiq_midi_tuning_semitones(&midi, 3) + 1.0f / 8192.0f) < 1e-7f);
  (void)set_parameter(&midi, 3, 2, 126);
  for (int i = 0; i < 3; ++i) {
    (void)turn(&midi, 3, 96, 0);
  }
  assert_int_equal(midi.channel[3].coarse, 63);
}

static void test_portamento_overrules_the_glide(void** state)
{
  (void)state;
  FiqMidiChannels midi = at_rest();
  assert_true(fabsf(fiq_midi_glide_s(&midi, 2, 0.7f) - 0.7f) < 1e-7f);
  (void)turn(&midi, 2, 65, 127);
  assert_true(fabsf(fiq_midi_glide_s(&midi, 2, 0.7f) - 0.7f) < 1e-7f);
  assert_true(fabsf(fiq_midi_glide_s(&midi, 2, 0.0f) - 0.1f) < 1e-7f);
  (void)turn(&midi, 2, 5, 127);
  assert_true(fabsf(fiq_midi_glide_s(&midi, 2, 0.7f) - 4.0f) < 1e-6f);
  (void)turn(&midi, 2, 65, 63);
  assert_true(fabsf(fiq_midi_glide_s(&midi, 2, 0.7f)) < 1e-9f);
  assert_true(fabsf(fiq_midi_glide_s(&midi, 1, 0.7f) - 0.7f) < 1e-7f);
  fiq_midi_forget_glides(&midi);
  assert_true(fabsf(fiq_midi_glide_s(&midi, 2, 0.7f) - 0.7f) < 1e-7f);
}

static void test_reset_spares_what_the_standard_spares(void** state)
{
  (void)state;
  FiqMidiChannels       midi   = at_rest();
  static const uint32_t used[] = {1, 7, 11, 64, 66, 67, 74};
  for (size_t i = 0; i < sizeof used / sizeof used[0]; ++i) {
    (void)turn(&midi, 4, used[i], 100);
  }
  midi.channel[4].bend     = 0.5f;
  midi.channel[4].pressure = 0.5f;
  assert_int_equal(turn(&midi, 4, 121, 0), FIQ_MIDI_RESET);
  const FiqMidiChannel* c = &midi.channel[4];
  assert_true(!c->sustain && !c->sostenuto && !c->soft);
  assert_true(c->wheel < 1e-9f && fabsf(c->bend) < 1e-9f && c->pressure < 1e-9f);
  assert_true(fabsf(c->expression - 1.0f) < 1e-9f);
  assert_true(fabsf(c->volume - 100.0f / 127.0f) < 1e-6f);
  assert_true(fabsf(c->timbre - 36.0f / 63.0f) < 1e-6f);
}

static void test_pedals_switch_at_64_and_sostenuto_acts_once(void** state)
{
  (void)state;
  FiqMidiChannels midi = at_rest();
  (void)turn(&midi, 0, 64, 63);
  assert_false(fiq_midi_sustains(&midi, 0));
  assert_int_equal(turn(&midi, 0, 64, 64), FIQ_MIDI_PEDALS);
  assert_true(fiq_midi_sustains(&midi, 0));
  assert_false(fiq_midi_sustains(&midi, 1));
  assert_int_equal(turn(&midi, 0, 66, 0), FIQ_MIDI_NOTHING);
  assert_int_equal(turn(&midi, 0, 66, 64), FIQ_MIDI_CAPTURE);
  assert_int_equal(turn(&midi, 0, 66, 127), FIQ_MIDI_NOTHING);
  assert_int_equal(turn(&midi, 0, 66, 63), FIQ_MIDI_LET_GO);
  (void)turn(&midi, 0, 67, 64);
  assert_true(fiq_midi_is_soft(&midi, 0));
}

static void test_mode_messages(void** state)
{
  (void)state;
  FiqMidiChannels midi = at_rest();
  assert_int_equal(turn(&midi, 2, 120, 0), FIQ_MIDI_ALL_SOUND_OFF);
  for (uint32_t controller = 123; controller <= 127; ++controller) {
    assert_int_equal(turn(&midi, 2, controller, 0), FIQ_MIDI_ALL_NOTES_OFF);
    assert_int_equal(midi.channel[2].mono, controller == 126 ? 1 : controller == 127 ? 0 : -1);
    assert_int_equal(midi.channel[1].mono, -1);
  }
  assert_int_equal(turn(&midi, 2, 122, 0), FIQ_MIDI_NOTHING);
}

/// One letter a channel: M, m master and member of the lower zone, U, u of the upper, `.` none.
static void draw_zones(const FiqMidiChannels* midi, char drawing[17])
{
  for (uint32_t channel = 0; channel < 16; ++channel) {
    const bool     member = fiq_midi_is_member(midi, channel);
    const uint32_t group  = fiq_midi_group(midi, channel);
    const bool     master = !member && fiq_midi_scope(midi, channel) != 1u << channel;
    drawing[channel]      = (char)(member   ? (group == 0 ? 'm' : 'u')
                                   : master ? (channel == 0 ? 'M' : 'U')
                                            : '.');
  }
  drawing[16] = '\0';
}

static void test_zones_give_way_to_the_newer(void** state)
{
  (void)state;
  static const struct {
    uint32_t    channel;
    uint32_t    members;
    const char* drawing;
  } table[] = {
      {0, 3, "Mmmm............"},   {15, 4, "Mmmm.......uuuuU"},  {0, 9, "Mmmmmmmmmm.uuuuU"},
      {15, 7, "MmmmmmmmuuuuuuuU"},  {0, 15, "Mmmmmmmmmmmmmmmm"},  {15, 2, "MmmmmmmmmmmmmuuU"},
      {15, 15, "uuuuuuuuuuuuuuuU"}, {0, 0, "uuuuuuuuuuuuuuuU"},   {0, 1, "MmuuuuuuuuuuuuuU"},
      {5, 3, "MmuuuuuuuuuuuuuU"},   {15, 16, "MmuuuuuuuuuuuuuU"}, {15, 0, "Mm.............."},
      {0, 0, "................"}};
  FiqMidiChannels midi = at_rest();
  for (size_t i = 0; i < sizeof table / sizeof table[0]; ++i) {
    char before[17];
    char drawing[17];
    draw_zones(&midi, before);
    const FiqMidiEffect effect = set_parameter(&midi, table[i].channel, 6, table[i].members);
    draw_zones(&midi, drawing);
    print_message("%s\n", drawing);
    assert_string_equal(drawing, table[i].drawing);
    for (uint32_t channel = 0; channel < 16 && effect.action == FIQ_MIDI_NEW_ZONES; ++channel) {
      const bool member_changed = strchr("mu", before[channel]) != strchr("mu", drawing[channel]);
      assert_true(!member_changed || (effect.channels >> channel & 1));
    }
  }
  assert_int_equal(fiq_midi_group(&midi, FIQ_MIDI_DRONE), FIQ_MIDI_DRONE);
}

static void test_master_joins_its_members(void** state)
{
  (void)state;
  FiqMidiChannels midi = at_rest();
  (void)set_parameter(&midi, 15, 6, 3); // members 12, 13, 14
  midi.channel[15].bend     = 0.5f;
  midi.channel[13].bend     = -0.25f;
  midi.channel[15].pressure = 0.6f;
  midi.channel[13].pressure = 0.3f;
  midi.channel[14].pressure = 0.9f;
  (void)turn(&midi, 15, 74, 127);
  (void)turn(&midi, 13, 74, 1);
  (void)turn(&midi, 15, 7, 64);
  (void)turn(&midi, 13, 11, 64);
  (void)turn(&midi, 15, 1, 127);
  (void)turn(&midi, 15, 67, 127);
  fiq_midi_advance(&midi, 1.0f);
  const double half = pow(64.0 / 127.0, 2.0);
  assert_true(fabsf(fiq_midi_bend_semitones(&midi, 13, 2.0f, 48.0f) + 11.0f) < 1e-5f);
  assert_true(fabsf(fiq_midi_bend_semitones(&midi, 15, 2.0f, 48.0f) - 1.0f) < 1e-6f);
  assert_true(fabsf(fiq_midi_pressure(&midi, 13) - 0.6f) < 1e-6f);
  assert_true(fabsf(fiq_midi_pressure(&midi, 14) - 0.9f) < 1e-6f);
  assert_true(fabsf(fiq_midi_timbre(&midi, 13)) < 1e-6f);
  assert_true(fabsf(fiq_midi_timbre(&midi, 14) - 1.0f) < 1e-6f);
  assert_true(fabs((double)midi.channel[13].gain_now - half * half) < 1e-6);
  assert_true(fabs((double)midi.channel[14].gain_now - half) < 1e-6);
  assert_true(fabsf(midi.channel[11].gain_now - 1.0f) < 1e-9f);
  assert_true(fabsf(midi.channel[12].wheel_now - 1.0f) < 1e-6f &&
              midi.channel[11].wheel_now < 1e-9f);
  assert_true(fiq_midi_is_soft(&midi, 12) && !fiq_midi_is_soft(&midi, 11));
}

static void test_smoothing_does_not_depend_on_the_steps(void** state)
{
  (void)state;
  FiqMidiChannels one = at_rest();
  FiqMidiChannels two = at_rest();
  (void)turn(&one, 0, 7, 10);
  (void)turn(&two, 0, 7, 10);
  fiq_midi_advance(&one, 0.02f);
  for (int i = 0; i < 100; ++i) {
    fiq_midi_advance(&two, 0.0002f);
  }
  const float difference = fabsf(one.channel[0].gain_now - two.channel[0].gain_now);
  print_message("20 ms in one step or a hundred: gains differ by %.2g\n", (double)difference);
  assert_true(difference < 1e-6f);
  assert_false(one.settled);
  fiq_midi_advance(&one, 1.0f);
  assert_true(one.settled);
}

static void test_any_controllers_keep_values_in_range(void** state)
{
  (void)state;
  FiqRandom random;
  fiq_random_init(&random, 21, 0);
  FiqMidiChannels midi = at_rest();
  for (uint32_t i = 0; i < 200000; ++i) {
    const uint32_t bits       = fiq_random_bits(&random);
    const uint32_t controller = bits >> 30  ? bits >> 8 & 127
                                : bits & 16 ? 6
                                            : 100 + (bits >> 5 & 1);
    const uint32_t value      = bits >> 29 & 1 ? bits >> 16 & 7 : bits >> 16 & 127;
    (void)fiq_midi_controller(&midi, bits & 15, controller, value);
    fiq_midi_advance(&midi, 0.001f);
    const uint32_t        channel = bits >> 12 & 15;
    const FiqMidiChannel* c       = &midi.channel[channel];
    assert_true(midi.n_lower + midi.n_upper <= 15);
    assert_true(midi.n_lower + midi.n_upper <= 14 || midi.n_lower == 0 || midi.n_upper == 0);
    assert_true(c->gain_now >= 0.0f && c->gain_now <= 1.0f);
    assert_true(c->wheel_now >= 0.0f && c->wheel_now <= 1.0f);
    assert_true(c->bend_range_semitones >= -1.0f && c->bend_range_semitones <= 96.0f);
    assert_true(fabsf(fiq_midi_timbre(&midi, channel)) <= 1.0f);
    assert_true(fabsf(fiq_midi_tuning_semitones(&midi, channel)) <= 130.0f);
    const float glide_s = fiq_midi_glide_s(&midi, channel, 1.0f);
    assert_true(glide_s >= 0.0f && glide_s <= 4.0f);
    assert_true(fiq_midi_scope(&midi, channel) >> channel & 1);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_channel_message_is_understood),
      cmocka_unit_test(test_bend_has_fourteen_bits_and_rests_at_zero),
      cmocka_unit_test(test_malformed_bytes_are_nothing),
      cmocka_unit_test(test_bend_range_by_registered_parameter),
      cmocka_unit_test(test_tuning_by_registered_parameters),
      cmocka_unit_test(test_increments_move_by_the_least_step),
      cmocka_unit_test(test_portamento_overrules_the_glide),
      cmocka_unit_test(test_reset_spares_what_the_standard_spares),
      cmocka_unit_test(test_pedals_switch_at_64_and_sostenuto_acts_once),
      cmocka_unit_test(test_mode_messages),
      cmocka_unit_test(test_zones_give_way_to_the_newer),
      cmocka_unit_test(test_master_joins_its_members),
      cmocka_unit_test(test_smoothing_does_not_depend_on_the_steps),
      cmocka_unit_test(test_any_controllers_keep_values_in_range),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
