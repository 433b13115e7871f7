// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Writes what is derived from params.def, ports.def and presets.def; NAME is the last part of a plugin's URI:

     fiq_gen_ttl plugin NAME FILE.in...   the files one after the other, their @SLOTS@ filled in
     fiq_gen_ttl manifest FILE.in SUFFIX  the manifest with its presets
     fiq_gen_ttl presets NAME             the presets of one plugin
     fiq_gen_ttl ports                    the port contract, one line a port
     fiq_gen_ttl markdown                 the tables of parameters for readers
     fiq_gen_ttl check                    only look for mistakes in the tables

   Everything goes to standard output. Exit status 0, or 1 with a message.
*/
#include "plugin/ports.h"
#include "plugin/presets.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char* const titles[FIQ_N_PLUGINS] = {"Realms", "Swarm", "Realms Stereo",
                                                  "Realms Mono"};

/// What the description of the plugin ends with.
static const char* const purposes[FIQ_N_PLUGINS] = {
    [FIQ_PLUGIN_REALMS]        = "",
    [FIQ_PLUGIN_SWARM]         = "",
    [FIQ_PLUGIN_REALMS_STEREO] = " For hosts that offer no plugin with a sidechain.",
    [FIQ_PLUGIN_REALMS_MONO]   = " For a single channel.",
};

/// The controls that hosts with little room show first, in order.
enum { N_FIRST = 12 };
static const char* const first_of_swarm[N_FIRST]  = {"anneal", "detune",  "oscillators", "partials",
                                                     "tilt",   "attack",  "release",     "coupling",
                                                     "noise",  "balance", "stereo",      "output"};
static const char* const first_of_realms[N_FIRST] = {
    "realm", "amount",    "mix",    "objective", "learn",  "coordination",
    "drive", "coherence", "rotate", "shift",     "motion", "output"};

/// Groups as the hands come to them; others follow. Hosts sort them by their URIs.
enum { N_IN_USE = 12 };
static const FiqParamGroup use_of_swarm[N_IN_USE] = {
    FIQ_GROUP_SWARM,  FIQ_GROUP_FILTER,   FIQ_GROUP_ANNEAL,    FIQ_GROUP_PLAY,
    FIQ_GROUP_OUTPUT, FIQ_GROUP_CORE,     FIQ_GROUP_REGULATOR, FIQ_GROUP_GOALS,
    FIQ_GROUP_MEMORY, FIQ_GROUP_SEQUENCE, FIQ_GROUP_LINK,      FIQ_GROUP_METERS};
static const FiqParamGroup use_of_realms[N_IN_USE] = {
    FIQ_GROUP_REALM,     FIQ_GROUP_ROTATOR, FIQ_GROUP_OUTPUT,   FIQ_GROUP_CORE,
    FIQ_GROUP_REGULATOR, FIQ_GROUP_SWARM,   FIQ_GROUP_ANNEAL,   FIQ_GROUP_PLAY,
    FIQ_GROUP_GOALS,     FIQ_GROUP_MEMORY,  FIQ_GROUP_SEQUENCE, FIQ_GROUP_LINK};

static const char* const* first_of(FiqPluginKind kind)
{
  return kind == FIQ_PLUGIN_SWARM ? first_of_swarm : first_of_realms;
}

static const FiqParamGroup* use_of(FiqPluginKind kind)
{
  return kind == FIQ_PLUGIN_SWARM ? use_of_swarm : use_of_realms;
}

/// 0 for what is not among the first.
static unsigned priority_of(FiqPluginKind kind, const FiqParam* param)
{
  unsigned at = 0;
  while (at < N_FIRST && strcmp(first_of(kind)[at], param->symbol) != 0) {
    ++at;
  }
  return N_FIRST - at;
}

static unsigned place_of(FiqPluginKind kind, FiqParamGroup group)
{
  unsigned at = 0;
  while (at < N_IN_USE && use_of(kind)[at] != group) {
    ++at;
  }
  return at < N_IN_USE ? at : N_IN_USE + (unsigned)group;
}

