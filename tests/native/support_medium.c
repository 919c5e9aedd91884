/* SPDX-License-Identifier: MIT */
#include "support_medium.h"

#include <errno.h>
#include <pthread.h>

#include "error.h"

/* A line as it was when it was flushed. */
typedef struct capture {
	uint64_t line, turn;
	_Alignas(8) uint8_t bytes[PMS_CACHE_LINE];
} capture;

static struct {
	bool armed;
	test_image killed;  /* what is durable of the file that is mapped next; empty: all of it */
	pms_medium *medium; /* null: none is watched */
	const pms_medium_table *inner;
	uint8_t *view;	  /* the mapping, or a copy of what it held at the end */
	uint8_t *copied;  /* that copy */
	uint8_t *durable; /* as many bytes */
	uint64_t *turns;  /* for each line: when it was flushed as it is in `durable` */
	uint64_t bytes, turn;
	test_event *events;
	size_t event_count;
	size_t drains_left;
	int drain_error; /* errno; 0: none fails */
	void (*call)(void *);
	void *call_context;
} watched;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local capture *flushed; /* of which the key holds a copy, so that it goes with its thread */
static _Thread_local size_t flushed_count, flushed_capacity;
static pthread_key_t flushed_key;
static _Thread_local bool in_call;

int32_t __real_pms_medium_map(const char *path, const pms_file *file, uint64_t bytes, uint32_t requirement,
			      uint32_t policy, pms_medium *medium, pms_error *error);
int32_t __wrap_pms_medium_map(const char *path, const pms_file *file, uint64_t bytes, uint32_t requirement,
			      uint32_t policy, pms_medium *medium, pms_error *error);
int32_t __real_pms_medium_extend(pms_medium *medium, const pms_file *file, uint64_t bytes, pms_error *error);
int32_t __wrap_pms_medium_extend(pms_medium *medium, const pms_file *file, uint64_t bytes, pms_error *error);

/* ---- events ------------------------------------------------------------------------------------------------------ */

static void note_locked(test_event_kind kind, uint64_t offset, uint64_t bytes)
{
	if (watched.event_count < TEST_EVENTS_MAX)
		watched.events[watched.event_count++] = (test_event){.kind = kind, .offset = offset, .bytes = bytes};
}

static void note(test_event_kind kind, uint64_t offset, uint64_t bytes)
{
	pthread_mutex_lock(&mutex);
	note_locked(kind, offset, bytes);
	pthread_mutex_unlock(&mutex);
}

static bool touches(const test_event *event, test_event_kind kind, uint64_t from, uint64_t to)
{
	return event->kind == kind &&
	       (kind == TEST_EVENT_DRAIN || (event->offset < to && event->offset + event->bytes > from));
}

void test_medium_reset(void)
{
	pthread_mutex_lock(&mutex);
	watched.event_count = 0;
	pthread_mutex_unlock(&mutex);
}

size_t test_medium_event_count(void)
{
	pthread_mutex_lock(&mutex);
	size_t count = watched.event_count;
	pthread_mutex_unlock(&mutex);
	return count;
}

test_event test_medium_event(size_t index)
{
	assert_true(index < test_medium_event_count());
	return watched.events[index];
}

size_t test_medium_count(test_event_kind kind, uint64_t from, uint64_t to)
{
	size_t events = test_medium_event_count(), count = 0;

	assert_true(events < TEST_EVENTS_MAX);
	for (size_t i = 0; i < events; i++)
		count += touches(&watched.events[i], kind, from, to);
	return count;
}

size_t test_medium_drains(void) { return test_medium_count(TEST_EVENT_DRAIN, 0, UINT64_MAX); }

size_t test_medium_first(test_event_kind kind, uint64_t from, uint64_t to)
{
	size_t events = test_medium_event_count();

	for (size_t i = 0; i < events; i++)
		if (touches(&watched.events[i], kind, from, to))
			return i;
	return SIZE_MAX;
}

size_t test_medium_last(test_event_kind kind, uint64_t from, uint64_t to)
{
	for (size_t i = test_medium_event_count(); i > 0; i--)
		if (touches(&watched.events[i - 1], kind, from, to))
			return i - 1;
	return SIZE_MAX;
}

/* ---- durable bytes ----------------------------------------------------------------------------------------------- */

/* Of the mapping, while others store to it: word by word, as they are stored. */
__attribute__((no_sanitize("thread"))) static void copy_words(uint8_t *to, const uint8_t *from, uint64_t bytes)
{
	for (uint64_t at = 0; at + 8 <= bytes; at += 8)
		*(uint64_t *)(void *)(to + at) = *(const volatile uint64_t *)(const void *)(from + at);
}

