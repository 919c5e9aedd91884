/* SPDX-License-Identifier: MIT */
/* Reading what is damaged: found by the verified reader, never walked out of bounds by the other one, never taken for the
 * end of the log. Bytes are changed in the mapping, under an open stream. */
#include "engine.h"
#include "support_stream.h"

#include <unistd.h>

#define ENTRIES 8u
#define DAMAGED 3u /* index of the entry that is changed */

typedef struct fixture {
	test_case *test;
	pms_stream *stream;
	pms_region *region;
	test_log log;
	uint64_t first, committed; /* where entries lie */
	uint8_t *base;
} fixture;

/* Entries of `bytes`, each `more` longer than the one before. */
static fixture begin_with(void **state, uint64_t bytes, uint64_t more)
{
	fixture f = {.test = test_begin(state)};

	f.stream = test_create(f.test->path, 256 * TEST_KIB);
	f.region = test_region(f.stream, "region", 64 * TEST_KIB, 64);
	for (uint64_t i = 0; i < ENTRIES; i++)
		(void)test_log_append(&f.log, f.region, bytes + more * i);
	f.first = f.log.entries[0].position.offset;
	f.committed = pms_region_committed(f.region);
	f.base = pms_at(&f.stream->medium, 0);
	return f;
}

static fixture begin(void **state) { return begin_with(state, 100, 1); }

static void end(fixture *f)
{
	test_log_expect(&f->log, f->region); /* every byte was put back */
	pms_region_release(f->region);
	test_close(f->stream);
	test_log_free(&f->log);
}

static int32_t walk(fixture *f, uint32_t flags, size_t *count, pms_error *error)
{
	pms_cursor_options options = {.struct_bytes = sizeof(options), .flags = flags};
	pms_entry entry = {0};
	pms_cursor *cursor;
	int32_t status;

	assert_int_equal(pms_cursor_open(f->region, &options, &cursor, error), PMS_OK);
	for (*count = 0; (status = pms_cursor_next(cursor, &entry, error)) == PMS_OK; ++*count) {
		uint64_t data = (uint64_t)((const uint8_t *)entry.data - f->base);
		/* Whatever it is, it lies in what is visible. */
		assert_true(data >= f->first + PMS_ENTRY_HEADER_BYTES && data <= f->committed);
		assert_true(entry.bytes <= f->committed - data);
		assert_int_equal(data, entry.position.offset + PMS_ENTRY_HEADER_BYTES);
		assert_true(*count < 2 * ENTRIES); /* and it ends */
		if (flags == PMS_READ_VERIFIED)
			assert_true(test_is_filled(entry.data, entry.bytes, f->log.entries[*count].seed));
	}
	if (status != PMS_E_END) { /* it stays there and says the same again */
		pms_error again;
		assert_int_equal(pms_cursor_next(cursor, &entry, &again), status);
		assert_int_equal(again.position, error->position);
		assert_string_equal(again.message, error->message);
	}
	pms_cursor_close(cursor);
	return status;
}

static void expect_verified_finds(fixture *f, size_t index)
{
	uint64_t offset = f->log.entries[index].position.offset;
	pms_error error;
	size_t count;

	assert_int_equal(walk(f, PMS_READ_VERIFIED, &count, &error), PMS_E_CORRUPT);
	assert_int_equal(count, index);
	assert_int_equal(error.position, offset);
	test_error_says(&error, PMS_E_CORRUPT);
}

static void expect_verified_finds_it(fixture *f) { expect_verified_finds(f, DAMAGED); }

