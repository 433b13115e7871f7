// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: a Scala file tunes the notes, comes back with the session, and a bad one harms nothing.
   Method: scales are written to a folder of the test's own, sent as a host would send them, and
   triads are measured in the spectrum; sessions are compared byte by byte.
*/
#include "tests/support/fixture.h"
#include "tests/support/store.h"

#include <lv2/atom/util.h>
#include <lv2/patch/patch.h>

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONG = 4 * 48000, SHORT = 24000, PATH_BYTES = 64 };

#define TUNING "urn:fieldiq:tuning"
#define TUNING_TABLE "urn:fieldiq:tuning-table"
#define PI 3.14159265358979323846

/// A folder of the test's own with a good scale, a mapping beside another, and broken files.
typedef struct {
  char folder[32];
  char just[PATH_BYTES], low[PATH_BYTES], low_map[PATH_BYTES], broken[PATH_BYTES], huge[PATH_BYTES];
} Files;

static const char just_scl[] =
    "! just.scl\n!\nFive-limit major\n 7\n9/8\n5/4\n4/3\n3/2\n5/3\n15/8\n2/1\n";
static const char chromatic_scl[] =
    "Five-limit chromatic\n12\n16/15\n9/8\n6/5\n5/4\n4/3\n45/32\n3/2\n8/5\n5/3\n9/5\n15/8\n2\n";

static void write_file(const char* path, const char* text)
{
  FILE* const file = fopen(path, "wb");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  fclose(file);
}

static int set_up(void** state)
{
  static Files files;
  strcpy(files.folder, "/tmp/fieldiq_XXXXXX");
  if (!mkdtemp(files.folder)) {
    return -1;
  }
  snprintf(files.just, PATH_BYTES, "%s/just.scl", files.folder);
  snprintf(files.low, PATH_BYTES, "%s/low.scl", files.folder);
  snprintf(files.low_map, PATH_BYTES, "%s/low.kbm", files.folder);
  snprintf(files.broken, PATH_BYTES, "%s/broken.scl", files.folder);
  snprintf(files.huge, PATH_BYTES, "%s/huge.scl", files.folder);
  write_file(files.just, chromatic_scl);
  write_file(files.low, just_scl);
  // White keys only, C at 256 Hz.
  write_file(files.low_map, "12\n0\n127\n60\n60\n256.0\n7\n0\nx\n1\nx\n2\n3\nx\n4\nx\n5\nx\n6\n");
  write_file(files.broken, "Broken\n3\n9/8\nfive quarters\n2\n");
  FILE* const huge = fopen(files.huge, "wb");
  if (!huge || ftruncate(fileno(huge), (1 << 20) + 1)) {
    return -1;
  }
  fclose(huge);
  *state = &files;
  return 0;
}

static int tear_down(void** state)
{
  const Files* const files = *state;
  (void)remove(files->just);
  (void)remove(files->low);
  (void)remove(files->low_map);
  (void)remove(files->broken);
  (void)remove(files->huge);
  return rmdir(files->folder);
}

static int n_mapped; // paths that the host has made and that were not given back

/// Abstract paths are the absolute ones with "~" in front.
static char* abstract_path(LV2_State_Map_Path_Handle handle, const char* path)
{
  (void)handle;
  char* const mapped = calloc(1, strlen(path) + 2);
  mapped[0]          = '~';
  strcpy(mapped + 1, path);
  ++n_mapped;
  return mapped;
}

static char* absolute_path(LV2_State_Map_Path_Handle handle, const char* path)
{
  (void)handle;
  assert_int_equal(path[0], '~');
  ++n_mapped;
  return strdup(path + 1);
}

static void free_path(LV2_State_Free_Path_Handle handle, char* path)
{
  (void)handle;
  --n_mapped;
  free(path);
}

static LV2_State_Map_Path       map_paths    = {NULL, abstract_path, absolute_path};
static LV2_State_Free_Path      free_paths   = {NULL, free_path};
static const LV2_Feature        map_feature  = {LV2_STATE__mapPath, &map_paths};
static const LV2_Feature        free_feature = {LV2_STATE__freePath, &free_paths};
static const LV2_Feature* const features[]   = {&map_feature, &free_feature, NULL};

static Store saved(Fixture* self)
{
  const LV2_State_Interface* const state = self->descriptor->extension_data(LV2_STATE__interface);
  Store                            store;
  memset(&store, 0, sizeof(store));
  assert_int_equal(state->save(self->handle, store_keep, &store, 0, features), LV2_STATE_SUCCESS);
  assert_int_equal(n_mapped, 0);
  return store;
}