static void capture_lines(pms_medium *medium, uint64_t offset, uint64_t bytes)
{
	uint64_t end = pms_round_up(offset + bytes, PMS_CACHE_LINE);

	pthread_mutex_lock(&mutex);
	note_locked(TEST_EVENT_FLUSH, offset, bytes);
	for (uint64_t at = offset & ~(uint64_t)(PMS_CACHE_LINE - 1); bytes && at < end; at += PMS_CACHE_LINE) {
		if (flushed_count == flushed_capacity) {
			flushed_capacity = flushed_capacity ? flushed_capacity * 2 : 64;
			flushed = realloc(flushed, flushed_capacity * sizeof(*flushed));
			if (!flushed || pthread_setspecific(flushed_key, flushed) != 0)
				abort();
		}
		capture *taken = &flushed[flushed_count++];
		taken->line = at / PMS_CACHE_LINE;
		taken->turn = ++watched.turn;
		copy_words(taken->bytes, medium->base + at, PMS_CACHE_LINE);
	}
	pthread_mutex_unlock(&mutex);
}

/* A capture that is older than what is durable already (another thread's, of a shared line) changes nothing. */
static void make_durable_locked(void)
{
	for (size_t i = 0; i < flushed_count; i++) {
		const capture *taken = &flushed[i];
		if (watched.turns[taken->line] > taken->turn)
			continue;
		watched.turns[taken->line] = taken->turn;
		memcpy(watched.durable + taken->line * PMS_CACHE_LINE, taken->bytes, PMS_CACHE_LINE);
	}
}

static void drop_captures(void)
{
	free(flushed);
	(void)pthread_setspecific(flushed_key, NULL);
	flushed = NULL;
	flushed_count = flushed_capacity = 0;
}

test_image test_medium_kill(void)
{
	test_image image = {.size = watched.bytes, .bytes = malloc(watched.bytes)};

	assert_non_null(image.bytes);
	memcpy(image.bytes, watched.view, image.size);
	return image;
}

/* Of the bytes of the view that differ from those, each word by chance. */
static void take_some_words(uint8_t *bytes, const uint8_t *view, uint64_t count, uint64_t *random)
{
	for (uint64_t at = 0; at + 8 <= count; at += 8)
		if (memcmp(bytes + at, view + at, 8) != 0 && test_random(random) & 1)
			memcpy(bytes + at, view + at, 8);
}

