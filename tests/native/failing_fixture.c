/* SPDX-License-Identifier: MIT */
#include "failing_fixture.h"

#include <errno.h>
#include <unistd.h>

#include "engine.h"

#define STREAM_BYTES (256 * TEST_KIB)
#define REGION_BYTES (64 * TEST_KIB)
#define CALLS_MAX 400

/* ---- before ------------------------------------------------------------------------------------------------------ */

static failing_fixture begin(test_case *test, const failing_verb *verb, bool watch)
{
	failing_fixture f = {.test = test, .verb = verb->name, .watched = watch};

	if (watch && !verb->on_closed)
		test_medium_watch_next();
	f.stream = test_create(test->path, STREAM_BYTES);
	f.region = test_region(f.stream, "region", REGION_BYTES, 64);
	f.other = test_region(f.stream, "other", REGION_BYTES, 8);
	for (uint64_t i = 0; i < 4; i++) {
		(void)test_log_append(&f.log, f.region, 50 * i);
		(void)test_log_append(&f.other_log, f.other, 10 + i);
	}
	if (verb->prepare)
		verb->prepare(&f);
	if (verb->on_closed && watch)
		test_medium_watch_next();
	return f;
}

/* ---- after: the open stream -------------------------------------------------------------------------------------- */

static bool is_of_environment(int32_t status)
{
	return status == PMS_E_IO || status == PMS_E_NO_SPACE || status == PMS_E_NO_MEMORY ||
	       status == PMS_E_NOT_SUPPORTED || status == PMS_E_POISONED;
}

static void expect_refused(failing_fixture *f)
{
	pms_region_options options = test_region_options("new", 100, 0);
	pms_reservation *reservation;
	pms_region *made;
	pms_error error;
	void *space;

	assert_int_equal(pms_region_append(f->other, "x", 1, NULL, &error), PMS_E_POISONED);
	test_error_says(&error, PMS_E_POISONED);
	assert_int_equal(pms_region_reserve(f->other, 1, &reservation, &space, NULL, &error), PMS_E_POISONED);
	assert_int_equal(pms_region_create(f->stream, &options, &made, &error), PMS_E_POISONED);
	assert_int_equal(pms_region_clear(f->other, &error), PMS_E_POISONED);
	assert_int_equal(pms_region_free(f->other, &error), PMS_E_POISONED);
	assert_int_equal(pms_stream_grow(f->stream, 1 * TEST_MIB, &error), PMS_E_POISONED);
}

/* What was acknowledged can be read; writes are refused after a failed drain, and possible after any other failure. */
static void expect_usable(failing_fixture *f)
{
	test_log_expect(&f->other_log, f->other);
	if (!f->frees && !f->clears && !f->reservation && !f->attempted)
		test_log_expect(&f->log, f->region);
	if (atomic_load(&f->stream->poisoned) != PMS_OK)
		expect_refused(f);
	else
		(void)test_log_append(&f->other_log, f->other, 20);
	test_log_expect(&f->other_log, f->other);
}

/* ---- after: what is stored --------------------------------------------------------------------------------------- */

static bool is_attempt(const failing_fixture *f, const pms_entry *entry)
{
	return f->attempted && entry->bytes == f->attempted && test_is_filled(entry->data, entry->bytes, ATTEMPT_SEED);
}

/* The log, and behind it at most the entry that was attempted: it is there if the call has said so. */
static void expect_log(const failing_fixture *f, pms_region *region, const test_log *log, bool whole)
{
	size_t next = 0, attempts = 0;
	pms_cursor *cursor;
	pms_entry entry;
	int32_t status;

	assert_int_equal(pms_cursor_open(region, NULL, &cursor, NULL), PMS_OK);
	while ((status = pms_cursor_next(cursor, &entry, NULL)) == PMS_OK) {
		if (next < log->count && entry.position.offset == log->entries[next].position.offset) {
			assert_int_equal(entry.position.timestamp, log->entries[next].position.timestamp);
			assert_true(test_is_filled(entry.data, entry.bytes, log->entries[next].seed));
			next++;
		} else {
			if (log != &f->log || !is_attempt(f, &entry))
				fail_msg("%s: an entry of %llu bytes at offset %llu that nobody wrote", f->verb,
					 (unsigned long long)entry.bytes, (unsigned long long)entry.position.offset);
			attempts++;
		}
	}
	pms_cursor_close(cursor);
	assert_int_equal(status, PMS_E_END);
	if (whole || next)
		assert_int_equal(next, log->count);
	assert_in_range(attempts, 0, 1);
	if (log == &f->log && f->attempted && f->succeeded)
		assert_int_equal(attempts, 1);
}

