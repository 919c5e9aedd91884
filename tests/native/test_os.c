/* SPDX-License-Identifier: MIT */
/* Files: opening, reading, allocating. Creating and naming is in test_publish.c, the writer lock in test_lock.c. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "error.h"
#include "os_internal_posix.h"
#include "support_files.h"

static const char *folder;

static int create_folders(void **state)
{
	(void)test_folders_create(state);
	folder = test_disk_folder() ? test_disk_folder() : test_tmpfs_folder();
	return folder ? 0 : -1;
}

static void check_refused(const char *path, int32_t status, const char *text)
{
	pms_error error;
	pms_file file;

	for (int writable = 0; writable < 2; writable++) {
		assert_int_equal(pms_file_open(path, writable, &file, &error), status);
		assert_int_equal(file.handle, -1);
		assert_int_equal(error.status, status);
		if (!strstr(error.message, text))
			fail_msg("'%s' does not say '%s'", error.message, text);
	}
}

/* ---- opening ---------------------------------------------------------------------------------------------------- */

static void test_open_existing_file_describes_it(void **state)
{
	const char *path = test_path(folder, "plain");
	struct stat status;
	pms_file file;
	pms_error error;

	(void)state;
	test_file_make(path, 5000);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(pms_file_open(path, true, &file, &error), PMS_OK);
	assert_true(file.handle >= 0 && file.writable && !file.locked);
	assert_int_equal(file.type, PMS_FILE_REGULAR);
	assert_int_equal(file.bytes, 5000);
	assert_int_equal(file.inode, status.st_ino);
	assert_int_equal(file.device, status.st_dev);
	assert_true(fcntl((int)file.handle, F_GETFD) & FD_CLOEXEC);
	pms_file_close(&file);
	assert_int_equal(file.handle, -1);
	pms_file_close(&file);
}

static void test_open_null_or_empty_path_is_invalid(void **state)
{
	(void)state;
	check_refused("", PMS_E_INVALID_ARGUMENT, "path");
	check_refused(NULL, PMS_E_INVALID_ARGUMENT, "path");
}

static void test_open_missing_is_not_found(void **state)
{
	const char *plain = test_path(folder, "no-folder");

	(void)state;
	check_refused(test_path(folder, "missing"), PMS_E_NOT_FOUND, "missing");
	test_file_make(plain, 1);
	check_refused(test_path(plain, "below"), PMS_E_NOT_FOUND, "below");
}

