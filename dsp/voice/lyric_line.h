// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Which syllable of a text a key sings: the next one, whenever a key is struck. Keys struck within `gap_s` of the one
   before are a chord, which sings one syllable together. After the last syllable comes the first again, or none.
   A place is counted here; what a syllable sounds like is another's. Cost: O(1) a key. Latency: none.
*/
#ifndef FIQ_LYRIC_LINE_H
#define FIQ_LYRIC_LINE_H

#include "dsp/base/common.h"

/// A key without a syllable.
#define FIQ_NO_SYLLABLE UINT32_MAX

typedef struct {
  uint32_t n;            ///< syllables of the text; 0: none
  uint32_t next;         ///< 0..n: that the next key sings
  uint32_t sung;         ///< that the last key sang, or FIQ_NO_SYLLABLE
  uint64_t strike_frame; ///< when that key was struck
  bool     has_begun;    ///< a key was struck since the text began
} FiqLyricLine;

/// A text of `n` syllables, from its first.  [audio]
void fiq_lyric_line_begin(FiqLyricLine* self, uint32_t n);

/// The syllable of a key struck at `frame`, which may lie before the one before as far as keys of a control period are told
/// beforehand; FIQ_NO_SYLLABLE without a text, and after its end unless it `loops`.  [audio]
uint32_t fiq_lyric_line_strike(FiqLyricLine* self, uint64_t frame, uint64_t gap_frames, bool loops);

#endif
