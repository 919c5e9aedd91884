/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "error.h"

/* ---- status texts ----------------------------------------------------------------------------------------------- */

static void test_status_text_known_differs_from_unknown(void **state)
{
	static const int32_t known[] = {PMS_OK,
					PMS_E_INVALID_ARGUMENT,
					PMS_E_CLOSED,
					PMS_E_STALE,
					PMS_E_READ_ONLY,
					PMS_E_ENDED,
					PMS_E_FORKED,
					PMS_E_END,
					PMS_E_NOT_FOUND,
					PMS_E_EXISTS,
					PMS_E_REGION_FULL,
					PMS_E_STREAM_FULL,
					PMS_E_BUSY,
					PMS_E_TOO_SMALL,
					PMS_E_NO_ENTRY,
					PMS_E_TIMEOUT,
					PMS_E_CANCELLED,
					PMS_E_IO,
					PMS_E_NO_SPACE,
					PMS_E_PERMISSION,
					PMS_E_LOCKED,
					PMS_E_NO_MEMORY,
					PMS_E_MEDIUM,
					PMS_E_POISONED,
					PMS_E_NOT_SUPPORTED,
					PMS_E_NOT_A_STREAM,
					PMS_E_NEWER_VERSION,
					PMS_E_UNKNOWN_FEATURE,
					PMS_E_TRUNCATED,
					PMS_E_CORRUPT,
					PMS_E_EXHAUSTED,
					PMS_E_INTERNAL};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		assert_string_not_equal(pms_status_text(known[i]), "unknown status");
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(pms_status_text(known[i]), pms_status_text(known[k]));
	}
}

static void test_status_text_other_is_unknown(void **state)
{
	(void)state;
	assert_string_equal(pms_status_text(1), "unknown status");
	assert_string_equal(pms_status_text(-1000), "unknown status");
	assert_string_equal(pms_status_text(INT32_MIN), "unknown status");
}

