/* SPDX-License-Identifier: MIT */
/* What the Windows parts of the medium share. */
#ifndef PMS_MEDIUM_INTERNAL_WINDOWS_H
#define PMS_MEDIUM_INTERNAL_WINDOWS_H

#include "medium_internal.h"
#include "os_internal_windows.h"

/*
 * A live mapping: one or, where it has grown, several views that follow each other, and a handle of the file that syncs go to:
 * the same open file, so that it counts as the one the stream was opened with. Found by address, in a list.
 */
/* False: no memory, or no handle; GetLastError() says why. */
bool pms_views_add(const void *base, HANDLE file);
/* Forgets it and closes its handle. */
void pms_views_remove(const void *base);

/* The end of the view, or of whatever else, that `address` lies in; at most `end`. */
uint8_t *pms_view_end(uint8_t *address, uint8_t *end);

/* Ends all views of [base, base + bytes). */
void pms_views_unmap(uint8_t *base, uint64_t bytes);

/* Whether the file lies on a volume that is mapped past the cache. Tests put another answer here. */
bool pms_volume_is_dax(HANDLE file);

#endif
