/* SPDX-License-Identifier: MIT */
/* Putting one data entry together, and storing it where its space is. */
#ifndef PMS_WRITE_ENTRY_H
#define PMS_WRITE_ENTRY_H

#include "engine.h"

/* Where a payload comes from: parts, read one after the other. */
typedef struct pms_payload {
	const pms_part *part; /* never null */
	uint64_t done;	      /* bytes of that part that were read */
} pms_payload;

typedef struct pms_new_entry {
	uint64_t start; /* in the stream */
	uint64_t bytes; /* payload */
	uint64_t size_word, timestamp;
	bool deferred; /* cached stores, and no flush (R4) */
} pms_new_entry;

/* Entries up to this size, header and all, are put together before they take space. */
#define PMS_STAGE_BYTES 8192u

/*
 * Copies a payload of at most PMS_STAGE_BYTES less a header into the stage, behind the room for the header, with the padding of
 * its last word. Returns its hash.
 */
uint64_t pms_stage_payload(uint8_t stage[PMS_STAGE_BYTES], pms_payload *payload, uint64_t bytes);
/* As pms_write_entry, of a payload that was staged. */
void pms_write_staged(pms_region *region, const pms_new_entry *entry, uint8_t stage[PMS_STAGE_BYTES], uint64_t hash);

/*
 * Stores header, payload and the padding of its last word. Deferred: visible to all threads, not flushed. Else: the flush of
 * each line has begun; this thread drains before anybody is told (non-temporal stores). Moves `payload` to its end.
 * After a crash behind it: any subset of its words; not valid unless whole.
 */
void pms_write_entry(pms_region *region, const pms_new_entry *entry, pms_payload *payload);

#endif
