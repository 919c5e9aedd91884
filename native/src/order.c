/* SPDX-License-Identifier: MIT */
/*
 * Order within a region: who has taken which space, what of it is committed (visible) and what is persisted (durable).
 * Rules R1-R3 and R8-R10 of native/DESIGN.md.
 *
 * A slot is one reservation of space. Slots stand in the order of their space, which is the order of their timestamps.
 *
 *   persisted = end of the longest run of slots, from the front, that are durable. A durable slot is data that has been
 *               drained, or an open or abandoned reservation whose header has been drained.
 *   committed = end of the longest run of slots that are done or abandoned.
 *
 * Whoever wants his own slot durable follows what lies before it (pms_order_follow), drains, and waits until persisted
 * has reached his end (pms_order_finish). He flushes the headers of reservations that are open or abandoned and not yet
 * durable; appends and publishes in flight are made durable by their owners, whom he waits for. A slot that he found open
 * or abandoned can later only be open, abandoned, publishing-followed or done: so after his drain every slot before his
 * that is open or abandoned has the header that he flushed, and may be marked durable. The others are marked by their
 * owners.
 *
 * Slots that are done and durable behind an open reservation are merged, so that a reservation that is left open for long
 * costs no memory per later entry.
 */
#include <stdlib.h>

#include "engine.h"

static pms_slot *slot_new_locked(pms_region *region)
{
	pms_slot *slot = region->free_slots;

	if (slot)
		region->free_slots = slot->next;
	else
		slot = malloc(sizeof(*slot));
	if (slot)
		*slot = (pms_slot){0};
	return slot;
}

static void slot_free_locked(pms_region *region, pms_slot *slot)
{
	slot->next = region->free_slots;
	region->free_slots = slot;
}

static void append_locked(pms_region *region, pms_slot *slot)
{
	slot->previous = region->last_slot;
	if (region->last_slot)
		region->last_slot->next = slot;
	else
		region->first_slot = slot;
	region->last_slot = slot;
	if (!region->commit_slot)
		region->commit_slot = slot;
	if (!region->persist_slot)
		region->persist_slot = slot;
}

static void unlink_locked(pms_region *region, pms_slot *slot)
{
	if (slot->previous)
		slot->previous->next = slot->next;
	else
		region->first_slot = slot->next;
	if (slot->next)
		slot->next->previous = slot->previous;
	else
		region->last_slot = slot->previous;
	slot_free_locked(region, slot);
}

static bool is_finished(const pms_slot *slot)
{
	return slot->state == PMS_SLOT_DONE || slot->state == PMS_SLOT_ABANDONED;
}

/* Joins `slot` with the one before it when neither can change any more and no boundary lies between them. */
static void merge_locked(pms_region *region, pms_slot *slot)
{
	pms_slot *before = slot->previous;

	if (!before || !is_finished(slot) || !slot->durable || !is_finished(before) || !before->durable ||
	    region->commit_slot == slot || region->persist_slot == slot)
		return;
	before->end = slot->end;
	before->last_start = slot->last_start;
	before->timestamp = slot->timestamp;
	if (slot->last_data_timestamp)
		before->last_data_timestamp = slot->last_data_timestamp;
	unlink_locked(region, slot);
}

/* Moves committed and persisted as far as the slots allow, and drops the slots that lie below both. */
static void advance_locked(pms_region *region)
{
	pms_slot *slot;
	bool moved = false;

	for (slot = region->commit_slot; slot && is_finished(slot); slot = slot->next) {
		atomic_store_explicit(&region->committed, slot->end, memory_order_release);
		region->last_timestamp = slot->timestamp;
		if (slot->last_data_timestamp) {
			region->last_data_timestamp = slot->last_data_timestamp;
			region->last_data_known = true;
		}
		moved = true;
	}
	region->commit_slot = slot;
	for (slot = region->persist_slot; slot && slot->durable; slot = slot->next) {
		atomic_store_explicit(&region->persisted, slot->end, memory_order_release);
		moved = true;
	}
	region->persist_slot = slot;
	while ((slot = region->first_slot) && slot != region->commit_slot && slot != region->persist_slot) {
		region->checkpoint_candidate = PMS_FAULT(CHECKPOINT_AS_END) ? slot->end : slot->last_start;
		unlink_locked(region, slot);
	}
	if (moved)
		pms_condition_wake_all(&region->changed);
}

/* Why the region takes no new entries, or PMS_OK. */
static int32_t writable_locked(pms_region *region, pms_error *error)
{
	if (region->retired)
		return pms_region_fail_retired(region, error);
	int32_t status = pms_stream_may_write(region->stream, error);
	if (status == PMS_OK && (region->damage & PMS_STATE_NO_WRITES))
		status = pms_fail_at(error, PMS_E_CORRUPT, region->offset, 0, 0,
				     "the region at offset %llu is damaged: it takes no new entries",
				     (unsigned long long)region->offset);
	return status;
}

