// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Lyrics of a MIDI file as the words that the plugin is to sing to its notes.

   A lyric event is a syllable (RP-017): a space at its end ends the word, a carriage return or line feed the line; in the
   older habit / and \ begin lines and pages; a hyphen says that the word goes on. Where a file does neither, each event is a
   word. A syllable belongs to the first note that is struck with it or after it; notes that are struck together are one. Those that
   come without a syllable hold the one before on, but for those after a pause of two seconds, and before the first
   syllable: they have none. Two on one note are sung as one; the same one in two tracks counts once. Text that is no UTF-8 is
   read as Latin-1.

   Of a score that was cut, each turn sings what stands there, and begins with the syllable that is held there.
*/
#ifndef FIQ_LYRICS_H
#define FIQ_LYRICS_H

#include "host-test/render/score.h"

/// Words for the notes of `score` on `channel` (1..16; 0: all), on the heap; notes closer than `gap_s` are struck together.
/// `repeats`: after the last syllable the first comes again, so that of several turns one will do. NULL, and nothing said,
/// without lyrics; what cannot be given a note is said.
char* fiq_lyrics_of(const FiqScore* score, int channel, double gap_s, bool repeats);

#endif
