/* SPDX-License-Identifier: MIT */
/*
 * Address ranges whose mapping has ended. A pointer into one may live on (a span of C#, a reader that was late), so the
 * range is covered by private zero pages and kept: such a pointer reads zeros, and does not fault. Pages that nobody
 * touches cost nothing but address space; the oldest ranges are given back beyond a limit.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "medium_internal.h"

uint64_t pms_mapping_retired_bytes_max = (uint64_t)1 << 40;

typedef struct retired_range {
	struct retired_range *next;
	void *base;
	uint64_t bytes;
} retired_range;

static pms_mutex retired_mutex = PMS_MUTEX_INITIALIZER;
static retired_range *oldest;
static retired_range *newest;
static uint64_t retired_bytes;

static void before_fork(void) { pms_mutex_lock(&retired_mutex); }

static void after_fork(void) { pms_mutex_unlock(&retired_mutex); }

/* A forked child may release its handles, and must not find the mutex locked by a thread that it does not have. */
static void install_fork_handlers(void) { (void)pthread_atfork(before_fork, after_fork, after_fork); }

/*
 * Replaces the mapping in one step, so that at no moment the range is free for another mmap to take.
 *
 * Read-only at first: memory that can be written to counts against the limits on memory (strict overcommit,
 * RLIMIT_DATA), and where it is over them the kernel may find out only when the old mapping is gone already. Made
 * writable afterwards; where that is refused, stale loads work and stale stores fault.
 */
static void cover(void *base, uint64_t bytes)
{
	void *covered = mmap(base, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);

	if (covered != MAP_FAILED)
		(void)mprotect(base, bytes, PROT_READ | PROT_WRITE);
	else
		/* The old mapping stays, but nothing may reach the file through it any more. */
		(void)mprotect(base, bytes, PROT_READ);
}

static void release_oldest_locked(void)
{
	retired_range *range = oldest;

	oldest = range->next;
	if (!oldest)
		newest = NULL;
	retired_bytes -= range->bytes;
	(void)munmap(range->base, range->bytes);
	free(range);
}

void pms_mapping_retire(void *base, uint64_t mapped_bytes)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	retired_range *range = malloc(sizeof(*range));

	(void)pthread_once(&once, install_fork_handlers);
	cover(base, mapped_bytes);
	/* Without memory for the list the range is just never given back. */
	if (!range)
		return;
	*range = (retired_range){.base = base, .bytes = mapped_bytes};
	pms_mutex_lock(&retired_mutex);
	if (newest)
		newest->next = range;
	else
		oldest = range;
	newest = range;
	retired_bytes += mapped_bytes;
	while (oldest && retired_bytes > pms_mapping_retired_bytes_max)
		release_oldest_locked();
	pms_mutex_unlock(&retired_mutex);
}

uint64_t pms_mapping_retired_bytes(void)
{
	uint64_t bytes;

	pms_mutex_lock(&retired_mutex);
	bytes = retired_bytes;
	pms_mutex_unlock(&retired_mutex);
	return bytes;
}
