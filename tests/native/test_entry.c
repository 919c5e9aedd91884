/* SPDX-License-Identifier: MIT */
/* One stored entry without a medium: the size word, the lag code, the checksum kinds, and what is no entry. */
#include "entry.h"
#include "support_stream.h"

static const pms_life life = {.uuid_value = 0x1234567890abcdefull, .base = 1000};

/* ---- size word ----------------------------------------------------------------------------------------------------- */

static void test_entry_size_word_has_the_layout_of_the_format(void **state)
{
	(void)state;
	assert_int_equal(pms_size_word(0, 0, false, 0), 0);
	assert_int_equal(pms_size_word(1, 0, false, 0), 1);
	assert_int_equal(pms_size_word(PMS_ENTRY_BYTES_MAX, 0, false, 0), 1ull << 30);
	assert_int_equal(pms_size_word(0, 8, false, 0), 1ull << 31);
	assert_int_equal(pms_size_word(0, (1ull << 31) - 8, false, 0), 0xfffffffull << 31);
	assert_int_equal(pms_size_word(0, 0, true, 0), 1ull << 59);
	assert_int_equal(pms_size_word(0, 0, false, 1), 1ull << 60);
	assert_int_equal(pms_size_word(0, 0, false, PMS_LAG_UNKNOWN), 15ull << 60);
	/* The fields do not overlap, and fill the word. */
	assert_int_equal(PMS_SIZE_PAYLOAD_MASK ^ PMS_SIZE_EXTENT_MASK << PMS_SIZE_EXTENT_SHIFT ^ PMS_SIZE_GROUP_BIT ^
			     15ull << PMS_SIZE_LAG_SHIFT,
			 UINT64_MAX);
	/* The largest entry fits at the largest alignment. */
	assert_true(pms_entry_extent(PMS_ENTRY_BYTES_MAX, PMS_ENTRY_ALIGNMENT_MAX) / 8 <= PMS_SIZE_EXTENT_MASK);
}

static void test_entry_extent_is_rounded_up_to_the_alignment(void **state)
{
	(void)state;
	assert_int_equal(pms_entry_extent(0, 8), 24);
	assert_int_equal(pms_entry_extent(1, 8), 32);
	assert_int_equal(pms_entry_extent(8, 8), 32);
	assert_int_equal(pms_entry_extent(0, 64), 64);
	assert_int_equal(pms_entry_extent(40, 64), 64);
	assert_int_equal(pms_entry_extent(41, 64), 128);
	assert_int_equal(pms_entry_extent(4072, 4096), 4096);
	assert_int_equal(pms_entry_extent(4073, 4096), 8192);
	assert_int_equal(pms_entry_extent(PMS_ENTRY_BYTES_MAX, 64), PMS_ENTRY_BYTES_MAX + 64ull);
}

/* ---- lag ----------------------------------------------------------------------------------------------------------- */

/* R8: rounded up, on a power-of-two scale, saturating at "unknown". */
static void test_entry_lag_code_rounds_up(void **state)
{
	static const uint64_t reaches[] = {0,	     64,       256,	  1024,	      4096,
					   16384,    65536,    262144,	  1048576,    4194304,
					   16777216, 67108864, 268435456, 1073741824, 4294967296};

	(void)state;
	for (uint32_t code = 0; code < PMS_LAG_UNKNOWN; code++) {
		assert_int_equal(pms_lag_decode(code), reaches[code]);
		assert_int_equal(pms_lag_encode(reaches[code]), code);
		assert_int_equal(pms_lag_encode(reaches[code] + 1), code + 1);
	}
	assert_int_equal(pms_lag_decode(PMS_LAG_UNKNOWN), UINT64_MAX);
	assert_int_equal(pms_lag_encode(UINT64_MAX), PMS_LAG_UNKNOWN);
	for (uint64_t distance = 0; distance < 100000; distance += 8)
		assert_true(pms_lag_decode(pms_lag_encode(distance)) >= distance);
}

/* ---- checksums ----------------------------------------------------------------------------------------------------- */

static uint64_t checksum(pms_entry_kind kind, uint64_t hash, uint64_t size_word)
{
	return pms_entry_checksum(kind, hash, size_word, 2000, 4096, &life);
}