static int32_t full(const pms_region *region, uint64_t extent, pms_error *error)
{
	return pms_fail_at(error, PMS_E_REGION_FULL, region->tail, extent, region->end - region->tail,
			   "the entry needs %llu bytes with its header, %llu are left in the region",
			   (unsigned long long)extent, (unsigned long long)(region->end - region->tail));
}

/*
 * R1 in its locked form: the tail moves and the timestamp is taken in one step, so that later space has a later
 * timestamp. R8: the lag is the distance to `persisted` at this moment. A reservation's pending header is stored here,
 * with cached stores and no flush, so that whoever comes later finds it open, never half-stored.
 */
static pms_slot *take_locked(pms_region *region, uint64_t payload_bytes, uint64_t extent, uint64_t timestamp,
			     pms_reservation *reservation)
{
	pms_slot *slot = slot_new_locked(region);
	uint64_t start = region->tail;

	if (!slot)
		return NULL;
	uint32_t lag = pms_lag_encode(start - atomic_load_explicit(&region->persisted, memory_order_relaxed));
	slot->start = slot->last_start = start;
	slot->end = start + extent;
	slot->timestamp = timestamp;
	slot->last_data_timestamp = reservation ? 0 : timestamp;
	slot->payload_room = payload_bytes;
	slot->size_word = pms_size_word(payload_bytes, extent, false, lag);
	slot->state = reservation ? PMS_SLOT_OPEN : PMS_SLOT_APPENDING;
	if (reservation) {
		/* After a crash here: no flush, so any subset of the three words; whole, it is a pending entry. */
		pms_medium *medium = &region->stream->medium;
		pms_store64(medium, start, slot->size_word);
		pms_store64(medium, start + offsetof(pms_stored_entry, timestamp), timestamp);
		pms_store64(medium, start + offsetof(pms_stored_entry, checksum),
			    pms_entry_checksum(PMS_KIND_PENDING, 0, slot->size_word, timestamp, start, &region->life));
		region->open_reservations++;
		slot->reservation = reservation;
		reservation->slot = slot;
		reservation->payload = start + PMS_ENTRY_HEADER_BYTES;
		reservation->position = (pms_position){.offset = start, .timestamp = timestamp};
	}
	append_locked(region, slot);
	region->tail = slot->end;
	region->writers++;
	return slot;
}

/* Raises the ceiling without the mutex; the caller counted as a writer for it. Failing ahead of need fails nobody. */
static int32_t refill(pms_region *region, bool ahead, pms_error *error)
{
	int32_t status = pms_clock_refill(region->stream, ahead ? NULL : error);

	pms_mutex_lock(&region->mutex);
	region->writers--;
	pms_region_settle_locked(region);
	pms_mutex_unlock(&region->mutex);
	return ahead ? PMS_OK : status;
}

int32_t pms_order_take(pms_region *region, uint64_t payload_bytes, pms_reservation *reservation, pms_slot **slot,
		       pms_error *error)
{
	uint64_t extent = pms_entry_extent(payload_bytes, region->alignment);
	uint64_t timestamp;
	int32_t status;

	do {
		*slot = NULL;
		pms_mutex_lock(&region->mutex);
		status = writable_locked(region, error);
		if (status == PMS_OK && region->end - region->tail < extent)
			status = full(region, extent, error);
		if (status == PMS_OK && pms_clock_take(region->stream, 1, &timestamp)) {
			*slot = take_locked(region, payload_bytes, extent, timestamp, reservation);
			if (!*slot)
				status = pms_fail(error, PMS_E_NO_MEMORY, "out of memory for the order of a region");
		}
		/* Half a leap ahead one thread raises for all, and at the limit each waits for it: on a drain of its own. */
		bool refills = status == PMS_OK && pms_clock_is_low(region->stream);
		if (refills)
			region->writers++; /* keeps the mapping, whatever becomes of the slot meanwhile */
		pms_mutex_unlock(&region->mutex);
		if (refills)
			status = refill(region, *slot != NULL, error);
		if (status != PMS_OK)
			return status;
	} while (!*slot);
	return PMS_OK;
}

