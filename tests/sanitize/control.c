/* SPDX-License-Identifier: MIT */
/*
 * Mistakes on purpose, one for each argument: what a sanitizer has to report (tests/sanitize/CMakeLists.txt). Those named
 * core_* give the core what it must not be given, so that the place of the mistake is the core's own code.
 *
 * A volatile value hides each mistake from the compiler.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error.h"
#include "format.h"

#define ROUNDS 1000

static volatile size_t eight = 8;
static volatile unsigned thirty_two = 32;
static volatile unsigned result;
static unsigned shared;

static void mistake_nothing(void) { result = 1; }

static void mistake_overflow(void)
{
	volatile char *bytes = malloc(eight);

	if (bytes)
		bytes[eight] = 1;
	result = bytes != NULL;
	free((void *)bytes);
}

/* Room for the first member alone; volatile, so that it is the core's store that is found and not the size of the object. */
static void mistake_core_overflow(void)
{
	void *volatile error = malloc(sizeof(int32_t));

	pms_error_clear(error);
	free(error);
}

static void mistake_leak(void)
{
	void *volatile bytes = malloc(eight);

	bytes = NULL;
	result = bytes != NULL;
}

static void mistake_shift(void) { result = 1u << thirty_two; }

static void *count_up(void *context)
{
	(void)context;
	for (int i = 0; i < ROUNDS; i++)
		shared += eight > 0;
	return NULL;
}

static void *seal_header(void *header)
{
	for (int i = 0; i < ROUNDS; i++)
		pms_header_seal(header);
	return NULL;
}

static void run_twice(void *(*work)(void *), void *context)
{
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, work, context) != 0)
			exit(2);
	for (int i = 0; i < 2; i++)
		(void)pthread_join(threads[i], NULL);
}

static void mistake_race(void)
{
	run_twice(count_up, NULL);
	result = shared;
}

static void mistake_core_race(void)
{
	static pms_stored_header header;

	run_twice(seal_header, &header);
}

/* A status that was never set. */
static void mistake_core_branch(void)
{
	int32_t *volatile status = malloc(sizeof(*status));

	if (status)
		result = pms_status_text(*status) != NULL;
	free(status);
}

/* The same in a forked child, which is told from its exit code alone. */
static void mistake_child(void)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		mistake_core_branch();
		exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		exit(2);
	exit(WEXITSTATUS(status));
}

int main(int count, char **arguments)
{
	static const struct {
		const char *name;
		void (*make)(void);
	} mistakes[] = {
	    {"nothing", mistake_nothing},
	    {"overflow", mistake_overflow},
	    {"core_overflow", mistake_core_overflow},
	    {"leak", mistake_leak},
	    {"shift", mistake_shift},
	    {"race", mistake_race},
	    {"core_race", mistake_core_race},
	    {"core_branch", mistake_core_branch},
	    {"child", mistake_child},
	};

	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]) && count == 2; i++)
		if (strcmp(arguments[1], mistakes[i].name) == 0) {
			mistakes[i].make();
			return 0;
		}
	(void)fprintf(stderr, "Usage: %s MISTAKE\n", arguments[0]);
	return 2;
}
