/* SPDX-License-Identifier: MIT */
/*
 * The coordination file: what it makes a reader beside a living writer see (R20), when it is believed, who may replace or remove
 * it, and that nothing that stands in it makes a reader or a writer fail. Waiting is in test_waiting.c.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine.h"
#include "support_child.h"
#include "support_medium.h"

#define SHM_BYTES (sizeof(pms_shared_published) + sizeof(pms_shared_common))

typedef struct fixture {
	test_case *test;
	char shm[720];
	pms_stream *writer, *reader;
	pms_region *written, *read;
	test_log log;
	uint64_t seen, seen_persisted; /* by the reader, in the middle of a drain */
} fixture;

static void begin_files(fixture *f, void **state)
{
	*f = (fixture){.test = test_begin(state)};
	(void)remove(f->test->path);
	(void)snprintf(f->shm, sizeof(f->shm), "%s-shm", f->test->path);
	(void)remove(f->shm);
}

static void open_reader(fixture *f)
{
	f->reader = test_open(f->test->path, PMS_OPEN_READ_ONLY);
	f->read = test_find(f->reader, "region");
}

static void begin(fixture *f, void **state)
{
	begin_files(f, state);
	test_medium_watch_next();
	f->writer = test_create(f->test->path, TEST_STREAM_BYTES);
	f->written = test_region(f->writer, "region", TEST_MIB, 64);
	for (int i = 0; i < 5; i++)
		(void)test_log_append(&f->log, f->written, 100);
	open_reader(f);
}

static void close_reader(fixture *f)
{
	pms_region_release(f->read);
	test_close(f->reader);
}

static void close_writer(fixture *f)
{
	pms_region_release(f->written);
	test_close(f->writer);
}

static void end(fixture *f)
{
	close_reader(f);
	close_writer(f);
	test_medium_forget();
	test_log_free(&f->log);
}

static struct stat status_of(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status;
}

/* Which file it is. */
static uint64_t identity_of(const char *path)
{
	pms_file file;

	assert_int_equal(pms_file_open(path, false, &file, NULL), PMS_OK);
	pms_file_close(&file);
	return file.inode;
}

static bool is_there(const char *path) { return access(path, F_OK) == 0; }

static uint64_t seen_entries(pms_region *region)
{
	int32_t status;
	uint64_t count = test_count_entries(region, &status);

	assert_int_equal(status, PMS_E_END);
	return count;
}

/* For a control: a writer that says so before it has drained. The tests are linked with --wrap=pms_stream_drain_table. */
static bool drains_late;
int32_t __real_pms_stream_drain_table(pms_stream *stream, pms_error *error);
int32_t __wrap_pms_stream_drain_table(pms_stream *stream, pms_error *error);
int32_t __wrap_pms_stream_drain_table(pms_stream *stream, pms_error *error)
{
	return drains_late ? PMS_OK : __real_pms_stream_drain_table(stream, error);
}

/* ---- what is published ------------------------------------------------------------------------------------------- */

static void look_in_drain(void *context)
{
	fixture *f = context;

	f->seen = seen_entries(f->read);
	f->seen_persisted = pms_region_persisted(f->read);
}

/* What a follower sees is durable, and its append is about to return: in the drain before that it is not there. */
static void test_coordination_entry_is_seen_once_it_is_durable(void **state)
{
	fixture f;
	uint64_t before;

	begin(&f, state);
	before = pms_region_persisted(f.written);
	test_medium_on_drain(look_in_drain, &f);
	(void)test_log_append(&f.log, f.written, 100);
	test_medium_on_drain(NULL, NULL);
	assert_int_equal(f.seen, 5);
	assert_int_equal(f.seen_persisted, before);
	assert_int_equal(seen_entries(f.read), 6);
	assert_int_equal(pms_region_persisted(f.read), pms_region_persisted(f.written));
	test_log_expect(&f.log, f.read);
	end(&f);
}

