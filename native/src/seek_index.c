/* SPDX-License-Identifier: MIT */
#include "seek_index.h"

#include <stdlib.h>
#include <string.h>

void pms_seek_index_init(pms_seek_index *index)
{
	*index = (pms_seek_index){.stride = PMS_SEEK_STRIDE_MIN};
	pms_mutex_init(&index->mutex);
}

void pms_seek_index_destroy(pms_seek_index *index)
{
	free(index->pairs);
	pms_mutex_destroy(&index->mutex);
}

static void empty_locked(pms_seek_index *index, uint64_t base)
{
	index->count = 0;
	index->stride = PMS_SEEK_STRIDE_MIN;
	index->base = base;
}

void pms_seek_index_forget(pms_seek_index *index)
{
	pms_mutex_lock(&index->mutex);
	free(index->pairs);
	index->pairs = NULL;
	empty_locked(index, index->base); /* a cursor of an earlier life is told by it still */
	pms_mutex_unlock(&index->mutex);
}

/* How many pairs have a timestamp at or below the given one. Offsets rise with them. */
static uint32_t count_until(const pms_seek_index *index, uint64_t timestamp)
{
	uint32_t low = 0, high = index->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (index->pairs[middle].timestamp <= timestamp)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Room for as many again: every second pair goes, as a rule. Where entries are larger than the stride it grows to their size. */
static void thin_locked(pms_seek_index *index, uint64_t data_start)
{
	uint64_t average = (index->pairs[index->count - 1].offset - data_start) / (index->count / 2);
	uint64_t before = data_start;
	uint32_t kept = 0;

	index->stride = average > 2 * index->stride ? average : 2 * index->stride;
	for (uint32_t i = 0; i < index->count; i++) {
		if (index->pairs[i].offset - before < index->stride)
			continue;
		before = index->pairs[i].offset;
		index->pairs[kept++] = index->pairs[i];
	}
	index->count = kept;
}

/*
 * Behind `before`, where a pair stands, and pair `at` is the next one: where there is room for another. Who walks where others
 * have walked finds none for long, and need not come back for each stride.
 */
static uint64_t next_room_locked(const pms_seek_index *index, uint64_t before, uint32_t at)
{
	for (; at < index->count && index->pairs[at].offset - before < 2 * index->stride; at++)
		before = index->pairs[at].offset;
	return before + index->stride;
}

/* Puts the pair in when its neighbours are a stride away; returns where the next one would be. */
static uint64_t insert_locked(pms_seek_index *index, uint64_t data_start, pms_seek_pair pair)
{
	uint32_t at = count_until(index, pair.timestamp);
	uint64_t before = at ? index->pairs[at - 1].offset : data_start;

	/* Offsets that do not rise with timestamps are of a damaged region: no place for hints. */
	if (pair.offset < before || (at < index->count && index->pairs[at].offset <= pair.offset))
		return UINT64_MAX;
	if (pair.offset - before < index->stride)
		return next_room_locked(index, before, at);
	if (at < index->count && index->pairs[at].offset - pair.offset < index->stride)
		return next_room_locked(index, index->pairs[at].offset, at + 1);
	memmove(index->pairs + at + 1, index->pairs + at, (index->count - at) * sizeof(pair));
	index->pairs[at] = pair;
	if (++index->count < PMS_SEEK_PAIRS_MAX)
		return next_room_locked(index, pair.offset, at + 1);
	thin_locked(index, data_start);
	return pair.offset + index->stride;
}

uint64_t pms_seek_index_note(pms_seek_index *index, uint64_t base, uint64_t data_start, pms_seek_pair pair)
{
	uint64_t next = UINT64_MAX;

	if (!pms_mutex_try_lock(&index->mutex))
		return pair.offset; /* the next entry will do as well */
	if (base > index->base)
		empty_locked(index, base);
	if (base == index->base && !index->pairs)
		index->pairs = malloc(PMS_SEEK_PAIRS_MAX * sizeof(*index->pairs));
	if (base == index->base && index->pairs)
		next = insert_locked(index, data_start, pair);
	pms_mutex_unlock(&index->mutex);
	return next;
}

bool pms_seek_index_find(pms_seek_index *index, uint64_t base, uint64_t timestamp, pms_seek_pair *pair)
{
	bool found = false;

	pms_mutex_lock(&index->mutex);
	if (base == index->base) {
		uint32_t count = count_until(index, timestamp);
		found = count > 0;
		if (found)
			*pair = index->pairs[count - 1];
	}
	pms_mutex_unlock(&index->mutex);
	return found;
}
