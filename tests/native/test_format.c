/* SPDX-License-Identifier: MIT */
/* Format version 1 without a medium: sealed words, the stored header, region headers, names. */
#include "format.h"
#include "support_stream.h"

static void random_uuid(uint64_t *random, uint8_t uuid[16])
{
	for (int i = 0; i < 16; i++)
		uuid[i] = (uint8_t)test_random(random);
}

static bool is_sealed(uint64_t word, pms_word_role role, uint64_t offset, const uint8_t uuid[16])
{
	uint64_t value;

	return pms_unseal(word, role, offset, uuid, &value);
}

/* ---- sealed words -------------------------------------------------------------------------------------------------- */

static void test_format_sealed_word_gives_its_value_back(void **state)
{
	static const uint64_t values[] = {0, 1, 255, 256, 1ull << 31, 1ull << 55, PMS_VALUE_MAX - 1, PMS_VALUE_MAX};
	uint64_t random = test_seed(), found;
	uint8_t uuid[16];

	(void)state;
	for (int round = 0; round < 200; round++) {
		uint64_t offset = test_random(&random) & ~7ull;
		pms_word_role role = (pms_word_role)(1 + test_random_below(&random, 9));
		random_uuid(&random, uuid);
		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
			uint64_t word = pms_seal(values[i], role, offset, uuid);
			assert_int_equal(word & PMS_VALUE_MAX, values[i]);
			assert_true(pms_unseal(word, role, offset, uuid, &found));
			assert_int_equal(found, values[i]);
		}
	}
}

/* Whatever it is, where it is and whose it is, a zeroed word is never valid. */
static void test_format_zero_is_never_a_sealed_word(void **state)
{
	uint64_t random = test_seed();
	uint8_t uuid[16], zeros[16] = {0};

	(void)state;
	for (uint64_t offset = 0; offset < 1 << 20; offset += 64)
		for (int role = PMS_ROLE_CEILING; role <= PMS_ROLE_REGION_SPARE; role++) {
			random_uuid(&random, uuid);
			assert_false(is_sealed(0, (pms_word_role)role, offset, uuid));
			assert_false(is_sealed(0, (pms_word_role)role, offset, zeros));
			assert_true(pms_seal(0, (pms_word_role)role, offset, uuid) != 0);
		}
}

/* A CRC-8 finds every flipped bit, and every burst of up to eight. */
static void test_format_every_flipped_bit_of_a_word_is_found(void **state)
{
	uint64_t random = test_seed();
	uint8_t uuid[16];

	(void)state;
	random_uuid(&random, uuid);
	for (int round = 0; round < 500; round++) {
		uint64_t offset = test_random_below(&random, 1 << 20) * 8;
		uint64_t word = pms_seal(test_random(&random) & PMS_VALUE_MAX, PMS_ROLE_BASE, offset, uuid);
		for (int bit = 0; bit < 64; bit++)
			assert_false(is_sealed(word ^ 1ull << bit, PMS_ROLE_BASE, offset, uuid));
		for (int byte = 0; byte < 8; byte++) {
			uint64_t garble = 1 + test_random_below(&random, 255);
			assert_false(is_sealed(word ^ garble << (8 * byte), PMS_ROLE_BASE, offset, uuid));
		}
	}
}

