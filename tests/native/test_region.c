/* SPDX-License-Identifier: MIT */
/* Creating, naming, finding and enumerating regions. Freeing, clearing and damage have files of their own. */
#include "format.h"
#include "support_stream.h"

static int32_t try_create(pms_stream *stream, const pms_region_options *options, pms_error *error)
{
	pms_region *region = (pms_region *)stream;
	int32_t status = pms_region_create(stream, options, &region, error);

	if (status == PMS_OK)
		pms_region_release(region);
	else
		assert_null(region);
	return status;
}

static void test_region_size_is_rounded_up_to_blocks(void **state)
{
	static const uint64_t wanted[] = {1, 64, 3584, 3585, 4096, 7680, 7681, 100000, 1 << 20};
	static const uint32_t blocks[] = {0, 4096, 65536, 2 << 20};
	test_case *test = test_begin(state);

	for (size_t b = 0; b < 4; b++) {
		pms_create_options options = test_create_options(32 * TEST_MIB);
		uint64_t block = blocks[b] ? blocks[b] : PMS_BLOCK_BYTES_DEFAULT, next;
		pms_stream *stream;
		options.block_bytes = blocks[b];
		options.flags = PMS_CREATE_OVERWRITE;
		assert_int_equal(pms_stream_create(test->path, &options, &stream, NULL), PMS_OK);
		assert_int_equal(test_info(stream).block_bytes, block);
		next = pms_round_up(PMS_FIXED_BYTES, block);
		for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
			uint64_t before = test_info(stream).free_bytes;
			pms_region *region = test_region(stream, NULL, wanted[i], 0);
			pms_region_info info = test_region_info(region);
			assert_int_equal(info.offset, next);
			assert_int_equal(info.total_bytes, pms_round_up(wanted[i] + PMS_REGION_HEADER_BYTES, block));
			assert_int_equal(info.usable_bytes, info.total_bytes - PMS_REGION_HEADER_BYTES);
			assert_int_equal(info.entry_alignment, PMS_ENTRY_ALIGNMENT_DEFAULT);
			assert_int_equal(info.used_bytes, 0);
			assert_int_equal(test_info(stream).free_bytes, before - info.total_bytes);
			next += info.total_bytes;
			pms_region_release(region);
		}
		assert_int_equal(test_info(stream).region_count, sizeof(wanted) / sizeof(wanted[0]));
		test_check_is_clean(stream);
		test_close(stream);
	}
}

static void test_region_new_one_is_empty_and_described(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	pms_region *region = test_region(stream, "orders", 100000, 8);
	pms_region_info info = test_region_info(region), zero = {0};
	pms_cursor *cursor;
	pms_entry entry;

	assert_string_equal(info.name, "orders");
	assert_int_equal(info.name_bytes, 6);
	assert_int_equal(info.entry_alignment, 8);
	assert_true(info.identity > 0);
	assert_int_equal(info.base_timestamp, info.identity);
	assert_int_equal(info.committed_offset, info.offset + PMS_REGION_HEADER_BYTES);
	assert_int_equal(info.persisted_offset, info.committed_offset);
	assert_int_equal(pms_region_committed(region), info.committed_offset);
	assert_int_equal(pms_region_persisted(region), info.persisted_offset);
	assert_int_equal(info.first_timestamp, 0);
	assert_int_equal(info.last_timestamp, 0);
	assert_int_equal(info.open_reservations, 0);
	assert_int_equal(info.oldest_reservation.offset, 0);
	assert_int_equal(info.oldest_reservation.timestamp, 0);
	assert_int_equal(info.state, 0);
	assert_memory_equal(info.reserved, zero.reserved, sizeof(info.reserved));
	assert_int_equal(pms_cursor_open(region, NULL, &cursor, NULL), PMS_OK);
	assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_E_END);
	pms_cursor_close(cursor);
	pms_region_release(region);
	test_close(stream);
}

/* ---- names --------------------------------------------------------------------------------------------------------- */