/* A control: one that hands over first and drains then is found by the same look. */
static void test_coordination_entry_that_is_handed_over_before_its_drain_is_found(void **state)
{
	fixture f;

	begin(&f, state);
	drains_late = true;
	(void)test_log_append(&f.log, f.written, 100);
	drains_late = false;
	test_medium_on_drain(look_in_drain, &f);
	assert_int_equal(__real_pms_stream_drain_table(f.writer, NULL), PMS_OK);
	test_medium_on_drain(NULL, NULL);
	assert_int_equal(f.seen, 6); /* where 5 would be right */
	end(&f);
}

/* The control: a reader that has nothing but the stream sees the bytes that are being made durable. */
static void test_coordination_without_it_an_entry_is_seen_early(void **state)
{
	fixture f;

	begin_files(&f, state);
	assert_int_equal(mkdir(f.shm, 0700), 0);
	test_medium_watch_next();
	f.writer = test_create(f.test->path, TEST_STREAM_BYTES);
	f.written = test_region(f.writer, "region", TEST_MIB, 64);
	for (int i = 0; i < 5; i++)
		(void)test_log_append(&f.log, f.written, 100);
	open_reader(&f);
	test_medium_on_drain(look_in_drain, &f);
	(void)test_log_append(&f.log, f.written, 100);
	test_medium_on_drain(NULL, NULL);
	assert_int_equal(f.seen, 6);
	end(&f);
	assert_int_equal(rmdir(f.shm), 0);
}

static void test_coordination_deferred_entries_are_committed_and_not_persisted(void **state)
{
	fixture f;
	pms_position position;

	begin(&f, state);
	const uint64_t before = pms_region_persisted(f.written);
	assert_int_equal(pms_region_append_deferred(f.written, "deferred", 8, &position, NULL), PMS_OK);
	assert_int_equal(seen_entries(f.read), 6);
	assert_int_equal(pms_region_persisted(f.read), before);
	assert_int_equal(pms_region_persist(f.written, NULL, NULL), PMS_OK);
	assert_int_equal(seen_entries(f.read), 6);
	assert_int_equal(pms_region_persisted(f.read), pms_region_persisted(f.written));
	assert_true(pms_region_persisted(f.read) > position.offset);
	end(&f);
}

/* Unlike a reader without it, one beside a new writer knows that a reservation of a dead one is dead. */
static void test_coordination_pending_below_committed_is_dead(void **state)
{
	fixture f;
	pms_reservation *reservation;
	pms_position reserved;
	void *space;

	begin(&f, state);
	assert_int_equal(pms_region_reserve(f.written, 100, &reservation, &space, &reserved, NULL), PMS_OK);
	test_log_add(&f.log, test_append(f.written, 10, 8), 10, 8);
	assert_int_equal(seen_entries(f.read), 5);
	test_image killed = test_image_load(f.test->path);
	pms_reservation_release(reservation);
	close_reader(&f);
	close_writer(&f);
	test_image_save(&killed, f.test->path);
	test_image_free(&killed);
	open_reader(&f); /* without a writer */
	test_log_expect(&f.log, f.read);
	f.writer = test_open(f.test->path, PMS_OPEN_DEFAULT);
	f.written = test_find(f.writer, "region");
	(void)test_log_append(&f.log, f.written, 100);
	test_log_expect(&f.log, f.read);
	end(&f);
}

