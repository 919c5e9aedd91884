/* SPDX-License-Identifier: MIT */
/*
 * One entry of format version 1: size word, timestamp and checksum word, then the payload. Pure: encode, decode, validate.
 *
 * The checksum word says what the entry is. All three kinds hash the same words (XXH3 of 56 bytes): kind, XXH3 of the
 * payload, size word, timestamp, own offset in the stream, a value of the stream's UUID, base timestamp of the region's
 * life. For pending and skip the hash of the payload is 0 and the payload length in the size word is taken as 0, so that
 * a reservation's payload and length may change while its pending checksum stays valid. Each change of kind is one
 * 8-byte store of the checksum word.
 */
#ifndef PMS_ENTRY_H
#define PMS_ENTRY_H

#include "compiler.h"
#include "format.h"

typedef struct pms_stored_entry {
	uint64_t size_word;
	uint64_t timestamp;
	uint64_t checksum;
} pms_stored_entry;

static_assert(sizeof(pms_stored_entry) == PMS_ENTRY_HEADER_BYTES, "stored struct");
static_assert(offsetof(pms_stored_entry, timestamp) == 8, "stored struct");
static_assert(offsetof(pms_stored_entry, checksum) == 16, "stored struct");

/* Size word: bits 0-30 payload bytes, 31-58 extent / 8, 59 group continues, 60-63 lag code. */
#define PMS_SIZE_PAYLOAD_MASK 0x7fffffffull
#define PMS_SIZE_EXTENT_SHIFT 31
#define PMS_SIZE_EXTENT_MASK 0xfffffffull
#define PMS_SIZE_GROUP_BIT (1ull << 59)
#define PMS_SIZE_LAG_SHIFT 60
#define PMS_SIZE_LAG_MASK (15ull << PMS_SIZE_LAG_SHIFT)

#define PMS_LAG_UNKNOWN 15u

typedef enum pms_entry_kind {
	PMS_KIND_INVALID = 0,
	PMS_KIND_DATA = 1,    /* an entry of the log */
	PMS_KIND_PENDING = 2, /* an open reservation; after a crash it is passed over */
	PMS_KIND_SKIP = 3     /* abandoned, or the seal of a cut */
} pms_entry_kind;

/* Kinds as they are hashed: never small numbers, so that no zeroed or shifted struct hashes like another. */
#define PMS_TAG_DATA 0x617461642d736d70ull    /* "pms-data" */
#define PMS_TAG_PENDING 0x646e65702d736d70ull /* "pms-pend" */
#define PMS_TAG_SKIP 0x70696b732d736d70ull    /* "pms-skip" */

/* What every checksum of one life of one region has in common. */
typedef struct pms_life {
	uint64_t uuid_value; /* pms_hash of the UUID */
	uint64_t base;	     /* base timestamp */
} pms_life;

/* A decoded header. */
typedef struct pms_parsed_entry {
	uint64_t offset;
	uint64_t size_word;
	uint64_t timestamp;
	uint64_t checksum;
	uint64_t payload_bytes;
	uint64_t extent_bytes;
	uint64_t lag_bytes; /* UINT64_MAX: unknown */
	bool group_continues;
} pms_parsed_entry;

/*
 * Code for a distance: 0 for 0, n for at most 64 * 4^(n-1) bytes, rounded up; 15 for more than 4 GiB. Every second power
 * of two, so that four bits reach what can be in flight.
 */
static inline uint32_t pms_lag_encode(uint64_t distance_bytes)
{
	if (distance_bytes <= 64)
		return distance_bytes != 0;
	if (distance_bytes > 64ull << (2 * (PMS_LAG_UNKNOWN - 2)))
		return PMS_LAG_UNKNOWN;
	/* ceil(log4(distance / 64)) + 1: bits of distance - 1 above the lowest six, in pairs. */
	uint32_t bits = 64 - pms_leading_zeros(distance_bytes - 1) - 6;
	return (bits + 1) / 2 + 1;
}
/* The distance that a code stands for; UINT64_MAX for "unknown". */
uint64_t pms_lag_decode(uint32_t code);

static inline uint64_t pms_size_word(uint64_t payload_bytes, uint64_t extent_bytes, bool group_continues, uint32_t lag)
{
	return payload_bytes | (extent_bytes / 8) << PMS_SIZE_EXTENT_SHIFT |
	       (group_continues ? PMS_SIZE_GROUP_BIT : 0) | (uint64_t)lag << PMS_SIZE_LAG_SHIFT;
}

/* Space that an entry takes. */
static inline uint64_t pms_entry_extent(uint64_t payload_bytes, uint32_t alignment)
{
	return pms_round_up(PMS_ENTRY_HEADER_BYTES + payload_bytes, alignment);
}

/* Checksum word of an entry; payload_hash counts for PMS_KIND_DATA only. */
uint64_t pms_entry_checksum(pms_entry_kind kind, uint64_t payload_hash, uint64_t size_word, uint64_t timestamp,
			    uint64_t offset, const pms_life *life);

/*
 * Decodes the header at `header`, which lies at `offset` of the stream, each word loaded once. False when it cannot be an
 * entry: it does not fit before `end`, is not aligned, is smaller than its payload, or its timestamp is no timestamp.
 * Reads nothing but the 24 bytes.
 */
bool pms_entry_parse(const void *header, uint64_t offset, uint64_t end, uint32_t alignment, pms_parsed_entry *entry);

/* The kind that the checksum word of a parsed entry stands for. Reads the payload. */
pms_entry_kind pms_entry_classify(const pms_parsed_entry *entry, const void *payload, const pms_life *life);
/* The same without reading the payload: whatever is neither pending nor skip is taken for data. */
pms_entry_kind pms_entry_classify_unverified(const pms_parsed_entry *entry, const pms_life *life);

#endif
