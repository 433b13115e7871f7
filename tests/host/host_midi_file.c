// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: every Standard MIDI File is read as its format says, and a damaged one as far as it makes sense.
   Method: files written by hand, byte by byte, each with the list of events that the specification makes of
   it; files written at random in every way the format allows, which must give back what was written; files
   cut off at every byte, which must give the events before the cut.
*/
#include "host-test/render/midi_file.h"
#include "tests/support/support.h"

#include "dsp/base/random.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES = 4096, FILE_BYTES = 1 << 16, LIST_MAX = 400 };

/// A whole file, or a part of one, with its length.
#define BYTES(text) text, sizeof(text) - 1

// 480 ticks a quarter; one track or two.
#define HEAD_0 "MThd\0\0\0\6\0\0\0\1\1\340"
#define HEAD_1 "MThd\0\0\0\6\0\1\0\2\1\340"
#define HEAD_2 "MThd\0\0\0\6\0\2\0\2\1\340"
#define TRACK(n_bytes) "MTrk\0\0\0" n_bytes
#define END "\0\377\57\0"
// Middle C from now on, 4 bytes; its release 480 ticks later, 5 bytes.
#define STRIKE "\0\220\74\144"
#define LIFT "\203\140\200\74\100"

typedef struct {
  const char* claim;
  const char* bytes;
  size_t      n_bytes;
  const char* events;   ///< "milliseconds bytes, ...": T tempo, M meter, L lyric, K marker
  const char* warnings; ///< "track/tick what, ..."; "" for none
} Case;

