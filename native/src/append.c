/* SPDX-License-Identifier: MIT */
/*
 * Append: reserve, write, flush, one drain, commit in order. native/DESIGN.md, "Append".
 *
 * The entry is put together in a small buffer, chunk by chunk, and goes from there to the medium: each byte of the
 * caller's memory is read once (R6), so that what was hashed is what is stored, whatever another thread does to it.
 */
#include "append.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Bytes that are put together at a time. A small entry is one chunk, and one copy to the medium. */
#define CHUNK_BYTES 4096u

static void put_header(uint8_t *buffer, const pms_region *region, const pms_slot *slot, uint64_t payload_hash)
{
	pms_stored_entry header = {
	    .size_word = slot->size_word,
	    .timestamp = slot->timestamp,
	    .checksum = pms_entry_checksum(PMS_KIND_DATA, payload_hash, slot->size_word, slot->timestamp, slot->start,
					   &region->life),
	};
	memcpy(buffer, &header, sizeof(header));
}

/* Copies `bytes` into the buffer and pads the last 8-byte word with zeros (R7). Returns the padded length. */
static uint64_t put_padded(uint8_t *buffer, const uint8_t *data, uint64_t bytes)
{
	uint64_t padded = pms_round_up(bytes, 8);

	if (bytes)
		memcpy(buffer, data, bytes);
	memset(buffer + bytes, 0, padded - bytes);
	return padded;
}

/* Header and payload fit into one chunk: one copy, one flush of each line. */
static void write_small(pms_region *region, const pms_slot *slot, const uint8_t *data, uint64_t bytes)
{
	_Alignas(PMS_CACHE_LINE) uint8_t buffer[CHUNK_BYTES];
	uint8_t *payload = buffer + PMS_ENTRY_HEADER_BYTES;
	uint64_t padded = put_padded(payload, data, bytes);

	put_header(buffer, region, slot, XXH3_64bits(payload, bytes));
	if (PMS_FAULT(BUFFER_READ_TWICE))
		(void)put_padded(payload, data, bytes);
	(PMS_FAULT(FLUSH_DROPPED) ? pms_copy : pms_copy_flush)(&region->stream->medium, slot->start, buffer,
							       PMS_ENTRY_HEADER_BYTES + padded);
}

/*
 * Payload by chunks; last the header with what shares its last line, so that no line is stored to again after its flush
 * began. All chunks but the last are whole lines.
 */
static void write_large(pms_region *region, const pms_slot *slot, const uint8_t *data, uint64_t bytes)
{
	uint8_t head[PMS_ENTRY_HEADER_BYTES + PMS_CACHE_LINE];
	_Alignas(PMS_CACHE_LINE) uint8_t chunk[CHUNK_BYTES];
	pms_medium *medium = &region->stream->medium;
	uint64_t at = slot->start + PMS_ENTRY_HEADER_BYTES;
	uint64_t head_bytes = pms_round_up(at, PMS_CACHE_LINE) - at;
	XXH3_state_t hash;

	(void)XXH3_64bits_reset(&hash);
	memcpy(head + PMS_ENTRY_HEADER_BYTES, data, head_bytes);
	(void)XXH3_64bits_update(&hash, head + PMS_ENTRY_HEADER_BYTES, head_bytes);
	for (uint64_t done = head_bytes; done < bytes;) {
		uint64_t part = bytes - done < CHUNK_BYTES ? bytes - done : CHUNK_BYTES;
		uint64_t padded = put_padded(chunk, data + done, part);
		(void)XXH3_64bits_update(&hash, chunk, part);
		pms_copy_flush(medium, at + done, chunk, padded);
		done += part;
	}
	put_header(head, region, slot, XXH3_64bits_digest(&hash));
	pms_copy_flush(medium, slot->start, head, PMS_ENTRY_HEADER_BYTES + head_bytes);
}

int32_t pms_append(pms_region *region, const void *data, uint64_t bytes, pms_position *position, pms_error *error)
{
	pms_slot *slot;

	/* 1. Space and a timestamp. Nothing is stored. */
	int32_t status = pms_order_take(region, bytes, NULL, &slot, error);
	if (status != PMS_OK)
		return status;
	pms_position at = {.offset = slot->start, .timestamp = slot->timestamp};

	/* 2. The entry, its lines on their way. After a crash here: any subset of its words; not valid unless whole. */
	if (PMS_ENTRY_HEADER_BYTES + bytes <= CHUNK_BYTES)
		write_small(region, slot, data, bytes);
	else
		write_large(region, slot, data, bytes);

	/* 3. What lies before it and is not durable goes under the same drain; so does a due checkpoint. */
	pms_order_follow(region, slot);

	/* 4. The one drain. After a crash behind it: the entry is there whole, as soon as all before it is. */
	if (!PMS_FAULT(FENCE_DROPPED) && !(PMS_FAULT(FENCE_OF_ANOTHER_THREAD) && region->writers > 1))
		status = pms_stream_drain(region->stream, error);
	if (status != PMS_OK) {
		pms_order_fail(region, slot);
		return status;
	}

	/* 5. Commit and persist in order; return when everything up to the end of the entry is durable. */
	status = pms_order_finish(region, slot, error);
	if (status == PMS_OK && position)
		*position = at;
	return status;
}
