/* SPDX-License-Identifier: MIT */
/* Addresses that are reserved behind a mapping: how many, how a mapping grows into them, and what becomes of them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "error.h"
#include "medium_internal.h"
#include "support_files.h"

#define FILE_BYTES 65536u
#define GIB ((uint64_t)1 << 30)

static const char *folder;

static int create_folders(void **state)
{
	(void)test_folders_create(state);
	folder = test_tmpfs_folder() ? test_tmpfs_folder() : test_disk_folder();
	return folder ? 0 : -1;
}

/* A file of `bytes`, of which the first FILE_BYTES are mapped. */
static void map_new(const char *in, uint64_t bytes, bool writable, pms_file *file, pms_medium *medium)
{
	const char *path = test_path(in, "room");
	pms_error error;

	test_file_make(path, bytes);
	assert_int_equal(pms_file_open(path, writable, file, &error), PMS_OK);
	assert_int_equal(pms_medium_map(path, file, FILE_BYTES, PMS_REQUIRE_ANY, PMS_FLUSH_AUTO, medium, &error),
			 PMS_OK);
}

/* mincore knows addresses that nothing is mapped to: ENOMEM. */
static bool is_mapped(void *address)
{
	unsigned char page;

	return mincore(address, 4096, &page) == 0;
}

static void test_room_is_many_times_what_is_mapped(void **state)
{
	pms_medium medium;
	pms_file file;

	(void)state;
	map_new(folder, FILE_BYTES, true, &file, &medium);
	assert_in_range(medium.room_bytes, 64 * GIB - (4u << 20), 64 * GIB);
	assert_int_equal(medium.room_bytes % (2u << 20), 0);
	assert_int_equal((uintptr_t)medium.base % (2u << 20), 0);
	assert_true(is_mapped(medium.base + medium.room_bytes - 4096));
	pms_medium_unmap(&medium);
	pms_file_close(&file);

	uint64_t room;
	uint8_t *base = pms_room_reserve(100 * GIB, 4096, &room);
	assert_non_null(base);
	assert_int_equal(room, 800 * GIB);
	assert_int_equal(munmap(base, 100 * GIB), 0); /* where the mapping would be */
	pms_room_release(base + 100 * GIB, room - 100 * GIB);
}

static void test_extend_maps_the_file_where_the_room_was(void **state)
{
	const char *folders[] = {test_disk_folder(), test_tmpfs_folder()};
	pms_medium medium;
	pms_error error;
	pms_file file;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		if (!folders[i / 2])
			continue;
		map_new(folders[i / 2], 10 * FILE_BYTES, i % 2, &file, &medium);
		const uint8_t *base = medium.base;
		/* Not a whole number of pages: the rest of the last one comes with the next. */
		assert_int_equal(pms_medium_extend(&medium, &file, 3 * FILE_BYTES + 100, &error), PMS_OK);
		assert_int_equal(pms_medium_extend(&medium, &file, 10 * FILE_BYTES, &error), PMS_OK);
		assert_int_equal(pms_medium_extend(&medium, &file, FILE_BYTES, &error), PMS_OK);
		assert_ptr_equal(medium.base, base);
		assert_int_equal(medium.bytes, 10 * FILE_BYTES);
		assert_int_equal(medium.mapped_bytes, 10 * FILE_BYTES);
		for (uint64_t at = 0; at < 10 * FILE_BYTES; at += 1021)
			assert_int_equal(base[at], test_pattern(at));
		if (i % 2) {
			pms_store64(&medium, FILE_BYTES - 8, 1);
			pms_store64(&medium, 9 * FILE_BYTES, 2);
			pms_flush(&medium, FILE_BYTES - 8, 8);
			pms_flush(&medium, 9 * FILE_BYTES, 8);
			assert_int_equal(pms_drain(&medium, &error), PMS_OK); /* one range over both parts */
			assert_int_equal(pms_medium_sync_file(&medium, &file, &error), PMS_OK);
			uint64_t word;
			size_t got;
			assert_int_equal(pms_file_read(&file, 9 * FILE_BYTES, &word, 8, &got, &error), PMS_OK);
			assert_int_equal(word, 2);
		}
		pms_medium_unmap(&medium);
		pms_file_close(&file);
	}
}

