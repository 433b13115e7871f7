// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/jack/jack_links.h"

#include <stdio.h>

static void note_port(FiqLinks* self, const FiqJack* jack, const jack_port_t* port)
{
  const char** const theirs = jack_port_get_all_connections(jack->client, port);
  for (uint32_t i = 0; theirs && theirs[i] && self->n < FIQ_LINKS_MAX; ++i) {
    FiqLink* const link = &self->links[self->n++];
    snprintf(link->ours, sizeof link->ours, "%s", jack_port_short_name(port));
    snprintf(link->theirs, sizeof link->theirs, "%s", theirs[i]);
    link->we_send = (jack_port_flags(port) & JackPortIsOutput) != 0;
  }
  jack_free(theirs);
}

void fiq_links_note(FiqLinks* self, const FiqJack* jack)
{
  const FiqHostAudio* const audio = &jack->host->audio;
  self->n                         = 0;
  for (uint32_t i = 0; i < audio->n_main_in; ++i) {
    note_port(self, jack, jack->main_in[i]);
  }
  for (uint32_t i = 0; i < audio->n_side_in; ++i) {
    note_port(self, jack, jack->side_in[i]);
  }
  for (uint32_t i = 0; i < audio->n_out; ++i) {
    note_port(self, jack, jack->out[i]);
  }
  if (jack->midi_in) {
    note_port(self, jack, jack->midi_in);
  }
  if (jack->midi_out) {
    note_port(self, jack, jack->midi_out);
  }
}

uint32_t fiq_links_restore(const FiqLinks* self, const FiqJack* jack)
{
  uint32_t n_missing = 0;
  for (uint32_t i = 0; i < self->n; ++i) {
    const FiqLink* const link = &self->links[i];
    char                 ours[2 * FIQ_LINK_BYTES];
    snprintf(ours, sizeof ours, "%s:%s", jack_get_client_name(jack->client), link->ours);
    if (!jack_port_by_name(jack->client, link->theirs)) {
      ++n_missing;
    } else {
      // One that is there already is no failure.
      (void)jack_connect(jack->client, link->we_send ? ours : link->theirs,
                         link->we_send ? link->theirs : ours);
    }
  }
  return n_missing;
}
