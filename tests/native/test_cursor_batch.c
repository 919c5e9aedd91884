/* SPDX-License-Identifier: MIT */
/*
 * Reading ahead, one entry at a time and in batches: the same entries, the same verdicts, and nothing handed out that a clear,
 * a close or damage has made invalid.
 */
#include "cursor.h"
#include "support_stream.h"

#define SMALL 500u

typedef struct fixture {
	test_case *test;
	pms_stream *stream;
	pms_region *region;
	test_log log;
} fixture;

static fixture begin(void **state, uint32_t alignment)
{
	fixture f = {.test = test_begin(state)};

	f.stream = test_create(f.test->path, 4 * TEST_STREAM_BYTES);
	f.region = test_region(f.stream, "region", 2 * TEST_STREAM_BYTES, alignment);
	return f;
}

static void end(fixture *f)
{
	pms_region_release(f->region);
	test_close(f->stream);
	test_log_free(&f->log);
}

/* Sizes around everything that is treated apart: a few bytes, up to 128 and 240, larger than what is read ahead at a time. */
static void append_many_sizes(fixture *f)
{
	static const uint64_t sizes[] = {64, 0, 1, 16, 17, 128, 129, 240, 241, 4000, 20000, 70000};

	for (uint64_t i = 0; i < SMALL; i++)
		(void)test_log_append(&f->log, f->region, i % 40 == 0 ? sizes[i / 40 % 12] : i % 100);
}

static pms_cursor *open_cursor(pms_region *region, uint32_t flags)
{
	pms_cursor_options options = {.struct_bytes = sizeof(options), .flags = flags};
	pms_cursor *cursor;

	assert_int_equal(pms_cursor_open(region, &options, &cursor, NULL), PMS_OK);
	return cursor;
}

static void expect_entry(const fixture *f, size_t index, const pms_entry *entry)
{
	assert_true(index < f->log.count);
	assert_memory_equal(&entry->position, &f->log.entries[index].position, sizeof(pms_position));
	assert_int_equal(entry->bytes, f->log.entries[index].bytes);
	assert_true(test_is_filled(entry->data, entry->bytes, f->log.entries[index].seed));
	assert_int_equal(entry->reserved0, 0);
}

/* The entries of one batch, from `index` on. The status of the call that asked for it. */
static int32_t expect_batch(const fixture *f, pms_cursor *cursor, size_t *index, uint64_t *count)
{
	const pms_entry *entries = (const pms_entry *)(const void *)f;
	pms_error error;

	*count = 77;
	int32_t status = pms_cursor_next_batch(cursor, &entries, count, &error);
	assert_int_equal(error.status, status);
	if (status != PMS_OK) {
		assert_null(entries);
		assert_int_equal(*count, 0);
		test_error_says(&error, status);
		return status;
	}
	assert_true(*count >= 1 && *count <= PMS_AHEAD_ENTRIES_MAX);
	for (uint64_t i = 0; i < *count; i++)
		expect_entry(f, (*index)++, &entries[i]);
	return PMS_OK;
}

static void test_batches_are_the_entries_one_by_one(void **state)
{
	static const uint32_t alignments[] = {8, 64};

	for (int a = 0; a < 2; a++)
		for (uint32_t flags = 0; flags <= PMS_READ_UNVERIFIED; flags++) {
			fixture f = begin(state, alignments[a]);
			uint64_t count, batches = 0, random = test_seed();
			size_t index = 0;
			pms_entry entry;
			append_many_sizes(&f);
			pms_cursor *cursor = open_cursor(f.region, flags);
			assert_int_equal(expect_batch(&f, cursor, &index, &count), PMS_OK);
			assert_int_equal(count, 1); /* who wants one entry does not wait for others */
			while (expect_batch(&f, cursor, &index, &count) == PMS_OK) {
				batches++;
				while (index < f.log.count && test_random_below(&random, 3)) {
					assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_OK);
					expect_entry(&f, index++, &entry);
				}
			}
			assert_int_equal(index, f.log.count);
			assert_true(batches < SMALL / 4);
			/* And what comes later. */
			(void)test_log_append(&f.log, f.region, 100);
			assert_int_equal(expect_batch(&f, cursor, &index, &count), PMS_OK);
			assert_int_equal(expect_batch(&f, cursor, &index, &count), PMS_E_END);
			pms_cursor_close(cursor);
			test_log_expect(&f.log, f.region);
			end(&f);
			(void)remove(f.test->path);
		}
}

