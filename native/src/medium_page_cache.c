/* SPDX-License-Identifier: MIT */
/*
 * The medium of ordinary files. flush notes which pages were changed, drain syncs what was noted.
 *
 * What is noted is one range over everything, and it is synced by one msync. That writes no more than fdatasync would
 * (only dirty pages inside the range), and like it makes the device empty its cache once, which is what a sync costs;
 * an msync for each of several ranges would cost that several times. It also needs no descriptor of the file: a copy of
 * one would keep the writer lock alive.
 *
 * What is to be durable at once is written to the file, not stored through the mapping: the page that a store meets was
 * made read-only by the sync before, so each costs a fault, in which the file system does what makes the next sync slower. The
 * mapping shows what was written. Where writing fails, the mapping is stored to, as for everything else.
 *
 * Group sync. The noted range is taken whole by the sync that begins next; one sync runs at a time, in the thread of
 * the first drain that finds none under way. Each thread has an entry that says in which sync the last of its notes went: a
 * drain returns when that one is done.
 *
 * A failure is for ever, and for everybody. The kernel has marked the pages clean, a further sync would succeed and say
 * nothing; and since the range spans more than what was noted, it may have written and lost a page that another thread
 * had stored to and not yet noted.
 */
#include <stdlib.h>

#include "error.h"
#include "medium_internal.h"

/* Its address names the thread. A later thread may get the same one: it then inherits what was never drained. */
static _Thread_local char thread_mark;

/* ---- notes ------------------------------------------------------------------------------------------------------ */

/* The entry of this thread. With `create`, a new one where it has none, or the one for all others where all are taken.
 */
static pms_note *find_note_locked(pms_page_cache *cache, bool create)
{
	pms_note *free_note = NULL;

	for (unsigned i = 0; i < cache->note_count; i++) {
		if (cache->notes[i].thread == &thread_mark)
			return &cache->notes[i];
		if (!cache->notes[i].thread && !free_note)
			free_note = &cache->notes[i];
	}
	if (!create)
		return cache->others.thread ? &cache->others : NULL;
	if (!free_note && cache->note_count < PMS_NOTES_MAX)
		free_note = &cache->notes[cache->note_count++];
	if (!free_note) {
		if (!cache->others.thread)
			cache->others = (pms_note){.thread = cache, .last = cache->next};
		return &cache->others;
	}
	*free_note = (pms_note){.thread = &thread_mark, .last = cache->next};
	return free_note;
}

static void note(pms_medium *medium, uint64_t offset, uint64_t bytes)
{
	pms_page_cache *cache = medium->context;
	const uint64_t mask = cache->page_bytes - 1;
	uint64_t begin = offset & ~mask;
	uint64_t end = (offset + bytes + mask) & ~mask;

	if (bytes == 0)
		return;
	pms_mutex_lock(&cache->mutex);
	if (cache->noted_begin >= cache->noted_end) {
		cache->noted_begin = begin;
		cache->noted_end = end;
	} else {
		cache->noted_begin = begin < cache->noted_begin ? begin : cache->noted_begin;
		cache->noted_end = end > cache->noted_end ? end : cache->noted_end;
	}
	find_note_locked(cache, true)->last = cache->next;
	pms_mutex_unlock(&cache->mutex);
}

/* ---- the group sync --------------------------------------------------------------------------------------------- */

/* Syncs all that is noted, by way of the file if one is given. Called and returns with the mutex held; none is under way. */
static void sync_locked(pms_medium *medium, const pms_file *file)
{
	pms_page_cache *cache = medium->context;
	const uint64_t begin = cache->noted_begin;
	const uint64_t end = cache->noted_end;
	const uint64_t number = cache->next++;
	int os_error = 0;
	pms_error cause;

	/* From here on notes go to the next sync: this one may pass their pages before they were changed. */
	cache->noted_begin = 0;
	cache->noted_end = 0;
	cache->syncing = true;
	pms_mutex_unlock(&cache->mutex);
	if (!file)
		os_error = cache->sync(medium->base + begin, end - begin);
	else if (pms_file_sync(file, &cause) != PMS_OK)
		os_error = cause.os_error;
	pms_mutex_lock(&cache->mutex);
	cache->syncing = false;
	cache->done = number;
	if (os_error != 0)
		cache->os_error = os_error;
	pms_condition_wake_all(&cache->finished);
}

static int32_t fail_sync(int os_error, pms_error *error)
{
	return pms_fail_os(error, PMS_E_IO, os_error,
			   "the file could not be synced: what was written since the last sync may be lost");
}