void pms_order_checkpoint_locked(pms_region *region, bool now)
{
	uint64_t candidate = region->checkpoint_candidate;
	uint64_t distance = now ? 1 : PMS_CHECKPOINT_BYTES;
	if (PMS_FAULT(CHECKPOINT_BEFORE_ITS_ENTRIES) && region->last_slot)
		candidate = region->last_slot->start;
	uint64_t stored = region->checkpoint ? region->checkpoint : region->data_start;

	if (candidate == 0 || candidate == region->checkpoint || (!now && candidate < stored + distance))
		return;
	/*
	 * After a crash here: the old or the new checkpoint. Either is the start of an entry that was committed and
	 * drained before this store; recovery walks on from it.
	 */
	region->checkpoint = candidate;
	pms_word_write_flush(region->stream, region->offset + PMS_REGION_CHECKPOINT, PMS_ROLE_CHECKPOINT, candidate);
}

/* `slot` is done or abandoned: what follows from it. */
static void finished_locked(pms_region *region, pms_slot *slot)
{
	uint64_t end = slot->end;

	advance_locked(region);
	if (atomic_load_explicit(&region->committed, memory_order_relaxed) >= end)
		return; /* perhaps dropped already */
	if (slot->next)
		merge_locked(region, slot->next);
	merge_locked(region, slot);
}

static void flush_header(pms_region *region, const pms_slot *slot)
{
	pms_flush(&region->stream->medium, slot->start, PMS_ENTRY_HEADER_BYTES);
}

void pms_order_follow(pms_region *region, const pms_slot *own)
{
	pms_mutex_lock(&region->mutex);
	pms_order_checkpoint_locked(region, false);
	for (pms_slot *slot = region->persist_slot; slot && slot->start < own->start; slot = slot->next) {
		if (slot->durable)
			continue;
		if (slot->state == PMS_SLOT_OPEN)
			slot->followed = true; /* before the flush: its publisher must see it */
		if ((slot->state == PMS_SLOT_OPEN || slot->state == PMS_SLOT_ABANDONED) &&
		    !PMS_FAULT(PENDING_NOT_FOLLOWED))
			flush_header(region, slot);
	}
	pms_mutex_unlock(&region->mutex);
}

static void writer_leaves_locked(pms_region *region)
{
	region->writers--;
	pms_region_settle_locked(region);
}

int32_t pms_order_finish(pms_region *region, pms_slot *own, pms_error *error)
{
	pms_stream *stream = region->stream;
	uint64_t start = own->start, end = own->end;
	int32_t status = PMS_OK;

	pms_mutex_lock(&region->mutex);
	/* By offsets: `own` may lie before persist_slot, when it was a reservation that somebody followed. */
	for (pms_slot *slot = region->persist_slot, *next; slot && slot->start < start; slot = next) {
		next = slot->next;
		if (slot->state != PMS_SLOT_OPEN && slot->state != PMS_SLOT_ABANDONED)
			continue;
		slot->durable = true;
		merge_locked(region, slot);
	}
	own->state = PMS_SLOT_DONE;
	own->durable = true;
	finished_locked(region, own); /* `own` may be gone from here on */
	if (PMS_FAULT(COMMIT_OUT_OF_ORDER) && region->persisted < end)
		region->persisted = end;
	while (atomic_load_explicit(&region->persisted, memory_order_relaxed) < end) {
		if (atomic_load(&stream->poisoned) != PMS_OK) {
			status = pms_stream_fail_poisoned(stream, PMS_E_IO, error);
			break;
		}
		pms_condition_wait(&region->changed, &region->mutex);
	}
	writer_leaves_locked(region);
	pms_mutex_unlock(&region->mutex);
	return status;
}

void pms_order_fail(pms_region *region, pms_slot *slot)
{
	(void)slot; /* it stays in the order, neither durable nor done: nothing behind it is promised or shown */
	pms_mutex_lock(&region->mutex);
	pms_condition_wake_all(&region->changed);
	writer_leaves_locked(region);
	pms_mutex_unlock(&region->mutex);
}

void pms_order_abandoned_locked(pms_region *region, pms_slot *slot)
{
	slot->state = PMS_SLOT_ABANDONED;
	region->open_reservations--;
	finished_locked(region, slot);
	writer_leaves_locked(region);
}

void pms_order_reset_locked(pms_region *region, uint64_t tail, uint64_t base)
{
	while (region->first_slot)
		unlink_locked(region, region->first_slot);
	region->commit_slot = region->persist_slot = NULL;
	region->tail = tail;
	atomic_store_explicit(&region->persisted, tail, memory_order_release);
	atomic_store_explicit(&region->committed, tail, memory_order_release);
	region->life.base = base;
	region->last_timestamp = base;
	region->last_data_timestamp = 0;
	region->last_data_known = true;
	region->checkpoint_candidate = 0;
}

void pms_order_release(pms_region *region)
{
	while (region->first_slot)
		unlink_locked(region, region->first_slot);
	while (region->free_slots) {
		pms_slot *slot = region->free_slots;
		region->free_slots = slot->next;
		free(slot);
	}
}
