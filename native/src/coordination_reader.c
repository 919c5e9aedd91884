/* SPDX-License-Identifier: MIT */
/*
 * The reader's side of the coordination file. A published word is believed while the lock of its writer is held on this very
 * file, its session is live before and after the look, and the slot speaks of the life that the reader knows (R20). Even then it
 * only bounds a walk that looks at every checksum: a word that lies shows less, or what the walk would have shown without it.
 */
#include <stdlib.h>

#include "engine.h"

/* Looks for a file that is not there yet: every 2 ms at first, then less and less often. */
#define ATTEMPT_PAUSE_MIN 2u
#define ATTEMPT_PAUSE_MAX 200u
/* ---- attaching --------------------------------------------------------------------------------------------------- */

/* A slot of our own, as long as there is one: it shows that we are there, and can hold pins. */
static void claim_slot(pms_attachment *attachment)
{
	attachment->reader_index = PMS_SHARED_READERS;
	for (uint32_t i = 0; attachment->common && i < PMS_SHARED_READERS; i++) {
		if (!pms_shm_lock(&attachment->shm, PMS_SHARED_LOCK_READER + i))
			continue;
		pms_shared_reader *reader = &attachment->common->readers[i];
		for (uint32_t pin = 0; pin < PMS_SHARED_PINS; pin++) /* of somebody who died */
			atomic_store(&reader->pins[pin], 0);
		atomic_store(&reader->process, pms_os_process_id());
		atomic_store(&reader->process_start, pms_os_process_start());
		atomic_store(&reader->since, pms_os_unix_seconds());
		attachment->reader_index = i;
		return;
	}
}

static pms_attachment *attach(const pms_stream *stream)
{
	const char *path = stream->coordination.path;
	pms_attachment *attachment = calloc(1, sizeof(*attachment));

	if (!attachment || !pms_shm_open(path, false, stream->header.uuid, sizeof(pms_shared_published),
					 sizeof(pms_shared_common), &attachment->shm)) {
		free(attachment);
		return NULL;
	}
	atomic_init(&attachment->references, 1);
	pms_mutex_init(&attachment->pin_mutex);
	attachment->published = attachment->shm.published;
	attachment->common = attachment->shm.common;
	if (pms_shared_header_is_good(stream, &attachment->published->header)) {
		claim_slot(attachment);
		/* A writer that closed meanwhile did not see us, and has removed it. */
		if (pms_shm_is_at(&attachment->shm, path))
			return attachment;
	}
	pms_attachment_release(attachment);
	return NULL;
}

bool pms_attachment_has_writer(const pms_attachment *attachment)
{
	return pms_shm_is_locked(&attachment->shm, PMS_SHARED_LOCK_WRITER);
}

/* The file of whoever writes now, if he has one. Under the mutex. */
pms_attachment *pms_coordination_current_locked(pms_stream *stream)
{
	pms_coordination *coordination = &stream->coordination;

	if (!coordination->path || (coordination->attachment && pms_attachment_has_writer(coordination->attachment)))
		return coordination->attachment;
	uint64_t now = pms_os_milliseconds();
	if (now < coordination->next_attempt)
		return coordination->attachment;
	coordination->attempt_pause = coordination->attempt_pause ? coordination->attempt_pause * 2 : ATTEMPT_PAUSE_MIN;
	if (coordination->attempt_pause > ATTEMPT_PAUSE_MAX)
		coordination->attempt_pause = ATTEMPT_PAUSE_MAX;
	coordination->next_attempt = now + coordination->attempt_pause;
	if (coordination->attachment && pms_shm_is_at(&coordination->attachment->shm, coordination->path))
		return coordination->attachment;
	pms_attachment *found = attach(stream);
	if (!found)
		return coordination->attachment;
	if (coordination->attachment)
		pms_attachment_release(coordination->attachment);
	coordination->attachment = found;
	return found;
}

void pms_coordination_attach(pms_stream *stream, const char *path)
{
	pms_coordination *coordination = &stream->coordination;

	coordination->path = pms_shm_path(path, &stream->file, stream->header.uuid);
	pms_mutex_lock(&coordination->mutex);
	(void)pms_coordination_current_locked(stream);
	pms_mutex_unlock(&coordination->mutex);
}

/* ---- what may be believed ---------------------------------------------------------------------------------------- */

static bool is_live(const pms_attachment *attachment, uint64_t *session)
{
	const pms_shared_header *header = &attachment->published->header;

	*session = atomic_load(&header->session);
	return atomic_load(&header->state) == PMS_WRITER_LIVE;
}

