// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What there is: plugins, presets, parameters and properties, and what a file holds; as a table or as JSON, on stdout.
*/
#ifndef FIQ_LISTING_H
#define FIQ_LISTING_H

#include "host-test/render/render_options.h"

/// Print what `options->list` asks for; says what is wrong.
FiqExit fiq_list(const FiqRenderOptions* options);

#endif
