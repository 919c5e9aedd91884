/* SPDX-License-Identifier: MIT */
/* The full check: finds nothing in a whole stream, and in a damaged one everything, in one run. */
#include "support_image.h"

#define ENTRIES 10u

typedef struct fixture {
	test_case *test;
	test_image image;
	uint64_t offsets[3];
	test_log logs[3];
	pms_stream *stream;
	pms_check *check;
	pms_check_summary summary;
} fixture;

static const char *const names[3] = {"first", "second", "third"};

/* Three regions with entries, two skipped ones and free space between, closed. */
static fixture begin(void **state)
{
	fixture f = {.test = test_begin(state)};
	pms_stream *stream = test_create(f.test->path, 512 * TEST_KIB);
	pms_region *regions[3], *gap = NULL;

	for (int i = 0; i < 3; i++) {
		regions[i] = test_region(stream, names[i], 60 * TEST_KIB, 64);
		f.offsets[i] = test_region_info(regions[i]).offset;
		if (i == 1)
			gap = test_region(stream, "gap", 10000, 64);
		for (uint64_t j = 0; j < ENTRIES; j++) {
			pms_reservation *reservation;
			void *space;
			(void)test_log_append(&f.logs[i], regions[i], 1000 + j);
			if (j != 4)
				continue;
			assert_int_equal(pms_region_reserve(regions[i], 100, &reservation, &space, NULL, NULL), PMS_OK);
			pms_reservation_release(reservation);
		}
	}
	assert_int_equal(pms_region_free(gap, NULL), PMS_OK);
	pms_region_release(gap);
	for (int i = 0; i < 3; i++)
		pms_region_release(regions[i]);
	test_close(stream);
	f.image = test_image_load(f.test->path);
	return f;
}

static void end(fixture *f)
{
	for (int i = 0; i < 3; i++)
		test_log_free(&f->logs[i]);
	test_image_free(&f->image);
}

static void run(fixture *f, uint32_t flags)
{
	test_image_save(&f->image, f->test->path);
	f->stream = test_open(f->test->path, flags);
	f->summary = (pms_check_summary){.struct_bytes = sizeof(f->summary)};
	assert_int_equal(pms_check_run(f->stream, &f->check, NULL), PMS_OK);
	assert_int_equal(pms_check_summarize(f->check, &f->summary), PMS_OK);
}

static void finish(fixture *f, bool unchanged)
{
	pms_check_release(f->check);
	test_close(f->stream);
	if (unchanged)
		test_image_expect(&f->image, f->test->path);
}

/* How many findings there are at that place. */
static uint64_t found_at(const fixture *f, uint64_t position, uint64_t region_offset, int32_t severity)
{
	uint64_t count = 0;
	pms_problem problem;

	for (uint64_t i = 0; pms_check_problem(f->check, i, &problem) == PMS_OK; i++) {
		assert_true(problem.message[0] != '\0' && !strchr(problem.message, '\n'));
		assert_int_equal(problem.reserved0, 0);
		count += problem.position == position && problem.region_offset == region_offset &&
			 problem.severity == severity;
	}
	return count;
}

static void test_check_whole_stream_has_no_problem(void **state)
{
	fixture f = begin(state);
	uint64_t payload = 0;

	for (uint64_t j = 0; j < ENTRIES; j++)
		payload += 3 * (1000 + j);
	for (uint32_t flags = 0; flags <= PMS_OPEN_READ_ONLY; flags++) {
		run(&f, flags);
		assert_int_equal(f.summary.problem_count, 0);
		assert_int_equal(f.summary.error_count, 0);
		assert_int_equal(f.summary.region_count, 3);
		assert_int_equal(f.summary.entry_count, 3 * ENTRIES);
		assert_int_equal(f.summary.payload_bytes, payload);
		assert_int_equal(f.summary.free_bytes, test_info(f.stream).free_bytes);
		finish(&f, flags == PMS_OPEN_READ_ONLY);
	}
	end(&f);
}

/* While it is written: open reservations are no problem, nor is what lies behind them. */
static void test_check_stream_in_use_has_no_problem(void **state)
{
	fixture f = begin(state);
	pms_reservation *reservation;
	void *space;

	f.stream = test_open(f.test->path, PMS_OPEN_DEFAULT);
	pms_region *region = test_find(f.stream, "second");
	assert_int_equal(pms_region_reserve(region, 100, &reservation, &space, NULL, NULL), PMS_OK);
	(void)test_append(region, 100, 1);
	test_check_is_clean(f.stream);
	assert_int_equal(pms_reservation_publish(reservation, 50, NULL, NULL), PMS_OK);
	test_check_is_clean(f.stream);
	pms_reservation_release(reservation);
	pms_region_release(region);
	test_close(f.stream);
	end(&f);
}

