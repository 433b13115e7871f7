// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fuzz/fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

const char* fuzz_file(const uint8_t* data, size_t size)
{
  static char name[32];
  static int  file = -1;
  if (file < 0) {
    file = memfd_create("fuzz", MFD_CLOEXEC);
    FUZZ_CHECK(file >= 0);
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
  }
  FUZZ_CHECK(ftruncate(file, 0) == 0);
  for (size_t done = 0; done < size;) {
    const ssize_t n = pwrite(file, data + done, size - done, (off_t)done);
    FUZZ_CHECK(n > 0);
    done += (size_t)n;
  }
  return name;
}
