// SPDX-License-Identifier: GPL-3.0-or-later
#define _XOPEN_SOURCE 700

#include "host-test/common/file_path.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINKS_MAX = 40, DESCRIPTOR_MAX = 1 << 20 };

static bool fits(int n)
{
  if (n < 0 || n >= FIQ_PATH_BYTES) {
    errno = ENAMETOOLONG;
    return false;
  }
  return true;
}

/// The canonical name of what exists.
static bool resolve_existing(const char* path, char to[FIQ_PATH_BYTES])
{
  char* const real = realpath(path, NULL);
  const bool  done = real && fits(snprintf(to, FIQ_PATH_BYTES, "%s", real));
  free(real);
  return done;
}

/// The canonical name of as much of `path` as exists, and the rest of it as it stands.
static bool resolve_folder(const char* path, char to[FIQ_PATH_BYTES])
{
  char   part[FIQ_PATH_BYTES];
  char   real[FIQ_PATH_BYTES];
  size_t n = strlen(path);
  while (n > 1 && path[n - 1] == '/') {
    --n;
  }
  const size_t end = n;
  while (n > 0) {
    while (n > 0 && path[n - 1] != '/') {
      --n;
    }
    // `n` bytes are a folder with its slash; none are the one that we are in.
    snprintf(part, sizeof part, "%.*s", (int)n, n > 0 ? path : "");
    if (resolve_existing(n > 0 ? part : ".", real)) {
      return fits(snprintf(to, FIQ_PATH_BYTES, "%s/%.*s", strcmp(real, "/") == 0 ? "" : real,
                           (int)(end - n), path + n));
    }
    while (n > 0 && path[n - 1] == '/') {
      --n;
    }
  }
  return fits(snprintf(to, FIQ_PATH_BYTES, "%s", path));
}

/// One step along the link `path` that leads to nothing yet; false when it is no link.
static bool follow_link(char path[FIQ_PATH_BYTES])
{
  char          target[FIQ_PATH_BYTES];
  char          folder[FIQ_PATH_BYTES];
  char          next[2 * FIQ_PATH_BYTES];
  const ssize_t n = readlink(path, target, sizeof target - 1);
  if (n <= 0) {
    return false;
  }
  target[n] = '\0';
  snprintf(folder, sizeof folder, "%s", path);
  snprintf(next, sizeof next, "%s%s%s", target[0] == '/' ? "" : dirname(folder),
           target[0] == '/' ? "" : "/", target);
  return fits(snprintf(path, FIQ_PATH_BYTES, "%s", next));
}

bool fiq_path_resolve(const char* path, char to[FIQ_PATH_BYTES])
{
  char at[FIQ_PATH_BYTES];
  if (!fits(snprintf(at, sizeof at, "%s", path))) {
    return false;
  }
  for (int i = 0; i < LINKS_MAX; ++i) {
    if (resolve_existing(at, to)) {
      return true;
    }
    if (errno == ENAMETOOLONG || !resolve_folder(at, to)) {
      return false;
    }
    snprintf(at, sizeof at, "%s", to);
    if (!follow_link(at)) {
      return true;
    }
  }
  errno = ELOOP;
  return false;
}

int fiq_path_descriptor(const char* path, int standard)
{
  static const char* const names[]   = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
  static const char* const folders[] = {"/dev/fd/", "/proc/self/fd/"};
  if (strcmp(path, "-") == 0) {
    return standard;
  }
  for (int i = 0; i < 3; ++i) {
    if (strcmp(path, names[i]) == 0) {
      return i;
    }
  }
  for (size_t i = 0; i < sizeof folders / sizeof folders[0]; ++i) {
    const size_t n   = strlen(folders[i]);
    char*        end = NULL;
    if (strncmp(path, folders[i], n) == 0 && path[n] >= '0' && path[n] <= '9') {
      const long number = strtol(path + n, &end, 10);
      return *end == '\0' && number < DESCRIPTOR_MAX ? (int)number : -1;
    }
  }
  return -1;
}

bool fiq_path_temporary(const char* path, char to[FIQ_PATH_BYTES])
{
  char folder[FIQ_PATH_BYTES];
  char name[FIQ_PATH_BYTES];
  snprintf(folder, sizeof folder, "%s", path);
  snprintf(name, sizeof name, "%s", path);
  return fits(
      snprintf(to, FIQ_PATH_BYTES, "%s/.%.200s.XXXXXX", dirname(folder), basename(name)));
}

bool fiq_path_is_bundle(const char* path)
{
  size_t n = strlen(path);
  while (n > 1 && path[n - 1] == '/') {
    --n;
  }
  return n > 4 && strncmp(path + n - 4, ".lv2", 4) == 0;
}
