/* SPDX-License-Identifier: MIT */
/* The listing of what is stored: everything is in it, in order, damaged or not, and nothing is read beyond the stream. */
#include "entry.h"
#include "support_image.h"

#define STORED_MAX 4096

typedef struct listing {
	pms_stored stored[STORED_MAX];
	size_t count;
} listing;

static void list(pms_stream *stream, listing *all)
{
	pms_dump *dump = NULL;
	pms_error error;
	int32_t status;

	assert_int_equal(pms_dump_open(stream, &dump, &error), PMS_OK);
	all->count = 0;
	for (;;) {
		assert_true(all->count < STORED_MAX);
		pms_stored *next = &all->stored[all->count];
		*next = (pms_stored){.struct_bytes = sizeof(*next)};
		status = pms_dump_next(dump, next, &error);
		if (status != PMS_OK)
			break;
		all->count++;
		assert_true(strlen(next->text) > 0 && strlen(next->text) < sizeof(next->text));
		for (const char *c = next->text; *c; c++)
			assert_true(*c >= 0x20 && *c < 0x7f);
	}
	assert_int_equal(status, PMS_E_END);
	assert_int_equal(pms_dump_next(dump, &all->stored[all->count], &error), PMS_E_END);
	pms_dump_close(dump);
}

/* The structure number `index` of that kind, from 0. */
static const pms_stored *nth(const listing *all, pms_stored_kind kind, size_t index)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->stored[i].kind == kind && index-- == 0)
			return &all->stored[i];
	return NULL;
}

static size_t count_of(const listing *all, pms_stored_kind kind)
{
	size_t count = 0;

	while (nth(all, kind, count))
		count++;
	return count;
}

typedef struct fixture {
	test_case *test;
	listing *all;
	test_log log;
	uint64_t region_offset;
	test_image image;
} fixture;

/* A closed stream: a region with entries of 0, 100, 200, ... bytes, and free space behind it. */
static fixture begin(void **state, int entries)
{
	fixture f = {.test = test_begin(state), .all = malloc(sizeof(listing))};

	assert_non_null(f.all);
	pms_stream *stream = test_create(f.test->path, 256 * TEST_KIB);
	pms_region *region = test_region(stream, "a 'name'\n", 64 * TEST_KIB, 64);
	for (int i = 0; i < entries; i++)
		(void)test_log_append(&f.log, region, 100 * (uint64_t)i);
	f.region_offset = test_region_info(region).offset;
	pms_region_release(region);
	test_close(stream);
	f.image = test_image_load(f.test->path);
	return f;
}

static void list_image(fixture *f)
{
	test_image_save(&f->image, f->test->path);
	pms_stream *stream = test_open(f->test->path, PMS_OPEN_READ_ONLY);
	list(stream, f->all);
	test_close(stream);
	test_image_expect(&f->image, f->test->path);
}

static void end(fixture *f)
{
	test_log_free(&f->log);
	test_image_free(&f->image);
	free(f->all);
}

/* ---- a whole stream ------------------------------------------------------------------------------------------------ */

static void test_dump_whole_stream_lists_everything_in_order(void **state)
{
	static const uint32_t expected[] = {PMS_STORED_STREAM_HEADER, PMS_STORED_STREAM_HEADER,
					    PMS_STORED_CEILING,	      PMS_STORED_PERSISTED_TIMESTAMP,
					    PMS_STORED_LAYOUT_EPOCH,  PMS_STORED_STREAM_SIZE,
					    PMS_STORED_STREAM_SPARE,  PMS_STORED_STREAM_SPARE,
					    PMS_STORED_CEILING,	      PMS_STORED_REGION_PIECE,
					    PMS_STORED_REGION_HEADER, PMS_STORED_EXTENT,
					    PMS_STORED_BASE,	      PMS_STORED_CHECKPOINT,
					    PMS_STORED_REGION_SPARE,  PMS_STORED_REGION_SPARE,
					    PMS_STORED_DATA,	      PMS_STORED_DATA,
					    PMS_STORED_DATA,	      PMS_STORED_ROOM,
					    PMS_STORED_FREE_PIECE,    PMS_STORED_EXTENT};
	fixture f = begin(state, 3);

	list_image(&f);
	assert_int_equal(f.all->count, sizeof(expected) / sizeof(expected[0]));
	uint64_t inside = f.region_offset;
	for (size_t i = 0; i < f.all->count; i++) {
		const pms_stored *stored = &f.all->stored[i];
		assert_int_equal(stored->kind, expected[i]);
		assert_int_equal(stored->whole, 1);
		assert_true(stored->offset + stored->bytes <= f.image.size);
		if (i >= 9 && i < 20)
			assert_int_equal(stored->region_offset, inside);
	}
	for (size_t i = 0; i < f.log.count; i++) {
		const pms_stored *stored = nth(f.all, PMS_STORED_DATA, i);
		assert_int_equal(stored->offset, f.log.entries[i].position.offset);
		assert_int_equal(stored->timestamp, f.log.entries[i].position.timestamp);
		assert_int_equal(stored->payload_bytes, f.log.entries[i].bytes);
		assert_int_equal(stored->bytes, (24 + f.log.entries[i].bytes + 63) / 64 * 64);
	}
	assert_int_equal(nth(f.all, PMS_STORED_STREAM_SIZE, 0)->value, f.image.size);
	assert_int_equal(nth(f.all, PMS_STORED_CHECKPOINT, 0)->value,
			 test_image_unseal(&f.image, f.region_offset + PMS_REGION_CHECKPOINT, PMS_ROLE_CHECKPOINT));
	assert_non_null(strstr(nth(f.all, PMS_STORED_REGION_HEADER, 0)->text, "a \\x27name\\x27\\x0a"));
	const pms_stored *room = nth(f.all, PMS_STORED_ROOM, 0), *piece = nth(f.all, PMS_STORED_REGION_PIECE, 0);
	assert_int_equal(room->offset + room->bytes, piece->offset + piece->bytes);
	assert_int_equal(nth(f.all, PMS_STORED_FREE_PIECE, 0)->offset, piece->offset + piece->bytes);
	end(&f);
}

