/* SPDX-License-Identifier: MIT */
/* What becomes of a mapping that has ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "error.h"
#include "medium_internal.h"
#include "support_files.h"

#define FILE_BYTES 65536u

/* Makes a file of FILE_BYTES in the folder, opens and maps it. */
static int32_t map_new(const char *folder, const char *name, pms_file *file, pms_medium *medium, pms_error *error)
{
	const char *path = test_path(folder, name);
	int32_t status;

	test_file_make(path, FILE_BYTES);
	assert_int_equal(pms_file_open(path, true, file, error), PMS_OK);
	status = pms_medium_map(path, file, FILE_BYTES, PMS_REQUIRE_ANY, PMS_FLUSH_AUTO, medium, error);
	if (status != PMS_OK)
		pms_file_close(file);
	return status;
}

static void test_unmap_stale_pointer_reads_without_fault(void **state)
{
	const char *folders[] = {test_disk_folder(), test_tmpfs_folder()};
	pms_medium medium;
	pms_error error;
	pms_file file;
	uint8_t byte;
	size_t got;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		volatile uint8_t *stale;

		if (!folders[i])
			continue;
		assert_int_equal(map_new(folders[i], "stale", &file, &medium, &error), PMS_OK);
		stale = medium.base;
		assert_int_equal(stale[5000], test_pattern(5000));
		pms_medium_unmap(&medium);
		for (size_t at = 0; at < FILE_BYTES; at++)
			assert_int_equal(stale[at], 0);
		/* A stale store goes nowhere. */
		stale[5000] = 99;
		assert_int_equal(pms_file_read(&file, 5000, &byte, 1, &got, &error), PMS_OK);
		assert_int_equal(byte, test_pattern(5000));
		pms_file_close(&file);
	}
}

static bool is_mapped(void *address)
{
	unsigned char pages[FILE_BYTES / 4096];

	return mincore(address, FILE_BYTES, pages) == 0;
}

static void test_unmap_beyond_the_limit_releases_the_oldest(void **state)
{
	const char *folder = test_tmpfs_folder() ? test_tmpfs_folder() : test_disk_folder();
	const uint64_t limit = pms_mapping_retired_bytes_max;
	const uint64_t before = pms_mapping_retired_bytes();
	pms_medium medium;
	pms_error error;
	pms_file file;
	void *bases[3];

	(void)state;
	/* Room for what other tests have retired, and for two more. */
	pms_mapping_retired_bytes_max = before + 2 * FILE_BYTES;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(map_new(folder, "many", &file, &medium, &error), PMS_OK);
		bases[i] = medium.base;
		for (size_t k = 0; k < i; k++)
			assert_ptr_not_equal(bases[i], bases[k]);
		pms_medium_unmap(&medium);
		pms_file_close(&file);
		assert_true(is_mapped(bases[i]));
	}
	assert_true(pms_mapping_retired_bytes() <= before + 2 * FILE_BYTES);
	/* None may stay at all: even the one that is just being retired goes. */
	pms_mapping_retired_bytes_max = 0;
	assert_int_equal(map_new(folder, "many", &file, &medium, &error), PMS_OK);
	pms_medium_unmap(&medium);
	pms_file_close(&file);
	assert_int_equal(pms_mapping_retired_bytes(), 0);
	for (size_t i = 0; i < 3; i++)
		assert_false(is_mapped(bases[i]));
	pms_mapping_retired_bytes_max = limit;
}

static void test_unmap_in_a_forked_child_keeps_the_parents_mapping(void **state)
{
	const char *folder = test_tmpfs_folder() ? test_tmpfs_folder() : test_disk_folder();
	pms_medium medium;
	pms_error error;
	pms_file file;
	int status;
	pid_t child;

	(void)state;
	assert_int_equal(map_new(folder, "forked", &file, &medium, &error), PMS_OK);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		pms_medium_unmap(&medium);
		_exit(*pms_at(&medium, 5000) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(*pms_at(&medium, 5000), test_pattern(5000));
	pms_medium_unmap(&medium);
	pms_file_close(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_unmap_stale_pointer_reads_without_fault),
	    cmocka_unit_test(test_unmap_beyond_the_limit_releases_the_oldest),
	    cmocka_unit_test(test_unmap_in_a_forked_child_keeps_the_parents_mapping),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
