/* SPDX-License-Identifier: MIT */
/*
 * cut_disk IMAGE LOG SEED   What a disk with a volatile write cache holds after a power cut.
 *
 * IMAGE is the disk before the boot; LOG is what QEMU's blklogwrites has noted since: each write and each flush that
 * reached the disk, in order. Everything before the last flush is written to IMAGE. Of what came after it, each sector
 * is written or not, as SEED has it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The format of the Linux kernel's dm-log-writes. */
#define LOG_MAGIC 0x6a736677736872ull
#define LOG_FLAG_FLUSH 1u
#define LOG_FLAG_FUA 2u
#define LOG_FLAG_DISCARD 4u
#define SECTOR_BYTES 512u

typedef struct log_super {
	uint64_t magic, version, entry_count;
	uint32_t sector_bytes;
} log_super;

typedef struct log_entry {
	uint64_t sector, sector_count, flags, data_bytes;
} log_entry;

typedef struct totals {
	uint64_t entries, flushes, kept, late_kept, late_lost;
} totals;

static _Noreturn void die(const char *what, const char *why)
{
	(void)fprintf(stderr, "cut_disk: %s: %s\n", what, why);
	exit(1);
}

static int open_file(const char *path, int flags)
{
	int descriptor = open(path, flags | O_CLOEXEC);

	if (descriptor < 0)
		die(path, strerror(errno));
	return descriptor;
}

typedef struct write_log {
	int descriptor;
	uint64_t bytes, sector_bytes, image_bytes;
} write_log;

/* What stands at `at` can be an entry: a sector with the four numbers, and zeros behind them. */
static int read_entry(const write_log *log, uint64_t at, log_entry *entry)
{
	uint8_t sector[SECTOR_BYTES];

	if (pread(log->descriptor, sector, sizeof(sector), (off_t)at) != (ssize_t)sizeof(sector))
		return 0;
	memcpy(entry, sector, sizeof(*entry));
	for (size_t i = sizeof(*entry); i < sizeof(sector); i++)
		if (sector[i] != 0)
			return 0;
	if (entry->flags & LOG_FLAG_DISCARD)
		die("the log", "holds a discard, which is not understood");
	return entry->flags <= (LOG_FLAG_FLUSH | LOG_FLAG_FUA) && (entry->flags != 0 || entry->sector_count != 0) &&
	       entry->sector_count <= log->image_bytes / log->sector_bytes &&
	       entry->sector <= log->image_bytes / log->sector_bytes - entry->sector_count &&
	       at + (1 + entry->sector_count) * log->sector_bytes <= log->bytes;
}

/*
 * Finds the first entry at or behind *at, and leaves *at behind it. Zeros are passed over: a write that was still being
 * noted when QEMU was killed has its place in the log, and nothing in it; a flush behind it may be complete.
 * Returns where the entry stands; 0: there is none.
 */
static uint64_t next_entry(const write_log *log, uint64_t *at, log_entry *entry)
{
	for (; *at < log->bytes; *at += log->sector_bytes) {
		const uint64_t here = *at;

		if (read_entry(log, here, entry)) {
			*at += (1 + entry->sector_count) * log->sector_bytes;
			return here;
		}
	}
	return 0;
}

/* splitmix64 */
static uint64_t next(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static void copy_sector(int log, uint64_t from, int image, uint64_t to)
{
	uint8_t sector[SECTOR_BYTES];

	if (pread(log, sector, sizeof(sector), (off_t)from) != (ssize_t)sizeof(sector))
		die("the log", "is cut off");
	if (pwrite(image, sector, sizeof(sector), (off_t)to) != (ssize_t)sizeof(sector))
		die("the image", strerror(errno));
}

/* Each entry is a sector with its header, and its data behind it. `flush_at`: where the last flush stands. */
static void replay(const write_log *log, int image, uint64_t flush_at, uint64_t seed, totals *sums)
{
	uint64_t at = log->sector_bytes;
	uint64_t here;
	log_entry entry;

	while ((here = next_entry(log, &at, &entry)) != 0) {
		const uint64_t bytes = entry.sector_count * log->sector_bytes;
		const int is_late = here >= flush_at && !(entry.flags & LOG_FLAG_FUA);

		sums->entries++;
		sums->flushes += entry.flags & LOG_FLAG_FLUSH;
		for (uint64_t i = 0; i < bytes; i += SECTOR_BYTES) {
			if (is_late && next(&seed) % 2 == 0) {
				sums->late_lost++;
				continue;
			}
			sums->late_kept += is_late ? 1 : 0;
			sums->kept += is_late ? 0 : 1;
			copy_sector(log->descriptor, here + log->sector_bytes + i, image,
				    entry.sector * log->sector_bytes + i);
		}
	}
}

static uint64_t find_last_flush(const write_log *log)
{
	uint64_t at = log->sector_bytes;
	uint64_t found = 0;
	uint64_t here;
	log_entry entry;

	while ((here = next_entry(log, &at, &entry)) != 0)
		if (entry.flags & LOG_FLAG_FLUSH)
			found = here;
	return found;
}

static uint64_t size_of(int descriptor)
{
	struct stat status;

	if (fstat(descriptor, &status) != 0)
		die("fstat", strerror(errno));
	return (uint64_t)status.st_size;
}

int main(int count, char **arguments)
{
	totals sums = {.entries = 0};
	write_log log;
	log_super super;
	int image;

	if (count != 4)
		die("expected", "IMAGE LOG SEED");
	image = open_file(arguments[1], O_RDWR);
	log.descriptor = open_file(arguments[2], O_RDONLY);
	if (pread(log.descriptor, &super, sizeof(super), 0) != (ssize_t)sizeof(super) || super.magic != LOG_MAGIC ||
	    super.sector_bytes < SECTOR_BYTES)
		die(arguments[2], "is not a log of writes");
	log.sector_bytes = super.sector_bytes;
	log.bytes = size_of(log.descriptor);
	log.image_bytes = size_of(image);
	replay(&log, image, find_last_flush(&log), strtoull(arguments[3], NULL, 10), &sums);
	printf("disk: writes=%" PRIu64 " flushes=%" PRIu64 " sectors_durable=%" PRIu64 " sectors_late=%" PRIu64
	       " sectors_lost=%" PRIu64 "\n",
	       sums.entries - sums.flushes, sums.flushes, sums.kept, sums.late_kept + sums.late_lost, sums.late_lost);
	return sums.flushes != 0 ? 0 : 1;
}
