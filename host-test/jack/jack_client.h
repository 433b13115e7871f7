// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The plugin as a JACK client: ports, process callback, transport, freewheeling, latency.
   The process callback neither allocates nor locks; buffers are made for the longest block
   beforehand, and a longer one is run in slices, so a change of the buffer size needs nothing
   but a word to the plugin. It measures what it takes of every period by itself, because an xrun says only
   that somebody was late; while JACK freewheels there is nothing to be late for, and nothing is measured.
*/
#ifndef FIQ_JACK_CLIENT_H
#define FIQ_JACK_CLIENT_H

#include "host-test/jack/jack_levels.h"
#include "host-test/jack/jack_record.h"
#include "host-test/lv2/load.h"
#include "host-test/lv2/lv2_host.h"

#include <jack/jack.h>

enum {
  FIQ_JACK_REASON_BYTES = 256,
  FIQ_JACK_MOVED_BYTES  = 1 << 12, ///< controllers that may wait to be looked at
  FIQ_JACK_TRACE_BYTES  = 1 << 20, ///< telemetry that may wait to be written, some seconds of it
  FIQ_JACK_WINDOW_BYTES = 1 << 17, ///< messages that may wait in each direction of a window
  FIQ_JACK_SPOKEN_BYTES = 8192     ///< longest message of a window, header included
};

/// A controller that was moved.
typedef struct {
  uint8_t channel;    ///< 0..15
  uint8_t controller; ///< 0..127
  uint8_t value;      ///< 0..127
} FiqJackMoved;

typedef struct {
  jack_client_t* client;                         ///< NULL while there is no server
  FiqHost*       host;                           ///< live from activate on
  jack_port_t*   main_in[FIQ_HOST_CHANNELS_MAX]; ///< [host->audio.n_main_in]
  jack_port_t*   side_in[FIQ_HOST_CHANNELS_MAX]; ///< [host->audio.n_side_in]
  jack_port_t*   out[FIQ_HOST_CHANNELS_MAX];     ///< [host->audio.n_out]
  jack_port_t*   midi_in;                        ///< NULL when the plugin takes no MIDI
  jack_port_t*   midi_out; ///< NULL unless the plugin or --midi-thru has use for it
  bool           midi_thru;
  FiqPosition    position;        ///< last sent; audio thread only
  bool           position_sent;   ///< audio thread only
  void*          midi_out_buffer; ///< of the running cycle; audio thread only
  uint32_t       midi_out_offset; ///< of the running slice; audio thread only
  uint32_t       midi_out_frames; ///< of the running cycle; audio thread only
  FiqRing        telemetry;       ///< atoms from the audio thread; data is NULL without a trace
  uint64_t       lease_frames;    ///< until telemetry is asked for again; audio thread only
  atomic_ulong   n_telemetry_lost;
  atomic_uint    n_xruns; ///< whoever is to blame; for ours see `load`
  FiqLoad        load;    ///< of our own part of every period that had to be in time
  atomic_uint    block_frames;
  atomic_uint    rate_hz;  ///< of the server; the plugin's is host->rate_hz
  atomic_ulong   n_frames; ///< processed so far
  FiqLevels      levels;
  FiqRecord      record;
  FiqRing        moved;                         ///< FiqJackMoved from the audio thread
  atomic_bool    gone;                          ///< the server threw us out
  char           reason[FIQ_JACK_REASON_BYTES]; ///< why; valid once `gone` is set
  FiqRing        spoken; ///< what a window says, port number and atom; data is NULL without one
  FiqRing        heard;  ///< objects that the plugin put out, for a window
  union {
    LV2_Atom_Event event;
    uint8_t        bytes[sizeof(LV2_Atom_Event) + FIQ_JACK_SPOKEN_BYTES];
  } saying; ///< what is being handed on; audio thread only
} FiqJack;

/// Connect to `server` (NULL: default) as `name`; says what is wrong.  [setup]
bool fiq_jack_open(FiqJack* self, const char* name, const char* server, bool start_server);

/// Have the plugin's telemetry kept for fiq_jack_telemetry; precedes activate. False when memory is
/// short (already said).  [setup]
bool fiq_jack_listen(FiqJack* self);

/// Take the next telemetry, header and body, into `to` [FIQ_HOST_ATOM_BYTES], aligned as an atom;
/// false when there is none.  [any but audio]
bool fiq_jack_telemetry(FiqJack* self, LV2_Atom* to);

/// Keep messages for a window and from it; precedes activate. False when memory is short (already said).  [setup]
bool fiq_jack_attend(FiqJack* self);

/// Send `atom` to the plugin's `port` with the next block; false when the queue is full.  [any but audio]
bool fiq_jack_say(FiqJack* self, uint32_t port, const LV2_Atom* atom);

/// Take the next object that the plugin put out, as fiq_jack_telemetry does.  [any but audio]
bool fiq_jack_hear(FiqJack* self, LV2_Atom* to);

/// Register ports for `host` and begin to process; says what is wrong.  [setup]
bool fiq_jack_activate(FiqJack* self, FiqHost* host, bool midi_thru);

/// Take the next controller that was moved; false when there is none.  [any but audio]
bool fiq_jack_moved(FiqJack* self, FiqJackMoved* to);

/// Leave a server that ended, or for another one; what is not the server's stays.  [any but audio]
void fiq_jack_leave(FiqJack* self);

/// Connect to `server` anew, as fiq_jack_open but without a word; activate comes next.  [any but audio]
bool fiq_jack_return(FiqJack* self, const char* name, const char* server, bool start_server);

/// Connect to the sound card.  [any but audio]
void fiq_jack_connect_physical(FiqJack* self);

/// Connect to the port `name`, or to all fitting ports of the client `name`; says what is wrong.
bool fiq_jack_connect(FiqJack* self, const char* name);

/// Stop processing and leave the server.  [setup]
void fiq_jack_close(FiqJack* self);

#endif