static void restored(Fixture* self, Store* store)
{
  const LV2_State_Interface* const state = self->descriptor->extension_data(LV2_STATE__interface);
  assert_int_equal(state->restore(self->handle, store_fetch, store, 0, features),
                   LV2_STATE_SUCCESS);
  assert_int_equal(n_mapped, 0);
}

static int item_of(const Store* store, const char* uri)
{
  for (int i = 0; i < store->n; ++i) {
    if (store->item[i].key == fixture_urid(uri)) {
      return i;
    }
  }
  return -1;
}

/// A swarm of bare tones on their notes.
static Fixture* bare(FiqPluginKind kind, bool with_worker)
{
  Fixture* const self = fixture_open(kind, 48000.0, with_worker);
  assert_non_null(self);
  fixture_seed(self, 3);
  fixture_set(self, "detune", 0);
  fixture_set(self, "partials", 1);
  fixture_set(self, "oscillators", 48);
  fixture_set(self, "coupling", 6); // as one each, so that a tone has one frequency
  fixture_set(self, "anneal", 0.5);
  fixture_set(self, "noise", 0);
  if (kind == FIQ_PLUGIN_REALMS) {
    fixture_set(self, "swarm_follow", 0);
    fixture_set(self, "swarm_level", 0);
    fixture_set(self, "mix", 0);
  }
  return self;
}

/// Send the path and let it arrive.
static void tune(Fixture* self, const char* path)
{
  FixtureAudio out = fixture_audio(64);
  fixture_patch_path(self, 0, TUNING, path);
  fixture_run(self, NULL, out.plane, 0, 32);
  fixture_work(self);
  fixture_run(self, NULL, out.plane, 0, 32);
  fixture_audio_free(&out);
}

static double measured_hz(const float* x, size_t n, double f_hz)
{
  double f = f_hz;
  for (int pass = 0; pass < 4; ++pass) {
    const size_t hop = pass ? 20000 : 1000;
    double       a[2];
    double       b[2];
    support_tone(x, n - hop, f, 48000.0, &a[0], &a[1]);
    support_tone(x + hop, n - hop, f, 48000.0, &b[0], &b[1]);
    const double turn    = 2.0 * PI * f * (double)hop / 48000.0;
    const double advance = atan2(b[1], b[0]) - atan2(a[1], a[0]) - turn;
    f += remainder(advance, 2.0 * PI) * 48000.0 / (2.0 * PI * (double)hop);
  }
  return f;
}

/// Play C E G and compare with `hz`; the worst error in cents.
static double triad_error(Fixture* self, const double hz[3])
{
  static const uint8_t keys[] = {60, 64, 67};
  FixtureAudio         out    = fixture_audio(LONG);
  double               worst  = 0.0;
  for (int i = 0; i < 3; ++i) {
    fixture_midi(self, 0, 0x90, keys[i], 100);
  }
  fixture_render(self, NULL, out.plane, LONG, 256);
  for (int i = 0; i < 3; ++i) {
    const double got   = measured_hz(out.plane[0] + LONG / 2, LONG / 2, hz[i]);
    const double cents = 1200.0 * log2(got / hz[i]);
    print_message("%.4f Hz for %.4f: %+.4f cents\n", got, hz[i], cents);
    worst = fmax(worst, fabs(cents));
  }
  fixture_audio_free(&out);
  return worst;
}

static const double equal_hz[3] = {261.6255653, 329.6275569, 391.9954360};
static const double just_hz[3]  = {261.6255653, 261.6255653 * 1.25, 261.6255653 * 1.5};
static const double low_hz[3]   = {256.0, 320.0, 384.0};

static void test_a_scale_tunes_a_triad_to_4_5_6(void** state)
{
  const Files* const files = *state;
  for (int kind = 0; kind < 2; ++kind) {
    Fixture* const self = bare((FiqPluginKind)kind, true);
    tune(self, files->just);
    assert_true(triad_error(self, just_hz) < 0.1);
    fixture_close(self);
  }
}

static void test_the_mapping_beside_the_scale_is_used(void** state)
{
  const Files* const files = *state;
  Fixture* const     self  = bare(FIQ_PLUGIN_SWARM, true);
  tune(self, files->low);
  assert_true(triad_error(self, low_hz) < 0.1);
  fixture_close(self);
}

