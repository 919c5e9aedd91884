/* SPDX-License-Identifier: MIT */
#include "shadow.h"

#include <stdlib.h>
#include <string.h>

#include "crash.h"

#define LINE_BYTES 64u
#define PAGE_BYTES 4096u

crash_shadow *shadow_new(void)
{
	crash_shadow *made = crash_allocate(sizeof(*made));

	made->durable = crash_allocate(CRASH_STREAM_BYTES);
	made->hashes = crash_allocate(SHADOW_UNITS_MAX * sizeof(*made->hashes));
	made->units = crash_allocate(SHADOW_UNITS_MAX * sizeof(*made->units));
	made->dirty = crash_allocate(SHADOW_UNITS_MAX * sizeof(*made->dirty));
	return made;
}

void shadow_free(crash_shadow *shadow)
{
	for (uint32_t i = 0; i < SHADOW_UNITS_MAX; i++)
		free(shadow->units[i].stores);
	free(shadow->durable);
	free(shadow->hashes);
	free(shadow->units);
	free(shadow->dirty);
	free(shadow->flushed);
	free(shadow);
}

static void hash_unit(crash_shadow *shadow, uint32_t index)
{
	uint64_t hash =
	    crash_hash(shadow->durable + (uint64_t)index * shadow->unit_bytes, shadow->unit_bytes, index + 1);

	shadow->hash += hash - shadow->hashes[index];
	shadow->hashes[index] = hash;
}

static void clean(crash_shadow *shadow)
{
	for (size_t i = 0; i < shadow->dirty_count; i++)
		shadow->units[shadow->dirty[i]].count = 0;
	shadow->dirty_count = 0;
	shadow->flushed_count = 0;
}

void shadow_begin(crash_shadow *shadow, const uint8_t *image, uint32_t file_bytes, bool page_cache)
{
	clean(shadow);
	shadow->file_durable = shadow->file_newest = file_bytes;
	shadow->page_cache = page_cache;
	shadow->unit_bytes = page_cache ? UNIT_BYTES_MAX : LINE_BYTES;
	shadow->unit_count = CRASH_STREAM_BYTES / shadow->unit_bytes;
	memcpy(shadow->durable, image, CRASH_STREAM_BYTES);
	memset(shadow->hashes, 0, SHADOW_UNITS_MAX * sizeof(*shadow->hashes));
	shadow->hash = 0;
	for (uint32_t i = 0; i < shadow->unit_count; i++)
		hash_unit(shadow, i);
}

static void add_store(crash_shadow *shadow, uint32_t index, crash_pending_store store)
{
	crash_unit *unit = &shadow->units[index];

	if (unit->count == 0)
		shadow->dirty[shadow->dirty_count++] = index;
	unit->stores = crash_grow(unit->stores, unit->count, &unit->capacity, sizeof(store));
	unit->stores[unit->count++] = store;
}

void shadow_copy(crash_shadow *to, const crash_shadow *from)
{
	clean(to);
	to->file_durable = from->file_durable;
	to->file_newest = from->file_newest;
	to->page_cache = from->page_cache;
	to->unit_bytes = from->unit_bytes;
	to->unit_count = from->unit_count;
	to->hash = from->hash;
	memcpy(to->durable, from->durable, CRASH_STREAM_BYTES);
	memcpy(to->hashes, from->hashes, SHADOW_UNITS_MAX * sizeof(*to->hashes));
	for (size_t i = 0; i < from->dirty_count; i++)
		for (size_t j = 0; j < from->units[from->dirty[i]].count; j++)
			add_store(to, from->dirty[i], from->units[from->dirty[i]].stores[j]);
	for (size_t i = 0; i < from->flushed_count; i++) {
		to->flushed = crash_grow(to->flushed, to->flushed_count, &to->flushed_capacity, sizeof(*to->flushed));
		to->flushed[to->flushed_count++] = from->flushed[i];
	}
}

void shadow_kill(crash_shadow *shadow)
{
	for (size_t i = 0; i < shadow->dirty_count; i++) {
		crash_unit *unit = &shadow->units[shadow->dirty[i]];
		for (size_t j = 0; j < unit->count; j++)
			unit->stores[j].thread = ANY_THREAD;
	}
	shadow->flushed_count = 0;
}

