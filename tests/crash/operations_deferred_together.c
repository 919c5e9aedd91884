/* SPDX-License-Identifier: MIT */
/* Operations of several threads, of which some leave to others what has to be persisted. */
#include "operations.h"

static void one_region(crash_world *world) { verb_append(world, verb_create_region(world, 3000, 64), 8); }

static void one_packed_region(crash_world *world) { verb_append(world, verb_create_region(world, 3000, 8), 8); }

static void two_regions(crash_world *world)
{
	(void)verb_create_region(world, 3000, 64);
	(void)verb_create_region(world, 3000, 64);
}

static void deferred_entries(crash_world *world)
{
	one_region(world);
	verb_append_deferred(world, 0, 8);
	verb_append_deferred(world, 0, 40);
}

/* A reservation, and behind it an entry that nobody has persisted. */
static void reservation_before_deferred(crash_world *world)
{
	one_region(world);
	verb_reserve(world, 0, 0, 16);
	verb_append_deferred(world, 0, 8);
}

/* ---- one region -------------------------------------------------------------------------------------------------- */

static void defer_beside_persist(crash_world *world, unsigned thread)
{
	if (thread == 0)
		verb_append_deferred(world, 0, 8);
	else
		verb_persist_region(world, 0);
}

static void defer_beside_append(crash_world *world, unsigned thread)
{
	if (thread == 0) {
		verb_append_deferred(world, 0, 8);
		verb_append_deferred(world, 0, 16);
	} else {
		verb_append(world, 0, 8);
	}
}

static void defer_append_and_persist(crash_world *world, unsigned thread)
{
	if (thread == 0)
		verb_append_deferred(world, 0, 8);
	else if (thread == 1)
		verb_append(world, 0, 8);
	else
		verb_persist_region(world, 0);
}

static void persist_both(crash_world *world, unsigned thread)
{
	if (thread == 0)
		verb_persist_to(world, 0, 0);
	else
		verb_persist_region(world, 0);
}

static void persist_beside_publish(crash_world *world, unsigned thread)
{
	if (thread == 0) {
		verb_write(world, 0);
		verb_publish(world, 0, 16);
	} else {
		verb_persist_region(world, 0);
	}
}

static void persist_beside_abandon(crash_world *world, unsigned thread)
{
	if (thread == 0)
		verb_abandon(world, 0);
	else
		verb_persist_region(world, 0);
}

static void persist_beside_reserve(crash_world *world, unsigned thread)
{
	if (thread == 0) {
		verb_reserve(world, 0, 0, 8);
		verb_append_deferred(world, 0, 8);
	} else {
		verb_persist_region(world, 0);
	}
}

static void persist_beside_clear(crash_world *world, unsigned thread)
{
	if (thread == 0) {
		verb_persist_region(world, 0);
	} else {
		verb_clear(world, 0);
		verb_append_deferred(world, 0, 8);
	}
}

/* The third deferred entry is PMS_CHECKPOINT_BYTES ahead; who appends finds a checkpoint due. */
static void move_checkpoint(crash_world *world, unsigned thread)
{
	if (thread == 0) {
		verb_append_deferred(world, 0, 72);
		verb_append_deferred(world, 0, 8);
	} else {
		verb_append(world, 0, 8);
		verb_persist_region(world, 0);
	}
}

static void close_beside_publish(crash_world *world, unsigned thread)
{
	if (thread == 0) {
		verb_write(world, 0);
		verb_publish(world, 0, 16);
	} else {
		verb_close(world);
	}
}

static void close_beside_append(crash_world *world, unsigned thread)
{
	if (thread == 0) {
		verb_append(world, 0, 8);
	} else {
		verb_append_deferred(world, 0, 8);
		verb_close(world);
	}
}

/* Whoever comes last gives up the lock and the mapping (operations.c checks it). */
static void close_beside_two(crash_world *world, unsigned thread)
{
	if (thread == 2)
		verb_close(world);
	else if (thread == 1)
		verb_append(world, 0, 8);
	else
		verb_append_deferred(world, 0, 8);
}

static const crash_scenario deferred_scenarios[] = {
    {.name = "beside a persist",
     .prepare = deferred_entries,
     .body = defer_beside_persist,
     .threads = 2,
     .changes_max = 2},
    {.name = "beside an append", .prepare = one_region, .body = defer_beside_append, .threads = 2, .changes_max = 2},
    {.name = "beside an append, packed",
     .prepare = one_packed_region,
     .body = defer_beside_append,
     .threads = 2,
     .changes_max = 2},
    {.name = "an append and a persist",
     .prepare = one_region,
     .body = defer_append_and_persist,
     .threads = 3,
     .changes_max = 1},
    {.name = "two persist", .prepare = deferred_entries, .body = persist_both, .threads = 2, .changes_max = 2},
    {.name = "checkpoints", .prepare = deferred_entries, .body = move_checkpoint, .threads = 2, .changes_max = 1},
    {.name = "a persist and a clear",
     .prepare = deferred_entries,
     .body = persist_beside_clear,
     .threads = 2,
     .changes_max = 2},
};

