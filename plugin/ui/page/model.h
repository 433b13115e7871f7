// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What a page shows and what it can ask for: the only thing that stands between pages and a host. A page reads the
   fields and calls the functions; whoever holds the plugin (an LV2 host's glue, a test) fills them.
   Values are in the units of the ports and indexed by row of fiq_params. One thread: [ui].
*/
#ifndef FIQ_UI_MODEL_H
#define FIQ_UI_MODEL_H

#include "plugin/controllers.h"

enum {
  FIQ_UI_ROWS_MAX        = 512,  ///< rows of fiq_params
  FIQ_UI_OSCILLATORS_MAX = 1000, ///< shown at most; of a larger swarm every so many
  FIQ_UI_NOTES_MAX       = 64,
  FIQ_UI_BINS            = 128, ///< of the histogram over pitch
  FIQ_UI_BANDS_MAX       = 64,  ///< of Realms' layers
  FIQ_UI_CURVE_MAX       = 512, ///< points of a spectrum or wave
  FIQ_UI_WORDS_BYTES     = 1024,
  FIQ_UI_MOMENTS_BYTES   = 1024,
  FIQ_UI_SHAPE_MAX       = 96,
  FIQ_UI_KEYS            = 128,
  FIQ_UI_FEATURES        = 6, ///< of the adaptive realm
  FIQ_UI_NO_NOTE         = 255,
  FIQ_UI_NO_ROW          = -1,
  FIQ_UI_SLOTS           = 2 ///< A and B
};

/// Oscillators of the swarm, or phases of the core where there is no swarm (Realms).
typedef struct {
  uint32_t n;                          ///< 0..FIQ_UI_OSCILLATORS_MAX
  uint32_t n_all;                      ///< of which these are a sample
  float    hz[FIQ_UI_OSCILLATORS_MAX]; ///< [n] where each is in pitch; 0 if it has none
  float    phase_rad
      [FIQ_UI_OSCILLATORS_MAX]; ///< [n] in the frame that turns with its note (or with the core)
  float   amplitude[FIQ_UI_OSCILLATORS_MAX]; ///< [n] 0..1
  uint8_t note[FIQ_UI_OSCILLATORS_MAX];      ///< [n] index into FiqUiNotes, or FIQ_UI_NO_NOTE
} FiqUiOscillators;

typedef struct {
  uint32_t n;                       ///< 0..FIQ_UI_NOTES_MAX, low to high
  float    hz[FIQ_UI_NOTES_MAX];    ///< [n]
  float    share[FIQ_UI_NOTES_MAX]; ///< [n] of the oscillators, 0..1
  float    order[FIQ_UI_NOTES_MAX]; ///< [n] R of its oscillators, 0..1
} FiqUiNotes;

/// The newest note that sounds, as it is moved at this moment.
typedef struct {
  float    hz; ///< 0: none sounds
  float    tilt_db_per_octave;
  float    odd_even; ///< -1..1
  uint32_t n_shape;  ///< 0..FIQ_UI_SHAPE_MAX
  float    shape_db
      [FIQ_UI_SHAPE_MAX]; ///< [n_shape] filter, formants and vocal tract, from the note up over seven octaves
} FiqUiTone;

/// What the core and its regulator do; R, U, K, K/Kc, action and tone are meters, among the values.
typedef struct {
  float    psi_rad;   ///< mean phase, in the frame of FiqUiOscillators
  float    mean;      ///< length of the mean-field vector that is drawn, 0..1
  float    zone_low;  ///< R of the living zone
  float    zone_high; ///< R
  uint32_t n; ///< phases of the core itself, which in the Swarm are not those of FiqUiOscillators
  float phase_rad[FIQ_UI_OSCILLATORS_MAX]; ///< [n] in the frame that turns with the core's own rate
} FiqUiCore;

/// Levels at the plugin's ends, linear peaks since the last telemetry.
typedef struct {
  float in[2];
  float out[2];
  float mono; ///< of the mono sum of the output
} FiqUiLevels;

/// A curve over frequency, even in pitch from low_hz to high_hz.
typedef struct {
  uint32_t n; ///< 0..FIQ_UI_CURVE_MAX
  float    low_hz, high_hz;
  float    value[FIQ_UI_CURVE_MAX]; ///< [n] dB or rad
} FiqUiCurve;

/// A curve over time or over the input of a transfer function.
typedef struct {
  uint32_t n; ///< 0..FIQ_UI_CURVE_MAX
  float    value[FIQ_UI_CURVE_MAX];
} FiqUiWave;

/// Realms: the layer heard, what was learned, what the sound is like.
typedef struct {
  uint32_t n_bands;                     ///< of the layer heard
  float    band_hz[FIQ_UI_BANDS_MAX];   ///< [n_bands]
  float    phase_rad[FIQ_UI_BANDS_MAX]; ///< [n_bands] -pi..pi
  float    delay_s[FIQ_UI_BANDS_MAX];   ///< [n_bands]
  uint8_t  group[FIQ_UI_BANDS_MAX]; ///< [n_bands] that each belongs to, from 1 on; 0: none is known
  FiqUiCurve spectrum;              ///< of the input, dB
  FiqUiCurve learned;               ///< phase that was learned, rad; n 0: nothing
  FiqUiCurve rotator;               ///< phase of the rotator, rad; n 0: it rests
  uint32_t   n_learned;             ///< bands of the lesson, 0: nothing is learned
  float      learned_hz[FIQ_UI_BANDS_MAX];      ///< [n_learned]
  float      learned_delay_s[FIQ_UI_BANDS_MAX]; ///< [n_learned] of each band against the others
  float      spread_s;                          ///< that the lesson was bound to, 0: none
  FiqUiWave  transfer[3]; ///< output over input -1..1 of the neurons: mean, lowest and highest band
  float      harmonic_db[16]; ///< levels of harmonics 1.. that they add
  FiqUiWave  before, after;   ///< a piece of the sound that was learned from
  float      latency_s;
  float      feature
      [FIQ_UI_FEATURES]; ///< tonality, loudness, flatness, entropy, flux, phase variance: 0..1
} FiqUiRealms;

/// One message of the plugin, unpacked.
typedef struct {
  uint64_t         sequence; ///< counts messages; 0: none yet
  double           time_s;   ///< wall clock of its arrival
  FiqUiOscillators oscillators;
  FiqUiNotes       notes;
  FiqUiTone        tone;
  uint32_t         histogram[FIQ_UI_BINS]; ///< oscillators a bin, even in pitch
  float            histogram_low_hz, histogram_high_hz;
  FiqUiCore        core;
  FiqUiLevels      levels;
  bool             has_chances;
  float            chance[FIQ_UI_KEYS]; ///< of each key to be the partner's next note, the sum 1
  FiqUiRealms      realms;
} FiqUiTelemetry;

/// A preset that can be chosen.
typedef struct {
  const char* name;
  const char* category; ///< "" for none
  const char* tags;     ///< words with a space between, "" for none
  const char* comment;  ///< "" for none
  bool        is_favourite;
  bool        is_user; ///< saved by the user: may be deleted
} FiqUiPreset;

typedef struct {
  uint32_t           n;
  const FiqUiPreset* entry;    ///< [n], kept by the owner until it raises `sequence`
  int32_t            current;  ///< index, -1 for none
  uint64_t           sequence; ///< grows with each change of the list
} FiqUiPresets;

/// What a page asks for. `handle` is handed to each; every one must be there.
typedef struct {
  void* handle;
  void (*set)(void* handle, uint32_t row,
              float value); ///< write the port of that row; `value` is legal
  void (*touch)(void* handle, uint32_t row, bool held); ///< the user takes it in hand, lets go
  void (*take_back)(void* handle, uint32_t row,
                    float value); ///< what lies over that port is gone: `value` counts
  void (*learn_controller)(void* handle, int32_t row); ///< the next that is moved; no row: none
  void (*forget_controller)(void* handle, uint32_t row);
  void (*note)(void* handle, uint8_t note, uint8_t velocity); ///< velocity 0 ends the note
  void (*wheel)(void* handle, uint32_t which,
                float value); ///< 0 pitch bend -1..1, 1 modulation 0..1
  void (*set_seed)(void* handle, uint32_t seed);
  void (*set_words)(void* handle, const char* words);    ///< what the notes sing; "" for nothing
  void (*name_moment)(void* handle, const char* word);   ///< what sounds or is recalled now
  void (*call_moments)(void* handle, const char* names); ///< with spaces between; "" for none
  void (*set_tuning)(void* handle, const char* path);    ///< a .scl file; "" for equal temperament
  void (*select_preset)(void* handle, uint32_t entry);   ///< sets values, seed and state
  void (*save_preset)(void* handle, const char* name, const char* category, const char* tags);
  void (*delete_preset)(void* handle, uint32_t entry); ///< one of the user's
  void (*set_favourite)(void* handle, uint32_t entry, bool on);
  void (*set_zoom)(void*    handle,
                   uint32_t percent);            ///< 75..300: resize the window, remember for all
  void (*set_contrast)(void* handle, bool high); ///< remember for all
  void (*set_cursor)(void* handle, uint32_t cursor); ///< FiqUiCursor
  void (*copy)(void* handle, const char* text);      ///< to the clipboard
  void (*ask_paste)(void* handle);                   ///< FIQ_UI_PASTE brings it
} FiqUiCalls;

/// Values of one of A and B.
typedef struct {
  bool     is_filled;
  uint32_t seed;
  float    value[FIQ_UI_ROWS_MAX];
} FiqUiSlot;

typedef struct {
  FiqPluginKind plugin;
  float         value[FIQ_UI_ROWS_MAX];   ///< [fiq_n_params] that count, of controls and meters
  float         port[FIQ_UI_ROWS_MAX];    ///< [fiq_n_params] of the host's ports
  bool          is_over[FIQ_UI_ROWS_MAX]; ///< [fiq_n_params] something else lies over the port
  float    effective[FIQ_UI_ROWS_MAX]; ///< [fiq_n_params] as modulated, NAN where nothing modulates
  uint32_t changes[FIQ_UI_ROWS_MAX];   ///< [fiq_n_params] times that the value changed
  int32_t  held; ///< row in the user's hand, or FIQ_UI_NO_ROW: leave echoes of it out
  uint32_t seed;
  char     words[FIQ_UI_WORDS_BYTES];     ///< the beginning of what the notes sing, "" for nothing
  char     moments[FIQ_UI_MOMENTS_BYTES]; ///< those that have names, one a line
  char     tuning[1024];                  ///< path of the .scl file, "" for equal temperament
  uint32_t zoom;                          ///< percent
  bool     high_contrast;
  uint32_t slot; ///< 0 A, 1 B
  FiqUiSlot      slots[FIQ_UI_SLOTS];
  FiqControllers controllers;                ///< that move parameters
  int32_t        learning;                   ///< row that waits for one, or FIQ_UI_NO_ROW
  bool           is_locked[FIQ_UI_ROWS_MAX]; ///< rows that vary leaves alone
  FiqUiPresets   presets;
  FiqUiTelemetry telemetry; ///< the latest
  FiqUiCalls     calls;
} FiqUiModel;

/// Every value at its default, no telemetry, no presets, zoom 100; `calls` is copied.
void fiq_ui_model_init(FiqUiModel* self, FiqPluginKind plugin, const FiqUiCalls* calls);

/// Row of that symbol in the model's plugin, or FIQ_UI_NO_ROW.
int32_t fiq_ui_model_row(const FiqUiModel* self, const char* symbol);

/// A port's value as the host says it: for the owner. What the user holds is left alone.
void fiq_ui_model_heard(FiqUiModel* self, uint32_t row, float value);

/// What the plugin plays where MIDI has set other values than the host's ports have: `value` where `is_over`, else the
/// port's. What the user holds is left alone.
void fiq_ui_model_lay_over(FiqUiModel* self, uint32_t row, bool is_over, float value);

/// A control's value as it is moved at this moment; NAN, or what the control has itself, where nothing moves it.
void fiq_ui_model_moved(FiqUiModel* self, uint32_t row, float value);

/// The user sets a control: clamps, keeps, calls set(). Nothing happens where the value is the same.
void fiq_ui_model_set(FiqUiModel* self, uint32_t row, float value);

/// The user takes a control in hand or lets go.
void fiq_ui_model_hold(FiqUiModel* self, uint32_t row);
void fiq_ui_model_let_go(FiqUiModel* self);

/// Go to slot 0 (A) or 1 (B): the present one keeps what is set, the other one's values and seed are set.
void fiq_ui_model_select_slot(FiqUiModel* self, uint32_t slot);

/// Make the other slot like the present one.
void fiq_ui_model_copy_slot(FiqUiModel* self);

/// A small random step (`size` 0..1 of each range) from the present sound, locked rows, level and switches of the
/// host left alone. The same `random` gives the same step.
void fiq_ui_model_vary(FiqUiModel* self, float size, uint32_t random);

/// True for the controls that a page shows: the plugin's, but the host's own.
bool fiq_ui_model_shows(const FiqUiModel* self, uint32_t row);

#endif
