// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: the famed table of annealed diffusion, redone honestly: who gets how many of 50 oscillators
   by hard assignment, by a soft softmax, by annealing, and by annealing with balance.
   Method: every row begins at the same starts, seed by seed; hard and soft run here in double by the
   reference step, f += strength (target - f) dt + noise N(0,1) dt, the annealed rows are the module's.
   A count is of the oscillators nearest to a carrier, the residual their mean distance from it, and
   the imbalance of one seed its largest over its smallest count.
   Usage: table_annealing [SEEDS]   (400)
*/
#include "dsp/anneal/anneal.h"
#include "dsp/base/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_OSC = 50, N_CARRIERS = 3, N_STEPS = 100, SEEDS_MAX = 100000 };

static const double carrier_hz[N_CARRIERS] = {261.63, 329.63, 392.0};

typedef enum { START_UNIFORM, START_CLUSTERED, N_STARTS } Start;
typedef enum { HARD, SOFT, ANNEALED, BALANCED, N_METHODS } Method;

static const char* const start_name[N_STARTS]   = {"uniform", "clustered"};
static const char* const method_name[N_METHODS] = {"hard", "soft 0.05", "annealed",
                                                   "annealed, balance 1"};

/// Sums over the seeds of one row.
typedef struct {
  double  count[N_CARRIERS];
  double  distance[N_CARRIERS];
  double  residual;
  double  later;     ///< the same one step after the anneal; the module goes on, the references end
  double* imbalance; ///< [seeds]
} Row;

static double uniform(FiqRandom* random, double low, double high)
{
  return low + (high - low) * (double)fiq_random_uniform(random);
}

static void begin(Start start, uint32_t seed, double f_hz[N_OSC])
{
  FiqRandom random;
  fiq_random_init(&random, seed, 1);
  for (int i = 0; i < N_OSC; ++i) {
    if (start == START_UNIFORM) {
      f_hz[i] = uniform(&random, 20.0, 1000.0);
    } else if (i < 16 * N_CARRIERS) {
      f_hz[i] = uniform(&random, carrier_hz[i / 16] - 200.0, carrier_hz[i / 16] + 200.0);
    } else {
      f_hz[i] = uniform(&random, 50.0, 2050.0);
    }
  }
}

static int nearest(double f_hz)
{
  int best = 0;
  for (int k = 1; k < N_CARRIERS; ++k) {
    best = fabs(f_hz - carrier_hz[k]) < fabs(f_hz - carrier_hz[best]) ? k : best;
  }
  return best;
}

static double soft_target(double f_hz, double sharpness)
{
  double sum  = 0.0;
  double mean = 0.0;
  for (int k = 0; k < N_CARRIERS; ++k) {
    const double away   = fabs(f_hz - carrier_hz[k]) - fabs(f_hz - carrier_hz[nearest(f_hz)]);
    const double weight = exp(-sharpness * away);
    sum += weight;
    mean += weight * carrier_hz[k];
  }
  return mean / sum;
}

/// The reference schedule with a target that is the nearest carrier or the soft mean.
static void run_reference(bool hard, uint32_t seed, double f_hz[N_OSC])
{
  FiqRandom random;
  fiq_random_init(&random, seed, 2);
  for (int step = 0; step < N_STEPS; ++step) {
    const double p = (double)step / N_STEPS;
    for (int i = 0; i < N_OSC; ++i) {
      const double target = hard ? carrier_hz[nearest(f_hz[i])] : soft_target(f_hz[i], 0.05);
      const double radius = sqrt(-2.0 * log(1.0 - uniform(&random, 0.0, 1.0)));
      const double normal = radius * cos(uniform(&random, 0.0, 6.283185307179586));
      f_hz[i] += ((1.0 + 10.0 * p) * (target - f_hz[i]) + 50.0 * (1.0 - p) * normal) * 0.05;
      f_hz[i] = fmax(f_hz[i], 1.0);
    }
  }
}

/// The same by the module. Two steps of no length make it begin where `f_hz` says.
static void run_module(FiqAnneal* carriers, float balance, uint32_t seed, double f_hz[N_OSC],
                       double* later)
{
  FiqAnnealTarget target;
  FiqAnnealParams params = {.strength     = 10.0f,
                            .sharpness    = 20.0f,
                            .balance      = balance,
                            .anneal_s     = 5.0f,
                            .x_low        = 1.0f,
                            .x_high       = 20000.0f,
                            .scatter_low  = 20.0f,
                            .scatter_high = 2050.0f};
  memset(&target, 0, sizeof target);
  for (int k = 0; k < N_CARRIERS; ++k) {
    target.x[k]    = (float)carrier_hz[k];
    target.mass[k] = 1.0f;
  }
  fiq_anneal_reset(carriers, seed);
  fiq_anneal_scatter(carriers);
  fiq_anneal_step(carriers, &params, &target, N_OSC, 1e-9f);
  for (int i = 0; i < N_OSC; ++i) {
    carriers->osc.x[i] = (float)f_hz[i];
  }
  fiq_anneal_step(carriers, &params, &target, N_OSC, 1e-9f);
  params.noise = 50.0f;
  for (int step = 0; step < N_STEPS; ++step) {
    fiq_anneal_step(carriers, &params, &target, N_OSC, 0.05f);
  }
  for (int i = 0; i < N_OSC; ++i) {
    f_hz[i] = (double)carriers->osc.x[i];
  }
  fiq_anneal_step(carriers, &params, &target, N_OSC, 0.05f);
  for (int i = 0; i < N_OSC; ++i) {
    *later +=
        fabs((double)carriers->osc.x[i] - carrier_hz[nearest((double)carriers->osc.x[i])]) / N_OSC;
  }
}

