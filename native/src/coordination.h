/* SPDX-License-Identifier: MIT */
/*
 * What processes that have the same stream open tell each other, in a small file of shared memory beside it. How it is used, and
 * why that is right: native/DESIGN.md, section 7. Nothing of it is needed for the stream: without it readers walk and poll.
 *
 * What is read from it is never trusted further than its reader can check. A writer reads nothing of it that decides what it
 * stores to the stream, but pins of readers, which can only make it refuse to clear or free a region.
 */
#ifndef PMS_COORDINATION_H
#define PMS_COORDINATION_H

#include <stdatomic.h>
#include <stdbool.h>

#include "shm.h"
#include "thread.h"

#define PMS_SHARED_MAGIC 0x31304d485353d0aeull
#define PMS_SHARED_VERSION 2u
#define PMS_SHARED_SLOTS 1024u
#define PMS_SHARED_READERS 64u
#define PMS_SHARED_PINS 60u
/* Locks on bytes of the file: who writes, and who owns which reader's slot. */
#define PMS_SHARED_LOCK_WRITER 0u
#define PMS_SHARED_LOCK_READER 1u
/* Of a region that has no slot; and of a walk that nothing bounds. */
#define PMS_SHARED_NO_SLOT PMS_SHARED_SLOTS
#define PMS_NO_LIMIT UINT64_MAX

typedef enum pms_writer_state {
	PMS_WRITER_NONE = 0,
	PMS_WRITER_RECOVERING = 1, /* it has the lock, and accepts no calls yet */
	PMS_WRITER_LIVE = 2,
	PMS_WRITER_CLOSED = 3
} pms_writer_state;

/* The writer has made sure that a reader's global barrier reaches it: who is armed will be woken. */
#define PMS_SHARED_WAKES 1u

/* What an arm holds: who waits, in the writer's process or beside it. One that finds the other's stores its own. */
#define PMS_ARMED_HERE 1u
#define PMS_ARMED_BESIDE 2u

typedef struct pms_shared_header {
	uint64_t magic;
	uint32_t version, slot_count;
	uint32_t reader_count, slot_bytes;
	uint32_t reader_bytes, pin_count;
	uint8_t uuid[16];
	uint64_t checksum; /* of all before it */
	/* Words of the session. */
	_Alignas(64) _Atomic uint64_t session; /* a random number; 0: none */
	_Atomic uint64_t process, process_start;
	_Atomic uint64_t stable_timestamp; /* as pms_stream_stable_timestamp last found it */
	_Atomic uint32_t state;		   /* pms_writer_state */
	_Atomic uint32_t flags;
} pms_shared_header;

/*
 * One region. Stored to by the writer alone. The other words are of the life that `base` names when it names the same one before
 * and after they are read: no two lives in a stream have the same base.
 */
typedef struct pms_shared_slot {
	_Alignas(64) _Atomic uint64_t base; /* 0: of no life */
	_Atomic uint64_t offset, identity;
	_Atomic uint64_t claimed; /* 1: the region is being cleared or freed, or not, for somebody uses it */
	_Alignas(64) _Atomic uint64_t committed; /* offsets in the stream */
	_Atomic uint64_t persisted;
} pms_shared_slot;

/* Somebody waits for entries of the region: set by him, taken back by whoever wakes him. */
typedef struct pms_shared_arm {
	_Alignas(64) _Atomic uint32_t armed;
} pms_shared_arm;

/* A stream that is open for reading. It belongs to whoever holds the lock on its byte. */
typedef struct pms_shared_reader {
	_Alignas(64) _Atomic uint64_t process;
	_Atomic uint64_t process_start;
	_Atomic uint64_t since; /* wall-clock time in seconds; 0: not known */
	_Atomic uint64_t reserved;
	_Atomic uint64_t
	    pins[PMS_SHARED_PINS]; /* identities of the regions that are not to be cleared or freed; 0: none */
} pms_shared_reader;

typedef struct pms_shared_published {
	pms_shared_header header;
	_Alignas(4096) pms_shared_slot slots[PMS_SHARED_SLOTS];
} pms_shared_published;

