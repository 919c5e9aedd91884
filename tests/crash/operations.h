/* SPDX-License-Identifier: MIT */
/* What is explored: operations, each a few scenarios of work that is cut off everywhere. */
#ifndef CRASH_OPERATIONS_H
#define CRASH_OPERATIONS_H

#include "explorer.h"
#include "fibers.h"

typedef struct crash_scenario {
	const char *name;
	/* What is there before, durable or not; null: only an empty stream. */
	void (*prepare)(crash_world *world);
	/* The work of each thread. */
	void (*body)(crash_world *world, unsigned thread);
	unsigned threads;     /* 0 counts as 1 */
	bool varied;	      /* the work follows world.random, which differs from run to run */
	unsigned changes_max; /* schedules with so many unforced changes of the thread are all tried */
	/* PMS_CEILING_LEAP; 0: enough for most. With 4 the ceiling is raised at the last moment, else half a leap ahead. */
	unsigned ceiling_leap;
	unsigned blocks_left_out; /* by which the stream is smaller than it could be */
	/* Instead of an empty stream: whatever this puts onto the device, and prepare is not called. */
	void (*fill)(crash_explorer *explorer, uint8_t *image);
} crash_scenario;

typedef struct crash_operation {
	const char *name;
	const crash_scenario *scenarios;
	size_t scenario_count;
	unsigned nested_one_in; /* of so many recoveries one is crashed in itself */
} crash_operation;

extern const crash_operation operations_alone[], operations_deferred[], operations_together[],
    operations_deferred_together[];
extern const size_t operations_alone_count, operations_deferred_count, operations_together_count,
    operations_deferred_together_count;

/* All of them, first those of one thread. */
size_t operation_count(void);
const crash_operation *operation_at(size_t index);

/* Runs all scenarios of the operation, on both media, by all schedules and then by seeded ones. Fails by crash_fail. */
void operation_run(const crash_operation *operation, crash_explorer *explorer, uint64_t seed);
/* The scenario that runs, for messages. */
const char *operation_place(void);

#define SCENARIOS(list) .scenarios = (list), .scenario_count = sizeof(list) / sizeof((list)[0])

#endif
