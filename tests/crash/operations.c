/* SPDX-License-Identifier: MIT */
#include "operations.h"

#include <stdio.h>
#include <string.h>

#include "crash.h"

/* Schedules of several threads: how many of each kind. */
#define WALKED_QUICK_MAX 12u
#define SEEDED 24u
#define SEEDED_QUICK 2u

#define SEEDED_GOING_ON 40u
#define CEILING_LEAP 16u

unsigned long long crash_ceiling_leap = CEILING_LEAP;
static char place[200];

const char *operation_place(void) { return place; }

typedef struct crash_bodies {
	crash_world *world;
	const crash_scenario *scenario;
} crash_bodies;

static void run_body(void *context, unsigned thread)
{
	const crash_bodies *bodies = context;

	bodies->scenario->body(bodies->world, thread);
}

static bool has_open_ones(const crash_world *world)
{
	for (unsigned i = 0; i < WORLD_RESERVATIONS_MAX; i++)
		if (world->reservations[i].handle)
			return true;
	for (unsigned i = 0; i < WORLD_GROUPS_MAX; i++)
		if (world->groups[i].handle)
			return true;
	return false;
}

/* All calls have returned, one of them a close: nobody is left who keeps the mapping and the writer lock. */
static void require_given_up(const crash_world *world)
{
	uint32_t mapping = atomic_load(&world->stream->mapping_pins), lock = atomic_load(&world->stream->lock_pins);

	if (world->closing && !has_open_ones(world) && (mapping || lock))
		crash_fail("the stream is closed, but mapping and lock are still held %u and %u times", mapping, lock);
}

static void run_once(const crash_scenario *scenario, crash_explorer *explorer, bool page_cache, uint64_t seed,
		     crash_schedule *schedule)
{
	static uint8_t image[CRASH_STREAM_BYTES];
	size_t from = 0;

	memset(image, 0, sizeof(image));
	if (scenario->fill)
		scenario->fill(explorer, image);
	uint32_t file_bytes = CRASH_STREAM_BYTES - scenario->blocks_left_out * CRASH_BLOCK_BYTES;
	crash_world *world = explorer_begin(explorer, image, file_bytes, page_cache);
	world->random = seed;
	if (!scenario->fill) {
		verb_create(world);
		if (scenario->prepare)
			scenario->prepare(world);
		from = world->history.count;
		world_note(world);
	}
	crash_bodies bodies = {.world = world, .scenario = scenario};
	device_use(&world->device);
	if (!fibers_run(schedule, scenario->threads ? scenario->threads : 1, run_body, &bodies))
		crash_fail("%s", crash_failure());
	require_given_up(world);
	world_die(world);
	explorer_run(explorer, from);
}

static void say_place(const crash_operation *operation, const crash_scenario *scenario, bool page_cache,
		      const char *kind, unsigned schedule)
{
	(void)snprintf(place, sizeof(place), "%s: %s, on %s, %s schedule %u", operation->name, scenario->name,
		       page_cache ? "the page cache" : "persistent memory", kind, schedule);
}

static void run_scenario(const crash_operation *operation, const crash_scenario *scenario, crash_explorer *explorer,
			 bool page_cache, uint64_t seed)
{
	bool has_more = scenario->threads > 1 || scenario->varied;
	unsigned walked_max = explorer->goes_on ? 1 : explorer->quick ? WALKED_QUICK_MAX : UINT32_MAX;
	unsigned seeded = explorer->goes_on ? SEEDED_GOING_ON : explorer->quick ? SEEDED_QUICK : SEEDED;
	static crash_schedule schedule;
	unsigned walked = 0;

	crash_ceiling_leap = scenario->ceiling_leap ? scenario->ceiling_leap : CEILING_LEAP;
	schedule_walk(&schedule, scenario->changes_max);
	do {
		say_place(operation, scenario, page_cache, "walked", walked);
		run_once(scenario, explorer, page_cache, seed, &schedule);
	} while (schedule_next(&schedule) && ++walked < walked_max);
	for (unsigned i = 0; has_more && i < seeded; i++) {
		say_place(operation, scenario, page_cache, "seeded", i);
		schedule_seed(&schedule, crash_mix(seed) + i);
		run_once(scenario, explorer, page_cache, crash_mix(seed + i), &schedule);
	}
}

void operation_run(const crash_operation *operation, crash_explorer *explorer, uint64_t seed)
{
	explorer_reset(explorer, seed);
	explorer->nested_one_in = operation->nested_one_in * (explorer->quick ? 4 : 1);
	for (size_t i = 0; i < operation->scenario_count; i++) {
		const crash_scenario *scenario = &operation->scenarios[i];
		if (explorer->only_scenario && strcmp(explorer->only_scenario, scenario->name) != 0)
			continue;
		run_scenario(operation, scenario, explorer, false, seed);
		run_scenario(operation, scenario, explorer, true, seed);
	}
}

size_t operation_count(void)
{
	return operations_alone_count + operations_deferred_count + operations_deferred_together_count +
	       operations_together_count;
}

const crash_operation *operation_at(size_t index)
{
	if (index < operations_alone_count)
		return &operations_alone[index];
	index -= operations_alone_count;
	if (index < operations_deferred_count)
		return &operations_deferred[index];
	index -= operations_deferred_count;
	if (index < operations_deferred_together_count)
		return &operations_deferred_together[index];
	return &operations_together[index - operations_deferred_together_count];
}
