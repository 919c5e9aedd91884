/* SPDX-License-Identifier: MIT */
/* Streams for tests, each on two media: a file on tmpfs and a file on a disk. Everything here asserts what it does. */
#ifndef PMS_TEST_SUPPORT_STREAM_H
#define PMS_TEST_SUPPORT_STREAM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pmemstream_core.h"
#include "support_files.h"

#define TEST_KIB 1024ull
#define TEST_MIB (1024ull * 1024)
/* Size of a stream where the test does not care. */
/* The least by which a stream can grow, open as it is, and then grow again: a block, or what views of Windows are made of. */
#if defined(_WIN32)
#define TEST_GROW_BYTES (64 * TEST_KIB)
#else
#define TEST_GROW_BYTES 4096ull
#endif
#define TEST_STREAM_BYTES (4 * TEST_MIB)

/* ---- one test ---------------------------------------------------------------------------------------------------- */

/* What a test gets as its state: a folder of its own, removed after it. */
typedef struct test_case {
	const char *folder; /* null: there is no such medium here */
	uint32_t kind;	    /* pms_medium_kind */
	char path[700];	    /* of its stream, not created yet */
} test_case;

int test_case_setup_tmpfs(void **state);
int test_case_setup_disk(void **state);
int test_case_teardown(void **state);

/* Entries of a table of tests: one that runs on tmpfs alone, and one that runs on both media. */
#define TEST_ON_TMPFS(function) \
	{ \
#function "_on_tmpfs", function, test_case_setup_tmpfs, test_case_teardown, NULL \
	}
#define TEST_ON_DISK(function) \
	{ \
#function "_on_disk", function, test_case_setup_disk, test_case_teardown, NULL \
	}
#define TEST_ON_BOTH(function) TEST_ON_TMPFS(function), TEST_ON_DISK(function)

/* First line of each test: skips it where its medium is missing. */
test_case *test_begin(void **state);
/* "<folder of the test>/<name>", as test_path. */
const char *test_file(const test_case *test, const char *name);

/* How often something is tried at random; windows/posix.h says less. */
#ifndef TEST_ROUNDS
#define TEST_ROUNDS(usual) (usual)
#endif

/* ---- random ------------------------------------------------------------------------------------------------------ */

/* The seed of this program's run: PMS_TEST_SEED, or the time. Printed once. */
uint64_t test_seed(void);
uint64_t test_random(uint64_t *state);
/* 0 .. limit - 1. */
uint64_t test_random_below(uint64_t *state, uint64_t limit);

/* ---- streams ----------------------------------------------------------------------------------------------------- */

pms_create_options test_create_options(uint64_t stream_bytes);
pms_open_options test_open_options(uint32_t flags);
pms_region_options test_region_options(const char *name, uint64_t usable_bytes, uint32_t alignment);

pms_stream *test_create(const char *path, uint64_t stream_bytes);
pms_stream *test_open(const char *path, uint32_t flags);
/* Expects it to fail with that status, and to say why in one line. */
void test_open_fails(const char *path, uint32_t flags, int32_t status, pms_error *error);
void test_close(pms_stream *stream);

pms_stream_info test_info(pms_stream *stream);
pms_recovery_info test_recovery(pms_stream *stream);
pms_region_info test_region_info(pms_region *region);

pms_region *test_region(pms_stream *stream, const char *name, uint64_t usable_bytes, uint32_t alignment);
pms_region *test_find(pms_stream *stream, const char *name);

/* A check that finds nothing. */
void test_check_is_clean(pms_stream *stream);
/* A failed call has filled its record: the status, and one line of text. */
void test_error_says(const pms_error *error, int32_t status);

/* ---- entries ----------------------------------------------------------------------------------------------------- */

/* Bytes that a seed stands for. */
void test_fill(void *buffer, uint64_t bytes, uint64_t seed);
bool test_is_filled(const void *buffer, uint64_t bytes, uint64_t seed);

typedef struct test_entry {
	pms_position position;
	uint64_t bytes;
	uint64_t seed;
} test_entry;

/* What a region is expected to hold. Zero-initialised; freed by test_log_free. */
typedef struct test_log {
	test_entry *entries;
	size_t count, capacity;
} test_log;

void test_log_add(test_log *log, pms_position position, uint64_t bytes, uint64_t seed);
/* Appends an entry of that many bytes, and expects it in the region from now on. */
pms_position test_log_append(test_log *log, pms_region *region, uint64_t bytes);
/* The region holds exactly this: by cursor, in order, verified, and each entry by its position. */
void test_log_expect(const test_log *log, pms_region *region);
void test_log_free(test_log *log);

/* Without a log: appends bytes of the seed. */
pms_position test_append(pms_region *region, uint64_t bytes, uint64_t seed);
/* Entries that a verified cursor finds from the first to the end; the status that ended it goes to *end. */
uint64_t test_count_entries(pms_region *region, int32_t *end);

#endif
