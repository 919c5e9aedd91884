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

uint64_t pms_stage_any_payload(uint8_t stage[PMS_STAGE_BYTES], pms_payload *payload, uint64_t bytes)
{
	uint8_t *staged = stage + PMS_ENTRY_HEADER_BYTES;
	pms_payload again = *payload;
	uint64_t hash;

	if (payload->part->bytes == bytes && bytes > PMS_HASH_SHORT_MAX) {
		hash = pms_hash_best()->copy(stage, payload->part->data, bytes);
		payload->done = bytes;
	} else {
		(void)gather_padded(payload, staged, bytes);
		hash = pms_hash(staged, bytes);
	}
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

/* A long payload on its way. */
typedef struct long_copy {
	pms_region *region;
	const pms_new_entry *entry;
	const pms_hash_way *way;
	pms_copy_state state;
	uint64_t at;   /* in the stream: where the next bytes belong */
	uint64_t left; /* bytes in front of `lines` that are not stored yet: they end inside of a line */
	_Alignas(PMS_CACHE_LINE) uint8_t before[PMS_CACHE_LINE];
	uint8_t lines[CHUNK_BYTES + 2 * PMS_CACHE_LINE];
	uint8_t gathered[CHUNK_BYTES];
} long_copy;

/* Where the next bytes of the payload are to be read, all at once. */
static const uint8_t *source_of(long_copy *copy, pms_payload *payload, uint64_t bytes)
{
	if (payload->part->bytes - payload->done >= bytes) {
		const uint8_t *data = (const uint8_t *)payload->part->data + payload->done;
		payload->done += bytes;
		return data;
	}
	gather(payload, copy->gathered, bytes);
	return copy->gathered;
}

/* Stores what is in `lines`, and in front of it, but for what is left of a line when more comes. */
static void store_lines(long_copy *copy, uint64_t bytes, bool last)
{
	uint64_t all = copy->left + bytes;
	uint64_t rest = last ? 0 : (copy->at + all) % PMS_CACHE_LINE;
	const uint8_t *from = copy->lines - copy->left;
	bool unflushed = copy->entry->deferred || PMS_FAULT(FLUSH_DROPPED);

	(unflushed ? pms_copy : pms_copy_flush)(&copy->region->stream->medium, copy->at, from, all - rest);
	copy->at += all - rest;
	copy->left = rest;
	memmove(copy->lines - rest, from + all - rest, rest);
}

/* Copies so many lines of the payload. Where they are lines of the medium, too, they go there at once. */
static void copy_lines(long_copy *copy, pms_payload *payload, uint64_t lines)
{
	const uint8_t *from = source_of(copy, payload, lines * PMS_COPY_LINE);
	pms_medium *medium = &copy->region->stream->medium;
	bool unflushed = copy->entry->deferred || PMS_FAULT(FLUSH_DROPPED);

	if (copy->at % PMS_CACHE_LINE || copy->left) {
		copy->way->copy_lines(&copy->state, copy->lines, from, lines, false);
		store_lines(copy, lines * PMS_COPY_LINE, false);
		return;
	}
	bool streaming = !unflushed && copy->way->can_stream && pms_copy_streams(medium);
	copy->way->copy_lines(&copy->state, pms_copy_place(medium, copy->at, copy->lines), from, lines, streaming);
	pms_copied(medium, copy->at, copy->lines, lines * PMS_COPY_LINE, streaming, unflushed);
	copy->at += lines * PMS_COPY_LINE;
}

/*
 * Copied and hashed in one pass, line by line of hash.h, in which the room before the payload is that of the header. What shares
 * the last line of the header is held back and stored with it at the end, so that no line is stored to again after its flush
 * began. Everything before the end is stored by whole lines.
 */
static void write_large(pms_region *region, const pms_new_entry *entry, pms_payload *payload)
{
	_Alignas(PMS_CACHE_LINE) uint8_t head[2 * PMS_CACHE_LINE];
	uint64_t head_bytes = pms_round_up(entry->start + PMS_ENTRY_HEADER_BYTES, PMS_CACHE_LINE) - entry->start;
	uint64_t head_lines = (head_bytes + PMS_COPY_LINE - 1) / PMS_COPY_LINE;
	uint64_t left = pms_copy_line_count(entry->bytes) - head_lines;
	long_copy copy;
	uint64_t header[3];

	copy.region = region;
	copy.entry = entry;
	copy.way = pms_hash_best();
	copy.state.stripes = 0;
	copy.way->copy_lines(&copy.state, head, source_of(&copy, payload, head_lines * PMS_COPY_LINE), head_lines,
			     false);
	copy.at = entry->start + head_bytes;
	copy.left = head_lines * PMS_COPY_LINE - head_bytes;
	memcpy(copy.lines - copy.left, head + head_bytes, copy.left);
	while (left) {
		uint64_t lines = left < CHUNK_BYTES / PMS_COPY_LINE ? left : CHUNK_BYTES / PMS_COPY_LINE;
		copy_lines(&copy, payload, lines);
		left -= lines;
	}
	uint64_t rest = entry->bytes - pms_copy_line_count(entry->bytes) * PMS_COPY_LINE;
	uint64_t hash = copy.way->copy_end(&copy.state, copy.lines, source_of(&copy, payload, rest), entry->bytes);
	store_lines(&copy, PMS_COPY_SHIFT + pms_round_up(rest, 8), true);
	pms_entry_header(header, region, entry, hash);
	pms_store_parts(&region->stream->medium, entry->start, header, head, head_bytes - PMS_ENTRY_HEADER_BYTES,
			entry->deferred || PMS_FAULT(FLUSH_DROPPED));
}

void pms_write_entry(pms_region *region, const pms_new_entry *entry, pms_payload *payload)
{
	if (PMS_ENTRY_HEADER_BYTES + entry->bytes <= PMS_STAGE_BYTES)
		write_small(region, entry, payload);
	else
		write_large(region, entry, payload);
}
