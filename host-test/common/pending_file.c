// SPDX-License-Identifier: GPL-3.0-or-later
#define _DEFAULT_SOURCE // flock
#define _XOPEN_SOURCE 700

#include "host-test/common/pending_file.h"

#include "host-test/common/report.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_BYTES = 65536, TRIES_MAX = 8 };

/// Those that have a temporary file, where a signal finds them.
static FiqPendingFile* begun[FIQ_PENDING_MAX];

static bool remember(FiqPendingFile* self)
{
  for (int i = 0; i < FIQ_PENDING_MAX; ++i) {
    if (!begun[i]) {
      begun[i] = self;
      return true;
    }
  }
  errno = EMFILE;
  return false;
}

/// There is no temporary file of `self` any more.
static void forget(FiqPendingFile* self)
{
  self->temporary[0] = '\0';
  for (int i = 0; i < FIQ_PENDING_MAX; ++i) {
    begun[i] = begun[i] == self ? NULL : begun[i];
  }
}

void fiq_pending_remove_all(void)
{
  for (int i = 0; i < FIQ_PENDING_MAX; ++i) {
    if (begun[i] && begun[i]->temporary[0]) {
      unlink(begun[i]->temporary);
    }
  }
}

/// A new file in the folder of the final one. While it is written it is locked: one that is not is nobody's any more, and may
/// be swept before it is locked.
static int make_temporary(FiqPendingFile* self)
{
  struct stat info;
  for (int i = 0; i < TRIES_MAX; ++i) {
    const bool named      = fiq_path_temporary(self->path, self->temporary);
    const int  descriptor = named ? mkstemp(self->temporary) : -1;
    if (descriptor < 0) {
      return -1;
    }
    const bool is_swept = flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (!is_swept && fstat(descriptor, &info) == 0 && info.st_nlink > 0) {
      return descriptor;
    }
    close(descriptor);
  }
  errno = EBUSY;
  return -1;
}

/// The same with the mode and, if that may be, the owner that it is to have.
static int open_temporary(FiqPendingFile* self, const struct stat* older)
{
  const mode_t mask = umask(0);
  umask(mask);
  fiq_pending_sweep(self->path);
  const int descriptor = remember(self) ? make_temporary(self) : -1;
  if (descriptor < 0) {
    forget(self);
    return -1;
  }
  if (older && fchown(descriptor, older->st_uid, older->st_gid) != 0) {
    errno = 0; // only the superuser may give files away
  }
  fchmod(descriptor, older ? older->st_mode & 0777 : (mode_t)(0666 & ~mask));
  return descriptor;
}

void fiq_pending_sweep(const char* path)
{
  char         full[FIQ_PATH_BYTES];
  char         pattern[FIQ_PATH_BYTES];
  glob_t       found;
  const size_t random = strlen("XXXXXX");
  if (!fiq_path_resolve(path, full) || !fiq_path_temporary(full, pattern)) {
    return;
  }
  memset(pattern + strlen(pattern) - random, '?', random);
  if (strpbrk(full, "*?[\\") || glob(pattern, 0, NULL, &found) != 0) {
    return;
  }
  for (size_t i = 0; i < found.gl_pathc; ++i) {
    const int descriptor = open(found.gl_pathv[i], O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor >= 0 && flock(descriptor, LOCK_EX | LOCK_NB) == 0) {
      unlink(found.gl_pathv[i]);
    }
    if (descriptor >= 0) {
      close(descriptor);
    }
  }
  globfree(&found);
}

