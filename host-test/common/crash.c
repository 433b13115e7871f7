// SPDX-License-Identifier: GPL-3.0-or-later
#define _XOPEN_SOURCE 700

#include "host-test/common/crash.h"

#include "host-test/common/pending_file.h"
#include "host-test/common/pending_folder.h"
#include "host-test/common/report.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

enum { STACK_BYTES = 65536 };

typedef enum { RESTS, WORKS, RELEASES } Phase;

static const struct {
  int         number;
  const char* name;
} ends[] = {{SIGABRT, "aborted"},
            {SIGBUS, "bus error"},
            {SIGFPE, "arithmetic error"},
            {SIGILL, "illegal instruction"},
            {SIGSEGV, "segmentation fault"}};

static volatile sig_atomic_t phase; // Phase
static volatile sig_atomic_t done_status;

/// Say how the process was ended.
static void say(const char* how)
{
  const char* const during[] = {"error: the plugin ended the process: ", how};
  const char* const after[]  = {"warning: the plugin failed when it was released: ", how,
                                "; what was written is complete"};
  if (phase == WORKS) {
    fiq_say_at_once(during, 2);
  } else if (phase == RELEASES) {
    fiq_say_at_once(after, 3);
  }
}

static void on_signal(int number)
{
  for (size_t i = 0; i < sizeof ends / sizeof ends[0]; ++i) {
    if (ends[i].number == number) {
      say(ends[i].name);
    }
  }
  if (phase == RELEASES) {
    _exit((int)done_status);
  }
  fiq_pending_remove_all();
  fiq_folder_remove_begun();
  // Die of the signal, with a core if one is wanted.
  signal(number, SIG_DFL);
  raise(number);
}

static void on_exit_called(void)
{
  say("it called exit()");
  if (phase == WORKS) {
    fiq_pending_remove_all();
    fiq_folder_remove_begun();
  }
  if (phase != RESTS) {
    _exit(phase == WORKS ? FIQ_EXIT_FAILURE : (int)done_status);
  }
}

void fiq_crash_watch(void)
{
  // A stack of its own, for the one of the plugin may be what was used up.
  static char      stack[STACK_BYTES];
  const stack_t    other  = {.ss_sp = stack, .ss_size = sizeof stack};
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK | SA_NODEFER};
  sigaltstack(&other, NULL);
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < sizeof ends / sizeof ends[0]; ++i) {
    sigaction(ends[i].number, &action, NULL);
  }
  phase = WORKS;
  atexit(on_exit_called);
}

void fiq_crash_release(int status)
{
  done_status = status;
  phase       = RELEASES;
}

void fiq_crash_rest(void)
{
  phase = RESTS;
}