/* Clear, free, create and grow: the reader has what it had, or is told. */
static void test_coordination_follows_lives(void **state)
{
	fixture f;

	begin(&f, state);
	for (int round = 0; round < 50; round++) {
		assert_int_equal(pms_region_clear(f.written, NULL), PMS_OK);
		f.log.count = 0;
		if (round % 3 == 0)
			assert_int_equal(seen_entries(f.read), 0);
		for (int i = 0; i < round % 4; i++)
			(void)test_log_append(&f.log, f.written, 100);
		test_log_expect(&f.log, f.read);
		assert_int_equal(pms_region_persisted(f.read), pms_region_persisted(f.written));
		if (round % 5)
			continue;
		assert_int_equal(pms_region_free(f.written, NULL), PMS_OK);
		pms_region_release(f.written);
		pms_cursor *cursor;
		assert_int_equal(pms_cursor_open(f.read, NULL, &cursor, NULL), PMS_E_STALE);
		pms_region_release(f.read);
		f.written = test_region(f.writer, "region", TEST_MIB, round % 2 ? 64 : 8);
		f.read = test_find(f.reader, "region");
		f.log.count = 0;
		(void)test_log_append(&f.log, f.written, 10);
		test_log_expect(&f.log, f.read);
	}
	end(&f);
}

/* Seen in the first drain of the clear, and in its last. */
typedef struct clear_seen {
	fixture *f;
	uint64_t first, last;
	int drains;
} clear_seen;

static void look_in_clear(void *context)
{
	clear_seen *seen = context;

	seen->last = seen_entries(seen->f->read);
	if (seen->drains++ == 0)
		seen->first = seen->last;
}

/* Until the medium says that there is a new life, the reader sees all of the old one: no shorter log on the way. */
static void test_coordination_clear_is_seen_as_all_or_nothing(void **state)
{
	fixture f;
	clear_seen seen = {.f = &f};

	begin(&f, state);
	(void)test_log_append(&f.log, f.written, 100); /* the reader has not looked since */
	test_medium_on_drain(look_in_clear, &seen);
	assert_int_equal(pms_region_clear(f.written, NULL), PMS_OK);
	test_medium_on_drain(NULL, NULL);
	assert_int_equal(seen.drains, 2);
	assert_int_equal(seen.first, 6);
	assert_int_equal(seen.last, 0);
	end(&f);
}

