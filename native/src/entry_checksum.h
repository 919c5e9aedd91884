/* SPDX-License-Identifier: MIT */
/*
 * The checksum word of an entry (entry.h), for whoever computes one per append, or looks at entry after entry. Of the seven words
 * under it two are the same for a whole life and one has three values; their products can be made once (hash_mix.h).
 */
#ifndef PMS_ENTRY_CHECKSUM_H
#define PMS_ENTRY_CHECKSUM_H

#include "entry.h"
#include "hash_mix.h"

#define PMS_CHECKSUM_BYTES 56u

/* What the entries of one life have in common in their checksums. */
static PMS_ALWAYS_INLINE uint64_t pms_life_term(const pms_life *life)
{
	return PMS_CHECKSUM_BYTES * PMS_MIX_PRIME +
	       pms_mix_fold(life->uuid_value ^ PMS_SECRET_2, life->base ^ PMS_SECRET_3);
}

static PMS_ALWAYS_INLINE uint64_t pms_place_term(uint64_t size_word, uint64_t timestamp, uint64_t offset)
{
	return pms_mix_fold(size_word ^ PMS_SECRET_4, timestamp ^ PMS_SECRET_5) +
	       pms_mix_fold(timestamp ^ PMS_SECRET_6, offset ^ PMS_SECRET_7);
}

static PMS_ALWAYS_INLINE uint64_t pms_kind_term(uint64_t tag, uint64_t payload_hash)
{
	return pms_mix_fold(tag ^ PMS_SECRET_0, payload_hash ^ PMS_SECRET_1);
}

static PMS_ALWAYS_INLINE uint64_t pms_data_checksum(uint64_t payload_hash, uint64_t size_word, uint64_t timestamp,
						    uint64_t offset, const pms_life *life)
{
	return pms_mix_finish(pms_life_term(life) + pms_place_term(size_word, timestamp, offset) +
			      pms_kind_term(PMS_TAG_DATA, payload_hash));
}

#endif
