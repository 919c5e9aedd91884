/* SPDX-License-Identifier: MIT */
/* Growing beside appends, reads, creating and freeing regions, and close: hundreds of rounds, and only documented statuses. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#include "support_image.h"

#define SMALL (128 * TEST_KIB)
#define LARGEST (64 * SMALL)

typedef struct fixture {
	test_case *test;
	pms_stream *stream;
	pms_region *region;
	uint64_t random;
	_Atomic bool begin, stop;
	_Atomic uint64_t grown_to; /* what was acknowledged */
	test_log log;		   /* of `region` */
} fixture;

typedef struct round_worker {
	fixture *f;
	void (*work)(fixture *f, uint64_t *random);
	uint64_t random;
} round_worker;

static void expect_one_of(int32_t status, int32_t one, int32_t other, const pms_error *error)
{
	if (status != PMS_OK && status != one && status != other)
		fail_msg("status %d: %s", status, error->message);
}

/* ---- what each thread does ----------------------------------------------------------------------------------------- */

static void grow(fixture *f, uint64_t *random)
{
	uint64_t bytes = SMALL;
	pms_error error;

	while (bytes < LARGEST) {
		bytes += 4096 + test_random_below(random, 16 * SMALL);
		int32_t status = pms_stream_grow(f->stream, bytes, &error);
		/* Another thread may have made it larger than that. */
		expect_one_of(status, PMS_E_CLOSED, PMS_E_INVALID_ARGUMENT, &error);
		if (status == PMS_E_CLOSED)
			return;
		uint64_t known = f->grown_to;
		while (status == PMS_OK && known < bytes && !atomic_compare_exchange_weak(&f->grown_to, &known, bytes))
			continue;
	}
}

static void append(fixture *f, uint64_t *random)
{
	static uint8_t data[2000];
	pms_position position;
	pms_error error;

	for (int32_t status = PMS_OK; status == PMS_OK && !f->stop;) {
		uint64_t bytes = test_random_below(random, sizeof(data)), seed = test_random(random);
		test_fill(data, bytes, seed);
		status = pms_region_append(f->region, data, bytes, &position, &error);
		expect_one_of(status, PMS_E_CLOSED, PMS_E_REGION_FULL, &error);
		if (status == PMS_OK)
			test_log_add(&f->log, position, bytes, seed);
	}
}

static void create_and_free(fixture *f, uint64_t *random)
{
	pms_error error;

	while (!f->stop) {
		pms_region_options options = test_region_options(NULL, 1 + test_random_below(random, SMALL), 64);
		pms_region *region;
		int32_t status = pms_region_create(f->stream, &options, &region, &error);
		expect_one_of(status, PMS_E_CLOSED, PMS_E_STREAM_FULL, &error);
		if (status == PMS_E_CLOSED)
			return;
		if (status != PMS_OK)
			continue;
		status = pms_region_append(region, "data", 4, NULL, &error);
		expect_one_of(status, PMS_E_CLOSED, PMS_E_REGION_FULL, &error);
		if (test_random_below(random, 2)) {
			status = pms_region_free(region, &error);
			expect_one_of(status, PMS_E_CLOSED, PMS_OK, &error);
		}
		pms_region_release(region);
	}
}

static void read_all(fixture *f, uint64_t *random)
{
	pms_error error;

	(void)random;
	while (!f->stop) {
		pms_cursor *cursor;
		pms_entry entry;
		int32_t status = pms_cursor_open(f->region, NULL, &cursor, &error);
		expect_one_of(status, PMS_E_CLOSED, PMS_OK, &error);
		if (status != PMS_OK)
			return;
		while ((status = pms_cursor_next(cursor, &entry, &error)) == PMS_OK)
			continue;
		expect_one_of(status, PMS_E_CLOSED, PMS_E_END, &error);
		pms_cursor_close(cursor);
		pms_stream_info info = {.struct_bytes = sizeof(info)};
		status = pms_stream_describe(f->stream, &info, &error);
		expect_one_of(status, PMS_E_CLOSED, PMS_OK, &error);
		if (status == PMS_OK)
			assert_int_equal(info.state & ~(uint32_t)PMS_STATE_FILE_LARGER, 0);
	}
}

static void close_some_time(fixture *f, uint64_t *random)
{
	for (uint64_t i = test_random_below(random, 2000); i > 0; i--)
		sched_yield();
	assert_int_equal(pms_stream_close(f->stream), PMS_OK);
}

/* ---- rounds -------------------------------------------------------------------------------------------------------- */

static void *run_worker(void *context)
{
	round_worker *w = context;

	while (!w->f->begin)
		sched_yield();
	w->work(w->f, &w->random);
	return NULL;
}

/* What was acknowledged is there when it is opened again, and nothing is damaged. */
static void expect_after(fixture *f)
{
	pms_region_release(f->region);
	pms_stream_release(f->stream);
	f->stream = test_open(f->test->path, PMS_OPEN_DEFAULT);
	assert_int_equal(test_recovery(f->stream).flags & ~(uint32_t)PMS_STATE_FILE_LARGER, 0);
	assert_true(test_info(f->stream).stream_bytes >= f->grown_to);
	f->region = test_find(f->stream, "region");
	test_log_expect(&f->log, f->region);
	test_check_is_clean(f->stream);
	pms_region_release(f->region);
	test_close(f->stream);
	test_log_free(&f->log);
	(void)unlink(f->test->path);
}

static void run_round(test_case *test, uint64_t seed, bool closes)
{
	void (*const works[])(fixture *, uint64_t *) = {grow, grow, append, create_and_free, read_all, close_some_time};
	enum { WORKERS = sizeof(works) / sizeof(works[0]) };
	fixture f = {.test = test, .random = seed, .grown_to = SMALL};
	round_worker workers[WORKERS];
	pthread_t threads[WORKERS];
	const size_t count = closes ? WORKERS : WORKERS - 1;

	f.stream = test_create(test->path, SMALL);
	f.region = test_region(f.stream, "region", 60000, 64);
	for (size_t i = 0; i < count; i++) {
		workers[i] = (round_worker){.f = &f, .work = works[i], .random = test_random(&f.random)};
		assert_int_equal(pthread_create(&threads[i], NULL, run_worker, &workers[i]), 0);
	}
	f.begin = true;
	for (size_t i = 0; i < count; i++) {
		if (i == 2) /* both that grow are done */
			f.stop = true;
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	}
	expect_after(&f);
}

static void run_rounds(void **state, bool closes)
{
	test_case *test = test_begin(state);
	const int rounds = test->kind == PMS_MEDIUM_PAGE_CACHE ? 15 : 300;
	uint64_t random = test_seed();

	for (int i = 0; i < rounds; i++)
		run_round(test, test_random(&random), closes);
}

static void test_grow_beside_everything(void **state) { run_rounds(state, false); }

static void test_grow_beside_everything_and_a_close(void **state) { run_rounds(state, true); }

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_grow_beside_everything),
	    TEST_ON_BOTH(test_grow_beside_everything_and_a_close),
	};

	(void)alarm(900); /* somebody is left waiting; on a busy machine the disk alone takes minutes */
	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
