/* SPDX-License-Identifier: MIT */
/*
 * What coordination is made of on Windows: events that are there while somebody sleeps, what becomes of a wait when a name belongs
 * to somebody else, and locks on bytes that others look at. The file as such is in test_coordination.c, waiting in test_waiting.c.
 */
#include "barrier.h"
#include "engine.h"
#include "shm_internal_windows.h"
#include "support_workers.h"
#include "wait.h"

#define FOR_EVER UINT32_MAX

typedef struct fixture {
	test_case *test;
	pms_stream *writer, *reader;
	pms_region *written, *read;
	pms_attachment *writes, *reads;
	pthread_t thread;
	_Atomic int32_t status;
} fixture;

static void begin(fixture *f, void **state)
{
	*f = (fixture){.test = test_begin(state)};
	(void)remove(f->test->path);
	f->writer = test_create(f->test->path, TEST_STREAM_BYTES);
	f->written = test_region(f->writer, "region", TEST_MIB, 64);
	f->reader = test_open(f->test->path, PMS_OPEN_READ_ONLY);
	f->read = test_find(f->reader, "region");
	f->writes = f->writer->coordination.attachment;
	f->reads = f->reader->coordination.attachment;
	assert_non_null(f->writes);
	assert_non_null(f->reads);
}

static void end(fixture *f)
{
	pms_region_release(f->read);
	pms_region_release(f->written);
	test_close(f->reader);
	test_close(f->writer);
}

static uint32_t flags_of(const fixture *f) { return atomic_load(&f->writes->published->header.flags); }

static pms_shm_word word_of(pms_attachment *attachment)
{
	return (pms_shm_word){.shm = &attachment->shm, .at = &attachment->common->ticket};
}

static void *sleep_on_word(void *context)
{
	fixture *f = context;
	pms_shm_word word = word_of(f->reads);
	uint32_t first = (uint32_t)atomic_load(&f->status);

	while (atomic_load(word.at) == first)
		pms_shm_sleep(word, first, FOR_EVER);
	return NULL;
}

/* Were one set of an event missed, its thread would not end. */
static void test_shm_windows_sleepers_are_woken(void **state)
{
	fixture f;

	begin(&f, state);
	for (int round = 0; round < 300; round++) {
		pthread_t threads[3];
		atomic_store(&f.status, (int32_t)atomic_load(&f.writes->common->ticket));
		for (int i = 0; i < 3; i++)
			assert_int_equal(pthread_create(&threads[i], NULL, sleep_on_word, &f), 0);
		if (round % 3)
			(void)usleep((useconds_t)(round % 7 * 100));
		assert_true(pms_shm_wake(word_of(f.writes)));
		for (int i = 0; i < 3; i++)
			assert_int_equal(pthread_join(threads[i], NULL), 0);
	}
	end(&f);
}

static void test_shm_windows_session_is_answered_by_who_has_it(void **state)
{
	fixture f;
	wchar_t name[PMS_EVENT_NAME_UNITS];
	uint64_t session;

	begin(&f, state);
	session = atomic_load(&f.writes->published->header.session);
	assert_true(pms_shm_is_answered(&f.reads->shm, session));
	assert_false(pms_shm_is_answered(&f.reads->shm, session + 2));
	/* Somebody has the name of another session already: it is not ours. */
	pms_shm_name_event(name, &f.writes->shm, PMS_EVENT_OF_WRITER, session + 2);
	HANDLE others = CreateEventW(NULL, TRUE, TRUE, name);
	assert_non_null(others);
	pms_shm copy = f.writes->shm;
	assert_false(pms_shm_answer(&copy, session + 2));
	assert_null(copy.answering);
	(void)CloseHandle(others);
	assert_false(pms_shm_is_answered(&f.reads->shm, session + 2));
	end(&f);
}

static void *wait_for_entry(void *context)
{
	fixture *f = context;

	atomic_store(&f->status, pms_region_wait(f->read, NULL, FOR_EVER, NULL));
	return NULL;
}

static void start_waiting(fixture *f)
{
	assert_int_equal(pthread_create(&f->thread, NULL, wait_for_entry, f), 0);
	while (!atomic_load(&f->written->arm->armed))
		(void)usleep(100);
}

/* The first entry of a life is waited for from beside, and found. */
static void append_ends_wait(fixture *f)
{
	start_waiting(f);
	(void)test_append(f->written, 10, 1);
	assert_int_equal(pthread_join(f->thread, NULL), 0);
	assert_int_equal(atomic_load(&f->status), PMS_OK);
}

static void begin_another_life(fixture *f)
{
	assert_int_equal(pms_region_clear(f->written, NULL), PMS_OK);
	pms_region_release(f->read);
	f->read = test_find(f->reader, "region");
}

/* An object of another kind has the name: nobody can be woken by it, so the reader looks again and again, and the writer says so. */
static void test_shm_windows_name_of_something_else_makes_readers_poll(void **state)
{
	fixture f;
	wchar_t name[PMS_EVENT_NAME_UNITS];

	begin(&f, state);
	assert_int_equal(flags_of(&f) & PMS_SHARED_WAKES, PMS_SHARED_WAKES);
	pms_shm_name_event(name, &f.writes->shm, PMS_EVENT_OF_WORD, atomic_load(&f.writes->common->ticket));
	HANDLE others = CreateMutexW(NULL, FALSE, name);
	assert_non_null(others);
	append_ends_wait(&f);
	assert_int_equal(flags_of(&f) & PMS_SHARED_WAKES, 0);
	(void)CloseHandle(others);
	/* It stays so: who polls has his entry, too. */
	begin_another_life(&f);
	append_ends_wait(&f);
	assert_int_equal(flags_of(&f) & PMS_SHARED_WAKES, 0);
	end(&f);
}