static void test_open_what_cannot_hold_a_stream_names_it(void **state)
{
	const char *fifo = test_path(folder, "fifo");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	check_refused(folder, PMS_E_NOT_A_STREAM, "folder");
	check_refused("/dev/null", PMS_E_NOT_A_STREAM, "character device");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	check_refused(fifo, PMS_E_NOT_A_STREAM, "pipe");
	/* The path of a socket is short, so it is made in a folder that is entered. */
	assert_true(descriptor >= 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/pms-%ld.socket", (long)getpid());
	assert_int_equal(bind(descriptor, (struct sockaddr *)&address, sizeof(address)), 0);
	check_refused(address.sun_path, PMS_E_NOT_A_STREAM, "socket");
	(void)unlink(address.sun_path);
	(void)close(descriptor);
}

static void test_open_paths_that_the_system_refuses_say_why(void **state)
{
	char name[400];
	const char *loop = test_path(folder, "loop");

	(void)state;
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	check_refused(test_path(folder, name), PMS_E_IO, "cannot open");
	assert_int_equal(symlink("loop", loop), 0);
	check_refused(loop, PMS_E_IO, "cannot open");
}

static void test_open_running_program_for_writing_is_refused(void **state)
{
	pms_error error;
	pms_file file;

	(void)state;
	assert_int_equal(pms_file_open("/proc/self/exe", true, &file, &error), PMS_E_PERMISSION);
	assert_int_equal(error.os_error, ETXTBSY);
}

/* Runs as another user, because root may do everything. Returns the child's answer. */
static int as_nobody(int (*body)(const char *path), const char *path)
{
	int status = 0;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0)
		_exit(setgid(65534) == 0 && setuid(65534) == 0 ? body(path) : 99);
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

static int open_without_permission(const char *path)
{
	pms_error error;
	pms_file file;

	if (pms_file_open(path, true, &file, &error) != PMS_E_PERMISSION || error.os_error != EACCES)
		return 1;
	if (pms_file_open(path, false, &file, &error) != PMS_OK)
		return 2;
	return 0;
}

static void test_open_without_permission_to_write_can_still_read(void **state)
{
	char name[] = "/tmp/pms-test-XXXXXX";
	int descriptor;

	(void)state;
	if (geteuid() != 0)
		TEST_SKIP("allowed: needs root, to become another user");
	descriptor = mkstemp(name);
	assert_true(descriptor >= 0);
	assert_int_equal(fchmod(descriptor, 0644), 0);
	(void)close(descriptor);
	assert_int_equal(as_nobody(open_without_permission, name), 0);
	(void)unlink(name);
}

static void test_read_at_the_end_gets_what_is_there(void **state)
{
	const char *path = test_path(folder, "read");
	uint8_t buffer[64];
	pms_error error;
	pms_file file;
	size_t got;

	(void)state;
	test_file_make(path, 1000);
	assert_int_equal(pms_file_open(path, false, &file, &error), PMS_OK);
	assert_int_equal(pms_file_read(&file, 970, buffer, sizeof(buffer), &got, &error), PMS_OK);
	assert_int_equal(got, 30);
	for (size_t i = 0; i < got; i++)
		assert_int_equal(buffer[i], test_pattern(970 + i));
	assert_int_equal(pms_file_read(&file, 1000, buffer, sizeof(buffer), &got, &error), PMS_OK);
	assert_int_equal(got, 0);
	assert_int_equal(pms_file_read(&file, UINT64_MAX, buffer, 1, &got, &error), PMS_E_INVALID_ARGUMENT);
	pms_file_close(&file);
}

/* ---- allocating ------------------------------------------------------------------------------------------------- */

static void check_kept_and_full(const char *path, uint64_t bytes, uint64_t hole_from, uint64_t hole_to)
{
	struct stat status;
	FILE *stream = fopen(path, "r");

	assert_non_null(stream);
	for (uint64_t i = 0; i < bytes; i++) {
		bool is_hole = i >= hole_from && i < hole_to;

		if (fgetc(stream) != (is_hole ? 0 : test_pattern(i)))
			fail_msg("byte %llu was changed", (unsigned long long)i);
	}
	assert_int_equal(fstat(fileno(stream), &status), 0);
	assert_true(status.st_blocks * 512 >= status.st_size);
	(void)fclose(stream);
}

/* 256 KiB with a hole from 64 KiB to 128 KiB, and one of 1 MiB behind. */
static void make_sparse(const char *path)
{
	int descriptor;

	test_file_make(path, 262144);
	descriptor = open(path, O_RDWR);
	assert_true(descriptor >= 0);
	assert_int_equal(fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 65536, 65536), 0);
	assert_int_equal(ftruncate(descriptor, 262144 + 1048576), 0);
	(void)close(descriptor);
}