/* A word of another role, place or stream passes as seldom as eight bits of checksum allow: 1 in 256. */
static void test_format_misplaced_words_are_not_valid(void **state)
{
	enum { ROUNDS = 20000 };
	uint64_t random = test_seed(), passed[3] = {0};
	uint8_t uuid[16], other[16];

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t value = test_random(&random) & PMS_VALUE_MAX, offset = test_random_below(&random, 1 << 30) * 8;
		random_uuid(&random, uuid);
		random_uuid(&random, other);
		uint64_t word = pms_seal(value, PMS_ROLE_EXTENT, offset, uuid);
		uint64_t elsewhere = test_random_below(&random, 1 << 30) * 8;
		passed[0] += elsewhere != offset && is_sealed(word, PMS_ROLE_EXTENT, elsewhere, uuid);
		passed[1] += is_sealed(word, PMS_ROLE_EXTENT, offset, other);
		/* Roles are so few that none of them passes for another. */
		for (int role = PMS_ROLE_CEILING; role <= PMS_ROLE_REGION_SPARE; role++)
			passed[2] += role != PMS_ROLE_EXTENT && is_sealed(word, (pms_word_role)role, offset, uuid);
	}
	assert_in_range(passed[0], ROUNDS / 512, ROUNDS / 128);
	assert_in_range(passed[1], ROUNDS / 512, ROUNDS / 128);
	assert_int_equal(passed[2], 0);
	/* Places of one stream that hold words of one role: copies of the ceiling, neighbouring blocks. */
	assert_false(
	    is_sealed(pms_seal(7, PMS_ROLE_CEILING, PMS_CEILING_A, uuid), PMS_ROLE_CEILING, PMS_CEILING_B, uuid));
	for (uint64_t blocks = 1; blocks < 16; blocks++)
		assert_false(
		    is_sealed(pms_seal(7, PMS_ROLE_EXTENT, 128, uuid), PMS_ROLE_EXTENT, 128 + blocks * 4096, uuid));
}

static void test_format_extent_value_holds_state_and_size(void **state)
{
	(void)state;
	assert_int_equal(pms_extent_value(PMS_EXTENT_FREE, 1), (1ull << 54) + 1);
	assert_int_equal(pms_extent_value(PMS_EXTENT_REGION, PMS_EXTENT_BLOCKS_MAX), (3ull << 54) - 1);
	assert_true(pms_extent_value(PMS_EXTENT_REGION, PMS_EXTENT_BLOCKS_MAX) <= PMS_VALUE_MAX);
}

/* ---- the stored header --------------------------------------------------------------------------------------------- */

static pms_stored_header good_header(void)
{
	pms_stored_header header = {.block_bytes = 4096, .created_bytes = 1 << 20, .created_unix_seconds = 1};

	memset(header.uuid, 0x5A, sizeof(header.uuid));
	pms_header_seal(&header);
	return header;
}

static void test_format_header_seal_fills_what_is_fixed(void **state)
{
	pms_stored_header header = good_header();
	const char *why;

	(void)state;
	assert_int_equal(header.magic, PMS_STREAM_MAGIC);
	assert_int_equal(header.version, 1);
	assert_int_equal(header.header_bytes, 128);
	assert_int_equal(header.first_region, PMS_FIXED_BYTES);
	assert_int_equal(header.checksum, pms_hash(&header, 120));
	assert_int_equal(pms_header_validate(&header, &why), PMS_HEADER_GOOD);
	assert_string_equal(why, "");
	header.block_bytes = PMS_BLOCK_BYTES_MAX;
	pms_header_seal(&header);
	assert_int_equal(header.first_region, PMS_BLOCK_BYTES_MAX);
	assert_int_equal(pms_header_validate(&header, &why), PMS_HEADER_GOOD);
	/* As bytes, for ever: no text file begins so. */
	assert_memory_equal(&header, "\xf0mstream", 8);
}

