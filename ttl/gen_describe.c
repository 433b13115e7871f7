// SPDX-License-Identifier: GPL-3.0-or-later
/*
   fiq_gen_describe ROWS: writes describe.ttl to standard output: what the presets of the Swarm are like, measured from a note of
   each, and what words for sounds mean in these measures (plugin/adjectives.def). The file ROWS gets the same measures as
   rows FIQ_MEASURED(label, measure...), for the windows. Exit status 0, or 1 with a message.
*/
#include "dsp/analysis/timbre.h"
#include "dsp/base/maths.h"
#include "plugin/adjectives.h"
#include "ttl/preset_sound.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ARENA_BYTES = 1 << 22 };

static void write_preset(const FiqPreset* preset, const float measure[FIQ_N_TIMBRES], FILE* rows)
{
  printf("<urn:fieldiq:swarm:%s>\n\ta fieldiq:Described ;\n\trdfs:label \"%s\" ;\n\tfieldiq:tags "
         "\"%s %s\"",
         preset->slug, preset->label, preset->category, preset->tags);
  for (int i = 0; i < FIQ_N_TIMBRES; ++i) {
    printf(" ;\n\tfieldiq:%s %.1f", fiq_timbre_name((FiqTimbreMeasure)i), (double)measure[i]);
  }
  puts(" .\n");
  fprintf(rows, "FIQ_MEASURED(\"%s\"", preset->label);
  for (int i = 0; i < FIQ_N_TIMBRES; ++i) {
    fprintf(rows, ", %.1ff", (double)measure[i]);
  }
  fputs(")\n", rows);
}

static int write_presets(FILE* rows)
{
  static _Alignas(64) uint8_t memory[ARENA_BYTES];
  static float                sound[FIQ_CHANNELS][FIQ_PRESET_SOUND_FRAMES];
  float* const                channel[FIQ_CHANNELS] = {sound[0], sound[1]};
  FiqTimbreMeter              meter;
  FiqFftPool                  pool;
  FiqArena                    arena;
  fiq_fft_pool_init(&pool);
  fiq_arena_init(&arena, memory, sizeof memory);
  if (fiq_timbre_init(&meter, &arena, &pool, FIQ_PRESET_SOUND_RATE_HZ) != FIQ_OK) {
    fprintf(stderr, "fiq_gen_describe: too little memory\n");
    return 1;
  }
  for (uint32_t i = 0; i < fiq_n_presets; ++i) {
    const FiqTimbreSound note = {
        {sound[0], sound[1]}, FIQ_PRESET_SOUND_FRAMES, fiq_note_to_hz(FIQ_PRESET_SOUND_KEY)};
    float measure[FIQ_N_TIMBRES];
    if (fiq_presets[i].plugin != FIQ_PLUGIN_SWARM) {
      continue;
    }
    if (!fiq_preset_sound(&fiq_presets[i], channel)) {
      fprintf(stderr, "fiq_gen_describe: out of memory\n");
      return 1;
    }
    // What sounds by an input alone has no measures.
    if (fiq_timbre_measure(&meter, &note, measure)) {
      write_preset(&fiq_presets[i], measure, rows);
    }
  }
  fiq_fft_pool_free(&pool);
  return 0;
}

/// The terms that the others are written in.
static void write_terms(void)
{
  static const struct {
    const char* name;
    const char* kind;
    const char* comment;
  } terms[] = {
      {"Measure", "rdfs:Class",
       "What a note is like in one respect, 0 to 100; of an adjective, standard deviations."},
      {"Adjective", "rdfs:Class", "Words for sounds that mean the same."},
      {"Instrument", "rdfs:Class", "The same, which presets are called by."},
      {"Described", "rdfs:Class", "A preset whose measures are known."},
      {"words", "rdf:Property", "The words of an adjective, with a space between."},
      {"tags", "rdf:Property", "What a preset is called besides its name."},
      {"moved", "rdf:Property", "How a measure is moved."},
      {"control", "rdf:Property", "Symbol of the control that moves a measure."},
      {"step", "rdf:Property", "How far it moves it by one standard deviation, in its unit."},
      {"least", "rdf:Property", "What it does not go below by that."},
      {"octaves", "rdf:Property", "The same of a control that moves by ratios."},
  };
  for (size_t i = 0; i < sizeof terms / sizeof terms[0]; ++i) {
    printf("fieldiq:%s\n\ta %s ;\n\trdfs:label \"%s\" ;\n\trdfs:comment \"%s\" .\n\n",
           terms[i].name, terms[i].kind, terms[i].name, terms[i].comment);
  }
}

static void write_lever(const FiqToward* toward)
{
  const FiqParam* const param     = fiq_preset_param(FIQ_PLUGIN_SWARM, toward->symbol);
  const bool            by_ratios = param && param->kind == FIQ_KIND_LOG;
  printf(" ;\n\tfieldiq:moved [\n\t\tfieldiq:control \"%s\" ;\n\t\tfieldiq:%s %.2f", toward->symbol,
         by_ratios ? "octaves" : "step", (double)toward->step);
  if (isfinite(toward->least)) {
    printf(" ;\n\t\tfieldiq:least %.2f", (double)toward->least);
  }
  fputs("\n\t]", stdout);
}

static void write_measures(void)
{
  for (int i = 0; i < FIQ_N_TIMBRES; ++i) {
    const char* const name = fiq_timbre_name((FiqTimbreMeasure)i);
    printf("fieldiq:%s\n\ta rdf:Property ,\n\t\tfieldiq:Measure ;\n\trdfs:label \"%s\"", name,
           name);
    for (uint32_t k = 0; k < fiq_n_towards; ++k) {
      if ((int)fiq_towards[k].measure == i) {
        write_lever(&fiq_towards[k]);
      }
    }
    puts(" .\n");
  }
}

static void write_adjective(const FiqAdjective* adjective)
{
  const size_t first = strcspn(adjective->words, " ");
  printf("<urn:fieldiq:word:%.*s>\n\ta fieldiq:%s ;\n\tfieldiq:words \"%s\"", (int)first,
         adjective->words, adjective->is_instrument ? "Instrument" : "Adjective", adjective->words);
  for (const FiqLeaning* at = adjective->leanings; at->measure != FIQ_N_TIMBRES; ++at) {
    printf(" ;\n\tfieldiq:%s %.2f", fiq_timbre_name((FiqTimbreMeasure)at->measure),
           (double)at->weight);
  }
  puts(" .\n");
}

int main(int argc, char** argv)
{
  FILE* const rows = argc == 2 ? fopen(argv[1], "w") : NULL;
  if (!rows) {
    fprintf(stderr, "fiq_gen_describe: no file for the rows\n");
    return 1;
  }
  puts("@prefix fieldiq: <urn:fieldiq:> .\n"
       "@prefix rdf:     <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .\n"
       "@prefix rdfs:    <http://www.w3.org/2000/01/rdf-schema#> .\n");
  write_terms();
  write_measures();
  for (uint32_t i = 0; i < fiq_n_adjectives; ++i) {
    write_adjective(&fiq_adjectives[i]);
  }
  const int  status = write_presets(rows);
  const bool is_bad = ferror(rows) != 0;
  return fclose(rows) != 0 || is_bad ? 1 : status;
}