/* An event that somebody else has set, and one that forgets who was not there: neither ends a wait wrongly, nor holds it up. */
static void test_shm_windows_event_of_somebody_else_harms_nobody(void **state)
{
	fixture f;
	wchar_t name[PMS_EVENT_NAME_UNITS];

	for (int manual = 0; manual < 2; manual++) {
		begin(&f, state);
		uint32_t ticket = atomic_load(&f.writes->common->ticket);
		pms_shm_name_event(name, &f.writes->shm, PMS_EVENT_OF_WORD, ticket);
		HANDLE others = CreateEventW(NULL, manual, TRUE, name);
		assert_non_null(others);
		pms_shm_sleep(word_of(f.reads), ticket, FOR_EVER); /* comes back, for no reason */
		assert_int_equal(atomic_load(&f.writes->common->ticket), ticket);
		append_ends_wait(&f);
		(void)CloseHandle(others);
		end(&f);
	}
}

/* Where a light barrier does not meet other processes' full ones, it is made a full one for the first who waits there. */
static void test_shm_windows_first_who_waits_beside_makes_barriers_full(void **state)
{
	fixture f = {.test = test_begin(state)};

	pms_os_initialize(); /* which says what there is */
	bool before = atomic_exchange(&pms_barrier_is_asymmetric, true);
	begin(&f, state);
	assert_int_equal(flags_of(&f) & PMS_SHARED_WAKES, 0);
	pms_awaited here = {.region = f.written};
	pms_waiter *waiter;
	assert_int_equal(pms_waiter_create(f.writer, &waiter, NULL), PMS_OK);
	assert_int_equal(pms_waiter_wait(waiter, &here, 1, 0, NULL), PMS_E_TIMEOUT);
	pms_waiter_release(waiter);
	(void)test_append(f.written, 10, 1); /* for one in its own process they are good enough */
	assert_int_equal(flags_of(&f) & PMS_SHARED_WAKES, 0);
	assert_true(atomic_load(&pms_barrier_is_asymmetric));
	begin_another_life(&f);
	append_ends_wait(&f);
	assert_int_equal(flags_of(&f) & PMS_SHARED_WAKES, PMS_SHARED_WAKES);
	assert_false(atomic_load(&pms_barrier_is_asymmetric));
	end(&f);
	atomic_store(&pms_barrier_is_asymmetric, before);
}

static void test_shm_windows_locks_are_seen_and_not_waited_for(void **state)
{
	fixture f;
	const uint32_t byte = PMS_SHARED_LOCK_READER + 20;
	const uint64_t shown = PMS_SHM_SHOWN_BYTES + byte;
	OVERLAPPED place = {.Offset = (DWORD)shown, .OffsetHigh = (DWORD)(shown >> 32)};

	begin(&f, state);
	assert_false(pms_shm_is_locked(&f.writes->shm, byte));
	assert_true(pms_shm_lock(&f.reads->shm, byte));
	assert_true(pms_shm_is_locked(&f.writes->shm, byte));
	assert_false(pms_shm_lock(&f.writes->shm, byte));
	pms_shm_unlock(&f.reads->shm, byte);
	assert_false(pms_shm_is_locked(&f.writes->shm, byte));
	/* One that looks and does not stop looking. */
	assert_true(LockFileEx((HANDLE)f.reads->shm.handle, LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &place));
	assert_false(pms_shm_lock(&f.writes->shm, byte));
	assert_true(UnlockFileEx((HANDLE)f.reads->shm.handle, 0, 1, 0, &place));
	assert_true(pms_shm_lock(&f.writes->shm, byte));
	pms_shm_unlock(&f.writes->shm, byte);
	end(&f);
}

/* What a reader has of the writer's part is read-only, also where both parts share what the system maps at once. */
static void test_shm_windows_readers_cannot_store_to_the_writers_part(void **state)
{
	fixture f;
	MEMORY_BASIC_INFORMATION found;

	begin(&f, state);
	const char *published = (const char *)f.reads->published, *common = (const char *)f.reads->common;
	for (const char *at = published; at < published + sizeof(pms_shared_published); at += 4096) {
		assert_true(VirtualQuery(at, &found, sizeof(found)) != 0);
		assert_int_equal(found.Protect, PAGE_READONLY);
	}
	assert_true(VirtualQuery(common - 4096, &found, sizeof(found)) != 0);
	assert_int_equal(found.Protect, PAGE_READONLY);
	assert_true(VirtualQuery(common, &found, sizeof(found)) != 0);
	assert_true(found.Protect == PAGE_READWRITE || found.Protect == PAGE_WRITECOPY);
	assert_memory_equal(published, f.writes->published, sizeof(pms_shared_published));
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_TMPFS(test_shm_windows_sleepers_are_woken),
	    TEST_ON_TMPFS(test_shm_windows_session_is_answered_by_who_has_it),
	    TEST_ON_TMPFS(test_shm_windows_name_of_something_else_makes_readers_poll),
	    TEST_ON_TMPFS(test_shm_windows_event_of_somebody_else_harms_nobody),
	    TEST_ON_TMPFS(test_shm_windows_first_who_waits_beside_makes_barriers_full),
	    TEST_ON_TMPFS(test_shm_windows_locks_are_seen_and_not_waited_for),
	    TEST_ON_TMPFS(test_shm_windows_readers_cannot_store_to_the_writers_part),
	};

	pms_trust_milliseconds = FOR_EVER; /* whoever misses a wake-up sleeps for ever */
	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
