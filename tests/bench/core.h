/* SPDX-License-Identifier: MIT */
/* The measurements of bench_core: the C core, the floor in memory and on a disk, and XXH3 alone. core.c lists them. */
#ifndef BENCH_CORE_H
#define BENCH_CORE_H

#include "pmemstream_core.h"
#include "request.h"

/* Room that is appended to, over and over: more than the caches of one core, of every system the same. */
#define BENCH_REGION_BYTES (128u << 20)
#define BENCH_DISK_BYTES (32u << 20)
/* Of each of BENCH_THREADS_MAX regions. */
#define BENCH_THREAD_REGION_BYTES (32u << 20)
/* Logs that are read: packed entries when they are iterated, aligned to 64 when they are verified. */
#define BENCH_ITERATE_PAYLOAD 64u
#define BENCH_LOG_BYTES_MIN (1u << 20)
#define BENCH_VERIFY_PAYLOAD 4096u

/* Operations between two looks at the clock: on a disk the fewest, in memory about 0.1 ms. */
uint64_t bench_piece(const bench_request *request);

/* ---- streams (core_stream.c) ---- */

/* Ends the program unless the status is PMS_OK. */
void bench_check(int32_t status, const char *what, const pms_error *error);

uint32_t bench_flush_policy(const bench_request *request);

pms_stream *bench_create(const char *path, const bench_request *request, uint64_t bytes);
pms_stream *bench_open(const char *path, const bench_request *request);
pms_region *bench_create_region(pms_stream *stream, const char *name, uint64_t bytes, uint32_t alignment);
/* Appends entries of that size, deferred, until `bytes` of the region are used; then persists. Returns how many. */
uint64_t bench_fill(pms_region *region, uint64_t payload_bytes, uint64_t bytes);

/* A region that is appended to over and over, from end to end, by whichever request. */
typedef struct bench_kept {
	pms_region *region;
	uint64_t payload_bytes; /* of the entries in it */
	uint64_t left;		/* how many more of them fit */
} bench_kept;

/* A region that is kept until the next reset, by medium, policy and name, in a stream of its own; made, and stored to once
 * from end to end, when it is asked for first. */
bench_kept *bench_region(const bench_request *request, const char *name, uint64_t bytes);
/* The name of its stream's file. */
void bench_region_file(char file[96], const bench_request *request, const char *name);
/* How the stream of that region makes bytes durable. Static memory. */
const char *bench_region_medium(const bench_request *request);
void bench_regions_reset(void);

/* ---- measurements ---- */

bench_result bench_core_append(const bench_request *request);	     /* append */
bench_result bench_core_batch(const bench_request *request);	     /* batch: deferred, then persist */
bench_result bench_core_group(const bench_request *request);	     /* group */
bench_result bench_core_threads_one(const bench_request *request);   /* threads-one: all on one region */
bench_result bench_core_threads_each(const bench_request *request);  /* threads-each: a region for each */
bench_result bench_core_threads_mutex(const bench_request *request); /* threads-one, a mutex around each append */
bench_result bench_core_followers(const bench_request *request);     /* followers: threads - 1 of them */
bench_result bench_core_wake(const bench_request *request);	     /* wake-median, wake-p99: likewise */
bench_result bench_core_iterate(const bench_request *request);	     /* iterate, iterate-batch, iterate-unverified */
bench_result bench_core_verify(const bench_request *request);	     /* verify: a check of the stream */
bench_result bench_xxh3(const bench_request *request);		     /* iterate, verify: XXH3 over the same bytes */
bench_result bench_core_open(const bench_request *request);	     /* open-closed, open-killed */
bench_result bench_core_recovery(const bench_request *request);	     /* recovery */
bench_result bench_floor_append(const bench_request *request);	     /* append, batch */
bench_result bench_disk_floor_append(const bench_request *request);  /* append, batch */

/* The program that follows: bench_core --follow STREAM NUMBER. */
int bench_follow(int argc, char **argv);

void bench_follow_reset(void);
void bench_read_reset(void);
void bench_open_reset(void);
void bench_floor_reset(void);
void bench_disk_floor_reset(void);

#endif
