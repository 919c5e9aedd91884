/* SPDX-License-Identifier: MIT */
/*
 * Every byte of a complete image damaged in turn: it is told, or everything is right. Never wrong data, never a log that is
 * silently shorter. XOR 0xFF and one bit of each byte; with PMS_TEST_DEEP=1 every bit.
 */
#include "damage_sample.h"
#include "memory_file.h"

/* One in so many damaged images is also read by position, written to and opened again. */
#define THOROUGH_EVERY 7

static bool is_deep(void)
{
	const char *deep = getenv("PMS_TEST_DEEP");

	return deep && deep[0] == '1';
}

static void flip_each_byte(const damage_sample *sample, const char *name)
{
	uint64_t tried = 0, told = 0, random = 1;
	uint8_t *damaged = malloc(sample->image.size);

	assert_non_null(damaged);
	memcpy(damaged, sample->image.bytes, sample->image.size);
	for (uint64_t at = 0; at < sample->image.size; at++) {
		uint32_t single = 1u << test_random_below(&random, 8);
		for (uint32_t mask = 1; mask < 512; mask <<= 1) {
			/* The ninth is all eight bits. */
			if (mask < 256 && mask != single && !is_deep())
				continue;
			damaged[at] ^= (uint8_t)(mask < 256 ? mask : 255);
			told += damage_expect_told_or_right(sample, damaged, at, at + 1, ++tried % THOROUGH_EVERY == 0);
			damaged[at] = sample->image.bytes[at];
		}
	}
	print_message("# %s: %llu flips in %llu bytes, %llu told, the others without consequence\n", name,
		      (unsigned long long)tried, (unsigned long long)sample->image.size, (unsigned long long)told);
	/* At least what is reserved, and all headers and entries. */
	assert_true(told > tried / 3 && told < tried);
	free(damaged);
}

static void test_corruption_undamaged_sample_is_clean(void **state)
{
	damage_sample samples[2];

	(void)state;
	samples[0] = damage_sample_closed();
	assert_false(damage_expect_told_or_right(&samples[0], samples[0].image.bytes, 1, 1, true));
	samples[1] = damage_sample_killed();
	assert_false(damage_expect_told_or_right(&samples[1], samples[1].image.bytes, 1, 1, true));
	for (size_t i = 0; i < samples[0].region_count; i++) {
		const damage_region *closed = &samples[0].regions[i], *killed = &samples[1].regions[i];
		assert_int_equal(closed->checkpoint, closed->entries[closed->count - 1].unit_start);
		assert_true(killed->checkpoint < killed->entries[killed->count - 2].unit_start);
	}
	damage_sample_free(&samples[0]);
	damage_sample_free(&samples[1]);
}

static void test_corruption_each_byte_of_closed_stream_is_told_or_harmless(void **state)
{
	damage_sample sample = damage_sample_closed();

	(void)state;
	flip_each_byte(&sample, "closed");
	damage_sample_free(&sample);
}

static void test_corruption_each_byte_of_killed_stream_is_told_or_harmless(void **state)
{
	damage_sample sample = damage_sample_killed();

	(void)state;
	flip_each_byte(&sample, "killed");
	damage_sample_free(&sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_corruption_undamaged_sample_is_clean),
	    cmocka_unit_test(test_corruption_each_byte_of_closed_stream_is_told_or_harmless),
	    cmocka_unit_test(test_corruption_each_byte_of_killed_stream_is_told_or_harmless),
	};

	if (!is_deep())
		damage_watchdog(400);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
