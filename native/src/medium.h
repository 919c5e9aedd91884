/* SPDX-License-Identifier: MIT */
/*
 * The medium: one narrow door to storage. Every store to the mapping, every flush and every drain of the engine goes
 * through here, so that tests can put a medium in its place that records, and one that fails.
 *
 * RULES
 *   copy, store64   change the mapping with ordinary cached stores: visible to all threads, not durable.
 *   flush           starts making a range durable; only a following drain BY THE SAME THREAD finishes it.
 *   copy_flush      copy, then flush of the same range, by whatever the flush policy finds cheapest: cached stores and
 *                   cache-line write-backs, or non-temporal stores. Non-temporal stores become visible to other threads
 *                   only with the drain: hand the range over after it, not before.
 *   drain           durable when it returns PMS_OK: all that this thread flushed. It also orders: stores behind it
 *                   become durable no earlier than what was flushed before it. It can fail on the page cache; what it
 *                   covered is then in doubt (R12) and the caller poisons the stream.
 *   restore         for recovery (R18): on the page cache, stores the bytes that are there once more, so that a page
 *                   that is clean only because its write-back failed becomes dirty again; then flushes the range.
 *
 * Page cache: flush notes the pages; drain syncs what was noted. Concurrent drains share one sync; a drain joins only a
 * sync that BEGAN after its own ranges were noted. After a sync has failed, every drain that has not returned, and every
 * later one, fails.
 *
 * The persistent-memory case is inlined; everything else goes through the table (`table` not null).
 */
#ifndef PMS_MEDIUM_H
#define PMS_MEDIUM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "os.h"
#include "pmemstream_core.h"

#define PMS_CACHE_LINE 64u

typedef struct pms_medium pms_medium;

/* What a medium other than plain persistent memory does instead. All entries are set. */
typedef struct pms_medium_table {
	void (*store64)(pms_medium *medium, uint64_t offset, uint64_t value);
	void (*copy)(pms_medium *medium, uint64_t offset, const void *source, uint64_t bytes);
	void (*copy_flush)(pms_medium *medium, uint64_t offset, const void *source, uint64_t bytes);
	void (*flush)(pms_medium *medium, uint64_t offset, uint64_t bytes);
	int32_t (*drain)(pms_medium *medium, pms_error *error);
	void (*restore)(pms_medium *medium, uint64_t offset, uint64_t bytes);
	/* Ends the mapping (see pms_medium_unmap) and frees `context`. */
	void (*unmap)(pms_medium *medium);
} pms_medium_table;

/* Flushes the cache lines of an address range: clwb, clflushopt or clflush, chosen once by cpuid; a no-op under eADR. */
typedef void (*pms_flush_lines_function)(const void *address, uint64_t bytes);
/* Copies to persistent memory by the flush policy and starts making it durable. */
typedef void (*pms_copy_flush_function)(void *destination, const void *source, uint64_t bytes);

struct pms_medium {
	const pms_medium_table *table; /* null: plain persistent (or volatile) memory, inlined below */
	uint8_t *base;
	uint64_t bytes;
	uint64_t mapped_bytes; /* length of the mapping: `bytes` rounded up to what can be mapped; 0: ended */
	uint64_t room_bytes;   /* how long it can become where it is */
	uint64_t alignment;    /* of the length of a mapping */
	bool synchronous;      /* mapped so that nothing but the data itself must be made durable (MAP_SYNC) */
	pms_flush_lines_function flush_lines;
	pms_copy_flush_function copy_flush_memory;
	pms_medium_kind kind;
	pms_flush_policy policy;
	bool writable;
	void *context;	/* of the table */
	char text[192]; /* for people: the medium, and what makes an append durable on it */
};

/*
 * Maps `bytes` from the start of the file.
 *
 * Writers map and detect through libpmem, which opens the path again: the file is compared with the locked one by device
 * and inode, PMS_E_IO when somebody exchanged it. Readers map PROT_READ themselves, and detect by MAP_SYNC (regular
 * files) or by the file type (device-DAX). tmpfs and ramfs are PMS_MEDIUM_VOLATILE, whatever libpmem is told to believe.
 * PMS_E_MEDIUM when the requirement is not met, and when the policy does not fit the medium.
 */
int32_t pms_medium_map(const char *path, const pms_file *file, uint64_t bytes, uint32_t requirement, uint32_t policy,
		       pms_medium *medium, pms_error *error);

/* PMS_OK, or PMS_E_NO_MEMORY: why the mapping cannot become that long where it is, and how long it can. */
int32_t pms_medium_has_room(const pms_medium *medium, uint64_t bytes, pms_error *error);

/*
 * Maps more of the file, up to `bytes`, which it must have, behind what is mapped: `base` stays. Does nothing when that much
 * is mapped already. One thread at a time; others may go on with what was mapped before. PMS_E_NO_MEMORY as
 * pms_medium_has_room; PMS_E_MEDIUM when the new part cannot be mapped as the rest is. On failure nothing has changed.
 */
int32_t pms_medium_extend(pms_medium *medium, const pms_file *file, uint64_t bytes, pms_error *error);

/*
 * Makes size and space of the file durable, besides all that was stored, by any thread. After a failure nothing says what
 * is: the caller poisons the stream, and on the page cache every drain that has not returned, and every later one, fails.
 */
int32_t pms_medium_sync_file(pms_medium *medium, const pms_file *file, pms_error *error);

/* How many syncs the page cache has finished; 0 on other media. */
uint64_t pms_medium_sync_count(const pms_medium *medium);