int fiq_nameless_file(void)
{
  char              path[FIQ_PATH_BYTES];
  const char* const set    = getenv("TMPDIR");
  const char* const folder = set && set[0] ? set : "/tmp";
  const int         n      = snprintf(path, sizeof path, "%s/fieldiq.XXXXXX", folder);
  if (n < 0 || (size_t)n >= sizeof path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  const int descriptor = mkstemp(path);
  if (descriptor >= 0) {
    unlink(path);
  }
  return descriptor;
}

static bool write_all(int descriptor, const void* bytes, size_t n_bytes)
{
  const char* at = bytes;
  while (n_bytes > 0) {
    const ssize_t n = write(descriptor, at, n_bytes);
    if (n < 0 && errno != EINTR) {
      return false;
    }
    at += n > 0 ? n : 0;
    n_bytes -= n > 0 ? (size_t)n : 0;
  }
  return true;
}

bool fiq_copy_bytes(int from, int to)
{
  char    bytes[COPY_BYTES];
  ssize_t n = 1;
  while (n != 0) {
    n = read(from, bytes, sizeof bytes);
    if ((n < 0 && errno != EINTR) || (n > 0 && !write_all(to, bytes, (size_t)n))) {
      return false;
    }
  }
  return true;
}

bool fiq_pending_write(const FiqPendingFile* self, const void* bytes, size_t n_bytes)
{
  return write_all(self->descriptor, bytes, n_bytes);
}

/// What `path` names if that is no file: a descriptor of one's own, or -1.
static int open_stream(const char* path)
{
  struct stat info;
  const int   given = fiq_path_descriptor(path, STDOUT_FILENO);
  if (given >= 0) {
    return dup(given);
  }
  // A pipe waits for somebody who reads.
  return stat(path, &info) == 0 && !S_ISREG(info.st_mode) ? open(path, O_WRONLY | O_CLOEXEC) : -1;
}

static bool begin(FiqPendingFile* self, const char* path)
{
  struct stat info;
  const bool  named  = fiq_path_descriptor(path, STDOUT_FILENO) >= 0;
  const bool  exists = !named && stat(path, &info) == 0;
  *self              = (FiqPendingFile){.descriptor = -1, .stream = -1};
  if (exists && S_ISDIR(info.st_mode)) {
    fiq_error("%s: is a folder", path);
    return false;
  }
  if (named || (exists && !S_ISREG(info.st_mode))) {
    snprintf(self->path, sizeof self->path, "%s", named && path[0] == '-' ? "stdout" : path);
    self->descriptor = open_stream(path);
  } else if (fiq_path_resolve(path, self->path)) {
    self->descriptor = open_temporary(self, exists ? &info : NULL);
  }
  if (self->descriptor < 0) {
    fiq_error("%s: cannot be written: %s", path, strerror(errno));
  }
  return self->descriptor >= 0;
}

bool fiq_pending_open(FiqPendingFile* self, const char* path)
{
  return begin(self, path);
}

bool fiq_pending_open_seekable(FiqPendingFile* self, const char* path)
{
  if (!begin(self, path)) {
    return false;
  }
  if (!self->temporary[0]) {
    self->stream     = self->descriptor;
    self->descriptor = fiq_nameless_file();
  }
  if (self->descriptor < 0) {
    fiq_error("%s: no room for temporary files: %s", path, strerror(errno));
    fiq_pending_discard(self);
    return false;
  }
  return true;
}

void fiq_pending_fail(FiqPendingFile* self, const char* otherwise)
{
  fiq_error("%s: could not be completed: %s", self->path, errno ? strerror(errno) : otherwise);
  fiq_pending_discard(self);
}

/// Close what is written to; what went to a file without a name goes where it belongs first.
static bool release(FiqPendingFile* self)
{
  bool released = true;
  if (self->stream >= 0) {
    released =
        lseek(self->descriptor, 0, SEEK_SET) == 0 && fiq_copy_bytes(self->descriptor, self->stream);
    released     = close(self->stream) == 0 && released;
    self->stream = -1;
  }
  const int reason = errno;
  released         = close(self->descriptor) == 0 && released;
  self->descriptor = -1;
  errno            = reason ? reason : errno;
  return released;
}

bool fiq_pending_complete(FiqPendingFile* self)
{
  errno               = 0;
  const bool synced   = self->temporary[0] == '\0' || fsync(self->descriptor) == 0;
  const bool released = release(self);
  if (!synced || !released) {
    fiq_pending_fail(self, "the disk failed");
  }
  return synced && released;
}

/// Make the new name outlast a crash; a folder that cannot be opened for reading cannot be synced.
static bool sync_folder(const char* path)
{
  char copy[FIQ_PATH_BYTES];
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
  if (self->temporary[0] == '\0') {
    return true;
  }
  if (rename(self->temporary, self->path) != 0) {
    fiq_pending_fail(self, "the disk failed");
    return false;
  }
  forget(self);
  return sync_folder(self->path);
}

void fiq_pending_discard(FiqPendingFile* self)
{
  // What was never begun is all zeros, and 0 is nobody's to close here.
  if (self->descriptor > 0) {
    close(self->descriptor);
    self->descriptor = -1;
  }
  if (self->stream > 0) {
    close(self->stream);
    self->stream = -1;
  }
  if (self->temporary[0]) {
    unlink(self->temporary);
    forget(self);
  }
}

bool fiq_pending_text(const char* path, const char* text)
{
  FiqPendingFile file;
  if (!fiq_pending_open(&file, path)) {
    return false;
  }
  errno = 0;
  if (!fiq_pending_write(&file, text, strlen(text))) {
    fiq_pending_fail(&file, "the disk failed");
    return false;
  }
  return fiq_pending_complete(&file) && fiq_pending_rename(&file);
}
