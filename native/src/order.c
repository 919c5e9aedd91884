/* SPDX-License-Identifier: MIT */
/*
 * Order within a region: who takes which space, and what of it has been handed over. Rules R1, R2 and R8-R10 of
 * native/DESIGN.md, section 2.
 *
 * Space is taken without a lock, by compare-and-swap of the tail word. Everybody then works on his own place in parallel,
 * and hands it over in the order of the space: the place that begins at `ordered` has the turn. Its owner moves `ordered`
 * to its end, and `persisted` and `committed` with it when nothing else stands in the way; so the common append takes no
 * mutex. Only when reservations are open, or something before it is not durable, the owner of the turn takes the mutex.
 *
 * Who comes before his turn looks for it for a while, and then parks his place: whoever moves `ordered` to its start also
 * hands it over, for its owner who is asleep, and for those that are parked behind it. So one thread that was interrupted
 * does not make the others take turns by waking each other.
 *
 * (The way of handing over is that of a queue lock whose owners leave their work with the lock: known as flat combining,
 * Hendler, Incze, Shavit and Tzafrir, SPAA 2010.)
 */
#include <stdlib.h>

#include "barrier.h"
#include "engine.h"

/* ---- taking space ------------------------------------------------------------------------------------------------ */

/* Why the region gives out no space, or PMS_OK: somebody was clearing it, and has finished. */
static int32_t blocked(pms_region *region, pms_error *error)
{
	pms_mutex_lock(&region->mutex);
	int32_t status = region->retired ? pms_region_fail_retired(region, error) : PMS_OK;
	if (status == PMS_OK)
		status = pms_stream_may_write(region->stream, error);
	if (status == PMS_OK && (region->damage & PMS_STATE_NO_WRITES))
		status = pms_fail_at(error, PMS_E_CORRUPT, region->offset, 0, 0,
				     "the region at offset %llu is damaged: it takes no new entries",
				     (unsigned long long)region->offset);
	pms_mutex_unlock(&region->mutex);
	return status;
}

static int32_t full(const pms_region *region, uint64_t tail, uint64_t extent, pms_error *error)
{
	return pms_fail_at(error, PMS_E_REGION_FULL, tail, extent, region->end - tail,
			   "the entry needs %llu bytes with its header, %llu are left in the region",
			   (unsigned long long)extent, (unsigned long long)(region->end - tail));
}

int32_t pms_writer_enter(pms_region *region, pms_error *error)
{
	pms_mutex_lock(&region->mutex);
	int32_t status = region->retired ? pms_region_fail_retired(region, error) : PMS_OK;
	if (status == PMS_OK)
		region->writers++;
	pms_mutex_unlock(&region->mutex);
	return status;
}

void pms_writer_leave(pms_region *region)
{
	pms_mutex_lock(&region->mutex);
	region->writers--;
	pms_region_settle_locked(region);
	pms_mutex_unlock(&region->mutex);
}

/* Raises the ceiling, on a drain of its own. */
static int32_t refill(pms_region *region, uint64_t count, pms_error *error)
{
	int32_t status = pms_writer_enter(region, error);

	if (status != PMS_OK)
		return status;
	status = pms_clock_refill(region->stream, count, error);
	pms_writer_leave(region);
	return status;
}

int32_t pms_order_take(pms_region *region, uint64_t extent, uint64_t count, pms_place *place, pms_error *error)
{
	pms_stream *stream = region->stream;
	uint64_t left;
	int32_t status;

	for (;;) {
		uint64_t tail = atomic_load_explicit(&region->tail, memory_order_acquire);
		uint64_t start = pms_tail_of(region, tail);
		if ((tail & PMS_TAIL_BLOCKED) || atomic_load_explicit(&stream->poisoned, memory_order_relaxed)) {
			status = blocked(region, error);
			if (status != PMS_OK)
				return status;
			continue;
		}
		if (region->end - start < extent)
			return full(region, start, extent, error);
		pms_interleave();
		/* R1: after the tail was read and before it is swapped, so later space has a later timestamp. */
		if (!pms_clock_take(stream, count, &place->timestamp, &left)) {
			status = refill(region, count, error);
			if (status != PMS_OK)
				return status;
			continue;
		}
		pms_interleave();
		if (atomic_compare_exchange_strong(&region->tail, &tail, tail + (extent / 8 << PMS_TAIL_SHIFT))) {
			place->start = start;
			place->end = start + extent;
			break;
		}
	}
	place->last_timestamp = place->timestamp + count - 1;
	place->persisted = atomic_load_explicit(&region->persisted, memory_order_acquire);
	place->handed_over = place->must_persist = false;
	/* Half a leap ahead one thread raises for all. Failing ahead of need fails nobody. */
	if (left <= PMS_CEILING_LEAP / 2)
		(void)pms_clock_refill(stream, count, NULL);
	return PMS_OK;
}

