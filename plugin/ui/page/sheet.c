// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/page/sheet.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const double cell_height = 86.0, heading_height = 26.0, cell_gap = 6.0, section_gap = 26.0,
                    margin = 18.0;

/// A section: the symbols that stand in it, in this order, and the groups whose other rows follow.
typedef struct {
  uint32_t    plugins; ///< FIQ_IN_* bits
  const char* tab;
  const char* title;
  const char* symbols; ///< with spaces between
  int32_t     group;   ///< FiqParamGroup, -1 for none
} Place;

#define MATRIX(i, group)                                                                           \
  {                                                                                                \
    FIQ_IN_S, "Matrix", "Matrix " #i,                                                              \
        "matrix_" #i "_source matrix_" #i "_target matrix_" #i "_amount", group                    \
  }
#define ROTATOR(i, group)                                                                          \
  {                                                                                                \
    FIQ_IN_R, "Phase rotator", "Rotator " #i,                                                      \
        "rotator_" #i "_hz rotator_" #i "_q rotator_" #i "_amount", group                          \
  }

static const Place places[] = {
    // The Swarm, as its signal flows.
    {FIQ_IN_S, "Sound", "Swarm",
     "oscillators detune stereo phase_width quality stereo_rate stereo_motion", FIQ_GROUP_SWARM},
    {FIQ_IN_S, "Sound", "Partials", "partials tilt odd_even stretch", -1},
    {FIQ_IN_S, "Sound", "Envelope", "attack decay sustain release", -1},
    {FIQ_IN_S, "Sound", "Output", "swarm_level output", FIQ_GROUP_OUTPUT},
    {FIQ_IN_S, "Filter", "Filter",
     "filter_type filter_cutoff filter_slope filter_resonance filter_key_track filter_velocity "
     "filter_envelope",
     FIQ_GROUP_FILTER},
    {FIQ_IN_S, "Filter", "Tone envelope", "", FIQ_GROUP_TONE_ENVELOPE},
    {FIQ_IN_S, "Voice", "Voice", "voice vowel voice_size voice_ring voice_whisper formants",
     FIQ_GROUP_VOICE},
    {FIQ_IN_S, "Voice", "Words", "words_gap words_loop words_ahead", -1},
    {FIQ_IN_S, "Voice", "Breath", "", FIQ_GROUP_BREATH},
    {FIQ_IN_S, "LFOs", "LFO 1", "", FIQ_GROUP_LFO_1},
    {FIQ_IN_S, "LFOs", "LFO 2", "", FIQ_GROUP_LFO_2},
    MATRIX(1, FIQ_GROUP_MATRIX),
    MATRIX(2, -1),
    MATRIX(3, -1),
    MATRIX(4, -1),
    MATRIX(5, FIQ_GROUP_MATRIX_2),
    MATRIX(6, -1),
    MATRIX(7, -1),
    MATRIX(8, -1),
    {FIQ_IN_S, "Annealing", "Annealing",
     "anneal anneal_sync scatter noise anneal_curve temperature", FIQ_GROUP_ANNEAL},
    {FIQ_IN_S, "Annealing", "Choice of note", "strength sharpness balance sharpness_mode metric",
     -1},
    {FIQ_IN_S, "Playing", "Keys", "mode glide", FIQ_GROUP_PLAY},
    {FIQ_IN_S, "Playing", "Velocity", "velocity_level velocity_mass", -1},
    {FIQ_IN_S, "Playing", "Pressure and wheels",
     "pressure_level pressure_bright wheel_detune bend_range mpe_bend", -1},
    {FIQ_IN_S, "Playing", "Input", "source voices threshold", -1},
    {FIQ_IN_S, "Phase core", "Coupling", "coupling speed lag distribution", -1},
    {FIQ_IN_S, "Phase core", "Core", "sway core_size core_rate sync core_spread", FIQ_GROUP_CORE},
    {FIQ_IN_S, "Phase core", "Regulator", "", FIQ_GROUP_REGULATOR},
    // Realms.
    {FIQ_IN_R, "Realm", "Realm", "realm amount mix", -1},
    {FIQ_IN_R, "Realm", "Spectral", "window bands coherence coordination", FIQ_GROUP_REALM},
    {FIQ_IN_R, "Realm", "Freeze", "freeze freeze_fade", -1},
    {FIQ_IN_R, "Realm", "Turn", "rotate shift turn_from", -1},
    {FIQ_IN_R, "Realm", "Temporal", "drive", -1},
    {FIQ_IN_R, "Realm", "Input and output", "input_mode output", FIQ_GROUP_OUTPUT},
    {FIQ_IN_R, "Learning", "Objective", "objective learn learn_clear", -1},
    {FIQ_IN_R, "Learning", "Bounds", "delay_spread peak_guard", -1},
    {FIQ_IN_R, "Learning", "Match", "match match_hold", -1},
    {FIQ_IN_R, "Learning", "Groups", "binding group_spread group_focus group_focus_amount",
     FIQ_GROUP_GROUPS},
    {FIQ_IN_R, "Motion", "Motion", "motion width", -1},
    {FIQ_IN_R, "Motion", "Phase core",
     "coupling speed core_rate sync core_spread core_size distribution lag", FIQ_GROUP_CORE},
    {FIQ_IN_R, "Motion", "Regulator", "", FIQ_GROUP_REGULATOR},
    {FIQ_IN_R, "Swarm", "Swarm", "swarm_level swarm_follow oscillators detune stereo",
     FIQ_GROUP_SWARM},
    {FIQ_IN_R, "Swarm", "Partials", "partials tilt", -1},
    {FIQ_IN_R, "Swarm", "Annealing", "", FIQ_GROUP_ANNEAL},
    {FIQ_IN_R, "Playing", "Input", "source voices threshold", -1},
    {FIQ_IN_R, "Playing", "Keys", "chord root_note bend_range", FIQ_GROUP_PLAY},
    {FIQ_IN_R, "Playing", "Envelope", "attack decay sustain release", -1},
    ROTATOR(1, FIQ_GROUP_ROTATOR),
    ROTATOR(2, -1),
    ROTATOR(3, -1),
    ROTATOR(4, -1),
    ROTATOR(5, -1),
    ROTATOR(6, -1),
    // Both.
    {FIQ_IN_B, "Memory & goals", "Memory", "", FIQ_GROUP_MEMORY},
    {FIQ_IN_B, "Memory & goals", "Goals", "", FIQ_GROUP_GOALS},
    {FIQ_IN_B, "Memory & goals", "Link", "", FIQ_GROUP_LINK},
    {FIQ_IN_B, "Sequence", "Partner",
     "sequence sequence_link sequence_capture sequence_forget sequence_bars", FIQ_GROUP_SEQUENCE},
    {FIQ_IN_B, "Sequence", "Goals of its line",
     "sequence_surprise sequence_harmony sequence_density sequence_register sequence_lowest "
     "sequence_highest",
     -1},
    {FIQ_IN_B, "Tuning", "Just intonation", "just prime_limit just_root partial_primes", -1},
    {FIQ_IN_S, "Tuning", "Chord", "chord root_note", -1},
};