/* A large entry is not verified before the small one in front of it is handed out, nor many at a time. */
static void test_batch_ends_where_entries_are_large(void **state)
{
	fixture f = begin(state, 64);
	size_t index = 0;
	uint64_t count;

	for (int i = 0; i < 64; i++)
		(void)test_log_append(&f.log, f.region, 40);
	for (int i = 0; i < 20; i++)
		(void)test_log_append(&f.log, f.region, PMS_AHEAD_BYTES_MAX);
	pms_cursor *cursor = open_cursor(f.region, 0);
	while (index < 64)
		assert_int_equal(expect_batch(&f, cursor, &index, &count), PMS_OK);
	while (expect_batch(&f, cursor, &index, &count) == PMS_OK)
		assert_true(count <= 2);
	assert_int_equal(index, f.log.count);
	pms_cursor_close(cursor);
	end(&f);
}

/* Groups, and what lies between entries: abandoned reservations. */
static void test_batch_passes_over_what_is_no_entry_and_keeps_groups(void **state)
{
	fixture f = begin(state, 64);
	uint8_t bytes[2][40];
	pms_part parts[2] = {{bytes[0], 40}, {bytes[1], 40}};
	const pms_entry *entries;
	uint64_t count, members = 0;
	size_t index = 0;

	for (uint64_t i = 0; i < 60; i++) {
		pms_reservation *reservation;
		pms_position at[2];
		void *data;
		(void)test_log_append(&f.log, f.region, i);
		assert_int_equal(pms_region_reserve(f.region, i, &reservation, &data, NULL, NULL), PMS_OK);
		pms_reservation_release(reservation);
		test_fill(bytes[0], 40, 2 * i);
		test_fill(bytes[1], 40, 2 * i + 1);
		assert_int_equal(pms_region_append_group(f.region, parts, 2, PMS_APPEND_DEFERRED, at, NULL), PMS_OK);
		test_log_add(&f.log, at[0], 40, 2 * i);
		test_log_add(&f.log, at[1], 40, 2 * i + 1);
	}
	pms_cursor *cursor = open_cursor(f.region, 0);
	while (pms_cursor_next_batch(cursor, &entries, &count, NULL) == PMS_OK)
		for (uint64_t i = 0; i < count; i++) {
			expect_entry(&f, index, &entries[i]);
			assert_int_equal(entries[i].flags,
					 index % 3 == 1 ? PMS_ENTRY_GROUP_CONTINUES : PMS_ENTRY_PLAIN);
			members += entries[i].flags;
			index++;
		}
	assert_int_equal(index, f.log.count);
	assert_int_equal(members, 60);
	pms_cursor_close(cursor);
	end(&f);
}

/* As long as their neighbours, and no entries: verified or not, they are passed over. */
static void test_batch_passes_over_what_is_as_long_as_its_neighbours(void **state)
{
	fixture f = begin(state, 64);
	const pms_entry *entries;
	pms_reservation *reservation;
	uint64_t count;
	void *data;

	for (uint64_t i = 0; i < 200; i++) {
		(void)test_log_append(&f.log, f.region, 64);
		if (i % 7 != 5)
			continue;
		assert_int_equal(pms_region_reserve(f.region, 64, &reservation, &data, NULL, NULL), PMS_OK);
		pms_reservation_release(reservation);
	}
	for (uint32_t flags = PMS_READ_VERIFIED; flags <= PMS_READ_UNVERIFIED; flags++) {
		pms_cursor *cursor = open_cursor(f.region, flags);
		size_t index = 0;
		while (pms_cursor_next_batch(cursor, &entries, &count, NULL) == PMS_OK)
			for (uint64_t i = 0; i < count; i++)
				expect_entry(&f, index++, &entries[i]);
		assert_int_equal(index, f.log.count);
		pms_cursor_close(cursor);
	}
	end(&f);
}

/* ---- what makes entries invalid ------------------------------------------------------------------------------------ */

static void test_batch_ends_before_damage_and_the_next_call_tells_it(void **state)
{
	fixture f = begin(state, 8);
	pms_entry entry;
	pms_error error;
	uint64_t count;

	append_many_sizes(&f);
	for (size_t damaged = 0; damaged < f.log.count; damaged += 13) {
		uint64_t at = f.log.entries[damaged].position.offset;
		uint8_t *byte = pms_at(&f.stream->medium, at + (damaged % 2 ? PMS_ENTRY_HEADER_BYTES : 16));
		*byte ^= 1;
		pms_cursor *cursor = open_cursor(f.region, 0);
		size_t index = 0;
		while (index < damaged)
			assert_int_equal(expect_batch(&f, cursor, &index, &count), PMS_OK);
		assert_int_equal(index, damaged);
		for (int again = 0; again < 2; again++) {
			const pms_entry *entries;
			assert_int_equal(pms_cursor_next_batch(cursor, &entries, &count, &error), PMS_E_CORRUPT);
			assert_int_equal(error.position, at);
			assert_int_equal(pms_cursor_next(cursor, &entry, &error), PMS_E_CORRUPT);
			assert_int_equal(error.position, at);
		}
		*byte ^= 1;
		assert_int_equal(expect_batch(&f, cursor, &index, &count), PMS_OK); /* it stayed before it */
		pms_cursor_close(cursor);
	}
	end(&f);
}

