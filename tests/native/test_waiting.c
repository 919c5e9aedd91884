/* SPDX-License-Identifier: MIT */
/*
 * Waiting for entries: in the writer's process and beside it, what ends a wait, and that no wake-up is lost. Nothing here relies
 * on how long anything takes: a wait that nobody ends is a test that does not end.
 */
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "barrier.h"
#include "engine.h"
#include "support_child.h"
#include "support_workers.h"
#include "wait.h"

#define FOR_EVER UINT32_MAX

typedef struct fixture {
	test_case *test;
	char shm[720];
	pms_stream *writer, *reader;
	pms_region *written, *read, *other;
	pms_waiter *waiter;
	pthread_t thread;
	int32_t status;	     /* that a thread has got */
	pms_awaited awaited; /* by a thread */
} fixture;

static void begin(fixture *f, void **state)
{
	*f = (fixture){.test = test_begin(state)};
	(void)remove(f->test->path);
	(void)snprintf(f->shm, sizeof(f->shm), "%s-shm", f->test->path);
	f->writer = test_create(f->test->path, TEST_STREAM_BYTES);
	f->written = test_region(f->writer, "region", 2 * TEST_MIB, 64);
	f->other = test_region(f->writer, "other", 4096, 64);
	f->reader = test_open(f->test->path, PMS_OPEN_READ_ONLY);
	f->read = test_find(f->reader, "region");
}

static void end(fixture *f)
{
	pms_region_release(f->read);
	pms_region_release(f->written);
	pms_region_release(f->other);
	test_close(f->reader);
	test_close(f->writer);
}

static void *wait_for_ever(void *context)
{
	fixture *f = context;

	f->status = pms_waiter_wait(f->waiter, &f->awaited, 1, FOR_EVER, NULL);
	return NULL;
}

/* A thread waits for an entry of the region behind `after`. It may not sleep yet when this returns. */
static void start_waiting(fixture *f, pms_region *region, pms_position after)
{
	f->awaited = (pms_awaited){.region = region, .after = after};
	assert_int_equal(pms_waiter_create(region->stream, &f->waiter, NULL), PMS_OK);
	assert_int_equal(pthread_create(&f->thread, NULL, wait_for_ever, f), 0);
}

static void join(fixture *f, int32_t status, int32_t of_region)
{
	assert_int_equal(pthread_join(f->thread, NULL), 0);
	assert_int_equal(f->status, status);
	assert_int_equal(f->awaited.status, of_region);
	pms_waiter_release(f->waiter);
}

/* Until somebody has armed the region: he sleeps, or is about to. */
static void await_armed(const pms_shared_arm *arm)
{
	while (!atomic_load(&arm->armed))
		(void)usleep(100);
}

/* ---- what ends a wait -------------------------------------------------------------------------------------------- */

static void test_waiting_ends_with_an_entry(void **state)
{
	fixture f;

	for (int beside = 0; beside < 2; beside++) {
		begin(&f, state);
		pms_position last = {0};
		for (int round = 0; round < 200; round++) {
			start_waiting(&f, beside ? f.read : f.written, last);
			if (round % 2)
				await_armed(f.written->arm);
			(void)test_append(f.other, 0, 0); /* of no interest */
			assert_int_equal(pms_region_clear(f.other, NULL), PMS_OK);
			last = test_append(f.written, 20, 1);
			join(&f, PMS_OK, PMS_OK);
		}
		end(&f);
	}
}

static void test_waiting_looks_before_it_sleeps(void **state)
{
	fixture f;
	pms_position first, wrong;

	begin(&f, state);
	assert_int_equal(pms_region_wait(f.read, NULL, 0, NULL), PMS_E_TIMEOUT);
	assert_int_equal(pms_region_wait(f.written, NULL, 1, NULL), PMS_E_TIMEOUT);
	first = test_append(f.written, 20, 1);
	assert_int_equal(pms_region_wait(f.read, NULL, FOR_EVER, NULL), PMS_OK);
	assert_int_equal(pms_region_wait(f.written, NULL, FOR_EVER, NULL), PMS_OK);
	assert_int_equal(pms_region_wait(f.read, &first, 3, NULL), PMS_E_TIMEOUT);
	wrong = first;
	wrong.timestamp++;
	pms_error error;
	assert_int_equal(pms_region_wait(f.read, &wrong, FOR_EVER, &error), PMS_E_NO_ENTRY);
	test_error_says(&error, PMS_E_NO_ENTRY);
	/* Neither a skipped entry nor one behind an open reservation is one. */
	pms_reservation *reservation;
	void *space;
	assert_int_equal(pms_region_reserve(f.written, 10, &reservation, &space, NULL, NULL), PMS_OK);
	(void)test_append(f.written, 20, 2);
	assert_int_equal(pms_region_wait(f.read, &first, 0, NULL), PMS_E_TIMEOUT);
	assert_int_equal(pms_region_wait(f.written, &first, 0, NULL), PMS_E_TIMEOUT);
	start_waiting(&f, f.read, first);
	await_armed(f.written->arm);
	assert_int_equal(pms_reservation_abandon(reservation, NULL), PMS_OK);
	join(&f, PMS_OK, PMS_OK);
	pms_reservation_release(reservation);
	end(&f);
}

