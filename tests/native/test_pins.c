/* SPDX-License-Identifier: MIT */
/* Pins: a reader in another process keeps a region from being cleared and freed, as long as it lives, and no longer. */
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine.h"
#include "medium_internal.h"
#include "support_child.h"
#include "support_workers.h"

#ifndef PMS_TEST_DEAD_READERS /* where processes are slow */
#define PMS_TEST_DEAD_READERS (2 * (int)PMS_SHARED_READERS)
#endif

typedef struct fixture {
	test_case *test;
	pms_stream *writer, *reader;
	pms_region *written, *read;
} fixture;

static void begin(fixture *f, void **state)
{
	*f = (fixture){.test = test_begin(state)};
	(void)remove(f->test->path);
	f->writer = test_create(f->test->path, TEST_STREAM_BYTES);
	f->written = test_region(f->writer, "region", 64 * TEST_KIB, 64);
	(void)test_append(f->written, 100, 7);
	f->reader = test_open(f->test->path, PMS_OPEN_READ_ONLY);
	f->read = test_find(f->reader, "region");
}

static void end(fixture *f)
{
	pms_region_release(f->read);
	pms_region_release(f->written);
	test_close(f->reader);
	test_close(f->writer);
}

static int32_t open_pinned(pms_region *region, pms_cursor **cursor, pms_error *error)
{
	pms_cursor_options options = {.struct_bytes = sizeof(options), .flags = PMS_READ_PINNED};

	return pms_cursor_open(region, &options, cursor, error);
}

static pms_cursor *pin(pms_region *region)
{
	pms_cursor *cursor;
	pms_error error;
	int32_t status = open_pinned(region, &cursor, &error);

	if (status != PMS_OK)
		fail_msg("%d: %s", status, error.message);
	return cursor;
}

static void expect_busy(pms_region *region, long reader)
{
	char process[32];
	pms_error error;

	assert_int_equal(pms_region_clear(region, &error), PMS_E_BUSY);
	test_error_says(&error, PMS_E_BUSY);
	(void)snprintf(process, sizeof(process), "process %ld", reader);
	assert_non_null(strstr(error.message, process));
	assert_int_equal(pms_region_free(region, &error), PMS_E_BUSY);
	(void)test_append(region, 10, 1); /* it goes on */
}

static void test_pins_keep_the_region(void **state)
{
	fixture f;
	pms_entry entry;

	begin(&f, state);
	pms_cursor *first = pin(f.read), *second = pin(f.read);
	expect_busy(f.written, getpid());
	assert_int_equal(pms_cursor_next(first, &entry, NULL), PMS_OK);
	assert_true(test_is_filled(entry.data, 100, 7));
	pms_cursor_close(first);
	expect_busy(f.written, getpid());
	assert_int_equal(pms_cursor_next(second, &entry, NULL), PMS_OK);
	pms_cursor_close(second);
	assert_int_equal(pms_region_clear(f.written, NULL), PMS_OK);
	/* One that is not pinned keeps nothing, and is told. */
	pms_cursor *loose;
	assert_int_equal(pms_cursor_open(f.read, NULL, &loose, NULL), PMS_OK);
	(void)test_append(f.written, 10, 1);
	assert_int_equal(pms_region_clear(f.written, NULL), PMS_OK);
	assert_int_equal(pms_cursor_next(loose, &entry, NULL), PMS_E_STALE);
	pms_cursor_close(loose);
	/* After a refusal its readers see it as before. */
	(void)test_append(f.written, 10, 1);
	first = pin(f.read);
	expect_busy(f.written, getpid());
	int32_t ended;
	assert_int_equal(test_count_entries(f.read, &ended), 2);
	pms_cursor_close(first);
	assert_int_equal(pms_region_free(f.written, NULL), PMS_OK);
	assert_int_equal(open_pinned(f.read, &first, NULL), PMS_E_STALE);
	end(&f);
}

/* Pins of a reader hold against the next writer, too. */
static void test_pins_outlive_their_writer(void **state)
{
	fixture f;

	begin(&f, state);
	pms_cursor *cursor = pin(f.read);
	for (int session = 0; session < 2; session++) {
		pms_region_release(f.written);
		test_close(f.writer);
		f.writer = test_open(f.test->path, PMS_OPEN_DEFAULT);
		f.written = test_find(f.writer, "region");
		expect_busy(f.written, getpid());
	}
	/* One that is set while nobody writes. */
	pms_region_release(f.written);
	test_close(f.writer);
	pms_cursor *second = pin(f.read);
	pms_cursor_close(cursor);
	f.writer = test_open(f.test->path, PMS_OPEN_DEFAULT);
	f.written = test_find(f.writer, "region");
	expect_busy(f.written, getpid());
	pms_cursor_close(second);
	assert_int_equal(pms_region_clear(f.written, NULL), PMS_OK);
	end(&f);
}

