/* SPDX-License-Identifier: MIT */
/* Threads as fibers, and the schedule by which they run. */
#ifndef CRASH_FIBERS_H
#define CRASH_FIBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FIBERS_MAX 3
#define SCHEDULE_CHOICES_MAX 512

/*
 * Where fibers may change over there is a choice: 0 is "go on with the same" (or with the first that can run), other
 * numbers are the others. A schedule is the list of choices. It is walked through in order (with at most so many
 * changes that nobody was forced to), or drawn from a seed.
 */
typedef struct crash_schedule {
	bool seeded;
	uint64_t random;
	unsigned changes_max;
	/* Of the run that was: */
	size_t length;
	uint8_t choices[SCHEDULE_CHOICES_MAX], options[SCHEDULE_CHOICES_MAX];
	size_t planned; /* choices that the next run repeats */
	unsigned changes;
} crash_schedule;

void schedule_walk(crash_schedule *schedule, unsigned changes_max);
void schedule_seed(crash_schedule *schedule, uint64_t seed);
/* Plans the next run of a walk; false when all have been. */
bool schedule_next(crash_schedule *schedule);

/* Runs body(context, 0 .. count - 1) to their ends. False when one has failed (fiber_fail), or all wait for each other. */
bool fibers_run(crash_schedule *schedule, unsigned count, void (*body)(void *context, unsigned fiber), void *context);
/* The number of the fiber that runs; 0 outside of fibers_run. */
unsigned fiber_current(void);
bool fiber_is_running(void);
/* Ends the fiber, and with it the run. */
_Noreturn void fiber_fail(void);
/* Between the two nobody else runs, unless the fiber waits. */
void fiber_hold(void);
void fiber_release(void);

#endif
