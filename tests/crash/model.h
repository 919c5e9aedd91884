/* SPDX-License-Identifier: MIT */
/*
 * What a stream is expected to hold, as plain lists. The verbs (verbs.h) change it, recovery is compared with it
 * (oracle.h), and a copy of it stands in the history wherever it has changed.
 */
#ifndef CRASH_MODEL_H
#define CRASH_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_ENTRIES_MAX 56u
#define MODEL_REGIONS_MAX 12u

typedef enum model_entry_state {
	ENTRY_TRYING = 1,	/* a call that has not returned: there whole, or not at all */
	ENTRY_ACKNOWLEDGED = 2, /* there */
	ENTRY_OPEN = 3,		/* a reservation: not to be seen */
	ENTRY_GONE = 4, /* abandoned, cleared away, or found missing by an earlier recovery: never to be seen again */
	/* A deferred append that has returned: there, or missing with all that lies behind it. */
	ENTRY_DEFERRED = 5
} model_entry_state;

typedef enum model_region_state {
	REGION_CREATING = 1, /* there without entries, or not there */
	REGION_LIVE = 2,
	REGION_CLEARING = 3, /* with all its entries, or with none */
	REGION_FREEING = 4,  /* the same, or not there */
	REGION_GONE = 5
} model_region_state;

typedef enum model_stream_state {
	STREAM_CREATING = 1, /* a whole empty stream, or not a stream */
	STREAM_LIVE = 2
} model_stream_state;

typedef struct crash_model_entry {
	uint64_t offset, timestamp; /* 0: not known yet */
	uint32_t bytes;		    /* of its payload */
	uint8_t region;
	uint8_t state;	/* model_entry_state */
	uint8_t group;	/* entries of the same number but 0 are there together, or not at all */
	uint8_t fickle; /* 1: its owner changes the bytes while they are appended: each word is one of two */
} crash_model_entry;

typedef struct crash_model_region {
	uint32_t usable_bytes;
	uint16_t alignment;
	uint8_t state; /* model_region_state */
	uint8_t fresh; /* 1: this life is to be without any entry when it is first seen */
} crash_model_region;

typedef struct crash_model {
	uint32_t stream_state; /* model_stream_state */
	uint32_t stream_bytes;
	uint32_t growing_to; /* the size that it may have as well; 0: none */
	uint32_t entry_count, region_count, group_count;
	/* What a persist of the stream has returned: all at or below it is there, and nothing turns up there later. */
	uint64_t stable;
	crash_model_region regions[MODEL_REGIONS_MAX];
	crash_model_entry entries[MODEL_ENTRIES_MAX];
} crash_model;

uint64_t model_digest(const crash_model *model);
/* Returns their numbers; for entries MODEL_ENTRIES_MAX when the model is full. */
unsigned model_add_region(crash_model *model, uint32_t usable_bytes, uint16_t alignment);
unsigned model_add_entry(crash_model *model, unsigned region, uint32_t bytes, model_entry_state state);
/* All entries of the region become `state` (those that are not gone). */
void model_set_entries(crash_model *model, unsigned region, model_entry_state state);

/* The payload that stands for entry `id`. Its first 8 bytes say which it is. */
void model_fill(unsigned id, uint32_t bytes, uint8_t *payload);
/* The other bytes of a fickle one, beyond the first 8. */
void model_fill_other(unsigned id, uint32_t bytes, uint8_t *payload);
/* "r<number>"; the length. */
unsigned model_region_name(unsigned region, char name[8]);

#endif
