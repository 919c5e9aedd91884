/* SPDX-License-Identifier: MIT */
/* One process that has the stream open: its handles, what it expects to be stored, and the verbs that change both. */
#ifndef CRASH_WORLD_H
#define CRASH_WORLD_H

#include "engine.h"
#include "model.h"
#include "recording.h"

#define WORLD_RESERVATIONS_MAX 8u
#define WORLD_GROUPS_MAX 4u
#define WORLD_PAYLOAD_MAX 512u

typedef struct crash_world_reservation {
	pms_reservation *handle; /* null: none */
	unsigned entry;
	uint64_t payload; /* offset in the stream */
} crash_world_reservation;

/* A group under construction. Its entries follow one another in the model. */
typedef struct crash_world_group {
	pms_group *handle; /* null: none */
	unsigned region, members;
	unsigned entries[WORLD_RESERVATIONS_MAX];
	uint8_t number; /* `group` of its entries */
} crash_world_group;

typedef struct crash_world {
	crash_device device;
	crash_history history;
	crash_model model;
	pms_stream *stream;
	pms_region *regions[MODEL_REGIONS_MAX];
	crash_world_reservation reservations[WORLD_RESERVATIONS_MAX];
	crash_world_group groups[WORLD_GROUPS_MAX];
	uint64_t stable_end[MODEL_REGIONS_MAX]; /* what was visible when the last persist of the stream returned */
	bool closing;				/* from here on calls may be refused */
	uint64_t random;
	uint8_t *shared; /* the buffer of an append that another thread changes meanwhile; null: none */
} crash_world;

/* The history takes the model as it is now. */
void world_note(crash_world *world);
/* An append or publish of the entry has returned this position, and promises what `state` says. */
void world_acknowledge(crash_world *world, unsigned entry, const pms_position *position, model_entry_state state);
/* Everything that was returned in the region and begins at or below the offset is durable now. */
void world_promise(crash_world *world, unsigned region, uint64_t offset);
/* The status of a call that writes: true when it was refused for a reason that may be. Fails for others but PMS_OK. */
bool world_refuses(const crash_world *world, int32_t status, const pms_error *error, const char *verb);

/* A whole stream on the device, whatever it held. */
void verb_create(crash_world *world);
/* Opens, compares what is there with the model, and takes the answer of recovery into it (oracle.c). */
void verb_open(crash_world *world);
/* A reader in another process finds nothing wrong, and the device stays as it is (oracle.c). */
void verb_read_beside(crash_world *world);
void verb_close(crash_world *world);
/* Does nothing when another thread is at it. */
void verb_grow(crash_world *world, uint32_t stream_bytes);
/* The process dies: handles are given up, nothing more is stored. */
void world_die(crash_world *world);

/* Regions: their numbers are those of the model. */
unsigned verb_create_region(crash_world *world, uint32_t usable_bytes, uint16_t alignment);
void verb_clear(crash_world *world, unsigned region);
void verb_free(crash_world *world, unsigned region);

void verb_append(crash_world *world, unsigned region, uint32_t bytes);
/* An append whose bytes another thread changes meanwhile (verb_disturb). */
void verb_append_deferred(crash_world *world, unsigned region, uint32_t bytes);
/* From several pieces of memory. */
void verb_append_parts(crash_world *world, unsigned region, uint32_t bytes, uint32_t flags);
void verb_append_shared(crash_world *world, unsigned region, uint32_t bytes);
void verb_disturb(crash_world *world, unsigned times);
/* Entries that are there together or not at all. */
void verb_group(crash_world *world, unsigned region, unsigned members, uint32_t bytes, uint32_t flags);

/* Groups that are written in place; `slot` is a place of the world. Adding does nothing when the group is full. */
void verb_begin_group(crash_world *world, unsigned slot, unsigned region, unsigned members_max, uint32_t bytes_max);
void verb_add_to_group(crash_world *world, unsigned slot, uint32_t bytes);
/* When there is no room for a second copy, the group is abandoned. */
void verb_publish_group(crash_world *world, unsigned slot);
void verb_abandon_group(crash_world *world, unsigned slot);

/* `slot` is a place of the world; reserve does nothing when the region is full. */
void verb_reserve(crash_world *world, unsigned slot, unsigned region, uint32_t bytes);
void verb_write(crash_world *world, unsigned slot);
void verb_publish(crash_world *world, unsigned slot, uint32_t bytes);
void verb_abandon(crash_world *world, unsigned slot);

void verb_persist_region(crash_world *world, unsigned region);
/* Up to the deferred entry of that number among those of the region that nobody has persisted; nothing when there is none. */
void verb_persist_to(crash_world *world, unsigned region, unsigned number);
/* Stream-wide persist (R14): raises the persisted timestamp. What lies at or below it is there, and visible. */
void verb_persist(crash_world *world);

#endif
