/* SPDX-License-Identifier: MIT */
/*
 * Damage of many bytes, from a seed: bursts, zeroed lines, sectors and blocks, pieces in the wrong place. It is told, or
 * everything is right. PMS_TEST_SEED replays or varies it; PMS_TEST_DEEP=1 tries far more.
 *
 * The seed is fixed unless given: a sealed word has a check of 8 bits, so one in 256 random words that fall on it and on
 * nothing else passes as whole.
 */
#include "damage_sample.h"
#include "memory_file.h"

#define TRIALS 4000u
#define TRIALS_DEEP 400000u

typedef struct range {
	uint64_t from, to;
} range;

static range some_range(uint64_t size, uint64_t unit, uint64_t units_max, uint64_t *random)
{
	uint64_t bytes = unit * (1 + test_random_below(random, units_max));
	uint64_t from = unit * test_random_below(random, (size - bytes) / unit + 1);

	return (range){from, from + bytes};
}

/* Changes some bytes and says which. */
static range damage(uint8_t *bytes, uint64_t size, uint64_t *random)
{
	const uint64_t units[] = {8, 64, 512, 4096};
	uint64_t unit = units[test_random_below(random, 4)];
	range r = some_range(size, unit, 1, random);

	switch (test_random_below(random, 6)) {
	case 0: /* a burst */
		r = some_range(size, 1, 64, random);
		for (uint64_t at = r.from; at < r.to; at++)
			bytes[at] ^= (uint8_t)test_random(random);
		break;
	case 1: /* some bytes close by */
		r = some_range(size, 64, 8, random);
		for (int i = 0; i < 4; i++)
			bytes[r.from + test_random_below(random, r.to - r.from)] ^= (uint8_t)test_random(random);
		break;
	case 2:
		memset(bytes + r.from, 0, r.to - r.from);
		break;
	case 3:
		memset(bytes + r.from, 0xff, r.to - r.from);
		break;
	case 4: /* what belongs elsewhere */
		memcpy(bytes + r.from, bytes + some_range(size, unit, 1, random).from, r.to - r.from);
		break;
	default:
		test_fill(bytes + r.from, r.to - r.from, test_random(random));
		break;
	}
	return r;
}

static void damage_many(const damage_sample *sample, const char *name)
{
	bool deep = getenv("PMS_TEST_DEEP") && getenv("PMS_TEST_DEEP")[0] == '1';
	uint64_t random = getenv("PMS_TEST_SEED") ? test_seed() : 20240229;
	uint64_t trials = deep ? TRIALS_DEEP : TRIALS, told = 0;
	uint8_t *damaged = malloc(sample->image.size);

	assert_non_null(damaged);
	for (uint64_t i = 0; i < trials; i++) {
		memcpy(damaged, sample->image.bytes, sample->image.size);
		range r = damage(damaged, sample->image.size, &random);
		told += damage_expect_told_or_right(sample, damaged, r.from, r.to, i % 4 == 0);
	}
	print_message("# %s: %llu damaged images, %llu told, the others without consequence\n", name,
		      (unsigned long long)trials, (unsigned long long)told);
	assert_true(told > trials / 4 && told < trials);
	free(damaged);
}

static void test_corruption_many_bytes_of_closed_stream_are_told_or_harmless(void **state)
{
	damage_sample sample = damage_sample_closed();

	(void)state;
	damage_many(&sample, "closed");
	damage_sample_free(&sample);
}

static void test_corruption_many_bytes_of_killed_stream_are_told_or_harmless(void **state)
{
	damage_sample sample = damage_sample_killed();

	(void)state;
	damage_many(&sample, "killed");
	damage_sample_free(&sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_corruption_many_bytes_of_closed_stream_are_told_or_harmless),
	    cmocka_unit_test(test_corruption_many_bytes_of_killed_stream_are_told_or_harmless),
	};

	if (!getenv("PMS_TEST_DEEP"))
		damage_watchdog(400);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
