/* SPDX-License-Identifier: MIT */
/*
 * Order within a region, as every append goes through it when nobody is in its way. What to do else is in order.c, which says
 * how it works.
 */
#ifndef PMS_ORDER_H
#define PMS_ORDER_H

#include "barrier.h"
#include "engine.h"

/* ---- taking space ------------------------------------------------------------------------------------------------ */

typedef enum pms_take {
	PMS_TAKE_DONE = 0,
	PMS_TAKE_BLOCKED,	/* no space is given out, or a drain has failed */
	PMS_TAKE_FULL,		/* less than `extent` is left */
	PMS_TAKE_NO_TIMESTAMPS, /* the ceiling must be raised first */
	PMS_TAKE_AGAIN		/* somebody was faster */
} pms_take;

/* One try. `left`: timestamps that are left at least, when it is done. */
static inline pms_take pms_order_try_take(pms_region *region, uint64_t extent, uint64_t count, pms_place *place,
					  uint64_t *left)
{
	pms_stream *stream = region->stream;
	uint64_t tail = atomic_load_explicit(&region->tail, memory_order_acquire);
	uint64_t start = pms_tail_of(region, tail);

	if ((tail & PMS_TAIL_BLOCKED) || atomic_load_explicit(&stream->poisoned, memory_order_relaxed))
		return PMS_TAKE_BLOCKED;
	if (region->end - start < extent)
		return PMS_TAKE_FULL;
	pms_interleave();
	/* R1: after the tail was read and before it is swapped, so later space has a later timestamp. */
	if (!pms_clock_take(stream, count, &place->timestamp, left))
		return PMS_TAKE_NO_TIMESTAMPS;
	pms_interleave();
	if (!atomic_compare_exchange_strong(&region->tail, &tail, tail + (extent / 8 << PMS_TAIL_SHIFT)))
		return PMS_TAKE_AGAIN;
	place->start = start;
	place->end = start + extent;
	place->last_timestamp = place->timestamp + count - 1;
	place->persisted = atomic_load_explicit(&region->persisted, memory_order_acquire);
	place->handed_over = place->must_persist = false;
	return PMS_TAKE_DONE;
}

/* pms_order_take, whose usual case is inlined. */
static inline int32_t pms_order_take_now(pms_region *region, uint64_t extent, uint64_t count, pms_place *place,
					 pms_error *error)
{
	uint64_t left;

	/* Half a leap ahead one thread raises for all. */
	if (pms_order_try_take(region, extent, count, place, &left) != PMS_TAKE_DONE)
		return pms_order_take(region, extent, count, place, error);
	if (left <= PMS_CEILING_LEAP / 2)
		pms_order_refill_early(region, count);
	return PMS_OK;
}

/* ---- handing over ------------------------------------------------------------------------------------------------ */

/*
 * The place has the turn: nobody else stores these words but `persisted`, which others only raise to places that were handed
 * over. Under the mutex while reservations are open.
 */
static inline void pms_order_move(pms_region *region, const pms_place *place)
{
	uint64_t persisted = atomic_load_explicit(&region->persisted, memory_order_acquire);
	uint64_t dirty_end = place->kind == PMS_PLACE_RESERVED ? place->start + PMS_ENTRY_HEADER_BYTES : place->end;

	if (place->kind == PMS_PLACE_DURABLE ||
	    (PMS_FAULT(PERSISTED_PAST_DEFERRED) && place->kind == PMS_PLACE_DEFERRED)) {
		if (persisted == place->start) {
			persisted = place->end;
			atomic_store_explicit(&region->persisted, persisted, memory_order_release);
			pms_publish_persisted(region->published, persisted);
		}
	} else {
		/* When all before it is durable, what is not begins here. An older start only makes others flush more. */
		if (atomic_load_explicit(&region->dirty_end, memory_order_relaxed) <= persisted)
			atomic_store_explicit(&region->dirty_start, place->start, memory_order_relaxed);
		atomic_store_explicit(&region->dirty_end, dirty_end, memory_order_relaxed);
	}
	atomic_store_explicit(&region->last_start, place->start, memory_order_release);
	/* A plain addition: nobody else is here. */
	atomic_store_explicit(&region->entries,
			      atomic_load_explicit(&region->entries, memory_order_relaxed) + 1 + place->last_timestamp -
				  place->timestamp,
			      memory_order_relaxed);
	if (place->kind != PMS_PLACE_RESERVED) {
		atomic_store_explicit(&region->last_data_timestamp, place->last_timestamp, memory_order_relaxed);
		if (!atomic_load_explicit(&region->last_data_known, memory_order_relaxed))
			atomic_store_explicit(&region->last_data_known, true, memory_order_relaxed);
	}
	if (atomic_load_explicit(&region->record_count, memory_order_relaxed) == 0) {
		atomic_store_explicit(&region->committed, place->end, memory_order_release);
		pms_publish_committed(region->published, place->end);
		if (persisted == place->end || PMS_FAULT(CHECKPOINT_PAST_PERSISTED))
			atomic_store_explicit(&region->checkpoint_candidate,
					      PMS_FAULT(CHECKPOINT_AS_END) ? place->end : place->start,
					      memory_order_relaxed);
	}
	pms_interleave();
	atomic_store_explicit(&region->ordered, place->end, memory_order_release);
}

static inline bool pms_order_has_turn(const pms_region *region, const pms_place *place)
{
	return atomic_load_explicit(&region->ordered, memory_order_acquire) == place->start;
}

/* The place has the turn. Hands it over without the mutex, unless reservations are open or something before it is not durable. */
static inline bool pms_order_try_hand_over(pms_region *region, const pms_place *place)
{
	bool alone = atomic_load_explicit(&region->record_count, memory_order_acquire) == 0;
	bool nothing_before = place->kind == PMS_PLACE_DEFERRED ||
			      (place->kind == PMS_PLACE_DURABLE &&
			       atomic_load_explicit(&region->persisted, memory_order_acquire) == place->start);

	if (!alone || !nothing_before)
		return false;
	pms_interleave();
	pms_order_move(region, place);
	return true;
}

/* Behind every hand-over: somebody may wait for it, for entries, or for nobody being in flight. */
static inline void pms_order_handed_over(pms_region *region)
{
	pms_interleave();
	pms_barrier_light();
	if (atomic_load_explicit(&region->attention, memory_order_acquire) || pms_is_awaited(region->arm) ||
	    (atomic_load_explicit(&region->tail, memory_order_acquire) & PMS_TAIL_BLOCKED))
		pms_order_notify(region);
}

/* pms_order_hand_over, whose usual case is inlined. */
static inline int32_t pms_order_hand_over_now(pms_region *region, pms_place *place, pms_error *error)
{
	pms_interleave();
	if (!pms_order_has_turn(region, place) || !pms_order_try_hand_over(region, place))
		return pms_order_hand_over(region, place, error);
	pms_order_handed_over(region);
	return PMS_OK;
}

#endif
