/* SPDX-License-Identifier: MIT */
#include "support_workers.h"

#include <sched.h>

uint64_t worker_payload(uint32_t id, uint32_t sequence, uint8_t *data)
{
	uint64_t seed = (uint64_t)id << 32 | sequence, state = seed;
	uint64_t bytes = 8 + test_random(&state) % (WORKER_PAYLOAD_MAX - 8);

	memcpy(data, &id, sizeof(id));
	memcpy(data + 4, &sequence, sizeof(sequence));
	test_fill(data + 8, bytes - 8, seed);
	return bytes;
}

bool worker_recognize(const void *data, uint64_t bytes, uint32_t *id, uint32_t *sequence)
{
	uint8_t expected[WORKER_PAYLOAD_MAX];

	if (bytes < 8 || bytes > WORKER_PAYLOAD_MAX)
		return false;
	memcpy(id, data, sizeof(*id));
	memcpy(sequence, (const uint8_t *)data + 4, sizeof(*sequence));
	return worker_payload(*id, *sequence, expected) == bytes && memcmp(data, expected, bytes) == 0;
}

static int32_t append(worker *w, pms_region *region, const uint8_t *data, uint64_t bytes)
{
	pms_position position;
	int32_t status = pms_region_append(region, data, bytes, &position, NULL);

	if (status != PMS_OK)
		return status;
	/* Timestamps of one thread rise, whichever regions it writes to. */
	WORKER_CHECK(position.timestamp > w->last_timestamp);
	w->last_timestamp = position.timestamp;
	return PMS_OK;
}

/* Reserves more than it publishes; abandons every third and appends it instead. */
static int32_t write_in_place(worker *w, pms_region *region, const uint8_t *data, uint64_t bytes)
{
	uint64_t ending = test_random_below(&w->random, 6);
	pms_reservation *reservation;
	pms_position position, published;
	pms_error error;
	void *space;

	int32_t status = pms_region_reserve(region, bytes + test_random_below(&w->random, 100), &reservation, &space,
					    &position, &error);
	if (status != PMS_OK)
		return status;
	WORKER_CHECK(position.timestamp > w->last_timestamp);
	w->last_timestamp = position.timestamp;
	memcpy(space, data, bytes);
	if (test_random_below(&w->random, 8) == 0)
		(void)sched_yield();
	if (ending == 0)
		status = pms_reservation_abandon(reservation, NULL);
	else if (ending > 1)
		status = pms_reservation_publish(reservation, bytes, &published, NULL);
	pms_reservation_release(reservation);
	if (status != PMS_OK || ending > 1) {
		if (status == PMS_OK)
			WORKER_CHECK(memcmp(&published, &position, sizeof(position)) == 0);
		return status;
	}
	return append(w, region, data, bytes);
}

void *worker_run(void *context)
{
	uint8_t data[WORKER_PAYLOAD_MAX];
	worker *w = context;
	int32_t status = PMS_OK;

	for (uint32_t sequence = 0; sequence < w->rounds && status == PMS_OK; sequence++) {
		pms_region *region = w->regions[test_random_below(&w->random, w->region_count)];
		uint64_t bytes = worker_payload(w->id, sequence, data);
		if (test_random_below(&w->random, 100) < w->reserve_percent)
			status = write_in_place(w, region, data, bytes);
		else
			status = append(w, region, data, bytes);
		if (status == PMS_OK)
			w->acknowledged = sequence + 1;
	}
	w->status = status;
	return NULL;
}

void workers_start(worker *workers, int count, void *(*run)(void *))
{
	for (int i = 0; i < count; i++)
		assert_int_equal(pthread_create(&workers[i].thread, NULL, run, &workers[i]), 0);
}

void workers_join(worker *workers, int count)
{
	for (int i = 0; i < count; i++)
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
}

void worker_follow(pms_cursor *cursor, uint64_t *last_timestamp, uint32_t next[WORKERS_MAX], bool gaps)
{
	uint32_t id = 0, sequence = 0;
	pms_entry entry;
	pms_error error;
	int32_t status;

	while ((status = pms_cursor_next(cursor, &entry, &error)) == PMS_OK) {
		WORKER_CHECK(worker_recognize(entry.data, entry.bytes, &id, &sequence));
		WORKER_CHECK(id < WORKERS_MAX);
		WORKER_CHECK(entry.position.timestamp > *last_timestamp);
		*last_timestamp = entry.position.timestamp;
		if (gaps ? sequence < next[id] : sequence != next[id])
			(void)fprintf(stderr, "worker %u: entry %u at offset %llu, expected %u\n", id, sequence,
				      (unsigned long long)entry.position.offset, next[id]);
		WORKER_CHECK(gaps ? sequence >= next[id] : sequence == next[id]);
		next[id] = sequence + 1;
	}
	if (status != PMS_E_END)
		(void)fprintf(stderr, "%d: %s\n", status, error.message);
	WORKER_CHECK(status == PMS_E_END);
}
