/* SPDX-License-Identifier: MIT */
/*
 * Threads that append, reserve, publish and abandon, and entries that tell who wrote them. In a thread nothing may be
 * asserted by cmocka (it would jump into another thread's stack): WORKER_CHECK ends the program.
 */
#ifndef PMS_TEST_SUPPORT_WORKERS_H
#define PMS_TEST_SUPPORT_WORKERS_H

#include <pthread.h>
#include <stdatomic.h>

#include "support_stream.h"

#define WORKERS_MAX 4
#define WORKER_PAYLOAD_MAX 700u

#define WORKER_CHECK(condition) \
	do { \
		if (!(condition)) { \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

typedef struct worker {
	pthread_t thread;
	void *context;
	uint32_t id;
	uint64_t random;
	pms_region *regions[2];
	uint32_t region_count;
	uint32_t rounds;	       /* how many entries it writes */
	uint32_t reserve_percent;      /* that many of them by reserve, of which a third is abandoned */
	_Atomic uint32_t acknowledged; /* entries whose call has returned PMS_OK, in the order of their sequence */
	_Atomic int32_t status;	       /* what ended it: PMS_OK when all rounds are done */
	uint64_t last_timestamp;
} worker;

/* Writes entries until a call fails or all rounds are done. */
void *worker_run(void *worker);
void workers_start(worker *workers, int count, void *(*run)(void *));
void workers_join(worker *workers, int count);

/* What the worker's entry of that sequence number holds; the number of bytes. */
uint64_t worker_payload(uint32_t id, uint32_t sequence, uint8_t *data);
/* Who wrote it; false when it is not whole. */
bool worker_recognize(const void *data, uint64_t bytes, uint32_t *id, uint32_t *sequence);

/*
 * Walks the region from a cursor's place to its end: every entry is whole, timestamps rise, and of each worker the
 * sequence numbers rise by one each, going on from next[id] (with `gaps`: they rise).
 */
void worker_follow(pms_cursor *cursor, uint64_t *last_timestamp, uint32_t next[WORKERS_MAX], bool gaps);

#endif
