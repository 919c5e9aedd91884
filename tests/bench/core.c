/* SPDX-License-Identifier: MIT */
/* bench_core: see request.h for how it is asked, and the table below for what it measures. */
#include "core.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *system;
	const char *scenario;
	const char *medium; /* null: any */
	bench_result (*measure)(const bench_request *request);
} measurements[] = {
    {"floor", "append", "memory", bench_floor_append},
    {"floor", "append", "disk", bench_disk_floor_append},
    {"floor", "batch", "memory", bench_floor_append},
    {"floor", "batch", "disk", bench_disk_floor_append},
    {"core", "append", NULL, bench_core_append},
    {"core", "batch", NULL, bench_core_batch},
    {"core", "group", NULL, bench_core_group},
    {"core", "threads-one", "memory", bench_core_threads_one},
    {"core", "threads-each", "memory", bench_core_threads_each},
    {"mutex", "threads-one", "memory", bench_core_threads_mutex},
    {"core", "followers", "memory", bench_core_followers},
    {"core", "wake-median", "memory", bench_core_wake},
    {"core", "wake-p99", "memory", bench_core_wake},
    {"core", "iterate", "memory", bench_core_iterate},
    {"core", "iterate-batch", "memory", bench_core_iterate},
    {"core", "iterate-unverified", "memory", bench_core_iterate},
    {"core", "verify", "memory", bench_core_verify},
    {"xxh3", "iterate", "memory", bench_xxh3},
    {"xxh3", "verify", "memory", bench_xxh3},
    {"core", "open-closed", "memory", bench_core_open},
    {"core", "open-killed", "memory", bench_core_open},
    {"core", "recovery", "memory", bench_core_recovery},
};

uint64_t bench_piece(const bench_request *request)
{
	uint64_t piece = request->payload_bytes <= 1024 ? 1024 : 1024 * 1024 / request->payload_bytes;

	if (bench_on_disk(request))
		return request->batch;
	piece -= piece % request->batch;
	return piece ? piece : request->batch;
}

static bool measure(const bench_request *request, bench_result *result)
{
	for (size_t i = 0; i < sizeof(measurements) / sizeof(measurements[0]); i++) {
		if (!bench_is(request->system, measurements[i].system) ||
		    !bench_is(request->scenario, measurements[i].scenario))
			continue;
		if (measurements[i].medium && !bench_is(request->medium, measurements[i].medium))
			continue;
		*result = measurements[i].measure(request);
		return true;
	}
	return false;
}

static void reset(void)
{
	bench_follow_reset();
	bench_floor_reset();
	bench_disk_floor_reset();
	bench_read_reset();
	bench_open_reset();
	bench_regions_reset();
}

int main(int argc, char **argv)
{
	static const bench_program program = {.measure = measure, .describe = bench_region_medium, .reset = reset};

	if (argc > 1 && strcmp(argv[1], "--follow") == 0)
		return bench_follow(argc, argv);
	return bench_serve(argc, argv, &program);
}
