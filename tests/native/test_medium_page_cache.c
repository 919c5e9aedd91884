/* SPDX-License-Identifier: MIT */
/*
 * The group sync of the page cache. The system call is replaced by one that copies the synced range to a second buffer,
 * "the disk", can be held up, and can fail: what a drain has promised must be on that disk when it returns.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "error.h"
#include "medium_internal.h"
#include "support_files.h"

#define PAGES 64u
#define FILE_BYTES (PAGES * 4096u)

static pms_file file;
static pms_medium medium;
static pms_page_cache *cache;
static uint8_t disk[FILE_BYTES];

/* What the replaced call has seen, and what it is to do. */
static pthread_mutex_t sync_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t sync_changed = PTHREAD_COND_INITIALIZER;
static unsigned sync_begun;
static uint64_t sync_offset;
static uint64_t sync_bytes;
static bool sync_held;
static bool sync_slow;
static int sync_error;
static unsigned sync_failing; /* number of the only sync that gets the error; 0: all do */

static int replaced_sync(void *address, uint64_t bytes)
{
	unsigned number;
	int os_error;

	(void)pthread_mutex_lock(&sync_mutex);
	sync_offset = (uint64_t)((uint8_t *)address - medium.base);
	sync_bytes = bytes;
	if (sync_offset + bytes > FILE_BYTES || sync_offset % 4096 != 0 || bytes % 4096 != 0)
		abort();
	/* Copied at once, word by word: what is stored during a sync must not count on it. */
	for (uint64_t at = sync_offset; at < sync_offset + bytes; at += 8) {
		uint64_t word = pms_load64(&medium, at);

		memcpy(disk + at, &word, sizeof(word));
	}
	number = ++sync_begun;
	(void)pthread_cond_broadcast(&sync_changed);
	while (sync_held)
		(void)pthread_cond_wait(&sync_changed, &sync_mutex);
	if (sync_slow) {
		(void)pthread_mutex_unlock(&sync_mutex);
		(void)usleep(100);
		(void)pthread_mutex_lock(&sync_mutex);
	}
	os_error = sync_failing == 0 || sync_failing == number ? sync_error : 0;
	(void)pthread_mutex_unlock(&sync_mutex);
	return os_error;
}

static void hold_sync(bool held)
{
	(void)pthread_mutex_lock(&sync_mutex);
	sync_held = held;
	(void)pthread_cond_broadcast(&sync_changed);
	(void)pthread_mutex_unlock(&sync_mutex);
}

static void wait_for_sync(unsigned number)
{
	(void)pthread_mutex_lock(&sync_mutex);
	while (sync_begun < number)
		(void)pthread_cond_wait(&sync_changed, &sync_mutex);
	(void)pthread_mutex_unlock(&sync_mutex);
}

static int map(void **state)
{
	const char *path;
	pms_error error;

	(void)state;
	if (!test_disk_folder())
		return 0;
	path = test_path(test_disk_folder(), "page-cache");
	test_file_make(path, FILE_BYTES);
	if (pms_file_open(path, true, &file, &error) != PMS_OK ||
	    pms_medium_map(path, &file, FILE_BYTES, PMS_REQUIRE_ANY, PMS_FLUSH_AUTO, &medium, &error) != PMS_OK)
		return -1;
	cache = medium.context;
	cache->sync = replaced_sync;
	sync_begun = 0;
	sync_held = false;
	sync_slow = false;
	sync_error = 0;
	sync_failing = 0;
	memset(disk, 0, sizeof(disk));
	return 0;
}

static int unmap(void **state)
{
	(void)state;
	if (!test_disk_folder())
		return 0;
	pms_medium_unmap(&medium);
	pms_file_close(&file);
	return 0;
}

#define NEED_DISK() \
	do { \
		if (!test_disk_folder()) \
			TEST_SKIP("no folder on a disk"); \
	} while (0)

/* ---- one thread ------------------------------------------------------------------------------------------------- */

static void test_drain_several_notes_is_one_sync_over_whole_pages(void **state)
{
	(void)state;
	NEED_DISK();
	pms_store64(&medium, 5 * 4096 + 16, 1);
	pms_flush(&medium, 5 * 4096 + 16, 8);
	pms_flush(&medium, 4 * 4096 - 8, 8);
	pms_flush(&medium, 9 * 4096 - 4, 8);
	pms_flush(&medium, 0, 0);
	assert_int_equal(sync_begun, 0);
	assert_int_equal(pms_drain(&medium, NULL), PMS_OK);
	assert_int_equal(sync_begun, 1);
	assert_int_equal(sync_offset, 3 * 4096);
	assert_int_equal(sync_bytes, 7 * 4096);
	assert_int_equal(disk[5 * 4096 + 16], 1);
	/* The notes are gone with it. */
	pms_flush(&medium, 20 * 4096, 1);
	assert_int_equal(pms_drain(&medium, NULL), PMS_OK);
	assert_int_equal(sync_offset, 20 * 4096);
	assert_int_equal(sync_bytes, 4096);
}

