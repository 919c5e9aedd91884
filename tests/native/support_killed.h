/* SPDX-License-Identifier: MIT */
/* A stream with one region that was killed after a few appends: tests change what it left, and open it. */
#ifndef PMS_TEST_SUPPORT_KILLED_H
#define PMS_TEST_SUPPORT_KILLED_H

#include "support_image.h"

/* Entries in it, of 100 bytes each. */
#define KILLED_ENTRIES 5

typedef struct killed {
	test_case *test;
	test_image image; /* what the kill left */
	test_log log;
	pms_life life;
	uint64_t tail, last; /* of the log: where it ends, and the timestamp of its last entry */
	pms_stream *stream;  /* and the region in it, once opened */
	pms_region *region;
} killed;

killed killed_begin(void **state);
void killed_end(killed *f);

test_image killed_copy(const test_image *image);
enum { KILLED_ZEROED, KILLED_GARBLED };
/* Changes the word at that offset: it did not arrive. */
void killed_tear_word(test_image *image, uint64_t at, int how, uint64_t *random);

/* Saves the image and opens it. */
void killed_open(killed *f, const test_image *image, uint32_t flags);
/* Ends the session, by a close or a kill, and opens it for writing again. */
void killed_open_again(killed *f, bool kill);
void killed_close(killed *f);
/* The log is what is expected; it is appended to, in three sessions, without anything coming back. */
void killed_expect_log_goes_on(killed *f, uint64_t bytes);

#endif
