/* SPDX-License-Identifier: MIT */
/* Operations of one thread. */
#include <string.h>

#include "crash.h"
#include "operations.h"

/* ---- creation ---------------------------------------------------------------------------------------------------- */

static void fill_nothing(crash_explorer *explorer, uint8_t *image)
{
	(void)explorer;
	(void)image;
}

static void fill_garbage(crash_explorer *explorer, uint8_t *image)
{
	(void)explorer;
	for (size_t i = 0; i < CRASH_STREAM_BYTES; i++)
		image[i] = (uint8_t)crash_mix(i / 3);
}

/* Another stream, whose only region was freed again. */
static void fill_old_stream(crash_explorer *explorer, uint8_t *image)
{
	crash_world *world = explorer_begin(explorer, image, CRASH_STREAM_BYTES, false);

	world->device.uuid_salt = 1;
	verb_create(world);
	unsigned region = verb_create_region(world, 3000, 64);
	verb_append(world, region, 100);
	verb_free(world, region);
	world_die(world);
	memcpy(image, world->device.memory, CRASH_STREAM_BYTES);
}

static void create(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_create(world);
	verb_append(world, verb_create_region(world, 1000, 64), 8);
}

static const crash_scenario creation[] = {
    {.name = "on zeros", .body = create, .fill = fill_nothing},
    {.name = "on garbage", .body = create, .fill = fill_garbage},
    {.name = "over an old stream", .body = create, .fill = fill_old_stream},
};

/* ---- regions ----------------------------------------------------------------------------------------------------- */

static void one_region(crash_world *world)
{
	unsigned region = verb_create_region(world, 3000, 64);

	verb_append(world, region, 8);
}

static void three_regions(crash_world *world)
{
	for (unsigned i = 0; i < 3; i++)
		verb_append(world, verb_create_region(world, 3000, i == 1 ? 8 : 64), 40);
}

static void create_regions(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_append(world, verb_create_region(world, 3000, 8), 8);
	(void)verb_create_region(world, 100, 64);
	(void)verb_create_region(world, 7000, 64); /* all that is left */
	(void)verb_create_region(world, 1, 64);	   /* and nothing is left */
}

static void create_in_gap(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_free(world, 1);
	verb_append(world, verb_create_region(world, 1000, 64), 40);
	verb_append(world, 0, 8);
}

static const crash_scenario creating_regions[] = {
    {.name = "one behind the other", .prepare = one_region, .body = create_regions},
    {.name = "where one was freed", .prepare = three_regions, .body = create_in_gap},
};

static void some_entries(crash_world *world)
{
	unsigned region = verb_create_region(world, 3000, 64);

	for (unsigned i = 0; i < 6; i++)
		verb_append(world, region, i == 3 ? 72 : 8);
}

static void packed_entries(crash_world *world)
{
	unsigned region = verb_create_region(world, 3000, 8);

	for (unsigned i = 0; i < 6; i++)
		verb_append(world, region, i % 2 ? 24 : 8);
}

static void clear_and_append(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_clear(world, 0);
	verb_append(world, 0, 8);
	verb_append(world, 0, 8);
	verb_clear(world, 0);
	verb_append(world, 0, 72);
}

static const crash_scenario clearing[] = {
    {.name = "a region with a checkpoint", .prepare = some_entries, .body = clear_and_append},
    {.name = "packed entries", .prepare = packed_entries, .body = clear_and_append},
};

static void free_all(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_free(world, 1); /* alone */
	verb_free(world, 0); /* merges with what is behind */
	verb_free(world, 2); /* with both sides */
	verb_append(world, verb_create_region(world, 12000, 64), 8);
}

static void free_and_reuse(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_free(world, 0);
	unsigned region = verb_create_region(world, 3000, 64);
	verb_append(world, region, 40); /* where the old entry stands */
	verb_free(world, region);
}

static const crash_scenario freeing[] = {
    {.name = "all of them", .prepare = three_regions, .body = free_all},
    {.name = "and using it again", .prepare = three_regions, .body = free_and_reuse},
};

/* ---- entries ----------------------------------------------------------------------------------------------------- */