static const Case cases[] = {
    {"format 0", BYTES(HEAD_0 TRACK("\15") STRIKE LIFT END), "0 903C64, 500 803C40", ""},
    {"format 1: tracks at once, in their order within a tick",
     BYTES(HEAD_1 TRACK("\15") STRIKE LIFT END TRACK("\15") STRIKE LIFT END),
     "0 903C64, 0 903C64, 500 803C40, 500 803C40", ""},
    {"format 2: one pattern after the other, each from a tempo of 120",
     BYTES(HEAD_2 TRACK("\24") "\0\377\121\3\17\102\100" STRIKE LIFT END TRACK("\15")
               STRIKE LIFT                                               END),
     "0 T07A120, 0 M0402, 0 T0F4240, 0 903C64, 1000 803C40, 1000 T07A120, 1000 M0402, 1000 903C64, "
     "1500 803C40",
     ""},
    {"an unknown format is read as format 1",
     BYTES("MThd\0\0\0\6\0\11\0\1\1\340" TRACK("\15") STRIKE LIFT END), "0 903C64, 500 803C40",
     "0/0 an unknown format; read as 1"},
    {"format 0 with two tracks plays both",
     BYTES(HEAD_0 TRACK("\15") STRIKE LIFT END TRACK("\15") STRIKE LIFT END),
     "0 903C64, 0 903C64, 500 803C40, 500 803C40",
     "0/0 the number of tracks is not what the header says"},
    {"a tempo holds for the tracks after its own too",
     BYTES(HEAD_1 TRACK("\14") "\201\160\377\121\3\17\102\100" END TRACK("\15") STRIKE LIFT END),
     "0 903C64, 250 T0F4240, 750 803C40", ""},
    {"25 frames of 40 ticks: milliseconds",
     BYTES("MThd\0\0\0\6\0\0\0\1\347\50" TRACK("\15") STRIKE LIFT END), "0 903C64, 480 803C40", ""},
    {"30 frames, drop frame, of 80 ticks: 1001 / 1000 slower",
     BYTES("MThd\0\0\0\6\0\0\0\1\343\120" TRACK("\15") STRIKE LIFT END), "0 903C64, 200.2 803C40",
     ""},
    {"a tempo moves nothing in SMPTE division",
     BYTES("MThd\0\0\0\6\0\0\0\1\347\50" TRACK("\24") "\0\377\121\3\17\102\100" STRIKE LIFT END),
     "0 T0F4240, 0 903C64, 480 803C40", ""},
    {"no ticks a frame", BYTES("MThd\0\0\0\6\0\0\0\1\347\0" TRACK("\15") STRIKE LIFT END),
     "0 903C64, 19200 803C40", "0/0 no ticks a frame; read as 1"},
    {"no ticks a quarter", BYTES("MThd\0\0\0\6\0\0\0\1\0\0" TRACK("\15") STRIKE LIFT END),
     "0 903C64, 500 803C40", "0/0 no ticks a quarter; read as 480"},
    {"a RIFF container",
     BYTES("RIFF\60\0\0\0RMIDdata\43\0\0\0" HEAD_0 TRACK("\15") STRIKE LIFT END),
     "0 903C64, 500 803C40", ""},
    {"a RIFF container with other chunks around, one of them padded",
     BYTES("RIFF\115\0\0\0RMIDDISP\3\0\0\0abc\0data\43\0\0\0" HEAD_0 TRACK("\15") STRIKE LIFT END
           "\0LIST\4\0\0\0INFO"),
     "0 903C64, 500 803C40", ""},
    {"a RIFF container cut off",
     BYTES("RIFF\60\0\0\0RMIDdata\177\0\0\0" HEAD_0 TRACK("\15") STRIKE LIFT END),
     "0 903C64, 500 803C40", "0/0 the container says that it is longer than the file"},
    {"a longer header", BYTES("MThd\0\0\0\10\0\0\0\1\1\340ab" TRACK("\15") STRIKE LIFT END),
     "0 903C64, 500 803C40", ""},
    {"a header that says too little",
     BYTES("MThd\0\0\0\0\0\0\0\1\1\340" TRACK("\15") STRIKE LIFT END), "0 903C64, 500 803C40",
     "0/0 the header's length is wrong"},
    {"a header that says too much",
     BYTES("MThd\377\0\0\6\0\0\0\1\1\340" TRACK("\15") STRIKE LIFT END), "0 903C64, 500 803C40",
     "0/0 the header's length is wrong"},
    {"an unknown chunk before, between and behind the tracks",
     BYTES(HEAD_1 "XFIH\0\0\0\5abcde" TRACK("\15") STRIKE LIFT END "XFKM\0\0\0\0" TRACK("\15")
               STRIKE LIFT                                     END "abcd\0\0\0\1z"),
     "0 903C64, 0 903C64, 500 803C40, 500 803C40", ""},
    {"zeros behind the last track", BYTES(HEAD_0 TRACK("\15") STRIKE LIFT END "\0\0\0\0\0"),
     "0 903C64, 500 803C40", ""},
    {"running status", BYTES(HEAD_0 TRACK("\22") STRIKE "\203\140\74\0\0\76\144\0\76\0" END),
     "0 903C64, 500 903C00, 500 903E64, 500 903E00", ""},
    {"running status resumed after a meta event and after system exclusive",
     BYTES(HEAD_0 TRACK("\32") STRIKE "\0\377\5\2la\203\140\74\0\0\360\2\1\367\0\76\144" END),
     "0 903C64, 0 L6C61, 500 903C00, 500 F001F7, 500 903E64", ""},
    {"messages of one value, and bend",
     BYTES(HEAD_0 TRACK("\24") "\0\300\5\0\6\0\321\7\0\345\1\2\0\242\3\4" END),
     "0 C005, 0 C006, 0 D107, 0 E50102, 0 A20304", ""},
    {"system exclusive whole", BYTES(HEAD_0 TRACK("\14") "\0\360\5\103\22\0\1\367" END),
     "0 F043120001F7", ""},
    {"system exclusive split in three, with a message between",
     BYTES(HEAD_0 TRACK("\30") "\0\360\2\103\22\203\140\367\1\7" STRIKE
                               "\203\140\367\2\10\367" END),
     "500 903C64, 1000 F043120708F7", ""},
    {"system exclusive without an end", BYTES(HEAD_0 TRACK("\15") "\0\360\2\103\22" STRIKE END),
     "0 903C64", "1/0 system exclusive without an end, left out"},
    {"system exclusive without an end, then another",
     BYTES(HEAD_0 TRACK("\16") "\0\360\2\103\22\0\360\2\1\367" END), "0 F001F7",
     "1/0 system exclusive without an end, left out"},
    {"system exclusive with a value above 127",
     BYTES(HEAD_0 TRACK("\16") "\0\360\3\1\200\367" STRIKE END), "0 903C64",
     "1/0 system exclusive with a value above 127, left out"},
    {"an escape of one message and one of several",
     BYTES(HEAD_0 TRACK("\23") "\0\367\1\370\203\140\367\7\363\2\220\74\144\300\5" END),
     "0 F8, 500 F302, 500 903C64, 500 C005", ""},
    {"an escaped system exclusive", BYTES(HEAD_0 TRACK("\16") "\0\367\3\360\1\367" STRIKE END),
     "0 F001F7, 0 903C64", ""},
    {"an escape of nothing that is whole", BYTES(HEAD_0 TRACK("\15") "\0\367\2\220\74" STRIKE END),
     "0 903C64", "1/0 an escape that holds no whole message, left out"},
    {"meta events of no length and of 200 bytes",
     BYTES(HEAD_0
           "MTrk\0\0\0\331"
           "\0\377\1\0\0\377\2\201\110"
           "0123456789012345678901234567890123456789012345678901234567890123456789012345678901"
           "2345678901234567890123456789012345678901234567890123456789012345678901234567890123"
           "456789012345678901234567890123456789" STRIKE END),
     "0 903C64", ""},
    {"lyrics and markers with their times",
     BYTES(HEAD_0 TRACK("\25") "\0\377\6\1A\203\140\377\5\2la\0\377\1\1x" END), "0 K41, 500 L6C61",
     ""},
    {"a tempo of no length, of two bytes, of 0, and of four bytes",
     BYTES(HEAD_0 TRACK("\46") "\0\377\121\0\0\377\121\2\1\2\0\377\121\3\0\0\0\0\377\121\4\17\102"
                               "\100\1" STRIKE LIFT END),
     "0 T0F4240, 0 903C64, 1000 803C40",
     "1/0 a tempo without a value, left out, 1/0 a tempo without a value, left out, 1/0 a tempo "
     "without a value, left out"},
    {"a time signature, and two that are none",
     BYTES(HEAD_0                                                                   TRACK(
                                                                           "\35") "\0\377\130\4\6\3\30\10\0\377\130\1\6\0\377\130\4\0\2\30\10" STRIKE END),
     "0 M0603, 0 903C64",
     "1/0 a time signature without a value, left out, 1/0 a time signature without a value, left "
     "out"},
    {"a missing end of track", BYTES(HEAD_0 TRACK("\11") STRIKE LIFT), "0 903C64, 500 803C40",
     "1/480 the track has no end"},
    {"a missing end before another track",
     BYTES(HEAD_1 TRACK("\11") STRIKE LIFT TRACK("\15") STRIKE LIFT END),
     "0 903C64, 0 903C64, 500 803C40, 500 803C40", "1/480 the track has no end"},
    {"a length that is too short", BYTES(HEAD_0 TRACK("\6") STRIKE LIFT END),
     "0 903C64, 500 803C40", "1/480 the track is longer than it says"},
    {"a length of 0 before another track",
     BYTES(HEAD_1 TRACK("\0") STRIKE LIFT END TRACK("\15") STRIKE LIFT END),
     "0 903C64, 0 903C64, 500 803C40, 500 803C40", "1/0 the track is longer than it says"},
    {"a length that is short by the end of track",
     BYTES(HEAD_1 TRACK("\11") STRIKE LIFT END TRACK("\15") STRIKE LIFT END),
     "0 903C64, 0 903C64, 500 803C40, 500 803C40", "1/480 the track is longer than it says"},
    {"a length that reaches into the next track",
     BYTES(HEAD_1 TRACK("\23") STRIKE LIFT END TRACK("\15") STRIKE LIFT END),
     "0 903C64, 0 903C64, 500 803C40, 500 803C40", "1/480 the track is shorter than it says"},
    {"a length beyond the file",
     BYTES(HEAD_1 "MTrk\377\377\377\377" STRIKE LIFT END TRACK("\15") STRIKE LIFT END),
     "0 903C64, 0 903C64, 500 803C40, 500 803C40",
     "1/0 the track says that it is longer than the file, 1/480 the track is shorter than it says"},
    {"bytes behind the end of a track", BYTES(HEAD_0 TRACK("\17") STRIKE LIFT END "\1\2"),
     "0 903C64, 500 803C40", ""},
    {"rubbish between tracks",
     BYTES(HEAD_1 TRACK("\15") STRIKE LIFT END "\1\2\3\4\5\6\7\10\11" TRACK("\15") STRIKE LIFT END),
     "0 903C64, 0 903C64, 500 803C40, 500 803C40", "1/480 bytes that belong to no track, left out"},
    {"values before any status", BYTES(HEAD_0 TRACK("\13") "\0\74\144\0\220\74\144" END),
     "0 903C64", "1/0 values without a message, left out"},
    {"a value above 127", BYTES(HEAD_0 TRACK("\14") "\0\220\300\144" STRIKE END), "0 903C64",
     "1/0 a message with a value above 127, left out"},
    {"clock and song position outside of an escape",
     BYTES(HEAD_0 TRACK("\16") "\0\370\0\362\1\2" STRIKE END), "0 903C64",
     "1/0 a system message outside of an escape, left out, 1/0 a system message outside of an "
     "escape, "
     "left out"},
    {"a delta of five bytes",
     BYTES(HEAD_0 TRACK("\20") STRIKE "\200\200\200\203\140\200\74\100" END),
     "0 903C64, 500 803C40", "1/0 a number of more than four bytes"},
    {"a track cut off within a message", BYTES(HEAD_0 TRACK("\7") STRIKE "\0\200\74"), "0 903C64",
     "1/0 the track is cut off"},
    {"no tracks at all", BYTES("MThd\0\0\0\6\0\0\0\0\1\340"), "", ""},
};

