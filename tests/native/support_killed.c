/* SPDX-License-Identifier: MIT */
#include "support_killed.h"

killed killed_begin(void **state)
{
	killed f = {.test = test_begin(state)};
	pms_stream *stream = test_create(f.test->path, 128 * TEST_KIB);
	pms_region *region = test_region(stream, "region", 64 * TEST_KIB, 64);

	for (int i = 0; i < KILLED_ENTRIES; i++)
		f.last = test_log_append(&f.log, region, 100).timestamp;
	f.tail = pms_region_committed(region);
	f.image = test_image_load(f.test->path);
	f.life = test_image_life(&f.image, test_region_info(region).offset);
	pms_region_release(region);
	test_close(stream);
	return f;
}

test_image killed_copy(const test_image *image)
{
	test_image copy = {.size = image->size, .bytes = malloc(image->size)};

	assert_non_null(copy.bytes);
	memcpy(copy.bytes, image->bytes, image->size);
	return copy;
}

void killed_open(killed *f, const test_image *image, uint32_t flags)
{
	test_image_save(image, f->test->path);
	f->stream = test_open(f->test->path, flags);
	f->region = test_find(f->stream, "region");
}

void killed_close(killed *f)
{
	pms_region_release(f->region);
	test_close(f->stream);
}

void killed_end(killed *f)
{
	test_log_free(&f->log);
	test_image_free(&f->image);
}

void killed_open_again(killed *f, bool kill)
{
	test_image image;

	if (kill)
		image = test_image_load(f->test->path);
	killed_close(f);
	if (!kill) {
		f->stream = test_open(f->test->path, PMS_OPEN_DEFAULT);
		f->region = test_find(f->stream, "region");
		return;
	}
	killed_open(f, &image, PMS_OPEN_DEFAULT);
	test_image_free(&image);
}

void killed_expect_log_goes_on(killed *f, uint64_t bytes)
{
	size_t before = f->log.count;

	for (int session = 0; session < 3; session++) {
		test_log_expect(&f->log, f->region);
		(void)test_log_append(&f->log, f->region, bytes);
		test_log_expect(&f->log, f->region);
		killed_open_again(f, session != 1);
	}
	test_log_expect(&f->log, f->region);
	test_check_is_clean(f->stream);
	f->log.count = before;
}

void killed_tear_word(test_image *image, uint64_t at, int how, uint64_t *random)
{
	uint64_t word = test_image_word(image, at);
	uint64_t torn = how == KILLED_ZEROED ? 0 : test_random(random);

	if (torn == word)
		torn++;
	test_image_set_word(image, at, torn);
}
