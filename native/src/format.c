/* SPDX-License-Identifier: MIT */
#include "format.h"

#include <string.h>

#define CHECKSUMMED_BYTES 120u
#define CRC_START 0xffu
#define CRC_START_INSTEAD_OF_ZERO 0xa5u

/* Polynomial x^8 + x^2 + x + 1, four bits at a time: readers look at sealed words for each entry. */
static uint8_t crc8(uint8_t crc, const uint8_t *bytes, size_t count)
{
	static const uint8_t of_high_bits[16] = {0x00, 0x07, 0x0e, 0x09, 0x1c, 0x1b, 0x12, 0x15,
						 0x38, 0x3f, 0x36, 0x31, 0x24, 0x23, 0x2a, 0x2d};

	for (size_t i = 0; i < count; i++) {
		crc ^= bytes[i];
		crc = (uint8_t)(crc << 4) ^ of_high_bits[crc >> 4];
		crc = (uint8_t)(crc << 4) ^ of_high_bits[crc >> 4];
	}
	return crc;
}

/*
 * The CRC first runs over what the word is (role, offset, UUID), then over its value. Its state between the two is never
 * zero, and a CRC step from a non-zero state over zeros never ends in zero: so a zeroed word is never valid.
 */
static uint8_t word_check(uint64_t value, pms_word_role role, uint64_t offset, const uint8_t uuid[16])
{
	uint8_t place[9] = {(uint8_t)role};
	uint8_t bytes[7];

	for (int i = 0; i < 8; i++)
		place[1 + i] = (uint8_t)(offset >> (8 * i));
	for (int i = 0; i < 7; i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
	uint8_t crc = crc8(CRC_START, place, sizeof(place));
	crc = crc8(crc, uuid, 16);
	if (crc == 0)
		crc = CRC_START_INSTEAD_OF_ZERO;
	return crc8(crc, bytes, sizeof(bytes));
}

uint64_t pms_seal(uint64_t value, pms_word_role role, uint64_t offset, const uint8_t uuid[16])
{
	return value | (uint64_t)word_check(value, role, offset, uuid) << 56;
}

bool pms_unseal(uint64_t word, pms_word_role role, uint64_t offset, const uint8_t uuid[16], uint64_t *value)
{
	*value = word & PMS_VALUE_MAX;
	return word >> 56 == word_check(*value, role, offset, uuid);
}

pms_header_state pms_header_validate(const pms_stored_header *header, const char **why)
{
	*why = "";
	if (header->magic != PMS_STREAM_MAGIC) {
		*why = "no magic";
		return PMS_HEADER_NO_MAGIC;
	}
	if (pms_hash(header, CHECKSUMMED_BYTES) != header->checksum) {
		*why = "checksum does not match";
		return PMS_HEADER_BAD;
	}
	if (header->version > PMS_FORMAT_VERSION)
		return PMS_HEADER_NEWER;
	if (header->incompatible_features & ~PMS_KNOWN_INCOMPATIBLE)
		return PMS_HEADER_FEATURE;
	if (header->version != PMS_FORMAT_VERSION)
		*why = "version is not 1";
	else if (header->header_bytes != sizeof(*header))
		*why = "header size is not 128";
	else if (!pms_is_power_of_two(header->block_bytes) || header->block_bytes < PMS_BLOCK_BYTES_DEFAULT ||
		 header->block_bytes > PMS_BLOCK_BYTES_MAX)
		*why = "block size is not a power of two from 4 KiB to 2 MiB";
	else if (header->first_region != pms_round_up(PMS_FIXED_BYTES, header->block_bytes))
		*why = "first region is not behind the fixed pages";
	else
		return PMS_HEADER_GOOD;
	return PMS_HEADER_BAD;
}

void pms_header_seal(pms_stored_header *header)
{
	header->magic = PMS_STREAM_MAGIC;
	header->version = PMS_FORMAT_VERSION;
	header->header_bytes = sizeof(*header);
	header->first_region = pms_round_up(PMS_FIXED_BYTES, header->block_bytes);
	header->checksum = pms_hash(header, CHECKSUMMED_BYTES);
}

bool pms_region_validate(const pms_stored_region *region, uint64_t offset, const uint8_t uuid[16], const char **why)
{
	*why = "";
	if (region->magic != PMS_REGION_MAGIC)
		*why = "no magic";
	else if (region->offset != offset)
		*why = "belongs to another offset";
	else if (memcmp(region->uuid, uuid, 16) != 0)
		*why = "belongs to another stream";
	else if (pms_hash(region, CHECKSUMMED_BYTES) != region->checksum)
		*why = "checksum does not match";
	else if (region->identity == 0 || region->identity > PMS_VALUE_MAX)
		*why = "identity is no timestamp";
	else if (!pms_is_power_of_two(region->entry_alignment) || region->entry_alignment < PMS_ENTRY_ALIGNMENT_MIN ||
		 region->entry_alignment > PMS_ENTRY_ALIGNMENT_MAX)
		*why = "entry alignment is not a power of two from 8 to 4096";
	else if (region->name_bytes > PMS_NAME_BYTES_MAX || !pms_is_utf8(region->name, region->name_bytes))
		*why = "name is not UTF-8 of at most 63 bytes";
	else
		return true;
	return false;
}

void pms_region_seal(pms_stored_region *region)
{
	region->magic = PMS_REGION_MAGIC;
	region->checksum = pms_hash(region, CHECKSUMMED_BYTES);
}

/* Length of the well-formed sequence at `s`, or 0. Table 3-7 of the Unicode standard. */
static uint64_t utf8_sequence(const uint8_t *s, uint64_t left)
{
	uint8_t low = 0x80, high = 0xbf;
	uint64_t length;

	if (s[0] >= 0x01 && s[0] <= 0x7f)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf) {
		length = 2;
	} else if (s[0] >= 0xe0 && s[0] <= 0xef) {
		length = 3;
		if (s[0] == 0xe0)
			low = 0xa0;
		if (s[0] == 0xed)
			high = 0x9f;
	} else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		length = 4;
		if (s[0] == 0xf0)
			low = 0x90;
		if (s[0] == 0xf4)
			high = 0x8f;
	} else {
		return 0;
	}
	if (left < length || s[1] < low || s[1] > high)
		return 0;
	for (uint64_t i = 2; i < length; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return length;
}

bool pms_is_utf8(const char *text, uint64_t bytes)
{
	const uint8_t *s = (const uint8_t *)text;

	while (bytes) {
		uint64_t length = utf8_sequence(s, bytes);
		if (!length)
			return false;
		s += length;
		bytes -= length;
	}
	return true;
}