/* ---- records: reservations that have not ended ------------------------------------------------------------------- */

static void add_record_locked(pms_region *region, pms_record *record)
{
	record->previous = region->last_record;
	if (region->last_record)
		region->last_record->next = record;
	else
		region->first_record = record;
	region->last_record = record;
	atomic_fetch_add(&region->record_count, 1);
}

static void remove_record_locked(pms_region *region, pms_record *record)
{
	if (record->previous)
		record->previous->next = record->next;
	else
		region->first_record = record->next;
	if (record->next)
		record->next->previous = record->previous;
	else
		region->last_record = record->previous;
}

void pms_order_note_candidate_locked(pms_region *region)
{
	const pms_record *first = region->first_record;
	uint64_t committed = first ? first->before_start : atomic_load(&region->last_start);
	uint64_t least = committed < region->persisted_start ? committed : region->persisted_start;

	if (least > atomic_load(&region->checkpoint_candidate))
		atomic_store(&region->checkpoint_candidate, least);
}

void pms_order_end_record_locked(pms_region *region, pms_record *record)
{
	remove_record_locked(region, record);
	/* Nobody else moves it: with a record in the list, whoever has the turn takes the mutex. */
	uint64_t committed = region->first_record ? region->first_record->start : atomic_load(&region->ordered);
	atomic_store_explicit(&region->committed, committed, memory_order_release);
	pms_order_note_candidate_locked(region);
	atomic_fetch_sub(&region->record_count, 1); /* last: from here on the turn needs no mutex */
	pms_condition_wake_all(&region->changed);
}

/* The reservation whose header was just stored becomes one that others meet. */
static void open_record(pms_region *region, pms_place *place)
{
	pms_reservation *reservation = place->reservation;
	pms_record *record = reservation->record;

	record->start = place->start;
	record->end = place->end;
	record->timestamp = place->timestamp;
	record->last_timestamp = place->last_timestamp;
	record->before_start = atomic_load(&region->last_start);
	record->before_data = atomic_load(&region->last_data_timestamp);
	record->before_data_known = atomic_load(&region->last_data_known);
	record->state = PMS_RECORD_OPEN;
	record->reservation = reservation;
	add_record_locked(region, record);
}

/* ---- handing over ------------------------------------------------------------------------------------------------ */

/*
 * The place has the turn: nobody else stores these words but `persisted`, which others only raise to places that were handed
 * over. Under the mutex while reservations are open.
 */
static void move_order(pms_region *region, const pms_place *place)
{
	uint64_t persisted = atomic_load_explicit(&region->persisted, memory_order_acquire);
	uint64_t dirty_end = place->kind == PMS_PLACE_RESERVED ? place->start + PMS_ENTRY_HEADER_BYTES : place->end;

	if (place->kind == PMS_PLACE_DURABLE ||
	    (PMS_FAULT(PERSISTED_PAST_DEFERRED) && place->kind == PMS_PLACE_DEFERRED)) {
		if (persisted == place->start) {
			persisted = place->end;
			atomic_store_explicit(&region->persisted, persisted, memory_order_release);
		}
	} else {
		/* When all before it is durable, what is not begins here. An older start only makes others flush more. */
		if (atomic_load_explicit(&region->dirty_end, memory_order_relaxed) <= persisted)
			atomic_store_explicit(&region->dirty_start, place->start, memory_order_relaxed);
		atomic_store_explicit(&region->dirty_end, dirty_end, memory_order_relaxed);
	}
	atomic_store_explicit(&region->last_start, place->start, memory_order_release);
	if (place->kind != PMS_PLACE_RESERVED) {
		atomic_store_explicit(&region->last_data_timestamp, place->last_timestamp, memory_order_relaxed);
		atomic_store_explicit(&region->last_data_known, true, memory_order_relaxed);
	}
	if (atomic_load_explicit(&region->record_count, memory_order_relaxed) == 0) {
		atomic_store_explicit(&region->committed, place->end, memory_order_release);
		if (persisted == place->end || PMS_FAULT(CHECKPOINT_PAST_PERSISTED))
			atomic_store_explicit(&region->checkpoint_candidate,
					      PMS_FAULT(CHECKPOINT_AS_END) ? place->end : place->start,
					      memory_order_relaxed);
	}
	pms_interleave();
	atomic_store_explicit(&region->ordered, place->end, memory_order_release);
}

