/* SPDX-License-Identifier: MIT */
/*
 * What the engine needs from the operating system besides mapping and flushing (that is medium.h): files, the writer
 * lock, random bytes, the clock on the wall. One implementation per platform (os_posix.c); no #ifdef anywhere else.
 */
#ifndef PMS_OS_H
#define PMS_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pmemstream_core.h"

typedef enum pms_file_type {
	PMS_FILE_REGULAR = 1,	/* any file system */
	PMS_FILE_DEVICE_DAX = 2 /* a device-DAX node: fixed size, never empty, no rename, no fsync needed */
} pms_file_type;

typedef struct pms_file {
	intptr_t handle; /* file descriptor; -1: none */
	pms_file_type type;
	bool writable;
	uint64_t device; /* together with inode: which file this is */
	uint64_t inode;
	uint64_t bytes;		  /* size when it was opened or allocated */
	bool locked;		  /* holds the writer lock, taken in the process with ... */
	unsigned lock_generation; /* ... this pms_os_fork_generation: a forked child must not give it up */
} pms_file;

/*
 * Opens an existing file with O_CLOEXEC. A folder or a file type that cannot hold a stream (pipe, socket, block device)
 * is PMS_E_NOT_A_STREAM; the text says what it is.
 */
int32_t pms_file_open(const char *path, bool writable, pms_file *file, pms_error *error);

/*
 * Creates an empty file with O_EXCL under a temporary name in the folder of `path` ("<path>.<random>.creating").
 * temporary_path: out, malloc'ed, freed by the caller.
 */
int32_t pms_file_create_temporary(const char *path, char **temporary_path, pms_file *file, pms_error *error);

/*
 * Makes the file `bytes` long and really allocates all of it, without changing what is there: fallocate, or where the
 * file system cannot, zeros written into its holes (never glibc's emulation). PMS_E_NO_SPACE when there is no room.
 * Does nothing on device-DAX but compare sizes.
 */
int32_t pms_file_allocate(pms_file *file, uint64_t bytes, pms_error *error);

/*
 * Makes the file at least `bytes` long and really allocates all of it from `from` on, as pms_file_allocate does. Others may
 * use what is before `from` meanwhile. *file_bytes: out, how long the file is now; file->bytes stays, others may read it.
 * A device has a fixed size: PMS_E_NO_SPACE when that does not suffice. On failure the file may be longer than before.
 */
int32_t pms_file_extend(const pms_file *file, uint64_t from, uint64_t bytes, uint64_t *file_bytes, pms_error *error);

/* Makes the file that long again, when it is longer; errors are of no interest. Nobody uses what is behind `bytes`. */
void pms_file_cut(const pms_file *file, uint64_t bytes);

/* True when blocks of a regular file are missing, so that a store into it may fail (SIGBUS) for want of space. */
bool pms_file_is_sparse(const pms_file *file);

/* Current size in bytes. */
int32_t pms_file_size(const pms_file *file, uint64_t *bytes, pms_error *error);

/* Reads up to `bytes` at `offset`; *got is smaller only at the end of the file. Device-DAX cannot be read: NOT_SUPPORTED. */
int32_t pms_file_read(const pms_file *file, uint64_t offset, void *buffer, size_t bytes, size_t *got, pms_error *error);

/*
 * Takes the writer lock: an open-file-description lock, so that a second open in the same process conflicts too, and it
 * vanishes with its last descriptor. Waits up to wait_milliseconds (UINT32_MAX: for ever). PMS_E_LOCKED names the pid
 * of the holder where the system tells.
 */
int32_t pms_file_lock(pms_file *file, uint32_t wait_milliseconds, pms_error *error);

/* True while another open of the file holds the writer lock. Takes nothing. */
bool pms_file_lock_is_held(const pms_file *file);

/* Makes data and size of a regular file durable. */
int32_t pms_file_sync(const pms_file *file, pms_error *error);

/*
 * The path behind symbolic links of whatever is at `path`: malloc'ed, freed by the caller; null when nothing is there, nor a
 * link. A link to nowhere is something: its own path. Fails when the system does not let us look.
 */
int32_t pms_file_resolve(const char *path, char **resolved, pms_error *error);

/*
 * Renames the temporary file to `path` and makes the name durable (fsync of the folder). Without `replace`, a file that
 * is already there is PMS_E_EXISTS and stays as it is.
 */
int32_t pms_file_publish(const char *temporary_path, const char *path, bool replace, pms_error *error);

/* Removes a temporary file; errors are of no interest. */
void pms_file_remove(const char *temporary_path);

/* Closes the descriptor, and with it gives up the lock. Safe to call twice. */
void pms_file_close(pms_file *file);

/* Fills the buffer with random bytes of the system. */
int32_t pms_os_random(void *buffer, size_t bytes, pms_error *error);

/* Seconds since 1970 by the wall clock. */
uint64_t pms_os_unix_seconds(void);

/*
 * Number of fork()s between the first call and this process (0 in the process that called first). A stream remembers
 * it when it is opened; another number later means "we are a forked child". Costs one load. pms_os_initialize installs
 * the handler and may be called many times.
 */
void pms_os_initialize(void);
extern unsigned pms_os_fork_generation;

#endif
