/* SPDX-License-Identifier: MIT */
/* The stable timestamp: what is visible at or below it is all that will ever be there, and covers what was acknowledged. */
#include <errno.h>
#include <time.h>

#include "engine.h"
#include "support_medium.h"
#include "support_workers.h"

typedef struct fixture {
	test_case *test;
	pms_stream *stream;
	pms_region *regions[2];
	pthread_t thread;
	_Atomic bool thread_returned;
	uint64_t thread_stable;
} fixture;

static void begin(fixture *f, void **state)
{
	*f = (fixture){.test = test_begin(state)};
	(void)remove(f->test->path);
	f->stream = test_create(f->test->path, 20 * TEST_MIB);
	f->regions[0] = test_region(f->stream, "zero", 9 * TEST_MIB, 64);
	f->regions[1] = test_region(f->stream, "one", 9 * TEST_MIB, 8);
}

static void end(fixture *f)
{
	pms_region_release(f->regions[0]);
	pms_region_release(f->regions[1]);
	test_close(f->stream);
}

static uint64_t stable(pms_stream *stream)
{
	uint64_t timestamp = 12345;
	pms_error error;
	int32_t status = pms_stream_stable_timestamp(stream, &timestamp, &error);

	if (status != PMS_OK)
		fail_msg("%d: %s", status, error.message);
	assert_int_equal(error.status, PMS_OK);
	return timestamp;
}

/* How many visible entries of both regions have a timestamp in (from, to]. */
static uint64_t count_between(pms_region *const regions[2], uint64_t from, uint64_t to)
{
	uint64_t count = 0;

	for (int i = 0; i < 2; i++) {
		pms_cursor_options options = {.struct_bytes = sizeof(options), .start = PMS_CURSOR_FROM_TIMESTAMP};
		pms_cursor *cursor;
		pms_entry entry;
		options.position.timestamp = from + 1;
		WORKER_CHECK(pms_cursor_open(regions[i], &options, &cursor, NULL) == PMS_OK);
		while (pms_cursor_next(cursor, &entry, NULL) == PMS_OK && entry.position.timestamp <= to)
			count++;
		pms_cursor_close(cursor);
	}
	return count;
}

static pms_reservation *reserve(pms_region *region, pms_position *position)
{
	pms_reservation *reservation;
	void *data;

	assert_int_equal(pms_region_reserve(region, 40, &reservation, &data, position, NULL), PMS_OK);
	test_fill(data, 40, 1);
	return reservation;
}

/* ---- a writer -------------------------------------------------------------------------------------------------------- */

static void test_stable_covers_what_was_acknowledged(void **state)
{
	fixture f;

	begin(&f, state);
	for (uint64_t i = 0; i < 20; i++) {
		uint64_t last = test_append(f.regions[i % 3 == 0], 10, i).timestamp;
		assert_true(stable(f.stream) >= last);
		assert_int_equal(stable(f.stream), test_info(f.stream).next_timestamp - 1);
		assert_int_equal(count_between(f.regions, 0, stable(f.stream)), i + 1);
	}
	assert_int_equal(pms_region_clear(f.regions[0], NULL), PMS_OK);
	assert_true(stable(f.stream) >= test_region_info(f.regions[0]).base_timestamp);
	end(&f);
}

static void test_stable_ends_before_the_first_open_reservation(void **state)
{
	pms_position first, second, behind;
	fixture f;

	for (int abandon = 0; abandon < 2; abandon++) {
		begin(&f, state);
		(void)test_append(f.regions[0], 10, 1);
		pms_reservation *a = reserve(f.regions[1], &first);
		behind = test_append(f.regions[0], 10, 2);
		pms_reservation *b = reserve(f.regions[0], &second);
		assert_int_equal(stable(f.stream), first.timestamp - 1);
		/*
		 * The control: a bound that does not look at reservations, the counter alone, is overtaken. Behind
		 * `behind`, which it shows, comes `first`, which is earlier.
		 */
		uint64_t naive = test_info(f.stream).next_timestamp - 1;
		uint64_t before = count_between(f.regions, 0, naive), bound = stable(f.stream);
		uint64_t below = count_between(f.regions, 0, bound);
		(void)test_append(f.regions[1], 10, 3);
		assert_int_equal(stable(f.stream), bound);
		if (abandon)
			assert_int_equal(pms_reservation_abandon(a, NULL), PMS_OK);
		else
			assert_int_equal(pms_reservation_publish(a, 40, NULL, NULL), PMS_OK);
		assert_true(abandon || count_between(f.regions, 0, naive) > before);
		assert_int_equal(count_between(f.regions, 0, bound), below);
		assert_true(behind.timestamp < second.timestamp);
		assert_int_equal(stable(f.stream), second.timestamp - 1);
		pms_reservation_release(b);
		assert_int_equal(stable(f.stream), test_info(f.stream).next_timestamp - 1);
		pms_reservation_release(a);
		end(&f);
	}
}

