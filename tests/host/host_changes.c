// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: no damage to a file ends the renderer otherwise than by its own exit status, or keeps it.
   Method: two bytes of a good file, drawn at random, are changed and the program is run on it: it ends with status
   0 or 1, within 10 s. A change can make hours of music of a second, so of MIDI files 5 s are played.
   host_changes RENDERER OPTION FOLDER COUNT [SEED] takes in turn each file of the folder whose name begins with
   "good" and has one of the endings of the option.
*/
#include "dsp/base/random.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FILES_MAX = 64, FILE_BYTES_MAX = 1 << 16, LIMIT_S = 10 };

typedef struct {
  char    name[256];
  uint8_t bytes[FILE_BYTES_MAX];
  size_t  n_bytes;
} File;

/// What is run, and how it went.
typedef struct {
  const char* program;
  const char* option;
  char        folder[256]; ///< for what is made
  long        n_done;
  long        n_status[3]; ///< 0, 1, anything else
  double      longest_s;
} Runs;

static double now_s(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool ends_in(const char* name, const char* ending)
{
  const size_t n = strlen(name);
  return n > strlen(ending) && strcmp(name + n - strlen(ending), ending) == 0;
}

static bool is_wanted(const char* option, const char* name)
{
  if (strncmp(name, "good", 4) != 0) {
    return false;
  }
  return strcmp(option, "--midi") == 0     ? ends_in(name, ".mid") || ends_in(name, ".rmi")
         : strcmp(option, "--tuning") == 0 ? ends_in(name, ".scl")
                                           : ends_in(name, ".wav");
}

static int by_name(const void* a, const void* b)
{
  return strcmp(((const File*)a)->name, ((const File*)b)->name);
}

static size_t read_folder(const char* path, const char* option, File* files)
{
  size_t     n      = 0;
  DIR* const folder = opendir(path);
  for (struct dirent* entry = folder ? readdir(folder) : NULL; entry && n < FILES_MAX;
       entry                = readdir(folder)) {
    char file_path[4096];
    snprintf(file_path, sizeof file_path, "%s/%s", path, entry->d_name);
    FILE* const file = is_wanted(option, entry->d_name) ? fopen(file_path, "rb") : NULL;
    if (file) {
      snprintf(files[n].name, sizeof files[n].name, "%s", entry->d_name);
      files[n].n_bytes = fread(files[n].bytes, 1, FILE_BYTES_MAX, file);
      fclose(file);
      n += files[n].n_bytes > 0 ? 1 : 0;
    }
  }
  if (folder) {
    closedir(folder);
  }
  qsort(files, n, sizeof(File), by_name);
  return n;
}

/// Replace this process by the renderer, in silence.
static void become_renderer(const Runs* self, const char* input, const char* output)
{
  const int         nowhere  = open("/dev/null", O_RDWR);
  const bool        midi     = strcmp(self->option, "--midi") == 0;
  const char* const chord    = midi ? "--quiet" : "--chord=C4,E4";
  const char* const length   = midi ? "5" : "0.1";
  const char*       read[]   = {self->program, "--tail", "0", input, output, NULL};
  const char*       played[] = {self->program, "--plugin", "swarm",  self->option, input,  chord,
                                "--length",    length,     "--tail", "0",          output, NULL};
  const char* const* const words = strcmp(self->option, "--input") == 0 ? read : played;
  dup2(nowhere, STDOUT_FILENO);
  dup2(nowhere, STDERR_FILENO);
  execv(self->program, (char* const*)(const void*)words);
  _exit(127);
}

/// Wait for `child`, at most LIMIT_S; its exit status, 128 + a signal, or 124 when it had to be ended.
static int wait_for(pid_t child, double start_s)
{
  int  status = 0;
  bool late   = false;
  while (waitpid(child, &status, WNOHANG) == 0) {
    const double late_s = now_s() - start_s - LIMIT_S;
    if (late_s > 0.0) {
      // The first signal lets it remove what it has written.
      kill(child, late_s < 2.0 ? SIGTERM : SIGKILL);
      late = true;
    }
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  }
  return late ? 124 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Run the renderer on `bytes`; false, and the file is kept, when it ends as it must not.
static bool run(Runs* self, const char* name, const uint8_t* bytes, size_t n_bytes)
{
  char input[800];
  char output[400];
  snprintf(input, sizeof input, "%s/%s", self->folder, name);
  snprintf(output, sizeof output, "%s/out.wav", self->folder);
  FILE* const file    = fopen(input, "wb");
  const bool  written = file && fwrite(bytes, 1, n_bytes, file) == n_bytes;
  if (!file || fclose(file) != 0 || !written) {
    perror(input);
    return false;
  }
  const double start_s = now_s();
  const pid_t  child   = fork();
  if (child == 0) {
    become_renderer(self, input, output);
  }
  const int    status  = wait_for(child, start_s);
  const double spent_s = now_s() - start_s;
  self->n_status[status == 0 || status == 1 ? status : 2] += 1;
  self->longest_s = spent_s > self->longest_s ? spent_s : self->longest_s;
  unlink(output);
  if (status != 0 && status != 1) {
    char kept[800];
    snprintf(kept, sizeof kept, "%s/status-%d-%ld-%s", self->folder, status, self->n_done, name);
    rename(input, kept);
    printf("status %d: %s\n", status, kept);
    return false;
  }
  unlink(input);
  return true;
}

int main(int argc, char** argv)
{
  static File       files[FILES_MAX];
  Runs              self = {.n_done = 0};
  FiqRandom         random;
  const char* const temporary = getenv("TMPDIR");
  snprintf(self.folder, sizeof self.folder, "%s/host_changes.XXXXXX",
           temporary ? temporary : "/tmp");
  if (argc < 5 || !mkdtemp(self.folder)) {
    fprintf(stderr, "host_changes RENDERER --midi|--tuning|--input FOLDER COUNT [SEED]\n");
    return 2;
  }
  const uint64_t seed    = argc > 5 ? strtoull(argv[5], NULL, 0) : 1;
  const long     n_runs  = atol(argv[4]);
  const size_t   n_files = read_folder(argv[3], argv[2], files);
  self.program           = argv[1];
  self.option            = argv[2];
  fiq_random_init(&random, seed, 0);
  for (; n_files > 0 && self.n_done < n_runs; ++self.n_done) {
    static uint8_t    bytes[FILE_BYTES_MAX];
    const File* const file = &files[(size_t)self.n_done % n_files];
    memcpy(bytes, file->bytes, file->n_bytes);
    for (int i = 0; i < 2; ++i) {
      bytes[fiq_random_bits(&random) % file->n_bytes] = (uint8_t)(fiq_random_bits(&random) >> 8);
    }
    (void)run(&self, file->name, bytes, file->n_bytes);
  }
  rmdir(self.folder); // unless there is something to see
  printf(
      "seed %llu, %zu files, %ld changes: status 0 %ld, status 1 %ld, other %ld; longest %.2f s\n",
      (unsigned long long)seed, n_files, self.n_done, self.n_status[0], self.n_status[1],
      self.n_status[2], self.longest_s);
  return n_files >= 10 && self.n_status[2] == 0 ? 0 : 1;
}