/// A control or meter row as `index` of the plugin's ports.
typedef void (*PortWriter)(FiqPluginKind kind, const FiqParam* param, uint32_t index);

/// Some hosts take every port that is in a group for audio: what is made for them groups no controls.
static bool groups_controls(FiqPluginKind kind)
{
  return kind == FIQ_PLUGIN_REALMS || kind == FIQ_PLUGIN_SWARM;
}

static bool has_port(FiqPluginKind kind, FiqPortRole role)
{
  return fiq_port_index(kind, role) < fiq_first_control_port(kind);
}

static void each_port(FiqPluginKind kind, PortWriter write)
{
  uint32_t index = fiq_first_control_port(kind);
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    if (fiq_param_has_port(&fiq_params[row], kind)) {
      write(kind, &fiq_params[row], index++);
    }
  }
}

static const char* unit_turtle(FiqParamUnit unit)
{
  switch (unit) {
  case FIQ_UNIT_PERCENT:
    return "units:pc";
  case FIQ_UNIT_DB:
  case FIQ_UNIT_DECIBEL:
  case FIQ_UNIT_LEVEL:
    return "units:db";
  case FIQ_UNIT_DEGREE:
    return "units:degree";
  case FIQ_UNIT_HERTZ:
    return "units:hz";
  case FIQ_UNIT_SECOND:
    return "units:s";
  case FIQ_UNIT_MILLISECOND:
    return "units:ms";
  case FIQ_UNIT_CENTS:
    return "units:cent";
  case FIQ_UNIT_SEMITONE:
    return "units:semitone12TET";
  case FIQ_UNIT_OCTAVE:
    return "units:oct";
  case FIQ_UNIT_DB_PER_OCTAVE:
    return "fieldiq:db-per-octave";
  case FIQ_UNIT_FACTOR:
    return "units:coef";
  case FIQ_UNIT_NOTE:
    return "units:midiNote";
  case FIQ_UNIT_FRAMES:
    return "units:frame";
  case FIQ_UNIT_PER_SECOND:
    return "fieldiq:per-second";
  case FIQ_UNIT_NONE:
    break;
  }
  return NULL;
}

static const char* unit_text(FiqParamUnit unit)
{
  static const char* const texts[] = {"",       "%", "dB",        "dB",     "dB",        "degrees",
                                      "Hz",     "s", "ms",        "cents",  "semitones", "octaves",
                                      "dB/oct", "x", "MIDI note", "frames", "1/s"};
  return texts[unit];
}

/// GStreamer takes every toggle for off at first. Where it is to find what is on, that is a whole number.
static const char* toggle_turtle(const FiqParam* param, bool is_grouped)
{
  return is_grouped || param->fallback < 0.5f ? "lv2:toggled" : "lv2:integer";
}

static void write_properties(const FiqParam* param, bool is_grouped)
{
  switch (param->kind) {
  case FIQ_KIND_LINEAR:
  case FIQ_KIND_MEASURE:
  case FIQ_KIND_MIDI_OUT:
    break;
  case FIQ_KIND_LOG:
    puts("\t\tlv2:portProperty pprops:logarithmic ;");
    break;
  case FIQ_KIND_INTEGER:
    puts("\t\tlv2:portProperty lv2:integer ;");
    break;
  case FIQ_KIND_INTEGER_HEAVY:
    puts("\t\tlv2:portProperty lv2:integer ,\n\t\t\tpprops:expensive ;");
    break;
  case FIQ_KIND_COUNT_HEAVY:
    puts(
        "\t\tlv2:portProperty lv2:integer ,\n\t\t\tpprops:logarithmic ,\n\t\t\tpprops:expensive ;");
    break;
  case FIQ_KIND_TOGGLE:
    printf("\t\tlv2:portProperty %s ;\n", toggle_turtle(param, is_grouped));
    break;
  case FIQ_KIND_CHOICE:
  case FIQ_KIND_STATE:
    puts("\t\tlv2:portProperty lv2:enumeration ,\n\t\t\tlv2:integer ;");
    break;
  case FIQ_KIND_CHOICE_HEAVY:
    puts("\t\tlv2:portProperty lv2:enumeration ,\n\t\t\tlv2:integer ,\n\t\t\tpprops:expensive ;");
    break;
  case FIQ_KIND_ENABLED:
    printf("\t\tlv2:designation lv2:enabled ;\n\t\tlv2:portProperty %s ;\n",
           toggle_turtle(param, is_grouped));
    break;
  case FIQ_KIND_FREEWHEEL:
    puts("\t\tlv2:designation lv2:freeWheeling ;\n\t\tlv2:portProperty lv2:toggled ,\n"
         "\t\t\tpprops:notOnGUI ,\n\t\t\tpprops:notAutomatic ;");
    break;
  case FIQ_KIND_LATENCY:
    puts("\t\tlv2:designation lv2:latency ;\n\t\tlv2:portProperty lv2:reportsLatency ,\n"
         "\t\t\tlv2:integer ,\n\t\t\tpprops:notOnGUI ;");
    break;
  }
}

