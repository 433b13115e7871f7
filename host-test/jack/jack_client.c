// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/jack/jack_client.h"

#include "host-test/common/report.h"
#include "host-test/lv2/trace.h"

#include <jack/midiport.h>
#include <jack/transport.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static FiqPosition transport_now(const FiqJack* self)
{
  jack_position_t              bbt;
  const jack_transport_state_t state    = jack_transport_query(self->client, &bbt);
  FiqPosition                  position = {.frame = (int64_t)bbt.frame,
                                           .speed = state == JackTransportRolling ? 1.0f : 0.0f};
  if ((bbt.valid & JackPositionBBT) && bbt.beats_per_minute > 0.0 && bbt.beats_per_bar > 0.0f &&
      bbt.beat_type > 0.0f) {
    const double ticks     = bbt.ticks_per_beat > 0.0 ? bbt.tick / bbt.ticks_per_beat : 0.0;
    position.has_tempo     = true;
    position.tempo_bpm     = (float)bbt.beats_per_minute;
    position.beats_per_bar = bbt.beats_per_bar;
    position.beat_unit     = (int32_t)lrintf(bbt.beat_type);
    position.beat = (double)(bbt.bar - 1) * (double)bbt.beats_per_bar + bbt.beat - 1 + ticks;
  }
  return position;
}

static bool differs(float a, float b)
{
  return fabsf(a - b) > 1e-6f;
}

/// Send the transport when it does what the plugin could not foresee.
static void send_transport(FiqJack* self, uint32_t n_frames)
{
  const FiqPosition now  = transport_now(self);
  FiqPosition*      last = &self->position;
  const bool        changed =
      !self->position_sent || now.frame != last->frame || differs(now.speed, last->speed) ||
      now.has_tempo != last->has_tempo || differs(now.tempo_bpm, last->tempo_bpm) ||
      differs(now.beats_per_bar, last->beats_per_bar) || now.beat_unit != last->beat_unit;
  if (changed) {
    fiq_host_position(&self->host->audio, 0, &now);
  }
  *last               = now;
  last->frame         = now.frame + (now.speed > 0.0f ? (int64_t)n_frames : 0);
  self->position_sent = true;
}

/// What is not looked at in time is lost, but its next movement is not.
static void note_controller(FiqJack* self, const jack_midi_event_t* event)
{
  if (event->size == 3 && (event->buffer[0] & 0xf0) == 0xb0) {
    const FiqJackMoved moved = {.channel    = event->buffer[0] & 0x0f,
                                .controller = event->buffer[1] & 0x7f,
                                .value      = event->buffer[2] & 0x7f};
    (void)fiq_ring_write(&self->moved, &moved, sizeof moved, NULL, 0);
  }
}

/// MIDI that falls into the slice [start, start + n_frames) of this cycle.
static void send_midi(FiqJack* self, void* buffer, uint32_t start, uint32_t n_frames)
{
  const uint32_t n_events = jack_midi_get_event_count(buffer);
  for (uint32_t i = 0; i < n_events; ++i) {
    jack_midi_event_t event;
    if (jack_midi_event_get(&event, buffer, i) != 0 || event.time < start ||
        event.time >= start + n_frames) {
      continue;
    }
    fiq_host_midi(&self->host->audio, event.time - start, event.buffer, (uint32_t)event.size);
    note_controller(self, &event);
    if (self->midi_thru) {
      jack_midi_event_write(self->midi_out_buffer, event.time, event.buffer, event.size);
    }
  }
}

/// Hand telemetry to the thread that writes it.
static void keep_telemetry(FiqJack* self, const LV2_Atom* atom)
{
  const LV2_Atom_Object* const object = (const LV2_Atom_Object*)(const void*)atom;
  if (atom->size >= sizeof(LV2_Atom_Object_Body) &&
      object->body.otype == self->host->audio.urids.telemetry_object &&
      (atom->size > FIQ_HOST_ATOM_BYTES - sizeof *atom ||
       !fiq_ring_write(&self->telemetry, atom, sizeof *atom, atom + 1, atom->size))) {
    atomic_fetch_add(&self->n_telemetry_lost, 1);
  }
}