static void test_status_of_errno_cases_fit(void **state)
{
	static const struct {
		int os_error;
		int32_t status;
	} cases[] = {
	    {ENOENT, PMS_E_NOT_FOUND},
	    {ENOTDIR, PMS_E_NOT_FOUND},
	    {EEXIST, PMS_E_EXISTS},
	    {EACCES, PMS_E_PERMISSION},
	    {EPERM, PMS_E_PERMISSION},
	    {EROFS, PMS_E_PERMISSION},
	    {ETXTBSY, PMS_E_PERMISSION},
	    {ENOSPC, PMS_E_NO_SPACE},
	    {EDQUOT, PMS_E_NO_SPACE},
	    {EFBIG, PMS_E_NO_SPACE},
	    {ENOMEM, PMS_E_NO_MEMORY},
	    {ENAMETOOLONG, PMS_E_IO},
	    {ELOOP, PMS_E_IO},
	    {EISDIR, PMS_E_NOT_A_STREAM},
	    {ENOSYS, PMS_E_NOT_SUPPORTED},
	    {EOPNOTSUPP, PMS_E_NOT_SUPPORTED},
	    {EIO, PMS_E_IO},
	    {EMFILE, PMS_E_IO},
	    {12345, PMS_E_IO},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(pms_status_of_errno(cases[i].os_error), cases[i].status);
}

/* ---- the record ------------------------------------------------------------------------------------------------- */

static void test_fail_null_record_returns_status(void **state)
{
	(void)state;
	pms_error_clear(NULL);
	assert_int_equal(pms_fail(NULL, PMS_E_BUSY, "%d", 1), PMS_E_BUSY);
	assert_int_equal(pms_fail_os(NULL, PMS_E_IO, EIO, "%d", 1), PMS_E_IO);
	assert_int_equal(pms_fail_at(NULL, PMS_E_CORRUPT, 1, 2, 3, "%d", 1), PMS_E_CORRUPT);
}

static void test_fail_used_record_overwrites_everything(void **state)
{
	pms_error error;

	(void)state;
	memset(&error, 0xEE, sizeof(error));
	assert_int_equal(pms_fail_at(&error, PMS_E_CORRUPT, 11, 22, 33, "bad %s", "word"), PMS_E_CORRUPT);
	assert_int_equal(error.status, PMS_E_CORRUPT);
	assert_int_equal(error.os_error, 0);
	assert_int_equal(error.position, 11);
	assert_int_equal(error.expected, 22);
	assert_int_equal(error.found, 33);
	assert_string_equal(error.message, "bad word");

	assert_int_equal(pms_fail(&error, PMS_E_BUSY, "busy"), PMS_E_BUSY);
	assert_int_equal(error.position, 0);
	assert_int_equal(error.expected, 0);
	assert_int_equal(error.found, 0);
	assert_string_equal(error.message, "busy");

	pms_error_clear(&error);
	assert_int_equal(error.status, PMS_OK);
	assert_string_equal(error.message, "");
}

static void test_fail_os_text_is_appended(void **state)
{
	pms_error error;

	(void)state;
	(void)pms_fail_os(&error, PMS_E_NOT_FOUND, ENOENT, "cannot open '%s'", "x");
	assert_int_equal(error.os_error, ENOENT);
	assert_string_equal(error.message, "cannot open 'x': No such file or directory (error 2)");
	(void)pms_fail_os(&error, PMS_E_IO, 12345, "odd");
	assert_non_null(strstr(error.message, "12345"));
}

static void test_fail_own_message_as_argument_is_kept(void **state)
{
	pms_error error;

	(void)state;
	(void)pms_fail(&error, PMS_E_IO, "inner");
	(void)pms_fail(&error, PMS_E_CORRUPT, "outer: %s", error.message);
	assert_string_equal(error.message, "outer: inner");
}

static void test_fail_long_text_is_cut_between_characters(void **state)
{
	/* Characters of 1 to 4 bytes; with each length of prefix the cut falls elsewhere. */
	static const char *const characters[] = {"a", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};
	pms_error error;

	(void)state;
	for (size_t c = 0; c < 4; c++) {
		const size_t width = strlen(characters[c]);

		for (size_t prefix = 0; prefix < 5; prefix++) {
			char text[1200] = "";
			size_t length;

			memset(text, 'p', prefix);
			for (size_t at = prefix; at < 1000; at += width)
				memcpy(text + at, characters[c], width);
			(void)pms_fail(&error, PMS_E_IO, "%s", text);
			length = strlen(error.message);
			assert_true(length < sizeof(error.message) && length + 4 >= sizeof(error.message) - 1);
			assert_int_equal((length - prefix) % width, 0);
			assert_memory_equal(error.message, text, length);
		}
	}
}

static void test_fail_os_long_text_keeps_the_reason(void **state)
{
	char path[2000];
	pms_error error;

	(void)state;
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	(void)pms_fail_os(&error, PMS_E_NO_SPACE, ENOSPC, "cannot open '%s'", path);
	assert_non_null(strstr(error.message, "x: No space left on device (error 28)"));
	assert_true(strlen(error.message) < sizeof(error.message));
}

static void test_fail_invalid_text_becomes_one_line_of_utf8(void **state)
{
	pms_error error;

	(void)state;
	(void)pms_fail(&error, PMS_E_IO, "%s",
		       "a\nb\tc\x7F|\xFF|\xC0\xAF|\xED\xA0\x80|\xF4\x90\x80\x80|\xE2\x82|\xC3\xA4");
	assert_string_equal(error.message, "a?b?c?|?|??|???|????|??|\xC3\xA4");
}

/* ---- threads ---------------------------------------------------------------------------------------------------- */

static void *ask_texts(void *failed)
{
	for (int i = 0; i < 2000; i++) {
		pms_error error;

		(void)pms_fail_os(&error, PMS_E_IO, 20000 + i % 7, "x");
		if (error.os_error != 20000 + i % 7)
			*(int *)failed = 1;
		(void)pms_fail_os(&error, PMS_E_IO, i % 2 ? EIO : ENOSPC, "x");
		if (!strstr(error.message, i % 2 ? "Input/output error" : "No space left"))
			*(int *)failed = 1;
	}
	return NULL;
}

static void test_fail_os_many_threads_get_their_own_text(void **state)
{
	pthread_t threads[4];
	int failed[4] = {0};

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_texts, &failed[i]), 0);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(failed[i], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_status_text_known_differs_from_unknown),
	    cmocka_unit_test(test_status_text_other_is_unknown),
	    cmocka_unit_test(test_status_of_errno_cases_fit),
	    cmocka_unit_test(test_fail_null_record_returns_status),
	    cmocka_unit_test(test_fail_used_record_overwrites_everything),
	    cmocka_unit_test(test_fail_os_text_is_appended),
	    cmocka_unit_test(test_fail_own_message_as_argument_is_kept),
	    cmocka_unit_test(test_fail_long_text_is_cut_between_characters),
	    cmocka_unit_test(test_fail_os_long_text_keeps_the_reason),
	    cmocka_unit_test(test_fail_invalid_text_becomes_one_line_of_utf8),
	    cmocka_unit_test(test_fail_os_many_threads_get_their_own_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
