/* SPDX-License-Identifier: MIT */
/*
 * Negative controls: each fault of native/src/fault.h is switched on, and the explorer has to find it. One line of TAP for
 * each, with the number of states it took and what was found. Without any fault the same operations find nothing:
 * that is crash_explorer.
 *
 *   crash_controls [--seed N] [--fault NAME]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crash.h"
#include "faults.h"
#include "operations.h"

/* Seeds that are tried before a fault counts as missed. */
#define SEEDS 3u

/* A fault, and the operation and scenario (null: any of it) that has to find it. */
typedef struct crash_control {
	pms_fault fault;
	const char *name, *operation, *scenario;
} crash_control;

#define CONTROL(fault_name, in_operation, in_scenario) \
	{ \
		.fault = PMS_FAULT_##fault_name, .name = #fault_name, .operation = (in_operation), \
		.scenario = (in_scenario) \
	}

static const crash_control controls[] = {
    CONTROL(FLUSH_DROPPED, "append", NULL),
    CONTROL(FENCE_DROPPED, "append", NULL),
    CONTROL(FENCE_OF_ANOTHER_THREAD, "threads-one-region", "two appends"),
    CONTROL(CHECKPOINT_BEFORE_ITS_ENTRIES, "checkpoint", NULL),
    CONTROL(CHECKPOINT_AS_END, "checkpoint", NULL),
    CONTROL(EXTENT_BEFORE_REMAINDER, "create-region", NULL),
    CONTROL(COMMIT_OUT_OF_ORDER, "threads-one-region", "two appends"),
    CONTROL(CEILING_BEFORE_DRAIN, "ceiling-threads", "at the last moment"),
    CONTROL(CEILING_ON_AN_APPENDS_FENCE, "ceiling-threads", "at the last moment"),
    CONTROL(BASE_NOT_RAISED, "clear", NULL),
    CONTROL(BASE_BEFORE_CHECKPOINT, "clear", NULL),
    CONTROL(CLEAR_BESIDE_WRITERS, "threads-two-regions", "clear and append"),
    CONTROL(MAGIC_FIRST, "creation", NULL),
    CONTROL(GROUP_TIMESTAMPS_WITH_GAPS, "group", NULL),
    CONTROL(GROUP_LAG_FROM_ITS_START, "group", NULL),
    CONTROL(GROUP_KEPT_IN_PART, "group", NULL),
    CONTROL(PENDING_NOT_FOLLOWED, "reserve", NULL),
    CONTROL(PENDING_ENDS_THE_LOG, "reserve", NULL),
    CONTROL(ONE_FENCE_THOUGH_FOLLOWED, "publish", "followed"),
    CONTROL(PUBLISH_IGNORES_WHAT_LIES_BEFORE, "publish", "out of order"),
    CONTROL(BUFFER_READ_TWICE, "threads-one-region", "a buffer that changes"),
    CONTROL(STALE_TAIL_ACCEPTED, "leftover-tail", NULL),
    CONTROL(LAG_IGNORED, "leftover-tail", NULL),
    CONTROL(CUT_NOT_SEALED, "leftover-tail", NULL),
    CONTROL(RECOVERY_DOES_NOT_FLUSH, "recovery", NULL),
    CONTROL(HEADER_WORDS_UNFLUSHED, "clear", NULL),
    CONTROL(PERSISTED_PAST_A_PUBLISH, "persist", "beside a publish and an append"),
    CONTROL(SIZE_BEFORE_NEW_PIECE, "grow", NULL),
    CONTROL(SIZE_BEFORE_FILE, "grow", NULL),
    CONTROL(DEFERRED_NOT_FLUSHED, "deferred", "an append behind"),
    CONTROL(PERSIST_NOT_DRAINED, "persist-region", "everything"),
    CONTROL(LIFE_TAG_MISSING, "threads-persist", "beside appends to two regions"),
    CONTROL(HAND_OVER_BEFORE_DRAIN, "threads-one-region", "two appends"),
    CONTROL(PERSISTED_PAST_DEFERRED, "deferred", "an append behind"),
    CONTROL(CHECKPOINT_PAST_PERSISTED, "persist-region", "checkpoints"),
    CONTROL(GROUP_PUBLISHED_THOUGH_FOLLOWED, "group-builder", "followed"),
    CONTROL(PERSISTED_TIMESTAMP_BEFORE_DRAIN, "persist-stream", "two regions"),
    CONTROL(CLOSE_LEAVES_DEFERRED, "deferred", "closed"),
};
#define CONTROL_COUNT (sizeof(controls) / sizeof(controls[0]))

typedef struct crash_task {
	const crash_operation *operation;
	crash_explorer *explorer;
	uint64_t seed;
} crash_task;

#if defined(__SANITIZE_ADDRESS__)
/* A run that finds something is left in the middle, with all that it had allocated. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_leaks=0"; }
#endif

static void run_task(void *context)
{
	const crash_task *task = context;

	operation_run(task->operation, task->explorer, task->seed);
}

static const crash_operation *find_operation(const char *name)
{
	size_t i = 0;

	while (strcmp(operation_at(i)->name, name) != 0)
		i++;
	return operation_at(i);
}

/* True when it was found. */
static bool run(const crash_control *control, crash_explorer *explorer, uint64_t seed, unsigned number)
{
	uint64_t states = 0;
	bool found = false;

	fault_switch_on(control->fault);
	explorer->only_scenario = control->scenario;
	for (unsigned n = 0; n < SEEDS && !found; n++) {
		crash_task task = {
		    .operation = find_operation(control->operation), .explorer = explorer, .seed = seed + n};
		found = !crash_try(run_task, &task);
		states += explorer->states;
	}
	fault_switch_on(PMS_FAULT_NONE);
	printf("%s %u - %s\n", found ? "ok" : "not ok", number, control->name);
	if (found)
		printf("# found after %llu states: %s: %s\n", (unsigned long long)states, operation_place(),
		       crash_failure());
	else
		printf("# not found in %llu states of %s, seed %llu\n", (unsigned long long)states, control->operation,
		       (unsigned long long)seed);
	(void)fflush(stdout);
	return found;
}

int main(int count, char **arguments)
{
	crash_explorer *explorer = explorer_new();
	const char *wanted = NULL;
	unsigned number = 0, missed = 0;
	uint64_t seed = 1;

	static_assert(CONTROL_COUNT == PMS_FAULT_END - 1, "every fault has its control");
	for (int i = 1; i < count; i++) {
		if (strcmp(arguments[i], "--seed") == 0 && i + 1 < count)
			seed = strtoull(arguments[++i], NULL, 0);
		else if (strcmp(arguments[i], "--fault") == 0 && i + 1 < count)
			wanted = arguments[++i];
		else
			return (void)fprintf(stderr, "usage: %s [--seed N] [--fault NAME]\n", arguments[0]), 2;
	}
	printf("# seed %llu\n", (unsigned long long)seed);
	for (size_t i = 0; i < CONTROL_COUNT; i++)
		if (!wanted || strcmp(wanted, controls[i].name) == 0)
			missed += !run(&controls[i], explorer, seed, ++number);
	printf("1..%u\n", number);
	explorer_free(explorer);
	return missed || number == 0;
}
