/* SPDX-License-Identifier: MIT */
/*
 * Mapping on Linux, and finding out what was mapped.
 *
 * A writer lets libpmem map the file to learn whether it is persistent memory. libpmem remembers the mappings that are,
 * by address, and forgets them only in pmem_unmap, which also unmaps: an address range could never be retired under it
 * without a moment in which somebody else's mmap can take the range (and a range that it still remembers makes a later
 * pmem_map_file fail). So its mapping lives just long enough to answer, and the stream gets one of its own:
 *
 *  - of the locked descriptor, so that it is the locked file for certain, whatever the path means by now;
 *  - with MAP_SYNC, without which stores are durable only after fsync: where libpmem says "persistent memory" and the
 *    kernel refuses MAP_SYNC, only PMEM_IS_PMEM_FORCE can have made it say so, and the text of the medium tells;
 *  - at the start of reserved addresses, so that it can grow where it is (medium_room_posix.c). It is made wherever the
 *    kernel likes, and then moved there: mmap over reserved addresses may fail when these are given up already.
 */
#include <errno.h>
#include <libpmem.h>
#include <linux/magic.h>
#include <linux/mman.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "error.h"
#include "medium_internal.h"
#include "ndctl_forward.h"

#ifndef MAP_SYNC
#define MAP_SYNC 0x80000
#endif
#ifndef MAP_SHARED_VALIDATE
#define MAP_SHARED_VALIDATE 0x03
#endif

/* Device-DAX maps whole units of its alignment; where it does not say which, this one suits the usual 4 KiB and 2 MiB.
 */
#define DEVICE_ALIGNMENT_DEFAULT ((uint64_t)2 << 20)

bool pms_mapping_has_auto_flush(void) { return pmem_has_auto_flush() == 1; }

/* Processors do it by themselves. */
const char *pms_system_flush_attach(pms_medium *medium)
{
	(void)medium;
	return NULL;
}

void pms_system_flush_extend(pms_medium *medium, uint64_t to)
{
	(void)medium;
	(void)to;
}

/* ---- what the file is ------------------------------------------------------------------------------------------- */

typedef struct substance {
	bool is_volatile;
	const char *what;
	uint64_t alignment; /* of the length of a mapping */
} substance;

static uint64_t device_alignment(const struct stat *status)
{
	char path[64];
	char text[32] = "";
	uint64_t alignment = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/align", major(status->st_rdev), minor(status->st_rdev));
	file = fopen(path, "re");
	if (file) {
		if (fgets(text, sizeof(text), file))
			alignment = strtoull(text, NULL, 0);
		(void)fclose(file);
	}
	return alignment != 0 && (alignment & (alignment - 1)) == 0 ? alignment : DEVICE_ALIGNMENT_DEFAULT;
}

static int32_t examine(const pms_file *file, substance *found, pms_error *error)
{
	struct statfs system;
	struct stat status;

	*found = (substance){.what = "a file", .alignment = (uint64_t)sysconf(_SC_PAGESIZE)};
	if (file->type == PMS_FILE_DEVICE_DAX) {
		if (fstat((int)file->handle, &status) != 0)
			return pms_fail_os(error, PMS_E_IO, errno, "cannot examine the device");
		found->what = "a device-DAX node";
		found->alignment = device_alignment(&status);
		return PMS_OK;
	}
	if (fstatfs((int)file->handle, &system) != 0)
		return pms_fail_os(error, PMS_E_IO, errno, "cannot find out the file system");
	switch ((unsigned long)system.f_type) {
	case TMPFS_MAGIC:
		found->is_volatile = true;
		found->what = "a file on tmpfs";
		break;
	case RAMFS_MAGIC:
		found->is_volatile = true;
		found->what = "a file on ramfs";
		break;
	case HUGETLBFS_MAGIC:
		found->is_volatile = true;
		found->what = "a file on hugetlbfs";
		found->alignment = (uint64_t)system.f_bsize;
		break;
	default:
		break;
	}
	return PMS_OK;
}

/* ---- asking libpmem --------------------------------------------------------------------------------------------- */

static int32_t check_identity(const char *path, const pms_file *file, pms_error *error)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return pms_fail_os(error, PMS_E_IO, errno, "'%s' cannot be found any more", path);
	if (status.st_dev != file->device || status.st_ino != file->inode)
		return pms_fail_at(
		    error, PMS_E_IO, 0, file->inode, status.st_ino,
		    "'%s' was exchanged while it was being opened: inode %llu was expected, %llu was found", path,
		    (unsigned long long)file->inode, (unsigned long long)status.st_ino);
	return PMS_OK;
}

static int32_t fail_libpmem(const char *path, const pms_file *file, pms_error *error)
{
	int os_error = errno;

	if (file->type == PMS_FILE_DEVICE_DAX && !pms_ndctl_available())
		return pms_fail_os(
		    error, PMS_E_NOT_SUPPORTED, os_error,
		    "'%s' is a device-DAX node, for which libndctl.so.6 and libdaxctl.so.1 are needed: install "
		    "them "
		    "(Debian: libndctl6)",
		    path);
	return pms_fail_os(error, pms_status_of_errno(os_error), os_error, "libpmem cannot map '%s'", path);
}

/* *is_pmem: what libpmem says about the file at `path`, which must be `file` before and after. */
static int32_t ask_libpmem(const char *path, const pms_file *file, bool *is_pmem, pms_error *error)
{
	size_t mapped = 0;
	int answer = 0;
	void *address;
	int32_t status = check_identity(path, file, error);

	if (status != PMS_OK)
		return status;
	address = pmem_map_file(path, 0, 0, 0, &mapped, &answer);
	if (!address)
		return fail_libpmem(path, file, error);
	(void)pmem_unmap(address, mapped);
	*is_pmem = answer != 0;
	return check_identity(path, file, error);
}

