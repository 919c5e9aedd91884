/* SPDX-License-Identifier: MIT */
/*
 * Addresses for the room behind mappings (medium_room.c): reserved memory, which the system also keeps some notes about.
 *
 * A reservation is given up as a whole, and a view takes its place; another thread may be faster in between. Then no view is
 * made, since MapViewOfFileEx never maps over anything: there is no room any more, and nothing else happens.
 */
#include "medium_internal_windows.h"

/* Tries to get back what was reserved a little larger, at an aligned address. */
#define ALIGN_ATTEMPTS 16

uint64_t pms_addresses_most(void) { return UINT64_MAX; }

uint8_t *pms_addresses_reserve(uint64_t bytes, uint64_t alignment)
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

uint8_t *pms_addresses_reserve_at(uintptr_t address, uint64_t bytes)
{
	return VirtualAlloc((void *)address, bytes, MEM_RESERVE, PAGE_NOACCESS);
}

void pms_addresses_release(uint8_t *address, uint64_t bytes)
{
	(void)bytes;
	(void)VirtualFree(address, 0, MEM_RELEASE);
}
