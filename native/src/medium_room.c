/* SPDX-License-Identifier: MIT */
/*
 * Address room behind a mapping, so that it can grow without moving: spans, cursors and the engine keep pointers into it. It
 * costs addresses and nothing else. How much there is, and for how many mappings; the addresses come from the platform.
 *
 * Nobody holds a pointer into the room that was not used, so it is not retired as the mapping is, but given back at once.
 */
#include <stdatomic.h>

#include "medium_internal.h"

uint64_t pms_room_bytes_least = (uint64_t)64 << 30;
uint64_t pms_room_bytes_total = (uint64_t)32 << 40;

/* A mapping has room for this many times what it holds. */
#define ROOM_FACTOR 8u
/* But for no more than this besides. */
#define ROOM_EXTRA_MAX ((uint64_t)16 << 40)
/* Less than this is not worth having. */
#define ROOM_EXTRA_MIN ((uint64_t)1 << 20)
/* What a processor maps at once, where it can: the start of a mapping keeps to it. */
#define LARGE_PAGE_BYTES ((uint64_t)2 << 20)

static _Atomic uint64_t reserved_bytes;

static uint64_t extra_wanted(uint64_t bytes)
{
	uint64_t extra = bytes < ROOM_EXTRA_MAX / ROOM_FACTOR ? bytes * (ROOM_FACTOR - 1) : ROOM_EXTRA_MAX;
	uint64_t most = pms_addresses_most();

	if (bytes + extra < pms_room_bytes_least)
		extra = pms_room_bytes_least - bytes;
	return extra < most ? extra : most;
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
		uint8_t *base = pms_addresses_reserve(whole, alignment);
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
	pms_addresses_release(address, bytes);
	pms_room_used(bytes);
}
