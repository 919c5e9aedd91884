/* SPDX-License-Identifier: MIT */
/*
 * Address room behind a mapping, so that it can grow without moving: spans, cursors and the engine keep pointers into it. It
 * costs addresses and nothing else. How much there is, and for how many mappings; the addresses come from the platform.
 *
 * Nobody holds a pointer into the room that was not used, so it is not retired as the mapping is, but given back at once. The
 * mapping before it stays retired, so the next one, which wants as much, would not fit there, nor the one after that: streams
 * that are opened and closed would walk through all addresses, 64 GiB at a time, until none is left that is large enough; and a
 * system that keeps a note of each page (Wine, a byte) fills its memory with them. So what was given back is
 * remembered, and a little less room that begins there is preferred.
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

/* Rooms that are remembered, and how many parts of the wanted one must be there, of so many. */
#define GAPS_MAX 32u
#define GAP_PARTS 15u
#define GAP_PARTS_ALL 16u
/* A gap is one word, so that no lock is needed, which a fork could copy: first large page in the upper half, how many in the lower. */
#define GAP_PAGES_MAX ((uint64_t)UINT32_MAX)

static _Atomic uint64_t reserved_bytes;
/* 0: none. Only a hint: whoever takes one out tries whether the addresses are still free. */
static _Atomic uint64_t gaps[GAPS_MAX];

static uint64_t extra_wanted(uint64_t bytes)
{
	uint64_t extra = bytes < ROOM_EXTRA_MAX / ROOM_FACTOR ? bytes * (ROOM_FACTOR - 1) : ROOM_EXTRA_MAX;
	uint64_t most = pms_addresses_most();

	if (bytes + extra < pms_room_bytes_least)
		extra = pms_room_bytes_least - bytes;
	return extra < most ? extra : most;
}

static uint64_t gap_bytes(uint64_t gap) { return (gap & GAP_PAGES_MAX) * LARGE_PAGE_BYTES; }

/* Whole large pages of what was given back; in place of a smaller gap where there are too many. */
static void remember_gap(const uint8_t *address, uint64_t bytes)
{
	const uint64_t first = ((uintptr_t)address + LARGE_PAGE_BYTES - 1) / LARGE_PAGE_BYTES;
	const uint64_t end = ((uintptr_t)address + bytes) / LARGE_PAGE_BYTES;
	unsigned smallest = 0;

	if (end <= first || first > GAP_PAGES_MAX || end - first > GAP_PAGES_MAX)
		return;
	for (unsigned i = 1; i < GAPS_MAX; i++)
		if (gap_bytes(atomic_load(&gaps[i])) < gap_bytes(atomic_load(&gaps[smallest])))
			smallest = i;
	uint64_t replaced = atomic_load(&gaps[smallest]);
	if (gap_bytes(replaced) < (end - first) * LARGE_PAGE_BYTES)
		(void)atomic_compare_exchange_strong(&gaps[smallest], &replaced, first << 32 | (end - first));
}

/* Nearly `whole` bytes where a room was given back; null: there is none, or somebody else has taken it. */
static uint8_t *reserve_in_gap(uint64_t bytes, uint64_t whole, uint64_t alignment, uint64_t *room_bytes)
{
	const uint64_t least = bytes + (whole - bytes) / GAP_PARTS_ALL * GAP_PARTS;

	for (unsigned i = 0; i < GAPS_MAX; i++) {
		uint64_t gap = atomic_load(&gaps[i]);
		uint64_t begin = (gap >> 32) * LARGE_PAGE_BYTES, end = begin + gap_bytes(gap);

		begin = (begin + alignment - 1) & ~(alignment - 1);
		if (end < begin || end - begin < least || !atomic_compare_exchange_strong(&gaps[i], &gap, 0))
			continue;
		*room_bytes = (end - begin < whole ? end - begin : whole) & ~(alignment - 1);
		if (*room_bytes < least)
			continue;
		uint8_t *base = pms_addresses_reserve_at(begin, *room_bytes);
		if (base)
			return base;
	}
	return NULL;
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
		uint8_t *base = reserve_in_gap(bytes, whole, alignment, room_bytes);
		if (!base) {
			base = pms_addresses_reserve(whole, alignment);
			*room_bytes = whole;
		}
		if (!base)
			continue;
		atomic_fetch_add(&reserved_bytes, *room_bytes - bytes);
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
	remember_gap(address, bytes);
	pms_room_used(bytes);
}
