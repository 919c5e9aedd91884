/* SPDX-License-Identifier: MIT */
/* Recovery from damage to the words of the stream: the timestamp ceiling (R5, R16), and the others. */
#include "engine.h"
#include "support_image.h"

typedef struct fixture {
	test_case *test;
	test_image image;
	uint64_t region_offset, next_timestamp;
	test_log log;
	pms_stream *stream;
	pms_region *region;
} fixture;

/* A stream that was closed, with a few entries. */
static fixture begin(void **state)
{
	fixture f = {.test = test_begin(state)};

	f.stream = test_create(f.test->path, 128 * TEST_KIB);
	f.region = test_region(f.stream, "region", 64 * TEST_KIB, 64);
	for (int i = 0; i < 10; i++)
		(void)test_log_append(&f.log, f.region, 100);
	f.region_offset = test_region_info(f.region).offset;
	f.next_timestamp = test_info(f.stream).next_timestamp;
	pms_region_release(f.region);
	test_close(f.stream);
	f.image = test_image_load(f.test->path);
	return f;
}

static void open_session(fixture *f, uint32_t flags)
{
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

/* The image opens for writing, recovery says `flags`, and everything is whole again after it. */
static void expect_repaired(fixture *f, uint32_t flags)
{
	size_t before = f->log.count;

	test_image_save(&f->image, f->test->path);
	open_session(f, PMS_OPEN_READ_ONLY);
	test_log_expect(&f->log, f->region);
	assert_int_equal(test_info(f->stream).state, flags);
	close_session(f);
	test_image_expect(&f->image, f->test->path);

	open_session(f, PMS_OPEN_DEFAULT);
	assert_int_equal(test_recovery(f->stream).flags, flags);
	assert_int_equal(test_info(f->stream).state, 0);
	test_log_expect(&f->log, f->region);
	assert_true(test_log_append(&f->log, f->region, 10).timestamp >= f->next_timestamp);
	close_session(f);
	open_session(f, PMS_OPEN_DEFAULT);
	assert_int_equal(test_recovery(f->stream).flags, 0);
	test_log_expect(&f->log, f->region);
	test_check_is_clean(f->stream);
	close_session(f);
	f->log.count = before;
}

static test_image saved(const test_image *image)
{
	test_image copy = {.size = image->size, .bytes = malloc(image->size)};

	assert_non_null(copy.bytes);
	memcpy(copy.bytes, image->bytes, image->size);
	return copy;
}

/* ---- the ceiling --------------------------------------------------------------------------------------------------- */

static void test_recovery_one_copy_of_the_ceiling_is_enough(void **state)
{
	static const uint64_t places[] = {PMS_CEILING_A, PMS_CEILING_B};
	fixture f = begin(state);
	test_image whole = saved(&f.image);

	for (int copy = 0; copy < 2; copy++)
		for (int how = 0; how < 3; how++) {
			memcpy(f.image.bytes, whole.bytes, whole.size);
			if (how == 0)
				test_image_set_word(&f.image, places[copy], 0);
			else if (how == 1)
				test_image_flip(&f.image, places[copy] + 2, 4);
			else /* the other copy's word, in the wrong place */
				test_image_set_word(&f.image, places[copy], test_image_word(&whole, places[1 - copy]));
			expect_repaired(&f, PMS_STATE_CEILING_DAMAGED);
		}
	test_image_free(&whole);
	end(&f);
}

/* Open takes the larger copy: a crash between the two stores left one behind. */
static void test_recovery_takes_the_larger_ceiling(void **state)
{
	static const uint64_t places[] = {PMS_CEILING_A, PMS_CEILING_B};

	for (int larger = 0; larger < 2; larger++) {
		fixture f = begin(state);
		uint64_t ceiling = test_image_unseal(&f.image, places[larger], PMS_ROLE_CEILING);
		test_image_seal(&f.image, places[larger], PMS_ROLE_CEILING, ceiling + 5000);
		f.next_timestamp = ceiling + 5000;
		expect_repaired(&f, 0);
		end(&f);
		(void)remove(f.test->path);
	}
}

/* No timestamp is safe to give out: nothing is written, reading goes on, and salvage begins far above. */
static void test_recovery_without_any_ceiling_refuses_to_write(void **state)
{
	fixture f = begin(state);
	pms_error error;

	test_image_set_word(&f.image, PMS_CEILING_A, 0);
	test_image_flip(&f.image, PMS_CEILING_B, 1);
	test_image_save(&f.image, f.test->path);
	test_open_fails(f.test->path, PMS_OPEN_DEFAULT, PMS_E_CORRUPT, &error);
	assert_int_equal(error.position, PMS_CEILING_A);
	test_image_expect(&f.image, f.test->path);
	open_session(&f, PMS_OPEN_READ_ONLY);
	assert_true(test_info(f.stream).state & PMS_STATE_CEILING_DAMAGED);
	test_log_expect(&f.log, f.region);
	close_session(&f);
	test_image_expect(&f.image, f.test->path);
	open_session(&f, PMS_OPEN_SALVAGE);
	test_log_expect(&f.log, f.region);
	assert_true(test_log_append(&f.log, f.region, 10).timestamp >= f.next_timestamp);
	test_check_is_clean(f.stream);
	close_session(&f);
	open_session(&f, PMS_OPEN_DEFAULT);
	assert_int_equal(test_recovery(f.stream).flags, 0);
	test_log_expect(&f.log, f.region);
	close_session(&f);
	end(&f);
}

/* R16: an entry at or above the ceiling says that the ceiling is damaged; the entry is kept. */
static void test_recovery_entry_at_or_above_the_ceiling_is_kept_and_reported(void **state)
{
	for (int above = 0; above < 3; above++) {
		fixture f = begin(state);
		uint64_t last = f.log.entries[f.log.count - 1].position.timestamp;
		for (uint64_t copy = 0; copy < 2; copy++)
			test_image_seal(&f.image, copy ? PMS_CEILING_B : PMS_CEILING_A, PMS_ROLE_CEILING,
					above == 2 ? 1 : last + 1 - (uint64_t)above);
		/* Exactly one above the last entry is right: timestamps below the ceiling are given out. */
		expect_repaired(&f, above ? PMS_STATE_CEILING_DAMAGED : 0);
		end(&f);
		(void)remove(f.test->path);
	}
}

/* A fresh timestamp is above everything that was seen: identities and bases, too. */
static void test_recovery_low_ceiling_does_not_repeat_an_identity(void **state)
{
	fixture f = begin(state);

	open_session(&f, PMS_OPEN_DEFAULT);
	assert_int_equal(pms_region_clear(f.region, NULL), PMS_OK);
	uint64_t base = test_region_info(f.region).base_timestamp;
	close_session(&f);
	test_image_free(&f.image);
	f.image = test_image_load(f.test->path);
	test_image_seal(&f.image, PMS_CEILING_A, PMS_ROLE_CEILING, 1);
	test_image_seal(&f.image, PMS_CEILING_B, PMS_ROLE_CEILING, 1);
	f.next_timestamp = base + 1;
	f.log.count = 0;
	expect_repaired(&f, PMS_STATE_CEILING_DAMAGED);
	end(&f);
}

/* The end of all timestamps: the last ones are given out, then writing ends; reading never does. */
static void test_recovery_timestamps_used_up_end_writing(void **state)
{
	fixture f = begin(state);
	uint64_t given_out = 0;
	int32_t status;
	pms_error error;

	test_image_seal(&f.image, PMS_CEILING_A, PMS_ROLE_CEILING, PMS_VALUE_MAX - 4);
	test_image_seal(&f.image, PMS_CEILING_B, PMS_ROLE_CEILING, PMS_VALUE_MAX - 4);
	test_image_save(&f.image, f.test->path);
	open_session(&f, PMS_OPEN_DEFAULT);
	while ((status = pms_region_append(f.region, NULL, 0, NULL, &error)) == PMS_OK)
		assert_true(++given_out < 10);
	assert_int_equal(status, PMS_E_EXHAUSTED);
	test_error_says(&error, PMS_E_EXHAUSTED);
	assert_int_equal(given_out, 4);
	assert_int_equal(pms_region_clear(f.region, &error), PMS_E_EXHAUSTED);
	assert_true(pms_region_append(f.region, NULL, 0, NULL, NULL) != PMS_OK);
	close_session(&f);
	test_image after = test_image_load(f.test->path);
	test_open_fails(f.test->path, PMS_OPEN_DEFAULT, PMS_E_EXHAUSTED, NULL);
	test_image_expect(&after, f.test->path);
	open_session(&f, PMS_OPEN_READ_ONLY);
	assert_int_equal(test_count_entries(f.region, &status), f.log.count + given_out);
	assert_int_equal(status, PMS_E_END);
	close_session(&f);
	test_image_free(&after);
	end(&f);
}

/* ---- the other words ----------------------------------------------------------------------------------------------- */

static void test_recovery_damaged_words_are_repaired(void **state)
{
	fixture f = begin(state);
	const struct {
		uint64_t place;
		uint32_t flags; /* of recovery */
	} words[] = {
	    {PMS_PERSISTED_TIMESTAMP, PMS_STATE_WORD_DAMAGED},
	    {PMS_LAYOUT_EPOCH, PMS_STATE_WORD_DAMAGED},
	    {PMS_STREAM_SIZE, PMS_STATE_WORD_DAMAGED},
	    {PMS_STREAM_SPARE_0, 0},
	    {PMS_STREAM_SPARE_1, 0},
	    {f.region_offset + PMS_REGION_SPARE_0, 0},
	    {f.region_offset + PMS_REGION_SPARE_1, 0},
	};
	test_image whole = saved(&f.image);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		for (int how = 0; how < 2; how++) {
			memcpy(f.image.bytes, whole.bytes, whole.size);
			if (how)
				test_image_flip(&f.image, words[i].place + i, 0x20);
			else
				test_image_set_word(&f.image, words[i].place, 0);
			expect_repaired(&f, words[i].flags);
		}
	test_image_free(&whole);
	end(&f);
}

/* A size that is whole, and wrong: nothing is guessed. */
static void test_recovery_wrong_stream_size_is_refused(void **state)
{
	fixture f = begin(state);
	uint64_t size = f.image.size;
	const struct {
		uint64_t value;
		int32_t status;
	} sizes[] = {
	    {size + 4096, PMS_E_TRUNCATED},   {PMS_VALUE_MAX & ~4095ull, PMS_E_TRUNCATED},
	    {size - 1, PMS_E_CORRUPT},	      {0, PMS_E_CORRUPT},
	    {PMS_FIXED_BYTES, PMS_E_CORRUPT},
	};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		test_image_seal(&f.image, PMS_STREAM_SIZE, PMS_ROLE_STREAM_SIZE, sizes[i].value);
		test_image_save(&f.image, f.test->path);
		test_open_fails(f.test->path, PMS_OPEN_DEFAULT, sizes[i].status, NULL);
		test_open_fails(f.test->path, PMS_OPEN_READ_ONLY, sizes[i].status, NULL);
		test_image_expect(&f.image, f.test->path);
	}
	/* Smaller than its regions: the layout does not fit. */
	test_image_seal(&f.image, PMS_STREAM_SIZE, PMS_ROLE_STREAM_SIZE, PMS_FIXED_BYTES + 4096);
	test_image_save(&f.image, f.test->path);
	open_session(&f, PMS_OPEN_READ_ONLY);
	assert_true(test_info(f.stream).state & PMS_STATE_LAYOUT_DAMAGED);
	close_session(&f);
	test_image_expect(&f.image, f.test->path);
	end(&f);
}

