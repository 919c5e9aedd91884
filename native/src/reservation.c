/* SPDX-License-Identifier: MIT */
/*
 * Reservations: space that is written in place and published or abandoned later. Rule R10 of native/DESIGN.md.
 *
 * The handle outlives the reservation: publish, abandon, abandon by position (a leaked one) and close may meet, the first
 * of them under the region's mutex ends it, and the others see `record` null.
 */
#include <stdlib.h>

#include "append.h"

#define CHECKSUM_AT offsetof(pms_stored_entry, checksum)

int32_t pms_reservation_open(pms_reservation *reservation, uint64_t extent, uint64_t count, pms_error *error)
{
	pms_region *region = reservation->region;
	pms_medium *medium = &region->stream->medium;
	pms_place place = {.kind = PMS_PLACE_RESERVED, .reservation = reservation};

	pms_record *record = malloc(sizeof(*record));
	if (!record)
		return pms_fail(error, PMS_E_NO_MEMORY, "out of memory for a reservation");
	int32_t status = pms_order_take(region, extent, count, &place, error);
	if (status != PMS_OK) {
		free(record);
		return status;
	}
	uint64_t start = place.start;
	uint64_t room = reservation->payload_room;
	*record = (pms_record){
	    .size_word = pms_size_word(room, extent, false, pms_lag_encode(start - place.persisted)),
	};
	reservation->payload = start + PMS_ENTRY_HEADER_BYTES;
	reservation->position = (pms_position){.offset = start, .timestamp = place.timestamp};
	reservation->record = record;
	/* After a crash here: no flush, so any subset of the three words; whole, it is a pending entry. */
	pms_store64(medium, start, record->size_word);
	pms_store64(medium, start + offsetof(pms_stored_entry, timestamp), place.timestamp);
	pms_store64(medium, start + CHECKSUM_AT,
		    pms_entry_checksum(PMS_KIND_PENDING, 0, record->size_word, place.timestamp, start, &region->life));
	/* From here on somebody may abandon it by position: the record is not ours to look at. */
	status = pms_order_hand_over(region, &place, error);
	if (status != PMS_OK) {
		reservation->record = NULL;
		free(record);
	}
	return status;
}

int32_t pms_reserve(pms_region *region, uint64_t bytes, pms_reservation **out, pms_error *error)
{
	pms_reservation *reservation = calloc(1, sizeof(*reservation));

	if (!reservation)
		return pms_fail(error, PMS_E_NO_MEMORY, "out of memory for a reservation");
	reservation->region = region;
	reservation->payload_room = bytes;
	int32_t status = pms_reservation_open(reservation, pms_entry_extent(bytes, region->alignment), 1, error);
	if (status != PMS_OK) {
		free(reservation);
		return status;
	}
	pms_region_reference(region);
	*out = reservation;
	return PMS_OK;
}

/* The record's owner is counted in `writers` no more. */
static void leave_locked(pms_region *region)
{
	region->writers--;
	pms_region_settle_locked(region);
}

/* One 8-byte store turns the pending entry into a skipped one. Needs no flush: pending is skipped after a crash, too. */
static void abandon_locked(pms_region *region, pms_record *record)
{
	pms_store64(
	    &region->stream->medium, record->start + CHECKSUM_AT,
	    pms_entry_checksum(PMS_KIND_SKIP, 0, record->size_word, record->timestamp, record->start, &region->life));
	record->reservation->record = NULL;
	pms_order_end_record_locked(region, record);
	free(record);
	leave_locked(region);
}

static int32_t ended(const pms_reservation *reservation, pms_error *error)
{
	return pms_fail(error, PMS_E_ENDED, "the reservation at offset %llu was already published or abandoned",
			(unsigned long long)reservation->position.offset);
}

int32_t pms_reservation_claim(pms_reservation *reservation, uint64_t bytes, bool unless_followed, pms_record **claimed,
			      bool *two_drains, pms_error *error)
{
	pms_region *region = reservation->region;
	int32_t status = PMS_OK;

	*claimed = NULL;
	pms_mutex_lock(&region->mutex);
	pms_record *record = reservation->record;
	if (!record) {
		status = ended(reservation, error);
	} else if (bytes > reservation->payload_room) {
		status = pms_fail_at(error, PMS_E_INVALID_ARGUMENT, record->start, reservation->payload_room, bytes,
				     "bytes is %llu, but only %llu were reserved", (unsigned long long)bytes,
				     (unsigned long long)reservation->payload_room);
	} else if (region->retired) {
		abandon_locked(region, record);
		status = pms_region_fail_retired(region, error);
	} else if ((status = pms_stream_may_write(region->stream, error)) != PMS_OK) {
		abandon_locked(region, record);
	} else if (!record->followed || !unless_followed) {
		reservation->record = NULL;
		record->state = PMS_RECORD_PUBLISHING;
		*two_drains = record->followed && !PMS_FAULT(ONE_FENCE_THOUGH_FOLLOWED);
		*claimed = record;
	} else {
		record->moving = true;
	}
	pms_mutex_unlock(&region->mutex);
	return status;
}

