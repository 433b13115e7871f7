// SPDX-License-Identifier: GPL-3.0-or-later
#define _XOPEN_SOURCE 700

#include "host-test/render/batch_record.h"

#include "host-test/common/pending_file.h"
#include "host-test/common/report.h"
#include "host-test/common/version.h"
#include "host-test/lv2/lv2_state.h"

#include <jansson.h>

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// Add what is in `path`.
static bool add_file(FiqSha256* hash, const char* path)
{
  char text[FIQ_SHA256_TEXT_BYTES];
  if (!fiq_sha256_file(path, text, NULL)) {
    fiq_error("%s: %s", path, strerror(errno));
    return false;
  }
  fiq_sha256_add_text(hash, text);
  return true;
}

/// Add what is in the file that `uri` names, if it names one.
static bool add_uri(FiqSha256* hash, const LilvNode* uri)
{
  char* const path =
      uri && lilv_node_is_uri(uri) ? lilv_file_uri_parse(lilv_node_as_uri(uri), NULL) : NULL;
  const bool added = !path || add_file(hash, path);
  lilv_free(path);
  return added;
}

bool fiq_batch_add_plugins(FiqSha256* hash, const FiqChain* chain)
{
  bool added = true;
  for (uint32_t i = 0; added && i < chain->n; ++i) {
    const FiqLink* const   link   = &chain->links[i];
    const FiqHost* const   host   = &link->ensemble.hosts[0];
    const LilvNodes* const data   = lilv_plugin_get_data_uris(host->plugin);
    const char* const      preset = link->options->preset;
    char                   path[FIQ_PATH_BYTES];
    fiq_sha256_add_text(hash, lilv_node_as_uri(lilv_plugin_get_uri(host->plugin)));
    added = add_uri(hash, lilv_plugin_get_library_uri(host->plugin));
    LILV_FOREACH(nodes, k, data)
    {
      added = added && add_uri(hash, lilv_nodes_get(data, k));
    }
    if (added && preset && fiq_state_preset_file(host, preset, path, sizeof path)) {
      added = add_file(hash, path);
    }
  }
  return added;
}

bool fiq_batch_record(FiqBatchRecord* self, const char* input, const char* settings)
{
  FiqSha256 hash;
  if (!fiq_sha256_file(input, self->input_hash, NULL)) {
    fiq_error("%s: %s", input, errno == EINVAL ? "is not a file" : strerror(errno));
    return false;
  }
  fiq_sha256_init(&hash);
  fiq_sha256_add_text(&hash, settings);
  fiq_sha256_add_text(&hash, self->input_hash);
  fiq_sha256_end(&hash, self->key);
  return true;
}

/// Where the record of `output` is; false when the path is too long.
static bool record_path(const char* output, char to[FIQ_PATH_BYTES])
{
  const char* const slash = strrchr(output, '/');
  const char* const name  = slash ? slash + 1 : output;
  const int n = snprintf(to, FIQ_PATH_BYTES, "%.*s.%s.fieldiq", (int)(name - output), output, name);
  return n > 0 && n < FIQ_PATH_BYTES;
}

bool fiq_batch_is_made(const FiqBatchRecord* self, const char* output)
{
  char        path[FIQ_PATH_BYTES];
  char        output_hash[FIQ_SHA256_TEXT_BYTES];
  const char* key    = NULL;
  const char* kept   = NULL;
  json_t*     record = record_path(output, path) ? json_load_file(path, 0, NULL) : NULL;
  const bool  made   = json_unpack(record, "{s:s,s:s}", "key", &key, "output_sha256", &kept) == 0 &&
                    strcmp(key, self->key) == 0 && fiq_sha256_file(output, output_hash, NULL) &&
                    strcmp(kept, output_hash) == 0;
  json_decref(record);
  return made;
}

bool fiq_batch_keep_record(const FiqBatchRecord* self, const char* input, const char* output)
{
  char path[FIQ_PATH_BYTES];
  char output_hash[FIQ_SHA256_TEXT_BYTES];
  if (!record_path(output, path) || !fiq_sha256_file(output, output_hash, NULL)) {
    fiq_error("%s: cannot be read again: %s", output, strerror(errno));
    return false;
  }
  json_t* const record = json_pack("{s:s,s:s,s:s,s:s}", "version", FIQ_VERSION, "key", self->key,
                                   "input_sha256", self->input_hash, "output_sha256", output_hash);
  json_t* const name   = json_string(input);
  if (record && name) {
    json_object_set(record, "input", name);
  }
  json_decref(name);
  char* const text = record ? json_dumps(record, JSON_PRESERVE_ORDER) : NULL;
  const bool  kept = text && fiq_pending_text(path, text);
  json_decref(record);
  free(text);
  return kept;
}

void fiq_batch_drop_record(const char* output)
{
  char path[FIQ_PATH_BYTES];
  if (record_path(output, path)) {
    unlink(path);
  }
}
