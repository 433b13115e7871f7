// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/controllers.h"

#include <assert.h>
#include <string.h>

enum { CHANNELS = 16, MODES = 120 };

bool fiq_controller_can_move(uint32_t controller)
{
  switch (controller) {
  case 0:
  case 6:
  case 32:
  case 38:
  case 96:
  case 97:
  case 98:
  case 99:
  case 100:
  case 101:
    return false;
  default:
    return controller < MODES;
  }
}

bool fiq_controllers_suit(FiqPluginKind plugin, uint32_t row)
{
  assert(row < fiq_n_params && plugin < FIQ_N_PLUGINS);
  const FiqParam* const param = &fiq_params[row];
  return fiq_param_in(param, plugin) && !fiq_param_is_meter(param) &&
         param->kind != FIQ_KIND_FREEWHEEL;
}

int32_t fiq_controllers_row(FiqPluginKind plugin, const char* symbol, size_t n)
{
  assert(symbol || n == 0);
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    if (n > 0 && strncmp(fiq_params[row].symbol, symbol, n) == 0 &&
        fiq_params[row].symbol[n] == '\0' && fiq_controllers_suit(plugin, row)) {
      return (int32_t)row;
    }
  }
  return FIQ_NO_CONTROLLER;
}

static void remove_entry(FiqControllers* self, uint32_t i)
{
  assert(i < self->n);
  --self->n;
  memmove(self->entry + i, self->entry + i + 1, (self->n - i) * sizeof self->entry[0]);
}

bool fiq_controllers_add(FiqControllers* self, FiqController entry)
{
  assert(entry.channel < CHANNELS && fiq_controller_can_move(entry.controller));
  for (uint32_t i = self->n; i-- > 0;) {
    const FiqController other = self->entry[i];
    if (other.row == entry.row ||
        (other.channel == entry.channel && other.controller == entry.controller)) {
      remove_entry(self, i);
    }
  }
  if (self->n == FIQ_CONTROLLERS_MAX) {
    return false;
  }
  self->entry[self->n++] = entry;
  return true;
}

void fiq_controllers_forget(FiqControllers* self, uint32_t row)
{
  assert(self->n <= FIQ_CONTROLLERS_MAX);
  const int32_t i = fiq_controllers_for(self, row);
  if (i != FIQ_NO_CONTROLLER) {
    remove_entry(self, (uint32_t)i);
  }
}

int32_t fiq_controllers_of(const FiqControllers* self, uint32_t channel, uint32_t controller)
{
  assert(self->n <= FIQ_CONTROLLERS_MAX);
  for (uint32_t i = 0; i < self->n; ++i) {
    if (self->entry[i].channel == channel && self->entry[i].controller == controller) {
      return (int32_t)i;
    }
  }
  return FIQ_NO_CONTROLLER;
}

int32_t fiq_controllers_for(const FiqControllers* self, uint32_t row)
{
  assert(self->n <= FIQ_CONTROLLERS_MAX);
  for (uint32_t i = 0; i < self->n; ++i) {
    if (self->entry[i].row == row) {
      return (int32_t)i;
    }
  }
  return FIQ_NO_CONTROLLER;
}

// ---- text ----

/// What is still to be read.
typedef struct {
  const char* at;
  const char* end;
} Rest;

/// The next word of the entry; its length, 0 at the entry's end.
static size_t next_word(Rest* rest, const char** word)
{
  assert(rest->at <= rest->end);
  while (rest->at < rest->end && *rest->at == ' ') {
    ++rest->at;
  }
  *word = rest->at;
  while (rest->at < rest->end && *rest->at != '\0' && !strchr(" ,;\n", *rest->at)) {
    ++rest->at;
  }
  return (size_t)(rest->at - *word);
}

/// A number of up to three digits, or -1.
static int32_t next_number(Rest* rest)
{
  const char*  word  = NULL;
  const size_t n     = next_word(rest, &word);
  int32_t      value = n > 0 && n <= 3 ? 0 : -1;
  for (size_t i = 0; i < n && value >= 0; ++i) {
    value = word[i] >= '0' && word[i] <= '9' ? 10 * value + word[i] - '0' : -1;
  }
  return value;
}

static void read_entry(FiqControllers* self, FiqPluginKind plugin, Rest* rest)
{
  const char*   symbol     = NULL;
  const int32_t channel    = next_number(rest);
  const int32_t controller = next_number(rest);
  const size_t  n          = next_word(rest, &symbol);
  const int32_t row        = fiq_controllers_row(plugin, symbol, n);
  if (channel >= 1 && channel <= CHANNELS && controller >= 0 &&
      fiq_controller_can_move((uint32_t)controller) && row != FIQ_NO_CONTROLLER) {
    (void)fiq_controllers_add(self, (FiqController){.channel    = (uint8_t)(channel - 1),
                                                    .controller = (uint8_t)controller,
                                                    .row        = (uint16_t)row});
  }
}

void fiq_controllers_read(FiqControllers* self, FiqPluginKind plugin, const char* text,
                          size_t n_bytes)
{
  assert(self && (text || n_bytes == 0));
  const size_t most = n_bytes < FIQ_CONTROLLERS_TEXT_BYTES ? n_bytes : FIQ_CONTROLLERS_TEXT_BYTES;
  Rest         rest = {text, text + (n_bytes > 0 ? strnlen(text, most) : 0)};
  self->n           = 0;
  // Names are looked for in a table: what is read is bounded, as run() may do it.
  for (uint32_t i = 0; i < FIQ_CONTROLLERS_MAX && rest.at < rest.end; ++i) {
    read_entry(self, plugin, &rest);
    while (rest.at < rest.end && !strchr(",;\n", *rest.at)) {
      ++rest.at;
    }
    rest.at += rest.at < rest.end ? 1 : 0;
  }
}

static uint32_t append(char* text, uint32_t at, const char* word)
{
  const size_t n = strlen(word);
  assert(at + n < FIQ_CONTROLLERS_TEXT_BYTES);
  memcpy(text + at, word, n + 1);
  return at + (uint32_t)n;
}

/// The number, below 1000, and a space.
static uint32_t append_number(char* text, uint32_t at, uint32_t number)
{
  assert(number < 1000);
  char           digits[8] = "000 ";
  const uint32_t skip      = number < 10 ? 2 : (number < 100 ? 1 : 0);
  digits[0]                = (char)('0' + number / 100);
  digits[1]                = (char)('0' + number / 10 % 10);
  digits[2]                = (char)('0' + number % 10);
  return append(text, at, digits + skip);
}

uint32_t fiq_controllers_write(const FiqControllers* self, char text[FIQ_CONTROLLERS_TEXT_BYTES])
{
  assert(self->n <= FIQ_CONTROLLERS_MAX);
  uint32_t at = 0;
  text[0]     = '\0';
  for (uint32_t i = 0; i < self->n; ++i) {
    const FiqController* const entry = &self->entry[i];
    at                               = append(text, at, i > 0 ? ", " : "");
    at                               = append_number(text, at, entry->channel + 1u);
    at                               = append_number(text, at, entry->controller);
    at                               = append(text, at, fiq_params[entry->row].symbol);
  }
  return at;
}
