/* SPDX-License-Identifier: MIT */
/*
 * The writer lock: an open-file-description lock on the whole file. It belongs to the open file, not to the process:
 * two opens in one process conflict, and closing some other descriptor of the file does not release it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "error.h"
#include "os_internal_posix.h"

#define WAIT_NANOSECONDS_MIN 1000000L
#define WAIT_NANOSECONDS_MAX 50000000L

static struct flock whole_file(short type)
{
	/* l_len 0: to the end, wherever it will be. l_pid must be 0 for these locks. */
	return (struct flock){.l_type = type, .l_whence = SEEK_SET};
}

/* True if the open file behind an fdinfo has such a lock. A line of it reads
 * "lock:	1: OFDLCK ADVISORY  WRITE -1 08:01:1234 0 EOF". */
static bool fdinfo_has_lock(const char *path)
{
	FILE *file = fopen(path, "re");
	char line[256];
	bool found = false;

	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		found = strncmp(line, "lock:", 5) == 0 && strstr(line, "OFDLCK") && strstr(line, "WRITE");
	(void)fclose(file);
	return found;
}

/* True if a descriptor of the process is the locked file, held open by it. Other users' processes do not tell. */
static bool process_holds_lock(const char *pid, const pms_file *file)
{
	char path[600];
	struct dirent *entry;
	struct stat status;
	bool found = false;
	DIR *folder;

	(void)snprintf(path, sizeof(path), "/proc/%.32s/fd", pid);
	folder = opendir(path);
	if (!folder)
		return false;
	while (!found && (entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.' || fstatat(dirfd(folder), entry->d_name, &status, 0) != 0)
			continue;
		if (status.st_dev != file->device || status.st_ino != file->inode)
			continue;
		(void)snprintf(path, sizeof(path), "/proc/%.32s/fdinfo/%s", pid, entry->d_name);
		found = fdinfo_has_lock(path);
	}
	(void)closedir(folder);
	return found;
}

/* The system does not tell who holds a lock of this kind (its pid is -1), so /proc is searched. 0: not found. */
static long find_holder(const pms_file *file)
{
	struct flock probe = whole_file(F_WRLCK);
	struct dirent *entry;
	char own[32];
	long holder = 0;
	DIR *processes;

	/* A lock of the traditional kind (some other program's) does have a pid. */
	if (fcntl((int)file->handle, F_OFD_GETLK, &probe) == 0 && probe.l_type != F_UNLCK && probe.l_pid > 0)
		return probe.l_pid;
	/* This process first: its descriptor of this very open does not count, having no lock. */
	(void)snprintf(own, sizeof(own), "%ld", (long)getpid());
	if (process_holds_lock(own, file))
		return getpid();
	processes = opendir("/proc");
	if (!processes)
		return 0;
	while (holder == 0 && (entry = readdir(processes)) != NULL)
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && process_holds_lock(entry->d_name, file))
			holder = strtol(entry->d_name, NULL, 10);
	(void)closedir(processes);
	return holder;
}

static int32_t fail_locked(const pms_file *file, uint32_t waited_milliseconds, pms_error *error)
{
	static const char what[] = "another writer has the stream open";
	char path[64];
	char name[64] = "";
	char waited[64] = "";
	long holder;
	FILE *comm;

	if (!error)
		return PMS_E_LOCKED;
	if (waited_milliseconds != 0)
		(void)snprintf(waited, sizeof(waited), " (waited %u ms)", waited_milliseconds);
	holder = find_holder(file);
	if (holder == 0)
		return pms_fail(error, PMS_E_LOCKED, "%s%s", what, waited);
	if (holder == getpid())
		return pms_fail(error, PMS_E_LOCKED, "%s: this very process, %ld%s", what, holder, waited);
	(void)snprintf(path, sizeof(path), "/proc/%ld/comm", holder);
	comm = fopen(path, "re");
	if (comm) {
		if (!fgets(name, sizeof(name), comm))
			name[0] = '\0';
		name[strcspn(name, "\n")] = '\0';
		(void)fclose(comm);
	}
	return pms_fail(error, PMS_E_LOCKED, name[0] ? "%s: process %ld (%s)%s" : "%s: process %ld%s%s", what, holder,
			name, waited);
}

/* 0 or an errno; EAGAIN: somebody else has it. */
static int try_lock(int descriptor)
{
	struct flock lock = whole_file(F_WRLCK);
	int result;

	do
		result = fcntl(descriptor, F_OFD_SETLK, &lock);
	while (result != 0 && errno == EINTR);
	if (result == 0)
		return 0;
	return errno == EACCES ? EAGAIN : errno;
}

static uint64_t now_milliseconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int32_t pms_file_lock(pms_file *file, uint32_t wait_milliseconds, pms_error *error)
{
	struct timespec pause = {.tv_nsec = WAIT_NANOSECONDS_MIN};
	const uint64_t begin = now_milliseconds();
	int os_error;

	pms_os_initialize();
	/* Tried again and again: a blocking wait (F_OFD_SETLKW) knows no deadline. */
	while ((os_error = try_lock((int)file->handle)) == EAGAIN) {
		uint64_t waited = now_milliseconds() - begin;

		if (wait_milliseconds != UINT32_MAX && waited >= wait_milliseconds)
			return fail_locked(file, wait_milliseconds, error);
		if (wait_milliseconds != UINT32_MAX && wait_milliseconds - waited < 50 &&
		    pause.tv_nsec > (long)(wait_milliseconds - waited) * 1000000L)
			pause.tv_nsec = (long)(wait_milliseconds - waited) * 1000000L;
		(void)nanosleep(&pause, NULL);
		pause.tv_nsec = pause.tv_nsec > WAIT_NANOSECONDS_MAX / 2 ? WAIT_NANOSECONDS_MAX : pause.tv_nsec * 2;
	}
	if (os_error == EINVAL || os_error == ENOSYS || os_error == EOPNOTSUPP || os_error == ENOLCK)
		return pms_fail_os(error, PMS_E_NOT_SUPPORTED, os_error, "the file system cannot lock the file");
	if (os_error != 0)
		return pms_fail_os(error, PMS_E_IO, os_error, "cannot lock the file");
	file->locked = true;
	file->lock_generation = pms_os_fork_generation;
	return PMS_OK;
}

/*
 * Closing the descriptor is not enough: a process that another thread is just starting has a copy of it until it calls
 * exec, and the mapping of the file counts as well. On the other hand the lock is one with the parent's in a forked
 * child, which must not give it up.
 */
void pms_file_unlock(pms_file *file)
{
	struct flock lock = whole_file(F_UNLCK);

	if (file->locked && file->lock_generation == pms_os_fork_generation)
		(void)fcntl((int)file->handle, F_OFD_SETLK, &lock);
	file->locked = false;
}

bool pms_file_lock_is_held(const pms_file *file)
{
	/* Asks for a read lock: that needs no descriptor for writing, and conflicts with a writer's lock alone. */
	struct flock probe = whole_file(F_RDLCK);

	return fcntl((int)file->handle, F_OFD_GETLK, &probe) == 0 && probe.l_type != F_UNLCK;
}
