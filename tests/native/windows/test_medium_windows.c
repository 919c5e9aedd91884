/* SPDX-License-Identifier: MIT */
/* The medium on Windows: what a file is taken for, mappings of several views, and what becomes of addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "error.h"
#include "medium_internal_windows.h"
#include "support_files.h"

#define FILE_BYTES ((uint64_t)128 << 10)
#define UNIT ((uint64_t)64 << 10)
#define GIB ((uint64_t)1 << 30)

static int32_t map(const char *folder, const char *name, uint32_t requirement, pms_file *file, pms_medium *medium,
		   pms_error *error)
{
	const char *path = test_path(folder, name);

	test_file_make(path, FILE_BYTES);
	assert_int_equal(pms_file_open(path, true, file, error), PMS_OK);
	return pms_medium_map(path, file, FILE_BYTES, requirement, PMS_FLUSH_AUTO, medium, error);
}

static void expect_stored(const pms_file *file, uint64_t offset, uint64_t expected)
{
	uint64_t word = 0;
	size_t got;

	assert_int_equal(pms_file_read(file, offset, &word, sizeof(word), &got, NULL), PMS_OK);
	assert_int_equal(got, sizeof(word));
	assert_int_equal(word, expected);
}

static void test_map_ordinary_volume_is_page_cache(void **state)
{
	pms_medium medium;
	pms_error error;
	pms_file file;
	uint64_t word = 42;

	(void)state;
	assert_int_equal(map(test_disk_folder(), "plain", PMS_REQUIRE_DURABLE, &file, &medium, &error), PMS_OK);
	assert_int_equal(medium.kind, PMS_MEDIUM_PAGE_CACHE);
	assert_non_null(strstr(medium.text, "FlushFileBuffers"));
	pms_copy_flush(&medium, 4096, &word, sizeof(word));
	assert_int_equal(pms_drain(&medium, &error), PMS_OK);
	expect_stored(&file, 4096, 42);
	pms_medium_unmap(&medium);
	pms_file_close(&file);
	assert_int_equal(map(test_disk_folder(), "plain", PMS_REQUIRE_PERSISTENT_MEMORY, &file, &medium, &error),
			 PMS_E_MEDIUM);
	pms_file_close(&file);
}

static void test_map_dax_volume_is_persistent_memory(void **state)
{
	pms_medium medium;
	pms_error error;
	pms_file file;
	uint64_t word = 43;

	(void)state;
	assert_int_equal(map(test_dax_folder(), "dax", PMS_REQUIRE_PERSISTENT_MEMORY, &file, &medium, &error), PMS_OK);
	assert_int_equal(medium.kind, PMS_MEDIUM_PERSISTENT_MEMORY);
	assert_null(medium.table);
	assert_non_null(strstr(medium.text, "a file on a DAX volume"));
	pms_copy_flush(&medium, 4096, &word, sizeof(word));
	assert_int_equal(pms_drain(&medium, &error), PMS_OK);
	expect_stored(&file, 4096, 43);
	pms_medium_unmap(&medium);
	pms_file_close(&file);
}

/* One drain over several views. */
static void test_extend_makes_views_that_are_synced_together(void **state)
{
	pms_medium medium;
	pms_error error;
	pms_file file;
	uint64_t bytes;

	(void)state;
	assert_int_equal(map(test_disk_folder(), "views", PMS_REQUIRE_ANY, &file, &medium, &error), PMS_OK);
	uint8_t *base = medium.base;
	for (uint64_t i = 1; i <= 4; i++) {
		const uint64_t to = FILE_BYTES + i * UNIT;
		assert_int_equal(pms_file_extend(&file, to - UNIT, to, &bytes, &error), PMS_OK);
		if (pms_medium_extend(&medium, &file, to, &error) != PMS_OK)
			fail_msg("%s", error.message);
		assert_ptr_equal(medium.base, base);
		for (uint64_t at = 0; at < to; at += UNIT)
			pms_store64(&medium, at, at + i);
		pms_flush(&medium, 0, to);
		assert_int_equal(pms_drain(&medium, &error), PMS_OK);
		for (uint64_t at = 0; at < to; at += UNIT)
			expect_stored(&file, at, at + i);
	}
	pms_medium_unmap(&medium);
	pms_file_close(&file);
}

