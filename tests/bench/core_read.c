/* SPDX-License-Identifier: MIT */
/* Reading with the core: iteration, and a check of everything, beside XXH3 over the same bytes. */
#include "core.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "floor.h"

typedef struct log_file {
	char name[64];
	pms_stream *stream;
	pms_region *region;
	uint64_t bytes;
	uint64_t count; /* entries in it */
} log_file;

static log_file iterated[2]; /* of two lengths */
static log_file verified;

static void make(log_file *log, const char *name, const bench_request *request, uint64_t payload, uint32_t alignment)
{
	char path[512];

	(void)snprintf(log->name, sizeof(log->name), "%s-%llu.pms", name, (unsigned long long)request->log_bytes);
	bench_path(path, request, log->name);
	log->bytes = request->log_bytes;
	log->stream = bench_create(path, request, log->bytes + (1u << 20));
	log->region = bench_create_region(log->stream, "log", log->bytes, alignment);
	log->count = bench_fill(log->region, payload, log->bytes);
}

static void drop(log_file *log)
{
	bench_request request = {.medium = "memory"};
	char path[512];

	if (!log->stream)
		return;
	pms_region_release(log->region);
	pms_stream_release(log->stream);
	bench_path(path, &request, log->name);
	(void)unlink(path);
	memset(log, 0, sizeof(*log));
}

void bench_read_reset(void)
{
	drop(&iterated[0]);
	drop(&iterated[1]);
	drop(&verified);
}

static log_file *find_iterated(const bench_request *request)
{
	if (request->payload_bytes != BENCH_ITERATE_PAYLOAD || request->log_bytes < BENCH_LOG_BYTES_MIN)
		bench_die("logs of %u bytes or more are iterated, with entries of %u bytes", BENCH_LOG_BYTES_MIN,
			  BENCH_ITERATE_PAYLOAD);
	for (size_t i = 0; i < 2; i++) {
		if (!iterated[i].stream)
			make(&iterated[i], "iterate", request, BENCH_ITERATE_PAYLOAD, PMS_ENTRY_ALIGNMENT_MIN);
		if (iterated[i].bytes == request->log_bytes)
			return &iterated[i];
	}
	bench_die("logs of two lengths are iterated, no third one");
}

static log_file *find_verified(const bench_request *request)
{
	if (request->log_bytes < BENCH_LOG_BYTES_MIN)
		bench_die("logs of %u bytes or more are verified", BENCH_LOG_BYTES_MIN);
	if (verified.stream && verified.bytes != request->log_bytes)
		drop(&verified);
	if (!verified.stream)
		make(&verified, "verify", request, BENCH_VERIFY_PAYLOAD, 0);
	return &verified;
}

typedef struct read_work {
	const log_file *log;
	uint32_t flags;
	volatile uint64_t sum; /* so that each payload is looked at */
	const uint8_t *first;
	uint64_t bytes;
} read_work;

static void expect_end(int32_t status, uint64_t seen, uint64_t count)
{
	if (status != PMS_E_END || seen != count)
		bench_die("iteration ended after %llu of %llu entries: %s", (unsigned long long)seen,
			  (unsigned long long)count, pms_status_text(status));
}

static void iterate_all(void *state, uint64_t count)
{
	read_work *work = state;
	pms_cursor_options options = {.struct_bytes = sizeof(options), .flags = work->flags};
	pms_cursor *cursor;
	pms_error error;
	pms_entry entry;
	uint64_t seen = 0, sum = 0;
	int32_t status;

	bench_check(pms_cursor_open(work->log->region, &options, &cursor, &error), "opening a cursor", &error);
	while ((status = pms_cursor_next(cursor, &entry, NULL)) == PMS_OK) {
		sum += *(const uint8_t *)entry.data;
		seen++;
	}
	pms_cursor_close(cursor);
	work->sum += sum;
	expect_end(status, seen, count);
}

/* As many at a time as the cursor hands out. */
static void iterate_batches(void *state, uint64_t count)
{
	read_work *work = state;
	pms_cursor_options options = {.struct_bytes = sizeof(options), .flags = work->flags};
	const pms_entry *entries;
	pms_cursor *cursor;
	pms_error error;
	uint64_t found, seen = 0, sum = 0;
	int32_t status;

	bench_check(pms_cursor_open(work->log->region, &options, &cursor, &error), "opening a cursor", &error);
	while ((status = pms_cursor_next_batch(cursor, &entries, &found, NULL)) == PMS_OK) {
		for (uint64_t i = 0; i < found; i++)
			sum += *(const uint8_t *)entries[i].data;
		seen += found;
	}
	pms_cursor_close(cursor);
	work->sum += sum;
	expect_end(status, seen, count);
}

bench_result bench_core_iterate(const bench_request *request)
{
	read_work work = {
	    .log = find_iterated(request),
	    .flags = bench_is(request->scenario, "iterate-unverified") ? PMS_READ_UNVERIFIED : PMS_READ_VERIFIED,
	};
	bench_loop loop = {
	    .work = bench_is(request->scenario, "iterate-batch") ? iterate_batches : iterate_all,
	    .state = &work,
	    .piece = work.log->count,
	};

	return bench_run(request, &loop);
}

static void check_all(void *state, uint64_t count)
{
	const read_work *work = state;
	pms_check_summary summary = {.struct_bytes = sizeof(summary)};
	pms_check *check;
	pms_error error;

	bench_check(pms_check_run(work->log->stream, &check, &error), "checking", &error);
	bench_check(pms_check_summarize(check, &summary), "the summary of a check", NULL);
	pms_check_release(check);
	if (summary.entry_count != count || summary.error_count != 0)
		bench_die("the check found %llu of %llu entries and %llu errors",
			  (unsigned long long)summary.entry_count, (unsigned long long)count,
			  (unsigned long long)summary.error_count);
}

bench_result bench_core_verify(const bench_request *request)
{
	read_work work = {.log = find_verified(request)};
	bench_loop loop = {.work = check_all, .state = &work, .piece = work.log->count};

	return bench_run(request, &loop);
}

static void hash_all(void *state, uint64_t count)
{
	read_work *work = state;

	(void)count;
	work->sum += bench_hash(work->first, work->bytes);
}

/* From the first payload on, as many bytes as the entries take, headers and padding too: in one go. */
bench_result bench_xxh3(const bench_request *request)
{
	read_work work = {
	    .log = bench_is(request->scenario, "iterate") ? find_iterated(request) : find_verified(request),
	};
	pms_region_info info = {.struct_bytes = sizeof(info)};
	pms_cursor *cursor;
	pms_error error;
	pms_entry entry;

	bench_check(pms_region_describe(work.log->region, &info, &error), "describing a region", &error);
	bench_check(pms_cursor_open(work.log->region, NULL, &cursor, &error), "opening a cursor", &error);
	bench_check(pms_cursor_next(cursor, &entry, &error), "the first entry", &error);
	work.first = entry.data;
	work.bytes = info.used_bytes - BENCH_HEADER_BYTES;
	bench_loop loop = {.work = hash_all, .state = &work, .piece = work.log->count};
	bench_result result = bench_run(request, &loop);
	pms_cursor_close(cursor);
	return result;
}
