/* SPDX-License-Identifier: MIT */
/* Writes the seed images of the fuzz targets into the folder that it is given: the same bytes each time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entry.h"
#include "memory_file.h"

#define CHECK(condition) \
	do { \
		if (!(condition)) { \
			(void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			exit(1); \
		} \
	} while (0)

static const char *folder;

static void save(const char *name)
{
	char path[1000];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "wb");
	CHECK(file);
	CHECK(fwrite(memory_file_bytes(), 1, memory_file_size(), file) == memory_file_size());
	CHECK(fclose(file) == 0);
}

static pms_stream *create(uint64_t blocks)
{
	pms_create_options options = {.struct_bytes = sizeof(options), .stream_bytes = blocks * 4096};
	pms_stream *stream;

	memory_file_set(NULL, 0);
	CHECK(pms_stream_create("image", &options, &stream, NULL) == PMS_OK);
	return stream;
}

static pms_region *region(pms_stream *stream, const char *name, uint64_t bytes, uint32_t alignment)
{
	pms_region_options options = {
	    .struct_bytes = sizeof(options),
	    .name = name,
	    .name_bytes = (uint32_t)strlen(name),
	    .usable_bytes = bytes,
	    .entry_alignment = alignment,
	};
	pms_region *made;

	CHECK(pms_region_create(stream, &options, &made, NULL) == PMS_OK);
	return made;
}

static void append(pms_region *to, uint64_t bytes)
{
	uint8_t data[600];

	memset(data, (int)('a' + bytes % 26), sizeof(data));
	CHECK(bytes <= sizeof(data) && pms_region_append(to, data, bytes, NULL, NULL) == PMS_OK);
}

static void end(pms_stream *stream)
{
	CHECK(pms_stream_close(stream) == PMS_OK);
	pms_stream_release(stream);
}

/* Leaves as a kill does: the image is what is there now. */
static void kill_with(pms_stream *stream, const char *name)
{
	save(name);
	end(stream);
}

static void make_plain(void)
{
	pms_stream *stream = create(5);
	pms_region *one = region(stream, "one", 3000, 64);

	for (uint64_t i = 0; i < 5; i++)
		append(one, i * 40);
	pms_region_release(one);
	end(stream);
	save("plain");
}

/* Open and abandoned reservations, entries behind them; killed. */
static void make_reserved(const char *name)
{
	pms_stream *stream = create(6);
	pms_region *one = region(stream, "packed", 3000, 8);
	pms_reservation *reservations[3];
	void *data;

	append(one, 10);
	for (int i = 0; i < 3; i++) {
		CHECK(pms_region_reserve(one, 50, &reservations[i], &data, NULL, NULL) == PMS_OK);
		memset(data, i, 50);
		append(one, 3);
	}
	CHECK(pms_reservation_publish(reservations[1], 20, NULL, NULL) == PMS_OK);
	CHECK(pms_reservation_abandon(reservations[2], NULL) == PMS_OK);
	append(one, 30);
	save(name);
	for (int i = 0; i < 3; i++)
		pms_reservation_release(reservations[i]);
	pms_region_release(one);
	end(stream);
}

/* Freed and cleared regions, with what they held still there. */
static void make_reused(void)
{
	pms_stream *stream = create(9);
	pms_region *a = region(stream, "a", 3000, 64), *b = region(stream, "b", 3000, 64);
	pms_region *c = region(stream, "c", 3000, 128), *d = region(stream, "", 3000, 64);

	for (uint64_t i = 0; i < 6; i++) {
		append(a, 100 + i);
		append(b, 30 + i);
		append(c, i);
		append(d, 200);
	}
	CHECK(pms_region_clear(a, NULL) == PMS_OK);
	append(a, 5);
	CHECK(pms_region_free(b, NULL) == PMS_OK);
	CHECK(pms_region_free(d, NULL) == PMS_OK);
	pms_region_release(a);
	pms_region_release(b);
	pms_region_release(c);
	pms_region_release(d);
	kill_with(stream, "reused");
}

/* A group of three by hand behind the entries of "plain", and a torn entry behind that. */
static void make_group(void)
{
	const uint64_t piece = PMS_FIXED_BYTES;
	uint64_t at = piece + PMS_REGION_HEADER_BYTES, last = 0;
	pms_stored_header header;
	pms_parsed_entry entry;
	uint64_t base;

	make_plain();
	uint8_t *bytes = memory_file_bytes();
	memcpy(&header, bytes, sizeof(header));
	memcpy(&base, bytes + piece + PMS_REGION_BASE, sizeof(base));
	pms_life life = {.uuid_value = pms_hash(header.uuid, 16), .base = base & PMS_VALUE_MAX};
	while (pms_entry_parse(bytes + at, at, piece + 4096, 64, &entry) &&
	       pms_entry_classify(&entry, bytes + at + PMS_ENTRY_HEADER_BYTES, &life) != PMS_KIND_INVALID) {
		last = entry.timestamp;
		at += entry.extent_bytes;
	}
	for (uint64_t i = 0; i < 4; i++) {
		uint64_t size_word = pms_size_word(40, 64, i < 2, PMS_LAG_UNKNOWN);
		pms_stored_entry stored = {.size_word = size_word, .timestamp = last + 1 + i};
		memset(bytes + at + PMS_ENTRY_HEADER_BYTES, (int)('A' + i), 40);
		stored.checksum = pms_entry_checksum(PMS_KIND_DATA, pms_hash(bytes + at + PMS_ENTRY_HEADER_BYTES, 40),
						     size_word, stored.timestamp, at, &life);
		if (i == 3)
			stored.checksum ^= 1;
		memcpy(bytes + at, &stored, sizeof(stored));
		at += 64;
	}
	save("group");
}

/* Opened again after a kill: pending entries of a dead session, and a seal behind a torn one. */
static void make_recovered(void)
{
	pms_open_options options = {.struct_bytes = sizeof(options)};
	pms_stream *stream;

	make_group();
	CHECK(pms_stream_open("image", &options, &stream, NULL) == PMS_OK);
	pms_region *one;
	CHECK(pms_region_find(stream, "one", 3, &one, NULL) == PMS_OK);
	append(one, 77);
	pms_region_release(one);
	kill_with(stream, "recovered");
}

int main(int count, char **arguments)
{
	if (count != 2) {
		(void)fprintf(stderr, "usage: fuzz_make_corpus FOLDER\n");
		return 2;
	}
	folder = arguments[1];
	make_plain();
	make_reserved("reserved");
	make_reused();
	make_group();
	make_recovered();
	return 0;
}