static void receive_event(void* data, const LV2_Atom_Event* event)
{
  FiqJack* const            self  = data;
  const FiqHostUrids* const urids = &self->host->audio.urids;
  if (self->telemetry.data && event->body.type == urids->atom_object) {
    keep_telemetry(self, &event->body);
  }
  // A window that does not listen fast enough misses pictures, and nothing else.
  if (self->heard.data && event->body.type == urids->atom_object &&
      event->body.size <= FIQ_HOST_ATOM_BYTES - sizeof event->body) {
    fiq_ring_write(&self->heard, &event->body, sizeof event->body, event + 1, event->body.size);
  }
  if (event->body.type != urids->midi_event || !self->midi_out_buffer || self->midi_thru) {
    return;
  }
  const int64_t at = event->time.frames + self->midi_out_offset;
  if (at >= 0 && at < (int64_t)self->midi_out_frames) {
    jack_midi_event_write(self->midi_out_buffer, (jack_nframes_t)at,
                          (const jack_midi_data_t*)(event + 1), event->body.size);
  }
}

/// Keep the plugin talking while it is traced; must come before the other events of the slice.
static void ask_for_telemetry(FiqJack* self, uint32_t n_frames)
{
  if (!self->telemetry.data) {
    return;
  }
  if (self->lease_frames == 0) {
    fiq_host_patch_get(&self->host->audio, 0, self->host->audio.urids.telemetry);
    self->lease_frames = (uint64_t)(FIQ_TRACE_LEASE_S * self->host->rate_hz);
  }
  self->lease_frames -= n_frames < self->lease_frames ? n_frames : self->lease_frames;
}

/// What a window has said since the last slice, at its first frame.
static void hand_on_spoken(FiqJack* self)
{
  uint32_t              port  = 0;
  LV2_Atom_Event* const event = &self->saying.event;
  while (self->spoken.data && fiq_ring_read(&self->spoken, &port, sizeof port)) {
    event->time.frames = 0;
    if (!fiq_ring_read(&self->spoken, &event->body, sizeof event->body) ||
        event->body.size > FIQ_JACK_SPOKEN_BYTES ||
        !fiq_ring_read(&self->spoken, event + 1, event->body.size)) {
      return;
    }
    fiq_host_event(&self->host->audio, port, event);
  }
}

static bool any_connected(jack_port_t* const* ports, uint32_t n_ports)
{
  for (uint32_t i = 0; i < n_ports; ++i) {
    if (jack_port_connected(ports[i]) > 0) {
      return true;
    }
  }
  return false;
}

static void get_buffers(jack_port_t* const* ports, uint32_t n_ports, uint32_t n_frames, float** to)
{
  for (uint32_t i = 0; i < n_ports; ++i) {
    to[i] = jack_port_get_buffer(ports[i], n_frames);
  }
}

/// The slice of the cycle that begins at `start`.
static void run_slice(FiqJack* self, float* planes[3][FIQ_HOST_CHANNELS_MAX], bool side_fed,
                      void* midi_buffer, uint32_t start, uint32_t n_frames)
{
  FiqHostAudio* const audio = &self->host->audio;
  const float*        main[FIQ_HOST_CHANNELS_MAX];
  const float*        side[FIQ_HOST_CHANNELS_MAX];
  float*              out[FIQ_HOST_CHANNELS_MAX];
  for (uint32_t c = 0; c < FIQ_HOST_CHANNELS_MAX; ++c) {
    main[c] = planes[0][c] ? planes[0][c] + start : NULL;
    side[c] = planes[1][c] ? planes[1][c] + start : NULL;
    out[c]  = planes[2][c] ? planes[2][c] + start : NULL;
  }
  fiq_host_begin(audio);
  hand_on_spoken(self);
  ask_for_telemetry(self, n_frames);
  if (start == 0) {
    send_transport(self, self->midi_out_frames);
  }
  if (midi_buffer) {
    send_midi(self, midi_buffer, start, n_frames);
  }
  fiq_host_run(audio, main, side_fed ? side : NULL, out, n_frames);
  fiq_levels_note(self->levels.in, main, audio->n_main_in, n_frames);
  fiq_levels_note(self->levels.out, (const float* const*)out, audio->n_out, n_frames);
  fiq_record_put(&self->record, (const float* const*)out, n_frames,
                 atomic_load(&audio->freewheeling));
  if (self->midi_out_buffer || self->telemetry.data || self->heard.data) {
    self->midi_out_offset = start;
    fiq_host_each_event(audio, receive_event, self);
  }
}