static void test_format_header_every_flipped_bit_is_found(void **state)
{
	pms_stored_header header;
	const char *why;

	(void)state;
	for (size_t bit = 0; bit < sizeof(header) * 8; bit++) {
		header = good_header();
		((uint8_t *)&header)[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(pms_header_validate(&header, &why), bit < 64 ? PMS_HEADER_NO_MAGIC : PMS_HEADER_BAD);
		assert_true(*why != '\0');
	}
}

/* With a right checksum, each field is looked at all the same. */
static void test_format_header_wrong_fields_are_told_apart(void **state)
{
	static const uint32_t blocks[] = {0, 1, 2048, 4095, 6144, 4 << 20, 1u << 31};
	pms_stored_header header;
	const char *why;

	(void)state;
#define EXPECT(change, expected) \
	do { \
		header = good_header(); \
		change; \
		header.checksum = pms_hash(&header, 120); \
		assert_int_equal(pms_header_validate(&header, &why), expected); \
	} while (0)
	EXPECT(header.version = 2, PMS_HEADER_NEWER);
	EXPECT(header.version = UINT32_MAX, PMS_HEADER_NEWER);
	EXPECT(header.version = 0, PMS_HEADER_BAD);
	EXPECT(header.incompatible_features = 1, PMS_HEADER_FEATURE);
	EXPECT(header.incompatible_features = 1ull << 63, PMS_HEADER_FEATURE);
	EXPECT(header.read_only_features = UINT64_MAX, PMS_HEADER_GOOD); /* for open to decide */
	EXPECT(header.compatible_features = UINT64_MAX, PMS_HEADER_GOOD);
	EXPECT(header.header_bytes = 256, PMS_HEADER_BAD);
	EXPECT(header.first_region = 0, PMS_HEADER_BAD);
	EXPECT(header.first_region += 4096, PMS_HEADER_BAD);
	EXPECT(header.magic++, PMS_HEADER_NO_MAGIC);
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		EXPECT(header.block_bytes = blocks[i], PMS_HEADER_BAD);
	/* A newer version may have other fields: it is newer before it is anything else. */
	EXPECT((header.version = 2, header.block_bytes = 1), PMS_HEADER_NEWER);
#undef EXPECT
}

/* ---- region headers ------------------------------------------------------------------------------------------------ */

static pms_stored_region good_region(void)
{
	pms_stored_region region = {
	    .offset = 65536, .identity = 9, .entry_alignment = 64, .name_bytes = 6, .name = "orders"};

	memset(region.uuid, 0x5A, sizeof(region.uuid));
	pms_region_seal(&region);
	return region;
}

static void test_format_region_every_flipped_bit_is_found(void **state)
{
	pms_stored_region region = good_region();
	uint8_t uuid[16], other[16];
	const char *why;

	(void)state;
	memset(uuid, 0x5A, sizeof(uuid));
	memset(other, 0xA5, sizeof(other));
	assert_true(pms_region_validate(&region, 65536, uuid, &why));
	assert_string_equal(why, "");
	assert_false(pms_region_validate(&region, 65536 + 4096, uuid, &why));
	assert_false(pms_region_validate(&region, 65536, other, &why));
	for (size_t bit = 0; bit < sizeof(region) * 8; bit++) {
		region = good_region();
		((uint8_t *)&region)[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(pms_region_validate(&region, 65536, uuid, &why));
		assert_true(*why != '\0');
	}
}

static void test_format_region_wrong_fields_are_found(void **state)
{
	static const uint32_t alignments[] = {0, 1, 4, 12, 65, 8192, UINT32_MAX};
	pms_stored_region region;
	uint8_t uuid[16];
	const char *why;

	(void)state;
	memset(uuid, 0x5A, sizeof(uuid));
#define EXPECT(change, expected) \
	do { \
		region = good_region(); \
		change; \
		pms_region_seal(&region); \
		assert_int_equal(pms_region_validate(&region, 65536, uuid, &why), expected); \
	} while (0)
	EXPECT(region.identity = 0, false);
	EXPECT(region.identity = PMS_VALUE_MAX + 1, false);
	EXPECT(region.identity = PMS_VALUE_MAX, true);
	EXPECT(region.name_bytes = 64, false);
	EXPECT(region.name_bytes = UINT32_MAX, false);
	EXPECT(region.name_bytes = 0, true);
	EXPECT(region.name[3] = (char)0xff, false);
	EXPECT(region.name_bytes = 7, false); /* a NUL in it */
	for (size_t i = 0; i < sizeof(alignments) / sizeof(alignments[0]); i++)
		EXPECT(region.entry_alignment = alignments[i], false);
	for (uint32_t alignment = 8; alignment <= 4096; alignment *= 2)
		EXPECT(region.entry_alignment = alignment, true);
#undef EXPECT
}

/* ---- UTF-8 --------------------------------------------------------------------------------------------------------- */

/* The bytes of a code point as the standard encodes it, even where it should not be. */
static uint64_t encode(uint32_t point, int length, char *text)
{
	static const uint8_t leads[] = {0, 0, 0xc0, 0xe0, 0xf0};

	if (length == 1) {
		text[0] = (char)point;
		return 1;
	}
	for (int i = length - 1; i > 0; i--, point >>= 6)
		text[i] = (char)(0x80 | (point & 0x3f));
	text[0] = (char)(leads[length] | point);
	return (uint64_t)length;
}

static int proper_length(uint32_t point) { return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4; }

/* Every code point in every length: right in its own length alone, surrogates and NUL never. */
static void test_format_utf8_every_code_point_is_judged(void **state)
{
	static const uint32_t limits[] = {0, 0x80, 0x800, 0x10000, 0x200000};
	char text[8];

	(void)state;
	for (int length = 1; length <= 4; length++)
		for (uint32_t point = 0; point < limits[length]; point++) {
			bool right = point != 0 && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff) &&
				     length == proper_length(point);
			uint64_t bytes = encode(point, length, text);
			if (pms_is_utf8(text, bytes) != right)
				fail_msg("U+%04X in %d bytes", point, length);
			/* Cut off, or behind and before something else. */
			if (bytes > 1)
				assert_false(pms_is_utf8(text, bytes - 1));
			text[bytes] = 'x';
			assert_int_equal(pms_is_utf8(text, bytes + 1), right);
		}
}

static void test_format_utf8_stray_bytes_are_not_text(void **state)
{
	char text[3] = "a?b";

	(void)state;
	assert_true(pms_is_utf8("", 0));
	assert_true(pms_is_utf8(NULL, 0));
	for (int byte = 0x80; byte < 0x100; byte++) {
		text[1] = (char)byte;
		assert_false(pms_is_utf8(text, 3));
		assert_false(pms_is_utf8(text + 1, 1));
	}
	for (int byte = 0xf5; byte < 0x100; byte++) { /* would lead to beyond U+10FFFF */
		const char lead[4] = {(char)byte, (char)0x80, (char)0x80, (char)0x80};
		assert_false(pms_is_utf8(lead, 4));
	}
}

/* XXH3 as its own specification has it: the same bytes on every machine, in every version. */
static void test_format_hash_is_the_one_of_the_specification(void **state)
{
	(void)state;
	assert_int_equal(pms_hash("", 0), 0x2d06800538d394c2ull);
	assert_int_equal(pms_hash("abc", 3), 0x78af5f94892f3950ull);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_format_sealed_word_gives_its_value_back),
	    cmocka_unit_test(test_format_zero_is_never_a_sealed_word),
	    cmocka_unit_test(test_format_every_flipped_bit_of_a_word_is_found),
	    cmocka_unit_test(test_format_misplaced_words_are_not_valid),
	    cmocka_unit_test(test_format_extent_value_holds_state_and_size),
	    cmocka_unit_test(test_format_header_seal_fills_what_is_fixed),
	    cmocka_unit_test(test_format_header_every_flipped_bit_is_found),
	    cmocka_unit_test(test_format_header_wrong_fields_are_told_apart),
	    cmocka_unit_test(test_format_region_every_flipped_bit_is_found),
	    cmocka_unit_test(test_format_region_wrong_fields_are_found),
	    cmocka_unit_test(test_format_utf8_every_code_point_is_judged),
	    cmocka_unit_test(test_format_utf8_stray_bytes_are_not_text),
	    cmocka_unit_test(test_format_hash_is_the_one_of_the_specification),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
