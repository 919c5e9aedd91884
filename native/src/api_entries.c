/* SPDX-License-Identifier: MIT */
/* The exported functions that write and read entries: as api.c. */
#include "append.h"
#include "arguments.h"
#include "cursor.h"

#include <stdlib.h>

static const pms_cursor_options default_cursor = {.struct_bytes = sizeof(pms_cursor_options)};

static int32_t fail_region(const pms_region *region, pms_error *error)
{
	if (!region)
		return pms_null_argument("region", error);
	return pms_fail(error, PMS_E_FORKED, "the stream was opened by the parent of this process");
}

static inline int32_t check_region(const pms_region *region, pms_error *error)
{
	return !region || pms_stream_is_forked(region->stream) ? fail_region(region, error) : PMS_OK;
}

static inline int32_t check_entry(const pms_region *region, uint64_t bytes, pms_error *error)
{
	if (region && bytes > PMS_ENTRY_BYTES_MAX)
		return pms_out_of_range("bytes", bytes, PMS_ENTRY_BYTES_MAX, error);
	return check_region(region, error);
}

static inline int32_t append_one(pms_region *region, const void *data, uint64_t bytes, uint32_t flags,
				 pms_position *position, pms_error *error)
{
	pms_error_clear(error);
	int32_t status = check_entry(region, bytes, error);
	if (status != PMS_OK)
		return status;
	if (bytes && !data)
		return pms_null_argument("data", error);
	pms_part part = {.data = data, .bytes = bytes};
	return pms_append(region, &part, bytes, flags, position, error);
}

int32_t pms_region_append(pms_region *region, const void *data, uint64_t bytes, pms_position *position,
			  pms_error *error)
{
	return append_one(region, data, bytes, PMS_APPEND_DURABLE, position, error);
}

int32_t pms_region_append_deferred(pms_region *region, const void *data, uint64_t bytes, pms_position *position,
				   pms_error *error)
{
	return append_one(region, data, bytes, PMS_APPEND_DEFERRED, position, error);
}

/* Checks `count` parts; `total` is their sum, each and (for one entry) all together at most what an entry may hold. */
static int32_t check_parts(const pms_part *parts, uint64_t count, bool one_entry, uint32_t flags, uint64_t *total,
			   pms_error *error)
{
	*total = 0;
	if (flags > PMS_APPEND_DEFERRED)
		return pms_out_of_range("flags", flags, PMS_APPEND_DEFERRED, error);
	if (count && !parts)
		return pms_null_argument(one_entry ? "parts" : "entries", error);
	for (uint64_t i = 0; i < count; i++) {
		if (parts[i].bytes && !parts[i].data)
			return pms_fail(error, PMS_E_INVALID_ARGUMENT, "part %llu has %llu bytes, but its data is null",
					(unsigned long long)i, (unsigned long long)parts[i].bytes);
		if (parts[i].bytes > PMS_ENTRY_BYTES_MAX)
			return pms_out_of_range("bytes", parts[i].bytes, PMS_ENTRY_BYTES_MAX, error);
		*total += parts[i].bytes;
		if (one_entry && *total > PMS_ENTRY_BYTES_MAX)
			return pms_out_of_range("bytes of all parts", *total, PMS_ENTRY_BYTES_MAX, error);
	}
	return PMS_OK;
}

int32_t pms_region_append_parts(pms_region *region, const pms_part *parts, uint64_t part_count, uint32_t flags,
				pms_position *position, pms_error *error)
{
	uint64_t bytes;

	pms_error_clear(error);
	int32_t status = check_region(region, error);
	if (status == PMS_OK)
		status = check_parts(parts, part_count, true, flags, &bytes, error);
	if (status != PMS_OK)
		return status;
	return pms_append(region, part_count ? parts : &(pms_part){0}, bytes, flags, position, error);
}

static int32_t check_entry_count(const char *name, uint64_t count, pms_error *error)
{
	if (count >= 1 && count <= PMS_GROUP_ENTRIES_MAX)
		return PMS_OK;
	return pms_fail_at(error, PMS_E_INVALID_ARGUMENT, 0, PMS_GROUP_ENTRIES_MAX, count,
			   "%s is %llu, expected 1 to %u", name, (unsigned long long)count, PMS_GROUP_ENTRIES_MAX);
}

int32_t pms_region_append_group(pms_region *region, const pms_part *entries, uint64_t entry_count, uint32_t flags,
				pms_position *positions, pms_error *error)
{
	uint64_t bytes;

	pms_error_clear(error);
	int32_t status = check_region(region, error);
	if (status == PMS_OK)
		status = check_entry_count("entry_count", entry_count, error);
	if (status == PMS_OK)
		status = check_parts(entries, entry_count, false, flags, &bytes, error);
	return status == PMS_OK ? pms_append_group(region, entries, entry_count, flags, positions, error) : status;
}

