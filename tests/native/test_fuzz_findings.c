/* SPDX-License-Identifier: MIT */
/* What the fuzz targets have found, told as tests. */
#include "engine.h"
#include "support_image.h"

/* Closed with a checkpoint, opened again, appended to, killed. */
typedef struct fixture {
	test_case *test;
	pms_position early, late; /* before the checkpoint; behind it, and not the last */
	test_image image;
} fixture;

static fixture begin(void **state)
{
	fixture f = {.test = test_begin(state)};
	pms_stream *stream = test_create(f.test->path, TEST_STREAM_BYTES);
	pms_region *region = test_region(stream, "region", 100 * TEST_KIB, 64);

	for (uint64_t i = 0; i < 5; i++) {
		pms_position at = test_append(region, 100, i);
		f.early = i == 2 ? at : f.early;
	}
	pms_region_release(region);
	test_close(stream);
	stream = test_open(f.test->path, PMS_OPEN_DEFAULT);
	region = test_find(stream, "region");
	for (uint64_t i = 0; i < 5; i++) {
		pms_position at = test_append(region, 100, i);
		f.late = i == 2 ? at : f.late;
	}
	f.image = test_image_load(f.test->path);
	pms_region_release(region);
	test_close(stream);
	return f;
}

/*
 * Damage before the checkpoint, which an open does not look at, and damage behind it. Salvage cuts the latter off; it used
 * to remove the checkpoint, so that the next open met the former, and refused.
 */
static void test_salvage_keeps_checkpoint_before_damage(void **state)
{
	fixture f = begin(state);
	pms_error error;
	int32_t ended;

	test_image_flip(&f.image, f.early.offset + 30, 1);
	test_image_flip(&f.image, f.late.offset + 30, 1);
	test_image_save(&f.image, f.test->path);
	test_open_fails(f.test->path, PMS_OPEN_DEFAULT, PMS_E_CORRUPT, &error);
	assert_int_equal(error.position, f.late.offset);
	pms_stream *stream = test_open(f.test->path, PMS_OPEN_SALVAGE);
	pms_region *region = test_find(stream, "region");
	pms_position appended = test_append(region, 50, 77);
	test_image killed = test_image_load(f.test->path);
	pms_region_release(region);
	test_close(stream);

	test_image_save(&killed, f.test->path);
	stream = test_open(f.test->path, PMS_OPEN_DEFAULT);
	region = test_find(stream, "region");
	uint8_t data[50];
	uint64_t bytes;
	assert_int_equal(pms_region_read(region, &appended, data, sizeof(data), PMS_READ_VERIFIED, &bytes, &error),
			 PMS_OK);
	assert_true(test_is_filled(data, bytes, 77));
	/* The early damage is told by who comes there. */
	assert_int_equal(test_count_entries(region, &ended), 2);
	assert_int_equal(ended, PMS_E_CORRUPT);
	pms_region_release(region);
	test_close(stream);
	test_image_free(&killed);
	test_image_free(&f.image);
}

/* A clear that finds no timestamp left used to have removed the checkpoint. */
static void test_clear_without_timestamps_changes_nothing(void **state)
{
	fixture f = begin(state);
	pms_error error;

	pms_stream *stream = test_open(f.test->path, PMS_OPEN_DEFAULT);
	pms_region *region = test_find(stream, "region");
	uint64_t limit = atomic_load(&stream->timestamp_limit);
	atomic_store(&stream->timestamp_limit, PMS_VALUE_MAX);
	atomic_store(&stream->next_timestamp, PMS_VALUE_MAX);
	test_image before = test_image_load(f.test->path);
	assert_int_equal(pms_region_clear(region, &error), PMS_E_EXHAUSTED);
	test_error_says(&error, PMS_E_EXHAUSTED);
	test_image_expect(&before, f.test->path);
	atomic_store(&stream->next_timestamp, limit - 1);
	atomic_store(&stream->timestamp_limit, limit);
	pms_region_release(region);
	test_close(stream);
	test_image_free(&before);
	test_image_free(&f.image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_salvage_keeps_checkpoint_before_damage),
	    TEST_ON_BOTH(test_clear_without_timestamps_changes_nothing),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
