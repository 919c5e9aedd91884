/* SPDX-License-Identifier: MIT */
/*
 * The exported functions on streams and regions (those on entries are in api_entries.c): check arguments, clear the detail
 * record, delegate. What each promises is in the header.
 */
#include "arguments.h"
#include "check.h"
#include "dump.h"
#include "stream.h"

static const pms_open_options default_open = {.struct_bytes = sizeof(pms_open_options)};

static int32_t check_medium(uint32_t requirement, uint32_t policy, pms_error *error)
{
	if (requirement > PMS_REQUIRE_PERSISTENT_MEMORY)
		return pms_out_of_range("medium_requirement", requirement, PMS_REQUIRE_PERSISTENT_MEMORY, error);
	if (policy > PMS_FLUSH_SYNC)
		return pms_out_of_range("flush_policy", policy, PMS_FLUSH_SYNC, error);
	return PMS_OK;
}

static int32_t check_path(const char *path, pms_error *error)
{
	if (!path)
		return pms_null_argument("path", error);
	if (!*path)
		return pms_fail(error, PMS_E_INVALID_ARGUMENT, "path is empty");
	return PMS_OK;
}

int32_t pms_stream_create(const char *path, const pms_create_options *options, pms_stream **stream, pms_error *error)
{
	pms_error_clear(error);
	if (!stream)
		return pms_null_argument("stream", error);
	*stream = NULL;
	int32_t status = check_path(path, error);
	if (status != PMS_OK)
		return status;
	if (!options)
		return pms_null_argument("options", error);
	if (options->struct_bytes != sizeof(*options))
		return pms_wrong_struct("options", sizeof(*options), options->struct_bytes, error);
	if (options->flags & ~(uint32_t)PMS_CREATE_OVERWRITE)
		return pms_out_of_range("flags", options->flags, PMS_CREATE_OVERWRITE, error);
	if (options->reserved0 || !pms_is_zero(options->reserved))
		return pms_reserved_not_zero(error);
	if (options->block_bytes &&
	    (!pms_is_power_of_two(options->block_bytes) || options->block_bytes < PMS_BLOCK_BYTES_DEFAULT ||
	     options->block_bytes > PMS_BLOCK_BYTES_MAX))
		return pms_fail_at(error, PMS_E_INVALID_ARGUMENT, 0, PMS_BLOCK_BYTES_DEFAULT, options->block_bytes,
				   "block_bytes is %u, expected a power of two from %u to %u", options->block_bytes,
				   PMS_BLOCK_BYTES_DEFAULT, PMS_BLOCK_BYTES_MAX);
	if (options->stream_bytes > PMS_VALUE_MAX / 2)
		return pms_out_of_range("stream_bytes", options->stream_bytes, PMS_VALUE_MAX / 2, error);
	status = check_medium(options->medium_requirement, options->flush_policy, error);
	return status == PMS_OK ? pms_create(path, options, stream, error) : status;
}

int32_t pms_stream_open(const char *path, const pms_open_options *options, pms_stream **stream, pms_error *error)
{
	pms_error_clear(error);
	if (!stream)
		return pms_null_argument("stream", error);
	*stream = NULL;
	int32_t status = check_path(path, error);
	if (status != PMS_OK)
		return status;
	if (!options)
		options = &default_open;
	if (options->struct_bytes != sizeof(*options))
		return pms_wrong_struct("options", sizeof(*options), options->struct_bytes, error);
	if (options->flags & ~(uint32_t)(PMS_OPEN_READ_ONLY | PMS_OPEN_SALVAGE))
		return pms_out_of_range("flags", options->flags, PMS_OPEN_READ_ONLY | PMS_OPEN_SALVAGE, error);
	if (options->flags == (PMS_OPEN_READ_ONLY | PMS_OPEN_SALVAGE))
		return pms_fail(error, PMS_E_INVALID_ARGUMENT, "salvage writes: it cannot go with reading only");
	if (options->reserved0 || !pms_is_zero(options->reserved))
		return pms_reserved_not_zero(error);
	status = check_medium(options->medium_requirement, options->flush_policy, error);
	return status == PMS_OK ? pms_open(path, options, stream, error) : status;
}

int32_t pms_stream_close(pms_stream *stream) { return stream ? pms_close(stream) : PMS_OK; }

void pms_stream_release(pms_stream *stream)
{
	if (!stream)
		return;
	(void)pms_close(stream);
	pms_stream_unreference(stream);
}

int32_t pms_stream_describe(pms_stream *stream, pms_stream_info *info, pms_error *error)
{
	pms_error_clear(error);
	if (!stream || !info)
		return pms_null_argument(stream ? "info" : "stream", error);
	if (info->struct_bytes != sizeof(*info))
		return pms_wrong_struct("info", sizeof(*info), info->struct_bytes, error);
	int32_t status = pms_stream_enter(stream, error);
	if (status != PMS_OK)
		return status;
	status = pms_describe(stream, info, error);
	pms_stream_leave(stream);
	return status;
}