int32_t pms_region_persist(pms_region *region, const pms_position *position, pms_error *error)
{
	pms_error_clear(error);
	int32_t status = check_region(region, error);
	return status == PMS_OK ? pms_persist_region(region, position, error) : status;
}

int32_t pms_region_reserve(pms_region *region, uint64_t bytes, pms_reservation **reservation, void **data,
			   pms_position *position, pms_error *error)
{
	pms_error_clear(error);
	if (!reservation || !data)
		return pms_null_argument(reservation ? "data" : "reservation", error);
	*reservation = NULL;
	*data = NULL;
	int32_t status = check_entry(region, bytes, error);
	if (status == PMS_OK)
		status = pms_reserve(region, bytes, reservation, error);
	if (status != PMS_OK)
		return status;
	*data = pms_at(&region->stream->medium, (*reservation)->payload);
	if (position)
		*position = (*reservation)->position;
	return PMS_OK;
}

static int32_t check_reservation(const pms_reservation *reservation, pms_error *error)
{
	if (!reservation)
		return pms_null_argument("reservation", error);
	if (pms_stream_is_forked(reservation->region->stream))
		return pms_fail(error, PMS_E_FORKED, "the stream was opened by the parent of this process");
	return PMS_OK;
}

int32_t pms_reservation_publish(pms_reservation *reservation, uint64_t bytes, pms_position *position, pms_error *error)
{
	pms_error_clear(error);
	int32_t status = check_reservation(reservation, error);
	if (status == PMS_OK)
		status = pms_publish(reservation, bytes, error);
	if (status == PMS_OK && position)
		*position = reservation->position;
	return status;
}

int32_t pms_reservation_abandon(pms_reservation *reservation, pms_error *error)
{
	pms_error_clear(error);
	int32_t status = check_reservation(reservation, error);
	return status == PMS_OK ? pms_abandon(reservation, error) : status;
}

void pms_reservation_release(pms_reservation *reservation)
{
	if (!reservation)
		return;
	pms_region *region = reservation->region;
	if (pms_stream_is_forked(region->stream))
		return; /* the parent's record still points at its own copy; ours is left alone */
	(void)pms_abandon(reservation, NULL);
	free(reservation);
	pms_region_unreference(region);
}

int32_t pms_region_abandon(pms_region *region, const pms_position *position, pms_error *error)
{
	pms_error_clear(error);
	int32_t status = check_entry(region, 0, error);
	if (status != PMS_OK)
		return status;
	if (!position)
		return pms_null_argument("position", error);
	return pms_abandon_at(region, position, error);
}

/* ---- groups ------------------------------------------------------------------------------------------------------ */

int32_t pms_region_begin_group(pms_region *region, uint64_t entries_max, uint64_t bytes_max, pms_group **group,
			       pms_error *error)
{
	pms_error_clear(error);
	if (!group)
		return pms_null_argument("group", error);
	*group = NULL;
	int32_t status = check_region(region, error);
	if (status == PMS_OK)
		status = check_entry_count("entries_max", entries_max, error);
	if (status != PMS_OK)
		return status;
	/* As pms_group_open adds it up; one extent holds it. */
	uint64_t most = PMS_ENTRY_BYTES_MAX - entries_max * (PMS_ENTRY_HEADER_BYTES + region->alignment);
	if (bytes_max > most)
		return pms_out_of_range("bytes_max", bytes_max, most, error);
	return pms_group_open(region, entries_max, bytes_max, group, error);
}

int32_t pms_group_next(pms_group *group, void **data, uint64_t *bytes, pms_error *error)
{
	uint64_t payload;

	pms_error_clear(error);
	if (!group || !data || !bytes)
		return pms_null_argument(!group ? "group" : data ? "bytes" : "data", error);
	*data = NULL;
	*bytes = 0;
	const pms_region *region = pms_group_region(group);
	int32_t status = check_region(region, error);
	if (status == PMS_OK)
		status = pms_group_room(group, &payload, bytes, error);
	if (status == PMS_OK)
		*data = pms_at(&region->stream->medium, payload);
	return status;
}

int32_t pms_group_add(pms_group *group, uint64_t bytes, pms_error *error)
{
	pms_error_clear(error);
	if (!group)
		return pms_null_argument("group", error);
	int32_t status = check_region(pms_group_region(group), error);
	return status == PMS_OK ? pms_group_take(group, bytes, error) : status;
}

int32_t pms_group_publish(pms_group *group, pms_position *positions, pms_error *error)
{
	pms_error_clear(error);
	if (!group)
		return pms_null_argument("group", error);
	int32_t status = check_region(pms_group_region(group), error);
	return status == PMS_OK ? pms_group_finish(group, positions, error) : status;
}

int32_t pms_group_abandon(pms_group *group, pms_error *error)
{
	pms_error_clear(error);
	if (!group)
		return pms_null_argument("group", error);
	int32_t status = check_region(pms_group_region(group), error);
	return status == PMS_OK ? pms_group_end(group, error) : status;
}

