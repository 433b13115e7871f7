// SPDX-License-Identifier: GPL-3.0-or-later
/**
   Presets by what they are like: words for sounds against what the plugin's bundle says of both.

   The bundle names measures, and for each the controls that move it; adjectives as directions among them; and the measures of
   its presets. z is a measure less the mean over all presets, in standard deviations. A query adds the directions of its
   words: "very" makes one half as much again, "slightly" halves it, "not" and "less" turn it round; -er and -est are cut
   off. A preset is as far as it falls short of 1.2 times the direction d:

       distance = sqrt(sum |d| e^2 / sum |d|) + 2 (1 - named) + 0.4 (1 - tagged),  e = max(0, 1.2 |d| - z sign d), at most 2.5

   with `named` the share of the query's instruments, and of words that are no adjectives but stand in some preset's name
   or tags, which this one has (by another word for that instrument three quarters), and `tagged` that of its adjectives.
*/
#ifndef FIQ_DESCRIBE_H
#define FIQ_DESCRIBE_H

#include "host-test/lv2/lv2_host.h"

enum {
  FIQ_DESCRIBE_MEASURES = 16,
  FIQ_DESCRIBE_LEVERS   = 4,
  FIQ_DESCRIBE_WORDS    = 24,
  FIQ_DESCRIBE_LIST     = 10
};

/// A control that moves a measure.
typedef struct {
  char* control;   ///< its symbol
  float step;      ///< by one standard deviation
  float least;     ///< that it goes down to by that
  bool  by_ratios; ///< `step` is in octaves
} FiqLever;

/// One respect in which sounds differ.
typedef struct {
  char*    uri;
  char*    name;
  FiqLever lever[FIQ_DESCRIBE_LEVERS]; ///< [n_levers]
  uint32_t n_levers;
  float    mean; ///< over all presets
  float    deviation;
} FiqMeasure;

/// Words that mean a direction.
typedef struct {
  char* words;
  bool  is_instrument; ///< which presets are called by
  float direction[FIQ_DESCRIBE_MEASURES];
} FiqDescribedWord;

/// A preset that is known.
typedef struct {
  char* label;
  char* text; ///< its name and tags in lower case, with a space between words
  float measure[FIQ_DESCRIBE_MEASURES];
} FiqDescribedPreset;

typedef struct {
  FiqMeasure          measure[FIQ_DESCRIBE_MEASURES]; ///< [n_measures]
  uint32_t            n_measures;
  FiqDescribedWord*   word; ///< [n_words]
  size_t              n_words;
  FiqDescribedPreset* preset; ///< [n_presets]
  size_t              n_presets;
} FiqDescribe;

/// What was asked for.
typedef struct {
  float       direction[FIQ_DESCRIBE_MEASURES];
  char        name[FIQ_DESCRIBE_WORDS][32]; ///< [n_names] words that names and tags may have
  const char* others[FIQ_DESCRIBE_WORDS];   ///< that mean the same
  bool        is_adjective[FIQ_DESCRIBE_WORDS];
  uint32_t    n_names;
} FiqDescribeQuery;

/// A preset, and how far it is from a query.
typedef struct {
  const FiqDescribedPreset* preset;
  float                     distance;
} FiqDescribeFound;

/// Read what the bundle of the plugin says; says that it says nothing. Free it whatever comes out.  [setup]
bool fiq_describe_init(FiqDescribe* self, const FiqHost* host);
void fiq_describe_free(FiqDescribe* self);

/// Take `text` apart; says which words nobody knows, and is false if none is known.  [any but audio]
bool fiq_describe_ask(const FiqDescribe* self, const char* text, FiqDescribeQuery* query);

/// The nearest presets first; their number, at most FIQ_DESCRIBE_LIST.  [any but audio]
uint32_t fiq_describe_find(const FiqDescribe* self, const FiqDescribeQuery* query,
                           FiqDescribeFound found[FIQ_DESCRIBE_LIST]);

/// Print the presets nearest to `text` and how far they are; false if nothing of it is known.  [any but audio]
bool fiq_describe_print(const FiqHost* host, const char* text);

/// Move the controls of `host` in the direction of `text`, and print which; false if nothing of it is known.  [any but audio]
bool fiq_describe_toward(FiqHost* host, const char* text);

#endif