/* Each kind covers size word, timestamp, place, stream and life; data also payload and its length. */
static void test_entry_checksum_covers_what_it_should(void **state)
{
	static const pms_entry_kind kinds[] = {PMS_KIND_DATA, PMS_KIND_PENDING, PMS_KIND_SKIP};
	const uint64_t size_word = pms_size_word(100, 128, false, 3);
	const pms_life other_base = {.uuid_value = life.uuid_value, .base = life.base + 1};
	const pms_life other_uuid = {.uuid_value = life.uuid_value + 1, .base = life.base};

	(void)state;
	for (int i = 0; i < 3; i++) {
		uint64_t right = checksum(kinds[i], 7, size_word);
		bool is_data = kinds[i] == PMS_KIND_DATA;
		assert_int_equal(checksum(kinds[i], 8, size_word) != right, is_data);
		assert_int_equal(checksum(kinds[i], 7, pms_size_word(99, 128, false, 3)) != right, is_data);
		assert_int_equal(checksum(kinds[i], 7, pms_size_word(0, 128, false, 3)) != right, is_data);
		assert_true(checksum(kinds[i], 7, pms_size_word(100, 136, false, 3)) != right);
		assert_true(checksum(kinds[i], 7, pms_size_word(100, 128, true, 3)) != right);
		assert_true(checksum(kinds[i], 7, pms_size_word(100, 128, false, 4)) != right);
		assert_true(pms_entry_checksum(kinds[i], 7, size_word, 2001, 4096, &life) != right);
		assert_true(pms_entry_checksum(kinds[i], 7, size_word, 2000, 4104, &life) != right);
		assert_true(pms_entry_checksum(kinds[i], 7, size_word, 2000, 4096, &other_base) != right);
		assert_true(pms_entry_checksum(kinds[i], 7, size_word, 2000, 4096, &other_uuid) != right);
		for (int j = 0; j < i; j++)
			assert_true(checksum(kinds[j], 7, size_word) != right);
		/* Even where the payload hash is what the others take it for. */
		assert_true(checksum(PMS_KIND_DATA, 0, size_word & ~PMS_SIZE_PAYLOAD_MASK) !=
			    checksum(PMS_KIND_SKIP, 0, size_word));
	}
}

/* As FORMAT.md has it: XXH3 of seven words. */
static void test_entry_checksum_is_that_of_the_format(void **state)
{
	const uint64_t data[] = {0x617461642d736d70ull, 7,	  pms_size_word(100, 128, false, 3), 2000, 4096,
				 life.uuid_value,	life.base};
	const uint64_t skip[] = {0x70696b732d736d70ull, 0,	  pms_size_word(0, 128, false, 3), 2000, 4096,
				 life.uuid_value,	life.base};
	const uint64_t pending[] = {0x646e65702d736d70ull, 0,	     pms_size_word(0, 128, false, 3), 2000, 4096,
				    life.uuid_value,	   life.base};

	(void)state;
	assert_int_equal(checksum(PMS_KIND_DATA, 7, pms_size_word(100, 128, false, 3)), pms_hash(data, 56));
	assert_int_equal(checksum(PMS_KIND_SKIP, 7, pms_size_word(100, 128, false, 3)), pms_hash(skip, 56));
	assert_int_equal(checksum(PMS_KIND_PENDING, 7, pms_size_word(100, 128, false, 3)), pms_hash(pending, 56));
}

/* ---- parsing ------------------------------------------------------------------------------------------------------- */

typedef struct stored {
	_Alignas(64) pms_stored_entry header;
	uint8_t payload[104];
} stored;

static stored make(pms_entry_kind kind, uint64_t payload_bytes, uint64_t extent_bytes)
{
	stored entry = {.header.timestamp = 2000};

	memset(entry.payload, 0x33, sizeof(entry.payload));
	entry.header.size_word = pms_size_word(payload_bytes, extent_bytes, false, 2);
	entry.header.checksum =
	    pms_entry_checksum(kind, pms_hash(entry.payload, payload_bytes), entry.header.size_word, 2000, 4096, &life);
	return entry;
}

static void test_entry_parsed_gives_its_fields(void **state)
{
	stored entry = make(PMS_KIND_DATA, 100, 128);
	pms_parsed_entry parsed;

	(void)state;
	assert_true(pms_entry_parse(&entry, 4096, 8192, 64, &parsed));
	assert_int_equal(parsed.offset, 4096);
	assert_int_equal(parsed.timestamp, 2000);
	assert_int_equal(parsed.size_word, entry.header.size_word);
	assert_int_equal(parsed.checksum, entry.header.checksum);
	assert_int_equal(parsed.payload_bytes, 100);
	assert_int_equal(parsed.extent_bytes, 128);
	assert_int_equal(parsed.lag_bytes, 256);
	assert_false(parsed.group_continues);
	entry.header.size_word = pms_size_word(100, 128, true, PMS_LAG_UNKNOWN);
	assert_true(pms_entry_parse(&entry, 4096, 8192, 64, &parsed));
	assert_true(parsed.group_continues);
	assert_int_equal(parsed.lag_bytes, UINT64_MAX);
	/* Up to the very end. */
	assert_true(pms_entry_parse(&entry, 4096, 4096 + 128, 64, &parsed));
}

