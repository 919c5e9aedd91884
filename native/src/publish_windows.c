/* SPDX-License-Identifier: MIT */
/* A new file gets its name only when it is complete: it is made under a temporary name, and renamed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "error.h"
#include "os_internal_windows.h"

/* Of a file's name, in UTF-16. */
#define NAME_UNITS_MAX 255
/* ".0123456789abcdef.creating" */
#define TEMPORARY_SUFFIX_UNITS 26
#define TEMPORARY_ATTEMPTS 16
#define REPLACED_SUFFIX L".replaced"

/* FileRenameInfoEx and its flags, which older headers do not have: a file that others have open can be replaced, too. */
#define RENAME_INFO_EX 22
#define RENAME_REPLACE_IF_EXISTS 1u
#define RENAME_POSIX_SEMANTICS 2u

static const char *name_of(const char *path)
{
	const char *name = path;

	for (const char *at = path; *at; at++)
		if (*at == '/' || *at == '\\' || (*at == ':' && at == path + 1))
			name = at + 1;
	return name;
}

/* How many bytes of the name fit into `room` units of UTF-16. */
static size_t name_bytes_kept(const char *name, size_t room)
{
	size_t bytes = 0;
	size_t units = 0;

	while (name[bytes]) {
		unsigned char lead = (unsigned char)name[bytes];
		size_t sequence = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;

		units += sequence == 4 ? 2 : 1;
		if (units > room)
			break;
		for (; sequence > 0 && name[bytes]; sequence--)
			bytes++;
	}
	return bytes;
}

static HANDLE create_new(const char *path, int32_t *status, pms_error *error)
{
	HANDLE handle;
	wchar_t *wide;

	*status = pms_path_to_wide(path, &wide, error);
	if (*status != PMS_OK)
		return INVALID_HANDLE_VALUE;
	handle = CreateFileW(wide, GENERIC_READ | GENERIC_WRITE, PMS_SHARE_ALL, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL,
			     NULL);
	if (handle == INVALID_HANDLE_VALUE)
		*status = pms_fail_os(error, pms_status_of_errno(pms_last_error()), pms_last_error(),
				      "cannot create '%s'", path);
	free(wide);
	return handle;
}

int32_t pms_file_create_temporary(const char *path, char **temporary_path, pms_file *file, pms_error *error)
{
	const char *name;
	size_t kept;
	size_t room;
	HANDLE handle = INVALID_HANDLE_VALUE;
	int32_t status = pms_file_check_path(path, error);

	*temporary_path = NULL;
	memset(file, 0, sizeof(*file));
	file->handle = -1;
	if (status != PMS_OK)
		return status;
	name = name_of(path);
	if (!*name)
		return pms_fail(error, PMS_E_INVALID_ARGUMENT,
				"path: '%s' ends in a separator, a file's path was expected", path);
	if (name_bytes_kept(name, NAME_UNITS_MAX) < strlen(name))
		return pms_fail_os(error, PMS_E_INVALID_ARGUMENT, ERROR_FILENAME_EXCED_RANGE, "cannot create '%s'",
				   path);
	kept = (size_t)(name - path) + name_bytes_kept(name, NAME_UNITS_MAX - TEMPORARY_SUFFIX_UNITS);
	room = kept + TEMPORARY_SUFFIX_UNITS + 1;
	*temporary_path = malloc(room);
	if (!*temporary_path)
		return pms_fail(error, PMS_E_NO_MEMORY, "no memory for the name of a temporary file");
	memcpy(*temporary_path, path, kept);
	for (int attempt = 0; handle == INVALID_HANDLE_VALUE && attempt < TEMPORARY_ATTEMPTS; attempt++) {
		uint64_t random;

		status = pms_os_random(&random, sizeof(random), error);
		if (status != PMS_OK)
			break;
		(void)snprintf(*temporary_path + kept, room - kept, ".%016llx.creating", (unsigned long long)random);
		handle = create_new(*temporary_path, &status, error);
		if (handle == INVALID_HANDLE_VALUE && status != PMS_E_EXISTS)
			break;
	}
	if (status == PMS_OK) {
		status = pms_file_describe(handle, *temporary_path, true, file, error);
		if (status != PMS_OK) {
			(void)CloseHandle(handle);
			pms_file_remove(*temporary_path);
		}
	}
	if (status != PMS_OK) {
		free(*temporary_path);
		*temporary_path = NULL;
	}
	return status;
}

/*
 * Replaces a file that others may have open: they keep the old one. From Windows 10 (1709) on, on NTFS. False where that is
 * not to be had.
 */
static bool rename_over_open(const wchar_t *from, const wchar_t *to)
{
	/* What it points to: flags, handle of a folder (none), bytes of the name, the name. */
	const size_t name_bytes = wcslen(to) * sizeof(wchar_t);
	const size_t bytes = sizeof(FILE_RENAME_INFO) + name_bytes + sizeof(wchar_t);
	FILE_RENAME_INFO *info = calloc(1, bytes);
	const uint32_t flags = RENAME_REPLACE_IF_EXISTS | RENAME_POSIX_SEMANTICS;
	HANDLE handle = INVALID_HANDLE_VALUE;
	bool done = false;

	if (info)
		handle = CreateFileW(from, GENERIC_WRITE | DELETE | SYNCHRONIZE, PMS_SHARE_ALL, NULL, OPEN_EXISTING,
				     FILE_ATTRIBUTE_NORMAL, NULL);
	if (handle != INVALID_HANDLE_VALUE) {
		memcpy(info, &flags, sizeof(flags)); /* in a union with ReplaceIfExists */
		info->FileNameLength = (DWORD)name_bytes;
		memcpy(info->FileName, to, name_bytes);
		done = SetFileInformationByHandle(handle, (FILE_INFO_BY_HANDLE_CLASS)RENAME_INFO_EX, info,
						  (DWORD)bytes) != 0;
		/* The log of the file system is in order: behind this the new name is durable. */
		if (done)
			(void)FlushFileBuffers(handle);
		(void)CloseHandle(handle);
	}
	free(info);
	return done;
}

