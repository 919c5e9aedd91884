/* SPDX-License-Identifier: MIT */
/*
 * Making durable what others have stored: deferred entries, and the pending headers of open reservations. Rules R3, R4, R9,
 * R10 and R14 of native/DESIGN.md, section 2.
 *
 * FOLLOW, DRAIN, MOVE. Whoever wants everything below a target durable (all of it handed over) flushes, under the mutex,
 * what lies between `persisted` and the target and was not drained by its owner; drains without the mutex; and, under it
 * again, waits until no publish below the target is in mid-store. Then the target is persisted, because each byte below it
 * belongs to one of these:
 *   - below the old `persisted`: durable before;
 *   - a durable append: its owner drained it before he handed it over;
 *   - a deferred entry, or the header of a reservation that ended without being followed: in the flushed range;
 *   - a reservation that was open at the follow: its header was flushed, and `followed` makes its publisher keep a valid
 *     header on the medium at every moment;
 *   - a reservation that was being published at the follow, or has been since: waited for; its owner drains it himself.
 */
#include "barrier.h"
#include "engine.h"

void pms_checkpoint_locked(pms_region *region, bool now)
{
	uint64_t candidate = atomic_load(&region->checkpoint_candidate);

	/* For a crash test: the space that was taken last. */
	if (PMS_FAULT(CHECKPOINT_BEFORE_ITS_ENTRIES) && pms_region_tail(region) > atomic_load(&region->ordered))
		candidate = atomic_load(&region->ordered);
	if (candidate == 0 || candidate <= region->checkpoint || (!now && !pms_checkpoint_is_due(region)))
		return;
	/*
	 * After a crash here: the old or the new checkpoint. Either is the start of an entry that was committed and
	 * drained before this store; recovery walks on from it.
	 */
	region->checkpoint = candidate;
	pms_word_write_flush(region->stream, region->offset + PMS_REGION_CHECKPOINT, PMS_ROLE_CHECKPOINT, candidate);
}

static void flush_range(pms_region *region, uint64_t from, uint64_t to)
{
	if (from < to && !PMS_FAULT(DEFERRED_NOT_FLUSHED))
		pms_flush(&region->stream->medium, from, to - from);
}

void pms_follow_locked(pms_region *region, uint64_t target)
{
	uint64_t at = atomic_load_explicit(&region->dirty_start, memory_order_relaxed);
	uint64_t end = atomic_load_explicit(&region->dirty_end, memory_order_relaxed);
	uint64_t persisted = atomic_load(&region->persisted);

	at = at > persisted ? at : persisted;
	end = end < target ? end : target;
	/* Around the reservations: a payload that somebody is writing is left alone. */
	for (pms_record *record = region->first_record; record && record->start < target; record = record->next) {
		if (record->end <= persisted)
			continue;
		flush_range(region, at, record->start < end ? record->start : end);
		at = record->end > at ? record->end : at;
		if (record->state != PMS_RECORD_OPEN)
			continue;	 /* its owner makes it durable, and is waited for */
		record->followed = true; /* before the flush: its publisher must see it */
		if (!PMS_FAULT(PENDING_NOT_FOLLOWED))
			pms_flush(&region->stream->medium, record->start, PMS_ENTRY_HEADER_BYTES);
	}
	flush_range(region, at, end);
}

/* A publish in mid-store below the target that is not durable as a reservation either. */
static bool waits_for_publish(const pms_region *region, uint64_t target)
{
	uint64_t persisted = atomic_load(&region->persisted);

	for (const pms_record *record = region->first_record; record && record->start < target; record = record->next)
		if (record->state == PMS_RECORD_PUBLISHING && record->end > persisted)
			return true;
	return false;
}

