/* SPDX-License-Identifier: MIT */
/* Recovery of torn tails, and of holes that are none: R8 and R17. Entries are written by hand into images of a kill. */
#include "support_image.h"

#define ENTRIES 5

/* A kill: what the stream held, and its bytes. */
typedef struct fixture {
	test_case *test;
	test_image image;
	test_log log;
	pms_life life;
	uint64_t tail, last; /* of the log: where it ends, and the timestamp of its last entry */
	pms_stream *stream;
	pms_region *region;
} fixture;

static fixture begin(void **state)
{
	fixture f = {.test = test_begin(state)};
	pms_stream *stream = test_create(f.test->path, 128 * TEST_KIB);
	pms_region *region = test_region(stream, "region", 64 * TEST_KIB, 64);

	for (int i = 0; i < ENTRIES; i++)
		f.last = test_log_append(&f.log, region, 100).timestamp;
	f.tail = pms_region_committed(region);
	f.image = test_image_load(f.test->path);
	f.life = test_image_life(&f.image, test_region_info(region).offset);
	pms_region_release(region);
	test_close(stream);
	return f;
}

static test_image copy_of(const test_image *image)
{
	test_image copy = {.size = image->size, .bytes = malloc(image->size)};

	assert_non_null(copy.bytes);
	memcpy(copy.bytes, image->bytes, image->size);
	return copy;
}

static void open_image(fixture *f, const test_image *image, uint32_t flags)
{
	test_image_save(image, f->test->path);
	f->stream = test_open(f->test->path, flags);
	f->region = test_find(f->stream, "region");
}

static void close_session(fixture *f)
{
	pms_region_release(f->region);
	test_close(f->stream);
}

static void end(fixture *f)
{
	test_log_free(&f->log);
	test_image_free(&f->image);
}

/* Opens for writing, after another session or a kill. */
static void open_again(fixture *f, bool kill)
{
	test_image image;

	if (kill)
		image = test_image_load(f->test->path);
	close_session(f);
	if (!kill) {
		f->stream = test_open(f->test->path, PMS_OPEN_DEFAULT);
		f->region = test_find(f->stream, "region");
		return;
	}
	open_image(f, &image, PMS_OPEN_DEFAULT);
	test_image_free(&image);
}

/* The log is what is expected; it is appended to, in three sessions, without anything coming back. */
static void expect_log_goes_on(fixture *f, uint64_t bytes)
{
	size_t before = f->log.count;

	for (int session = 0; session < 3; session++) {
		test_log_expect(&f->log, f->region);
		(void)test_log_append(&f->log, f->region, bytes);
		test_log_expect(&f->log, f->region);
		open_again(f, session != 1);
	}
	test_log_expect(&f->log, f->region);
	test_check_is_clean(f->stream);
	f->log.count = before;
}

/* ---- torn tails ---------------------------------------------------------------------------------------------------- */

enum { ZEROED, GARBLED };

static void tear_word(test_image *image, uint64_t at, int how, uint64_t *random)
{
	uint64_t word = test_image_word(image, at);
	uint64_t torn = how == ZEROED ? 0 : test_random(random);

	if (torn == word)
		torn++;
	test_image_set_word(image, at, torn);
}

/* Any word of the last entry that did not arrive makes it a torn tail: dropped, never damage. */
static void test_recovery_tail_torn_in_any_word_is_dropped(void **state)
{
	fixture f = begin(state);
	uint64_t random = test_seed();
	uint64_t start = f.log.entries[ENTRIES - 1].position.offset;
	uint64_t before = f.log.entries[ENTRIES - 2].position.timestamp;

	f.log.count = ENTRIES - 1;
	for (uint64_t at = start; at < start + PMS_ENTRY_HEADER_BYTES + 104; at += 8)
		for (int how = ZEROED; how <= GARBLED; how++) {
			test_image image = copy_of(&f.image);
			tear_word(&image, at, how, &random);
			uint64_t timestamp = test_image_entry(&image, start).timestamp;
			bool later =
			    timestamp > before && timestamp < (test_image_word(&image, PMS_CEILING_A) & PMS_VALUE_MAX);
			open_image(&f, &image, PMS_OPEN_DEFAULT);
			pms_recovery_info recovery = test_recovery(f.stream);
			assert_int_equal(recovery.flags, 0);
			assert_int_equal(recovery.recovered_entries, ENTRIES - 1);
			/* The rule: what can be a timestamp above the last one could be completed later, so it is sealed. */
			assert_int_equal(recovery.cuts_sealed, later);
			expect_log_goes_on(&f, 100);
			close_session(&f);
			test_image_free(&image);
		}
	end(&f);
}

