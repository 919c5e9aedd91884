/* SPDX-License-Identifier: MIT */
/*
 * Format version 1 as structs, with the checks that need no mapping. native/FORMAT.md holds the byte tables; the two must
 * agree. Everything is little-endian; nothing here touches a medium.
 */
#ifndef PMS_FORMAT_H
#define PMS_FORMAT_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pmemstream_core.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the stored structs are little-endian and are used in place"
#endif

#define PMS_FORMAT_VERSION 1u

/* Feature bits that this version knows. A later feature takes a bit; it never changes what stands here. */
#define PMS_KNOWN_INCOMPATIBLE 0ull
#define PMS_KNOWN_READ_ONLY 0ull

/* Fixed places. Both copies of the header, and the mutable words, have pages of their own; a word has a cache line. */
#define PMS_HEADER_A 0u
#define PMS_HEADER_B 4096u
#define PMS_CEILING_A 8192u
#define PMS_PERSISTED_TIMESTAMP 8256u
#define PMS_LAYOUT_EPOCH 8320u
#define PMS_STREAM_SIZE 8384u
#define PMS_STREAM_SPARE_0 8448u
#define PMS_STREAM_SPARE_1 8512u
#define PMS_CEILING_B 12288u
#define PMS_FIXED_BYTES 16384u

/* Places within a region header. */
#define PMS_REGION_EXTENT 128u
#define PMS_REGION_BASE 192u
#define PMS_REGION_CHECKPOINT 256u
#define PMS_REGION_SPARE_0 320u
#define PMS_REGION_SPARE_1 384u

/* A timestamp, like every value of a sealed word, has 56 bits. */
#define PMS_VALUE_MAX ((1ull << 56) - 1)

/* "pmstream" / "pmregion" with the high bit of the first byte set, so that no text file begins with it. */
#define PMS_STREAM_MAGIC 0x6d61657274736df0ull
#define PMS_REGION_MAGIC 0x6e6f696765726df1ull

typedef struct pms_stored_header {
	uint64_t magic;
	uint32_t version;
	uint32_t header_bytes; /* 128: what the checksum covers, itself included */
	uint64_t compatible_features;
	uint64_t incompatible_features;
	uint64_t read_only_features;
	uint8_t uuid[16];
	uint32_t block_bytes;
	uint32_t reserved0;
	uint64_t created_bytes; /* size at creation; the size now is the word at PMS_STREAM_SIZE */
	uint64_t created_unix_seconds;
	uint64_t first_region; /* offset of the first region */
	uint64_t reserved[4];
	uint64_t checksum; /* XXH3 of the 120 bytes before it */
} pms_stored_header;

static_assert(sizeof(pms_stored_header) == 128, "stored struct");
static_assert(offsetof(pms_stored_header, version) == 8, "stored struct");
static_assert(offsetof(pms_stored_header, compatible_features) == 16, "stored struct");
static_assert(offsetof(pms_stored_header, uuid) == 40, "stored struct");
static_assert(offsetof(pms_stored_header, block_bytes) == 56, "stored struct");
static_assert(offsetof(pms_stored_header, created_bytes) == 64, "stored struct");
static_assert(offsetof(pms_stored_header, first_region) == 80, "stored struct");
static_assert(offsetof(pms_stored_header, checksum) == 120, "stored struct");

typedef struct pms_stored_region {
	uint64_t magic;
	uint64_t offset; /* its own, in the stream */
	uint8_t uuid[16];
	uint64_t identity; /* timestamp of its creation */
	uint32_t entry_alignment;
	uint32_t name_bytes;
	char name[64]; /* UTF-8, the rest zero */
	uint64_t reserved;
	uint64_t checksum; /* XXH3 of the 120 bytes before it */
} pms_stored_region;

static_assert(sizeof(pms_stored_region) == 128, "stored struct");
static_assert(sizeof(pms_stored_region) <= PMS_REGION_EXTENT, "static part and mutable words do not share a line");
static_assert(offsetof(pms_stored_region, offset) == 8, "stored struct");
static_assert(offsetof(pms_stored_region, uuid) == 16, "stored struct");
static_assert(offsetof(pms_stored_region, identity) == 32, "stored struct");
static_assert(offsetof(pms_stored_region, entry_alignment) == 40, "stored struct");
static_assert(offsetof(pms_stored_region, name) == 48, "stored struct");
static_assert(offsetof(pms_stored_region, checksum) == 120, "stored struct");
static_assert(PMS_REGION_SPARE_1 + 64 <= PMS_REGION_HEADER_BYTES, "region header");

/* What a sealed word is for; part of its check, so that no word validates in another's place. Fixed for ever. */
typedef enum pms_word_role {
	PMS_ROLE_CEILING = 1,
	PMS_ROLE_PERSISTED_TIMESTAMP = 2,
	PMS_ROLE_LAYOUT_EPOCH = 3,
	PMS_ROLE_STREAM_SIZE = 4,
	PMS_ROLE_STREAM_SPARE = 5,
	PMS_ROLE_EXTENT = 6,
	PMS_ROLE_BASE = 7,
	PMS_ROLE_CHECKPOINT = 8,
	PMS_ROLE_REGION_SPARE = 9
} pms_word_role;

/* Seals a value of up to 56 bits for the word at `offset`: value in the low 7 bytes, CRC-8 in the high one. */
uint64_t pms_seal(uint64_t value, pms_word_role role, uint64_t offset, const uint8_t uuid[16]);
/* Undoes it. False when the word was not sealed for this place; a zeroed word never is. */
bool pms_unseal(uint64_t word, pms_word_role role, uint64_t offset, const uint8_t uuid[16], uint64_t *value);

/* Value of an extent word: state and size in blocks. */
typedef enum pms_extent_state { PMS_EXTENT_FREE = 1, PMS_EXTENT_REGION = 2 } pms_extent_state;
#define PMS_EXTENT_BLOCKS_MAX ((1ull << 54) - 1)

static inline uint64_t pms_extent_value(pms_extent_state state, uint64_t blocks)
{
	return (uint64_t)state << 54 | blocks;
}

static inline uint64_t pms_round_up(uint64_t value, uint64_t power_of_two)
{
	return (value + power_of_two - 1) & ~(power_of_two - 1);
}

static inline bool pms_is_power_of_two(uint64_t value) { return value && !(value & (value - 1)); }

/* XXH3 (64 bits, no seed) as xxhash.h defines it. */
uint64_t pms_hash(const void *bytes, uint64_t count);

/* Outcome of looking at one copy of the stream header. */
typedef enum pms_header_state {
	PMS_HEADER_GOOD = 0,
	PMS_HEADER_NO_MAGIC = 1, /* nothing of ours */
	PMS_HEADER_BAD = 2,	 /* our magic, but the checksum or a field is wrong; `why` says which */
	PMS_HEADER_NEWER = 3,	 /* good checksum, newer version */
	PMS_HEADER_FEATURE = 4	 /* good checksum, an incompatible feature that we do not know */
} pms_header_state;

pms_header_state pms_header_validate(const pms_stored_header *header, const char **why);
/* Fills magic, version, sizes and checksum around what the caller has set. */
void pms_header_seal(pms_stored_header *header);

/* True when the static part of a region header at `offset` is whole; `why` says what is wrong otherwise. */
bool pms_region_validate(const pms_stored_region *region, uint64_t offset, const uint8_t uuid[16], const char **why);
void pms_region_seal(pms_stored_region *region);

/* True for well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF) without NUL. */
bool pms_is_utf8(const char *text, uint64_t bytes);

#endif
