/* SPDX-License-Identifier: MIT */
/*
 * Where entries with which timestamps stand in a region: a few pairs in memory, noted by cursors that come past, so that a
 * seek by timestamp need not walk from the first entry each time. Bounded: when the table is full the distance
 * that pairs keep is doubled, and every second one goes. So a seek where B bytes were walked over once visits a few entries
 * in B / PMS_SEEK_PAIRS_MAX bytes, at most four times that.
 *
 * A pair is a hint. It belongs to one life of the region (its base timestamp), and is only noted while the cursor knows that
 * it is in that life; whoever uses it looks whether the entry is there (cursor.c). Nothing here is stored.
 *
 * Any number of threads. `mutex` is the last in the order of locks: nothing else is taken under it, and it may be taken under
 * any other. A note that would have to wait is not made.
 */
#ifndef PMS_SEEK_INDEX_H
#define PMS_SEEK_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "thread.h"

/* 16 KiB for a region that was walked over. */
#define PMS_SEEK_PAIRS_MAX 1024u
/* Least distance of two pairs, in bytes: regions below it have no index. */
#define PMS_SEEK_STRIDE_MIN 4096u

typedef struct pms_seek_pair {
	uint64_t timestamp;
	uint64_t offset; /* of the entry's header, in the stream */
} pms_seek_pair;

typedef struct pms_seek_index {
	pms_mutex mutex;
	pms_seek_pair *pairs; /* ascending by both; null before the first note */
	uint32_t count;
	uint64_t base;	 /* the life that they are of */
	uint64_t stride; /* bytes that they are apart, at least */
} pms_seek_index;

void pms_seek_index_init(pms_seek_index *index);
void pms_seek_index_destroy(pms_seek_index *index);
/* The region is empty again: gives the memory back. */
void pms_seek_index_forget(pms_seek_index *index);
/*
 * The entry of that timestamp stands at `offset`, in the life with that base; entries begin at `data_start`. Returns the
 * offset from which on it is worth noting another one; UINT64_MAX: none any more, for the life is over or memory is short.
 */
uint64_t pms_seek_index_note(pms_seek_index *index, uint64_t base, uint64_t data_start, pms_seek_pair pair);
/* The last pair of that life whose timestamp is at or below the given one; false: there is none. */
bool pms_seek_index_find(pms_seek_index *index, uint64_t base, uint64_t timestamp, pms_seek_pair *pair);

#endif
