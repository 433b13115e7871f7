// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Scala's scales and keyboard mappings: a key sounds within the range or not at all, what is refused changes nothing
   and says in which line.
*/
#include "dsp/notes/tuning.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <string.h>

static void check_tuning(const FiqTuning* tuning)
{
  FUZZ_CHECK(tuning->n_degrees <= FIQ_TUNING_DEGREES_MAX);
  FUZZ_CHECK(memchr(tuning->name, 0, sizeof tuning->name));
  for (uint32_t key = 0; key < FIQ_TUNING_KEYS; ++key) {
    const double hz = tuning->hz[key];
    FUZZ_CHECK(hz <= 0.0 || (hz >= FIQ_TUNING_MIN_HZ && hz <= FIQ_TUNING_MAX_HZ));
    FUZZ_CHECK(!(hz < 0.0));
    FUZZ_CHECK(isfinite(fiq_tuning_pitch(tuning, key)));
    FUZZ_CHECK(fiq_tuning_sounds(tuning, key) == (hz > 0.0));
  }
}

static void read_text(FiqTuning* tuning, const char* text, size_t size, int is_map)
{
  char            error[FIQ_TUNING_ERROR_BYTES] = "";
  const FiqTuning before                        = *tuning;
  const FiqStatus status = is_map ? fiq_tuning_parse_kbm(tuning, text, size, error)
                                  : fiq_tuning_parse_scl(tuning, text, size, error);
  FUZZ_CHECK(memchr(error, 0, sizeof error));
  if (status != FIQ_OK) {
    FUZZ_CHECK(strncmp(error, "line ", 5) == 0);
    FUZZ_CHECK(memcmp(&before, tuning, sizeof before) == 0);
  }
  check_tuning(tuning);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
  // A byte of 0, which text does not hold, ends the first and begins the second.
  const char* const    text  = (const char*)data;
  const uint8_t* const end   = size > 0 ? memchr(data, 0, size) : NULL;
  const size_t         first = end ? (size_t)(end - data) : size;
  const size_t         rest  = end ? first + 1 : size;
  for (int is_map = 0; is_map < 2; ++is_map) {
    FiqTuning tuning;
    fiq_tuning_init_equal(&tuning, FIQ_TUNING_A4_HZ);
    read_text(&tuning, text, first, is_map);
    read_text(&tuning, text + rest, size - rest, !is_map);
    read_text(&tuning, text, first, is_map);
  }
  return 0;
}
