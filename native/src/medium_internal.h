/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the medium share. medium.c puts them together and is the same on every platform; the others are
 *
 *   medium_pmem.c          maps, and finds out what was mapped; the system has no calls that flush
 *   medium_lines_x86.c     cache lines: flush, fence, copy (medium_lines_arm64.c; elsewhere medium_lines_pmem.c, by libpmem)
 *   medium_page_cache.c    the table for ordinary files; its one system call is in medium_sync_posix.c
 *   medium_room_posix.c    addresses behind a mapping, so that it can grow
 *   medium_retire_posix.c  what becomes of an address range when its mapping ends
 *
 * On Windows medium_windows.c maps, and medium_*_windows.c are the others.
 */
#ifndef PMS_MEDIUM_INTERNAL_H
#define PMS_MEDIUM_INTERNAL_H

#include "medium.h"
#include "thread.h"

/* ---- mapping ---------------------------------------------------------------------------------------------------- */

typedef struct pms_mapping {
	uint8_t *base;
	uint64_t mapped_bytes;
	uint64_t room_bytes; /* of addresses from `base` on, the mapped ones included */
	uint64_t alignment;  /* of the length of a mapping */
	pms_medium_kind kind;
	bool forced;	  /* persistent memory only by PMEM_IS_PMEM_FORCE: nobody has verified it */
	bool synchronous; /* mapped with MAP_SYNC */
	const char *what; /* for people: "a file on a DAX file system" */
} pms_mapping;

/* Maps at least `bytes` from the start of the file, for writing if it was opened so. Statuses as pms_medium_map. */
int32_t pms_mapping_open(const char *path, const pms_file *file, uint64_t bytes, pms_mapping *mapping,
			 pms_error *error);

/* For pms_mapping_open: that the file has `bytes`, and that they are not none. */
int32_t pms_mapping_check_length(const char *path, const pms_file *file, uint64_t bytes, pms_error *error);

/*
 * Maps the file from mapped_bytes to `to` as well (both multiples of the alignment), into the room behind what is mapped, and
 * the same way as that was: PMS_E_MEDIUM where the file has become something else. The caller has compared `to` with
 * *room_bytes. On failure nothing is mapped, and *room_bytes may be less: what the system has put there meanwhile is not ours.
 */
int32_t pms_mapping_extend(const pms_file *file, uint8_t *base, uint64_t mapped_bytes, uint64_t to, bool synchronous,
			   uint64_t *room_bytes, pms_error *error);

/* Ends a mapping whose address nobody has seen yet. */
void pms_mapping_discard(const pms_mapping *mapping);

/* Ends a mapping whose address may still be in use, as pms_medium_unmap says. */
void pms_mapping_retire(void *base, uint64_t mapped_bytes);

/* How many bytes of address space are retired and not yet released. */
uint64_t pms_mapping_retired_bytes(void);

/* The limit on them: 1 TiB; changed by tests alone. */
extern uint64_t pms_mapping_retired_bytes_max;

/*
 * Reserves addresses for a mapping of `bytes` that may grow, beginning at a multiple of `alignment` (a power of two): eight
 * times as many, at least pms_room_bytes_least, or as many as there are; up to a sixteenth less where an earlier room was. Null:
 * not even a little more than `bytes`.
 */
uint8_t *pms_room_reserve(uint64_t bytes, uint64_t alignment, uint64_t *room_bytes);
/* So many bytes of reserved room have become part of a mapping, or are lost. */
void pms_room_used(uint64_t bytes);
/* Gives back room that no mapping took. */
void pms_room_release(uint8_t *address, uint64_t bytes);

/* Of the platform: `bytes` of addresses that begin at a multiple of `alignment`, null: there are none; and back. */
uint8_t *pms_addresses_reserve(uint64_t bytes, uint64_t alignment);
/* Exactly these addresses; null: something is there. */
uint8_t *pms_addresses_reserve_at(uintptr_t address, uint64_t bytes);
void pms_addresses_release(uint8_t *address, uint64_t bytes);
/* As much room as one mapping should take besides itself, of what this process may have. */
uint64_t pms_addresses_most(void);

