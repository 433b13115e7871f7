// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: what the fuzzers once found, and what they begin from, is read without harm in every build.
   Method: each file of the folders given is read whole, cut off at every 1/16 of its length, and empty.
*/
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <string.h>

enum { FILE_BYTES_MAX = 1 << 20, N_CUTS = 16 };

/// Read from a copy that ends where the bytes do, so that the sanitizers see every step beyond.
static void read_copy(const uint8_t* data, size_t size)
{
  uint8_t* const copy = malloc(size > 0 ? size : 1);
  FUZZ_CHECK(copy);
  memcpy(copy, data, size);
  (void)LLVMFuzzerTestOneInput(copy, size);
  free(copy);
}

static void read_entry(const char* path)
{
  static uint8_t data[FILE_BYTES_MAX];
  FILE* const    file = fopen(path, "rb");
  FUZZ_CHECK(file);
  const size_t size = fread(data, 1, sizeof data, file);
  fclose(file);
  printf("%s: %zu bytes\n", path, size);
  for (size_t i = 0; i <= N_CUTS; ++i) {
    read_copy(data, size * i / N_CUTS);
  }
}

int main(int argc, char** argv)
{
  int n = 0;
  for (int i = 1; i < argc; ++i) {
    DIR* const folder = opendir(argv[i]);
    FUZZ_CHECK(folder);
    for (struct dirent* entry = readdir(folder); entry; entry = readdir(folder)) {
      char path[4096];
      snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name);
      if (entry->d_name[0] != '.') {
        read_entry(path);
        n += 1;
      }
    }
    closedir(folder);
  }
  printf("%d files\n", n);
  return n > 0 ? 0 : 1;
}
