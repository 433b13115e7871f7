// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/lv2/urid.h"

#include <stdlib.h>
#include <string.h>

static LV2_URID find_or_add(FiqUrid* self, const char* uri)
{
  for (uint32_t i = 0; i < self->n_uris; ++i) {
    if (strcmp(self->uris[i], uri) == 0) {
      return i + 1;
    }
  }
  char** const grown = realloc(self->uris, (self->n_uris + 1) * sizeof(char*));
  if (!grown) {
    return 0;
  }
  self->uris       = grown;
  char* const copy = strdup(uri);
  if (!copy) {
    return 0;
  }
  self->uris[self->n_uris++] = copy;
  return self->n_uris;
}

LV2_URID fiq_urid(FiqUrid* self, const char* uri)
{
  pthread_mutex_lock(&self->lock);
  const LV2_URID urid = find_or_add(self, uri);
  pthread_mutex_unlock(&self->lock);
  return urid;
}

static LV2_URID map_callback(LV2_URID_Map_Handle handle, const char* uri)
{
  return fiq_urid(handle, uri);
}

const char* fiq_urid_uri(FiqUrid* self, LV2_URID urid)
{
  pthread_mutex_lock(&self->lock);
  const char* const uri = urid > 0 && urid <= self->n_uris ? self->uris[urid - 1] : NULL;
  pthread_mutex_unlock(&self->lock);
  return uri;
}

static const char* unmap_callback(LV2_URID_Unmap_Handle handle, LV2_URID urid)
{
  return fiq_urid_uri(handle, urid);
}

bool fiq_urid_init(FiqUrid* self)
{
  *self       = (FiqUrid){.uris = NULL};
  self->map   = (LV2_URID_Map){self, map_callback};
  self->unmap = (LV2_URID_Unmap){self, unmap_callback};
  return pthread_mutex_init(&self->lock, NULL) == 0;
}

void fiq_urid_free(FiqUrid* self)
{
  for (uint32_t i = 0; i < self->n_uris; ++i) {
    free(self->uris[i]);
  }
  free(self->uris);
  pthread_mutex_destroy(&self->lock);
}
