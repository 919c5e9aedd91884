/* SPDX-License-Identifier: MIT */
/*
 * The engine's volatile state: streams, regions, and who may touch what. Nothing here is stored.
 *
 * LOCKS, in the order in which they may be taken
 *   stream->grow_mutex     one grows at a time: held while space is allocated, which takes long and holds up nobody else
 *   stream->layout_mutex   the table of extents, and every change of the layout on the medium
 *   region->mutex          one region's tail, order, pins and checkpoint
 *   stream->clock_mutex    raising the timestamp ceiling
 *   region->seek.mutex     the seek index of one region (seek_index.h)
 * A drain on the append path runs under none of them.
 *
 * PINS - who keeps the mapping and the writer lock (see pms_stream_close in the public header)
 *   The stream holds one pin on each while it is open. Every region in the table holds one more, and gives it up when it
 *   is retired (closed or freed) and nobody uses it any more: writers (appends, open reservations) count for both pins,
 *   readers (cursors, checks, short looks) for the mapping alone. So the hot path touches only its own region's counts.
 */
#ifndef PMS_ENGINE_H
#define PMS_ENGINE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "apart.h"
#include "compiler.h"
#include "coordination.h"
#include "entry.h"
#include "error.h"
#include "fault.h"
#include "format.h"
#include "medium.h"
#include "os.h"
#include "seek_index.h"
#include "sharing.h"
#include "thread.h"

/* Timestamps that one raise of the ceiling makes available, and the greatest that can be given out. */
#ifndef PMS_CEILING_LEAP /* tests make it small */
#define PMS_CEILING_LEAP (1ull << 20)
#endif
/* Distance that the last whole entry is ahead of the stored checkpoint before an appender moves it (R9). */
#ifndef PMS_CHECKPOINT_BYTES
#define PMS_CHECKPOINT_BYTES (1ull << 20)
#endif

/* A piece of the space behind the fixed pages. */
typedef enum pms_piece_kind {
	PMS_PIECE_FREE = 1,
	PMS_PIECE_REGION = 2, /* extent word and static header are whole */
	PMS_PIECE_DAMAGED = 3 /* extent word or static header is damaged: never handed out, never merged */
} pms_piece_kind;

typedef struct pms_piece {
	uint64_t offset;
	uint64_t bytes;
	pms_piece_kind kind;
	pms_region *region;   /* null for free space and for what has no readable header */
	uint64_t extent_word; /* as it was read: a reader sees by it whether the piece has changed */
} pms_piece;

/*
 * The word at a region's tail: where space is taken from, by compare-and-swap (R1). From the low bits: BLOCKED (no space is
 * given out; who finds it looks for the reason under the mutex), a life tag of 19 bits, which changes when the region is
 * cleared and when the stream is persisted, so that no swap straddles one of those, and the distance from the start of the
 * data in units of 8 bytes.
 */
#define PMS_TAIL_BLOCKED 1ull
#define PMS_TAIL_TAG_SHIFT 1
#define PMS_TAIL_TAG_MASK (0x7ffffull << PMS_TAIL_TAG_SHIFT)
#define PMS_TAIL_SHIFT 20

/* What whoever has taken space does with it. */
typedef enum pms_place_kind {
	PMS_PLACE_DURABLE = 1,	/* an append; its owner drains it before it hands over */
	PMS_PLACE_DEFERRED = 2, /* an append that somebody persists later: stored, not flushed */
	PMS_PLACE_RESERVED = 3	/* a reservation: its pending header is stored, not flushed */
} pms_place_kind;

/* Space that one operation has taken, on its owner's stack until it is handed over. */
typedef struct pms_place {
	uint64_t start, end;	 /* in the stream */
	uint64_t timestamp;	 /* of its first entry; a group has consecutive ones */
	uint64_t last_timestamp; /* of its last entry */
	uint64_t persisted;	 /* of the region, when the space was taken (R8) */
	pms_place_kind kind;
	bool handed_over;
	bool must_persist; /* durable itself, but something before it is not: its owner is counted in `writers` */
	pms_reservation *reservation;
	struct pms_place *next; /* among those that wait for their turn asleep */
	pms_condition woken;
} pms_place;

