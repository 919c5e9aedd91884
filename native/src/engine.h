/* SPDX-License-Identifier: MIT */
/*
 * The engine's volatile state: streams, regions, and who may touch what. Nothing here is stored.
 *
 * LOCKS, in the order in which they may be taken
 *   stream->layout_mutex   the table of extents, and every change of the layout on the medium
 *   region->mutex          one region's tail, order, pins and checkpoint
 *   stream->clock_mutex    raising the timestamp ceiling
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

#include "entry.h"
#include "error.h"
#include "fault.h"
#include "format.h"
#include "medium.h"
#include "os.h"
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

/* State of one reservation of space, in the order of the region. All changes happen under the region's mutex. */
typedef enum pms_slot_state {
	PMS_SLOT_APPENDING = 1,	 /* an append in flight: its owner makes it durable */
	PMS_SLOT_OPEN = 2,	 /* a reservation; its pending header is stored */
	PMS_SLOT_PUBLISHING = 3, /* its owner is turning it into data and makes it durable */
	PMS_SLOT_DONE = 4,	 /* data; readers may see it */
	PMS_SLOT_ABANDONED = 5	 /* skip; readers pass over it */
} pms_slot_state;

typedef struct pms_slot {
	struct pms_slot *previous, *next;
	uint64_t start, end;	      /* in the stream */
	uint64_t last_start;	      /* start of the last entry in it: slots that are done are merged */
	uint64_t timestamp;	      /* of the last entry in it */
	uint64_t last_data_timestamp; /* of the last data entry in it, 0: none */
	uint64_t size_word;
	uint64_t payload_room; /* bytes that a reservation may publish */
	pms_slot_state state;
	bool durable;  /* data, or the header of an open or abandoned reservation, has been drained */
	bool followed; /* somebody flushes the pending header: publishing takes two fences (R10) */
	pms_reservation *reservation;
} pms_slot;

struct pms_region {
	pms_stream *stream;
	_Atomic uint32_t references; /* the table of the stream, and every handle */

	/* Fixed for this life of the object. */
	uint64_t offset, data_start, end;
	uint64_t identity;
	uint32_t alignment;
	uint32_t name_bytes;
	char name[PMS_NAME_BYTES_MAX + 1];

	pms_mutex mutex;
	pms_condition changed; /* persisted or committed moved, or something failed */
	pms_life life;
	_Atomic uint32_t damage; /* pms_state_flags */
	_Atomic int32_t retired; /* PMS_OK, PMS_E_STALE (freed) or PMS_E_CLOSED */
	uint32_t writers, readers;
	uint32_t lookers;      /* readers that leave again within their call: clear and free wait for them */
	bool lookers_stay_out; /* somebody waits for them */
	bool holds_lock_pin, holds_mapping_pin;

	uint64_t tail;
	_Atomic uint64_t committed, persisted;
	uint64_t last_timestamp;      /* of the last committed entry of any kind; base when there is none */
	uint64_t last_data_timestamp; /* of the last committed data entry; 0: none, or not known */
	bool last_data_known;
	_Atomic uint64_t checkpoint;	/* as stored; 0: none */
	uint64_t checkpoint_candidate;	/* start of the last entry wholly committed and persisted; 0: none */
	_Atomic uint64_t damage_offset; /* where reading stops for damage; 0: nowhere */

	/* Slots between min(committed, persisted) and tail, in order. */
	pms_slot *first_slot, *last_slot;
	pms_slot *commit_slot;	/* first that is not committed */
	pms_slot *persist_slot; /* first that is not durable, or lies behind one that is not */
	pms_slot *free_slots;
	uint64_t open_reservations;
};

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
	uint64_t stream_bytes;

	pms_mutex clock_mutex;
	_Atomic uint64_t next_timestamp;
	_Atomic uint64_t timestamp_limit; /* drained ceiling: timestamps below it may be given out (R5) */

	pms_mutex layout_mutex;
	pms_piece *pieces;
	uint64_t piece_count, piece_capacity;
	uint64_t layout_epoch;
	uint64_t persisted_timestamp;
	uint32_t damage; /* pms_state_flags */
	pms_recovery_info recovery;
};