static void test_waiting_is_cancelled_by_any_thread(void **state)
{
	fixture f;

	for (int beside = 0; beside < 2; beside++) {
		begin(&f, state);
		for (int round = 0; round < 100; round++) {
			start_waiting(&f, beside ? f.read : f.written, (pms_position){0});
			if (round % 2)
				await_armed(f.written->arm);
			pms_waiter_cancel(f.waiter);
			join(&f, PMS_E_CANCELLED, PMS_E_END);
			atomic_store(&f.written->arm->armed, 0);
		}
		/* Before it, it ends the next one, once. */
		pms_awaited awaited = {.region = f.read};
		assert_int_equal(pms_waiter_create(f.reader, &f.waiter, NULL), PMS_OK);
		pms_waiter_cancel(f.waiter);
		pms_waiter_cancel(f.waiter);
		assert_int_equal(pms_waiter_wait(f.waiter, &awaited, 1, FOR_EVER, NULL), PMS_E_CANCELLED);
		assert_int_equal(pms_waiter_wait(f.waiter, &awaited, 1, 1, NULL), PMS_E_TIMEOUT);
		assert_int_equal(pms_waiter_wait(f.waiter, NULL, 0, 1, NULL), PMS_E_TIMEOUT);
		pms_waiter_release(f.waiter);
		end(&f);
	}
}

static void test_waiting_ends_with_the_life(void **state)
{
	fixture f;

	for (int beside = 0; beside < 2; beside++) {
		begin(&f, state);
		pms_position last = test_append(f.written, 20, 1);
		start_waiting(&f, beside ? f.read : f.written, last);
		await_armed(f.written->arm);
		assert_int_equal(pms_region_clear(f.written, NULL), PMS_OK);
		join(&f, PMS_OK, PMS_E_NO_ENTRY);
		start_waiting(&f, beside ? f.read : f.written, (pms_position){0});
		await_armed(f.written->arm);
		assert_int_equal(pms_region_free(f.written, NULL), PMS_OK);
		join(&f, PMS_OK, PMS_E_STALE);
		end(&f);
	}
}

static void test_waiting_ends_with_the_stream(void **state)
{
	fixture f;

	for (int beside = 0; beside < 2; beside++) {
		begin(&f, state);
		start_waiting(&f, beside ? f.read : f.written, (pms_position){0});
		await_armed(f.written->arm);
		/* A close that has begun, and not come to the region yet: whoever looks then goes on waiting. */
		pms_stream *closing = beside ? f.reader : f.writer;
		atomic_store(&closing->closed, true);
		pms_waiters_kick(closing);
		(void)usleep(20000);
		atomic_store(&closing->closed, false);
		assert_int_equal(pms_stream_close(closing), PMS_OK);
		join(&f, PMS_OK, PMS_E_CLOSED);
		pms_waiter *waiter;
		assert_int_equal(pms_waiter_create(beside ? f.reader : f.writer, &waiter, NULL), PMS_E_CLOSED);
		end(&f);
	}
}