static void hand_over_locked(pms_region *region, pms_place *place)
{
	if (place->kind == PMS_PLACE_RESERVED) {
		open_record(region, place);
		region->writers++;
	}
	move_order(region, place);
	place->handed_over = true;
	if (place->kind == PMS_PLACE_DURABLE && atomic_load(&region->persisted) < place->end) {
		place->must_persist = true;
		region->writers++;
	}
}

/* Hands over the places that are parked where `ordered` has arrived, and tells whoever waits for it. */
static void advance_parked_locked(pms_region *region)
{
	uint64_t before;

	do {
		before = atomic_load(&region->ordered);
		for (pms_place **link = &region->parked; *link; link = &(*link)->next) {
			pms_place *place = *link;
			if (place->start != before)
				continue;
			*link = place->next;
			hand_over_locked(region, place);
			pms_condition_wake_all(&place->woken); /* its owner may be gone as soon as the mutex is free */
			break;
		}
	} while (atomic_load(&region->ordered) != before);
	pms_condition_wake_all(&region->changed);
}

static void unpark_locked(pms_region *region, const pms_place *place)
{
	for (pms_place **link = &region->parked; *link; link = &(*link)->next)
		if (*link == place) {
			*link = place->next;
			return;
		}
}

/* Sleeps until somebody has handed the place over. False: something before it failed. */
static bool park(pms_region *region, pms_place *place)
{
	pms_condition_init(&place->woken);
	atomic_fetch_add(&region->attention, 1);
	pms_barrier_heavy();
	pms_mutex_lock(&region->mutex);
	place->next = region->parked;
	region->parked = place;
	advance_parked_locked(region); /* the turn may have come before anybody could see us wait */
	while (!place->handed_over && !atomic_load(&region->stream->poisoned))
		pms_condition_wait(&place->woken, &region->mutex);
	/* Closed meanwhile, and handed over by ourselves: we may have been the last. */
	if (place->handed_over)
		pms_region_settle_locked(region);
	else
		unpark_locked(region, place);
	atomic_fetch_sub(&region->attention, 1);
	pms_region_settle_locked(
	    region); /* closed meanwhile, and handed over by ourselves: we may have been the last */
	pms_mutex_unlock(&region->mutex);
	pms_condition_destroy(&place->woken);
	return place->handed_over;
}

static bool has_turn(const pms_region *region, const pms_place *place)
{
	return atomic_load_explicit(&region->ordered, memory_order_acquire) == place->start;
}

/* For a crash test: the append returns before its turn has come. */
static void hand_over_out_of_order(pms_region *region, const pms_place *place)
{
	pms_place *copy = malloc(sizeof(*copy));

	if (!copy)
		abort();
	*copy = *place;
	pms_condition_init(&copy->woken);
	pms_mutex_lock(&region->mutex);
	atomic_fetch_add(&region->attention, 1); /* and so for ever, like the copy */
	copy->next = region->parked;
	region->parked = copy;
	advance_parked_locked(region);
	pms_mutex_unlock(&region->mutex);
}

