// SPDX-License-Identifier: GPL-3.0-or-later
#define _XOPEN_SOURCE 700

#include "host-test/jack/jack_serve.h"

#include "host-test/common/report.h"
#include "host-test/jack/jack_commands.h"
#include "host-test/lv2/lv2_state.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { POLL_MS = 50, WINDOW_MS = 15, SOON_MS = 5, AWAY_MS = 500, NOTE_S = 1, LEVELS_PER_S = 10 };

/// What the loop remembers from turn to turn.
typedef struct {
  uint32_t latency;
  unsigned n_xruns;
  uint64_t noted_frames;  ///< when the connections were noted last
  uint64_t levels_frames; ///< when the levels were printed last
} Watch;

// ---- a server that ended, or another rate ----

/// Make the plugin anew for another rate, in the state that it has.
static bool change_rate(FiqJackJob* self)
{
  char        path[] = "/tmp/fieldiq-XXXXXX.ttl";
  const int   file   = mkstemps(path, 4);
  const float before = (float)self->host.rate_hz;
  bool        made   = file >= 0 && fiq_state_save(&self->host, path);
  if (file >= 0) {
    close(file);
  }
  if (made) {
    fiq_host_free(&self->host);
    made = fiq_jack_set_up(self, path) == FIQ_EXIT_OK;
  }
  unlink(path);
  if (made) {
    fiq_note("the server's rate changed from %g to %g Hz; the plugin was made anew", (double)before,
             self->host.rate_hz);
  }
  return made;
}

/// The client is with a server again: register what there was before.
static bool settle(FiqJackJob* self)
{
  const bool window = self->window.ui != NULL;
  if ((double)atomic_load(&self->jack.rate_hz) != self->host.rate_hz) {
    if (self->trace.stream) {
      fiq_error("the server's rate changed, which a trace cannot follow");
      return false;
    }
    fiq_jack_window_close(&self->window);
    if (!fiq_record_end(&self->jack.record) || !change_rate(self)) {
      return false;
    }
  }
  return fiq_jack_activate(&self->jack, &self->host, self->options.midi_thru) &&
         (!window || self->window.ui ||
          fiq_jack_window_open(&self->window, &self->jack, &self->host));
}

/// Try to come back to a server; true once that was done, or has failed for good (`gone` is then set).
static bool come_back(FiqJackJob* self)
{
  if (!fiq_jack_return(&self->jack, self->name, self->options.server, self->options.start_server)) {
    return false;
  }
  if (!settle(self)) {
    atomic_store(&self->jack.gone, true);
    return true;
  }
  const uint32_t n_missing = fiq_links_restore(&self->links, &self->jack);
  fiq_note("'%s' plays again, at %g Hz, %u frames", jack_get_client_name(self->jack.client),
           self->host.rate_hz, atomic_load(&self->jack.block_frames));
  if (n_missing > 0) {
    fiq_warning("%u connections lead to ports that are not there any more", n_missing);
  }
  return true;
}

// ---- a turn of the loop ----

static void take_moved(FiqJackJob* self)
{
  FiqJackMoved moved;
  while (fiq_jack_moved(&self->jack, &moved)) {
    fiq_map_take(&self->map, &self->host, moved.channel, moved.controller, moved.value);
  }
}

static bool save_session(FiqJackJob* self)
{
  const bool saved =
      fiq_state_save(&self->host, self->session.state) && fiq_map_keep(&self->map, &self->host);
  if (saved) {
    memcpy(self->saved, self->host.settings, self->host.ports.n_ports * sizeof *self->saved);
  }
  return saved;
}

static void serve_session(FiqJackJob* self)
{
  FiqSession* const session = &self->session;
  if (!session->server) {
    return;
  }
  fiq_session_read(session);
  if (session->save) {
    fiq_session_saved(session, save_session(self));
  }
  if (session->show && !self->window.ui) {
    (void)fiq_jack_window_open(&self->window, &self->jack, &self->host);
  }
  if (session->hide) {
    fiq_jack_window_close(&self->window);
  }
  session->show        = false;
  session->hide        = false;
  const size_t n_bytes = self->host.ports.n_ports * sizeof *self->saved;
  fiq_session_tell(session, memcmp(self->saved, self->host.settings, n_bytes) != 0,
                   self->window.ui != NULL);
}

