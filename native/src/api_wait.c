/* SPDX-License-Identifier: MIT */
/* The exported functions that wait: check arguments, clear the detail record, delegate. */
#include "arguments.h"
#include "cursor.h"
#include "wait.h"

int32_t pms_waiter_create(pms_stream *stream, pms_waiter **waiter, pms_error *error)
{
	pms_error_clear(error);
	if (!waiter)
		return pms_null_argument("waiter", error);
	*waiter = NULL;
	if (!stream)
		return pms_null_argument("stream", error);
	int32_t status = pms_stream_enter(stream, error);
	if (status != PMS_OK)
		return status;
	status = pms_waiter_new(stream, waiter, error);
	pms_stream_leave(stream);
	return status;
}

int32_t pms_waiter_wait(pms_waiter *waiter, pms_awaited *awaited, uint32_t count, uint32_t timeout_milliseconds,
			pms_error *error)
{
	pms_error_clear(error);
	if (!waiter || (!awaited && count))
		return pms_null_argument(waiter ? "awaited" : "waiter", error);
	for (uint32_t i = 0; i < count; i++) {
		if (!awaited[i].region)
			return pms_null_argument("region", error);
		if (awaited[i].region->stream != pms_waiter_stream(waiter))
			return pms_fail(error, PMS_E_INVALID_ARGUMENT, "region %u is of another stream than the waiter",
					i);
	}
	return pms_waiter_run(waiter, awaited, count, timeout_milliseconds, error);
}

void pms_waiter_cancel(pms_waiter *waiter)
{
	if (waiter && !pms_stream_is_forked(pms_waiter_stream(waiter)))
		pms_waiter_stop(waiter);
}

void pms_waiter_release(pms_waiter *waiter)
{
	if (waiter)
		pms_waiter_free(waiter);
}

int32_t pms_region_wait(pms_region *region, const pms_position *after, uint32_t timeout_milliseconds, pms_error *error)
{
	pms_awaited awaited = {.region = region};
	pms_waiter *waiter;

	pms_error_clear(error);
	if (!region)
		return pms_null_argument("region", error);
	if (after)
		awaited.after = *after;
	int32_t status = pms_stream_enter(region->stream, error);
	if (status != PMS_OK)
		return status;
	status = pms_waiter_new(region->stream, &waiter, error);
	pms_stream_leave(region->stream);
	if (status != PMS_OK)
		return status;
	status = pms_waiter_run(waiter, &awaited, 1, timeout_milliseconds, error);
	pms_waiter_free(waiter);
	/* The look that ended it said why, and only its status was kept: once more, for the text. */
	return status == PMS_OK && awaited.status != PMS_OK ? pms_entry_is_behind(region, &awaited.after, error)
							    : status;
}
