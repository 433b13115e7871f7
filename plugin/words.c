// SPDX-License-Identifier: GPL-3.0-or-later
/*
   What the Swarm sings: a text, which the worker (asked by a patch message) or restore() makes syllables of. It is part of
   the state, as it was written.
*/
#include "plugin/instance.h"

#include "plugin/lexicon.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_BYTES = 320, PAGE_BYTES = 4096 };

FiqWordsExchange* fiq_words_exchange_new(void)
{
  FiqWordsExchange* const self = calloc(1, sizeof(FiqWordsExchange));
  if (self) {
    fiq_handover_init(&self->handover);
    fiq_triple_buffer_init(&self->asked_turn);
    self->is_told = true; // a host expects none
    // run() shall not be the first to write to a page.
    volatile char* const bytes = (volatile char*)self->asked;
    for (size_t i = 0; i < sizeof(self->asked); i += PAGE_BYTES) {
      bytes[i] = 0;
    }
  }
  return self;
}

void fiq_words_exchange_free(FiqWordsExchange* self)
{
  if (self) {
    fiq_handover_free(&self->handover);
    free(self);
  }
}

// ---- reading ----

static size_t add(char* message, size_t at, const char* what, unsigned n, const char* first)
{
  if (n == 0 || at >= MESSAGE_BYTES) {
    return at;
  }
  const bool named = first[0] != '\0';
  const int  more  = snprintf(message + at, MESSAGE_BYTES - at,
                            named ? "; %s: %u ('%s')" : "; %s: %u", what, n, first);
  return at + (more > 0 ? (size_t)more : 0);
}

/// Say what became of a text, in full if something was passed over.
static void say_report(FiqPlugin* self, const FiqTextReport* report)
{
  if (!self->logger.log) { // without the feature the logger would write to the host's terminal
    return;
  }
  char        message[MESSAGE_BYTES];
  const char* unknown = fiq_lexicon_is_there()
                            ? "words that nobody can speak"
                            : "words, for which there is no lexicon (give phonemes in brackets)";
  int         n       = snprintf(message, sizeof message, "%u syllables", report->n_syllables);
  size_t      at      = n > 0 ? (size_t)n : 0;
  at                  = add(message, at, unknown, report->n_words, report->word);
  at                  = add(message, at, "unknown phonemes", report->n_phonemes, report->phoneme);
  at                  = add(message, at, "characters of no word", report->n_characters, "");
  (void)add(message, at, "too long, the rest is left out", report->is_cut, "");
  if (report->n_words + report->n_phonemes + report->n_characters > 0 || report->is_cut) {
    lv2_log_warning(&self->logger, "FieldIQ: words: %s\n", message);
  } else {
    lv2_log_trace(&self->logger, "FieldIQ: words: %s\n", message);
  }
}

/// What is sung of `text` [n_bytes] (more than FIQ_TEXT_BYTES are left out), or NULL without memory.
static FiqSungText* read_words(FiqPlugin* self, const char* text, size_t n_bytes)
{
  assert(text || n_bytes == 0);
  const size_t       n_kept    = n_bytes < FIQ_TEXT_BYTES ? n_bytes : FIQ_TEXT_BYTES;
  FiqSyllable* const syllables = malloc(FIQ_TEXT_SYLLABLES * sizeof(FiqSyllable));
  FiqTextReport      report;
  if (!syllables) {
    return NULL;
  }
  fiq_syllables_read(syllables, text, n_bytes, &report);
  // Syllables are made of bytes, and may stand behind any text.
  _Static_assert(_Alignof(FiqSyllable) == 1, "a syllable needs no alignment");
  const size_t       n_sung = report.n_syllables * sizeof(FiqSyllable);
  FiqSungText* const sung   = malloc(sizeof(FiqSungText) + n_kept + 1 + n_sung);
  if (sung) {
    const size_t n_clean = fiq_syllables_clean(sung->text, text, n_kept);
    sung->parcel.next    = NULL;
    sung->n_syllables    = report.n_syllables;
    sung->n_bytes        = (uint32_t)n_clean;
    sung->text[n_clean]  = '\0';
    sung->syllable       = (FiqSyllable*)(void*)(sung->text + n_clean + 1);
    memcpy(sung->syllable, syllables, n_sung);
  }
  free(syllables);
  if (n_bytes > 0) {
    say_report(self, &report);
  }
  return sung;
}

void fiq_plugin_work_words(FiqPlugin* self, FiqWordsTask task)
{
  assert(self->kept.words && task != FIQ_WORDS_REST);
  FiqWordsExchange* const words = self->kept.words;
  if (task == FIQ_WORDS_SWEEP) {
    fiq_handover_sweep(&words->handover);
    return;
  }
  if (fiq_triple_buffer_receive(&words->asked_turn)) {
    const FiqAskedText* const asked = &words->asked[words->asked_turn.reading];
    FiqSungText* const        sung  = read_words(self, asked->text, asked->n_bytes);
    if (sung) {
      fiq_handover_send(&words->handover, &sung->parcel);
    }
  }
}