static void test_region_names_are_utf8_of_at_most_63_bytes(void **state)
{
	static const struct {
		const char *name;
		uint32_t bytes;
		int32_t status;
	} names[] = {
	    {"a", 1, PMS_OK},
	    {"Zo\xc3\xab \xe2\x82\xac \xf0\x9f\x90\xa6", 13, PMS_OK},
	    {"0123456789012345678901234567890123456789012345678901234567890ab", 63, PMS_OK},
	    {"0123456789012345678901234567890123456789012345678901234567890abc", 64, PMS_E_INVALID_ARGUMENT},
	    {"x", UINT32_MAX, PMS_E_INVALID_ARGUMENT},
	    {"a\0b", 3, PMS_E_INVALID_ARGUMENT},
	    {"\0", 1, PMS_E_INVALID_ARGUMENT},
	    {"caf\xe9", 4, PMS_E_INVALID_ARGUMENT},	 /* Latin-1 */
	    {"\xc3", 1, PMS_E_INVALID_ARGUMENT},	 /* cut off */
	    {"\xed\xa0\x80", 3, PMS_E_INVALID_ARGUMENT}, /* surrogate */
	    {"\xc0\xaf", 2, PMS_E_INVALID_ARGUMENT},	 /* overlong */
	    {NULL, 5, PMS_E_INVALID_ARGUMENT},
	    {"ab", 2, PMS_OK},
	    {"a", 1, PMS_E_EXISTS},
	    {"abc", 2, PMS_E_EXISTS}, /* its first two bytes */
	    {"abc", 3, PMS_OK},
	    {NULL, 0, PMS_OK},
	    {"ignored", 0, PMS_OK}, /* without a name: as many as one likes */
	};
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	uint32_t regions = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		pms_region_options options = test_region_options(NULL, 100, 0);
		pms_error error;
		options.name = names[i].name;
		options.name_bytes = names[i].bytes;
		int32_t status = try_create(stream, &options, &error);
		if (status != names[i].status)
			fail_msg("name %zu: expected %d, found %d: %s", i, names[i].status, status, error.message);
		regions += status == PMS_OK;
		if (status != PMS_OK)
			test_error_says(&error, status);
		assert_int_equal(test_info(stream).region_count, regions);
	}
	for (int session = 0; session < 2; session++) {
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			pms_region *region;
			if (names[i].status != PMS_OK || names[i].bytes == 0)
				continue;
			assert_int_equal(pms_region_find(stream, names[i].name, names[i].bytes, &region, NULL), PMS_OK);
			pms_region_info info = test_region_info(region);
			assert_int_equal(info.name_bytes, names[i].bytes);
			assert_memory_equal(info.name, names[i].name, names[i].bytes);
			assert_int_equal(info.name[names[i].bytes], 0);
			pms_region_release(region);
		}
		test_close(stream);
		stream = test_open(test->path, session ? PMS_OPEN_READ_ONLY : PMS_OPEN_DEFAULT);
		assert_int_equal(test_info(stream).region_count, regions);
	}
	test_close(stream);
}