/*
 * Where that is not to be had: a file that others have open can be renamed, though not replaced. After a crash in between there
 * is nothing at `to`, and both files are whole under their other names. 0, or the error of the system.
 */
static int rename_behind_aside(const wchar_t *from, const wchar_t *to)
{
	const size_t units = wcslen(to) + sizeof(REPLACED_SUFFIX) / sizeof(wchar_t);
	wchar_t *aside = malloc(units * sizeof(wchar_t));
	int os_error = 0;

	if (!aside)
		return ERROR_NOT_ENOUGH_MEMORY;
	(void)wcscpy(aside, to);
	(void)wcscat(aside, REPLACED_SUFFIX);
	if (!MoveFileExW(to, aside, MOVEFILE_WRITE_THROUGH | MOVEFILE_REPLACE_EXISTING)) {
		os_error = pms_last_error();
	} else if (!MoveFileExW(from, to, MOVEFILE_WRITE_THROUGH)) {
		os_error = pms_last_error();
		(void)MoveFileExW(aside, to, MOVEFILE_WRITE_THROUGH);
	} else {
		(void)DeleteFileW(aside);
	}
	free(aside);
	return os_error;
}

/* 0, or the error of the system. */
static int rename_file(const wchar_t *from, const wchar_t *to, bool replace)
{
	int os_error;

	if (replace && rename_over_open(from, to))
		return 0;
	/* Returns when the new name is durable. */
	if (MoveFileExW(from, to, MOVEFILE_WRITE_THROUGH | (replace ? MOVEFILE_REPLACE_EXISTING : 0u)))
		return 0;
	os_error = pms_last_error();
	if (replace && (os_error == ERROR_ACCESS_DENIED || os_error == ERROR_SHARING_VIOLATION))
		return rename_behind_aside(from, to);
	return os_error;
}

int32_t pms_file_publish(const char *temporary_path, const char *path, bool replace, pms_error *error)
{
	wchar_t *from = NULL;
	wchar_t *to = NULL;
	int os_error = 0;
	int32_t status = pms_path_to_wide(temporary_path, &from, error);

	if (status == PMS_OK)
		status = pms_path_to_wide(path, &to, error);
	if (status == PMS_OK)
		os_error = rename_file(from, to, replace);
	/* A folder in its place is refused as "access denied". */
	if (os_error == ERROR_ACCESS_DENIED && !replace && GetFileAttributesW(to) != INVALID_FILE_ATTRIBUTES)
		os_error = ERROR_ALREADY_EXISTS;
	free(from);
	free(to);
	if (status != PMS_OK)
		return status;
	if (os_error == ERROR_ALREADY_EXISTS || os_error == ERROR_FILE_EXISTS)
		return pms_fail_os(error, PMS_E_EXISTS, os_error, "'%s' exists already", path);
	if (os_error != 0)
		return pms_fail_os(error, pms_status_of_errno(os_error), os_error, "cannot rename '%s' to '%s'",
				   temporary_path, path);
	return PMS_OK;
}

/* The path of an open file. Null: the system does not say, or there is no memory. */
static char *path_of(HANDLE handle)
{
	DWORD units = GetFinalPathNameByHandleW(handle, NULL, 0, FILE_NAME_NORMALIZED);
	wchar_t *wide = units ? malloc(((size_t)units + 1) * sizeof(wchar_t)) : NULL;
	char *path = NULL;
	DWORD got;

	if (!wide)
		return NULL;
	got = GetFinalPathNameByHandleW(handle, wide, units + 1, FILE_NAME_NORMALIZED);
	if (got != 0 && got <= units)
		path = pms_path_from_wide(wide);
	free(wide);
	return path;
}

static char *copy_of(const char *path)
{
	size_t bytes = strlen(path) + 1;
	char *copy = malloc(bytes);

	if (copy)
		memcpy(copy, path, bytes);
	return copy;
}

int32_t pms_file_resolve(const char *path, char **resolved, pms_error *error)
{
	wchar_t *wide;
	HANDLE handle;
	int os_error;
	bool is_there;
	int32_t status = pms_path_to_wide(path, &wide, error);

	*resolved = NULL;
	if (status != PMS_OK)
		return status;
	/* Of a link this is about the link itself. */
	is_there = GetFileAttributesW(wide) != INVALID_FILE_ATTRIBUTES;
	os_error = is_there ? 0 : pms_last_error();
	handle = is_there ? CreateFileW(wide, 0, PMS_SHARE_ALL, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL)
			  : INVALID_HANDLE_VALUE;
	free(wide);
	if (!is_there) {
		if (pms_status_of_errno(os_error) == PMS_E_NOT_FOUND)
			return PMS_OK;
		return pms_fail_os(error, pms_status_of_errno(os_error), os_error, "cannot look at '%s'", path);
	}
	if (handle != INVALID_HANDLE_VALUE) {
		*resolved = path_of(handle);
		(void)CloseHandle(handle);
	}
	if (!*resolved)
		*resolved = copy_of(path);
	return *resolved ? PMS_OK : pms_fail(error, PMS_E_NO_MEMORY, "no memory for a path");
}

void pms_file_remove(const char *temporary_path)
{
	wchar_t *wide;

	if (!temporary_path || pms_path_to_wide(temporary_path, &wide, NULL) != PMS_OK)
		return;
	(void)DeleteFileW(wide);
	free(wide);
}
