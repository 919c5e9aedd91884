/* SPDX-License-Identifier: MIT */
/* The system calls of the page-cache medium, and what they need to know of mappings. */
#include <stdlib.h>

#include "medium_internal_windows.h"

const char pms_sync_name[] = "FlushViewOfFile and FlushFileBuffers";

/* A view that is being written out elsewhere is refused as "locked": again, for about so many milliseconds. */
#define FLUSH_ATTEMPTS 10000

typedef struct live_mapping {
	struct live_mapping *next;
	const void *base;
	HANDLE file;
} live_mapping;

static pms_mutex live_mutex = PMS_MUTEX_INITIALIZER;
static live_mapping *live;

bool pms_views_add(const void *base, HANDLE file)
{
	live_mapping *added = malloc(sizeof(*added));
	HANDLE self = GetCurrentProcess();

	if (!added) {
		SetLastError(ERROR_NOT_ENOUGH_MEMORY);
		return false;
	}
	if (!DuplicateHandle(self, file, self, &added->file, 0, FALSE, DUPLICATE_SAME_ACCESS)) {
		free(added);
		return false;
	}
	added->base = base;
	pms_mutex_lock(&live_mutex);
	added->next = live;
	live = added;
	pms_mutex_unlock(&live_mutex);
	return true;
}

void pms_views_remove(const void *base)
{
	live_mapping **link = &live;
	live_mapping *found;

	pms_mutex_lock(&live_mutex);
	while (*link && (*link)->base != base)
		link = &(*link)->next;
	found = *link;
	if (found)
		*link = found->next;
	pms_mutex_unlock(&live_mutex);
	if (found)
		(void)CloseHandle(found->file);
	free(found);
}

/* The one that begins last at or before the address: mappings do not overlap. */
static HANDLE file_of(const void *address)
{
	const live_mapping *found = NULL;

	pms_mutex_lock(&live_mutex);
	for (const live_mapping *at = live; at; at = at->next)
		if ((uintptr_t)at->base <= (uintptr_t)address &&
		    (!found || (uintptr_t)at->base > (uintptr_t)found->base))
			found = at;
	/* It stays as long as its mapping does, and the caller syncs that one. */
	HANDLE file = found ? found->file : INVALID_HANDLE_VALUE;
	pms_mutex_unlock(&live_mutex);
	return file;
}

uint8_t *pms_view_end(uint8_t *address, uint8_t *end)
{
	MEMORY_BASIC_INFORMATION part;
	uint8_t *at = address;
	PVOID view = NULL;

	/* A view may have parts of several protections, which count as one here. */
	while (at < end && VirtualQuery(at, &part, sizeof(part)) == sizeof(part)) {
		if (!view)
			view = part.AllocationBase;
		else if (part.AllocationBase != view)
			return at;
		at = (uint8_t *)part.BaseAddress + part.RegionSize;
	}
	return end;
}

void pms_views_unmap(uint8_t *base, uint64_t bytes)
{
	uint8_t *const end = base + bytes;

	for (uint8_t *at = base; at < end;) {
		uint8_t *next = pms_view_end(at, end);

		(void)UnmapViewOfFile(at);
		at = next;
	}
}

static bool flush_view(uint8_t *address, uint64_t bytes)
{
	for (int attempt = 0; !FlushViewOfFile(address, bytes); attempt++) {
		if (GetLastError() != ERROR_LOCK_VIOLATION || attempt == FLUSH_ATTEMPTS)
			return false;
		Sleep(1);
	}
	return true;
}

int pms_sync_pages(void *address, uint64_t bytes)
{
	uint8_t *const end = (uint8_t *)address + bytes;
	HANDLE file = file_of(address);

	for (uint8_t *at = address; at < end;) {
		uint8_t *next = pms_view_end(at, end);

		if (!flush_view(at, (uint64_t)(next - at)))
			return pms_last_error();
		at = next;
	}
	/* The first only hands the pages to the file system. */
	return FlushFileBuffers(file) ? 0 : pms_last_error();
}

/* No fault is saved here: a view that was flushed stays writable. */
uint64_t pms_write_pages(const pms_file *file, uint64_t offset, const void *source, uint64_t bytes)
{
	(void)file;
	(void)offset;
	(void)source;
	(void)bytes;
	return 0;
}

uint64_t pms_page_bytes(void)
{
	SYSTEM_INFO system;

	GetSystemInfo(&system);
	return system.dwPageSize;
}
