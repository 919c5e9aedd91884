/* SPDX-License-Identifier: MIT */
/*
 * System "floor" on a disk: pwrite of the same bytes and fdatasync, into a file whose blocks were written before, as those of
 * a stream are. A batch is one pwrite and one fdatasync.
 */
#include "core.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "floor.h"

static struct {
	int file; /* 0: none */
	uint64_t used;
	uint8_t *buffer;
} disk;

static void disk_open(const bench_request *request)
{
	static const uint8_t zeros[1 << 16];
	char path[512];

	if (disk.file)
		return;
	bench_path(path, request, "floor.bin");
	disk.file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (disk.file < 0)
		bench_die("'%s' cannot be created: %s", path, strerror(errno));
	for (uint64_t at = 0; at < BENCH_DISK_BYTES; at += sizeof(zeros))
		if (pwrite(disk.file, zeros, sizeof(zeros), (off_t)at) != (ssize_t)sizeof(zeros))
			bench_die("'%s' cannot be written: %s", path, strerror(errno));
	if (fsync(disk.file) != 0)
		bench_die("'%s' cannot be synced: %s", path, strerror(errno));
	disk.buffer = calloc(BENCH_BATCH_MAX, bench_extent(BENCH_PAYLOAD_MAX));
	disk.used = 0;
	if (!disk.buffer)
		bench_die("out of memory");
}

void bench_disk_floor_reset(void)
{
	char path[512];
	bench_request request = {.medium = "disk"};

	if (!disk.file)
		return;
	(void)close(disk.file);
	free(disk.buffer);
	disk.file = 0;
	bench_path(path, &request, "floor.bin");
	(void)unlink(path);
}

static void write_all(void *state, uint64_t count)
{
	const bench_request *request = state;
	const uint64_t extent = bench_extent(request->payload_bytes);

	for (uint64_t i = 0; i < count; i += request->batch) {
		uint64_t bytes = request->batch * extent;
		for (uint64_t j = 0; j < request->batch; j++) {
			uint8_t *at = disk.buffer + j * extent;
			uint64_t hash = bench_hash(bench_payload(), request->payload_bytes);
			memcpy(at, &request->payload_bytes, 8);
			memcpy(at + 16, &hash, 8);
			memcpy(at + BENCH_HEADER_BYTES, bench_payload(), request->payload_bytes);
		}
		if (disk.used + bytes > BENCH_DISK_BYTES)
			disk.used = 0;
		if (pwrite(disk.file, disk.buffer, bytes, (off_t)disk.used) != (ssize_t)bytes ||
		    fdatasync(disk.file) != 0)
			bench_die("writing to the disk failed: %s", strerror(errno));
		disk.used += bytes;
	}
}

bench_result bench_disk_floor_append(const bench_request *request)
{
	bench_request work = *request;
	bench_loop loop = {.work = write_all, .state = &work, .piece = request->batch};

	disk_open(request);
	return bench_run(request, &loop);
}
