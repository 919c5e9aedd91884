/* SPDX-License-Identifier: MIT */
/*
 * Address ranges whose mapping has ended. A pointer into one may live on (a span of C#, a reader that was late), so the
 * range is reserved and kept: such a pointer reads zeros, and does not fault. Reserved memory has no pages; a handler of
 * exceptions gives it one where somebody looks. So what nobody touches costs nothing but addresses, and nothing of what the
 * system lets all processes have together. The oldest ranges are given back beyond a limit.
 *
 * Between the end of the views and the reservation another thread's memory may take a part of the range: there a stale
 * pointer sees that. Windows has no call for both in one step on mappings that were made without place-holders.
 */
#include <stdlib.h>

#include "medium_internal_windows.h"

uint64_t pms_mapping_retired_bytes_max = (uint64_t)1 << 40;

typedef struct retired_range {
	struct retired_range *next;
	uint8_t *base;
	uint64_t bytes;
} retired_range;

static pms_mutex retired_mutex = PMS_MUTEX_INITIALIZER;
static retired_range *oldest;
static retired_range *newest;
static uint64_t retired_bytes;
static bool handler_is_installed;

/* Gives the page at the address memory, if it lies in a range that is retired. */
static bool back_with_zeros(uint8_t *address)
{
	const uintptr_t page = (uintptr_t)address & ~(uintptr_t)(pms_page_bytes() - 1);
	bool backed = false;

	/* Whoever holds the mutex touches no retired range. */
	pms_mutex_lock(&retired_mutex);
	for (const retired_range *range = oldest; range && !backed; range = range->next)
		if (page >= (uintptr_t)range->base && page - (uintptr_t)range->base < range->bytes)
			backed = VirtualAlloc((void *)page, pms_page_bytes(), MEM_COMMIT, PAGE_READWRITE) != NULL;
	pms_mutex_unlock(&retired_mutex);
	return backed;
}

static LONG CALLBACK on_exception(EXCEPTION_POINTERS *exception)
{
	const EXCEPTION_RECORD *record = exception->ExceptionRecord;

	/* Loads (0) and stores (1). */
	if (record->ExceptionCode == EXCEPTION_ACCESS_VIOLATION && record->NumberParameters >= 2 &&
	    record->ExceptionInformation[0] <= 1 && back_with_zeros((uint8_t *)record->ExceptionInformation[1]))
		return EXCEPTION_CONTINUE_EXECUTION;
	return EXCEPTION_CONTINUE_SEARCH;
}

/* The library stays loaded for good: the handler is in it. */
static bool install_handler(void)
{
	HMODULE self;

	return GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
				  (const wchar_t *)(const void *)&handler_is_installed, &self) &&
	       AddVectoredExceptionHandler(1, on_exception) != NULL;
}

static void release_oldest_locked(void)
{
	retired_range *range = oldest;

	oldest = range->next;
	if (!oldest)
		newest = NULL;
	retired_bytes -= range->bytes;
	(void)VirtualFree(range->base, 0, MEM_RELEASE);
	free(range);
}

static void add_locked(retired_range *range)
{
	if (!handler_is_installed)
		handler_is_installed = install_handler();
	if (newest)
		newest->next = range;
	else
		oldest = range;
	newest = range;
	retired_bytes += range->bytes;
	while (oldest && retired_bytes > pms_mapping_retired_bytes_max)
		release_oldest_locked();
}

void pms_mapping_retire(void *base, uint64_t mapped_bytes)
{
	retired_range *range = malloc(sizeof(*range));

	/* Under the mutex: who reads in between waits in the handler for the reservation. */
	pms_mutex_lock(&retired_mutex);
	pms_views_unmap(base, mapped_bytes);
	if (!VirtualAlloc(base, mapped_bytes, MEM_RESERVE, PAGE_NOACCESS)) {
		free(range);
		range = NULL;
	}
	/* Without memory for the list the range is just never given back, and not backed. */
	if (range) {
		*range = (retired_range){.base = base, .bytes = mapped_bytes};
		add_locked(range);
	}
	pms_mutex_unlock(&retired_mutex);
	pms_views_remove(base);
}

uint64_t pms_mapping_retired_bytes(void)
{
	uint64_t bytes;

	pms_mutex_lock(&retired_mutex);
	bytes = retired_bytes;
	pms_mutex_unlock(&retired_mutex);
	return bytes;
}
