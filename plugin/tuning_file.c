// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Tunings from Scala's files. Files are read by the worker (asked by a patch message) or by
   restore(); what was read is handed to run().
*/
#include "plugin/instance.h"

#include <assert.h>
#include <lv2/state/state.h>

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 1 << 20 };

/// The 128 frequencies as they are stored: an atom:Vector.
typedef struct {
  LV2_Atom_Vector_Body head;
  double               hz[FIQ_TUNING_KEYS];
} Table;

typedef struct {
  char*  text;
  size_t size_bytes;
} Text;

static bool say_error(FiqPlugin* self, const char* path, const char* reason)
{
  assert(path && reason);
  if (self->logger.log) {
    lv2_log_error(&self->logger, "FieldIQ: tuning '%s': %s\n", path, reason);
  }
  return false;
}

/// Fill `buffer` [size_bytes] from `file`: how many bytes there were, or -1.
static ssize_t read_all(int file, char* buffer, size_t size_bytes)
{
  assert(buffer && size_bytes > 0);
  size_t done = 0;
  while (done < size_bytes) {
    const ssize_t now = read(file, buffer + done, size_bytes - done);
    if (now < 0 && errno != EINTR) {
      return -1;
    }
    if (now == 0) {
      break;
    }
    done += now > 0 ? (size_t)now : 0;
  }
  return (ssize_t)done;
}

/// The file at `path`, to be freed; NULL, and the reason, if it cannot be had.
static Text read_file(const char* path, const char** reason)
{
  assert(path && reason);
  Text        text = {NULL, 0};
  struct stat info;
  // Without O_NONBLOCK a pipe of that name would keep the worker for ever.
  const int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (file < 0 || fstat(file, &info)) {
    *reason = errno == ENOENT ? "there is no such file" : "cannot be opened";
  } else if (!S_ISREG(info.st_mode)) {
    *reason = "is not a file";
  } else if (info.st_size > FILE_BYTES_MAX) {
    *reason = "is larger than 1 MB";
  } else {
    const size_t size_bytes = (size_t)info.st_size;
    text.text               = malloc(size_bytes + 1);
    const ssize_t n         = text.text ? read_all(file, text.text, size_bytes) : -1;
    *reason                 = n < 0 ? "cannot be read" : NULL;
    text.size_bytes         = n < 0 ? 0 : (size_t)n;
  }
  if (file >= 0) {
    close(file);
  }
  return text;
}

typedef FiqStatus (*Parser)(FiqTuning* self, const char* text, size_t size_bytes,
                            char error[FIQ_TUNING_ERROR_BYTES]);

static bool parse_file(FiqPlugin* self, FiqTuning* tuning, const char* path, Parser parser)
{
  assert(tuning && path && parser);
  char        error[FIQ_TUNING_ERROR_BYTES] = "";
  const char* reason                        = NULL;
  const Text  text                          = read_file(path, &reason);
  if (!reason && parser(tuning, text.text, text.size_bytes, error) != FIQ_OK) {
    reason = error;
  }
  free(text.text);
  return !reason || say_error(self, path, reason);
}

/// Name of the mapping beside the scale `path`; "" if there is none.
static void find_mapping(const char* path, char mapping[FIQ_TUNING_PATH_BYTES])
{
  assert(path && mapping);
  const size_t length = strlen(path);
  mapping[0]          = '\0';
  if (length < 4 || strcasecmp(path + length - 4, ".scl") != 0) {
    return;
  }
  memcpy(mapping, path, length - 4);
  memcpy(mapping + length - 4, ".kbm", 5);
  if (access(mapping, F_OK)) {
    mapping[0] = '\0';
  }
}

/// The tuning at `path` ("": equal temperament) with `mapping` (NULL: the one beside it, if any); or
/// NULL, and the reason is in the log.
static FiqTuningFile* load_tuning(FiqPlugin* self, const char* path, const char* mapping)
{
  assert(self);
  FiqTuningFile* const file = calloc(1, sizeof(FiqTuningFile));
  if (!file) {
    say_error(self, path, "no memory");
    return NULL;
  }
  fiq_tuning_init_equal(&file->tuning, FIQ_TUNING_A4_HZ);
  strcpy(file->path, path);
  file->is_equal = !path[0];
  if (mapping) {
    strcpy(file->mapping, mapping);
  } else {
    find_mapping(path, file->mapping);
  }
  const bool loaded =
      file->is_equal ||
      (parse_file(self, &file->tuning, path, fiq_tuning_parse_scl) &&
       (!file->mapping[0] || parse_file(self, &file->tuning, file->mapping, fiq_tuning_parse_kbm)));
  if (!loaded) {
    free(file);
    return NULL;
  }
  return file;
}

void fiq_tuning_exchange_init(FiqTuningExchange* self)
{
  assert(self);
  fiq_handover_init(&self->handover);
  atomic_init(&self->loading, false);
  self->is_told = true; // a host expects equal temperament
}

