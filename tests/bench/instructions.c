/* SPDX-License-Identifier: MIT */
/*
 * One operation, COUNT times, to be run under valgrind: instructions.sh runs each with two counts, and the difference is what
 * the operations cost, without the start of the program.
 *
 *   bench_instructions FOLDER OPERATION COUNT [POLICY]
 *   bench_instructions --list
 *
 * COUNT is a multiple of 64. POLICY is cache-lines or non-temporal. It is never left to the processor, so that the count is the
 * same on all; under valgrind cache lines are flushed by clflush, because it hides the newer instructions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pmemstream_core.h"

#define BATCH 64u
#define REGION_BYTES (24u << 20)

static struct {
	char path[512];
	uint32_t policy;
	pms_stream *stream;
	pms_region *region;
	uint8_t payload[4096];
} place;

static void check(int32_t status, const char *what)
{
	if (status == PMS_OK)
		return;
	(void)fprintf(stderr, "bench_instructions: %s: %s\n", what, pms_status_text(status));
	exit(1);
}

static void append_one(uint64_t bytes)
{
	pms_position position;

	check(pms_region_append(place.region, place.payload, bytes, &position, NULL), "append");
}

static void append_many(uint64_t count, uint64_t bytes)
{
	for (uint64_t i = 0; i < count; i++)
		append_one(bytes);
}

static void append_8(uint64_t count) { append_many(count, 8); }
static void append_64(uint64_t count) { append_many(count, 64); }
static void append_256(uint64_t count) { append_many(count, 256); }
static void append_1024(uint64_t count) { append_many(count, 1024); }
static void append_4096(uint64_t count) { append_many(count, 4096); }

static void deferred_64(uint64_t count)
{
	pms_position position;

	for (uint64_t i = 0; i < count; i++) {
		check(pms_region_append_deferred(place.region, place.payload, 64, &position, NULL), "append_deferred");
		if (i % BATCH == BATCH - 1)
			check(pms_region_persist(place.region, &position, NULL), "persist");
	}
}

static void group_64(uint64_t count)
{
	pms_part parts[BATCH];
	pms_position positions[BATCH];

	for (size_t i = 0; i < BATCH; i++)
		parts[i] = (pms_part){.data = place.payload, .bytes = 64};
	for (uint64_t i = 0; i < count; i += BATCH)
		check(pms_region_append_group(place.region, parts, BATCH, PMS_APPEND_DURABLE, positions, NULL),
		      "append_group");
}

static void reserve_publish_64(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		pms_reservation *reservation;
		pms_position position;
		void *data;

		check(pms_region_reserve(place.region, 64, &reservation, &data, NULL, NULL), "reserve");
		memcpy(data, place.payload, 64);
		check(pms_reservation_publish(reservation, 64, &position, NULL), "publish");
		pms_reservation_release(reservation);
	}
}

static void iterate_64(uint64_t count)
{
	pms_cursor *cursor;
	pms_entry entry;

	check(pms_cursor_open(place.region, NULL, &cursor, NULL), "cursor_open");
	for (uint64_t i = 0; i < count; i++)
		check(pms_cursor_next(cursor, &entry, NULL), "cursor_next");
	pms_cursor_close(cursor);
}

static void iterate_batch_64(uint64_t count)
{
	const pms_entry *entries;
	pms_cursor *cursor;
	uint64_t found;

	check(pms_cursor_open(place.region, NULL, &cursor, NULL), "cursor_open");
	for (uint64_t i = 0; i < count; i += found)
		check(pms_cursor_next_batch(cursor, &entries, &found, NULL), "cursor_next_batch");
	pms_cursor_close(cursor);
}

/* Each check goes through the log, of 64 entries. */
static void verify_1024(uint64_t count)
{
	for (uint64_t i = 0; i < count; i += BATCH) {
		pms_check *found;

		check(pms_check_run(place.stream, &found, NULL), "check_run");
		pms_check_release(found);
	}
}

static void make(uint64_t bytes)
{
	pms_create_options options = {
	    .struct_bytes = sizeof(options),
	    .flags = PMS_CREATE_OVERWRITE,
	    .stream_bytes = bytes + (1u << 20),
	    .flush_policy = place.policy,
	};
	pms_region_options region = {
	    .struct_bytes = sizeof(region),
	    .name = "log",
	    .name_bytes = 3,
	    .usable_bytes = bytes,
	};

	check(pms_stream_create(place.path, &options, &place.stream, NULL), "create");
	check(pms_region_create(place.stream, &region, &place.region, NULL), "region_create");
}

static void drop(void)
{
	pms_region_release(place.region);
	pms_stream_release(place.stream);
}

static void open_close(uint64_t count)
{
	pms_open_options options = {.struct_bytes = sizeof(options), .flush_policy = place.policy};

	drop();
	for (uint64_t i = 0; i < count; i++) {
		check(pms_stream_open(place.path, &options, &place.stream, NULL), "open");
		check(pms_stream_close(place.stream), "close");
		pms_stream_release(place.stream);
	}
	place.region = NULL;
	place.stream = NULL;
}

static const struct {
	const char *name;
	void (*run)(uint64_t count);
	void (*before)(uint64_t count); /* what has to be in the log; may be null */
	uint64_t entries;		/* its argument; 0: as many as operations */
} operations[] = {
    {"append-8", append_8, NULL, 0},
    {"append-64", append_64, NULL, 0},
    {"append-256", append_256, NULL, 0},
    {"append-1024", append_1024, NULL, 0},
    {"append-4096", append_4096, NULL, 0},
    {"deferred-64", deferred_64, NULL, 0},
    {"group-64", group_64, NULL, 0},
    {"reserve-publish-64", reserve_publish_64, NULL, 0},
    /* The log has the same length for both counts, so that filling it cancels out. */
    {"iterate-64", iterate_64, append_64, 64 * BATCH},
    {"iterate-batch-64", iterate_batch_64, append_64, 64 * BATCH},
    {"verify-1024", verify_1024, append_1024, BATCH},
    {"open", open_close, NULL, 0},
};

#define OPERATION_COUNT (sizeof(operations) / sizeof(operations[0]))

static int fail_usage(void)
{
	(void)fprintf(stderr, "usage: bench_instructions FOLDER OPERATION COUNT [POLICY], or --list\n");
	return 2;
}

int main(int argc, char **argv)
{
	size_t chosen = 0;

	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		for (size_t i = 0; i < OPERATION_COUNT; i++)
			(void)printf("%s\n", operations[i].name);
		return 0;
	}
	if (argc != 4 && argc != 5)
		return fail_usage();
	while (chosen < OPERATION_COUNT && strcmp(operations[chosen].name, argv[2]) != 0)
		chosen++;
	uint64_t count = strtoull(argv[3], NULL, 10);
	if (chosen == OPERATION_COUNT || count == 0 || count % BATCH != 0 ||
	    snprintf(place.path, sizeof(place.path), "%s/instructions.pms", argv[1]) >= (int)sizeof(place.path))
		return fail_usage();
	place.policy =
	    argc == 5 && strcmp(argv[4], "non-temporal") == 0 ? PMS_FLUSH_NON_TEMPORAL : PMS_FLUSH_CACHE_LINES;
	for (size_t i = 0; i < sizeof(place.payload); i++)
		place.payload[i] = (uint8_t)(i * 31 + 7);
	make(REGION_BYTES);
	if (operations[chosen].before)
		operations[chosen].before(operations[chosen].entries);
	operations[chosen].run(count);
	drop();
	return 0;
}
