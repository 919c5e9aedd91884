/* SPDX-License-Identifier: MIT */
/*
 * Mapping on Windows, and finding out what was mapped.
 *
 * A stream is one view of its file and, where it has grown, one more for each time, right behind the last. The first is made at
 * the start of reserved addresses (medium_room_windows.c), the others in the room behind it: a view begins at a multiple of
 * 64 KiB of the file, so a mapping that does not end at one cannot grow until it is opened again.
 *
 * On a volume that says so (DAX) views go past the cache, and are persistent memory, if the system agrees where it can be
 * asked (medium_system_windows.c). Everything else is an ordinary file: Windows does not tell memory disks from others.
 */
#include "error.h"
#include "medium_internal_windows.h"

/* What a view's offset in the file is a multiple of. */
#define VIEW_BYTES ((uint64_t)64 << 10)

/* eADR is known to the platform, but no call tells of it. */
bool pms_mapping_has_auto_flush(void) { return false; }

/* A view of the file from `offset` on, at `address` if that is not null. Null and GetLastError() on failure. */
static uint8_t *map_at(const pms_file *file, uint64_t offset, uint64_t bytes, uint8_t *address)
{
	const DWORD access = file->writable ? FILE_MAP_READ | FILE_MAP_WRITE : FILE_MAP_READ;
	HANDLE section =
	    CreateFileMappingW(pms_handle(file), NULL, file->writable ? PAGE_READWRITE : PAGE_READONLY, 0, 0, NULL);
	uint8_t *view = NULL;
	DWORD os_error;

	if (section) {
		view = MapViewOfFileEx(section, access, (DWORD)(offset >> 32), (DWORD)offset, bytes, address);
		os_error = GetLastError();
		(void)CloseHandle(section);
		SetLastError(os_error);
	}
	return view;
}

/* Reserves again what is left of a room that was given up for a view. Returns how long the whole is then. */
static uint64_t keep_room(uint8_t *base, uint64_t mapped_bytes, uint64_t room_bytes)
{
	if (room_bytes == mapped_bytes ||
	    VirtualAlloc(base + mapped_bytes, room_bytes - mapped_bytes, MEM_RESERVE, PAGE_NOACCESS))
		return room_bytes;
	pms_room_used(room_bytes - mapped_bytes);
	return mapped_bytes;
}

/* Maps it in a room, where one is to be had, or else anywhere. Null and GetLastError() on failure. */
static uint8_t *map_in_room(const pms_file *file, uint64_t bytes, pms_mapping *mapping)
{
	const bool can_grow = mapping->mapped_bytes % VIEW_BYTES == 0;
	uint64_t room_bytes = 0;
	uint8_t *room = can_grow ? pms_room_reserve(mapping->mapped_bytes, mapping->alignment, &room_bytes) : NULL;
	uint8_t *view = NULL;

	mapping->room_bytes = mapping->mapped_bytes;
	if (room) {
		(void)VirtualFree(room, 0, MEM_RELEASE);
		view = map_at(file, 0, bytes, room);
		if (view)
			mapping->room_bytes = keep_room(view, mapping->mapped_bytes, room_bytes);
		else
			pms_room_used(room_bytes - mapping->mapped_bytes);
	}
	return view ? view : map_at(file, 0, bytes, NULL);
}

static int32_t fail_to_extend(int os_error, uint64_t bytes, pms_error *error)
{
	return pms_fail_os(error, pms_status_of_errno(os_error), os_error, "cannot map %llu bytes more of the file",
			   (unsigned long long)bytes);
}

int32_t pms_mapping_extend(const pms_file *file, uint8_t *base, uint64_t mapped_bytes, uint64_t to, bool synchronous,
			   uint64_t *room_bytes, pms_error *error)
{
	const uint64_t bytes = to - mapped_bytes;
	int os_error;

	(void)VirtualFree(base + mapped_bytes, 0, MEM_RELEASE);
	if (map_at(file, mapped_bytes, bytes, base + mapped_bytes) == NULL) {
		os_error = pms_last_error();
		*room_bytes = keep_room(base, mapped_bytes, *room_bytes);
		return fail_to_extend(os_error, bytes, error);
	}
	if (synchronous && !pms_system_agrees(base + mapped_bytes, bytes)) {
		(void)UnmapViewOfFile(base + mapped_bytes);
		*room_bytes = keep_room(base, mapped_bytes, *room_bytes);
		return pms_fail(error, PMS_E_MEDIUM,
				"the file is mapped as persistent memory, and its new part cannot be");
	}
	pms_room_used(bytes);
	*room_bytes = keep_room(base, to, *room_bytes);
	/* The next view must begin at a whole unit of the file. */
	if (to % VIEW_BYTES != 0 && *room_bytes > to) {
		pms_room_release(base + to, *room_bytes - to);
		*room_bytes = to;
	}
	return PMS_OK;
}

int32_t pms_mapping_open(const char *path, const pms_file *file, uint64_t bytes, pms_mapping *mapping, pms_error *error)
{
	const uint64_t page_bytes = pms_page_bytes();
	int os_error = 0;
	int32_t status;

	memset(mapping, 0, sizeof(*mapping));
	status = pms_mapping_check_length(path, file, bytes, error);
	if (status != PMS_OK)
		return status;
	mapping->alignment = page_bytes;
	mapping->mapped_bytes = (bytes + page_bytes - 1) & ~(page_bytes - 1);
	mapping->base = map_in_room(file, bytes, mapping);
	if (!mapping->base)
		os_error = pms_last_error();
	if (mapping->base && !pms_views_add(mapping->base, pms_handle(file))) {
		os_error = pms_last_error();
		pms_mapping_discard(mapping);
		mapping->base = NULL;
	}
	if (!mapping->base)
		return pms_fail_os(error, pms_status_of_errno(os_error), os_error, "cannot map %llu bytes of '%s'",
				   (unsigned long long)bytes, path);
	mapping->synchronous = pms_volume_is_dax(pms_handle(file)) && pms_system_agrees(mapping->base, bytes);
	mapping->kind = mapping->synchronous ? PMS_MEDIUM_PERSISTENT_MEMORY : PMS_MEDIUM_PAGE_CACHE;
	mapping->what = mapping->synchronous ? "a file on a DAX volume" : "a file";
	return PMS_OK;
}

void pms_mapping_discard(const pms_mapping *mapping)
{
	pms_views_unmap(mapping->base, mapping->mapped_bytes);
	pms_views_remove(mapping->base);
	pms_room_release(mapping->base + mapping->mapped_bytes, mapping->room_bytes - mapping->mapped_bytes);
}
