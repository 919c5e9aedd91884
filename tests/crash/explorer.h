/* SPDX-License-Identifier: MIT */
/* Tries the images of a history: opens each, compares it with the model, goes on with it, and crashes again in there. */
#ifndef CRASH_EXPLORER_H
#define CRASH_EXPLORER_H

#include "shadow.h"
#include "world.h"

/* Live work, recovery after a crash of it, recovery after a crash of that. */
#define LEVELS 3u

typedef struct crash_level {
	crash_world world;
	crash_shadow *start; /* what the session began with */
	crash_shadow *now;   /* and what becomes of it, while its history is gone through */
	crash_images images;
	uint8_t *closed,
	    *cut; /* what the session leaves when it ends well, and when the power fails before its close */
	uint32_t closed_bytes, cut_bytes; /* and the sizes of the file */
} crash_level;

typedef struct crash_explorer {
	uint64_t random;
	uint64_t states, nested_states; /* tried; of these: in recovery */
	unsigned nested_one_in;		/* of so many recoveries one is gone through, too */
	bool quick;			/* a sample of the images everywhere */
	bool goes_on;			/* all that a seed does not change was tried before */
	const char *only_scenario;	/* null: all */
	crash_level levels[LEVELS];
	uint8_t *scratch;
	uint64_t *seen; /* a set */
	size_t seen_count, seen_capacity;
} crash_explorer;

crash_explorer *explorer_new(void);
void explorer_free(crash_explorer *explorer);
/* Forgets which states were tried. */
void explorer_reset(crash_explorer *explorer, uint64_t seed);

/* The world of the live work, on a device that holds `image` durably, in a file of that size. */
crash_world *explorer_begin(crash_explorer *explorer, const uint8_t *image, uint32_t file_bytes, bool page_cache);
/* Tries all images at all points of the live history from event `from` on. Fails by crash_fail. */
void explorer_run(crash_explorer *explorer, size_t from);

#endif
