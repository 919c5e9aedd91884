/* SPDX-License-Identifier: MIT */
/* The fast way to tell that a stored entry is right: the same values and verdicts as the plain one (test_entry.c). */
#include "entry_verify.h"
#include "hash.h"
#include "support_stream.h"

#define RANDOM_ROUNDS 2000

static const pms_life life = {.uuid_value = 0x1234567890abcdefull, .base = 1000};

/* ---- values -------------------------------------------------------------------------------------------------------- */

static void test_mix_hash_is_that_of_the_format(void **state)
{
	uint8_t bytes[8 + PMS_MIX_BYTES_MAX];
	uint64_t random = test_seed();

	(void)state;
	for (int round = 0; round < 50; round++) {
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)test_random_below(&random, 256);
		for (uint64_t count = PMS_MIX_BYTES_MIN; count <= PMS_MIX_BYTES_MAX; count++)
			assert_int_equal(pms_mix_hash(bytes + round % 8, count), pms_hash(bytes + round % 8, count));
	}
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(pms_mix_hash(bytes, 64), pms_hash(bytes, 64));
	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal(pms_mix_hash(bytes, 128), pms_hash(bytes, 128));
}

/* Without a 128-bit product, as other compilers have to do it. */
static uint64_t fold_by_halves(uint64_t a, uint64_t b)
{
	uint64_t low = (a & 0xffffffff) * (b & 0xffffffff), high = (a >> 32) * (b >> 32);
	uint64_t one = (a >> 32) * (b & 0xffffffff), other = (a & 0xffffffff) * (b >> 32);

	high += (one >> 32) + (other >> 32);
	one <<= 32;
	other <<= 32;
	low += one;
	high += low < one;
	low += other;
	high += low < other;
	return low ^ high;
}

static void test_mix_fold_is_both_halves_of_the_product(void **state)
{
	static const uint64_t edges[] = {0, 1, 0xffffffff, 1ull << 32, 1ull << 63, UINT64_MAX};
	uint64_t random = test_seed();

	(void)state;
	for (int i = 0; i < 6; i++)
		for (int j = 0; j < 6; j++)
			assert_int_equal(pms_mix_fold(edges[i], edges[j]), fold_by_halves(edges[i], edges[j]));
	for (int i = 0; i < RANDOM_ROUNDS; i++) {
		uint64_t a = test_random_below(&random, UINT64_MAX), b = test_random_below(&random, UINT64_MAX);
		assert_int_equal(pms_mix_fold(a, b), fold_by_halves(a, b));
	}
}

static void test_checksum_from_its_terms_is_that_of_the_format(void **state)
{
	uint64_t random = test_seed();

	(void)state;
	for (int i = 0; i < RANDOM_ROUNDS; i++) {
		uint64_t hash = test_random_below(&random, UINT64_MAX), size = test_random_below(&random, UINT64_MAX);
		uint64_t timestamp = test_random_below(&random, PMS_VALUE_MAX),
			 at = test_random_below(&random, 1ull << 40);
		pms_life any = {.uuid_value = test_random_below(&random, UINT64_MAX),
				.base = test_random_below(&random, PMS_VALUE_MAX)};
		uint64_t life_term = pms_life_term(&any);
		assert_int_equal(
		    pms_mix_finish(life_term + pms_place_term(size, timestamp, at) + pms_kind_term(PMS_TAG_DATA, hash)),
		    pms_entry_checksum(PMS_KIND_DATA, hash, size, timestamp, at, &any));
		static const pms_entry_kind kinds[] = {PMS_KIND_DATA, PMS_KIND_PENDING, PMS_KIND_SKIP};
		for (int kind = 0; kind < 3; kind++) {
			uint64_t checksum = pms_entry_checksum(kinds[kind], hash, size, timestamp, at, &any);
			assert_int_equal(pms_kind_without_payload(life_term, size, timestamp, at, checksum),
					 kinds[kind] == PMS_KIND_DATA ? PMS_KIND_INVALID : kinds[kind]);
		}
	}
}

/* ---- verdicts ------------------------------------------------------------------------------------------------------ */

#define PLACE 4096u
#define ROOM 1024u

typedef struct stored {
	_Alignas(64) uint8_t before[PLACE];
	pms_stored_entry header;
	uint8_t payload[ROOM];
} stored;

static stored *make(pms_entry_kind kind, uint64_t payload_bytes, uint64_t extent_bytes, bool group_continues,
		    uint64_t timestamp)
{
	stored *entry = calloc(1, sizeof(*entry));

	assert_non_null(entry);
	memset(entry->payload, 0x33, sizeof(entry->payload));
	entry->header.timestamp = timestamp;
	entry->header.size_word = pms_size_word(payload_bytes, extent_bytes, group_continues, 2);
	entry->header.checksum =
	    pms_entry_checksum(kind, pms_hash(entry->payload, payload_bytes < ROOM ? payload_bytes : 0),
			       entry->header.size_word, timestamp, PLACE, &life);
	return entry;
}

/* What the plain way says: a data entry above `last`, at most `most`, that ends at or before `end`. */
static bool is_right(const stored *entry, uint64_t end, uint32_t alignment, uint64_t last, uint64_t most, bool verified)
{
	pms_parsed_entry parsed;

	if (!pms_entry_parse(&entry->header, PLACE, end, alignment, &parsed) || parsed.timestamp <= last ||
	    parsed.timestamp > most)
		return false;
	return (verified ? pms_entry_classify(&parsed, entry->payload, &life)
			 : pms_entry_classify_unverified(&parsed, &life)) == PMS_KIND_DATA;
}