/// Real numbers have a point, so that their type is that of the port; toggles are whole, because what hosts stand on
/// takes a boolean for no number at all, and then enables nothing.
static void write_number(const FiqParam* param, float value)
{
  char text[32];
  snprintf(text, sizeof(text), "%g", (double)value);
  const bool is_real = param->kind == FIQ_KIND_LINEAR || param->kind == FIQ_KIND_LOG ||
                       param->kind == FIQ_KIND_MEASURE;
  printf("%s%s", text, is_real && !strpbrk(text, ".e") ? ".0" : "");
}

static void write_limit(const char* property, const FiqParam* param, float value)
{
  printf("\t\t%s ", property);
  write_number(param, value);
  puts(" ;");
}

static void write_midi_out(const FiqParam* param, uint32_t index)
{
  printf(" , [\n\t\ta lv2:OutputPort ,\n\t\t\tatom:AtomPort ;\n\t\tlv2:index %u ;\n\t\tlv2:symbol "
         "\"%s\" ;\n"
         "\t\tlv2:name \"%s\" ;\n\t\tatom:bufferType atom:Sequence ;\n\t\tatom:supports "
         "midi:MidiEvent ;\n"
         "\t\tlv2:portProperty lv2:connectionOptional ;\n\t\trdfs:comment \"%s\"\n\t]",
         index, param->symbol, param->name, param->comment);
}

static void write_control(FiqPluginKind kind, const FiqParam* param, uint32_t index)
{
  const bool is_grouped = groups_controls(kind);
  const bool meter      = fiq_param_is_meter(param);
  printf(" , [\n\t\ta %s ,\n\t\t\tlv2:ControlPort ;\n", meter ? "lv2:OutputPort" : "lv2:InputPort");
  printf("\t\tlv2:index %u ;\n\t\tlv2:symbol \"%s\" ;\n\t\tlv2:name \"%s\" ;\n", index,
         param->symbol, param->name);
  write_limit("lv2:minimum", param, param->minimum);
  write_limit("lv2:maximum", param, param->maximum);
  if (!meter) {
    write_limit("lv2:default", param, param->fallback);
  }
  write_properties(param, is_grouped);
  if (unit_turtle(param->unit)) {
    printf("\t\tunits:unit %s ;\n", unit_turtle(param->unit));
  }
  for (uint32_t i = 0; param->points && param->points[i]; ++i) {
    printf("\t\tlv2:scalePoint [ rdfs:label \"%s\" ; rdf:value %u ] ;\n", param->points[i], i);
  }
  if (priority_of(kind, param) > 0) {
    printf("\t\tpprops:displayPriority %u ;\n", priority_of(kind, param));
  }
  printf("\t\trdfs:comment \"%s\"", param->comment);
}

static void write_row(FiqPluginKind kind, const FiqParam* param, uint32_t index)
{
  if (param->kind == FIQ_KIND_MIDI_OUT) {
    write_midi_out(param, index);
    return;
  }
  write_control(kind, param, index);
  if (groups_controls(kind)) {
    printf(" ;\n\t\tpg:group fieldiq:%s-group-%02u", fiq_plugin_names[kind],
           place_of(kind, param->group));
  }
  fputs("\n\t]", stdout);
}

