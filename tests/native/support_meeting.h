/* SPDX-License-Identifier: MIT */
/* A region on a watched medium, and calls that are made in the middle of another call's drain. */
#ifndef PMS_TEST_SUPPORT_MEETING_H
#define PMS_TEST_SUPPORT_MEETING_H

#include <pthread.h>
#include <stdatomic.h>

#include "support_medium.h"

typedef struct meeting {
	test_case *test;
	pms_stream *stream;
	pms_region *region;
	pms_reservation *reservation;
	pms_position reserved;
	pms_group *group;
	pms_position members[2];
	void (*meet)(struct meeting *); /* in the drain of the call under test, once */
	int32_t (*call)(struct meeting *);
	pthread_t thread;
	_Atomic bool thread_returned;
	_Atomic int32_t thread_status;
	test_log log;
} meeting;

void meeting_begin(meeting *f, void **state);
void meeting_end(meeting *f);

/* A reservation of 100 bytes, written and expected in the log from now on. */
void meeting_reserve(meeting *f);
/* A deferred append. */
void meeting_defer(meeting *f, uint64_t bytes, uint64_t seed);
/* A group in place with two entries of 50 bytes. */
void meeting_begin_group(meeting *f);

/* What a power cut leaves in which nothing survives but what is durable is what the log says. */
void meeting_expect_durable(meeting *f);

/* To be put into `meet`: runs `call` in a thread of its own, which does not come back as long as this drain lasts. */
void meeting_waiting_call(meeting *f);
/* What that call has returned. */
int32_t meeting_join(meeting *f);
/* To be put into `meet`: closes the stream. */
void meeting_close(meeting *f);

#endif
