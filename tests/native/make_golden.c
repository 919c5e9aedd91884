/* SPDX-License-Identifier: MIT */
/*
 * Makes the golden images: make_golden FOLDER. It is no test; tests/golden/README.md says when it is run.
 *
 * UUID and time of creation are fixed (the two wrapped functions below), so are payloads; one thread: the same core
 * makes the same bytes. A kill is a copy of the file as it is while the stream is open.
 */
#include "support_image.h"

#include "error.h"
#include "os.h"

#define CREATED_UNIX_SECONDS 1735689600u /* 2025-01-01 */

int32_t __wrap_pms_os_random(void *buffer, size_t bytes, pms_error *error);
uint64_t __wrap_pms_os_unix_seconds(void);

static uint8_t uuid_first;
static const char *folder;

int32_t __wrap_pms_os_random(void *buffer, size_t bytes, pms_error *error)
{
	uint8_t *at = buffer;

	(void)error;
	for (size_t i = 0; i < bytes; i++)
		at[i] = (uint8_t)(uuid_first + 17 * i);
	return PMS_OK;
}

uint64_t __wrap_pms_os_unix_seconds(void) { return CREATED_UNIX_SECONDS; }

/* ---- beginnings and ends ------------------------------------------------------------------------------------------- */

static const char *path_of(const char *name)
{
	static char path[1024];

	(void)snprintf(path, sizeof(path), "%s/%s.pms", folder, name);
	return path;
}

static pms_stream *begin(const char *name, uint64_t bytes, uint32_t block_bytes)
{
	pms_create_options options = test_create_options(bytes);
	pms_stream *stream = NULL;

	options.flags = PMS_CREATE_OVERWRITE;
	options.block_bytes = block_bytes;
	uuid_first++;
	assert_int_equal(pms_stream_create(path_of(name), &options, &stream, NULL), PMS_OK);
	return stream;
}

/* Ends the session as a kill does. */
static void kill_session(const char *name, pms_stream *stream)
{
	test_image image = test_image_load(path_of(name));

	test_close(stream);
	test_image_save(&image, path_of(name));
	test_image_free(&image);
}

static void append_many(pms_region *region, uint64_t first, uint64_t last, uint64_t step)
{
	for (uint64_t bytes = first; bytes <= last; bytes += step)
		(void)test_append(region, bytes, 10000 + bytes);
}

/* ---- images of whole sessions -------------------------------------------------------------------------------------- */

static void make_empty(const char *name) { test_close(begin(name, 64 * TEST_KIB, 0)); }

static void make_payloads(const char *name)
{
	static const uint32_t alignments[] = {8, 64, 4096};
	static const char *const names[] = {"packed", "lines", "pages"};
	pms_stream *stream = begin(name, 640 * TEST_KIB, 0);

	for (int i = 0; i < 3; i++) {
		pms_region *region =
		    test_region(stream, names[i], i == 0 ? 180 * TEST_KIB : 100 * TEST_KIB, alignments[i]);
		append_many(region, 0, 1, 1);
		append_many(region, 7, 8, 1);
		append_many(region, 40, 40, 1);
		if (i == 0)
			append_many(region, 63, 300, 1);
		else
			append_many(region, 230, 300, 35);
		append_many(region, 4072, 4073, 1);
		append_many(region, 5000, 5000, 1);
		if (i == 0)
			append_many(region, 70000, 70000, 1);
		pms_region_release(region);
	}
	test_close(stream);
}

static void make_names(const char *name)
{
	static const char *const names[] = {"log",
					    ("\xc3\xbc" /* two literals: "b" would go on the escape */
					     "berwachung"),
					    "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", "\xf0\x9f\x93\x88 a b",
					    "a name of 63 bytes, which is the longest one that there can be."};
	pms_stream *stream = begin(name, 96 * TEST_KIB, 0);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		pms_region *region = test_region(stream, names[i], 3000, 0);
		(void)test_append(region, 10 + i, i);
		pms_region_release(region);
	}
	for (uint64_t i = 0; i < 2; i++) {
		pms_region *region = test_region(stream, NULL, 5000, 64);
		(void)test_append(region, 20 + i, i);
		pms_region_release(region);
	}
	test_close(stream);
}

static void make_cleared(const char *name)
{
	pms_stream *stream = begin(name, 64 * TEST_KIB, 0);
	pms_region *region = test_region(stream, "cleared twice", 20 * TEST_KIB, 64);
	pms_region *emptied = test_region(stream, "emptied", 3000, 64);

	append_many(region, 100, 2000, 100);
	append_many(emptied, 100, 300, 100);
	assert_int_equal(pms_region_clear(region, NULL), PMS_OK);
	append_many(region, 300, 600, 100);
	assert_int_equal(pms_region_clear(region, NULL), PMS_OK);
	append_many(region, 100, 200, 100);
	assert_int_equal(pms_region_clear(emptied, NULL), PMS_OK);
	pms_region_release(region);
	pms_region_release(emptied);
	test_close(stream);
}