static void write_atom_port(FiqPortRole role, bool takes_midi)
{
  fputs("\t\tatom:bufferType atom:Sequence ;\n\t\tlv2:portProperty lv2:connectionOptional ;\n",
        stdout);
  if (role == FIQ_PORT_CONTROL) {
    printf("\t\tlv2:designation lv2:control ;\n\t\tatom:supports %spatch:Message "
           ",\n\t\t\ttime:Position",
           takes_midi ? "midi:MidiEvent ,\n\t\t\t" : "");
  } else if (role == FIQ_PORT_MIDI) {
    fputs("\t\tatom:supports midi:MidiEvent", stdout);
  } else {
    fputs("\t\trsz:minimumSize 65536 ;\n\t\tatom:supports patch:Message", stdout);
  }
}

static const char* audio_group(FiqPortRole role)
{
  const bool is_output = role == FIQ_PORT_OUT_L || role == FIQ_PORT_OUT_R;
  const bool is_side   = role == FIQ_PORT_SIDE_L || role == FIQ_PORT_SIDE_R;
  return is_output ? "output" : is_side ? "sidechain" : "input";
}

static void write_audio_port(FiqPluginKind kind, FiqPortRole role)
{
  const bool is_left = role == FIQ_PORT_IN_L || role == FIQ_PORT_SIDE_L || role == FIQ_PORT_OUT_L;
  const bool is_out  = role == FIQ_PORT_OUT_L || role == FIQ_PORT_OUT_R;
  const bool is_aside =
      role == FIQ_PORT_SIDE_L || role == FIQ_PORT_SIDE_R || (kind == FIQ_PLUGIN_SWARM && !is_out);
  if (is_aside) {
    fputs("\t\tlv2:portProperty lv2:connectionOptional ,\n\t\t\tlv2:isSideChain ;\n", stdout);
  }
  printf("\t\tlv2:designation pg:%s ;\n\t\tpg:group fieldiq:%s-%s",
         !has_port(kind, FIQ_PORT_OUT_R) ? "center"
         : is_left                       ? "left"
                                         : "right",
         fiq_plugin_names[kind], audio_group(role));
}

static void write_fixed_ports(const void* handle)
{
  const FiqPluginKind kind = *(const FiqPluginKind*)handle;
  for (uint32_t index = 0; index < fiq_first_control_port(kind); ++index) {
    const FiqPort* const port     = fiq_fixed_port(kind, index);
    const FiqPortRole    role     = port->role;
    const bool           is_atom  = role <= FIQ_PORT_NOTIFY;
    const bool           is_input = role != FIQ_PORT_NOTIFY && role < FIQ_PORT_OUT_L;
    printf("%s[\n\t\ta lv2:%sPort ,\n\t\t\t%sPort ;\n", index ? " , " : "\tlv2:port ",
           is_input ? "Input" : "Output", is_atom ? "atom:Atom" : "lv2:Audio");
    printf("\t\tlv2:index %u ;\n\t\tlv2:symbol \"%s\" ;\n\t\tlv2:name \"%s\" ;\n"
           "\t\trdfs:comment \"%s\" ;\n",
           index, port->symbol, port->name, port->comment);
    if (is_atom) {
      write_atom_port(role, !has_port(kind, FIQ_PORT_MIDI));
    } else {
      write_audio_port(kind, role);
    }
    fputs("\n\t]", stdout);
  }
}

static void write_audio_group(FiqPluginKind kind, FiqPortRole role, const char* title,
                              const char* extra)
{
  if (has_port(kind, role)) {
    printf("fieldiq:%s-%s\n\ta pg:%sGroup ,\n\t\tpg:%sGroup ;\n\tlv2:name \"%s\" ;\n"
           "\tlv2:symbol \"%s_group\"",
           fiq_plugin_names[kind], audio_group(role),
           has_port(kind, FIQ_PORT_OUT_R) ? "Stereo" : "Mono",
           role == FIQ_PORT_OUT_L ? "Output" : "Input", title, audio_group(role));
    if (extra) {
      printf(" ;\n\t%s fieldiq:%s-input", extra, fiq_plugin_names[kind]);
    }
    fputs(" .\n\n", stdout);
  }
}

