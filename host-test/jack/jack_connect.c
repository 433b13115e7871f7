// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/common/report.h"
#include "host-test/jack/jack_client.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { PATTERN_BYTES = 1024 };

static bool join(FiqJack* self, const char* from, const char* to)
{
  const int status = jack_connect(self->client, from, to);
  if (status != 0 && status != EEXIST) {
    fiq_error("%s could not be connected to %s", from, to);
    return false;
  }
  return true;
}

/// Connect our ports with the matching ones, one to one; a single port on either side is shared
/// by two on the other. Count of connections.
static uint32_t join_lists(FiqJack* self, jack_port_t* const* ours, uint32_t n_ours,
                           const char** theirs, bool we_send)
{
  uint32_t n_theirs = 0;
  uint32_t n_joined = 0;
  while (theirs && theirs[n_theirs]) {
    ++n_theirs;
  }
  if (n_ours == 0 || n_theirs == 0) {
    return 0;
  }
  const uint32_t more = n_ours > n_theirs ? n_ours : n_theirs;
  const uint32_t less = n_ours > n_theirs ? n_theirs : n_ours;
  const uint32_t n    = less == 1 && more >= 2 ? 2 : less;
  for (uint32_t i = 0; i < n; ++i) {
    const char* const us   = jack_port_name(ours[i < n_ours ? i : n_ours - 1]);
    const char* const them = theirs[i < n_theirs ? i : n_theirs - 1];
    n_joined += (we_send ? join(self, us, them) : join(self, them, us)) ? 1 : 0;
  }
  return n_joined;
}

static uint32_t join_kind(FiqJack* self, const char* pattern, unsigned long flags)
{
  const FiqHostAudio* const audio = &self->host->audio;
  jack_client_t* const      jack  = self->client;
  const char** const        sinks =
      jack_get_ports(jack, pattern, JACK_DEFAULT_AUDIO_TYPE, flags | JackPortIsInput);
  const char** const sources =
      jack_get_ports(jack, pattern, JACK_DEFAULT_AUDIO_TYPE, flags | JackPortIsOutput);
  uint32_t n = join_lists(self, self->out, audio->n_out, sinks, true);
  n += join_lists(self, self->main_in, audio->n_main_in, sources, false);
  jack_free(sinks);
  jack_free(sources);
  return n;
}

/// All MIDI sources that match play us; our MIDI output, if any, goes to the matching sinks.
static uint32_t join_midi(FiqJack* self, const char* pattern, unsigned long flags)
{
  uint32_t           n = 0;
  const char** const sources =
      jack_get_ports(self->client, pattern, JACK_DEFAULT_MIDI_TYPE, flags | JackPortIsOutput);
  const char** const sinks =
      jack_get_ports(self->client, pattern, JACK_DEFAULT_MIDI_TYPE, flags | JackPortIsInput);
  for (uint32_t i = 0; self->midi_in && sources && sources[i]; ++i) {
    n += join(self, sources[i], jack_port_name(self->midi_in)) ? 1 : 0;
  }
  for (uint32_t i = 0; self->midi_out && sinks && sinks[i]; ++i) {
    n += join(self, jack_port_name(self->midi_out), sinks[i]) ? 1 : 0;
  }
  jack_free(sources);
  jack_free(sinks);
  return n;
}

void fiq_jack_connect_physical(FiqJack* self)
{
  if (join_kind(self, NULL, JackPortIsPhysical) + join_midi(self, NULL, JackPortIsPhysical) == 0) {
    fiq_warning("JACK has no sound card to connect to");
  }
}

/// A regular expression that matches exactly the port or client `name`.
static void exact_pattern(const char* name, char to[PATTERN_BYTES])
{
  size_t n = 0;
  to[n++]  = '^';
  for (; *name && n < PATTERN_BYTES - 8; ++name) {
    if (strchr("\\^$.|?*+()[]{}", *name)) {
      to[n++] = '\\';
    }
    to[n++] = *name;
  }
  to[n] = '\0';
}

bool fiq_jack_connect(FiqJack* self, const char* name)
{
  char       pattern[PATTERN_BYTES];
  const bool is_port = strchr(name, ':') != NULL;
  exact_pattern(name, pattern);
  strcat(pattern, is_port ? "$" : ":");
  const uint32_t n = join_kind(self, pattern, 0) + join_midi(self, pattern, 0);
  if (n == 0) {
    fiq_error("JACK has no %s '%s' that could be connected (jack_lsp shows all)",
              is_port ? "port" : "client", name);
  }
  return n > 0;
}