/*
 * Ends the mapping: the address range is replaced by private zero pages and retired, so that a stale pointer reads zeros
 * or old bytes, never another file's, and does not fault (nor does a stale store). The oldest retired ranges are released
 * beyond 1 TiB. Does not flush.
 */
void pms_medium_unmap(pms_medium *medium);

/* Full store fence of the platform, for persistent memory. */
void pms_medium_fence(void);

static inline uint8_t *pms_at(const pms_medium *medium, uint64_t offset) { return medium->base + offset; }

/* An 8-byte atomic load of a word of the mapping, by acquire. `offset` is 8-aligned. */
static inline uint64_t pms_load64(const pms_medium *medium, uint64_t offset)
{
	return atomic_load_explicit((const _Atomic uint64_t *)(const void *)(medium->base + offset),
				    memory_order_acquire);
}

/* An 8-byte atomic store of a word of the mapping, by release. `offset` is 8-aligned. */
static inline void pms_store64(pms_medium *medium, uint64_t offset, uint64_t value)
{
	if (medium->table) {
		medium->table->store64(medium, offset, value);
		return;
	}
	atomic_store_explicit((_Atomic uint64_t *)(void *)(medium->base + offset), value, memory_order_release);
}

static inline void pms_copy(pms_medium *medium, uint64_t offset, const void *source, uint64_t bytes)
{
	if (medium->table)
		medium->table->copy(medium, offset, source, bytes);
	else
		memcpy(medium->base + offset, source, bytes);
}

static inline void pms_copy_flush(pms_medium *medium, uint64_t offset, const void *source, uint64_t bytes)
{
	if (medium->table)
		medium->table->copy_flush(medium, offset, source, bytes);
	else
		medium->copy_flush_memory(medium->base + offset, source, bytes);
}

/* Below this many bytes in all pms_store_parts_flush of persistent memory writes the parts where they belong. */
#define PMS_PARTS_BYTES_MAX 2047u

/*
 * Stores the header words and, right behind them, `bytes` of the body: as one pms_copy_flush, or for `deferred` one pms_copy.
 * `whole` is the body with room for the header before it, which is used where one copy is better than two. bytes is a multiple
 * of 8.
 */
static inline void pms_store_parts(pms_medium *medium, uint64_t offset, const uint64_t header[3], uint8_t *whole,
				   uint64_t bytes, bool deferred)
{
	bool in_place = !medium->table &&
			(deferred || (medium->policy != PMS_FLUSH_NON_TEMPORAL && bytes + 24 <= PMS_PARTS_BYTES_MAX));

	if (!in_place) {
		memcpy(whole, header, 24);
		(deferred ? pms_copy : pms_copy_flush)(medium, offset, whole, bytes + 24);
		return;
	}
	/* What was copied in goes out in pieces of the same kind, so that no load waits for several stores before it. */
	uint8_t *at = medium->base + offset;
	memcpy(at + 24, whole + 24, bytes);
	_Atomic uint64_t *words = (_Atomic uint64_t *)(void *)at;
	atomic_store_explicit(&words[0], header[0], memory_order_relaxed);
	atomic_store_explicit(&words[1], header[1], memory_order_relaxed);
	atomic_store_explicit(&words[2], header[2], memory_order_relaxed);
	if (!deferred)
		medium->flush_lines(at, bytes + 24);
}

/*
 * For whoever copies whole lines himself: where to, for the lines at `offset`. That is `buffer` where the medium does it otherwise.
 * pms_copied is told when they are there.
 */
static inline uint8_t *pms_copy_place(pms_medium *medium, uint64_t offset, uint8_t *buffer)
{
	return medium->table ? buffer : medium->base + offset;
}

/* Whether that should be done by non-temporal stores. */
static inline bool pms_copy_streams(const pms_medium *medium)
{
	return !medium->table && medium->policy != PMS_FLUSH_FENCE_ONLY;
}

/* As the end of a pms_copy (`deferred`) or pms_copy_flush. `streamed`: all of the stores were non-temporal ones. */
static inline void pms_copied(pms_medium *medium, uint64_t offset, const uint8_t *buffer, uint64_t bytes, bool streamed,
			      bool deferred)
{
	if (medium->table)
		(deferred ? medium->table->copy : medium->table->copy_flush)(medium, offset, buffer, bytes);
	else if (!deferred && !(streamed && medium->policy == PMS_FLUSH_NON_TEMPORAL))
		medium->flush_lines(medium->base + offset, bytes);
}

/* Says that a range will soon be stored to through the cache. A hint: it may reach beyond the mapping. */
static inline void pms_expect_stores(const pms_medium *medium, uint64_t offset, uint64_t bytes)
{
#if defined(__x86_64__) && defined(__GNUC__)
	if (medium->table || medium->policy == PMS_FLUSH_NON_TEMPORAL)
		return;
	for (uint64_t at = 0; at < bytes; at += PMS_CACHE_LINE)
		__asm__ volatile("prefetchw %0" : : "m"(medium->base[offset + at]));
#else
	(void)medium, (void)offset, (void)bytes;
#endif
}

static inline void pms_flush(pms_medium *medium, uint64_t offset, uint64_t bytes)
{
	if (medium->table)
		medium->table->flush(medium, offset, bytes);
	else
		medium->flush_lines(medium->base + offset, bytes);
}

static inline int32_t pms_drain(pms_medium *medium, pms_error *error)
{
	if (medium->table)
		return medium->table->drain(medium, error);
	pms_medium_fence();
	return PMS_OK;
}

static inline void pms_restore(pms_medium *medium, uint64_t offset, uint64_t bytes)
{
	if (medium->table)
		medium->table->restore(medium, offset, bytes);
	else
		medium->flush_lines(medium->base + offset, bytes);
}

#endif