typedef enum pms_record_state {
	PMS_RECORD_OPEN = 1,	  /* its pending header is stored */
	PMS_RECORD_PUBLISHING = 2 /* its owner is turning it into data, and makes it durable */
} pms_record_state;

/* A reservation that has not ended. In the order of their space; all changes happen under the region's mutex. */
typedef struct pms_record {
	struct pms_record *previous, *next;
	uint64_t start, end;	 /* in the stream */
	uint64_t timestamp;	 /* its first */
	uint64_t last_timestamp; /* its last; a group under construction has several */
	uint64_t size_word;
	uint64_t before_start; /* start of the last entry or group before it; 0: none */
	uint64_t before_data;  /* timestamp of the last data entry before it */
	bool before_data_known;
	pms_record_state state;
	bool
	    followed; /* somebody flushes, or has made durable, the pending header: publishing takes two drains (R10) */
	bool moving;  /* a followed group whose entries are being appended behind: only its owner ends it */
	pms_reservation *reservation;
} pms_record;

/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): lines lie apart on purpose (apart.h). */
struct pms_region {
	pms_stream *stream;
	_Atomic uint32_t references; /* the table of the stream, and every handle */

	/* Fixed for this life of the object. */
	uint64_t offset, data_start, end;
	uint64_t identity;
	uint32_t alignment;
	uint32_t name_bytes;
	char name[PMS_NAME_BYTES_MAX + 1];

	/* Where readers in other processes see how far it is, and say that they wait (coordination.h). */
	pms_shared_slot *published;
	pms_shared_arm *arm;
	uint32_t shared_slot; /* PMS_SHARED_NO_SLOT: none; of a reader where it was last */

	/*
	 * The order: native/DESIGN.md, section 2. Space is taken at the tail by anybody. What lies below `ordered` has been
	 * handed over, in the order of the space: whose place begins at `ordered` has the turn, and nobody else moves it.
	 */
	_Alignas(PMS_APART) _Atomic uint64_t tail; /* see PMS_TAIL_BLOCKED */
	/* One line: what every append stores when it hands over. */
	_Alignas(PMS_APART) _Atomic uint64_t ordered;
	_Atomic uint64_t committed, persisted;
	/* Stored by whoever has the turn. */
	_Atomic uint64_t last_start;	       /* of the last entry or group handed over; 0: none */
	_Atomic uint64_t last_data_timestamp;  /* of the last data entry handed over; 0: none, or not known */
	_Atomic uint64_t checkpoint_candidate; /* start of the last entry wholly committed and persisted; 0: none */
	_Atomic uint64_t entries;	       /* handed over so far, of all lives */
	_Atomic uint32_t record_count;
	_Atomic uint32_t attention; /* how many want to be told when `ordered` moves */
	/* What durable ones do not store to. */
	_Alignas(PMS_APART) _Atomic uint64_t dirty_start;
	_Atomic uint64_t dirty_end;   /* what is not flushed lies between them, above `persisted` */
	_Atomic uint64_t checkpoint;  /* as stored; 0: none */
	_Atomic bool last_data_known; /* stored when it changes */

	pms_mutex mutex;
	pms_condition changed; /* something that is waited for under the mutex may have happened */
	pms_life life;
	_Atomic uint32_t damage; /* pms_state_flags */
	_Atomic int32_t retired; /* PMS_OK, PMS_E_STALE (freed) or PMS_E_CLOSED */
	uint32_t writers; /* reservations that have not ended, and operations that need the mapping without a place */
	uint32_t readers;
	uint32_t lookers;      /* readers that leave again within their call: clear and free wait for them */
	bool lookers_stay_out; /* somebody waits for them */
	bool holds_lock_pin, holds_mapping_pin;
	uint64_t counted_from;	   /* `ordered` when this life, or session, began */
	uint64_t counted_bytes;	   /* handed over in the lives before */
	uint64_t failed_bytes;	   /* places whose drain failed: they are never handed over */
	uint64_t failed_timestamp; /* the first of them; 0: none */

