/* SPDX-License-Identifier: MIT */
/*
 * A small but complete image to be damaged, what it holds, and what must come of it: everything right, or a report.
 *
 * Regions: named and unnamed, packed to 8 and aligned to 64, freed neighbours, one that was cleared over a longer life.
 * In them: data of several sizes, a group, reservations that dead sessions left, abandoned ones, a seal.
 */
#ifndef PMS_TEST_DAMAGE_SAMPLE_H
#define PMS_TEST_DAMAGE_SAMPLE_H

#include "support_image.h"

typedef struct damage_entry {
	test_entry entry;
	uint64_t unit_start, unit_end; /* of the entry, or of the whole group it belongs to */
} damage_entry;

#define DAMAGE_ENTRIES_MAX 64
#define DAMAGE_REGIONS_MAX 8

typedef struct damage_region {
	uint64_t offset, identity;
	char name[64];
	uint64_t checkpoint;
	size_t count;
	damage_entry entries[DAMAGE_ENTRIES_MAX];
} damage_region;

typedef struct damage_sample {
	test_image image;
	size_t region_count;
	damage_region regions[DAMAGE_REGIONS_MAX];
} damage_sample;

/* Cleanly closed: each checkpoint names the last entry, so that no loss goes unnoticed. */
damage_sample damage_sample_closed(void);
/* Killed with checkpoints in the middle, and reservations open: the last entry of a region may have been torn. */
damage_sample damage_sample_killed(void);
void damage_sample_free(damage_sample *sample);

/*
 * Opens `damaged` (the image of the sample with other bytes in [from, to)) for reading and for writing: checks, iterates,
 * reads by position (a reader only when `thorough`); when `thorough`, appends and opens again. Ends the test when something is wrong and nothing says so.
 * Returns whether something was reported.
 */
bool damage_expect_told_or_right(const damage_sample *sample, const uint8_t *damaged, uint64_t from, uint64_t to,
				 bool thorough);

/* Ends the program when it has computed for longer than that: an endless loop. Time that others computed does not count. */
void damage_watchdog(unsigned seconds);

#endif