void shadow_newest(const crash_shadow *shadow, uint8_t *image)
{
	memcpy(image, shadow->durable, CRASH_STREAM_BYTES);
	for (size_t i = 0; i < shadow->dirty_count; i++) {
		const crash_unit *unit = &shadow->units[shadow->dirty[i]];
		uint8_t *to = image + (uint64_t)shadow->dirty[i] * shadow->unit_bytes;
		for (size_t j = 0; j < unit->count; j++)
			memcpy(to + unit->stores[j].at, &unit->stores[j].value, sizeof(uint64_t));
	}
}

/* What is durable from the front on goes into the image. Flushes that count what goes are gone themselves, or wait. */
static void settle(crash_shadow *shadow, uint32_t index)
{
	crash_unit *unit = &shadow->units[index];
	size_t gone = 0;

	for (; gone < unit->count && unit->stores[gone].durable; gone++)
		memcpy(shadow->durable + (uint64_t)index * shadow->unit_bytes + unit->stores[gone].at,
		       &unit->stores[gone].value, sizeof(uint64_t));
	if (gone == 0)
		return;
	hash_unit(shadow, index);
	memmove(unit->stores, unit->stores + gone, (unit->count - gone) * sizeof(*unit->stores));
	unit->count -= gone;
	for (size_t i = 0; i < shadow->flushed_count; i++)
		if (shadow->flushed[i].unit == index)
			shadow->flushed[i].count -=
			    shadow->flushed[i].count < gone ? shadow->flushed[i].count : (uint32_t)gone;
	if (unit->count)
		return;
	for (size_t i = 0; i < shadow->dirty_count; i++)
		if (shadow->dirty[i] == index) {
			shadow->dirty[i] = shadow->dirty[--shadow->dirty_count];
			break;
		}
}

static void apply_flush(crash_shadow *shadow, const crash_event *event)
{
	uint64_t grain = shadow->page_cache ? PAGE_BYTES : LINE_BYTES;
	uint64_t from = event->offset / grain * grain;
	uint64_t to = (event->offset + event->value + grain - 1) / grain * grain;

	for (uint64_t at = from; at < to; at += shadow->unit_bytes) {
		uint32_t index = (uint32_t)(at / shadow->unit_bytes);
		if (shadow->units[index].count == 0)
			continue;
		shadow->flushed = crash_grow(shadow->flushed, shadow->flushed_count, &shadow->flushed_capacity,
					     sizeof(*shadow->flushed));
		shadow->flushed[shadow->flushed_count++] = (crash_flushed_unit){
		    .unit = index,
		    .count = (uint32_t)shadow->units[index].count,
		    .thread = event->thread,
		};
	}
}

static void drain_unit(crash_shadow *shadow, const crash_flushed_unit *flushed)
{
	crash_unit *unit = &shadow->units[flushed->unit];

	for (uint32_t i = 0; i < flushed->count && i < unit->count; i++) {
		crash_pending_store *store = &unit->stores[i];
		if (store->kind != STORE_LOOSE || store->thread == flushed->thread || store->thread == ANY_THREAD)
			store->durable = true;
	}
	settle(shadow, flushed->unit);
}

static void apply_drain(crash_shadow *shadow, uint8_t thread)
{
	size_t kept = 0;

	for (size_t i = 0; i < shadow->flushed_count; i++)
		if (shadow->flushed[i].thread == thread)
			drain_unit(shadow, &shadow->flushed[i]);
	for (size_t i = 0; i < shadow->flushed_count; i++)
		if (shadow->flushed[i].thread != thread && shadow->flushed[i].count)
			shadow->flushed[kept++] = shadow->flushed[i];
	shadow->flushed_count = kept;
}

void shadow_apply(crash_shadow *shadow, const crash_event *event)
{
	switch (event->kind) {
	case EVENT_STORE:
		add_store(shadow, event->offset / shadow->unit_bytes,
			  (crash_pending_store){.at = (uint16_t)(event->offset % shadow->unit_bytes),
						.kind = event->store,
						.thread = event->thread,
						.value = event->value});
		break;
	case EVENT_FLUSH:
		apply_flush(shadow, event);
		break;
	case EVENT_DRAIN:
		apply_drain(shadow, event->thread);
		break;
	case EVENT_FILE_SIZE:
		shadow->file_newest = (uint32_t)event->value;
		break;
	case EVENT_FILE_SYNC:
		shadow->file_durable = shadow->file_newest;
		break;
	default:
		break;
	}
}
