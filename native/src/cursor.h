/* SPDX-License-Identifier: MIT */
/* Reading entries. Arguments were checked by api_entries.c. */
#ifndef PMS_CURSOR_H
#define PMS_CURSOR_H

#include "engine.h"
#include "entry_verify.h"

/*
 * Most entries that a cursor reads ahead of those that it has handed out, and most bytes: what was verified is still in the
 * first cache when it is used, and the first entry does not wait for many others.
 */
#define PMS_AHEAD_ENTRIES_MAX 64u
#define PMS_AHEAD_BYTES_MAX (16ull << 10)

struct pms_cursor {
	pms_region *region;
	const uint8_t *mapping; /* where the stream begins in memory: it does not move */
	bool verified;
	bool watches;  /* a writer in another process may clear or free the region: watched by the two words below */
	pms_life life; /* of the region, when the cursor was opened */
	uint64_t extent_word, base_word; /* as they are stored as long as that life lasts */
	uint64_t life_term;		 /* pms_life_term */
	uint64_t at;			 /* offset of what comes next, behind what was read ahead */
	uint64_t last;			 /* timestamp of the entry before */
	uint64_t most;			 /* greatest timestamp that it may have */
	uint64_t least;			 /* entries with a smaller timestamp are passed over */
	uint64_t note_from;		 /* offset from which on an entry is worth a note in the region's seek index */

	/* What was read ahead and not yet handed out. */
	const pms_entry *next, *end;
	pms_entry *ahead;     /* room for PMS_AHEAD_ENTRIES_MAX; null: for `single` alone */
	uint32_t ahead_count; /* how many to read ahead the next time */
	pms_entry single;

	pms_attachment *pinned; /* where it pins the region for other processes; null: nowhere */
};

int32_t pms_cursor_start_at(pms_region *region, const pms_cursor_options *options, pms_cursor **out, pms_error *error);
void pms_cursor_end(pms_cursor *cursor);
int32_t pms_copy_entry(pms_region *region, const pms_position *position, void *destination, uint64_t capacity,
		       bool verified, uint64_t *bytes, pms_error *error);
/* PMS_OK: an entry is visible behind that one ((0, 0): any); PMS_E_END: not yet; else why there is none. A short look. */
int32_t pms_entry_is_behind(pms_region *region, const pms_position *position, pms_error *error);
/* Timestamps of the first and last visible data entries (0: none). The caller is a reader of the region. */
void pms_data_timestamps(pms_region *region, uint64_t *first, uint64_t *last);

/* ---- cursor_step.c: from entry to entry ---- */

/* Why the entry at that offset is damaged. */
int32_t pms_cursor_damaged(const pms_region *region, uint64_t offset, const char *why, pms_error *error);
/*
 * The life of the region, after a look at how far it is committed. For a stream that another process may write, both are
 * looked up on the medium; else neither can go back while we count as a reader.
 */
int32_t pms_cursor_look(pms_region *region, pms_life *life, pms_error *error);
/* The status, or PMS_E_STALE when the medium does not hold that life of the region any more. */
int32_t pms_life_stale_or(const pms_region *region, const pms_life *life, int32_t status, pms_error *error);
/* Decodes and classifies the entry at `offset`, which lies before `end`. PMS_OK or PMS_E_CORRUPT. */
int32_t pms_cursor_load(const pms_region *region, const pms_life *life, uint64_t offset, uint64_t end, bool verified,
			pms_parsed_entry *entry, pms_entry_kind *kind, pms_error *error);
/* Moves on over an entry. */
static inline void pms_cursor_move(pms_cursor *cursor, uint64_t extent_bytes, uint64_t timestamp, bool group_continues)
{
	cursor->at += extent_bytes;
	cursor->last = timestamp;
	cursor->most = pms_timestamp_most(timestamp, group_continues);
}

/* To the first entry of a life that the caller has found by pms_cursor_look. */
void pms_cursor_rewind(pms_cursor *cursor, const pms_life *life);
/* The next data entry; moves the cursor behind it. Not between entries that were read ahead. */
int32_t pms_cursor_step(pms_cursor *cursor, pms_parsed_entry *entry, pms_error *error);
/* Makes pms_cursor_is_ready true, or says why it cannot be. */
int32_t pms_cursor_make_ready(pms_cursor *cursor, pms_error *error);

/* Whether the medium still holds the life that the cursor reads: three words are as they were. */
static inline bool pms_cursor_is_current(const pms_cursor *cursor)
{
	const uint8_t *header = cursor->mapping + cursor->region->offset;

	return pms_stored_word(header, PMS_REGION_EXTENT) == cursor->extent_word &&
	       pms_stored_word(header, PMS_REGION_BASE) == cursor->base_word &&
	       pms_stored_word(header, offsetof(pms_stored_region, identity)) == cursor->region->identity;
}

/*
 * Whether the entry at `next` may be handed out: it was read ahead, and nothing has happened since that makes it invalid.
 * A clear or free by this process needs no readers, so of what it does only a close can have come.
 */
static inline bool pms_cursor_is_ready(const pms_cursor *cursor)
{
	return cursor->next != cursor->end && cursor->region->stream->fork_generation == pms_os_fork_generation &&
	       atomic_load_explicit(&cursor->region->retired, memory_order_acquire) == PMS_OK &&
	       (!cursor->watches || pms_cursor_is_current(cursor));
}

/* Takes what may be handed out by one look: all that was read ahead, or one entry where each is looked after. How many. */
static inline uint64_t pms_cursor_take(pms_cursor *cursor)
{
	uint64_t count = cursor->watches ? 1 : (uint64_t)(cursor->end - cursor->next);

	cursor->next += count;
	return count;
}

#endif
