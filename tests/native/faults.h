/* SPDX-License-Identifier: MIT */
/*
 * Calls that fail: linked with the --wrap options of faults.cmake, each call of the C library and of libpmem by which the
 * core maps, allocates and talks to the system is counted, and one of them can be made to fail. So are the drains of a
 * watched medium (support_medium.h).
 */
#ifndef PMS_TEST_FAULTS_H
#define PMS_TEST_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Which calls count. Memory and syncs fail only in a stream that is not watched: the watcher needs memory itself, and
 * expects that what lies below it drains.
 */
typedef enum fault_kind {
	FAULT_SYSTEM = 1, /* calls of the system, but syncs */
	FAULT_DRAIN = 2,  /* of the watched medium */
	FAULT_MEMORY = 4,
	FAULT_SYNC = 8 /* msync: what a drain of the page cache does */
} fault_kind;

/*
 * From now on calls of these kinds are counted, and number `index` (from 0) fails with that errno, with `all_later` those
 * behind it, too; UINT64_MAX: none does.
 */
void faults_begin(unsigned kinds, uint64_t index, int os_error, bool all_later);
/* No more. Returns how many were counted. */
uint64_t faults_end(void);
/* What failed first: the name of the function; null: nothing has. */
const char *faults_failed(void);

/* Descriptors that this process has open. */
unsigned faults_descriptors(void);

#endif
