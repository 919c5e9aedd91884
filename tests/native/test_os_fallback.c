/* SPDX-License-Identifier: MIT */
/*
 * Creating and allocating on file systems that lack fallocate, RENAME_NOREPLACE or hard links. There is none of them
 * everywhere, so the sources are compiled into this program a second time, with those calls refusing.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "error.h"
#include "os_internal_posix.h"
#include "support_files.h"

/* errno of the replaced calls; 0: they do their work. */
static int link_error;
static int syncfs_calls;
static int folder_error;
static bool all_is_hole;

static long refuse_rename(void)
{
	errno = EINVAL;
	return -1;
}

static int replaced_link(const char *from, const char *to)
{
	errno = link_error;
	return link_error ? -1 : link(from, to);
}

static int refuse_fallocate(void)
{
	errno = EOPNOTSUPP;
	return -1;
}

static int counted_syncfs(int descriptor)
{
	syncfs_calls++;
	return syncfs(descriptor);
}

static off_t replaced_lseek(int descriptor, off_t offset, int whence)
{
	if (!all_is_hole)
		return lseek(descriptor, offset, whence);
	if (whence == SEEK_HOLE)
		return offset;
	errno = ENXIO;
	return -1;
}

static int replaced_open(const char *path, int flags, mode_t mode)
{
	if (folder_error && (flags & O_DIRECTORY)) {
		errno = folder_error;
		return -1;
	}
	return open(path, flags, mode);
}

#define OPEN_3(path, flags, mode, ...) replaced_open(path, flags, mode)
#define open(...) OPEN_3(__VA_ARGS__, 0, 0)
#define syscall(...) refuse_rename()
#define link(from, to) replaced_link(from, to)
#define lseek(descriptor, offset, whence) replaced_lseek(descriptor, offset, whence)
#define syncfs(descriptor) counted_syncfs(descriptor)
#define fallocate(...) refuse_fallocate()
#define pms_file_create_temporary other_create_temporary
#define pms_file_publish other_publish
#define pms_file_remove other_remove
#define pms_file_resolve other_resolve
#define pms_file_allocate other_allocate
#define pms_file_extend other_extend
#define pms_file_cut other_cut
#define pms_file_write_zeros other_write_zeros
#define pms_file_is_sparse other_is_sparse
int32_t other_create_temporary(const char *path, char **temporary_path, pms_file *file, pms_error *error);
int32_t other_publish(const char *temporary_path, const char *path, bool replace, pms_error *error);
void other_remove(const char *temporary_path);
int32_t other_resolve(const char *path, char **resolved, pms_error *error);
int32_t other_allocate(pms_file *file, uint64_t bytes, pms_error *error);
int32_t other_extend(const pms_file *file, uint64_t from, uint64_t bytes, uint64_t *file_bytes, pms_error *error);
void other_cut(const pms_file *file, uint64_t bytes);
int other_write_zeros(int descriptor, uint64_t from, uint64_t bytes);
bool other_is_sparse(const pms_file *file);
#include "allocate_posix.c"
#include "publish_posix.c"

static const char *folder;

static int create_folders(void **state)
{
	(void)test_folders_create(state);
	folder = test_disk_folder() ? test_disk_folder() : test_tmpfs_folder();
	return folder ? 0 : -1;
}

/* Publishes a new name, and then is refused the same name, whose file stays. */
static void check_publish(const char *name)
{
	const char *path = test_path(folder, name);
	struct stat status;
	pms_error error;
	pms_file files[2];
	char *temporary[2];

	for (int i = 0; i < 2; i++) {
		assert_int_equal(other_create_temporary(path, &temporary[i], &files[i], &error), PMS_OK);
		assert_int_equal(other_publish(temporary[i], path, false, &error), i == 0 ? PMS_OK : PMS_E_EXISTS);
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(status.st_ino, files[0].inode);
		assert_int_equal(status.st_nlink, 1);
	}
	assert_int_equal(access(temporary[0], F_OK), -1);
	assert_int_equal(access(temporary[1], F_OK), 0);
	other_remove(temporary[1]);
	assert_int_equal(access(temporary[1], F_OK), -1);
	for (int i = 0; i < 2; i++) {
		pms_file_close(&files[i]);
		free(temporary[i]);
	}
}