/* Not one bit of the payload can change unseen; the unverified reader sees none. */
static void test_cursor_flipped_payload_is_found_by_verified_reads_alone(void **state)
{
	fixture f = begin(state);
	const test_entry *entry = &f.log.entries[DAMAGED];
	uint8_t copy[200];
	pms_error error;
	uint64_t bytes;
	size_t count;

	for (uint64_t bit = 0; bit < entry->bytes * 8; bit++) {
		uint8_t *byte = f.base + entry->position.offset + PMS_ENTRY_HEADER_BYTES + bit / 8;
		*byte ^= (uint8_t)(1u << bit % 8);
		expect_verified_finds_it(&f);
		assert_int_equal(pms_region_read(f.region, &entry->position, copy, sizeof(copy), 0, &bytes, &error),
				 PMS_E_CORRUPT);
		assert_int_equal(error.position, entry->position.offset);
		/* The size is verified too, before it is told. */
		assert_int_equal(pms_region_read(f.region, &entry->position, NULL, 0, 0, &bytes, &error),
				 PMS_E_CORRUPT);
		assert_int_equal(walk(&f, PMS_READ_UNVERIFIED, &count, &error), PMS_E_END);
		assert_int_equal(count, ENTRIES);
		assert_int_equal(pms_region_read(f.region, &entry->position, copy, sizeof(copy), PMS_READ_UNVERIFIED,
						 &bytes, &error),
				 PMS_OK);
		assert_false(test_is_filled(copy, bytes, entry->seed));
		*byte ^= (uint8_t)(1u << bit % 8);
	}
	end(&f);
}

/* Nor any bit of the header. */
static void test_cursor_flipped_header_is_found(void **state)
{
	fixture f = begin(state);
	const test_entry *entry = &f.log.entries[DAMAGED];
	pms_error error;
	uint64_t bytes;
	size_t count;

	for (uint64_t bit = 0; bit < PMS_ENTRY_HEADER_BYTES * 8; bit++) {
		uint8_t *byte = f.base + entry->position.offset + bit / 8;
		*byte ^= (uint8_t)(1u << bit % 8);
		expect_verified_finds_it(&f);
		int32_t status = pms_region_read(f.region, &entry->position, NULL, 0, 0, &bytes, &error);
		/* With another timestamp it is not the entry that was asked for; else it is, and is damaged. */
		assert_int_equal(status, bit / 64 == 1 ? PMS_E_NO_ENTRY : PMS_E_CORRUPT);
		assert_int_equal(bytes, 0);
		status = walk(&f, PMS_READ_UNVERIFIED, &count, &error);
		assert_true(status == PMS_E_END || status == PMS_E_CORRUPT);
		assert_true(count >= DAMAGED);
		*byte ^= (uint8_t)(1u << bit % 8);
	}
	end(&f);
}

/* Sizes that somebody chose: no read leaves the visible part, no walk stands still. */
static void test_cursor_hostile_sizes_stay_in_bounds(void **state)
{
	fixture f = begin(state);
	uint64_t rest = f.committed - f.log.entries[DAMAGED].position.offset;
	uint64_t *word = (uint64_t *)(void *)(f.base + f.log.entries[DAMAGED].position.offset), whole = *word;
	const struct {
		uint64_t payload, extent;
	} sizes[] = {{0, 0},
		     {100, 0},
		     {0, 8},
		     {0, 16},
		     {0, 24},
		     {0, 32},
		     {104, 64},
		     {PMS_SIZE_PAYLOAD_MASK, 128},
		     {PMS_ENTRY_BYTES_MAX, PMS_ENTRY_BYTES_MAX},
		     {100, rest + 64},
		     {rest, rest},
		     {rest - 23, rest},
		     {PMS_SIZE_PAYLOAD_MASK, PMS_SIZE_EXTENT_MASK * 8},
		     {100, PMS_SIZE_EXTENT_MASK * 8},
		     {100, 136}};
	pms_error error;
	size_t count;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		*word = pms_size_word(sizes[i].payload, sizes[i].extent, false, 0);
		expect_verified_finds_it(&f);
		assert_int_equal(walk(&f, PMS_READ_UNVERIFIED, &count, &error), PMS_E_CORRUPT);
		assert_int_equal(count, DAMAGED);
		assert_int_equal(error.position, f.log.entries[DAMAGED].position.offset);
	}
	/* An extent that is possible leads to the end of what is visible, no further. */
	*word = pms_size_word(rest - PMS_ENTRY_HEADER_BYTES, rest, false, 0);
	assert_int_equal(walk(&f, PMS_READ_UNVERIFIED, &count, &error), PMS_E_END);
	assert_int_equal(count, DAMAGED + 1);
	*word = whole;
	end(&f);
}

