// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Writes what is derived from params.def and presets.def:

     fiq_gen_ttl plugin realms|swarm FILE.in...   the files one after the other, @CONTROLS@ filled in
     fiq_gen_ttl manifest FILE.in SUFFIX          the manifest with its presets
     fiq_gen_ttl presets                          presets.ttl
     fiq_gen_ttl ports                            the port contract, one line a port
     fiq_gen_ttl markdown                         the tables of parameters for readers
     fiq_gen_ttl check                            only look for mistakes in both tables

   Everything goes to standard output. Exit status 0, or 1 with a message.
*/
#include "ttl/presets.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char* const kind_names[] = {"realms", "swarm"};

/// A control or meter row as `index` of the plugin's ports.
typedef void (*PortWriter)(const FiqParam* param, uint32_t index);

static void each_port(FiqPluginKind kind, PortWriter write)
{
  uint32_t index = fiq_first_control_port(kind);
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    if (fiq_param_in(&fiq_params[row], kind)) {
      write(&fiq_params[row], index++);
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
  case FIQ_UNIT_CENTS:
    return "units:cent";
  case FIQ_UNIT_SEMITONE:
    return "units:semitone12TET";
  case FIQ_UNIT_OCTAVE:
    return "units:oct";
  case FIQ_UNIT_DB_PER_OCTAVE:
    return "[\n\t\t\ta units:Unit ;\n\t\t\trdfs:label \"decibels per octave\" ;\n"
           "\t\t\tunits:symbol \"dB/oct\" ;\n\t\t\tunits:render \"%f dB/oct\"\n\t\t]";
  case FIQ_UNIT_FACTOR:
    return "units:coef";
  case FIQ_UNIT_NOTE:
    return "units:midiNote";
  case FIQ_UNIT_FRAMES:
    return "units:frame";
  case FIQ_UNIT_NONE:
    break;
  }
  return NULL;
}

static const char* unit_text(FiqParamUnit unit)
{
  static const char* const texts[] = {"",        "%",      "dB", "dB",        "dB",
                                      "degrees", "Hz",     "s",  "cents",     "semitones",
                                      "octaves", "dB/oct", "x",  "MIDI note", "frames"};
  return texts[unit];
}

