// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/glue/preset_store.h"

#include "plugin/presets.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { USER_MAX = 4096 };

/// One preset; of the bundle, or of the user's.
typedef struct {
  const FiqPreset* factory; ///< NULL: the user's
  FiqPresetText    text;
  char             key[FIQ_UI_KEY_BYTES];
  char*            path; ///< of the user's file
} Item;

struct FiqPresetStore {
  FiqPluginKind plugin;
  Item*         items; ///< [n]
  uint32_t      n;
  uint32_t      capacity;
  FiqUiPreset*  shown; ///< [n]
};

static Item* add_item(FiqPresetStore* self)
{
  if (self->n == self->capacity) {
    const uint32_t capacity = 2 * self->capacity + 64;
    Item* const    items    = realloc(self->items, capacity * sizeof(Item));
    if (!items) {
      return NULL;
    }
    self->items    = items;
    self->capacity = capacity;
  }
  Item* const item = &self->items[self->n++];
  memset(item, 0, sizeof(*item));
  return item;
}

static void empty(FiqPresetStore* self)
{
  for (uint32_t i = 0; i < self->n; ++i) {
    free(self->items[i].path);
  }
  self->n = 0;
}

static void add_factory(FiqPresetStore* self)
{
  for (uint32_t i = 0; i < fiq_n_presets; ++i) {
    const FiqPreset* const preset = &fiq_presets[i];
    Item* const            item   = fiq_preset_suits(preset, self->plugin) ? add_item(self) : NULL;
    if (item) {
      item->factory = preset;
      snprintf(item->text.name, sizeof(item->text.name), "%s", preset->label);
      snprintf(item->text.category, sizeof(item->text.category), "%s", preset->category);
      snprintf(item->text.tags, sizeof(item->text.tags), "%s", preset->tags);
      snprintf(item->text.comment, sizeof(item->text.comment), "%s", preset->comment);
      snprintf(item->key, sizeof(item->key), "%s:%s", fiq_plugin_names[preset->plugin],
               preset->slug);
    }
  }
}

FiqPresetStore* fiq_preset_store_new(FiqPluginKind plugin)
{
  FiqPresetStore* const self = calloc(1, sizeof(*self));
  if (self) {
    self->plugin = plugin;
  }
  return self;
}

void fiq_preset_store_free(FiqPresetStore* self)
{
  if (self) {
    empty(self);
    free(self->items);
    free(self->shown);
    free(self);
  }
}

/// Where lilv keeps presets, or false without a home.
static bool user_folder(char folder[FIQ_PRESET_PATH_BYTES])
{
  const char* const home = getenv("HOME");
  return home && home[0] == '/' &&
         snprintf(folder, FIQ_PRESET_PATH_BYTES, "%s/.lv2", home) < FIQ_PRESET_PATH_BYTES / 2;
}

static void on_found(void* handle, const char* path)
{
  FiqPresetStore* const self = handle;
  FiqPresetText         text;
  Item* const item = fiq_preset_file_read(path, self->plugin, &text, NULL) && self->n < USER_MAX
                         ? add_item(self)
                         : NULL;
  if (item) {
    item->text = text;
    item->path = strdup(path);
    snprintf(item->key, sizeof(item->key), "user:%s:%.120s", fiq_plugin_names[self->plugin],
             text.name);
  }
}

static void add_users(FiqPresetStore* self)
{
  char       folder[FIQ_PRESET_PATH_BYTES];
  char       bundle[FIQ_PRESET_PATH_BYTES];
  DIR* const all = user_folder(folder) ? opendir(folder) : NULL;
  for (const struct dirent* one = all ? readdir(all) : NULL; one; one = readdir(all)) {
    const size_t length = strlen(one->d_name);
    if (length > 4 && strcmp(one->d_name + length - 4, ".lv2") == 0 &&
        snprintf(bundle, sizeof(bundle), "%s/%s", folder, one->d_name) < (int)sizeof(bundle)) {
      fiq_preset_manifest_read(bundle, self->plugin, on_found, self);
    }
  }
  if (all) {
    closedir(all);
  }
}

static int compare(const void* a, const void* b)
{
  const Item* const x        = a;
  const Item* const y        = b;
  const int         category = strcmp(x->text.category, y->text.category);
  return category ? category : strcasecmp(x->text.name, y->text.name);
}

