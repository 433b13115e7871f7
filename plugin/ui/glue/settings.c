// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/glue/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 1024, LINE_BYTES = FIQ_UI_KEY_BYTES + 32 };

/// Name of the file, or false without a home.
static bool settings_path(char path[PATH_BYTES])
{
  const char* const config = getenv("XDG_CONFIG_HOME");
  const char* const home   = getenv("HOME");
  const bool        is_set = config && config[0] == '/';
  if (!is_set && (!home || home[0] != '/')) {
    return false;
  }
  const int n = is_set ? snprintf(path, PATH_BYTES, "%s/fieldiq/window", config)
                       : snprintf(path, PATH_BYTES, "%s/.config/fieldiq/window", home);
  return n > 0 && n < PATH_BYTES;
}

bool fiq_ui_make_folders(const char* path)
{
  char folder[PATH_BYTES];
  if (strlen(path) >= sizeof(folder)) {
    return false;
  }
  strcpy(folder, path);
  for (char* at = strchr(folder + 1, '/'); at; at = strchr(at + 1, '/')) {
    *at = '\0';
    struct stat info;
    if (stat(folder, &info) != 0 && mkdir(folder, 0777) != 0) {
      return false;
    }
    *at = '/';
  }
  return true;
}

static void take_line(FiqUiSettings* self, char* line)
{
  line[strcspn(line, "\n")] = '\0';
  char* const space         = strchr(line, ' ');
  if (!space) {
    return;
  }
  *space                  = '\0';
  const char* const value = space + 1;
  if (strcmp(line, "zoom") == 0) {
    const unsigned long zoom = strtoul(value, NULL, 10);
    self->zoom               = zoom >= 50 && zoom <= 400 ? (uint32_t)zoom : 0;
  } else if (strcmp(line, "contrast") == 0) {
    self->high_contrast = strcmp(value, "high") == 0;
  } else if (strcmp(line, "favourite") == 0 && self->n_favourites < FIQ_UI_FAVOURITES_MAX &&
             strlen(value) < FIQ_UI_KEY_BYTES && !fiq_ui_settings_is_favourite(self, value)) {
    strcpy(self->favourite[self->n_favourites++], value);
  }
}

void fiq_ui_settings_read(FiqUiSettings* self)
{
  char path[PATH_BYTES];
  memset(self, 0, sizeof(*self));
  FILE* const file = settings_path(path) ? fopen(path, "r") : NULL;
  char        line[LINE_BYTES];
  while (file && fgets(line, sizeof(line), file)) {
    take_line(self, line);
  }
  if (file) {
    fclose(file);
  }
}

static bool write_lines(const FiqUiSettings* self, FILE* file)
{
  bool ok = self->zoom == 0 || fprintf(file, "zoom %u\n", self->zoom) > 0;
  ok      = ok && (!self->high_contrast || fputs("contrast high\n", file) >= 0);
  for (uint32_t i = 0; i < self->n_favourites && ok; ++i) {
    ok = fprintf(file, "favourite %s\n", self->favourite[i]) > 0;
  }
  return ok && fflush(file) == 0;
}

/// Replace the file, at once or not at all.
static bool write_settings(const FiqUiSettings* self)
{
  char path[PATH_BYTES];
  char draft[PATH_BYTES + 16];
  if (!settings_path(path) || !fiq_ui_make_folders(path)) {
    return false;
  }
  snprintf(draft, sizeof(draft), "%s.XXXXXX", path);
  const int   number = mkstemp(draft);
  FILE* const file   = number >= 0 ? fdopen(number, "w") : NULL;
  if (!file) {
    return false;
  }
  bool ok = write_lines(self, file);
  ok      = fclose(file) == 0 && ok;
  if (ok && rename(draft, path) == 0) {
    return true;
  }
  unlink(draft);
  return false;
}

bool fiq_ui_settings_set_zoom(FiqUiSettings* self, uint32_t zoom)
{
  fiq_ui_settings_read(self);
  self->zoom = zoom;
  return write_settings(self);
}

bool fiq_ui_settings_set_contrast(FiqUiSettings* self, bool high)
{
  fiq_ui_settings_read(self);
  self->high_contrast = high;
  return write_settings(self);
}

bool fiq_ui_settings_is_favourite(const FiqUiSettings* self, const char* key)
{
  for (uint32_t i = 0; i < self->n_favourites; ++i) {
    if (strcmp(self->favourite[i], key) == 0) {
      return true;
    }
  }
  return false;
}

bool fiq_ui_settings_set_favourite(FiqUiSettings* self, const char* key, bool on)
{
  fiq_ui_settings_read(self);
  uint32_t n = 0;
  for (uint32_t i = 0; i < self->n_favourites; ++i) {
    if (strcmp(self->favourite[i], key) != 0) {
      memmove(self->favourite[n++], self->favourite[i], FIQ_UI_KEY_BYTES);
    }
  }
  self->n_favourites = n;
  const bool fits    = strlen(key) < FIQ_UI_KEY_BYTES && n < FIQ_UI_FAVOURITES_MAX;
  if (on && !fits) {
    return false;
  }
  if (on) {
    strcpy(self->favourite[self->n_favourites++], key);
  }
  return write_settings(self);
}