int32_t pms_followed_locked(pms_region *region, uint64_t target, uint64_t last_start, pms_error *error)
{
	while (atomic_load(&region->persisted) < target) {
		if (!waits_for_publish(region, target) || PMS_FAULT(PERSISTED_PAST_A_PUBLISH)) {
			uint64_t persisted = atomic_load(&region->persisted);
			while (persisted < target &&
			       !atomic_compare_exchange_weak(&region->persisted, &persisted, target))
				;
			pms_publish_persisted_at_least(region->published, target);
			break;
		}
		if (atomic_load(&region->stream->poisoned))
			return pms_stream_fail_poisoned(region->stream, PMS_E_IO, error);
		pms_condition_wait(&region->changed, &region->mutex);
	}
	if (last_start > region->persisted_start)
		region->persisted_start = last_start;
	pms_order_note_candidate_locked(region);
	pms_condition_wake_all(&region->changed);
	return PMS_OK;
}

int32_t pms_persist_registered(pms_region *region, uint64_t target, uint64_t last_start, pms_error *error)
{
	atomic_fetch_add_explicit(&region->stream->persists, 1, memory_order_relaxed);
	pms_mutex_lock(&region->mutex);
	pms_checkpoint_locked(region, false);
	pms_follow_locked(region, target);
	pms_mutex_unlock(&region->mutex);
	int32_t status = PMS_FAULT(PERSIST_NOT_DRAINED) ? PMS_OK : pms_stream_drain(region->stream, error);
	pms_mutex_lock(&region->mutex);
	if (status == PMS_OK)
		status = pms_followed_locked(region, target, last_start, error);
	pms_condition_wake_all(&region->changed);
	pms_mutex_unlock(&region->mutex);
	return status;
}

/* How far the region is handed over, and the start of an entry or group wholly below that (0: one is just being added). */
static uint64_t look_at_order(const pms_region *region, uint64_t *last_start)
{
	uint64_t ordered = atomic_load(&region->ordered);
	pms_interleave();
	uint64_t start = atomic_load(&region->last_start);

	*last_start = start < ordered ? start : 0; /* places lie whole on one side of `ordered` */
	return ordered;
}

static int32_t check_position(const pms_region *region, const pms_position *position, pms_error *error)
{
	uint64_t offset = position->offset;
	bool in_place = offset >= region->data_start && offset < pms_region_tail(region) &&
			(offset - region->data_start) % region->alignment == 0;

	if (in_place && position->timestamp > region->life.base &&
	    pms_load64(&region->stream->medium, offset + offsetof(pms_stored_entry, timestamp)) == position->timestamp)
		return PMS_OK;
	return pms_fail_at(error, PMS_E_NO_ENTRY, offset, 0, 0,
			   "no entry of the region '%s' has offset %llu and timestamp %llu", region->name,
			   (unsigned long long)offset, (unsigned long long)position->timestamp);
}

static int32_t persist_entered(pms_region *region, const pms_position *position, pms_error *error)
{
	uint64_t tail = pms_region_tail(region);
	uint64_t last_start;
	int32_t status = position ? check_position(region, position, error) : PMS_OK;

	if (status != PMS_OK)
		return status;
	/* persisted stops only where a place ends: an entry that begins below it is durable as a whole */
	if (atomic_load(&region->persisted) >= (position ? position->offset + 1 : tail))
		return PMS_OK;
	pms_mutex_lock(&region->mutex);
	status = pms_order_await_locked(region, position ? position->offset + 1 : tail, error);
	pms_mutex_unlock(&region->mutex);
	if (status != PMS_OK)
		return status;
	pms_interleave();
	uint64_t target = look_at_order(region, &last_start);
	return pms_persist_registered(region, target, last_start, error);
}

int32_t pms_persist_region(pms_region *region, const pms_position *position, pms_error *error)
{
	int32_t status = pms_writer_enter(region, error);

	if (status != PMS_OK)
		return status;
	status = pms_stream_may_write(region->stream, error);
	if (status == PMS_OK)
		status = persist_entered(region, position, error);
	pms_writer_leave(region);
	return status;
}

/* ---- the whole stream (R14) -------------------------------------------------------------------------------------- */

static pms_region *writable_region(const pms_stream *stream, uint64_t index)
{
	pms_region *region = stream->pieces[index].region;

	return region && !(region->damage & PMS_STATE_NO_WRITES) ? region : NULL;
}