static void append_sizes(crash_world *world, unsigned thread)
{
	static const uint32_t sizes[] = {8, 40, 16, 100, 300};

	(void)thread;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		verb_append(world, 0, sizes[i]);
}

static void two_regions(crash_world *world)
{
	(void)verb_create_region(world, 3000, 64);
	(void)verb_create_region(world, 3000, 8);
}

static void append_in_turns(crash_world *world, unsigned thread)
{
	(void)thread;
	for (unsigned i = 0; i < 4; i++)
		verb_append(world, i % 2, 8 + i * 8);
}

static const crash_scenario appending[] = {
    {.name = "sizes", .prepare = one_region, .body = append_sizes},
    {.name = "packed", .prepare = packed_entries, .body = append_sizes},
    {.name = "two regions", .prepare = two_regions, .body = append_in_turns},
};

/* Prefixes that nobody has made durable. */
static void leave_open(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_reserve(world, 0, 0, 16);
	verb_write(world, 0);
	verb_reserve(world, 1, 0, 8);
	verb_append(world, 0, 8); /* promises what lies before it */
	verb_reserve(world, 2, 0, 8);
	verb_write(world, 2);
	verb_append(world, 0, 16);
}

static const crash_scenario reserving[] = {
    {.name = "left open", .prepare = one_region, .body = leave_open},
    {.name = "left open, packed", .prepare = packed_entries, .body = leave_open},
};

static void publish_not_followed(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_reserve(world, 0, 0, 24);
	verb_write(world, 0);
	verb_publish(world, 0, 24);
	verb_reserve(world, 0, 0, 40);
	verb_write(world, 0);
	verb_publish(world, 0, 13); /* fewer than reserved */
	verb_append(world, 0, 8);
}

static void publish_followed(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_reserve(world, 0, 0, 56); /* two lines */
	verb_append(world, 0, 8);
	verb_write(world, 0);
	verb_publish(world, 0, 56);
	verb_reserve(world, 0, 0, 40);
	verb_append(world, 0, 8);
	verb_write(world, 0);
	verb_publish(world, 0, 9);
}

static void publish_out_of_order(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_reserve(world, 0, 0, 8);
	verb_reserve(world, 1, 0, 16);
	verb_write(world, 1);
	verb_publish(world, 1, 16); /* promises the first one, which is open */
	verb_write(world, 0);
	verb_publish(world, 0, 8);
	verb_append(world, 0, 8);
}

static const crash_scenario publishing[] = {
    {.name = "not followed", .prepare = one_region, .body = publish_not_followed},
    {.name = "followed", .prepare = one_region, .body = publish_followed},
    {.name = "out of order", .prepare = one_region, .body = publish_out_of_order},
    {.name = "followed, packed", .prepare = packed_entries, .body = publish_followed},
};

static void abandon(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_reserve(world, 0, 0, 16);
	verb_abandon(world, 0); /* not followed */
	verb_append(world, 0, 8);
	verb_reserve(world, 0, 0, 16);
	verb_write(world, 0);
	verb_append(world, 0, 8);
	verb_abandon(world, 0); /* followed */
	verb_append(world, 0, 8);
}

static const crash_scenario abandoning[] = {
    {.name = "followed and not", .prepare = one_region, .body = abandon},
    {.name = "packed", .prepare = packed_entries, .body = abandon},
};

static void move_checkpoint(crash_world *world, unsigned thread)
{
	(void)thread;
	for (unsigned i = 0; i < 4; i++)
		verb_append(world, 0, i == 1 ? 100 : 8);
	verb_reserve(world, 0, 0, 8); /* holds it back */
	for (unsigned i = 0; i < 4; i++)
		verb_append(world, 0, 8);
	verb_abandon(world, 0);
	verb_append(world, 0, 8);
	verb_append(world, 0, 8);
}

static const crash_scenario moving_checkpoints[] = {
    {.name = "by appends", .prepare = one_region, .body = move_checkpoint},
};

static void raise_ceiling(crash_world *world, unsigned thread)
{
	(void)thread;
	for (unsigned i = 0; i < 10; i++)
		verb_append(world, 0, 8);
}