static const crash_scenario reservation_scenarios[] = {
    {.name = "published beside a persist",
     .prepare = reservation_before_deferred,
     .body = persist_beside_publish,
     .threads = 2,
     .changes_max = 2},
    {.name = "abandoned beside a persist",
     .prepare = reservation_before_deferred,
     .body = persist_beside_abandon,
     .threads = 2,
     .changes_max = 2},
    {.name = "made beside a persist",
     .prepare = deferred_entries,
     .body = persist_beside_reserve,
     .threads = 2,
     .changes_max = 2},
};

static const crash_scenario closing_scenarios[] = {
    {.name = "beside a publish",
     .prepare = reservation_before_deferred,
     .body = close_beside_publish,
     .threads = 2,
     .changes_max = 2},
    {.name = "beside an append", .prepare = one_region, .body = close_beside_append, .threads = 2, .changes_max = 2},
    {.name = "beside two appends", .prepare = one_region, .body = close_beside_two, .threads = 3, .changes_max = 2},
};

/* ---- the stream -------------------------------------------------------------------------------------------------- */

static void persist_stream_beside_deferred(crash_world *world, unsigned thread)
{
	if (thread == 0) {
		verb_append_deferred(world, 0, 8);
		verb_append_deferred(world, 1, 8);
	} else {
		verb_persist(world);
	}
}

static void persist_stream_beside_appends(crash_world *world, unsigned thread)
{
	if (thread < 2)
		verb_append(world, thread, 8);
	else
		verb_persist(world);
}

static void persist_stream_twice(crash_world *world, unsigned thread)
{
	verb_append_deferred(world, thread, 8);
	verb_persist(world);
}

static void persist_stream_beside_publish(crash_world *world, unsigned thread)
{
	if (thread == 0) {
		verb_write(world, 0);
		verb_publish(world, 0, 16);
		verb_append_deferred(world, 0, 8);
	} else {
		verb_persist(world);
	}
}

static const crash_scenario stream_scenarios[] = {
    {.name = "beside deferred appends",
     .prepare = two_regions,
     .body = persist_stream_beside_deferred,
     .threads = 2,
     .changes_max = 2},
    {.name = "beside appends to two regions",
     .prepare = two_regions,
     .body = persist_stream_beside_appends,
     .threads = 3,
     .changes_max = 1},
    {.name = "two of them", .prepare = two_regions, .body = persist_stream_twice, .threads = 2, .changes_max = 1},
    {.name = "beside a publish",
     .prepare = reservation_before_deferred,
     .body = persist_stream_beside_publish,
     .threads = 2,
     .changes_max = 2},
};

/* ---- groups in place --------------------------------------------------------------------------------------------- */

static void open_group(crash_world *world)
{
	one_region(world);
	verb_begin_group(world, 0, 0, 2, 16);
	verb_add_to_group(world, 0, 8);
	verb_add_to_group(world, 0, 8);
}

static void group_beside_append(crash_world *world, unsigned thread)
{
	if (thread == 0)
		verb_publish_group(world, 0);
	else
		verb_append(world, 0, 8);
}

static void group_beside_persist(crash_world *world, unsigned thread)
{
	if (thread == 0) {
		verb_publish_group(world, 0);
	} else {
		verb_append_deferred(world, 0, 8);
		verb_persist_region(world, 0);
	}
}

static void group_beside_both(crash_world *world, unsigned thread)
{
	if (thread == 0)
		verb_publish_group(world, 0);
	else if (thread == 1)
		verb_append_deferred(world, 0, 8);
	else
		verb_persist(world);
}

static const crash_scenario builder_scenarios[] = {
    {.name = "beside an append", .prepare = open_group, .body = group_beside_append, .threads = 2, .changes_max = 2},
    {.name = "beside a persist", .prepare = open_group, .body = group_beside_persist, .threads = 2, .changes_max = 2},
    {.name = "beside a persist of the stream",
     .prepare = open_group,
     .body = group_beside_both,
     .threads = 3,
     .changes_max = 1},
};

const crash_operation operations_deferred_together[] = {
    {.name = "threads-deferred", SCENARIOS(deferred_scenarios), .nested_one_in = 64},
    {.name = "threads-reservations", SCENARIOS(reservation_scenarios), .nested_one_in = 64},
    {.name = "threads-close", SCENARIOS(closing_scenarios), .nested_one_in = 64},
    {.name = "threads-persist", SCENARIOS(stream_scenarios), .nested_one_in = 64},
    {.name = "threads-group", SCENARIOS(builder_scenarios), .nested_one_in = 64},
};
const size_t operations_deferred_together_count =
    sizeof(operations_deferred_together) / sizeof(operations_deferred_together[0]);
