// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/render/lyrics.h"

#include "host-test/common/report.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GROWTH = 256 };

#define EARLY_S 0.03 // that a syllable may stand after its note
#define PAUSE_S 2.0

/// A text that grows.
typedef struct {
  char*  bytes; ///< [n + 1], the last one 0
  size_t n;
  size_t room;
  bool   failed;
} Text;

/// What one note sings.
typedef struct {
  double time_s; ///< of its first key
  double last_s; ///< of its last
  size_t first;  ///< events first..last - 1 of the lyrics
  size_t last;
} Note;

typedef struct {
  double                  time_s; ///< of the score
  const FiqMidiFileEvent* event;
} Lyric;

/// The lyric events alone.
typedef struct {
  Lyric* lyric; ///< [n]
  size_t n;
  bool   is_cut; ///< they say where words end
} Lyrics;

/// The part of the file that is sung.
typedef struct {
  const FiqScore* score;
  int             channel;
  uint32_t        n_turns; ///< 0: all of the file
  double          first_s; ///< strike of a turn
  double          last_s;  ///< strike
} Part;

typedef struct {
  Note*  note; ///< [n]
  size_t n;
} Notes;

static void put(Text* self, const char* bytes, size_t n)
{
  if (self->n + n + 1 > self->room) {
    const size_t room  = 2 * self->room + n + GROWTH;
    char* const  grown = realloc(self->bytes, room);
    self->failed       = self->failed || !grown;
    self->bytes        = grown ? grown : self->bytes;
    self->room         = grown ? room : self->room;
  }
  if (!self->failed) {
    memcpy(self->bytes + self->n, bytes, n);
    self->n += n;
    self->bytes[self->n] = '\0';
  }
}

static void put_text(Text* self, const char* text)
{
  put(self, text, strlen(text));
}

// ---- what is in a lyric ----

static bool is_break(uint8_t byte)
{
  return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n' || byte == '/' || byte == '\\';
}

static bool begins_word(const FiqMidiFileEvent* event)
{
  return event->n_bytes > 0 && is_break(event->bytes[0]);
}

static bool ends_word(const FiqMidiFileEvent* event)
{
  return event->n_bytes > 0 && is_break(event->bytes[event->n_bytes - 1]);
}

static bool has_hyphen(const FiqMidiFileEvent* event)
{
  return event->n_bytes > 1 && event->bytes[event->n_bytes - 1] == '-';
}

static bool is_same(const FiqMidiFileEvent* a, const FiqMidiFileEvent* b)
{
  return a->tick == b->tick && a->track != b->track && a->n_bytes == b->n_bytes &&
         memcmp(a->bytes, b->bytes, a->n_bytes) == 0;
}

static bool is_letter(uint8_t byte)
{
  return isalpha(byte) || byte >= 0x80 || byte == '\'';
}

static bool has_letters(const FiqMidiFileEvent* event)
{
  for (uint32_t i = 0; i < event->n_bytes; ++i) {
    if (is_letter(event->bytes[i]) || isdigit(event->bytes[i])) {
      return true;
    }
  }
  return false;
}

/// Length of the UTF-8 sequence at `bytes` [n], 0 if it is none.
static uint32_t sequence_bytes(const uint8_t* bytes, size_t n)
{
  const uint8_t  first  = bytes[0];
  const uint32_t length = first < 0x80   ? 1
                          : first < 0xc2 ? 0
                          : first < 0xe0 ? 2
                          : first < 0xf0 ? 3
                          : first < 0xf5 ? 4
                                         : 0;
  for (uint32_t i = 1; i < length; ++i) {
    if (i >= n || (bytes[i] & 0xc0) != 0x80) {
      return 0;
    }
  }
  return length;
}

static bool is_utf8(const uint8_t* bytes, size_t n)
{
  for (size_t i = 0; i < n;) {
    const uint32_t length = sequence_bytes(bytes + i, n - i);
    if (length == 0) {
      return false;
    }
    i += length;
  }
  return true;
}

/// The letters of a lyric, digits as words.
static void put_letters(Text* self, const FiqMidiFileEvent* event)
{
  static const char* const digits[] = {"zero", "one", "two",   "three", "four",
                                       "five", "six", "seven", "eight", "nine"};
  const bool               is_latin = !is_utf8(event->bytes, event->n_bytes);
  for (uint32_t i = 0; i < event->n_bytes; ++i) {
    const uint8_t byte   = event->bytes[i];
    const char    two[2] = {(char)(0xc0 | byte >> 6), (char)(0x80 | (byte & 0x3f))};
    if (is_latin && byte >= 0x80) {
      put(self, two, 2);
    } else if (is_letter(byte)) {
      put(self, (const char*)&event->bytes[i], 1);
    } else if (isdigit(byte)) {
      put_text(self, digits[byte - '0']);
    }
  }
}

