// SPDX-License-Identifier: GPL-3.0-or-later
#include "host-test/jack/jack_console.h"

#include "host-test/common/report.h"
#include "host-test/jack/jack_commands.h"
#include "host-test/lv2/describe.h"
#include "host-test/lv2/lv2_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  const char* name;
  const char* use;
  void (*act)(FiqConsole* self, char* rest);
} Command;

static void act_help(FiqConsole* self, char* rest);

/// Cut the first word off `*rest`; "" when there is none.
static char* next_word(char** rest)
{
  char* const start = *rest + strspn(*rest, " \t=");
  char* const end   = start + strcspn(start, " \t=");
  *rest             = *end ? end + 1 : end;
  *end              = '\0';
  return start;
}

static char* trimmed(char* text)
{
  char* const start  = text + strspn(text, " \t");
  size_t      length = strlen(start);
  while (length > 0 && strchr(" \t\r", start[length - 1])) {
    start[--length] = '\0';
  }
  return start;
}

static void print_value(const FiqHost* host, uint32_t index)
{
  char                 text[128];
  const FiqPort* const port = &host->ports.ports[index];
  fiq_port_format(port, fiq_host_value(host, index), text, sizeof text);
  printf("%s = %s\n", port->symbol, text);
}

static void act_set(FiqConsole* self, char* rest)
{
  const char* const symbol = next_word(&rest);
  const char* const value  = trimmed(rest + strspn(rest, " \t="));
  if (!symbol[0] || !value[0]) {
    fiq_error("set SYMBOL VALUE");
    return;
  }
  if (fiq_host_set_text(self->host, symbol, value)) {
    print_value(self->host, fiq_ports_index(&self->host->ports, symbol));
  }
}

static void act_get(FiqConsole* self, char* rest)
{
  const char* const symbol = trimmed(rest);
  const uint32_t    index  = fiq_ports_index(&self->host->ports, symbol);
  if (index != FIQ_NO_PORT && self->host->ports.ports[index].kind == FIQ_PORT_CONTROL) {
    print_value(self->host, index);
  } else {
    fiq_ports_find(&self->host->ports, symbol);
  }
}

static void act_controls(FiqConsole* self, char* rest)
{
  (void)rest;
  fiq_ports_print(&self->host->ports, self->host->settings);
}

static void act_meters(FiqConsole* self, char* rest)
{
  (void)rest;
  for (uint32_t i = 0; i < self->host->ports.n_ports; ++i) {
    const FiqPort* const port = &self->host->ports.ports[i];
    if (port->kind == FIQ_PORT_CONTROL && !port->input) {
      print_value(self->host, i);
    }
  }
}

static void act_presets(FiqConsole* self, char* rest)
{
  (void)rest;
  fiq_state_print_presets(self->host);
}

static void act_preset(FiqConsole* self, char* rest)
{
  const char* const name = trimmed(rest);
  if (fiq_state_load_preset(self->host, name)) {
    printf("preset %s\n", name);
  }
}

static void act_load(FiqConsole* self, char* rest)
{
  const char* const path = trimmed(rest);
  if (fiq_state_load(self->host, path)) {
    printf("loaded %s\n", path);
  }
}

static void act_save(FiqConsole* self, char* rest)
{
  const char* const path = trimmed(rest);
  const uint32_t    n    = self->claims->n;
  if (!path[0]) {
    fiq_error("save FILE");
  } else if (fiq_command_claim(self, "save", path) && fiq_state_save(self->host, path)) {
    printf("saved %s\n", path);
  }
  fiq_claims_cut(self->claims, n);
}

static void act_seed(FiqConsole* self, char* rest)
{
  char*             end  = NULL;
  const char* const text = trimmed(rest);
  const int64_t     seed = strtoll(text, &end, 0);
  if (end == text || *end != '\0') {
    fiq_error("seed NUMBER");
  } else if (!fiq_host_seed(self->host, seed)) {
    fiq_error("the plugin has no seed");
  } else {
    printf("seed = %lld\n", (long long)seed);
  }
}

static void act_tuning(FiqConsole* self, char* rest)
{
  const char* const path = trimmed(rest);
  // The tuning that plays belongs to the state by its name and must outlast a save.
  fiq_claims_cut(self->claims, self->n_claims);
  if (fiq_claim_tuning(self->claims, "tuning", path) && fiq_host_tuning(self->host, path)) {
    printf("tuning %s\n", path[0] ? path : "equal");
  }
}

static void act_words(FiqConsole* self, char* rest)
{
  const char* const words = trimmed(rest);
  if (fiq_host_text(self->host, FIQ_WORDS_URI, words)) {
    printf("words %s\n", words[0] ? words : "none");
  }
}

static void act_name(FiqConsole* self, char* rest)
{
  const char* const name = trimmed(rest);
  if (!name[0]) {
    fiq_error("name WORD");
  } else if (fiq_host_text(self->host, FIQ_NAME_MOMENT_URI, name)) {
    printf("named %s\n", name);
  }
}