static void test_waiting_for_many_says_which(void **state)
{
	fixture f;

	begin(&f, state);
	pms_region *other = test_find(f.reader, "other");
	pms_awaited awaited[2] = {{.region = f.read}, {.region = other}};
	assert_int_equal(pms_waiter_create(f.reader, &f.waiter, NULL), PMS_OK);
	assert_int_equal(pms_waiter_wait(f.waiter, awaited, 2, 0, NULL), PMS_E_TIMEOUT);
	(void)test_append(f.other, 5, 1);
	assert_int_equal(pms_waiter_wait(f.waiter, awaited, 2, FOR_EVER, NULL), PMS_OK);
	assert_int_equal(awaited[0].status, PMS_E_END);
	assert_int_equal(awaited[1].status, PMS_OK);
	awaited[0].region = f.written;
	pms_error error;
	assert_int_equal(pms_waiter_wait(f.waiter, awaited, 2, 0, &error), PMS_E_INVALID_ARGUMENT);
	test_error_says(&error, PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_waiter_wait(f.waiter, NULL, 1, 0, NULL), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_waiter_wait(NULL, awaited, 1, 0, NULL), PMS_E_INVALID_ARGUMENT);
	pms_waiter_cancel(NULL);
	pms_waiter_release(NULL);
	pms_waiter_release(f.waiter);
	pms_region_release(other);
	end(&f);
}

/* ---- without anybody who wakes ------------------------------------------------------------------------------------ */

/* No coordination file, no writer, one that dies: the stream is looked at again and again. */
static void test_waiting_without_the_file_polls(void **state)
{
	fixture f = {.test = test_begin(state)};

	(void)snprintf(f.shm, sizeof(f.shm), "%s-shm", f.test->path);
	assert_int_equal(mkdir(f.shm, 0700), 0);
	begin(&f, state);
	for (int beside = 0; beside < 2; beside++) {
		pms_position last = test_append(f.written, 20, 1);
		start_waiting(&f, beside ? f.read : f.written, last);
		(void)test_append(f.written, 20, 1);
		join(&f, PMS_OK, PMS_OK);
		pms_region_info info = test_region_info(f.written);
		assert_true(info.last_timestamp > last.timestamp);
	}
	end(&f);
	assert_int_equal(rmdir(f.shm), 0);
}

static void test_waiting_outlives_its_writer(void **state)
{
	fixture f;

	begin(&f, state);
	pms_position last = test_append(f.written, 20, 1);
	start_waiting(&f, f.read, last);
	await_armed(f.written->arm);
	pms_region_release(f.written);
	pms_region_release(f.other);
	test_close(f.writer);
	f.writer = test_open(f.test->path, PMS_OPEN_DEFAULT);
	f.written = test_find(f.writer, "region");
	f.other = test_find(f.writer, "other");
	(void)test_append(f.written, 20, 1);
	join(&f, PMS_OK, PMS_OK);
	end(&f);
}

/* ---- no wake-up is lost ------------------------------------------------------------------------------------------- */

#ifndef PMS_TEST_PING_PONGS /* where calls of the system are slow */
#define PMS_TEST_PING_PONGS 20000
#endif

/* Two processes that answer each other, each through a region of its own stream: were one wake-up lost, both would sleep on. */
static void answer(char *const *arguments, int tell)
{
	pms_stream *to = test_open(arguments[1], PMS_OPEN_DEFAULT);
	pms_stream *from = test_open(arguments[0], PMS_OPEN_READ_ONLY);
	pms_region *questions = test_find(from, "region"), *answers = test_find(to, "region");
	pms_position last = {0};

	(void)tell;
	pms_trust_milliseconds = UINT32_MAX;
	for (int i = 0; i < PMS_TEST_PING_PONGS; i++) {
		pms_cursor_options options = {
		    .struct_bytes = sizeof(options), .start = PMS_CURSOR_AFTER, .position = last};
		pms_cursor *cursor;
		pms_entry entry;
		WORKER_CHECK(pms_region_wait(questions, &last, FOR_EVER, NULL) == PMS_OK);
		WORKER_CHECK(pms_cursor_open(questions, &options, &cursor, NULL) == PMS_OK);
		WORKER_CHECK(pms_cursor_next(cursor, &entry, NULL) == PMS_OK);
		WORKER_CHECK(entry.bytes == sizeof(i) && memcmp(entry.data, &i, sizeof(i)) == 0);
		last = entry.position;
		pms_cursor_close(cursor);
		WORKER_CHECK(pms_region_append(answers, &i, sizeof(i), NULL, NULL) == PMS_OK);
	}
	_exit(0);
}

static const test_role answers_questions = {"answer", answer};

