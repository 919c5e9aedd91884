/* SPDX-License-Identifier: MIT */
/*
 * Address room behind a mapping, so that it can grow without moving: spans, cursors and the engine keep pointers into it.
 * The room is reserved memory, which costs addresses (and what the system notes about them) and nothing else.
 *
 * A reservation is given up as a whole, and a view takes its place; another thread may be faster in between. Then no view is
 * made, since MapViewOfFileEx never maps over anything: there is no room any more, and nothing else happens.
 */
#include <stdatomic.h>

#include "medium_internal_windows.h"

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
/* Tries to get back what was reserved a little larger, at an aligned address. */
#define ALIGN_ATTEMPTS 16

static _Atomic uint64_t reserved_bytes;

static uint64_t extra_wanted(uint64_t bytes)
{
	uint64_t extra = bytes < ROOM_EXTRA_MAX / ROOM_FACTOR ? bytes * (ROOM_FACTOR - 1) : ROOM_EXTRA_MAX;

	if (bytes + extra < pms_room_bytes_least)
		extra = pms_room_bytes_least - bytes;
	return extra;
}

/* `bytes` of addresses that begin at a multiple of `alignment`; null: there are none. */
static uint8_t *reserve(uint64_t bytes, uint64_t alignment)
{
	for (int attempt = 0; attempt < ALIGN_ATTEMPTS; attempt++) {
		uint8_t *found = VirtualAlloc(NULL, bytes + alignment, MEM_RESERVE, PAGE_NOACCESS);
		uint8_t *aligned;

		if (!found)
			return NULL;
		/* No part of a reservation can be given back. */
		(void)VirtualFree(found, 0, MEM_RELEASE);
		aligned = (uint8_t *)(((uintptr_t)found + alignment - 1) & ~(uintptr_t)(alignment - 1));
		aligned = VirtualAlloc(aligned, bytes, MEM_RESERVE, PAGE_NOACCESS);
		if (aligned)
			return aligned;
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
	(void)VirtualFree(address, 0, MEM_RELEASE);
	pms_room_used(bytes);
}