/* 64 GiB, and what all rooms of the process may take together: 32 TiB. Both are changed by tests alone. */
extern uint64_t pms_room_bytes_least, pms_room_bytes_total;

/* True where the platform flushes its caches by itself on power loss (eADR). */
bool pms_mapping_has_auto_flush(void);

/*
 * Where the system has calls that make persistent memory durable: gives a medium whose mapping is set their table and context, and
 * returns their names, for people. Null: it has none, and our own instructions do it.
 */
const char *pms_system_flush_attach(pms_medium *medium);
/* More of the file was mapped, from medium->mapped_bytes to `to`. Where the system refuses that now, every drain fails. */
void pms_system_flush_extend(pms_medium *medium, uint64_t to);

/* ---- cache lines ------------------------------------------------------------------------------------------------ */

/* What this processor can do. */
typedef struct pms_lines {
	const char *flush_name;		/* "clwb" */
	const char *fence_name;		/* "sfence" */
	bool has_non_temporal;		/* PMS_FLUSH_NON_TEMPORAL exists */
	bool non_temporal_is_durable;	/* ... and is enough: such a store leaves nothing in the cache (Intel) */
	pms_flush_lines_function flush; /* by flush_name */
	pms_flush_lines_function flush_nothing;
	pms_copy_flush_function copy_non_temporal; /* by PMS_FLUSH_NON_TEMPORAL */
	pms_copy_flush_function copy_cache_lines;  /* by PMS_FLUSH_CACHE_LINES */
	pms_copy_flush_function copy_only;	   /* by PMS_FLUSH_FENCE_ONLY */
} pms_lines;

/* Asks the processor. */
void pms_lines_detect(pms_lines *lines);

#if defined(__x86_64__) || defined(_M_X64)
/* What pms_lines_detect chooses on a processor of that kind. */
void pms_lines_select(pms_lines *lines, bool is_intel, bool has_clwb, bool has_clflushopt);
#elif defined(__aarch64__)
void pms_lines_select(pms_lines *lines, bool has_dcpop);
#endif

/* ---- page cache ------------------------------------------------------------------------------------------------- */

/* Threads with notes that are not drained; beyond them all others share one entry. */
#define PMS_NOTES_MAX 256

/* What one thread has noted since its last drain. Syncs are numbered from 1. */
typedef struct pms_note {
	const void *thread; /* null: free */
	uint64_t last;	    /* the sync that covers the last of it */
} pms_note;

typedef struct pms_page_cache {
	pms_mutex mutex;
	pms_condition finished; /* a sync has */
	uint64_t page_bytes;	/* a power of two */
	uint64_t noted_begin;	/* one range of whole pages over all that is noted and not in a sync; */
	uint64_t noted_end;	/* empty when not above noted_begin */
	uint64_t next;		/* number of the sync that will take it */
	uint64_t done;		/* number of the last one that finished */
	bool syncing;		/* number next - 1 is under way */
	int os_error;		/* of a sync that failed, for ever; or 0 */
	pms_note notes[PMS_NOTES_MAX];
	unsigned note_count;  /* entries from here on were never used */
	pms_note others;      /* of all threads that found no entry; never forgotten */
	const pms_file *file; /* the mapped one; open as long as anybody may write */
	/* Makes a range of whole pages durable; 0 or an OS error. Tests put another one here. */
	int (*sync)(void *address, uint64_t bytes);
} pms_page_cache;

/* Gives a medium whose mapping of `file` is set the table and context of the page cache. */
int32_t pms_page_cache_attach(pms_medium *medium, const pms_file *file, pms_error *error);

/* pms_medium_sync_file of the page cache. */
int32_t pms_page_cache_sync_file(pms_medium *medium, const pms_file *file, pms_error *error);

/* Writes to the file what the mapping then shows; returns how many bytes it could: 0 where storing is as good. */
uint64_t pms_write_pages(const pms_file *file, uint64_t offset, const void *source, uint64_t bytes);

/* pms_medium_sync_count of the page cache. */
uint64_t pms_page_cache_sync_count(const pms_medium *medium);

/* pms_page_cache.sync of the platform, and what it does, for people. */
int pms_sync_pages(void *address, uint64_t bytes);
extern const char pms_sync_name[];
uint64_t pms_page_bytes(void);

#endif
