// SPDX-License-Identifier: GPL-3.0-or-later
#define _XOPEN_SOURCE 700

#include "host-test/render/batch_list.h"

#include "host-test/common/file_path.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 32 };

static const char* const sounds[] = {"wav", "wave", "flac", "ogg", "oga",  "opus", "aiff",
                                     "aif", "au",   "caf",  "w64", "rf64", "mp3"};
static const char* const music[]  = {"mid", "midi", "rmi"};

/// The ending of a name, without its dot; "" when it has none.
static const char* ending_of(const char* path)
{
  const char* const slash = strrchr(path, '/');
  const char* const name  = slash ? slash + 1 : path;
  const char* const dot   = strrchr(name, '.');
  return dot && dot > name ? dot + 1 : "";
}

static bool is_among(const char* ending, const char* const* endings, size_t n)
{
  bool found = false;
  for (size_t i = 0; i < n; ++i) {
    found = found || strcasecmp(ending, endings[i]) == 0;
  }
  return found;
}

static bool is_music(const char* path)
{
  return is_among(ending_of(path), music, sizeof music / sizeof music[0]);
}

static bool is_sound(const char* path)
{
  return is_among(ending_of(path), sounds, sizeof sounds / sizeof sounds[0]);
}

/// `path` without its ending and without what leads out of a folder, to be freed.
static char* place_of(const char* path)
{
  const char* const ending = ending_of(path);
  while (path[0] == '/' || strncmp(path, "./", 2) == 0 || strncmp(path, "../", 3) == 0) {
    path += path[0] == '/' ? 1 : (path[1] == '/' ? 2 : 3);
  }
  char* const  place = strdup(path);
  const size_t cut   = ending[0] ? strlen(ending) + 1 : 0;
  if (place && strlen(place) > cut) {
    place[strlen(place) - cut] = '\0';
  }
  return place;
}

/// Add `path`, which stands at `below`.
static bool add_file(FiqBatchList* self, const char* path, const char* below)
{
  struct stat info;
  if (self->n == self->n_room) {
    const size_t        room  = self->n_room > 0 ? 2 * self->n_room : 256;
    FiqBatchFile* const files = realloc(self->files, room * sizeof(FiqBatchFile));
    if (!files) {
      return false;
    }
    self->files  = files;
    self->n_room = room;
  }
  FiqBatchFile* const file = &self->files[self->n++];
  *file =
      (FiqBatchFile){.input = strdup(path), .place = place_of(below), .is_midi = is_music(path)};
  file->n_bytes = stat(path, &info) == 0 && info.st_size > 0 ? (uint64_t)info.st_size : 0;
  file->number  = (uint32_t)self->n;
  return file->input && file->place;
}

/// A folder that is walked.
typedef struct {
  FiqBatchList* list;
  bool          plays_music;              ///< instead of sounds
  size_t        n_root;                   ///< bytes of the path that are not below it
  char          left_out[FIQ_PATH_BYTES]; ///< where the outputs are, or ""
} Walk;

static bool walk(const Walk* self, const char* folder, int depth);

static bool visit(const Walk* self, const char* path, int depth)
{
  struct stat info;
  char        real[FIQ_PATH_BYTES];
  if (stat(path, &info) != 0) {
    return true;
  }
  if (S_ISDIR(info.st_mode)) {
    const bool outputs =
        self->left_out[0] && fiq_path_resolve(path, real) && strcmp(real, self->left_out) == 0;
    return outputs || depth == DEPTH_MAX || walk(self, path, depth + 1);
  }
  return !(self->plays_music ? is_music(path) : is_sound(path)) ||
         add_file(self->list, path, path + self->n_root);
}

/// The order of names in every language.
static int by_bytes(const struct dirent** a, const struct dirent** b)
{
  return strcmp((*a)->d_name, (*b)->d_name);
}

