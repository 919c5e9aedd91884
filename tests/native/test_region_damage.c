/* SPDX-License-Identifier: MIT */
/* Damage to region headers: what follows is not orphaned, nothing is handed out twice, and nobody is told "empty". */
#include "engine.h"
#include "support_image.h"

#define REGIONS 3

static const char *const names[REGIONS] = {"first", "middle", "last"};

/* Three regions with free space behind them, closed. */
typedef struct fixture {
	test_case *test;
	test_image image;
	uint64_t offsets[REGIONS];
	test_log logs[REGIONS];
	pms_stream *stream;
} fixture;

static fixture begin(void **state)
{
	fixture f = {.test = test_begin(state)};
	pms_stream *stream = test_create(f.test->path, 512 * TEST_KIB);

	for (int i = 0; i < REGIONS; i++) {
		pms_region *region = test_region(stream, names[i], 60 * TEST_KIB, 64);
		f.offsets[i] = test_region_info(region).offset;
		for (int j = 0; j < 5; j++)
			(void)test_log_append(&f.logs[i], region, 5000);
		pms_region_release(region);
	}
	test_close(stream);
	f.image = test_image_load(f.test->path);
	return f;
}

static void end(fixture *f)
{
	for (int i = 0; i < REGIONS; i++)
		test_log_free(&f->logs[i]);
	test_image_free(&f->image);
}

static void expect_whole(fixture *f, int which)
{
	pms_region *region = test_find(f->stream, names[which]);

	test_log_expect(&f->logs[which], region);
	assert_int_equal(test_region_info(region).state, 0);
	pms_region_release(region);
}

/* The other regions are whole, and for writing can be appended to; the layout cannot be changed. */
static void expect_others_usable(fixture *f, int damaged, bool writing)
{
	pms_region_options options = test_region_options("new", 1000, 0);
	pms_region *region = NULL;
	pms_error error;

	for (int i = 0; i < REGIONS; i++) {
		if (i == damaged)
			continue;
		expect_whole(f, i);
		if (!writing)
			continue;
		region = test_find(f->stream, names[i]);
		(void)test_log_append(&f->logs[i], region, 10);
		test_log_expect(&f->logs[i], region);
		assert_int_equal(pms_region_free(region, &error), PMS_E_CORRUPT);
		test_error_says(&error, PMS_E_CORRUPT);
		pms_region_release(region);
	}
	if (writing) {
		assert_int_equal(pms_region_create(f->stream, &options, &region, &error), PMS_E_CORRUPT);
		test_error_says(&error, PMS_E_CORRUPT);
		assert_int_equal(test_info(f->stream).largest_free_bytes, 0);
		/* "Not found" would be a guess: it may be the damaged one. */
		assert_int_equal(pms_region_find(f->stream, "other", 5, &region, NULL), PMS_E_CORRUPT);
	}
	assert_true(test_info(f->stream).state & PMS_STATE_LAYOUT_DAMAGED);
}

/* The check names the place, whatever else it finds. */
static void expect_check_names(pms_stream *stream, uint64_t position, uint64_t region_offset)
{
	pms_check_summary summary = {.struct_bytes = sizeof(summary)};
	pms_problem problem;
	pms_check *check;
	bool found = false;

	assert_int_equal(pms_check_run(stream, &check, NULL), PMS_OK);
	assert_int_equal(pms_check_summarize(check, &summary), PMS_OK);
	assert_true(summary.error_count > 0);
	for (uint64_t i = 0; pms_check_problem(check, i, &problem) == PMS_OK; i++)
		found |= problem.position == position && problem.region_offset == region_offset &&
			 problem.severity == PMS_SEVERITY_ERROR;
	assert_true(found);
	pms_check_release(check);
}

/* A region that may be read but not written. */
static void expect_readable_only(fixture *f, int which)
{
	pms_region *region = test_find(f->stream, names[which]);
	pms_reservation *reservation;
	pms_error error;
	void *space;

	test_log_expect(&f->logs[which], region);
	assert_true(test_region_info(region).state & PMS_STATE_HEADER_DAMAGED);
	assert_true(test_region_info(region).state & PMS_STATE_NO_WRITES);
	if (!test_info(f->stream).read_only) {
		assert_int_equal(pms_region_append(region, "x", 1, NULL, &error), PMS_E_CORRUPT);
		assert_int_equal(error.position, f->offsets[which]);
		assert_int_equal(pms_region_reserve(region, 1, &reservation, &space, NULL, &error), PMS_E_CORRUPT);
		assert_int_equal(pms_region_clear(region, &error), PMS_E_CORRUPT);
		assert_int_equal(pms_region_free(region, &error), PMS_E_CORRUPT);
	}
	test_log_expect(&f->logs[which], region);
	pms_region_release(region);
}