static void test_entry_each_malformed_field_is_no_entry(void **state)
{
	static const struct {
		uint64_t payload, extent, offset, end, timestamp;
		uint32_t alignment;
	} bad[] = {
	    {100, 128, 4096, 4096 + 127, 2000, 64},	/* does not fit */
	    {100, 128, 4096, 4096, 2000, 64},		/* no room at all */
	    {100, 128, 4096, 4096 + 23, 2000, 64},	/* none for the header */
	    {100, 128, 4096, 4095, 2000, 64},		/* behind the end */
	    {100, 128, UINT64_MAX - 7, 8192, 2000, 64}, /* far behind */
	    {100, 120, 4096, 8192, 2000, 64},		/* extent too small for the payload */
	    {100, 128, 4096, 8192, 2000, 256},		/* extent not aligned */
	    {0, 0, 4096, 8192, 2000, 8},		/* no extent: would stand still */
	    {0, 16, 4096, 8192, 2000, 8},		/* smaller than the header */
	    {105, 128, 4096, 8192, 2000, 64},		/* a byte too many */
	    {(1ull << 30) + 1, 128, 4096, 8192, 2000, 64},
	    {(1ull << 30) + 1, (1ull << 30) + 64, 4096, 1ull << 40, 2000, 64}, /* more than 1 GiB */
	    {PMS_SIZE_PAYLOAD_MASK, (1ull << 31) - 8, 4096, 1ull << 40, 2000, 8},
	    {100, 128, 4096, 8192, 0, 64}, /* no timestamp */
	    {100, 128, 4096, 8192, PMS_VALUE_MAX + 1, 64},
	    {100, 128, 4096, 8192, UINT64_MAX, 64},
	};
	pms_parsed_entry parsed;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		stored entry = make(PMS_KIND_DATA, 100, 128);
		entry.header.size_word = pms_size_word(bad[i].payload, bad[i].extent, false, 0);
		entry.header.timestamp = bad[i].timestamp;
		if (pms_entry_parse(&entry, bad[i].offset, bad[i].end, bad[i].alignment, &parsed))
			fail_msg("case %zu was taken for an entry", i);
	}
}

static pms_entry_kind classify(const stored *entry)
{
	pms_parsed_entry parsed;

	assert_true(pms_entry_parse(entry, 4096, 8192, 8, &parsed));
	return pms_entry_classify(&parsed, entry->payload, &life);
}

static void test_entry_kind_is_told_by_the_checksum_word(void **state)
{
	static const pms_entry_kind kinds[] = {PMS_KIND_DATA, PMS_KIND_PENDING, PMS_KIND_SKIP};
	pms_parsed_entry parsed;

	(void)state;
	for (int i = 0; i < 3; i++) {
		stored entry = make(kinds[i], 100, 128);
		assert_int_equal(classify(&entry), kinds[i]);
		assert_true(pms_entry_parse(&entry, 4096, 8192, 8, &parsed));
		assert_int_equal(pms_entry_classify_unverified(&parsed, &life), kinds[i]);
		/* One store of the checksum word changes it, and nothing else must change. */
		for (int j = 0; j < 3; j++) {
			entry.header.checksum = make(kinds[j], 100, 128).header.checksum;
			assert_int_equal(classify(&entry), kinds[j]);
		}
	}
}

/* R10: payload and length of an open reservation may change while its pending checksum stays valid. */
static void test_entry_pending_stays_valid_while_it_is_written(void **state)
{
	(void)state;
	for (int kind = PMS_KIND_PENDING; kind <= PMS_KIND_SKIP; kind++)
		for (uint64_t bytes = 0; bytes <= 104; bytes++) {
			stored entry = make((pms_entry_kind)kind, 104, 128);
			memset(entry.payload, (int)bytes, sizeof(entry.payload));
			entry.header.size_word = pms_size_word(bytes, 128, false, 2);
			assert_int_equal(classify(&entry), kind);
			entry.header.size_word = pms_size_word(bytes, 128, true, 2);
			assert_int_equal(classify(&entry), PMS_KIND_INVALID);
		}
}

static void test_entry_every_flipped_bit_of_data_is_found(void **state)
{
	stored entry = make(PMS_KIND_DATA, 104, 128);
	pms_parsed_entry parsed;

	(void)state;
	for (size_t bit = 0; bit < sizeof(entry) * 8; bit++) {
		uint8_t *byte = (uint8_t *)&entry + bit / 8;
		*byte ^= (uint8_t)(1u << bit % 8);
		if (pms_entry_parse(&entry, 4096, 8192, 8, &parsed))
			assert_int_equal(pms_entry_classify(&parsed, entry.payload, &life), PMS_KIND_INVALID);
		*byte ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(classify(&entry), PMS_KIND_DATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_entry_size_word_has_the_layout_of_the_format),
	    cmocka_unit_test(test_entry_extent_is_rounded_up_to_the_alignment),
	    cmocka_unit_test(test_entry_lag_code_rounds_up),
	    cmocka_unit_test(test_entry_checksum_covers_what_it_should),
	    cmocka_unit_test(test_entry_checksum_is_that_of_the_format),
	    cmocka_unit_test(test_entry_parsed_gives_its_fields),
	    cmocka_unit_test(test_entry_each_malformed_field_is_no_entry),
	    cmocka_unit_test(test_entry_kind_is_told_by_the_checksum_word),
	    cmocka_unit_test(test_entry_pending_stays_valid_while_it_is_written),
	    cmocka_unit_test(test_entry_every_flipped_bit_of_data_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
