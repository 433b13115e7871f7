// SPDX-License-Identifier: GPL-3.0-or-later
/*
   play_through IN.wav OUT.wav SINK SOURCE: plays a file into the JACK ports whose names begin with SINK and records those
   that begin with SOURCE, for as long as the file is and a second more; two clients, since one would close a circle. Exit
   status 1, with a message, if that cannot be done.
*/
#include <jack/jack.h>
#include <sndfile.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CHANNELS_MAX = 2, MORE_FRAMES = 48000, WAIT_S = 60 };

typedef struct {
  jack_port_t* out[CHANNELS_MAX];
  jack_port_t* in[CHANNELS_MAX];
  float*       sound[CHANNELS_MAX];
  float*       heard[CHANNELS_MAX];
  int64_t      n_frames; ///< of both
  int64_t      played;
  atomic_llong recorded;
  atomic_bool  starts;
  int          n_channels;
} Player;

static void fail(const char* what)
{
  fprintf(stderr, "play_through: %s\n", what);
  exit(1);
}

/// Frames of this period that are still to come, if it has begun.
static size_t n_left(const Player* self, int64_t position, jack_nframes_t n_frames)
{
  const int64_t left = self->n_frames - position;
  return !atomic_load(&self->starts) ? 0 : (size_t)(left < n_frames ? left : n_frames);
}

static int play(jack_nframes_t n_frames, void* handle)
{
  Player* const self = handle;
  const size_t  n    = n_left(self, self->played, n_frames);
  for (int c = 0; c < self->n_channels; ++c) {
    float* const out = jack_port_get_buffer(self->out[c], n_frames);
    memset(out, 0, n_frames * sizeof(float));
    memcpy(out, self->sound[c] + self->played, n * sizeof(float));
  }
  self->played += (int64_t)n;
  return 0;
}

static int record(jack_nframes_t n_frames, void* handle)
{
  Player* const self     = handle;
  const int64_t position = atomic_load(&self->recorded);
  const size_t  n        = n_left(self, position, n_frames);
  for (int c = 0; c < self->n_channels; ++c) {
    const float* const in = jack_port_get_buffer(self->in[c], n_frames);
    memcpy(self->heard[c] + position, in, n * sizeof(float));
  }
  atomic_store(&self->recorded, position + (int64_t)n);
  return 0;
}

static void load(Player* self, const char* path)
{
  SF_INFO        info = {0};
  SNDFILE* const file = sf_open(path, SFM_READ, &info);
  if (!file || info.channels < 1 || info.channels > CHANNELS_MAX) {
    fail("cannot read the file");
  }
  float* const frames = calloc((size_t)(info.frames * info.channels) + 1, sizeof(float));
  self->n_channels    = info.channels;
  self->n_frames      = info.frames + MORE_FRAMES;
  for (int c = 0; c < info.channels; ++c) {
    self->sound[c] = calloc((size_t)self->n_frames, sizeof(float));
    self->heard[c] = calloc((size_t)self->n_frames, sizeof(float));
  }
  if (!frames || !self->heard[info.channels - 1] || sf_readf_float(file, frames, info.frames) < 1) {
    fail("no memory or no sound");
  }
  for (int64_t i = 0; i < info.frames; ++i) {
    for (int c = 0; c < info.channels; ++c) {
      self->sound[c][i] = frames[i * info.channels + c];
    }
  }
  free(frames);
  sf_close(file);
}

static void store(const Player* self, const char* path)
{
  SF_INFO info = {
      .samplerate = 48000, .channels = self->n_channels, .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT};
  SNDFILE* const file = sf_open(path, SFM_WRITE, &info);
  if (!file) {
    fail("cannot write the file");
  }
  for (int64_t i = 0; i < self->n_frames; ++i) {
    float frame[CHANNELS_MAX] = {0.0f, 0.0f};
    for (int c = 0; c < self->n_channels; ++c) {
      frame[c] = self->heard[c][i];
    }
    sf_writef_float(file, frame, 1);
  }
  sf_close(file);
}

static jack_client_t* open_client(Player* self, const char* name, JackProcessCallback process,
                                  jack_port_t** ports, unsigned long flags)
{
  jack_client_t* const client = jack_client_open(name, JackNoStartServer, NULL);
  if (!client) {
    fail("no JACK server");
  }
  for (int c = 0; c < self->n_channels; ++c) {
    char port[24];
    snprintf(port, sizeof(port), "channel_%d", c);
    ports[c] = jack_port_register(client, port, JACK_DEFAULT_AUDIO_TYPE, flags, 0);
  }
  jack_set_process_callback(client, process, self);
  if (jack_activate(client)) {
    fail("cannot run");
  }
  return client;
}

/// Connect our ports to those that begin with `prefix`, in their order.
static void connect(jack_client_t* client, const Player* self, const char* prefix, bool is_sink)
{
  char pattern[256];
  snprintf(pattern, sizeof(pattern), "^%s", prefix);
  const char** const theirs =
      jack_get_ports(client, pattern, NULL, is_sink ? JackPortIsInput : JackPortIsOutput);
  for (int c = 0; c < self->n_channels; ++c) {
    if (!theirs || !theirs[c]) {
      fail("there are not enough ports to connect");
    }
    const char* const ours = jack_port_name(is_sink ? self->out[c] : self->in[c]);
    if (jack_connect(client, is_sink ? ours : theirs[c], is_sink ? theirs[c] : ours)) {
      fail("cannot connect");
    }
  }
  jack_free(theirs);
}

static void wait_a_bit(void)
{
  nanosleep(&(struct timespec){0, 100000000}, NULL);
}

int main(int argc, char** argv)
{
  static Player self;
  if (argc != 5) {
    fail("IN.wav OUT.wav SINK SOURCE expected");
  }
  load(&self, argv[1]);
  jack_client_t* const player   = open_client(&self, "player", play, self.out, JackPortIsOutput);
  jack_client_t* const recorder = open_client(&self, "recorder", record, self.in, JackPortIsInput);
  connect(player, &self, argv[3], true);
  connect(recorder, &self, argv[4], false);
  wait_a_bit();
  atomic_store(&self.starts, true);
  for (int i = 0; i < 10 * WAIT_S && atomic_load(&self.recorded) < self.n_frames; ++i) {
    wait_a_bit();
  }
  const bool is_done = atomic_load(&self.recorded) >= self.n_frames;
  jack_client_close(player);
  jack_client_close(recorder);
  if (!is_done) {
    fail("the server does not run");
  }
  store(&self, argv[2]);
  return 0;
}
