/* SPDX-License-Identifier: MIT */
/* What the Windows implementations of os.h and medium_internal.h share among themselves. */
#ifndef PMS_OS_INTERNAL_WINDOWS_H
#define PMS_OS_INTERNAL_WINDOWS_H

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>

#include "os.h"

/* Others may read, write, rename and replace the file while we have it open. */
#define PMS_SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

static inline HANDLE pms_handle(const pms_file *file) { return (HANDLE)file->handle; }

/* GetLastError() as errors carry it. */
static inline int pms_last_error(void) { return (int)GetLastError(); }

/* PMS_E_INVALID_ARGUMENT for a null or empty path. */
int32_t pms_file_check_path(const char *path, pms_error *error);

/*
 * The path for the system: UTF-16, with the prefix for long paths where it is long. malloc'ed, freed by the caller.
 * PMS_E_INVALID_ARGUMENT when it is not UTF-8.
 */
int32_t pms_path_to_wide(const char *path, wchar_t **wide, pms_error *error);

/* The other way, without that prefix. Null: no memory. */
char *pms_path_from_wide(const wchar_t *wide);

/* Fills `file` from an open handle; refuses what cannot hold a stream. Does not close the handle on failure. */
int32_t pms_file_describe(HANDLE handle, const char *path, bool writable, pms_file *file, pms_error *error);

/* Gives up the writer lock if this file holds it. */
void pms_file_unlock(pms_file *file);

#endif
