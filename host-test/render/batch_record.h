// SPDX-License-Identifier: GPL-3.0-or-later
/**
   What is kept beside each output of a batch, in a hidden file of JSON: a key, which is the hash of the input, the
   plugins, the version and all settings, and the hash of the output. An output with the key that it would get and the
   hash that it was left with need not be made again.
*/
#ifndef FIQ_BATCH_RECORD_H
#define FIQ_BATCH_RECORD_H

#include "host-test/common/sha256.h"
#include "host-test/render/chain.h"

typedef struct {
  char key[FIQ_SHA256_TEXT_BYTES];
  char input_hash[FIQ_SHA256_TEXT_BYTES];
} FiqBatchRecord;

/// Add what the plugins of an open `chain` are, by the files of their bundles, and their presets. False, and says why, when
/// one of those cannot be read.
bool fiq_batch_add_plugins(FiqSha256* hash, const FiqChain* chain);

/// The record of `input` with `settings`, a hash of all that is the same for all files; says what is wrong.
bool fiq_batch_record(FiqBatchRecord* self, const char* input, const char* settings);

/// Whether `output` is complete, and what this record would make.
bool fiq_batch_is_made(const FiqBatchRecord* self, const char* output);

/// Write the record beside `output`, which is complete; says what is wrong.
bool fiq_batch_keep_record(const FiqBatchRecord* self, const char* input, const char* output);

/// Remove the record of `output`, which is about to be made.
void fiq_batch_drop_record(const char* output);

#endif
