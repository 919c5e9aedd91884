/* SPDX-License-Identifier: MIT */
/* The store under test: a stream with two regions. */
#include <stdlib.h>
#include <string.h>

#include <pmemstream_core.h>

#include "cut.h"

#define REGION_BYTES ((uint64_t)8 << 20)
#define STREAM_BYTES (CUT_REGIONS * REGION_BYTES + ((uint64_t)1 << 20))
/* During so many operations of its thread a reservation is held open. */
#define HELD_FOR 5u

static pms_stream *stream;
static pms_region *regions[CUT_REGIONS];

static void expect_ok(int32_t status, const char *what, const pms_error *error)
{
	if (status != PMS_OK)
		cut_die("%s: %s", what, error->message);
}

/* ---- opening and reading ------------------------------------------------------------------------------------------ */

static void describe(void)
{
	pms_stream_info info = {.struct_bytes = sizeof(info)};
	pms_recovery_info recovery = {.struct_bytes = sizeof(recovery)};
	pms_error error;

	expect_ok(pms_stream_describe(stream, &info, &error), "describe", &error);
	expect_ok(pms_stream_recovery(stream, &recovery, &error), "recovery", &error);
	printf("medium: %s\n", info.medium_text);
	printf("recovery: walked=%llu recovered=%llu pending=%llu sealed=%llu damaged=%llu\n",
	       (unsigned long long)recovery.walked_entries, (unsigned long long)recovery.recovered_entries,
	       (unsigned long long)recovery.pending_skipped, (unsigned long long)recovery.cuts_sealed,
	       (unsigned long long)recovery.damaged_regions);
}

static void stream_open(const char *path)
{
	const pms_create_options create = {.struct_bytes = sizeof(create), .stream_bytes = STREAM_BYTES};
	pms_error error;
	int32_t status = pms_stream_open(path, NULL, &stream, &error);

	/* A device is never missing: without a stream on it, it is "not a stream". */
	if (status == PMS_E_NOT_FOUND || status == PMS_E_NOT_A_STREAM)
		status = pms_stream_create(path, &create, &stream, &error);
	expect_ok(status, "open", &error);
	describe();
	for (uint32_t i = 0; i < CUT_REGIONS; i++) {
		const char name = (char)('a' + i);
		const pms_region_options options = {.struct_bytes = sizeof(options),
						    .name = &name,
						    .name_bytes = 1,
						    .usable_bytes = REGION_BYTES - 4096};

		status = pms_region_find(stream, &name, 1, &regions[i], &error);
		if (status == PMS_E_NOT_FOUND)
			status = pms_region_create(stream, &options, &regions[i], &error);
		expect_ok(status, "region", &error);
	}
}

static uint64_t check(void)
{
	pms_check_summary summary = {.struct_bytes = sizeof(summary)};
	pms_error error;
	pms_check *findings;

	expect_ok(pms_check_run(stream, &findings, &error), "check", &error);
	(void)pms_check_summarize(findings, &summary);
	for (uint64_t i = 0; i < summary.problem_count; i++) {
		pms_problem problem;

		if (pms_check_problem(findings, i, &problem) == PMS_OK && problem.severity == PMS_SEVERITY_ERROR)
			printf("  DAMAGED: %s\n", problem.message);
	}
	pms_check_release(findings);
	return summary.error_count;
}

static uint64_t stream_read(uint32_t region,
			    void (*look)(void *context, uint32_t region, const uint8_t *payload, uint64_t bytes,
					 uint64_t offset, uint64_t timestamp),
			    void *context)
{
	uint64_t damaged = region == 0 ? check() : 0;
	pms_cursor *cursor;
	pms_entry entry;
	pms_error error;
	int32_t status;

	expect_ok(pms_cursor_open(regions[region], NULL, &cursor, &error), "cursor", &error);
	while ((status = pms_cursor_next(cursor, &entry, &error)) == PMS_OK)
		look(context, region, entry.data, entry.bytes, entry.position.offset, entry.position.timestamp);
	if (status != PMS_E_END) {
		printf("  DAMAGED: %s\n", error.message);
		damaged++;
	}
	pms_cursor_close(cursor);
	return damaged;
}