	uint64_t persist_target, persist_last_start; /* under the layout mutex: of a persist of the whole stream */
	uint64_t persisted_start; /* start of an entry or group wholly below `persisted`; 0: none known */
	uint64_t last_timestamp;  /* readers of a stream that somebody else writes: of the last entry walked over */
	_Atomic uint64_t damage_offset; /* where reading stops for damage; 0: nowhere */
	pms_record *first_record, *last_record;
	pms_place *parked; /* asleep until `ordered` reaches them */

	_Alignas(PMS_APART) pms_sharing sharing; /* looked at by who meets others at the tail */

	_Alignas(PMS_APART) pms_seek_index seek;
};

/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): lines lie apart on purpose (apart.h). */
struct pms_stream {
	pms_medium medium;
	pms_file file;
	_Atomic uint32_t references; /* the handle, and every region object */
	bool read_only;
	uint32_t medium_requirement;
	unsigned fork_generation;
	atomic_bool closed;
	_Atomic int32_t poisoned; /* PMS_OK, or what the failed drain returned */
	_Atomic int32_t poison_os_error;
	_Atomic uint32_t mapping_pins, lock_pins;

	pms_stored_header header; /* as validated */
	uint64_t uuid_value;
	pms_mutex grow_mutex;
	_Atomic uint64_t stream_bytes; /* grows, under both the grow and the layout mutex (in a reader the latter) */

	pms_mutex clock_mutex;
	_Alignas(PMS_APART) _Atomic uint64_t next_timestamp;
	_Atomic uint64_t timestamp_limit; /* drained ceiling: timestamps below it may be given out (R5) */
	_Atomic uint64_t stable_bound;	  /* readers: below it nothing will be added (stable.c) */

	_Alignas(PMS_APART) pms_mutex layout_mutex;
	pms_piece *pieces;
	uint64_t piece_count, piece_capacity;
	uint64_t layout_epoch;
	_Atomic uint64_t persisted_timestamp;	 /* as stored (R14) */
	_Atomic uint64_t persists;		 /* so far */
	uint64_t retired_entries, retired_bytes; /* of regions that are not in the table any more */
	uint32_t damage;			 /* pms_state_flags */
	pms_recovery_info recovery;
	pms_coordination coordination;
};

struct pms_reservation {
	pms_region *region;
	pms_record *record;    /* null once it ended */
	uint64_t payload_room; /* bytes that may be published */
	uint64_t payload;      /* where the user writes, in the stream */
	pms_position position;
};

/* Base of the region's life, for who has no place in it: he compares again when he has. */
static inline uint64_t pms_region_base(const pms_region *region)
{
	return atomic_load_explicit((const _Atomic uint64_t *)&region->life.base, memory_order_relaxed);
}

/* A word of the stream or of a region, sealed for its place. */
static inline bool pms_word_read(const pms_stream *stream, uint64_t offset, pms_word_role role, uint64_t *value)
{
	return pms_unseal(pms_load64(&stream->medium, offset), role, offset, stream->header.uuid, value);
}

static inline void pms_word_write(pms_stream *stream, uint64_t offset, pms_word_role role, uint64_t value)
{
	pms_store64(&stream->medium, offset, pms_seal(value, role, offset, stream->header.uuid));
}

/* pms_word_write and the flush of its line; the caller drains. */
void pms_word_write_flush(pms_stream *stream, uint64_t offset, pms_word_role role, uint64_t value);

/* ---- stream.c: entering, pins, poison ---- */