static void test_dump_of_a_writer_lists_reservations_and_skips_behind_committed_alone(void **state)
{
	test_case *test = test_begin(state);
	listing *all = malloc(sizeof(*all));
	pms_stream *stream = test_create(test->path, 256 * TEST_KIB);
	pms_region *region = test_region(stream, "region", 64 * TEST_KIB, 64);
	pms_reservation *abandoned, *open;
	void *data;

	assert_non_null(all);
	assert_int_equal(pms_region_reserve(region, 1000, &abandoned, &data, NULL, NULL), PMS_OK);
	assert_int_equal(pms_reservation_abandon(abandoned, NULL), PMS_OK);
	(void)test_append(region, 100, 1);
	assert_int_equal(pms_region_reserve(region, 500, &open, &data, NULL, NULL), PMS_OK);
	(void)test_append(region, 200, 2);

	list(stream, all);
	assert_int_equal(count_of(all, PMS_STORED_SKIP), 1);
	assert_int_equal(count_of(all, PMS_STORED_DATA), 1);
	assert_int_equal(count_of(all, PMS_STORED_PENDING), 0); /* behind what is committed */

	pms_stream *reader = test_open(test->path, PMS_OPEN_READ_ONLY);
	list(reader, all);
	assert_int_equal(count_of(all, PMS_STORED_SKIP), 1);
	assert_int_equal(count_of(all, PMS_STORED_PENDING), 1);
	assert_int_equal(count_of(all, PMS_STORED_DATA), 2);
	assert_non_null(strstr(nth(all, PMS_STORED_DATA, 1)->text, "behind the committed end"));
	assert_null(strstr(nth(all, PMS_STORED_DATA, 0)->text, "behind the committed end"));
	assert_int_equal(nth(all, PMS_STORED_SKIP, 0)->bytes, 1024);
	test_close(reader);

	pms_reservation_release(open);
	pms_reservation_release(abandoned);
	pms_region_release(region);
	test_close(stream);
	free(all);
}

static void test_dump_group_and_lag_are_in_the_entry(void **state)
{
	fixture f = begin(state, 1);
	pms_life life = test_image_life(&f.image, f.region_offset);
	uint64_t at = f.region_offset + PMS_REGION_HEADER_BYTES;
	uint64_t timestamp = test_image_entry(&f.image, at).timestamp;
	test_raw_entry first = {
	    .offset = at, .timestamp = timestamp, .payload_bytes = 10, .lag = 2, .group_continues = true};

	test_raw_entry second = {.offset = test_image_put(&f.image, &life, &first),
				 .timestamp = timestamp + 1,
				 .payload_bytes = 0,
				 .lag = PMS_LAG_UNKNOWN};
	(void)test_image_put(&f.image, &life, &second);
	list_image(&f);
	assert_int_equal(count_of(f.all, PMS_STORED_DATA), 2);
	assert_int_equal(nth(f.all, PMS_STORED_DATA, 0)->flags, PMS_ENTRY_GROUP_CONTINUES);
	assert_int_equal(nth(f.all, PMS_STORED_DATA, 0)->lag_bytes, 256);
	assert_int_equal(nth(f.all, PMS_STORED_DATA, 1)->flags, PMS_ENTRY_PLAIN);
	assert_true(nth(f.all, PMS_STORED_DATA, 1)->lag_bytes == UINT64_MAX);
	end(&f);
}

/* ---- damage -------------------------------------------------------------------------------------------------------- */

