/* SPDX-License-Identifier: MIT */
/*
 * Space for a file, so that a full disk is an error here and not an exception in an append. An ordinary file gets its clusters
 * when its end is set. Where the system says that some are missing (a sparse or compressed file, a file system that
 * gives space only to what was written), zeros are written into what reads as zeros.
 */
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "os_internal_windows.h"

#define ZERO_BYTES ((size_t)1 << 20)
/* No hole is smaller. */
#define HOLE_BYTES ((size_t)4096)

static int32_t fail_space(pms_error *error, int os_error, uint64_t bytes)
{
	return pms_fail_os(error, pms_status_of_errno(os_error), os_error, "cannot allocate %llu bytes for the file",
			   (unsigned long long)bytes);
}

static OVERLAPPED place_of(uint64_t offset)
{
	return (OVERLAPPED){.Offset = (DWORD)offset, .OffsetHigh = (DWORD)(offset >> 32)};
}

/* 0 or the error of the system. */
static int write_all(HANDLE handle, const char *source, size_t bytes, uint64_t offset)
{
	while (bytes > 0) {
		OVERLAPPED place = place_of(offset);
		DWORD part = 0;

		if (!WriteFile(handle, source, (DWORD)bytes, &part, &place))
			return pms_last_error();
		if (part == 0)
			return ERROR_WRITE_FAULT;
		source += part;
		bytes -= part;
		offset += part;
	}
	return 0;
}

/* What the file holds there, zeros behind its end. 0 or the error of the system. */
static int read_part(HANDLE handle, char *buffer, size_t bytes, uint64_t offset)
{
	OVERLAPPED place = place_of(offset);
	DWORD got = 0;

	if (!ReadFile(handle, buffer, (DWORD)bytes, &got, &place) && GetLastError() != ERROR_HANDLE_EOF)
		return pms_last_error();
	memset(buffer + got, 0, bytes - got);
	return 0;
}

/* How many bytes from there on, in whole pieces, are in pieces that are zero, or are not, as asked for. */
static size_t run_of(const char *zeros, const char *found, size_t bytes, bool zero)
{
	size_t run = 0;

	while (run < bytes) {
		size_t piece = bytes - run < HOLE_BYTES ? bytes - run : HOLE_BYTES;
		if ((memcmp(found + run, zeros, piece) == 0) != zero)
			break;
		run += piece;
	}
	return run;
}

/* Writes zeros into what reads as zeros of [from, to). 0 or the error of the system. */
static int write_zeros(HANDLE handle, uint64_t from, uint64_t to)
{
	char *zeros = calloc(2, ZERO_BYTES);
	int os_error = zeros ? 0 : ERROR_NOT_ENOUGH_MEMORY;

	while (os_error == 0 && from < to) {
		const char *found = zeros + ZERO_BYTES;
		size_t part = to - from < ZERO_BYTES ? (size_t)(to - from) : ZERO_BYTES;

		os_error = read_part(handle, zeros + ZERO_BYTES, part, from);
		for (size_t at = 0; os_error == 0 && at < part;) {
			size_t hole = run_of(zeros, found + at, part - at, true);
			os_error = write_all(handle, zeros, hole, from + at);
			at += hole;
			at += run_of(zeros, found + at, part - at, false);
		}
		from += part;
	}
	free(zeros);
	return os_error;
}

/* Before so much is asked for: no disk is filled to find out that there is too little. 0 or ERROR_DISK_FULL. */
static int check_room(HANDLE handle, uint64_t bytes)
{
	const DWORD flags = FILE_NAME_NORMALIZED | VOLUME_NAME_DOS;
	DWORD characters = GetFinalPathNameByHandleW(handle, NULL, 0, flags);
	wchar_t *folder = characters ? calloc(characters + 1, sizeof(*folder)) : NULL;
	ULARGE_INTEGER room;
	bool known = false;

	if (folder && GetFinalPathNameByHandleW(handle, folder, characters + 1, flags) <= characters) {
		wchar_t *name = wcsrchr(folder, L'\\');

		if (name)
			name[1] = 0;
		known = GetDiskFreeSpaceExW(folder, &room, NULL, NULL);
	}
	free(folder);
	return known && room.QuadPart < bytes ? ERROR_DISK_FULL : 0;
}

/* 0 or the error of the system. */
static int set_end(HANDLE handle, uint64_t bytes)
{
	FILE_END_OF_FILE_INFO end = {.EndOfFile = {.QuadPart = (LONGLONG)bytes}};

	return SetFileInformationByHandle(handle, FileEndOfFileInfo, &end, sizeof(end)) ? 0 : pms_last_error();
}

/* 0 or the error of the system. */
static int extend(HANDLE handle, uint64_t from, uint64_t bytes, uint64_t *file_bytes)
{
	FILE_STANDARD_INFO found;
	int os_error = 0;

	if (!GetFileInformationByHandleEx(handle, FileStandardInfo, &found, sizeof(found)))
		return pms_last_error();
	if ((uint64_t)found.EndOfFile.QuadPart < bytes) {
		FILE_ALLOCATION_INFO space = {.AllocationSize = {.QuadPart = (LONGLONG)bytes}};

		os_error = check_room(handle, bytes - (uint64_t)found.EndOfFile.QuadPart);
		if (os_error != 0)
			return os_error;
		/* In one piece, where that is to be had; not every file system knows it. */
		if (!SetFileInformationByHandle(handle, FileAllocationInfo, &space, sizeof(space)) &&
		    pms_status_of_errno(pms_last_error()) == PMS_E_NO_SPACE)
			return pms_last_error();
		os_error = set_end(handle, bytes);
	}
	if (os_error == 0 && !GetFileInformationByHandleEx(handle, FileStandardInfo, &found, sizeof(found)))
		os_error = pms_last_error();
	if (os_error == 0 && found.AllocationSize.QuadPart < found.EndOfFile.QuadPart) {
		os_error = check_room(handle, (uint64_t)(found.EndOfFile.QuadPart - found.AllocationSize.QuadPart));
		if (os_error == 0)
			os_error = write_zeros(handle, from, bytes);
	}
	*file_bytes = (uint64_t)found.EndOfFile.QuadPart;
	return os_error;
}

int32_t pms_file_extend(const pms_file *file, uint64_t from, uint64_t bytes, uint64_t *file_bytes, pms_error *error)
{
	int os_error;

	if (bytes <= from || bytes > INT64_MAX)
		return pms_fail(error, bytes <= from ? PMS_E_INVALID_ARGUMENT : PMS_E_NO_SPACE,
				"cannot allocate %llu bytes for the file", (unsigned long long)bytes);
	os_error = extend(pms_handle(file), from, bytes, file_bytes);
	return os_error == 0 ? PMS_OK : fail_space(error, os_error, bytes);
}

int32_t pms_file_allocate(pms_file *file, uint64_t bytes, pms_error *error)
{
	return pms_file_extend(file, 0, bytes, &file->bytes, error);
}

void pms_file_cut(const pms_file *file, uint64_t bytes)
{
	LARGE_INTEGER size;

	/* Where it is refused the file stays longer: the next who grows the stream takes what is there. */
	if (GetFileSizeEx(pms_handle(file), &size) && (uint64_t)size.QuadPart > bytes)
		(void)set_end(pms_handle(file), bytes);
}

bool pms_file_is_sparse(const pms_file *file)
{
	FILE_STANDARD_INFO found;

	return GetFileInformationByHandleEx(pms_handle(file), FileStandardInfo, &found, sizeof(found)) &&
	       found.AllocationSize.QuadPart < found.EndOfFile.QuadPart;
}
