// SPDX-License-Identifier: GPL-3.0-or-later
#define _XOPEN_SOURCE 700

#include "host-test/common/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_BYTES = 65536 };

/// Fractional parts of the cube roots of the first 64 primes.
static const uint32_t round_keys[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t turn(uint32_t x, int n)
{
  return x >> n | x << (32 - n);
}

static void digest(uint32_t h[8], const uint8_t block[64])
{
  uint32_t w[64];
  uint32_t s[8];
  for (int i = 0; i < 16; ++i) {
    const uint8_t* const b = block + 4 * i;
    w[i] = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
  }
  for (int i = 16; i < 64; ++i) {
    const uint32_t a = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >> 3;
    const uint32_t b = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i]             = w[i - 16] + a + w[i - 7] + b;
  }
  memcpy(s, h, sizeof s);
  // Instead of moving the eight words on, each round takes them from one place further back.
  for (int i = 0; i < 64; i += 8) {
    for (int k = 0; k < 8; ++k) {
      const uint32_t a    = s[(8 - k) & 7];
      const uint32_t e    = s[(12 - k) & 7];
      const uint32_t pick = (e & s[(13 - k) & 7]) ^ (~e & s[(14 - k) & 7]);
      const uint32_t most =
          (a & s[(9 - k) & 7]) ^ (a & s[(10 - k) & 7]) ^ (s[(9 - k) & 7] & s[(10 - k) & 7]);
      const uint32_t first = s[(15 - k) & 7] + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + pick +
                             round_keys[i + k] + w[i + k];
      s[(11 - k) & 7] += first;
      s[(15 - k) & 7] = first + (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + most;
    }
  }
  for (int i = 0; i < 8; ++i) {
    h[i] += s[i];
  }
}

void fiq_sha256_init(FiqSha256* self)
{
  // Fractional parts of the square roots of the first 8 primes.
  *self = (FiqSha256){.h = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
                            0x1f83d9ab, 0x5be0cd19}};
}

void fiq_sha256_add(FiqSha256* self, const void* bytes, size_t n_bytes)
{
  const uint8_t* at   = bytes;
  size_t         held = self->n_bytes % 64;
  self->n_bytes += n_bytes;
  while (held + n_bytes >= 64) {
    const size_t taken = 64 - held;
    memcpy(self->block + held, at, taken);
    digest(self->h, self->block);
    at += taken;
    n_bytes -= taken;
    held = 0;
  }
  if (n_bytes > 0) {
    memcpy(self->block + held, at, n_bytes);
  }
}

void fiq_sha256_add_text(FiqSha256* self, const char* text)
{
  const char* const said = text ? text : "";
  fiq_sha256_add(self, said, strlen(said) + 1);
}

void fiq_sha256_end(FiqSha256* self, char text[FIQ_SHA256_TEXT_BYTES])
{
  static const uint8_t padding[64] = {0x80};
  const uint64_t       n_bits      = 8 * self->n_bytes;
  const size_t         held        = self->n_bytes % 64;
  uint8_t              length[8];
  for (int i = 0; i < 8; ++i) {
    length[i] = (uint8_t)(n_bits >> (56 - 8 * i));
  }
  fiq_sha256_add(self, padding, held < 56 ? 56 - held : 120 - held);
  fiq_sha256_add(self, length, sizeof length);
  for (int i = 0; i < 8; ++i) {
    snprintf(text + 8 * i, 9, "%08x", self->h[i]);
  }
}

bool fiq_sha256_file(const char* path, char text[FIQ_SHA256_TEXT_BYTES], uint64_t* n_bytes)
{
  uint8_t     bytes[READ_BYTES];
  struct stat info;
  FiqSha256   hash;
  ssize_t     n          = 1;
  const int   descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0 || fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
    errno = descriptor < 0 ? errno : EINVAL;
    if (descriptor >= 0) {
      close(descriptor);
    }
    return false;
  }
  fiq_sha256_init(&hash);
  while (n > 0 || (n < 0 && errno == EINTR)) {
    n = read(descriptor, bytes, sizeof bytes);
    fiq_sha256_add(&hash, bytes, n > 0 ? (size_t)n : 0);
  }
  close(descriptor);
  if (n_bytes) {
    *n_bytes = hash.n_bytes;
  }
  fiq_sha256_end(&hash, text);
  return n == 0;
}
