/* SPDX-License-Identifier: MIT */
/*
 * Whether a stored entry is one of the log: for whoever looks at entry after entry of one life.
 */
#ifndef PMS_ENTRY_VERIFY_H
#define PMS_ENTRY_VERIFY_H

#include <stdatomic.h>

#include "entry_checksum.h"

/*
 * PMS_KIND_PENDING or PMS_KIND_SKIP when the checksum word is that of one, else PMS_KIND_INVALID: data, or damage. `common`:
 * what is added up for both; of the size word without the payload.
 */
static PMS_ALWAYS_INLINE pms_entry_kind pms_kind_of_sum(uint64_t common, uint64_t checksum)
{
	if (checksum == pms_mix_finish(common + pms_kind_term(PMS_TAG_SKIP, 0)))
		return PMS_KIND_SKIP;
	return checksum == pms_mix_finish(common + pms_kind_term(PMS_TAG_PENDING, 0)) ? PMS_KIND_PENDING
										      : PMS_KIND_INVALID;
}

static PMS_ALWAYS_INLINE pms_entry_kind pms_kind_without_payload(uint64_t life_term, uint64_t size_word,
								 uint64_t timestamp, uint64_t offset, uint64_t checksum)
{
	return pms_kind_of_sum(life_term + pms_place_term(size_word & ~PMS_SIZE_PAYLOAD_MASK, timestamp, offset),
			       checksum);
}

/* A word of a stored header, while others may store it. */
static PMS_ALWAYS_INLINE uint64_t pms_stored_word(const uint8_t *header, uint64_t at)
{
	return atomic_load_explicit((const _Atomic uint64_t *)(const void *)(header + at), memory_order_acquire);
}

typedef struct pms_stored_words {
	uint64_t size_word, timestamp, checksum;
} pms_stored_words;

static PMS_ALWAYS_INLINE pms_stored_words pms_stored_words_of(const uint8_t *header)
{
	pms_stored_words words;

	/* The checksum word is stored last, so it is loaded first: what is loaded after it is not older than it says. */
	words.checksum = pms_stored_word(header, offsetof(pms_stored_entry, checksum));
	words.timestamp = pms_stored_word(header, offsetof(pms_stored_entry, timestamp));
	words.size_word = pms_stored_word(header, offsetof(pms_stored_entry, size_word));
	return words;
}

/* What a walk over the entries of one life must know of all of them. */
typedef struct pms_bounds {
	const uint8_t *mapping; /* where the stream begins in memory */
	const uint8_t *limit;	/* no header begins behind it */
	uint64_t alignment_mask;
	uint64_t life_term; /* pms_life_term */
} pms_bounds;

/* For entries that end at or before `end`. */
static inline pms_bounds pms_bounds_of(const uint8_t *mapping, uint64_t end, uint32_t alignment, uint64_t life_term)
{
	return (pms_bounds){.mapping = mapping,
			    .limit = mapping + end - PMS_ENTRY_HEADER_BYTES,
			    .alignment_mask = alignment - 1u,
			    .life_term = life_term};
}

/* Greatest timestamp of what follows an entry: within a group there is one that is right (R11). */
static PMS_ALWAYS_INLINE uint64_t pms_timestamp_most(uint64_t timestamp, bool group_continues)
{
	if (PMS_UNLIKELY(group_continues) && timestamp < PMS_VALUE_MAX)
		return timestamp + 1;
	return PMS_VALUE_MAX;
}

/* A data entry, in place. */
typedef struct pms_found_entry {
	const uint8_t *payload;
	uint64_t offset;
	uint64_t timestamp;
	uint64_t payload_bytes;
	uint64_t extent_bytes;
	uint64_t group_continues; /* 0 or 1 */
} pms_found_entry;

/* Whether the checksum word is that of a data entry whose payload has that hash. */
static PMS_ALWAYS_INLINE bool pms_is_data(const pms_bounds *bounds, const pms_stored_words *words, uint64_t offset,
					  uint64_t payload_hash)
{
	return words->checksum == pms_mix_finish(pms_kind_term(PMS_TAG_DATA, payload_hash) + bounds->life_term +
						 pms_place_term(words->size_word, words->timestamp, offset));
}

/* Whether it is that of a pending or a skip entry. */
static PMS_ALWAYS_INLINE bool pms_is_no_data(const pms_bounds *bounds, const pms_stored_words *words, uint64_t offset)
{
	return pms_kind_without_payload(bounds->life_term, words->size_word, words->timestamp, offset,
					words->checksum) != PMS_KIND_INVALID;
}

/*
 * The common case of a step: at `header`, which is aligned and within the limit, stands a data entry that is right in each
 * respect, with a timestamp above `last` and at most `most`. False for whatever else there may be: then the caller looks by
 * pms_entry_parse and pms_entry_classify what it is. `verified`: by its payload, too.
 */
static PMS_ALWAYS_INLINE bool pms_find_data(const pms_bounds *bounds, const uint8_t *header, uint64_t last,
					    uint64_t most, bool verified, pms_found_entry *entry)
{
	pms_stored_words words = pms_stored_words_of(header);
	uint64_t timestamp = words.timestamp, size_word = words.size_word;
	uint64_t payload_bytes = size_word & PMS_SIZE_PAYLOAD_MASK;
	uint64_t extent_bytes = (size_word >> PMS_SIZE_EXTENT_SHIFT & PMS_SIZE_EXTENT_MASK) * 8;
	uint64_t behind_header = extent_bytes - PMS_ENTRY_HEADER_BYTES; /* too small an extent: more than any limit */
	const uint8_t *payload = header + PMS_ENTRY_HEADER_BYTES;
	uint64_t offset = (uint64_t)(header - bounds->mapping);

	if (timestamp <= last || behind_header < payload_bytes || behind_header > (uint64_t)(bounds->limit - header) ||
	    timestamp > most || (extent_bytes & bounds->alignment_mask) != 0)
		return false;
	if (verified) {
		uint64_t payload_hash;
		if (payload_bytes - PMS_MIX_BYTES_MIN <= PMS_MIX_BYTES_MAX - PMS_MIX_BYTES_MIN)
			payload_hash = pms_mix_hash(payload, payload_bytes);
		else if (payload_bytes <= PMS_ENTRY_BYTES_MAX)
			payload_hash = pms_hash(payload, payload_bytes);
		else
			return false;
		if (!pms_is_data(bounds, &words, offset, payload_hash))
			return false;
	} else if (payload_bytes > PMS_ENTRY_BYTES_MAX || pms_is_no_data(bounds, &words, offset)) {
		return false;
	}
	entry->payload = payload;
	entry->offset = offset;
	entry->timestamp = timestamp;
	entry->payload_bytes = payload_bytes;
	entry->extent_bytes = extent_bytes;
	entry->group_continues = size_word / PMS_SIZE_GROUP_BIT & 1;
	return true;
}

#endif
