/* SPDX-License-Identifier: MIT */
/* The writer lock, within one process and between processes. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "error.h"
#include "os.h"
#include "support_files.h"

static char path[1024];

static int create_file(void **state)
{
	(void)test_folders_create(state);
	if (!test_disk_folder() && !test_tmpfs_folder())
		return -1;
	(void)snprintf(path, sizeof(path), "%s",
		       test_path(test_disk_folder() ? test_disk_folder() : test_tmpfs_folder(), "locked"));
	test_file_make(path, 4096);
	return 0;
}

static pms_file open_file(bool writable)
{
	pms_error error;
	pms_file file;

	assert_int_equal(pms_file_open(path, writable, &file, &error), PMS_OK);
	return file;
}

static void check_lock_is_free(void)
{
	pms_file file = open_file(true);

	assert_int_equal(pms_file_lock(&file, 0, NULL), PMS_OK);
	pms_file_close(&file);
}

static uint64_t milliseconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* A child that locks the file, says so, and then does as it is told: closes after some time, or waits to be killed. */
typedef struct holder {
	pid_t pid;
	int ready[2];
} holder;

static holder start_holder(unsigned close_after_milliseconds)
{
	holder child;
	char byte;

	assert_int_equal(pipe(child.ready), 0);
	child.pid = fork();
	assert_true(child.pid >= 0);
	if (child.pid == 0) {
		pms_file file;

		if (pms_file_open(path, true, &file, NULL) != PMS_OK || pms_file_lock(&file, 0, NULL) != PMS_OK)
			_exit(1);
		if (write(child.ready[1], "r", 1) != 1)
			_exit(1);
		if (close_after_milliseconds == 0)
			for (;;)
				(void)pause();
		(void)usleep(close_after_milliseconds * 1000);
		pms_file_close(&file);
		_exit(0);
	}
	(void)close(child.ready[1]);
	assert_int_equal(read(child.ready[0], &byte, 1), 1);
	return child;
}

static void end_holder(holder *child, bool kill_it)
{
	int status;

	if (kill_it)
		(void)kill(child->pid, SIGKILL);
	assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
	(void)close(child->ready[0]);
}

static void test_lock_second_open_in_this_process_conflicts(void **state)
{
	pms_file first = open_file(true);
	pms_file second = open_file(true);
	pms_error error;
	char own[32];

	(void)state;
	assert_int_equal(pms_file_lock(&first, 0, &error), PMS_OK);
	assert_true(first.locked);
	assert_int_equal(pms_file_lock(&second, 0, &error), PMS_E_LOCKED);
	assert_non_null(strstr(error.message, "another writer has the stream open"));
	assert_non_null(strstr(error.message, "this very process"));
	(void)snprintf(own, sizeof(own), "%ld", (long)getpid());
	assert_non_null(strstr(error.message, own));
	/* Closing the other one must not release it, as it would with a traditional lock. */
	pms_file_close(&second);
	second = open_file(true);
	assert_int_equal(pms_file_lock(&second, 0, &error), PMS_E_LOCKED);
	pms_file_close(&first);
	assert_int_equal(pms_file_lock(&second, 0, &error), PMS_OK);
	pms_file_close(&second);
}

static void test_lock_held_by_other_process_names_it(void **state)
{
	holder child = start_holder(0);
	pms_file file = open_file(true);
	pms_error error;
	char pid[64];

	(void)state;
	assert_int_equal(pms_file_lock(&file, 0, &error), PMS_E_LOCKED);
	(void)snprintf(pid, sizeof(pid), "process %ld (test_lock", (long)child.pid);
	if (!strstr(error.message, pid))
		fail_msg("'%s' does not name %s", error.message, pid);
	end_holder(&child, true);
	pms_file_close(&file);
}

static void test_lock_holder_is_killed_releases_it(void **state)
{
	holder child = start_holder(0);

	(void)state;
	end_holder(&child, true);
	check_lock_is_free();
}

static void test_lock_wait_ends_at_the_deadline(void **state)
{
	pms_file first = open_file(true);
	pms_file second = open_file(true);
	uint64_t begin;
	uint64_t waited;
	pms_error error;

	(void)state;
	assert_int_equal(pms_file_lock(&first, 0, &error), PMS_OK);
	begin = milliseconds();
	assert_int_equal(pms_file_lock(&second, 120, &error), PMS_E_LOCKED);
	waited = milliseconds() - begin;
	assert_true(waited >= 120);
	assert_non_null(strstr(error.message, "waited 120 ms"));
	pms_file_close(&first);
	pms_file_close(&second);
}

static void test_lock_wait_succeeds_when_the_holder_closes(void **state)
{
	static const uint32_t waits[] = {60000, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		holder child = start_holder(100);
		pms_file file = open_file(true);
		pms_error error;

		assert_int_equal(pms_file_lock(&file, waits[i], &error), PMS_OK);
		pms_file_close(&file);
		end_holder(&child, false);
	}
}

static void test_lock_probe_tells_others_but_not_the_holder(void **state)
{
	pms_file reader = open_file(false);
	pms_file writer = open_file(true);

	(void)state;
	assert_false(pms_file_lock_is_held(&reader));
	assert_int_equal(pms_file_lock(&writer, 0, NULL), PMS_OK);
	assert_true(pms_file_lock_is_held(&reader));
	assert_false(pms_file_lock_is_held(&writer));
	/* It took nothing. */
	pms_file_close(&writer);
	assert_false(pms_file_lock_is_held(&reader));
	check_lock_is_free();
	pms_file_close(&reader);
}

static void test_lock_close_in_a_forked_child_keeps_it(void **state)
{
	pms_file file = open_file(true);
	pms_file reader = open_file(false);
	int status;
	pid_t child;

	(void)state;
	assert_int_equal(pms_file_lock(&file, 0, NULL), PMS_OK);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		pms_file_close(&file);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(pms_file_lock_is_held(&reader));
	pms_file_close(&file);
	assert_false(pms_file_lock_is_held(&reader));
	pms_file_close(&reader);
}

static void test_lock_close_releases_it_under_mapping_and_forked_child(void **state)
{
	pms_file file = open_file(true);
	void *address = mmap(NULL, 4096, PROT_READ, MAP_SHARED, (int)file.handle, 0);
	pid_t child;
	int status;

	(void)state;
	assert_true(address != MAP_FAILED);
	assert_int_equal(pms_file_lock(&file, 0, NULL), PMS_OK);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		for (;;)
			(void)pause();
	pms_file_close(&file);
	check_lock_is_free();
	(void)kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	(void)munmap(address, 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lock_second_open_in_this_process_conflicts),
	    cmocka_unit_test(test_lock_held_by_other_process_names_it),
	    cmocka_unit_test(test_lock_holder_is_killed_releases_it),
	    cmocka_unit_test(test_lock_wait_ends_at_the_deadline),
	    cmocka_unit_test(test_lock_wait_succeeds_when_the_holder_closes),
	    cmocka_unit_test(test_lock_probe_tells_others_but_not_the_holder),
	    cmocka_unit_test(test_lock_close_in_a_forked_child_keeps_it),
	    cmocka_unit_test(test_lock_close_releases_it_under_mapping_and_forked_child),
	};

	return cmocka_run_group_tests(tests, create_file, test_folders_remove);
}
