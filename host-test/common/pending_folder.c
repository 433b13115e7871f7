// SPDX-License-Identifier: GPL-3.0-or-later
#define _XOPEN_SOURCE 700

#include "host-test/common/pending_folder.h"

#include "host-test/common/pending_file.h"
#include "host-test/common/report.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ENTRIES_BYTES = 4096 };

/// The temporary folder, where a signal finds it; "": none.
static char begun[FIQ_PATH_BYTES];

static bool copy_index(const FiqPendingFolder* self)
{
  char older[2 * FIQ_PATH_BYTES];
  char newer[2 * FIQ_PATH_BYTES];
  snprintf(older, sizeof older, "%s/%s", self->path, self->index);
  snprintf(newer, sizeof newer, "%s/%s", self->temporary, self->index);
  const int from = open(older, O_RDONLY);
  if (from < 0) {
    return errno == ENOENT;
  }
  const int  to     = open(newer, O_WRONLY | O_CREAT | O_EXCL, 0666);
  const bool copied = to >= 0 && fiq_copy_bytes(from, to);
  const int  reason = errno;
  close(from);
  if (to >= 0) {
    close(to);
  }
  errno = reason;
  return copied;
}

static bool begin(FiqPendingFolder* self)
{
  const mode_t mask = umask(0);
  umask(mask);
  if (!fiq_path_temporary(self->path, self->temporary) || !mkdtemp(self->temporary)) {
    self->temporary[0] = '\0';
    return false;
  }
  memcpy(begun, self->temporary, sizeof begun);
  chmod(self->temporary, 0777 & ~mask);
  return !self->exists || copy_index(self);
}

bool fiq_folder_open(FiqPendingFolder* self, const char* path, const char* index)
{
  struct stat info;
  *self     = (FiqPendingFolder){.index = index};
  bool done = fiq_path_resolve(path, self->path);
  if (done && stat(self->path, &info) == 0) {
    self->exists = true;
    errno        = ENOTDIR;
    done         = S_ISDIR(info.st_mode);
  }
  if (!done || !begin(self)) {
    fiq_error("%s: cannot be written: %s", path, strerror(errno));
    fiq_folder_discard(self);
    return false;
  }
  return true;
}

bool fiq_folder_is_full(const FiqPendingFolder* self)
{
  struct statvfs room;
  return statvfs(self->temporary, &room) == 0 && (room.f_bavail == 0 || room.f_favail == 0);
}

static bool is_entry(const struct dirent* entry)
{
  return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/// Links have nothing of their own to put on the disk.
static bool sync_entry(const char* path)
{
  const int  descriptor = open(path, O_RDONLY | O_NOFOLLOW);
  const bool synced     = descriptor < 0 ? errno == ELOOP : fsync(descriptor) == 0;
  if (descriptor >= 0) {
    close(descriptor);
  }
  return synced;
}

static bool move_entry(const FiqPendingFolder* self, const char* name)
{
  char from[2 * FIQ_PATH_BYTES];
  char to[2 * FIQ_PATH_BYTES];
  snprintf(from, sizeof from, "%s/%s", self->temporary, name);
  snprintf(to, sizeof to, "%s/%s", self->path, name);
  return rename(from, to) == 0;
}

typedef bool (*EntryFunc)(const FiqPendingFolder* self, const char* name);

static bool each_entry(const FiqPendingFolder* self, EntryFunc act)
{
  DIR* const listing = opendir(self->temporary);
  bool       done    = listing != NULL;
  for (struct dirent* entry = done ? readdir(listing) : NULL; entry && done;
       entry                = readdir(listing)) {
    done = !is_entry(entry) || act(self, entry->d_name);
  }
  const int reason = errno;
  if (listing) {
    closedir(listing);
  }
  errno = reason;
  return done;
}

static bool put_on_disk(const FiqPendingFolder* self, const char* name)
{
  char path[2 * FIQ_PATH_BYTES];
  snprintf(path, sizeof path, "%s/%s", self->temporary, name);
  return sync_entry(path);
}

static bool move_all_but_index(const FiqPendingFolder* self, const char* name)
{
  return strcmp(name, self->index) == 0 || move_entry(self, name);
}

static bool remove_entry(const FiqPendingFolder* self, const char* name)
{
  char path[2 * FIQ_PATH_BYTES];
  snprintf(path, sizeof path, "%s/%s", self->temporary, name);
  unlink(path);
  return true;
}

bool fiq_folder_commit(FiqPendingFolder* self)
{
  char parent[FIQ_PATH_BYTES];
  errno     = 0;
  bool done = each_entry(self, put_on_disk) && sync_entry(self->temporary);
  if (done && !self->exists) {
    done = rename(self->temporary, self->path) == 0;
  } else if (done) {
    done = each_entry(self, move_all_but_index) && move_entry(self, self->index);
  }
  if (!done) {
    fiq_error("%s: could not be completed: %s", self->path, strerror(errno));
    fiq_folder_discard(self);
    return false;
  }
  if (self->exists) {
    rmdir(self->temporary);
  }
  begun[0] = '\0';
  snprintf(parent, sizeof parent, "%s", self->path);
  sync_entry(self->exists ? self->path : dirname(parent));
  return true;
}

void fiq_folder_discard(FiqPendingFolder* self)
{
  const int reason = errno;
  if (self->temporary[0]) {
    each_entry(self, remove_entry);
    rmdir(self->temporary);
    self->temporary[0] = '\0';
    begun[0]           = '\0';
  }
  errno = reason;
}

void fiq_folder_remove_begun(void)
{
  // A handler may not take memory, as opendir() does.
  _Alignas(struct dirent64) char entries[ENTRIES_BYTES];
  const int                      folder = begun[0] ? open(begun, O_RDONLY | O_DIRECTORY) : -1;
  long n = folder >= 0 ? syscall(SYS_getdents64, folder, entries, sizeof entries) : 0;
  while (n > 0) {
    for (long at = 0; at < n;) {
      const struct dirent64* const entry = (const void*)(entries + at);
      unlinkat(folder, entry->d_name, 0);
      at += entry->d_reclen;
    }
    n = syscall(SYS_getdents64, folder, entries, sizeof entries);
  }
  if (folder >= 0) {
    close(folder);
    rmdir(begun);
  }
}
