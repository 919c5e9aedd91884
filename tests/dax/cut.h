/* SPDX-License-Identifier: MIT */
/*
 * The writer whose machine loses its power, and the comparison after the next boot.
 *
 * What a thread does is derived from the seed, the round (the boot) and a sequence number alone (cut_plan.c), so the
 * next boot knows what each entry must be. What was acknowledged is told outside of the machine, in cut_ack records.
 */
#ifndef PMS_TEST_CUT_H
#define PMS_TEST_CUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CUT_REGIONS 2u
#define CUT_THREADS 4u
#define CUT_BYTES_MAX 32768u

/* ---- what is done ------------------------------------------------------------------------------------------------ */

typedef enum cut_verb {
	CUT_APPEND,
	CUT_PUBLISH, /* reserve, write in place, publish, often fewer bytes than were reserved */
	CUT_ABANDON, /* reserve, write in place, abandon: must never be seen */
	CUT_HOLD     /* as PUBLISH, but it stays open during the next operations of the thread */
} cut_verb;

typedef struct cut_operation {
	cut_verb verb;
	uint32_t region;
	uint64_t reserved; /* bytes */
	uint64_t bytes;	   /* of the entry */
} cut_operation;

/* Which operation it is. At the start of each payload. */
typedef struct cut_name {
	uint32_t magic; /* CUT_NAME_MAGIC */
	uint32_t round;
	uint32_t thread;
	uint32_t region;
	uint64_t sequence;
} cut_name;

#define CUT_NAME_MAGIC 0x31544E45u

cut_operation cut_plan(uint64_t seed, uint32_t round, uint32_t thread, uint64_t sequence);
/* Writes the whole payload, its name included. */
void cut_fill(uint64_t seed, const cut_name *name, uint8_t *payload, uint64_t bytes);
/* The payload is what cut_fill writes. */
bool cut_is_filled(uint64_t seed, const cut_name *name, const uint8_t *payload, uint64_t bytes);

/* ---- what is acknowledged ---------------------------------------------------------------------------------------- */

typedef enum cut_ack_kind {
	CUT_ACK_ENTRY = 1,    /* the call had returned */
	CUT_ACK_FOUND = 2,    /* was in flight at the cut, and found after it: from then on it must stay */
	CUT_ACK_CLEARING = 3, /* the region is about to be cleared */
	CUT_ACK_CLEARED = 4,  /* it was */
	CUT_ACK_KEPT = 5      /* the power was cut while it was being cleared, and everything was found */
} cut_ack_kind;

typedef struct cut_ack {
	cut_name name;
	uint32_t kind; /* cut_ack_kind */
	uint32_t reserved;
	uint64_t offset;
	uint64_t timestamp;
} cut_ack;

/* Opens the way outside, before any thread is started. */
void cut_ack_open(const char *path);
/* Returns when the record has left the machine. From any thread. */
void cut_ack_send(cut_ack_kind kind, const cut_name *name, uint64_t offset, uint64_t timestamp);

/* ---- where it is stored ------------------------------------------------------------------------------------------ */

/* Each verb ends the program with a message when it fails. */
typedef struct cut_store {
	/* Opens what is there, or creates it. */
	void (*open)(const char *path);
	/* Calls back with each entry of the region, in order. Returns how many times damage was found. */
	uint64_t (*read)(uint32_t region,
			 void (*entry)(void *context, uint32_t region, const uint8_t *payload, uint64_t bytes,
				       uint64_t offset, uint64_t timestamp),
			 void *context);
	/* True if the region is to be cleared before the round. */
	bool (*is_filling)(uint32_t region);
	void (*clear)(uint32_t region);
	/* Does operations until the power is cut. */
	void (*work)(uint64_t seed, uint32_t round, uint32_t thread);
	void (*close)(void);
} cut_store;

extern const cut_store cut_stream_store; /* on the core */
extern const cut_store cut_plain_store;	 /* wrong on purpose: a growing file, written without any sync */

/* ---- comparing --------------------------------------------------------------------------------------------------- */

typedef struct cut_verdict {
	uint64_t acknowledged; /* entries that must be there */
	uint64_t found;
	uint64_t in_flight; /* of these, not acknowledged, but allowed */
	uint64_t lost, reordered, invented, damaged;
} cut_verdict;

/* Compares the store with the acknowledgements in the file; tells what is in flight, and what became of a clear that was
 * cut off. `round` is the current one: nothing of it is stored yet. */
cut_verdict cut_compare(const cut_store *store, uint64_t seed, uint32_t round, const char *acknowledgements);

_Noreturn void cut_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