/// Append to a text of TEXT_BYTES.
static void append(char* text, const char* more)
{
  strncat(text, more, TEXT_BYTES - strlen(text) - 1);
}

static void note_warning(void* data, uint32_t track, uint64_t tick, const char* what)
{
  char* const text = data;
  char        line[160];
  snprintf(line, sizeof line, "%s%u/%llu %s", text[0] ? ", " : "", track, (unsigned long long)tick,
           what);
  append(text, line);
}

static void print_events(char* text, const FiqMidiFile* file)
{
  static const char* const kinds[] = {"", "T", "M", "L", "K"};
  text[0]                          = '\0';
  for (size_t i = 0; i < file->n_events; ++i) {
    const FiqMidiFileEvent* const event = &file->events[i];
    char                          part[64];
    snprintf(part, sizeof part, "%s%.10g %s", i > 0 ? ", " : "", 1e3 * event->time_s,
             kinds[event->kind]);
    append(text, part);
    for (uint32_t k = 0; k < event->n_bytes; ++k) {
      snprintf(part, sizeof part, "%02X", event->bytes[k]);
      append(text, part);
    }
  }
}

/// Read from a copy that ends where the bytes do, so that the sanitizers see every step beyond.
static const char* read_exactly(FiqMidiFile* file, const void* bytes, size_t n_bytes,
                                char* warnings)
{
  uint8_t* const copy = malloc(n_bytes > 0 ? n_bytes : 1);
  assert_non_null(copy);
  memcpy(copy, bytes, n_bytes);
  const char* const reason =
      fiq_midi_file_read(file, copy, n_bytes, warnings ? note_warning : NULL, warnings);
  free(copy);
  return reason;
}

