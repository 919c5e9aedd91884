/* SPDX-License-Identifier: MIT */
/*
 * A medium that is watched: what is stored, flushed and drained through its table is counted, listed, and can fail.
 *
 * It also keeps the durable bytes: a line reaches them when it was flushed, and then drained by the same thread, with
 * what it held at the flush. So a power cut can be had at any moment: durable bytes, with any choice of newer words.
 *
 * One medium at a time. Every native test is linked with --wrap=pms_medium_map, so that the stream that is created or
 * opened next can be watched from its first store on.
 */
#ifndef PMS_TEST_SUPPORT_MEDIUM_H
#define PMS_TEST_SUPPORT_MEDIUM_H

#include "medium.h"
#include "support_image.h"

typedef enum test_event_kind {
	TEST_EVENT_STORE = 1, /* of one word, or a copy */
	TEST_EVENT_FLUSH = 2,
	TEST_EVENT_DRAIN = 3
} test_event_kind;

typedef struct test_event {
	test_event_kind kind;
	uint64_t offset, bytes;
} test_event;

/* The next medium that is mapped is watched, until it is unmapped. */
void test_medium_watch_next(void);
/*
 * The same, after a kill: of what the file holds only these bytes are durable; the rest is still in the cache, and is lost
 * by a power cut unless somebody flushes it.
 */
void test_medium_watch_next_killed(const test_image *durable);
/* Whether a medium was mapped since, and watched. */
bool test_medium_was_watched(void);
/* Gives up an order to watch, and what is kept of the last medium. */
void test_medium_forget(void);

/* Empties the list of events. */
void test_medium_reset(void);
/* The events since; at most TEST_EVENTS_MAX are kept. */
#define TEST_EVENTS_MAX 100000
size_t test_medium_event_count(void);
test_event test_medium_event(size_t index);
/* How many of that kind touch [from, to). */
size_t test_medium_count(test_event_kind kind, uint64_t from, uint64_t to);
size_t test_medium_drains(void);
/* Index of the first / last event of that kind that touches [from, to); SIZE_MAX: none. */
size_t test_medium_first(test_event_kind kind, uint64_t from, uint64_t to);
size_t test_medium_last(test_event_kind kind, uint64_t from, uint64_t to);

/* The drain after the next `count` fails with that errno, and all later ones do, until called with errno 0. */
void test_medium_fail_drains(size_t count, int os_error);
/* Called before each drain, without any lock; null: nothing. Drains of the call itself do not call it again. */
void test_medium_on_drain(void (*call)(void *), void *context);

/* What a kill leaves: every store. */
test_image test_medium_kill(void);
/* What a power cut leaves: durable bytes; of the others each 8-byte word old or new, by the seed. 0: all are old. */
test_image test_medium_power_cut(uint64_t seed);

#endif
