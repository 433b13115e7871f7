// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/render/midi_file.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
  CHUNK_HEAD_BYTES = 8,
  HEADER_BYTES     = 6,
  NUMBER_MAX       = 0x0fffffff, // of four bytes
  PLAIN_DIVISION   = 480,
  TRACKS_MAX       = 65535,
  META_LYRIC       = 0x05,
  META_MARKER      = 0x06,
  META_END         = 0x2f,
  META_TEMPO       = 0x51,
  META_METER       = 0x58
};

static const uint8_t plain_tempo[3] = {0x07, 0xa1, 0x20};
static const uint8_t plain_meter[2] = {4, 2};

/// The file under work. All offsets are into `bytes`.
typedef struct {
  FiqMidiFile*       file;
  const uint8_t*     bytes; ///< [size]
  size_t             size;
  size_t             at;
  size_t             end;          ///< of the present chunk
  size_t             room;         ///< events that fit
  size_t             n_data;       ///< bytes used of file->data
  uint8_t*           packets;      ///< [size] system exclusive that has not come to its end
  size_t             n_packets;    ///< 0: none is open
  uint64_t           start_tick;   ///< of the present track
  uint64_t           tick;         ///< since then
  uint64_t           end_tick;     ///< of the track that ends last
  double             second_ticks; ///< ticks a second; 0: the division is by quarters
  uint32_t           quarter_ticks;
  uint32_t           track;
  uint32_t           format;
  uint8_t            status;     ///< that runs on; 0: none yet
  bool               lengthened; ///< the present chunk goes on beyond its length
  bool               exhausted;  ///< no memory
  FiqMidiFileWarning warning;
  void*              warning_data;
} Reader;

// ---- bytes ----

static void warn(const Reader* self, const char* what)
{
  self->warning(self->warning_data, self->track, self->tick, what);
}

static uint32_t big_16(const uint8_t* bytes)
{
  return (uint32_t)bytes[0] << 8 | bytes[1];
}

static uint32_t big_32(const uint8_t* bytes)
{
  return big_16(bytes) << 16 | big_16(bytes + 2);
}