/* Random words in the headers of several entries. */
static void test_cursor_random_headers_stay_in_bounds(void **state)
{
	fixture f = begin(state);
	uint64_t random = test_seed();
	uint8_t *whole = malloc(f.committed - f.first);
	pms_error error;
	size_t count;

	assert_non_null(whole);
	memcpy(whole, f.base + f.first, f.committed - f.first);
	for (int round = 0; round < 20000; round++) {
		uint64_t words = 1 + test_random_below(&random, 3);
		for (uint64_t i = 0; i < words; i++) {
			uint64_t at = f.log.entries[test_random_below(&random, ENTRIES)].position.offset +
				      8 * test_random_below(&random, 3);
			uint64_t value = test_random(&random) >> test_random_below(&random, 64);
			memcpy(f.base + at, &value, sizeof(value));
		}
		int32_t status = walk(&f, PMS_READ_UNVERIFIED, &count, &error);
		assert_true(status == PMS_E_END || status == PMS_E_CORRUPT);
		status = walk(&f, PMS_READ_VERIFIED, &count, &error);
		assert_true(status == PMS_E_CORRUPT || (status == PMS_E_END && count == ENTRIES));
		memcpy(f.base + f.first, whole, f.committed - f.first);
	}
	free(whole);
	end(&f);
}

/* An entry that was copied over another one: it knows where it belongs, and when. */
static void test_cursor_misplaced_entry_is_found(void **state)
{
	fixture f = begin(state);
	uint8_t *damaged = f.base + f.log.entries[DAMAGED].position.offset, whole[128];
	pms_error error;
	size_t count;

	memcpy(whole, damaged, sizeof(whole));
	for (size_t i = 0; i < ENTRIES; i++) {
		if (i == DAMAGED)
			continue;
		memcpy(damaged, f.base + f.log.entries[i].position.offset, sizeof(whole));
		expect_verified_finds_it(&f);
		if (i < DAMAGED) { /* its timestamp is not above its predecessor's */
			assert_int_equal(walk(&f, PMS_READ_UNVERIFIED, &count, &error), PMS_E_CORRUPT);
			assert_int_equal(count, DAMAGED);
		}
	}
	memcpy(damaged, whole, sizeof(whole));
	end(&f);
}

/* A cursor may begin behind the damage, and a seek by timestamp does not hash what it passes over. */
static void test_cursor_may_begin_behind_the_damage(void **state)
{
	fixture f = begin(state);
	const test_entry *next = &f.log.entries[DAMAGED + 1];
	pms_cursor_options options = {.struct_bytes = sizeof(options), .position = next->position};
	uint8_t *byte = f.base + f.log.entries[DAMAGED].position.offset + 50;
	pms_cursor *cursor;
	pms_entry entry;
	pms_error error;

	*byte ^= 1;
	for (uint32_t start = PMS_CURSOR_AT; start <= PMS_CURSOR_FROM_TIMESTAMP; start += 2) {
		options.start = start;
		assert_int_equal(pms_cursor_open(f.region, &options, &cursor, NULL), PMS_OK);
		for (size_t i = DAMAGED + 1; i < ENTRIES; i++) {
			assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_OK);
			assert_true(test_is_filled(entry.data, entry.bytes, f.log.entries[i].seed));
		}
		assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_E_END);
		pms_cursor_close(cursor);
	}
	/* At and behind the damaged one itself: told at once. */
	options.position = f.log.entries[DAMAGED].position;
	for (uint32_t start = PMS_CURSOR_AT; start <= PMS_CURSOR_AFTER; start++) {
		options.start = start;
		assert_int_equal(pms_cursor_open(f.region, &options, &cursor, &error), PMS_E_CORRUPT);
		assert_int_equal(error.position, f.log.entries[DAMAGED].position.offset);
		assert_null(cursor);
	}
	*byte ^= 1;
	end(&f);
}