static void test_dump_damaged_entry_is_a_stretch_and_the_walk_goes_on(void **state)
{
	fixture f = begin(state, 6);

	test_image_flip(&f.image, f.log.entries[2].position.offset + PMS_ENTRY_HEADER_BYTES, 1);
	test_image_flip(&f.image, f.log.entries[4].position.offset, 1);
	list_image(&f);
	assert_int_equal(count_of(f.all, PMS_STORED_DATA), 4);
	assert_int_equal(count_of(f.all, PMS_STORED_DAMAGED), 2);
	for (size_t i = 0; i < 2; i++) {
		const pms_stored *damaged = nth(f.all, PMS_STORED_DAMAGED, i);
		assert_int_equal(damaged->whole, 0);
		assert_int_equal(damaged->offset, f.log.entries[2 + 2 * i].position.offset);
		assert_int_equal(damaged->offset + damaged->bytes, f.log.entries[3 + 2 * i].position.offset);
	}
	end(&f);
}

static void test_dump_damaged_last_entry_reaches_to_the_end_of_the_search(void **state)
{
	fixture f = begin(state, 3);

	test_image_flip(&f.image, f.log.entries[2].position.offset + 1, 1);
	list_image(&f); /* the checkpoint named it: damage */
	assert_int_equal(count_of(f.all, PMS_STORED_DATA), 2);
	assert_int_equal(count_of(f.all, PMS_STORED_DAMAGED), 1);
	assert_int_equal(nth(f.all, PMS_STORED_DAMAGED, 0)->offset, f.log.entries[2].position.offset);
	end(&f);
}

static void test_dump_each_damaged_word_and_header_is_listed_as_such(void **state)
{
	const struct {
		uint64_t offset; /* in the stream, or in the region */
		bool in_region;
		uint32_t kind;
	} places[] = {
	    {PMS_HEADER_A + 60, false, PMS_STORED_STREAM_HEADER},
	    {PMS_HEADER_B + 1, false, PMS_STORED_STREAM_HEADER},
	    {PMS_CEILING_A, false, PMS_STORED_CEILING},
	    {PMS_CEILING_B, false, PMS_STORED_CEILING},
	    {PMS_PERSISTED_TIMESTAMP, false, PMS_STORED_PERSISTED_TIMESTAMP},
	    {PMS_LAYOUT_EPOCH, false, PMS_STORED_LAYOUT_EPOCH},
	    {PMS_STREAM_SPARE_1, false, PMS_STORED_STREAM_SPARE},
	    {40, true, PMS_STORED_REGION_HEADER},
	    {PMS_REGION_EXTENT, true, PMS_STORED_EXTENT},
	    {PMS_REGION_BASE, true, PMS_STORED_BASE},
	    {PMS_REGION_CHECKPOINT, true, PMS_STORED_CHECKPOINT},
	    {PMS_REGION_SPARE_0, true, PMS_STORED_REGION_SPARE},
	};
	fixture f = begin(state, 2);

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		uint64_t at = places[i].offset + (places[i].in_region ? f.region_offset : 0);
		test_image_flip(&f.image, at, 1);
		list_image(&f);
		size_t damaged = 0;
		for (size_t k = 0; k < f.all->count; k++) {
			const pms_stored *stored = &f.all->stored[k];
			if (stored->whole || stored->kind == PMS_STORED_DAMAGED_PIECE)
				continue;
			damaged++;
			assert_int_equal(stored->kind, places[i].kind);
			assert_true(stored->offset <= at && at < stored->offset + stored->bytes);
			assert_true(stored->bytes != 8 || stored->value == test_image_word(&f.image, stored->offset));
		}
		assert_int_equal(damaged, 1);
		assert_int_equal(count_of(f.all, PMS_STORED_DAMAGED_PIECE), places[i].kind == PMS_STORED_EXTENT);
		test_image_flip(&f.image, at, 1);
	}
	end(&f);
}

/* Whatever stands in a region, and in its header, the listing ends and stays inside. */
static void test_dump_random_bytes_never_lead_astray(void **state)
{
	uint64_t seed = test_seed();
	fixture f = begin(state, 20);
	uint8_t *whole = malloc(f.image.size);

	assert_non_null(whole);
	memcpy(whole, f.image.bytes, f.image.size);
	for (int round = 0; round < 150; round++) {
		memcpy(f.image.bytes, whole, f.image.size);
		uint64_t flips = 1 + test_random_below(&seed, 30);
		for (uint64_t i = 0; i < flips; i++)
			test_image_flip(&f.image, PMS_CEILING_A + test_random_below(&seed, 32 * TEST_KIB),
					(uint8_t)(1 + test_random_below(&seed, 255)));
		test_image_save(&f.image, f.test->path);
		pms_stream *stream = NULL;
		pms_open_options options = test_open_options(PMS_OPEN_READ_ONLY);
		if (pms_stream_open(f.test->path, &options, &stream, NULL) != PMS_OK)
			continue; /* the size of the stream was hit */
		list(stream, f.all);
		for (size_t i = 0; i < f.all->count; i++) {
			const pms_stored *stored = &f.all->stored[i];
			assert_true(stored->bytes <= f.image.size && stored->offset <= f.image.size - stored->bytes);
		}
		test_close(stream);
	}
	free(whole);
	end(&f);
}