static void test_files_are_read_as_the_format_says(void** unused)
{
  (void)unused;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    char        events[TEXT_BYTES];
    char        warnings[TEXT_BYTES] = "";
    FiqMidiFile file;
    print_message("%s\n", cases[i].claim);
    assert_null(read_exactly(&file, cases[i].bytes, cases[i].n_bytes, warnings));
    print_events(events, &file);
    assert_string_equal(events, cases[i].events);
    assert_string_equal(warnings, cases[i].warnings);
    fiq_midi_file_free(&file);
  }
}

static void test_other_files_are_refused(void** unused)
{
  (void)unused;
  static const struct {
    const char* bytes;
    size_t      n_bytes;
    const char* reason;
  } others[] = {
      {BYTES(""), "not a MIDI file"},
      {BYTES("MTh"), "not a MIDI file"},
      {BYTES("RIFF\44\0\0\0WAVEfmt \20\0\0\0"), "not a MIDI file"},
      {BYTES("RIFF\44\0\0\0RMIDdata"), "not a MIDI file"},
      {BYTES("RIFF\44\0\0\0RMIDLIST\377\377\377\377"), "not a MIDI file"},
      {BYTES("MThd\0\0\0\6\0\0\0\1\1"), "not a readable MIDI file: its header is cut off"},
  };
  for (size_t i = 0; i < sizeof others / sizeof others[0]; ++i) {
    FiqMidiFile file;
    assert_string_equal(read_exactly(&file, others[i].bytes, others[i].n_bytes, NULL),
                        others[i].reason);
    fiq_midi_file_free(&file);
  }
}