void pms_group_release(pms_group *group)
{
	/* In a forked child the parent's record still points at its own copy; ours is left alone. */
	if (group && !pms_stream_is_forked(pms_group_region(group)->stream))
		pms_group_close(group);
}

uint64_t pms_region_committed(const pms_region *region)
{
	return region && !region->retired ? atomic_load_explicit(&region->committed, memory_order_acquire) : 0;
}

uint64_t pms_region_persisted(const pms_region *region)
{
	return region && !region->retired ? atomic_load_explicit(&region->persisted, memory_order_acquire) : 0;
}

int32_t pms_cursor_open(pms_region *region, const pms_cursor_options *options, pms_cursor **cursor, pms_error *error)
{
	pms_error_clear(error);
	if (!cursor)
		return pms_null_argument("cursor", error);
	*cursor = NULL;
	if (!region)
		return pms_null_argument("region", error);
	if (!options)
		options = &default_cursor;
	if (options->struct_bytes != sizeof(*options))
		return pms_wrong_struct("options", sizeof(*options), options->struct_bytes, error);
	if (options->flags > (PMS_READ_UNVERIFIED | PMS_READ_PINNED))
		return pms_out_of_range("flags", options->flags, PMS_READ_UNVERIFIED | PMS_READ_PINNED, error);
	if (options->start > PMS_CURSOR_FROM_TIMESTAMP)
		return pms_out_of_range("start", options->start, PMS_CURSOR_FROM_TIMESTAMP, error);
	if (options->reserved0 || !pms_is_zero(options->reserved))
		return pms_reserved_not_zero(error);
	int32_t status = pms_cursor_start_at(region, options, cursor, error);
	if (status == PMS_OK)
		pms_error_clear(error);
	return status;
}

/* Apart, so that the common case needs no stack. */
static PMS_NEVER_INLINE int32_t next_after_a_look(pms_cursor *cursor, pms_entry *entry, pms_error *error)
{
	if (!cursor || !entry)
		return pms_null_argument(cursor ? "entry" : "cursor", error);
	int32_t status = pms_cursor_make_ready(cursor, error);
	if (status != PMS_OK)
		return status;
	*entry = *cursor->next++;
	pms_error_clear(error);
	return PMS_OK;
}

int32_t pms_cursor_next(pms_cursor *cursor, pms_entry *entry, pms_error *error)
{
	if (!cursor || !entry || !pms_cursor_is_ready(cursor))
		return next_after_a_look(cursor, entry, error);
	*entry = *cursor->next++;
	if (error)
		error->status = PMS_OK;
	return PMS_OK;
}

/* As next_after_a_look. */
static PMS_NEVER_INLINE int32_t batch_after_a_look(pms_cursor *cursor, const pms_entry **entries, uint64_t *count,
						   pms_error *error)
{
	if (!entries || !count)
		return pms_null_argument(entries ? "count" : "entries", error);
	*entries = NULL;
	*count = 0;
	if (!cursor)
		return pms_null_argument("cursor", error);
	int32_t status = pms_cursor_make_ready(cursor, error);
	if (status != PMS_OK)
		return status;
	pms_error_clear(error);
	*entries = cursor->next;
	*count = pms_cursor_take(cursor);
	return PMS_OK;
}

int32_t pms_cursor_next_batch(pms_cursor *cursor, const pms_entry **entries, uint64_t *count, pms_error *error)
{
	if (!cursor || !entries || !count || !pms_cursor_is_ready(cursor))
		return batch_after_a_look(cursor, entries, count, error);
	*entries = cursor->next;
	*count = pms_cursor_take(cursor);
	if (error)
		error->status = PMS_OK;
	return PMS_OK;
}

void pms_cursor_close(pms_cursor *cursor)
{
	/* In a forked child its mutex may be held by a thread that is not there: the cursor is left alone. */
	if (cursor && !pms_stream_is_forked(cursor->region->stream))
		pms_cursor_end(cursor);
}

int32_t pms_region_read(pms_region *region, const pms_position *position, void *destination, uint64_t capacity,
			uint32_t flags, uint64_t *bytes, pms_error *error)
{
	pms_error_clear(error);
	if (!bytes)
		return pms_null_argument("bytes", error);
	*bytes = 0;
	if (!region || !position)
		return pms_null_argument(region ? "position" : "region", error);
	if (capacity && !destination)
		return pms_null_argument("destination", error);
	if (flags > PMS_READ_UNVERIFIED)
		return pms_out_of_range("flags", flags, PMS_READ_UNVERIFIED, error);
	int32_t status = pms_region_enter_looker(region, error);
	if (status != PMS_OK)
		return status;
	status = pms_copy_entry(region, position, destination, capacity, !(flags & PMS_READ_UNVERIFIED), bytes, error);
	pms_region_leave_looker(region);
	return status;
}
