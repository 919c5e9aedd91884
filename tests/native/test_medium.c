/* SPDX-License-Identifier: MIT */
/* Mapping: what is found on which file system, and what is refused. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "error.h"
#include "medium_internal.h"
#include "support_files.h"

#define FILE_BYTES 65536u

/* Makes a file of FILE_BYTES in the folder, opens and maps it. */
static int32_t map_new(const char *folder, const char *name, uint32_t requirement, uint32_t policy, pms_file *file,
		       pms_medium *medium, pms_error *error)
{
	const char *path = test_path(folder, name);
	int32_t status;

	test_file_make(path, FILE_BYTES);
	assert_int_equal(pms_file_open(path, true, file, error), PMS_OK);
	status = pms_medium_map(path, file, FILE_BYTES, requirement, policy, medium, error);
	if (status != PMS_OK)
		pms_file_close(file);
	return status;
}

static void check_says(const char *text, const char *expected)
{
	if (!strstr(text, expected))
		fail_msg("'%s' does not say '%s'", text, expected);
}

/* Stores, flushes and drains through every function, and finds it in the file. */
static void check_stores(pms_medium *medium, const pms_file *file)
{
	uint8_t payload[5000];
	uint8_t found[sizeof(payload)];
	uint64_t word;
	pms_error error;
	size_t got;

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 31);
	pms_store64(medium, 8, 0x1122334455667788);
	assert_int_equal(pms_load64(medium, 8), 0x1122334455667788);
	pms_flush(medium, 8, 8);
	pms_copy(medium, 4000, payload, 200);
	pms_flush(medium, 4000, 200);
	pms_copy_flush(medium, 10001, payload, sizeof(payload));
	pms_copy_flush(medium, 20000, NULL, 0);
	pms_restore(medium, 0, FILE_BYTES);
	assert_int_equal(pms_drain(medium, &error), PMS_OK);
	assert_int_equal(pms_drain(medium, NULL), PMS_OK);

	assert_int_equal(pms_file_read(file, 8, &word, sizeof(word), &got, &error), PMS_OK);
	assert_int_equal(word, 0x1122334455667788);
	assert_int_equal(pms_file_read(file, 4000, found, 200, &got, &error), PMS_OK);
	assert_memory_equal(found, payload, 200);
	assert_int_equal(pms_file_read(file, 10001, found, sizeof(found), &got, &error), PMS_OK);
	assert_memory_equal(found, payload, sizeof(found));
	assert_int_equal(*pms_at(medium, 10000), test_pattern(10000));
	assert_int_equal(*pms_at(medium, 10001 + sizeof(payload)), test_pattern(10001 + sizeof(payload)));
}

/* ---- what is found ---------------------------------------------------------------------------------------------- */

static void test_map_tmpfs_file_is_volatile(void **state)
{
	static const uint32_t policies[] = {PMS_FLUSH_AUTO, PMS_FLUSH_CACHE_LINES, PMS_FLUSH_NON_TEMPORAL,
					    PMS_FLUSH_FENCE_ONLY};
	pms_medium medium;
	pms_error error;
	pms_file file;

	(void)state;
	if (!test_tmpfs_folder())
		TEST_SKIP("no folder on tmpfs");
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(
		    map_new(test_tmpfs_folder(), "volatile", PMS_REQUIRE_ANY, policies[i], &file, &medium, &error),
		    PMS_OK);
		assert_int_equal(medium.kind, PMS_MEDIUM_VOLATILE);
		assert_null(medium.table);
		assert_true(policies[i] == PMS_FLUSH_AUTO ? medium.policy != PMS_FLUSH_SYNC
							  : medium.policy == policies[i]);
		check_says(medium.text, "tmpfs");
		check_says(medium.text, "does not survive power loss");
		check_stores(&medium, &file);
		pms_medium_unmap(&medium);
		pms_file_close(&file);
	}
}

static void test_map_dax_file_is_persistent_memory(void **state)
{
	pms_medium medium;
	pms_error error;
	pms_file file;

	(void)state;
	if (!test_dax_folder())
		TEST_SKIP("allowed: PMS_TEST_DAX_FOLDER names no DAX file system");
	assert_int_equal(
	    map_new(test_dax_folder(), "dax", PMS_REQUIRE_PERSISTENT_MEMORY, PMS_FLUSH_AUTO, &file, &medium, &error),
	    PMS_OK);
	assert_int_equal(medium.kind, PMS_MEDIUM_PERSISTENT_MEMORY);
	assert_null(medium.table);
	assert_int_not_equal(medium.policy, PMS_FLUSH_SYNC);
	check_says(medium.text, "persistent memory (a file on a DAX file system)");
	assert_null(strstr(medium.text, "forced"));
	check_stores(&medium, &file);
	pms_medium_unmap(&medium);
	pms_file_close(&file);
}

