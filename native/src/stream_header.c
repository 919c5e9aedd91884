/* SPDX-License-Identifier: MIT */
/*
 * The stored header of a stream: two copies in two pages, written once. Either is enough to open; the next writer
 * repairs the other.
 */
#include "engine.h"

static int32_t refuse(const pms_stored_header *header, pms_header_state state, const char *why, uint64_t offset,
		      pms_error *error)
{
	switch (state) {
	case PMS_HEADER_NEWER:
		return pms_fail_at(error, PMS_E_NEWER_VERSION, offset, PMS_FORMAT_VERSION, header->version,
				   "written in format version %u; this library reads version %u: use a newer library",
				   header->version, PMS_FORMAT_VERSION);
	case PMS_HEADER_FEATURE:
		return pms_fail_at(
		    error, PMS_E_UNKNOWN_FEATURE, offset, PMS_KNOWN_INCOMPATIBLE, header->incompatible_features,
		    "uses incompatible features 0x%llx; this library knows 0x%llx: use a newer library",
		    (unsigned long long)header->incompatible_features, (unsigned long long)PMS_KNOWN_INCOMPATIBLE);
	case PMS_HEADER_NO_MAGIC:
		return pms_fail_at(error, PMS_E_NOT_A_STREAM, offset, PMS_STREAM_MAGIC, header->magic,
				   "not a stream: expected the magic %016llx at offsets 0 and 4096, found %016llx",
				   (unsigned long long)PMS_STREAM_MAGIC, (unsigned long long)header->magic);
	default:
		return pms_fail_at(error, PMS_E_CORRUPT, offset, 0, 0,
				   "both copies of the stream header are damaged (%s); nothing was changed", why);
	}
}

int32_t pms_header_load(const pms_medium *medium, pms_stored_header *header, uint64_t *bad_copy, pms_error *error)
{
	const uint64_t offsets[2] = {PMS_HEADER_A, PMS_HEADER_B};
	pms_stored_header copies[2];
	pms_header_state states[2];
	const char *why[2];

	for (int i = 0; i < 2; i++) {
		memcpy(&copies[i], pms_at(medium, offsets[i]), sizeof(copies[i]));
		states[i] = pms_header_validate(&copies[i], &why[i]);
	}
	*bad_copy = UINT64_MAX;
	if (states[0] == PMS_HEADER_GOOD && states[1] == PMS_HEADER_GOOD) {
		if (memcmp(&copies[0], &copies[1], sizeof(copies[0])) != 0)
			return pms_fail_at(
			    error, PMS_E_CORRUPT, PMS_HEADER_B, 0, 0,
			    "the two copies of the stream header are both whole but differ: the file was "
			    "put together from two streams");
		*header = copies[0];
		return PMS_OK;
	}
	for (int i = 0; i < 2; i++) {
		/* A newer writer may have left the other copy alone for good reason: its word counts. */
		if (states[i] == PMS_HEADER_NEWER || states[i] == PMS_HEADER_FEATURE)
			return refuse(&copies[i], states[i], why[i], offsets[i], error);
	}
	for (int i = 0; i < 2; i++) {
		if (states[i] != PMS_HEADER_GOOD)
			continue;
		*header = copies[i];
		*bad_copy = offsets[1 - i];
		return PMS_OK;
	}
	int worse = states[0] == PMS_HEADER_BAD ? 0 : 1; /* a damaged copy says more than one without a magic */
	return refuse(&copies[worse], states[worse], why[worse], offsets[worse], error);
}

static void store_words(pms_medium *medium, uint64_t offset, const void *source, uint64_t bytes)
{
	pms_copy(medium, offset, source, bytes);
	pms_flush(medium, offset, bytes);
}

/* The fixed pages are zeroed first: on a device they hold whatever was there. */
static void zero_fixed_pages(pms_medium *medium, uint64_t bytes)
{
	static const uint8_t zeros[4096];

	for (uint64_t at = 0; at < bytes; at += sizeof(zeros))
		store_words(medium, at, zeros, sizeof(zeros));
}

/* In both copies. */
static void store_magic(pms_medium *medium, uint64_t magic)
{
	pms_store64(medium, PMS_HEADER_A, magic);
	pms_flush(medium, PMS_HEADER_A, sizeof(magic));
	pms_store64(medium, PMS_HEADER_B, magic);
	pms_flush(medium, PMS_HEADER_B, sizeof(magic));
}

int32_t pms_header_create(pms_medium *medium, pms_stored_header *header, uint64_t stream_bytes, pms_error *error)
{
	const struct {
		uint64_t offset;
		pms_word_role role;
		uint64_t value;
	} words[] = {
	    {PMS_CEILING_A, PMS_ROLE_CEILING, 1},
	    {PMS_CEILING_B, PMS_ROLE_CEILING, 1},
	    {PMS_PERSISTED_TIMESTAMP, PMS_ROLE_PERSISTED_TIMESTAMP, 0},
	    {PMS_LAYOUT_EPOCH, PMS_ROLE_LAYOUT_EPOCH, 1},
	    {PMS_STREAM_SIZE, PMS_ROLE_STREAM_SIZE, stream_bytes},
	    {PMS_STREAM_SPARE_0, PMS_ROLE_STREAM_SPARE, 0},
	    {PMS_STREAM_SPARE_1, PMS_ROLE_STREAM_SPARE, 0},
	};
	pms_stored_header unfinished;

	pms_header_seal(header);
	uint64_t extent = header->first_region + PMS_REGION_EXTENT;
	uint64_t blocks = (stream_bytes - header->first_region) / header->block_bytes;

	/* 1. Both magics away, when the place held a stream (a device). After a crash here: that stream, whole, or none. */
	store_magic(medium, 0);
	int32_t status = pms_drain(medium, error);
	if (status != PMS_OK)
		return status;
	zero_fixed_pages(medium, header->first_region);
	status = pms_drain(medium, error);
	if (status != PMS_OK)
		return status;

	/* 2. Everything but the magics. After a crash here: no magic, so no stream. */
	unfinished = *header;
	unfinished.magic = PMS_FAULT(MAGIC_FIRST) ? PMS_STREAM_MAGIC : 0;
	store_words(medium, PMS_HEADER_A, &unfinished, sizeof(unfinished));
	store_words(medium, PMS_HEADER_B, &unfinished, sizeof(unfinished));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		pms_store64(medium, words[i].offset,
			    pms_seal(words[i].value, words[i].role, words[i].offset, header->uuid));
		pms_flush(medium, words[i].offset, sizeof(uint64_t));
	}
	pms_store64(medium, extent,
		    pms_seal(pms_extent_value(PMS_EXTENT_FREE, blocks), PMS_ROLE_EXTENT, extent, header->uuid));
	pms_flush(medium, extent, sizeof(uint64_t));
	status = pms_drain(medium, error);
	if (status != PMS_OK)
		return status;

	/* 3. The magics. After a crash here: none, one or both copies are whole, over a stream that is. */
	store_magic(medium, PMS_STREAM_MAGIC);
	return pms_drain(medium, error);
}

int32_t pms_header_repair(pms_medium *medium, const pms_stored_header *header, uint64_t offset, pms_error *error)
{
	/* After a crash here: the copy is damaged still, in whatever way; the other one is whole. */
	store_words(medium, offset, header, sizeof(*header));
	return pms_drain(medium, error);
}
