// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/ui/window/window_state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>

/// Memory that the server reads by itself; false if it cannot.
static bool share(FiqUiWindow* self, size_t n_bytes)
{
  FiqUiPicture* const picture = &self->picture;
  const int           id      = shmget(IPC_PRIVATE, n_bytes, IPC_CREAT | 0600);
  if (id < 0) {
    return false;
  }
  void* const memory = shmat(id, NULL, 0);
  if (memory == (void*)-1) {
    shmctl(id, IPC_RMID, NULL);
    return false;
  }
  const xcb_shm_seg_t        segment = xcb_generate_id(self->connection);
  xcb_generic_error_t* const error   = xcb_request_check(
        self->connection, xcb_shm_attach_checked(self->connection, segment, (uint32_t)id, 1));
  // It goes when both ends have let go, however they end.
  shmctl(id, IPC_RMID, NULL);
  if (error || xcb_connection_has_error(self->connection)) {
    free(error);
    shmdt(memory);
    return false;
  }
  picture->segment = segment;
  picture->pixels  = memory;
  return true;
}

bool fiq_ui_picture_init(FiqUiWindow* self, uint32_t width, uint32_t height)
{
  assert(width > 0 && height > 0);
  FiqUiPicture* const picture = &self->picture;
  const size_t        stride  = (size_t)width * 4;
  const size_t        n_bytes = stride * height;
  picture->width              = width;
  picture->height             = height;
  picture->stride_bytes       = (uint32_t)stride;
  picture->is_read            = true;
  picture->segment            = 0;
  if (picture->may_share && !share(self, n_bytes)) {
    picture->may_share = false;
  }
  if (!picture->segment) {
    picture->pixels = calloc(1, n_bytes);
  }
  if (!picture->pixels) {
    return false;
  }
  picture->surface = cairo_image_surface_create_for_data(picture->pixels, CAIRO_FORMAT_RGB24,
                                                         (int)width, (int)height, (int)stride);
  return cairo_surface_status(picture->surface) == CAIRO_STATUS_SUCCESS;
}

void fiq_ui_picture_clear(FiqUiWindow* self)
{
  FiqUiPicture* const picture = &self->picture;
  if (picture->surface) {
    cairo_surface_destroy(picture->surface);
  }
  if (picture->segment) {
    xcb_shm_detach(self->connection, picture->segment);
    shmdt(picture->pixels);
  } else {
    free(picture->pixels);
  }
  free(picture->rows);
  picture->surface    = NULL;
  picture->pixels     = NULL;
  picture->segment    = 0;
  picture->rows       = NULL;
  picture->rows_bytes = 0;
}

/// A request holds so many rows of the region.
static uint32_t rows_in_request(FiqUiWindow* self, uint32_t row_bytes)
{
  const size_t   most = (size_t)xcb_get_maximum_request_length(self->connection) * 4;
  const uint32_t n    = (uint32_t)((most - sizeof(xcb_put_image_request_t)) / row_bytes);
  return n > 256 ? 256 : n;
}

static void send(FiqUiWindow* self, FiqUiRegion region)
{
  FiqUiPicture* const picture   = &self->picture;
  const uint32_t      row_bytes = (uint32_t)region.width * 4;
  const uint32_t      n_most    = rows_in_request(self, row_bytes);
  const size_t        needed    = (size_t)n_most * row_bytes;
  if (n_most == 0) {
    return;
  }
  if (picture->rows_bytes < needed) {
    uint8_t* const rows = realloc(picture->rows, needed);
    if (!rows) {
      return;
    }
    picture->rows       = rows;
    picture->rows_bytes = needed;
  }
  for (uint32_t done = 0; done < (uint32_t)region.height;) {
    const uint32_t left = (uint32_t)region.height - done;
    const uint32_t n    = left < n_most ? left : n_most;
    for (uint32_t i = 0; i < n; ++i) {
      const size_t at =
          ((size_t)region.y + done + i) * picture->stride_bytes + (size_t)region.x * 4;
      memcpy(picture->rows + (size_t)i * row_bytes, picture->pixels + at, row_bytes);
    }
    xcb_put_image(self->connection, XCB_IMAGE_FORMAT_Z_PIXMAP, self->window, self->context,
                  (uint16_t)region.width, (uint16_t)n, (int16_t)region.x,
                  (int16_t)(region.y + (int32_t)done), 0, 24, n * row_bytes, picture->rows);
    done += n;
  }
}

void fiq_ui_picture_show(FiqUiWindow* self, FiqUiRegion region, bool is_last)
{
  FiqUiPicture* const picture = &self->picture;
  const int32_t       right   = region.x + region.width;
  const int32_t       bottom  = region.y + region.height;
  const int32_t       width   = (int32_t)picture->width;
  const int32_t       height  = (int32_t)picture->height;
  region.x                    = region.x < 0 ? 0 : region.x;
  region.y                    = region.y < 0 ? 0 : region.y;
  region.width                = (right > width ? width : right) - region.x;
  region.height               = (bottom > height ? height : bottom) - region.y;
  if (region.width <= 0 || region.height <= 0) {
    return;
  }
  cairo_surface_flush(picture->surface);
  if (!picture->segment) {
    send(self, region);
    return;
  }
  xcb_shm_put_image(self->connection, self->window, self->context, (uint16_t)picture->width,
                    (uint16_t)picture->height, (uint16_t)region.x, (uint16_t)region.y,
                    (uint16_t)region.width, (uint16_t)region.height, (int16_t)region.x,
                    (int16_t)region.y, 24, XCB_IMAGE_FORMAT_Z_PIXMAP, is_last, picture->segment, 0);
  if (is_last) {
    picture->is_read = false;
  }
}
