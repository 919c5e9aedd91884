/* SPDX-License-Identifier: MIT */
/*
 * The writer's side of the coordination file. What fails here fails no call: without the file readers walk and poll.
 */
#include <stdlib.h>

#include "barrier.h"
#include "engine.h"

/* How long the lock of a writer that was just killed may outlive its lock on the stream. */
#define DYING_MILLISECONDS 100u

/* The one that is there, left by a writer before us: readers are attached to it, and wait. */
static bool take_over(pms_stream *stream, const char *path, pms_shm *shm)
{
	if (!pms_shm_open(path, true, stream->header.uuid, sizeof(pms_shared_published), sizeof(pms_shared_common),
			  shm))
		return false;
	bool good = pms_shared_header_is_good(stream, shm->published);
	uint64_t deadline = pms_os_milliseconds() + DYING_MILLISECONDS;

	while (good && !pms_shm_lock(shm, PMS_SHARED_LOCK_WRITER)) {
		good = pms_os_milliseconds() < deadline; /* nobody may have it who has not the stream's: not ours */
		pms_shm_pause(1);
	}
	if (!good)
		pms_shm_close(shm);
	return good;
}

static bool make(pms_stream *stream, const char *path, pms_shm *shm)
{
	pms_shared_header header;

	memset(&header, 0, sizeof(header));
	pms_shared_describe(stream, &header);
	return pms_shm_create(path, &stream->file, stream->header.uuid, &header, offsetof(pms_shared_header, session),
			      sizeof(pms_shared_published), sizeof(pms_shared_common), shm);
}

/* Whoever reads a word of an old session and then looks at `session` and `state` again finds them changed. */
static void begin_session(pms_attachment *attachment, uint64_t session)
{
	pms_shared_published *published = attachment->published;
	pms_shared_header *header = &published->header;

	attachment->cannot_wake = !pms_shm_answer(&attachment->shm, session);
	atomic_store(&header->state, PMS_WRITER_RECOVERING);
	atomic_store(&header->session, session);
	atomic_store(&header->process, pms_os_process_id());
	atomic_store(&header->process_start, pms_os_process_start());
	atomic_store(&header->stable_timestamp, 0);
	atomic_store(&header->flags, !attachment->cannot_wake && pms_barrier_reaches_others() ? PMS_SHARED_WAKES : 0);
	for (uint32_t i = 0; i < PMS_SHARED_SLOTS; i++) {
		atomic_store(&published->slots[i].base, 0);
		atomic_store(&published->slots[i].identity, 0);
		atomic_store(&published->slots[i].claimed, 0);
	}
}

void pms_coordination_begin(pms_stream *stream, const char *path)
{
	pms_coordination *coordination = &stream->coordination;
	pms_attachment *attachment = calloc(1, sizeof(*attachment));
	uint64_t session = 0;

	coordination->path = attachment ? pms_shm_path(path, &stream->file, stream->header.uuid) : NULL;
	if (!coordination->path || pms_os_random(&session, sizeof(session), NULL) != PMS_OK ||
	    (!take_over(stream, coordination->path, &attachment->shm) &&
	     !make(stream, coordination->path, &attachment->shm))) {
		free(attachment);
		return;
	}
	atomic_init(&attachment->references, 1);
	pms_mutex_init(&attachment->pin_mutex);
	attachment->published = attachment->shm.published;
	attachment->common = attachment->shm.common;
	attachment->reader_index = PMS_SHARED_READERS;
	begin_session(attachment, session | 1);
	coordination->attachment = attachment;
}

void pms_coordination_go_live(pms_stream *stream)
{
	pms_attachment *attachment = stream->coordination.attachment;

	if (!attachment)
		return;
	for (uint64_t i = 0; i < stream->piece_count; i++)
		if (stream->pieces[i].region)
			pms_coordination_add(stream->pieces[i].region);
	pms_coordination_publish_stable(stream,
					atomic_load(&stream->next_timestamp) - 1); /* nobody has taken one yet */
	atomic_store(&attachment->published->header.state, PMS_WRITER_LIVE);
	pms_coordination_wake_all(stream);
}

static bool has_readers(const pms_attachment *attachment)
{
	for (uint32_t i = 0; i < PMS_SHARED_READERS; i++)
		if (pms_shm_is_locked(&attachment->shm, PMS_SHARED_LOCK_READER + i))
			return true;
	return false;
}

void pms_coordination_end(pms_stream *stream)
{
	pms_attachment *attachment = stream->coordination.attachment;

	if (!attachment || pms_stream_is_forked(stream))
		return;
	atomic_store(&attachment->published->header.state, PMS_WRITER_CLOSED);
	pms_coordination_wake_all(stream);
	/* Whoever attaches meanwhile looks whether it is still there once he has a slot. */
	if (!has_readers(attachment))
		pms_shm_remove(&attachment->shm, stream->coordination.path);
	pms_shm_unlock(&attachment->shm, PMS_SHARED_LOCK_WRITER);
}

/* ---- regions ----------------------------------------------------------------------------------------------------- */

