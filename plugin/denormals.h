// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Flush-to-zero for the length of one run(): hosts differ in what they set, and a decaying
   tail must not cost a hundred times what a loud one does. [audio]
*/
#ifndef FIQ_DENORMALS_H
#define FIQ_DENORMALS_H

#include <stdint.h>

#if defined(__SSE2__)
#include <xmmintrin.h>

/// Set FTZ and DAZ; returns what to restore.
static inline uint64_t fiq_denormals_off(void)
{
  const unsigned saved = _mm_getcsr();
  _mm_setcsr(saved | 0x8040u);
  return saved;
}

static inline void fiq_denormals_restore(uint64_t saved)
{
  _mm_setcsr((unsigned)saved);
}

#elif defined(__aarch64__)

/// Set FZ; returns what to restore.
static inline uint64_t fiq_denormals_off(void)
{
  uint64_t saved;
  __asm__ volatile("mrs %0, fpcr" : "=r"(saved));
  __asm__ volatile("msr fpcr, %0" : : "r"(saved | (UINT64_C(1) << 24)));
  return saved;
}

static inline void fiq_denormals_restore(uint64_t saved)
{
  __asm__ volatile("msr fpcr, %0" : : "r"(saved));
}

#else

/// No such switch is known for this machine.
static inline uint64_t fiq_denormals_off(void)
{
  return 0;
}

static inline void fiq_denormals_restore(uint64_t saved)
{
  (void)saved;
}

#endif
#endif
