/* SPDX-License-Identifier: MIT */
/*
 * The coordination file by Win32: two views of it, and locks on bytes far behind its end, because locks of Windows are not
 * advisory. Each lock is two bytes, for the reason that lock_windows.c gives: whoever looks takes one, too. Sleeping and waking
 * are in shm_wait_windows.c.
 */
#include "shm_internal_windows.h"

#include <stdlib.h>
#include <string.h>

/* Where a view may begin in a file. */
#define VIEW_GRANULARITY 65536u

/* Whoever looks holds the second one for a moment; one that holds it longer is not waited for. */
#define LOOK_MILLISECONDS 100u

char *pms_shm_path(const char *path, const pms_file *stream_file, const uint8_t uuid[16])
{
	(void)stream_file;
	(void)uuid;
	return pms_shm_path_beside(path);
}

static HANDLE handle_of(const pms_shm *shm) { return (HANDLE)shm->handle; }

/* ---- the file ---------------------------------------------------------------------------------------------------- */

/* Neither a link that somebody put there is followed, nor a folder opened. */
static HANDLE open_file(const char *path, DWORD access, DWORD how, const void *security)
{
	SECURITY_ATTRIBUTES attributes = {.nLength = sizeof(attributes), .lpSecurityDescriptor = (void *)security};
	HANDLE handle;
	wchar_t *wide;

	if (pms_path_to_wide(path, &wide, NULL) != PMS_OK)
		return INVALID_HANDLE_VALUE;
	handle = CreateFileW(wide, access, PMS_SHARE_ALL, security ? &attributes : NULL, how,
			     FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
	free(wide);
	return handle;
}

/* Which file the handle is of, and how long; a link is none. */
static bool describe(HANDLE handle, const char *path, pms_file *file)
{
	FILE_ATTRIBUTE_TAG_INFO tag;

	return GetFileInformationByHandleEx(handle, FileAttributeTagInfo, &tag, sizeof(tag)) &&
	       !(tag.FileAttributes & (FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DIRECTORY)) &&
	       pms_file_describe(handle, path, true, file, NULL) == PMS_OK;
}

/* Bytes of the first part that the view of the second one begins with. */
static uint64_t lead_of(const pms_shm *shm) { return shm->published_bytes % VIEW_GRANULARITY; }

/* The second part: what the view has of the first one is read-only, as everything of it is to readers. */
static bool map_common(pms_shm *shm, HANDLE section)
{
	uint64_t lead = lead_of(shm);
	char *view = MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_WRITE, 0, (DWORD)(shm->published_bytes - lead),
				   (SIZE_T)(lead + shm->common_bytes));
	DWORD before;

	if (!view)
		return false;
	shm->common = view + lead;
	return lead == 0 || VirtualProtect(view, (SIZE_T)lead, PAGE_READONLY, &before);
}

static bool map_parts(pms_shm *shm, bool published_writable, bool common_writable)
{
	HANDLE section =
	    CreateFileMappingW(handle_of(shm), NULL, common_writable ? PAGE_READWRITE : PAGE_READONLY, 0, 0, NULL);
	bool mapped = false;

	if (!section)
		return false;
	shm->published = MapViewOfFile(section, FILE_MAP_READ | (published_writable ? FILE_MAP_WRITE : 0u), 0, 0,
				       (SIZE_T)shm->published_bytes);
	if (shm->published)
		mapped = !common_writable || map_common(shm, section);
	(void)CloseHandle(section); /* the views keep it */
	return mapped;
}

static pms_shm no_shm(bool for_writer, const uint8_t uuid[16], uint64_t published_bytes, uint64_t common_bytes)
{
	pms_shm shm = {
	    .handle = -1,
	    .published_bytes = published_bytes,
	    .common_bytes = common_bytes,
	    .for_writer = for_writer,
	};

	memcpy(shm.uuid, uuid, sizeof(shm.uuid));
	return shm;
}

