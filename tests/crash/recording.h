/* SPDX-License-Identifier: MIT */
/*
 * The recording medium, and the operating system that the core sees beside it (recording_os.c): one "device" at a time,
 * memory of CRASH_STREAM_BYTES, of which a file takes the first part, whatever path is opened.
 */
#ifndef CRASH_RECORDING_H
#define CRASH_RECORDING_H

#include "history.h"
#include "medium.h"

typedef struct crash_device {
	uint8_t *memory; /* what the process sees */
	crash_history *history;
	uint32_t file_bytes; /* size of the file */
	bool page_cache;     /* else persistent memory */
	bool dead;	     /* the process is gone: nothing is stored any more */
	uint64_t uuid_salt;  /* streams that are created on it have the UUID of that number */
} crash_device;

/* The file gets that size; it can be cut as well. */
void device_resize(crash_device *device, uint32_t file_bytes);
/* And its size becomes durable. */
void device_sync_size(crash_device *device);

/* The device that the next create or open gets. */
void device_use(crash_device *device);
crash_device *device_in_use(void);
extern const pms_medium_table device_table;

/* Words that the user writes into a reserved span. */
void device_user_write(crash_device *device, uint64_t offset, const void *data, uint64_t bytes);

#endif