int32_t pms_stream_recovery(pms_stream *stream, pms_recovery_info *recovery, pms_error *error)
{
	pms_error_clear(error);
	if (!stream || !recovery)
		return pms_null_argument(stream ? "recovery" : "stream", error);
	if (recovery->struct_bytes != sizeof(*recovery))
		return pms_wrong_struct("recovery", sizeof(*recovery), recovery->struct_bytes, error);
	int32_t status = pms_stream_enter(stream, error);
	if (status != PMS_OK)
		return status;
	*recovery = stream->recovery;
	recovery->struct_bytes = sizeof(*recovery);
	pms_stream_leave(stream);
	return PMS_OK;
}

int32_t pms_stream_counters(pms_stream *stream, pms_counters *counters, pms_error *error)
{
	pms_error_clear(error);
	if (!stream || !counters)
		return pms_null_argument(stream ? "counters" : "stream", error);
	if (counters->struct_bytes != sizeof(*counters))
		return pms_wrong_struct("counters", sizeof(*counters), counters->struct_bytes, error);
	int32_t status = pms_stream_enter(stream, error);
	if (status != PMS_OK)
		return status;
	status = pms_count(stream, counters, error);
	pms_stream_leave(stream);
	return status;
}

int32_t pms_stream_next_reader(pms_stream *stream, uint32_t *index, pms_reader_info *reader, pms_error *error)
{
	pms_error_clear(error);
	if (!stream || !index || !reader)
		return pms_null_argument(!stream ? "stream" : !index ? "index" : "reader", error);
	if (reader->struct_bytes != sizeof(*reader))
		return pms_wrong_struct("reader", sizeof(*reader), reader->struct_bytes, error);
	int32_t status = pms_stream_enter(stream, error);
	if (status != PMS_OK)
		return status;
	status = pms_coordination_next_reader(stream, index, reader, error);
	pms_stream_leave(stream);
	return status;
}

int32_t pms_stream_persist(pms_stream *stream, uint64_t *timestamp, pms_error *error)
{
	uint64_t persisted;

	pms_error_clear(error);
	if (!stream)
		return pms_null_argument("stream", error);
	int32_t status = pms_persist_stream(stream, &persisted, error);
	if (status == PMS_OK && timestamp)
		*timestamp = persisted;
	return status;
}

uint64_t pms_stream_persisted_timestamp(const pms_stream *stream)
{
	return stream ? atomic_load_explicit(&stream->persisted_timestamp, memory_order_acquire) : 0;
}

int32_t pms_stream_grow(pms_stream *stream, uint64_t stream_bytes, pms_error *error)
{
	pms_error_clear(error);
	if (!stream)
		return pms_null_argument("stream", error);
	int32_t status = pms_stream_enter(stream, error);
	if (status != PMS_OK)
		return status;
	status = pms_grow(stream, stream_bytes, error);
	pms_stream_leave(stream);
	return status;
}

int32_t pms_stream_stable_timestamp(pms_stream *stream, uint64_t *timestamp, pms_error *error)
{
	pms_error_clear(error);
	if (!stream || !timestamp)
		return pms_null_argument(stream ? "timestamp" : "stream", error);
	*timestamp = 0;
	int32_t status = pms_stream_enter(stream, error);
	if (status != PMS_OK)
		return status;
	status = pms_stable_timestamp(stream, timestamp, error);
	if (status == PMS_OK)
		pms_error_clear(error); /* the end of the regions is no failure */
	pms_stream_leave(stream);
	return status;
}

static int32_t check_region_options(const pms_region_options *options, pms_error *error)
{
	uint32_t alignment = options->entry_alignment;

	if (options->struct_bytes != sizeof(*options))
		return pms_wrong_struct("options", sizeof(*options), options->struct_bytes, error);
	if (options->reserved0 || !pms_is_zero(options->reserved))
		return pms_reserved_not_zero(error);
	if (options->usable_bytes == 0 || options->usable_bytes > PMS_VALUE_MAX / 2)
		return pms_fail_at(error, PMS_E_INVALID_ARGUMENT, 0, PMS_VALUE_MAX / 2, options->usable_bytes,
				   "usable_bytes is %llu, expected 1 to %llu",
				   (unsigned long long)options->usable_bytes, (unsigned long long)(PMS_VALUE_MAX / 2));
	if (alignment && (!pms_is_power_of_two(alignment) || alignment < PMS_ENTRY_ALIGNMENT_MIN ||
			  alignment > PMS_ENTRY_ALIGNMENT_MAX))
		return pms_fail_at(error, PMS_E_INVALID_ARGUMENT, 0, PMS_ENTRY_ALIGNMENT_DEFAULT, alignment,
				   "entry_alignment is %u, expected a power of two from %u to %u", alignment,
				   PMS_ENTRY_ALIGNMENT_MIN, PMS_ENTRY_ALIGNMENT_MAX);
	if (options->name_bytes > PMS_NAME_BYTES_MAX)
		return pms_fail_at(error, PMS_E_INVALID_ARGUMENT, 0, PMS_NAME_BYTES_MAX, options->name_bytes,
				   "the name has %u bytes, expected at most %u", options->name_bytes,
				   PMS_NAME_BYTES_MAX);
	if (options->name_bytes && !options->name)
		return pms_null_argument("name", error);
	if (!pms_is_utf8(options->name, options->name_bytes))
		return pms_fail(error, PMS_E_INVALID_ARGUMENT, "the name is not UTF-8 without NUL");
	return PMS_OK;
}

