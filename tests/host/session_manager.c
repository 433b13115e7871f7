// SPDX-License-Identifier: GPL-3.0-or-later
/*
   session_manager PATH NAME COMMAND...: a session manager for one client. It starts COMMAND with NSM_URL set, opens the
   project PATH for it under the name NAME once it is announced, sends "/nsm/client/WORD" for each WORD it reads, and says
   what it hears, one message a line. "refuse" as PATH refuses the client. It ends with the client, with its exit status.
*/
#include <lo/lo.h>

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
  lo_server   server;
  lo_address  client; ///< NULL until it is announced
  const char* path;
  const char* name;
} Manager;

static void say(const char* path, const char* types, lo_arg** argv, int argc)
{
  printf("%s", path);
  for (int i = 0; i < argc; ++i) {
    if (types[i] == 's') {
      printf(" %s", &argv[i]->s);
    } else if (types[i] == 'i') {
      printf(" %d", argv[i]->i);
    }
  }
  printf("\n");
  fflush(stdout);
}

static int on_any(const char* path, const char* types, lo_arg** argv, int argc, lo_message message,
                  void* data)
{
  Manager* const self = data;
  say(path, types, argv, argc);
  if (strcmp(path, "/nsm/server/announce") == 0 && !self->client) {
    const lo_address from = lo_message_get_source(message);
    self->client = lo_address_new(lo_address_get_hostname(from), lo_address_get_port(from));
    if (strcmp(self->path, "refuse") == 0) {
      lo_send_from(self->client, self->server, LO_TT_IMMEDIATE, "/error", "sis", path, -2,
                   "no session is open");
      return 0;
    }
    lo_send_from(self->client, self->server, LO_TT_IMMEDIATE, "/reply", "ssss", path, "welcome",
                 "test", "");
    lo_send_from(self->client, self->server, LO_TT_IMMEDIATE, "/nsm/client/open", "sss", self->path,
                 "test", self->name);
  }
  return 0;
}

static void obey(Manager* self, const char* word)
{
  char path[128];
  snprintf(path, sizeof path, "/nsm/client/%s", word);
  if (self->client && word[0]) {
    lo_send_from(self->client, self->server, LO_TT_IMMEDIATE, path, "");
  }
}

int main(int argc, char** argv)
{
  if (argc < 4) {
    fprintf(stderr, "session_manager PATH NAME COMMAND...\n");
    return 2;
  }
  Manager self = {
      .server = lo_server_new_with_proto(NULL, LO_UDP, NULL), .path = argv[1], .name = argv[2]};
  lo_server_add_method(self.server, NULL, NULL, on_any, &self);
  setvbuf(stdin, NULL, _IONBF, 0);
  char* const url = lo_server_get_url(self.server);
  setenv("NSM_URL", url, 1);
  int         hold[2]; // the client's console stays open, and silent
  const pid_t child = pipe(hold) == 0 ? fork() : -1;
  if (child == 0) {
    dup2(hold[0], STDIN_FILENO);
    execvp(argv[3], argv + 3);
    _exit(127);
  }
  int           status = 0;
  bool          ended  = false;
  struct pollfd input  = {.fd = STDIN_FILENO, .events = POLLIN};
  while (waitpid(child, &status, WNOHANG) == 0) {
    char word[64] = "";
    lo_server_recv_noblock(self.server, 20);
    if (!ended && poll(&input, 1, 0) > 0) {
      ended                     = !fgets(word, sizeof word, stdin);
      word[strcspn(word, "\n")] = '\0';
      if (strcmp(word, "quit") == 0) {
        kill(child, SIGTERM);
      } else if (strncmp(word, "console ", 8) == 0) {
        dprintf(hold[1], "%s\n", word + 8);
      } else {
        obey(&self, word);
      }
    }
  }
  while (lo_server_recv_noblock(self.server, 0) > 0) {
  }
  free(url);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