static void test_an_empty_path_is_equal_temperament(void** state)
{
  const Files* const files = *state;
  Fixture* const     self  = bare(FIQ_PLUGIN_SWARM, true);
  tune(self, files->low);
  tune(self, "");
  assert_true(triad_error(self, equal_hz) < 0.1);
  const Store store = saved(self);
  assert_int_equal(item_of(&store, TUNING), -1);
  fixture_close(self);
}

static void test_bad_files_leave_the_tuning(void** state)
{
  const Files* const files     = *state;
  char               missing[] = "/tmp/no such folder/a.scl";
  char               too_long[3000];
  Fixture* const     self = bare(FIQ_PLUGIN_SWARM, true);
  memset(too_long, 'a', sizeof(too_long) - 1);
  too_long[sizeof(too_long) - 1] = '\0';
  tune(self, files->low);
  const char* const told = fixture_told(self, TUNING, LV2_ATOM__Path);
  assert_non_null(told);
  assert_string_equal(told, files->low);
  const char* const bad[] = {files->broken, missing,  files->folder,
                             files->huge,   too_long, "/dev/zero"};
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); ++i) {
    tune(self, bad[i]);
    Store store = saved(self);
    assert_string_equal((const char*)store.item[item_of(&store, TUNING)].value + 1, files->low);
  }
  assert_true(triad_error(self, low_hz) < 0.1);
  fixture_close(self);
}

static void play(Fixture* self, FixtureAudio* out)
{
  fixture_midi(self, 10, 0x90, 60, 100);
  fixture_midi(self, 10, 0x90, 64, 100);
  fixture_render(self, NULL, out->plane, SHORT, 256);
}

/// Whether a new instance with `store` sounds as `want`.
static bool sounds_as(FiqPluginKind kind, Store* store, const FixtureAudio* want)
{
  FixtureAudio   out  = fixture_audio(SHORT);
  Fixture* const self = bare(kind, false); // restores without a worker
  restored(self, store);
  play(self, &out);
  const bool same = !memcmp(out.plane[0], want->plane[0], SHORT * sizeof(float)) &&
                    !memcmp(out.plane[1], want->plane[1], SHORT * sizeof(float));
  const Store again = saved(self);
  assert_int_equal(item_of(&again, TUNING) >= 0, item_of(store, TUNING) >= 0);
  fixture_close(self);
  fixture_audio_free(&out);
  return same;
}

static void test_the_session_brings_the_tuning_back(void** state)
{
  const Files* const files = *state;
  for (int kind = 0; kind < 2; ++kind) {
    FixtureAudio   want  = fixture_audio(SHORT);
    FixtureAudio   equal = fixture_audio(SHORT);
    Fixture* const plain = bare((FiqPluginKind)kind, true);
    play(plain, &equal);
    fixture_close(plain);
    Fixture* const asked = bare((FiqPluginKind)kind, true);
    tune(asked, files->just);
    Store store = saved(asked);
    fixture_close(asked);
    Fixture* const self = bare((FiqPluginKind)kind, true);
    restored(self, &store);
    play(self, &want);
    fixture_close(self);
    assert_true(support_max_difference(want.plane[0], equal.plane[0], SHORT) > 0.01);
    assert_true(sounds_as((FiqPluginKind)kind, &store, &want));
    (void)remove(files->just); // the table is left
    assert_true(sounds_as((FiqPluginKind)kind, &store, &want));
    write_file(files->just, "broken as well\nx\n");
    assert_true(sounds_as((FiqPluginKind)kind, &store, &want));
    (void)remove(files->just);
    Store no_table                                   = store;
    no_table.item[item_of(&store, TUNING_TABLE)].key = fixture_urid("urn:fieldiq:nothing");
    Store bad_table                                  = store;
    bad_table.item[item_of(&store, TUNING_TABLE)].size -= 8;
    FixtureAudio   out  = fixture_audio(SHORT);
    Fixture* const lost = bare((FiqPluginKind)kind, false);
    restored(lost, &store);
    restored(lost, &no_table); // several before a run
    restored(lost, &store);
    restored(lost, &bad_table);
    play(lost, &out);
    assert_memory_equal(out.plane[0], equal.plane[0], SHORT * sizeof(float));
    fixture_close(lost);
    write_file(files->just, chromatic_scl);
    fixture_audio_free(&out);
    fixture_audio_free(&want);
    fixture_audio_free(&equal);
  }
}