/* ---- calls in flight, on a watched medium ------------------------------------------------------------------------------ */

static void *ask_in_thread(void *context)
{
	fixture *f = context;

	WORKER_CHECK(pms_stream_stable_timestamp(f->stream, &f->thread_stable, NULL) == PMS_OK);
	f->thread_returned = true;
	return NULL;
}

/* In the drain of an append: somebody asks, and must wait for us. */
static void ask_meanwhile(void *context)
{
	fixture *f = context;

	test_medium_on_drain(NULL, NULL);
	assert_int_equal(pthread_create(&f->thread, NULL, ask_in_thread, f), 0);
	(void)nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
	assert_false(f->thread_returned);
}

static void begin_watched(fixture *f, void **state)
{
	test_medium_watch_next();
	begin(f, state);
	test_medium_on_drain(ask_meanwhile, f);
}

static void test_stable_waits_for_an_append_in_flight(void **state)
{
	fixture f;

	begin_watched(&f, state);
	pms_position at = test_append(f.regions[0], 10, 1);
	assert_int_equal(pthread_join(f.thread, NULL), 0);
	assert_true(f.thread_stable >= at.timestamp);
	end(&f);
	test_medium_forget();
}

static void test_stable_waits_for_a_publish_in_flight(void **state)
{
	pms_position at;
	fixture f;

	begin_watched(&f, state);
	pms_reservation *reservation = reserve(f.regions[1], &at);
	assert_int_equal(pms_reservation_publish(reservation, 40, NULL, NULL), PMS_OK);
	assert_int_equal(pthread_join(f.thread, NULL), 0);
	assert_true(f.thread_stable >= at.timestamp);
	pms_reservation_release(reservation);
	end(&f);
	test_medium_forget();
}

/* What a failed drain leaves undone is never visible in this session, and never waited for. */
static void test_stable_after_a_failed_drain_ends_before_it(void **state)
{
	fixture f;

	begin_watched(&f, state);
	test_medium_fail_drains(0, EIO);
	uint64_t next = test_info(f.stream).next_timestamp;
	assert_int_equal(pms_region_append(f.regions[0], "failed", 6, NULL, NULL), PMS_E_IO);
	assert_int_equal(pthread_join(f.thread, NULL), 0);
	assert_int_equal(f.thread_stable, next - 1);
	assert_int_equal(stable(f.stream), next - 1);
	pms_region_release(f.regions[0]);
	pms_region_release(f.regions[1]);
	test_medium_fail_drains(0, 0);
	assert_int_equal(pms_stream_close(f.stream), PMS_E_POISONED);
	pms_stream_release(f.stream);
	test_medium_forget();
}

