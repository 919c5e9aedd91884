/* SPDX-License-Identifier: MIT */
/* Systems "floor" (see floor.h) and "xxh3" (the payloads of a log hashed in one go) in memory. */
#include "core.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "floor.h"

static struct {
	uint8_t *base;
	uint64_t used;
} area;

static void area_open(const bench_request *request)
{
	char path[512];

	if (area.base)
		return;
	bench_path(path, request, "floor.bin");
	int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (file < 0 || posix_fallocate(file, 0, BENCH_REGION_BYTES) != 0)
		bench_die("'%s' cannot be created", path);
	void *base = mmap(NULL, BENCH_REGION_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (base == MAP_FAILED)
		bench_die("'%s' cannot be mapped", path);
	(void)close(file);
	memset(base, 0, BENCH_REGION_BYTES); /* page tables, and as warm as the others */
	area.base = base;
	area.used = 0;
}

void bench_floor_reset(void)
{
	char path[512];
	bench_request request = {.medium = "memory"};

	if (!area.base)
		return;
	(void)munmap(area.base, BENCH_REGION_BYTES);
	area.base = NULL;
	bench_path(path, &request, "floor.bin");
	(void)unlink(path);
}

typedef struct floor_work {
	bench_policy policy;
	uint64_t bytes;
	uint64_t extent;
	uint64_t batch;
} floor_work;

static void prepare(void *state, uint64_t count)
{
	const floor_work *work = state;

	if (area.used + count * work->extent > BENCH_REGION_BYTES)
		area.used = 0;
}

static void store_all(void *state, uint64_t count)
{
	const floor_work *work = state;
	const uint8_t *payload = bench_payload();

	for (uint64_t i = 0; i < count; i += work->batch) {
		for (uint64_t j = 0; j < work->batch; j++) {
			bench_floor_store(work->policy, area.base + area.used, payload, work->bytes);
			area.used += work->extent;
		}
		bench_floor_fence();
	}
}

bench_result bench_floor_append(const bench_request *request)
{
	floor_work work = {
	    .policy = bench_is(request->policy, "non-temporal") ? BENCH_NON_TEMPORAL : BENCH_CACHE_LINES,
	    .bytes = request->payload_bytes,
	    .extent = bench_extent(request->payload_bytes),
	    .batch = request->batch,
	};
	bench_loop loop = {.prepare = prepare, .work = store_all, .state = &work, .piece = bench_piece(request)};

	area_open(request);
	return bench_run(request, &loop);
}
