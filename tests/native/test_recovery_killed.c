/* SPDX-License-Identifier: MIT */
/*
 * A kill in the middle of a clear, and then a power cut in the middle of the recovery from it: what the killed process had
 * only in the cache (R18). Kills and cuts at random moments are in test_power.c; this one needs an unlikely payload.
 */
#include "engine.h"
#include "support_medium.h"

#define WORDS 100

typedef struct fixture {
	test_case *test;
	unsigned drains;	 /* of the clear */
	test_image all, durable; /* when it was killed: all bytes, and those that a power cut leaves */
	uint64_t random;
	uint64_t words[WORDS]; /* payload of the second entry */
	unsigned old_lives, new_lives;
} fixture;

/* Kills the process in the second drain of the clear: the new base is in the cache alone. */
static void kill_in_second_drain(void *context)
{
	fixture *f = context;

	if (++f->drains != 2)
		return;
	f->all = test_medium_kill();
	f->durable = test_medium_power_cut(0);
}

/* The old life whole, or the new and empty one. */
static void expect_one_life(fixture *f, const char *path)
{
	pms_stream *stream = test_open(path, PMS_OPEN_DEFAULT);
	pms_region *region = test_find(stream, "region");
	pms_cursor *cursor;
	pms_entry entry;

	assert_int_equal(test_recovery(stream).flags, 0);
	assert_int_equal(pms_cursor_open(region, NULL, &cursor, NULL), PMS_OK);
	if (pms_cursor_next(cursor, &entry, NULL) == PMS_OK) {
		assert_int_equal(entry.bytes, 40);
		assert_true(test_is_filled(entry.data, 40, 1));
		assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_OK);
		assert_int_equal(entry.bytes, sizeof(f->words));
		assert_memory_equal(entry.data, f->words, sizeof(f->words));
		f->old_lives++;
	} else {
		f->new_lives++;
	}
	assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_E_END);
	pms_cursor_close(cursor);
	pms_region_release(region);
	test_close(stream);
}

static void cut_recovery(void *context)
{
	fixture *f = context;
	const char *path = test_file(f->test, "cut");

	for (int i = 0; i < TEST_ROUNDS(60); i++) {
		test_image image = test_medium_power_cut(i ? test_random(&f->random) : 0);
		test_image_save(&image, path);
		test_image_free(&image);
		expect_one_life(f, path);
	}
}

/* Two entries, and a clear that does not come to its end. */
static void clear_and_be_killed(fixture *f)
{
	test_medium_watch_next();
	pms_stream *stream = test_create(f->test->path, 128 * TEST_KIB);
	pms_region *region = test_region(stream, "region", 64 * TEST_KIB, 64);

	(void)test_append(region, 40, 1);
	for (size_t i = 0; i < WORDS; i++) /* each could be the timestamp of an entry that was not finished */
		f->words[i] = atomic_load(&stream->timestamp_limit) - 1;
	assert_int_equal(pms_region_append(region, f->words, sizeof(f->words), NULL, NULL), PMS_OK);
	test_medium_on_drain(kill_in_second_drain, f);
	assert_int_equal(pms_region_clear(region, NULL), PMS_OK);
	test_medium_on_drain(NULL, NULL);
	assert_int_equal(f->drains, 2);
	pms_region_release(region);
	test_close(stream);
	test_medium_forget();
}

/*
 * R17, R18. Behind the tail of the new, empty life stands what looks as if it could be completed, so recovery seals the
 * cut: over the first entry of the old life. The seal may become durable only behind the base, or a power cut brings the
 * old life back without its first entry.
 */
static void test_recovery_killed_in_a_clear_seals_behind_a_durable_base(void **state)
{
	fixture f = {.test = test_begin(state), .random = test_seed()};

	clear_and_be_killed(&f);
	test_image_save(&f.all, f.test->path);
	test_medium_watch_next_killed(&f.durable);
	test_medium_on_drain(cut_recovery, &f);
	pms_stream *stream = test_open(f.test->path, PMS_OPEN_DEFAULT);
	test_medium_on_drain(NULL, NULL);
	assert_int_equal(test_recovery(stream).cuts_sealed, 1);
	assert_true(f.old_lives > 0 && f.new_lives > 0);
	/* Now that it is open, the new life is what a cut leaves. */
	f.old_lives = 0;
	cut_recovery(&f);
	assert_int_equal(f.old_lives, 0);
	test_close(stream);
	test_medium_forget();
	test_image_free(&f.all);
	test_image_free(&f.durable);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_recovery_killed_in_a_clear_seals_behind_a_durable_base),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