/* A view begins at whole units of 64 KiB: what does not end at one goes on after it was opened again. */
static void test_extend_behind_part_of_a_unit_says_to_open_again(void **state)
{
	pms_medium medium;
	pms_error error;
	pms_file file;
	uint64_t bytes;

	(void)state;
	assert_int_equal(map(test_disk_folder(), "part", PMS_REQUIRE_ANY, &file, &medium, &error), PMS_OK);
	assert_int_equal(pms_file_extend(&file, FILE_BYTES, FILE_BYTES + 2 * UNIT, &bytes, &error), PMS_OK);
	assert_int_equal(pms_medium_extend(&medium, &file, FILE_BYTES + 4096, &error), PMS_OK);
	assert_int_equal(pms_medium_extend(&medium, &file, FILE_BYTES + 8192, &error), PMS_E_NO_MEMORY);
	assert_non_null(strstr(error.message, "open it again"));
	pms_store64(&medium, FILE_BYTES, 5);
	pms_medium_unmap(&medium);
	pms_file_close(&file);
}

static void test_unmap_stale_pointer_reads_zeros_and_takes_stores(void **state)
{
	const uint64_t before = pms_mapping_retired_bytes();
	pms_medium medium;
	pms_error error;
	pms_file file;

	(void)state;
	assert_int_equal(map(test_disk_folder(), "stale", PMS_REQUIRE_ANY, &file, &medium, &error), PMS_OK);
	volatile uint8_t *stale = medium.base;
	assert_int_equal(stale[5000], test_pattern(5000));
	pms_medium_unmap(&medium);
	assert_int_equal(pms_mapping_retired_bytes(), before + FILE_BYTES);
	assert_int_equal(stale[5000], 0);
	assert_int_equal(stale[FILE_BYTES - 1], 0);
	stale[70000] = 1;
	assert_int_equal(stale[70000], 1);
	uint8_t byte;
	size_t got;
	assert_int_equal(pms_file_read(&file, 70000, &byte, 1, &got, NULL), PMS_OK);
	assert_int_equal(byte, test_pattern(70000));
	pms_file_close(&file);
}

static void test_unmap_beyond_the_limit_releases_the_oldest(void **state)
{
	const uint64_t limit = pms_mapping_retired_bytes_max;
	MEMORY_BASIC_INFORMATION found;
	uint8_t *bases[3];

	(void)state;
	pms_mapping_retired_bytes_max = 2 * FILE_BYTES;
	for (int i = 0; i < 3; i++) {
		pms_medium medium;
		pms_error error;
		pms_file file;

		assert_int_equal(map(test_disk_folder(), "old", PMS_REQUIRE_ANY, &file, &medium, &error), PMS_OK);
		bases[i] = medium.base;
		pms_medium_unmap(&medium);
		pms_file_close(&file);
	}
	assert_int_equal(pms_mapping_retired_bytes(), 2 * FILE_BYTES);
	assert_int_equal(VirtualQuery(bases[0], &found, sizeof(found)), sizeof(found));
	assert_int_equal(found.State, MEM_FREE);
	assert_int_equal(VirtualQuery(bases[2], &found, sizeof(found)), sizeof(found));
	assert_int_equal(found.State, MEM_RESERVE);
	pms_mapping_retired_bytes_max = limit;
}

/* What stays behind, retired, is in the way of the next room of that size: it begins behind it, a little shorter. */
static void test_rooms_that_follow_each_other_lie_in_one_place(void **state)
{
	const uint64_t least = pms_room_bytes_least;
	uintptr_t lowest = UINTPTR_MAX, highest = 0;
	pms_medium medium;
	pms_file file;

	(void)state;
	pms_room_bytes_least = 64 * GIB;
	for (int i = 0; i < 300; i++) {
		pms_error error;
		assert_int_equal(map(test_disk_folder(), "again", PMS_REQUIRE_ANY, &file, &medium, &error), PMS_OK);
		assert_in_range(medium.room_bytes, 60 * GIB, 64 * GIB);
		lowest = (uintptr_t)medium.base < lowest ? (uintptr_t)medium.base : lowest;
		highest = (uintptr_t)medium.base > highest ? (uintptr_t)medium.base : highest;
		pms_medium_unmap(&medium);
		pms_file_close(&file);
	}
	pms_room_bytes_least = least;
	/* One room, were it not for what others of the process may put there. */
	assert_in_range(highest - lowest, 299 * (2u << 20), 4 * 64 * GIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_map_ordinary_volume_is_page_cache),
	    cmocka_unit_test(test_map_dax_volume_is_persistent_memory),
	    cmocka_unit_test(test_extend_makes_views_that_are_synced_together),
	    cmocka_unit_test(test_extend_behind_part_of_a_unit_says_to_open_again),
	    cmocka_unit_test(test_rooms_that_follow_each_other_lie_in_one_place),
	    cmocka_unit_test(test_unmap_stale_pointer_reads_zeros_and_takes_stores),
	    cmocka_unit_test(test_unmap_beyond_the_limit_releases_the_oldest),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
