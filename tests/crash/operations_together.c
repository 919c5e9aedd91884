/* SPDX-License-Identifier: MIT */
/* Operations of several threads. */
#include "crash.h"
#include "operations.h"

static void one_region(crash_world *world) { verb_append(world, verb_create_region(world, 3000, 64), 8); }

static void one_packed_region(crash_world *world) { verb_append(world, verb_create_region(world, 3000, 8), 8); }

static void two_regions(crash_world *world)
{
	(void)verb_create_region(world, 3000, 64);
	(void)verb_create_region(world, 3000, 64);
}

/* ---- one region -------------------------------------------------------------------------------------------------- */

static void append_one(crash_world *world, unsigned thread) { verb_append(world, 0, thread == 1 ? 16 : 8); }

static void append_two(crash_world *world, unsigned thread)
{
	verb_append(world, 0, 8);
	verb_append(world, 0, thread ? 40 : 8);
}

/* The first publishes while the second appends behind the reservation, in any order. */
static void publish_beside_append(crash_world *world, unsigned thread)
{
	if (thread == 0) {
		verb_reserve(world, 0, 0, 16);
		verb_write(world, 0);
		verb_publish(world, 0, 16);
	} else {
		verb_append(world, 0, 8);
	}
}

static void open_reservation(crash_world *world)
{
	one_region(world);
	verb_reserve(world, 0, 0, 16);
	verb_reserve(world, 1, 0, 8);
}

static void finish_beside_append(crash_world *world, unsigned thread)
{
	if (thread == 0) {
		verb_write(world, 0);
		verb_publish(world, 0, 9);
	} else if (thread == 1) {
		verb_append(world, 0, 8);
	} else {
		verb_abandon(world, 1);
	}
}

static void publish_both(crash_world *world, unsigned thread)
{
	verb_write(world, thread);
	verb_publish(world, thread, 8);
}

static void three_at_once(crash_world *world, unsigned thread)
{
	if (thread == 0) {
		verb_append(world, 0, 8);
	} else if (thread == 1) {
		verb_reserve(world, 0, 0, 8);
		verb_append(world, 0, 8);
		verb_abandon(world, 0);
	} else {
		verb_reserve(world, 1, 0, 16);
		verb_write(world, 1);
		verb_publish(world, 1, 16);
	}
}

static void group_beside_append(crash_world *world, unsigned thread)
{
	if (thread == 0)
		verb_group(world, 0, 2, 8, PMS_APPEND_DURABLE);
	else
		verb_append(world, 0, 8);
}

static void disturb_append(crash_world *world, unsigned thread)
{
	if (thread == 0) {
		verb_append_shared(world, 0, 40);
		verb_append(world, 0, 8);
	} else {
		verb_disturb(world, 4);
	}
}

static const crash_scenario one_region_scenarios[] = {
    {.name = "two appends", .prepare = one_region, .body = append_one, .threads = 2, .changes_max = 3},
    {.name = "two appends each", .prepare = one_region, .body = append_two, .threads = 2, .changes_max = 1},
    {.name = "two appends each, packed",
     .prepare = one_packed_region,
     .body = append_two,
     .threads = 2,
     .changes_max = 1},
    {.name = "publish and append",
     .prepare = one_region,
     .body = publish_beside_append,
     .threads = 2,
     .changes_max = 2},
    {.name = "publish, append, abandon",
     .prepare = open_reservation,
     .body = finish_beside_append,
     .threads = 3,
     .changes_max = 1},
    {.name = "two publish", .prepare = open_reservation, .body = publish_both, .threads = 2, .changes_max = 2},
    {.name = "three appends", .prepare = one_region, .body = append_one, .threads = 3, .changes_max = 1},
    {.name = "three of a kind", .prepare = one_region, .body = three_at_once, .threads = 3, .changes_max = 1},
    {.name = "group and append", .prepare = one_region, .body = group_beside_append, .threads = 2, .changes_max = 2},
    {.name = "a buffer that changes", .prepare = one_region, .body = disturb_append, .threads = 2, .changes_max = 2},
};

/* ---- two regions, and changes of the layout beside work ---------------------------------------------------------- */

static void append_each(crash_world *world, unsigned thread)
{
	verb_append(world, thread % 2, 8);
	verb_append(world, (thread + 1) % 2, 16);
}