static void test_map_memfd_is_volatile(void **state)
{
	int descriptor = memfd_create("pms-test", MFD_CLOEXEC);
	pms_medium medium;
	pms_error error;
	pms_file file;
	char path[64];

	(void)state;
	assert_true(descriptor >= 0);
	assert_int_equal(ftruncate(descriptor, FILE_BYTES), 0);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
	assert_int_equal(pms_file_open(path, true, &file, &error), PMS_OK);
	assert_int_equal(pms_medium_map(path, &file, FILE_BYTES, PMS_REQUIRE_ANY, PMS_FLUSH_AUTO, &medium, &error),
			 PMS_OK);
	assert_int_equal(medium.kind, PMS_MEDIUM_VOLATILE);
	pms_medium_unmap(&medium);
	pms_file_close(&file);
	(void)close(descriptor);
}

static void test_map_disk_file_is_page_cache(void **state)
{
	pms_medium medium;
	pms_error error;
	pms_file file;

	(void)state;
	if (!test_disk_folder())
		TEST_SKIP("no folder on a disk");
	for (uint32_t policy = PMS_FLUSH_AUTO; policy <= PMS_FLUSH_SYNC; policy += PMS_FLUSH_SYNC) {
		assert_int_equal(
		    map_new(test_disk_folder(), "disk", PMS_REQUIRE_DURABLE, policy, &file, &medium, &error), PMS_OK);
		assert_int_equal(medium.kind, PMS_MEDIUM_PAGE_CACHE);
		assert_int_equal(medium.policy, PMS_FLUSH_SYNC);
		assert_true(medium.writable && medium.bytes == FILE_BYTES);
		check_says(medium.text, "page cache");
		check_says(medium.text, "msync");
		check_stores(&medium, &file);
		pms_medium_unmap(&medium);
		pms_medium_unmap(&medium);
		pms_file_close(&file);
	}
}

/* Nobody may write to the file: libpmem could not map it, a reader can. */
static int map_for_reading(const char *path)
{
	pms_medium medium;
	pms_error error;
	pms_file file;

	if (pms_file_open(path, true, &file, &error) != PMS_E_PERMISSION && geteuid() != 0)
		return 1;
	if (pms_file_open(path, false, &file, &error) != PMS_OK)
		return 2;
	if (pms_medium_map(path, &file, FILE_BYTES, PMS_REQUIRE_ANY, PMS_FLUSH_AUTO, &medium, &error) != PMS_OK)
		return 3;
	if (medium.writable)
		return 4;
	if (pms_load64(&medium, 0) == 0)
		return 5;
	if (mprotect(medium.base, FILE_BYTES, PROT_READ | PROT_WRITE) == 0)
		return 6;
	pms_medium_unmap(&medium);
	pms_file_close(&file);
	return 0;
}

static void test_map_file_without_write_permission_is_readable(void **state)
{
	const char *folders[] = {test_disk_folder(), test_tmpfs_folder()};
	char path[1024];
	int status;
	pid_t child;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		if (!folders[i])
			continue;
		(void)snprintf(path, sizeof(path), "%s/read-only", folders[i]);
		test_file_make(path, FILE_BYTES);
		assert_int_equal(chmod(path, 0444), 0);
		assert_int_equal(map_for_reading(path), 0);
		/* Root may write all the same, so a child tries as somebody else, by a path that it may enter. */
		assert_int_equal(chmod(folders[i], 0755), 0);
		child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			if (chdir(folders[i]) != 0)
				_exit(98);
			if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
				_exit(99);
			_exit(map_for_reading("read-only"));
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
}

/* ---- what is refused -------------------------------------------------------------------------------------------- */

static void check_refused(const char *folder, uint32_t requirement, uint32_t policy, int32_t status, const char *one,
			  const char *other)
{
	pms_medium medium;
	pms_error error;
	pms_file file;

	assert_int_equal(map_new(folder, "refused", requirement, policy, &file, &medium, &error), status);
	assert_null(medium.base);
	check_says(error.message, one);
	check_says(error.message, other);
}

