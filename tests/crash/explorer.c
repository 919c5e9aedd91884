/* SPDX-License-Identifier: MIT */
#include "explorer.h"

#include <stdlib.h>
#include <string.h>

#include "crash.h"
#include "follow_up.h"

/* All images of a point where it has at most so many; else a sample. In recovery points are many, and the sample small. */
#define IMAGES_MAX 4096.0
#define IMAGES_SAMPLED 512u
#define IMAGES_NESTED_MAX 48.0
#define IMAGES_NESTED_SAMPLED 12u
#define IMAGES_QUICK_MAX 16.0
#define IMAGES_QUICK_SAMPLED 8u

/* ---- the set of what was tried ----------------------------------------------------------------------------------- */

static bool insert(uint64_t *set, size_t capacity, uint64_t key)
{
	size_t at = key & (capacity - 1);

	for (; set[at]; at = (at + 1) & (capacity - 1))
		if (set[at] == key)
			return false;
	set[at] = key;
	return true;
}

/* True when it was not there. */
static bool see(crash_explorer *explorer, uint64_t key)
{
	key = key ? key : 1;
	if (explorer->seen_count * 2 >= explorer->seen_capacity) {
		size_t capacity = explorer->seen_capacity ? explorer->seen_capacity * 2 : 1u << 16;
		uint64_t *set = crash_allocate(capacity * sizeof(*set));
		for (size_t i = 0; i < explorer->seen_capacity; i++)
			if (explorer->seen[i])
				(void)insert(set, capacity, explorer->seen[i]);
		free(explorer->seen);
		explorer->seen = set;
		explorer->seen_capacity = capacity;
	}
	bool is_new = insert(explorer->seen, explorer->seen_capacity, key);
	explorer->seen_count += is_new;
	return is_new;
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

crash_explorer *explorer_new(void)
{
	crash_explorer *made = crash_allocate(sizeof(*made));

	for (unsigned i = 0; i < LEVELS; i++) {
		made->levels[i].start = shadow_new();
		made->levels[i].now = shadow_new();
		made->levels[i].world.device.memory = crash_allocate(CRASH_STREAM_BYTES);
		made->levels[i].closed = crash_allocate(CRASH_STREAM_BYTES);
		made->levels[i].cut = crash_allocate(CRASH_STREAM_BYTES);
	}
	made->scratch = crash_allocate(CRASH_STREAM_BYTES);
	return made;
}

void explorer_free(crash_explorer *explorer)
{
	for (unsigned i = 0; i < LEVELS; i++) {
		crash_level *level = &explorer->levels[i];
		shadow_free(level->start);
		shadow_free(level->now);
		images_free(&level->images);
		free(level->world.device.memory);
		free(level->closed);
		free(level->cut);
		free(level->world.history.events);
		free(level->world.history.models);
	}
	free(explorer->scratch);
	free(explorer->seen);
	free(explorer);
}

void explorer_reset(crash_explorer *explorer, uint64_t seed)
{
	if (explorer->seen)
		memset(explorer->seen, 0, explorer->seen_capacity * sizeof(*explorer->seen));
	explorer->seen_count = 0;
	explorer->states = explorer->nested_states = 0;
	explorer->random = seed;
}

/* An empty world on the memory of its level. */
static crash_world *begin_world(crash_level *level, uint32_t file_bytes, bool page_cache)
{
	crash_world *world = &level->world;
	uint8_t *memory = world->device.memory;
	crash_history history = world->history;

	history_reset(&history);
	memset(world, 0, sizeof(*world));
	world->history = history;
	world->device = (crash_device){
	    .memory = memory, .history = &world->history, .file_bytes = file_bytes, .page_cache = page_cache};
	return world;
}

crash_world *explorer_begin(crash_explorer *explorer, const uint8_t *image, uint32_t file_bytes, bool page_cache)
{
	crash_level *level = &explorer->levels[0];
	crash_world *world = begin_world(level, file_bytes, page_cache);

	shadow_begin(level->start, image, file_bytes, page_cache);
	memcpy(world->device.memory, image, CRASH_STREAM_BYTES);
	return world;
}

/* ---- one state --------------------------------------------------------------------------------------------------- */

static void go_through(crash_explorer *explorer, unsigned level, size_t from);

/* The stream in `image` is what the model says, exactly, and takes an entry. */
static void try_again(crash_level *level, const uint8_t *image, uint32_t file_bytes, const crash_model *expected)
{
	crash_world *world = begin_world(level, file_bytes, level->start->page_cache);

	memcpy(world->device.memory, image, CRASH_STREAM_BYTES);
	world->model = *expected;
	verb_open(world);
	for (unsigned i = 0; i < world->model.region_count; i++)
		if (world->regions[i])
			verb_append(world, i, 8);
	world_die(world);
}

/* What is durable at the end of the session that level has had. */
static void cut_power(crash_level *level, size_t events, uint8_t *image)
{
	shadow_copy(level->now, level->start);
	for (size_t i = 0; i < events; i++)
		shadow_apply(level->now, &level->world.history.events[i]);
	memcpy(image, level->now->durable, CRASH_STREAM_BYTES);
	level->cut_bytes = level->now->file_durable;
}

/* A session that begins with levels[number].start, and what comes after it. */
static void try_session(crash_explorer *explorer, unsigned number, const crash_model *expected)
{
	crash_level *level = &explorer->levels[number];
	crash_world *world = begin_world(level, level->start->file_newest, level->start->page_cache);

	shadow_newest(level->start, world->device.memory);
	world->model = *expected;
	world->random = crash_random(&explorer->random);
	world_note(world);
	verb_read_beside(world);
	verb_open(world);
	follow_up(world);
	size_t events = world->history.count;
	const crash_model before_close = world->model;
	verb_close(world);
	world_die(world);
	memcpy(level->closed, world->device.memory, CRASH_STREAM_BYTES);
	level->closed_bytes = world->device.file_bytes;
	cut_power(level, events, level->cut);

	const crash_model after = world->model;
	if (number + 1 < LEVELS && crash_random_below(&explorer->random, explorer->nested_one_in) == 0)
		go_through(explorer, number, 0);
	/* The session is over: its world is used again. */
	try_again(level, level->cut, level->cut_bytes, &before_close);
	try_again(level, level->closed, level->closed_bytes, &after);
}

/* ---- the images of one point ------------------------------------------------------------------------------------- */

typedef struct crash_point {
	crash_explorer *explorer;
	unsigned level; /* whose history it is */
	const crash_model *model;
	uint64_t model_digest;
	size_t picked[SHADOW_UNITS_MAX]; /* number of the variant, for each unit of images */
} crash_point;

static void count_state(crash_point *point)
{
	point->explorer->states++;
	point->explorer->nested_states += point->level > 0;
}

/* The image that is picked, in a file of that size, unless it was tried before. */
static void try_picked_in(crash_point *point, uint32_t file_bytes)
{
	crash_level *level = &point->explorer->levels[point->level];
	const crash_shadow *now = level->now;
	uint64_t hash = now->hash;

	for (size_t i = 0; i < level->images.unit_count; i++) {
		const crash_variants *variants = &level->images.units[i];
		hash += variants->list[point->picked[i]].hash - now->hashes[variants->unit];
	}
	if (!see(point->explorer, crash_mix(hash + file_bytes) ^ point->model_digest))
		return;
	memcpy(point->explorer->scratch, now->durable, CRASH_STREAM_BYTES);
	for (size_t i = 0; i < level->images.unit_count; i++) {
		const crash_variants *variants = &level->images.units[i];
		memcpy(point->explorer->scratch + (uint64_t)variants->unit * now->unit_bytes,
		       variants->list[point->picked[i]].bytes, now->unit_bytes);
	}
	/* Space that a file gets later holds zeros. */
	memset(point->explorer->scratch + file_bytes, 0, CRASH_STREAM_BYTES - file_bytes);
	shadow_begin(point->explorer->levels[point->level + 1].start, point->explorer->scratch, file_bytes,
		     now->page_cache);
	count_state(point);
	try_session(point->explorer, point->level + 1, point->model);
}

static void try_picked(crash_point *point)
{
	const crash_shadow *now = point->explorer->levels[point->level].now;
	const uint32_t durable = now->file_durable, newest = now->file_newest; /* `now` is used again in there */

	try_picked_in(point, durable);
	if (newest != durable)
		try_picked_in(point, newest);
}

/* The process dies, and the machine goes on: all stores are there, none is durable by that. */
static void try_kill(crash_point *point)
{
	crash_level *level = &point->explorer->levels[point->level];
	crash_shadow *next = point->explorer->levels[point->level + 1].start;

	shadow_newest(level->now, point->explorer->scratch);
	uint64_t key = crash_hash(point->explorer->scratch, CRASH_STREAM_BYTES, level->now->hash);
	if (!see(point->explorer, crash_mix(key) ^ point->model_digest))
		return;
	shadow_copy(next, level->now);
	shadow_kill(next);
	count_state(point);
	try_session(point->explorer, point->level + 1, point->model);
}

static void pick_all(crash_point *point, bool newest)
{
	const crash_images *images = &point->explorer->levels[point->level].images;

	for (size_t i = 0; i < images->unit_count; i++)
		point->picked[i] = newest && images->units[i].count > 1 ? 1 : 0;
}

static void try_every_image(crash_point *point)
{
	const crash_images *images = &point->explorer->levels[point->level].images;
	size_t at;

	pick_all(point, false);
	do {
		try_picked(point);
		for (at = 0; at < images->unit_count; at++) {
			if (++point->picked[at] < images->units[at].count)
				break;
			point->picked[at] = 0;
		}
	} while (at < images->unit_count);
}

/* None, all, each unit alone in, each alone out, and seeded ones. */
static void try_some_images(crash_point *point, unsigned sampled)
{
	const crash_images *images = &point->explorer->levels[point->level].images;
	uint64_t *random = &point->explorer->random;

	for (int newest = 0; newest < 2; newest++) {
		pick_all(point, newest);
		try_picked(point);
		for (size_t i = 0; i < images->unit_count; i++) {
			pick_all(point, newest);
			point->picked[i] = images->units[i].count > 1 ? !newest : 0;
			try_picked(point);
		}
	}
	for (unsigned n = 0; n < sampled; n++) {
		uint64_t partly = crash_random_below(random, 101);
		for (size_t i = 0; i < images->unit_count; i++) {
			size_t count = images->units[i].count;
			bool any = crash_random_below(random, 100) < partly;
			point->picked[i] = crash_random_below(random, any || count < 2 ? count : 2);
		}
		try_picked(point);
	}
}

static void try_point(crash_point *point)
{
	crash_level *level = &point->explorer->levels[point->level];

	images_list(&level->images, level->now, &point->explorer->random);
	try_kill(point);
	double most = point->level ? IMAGES_NESTED_MAX : IMAGES_MAX;
	unsigned sampled = point->level ? IMAGES_NESTED_SAMPLED : IMAGES_SAMPLED;
	if (point->explorer->quick) {
		most = IMAGES_QUICK_MAX;
		sampled = IMAGES_QUICK_SAMPLED;
	}
	if (level->images.total <= most)
		try_every_image(point);
	else
		try_some_images(point, sampled);
}

/* ---- the points of a history ------------------------------------------------------------------------------------- */

static void go_through(crash_explorer *explorer, unsigned number, size_t from)
{
	crash_level *level = &explorer->levels[number];
	const crash_history *history = &level->world.history;
	crash_point point = {.explorer = explorer, .level = number};

	shadow_copy(level->now, level->start);
	for (size_t i = 0; i < history->count; i++) {
		const crash_event *event = &history->events[i];
		if (event->kind == EVENT_MODEL) {
			point.model = &history->models[event->value];
			point.model_digest = model_digest(point.model);
		}
		shadow_apply(level->now, event);
		if (i >= from && event->point && point.model)
			try_point(&point);
	}
}

void explorer_run(crash_explorer *explorer, size_t from) { go_through(explorer, 0, from); }
