/* SPDX-License-Identifier: MIT */
/* Putting one data entry together, and storing it where its space is. */
#ifndef PMS_WRITE_ENTRY_H
#define PMS_WRITE_ENTRY_H

#include "engine.h"
#include "entry_checksum.h"
#include "hash.h"

/* Where a payload comes from: parts, read one after the other. */
typedef struct pms_payload {
	const pms_part *part; /* never null */
	uint64_t done;	      /* bytes of that part that were read */
} pms_payload;

typedef struct pms_new_entry {
	uint64_t start; /* in the stream */
	uint64_t bytes; /* payload */
	uint64_t size_word, timestamp;
	uint64_t base; /* of the region's life */
	bool deferred; /* cached stores, and no flush (R4) */
} pms_new_entry;

/* Entries up to this size, header and all, are put together before they take space. */
#define PMS_STAGE_BYTES 2048u

/* The three header words. */
static inline void pms_entry_header(uint64_t header[3], const pms_region *region, const pms_new_entry *entry,
				    uint64_t payload_hash)
{
	const pms_life life = {.uuid_value = region->life.uuid_value, .base = entry->base};

	header[0] = entry->size_word;
	header[1] = entry->timestamp;
	header[2] = pms_data_checksum(payload_hash, entry->size_word, entry->timestamp, entry->start, &life);
}

/* What pms_stage_payload does with long payloads, and with those in several parts. */
uint64_t pms_stage_any_payload(uint8_t stage[PMS_STAGE_BYTES], pms_payload *payload, uint64_t bytes);

/*
 * Copies up to PMS_HASH_SHORT_MAX bytes, and pads the last word with zeros (R7). By pieces of 16 bytes, as the hash loads them: a
 * load of bytes from two stores that a fence still holds back waits for that fence.
 */
static inline void pms_stage_short(uint8_t *staged, const uint8_t *data, uint64_t bytes)
{
	uint64_t at = 0;
	uint64_t word = 0;

	for (; bytes - at >= 16; at += 16) {
		uint64_t pair[2];
		memcpy(pair, data + at, 16);
		memcpy(staged + at, pair, 16);
		PMS_KEEP_APART(); /* not by a call of memcpy */
	}
	if (bytes - at >= 8) {
		memcpy(&word, data + at, 8);
		memcpy(staged + at, &word, 8);
		at += 8;
		word = 0;
	}
	if (at == bytes)
		return;
	for (uint64_t i = 0; i < bytes - at; i++)
		word |= (uint64_t)data[at + i] << (8 * i);
	memcpy(staged + at, &word, 8);
}

/*
 * Copies a payload of at most PMS_STAGE_BYTES less a header into the stage (aligned to a line), behind the room for the header, with the padding of
 * its last word. Returns its hash.
 */
static inline uint64_t pms_stage_payload(uint8_t stage[PMS_STAGE_BYTES], pms_payload *payload, uint64_t bytes)
{
	uint8_t *staged = stage + PMS_ENTRY_HEADER_BYTES;

	if (bytes > PMS_HASH_SHORT_MAX || payload->part->bytes != bytes || PMS_FAULT(BUFFER_READ_TWICE))
		return pms_stage_any_payload(stage, payload, bytes);
	pms_stage_short(staged, payload->part->data, bytes);
	payload->done = bytes;
	if (bytes - PMS_MIX_BYTES_MIN <= PMS_MIX_BYTES_MAX - PMS_MIX_BYTES_MIN)
		return pms_mix_hash(staged, bytes);
	return pms_hash_short(staged, bytes);
}

/* As pms_write_entry, of a payload that was staged, with its header. */
static inline void pms_write_staged(pms_region *region, const pms_new_entry *entry, uint8_t stage[PMS_STAGE_BYTES],
				    const uint64_t header[3])
{
	pms_store_parts(&region->stream->medium, entry->start, header, stage, pms_round_up(entry->bytes, 8),
			entry->deferred || PMS_FAULT(FLUSH_DROPPED));
}

/*
 * Stores header, payload and the padding of its last word. Deferred: visible to all threads, not flushed. Else: the flush of
 * each line has begun; this thread drains before anybody is told (non-temporal stores). Moves `payload` to its end.
 * After a crash behind it: any subset of its words; not valid unless whole.
 */
void pms_write_entry(pms_region *region, const pms_new_entry *entry, pms_payload *payload);

#endif
