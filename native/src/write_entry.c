/* SPDX-License-Identifier: MIT */
/*
 * One entry on its way to the medium. It is put together in a small buffer, chunk by chunk, and goes from there to its
 * place: each byte of the caller's memory is read once (R6), so that what was hashed is what is stored, whatever another
 * thread does to it. A payload in several parts is gathered there, without a copy of the whole.
 */
#include "write_entry.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Bytes that are put together at a time. A small entry is one chunk, and one copy to the medium. */
#define CHUNK_BYTES 4096u

static void put_header(uint8_t *buffer, const pms_region *region, const pms_new_entry *entry, uint64_t payload_hash)
{
	pms_stored_entry header = {
	    .size_word = entry->size_word,
	    .timestamp = entry->timestamp,
	    .checksum = pms_entry_checksum(PMS_KIND_DATA, payload_hash, entry->size_word, entry->timestamp,
					   entry->start, &region->life),
	};
	memcpy(buffer, &header, sizeof(header));
}

/* The next `bytes` of the payload, which has that many. */
static void gather(pms_payload *payload, uint8_t *buffer, uint64_t bytes)
{
	while (bytes) {
		uint64_t rest = payload->part->bytes - payload->done;
		uint64_t part = rest < bytes ? rest : bytes;
		if (part)
			memcpy(buffer, (const uint8_t *)payload->part->data + payload->done, part);
		payload->done += part;
		buffer += part;
		bytes -= part;
		if (bytes) {
			payload->part++;
			payload->done = 0;
		}
	}
}

/* The same, padded with zeros to whole 8-byte words (R7). Returns the padded length. */
static uint64_t gather_padded(pms_payload *payload, uint8_t *buffer, uint64_t bytes)
{
	uint64_t padded = pms_round_up(bytes, 8);

	gather(payload, buffer, bytes);
	memset(buffer + bytes, 0, padded - bytes);
	return padded;
}

static void store(pms_region *region, uint64_t offset, const uint8_t *bytes, uint64_t count, bool deferred)
{
	(deferred || PMS_FAULT(FLUSH_DROPPED) ? pms_copy : pms_copy_flush)(&region->stream->medium, offset, bytes,
									   count);
}

/* Header and payload fit into one chunk: one copy, one flush of each line. */
static void write_small(pms_region *region, const pms_new_entry *entry, pms_payload *payload)
{
	_Alignas(PMS_CACHE_LINE) uint8_t buffer[CHUNK_BYTES];
	uint8_t *bytes = buffer + PMS_ENTRY_HEADER_BYTES;
	pms_payload again = *payload;
	uint64_t padded = gather_padded(payload, bytes, entry->bytes);

	put_header(buffer, region, entry, XXH3_64bits(bytes, entry->bytes));
	if (PMS_FAULT(BUFFER_READ_TWICE))
		(void)gather_padded(&again, bytes, entry->bytes);
	store(region, entry->start, buffer, PMS_ENTRY_HEADER_BYTES + padded, entry->deferred);
}

/*
 * Payload by chunks; last the header with what shares its last line, so that no line is stored to again after its flush
 * began. All chunks but the last are whole lines.
 */
static void write_large(pms_region *region, const pms_new_entry *entry, pms_payload *payload)
{
	uint8_t head[PMS_ENTRY_HEADER_BYTES + PMS_CACHE_LINE];
	_Alignas(PMS_CACHE_LINE) uint8_t chunk[CHUNK_BYTES];
	uint64_t at = entry->start + PMS_ENTRY_HEADER_BYTES;
	uint64_t head_bytes = pms_round_up(at, PMS_CACHE_LINE) - at;
	XXH3_state_t hash;

	(void)XXH3_64bits_reset(&hash);
	gather(payload, head + PMS_ENTRY_HEADER_BYTES, head_bytes);
	(void)XXH3_64bits_update(&hash, head + PMS_ENTRY_HEADER_BYTES, head_bytes);
	for (uint64_t done = head_bytes; done < entry->bytes;) {
		uint64_t part = entry->bytes - done < CHUNK_BYTES ? entry->bytes - done : CHUNK_BYTES;
		uint64_t padded = gather_padded(payload, chunk, part);
		(void)XXH3_64bits_update(&hash, chunk, part);
		store(region, at + done, chunk, padded, entry->deferred);
		done += part;
	}
	put_header(head, region, entry, XXH3_64bits_digest(&hash));
	store(region, entry->start, head, PMS_ENTRY_HEADER_BYTES + head_bytes, entry->deferred);
}

void pms_write_entry(pms_region *region, const pms_new_entry *entry, pms_payload *payload)
{
	if (PMS_ENTRY_HEADER_BYTES + entry->bytes <= CHUNK_BYTES)
		write_small(region, entry, payload);
	else
		write_large(region, entry, payload);
}
