/* SPDX-License-Identifier: MIT */
#include "shm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#endif

#include "os_internal_posix.h"

#define DEVICE_FOLDER "/dev/shm"

/* ---- the file ---------------------------------------------------------------------------------------------------- */

char *pms_shm_path(const char *path, const pms_file *stream_file, const uint8_t uuid[16])
{
	if (stream_file->type != PMS_FILE_DEVICE_DAX)
		return pms_shm_path_beside(path);
	char *name = malloc(sizeof(DEVICE_FOLDER "/pmemstream--shm") + 32);
	if (!name)
		return NULL;
	char *at = name + sprintf(name, DEVICE_FOLDER "/pmemstream-");
	for (int i = 0; i < 16; i++)
		at += sprintf(at, "%02x", uuid[i]);
	(void)sprintf(at, "-shm");
	return name;
}

/* Neither a link nor a pipe that somebody put there: nothing is waited for, nothing else is touched. */
static int open_file(const char *path, int flags)
{
	int descriptor;

	do
		descriptor = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
	while (descriptor < 0 && errno == EINTR);
	return descriptor;
}

static bool map_parts(pms_shm *shm, bool published_writable, bool common_writable)
{
	int descriptor = (int)shm->handle;
	int both = PROT_READ | PROT_WRITE;
	void *at = mmap(NULL, shm->published_bytes, published_writable ? both : PROT_READ, MAP_SHARED, descriptor, 0);

	if (at == MAP_FAILED)
		return false;
	shm->published = at;
	if (!common_writable)
		return true;
	at = mmap(NULL, shm->common_bytes, both, MAP_SHARED, descriptor, (off_t)shm->published_bytes);
	if (at == MAP_FAILED)
		return false;
	shm->common = at;
	return true;
}

static pms_shm no_shm(uint64_t published_bytes, uint64_t common_bytes)
{
	return (pms_shm){
	    .handle = -1,
	    .published_bytes = published_bytes,
	    .common_bytes = common_bytes,
	    .fork_generation = pms_os_fork_generation,
	};
}

/* Neither UUID nor who opens it is of interest here: what sleeps, sleeps on the word itself. */
bool pms_shm_open(const char *path, bool for_writer, const uint8_t uuid[16], uint64_t published_bytes,
		  uint64_t common_bytes, pms_shm *shm)
{
	bool writable = true;
	struct stat status;

	(void)uuid;
	*shm = no_shm(published_bytes, common_bytes);
	shm->handle = open_file(path, O_RDWR);
	if (shm->handle < 0 && !for_writer) {
		writable = false;
		shm->handle = open_file(path, O_RDONLY);
	}
	if (shm->handle < 0)
		return false;
	if (fstat((int)shm->handle, &status) == 0 && S_ISREG(status.st_mode) &&
	    (uint64_t)status.st_size == published_bytes + common_bytes) {
		shm->device = status.st_dev;
		shm->inode = status.st_ino;
		if (map_parts(shm, for_writer, writable))
			return true;
	}
	pms_shm_close(shm);
	return false;
}

/* Space that is not there would be a signal later, in the middle of an append. */
static bool allocate(int descriptor, uint64_t bytes)
{
	int result;

	do
		result = fallocate(descriptor, 0, 0, (off_t)bytes);
	while (result != 0 && errno == EINTR);
	if (result == 0)
		return true;
	return (errno == EOPNOTSUPP || errno == ENOSYS) && ftruncate(descriptor, (off_t)bytes) == 0 &&
	       pms_file_write_zeros(descriptor, 0, bytes) == 0;
}

/* Whoever may read or write the stream may do so here. As far as we may say so: else its readers poll. */
static void adopt_permissions(int descriptor, const pms_file *stream_file)
{
	struct stat status;
	mode_t mode = 0600;

	if (fstat((int)stream_file->handle, &status) != 0)
		return;
	mode = status.st_mode & 0666;
	if (fchown(descriptor, status.st_uid, status.st_gid) != 0 && status.st_uid != geteuid())
		mode &= 0600;
	(void)fchmod(descriptor, mode);
}

static bool fill(pms_shm *shm, const pms_file *stream_file, const void *header, uint64_t header_bytes)
{
	int descriptor = (int)shm->handle;
	struct stat status;

	if (!allocate(descriptor, shm->published_bytes + shm->common_bytes) || fstat(descriptor, &status) != 0)
		return false;
	shm->device = status.st_dev;
	shm->inode = status.st_ino;
	adopt_permissions(descriptor, stream_file);
	if (!map_parts(shm, true, true))
		return false;
	memcpy(shm->published, header, header_bytes);
	return pms_shm_lock(shm, 0);
}