enum { N_PLACES = sizeof(places) / sizeof(places[0]) };

/// Sections that have a picture before their controls, and what their names begin with where that is not the title.
typedef struct {
  const char* title;
  double      picture; ///< width
  const char* prefix;  ///< NULL: the title
} Look;

static const Look looks[] = {{"Envelope", 144.0, NULL},        {"Partials", 144.0, NULL},
                             {"Filter", 144.0, NULL},          {"Breath", 144.0, NULL},
                             {"Tone envelope", 144.0, "Tone"}, {"Just intonation", 274.0, NULL},
                             {"Words", 200.0, NULL},           {"Memory", 292.0, NULL}};

static void take_look(FiqSection* section)
{
  section->prefix = section->title;
  for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); ++i) {
    if (strcmp(looks[i].title, section->title) == 0) {
      section->picture_width = looks[i].picture;
      section->prefix        = looks[i].prefix ? looks[i].prefix : section->title;
    }
  }
}

// ---- sorting ----

/// Where `symbol` stands in a list of words, -1 if it does not.
static int32_t position(const char* words, const char* symbol)
{
  const size_t n = strlen(symbol);
  int32_t      i = 0;
  while (*words) {
    const size_t word = strcspn(words, " ");
    if (word == n && strncmp(words, symbol, n) == 0) {
      return i;
    }
    words += word + strspn(words + word, " ");
    ++i;
  }
  return -1;
}