int32_t pms_region_create(pms_stream *stream, const pms_region_options *options, pms_region **region, pms_error *error)
{
	pms_error_clear(error);
	if (!region)
		return pms_null_argument("region", error);
	*region = NULL;
	if (!stream || !options)
		return pms_null_argument(stream ? "options" : "stream", error);
	int32_t status = check_region_options(options, error);
	if (status == PMS_OK)
		status = pms_stream_enter(stream, error);
	if (status != PMS_OK)
		return status;
	status = pms_layout_allocate(stream, options, region, error);
	pms_stream_leave(stream);
	return status;
}

int32_t pms_region_find(pms_stream *stream, const char *name, uint64_t name_bytes, pms_region **region,
			pms_error *error)
{
	pms_error_clear(error);
	if (!region)
		return pms_null_argument("region", error);
	*region = NULL;
	if (!stream || !name)
		return pms_null_argument(stream ? "name" : "stream", error);
	if (name_bytes == 0 || name_bytes > PMS_NAME_BYTES_MAX)
		return pms_fail_at(error, PMS_E_INVALID_ARGUMENT, 0, PMS_NAME_BYTES_MAX, name_bytes,
				   "the name has %llu bytes, expected 1 to %u", (unsigned long long)name_bytes,
				   PMS_NAME_BYTES_MAX);
	int32_t status = pms_stream_enter(stream, error);
	if (status != PMS_OK)
		return status;
	status = pms_layout_find(stream, name, name_bytes, region, error);
	pms_stream_leave(stream);
	return status;
}

int32_t pms_region_next(pms_stream *stream, uint64_t offset, pms_region **region, pms_error *error)
{
	pms_error_clear(error);
	if (!region)
		return pms_null_argument("region", error);
	*region = NULL;
	if (!stream)
		return pms_null_argument("stream", error);
	int32_t status = pms_stream_enter(stream, error);
	if (status != PMS_OK)
		return status;
	status = pms_layout_next(stream, offset, region, error);
	pms_stream_leave(stream);
	return status;
}

int32_t pms_region_describe(pms_region *region, pms_region_info *info, pms_error *error)
{
	pms_error_clear(error);
	if (!region || !info)
		return pms_null_argument(region ? "info" : "region", error);
	if (info->struct_bytes != sizeof(*info))
		return pms_wrong_struct("info", sizeof(*info), info->struct_bytes, error);
	int32_t status = pms_region_enter_looker(region, error);
	if (status != PMS_OK)
		return status;
	pms_region_fill_info(region, info);
	pms_region_leave_looker(region);
	return PMS_OK;
}

/* Both change the layout: not in a forked child. A freed or closed region is told inside. */
static int32_t change_region(pms_region *region, int32_t (*change)(pms_region *, pms_error *), pms_error *error)
{
	pms_error_clear(error);
	if (!region)
		return pms_null_argument("region", error);
	int32_t status = pms_stream_enter(region->stream, error);
	if (status != PMS_OK)
		return status;
	status = change(region, error);
	pms_stream_leave(region->stream);
	return status;
}

int32_t pms_region_clear(pms_region *region, pms_error *error)
{
	return change_region(region, pms_layout_clear, error);
}

int32_t pms_region_free(pms_region *region, pms_error *error) { return change_region(region, pms_layout_free, error); }

void pms_region_release(pms_region *region)
{
	if (region)
		pms_region_unreference(region);
}

int32_t pms_check_run(pms_stream *stream, pms_check **check, pms_error *error)
{
	pms_error_clear(error);
	if (!check)
		return pms_null_argument("check", error);
	*check = NULL;
	if (!stream)
		return pms_null_argument("stream", error);
	int32_t status = pms_stream_enter(stream, error);
	if (status != PMS_OK)
		return status;
	status = pms_check_stream(stream, check, error);
	pms_stream_leave(stream);
	return status;
}

int32_t pms_dump_open(pms_stream *stream, pms_dump **dump, pms_error *error)
{
	pms_error_clear(error);
	if (!dump)
		return pms_null_argument("dump", error);
	*dump = NULL;
	if (!stream)
		return pms_null_argument("stream", error);
	int32_t status = pms_stream_enter(stream, error);
	if (status != PMS_OK)
		return status;
	status = pms_dump_start(stream, dump, error);
	pms_stream_leave(stream);
	return status;
}