/* PMS_OK, PMS_E_CLOSED or PMS_E_FORKED. On PMS_OK the mapping stays until pms_stream_leave. */
int32_t pms_stream_enter(pms_stream *stream, pms_error *error);
void pms_stream_leave(pms_stream *stream);
void pms_stream_drop_lock_pin(pms_stream *stream);
void pms_stream_drop_mapping_pin(pms_stream *stream);
void pms_stream_unreference(pms_stream *stream);
static inline bool pms_stream_is_forked(const pms_stream *stream)
{
	return stream->fork_generation != pms_os_fork_generation;
}
/* PMS_OK, or why nothing may be written: PMS_E_READ_ONLY or PMS_E_POISONED. */
int32_t pms_stream_may_write(pms_stream *stream, pms_error *error);
/* Under the layout mutex: PMS_OK or PMS_E_CLOSED. Close empties the table under it, after somebody may have entered. */
int32_t pms_stream_still_open_locked(const pms_stream *stream, pms_error *error);
/* Drains; on failure poisons the stream (R12) and returns PMS_E_IO. */
int32_t pms_stream_drain_table(pms_stream *stream, pms_error *error);
static inline int32_t pms_stream_drain(pms_stream *stream, pms_error *error)
{
	if (stream->medium.table)
		return pms_stream_drain_table(stream, error);
	pms_medium_fence();
	return PMS_OK;
}
/* Under the layout mutex and the region's: keeps what a region has counted, which leaves the table. */
void pms_count_retired_locked(const pms_region *region);
/* Makes space and size of the file durable; on failure the same. */
int32_t pms_stream_sync_file(pms_stream *stream, pms_error *error);
/* What a waiter gets that a failed drain covers: PMS_E_IO with that drain's error. */
int32_t pms_stream_fail_poisoned(pms_stream *stream, int32_t status, pms_error *error);

/* ---- clock.c: timestamps (R5) ---- */

/* Makes sure that `count` timestamps are available; raises the ceiling if need be, and early when half a leap is left. */
int32_t pms_clock_refill(pms_stream *stream, uint64_t count, pms_error *error);
/*
 * Takes `count` consecutive timestamps. False when the drained ceiling does not reach: refill and try again. `left`: how many
 * there were at least; at half a leap it is time for pms_clock_refill.
 */
static inline bool pms_clock_take(pms_stream *stream, uint64_t count, uint64_t *first, uint64_t *left)
{
	uint64_t limit = atomic_load_explicit(&stream->timestamp_limit, memory_order_acquire);
	uint64_t unused = atomic_load_explicit(&stream->next_timestamp, memory_order_relaxed);

	if (unused >= limit || limit - unused < count)
		return false;
	pms_interleave();
	*first = atomic_fetch_add(&stream->next_timestamp, count);
	/* Several may have seen the same rest: whoever went beyond the limit has taken nothing; gaps are harmless. */
	*left = *first < limit ? limit - *first : 0;
	return *left >= count;
}
/* Both in one: takes one, raising as often as needed. For callers that may wait for a drain. */
int32_t pms_clock_take_one(pms_stream *stream, uint64_t *timestamp, pms_error *error);
/* Stores both copies of the ceiling and drains. */
int32_t pms_clock_raise_to(pms_stream *stream, uint64_t ceiling, pms_error *error);

/* ---- stable.c ---- */

/* The greatest timestamp at or below which every entry is visible and none will be added. Waits for appends in flight. */
int32_t pms_stable_timestamp(pms_stream *stream, uint64_t *timestamp, pms_error *error);

/* ---- region objects (region.c) ---- */

