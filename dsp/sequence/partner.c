// SPDX-License-Identifier: GPL-3.0-or-later
#include "dsp/sequence/partner.h"

#include "dsp/base/maths.h"

#include <assert.h>
#include <string.h>

static const double together_s     = 0.03;
static const double rest_beats     = 1.0;  // after which CONTINUE begins
static const double legato         = 0.92; // of a step that its note sounds
static const double phrase_bars    = 1.0;  // a longer rest ends a phrase
static const double jump_beats     = 0.5;  // that the host's time may be elsewhere than expected
static const double own_period_s   = 0.5;
static const float  quiet_velocity = 0.8f; // of the second voice, by the first

FiqStatus fiq_partner_init(FiqPartner* self, FiqArena* arena, double sample_rate_hz,
                           uint32_t window, uint64_t seed)
{
  assert(self && arena);
  const FiqStatus status = fiq_improviser_init(&self->improviser, arena, window);
  self->sample_rate_hz   = sample_rate_hz;
  self->host             = (FiqPartnerTime){120.0, 4.0, false, 0.0};
  if (status == FIQ_OK) {
    fiq_partner_reset(self, seed);
  }
  return status;
}

void fiq_partner_reset(FiqPartner* self, uint64_t seed)
{
  assert(self);
  fiq_improviser_reseed(&self->improviser, seed);
  fiq_pulse_reset(&self->pulse);
  memset(self->heard, 0, sizeof(self->heard));
  memset(&self->open, 0, sizeof(self->open));
  memset(self->is_held, 0, sizeof(self->is_held));
  memset(self->note, 0, sizeof(self->note));
  self->mode            = FIQ_PARTNER_OFF;
  self->host.is_rolling = false;
  self->host_frame      = 0;
  self->frame           = 0;
  self->n_heard         = 0;
  self->next_heard      = 0;
  self->n_held          = 0;
  self->first_s         = 0.0;
  self->last_s          = 0.0;
  self->has_heard       = false;
  self->call_s          = 0.0;
  self->turn_beats      = 0.0;
  self->has_passed      = false;
  self->passed_beats    = 0.0;
  self->starts_phrase   = true;
  self->starts_piece    = true;
  self->captures        = false;
  self->is_playing      = false;
  self->next_beats      = 0.0;
  self->vote            = (FiqChordVote){{0, 0}};
  self->agreed          = FIQ_NO_TRIAD;
  self->agreed_bar      = 0.0;
  self->voice           = 0;
  self->n_events        = 0;
  self->n_played        = 0;
}

void fiq_partner_forget(FiqPartner* self, uint64_t seed)
{
  fiq_improviser_reset(&self->improviser, seed);
  self->open.is_open  = false;
  self->starts_phrase = true;
  self->starts_piece  = true;
}

void fiq_partner_hear(FiqPartner* self, uint64_t frame, uint32_t key, uint32_t velocity)
{
  assert(self);
  if (key >= FIQ_MELODY_KEYS) {
    return;
  }
  if (self->n_heard == FIQ_PARTNER_HEARD) {
    self->next_heard = (self->next_heard + 1) % FIQ_PARTNER_HEARD;
    --self->n_heard;
  }
  self->heard[(self->next_heard + self->n_heard) % FIQ_PARTNER_HEARD] =
      (FiqPartnerEvent){frame, (uint8_t)key, (uint8_t)velocity};
  ++self->n_heard;
}

void fiq_partner_release(FiqPartner* self)
{
  memset(self->is_held, 0, sizeof(self->is_held));
  self->n_held = 0;
}

static double seconds(const FiqPartner* self, uint64_t frame)
{
  return (double)frame / self->sample_rate_hz;
}

static double period_s(const FiqPartner* self)
{
  if (self->host.is_rolling) {
    return 60.0 / self->host.bpm;
  }
  return fiq_pulse_is_found(&self->pulse) ? fiq_pulse_period_s(&self->pulse) : own_period_s;
}

/// Beats at `time_s` of the stream.
static double beats_at(const FiqPartner* self, double time_s)
{
  if (self->host.is_rolling) {
    return self->host.beats + (time_s - seconds(self, self->host_frame)) / period_s(self);
  }
  return fiq_pulse_is_found(&self->pulse) ? fiq_pulse_beats(&self->pulse, time_s)
                                          : (time_s - self->first_s) / own_period_s;
}