/* There are more regions than slots: the rest is found by walking, as without the file. */
static void test_coordination_more_regions_than_slots(void **state)
{
	fixture f;
	enum { COUNT = PMS_SHARED_SLOTS + 20 };
	static pms_region *regions[COUNT];
	char name[32];

	begin_files(&f, state);
	f.writer = test_create(f.test->path, (COUNT + 8) * 4096ull);
	for (int i = 0; i < COUNT; i++) {
		(void)snprintf(name, sizeof(name), "region %d", i);
		regions[i] = test_region(f.writer, name, 100, 8);
		(void)test_append(regions[i], 10, 1);
	}
	f.reader = test_open(f.test->path, PMS_OPEN_READ_ONLY);
	for (int i = 0; i < COUNT; i += i < 10 || i > COUNT - 40 ? 1 : 100) {
		(void)snprintf(name, sizeof(name), "region %d", i);
		f.read = test_find(f.reader, name);
		(void)test_append(regions[i], 10, 1);
		assert_int_equal(seen_entries(f.read), 2);
		pms_region_release(f.read);
	}
	/* A slot that comes free is taken again. */
	assert_int_equal(pms_region_free(regions[3], NULL), PMS_OK);
	pms_region *again = test_region(f.writer, "again", 100, 8);
	assert_int_equal(again->shared_slot, 3);
	pms_region_release(again);
	for (int i = 0; i < COUNT; i++)
		pms_region_release(regions[i]);
	test_close(f.reader);
	test_close(f.writer);
	assert_false(is_there(f.shm));
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

static void test_coordination_file_goes_with_the_last(void **state)
{
	fixture f;

	begin(&f, state);
	assert_int_equal(status_of(f.shm).st_size, SHM_BYTES);
	assert_int_equal(status_of(f.shm).st_mode, status_of(f.test->path).st_mode);
	uint64_t identity = identity_of(f.shm);
	close_writer(&f);
	assert_true(is_there(f.shm)); /* the reader is attached */
	test_log_expect(&f.log, f.read);
	f.writer = test_open(f.test->path, PMS_OPEN_DEFAULT);
	f.written = test_find(f.writer, "region");
	assert_int_equal(identity_of(f.shm), identity);
	(void)test_log_append(&f.log, f.written, 100);
	test_log_expect(&f.log, f.read);
	close_reader(&f);
	close_writer(&f);
	assert_false(is_there(f.shm));
	/* A reader without a writer makes none. */
	open_reader(&f);
	test_log_expect(&f.log, f.read);
	assert_false(is_there(f.shm));
	/* And finds it when one comes. */
	f.writer = test_open(f.test->path, PMS_OPEN_DEFAULT);
	f.written = test_find(f.writer, "region");
	uint64_t persisted;
	do
		(void)usleep(1000);
	while (pms_coordination_limit(f.read, &persisted) == PMS_NO_LIMIT);
	assert_int_equal(pms_coordination_limit(f.read, &persisted), pms_region_committed(f.written));
	end(&f);
}

/* Somebody removes it while it is in use: the reader goes on by itself, and the next session has one again. */
static void test_coordination_file_that_was_removed_is_missed_by_nobody(void **state)
{
	fixture f;

	begin(&f, state);
	assert_int_equal(remove(f.shm), 0);
	(void)test_log_append(&f.log, f.written, 100);
	test_log_expect(&f.log, f.read);
	pms_region *other;
	pms_stream *late = test_open(f.test->path, PMS_OPEN_READ_ONLY);
	other = test_find(late, "region");
	test_log_expect(&f.log, other);
	pms_region_release(other);
	test_close(late);
	close_writer(&f);
	f.writer = test_open(f.test->path, PMS_OPEN_DEFAULT);
	f.written = test_find(f.writer, "region");
	assert_true(is_there(f.shm));
	(void)test_log_append(&f.log, f.written, 100);
	test_log_expect(&f.log, f.read);
	end(&f);
}

static void write_until_killed(char *const *arguments, int tell)
{
	pms_stream *stream = test_open(arguments[0], PMS_OPEN_DEFAULT);
	pms_region *region = test_find(stream, "region");

	for (uint64_t seed = 0;; seed++) {
		pms_position position = test_append(region, 50, seed);
		if (write(tell, &position, sizeof(position)) != sizeof(position))
			_exit(1);
	}
}

static const test_role writes = {"write", write_until_killed};

/* A writer that is killed is believed no longer; what it had acknowledged is there, and the next one takes its file over. */
static void test_coordination_of_a_killed_writer_is_not_believed(void **state)
{
	fixture f;
	pms_position position;
	uint64_t persisted;

	begin(&f, state);
	close_writer(&f);
	test_child child = test_child_start(&writes, (const char *[]){f.test->path, NULL});
	for (uint64_t i = 0; i < 300; i++) {
		assert_int_equal(read(child.told, &position, sizeof(position)), sizeof(position));
		test_log_add(&f.log, position, 50, i);
		assert_true(seen_entries(f.read) >= f.log.count);
	}
	assert_int_equal(pms_coordination_limit(f.read, &persisted) == PMS_NO_LIMIT, false);
	test_child_kill(&child);
	assert_int_equal(test_child_wait(&child), TEST_CHILD_KILLED);
	assert_true(pms_coordination_limit(f.read, &persisted) == PMS_NO_LIMIT);
	uint64_t identity = identity_of(f.shm);
	uint64_t seed = f.log.count - 5;
	while (read(child.told, &position, sizeof(position)) == sizeof(position))
		test_log_add(&f.log, position, 50, seed++);
	uint64_t found = seen_entries(f.read);
	assert_true(found == f.log.count || found == f.log.count + 1); /* one whose append had not returned */
	f.writer = test_open(f.test->path, PMS_OPEN_DEFAULT);
	f.written = test_find(f.writer, "region");
	assert_int_equal(identity_of(f.shm), identity);
	assert_int_equal(seen_entries(f.written), found);
	assert_int_equal(seen_entries(f.read), found);
	(void)close(child.told);
	end(&f);
}

/* ---- what may stand in it ---------------------------------------------------------------------------------------- */

/* The reader sees a prefix of the log, in order, and no error. */
static void expect_prefix(fixture *f, pms_region *region)
{
	pms_cursor *cursor;
	pms_entry entry;
	size_t at = 0;

	assert_int_equal(pms_cursor_open(region, NULL, &cursor, NULL), PMS_OK);
	int32_t status;
	while ((status = pms_cursor_next(cursor, &entry, NULL)) == PMS_OK) {
		assert_true(at < f->log.count);
		assert_memory_equal(&entry.position, &f->log.entries[at].position, sizeof(entry.position));
		at++;
	}
	assert_int_equal(status, PMS_E_END);
	pms_cursor_close(cursor);
	assert_true(pms_region_persisted(region) <= region->end);
	uint64_t stable;
	assert_int_equal(pms_stream_stable_timestamp(region->stream, &stable, NULL), PMS_OK);
}

static void flip(int file, uint64_t at, uint8_t mask)
{
	uint8_t byte;

	assert_int_equal(pread(file, &byte, 1, (off_t)at), 1);
	byte ^= mask;
	assert_int_equal(pwrite(file, &byte, 1, (off_t)at), 1);
}

/* Every byte that means something, under a writer and a reader that are at work. */
static void test_coordination_each_byte_flipped_under_us_harms_nobody(void **state)
{
	fixture f;

	begin(&f, state);
	int file = open(f.shm, O_RDWR | O_CLOEXEC);
	assert_true(file >= 0);
	const uint64_t common = sizeof(pms_shared_published);
	const uint64_t ranges[][2] = {
	    {0, sizeof(pms_shared_header)},
	    {4096, 2 * sizeof(pms_shared_slot)},
	    {common, 256},
	    {common + offsetof(pms_shared_common, readers), 2 * sizeof(pms_shared_reader)},
	};
	for (size_t range = 0; range < sizeof(ranges) / sizeof(ranges[0]); range++)
		for (uint64_t i = 0; i < ranges[range][1]; i++) {
			uint64_t at = ranges[range][0] + i;
			flip(file, at, 0xff);
			(void)test_log_append(&f.log, f.written, 8);
			expect_prefix(&f, f.read);
			if (i % 16 == 0) {
				pms_stream *late = test_open(f.test->path, PMS_OPEN_READ_ONLY);
				pms_region *region = test_find(late, "region");
				expect_prefix(&f, region);
				pms_region_release(region);
				test_close(late);
			}
			flip(file, at, 0xff);
		}
	(void)close(file);
	test_log_expect(&f.log, f.written);
	close_reader(&f);
	open_reader(&f);
	test_log_expect(&f.log, f.read);
	end(&f);
}

static void write_file(const char *path, const void *bytes, size_t count)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(file >= 0);
	assert_int_equal(write(file, bytes, (unsigned)count), count);
	(void)close(file);
}

