// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Sound files: what is taken has a rate and channels within the limits, and gives finite samples, no more than its
   header says.
*/
#include "host-test/render/audio_file.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>

enum { BLOCK = 512, BLOCKS_MAX = 64 };

static void check_input(FiqAudioInput* input)
{
  static float left[BLOCK];
  static float right[BLOCK];
  float* const planes[2] = {left, right};
  uint32_t     n         = BLOCK;
  FUZZ_CHECK(input->rate_hz >= FIQ_AUDIO_RATE_MIN_HZ && input->rate_hz <= FIQ_AUDIO_RATE_MAX_HZ);
  FUZZ_CHECK(input->channels >= 1);
  FUZZ_CHECK(input->n_frames > 0);
  for (int i = 0; i < BLOCKS_MAX && n > 0; ++i) {
    n = fiq_audio_read(input, planes, 2, BLOCK);
    FUZZ_CHECK(n <= BLOCK);
    for (int k = 0; k < BLOCK; ++k) {
      FUZZ_CHECK(isfinite(left[k]) && isfinite(right[k]));
    }
  }
  FUZZ_CHECK(input->n_read <= input->n_frames);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
  FiqAudioInput input;
  if (fiq_audio_open(&input, fuzz_file(data, size), BLOCK)) {
    check_input(&input);
    (void)fiq_audio_report(&input);
  }
  fiq_audio_close(&input);
  return 0;
}
