/* SPDX-License-Identifier: MIT */
#include "entry.h"

#include <stdatomic.h>

#include "hash.h"

uint64_t pms_lag_decode(uint32_t code)
{
	if (code == 0)
		return 0;
	return code >= PMS_LAG_UNKNOWN ? UINT64_MAX : 64ull << (2 * (code - 1));
}

uint64_t pms_entry_checksum(pms_entry_kind kind, uint64_t payload_hash, uint64_t size_word, uint64_t timestamp,
			    uint64_t offset, const pms_life *life)
{
	bool is_data = kind == PMS_KIND_DATA;
	const uint64_t words[7] = {
	    is_data		       ? PMS_TAG_DATA
	    : kind == PMS_KIND_PENDING ? PMS_TAG_PENDING
				       : PMS_TAG_SKIP,
	    is_data ? payload_hash : 0,
	    is_data ? size_word : size_word & ~PMS_SIZE_PAYLOAD_MASK,
	    timestamp,
	    offset,
	    life->uuid_value,
	    life->base,
	};

	return pms_hash_short(words, sizeof(words));
}

static uint64_t load(const void *header, size_t at)
{
	const uint8_t *bytes = header;
	return atomic_load_explicit((const _Atomic uint64_t *)(const void *)(bytes + at), memory_order_acquire);
}

bool pms_entry_parse(const void *header, uint64_t offset, uint64_t end, uint32_t alignment, pms_parsed_entry *entry)
{
	if (offset > end || end - offset < PMS_ENTRY_HEADER_BYTES)
		return false;
	/* The checksum word is stored last, so it is loaded first: what is loaded after it is not older than it says. */
	entry->checksum = load(header, offsetof(pms_stored_entry, checksum));
	entry->timestamp = load(header, offsetof(pms_stored_entry, timestamp));
	entry->size_word = load(header, offsetof(pms_stored_entry, size_word));
	entry->offset = offset;
	entry->payload_bytes = entry->size_word & PMS_SIZE_PAYLOAD_MASK;
	entry->extent_bytes = ((entry->size_word >> PMS_SIZE_EXTENT_SHIFT) & PMS_SIZE_EXTENT_MASK) * 8;
	entry->lag_bytes = pms_lag_decode((uint32_t)(entry->size_word >> PMS_SIZE_LAG_SHIFT));
	entry->group_continues = (entry->size_word & PMS_SIZE_GROUP_BIT) != 0;
	return entry->timestamp != 0 && entry->timestamp <= PMS_VALUE_MAX &&
	       entry->payload_bytes <= PMS_ENTRY_BYTES_MAX && entry->extent_bytes <= end - offset &&
	       (entry->extent_bytes & (alignment - 1)) == 0 &&
	       entry->extent_bytes >= PMS_ENTRY_HEADER_BYTES + entry->payload_bytes;
}

static bool has_kind(const pms_parsed_entry *entry, pms_entry_kind kind, uint64_t payload_hash, const pms_life *life)
{
	return entry->checksum ==
	       pms_entry_checksum(kind, payload_hash, entry->size_word, entry->timestamp, entry->offset, life);
}

pms_entry_kind pms_entry_classify(const pms_parsed_entry *entry, const void *payload, const pms_life *life)
{
	if (has_kind(entry, PMS_KIND_DATA, pms_hash(payload, entry->payload_bytes), life))
		return PMS_KIND_DATA;
	if (has_kind(entry, PMS_KIND_SKIP, 0, life))
		return PMS_KIND_SKIP;
	if (has_kind(entry, PMS_KIND_PENDING, 0, life))
		return PMS_KIND_PENDING;
	return PMS_KIND_INVALID;
}

pms_entry_kind pms_entry_classify_unverified(const pms_parsed_entry *entry, const pms_life *life)
{
	if (has_kind(entry, PMS_KIND_SKIP, 0, life))
		return PMS_KIND_SKIP;
	if (has_kind(entry, PMS_KIND_PENDING, 0, life))
		return PMS_KIND_PENDING;
	return PMS_KIND_DATA;
}