/* What was read ahead is not handed out any more; what was is still readable. */
static void test_entries_read_ahead_are_refused_after_close(void **state)
{
	fixture f = begin(state, 64);
	const pms_entry *entries;
	size_t index = 0;
	pms_entry entry;
	uint64_t count;

	for (int i = 0; i < 300; i++)
		(void)test_log_append(&f.log, f.region, 40);
	pms_cursor *one = open_cursor(f.region, 0), *many = open_cursor(f.region, 0);
	for (int i = 0; i < 70; i++) /* in mid-batch */
		assert_int_equal(pms_cursor_next(one, &entry, NULL), PMS_OK);
	do
		assert_int_equal(pms_cursor_next_batch(many, &entries, &count, NULL), PMS_OK);
	while (count < PMS_AHEAD_ENTRIES_MAX / 2);
	for (index = 0; f.log.entries[index].position.offset != entries[0].position.offset;)
		index++;
	assert_int_equal(pms_stream_close(f.stream), PMS_OK);
	expect_entry(&f, 69, &entry);
	for (uint64_t i = 0; i < count; i++)
		expect_entry(&f, index + i, &entries[i]);
	assert_int_equal(pms_cursor_next(one, &entry, NULL), PMS_E_CLOSED);
	assert_int_equal(pms_cursor_next_batch(many, &entries, &count, NULL), PMS_E_CLOSED);
	pms_cursor_close(one);
	pms_cursor_close(many);
	pms_region_release(f.region);
	pms_stream_release(f.stream);
	test_log_free(&f.log);
}

/*
 * Beside a writer each entry is looked after when it is handed out (R20): one at a time, and stale as soon as the region was
 * cleared or freed, also where the entry had been verified before.
 */
static void test_entries_read_ahead_are_stale_after_a_clear_by_the_writer(void **state)
{
	for (int batches = 0; batches < 2; batches++)
		for (int freed = 0; freed < 2; freed++) {
			fixture f = begin(state, 64);
			size_t index = 0;
			pms_entry entry;
			uint64_t count;
			for (int i = 0; i < 200; i++)
				(void)test_log_append(&f.log, f.region, 40);
			pms_stream *reader = test_open(f.test->path, PMS_OPEN_READ_ONLY);
			pms_region *read = test_find(reader, "region");
			pms_cursor *cursor = open_cursor(read, 0);
			while (index < 100) {
				if (batches) {
					assert_int_equal(expect_batch(&f, cursor, &index, &count), PMS_OK);
					assert_int_equal(count, 1);
				} else {
					assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_OK);
					expect_entry(&f, index++, &entry);
				}
			}
			assert_true(cursor->next != cursor->end); /* some were read ahead */
			assert_int_equal((freed ? pms_region_free : pms_region_clear)(f.region, NULL), PMS_OK);
			for (int again = 0; again < 2; again++)
				assert_int_equal(batches ? expect_batch(&f, cursor, &index, &count)
							 : pms_cursor_next(cursor, &entry, NULL),
						 PMS_E_STALE);
			pms_cursor_close(cursor);
			pms_region_release(read);
			test_close(reader);
			end(&f);
			(void)remove(f.test->path);
		}
}

static void test_batch_bad_arguments_are_refused(void **state)
{
	fixture f = begin(state, 64);
	pms_cursor *cursor = open_cursor(f.region, 0);
	const pms_entry *entries;
	pms_error error;
	uint64_t count;

	assert_int_equal(pms_cursor_next_batch(NULL, &entries, &count, &error), PMS_E_INVALID_ARGUMENT);
	assert_null(entries);
	assert_int_equal(count, 0);
	assert_int_equal(pms_cursor_next_batch(cursor, NULL, &count, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_cursor_next_batch(cursor, &entries, NULL, &error), PMS_E_INVALID_ARGUMENT);
	test_error_says(&error, PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_cursor_next_batch(cursor, &entries, &count, NULL), PMS_E_END);
	pms_cursor_close(cursor);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_batches_are_the_entries_one_by_one),
	    TEST_ON_TMPFS(test_batch_ends_where_entries_are_large),
	    TEST_ON_TMPFS(test_batch_passes_over_what_is_no_entry_and_keeps_groups),
	    TEST_ON_TMPFS(test_batch_passes_over_what_is_as_long_as_its_neighbours),
	    TEST_ON_TMPFS(test_batch_ends_before_damage_and_the_next_call_tells_it),
	    TEST_ON_BOTH(test_entries_read_ahead_are_refused_after_close),
	    TEST_ON_BOTH(test_entries_read_ahead_are_stale_after_a_clear_by_the_writer),
	    TEST_ON_TMPFS(test_batch_bad_arguments_are_refused),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