/* Damage of every kind at once: one run names every place. */
static void test_check_several_damages_are_all_named_in_one_run(void **state)
{
	fixture f = begin(state);
	uint64_t free_extent = f.offsets[1] + (f.offsets[1] - f.offsets[0]);
	const struct {
		uint64_t flip, position, region;
		int32_t severity;
	} damages[] = {
	    {PMS_HEADER_B + 100, PMS_HEADER_B, 0, PMS_SEVERITY_WARNING},
	    {PMS_CEILING_A, PMS_CEILING_A, 0, PMS_SEVERITY_WARNING},
	    {PMS_PERSISTED_TIMESTAMP + 1, PMS_PERSISTED_TIMESTAMP, 0, PMS_SEVERITY_WARNING},
	    {PMS_LAYOUT_EPOCH + 7, PMS_LAYOUT_EPOCH, 0, PMS_SEVERITY_WARNING},
	    {PMS_STREAM_SPARE_0 + 3, PMS_STREAM_SPARE_0, 0, PMS_SEVERITY_WARNING},
	    {PMS_STREAM_SPARE_1 + 3, PMS_STREAM_SPARE_1, 0, PMS_SEVERITY_WARNING},
	    {300, 300, 0, PMS_SEVERITY_WARNING}, /* reserved */
	    {PMS_CEILING_B + 9, PMS_CEILING_B + 9, 0, PMS_SEVERITY_WARNING},
	    {f.offsets[0] + PMS_REGION_SPARE_0, f.offsets[0] + PMS_REGION_SPARE_0, f.offsets[0], PMS_SEVERITY_WARNING},
	    {f.offsets[0] + PMS_REGION_SPARE_1, f.offsets[0] + PMS_REGION_SPARE_1, f.offsets[0], PMS_SEVERITY_WARNING},
	    {f.offsets[0] + PMS_REGION_BASE + 20, f.offsets[0] + PMS_REGION_BASE + 20, f.offsets[0],
	     PMS_SEVERITY_WARNING},
	    {f.offsets[0] + PMS_REGION_CHECKPOINT, f.offsets[0] + PMS_REGION_CHECKPOINT, f.offsets[0],
	     PMS_SEVERITY_WARNING},
	    {f.logs[0].entries[2].position.offset + 50, f.logs[0].entries[2].position.offset, f.offsets[0],
	     PMS_SEVERITY_ERROR},
	    {f.logs[0].entries[7].position.offset + 2, f.logs[0].entries[7].position.offset, f.offsets[0],
	     PMS_SEVERITY_ERROR},
	    {f.offsets[1] + 40, f.offsets[1], f.offsets[1], PMS_SEVERITY_ERROR},
	    {free_extent + PMS_REGION_EXTENT, free_extent + PMS_REGION_EXTENT, free_extent, PMS_SEVERITY_ERROR},
	    {f.logs[2].entries[0].position.offset + 17, f.logs[2].entries[0].position.offset, f.offsets[2],
	     PMS_SEVERITY_ERROR},
	    /* The last entry: nothing lies behind it, but the checkpoint says that it was there. */
	    {f.logs[2].entries[ENTRIES - 1].position.offset + 99, f.offsets[2] + PMS_REGION_CHECKPOINT, f.offsets[2],
	     PMS_SEVERITY_ERROR},
	};

	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++)
		test_image_flip(&f.image, damages[i].flip, 0x04);
	run(&f, PMS_OPEN_READ_ONLY);
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++)
		if (found_at(&f, damages[i].position, damages[i].region, damages[i].severity) != 1)
			fail_msg("damage %zu was named %llu times", i,
				 (unsigned long long)found_at(&f, damages[i].position, damages[i].region,
							      damages[i].severity));
	/* Of the entries that can be told apart all are counted but the damaged ones. */
	assert_int_equal(f.summary.entry_count, 2 * ENTRIES - 4);
	assert_int_equal(f.summary.problem_count, sizeof(damages) / sizeof(damages[0]));
	finish(&f, true);
	end(&f);
}