static void test_quarters_go_with_the_tempo(void** unused)
{
  (void)unused;
  // Two quarters at 120, then at 60; in SMPTE division they are counted by the seconds.
  static const char by_quarters[] = HEAD_0 TRACK(
      "\33") "\207\100\377\121\3\17\102\100\207\100\377\121\3\7\241\40\203\140\377\6\0" END;
  static const char by_frames[] = "MThd\0\0\0\6\0\0\0\1\347\50" TRACK(
      "\34") "\207\150\377\121\3\17\102\100\217\120\377\121\3\7\241\40\203\164\377\6\0" END;
  static const double quarters[] = {2.0, 4.0, 5.0};
  FiqMidiFile         file;
  for (int way = 0; way < 2; ++way) {
    const char* const bytes   = way == 0 ? by_quarters : by_frames;
    const size_t      n_bytes = way == 0 ? sizeof by_quarters - 1 : sizeof by_frames - 1;
    assert_null(read_exactly(&file, bytes, n_bytes, NULL));
    assert_int_equal(file.n_events, 3);
    for (size_t i = 0; i < 3; ++i) {
      assert_true(file.events[i].quarter > quarters[i] - 1e-9);
      assert_true(file.events[i].quarter < quarters[i] + 1e-9);
    }
    fiq_midi_file_free(&file);
  }
}

// ---- files written at random ----

/// What was written, to be compared with what is read.
typedef struct {
  uint64_t tick;
  uint32_t track;
  uint8_t  bytes[8];
  uint32_t n_bytes;
  bool     used;
} Written;

typedef struct {
  uint8_t   bytes[FILE_BYTES];
  size_t    n_bytes;
  Written   list[LIST_MAX];
  size_t    n_list;
  FiqRandom random;
} Writer;

static uint32_t draw(Writer* self, uint32_t n)
{
  return (uint32_t)(fiq_random_bits(&self->random) >> 1) % n;
}

static void put_byte(Writer* self, uint32_t byte)
{
  assert_true(self->n_bytes < FILE_BYTES);
  self->bytes[self->n_bytes++] = (uint8_t)byte;
}

