/* SPDX-License-Identifier: MIT */
/*
 * Included before everything else when the native tests are compiled for Windows: what they use of POSIX and MinGW does not
 * have. Where Windows has nothing like it, the call ends its test as one that cannot run here; such a test is on the list of
 * tests/windows/not-run.txt.
 */
#ifndef PMS_TEST_WINDOWS_POSIX_H
#define PMS_TEST_WINDOWS_POSIX_H

#include <direct.h>
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <process.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* Under Wine a call of the system takes many times as long, and a process most of a second. */
#define PMS_TEST_PING_PONGS 1000
#define PMS_TEST_DEAD_READERS ((int)PMS_SHARED_READERS + 6)
#define TEST_ROUNDS(usual) ((usual) / 4 + 1)

#define O_CLOEXEC O_NOINHERIT
#define EDQUOT 1295
#define SIGKILL 9
#define ITIMER_PROF 0
#define WIFEXITED(status) ((status) == 0)
#define WEXITSTATUS(status) (status)
#define WIFSIGNALED(status) ((status) != 0)
#define WTERMSIG(status) (status)

/* To the second: enough to see that nothing was written, together with the bytes. */
#define st_mtim st_mtime

/* Ends the test. */
_Noreturn void test_windows_lacks(const char *what);

static inline int test_windows_refuse(const char *what) { test_windows_lacks(what); }

#define fork() ((pid_t)test_windows_refuse("fork"))
#define waitpid(child, status, options) ((void)(status), (pid_t)test_windows_refuse("waitpid"))
#define kill(process, number) test_windows_refuse("kill")
#define symlink(target, path) test_windows_refuse("symlink: Windows makes links for administrators alone")
#define mkfifo(path, mode) test_windows_refuse("mkfifo")
#define lstat(path, found) ((void)(found), test_windows_refuse("lstat"))
#define S_ISLNK(mode) 0
#define geteuid() 1
#define setuid(id) test_windows_refuse("setuid")
#define setgid(id) test_windows_refuse("setgid")
#define pause() test_windows_refuse("pause")
#define umount(path) test_windows_refuse("umount")
#define mkdir(path, mode) _mkdir(path)
#define pipe(ends) _pipe(ends, 4096, _O_BINARY)

/* Always refused, as where the right to mount is missing. */
#define mount(source, target, type, flags, data) (-1)

struct statfs {
	uint64_t f_bfree, f_blocks;
};
#define statfs(path, found) test_windows_refuse("statfs")

struct itimerval {
	struct {
		time_t tv_sec;
		long tv_usec;
	} it_interval, it_value;
};
/* There is no timer that kills: a test that hangs is ended by whoever started it. */
static inline int setitimer(int which, const struct itimerval *value, struct itimerval *old)
{
	(void)which, (void)value, (void)old;
	return 0;
}

static inline unsigned alarm(unsigned seconds)
{
	(void)seconds;
	return 0;
}

ssize_t test_windows_pread(int descriptor, void *buffer, size_t bytes, int64_t offset);
ssize_t test_windows_pwrite(int descriptor, const void *buffer, size_t bytes, int64_t offset);
int test_windows_truncate(const char *path, int64_t bytes);
char *test_windows_mkdtemp(char *pattern);
int test_windows_remove(const char *path);
void *test_windows_aligned_alloc(size_t alignment, size_t bytes);
void test_windows_free(void *block);

static inline int posix_memalign(void **block, size_t alignment, size_t bytes)
{
	*block = test_windows_aligned_alloc(alignment, bytes);
	return *block ? 0 : ENOMEM;
}

#define pread test_windows_pread
#define pwrite test_windows_pwrite
#define truncate test_windows_truncate
#define mkdtemp test_windows_mkdtemp
#define remove test_windows_remove
#define aligned_alloc test_windows_aligned_alloc
#define free(block) test_windows_free(block)

#endif
