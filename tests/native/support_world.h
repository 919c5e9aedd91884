/* SPDX-License-Identifier: MIT */
/* A model of a stream under random work: what must be found after a cut at any moment, and the comparison with it. */
#ifndef PMS_TEST_SUPPORT_WORLD_H
#define PMS_TEST_SUPPORT_WORLD_H

#include "support_medium.h"

#define WORLD_REGIONS 3
#define WORLD_RESERVATIONS_MAX 4

/* What a region must be after a cut. */
typedef struct expected_region {
	bool may_exist, must_exist, may_be_empty;
	bool has_optional;
	test_entry optional; /* in progress; offset 0: at the end */
	test_log log;	     /* in the order of their offsets */
} expected_region;

typedef struct reserved {
	pms_reservation *handle;
	void *space;
	int region;
	test_entry entry;
} reserved;

typedef struct world {
	const test_case *test;
	char path[700];
	uint64_t random, seeds, greatest_timestamp;
	pms_stream *stream;
	pms_region *regions[WORLD_REGIONS];
	expected_region expected[WORLD_REGIONS];
	reserved reserved[WORLD_RESERVATIONS_MAX];
	int reserved_count;
	uint64_t bytes, growing_to; /* size of the stream, and the one that it may have as well */
	unsigned step, cuts, kills, grown;
	bool cut_in_recovery;
	test_image killed;			     /* what was durable when the last session was killed */
	bool in_call;				     /* a call is in progress, so that a kill may come in it */
	test_image mid_kill;			     /* a kill in the call in progress: all bytes ... */
	test_image mid_durable;			     /* ... of which these are durable ... */
	expected_region mid_expected[WORLD_REGIONS]; /* ... and what may be there */
	uint64_t mid_bytes, mid_growing_to;
} world;

const char *world_region_name(int index);
/* The entry is that one. */
bool world_holds(const pms_entry *entry, const test_entry *expected);
/* Adds to a log in the order of offsets. */
void world_insert(test_log *log, pms_position position, uint64_t bytes, uint64_t seed);

/* The region holds what it must, and nothing that it may not. */
void world_compare_region(const world *w, const expected_region *expected, pms_region *region);
/* The stream at `path` can be read as it is, and written on: with timestamps that nobody ever had. */
void world_verify(world *w, const char *path);
/* Cuts the power and verifies what is left. Called before each drain, with the world as its context. */
void world_cut(void *world);

#endif