void fiq_tuning_exchange_free(FiqTuningExchange* self)
{
  assert(self);
  fiq_handover_free(&self->handover);
}

void fiq_plugin_work_tuning(FiqPlugin* self, FiqTuningTask task)
{
  assert(task != FIQ_TUNING_REST);
  FiqTuningExchange* const shelf = &self->tunings;
  if (task == FIQ_TUNING_SWEEP) {
    fiq_handover_sweep(&shelf->handover);
    return;
  }
  FiqTuningFile* const file = load_tuning(self, shelf->asked, NULL);
  if (file) {
    fiq_handover_send(&shelf->handover, &file->parcel);
  }
  atomic_store_explicit(&shelf->loading, false, memory_order_release);
}

void fiq_plugin_ask_tuning(FiqPlugin* self, const char* path, uint32_t size_bytes)
{
  assert(path || size_bytes == 0);
  FiqTuningExchange* const shelf  = &self->tunings;
  const size_t             length = strnlen(path, size_bytes);
  const bool refused = length >= FIQ_TUNING_PATH_BYTES || !self->schedule.schedule_work;
  if (refused) {
    if (self->logger.log && !shelf->complained) {
      lv2_log_trace(&self->logger, "FieldIQ: tuning: %s\n",
                    self->schedule.schedule_work ? "the path is too long"
                                                 : "the host has no worker to read files");
    }
    shelf->complained = true;
    shelf->is_told    = false;
    return;
  }
  fiq_engine_forget_mts(self->engine); // what is loaded now is what is meant
  memcpy(shelf->wanted, path, length);
  shelf->wanted[length] = '\0';
  shelf->is_wanted      = true;
}

/// Play what has arrived, and put aside what was played.
static void take_arrived(FiqPlugin* self)
{
  assert(self);
  FiqTuningExchange* const   shelf = &self->tunings;
  const FiqTuningFile* const file  = (const void*)fiq_handover_take(&shelf->handover);
  if (file) {
    fiq_engine_set_tuning(self->engine, file->is_equal ? NULL : &file->tuning);
    shelf->is_told = false;
    fiq_handover_put_aside(&shelf->handover);
  }
}

void fiq_plugin_tune(FiqPlugin* self)
{
  assert(self && self->engine);
  FiqTuningExchange* const shelf = &self->tunings;
  take_arrived(self);
  FiqHandover* const handover = &shelf->handover;
  if (handover->has_retired && fiq_plugin_hand_over(self, (FiqTask){.tuning = FIQ_TUNING_SWEEP})) {
    handover->has_retired = false;
  }
  const bool loading = atomic_load_explicit(&shelf->loading, memory_order_acquire);
  if (shelf->was_loading && !loading) {
    shelf->was_loading = false;
    shelf->is_told     = false; // whatever came of it
    take_arrived(self);
  }
}

void fiq_plugin_order_tuning(FiqPlugin* self)
{
  assert(self);
  FiqTuningExchange* const shelf = &self->tunings;
  if (!shelf->is_wanted || atomic_load_explicit(&shelf->loading, memory_order_acquire)) {
    return;
  }
  memcpy(shelf->asked, shelf->wanted, sizeof(shelf->asked));
  atomic_store_explicit(&shelf->loading, true, memory_order_relaxed);
  shelf->was_loading = true;
  if (fiq_plugin_hand_over(self, (FiqTask){.tuning = FIQ_TUNING_LOAD})) {
    shelf->is_wanted = false;
  } else { // a full queue; the next block asks again
    atomic_store_explicit(&shelf->loading, false, memory_order_relaxed);
    shelf->was_loading = false;
  }
}

const char* fiq_plugin_tuning_path(FiqPlugin* self)
{
  assert(self);
  const FiqTuningFile* const file = (const void*)fiq_handover_used(&self->tunings.handover);
  return file ? file->path : "";
}

/// Release a path that the host made.
static void free_path(const LV2_Feature* const* features, char* path)
{
  const LV2_State_Free_Path* const by_host = fiq_feature(features, LV2_STATE__freePath);
  if (by_host) {
    by_host->free_path(by_host->handle, path);
  } else {
    free(path);
  }
}

static void store_path(const FiqPlugin* self, LV2_URID key, const char* path,
                       LV2_State_Store_Function store, LV2_State_Handle handle,
                       const LV2_Feature* const* features)
{
  assert(self && path);
  const LV2_State_Map_Path* const map    = fiq_feature(features, LV2_STATE__mapPath);
  char* const                     mapped = map ? map->abstract_path(map->handle, path) : NULL;
  const char* const               text   = mapped ? mapped : path;
  const uint32_t                  how    = LV2_STATE_IS_POD | (mapped ? LV2_STATE_IS_PORTABLE : 0u);
  // A host that cannot keep the name still keeps the table.
  store(handle, key, text, strlen(text) + 1, self->urids.atom_path, how);
  if (mapped) {
    free_path(features, mapped);
  }
}