static void write_audio_groups(const void* handle)
{
  const FiqPluginKind kind     = *(const FiqPluginKind*)handle;
  const bool          is_swarm = kind == FIQ_PLUGIN_SWARM;
  write_audio_group(kind, FIQ_PORT_IN_L, is_swarm ? "Analysis input" : "Input", NULL);
  write_audio_group(kind, FIQ_PORT_SIDE_L, "Sidechain", "pg:sideChainOf");
  write_audio_group(kind, FIQ_PORT_OUT_L, "Output", is_swarm ? NULL : "pg:source");
}

static void write_main_groups(const void* handle)
{
  const FiqPluginKind kind = *(const FiqPluginKind*)handle;
  if (kind != FIQ_PLUGIN_SWARM) {
    printf("\tpg:mainInput fieldiq:%s-input ;\n", fiq_plugin_names[kind]);
  }
  printf("\tpg:mainOutput fieldiq:%s-output ;\n", fiq_plugin_names[kind]);
}

static bool has_group(FiqPluginKind kind, FiqParamGroup group)
{
  uint32_t row = 0;
  while (row < fiq_n_params &&
         !(fiq_params[row].group == group && fiq_param_in(&fiq_params[row], kind))) {
    ++row;
  }
  return row < fiq_n_params;
}

static void write_groups(FiqPluginKind kind)
{
  for (unsigned group = 0; group < FIQ_N_GROUPS; ++group) {
    if (has_group(kind, (FiqParamGroup)group)) {
      printf("fieldiq:%s-group-%02u\n\ta %s ;\n\tlv2:name \"%s\" ;\n\tlv2:symbol "
             "\"group_%u\" .\n\n",
             fiq_plugin_names[kind], place_of(kind, (FiqParamGroup)group),
             group == FIQ_GROUP_METERS ? "pg:OutputGroup" : "pg:InputGroup", fiq_group_names[group],
             group);
    }
  }
}

typedef struct {
  const char* name;                  ///< without the @ signs
  const char* text;                  ///< its replacement, or
  void (*write)(const void* handle); ///< what prints it
  const void* handle;
} Slot;

/// Copy a template to standard output, with its @NAMES@ filled in.
static int fill_template(const char* path, const Slot* slots, size_t n_slots)
{
  FILE* const file = fopen(path, "r");
  if (!file) {
    fprintf(stderr, "fiq_gen_ttl: cannot read %s\n", path);
    return 1;
  }
  static char  text[1 << 16];
  const size_t size = fread(text, 1, sizeof(text) - 1, file);
  fclose(file);
  text[size] = '\0';
  for (const char* at = text; *at;) {
    size_t slot = 0;
    size_t skip = 0;
    for (; *at == '@' && slot < n_slots; ++slot) {
      const size_t length = strlen(slots[slot].name);
      if (!strncmp(at + 1, slots[slot].name, length) && at[1 + length] == '@') {
        skip = length + 2;
        break;
      }
    }
    if (!skip) {
      putchar(*at++);
      continue;
    }
    if (slots[slot].text) {
      fputs(slots[slot].text, stdout);
    } else {
      slots[slot].write(slots[slot].handle);
    }
    at += skip;
  }
  return 0;
}

static void write_controls(const void* handle)
{
  const FiqPluginKind kind = *(const FiqPluginKind*)handle;
  each_port(kind, write_row);
}

