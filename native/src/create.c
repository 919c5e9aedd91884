/* SPDX-License-Identifier: MIT */
/*
 * Creating a stream. A file is built under a temporary name and renamed into place: after a crash at any step there is
 * nothing at the path, or a whole stream (and perhaps a left-over "*.creating" file). A device is written in place, magics
 * last: after a crash it holds no stream, or a whole one.
 */
#include "stream.h"

#include <stdlib.h>

/* The smallest stream has room for the fixed pages and one block behind them. */
static int32_t check_size(uint64_t stream_bytes, uint32_t block_bytes, pms_error *error)
{
	uint64_t least = pms_round_up(PMS_FIXED_BYTES, block_bytes) + block_bytes;

	if (stream_bytes >= least && stream_bytes <= PMS_VALUE_MAX / 2)
		return PMS_OK;
	return pms_fail_at(error, PMS_E_INVALID_ARGUMENT, 0, least, stream_bytes,
			   "stream_bytes is %llu, expected %llu (the header and one block) to %llu",
			   (unsigned long long)stream_bytes, (unsigned long long)least,
			   (unsigned long long)(PMS_VALUE_MAX / 2));
}

/* A device is never empty by size: what counts is whether its fixed pages hold anything but zeros. */
static int32_t check_device_is_empty(pms_stream *stream, bool overwrite, pms_error *error)
{
	for (uint64_t at = 0; at < PMS_FIXED_BYTES && !overwrite; at += sizeof(uint64_t)) {
		if (pms_load64(&stream->medium, at) == 0)
			continue;
		return pms_fail_at(error, PMS_E_EXISTS, at, 0, 0,
				   "the device holds data: nothing was changed; to replace it, ask to overwrite");
	}
	return PMS_OK;
}

/* A fresh header, all that opening would have found, on a medium that is mapped and locked. */
static int32_t format(pms_stream *stream, uint64_t stream_bytes, uint32_t block_bytes, pms_error *error)
{
	stream->header = (pms_stored_header){
	    .block_bytes = block_bytes,
	    .created_bytes = stream_bytes,
	    .created_unix_seconds = pms_os_unix_seconds(),
	};
	atomic_store(&stream->stream_bytes, stream_bytes);
	uint8_t *uuid = stream->header.uuid;
	int32_t status = pms_os_random(uuid, sizeof(stream->header.uuid), error);
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40); /* version 4: random */
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
	if (status == PMS_OK)
		status = pms_header_create(&stream->medium, &stream->header, stream_bytes, error);
	if (status != PMS_OK)
		return status;
	stream->uuid_value = pms_hash(stream->header.uuid, sizeof(stream->header.uuid));
	stream->layout_epoch = 1;
	atomic_store(&stream->next_timestamp, 1);
	status = pms_layout_load(stream, error);
	return status == PMS_OK ? pms_recover(stream, false, error) : status;
}

static int32_t create_on_device(const char *path, const pms_create_options *options, uint32_t block_bytes,
				pms_stream *stream, pms_error *error)
{
	int32_t status = pms_file_open(path, true, &stream->file, error);
	if (status != PMS_OK)
		return status;
	uint64_t wanted = options->stream_bytes ? options->stream_bytes : stream->file.bytes;
	uint64_t stream_bytes = wanted & ~(uint64_t)(block_bytes - 1);
	status = check_size(stream_bytes, block_bytes, error);
	if (status == PMS_OK && stream_bytes > stream->file.bytes)
		status = pms_fail_at(error, PMS_E_NO_SPACE, 0, stream_bytes, stream->file.bytes,
				     "the device has %llu bytes, %llu were asked for",
				     (unsigned long long)stream->file.bytes, (unsigned long long)stream_bytes);
	if (status == PMS_OK)
		status = pms_file_lock(&stream->file, 0, error);
	if (status == PMS_OK) /* as a whole: the stream can grow as far as the device goes */
		status = pms_medium_map(path, &stream->file, stream->file.bytes, options->medium_requirement,
					options->flush_policy, &stream->medium, error);
	if (status == PMS_OK)
		status = check_device_is_empty(stream, options->flags & PMS_CREATE_OVERWRITE, error);
	return status == PMS_OK ? format(stream, stream_bytes, block_bytes, error) : status;
}

