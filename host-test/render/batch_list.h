// SPDX-License-Identifier: GPL-3.0-or-later
/**
   The files of a batch, and what is made of each.
*/
#ifndef FIQ_BATCH_LIST_H
#define FIQ_BATCH_LIST_H

#include "host-test/render/render_options.h"

#include <stddef.h>
#include <stdint.h>

typedef struct {
  char*    input;
  char*    place; ///< of the input below the folder, or as the list has it, without its ending
  char*    output;
  bool     is_midi;
  uint64_t n_bytes; ///< of the input; 0 when it cannot be read
  uint32_t number;  ///< in the list, from 1
} FiqBatchFile;

typedef struct {
  FiqBatchFile* files; ///< [n] by name, or as the list has them
  size_t        n;
  size_t        n_room;
} FiqBatchList;

/// List the files of `options->batch` with their outputs; of a folder the MIDI files if it `plays_music`, else the sounds. Says what is wrong: no files, outputs that would be written over
/// each other or over inputs. Free it whatever comes out.
bool fiq_batch_list(FiqBatchList* self, const FiqRenderOptions* options, bool plays_music);

/// Keep one share: files share, share + n_shares and so on.
void fiq_batch_list_share(FiqBatchList* self, uint32_t share, uint32_t n_shares);

/// `pattern` with its marks filled in for `file`, to be freed; NULL when memory is short.
char* fiq_batch_fill(const char* pattern, const FiqBatchFile* file);

void fiq_batch_list_free(FiqBatchList* self);

#endif
