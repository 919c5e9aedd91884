/* SPDX-License-Identifier: MIT */
/* Life of an open stream: pins, poison, close, describe. Creating and opening are in create.c and open.c. */
#include "stream.h"
#include "wait.h"

#include <stdio.h>
#include <stdlib.h>

void pms_word_write_flush(pms_stream *stream, uint64_t offset, pms_word_role role, uint64_t value)
{
	pms_word_write(stream, offset, role, value);
	pms_flush(&stream->medium, offset, sizeof(uint64_t));
}

pms_stream *pms_stream_new(bool read_only)
{
	pms_stream *stream = pms_allocate_apart(sizeof(*stream));

	if (!stream)
		return NULL;
	pms_os_initialize();
	stream->file.handle = -1;
	stream->read_only = read_only;
	stream->fork_generation = pms_os_fork_generation;
	atomic_init(&stream->references, 1);
	atomic_init(&stream->mapping_pins, 1);
	atomic_init(&stream->lock_pins, 1);
	pms_mutex_init(&stream->grow_mutex);
	pms_mutex_init(&stream->clock_mutex);
	pms_mutex_init(&stream->layout_mutex);
	pms_coordination_init(&stream->coordination);
	return stream;
}

void pms_stream_unreference(pms_stream *stream)
{
	if (atomic_fetch_sub(&stream->references, 1) != 1)
		return;
	free(stream->pieces);
	pms_mutex_destroy(&stream->grow_mutex);
	pms_mutex_destroy(&stream->clock_mutex);
	pms_mutex_destroy(&stream->layout_mutex);
	pms_coordination_destroy(&stream->coordination);
	pms_free_apart(stream);
}

void pms_stream_drop_lock_pin(pms_stream *stream)
{
	/* A reader holds no lock, but asks who does as long as it reads. */
	if (atomic_fetch_sub(&stream->lock_pins, 1) != 1 || stream->read_only)
		return;
	pms_coordination_end(stream);
	pms_file_close(&stream->file);
}

void pms_stream_drop_mapping_pin(pms_stream *stream)
{
	if (atomic_fetch_sub(&stream->mapping_pins, 1) != 1)
		return;
	if (stream->medium.base)
		pms_medium_unmap(&stream->medium);
	if (!stream->read_only)
		return;
	if (!pms_stream_is_forked(stream))
		pms_coordination_detach(&stream->coordination);
	pms_file_close(&stream->file);
}

int32_t pms_stream_enter(pms_stream *stream, pms_error *error)
{
	if (pms_stream_is_forked(stream))
		return pms_fail(error, PMS_E_FORKED, "the stream was opened by the parent of this process");
	uint32_t pins = atomic_load(&stream->mapping_pins);
	do {
		if (pins == 0 || atomic_load(&stream->closed))
			return pms_fail(error, PMS_E_CLOSED, "the stream was closed");
	} while (!atomic_compare_exchange_weak(&stream->mapping_pins, &pins, pins + 1));
	/* The writer lock, too: the last operation on the layout ends before the lock is released. */
	uint32_t locks = atomic_load(&stream->lock_pins);
	do {
		if (locks == 0) {
			pms_stream_drop_mapping_pin(stream);
			return pms_fail(error, PMS_E_CLOSED, "the stream was closed");
		}
	} while (!atomic_compare_exchange_weak(&stream->lock_pins, &locks, locks + 1));
	return PMS_OK;
}

void pms_stream_leave(pms_stream *stream)
{
	pms_stream_drop_lock_pin(stream);
	pms_stream_drop_mapping_pin(stream);
}

int32_t pms_stream_still_open_locked(const pms_stream *stream, pms_error *error)
{
	return atomic_load(&stream->closed) ? pms_fail(error, PMS_E_CLOSED, "the stream was closed") : PMS_OK;
}

int32_t pms_stream_may_write(pms_stream *stream, pms_error *error)
{
	if (stream->read_only)
		return pms_fail(error, PMS_E_READ_ONLY, "the stream is open for reading only");
	if (atomic_load_explicit(&stream->poisoned, memory_order_relaxed) != PMS_OK)
		return pms_stream_fail_poisoned(stream, PMS_E_POISONED, error);
	return PMS_OK;
}

int32_t pms_stream_fail_poisoned(pms_stream *stream, int32_t status, pms_error *error)
{
	return pms_fail_os(error, status, atomic_load(&stream->poison_os_error),
			   "making data durable failed; the stream takes no more writes until it is opened again");
}

static int32_t poison(pms_stream *stream, int os_error, pms_error *error)
{
	int32_t healthy = PMS_OK;

	atomic_store(&stream->poison_os_error, os_error); /* several may fail at once; any of their errors will do */
	atomic_compare_exchange_strong(&stream->poisoned, &healthy, PMS_E_IO);
	return pms_stream_fail_poisoned(stream, PMS_E_IO, error);
}

int32_t pms_stream_drain_table(pms_stream *stream, pms_error *error)
{
	pms_error cause;

	if (atomic_load(&stream->poisoned) != PMS_OK)
		return pms_stream_fail_poisoned(stream, PMS_E_IO, error);
	if (pms_drain(&stream->medium, &cause) == PMS_OK)
		return PMS_OK;
	return poison(stream, cause.os_error, error);
}

