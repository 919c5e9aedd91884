/* SPDX-License-Identifier: MIT */
#include "support_files.h"

#include <fcntl.h>
#include <ftw.h>
#include <linux/magic.h>
#include <linux/mman.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

static char disk_folder[512];
static char tmpfs_folder[512];
static char dax_folder[512];

static bool is_in_memory(const char *folder)
{
	struct statfs system;

	return statfs(folder, &system) == 0 && (system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC);
}

/* True if files of the folder are mapped past the page cache. */
static bool is_dax(const char *folder)
{
	char path[600];
	void *address = MAP_FAILED;
	int descriptor;

	(void)snprintf(path, sizeof(path), "%s/probe", folder);
	descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (descriptor >= 0 && ftruncate(descriptor, 4096) == 0)
		address = mmap(NULL, 4096, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC, descriptor, 0);
	if (address != MAP_FAILED)
		(void)munmap(address, 4096);
	if (descriptor >= 0)
		(void)close(descriptor);
	(void)unlink(path);
	return address != MAP_FAILED;
}

static void make_folder(const char *parent, bool in_memory, char *folder, size_t room)
{
	if (folder[0] != '\0' || access(parent, W_OK | X_OK) != 0 || is_in_memory(parent) != in_memory)
		return;
	(void)snprintf(folder, room, "%s/pms-test-XXXXXX", parent);
	if (!mkdtemp(folder)) {
		folder[0] = '\0';
	} else if (!in_memory && is_dax(folder)) {
		(void)rmdir(folder);
		folder[0] = '\0';
	}
}

/* Where it was promised it must be there: else the run would show less than it says. */
static int make_dax_folder(const char *parent)
{
	(void)snprintf(dax_folder, sizeof(dax_folder), "%s/pms-test-XXXXXX", parent);
	if (mkdtemp(dax_folder) && is_dax(dax_folder))
		return 0;
	(void)fprintf(stderr, "PMS_TEST_DAX_FOLDER=%s is no writable folder of a DAX file system\n", parent);
	return -1;
}

int test_folders_create(void **state)
{
	const char *dax_parent = getenv("PMS_TEST_DAX_FOLDER");
	char current[256];

	(void)state;
	if (dax_parent && make_dax_folder(dax_parent) != 0)
		return -1;
	if (getcwd(current, sizeof(current)))
		make_folder(current, false, disk_folder, sizeof(disk_folder));
	make_folder("/var/tmp", false, disk_folder, sizeof(disk_folder));
	make_folder("/tmp", false, disk_folder, sizeof(disk_folder));
	make_folder("/dev/shm", true, tmpfs_folder, sizeof(tmpfs_folder));
	make_folder("/tmp", true, tmpfs_folder, sizeof(tmpfs_folder));
	return 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	(void)remove(path);
	return 0;
}

static void remove_folder(char *folder)
{
	if (folder[0] != '\0')
		(void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	folder[0] = '\0';
}

int test_folders_remove(void **state)
{
	(void)state;
	remove_folder(disk_folder);
	remove_folder(tmpfs_folder);
	remove_folder(dax_folder);
	return 0;
}

const char *test_disk_folder(void) { return disk_folder[0] ? disk_folder : NULL; }

const char *test_tmpfs_folder(void) { return tmpfs_folder[0] ? tmpfs_folder : NULL; }

const char *test_dax_folder(void) { return dax_folder[0] ? dax_folder : NULL; }

uint64_t test_file_allocated(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? (uint64_t)status.st_blocks * 512 : 0;
}