static double beats_per_bar(const FiqPartner* self)
{
  uint32_t first = 0;
  return self->host.is_rolling              ? self->host.beats_per_bar
         : fiq_pulse_is_found(&self->pulse) ? fiq_pulse_metre(&self->pulse, &first)
                                            : 4.0;
}

static uint32_t bar_ticks(const FiqPartner* self)
{
  const double ticks = floor(beats_per_bar(self) * FIQ_TICKS + 0.5);
  return (uint32_t)fmin(fmax(ticks, FIQ_TICKS), 16.0 * FIQ_TICKS);
}

/// Beats since the bar's first one, in ticks of the grid.
static uint32_t place_of(const FiqPartner* self, double beats)
{
  uint32_t first = 0;
  if (!self->host.is_rolling && fiq_pulse_is_found(&self->pulse)) {
    (void)fiq_pulse_metre(&self->pulse, &first);
  }
  const double bar    = (double)bar_ticks(self) / FIQ_TICKS;
  const double since  = beats - (double)first;
  const double inside = (since - bar * floor(since / bar)) * FIQ_TICKS;
  return (uint32_t)floor(inside / FIQ_GRID + 0.5) * FIQ_GRID % bar_ticks(self);
}

static void put_event(FiqPartner* self, uint64_t frame, uint8_t key, uint8_t velocity)
{
  if (self->n_events < FIQ_PARTNER_EVENTS) {
    self->event[self->n_events++] = (FiqPartnerEvent){frame, key, velocity};
  }
}

static void end_notes(FiqPartner* self, uint64_t frame)
{
  for (uint32_t i = 0; i < FIQ_PARTNER_NOTES; ++i) {
    if (self->note[i].sounds) {
      put_event(self, frame, self->note[i].key, 0);
      self->note[i].sounds = false;
    }
  }
}

/// Begin a note that ends at `end_beats`; one that sounds on the same key ends first.
static void begin_note(FiqPartner* self, uint64_t frame, uint8_t key, uint8_t velocity,
                       double end_beats)
{
  uint32_t place = FIQ_PARTNER_NOTES;
  for (uint32_t i = 0; i < FIQ_PARTNER_NOTES; ++i) {
    if (self->note[i].sounds && self->note[i].key == key) {
      put_event(self, frame, key, 0);
      self->note[i].sounds = false;
    }
    place = !self->note[i].sounds && place == FIQ_PARTNER_NOTES ? i : place;
  }
  if (place < FIQ_PARTNER_NOTES && self->n_events + 2 < FIQ_PARTNER_EVENTS) {
    self->note[place] = (FiqPartnerNote){key, true, end_beats};
    put_event(self, frame, key, velocity);
    ++self->n_played;
  }
}

/// What was open is whole: the next note comes at `next_s`.
static void close_chord(FiqPartner* self, double next_s, bool capture)
{
  FiqPartnerChord* const open = &self->open;
  if (!open->is_open) {
    return;
  }
  open->is_open       = false;
  const double from   = beats_at(self, open->time_s);
  const double beats  = beats_at(self, next_s) - from;
  const double ticks  = floor(fmin(fmax(beats, 0.0), 16.0) * FIQ_TICKS / FIQ_GRID + 0.5) * FIQ_GRID;
  FiqLearnedNote note = {.key      = open->key,
                         .velocity = open->velocity,
                         .starts   = self->starts_piece    ? 2
                                     : self->starts_phrase ? 1
                                                           : 0,
                         .place    = (uint16_t)place_of(self, from),
                         .step     = fiq_nearest_step((uint32_t)ticks)};
  for (uint32_t i = 0; i < open->n_keys; ++i) {
    const uint32_t below = (uint32_t)(open->key - open->keys[i]);
    if (below > 0 && below <= 16) {
      note.chord = (uint16_t)(note.chord | 1u << (below - 1));
    }
  }
  if (capture) {
    fiq_improviser_learn(&self->improviser, &note);
  } else {
    fiq_improviser_follow(&self->improviser, &note);
  }
  self->starts_piece  = false;
  self->starts_phrase = beats > phrase_bars * beats_per_bar(self);
}