static void test_unmap_retires_what_was_mapped_and_gives_the_rest_back(void **state)
{
	pms_medium medium;
	pms_error error;
	pms_file file;

	(void)state;
	map_new(folder, 4 * FILE_BYTES, true, &file, &medium);
	const uint64_t retired = pms_mapping_retired_bytes(), room_bytes = medium.room_bytes;
	assert_int_equal(pms_medium_extend(&medium, &file, 4 * FILE_BYTES, &error), PMS_OK);
	volatile uint8_t *stale = medium.base;
	uint8_t *rest = medium.base + 4 * FILE_BYTES, *last = medium.base + room_bytes - 4096;
	pms_medium_unmap(&medium);
	for (uint64_t at = 0; at < 4 * FILE_BYTES; at += 1000)
		assert_int_equal(stale[at], 0);
	assert_int_equal(pms_mapping_retired_bytes(), retired + 4 * FILE_BYTES);
	assert_false(is_mapped(rest));
	assert_false(is_mapped(last));
	pms_file_close(&file);
}

static void test_room_of_all_mappings_has_a_limit(void **state)
{
	const uint64_t total = pms_room_bytes_total;
	pms_medium media[40];
	pms_file files[40];
	pms_error error;
	unsigned full = 0, less = 0, none = 0;

	(void)state;
	pms_room_bytes_total = 1000 * GIB; /* others of this program have given theirs back */
	for (int i = 0; i < 40; i++) {
		map_new(folder, 2 * FILE_BYTES, true, &files[i], &media[i]);
		full += media[i].room_bytes > 60 * GIB;
		less += media[i].room_bytes <= 60 * GIB && media[i].room_bytes > FILE_BYTES;
		none += media[i].room_bytes == FILE_BYTES;
	}
	assert_int_equal(full, 15);
	assert_true(less > 0 && none > 0 && full + less + none == 40);
	pms_room_bytes_total = total;
	for (int i = 0; i < 40; i++) {
		/* Without room it is a mapping like any other, that does not grow. */
		int32_t status = pms_medium_extend(&media[i], &files[i], 2 * FILE_BYTES, &error);
		assert_int_equal(status, media[i].room_bytes > FILE_BYTES ? PMS_OK : PMS_E_NO_MEMORY);
		assert_int_equal(media[i].base[5000], test_pattern(5000));
		pms_medium_unmap(&media[i]);
		pms_file_close(&files[i]);
	}
	map_new(folder, FILE_BYTES, true, &files[0], &media[0]);
	assert_in_range(media[0].room_bytes, 60 * GIB, 64 * GIB);
	pms_medium_unmap(&media[0]);
	pms_file_close(&files[0]);
}

/* What stays behind, retired, is in the way of the next room of that size: it begins behind it, a little shorter. */
static void test_rooms_that_follow_each_other_lie_in_one_place(void **state)
{
	uintptr_t lowest = UINTPTR_MAX, highest = 0;
	pms_medium medium;
	pms_file file;

	(void)state;
	for (int i = 0; i < 300; i++) {
		map_new(folder, FILE_BYTES, true, &file, &medium);
		assert_in_range(medium.room_bytes, 60 * GIB, 64 * GIB);
		lowest = (uintptr_t)medium.base < lowest ? (uintptr_t)medium.base : lowest;
		highest = (uintptr_t)medium.base > highest ? (uintptr_t)medium.base : highest;
		pms_medium_unmap(&medium);
		pms_file_close(&file);
	}
	/* One room, were it not for what others of the process may put there. */
	assert_in_range(highest - lowest, 299 * (2u << 20), 4 * 64 * GIB);
}