static void act_recall(FiqConsole* self, char* rest)
{
  const char* const names = trimmed(rest);
  if (fiq_host_text(self->host, FIQ_MOMENT_URI, names)) {
    printf("recall %s\n", names[0] ? names : "what is most like the present");
  }
}

static void act_describe(FiqConsole* self, char* rest)
{
  (void)fiq_describe_print(self->host, trimmed(rest));
}

static void act_toward(FiqConsole* self, char* rest)
{
  (void)fiq_describe_toward(self->host, trimmed(rest));
}

static void act_status(FiqConsole* self, char* rest)
{
  (void)rest;
  FiqJack* const jack = self->jack;
  char           load[FIQ_LOAD_TEXT_BYTES];
  if (!jack->client) {
    fiq_error("there is no JACK server; waiting for one");
    return;
  }
  fiq_load_format(&jack->load, load);
  printf(
      "%u Hz, %u frames, latency %u frames, load of JACK %.0f %%, %u xruns, %lu bad samples\n%s\n",
      jack_get_sample_rate(jack->client), atomic_load(&jack->block_frames),
      atomic_load(&self->host->audio.latency_frames), (double)jack_cpu_load(jack->client),
      atomic_load(&jack->n_xruns), atomic_load(&self->host->audio.n_not_finite), load);
}

/// A goal of the partner, and the control that it is.
static const struct {
  const char* name;
  const char* symbol;
} goals[] = {{"brightness", "sequence_register"}, {"density", "sequence_density"},
             {"surprise", "sequence_surprise"},   {"harmony", "sequence_harmony"},
             {"turn", "sequence_bars"},           {"link", "sequence_link"},
             {"lowest", "sequence_lowest"},       {"highest", "sequence_highest"}};

static const char* const partner_status[]  = {"sequence", "sequence_capture", "sequence_link",
                                              "sequence_notes"};
static const char* const partner_metrics[] = {"sequence_entropy", "sequence_surprised",
                                              "sequence_temperature", "harmony", "goal_progress"};

static void print_symbols(const FiqConsole* self, const char* const* symbols, size_t n)
{
  for (size_t i = 0; i < n; ++i) {
    const uint32_t index = fiq_ports_index(&self->host->ports, symbols[i]);
    if (index != FIQ_NO_PORT) {
      print_value(self->host, index);
    }
  }
}

static void set_and_print(FiqConsole* self, const char* symbol, const char* value)
{
  if (fiq_host_set_text(self->host, symbol, value)) {
    print_symbols(self, &symbol, 1);
  }
}

/// The keys between which the partner is to play; without any, where it learned.
static void set_range(FiqConsole* self, char* rest)
{
  const char* const lowest  = next_word(&rest);
  const char* const highest = trimmed(rest);
  if (lowest[0] && highest[0]) {
    set_and_print(self, "sequence_lowest", lowest);
    set_and_print(self, "sequence_highest", highest);
  } else {
    fiq_error("partner goal range LOWEST HIGHEST: two MIDI notes, 0 127 for the range it learned");
  }
}

static void set_goal(FiqConsole* self, char* rest)
{
  const char* const name = next_word(&rest);
  if (strcmp(name, "range") == 0) {
    set_range(self, rest);
    return;
  }
  const char* const value = trimmed(rest + strspn(rest, " \t="));
  for (size_t i = 0; i < sizeof goals / sizeof goals[0]; ++i) {
    if (strcmp(name, goals[i].name) == 0 && value[0]) {
      set_and_print(self, goals[i].symbol, value);
      return;
    }
    if (!name[0]) {
      printf("%s: ", goals[i].name);
      print_symbols(self, &goals[i].symbol, 1);
    }
  }
  if (name[0]) {
    fiq_error("partner goal [brightness | density | lowest | highest | surprise | harmony | turn | "
              "link VALUE] "
              "or range LOWEST HIGHEST");
  }
}

static void act_partner(FiqConsole* self, char* rest)
{
  const char* const word = next_word(&rest);
  const char* const mode = trimmed(rest);
  if (fiq_ports_index(&self->host->ports, "sequence") == FIQ_NO_PORT) {
    fiq_error("the plugin has no partner");
  } else if (strcmp(word, "start") == 0) {
    set_and_print(self, "sequence", mode[0] ? mode : "Continue");
  } else if (strcmp(word, "stop") == 0) {
    set_and_print(self, "sequence", "Off");
  } else if (strcmp(word, "goal") == 0) {
    set_goal(self, rest);
  } else if (strcmp(word, "status") == 0 || !word[0]) {
    print_symbols(self, partner_status, sizeof partner_status / sizeof partner_status[0]);
  } else if (strcmp(word, "metrics") == 0) {
    print_symbols(self, partner_metrics, sizeof partner_metrics / sizeof partner_metrics[0]);
  } else {
    fiq_error("partner start [MODE] | stop | goal [NAME VALUE] | status | metrics");
  }
}