/* Several words at once, up to all of them. */
static void test_recovery_tail_torn_in_several_words_is_dropped(void **state)
{
	fixture f = begin(state);
	uint64_t random = test_seed();
	uint64_t start = f.log.entries[ENTRIES - 1].position.offset;

	f.log.count = ENTRIES - 1;
	for (int round = 0; round < (f.test->kind == PMS_MEDIUM_PAGE_CACHE ? 5 : 60); round++) {
		test_image image = copy_of(&f.image);
		uint64_t words = 1 + test_random_below(&random, 16);
		for (uint64_t i = 0; i < words; i++)
			tear_word(&image, start + 8 * test_random_below(&random, 16),
				  (int)test_random_below(&random, 2), &random);
		open_image(&f, &image, PMS_OPEN_DEFAULT);
		assert_int_equal(test_recovery(f.stream).flags, 0);
		expect_log_goes_on(&f, test_random_below(&random, 300));
		close_session(&f);
		test_image_free(&image);
	}
	end(&f);
}

/* An empty region, and one that is full but for less than an entry. */
static void test_recovery_tail_of_empty_region_with_old_bytes_is_not_damage(void **state)
{
	fixture f = begin(state);
	uint64_t random = test_seed();
	test_image image = copy_of(&f.image);
	uint64_t start = f.log.entries[0].position.offset;

	/* Everything was torn, even the first entry. */
	for (uint64_t at = start; at < f.tail; at += 128)
		tear_word(&image, at + 16, GARBLED, &random);
	f.log.count = 0;
	open_image(&f, &image, PMS_OPEN_DEFAULT);
	assert_int_equal(test_recovery(f.stream).flags, 0);
	assert_int_equal(test_recovery(f.stream).cuts_sealed, 1);
	expect_log_goes_on(&f, 100);
	close_session(&f);
	test_image_free(&image);
	end(&f);
}

/* ---- holes --------------------------------------------------------------------------------------------------------- */

static void expect_refused(fixture *f, const test_image *image, uint64_t hole)
{
	pms_error error;
	int32_t ended;

	test_image_save(image, f->test->path);
	test_open_fails(f->test->path, PMS_OPEN_DEFAULT, PMS_E_CORRUPT, &error);
	assert_int_equal(error.position, hole);
	test_image_expect(image, f->test->path);
	f->stream = test_open(f->test->path, PMS_OPEN_READ_ONLY);
	f->region = test_find(f->stream, "region");
	assert_int_equal(test_recovery(f->stream).first_damage, hole);
	assert_int_equal(test_recovery(f->stream).damaged_regions, 1);
	assert_true(test_region_info(f->region).state & PMS_STATE_ENTRIES_DAMAGED);
	assert_true(test_region_info(f->region).state & PMS_STATE_NO_WRITES);
	assert_int_equal(test_count_entries(f->region, &ended), f->log.count);
	assert_int_equal(ended, PMS_E_CORRUPT);
	close_session(f);
	test_image_expect(image, f->test->path);
}

/* Salvage cuts there, says what it cost, and the log goes on; what was behind never comes back. */
static void expect_salvaged(fixture *f, const test_image *image, uint64_t lost)
{
	open_image(f, image, PMS_OPEN_SALVAGE);
	pms_recovery_info recovery = test_recovery(f->stream);
	assert_true(recovery.flags & PMS_STATE_SALVAGED);
	assert_int_equal(recovery.salvaged_entries, lost);
	assert_int_equal(recovery.cuts_sealed, 1);
	assert_int_equal(test_region_info(f->region).state, 0);
	expect_log_goes_on(f, 100);
	close_session(f);
}

