// SPDX-License-Identifier: GPL-3.0-or-later
#define _XOPEN_SOURCE 700

#include "host-test/common/file_claims.h"

#include "host-test/common/report.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

static bool is_written(FiqClaimUse use)
{
  return use == FIQ_CLAIM_OUTPUT || use == FIQ_CLAIM_WRITTEN;
}

/// Whether `inner` is a file or folder somewhere below the folder `outer`, which is written as a whole.
static bool lies_within(const FiqClaim* inner, const FiqClaim* outer)
{
  const size_t n = strlen(outer->real);
  return outer->folder && is_written(outer->use) && strncmp(inner->real, outer->real, n) == 0 &&
         inner->real[n] == '/';
}

static bool is_same_file(const FiqClaim* a, const FiqClaim* b)
{
  if (a->descriptor >= 0 && a->descriptor == b->descriptor) {
    return true;
  }
  if (a->device || b->device) {
    return false;
  }
  return a->exists && b->exists ? a->device_id == b->device_id && a->file_id == b->file_id
                                : strcmp(a->real, b->real) == 0;
}

static bool may_share(FiqClaimUse a, FiqClaimUse b)
{
  return (a == FIQ_CLAIM_INPUT && b == FIQ_CLAIM_OUTPUT) || (!is_written(a) && !is_written(b));
}

/// What the folder NAME.lv2 holds belongs to the one that uses the folder.
static bool is_own_content(const FiqClaim* a, const FiqClaim* b)
{
  return a->what == b->what && a->use == b->use && (lies_within(a, b) || lies_within(b, a));
}

static bool check(const FiqClaim* a, const FiqClaim* b)
{
  const bool same   = is_same_file(a, b);
  const bool nested = lies_within(a, b) || lies_within(b, a);
  if ((!same && !nested) || may_share(a->use, b->use) || may_share(b->use, a->use) ||
      is_own_content(a, b)) {
    return true;
  }
  if (is_written(a->use) && is_written(b->use)) {
    fiq_error("%s and %s cannot be the same file", a->what, b->what);
    return false;
  }
  const FiqClaim* const reader = is_written(a->use) ? b : a;
  const FiqClaim* const writer = is_written(a->use) ? a : b;
  fiq_error("%s: %s would be overwritten by %s", reader->real, reader->what, writer->what);
  return false;
}

static bool identify(FiqClaim* claim, const char* path)
{
  struct stat info;
  const int   standard = is_written(claim->use) ? 1 : 0;
  claim->descriptor    = fiq_path_descriptor(path, standard);
  if (claim->descriptor >= 0) {
    claim->exists = fstat(claim->descriptor, &info) == 0;
    snprintf(claim->real, sizeof claim->real, "%s", path);
  } else if (!fiq_path_resolve(path, claim->real)) {
    fiq_error("%s: %s", path, strerror(errno));
    return false;
  } else {
    claim->exists = stat(claim->real, &info) == 0;
  }
  if (claim->exists) {
    claim->device_id = info.st_dev;
    claim->file_id   = info.st_ino;
    claim->device    = S_ISCHR(info.st_mode);
    claim->folder    = S_ISDIR(info.st_mode);
  }
  if (is_written(claim->use)) {
    // No other folder can be written, which is said when it is tried.
    claim->folder = fiq_path_is_bundle(path) && (claim->folder || !claim->exists);
  }
  return true;
}

static bool claim_one(FiqClaims* self, FiqClaimUse use, const char* what, const char* path)
{
  if (self->n == FIQ_CLAIMS_MAX) {
    fiq_error("%s: too many files", what);
    return false;
  }
  FiqClaim* const claim = &self->claims[self->n];
  *claim                = (FiqClaim){.what = what, .use = use};
  if (!identify(claim, path)) {
    return false;
  }
  for (uint32_t i = 0; i < self->n; ++i) {
    if (!check(claim, &self->claims[i])) {
      return false;
    }
  }
  ++self->n;
  return true;
}

/// The files of a folder that is read or written as a whole, which may be links to anywhere.
static bool claim_content(FiqClaims* self, FiqClaimUse use, const char* what, const char* folder)
{
  static const char* const kinds[] = {"ttl", "scl", "kbm"};
  bool                     legal   = true;
  for (size_t k = 0; legal && k < sizeof kinds / sizeof kinds[0]; ++k) {
    char   pattern[FIQ_PATH_BYTES + 8];
    glob_t found;
    snprintf(pattern, sizeof pattern, "%s/*.%s", folder, kinds[k]);
    if (glob(pattern, 0, NULL, &found) != 0) {
      continue;
    }
    for (size_t i = 0; legal && i < found.gl_pathc; ++i) {
      legal = claim_one(self, use, what, found.gl_pathv[i]);
    }
    globfree(&found);
  }
  return legal;
}

bool fiq_claim(FiqClaims* self, FiqClaimUse use, const char* what, const char* path)
{
  if (!path) {
    return true;
  }
  if (!claim_one(self, use, what, path)) {
    return false;
  }
  const FiqClaim* const claim = &self->claims[self->n - 1];
  return !claim->folder || !claim->exists || claim_content(self, use, what, claim->real);
}

bool fiq_claim_tuning(FiqClaims* self, const char* what, const char* path)
{
  char         mapping[FIQ_PATH_BYTES];
  const char*  scale = NULL;
  const size_t n     = path ? strlen(path) : 0;
  if (n == 0) {
    return true;
  }
  if (!fiq_claim(self, FIQ_CLAIM_READ, what, path)) {
    return false;
  }
  // The plugin is told where the link leads and looks for the mapping there.
  scale               = self->claims[self->n - 1].real;
  const size_t length = strlen(scale);
  if (length < 4 || strcasecmp(scale + length - 4, ".scl") != 0) {
    return true;
  }
  snprintf(mapping, sizeof mapping, "%.*s.kbm", (int)(length - 4), scale);
  return fiq_claim(self, FIQ_CLAIM_READ, what, mapping);
}

void fiq_claims_cut(FiqClaims* self, uint32_t n)
{
  self->n = n < self->n ? n : self->n;
}
