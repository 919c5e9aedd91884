/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void bench_check(int32_t status, const char *what, const pms_error *error)
{
	if (status != PMS_OK)
		bench_die("%s: %s: %s", what, pms_status_text(status), error ? error->message : "");
}

uint32_t bench_flush_policy(const bench_request *request)
{
	if (bench_is(request->policy, "cache-lines"))
		return PMS_FLUSH_CACHE_LINES;
	if (bench_is(request->policy, "non-temporal"))
		return PMS_FLUSH_NON_TEMPORAL;
	if (bench_is(request->policy, "automatic"))
		return PMS_FLUSH_AUTO;
	if (bench_is(request->policy, "sync"))
		return PMS_FLUSH_SYNC;
	bench_die("'%s' is no flush policy of the core", request->policy);
}

pms_stream *bench_create(const char *path, const bench_request *request, uint64_t bytes)
{
	pms_create_options options = {
	    .struct_bytes = sizeof(options),
	    .flags = PMS_CREATE_OVERWRITE,
	    .stream_bytes = bytes,
	    .flush_policy = bench_flush_policy(request),
	};
	pms_stream *stream;
	pms_error error;

	bench_check(pms_stream_create(path, &options, &stream, &error), path, &error);
	return stream;
}

pms_stream *bench_open(const char *path, const bench_request *request)
{
	pms_open_options options = {.struct_bytes = sizeof(options), .flush_policy = bench_flush_policy(request)};
	pms_stream *stream;
	pms_error error;

	bench_check(pms_stream_open(path, &options, &stream, &error), path, &error);
	return stream;
}

pms_region *bench_create_region(pms_stream *stream, const char *name, uint64_t bytes, uint32_t alignment)
{
	pms_region_options options = {
	    .struct_bytes = sizeof(options),
	    .name = name,
	    .name_bytes = (uint32_t)strlen(name),
	    .usable_bytes = bytes,
	    .entry_alignment = alignment,
	};
	pms_region *region;
	pms_error error;

	bench_check(pms_region_create(stream, &options, &region, &error), name, &error);
	return region;
}

uint64_t bench_fill(pms_region *region, uint64_t payload_bytes, uint64_t bytes)
{
	pms_region_info info = {.struct_bytes = sizeof(info)};
	pms_error error;
	uint64_t count = 0;

	do {
		int32_t status = PMS_OK;
		for (uint64_t i = 0; i < 16 && status == PMS_OK; i++, count += status == PMS_OK)
			status = pms_region_append_deferred(region, bench_payload(), payload_bytes, NULL, &error);
		if (status == PMS_E_REGION_FULL)
			break;
		bench_check(status, "filling a region", &error);
		bench_check(pms_region_describe(region, &info, &error), "describing a region", &error);
	} while (info.used_bytes < bytes);
	bench_check(pms_region_persist(region, NULL, &error), "persisting a region", &error);
	return count;
}

/* ---- regions that are kept ---- */

static struct named_region {
	char name[96]; /* of the file */
	char medium[BENCH_WORD_BYTES];
	char text[192];
	pms_stream *stream;
	bench_kept kept;
} regions[3 * (2 + BENCH_THREADS_MAX)];

static void keep(struct named_region *slot, const bench_request *request, uint64_t bytes)
{
	pms_stream_info info = {.struct_bytes = sizeof(info)};
	char path[512];
	pms_error error;

	memcpy(slot->medium, request->medium, sizeof(slot->medium));
	bench_path(path, request, slot->name);
	slot->kept = (bench_kept){0};
	slot->stream = bench_create(path, request, bytes + (1u << 20));
	slot->kept.region = bench_create_region(slot->stream, "log", bytes, 0);
	bench_check(pms_stream_describe(slot->stream, &info, &error), path, &error);
	memcpy(slot->text, info.medium_text, sizeof(slot->text));
	/* Each page is stored to, so that page tables are there. */
	(void)bench_fill(slot->kept.region, 4000, bytes);
	bench_check(pms_region_clear(slot->kept.region, &error), "clearing a region", &error);
}

void bench_region_file(char file[96], const bench_request *request, const char *name)
{
	(void)snprintf(file, 96, "core-%s-%s.pms", name, request->policy);
}

static struct named_region *find(const bench_request *request, const char *name, uint64_t bytes)
{
	char file[96];

	bench_region_file(file, request, name);
	for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]); i++) {
		if (regions[i].stream && strcmp(regions[i].name, file) == 0 &&
		    bench_is(regions[i].medium, request->medium))
			return &regions[i];
		if (regions[i].stream)
			continue;
		memcpy(regions[i].name, file, sizeof(file));
		keep(&regions[i], request, bytes);
		return &regions[i];
	}
	bench_die("too many regions are kept");
}

bench_kept *bench_region(const bench_request *request, const char *name, uint64_t bytes)
{
	return &find(request, name, bytes)->kept;
}

const char *bench_region_medium(const bench_request *request)
{
	return find(request, "one", bench_on_disk(request) ? BENCH_DISK_BYTES : BENCH_REGION_BYTES)->text;
}

void bench_regions_reset(void)
{
	for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]); i++) {
		bench_request request = {0};
		char path[512];

		if (!regions[i].stream)
			continue;
		memcpy(request.medium, regions[i].medium, sizeof(request.medium));
		pms_region_release(regions[i].kept.region);
		pms_stream_release(regions[i].stream);
		regions[i].stream = NULL;
		bench_path(path, &request, regions[i].name);
		(void)unlink(path);
	}
}
