/* SPDX-License-Identifier: MIT */
/*
 * Opening a stream. Everything is read and validated first; what is written (repairs, ceiling, seals) is written by
 * pms_recover, after the last check has passed.
 */
#include "stream.h"

/* Whether a file that is too short for a stream begins like one. */
static int32_t refuse_short_file(const pms_file *file, pms_error *error)
{
	uint64_t magic = 0;
	size_t got = 0;

	if (file->bytes == 0)
		return pms_fail(error, PMS_E_NOT_A_STREAM, "not a stream: the file is empty");
	(void)pms_file_read(file, PMS_HEADER_A, &magic, sizeof(magic), &got, NULL);
	if (got == sizeof(magic) && magic == PMS_STREAM_MAGIC)
		return pms_fail_at(error, PMS_E_TRUNCATED, file->bytes, PMS_FIXED_BYTES, file->bytes,
				   "truncated: the file has %llu bytes, a stream has at least %u",
				   (unsigned long long)file->bytes, PMS_FIXED_BYTES);
	return pms_fail_at(error, PMS_E_NOT_A_STREAM, 0, PMS_FIXED_BYTES, file->bytes,
			   "not a stream: the file has %llu bytes and no magic", (unsigned long long)file->bytes);
}

/* The size of the stream, which the file must have. A damaged word is replaced by what the file can hold. */
static int32_t read_size(pms_stream *stream, pms_error *error)
{
	const pms_stored_header *header = &stream->header;
	uint64_t mask = header->block_bytes - 1;
	uint64_t least = header->first_region + header->block_bytes;
	uint64_t bytes;

	if (!pms_word_read(stream, PMS_STREAM_SIZE, PMS_ROLE_STREAM_SIZE, &bytes)) {
		stream->damage |= PMS_STATE_WORD_DAMAGED;
		bytes = stream->file.bytes & ~mask;
	}
	if ((bytes & mask) || bytes < least)
		return pms_fail_at(
		    error, PMS_E_CORRUPT, PMS_STREAM_SIZE, least, bytes,
		    "the stream's size is %llu, which is no number of blocks of %u bytes behind the header",
		    (unsigned long long)bytes, header->block_bytes);
	/* A reader may have mapped it before the writer beside it made it longer. */
	int32_t status = bytes > stream->file.bytes ? pms_grow_map(stream, bytes, error) : PMS_OK;
	if (status != PMS_OK)
		return status;
	atomic_store(&stream->stream_bytes, bytes);
	pms_grow_note_file_locked(stream);
	return PMS_OK;
}

/* The ceiling is the larger valid copy; with none, no timestamp is safe to give out. */
static int32_t read_clock(pms_stream *stream, bool salvage, pms_error *error)
{
	uint64_t a = 0, b = 0;
	bool a_good = pms_word_read(stream, PMS_CEILING_A, PMS_ROLE_CEILING, &a);
	bool b_good = pms_word_read(stream, PMS_CEILING_B, PMS_ROLE_CEILING, &b);

	if (!a_good || !b_good)
		stream->damage |= PMS_STATE_CEILING_DAMAGED;
	uint64_t ceiling = a_good && (!b_good || a > b) ? a : b_good ? b : 0;
	atomic_store(&stream->next_timestamp, ceiling);
	if (ceiling == 0 && !stream->read_only && !salvage)
		return pms_fail_at(
		    error, PMS_E_CORRUPT, PMS_CEILING_A, 0, 0,
		    "both copies of the timestamp ceiling are damaged: open for reading only, or salvage");
	return PMS_OK;
}