/*
 * In turn with the other syncs, and as one of them: the kernel tells of a failed write-back once for each open of the file.
 * Were this to hear of it beside a sync of the mapping, that one would succeed, and its callers believe it.
 */
int32_t pms_page_cache_sync_file(pms_medium *medium, const pms_file *file, pms_error *error)
{
	pms_page_cache *cache = medium->context;
	int os_error;

	pms_mutex_lock(&cache->mutex);
	while (cache->syncing)
		pms_condition_wait(&cache->finished, &cache->mutex);
	if (cache->os_error == 0)
		sync_locked(medium, file);
	os_error = cache->os_error;
	pms_mutex_unlock(&cache->mutex);
	return os_error ? fail_sync(os_error, error) : PMS_OK;
}

uint64_t pms_page_cache_sync_count(const pms_medium *medium)
{
	pms_page_cache *cache = medium->context;

	pms_mutex_lock(&cache->mutex);
	uint64_t done = cache->done;
	pms_mutex_unlock(&cache->mutex);
	return done;
}

static int32_t page_cache_drain(pms_medium *medium, pms_error *error)
{
	pms_page_cache *cache = medium->context;
	pms_note *entry;
	uint64_t last;
	int os_error;

	pms_mutex_lock(&cache->mutex);
	entry = find_note_locked(cache, false);
	if (entry) {
		/* Read once: the entry for all others may move on and on. */
		last = entry->last;
		while (cache->os_error == 0 && cache->done < last) {
			if (cache->syncing)
				pms_condition_wait(&cache->finished, &cache->mutex);
			else
				sync_locked(medium, NULL);
		}
		if (entry != &cache->others)
			entry->thread = NULL;
	}
	os_error = cache->os_error;
	pms_mutex_unlock(&cache->mutex);
	return os_error ? fail_sync(os_error, error) : PMS_OK;
}

/* ---- the table -------------------------------------------------------------------------------------------------- */

static void page_cache_store64(pms_medium *medium, uint64_t offset, uint64_t value)
{
	atomic_store_explicit((_Atomic uint64_t *)(void *)(medium->base + offset), value, memory_order_release);
}

static void page_cache_copy(pms_medium *medium, uint64_t offset, const void *source, uint64_t bytes)
{
	if (bytes != 0)
		memcpy(medium->base + offset, source, bytes);
}

static void page_cache_copy_flush(pms_medium *medium, uint64_t offset, const void *source, uint64_t bytes)
{
	const pms_page_cache *cache = medium->context;
	uint64_t done = pms_write_pages(cache->file, offset, source, bytes);

	page_cache_copy(medium, offset + done, (const uint8_t *)source + done, bytes - done);
	note(medium, offset, bytes);
}

/* One byte of each page is enough: a page is dirty as a whole. Nobody else stores to the range meanwhile. */
static void page_cache_restore(pms_medium *medium, uint64_t offset, uint64_t bytes)
{
	const pms_page_cache *cache = medium->context;
	const uint64_t end = offset + bytes;

	for (uint64_t at = offset; at < end; at = (at | (cache->page_bytes - 1)) + 1) {
		volatile uint8_t *byte = medium->base + at;

		*byte = *byte;
	}
	note(medium, offset, bytes);
}

static void page_cache_unmap(pms_medium *medium)
{
	pms_page_cache *cache = medium->context;

	if (!cache)
		return;
	pms_mapping_retire(medium->base, medium->mapped_bytes);
	pms_room_release(medium->base + medium->mapped_bytes, medium->room_bytes - medium->mapped_bytes);
	medium->mapped_bytes = 0;
	medium->context = NULL;
	pms_condition_destroy(&cache->finished);
	pms_mutex_destroy(&cache->mutex);
	free(cache);
}

static const pms_medium_table page_cache_table = {
    .store64 = page_cache_store64,
    .copy = page_cache_copy,
    .copy_flush = page_cache_copy_flush,
    .flush = note,
    .drain = page_cache_drain,
    .restore = page_cache_restore,
    .unmap = page_cache_unmap,
};

int32_t pms_page_cache_attach(pms_medium *medium, const pms_file *file, pms_error *error)
{
	pms_page_cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return pms_fail(error, PMS_E_NO_MEMORY, "no memory for the state of the page-cache medium");
	pms_mutex_init(&cache->mutex);
	pms_condition_init(&cache->finished);
	cache->page_bytes = pms_page_bytes();
	cache->next = 1;
	cache->sync = pms_sync_pages;
	cache->file = file;
	medium->table = &page_cache_table;
	medium->context = cache;
	return PMS_OK;
}