/* An extent word that does not validate: length unknown, entries and everything behind them still there. */
static void test_region_damaged_extent_does_not_orphan_what_follows(void **state)
{
	for (int which = 0; which < REGIONS; which++)
		for (int how = 0; how < 3; how++) {
			fixture f = begin(state);
			uint64_t word = f.offsets[which] + PMS_REGION_EXTENT;
			if (how == 0)
				test_image_set_word(&f.image, word, 0);
			else if (how == 1)
				test_image_flip(&f.image, word, 1);
			else /* whole, but longer than the stream */
				test_image_seal(&f.image, word, PMS_ROLE_EXTENT,
						pms_extent_value(PMS_EXTENT_REGION, 1000));
			test_image_save(&f.image, f.test->path);
			f.stream = test_open(f.test->path, PMS_OPEN_READ_ONLY);
			expect_others_usable(&f, which, false);
			expect_readable_only(&f, which);
			expect_check_names(f.stream, word, f.offsets[which]);
			test_close(f.stream);
			test_image_expect(&f.image, f.test->path);
			for (int session = 0; session < 2; session++) {
				f.stream = test_open(f.test->path, PMS_OPEN_DEFAULT);
				assert_true(test_recovery(f.stream).flags & PMS_STATE_LAYOUT_DAMAGED);
				assert_int_equal(test_recovery(f.stream).first_damage, f.offsets[which]);
				expect_others_usable(&f, which, true);
				expect_readable_only(&f, which);
				expect_check_names(f.stream, word, f.offsets[which]);
				test_close(f.stream);
			}
			(void)remove(f.test->path);
			end(&f);
		}
}

/* Of free space: nothing is lost but the space, which is not handed out. */
static void test_region_damaged_free_extent_is_not_handed_out(void **state)
{
	fixture f = begin(state);
	uint64_t rest = f.offsets[REGIONS - 1] + (f.offsets[1] - f.offsets[0]);

	test_image_flip(&f.image, rest + PMS_REGION_EXTENT + 7, 0x80);
	test_image_save(&f.image, f.test->path);
	for (int session = 0; session < 2; session++) {
		f.stream = test_open(f.test->path, PMS_OPEN_DEFAULT);
		assert_int_equal(test_info(f.stream).region_count, REGIONS);
		assert_int_equal(test_info(f.stream).free_bytes, 0);
		expect_others_usable(&f, -1, true);
		expect_check_names(f.stream, rest + PMS_REGION_EXTENT, rest);
		test_close(f.stream);
	}
	end(&f);
}

static void expect_unreadable(fixture *f, pms_region *region)
{
	pms_cursor *cursor;
	uint64_t bytes;
	pms_error error;

	assert_int_equal(pms_cursor_open(region, NULL, &cursor, &error), PMS_E_CORRUPT);
	test_error_says(&error, PMS_E_CORRUPT);
	assert_int_equal(pms_region_read(region, &f->logs[1].entries[0].position, NULL, 0, 0, &bytes, &error),
			 PMS_E_CORRUPT);
	if (!test_info(f->stream).read_only) {
		assert_int_equal(pms_region_append(region, "x", 1, NULL, &error), PMS_E_CORRUPT);
		assert_int_equal(pms_region_clear(region, &error), PMS_E_CORRUPT);
		assert_int_equal(pms_region_free(region, &error), PMS_E_CORRUPT);
	}
	assert_true(test_region_info(region).state & PMS_STATE_HEADER_DAMAGED);
}

static void expect_static_damage(fixture *f, uint32_t flags)
{
	pms_region *region;

	f->stream = test_open(f->test->path, flags);
	expect_others_usable(f, 1, flags == PMS_OPEN_DEFAULT);
	assert_int_equal(pms_region_find(f->stream, "middle", 6, &region, NULL), PMS_E_CORRUPT);
	assert_int_equal(pms_region_next(f->stream, f->offsets[1], &region, NULL), PMS_OK);
	assert_int_equal(test_region_info(region).offset, f->offsets[1]);
	expect_unreadable(f, region);
	pms_region_release(region);
	expect_check_names(f->stream, f->offsets[1], f->offsets[1]);
	test_close(f->stream);
}

/* Any byte of the static part: alignment and identity are not known, so no entry is shown, and none is lost. */
static void test_region_damaged_static_part_shows_nothing_and_changes_nothing(void **state)
{
	uint64_t random = test_seed();

	for (uint64_t at = 0; at < sizeof(pms_stored_region); at += 1 + test_random_below(&random, 10)) {
		fixture f = begin(state);
		test_image_flip(&f.image, f.offsets[1] + at, (uint8_t)(1u << test_random_below(&random, 8)));
		test_image_save(&f.image, f.test->path);
		expect_static_damage(&f, PMS_OPEN_READ_ONLY);
		test_image_expect(&f.image, f.test->path);
		expect_static_damage(&f, PMS_OPEN_DEFAULT);
		/* Of the damaged region not a byte was written. */
		test_image after = test_image_load(f.test->path);
		assert_memory_equal(after.bytes + f.offsets[1], f.image.bytes + f.offsets[1],
				    f.offsets[2] - f.offsets[1]);
		test_image_free(&after);
		(void)remove(f.test->path);
		end(&f);
	}
}