/// Add all files of `folder` and those below it, by name. Links are followed to a depth that no circle passes.
static bool walk(const Walk* self, const char* folder, int depth)
{
  struct dirent** entries = NULL;
  const int       n       = scandir(folder, &entries, NULL, by_bytes);
  bool            added   = n >= 0;
  if (n < 0) {
    fiq_error("--batch: %s: %s", folder, strerror(errno));
  }
  for (int i = 0; i < n; ++i) {
    char      path[FIQ_PATH_BYTES];
    const int length = snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
    if (added && entries[i]->d_name[0] != '.' && length > 0 && (size_t)length < sizeof path) {
      added = visit(self, path, depth);
    }
    free(entries[i]);
  }
  free(entries);
  return added;
}

/// The folder that `pattern` writes into, up to its first mark, or "".
static void folder_of(const char* pattern, char to[FIQ_PATH_BYTES])
{
  char         fixed[FIQ_PATH_BYTES];
  const size_t n = strcspn(pattern, "{");
  snprintf(fixed, sizeof fixed, "%.*s", (int)n, pattern);
  char* const slash = strrchr(fixed, '/');
  to[0]             = '\0';
  if (slash && slash > fixed) {
    *slash = '\0';
    if (!fiq_path_resolve(fixed, to)) {
      to[0] = '\0';
    }
  }
}

static bool read_folder(FiqBatchList* self, const char* path, const char* pattern, bool plays_music)
{
  Walk   all    = {.list = self, .plays_music = plays_music};
  size_t length = strlen(path);
  char*  folder = strdup(path);
  while (folder && length > 1 && folder[length - 1] == '/') {
    folder[--length] = '\0';
  }
  all.n_root = length + 1;
  folder_of(pattern, all.left_out);
  const bool read = folder && walk(&all, folder, 0);
  free(folder);
  return read;
}

static bool read_list(FiqBatchList* self, const char* path)
{
  FILE* const file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
  char*       line = NULL;
  size_t      room = 0;
  ssize_t     n    = 0;
  bool        read = file != NULL;
  if (!file) {
    fiq_error("--batch: %s: %s", path, strerror(errno));
  }
  while (read && (n = getline(&line, &room, file)) >= 0) {
    while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r')) {
      line[--n] = '\0';
    }
    read = n == 0 || add_file(self, line, line);
  }
  if (file && file != stdin) {
    fclose(file);
  }
  free(line);
  return read;
}

char* fiq_batch_fill(const char* pattern, const FiqBatchFile* file)
{
  const char* const slash = strrchr(file->place, '/');
  char              number[16];
  snprintf(number, sizeof number, "%05u", file->number);
  const struct {
    const char* mark;
    const char* text;
  } marks[]     = {{"{path}", file->place},
                   {"{name}", slash ? slash + 1 : file->place},
                   {"{ext}", ending_of(file->input)},
                   {"{n}", number}};
  size_t room   = strlen(pattern) + 1;
  size_t length = 0;
  for (const char* at = strchr(pattern, '{'); at; at = strchr(at + 1, '{')) {
    room += strlen(file->place) + strlen(file->input) + sizeof number;
  }
  char* const to = malloc(room);
  for (const char* at = pattern; to && *at;) {
    size_t i = 0;
    while (i < sizeof marks / sizeof marks[0] &&
           strncmp(at, marks[i].mark, strlen(marks[i].mark)) != 0) {
      ++i;
    }
    const bool        marked = i < sizeof marks / sizeof marks[0];
    const char* const text   = marked ? marks[i].text : at;
    const size_t      n      = marked ? strlen(text) : 1;
    memcpy(to + length, text, n);
    length += n;
    at += marked ? strlen(marks[i].mark) : 1;
  }
  if (to) {
    to[length] = '\0';
  }
  return to;
}

/// The pattern for the output of `file` where `output` is none: in that folder, in the format of the input.
static char* pattern_in(const char* output, const char* format, const FiqBatchFile* file)
{
  const char* const ending  = format ? format : (file->is_midi ? "wav" : "{ext}");
  const size_t      n_bytes = strlen(output) + strlen(ending) + sizeof "/{path}.";
  char* const       pattern = malloc(n_bytes);
  if (pattern) {
    snprintf(pattern, n_bytes, "%s/{path}.%s", output, ending);
  }
  return pattern;
}