// ---- run() ----

void fiq_plugin_ask_words(FiqPlugin* self, const char* text, uint32_t size_bytes)
{
  assert(text || size_bytes == 0);
  FiqWordsExchange* const words = self->kept.words;
  if (!words) {
    return;
  }
  if (!self->schedule.schedule_work) {
    if (self->logger.log && !words->complained) {
      lv2_log_trace(&self->logger, "FieldIQ: words: the host has no worker to read them\n");
    }
    words->complained = true;
    words->is_told    = false;
    return;
  }
  // A text may be a megabyte; how long it is beyond what is read is not worth the time to find out.
  FiqAskedText* const draft = &words->asked[words->asked_turn.writing];
  draft->n_bytes =
      (uint32_t)strnlen(text, size_bytes < FIQ_TEXT_BYTES + 1 ? size_bytes : FIQ_TEXT_BYTES + 1);
  memcpy(draft->text, text, draft->n_bytes < FIQ_TEXT_BYTES ? draft->n_bytes : FIQ_TEXT_BYTES);
  fiq_triple_buffer_send(&words->asked_turn);
  words->is_wanted = true;
}

void fiq_plugin_take_words(FiqPlugin* self)
{
  assert(self && self->engine);
  FiqWordsExchange* const words = self->kept.words;
  if (!words) {
    return;
  }
  const FiqSungText* const sung = (const void*)fiq_handover_take(&words->handover);
  if (sung) {
    fiq_engine_set_words(self->engine, sung->syllable, sung->n_syllables);
    words->is_told = false;
    fiq_handover_put_aside(&words->handover);
  }
  if (words->handover.has_retired &&
      fiq_plugin_hand_over(self, (FiqTask){.words = FIQ_WORDS_SWEEP})) {
    words->handover.has_retired = false;
  }
}

void fiq_plugin_order_words(FiqPlugin* self)
{
  assert(self);
  // A full queue is asked again in the next block.
  if (self->kept.words && self->kept.words->is_wanted &&
      fiq_plugin_hand_over(self, (FiqTask){.words = FIQ_WORDS_READ})) {
    self->kept.words->is_wanted = false;
  }
}

bool fiq_plugin_write_words(FiqPlugin* self, uint32_t which)
{
  assert(self && self->kept.words);
  (void)which;
  LV2_Atom_Forge* const    forge = &self->forge;
  const FiqSungText* const sung  = (const void*)fiq_handover_used(&self->kept.words->handover);
  const char* const        text  = sung ? sung->text : "";
  LV2_Atom_Forge_Frame     object;
  return lv2_atom_forge_frame_time(forge, 0) &&
         lv2_atom_forge_object(forge, &object, 0, self->urids.patch_set) &&
         lv2_atom_forge_key(forge, self->urids.patch_property) &&
         lv2_atom_forge_urid(forge, self->urids.words) &&
         lv2_atom_forge_key(forge, self->urids.patch_value) &&
         lv2_atom_forge_string(forge, text, sung ? sung->n_bytes : 0) &&
         (lv2_atom_forge_pop(forge, &object), true);
}

// ---- state ----

LV2_State_Status fiq_plugin_save_words(FiqPlugin* self, LV2_State_Store_Function store,
                                       LV2_State_Handle handle)
{
  assert(self && store);
  FiqWordsExchange* const words = self->kept.words;
  if (!words) {
    return LV2_STATE_SUCCESS;
  }
  // The host copies it before the next one can take its place.
  const FiqSungText* const sung   = (const void*)fiq_handover_enter(&words->handover);
  LV2_State_Status         status = LV2_STATE_SUCCESS;
  if (sung && sung->n_bytes > 0) {
    status = store(handle, self->urids.words, sung->text, sung->n_bytes + 1,
                   self->urids.atom_string, LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE);
  }
  fiq_handover_leave(&words->handover);
  return status;
}

LV2_State_Status fiq_plugin_restore_words(FiqPlugin* self, LV2_State_Retrieve_Function retrieve,
                                          LV2_State_Handle handle)
{
  assert(self && retrieve);
  if (!self->kept.words) {
    return LV2_STATE_SUCCESS;
  }
  size_t            size = 0;
  uint32_t          type = 0;
  uint32_t          how  = 0;
  const char* const text = retrieve(handle, self->urids.words, &size, &type, &how);
  if (text && type != self->urids.atom_string) {
    return LV2_STATE_ERR_BAD_TYPE;
  }
  FiqSungText* const sung = read_words(self, text, text ? strnlen(text, size) : 0);
  if (!sung) {
    return LV2_STATE_ERR_UNKNOWN;
  }
  fiq_handover_send(&self->kept.words->handover, &sung->parcel);
  return LV2_STATE_SUCCESS;
}