typedef struct pms_shared_common {
	_Alignas(64) _Atomic uint32_t ticket;	   /* what waiters sleep on: changes before they are woken */
	pms_shared_arm arms[PMS_SHARED_SLOTS + 1]; /* the last is for regions that have no slot */
	_Alignas(4096) pms_shared_reader readers[PMS_SHARED_READERS];
} pms_shared_common;

_Static_assert(sizeof(pms_shared_published) % 4096 == 0 && sizeof(pms_shared_common) % 4096 == 0,
	       "both parts are whole pages");
_Static_assert(PMS_SHARED_PINS == sizeof(((pms_reader_info *)0)->pins) / sizeof(uint64_t),
	       "a reader is shown with all of them");
_Static_assert(sizeof(pms_shared_slot) == 128 && sizeof(pms_shared_reader) == 512, "version 2 of the file");

/* An open coordination file. */
typedef struct pms_attachment {
	_Atomic uint32_t references;
	pms_shm shm;
	pms_shared_published *published;
	pms_shared_common *common; /* null: a reader that may not write it */
	uint32_t reader_index;	   /* of a reader's own slot; PMS_SHARED_READERS: none */
	_Atomic uint64_t answered; /* of a reader: the session whose writer can wake it; 0: not known of any */
	bool cannot_wake; /* of a writer: it does not say that it wakes others; under the mutex of the coordination */
	pms_mutex pin_mutex;
	/* Of our slot: what each pin is for, and how many cursors of this process use it. */
	uint64_t pin_identities[PMS_SHARED_PINS];
	uint32_t pin_uses[PMS_SHARED_PINS];
} pms_attachment;

/* What a stream has of it. A writer's attachment stays the same as long as its memory; a reader's is replaced. */
/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): lines lie apart on purpose (apart.h). */
typedef struct pms_coordination {
	pms_mutex mutex;
	char *path; /* null: there is nothing to share */
	pms_attachment *attachment;
	pms_waiter *waiters;   /* of this process (wait.c) */
	uint64_t next_attempt; /* of a reader, on the clock of pms_os_milliseconds */
	uint32_t attempt_pause;
	bool slots_taken[PMS_SHARED_SLOTS]; /* of a writer */
	/* What stands in for the file where there is none, and for the slot of a region that has none. */
	pms_shared_slot nowhere;
	pms_shared_arm arm;
	_Alignas(64) _Atomic uint32_t ticket;
} pms_coordination;

/*
 * A writer's region moves `committed` or `persisted`: readers see the new one. Called right behind the store to the region's own
 * word and before `ordered` moves, by whoever may store that word; so these are in the same order.
 */
static inline void pms_publish_committed(pms_shared_slot *slot, uint64_t committed)
{
	atomic_store_explicit(&slot->committed, committed, memory_order_release);
}

static inline void pms_publish_persisted(pms_shared_slot *slot, uint64_t persisted)
{
	atomic_store_explicit(&slot->persisted, persisted, memory_order_release);
}

/* The same for whoever raises it beside the owner of the turn, who only ever stores more. */
static inline void pms_publish_persisted_at_least(pms_shared_slot *slot, uint64_t persisted)
{
	uint64_t found = atomic_load_explicit(&slot->persisted, memory_order_relaxed);

	while (found < persisted && !atomic_compare_exchange_weak(&slot->persisted, &found, persisted))
		;
}

/* Behind pms_barrier_light, which is behind the store to `committed`: whether anybody waits for the region. */
static inline bool pms_is_awaited(const pms_shared_arm *arm)
{
	return atomic_load_explicit(&arm->armed, memory_order_relaxed) != 0;
}

/* ---- all streams (coordination.c) ---- */

/* The part of a file that never changes says that it is ours, of this version, and belongs to this stream. */
void pms_shared_describe(const pms_stream *stream, pms_shared_header *header);
bool pms_shared_header_is_good(const pms_stream *stream, const pms_shared_header *header);

void pms_coordination_init(pms_coordination *coordination);
/*
 * A reader that was closed, and that no cursor is left of, is none any more, however long its memory stays: it gives up its slot,
 * and looks for no other file.
 */