/// All of our work in one period.
static void run_period(FiqJack* self, uint32_t n_frames)
{
  FiqHostAudio* const audio                            = &self->host->audio;
  float*              planes[3][FIQ_HOST_CHANNELS_MAX] = {{NULL}};
  void* const midi_buffer = self->midi_in ? jack_port_get_buffer(self->midi_in, n_frames) : NULL;
  get_buffers(self->main_in, audio->n_main_in, n_frames, planes[0]);
  get_buffers(self->side_in, audio->n_side_in, n_frames, planes[1]);
  get_buffers(self->out, audio->n_out, n_frames, planes[2]);
  self->midi_out_frames = n_frames;
  self->midi_out_buffer = NULL;
  if (self->midi_out) {
    self->midi_out_buffer = jack_port_get_buffer(self->midi_out, n_frames);
    jack_midi_clear_buffer(self->midi_out_buffer);
  }
  const bool side_fed = any_connected(self->side_in, audio->n_side_in);
  for (uint32_t start = 0; start < n_frames; start += FIQ_HOST_BLOCK_MAX) {
    const uint32_t left = n_frames - start;
    run_slice(self, planes, side_fed, midi_buffer, start,
              left < FIQ_HOST_BLOCK_MAX ? left : FIQ_HOST_BLOCK_MAX);
  }
}

static int process(jack_nframes_t n_frames, void* argument)
{
  FiqJack* const     self  = argument;
  const FiqLoadClock begin = fiq_load_begin();
  run_period(self, n_frames);
  if (n_frames > 0 && !atomic_load(&self->host->audio.freewheeling)) {
    fiq_load_end(&self->load, &begin, (int64_t)(1e9 * n_frames / self->host->rate_hz));
  }
  atomic_fetch_add(&self->n_frames, n_frames);
  return 0;
}

static int on_buffer_size(jack_nframes_t n_frames, void* argument)
{
  FiqJack* const self = argument;
  atomic_store(&self->block_frames, n_frames);
  fiq_host_nominal(self->host, n_frames);
  return 0;
}

static int on_xrun(void* argument)
{
  FiqJack* const self = argument;
  atomic_fetch_add(&self->n_xruns, 1);
  return 0;
}

static int on_sample_rate(jack_nframes_t rate_hz, void* argument)
{
  FiqJack* const self = argument;
  atomic_store(&self->rate_hz, rate_hz);
  return 0;
}

static void on_freewheel(int starting, void* argument)
{
  FiqJack* const self = argument;
  atomic_store(&self->host->audio.freewheeling, starting != 0);
}

static void on_shutdown(jack_status_t code, const char* reason, void* argument)
{
  FiqJack* const self = argument;
  (void)code;
  snprintf(self->reason, sizeof self->reason, "%s", reason ? reason : "");
  atomic_store(&self->gone, true);
}

static void widest_range(jack_port_t* const* ports, uint32_t n_ports,
                         jack_latency_callback_mode_t mode, jack_latency_range_t* range)
{
  for (uint32_t i = 0; i < n_ports; ++i) {
    jack_latency_range_t one;
    jack_port_get_latency_range(ports[i], mode, &one);
    range->min = i == 0 || one.min < range->min ? one.min : range->min;
    range->max = one.max > range->max ? one.max : range->max;
  }
}

/// What enters comes out later by the plugin's latency, and the other way round.
static void on_latency(jack_latency_callback_mode_t mode, void* argument)
{
  FiqJack* const       self    = argument;
  FiqHostAudio* const  audio   = &self->host->audio;
  const bool           capture = mode == JackCaptureLatency;
  const uint32_t       own     = atomic_load(&audio->latency_frames);
  jack_latency_range_t range   = {0, 0};
  widest_range(capture ? self->main_in : self->out, capture ? audio->n_main_in : audio->n_out, mode,
               &range);
  range.min += own;
  range.max += own;
  jack_port_t* const* const to   = capture ? self->out : self->main_in;
  const uint32_t            n_to = capture ? audio->n_out : audio->n_main_in;
  for (uint32_t i = 0; i < n_to; ++i) {
    jack_port_set_latency_range(to[i], mode, &range);
  }
  for (uint32_t i = 0; !capture && i < audio->n_side_in; ++i) {
    jack_port_set_latency_range(self->side_in[i], mode, &range);
  }
}

