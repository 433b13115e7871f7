// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Tunings: the frequency of each of the 128 keys, from Scala's scales (.scl) and keyboard mappings
   (.kbm), read from text in memory.

   f(key) = f_ref 2^((c(d(key)) - c(d(key_ref))) / 1200), c(d) = cents of degree d; degrees beyond the
   scale's n go on by its last one, c(d + n) = c(d) + c(n). Without a mapping of its own d = key - middle.
   Source: Scala's file formats (Op de Coul), huygens-fokker.org/scala.

   .scl: lines beginning with `!` are comments; then a description, the number of notes 0..1024 (0: 1/1 alone, so that
   only the middle key sounds, or the keys mapped to degree 0), and a line for each: cents if it has a point ("701.955", "-5."), else a ratio ("3/2", "2"); what follows on
   the line is ignored. .kbm: size of the map, first and last key to retune, middle key, reference
   key, its frequency, degree of the formal octave (0: the scale's last), then a degree or `x` a line.
   Keys outside first..last stay in equal temperament; keys mapped to `x`, left out at the end of the map,
   or that would lie outside FIQ_TUNING_MIN_HZ..MAX_HZ do not sound (0 Hz). Lines may end in LF, CRLF or CR;
   numbers are read without regard to the locale. Any bytes are safe to parse.
*/
#ifndef FIQ_TUNING_H
#define FIQ_TUNING_H

#include "dsp/base/common.h"

enum {
  FIQ_TUNING_KEYS        = 128,
  FIQ_TUNING_DEGREES_MAX = 1024, ///< notes of a scale
  FIQ_TUNING_MAP_MAX     = 1024, ///< entries of a keyboard mapping
  FIQ_TUNING_NAME_BYTES  = 64,   ///< with the final 0
  FIQ_TUNING_ERROR_BYTES = 96    ///< with the final 0
};

#define FIQ_TUNING_MIN_HZ 1.0
#define FIQ_TUNING_MAX_HZ 192000.0
#define FIQ_TUNING_A4_HZ 440.0

/// Which degree of the scale a key plays.
typedef struct {
  int32_t n_entries;     ///< 0: every key the next degree
  int32_t first_key;     ///< 0..127
  int32_t last_key;      ///< 0..127
  int32_t middle_key;    ///< -127..127, where entry 0 lies
  int32_t reference_key; ///< 0..127
  double  reference_hz;
  int32_t octave_degree;              ///< from one run of the map to the next; 0: the scale's notes
  int16_t degree[FIQ_TUNING_MAP_MAX]; ///< FIQ_TUNING_UNMAPPED for `x`
} FiqTuningMap;

#define FIQ_TUNING_UNMAPPED INT16_MIN

typedef struct {
  double       hz[FIQ_TUNING_KEYS];    ///< 0: the key does not sound
  double       pitch[FIQ_TUNING_KEYS]; ///< the same in keys of equal temperament, 69 = 440 Hz
  char         name[FIQ_TUNING_NAME_BYTES];
  double       a4_hz;     ///< of equal temperament, for the keys that are not retuned
  uint32_t     n_degrees; ///< 0..1024
  double       cents[FIQ_TUNING_DEGREES_MAX]; ///< of degrees 1..n
  FiqTuningMap map;
} FiqTuning;

/// Equal temperament with key 69 at `a4_hz`, 8..14080. Scales put on it begin on key 60, which keeps
/// its frequency, until a mapping says otherwise.  [worker]
void fiq_tuning_init_equal(FiqTuning* self, double a4_hz);

/// Put the scale in `text` [size_bytes] (need not end in 0) on the present mapping. On failure
/// FIQ_BAD_ARGUMENT, a message "line N: ..." in `error` (may be NULL), and `self` as it was.
/// `self` must be initialised.  [worker]
FiqStatus fiq_tuning_parse_scl(FiqTuning* self, const char* text, size_t size_bytes,
                               char error[FIQ_TUNING_ERROR_BYTES]);

/// Map the present scale by the keyboard mapping in `text`; else as above.  [worker]
FiqStatus fiq_tuning_parse_kbm(FiqTuning* self, const char* text, size_t size_bytes,
                               char error[FIQ_TUNING_ERROR_BYTES]);

/// Pitch of `key`, 0..127, in keys of equal temperament at 440 Hz; the key itself if it does not sound
/// or `self` is NULL.  [any]
double fiq_tuning_pitch(const FiqTuning* self, uint32_t key);

/// Whether `key`, 0..127, has a frequency; true if `self` is NULL.  [any]
bool fiq_tuning_sounds(const FiqTuning* self, uint32_t key);

#endif
