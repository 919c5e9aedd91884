/* SPD-License-Identifier: MIT */
/* Appending with the core: one by one, in batches and groups, by several threads. */
#include "core.h"

#include <pthread.h>

#include "floor.h"

/* In a piece of work with several threads, by all of them. */
#define THREAD_OPERATIONS 65536u

typedef struct append_work {
	bench_kept *kept;
	pms_region *region;
	uint64_t bytes; /* of a payload */
	uint64_t batch;
	uint64_t room; /* operations until the region is full, after a clear */
	pms_part parts[BENCH_BATCH_MAX];
} append_work;

static void check(int32_t status, const char *verb)
{
	if (status != PMS_OK)
		bench_die("%s: %s", verb, pms_status_text(status));
}

static void prepare(void *state, uint64_t count)
{
	append_work *work = state;

	/* Constant time; the next entries go to the start of the region again. */
	if (work->kept->left < count || work->kept->payload_bytes != work->bytes) {
		check(pms_region_clear(work->region, NULL), "clear");
		work->kept->left = work->room;
		work->kept->payload_bytes = work->bytes;
	}
	work->kept->left -= count;
}

static void append_all(void *state, uint64_t count)
{
	const append_work *work = state;
	pms_position position;

	for (uint64_t i = 0; i < count; i++)
		check(pms_region_append(work->region, bench_payload(), work->bytes, &position, NULL), "append");
}

static void batch_all(void *state, uint64_t count)
{
	const append_work *work = state;
	pms_position position;

	for (uint64_t i = 0; i < count; i += work->batch) {
		for (uint64_t j = 0; j < work->batch; j++)
			check(pms_region_append_deferred(work->region, bench_payload(), work->bytes, &position, NULL),
			      "append_deferred");
		check(pms_region_persist(work->region, &position, NULL), "persist");
	}
}

static void group_all(void *state, uint64_t count)
{
	const append_work *work = state;
	pms_position positions[BENCH_BATCH_MAX];

	for (uint64_t i = 0; i < count; i += work->batch)
		check(pms_region_append_group(work->region, work->parts, work->batch, PMS_APPEND_DURABLE, positions,
					      NULL),
		      "append_group");
}

static bench_result run(const bench_request *request, void (*all)(void *state, uint64_t count))
{
	const uint64_t region_bytes = bench_on_disk(request) ? BENCH_DISK_BYTES : BENCH_REGION_BYTES;
	bench_kept *kept = bench_region(request, "one", region_bytes);
	append_work work = {
	    .kept = kept,
	    .region = kept->region,
	    .bytes = request->payload_bytes,
	    .batch = request->batch,
	    .room = region_bytes / bench_extent(request->payload_bytes),
	};
	bench_loop loop = {.prepare = prepare, .work = all, .state = &work, .piece = bench_piece(request)};

	for (uint64_t i = 0; i < request->batch; i++)
		work.parts[i] = (pms_part){.data = bench_payload(), .bytes = request->payload_bytes};
	return bench_run(request, &loop);
}

bench_result bench_core_append(const bench_request *request) { return run(request, append_all); }

bench_result bench_core_batch(const bench_request *request) { return run(request, batch_all); }

bench_result bench_core_group(const bench_request *request) { return run(request, group_all); }

/* ---- threads ---- */

typedef struct bench_crew bench_crew;

typedef struct member {
	bench_crew *crew;
	pms_region *region;
	uint64_t end_ns;
} member;

struct bench_crew {
	pthread_barrier_t start;
	pthread_mutex_t *mutex; /* around each append; null: none */
	uint64_t bytes;
	uint64_t count; /* appends of each thread */
	member members[BENCH_THREADS_MAX];
};

static void *append_with_others(void *argument)
{
	member *self = argument;
	const bench_crew *crew = self->crew;
	pms_position position;

	(void)pthread_barrier_wait(&self->crew->start);
	for (uint64_t i = 0; i < crew->count; i++) {
		if (crew->mutex)
			(void)pthread_mutex_lock(crew->mutex);
		check(pms_region_append(self->region, bench_payload(), crew->bytes, &position, NULL), "append");
		if (crew->mutex)
			(void)pthread_mutex_unlock(crew->mutex);
	}
	self->end_ns = bench_now_ns();
	return NULL;
}

/* From the moment at which all threads are there to the end of the last one. */
static uint64_t work_together(bench_crew *crew, uint64_t threads)
{
	pthread_t ids[BENCH_THREADS_MAX];
	uint64_t end = 0;

	(void)pthread_barrier_init(&crew->start, NULL, (unsigned)threads + 1);
	for (uint64_t i = 0; i < threads; i++) {
		crew->members[i].crew = crew;
		if (pthread_create(&ids[i], NULL, append_with_others, &crew->members[i]) != 0)
			bench_die("a thread cannot be started");
	}
	uint64_t begin = bench_now_ns();
	(void)pthread_barrier_wait(&crew->start);
	for (uint64_t i = 0; i < threads; i++) {
		(void)pthread_join(ids[i], NULL);
		if (crew->members[i].end_ns > end)
			end = crew->members[i].end_ns;
	}
	(void)pthread_barrier_destroy(&crew->start);
	return end - begin;
}

static bench_result run_threads(const bench_request *request, bool each, bool locked)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	static const char *const names[BENCH_THREADS_MAX] = {"0", "1", "2", "3", "4", "5", "6", "7"};
	bench_crew crew = {
	    .mutex = locked ? &mutex : NULL,
	    .bytes = request->payload_bytes,
	    .count = THREAD_OPERATIONS / request->threads,
	};
	bench_result result = {0};

	if (crew.count * request->threads * bench_extent(crew.bytes) > BENCH_THREAD_REGION_BYTES)
		bench_die("the entries of %u operations do not fit", THREAD_OPERATIONS);
	for (uint64_t i = 0; i < request->threads; i++)
		crew.members[i].region =
		    bench_region(request, each ? names[i] : names[0], BENCH_THREAD_REGION_BYTES)->region;
	do {
		for (uint64_t i = 0; i < request->threads; i++)
			check(pms_region_clear(crew.members[i].region, NULL), "clear");
		result.ns += work_together(&crew, request->threads);
		result.operations += crew.count * request->threads;
	} while (result.ns < request->min_ns);
	return result;
}

bench_result bench_core_threads_one(const bench_request *request) { return run_threads(request, false, false); }

bench_result bench_core_threads_each(const bench_request *request) { return run_threads(request, true, false); }

bench_result bench_core_threads_mutex(const bench_request *request) { return run_threads(request, false, true); }
