/* SPDX-License-Identifier: MIT */
/* PMEM_IS_PMEM_FORCE=1, with which libpmem takes every file for persistent memory. libpmem reads it once, so this is a
 * program of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "medium_internal.h"
#include "support_files.h"

static void map(const char *folder, uint32_t requirement, uint32_t policy, pms_file *file, pms_medium *medium)
{
	const char *path = test_path(folder, "forced");
	pms_error error;

	test_file_make(path, 65536);
	assert_int_equal(pms_file_open(path, true, file, &error), PMS_OK);
	if (pms_medium_map(path, file, 65536, requirement, policy, medium, &error) != PMS_OK)
		fail_msg("%s", error.message);
}

static void test_map_forced_disk_file_is_persistent_memory_not_verified(void **state)
{
	pms_medium medium;
	pms_file file;
	uint64_t word = 0;
	size_t got;

	(void)state;
	if (!test_disk_folder())
		TEST_SKIP("no folder on a disk");
	/* Nothing is claimed that somebody could rely on, so every policy of the processor may be measured. */
	for (uint32_t policy = PMS_FLUSH_AUTO; policy < PMS_FLUSH_SYNC; policy++) {
		map(test_disk_folder(), PMS_REQUIRE_PERSISTENT_MEMORY, policy, &file, &medium);
		assert_int_equal(medium.kind, PMS_MEDIUM_PERSISTENT_MEMORY);
		assert_null(medium.table);
		assert_int_not_equal(medium.policy, PMS_FLUSH_SYNC);
		assert_non_null(strstr(medium.text, "(forced by PMEM_IS_PMEM_FORCE: not verified)"));
		word = 1000 + policy;
		pms_copy_flush(&medium, 4096, &word, sizeof(word));
		assert_int_equal(pms_drain(&medium, NULL), PMS_OK);
		assert_int_equal(pms_file_read(&file, 4096, &word, sizeof(word), &got, NULL), PMS_OK);
		assert_int_equal(word, 1000 + policy);
		pms_medium_unmap(&medium);
		pms_file_close(&file);
	}
}

static void test_map_forced_tmpfs_file_is_still_volatile(void **state)
{
	pms_medium medium;
	pms_file file;

	(void)state;
	if (!test_tmpfs_folder())
		TEST_SKIP("no folder on tmpfs");
	map(test_tmpfs_folder(), PMS_REQUIRE_ANY, PMS_FLUSH_AUTO, &file, &medium);
	assert_int_equal(medium.kind, PMS_MEDIUM_VOLATILE);
	assert_null(strstr(medium.text, "forced"));
	pms_medium_unmap(&medium);
	pms_file_close(&file);
}

static unsigned count_mappings(const char *name)
{
	FILE *stream = fopen("/proc/self/maps", "r");
	unsigned count = 0;
	char line[1024];

	assert_non_null(stream);
	while (fgets(line, sizeof(line), stream))
		count += strstr(line, name) != NULL;
	(void)fclose(stream);
	return count;
}

static void test_map_forced_again_and_again_leaves_nothing_behind(void **state)
{
	const uint64_t limit = pms_mapping_retired_bytes_max;
	pms_medium medium;
	pms_file file;

	(void)state;
	if (!test_disk_folder())
		TEST_SKIP("no folder on a disk");
	pms_mapping_retired_bytes_max = 0; /* so that addresses come back */
	for (int i = 0; i < 50; i++) {
		map(test_disk_folder(), PMS_REQUIRE_ANY, PMS_FLUSH_AUTO, &file, &medium);
		/* Ours alone: that of libpmem, which was asked, has ended. */
		assert_int_equal(count_mappings("/forced"), 1);
		pms_medium_unmap(&medium);
		pms_file_close(&file);
		assert_int_equal(count_mappings("/forced"), 0);
	}
	pms_mapping_retired_bytes_max = limit;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_map_forced_disk_file_is_persistent_memory_not_verified),
	    cmocka_unit_test(test_map_forced_tmpfs_file_is_still_volatile),
	    cmocka_unit_test(test_map_forced_again_and_again_leaves_nothing_behind),
	};

	if (setenv("PMEM_IS_PMEM_FORCE", "1", 1) != 0)
		return 1;
	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
