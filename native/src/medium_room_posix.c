/* SPDX-License-Identifier: MIT */
/*
 * Address room behind a mapping, so that it can grow without moving: spans, cursors and the engine keep pointers into it.
 * The room is private memory without any access, which costs addresses and nothing else.
 *
 * Nobody holds a pointer into the room that was not used, so it is not retired as the mapping is, but given back at once.
 */
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "medium_internal.h"

uint64_t pms_room_bytes_least = (uint64_t)64 << 30;
uint64_t pms_room_bytes_total = (uint64_t)32 << 40;

/* A mapping has room for this many times what it holds. */
#define ROOM_FACTOR 8u
/* But for no more than this besides. */
#define ROOM_EXTRA_MAX ((uint64_t)16 << 40)
/* Less than this is not worth having. */
#define ROOM_EXTRA_MIN ((uint64_t)1 << 20)
/* Where the address space is limited (ulimit -v), this part of the limit, so that others find some of it as well. */
#define LIMIT_PART 16u
/* What a processor maps at once, where it can: the start of a mapping keeps to it. */
#define LARGE_PAGE_BYTES ((uint64_t)2 << 20)

static _Atomic uint64_t reserved_bytes;

static uint64_t extra_wanted(uint64_t bytes)
{
	uint64_t extra = bytes < ROOM_EXTRA_MAX / ROOM_FACTOR ? bytes * (ROOM_FACTOR - 1) : ROOM_EXTRA_MAX;
	struct rlimit limit;

	if (bytes + extra < pms_room_bytes_least)
		extra = pms_room_bytes_least - bytes;
	if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && extra > limit.rlim_cur / LIMIT_PART)
		extra = limit.rlim_cur / LIMIT_PART;
	return extra;
}

/* `bytes` of addresses that begin at a multiple of `alignment`; null: there are none. */
static uint8_t *reserve(uint64_t bytes, uint64_t alignment)
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

uint8_t *pms_room_reserve(uint64_t bytes, uint64_t alignment, uint64_t *room_bytes)
{
	if (alignment < LARGE_PAGE_BYTES)
		alignment = LARGE_PAGE_BYTES;
	if (bytes > UINT64_MAX / 4)
		return NULL;
	for (uint64_t extra = extra_wanted(bytes); extra >= ROOM_EXTRA_MIN; extra /= 2) {
		uint64_t whole = (bytes + extra) & ~(alignment - 1);

		if (whole <= bytes || atomic_load(&reserved_bytes) + whole > pms_room_bytes_total)
			continue;
		uint8_t *base = reserve(whole, alignment);
		if (!base)
			continue;
		atomic_fetch_add(&reserved_bytes, whole - bytes);
		*room_bytes = whole;
		return base;
	}
	return NULL;
}

void pms_room_used(uint64_t bytes) { atomic_fetch_sub(&reserved_bytes, bytes); }

void pms_room_release(uint8_t *address, uint64_t bytes)
{
	if (bytes == 0)
		return;
	(void)munmap(address, bytes);
	pms_room_used(bytes);
}
