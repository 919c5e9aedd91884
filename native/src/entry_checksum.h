/* SPDX-License-Identifier: MIT */
/* The checksum word of a data entry (entry.h), for whoever computes one per append. */
#ifndef PMS_ENTRY_CHECKSUM_H
#define PMS_ENTRY_CHECKSUM_H

#include "entry.h"
#include "hash.h"

static inline uint64_t pms_data_checksum(uint64_t payload_hash, uint64_t size_word, uint64_t timestamp, uint64_t offset,
					 const pms_life *life)
{
	const uint64_t words[7] = {PMS_TAG_DATA, payload_hash,	   size_word, timestamp,
				   offset,	 life->uuid_value, life->base};

	return pms_hash_short(words, sizeof(words));
}

#endif