static void expect_no_errors(pms_stream *stream)
{
	pms_check_summary summary = {.struct_bytes = sizeof(summary)};
	pms_check *check;

	assert_int_equal(pms_check_run(stream, &check, NULL), PMS_OK);
	assert_int_equal(pms_check_summarize(check, &summary), PMS_OK);
	pms_check_release(check);
	assert_int_equal(summary.error_count, 0);
}

static void expect_image(const failing_fixture *f, const test_image *image)
{
	char path[700];
	pms_region *region;

	(void)snprintf(path, sizeof(path), "%s", test_file(f->test, "image"));
	test_image_save(image, path);
	pms_stream *stream = test_open(path, PMS_OPEN_DEFAULT);
	expect_no_errors(stream);
	int32_t status = pms_region_find(stream, "region", 6, &region, NULL);
	if (!f->frees)
		assert_int_equal(status, PMS_OK);
	if (status == PMS_OK) {
		assert_false(f->frees && f->succeeded);
		expect_log(f, region, &f->log, !f->clears);
		if (f->clears && f->succeeded)
			assert_int_equal(test_region_info(region).last_timestamp, 0);
		(void)test_append(region, 30, 1);
		pms_region_release(region);
	}
	region = test_find(stream, "other");
	expect_log(f, region, &f->other_log, true);
	pms_region_release(region);
	test_close(stream);
	(void)unlink(path);
}

/* Every store kept; only what was drained; and some that lie between. */
static void expect_images(const failing_fixture *f)
{
	test_image image = test_image_load(f->test->path);

	expect_image(f, &image);
	test_image_free(&image);
	for (uint64_t seed = 0; f->watched && seed < 4; seed++) {
		image = test_medium_power_cut(seed);
		expect_image(f, &image);
		test_image_free(&image);
	}
}

/* An open that failed early has mapped nothing: what is opened next is not to be watched. */
static void forget_unless_mapped(failing_fixture *f)
{
	f->watched = test_medium_was_watched();
	if (!f->watched)
		test_medium_forget();
}

static void end(failing_fixture *f)
{
	if (f->watched)
		forget_unless_mapped(f);
	if (f->stream) {
		expect_usable(f);
		expect_images(f);
	}
	pms_reservation_release(f->reservation);
	pms_region_release(f->region);
	pms_region_release(f->other);
	if (f->stream) {
		bool poisoned = atomic_load(&f->stream->poisoned) != PMS_OK;
		assert_int_equal(pms_stream_close(f->stream), poisoned ? PMS_E_POISONED : PMS_OK);
		pms_stream_release(f->stream);
	}
	expect_images(f);
	test_medium_forget();
	test_log_free(&f->log);
	test_log_free(&f->other_log);
	(void)unlink(f->test->path);
}

/* ---- one verb ---------------------------------------------------------------------------------------------------- */

/* Returns how many calls were made. */
static uint64_t try_call(test_case *test, const failing_verb *verb, unsigned kinds, uint64_t index, int os_error)
{
	unsigned descriptors = faults_descriptors();
	failing_fixture f = begin(test, verb, (kinds & FAULT_DRAIN) != 0);
	pms_error error;

	memset(&error, 0x55, sizeof(error));
	faults_begin(kinds, index, os_error, false);
	int32_t status = verb->call(&f, &error);
	uint64_t count = faults_end();
	const char *failed = faults_failed();
	f.succeeded = status == PMS_OK;
	if (status != PMS_OK && (!failed || !is_of_environment(status)))
		fail_msg("%s, call %llu (%s) failing: %d: %s", verb->name, (unsigned long long)index,
			 failed ? failed : "none", status, error.message);
	if (status != PMS_OK && error.status != 0x55555555)
		test_error_says(&error, status);
	end(&f);
	if (faults_descriptors() != descriptors)
		fail_msg("%s, call %llu (%s) failing: a descriptor was left open", verb->name,
			 (unsigned long long)index, failed ? failed : "none");
	return count;
}

void failing_try_each_call(test_case *test, const failing_verb *verb, unsigned kinds, int os_error)
{
	uint64_t count = try_call(test, verb, kinds, UINT64_MAX, os_error);

	assert_in_range(count, 0, CALLS_MAX);
	for (uint64_t index = 0; index < count; index++)
		(void)try_call(test, verb, kinds, index, os_error);
	print_message("# %s: %llu calls failed in turn\n", verb->name, (unsigned long long)count);
}