static int write_plugin(FiqPluginKind kind, char** paths, int n_paths)
{
  const Slot slots[] = {
      {"CONTROLS", NULL, write_controls, &kind},   {"FOR", purposes[kind], NULL, NULL},
      {"GROUPS", NULL, write_audio_groups, &kind}, {"MAIN", NULL, write_main_groups, &kind},
      {"NAME", titles[kind], NULL, NULL},          {"PLUGIN", fiq_plugin_names[kind], NULL, NULL},
      {"PORTS", NULL, write_fixed_ports, &kind},   {"MINOR", FIQ_LV2_MINOR, NULL, NULL},
      {"MICRO", FIQ_LV2_MICRO, NULL, NULL}};
  for (int i = 0; i < n_paths; ++i) {
    if (fill_template(paths[i], slots, sizeof(slots) / sizeof(slots[0]))) {
      return 1;
    }
    if (i == 0 && groups_controls(kind)) {
      write_groups(kind);
    }
  }
  return 0;
}

static void write_plugin_heads(const void* handle)
{
  const char* const window = FIQ_HAS_UI ? "\tui:ui <urn:fieldiq:ui> ;\n" : "";
  for (int kind = 0; kind < FIQ_N_PLUGINS; ++kind) {
    printf("<urn:fieldiq:%s>\n\ta lv2:Plugin ;\n\tlv2:binary <fieldiq%s> ;\n%s"
           "\trdfs:seeAlso <%s.ttl> .\n\n",
           fiq_plugin_names[kind], (const char*)handle, window, fiq_plugin_names[kind]);
  }
  if (FIQ_HAS_UI) {
    printf("<urn:fieldiq:ui>\n\ta ui:X11UI ;\n\tlv2:binary <fieldiq_ui%s> ;\n"
           "\trdfs:seeAlso <ui.ttl> .\n\n",
           (const char*)handle);
  }
}

static void write_preset_head(const FiqPreset* preset, FiqPluginKind kind)
{
  const char* const name = fiq_plugin_names[kind];
  printf("<urn:fieldiq:%s:%s>\n\ta pset:Preset ;\n\tlv2:appliesTo <urn:fieldiq:%s> ;\n"
         "\trdfs:label \"%s\" ;\n",
         name, preset->slug, name, preset->label);
}

static void write_preset_heads(const void* handle)
{
  (void)handle;
  for (int kind = 0; kind < FIQ_N_PLUGINS; ++kind) {
    for (uint32_t i = 0; i < fiq_n_presets; ++i) {
      if (fiq_preset_suits(&fiq_presets[i], (FiqPluginKind)kind)) {
        write_preset_head(&fiq_presets[i], (FiqPluginKind)kind);
        printf("\trdfs:seeAlso <%s-presets.ttl> .\n\n", fiq_plugin_names[kind]);
      }
    }
  }
}

static void write_preset(const FiqPreset* preset, FiqPluginKind kind)
{
  write_preset_head(preset, kind);
  printf("\tpset:bank <urn:fieldiq:bank:%s> ;\n\trdfs:comment \"%s\"", preset->category,
         preset->comment);
  const char* separator = " ;\n\tlv2:port";
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    const FiqParam* const param = &fiq_params[row];
    if (fiq_preset_holds(param, kind)) {
      printf("%s [\n\t\tlv2:symbol \"%s\" ;\n\t\tpset:value ", separator, param->symbol);
      write_number(param, fiq_preset_value(preset, param));
      fputs("\n\t]", stdout);
      separator = " ,";
    }
  }
  puts(" .\n");
}

/// Each category of the plugin's presets once, where it first occurs.
static void write_banks(FiqPluginKind kind)
{
  for (uint32_t i = 0; i < fiq_n_presets; ++i) {
    bool is_new = fiq_preset_suits(&fiq_presets[i], kind);
    for (uint32_t other = 0; is_new && other < i; ++other) {
      is_new = !fiq_preset_suits(&fiq_presets[other], kind) ||
               strcmp(fiq_presets[other].category, fiq_presets[i].category) != 0;
    }
    if (is_new) {
      printf("<urn:fieldiq:bank:%s>\n\ta pset:Bank ;\n\trdfs:label \"%s\" .\n\n",
             fiq_presets[i].category, fiq_presets[i].category);
    }
  }
}

