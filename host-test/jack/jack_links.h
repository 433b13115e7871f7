// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Which ports of others ours are connected to, noted while the server runs, so that a new server can have them again.
*/
#ifndef FIQ_JACK_LINKS_H
#define FIQ_JACK_LINKS_H

#include "host-test/jack/jack_client.h"

enum { FIQ_LINKS_MAX = 256, FIQ_LINK_BYTES = 320 }; ///< JACK's port names are at most 320 bytes

typedef struct {
  char ours[FIQ_LINK_BYTES]; ///< without the client's name, which may be another next time
  char theirs[FIQ_LINK_BYTES];
  bool we_send;
} FiqLink;

typedef struct {
  FiqLink  links[FIQ_LINKS_MAX]; ///< [n]
  uint32_t n;
} FiqLinks;

/// Note all connections that there are.  [any but audio]
void fiq_links_note(FiqLinks* self, const FiqJack* jack);

/// Make those that are not there; count of those for which a port is still missing.  [any but audio]
uint32_t fiq_links_restore(const FiqLinks* self, const FiqJack* jack);

#endif
