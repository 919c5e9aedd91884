/* SPDX-License-Identifier: MIT */
/* os.h on Windows: errors, files, names, space and the writer lock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "error.h"
#include "os_internal_windows.h"
#include "support_files.h"

static pms_file open_file(const char *path, bool writable)
{
	pms_error error;
	pms_file file;

	if (pms_file_open(path, writable, &file, &error) != PMS_OK)
		fail_msg("%s", error.message);
	return file;
}

static void test_status_of_last_error_cases_fit(void **state)
{
	static const struct {
		int os_error;
		int32_t status;
	} cases[] = {
	    {ERROR_FILE_NOT_FOUND, PMS_E_NOT_FOUND},
	    {ERROR_PATH_NOT_FOUND, PMS_E_NOT_FOUND},
	    {ERROR_ALREADY_EXISTS, PMS_E_EXISTS},
	    {ERROR_ACCESS_DENIED, PMS_E_PERMISSION},
	    {ERROR_SHARING_VIOLATION, PMS_E_PERMISSION},
	    {ERROR_WRITE_PROTECT, PMS_E_PERMISSION},
	    {ERROR_DISK_FULL, PMS_E_NO_SPACE},
	    {ERROR_COMMITMENT_LIMIT, PMS_E_NO_MEMORY},
	    {ERROR_NOT_SUPPORTED, PMS_E_NOT_SUPPORTED},
	    {ERROR_CRC, PMS_E_IO},
	    {12345, PMS_E_IO},
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(pms_status_of_errno(cases[i].os_error), cases[i].status);
	pms_os_error_text(ERROR_ACCESS_DENIED, text, sizeof(text));
	assert_true(text[0] != '\0' && strcmp(text, "unknown error") != 0);
	assert_true(text[strlen(text) - 1] != '.' && !strchr(text, '\n'));
	pms_os_error_text(0x20001234, text, sizeof(text));
	assert_string_equal(text, "unknown error");
}

static void test_open_what_cannot_hold_a_stream_names_it(void **state)
{
	pms_error error;
	pms_file file;

	(void)state;
	assert_int_equal(pms_file_open(test_disk_folder(), false, &file, &error), PMS_E_NOT_A_STREAM);
	assert_non_null(strstr(error.message, "a folder"));
	assert_int_equal(pms_file_open("NUL", false, &file, &error), PMS_E_NOT_A_STREAM);
	assert_int_equal(pms_file_open(test_path(test_disk_folder(), "none"), true, &file, &error), PMS_E_NOT_FOUND);
	assert_int_equal(pms_file_open("bad \xff name", true, &file, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_file_open("", true, &file, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_file_open(NULL, true, &file, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(file.handle, -1);
}

static void publish_at(const char *path, bool replace)
{
	char *temporary;
	pms_error error;
	pms_file file;

	if (pms_file_create_temporary(path, &temporary, &file, &error) != PMS_OK)
		fail_msg("%s", error.message);
	assert_string_equal(temporary + strlen(temporary) - 9, ".creating");
	assert_int_equal(pms_file_allocate(&file, 70000, &error), PMS_OK);
	assert_int_equal(file.bytes, 70000);
	assert_false(pms_file_is_sparse(&file));
	assert_int_equal(pms_file_sync(&file, &error), PMS_OK);
	if (pms_file_publish(temporary, path, replace, &error) != PMS_OK)
		fail_msg("%s", error.message);
	pms_file_close(&file);
	file = open_file(path, false);
	assert_int_equal(file.bytes, 70000);
	pms_file_close(&file);
	free(temporary);
}

/* Names beyond ASCII, and paths beyond what the system takes without its prefix. */
static void test_publish_names_of_all_kinds_come_back(void **state)
{
	char path[900];
	char folder[700];
	char *resolved;
	pms_error error;

	(void)state;
	publish_at(test_path(test_disk_folder(), "stre\xc3\xa4m \xe2\x82\xac \xf0\x9f\x98\x80"), false);
	(void)snprintf(folder, sizeof(folder), "%s", test_disk_folder());
	for (int i = 0; i < 3; i++) {
		wchar_t *wide;

		(void)strcat(folder, "/a-folder-with-a-name-of-a-hundred-letters-"
				     "a-folder-with-a-name-of-a-hundred-letters-a-folder-with-a");
		assert_int_equal(pms_path_to_wide(folder, &wide, &error), PMS_OK);
		assert_true(CreateDirectoryW(wide, NULL));
		(free)(wide);
	}
	(void)snprintf(path, sizeof(path), "%s/stream", folder);
	assert_true(strlen(path) > MAX_PATH);
	publish_at(path, false);
	assert_int_equal(pms_file_resolve(path, &resolved, &error), PMS_OK);
	assert_non_null(resolved);
	pms_file file = open_file(resolved, true);
	pms_file_close(&file);
	pms_file_remove(path);
	(free)(resolved);
	assert_int_equal(pms_file_resolve(path, &resolved, &error), PMS_OK);
	assert_null(resolved);
}