static void test_allocate_sparse_file_fills_holes_and_keeps_data(void **state)
{
	const char *path = test_path(folder, "sparse");
	pms_error error;
	pms_file file;

	(void)state;
	make_sparse(path);
	assert_int_equal(pms_file_open(path, true, &file, &error), PMS_OK);
	assert_true(pms_file_is_sparse(&file));
	assert_int_equal(pms_file_allocate(&file, file.bytes, &error), PMS_OK);
	assert_false(pms_file_is_sparse(&file));
	assert_int_equal(file.bytes, 262144 + 1048576);
	check_kept_and_full(path, 262144, 65536, 131072);
	/* Shorter than it is: stays as it is. */
	assert_int_equal(pms_file_allocate(&file, 4096, &error), PMS_OK);
	assert_int_equal(file.bytes, 262144 + 1048576);
	assert_int_equal(pms_file_allocate(&file, 0, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_file_allocate(&file, UINT64_MAX, &error), PMS_E_NO_SPACE);
	pms_file_close(&file);
}

static void test_write_zeros_sparse_file_fills_holes_and_keeps_data(void **state)
{
	const char *path = test_path(folder, "zeros");
	pms_error error;
	pms_file file;

	(void)state;
	make_sparse(path);
	assert_int_equal(pms_file_open(path, true, &file, &error), PMS_OK);
	assert_int_equal(pms_file_write_zeros((int)file.handle, 0, 262144 + 2 * 1048576), 0);
	assert_false(pms_file_is_sparse(&file));
	check_kept_and_full(path, 262144, 65536, 131072);
	assert_int_equal(pms_file_size(&file, &file.bytes, &error), PMS_OK);
	assert_int_equal(file.bytes, 262144 + 2 * 1048576);
	/* Once more: nothing to do, and shorter: nothing lost. */
	assert_int_equal(pms_file_write_zeros((int)file.handle, 0, 4096), 0);
	assert_int_equal(pms_file_size(&file, &file.bytes, &error), PMS_OK);
	assert_int_equal(file.bytes, 262144 + 2 * 1048576);
	pms_file_close(&file);
}

static void test_allocate_full_file_system_is_no_space(void **state)
{
	const char *mount_point = test_path(folder, "small");
	pms_error error;
	pms_file file;
	char *temporary = NULL;

	(void)state;
	assert_int_equal(mkdir(mount_point, 0700), 0);
	if (mount("none", mount_point, "tmpfs", 0, "size=1m") != 0)
		TEST_SKIP("allowed: needs the right to mount a small tmpfs");
	assert_int_equal(pms_file_create_temporary(test_path(mount_point, "x"), &temporary, &file, &error), PMS_OK);
	assert_int_equal(pms_file_allocate(&file, 65536, &error), PMS_OK);
	assert_int_equal(pms_file_allocate(&file, 8u << 20, &error), PMS_E_NO_SPACE);
	assert_int_equal(error.os_error, ENOSPC);
	assert_int_equal(pms_file_write_zeros((int)file.handle, 0, 8u << 20), ENOSPC);
	pms_file_close(&file);
	free(temporary);
	assert_int_equal(umount(mount_point), 0);
}

/* ---- the rest --------------------------------------------------------------------------------------------------- */

static void test_random_two_calls_differ(void **state)
{
	uint8_t a[32] = {0};
	uint8_t b[32] = {0};

	(void)state;
	assert_int_equal(pms_os_random(a, sizeof(a), NULL), PMS_OK);
	assert_int_equal(pms_os_random(b, sizeof(b), NULL), PMS_OK);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_true(pms_os_unix_seconds() > 1700000000u);
}

static void test_fork_child_counts_up_and_parent_does_not(void **state)
{
	unsigned before;
	int status = 0;
	pid_t child;

	(void)state;
	pms_os_initialize();
	pms_os_initialize();
	before = pms_os_fork_generation;
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(pms_os_fork_generation == before + 1 ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(pms_os_fork_generation, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_open_existing_file_describes_it),
	    cmocka_unit_test(test_open_null_or_empty_path_is_invalid),
	    cmocka_unit_test(test_open_missing_is_not_found),
	    cmocka_unit_test(test_open_what_cannot_hold_a_stream_names_it),
	    cmocka_unit_test(test_open_paths_that_the_system_refuses_say_why),
	    cmocka_unit_test(test_open_running_program_for_writing_is_refused),
	    cmocka_unit_test(test_open_without_permission_to_write_can_still_read),
	    cmocka_unit_test(test_read_at_the_end_gets_what_is_there),
	    cmocka_unit_test(test_allocate_sparse_file_fills_holes_and_keeps_data),
	    cmocka_unit_test(test_write_zeros_sparse_file_fills_holes_and_keeps_data),
	    cmocka_unit_test(test_allocate_full_file_system_is_no_space),
	    cmocka_unit_test(test_random_two_calls_differ),
	    cmocka_unit_test(test_fork_child_counts_up_and_parent_does_not),
	};

	return cmocka_run_group_tests(tests, create_folders, test_folders_remove);
}
