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

/* Calls of the system for persistent memory; each is null where it has none. They return 0, or a status of the system. */
typedef ULONG(NTAPI *pms_get_token_call)(void *address, SIZE_T bytes, void **token);
typedef ULONG(NTAPI *pms_token_call)(void *token);
typedef ULONG(NTAPI *pms_flush_call)(void *token, void *address, SIZE_T bytes, ULONG flags);

typedef struct pms_system_calls {
	pms_get_token_call get_token; /* RtlGetNonVolatileToken */
	pms_token_call free_token;    /* RtlFreeNonVolatileToken */
	pms_flush_call flush;	      /* RtlFlushNonVolatileMemory */
	pms_token_call drain;	      /* RtlDrainNonVolatileFlush */
} pms_system_calls;

/* Tests put others here. */
const pms_system_calls *pms_system_calls_find(void);

/* False where the system can be asked and says that stores to the view are not persistent. */
bool pms_system_agrees(void *base, uint64_t bytes);

#endif