static void add_to_row(Row* row, uint32_t seed, const double f_hz[N_OSC])
{
  int    count[N_CARRIERS]    = {0};
  double distance[N_CARRIERS] = {0.0};
  int    most                 = 0;
  int    least                = N_OSC;
  for (int i = 0; i < N_OSC; ++i) {
    const int k = nearest(f_hz[i]);
    count[k] += 1;
    distance[k] += fabs(f_hz[i] - carrier_hz[k]);
  }
  for (int k = 0; k < N_CARRIERS; ++k) {
    row->count[k] += (double)count[k];
    row->distance[k] += distance[k];
    row->residual += distance[k] / N_OSC;
    most  = count[k] > most ? count[k] : most;
    least = count[k] < least ? count[k] : least;
  }
  row->imbalance[seed] = least > 0 ? (double)most / (double)least : HUGE_VAL;
}

static int ascending(const void* a, const void* b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

static void print_row(const char* start, const char* method, Row* row, uint32_t n_seeds)
{
  const double n         = (double)n_seeds;
  char         later[16] = "-";
  if (row->later > 0.0) {
    (void)snprintf(later, sizeof later, "%.4f", row->later / n);
  }
  qsort(row->imbalance, n_seeds, sizeof *row->imbalance, ascending);
  printf("| %-9s | %-19s | %5.1f / %4.1f / %4.1f | %6.3f | %6s | %5.2f / %5.2f / %5.2f | %6.2f | "
         "%6.2f |\n",
         start, method, row->count[0] / n, row->count[1] / n, row->count[2] / n, row->residual / n,
         later, row->distance[0] / fmax(row->count[0], 1.0),
         row->distance[1] / fmax(row->count[1], 1.0), row->distance[2] / fmax(row->count[2], 1.0),
         row->imbalance[n_seeds / 2], row->imbalance[n_seeds - 1]);
}

static void measure(FiqAnneal* carriers, Start start, Method method, double* imbalance,
                    uint32_t n_seeds)
{
  Row row;
  memset(&row, 0, sizeof row);
  row.imbalance = imbalance;
  for (uint32_t seed = 0; seed < n_seeds; ++seed) {
    double f_hz[N_OSC];
    begin(start, seed, f_hz);
    if (method == HARD || method == SOFT) {
      run_reference(method == HARD, seed, f_hz);
    } else {
      run_module(carriers, method == BALANCED ? 1.0f : 0.0f, seed, f_hz, &row.later);
    }
    add_to_row(&row, seed, f_hz);
  }
  print_row(start_name[start], method_name[method], &row, n_seeds);
}

int main(int argc, char** argv)
{
  const unsigned long asked   = argc > 1 ? strtoul(argv[1], NULL, 10) : 400;
  const uint32_t      n_seeds = asked >= 1 && asked <= SEEDS_MAX ? (uint32_t)asked : 400;
  FiqArena            arena;
  FiqAnneal           carriers;
  fiq_arena_init(&arena, NULL, 0);
  (void)fiq_anneal_init(&carriers, &arena, N_OSC);
  const size_t  size_bytes = (arena.used_bytes + 63) & ~(size_t)63;
  void* const   memory     = aligned_alloc(64, size_bytes);
  double* const imbalance  = calloc(n_seeds, sizeof *imbalance);
  if (!memory || !imbalance) {
    return EXIT_FAILURE;
  }
  memset(memory, 0, size_bytes);
  fiq_arena_init(&arena, memory, size_bytes);
  if (fiq_anneal_init(&carriers, &arena, N_OSC) != FIQ_OK) {
    return EXIT_FAILURE;
  }
  printf("%d oscillators, 100 steps of dt 0.05, %u seeds; means, but for the imbalance\n\n", N_OSC,
         n_seeds);
  printf("| start | method | counts 261.63 / 329.63 / 392 Hz | residual Hz | one step later "
         "(module) | residual per carrier "
         "| imbalance, median | worst |\n|---|---|---|---|---|---|---|---|\n");
  for (Start start = START_UNIFORM; start < N_STARTS; ++start) {
    for (Method method = HARD; method < N_METHODS; ++method) {
      measure(&carriers, start, method, imbalance, n_seeds);
    }
  }
  free(imbalance);
  free(memory);
  return EXIT_SUCCESS;
}