/* A region object for the table, with one reference; null: out of memory. Its state is that of an empty region. */
pms_region *pms_region_new(pms_stream *stream, const pms_stored_region *stored, uint64_t offset, uint64_t bytes);
void pms_region_reference(pms_region *region);
void pms_region_unreference(pms_region *region);
/* Under the mutex: no new work is let in, and pins are given up as soon as nobody works. */
void pms_region_retire_locked(pms_region *region, int32_t reason);
/* Under the mutex, when a writer or reader has left. */
void pms_region_settle_locked(pms_region *region);
/* PMS_OK, or why nothing can be read (closed, stale, forked). Counts a reader on PMS_OK. */
int32_t pms_region_enter_reader(pms_region *region, pms_error *error);
void pms_region_leave_reader(pms_region *region);
/* The same for a short look, within one call. */
int32_t pms_region_enter_looker(pms_region *region, pms_error *error);
void pms_region_leave_looker(pms_region *region);
/* Under the mutex, which is given up meanwhile: until no looker is left. */
void pms_region_await_lookers_locked(pms_region *region);
/* The caller is a reader. */
void pms_region_fill_info(pms_region *region, pms_region_info *info);
/* The line of text and the status for a retired region. */
int32_t pms_region_fail_retired(const pms_region *region, pms_error *error);

/* ---- layout.c: extents ---- */

/* Reads all extents into `pieces` (see there what is done about damage). Writes nothing. */
int32_t pms_layout_load(pms_stream *stream, pms_error *error);
/* For readers of a stream that somebody else may write: takes over what has changed. Under the layout mutex. */
int32_t pms_layout_refresh_locked(pms_stream *stream, pms_error *error);
/* For readers: the medium still holds this region, as far as its extent word and identity tell. */
bool pms_layout_is_current(const pms_region *region);
/* Merges neighbouring free pieces that a crash left apart. Under the layout mutex, or before anybody else is there. */
int32_t pms_layout_coalesce(pms_stream *stream, pms_error *error);
int32_t pms_layout_allocate(pms_stream *stream, const pms_region_options *options, pms_region **region,
			    pms_error *error);
int32_t pms_layout_free(pms_region *region, pms_error *error);
int32_t pms_layout_clear(pms_region *region, pms_error *error);
/* Both return a referenced region. For readers they look at the medium again first. */
int32_t pms_layout_find(pms_stream *stream, const char *name, uint64_t name_bytes, pms_region **region,
			pms_error *error);
int32_t pms_layout_next(pms_stream *stream, uint64_t offset, pms_region **region, pms_error *error);
/* Why the layout cannot be changed, or PMS_OK. */
int32_t pms_layout_check_changeable_locked(pms_stream *stream, pms_error *error);
/* The stream ends at `bytes`, which are mapped, from now on; what is new is free space. */
int32_t pms_layout_extend_locked(pms_stream *stream, uint64_t bytes, pms_error *error);
uint64_t pms_layout_free_bytes_locked(const pms_stream *stream, uint64_t *largest_usable);

/* ---- grow.c ---- */

/* Grows the stream to `bytes`, rounded up to whole blocks. */
int32_t pms_grow(pms_stream *stream, uint64_t bytes, pms_error *error);
/* Maps `bytes` of the file, when it is that long by now. PMS_E_TRUNCATED when it is not. */
int32_t pms_grow_map(pms_stream *stream, uint64_t bytes, pms_error *error);
/* For readers: takes over the size, if a writer has grown the stream. Under the layout mutex. */
int32_t pms_grow_follow_locked(pms_stream *stream, pms_error *error);
/* Notes whether the file is larger than the stream. Under the layout mutex. */
void pms_grow_note_file_locked(pms_stream *stream);

/* ---- order.c: taking space, handing over in order ---- */

static inline uint64_t pms_tail_of(const pms_region *region, uint64_t word)
{
	return region->data_start + (word >> PMS_TAIL_SHIFT) * 8;
}

/* End of the space that has been taken. */
static inline uint64_t pms_region_tail(const pms_region *region)
{
	return pms_tail_of(region, atomic_load(&region->tail));
}

/* Whether somebody is in flight, at a look without order. */
static inline bool pms_order_is_busy(const pms_region *region)
{
	return pms_tail_of(region, atomic_load_explicit(&region->tail, memory_order_relaxed)) !=
	       atomic_load_explicit(&region->ordered, memory_order_relaxed);
}

