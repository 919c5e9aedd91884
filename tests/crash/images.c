/* SPDX-License-Identifier: MIT */
/* The images that a power cut may leave: for each unit the ways in which it may be found. */
#include <stdlib.h>
#include <string.h>

#include "crash.h"
#include "shadow.h"

/* A unit with more choices than that is sampled. */
#define VARIANTS_MAX 2048u
#define VARIANTS_SAMPLED 256u

/* Which stores of a unit are in. */
typedef struct crash_choice {
	const crash_shadow *shadow;
	const crash_unit *unit;
	uint32_t index;
	crash_variants *out;
} crash_choice;

static void add_variant(crash_variants *variants, const uint8_t *bytes, size_t unit_bytes, uint64_t hash)
{
	for (size_t i = 0; i < variants->count; i++)
		if (variants->list[i].hash == hash)
			return;
	variants->list = crash_grow(variants->list, variants->count, &variants->capacity, sizeof(*variants->list));
	crash_variant *made = &variants->list[variants->count++];
	memcpy(made->bytes, bytes, unit_bytes);
	made->hash = hash;
}

/* The durable ones, the ordered ones before `cut`, those of the user's run at `cut` and the loose ones that the masks name. */
static void add_choice(const crash_choice *choice, size_t cut, uint64_t run_mask, uint64_t loose_mask)
{
	size_t unit_bytes = choice->shadow->unit_bytes;
	uint8_t bytes[UNIT_BYTES_MAX];

	memcpy(bytes, choice->shadow->durable + choice->index * unit_bytes, unit_bytes);
	for (size_t i = 0, run = 0, loose = 0; i < choice->unit->count; i++) {
		const crash_pending_store *store = &choice->unit->stores[i];
		bool in = store->durable;
		if (!store->durable && store->kind == STORE_LOOSE)
			in = loose_mask >> (loose++ % 64) & 1;
		else if (!store->durable)
			in = i < cut || (i >= cut && run < 64 && run_mask >> run++ & 1);
		if (in)
			memcpy(bytes + store->at, &store->value, sizeof(store->value));
	}
	add_variant(choice->out, bytes, unit_bytes, crash_hash(bytes, unit_bytes, choice->index + 1));
}

static bool is_ordered(const crash_pending_store *store) { return !store->durable && store->kind != STORE_LOOSE; }

/* Words of the user from `cut` on, up to the next ordered store that is not his. */
static unsigned run_at(const crash_unit *unit, size_t cut)
{
	unsigned run = 0;

	if (cut >= unit->count || !is_ordered(&unit->stores[cut]) || unit->stores[cut].kind != STORE_USER)
		return 0;
	if (cut > 0 && is_ordered(&unit->stores[cut - 1]) && unit->stores[cut - 1].kind == STORE_USER)
		return 0; /* in the middle of a run: its beginning has had all subsets */
	for (size_t i = cut; i < unit->count && run < 63; i++) {
		if (!is_ordered(&unit->stores[i]))
			continue;
		if (unit->stores[i].kind != STORE_USER)
			break;
		run++;
	}
	return run;
}

static void list_unit(const crash_choice *choice, uint64_t *random)
{
	const crash_unit *unit = choice->unit;
	unsigned loose = 0;
	double total = 0;

	for (size_t i = 0; i < unit->count; i++)
		loose += !unit->stores[i].durable && unit->stores[i].kind == STORE_LOOSE;
	add_choice(choice, 0, 0, 0);
	add_choice(choice, unit->count, 0, UINT64_MAX);
	for (size_t cut = 0; cut <= unit->count; cut++)
		total += (double)(1ull << run_at(unit, cut)) * (double)(1ull << (loose < 63 ? loose : 63));
	for (size_t cut = 0; total <= VARIANTS_MAX && cut <= unit->count; cut++)
		for (uint64_t run = 0; run < 1ull << run_at(unit, cut); run++)
			for (uint64_t mask = 0; mask < 1ull << loose; mask++)
				add_choice(choice, cut, run, mask);
	if (total <= VARIANTS_MAX)
		return;
	for (size_t cut = 0; cut <= unit->count; cut++) {
		add_choice(choice, cut, 0, 0);
		add_choice(choice, cut, 0, UINT64_MAX);
	}
	for (unsigned i = 0; i < loose && i < 64; i++) {
		add_choice(choice, unit->count, 0, 1ull << i);
		add_choice(choice, unit->count, 0, ~(1ull << i));
	}
	for (unsigned i = 0; i < VARIANTS_SAMPLED; i++) {
		size_t cut = crash_random_below(random, unit->count + 1);
		unsigned run = run_at(unit, cut);
		add_choice(choice, cut, crash_random(random) & ((1ull << run) - 1), crash_random(random));
	}
}

void images_list(crash_images *images, const crash_shadow *shadow, uint64_t *random)
{
	images->unit_count = 0;
	images->total = 1;
	for (size_t i = 0; i < shadow->dirty_count; i++) {
		size_t before = images->unit_capacity;
		images->units =
		    crash_grow(images->units, images->unit_count, &images->unit_capacity, sizeof(*images->units));
		memset(images->units + before, 0, (images->unit_capacity - before) * sizeof(*images->units));
		crash_variants *out = &images->units[images->unit_count];
		out->unit = shadow->dirty[i];
		out->count = 0;
		const crash_choice choice = {
		    .shadow = shadow,
		    .unit = &shadow->units[out->unit],
		    .index = out->unit,
		    .out = out,
		};
		list_unit(&choice, random);
		if (out->count == 1 && out->list[0].hash == shadow->hashes[out->unit])
			continue; /* whatever is in, the bytes are the same */
		images->total *= (double)out->count;
		images->unit_count++;
	}
}

void images_free(crash_images *images)
{
	for (size_t i = 0; i < images->unit_capacity; i++)
		free(images->units[i].list);
	free(images->units);
	*images = (struct crash_images){0};
}
