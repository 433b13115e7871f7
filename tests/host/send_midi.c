// SPDX-License-Identifier: GPL-3.0-or-later
/*
   send_midi PORT BYTES...: a JACK client that connects to PORT and sends it one MIDI message a period, each given as
   hexadecimal digits, "b04a7f". Exit status 1, with a message, if that cannot be done.
*/
#include <jack/jack.h>
#include <jack/midiport.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BYTES_MAX = 3, WAIT_MS = 20000 };

typedef struct {
  jack_port_t* out;
  char**       messages; ///< [n]
  int          n;
  atomic_int   sent;
  atomic_bool  go;
} Sender;

static void fail(const char* what)
{
  fprintf(stderr, "send_midi: %s\n", what);
  exit(1);
}

static int process(jack_nframes_t n_frames, void* data)
{
  Sender* const self   = data;
  void* const   buffer = jack_port_get_buffer(self->out, n_frames);
  const int     i      = atomic_load(&self->sent);
  jack_midi_clear_buffer(buffer);
  if (!atomic_load(&self->go) || i == self->n) {
    return 0;
  }
  const size_t            n  = strlen(self->messages[i]) / 2;
  jack_midi_data_t* const to = n <= BYTES_MAX ? jack_midi_event_reserve(buffer, 0, n) : NULL;
  for (size_t b = 0; to && b < n; ++b) {
    unsigned value = 0;
    if (sscanf(self->messages[i] + 2 * b, "%2x", &value) == 1) {
      to[b] = (jack_midi_data_t)value;
    }
  }
  atomic_fetch_add(&self->sent, 1);
  return 0;
}

int main(int argc, char** argv)
{
  Sender         self   = {.messages = argv + 2, .n = argc - 2};
  jack_client_t* client = argc > 2 ? jack_client_open("send_midi", JackNoStartServer, NULL) : NULL;
  if (!client) {
    fail(argc > 2 ? "no server" : "send_midi PORT BYTES...");
  }
  self.out = jack_port_register(client, "out", JACK_DEFAULT_MIDI_TYPE, JackPortIsOutput, 0);
  jack_set_process_callback(client, process, &self);
  if (!self.out || jack_activate(client) != 0 ||
      jack_connect(client, jack_port_name(self.out), argv[1]) != 0) {
    fail("cannot be connected");
  }
  const struct timespec moment = {.tv_nsec = 10000000};
  // The graph takes a period or two to follow.
  nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
  atomic_store(&self.go, true);
  int waited_ms = 0;
  for (; atomic_load(&self.sent) < self.n && waited_ms < WAIT_MS; waited_ms += 10) {
    nanosleep(&moment, NULL);
  }
  nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
  jack_client_close(client);
  if (waited_ms >= WAIT_MS) {
    fail("the server stands still");
  }
  return 0;
}