static void write_presets(FiqPluginKind kind)
{
  puts("@prefix lv2:  <http://lv2plug.in/ns/lv2core#> .\n"
       "@prefix pset: <http://lv2plug.in/ns/ext/presets#> .\n"
       "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n");
  write_banks(kind);
  for (uint32_t i = 0; i < fiq_n_presets; ++i) {
    if (fiq_preset_suits(&fiq_presets[i], kind)) {
      write_preset(&fiq_presets[i], kind);
    }
  }
}

static void write_contract_line(FiqPluginKind kind, const FiqParam* param, uint32_t index)
{
  (void)kind;
  if (param->kind == FIQ_KIND_MIDI_OUT) {
    printf("%u %s midi\n", index, param->symbol);
    return;
  }
  printf("%u %s %g %g\n", index, param->symbol, (double)param->minimum, (double)param->maximum);
}

static void write_contract(void)
{
  for (int kind = 0; kind < FIQ_N_PLUGINS; ++kind) {
    printf("# urn:fieldiq:%s: index symbol minimum maximum\n", fiq_plugin_names[kind]);
    each_port((FiqPluginKind)kind, write_contract_line);
  }
}

static void write_markdown_row(FiqPluginKind kind, const FiqParam* param, uint32_t index)
{
  (void)kind;
  (void)index;
  if (param->kind == FIQ_KIND_LATENCY || param->kind == FIQ_KIND_FREEWHEEL ||
      param->kind == FIQ_KIND_MIDI_OUT) {
    return;
  }
  printf("| `%s` | %s | ", param->symbol, param->name);
  if (param->points) {
    const bool meter = fiq_param_is_meter(param);
    fputs(meter ? "meter, " : "", stdout);
    for (uint32_t i = 0; param->points[i]; ++i) {
      printf("%s%s", i ? ", " : "", param->points[i]);
    }
    printf(" | %s |", meter ? "" : param->points[(size_t)param->fallback]);
  } else if (fiq_param_is_meter(param)) {
    printf("meter, %g .. %g %s | |", (double)param->minimum, (double)param->maximum,
           unit_text(param->unit));
  } else {
    printf("%g .. %g %s | %g |", (double)param->minimum, (double)param->maximum,
           unit_text(param->unit), (double)param->fallback);
  }
  printf(" %s |\n", param->comment);
}

/// What of the Realms' a plugin for other hosts lacks.
static void write_markdown_lacks(FiqPluginKind kind)
{
  printf("FieldIQ %s has all of these but", titles[kind]);
  const char* separator = " ";
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    const FiqParam* const theirs = &fiq_params[row];
    if (!fiq_param_in(theirs, FIQ_PLUGIN_REALMS) || fiq_param_in(theirs, kind)) {
      continue;
    }
    const FiqParam* const ours = fiq_preset_param(kind, theirs->symbol);
    if (!ours) {
      printf("%s%s", separator, theirs->name);
      separator = ", ";
    }
    for (uint32_t i = ours ? (uint32_t)ours->maximum + 1 : UINT32_MAX;
         i <= (uint32_t)theirs->maximum; ++i) {
      printf("%s%s %s", separator, theirs->name, theirs->points[i]);
      separator = ", ";
    }
  }
  puts(".\n");
}

static void write_markdown(FiqPluginKind kind)
{
  printf("# Parameters of FieldIQ %s\n\n", titles[kind]);
  if (kind == FIQ_PLUGIN_REALMS) {
    write_markdown_lacks(FIQ_PLUGIN_REALMS_STEREO);
    write_markdown_lacks(FIQ_PLUGIN_REALMS_MONO);
  }
  puts("| symbol | name | range | default | what it does |\n|---|---|---|---|---|");
  each_port(kind, write_markdown_row);
}

static int complain(const char* what, const char* which)
{
  fprintf(stderr, "fiq_gen_ttl: %s: %s\n", which, what);
  return 1;
}

