/* SPDX-License-Identifier: MIT */
#include "support_racers.h"

#include <sched.h>

#define GROUP_MAX 3

/* Some entries of a racer, to be written by one call. */
typedef struct batch {
	uint8_t data[GROUP_MAX][WORKER_PAYLOAD_MAX];
	pms_part parts[GROUP_MAX];
	uint32_t count;
} batch;

static void fill(const racer *r, batch *b, uint32_t count)
{
	b->count = count;
	for (uint32_t i = 0; i < count; i++)
		b->parts[i] =
		    (pms_part){.data = b->data[i], .bytes = worker_payload(r->id, r->returned + i, b->data[i])};
}

static uint32_t any_flags(racer *r)
{
	return test_random_below(&r->random, 100) < r->durable_percent ? PMS_APPEND_DURABLE : PMS_APPEND_DEFERRED;
}

static int32_t append(racer *r, const batch *b)
{
	uint64_t bytes = b->parts[0].bytes;
	pms_position position;

	int32_t status = any_flags(r) == PMS_APPEND_DURABLE
			     ? pms_region_append(r->region, b->data[0], bytes, &position, NULL)
			     : pms_region_append_deferred(r->region, b->data[0], bytes, &position, NULL);
	if (status == PMS_OK && test_random_below(&r->random, 20) == 0) {
		status = pms_region_persist(r->region, &position, NULL);
		/* Freed, closed or cleared since: the entry was written all the same. */
		WORKER_CHECK(status == PMS_OK || status == PMS_E_STALE || status == PMS_E_CLOSED ||
			     status == PMS_E_NO_ENTRY);
		status = PMS_OK;
	}
	return status;
}

static int32_t append_parts(racer *r, const batch *b)
{
	uint64_t bytes = b->parts[0].bytes, cut = test_random_below(&r->random, bytes);
	const pms_part parts[] = {{.data = b->data[0], .bytes = cut}, {.data = b->data[0] + cut, .bytes = bytes - cut}};

	return pms_region_append_parts(r->region, parts, 2, any_flags(r), NULL, NULL);
}

static int32_t append_group(racer *r, const batch *b)
{
	pms_position positions[GROUP_MAX];

	int32_t status = pms_region_append_group(r->region, b->parts, b->count, any_flags(r), positions, NULL);
	for (uint32_t i = 1; status == PMS_OK && i < b->count; i++)
		WORKER_CHECK(positions[i].timestamp == positions[0].timestamp + i);
	return status;
}

/* Abandoned by its owner, or by somebody else meanwhile: it is written once more, by another verb. */
static int32_t write_in_place(racer *r, const batch *b)
{
	pms_reservation *reservation;
	pms_position position;
	void *space;

	int32_t status = pms_region_reserve(r->region, b->parts[0].bytes + test_random_below(&r->random, 50),
					    &reservation, &space, &position, NULL);
	if (status != PMS_OK)
		return status;
	memcpy(space, b->data[0], b->parts[0].bytes);
	r->written_timestamp = position.timestamp;
	r->written_offset = position.offset;
	for (unsigned yields = test_random_below(&r->random, 8) ? 0 : 30; yields > 0; yields--)
		(void)sched_yield();
	bool abandons = test_random_below(&r->random, 4) == 0;
	status = abandons ? pms_reservation_abandon(reservation, NULL)
			  : pms_reservation_publish(reservation, b->parts[0].bytes, NULL, NULL);
	pms_reservation_release(reservation);
	return status == PMS_E_ENDED || (abandons && status == PMS_OK) ? append(r, b) : status;
}

static int32_t build_group(racer *r, const batch *b)
{
	uint64_t bytes = 0, room;
	pms_group *group;
	void *space;

	for (uint32_t i = 0; i < b->count; i++)
		bytes += b->parts[i].bytes;
	int32_t status = pms_region_begin_group(r->region, GROUP_MAX, bytes, &group, NULL);
	if (status != PMS_OK)
		return status;
	for (uint32_t i = 0; i < b->count && status == PMS_OK; i++) {
		status = pms_group_next(group, &space, &room, NULL);
		if (status != PMS_OK)
			break;
		WORKER_CHECK(room >= b->parts[i].bytes);
		memcpy(space, b->data[i], b->parts[i].bytes);
		status = pms_group_add(group, b->parts[i].bytes, NULL);
	}
	bool abandons = test_random_below(&r->random, 4) == 0;
	if (status == PMS_OK)
		status = abandons ? pms_group_abandon(group, NULL) : pms_group_publish(group, NULL, NULL);
	pms_group_release(group);
	return status == PMS_E_ENDED || (abandons && status == PMS_OK) ? append_group(r, b) : status;
}

void *racer_run(void *context)
{
	racer *r = context;
	int32_t status = PMS_OK;
	batch b;

	for (uint32_t round = 0; round < r->rounds && status == PMS_OK; round++) {
		uint64_t verb = test_random_below(&r->random, 10);
		bool grouped = verb >= 7;
		fill(r, &b, grouped ? 1 + (uint32_t)test_random_below(&r->random, GROUP_MAX) : 1);
		if (verb < 4)
			status = append(r, &b);
		else if (verb == 4)
			status = append_parts(r, &b);
		else if (verb < 7)
			status = write_in_place(r, &b);
		else
			status = verb == 7 ? append_group(r, &b) : build_group(r, &b);
		if (status == PMS_OK)
			r->returned += b.count;
	}
	r->status = status;
	return NULL;
}

void racers_start(racer *racers, int count)
{
	for (int i = 0; i < count; i++)
		assert_int_equal(pthread_create(&racers[i].thread, NULL, racer_run, &racers[i]), 0);
}

void racers_join(racer *racers, int count, int32_t status, int32_t or_status)
{
	for (int i = 0; i < count; i++) {
		assert_int_equal(pthread_join(racers[i].thread, NULL), 0);
		if (racers[i].status != status && racers[i].status != or_status)
			fail_msg("racer %d ended with %d, expected %d or %d", i, racers[i].status, status, or_status);
	}
}

void racer_follow(pms_cursor *cursor, racer_tally *tally, bool gaps)
{
	uint32_t id = 0, sequence = 0;
	pms_entry entry;
	int32_t status;

	while ((status = pms_cursor_next(cursor, &entry, NULL)) == PMS_OK) {
		WORKER_CHECK(worker_recognize(entry.data, entry.bytes, &id, &sequence));
		WORKER_CHECK(id < RACERS_MAX && entry.position.timestamp > tally->last_timestamp);
		WORKER_CHECK(gaps ? sequence >= tally->next[id] : sequence == tally->next[id]);
		tally->next[id] = sequence + 1;
		tally->last_timestamp = entry.position.timestamp;
		tally->entries++;
		tally->at_or_below += entry.position.timestamp <= tally->bound;
	}
	WORKER_CHECK(status == PMS_E_END);
}

racer_tally racer_count(pms_region *region, uint64_t bound)
{
	racer_tally tally = {.bound = bound};
	pms_cursor *cursor;

	WORKER_CHECK(pms_cursor_open(region, NULL, &cursor, NULL) == PMS_OK);
	racer_follow(cursor, &tally, false);
	pms_cursor_close(cursor);
	return tally;
}