static void stay_silent(const char* message)
{
  (void)message; // libjack repeats at length what is said here in one line
}

/// What would help where no server answers.
static const char* advice(void)
{
  char              socket[FIQ_PATH_BYTES];
  const char* const runtime = getenv("XDG_RUNTIME_DIR");
  snprintf(socket, sizeof socket, "%s/pipewire-0", runtime ? runtime : "");
  if (runtime && access(socket, F_OK) == 0) {
    return "PipeWire runs: begin the command with pw-jack";
  }
  return access("/dev/snd", F_OK) == 0
             ? "start one, or give --start-server"
             : "there is no sound card here: 'jackd -d dummy' runs without one";
}

static void say_why_not(jack_status_t status, const char* server)
{
  if (status & JackServerFailed) {
    fiq_error("no JACK server '%s' is running (%s)", server ? server : "default", advice());
  } else if (status & JackNameNotUnique) {
    fiq_error("the JACK server has a client of that name; give another --name");
  } else if (status & JackVersionError) {
    fiq_error("the JACK server speaks another protocol version");
  } else {
    fiq_error("the JACK server did not take the client (status 0x%x)", (unsigned)status);
  }
}

static jack_status_t open_client(FiqJack* self, const char* name, const char* server,
                                 bool start_server)
{
  jack_status_t        status = 0;
  const jack_options_t start  = start_server ? JackNullOption : JackNoStartServer;
  self->client = server ? jack_client_open(name, start | JackServerName, &status, server)
                        : jack_client_open(name, start, &status);
  if (self->client) {
    atomic_store(&self->block_frames, jack_get_buffer_size(self->client));
    atomic_store(&self->rate_hz, jack_get_sample_rate(self->client));
    atomic_store(&self->gone, false);
    jack_on_info_shutdown(self->client, on_shutdown, self);
  }
  return status;
}

bool fiq_jack_open(FiqJack* self, const char* name, const char* server, bool start_server)
{
  *self = (FiqJack){.client = NULL};
  if (!fiq_ring_init(&self->moved, FIQ_JACK_MOVED_BYTES)) {
    fiq_error("out of memory");
    return false;
  }
  jack_set_error_function(stay_silent);
  jack_set_info_function(stay_silent);
  const jack_status_t status = open_client(self, name, server, start_server);
  if (!self->client) {
    say_why_not(status, server);
  }
  return self->client != NULL;
}

void fiq_jack_leave(FiqJack* self)
{
  if (self->client) {
    jack_client_close(self->client);
    self->client = NULL;
  }
  if (self->host) {
    self->host->live = false;
  }
  atomic_store(&self->gone, false);
  self->position_sent = false;
  self->lease_frames  = 0;
}

bool fiq_jack_return(FiqJack* self, const char* name, const char* server, bool start_server)
{
  (void)open_client(self, name, server, start_server);
  return self->client != NULL;
}

bool fiq_jack_moved(FiqJack* self, FiqJackMoved* to)
{
  return fiq_ring_read(&self->moved, to, sizeof *to);
}

static bool register_ports(FiqJack* self, const uint32_t* indices, uint32_t n, unsigned long flags,
                           jack_port_t** to)
{
  for (uint32_t i = 0; i < n; ++i) {
    const char* const symbol = self->host->ports.ports[indices[i]].symbol;
    to[i] = jack_port_register(self->client, symbol, JACK_DEFAULT_AUDIO_TYPE, flags, 0);
    if (!to[i]) {
      fiq_error("JACK port '%s' could not be made", symbol);
      return false;
    }
  }
  return true;
}

