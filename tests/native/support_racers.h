/* SPDX-License-Identifier: MIT */
/*
 * Threads that write by every verb at random: durable, deferred, from parts, in groups, reserved, groups in place. Entries
 * say who wrote them, and are numbered without gaps in the order in which their calls have returned.
 */
#ifndef PMS_TEST_SUPPORT_RACERS_H
#define PMS_TEST_SUPPORT_RACERS_H

#include "support_workers.h"

#define RACERS_MAX 8

typedef struct racer {
	pthread_t thread;
	uint32_t id;
	uint64_t random;
	pms_region *region;
	uint32_t rounds;	   /* calls that it makes at most */
	uint32_t durable_percent;  /* that many of them return durable entries */
	_Atomic uint32_t returned; /* entries whose call has returned PMS_OK */
	_Atomic int32_t status;	   /* what ended it: PMS_OK when all rounds are done */
	/* Of a reservation into which nothing more is written: anybody may abandon it. The offset is stored last. */
	_Atomic uint64_t written_offset, written_timestamp;
} racer;

/* Of a racer's region: PMS_OK, or a status that may be returned when it is full, freed, or the stream is closed. */
void *racer_run(void *racer);
void racers_start(racer *racers, int count);
/* Joins them. What ended each is one of these two. */
void racers_join(racer *racers, int count, int32_t status, int32_t or_status);

/* What a walk over a region has found. */
typedef struct racer_tally {
	uint32_t next[RACERS_MAX]; /* number that each racer's next entry has */
	uint64_t last_timestamp;
	uint64_t entries, at_or_below; /* of these: with a timestamp not above `bound` */
	uint64_t bound;
} racer_tally;

/* From the cursor's place to the end: whole entries, rising timestamps, the numbers of each racer rising (without gaps). */
void racer_follow(pms_cursor *cursor, racer_tally *tally, bool gaps);
/* The same for all of a region, where nothing is missing. */
racer_tally racer_count(pms_region *region, uint64_t bound);

#endif