static int32_t read_fixed_pages(pms_stream *stream, bool salvage, uint64_t *bad_copy, pms_error *error)
{
	int32_t status = pms_header_load(&stream->medium, &stream->header, bad_copy, error);
	uint64_t persisted;

	if (status != PMS_OK)
		return status;
	stream->uuid_value = pms_hash(stream->header.uuid, sizeof(stream->header.uuid));
	if (*bad_copy != UINT64_MAX)
		stream->damage |= PMS_STATE_HEADER_DAMAGED;
	if (!stream->read_only && (stream->header.read_only_features & ~PMS_KNOWN_READ_ONLY))
		return pms_fail_at(
		    error, PMS_E_UNKNOWN_FEATURE, 0, PMS_KNOWN_READ_ONLY, stream->header.read_only_features,
		    "uses features 0x%llx that this library may read but not write: open for reading only",
		    (unsigned long long)stream->header.read_only_features);
	status = read_size(stream, error);
	if (status == PMS_OK)
		status = read_clock(stream, salvage, error);
	if (!pms_word_read(stream, PMS_PERSISTED_TIMESTAMP, PMS_ROLE_PERSISTED_TIMESTAMP, &persisted)) {
		stream->damage |= PMS_STATE_WORD_DAMAGED;
		persisted = 0; /* claims nothing */
	}
	atomic_store(&stream->persisted_timestamp, persisted);
	if (!pms_word_read(stream, PMS_LAYOUT_EPOCH, PMS_ROLE_LAYOUT_EPOCH, &stream->layout_epoch))
		stream->damage |= PMS_STATE_WORD_DAMAGED;
	return status;
}

static int32_t map_and_recover(pms_stream *stream, const char *path, const pms_open_options *options, pms_error *error)
{
	bool salvage = options->flags & PMS_OPEN_SALVAGE;
	uint64_t bad_copy = UINT64_MAX;

	int32_t status = pms_file_open(path, !stream->read_only, &stream->file, error);
	if (status == PMS_OK && !stream->read_only)
		status = pms_file_lock(&stream->file, options->wait_milliseconds, error);
	if (status == PMS_OK) /* it may have grown while we waited */
		status = pms_file_size(&stream->file, &stream->file.bytes, error);
	if (status != PMS_OK)
		return status;
	if (stream->file.bytes < PMS_FIXED_BYTES)
		return refuse_short_file(&stream->file, error);
	status = pms_medium_map(path, &stream->file, stream->file.bytes, options->medium_requirement,
				options->flush_policy, &stream->medium, error);
	if (status == PMS_OK)
		status = read_fixed_pages(stream, salvage, &bad_copy, error);
	if (status == PMS_OK && stream->read_only)
		pms_coordination_attach(stream, path);
	else if (status == PMS_OK)
		pms_coordination_begin(stream, path);
	if (status == PMS_OK)
		status = pms_layout_load(stream, error);
	if (status == PMS_OK && (stream->damage & PMS_STATE_WORD_DAMAGED) &&
	    (stream->damage & PMS_STATE_LAYOUT_DAMAGED) && !stream->read_only && !salvage)
		status =
		    pms_fail_at(error, PMS_E_CORRUPT, PMS_STREAM_SIZE, 0, 0,
				"words of the stream and its layout are damaged: open for reading only, or salvage");
	if (status == PMS_OK)
		status = pms_recover(stream, salvage, error);
	if (status == PMS_OK && !stream->read_only && bad_copy != UINT64_MAX) {
		status = pms_header_repair(&stream->medium, &stream->header, bad_copy, error);
		stream->recovery.flags |= PMS_STATE_HEADER_REPAIRED;
		stream->damage &= ~(uint32_t)PMS_STATE_HEADER_DAMAGED;
	}
	return status;
}

int32_t pms_open(const char *path, const pms_open_options *options, pms_stream **out, pms_error *error)
{
	pms_stream *stream = pms_stream_new(options->flags & PMS_OPEN_READ_ONLY);

	if (!stream)
		return pms_fail(error, PMS_E_NO_MEMORY, "out of memory for a stream");
	int32_t status = map_and_recover(stream, path, options, error);
	if (status != PMS_OK) {
		pms_stream_discard(stream);
		return status;
	}
	if (!stream->read_only)
		pms_coordination_go_live(stream);
	pms_error_clear(error);
	*out = stream;
	return PMS_OK;
}
