/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <string.h>

#include "entry.h"

/* A check that is left wrong. */
#define LEAVE_DAMAGED 0x5au

typedef struct image {
	uint8_t *bytes;
	uint64_t size;
	uint64_t block;
	uint8_t uuid[16];
	uint64_t uuid_value;
} image;

static uint64_t load(const image *im, uint64_t at)
{
	uint64_t word;

	memcpy(&word, im->bytes + at, sizeof(word));
	return word;
}

static void fix_word(image *im, uint64_t at, pms_word_role role)
{
	if (at + sizeof(uint64_t) > im->size)
		return;
	uint64_t word = load(im, at);
	if (word >> 56 == LEAVE_DAMAGED)
		return;
	word = pms_seal(word & PMS_VALUE_MAX, role, at, im->uuid);
	memcpy(im->bytes + at, &word, sizeof(word));
}

static void fix_stream_header(image *im, uint64_t at, const pms_stored_header *like)
{
	pms_stored_header header;

	memcpy(&header, im->bytes + at, sizeof(header));
	if ((header.checksum & 0xff) == LEAVE_DAMAGED)
		return;
	header.magic = PMS_STREAM_MAGIC;
	header.header_bytes = sizeof(header);
	memcpy(header.uuid, like->uuid, sizeof(header.uuid));
	if (header.version != PMS_FORMAT_VERSION + 1)
		header.version = PMS_FORMAT_VERSION;
	if (header.incompatible_features != 1)
		header.incompatible_features = 0;
	if (header.block_bytes > FUZZ_IMAGE_BYTES_MAX || !pms_is_power_of_two(header.block_bytes))
		header.block_bytes = like->block_bytes;
	header.first_region = pms_round_up(PMS_FIXED_BYTES, header.block_bytes);
	header.checksum = pms_hash(&header, offsetof(pms_stored_header, checksum));
	memcpy(im->bytes + at, &header, sizeof(header));
}

static void fix_fixed_pages(image *im)
{
	pms_stored_header first;

	memcpy(&first, im->bytes, sizeof(first));
	if (!pms_is_power_of_two(first.block_bytes) || first.block_bytes < PMS_BLOCK_BYTES_DEFAULT ||
	    first.block_bytes > FUZZ_IMAGE_BYTES_MAX)
		first.block_bytes = PMS_BLOCK_BYTES_DEFAULT;
	im->block = first.block_bytes;
	memcpy(im->uuid, first.uuid, sizeof(im->uuid));
	im->uuid_value = pms_hash(im->uuid, sizeof(im->uuid));
	fix_stream_header(im, PMS_HEADER_A, &first);
	fix_stream_header(im, PMS_HEADER_B, &first);
	fix_word(im, PMS_CEILING_A, PMS_ROLE_CEILING);
	fix_word(im, PMS_CEILING_B, PMS_ROLE_CEILING);
	fix_word(im, PMS_PERSISTED_TIMESTAMP, PMS_ROLE_PERSISTED_TIMESTAMP);
	fix_word(im, PMS_LAYOUT_EPOCH, PMS_ROLE_LAYOUT_EPOCH);
	fix_word(im, PMS_STREAM_SIZE, PMS_ROLE_STREAM_SIZE);
	fix_word(im, PMS_STREAM_SPARE_0, PMS_ROLE_STREAM_SPARE);
	fix_word(im, PMS_STREAM_SPARE_1, PMS_ROLE_STREAM_SPARE);
}

static void fix_static(image *im, uint64_t at)
{
	pms_stored_region stored;

	memcpy(&stored, im->bytes + at, sizeof(stored));
	if ((stored.checksum & 0xff) == LEAVE_DAMAGED)
		return;
	stored.magic = PMS_REGION_MAGIC;
	stored.offset = at;
	memcpy(stored.uuid, im->uuid, sizeof(stored.uuid));
	stored.identity &= PMS_VALUE_MAX;
	stored.name_bytes %= 72;
	stored.checksum = pms_hash(&stored, offsetof(pms_stored_region, checksum));
	memcpy(im->bytes + at, &stored, sizeof(stored));
}