bool pms_shm_create(const char *path, const pms_file *stream_file, const uint8_t uuid[16], const void *header,
		    uint64_t header_bytes, uint64_t published_bytes, uint64_t common_bytes, pms_shm *shm)
{
	char *temporary = pms_shm_path_temporary(path);

	(void)uuid;
	*shm = no_shm(published_bytes, common_bytes);
	if (!temporary)
		return false;
	shm->handle = open_file(temporary, O_RDWR | O_CREAT | O_EXCL);
	bool made = false;
	if (shm->handle >= 0) {
		made = fill(shm, stream_file, header, header_bytes) && rename(temporary, path) == 0;
		if (!made) {
			(void)unlink(temporary);
			pms_shm_close(shm);
		}
	}
	free(temporary);
	return made;
}

void pms_shm_close(pms_shm *shm)
{
	if (shm->published)
		(void)munmap(shm->published, shm->published_bytes);
	if (shm->common)
		(void)munmap(shm->common, shm->common_bytes);
	if (shm->handle >= 0) {
		struct flock all = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
		/* A child that is just being started may have a copy of the descriptor, so closing is not enough. */
		if (shm->fork_generation == pms_os_fork_generation)
			(void)fcntl((int)shm->handle, F_OFD_SETLK, &all);
		(void)close((int)shm->handle);
	}
	shm->published = shm->common = NULL;
	shm->handle = -1;
}

bool pms_shm_is_at(const pms_shm *shm, const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 && status.st_dev == shm->device && status.st_ino == shm->inode;
}

void pms_shm_remove(pms_shm *shm, const char *path)
{
	if (pms_shm_is_at(shm, path))
		(void)unlink(path);
}

/* ---- locks ------------------------------------------------------------------------------------------------------- */

static struct flock one_byte(short type, uint32_t byte)
{
	return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)byte, .l_len = 1};
}

static int lock_call(const pms_shm *shm, int command, struct flock *lock)
{
	int result;

	do
		result = fcntl((int)shm->handle, command, lock);
	while (result != 0 && errno == EINTR);
	return result;
}

bool pms_shm_lock(const pms_shm *shm, uint32_t byte)
{
	struct flock lock = one_byte(F_WRLCK, byte);

	return lock_call(shm, F_OFD_SETLK, &lock) == 0;
}

void pms_shm_unlock(const pms_shm *shm, uint32_t byte)
{
	struct flock lock = one_byte(F_UNLCK, byte);

	if (shm->fork_generation == pms_os_fork_generation)
		(void)lock_call(shm, F_OFD_SETLK, &lock);
}

bool pms_shm_is_locked(const pms_shm *shm, uint32_t byte)
{
	/* Asks for a read lock: that needs no descriptor for writing, and all locks here are write locks. */
	struct flock probe = one_byte(F_RDLCK, byte);

	return lock_call(shm, F_OFD_GETLK, &probe) == 0 && probe.l_type != F_UNLCK;
}

/* ---- sleeping ---------------------------------------------------------------------------------------------------- */

/* Whoever maps the word is reached. */
bool pms_shm_answer(pms_shm *shm, uint64_t session)
{
	(void)shm;
	(void)session;
	return true;
}

bool pms_shm_is_answered(const pms_shm *shm, uint64_t session)
{
	(void)shm;
	(void)session;
	return true;
}

static struct timespec duration(uint32_t milliseconds)
{
	return (struct timespec){.tv_sec = milliseconds / 1000, .tv_nsec = (long)(milliseconds % 1000) * 1000000L};
}

#if defined(__linux__)

void pms_shm_sleep(pms_shm_word word, uint32_t expected, uint32_t milliseconds)
{
	struct timespec timeout = duration(milliseconds);

	(void)syscall(SYS_futex, word.at, FUTEX_WAIT, expected, &timeout, NULL, 0);
}

bool pms_shm_wake(pms_shm_word word)
{
	atomic_fetch_add(word.at, 1);
	(void)syscall(SYS_futex, word.at, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
	return true;
}

#else

#define POLL_MILLISECONDS 10u

void pms_shm_sleep(pms_shm_word word, uint32_t expected, uint32_t milliseconds)
{
	struct timespec pause = duration(milliseconds < POLL_MILLISECONDS ? milliseconds : POLL_MILLISECONDS);

	if (atomic_load(word.at) == expected)
		(void)nanosleep(&pause, NULL);
}

bool pms_shm_wake(pms_shm_word word)
{
	atomic_fetch_add(word.at, 1);
	return true;
}

#endif

/* ---- who we are -------------------------------------------------------------------------------------------------- */

uint64_t pms_os_process_id(void) { return (uint64_t)getpid(); }

/* Field 22 of /proc/self/stat; the name, which is the second and in parentheses, may hold anything. */
uint64_t pms_os_process_start(void)
{
	FILE *file = fopen("/proc/self/stat", "re");
	unsigned long long start = 0;
	char text[1024] = "";

	if (!file)
		return 0;
	size_t bytes = fread(text, 1, sizeof(text) - 1, file);
	(void)fclose(file);
	text[bytes] = '\0';
	const char *at = strrchr(text, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		start = strtoull(at + 1, NULL, 10);
	return start;
}

uint64_t pms_os_milliseconds(void) { return pms_os_nanoseconds() / 1000000; }

uint64_t pms_os_nanoseconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}