/* ---- life ---------------------------------------------------------------------------------------------------------- */

static void test_dump_wrong_arguments_are_refused(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, 256 * TEST_KIB);
	pms_stored stored = {.struct_bytes = sizeof(stored) - 8};
	pms_dump *dump = (pms_dump *)&stored;
	pms_error error;

	assert_int_equal(pms_dump_open(NULL, &dump, &error), PMS_E_INVALID_ARGUMENT);
	assert_null(dump);
	assert_int_equal(pms_dump_open(stream, NULL, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_dump_open(stream, &dump, &error), PMS_OK);
	assert_int_equal(pms_dump_next(NULL, &stored, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_dump_next(dump, NULL, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_dump_next(dump, &stored, &error), PMS_E_INVALID_ARGUMENT);
	test_error_says(&error, PMS_E_INVALID_ARGUMENT);
	pms_dump_close(dump);
	pms_dump_close(NULL);
	test_close(stream);
}

static void test_dump_keeps_its_region_and_outlives_the_stream(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, 256 * TEST_KIB);
	pms_region *region = test_region(stream, "region", 64 * TEST_KIB, 64);
	pms_stored stored = {.struct_bytes = sizeof(stored)};
	pms_dump *dump = NULL;

	(void)test_append(region, 100, 1);
	assert_int_equal(pms_dump_open(stream, &dump, NULL), PMS_OK);
	do
		assert_int_equal(pms_dump_next(dump, &stored, NULL), PMS_OK);
	while (stored.kind != PMS_STORED_DATA);
	assert_int_equal(pms_region_clear(region, NULL), PMS_E_BUSY);
	do
		assert_int_equal(pms_dump_next(dump, &stored, NULL), PMS_OK);
	while (stored.kind != PMS_STORED_FREE_PIECE);
	assert_int_equal(pms_region_clear(region, NULL), PMS_OK);
	pms_region_release(region);
	test_close(stream);
	assert_int_equal(pms_dump_next(dump, &stored, NULL), PMS_E_CLOSED);
	pms_dump_close(dump);
}

static void test_dump_region_cleared_by_another_process_is_no_damage(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *writer = test_create(test->path, 256 * TEST_KIB);
	pms_region *region = test_region(writer, "region", 64 * TEST_KIB, 64);
	pms_stored stored = {.struct_bytes = sizeof(stored)};
	pms_dump *dump = NULL;
	int32_t status;

	for (uint64_t i = 0; i < 10; i++)
		(void)test_append(region, 100, i);
	pms_stream *reader = test_open(test->path, PMS_OPEN_READ_ONLY);
	assert_int_equal(pms_dump_open(reader, &dump, NULL), PMS_OK);
	do
		assert_int_equal(pms_dump_next(dump, &stored, NULL), PMS_OK);
	while (stored.kind != PMS_STORED_DATA);
	assert_int_equal(pms_region_clear(region, NULL), PMS_OK);
	(void)test_append(region, 3000, 7);
	while ((status = pms_dump_next(dump, &stored, NULL)) == PMS_OK)
		assert_int_not_equal(stored.kind, PMS_STORED_DAMAGED);
	assert_int_equal(status, PMS_E_END);
	pms_dump_close(dump);
	test_close(reader);
	pms_region_release(region);
	test_close(writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_dump_whole_stream_lists_everything_in_order),
	    TEST_ON_BOTH(test_dump_of_a_writer_lists_reservations_and_skips_behind_committed_alone),
	    TEST_ON_TMPFS(test_dump_group_and_lag_are_in_the_entry),
	    TEST_ON_TMPFS(test_dump_damaged_entry_is_a_stretch_and_the_walk_goes_on),
	    TEST_ON_TMPFS(test_dump_damaged_last_entry_reaches_to_the_end_of_the_search),
	    TEST_ON_TMPFS(test_dump_each_damaged_word_and_header_is_listed_as_such),
	    TEST_ON_TMPFS(test_dump_random_bytes_never_lead_astray),
	    TEST_ON_TMPFS(test_dump_wrong_arguments_are_refused),
	    TEST_ON_BOTH(test_dump_keeps_its_region_and_outlives_the_stream),
	    TEST_ON_BOTH(test_dump_region_cleared_by_another_process_is_no_damage),
	};
	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