static void write_properties(const FiqParam* param)
{
  switch (param->kind) {
  case FIQ_KIND_LINEAR:
  case FIQ_KIND_MEASURE:
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
    puts("\t\tlv2:portProperty lv2:toggled ;");
    break;
  case FIQ_KIND_CHOICE:
  case FIQ_KIND_STATE:
    puts("\t\tlv2:portProperty lv2:enumeration ,\n\t\t\tlv2:integer ;");
    break;
  case FIQ_KIND_CHOICE_HEAVY:
    puts("\t\tlv2:portProperty lv2:enumeration ,\n\t\t\tlv2:integer ,\n\t\t\tpprops:expensive ;");
    break;
  case FIQ_KIND_ENABLED:
    puts("\t\tlv2:designation lv2:enabled ;\n\t\tlv2:portProperty lv2:toggled ;");
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

static void write_port(const FiqParam* param, uint32_t index)
{
  const bool meter = fiq_param_is_meter(param);
  printf(" , [\n\t\ta %s ,\n\t\t\tlv2:ControlPort ;\n", meter ? "lv2:OutputPort" : "lv2:InputPort");
  printf("\t\tlv2:index %u ;\n\t\tlv2:symbol \"%s\" ;\n\t\tlv2:name \"%s\" ;\n", index,
         param->symbol, param->name);
  printf("\t\tlv2:minimum %g ;\n\t\tlv2:maximum %g ;\n", (double)param->minimum,
         (double)param->maximum);
  if (!meter) {
    printf("\t\tlv2:default %g ;\n", (double)param->fallback);
  }
  write_properties(param);
  if (unit_turtle(param->unit)) {
    printf("\t\tunits:unit %s ;\n", unit_turtle(param->unit));
  }
  for (uint32_t i = 0; param->points && param->points[i]; ++i) {
    printf("\t\tlv2:scalePoint [ rdfs:label \"%s\" ; rdf:value %u ] ;\n", param->points[i], i);
  }
  printf("\t\tpg:group fieldiq:group-%u ;\n\t\trdfs:comment \"%s\"\n\t]", (unsigned)param->group,
         param->comment);
}

static void write_groups(void)
{
  for (unsigned group = 0; group < FIQ_N_GROUPS; ++group) {
    const bool meters = group == FIQ_GROUP_METERS;
    printf("fieldiq:group-%u\n\ta %s ;\n\tlv2:name \"%s\" ;\n\tlv2:symbol \"group_%u\" .\n\n",
           group, meters ? "pg:OutputGroup" : "pg:InputGroup", fiq_group_names[group], group);
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
  each_port(*(const FiqPluginKind*)handle, write_port);
}

static int write_plugin(FiqPluginKind kind, char** paths, int n_paths)
{
  const Slot slots[] = {{"CONTROLS", NULL, write_controls, &kind},
                        {"MINOR", FIQ_LV2_MINOR, NULL, NULL},
                        {"MICRO", FIQ_LV2_MICRO, NULL, NULL}};
  for (int i = 0; i < n_paths; ++i) {
    if (fill_template(paths[i], slots, sizeof(slots) / sizeof(slots[0]))) {
      return 1;
    }
    if (i == 0) {
      write_groups();
    }
  }
  return 0;
}

static void write_preset_heads(const void* handle)
{
  (void)handle;
  for (uint32_t i = 0; i < fiq_n_presets; ++i) {
    const FiqPreset* const preset = &fiq_presets[i];
    printf("<urn:fieldiq:%s:%s>\n\ta pset:Preset ;\n\tlv2:appliesTo <urn:fieldiq:%s> ;\n"
           "\trdfs:label \"%s\" ;\n\trdfs:seeAlso <presets.ttl> .\n\n",
           kind_names[preset->plugin], preset->slug, kind_names[preset->plugin], preset->label);
  }
}

static void write_preset(const FiqPreset* preset)
{
  printf("<urn:fieldiq:%s:%s>\n\ta pset:Preset ;\n\tlv2:appliesTo <urn:fieldiq:%s> ;\n"
         "\trdfs:label \"%s\" ;\n\trdfs:comment \"%s\"",
         kind_names[preset->plugin], preset->slug, kind_names[preset->plugin], preset->label,
         preset->comment);
  const char* separator = " ;\n\tlv2:port";
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    const FiqParam* const param = &fiq_params[row];
    if (fiq_preset_holds(param, preset->plugin)) {
      printf("%s [\n\t\tlv2:symbol \"%s\" ;\n\t\tpset:value %g\n\t]", separator, param->symbol,
             (double)fiq_preset_value(preset, param));
      separator = " ,";
    }
  }
  puts(" .\n");
}

static void write_presets(void)
{
  puts("@prefix lv2:  <http://lv2plug.in/ns/lv2core#> .\n"
       "@prefix pset: <http://lv2plug.in/ns/ext/presets#> .\n"
       "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n");
  for (uint32_t i = 0; i < fiq_n_presets; ++i) {
    write_preset(&fiq_presets[i]);
  }
}

static void write_contract_line(const FiqParam* param, uint32_t index)
{
  printf("%u %s %g %g\n", index, param->symbol, (double)param->minimum, (double)param->maximum);
}

static void write_contract(void)
{
  for (int kind = 0; kind < 2; ++kind) {
    printf("# urn:fieldiq:%s: index symbol minimum maximum\n", kind_names[kind]);
    each_port((FiqPluginKind)kind, write_contract_line);
  }
}

static void write_markdown_row(const FiqParam* param, uint32_t index)
{
  (void)index;
  if (param->kind == FIQ_KIND_LATENCY || param->kind == FIQ_KIND_FREEWHEEL) {
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

static void write_markdown(FiqPluginKind kind)
{
  printf("# Parameters of FieldIQ %s\n\n", kind == FIQ_PLUGIN_REALMS ? "Realms" : "Swarm");
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
    if (!(param->minimum < param->maximum)) {
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
          (fiq_params[other].plugins & param->plugins)) {
        return complain("symbol used twice", param->symbol);
      }
    }
  }
  return 0;
}

static int check_presets(void)
{
  for (uint32_t i = 0; i < fiq_n_presets; ++i) {
    const FiqPreset* const preset = &fiq_presets[i];
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
  const int kind = argc > 2 && !strcmp(argv[2], "swarm") ? FIQ_PLUGIN_SWARM : FIQ_PLUGIN_REALMS;
  if (check_params() || check_presets()) {
    return 1;
  }
  if (!strcmp(verb, "plugin") && argc > 3) {
    return write_plugin((FiqPluginKind)kind, argv + 3, argc - 3);
  }
  if (!strcmp(verb, "manifest") && argc == 4) {
    const Slot slots[] = {{"PRESETS", NULL, write_preset_heads, NULL},
                          {"SUFFIX", argv[3], NULL, NULL}};
    return fill_template(argv[2], slots, 2);
  }
  if (!strcmp(verb, "presets")) {
    write_presets();
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