int32_t pms_stream_sync_file(pms_stream *stream, pms_error *error)
{
	pms_error cause;

	if (pms_medium_sync_file(&stream->medium, &stream->file, &cause) == PMS_OK)
		return PMS_OK;
	return poison(stream, cause.os_error, error);
}

static void release_regions(pms_stream *stream)
{
	for (uint64_t i = 0; i < stream->piece_count; i++) {
		pms_region *region = stream->pieces[i].region;
		if (!region)
			continue;
		stream->pieces[i].region = NULL;
		pms_mutex_lock(&region->mutex);
		pms_region_retire_locked(region, PMS_E_CLOSED);
		pms_mutex_unlock(&region->mutex);
		pms_region_unreference(region);
	}
}

int32_t pms_close(pms_stream *stream)
{
	int32_t status = PMS_OK;

	/* A forked child has copies of mutexes in any state, and must not write: it leaves everything to its parent. */
	if (pms_stream_is_forked(stream) || atomic_exchange(&stream->closed, true))
		return PMS_OK;
	pms_mutex_lock(&stream->layout_mutex);
	if (!stream->read_only && atomic_load(&stream->poisoned) != PMS_OK) {
		status = PMS_E_POISONED;
	} else if (!stream->read_only) {
		status = pms_persist_at_close_locked(stream);
	}
	release_regions(stream);
	stream->piece_count = 0;
	pms_mutex_unlock(&stream->layout_mutex);
	pms_waiters_kick(stream);
	pms_stream_leave(stream); /* the pins of the open stream itself */
	return status;
}

void pms_stream_discard(pms_stream *stream)
{
	atomic_store(&stream->closed, true);
	release_regions(stream);
	stream->piece_count = 0;
	pms_stream_leave(stream);
	pms_stream_unreference(stream);
}

int32_t pms_describe(pms_stream *stream, pms_stream_info *info, pms_error *error)
{
	const pms_stored_header *header = &stream->header;

	pms_mutex_lock(&stream->layout_mutex);
	int32_t status = pms_stream_still_open_locked(stream, error);
	if (status == PMS_OK && stream->read_only)
		status = pms_layout_refresh_locked(stream, error);
	if (status != PMS_OK) {
		pms_mutex_unlock(&stream->layout_mutex);
		return status;
	}
	*info = (pms_stream_info){
	    .struct_bytes = sizeof(*info),
	    .format_version = header->version,
	    .stream_bytes = stream->stream_bytes,
	    .file_bytes = stream->file.bytes,
	    .created_unix_seconds = header->created_unix_seconds,
	    .next_timestamp = atomic_load(&stream->next_timestamp),
	    .compatible_features = header->compatible_features,
	    .incompatible_features = header->incompatible_features,
	    .read_only_features = header->read_only_features,
	    .block_bytes = header->block_bytes,
	    .medium_kind = stream->medium.kind,
	    .flush_policy = stream->medium.policy,
	    .read_only = stream->read_only,
	    .state = stream->damage,
	};
	info->free_bytes = pms_layout_free_bytes_locked(stream, &info->largest_free_bytes);
	for (uint64_t i = 0; i < stream->piece_count; i++)
		info->region_count += stream->pieces[i].region != NULL;
	pms_mutex_unlock(&stream->layout_mutex);
	memcpy(info->uuid, header->uuid, sizeof(info->uuid));
	(void)snprintf(info->medium_text, sizeof(info->medium_text), "%s", stream->medium.text);
	return PMS_OK;
}

/* Under both mutexes. `ordered` moves on meanwhile, never back: only a clear sets it, under the layout mutex. */
static void count_region_locked(const pms_region *region, pms_counters *counters)
{
	counters->entries += atomic_load_explicit(&region->entries, memory_order_relaxed);
	counters->appended_bytes += region->counted_bytes + atomic_load(&region->ordered) - region->counted_from;
}

void pms_count_retired_locked(const pms_region *region)
{
	pms_counters counters = {0};

	count_region_locked(region, &counters);
	region->stream->retired_entries += counters.entries;
	region->stream->retired_bytes += counters.appended_bytes;
}

int32_t pms_count(pms_stream *stream, pms_counters *counters, pms_error *error)
{
	pms_mutex_lock(&stream->layout_mutex);
	int32_t status = pms_stream_still_open_locked(stream, error);
	if (status != PMS_OK) {
		pms_mutex_unlock(&stream->layout_mutex);
		return status;
	}
	*counters = (pms_counters){.struct_bytes = sizeof(*counters)};
	for (uint64_t i = 0; !stream->read_only && i < stream->piece_count; i++) {
		pms_region *region = stream->pieces[i].region;
		if (!region)
			continue;
		pms_mutex_lock(&region->mutex);
		count_region_locked(region, counters);
		pms_mutex_unlock(&region->mutex);
	}
	counters->entries += stream->retired_entries;
	counters->appended_bytes += stream->retired_bytes;
	counters->persists = atomic_load(&stream->persists);
	counters->syncs = pms_medium_sync_count(&stream->medium);
	pms_mutex_unlock(&stream->layout_mutex);
	return PMS_OK;
}
