// SPDX-License-Identifier: GPL-3.0-or-later
/**
   A swarm whose tone is moved by all that can move it.
*/
#ifndef FIQ_TONE_SOAK_H
#define FIQ_TONE_SOAK_H

#include "dsp/tone/motion.h"

/// Strongest sinusoid above 0.45 fs, dBFS, in so much sound of it, whose peak is `peak_db`. Every other row of the matrix moves
/// `target`, or with FIQ_TO_NONE whatever comes; `tells`: print each that is stronger than any before.
double tone_soak_db(double seconds, FiqMotionTarget target, bool tells, double* peak_db);

#endif
