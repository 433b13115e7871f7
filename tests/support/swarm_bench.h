// SPDX-License-Identifier: GPL-3.0-or-later
/**
   A swarm on a bench, and what it has played.
*/
#ifndef FIQ_SWARM_BENCH_H
#define FIQ_SWARM_BENCH_H

#include "dsp/swarm/swarm.h"

typedef struct {
  FiqSwarm       swarm;
  FiqSwarmParams params; ///< handed over every 32 frames
  FiqFftPool     pool;
  FiqArena       arena;
  float*         out[FIQ_CHANNELS]; ///< [size] the render
  size_t         size;
} Bench;

/// A swarm of `capacity` oscillators with default parameters, all of them in play; seed 42.
void bench_open(Bench* bench, double rate_hz, uint32_t capacity, uint32_t step);

void bench_close(Bench* bench);

/// Append `n` frames, a multiple of 32, to the render, 32 or, for a divisor of that, `block` at a time.
void bench_render(Bench* bench, size_t n);
void bench_render_blocks(Bench* bench, size_t n, uint32_t block);

#endif