int32_t pms_order_hand_over(pms_region *region, pms_place *place, pms_error *error)
{
	pms_interleave();
	for (unsigned left = PMS_TURN_SPINS; left > 0 && !has_turn(region, place); left--)
		pms_spin_hint();
	if (!has_turn(region, place)) {
		if (PMS_FAULT(COMMIT_OUT_OF_ORDER) && place->kind == PMS_PLACE_DURABLE) {
			hand_over_out_of_order(region, place);
			return PMS_OK;
		}
		if (park(region, place))
			return PMS_OK;
		pms_order_fail(region, place);
		return pms_stream_fail_poisoned(region->stream, PMS_E_IO, error);
	}
	bool alone = atomic_load_explicit(&region->record_count, memory_order_acquire) == 0;
	bool nothing_before = place->kind == PMS_PLACE_DEFERRED ||
			      (place->kind == PMS_PLACE_DURABLE &&
			       atomic_load_explicit(&region->persisted, memory_order_acquire) == place->start);
	pms_interleave();
	if (alone && nothing_before) {
		move_order(region, place);
		place->handed_over = true;
	} else {
		pms_mutex_lock(&region->mutex);
		hand_over_locked(region, place);
		pms_mutex_unlock(&region->mutex);
	}
	pms_interleave();
	pms_barrier_light();
	if (atomic_load_explicit(&region->attention, memory_order_acquire)) {
		pms_mutex_lock(&region->mutex);
		advance_parked_locked(region);
		pms_mutex_unlock(&region->mutex);
	}
	if (atomic_load_explicit(&region->tail, memory_order_acquire) &
	    PMS_TAIL_BLOCKED) { /* closed meanwhile: we may have been the last */
		pms_mutex_lock(&region->mutex);
		pms_region_settle_locked(region);
		pms_mutex_unlock(&region->mutex);
	}
	return PMS_OK;
}

void pms_order_fail(pms_region *region, const pms_place *place)
{
	pms_mutex_lock(&region->mutex);
	region->failed_bytes += place->end - place->start;
	if (!region->failed_timestamp || place->timestamp < region->failed_timestamp)
		region->failed_timestamp = place->timestamp;
	for (pms_place *parked = region->parked; parked; parked = parked->next)
		pms_condition_wake_all(&parked->woken);
	pms_condition_wake_all(&region->changed);
	pms_region_settle_locked(region);
	pms_mutex_unlock(&region->mutex);
}

int32_t pms_order_await_locked(pms_region *region, uint64_t target, pms_error *error)
{
	int32_t status = PMS_OK;

	if (atomic_load(&region->ordered) >= target)
		return PMS_OK;
	atomic_fetch_add(&region->attention, 1);
	pms_barrier_heavy();
	while (status == PMS_OK && atomic_load(&region->ordered) < target) {
		if (atomic_load(&region->stream->poisoned))
			status = pms_stream_fail_poisoned(region->stream, PMS_E_IO, error);
		else
			pms_condition_wait(&region->changed, &region->mutex);
	}
	atomic_fetch_sub(&region->attention, 1);
	return status;
}

/* ---- all at once ------------------------------------------------------------------------------------------------- */

bool pms_order_block_locked(pms_region *region)
{
	uint64_t tail = atomic_load(&region->tail);

	do {
		uint64_t settled = atomic_load(&region->ordered) + region->failed_bytes;
		if (pms_tail_of(region, tail) != settled && !PMS_FAULT(CLEAR_BESIDE_WRITERS))
			return false;
		pms_interleave();
	} while (!atomic_compare_exchange_strong(&region->tail, &tail, tail | PMS_TAIL_BLOCKED));
	return true;
}

void pms_order_unblock_locked(pms_region *region) { atomic_fetch_and(&region->tail, ~PMS_TAIL_BLOCKED); }

void pms_order_adopt_locked(pms_region *region, uint64_t tail, uint64_t persisted, uint64_t last_start)
{
	uint64_t tag = atomic_load(&region->tail) + (1ull << PMS_TAIL_TAG_SHIFT);
	bool closed = region->stream->read_only || region->retired || (region->damage & PMS_STATE_NO_WRITES);

	atomic_store(&region->ordered, tail);
	atomic_store(&region->persisted, persisted);
	atomic_store(&region->committed, tail);
	atomic_store(&region->last_start, last_start);
	atomic_store(&region->dirty_start, 0);
	atomic_store(&region->dirty_end, 0);
	region->persisted_start = last_start;
	atomic_store(&region->checkpoint_candidate, last_start);
	region->failed_bytes = 0;
	atomic_store(&region->tail, (tail - region->data_start) / 8 << PMS_TAIL_SHIFT | (tag & PMS_TAIL_TAG_MASK) |
					(closed ? PMS_TAIL_BLOCKED : 0));
}

void pms_order_reset_locked(pms_region *region, uint64_t tail, uint64_t base)
{
	region->life.base = base;
	region->last_timestamp = base;
	atomic_store(&region->last_data_timestamp, 0);
	atomic_store(&region->last_data_known, true);
	pms_order_adopt_locked(region, tail, tail, 0);
}

void pms_order_release(pms_region *region)
{
	pms_record *record = region->first_record; /* of publishes that failed */

	while (record) {
		pms_record *next = record->next;
		free(record);
		record = next;
	}
}
