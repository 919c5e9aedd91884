/* SPDX-License-Identifier: MIT */
/* Files, random bytes, clock and fork by POSIX and Linux. The writer lock is in lock_posix.c, space in
 * allocate_posix.c, creating and naming files in publish_posix.c. */
#include "os.h"

#include "barrier.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "error.h"
#include "os_internal_posix.h"

unsigned pms_os_fork_generation;

/* A device-DAX node is a character device of the subsystem "dax" (of the class "dax" on old kernels). */
static bool is_device_dax(const struct stat *status)
{
	char link[64];
	char target[PATH_MAX];
	const char *name;
	ssize_t bytes;

	if (!S_ISCHR(status->st_mode))
		return false;
	(void)snprintf(link, sizeof(link), "/sys/dev/char/%u:%u/subsystem", major(status->st_rdev),
		       minor(status->st_rdev));
	bytes = readlink(link, target, sizeof(target) - 1);
	if (bytes <= 0)
		return false;
	target[bytes] = '\0';
	name = strrchr(target, '/');
	return name && strcmp(name, "/dax") == 0;
}

/* Its size is not in st_size. */
static int32_t device_dax_size(const struct stat *status, uint64_t *bytes, pms_error *error)
{
	char path[64];
	char text[32] = "";
	char *end = NULL;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/size", major(status->st_rdev), minor(status->st_rdev));
	file = fopen(path, "re");
	if (!file)
		return pms_fail_os(error, PMS_E_IO, errno, "cannot read the size of the device from %s", path);
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	(void)fclose(file);
	errno = 0;
	*bytes = strtoull(text, &end, 0);
	if (errno != 0 || end == text || *bytes == 0)
		return pms_fail(error, PMS_E_IO, "%s does not hold the size of the device, but '%s'", path, text);
	return PMS_OK;
}

static const char *type_text(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a folder";
	case S_IFIFO:
		return "a pipe";
	case S_IFSOCK:
		return "a socket";
	case S_IFBLK:
		return "a block device (put a file system on it, for example with -o dax)";
	case S_IFCHR:
		return "a character device other than device-DAX";
	default:
		return "not a file";
	}
}

static int32_t check_type(const char *path, const struct stat *status, pms_file_type *type, pms_error *error)
{
	if (S_ISREG(status->st_mode)) {
		*type = PMS_FILE_REGULAR;
		return PMS_OK;
	}
	if (is_device_dax(status)) {
		*type = PMS_FILE_DEVICE_DAX;
		return PMS_OK;
	}
	return pms_fail(error, PMS_E_NOT_A_STREAM, "'%s' cannot hold a stream: it is %s", path,
			type_text(status->st_mode));
}

int32_t pms_file_check_path(const char *path, pms_error *error)
{
	if (!path || !*path)
		return pms_fail(error, PMS_E_INVALID_ARGUMENT, "path: %s, a file's path was expected",
				path ? "empty" : "null");
	return PMS_OK;
}

int32_t pms_file_describe(int descriptor, const char *path, bool writable, pms_file *file, pms_error *error)
{
	struct stat status;
	int32_t result;

	if (fstat(descriptor, &status) != 0)
		return pms_fail_os(error, pms_status_of_errno(errno), errno, "cannot examine '%s'", path);
	memset(file, 0, sizeof(*file));
	result = check_type(path, &status, &file->type, error);
	if (result == PMS_OK && file->type == PMS_FILE_DEVICE_DAX)
		result = device_dax_size(&status, &file->bytes, error);
	else
		file->bytes = (uint64_t)status.st_size;
	file->handle = result == PMS_OK ? descriptor : -1;
	file->writable = writable;
	file->device = status.st_dev;
	file->inode = status.st_ino;
	return result;
}

