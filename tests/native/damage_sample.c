/* SPDX-License-Identifier: MIT */
#include "damage_sample.h"

#include <sys/time.h>

#include "memory_file.h"

#define PATH "image"

/* ---- building ---------------------------------------------------------------------------------------------------- */

static pms_region *find_or_unnamed(pms_stream *stream, const damage_region *known)
{
	pms_region *region;

	if (known->name[0])
		return test_find(stream, known->name);
	assert_int_equal(pms_region_next(stream, known->offset, &region, NULL), PMS_OK);
	return region;
}

static void expect_entry(damage_region *to, pms_position position, uint64_t bytes, uint64_t seed, uint64_t alignment)
{
	assert_true(to->count < DAMAGE_ENTRIES_MAX);
	to->entries[to->count++] = (damage_entry){
	    .entry = {.position = position, .bytes = bytes, .seed = seed},
	    .unit_start = position.offset,
	    .unit_end = position.offset + pms_round_up(PMS_ENTRY_HEADER_BYTES + bytes, alignment),
	};
}

static void append(pms_region *region, damage_region *to, uint64_t bytes)
{
	uint64_t seed = test_random_below(&(uint64_t){bytes + to->offset + to->count}, 1000000);

	expect_entry(to, test_append(region, bytes, seed), bytes, seed, test_region_info(region).entry_alignment);
}

static pms_region *create_region(pms_stream *stream, damage_sample *sample, const char *name, uint64_t usable_bytes,
				 uint32_t alignment)
{
	damage_region *made = &sample->regions[sample->region_count++];
	pms_region *region = test_region(stream, name, usable_bytes, alignment);
	pms_region_info info = test_region_info(region);

	made->offset = info.offset;
	made->identity = info.identity;
	(void)snprintf(made->name, sizeof(made->name), "%s", name ? name : "");
	return region;
}

/* A reservation that is open when the process dies. */
static pms_reservation *leave_open(pms_region *region, uint64_t bytes)
{
	pms_reservation *reservation;
	void *data;

	assert_int_equal(pms_region_reserve(region, bytes, &reservation, &data, NULL, NULL), PMS_OK);
	memset(data, 0x77, bytes / 2);
	return reservation;
}

static void abandon(pms_region *region, uint64_t bytes)
{
	pms_reservation *reservation = leave_open(region, bytes);

	assert_int_equal(pms_reservation_abandon(reservation, NULL), PMS_OK);
	pms_reservation_release(reservation);
}

/* Fewer bytes than reserved: the extent is longer than it had to be. */
static void publish_short(pms_region *region, damage_region *to, uint64_t reserved, uint64_t bytes)
{
	uint64_t seed = 77 + to->count;
	pms_reservation *reservation;
	pms_position position;
	void *data;

	assert_int_equal(pms_region_reserve(region, reserved, &reservation, &data, &position, NULL), PMS_OK);
	test_fill(data, bytes, seed);
	assert_int_equal(pms_reservation_publish(reservation, bytes, NULL, NULL), PMS_OK);
	pms_reservation_release(reservation);
	expect_entry(to, position, bytes, seed, test_region_info(region).entry_alignment);
	to->entries[to->count - 1].unit_end =
	    position.offset + pms_round_up(PMS_ENTRY_HEADER_BYTES + reserved, test_region_info(region).entry_alignment);
}

static test_image take_image(void)
{
	test_image image = {.size = memory_file_size()};

	image.bytes = malloc(image.size);
	assert_non_null(image.bytes);
	memcpy(image.bytes, memory_file_bytes(), image.size);
	return image;
}

/* Behind the last entry of a region: a group of three, and what a torn append leaves. */
static void put_by_hand(test_image *image, damage_region *to)
{
	const damage_entry *last = &to->entries[to->count - 1];
	pms_life life = test_image_life(image, to->offset);
	uint64_t at = last->unit_end, start = at;
	size_t first = to->count;

	for (uint64_t i = 0; i < 3; i++) {
		test_raw_entry member = {
		    .offset = at,
		    .timestamp = last->entry.position.timestamp + 10 + i,
		    .payload_bytes = 10 + 50 * i,
		    .seed = 500 + i,
		    .group_continues = i < 2,
		};
		expect_entry(to, (pms_position){.offset = at, .timestamp = member.timestamp}, member.payload_bytes,
			     member.seed, 64);
		at = test_image_put(image, &life, &member);
	}
	for (size_t i = first; i < to->count; i++) {
		to->entries[i].unit_start = start;
		to->entries[i].unit_end = at;
	}
	test_raw_entry torn = {.offset = at,
			       .timestamp = last->entry.position.timestamp + 20,
			       .payload_bytes = 100,
			       .seed = 1,
			       .lag = PMS_LAG_UNKNOWN};
	(void)test_image_put(image, &life, &torn);
	test_image_flip(image, at + PMS_ENTRY_HEADER_BYTES + 5, 0x40);
}

