/* SPDX-License-Identifier: MIT */
/* Files, random bytes and clock by Win32. The writer lock is in lock_windows.c, space in allocate_windows.c, creating and
 * naming files in publish_windows.c, paths in path_windows.c. */
#include "os_internal_windows.h"

#include <bcrypt.h>
#include <stdlib.h>
#include <string.h>

#include "barrier.h"
#include "error.h"

/* 100 ns since 1601, which is what the system counts, at the beginning of 1970. */
#define UNIX_EPOCH_TICKS 116444736000000000ull
#define TICKS_PER_SECOND 10000000ull

/* There is no fork: no process is a copy of another. */
unsigned pms_os_fork_generation;

static const char *type_text(DWORD type)
{
	switch (type) {
	case FILE_TYPE_CHAR:
		return "a character device";
	case FILE_TYPE_PIPE:
		return "a pipe or a socket";
	default:
		return "not a file";
	}
}

static int32_t fail_type(const char *path, const char *what, pms_error *error)
{
	return pms_fail(error, PMS_E_NOT_A_STREAM, "'%s' cannot hold a stream: it is %s", path, what);
}

/* Which file this is: 64 bits of what may have 128 (ReFS), or the older number where the system knows no other. */
static bool identify(HANDLE handle, pms_file *file)
{
	BY_HANDLE_FILE_INFORMATION by_handle;
	FILE_ID_INFO id;
	uint64_t halves[2];

	if (GetFileInformationByHandleEx(handle, FileIdInfo, &id, sizeof(id))) {
		memcpy(halves, &id.FileId, sizeof(halves));
		file->device = id.VolumeSerialNumber;
		file->inode = halves[0] ^ halves[1];
		return true;
	}
	if (!GetFileInformationByHandle(handle, &by_handle))
		return false;
	file->device = by_handle.dwVolumeSerialNumber;
	file->inode = (uint64_t)by_handle.nFileIndexHigh << 32 | by_handle.nFileIndexLow;
	return true;
}

int32_t pms_file_describe(HANDLE handle, const char *path, bool writable, pms_file *file, pms_error *error)
{
	DWORD type = GetFileType(handle);
	LARGE_INTEGER size;

	memset(file, 0, sizeof(*file));
	file->handle = -1;
	if (type != FILE_TYPE_DISK)
		return fail_type(path, type_text(type), error);
	if (!GetFileSizeEx(handle, &size) || !identify(handle, file))
		return pms_fail_os(error, pms_status_of_errno(pms_last_error()), pms_last_error(),
				   "cannot examine '%s'", path);
	file->handle = (intptr_t)handle;
	file->type = PMS_FILE_REGULAR;
	file->writable = writable;
	file->bytes = (uint64_t)size.QuadPart;
	return PMS_OK;
}

int32_t pms_file_open(const char *path, bool writable, pms_file *file, pms_error *error)
{
	int32_t status;
	DWORD attributes;
	wchar_t *wide;
	HANDLE handle;
	int os_error;

	memset(file, 0, sizeof(*file));
	file->handle = -1;
	status = pms_file_check_path(path, error);
	if (status == PMS_OK)
		status = pms_path_to_wide(path, &wide, error);
	if (status != PMS_OK)
		return status;
	handle = CreateFileW(wide, GENERIC_READ | (writable ? GENERIC_WRITE : 0), PMS_SHARE_ALL, NULL, OPEN_EXISTING,
			     FILE_ATTRIBUTE_NORMAL, NULL);
	os_error = pms_last_error();
	attributes = handle == INVALID_HANDLE_VALUE ? GetFileAttributesW(wide) : 0;
	free(wide);
	if (handle == INVALID_HANDLE_VALUE) {
		/* A folder is refused as "access denied". */
		if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY))
			return fail_type(path, "a folder", error);
		return pms_fail_os(error, pms_status_of_errno(os_error), os_error, "cannot open '%s' for %s", path,
				   writable ? "writing" : "reading");
	}
	status = pms_file_describe(handle, path, writable, file, error);
	if (status != PMS_OK)
		(void)CloseHandle(handle);
	return status;
}

int32_t pms_file_size(const pms_file *file, uint64_t *bytes, pms_error *error)
{
	LARGE_INTEGER size;

	if (!GetFileSizeEx(pms_handle(file), &size))
		return pms_fail_os(error, PMS_E_IO, pms_last_error(), "cannot find out the size of the file");
	*bytes = (uint64_t)size.QuadPart;
	return PMS_OK;
}

int32_t pms_file_read(const pms_file *file, uint64_t offset, void *buffer, size_t bytes, size_t *got, pms_error *error)
{
	*got = 0;
	if (offset > INT64_MAX || bytes > INT64_MAX - offset)
		return pms_fail(error, PMS_E_INVALID_ARGUMENT, "offset: %llu is beyond any file",
				(unsigned long long)offset);
	while (*got < bytes) {
		const uint64_t at = offset + *got;
		const size_t left = bytes - *got;
		OVERLAPPED place = {.Offset = (DWORD)at, .OffsetHigh = (DWORD)(at >> 32)};
		DWORD part = 0;

		if (!ReadFile(pms_handle(file), (char *)buffer + *got, left < INT32_MAX ? (DWORD)left : INT32_MAX,
			      &part, &place) &&
		    GetLastError() != ERROR_HANDLE_EOF)
			return pms_fail_os(error, PMS_E_IO, pms_last_error(), "cannot read %zu bytes at offset %llu",
					   left, (unsigned long long)at);
		if (part == 0)
			break;
		*got += part;
	}
	return PMS_OK;
}

int32_t pms_file_sync(const pms_file *file, pms_error *error)
{
	if (!FlushFileBuffers(pms_handle(file)))
		return pms_fail_os(error, PMS_E_IO, pms_last_error(), "cannot make the file durable");
	return PMS_OK;
}

void pms_file_close(pms_file *file)
{
	if (file->handle == -1)
		return;
	pms_file_unlock(file);
	(void)CloseHandle(pms_handle(file));
	file->handle = -1;
}

int32_t pms_os_random(void *buffer, size_t bytes, pms_error *error)
{
	NTSTATUS status = BCryptGenRandom(NULL, buffer, (ULONG)bytes, BCRYPT_USE_SYSTEM_PREFERRED_RNG);

	if (status != 0)
		return pms_fail_os(error, PMS_E_IO, (int)status, "the system gives no random bytes");
	return PMS_OK;
}

uint64_t pms_os_unix_seconds(void)
{
	FILETIME now;
	uint64_t ticks;

	GetSystemTimeAsFileTime(&now);
	ticks = (uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime;
	return ticks < UNIX_EPOCH_TICKS ? 0 : (ticks - UNIX_EPOCH_TICKS) / TICKS_PER_SECOND;
}

static BOOL CALLBACK initialize_once(PINIT_ONCE once, PVOID parameter, PVOID *context)
{
	(void)once, (void)parameter, (void)context;
	pms_barrier_initialize();
	return TRUE;
}

void pms_os_initialize(void)
{
	static INIT_ONCE once = INIT_ONCE_STATIC_INIT;

	(void)InitOnceExecuteOnce(&once, initialize_once, NULL, NULL);
}