int32_t pms_file_open(const char *path, bool writable, pms_file *file, pms_error *error)
{
	/* O_NONBLOCK: should a pipe have taken the file's place since stat, opening it must not hang. */
	const int flags = (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	pms_file_type type;
	struct stat status;
	int descriptor;
	int32_t result;

	memset(file, 0, sizeof(*file));
	file->handle = -1;
	result = pms_file_check_path(path, error);
	if (result != PMS_OK)
		return result;
	/* Looked at before it is opened: opening a device or a pipe is not without effect. */
	if (stat(path, &status) != 0)
		return pms_fail_os(error, pms_status_of_errno(errno), errno, "cannot open '%s'", path);
	result = check_type(path, &status, &type, error);
	if (result != PMS_OK)
		return result;
	do
		descriptor = open(path, flags);
	while (descriptor < 0 && errno == EINTR);
	if (descriptor < 0)
		return pms_fail_os(error, pms_status_of_errno(errno), errno, "cannot open '%s' for %s", path,
				   writable ? "writing" : "reading");
	result = pms_file_describe(descriptor, path, writable, file, error);
	if (result != PMS_OK)
		(void)close(descriptor);
	return result;
}

int32_t pms_file_size(const pms_file *file, uint64_t *bytes, pms_error *error)
{
	struct stat status;

	if (fstat((int)file->handle, &status) != 0)
		return pms_fail_os(error, PMS_E_IO, errno, "cannot find out the size of the file");
	if (file->type == PMS_FILE_DEVICE_DAX)
		return device_dax_size(&status, bytes, error);
	*bytes = (uint64_t)status.st_size;
	return PMS_OK;
}

int32_t pms_file_read(const pms_file *file, uint64_t offset, void *buffer, size_t bytes, size_t *got, pms_error *error)
{
	*got = 0;
	if (file->type == PMS_FILE_DEVICE_DAX)
		return pms_fail(error, PMS_E_NOT_SUPPORTED, "a device-DAX node cannot be read, only mapped");
	if (offset > INT64_MAX || bytes > INT64_MAX - offset)
		return pms_fail(error, PMS_E_INVALID_ARGUMENT, "offset: %llu is beyond any file",
				(unsigned long long)offset);
	while (*got < bytes) {
		ssize_t part = pread((int)file->handle, (char *)buffer + *got, bytes - *got, (off_t)(offset + *got));

		if (part < 0 && errno == EINTR)
			continue;
		if (part < 0)
			return pms_fail_os(error, PMS_E_IO, errno, "cannot read %zu bytes at offset %llu", bytes - *got,
					   (unsigned long long)(offset + *got));
		if (part == 0)
			break;
		*got += (size_t)part;
	}
	return PMS_OK;
}

int32_t pms_file_sync(const pms_file *file, pms_error *error)
{
	int result;

	/* Nothing of a device-DAX node is in a cache of the kernel. */
	if (file->type == PMS_FILE_DEVICE_DAX)
		return PMS_OK;
	do
		result = fsync((int)file->handle);
	while (result != 0 && errno == EINTR);
	if (result != 0)
		return pms_fail_os(error, PMS_E_IO, errno, "cannot make the file durable");
	return PMS_OK;
}

void pms_file_close(pms_file *file)
{
	if (file->handle < 0)
		return;
	pms_file_unlock(file);
	(void)close((int)file->handle);
	file->handle = -1;
}

int32_t pms_os_random(void *buffer, size_t bytes, pms_error *error)
{
	size_t done = 0;

	while (done < bytes) {
		ssize_t part = getrandom((char *)buffer + done, bytes - done, 0);

		if (part < 0 && errno == EINTR)
			continue;
		if (part < 0)
			return pms_fail_os(error, PMS_E_IO, errno, "the system gives no random bytes");
		done += (size_t)part;
	}
	return PMS_OK;
}

uint64_t pms_os_unix_seconds(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME, &now) != 0 || now.tv_sec < 0)
		return 0;
	return (uint64_t)now.tv_sec;
}

/* Only the child's copy changes; the child has one thread when this runs. */
static void count_fork(void) { pms_os_fork_generation++; }

static void install_fork_handler(void) { (void)pthread_atfork(NULL, NULL, count_fork); }

static void initialize_once(void)
{
	install_fork_handler();
	pms_barrier_initialize();
}

void pms_os_initialize(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, initialize_once);
}