test_image test_medium_power_cut(uint64_t seed)
{
	test_image image = {.size = watched.bytes};
	uint64_t state = seed, newer[512];

	image.bytes = malloc(image.size);
	assert_non_null(image.bytes);
	pthread_mutex_lock(&mutex);
	memcpy(image.bytes, watched.durable, image.size);
	for (uint64_t at = 0; seed && at < image.size; at += sizeof(newer)) {
		uint64_t count = image.size - at < sizeof(newer) ? image.size - at : sizeof(newer);
		copy_words((uint8_t *)newer, watched.view + at, count);
		if (memcmp(image.bytes + at, newer, count) != 0)
			take_some_words(image.bytes + at, (const uint8_t *)newer, count, &state);
	}
	pthread_mutex_unlock(&mutex);
	return image;
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static void watched_store64(pms_medium *medium, uint64_t offset, uint64_t value)
{
	note(TEST_EVENT_STORE, offset, sizeof(value));
	if (watched.inner)
		watched.inner->store64(medium, offset, value);
	else
		atomic_store_explicit((_Atomic uint64_t *)(void *)(medium->base + offset), value, memory_order_release);
}

static void watched_copy(pms_medium *medium, uint64_t offset, const void *source, uint64_t bytes)
{
	note(TEST_EVENT_STORE, offset, bytes);
	if (watched.inner)
		watched.inner->copy(medium, offset, source, bytes);
	else
		memcpy(medium->base + offset, source, bytes);
}

static void watched_copy_flush(pms_medium *medium, uint64_t offset, const void *source, uint64_t bytes)
{
	note(TEST_EVENT_STORE, offset, bytes);
	if (watched.inner)
		watched.inner->copy_flush(medium, offset, source, bytes);
	else
		medium->copy_flush_memory(medium->base + offset, source, bytes);
	capture_lines(medium, offset, bytes);
}

static void watched_flush(pms_medium *medium, uint64_t offset, uint64_t bytes)
{
	if (watched.inner)
		watched.inner->flush(medium, offset, bytes);
	else
		medium->flush_lines(medium->base + offset, bytes);
	capture_lines(medium, offset, bytes);
}

static void watched_restore(pms_medium *medium, uint64_t offset, uint64_t bytes)
{
	if (watched.inner)
		watched.inner->restore(medium, offset, bytes);
	else
		medium->flush_lines(medium->base + offset, bytes);
	capture_lines(medium, offset, bytes);
}

static int32_t watched_drain(pms_medium *medium, pms_error *error)
{
	int fails;

	if (watched.call && !in_call) {
		in_call = true;
		watched.call(watched.call_context);
		in_call = false;
	}
	pthread_mutex_lock(&mutex);
	note_locked(TEST_EVENT_DRAIN, 0, 0);
	fails = watched.drain_error && watched.drains_left == 0 ? watched.drain_error : 0;
	watched.drains_left -= watched.drains_left != 0;
	pthread_mutex_unlock(&mutex);
	if (fails) {
		drop_captures();
		return pms_fail_os(error, PMS_E_IO, fails, "this drain fails for a test");
	}
	if (watched.inner)
		assert_int_equal(watched.inner->drain(medium, error), PMS_OK);
	else
		pms_medium_fence();
	pthread_mutex_lock(&mutex);
	make_durable_locked();
	pthread_mutex_unlock(&mutex);
	drop_captures();
	return PMS_OK;
}

static void watched_unmap(pms_medium *medium)
{
	watched.copied = malloc(watched.bytes);
	if (!watched.copied)
		abort();
	memcpy(watched.copied, medium->base, watched.bytes);
	watched.view = watched.copied;
	watched.medium = NULL;
	medium->table = watched.inner;
	drop_captures();
	pms_medium_unmap(medium);
}

static const pms_medium_table table = {
    .store64 = watched_store64,
    .copy = watched_copy,
    .copy_flush = watched_copy_flush,
    .flush = watched_flush,
    .drain = watched_drain,
    .restore = watched_restore,
    .unmap = watched_unmap,
};

/* ---- watching ---------------------------------------------------------------------------------------------------- */

bool test_medium_was_watched(void) { return watched.durable != NULL; }

void test_medium_forget(void)
{
	if (watched.medium) { /* a test failed with its stream open: that one still uses them */
		memset(&watched, 0, sizeof(watched));
		return;
	}
	free(watched.copied);
	free(watched.durable);
	free(watched.turns);
	free(watched.events);
	test_image_free(&watched.killed);
	memset(&watched, 0, sizeof(watched));
}

static void create_key(void)
{
	if (pthread_key_create(&flushed_key, free) != 0)
		abort();
}

void test_medium_watch_next(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	assert_int_equal(pthread_once(&once, create_key), 0);
	test_medium_forget();
	watched.events = malloc(TEST_EVENTS_MAX * sizeof(*watched.events));
	assert_non_null(watched.events);
	watched.armed = true;
}

void test_medium_watch_next_killed(const test_image *durable)
{
	test_medium_watch_next();
	watched.killed = (test_image){.size = durable->size, .bytes = malloc(durable->size)};
	assert_non_null(watched.killed.bytes);
	memcpy(watched.killed.bytes, durable->bytes, durable->size);
}

void test_medium_fail_drains(size_t count, int os_error)
{
	pthread_mutex_lock(&mutex);
	watched.drains_left = count;
	watched.drain_error = os_error;
	pthread_mutex_unlock(&mutex);
}

void test_medium_on_drain(void (*call)(void *), void *context)
{
	watched.call_context = context;
	watched.call = call;
}

int32_t __wrap_pms_medium_map(const char *path, const pms_file *file, uint64_t bytes, uint32_t requirement,
			      uint32_t policy, pms_medium *medium, pms_error *error)
{
	int32_t status = __real_pms_medium_map(path, file, bytes, requirement, policy, medium, error);

	if (status != PMS_OK || !watched.armed)
		return status;
	watched.armed = false;
	watched.medium = medium;
	watched.inner = medium->table;
	watched.view = medium->base;
	watched.bytes = bytes;
	watched.durable = malloc(bytes);
	watched.turns = calloc(bytes / PMS_CACHE_LINE + 1, sizeof(*watched.turns));
	if (!watched.durable || !watched.turns)
		abort();
	memcpy(watched.durable, medium->base, bytes);
	if (watched.killed.size)
		memcpy(watched.durable, watched.killed.bytes,
		       bytes < watched.killed.size ? bytes : watched.killed.size);
	test_image_free(&watched.killed);
	medium->table = &table;
	return PMS_OK;
}

/* What is new is durable as it is: it was allocated, and synced, before it is mapped. */
int32_t __wrap_pms_medium_extend(pms_medium *medium, const pms_file *file, uint64_t bytes, pms_error *error)
{
	int32_t status = __real_pms_medium_extend(medium, file, bytes, error);

	if (status != PMS_OK || watched.medium != medium || bytes <= watched.bytes)
		return status;
	uint64_t lines = watched.bytes / PMS_CACHE_LINE + 1, more = bytes / PMS_CACHE_LINE + 1;
	pthread_mutex_lock(&mutex);
	watched.durable = realloc(watched.durable, bytes);
	watched.turns = realloc(watched.turns, more * sizeof(*watched.turns));
	if (!watched.durable || !watched.turns)
		abort();
	memcpy(watched.durable + watched.bytes, medium->base + watched.bytes, bytes - watched.bytes);
	memset(watched.turns + lines, 0, (more - lines) * sizeof(*watched.turns));
	watched.bytes = bytes;
	pthread_mutex_unlock(&mutex);
	return status;
}
