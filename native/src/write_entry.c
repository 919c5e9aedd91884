/* SPDX-License-Identifier: MIT */
/*
 * One entry on its way to the medium. It is put together in a small buffer, chunk by chunk, and goes from there to its
 * place: each byte of the caller's memory is read once (R6), so that what was hashed is what is stored, whatever another
 * thread does to it. A payload in several parts is gathered there, without a copy of the whole.
 */
#include "write_entry.h"

/* Bytes of a large payload that are put together at a time. */
#define CHUNK_BYTES 4096u

/* The next `bytes` of the payload, which has that many. */
static void gather(pms_payload *payload, uint8_t *buffer, uint64_t bytes)
{
	if (payload->done == 0 && payload->part->bytes == bytes) { /* one part: nearly always */
		if (bytes)
			memcpy(buffer, payload->part->data, bytes);
		payload->done = bytes;
		return;
	}
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

	if (padded != bytes)
		memset(buffer + padded - 8, 0, 8);
	gather(payload, buffer, bytes);
	return padded;
}

static void store(pms_region *region, uint64_t offset, const uint8_t *bytes, uint64_t count, bool deferred)
{
	(deferred || PMS_FAULT(FLUSH_DROPPED) ? pms_copy : pms_copy_flush)(&region->stream->medium, offset, bytes,
									   count);
}

uint64_t pms_stage_any_payload(uint8_t *staged, pms_payload *payload, uint64_t bytes)
{
	pms_payload again = *payload;

	(void)gather_padded(payload, staged, bytes);
	uint64_t hash = pms_hash(staged, bytes);
	if (PMS_FAULT(BUFFER_READ_TWICE))
		(void)gather_padded(&again, staged, bytes);
	return hash;
}

/* Header and payload fit onto the stage: one flush of each line. */
static void write_small(pms_region *region, const pms_new_entry *entry, pms_payload *payload)
{
	_Alignas(PMS_CACHE_LINE) uint8_t stage[PMS_STAGE_BYTES];
	uint64_t hash = pms_stage_payload(stage, payload, entry->bytes);

	uint64_t header[3];

	pms_entry_header(header, region, entry, hash);
	pms_write_staged(region, entry, stage, header);
}

/*
 * Payload by chunks; last the header with what shares its last line, so that no line is stored to again after its flush
 * began. All chunks but the last are whole lines.
 */
static void write_large(pms_region *region, const pms_new_entry *entry, pms_payload *payload)
{
	_Alignas(PMS_CACHE_LINE) uint8_t head[PMS_ENTRY_HEADER_BYTES + PMS_CACHE_LINE];
	_Alignas(PMS_CACHE_LINE) uint8_t chunk[CHUNK_BYTES];
	const pms_hash_way *way = pms_hash_best();
	uint64_t at = entry->start + PMS_ENTRY_HEADER_BYTES;
	uint64_t head_bytes = pms_round_up(at, PMS_CACHE_LINE) - at;
	pms_medium *medium = &region->stream->medium;
	uint64_t header[3];
	pms_hash_state hash;

	pms_hash_begin(&hash);
	gather(payload, head + PMS_ENTRY_HEADER_BYTES, head_bytes);
	way->update(&hash, head + PMS_ENTRY_HEADER_BYTES, head_bytes);
	for (uint64_t done = head_bytes; done < entry->bytes;) {
		uint64_t part = entry->bytes - done < CHUNK_BYTES ? entry->bytes - done : CHUNK_BYTES;
		uint64_t padded = gather_padded(payload, chunk, part);
		way->update(&hash, chunk, part);
		store(region, at + done, chunk, padded, entry->deferred);
		done += part;
	}
	pms_entry_header(header, region, entry, way->digest(&hash));
	pms_store_parts(medium, entry->start, header, head, head_bytes, entry->deferred || PMS_FAULT(FLUSH_DROPPED));
}

void pms_write_entry(pms_region *region, const pms_new_entry *entry, pms_payload *payload)
{
	if (PMS_ENTRY_HEADER_BYTES + entry->bytes <= PMS_STAGE_BYTES)
		write_small(region, entry, payload);
	else
		write_large(region, entry, payload);
}