static void put_big(Writer* self, uint32_t value, uint32_t n_bytes)
{
  for (uint32_t i = n_bytes; i > 0; --i) {
    put_byte(self, value >> (8 * (i - 1)) & 0xff);
  }
}

static void put_number(Writer* self, uint32_t value)
{
  for (uint32_t i = 4; i > 0; --i) {
    if (i == 1 || value >> (7 * (i - 1)) > 0) {
      put_byte(self, (value >> (7 * (i - 1)) & 0x7f) | (i > 1 ? 0x80 : 0));
    }
  }
}

/// What may stand anywhere and means nothing here.
static void put_filler(Writer* self)
{
  const uint32_t n = draw(self, 200);
  put_byte(self, 0);
  put_byte(self, 0xff);
  put_byte(self, 1 + draw(self, 4));
  put_number(self, n);
  for (uint32_t i = 0; i < n; ++i) {
    put_byte(self, draw(self, 256));
  }
}

/// A system exclusive message in up to three packets a tick apart; when it is complete.
static uint64_t put_exclusive(Writer* self, const Written* event, uint64_t tick)
{
  uint32_t at   = 1;
  bool     more = false;
  while (at < event->n_bytes) {
    const uint32_t left = event->n_bytes - at;
    const uint32_t n    = more && draw(self, 2) ? left : 1 + draw(self, left);
    put_number(self, more ? 1 : (uint32_t)(event->tick - tick));
    put_byte(self, more ? 0xf7 : 0xf0);
    put_number(self, n);
    for (uint32_t i = 0; i < n; ++i) {
      put_byte(self, event->bytes[at + i]);
    }
    tick = more ? tick + 1 : event->tick;
    at += n;
    more = true;
  }
  return tick;
}

static void draw_event(Writer* self, Written* event)
{
  static const uint8_t n_bytes[] = {3, 3, 3, 3, 2, 2, 3};
  const uint32_t       kind      = draw(self, 8);
  event->n_bytes                 = kind == 7 ? 3 + draw(self, 6) : n_bytes[kind];
  event->bytes[0]                = (uint8_t)(kind == 7 ? 0xf0 : 0x80 | kind << 4 | draw(self, 2));
  for (uint32_t i = 1; i < event->n_bytes; ++i) {
    event->bytes[i] = (uint8_t)draw(self, 128);
  }
  if (kind == 7) {
    event->bytes[event->n_bytes - 1] = 0xf7;
  }
}

static void put_track(Writer* self, uint32_t track)
{
  static const uint32_t steps[] = {1, 1, 2, 200, 20000, 3000000};
  uint8_t               status  = 0;
  uint64_t              tick    = 0;
  put_big(self, 0x4d54726b, 4);
  const size_t length_at = self->n_bytes;
  put_big(self, 0, 4);
  for (uint32_t n = draw(self, 40); n > 0; --n) {
    Written* const event = &self->list[self->n_list++];
    *event = (Written){.tick = tick + draw(self, steps[draw(self, 6)]), .track = track};
    draw_event(self, event);
    if (draw(self, 4) == 0) {
      put_filler(self);
    }
    if (event->bytes[0] == 0xf0) {
      event->tick = put_exclusive(self, event, tick);
    } else {
      const bool runs = event->bytes[0] == status && draw(self, 4) > 0;
      put_number(self, (uint32_t)(event->tick - tick));
      for (uint32_t i = runs ? 1 : 0; i < event->n_bytes; ++i) {
        put_byte(self, event->bytes[i]);
      }
      status = event->bytes[0];
    }
    tick = event->tick;
  }
  put_big(self, 0x00ff2f00, 4);
  const size_t end = self->n_bytes;
  self->n_bytes    = length_at;
  put_big(self, (uint32_t)(end - length_at - 4), 4);
  self->n_bytes = end;
}