void fiq_partner_set_time(FiqPartner* self, const FiqPartnerTime* time, uint64_t frame)
{
  assert(self && time);
  const double now_s = seconds(self, frame);
  const bool   jumps = self->host.is_rolling && time->is_rolling &&
                     fabs(beats_at(self, now_s) - time->beats) > jump_beats;
  if (jumps) {
    // What was heard before the jump is over, and belongs to another place.
    close_chord(self, now_s, self->captures);
    self->starts_phrase = true;
    self->starts_piece  = true;
  }
  self->host       = *time;
  self->host_frame = frame;
}

static void accompany(FiqPartner* self, const FiqPartnerParams* params, uint64_t frame,
                      const FiqPartnerEvent* heard)
{
  end_notes(self, frame);
  self->voice = fiq_improviser_accompany(&self->improviser, &params->play, heard->key, self->voice);
  const float loud = fmaxf(1.0f, quiet_velocity * (float)heard->velocity);
  begin_note(self, frame, self->voice, (uint8_t)loud, 1e30);
}

static void stop_playing(FiqPartner* self, uint64_t frame)
{
  end_notes(self, frame);
  self->is_playing    = false;
  self->vote          = (FiqChordVote){{0, 0}};
  self->starts_phrase = true;
}

static void press(FiqPartner* self, const FiqPartnerParams* params, const FiqPartnerEvent* heard)
{
  const double           time_s = seconds(self, heard->frame);
  FiqPartnerChord* const open   = &self->open;
  self->first_s = self->has_heard || self->is_playing || self->n_played > 0 || open->is_open
                      ? self->first_s
                      : time_s;
  if (!self->has_heard) {
    const double beats = beats_at(self, time_s);
    const double bar   = beats_per_bar(self);
    const double late  = self->host.is_rolling ? beats - bar * floor((beats + 0.25) / bar) : 0.0;
    self->call_s       = time_s - late * period_s(self);
  }
  self->has_heard = true;
  if (open->is_open && time_s - open->time_s < together_s) {
    open->keys[open->n_keys < FIQ_PARTNER_NOTES ? open->n_keys++ : 0] = heard->key;
    open->key      = heard->key > open->key ? heard->key : open->key;
    open->velocity = heard->velocity > open->velocity ? heard->velocity : open->velocity;
    return;
  }
  fiq_pulse_onset(&self->pulse, time_s, (float)heard->velocity / 127.0f);
  close_chord(self, time_s, params->capture);
  *open = (FiqPartnerChord){.is_open  = true,
                            .time_s   = time_s,
                            .key      = heard->key,
                            .velocity = heard->velocity,
                            .keys     = {heard->key},
                            .n_keys   = 1};
  if (params->mode == FIQ_PARTNER_ACCOMPANY) {
    accompany(self, params, self->frame, heard);
  }
}

/// Hear one event of the queue.
static void listen(FiqPartner* self, const FiqPartnerParams* params)
{
  const FiqPartnerEvent heard = self->heard[self->next_heard];
  self->next_heard            = (self->next_heard + 1) % FIQ_PARTNER_HEARD;
  --self->n_heard;
  self->last_s = seconds(self, heard.frame);
  if (heard.velocity > 0) {
    self->n_held += !self->is_held[heard.key];
    self->is_held[heard.key] = true;
    if (self->is_playing && params->mode == FIQ_PARTNER_CONTINUE) {
      stop_playing(self, self->frame);
    }
    press(self, params, &heard);
  } else if (self->is_held[heard.key]) {
    self->is_held[heard.key] = false;
    --self->n_held;
    if (params->mode == FIQ_PARTNER_ACCOMPANY && self->n_held == 0) {
      end_notes(self, self->frame);
    }
  }
}

/// Whether it is its turn by bars.
static bool is_answering(const FiqPartner* self, const FiqPartnerParams* params, double time_s,
                         double beats)
{
  const double turn_s = beats_per_bar(self) * params->bars * period_s(self);
  return self->is_playing ? beats < self->turn_beats
                          : self->has_heard && time_s >= self->call_s + turn_s;
}