static int check_params(void)
{
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    const FiqParam* const param = &fiq_params[row];
    const bool log_kind = param->kind == FIQ_KIND_LOG || param->kind == FIQ_KIND_COUNT_HEAVY;
    uint32_t   n_points = 0;
    while (param->points && param->points[n_points]) {
      ++n_points;
    }
    if (param->kind != FIQ_KIND_MIDI_OUT && !(param->minimum < param->maximum)) {
      return complain("minimum is not below maximum", param->symbol);
    }
    if (fiq_param_clamp(param, param->fallback) < param->fallback ||
        fiq_param_clamp(param, param->fallback) > param->fallback) {
      return complain("default is not a legal value", param->symbol);
    }
    if (log_kind && !(param->minimum > 0.0f)) {
      return complain("a logarithmic range must be positive", param->symbol);
    }
    if (fiq_param_is_choice(param) && n_points != (uint32_t)param->maximum + 1) {
      return complain("scale points do not match the range", param->symbol);
    }
    for (uint32_t other = 0; other < row; ++other) {
      if (!strcmp(fiq_params[other].symbol, param->symbol) &&
          ((fiq_params[other].plugins & param->plugins) ||
           (fiq_params[other].midi_plugins & param->midi_plugins))) {
        return complain("symbol used twice", param->symbol);
      }
    }
  }
  return 0;
}

static int check_first(FiqPluginKind kind)
{
  for (unsigned at = 0; at < N_FIRST; ++at) {
    if (!fiq_preset_param(kind, first_of(kind)[at])) {
      return complain("unknown among the first controls", first_of(kind)[at]);
    }
  }
  return 0;
}

static int check_presets(void)
{
  for (uint32_t i = 0; i < fiq_n_presets; ++i) {
    const FiqPreset* const preset = &fiq_presets[i];
    if (!preset->category[0] || strchr(preset->category, ' ')) {
      return complain("the category of a preset is one word", preset->slug);
    }
    for (const FiqSetting* setting = preset->settings; setting->symbol; ++setting) {
      const FiqParam* const param = fiq_preset_param(preset->plugin, setting->symbol);
      if (!param) {
        return complain("preset sets an unknown symbol", setting->symbol);
      }
      if (fabsf(fiq_param_clamp(param, setting->value) - setting->value) > 0.0f) {
        return complain("preset sets an illegal value", setting->symbol);
      }
    }
    for (uint32_t other = 0; other < i; ++other) {
      if (preset->plugin == fiq_presets[other].plugin &&
          !strcmp(preset->slug, fiq_presets[other].slug)) {
        return complain("preset named twice", preset->slug);
      }
    }
  }
  return 0;
}

int main(int argc, char** argv)
{
  const char* const verb = argc > 1 ? argv[1] : "";
  int               kind = 0;
  while (argc > 2 && kind + 1 < FIQ_N_PLUGINS && strcmp(argv[2], fiq_plugin_names[kind]) != 0) {
    ++kind;
  }
  if (check_params() || check_presets()) {
    return 1;
  }
  for (int each = 0; each < FIQ_N_PLUGINS; ++each) {
    if (check_first((FiqPluginKind)each)) {
      return 1;
    }
  }
  if (!strcmp(verb, "plugin") && argc > 3) {
    return write_plugin((FiqPluginKind)kind, argv + 3, argc - 3);
  }
  if (!strcmp(verb, "manifest") && argc == 4) {
    const Slot slots[] = {{"PLUGINS", NULL, write_plugin_heads, argv[3]},
                          {"PRESETS", NULL, write_preset_heads, NULL}};
    return fill_template(argv[2], slots, 2);
  }
  if (!strcmp(verb, "presets") && argc == 3) {
    write_presets((FiqPluginKind)kind);
  } else if (!strcmp(verb, "ports")) {
    write_contract();
  } else if (!strcmp(verb, "markdown")) {
    write_markdown(FIQ_PLUGIN_REALMS);
    putchar('\n');
    write_markdown(FIQ_PLUGIN_SWARM);
  } else if (strcmp(verb, "check") != 0) {
    return complain("plugin, manifest, presets, ports, markdown or check expected", verb);
  }
  return 0;
}