void pms_coordination_detach(pms_coordination *coordination);
void pms_coordination_destroy(pms_coordination *coordination);
/* Takes a reference on what a reader is attached to, or a writer's; null: none. */
pms_attachment *pms_coordination_reference(pms_stream *stream);
/* The same; a reader looks for something newer first. */
pms_attachment *pms_coordination_reference_current(pms_stream *stream);
void pms_attachment_release(pms_attachment *attachment);

/* pms_stream_next_reader, of a stream that is open for writing or for reading (coordination_readers.c). */
int32_t pms_coordination_next_reader(pms_stream *stream, uint32_t *index, pms_reader_info *reader, pms_error *error);

/* ---- writers (coordination_writer.c) ---- */

/* With the lock, before anything is recovered: the file says "recovering". What fails leaves the stream without one. */
void pms_coordination_begin(pms_stream *stream, const char *path);
/* Every region is published; calls are accepted from now on. */
void pms_coordination_go_live(pms_stream *stream);
/* Before the lock is given up. Removes the file when no reader is attached to it. */
void pms_coordination_end(pms_stream *stream);
/* Gives a region a slot, when there is one, or takes it back; under the layout mutex, and the latter under the region's. */
void pms_coordination_add(pms_region *region);
void pms_coordination_remove_locked(pms_region *region);
/* Under the region's mutex: what its slot says, as a whole. */
void pms_coordination_publish_locked(pms_region *region);
/*
 * Under the region's mutex, before it is cleared or freed: PMS_OK, and no reader pins it from now on, or PMS_E_BUSY. The claim
 * ends with pms_coordination_publish_locked or _remove_locked.
 */
int32_t pms_coordination_claim_locked(pms_region *region, pms_error *error);
/* Wakes who waits for the region, or for anything. */
void pms_coordination_wake(pms_region *region);
/* What waiters in the writer's own process sleep on. */
pms_shm_word pms_coordination_ticket(pms_stream *stream);
void pms_coordination_wake_all(pms_stream *stream);
/* What pms_stable_timestamp found. */
void pms_coordination_publish_stable(pms_stream *stream, uint64_t timestamp);

/* ---- readers (coordination_reader.c) ---- */

/* Finds the file, if there is one by now. */
void pms_coordination_attach(pms_stream *stream, const char *path);
/*
 * How far a living writer says that the region is committed, in the life that the region object has; PMS_NO_LIMIT: nobody says
 * anything that could be believed (R20). `persisted` likewise: out, 0 when not known.
 */
uint64_t pms_coordination_limit(pms_region *region, uint64_t *persisted);
/*
 * Keeps the region, in the life that has this base, from being cleared or freed. On PMS_OK `pinned` goes to
 * pms_coordination_unpin. PMS_E_NOT_SUPPORTED, PMS_E_STALE, PMS_E_BUSY.
 */
int32_t pms_coordination_pin(pms_region *region, uint64_t base, pms_attachment **pinned, pms_error *error);
void pms_coordination_unpin(pms_region *region, pms_attachment *pinned);
/* Whether somebody has the lock of the file's writer. */
bool pms_attachment_has_writer(const pms_attachment *attachment);
/* Under the mutex of the coordination: what the reader is attached to, after a look for something newer; null: nothing. */
pms_attachment *pms_coordination_current_locked(pms_stream *stream);
/* Under the region's mutex: finds the slot of this region, which is region->shared_slot then. */
bool pms_coordination_find_slot_locked(pms_region *region, const pms_attachment *attachment);
/*
 * What a reader is attached to, referenced, when a living writer looks at what is armed there; else null. *reliable: out, whether it
 * wakes whoever has armed something and passed the heavy barrier. If not, it may, and from the next time on it will.
 */
pms_attachment *pms_coordination_waker(pms_stream *stream, bool *reliable);
/* What somebody who waits for the region arms: in that file, or (null) in the writer's own process. */
pms_shared_arm *pms_coordination_arm(pms_region *region, pms_attachment *attachment);
/* The stable timestamp of a living writer, + 1; 0: not known. */
uint64_t pms_coordination_stable_bound(pms_stream *stream);

#endif