static bool stream_is_filling(uint32_t region)
{
	pms_region_info info = {.struct_bytes = sizeof(info)};
	pms_error error;

	expect_ok(pms_region_describe(regions[region], &info, &error), "describe region", &error);
	return info.used_bytes > info.usable_bytes / 4;
}

static void stream_clear(uint32_t region)
{
	pms_error error;

	expect_ok(pms_region_clear(regions[region], &error), "clear", &error);
}

static void stream_close(void)
{
	pms_error error = {.message = ""};

	expect_ok(pms_stream_close(stream), "close", &error);
	for (uint32_t i = 0; i < CUT_REGIONS; i++)
		pms_region_release(regions[i]);
	pms_stream_release(stream);
}

/* ---- working ------------------------------------------------------------------------------------------------------ */

typedef struct held {
	pms_reservation *handle; /* null: none */
	cut_name name;
	uint64_t bytes;
	unsigned age;
} held;

static void publish(pms_reservation *handle, const cut_name *name, uint64_t bytes)
{
	pms_position position;
	pms_error error;

	expect_ok(pms_reservation_publish(handle, bytes, &position, &error), "publish", &error);
	pms_reservation_release(handle);
	cut_ack_send(CUT_ACK_ENTRY, name, position.offset, position.timestamp);
}

/* False: the region is full. */
static bool append(uint64_t seed, const cut_name *name, uint64_t bytes)
{
	uint8_t payload[CUT_BYTES_MAX + sizeof(cut_name)];
	pms_position position;
	pms_error error;
	int32_t status;

	cut_fill(seed, name, payload, bytes);
	status = pms_region_append(regions[name->region], payload, bytes, &position, &error);
	if (status == PMS_E_REGION_FULL)
		return false;
	expect_ok(status, "append", &error);
	cut_ack_send(CUT_ACK_ENTRY, name, position.offset, position.timestamp);
	return true;
}

static bool reserve(uint64_t seed, const cut_name *name, const cut_operation *operation, held *open)
{
	pms_reservation *handle;
	pms_error error;
	void *space;
	int32_t status = pms_region_reserve(regions[name->region], operation->reserved, &handle, &space, NULL, &error);

	if (status == PMS_E_REGION_FULL)
		return false;
	expect_ok(status, "reserve", &error);
	cut_fill(seed, name, space, operation->bytes);
	if (operation->verb == CUT_HOLD && !open->handle) {
		*open = (held){.handle = handle, .name = *name, .bytes = operation->bytes};
	} else if (operation->verb == CUT_ABANDON) {
		expect_ok(pms_reservation_abandon(handle, &error), "abandon", &error);
		pms_reservation_release(handle);
	} else {
		publish(handle, name, operation->bytes);
	}
	return true;
}

static void stream_work(uint64_t seed, uint32_t round, uint32_t thread)
{
	held open = {.handle = NULL};
	bool goes_on = true;

	for (uint64_t sequence = 0; goes_on; sequence++) {
		const cut_operation operation = cut_plan(seed, round, thread, sequence);
		const cut_name name = {.magic = CUT_NAME_MAGIC,
				       .round = round,
				       .thread = thread,
				       .region = operation.region,
				       .sequence = sequence};

		if (operation.verb == CUT_APPEND)
			goes_on = append(seed, &name, operation.bytes);
		else
			goes_on = reserve(seed, &name, &operation, &open);
		if (open.handle && ++open.age > HELD_FOR) {
			publish(open.handle, &open.name, open.bytes);
			open.handle = NULL;
		}
	}
}

const cut_store cut_stream_store = {
    .open = stream_open,
    .read = stream_read,
    .is_filling = stream_is_filling,
    .clear = stream_clear,
    .work = stream_work,
    .close = stream_close,
};