static void test_drain_without_notes_syncs_nothing(void **state)
{
	(void)state;
	NEED_DISK();
	assert_int_equal(pms_drain(&medium, NULL), PMS_OK);
	pms_copy(&medium, 0, "abc", 3);
	assert_int_equal(pms_drain(&medium, NULL), PMS_OK);
	assert_int_equal(sync_begun, 0);
}

static void test_drain_failed_sync_is_reported_for_ever(void **state)
{
	pms_error error;

	(void)state;
	NEED_DISK();
	sync_error = EIO;
	pms_flush(&medium, 0, 8);
	assert_int_equal(pms_drain(&medium, &error), PMS_E_IO);
	assert_int_equal(error.os_error, EIO);
	assert_non_null(strstr(error.message, "may be lost"));
	/* The kernel has marked the pages clean: a sync that succeeds now would say nothing about them. */
	sync_error = 0;
	pms_flush(&medium, 4096, 8);
	assert_int_equal(pms_drain(&medium, &error), PMS_E_IO);
	assert_int_equal(error.os_error, EIO);
	assert_int_equal(sync_begun, 1);
}

/* Dirty bytes of the mapping, by the kernel's own book-keeping. */
static unsigned long dirty_kilobytes(const void *address)
{
	FILE *stream = fopen("/proc/self/smaps", "r");
	unsigned long total = 0;
	unsigned long amount;
	unsigned long begin;
	bool inside = false;
	char line[512];

	assert_non_null(stream);
	while (fgets(line, sizeof(line), stream)) {
		if (strstr(line, "-") && sscanf(line, "%lx-%*x ", &begin) == 1)
			inside = begin == (unsigned long)(uintptr_t)address;
		if (inside && (sscanf(line, "Shared_Dirty: %lu", &amount) == 1 ||
			       sscanf(line, "Private_Dirty: %lu", &amount) == 1))
			total += amount;
	}
	(void)fclose(stream);
	return total;
}

static void test_restore_clean_pages_become_dirty_and_unchanged(void **state)
{
	uint8_t before[FILE_BYTES];

	(void)state;
	NEED_DISK();
	memcpy(before, medium.base, FILE_BYTES);
	assert_int_equal(pms_sync_pages(medium.base, FILE_BYTES), 0);
	assert_int_equal(dirty_kilobytes(medium.base), 0);
	pms_restore(&medium, 4096 + 8, 3 * 4096);
	assert_int_equal(dirty_kilobytes(medium.base), 16);
	assert_memory_equal(medium.base, before, FILE_BYTES);
	assert_int_equal(pms_drain(&medium, NULL), PMS_OK);
	assert_int_equal(sync_offset, 4096);
	assert_int_equal(sync_bytes, 4 * 4096);
	pms_restore(&medium, 0, 0);
	assert_int_equal(pms_drain(&medium, NULL), PMS_OK);
	assert_int_equal(sync_begun, 1);
}

/* ---- several threads -------------------------------------------------------------------------------------------- */

#define THREADS 4u
#define ROUNDS 300u

static void *append_and_drain(void *argument)
{
	const uint64_t offset = *(const uint64_t *)argument;
	uintptr_t failures = 0;

	for (uint64_t round = 1; round <= ROUNDS; round++) {
		uint64_t found;

		pms_store64(&medium, offset, round);
		pms_flush(&medium, offset, 8);
		failures += pms_drain(&medium, NULL) != PMS_OK;
		(void)pthread_mutex_lock(&sync_mutex);
		memcpy(&found, disk + offset, sizeof(found));
		(void)pthread_mutex_unlock(&sync_mutex);
		failures += found != round;
	}
	return (void *)failures;
}

