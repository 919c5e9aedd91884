/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libpmem.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support_medium.h"

static _Atomic unsigned active; /* kinds */
static atomic_bool all_later;
static _Atomic uint64_t counted, failing;
static _Atomic int failing_error;
static _Atomic(const char *) failed;

/* Whether this call is one that fails. */
static bool fails(fault_kind kind, const char *name)
{
	if (!(active & kind))
		return false;
	uint64_t index = atomic_fetch_add(&counted, 1);
	if (index != failing && (!all_later || index < failing))
		return false;
	if (!failed)
		failed = name;
	errno = failing_error;
	return true;
}

static void before_drain(void *context)
{
	(void)context;
	test_medium_fail_drains(0, fails(FAULT_DRAIN, "drain") ? failing_error : 0);
}

void faults_begin(unsigned kinds, uint64_t index, int os_error, bool all)
{
	counted = 0;
	failing = index;
	failing_error = os_error;
	all_later = all;
	failed = NULL;
	if (kinds & FAULT_DRAIN)
		test_medium_on_drain(before_drain, NULL);
	active = kinds;
}

uint64_t faults_end(void)
{
	active = 0;
	test_medium_on_drain(NULL, NULL);
	test_medium_fail_drains(0, 0);
	return counted;
}

const char *faults_failed(void) { return failed; }

unsigned faults_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned count = 0;

	assert_non_null(folder);
	while (readdir(folder))
		count++;
	(void)closedir(folder);
	return count;
}

/* ---- the calls --------------------------------------------------------------------------------------------------- */

#define WRAP(kind, type, name, failure, parameters, arguments) \
	type __real_##name parameters; \
	type __wrap_##name parameters; \
	type __wrap_##name parameters { return fails(kind, #name) ? (failure) : __real_##name arguments; }

WRAP(FAULT_SYSTEM, int, fstat64, -1, (int descriptor, struct stat *status), (descriptor, status))
WRAP(FAULT_SYSTEM, int, stat64, -1, (const char *path, struct stat *status), (path, status))
WRAP(FAULT_SYSTEM, int, fallocate64, -1, (int descriptor, int mode, off_t offset, off_t bytes),
     (descriptor, mode, offset, bytes))
WRAP(FAULT_SYSTEM, int, fstatfs64, -1, (int descriptor, struct statfs *status), (descriptor, status))
WRAP(FAULT_SYSTEM, ssize_t, pread64, -1, (int descriptor, void *buffer, size_t bytes, off_t offset),
     (descriptor, buffer, bytes, offset))
WRAP(FAULT_SYSTEM, void *, mmap64, MAP_FAILED,
     (void *address, size_t bytes, int protection, int flags, int descriptor, off_t offset),
     (address, bytes, protection, flags, descriptor, offset))
WRAP(FAULT_SYSTEM, int, ftruncate64, -1, (int descriptor, off_t bytes), (descriptor, bytes))
WRAP(FAULT_SYSTEM, int, fsync, -1, (int descriptor), (descriptor))
WRAP(FAULT_SYSTEM, int, rename, -1, (const char *from, const char *to), (from, to))
WRAP(FAULT_SYSTEM, int, link, -1, (const char *from, const char *to), (from, to))
WRAP(FAULT_SYSTEM, ssize_t, getrandom, -1, (void *buffer, size_t bytes, unsigned flags), (buffer, bytes, flags))
WRAP(FAULT_SYSTEM, void *, pmem_map_file, NULL,
     (const char *path, size_t bytes, int flags, mode_t mode, size_t *mapped, int *is_pmem),
     (path, bytes, flags, mode, mapped, is_pmem))
WRAP(FAULT_SYNC, int, msync, -1, (void *address, size_t bytes, int flags), (address, bytes, flags))
WRAP(FAULT_MEMORY, void *, malloc, NULL, (size_t bytes), (bytes))
WRAP(FAULT_MEMORY, void *, calloc, NULL, (size_t count, size_t bytes), (count, bytes))
WRAP(FAULT_MEMORY, void *, realloc, NULL, (void *memory, size_t bytes), (memory, bytes))
WRAP(FAULT_MEMORY, char *, strdup, NULL, (const char *text), (text))
WRAP(FAULT_MEMORY, char *, strndup, NULL, (const char *text, size_t bytes), (text, bytes))

/* Those with a variable number of arguments: as many as the core ever gives. */

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __real_fcntl64(int descriptor, int command, ...);
int __wrap_fcntl64(int descriptor, int command, ...);
void *__real_mremap(void *address, size_t old_bytes, size_t new_bytes, int flags, ...);
void *__wrap_mremap(void *address, size_t old_bytes, size_t new_bytes, int flags, ...);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

int __wrap_open64(const char *path, int flags, ...)
{
	va_list arguments;

	va_start(arguments, flags);
	mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
	va_end(arguments);
	return fails(FAULT_SYSTEM, "open") ? -1 : __real_open64(path, flags, mode);
}

int __wrap_fcntl64(int descriptor, int command, ...)
{
	va_list arguments;

	va_start(arguments, command);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	return fails(FAULT_SYSTEM, "fcntl") ? -1 : __real_fcntl64(descriptor, command, argument);
}

void *__wrap_mremap(void *address, size_t old_bytes, size_t new_bytes, int flags, ...)
{
	va_list arguments;

	va_start(arguments, flags);
	void *target = va_arg(arguments, void *);
	va_end(arguments);
	return fails(FAULT_SYSTEM, "mremap") ? MAP_FAILED : __real_mremap(address, old_bytes, new_bytes, flags, target);
}

long __wrap_syscall(long number, ...)
{
	long a[5];
	va_list arguments;

	va_start(arguments, number);
	for (int i = 0; i < 5; i++)
		a[i] = va_arg(arguments, long);
	va_end(arguments);
	if (number == SYS_membarrier) /* no error of it reaches a caller */
		return __real_syscall(number, a[0], a[1], a[2], a[3], a[4]);
	return fails(FAULT_SYSTEM, "syscall") ? -1 : __real_syscall(number, a[0], a[1], a[2], a[3], a[4]);
}