/* Somebody is: before space is taken, lets him go on alone for a bounded time, where that gets more done (sharing.h). */
void pms_order_give_way(pms_region *region);

/* Whether a place has been taken and neither handed over nor failed. Under the mutex. */
static inline bool pms_region_in_flight_locked(const pms_region *region)
{
	return pms_region_tail(region) != atomic_load(&region->ordered) + region->failed_bytes;
}

/*
 * Takes `extent` bytes and `count` consecutive timestamps (R1). On PMS_OK the mapping stays until the place is handed over or
 * has failed. For a reservation its pending header must be stored before it is handed over.
 */
int32_t pms_order_take(pms_region *region, uint64_t extent, uint64_t count, pms_place *place, pms_error *error);
/*
 * Waits for the places before this one, and hands it over: deferred and reserved ones when their words are stored, durable
 * ones when they are drained. When `must_persist` is set afterwards, the caller goes on with pms_persist_registered and
 * pms_writer_leave. PMS_E_IO: something before it failed; the place has failed, too.
 */
int32_t pms_order_hand_over(pms_region *region, pms_place *place, pms_error *error);
/* What order.h leaves to order.c: waking who waits, after a hand-over; raising the ceiling before all is given out. */
void pms_order_notify(pms_region *region);
void pms_order_refill_early(pms_region *region, uint64_t count);
/* After a failed drain: the place is never handed over. */
void pms_order_fail(pms_region *region, const pms_place *place);
/* Under the mutex: a reservation ended, with an entry or (abandoned) without. Its owner stays counted in `writers`. */
void pms_order_end_record_locked(pms_region *region, pms_record *record);
/* Under the mutex: forgets everything (clear), and lets space be taken again. */
void pms_order_reset_locked(pms_region *region, uint64_t tail, uint64_t base);
/* Under the mutex: the same for a tail that was found by walking; `last_start` as pms_walk has it. */
void pms_order_adopt_locked(pms_region *region, uint64_t tail, uint64_t persisted, uint64_t last_start);
/* Under the mutex: no space is given out any more. False, and nothing is changed, while a place is in flight. */
bool pms_order_block_locked(pms_region *region);
void pms_order_unblock_locked(pms_region *region);
/* Under the mutex: waits until `ordered` has reached `target`. PMS_OK or, after a failed drain, PMS_E_IO. */
int32_t pms_order_await_locked(pms_region *region, uint64_t target, pms_error *error);
/* Under the mutex, after committed or persisted moved. */
void pms_order_note_candidate_locked(pms_region *region);
void pms_order_release(pms_region *region);
/* Counts an operation without a place in and out. _enter: PMS_OK, or why nothing may be written. */
int32_t pms_writer_enter(pms_region *region, pms_error *error);
void pms_writer_leave(pms_region *region);

/* ---- persist.c: making durable what lies before ---- */

/* Under the mutex, before an operation's own flush: stores the checkpoint if it is due and flushes its line (R9). */
void pms_checkpoint_locked(pms_region *region, bool now);
/* Whether one is due: a look without the mutex. */
static inline bool pms_checkpoint_is_due(const pms_region *region)
{
	uint64_t candidate = atomic_load_explicit(&region->checkpoint_candidate, memory_order_relaxed);
	uint64_t stored = atomic_load_explicit(&region->checkpoint, memory_order_relaxed);

	if (PMS_FAULT(CHECKPOINT_BEFORE_ITS_ENTRIES))
		return true;
	return candidate >= (stored ? stored : region->data_start) + PMS_CHECKPOINT_BYTES;
}
/* Under the mutex: flushes whatever is not durable below `target`, all of it handed over (R3, R10). The caller drains. */
void pms_follow_locked(pms_region *region, uint64_t target);
/*
 * Under the mutex, after that drain: waits for publishes in mid-store below `target`, and moves persisted. `last_start`:
 * start of an entry or group wholly below target, 0: not known.
 */
