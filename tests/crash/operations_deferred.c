/* SPDX-License-Identifier: MIT */
/* Operations of one thread that leave something to be persisted later: deferred appends, persist, groups in place. */
#include "operations.h"

static void one_region(crash_world *world) { verb_append(world, verb_create_region(world, 3000, 64), 8); }

static void one_packed_region(crash_world *world) { verb_append(world, verb_create_region(world, 3000, 8), 8); }

static void two_regions(crash_world *world)
{
	(void)verb_create_region(world, 3000, 64);
	(void)verb_create_region(world, 3000, 8);
}

/* ---- deferred ---------------------------------------------------------------------------------------------------- */

static void leave_deferred(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_append_deferred(world, 0, 8);
	verb_append_deferred(world, 0, 72);
	verb_append_deferred(world, 0, 16);
}

static void append_behind_deferred(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_append_deferred(world, 0, 8);
	verb_append_deferred(world, 0, 40);
	verb_append(world, 0, 8); /* promises what lies before it */
	verb_append_deferred(world, 0, 8);
	verb_group(world, 0, 2, 8, PMS_APPEND_DEFERRED);
}

static void append_parts(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_append_parts(world, 0, 21, PMS_APPEND_DURABLE);
	verb_append_parts(world, 0, 50, PMS_APPEND_DEFERRED);
	verb_append_parts(world, 0, 100, PMS_APPEND_DURABLE);
}

static void defer_around_reservations(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_append_deferred(world, 0, 8);
	verb_reserve(world, 0, 0, 16);
	verb_write(world, 0);
	verb_append_deferred(world, 0, 8);
	verb_publish(world, 0, 16); /* promises the first, not the second */
	verb_reserve(world, 0, 0, 8);
	verb_reserve(world, 1, 0, 8);
	verb_append_deferred(world, 0, 8);
	verb_abandon(world, 0);
	verb_append(world, 0, 8);
}

static void defer_and_close(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_append_deferred(world, 0, 8);
	verb_reserve(world, 0, 0, 16);
	verb_append_deferred(world, 0, 8);
	verb_append_deferred(world, 1, 24);
	verb_close(world);
}

static const crash_scenario deferred_scenarios[] = {
    {.name = "left", .prepare = one_region, .body = leave_deferred},
    {.name = "left, packed", .prepare = one_packed_region, .body = leave_deferred},
    {.name = "an append behind", .prepare = one_region, .body = append_behind_deferred},
    {.name = "an append behind, packed", .prepare = one_packed_region, .body = append_behind_deferred},
    {.name = "parts", .prepare = one_region, .body = append_parts},
    {.name = "around reservations", .prepare = one_region, .body = defer_around_reservations},
    {.name = "around reservations, packed", .prepare = one_packed_region, .body = defer_around_reservations},
    {.name = "closed", .prepare = two_regions, .body = defer_and_close},
};

/* ---- persist of a region ----------------------------------------------------------------------------------------- */

static void persist_all(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_append_deferred(world, 0, 8);
	verb_append_deferred(world, 0, 40);
	verb_persist_region(world, 0);
	verb_persist_region(world, 0); /* nothing is left to do */
	verb_group(world, 0, 2, 8, PMS_APPEND_DEFERRED);
	verb_persist_region(world, 0);
	verb_append_deferred(world, 0, 8);
}

static void persist_some(crash_world *world, unsigned thread)
{
	(void)thread;
	for (unsigned i = 0; i < 3; i++)
		verb_append_deferred(world, 0, 8 + i * 16);
	verb_persist_to(world, 0, 1);
	verb_append_deferred(world, 0, 8);
	verb_persist_to(world, 0, 0);
}

static void persist_past_reservations(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_append_deferred(world, 0, 8);
	verb_reserve(world, 0, 0, 56);
	verb_append_deferred(world, 0, 8);
	verb_persist_region(world, 0); /* goes past the open one, which is followed */
	verb_write(world, 0);
	verb_append_deferred(world, 0, 8);
	verb_publish(world, 0, 40);
	verb_append_deferred(world, 0, 8);
	verb_persist_region(world, 0);
}

/* More than PMS_CHECKPOINT_BYTES of deferred entries, and a checkpoint that must not name one of them. */
static void persist_and_checkpoint(crash_world *world, unsigned thread)
{
	(void)thread;
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 3; i++)
			verb_append_deferred(world, 0, 8);
		verb_persist_region(world, 0);
		verb_append_deferred(world, 0, 72);
		verb_append_deferred(world, 0, 8);
		verb_append(world, 0, 8);
	}
}

static const crash_scenario persist_scenarios[] = {
    {.name = "everything", .prepare = one_region, .body = persist_all},
    {.name = "everything, packed", .prepare = one_packed_region, .body = persist_all},
    {.name = "up to an entry", .prepare = one_region, .body = persist_some},
    {.name = "past reservations", .prepare = one_region, .body = persist_past_reservations},
    {.name = "past reservations, packed", .prepare = one_packed_region, .body = persist_past_reservations},
    {.name = "checkpoints", .prepare = one_region, .body = persist_and_checkpoint},
};

