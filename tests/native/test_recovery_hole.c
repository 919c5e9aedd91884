/* SPDX-License-Identifier: MIT */
/* Recovery: a hole with valid entries behind it. A torn tail, or damage to what was acknowledged? R8 and R17. */
#include "support_killed.h"

static void expect_refused(killed *f, const test_image *image, uint64_t hole)
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
	killed_close(f);
	test_image_expect(image, f->test->path);
}

/* Salvage cuts there, says what it cost, and the log goes on; what was behind never comes back. */
static void expect_salvaged(killed *f, const test_image *image, uint64_t lost)
{
	killed_open(f, image, PMS_OPEN_SALVAGE);
	pms_recovery_info recovery = test_recovery(f->stream);
	assert_true(recovery.flags & PMS_STATE_SALVAGED);
	assert_int_equal(recovery.salvaged_entries, lost);
	assert_int_equal(recovery.cuts_sealed, 1);
	assert_int_equal(test_region_info(f->region).state, 0);
	killed_expect_log_goes_on(f, 100);
	killed_close(f);
}

/* R8, R17: the later entry was written when the hole was durable already, so the hole is damage: nothing is changed. */
static void test_recovery_damage_before_acknowledged_entries_is_refused_and_salvaged(void **state)
{
	killed f = killed_begin(state);
	uint64_t random = test_seed();
	test_entry whole[KILLED_ENTRIES];

	memcpy(whole, f.log.entries, sizeof(whole));
	for (size_t damaged = 0; damaged < KILLED_ENTRIES - 1; damaged++)
		for (uint64_t word = 0; word < 16; word += 1 + test_random_below(&random, 3)) {
			uint64_t hole = whole[damaged].position.offset;
			test_image image = killed_copy(&f.image);
			killed_tear_word(&image, hole + 8 * word, word % 2 ? KILLED_ZEROED : KILLED_GARBLED, &random);
			memcpy(f.log.entries, whole, sizeof(whole)); /* each round appends others */
			f.log.count = damaged;
			expect_refused(&f, &image, hole);
			expect_salvaged(&f, &image, KILLED_ENTRIES - 1 - damaged);
			test_image_free(&image);
		}
	killed_end(&f);
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
	killed f = killed_begin(state);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		test_image image = killed_copy(&f.image);
		test_raw_entry later = {.offset = f.tail + cases[i].distance,
					.timestamp = f.last + 2,
					.payload_bytes = 30,
					.lag = cases[i].lag};
		(void)test_image_put(&image, &f.life, &later);
		if (cases[i].damage) {
			expect_refused(&f, &image, f.tail);
			expect_salvaged(&f, &image, 1);
		} else {
			killed_open(&f, &image, PMS_OPEN_DEFAULT);
			assert_int_equal(test_recovery(f.stream).flags, 0);
			assert_int_equal(test_recovery(f.stream).cuts_sealed, 1);
			killed_expect_log_goes_on(&f, 100);
			killed_close(&f);
		}
		test_image_free(&image);
	}
	killed_end(&f);
}

/* Of many later entries the one with evidence counts, wherever it stands. */
static void test_recovery_one_later_entry_with_evidence_is_enough(void **state)
{
	killed f = killed_begin(state);
	test_image image = killed_copy(&f.image);
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
	killed_end(&f);
}

/* R17: a hole at or below the persisted timestamp is damage even where no lag says so. */
static void test_recovery_persisted_timestamp_is_evidence(void **state)
{
	killed f = killed_begin(state);

	for (int above = 0; above < 2; above++) {
		test_image image = killed_copy(&f.image);
		test_raw_entry later = {
		    .offset = f.tail + 64, .timestamp = f.last + 5, .payload_bytes = 30, .lag = PMS_LAG_UNKNOWN};
		(void)test_image_put(&image, &f.life, &later);
		test_image_seal(&image, PMS_PERSISTED_TIMESTAMP, PMS_ROLE_PERSISTED_TIMESTAMP,
				f.last + (above ? 4 : 5));
		if (above) {
			killed_open(&f, &image, PMS_OPEN_DEFAULT);
			assert_int_equal(test_recovery(f.stream).flags, 0);
			killed_expect_log_goes_on(&f, 100);
			killed_close(&f);
		} else {
			expect_refused(&f, &image, f.tail);
		}
		test_image_free(&image);
	}
	killed_end(&f);
}

