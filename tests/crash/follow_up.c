/* SPDX-License-Identifier: MIT */
#include "follow_up.h"

#include "crash.h"

static unsigned first_region(const crash_world *world)
{
	unsigned number = 0;

	while (number < MODEL_REGIONS_MAX && !world->regions[number])
		number++;
	return number;
}

void follow_up(crash_world *world)
{
	unsigned first = first_region(world);

	if (first == MODEL_REGIONS_MAX) {
		if (world->model.region_count == 0)
			verb_append(world, verb_create_region(world, 600, 64), 16);
		return;
	}
	verb_persist(world);
	switch (crash_random_below(&world->random, 9)) {
	case 0: /* it stays open for ever */
		verb_reserve(world, 0, first, 24);
		verb_write(world, 0);
		break;
	case 1:
		verb_reserve(world, 0, first, 24);
		verb_write(world, 0);
		verb_append(world, first, 8);
		verb_publish(world, 0, 16);
		break;
	case 2:
		verb_clear(world, first);
		break;
	case 3:
		if (world->model.region_count < MODEL_REGIONS_MAX)
			(void)verb_create_region(world, 600, 8);
		break;
	case 4:
		verb_grow(world, CRASH_STREAM_BYTES); /* does nothing where it is as large */
		break;
	case 5:
		verb_append_deferred(world, first, 8);
		verb_group(world, first, 2, 8, PMS_APPEND_DEFERRED);
		verb_persist_region(world, first);
		break;
	case 6: /* the publish finds that it was followed, or not */
		verb_begin_group(world, 0, first, 2, 24);
		verb_add_to_group(world, 0, 8);
		if (crash_random_below(&world->random, 2))
			verb_append(world, first, 8);
		verb_publish_group(world, 0);
		break;
	default:
		break;
	}
	for (unsigned i = 0; i < MODEL_REGIONS_MAX; i++)
		if (world->regions[i])
			verb_append(world, i, crash_random_below(&world->random, 4) ? 8 : 72);
	if (crash_random_below(&world->random, 3) == 0)
		verb_append_deferred(world, first, 8); /* which the close makes durable */
}