static void clear_beside_append(crash_world *world, unsigned thread)
{
	if (thread == 0)
		verb_append(world, 0, 8);
	else
		verb_clear(world, 0);
}

static void create_beside_append(crash_world *world, unsigned thread)
{
	if (thread == 0) {
		verb_append(world, 0, 8);
		verb_append(world, 1, 8);
	} else {
		verb_append(world, verb_create_region(world, 1000, 64), 8);
	}
}

static void free_beside_append(crash_world *world, unsigned thread)
{
	if (thread == 0)
		verb_append(world, 1, 8);
	else
		verb_free(world, 0);
}

static const crash_scenario two_region_scenarios[] = {
    {.name = "appends to both", .prepare = two_regions, .body = append_each, .threads = 2, .changes_max = 2},
    {.name = "three threads", .prepare = two_regions, .body = append_each, .threads = 3, .changes_max = 1},
    {.name = "clear and append", .prepare = one_region, .body = clear_beside_append, .threads = 2, .changes_max = 2},
    {.name = "create and append", .prepare = two_regions, .body = create_beside_append, .threads = 2, .changes_max = 1},
    {.name = "free and append", .prepare = two_regions, .body = free_beside_append, .threads = 2, .changes_max = 2},
};

/* ---- the persisted timestamp ------------------------------------------------------------------------------------- */

static void persist_beside_publish(crash_world *world, unsigned thread)
{
	if (thread == 0) {
		verb_write(world, 0);
		verb_publish(world, 0, 16);
	} else {
		verb_persist(world);
	}
}

static void persist_beside_append(crash_world *world, unsigned thread)
{
	if (thread == 0)
		verb_append(world, 0, 8);
	else
		verb_persist(world);
}

/* The append is done when the publish is not, and the hole that this may leave lies below its timestamp. */
static void persist_beside_both(crash_world *world, unsigned thread)
{
	if (thread == 1)
		verb_append(world, 0, 8);
	else
		persist_beside_publish(world, thread);
}

static void one_reservation(crash_world *world)
{
	one_region(world);
	verb_reserve(world, 0, 0, 16);
}

static const crash_scenario persist_scenarios[] = {
    {.name = "beside a publish and an append",
     .prepare = one_reservation,
     .body = persist_beside_both,
     .threads = 3,
     .changes_max = 2},
    {.name = "beside a publish",
     .prepare = open_reservation,
     .body = persist_beside_publish,
     .threads = 2,
     .changes_max = 2},
    {.name = "beside an append", .prepare = one_region, .body = persist_beside_append, .threads = 2, .changes_max = 2},
};

/* ---- what stays behind a hole ------------------------------------------------------------------------------------ */

static const crash_scenario leftover_scenarios[] = {
    {.name = "two appends", .prepare = one_region, .body = append_one, .threads = 2, .changes_max = 1},
    {.name = "two appends, packed", .prepare = one_packed_region, .body = append_one, .threads = 2, .changes_max = 1},
    {.name = "three appends", .prepare = one_region, .body = append_one, .threads = 3, .changes_max = 1},
};

/* ---- the ceiling ------------------------------------------------------------------------------------------------- */

static void append_many(crash_world *world, unsigned thread)
{
	(void)thread;
	for (unsigned i = 0; i < 6; i++)
		verb_append(world, 0, 8);
}

static const crash_scenario ceiling_scenarios[] = {
    {.name = "ahead", .prepare = one_region, .body = append_many, .threads = 2, .changes_max = 1},
    {.name = "at the last moment",
     .prepare = one_region,
     .body = append_many,
     .threads = 2,
     .changes_max = 1,
     .ceiling_leap = 4},
};

/* ---- growing ----------------------------------------------------------------------------------------------------- */

static void grow_beside(crash_world *world, unsigned thread)
{
	if (thread == 0)
		verb_grow(world, CRASH_STREAM_BYTES);
	else
		verb_append(world, 0, 8);
}

/* The region finds room, or does not. */
static void grow_beside_a_creation(crash_world *world, unsigned thread)
{
	if (thread == 0)
		verb_grow(world, CRASH_STREAM_BYTES);
	else
		(void)verb_create_region(world, 3000, 64);
}

