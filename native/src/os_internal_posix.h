/* SPDX-License-Identifier: MIT */
/* What the POSIX implementations of os.h share among themselves. */
#ifndef PMS_OS_INTERNAL_POSIX_H
#define PMS_OS_INTERNAL_POSIX_H

#include "os.h"

/* PMS_E_INVALID_ARGUMENT for a null or empty path. */
int32_t pms_file_check_path(const char *path, pms_error *error);

/* Fills `file` from an open descriptor; refuses what cannot hold a stream. Does not close the descriptor on failure. */
int32_t pms_file_describe(int descriptor, const char *path, bool writable, pms_file *file, pms_error *error);

/*
 * Allocates by writing zeros wherever blocks are missing from `from` up to `bytes`, for file systems without fallocate.
 * Never changes what is there, nor anything before `from`, where others may be writing. Returns 0 or an errno.
 */
int pms_file_write_zeros(int descriptor, uint64_t from, uint64_t bytes);

/* Gives up the writer lock if this process took it; does nothing in a forked child, which only shares it. */
void pms_file_unlock(pms_file *file);

#endif
