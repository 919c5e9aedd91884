/* SPDX-License-Identifier: MIT */
/*
 * The fuzz target: the bytes are an image of a stream. It is opened for reading, for writing and to be salvaged; read,
 * checked and listed; written to, closed and opened again. Besides what the sanitizers find, these are failures:
 *
 *   - reading, or an open that is refused, changes a byte;
 *   - a reader and a writer find different entries in the same image;
 *   - an entry that was there or was acknowledged is gone, or another one, after the next open;
 *   - a stream that was open for writing cannot be opened again (short of used-up timestamps);
 *   - a status without a text, an internal error, a walk without end.
 *
 * With FUZZ_FIXED_UP checksums are repaired first (fuzz_fix_up). What is written follows from the hash of the image.
 */
#include "fuzz.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_listing.h"
#include "memory_file.h"

#define REGIONS_MAX 64
#define APPEND_BYTES_MAX 400u

static const char path[] = "image";

uint64_t fuzz_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

uint64_t fuzz_below(uint64_t *state, uint64_t limit) { return fuzz_random(state) % limit; }

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static pms_error error; /* of the last open */

static int32_t open_stream(uint32_t flags, pms_stream **stream)
{
	pms_open_options options = {.struct_bytes = sizeof(options), .flags = flags};
	int32_t status = pms_stream_open(path, &options, stream, &error);

	FUZZ_CHECK(status == error.status && status != PMS_E_INTERNAL);
	FUZZ_CHECK((status == PMS_OK) == (*stream != NULL));
	FUZZ_CHECK(status == PMS_OK || (error.message[0] && !strchr(error.message, '\n')));
	return status;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* What a verb that writes may say. */
static bool is_expected(int32_t status)
{
	return status == PMS_OK || status == PMS_E_REGION_FULL || status == PMS_E_STREAM_FULL ||
	       status == PMS_E_CORRUPT || status == PMS_E_EXHAUSTED;
}

static bool append(pms_region *region, uint64_t *random)
{
	uint8_t data[APPEND_BYTES_MAX], copy[APPEND_BYTES_MAX];
	uint64_t bytes = fuzz_below(random, sizeof(data)), got;
	pms_position position;

	memset(data, (int)fuzz_below(random, 256), sizeof(data));
	int32_t status = pms_region_append(region, data, bytes, &position, NULL);
	FUZZ_CHECK(is_expected(status));
	if (status != PMS_OK)
		return false;
	FUZZ_CHECK(pms_region_read(region, &position, copy, sizeof(copy), PMS_READ_VERIFIED, &got, NULL) == PMS_OK);
	FUZZ_CHECK(got == bytes && memcmp(copy, data, bytes) == 0);
	return true;
}

static void reserve(pms_region *region, uint64_t *random)
{
	uint64_t room = fuzz_below(random, APPEND_BYTES_MAX);
	pms_reservation *reservation;
	void *data;

	int32_t status = pms_region_reserve(region, room, &reservation, &data, NULL, NULL);
	FUZZ_CHECK(is_expected(status));
	if (status != PMS_OK)
		return;
	memset(data, 7, room);
	if (fuzz_below(random, 2)) { /* followed */
		status = pms_region_append(region, "behind", 6, NULL, NULL);
		FUZZ_CHECK(is_expected(status));
	}
	if (fuzz_below(random, 3) == 0)
		FUZZ_CHECK(pms_reservation_abandon(reservation, NULL) == PMS_OK);
	else
		FUZZ_CHECK(pms_reservation_publish(reservation, fuzz_below(random, room + 1), NULL, NULL) == PMS_OK);
	pms_reservation_release(reservation);
}

static void change_region(pms_region *region, uint64_t *random)
{
	switch (fuzz_below(random, 8)) {
	case 0:
		FUZZ_CHECK(is_expected(pms_region_clear(region, NULL)));
		(void)append(region, random);
		break;
	case 1:
		FUZZ_CHECK(is_expected(pms_region_free(region, NULL)));
		break;
	default:
		for (uint64_t i = fuzz_below(random, 4); i > 0; i--)
			(void)append(region, random);
		reserve(region, random);
		(void)append(region, random);
		break;
	}
}

static void create_region(pms_stream *stream, uint64_t *random)
{
	pms_region_options options = {
	    .struct_bytes = sizeof(options),
	    .name = "new",
	    .name_bytes = fuzz_below(random, 2) ? 3 : 0,
	    .usable_bytes = 1 + fuzz_below(random, 9000),
	    .entry_alignment = fuzz_below(random, 2) ? 8 : 64,
	};
	pms_region *region;

	int32_t status = pms_region_create(stream, &options, &region, NULL);
	FUZZ_CHECK(is_expected(status) || status == PMS_E_EXISTS);
	if (status != PMS_OK)
		return;
	(void)append(region, random);
	pms_region_release(region);
}

static void write_to(pms_stream *stream, uint64_t *random)
{
	uint64_t offset = 0;
	pms_region *region;

	for (int i = 0; pms_region_next(stream, offset, &region, NULL) == PMS_OK; i++) {
		pms_region_info info = {.struct_bytes = sizeof(info)};
		FUZZ_CHECK(i < REGIONS_MAX);
		FUZZ_CHECK(pms_region_describe(region, &info, NULL) == PMS_OK);
		offset = info.offset + 1;
		change_region(region, random);
		pms_region_release(region);
	}
	create_region(stream, random);
}

/* ---- one image --------------------------------------------------------------------------------------------------- */

static fuzz_listing list_and_look(pms_stream *stream, uint64_t *random)
{
	fuzz_look_about(stream, random);
	return fuzz_list(stream);
}

/* Of such a stream neither the size nor the layout is known for certain: salvage alone opens it, each time. */
static bool needs_salvage(pms_stream *stream)
{
	const uint32_t both = PMS_STATE_WORD_DAMAGED | PMS_STATE_LAYOUT_DAMAGED;
	pms_stream_info info = {.struct_bytes = sizeof(info)};

	FUZZ_CHECK(pms_stream_describe(stream, &info, NULL) == PMS_OK);
	return (info.state & both) == both;
}

/* A stream that was open for writing: nothing that it held is gone. */
static void expect_again(const fuzz_listing *before, bool salvage, uint64_t *random)
{
	pms_stream *stream;
	int32_t status = open_stream(salvage ? PMS_OPEN_SALVAGE : PMS_OPEN_DEFAULT, &stream);

	if (status != PMS_OK && status != PMS_E_EXHAUSTED)
		(void)fprintf(stderr, "opened again: %d: %s\n", status, error.message);
	FUZZ_CHECK(status == PMS_OK || status == PMS_E_EXHAUSTED);
	if (status != PMS_OK)
		return;
	fuzz_listing after = list_and_look(stream, random);
	fuzz_expect_prefix(before, &after);
	pms_stream_release(stream);
	fuzz_listing_free(&after);
}

/* Writes, and leaves by a close, by a close with an open reservation, or as a kill does. */
static void write_and_leave(pms_stream *stream, uint64_t *random)
{
	pms_reservation *reservation = NULL;
	pms_region *region;
	uint8_t *killed = NULL;
	void *data;

	bool salvage = needs_salvage(stream);
	write_to(stream, random);
	if (fuzz_below(random, 2) && pms_region_next(stream, 0, &region, NULL) == PMS_OK) {
		(void)pms_region_reserve(region, 30, &reservation, &data, NULL, NULL);
		(void)pms_region_append(region, "behind", 6, NULL, NULL);
		pms_region_release(region);
	}
	fuzz_listing before = list_and_look(stream, random);
	uint64_t size = memory_file_size();
	if (fuzz_below(random, 2)) {
		killed = malloc(size);
		FUZZ_CHECK(killed);
		memcpy(killed, memory_file_bytes(), size);
	}
	FUZZ_CHECK(pms_stream_close(stream) == PMS_OK);
	pms_reservation_release(reservation);
	pms_stream_release(stream);
	if (killed)
		memory_file_set(killed, size);
	free(killed);
	expect_again(&before, salvage, random);
	fuzz_listing_free(&before);
}

static void expect_unchanged(const uint8_t *image, size_t size)
{
	FUZZ_CHECK(memory_file_size() == size && memcmp(memory_file_bytes(), image, size) == 0);
}

static void try_image(const uint8_t *image, size_t size, uint64_t random)
{
	fuzz_listing read = {0};
	pms_stream *stream;

	memory_file_set(image, size);
	int32_t readable = open_stream(PMS_OPEN_READ_ONLY, &stream);
	if (readable == PMS_OK) {
		read = list_and_look(stream, &random);
		pms_stream_release(stream);
	}
	expect_unchanged(image, size);
	int32_t writable = open_stream(PMS_OPEN_DEFAULT, &stream);
	if (writable == PMS_OK) {
		FUZZ_CHECK(readable == PMS_OK);
		fuzz_listing same = list_and_look(stream, &random);
		fuzz_expect_equal(&read, &same);
		fuzz_listing_free(&same);
		write_and_leave(stream, &random);
	} else if (writable != PMS_E_EXHAUSTED) {
		expect_unchanged(image, size);
	}
	if (writable == PMS_E_CORRUPT) {
		memory_file_set(image, size);
		if (open_stream(PMS_OPEN_SALVAGE, &stream) == PMS_OK)
			write_and_leave(stream, &random);
	}
	fuzz_listing_free(&read);
	memory_file_set(NULL, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > FUZZ_IMAGE_BYTES_MAX)
		size = FUZZ_IMAGE_BYTES_MAX;
	uint8_t *image = malloc(size + 1);
	FUZZ_CHECK(image);
	if (size)
		memcpy(image, data, size);
#ifdef FUZZ_FIXED_UP
	fuzz_fix_up(image, size);
#endif
	uint64_t hash = 14695981039346656037ull;
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ image[i]) * 1099511628211ull;
	try_image(image, size, hash);
	free(image);
	return 0;
}
