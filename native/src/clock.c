/* SPDX-License-Identifier: MIT */
/*
 * Timestamps. The counter lives in memory; what makes it survive is the ceiling on the medium: a timestamp is given out
 * only below a ceiling that has been drained (R5), and a new session starts at the ceiling. A crash therefore wastes up
 * to one leap and can never give a timestamp out twice.
 */
#include "engine.h"

int32_t pms_clock_raise_to(pms_stream *stream, uint64_t ceiling, pms_error *error)
{
	/*
	 * After a crash here: each copy is old or new. Open takes the larger; nothing above the old one was given out,
	 * because the limit below moves only behind the drain.
	 */
	pms_word_write_flush(stream, PMS_CEILING_A, PMS_ROLE_CEILING, ceiling);
	pms_word_write_flush(stream, PMS_CEILING_B, PMS_ROLE_CEILING, ceiling);
	if (PMS_FAULT(CEILING_BEFORE_DRAIN))
		stream->timestamp_limit = ceiling;
	int32_t status = PMS_FAULT(CEILING_ON_AN_APPENDS_FENCE) ? PMS_OK : pms_stream_drain(stream, error);
	if (status == PMS_OK)
		atomic_store_explicit(&stream->timestamp_limit, ceiling, memory_order_release);
	return status;
}

/* Makes at least `count` timestamps available, and more than `room`. */
static int32_t raise_locked(pms_stream *stream, uint64_t count, uint64_t room, pms_error *error)
{
	uint64_t next = atomic_load(&stream->next_timestamp);
	uint64_t limit = atomic_load(&stream->timestamp_limit);
	uint64_t left = limit > next ? limit - next : 0;

	if (left >= count && left > room) /* somebody else has raised it meanwhile */
		return PMS_OK;
	uint64_t base = limit > next ? limit : next;
	if (limit >= PMS_VALUE_MAX || base >= PMS_VALUE_MAX)
		return left >= count
			   ? PMS_OK
			   : pms_fail(error, PMS_E_EXHAUSTED, "all 2^56 timestamps of the stream are used up");
	uint64_t leap = PMS_CEILING_LEAP > count ? PMS_CEILING_LEAP : count;
	return pms_clock_raise_to(stream, PMS_VALUE_MAX - base > leap ? base + leap : PMS_VALUE_MAX, error);
}

int32_t pms_clock_refill(pms_stream *stream, uint64_t count, pms_error *error)
{
	uint64_t next = atomic_load_explicit(&stream->next_timestamp, memory_order_relaxed);
	uint64_t limit = atomic_load_explicit(&stream->timestamp_limit, memory_order_relaxed);
	uint64_t left = limit > next ? limit - next : 0;
	int32_t status = PMS_OK;

	if (left > PMS_CEILING_LEAP / 2 && left >= count)
		return PMS_OK;
	if (left > count + 1) {
		/* There is time: one thread raises early, the others go on. */
		if (pms_mutex_try_lock(&stream->clock_mutex)) {
			status = raise_locked(stream, count, PMS_CEILING_LEAP / 2, error);
			pms_mutex_unlock(&stream->clock_mutex);
		}
		return status;
	}
	pms_mutex_lock(&stream->clock_mutex);
	status = raise_locked(stream, count, 0, error);
	pms_mutex_unlock(&stream->clock_mutex);
	return status;
}

int32_t pms_clock_take_one(pms_stream *stream, uint64_t *timestamp, pms_error *error)
{
	uint64_t left;
	int32_t status;

	do {
		status = pms_clock_refill(stream, 1, error);
		if (status != PMS_OK)
			return status;
	} while (!pms_clock_take(stream, 1, timestamp, &left));
	return PMS_OK;
}