static void write_file(Writer* self, uint64_t seed)
{
  self->n_bytes = 0;
  self->n_list  = 0;
  fiq_random_init(&self->random, seed, 0);
  const uint32_t n_tracks = 1 + draw(self, 8);
  put_big(self, 0x4d546864, 4);
  put_big(self, 6, 4);
  put_big(self, n_tracks > 1 ? 1 : 0, 2);
  put_big(self, n_tracks, 2);
  put_big(self, 480, 2);
  for (uint32_t track = 1; track <= n_tracks; ++track) {
    put_track(self, track);
  }
}

static void test_what_is_written_is_read(void** unused)
{
  (void)unused;
  static Writer writer;
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    char        warnings[TEXT_BYTES] = "";
    FiqMidiFile file;
    write_file(&writer, seed);
    assert_null(read_exactly(&file, writer.bytes, writer.n_bytes, warnings));
    if (warnings[0] || file.n_events != writer.n_list) {
      fail_msg("seed %llu: %zu events of %zu; %s", (unsigned long long)seed, file.n_events,
               writer.n_list, warnings);
    }
    for (size_t i = 0; i < file.n_events; ++i) {
      // The next of its track that has not been read yet.
      const FiqMidiFileEvent* const event = &file.events[i];
      Written*                      from  = writer.list;
      while (from->used || from->track != event->track) {
        ++from;
      }
      from->used = true;
      assert_int_equal(event->kind, FIQ_MIDI_FILE_MESSAGE);
      assert_int_equal(event->tick, from->tick);
      assert_int_equal(event->n_bytes, from->n_bytes);
      assert_memory_equal(event->bytes, from->bytes, from->n_bytes);
      assert_true(i == 0 || event->tick > event[-1].tick ||
                  (event->tick == event[-1].tick && event->track >= event[-1].track));
      assert_true(event->time_s > (double)event->tick / 960.0 - 1e-6);
      assert_true(event->time_s < (double)event->tick / 960.0 + 1e-6);
    }
    fiq_midi_file_free(&file);
  }
}

/// Whether `part` holds only events of `whole`, in the same order.
static bool is_part(const FiqMidiFile* part, const FiqMidiFile* whole)
{
  size_t k = 0;
  for (size_t i = 0; i < part->n_events; ++i, ++k) {
    const FiqMidiFileEvent* const event = &part->events[i];
    while (k < whole->n_events &&
           (whole->events[k].tick != event->tick || whole->events[k].track != event->track ||
            whole->events[k].n_bytes != event->n_bytes ||
            memcmp(whole->events[k].bytes, event->bytes, event->n_bytes) != 0)) {
      ++k;
    }
    if (k == whole->n_events) {
      return false;
    }
  }
  return true;
}

static void test_a_cut_file_gives_what_is_before_the_cut(void** unused)
{
  (void)unused;
  static Writer writer;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    FiqMidiFile whole;
    size_t      most = 0;
    write_file(&writer, seed);
    assert_null(read_exactly(&whole, writer.bytes, writer.n_bytes, NULL));
    for (size_t n_bytes = 14; n_bytes < writer.n_bytes; ++n_bytes) {
      char        warnings[TEXT_BYTES] = "";
      FiqMidiFile part;
      assert_null(read_exactly(&part, writer.bytes, n_bytes, warnings));
      if (!warnings[0] || !is_part(&part, &whole) || part.n_events < most) {
        fail_msg("seed %llu, %zu bytes: %zu events of %zu", (unsigned long long)seed, n_bytes,
                 part.n_events, whole.n_events);
      }
      most = part.n_events;
      fiq_midi_file_free(&part);
    }
    assert_true(most + 1 >= whole.n_events);
    fiq_midi_file_free(&whole);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_files_are_read_as_the_format_says),
      cmocka_unit_test(test_other_files_are_refused),
      cmocka_unit_test(test_quarters_go_with_the_tempo),
      cmocka_unit_test(test_what_is_written_is_read),
      cmocka_unit_test(test_a_cut_file_gives_what_is_before_the_cut),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
