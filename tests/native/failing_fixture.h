/* SPDX-License-Identifier: MIT */
/* One verb on a stream with two regions, while one call fails; and what must be left of it. */
#ifndef PMS_TEST_FAILING_FIXTURE_H
#define PMS_TEST_FAILING_FIXTURE_H

#include "faults.h"
#include "support_medium.h"

typedef struct failing_fixture {
	test_case *test;
	const char *verb;
	pms_stream *stream; /* null: it is not open */
	pms_region *region, *other;
	pms_reservation *reservation;
	void *space; /* of it */
	test_log log, other_log;
	bool watched;
	/* What the verb that was tried may have done to `region`, whatever it returned; by itself when it returned PMS_OK. */
	bool clears, frees;
	uint64_t attempted; /* bytes of the entry that it adds; 0: none */
	bool succeeded;
} failing_fixture;

/* Which bytes an attempted entry has. */
#define ATTEMPT_SEED 99991u

typedef struct failing_verb {
	const char *name;
	void (*prepare)(failing_fixture *f); /* may be null */
	int32_t (*call)(failing_fixture *f, pms_error *error);
	bool on_closed; /* the stream is closed when it is called */
} failing_verb;

/*
 * The verb once without a failure, then once for each call that it makes, that call failing. After each: a clear status;
 * what it said is what is there; if a drain has failed the stream takes no more writes, and reads; nothing acknowledged is
 * lost in any image that a kill or a power cut may leave; nothing leaks.
 */
void failing_try_each_call(test_case *test, const failing_verb *verb, unsigned kinds, int os_error);

#endif