// ---- who sings what ----

static bool is_strike(const uint8_t* bytes, uint32_t n_bytes, int channel)
{
  return n_bytes == 3 && (bytes[0] & 0xf0) == 0x90 && bytes[2] > 0 &&
         (channel == 0 || (bytes[0] & 0x0f) + 1 == channel);
}

static bool is_note(const FiqScoreEvent* event, int channel)
{
  return is_strike(event->bytes, event->n_bytes, channel);
}

static Part find_part(const FiqScore* score, int channel, double gap_s, bool repeats)
{
  Part   part    = {.score = score, .channel = channel, .n_turns = score->n_turns};
  size_t n_notes = 0;
  for (size_t i = 0; i < score->n_events; ++i) {
    const FiqScoreEvent* const event = &score->events[i];
    if (is_note(event, channel) && event->time_s < score->turn_s) {
      part.first_s = n_notes++ == 0 ? event->time_s : part.first_s;
      part.last_s  = event->time_s;
    }
  }
  // A last key that is one chord with the first of the next turn leaves that turn a syllable less.
  if (repeats && part.n_turns > 1 && score->turn_s - part.last_s + part.first_s >= gap_s) {
    part.n_turns = 1;
  }
  return part;
}

/// Whether the notes from `from_s` to `to_s` in the file follow each other without a pause.
static bool is_held(const Part* part, double from_s, double to_s)
{
  const FiqMidiFile* const file   = &part->score->file;
  double                   last_s = from_s;
  bool                     held   = true;
  for (size_t i = 0; i < file->n_events; ++i) {
    const FiqMidiFileEvent* const event = &file->events[i];
    if (event->kind == FIQ_MIDI_FILE_MESSAGE && event->time_s >= from_s && event->time_s <= to_s &&
        is_strike(event->bytes, event->n_bytes, part->channel)) {
      held   = held && event->time_s - last_s <= PAUSE_S;
      last_s = event->time_s;
    }
  }
  return held && to_s - last_s <= PAUSE_S;
}

/// The lyric before `start` that the first note of a turn holds on, or `start`: there is none.
static size_t held_lyric(const Part* part, const Lyric* all, size_t n, size_t start)
{
  const double first_s = part->score->start_s + part->first_s;
  size_t       held    = start;
  for (size_t i = start; i < n && all[i].time_s <= first_s + EARLY_S; ++i) {
    if (has_letters(all[i].event)) {
      return start;
    }
  }
  for (size_t i = start; i > 0 && held == start; --i) {
    held = has_letters(all[i - 1].event) ? i - 1 : held;
  }
  return held < start && is_held(part, all[held].time_s, first_s) ? held : start;
}

/// Make the lyrics of the file those of the turns that are played: what has a note there, at its time there.
static bool cut_lyrics(Lyrics* self, const Part* part)
{
  const FiqScore* const score = part->score;
  const Lyric* const    all   = self->lyric;
  const size_t          n     = self->n;
  size_t                start = 0;
  Lyric* const          cut   = calloc(part->n_turns * (n + 1), sizeof(Lyric));
  while (start < n && all[start].time_s < score->start_s) {
    ++start;
  }
  const size_t held = held_lyric(part, all, n, start);
  self->n           = 0;
  for (uint32_t turn = 0; cut && turn < part->n_turns; ++turn) {
    const double turn_s = turn * score->turn_s;
    if (held < start) {
      cut[self->n++] = (Lyric){turn_s, all[held].event};
    }
    for (size_t i = start; i < n && all[i].time_s <= score->start_s + part->last_s + EARLY_S; ++i) {
      cut[self->n++] = (Lyric){turn_s + all[i].time_s - score->start_s, all[i].event};
    }
  }
  free(self->lyric);
  self->lyric = cut;
  return cut != NULL;
}

static bool take_lyrics(Lyrics* self, const Part* part)
{
  const FiqMidiFile* const file = &part->score->file;
  self->lyric                   = calloc(file->n_events + 1, sizeof(Lyric));
  for (size_t i = 0; self->lyric && i < file->n_events; ++i) {
    const FiqMidiFileEvent* const event = &file->events[i];
    const bool again = self->n > 0 && is_same(self->lyric[self->n - 1].event, event);
    if (event->kind == FIQ_MIDI_FILE_LYRIC && !again) {
      self->lyric[self->n++] = (Lyric){event->time_s, event};
      self->is_cut = self->is_cut || begins_word(event) || ends_word(event) || has_hyphen(event);
    }
  }
  return self->lyric && (part->n_turns == 0 || cut_lyrics(self, part));
}