/* ---- mapping ---------------------------------------------------------------------------------------------------- */

/* Null and errno on failure. */
static uint8_t *map_at(const pms_file *file, uint64_t offset, uint64_t bytes, bool synchronous)
{
	const int protection = file->writable ? PROT_READ | PROT_WRITE : PROT_READ;
	const int flags = synchronous ? MAP_SHARED_VALIDATE | MAP_SYNC : MAP_SHARED;
	void *address = mmap(NULL, bytes, protection, flags, (int)file->handle, (off_t)offset);

	return address == MAP_FAILED ? NULL : address;
}

/* Maps with MAP_SYNC where that is to be had. Null and errno on failure. */
static uint8_t *map(const pms_file *file, uint64_t bytes, bool *synchronous)
{
	uint8_t *address = NULL;

	/* Device-DAX knows no MAP_SYNC, and needs none: it has no metadata that could be lost. */
	if (file->type == PMS_FILE_REGULAR)
		address = map_at(file, 0, bytes, true);
	*synchronous = address != NULL;
	/* Refused (EOPNOTSUPP), or unknown to an old kernel (EINVAL); if there is another reason, it stays. */
	return address ? address : map_at(file, 0, bytes, false);
}

/* The mapping at `from` is at `to` afterwards, in the place of reserved addresses. */
static bool move(uint8_t *from, uint64_t bytes, uint8_t *to)
{
	return mremap(from, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to) != MAP_FAILED;
}

/* Without room the mapping stays where it is, and cannot grow. */
static void move_into_room(pms_mapping *mapping)
{
	const uint64_t bytes = mapping->mapped_bytes;
	uint64_t room_bytes;
	uint8_t *room = pms_room_reserve(bytes, mapping->alignment, &room_bytes);

	mapping->room_bytes = bytes;
	if (!room)
		return;
	if (!move(mapping->base, bytes, room)) {
		/* Its target may be given up, and somebody else's by now: it is left alone, whatever it is. */
		pms_room_release(room + bytes, room_bytes - bytes);
		return;
	}
	mapping->base = room;
	mapping->room_bytes = room_bytes;
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
	uint8_t *made = map_at(file, mapped_bytes, bytes, synchronous);

	if (!made && synchronous && (errno == EOPNOTSUPP || errno == EINVAL))
		return pms_fail_os(error, PMS_E_MEDIUM, errno,
				   "the file is mapped as persistent memory (MAP_SYNC), and its new part cannot be");
	if (!made)
		return fail_to_extend(errno, bytes, error);
	if (!move(made, bytes, base + mapped_bytes)) {
		int os_error = errno;

		/* As above: the target is not certain to be ours any more. */
		(void)munmap(made, bytes);
		pms_room_used(bytes);
		pms_room_release(base + to, *room_bytes - to);
		*room_bytes = mapped_bytes;
		return fail_to_extend(os_error, bytes, error);
	}
	pms_room_used(bytes);
	return PMS_OK;
}

static void classify(const pms_file *file, const substance *found, bool is_pmem, bool synchronous, pms_mapping *mapping)
{
	mapping->what = found->what;
	if (found->is_volatile) {
		mapping->kind = PMS_MEDIUM_VOLATILE;
	} else if (!is_pmem && file->type == PMS_FILE_REGULAR) {
		/* A device-DAX node has no page cache, even where PMEM_IS_PMEM_FORCE=0 wants one. */
		mapping->kind = PMS_MEDIUM_PAGE_CACHE;
	} else {
		mapping->kind = PMS_MEDIUM_PERSISTENT_MEMORY;
		mapping->forced = file->type == PMS_FILE_REGULAR && !synchronous;
		if (synchronous)
			mapping->what = "a file on a DAX file system";
	}
}

int32_t pms_mapping_open(const char *path, const pms_file *file, uint64_t bytes, pms_mapping *mapping, pms_error *error)
{
	substance found;
	bool is_pmem = false;
	int32_t status;

	memset(mapping, 0, sizeof(*mapping));
	status = pms_mapping_check_length(path, file, bytes, error);
	if (status == PMS_OK)
		status = examine(file, &found, error);
	/* A reader may not be allowed to do what pmem_map_file does: open the file for writing. */
	if (status == PMS_OK && file->writable)
		status = ask_libpmem(path, file, &is_pmem, error);
	if (status != PMS_OK)
		return status;
	if (bytes > UINT64_MAX - found.alignment)
		return pms_fail(error, PMS_E_NO_MEMORY, "%llu bytes cannot be mapped", (unsigned long long)bytes);
	mapping->alignment = found.alignment;
	mapping->mapped_bytes = (bytes + found.alignment - 1) & ~(found.alignment - 1);
	mapping->base = map(file, mapping->mapped_bytes, &mapping->synchronous);
	if (!mapping->base)
		return pms_fail_os(error, pms_status_of_errno(errno), errno, "cannot map %llu bytes of '%s'",
				   (unsigned long long)bytes, path);
	mapping->room_bytes = mapping->mapped_bytes;
	if (file->type == PMS_FILE_REGULAR) /* a device is mapped as a whole, and does not grow */
		move_into_room(mapping);
	if (!file->writable)
		is_pmem = mapping->synchronous;
	classify(file, &found, is_pmem, mapping->synchronous, mapping);
	return PMS_OK;
}

void pms_mapping_discard(const pms_mapping *mapping)
{
	(void)munmap(mapping->base, mapping->mapped_bytes);
	pms_room_release(mapping->base + mapping->mapped_bytes, mapping->room_bytes - mapping->mapped_bytes);
}