static void pin_until_killed(char *const *arguments, int tell)
{
	pms_stream *stream = test_open(arguments[0], PMS_OPEN_READ_ONLY);
	pms_region *region = test_find(stream, "region");
	pms_cursor *cursor;

	if (open_pinned(region, &cursor, NULL) != PMS_OK || write(tell, "x", 1) != 1)
		_exit(1);
	for (;;)
		(void)sleep(1);
}

static const test_role pins = {"pin", pin_until_killed};

static void test_pins_of_a_dead_reader_keep_nothing(void **state)
{
	fixture f;
	char byte;

	begin(&f, state);
	for (int round = 0; round < PMS_TEST_DEAD_READERS; round++) { /* dead readers' slots are taken again */
		test_child child = test_child_start(&pins, (const char *[]){f.test->path, NULL});
		assert_int_equal(read(child.told, &byte, 1), 1);
		expect_busy(f.written, child.id);
		test_child_kill(&child);
		assert_int_equal(test_child_wait(&child), TEST_CHILD_KILLED);
		assert_int_equal(pms_region_clear(f.written, NULL), PMS_OK);
		(void)close(child.told);
	}
	end(&f);
}

static void test_pins_that_cannot_be_are_refused(void **state)
{
	fixture f = {.test = test_begin(state)};
	char shm[720];
	pms_cursor *cursor;
	pms_error error;

	/* No file. */
	(void)snprintf(shm, sizeof(shm), "%s-shm", f.test->path);
	assert_int_equal(mkdir(shm, 0700), 0);
	begin(&f, state);
	assert_int_equal(open_pinned(f.read, &cursor, &error), PMS_E_NOT_SUPPORTED);
	test_error_says(&error, PMS_E_NOT_SUPPORTED);
	cursor = pin(f.written); /* in the writer's process that is what a cursor does anyway */
	assert_int_equal(pms_region_clear(f.written, NULL), PMS_E_BUSY);
	pms_cursor_close(cursor);
	end(&f);
	assert_int_equal(rmdir(shm), 0);

	/* More readers than slots; the others pin, and all read. */
	static pms_stream *readers[PMS_SHARED_READERS + 3];
	static pms_region *regions[PMS_SHARED_READERS + 3];
	int32_t ended;
	begin(&f, state);
	unsigned refused = 0;
	for (unsigned i = 0; i < PMS_SHARED_READERS + 3; i++) {
		readers[i] = test_open(f.test->path, PMS_OPEN_READ_ONLY);
		regions[i] = test_find(readers[i], "region");
		assert_int_equal(test_count_entries(regions[i], &ended), 1);
		int32_t status = open_pinned(regions[i], &cursor, NULL);
		if (status == PMS_OK)
			pms_cursor_close(cursor);
		else
			assert_int_equal(status, PMS_E_NOT_SUPPORTED);
		refused += status != PMS_OK;
	}
	assert_int_equal(refused, 4); /* f.reader has one */
	for (unsigned i = 0; i < PMS_SHARED_READERS + 3; i++) {
		pms_region_release(regions[i]);
		test_close(readers[i]);
	}
	end(&f);
}

/* As many as there is room for, and one more. */
static void test_pins_of_many_regions(void **state)
{
	fixture f;
	pms_cursor *cursors[PMS_SHARED_PINS + 1];
	pms_region *written[PMS_SHARED_PINS + 1], *read[PMS_SHARED_PINS + 1];
	char name[32];

	begin(&f, state);
	for (unsigned i = 0; i <= PMS_SHARED_PINS; i++) {
		(void)snprintf(name, sizeof(name), "region %u", i);
		written[i] = test_region(f.writer, name, 1000, 8);
		read[i] = test_find(f.reader, name);
		if (i < PMS_SHARED_PINS)
			cursors[i] = pin(read[i]);
		else
			assert_int_equal(open_pinned(read[i], &cursors[i], NULL), PMS_E_NOT_SUPPORTED);
	}
	pms_cursor_close(cursors[30]);
	cursors[30] = pin(read[PMS_SHARED_PINS]);
	for (unsigned i = 0; i <= PMS_SHARED_PINS; i++)
		assert_int_equal(pms_region_clear(written[i], NULL), i == 30 ? PMS_OK : PMS_E_BUSY);
	for (unsigned i = 0; i <= PMS_SHARED_PINS; i++) {
		if (i < PMS_SHARED_PINS)
			pms_cursor_close(cursors[i]);
		pms_region_release(written[i]);
		pms_region_release(read[i]);
	}
	end(&f);
}