static void test_region_find_what_is_not_there_says_so(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	pms_region *region = test_region(stream, "here", 100, 0), *found = region;
	pms_error error;

	assert_int_equal(pms_region_find(stream, "her", 3, &found, &error), PMS_E_NOT_FOUND);
	test_error_says(&error, PMS_E_NOT_FOUND);
	assert_non_null(strstr(error.message, "her"));
	assert_null(found);
	assert_int_equal(pms_region_find(stream, "heree", 5, &found, NULL), PMS_E_NOT_FOUND);
	assert_int_equal(pms_region_find(stream, "HERE", 4, &found, NULL), PMS_E_NOT_FOUND);
	assert_int_equal(pms_region_find(stream, "here", 0, &found, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_find(stream, "here", 64, &found, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_find(stream, "here", UINT64_MAX, &found, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_find(stream, NULL, 4, &found, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_find(NULL, "here", 4, &found, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_find(stream, "here", 4, NULL, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_find(stream, "here", 4, &found, &error), PMS_OK);
	pms_region_release(found);
	pms_region_release(region);
	test_close(stream);
}

static void test_region_bad_options_are_refused_and_change_nothing(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	const pms_region_options good = test_region_options("good", 1000, 64);
	static const uint32_t alignments[] = {1, 4, 7, 12, 63, 65, 8192, 1u << 31, UINT32_MAX};
	static const uint64_t sizes[] = {0, (1ull << 55), 1ull << 60, UINT64_MAX - 511, UINT64_MAX};
	pms_region_options options;
	pms_region *region;
	pms_error error;

	for (size_t i = 0; i < sizeof(alignments) / sizeof(alignments[0]); i++) {
		options = good;
		options.entry_alignment = alignments[i];
		assert_int_equal(try_create(stream, &options, &error), PMS_E_INVALID_ARGUMENT);
		assert_int_equal(error.found, alignments[i]);
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		options = good;
		options.usable_bytes = sizes[i];
		assert_int_equal(try_create(stream, &options, &error), PMS_E_INVALID_ARGUMENT);
		assert_int_equal(error.found, sizes[i]);
	}
	options = good;
	options.struct_bytes--;
	assert_int_equal(try_create(stream, &options, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(error.expected, sizeof(options));
	options = good;
	options.reserved0 = 1;
	assert_int_equal(try_create(stream, &options, &error), PMS_E_INVALID_ARGUMENT);
	for (int i = 0; i < 4; i++) {
		options = good;
		options.reserved[i] = 1;
		assert_int_equal(try_create(stream, &options, &error), PMS_E_INVALID_ARGUMENT);
	}
	assert_int_equal(pms_region_create(stream, &good, NULL, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_create(stream, NULL, &region, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_create(NULL, &good, &region, &error), PMS_E_INVALID_ARGUMENT);
	/* Sizes that are no mistake, but do not fit. */
	options = good;
	options.usable_bytes = (1ull << 55) - 1;
	assert_int_equal(try_create(stream, &options, &error), PMS_E_STREAM_FULL);
	assert_int_equal(error.found, test_info(stream).largest_free_bytes);
	assert_int_equal(test_info(stream).region_count, 0);
	assert_int_equal(try_create(stream, &good, &error), PMS_OK);
	test_close(stream);
}

/* ---- space --------------------------------------------------------------------------------------------------------- */

static void test_region_largest_free_is_what_can_be_created(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	pms_region_options options = test_region_options(NULL, 0, 0);
	pms_error error;

	options.usable_bytes = test_info(stream).largest_free_bytes + 1;
	assert_int_equal(try_create(stream, &options, &error), PMS_E_STREAM_FULL);
	test_error_says(&error, PMS_E_STREAM_FULL);
	assert_int_equal(error.expected, options.usable_bytes);
	assert_int_equal(error.found, options.usable_bytes - 1);
	options.usable_bytes--;
	assert_int_equal(try_create(stream, &options, &error), PMS_OK);
	assert_int_equal(test_info(stream).free_bytes, 0);
	assert_int_equal(test_info(stream).largest_free_bytes, 0);
	options.usable_bytes = 1;
	assert_int_equal(try_create(stream, &options, &error), PMS_E_STREAM_FULL);
	assert_int_equal(error.found, 0);
	test_check_is_clean(stream);
	test_close(stream);
}

/* As many regions as there are blocks, found again in address order. */
static void test_region_enumeration_is_in_address_order(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, PMS_FIXED_BYTES + 50 * 4096);
	uint64_t identities[50];
	pms_region *region;
	char name[16];

	for (int i = 0; i < 50; i++) {
		(void)snprintf(name, sizeof(name), "region %d", i);
		region = test_region(stream, i % 3 ? name : NULL, 1, i % 2 ? 8 : 4096);
		identities[i] = test_region_info(region).identity;
		assert_true(i == 0 || identities[i] > identities[i - 1]);
		pms_region_release(region);
	}
	for (int session = 0; session < 3; session++) {
		uint64_t at = 0;
		for (int i = 0; i < 50; i++) {
			assert_int_equal(pms_region_next(stream, at, &region, NULL), PMS_OK);
			pms_region_info info = test_region_info(region);
			assert_int_equal(info.offset, PMS_FIXED_BYTES + (uint64_t)i * 4096);
			assert_int_equal(info.identity, identities[i]);
			assert_int_equal(info.entry_alignment, i % 2 ? 8 : 4096);
			assert_int_equal(info.name_bytes != 0, i % 3 != 0);
			at = info.offset + 1;
			pms_region_release(region);
			/* From its very offset it is found again. */
			assert_int_equal(pms_region_next(stream, at - 1, &region, NULL), PMS_OK);
			assert_int_equal(test_region_info(region).identity, identities[i]);
			pms_region_release(region);
		}
		region = (pms_region *)stream;
		assert_int_equal(pms_region_next(stream, at, &region, NULL), PMS_E_END);
		assert_null(region);
		assert_int_equal(pms_region_next(stream, UINT64_MAX, &region, NULL), PMS_E_END);
		test_close(stream);
		stream = test_open(test->path, session == 1 ? PMS_OPEN_READ_ONLY : PMS_OPEN_DEFAULT);
	}
	assert_int_equal(pms_region_next(NULL, 0, &region, NULL), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_next(stream, 0, NULL, NULL), PMS_E_INVALID_ARGUMENT);
	test_close(stream);
}

static void test_region_null_arguments_are_refused(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	pms_region *region = test_region(stream, "region", 100, 0);
	pms_region_info info = {.struct_bytes = sizeof(info) + 1};
	pms_error error;

	assert_int_equal(pms_region_describe(region, &info, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(error.found, sizeof(info) + 1);
	assert_int_equal(pms_region_describe(region, NULL, &error), PMS_E_INVALID_ARGUMENT);
	info.struct_bytes = sizeof(info);
	assert_int_equal(pms_region_describe(NULL, &info, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_clear(NULL, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_free(NULL, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_committed(NULL), 0);
	assert_int_equal(pms_region_persisted(NULL), 0);
	pms_region_release(NULL);
	pms_region_release(region);
	test_close(stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_region_size_is_rounded_up_to_blocks),
	    TEST_ON_BOTH(test_region_new_one_is_empty_and_described),
	    TEST_ON_BOTH(test_region_names_are_utf8_of_at_most_63_bytes),
	    TEST_ON_TMPFS(test_region_find_what_is_not_there_says_so),
	    TEST_ON_TMPFS(test_region_bad_options_are_refused_and_change_nothing),
	    TEST_ON_BOTH(test_region_largest_free_is_what_can_be_created),
	    TEST_ON_BOTH(test_region_enumeration_is_in_address_order),
	    TEST_ON_TMPFS(test_region_null_arguments_are_refused),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