static void serve_window(FiqJackJob* self)
{
  if (self->window.ui && !fiq_jack_window_idle(&self->window)) {
    fiq_jack_window_close(&self->window);
    fiq_note("the window is closed; the console goes on");
  }
}

/// On a terminal the line stays where it is; elsewhere there is one a second.
static void print_levels(FiqJackJob* self, Watch* watch)
{
  const uint64_t now   = atomic_load(&self->jack.n_frames);
  const bool     lives = isatty(STDOUT_FILENO);
  const uint64_t every = (uint64_t)self->host.rate_hz / (lives ? LEVELS_PER_S : 1);
  if (self->console.levels && now - watch->levels_frames >= every) {
    watch->levels_frames = now;
    printf("%s", lives ? "\r\033[K" : "");
    fiq_command_print_levels(&self->console);
    printf("%s", lives ? "" : "\n");
    fflush(stdout);
  }
}

/// What the audio thread has only noted.
static void watch_server(FiqJackJob* self, Watch* watch)
{
  FiqJack* const jack    = &self->jack;
  const uint32_t latency = atomic_load(&self->host.audio.latency_frames);
  if (latency != watch->latency) {
    watch->latency = latency;
    jack_recompute_total_latencies(jack->client);
  }
  const unsigned n_xruns = atomic_load(&jack->n_xruns);
  if (n_xruns != watch->n_xruns) {
    fiq_note("%u xruns so far", n_xruns);
    watch->n_xruns = n_xruns;
  }
  const uint64_t now = atomic_load(&jack->n_frames);
  if (self->options.reconnect &&
      now - watch->noted_frames >= (uint64_t)self->host.rate_hz * NOTE_S) {
    watch->noted_frames = now;
    fiq_links_note(&self->links, jack);
  }
  if ((double)atomic_load(&jack->rate_hz) != self->host.rate_hz) {
    fiq_links_note(&self->links, jack);
    fiq_jack_leave(jack);
  }
}

/// Wait for what is typed, but no longer than anything else can wait.
static void read_console(FiqJackJob* self)
{
  const bool soon = self->map.n > 0 || self->map.learning != FIQ_NO_PORT ||
                    (self->jack.record.file && atomic_load(&self->host.audio.freewheeling));
  const int     wait  = soon ? SOON_MS : (self->window.ui ? WINDOW_MS : POLL_MS);
  struct pollfd input = {.fd = self->console.ended ? -1 : STDIN_FILENO, .events = POLLIN};
  if (poll(&input, 1, wait) > 0 && input.revents != 0) {
    fiq_console_read(&self->console, STDIN_FILENO);
  }
}

static bool duration_over(const FiqJackJob* self)
{
  const double played_s = (double)atomic_load(&self->jack.n_frames) / self->host.rate_hz;
  return self->options.duration_s > 0.0 && played_s >= self->options.duration_s;
}

void fiq_jack_serve(FiqJackJob* self, const volatile int* ended)
{
  FiqJack* const jack    = &self->jack;
  Watch          watch   = {0};
  int            away_ms = 0;
  while (!*ended && !self->console.quit && !duration_over(self)) {
    read_console(self);
    take_moved(self);
    fiq_jack_write_trace(self);
    (void)fiq_record_write(&jack->record);
    serve_window(self);
    serve_session(self);
    print_levels(self, &watch);
    if (jack->client && !atomic_load(&jack->gone)) {
      watch_server(self, &watch);
      continue;
    }
    if (jack->client) {
      if (!self->options.reconnect) {
        return;
      }
      fiq_warning("the JACK server ended; waiting for another");
      fiq_jack_leave(jack);
      away_ms = AWAY_MS;
    } else if ((away_ms += POLL_MS) >= AWAY_MS) {
      away_ms = 0;
      // One that went for another rate has left a server that is there, or that is gone for good.
      if (!come_back(self) && !self->options.reconnect) {
        atomic_store(&jack->gone, true);
      }
      if (atomic_load(&jack->gone)) {
        return;
      }
    }
  }
}