static void act_connect(FiqConsole* self, char* rest)
{
  const char* const name = trimmed(rest);
  if (!self->jack->client) {
    fiq_error("there is no JACK server; waiting for one");
  } else if (atomic_load(&self->host->audio.freewheeling)) {
    // The sound card stands still then; a JACK 2 server would wait for it, and everybody for the server.
    fiq_error("nothing can be connected while JACK freewheels");
  } else if (!name[0]) {
    fiq_jack_connect_physical(self->jack);
  } else if (fiq_jack_connect(self->jack, name)) {
    printf("connected %s\n", name);
  }
}

static void act_quit(FiqConsole* self, char* rest)
{
  (void)rest;
  self->quit = true;
}

static const Command commands[] = {
    {"set", "set SYMBOL VALUE   change a parameter", act_set},
    {"get", "get SYMBOL         show one value", act_get},
    {"controls", "controls           all parameters (also: list)", act_controls},
    {"list", NULL, act_controls},
    {"meters", "meters             what the plugin shows", act_meters},
    {"presets", "presets            names of the presets", act_presets},
    {"preset", "preset NAME        load a preset", act_preset},
    {"load", "load FILE          load a saved state", act_load},
    {"save", "save FILE          save the state", act_save},
    {"seed", "seed NUMBER        seed of everything random", act_seed},
    {"tuning", "tuning [FILE]      tune by a scale in Scala's format; none: equal temperament",
     act_tuning},
    {"bypass", "bypass on|off      let the input through unchanged, without a click",
     fiq_command_bypass},
    {"record",
     "record [FILE]      record what comes out, as .wav or .flac; alone: end the recording",
     fiq_command_record},
    {"learn",
     "learn [SYMBOL]     let the controller that is moved next move SYMBOL; alone: list them",
     fiq_command_learn},
    {"forget", "forget SYMBOL      let no controller move it any more", fiq_command_forget},
    {"levels", "levels [on|off]    levels in and out, load and xruns, once or all the time",
     fiq_command_levels},
    {"buffer", "buffer FRAMES      ask the server for periods of another length",
     fiq_command_buffer},
    {"partner",
     "partner WORD       start [MODE], stop, goal [NAME VALUE], status or metrics of the partner",
     act_partner},
    {"words", "words [TEXT]       what the notes sing, a syllable a note; none: no words",
     act_words},
    {"name", "name WORD          name the moment that is recalled, or else what sounds", act_name},
    {"recall",
     "recall [WORDS]     recall what has these names, mixed; none: what is most like the present",
     act_recall},
    {"describe", "describe WORDS     the presets that sound most like that", act_describe},
    {"toward", "toward WORDS       make it sound more like that", act_toward},
    {"connect", "connect [PORT]     connect to the sound card or a port", act_connect},
    {"status",
     "status             rate, latency, load, xruns, and what it takes of a period itself",
     act_status},
    {"help", "help               this list", act_help},
    {"quit", "quit               end", act_quit},
    {"exit", NULL, act_quit}};

enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

void fiq_console_list_commands(void)
{
  for (int i = 0; i < N_COMMANDS; ++i) {
    if (commands[i].use) {
      printf("%s\n", commands[i].use);
    }
  }
}

static void act_help(FiqConsole* self, char* rest)
{
  (void)self;
  (void)rest;
  fiq_console_list_commands();
}

void fiq_console_command(FiqConsole* self, char* line)
{
  char*             rest = trimmed(line);
  const char* const name = next_word(&rest);
  if (!name[0]) {
    return;
  }
  for (int i = 0; i < N_COMMANDS; ++i) {
    if (strcmp(name, commands[i].name) == 0) {
      commands[i].act(self, trimmed(rest));
      fflush(stdout);
      return;
    }
  }
  fiq_error("no command '%s'; 'help' lists them", name);
}

static void take(FiqConsole* self, char c)
{
  if (c != '\n') {
    self->overlong = self->overlong || self->length == FIQ_CONSOLE_BYTES - 1;
    if (!self->overlong) {
      self->line[self->length++] = c;
    }
    return;
  }
  self->line[self->length] = '\0';
  if (self->overlong) {
    fiq_error("the line is too long");
  } else {
    fiq_console_command(self, self->line);
  }
  self->length   = 0;
  self->overlong = false;
}

void fiq_console_read(FiqConsole* self, int descriptor)
{
  char          bytes[512];
  const ssize_t n = read(descriptor, bytes, sizeof bytes);
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
    return;
  }
  self->ended = n <= 0;
  for (ssize_t i = 0; i < n && !self->quit; ++i) {
    take(self, bytes[i]);
  }
}
