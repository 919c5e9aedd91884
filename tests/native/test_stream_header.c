/* SPDX-License-Identifier: MIT */
/* The stored header of a stream: newer versions, unknown features, damaged copies. */
#include "support_refused.h"

static pms_stored_header *header_of(const test_image *image, int copy)
{
	return (pms_stored_header *)(void *)(image->bytes + (copy ? PMS_HEADER_B : PMS_HEADER_A));
}

/* Changes both copies (or one) and makes their checksums right again. */
static void reseal(test_image *image, int first, int last, void (*change)(pms_stored_header *))
{
	for (int copy = first; copy <= last; copy++) {
		pms_stored_header *header = header_of(image, copy);
		change(header);
		header->checksum = pms_hash(header, offsetof(pms_stored_header, checksum));
	}
}

static void newer(pms_stored_header *header) { header->version = 2; }

static void older(pms_stored_header *header) { header->version = 0; }

static void incompatible(pms_stored_header *header) { header->incompatible_features = 1ull << 40; }

static void read_only(pms_stored_header *header) { header->read_only_features = 1; }

static void compatible(pms_stored_header *header) { header->compatible_features = UINT64_MAX; }

static void bad_block(pms_stored_header *header) { header->block_bytes = 5000; }

static void other_seconds(pms_stored_header *header) { header->created_unix_seconds++; }

static void test_stream_newer_version_or_unknown_feature_is_refused(void **state)
{
	test_case *test = test_begin(state);
	const struct {
		void (*change)(pms_stored_header *);
		int32_t status;
	} cases[] = {{newer, PMS_E_NEWER_VERSION},
		     {incompatible, PMS_E_UNKNOWN_FEATURE},
		     {older, PMS_E_CORRUPT},
		     {bad_block, PMS_E_CORRUPT}};
	test_image whole = test_refused_make(test);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		test_image_save(&whole, test->path);
		test_image image = test_image_load(test->path);
		reseal(&image, 0, 1, cases[i].change);
		test_refused_everywhere(&image, test->path, cases[i].status);
		test_image_free(&image);
		/* A newer library began to change it, and has not come to the other copy: its word counts. */
		if (cases[i].status == PMS_E_CORRUPT)
			continue;
		for (int copy = 0; copy < 2; copy++) {
			test_image_save(&whole, test->path);
			image = test_image_load(test->path);
			reseal(&image, copy, copy, cases[i].change);
			test_refused_everywhere(&image, test->path, cases[i].status);
			test_image_free(&image);
		}
	}
	test_image_free(&whole);
}

/* A feature that only writers must know: reading is possible. One that nobody must know: all is. */
static void test_stream_read_only_feature_keeps_writers_out(void **state)
{
	test_case *test = test_begin(state);
	test_image image = test_refused_make(test);
	pms_error error;

	reseal(&image, 0, 1, compatible);
	test_refused_not(&image, test->path, PMS_OPEN_DEFAULT, 0);
	reseal(&image, 0, 1, read_only);
	test_image_save(&image, test->path);
	test_open_fails(test->path, PMS_OPEN_DEFAULT, PMS_E_UNKNOWN_FEATURE, &error);
	assert_int_equal(error.found, 1);
	test_open_fails(test->path, PMS_OPEN_SALVAGE, PMS_E_UNKNOWN_FEATURE, &error);
	test_image_expect(&image, test->path);
	test_refused_not(&image, test->path, PMS_OPEN_READ_ONLY, 0);
	test_image_free(&image);
}

/* Any bit of one copy: opened from the other, said so, and repaired by the next writer. */
static void test_stream_one_bad_header_copy_is_repaired_by_the_next_writer(void **state)
{
	test_case *test = test_begin(state);
	uint64_t random = test_seed();
	test_image whole = test_refused_make(test);

	for (uint64_t bit = 0; bit < 1024; bit += 1 + test_random_below(&random, 40))
		for (uint64_t copy = 0; copy < 2; copy++) {
			uint64_t at = (copy ? PMS_HEADER_B : PMS_HEADER_A) + bit / 8;
			test_image_flip(&whole, at, (uint8_t)(1u << bit % 8));
			test_refused_not(&whole, test->path, PMS_OPEN_READ_ONLY, PMS_STATE_HEADER_DAMAGED);
			test_image_save(&whole, test->path);
			pms_stream *stream = test_open(test->path, PMS_OPEN_DEFAULT);
			assert_int_equal(test_recovery(stream).flags,
					 PMS_STATE_HEADER_DAMAGED | PMS_STATE_HEADER_REPAIRED);
			assert_int_equal(test_info(stream).state, 0);
			test_check_is_clean(stream);
			test_close(stream);
			stream = test_open(test->path, PMS_OPEN_DEFAULT);
			assert_int_equal(test_recovery(stream).flags, 0);
			test_close(stream);
			test_image_flip(&whole, at, (uint8_t)(1u << bit % 8));
		}
	test_image_free(&whole);
}

static void test_stream_both_header_copies_bad_are_refused(void **state)
{
	test_case *test = test_begin(state);
	test_image image = test_refused_make(test);

	test_image_flip(&image, PMS_HEADER_A + 60, 1);
	test_image_flip(&image, PMS_HEADER_B + 90, 1);
	test_refused_everywhere(&image, test->path, PMS_E_CORRUPT);
	test_image_flip(&image, PMS_HEADER_A, 1); /* one magic gone: the other still says that it was a stream */
	test_refused_everywhere(&image, test->path, PMS_E_CORRUPT);
	test_image_flip(&image, PMS_HEADER_B, 1);
	test_refused_everywhere(&image, test->path, PMS_E_NOT_A_STREAM);
	test_image_free(&image);
}

static void test_stream_header_copies_that_differ_are_refused(void **state)
{
	test_case *test = test_begin(state);
	test_image image = test_refused_make(test);

	reseal(&image, 1, 1, other_seconds);
	test_refused_everywhere(&image, test->path, PMS_E_CORRUPT);
	test_image_free(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_stream_newer_version_or_unknown_feature_is_refused),
	    TEST_ON_BOTH(test_stream_read_only_feature_keeps_writers_out),
	    TEST_ON_TMPFS(test_stream_one_bad_header_copy_is_repaired_by_the_next_writer),
	    TEST_ON_BOTH(test_stream_both_header_copies_bad_are_refused),
	    TEST_ON_BOTH(test_stream_header_copies_that_differ_are_refused),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