/* Findings come in address order within a region, and end. */
static void test_check_problems_come_in_order_and_end(void **state)
{
	fixture f = begin(state);
	pms_problem problem, before = {0};

	for (size_t i = 1; i < ENTRIES - 1; i += 2)
		test_image_flip(&f.image, f.logs[1].entries[i].position.offset + 100, 1);
	run(&f, PMS_OPEN_READ_ONLY);
	for (uint64_t i = 0; i < f.summary.error_count; i++) {
		assert_int_equal(pms_check_problem(f.check, i, &problem), PMS_OK);
		if (problem.position >= f.offsets[1] + PMS_REGION_HEADER_BYTES)
			assert_true(problem.position > before.position);
		if (problem.position >= f.offsets[1] + PMS_REGION_HEADER_BYTES)
			before = problem;
	}
	assert_int_equal(pms_check_problem(f.check, f.summary.problem_count, &problem), PMS_E_END);
	assert_int_equal(pms_check_problem(f.check, UINT64_MAX, &problem), PMS_E_END);
	for (size_t i = 1; i < ENTRIES - 1; i += 2)
		assert_int_equal(found_at(&f, f.logs[1].entries[i].position.offset, f.offsets[1], PMS_SEVERITY_ERROR),
				 1);
	finish(&f, true);
	end(&f);
}

/* A stream whose file has grown, and one that a crash left: notes, no errors. */
static void test_check_harmless_findings_are_no_errors(void **state)
{
	fixture f = begin(state);

	f.image.bytes = realloc(f.image.bytes, f.image.size + 8192);
	assert_non_null(f.image.bytes);
	memset(f.image.bytes + f.image.size, 1, 8192);
	uint64_t stream_bytes = f.image.size;
	f.image.size += 8192;
	run(&f, PMS_OPEN_READ_ONLY);
	assert_int_equal(f.summary.problem_count, 1);
	assert_int_equal(f.summary.error_count, 0);
	assert_int_equal(found_at(&f, stream_bytes, 0, PMS_SEVERITY_NOTE), 1);
	finish(&f, true);
	end(&f);
}

/* What a writer has repaired is not reported any more; what it cannot repair is. */
static void test_check_after_repair_reports_what_is_left(void **state)
{
	fixture f = begin(state);

	test_image_flip(&f.image, PMS_HEADER_A + 3, 1);
	test_image_flip(&f.image, PMS_CEILING_B, 1);
	test_image_flip(&f.image, PMS_STREAM_SIZE, 1);
	test_image_flip(&f.image, f.offsets[2] + PMS_REGION_CHECKPOINT, 1);
	run(&f, PMS_OPEN_READ_ONLY);
	assert_int_equal(f.summary.problem_count, 4);
	assert_int_equal(f.summary.error_count, 0);
	finish(&f, true);
	run(&f, PMS_OPEN_DEFAULT);
	assert_int_equal(f.summary.problem_count, 0);
	finish(&f, false);
	/* An entry whose timestamp was never given out, in a stream for reading only. */
	test_image_seal(&f.image, PMS_CEILING_A, PMS_ROLE_CEILING, 5);
	test_image_seal(&f.image, PMS_CEILING_B, PMS_ROLE_CEILING, 5);
	run(&f, PMS_OPEN_READ_ONLY);
	assert_int_equal(found_at(&f, PMS_CEILING_A, 0, PMS_SEVERITY_ERROR), 1);
	finish(&f, true);
	end(&f);
}

static void test_check_bad_arguments_are_refused(void **state)
{
	fixture f = begin(state);
	pms_problem problem;
	pms_error error;

	run(&f, PMS_OPEN_DEFAULT);
	pms_check_release(f.check);
	assert_int_equal(pms_check_run(NULL, &f.check, &error), PMS_E_INVALID_ARGUMENT);
	assert_null(f.check);
	assert_int_equal(pms_check_run(f.stream, NULL, &error), PMS_E_INVALID_ARGUMENT);
	test_error_says(&error, PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_check_run(f.stream, &f.check, &error), PMS_OK);
	assert_int_equal(pms_check_summarize(NULL, &f.summary), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_check_summarize(f.check, NULL), PMS_E_INVALID_ARGUMENT);
	f.summary.struct_bytes--;
	assert_int_equal(pms_check_summarize(f.check, &f.summary), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_check_problem(NULL, 0, &problem), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_check_problem(f.check, 0, NULL), PMS_E_INVALID_ARGUMENT);
	pms_check_release(NULL);
	finish(&f, false);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_check_whole_stream_has_no_problem),
	    TEST_ON_BOTH(test_check_stream_in_use_has_no_problem),
	    TEST_ON_BOTH(test_check_several_damages_are_all_named_in_one_run),
	    TEST_ON_TMPFS(test_check_problems_come_in_order_and_end),
	    TEST_ON_TMPFS(test_check_harmless_findings_are_no_errors),
	    TEST_ON_BOTH(test_check_after_repair_reports_what_is_left),
	    TEST_ON_TMPFS(test_check_bad_arguments_are_refused),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
