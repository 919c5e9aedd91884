/* SPDX-License-Identifier: MIT */
/*
 * Growing a stream in place, and what readers of one that has grown do. The mapping gets longer where it is, into addresses
 * that were reserved for that: cursors, spans and reservations go on.
 *
 * Space is allocated, and made durable, under the grow mutex alone: that may take long. What changes the layout is in
 * layout_change.c, under the layout mutex.
 */
#include "engine.h"

void pms_grow_note_file_locked(pms_stream *stream)
{
	stream->damage &= ~(uint32_t)PMS_STATE_FILE_LARGER;
	if (stream->file.bytes - atomic_load(&stream->stream_bytes) >= stream->header.block_bytes)
		stream->damage |= PMS_STATE_FILE_LARGER;
}

int32_t pms_grow_map(pms_stream *stream, uint64_t bytes, pms_error *error)
{
	uint64_t file_bytes;

	int32_t status = pms_file_size(&stream->file, &file_bytes, error);
	if (status == PMS_OK && bytes > file_bytes)
		status = pms_fail_at(error, PMS_E_TRUNCATED, file_bytes, bytes, file_bytes,
				     "truncated: the stream has %llu bytes, the file only %llu",
				     (unsigned long long)bytes, (unsigned long long)file_bytes);
	if (status == PMS_OK)
		status = pms_medium_extend(&stream->medium, &stream->file, bytes, error);
	if (status == PMS_OK)
		stream->file.bytes = file_bytes;
	return status;
}

int32_t pms_grow_follow_locked(pms_stream *stream, pms_error *error)
{
	uint64_t bytes;

	/* What is damaged, or no size, counts for nothing: the size that was found on opening goes on to hold. */
	if (!pms_word_read(stream, PMS_STREAM_SIZE, PMS_ROLE_STREAM_SIZE, &bytes) ||
	    bytes <= atomic_load(&stream->stream_bytes) || (bytes & (stream->header.block_bytes - 1)))
		return PMS_OK;
	int32_t status = pms_grow_map(stream, bytes, error);
	if (status != PMS_OK)
		return status;
	atomic_store(&stream->stream_bytes, bytes);
	pms_grow_note_file_locked(stream);
	return PMS_OK;
}

/* Whether the stream can grow to that size; 1 when it has it already. */
static int32_t check_size(pms_stream *stream, uint64_t wanted, uint64_t bytes, pms_error *error)
{
	const uint64_t now = atomic_load(&stream->stream_bytes);

	if (wanted > PMS_VALUE_MAX / 2 || bytes < now)
		return pms_fail_at(
		    error, PMS_E_INVALID_ARGUMENT, 0, now, wanted,
		    "stream_bytes is %llu, expected %llu (its size now: a stream does not shrink) to %llu",
		    (unsigned long long)wanted, (unsigned long long)now, (unsigned long long)(PMS_VALUE_MAX / 2));
	return pms_medium_has_room(&stream->medium, bytes, error);
}

static int32_t check(pms_stream *stream, uint64_t wanted, uint64_t bytes, pms_error *error)
{
	pms_mutex_lock(&stream->layout_mutex);
	int32_t status = pms_layout_check_changeable_locked(stream, error);
	pms_mutex_unlock(&stream->layout_mutex);
	return status == PMS_OK ? check_size(stream, wanted, bytes, error) : status;
}

/* The file is long enough and durable: maps the new part, and changes the layout. */
static int32_t take_over(pms_stream *stream, uint64_t bytes, uint64_t file_bytes, bool *mapped, pms_error *error)
{
	pms_mutex_lock(&stream->layout_mutex);
	/* Once more: it may have been closed meanwhile, or a drain may have failed. */
	int32_t status = pms_layout_check_changeable_locked(stream, error);
	if (status == PMS_OK)
		status = pms_medium_extend(&stream->medium, &stream->file, bytes, error);
	*mapped = status == PMS_OK;
	if (status == PMS_OK) {
		stream->file.bytes = file_bytes;
		status = pms_layout_extend_locked(stream, bytes, error);
		pms_grow_note_file_locked(stream);
	}
	pms_mutex_unlock(&stream->layout_mutex);
	return status;
}

static int32_t grow_locked(pms_stream *stream, uint64_t wanted, pms_error *error)
{
	const uint64_t bytes = pms_round_up(wanted, stream->header.block_bytes);
	const uint64_t end = atomic_load(&stream->stream_bytes);
	uint64_t old_file_bytes, file_bytes;
	bool mapped = false;

	int32_t status = check(stream, wanted, bytes, error);
	if (status == PMS_OK)
		status = pms_file_size(&stream->file, &old_file_bytes, error);
	if (status != PMS_OK || bytes == end)
		return status;

	/* 1. A longer file, all of it allocated. After a crash here: the stream as before, in a file that is as long as it
	 *    was, or longer; what it has more is ignored, and taken by the next who grows the stream. */
	status = pms_file_extend(&stream->file, end, bytes, &file_bytes, error);
	if (status == PMS_OK && !PMS_FAULT(SIZE_BEFORE_FILE))
		status = pms_stream_sync_file(stream, error);
	if (status == PMS_OK)
		status = take_over(stream, bytes, file_bytes, &mapped, error);
	/* Nobody has seen the new part before it is mapped. Behind that the size may be on the medium. */
	if (!mapped)
		pms_file_cut(&stream->file, old_file_bytes);
	return status;
}

int32_t pms_grow(pms_stream *stream, uint64_t bytes, pms_error *error)
{
	pms_mutex_lock(&stream->grow_mutex);
	int32_t status = grow_locked(stream, bytes, error);
	pms_mutex_unlock(&stream->grow_mutex);
	return status;
}
