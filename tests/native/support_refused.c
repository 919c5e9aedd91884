/* SPDX-License-Identifier: MIT */
#include "support_refused.h"

#include <sys/stat.h>

test_image test_refused_make(const test_case *test)
{
	pms_stream *stream = test_create(test->path, 128 * TEST_KIB);
	pms_region *region = test_region(stream, "region", 10000, 64);

	(void)test_append(region, 100, 1);
	pms_region_release(region);
	test_close(stream);
	return test_image_load(test->path);
}

void test_refused_everywhere(const test_image *image, const char *path, int32_t status)
{
	static const uint32_t flags[] = {PMS_OPEN_DEFAULT, PMS_OPEN_READ_ONLY, PMS_OPEN_SALVAGE};
	struct stat before, after;

	test_image_save(image, path);
	assert_int_equal(stat(path, &before), 0);
	for (int i = 0; i < 3; i++)
		test_open_fails(path, flags[i], status, NULL);
	assert_int_equal(stat(path, &after), 0);
	assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof(before.st_mtim));
	test_image_expect(image, path);
}

void test_refused_not(const test_image *image, const char *path, uint32_t flags, uint32_t state)
{
	int32_t ended;

	test_image_save(image, path);
	pms_stream *stream = test_open(path, flags);
	pms_region *region = test_find(stream, "region");
	assert_int_equal(test_recovery(stream).flags & ~(uint32_t)PMS_STATE_HEADER_REPAIRED, state);
	assert_int_equal(test_count_entries(region, &ended), 1);
	assert_int_equal(ended, PMS_E_END);
	pms_region_release(region);
	test_close(stream);
	if (flags == PMS_OPEN_READ_ONLY)
		test_image_expect(image, path);
}
