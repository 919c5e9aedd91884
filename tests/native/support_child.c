/* SPDX-License-Identifier: MIT */
#include "support_child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* Children are forked: none is started by name. */
void test_child_main(int count, char **arguments, const test_role *roles, size_t role_count)
{
	(void)count, (void)arguments, (void)roles, (void)role_count;
}

test_child test_child_start(const test_role *role, const char *const *arguments)
{
	char *own[TEST_CHILD_ARGUMENTS_MAX + 1] = {NULL};
	int ends[2];

	if (pipe(ends) != 0)
		return (test_child){0};
	for (int i = 0; arguments[i] && i < TEST_CHILD_ARGUMENTS_MAX; i++)
		own[i] = (char *)(uintptr_t)arguments[i];
	pid_t process = fork();
	if (process == 0) {
		(void)close(ends[0]);
		role->run(own, ends[1]);
		_exit(127); /* not reached */
	}
	(void)close(ends[1]);
	if (process < 0) {
		(void)close(ends[0]);
		process = 0;
	}
	return (test_child){.process = process, .id = process, .told = ends[0]};
}

void test_child_kill(const test_child *child) { (void)kill((pid_t)child->process, SIGKILL); }

static int status_of(int status)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return TEST_CHILD_KILLED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + status;
}

bool test_child_ended(test_child *child, int *status)
{
	int found;

	if (waitpid((pid_t)child->process, &found, WNOHANG) != (pid_t)child->process)
		return false;
	*status = status_of(found);
	child->process = 0;
	return true;
}

int test_child_wait(test_child *child)
{
	int found = 0;

	(void)waitpid((pid_t)child->process, &found, 0);
	child->process = 0;
	return status_of(found);
}

void *test_child_shared(const char *path, size_t bytes)
{
	int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *at = MAP_FAILED;

	if (file >= 0 && ftruncate(file, (off_t)bytes) == 0)
		at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (file >= 0)
		(void)close(file);
	return at == MAP_FAILED ? NULL : at;
}
