/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#undef pread
#undef pwrite
#undef truncate
#undef mkdtemp
#undef remove
#undef aligned_alloc
#undef free
#undef _fmode

#include <windows.h>

_Noreturn void test_windows_lacks(const char *what)
{
	print_message("SKIP-REASON: not on Windows: %s\n", what);
	skip();
	abort(); /* not reached: skip() leaves the test */
}

/* The position of the descriptor moves, which no test looks at. */
ssize_t test_windows_pread(int descriptor, void *buffer, size_t bytes, int64_t offset)
{
	if (_lseeki64(descriptor, offset, SEEK_SET) < 0)
		return -1;
	return _read(descriptor, buffer, bytes < INT32_MAX ? (unsigned)bytes : INT32_MAX);
}

ssize_t test_windows_pwrite(int descriptor, const void *buffer, size_t bytes, int64_t offset)
{
	if (_lseeki64(descriptor, offset, SEEK_SET) < 0)
		return -1;
	return _write(descriptor, buffer, bytes < INT32_MAX ? (unsigned)bytes : INT32_MAX);
}

int test_windows_truncate(const char *path, int64_t bytes)
{
	int descriptor = _open(path, _O_RDWR | _O_BINARY);
	int result;

	if (descriptor < 0)
		return -1;
	result = _chsize_s(descriptor, bytes) == 0 ? 0 : -1;
	(void)_close(descriptor);
	return result;
}

char *test_windows_mkdtemp(char *pattern)
{
	static unsigned number;
	char *digits = pattern + strlen(pattern) - 6;

	for (int attempt = 0; attempt < 100; attempt++) {
		(void)snprintf(digits, 7, "%06x", ((unsigned)_getpid() * 251u + number++) & 0xFFFFFFu);
		if (_mkdir(pattern) == 0)
			return pattern;
		if (errno != EEXIST)
			break;
	}
	return NULL;
}

/* Folders, too. */
int test_windows_remove(const char *path) { return remove(path) == 0 ? 0 : _rmdir(path); }

/* A block of the system's own begins at a multiple of 64 KiB, as no block of malloc does: by that free() knows it. */
#define BLOCK_ALIGNMENT 65536u

void *test_windows_aligned_alloc(size_t alignment, size_t bytes)
{
	return alignment > BLOCK_ALIGNMENT ? NULL : VirtualAlloc(NULL, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

void test_windows_free(void *block)
{
	if (block && (uintptr_t)block % BLOCK_ALIGNMENT == 0)
		(void)VirtualFree(block, 0, MEM_RELEASE);
	else
		free(block);
}

/* Files are bytes, as everywhere else. */
int _fmode = _O_BINARY;
