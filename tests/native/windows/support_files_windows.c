/* SPDX-License-Identifier: MIT */
/*
 * support_files.h on Windows (and support_paths.c): a folder whose files go through the cache of the system, and one that is taken for a folder on a
 * DAX volume (pms_volume_is_dax says so here), which no machine of ours has. There is nothing like tmpfs.
 */
#include "support_files.h"

#include <ftw.h>
#include <string.h>
#include <wchar.h>

#include "medium_internal_windows.h"

#define DAX_MARK L"pms-dax-"

static char disk_folder[512];
static char dax_folder[512];

bool __wrap_pms_volume_is_dax(HANDLE file);

bool __wrap_pms_volume_is_dax(HANDLE file)
{
	wchar_t path[1200];
	DWORD units = GetFinalPathNameByHandleW(file, path, 1200, FILE_NAME_NORMALIZED);

	return units != 0 && units < 1200 && wcsstr(path, DAX_MARK) != NULL;
}

static int make_folder(const char *parent, const char *mark, char *folder, size_t room)
{
	(void)snprintf(folder, room, "%s/%sXXXXXX", parent, mark);
	for (char *at = folder; *at; at++)
		if (*at == '\\')
			*at = '/';
	return mkdtemp(folder) ? 0 : -1;
}

/*
 * Wine writes a byte for each page that is reserved or given back: with the usual 64 GiB it does little else in a test that opens
 * hundreds of streams. test_medium_windows has the usual room.
 */
static void take_less_room(void)
{
	if (GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version"))
		pms_room_bytes_least = (uint64_t)4 << 30;
}

int test_folders_create(void **state)
{
	const char *parent = getenv("PMS_TEST_FOLDER") ? getenv("PMS_TEST_FOLDER") : getenv("TEMP");

	(void)state;
	take_less_room();
	if (!parent || make_folder(parent, "pms-test-", disk_folder, sizeof(disk_folder)) != 0)
		return -1;
	return make_folder(parent, "pms-dax-", dax_folder, sizeof(dax_folder));
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status, (void)type, (void)walk;
	(void)remove(path);
	return 0;
}

int test_folders_remove(void **state)
{
	(void)state;
	(void)nftw(disk_folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	(void)nftw(dax_folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	disk_folder[0] = dax_folder[0] = '\0';
	return 0;
}

const char *test_disk_folder(void) { return disk_folder[0] ? disk_folder : NULL; }

const char *test_tmpfs_folder(void) { return NULL; }

const char *test_dax_folder(void) { return dax_folder[0] ? dax_folder : NULL; }

uint64_t test_file_allocated(const char *path)
{
	HANDLE handle = CreateFileA(path, 0, PMS_SHARE_ALL, NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
	FILE_STANDARD_INFO found = {0};

	if (handle == INVALID_HANDLE_VALUE)
		return 0;
	(void)GetFileInformationByHandleEx(handle, FileStandardInfo, &found, sizeof(found));
	(void)CloseHandle(handle);
	return (uint64_t)found.AllocationSize.QuadPart;
}
