// SPDX-License-Identifier: GPL-3.0-or-later
#define _XOPEN_SOURCE 700

#include "host-test/common/crash.h"

#include "host-test/common/pending_file.h"
#include "host-test/common/report.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

enum { STACK_BYTES = 65536 };

static const struct {
  int         number;
  const char* name;
} ends[] = {{SIGABRT, "aborted"},
            {SIGBUS, "bus error"},
            {SIGFPE, "arithmetic error"},
            {SIGILL, "illegal instruction"},
            {SIGSEGV, "segmentation fault"}};

static volatile sig_atomic_t watching;

static void say(const char* how)
{
  const char* const words[] = {"the plugin ended the process: ", how};
  fiq_error_at_once(words, 2);
}

static void on_signal(int number)
{
  for (size_t i = 0; watching && i < sizeof ends / sizeof ends[0]; ++i) {
    if (ends[i].number == number) {
      say(ends[i].name);
    }
  }
  fiq_pending_remove_all();
  // Die of the signal, with a core if one is wanted.
  signal(number, SIG_DFL);
  raise(number);
}

static void on_exit_called(void)
{
  if (watching) {
    say("it called exit()");
    fiq_pending_remove_all();
    _exit(FIQ_EXIT_FAILURE);
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
  watching = 1;
  atexit(on_exit_called);
}

void fiq_crash_rest(void)
{
  watching = 0;
}