/* In a child: under a limit on addresses a part of them is taken, and the others can be had by somebody else. */
static int map_under_a_limit(void)
{
	const struct rlimit limit = {.rlim_cur = 8 * GIB, .rlim_max = 8 * GIB};
	const char *path = test_path(folder, "limit");
	pms_medium medium;
	pms_file file;

	test_file_make(path, FILE_BYTES);
	if (setrlimit(RLIMIT_AS, &limit) != 0 || pms_file_open(path, true, &file, NULL) != PMS_OK ||
	    pms_medium_map(path, &file, FILE_BYTES, PMS_REQUIRE_ANY, PMS_FLUSH_AUTO, &medium, NULL) != PMS_OK)
		return 1;
	if (medium.room_bytes <= FILE_BYTES || medium.room_bytes > GIB)
		return 2;
	void *more = mmap(NULL, 4 * GIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return more == MAP_FAILED ? 3 : 0;
}

static void test_room_leaves_others_what_a_limit_allows(void **state)
{
	int status;

	(void)state;
#if defined(__SANITIZE_ADDRESS__)
	TEST_SKIP("allowed: AddressSanitizer itself takes more addresses than the limit");
#endif
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(map_under_a_limit());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* Where the rest is mapped with MAP_SYNC, the new part is, too, or the mapping does not grow. */
static void test_extend_refuses_another_medium(void **state)
{
	pms_medium medium;
	pms_error error;
	pms_file file;

	(void)state;
	map_new(folder, 2 * FILE_BYTES, true, &file, &medium);
	assert_false(medium.synchronous);
	medium.synchronous = true; /* as if it had been on a DAX file system */
	assert_int_equal(pms_medium_extend(&medium, &file, 2 * FILE_BYTES, &error), PMS_E_MEDIUM);
	assert_int_equal(medium.bytes, FILE_BYTES);
	assert_int_equal(medium.mapped_bytes, FILE_BYTES);
	medium.synchronous = false;
	assert_int_equal(pms_medium_extend(&medium, &file, 2 * FILE_BYTES, &error), PMS_OK);
	pms_medium_unmap(&medium);
	pms_file_close(&file);
}

/* Beside a sync of the mapping it would take away the only report of a failed write-back: so it waits, and is one itself. */
static int failing_error;

static int sync_fails(void *address, uint64_t bytes)
{
	(void)address;
	(void)bytes;
	return failing_error;
}

static void test_sync_file_fails_when_a_sync_has_failed(void **state)
{
	pms_medium medium;
	pms_error error;
	pms_file file;

	(void)state;
	if (!test_disk_folder())
		TEST_SKIP("no folder on a disk");
	map_new(test_disk_folder(), FILE_BYTES, true, &file, &medium);
	pms_page_cache *cache = medium.context;
	const uint64_t next = cache->next;
	assert_int_equal(pms_medium_sync_file(&medium, &file, &error), PMS_OK);
	assert_int_equal(cache->next, next + 1); /* it covers what was noted: the drain has nothing to do */
	pms_store64(&medium, 0, 1);
	pms_flush(&medium, 0, 8);
	assert_int_equal(pms_medium_sync_file(&medium, &file, &error), PMS_OK);
	cache->sync = sync_fails;
	failing_error = EIO;
	assert_int_equal(pms_drain(&medium, &error), PMS_OK);
	pms_flush(&medium, 0, 8);
	assert_int_equal(pms_drain(&medium, &error), PMS_E_IO);
	assert_int_equal(pms_medium_sync_file(&medium, &file, &error), PMS_E_IO);
	assert_int_equal(error.os_error, EIO);
	pms_medium_unmap(&medium);
	pms_file_close(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_room_is_many_times_what_is_mapped),
	    cmocka_unit_test(test_extend_maps_the_file_where_the_room_was),
	    cmocka_unit_test(test_unmap_retires_what_was_mapped_and_gives_the_rest_back),
	    cmocka_unit_test(test_room_of_all_mappings_has_a_limit),
	    cmocka_unit_test(test_rooms_that_follow_each_other_lie_in_one_place),
	    cmocka_unit_test(test_room_leaves_others_what_a_limit_allows),
	    cmocka_unit_test(test_extend_refuses_another_medium),
	    cmocka_unit_test(test_sync_file_fails_when_a_sync_has_failed),
	};

	return cmocka_run_group_tests(tests, create_folders, test_folders_remove);
}
