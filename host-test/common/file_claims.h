// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Which files a command reads and which it writes, so that nothing is written over what is read or written
   otherwise. Two names are one file when they lead to one place, by links of either kind, other spellings, or before
   the file exists; and a folder of presets is all its files. Devices cannot be lost.
*/
#ifndef FIQ_FILE_CLAIMS_H
#define FIQ_FILE_CLAIMS_H

#include "host-test/common/file_path.h"

#include <stdint.h>
#include <sys/types.h>

enum { FIQ_CLAIMS_MAX = 64 };

typedef enum {
  FIQ_CLAIM_INPUT,  ///< read; may be replaced, as a whole, by what is FIQ_CLAIM_OUTPUT
  FIQ_CLAIM_READ,   ///< read
  FIQ_CLAIM_OUTPUT, ///< written
  FIQ_CLAIM_WRITTEN ///< written
} FiqClaimUse;

typedef struct {
  const char* what; ///< how the user named it: "--trace"
  FiqClaimUse use;
  int         descriptor; ///< that it names, or -1
  bool        exists;
  bool        folder;
  bool        device; ///< of characters
  dev_t       device_id;
  ino_t       file_id;
  char        real[FIQ_PATH_BYTES];
} FiqClaim;

typedef struct {
  FiqClaim claims[FIQ_CLAIMS_MAX]; ///< [n]
  uint32_t n;
} FiqClaims;

/// Note that `path` (NULL: nothing happens) is used so; what a folder NAME.lv2 holds is noted as well. `what` must
/// outlive `self`. False, and says so, when it would be lost to another use or there are too many.  [any but audio]
bool fiq_claim(FiqClaims* self, FiqClaimUse use, const char* what, const char* path);

/// As fiq_claim for a tuning, which is read with its mapping beside it.  [any but audio]
bool fiq_claim_tuning(FiqClaims* self, const char* what, const char* path);

/// Forget what was noted after there were `n`.  [any but audio]
void fiq_claims_cut(FiqClaims* self, uint32_t n);

#endif
