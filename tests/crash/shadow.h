/* SPDX-License-Identifier: MIT */
/*
 * What is durable at a point of the history, what is on its way, and so which images a power cut may leave there.
 *
 * Persistent memory, by cache lines: what was flushed and then drained by the same thread is in. Of what a line got
 * besides, any prefix of its cached stores (neighbouring words of the user in any order) and any of its non-temporal
 * words. Page cache, by sectors of 512 bytes: any prefix of what a sector got since its page was synced. Lines and sectors
 * are independent of each other. So is the size of the file: the one that was synced last, or the newest.
 */
#ifndef CRASH_SHADOW_H
#define CRASH_SHADOW_H

#include "crash.h"
#include "history.h"

#define UNIT_BYTES_MAX 512u
#define SHADOW_UNITS_MAX (CRASH_STREAM_BYTES / 64u)
/* thread of a word that anybody's flush and drain make durable */
#define ANY_THREAD 0xffu

typedef struct crash_pending_store {
	uint16_t at; /* in its unit */
	uint8_t kind, thread;
	bool durable;
	uint64_t value;
} crash_pending_store;

typedef struct crash_unit {
	crash_pending_store *stores;
	size_t count, capacity;
} crash_unit;

typedef struct crash_flushed_unit {
	uint32_t unit;
	uint32_t count; /* stores that it had at the flush */
	uint8_t thread;
} crash_flushed_unit;

typedef struct crash_shadow {
	bool page_cache;
	uint32_t unit_bytes, unit_count;
	uint32_t file_durable, file_newest; /* sizes of the file */
	uint8_t *durable;
	uint64_t *hashes; /* of each unit, as it is durable */
	uint64_t hash;	  /* their sum */
	crash_unit *units;
	uint32_t *dirty; /* units with stores, in no order */
	size_t dirty_count;
	crash_flushed_unit *flushed;
	size_t flushed_count, flushed_capacity;
} crash_shadow;

crash_shadow *shadow_new(void);
void shadow_free(crash_shadow *shadow);
/* Everything is durable, as it is in `image`, in a file of that size. */
void shadow_begin(crash_shadow *shadow, const uint8_t *image, uint32_t file_bytes, bool page_cache);
void shadow_copy(crash_shadow *to, const crash_shadow *from);
/* The process dies: nothing becomes durable by that, nothing is lost, and nobody is left to drain what he flushed. */
void shadow_kill(crash_shadow *shadow);
void shadow_apply(crash_shadow *shadow, const crash_event *event);
/* The image with everything in. */
void shadow_newest(const crash_shadow *shadow, uint8_t *image);

/* ---- images ---- */

/* One way in which a unit may be found. */
typedef struct crash_variant {
	uint8_t bytes[UNIT_BYTES_MAX];
	uint64_t hash;
} crash_variant;

/* The first is what is durable, the second (when there is one) all that was stored. */
typedef struct crash_variants {
	uint32_t unit;
	size_t count, capacity;
	crash_variant *list;
} crash_variants;

typedef struct crash_images {
	crash_variants *units;
	size_t unit_count, unit_capacity; /* units that have more than one variant; lists beyond are kept for reuse */
	double total;			  /* their product */
} crash_images;

/* Lists them. A unit with very many is sampled from the seed. */
void images_list(crash_images *images, const crash_shadow *shadow, uint64_t *random);
void images_free(crash_images *images);

#endif
