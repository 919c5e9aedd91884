/* SPDX-License-Identifier: MIT */
/* Power cuts while a stream is created. */
#include <unistd.h>

#include "support_medium.h"

typedef struct creation {
	const test_case *test;
	uint64_t random;
	int cuts, whole;
} creation;

/* Whatever the temporary file has become: no stream, or a whole and empty one. */
static void cut_creation(void *context)
{
	creation *c = context;
	const char *path = test_file(c->test, "cut");
	pms_open_options options = test_open_options(PMS_OPEN_READ_ONLY);

	for (int i = 0; i < 20; i++, c->cuts++) {
		test_image image = test_medium_power_cut(i ? test_random(&c->random) : 0);
		pms_stream *stream;
		test_image_save(&image, path);
		test_image_free(&image);
		int32_t status = pms_stream_open(path, &options, &stream, NULL);
		if (status == PMS_OK) {
			pms_stream_close(stream);
			pms_stream_release(stream);
			stream = test_open(path, PMS_OPEN_DEFAULT);
			assert_int_equal(test_info(stream).region_count, 0);
			test_check_is_clean(stream);
			pms_region_release(test_region(stream, "new", 1000, 64));
			test_close(stream);
			c->whole++;
		} else {
			assert_int_equal(status, PMS_E_NOT_A_STREAM);
		}
	}
	assert_int_equal(access(c->test->path, F_OK), -1); /* the name comes last */
}

/* As on a device, where there is no rename to hide it: the magics come last. */
static void test_power_cut_in_create_leaves_no_stream_or_a_whole_one(void **state)
{
	test_case *test = test_begin(state);
	creation c = {.test = test, .random = test_seed()};

	test_medium_watch_next();
	test_medium_on_drain(cut_creation, &c);
	pms_stream *stream = test_create(test->path, (256 * TEST_KIB));
	test_medium_on_drain(NULL, NULL);
	assert_true(c.cuts >= 60);
	assert_true(c.whole > 0 && c.whole < c.cuts);
	test_image image = test_medium_power_cut(0);
	test_image_save(&image, test_file(test, "cut"));
	test_image_free(&image);
	test_close(stream);
	test_medium_forget();
	stream = test_open(test_file(test, "cut"), PMS_OPEN_DEFAULT);
	assert_int_equal(test_recovery(stream).flags, 0);
	test_close(stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_power_cut_in_create_leaves_no_stream_or_a_whole_one),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
