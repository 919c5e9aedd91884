/* SPDX-License-Identifier: MIT */
/* A new file gets its name only when it is complete: it is made under a temporary name, and renamed. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "error.h"
#include "os_internal_posix.h"

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

/* ".0123456789abcdef.creating" */
#define TEMPORARY_SUFFIX_BYTES 26
#define TEMPORARY_ATTEMPTS 16

/* How much of a file's name can stay in the temporary one, which may not be longer than NAME_MAX either. */
static size_t name_bytes_kept(const char *name)
{
	size_t bytes = strlen(name);

	if (bytes <= NAME_MAX - TEMPORARY_SUFFIX_BYTES)
		return bytes;
	bytes = NAME_MAX - TEMPORARY_SUFFIX_BYTES;
	while (bytes > 0 && ((unsigned char)name[bytes] & 0xC0) == 0x80)
		bytes--;
	return bytes;
}

int32_t pms_file_create_temporary(const char *path, char **temporary_path, pms_file *file, pms_error *error)
{
	const char *name;
	size_t kept;
	size_t room;
	int descriptor = -1;
	int32_t status = pms_file_check_path(path, error);

	*temporary_path = NULL;
	memset(file, 0, sizeof(*file));
	file->handle = -1;
	if (status != PMS_OK)
		return status;
	name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	if (!*name)
		return pms_fail(error, PMS_E_INVALID_ARGUMENT, "path: '%s' ends in '/', a file's path was expected",
				path);
	if (strlen(name) > NAME_MAX)
		return pms_fail_os(error, PMS_E_INVALID_ARGUMENT, ENAMETOOLONG, "cannot create '%s'", path);
	kept = (size_t)(name - path) + name_bytes_kept(name);
	room = kept + TEMPORARY_SUFFIX_BYTES + 1;
	*temporary_path = malloc(room);
	if (!*temporary_path)
		return pms_fail(error, PMS_E_NO_MEMORY, "no memory for the name of a temporary file");
	memcpy(*temporary_path, path, kept);
	for (int attempt = 0; status == PMS_OK && descriptor < 0 && attempt < TEMPORARY_ATTEMPTS; attempt++) {
		uint64_t random;

		status = pms_os_random(&random, sizeof(random), error);
		if (status != PMS_OK)
			break;
		(void)snprintf(*temporary_path + kept, room - kept, ".%016llx.creating", (unsigned long long)random);
		descriptor = open(*temporary_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0666);
		if (descriptor < 0 && errno != EEXIST && errno != EINTR)
			break;
	}
	if (status == PMS_OK && descriptor < 0)
		status = pms_fail_os(error, pms_status_of_errno(errno), errno, "cannot create '%s'", path);
	if (status == PMS_OK) {
		status = pms_file_describe(descriptor, *temporary_path, true, file, error);
		if (status != PMS_OK) {
			(void)close(descriptor);
			pms_file_remove(*temporary_path);
		}
	}
	if (status != PMS_OK) {
		free(*temporary_path);
		*temporary_path = NULL;
	}
	return status;
}

/* Renames without replacing, where the file system knows neither RENAME_NOREPLACE nor hard links: takes the name first,
 * by an empty file. A crash in between leaves that empty file, which is not a stream. 0 or an errno. */
static int rename_over_placeholder(const char *temporary_path, const char *path)
{
	int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0666);
	int os_error;

	if (descriptor < 0)
		return errno;
	(void)close(descriptor);
	if (rename(temporary_path, path) == 0)
		return 0;
	os_error = errno;
	(void)unlink(path);
	return os_error;
}

/* 0 or an errno; EEXIST when the name is taken. */
static int rename_without_replacing(const char *temporary_path, const char *path)
{
	int os_error;

	/* By its number: not every C library has the function. */
	if (syscall(SYS_renameat2, AT_FDCWD, temporary_path, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return errno;
	if (link(temporary_path, path) == 0) {
		(void)unlink(temporary_path);
		return 0;
	}
	os_error = errno;
	if (os_error != EPERM && os_error != EOPNOTSUPP && os_error != ENOSYS && os_error != EMLINK)
		return os_error;
	return rename_over_placeholder(temporary_path, path);
}

/* Makes the name durable. 0 or an errno. */
static int sync_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	int descriptor;
	int os_error = 0;

	if (!folder)
		return ENOMEM;
	descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(folder);
	if (descriptor >= 0) {
		/* EINVAL: a file system without durable names, or one on which every rename is durable. */
		if (fsync(descriptor) != 0 && errno != EINVAL)
			os_error = errno;
	} else {
		/* A folder may be writable and yet not readable: then all of its file system is synced. */
		descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		if (descriptor < 0 || syncfs(descriptor) != 0)
			os_error = errno;
	}
	if (descriptor >= 0)
		(void)close(descriptor);
	return os_error;
}

int32_t pms_file_publish(const char *temporary_path, const char *path, bool replace, pms_error *error)
{
	int os_error;

	if (replace)
		os_error = rename(temporary_path, path) == 0 ? 0 : errno;
	else
		os_error = rename_without_replacing(temporary_path, path);
	if (os_error == EEXIST)
		return pms_fail_os(error, PMS_E_EXISTS, os_error, "'%s' exists already", path);
	if (os_error != 0)
		return pms_fail_os(error, pms_status_of_errno(os_error), os_error, "cannot rename '%s' to '%s'",
				   temporary_path, path);
	os_error = sync_name(path);
	if (os_error == 0)
		return PMS_OK;
	/* The caller is told that nothing was created, so nothing must be there. What was replaced is gone, though. */
	if (!replace)
		(void)unlink(path);
	return pms_fail_os(error, PMS_E_IO, os_error, "cannot make the name of '%s' durable", path);
}

int32_t pms_file_resolve(const char *path, char **resolved, pms_error *error)
{
	struct stat status;

	*resolved = NULL;
	if (lstat(path, &status) != 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return PMS_OK;
		return pms_fail_os(error, pms_status_of_errno(errno), errno, "cannot look at '%s'", path);
	}
	*resolved = realpath(path, NULL);
	if (!*resolved)
		*resolved = strdup(path);
	return *resolved ? PMS_OK : pms_fail(error, PMS_E_NO_MEMORY, "no memory for a path");
}

void pms_file_remove(const char *temporary_path)
{
	if (temporary_path)
		(void)unlink(temporary_path);
}