/* R8, R17: the later entry was written when the hole was durable already, so the hole is damage: nothing is changed. */
static void test_recovery_damage_before_acknowledged_entries_is_refused_and_salvaged(void **state)
{
	fixture f = begin(state);
	uint64_t random = test_seed();
	test_entry whole[ENTRIES];

	memcpy(whole, f.log.entries, sizeof(whole));
	for (size_t damaged = 0; damaged < ENTRIES - 1; damaged++)
		for (uint64_t word = 0; word < 16; word += 1 + test_random_below(&random, 3)) {
			uint64_t hole = whole[damaged].position.offset;
			test_image image = copy_of(&f.image);
			tear_word(&image, hole + 8 * word, word % 2 ? ZEROED : GARBLED, &random);
			memcpy(f.log.entries, whole, sizeof(whole)); /* each round appends others */
			f.log.count = damaged;
			expect_refused(&f, &image, hole);
			expect_salvaged(&f, &image, ENTRIES - 1 - damaged);
			test_image_free(&image);
		}
	end(&f);
}

/* R8: "strictly below start - lag". An entry whose lag reaches the hole says nothing about it; one that does not, does. */
static void test_recovery_hole_counts_as_durable_only_below_the_lag(void **state)
{
	static const struct {
		uint64_t distance;
		uint32_t lag; /* 0: 0 bytes, n: 64 * 4^(n-1), 15: unknown */
		bool damage;
	} cases[] = {
	    {64, 0, true},  {64, 1, false},   {128, 1, true},  {128, 2, false},	 {256, 2, false},
	    {320, 2, true}, {1024, 3, false}, {1088, 3, true}, {1088, 4, false}, {1088, PMS_LAG_UNKNOWN, false}};
	fixture f = begin(state);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		test_image image = copy_of(&f.image);
		test_raw_entry later = {.offset = f.tail + cases[i].distance,
					.timestamp = f.last + 2,
					.payload_bytes = 30,
					.lag = cases[i].lag};
		(void)test_image_put(&image, &f.life, &later);
		if (cases[i].damage) {
			expect_refused(&f, &image, f.tail);
			expect_salvaged(&f, &image, 1);
		} else {
			open_image(&f, &image, PMS_OPEN_DEFAULT);
			assert_int_equal(test_recovery(f.stream).flags, 0);
			assert_int_equal(test_recovery(f.stream).cuts_sealed, 1);
			expect_log_goes_on(&f, 100);
			close_session(&f);
		}
		test_image_free(&image);
	}
	end(&f);
}

/* Of many later entries the one with evidence counts, wherever it stands. */
static void test_recovery_one_later_entry_with_evidence_is_enough(void **state)
{
	fixture f = begin(state);
	test_image image = copy_of(&f.image);
	uint64_t at = f.tail + 64;

	for (uint64_t i = 0; i < 20; i++)
		at = test_image_put(&image, &f.life,
				    &(test_raw_entry){.offset = at,
						      .timestamp = f.last + 2 + i,
						      .payload_bytes = 10 * i,
						      .lag = i == 17 ? 1 : PMS_LAG_UNKNOWN});
	expect_refused(&f, &image, f.tail);
	expect_salvaged(&f, &image, 20);
	test_image_free(&image);
	end(&f);
}

/* R17: a hole at or below the persisted timestamp is damage even where no lag says so. */
static void test_recovery_persisted_timestamp_is_evidence(void **state)
{
	fixture f = begin(state);

	for (int above = 0; above < 2; above++) {
		test_image image = copy_of(&f.image);
		test_raw_entry later = {
		    .offset = f.tail + 64, .timestamp = f.last + 5, .payload_bytes = 30, .lag = PMS_LAG_UNKNOWN};
		(void)test_image_put(&image, &f.life, &later);
		test_image_seal(&image, PMS_PERSISTED_TIMESTAMP, PMS_ROLE_PERSISTED_TIMESTAMP,
				f.last + (above ? 4 : 5));
		if (above) {
			open_image(&f, &image, PMS_OPEN_DEFAULT);
			assert_int_equal(test_recovery(f.stream).flags, 0);
			expect_log_goes_on(&f, 100);
			close_session(&f);
		} else {
			expect_refused(&f, &image, f.tail);
		}
		test_image_free(&image);
	}
	end(&f);
}

/* ---- what is left behind a cut ------------------------------------------------------------------------------------- */

/*
 * R17: valid leftovers at every distance behind the hole, and sessions that append so that the tail comes to stand exactly
 * in front of them: none may ever become part of the log.
 */