/* ---- persist of the stream --------------------------------------------------------------------------------------- */

static void persist_both(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_append_deferred(world, 0, 8);
	verb_append_deferred(world, 1, 40);
	verb_persist(world);
	verb_append_deferred(world, 1, 8);
	verb_append_deferred(world, 0, 8);
	verb_persist(world);
	verb_append_deferred(world, 0, 8);
}

static void persist_both_around_reservations(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_append_deferred(world, 0, 8);
	verb_reserve(world, 0, 0, 16);
	verb_append_deferred(world, 1, 8);
	verb_persist(world); /* the timestamp stops before the open one */
	verb_append_deferred(world, 0, 8);
	verb_write(world, 0);
	verb_publish(world, 0, 16);
	verb_reserve(world, 0, 1, 8);
	verb_abandon(world, 0);
	verb_persist(world);
}

static void persist_and_clear(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_append_deferred(world, 0, 8);
	verb_append_deferred(world, 1, 8);
	verb_persist(world);
	verb_clear(world, 0);
	verb_append_deferred(world, 0, 8);
	verb_free(world, 1);
	verb_persist(world);
}

static const crash_scenario stream_scenarios[] = {
    {.name = "two regions", .prepare = two_regions, .body = persist_both},
    {.name = "around reservations", .prepare = two_regions, .body = persist_both_around_reservations},
    {.name = "and a clear", .prepare = two_regions, .body = persist_and_clear},
};

/* ---- groups in place --------------------------------------------------------------------------------------------- */

static void add_three(crash_world *world, unsigned slot)
{
	verb_add_to_group(world, slot, 8);
	verb_add_to_group(world, slot, 40);
	verb_add_to_group(world, slot, 13);
}

static void build_groups(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_begin_group(world, 0, 0, 3, 64);
	add_three(world, 0);
	verb_publish_group(world, 0);
	verb_append_deferred(world, 0, 8);
	verb_begin_group(world, 0, 0, 4, 100);
	verb_add_to_group(world, 0, 8);
	verb_add_to_group(world, 0, 24);
	verb_append_deferred(world, 0, 8); /* behind it, and promised by nobody */
	verb_publish_group(world, 0);
	verb_append(world, 0, 8);
}

static void build_followed_group(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_begin_group(world, 0, 0, 3, 64);
	verb_add_to_group(world, 0, 8);
	verb_append(world, 0, 8); /* promises what lies before it: the group moves behind it */
	verb_add_to_group(world, 0, 40);
	verb_publish_group(world, 0);
	verb_append(world, 0, 8);
}

static void give_up_groups(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_begin_group(world, 0, 0, 3, 64);
	add_three(world, 0);
	verb_abandon_group(world, 0);
	verb_append_deferred(world, 0, 8);
	verb_begin_group(world, 0, 0, 3, 64);
	verb_add_to_group(world, 0, 8);
	verb_append(world, 0, 8);
	verb_abandon_group(world, 0);
	verb_begin_group(world, 0, 0, 2, 16); /* stays open */
	verb_add_to_group(world, 0, 8);
	verb_persist_region(world, 0);
}

static void build_two_groups(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_begin_group(world, 0, 0, 2, 16);
	verb_begin_group(world, 1, 0, 2, 16);
	for (unsigned slot = 0; slot < 2; slot++)
		for (unsigned i = 0; i < 2; i++)
			verb_add_to_group(world, slot, 8);
	verb_publish_group(world, 1); /* promises the first, which therefore moves */
	verb_publish_group(world, 0);
}

static const crash_scenario builder_scenarios[] = {
    {.name = "not followed", .prepare = one_region, .body = build_groups},
    {.name = "not followed, packed", .prepare = one_packed_region, .body = build_groups},
    {.name = "followed", .prepare = one_region, .body = build_followed_group},
    {.name = "followed, packed", .prepare = one_packed_region, .body = build_followed_group},
    {.name = "abandoned and left open", .prepare = one_region, .body = give_up_groups},
    {.name = "two of them", .prepare = one_region, .body = build_two_groups},
};

const crash_operation operations_deferred[] = {
    {.name = "deferred", SCENARIOS(deferred_scenarios), .nested_one_in = 4},
    {.name = "persist-region", SCENARIOS(persist_scenarios), .nested_one_in = 8},
    {.name = "persist-stream", SCENARIOS(stream_scenarios), .nested_one_in = 8},
    {.name = "group-builder", SCENARIOS(builder_scenarios), .nested_one_in = 16},
};
const size_t operations_deferred_count = sizeof(operations_deferred) / sizeof(operations_deferred[0]);