static void make_freed(const char *name)
{
	static const char *const names[] = {"first", "second", "third", "fourth", "fifth"};
	pms_stream *stream = begin(name, 128 * TEST_KIB, 0);
	pms_region *region, *regions[5];

	for (int i = 0; i < 5; i++) {
		regions[i] = test_region(stream, names[i], 10000, 64);
		append_many(regions[i], 500, 900, 100);
	}
	/* The second and third are freed and become one free piece, whose front gets a new region. */
	assert_int_equal(pms_region_free(regions[1], NULL), PMS_OK);
	assert_int_equal(pms_region_free(regions[2], NULL), PMS_OK);
	assert_int_equal(pms_region_free(regions[4], NULL), PMS_OK);
	region = test_region(stream, "in the hole", 3000, 8);
	append_many(region, 1, 40, 13);
	for (int i = 0; i < 5; i++)
		pms_region_release(regions[i]);
	pms_region_release(region);
	test_close(stream);
}

static void make_large_blocks(const char *name)
{
	pms_stream *stream = begin(name, 192 * TEST_KIB, 64 * TEST_KIB);
	pms_region *region = test_region(stream, "one block", 3000, 64);

	append_many(region, 10, 1000, 90);
	pms_region_release(region);
	test_close(stream);
}

/* ---- reservations --------------------------------------------------------------------------------------------------- */

static pms_reservation *reserve(pms_region *region, uint64_t bytes, uint64_t seed)
{
	pms_reservation *reservation = NULL;
	void *data = NULL;

	assert_int_equal(pms_region_reserve(region, bytes, &reservation, &data, NULL, NULL), PMS_OK);
	test_fill(data, bytes, seed);
	return reservation;
}

static void make_reservations(const char *name)
{
	pms_stream *stream = begin(name, 64 * TEST_KIB, 0);
	pms_region *region = test_region(stream, "reserved", 30 * TEST_KIB, 64);
	pms_reservation *shortened = reserve(region, 1000, 1), *abandoned = reserve(region, 500, 2);
	pms_reservation *whole = reserve(region, 200, 3), *none = reserve(region, 300, 4);

	(void)test_append(region, 100, 5);
	assert_int_equal(pms_reservation_publish(shortened, 123, NULL, NULL), PMS_OK);
	assert_int_equal(pms_reservation_abandon(abandoned, NULL), PMS_OK);
	assert_int_equal(pms_reservation_publish(whole, 200, NULL, NULL), PMS_OK);
	assert_int_equal(pms_reservation_publish(none, 0, NULL, NULL), PMS_OK);
	(void)test_append(region, 100, 6);
	pms_reservation_release(shortened);
	pms_reservation_release(abandoned);
	pms_reservation_release(whole);
	pms_reservation_release(none);
	pms_region_release(region);
	test_close(stream);
}

/* A kill with open reservations: one that others have followed, and one at the tail. */
static void make_pending(const char *name)
{
	pms_stream *stream = begin(name, 64 * TEST_KIB, 0);
	pms_region *region = test_region(stream, "pending", 30 * TEST_KIB, 64);
	test_image image;

	append_many(region, 100, 200, 50);
	pms_reservation *followed = reserve(region, 1000, 1);
	append_many(region, 300, 400, 50);
	pms_reservation *last = reserve(region, 600, 2);
	image = test_image_load(path_of(name));
	pms_reservation_release(followed);
	pms_reservation_release(last);
	pms_region_release(region);
	test_close(stream);
	test_image_save(&image, path_of(name));
	test_image_free(&image);
}

/* The same, opened again: the reservation stays pending for ever, the checkpoint lies behind it. */
static void make_pending_recovered(const char *name)
{
	make_pending(name);
	pms_stream *stream = test_open(path_of(name), PMS_OPEN_DEFAULT);
	pms_region *region = test_find(stream, "pending");

	(void)test_append(region, 77, 3);
	pms_region_release(region);
	test_close(stream);
}

/* Entries behind what the last close has made the checkpoint, and then a kill. */
static void make_checkpoint(const char *name)
{
	pms_stream *stream = begin(name, 64 * TEST_KIB, 0);
	pms_region *region = test_region(stream, "two sessions", 30 * TEST_KIB, 64);

	append_many(region, 100, 500, 50);
	pms_region_release(region);
	test_close(stream);
	stream = test_open(path_of(name), PMS_OPEN_DEFAULT);
	region = test_find(stream, "two sessions");
	append_many(region, 600, 900, 50);
	pms_region_release(region);
	kill_session(name, stream);
}