static void test_waiting_processes_answer_each_other(void **state)
{
	fixture f;
	char back[720];

	begin(&f, state);
	(void)snprintf(back, sizeof(back), "%s", test_file(f.test, "back"));
	pms_stream *made = test_create(back, TEST_STREAM_BYTES);
	pms_region_release(test_region(made, "region", 2 * TEST_MIB, 64));
	test_close(made);
	test_child child = test_child_start(&answers_questions, (const char *[]){f.test->path, back, NULL});
	pms_stream *answers = test_open(back, PMS_OPEN_READ_ONLY);
	pms_region *region = test_find(answers, "region");
	pms_position last = {0};
	for (int i = 0; i < PMS_TEST_PING_PONGS; i++) {
		pms_entry entry;
		assert_int_equal(pms_region_append(f.written, &i, sizeof(i), NULL, NULL), PMS_OK);
		assert_int_equal(pms_region_wait(region, &last, FOR_EVER, NULL), PMS_OK);
		pms_cursor_options options = {
		    .struct_bytes = sizeof(options), .start = PMS_CURSOR_AFTER, .position = last};
		pms_cursor *cursor;
		assert_int_equal(pms_cursor_open(region, &options, &cursor, NULL), PMS_OK);
		assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_OK);
		assert_memory_equal(entry.data, &i, sizeof(i));
		last = entry.position;
		pms_cursor_close(cursor);
	}
	assert_int_equal(test_child_wait(&child), 0);
	(void)close(child.told);
	pms_region_release(region);
	test_close(answers);
	end(&f);
}

/* Nobody waits: an append leaves the ticket alone, so it makes no system call. Somebody does: it changes once. */
static void test_waiting_costs_the_writer_nothing_while_nobody_waits(void **state)
{
	fixture f;

	begin(&f, state);
	_Atomic uint32_t *ticket = pms_coordination_ticket(f.writer).at;
	uint32_t before = atomic_load(ticket);
	for (int i = 0; i < 100; i++)
		(void)test_append(f.written, 20, 1);
	assert_int_equal(atomic_load(ticket), before);
	pms_position last = test_append(f.written, 20, 1);
	assert_int_equal(pms_region_wait(f.read, &last, 0, NULL), PMS_E_TIMEOUT);
	assert_int_equal(pms_barrier_reaches_others(), true);
	for (int i = 0; i < 100; i++)
		(void)test_append(f.written, 20, 1);
	assert_int_equal(atomic_load(ticket),
			 before + 1); /* he who armed it has left: one wake-up too many, not a hundred */
	end(&f);
}

static void test_waiting_in_a_forked_child_is_refused(void **state)
{
	fixture f;

	begin(&f, state);
	assert_int_equal(pms_waiter_create(f.reader, &f.waiter, NULL), PMS_OK);
	pid_t child = fork();
	if (child == 0) {
		pms_awaited awaited = {.region = f.read};
		pms_waiter *waiter;
		WORKER_CHECK(pms_waiter_create(f.reader, &waiter, NULL) == PMS_E_FORKED);
		WORKER_CHECK(pms_waiter_wait(f.waiter, &awaited, 1, FOR_EVER, NULL) == PMS_E_FORKED);
		WORKER_CHECK(pms_region_wait(f.written, NULL, FOR_EVER, NULL) == PMS_E_FORKED);
		pms_waiter_cancel(f.waiter);
		pms_waiter_release(f.waiter);
		pms_stream_release(f.reader);
		pms_stream_release(f.writer);
		_exit(0);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	/* The child has given up nothing of its parent's. */
	uint64_t persisted;
	(void)test_append(f.written, 20, 1);
	assert_int_equal(pms_coordination_limit(f.read, &persisted), pms_region_committed(f.written));
	pms_waiter_release(f.waiter);
	end(&f);
}

int main(int count, char **arguments)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_waiting_ends_with_an_entry),
	    TEST_ON_TMPFS(test_waiting_looks_before_it_sleeps),
	    TEST_ON_TMPFS(test_waiting_is_cancelled_by_any_thread),
	    TEST_ON_TMPFS(test_waiting_ends_with_the_life),
	    TEST_ON_TMPFS(test_waiting_ends_with_the_stream),
	    TEST_ON_TMPFS(test_waiting_for_many_says_which),
	    TEST_ON_TMPFS(test_waiting_without_the_file_polls),
	    TEST_ON_TMPFS(test_waiting_outlives_its_writer),
	    TEST_ON_TMPFS(test_waiting_processes_answer_each_other),
	    TEST_ON_TMPFS(test_waiting_costs_the_writer_nothing_while_nobody_waits),
	    TEST_ON_TMPFS(test_waiting_in_a_forked_child_is_refused),
	};

	test_child_main(count, arguments, &answers_questions, 1);
	pms_trust_milliseconds = UINT32_MAX; /* whoever misses a wake-up sleeps for ever */
	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