/* Something stands where the file should: a reader makes nothing of it; a writer takes it over if it is good, else replaces it. */
enum { GOOD, BAD, NO_FILE };
static void expect_replaced(fixture *f, int kind)
{
	uint64_t before = kind == NO_FILE ? 0 : identity_of(f->shm);

	open_reader(f);
	test_log_expect(&f->log, f->read);
	f->writer = test_open(f->test->path, PMS_OPEN_DEFAULT);
	f->written = test_find(f->writer, "region");
	assert_int_equal(identity_of(f->shm) == before, kind == GOOD);
	assert_int_equal(status_of(f->shm).st_size, SHM_BYTES);
	(void)test_log_append(&f->log, f->written, 8);
	expect_prefix(f, f->read);
	close_reader(f);
	open_reader(f);
	test_log_expect(&f->log, f->read);
	uint64_t persisted;
	assert_int_equal(pms_coordination_limit(f->read, &persisted), pms_region_committed(f->written));
	close_reader(f);
	close_writer(f);
	assert_false(is_there(f->shm));
}

/* Before anybody comes: too short, too long, of another stream or version, random bytes. */
static void test_coordination_bad_file_is_replaced(void **state)
{
	fixture f;
	static uint8_t bytes[SHM_BYTES + 4096], good[SHM_BYTES];
	uint64_t random = 1;

	begin(&f, state);
	int file = open(f.shm, O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(file, good, sizeof(good)), sizeof(good));
	(void)close(file);
	close_reader(&f);
	close_writer(&f);
	for (int kind = 0; kind < 68; kind++) {
		size_t count = SHM_BYTES;
		memcpy(bytes, good, sizeof(good));
		if (kind < 6)
			count = (const size_t[]){0, 1, 64, 4096, SHM_BYTES - 1, SHM_BYTES + 4096}[kind];
		else if (kind == 6)
			for (size_t i = 0; i < SHM_BYTES; i += 8)
				*(uint64_t *)(void *)(bytes + i) = test_random(&random);
		else if (kind < 7 + (int)offsetof(pms_shared_header, session) && kind - 7 < 56)
			bytes[kind - 7] ^= 1;
		write_file(f.shm, bytes, count);
		expect_replaced(&f, kind >= 63 ? GOOD : BAD);
	}
	test_log_free(&f.log);
	test_medium_forget();
}

