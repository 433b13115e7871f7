// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/jack/jack_commands.h"

#include "host-test/common/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Whether `rest` says on or off; else says what it should, "USE on|off".
static bool read_switch(const char* rest, const char* use, bool* on)
{
  *on = strcmp(rest, "on") == 0;
  if (!*on && strcmp(rest, "off") != 0) {
    fiq_error("%s on|off", use);
    return false;
  }
  return true;
}

bool fiq_command_claim(FiqConsole* self, const char* what, const char* path)
{
  const FiqRecord* const record = &self->jack->record;
  return (!record->file ||
          fiq_claim(self->claims, FIQ_CLAIM_WRITTEN, "the recording", record->pending.path)) &&
         fiq_claim(self->claims, FIQ_CLAIM_WRITTEN, what, path);
}

void fiq_command_buffer(FiqConsole* self, char* rest)
{
  char*               end    = NULL;
  const unsigned long frames = strtoul(rest, &end, 10);
  if (end == rest || *end != '\0' || frames < 1 || frames > 65536) {
    fiq_error("buffer FRAMES, 1 .. 65536");
  } else if (!self->jack->client) {
    fiq_error("there is no JACK server");
  } else if (jack_set_buffer_size(self->jack->client, (jack_nframes_t)frames) != 0) {
    fiq_error("the JACK server keeps its %u frames", atomic_load(&self->jack->block_frames));
  } else {
    printf("%u frames\n", atomic_load(&self->jack->block_frames));
  }
}

void fiq_command_bypass(FiqConsole* self, char* rest)
{
  const uint32_t port = self->host->ports.enabled;
  bool           on   = false;
  if (port == FIQ_NO_PORT) {
    fiq_error("the plugin has no bypass");
  } else if (read_switch(rest, "bypass", &on)) {
    if (fiq_host_set(self->host, port, on ? 0.0f : 1.0f)) {
      printf("bypass %s\n", on ? "on" : "off");
    } else {
      fiq_error("bypass: too many changes at once");
    }
  }
}

void fiq_command_forget(FiqConsole* self, char* rest)
{
  if (!rest[0]) {
    fiq_error("forget SYMBOL");
  } else if (fiq_map_forget(self->map, self->host, rest)) {
    printf("no controller moves %s now\n", rest);
  }
}

void fiq_command_learn(FiqConsole* self, char* rest)
{
  if (!rest[0]) {
    fiq_map_print(self->map, self->host);
  } else if (!self->jack->midi_in) {
    fiq_error("the plugin has no MIDI input");
  } else if (fiq_map_learn(self->map, self->host, rest)) {
    printf("move a controller\n");
  }
}

void fiq_command_print_levels(FiqConsole* self)
{
  char           levels[FIQ_LEVELS_TEXT_BYTES];
  FiqJack* const jack = self->jack;
  fiq_levels_format(&jack->levels, self->host->audio.n_main_in, self->host->audio.n_out, levels);
  printf("%s   load %.0f %%   %u xruns", levels,
         jack->client ? (double)jack_cpu_load(jack->client) : 0.0, atomic_load(&jack->n_xruns));
}

void fiq_command_levels(FiqConsole* self, char* rest)
{
  bool on = false;
  if (!rest[0]) {
    fiq_command_print_levels(self);
    printf("\n");
  } else if (read_switch(rest, "levels", &on)) {
    self->levels = on;
    printf("levels %s\n", on ? "on" : "off");
  }
}

static void end_record(FiqConsole* self)
{
  const double length_s = (double)self->jack->record.n_frames / self->jack->record.rate_hz;
  if (!self->jack->record.file) {
    fiq_error("record FILE.wav or FILE.flac; alone it ends a recording, and there is none");
  } else if (fiq_record_end(&self->jack->record)) {
    printf("recorded %s, %.1f s\n", self->jack->record.pending.path, length_s);
  }
}

void fiq_command_record(FiqConsole* self, char* rest)
{
  const uint32_t n = self->claims->n;
  if (!rest[0]) {
    end_record(self);
  } else if (fiq_command_claim(self, "record", rest) &&
             fiq_record_begin(&self->jack->record, rest, self->host->audio.n_out,
                              self->host->rate_hz)) {
    printf("records %s\n", rest);
  }
  fiq_claims_cut(self->claims, n);
}
