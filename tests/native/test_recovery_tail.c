/* SPDX-License-Identifier: MIT */
/* Recovery of torn tails, and of holes that are none: R8 and R17. Entries are written by hand into images of a kill. */
#include "support_killed.h"

/* ---- torn tails ---------------------------------------------------------------------------------------------------- */

/* Any word of the last entry that did not arrive makes it a torn tail: dropped, never damage. */
static void test_recovery_tail_torn_in_any_word_is_dropped(void **state)
{
	killed f = killed_begin(state);
	uint64_t random = test_seed();
	uint64_t start = f.log.entries[KILLED_ENTRIES - 1].position.offset;
	uint64_t before = f.log.entries[KILLED_ENTRIES - 2].position.timestamp;

	f.log.count = KILLED_ENTRIES - 1;
	for (uint64_t at = start; at < start + PMS_ENTRY_HEADER_BYTES + 104; at += 8)
		for (int how = KILLED_ZEROED; how <= KILLED_GARBLED; how++) {
			test_image image = killed_copy(&f.image);
			killed_tear_word(&image, at, how, &random);
			uint64_t timestamp = test_image_entry(&image, start).timestamp;
			bool later =
			    timestamp > before && timestamp < (test_image_word(&image, PMS_CEILING_A) & PMS_VALUE_MAX);
			killed_open(&f, &image, PMS_OPEN_DEFAULT);
			pms_recovery_info recovery = test_recovery(f.stream);
			assert_int_equal(recovery.flags, 0);
			assert_int_equal(recovery.recovered_entries, KILLED_ENTRIES - 1);
			/* The rule: what can be a timestamp above the last one could be completed later, so it is sealed. */
			assert_int_equal(recovery.cuts_sealed, later);
			killed_expect_log_goes_on(&f, 100);
			killed_close(&f);
			test_image_free(&image);
		}
	killed_end(&f);
}

/* Several words at once, up to all of them. */
static void test_recovery_tail_torn_in_several_words_is_dropped(void **state)
{
	killed f = killed_begin(state);
	uint64_t random = test_seed();
	uint64_t start = f.log.entries[KILLED_ENTRIES - 1].position.offset;

	f.log.count = KILLED_ENTRIES - 1;
	for (int round = 0; round < (f.test->kind == PMS_MEDIUM_PAGE_CACHE ? 5 : TEST_ROUNDS(60)); round++) {
		test_image image = killed_copy(&f.image);
		uint64_t words = 1 + test_random_below(&random, 16);
		for (uint64_t i = 0; i < words; i++)
			killed_tear_word(&image, start + 8 * test_random_below(&random, 16),
					 (int)test_random_below(&random, 2), &random);
		killed_open(&f, &image, PMS_OPEN_DEFAULT);
		assert_int_equal(test_recovery(f.stream).flags, 0);
		killed_expect_log_goes_on(&f, test_random_below(&random, 300));
		killed_close(&f);
		test_image_free(&image);
	}
	killed_end(&f);
}

/* An empty region, and one that is full but for less than an entry. */
static void test_recovery_tail_of_empty_region_with_old_bytes_is_not_damage(void **state)
{
	killed f = killed_begin(state);
	uint64_t random = test_seed();
	test_image image = killed_copy(&f.image);
	uint64_t start = f.log.entries[0].position.offset;

	/* Everything was torn, even the first entry. */
	for (uint64_t at = start; at < f.tail; at += 128)
		killed_tear_word(&image, at + 16, KILLED_GARBLED, &random);
	f.log.count = 0;
	killed_open(&f, &image, PMS_OPEN_DEFAULT);
	assert_int_equal(test_recovery(f.stream).flags, 0);
	assert_int_equal(test_recovery(f.stream).cuts_sealed, 1);
	killed_expect_log_goes_on(&f, 100);
	killed_close(&f);
	test_image_free(&image);
	killed_end(&f);
}

/* ---- what is left behind a cut ------------------------------------------------------------------------------------- */

/*
 * R17: valid leftovers at every distance behind the hole, and sessions that append so that the tail comes to stand exactly
 * in front of them: none may ever become part of the log.
 */
