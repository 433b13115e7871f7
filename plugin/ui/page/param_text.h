// SPDX-License-Identifier: GPL-3.0-or-later
/// Port values as people write them, and back.  [any]
#ifndef FIQ_UI_PARAM_TEXT_H
#define FIQ_UI_PARAM_TEXT_H

#include "plugin/params.h"
#include "plugin/ui/widget/number_text.h"

/// Write `value` with its unit: "20 ms", "-6.0 dB/oct", "C3", "off", or the words of a choice.
void fiq_param_format(const FiqParam* param, float value, char* text, size_t n_bytes);

/// Read a number with or without a unit (k, ms, s, Hz, %, dB), a note's name, "off", or the beginning of a choice.
/// The value is legal. Returns false, leaving `value` as it was, if the text says nothing.
bool fiq_param_parse(const FiqParam* param, const char* text, float* value);

#endif
