/* SPDX-License-Identifier: MIT */
/* The log of the recording medium: every store of a word, flush and drain with its thread; and what the model was. */
#ifndef CRASH_HISTORY_H
#define CRASH_HISTORY_H

#include "model.h"

typedef enum event_kind {
	EVENT_STORE = 1,
	EVENT_FLUSH = 2,
	EVENT_DRAIN = 3,
	EVENT_MODEL = 4,     /* from here on the model is models[value] */
	EVENT_FILE_SIZE = 5, /* the file has `value` bytes */
	EVENT_FILE_SYNC = 6  /* and that is durable; of what is in it this says nothing */
} event_kind;

typedef enum store_kind {
	STORE_CACHED = 1, /* a line holds a prefix of these */
	STORE_USER = 2,	  /* the same; but neighbours in the list that are of this kind have no order among them */
	STORE_LOOSE = 3	  /* non-temporal: each word by itself, durable by a drain of its own thread alone */
} store_kind;

typedef struct crash_event {
	uint8_t kind, store, thread;
	bool point; /* a call of the medium ends with it: a crash behind it is tried */
	uint32_t offset;
	uint64_t value; /* stored word; bytes to flush; number of the model */
} crash_event;

typedef struct crash_history {
	crash_event *events;
	size_t count, capacity;
	crash_model *models;
	size_t model_count, model_capacity;
} crash_history;

void history_reset(crash_history *history);
void history_add(crash_history *history, crash_event event);
void history_add_model(crash_history *history, const crash_model *model);

#endif