static void test_the_mapping_comes_back_too(void** state)
{
  const Files* const files = *state;
  char               moved[PATH_BYTES];
  Fixture* const     asked = bare(FIQ_PLUGIN_SWARM, true);
  tune(asked, files->low);
  Store     store = saved(asked);
  const int map   = item_of(&store, "urn:fieldiq:tuning-map");
  assert_true(map >= 0);
  fixture_close(asked);
  // A host may keep the files under other names.
  snprintf(moved, PATH_BYTES, "%s/2.kbm", files->folder);
  assert_int_equal(rename(files->low_map, moved), 0);
  store.item[map].size =
      (size_t)snprintf((char*)store.item[map].value, STORE_ITEM_BYTES, "~%s", moved) + 1;
  store.item[item_of(&store, TUNING_TABLE)].key = fixture_urid("urn:fieldiq:nothing");
  Fixture* const self                           = bare(FIQ_PLUGIN_SWARM, false);
  restored(self, &store);
  assert_true(triad_error(self, low_hz) < 0.1);
  fixture_close(self);
  assert_int_equal(rename(moved, files->low_map), 0);
}

static double roughest(const float* x, size_t n)
{
  double most = 0.0;
  for (size_t i = 1; i + 1 < n; ++i) {
    most = fmax(most, fabs((double)x[i + 1] - 2.0 * (double)x[i] + (double)x[i - 1]));
  }
  return most;
}

static void test_a_swap_under_held_notes_does_not_click(void** state)
{
  const Files* const files = *state;
  FixtureAudio       out   = fixture_audio(LONG);
  Fixture* const     self  = bare(FIQ_PLUGIN_SWARM, true);
  fixture_midi(self, 0, 0x90, 60, 100);
  fixture_midi(self, 0, 0x90, 64, 100);
  fixture_render(self, NULL, out.plane, LONG, 256);
  const double before = roughest(out.plane[0] + LONG / 2, LONG / 2);
  fixture_patch_path(self, 7, TUNING, files->low);
  fixture_render(self, NULL, out.plane, LONG, 256);
  const double after = roughest(out.plane[0], LONG);
  print_message("largest second difference %.5f before, %.5f at and after the swap\n", before,
                after);
  assert_true(after < 1.5 * before);
  fixture_close(self);
  fixture_audio_free(&out);
}

static void test_without_a_worker_the_message_is_ignored(void** state)
{
  const Files* const files = *state;
  Fixture* const     self  = bare(FIQ_PLUGIN_SWARM, false);
  tune(self, files->low);
  assert_true(triad_error(self, equal_hz) < 0.1);
  fixture_close(self);
}

static void* run_for_a_second(void* handle)
{
  FixtureAudio out = fixture_audio(48000);
  for (int i = 0; i < 500; ++i) {
    fixture_run(handle, NULL, out.plane, 0, 96);
  }
  fixture_audio_free(&out);
  return NULL;
}

static void test_tunings_may_be_restored_while_running(void** state)
{
  const Files* const files = *state;
  Fixture*           self  = bare(FIQ_PLUGIN_SWARM, true);
  tune(self, files->just);
  Store just = saved(self);
  tune(self, files->low);
  Store     low = saved(self);
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, run_for_a_second, self), 0);
  for (int i = 0; i < 300; ++i) {
    restored(self, i % 2 ? &just : &low);
    const Store now = saved(self);
    assert_string_equal((const char*)now.item[item_of(&now, TUNING)].value + 1,
                        i % 2 ? files->just : files->low);
  }
  pthread_join(thread, NULL);
  fixture_close(self);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_scale_tunes_a_triad_to_4_5_6),
                                     cmocka_unit_test(test_the_mapping_beside_the_scale_is_used),
                                     cmocka_unit_test(test_an_empty_path_is_equal_temperament),
                                     cmocka_unit_test(test_bad_files_leave_the_tuning),
                                     cmocka_unit_test(test_the_session_brings_the_tuning_back),
                                     cmocka_unit_test(test_the_mapping_comes_back_too),
                                     cmocka_unit_test(test_a_swap_under_held_notes_does_not_click),
                                     cmocka_unit_test(test_without_a_worker_the_message_is_ignored),
                                     cmocka_unit_test(test_tunings_may_be_restored_while_running)};
  return cmocka_run_group_tests_name("plugin tuning", tests, set_up, tear_down);
}
