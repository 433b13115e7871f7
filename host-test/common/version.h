// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The version that both hosts report; the build gives it.
*/
#ifndef FIQ_VERSION_H
#define FIQ_VERSION_H

#ifndef FIQ_VERSION
#define FIQ_VERSION "(unversioned build)"
#endif

#endif
