/* SPDX-License-Identifier: MIT */
/*
 * bench_peers: libpmemlog, and libpmem's pmem_memcpy_persist of the bytes that the core stores, in memory. To be started with
 * PMEM_IS_PMEM_FORCE=1, so that they take tmpfs for persistent memory; without it both would call msync.
 *
 * Their flush policy is libpmem's own choice, by cpuid: clwb, clflushopt or clflush, and non-temporal stores from 256 bytes
 * on (PMEM_NO_CLWB, PMEM_NO_CLFLUSHOPT, PMEM_NO_MOVNT and PMEM_MOVNT_THRESHOLD would change it; none is set).
 */
#include "request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include <libpmem.h>
#include <libpmemlog.h>

#include "floor.h"

#define AREA_BYTES (128u << 20)

typedef struct peer_work {
	uint64_t bytes;
	uint64_t extent;
	uint64_t batch;
} peer_work;

/* ---- libpmemlog ---- */

static PMEMlogpool *pool;
static uint64_t pool_room; /* bytes of payloads that fit */

static void pool_open(const bench_request *request)
{
	char path[512];

	if (pool)
		return;
	bench_path(path, request, "pmemlog.pool");
	(void)unlink(path);
	pool = pmemlog_create(path, AREA_BYTES, 0600);
	if (!pool)
		bench_die("'%s': %s", path, pmemlog_errormsg());
	pool_room = pmemlog_nbyte(pool);
	/* Each page is stored to, as in the streams of the core. */
	while (pmemlog_append(pool, bench_payload(), 4096) == 0)
		;
	pmemlog_rewind(pool);
}

static void pool_prepare(void *state, uint64_t count)
{
	const peer_work *work = state;

	if ((uint64_t)pmemlog_tell(pool) + count * work->bytes > pool_room)
		pmemlog_rewind(pool);
}

static void pool_append(void *state, uint64_t count)
{
	const peer_work *work = state;
	struct iovec parts[BENCH_BATCH_MAX];

	for (uint64_t j = 0; j < work->batch; j++)
		parts[j] = (struct iovec){.iov_base = (void *)(uintptr_t)bench_payload(), .iov_len = work->bytes};
	for (uint64_t i = 0; i < count; i += work->batch) {
		int status = work->batch == 1 ? pmemlog_append(pool, bench_payload(), work->bytes)
					      : pmemlog_appendv(pool, parts, (int)work->batch);
		if (status != 0)
			bench_die("pmemlog_append: %s", pmemlog_errormsg());
	}
}

/* ---- pmem_memcpy_persist ---- */

static uint8_t *area;
static uint64_t area_used;
static uint8_t *image; /* header and payload in one piece, as the function wants them */

static void area_open(const bench_request *request)
{
	char path[512];
	size_t bytes = 0;
	int is_pmem = 0;

	if (area)
		return;
	bench_path(path, request, "memcpy.bin");
	area = pmem_map_file(path, AREA_BYTES, PMEM_FILE_CREATE, 0600, &bytes, &is_pmem);
	if (!area || bytes != AREA_BYTES)
		bench_die("'%s': %s", path, pmem_errormsg());
	if (!is_pmem)
		bench_die("libpmem does not take '%s' for persistent memory: PMEM_IS_PMEM_FORCE=1 is missing", path);
	memset(area, 0, AREA_BYTES);
	image = calloc(1, bench_extent(BENCH_PAYLOAD_MAX));
	if (!image)
		bench_die("out of memory");
	memcpy(image + BENCH_HEADER_BYTES, bench_payload(), BENCH_PAYLOAD_MAX);
	area_used = 0;
}

static void area_prepare(void *state, uint64_t count)
{
	const peer_work *work = state;

	if (area_used + count * work->extent > AREA_BYTES)
		area_used = 0;
}

static void area_append(void *state, uint64_t count)
{
	const peer_work *work = state;
	const uint64_t bytes = BENCH_HEADER_BYTES + (work->bytes + 7) / 8 * 8;

	for (uint64_t i = 0; i < count; i += work->batch) {
		for (uint64_t j = 0; j < work->batch; j++) {
			if (work->batch == 1)
				(void)pmem_memcpy_persist(area + area_used, image, bytes);
			else
				(void)pmem_memcpy_nodrain(area + area_used, image, bytes);
			area_used += work->extent;
		}
		if (work->batch > 1)
			pmem_drain();
	}
}

/* ---- the program ---- */

static bool measure(const bench_request *request, bench_result *result)
{
	peer_work work = {
	    .bytes = request->payload_bytes,
	    .extent = bench_extent(request->payload_bytes),
	    .batch = request->batch,
	};
	bench_loop loop = {.state = &work, .piece = request->payload_bytes <= 1024 ? 1024 : 1024 * 1024 / work.bytes};

	loop.piece = loop.piece < work.batch ? work.batch : loop.piece - loop.piece % work.batch;
	if (bench_on_disk(request) || !(bench_is(request->scenario, "append") || bench_is(request->scenario, "batch")))
		return false;
	if (bench_is(request->system, "libpmemlog")) {
		pool_open(request);
		loop.prepare = pool_prepare;
		loop.work = pool_append;
	} else if (bench_is(request->system, "pmem-memcpy")) {
		area_open(request);
		loop.prepare = area_prepare;
		loop.work = area_append;
	} else {
		return false;
	}
	*result = bench_run(request, &loop);
	return true;
}

static void reset(void)
{
	bench_request request = {.medium = "memory"};
	char path[512];

	if (pool) {
		pmemlog_close(pool);
		bench_path(path, &request, "pmemlog.pool");
		(void)unlink(path);
		pool = NULL;
	}
	if (area) {
		(void)pmem_unmap(area, AREA_BYTES);
		bench_path(path, &request, "memcpy.bin");
		(void)unlink(path);
		free(image);
		area = NULL;
	}
}

int main(int argc, char **argv)
{
	static const bench_program program = {.measure = measure, .reset = reset};

	return bench_serve(argc, argv, &program);
}