static void run_appenders(void)
{
	pthread_t threads[THREADS];
	uint64_t offsets[THREADS];
	void *failures;

	/* So that others store and note while a sync is under way that has already copied their pages. */
	sync_slow = true;
	for (unsigned i = 0; i < THREADS; i++) {
		offsets[i] = i * 7u * 4096u + 64u * i;
		assert_int_equal(pthread_create(&threads[i], NULL, append_and_drain, &offsets[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &failures), 0);
		assert_null(failures);
	}
	assert_true(sync_begun <= THREADS * ROUNDS);
}

static void test_drain_four_threads_each_finds_its_store_on_disk(void **state)
{
	(void)state;
	NEED_DISK();
	run_appenders();
}

static void test_drain_more_threads_than_entries_still_covers_all(void **state)
{
	static char others[PMS_NOTES_MAX];
	pms_error error;

	(void)state;
	NEED_DISK();
	/* Threads that noted something and never drained hold all entries. */
	for (unsigned i = 0; i < PMS_NOTES_MAX; i++)
		cache->notes[i] = (pms_note){.thread = &others[i], .last = 1};
	cache->note_count = PMS_NOTES_MAX;
	run_appenders();
	sync_error = ENOSPC;
	pms_flush(&medium, 0, 8);
	assert_int_equal(pms_drain(&medium, &error), PMS_E_IO);
	assert_int_equal(error.os_error, ENOSPC);
}

/* A thread that notes a page, and drains when it is told to. */
typedef struct drainer {
	pthread_t thread;
	uint64_t offset;
	bool noted;
	bool may_drain;
	int32_t status;
	int os_error;
} drainer;

static pthread_mutex_t step_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t step_changed = PTHREAD_COND_INITIALIZER;

static void step(bool *flag)
{
	(void)pthread_mutex_lock(&step_mutex);
	*flag = true;
	(void)pthread_cond_broadcast(&step_changed);
	(void)pthread_mutex_unlock(&step_mutex);
}

static void wait_for_step(const bool *flag)
{
	(void)pthread_mutex_lock(&step_mutex);
	while (!*flag)
		(void)pthread_cond_wait(&step_changed, &step_mutex);
	(void)pthread_mutex_unlock(&step_mutex);
}

static void *run_drainer(void *argument)
{
	drainer *self = argument;
	pms_error error;

	pms_flush(&medium, self->offset, 8);
	step(&self->noted);
	wait_for_step(&self->may_drain);
	self->status = pms_drain(&medium, &error);
	self->os_error = error.os_error;
	return NULL;
}

static void start_drainer(drainer *self, uint64_t offset)
{
	*self = (drainer){.offset = offset};
	assert_int_equal(pthread_create(&self->thread, NULL, run_drainer, self), 0);
	wait_for_step(&self->noted);
}

/* R12. Also who notes while it is under way: it may have written, and lost, pages that were stored to and not noted. */
static void test_drain_failed_sync_reaches_everybody_who_has_not_returned(void **state)
{
	drainer leader, waiter, late, next;

	(void)state;
	NEED_DISK();
	/* Three have noted before the sync begins: one leads it, one waits for it, one drains only after it. */
	start_drainer(&leader, 0);
	start_drainer(&waiter, 4096);
	start_drainer(&late, 2 * 4096);
	hold_sync(true);
	step(&leader.may_drain);
	wait_for_sync(1);
	step(&waiter.may_drain);
	/* The fourth notes while it is under way: it must not join it. */
	start_drainer(&next, 9 * 4096);
	step(&next.may_drain);
	(void)usleep(20000);
	assert_int_equal(sync_begun, 1);
	sync_error = EIO;
	sync_failing = 1;
	hold_sync(false);
	(void)pthread_join(leader.thread, NULL);
	(void)pthread_join(waiter.thread, NULL);
	step(&late.may_drain);
	(void)pthread_join(late.thread, NULL);
	(void)pthread_join(next.thread, NULL);
	assert_int_equal(leader.status, PMS_E_IO);
	assert_int_equal(waiter.status, PMS_E_IO);
	assert_int_equal(late.status, PMS_E_IO);
	assert_int_equal(late.os_error, EIO);
	assert_int_equal(next.status, PMS_E_IO);
	assert_int_equal(next.os_error, EIO);
	assert_int_equal(sync_begun, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_drain_several_notes_is_one_sync_over_whole_pages, map, unmap),
	    cmocka_unit_test_setup_teardown(test_drain_without_notes_syncs_nothing, map, unmap),
	    cmocka_unit_test_setup_teardown(test_drain_failed_sync_is_reported_for_ever, map, unmap),
	    cmocka_unit_test_setup_teardown(test_restore_clean_pages_become_dirty_and_unchanged, map, unmap),
	    cmocka_unit_test_setup_teardown(test_drain_four_threads_each_finds_its_store_on_disk, map, unmap),
	    cmocka_unit_test_setup_teardown(test_drain_more_threads_than_entries_still_covers_all, map, unmap),
	    cmocka_unit_test_setup_teardown(test_drain_failed_sync_reaches_everybody_who_has_not_returned, map, unmap),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
