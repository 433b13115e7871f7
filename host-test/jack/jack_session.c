// SPDX-License-Identifier: GPL-3.0-or-later
#define _XOPEN_SOURCE 700

#include "host-test/jack/jack_session.h"

#include "host-test/common/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { API_MAJOR = 1, API_MINOR = 2, ERROR_GENERAL = -1, PATIENCE_MS = 5000 };

#define CAPABILITIES ":dirty:optional-gui:"

static int on_open(const char* path, const char* types, lo_arg** argv, int argc, lo_message message,
                   void* data)
{
  FiqSession* const self = data;
  (void)path;
  (void)types;
  (void)argc;
  (void)message;
  // One project is all that a program has in its life: no ":switch:" is announced.
  if (!self->name[0] && strlen(&argv[0]->s) + sizeof ".json" <= sizeof self->state) {
    snprintf(self->state, sizeof self->state, "%s.ttl", &argv[0]->s);
    snprintf(self->map, sizeof self->map, "%s.json", &argv[0]->s);
    snprintf(self->name, sizeof self->name, "%s", &argv[2]->s);
  }
  return 0;
}

static int on_wish(const char* path, const char* types, lo_arg** argv, int argc, lo_message message,
                   void* data)
{
  FiqSession* const self = data;
  (void)types;
  (void)argv;
  (void)argc;
  (void)message;
  self->save = self->save || strcmp(path, "/nsm/client/save") == 0;
  self->show = self->show || strcmp(path, "/nsm/client/show_optional_gui") == 0;
  self->hide = self->hide || strcmp(path, "/nsm/client/hide_optional_gui") == 0;
  return 0;
}

static int on_error(const char* path, const char* types, lo_arg** argv, int argc,
                    lo_message message, void* data)
{
  FiqSession* const self = data;
  (void)path;
  (void)types;
  (void)argc;
  (void)message;
  if (strcmp(&argv[0]->s, "/nsm/server/announce") == 0) {
    fiq_error("the session manager refuses: %s", &argv[2]->s);
    self->refused = true;
  }
  return 0;
}

static bool listen_to(FiqSession* self, const char* url)
{
  self->manager = lo_address_new_from_url(url);
  self->server  = self->manager ? lo_server_new_with_proto(NULL, LO_UDP, NULL) : NULL;
  if (!self->server) {
    fiq_error("the session manager's address '%s' (NSM_URL) cannot be used", url);
    return false;
  }
  lo_server_add_method(self->server, "/nsm/client/open", "sss", on_open, self);
  lo_server_add_method(self->server, "/nsm/client/save", "", on_wish, self);
  lo_server_add_method(self->server, "/nsm/client/show_optional_gui", "", on_wish, self);
  lo_server_add_method(self->server, "/nsm/client/hide_optional_gui", "", on_wish, self);
  lo_server_add_method(self->server, "/error", "sis", on_error, self);
  return true;
}

bool fiq_session_begin(FiqSession* self)
{
  const char* const url = getenv("NSM_URL");
  *self                 = (FiqSession){.server = NULL};
  if (!url || !url[0]) {
    return true;
  }
  if (!listen_to(self, url)) {
    return false;
  }
  lo_send_from(self->manager, self->server, LO_TT_IMMEDIATE, "/nsm/server/announce", "sssiii",
               "FieldIQ", CAPABILITIES, "fieldiq-jack", API_MAJOR, API_MINOR, (int)getpid());
  for (int waited_ms = 0; !self->name[0] && !self->refused && waited_ms < PATIENCE_MS;
       waited_ms += 50) {
    lo_server_recv_noblock(self->server, 50);
  }
  if (!self->name[0] && !self->refused) {
    fiq_error("no session manager answers at %s (NSM_URL)", url);
  }
  return self->name[0] != '\0';
}

static void answer(FiqSession* self, const char* request, bool done, const char* failure)
{
  if (done) {
    lo_send_from(self->manager, self->server, LO_TT_IMMEDIATE, "/reply", "ss", request, "OK");
  } else {
    lo_send_from(self->manager, self->server, LO_TT_IMMEDIATE, "/error", "sis", request,
                 ERROR_GENERAL, failure);
  }
}

void fiq_session_opened(FiqSession* self, bool opened)
{
  if (self->server) {
    answer(self, "/nsm/client/open", opened,
           "the project could not be opened; the client's messages say why");
  }
}

void fiq_session_read(FiqSession* self)
{
  while (self->server && lo_server_recv_noblock(self->server, 0) > 0) {
  }
}

void fiq_session_saved(FiqSession* self, bool saved)
{
  self->save = false;
  answer(self, "/nsm/client/save", saved,
         "the project could not be saved; the client's messages say why");
}

void fiq_session_tell(FiqSession* self, bool dirty, bool shown)
{
  if (self->server && dirty != self->dirty) {
    self->dirty = dirty;
    lo_send_from(self->manager, self->server, LO_TT_IMMEDIATE,
                 dirty ? "/nsm/client/is_dirty" : "/nsm/client/is_clean", "");
  }
  if (self->server && shown != self->shown) {
    self->shown = shown;
    lo_send_from(self->manager, self->server, LO_TT_IMMEDIATE,
                 shown ? "/nsm/client/gui_is_shown" : "/nsm/client/gui_is_hidden", "");
  }
}

void fiq_session_end(FiqSession* self)
{
  if (self->server) {
    lo_server_free(self->server);
  }
  if (self->manager) {
    lo_address_free(self->manager);
  }
  *self = (FiqSession){.server = NULL};
}
