/* SPDX-License-Identifier: MIT */
/* One entry from several pieces of memory: the same bytes and the same cost as from one. */
#include "engine.h"
#include "support_medium.h"

#define PARTS_MAX 40

typedef struct fixture {
	test_case *test;
	pms_stream *stream;
	pms_region *region;
	test_log log;
} fixture;

static fixture begin(void **state)
{
	fixture f = {.test = test_begin(state)};

	test_medium_watch_next();
	f.stream = test_create(f.test->path, 8 * TEST_MIB);
	f.region = test_region(f.stream, "region", 6 * TEST_MIB, 64);
	return f;
}

static void end(fixture *f)
{
	pms_region_release(f->region);
	test_close(f->stream);
	test_medium_forget();
	test_log_free(&f->log);
}

static pms_position append_parts(fixture *f, const pms_part *parts, uint64_t count, uint32_t flags)
{
	pms_position position;
	pms_error error;

	assert_int_equal(pms_region_append_parts(f->region, parts, count, flags, &position, &error), PMS_OK);
	assert_int_equal(error.status, PMS_OK);
	return position;
}

/* Cuts the bytes at random places, empty pieces among them, each piece in memory of its own. */
static uint64_t cut(const uint8_t *data, uint64_t bytes, uint64_t *random, pms_part *parts)
{
	uint64_t count = 1 + test_random_below(random, PARTS_MAX - 1), done = 0;

	for (uint64_t i = 0; i < count; i++) {
		uint64_t part = i + 1 == count ? bytes - done : test_random_below(random, bytes - done + 1) / 2;
		uint8_t *copy = part ? malloc(part) : NULL;
		if (part) {
			assert_non_null(copy);
			memcpy(copy, data + done, part);
		}
		parts[i] = (pms_part){.data = copy, .bytes = part};
		done += part;
	}
	return count;
}

/* Sizes around what is put together at a time, durable and deferred: whole after a power cut. */
static void test_parts_of_any_cut_are_one_entry(void **state)
{
	static const uint64_t sizes[] = {0, 1, 7, 8, 40, 63, 100, 4071, 4072, 4073, 4096, 8168, 9000, 70001};
	uint64_t random = test_seed();
	fixture f = begin(state);

	for (uint64_t n = 0; n < 6 * sizeof(sizes) / sizeof(sizes[0]); n++) {
		uint64_t bytes = sizes[n % (sizeof(sizes) / sizeof(sizes[0]))];
		uint8_t *data = malloc(bytes + 1);
		pms_part parts[PARTS_MAX];
		assert_non_null(data);
		test_fill(data, bytes, n);
		uint64_t count = cut(data, bytes, &random, parts);
		pms_position at = append_parts(&f, parts, count, n % 2 ? PMS_APPEND_DEFERRED : PMS_APPEND_DURABLE);
		test_log_add(&f.log, at, bytes, n);
		for (uint64_t i = 0; i < count; i++)
			free((void *)(uintptr_t)parts[i].data);
		free(data);
	}
	assert_int_equal(pms_region_persist(f.region, NULL, NULL), PMS_OK);
	test_log_expect(&f.log, f.region);
	test_image image = test_medium_power_cut(0);
	test_image_save(&image, test_file(f.test, "cut"));
	test_image_free(&image);
	pms_stream *stream = test_open(test_file(f.test, "cut"), PMS_OPEN_DEFAULT);
	pms_region *region = test_find(stream, "region");
	test_log_expect(&f.log, region);
	pms_region_release(region);
	test_close(stream);
	end(&f);
}

/* The entry is stored as if it came from one piece: the same words, one drain, each line once. */
static void test_parts_cost_what_one_piece_costs(void **state)
{
	fixture f = begin(state);
	uint8_t data[6000];

	test_fill(data, sizeof(data), 3);
	const pms_part parts[] = {{.data = data, .bytes = 5}, {.data = data + 5, .bytes = sizeof(data) - 5}};
	test_medium_reset();
	pms_position at = append_parts(&f, parts, 2, PMS_APPEND_DURABLE);
	assert_int_equal(test_medium_drains(), 1);
	for (uint64_t line = at.offset; line < at.offset + PMS_ENTRY_HEADER_BYTES + sizeof(data); line += 64)
		assert_int_equal(test_medium_count(TEST_EVENT_FLUSH, line, line + 64), 1);
	test_medium_reset();
	at = append_parts(&f, parts, 2, PMS_APPEND_DEFERRED);
	assert_int_equal(test_medium_drains(), 0);
	assert_int_equal(test_medium_count(TEST_EVENT_FLUSH, 0, UINT64_MAX), 0);
	/* No parts: an empty entry. */
	pms_position empty = append_parts(&f, NULL, 0, PMS_APPEND_DURABLE);
	test_log_add(&f.log, at, sizeof(data), 3);
	uint64_t bytes = 1;
	assert_int_equal(pms_region_read(f.region, &empty, NULL, 0, PMS_READ_VERIFIED, &bytes, NULL), PMS_OK);
	assert_int_equal(bytes, 0);
	end(&f);
}

static void test_parts_bad_ones_are_refused(void **state)
{
	fixture f = begin(state);
	uint8_t byte = 1;
	const pms_part good = {.data = &byte, .bytes = 1};
	const pms_part no_data[] = {good, {.data = NULL, .bytes = 1}};
	const pms_part too_long[] = {good, {.data = &byte, .bytes = PMS_ENTRY_BYTES_MAX + 1ull}};
	const pms_part too_long_together[] = {good, {.data = &byte, .bytes = PMS_ENTRY_BYTES_MAX}};
	const pms_part overflowing[] = {{.data = &byte, .bytes = UINT64_MAX}, {.data = &byte, .bytes = 2}};
	const struct {
		const pms_part *parts;
		uint64_t count;
		uint32_t flags;
	} bad[] = {
	    {no_data, 2, 0}, {too_long, 2, 0}, {too_long_together, 2, 0}, {overflowing, 2, 0},
	    {NULL, 1, 0},    {&good, 1, 2},    {&good, 1, UINT32_MAX},
	};
	pms_position position = {.offset = 1};
	pms_error error;

	test_medium_reset();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
		    pms_region_append_parts(f.region, bad[i].parts, bad[i].count, bad[i].flags, &position, &error),
		    PMS_E_INVALID_ARGUMENT);
		test_error_says(&error, PMS_E_INVALID_ARGUMENT);
		assert_int_equal(position.offset, 1);
	}
	assert_int_equal(pms_region_append_parts(NULL, &good, 1, 0, NULL, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(test_medium_event_count(), 0);
	assert_int_equal(test_region_info(f.region).used_bytes, 0);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_parts_of_any_cut_are_one_entry),
	    TEST_ON_BOTH(test_parts_cost_what_one_piece_costs),
	    TEST_ON_TMPFS(test_parts_bad_ones_are_refused),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
