/* SPDX-License-Identifier: MIT */
/*
 * Mutations that know where things stand: an image is mostly zeros, and a byte that is changed anywhere is rarely one that
 * matters. What they write has no right checksum: that is for fuzz_fix_up.
 */
#include "fuzz.h"

#include <string.h>

#include "entry.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t size_max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed);

static uint64_t interesting(uint64_t *random)
{
	switch (fuzz_below(random, 8)) {
	case 0:
		return 0;
	case 1:
		return UINT64_MAX;
	case 2:
		return fuzz_random(random);
	case 3:
		return fuzz_random(random) >> fuzz_below(random, 64);
	case 4:
		return PMS_VALUE_MAX - fuzz_below(random, 3);
	case 5:
		return fuzz_below(random, 300);
	case 6:
		return fuzz_below(random, FUZZ_IMAGE_BYTES_MAX);
	default:
		return 1ull << fuzz_below(random, 64);
	}
}

static void store(uint8_t *data, size_t size, uint64_t at, uint64_t value)
{
	if (at + sizeof(value) <= size)
		memcpy(data + at, &value, sizeof(value));
}

static uint64_t some_piece(uint64_t *random, size_t size)
{
	uint64_t blocks = size > PMS_FIXED_BYTES ? (size - PMS_FIXED_BYTES) / PMS_BLOCK_BYTES_DEFAULT : 0;

	return PMS_FIXED_BYTES + PMS_BLOCK_BYTES_DEFAULT * (blocks ? fuzz_below(random, blocks) : 0);
}

/* A field of a header, or a word of the stream. */
static void mutate_fixed(uint8_t *data, size_t size, uint64_t *random)
{
	static const uint16_t places[] = {PMS_CEILING_A,     PMS_CEILING_B,	PMS_PERSISTED_TIMESTAMP,
					  PMS_STREAM_SIZE,   PMS_LAYOUT_EPOCH,	PMS_STREAM_SPARE_0,
					  PMS_HEADER_A,	     PMS_HEADER_B,	PMS_HEADER_A + 8,
					  PMS_HEADER_B + 8,  PMS_HEADER_A + 56, PMS_HEADER_B + 56,
					  PMS_HEADER_A + 24, PMS_HEADER_A + 32, PMS_HEADER_B + 32};

	store(data, size, places[fuzz_below(random, sizeof(places) / sizeof(places[0]))], interesting(random));
}

static void mutate_region(uint8_t *data, size_t size, uint64_t *random)
{
	static const uint16_t places[] = {PMS_REGION_BASE, PMS_REGION_CHECKPOINT, 32, 40, 48, 120};
	uint64_t piece = some_piece(random, size);
	uint64_t block = fuzz_below(random, 16);

	switch (fuzz_below(random, 4)) {
	case 0:
		store(data, size, piece + PMS_REGION_EXTENT,
		      pms_extent_value((pms_extent_state)fuzz_below(random, 4), block));
		break;
	case 1:
		store(data, size, piece + PMS_REGION_CHECKPOINT,
		      piece + PMS_REGION_HEADER_BYTES + 8 * fuzz_below(random, 500));
		break;
	case 2:
		if (piece + 48 <= size)
			store(data, size, piece + 40, 8ull << fuzz_below(random, 10) | fuzz_below(random, 64) << 32);
		break;
	default:
		store(data, size, piece + places[fuzz_below(random, sizeof(places) / sizeof(places[0]))],
		      interesting(random));
		break;
	}
}

/* An entry header with a likely size and timestamp. */
static void mutate_entry(uint8_t *data, size_t size, uint64_t *random)
{
	uint64_t unit = fuzz_below(random, 2) ? 64 : 8;
	uint64_t at = some_piece(random, size) + PMS_REGION_HEADER_BYTES + unit * fuzz_below(random, 3584 / unit);
	uint64_t payload = fuzz_below(random, 8) ? fuzz_below(random, 300) : interesting(random) & 0x7fffffff;
	uint64_t extent = pms_round_up(PMS_ENTRY_HEADER_BYTES + payload, unit);
	uint64_t timestamp = fuzz_below(random, 4) ? fuzz_below(random, 200) : interesting(random);

	if (fuzz_below(random, 8) == 0)
		extent = interesting(random) & 0x7fffffff8;
	if (fuzz_below(random, 4))
		store(data, size, at,
		      pms_size_word(payload, extent, fuzz_below(random, 4) == 0, (uint32_t)fuzz_below(random, 16)));
	if (fuzz_below(random, 4))
		store(data, size, at + 8, timestamp);
	if (fuzz_below(random, 4))
		store(data, size, at + 16, fuzz_random(random));
}

/* A whole block, or a stretch of one, in another place. */
static void copy_about(uint8_t *data, size_t size, uint64_t *random)
{
	uint64_t bytes = fuzz_below(random, 2) ? PMS_BLOCK_BYTES_DEFAULT : 64 * (1 + fuzz_below(random, 8));
	uint64_t unit = bytes == PMS_BLOCK_BYTES_DEFAULT ? bytes : 64;

	if (size < bytes + unit)
		return;
	uint64_t from = unit * fuzz_below(random, (size - bytes) / unit + 1);
	uint64_t to = unit * fuzz_below(random, (size - bytes) / unit + 1);
	memmove(data + to, data + from, bytes);
}

/* libFuzzer's own mutations, of a short window where entries or headers stand. */
static void mutate_window(uint8_t *data, size_t size, uint64_t *random)
{
	uint64_t at = fuzz_below(random, 4) == 0 ? 4096 * fuzz_below(random, 4)
						 : some_piece(random, size) + 64 * fuzz_below(random, 32);
	uint8_t window[64] = {0};

	if (at + sizeof(window) > size)
		return;
	memcpy(window, data + at, sizeof(window));
	(void)LLVMFuzzerMutate(window, sizeof(window), sizeof(window));
	memcpy(data + at, window, sizeof(window));
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed)
{
	uint64_t random = seed;

	if (size < PMS_FIXED_BYTES || fuzz_below(&random, 16) == 0)
		return LLVMFuzzerMutate(data, size, size_max);
	for (uint64_t i = 1 + fuzz_below(&random, 4); i > 0; i--)
		switch (fuzz_below(&random, 8)) {
		case 0:
			mutate_fixed(data, size, &random);
			break;
		case 1:
		case 2:
			mutate_region(data, size, &random);
			break;
		case 3:
			copy_about(data, size, &random);
			break;
		case 4:
			mutate_window(data, size, &random);
			break;
		default:
			mutate_entry(data, size, &random);
			break;
		}
	if (fuzz_below(&random, 32) == 0 && size > PMS_FIXED_BYTES + PMS_BLOCK_BYTES_DEFAULT)
		size -= PMS_BLOCK_BYTES_DEFAULT;
	return size;
}
