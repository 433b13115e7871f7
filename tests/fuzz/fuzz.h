// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What the fuzzers share. Each gives any bytes to one of the readers of what strangers wrote, and demands more
   than that nothing crashes: what was read must be what the reader's header promises.

   With FIQ_FUZZ each is a libFuzzer program; otherwise a program that reads the folder of its corpus, as a test.
*/
#ifndef FIQ_FUZZ_H
#define FIQ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#if defined FIQ_FUZZ && defined NDEBUG
#error "A fuzzer without assertions finds nothing"
#endif

/// End the program if a promise is broken, whether assertions are on or not.
#define FUZZ_CHECK(promise)                                                                        \
  do {                                                                                             \
    if (!(promise)) {                                                                              \
      fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #promise);                        \
      abort();                                                                                     \
    }                                                                                              \
  } while (0)

/// Read `data` [size]; 0. What libFuzzer calls.
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

/// A file in memory that holds `data`: its name, which stays the same.
const char* fuzz_file(const uint8_t* data, size_t size);

#endif