/* ---- a pin and a clear that meet ---------------------------------------------------------------------------------- */

typedef struct race {
	pms_region *region;
	_Atomic bool stop;
	const _Atomic uint64_t *tried; /* clears */
	_Atomic uint64_t pinned;
	uint64_t stale, entries, random;
} race;

/* Two that pin without a pause would leave hardly a moment in which a clear succeeds where everything is slow. */
static void let_a_clear_be_tried(const race *r)
{
	uint64_t before = atomic_load(r->tried);

	for (int i = 0; i < 4 && atomic_load(r->tried) == before; i++)
		(void)sched_yield();
}

/* What a pinned cursor points at does not change, however often it is read. */
static void *pin_again_and_again(void *context)
{
	race *r = context;

	while (!atomic_load(&r->stop)) {
		pms_cursor *cursor;
		pms_entry entry;
		int32_t status = open_pinned(r->region, &cursor, NULL);
		if (status == PMS_E_STALE) {
			r->stale++;
			continue;
		}
		WORKER_CHECK(status == PMS_OK);
		atomic_fetch_add(&r->pinned, 1);
		while ((status = pms_cursor_next(cursor, &entry, NULL)) == PMS_OK) {
			uint8_t before[200];
			memcpy(before, entry.data, sizeof(before));
			for (int again = 0; again < 20; again++)
				WORKER_CHECK(memcmp(before, entry.data, sizeof(before)) == 0);
			r->entries++;
		}
		WORKER_CHECK(status == PMS_E_END); /* never stale */
		pms_cursor_close(cursor);
		if (test_random_below(&r->random, 16) == 0)
			let_a_clear_be_tried(r);
	}
	return NULL;
}

static void test_pins_and_clears_that_meet(void **state)
{
	fixture f;
	pthread_t threads[2];
	race races[2] = {0};
	_Atomic uint64_t tried = 0;
	uint64_t cleared = 0, busy = 0, pinned = 0, random = test_seed();

	begin(&f, state);
	assert_int_equal(pms_region_clear(f.written, NULL), PMS_OK);
	for (int i = 0; i < 2; i++) {
		races[i].region = f.read;
		races[i].tried = &tried;
		races[i].random = random + (uint64_t)i;
		assert_int_equal(pthread_create(&threads[i], NULL, pin_again_and_again, &races[i]), 0);
	}
	/* On, where the two have not met yet. */
	for (uint64_t i = 0; cleared < TEST_ROUNDS(2000) || (busy == 0 && cleared < 100 * TEST_ROUNDS(2000)); i++) {
		int32_t status = pms_region_clear(f.written, NULL);
		atomic_fetch_add(&tried, 1);
		cleared += status == PMS_OK;
		busy += status == PMS_E_BUSY;
		assert_true(status == PMS_OK || status == PMS_E_BUSY);
		if (status != PMS_OK) {
			(void)sched_yield();
			continue;
		}
		(void)test_append(f.written, 200, i); /* other bytes each time */
		/* Not again at once: nobody would have come to pin. */
		uint64_t wanted = pinned + test_random_below(&random, 16);
		while (pinned < wanted) {
			(void)sched_yield();
			pinned = atomic_load(&races[0].pinned) + atomic_load(&races[1].pinned);
		}
	}
	for (int i = 0; i < 2; i++) {
		atomic_store(&races[i].stop, true);
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_true(races[i].pinned > 0);
	}
	assert_true(busy > 0);
	print_message("%llu cleared, %llu busy, %llu pinned, %llu stale\n", (unsigned long long)cleared,
		      (unsigned long long)busy, (unsigned long long)pinned,
		      (unsigned long long)(races[0].stale + races[1].stale));
	end(&f);
}

int main(int count, char **arguments)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_pins_keep_the_region),
	    TEST_ON_TMPFS(test_pins_outlive_their_writer),
	    TEST_ON_TMPFS(test_pins_of_a_dead_reader_keep_nothing),
	    TEST_ON_TMPFS(test_pins_that_cannot_be_are_refused),
	    TEST_ON_TMPFS(test_pins_of_many_regions),
	    TEST_ON_TMPFS(test_pins_and_clears_that_meet),
	};

	test_child_main(count, arguments, &pins, 1);
	pms_room_bytes_least = 0; /* nothing grows here, and dozens of readers would reserve terabytes */
	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
