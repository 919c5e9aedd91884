/* SPDX-License-Identifier: MIT */
/*
 * Who reads the stream: what stands in the slots whose owners live. Readers store there, and may store anything: nothing of it is
 * relied upon, and everything is bounded.
 */
#include "engine.h"

static int32_t not_known(const char *why, pms_error *error)
{
	return pms_fail(error, PMS_E_NOT_SUPPORTED, "who reads the stream is not known: %s", why);
}

/* Its owner holds the lock. Of our own that cannot be asked. */
static bool is_owned(const pms_attachment *attachment, uint32_t index)
{
	return index == attachment->reader_index || pms_shm_is_locked(&attachment->shm, PMS_SHARED_LOCK_READER + index);
}

static void describe(const pms_attachment *attachment, uint32_t index, pms_reader_info *info)
{
	const pms_shared_reader *reader = &attachment->common->readers[index];

	*info = (pms_reader_info){
	    .struct_bytes = sizeof(*info),
	    .is_this = index == attachment->reader_index,
	    .process = atomic_load(&reader->process),
	    .since_unix_seconds = atomic_load(&reader->since),
	};
	for (uint32_t pin = 0; pin < PMS_SHARED_PINS; pin++) {
		uint64_t identity = atomic_load(&reader->pins[pin]);
		if (identity)
			info->pins[info->pin_count++] = identity;
	}
}

/* The next slot from *index on whose owner lived before and after the look. */
static bool find(const pms_attachment *attachment, uint32_t *index, pms_reader_info *info)
{
	while (*index < PMS_SHARED_READERS) {
		uint32_t at = (*index)++;
		if (!is_owned(attachment, at))
			continue;
		pms_reader_info found;
		describe(attachment, at, &found);
		if (!found.process || !is_owned(attachment, at)) /* just coming, or just gone */
			continue;
		*info = found;
		return true;
	}
	return false;
}

int32_t pms_coordination_next_reader(pms_stream *stream, uint32_t *index, pms_reader_info *reader, pms_error *error)
{
	pms_attachment *attachment = pms_coordination_reference_current(stream);
	int32_t status;

	if (!attachment)
		return not_known("there is no coordination file", error);
	if (attachment->common)
		status = find(attachment, index, reader) ? PMS_OK : PMS_E_END;
	else
		status = not_known("the coordination file may not be written", error);
	pms_attachment_release(attachment);
	return status;
}
