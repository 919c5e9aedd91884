/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a stream file in memory. Taken while the stream is open they are what a kill leaves: every store, flushed
 * or not. Tests change them and open the result.
 */
#ifndef PMS_TEST_SUPPORT_IMAGE_H
#define PMS_TEST_SUPPORT_IMAGE_H

#include "entry.h"
#include "format.h"
#include "support_stream.h"

typedef struct test_image {
	uint8_t *bytes;
	uint64_t size;
} test_image;

test_image test_image_load(const char *path);
void test_image_save(const test_image *image, const char *path);
void test_image_free(test_image *image);
/* Load and save: a copy of the file as it is now. */
void test_image_copy(const char *from, const char *to);
/* The file is that very image: no byte differs. */
void test_image_expect(const test_image *image, const char *path);

uint64_t test_image_word(const test_image *image, uint64_t offset);
void test_image_set_word(test_image *image, uint64_t offset, uint64_t value);
void test_image_flip(test_image *image, uint64_t offset, uint8_t mask);

const uint8_t *test_image_uuid(const test_image *image);
/* The value of a sealed word; asserts that it is whole. */
uint64_t test_image_unseal(const test_image *image, uint64_t offset, pms_word_role role);
void test_image_seal(test_image *image, uint64_t offset, pms_word_role role, uint64_t value);

/* The life of the region whose header is at that offset. */
pms_life test_image_life(const test_image *image, uint64_t region_offset);

/* An entry written by hand. */
typedef struct test_raw_entry {
	uint64_t offset, timestamp, payload_bytes, extent_bytes; /* extent 0: what 64-byte alignment needs */
	uint64_t seed;						 /* of the payload */
	pms_entry_kind kind;					 /* 0: data */
	uint32_t lag;
	bool group_continues;
} test_raw_entry;

/* Writes it and returns where the next one would begin. */
uint64_t test_image_put(test_image *image, const pms_life *life, const test_raw_entry *entry);
/* The stored header at that offset. */
pms_stored_entry test_image_entry(const test_image *image, uint64_t offset);

/* Changes one byte of a file. */
void test_file_flip(const char *path, uint64_t offset, uint8_t mask);

#endif