static void test_publish_without_noreplace_uses_a_link(void **state)
{
	(void)state;
	link_error = 0;
	check_publish("linked");
}

static void test_publish_without_links_takes_the_name_first(void **state)
{
	(void)state;
	link_error = EPERM;
	check_publish("placed");
	link_error = 0;
}

static void test_publish_unreadable_folder_syncs_the_file_system(void **state)
{
	(void)state;
	folder_error = EACCES;
	syncfs_calls = 0;
	check_publish("unreadable");
	assert_int_equal(syncfs_calls, 1);
	folder_error = 0;
}

static void test_allocate_without_fallocate_writes_zeros(void **state)
{
	struct stat status;
	pms_error error;
	pms_file file;
	char *temporary;

	(void)state;
	assert_int_equal(other_create_temporary(test_path(folder, "x"), &temporary, &file, &error), PMS_OK);
	assert_int_equal(other_allocate(&file, 3000000, &error), PMS_OK);
	assert_int_equal(file.bytes, 3000000);
	assert_int_equal(stat(temporary, &status), 0);
	assert_true(status.st_blocks * 512 >= 3000000);
	assert_false(other_is_sparse(&file));
	pms_file_close(&file);
	free(temporary);
}

/* Holes before `from` are left alone: somebody may be writing into them. */
static void test_extend_without_fallocate_writes_zeros_behind_from_alone(void **state)
{
	const char *path = test_path(folder, "extended");
	uint64_t file_bytes = 0;
	struct stat status;
	pms_error error;
	pms_file file;

	(void)state;
	test_file_make(path, 4096);
	assert_int_equal(truncate(path, 2 << 20), 0);
	assert_int_equal(pms_file_open(path, true, &file, &error), PMS_OK);
	assert_int_equal(other_extend(&file, 1 << 20, 3 << 20, &file_bytes, &error), PMS_OK);
	assert_int_equal(file_bytes, 3 << 20);
	assert_int_equal(file.bytes, 2 << 20);
	assert_int_equal(stat(path, &status), 0);
	assert_in_range(status.st_blocks * 512, 2 << 20, (3 << 20) - 65536);
	other_cut(&file, 4096);
	assert_int_equal(pms_file_size(&file, &file_bytes, &error), PMS_OK);
	assert_int_equal(file_bytes, 4096);
	pms_file_close(&file);
}

/* As where data that is only in the page cache does not count as data. */
static void test_write_zeros_where_data_is_called_a_hole_keeps_it(void **state)
{
	const char *path = test_path(folder, "called-a-hole");
	pms_error error;
	pms_file file;
	uint8_t byte;
	size_t got;

	(void)state;
	test_file_make(path, 3000000);
	assert_int_equal(pms_file_open(path, true, &file, &error), PMS_OK);
	all_is_hole = true;
	assert_int_equal(other_write_zeros((int)file.handle, 0, 3000000), 0);
	all_is_hole = false;
	for (uint64_t at = 0; at < 3000000; at += 997) {
		assert_int_equal(pms_file_read(&file, at, &byte, 1, &got, &error), PMS_OK);
		assert_int_equal(byte, test_pattern(at));
	}
	pms_file_close(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_publish_without_noreplace_uses_a_link),
	    cmocka_unit_test(test_publish_without_links_takes_the_name_first),
	    cmocka_unit_test(test_publish_unreadable_folder_syncs_the_file_system),
	    cmocka_unit_test(test_allocate_without_fallocate_writes_zeros),
	    cmocka_unit_test(test_extend_without_fallocate_writes_zeros_behind_from_alone),
	    cmocka_unit_test(test_write_zeros_where_data_is_called_a_hole_keeps_it),
	};

	return cmocka_run_group_tests(tests, create_folders, test_folders_remove);
}