static void test_recovery_leftovers_behind_a_cut_never_come_back(void **state)
{
	fixture f = begin(state);

	for (uint64_t gap = 64; gap <= 320; gap += 64)
		for (int kill = 0; kill < 2; kill++) {
			test_image image = copy_of(&f.image);
			uint64_t at = f.tail + gap;
			for (uint64_t i = 0; i < 6; i++)
				at = test_image_put(&image, &f.life,
						    &(test_raw_entry){.offset = at,
								      .timestamp = f.last + 10 + i,
								      .payload_bytes = 40,
								      .lag = PMS_LAG_UNKNOWN});
			open_image(&f, &image, PMS_OPEN_DEFAULT);
			assert_int_equal(test_recovery(f.stream).cuts_sealed, 1);
			f.log.count = ENTRIES;
			for (int session = 0; session < 10; session++) {
				test_log_expect(&f.log, f.region);
				open_again(&f, kill);
				assert_int_equal(test_recovery(f.stream).flags, 0);
				test_log_expect(&f.log, f.region);
				if (session % 2)
					(void)test_log_append(&f.log, f.region, 40);
			}
			test_check_is_clean(f.stream);
			close_session(&f);
			f.log.count = ENTRIES;
			test_image_free(&image);
		}
	end(&f);
}

/*
 * A leftover of another life, of another place or with an earlier timestamp is no evidence: no damage. Where its timestamp
 * is later all the same, later stores could complete it, so the cut is sealed.
 */
static void test_recovery_bytes_that_are_no_later_entry_do_not_count(void **state)
{
	fixture f = begin(state);

	for (int which = 0; which < 3; which++) {
		test_image image = copy_of(&f.image);
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
		open_image(&f, &image, PMS_OPEN_DEFAULT);
		assert_int_equal(test_recovery(f.stream).flags, 0);
		assert_int_equal(test_recovery(f.stream).cuts_sealed, which != 1);
		expect_log_goes_on(&f, 40);
		close_session(&f);
		test_image_free(&image);
	}
	end(&f);
}

/* The hole is the last alignment unit of the region: there is room for the seal, and none behind it. */
static void test_recovery_torn_entry_at_the_end_of_the_region_is_sealed(void **state)
{
	fixture f = begin(state);
	test_image image = copy_of(&f.image);
	uint64_t end_of_region = f.log.entries[0].position.offset - PMS_REGION_HEADER_BYTES + 68 * TEST_KIB;
	uint64_t rest = end_of_region - f.tail - 64;

	/* One entry up to the last unit, and a torn one in it. */
	test_raw_entry large = {
	    .offset = f.tail, .timestamp = f.last + 1, .payload_bytes = rest - 24, .extent_bytes = rest, .seed = 77};
	uint64_t unit = test_image_put(&image, &f.life, &large);
	assert_int_equal(unit, end_of_region - 64);
	test_image_set_word(&image, unit + 8, f.last + 2);
	open_image(&f, &image, PMS_OPEN_DEFAULT);
	assert_int_equal(test_region_info(f.region).total_bytes, 68 * TEST_KIB);
	assert_int_equal(test_recovery(f.stream).cuts_sealed, 1);
	test_log_add(&f.log, (pms_position){f.tail, f.last + 1}, rest - 24, 77);
	test_log_expect(&f.log, f.region);
	assert_int_equal(pms_region_append(f.region, NULL, 0, NULL, NULL), PMS_E_REGION_FULL);
	open_again(&f, false);
	assert_int_equal(test_recovery(f.stream).flags, 0);
	test_log_expect(&f.log, f.region);
	close_session(&f);
	test_image_free(&image);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_TMPFS(test_recovery_tail_torn_in_any_word_is_dropped),
	    TEST_ON_BOTH(test_recovery_tail_torn_in_several_words_is_dropped),
	    TEST_ON_BOTH(test_recovery_tail_of_empty_region_with_old_bytes_is_not_damage),
	    TEST_ON_TMPFS(test_recovery_damage_before_acknowledged_entries_is_refused_and_salvaged),
	    TEST_ON_BOTH(test_recovery_hole_counts_as_durable_only_below_the_lag),
	    TEST_ON_BOTH(test_recovery_one_later_entry_with_evidence_is_enough),
	    TEST_ON_BOTH(test_recovery_persisted_timestamp_is_evidence),
	    TEST_ON_TMPFS(test_recovery_leftovers_behind_a_cut_never_come_back),
	    TEST_ON_BOTH(test_recovery_bytes_that_are_no_later_entry_do_not_count),
	    TEST_ON_BOTH(test_recovery_torn_entry_at_the_end_of_the_region_is_sealed),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