void pms_coordination_add(pms_region *region)
{
	pms_coordination *coordination = &region->stream->coordination;
	pms_attachment *attachment = coordination->attachment;
	uint32_t slot = 0;

	if (!attachment)
		return;
	while (slot < PMS_SHARED_SLOTS && coordination->slots_taken[slot])
		slot++;
	pms_mutex_lock(&region->mutex);
	region->shared_slot = slot;
	region->arm = &attachment->common->arms[slot];
	if (slot < PMS_SHARED_SLOTS) {
		coordination->slots_taken[slot] = true;
		region->published = &attachment->published->slots[slot];
		pms_coordination_publish_locked(region);
	}
	pms_mutex_unlock(&region->mutex);
}

void pms_coordination_remove_locked(pms_region *region)
{
	pms_shared_slot *slot = region->published;

	if (region->shared_slot >= PMS_SHARED_SLOTS)
		return;
	atomic_store(&slot->base, 0);
	atomic_store(&slot->identity, 0);
	atomic_store(&slot->claimed, 0);
	region->stream->coordination.slots_taken[region->shared_slot] = false;
	region->shared_slot = PMS_SHARED_NO_SLOT;
	region->published = &region->stream->coordination.nowhere;
}

/* A slot that is of this life stays readable all the time; one that becomes so is of none meanwhile. Ends a claim. */
void pms_coordination_publish_locked(pms_region *region)
{
	pms_shared_slot *slot = region->published;

	if (slot == &region->stream->coordination.nowhere)
		return;
	if (atomic_load(&slot->base) != region->life.base) {
		atomic_store(&slot->base, 0);
		atomic_store(&slot->offset, region->offset);
		atomic_store(&slot->identity, region->identity);
		atomic_store(&slot->persisted, 0);
		pms_publish_committed(slot, atomic_load(&region->committed));
	}
	pms_publish_persisted_at_least(slot, atomic_load(&region->persisted));
	atomic_store(&slot->base, region->life.base);
	atomic_store(&slot->claimed, 0);
}

/* Whoever pins the region, when he lives; null: nobody. */
static const pms_shared_reader *find_pin(const pms_attachment *attachment, uint64_t identity)
{
	for (uint32_t i = 0; i < PMS_SHARED_READERS; i++) {
		const pms_shared_reader *reader = &attachment->common->readers[i];
		bool pinned = false;
		for (uint32_t pin = 0; pin < PMS_SHARED_PINS; pin++)
			pinned |= atomic_load(&reader->pins[pin]) == identity;
		if (pinned && pms_shm_is_locked(&attachment->shm, PMS_SHARED_LOCK_READER + i))
			return reader;
	}
	return NULL;
}

int32_t pms_coordination_claim_locked(pms_region *region, pms_error *error)
{
	const pms_attachment *attachment = region->stream->coordination.attachment;

	if (!attachment)
		return PMS_OK;
	/* The claim, then the look for pins; a reader pins, then looks for the claim. One of the two sees the other. */
	if (region->shared_slot < PMS_SHARED_SLOTS)
		atomic_store(&region->published->claimed, 1);
	atomic_thread_fence(memory_order_seq_cst);
	const pms_shared_reader *reader = find_pin(attachment, region->identity);
	if (!reader)
		return PMS_OK;
	uint64_t process = atomic_load(&reader->process);
	pms_coordination_publish_locked(region);
	return pms_fail_at(error, PMS_E_BUSY, region->offset, 0, process,
			   "the region '%s' is in use: process %llu reads it, and has it pinned", region->name,
			   (unsigned long long)process);
}

/* ---- waking ------------------------------------------------------------------------------------------------------ */

pms_shm_word pms_coordination_ticket(pms_stream *stream)
{
	const pms_attachment *attachment = stream->coordination.attachment;

	if (!attachment)
		return (pms_shm_word){.at = &stream->coordination.ticket};
	return (pms_shm_word){.shm = &attachment->shm, .at = &attachment->common->ticket};
}

/* Somebody beside us waits, and would like to rely on being woken; or one of them was not: then all of them poll. */
static void promise_wakes(pms_stream *stream, bool possible)
{
	pms_attachment *attachment = stream->coordination.attachment;

	if (!attachment)
		return;
	_Atomic uint32_t *flags = &attachment->published->header.flags;
	if (possible && (atomic_load(flags) & PMS_SHARED_WAKES))
		return;
	pms_mutex_lock(&stream->coordination.mutex);
	attachment->cannot_wake |= !possible;
	if (attachment->cannot_wake)
		atomic_fetch_and(flags, ~PMS_SHARED_WAKES);
	else if (pms_barrier_reach_others())
		atomic_fetch_or(flags, PMS_SHARED_WAKES);
	pms_mutex_unlock(&stream->coordination.mutex);
}

static void wake(pms_stream *stream)
{
	if (!pms_shm_wake(pms_coordination_ticket(stream)))
		promise_wakes(stream, false);
}

void pms_coordination_wake(pms_region *region)
{
	uint32_t armed = atomic_exchange(&region->arm->armed, 0);

	if (armed == PMS_ARMED_BESIDE)
		promise_wakes(region->stream, true);
	if (armed)
		wake(region->stream);
}

void pms_coordination_wake_all(pms_stream *stream) { wake(stream); }

void pms_coordination_publish_stable(pms_stream *stream, uint64_t timestamp)
{
	pms_attachment *attachment = stream->coordination.attachment;

	if (!attachment)
		return;
	_Atomic uint64_t *stable = &attachment->published->header.stable_timestamp;
	uint64_t found = atomic_load(stable);
	while (found < timestamp && !atomic_compare_exchange_weak(stable, &found, timestamp))
		;
}