/* A group that says it goes on, and does not: what follows has not the next timestamp. */
static void test_cursor_group_that_breaks_off_is_damage(void **state)
{
	fixture f = begin(state);
	const test_entry *last = &f.log.entries[ENTRIES - 1];
	pms_region *other = test_region(f.stream, "other", 1000, 64); /* its identity is the next timestamp */
	uint8_t *at = f.base + last->position.offset;
	pms_stored_entry whole, header;
	pms_error error;
	size_t count;

	(void)test_log_append(&f.log, f.region, 10);
	f.committed = pms_region_committed(f.region);
	last = &f.log.entries[ENTRIES - 1];
	assert_int_equal(test_region_info(other).identity, last->position.timestamp + 1);
	memcpy(&whole, at, sizeof(whole));
	header = whole;
	header.size_word |= PMS_SIZE_GROUP_BIT;
	header.checksum =
	    pms_entry_checksum(PMS_KIND_DATA, pms_hash(at + PMS_ENTRY_HEADER_BYTES, last->bytes), header.size_word,
			       header.timestamp, last->position.offset, &f.region->life);
	memcpy(at, &header, sizeof(header));
	for (uint32_t flags = 0; flags <= PMS_READ_UNVERIFIED; flags++) {
		assert_int_equal(walk(&f, flags, &count, &error), PMS_E_CORRUPT);
		assert_int_equal(count, ENTRIES);
		assert_int_equal(error.position, f.log.entries[ENTRIES].position.offset);
	}
	memcpy(at, &whole, sizeof(whole));
	pms_region_release(other);
	end(&f);
}

/* Entries as long as the one before are read by a loop of their own; of each length that is hashed another way. */
static void test_cursor_flipped_bit_among_equals_is_found(void **state)
{
	static const uint64_t lengths[] = {16, 17, 32, 33, 64, 65, 96, 97, 128, 129};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		fixture f = begin_with(state, lengths[i], 0);
		for (size_t index = 0; index < ENTRIES; index++)
			for (uint64_t bit = index; bit < (PMS_ENTRY_HEADER_BYTES + lengths[i]) * 8; bit += 3) {
				uint8_t *byte = f.base + f.log.entries[index].position.offset + bit / 8;
				*byte ^= (uint8_t)(1u << bit % 8);
				expect_verified_finds(&f, index);
				*byte ^= (uint8_t)(1u << bit % 8);
			}
		end(&f);
		assert_int_equal(unlink(f.test->path), 0);
	}
}

/* Right in itself, but not later than the one before: a whole entry of an earlier life looks so. */
static void test_cursor_equal_that_is_not_later_is_found(void **state)
{
	fixture f = begin_with(state, 64, 0);

	for (size_t index = 1; index < ENTRIES; index++) {
		const pms_position *before = &f.log.entries[index - 1].position;
		uint64_t offset = f.log.entries[index].position.offset;
		pms_stored_entry whole, stored;
		memcpy(&whole, f.base + offset, sizeof(whole));
		stored = whole;
		stored.timestamp = before->timestamp;
		stored.checksum = pms_entry_checksum(PMS_KIND_DATA, pms_hash(f.base + offset + sizeof(stored), 64),
						     stored.size_word, stored.timestamp, offset, &f.region->life);
		memcpy(f.base + offset, &stored, sizeof(stored));
		expect_verified_finds(&f, index);
		memcpy(f.base + offset, &whole, sizeof(whole));
	}
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_TMPFS(test_cursor_flipped_payload_is_found_by_verified_reads_alone),
	    TEST_ON_TMPFS(test_cursor_flipped_header_is_found),
	    TEST_ON_BOTH(test_cursor_hostile_sizes_stay_in_bounds),
	    TEST_ON_TMPFS(test_cursor_random_headers_stay_in_bounds),
	    TEST_ON_TMPFS(test_cursor_misplaced_entry_is_found),
	    TEST_ON_TMPFS(test_cursor_may_begin_behind_the_damage),
	    TEST_ON_TMPFS(test_cursor_group_that_breaks_off_is_damage),
	    TEST_ON_TMPFS(test_cursor_flipped_bit_among_equals_is_found),
	    TEST_ON_TMPFS(test_cursor_equal_that_is_not_later_is_found),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