static uint32_t little_32(const uint8_t* bytes)
{
  return (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 | bytes[0];
}

static bool is_text_at(const Reader* self, size_t at, const char* text)
{
  return at <= self->size && self->size - at >= 4 && memcmp(self->bytes + at, text, 4) == 0;
}

/// Whether a chunk, or nothing more, begins at `at`.
static bool is_border(const Reader* self, size_t at)
{
  size_t n_zero = 0;
  while (n_zero < CHUNK_HEAD_BYTES && at + n_zero < self->size && self->bytes[at + n_zero] == 0) {
    ++n_zero;
  }
  if (at + n_zero >= self->size || is_text_at(self, at, "MTrk")) {
    return true;
  }
  for (size_t i = 0; i < 4; ++i) {
    if (at + i >= self->size || self->bytes[at + i] < 0x20 || self->bytes[at + i] > 0x7e) {
      return false;
    }
  }
  return self->size - at >= CHUNK_HEAD_BYTES &&
         big_32(self->bytes + at + 4) <= self->size - at - CHUNK_HEAD_BYTES;
}

/// Where the next track begins, `at` or later; the end of all if there is none.
static size_t find_track(const Reader* self, size_t at)
{
  while (at < self->size && !is_text_at(self, at, "MTrk")) {
    ++at;
  }
  return at;
}

/// Whether `n` more bytes are there. A chunk that ends where nothing can begin is longer than it says.
static bool has(Reader* self, size_t n)
{
  if (n <= self->end - self->at) {
    return true;
  }
  if (self->lengthened || is_border(self, self->end)) {
    return false;
  }
  warn(self, "the track is longer than it says");
  self->lengthened = true;
  self->end        = find_track(self, self->end);
  return n <= self->end - self->at;
}

/// A number of variable length; false if the bytes end before it does.
static bool take_number(Reader* self, uint32_t* number)
{
  uint32_t n_bytes = 0;
  bool     goes_on = true;
  uint64_t value   = 0;
  while (goes_on) {
    if (!has(self, 1)) {
      return false;
    }
    const uint8_t byte = self->bytes[self->at++];
    value              = value << 7 | (byte & 0x7fu);
    value              = value > NUMBER_MAX ? NUMBER_MAX : value;
    goes_on            = byte > 0x7f;
    n_bytes += n_bytes < 5 ? 1 : 0;
  }
  if (n_bytes > 4) {
    warn(self, "a number of more than four bytes");
  }
  *number = (uint32_t)value;
  return true;
}

// ---- events ----

static void put(Reader* self, FiqMidiFileKind kind, const uint8_t* bytes, size_t n_bytes)
{
  FiqMidiFile* const file = self->file;
  if (file->n_events == self->room) {
    const size_t            room  = self->room > 0 ? 2 * self->room : 256;
    FiqMidiFileEvent* const grown = realloc(file->events, room * sizeof(FiqMidiFileEvent));
    self->exhausted               = self->exhausted || !grown;
    if (!grown) {
      return;
    }
    file->events = grown;
    self->room   = room;
  }
  file->events[file->n_events++] = (FiqMidiFileEvent){.tick    = self->start_tick + self->tick,
                                                      .bytes   = bytes,
                                                      .n_bytes = (uint32_t)n_bytes,
                                                      .track   = self->track,
                                                      .kind    = kind};
}

/// Put an event of a copy of these bytes, which are never more than those read for it.
static void put_copy(Reader* self, FiqMidiFileKind kind, const uint8_t* bytes, size_t n_bytes)
{
  assert(n_bytes <= self->size - self->n_data);
  uint8_t* const copy = self->file->data + self->n_data;
  memcpy(copy, bytes, n_bytes);
  self->n_data += n_bytes;
  put(self, kind, copy, n_bytes);
}

static size_t data_bytes(uint8_t status)
{
  static const uint8_t by_kind[8]   = {2, 2, 2, 2, 1, 1, 2, 0};
  static const uint8_t by_system[8] = {0, 1, 2, 1, 0, 0, 0, 0};
  return status < 0xf0 ? by_kind[(status >> 4) & 7] : status < 0xf8 ? by_system[status & 7] : 0;
}

static bool are_data(const uint8_t* bytes, size_t n)
{
  uint8_t all = 0;
  for (size_t i = 0; i < n; ++i) {
    all |= bytes[i];
  }
  return all < 0x80;
}

static bool take_channel_message(Reader* self)
{
  const size_t n = data_bytes(self->status);
  if (!has(self, n)) {
    warn(self, "the track is cut off");
    return false;
  }
  uint8_t message[3] = {self->status};
  memcpy(message + 1, self->bytes + self->at, n);
  self->at += n;
  if (are_data(message + 1, n)) {
    put_copy(self, FIQ_MIDI_FILE_MESSAGE, message, n + 1);
  } else {
    warn(self, "a message with a value above 127, left out");
  }
  return true;
}

/// Bytes of the system exclusive message that begins at `bytes`, with its end; 0 if that is missing.
static size_t exclusive_bytes(const uint8_t* bytes, size_t n)
{
  size_t i = 1;
  while (i < n && bytes[i] < 0x80) {
    ++i;
  }
  return i < n && bytes[i] == 0xf7 ? i + 1 : 0;
}

/// The messages that an escape brings, each with its status.
static void take_escape(Reader* self, const uint8_t* bytes, size_t n_bytes)
{
  for (size_t i = 0; i < n_bytes;) {
    const uint8_t status = bytes[i];
    const size_t  left   = n_bytes - i;
    const size_t  n = status == 0xf0 ? exclusive_bytes(bytes + i, left) : 1 + data_bytes(status);
    const bool    whole = n > 0 && n <= left && status >= 0x80 && status != 0xf7;
    if (!whole || (status != 0xf0 && !are_data(bytes + i + 1, n - 1))) {
      warn(self, "an escape that holds no whole message, left out");
      return;
    }
    put_copy(self, FIQ_MIDI_FILE_MESSAGE, bytes + i, n);
    i += n;
  }
}

/// Join the packet to those before it; complete if it ends in 0xf7.
static void take_packet(Reader* self, const uint8_t* bytes, size_t n_bytes)
{
  if (n_bytes == 0) {
    return;
  }
  memcpy(self->packets + self->n_packets, bytes, n_bytes);
  self->n_packets += n_bytes;
  if (bytes[n_bytes - 1] != 0xf7) {
    return;
  }
  if (are_data(self->packets + 1, self->n_packets - 2)) {
    put_copy(self, FIQ_MIDI_FILE_MESSAGE, self->packets, self->n_packets);
  } else {
    warn(self, "system exclusive with a value above 127, left out");
  }
  self->n_packets = 0;
}

static void drop_packets(Reader* self)
{
  if (self->n_packets > 0) {
    warn(self, "system exclusive without an end, left out");
  }
  self->n_packets = 0;
}

/// 0xf0 or 0xf7 with its length and bytes.
static bool take_exclusive(Reader* self, uint8_t status)
{
  uint32_t n = 0;
  if (!take_number(self, &n) || !has(self, n)) {
    warn(self, "the track is cut off within system exclusive");
    return false;
  }
  const uint8_t* const bytes = self->bytes + self->at;
  self->at += n;
  if (status == 0xf0) {
    drop_packets(self);
    self->packets[self->n_packets++] = status;
    take_packet(self, bytes, n);
  } else if (self->n_packets > 0) {
    take_packet(self, bytes, n);
  } else {
    take_escape(self, bytes, n);
  }
  return true;
}

static void take_tempo(Reader* self, const uint8_t* bytes, size_t n)
{
  if (n < 3 || (bytes[0] | bytes[1] | bytes[2]) == 0) {
    warn(self, "a tempo without a value, left out");
  } else {
    put_copy(self, FIQ_MIDI_FILE_TEMPO, bytes, 3);
  }
}

static void take_meter(Reader* self, const uint8_t* bytes, size_t n)
{
  if (n < 2 || bytes[0] == 0 || bytes[1] > 7) {
    warn(self, "a time signature without a value, left out");
  } else {
    put_copy(self, FIQ_MIDI_FILE_METER, bytes, 2);
  }
}

/// What follows 0xff; false at the end of the track.
static bool take_meta(Reader* self)
{
  uint32_t n = 0;
  if (!has(self, 1)) {
    warn(self, "the track is cut off");
    return false;
  }
  const uint8_t type = self->bytes[self->at++];
  const bool    read = take_number(self, &n) && has(self, n);
  if (type == META_END) {
    self->at += read ? n : 0;
    return false;
  }
  if (!read) {
    warn(self, "the track is cut off within a meta event");
    return false;
  }
  const uint8_t* const bytes = self->bytes + self->at;
  self->at += n;
  if (type == META_TEMPO) {
    take_tempo(self, bytes, n);
  } else if (type == META_METER) {
    take_meter(self, bytes, n);
  } else if (type == META_LYRIC || type == META_MARKER) {
    put_copy(self, type == META_LYRIC ? FIQ_MIDI_FILE_LYRIC : FIQ_MIDI_FILE_MARKER, bytes, n);
  }
  return true;
}

/// System messages stand in escapes only; pass over one that does not.
static bool pass_system(Reader* self, uint8_t status)
{
  const size_t n = data_bytes(status);
  warn(self, "a system message outside of an escape, left out");
  if (!has(self, n)) {
    return false;
  }
  self->at += n;
  return true;
}

/// The status byte of the next event, or the one that runs on; 0 if the track ends.
static uint8_t take_status(Reader* self)
{
  if (has(self, 1) && self->bytes[self->at] < 0x80 && self->status == 0) {
    warn(self, "values without a message, left out");
    while (has(self, 1) && self->bytes[self->at] < 0x80) {
      ++self->at;
    }
  }
  if (!has(self, 1)) {
    warn(self, "the track is cut off");
    return 0;
  }
  const uint8_t byte = self->bytes[self->at];
  self->at += byte > 0x7f ? 1 : 0;
  return byte > 0x7f ? byte : self->status;
}

/// The next event; false if it was the track's last.
static bool take_event(Reader* self)
{
  uint32_t delta = 0;
  if (!has(self, 1)) {
    warn(self, "the track has no end");
    return false;
  }
  if (!take_number(self, &delta)) {
    warn(self, "the track is cut off");
    return false;
  }
  self->tick += delta;
  const uint8_t status = take_status(self);
  if (status == 0) {
    return false;
  }
  if (status < 0xf0) {
    self->status = status;
    return take_channel_message(self);
  }
  if (status == 0xff) {
    return take_meta(self);
  }
  return status == 0xf0 || status == 0xf7 ? take_exclusive(self, status)
                                          : pass_system(self, status);
}

// ---- chunks ----

static void begin_track(Reader* self)
{
  self->track += 1;
  self->tick       = 0;
  self->status     = 0;
  self->n_packets  = 0;
  self->lengthened = false;
  if (self->format == 2) {
    self->start_tick = self->end_tick;
    put(self, FIQ_MIDI_FILE_TEMPO, plain_tempo, sizeof plain_tempo);
    put(self, FIQ_MIDI_FILE_METER, plain_meter, sizeof plain_meter);
  }
}

/// The track whose length stands at `at`.
static void read_track(Reader* self)
{
  const size_t n_bytes = big_32(self->bytes + self->at);
  begin_track(self);
  self->at += 4;
  const size_t left = self->size - self->at;
  self->end         = self->at + (n_bytes < left ? n_bytes : left);
  if (n_bytes > left) {
    warn(self, "the track says that it is longer than the file");
  }
  while (!self->exhausted && take_event(self)) {
  }
  drop_packets(self);
  const uint64_t end_tick = self->start_tick + self->tick;
  self->end_tick          = end_tick > self->end_tick ? end_tick : self->end_tick;
  if (self->at < self->end && is_text_at(self, self->at, "MTrk")) {
    warn(self, "the track is shorter than it says");
  } else {
    self->at = self->end;
  }
}

/// All that follows the header.
static void read_chunks(Reader* self)
{
  while (self->size - self->at >= CHUNK_HEAD_BYTES && !self->exhausted) {
    const bool   is_track = is_text_at(self, self->at, "MTrk");
    const size_t left     = self->size - self->at - CHUNK_HEAD_BYTES;
    const size_t n_bytes  = big_32(self->bytes + self->at + 4);
    if (is_track && self->track == TRACKS_MAX) {
      return;
    }
    if (is_track) {
      self->at += 4;
      read_track(self);
    } else if (is_border(self, self->at) && n_bytes <= left) {
      self->at += CHUNK_HEAD_BYTES + n_bytes;
    } else {
      warn(self, "bytes that belong to no track, left out");
      self->at = find_track(self, self->at);
    }
  }
}

/// Ticks a quarter or a second.
static void read_division(Reader* self, uint32_t division)
{
  const uint32_t frames = 256 - (division >> 8);
  const uint32_t ticks  = division & 0xff;
  if (division & 0x8000u) {
    const double second_frames = frames == 29 ? 30000.0 / 1001.0 : (double)frames;
    self->second_ticks         = second_frames * (double)(ticks > 0 ? ticks : 1);
    if (ticks == 0) {
      warn(self, "no ticks a frame; read as 1");
    }
  } else {
    self->quarter_ticks = division > 0 ? division : PLAIN_DIVISION;
    if (division == 0) {
      warn(self, "no ticks a quarter; read as 480");
    }
  }
}

/// The header chunk at `at`; false if it is not whole.
static bool read_header(Reader* self, uint32_t* n_tracks)
{
  if (self->size - self->at < CHUNK_HEAD_BYTES + HEADER_BYTES) {
    return false;
  }
  const uint8_t* const head    = self->bytes + self->at;
  const size_t         n_bytes = big_32(head + 4);
  const size_t         left    = self->size - self->at - CHUNK_HEAD_BYTES;
  const bool           fits    = n_bytes >= HEADER_BYTES && n_bytes <= left;
  const size_t         after   = self->at + CHUNK_HEAD_BYTES + (fits ? n_bytes : HEADER_BYTES);
  self->format                 = big_16(head + 8);
  *n_tracks                    = big_16(head + 10);
  if (!fits || !is_border(self, after)) {
    warn(self, "the header's length is wrong");
    self->at = find_track(self, self->at + CHUNK_HEAD_BYTES + HEADER_BYTES);
  } else {
    self->at = after;
  }
  if (self->format > 2) {
    warn(self, "an unknown format; read as 1");
  }
  read_division(self, big_16(head + 12));
  return true;
}

/// Go to the MIDI file, in a RIFF container or not; false if there is none.
static bool find_header(Reader* self)
{
  if (!is_text_at(self, 0, "RIFF") || !is_text_at(self, 8, "RMID")) {
    return is_text_at(self, 0, "MThd");
  }
  for (size_t at = 12; self->size - at >= CHUNK_HEAD_BYTES;) {
    const size_t n_bytes = little_32(self->bytes + at + 4);
    const size_t left    = self->size - at - CHUNK_HEAD_BYTES;
    const bool   is_data = is_text_at(self, at, "data");
    if (is_data && n_bytes > left) {
      warn(self, "the container says that it is longer than the file");
    }
    at += CHUNK_HEAD_BYTES;
    if (is_data) {
      self->at   = at;
      self->size = at + (n_bytes < left ? n_bytes : left);
      return is_text_at(self, at, "MThd");
    }
    if (n_bytes + (n_bytes & 1) > left) {
      return false;
    }
    at += n_bytes + (n_bytes & 1);
  }
  return false;
}

// ---- time ----

/// Merge the sorted runs from[0..middle) and from[middle..n) into `to`; of equals the first come first.
static void merge(FiqMidiFileEvent* to, const FiqMidiFileEvent* from, size_t middle, size_t n)
{
  size_t i = 0;
  size_t k = middle;
  for (size_t done = 0; done < n; ++done) {
    const bool first = k == n || (i < middle && from[i].tick <= from[k].tick);
    to[done]         = first ? from[i] : from[k];
    i += first ? 1 : 0;
    k += first ? 0 : 1;
  }
}

/// By tick; what shares one keeps its order. False if memory is short.
static bool sort_events(FiqMidiFile* self)
{
  const size_t      n    = self->n_events;
  FiqMidiFileEvent* from = self->events;
  FiqMidiFileEvent* to   = malloc((n + 1) * sizeof(FiqMidiFileEvent));
  if (!to) {
    return false;
  }
  for (size_t run = 1; run < n; run *= 2) {
    for (size_t at = 0; at < n; at += 2 * run) {
      const size_t left   = n - at;
      const size_t both   = 2 * run < left ? 2 * run : left;
      const size_t middle = run < left ? run : left;
      merge(to + at, from + at, middle, both);
    }
    FiqMidiFileEvent* const sorted = to;
    to                             = from;
    from                           = sorted;
  }
  self->events = from;
  free(to);
  return true;
}

/// Where the music stands since the last change of tempo.
typedef struct {
  double   time_s;
  double   quarter;
  uint64_t tick;
  double   quarter_s; ///< seconds a quarter
} Beat;

static double time_at(const Reader* self, const Beat* beat, uint64_t tick)
{
  return self->second_ticks > 0.0
             ? (double)tick / self->second_ticks
             : beat->time_s + (double)(tick - beat->tick) * beat->quarter_s / self->quarter_ticks;
}

static double quarter_at(const Reader* self, const Beat* beat, uint64_t tick)
{
  return self->second_ticks > 0.0
             ? beat->quarter + (time_at(self, beat, tick) - beat->time_s) / beat->quarter_s
             : (double)tick / self->quarter_ticks;
}

static void set_times(const Reader* self)
{
  FiqMidiFile* const file = self->file;
  Beat               beat = {.quarter_s = 1e-6 * FIQ_MIDI_FILE_TEMPO_US};
  for (size_t i = 0; i < file->n_events; ++i) {
    FiqMidiFileEvent* const event = &file->events[i];
    event->time_s                 = time_at(self, &beat, event->tick);
    event->quarter                = quarter_at(self, &beat, event->tick);
    if (event->kind == FIQ_MIDI_FILE_TEMPO) {
      const double tempo_us = (double)((uint32_t)event->bytes[0] << 16 | big_16(event->bytes + 1));
      beat                  = (Beat){event->time_s, event->quarter, event->tick, 1e-6 * tempo_us};
    }
  }
  file->end_s = time_at(self, &beat, self->end_tick);
}

static const char* read_all(Reader* self)
{
  uint32_t n_tracks = 0;
  if (!find_header(self)) {
    return "not a MIDI file";
  }
  if (!read_header(self, &n_tracks)) {
    return "not a readable MIDI file: its header is cut off";
  }
  read_chunks(self);
  self->tick = 0;
  if (self->track != n_tracks) {
    self->track = 0;
    warn(self, "the number of tracks is not what the header says");
  }
  if (self->exhausted || !sort_events(self->file)) {
    return "out of memory";
  }
  set_times(self);
  return NULL;
}

static void ignore_warning(void* data, uint32_t track, uint64_t tick, const char* what)
{
  (void)data;
  (void)track;
  (void)tick;
  (void)what;
}

const char* fiq_midi_file_read(FiqMidiFile* self, const uint8_t* bytes, size_t n_bytes,
                               FiqMidiFileWarning warning, void* data)
{
  assert(self);
  assert(bytes || n_bytes == 0);
  *self = (FiqMidiFile){.events = NULL};
  if (n_bytes > FIQ_MIDI_FILE_BYTES_MAX) {
    return "larger than 32 MB";
  }
  self->data               = malloc(n_bytes + 1);
  Reader            reader = {.file         = self,
                              .bytes        = bytes,
                              .size         = n_bytes,
                              .packets      = malloc(n_bytes + 1),
                              .warning      = warning ? warning : ignore_warning,
                              .warning_data = data};
  const char* const reason = self->data && reader.packets ? read_all(&reader) : "out of memory";
  free(reader.packets);
  return reason;
}

void fiq_midi_file_free(FiqMidiFile* self)
{
  free(self->events);
  free(self->data);
  *self = (FiqMidiFile){.events = NULL};
}