void pms_zero_padding(pms_medium *medium, uint64_t payload, uint64_t bytes)
{
	uint64_t word = 0;

	if (bytes % 8 == 0)
		return;
	memcpy(&word, pms_at(medium, payload + bytes / 8 * 8), bytes % 8);
	pms_store64(medium, payload + bytes / 8 * 8, word);
}

void pms_reservation_fail(pms_region *region)
{
	pms_mutex_lock(&region->mutex);
	pms_condition_wake_all(&region->changed);
	leave_locked(region);
	pms_mutex_unlock(&region->mutex);
}

/* Its entry counts among the data from now on, for whoever asks for the last one. */
static void note_data_locked(pms_region *region, const pms_record *record)
{
	if (atomic_load(&region->last_data_timestamp) < record->last_timestamp)
		atomic_store(&region->last_data_timestamp, record->last_timestamp);
	for (pms_record *later = record->next; later; later = later->next)
		if (later->before_data < record->last_timestamp) {
			later->before_data = record->last_timestamp;
			later->before_data_known = true;
		}
}

int32_t pms_reservation_finish(pms_region *region, pms_record *record, pms_error *error)
{
	uint64_t start = record->start, end = record->end;
	int32_t status;

	/* As an append: what lies before it goes under the same drain. */
	pms_mutex_lock(&region->mutex);
	pms_checkpoint_locked(region, false);
	if (!PMS_FAULT(PUBLISH_IGNORES_WHAT_LIES_BEFORE))
		pms_follow_locked(region, start);
	pms_mutex_unlock(&region->mutex);
	status = pms_stream_drain(region->stream, error);
	if (status != PMS_OK) {
		pms_reservation_fail(region);
		return status;
	}
	pms_mutex_lock(&region->mutex);
	note_data_locked(region, record);
	pms_order_end_record_locked(region, record); /* published: readers see it, as soon as all before it has ended */
	free(record);
	status = pms_followed_locked(region, end, start, error);
	leave_locked(region);
	pms_mutex_unlock(&region->mutex);
	return status;
}

int32_t pms_publish(pms_reservation *reservation, uint64_t bytes, pms_error *error)
{
	pms_region *region = reservation->region;
	pms_stream *stream = region->stream;
	pms_medium *medium = &stream->medium;
	bool two_drains = false;
	pms_record *record;

	int32_t status = pms_reservation_claim(reservation, bytes, false, &record, &two_drains, error);
	if (!record)
		return status;
	uint64_t start = record->start;
	uint64_t stored_bytes = PMS_ENTRY_HEADER_BYTES + pms_round_up(bytes, 8);

	/*
	 * 1. Payload (the caller stored it) and the size word with its final length. The checksum word still says
	 *    "pending", which does not cover them. After a crash here: a pending entry, if its header had been flushed.
	 *    The hash is taken from the medium itself (R6).
	 */
	pms_zero_padding(medium, reservation->payload, bytes);
	uint64_t payload_hash = pms_hash(pms_at(medium, reservation->payload), bytes);
	uint64_t size_word = (record->size_word & ~PMS_SIZE_PAYLOAD_MASK) | bytes;
	pms_store64(medium, start, size_word);

	/* 2. Somebody may have promised what lies behind: the pending header must stay valid until the payload is durable. */
	if (two_drains) {
		pms_flush(medium, start, stored_bytes);
		status = pms_stream_drain(stream, error);
		if (status != PMS_OK) {
			pms_reservation_fail(region);
			return status;
		}
	}

	/* 3. One 8-byte store makes it data. After a crash here: pending, or whole data; without step 2, also a hole. */
	pms_store64(
	    medium, start + CHECKSUM_AT,
	    pms_entry_checksum(PMS_KIND_DATA, payload_hash, size_word, record->timestamp, start, &region->life));
	pms_flush(medium, start, two_drains ? PMS_ENTRY_HEADER_BYTES : stored_bytes);
	return pms_reservation_finish(region, record, error);
}

int32_t pms_abandon(pms_reservation *reservation, pms_error *error)
{
	pms_region *region = reservation->region;
	int32_t status = PMS_OK;

	pms_mutex_lock(&region->mutex);
	if (reservation->record)
		abandon_locked(region, reservation->record);
	else
		status = ended(reservation, error);
	pms_mutex_unlock(&region->mutex);
	return status;
}

int32_t pms_abandon_at(pms_region *region, const pms_position *position, pms_error *error)
{
	int32_t status = PMS_OK;
	pms_record *record;

	pms_mutex_lock(&region->mutex);
	if (region->retired) {
		status = pms_region_fail_retired(region, error);
	} else {
		for (record = region->first_record; record; record = record->next)
			if (record->start == position->offset && record->timestamp == position->timestamp &&
			    record->state == PMS_RECORD_OPEN && !record->moving)
				break;
		if (record)
			abandon_locked(region, record);
		else
			status =
			    pms_fail_at(error, PMS_E_NO_ENTRY, position->offset, 0, 0,
					"no open reservation at offset %llu with timestamp %llu",
					(unsigned long long)position->offset, (unsigned long long)position->timestamp);
	}
	pms_mutex_unlock(&region->mutex);
	return status;
}
