/* SPDX-License-Identifier: MIT */
/* Reading with the core: iteration, and a check of everything, beside XXH3 over the same bytes. */
#include "core.h"

#include <stdio.h>
#include <unistd.h>

#include "floor.h"

typedef struct log_file {
	const char *name;
	pms_stream *stream;
	pms_region *region;
	uint64_t count; /* entries in it */
} log_file;

static log_file iterated = {.name = "iterate.pms"};
static log_file verified = {.name = "verify.pms"};

static void make(log_file *log, const bench_request *request, uint64_t bytes, uint64_t payload, uint32_t alignment)
{
	char path[512];

	if (log->stream)
		return;
	bench_path(path, request, log->name);
	log->stream = bench_create(path, request, bytes + (1u << 20));
	log->region = bench_create_region(log->stream, "log", bytes, alignment);
	log->count = bench_fill(log->region, payload, bytes);
}

static void drop(log_file *log)
{
	bench_request request = {.medium = "memory"};
	char path[512];

	if (!log->stream)
		return;
	pms_region_release(log->region);
	pms_stream_release(log->stream);
	log->stream = NULL;
	bench_path(path, &request, log->name);
	(void)unlink(path);
}

void bench_read_reset(void)
{
	drop(&iterated);
	drop(&verified);
}

typedef struct iterate_work {
	uint32_t flags;
	uint64_t sum; /* so that each payload is looked at */
} iterate_work;

static void iterate_all(void *state, uint64_t count)
{
	iterate_work *work = state;
	pms_cursor_options options = {.struct_bytes = sizeof(options), .flags = work->flags};
	pms_cursor *cursor;
	pms_error error;
	pms_entry entry;
	uint64_t seen = 0;
	int32_t status;

	bench_check(pms_cursor_open(iterated.region, &options, &cursor, &error), "opening a cursor", &error);
	while ((status = pms_cursor_next(cursor, &entry, NULL)) == PMS_OK) {
		work->sum += *(const uint8_t *)entry.data;
		seen++;
	}
	pms_cursor_close(cursor);
	if (status != PMS_E_END || seen != count)
		bench_die("iteration ended after %llu of %llu entries: %s", (unsigned long long)seen,
			  (unsigned long long)count, pms_status_text(status));
}

bench_result bench_core_iterate(const bench_request *request)
{
	iterate_work work = {
	    .flags = bench_is(request->scenario, "iterate") ? PMS_READ_VERIFIED : PMS_READ_UNVERIFIED,
	};

	if (request->payload_bytes != 64)
		bench_die("entries of 64 bytes are iterated, not of %llu", (unsigned long long)request->payload_bytes);
	make(&iterated, request, BENCH_ITERATE_BYTES, 64, PMS_ENTRY_ALIGNMENT_MIN);
	bench_loop loop = {.work = iterate_all, .state = &work, .piece = iterated.count};
	return bench_run(request, &loop);
}

static void check_all(void *state, uint64_t count)
{
	pms_check_summary summary = {.struct_bytes = sizeof(summary)};
	pms_check *check;
	pms_error error;

	(void)state;
	bench_check(pms_check_run(verified.stream, &check, &error), "checking", &error);
	bench_check(pms_check_summarize(check, &summary), "the summary of a check", NULL);
	pms_check_release(check);
	if (summary.entry_count != count || summary.error_count != 0)
		bench_die("the check found %llu of %llu entries and %llu errors",
			  (unsigned long long)summary.entry_count, (unsigned long long)count,
			  (unsigned long long)summary.error_count);
}

bench_result bench_core_verify(const bench_request *request)
{
	make(&verified, request, BENCH_VERIFY_BYTES, BENCH_VERIFY_PAYLOAD, 0);
	bench_loop loop = {.work = check_all, .piece = verified.count};
	return bench_run(request, &loop);
}

typedef struct hash_work {
	const uint8_t *first;
	uint64_t bytes;
	volatile uint64_t sum;
} hash_work;

static void hash_all(void *state, uint64_t count)
{
	hash_work *work = state;

	(void)count;
	work->sum += bench_hash(work->first, work->bytes);
}

/* From the first payload on, as many bytes as the entries take: in one go. */
bench_result bench_xxh3_verify(const bench_request *request)
{
	hash_work work = {0};
	pms_cursor *cursor;
	pms_error error;
	pms_entry entry;

	make(&verified, request, BENCH_VERIFY_BYTES, BENCH_VERIFY_PAYLOAD, 0);
	bench_check(pms_cursor_open(verified.region, NULL, &cursor, &error), "opening a cursor", &error);
	bench_check(pms_cursor_next(cursor, &entry, &error), "the first entry", &error);
	work.first = entry.data;
	work.bytes = verified.count * bench_extent(BENCH_VERIFY_PAYLOAD) - BENCH_HEADER_BYTES;
	bench_loop loop = {.work = hash_all, .state = &work, .piece = verified.count};
	bench_result result = bench_run(request, &loop);
	pms_cursor_close(cursor);
	return result;
}
