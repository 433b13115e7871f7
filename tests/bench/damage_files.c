// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: no damaged sound file ends fieldiq-render by a signal or keeps it for long. Method: two random bytes of each
// file in turn are changed, the renderer is run, and its exit status and time are looked at.
//   damage_files RENDERER COUNT SEED FILE...

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 1 << 20, SECONDS_MAX = 10 };

static uint8_t bytes[FILE_BYTES_MAX];

static uint32_t draw(uint64_t* random)
{
  *random = *random * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(*random >> 33);
}

static double now_s(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/// Write a copy of `from` with two bytes changed to `to`; false when that cannot be done.
static int damage(const char* from, const char* to, uint64_t* random)
{
  FILE* const  source = fopen(from, "rb");
  const size_t n      = source ? fread(bytes, 1, sizeof bytes, source) : 0;
  FILE* const  target = n > 0 ? fopen(to, "wb") : NULL;
  // Half of the changes are made where a header may be.
  for (int i = 0; i < 2 && n > 0; ++i) {
    const size_t reach                    = draw(random) % 2 == 0 && n > 128 ? 128 : n;
    bytes[draw(random) % (uint32_t)reach] = (uint8_t)draw(random);
  }
  const int written = target && fwrite(bytes, 1, n, target) == n;
  if (source) {
    fclose(source);
  }
  return target && fclose(target) == 0 && written;
}

/// Exit status of the renderer on `path`, or 256 + the signal that ended it.
static int run(const char* renderer, const char* path, const char* out)
{
  const pid_t child = fork();
  if (child == 0) {
    const int nowhere = open("/dev/null", O_RDWR);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    alarm(SECONDS_MAX);
    execl(renderer, renderer, "--quiet", "--tail", "0", "--format", "wav", path, out, (char*)NULL);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

int main(int argc, char** argv)
{
  if (argc < 5) {
    fprintf(stderr, "usage: damage_files RENDERER COUNT SEED FILE...\n");
    return 2;
  }
  const int count     = atoi(argv[2]);
  uint64_t  random    = strtoull(argv[3], NULL, 0);
  int       n_of[3]   = {0, 0, 0}; // exit status 0, 1, other
  double    longest_s = 0.0;
  char      path[64];
  char      out[64];
  snprintf(path, sizeof path, "/tmp/damaged.%ld", (long)getpid());
  snprintf(out, sizeof out, "/tmp/damaged.%ld.out", (long)getpid());
  for (int i = 0; i < count; ++i) {
    const uint64_t    seed = random;
    const char* const file = argv[4 + i % (argc - 4)];
    if (!damage(file, path, &random)) {
      fprintf(stderr, "%s: cannot be copied\n", file);
      return 2;
    }
    const double start_s = now_s();
    const int    status  = run(argv[1], path, out);
    const double took_s  = now_s() - start_s;
    longest_s            = took_s > longest_s ? took_s : longest_s;
    ++n_of[status == 0 || status == 1 ? status : 2];
    if (status > 1) {
      printf("%s, seed %llu: %s %d\n", file, (unsigned long long)seed,
             status >= 256 ? "signal" : "exit status", status >= 256 ? status - 256 : status);
    }
  }
  unlink(path);
  unlink(out);
  printf("%d damaged files: %d rendered, %d refused, %d wrong; the longest took %.2f s\n", count,
         n_of[0], n_of[1], n_of[2], longest_s);
  return n_of[2] > 0;
}
