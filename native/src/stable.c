/* SPDX-License-Identifier: MIT */
/*
 * The stable timestamp (the bound of R14): every entry at or below it is visible, and none will be added. Whoever merges the
 * regions by timestamp goes no further, and so is never overtaken by an entry that becomes visible later.
 */
#include "engine.h"

/* For the writer. A region that is created meanwhile has an identity above N, and later entries. */
static int32_t bound_of_writer(pms_stream *stream, uint64_t *bound, pms_error *error)
{
	uint64_t from = 0;
	int32_t status;

	*bound = atomic_load(&stream->next_timestamp); /* N; before any region is looked at */
	do {
		pms_region *region = NULL;
		status = pms_layout_next(stream, from, &region, error);
		if (status != PMS_OK)
			break;
		pms_stable_region(region, bound);
		from = region->offset + 1;
		pms_region_unreference(region);
	} while (true);
	return status == PMS_E_END ? PMS_OK : status;
}

/*
 * For a reader. As long as no writer lives everything below the ceiling is there: the next session begins at it (R16).
 * Beside one nothing is known of what it has taken, but what its persisted timestamp says. What was stable stays so.
 */
static uint64_t bound_of_reader(pms_stream *stream)
{
	uint64_t ceilings[2] = {0}, persisted = 0;
	uint64_t bound = atomic_load(&stream->stable_bound);

	/* Before the lock is asked for: a session that begins later raises them, and gives out nothing below. */
	(void)pms_word_read(stream, PMS_CEILING_A, PMS_ROLE_CEILING, &ceilings[0]);
	(void)pms_word_read(stream, PMS_CEILING_B, PMS_ROLE_CEILING, &ceilings[1]);
	uint64_t found = ceilings[0] > ceilings[1] ? ceilings[0] : ceilings[1];
	if (!pms_file_lock_is_held(&stream->file)) {
		uint64_t when_opened =
		    atomic_load(&stream->next_timestamp); /* above all entries, also with no ceiling */
		found = found > when_opened ? found : when_opened;
	} else {
		uint64_t published = pms_coordination_stable_bound(stream);
		found = pms_word_read(stream, PMS_PERSISTED_TIMESTAMP, PMS_ROLE_PERSISTED_TIMESTAMP, &persisted)
			    ? persisted + 1
			    : 0;
		found = found > published ? found : published;
	}
	while (bound < found && !atomic_compare_exchange_weak(&stream->stable_bound, &bound, found))
		;
	return bound > found ? bound : found;
}

int32_t pms_stable_timestamp(pms_stream *stream, uint64_t *timestamp, pms_error *error)
{
	uint64_t bound = 0;
	int32_t status = PMS_OK;

	if (stream->read_only)
		bound = bound_of_reader(stream);
	else
		status = bound_of_writer(stream, &bound, error);
	if (status == PMS_OK && !stream->read_only)
		pms_coordination_publish_stable(stream, bound ? bound - 1 : 0);
	if (status == PMS_OK)
		*timestamp = bound ? bound - 1 : 0;
	return status;
}