static FiqSection* section_of(FiqSheet* self, const char* tab, const char* title)
{
  for (uint32_t i = 0; i < self->n_sections; ++i) {
    if (strcmp(self->section[i].tab, tab) == 0 && strcmp(self->section[i].title, title) == 0) {
      return &self->section[i];
    }
  }
  assert(self->n_sections < FIQ_SECTIONS_MAX);
  FiqSection* const section = &self->section[self->n_sections++];
  section->tab              = tab;
  section->title            = title;
  take_look(section);
  return section;
}

static void append(FiqSection* section, uint32_t row)
{
  assert(section->n_rows < FIQ_SECTION_ROWS_MAX);
  section->row[section->n_rows++] = row;
}

static bool has_own_place(uint32_t plugin, const char* symbol)
{
  for (size_t i = 0; i < N_PLACES; ++i) {
    if ((places[i].plugins & plugin) && position(places[i].symbols, symbol) >= 0) {
      return true;
    }
  }
  return false;
}

static void place_named(FiqSheet* self, const Place* place)
{
  const FiqUiModel* const model = self->controls->model;
  for (int32_t at = 0;; ++at) {
    bool is_past = true;
    for (uint32_t row = 0; row < fiq_n_params; ++row) {
      const int32_t here = position(place->symbols, fiq_params[row].symbol);
      is_past            = is_past && here < at;
      if (here == at && fiq_ui_model_shows(model, row) &&
          fiq_params[row].kind != FIQ_KIND_ENABLED) {
        append(section_of(self, place->tab, place->title), row);
      }
    }
    if (is_past) {
      return;
    }
  }
}

static bool place_group(FiqSheet* self, uint32_t row, uint32_t plugin)
{
  for (size_t i = 0; i < N_PLACES; ++i) {
    if ((places[i].plugins & plugin) && places[i].group == (int32_t)fiq_params[row].group) {
      append(section_of(self, places[i].tab, places[i].title), row);
      return true;
    }
  }
  return false;
}

static void sort_rows(FiqSheet* self)
{
  const FiqUiModel* const model  = self->controls->model;
  const uint32_t          plugin = 1u << model->plugin;
  for (size_t i = 0; i < N_PLACES; ++i) {
    if (places[i].plugins & plugin) {
      // Sections stand in the order of the table, those without rows go below.
      section_of(self, places[i].tab, places[i].title);
      place_named(self, &places[i]);
    }
  }
  for (uint32_t row = 0; row < fiq_n_params; ++row) {
    const FiqParam* const param = &fiq_params[row];
    if (fiq_ui_model_shows(model, row) && param->kind != FIQ_KIND_ENABLED &&
        !has_own_place(plugin, param->symbol) && !place_group(self, row, plugin)) {
      const char* const name = fiq_group_names[param->group];
      append(section_of(self, name, name), row);
    }
  }
}

// ---- sheets ----

/// Controls stand in two lines, the first as long as the second or longer by one.
static uint32_t n_first_line(const FiqSection* section)
{
  return section->n_rows <= 1 ? section->n_rows : (section->n_rows + 1) / 2;
}

/// Width of a column of the two lines, or 0 for what it has not.
static double column_width(const FiqSheet* self, const FiqSection* section, uint32_t column)
{
  const uint32_t first = n_first_line(section);
  double         width = 0.0;
  for (uint32_t i = column; i < section->n_rows && i <= first + column; i += first) {
    width = fmax(width, self->controls->width[section->row[i]]);
  }
  return width;
}