/* Both ways agree; what is found is what is stored. Returns the verdict. */
static bool agree(const stored *entry, uint64_t end, uint32_t alignment, uint64_t last, uint64_t most)
{
	const uint8_t *mapping = entry->before;
	bool right = false;

	for (int verified = 0; verified < 2; verified++) {
		pms_bounds bounds = pms_bounds_of(mapping, end, alignment, pms_life_term(&life));
		pms_found_entry found;
		right = is_right(entry, end, alignment, last, most, verified);
		assert_int_equal(pms_find_data(&bounds, mapping + PLACE, last, most, verified, &found), right);
		if (!right)
			continue;
		assert_int_equal(found.offset, PLACE);
		assert_ptr_equal(found.payload, entry->payload);
		assert_int_equal(found.timestamp, entry->header.timestamp);
		assert_int_equal(found.payload_bytes, entry->header.size_word & PMS_SIZE_PAYLOAD_MASK);
		assert_int_equal(found.extent_bytes, (entry->header.size_word >> 31 & 0xfffffff) * 8);
		assert_int_equal(found.group_continues, entry->header.size_word >> 59 & 1);
	}
	return right;
}

static void test_find_data_agrees_for_every_size(void **state)
{
	(void)state;
	for (uint64_t bytes = 0; bytes < 600; bytes++)
		for (int group = 0; group < 2; group++) {
			stored *entry = make(PMS_KIND_DATA, bytes, pms_entry_extent(bytes, 8), group, 2000);
			assert_true(agree(entry, PLACE + ROOM, 8, 1999, PMS_VALUE_MAX));
			free(entry);
		}
}

/* Sizes, extents and ends that are possible, and those that are not, also where sums would wrap. */
static void test_find_data_agrees_for_impossible_sizes(void **state)
{
	static const uint64_t bytes[] = {
	    0, 1, 16, 40, 41, 128, 200, PMS_ENTRY_BYTES_MAX, PMS_ENTRY_BYTES_MAX + 1, PMS_SIZE_PAYLOAD_MASK};
	static const uint64_t extents[] = {0,  8,   16,	 24,   32,	 64,
					   72, 128, 256, ROOM, ROOM + 8, PMS_SIZE_EXTENT_MASK * 8};
	static const uint64_t ends[] = {PLACE + 24, PLACE + 32, PLACE + 64, PLACE + 128, PLACE + ROOM};
	static const uint32_t alignments[] = {8, 64, 4096};
	int right = 0;

	(void)state;
	for (size_t b = 0; b < sizeof(bytes) / sizeof(bytes[0]); b++)
		for (size_t x = 0; x < sizeof(extents) / sizeof(extents[0]); x++)
			for (size_t e = 0; e < sizeof(ends) / sizeof(ends[0]); e++)
				for (size_t a = 0; a < sizeof(alignments) / sizeof(alignments[0]); a++) {
					stored *entry = make(PMS_KIND_DATA, bytes[b], extents[x], false, 2000);
					right += agree(entry, ends[e], alignments[a], 1999, PMS_VALUE_MAX);
					free(entry);
				}
	assert_true(right > 20);
}

static void test_find_data_agrees_about_timestamps_and_kinds(void **state)
{
	static const uint64_t stamps[] = {
	    0, 1, 1999, 2000, 2001, PMS_VALUE_MAX - 1, PMS_VALUE_MAX, PMS_VALUE_MAX + 1, UINT64_MAX};
	const size_t count = sizeof(stamps) / sizeof(stamps[0]) - 2; /* of those that a predecessor may have */
	int right = 0;

	(void)state;
	for (int kind = PMS_KIND_DATA; kind <= PMS_KIND_SKIP; kind++)
		for (size_t i = 0; i < sizeof(stamps) / sizeof(stamps[0]); i++)
			for (size_t last = 0; last < count; last++)
				for (int in_group = 0; in_group < 2; in_group++) {
					stored *entry = make((pms_entry_kind)kind, 40, 64, false, stamps[i]);
					right += agree(entry, PLACE + ROOM, 64, stamps[last],
						       pms_timestamp_most(stamps[last], in_group));
					free(entry);
				}
	assert_true(right > 20);
	assert_int_equal(pms_timestamp_most(7, false), PMS_VALUE_MAX);
	assert_int_equal(pms_timestamp_most(7, true), 8);
	assert_int_equal(pms_timestamp_most(PMS_VALUE_MAX, true), PMS_VALUE_MAX); /* nothing is above it */
}

/* Each bit of a stored entry counts. */
static void test_find_data_agrees_with_any_bit_flipped(void **state)
{
	static const uint64_t sizes[] = {8, 40, 64, 128, 240, 300};

	(void)state;
	for (int i = 0; i < 6; i++) {
		stored *entry = make(PMS_KIND_DATA, sizes[i], pms_entry_extent(sizes[i], 8), false, 2000);
		uint8_t *bytes = entry->before + PLACE;
		for (uint64_t bit = 0; bit < 8 * (PMS_ENTRY_HEADER_BYTES + sizes[i]); bit++) {
			bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_false(is_right(entry, PLACE + ROOM, 8, 1999, PMS_VALUE_MAX, true));
			(void)agree(entry, PLACE + ROOM, 8, 1999, PMS_VALUE_MAX);
			bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		assert_true(agree(entry, PLACE + ROOM, 8, 1999, PMS_VALUE_MAX));
		free(entry);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mix_hash_is_that_of_the_format),
	    cmocka_unit_test(test_mix_fold_is_both_halves_of_the_product),
	    cmocka_unit_test(test_checksum_from_its_terms_is_that_of_the_format),
	    cmocka_unit_test(test_find_data_agrees_for_every_size),
	    cmocka_unit_test(test_find_data_agrees_for_impossible_sizes),
	    cmocka_unit_test(test_find_data_agrees_about_timestamps_and_kinds),
	    cmocka_unit_test(test_find_data_agrees_with_any_bit_flipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
