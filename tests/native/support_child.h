/* SPDX-License-Identifier: MIT */
/*
 * Processes of a test: its program in another role. On POSIX a forked child, on Windows (windows/support_child_windows.c) the
 * program once more, so a role gets all it needs as arguments.
 */
#ifndef PMS_TEST_SUPPORT_CHILD_H
#define PMS_TEST_SUPPORT_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEST_CHILD_ARGUMENTS_MAX 4
/* What a child ended with that was killed. */
#define TEST_CHILD_KILLED (-1)

typedef struct test_role {
	const char *name;
	/* Does not return. `tell`: a descriptor; what is written to it can be read from the child's `told`. */
	void (*run)(char *const *arguments, int tell);
} test_role;

typedef struct test_child {
	intptr_t process; /* of the system; 0: none */
	long id;	  /* as processes are named in texts */
	int told;
} test_child;

/* First thing in main. Runs the role and does not return when this process is a child that was started by name. */
void test_child_main(int count, char **arguments, const test_role *roles, size_t role_count);
/* `arguments`: up to TEST_CHILD_ARGUMENTS_MAX texts without spaces, then null. .process is 0 when it cannot be started. */
test_child test_child_start(const test_role *role, const char *const *arguments);
/* At once, as nothing that it could do anything about. It has ended when test_child_wait has returned. */
void test_child_kill(const test_child *child);
/* *status: out, what it ended with, or TEST_CHILD_KILLED. False: it runs. Else it is gone. */
bool test_child_ended(test_child *child, int *status);
/* Waits for its end; the same status. What it has told can still be read; the caller closes `told`. */
int test_child_wait(test_child *child);

/* Memory that processes share: a file that is mapped, and made when there is none. Null: that cannot be done. */
void *test_child_shared(const char *path, size_t bytes);

#endif
