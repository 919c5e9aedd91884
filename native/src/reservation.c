/* SPDX-License-Identifier: MIT */
/*
 * Reservations: space that is written in place and published or abandoned later. Rule R10 of native/DESIGN.md.
 *
 * The handle outlives the reservation: publish, abandon, abandon by position (a leaked one) and close may meet, the first
 * of them under the region's mutex ends it, and the others see `slot` null.
 */
#include <stdlib.h>

#include "append.h"

#define CHECKSUM_AT offsetof(pms_stored_entry, checksum)

int32_t pms_reserve(pms_region *region, uint64_t bytes, pms_reservation **out, pms_error *error)
{
	pms_reservation *reservation = calloc(1, sizeof(*reservation));
	pms_slot *slot;

	if (!reservation)
		return pms_fail(error, PMS_E_NO_MEMORY, "out of memory for a reservation");
	reservation->region = region;
	/* From here on somebody may abandon it by position: the slot is not ours to look at. */
	int32_t status = pms_order_take(region, bytes, reservation, &slot, error);
	if (status != PMS_OK) {
		free(reservation);
		return status;
	}
	pms_region_reference(region);
	*out = reservation;
	return PMS_OK;
}

/* One 8-byte store turns the pending entry into a skipped one. Needs no flush: pending is skipped after a crash, too. */
static void abandon_locked(pms_region *region, pms_slot *slot)
{
	pms_store64(&region->stream->medium, slot->start + CHECKSUM_AT,
		    pms_entry_checksum(PMS_KIND_SKIP, 0, slot->size_word, slot->timestamp, slot->start, &region->life));
	if (slot->reservation)
		slot->reservation->slot = NULL;
	slot->reservation = NULL;
	pms_order_abandoned_locked(region, slot);
}

/* Claims the slot for publishing; abandons it instead when nothing may be written any more. */
static int32_t begin_publish(pms_reservation *reservation, uint64_t bytes, pms_slot **claimed, bool *two_drains,
			     pms_error *error)
{
	pms_region *region = reservation->region;
	int32_t status = PMS_OK;

	pms_mutex_lock(&region->mutex);
	pms_slot *slot = reservation->slot;
	if (!slot) {
		status =
		    pms_fail(error, PMS_E_ENDED, "the reservation at offset %llu was already published or abandoned",
			     (unsigned long long)reservation->position.offset);
	} else if (bytes > slot->payload_room) {
		status = pms_fail_at(error, PMS_E_INVALID_ARGUMENT, slot->start, slot->payload_room, bytes,
				     "bytes is %llu, but only %llu were reserved", (unsigned long long)bytes,
				     (unsigned long long)slot->payload_room);
	} else if (region->retired) {
		abandon_locked(region, slot);
		status = pms_region_fail_retired(region, error);
	} else if ((status = pms_stream_may_write(region->stream, error)) != PMS_OK) {
		abandon_locked(region, slot);
	} else {
		reservation->slot = NULL;
		slot->reservation = NULL;
		slot->state = PMS_SLOT_PUBLISHING;
		region->open_reservations--;
		*two_drains = (slot->followed || slot->durable) && !PMS_FAULT(ONE_FENCE_THOUGH_FOLLOWED);
		*claimed = slot;
	}
	pms_mutex_unlock(&region->mutex);
	return status;
}

/* The unused bytes of the payload's last word become zero, as in every entry (R7). */
static void zero_padding(pms_medium *medium, uint64_t payload, uint64_t bytes)
{
	uint64_t word = 0;

	if (bytes % 8 == 0)
		return;
	memcpy(&word, pms_at(medium, payload + bytes / 8 * 8), bytes % 8);
	pms_store64(medium, payload + bytes / 8 * 8, word);
}

int32_t pms_publish(pms_reservation *reservation, uint64_t bytes, pms_error *error)
{
	pms_region *region = reservation->region;
	pms_stream *stream = region->stream;
	pms_medium *medium = &stream->medium;
	bool two_drains = false;
	pms_slot *slot = NULL;

	int32_t status = begin_publish(reservation, bytes, &slot, &two_drains, error);
	if (!slot)
		return status;
	uint64_t start = slot->start;
	uint64_t stored_bytes = PMS_ENTRY_HEADER_BYTES + pms_round_up(bytes, 8);

	/*
	 * 1. Payload (the caller stored it) and the size word with its final length. The checksum word still says
	 *    "pending", which does not cover them. After a crash here: a pending entry, if its header had been flushed.
	 *    The hash is taken from the medium itself (R6).
	 */
	zero_padding(medium, reservation->payload, bytes);
	uint64_t payload_hash = pms_hash(pms_at(medium, reservation->payload), bytes);
	uint64_t size_word = (slot->size_word & ~PMS_SIZE_PAYLOAD_MASK) | bytes;
	pms_store64(medium, start, size_word);

	/* 2. Somebody may have promised what lies behind: the pending header must stay valid until the payload is durable. */
	if (two_drains) {
		pms_flush(medium, start, stored_bytes);
		status = pms_stream_drain(stream, error);
	}

	/* 3. One 8-byte store makes it data. After a crash here: pending, or whole data; without step 2, also a hole. */
	if (status == PMS_OK) {
		pms_store64(
		    medium, start + CHECKSUM_AT,
		    pms_entry_checksum(PMS_KIND_DATA, payload_hash, size_word, slot->timestamp, start, &region->life));
		/* 4. As an append: what lies before it goes under the same drain. */
		pms_flush(medium, start, two_drains ? PMS_ENTRY_HEADER_BYTES : stored_bytes);
		if (!PMS_FAULT(PUBLISH_IGNORES_WHAT_LIES_BEFORE))
			pms_order_follow(region, slot);
		status = pms_stream_drain(stream, error);
	}
	if (status != PMS_OK) {
		pms_order_fail(region, slot);
		return status;
	}
	slot->last_data_timestamp = slot->timestamp;
	return pms_order_finish(region, slot, error);
}

int32_t pms_abandon(pms_reservation *reservation, pms_error *error)
{
	pms_region *region = reservation->region;
	int32_t status = PMS_OK;

	pms_mutex_lock(&region->mutex);
	if (reservation->slot)
		abandon_locked(region, reservation->slot);
	else
		status =
		    pms_fail(error, PMS_E_ENDED, "the reservation at offset %llu was already published or abandoned",
			     (unsigned long long)reservation->position.offset);
	pms_mutex_unlock(&region->mutex);
	return status;
}

int32_t pms_abandon_at(pms_region *region, const pms_position *position, pms_error *error)
{
	int32_t status = PMS_OK;
	pms_slot *slot;

	pms_mutex_lock(&region->mutex);
	if (region->retired) {
		status = pms_region_fail_retired(region, error);
	} else {
		for (slot = region->first_slot; slot; slot = slot->next)
			if (slot->start == position->offset && slot->timestamp == position->timestamp &&
			    slot->state == PMS_SLOT_OPEN)
				break;
		if (slot)
			abandon_locked(region, slot);
		else
			status =
			    pms_fail_at(error, PMS_E_NO_ENTRY, position->offset, 0, 0,
					"no open reservation at offset %llu with timestamp %llu",
					(unsigned long long)position->offset, (unsigned long long)position->timestamp);
	}
	pms_mutex_unlock(&region->mutex);
	return status;
}