bool pms_shm_open(const char *path, bool for_writer, const uint8_t uuid[16], uint64_t published_bytes,
		  uint64_t common_bytes, pms_shm *shm)
{
	HANDLE handle = open_file(path, GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING, NULL);
	bool writable = handle != INVALID_HANDLE_VALUE;
	pms_file file;

	*shm = no_shm(for_writer, uuid, published_bytes, common_bytes);
	if (!writable && !for_writer)
		handle = open_file(path, GENERIC_READ, OPEN_EXISTING, NULL);
	if (handle == INVALID_HANDLE_VALUE)
		return false;
	shm->handle = (intptr_t)handle;
	if (describe(handle, path, &file) && file.bytes == published_bytes + common_bytes) {
		shm->device = file.device;
		shm->inode = file.inode;
		if (map_parts(shm, for_writer, writable))
			return true;
	}
	pms_shm_close(shm);
	return false;
}

/* Whoever may read or write the stream may do so here. malloc'ed; null: as the folder says. */
static void *security_of(const pms_file *stream_file)
{
	HANDLE handle = pms_handle(stream_file);
	DWORD bytes = 0;
	void *security = NULL;

	(void)GetKernelObjectSecurity(handle, DACL_SECURITY_INFORMATION, NULL, 0, &bytes);
	if (bytes != 0)
		security = malloc(bytes);
	if (security && !GetKernelObjectSecurity(handle, DACL_SECURITY_INFORMATION, security, bytes, &bytes)) {
		free(security);
		security = NULL;
	}
	return security;
}

static bool fill(pms_shm *shm, const char *path, const void *header, uint64_t header_bytes)
{
	pms_file file;

	if (!describe(handle_of(shm), path, &file) ||
	    pms_file_allocate(&file, shm->published_bytes + shm->common_bytes, NULL) != PMS_OK)
		return false;
	shm->device = file.device;
	shm->inode = file.inode;
	if (!map_parts(shm, true, true))
		return false;
	memcpy(shm->published, header, header_bytes);
	return pms_shm_lock(shm, 0);
}

/* A rename that replaces would move a folder out of its way. */
static bool is_folder(const char *path)
{
	DWORD attributes = INVALID_FILE_ATTRIBUTES;
	wchar_t *wide;

	if (pms_path_to_wide(path, &wide, NULL) == PMS_OK) {
		attributes = GetFileAttributesW(wide);
		free(wide);
	}
	return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY);
}

bool pms_shm_create(const char *path, const pms_file *stream_file, const uint8_t uuid[16], const void *header,
		    uint64_t header_bytes, uint64_t published_bytes, uint64_t common_bytes, pms_shm *shm)
{
	char *temporary = is_folder(path) ? NULL : pms_shm_path_temporary(path);
	bool made = false;
	HANDLE handle;
	void *security;

	*shm = no_shm(true, uuid, published_bytes, common_bytes);
	if (!temporary)
		return false;
	security = security_of(stream_file);
	handle = open_file(temporary, GENERIC_READ | GENERIC_WRITE, CREATE_NEW, security);
	free(security);
	if (handle != INVALID_HANDLE_VALUE) {
		shm->handle = (intptr_t)handle;
		made = fill(shm, temporary, header, header_bytes) &&
		       pms_file_publish(temporary, path, true, NULL) == PMS_OK;
		if (!made) {
			pms_shm_close(shm);
			pms_file_remove(temporary);
		}
	}
	free(temporary);
	return made;
}

/* With its last handle the system gives up all locks of this open of the file. */
void pms_shm_close(pms_shm *shm)
{
	if (shm->published)
		(void)UnmapViewOfFile(shm->published);
	if (shm->common)
		(void)UnmapViewOfFile((char *)shm->common - lead_of(shm));
	if (shm->handle != -1)
		(void)CloseHandle(handle_of(shm));
	if (shm->answering)
		(void)CloseHandle((HANDLE)shm->answering);
	if (shm->aside) {
		pms_file_remove(shm->aside);
		free(shm->aside);
	}
	shm->published = shm->common = shm->answering = shm->aside = NULL;
	shm->handle = -1;
}