/* R17: a damaged entry that is larger than what is looked at behind a hole. Its size word leads to what follows it. */
static void test_recovery_large_damaged_entry_is_not_taken_for_the_tail(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, 16 * TEST_MIB);
	pms_region *region = test_region(stream, "region", 15 * TEST_MIB, 64);
	pms_error error;

	pms_position large = test_append(region, 6 * TEST_MIB, 1);
	(void)test_append(region, 100, 2); /* the only entry that tells; no checkpoint names the large one */
	test_image image = test_image_load(test->path);
	assert_int_equal(
	    test_image_unseal(&image, test_region_info(region).offset + PMS_REGION_CHECKPOINT, PMS_ROLE_CHECKPOINT), 0);
	pms_region_release(region);
	test_close(stream);
	test_image_flip(&image, large.offset + 5 * TEST_MIB, 1);
	test_image_save(&image, test->path);
	test_open_fails(test->path, PMS_OPEN_DEFAULT, PMS_E_CORRUPT, &error);
	assert_int_equal(error.position, large.offset);
	test_image_expect(&image, test->path);
	test_image_free(&image);
}

/* A stream with three regions, closed; the places of their third entries, which are not the last. */
static test_image three_regions(const test_case *test, uint64_t thirds[3], test_log logs[3])
{
	static const char *const names[] = {"one", "two", "three"};
	pms_stream *stream = test_create(test->path, 128 * TEST_KIB);

	for (int i = 0; i < 3; i++) {
		pms_region *region = test_region(stream, names[i], 10000, 64);
		for (int j = 0; j < 5; j++)
			(void)test_log_append(&logs[i], region, 100);
		thirds[i] = logs[i].entries[2].position.offset;
		pms_region_release(region);
	}
	test_image image = test_image_load(test->path); /* a kill: closed, the checkpoints would hide the damage */
	test_close(stream);
	return image;
}

/* Salvage cuts what is damaged, all of it, and nothing else. */
static void test_recovery_salvage_cuts_damaged_regions_alone(void **state)
{
	test_case *test = test_begin(state);
	test_log logs[3] = {0};
	uint64_t thirds[3];
	test_image image = three_regions(test, thirds, logs);

	/* Nothing is damaged: nothing is cut. */
	test_image_save(&image, test->path);
	pms_stream *stream = test_open(test->path, PMS_OPEN_SALVAGE);
	assert_int_equal(test_recovery(stream).flags, 0);
	assert_int_equal(test_recovery(stream).salvaged_entries, 0);
	test_check_is_clean(stream);
	test_close(stream);

	test_image_flip(&image, thirds[0] + 30, 1);
	test_image_flip(&image, thirds[2] + 30, 1);
	test_image_save(&image, test->path);
	test_open_fails(test->path, PMS_OPEN_DEFAULT, PMS_E_CORRUPT, NULL);
	test_image_expect(&image, test->path);
	stream = test_open(test->path, PMS_OPEN_SALVAGE);
	pms_recovery_info recovery = test_recovery(stream);
	assert_int_equal(recovery.flags, PMS_STATE_SALVAGED | PMS_STATE_ENTRIES_DAMAGED);
	assert_int_equal(recovery.damaged_regions, 2);
	assert_int_equal(recovery.salvaged_entries, 4);
	assert_int_equal(recovery.first_damage, thirds[0]);
	assert_int_equal(recovery.cuts_sealed, 2);
	logs[0].count = logs[2].count = 2;
	for (int session = 0; session < 2; session++) {
		uint64_t at = 0;
		for (int i = 0; i < 3; i++) {
			pms_region *region;
			assert_int_equal(pms_region_next(stream, at, &region, NULL), PMS_OK);
			at = test_region_info(region).offset + 1;
			test_log_expect(&logs[i], region);
			(void)test_log_append(&logs[i], region, 10);
			pms_region_release(region);
		}
		test_check_is_clean(stream);
		test_close(stream);
		stream = test_open(test->path, PMS_OPEN_DEFAULT);
		assert_int_equal(test_recovery(stream).flags, 0);
	}
	test_close(stream);
	for (int i = 0; i < 3; i++)
		test_log_free(&logs[i]);
	test_image_free(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_TMPFS(test_recovery_damage_before_acknowledged_entries_is_refused_and_salvaged),
	    TEST_ON_BOTH(test_recovery_hole_counts_as_durable_only_below_the_lag),
	    TEST_ON_BOTH(test_recovery_one_later_entry_with_evidence_is_enough),
	    TEST_ON_BOTH(test_recovery_persisted_timestamp_is_evidence),
	    TEST_ON_BOTH(test_recovery_large_damaged_entry_is_not_taken_for_the_tail),
	    TEST_ON_BOTH(test_recovery_salvage_cuts_damaged_regions_alone),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
