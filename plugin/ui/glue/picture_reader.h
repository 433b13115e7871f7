// SPDX-License-Identifier: GPL-3.0-or-later
/**
   From the plugin's messages to the model: pictures are unpacked, sorted and measured here, so that pages only draw.
   All [ui].
*/
#ifndef FIQ_UI_PICTURE_READER_H
#define FIQ_UI_PICTURE_READER_H

#include "plugin/ui/glue/sound_view.h"

#include <lv2/atom/atom.h>
#include <lv2/urid/urid.h>

enum { FIQ_PICTURE_KEYS = 48, FIQ_PICTURE_NEURONS = 64, FIQ_PICTURE_ROWS = 20 };

/// Vectors of a picture that are measured and not shown as they are.
typedef struct {
  uint32_t n; ///< neurons
  float    even[FIQ_PICTURE_NEURONS];
  float    odd[FIQ_PICTURE_NEURONS];
  float    drive[FIQ_PICTURE_NEURONS];
  float    gain[FIQ_PICTURE_NEURONS];
  float    straight[FIQ_PICTURE_NEURONS];
} FiqNeuronBank;

typedef struct {
  LV2_URID      key[FIQ_PICTURE_KEYS];
  LV2_URID      picture;
  LV2_URID      atom_vector, atom_float, atom_int;
  int32_t       row[FIQ_PICTURE_ROWS]; ///< of the model, that are read or moved; or FIQ_UI_NO_ROW
  FiqSoundView  sound;
  FiqNeuronBank bank;
} FiqPictureReader;

void fiq_picture_reader_init(FiqPictureReader* self, LV2_URID_Map* map, const FiqUiModel* model);

/// Whether the object is a picture; then the model's telemetry is that of it.
bool fiq_picture_reader_take(FiqPictureReader* self, const LV2_Atom_Object* object,
                             FiqUiModel* model, double now_s);

/// Mean transfer curve of the neurons, those of the lowest and the highest, and the harmonics that they add to a sine
/// at half of full scale, dB of it.
void fiq_neuron_curves(const FiqNeuronBank* bank, float amount, FiqUiRealms* realms);

#endif