bool pms_shm_is_at(const pms_shm *shm, const char *path)
{
	HANDLE handle = open_file(path, 0, OPEN_EXISTING, NULL);
	bool same = false;
	pms_file file;

	if (handle == INVALID_HANDLE_VALUE)
		return false;
	same = describe(handle, path, &file) && file.device == shm->device && file.inode == shm->inode;
	(void)CloseHandle(handle);
	return same;
}

/*
 * A file that is mapped cannot be deleted, and one that is open may keep its name until it is closed: it is given another name
 * first, so that the next writer finds the path free.
 */
void pms_shm_remove(pms_shm *shm, const char *path)
{
	char *aside = pms_shm_is_at(shm, path) ? pms_shm_path_temporary(path) : NULL;
	wchar_t *from = NULL, *to = NULL;

	if (aside && pms_path_to_wide(path, &from, NULL) == PMS_OK && pms_path_to_wide(aside, &to, NULL) == PMS_OK &&
	    MoveFileExW(from, to, 0) && !DeleteFileW(to)) {
		shm->aside = aside;
		aside = NULL;
	}
	free(from);
	free(to);
	free(aside);
}

/* ---- locks ------------------------------------------------------------------------------------------------------- */

static OVERLAPPED place_of(uint64_t byte)
{
	return (OVERLAPPED){.Offset = (DWORD)byte, .OffsetHigh = (DWORD)(byte >> 32)};
}

static bool take(const pms_shm *shm, uint64_t byte, DWORD flags)
{
	OVERLAPPED place = place_of(byte);

	return LockFileEx(handle_of(shm), flags | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &place) != 0;
}

static void give_back(const pms_shm *shm, uint64_t byte)
{
	OVERLAPPED place = place_of(byte);

	(void)UnlockFileEx(handle_of(shm), 0, 1, 0, &place);
}

bool pms_shm_lock(const pms_shm *shm, uint32_t byte)
{
	const uint64_t deadline = pms_os_milliseconds() + LOOK_MILLISECONDS;

	if (!take(shm, PMS_SHM_CONTENDED_BYTES + byte, LOCKFILE_EXCLUSIVE_LOCK))
		return false;
	while (!take(shm, PMS_SHM_SHOWN_BYTES + byte, LOCKFILE_EXCLUSIVE_LOCK)) {
		if (pms_os_milliseconds() >= deadline) {
			give_back(shm, PMS_SHM_CONTENDED_BYTES + byte);
			return false;
		}
		Sleep(0);
	}
	return true;
}

void pms_shm_unlock(const pms_shm *shm, uint32_t byte)
{
	give_back(shm, PMS_SHM_SHOWN_BYTES + byte);
	give_back(shm, PMS_SHM_CONTENDED_BYTES + byte);
}

bool pms_shm_is_locked(const pms_shm *shm, uint32_t byte)
{
	if (take(shm, PMS_SHM_SHOWN_BYTES + byte, 0)) {
		give_back(shm, PMS_SHM_SHOWN_BYTES + byte);
		return false;
	}
	return GetLastError() == ERROR_LOCK_VIOLATION || GetLastError() == ERROR_IO_PENDING;
}

/* ---- this process ------------------------------------------------------------------------------------------------ */

uint64_t pms_os_process_id(void) { return GetCurrentProcessId(); }

uint64_t pms_os_process_start(void)
{
	FILETIME created, ended, kernel, user;

	if (!GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user))
		return 0;
	return (uint64_t)created.dwHighDateTime << 32 | created.dwLowDateTime;
}

uint64_t pms_os_milliseconds(void) { return GetTickCount64(); }

uint64_t pms_os_nanoseconds(void)
{
	LARGE_INTEGER now, each_second;

	(void)QueryPerformanceCounter(&now);
	(void)QueryPerformanceFrequency(&each_second);
	uint64_t seconds = (uint64_t)(now.QuadPart / each_second.QuadPart);
	uint64_t rest = (uint64_t)(now.QuadPart % each_second.QuadPart);
	return seconds * 1000000000 + rest * 1000000000 / (uint64_t)each_second.QuadPart;
}