int32_t pms_followed_locked(pms_region *region, uint64_t target, uint64_t last_start, pms_error *error);
/* Follows, drains, and moves persisted to `target`. The caller is counted in `writers`. */
int32_t pms_persist_registered(pms_region *region, uint64_t target, uint64_t last_start, pms_error *error);
/* Everything that was taken before the call, or (position not null) everything up to that entry. */
int32_t pms_persist_region(pms_region *region, const pms_position *position, pms_error *error);
/*
 * Waits until no timestamp below one that was read before can still become visible in the region, but for reservations that
 * have not ended: lowers `bound` to the first of those. What a failed drain left undone for ever counts as one of them.
 */
void pms_stable_region(pms_region *region, uint64_t *bound);
/* Everything in the stream; `timestamp`: what the stored persisted timestamp is now (R14). */
int32_t pms_persist_stream(pms_stream *stream, uint64_t *timestamp, pms_error *error);
/* At close, under the layout mutex: what was deferred becomes durable, and checkpoints move. */
int32_t pms_persist_at_close_locked(pms_stream *stream);

/* ---- walk.c, recover.c ---- */

#define PMS_LOOK_AHEAD_BYTES (4ull << 20)
#define PMS_LOOK_AHEAD_HASH_FACTOR 4u

/* What a walk over a region found. */
typedef struct pms_walk {
	uint64_t tail;		      /* end of the last whole entry or group */
	uint64_t last_timestamp;      /* of the last entry before the tail; base when there is none */
	uint64_t last_start;	      /* start of the last entry (of a group: its first) before the tail; 0: none */
	uint64_t last_data_timestamp; /* 0: none among what was walked */
	uint64_t greatest_timestamp;  /* of every valid entry met, also beyond the tail */
	uint64_t checkpoint_end;      /* end of the first whole entry or group walked over; 0: none */
	uint64_t entries, data_entries, pending, groups_dropped, bytes;
	bool from_start; /* the walk began at the first entry, not at the checkpoint */
	bool checkpoint_damaged;
	bool stopped_at_pending; /* a live writer's open reservation (readers only) */
	bool seal;		 /* the cut must be sealed before anything is appended (R17) */
	uint64_t damage;	 /* offset of damage to acknowledged entries; 0: none */
	uint64_t entries_behind; /* valid entries found behind the tail */
	uint64_t durable;	 /* readers: as a living writer says; 0: not known */
	char reason[160];	 /* what is wrong at `damage` */
} pms_walk;

/*
 * Continues a walk from `from` (a tail, with its last timestamp), or starts one at the region's checkpoint (from 0). With a
 * `limit` (of a reader beside a writer) entries that end behind it are not looked at, and pending ones below it are dead.
 */
void pms_walk_region(const pms_region *region, uint64_t from, uint64_t last_timestamp, bool writer_lives,
		     uint64_t limit, pms_walk *walk);
/* Recovers every region: walks, then (for writing) repairs, raises the ceiling, restores, seals, drains (R15-R19). */
int32_t pms_recover(pms_stream *stream, bool salvage, pms_error *error);
/* Reader: takes over what a writer has committed since. Under the region's mutex. */
int32_t pms_recover_reader_locked(pms_region *region, pms_error *error);

/* ---- stored headers (stream_header.c) ---- */

/* Reads and validates both copies. `bad_copy`: offset of a copy that must be repaired, or UINT64_MAX. */
int32_t pms_header_load(const pms_medium *medium, pms_stored_header *header, uint64_t *bad_copy, pms_error *error);
/* Writes the fixed pages of an empty stream: everything but the magics, drain, both magics, drain. */
int32_t pms_header_create(pms_medium *medium, pms_stored_header *header, uint64_t stream_bytes, pms_error *error);
/* Flushes and drains a copy that is rewritten: magic last. */
int32_t pms_header_repair(pms_medium *medium, const pms_stored_header *header, uint64_t offset, pms_error *error);

#endif
