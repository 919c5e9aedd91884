/* SPDX-License-Identifier: MIT */
/* What a stream holds, as far as cursors show it, to be compared with what it holds at another time. */
#ifndef PMS_FUZZ_LISTING_H
#define PMS_FUZZ_LISTING_H

#include <stdio.h>
#include <stdlib.h>

#include "pmemstream_core.h"

#define FUZZ_CHECK(condition) \
	do { \
		if (!(condition)) { \
			(void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

/* An entry; with `end`, what ended the entries of its region (PMS_E_END or PMS_E_CORRUPT). */
typedef struct fuzz_record {
	uint64_t region, base; /* offset and base timestamp of its region */
	pms_position position;
	uint64_t bytes, hash;
	int32_t end;
	int32_t reserved; /* 0: records are compared byte for byte */
} fuzz_record;

typedef struct fuzz_listing {
	fuzz_record *records;
	size_t count, capacity;
} fuzz_listing;

/* All regions, by verified cursors. */
fuzz_listing fuzz_list(pms_stream *stream);
void fuzz_listing_free(fuzz_listing *listing);
void fuzz_expect_equal(const fuzz_listing *a, const fuzz_listing *b);
/* Each region of `before` is in `after`, beginning with the same entries, and no more damaged than it was. */
void fuzz_expect_prefix(const fuzz_listing *before, const fuzz_listing *after);

/* Everything else that only reads: descriptions, check, dump, positions right and wrong, unverified cursors. */
void fuzz_look_about(pms_stream *stream, uint64_t *random);

#endif