static bool take_notes(Notes* self, const Part* part, double gap_s)
{
  const FiqScore* const score = part->score;
  const double end_s = part->n_turns > 0 ? part->n_turns * score->turn_s : (double)INFINITY;
  self->note         = calloc(score->n_events + 1, sizeof self->note[0]);
  for (size_t i = 0; self->note && i < score->n_events; ++i) {
    const double time_s = score->events[i].time_s;
    if (!is_note(&score->events[i], part->channel) || time_s >= end_s) {
      continue;
    }
    if (self->n > 0 && time_s - self->note[self->n - 1].last_s < gap_s) {
      self->note[self->n - 1].last_s = time_s;
    } else {
      self->note[self->n++] = (Note){.time_s = time_s, .last_s = time_s};
    }
  }
  return self->note != NULL;
}

/// Give each lyric to a note; those after the last note are left over: their number.
static size_t share(Notes* notes, const Lyrics* lyrics)
{
  size_t at = 0;
  size_t i  = 0;
  for (; i < lyrics->n; ++i) {
    while (at < notes->n && notes->note[at].last_s + EARLY_S < lyrics->lyric[i].time_s) {
      ++at;
      if (at < notes->n) {
        notes->note[at].first = i;
        notes->note[at].last  = i;
      }
    }
    if (at == notes->n) {
      break;
    }
    notes->note[at].last = i + 1;
  }
  size_t left = 0;
  for (size_t k = i; k < lyrics->n; ++k) {
    left += has_letters(lyrics->lyric[k].event) ? 1 : 0;
  }
  return left;
}

// ---- the words ----

typedef struct {
  Text text;
  bool in_word; ///< a brace is open
  bool sings;   ///< a note that follows without a syllable holds this one on
} Writer;

static void end_word(Writer* self)
{
  if (self->in_word) {
    put_text(&self->text, "} ");
  }
  self->in_word = false;
}

/// A note with these syllables, which are sung as one.
static void put_note(Writer* self, const Lyrics* lyrics, const Note* note)
{
  bool is_begun = false;
  for (size_t i = note->first; i < note->last; ++i) {
    const FiqMidiFileEvent* const event = lyrics->lyric[i].event;
    if (!is_begun && begins_word(event)) {
      end_word(self);
    }
    if (has_letters(event)) {
      put_text(&self->text, is_begun ? "" : self->in_word ? "-" : "{");
      put_letters(&self->text, event);
      self->in_word = true;
      is_begun      = true;
    }
  }
  const FiqMidiFileEvent* const last = lyrics->lyric[note->last - 1].event;
  self->sings                        = self->sings || is_begun;
  if (!is_begun) {
    put_text(&self->text, self->in_word ? "-+" : self->sings ? " _ " : " [] ");
  }
  if (ends_word(last) || !lyrics->is_cut) {
    end_word(self);
  }
}

static void put_silent_note(Writer* self, double pause_s)
{
  if (self->sings && pause_s > PAUSE_S) {
    end_word(self);
    self->sings = false;
  }
  put_text(&self->text, self->in_word ? "-+" : self->sings ? " _ " : " [] ");
}

static void write_words(Writer* self, const Part* part, const Lyrics* lyrics, const Notes* notes)
{
  uint32_t turn = 0;
  for (size_t i = 0; i < notes->n; ++i) {
    const Note* const note = &notes->note[i];
    // Nothing is held on from one turn into the next.
    for (; turn + 1 < part->n_turns && note->time_s >= (turn + 1) * part->score->turn_s; ++turn) {
      end_word(self);
      self->sings = false;
    }
    if (note->last > note->first) {
      put_note(self, lyrics, note);
    } else {
      put_silent_note(self, i > 0 ? note->time_s - notes->note[i - 1].last_s : 0.0);
    }
  }
  end_word(self);
}

char* fiq_lyrics_of(const FiqScore* score, int channel, double gap_s, bool repeats)
{
  assert(score && channel >= 0 && channel <= 16);
  const Part part   = find_part(score, channel, gap_s, repeats);
  Lyrics     lyrics = {.n = 0};
  Notes      notes  = {.n = 0};
  Writer     writer = {.sings = false};
  const bool taken  = take_lyrics(&lyrics, &part) && take_notes(&notes, &part, gap_s);
  if (taken && lyrics.n > 0 && notes.n > 0) {
    const size_t left = share(&notes, &lyrics);
    write_words(&writer, &part, &lyrics, &notes);
    if (left > 0) {
      fiq_warning("lyrics without a note: %zu syllables", left);
    }
  }
  free(lyrics.lyric);
  free(notes.note);
  if (!taken || writer.text.failed) {
    fiq_error("out of memory");
    free(writer.text.bytes);
    return NULL;
  }
  return writer.text.bytes;
}
