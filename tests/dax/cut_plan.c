/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cut.h"

/* splitmix64 */
static uint64_t next(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static uint64_t start(uint64_t seed, uint32_t round, uint32_t thread, uint64_t sequence)
{
	uint64_t state = seed;

	state = next(&state) ^ round;
	state = next(&state) ^ thread;
	state = next(&state) ^ sequence;
	return next(&state);
}

cut_operation cut_plan(uint64_t seed, uint32_t round, uint32_t thread, uint64_t sequence)
{
	static const cut_verb verbs[16] = {CUT_PUBLISH, CUT_PUBLISH, CUT_PUBLISH, CUT_ABANDON,
					   CUT_HOLD}; /* else append */
	static const uint32_t limits[16] = {CUT_BYTES_MAX, 4096, 4096, 64, 64, 64};
	uint64_t state = start(seed, round, thread, sequence);
	uint32_t limit = limits[next(&state) % 16];
	cut_operation operation;

	operation.verb = verbs[next(&state) % 16];
	/* Mostly a region that the thread shares with half of the others, so that the order across both is mixed. */
	operation.region = next(&state) % 4 != 0 ? thread % CUT_REGIONS : (uint32_t)(next(&state) % CUT_REGIONS);
	operation.reserved = sizeof(cut_name) + next(&state) % (limit ? limit : 512);
	operation.bytes = operation.reserved;
	if (operation.verb != CUT_APPEND && next(&state) % 2 == 0)
		operation.bytes = sizeof(cut_name) + (operation.reserved - sizeof(cut_name)) / 3;
	return operation;
}

/* Word number `index` behind the name. */
static uint64_t word_at(uint64_t key, uint64_t index)
{
	uint64_t state = key + index;

	return next(&state);
}

static uint64_t key_of(uint64_t seed, const cut_name *name)
{
	return start(~seed, name->round, name->thread, name->sequence);
}

void cut_fill(uint64_t seed, const cut_name *name, uint8_t *payload, uint64_t bytes)
{
	const uint64_t key = key_of(seed, name);

	memcpy(payload, name, sizeof(*name));
	for (uint64_t at = sizeof(*name), index = 0; at < bytes; at += 8, index++) {
		uint64_t word = word_at(key, index);

		memcpy(payload + at, &word, bytes - at < 8 ? bytes - at : 8);
	}
}

bool cut_is_filled(uint64_t seed, const cut_name *name, const uint8_t *payload, uint64_t bytes)
{
	const uint64_t key = key_of(seed, name);

	if (bytes < sizeof(*name) || memcmp(payload, name, sizeof(*name)) != 0)
		return false;
	for (uint64_t at = sizeof(*name), index = 0; at < bytes; at += 8, index++) {
		uint64_t word = word_at(key, index);

		if (memcmp(payload + at, &word, bytes - at < 8 ? bytes - at : 8) != 0)
			return false;
	}
	return true;
}
