/* SPDX-License-Identifier: MIT */
/* Folders and files for tests: one folder on a disk, one on tmpfs, made for one program and removed after it. */
#ifndef PMS_TEST_SUPPORT_FILES_H
#define PMS_TEST_SUPPORT_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Group set-up and tear-down for cmocka. */
int test_folders_create(void **state);
int test_folders_remove(void **state);

/* A folder whose files go through the page cache; null when there is none here. */
const char *test_disk_folder(void);
/* A folder on tmpfs; null when there is none here. */
const char *test_tmpfs_folder(void);
/* A folder on the DAX file system that PMS_TEST_DAX_FOLDER names; null when it names none. */
const char *test_dax_folder(void);

/* "<folder>/<name>", in one of a few static buffers that are used in turn. */
const char *test_path(const char *folder, const char *name);

/* Makes (or replaces) a file of that size, filled with a pattern: byte i is test_pattern(i). */
void test_file_make(const char *path, uint64_t bytes);
uint8_t test_pattern(uint64_t index);

/* How many bytes of a disk the file has; 0 when there is no such file. */
uint64_t test_file_allocated(const char *path);

/* Ends the test as one that cannot run here, and says why. */
#define TEST_SKIP(reason) \
	do { \
		print_message("SKIP-REASON: %s\n", reason); \
		skip(); \
	} while (0)

/* On Windows ends the test, which is on the list of those that do not run there (tests/windows/not-run.txt). */
#if defined(_WIN32)
#define TEST_NOT_ON_WINDOWS(reason) TEST_SKIP("not on Windows: " reason)
#else
#define TEST_NOT_ON_WINDOWS(reason) ((void)0)
#endif

#endif