/* First session; killed. */
static test_image first_session(damage_sample *sample)
{
	pms_stream *stream = test_create(PATH, 14 * 4096);
	pms_region *alpha = create_region(stream, sample, "alpha", 7000, 64);
	pms_region *unnamed = create_region(stream, sample, NULL, 3000, 8);
	pms_region *freed[2] = {test_region(stream, "freed", 3000, 64), test_region(stream, "freed too", 3000, 64)};
	pms_region *cleared = create_region(stream, sample, "cleared", 3000, 64);
	pms_region *dead = create_region(stream, sample, "dead", 3000, 64);
	const uint64_t sizes[] = {0, 1, 8, 40, 41, 100, 999, 300};
	damage_region *regions = sample->regions, before = regions[2];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		append(alpha, &regions[0], sizes[i]);
		append(unnamed, &regions[1], sizes[i] / 3);
		(void)test_append(freed[0], sizes[i], 1);
		(void)test_append(freed[1], 100, 2);
		append(cleared, &before, 200);
	}
	publish_short(alpha, &regions[0], 400, 90);
	assert_int_equal(pms_region_clear(cleared, NULL), PMS_OK);
	append(cleared, &regions[2], 60);
	assert_int_equal(pms_region_free(freed[0], NULL), PMS_OK);
	assert_int_equal(pms_region_free(freed[1], NULL), PMS_OK);

	append(dead, &regions[3], 30);
	pms_reservation *open = leave_open(dead, 70);
	append(dead, &regions[3], 50);
	abandon(dead, 20);
	append(dead, &regions[3], 10);
	test_image image = take_image();
	put_by_hand(&image, &regions[0]);
	pms_reservation_release(open);
	pms_region *all[] = {alpha, unnamed, freed[0], freed[1], cleared, dead};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		pms_region_release(all[i]);
	test_close(stream);
	return image;
}

/* Opens the image, and appends to each region. */
static pms_stream *next_session(const test_image *image, damage_sample *sample, pms_region **regions)
{
	memory_file_set(image->bytes, image->size);
	pms_stream *stream = test_open(PATH, PMS_OPEN_DEFAULT);

	for (size_t i = 0; i < sample->region_count; i++) {
		regions[i] = find_or_unnamed(stream, &sample->regions[i]);
		append(regions[i], &sample->regions[i], 20 + 30 * i);
		append(regions[i], &sample->regions[i], 8);
	}
	return stream;
}

static void finish(damage_sample *sample)
{
	for (size_t i = 0; i < sample->region_count; i++) {
		damage_region *region = &sample->regions[i];
		region->checkpoint =
		    test_image_unseal(&sample->image, region->offset + PMS_REGION_CHECKPOINT, PMS_ROLE_CHECKPOINT);
	}
}

damage_sample damage_sample_closed(void)
{
	pms_region *regions[DAMAGE_REGIONS_MAX];
	damage_sample sample = {0};

	memory_file_set(NULL, 0);
	test_image first = first_session(&sample);
	pms_stream *stream = next_session(&first, &sample, regions);
	assert_int_equal(test_recovery(stream).cuts_sealed, 1);
	assert_true(test_recovery(stream).pending_skipped > 0);
	for (size_t i = 0; i < sample.region_count; i++)
		pms_region_release(regions[i]);
	test_close(stream);
	sample.image = take_image();
	test_image_free(&first);
	finish(&sample);
	return sample;
}

damage_sample damage_sample_killed(void)
{
	damage_sample sample = damage_sample_closed();
	pms_region *regions[DAMAGE_REGIONS_MAX];
	test_image closed = sample.image;

	pms_stream *stream = next_session(&closed, &sample, regions);
	append(regions[1], &sample.regions[1], 33);
	append(regions[2], &sample.regions[2], 33);
	sample.image = take_image();
	for (size_t i = 0; i < sample.region_count; i++)
		pms_region_release(regions[i]);
	test_close(stream);
	test_image_free(&closed);
	finish(&sample);
	return sample;
}

void damage_sample_free(damage_sample *sample)
{
	test_image_free(&sample->image);
	memory_file_set(NULL, 0);
}

void damage_watchdog(unsigned seconds)
{
	(void)setitimer(ITIMER_PROF, &(struct itimerval){.it_value = {.tv_sec = (time_t)seconds}}, NULL);
}
