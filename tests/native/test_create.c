/* SPDX-License-Identifier: MIT */
/* What creating makes of what is at the path, and of a path that it cannot look at. */
#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support_image.h"

static int32_t create(const char *path, uint32_t flags, pms_error *error)
{
	pms_create_options options = test_create_options(TEST_MIB);
	pms_stream *stream;

	options.flags = flags;
	int32_t status = pms_stream_create(path, &options, &stream, error);
	if (status == PMS_OK)
		test_close(stream);
	return status;
}

/* A name that the system refuses is no reason to say that something is there. */
static void test_create_name_too_long_is_an_error_of_the_system(void **state)
{
	test_case *test = test_begin(state);
	char name[300];
	pms_error error;

	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(create(test_file(test, name), PMS_CREATE_DEFAULT, &error), PMS_E_IO);
	assert_int_equal(error.os_error, ENAMETOOLONG);
	test_error_says(&error, PMS_E_IO);
}

static void test_create_link_to_itself_is_something(void **state)
{
	test_case *test = test_begin(state);
	pms_error error;

	assert_int_equal(symlink(test->path, test->path), 0);
	assert_int_equal(create(test->path, PMS_CREATE_DEFAULT, &error), PMS_E_EXISTS);
	test_open_fails(test->path, PMS_OPEN_DEFAULT, PMS_E_IO, &error);
	assert_int_equal(error.os_error, ELOOP);
}

/* The target is replaced, where it lies; the link stays a link. */
static void test_create_overwrite_through_a_link_replaces_its_target(void **state)
{
	test_case *test = test_begin(state);
	char target[700];
	struct stat found;
	pms_error error;

	(void)snprintf(target, sizeof(target), "%s", test_file(test, "target"));
	assert_int_equal(create(target, PMS_CREATE_DEFAULT, &error), PMS_OK);
	test_image before = test_image_load(target);
	assert_int_equal(symlink(target, test->path), 0);
	assert_int_equal(create(test->path, PMS_CREATE_DEFAULT, &error), PMS_E_EXISTS);
	test_image_expect(&before, target);
	assert_int_equal(create(test->path, PMS_CREATE_OVERWRITE, &error), PMS_OK);
	assert_int_equal(lstat(test->path, &found), 0);
	assert_true(S_ISLNK(found.st_mode));
	test_image after = test_image_load(target);
	assert_memory_not_equal(test_image_uuid(&before), test_image_uuid(&after), 16);
	test_image_free(&before);
	test_image_free(&after);
}

static void test_create_where_nobody_may_look_is_no_permission(void **state)
{
	test_case *test = test_begin(state);
	char path[700];
	pms_error error;
	int status;

	(void)snprintf(path, sizeof(path), "%s", test_file(test, "stream"));
	assert_int_equal(chmod(test->folder, 0700), 0);
	if (geteuid() != 0) {
		print_message("SKIP-REASON: allowed: needs root, to be somebody else\n");
		skip();
	}
	pid_t child = fork();
	if (child == 0) {
		if (setgid(65534) != 0 || setuid(65534) != 0)
			_exit(99);
		_exit(create(path, PMS_CREATE_DEFAULT, &error) == PMS_E_PERMISSION && error.os_error == EACCES ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_create_name_too_long_is_an_error_of_the_system),
	    TEST_ON_BOTH(test_create_link_to_itself_is_something),
	    TEST_ON_BOTH(test_create_overwrite_through_a_link_replaces_its_target),
	    TEST_ON_BOTH(test_create_where_nobody_may_look_is_no_permission),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
