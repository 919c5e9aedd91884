/* SPDX-License-Identifier: MIT */
/* Addresses for the room behind mappings (medium_room.c): private memory without any access. */
#include <sys/mman.h>
#include <sys/resource.h>

#include "medium_internal.h"

/* Where the address space is limited (ulimit -v), this part of the limit, so that others find some of it as well. */
#define LIMIT_PART 16u

uint64_t pms_addresses_most(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
		return UINT64_MAX;
	return limit.rlim_cur / LIMIT_PART;
}

uint8_t *pms_addresses_reserve(uint64_t bytes, uint64_t alignment)
{
	uint8_t *found = mmap(NULL, bytes + alignment, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (found == MAP_FAILED)
		return NULL;
	uint64_t before = (alignment - ((uintptr_t)found & (alignment - 1))) & (alignment - 1);
	if (before != 0)
		(void)munmap(found, before);
	if (before != alignment)
		(void)munmap(found + before + bytes, alignment - before);
	return found + before;
}

uint8_t *pms_addresses_reserve_at(uintptr_t address, uint64_t bytes)
{
	/* Where they are not free, others are found. */
	uint8_t *found = mmap((void *)address, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (found == MAP_FAILED)
		return NULL;
	if ((uintptr_t)found == address)
		return found;
	(void)munmap(found, bytes);
	return NULL;
}

void pms_addresses_release(uint8_t *address, uint64_t bytes) { (void)munmap(address, bytes); }