/* ---- images with entries written by hand ---------------------------------------------------------------------------- */

typedef struct hand {
	test_image image;
	pms_life life;
	uint64_t tail, last;
} hand;

/* A kill behind three entries; more can be put at the tail. */
static hand begin_by_hand(const char *name)
{
	pms_stream *stream = begin(name, 64 * TEST_KIB, 0);
	pms_region *region = test_region(stream, "by hand", 30 * TEST_KIB, 64);
	hand h;

	append_many(region, 100, 200, 50);
	h.tail = pms_region_committed(region);
	h.last = test_region_info(region).last_timestamp;
	uint64_t region_offset = test_region_info(region).offset;
	pms_region_release(region);
	kill_session(name, stream);
	h.image = test_image_load(path_of(name));
	h.life = test_image_life(&h.image, region_offset);
	return h;
}

static void put(hand *h, uint64_t bytes, bool continues, uint32_t lag)
{
	test_raw_entry entry = {.offset = h->tail,
				.timestamp = ++h->last,
				.payload_bytes = bytes,
				.seed = h->last,
				.lag = lag,
				.group_continues = continues};

	h->tail = test_image_put(&h->image, &h->life, &entry);
}

static void end_by_hand(const char *name, hand *h)
{
	test_image_save(&h->image, path_of(name));
	test_image_free(&h->image);
}

static void make_group_whole(const char *name)
{
	hand h = begin_by_hand(name);

	for (uint64_t i = 0; i < 3; i++)
		put(&h, 30 * i, i < 2, 3);
	put(&h, 50, false, 0);
	end_by_hand(name, &h);
}

static void make_group_cut(const char *name)
{
	hand h = begin_by_hand(name);

	for (uint64_t i = 0; i < 3; i++)
		put(&h, 30 * i, true, PMS_LAG_UNKNOWN);
	end_by_hand(name, &h);
}

/* The first of two entries that were made durable together did not arrive. */
static void make_torn(const char *name)
{
	hand h = begin_by_hand(name);
	uint64_t hole = h.tail;

	put(&h, 300, false, 0);
	put(&h, 60, false, pms_lag_encode(400));
	memset(h.image.bytes + hole, 0, 320);
	end_by_hand(name, &h);
}

/* The same, sealed by the next session, and appended to. */
static void make_sealed(const char *name)
{
	make_torn(name);
	pms_stream *stream = test_open(path_of(name), PMS_OPEN_DEFAULT);
	pms_region *region = test_find(stream, "by hand");

	assert_int_equal(test_recovery(stream).cuts_sealed, 1);
	append_many(region, 10, 30, 10);
	pms_region_release(region);
	test_close(stream);
}

/* The same hole, but behind it an entry that knew it as durable. */
static void make_damaged_entry(const char *name)
{
	hand h = begin_by_hand(name);
	uint64_t hole = h.tail;

	put(&h, 300, false, 0);
	put(&h, 60, false, 0);
	memset(h.image.bytes + hole, 0, 320);
	end_by_hand(name, &h);
}

/* One copy each of the header and of the ceiling, the persisted timestamp, and a checkpoint. */
static void make_damaged_words(const char *name)
{
	make_checkpoint(name);
	test_file_flip(path_of(name), PMS_HEADER_A + 60, 1);
	test_file_flip(path_of(name), PMS_CEILING_B + 2, 16);
	test_file_flip(path_of(name), PMS_PERSISTED_TIMESTAMP + 7, 128);
	test_file_flip(path_of(name), PMS_FIXED_BYTES + PMS_REGION_CHECKPOINT + 1, 4);
}

int main(int count, char **arguments)
{
	static const struct {
		const char *name;
		void (*make)(const char *name);
	} images[] = {
	    {"empty", make_empty},
	    {"payloads", make_payloads},
	    {"names", make_names},
	    {"cleared", make_cleared},
	    {"freed", make_freed},
	    {"large-blocks", make_large_blocks},
	    {"reservations", make_reservations},
	    {"pending", make_pending},
	    {"pending-recovered", make_pending_recovered},
	    {"checkpoint", make_checkpoint},
	    {"group-whole", make_group_whole},
	    {"group-cut", make_group_cut},
	    {"torn", make_torn},
	    {"sealed", make_sealed},
	    {"damaged-entry", make_damaged_entry},
	    {"damaged-words", make_damaged_words},
	};

	if (count != 2)
		return 2;
	folder = arguments[1];
	for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++)
		images[i].make(images[i].name);
	return 0;
}