static bool puts_out_midi(const FiqHost* host)
{
  for (uint32_t i = 0; i < host->ports.n_ports; ++i) {
    if (host->ports.ports[i].midi && !host->ports.ports[i].input) {
      return true;
    }
  }
  return false;
}

static bool register_midi(FiqJack* self)
{
  const FiqHostAudio* const audio = &self->host->audio;
  if (audio->midi != FIQ_NO_PORT) {
    self->midi_in =
        jack_port_register(self->client, "midi_in", JACK_DEFAULT_MIDI_TYPE, JackPortIsInput, 0);
    if (!self->midi_in) {
      fiq_error("JACK port 'midi_in' could not be made");
      return false;
    }
  }
  if ((self->midi_thru && self->midi_in) || puts_out_midi(self->host)) {
    self->midi_out =
        jack_port_register(self->client, "midi_out", JACK_DEFAULT_MIDI_TYPE, JackPortIsOutput, 0);
    if (!self->midi_out) {
      fiq_error("JACK port 'midi_out' could not be made");
      return false;
    }
  }
  return true;
}

bool fiq_jack_listen(FiqJack* self)
{
  const bool listens = fiq_ring_init(&self->telemetry, FIQ_JACK_TRACE_BYTES);
  if (!listens) {
    fiq_error("out of memory");
  }
  return listens;
}

bool fiq_jack_telemetry(FiqJack* self, LV2_Atom* to)
{
  return fiq_ring_read(&self->telemetry, to, sizeof *to) &&
         fiq_ring_read(&self->telemetry, to + 1, to->size);
}

bool fiq_jack_attend(FiqJack* self)
{
  const bool attends = fiq_ring_init(&self->spoken, FIQ_JACK_WINDOW_BYTES) &&
                       fiq_ring_init(&self->heard, FIQ_JACK_WINDOW_BYTES);
  if (!attends) {
    fiq_error("out of memory");
  }
  return attends;
}

bool fiq_jack_say(FiqJack* self, uint32_t port, const LV2_Atom* atom)
{
  uint8_t record[sizeof port + sizeof *atom + FIQ_JACK_SPOKEN_BYTES];
  if (atom->size > FIQ_JACK_SPOKEN_BYTES) {
    return false;
  }
  memcpy(record, &port, sizeof port);
  memcpy(record + sizeof port, atom, sizeof *atom + atom->size);
  return fiq_ring_write(&self->spoken, record, (uint32_t)(sizeof port + sizeof *atom) + atom->size,
                        NULL, 0);
}

bool fiq_jack_hear(FiqJack* self, LV2_Atom* to)
{
  return fiq_ring_read(&self->heard, to, sizeof *to) &&
         fiq_ring_read(&self->heard, to + 1, to->size);
}

bool fiq_jack_activate(FiqJack* self, FiqHost* host, bool midi_thru)
{
  const FiqHostAudio* const audio = &host->audio;
  self->host                      = host;
  self->midi_thru                 = midi_thru && audio->midi != FIQ_NO_PORT;
  if (!register_ports(self, audio->main_in, audio->n_main_in, JackPortIsInput, self->main_in) ||
      !register_ports(self, audio->side_in, audio->n_side_in, JackPortIsInput, self->side_in) ||
      !register_ports(self, audio->out, audio->n_out, JackPortIsOutput, self->out) ||
      !register_midi(self)) {
    return false;
  }
  jack_set_process_callback(self->client, process, self);
  jack_set_buffer_size_callback(self->client, on_buffer_size, self);
  jack_set_sample_rate_callback(self->client, on_sample_rate, self);
  jack_set_xrun_callback(self->client, on_xrun, self);
  jack_set_freewheel_callback(self->client, on_freewheel, self);
  jack_set_latency_callback(self->client, on_latency, self);
  host->live = true;
  if (jack_activate(self->client) != 0) {
    host->live = false;
    fiq_error("JACK did not activate the client");
    return false;
  }
  return true;
}

void fiq_jack_close(FiqJack* self)
{
  fiq_jack_leave(self);
  fiq_record_free(&self->record);
  fiq_ring_free(&self->moved);
  fiq_ring_free(&self->telemetry);
  fiq_ring_free(&self->spoken);
  fiq_ring_free(&self->heard);
}
