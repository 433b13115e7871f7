// SPDX-License-Identifier: GPL-3.0-or-later
/**
   SHA-256, by which files and settings are told apart.
   Source: FIPS 180-4. O(n), one pass, no memory beside the struct.
*/
#ifndef FIQ_SHA256_H
#define FIQ_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FIQ_SHA256_TEXT_BYTES = 65 }; ///< hexadecimal, with its final 0

typedef struct {
  uint32_t h[8];
  uint64_t n_bytes;   ///< taken so far
  uint8_t  block[64]; ///< [n_bytes mod 64] not yet digested
} FiqSha256;

void fiq_sha256_init(FiqSha256* self);

void fiq_sha256_add(FiqSha256* self, const void* bytes, size_t n_bytes);

/// Add a text with its final 0, so that what follows cannot be taken for its end; NULL counts as "".
void fiq_sha256_add_text(FiqSha256* self, const char* text);

/// Write the hash as text; `self` is used up.
void fiq_sha256_end(FiqSha256* self, char text[FIQ_SHA256_TEXT_BYTES]);

/// Hash of the regular file `path`, and its length (NULL: not wanted); false, with errno, when it cannot be read.
bool fiq_sha256_file(const char* path, char text[FIQ_SHA256_TEXT_BYTES], uint64_t* n_bytes);

#endif
