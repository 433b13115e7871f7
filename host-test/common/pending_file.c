// SPDX-License-Identifier: GPL-3.0-or-later
#define _XOPEN_SOURCE 700

#include "host-test/common/pending_file.h"

#include "host-test/common/report.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/// Resolve links, so that the file behind one is replaced and not the link.
static bool resolve(FiqPendingFile* self, const char* path)
{
  char* const real = realpath(path, NULL);
  const int   n    = snprintf(self->path, sizeof self->path, "%s", real ? real : path);
  free(real);
  if (n < 0 || (size_t)n >= sizeof self->path) {
    fiq_error("%s: the name is too long", path);
    return false;
  }
  return true;
}

/// A new file in the folder of the final one, with the mode that the final one is to have.
static int open_temporary(FiqPendingFile* self, mode_t mode)
{
  char folder[FIQ_PENDING_PATH_BYTES];
  char name[FIQ_PENDING_PATH_BYTES];
  snprintf(folder, sizeof folder, "%s", self->path);
  snprintf(name, sizeof name, "%s", self->path);
  const int n = snprintf(self->temporary, sizeof self->temporary, "%s/.%.200s.XXXXXX",
                         dirname(folder), basename(name));
  if (n < 0 || (size_t)n >= sizeof self->temporary) {
    errno              = ENAMETOOLONG;
    self->temporary[0] = '\0';
    return -1;
  }
  const int descriptor = mkstemp(self->temporary);
  if (descriptor < 0) {
    self->temporary[0] = '\0';
  } else {
    fchmod(descriptor, mode);
  }
  return descriptor;
}

bool fiq_pending_open(FiqPendingFile* self, const char* path)
{
  struct stat info;
  *self = (FiqPendingFile){.descriptor = -1};
  if (!resolve(self, path)) {
    return false;
  }
  const mode_t mask = umask(0);
  umask(mask);
  const bool exists = stat(self->path, &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) {
    fiq_error("%s: is a folder", self->path);
    return false;
  }
  const bool device = exists && !S_ISREG(info.st_mode);
  self->descriptor =
      device ? open(self->path, O_RDWR)
             : open_temporary(self, exists ? info.st_mode & 0777 : (mode_t)(0666 & ~mask));
  if (self->descriptor < 0) {
    fiq_error("%s: cannot be written: %s", self->path, strerror(errno));
  }
  return self->descriptor >= 0;
}

void fiq_pending_fail(FiqPendingFile* self, const char* otherwise)
{
  fiq_error("%s: could not be completed: %s", self->path, errno ? strerror(errno) : otherwise);
  fiq_pending_discard(self);
}

bool fiq_pending_complete(FiqPendingFile* self)
{
  errno               = 0;
  const bool synced   = self->temporary[0] == '\0' || fsync(self->descriptor) == 0;
  const bool released = close(self->descriptor) == 0;
  self->descriptor    = -1;
  if (!synced || !released) {
    fiq_pending_fail(self, "the disk failed");
  }
  return synced && released;
}

/// Make the new name outlast a crash; a folder that cannot be opened for reading cannot be synced.
static bool sync_folder(const char* path)
{
  char copy[FIQ_PENDING_PATH_BYTES];
  snprintf(copy, sizeof copy, "%s", path);
  const int  descriptor = open(dirname(copy), O_RDONLY | O_DIRECTORY);
  const bool synced     = descriptor < 0 || fsync(descriptor) == 0 || errno == EINVAL;
  if (descriptor >= 0) {
    close(descriptor);
  }
  return synced;
}

bool fiq_pending_rename(FiqPendingFile* self)
{
  errno = 0;
  if (self->temporary[0] != '\0' && rename(self->temporary, self->path) != 0) {
    fiq_pending_fail(self, "the disk failed");
    return false;
  }
  self->temporary[0] = '\0';
  return sync_folder(self->path);
}

void fiq_pending_discard(FiqPendingFile* self)
{
  if (self->descriptor > 0) {
    close(self->descriptor);
    self->descriptor = -1;
  }
  if (self->temporary[0]) {
    unlink(self->temporary);
    self->temporary[0] = '\0';
  }
}
