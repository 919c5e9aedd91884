/* SPDX-License-Identifier: MIT */
/* The coordination file as both sides have it open. */
#include <stdlib.h>

#include "engine.h"

void pms_shared_describe(const pms_stream *stream, pms_shared_header *header)
{
	header->magic = PMS_SHARED_MAGIC;
	header->version = PMS_SHARED_VERSION;
	header->slot_count = PMS_SHARED_SLOTS;
	header->reader_count = PMS_SHARED_READERS;
	header->slot_bytes = sizeof(pms_shared_slot);
	header->reader_bytes = sizeof(pms_shared_reader);
	header->pin_count = PMS_SHARED_PINS;
	memcpy(header->uuid, stream->header.uuid, sizeof(header->uuid));
	header->checksum = pms_hash(header, offsetof(pms_shared_header, checksum));
}

bool pms_shared_header_is_good(const pms_stream *stream, const pms_shared_header *header)
{
	pms_shared_header expected;

	memset(&expected, 0, sizeof(expected));
	pms_shared_describe(stream, &expected);
	return memcmp(header, &expected, offsetof(pms_shared_header, session)) == 0;
}

void pms_coordination_init(pms_coordination *coordination) { pms_mutex_init(&coordination->mutex); }

void pms_coordination_detach(pms_coordination *coordination)
{
	pms_mutex_lock(&coordination->mutex);
	pms_attachment *attachment = coordination->attachment;
	free(coordination->path);
	coordination->path = NULL;
	coordination->attachment = NULL;
	pms_mutex_unlock(&coordination->mutex);
	pms_attachment_release(attachment);
}

void pms_coordination_destroy(pms_coordination *coordination)
{
	pms_coordination_detach(coordination);
	pms_mutex_destroy(&coordination->mutex);
}

static pms_attachment *reference(pms_stream *stream, bool look_first)
{
	pms_coordination *coordination = &stream->coordination;

	pms_mutex_lock(&coordination->mutex);
	pms_attachment *attachment = look_first ? pms_coordination_current_locked(stream) : coordination->attachment;
	if (attachment)
		atomic_fetch_add(&attachment->references, 1);
	pms_mutex_unlock(&coordination->mutex);
	return attachment;
}

pms_attachment *pms_coordination_reference(pms_stream *stream) { return reference(stream, false); }

pms_attachment *pms_coordination_reference_current(pms_stream *stream) { return reference(stream, stream->read_only); }

void pms_attachment_release(pms_attachment *attachment)
{
	if (!attachment || atomic_fetch_sub(&attachment->references, 1) != 1)
		return;
	pms_shm_close(&attachment->shm);
	pms_mutex_destroy(&attachment->pin_mutex);
	free(attachment);
}