static bool name_outputs(FiqBatchList* self, const FiqRenderOptions* options)
{
  const char* const output = options->files[0];
  bool              named  = true;
  for (size_t i = 0; named && i < self->n; ++i) {
    FiqBatchFile* const file = &self->files[i];
    char* const         pattern =
        strchr(output, '{') ? strdup(output) : pattern_in(output, options->format, file);
    file->output = pattern ? fiq_batch_fill(pattern, file) : NULL;
    named        = file->output != NULL;
    free(pattern);
  }
  return named;
}

/// A place that is read or written.
typedef struct {
  char*       real;
  const char* path;
  bool        is_written;
} Place;

static int compare_places(const void* a, const void* b)
{
  return strcmp(((const Place*)a)->real, ((const Place*)b)->real);
}

/// Whether each output has a place of its own, which is no input's.
static bool check_places(const FiqBatchList* self)
{
  Place* const places = calloc(2 * self->n + 1, sizeof(Place));
  size_t       n      = 0;
  bool         apart  = places != NULL;
  for (size_t i = 0; places && i < 2 * self->n; ++i) {
    const FiqBatchFile* const file = &self->files[i / 2];
    char                      real[FIQ_PATH_BYTES];
    const char* const         path = i % 2 ? file->output : file->input;
    if (fiq_path_resolve(path, real)) {
      places[n++] = (Place){strdup(real), path, i % 2 == 1};
      apart       = apart && places[n - 1].real;
    }
  }
  if (apart && n > 1) {
    qsort(places, n, sizeof(Place), compare_places);
  }
  for (size_t i = 1; apart && i < n; ++i) {
    const bool same = strcmp(places[i - 1].real, places[i].real) == 0;
    if (same && (places[i].is_written || places[i - 1].is_written)) {
      const bool both = places[i].is_written && places[i - 1].is_written;
      fiq_error("--batch: %s %s", places[i].path,
                both ? "would be the output of two files; {path} and {n} tell them apart"
                     : "is an input and would be written over");
      apart = false;
    }
  }
  for (size_t i = 0; i < n; ++i) {
    free(places[i].real);
  }
  free(places);
  return apart;
}

bool fiq_batch_list(FiqBatchList* self, const FiqRenderOptions* options, bool plays_music)
{
  struct stat       info;
  const char* const path = options->batch.path;
  *self                  = (FiqBatchList){.n = 0};
  if (options->n_files != 1) {
    fiq_error("--batch needs one OUTPUT, a folder or a pattern such as out/{path}.wav");
    return false;
  }
  const bool is_folder = stat(path, &info) == 0 && S_ISDIR(info.st_mode);
  char       within[FIQ_PATH_BYTES];
  snprintf(within, sizeof within, "%s%s", options->files[0],
           strchr(options->files[0], '{') ? "" : "/{path}");
  if (!(is_folder ? read_folder(self, path, within, plays_music) : read_list(self, path))) {
    return false;
  }
  if (self->n == 0) {
    fiq_error("--batch: there is no %s file in %s", plays_music ? "MIDI" : "sound", path);
    return false;
  }
  if (!name_outputs(self, options)) {
    fiq_error("out of memory");
    return false;
  }
  return check_places(self);
}

void fiq_batch_list_share(FiqBatchList* self, uint32_t share, uint32_t n_shares)
{
  size_t n = 0;
  for (size_t i = 0; i < self->n; ++i) {
    FiqBatchFile* const file = &self->files[i];
    if (i % n_shares == share - 1) {
      self->files[n++] = *file;
    } else {
      free(file->input);
      free(file->place);
      free(file->output);
    }
  }
  self->n = n;
}

void fiq_batch_list_free(FiqBatchList* self)
{
  for (size_t i = 0; i < self->n; ++i) {
    free(self->files[i].input);
    free(self->files[i].place);
    free(self->files[i].output);
  }
  free(self->files);
  *self = (FiqBatchList){.n = 0};
}