/* Holds the writer lock of a file that is about to be replaced; `old` stays closed when there is none. */
static int32_t lock_replaced(const char *path, pms_file *old, pms_error *error)
{
	int32_t status = pms_file_open(path, true, old, error);

	if (status == PMS_E_NOT_FOUND)
		return PMS_OK;
	return status == PMS_OK ? pms_file_lock(old, 0, error) : status;
}

static int32_t create_file(const char *path, const pms_create_options *options, uint32_t block_bytes,
			   pms_stream *stream, pms_error *error)
{
	uint64_t stream_bytes = pms_round_up(options->stream_bytes, block_bytes);
	bool overwrite = options->flags & PMS_CREATE_OVERWRITE;
	pms_file old = {.handle = -1};
	char *temporary = NULL;

	int32_t status = check_size(stream_bytes, block_bytes, error);
	if (status == PMS_OK && overwrite)
		status = lock_replaced(path, &old, error);
	if (status == PMS_OK)
		status = pms_file_create_temporary(path, &temporary, &stream->file, error);
	if (status == PMS_OK)
		status = pms_file_lock(&stream->file, 0, error);
	if (status == PMS_OK)
		status = pms_file_allocate(&stream->file, stream_bytes, error);
	if (status == PMS_OK)
		status = pms_medium_map(temporary, &stream->file, stream_bytes, options->medium_requirement,
					options->flush_policy, &stream->medium, error);
	if (status == PMS_OK)
		status = format(stream, stream_bytes, block_bytes, error);
	if (status == PMS_OK)
		status = pms_file_sync(&stream->file, error);
	if (status == PMS_OK)
		status = pms_file_publish(temporary, path, overwrite, error);
	if (status != PMS_OK && temporary)
		pms_file_remove(temporary);
	free(temporary);
	pms_file_close(&old);
	return status;
}

/* Whether the path is a device. Looking is all this does; whatever cannot be opened is none. */
static bool is_device(const char *path)
{
	pms_file file = {.handle = -1};
	bool answer = pms_file_open(path, false, &file, NULL) == PMS_OK && file.type == PMS_FILE_DEVICE_DAX;

	pms_file_close(&file);
	return answer;
}

static int32_t create_at(const char *path, bool device, const pms_create_options *options, pms_stream **out,
			 pms_error *error)
{
	uint32_t block_bytes = options->block_bytes ? options->block_bytes : PMS_BLOCK_BYTES_DEFAULT;
	pms_stream *stream = pms_stream_new(false);

	if (!stream)
		return pms_fail(error, PMS_E_NO_MEMORY, "out of memory for a stream");
	int32_t status = device ? create_on_device(path, options, block_bytes, stream, error)
				: create_file(path, options, block_bytes, stream, error);
	if (status != PMS_OK) {
		pms_stream_discard(stream);
		return status;
	}
	pms_coordination_begin(stream, path);
	pms_coordination_go_live(stream);
	pms_error_clear(error);
	*out = stream;
	return PMS_OK;
}

int32_t pms_create(const char *path, const pms_create_options *options, pms_stream **out, pms_error *error)
{
	char *there;

	int32_t status = pms_file_resolve(path, &there, error);
	if (status != PMS_OK)
		return status;
	bool device = there && is_device(there);
	if (there && !device && !(options->flags & PMS_CREATE_OVERWRITE))
		status = pms_fail(error, PMS_E_EXISTS,
				  "something is there already: nothing was changed; open it, or ask to overwrite");
	else /* what a link points at is replaced, not the link: it may lie on another file system */
		status = create_at(there ? there : path, device, options, out, error);
	free(there);
	return status;
}
