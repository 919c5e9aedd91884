/* SPDX-License-Identifier: MIT */
/* Creating a file under a temporary name, and giving it its own. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "error.h"
#include "os.h"
#include "support_files.h"

static const char *folder;

static int create_folders(void **state)
{
	(void)test_folders_create(state);
	folder = test_disk_folder() ? test_disk_folder() : test_tmpfs_folder();
	return folder ? 0 : -1;
}

static void create(const char *path, char **temporary, pms_file *file)
{
	pms_error error;

	assert_int_equal(pms_file_create_temporary(path, temporary, file, &error), PMS_OK);
	assert_int_equal(strncmp(*temporary, path, strlen(path)), 0);
	assert_string_equal(*temporary + strlen(*temporary) - 9, ".creating");
	assert_true(file->writable);
	assert_int_equal(file->bytes, 0);
}

static void test_publish_new_name_moves_the_file(void **state)
{
	const char *path = test_path(folder, "new");
	mode_t mask = umask(027);
	struct stat status;
	pms_error error;
	pms_file file;
	char *temporary;

	(void)state;
	create(path, &temporary, &file);
	(void)umask(mask);
	assert_int_equal(pms_file_sync(&file, &error), PMS_OK);
	assert_int_equal(pms_file_publish(temporary, path, false, &error), PMS_OK);
	assert_int_equal(access(temporary, F_OK), -1);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_ino, file.inode);
	assert_int_equal(status.st_mode & 0777, 0640);
	pms_file_close(&file);
	free(temporary);
}

static void test_publish_without_replace_keeps_the_old_file(void **state)
{
	const char *path = test_path(folder, "taken");
	struct stat status;
	pms_error error;
	pms_file file;
	char *temporary;

	(void)state;
	test_file_make(path, 77);
	create(path, &temporary, &file);
	assert_int_equal(pms_file_publish(temporary, path, false, &error), PMS_E_EXISTS);
	assert_int_equal(error.os_error, EEXIST);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_size, 77);
	assert_int_equal(access(temporary, F_OK), 0);
	/* With it, the new one takes its place. */
	assert_int_equal(pms_file_publish(temporary, path, true, &error), PMS_OK);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_ino, file.inode);
	pms_file_close(&file);
	free(temporary);
}

static void test_create_temporary_bad_paths_are_refused(void **state)
{
	pms_error error;
	pms_file file;
	char *temporary;
	char name[300];

	(void)state;
	assert_int_equal(pms_file_create_temporary("", &temporary, &file, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_file_create_temporary(NULL, &temporary, &file, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_file_create_temporary(test_path(folder, "x/"), &temporary, &file, &error),
			 PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_file_create_temporary(test_path(folder, "no/such"), &temporary, &file, &error),
			 PMS_E_NOT_FOUND);
	assert_null(temporary);
	memset(name, 'n', sizeof(name));
	name[256] = '\0';
	assert_int_equal(pms_file_create_temporary(test_path(folder, name), &temporary, &file, &error),
			 PMS_E_INVALID_ARGUMENT);
	/* The longest name that there can be still finds a temporary one. */
	name[255] = '\0';
	assert_int_equal(pms_file_create_temporary(test_path(folder, name), &temporary, &file, &error), PMS_OK);
	assert_int_equal(pms_file_publish(temporary, test_path(folder, name), false, &error), PMS_OK);
	pms_file_close(&file);
	free(temporary);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_publish_new_name_moves_the_file),
	    cmocka_unit_test(test_publish_without_replace_keeps_the_old_file),
	    cmocka_unit_test(test_create_temporary_bad_paths_are_refused),
	};

	return cmocka_run_group_tests(tests, create_folders, test_folders_remove);
}
