/* SPDX-License-Identifier: MIT */
/* One process that has the stream open: its handles, what it expects to be stored, and the verbs that change both. */
#ifndef CRASH_WORLD_H
#define CRASH_WORLD_H

#include "engine.h"
#include "model.h"
#include "recording.h"

#define WORLD_RESERVATIONS_MAX 8u
#define WORLD_PAYLOAD_MAX 512u

typedef struct crash_world_reservation {
	pms_reservation *handle; /* null: none */
	unsigned entry;
	uint64_t payload; /* offset in the stream */
} crash_world_reservation;

typedef struct crash_world {
	crash_device device;
	crash_history history;
	crash_model model;
	pms_stream *stream;
	pms_region *regions[MODEL_REGIONS_MAX];
	crash_world_reservation reservations[WORLD_RESERVATIONS_MAX];
	uint64_t random;
	uint8_t *shared; /* the buffer of an append that another thread changes meanwhile; null: none */
} crash_world;

/* The history takes the model as it is now. */
void world_note(crash_world *world);

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
void verb_append_shared(crash_world *world, unsigned region, uint32_t bytes);
void verb_disturb(crash_world *world, unsigned times);
/* Entries that are there together or not at all. */
void verb_group(crash_world *world, unsigned region, unsigned members, uint32_t bytes);

/* `slot` is a place of the world; reserve does nothing when the region is full. */
void verb_reserve(crash_world *world, unsigned slot, unsigned region, uint32_t bytes);
void verb_write(crash_world *world, unsigned slot);
void verb_publish(crash_world *world, unsigned slot, uint32_t bytes);
void verb_abandon(crash_world *world, unsigned slot);

/* Stream-wide persist (R14): raises the persisted timestamp. */
void verb_persist(crash_world *world);

#endif