/// Widths of the two lines, and of both with their columns under each other.
static void widths_of(const FiqSheet* self, const FiqSection* section, double line[2],
                      double* aligned)
{
  const uint32_t first = n_first_line(section);
  line[0] = line[1] = *aligned = 0.0;
  for (uint32_t i = 0; i < section->n_rows; ++i) {
    line[i < first ? 0 : 1] += self->controls->width[section->row[i]] + cell_gap;
  }
  for (uint32_t column = 0; column < first; ++column) {
    *aligned += column_width(self, section, column) + cell_gap;
  }
}

/// Columns are aligned where that costs little room.
static bool is_aligned(const FiqSheet* self, const FiqSection* section)
{
  double line[2], aligned = 0.0;
  widths_of(self, section, line, &aligned);
  return aligned <= fmax(line[0], line[1]) + 24.0;
}

static double width_of(const FiqSheet* self, const FiqSection* section)
{
  double       line[2], aligned = 0.0;
  const double title = fiq_text_width(section->title, 10.5, FIQ_TEXT_BOLD) * 1.25;
  widths_of(self, section, line, &aligned);
  const double width = is_aligned(self, section) ? aligned : fmax(line[0], line[1]);
  return section->picture_width + fmax(width, title);
}

/// A section that is wider than a sheet is cut, and the rest becomes a section of its own.
static void cut_long(FiqSheet* self, uint32_t at, double most)
{
  FiqSection* const section = &self->section[at];
  if (width_of(self, section) <= most || self->n_sections == FIQ_SECTIONS_MAX) {
    return;
  }
  memmove(section + 1, section, (self->n_sections - at) * sizeof(*section));
  ++self->n_sections;
  uint32_t kept = section->n_rows;
  while (kept > 1 && width_of(self, section) > most) {
    section->n_rows = --kept;
  }
  FiqSection* const rest = section + 1;
  rest->n_rows -= kept;
  memmove(rest->row, rest->row + kept, rest->n_rows * sizeof(rest->row[0]));
}

static void new_sheet(FiqSheet* self, const char* tab, uint32_t part)
{
  assert(self->n_sheets < FIQ_SHEETS_MAX);
  char* const label = self->label[self->n_sheets];
  if (part > 1) {
    snprintf(label, sizeof(self->label[0]), "%.24s %u", tab, part);
  } else {
    snprintf(label, sizeof(self->label[0]), "%.30s", tab);
  }
  fiq_tabs_add(self->tabs, label);
  ++self->n_sheets;
}

static void split_into_sheets(FiqSheet* self, double width)
{
  const double most = width - 2.0 * margin;
  const char*  tab  = NULL;
  double       x    = 0.0;
  uint32_t     part = 1;
  for (uint32_t i = 0; i < self->n_sections; ++i) {
    cut_long(self, i, most);
    FiqSection* const section = &self->section[i];
    section->width            = width_of(self, section);
    const bool is_new         = !tab || strcmp(tab, section->tab) != 0;
    if (is_new || x + section->width > most) {
      part = is_new ? 1 : part + 1;
      tab  = section->tab;
      x    = 0.0;
      new_sheet(self, tab, part);
    }
    section->sheet = self->n_sheets - 1;
    section->x     = x;
    x += section->width + section_gap;
  }
}

static void drop_empty(FiqSheet* self)
{
  uint32_t n = 0;
  for (uint32_t i = 0; i < self->n_sections; ++i) {
    if (self->section[i].n_rows > 0) {
      self->section[n++] = self->section[i];
    }
  }
  self->n_sections = n;
}

bool fiq_sheet_init(FiqSheet* self, FiqControls* controls, FiqTabs* tabs, double width)
{
  assert(self && controls && tabs);
  memset(self, 0, sizeof(*self));
  self->controls = controls;
  self->tabs     = tabs;
  sort_rows(self);
  drop_empty(self);
  const char* tab   = "";
  uint32_t    index = 0;
  for (uint32_t i = 0; i < self->n_sections; ++i) {
    index                           = strcmp(tab, self->section[i].tab) == 0 ? index + 1 : 0;
    tab                             = self->section[i].tab;
    const FiqSection* const section = &self->section[i];
    for (uint32_t k = 0; k < section->n_rows; ++k) {
      if (!fiq_controls_add(controls, section->row[k], (FiqHue)(index % FIQ_N_HUES),
                            section->prefix)) {
        return false;
      }
    }
  }
  split_into_sheets(self, width);
  return true;
}

