// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/common/report.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BAR_COLUMNS = 40 };

static struct {
  const char* program;
  FILE*       terminal;   ///< NULL: stderr
  int         descriptor; ///< of `terminal`
  bool        quiet;
  bool        bar_visible;
  double      bar_start_s;
  double      bar_drawn_s;
  char        bar_text[80];
} report = {.program = "fieldiq"};

static double now_s(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/// Where this program's own lines go.
static FILE* terminal(void)
{
  return report.terminal ? report.terminal : stderr;
}

/// Libraries write to stderr by themselves, so it leads nowhere from now on, and the terminal is kept for us.
static void silence_libraries(void)
{
  const int kept    = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  report.terminal   = kept >= 0 ? fdopen(kept, "w") : NULL;
  if (report.terminal && nowhere >= 0) {
    report.descriptor = kept;
    setvbuf(report.terminal, NULL, _IOLBF, BUFSIZ);
    dup2(nowhere, STDERR_FILENO);
  }
  if (nowhere >= 0) {
    close(nowhere);
  }
}

void fiq_report_init(const char* program, bool quiet)
{
  report.program     = program;
  report.quiet       = quiet;
  report.bar_start_s = now_s();
  if (quiet && !report.terminal) {
    silence_libraries();
  }
}

void fiq_report_to_stderr(void)
{
  report.terminal    = NULL;
  report.quiet       = true;
  report.bar_visible = false;
}

bool fiq_report_is_quiet(void)
{
  return report.quiet;
}

static void say(const char* kind, const char* format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

static void say(const char* kind, const char* format, va_list arguments)
{
  fiq_progress_end();
  FILE* const to = terminal();
  fprintf(to, "%s: %s", report.program, kind);
  vfprintf(to, format, arguments);
  fputc('\n', to);
}

void fiq_error(const char* format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  say("error: ", format, arguments);
  va_end(arguments);
}

void fiq_say_at_once(const char* const words[], int n)
{
  const int         to     = report.terminal ? report.descriptor : STDERR_FILENO;
  const char* const head[] = {report.bar_visible ? "\r\033[K" : "", report.program, ": "};
  for (int i = 0; i < 3 + n + 1; ++i) {
    const char* const text = i < 3 ? head[i] : i < 3 + n ? words[i - 3] : "\n";
    if (write(to, text, strlen(text)) < 0) {
      return;
    }
  }
}

void fiq_warning(const char* format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  say("warning: ", format, arguments);
  va_end(arguments);
}

void fiq_note(const char* format, ...)
{
  if (report.quiet) {
    return;
  }
  va_list arguments;
  va_start(arguments, format);
  say("", format, arguments);
  va_end(arguments);
}

int fiq_report_vprintf(const char* format, va_list arguments)
{
  fiq_progress_end();
  return vfprintf(terminal(), format, arguments);
}

void fiq_progress(double share)
{
  if (report.quiet || !isatty(STDERR_FILENO)) {
    return;
  }
  const double now = now_s();
  if (now - report.bar_drawn_s < 0.1) {
    return;
  }
  report.bar_visible    = true;
  report.bar_drawn_s    = now;
  const double bounded  = share < 0.0 ? 0.0 : (share > 1.0 ? 1.0 : share);
  const double spent_s  = now - report.bar_start_s;
  const int    n_filled = (int)(bounded * BAR_COLUMNS);
  fprintf(stderr, "\r\033[K[");
  for (int i = 0; i < BAR_COLUMNS; ++i) {
    fputc(i < n_filled ? '#' : ' ', stderr);
  }
  fprintf(stderr, "] %3.0f %%%s", bounded * 100.0, report.bar_text);
  if (bounded > 0.01) {
    fprintf(stderr, ", %.0f s left", spent_s * (1.0 - bounded) / bounded);
  }
  fflush(stderr);
}

void fiq_progress_text(const char* text)
{
  snprintf(report.bar_text, sizeof report.bar_text, ", %s", text);
}

void fiq_progress_end(void)
{
  if (report.bar_visible) {
    fprintf(stderr, "\r\033[K");
    report.bar_visible = false;
  }
}