static void test_stable_bad_arguments_and_closed_streams_are_refused(void **state)
{
	uint64_t timestamp = 7;
	pms_error error;
	fixture f;

	begin(&f, state);
	assert_int_equal(pms_stream_stable_timestamp(NULL, &timestamp, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_stream_stable_timestamp(f.stream, NULL, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_stream_close(f.stream), PMS_OK);
	assert_int_equal(pms_stream_stable_timestamp(f.stream, &timestamp, &error), PMS_E_CLOSED);
	test_error_says(&error, PMS_E_CLOSED);
	assert_int_equal(timestamp, 0);
	pms_region_release(f.regions[0]);
	pms_region_release(f.regions[1]);
	pms_stream_release(f.stream);
}

/* ---- readers ----------------------------------------------------------------------------------------------------------- */

static void set_persisted_timestamp(pms_stream *writer, uint64_t timestamp)
{
	pms_word_write(writer, PMS_PERSISTED_TIMESTAMP, PMS_ROLE_PERSISTED_TIMESTAMP, timestamp);
}

static void test_stable_of_a_reader_without_a_writer_is_everything(void **state)
{
	pms_position reserved, last;
	fixture f;

	begin(&f, state);
	pms_reservation *leaked = reserve(f.regions[0], &reserved);
	last = test_append(f.regions[1], 10, 2);
	test_image killed = test_image_load(f.test->path);
	pms_reservation_release(leaked);
	end(&f);
	test_image_save(&killed, f.test->path);
	/* Also without any whole ceiling: as far as there are entries. */
	for (int damage = 0; damage < 2; damage++) {
		pms_stream *reader = test_open(f.test->path, PMS_OPEN_READ_ONLY);
		assert_true(stable(reader) >= last.timestamp);
		test_close(reader);
		test_image_flip(&killed, PMS_CEILING_A, 1);
		test_image_flip(&killed, PMS_CEILING_B, 1);
		test_image_save(&killed, f.test->path);
	}
	test_image_free(&killed);
}

static void test_stable_of_a_reader_beside_a_writer_is_what_is_proven(void **state)
{
	fixture f;

	begin(&f, state);
	uint64_t first = test_append(f.regions[0], 10, 1).timestamp;
	pms_stream *reader = test_open(f.test->path, PMS_OPEN_READ_ONLY);
	assert_int_equal(stable(reader), 0); /* nothing says what the writer has taken */
	set_persisted_timestamp(f.stream, first);
	assert_int_equal(stable(reader), first);
	uint64_t second = test_append(f.regions[1], 10, 1).timestamp;
	assert_int_equal(stable(reader), first);
	/* The writer ends: all of it. Another comes: what the first left is as stable as before, and no more. */
	end(&f);
	uint64_t alone = stable(reader);
	assert_true(alone >= second);
	f.stream = test_open(f.test->path, PMS_OPEN_DEFAULT);
	f.regions[0] = test_find(f.stream, "zero");
	f.regions[1] = test_find(f.stream, "one");
	uint64_t third = test_append(f.regions[0], 10, 1).timestamp;
	assert_int_equal(stable(reader), alone);
	assert_true(third > alone);
	set_persisted_timestamp(f.stream, third);
	assert_int_equal(stable(reader), third);
	pms_store64(&f.stream->medium, PMS_PERSISTED_TIMESTAMP,
		    99); /* damaged: it proves nothing, and takes nothing back */
	assert_int_equal(stable(reader), third);
	set_persisted_timestamp(f.stream, first);
	assert_int_equal(stable(reader), third);
	test_close(reader);
	end(&f);
}

/* ---- threads ----------------------------------------------------------------------------------------------------------- */

#define LOOKS 100000
#define LOOKS_LEAST 100u

/*
 * Somebody asks again and again while others write: what lies between two answers is the same at once and in the end. With
 * reservations the answer may be behind what was acknowledged; without, never.
 */
static size_t look_while_others_write(fixture *f, uint32_t reserve_percent, uint64_t *random)
{
	static uint64_t bounds[LOOKS], counts[LOOKS];
	worker workers[3] = {0};
	size_t looks = 0;
	bool busy = true;

	for (uint32_t i = 0; i < 3; i++) {
		workers[i] = (worker){.id = i,
				      .random = test_random(random),
				      .region_count = 2,
				      .rounds = f->test->kind == PMS_MEDIUM_PAGE_CACHE ? 200 : 7000,
				      .reserve_percent = reserve_percent};
		memcpy(workers[i].regions, f->regions, sizeof(f->regions));
	}
	workers_start(workers, 3, worker_run);
	for (uint64_t from = 0; busy;) {
		WORKER_CHECK(looks < LOOKS);
		busy = false;
		uint32_t acknowledged = 0;
		for (int i = 0; i < 3; i++) {
			busy |= workers[i].acknowledged < workers[i].rounds;
			acknowledged += workers[i].acknowledged;
		}
		WORKER_CHECK(pms_stream_stable_timestamp(f->stream, &bounds[looks], NULL) == PMS_OK);
		WORKER_CHECK(bounds[looks] >= from);
		counts[looks] = count_between(f->regions, from, bounds[looks]);
		if (reserve_percent == 0 && looks % 64 == 0)
			WORKER_CHECK(count_between(f->regions, 0, bounds[looks]) >= acknowledged);
		if (bounds[looks] > from)
			from = bounds[looks++];
	}
	workers_join(workers, 3);
	for (size_t i = 0; i < looks; i++)
		assert_int_equal(count_between(f->regions, i ? bounds[i - 1] : 0, bounds[i]), counts[i]);
	assert_int_equal(count_between(f->regions, 0, stable(f->stream)), 3 * workers[0].rounds);
	return looks;
}

static void test_stable_threads_nothing_is_added_below_it(void **state)
{
	static const uint32_t percents[] = {0, 50, 100};
	uint64_t random = test_seed();
	fixture f;

	for (int i = 0; i < 3; i++)
		for (size_t looks = 0, least = 1; looks < least;) {
			begin(&f, state);
			least = f.test->kind == PMS_MEDIUM_PAGE_CACHE ? LOOKS_LEAST / 10 : LOOKS_LEAST;
			looks += look_while_others_write(&f, percents[i], &random);
			test_check_is_clean(f.stream);
			end(&f);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_stable_covers_what_was_acknowledged),
	    TEST_ON_BOTH(test_stable_ends_before_the_first_open_reservation),
	    TEST_ON_TMPFS(test_stable_waits_for_an_append_in_flight),
	    TEST_ON_TMPFS(test_stable_waits_for_a_publish_in_flight),
	    TEST_ON_TMPFS(test_stable_after_a_failed_drain_ends_before_it),
	    TEST_ON_TMPFS(test_stable_bad_arguments_and_closed_streams_are_refused),
	    TEST_ON_BOTH(test_stable_of_a_reader_without_a_writer_is_everything),
	    TEST_ON_BOTH(test_stable_of_a_reader_beside_a_writer_is_what_is_proven),
	    TEST_ON_BOTH(test_stable_threads_nothing_is_added_below_it),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
