/* SPDX-License-Identifier: MIT */
/* Space for a file, so that a full disk is an error here and not a SIGBUS in an append. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "os_internal_posix.h"

#define ZERO_BYTES ((size_t)1 << 20)

static int32_t fail_space(pms_error *error, int os_error, uint64_t bytes)
{
	return pms_fail_os(error, pms_status_of_errno(os_error), os_error, "cannot allocate %llu bytes for the file",
			   (unsigned long long)bytes);
}

/* 0 or an errno. */
static int write_all(int descriptor, const char *source, size_t bytes, uint64_t offset)
{
	while (bytes > 0) {
		ssize_t part = pwrite(descriptor, source, bytes, (off_t)offset);

		if (part < 0 && errno == EINTR)
			continue;
		if (part <= 0)
			return part < 0 ? errno : EIO;
		source += part;
		bytes -= (size_t)part;
		offset += (uint64_t)part;
	}
	return 0;
}

/* *zero: whether all bytes of the range read as zero. 0 or an errno. */
static int is_zero(int descriptor, char *buffer, size_t bytes, uint64_t offset, bool *zero)
{
	ssize_t got;

	do
		got = pread(descriptor, buffer, bytes, (off_t)offset);
	while (got < 0 && errno == EINTR);
	*zero = got <= 0 || (buffer[0] == 0 && memcmp(buffer, buffer + 1, (size_t)got - 1) == 0);
	return got < 0 ? errno : 0;
}

/*
 * Writes zeros into [from, to), which the file system calls a hole. What does not read as zero is passed over all the
 * same: some file systems do not count data that is still in the page cache. buffer: two parts of ZERO_BYTES, the first
 * one zeros. 0 or an errno.
 */
static int fill_hole(int descriptor, char *buffer, uint64_t from, uint64_t to)
{
	while (from < to) {
		size_t part = to - from < ZERO_BYTES ? (size_t)(to - from) : ZERO_BYTES;
		bool zero;
		int os_error = is_zero(descriptor, buffer + ZERO_BYTES, part, from, &zero);

		if (os_error == 0 && zero)
			os_error = write_all(descriptor, buffer, part, from);
		if (os_error != 0)
			return os_error;
		from += part;
	}
	return 0;
}

int pms_file_write_zeros(int descriptor, uint64_t from, uint64_t bytes)
{
	char *buffer = calloc(2, ZERO_BYTES);
	struct stat status;
	uint64_t old_bytes = 0;
	uint64_t at = from;
	int os_error = 0;

	if (!buffer)
		return ENOMEM;
	if (fstat(descriptor, &status) == 0)
		old_bytes = (uint64_t)status.st_size < bytes ? (uint64_t)status.st_size : bytes;
	else
		os_error = errno;
	while (os_error == 0 && at < old_bytes) {
		off_t hole = lseek(descriptor, (off_t)at, SEEK_HOLE);
		off_t data;

		/* A file system that does not know holes calls everything data, or refuses the question. */
		if (hole < 0 || (uint64_t)hole >= old_bytes)
			break;
		data = lseek(descriptor, hole, SEEK_DATA);
		if (data < 0 || (uint64_t)data > old_bytes)
			data = (off_t)old_bytes; /* ENXIO: no data behind it */
		os_error = fill_hole(descriptor, buffer, (uint64_t)hole, (uint64_t)data);
		at = (uint64_t)data;
	}
	if (os_error == 0)
		os_error = fill_hole(descriptor, buffer, old_bytes > from ? old_bytes : from, bytes);
	free(buffer);
	return os_error;
}

int32_t pms_file_extend(const pms_file *file, uint64_t from, uint64_t bytes, uint64_t *file_bytes, pms_error *error)
{
	struct stat status;
	int os_error;

	if (file->type == PMS_FILE_DEVICE_DAX) {
		if (bytes > file->bytes)
			return pms_fail_at(error, PMS_E_NO_SPACE, 0, bytes, file->bytes,
					   "the device has %llu bytes, %llu are needed",
					   (unsigned long long)file->bytes, (unsigned long long)bytes);
		*file_bytes = file->bytes;
		return PMS_OK;
	}
	if (bytes <= from || bytes > INT64_MAX)
		return pms_fail(error, bytes <= from ? PMS_E_INVALID_ARGUMENT : PMS_E_NO_SPACE,
				"cannot allocate %llu bytes for the file", (unsigned long long)bytes);
	do
		os_error = fallocate((int)file->handle, 0, (off_t)from, (off_t)(bytes - from)) == 0 ? 0 : errno;
	while (os_error == EINTR);
	if (os_error == EOPNOTSUPP || os_error == ENOSYS)
		os_error = pms_file_write_zeros((int)file->handle, from, bytes);
	if (os_error != 0)
		return fail_space(error, os_error, bytes);
	if (fstat((int)file->handle, &status) != 0)
		return pms_fail_os(error, PMS_E_IO, errno, "cannot find out the size of the file");
	*file_bytes = (uint64_t)status.st_size;
	return PMS_OK;
}

int32_t pms_file_allocate(pms_file *file, uint64_t bytes, pms_error *error)
{
	return pms_file_extend(file, 0, bytes, &file->bytes, error);
}

void pms_file_cut(const pms_file *file, uint64_t bytes)
{
	struct stat status;
	int result;

	if (file->type == PMS_FILE_DEVICE_DAX || fstat((int)file->handle, &status) != 0 ||
	    (uint64_t)status.st_size <= bytes)
		return;
	/* Where it is refused the file stays longer: the next who grows the stream takes what is there. */
	do
		result = ftruncate((int)file->handle, (off_t)bytes);
	while (result != 0 && errno == EINTR);
}

bool pms_file_is_sparse(const pms_file *file)
{
	struct stat status;

	/* Counted in blocks: SEEK_HOLE calls space that is allocated but not yet written a hole as well. */
	if (file->type == PMS_FILE_DEVICE_DAX || fstat((int)file->handle, &status) != 0)
		return false;
	return (uint64_t)status.st_blocks * 512 < (uint64_t)status.st_size;
}
