/* SPDX-License-Identifier: MIT */
/*
 * Persistent memory by calls of the system (ntdll.dll): it knows what the platform wants, of which processors tell nothing, and gives
 * a token for a range that it then flushes by. Where it has no such calls, our own instructions do it (medium_lines_x86.c).
 *
 * A stream that grows has one token more for each new part, in a list that only gets longer: whoever stores to a part knows
 * of it from whoever made it larger, so its token is there. A flush that fails is remembered, as is a part that gets no token, and
 * every drain from then on fails.
 */
#include <stdlib.h>

#include "error.h"
#include "medium_internal_windows.h"

/* RtlFlushNonVolatileMemory shall only begin: RtlDrainNonVolatileFlush ends it. */
#define FLUSH_WITHOUT_DRAIN 1u

/* A part of the mapping, from the end of the one before it on. */
typedef struct system_part {
	struct system_part *_Atomic next;
	uint64_t end; /* offset in the mapping */
	void *token;
} system_part;

typedef struct system_flush {
	const pms_system_calls *calls;
	_Atomic uint32_t failed; /* status of the system; 0: none has */
	system_part *last;	 /* of interest to whoever grows the stream */
	system_part first;
} system_flush;

bool pms_system_agrees(void *base, uint64_t bytes)
{
	const pms_system_calls *calls = pms_system_calls_find();
	void *token;

	if (!calls->get_token || !calls->free_token)
		return true;
	if (calls->get_token(base, bytes, &token) != 0)
		return false;
	(void)calls->free_token(token);
	return true;
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static void store64(pms_medium *medium, uint64_t offset, uint64_t value)
{
	atomic_store_explicit((_Atomic uint64_t *)(void *)(medium->base + offset), value, memory_order_release);
}

static void copy(pms_medium *medium, uint64_t offset, const void *source, uint64_t bytes)
{
	if (bytes != 0)
		memcpy(medium->base + offset, source, bytes);
}

static system_part *next_of(const system_part *part) { return atomic_load_explicit(&part->next, memory_order_acquire); }

static void flush(pms_medium *medium, uint64_t offset, uint64_t bytes)
{
	system_flush *system = medium->context;

	for (const system_part *part = &system->first; part && bytes != 0; part = next_of(part)) {
		if (offset >= part->end)
			continue;
		const uint64_t here = bytes < part->end - offset ? bytes : part->end - offset;
		const uint32_t status =
		    system->calls->flush(part->token, medium->base + offset, here, FLUSH_WITHOUT_DRAIN);
		if (status != 0)
			atomic_store(&system->failed, status);
		offset += here;
		bytes -= here;
	}
}

static void copy_flush(pms_medium *medium, uint64_t offset, const void *source, uint64_t bytes)
{
	copy(medium, offset, source, bytes);
	flush(medium, offset, bytes);
}

static int32_t drain(pms_medium *medium, pms_error *error)
{
	system_flush *system = medium->context;

	for (const system_part *part = &system->first; part; part = next_of(part)) {
		const uint32_t status = system->calls->drain(part->token);
		if (status != 0)
			atomic_store(&system->failed, status);
	}
	const uint32_t failed = atomic_load(&system->failed);
	if (failed != 0)
		return pms_fail_os(error, PMS_E_IO, (int)failed, "the system cannot make persistent memory durable");
	return PMS_OK;
}

static void free_tokens(system_flush *system)
{
	system_part *part = &system->first;

	while (part) {
		system_part *next = next_of(part);
		(void)system->calls->free_token(part->token);
		if (part != &system->first)
			free(part);
		part = next;
	}
	free(system);
}

static void unmap(pms_medium *medium)
{
	free_tokens(medium->context);
	medium->context = NULL;
	medium->table = NULL;
	pms_medium_unmap(medium);
}

static const pms_medium_table system_table = {
    .store64 = store64,
    .copy = copy,
    .copy_flush = copy_flush,
    .flush = flush,
    .drain = drain,
    .restore = flush,
    .unmap = unmap,
};

/* ---- which it is -------------------------------------------------------------------------------------------------- */

const char *pms_system_flush_attach(pms_medium *medium)
{
	const pms_system_calls *calls = pms_system_calls_find();
	system_flush *system;

	if (medium->kind != PMS_MEDIUM_PERSISTENT_MEMORY || !medium->writable || !calls->get_token ||
	    !calls->free_token || !calls->flush || !calls->drain)
		return NULL;
	system = calloc(1, sizeof(*system));
	if (!system)
		return NULL;
	system->calls = calls;
	system->last = &system->first;
	system->first.end = medium->mapped_bytes;
	if (calls->get_token(medium->base, medium->mapped_bytes, &system->first.token) != 0) {
		free(system);
		return NULL;
	}
	medium->table = &system_table;
	medium->context = system;
	return "RtlFlushNonVolatileMemory and RtlDrainNonVolatileFlush";
}

void pms_system_flush_extend(pms_medium *medium, uint64_t to)
{
	system_flush *system = medium->context;
	system_part *part;
	uint32_t status = (uint32_t)ERROR_NOT_ENOUGH_MEMORY;

	if (medium->table != &system_table)
		return;
	part = calloc(1, sizeof(*part));
	if (part) {
		part->end = to;
		status = system->calls->get_token(medium->base + medium->mapped_bytes, to - medium->mapped_bytes,
						  &part->token);
	}
	if (status != 0) {
		atomic_store(&system->failed, status);
		free(part);
		return;
	}
	atomic_store_explicit(&system->last->next, part, memory_order_release);
	system->last = part;
}