/* Size and layout damaged: where the stream ends is not known, so nothing is written. */
static void test_recovery_damaged_size_and_layout_refuse_to_write(void **state)
{
	fixture f = begin(state);

	test_image_flip(&f.image, PMS_STREAM_SIZE + 1, 1);
	test_image_flip(&f.image, f.region_offset + PMS_REGION_EXTENT, 1);
	test_image_save(&f.image, f.test->path);
	test_open_fails(f.test->path, PMS_OPEN_DEFAULT, PMS_E_CORRUPT, NULL);
	test_image_expect(&f.image, f.test->path);
	open_session(&f, PMS_OPEN_READ_ONLY);
	test_log_expect(&f.log, f.region);
	close_session(&f);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_recovery_one_copy_of_the_ceiling_is_enough),
	    TEST_ON_TMPFS(test_recovery_takes_the_larger_ceiling),
	    TEST_ON_BOTH(test_recovery_without_any_ceiling_refuses_to_write),
	    TEST_ON_TMPFS(test_recovery_entry_at_or_above_the_ceiling_is_kept_and_reported),
	    TEST_ON_TMPFS(test_recovery_low_ceiling_does_not_repeat_an_identity),
	    TEST_ON_TMPFS(test_recovery_timestamps_used_up_end_writing),
	    TEST_ON_BOTH(test_recovery_damaged_words_are_repaired),
	    TEST_ON_BOTH(test_recovery_wrong_stream_size_is_refused),
	    TEST_ON_BOTH(test_recovery_damaged_size_and_layout_refuse_to_write),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