/// Among those that take turns: whether it may go on, or begin.
static bool has_turn(const FiqPartner* self, const FiqPartnerParams* params, double beats)
{
  if (self->is_playing) {
    return beats < self->turn_beats && !params->others.yields;
  }
  // A turn that nobody takes comes back after another one.
  const double turn = beats_per_bar(self) * params->bars;
  return !params->others.play && (!self->has_passed || beats >= self->passed_beats + turn);
}

/// Whether it shall play at `beats`, that is at `time_s`.
static bool wants_to_play(const FiqPartner* self, const FiqPartnerParams* params, double time_s,
                          double beats)
{
  if (!fiq_improviser_can_play(&self->improviser)) {
    return false;
  }
  if (params->mode == FIQ_PARTNER_ANSWER) {
    return is_answering(self, params, time_s, beats);
  }
  if (params->mode != FIQ_PARTNER_CONTINUE && params->mode != FIQ_PARTNER_HOLD) {
    return false;
  }
  const bool rests  = self->n_held == 0 && time_s - self->last_s >= rest_beats * period_s(self);
  const bool begins = self->has_heard || params->mode == FIQ_PARTNER_HOLD;
  const bool wants  = self->is_playing || (rests && begins);
  return wants && (params->link != FIQ_PARTNER_SEQUENTIAL || has_turn(self, params, beats));
}

static void start_playing(FiqPartner* self, const FiqPartnerParams* params, double beats)
{
  // The last note heard ends here; then it goes on from that on the next half beat.
  const double next =
      params->mode == FIQ_PARTNER_ANSWER ? floor(beats + 0.5) : ceil(2.0 * beats) / 2.0;
  close_chord(self, fmin(self->open.time_s + beats_per_bar(self) * period_s(self), self->last_s),
              params->capture);
  self->is_playing    = true;
  self->turn_beats    = next + beats_per_bar(self) * params->bars - 1e-6;
  self->has_heard     = false;
  self->next_beats    = next;
  self->starts_phrase = true;
}

/// What is to be in harmony: keys that are held, and what sounds of the others if all keep to one harmony.
static void find_chord(const FiqPartner* self, const FiqPartnerParams* params, float held[12])
{
  const bool agrees = params->link == FIQ_PARTNER_CONSENSUS;
  for (uint32_t pitch = 0; pitch < 12; ++pitch) {
    held[pitch] = agrees && (params->others.pitches >> pitch & 1u) ? 1.0f : 0.0f;
  }
  for (uint32_t key = 0; key < FIQ_MELODY_KEYS; ++key) {
    held[key % 12] = self->is_held[key] ? 1.0f : held[key % 12];
  }
}

/// The chord of a bar is settled as that begins, by all at the same moment.
static void agree_on_chord(FiqPartner* self, const FiqPartnerParams* params, uint32_t n_frames)
{
  if (params->link != FIQ_PARTNER_CONSENSUS) {
    self->agreed = FIQ_NO_TRIAD;
    return;
  }
  const double beats = beats_at(self, seconds(self, self->frame + n_frames));
  const double bar   = floor(beats / beats_per_bar(self));
  if (self->agreed == FIQ_NO_TRIAD || fabs(bar - self->agreed_bar) > 0.5) {
    self->agreed     = fiq_chord_tally_winner(&params->others.chords);
    self->agreed_bar = bar;
  }
}

/// What it would play next, as a vote for the chord.
static void vote_for_chord(FiqPartner* self, const FiqImproviserParams* play)
{
  FiqImproviserParams own = *play;
  float               pitch[12];
  own.chord = 0; // the vote is for what comes after this chord
  fiq_improviser_foresee(&self->improviser, &own, place_of(self, self->next_beats), pitch);
  self->vote = fiq_chord_vote(pitch);
}

static void play_note(FiqPartner* self, const FiqPartnerParams* params, uint64_t frame)
{
  FiqImproviserParams play = params->play;
  find_chord(self, params, play.held);
  play.chord                = self->agreed == FIQ_NO_TRIAD ? 0 : fiq_triad_pitches(self->agreed);
  const FiqLearnedNote note = fiq_improviser_play(
      &self->improviser, &play, place_of(self, self->next_beats), bar_ticks(self));
  const double step = (double)note.step / FIQ_TICKS;
  const double end  = self->next_beats + legato * step;
  begin_note(self, frame, note.key, note.velocity, end);
  for (uint32_t i = 0; i < 16; ++i) {
    if (note.chord >> i & 1u && note.key > i) {
      begin_note(self, frame, (uint8_t)(note.key - i - 1), note.velocity, end);
    }
  }
  self->next_beats += step;
  if (params->link == FIQ_PARTNER_CONSENSUS) {
    vote_for_chord(self, &play);
  }
}

