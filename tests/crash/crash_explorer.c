/* SPDX-License-Identifier: MIT */
/*
 * Tries the crash states of every operation. One line of TAP for each, and how many states it tried.
 *
 *   crash_explorer [--quick] [--seed N] [--operation NAME] [--deep MINUTES]
 *   crash_explorer --list
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crash.h"
#include "operations.h"

typedef struct crash_options {
	bool quick;
	uint64_t seed;
	const char *operation;
	double deep_minutes; /* 0: once through everything */
	time_t began;
} crash_options;

typedef struct crash_task {
	const crash_operation *operation;
	crash_explorer *explorer;
	uint64_t seed;
} crash_task;

static uint64_t all_states;

static void run_task(void *context)
{
	const crash_task *task = context;

	operation_run(task->operation, task->explorer, task->seed);
}

/* True when nothing was found. */
static bool run(const crash_operation *operation, crash_explorer *explorer, const crash_options *options, uint64_t seed,
		unsigned number)
{
	crash_task task = {.operation = operation, .explorer = explorer, .seed = seed};

	explorer->quick = options->quick;
	bool whole = crash_try(run_task, &task);
	all_states += explorer->states;
	printf("%s %u - %s\n", whole ? "ok" : "not ok", number, operation->name);
	if (!whole)
		printf("# %s\n# %s\n# again: --seed %llu --operation %s%s\n", operation_place(), crash_failure(),
		       (unsigned long long)seed, operation->name,
		       options->quick	   ? " --quick"
		       : explorer->goes_on ? " --deep 1"
					   : "");
	printf("# %-20s %10llu states, %llu of them in recovery\n", operation->name,
	       (unsigned long long)explorer->states, (unsigned long long)explorer->nested_states);
	(void)fflush(stdout);
	return whole;
}

static bool is_wanted(const crash_operation *operation, const crash_options *options)
{
	return !options->operation || strcmp(options->operation, operation->name) == 0;
}

static bool is_over(const crash_options *options)
{
	return difftime(time(NULL), options->began) >= options->deep_minutes * 60;
}

static unsigned run_all(crash_explorer *explorer, const crash_options *options, uint64_t seed, unsigned *number)
{
	unsigned failed = 0;

	for (size_t i = 0; i < operation_count(); i++)
		if (is_wanted(operation_at(i), options) && (options->deep_minutes == 0 || !is_over(options)))
			failed += !run(operation_at(i), explorer, options, seed, ++*number);
	return failed;
}

static bool read_options(int count, char **arguments, crash_options *options)
{
	for (int i = 1; i < count; i++) {
		bool has_value = i + 1 < count;
		if (strcmp(arguments[i], "--quick") == 0)
			options->quick = true;
		else if (strcmp(arguments[i], "--seed") == 0 && has_value)
			options->seed = strtoull(arguments[++i], NULL, 0);
		else if (strcmp(arguments[i], "--operation") == 0 && has_value)
			options->operation = arguments[++i];
		else if (strcmp(arguments[i], "--deep") == 0 && has_value)
			options->deep_minutes = strtod(arguments[++i], NULL);
		else
			return false;
	}
	return true;
}

static int list(void)
{
	for (size_t i = 0; i < operation_count(); i++)
		printf("%s\n", operation_at(i)->name);
	return 0;
}

int main(int count, char **arguments)
{
	crash_options options = {.seed = 1, .began = time(NULL)};
	unsigned number = 0, failed = 0;

	if (count == 2 && strcmp(arguments[1], "--list") == 0)
		return list();
	if (!read_options(count, arguments, &options)) {
		(void)fprintf(stderr, "usage: %s [--quick] [--seed N] [--operation NAME] [--deep MINUTES]\n",
			      arguments[0]);
		return 2;
	}
	crash_explorer *explorer = explorer_new();
	explorer->goes_on = options.deep_minutes > 0;
	do {
		printf("# seed %llu\n", (unsigned long long)options.seed);
		failed += run_all(explorer, &options, options.seed++, &number);
	} while (!is_over(&options) && failed == 0);
	printf("1..%u\n# %llu states\n", number, (unsigned long long)all_states);
	explorer_free(explorer);
	return failed || number == 0;
}