/* The base timestamp says which entries are of this life: without it none is shown. */
static void test_region_damaged_base_shows_nothing(void **state)
{
	fixture f = begin(state);
	pms_region *region;

	test_image_flip(&f.image, f.offsets[1] + PMS_REGION_BASE + 1, 2);
	test_image_save(&f.image, f.test->path);
	f.stream = test_open(f.test->path, PMS_OPEN_READ_ONLY);
	region = test_find(f.stream, "middle");
	expect_unreadable(&f, region);
	pms_region_release(region);
	expect_check_names(f.stream, f.offsets[1] + PMS_REGION_BASE, f.offsets[1]);
	test_close(f.stream);
	test_image_expect(&f.image, f.test->path);
	f.stream = test_open(f.test->path, PMS_OPEN_DEFAULT);
	region = test_find(f.stream, "middle");
	expect_unreadable(&f, region);
	pms_region_release(region);
	expect_whole(&f, 0);
	expect_whole(&f, 2);
	expect_others_usable(&f, 1, true);
	test_close(f.stream);
	end(&f);
}

/* Extent and base of one region: both are named, and the region is not readable. */
static void test_region_several_damaged_words_are_all_named(void **state)
{
	fixture f = begin(state);

	test_image_flip(&f.image, f.offsets[1] + PMS_REGION_EXTENT, 2);
	test_image_flip(&f.image, f.offsets[1] + PMS_REGION_BASE, 2);
	test_image_save(&f.image, f.test->path);
	f.stream = test_open(f.test->path, PMS_OPEN_DEFAULT);
	expect_check_names(f.stream, f.offsets[1] + PMS_REGION_EXTENT, f.offsets[1]);
	expect_check_names(f.stream, f.offsets[1] + PMS_REGION_BASE, f.offsets[1]);
	expect_others_usable(&f, 1, true);
	pms_region *region = test_find(f.stream, "middle");
	expect_unreadable(&f, region);
	pms_region_release(region);
	test_close(f.stream);
	end(&f);
}

/* A header of another stream, or of another place, is not this stream's. */
static void test_region_header_of_another_place_is_damage(void **state)
{
	fixture f = begin(state);
	pms_region *region;

	memcpy(f.image.bytes + f.offsets[1], f.image.bytes + f.offsets[0], PMS_REGION_HEADER_BYTES);
	test_image_save(&f.image, f.test->path);
	f.stream = test_open(f.test->path, PMS_OPEN_DEFAULT);
	expect_others_usable(&f, 1, true);
	assert_int_equal(pms_region_find(f.stream, "middle", 6, &region, NULL), PMS_E_CORRUPT);
	test_close(f.stream);
	end(&f);
}

/* A handle of a reader stays good whatever else it looks up, in a damaged stream as in a whole one. */
static void test_region_handle_of_a_reader_survives_lookups(void **state)
{
	fixture f = begin(state);
	pms_region *handle, *other;
	int32_t ended;

	for (int damage = 0; damage < 3; damage++) {
		if (damage == 1) /* the checkpoint is the last entry */
			test_image_flip(&f.image, f.logs[1].entries[4].position.offset + 100, 1);
		if (damage == 2)
			test_image_flip(&f.image, f.offsets[1] + PMS_REGION_EXTENT, 1);
		test_image_save(&f.image, f.test->path);
		f.stream = test_open(f.test->path, PMS_OPEN_READ_ONLY);
		handle = test_find(f.stream, "middle");
		for (int i = 0; i < 3; i++) {
			other = test_find(f.stream, "first");
			pms_region_release(other);
			assert_int_equal(test_count_entries(handle, &ended), damage ? 4 : 5);
			assert_int_equal(ended, damage ? PMS_E_CORRUPT : PMS_E_END);
		}
		pms_region_release(handle);
		test_close(f.stream);
	}
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_TMPFS(test_region_damaged_extent_does_not_orphan_what_follows),
	    TEST_ON_BOTH(test_region_damaged_free_extent_is_not_handed_out),
	    TEST_ON_TMPFS(test_region_damaged_static_part_shows_nothing_and_changes_nothing),
	    TEST_ON_BOTH(test_region_damaged_base_shows_nothing),
	    TEST_ON_BOTH(test_region_several_damaged_words_are_all_named),
	    TEST_ON_BOTH(test_region_header_of_another_place_is_damage),
	    TEST_ON_TMPFS(test_region_handle_of_a_reader_survives_lookups),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
