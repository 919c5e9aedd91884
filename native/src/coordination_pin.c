/* SPDX-License-Identifier: MIT */
/*
 * Pins: a reader in another process keeps a region from being cleared or freed. The reader stores its pin and then looks whether
 * the writer has claimed the region; the writer claims it and then looks for pins (coordination_writer.c), with a full barrier
 * between on both sides. So a claim that is not seen sees the pin, and is given up; one that is seen is waited for.
 */
#include "engine.h"

/* Milliseconds that a writer may take to recover, or to clear a region. */
#define CLAIM_ATTEMPTS 10000

static int32_t not_supported(const pms_region *region, const char *why, pms_error *error)
{
	return pms_fail(error, PMS_E_NOT_SUPPORTED, "the region '%s' cannot be pinned: %s", region->name, why);
}

/* Stores the pin, or counts one more use of it. False: there is no place. */
static bool store_pin(pms_attachment *attachment, uint64_t identity)
{
	_Atomic uint64_t *pins = attachment->common->readers[attachment->reader_index].pins;
	uint32_t place = PMS_SHARED_PINS;

	pms_mutex_lock(&attachment->pin_mutex);
	for (uint32_t pin = PMS_SHARED_PINS; pin-- > 0;) {
		if (attachment->pin_uses[pin] && attachment->pin_identities[pin] == identity) {
			place = pin;
			break;
		}
		if (!attachment->pin_uses[pin])
			place = pin;
	}
	if (place < PMS_SHARED_PINS) {
		attachment->pin_uses[place]++;
		attachment->pin_identities[place] = identity;
		atomic_store(&pins[place], identity);
	}
	pms_mutex_unlock(&attachment->pin_mutex);
	atomic_thread_fence(memory_order_seq_cst);
	return place < PMS_SHARED_PINS;
}

static void remove_pin(pms_attachment *attachment, uint64_t identity)
{
	_Atomic uint64_t *pins = attachment->common->readers[attachment->reader_index].pins;

	pms_mutex_lock(&attachment->pin_mutex);
	for (uint32_t pin = 0; pin < PMS_SHARED_PINS; pin++)
		if (attachment->pin_uses[pin] && attachment->pin_identities[pin] == identity) {
			if (--attachment->pin_uses[pin] == 0)
				atomic_store(&pins[pin], 0);
			break;
		}
	pms_mutex_unlock(&attachment->pin_mutex);
}

/* On the medium it still is the region, in that life. */
static bool is_same_life(const pms_region *region, uint64_t base)
{
	uint64_t found;

	return pms_layout_is_current(region) &&
	       pms_word_read(region->stream, region->offset + PMS_REGION_BASE, PMS_ROLE_BASE, &found) && found == base;
}

/* The pin is stored. Waits until no writer is in the middle of anything that began before it. */
static int32_t await_no_claim(pms_region *region, const pms_attachment *attachment, pms_error *error)
{
	const pms_shared_header *header = &attachment->published->header;

	for (int attempt = 0; pms_attachment_has_writer(attachment); attempt++) {
		if (atomic_load(&header->state) == PMS_WRITER_LIVE) {
			pms_mutex_lock(&region->mutex);
			bool found = pms_coordination_find_slot_locked(region, attachment);
			uint32_t slot = region->shared_slot;
			pms_mutex_unlock(&region->mutex);
			if (!found)
				return not_supported(region, "its writer says nothing about it", error);
			if (!atomic_load(&attachment->published->slots[slot].claimed))
				return PMS_OK;
		}
		if (attempt == CLAIM_ATTEMPTS)
			return pms_fail_at(error, PMS_E_BUSY, region->offset, 0, 0,
					   "the region '%s' is being cleared or freed, and that does not end",
					   region->name);
		pms_shm_pause(1);
	}
	return PMS_OK; /* nobody clears anything; the next writer meets the pin */
}

static int32_t pin_in(pms_region *region, uint64_t base, pms_attachment *attachment, pms_error *error)
{
	pms_stream *stream = region->stream;

	if (!attachment->common || attachment->reader_index == PMS_SHARED_READERS)
		return not_supported(region, "no place for this reader in the coordination file", error);
	if (!pms_attachment_has_writer(attachment) && pms_file_lock_is_held(&stream->file) &&
	    !pms_attachment_has_writer(attachment))
		return not_supported(region, "its writer has no coordination file", error);
	if (!store_pin(attachment, region->identity))
		return not_supported(region, "too many regions are pinned", error);
	int32_t status = await_no_claim(region, attachment, error);
	if (!is_same_life(region, base)) /* also when its slot is gone for that */
		status = pms_fail_at(error, PMS_E_STALE, region->offset, 0, 0,
				     "the region '%s' was cleared or freed meanwhile", region->name);
	if (status != PMS_OK)
		remove_pin(attachment, region->identity);
	return status;
}

int32_t pms_coordination_pin(pms_region *region, uint64_t base, pms_attachment **pinned, pms_error *error)
{
	pms_attachment *attachment = pms_coordination_reference_current(region->stream);

	if (!attachment)
		return not_supported(region, "there is no coordination file", error);
	int32_t status = pin_in(region, base, attachment, error);
	if (status == PMS_OK)
		*pinned = attachment;
	else
		pms_attachment_release(attachment);
	return status;
}

void pms_coordination_unpin(pms_region *region, pms_attachment *pinned)
{
	if (!pinned || pms_stream_is_forked(region->stream))
		return;
	remove_pin(pinned, region->identity);
	pms_attachment_release(pinned);
}
