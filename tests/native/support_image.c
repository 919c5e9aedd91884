/* SPDX-License-Identifier: MIT */
#include "support_image.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

test_image test_image_load(const char *path)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	test_image image = {0};
	struct stat status;

	assert_true(descriptor >= 0);
	assert_int_equal(fstat(descriptor, &status), 0);
	image.size = (uint64_t)status.st_size;
	image.bytes = malloc(image.size + 1);
	assert_non_null(image.bytes);
	for (uint64_t done = 0; done < image.size;) {
		ssize_t part = pread(descriptor, image.bytes + done, image.size - done, (off_t)done);
		assert_true(part > 0);
		done += (uint64_t)part;
	}
	assert_int_equal(close(descriptor), 0);
	return image;
}

/* Pages of zeros are left out: what is there of a new file that nobody wrote. Else a sync would write the whole image. */
void test_image_save(const test_image *image, const char *path)
{
	static const uint8_t zeros[4096];
	int descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(descriptor >= 0);
	assert_int_equal(ftruncate(descriptor, (off_t)image->size), 0);
	for (uint64_t done = 0; done < image->size;) {
		uint64_t part = image->size - done < sizeof(zeros) ? image->size - done : sizeof(zeros);
		if (memcmp(image->bytes + done, zeros, part) != 0)
			assert_int_equal(pwrite(descriptor, image->bytes + done, part, (off_t)done), part);
		done += part;
	}
	assert_int_equal(close(descriptor), 0);
}

void test_image_free(test_image *image)
{
	free(image->bytes);
	*image = (test_image){0};
}

void test_image_copy(const char *from, const char *to)
{
	test_image image = test_image_load(from);

	test_image_save(&image, to);
	test_image_free(&image);
}

void test_image_expect(const test_image *image, const char *path)
{
	test_image found = test_image_load(path);

	assert_int_equal(found.size, image->size);
	for (uint64_t at = 0; at < image->size; at++)
		if (found.bytes[at] != image->bytes[at])
			fail_msg("the byte at offset %llu was changed", (unsigned long long)at);
	test_image_free(&found);
}

uint64_t test_image_word(const test_image *image, uint64_t offset)
{
	uint64_t word;

	assert_true(offset + sizeof(word) <= image->size);
	memcpy(&word, image->bytes + offset, sizeof(word));
	return word;
}

void test_image_set_word(test_image *image, uint64_t offset, uint64_t value)
{
	assert_true(offset + sizeof(value) <= image->size);
	memcpy(image->bytes + offset, &value, sizeof(value));
}

void test_image_flip(test_image *image, uint64_t offset, uint8_t mask)
{
	assert_true(offset < image->size && mask != 0);
	image->bytes[offset] ^= mask;
}

const uint8_t *test_image_uuid(const test_image *image)
{
	return image->bytes + PMS_HEADER_A + offsetof(pms_stored_header, uuid);
}

uint64_t test_image_unseal(const test_image *image, uint64_t offset, pms_word_role role)
{
	uint64_t value;

	assert_true(pms_unseal(test_image_word(image, offset), role, offset, test_image_uuid(image), &value));
	return value;
}

void test_image_seal(test_image *image, uint64_t offset, pms_word_role role, uint64_t value)
{
	test_image_set_word(image, offset, pms_seal(value, role, offset, test_image_uuid(image)));
}

pms_life test_image_life(const test_image *image, uint64_t region_offset)
{
	return (pms_life){
	    .uuid_value = pms_hash(test_image_uuid(image), 16),
	    .base = test_image_unseal(image, region_offset + PMS_REGION_BASE, PMS_ROLE_BASE),
	};
}

uint64_t test_image_put(test_image *image, const pms_life *life, const test_raw_entry *entry)
{
	uint64_t extent = entry->extent_bytes ? entry->extent_bytes : pms_entry_extent(entry->payload_bytes, 64);
	pms_entry_kind kind = entry->kind ? entry->kind : PMS_KIND_DATA;
	uint64_t payload_at = entry->offset + PMS_ENTRY_HEADER_BYTES;

	assert_true(entry->offset + extent <= image->size);
	assert_true(payload_at + pms_round_up(entry->payload_bytes, 8) <= image->size);
	memset(image->bytes + payload_at, 0, pms_round_up(entry->payload_bytes, 8));
	test_fill(image->bytes + payload_at, entry->payload_bytes, entry->seed);
	uint64_t size_word = pms_size_word(entry->payload_bytes, extent, entry->group_continues, entry->lag);
	uint64_t payload_hash = pms_hash(image->bytes + payload_at, entry->payload_bytes);
	pms_stored_entry header = {
	    .size_word = size_word,
	    .timestamp = entry->timestamp,
	    .checksum = pms_entry_checksum(kind, payload_hash, size_word, entry->timestamp, entry->offset, life),
	};
	memcpy(image->bytes + entry->offset, &header, sizeof(header));
	return entry->offset + extent;
}

pms_stored_entry test_image_entry(const test_image *image, uint64_t offset)
{
	pms_stored_entry header;

	assert_true(offset + sizeof(header) <= image->size);
	memcpy(&header, image->bytes + offset, sizeof(header));
	return header;
}

void test_file_flip(const char *path, uint64_t offset, uint8_t mask)
{
	int descriptor = open(path, O_RDWR | O_CLOEXEC);
	uint8_t byte;

	assert_true(descriptor >= 0);
	assert_int_equal(pread(descriptor, &byte, 1, (off_t)offset), 1);
	byte ^= mask;
	assert_int_equal(pwrite(descriptor, &byte, 1, (off_t)offset), 1);
	assert_int_equal(close(descriptor), 0);
}