static void test_map_requirement_not_met_is_refused(void **state)
{
	const char *disk = test_disk_folder();
	const char *tmpfs = test_tmpfs_folder();

	(void)state;
	if (!disk || !tmpfs)
		TEST_SKIP("no folder on a disk, or none on tmpfs");
	check_refused(tmpfs, PMS_REQUIRE_DURABLE, PMS_FLUSH_AUTO, PMS_E_MEDIUM, "survives power loss", "tmpfs");
	check_refused(tmpfs, PMS_REQUIRE_PERSISTENT_MEMORY, PMS_FLUSH_AUTO, PMS_E_MEDIUM, "persistent memory",
		      "volatile memory");
	check_refused(disk, PMS_REQUIRE_PERSISTENT_MEMORY, PMS_FLUSH_AUTO, PMS_E_MEDIUM, "persistent memory",
		      "page cache");
	check_refused(disk, 3, PMS_FLUSH_AUTO, PMS_E_INVALID_ARGUMENT, "medium_requirement", "3");
}

static void test_map_policy_that_does_not_fit_is_refused(void **state)
{
	const char *disk = test_disk_folder();
	const char *tmpfs = test_tmpfs_folder();

	(void)state;
	if (!disk || !tmpfs)
		TEST_SKIP("no folder on a disk, or none on tmpfs");
	check_refused(tmpfs, PMS_REQUIRE_ANY, PMS_FLUSH_SYNC, PMS_E_MEDIUM, "'sync'", "volatile memory");
	check_refused(disk, PMS_REQUIRE_ANY, PMS_FLUSH_CACHE_LINES, PMS_E_MEDIUM, "'cache lines'", "page cache");
	check_refused(disk, PMS_REQUIRE_ANY, PMS_FLUSH_NON_TEMPORAL, PMS_E_MEDIUM, "'non-temporal'", "page cache");
	check_refused(disk, PMS_REQUIRE_ANY, PMS_FLUSH_FENCE_ONLY, PMS_E_MEDIUM, "'fence only'", "page cache");
	check_refused(disk, PMS_REQUIRE_ANY, 5, PMS_E_INVALID_ARGUMENT, "flush_policy", "5");
}

static void test_map_more_than_the_file_has_is_truncated(void **state)
{
	const char *path = test_path(test_disk_folder() ? test_disk_folder() : test_tmpfs_folder(), "short");
	pms_medium medium;
	pms_error error;
	pms_file file;

	(void)state;
	test_file_make(path, 5000);
	assert_int_equal(pms_file_open(path, true, &file, &error), PMS_OK);
	assert_int_equal(pms_medium_map(path, &file, 5001, PMS_REQUIRE_ANY, PMS_FLUSH_AUTO, &medium, &error),
			 PMS_E_TRUNCATED);
	assert_int_equal(error.expected, 5001);
	assert_int_equal(error.found, 5000);
	assert_int_equal(pms_medium_map(path, &file, 0, PMS_REQUIRE_ANY, PMS_FLUSH_AUTO, &medium, &error),
			 PMS_E_INVALID_ARGUMENT);
	pms_file_close(&file);
}

static void test_map_exchanged_file_is_refused(void **state)
{
	const char *folder = test_disk_folder() ? test_disk_folder() : test_tmpfs_folder();
	const char *path = test_path(folder, "first");
	const char *other = test_path(folder, "second");
	pms_medium medium;
	pms_error error;
	pms_file file;

	(void)state;
	test_file_make(path, FILE_BYTES);
	test_file_make(other, FILE_BYTES);
	assert_int_equal(pms_file_open(path, true, &file, &error), PMS_OK);
	assert_int_equal(rename(other, path), 0);
	assert_int_equal(pms_medium_map(path, &file, FILE_BYTES, PMS_REQUIRE_ANY, PMS_FLUSH_AUTO, &medium, &error),
			 PMS_E_IO);
	check_says(error.message, "exchanged");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(pms_medium_map(path, &file, FILE_BYTES, PMS_REQUIRE_ANY, PMS_FLUSH_AUTO, &medium, &error),
			 PMS_E_IO);
	pms_file_close(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_map_tmpfs_file_is_volatile),
	    cmocka_unit_test(test_map_dax_file_is_persistent_memory),
	    cmocka_unit_test(test_map_memfd_is_volatile),
	    cmocka_unit_test(test_map_disk_file_is_page_cache),
	    cmocka_unit_test(test_map_file_without_write_permission_is_readable),
	    cmocka_unit_test(test_map_requirement_not_met_is_refused),
	    cmocka_unit_test(test_map_policy_that_does_not_fit_is_refused),
	    cmocka_unit_test(test_map_more_than_the_file_has_is_truncated),
	    cmocka_unit_test(test_map_exchanged_file_is_refused),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
