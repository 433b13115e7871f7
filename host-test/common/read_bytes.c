// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/common/read_bytes.h"

#include "host-test/common/report.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint8_t* fiq_read_bytes(const char* path, size_t most, size_t* n_bytes)
{
  FILE* const file  = fopen(path, "rb");
  uint8_t*    bytes = NULL;
  size_t      room  = 0;
  bool        full  = true;
  *n_bytes          = 0;
  while (file && full && *n_bytes <= most) {
    room                 = room > 0 ? 2 * room : 1 << 16;
    uint8_t* const grown = realloc(bytes, room + 1);
    bytes                = grown ? grown : bytes;
    const size_t n       = grown ? fread(bytes + *n_bytes, 1, room - *n_bytes, file) : 0;
    *n_bytes += n;
    full  = grown && *n_bytes == room;
    errno = grown ? errno : ENOMEM;
  }
  const bool failed = !file || !bytes || ferror(file) != 0;
  if (failed) {
    fiq_error("%s: %s", path, strerror(errno));
    free(bytes);
  } else {
    bytes[*n_bytes] = 0;
  }
  if (file) {
    fclose(file);
  }
  return failed ? NULL : bytes;
}