void fiq_preset_store_scan(FiqPresetStore* self, const FiqUiSettings* settings, FiqUiPresets* list)
{
  empty(self);
  add_factory(self);
  add_users(self);
  qsort(self->items, self->n, sizeof(Item), compare);
  FiqUiPreset* const shown = realloc(self->shown, (self->n + 1) * sizeof(FiqUiPreset));
  list->n                  = 0;
  ++list->sequence;
  if (!shown) {
    return;
  }
  self->shown = shown;
  for (uint32_t i = 0; i < self->n; ++i) {
    const Item* const item = &self->items[i];
    shown[i]               = (FiqUiPreset){.name         = item->text.name,
                                           .category     = item->text.category,
                                           .tags         = item->text.tags,
                                           .comment      = item->text.comment,
                                           .is_favourite = fiq_ui_settings_is_favourite(settings, item->key),
                                           .is_user      = item->factory == NULL};
  }
  list->entry = shown;
  list->n     = self->n;
}

bool fiq_preset_store_load(const FiqPresetStore* self, uint32_t entry, FiqPresetContent* content)
{
  if (entry >= self->n) {
    return false;
  }
  const Item* const item = &self->items[entry];
  if (!item->factory) {
    FiqPresetText text;
    return item->path && fiq_preset_file_read(item->path, self->plugin, &text, content);
  }
  fiq_preset_content_clear(content);
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    const FiqParam* const param = &fiq_params[row];
    if (fiq_preset_holds(param, self->plugin)) {
      content->value[row] = fiq_preset_value(item->factory, param);
    }
  }
  return true;
}

int32_t fiq_preset_store_find(const FiqPresetStore* self, const char* name)
{
  int32_t found = -1;
  for (uint32_t i = 0; i < self->n; ++i) {
    if (strcmp(self->items[i].text.name, name) == 0 && (found < 0 || !self->items[i].factory)) {
      found = (int32_t)i;
    }
  }
  return found;
}

const char* fiq_preset_store_key(const FiqPresetStore* self, uint32_t entry)
{
  return entry < self->n ? self->items[entry].key : "";
}

/// A folder of its own for the name: letters and digits of it, and a number if another preset has that.
static bool new_folder(const FiqPresetStore* self, const char* name,
                       char folder[FIQ_PRESET_PATH_BYTES])
{
  char   plain[64];
  size_t n = 0;
  for (const char* at = name; *at && n < sizeof(plain) - 1; ++at) {
    const bool is_plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
                          (*at >= '0' && *at <= '9') || *at == '-';
    plain[n++] = is_plain ? *at : '_';
  }
  plain[n] = '\0';
  char home[FIQ_PRESET_PATH_BYTES];
  if (!user_folder(home)) {
    errno = ENOENT;
    return false;
  }
  for (int number = 1; number < 1000; ++number) {
    char suffix[16] = "";
    if (number > 1) {
      snprintf(suffix, sizeof(suffix), "_%d", number);
    }
    snprintf(folder, FIQ_PRESET_PATH_BYTES, "%.500s/FieldIQ_%s_%s%s.preset.lv2", home,
             fiq_plugin_names[self->plugin], plain, suffix);
    if (access(folder, F_OK) != 0) {
      return true;
    }
  }
  errno = EEXIST;
  return false;
}

bool fiq_preset_store_save(FiqPresetStore* self, const FiqPresetText* text,
                           const FiqPresetContent* content)
{
  char          folder[FIQ_PRESET_PATH_BYTES];
  const int32_t old = fiq_preset_store_find(self, text->name);
  const char*   at  = old >= 0 ? self->items[old].path : NULL;
  const char*   end = at ? strrchr(at, '/') : NULL;
  // One that a host saved keeps its folder only if its file is named as ours are.
  if (end && strcmp(end, "/preset.ttl") == 0 && end - at < FIQ_PRESET_PATH_BYTES) {
    snprintf(folder, sizeof(folder), "%.*s", (int)(end - at), at);
  } else if (!new_folder(self, text->name, folder)) {
    return false;
  }
  return fiq_preset_file_write(folder, self->plugin, text, content);
}

bool fiq_preset_store_delete(FiqPresetStore* self, uint32_t entry)
{
  char              folder[FIQ_PRESET_PATH_BYTES];
  char              manifest[FIQ_PRESET_PATH_BYTES + 16];
  const char* const path = entry < self->n ? self->items[entry].path : NULL;
  const char* const end  = path ? strrchr(path, '/') : NULL;
  if (!end || end - path >= FIQ_PRESET_PATH_BYTES) {
    return false;
  }
  snprintf(folder, sizeof(folder), "%.*s", (int)(end - path), path);
  snprintf(manifest, sizeof(manifest), "%s/manifest.ttl", folder);
  // A folder that a host has put other presets into is left to it.
  if (fiq_preset_manifest_count(folder) != 1) {
    return false;
  }
  // The manifest goes first: without it hosts find nothing, whatever is left.
  const bool ok = unlink(manifest) == 0 && unlink(path) == 0;
  (void)rmdir(folder); // stays if there is more in it
  return ok;
}