static void test_recovery_leftovers_behind_a_cut_never_come_back(void **state)
{
	killed f = killed_begin(state);

	for (uint64_t gap = 64; gap <= 320; gap += 64)
		for (int kill = 0; kill < 2; kill++) {
			test_image image = killed_copy(&f.image);
			uint64_t at = f.tail + gap;
			for (uint64_t i = 0; i < 6; i++)
				at = test_image_put(&image, &f.life,
						    &(test_raw_entry){.offset = at,
								      .timestamp = f.last + 10 + i,
								      .payload_bytes = 40,
								      .lag = PMS_LAG_UNKNOWN});
			killed_open(&f, &image, PMS_OPEN_DEFAULT);
			assert_int_equal(test_recovery(f.stream).cuts_sealed, 1);
			f.log.count = KILLED_ENTRIES;
			for (int session = 0; session < 10; session++) {
				test_log_expect(&f.log, f.region);
				killed_open_again(&f, kill);
				assert_int_equal(test_recovery(f.stream).flags, 0);
				test_log_expect(&f.log, f.region);
				if (session % 2)
					(void)test_log_append(&f.log, f.region, 40);
			}
			test_check_is_clean(f.stream);
			killed_close(&f);
			f.log.count = KILLED_ENTRIES;
			test_image_free(&image);
		}
	killed_end(&f);
}

/*
 * A leftover of another life, of another place or with an earlier timestamp is no evidence: no damage. Where its timestamp
 * is later all the same, later stores could complete it, so the cut is sealed.
 */
static void test_recovery_bytes_that_are_no_later_entry_do_not_count(void **state)
{
	killed f = killed_begin(state);

	for (int which = 0; which < 3; which++) {
		test_image image = killed_copy(&f.image);
		pms_life life = f.life;
		test_raw_entry stray = {.offset = f.tail + 64, .timestamp = f.last + 3, .payload_bytes = 30};
		if (which == 0)
			life.base--;
		else if (which == 1)
			stray.timestamp = f.last;
		(void)test_image_put(&image, &life, &stray);
		if (which == 2) { /* copied to another place */
			memmove(image.bytes + f.tail + 192, image.bytes + f.tail + 64, 64);
			memset(image.bytes + f.tail + 64, 0, 64);
		}
		killed_open(&f, &image, PMS_OPEN_DEFAULT);
		assert_int_equal(test_recovery(f.stream).flags, 0);
		assert_int_equal(test_recovery(f.stream).cuts_sealed, which != 1);
		killed_expect_log_goes_on(&f, 40);
		killed_close(&f);
		test_image_free(&image);
	}
	killed_end(&f);
}

/* The hole is the last alignment unit of the region: there is room for the seal, and none behind it. */
static void test_recovery_torn_entry_at_the_end_of_the_region_is_sealed(void **state)
{
	killed f = killed_begin(state);
	test_image image = killed_copy(&f.image);
	uint64_t end_of_region = f.log.entries[0].position.offset - PMS_REGION_HEADER_BYTES + 68 * TEST_KIB;
	uint64_t rest = end_of_region - f.tail - 64;

	/* One entry up to the last unit, and a torn one in it. */
	test_raw_entry large = {
	    .offset = f.tail, .timestamp = f.last + 1, .payload_bytes = rest - 24, .extent_bytes = rest, .seed = 77};
	uint64_t unit = test_image_put(&image, &f.life, &large);
	assert_int_equal(unit, end_of_region - 64);
	test_image_set_word(&image, unit + 8, f.last + 2);
	killed_open(&f, &image, PMS_OPEN_DEFAULT);
	assert_int_equal(test_region_info(f.region).total_bytes, 68 * TEST_KIB);
	assert_int_equal(test_recovery(f.stream).cuts_sealed, 1);
	test_log_add(&f.log, (pms_position){f.tail, f.last + 1}, rest - 24, 77);
	test_log_expect(&f.log, f.region);
	assert_int_equal(pms_region_append(f.region, NULL, 0, NULL, NULL), PMS_E_REGION_FULL);
	killed_open_again(&f, false);
	assert_int_equal(test_recovery(f.stream).flags, 0);
	test_log_expect(&f.log, f.region);
	killed_close(&f);
	test_image_free(&image);
	killed_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_TMPFS(test_recovery_tail_torn_in_any_word_is_dropped),
	    TEST_ON_BOTH(test_recovery_tail_torn_in_several_words_is_dropped),
	    TEST_ON_BOTH(test_recovery_tail_of_empty_region_with_old_bytes_is_not_damage),
	    TEST_ON_TMPFS(test_recovery_leftovers_behind_a_cut_never_come_back),
	    TEST_ON_BOTH(test_recovery_bytes_that_are_no_later_entry_do_not_count),
	    TEST_ON_BOTH(test_recovery_torn_entry_at_the_end_of_the_region_is_sealed),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