/// Frame at which `beats` comes, within the control period that has `n_frames`.
static uint64_t frame_of(const FiqPartner* self, double beats, uint32_t n_frames)
{
  const double now   = beats_at(self, seconds(self, self->frame));
  const double ahead = (beats - now) * period_s(self) * self->sample_rate_hz;
  return self->frame + (uint64_t)fmin(fmax(ahead, 0.0), (double)n_frames - 1.0);
}

/// End what is over, begin what is due.
static void perform(FiqPartner* self, const FiqPartnerParams* params, uint32_t n_frames)
{
  const double end_beats = beats_at(self, seconds(self, self->frame + n_frames));
  for (uint32_t i = 0; i < FIQ_PARTNER_NOTES; ++i) {
    FiqPartnerNote* const note = &self->note[i];
    if (note->sounds && note->end_beats < end_beats) {
      put_event(self, frame_of(self, note->end_beats, n_frames), note->key, 0);
      note->sounds = false;
    }
  }
  if (self->is_playing && self->next_beats < end_beats) {
    // After a jump of the host's time it goes on from there.
    const double late = end_beats - self->next_beats;
    self->next_beats  = late > 1.0 ? ceil(2.0 * end_beats) / 2.0 : self->next_beats;
    if (late <= 1.0) {
      play_note(self, params, frame_of(self, self->next_beats, n_frames));
    }
  }
  if (self->is_playing && self->next_beats > end_beats + 2.0 * beats_per_bar(self)) {
    self->next_beats = ceil(end_beats); // the host's time went back
  }
}

/// In order of time, ends before beginnings of the same frame as they were put.
static void sort_events(FiqPartner* self)
{
  for (uint32_t i = 1; i < self->n_events; ++i) {
    const FiqPartnerEvent event = self->event[i];
    uint32_t              at    = i;
    while (at > 0 && self->event[at - 1].frame > event.frame) {
      self->event[at] = self->event[at - 1];
      --at;
    }
    self->event[at] = event;
  }
}

void fiq_partner_step(FiqPartner* self, const FiqPartnerParams* params, uint64_t frame,
                      uint32_t n_frames)
{
  assert(self && params && n_frames > 0);
  self->frame    = frame;
  self->captures = params->capture;
  self->n_events = 0;
  if (params->mode != self->mode) {
    stop_playing(self, frame);
    self->mode  = params->mode;
    self->voice = 0;
  }
  if (params->mode == FIQ_PARTNER_OFF) {
    self->n_heard = 0;
    return;
  }
  if (self->n_heard > 0) {
    listen(self, params);
  }
  self->has_passed    = self->has_passed && !params->others.play;
  const double time_s = seconds(self, frame);
  const double beats  = beats_at(self, time_s);
  const bool   wants  = self->n_heard == 0 && wants_to_play(self, params, time_s, beats);
  if (wants && !self->is_playing) {
    start_playing(self, params, beats);
  } else if (!wants && self->is_playing && self->n_heard == 0) {
    stop_playing(self, frame);
    self->has_passed   = params->link == FIQ_PARTNER_SEQUENTIAL;
    self->passed_beats = beats;
    self->has_heard |= self->has_passed; // it goes on when the turn comes back
  }
  agree_on_chord(self, params, n_frames);
  perform(self, params, n_frames);
  sort_events(self);
}

void fiq_partner_study(FiqPartner* self, const FiqLearnedNote* note)
{
  fiq_improviser_learn(&self->improviser, note);
}

uint32_t fiq_partner_pitches(const FiqPartner* self)
{
  uint32_t pitches = 0;
  for (uint32_t i = 0; i < FIQ_PARTNER_NOTES; ++i) {
    pitches |= self->note[i].sounds ? 1u << self->note[i].key % 12 : 0u;
  }
  return pitches;
}