/* What the file of a boot that ended by a power cut may say: more than has survived, or anything else that fits its layout. */
static void dead_boot(uint8_t *shm, int kind, uint64_t identity)
{
	pms_shared_published *published = (void *)shm;
	pms_shared_common *common = (void *)(shm + sizeof(*published));

	if (kind == 0)
		return; /* as it was: live, and of entries that are lost */
	for (unsigned i = 0; i < PMS_SHARED_SLOTS; i++) {
		pms_shared_slot *slot = &published->slots[i];
		if (kind == 1 && !slot->identity)
			continue;
		slot->committed = slot->persisted = kind == 1 ? slot->offset + TEST_MIB : UINT64_MAX;
		slot->claimed = 1;
		slot->identity = identity;
	}
	published->header.stable_timestamp = PMS_VALUE_MAX - 1;
	for (unsigned i = 0; i < PMS_SHARED_READERS; i++) {
		common->readers[i].process = 1; /* somebody else has that number now */
		for (unsigned pin = 0; pin < PMS_SHARED_PINS; pin++)
			common->readers[i].pins[pin] = identity;
	}
	for (unsigned i = 0; i <= PMS_SHARED_SLOTS; i++)
		common->arms[i].armed = UINT32_MAX;
	common->ticket = UINT32_MAX;
}

