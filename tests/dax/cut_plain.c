/* SPDX-License-Identifier: MIT */
/*
 * The control: a log as one writes it without thinking. Each entry is appended to a growing file with write(2), and
 * acknowledged when that returns. Neither MAP_SYNC nor fsync: on a DAX file system the bytes are on the medium, but not the
 * size of the file and its blocks; on another one not even the bytes. A lane in which this loses nothing sees nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "cut.h"

#define PLAIN_BYTES_MAX ((uint64_t)64 << 20)

typedef struct plain_header {
	uint64_t bytes;
	uint32_t region;
	uint32_t number; /* from 1; plays the timestamp */
} plain_header;

static int descriptor;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static uint64_t end;
static uint32_t number;

static void plain_open(const char *path)
{
	struct stat status;

	descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (descriptor < 0 || fstat(descriptor, &status) != 0)
		cut_die("cannot open %s: %s", path, strerror(errno));
	printf("medium: a growing file that is never synced, %llu bytes\n", (unsigned long long)status.st_size);
}

static uint64_t plain_read(uint32_t region,
			   void (*look)(void *context, uint32_t region, const uint8_t *payload, uint64_t bytes,
					uint64_t offset, uint64_t timestamp),
			   void *context)
{
	static uint8_t payload[CUT_BYTES_MAX + sizeof(cut_name)];
	plain_header header;
	uint64_t at = 0;

	for (; pread(descriptor, &header, sizeof(header), (off_t)at) == sizeof(header);
	     at += sizeof(header) + header.bytes) {
		/* Zeros, or what the blocks held before: a log without checksums can only stop. */
		if (header.number == 0 || header.bytes > sizeof(payload) ||
		    pread(descriptor, payload, header.bytes, (off_t)(at + sizeof(header))) != (ssize_t)header.bytes)
			break;
		if (header.region == region)
			look(context, region, payload, header.bytes, at, header.number);
	}
	return 0;
}

static void plain_work(uint64_t seed, uint32_t round, uint32_t thread)
{
	static _Thread_local uint8_t payload[CUT_BYTES_MAX + sizeof(cut_name)];

	for (uint64_t sequence = 0; end < PLAIN_BYTES_MAX; sequence++) {
		const cut_operation operation = cut_plan(seed, round, thread, sequence);
		const cut_name name = {.magic = CUT_NAME_MAGIC,
				       .round = round,
				       .thread = thread,
				       .region = operation.region,
				       .sequence = sequence};
		plain_header header = {.bytes = operation.bytes, .region = operation.region};
		const struct iovec parts[] = {{&header, sizeof(header)}, {payload, operation.bytes}};
		uint64_t at;

		if (operation.verb == CUT_ABANDON)
			continue;
		cut_fill(seed, &name, payload, operation.bytes);
		(void)pthread_mutex_lock(&mutex);
		header.number = ++number;
		at = end;
		end += sizeof(header) + operation.bytes;
		if (pwritev(descriptor, parts, 2, (off_t)at) != (ssize_t)(end - at))
			cut_die("cannot write: %s", strerror(errno));
		(void)pthread_mutex_unlock(&mutex);
		cut_ack_send(CUT_ACK_ENTRY, &name, at, header.number);
	}
}

static bool plain_is_filling(uint32_t region)
{
	(void)region;
	return false;
}

static void plain_clear(uint32_t region) { cut_die("region %u of the control is never cleared", region); }

static void plain_close(void) { (void)close(descriptor); }

const cut_store cut_plain_store = {
    .open = plain_open,
    .read = plain_read,
    .is_filling = plain_is_filling,
    .clear = plain_clear,
    .work = plain_work,
    .close = plain_close,
};
