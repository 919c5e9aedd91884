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
#include "order.h"

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
	int32_t status = PMS_OK;
	uint64_t left;

	while (status == PMS_OK) {
		switch (pms_order_try_take(region, extent, count, place, &left)) {
		case PMS_TAKE_DONE:
			if (left <= PMS_CEILING_LEAP / 2)
				pms_order_refill_early(region, count);
			return PMS_OK;
		case PMS_TAKE_BLOCKED:
			status = blocked(region, error);
			break;
		case PMS_TAKE_FULL:
			return full(region, pms_region_tail(region), extent, error);
		case PMS_TAKE_NO_TIMESTAMPS:
			status = refill(region, count, error);
			break;
		case PMS_TAKE_AGAIN:
			break;
		}
	}
	return status;
}

/* Failing ahead of need fails nobody. */
void pms_order_refill_early(pms_region *region, uint64_t count) { (void)pms_clock_refill(region->stream, count, NULL); }

/* Behind every move of `committed`: whoever waits for entries, in whatever process, is woken. */
static inline void wake_awaiting(pms_region *region)
{
	pms_barrier_light();
	if (pms_is_awaited(region->arm))
		pms_coordination_wake(region);
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
	pms_publish_committed(region->published, committed);
	pms_order_note_candidate_locked(region);
	atomic_fetch_sub(&region->record_count, 1); /* last: from here on the turn needs no mutex */
	pms_condition_wake_all(&region->changed);
	wake_awaiting(region);
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

static void hand_over_locked(pms_region *region, pms_place *place)
{
	if (place->kind == PMS_PLACE_RESERVED) {
		open_record(region, place);
		region->writers++;
	}
	pms_order_move(region, place);
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
	for (unsigned left = PMS_TURN_SPINS; left > 0 && !pms_order_has_turn(region, place); left--)
		pms_spin_hint();
	if (!pms_order_has_turn(region, place)) {
		if (PMS_FAULT(COMMIT_OUT_OF_ORDER) && place->kind == PMS_PLACE_DURABLE) {
			hand_over_out_of_order(region, place);
			return PMS_OK;
		}
		if (park(region, place)) {
			wake_awaiting(region);
			return PMS_OK;
		}
		pms_order_fail(region, place);
		return pms_stream_fail_poisoned(region->stream, PMS_E_IO, error);
	}
	if (!pms_order_try_hand_over(region, place)) {
		pms_interleave();
		pms_mutex_lock(&region->mutex);
		hand_over_locked(region, place);
		pms_mutex_unlock(&region->mutex);
	}
	pms_order_handed_over(region);
	return PMS_OK;
}

void pms_order_notify(pms_region *region)
{
	pms_mutex_lock(&region->mutex);
	if (atomic_load_explicit(&region->attention, memory_order_acquire))
		advance_parked_locked(region);
	if (atomic_load_explicit(&region->tail, memory_order_acquire) & PMS_TAIL_BLOCKED)
		pms_region_settle_locked(region); /* closed meanwhile: we may have been the last */
	pms_mutex_unlock(&region->mutex);
	wake_awaiting(region);
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

	region->counted_bytes += atomic_load(&region->ordered) - region->counted_from;
	region->counted_from = tail;
	atomic_store(&region->ordered, tail);
	atomic_store(&region->persisted, persisted);
	atomic_store(&region->committed, tail);
	atomic_store(&region->last_start, last_start);
	atomic_store(&region->dirty_start, 0);
	atomic_store(&region->dirty_end, 0);
	region->persisted_start = last_start;
	atomic_store(&region->checkpoint_candidate, last_start);
	region->failed_bytes = 0;
	pms_coordination_publish_locked(region);
	atomic_store(&region->tail, (tail - region->data_start) / 8 << PMS_TAIL_SHIFT | (tag & PMS_TAIL_TAG_MASK) |
					(closed ? PMS_TAIL_BLOCKED : 0));
}

void pms_order_reset_locked(pms_region *region, uint64_t tail, uint64_t base)
{
	/* Who appends looks at it before he has a place, and again when he has one. */
	atomic_store_explicit((_Atomic uint64_t *)&region->life.base, base, memory_order_relaxed);
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