/* The attachment, referenced, when its writer is alive and accepts calls; null: believe nothing. */
static pms_attachment *trusted(pms_stream *stream, uint64_t *session)
{
	pms_coordination *coordination = &stream->coordination;

	pms_mutex_lock(&coordination->mutex);
	pms_attachment *attachment = pms_coordination_current_locked(stream);
	if (attachment && pms_attachment_has_writer(attachment) && is_live(attachment, session)) {
		atomic_fetch_add(&attachment->references, 1);
		coordination->attempt_pause = 0;
	} else {
		attachment = NULL;
	}
	pms_mutex_unlock(&coordination->mutex);
	return attachment;
}

/* What was read since `trusted` is of that session, which was live all the time. */
static bool was_trusted(const pms_attachment *attachment, uint64_t session)
{
	uint64_t now;

	return is_live(attachment, &now) && now == session;
}

/* False: the slot is of another life than the one that the reader knows, or of none. */
static bool read_slot(const pms_region *region, const pms_shared_slot *slot, uint64_t *committed, uint64_t *persisted)
{
	uint64_t base = atomic_load_explicit(&slot->base, memory_order_acquire);
	uint64_t offset = atomic_load_explicit(&slot->offset, memory_order_acquire);
	uint64_t identity = atomic_load_explicit(&slot->identity, memory_order_acquire);

	*persisted = atomic_load_explicit(&slot->persisted, memory_order_acquire);
	*committed = atomic_load_explicit(&slot->committed, memory_order_acquire);
	return base == region->life.base && offset == region->offset && identity == region->identity &&
	       atomic_load_explicit(&slot->base, memory_order_relaxed) == base;
}

/* The slot of this region, which is where it was last time, if it has one. */
bool pms_coordination_find_slot_locked(pms_region *region, const pms_attachment *attachment)
{
	const pms_shared_slot *slots = attachment->published->slots;

	if (region->shared_slot < PMS_SHARED_SLOTS &&
	    atomic_load(&slots[region->shared_slot].identity) == region->identity)
		return true;
	for (uint32_t i = 0; i < PMS_SHARED_SLOTS; i++)
		if (atomic_load(&slots[i].identity) == region->identity &&
		    atomic_load(&slots[i].offset) == region->offset) {
			region->shared_slot = i;
			return true;
		}
	return false;
}

uint64_t pms_coordination_limit(pms_region *region, uint64_t *persisted)
{
	uint64_t session;
	pms_attachment *attachment = trusted(region->stream, &session);
	uint64_t limit = PMS_NO_LIMIT, committed = 0, durable = 0;

	*persisted = 0;
	if (!attachment)
		return limit;
	if (pms_coordination_find_slot_locked(region, attachment)) {
		bool same_life =
		    read_slot(region, &attachment->published->slots[region->shared_slot], &committed, &durable);
		/*
		 * Of another life: either ours has ended, which the base on the medium says since before the slot did; or it
		 * has only begun there, and is empty.
		 */
		limit = same_life ? committed : region->data_start;
		if (same_life && durable >= region->data_start && durable <= region->end)
			*persisted = durable;
		if (!was_trusted(attachment, session)) {
			limit = PMS_NO_LIMIT;
			*persisted = 0;
		}
	}
	pms_attachment_release(attachment);
	return limit;
}

/* The answer is for the whole session, and may take calls of the system. */
static bool is_answered(pms_attachment *attachment, uint64_t session)
{
	if (atomic_load(&attachment->answered) == session)
		return true;
	if (!pms_shm_is_answered(&attachment->shm, session))
		return false;
	atomic_store(&attachment->answered, session);
	return true;
}

pms_attachment *pms_coordination_waker(pms_stream *stream, bool *reliable)
{
	uint64_t session;
	pms_attachment *attachment = trusted(stream, &session);

	*reliable = false;
	if (attachment && !attachment->common) {
		pms_attachment_release(attachment);
		return NULL;
	}
	if (attachment)
		*reliable = (atomic_load(&attachment->published->header.flags) & PMS_SHARED_WAKES) &&
			    is_answered(attachment, session);
	return attachment;
}

pms_shared_arm *pms_coordination_arm(pms_region *region, pms_attachment *attachment)
{
	if (!attachment)
		return region->arm;
	pms_mutex_lock(&region->mutex);
	uint32_t slot =
	    pms_coordination_find_slot_locked(region, attachment) ? region->shared_slot : PMS_SHARED_NO_SLOT;
	pms_mutex_unlock(&region->mutex);
	return &attachment->common->arms[slot];
}

uint64_t pms_coordination_stable_bound(pms_stream *stream)
{
	uint64_t session, bound = 0;
	pms_attachment *attachment = trusted(stream, &session);

	if (!attachment)
		return 0;
	uint64_t stable = atomic_load(&attachment->published->header.stable_timestamp);
	if (was_trusted(attachment, session) && stable && stable < PMS_VALUE_MAX)
		bound = stable + 1;
	pms_attachment_release(attachment);
	return bound;
}
