// SPDX-License-Identifier: GPL-3.0-or-later
/// Numbers as people write them.  [any]
#ifndef FIQ_UI_NUMBER_TEXT_H
#define FIQ_UI_NUMBER_TEXT_H

#include <stddef.h>

/// Three figures and the unit; for coarse units (%, ms, Hz, degrees) whole numbers without a point.
void fiq_number_text(double value, const char* unit, char* text, size_t n_bytes);

/// Name of a MIDI note, 60 is C4; with the cents it is off, if these are not 0: "A3 +14".
void fiq_note_name(float note, char* text, size_t n_bytes);

/// Frequency as text: "440 Hz", "1.2 kHz".
void fiq_hz_text(float hz, char* text, size_t n_bytes);

#endif