static void test_publish_keeps_or_replaces_a_file_that_is_open(void **state)
{
	const char *path = test_path(test_disk_folder(), "taken");
	char *temporary;
	pms_error error;
	pms_file file;

	(void)state;
	test_file_make(path, 77);
	assert_int_equal(pms_file_create_temporary(path, &temporary, &file, &error), PMS_OK);
	assert_int_equal(pms_file_publish(temporary, path, false, &error), PMS_E_EXISTS);
	pms_file old = open_file(path, true);
	assert_int_equal(old.bytes, 77);
	assert_int_equal(pms_file_publish(temporary, path, true, &error), PMS_OK);
	pms_file now = open_file(path, false);
	assert_int_equal(now.inode, file.inode);
	assert_int_not_equal(now.inode, old.inode);
	pms_file_close(&now);
	pms_file_close(&old);
	pms_file_close(&file);
	free(temporary);
}

static void test_allocate_hole_is_filled_and_keeps_data(void **state)
{
	const char *path = test_path(test_disk_folder(), "hole");
	pms_error error;
	uint64_t bytes;
	char text[2] = "";
	size_t got;

	(void)state;
	test_file_make(path, 5000);
	pms_file file = open_file(path, true);
	assert_int_equal(pms_file_extend(&file, 5000, 300000, &bytes, &error), PMS_OK);
	assert_int_equal(bytes, 300000);
	assert_false(pms_file_is_sparse(&file));
	assert_int_equal(pms_file_read(&file, 4999, text, 2, &got, &error), PMS_OK);
	assert_int_equal(got, 2);
	assert_int_equal((uint8_t)text[0], test_pattern(4999));
	assert_int_equal(text[1], 0);
	pms_file_cut(&file, 5000);
	assert_int_equal(pms_file_size(&file, &bytes, &error), PMS_OK);
	assert_int_equal(bytes, 5000);
	pms_file_close(&file);
}

static void test_lock_conflicts_and_ends_with_the_file(void **state)
{
	const char *path = test_path(test_disk_folder(), "lock");
	pms_error error;

	(void)state;
	test_file_make(path, 1000);
	pms_file first = open_file(path, true);
	pms_file second = open_file(path, true);
	pms_file reader = open_file(path, false);
	assert_false(pms_file_lock_is_held(&reader));
	assert_int_equal(pms_file_lock(&first, 0, &error), PMS_OK);
	assert_int_equal(pms_file_lock(&second, 0, &error), PMS_E_LOCKED);
	assert_int_equal(pms_file_lock(&second, 20, &error), PMS_E_LOCKED);
	assert_non_null(strstr(error.message, "(waited 20 ms)"));
	/* As often as one likes: looking takes nothing. */
	for (int i = 0; i < 3; i++)
		assert_true(pms_file_lock_is_held(&reader));
	/* Locks of Windows keep others from bytes: not from those of the stream. */
	uint8_t byte;
	size_t got;
	assert_int_equal(pms_file_read(&reader, 999, &byte, 1, &got, &error), PMS_OK);
	assert_int_equal(byte, test_pattern(999));
	/* A copy of the handle, as the mapping has one, does not keep the lock. */
	HANDLE copy;
	assert_true(DuplicateHandle(GetCurrentProcess(), pms_handle(&first), GetCurrentProcess(), &copy, 0, FALSE,
				    DUPLICATE_SAME_ACCESS));
	pms_file_close(&first);
	assert_false(pms_file_lock_is_held(&reader));
	assert_int_equal(pms_file_lock(&second, 0, &error), PMS_OK);
	(void)CloseHandle(copy);
	pms_file_close(&second);
	pms_file_close(&reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_status_of_last_error_cases_fit),
	    cmocka_unit_test(test_open_what_cannot_hold_a_stream_names_it),
	    cmocka_unit_test(test_publish_names_of_all_kinds_come_back),
	    cmocka_unit_test(test_publish_keeps_or_replaces_a_file_that_is_open),
	    cmocka_unit_test(test_allocate_hole_is_filled_and_keeps_data),
	    cmocka_unit_test(test_lock_conflicts_and_ends_with_the_file),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
