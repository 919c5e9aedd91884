/* SPDX-License-Identifier: MIT */
/*
 * Region objects: one per life of a region in the table of its stream. References keep the object's memory (handles,
 * cursors, reservations); pins keep the mapping and the writer lock (engine.h). A freed region's object stays, retired as
 * stale, until its last handle is released.
 */
#include <stdlib.h>

#include "barrier.h"
#include "cursor.h"

pms_region *pms_region_new(pms_stream *stream, const pms_stored_region *stored, uint64_t offset, uint64_t bytes)
{
	pms_region *region = pms_allocate_apart(sizeof(*region));

	if (!region)
		return NULL;
	region->stream = stream;
	atomic_init(&region->references, 1);
	region->offset = offset;
	region->data_start = offset + PMS_REGION_HEADER_BYTES;
	region->end = offset + bytes;
	region->alignment = PMS_ENTRY_ALIGNMENT_DEFAULT;
	if (stored) {
		region->identity = stored->identity;
		region->alignment = stored->entry_alignment;
		region->name_bytes = stored->name_bytes;
		memcpy(region->name, stored->name, stored->name_bytes);
	}
	region->life.uuid_value = stream->uuid_value;
	region->published = &stream->coordination.nowhere;
	region->arm = &stream->coordination.arm;
	region->shared_slot = PMS_SHARED_NO_SLOT;
	pms_mutex_init(&region->mutex);
	pms_condition_init(&region->changed);
	pms_seek_index_init(&region->seek);
	pms_sharing_init(&region->sharing);
	pms_order_reset_locked(region, region->data_start, 0);
	atomic_fetch_add(&stream->references, 1);
	atomic_fetch_add(&stream->mapping_pins, 1);
	region->holds_mapping_pin = true;
	if (!stream->read_only) {
		atomic_fetch_add(&stream->lock_pins, 1);
		region->holds_lock_pin = true;
	}
	return region;
}

void pms_region_reference(pms_region *region) { atomic_fetch_add(&region->references, 1); }

void pms_region_unreference(pms_region *region)
{
	pms_stream *stream = region->stream;

	if (atomic_fetch_sub(&region->references, 1) != 1)
		return;
	pms_order_release(region);
	pms_seek_index_destroy(&region->seek);
	pms_condition_destroy(&region->changed);
	pms_mutex_destroy(&region->mutex);
	pms_free_apart(region);
	pms_stream_unreference(stream);
}

void pms_region_settle_locked(pms_region *region)
{
	if (!region->retired || region->writers || pms_region_in_flight_locked(region))
		return;
	if (region->holds_lock_pin) {
		region->holds_lock_pin = false;
		pms_stream_drop_lock_pin(region->stream);
	}
	if (region->readers || region->lookers || !region->holds_mapping_pin)
		return;
	region->holds_mapping_pin = false;
	pms_stream_drop_mapping_pin(region->stream);
}

void pms_region_retire_locked(pms_region *region, int32_t reason)
{
	if (!region->retired)
		region->retired = reason;
	atomic_fetch_or(&region->tail, PMS_TAIL_BLOCKED);
	pms_barrier_heavy(); /* whoever hands over the last place sees that, or we see that there is none */
	pms_condition_wake_all(&region->changed);
	pms_region_settle_locked(region);
}

int32_t pms_region_fail_retired(const pms_region *region, pms_error *error)
{
	if (region->retired == PMS_E_CLOSED)
		return pms_fail(error, PMS_E_CLOSED, "the stream was closed");
	return pms_fail_at(error, PMS_E_STALE, region->offset, region->identity, 0,
			   "the region '%s' at offset %llu was freed after this handle was made", region->name,
			   (unsigned long long)region->offset);
}

static int32_t enter(pms_region *region, uint32_t *count, bool as_looker, pms_error *error)
{
	int32_t status = PMS_OK;

	if (pms_stream_is_forked(region->stream))
		return pms_fail(error, PMS_E_FORKED, "the stream was opened by the parent of this process");
	pms_mutex_lock(&region->mutex);
	while (as_looker && region->lookers_stay_out)
		pms_condition_wait(&region->changed, &region->mutex);
	if (region->retired)
		status = pms_region_fail_retired(region, error);
	else
		++*count;
	pms_mutex_unlock(&region->mutex);
	return status;
}

int32_t pms_region_enter_reader(pms_region *region, pms_error *error)
{
	return enter(region, &region->readers, false, error);
}

int32_t pms_region_enter_looker(pms_region *region, pms_error *error)
{
	return enter(region, &region->lookers, true, error);
}

void pms_region_leave_looker(pms_region *region)
{
	pms_mutex_lock(&region->mutex);
	if (--region->lookers == 0 && region->lookers_stay_out)
		pms_condition_wake_all(&region->changed);
	pms_region_settle_locked(region);
	pms_mutex_unlock(&region->mutex);
}

void pms_region_await_lookers_locked(pms_region *region)
{
	region->lookers_stay_out = true;
	while (region->lookers)
		pms_condition_wait(&region->changed, &region->mutex);
	region->lookers_stay_out = false;
	pms_condition_wake_all(&region->changed);
}

void pms_region_leave_reader(pms_region *region)
{
	pms_mutex_lock(&region->mutex);
	region->readers--;
	pms_region_settle_locked(region);
	pms_mutex_unlock(&region->mutex);
}

static pms_position oldest_open_locked(const pms_region *region)
{
	const pms_record *record = region->first_record;

	while (record && record->state != PMS_RECORD_OPEN)
		record = record->next;
	return record ? (pms_position){.offset = record->start, .timestamp = record->timestamp} : (pms_position){0};
}

static uint64_t count_open_locked(const pms_region *region)
{
	uint64_t count = 0;

	for (const pms_record *record = region->first_record; record; record = record->next)
		count += record->state == PMS_RECORD_OPEN;
	return count;
}

void pms_region_fill_info(pms_region *region, pms_region_info *info)
{
	uint64_t first = 0, last = 0;

	if (region->stream->read_only) {
		pms_mutex_lock(&region->mutex);
		(void)pms_recover_reader_locked(region, NULL);
		pms_mutex_unlock(&region->mutex);
	}
	if (region->life.base)
		pms_data_timestamps(region, &first, &last);
	pms_mutex_lock(&region->mutex);
	*info = (pms_region_info){
	    .struct_bytes = sizeof(*info),
	    .entry_alignment = region->alignment,
	    .offset = region->offset,
	    .total_bytes = region->end - region->offset,
	    .usable_bytes = region->end - region->data_start,
	    .used_bytes = pms_region_tail(region) - region->data_start,
	    .identity = region->identity,
	    .base_timestamp = region->life.base,
	    .committed_offset = atomic_load(&region->committed),
	    .persisted_offset = atomic_load(&region->persisted),
	    .first_timestamp = first,
	    .last_timestamp = last,
	    .open_reservations = count_open_locked(region),
	    .oldest_reservation = oldest_open_locked(region),
	    .state = region->damage,
	    .name_bytes = region->name_bytes,
	};
	memcpy(info->name, region->name, sizeof(region->name));
	pms_mutex_unlock(&region->mutex);
}