/* From here on no space is given out with a timestamp that was read before. Returns the tail at that moment. */
static uint64_t change_life_tag(pms_region *region)
{
	uint64_t tail = atomic_load(&region->tail), changed;

	if (PMS_FAULT(LIFE_TAG_MISSING))
		return pms_tail_of(region, tail);
	do {
		pms_interleave();
		changed = (tail & ~PMS_TAIL_TAG_MASK) | ((tail + (1ull << PMS_TAIL_TAG_SHIFT)) & PMS_TAIL_TAG_MASK);
	} while (!atomic_compare_exchange_weak(&region->tail, &tail, changed));
	return pms_tail_of(region, tail);
}

/* Waits until every place below the target is handed over, or (after a failed drain) will never be. */
static void await_settled_locked(pms_region *region, uint64_t target)
{
	if (atomic_load(&region->ordered) >= target)
		return;
	atomic_fetch_add(&region->attention, 1);
	pms_barrier_heavy();
	while (atomic_load(&region->ordered) < target &&
	       !(atomic_load(&region->stream->poisoned) && !pms_region_in_flight_locked(region)))
		pms_condition_wait(&region->changed, &region->mutex);
	atomic_fetch_sub(&region->attention, 1);
}

/* A publish in mid-store: it was begun before we came, and ends soon. */
static bool is_publishing(const pms_region *region, uint64_t bound)
{
	for (const pms_record *record = region->first_record; record; record = record->next)
		if (record->timestamp < bound && record->state == PMS_RECORD_PUBLISHING)
			return true;
	return false;
}

/* Below what is not done, and below what a failed drain left undone. */
static void lower_bound_locked(const pms_region *region, uint64_t *bound)
{
	if (region->failed_timestamp && region->failed_timestamp < *bound)
		*bound = region->failed_timestamp;
	for (const pms_record *record = region->first_record; record; record = record->next)
		if (record->timestamp < *bound &&
		    !(PMS_FAULT(PERSISTED_PAST_A_PUBLISH) && record->state == PMS_RECORD_PUBLISHING))
			*bound = record->timestamp;
}

void pms_stable_region(pms_region *region, uint64_t *bound)
{
	uint64_t tail = change_life_tag(region);

	pms_mutex_lock(&region->mutex);
	await_settled_locked(region, tail);
	while (is_publishing(region, *bound) && !atomic_load(&region->stream->poisoned))
		pms_condition_wait(&region->changed, &region->mutex);
	lower_bound_locked(region, bound);
	pms_mutex_unlock(&region->mutex);
}

/* Everything below the bound becomes durable, and the bound is lowered to what is not done. Under the layout mutex. */
static int32_t persist_regions_locked(pms_stream *stream, uint64_t *bound, pms_error *error)
{
	int32_t status = PMS_OK;

	for (uint64_t i = 0; i < stream->piece_count; i++) {
		pms_region *region = writable_region(stream, i);
		if (!region)
			continue;
		uint64_t tail = change_life_tag(region);
		pms_mutex_lock(&region->mutex);
		await_settled_locked(region, tail);
		region->persist_target = look_at_order(region, &region->persist_last_start);
		pms_checkpoint_locked(region, false);
		pms_follow_locked(region, region->persist_target);
		pms_mutex_unlock(&region->mutex);
	}
	if (!PMS_FAULT(PERSIST_NOT_DRAINED))
		status = pms_stream_drain(stream, error);
	for (uint64_t i = 0; status == PMS_OK && i < stream->piece_count; i++) {
		pms_region *region = writable_region(stream, i);
		if (!region)
			continue;
		pms_mutex_lock(&region->mutex);
		status = pms_followed_locked(region, region->persist_target, region->persist_last_start, error);
		lower_bound_locked(region, bound);
		pms_mutex_unlock(&region->mutex);
	}
	return status;
}

