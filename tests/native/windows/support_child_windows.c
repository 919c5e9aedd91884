/* SPDX-License-Identifier: MIT */
/* support_child.h on Windows: a child is this program, called with "--child ROLE DESCRIPTOR ARGUMENT...". */
#include "support_child.h"

#include <string.h>
#include <windows.h>

#define KILLED_STATUS 0xDEADu

void test_child_main(int count, char **arguments, const test_role *roles, size_t role_count)
{
	if (count < 4 || strcmp(arguments[1], "--child") != 0)
		return;
	for (size_t i = 0; i < role_count; i++)
		if (strcmp(arguments[2], roles[i].name) == 0)
			roles[i].run(arguments + 4, atoi(arguments[3]));
	_exit(127);
}

/* The end of the pipe that the child writes to is its, too: descriptors are inherited with their numbers. */
test_child test_child_start(const test_role *role, const char *const *arguments)
{
	const char *all[4 + TEST_CHILD_ARGUMENTS_MAX + 1] = {NULL, "--child", role->name};
	char program[MAX_PATH], descriptor[16];
	test_child child = {0};
	int ends[2];

	if (GetModuleFileNameA(NULL, program, sizeof(program)) == 0 || _pipe(ends, 4096, _O_BINARY) != 0)
		return child;
	(void)snprintf(descriptor, sizeof(descriptor), "%d", ends[1]);
	all[0] = program;
	all[3] = descriptor;
	for (int i = 0; arguments[i] && i < TEST_CHILD_ARGUMENTS_MAX; i++)
		all[4 + i] = arguments[i];
	intptr_t process = _spawnv(_P_NOWAIT, program, all);
	(void)_close(ends[1]);
	if (process == -1) {
		(void)_close(ends[0]);
		return child;
	}
	child = (test_child){.process = process, .id = (long)GetProcessId((HANDLE)process), .told = ends[0]};
	return child;
}

void test_child_kill(const test_child *child) { (void)TerminateProcess((HANDLE)child->process, KILLED_STATUS); }

static int take_status(test_child *child)
{
	DWORD status = 1;

	(void)GetExitCodeProcess((HANDLE)child->process, &status);
	(void)CloseHandle((HANDLE)child->process);
	child->process = 0;
	return status == KILLED_STATUS ? TEST_CHILD_KILLED : (int)status;
}

bool test_child_ended(test_child *child, int *status)
{
	if (WaitForSingleObject((HANDLE)child->process, 0) != WAIT_OBJECT_0)
		return false;
	*status = take_status(child);
	return true;
}

int test_child_wait(test_child *child)
{
	(void)WaitForSingleObject((HANDLE)child->process, INFINITE);
	return take_status(child);
}

void *test_child_shared(const char *path, size_t bytes)
{
	const DWORD shared = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
	HANDLE file =
	    CreateFileA(path, GENERIC_READ | GENERIC_WRITE, shared, NULL, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
	HANDLE section =
	    file == INVALID_HANDLE_VALUE ? NULL : CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, (DWORD)bytes, NULL);
	void *at = section ? MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, bytes) : NULL;

	if (section)
		(void)CloseHandle(section);
	if (file != INVALID_HANDLE_VALUE)
		(void)CloseHandle(file);
	return at;
}