static const crash_scenario growing_scenarios[] = {
    {.name = "an append",
     .prepare = one_region,
     .body = grow_beside,
     .threads = 2,
     .changes_max = 1,
     .blocks_left_out = 3},
    {.name = "a creation",
     .prepare = one_region,
     .body = grow_beside_a_creation,
     .threads = 2,
     .changes_max = 1,
     .blocks_left_out = 3},
};

/* ---- anything ---------------------------------------------------------------------------------------------------- */

static void prepare_anything(crash_world *world)
{
	for (unsigned i = 0; i < 2; i++)
		(void)verb_create_region(world, 3000, crash_random_below(&world->random, 2) ? 64 : 8);
}

/* A region of any state; the number of it. */
static unsigned any_region(const crash_world *world, uint64_t *random)
{
	unsigned region = (unsigned)crash_random_below(random, world->model.region_count);

	return world->regions[region] ? region : 0;
}

/* Reservations of a thread are its own: two of the places. */
static void do_something(crash_world *world, unsigned thread, uint64_t *random)
{
	unsigned region = any_region(world, random);
	unsigned slot = thread * 2 + (unsigned)crash_random_below(random, 2);
	uint32_t bytes = 8 + (uint32_t)crash_random_below(random, crash_random_below(random, 4) ? 40 : 200);

	switch (crash_random_below(random, 22)) {
	case 0:
	case 1:
		if (!world->reservations[slot].handle)
			verb_reserve(world, slot, region, bytes);
		break;
	case 2:
	case 3:
		verb_write(world, slot);
		verb_publish(world, slot, bytes);
		break;
	case 4:
		verb_abandon(world, slot);
		break;
	case 5:
		verb_clear(world, region);
		break;
	case 6:
		verb_persist(world);
		break;
	case 7:
		verb_group(world, region, 2, 8, bytes % 2 ? PMS_APPEND_DURABLE : PMS_APPEND_DEFERRED);
		break;
	case 8:
		verb_free(world, region);
		break;
	case 9:
		if (world->model.region_count + 3 < MODEL_REGIONS_MAX)
			verb_append(world, verb_create_region(world, 500 + bytes * 10, bytes % 2 ? 64 : 8), 8);
		break;
	case 10:
	case 11:
	case 12:
		verb_append_deferred(world, region, bytes);
		break;
	case 13:
	case 14:
		verb_persist_region(world, region);
		break;
	case 15:
		if (!world->groups[thread].handle)
			verb_begin_group(world, thread, region, 2, 16);
		verb_add_to_group(world, thread, 8);
		break;
	case 16:
		verb_publish_group(world, thread);
		break;
	case 17:
		verb_append_parts(world, region, bytes, bytes % 2);
		break;
	default:
		verb_append(world, region, bytes);
		break;
	}
}

static void do_anything(crash_world *world, unsigned thread)
{
	uint64_t random = crash_mix(world->random + thread);
	unsigned count = 2 + (unsigned)crash_random_below(&random, thread ? 3 : 5);

	for (unsigned i = 0; i < count; i++)
		do_something(world, thread, &random);
}

static const crash_scenario mixed_scenarios[] = {
    {.name = "one thread", .prepare = prepare_anything, .body = do_anything, .varied = true},
    {.name = "two threads", .prepare = prepare_anything, .body = do_anything, .varied = true, .threads = 2},
    {.name = "three threads", .prepare = prepare_anything, .body = do_anything, .varied = true, .threads = 3},
};

const crash_operation operations_together[] = {
    {.name = "threads-one-region", SCENARIOS(one_region_scenarios), .nested_one_in = 48},
    {.name = "threads-two-regions", SCENARIOS(two_region_scenarios), .nested_one_in = 48},
    {.name = "persist", SCENARIOS(persist_scenarios), .nested_one_in = 1},
    {.name = "ceiling-threads", SCENARIOS(ceiling_scenarios), .nested_one_in = 32},
    {.name = "leftover-tail", SCENARIOS(leftover_scenarios), .nested_one_in = 4},
    {.name = "grow-beside", SCENARIOS(growing_scenarios), .nested_one_in = 16},
    {.name = "mixed", SCENARIOS(mixed_scenarios), .nested_one_in = 64},
};
const size_t operations_together_count = sizeof(operations_together) / sizeof(operations_together[0]);