static int32_t persist_stream_locked(pms_stream *stream, pms_error *error)
{
	uint64_t bound = atomic_load(&stream->next_timestamp);
	/* Threads that found too few left have moved the counter past what may be given out (R5): that is not persisted. */
	uint64_t limit = atomic_load(&stream->timestamp_limit);

	bound = bound < limit ? bound : limit;
	atomic_fetch_add_explicit(&stream->persists, 1, memory_order_relaxed);
	pms_interleave();
	if (PMS_FAULT(PERSISTED_TIMESTAMP_BEFORE_DRAIN))
		pms_word_write_flush(stream, PMS_PERSISTED_TIMESTAMP, PMS_ROLE_PERSISTED_TIMESTAMP, bound - 1);
	int32_t status = persist_regions_locked(stream, &bound, error);
	if (status != PMS_OK || bound - 1 <= atomic_load(&stream->persisted_timestamp))
		return status;
	/*
	 * After a crash here: the old or the new timestamp. Every entry at or below either was drained before this store, or
	 * its reservation ended without one.
	 */
	pms_word_write_flush(stream, PMS_PERSISTED_TIMESTAMP, PMS_ROLE_PERSISTED_TIMESTAMP, bound - 1);
	status = pms_stream_drain(stream, error);
	if (status == PMS_OK)
		atomic_store(&stream->persisted_timestamp, bound - 1);
	return status;
}

int32_t pms_persist_stream(pms_stream *stream, uint64_t *timestamp, pms_error *error)
{
	int32_t status = pms_stream_enter(stream, error);

	if (status != PMS_OK)
		return status;
	pms_mutex_lock(&stream->layout_mutex);
	status = pms_stream_still_open_locked(stream, error);
	if (status == PMS_OK)
		status = pms_stream_may_write(stream, error);
	if (status == PMS_OK)
		status = persist_stream_locked(stream, error);
	*timestamp = atomic_load(&stream->persisted_timestamp);
	if (status == PMS_OK)
		pms_coordination_publish_stable(stream, *timestamp);
	pms_mutex_unlock(&stream->layout_mutex);
	pms_stream_leave(stream);
	return status;
}

/* ---- close ------------------------------------------------------------------------------------------------------- */

/* A publish in mid-store with something deferred behind it, which the hole that a crash leaves there would cut off. */
static bool has_deferred_behind_publish(const pms_region *region)
{
	uint64_t persisted = atomic_load(&region->persisted);
	uint64_t end = atomic_load(&region->dirty_end);

	for (const pms_record *record = region->first_record; record && record->end < end; record = record->next)
		if (record->state == PMS_RECORD_PUBLISHING && record->end > persisted)
			return true;
	return false;
}

int32_t pms_persist_at_close_locked(pms_stream *stream)
{
	bool moved = false;
	int32_t status = PMS_OK;

	for (uint64_t i = 0; i < stream->piece_count; i++) {
		pms_region *region = writable_region(stream, i);
		if (!region)
			continue;
		pms_mutex_lock(&region->mutex);
		region->persist_target = look_at_order(region, &region->persist_last_start);
		if (atomic_load(&region->persisted) < region->persist_target && !PMS_FAULT(CLOSE_LEAVES_DEFERRED)) {
			pms_follow_locked(region, region->persist_target);
			moved = true;
		}
		pms_mutex_unlock(&region->mutex);
	}
	if (moved)
		status = pms_stream_drain(stream, NULL);
	for (uint64_t i = 0; status == PMS_OK && i < stream->piece_count; i++) {
		pms_region *region = writable_region(stream, i);
		if (!region)
			continue;
		pms_mutex_lock(&region->mutex);
		/* A publish in mid-store is waited for only when it could take something with it that close promises. */
		if (!waits_for_publish(region, region->persist_target) || has_deferred_behind_publish(region))
			status = pms_followed_locked(region, region->persist_target, region->persist_last_start, NULL);
		pms_checkpoint_locked(region, true);
		pms_mutex_unlock(&region->mutex);
	}
	return status == PMS_OK ? pms_stream_drain(stream, NULL) : status;
}