/* The entry at `at`: what its checksum was, if it was one, else a kind by its lowest bits. Returns its extent; 0: none. */
static uint64_t fix_entry(image *im, uint64_t at, uint64_t end, uint32_t alignment, const pms_life *life)
{
	pms_parsed_entry entry;

	if (!pms_entry_parse(im->bytes + at, at, end, alignment, &entry))
		return 0;
	const void *payload = im->bytes + at + PMS_ENTRY_HEADER_BYTES;
	if (entry.extent_bytes == 0 || (entry.checksum & 0xff) == LEAVE_DAMAGED ||
	    pms_entry_classify(&entry, payload, life) != PMS_KIND_INVALID)
		return entry.extent_bytes;
	pms_entry_kind kind = (entry.checksum & 7) == 1	  ? PMS_KIND_PENDING
			      : (entry.checksum & 7) == 2 ? PMS_KIND_SKIP
							  : PMS_KIND_DATA;
	uint64_t checksum = pms_entry_checksum(kind, pms_hash(payload, entry.payload_bytes), entry.size_word,
					       entry.timestamp, at, life);
	memcpy(im->bytes + at + offsetof(pms_stored_entry, checksum), &checksum, sizeof(checksum));
	return entry.extent_bytes;
}

static void fix_entries(image *im, uint64_t piece, uint64_t end)
{
	pms_life life = {.uuid_value = im->uuid_value, .base = load(im, piece + PMS_REGION_BASE) & PMS_VALUE_MAX};
	pms_stored_region stored;

	memcpy(&stored, im->bytes + piece, sizeof(stored));
	uint32_t alignment = stored.entry_alignment;
	if (!pms_is_power_of_two(alignment) || alignment < PMS_ENTRY_ALIGNMENT_MIN ||
	    alignment > PMS_ENTRY_ALIGNMENT_MAX)
		return;
	for (uint64_t at = piece + PMS_REGION_HEADER_BYTES; at + PMS_ENTRY_HEADER_BYTES <= end;) {
		uint64_t extent = fix_entry(im, at, end, alignment, &life);
		at += extent ? extent : alignment; /* on behind a hole, as recovery looks ahead */
	}
}

/* Piece after piece, as the extent words lead; one block where they do not. */
static void fix_pieces(image *im)
{
	for (uint64_t at = pms_round_up(PMS_FIXED_BYTES, im->block); at + PMS_REGION_HEADER_BYTES <= im->size;) {
		fix_word(im, at + PMS_REGION_EXTENT, PMS_ROLE_EXTENT);
		uint64_t value = load(im, at + PMS_REGION_EXTENT) & PMS_VALUE_MAX;
		uint64_t blocks = value & PMS_EXTENT_BLOCKS_MAX;
		if (blocks == 0 || blocks > (im->size - at) / im->block)
			blocks = 1;
		uint64_t end = at + blocks * im->block < im->size ? at + blocks * im->block : im->size;
		if (value >> 54 != PMS_EXTENT_FREE) {
			fix_static(im, at);
			fix_word(im, at + PMS_REGION_BASE, PMS_ROLE_BASE);
			fix_word(im, at + PMS_REGION_CHECKPOINT, PMS_ROLE_CHECKPOINT);
			fix_word(im, at + PMS_REGION_SPARE_0, PMS_ROLE_REGION_SPARE);
			fix_word(im, at + PMS_REGION_SPARE_1, PMS_ROLE_REGION_SPARE);
			fix_entries(im, at, end);
		}
		at += blocks * im->block;
	}
}

void fuzz_fix_up(uint8_t *bytes, size_t size)
{
	image im = {.bytes = bytes, .size = size};

	if (size < PMS_FIXED_BYTES)
		return;
	fix_fixed_pages(&im);
	fix_pieces(&im);
}
