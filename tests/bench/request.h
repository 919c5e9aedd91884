/* SPDX-License-Identifier: MIT */
/*
 * What the driver (tests/PmemStream.Benchmarks) asks of a native program, and what it gets: one line each way.
 *
 *   measure system=S scenario=S medium=memory|disk policy=S payload=N threads=N batch=N log=N min_ns=N
 *                                -> ok operations=N ns=N
 *   memory                       -> ok rss_anonymous=N           bytes, of this process
 *   describe medium=M policy=S   -> ok TEXT                      how bytes become durable there
 *   reset                        -> ok                           gives up all files and mappings
 *   quit                         -> ok, and the program ends; so it does at the end of its input
 *
 * A request that fails is answered with "error TEXT".
 */
#ifndef BENCH_REQUEST_H
#define BENCH_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#define BENCH_WORD_BYTES 32
#define BENCH_PAYLOAD_MAX 65536u
#define BENCH_BATCH_MAX 64u
#define BENCH_THREADS_MAX 8u

typedef struct bench_request {
	char system[BENCH_WORD_BYTES];
	char scenario[BENCH_WORD_BYTES];
	char medium[BENCH_WORD_BYTES];
	char policy[BENCH_WORD_BYTES];
	uint64_t payload_bytes;
	uint64_t threads;
	uint64_t batch;
	uint64_t log_bytes;
	uint64_t min_ns; /* measure at least that long */
} bench_request;

/* Of the measured work alone: what stands between two pieces of it is not counted. */
typedef struct bench_result {
	uint64_t operations; /* entries appended, read or recovered; logs opened */
	uint64_t ns;
} bench_result;

/* Fields that are not given get a plain value. False: *text says what is wrong with the line. */
bool bench_request_parse(const char *line, bench_request *request, const char **text);

bool bench_is(const char *word, const char *expected);
bool bench_on_disk(const bench_request *request);

/* Monotonic. */
uint64_t bench_now_ns(void);

/* Ends the program with a text: a benchmark that went wrong has no result. */
_Noreturn void bench_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Bytes that do not compress, the same each time: BENCH_PAYLOAD_MAX of them, from a cache line on. */
const uint8_t *bench_payload(void);

/* Repeats `work` until the pieces of it take request->min_ns. `work` does `count` operations and is timed as a whole;
 * before each piece `prepare` may make room for it, untimed. */
typedef struct bench_loop {
	void (*prepare)(void *state, uint64_t count); /* may be null */
	void (*work)(void *state, uint64_t count);
	void *state;
	uint64_t piece; /* operations in a piece */
} bench_loop;

bench_result bench_run(const bench_request *request, const bench_loop *loop);

/* What a program offers. */
typedef struct bench_program {
	/* False: no such system or scenario here. */
	bool (*measure)(const bench_request *request, bench_result *result);
	/* May be null. The text is static. */
	const char *(*describe)(const bench_request *request);
	void (*reset)(void);
} bench_program;

/* The folders that the program was started with: for files in memory, and for files on a disk. */
extern const char *bench_memory_folder;
extern const char *bench_disk_folder;

/* A path in the folder of the medium that was asked for. */
void bench_path(char path[512], const bench_request *request, const char *name);

/* Serves requests from standard input. */
int bench_serve(int argc, char **argv, const bench_program *program);

#endif