LV2_State_Status fiq_plugin_save_tuning(FiqPlugin* self, bool is_restored,
                                        LV2_State_Store_Function store, LV2_State_Handle handle,
                                        const LV2_Feature* const* features)
{
  assert(self && store);
  FiqTuningExchange* const   shelf   = &self->tunings;
  FiqTuningFile              file    = {.is_equal = true};
  const FiqTuningFile* const playing = (const void*)fiq_handover_enter(&shelf->handover);
  if (is_restored) {
    file = shelf->last_restored;
  } else if (playing) {
    file = *playing;
  }
  fiq_handover_leave(&shelf->handover);
  if (file.is_equal) {
    return LV2_STATE_SUCCESS;
  }
  if (file.path[0]) {
    store_path(self, self->urids.tuning, file.path, store, handle, features);
  }
  if (file.mapping[0]) {
    store_path(self, self->urids.tuning_map, file.mapping, store, handle, features);
  }
  Table table = {{sizeof(double), self->urids.atom_double}, {0.0}};
  memcpy(table.hz, file.tuning.hz, sizeof(table.hz));
  return store(handle, self->urids.tuning_table, &table, sizeof(table), self->urids.atom_vector,
               LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE);
}

/// The stored path as a path of this machine; false if there is none.
static bool retrieve_path(const FiqPlugin* self, LV2_URID key, LV2_State_Retrieve_Function retrieve,
                          LV2_State_Handle handle, const LV2_Feature* const* features,
                          char path[FIQ_TUNING_PATH_BYTES])
{
  assert(self && retrieve);
  size_t            size = 0;
  uint32_t          type = 0;
  uint32_t          how  = 0;
  const char* const kept = retrieve(handle, key, &size, &type, &how);
  if (!kept || type != self->urids.atom_path || !memchr(kept, 0, size)) {
    return false;
  }
  const LV2_State_Map_Path* const map    = fiq_feature(features, LV2_STATE__mapPath);
  char* const                     mapped = map ? map->absolute_path(map->handle, kept) : NULL;
  const char* const               text   = mapped ? mapped : kept;
  const size_t                    length = strlen(text);
  const bool                      fits   = length > 0 && length < FIQ_TUNING_PATH_BYTES;
  if (fits) {
    memcpy(path, text, length + 1);
  }
  if (mapped) {
    free_path(features, mapped);
  }
  return fits;
}

/// A tuning of the frequencies that were stored, or NULL if they are not there or make no sense.
static FiqTuningFile* retrieve_table(const FiqPlugin* self, LV2_State_Retrieve_Function retrieve,
                                     LV2_State_Handle handle)
{
  assert(self && retrieve);
  size_t            size = 0;
  uint32_t          type = 0;
  uint32_t          how  = 0;
  const void* const kept = retrieve(handle, self->urids.tuning_table, &size, &type, &how);
  Table             table;
  if (!kept || type != self->urids.atom_vector || size != sizeof(table)) {
    return NULL;
  }
  memcpy(&table, kept, sizeof(table));
  FiqTuningFile* const file = calloc(1, sizeof(FiqTuningFile));
  if (!file || table.head.child_size != sizeof(double) ||
      table.head.child_type != self->urids.atom_double) {
    free(file);
    return NULL;
  }
  fiq_tuning_init_equal(&file->tuning, FIQ_TUNING_A4_HZ);
  for (int key = 0; key < FIQ_TUNING_KEYS; ++key) {
    const double hz         = table.hz[key];
    const bool   sounds     = hz >= FIQ_TUNING_MIN_HZ && hz <= FIQ_TUNING_MAX_HZ;
    file->tuning.hz[key]    = sounds ? hz : 0.0;
    file->tuning.pitch[key] = sounds ? 69.0 + 12.0 * log2(hz / FIQ_TUNING_A4_HZ) : key;
  }
  return file;
}

void fiq_plugin_restore_tuning(FiqPlugin* self, LV2_State_Retrieve_Function retrieve,
                               LV2_State_Handle handle, const LV2_Feature* const* features)
{
  assert(self && retrieve);
  char           path[FIQ_TUNING_PATH_BYTES]    = "";
  char           mapping[FIQ_TUNING_PATH_BYTES] = "";
  const LV2_URID map                            = self->urids.tuning_map;
  const bool     named  = retrieve_path(self, self->urids.tuning, retrieve, handle, features, path);
  const bool     mapped = named && retrieve_path(self, map, retrieve, handle, features, mapping);
  FiqTuningFile* file   = named ? load_tuning(self, path, mapped ? mapping : NULL) : NULL;
  if (!file) {
    file = retrieve_table(self, retrieve, handle);
    if (file) { // with the names, so that the files are found again once they are back
      strcpy(file->path, path);
      strcpy(file->mapping, mapping);
    }
  }
  if (!file) {
    file = load_tuning(self, "", NULL);
  }
  if (file) {
    self->tunings.last_restored = *file;
    fiq_handover_send(&self->tunings.handover, &file->parcel);
  }
}