void fiq_sheet_set_picture(FiqSheet* self, const char* title, FiqWidget* picture)
{
  picture->is_shown = false;
  for (uint32_t i = 0; i < self->n_sections; ++i) {
    if (strcmp(self->section[i].title, title) == 0) {
      self->section[i].picture = picture;
      return;
    }
  }
}

static void place_section(FiqSheet* self, const FiqSection* section)
{
  const uint32_t first   = n_first_line(section);
  const double   left    = self->area.x + margin + section->x;
  const double   top     = self->area.y + heading_height;
  const double   room    = 0.5 * (self->area.height - heading_height - 8.0);
  double         x       = left + section->picture_width;
  double         y       = top + 0.5 * fmax(room - cell_height, 0.0);
  const bool     aligned = is_aligned(self, section);
  for (uint32_t i = 0; i < section->n_rows; ++i) {
    if (i == first) {
      x = left + section->picture_width;
      y += room;
    }
    const uint32_t row   = section->row[i];
    const double   own   = self->controls->width[row];
    const double   width = aligned ? column_width(self, section, i < first ? i : i - first) : own;
    fiq_widget_place(&self->controls->control[row]->base,
                     (FiqRect){x + 0.5 * (width - own), y, own, cell_height - 4.0});
    x += width + cell_gap;
  }
  if (section->picture) {
    fiq_widget_place(section->picture,
                     (FiqRect){left, top + 8.0, section->picture_width - 14.0, 2.0 * room - 20.0});
  }
}

void fiq_sheet_layout(FiqSheet* self, FiqRect area)
{
  self->area = area;
  for (uint32_t i = 0; i < self->n_sections; ++i) {
    const FiqSection* const section = &self->section[i];
    const bool              shown   = section->sheet == self->tabs->current;
    for (uint32_t k = 0; k < section->n_rows; ++k) {
      fiq_widget_show(&self->controls->control[section->row[k]]->base, shown);
    }
    if (section->picture) {
      fiq_widget_show(section->picture, shown);
    }
    if (shown) {
      place_section(self, section);
    }
  }
}

void fiq_sheet_ground(const FiqSheet* self, const FiqPaint* paint)
{
  const FiqTheme* const theme = paint->theme;
  const FiqTextStyle    style = {10.5, FIQ_TEXT_BOLD, FIQ_ALIGN_LEFT, theme->faint};
  fiq_paint_box(paint, self->area, 8.0, theme->panel, theme->edge);
  for (uint32_t i = 0; i < self->n_sections; ++i) {
    const FiqSection* const section = &self->section[i];
    if (section->sheet != self->tabs->current) {
      continue;
    }
    const double x = self->area.x + margin + section->x;
    char         title[48];
    snprintf(title, sizeof(title), "%s", section->title);
    for (char* at = title; *at; ++at) {
      *at = (char)(*at >= 'a' && *at <= 'z' ? *at - 32 : *at);
    }
    fiq_paint_text(paint, x, self->area.y + 17.0, title, &style);
    if (section->x > 0.0) {
      cairo_rectangle(paint->cr, x - 0.5 * section_gap, self->area.y + 14.0, 1.0,
                      self->area.height - 28.0);
      fiq_paint_color(paint, fiq_color_faded(theme->edge, 0.8));
      cairo_fill(paint->cr);
    }
  }
}

uint32_t fiq_sheet_of(const FiqSheet* self, uint32_t row)
{
  for (uint32_t i = 0; i < self->n_sections; ++i) {
    for (uint32_t k = 0; k < self->section[i].n_rows; ++k) {
      if (self->section[i].row[k] == row) {
        return self->section[i].sheet;
      }
    }
  }
  return 0;
}
