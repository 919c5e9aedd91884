/* SPDX-License-Identifier: MIT */
/*
 * What coordination between processes needs from the operating system: a small file of shared memory beside the stream, locks
 * on single bytes of it (which die with their process), a word that threads of several processes sleep on, and who we are. One
 * implementation per platform (shm_posix.c, shm_windows.c and shm_wait_windows.c). Where it can do nothing of this, pms_shm_open
 * and pms_shm_create fail and the engine polls.
 *
 * The file has two parts. The first is stored to by the writer alone, and readers map it read-only; the second is common.
 */
#ifndef PMS_SHM_H
#define PMS_SHM_H

#include <stdatomic.h>

#include "os.h"

typedef struct pms_shm {
	intptr_t handle;	  /* file descriptor; -1: none */
	void *published, *common; /* mapped; `common` is null when the file may not be written */
	uint64_t published_bytes, common_bytes;
	uint64_t device, inode;	  /* which file this is */
	unsigned fork_generation; /* pms_os_fork_generation when it was opened: a forked child gives no lock up */
	uint8_t uuid[16];	  /* of the stream */
	bool for_writer;
	void *answering; /* Windows: what says that this writer wakes others; null: nothing does */
	void *aside; /* Windows: name of the removed file that is still to be deleted, as it was mapped; null: none */
} pms_shm;

/* A word that threads sleep on. */
typedef struct pms_shm_word {
	const pms_shm *shm; /* in whose common part it is; null: in this process's own memory */
	_Atomic uint32_t *at;
} pms_shm_word;

/*
 * Where the coordination file of a stream is: "<path>-shm" behind symbolic links, or for a device a name in the system's shared
 * memory that is made of the UUID. malloc'ed, freed by the caller; null: nowhere.
 */
char *pms_shm_path(const char *path, const pms_file *stream_file, const uint8_t uuid[16]);
/* The same where the file lies beside the stream; and the name under which it is made (shm_path.c). */
char *pms_shm_path_beside(const char *path);
char *pms_shm_path_temporary(const char *shm_path);

/*
 * Opens and maps the file, when it has just that size. A reader that may not write it gets no common part. False: there is
 * none, it is not ours, or it cannot be mapped.
 */
bool pms_shm_open(const char *path, bool for_writer, const uint8_t uuid[16], uint64_t published_bytes,
		  uint64_t common_bytes, pms_shm *shm);

/*
 * Creates the file under another name, with the permissions of the stream's, all of its space allocated, `header` at its start
 * and the rest zeros; locks byte 0, and renames it to `path`, over what is there. False: it could not be done, and nothing
 * has changed.
 */
bool pms_shm_create(const char *path, const pms_file *stream_file, const uint8_t uuid[16], const void *header,
		    uint64_t header_bytes, uint64_t published_bytes, uint64_t common_bytes, pms_shm *shm);

/* Unmaps and closes, and gives up its locks (not in a forked child). Safe to call twice. */
void pms_shm_close(pms_shm *shm);
/* Removes the file at the path, if it still is this one. */
void pms_shm_remove(pms_shm *shm, const char *path);
/* Whether the file at the path is this one. */
bool pms_shm_is_at(const pms_shm *shm, const char *path);

/* Locks on single bytes; they belong to this open of the file, not to the process. _lock never waits. */
bool pms_shm_lock(const pms_shm *shm, uint32_t byte);
void pms_shm_unlock(const pms_shm *shm, uint32_t byte);
/* True while another open of the file holds it. */
bool pms_shm_is_locked(const pms_shm *shm, uint32_t byte);

/*
 * The writer of that session says that its pms_shm_wake reaches other processes; and whether a reader can be reached by it.
 * False: nobody may rely on being woken. The session is a random number of its own each time.
 */
bool pms_shm_answer(pms_shm *shm, uint64_t session);
bool pms_shm_is_answered(const pms_shm *shm, uint64_t session);

/* Sleeps while the word holds `expected`, at most that long. May return earlier for no reason. */
void pms_shm_sleep(pms_shm_word word, uint32_t expected, uint32_t milliseconds);
/*
 * Adds one to the word, and wakes all who sleep on it, in any process. Nobody adds to it otherwise. False: somebody is there who
 * cannot be woken, or may be.
 */
bool pms_shm_wake(pms_shm_word word);

static inline void pms_shm_pause(uint32_t milliseconds)
{
	_Atomic uint32_t never = 0;

	pms_shm_sleep((pms_shm_word){.at = &never}, 0, milliseconds);
}

/* This process, and when it was started, in a unit of the system's: together they name it. 0: not known. */
uint64_t pms_os_process_id(void);
uint64_t pms_os_process_start(void);
/* Clocks that only go forward. */
uint64_t pms_os_milliseconds(void);
uint64_t pms_os_nanoseconds(void);

#endif