static const crash_scenario raising_the_ceiling[] = {
    {.name = "ahead", .prepare = one_region, .body = raise_ceiling},
    {.name = "at the last moment", .prepare = one_region, .body = raise_ceiling, .ceiling_leap = 4},
};

static void append_and_close(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_append(world, 0, 8);
	verb_reserve(world, 0, 0, 16);
	verb_append(world, 0, 8);
	verb_append(world, 1, 8);
	verb_close(world);
}

static const crash_scenario closing[] = {
    {.name = "with an open reservation", .prepare = two_regions, .body = append_and_close},
};

static void append_groups(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_group(world, 0, 2, 8, PMS_APPEND_DURABLE);
	verb_append(world, 0, 8);
	verb_group(world, 0, 3, 40, PMS_APPEND_DURABLE);
	verb_group(world, 0, 2, 100, PMS_APPEND_DURABLE);
}

static const crash_scenario grouping[] = {
    {.name = "by one thread", .prepare = one_region, .body = append_groups},
    {.name = "packed", .prepare = packed_entries, .body = append_groups},
};

static void fill_up(crash_world *world)
{
	verb_append(world, verb_create_region(world, 3000, 64), 40);
	verb_append(world, verb_create_region(world, 3000, 8), 40); /* nothing is left */
}

static void grow_and_use(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_append(world, 0, 8);
	verb_grow(world, CRASH_STREAM_BYTES - CRASH_BLOCK_BYTES);
	verb_append(world, verb_create_region(world, 3000, 64), 40);
	verb_grow(world, CRASH_STREAM_BYTES);
	verb_append(world, verb_create_region(world, 7000, 8), 8); /* reaches over both */
	verb_append(world, 0, 8);
}

static void grow_and_free(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_grow(world, CRASH_STREAM_BYTES);
	verb_free(world, 1);
	verb_append(world, verb_create_region(world, 12000, 64), 8);
}

static const crash_scenario growing[] = {
    {.name = "with free space at the end", .prepare = one_region, .body = grow_and_use, .blocks_left_out = 3},
    {.name = "without", .prepare = fill_up, .body = grow_and_free, .blocks_left_out = 3},
};

/* Of everything a little: what matters here is the recovery, each step of which is cut off. */
static void something_of_everything(crash_world *world, unsigned thread)
{
	(void)thread;
	verb_append(world, 0, 8);
	verb_reserve(world, 0, 0, 8);
	verb_append(world, 0, 8);
	verb_free(world, 1);
	verb_clear(world, 2);
	verb_append(world, 2, 8);
}

static const crash_scenario recovering[] = {
    {.name = "a little of everything", .prepare = three_regions, .body = something_of_everything},
    {.name = "groups", .prepare = one_region, .body = append_groups},
};

const crash_operation operations_alone[] = {
    {.name = "creation", SCENARIOS(creation), .nested_one_in = 24},
    {.name = "create-region", SCENARIOS(creating_regions), .nested_one_in = 4},
    {.name = "clear", SCENARIOS(clearing), .nested_one_in = 4},
    {.name = "free", SCENARIOS(freeing), .nested_one_in = 1},
    {.name = "append", SCENARIOS(appending), .nested_one_in = 4},
    {.name = "reserve", SCENARIOS(reserving), .nested_one_in = 1},
    {.name = "publish", SCENARIOS(publishing), .nested_one_in = 1},
    {.name = "abandon", SCENARIOS(abandoning), .nested_one_in = 1},
    {.name = "checkpoint", SCENARIOS(moving_checkpoints), .nested_one_in = 1},
    {.name = "ceiling", SCENARIOS(raising_the_ceiling), .nested_one_in = 1},
    {.name = "close", SCENARIOS(closing), .nested_one_in = 1},
    {.name = "group", SCENARIOS(grouping), .nested_one_in = 4},
    {.name = "grow", SCENARIOS(growing), .nested_one_in = 1},
    {.name = "recovery", SCENARIOS(recovering), .nested_one_in = 1},
};
const size_t operations_alone_count = sizeof(operations_alone) / sizeof(operations_alone[0]);