/* Neither a reader that comes first nor the writer believes a word of it, and no pin of the dead is in their way. */
static void test_coordination_file_of_a_dead_boot_promises_nothing(void **state)
{
	fixture f;
	static _Alignas(pms_shared_published) uint8_t shm[SHM_BYTES], changed[SHM_BYTES];
	uint64_t stable, stable_alone, persisted_alone;

	begin(&f, state);
	uint64_t identity = f.read->identity, last = f.log.entries[f.log.count - 1].position.timestamp;
	test_image survived = test_image_load(f.test->path);
	for (int i = 0; i < 50; i++)
		(void)test_append(f.written, 100, 1);
	assert_int_equal(seen_entries(f.read), 55);
	int file = open(f.shm, O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(file, shm, sizeof(shm)), sizeof(shm));
	(void)close(file);
	close_reader(&f);
	close_writer(&f);
	for (int kind = 0; kind < 3; kind++) {
		test_image_save(&survived, f.test->path);
		assert_false(is_there(f.shm));
		open_reader(&f); /* what can be known without it */
		persisted_alone = pms_region_persisted(f.read);
		assert_int_equal(pms_stream_stable_timestamp(f.reader, &stable_alone, NULL), PMS_OK);
		close_reader(&f);
		memcpy(changed, shm, sizeof(shm));
		dead_boot(changed, kind, identity);
		write_file(f.shm, changed, sizeof(changed));

		open_reader(&f);
		test_log_expect(&f.log, f.read);
		assert_int_equal(pms_region_persisted(f.read), persisted_alone);
		assert_int_equal(pms_stream_stable_timestamp(f.reader, &stable, NULL), PMS_OK);
		assert_int_equal(stable, stable_alone);
		ino_t inode = status_of(f.shm).st_ino;
		f.writer = test_open(f.test->path, PMS_OPEN_DEFAULT);
		f.written = test_find(f.writer, "region");
		assert_int_equal(status_of(f.shm).st_ino, inode); /* taken over, with the reader that lives */
		test_log_expect(&f.log, f.written);
		test_log_expect(&f.log, f.read);
		pms_reader_info info = {.struct_bytes = sizeof(info)};
		uint32_t index = 0;
		assert_int_equal(pms_stream_next_reader(f.writer, &index, &info, NULL), PMS_OK);
		assert_int_equal(info.process, getpid());
		assert_int_equal(info.pin_count, 0);
		assert_int_equal(pms_stream_next_reader(f.writer, &index, &info, NULL), PMS_E_END);
		pms_position at = test_append(f.written, 8, 1);
		assert_true(at.timestamp > last);
		assert_int_equal(seen_entries(f.read), f.log.count + 1);
		assert_int_equal(pms_region_clear(f.written, NULL), PMS_OK);
		close_reader(&f);
		close_writer(&f);
		assert_false(is_there(f.shm));
	}
	test_image_free(&survived);
	test_log_free(&f.log);
	test_medium_forget();
}

static void test_coordination_link_or_pipe_is_replaced(void **state)
{
	fixture f;

	begin(&f, state);
	close_reader(&f);
	close_writer(&f);
	assert_int_equal(symlink("/dev/zero", f.shm), 0);
	expect_replaced(&f, NO_FILE);
	assert_int_equal(mkfifo(f.shm, 0600), 0);
	expect_replaced(&f, NO_FILE);
	test_log_free(&f.log);
	test_medium_forget();
}

int main(int count, char **arguments)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_coordination_entry_is_seen_once_it_is_durable),
	    TEST_ON_TMPFS(test_coordination_entry_that_is_handed_over_before_its_drain_is_found),
	    TEST_ON_BOTH(test_coordination_without_it_an_entry_is_seen_early),
	    TEST_ON_BOTH(test_coordination_deferred_entries_are_committed_and_not_persisted),
	    TEST_ON_BOTH(test_coordination_pending_below_committed_is_dead),
	    TEST_ON_BOTH(test_coordination_follows_lives),
	    TEST_ON_BOTH(test_coordination_clear_is_seen_as_all_or_nothing),
	    TEST_ON_TMPFS(test_coordination_more_regions_than_slots),
	    TEST_ON_BOTH(test_coordination_file_goes_with_the_last),
	    TEST_ON_TMPFS(test_coordination_file_that_was_removed_is_missed_by_nobody),
	    TEST_ON_BOTH(test_coordination_of_a_killed_writer_is_not_believed),
	    TEST_ON_TMPFS(test_coordination_each_byte_flipped_under_us_harms_nobody),
	    TEST_ON_TMPFS(test_coordination_bad_file_is_replaced),
	    TEST_ON_TMPFS(test_coordination_file_of_a_dead_boot_promises_nothing),
	    TEST_ON_TMPFS(test_coordination_link_or_pipe_is_replaced),
	};

	test_child_main(count, arguments, &writes, 1);
	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