struct pms_reservation {
	pms_region *region;
	pms_slot *slot;	  /* null once it ended */
	uint64_t payload; /* where the user writes, in the stream */
	pms_position position;
};

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
bool pms_stream_is_forked(const pms_stream *stream);
/* PMS_OK, or why nothing may be written: PMS_E_READ_ONLY or PMS_E_POISONED. */
int32_t pms_stream_may_write(pms_stream *stream, pms_error *error);
/* Under the layout mutex: PMS_OK or PMS_E_CLOSED. Close empties the table under it, after somebody may have entered. */
int32_t pms_stream_still_open_locked(const pms_stream *stream, pms_error *error);
/* Drains; on failure poisons the stream (R12) and returns PMS_E_IO. */
int32_t pms_stream_drain(pms_stream *stream, pms_error *error);
/* What a waiter gets that a failed drain covers: PMS_E_IO with that drain's error. */
int32_t pms_stream_fail_poisoned(pms_stream *stream, int32_t status, pms_error *error);

/* ---- clock.c: timestamps (R5) ---- */

/* Whether it is time for pms_clock_refill. */
bool pms_clock_is_low(const pms_stream *stream);
/* Makes sure that timestamps are available; raises the ceiling if need be, and early when half a leap is left. */
int32_t pms_clock_refill(pms_stream *stream, pms_error *error);
/* Takes `count` consecutive timestamps. False when the drained ceiling does not reach: refill and try again. */
bool pms_clock_take(pms_stream *stream, uint64_t count, uint64_t *first);
/* Both in one: takes one, raising as often as needed. For callers that may wait for a drain. */
int32_t pms_clock_take_one(pms_stream *stream, uint64_t *timestamp, pms_error *error);
/* Stores both copies of the ceiling and drains. */
int32_t pms_clock_raise_to(pms_stream *stream, uint64_t ceiling, pms_error *error);

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
uint64_t pms_layout_free_bytes_locked(const pms_stream *stream, uint64_t *largest_usable);

/* ---- order.c: taking space, committing and persisting in order ---- */

/*
 * Takes space for one entry: for an append when `reservation` is null, else for it (filled in). On PMS_OK the caller is a
 * writer until pms_order_finish, _fail or _abandoned.
 */
int32_t pms_order_take(pms_region *region, uint64_t payload_bytes, pms_reservation *reservation, pms_slot **slot,
		       pms_error *error);
/* Under the mutex, before an operation's own flush: stores the checkpoint if it is due and flushes its line (R9). */
void pms_order_checkpoint_locked(pms_region *region, bool now);
/* Flushes whatever un-persisted headers lie before `own` (R3, R10); the caller drains and calls pms_order_finish. */
void pms_order_follow(pms_region *region, const pms_slot *own);
/* After the drain: `own` is done; waits until everything up to its end is persisted. Ends the writer. */
int32_t pms_order_finish(pms_region *region, pms_slot *own, pms_error *error);
/* After a failed drain: ends the writer, leaves the slot undone. */
void pms_order_fail(pms_region *region, pms_slot *slot);
/* Under the mutex: a reservation was abandoned. Ends the writer. */
void pms_order_abandoned_locked(pms_region *region, pms_slot *slot);
/* Under the mutex: forgets everything (clear). */
void pms_order_reset_locked(pms_region *region, uint64_t tail, uint64_t base);
void pms_order_release(pms_region *region);

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
	char reason[160];	 /* what is wrong at `damage` */
} pms_walk;

/* Continues a walk from `from` (a tail, with its last timestamp), or starts one at the region's checkpoint (from 0). */
void pms_walk_region(const pms_region *region, uint64_t from, uint64_t last_timestamp, bool writer_lives,
		     pms_walk *walk);
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
