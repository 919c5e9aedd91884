/* SPDX-License-Identifier: MIT */
/*
 * One writer and four readers, in processes of their own, which are killed and started again at random; and regions that are
 * cleared, freed and created again all the time. follow_stress [--entries N] [--seed N] [--control N]
 *
 * The ledger is a region that is never recycled: every reader must see its entries 0, 1, 2, ... each once, across its own deaths and
 * those of the writer, and all of them in the end, when it is walked once more as a whole. Who is started again goes on behind the
 * last entry that he knows, so that a long ledger is not walked at each death. In the recycled regions the entries of one life are numbered likewise, and
 * lives only ever get later. Each entry carries a hash of itself. Readers 0 and 1 copy entries, 2 and 3 read pinned ones in
 * place, twice.
 *
 * A control is a writer that is wrong on purpose: 1 leaves out a number, 2 gives one out twice, 3 writes a wrong hash, 4 clears
 * what readers have pinned. Each must be found.
 */
#include <stdarg.h>
#include <time.h>
#include <unistd.h>

#include "engine.h"
#include "support_child.h"
#include "support_stream.h"

#define READERS 4
#define WALKER READERS /* who walks over all of it in the end */
#define RECYCLED 3
#define PAYLOAD_MAX 1200u
#define BAD_EXIT 3
/* What a mapping of every system can grow by again and again. */
#define GROW_UNIT 65536u

typedef struct payload {
	uint64_t hash; /* of all behind it */
	uint64_t region, life, number;
	uint8_t filler[PAYLOAD_MAX];
} payload;
#define PAYLOAD_HEADER offsetof(payload, filler)

/* What survives the processes. Each is stored to by one at a time. */
typedef struct shared {
	_Atomic uint64_t acknowledged; /* entries of the ledger whose append has returned */
	pms_position last[2];	       /* the last of them stands at acknowledged % 2 */
	_Atomic bool done;	       /* nothing more is written */
	_Atomic bool failed;
	struct {
		_Atomic uint64_t consumed; /* entries of the ledger */
		pms_position last[2];	   /* the last of them stands at consumed % 2 */
		_Atomic uint64_t recycled, stale, pinned, restarts;
		_Atomic bool follows; /* has come to its first entry, or was about to */
	} readers[READERS];
	_Atomic uint64_t clears, frees, busy, writer_restarts;
	char message[300];
} shared;

static shared *common;
static uint64_t entries_wanted = 3000, seed;
static unsigned control;
static char path[700];
static char shared_path[720];

static void complain(const char *format, ...) PMS_PRINTF(1, 2);
static void complain(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(common->message, sizeof(common->message), format, arguments);
	va_end(arguments);
	atomic_store(&common->failed, true);
	_exit(BAD_EXIT);
}

#define EXPECT(condition) \
	do { \
		if (!(condition)) \
			complain("%s:%d: %s", __FILE__, __LINE__, #condition); \
	} while (0)

static void expect_ok(int32_t status, const pms_error *error, const char *what)
{
	if (status != PMS_OK)
		complain("%s: %d: %s", what, status, error->message);
}

/* ---- what entries are ------------------------------------------------------------------------------------------- */

static void check_payload(const payload *entry, uint64_t bytes, uint64_t region)
{
	EXPECT(bytes >= PAYLOAD_HEADER && bytes <= sizeof(*entry));
	EXPECT(entry->region == region);
	EXPECT(entry->hash == pms_hash(&entry->region, bytes - sizeof(entry->hash)));
	EXPECT(test_is_filled(entry->filler, bytes - PAYLOAD_HEADER, region * 31 + entry->life * 7 + entry->number));
}

static pms_cursor *open_behind(pms_region *region, const pms_position *last, uint32_t flags, int32_t *status,
			       pms_error *error)
{
	pms_cursor_options options = {
	    .struct_bytes = sizeof(options), .start = PMS_CURSOR_AFTER, .position = *last, .flags = flags};
	pms_cursor *cursor = NULL;

	*status = pms_cursor_open(region, &options, &cursor, error);
	return cursor;
}

/* Numbers go on behind the last entry that is known, without a gap, to the end. Returns how many entries there are. */
static uint64_t walk_ledger(pms_region *ledger, const pms_position *last, uint64_t known)
{
	pms_entry entry;
	pms_error error;
	int32_t status;

	pms_cursor *cursor = open_behind(ledger, last, 0, &status, &error);
	if (status != PMS_OK) /* what was acknowledged is there */
		expect_ok(status, &error, "the ledger behind its last entry");
	while ((status = pms_cursor_next(cursor, &entry, &error)) == PMS_OK) {
		check_payload(entry.data, entry.bytes, UINT64_MAX);
		EXPECT(((const payload *)entry.data)->number == known);
		known++;
	}
	if (status != PMS_E_END)
		expect_ok(status, &error, "walking over the ledger");
	pms_cursor_close(cursor);
	return known;
}

/* ---- the writer --------------------------------------------------------------------------------------------------- */

static uint64_t fill(payload *entry, uint64_t region, uint64_t life, uint64_t number, uint64_t *random)
{
	uint64_t bytes = PAYLOAD_HEADER + test_random_below(random, test_random_below(random, 8) ? 64 : PAYLOAD_MAX);

	entry->region = region;
	entry->life = life;
	entry->number = number;
	test_fill(entry->filler, bytes - PAYLOAD_HEADER, region * 31 + life * 7 + number);
	entry->hash = pms_hash(&entry->region, bytes - sizeof(entry->hash));
	return bytes;
}

static int32_t append_somehow(pms_region *region, const payload *entry, uint64_t bytes, uint64_t *random,
			      pms_position *position, pms_error *error)
{
	pms_reservation *reservation;
	void *space;
	int32_t status;

	switch (test_random_below(random, 6)) {
	case 0:
		return pms_region_append_deferred(region, entry, bytes, position, error);
	case 1:
		status = pms_region_reserve(region, bytes + 20, &reservation, &space, NULL, error);
		if (status != PMS_OK)
			return status;
		if (test_random_below(random, 4) == 0) { /* in vain, and then once more */
			pms_reservation_release(reservation);
			return pms_region_append(region, entry, bytes, position, error);
		}
		memcpy(space, entry, bytes);
		status = pms_reservation_publish(reservation, bytes, position, error);
		pms_reservation_release(reservation);
		return status;
	default:
		return pms_region_append(region, entry, bytes, position, error);
	}
}

/* What the region holds: the numbers go on behind it. */
static uint64_t count_entries(pms_region *region, uint64_t *life)
{
	pms_cursor *cursor;
	pms_entry entry;
	uint64_t count = 0;

	*life = 0;
	EXPECT(pms_cursor_open(region, NULL, &cursor, NULL) == PMS_OK);
	while (pms_cursor_next(cursor, &entry, NULL) == PMS_OK) {
		*life = ((const payload *)entry.data)->life;
		count++;
	}
	pms_cursor_close(cursor);
	return count;
}

typedef struct recycled {
	pms_region *region;
	uint64_t life, number;
	char name[8];
} recycled;

static void recycle(pms_stream *stream, recycled *r, uint64_t *random)
{
	pms_region_options options;
	pms_error error;
	bool free_it = test_random_below(random, 3) == 0;

	if (control == 4) /* as if nobody had pinned anything */
		for (uint32_t i = 0; i < PMS_SHARED_READERS; i++)
			for (uint32_t pin = 0; pin < PMS_SHARED_PINS; pin++)
				atomic_store(&stream->coordination.attachment->common->readers[i].pins[pin], 0);
	int32_t status = free_it ? pms_region_free(r->region, &error) : pms_region_clear(r->region, &error);
	if (status == PMS_E_BUSY) {
		atomic_fetch_add(&common->busy, 1);
		return;
	}
	expect_ok(status, &error, "recycling");
	atomic_fetch_add(free_it ? &common->frees : &common->clears, 1);
	if (free_it) {
		pms_region_release(r->region);
		options = test_region_options(r->name, 8000 + test_random_below(random, 20000),
					      test_random_below(random, 2) ? 64 : 8);
		expect_ok(pms_region_create(stream, &options, &r->region, &error), &error, "creating");
	}
	r->life = 0; /* a new one with the next entry */
	r->number = 0;
}

static void find_or_create(pms_stream *stream, recycled *r)
{
	pms_region_options options = test_region_options(r->name, 20000, 64);

	if (pms_region_find(stream, r->name, strlen(r->name), &r->region, NULL) != PMS_OK)
		EXPECT(pms_region_create(stream, &options, &r->region, NULL) == PMS_OK);
	r->number = count_entries(r->region, &r->life);
}

static void write_recycled(pms_stream *stream, recycled *r, uint64_t region, uint64_t *random)
{
	pms_stream_info info = {.struct_bytes = sizeof(info)};
	payload entry;
	pms_error error;

	if (!r->life) {
		EXPECT(pms_stream_describe(stream, &info, NULL) == PMS_OK);
		r->life = info.next_timestamp;
	}
	uint64_t bytes = fill(&entry, region, r->life, r->number, random);
	int32_t status = append_somehow(r->region, &entry, bytes, random, NULL, &error);
	if (status == PMS_OK)
		r->number++;
	else if (status != PMS_E_REGION_FULL)
		expect_ok(status, &error, "appending");
	if (status == PMS_E_REGION_FULL || test_random_below(random, 40) == 0)
		recycle(stream, r, random);
}

static _Noreturn void write_entries(uint64_t random)
{
	pms_open_options open_options = test_open_options(PMS_OPEN_DEFAULT);
	recycled others[RECYCLED];
	pms_stream *stream;
	pms_region *ledger;
	payload entry;
	pms_error error;
	pms_position last;

	open_options.wait_milliseconds = UINT32_MAX;
	expect_ok(pms_stream_open(path, &open_options, &stream, &error), &error, "opening for writing");
	EXPECT(pms_region_find(stream, "ledger", 6, &ledger, NULL) == PMS_OK);
	uint64_t next = atomic_load(&common->acknowledged);
	next = walk_ledger(ledger, &common->last[next % 2], next);
	for (uint64_t i = 0; i < RECYCLED; i++) {
		(void)snprintf(others[i].name, sizeof(others[i].name), "r%llu", (unsigned long long)i);
		find_or_create(stream, &others[i]);
	}
	/* Where processes start slowly, there would be nobody to see anything. */
	for (unsigned i = 0; i < READERS; i++)
		while (!atomic_load(&common->readers[i].follows))
			(void)usleep(1000);
	while (next < entries_wanted) {
		uint64_t number = next;
		if (next == entries_wanted / 2 && (control == 1 || control == 2))
			number += control == 1 ? 1 : UINT64_MAX;
		uint64_t bytes = fill(&entry, UINT64_MAX, 0, number, &random);
		if (next == entries_wanted / 2 && control == 3)
			entry.hash++;
		expect_ok(append_somehow(ledger, &entry, bytes, &random, &last, &error), &error, "the ledger");
		common->last[++next % 2] = last;
		atomic_store(&common->acknowledged, next);
		for (uint64_t i = 0; i < RECYCLED; i++)
			write_recycled(stream, &others[i], i, &random);
		if (test_random_below(&random, 2000) == 0) {
			pms_stream_info info = {.struct_bytes = sizeof(info)};
			EXPECT(pms_stream_describe(stream, &info, NULL) == PMS_OK);
			expect_ok(pms_stream_grow(stream, info.stream_bytes + GROW_UNIT, &error), &error, "growing");
		}
		if (test_random_below(&random, 64) == 0) /* lets readers come to their end, and sleep */
			(void)usleep((useconds_t)test_random_below(&random, 2000));
	}
	atomic_store(&common->done, true);
	for (uint64_t i = 0; i < RECYCLED; i++)
		pms_region_release(others[i].region);
	pms_region_release(ledger);
	expect_ok(pms_stream_close(stream), &(pms_error){.message = "closing"}, "closing");
	pms_stream_release(stream);
	_exit(0);
}

/* ---- a reader ----------------------------------------------------------------------------------------------------- */

/* To the end of the ledger. */
static void follow_ledger(pms_region *ledger, unsigned self)
{
	uint64_t consumed = atomic_load(&common->readers[self].consumed);
	pms_position *last = common->readers[self].last;
	pms_entry entry;
	pms_error error;
	int32_t status;

	pms_cursor *cursor = open_behind(ledger, &last[consumed % 2], 0, &status, &error);
	EXPECT(status == PMS_OK);
	while ((status = pms_cursor_next(cursor, &entry, &error)) == PMS_OK) {
		const payload *found = entry.data;
		check_payload(found, entry.bytes, UINT64_MAX);
		if (found->number != consumed)
			complain("reader %u has seen %llu entries of the ledger, and the next is number %llu", self,
				 (unsigned long long)consumed, (unsigned long long)found->number);
		consumed++;
		last[consumed % 2] = entry.position;
		atomic_store(&common->readers[self].consumed, consumed);
	}
	if (status != PMS_E_END)
		expect_ok(status, &error, "following the ledger");
	pms_cursor_close(cursor);
}

typedef struct place {
	pms_region *region; /* null: not found yet */
	pms_position last;
	uint64_t life, number; /* of the next entry */
} place;

static void lose(place *p)
{
	if (p->region)
		pms_region_release(p->region);
	*p = (place){.life = p->life};
}

static void check_recycled(place *p, const payload *entry, uint64_t bytes, uint64_t region)
{
	check_payload(entry, bytes, region);
	if (p->last.timestamp ? entry->life != p->life || entry->number != p->number
			      : entry->life < p->life || entry->number != 0)
		complain("region %llu: life %llu, number %llu, expected life %llu, number %llu",
			 (unsigned long long)region, (unsigned long long)entry->life, (unsigned long long)entry->number,
			 (unsigned long long)p->life, (unsigned long long)p->number);
	p->life = entry->life;
	p->number = entry->number + 1;
}

/* To its end, or until it is of another life. */
static void follow_recycled(pms_stream *stream, place *p, uint64_t region, unsigned self)
{
	static payload copies[2];
	bool pinned = self >= 2;
	pms_entry entry;
	pms_error error;
	char name[8];
	int32_t status;

	(void)snprintf(name, sizeof(name), "r%llu", (unsigned long long)region);
	if (!p->region && pms_region_find(stream, name, strlen(name), &p->region, NULL) != PMS_OK)
		return; /* between a free and the next creation */
	pms_cursor *cursor = open_behind(p->region, &p->last, pinned ? PMS_READ_PINNED : 0, &status, &error);
	if (pinned && status == PMS_E_NOT_SUPPORTED) { /* its writer has not said anything yet */
		cursor = open_behind(p->region, &p->last, 0, &status, &error);
		pinned = false;
	}
	for (; status == PMS_OK && (status = pms_cursor_next(cursor, &entry, &error)) == PMS_OK;) {
		uint64_t bytes = entry.bytes;
		if (pinned) {
			EXPECT(bytes <= sizeof(copies[0]));
			memcpy(&copies[0], entry.data, bytes);
			check_recycled(p, entry.data, bytes, region);
			if (entry.position.timestamp % 8 == 0) /* in the writer's way */
				(void)usleep(200);
			EXPECT(memcmp(&copies[0], entry.data, bytes) == 0);
		} else {
			status = pms_region_read(p->region, &entry.position, &copies[0], sizeof(copies[0]), 0, &bytes,
						 &error);
			if (status != PMS_OK)
				break;
			check_recycled(p, &copies[0], bytes, region);
		}
		p->last = entry.position;
		atomic_fetch_add(&common->readers[self].recycled, 1);
	}
	if (cursor && pinned && status != PMS_E_END)
		complain("a pinned region came to an end with %d", status);
	if (cursor)
		pms_cursor_close(cursor);
	if (pinned)
		atomic_fetch_add(&common->readers[self].pinned, 1);
	if (status == PMS_E_END)
		return;
	if (status != PMS_E_STALE && status != PMS_E_NO_ENTRY)
		expect_ok(status, &error, "following a recycled region");
	atomic_fetch_add(&common->readers[self].stale, 1);
	lose(p);
}

static _Noreturn void follow(unsigned self)
{
	pms_open_options options = test_open_options(PMS_OPEN_READ_ONLY);
	pms_awaited awaited[1 + RECYCLED];
	place places[RECYCLED] = {0};
	pms_stream *stream;
	pms_region *ledger;
	pms_waiter *waiter;
	pms_error error;

	expect_ok(pms_stream_open(path, &options, &stream, &error), &error, "opening for reading");
	EXPECT(pms_region_find(stream, "ledger", 6, &ledger, NULL) == PMS_OK);
	EXPECT(pms_waiter_create(stream, &waiter, NULL) == PMS_OK);
	atomic_store(&common->readers[self].follows, true);
	while (atomic_load(&common->readers[self].consumed) < entries_wanted) {
		uint32_t count = 1;
		follow_ledger(ledger, self);
		awaited[0] = (pms_awaited){.region = ledger};
		uint64_t consumed = atomic_load(&common->readers[self].consumed);
		awaited[0].after = common->readers[self].last[consumed % 2];
		if (consumed >= entries_wanted)
			break;
		for (uint64_t i = 0; i < RECYCLED; i++) {
			follow_recycled(stream, &places[i], i, self);
			if (places[i].region)
				awaited[count++] = (pms_awaited){.region = places[i].region, .after = places[i].last};
		}
		int32_t status = pms_waiter_wait(waiter, awaited, count, UINT32_MAX, &error);
		expect_ok(status, &error, "waiting");
	}
	_exit(0);
}

/* ---- who kills and starts them ------------------------------------------------------------------------------------ */

static void open_shared(const char *folder)
{
	(void)snprintf(path, sizeof(path), "%s/stream", folder);
	(void)snprintf(shared_path, sizeof(shared_path), "%s/shared", folder);
	common = test_child_shared(shared_path, sizeof(*common));
	if (!common) {
		perror("follow_stress");
		_exit(2);
	}
}

static _Noreturn void walk(void)
{
	const pms_position first = {0};
	pms_stream *stream = test_open(path, PMS_OPEN_READ_ONLY);

	EXPECT(walk_ledger(test_find(stream, "ledger"), &first, 0) == entries_wanted);
	_exit(0);
}

/* FOLDER, who it is (-1: the writer; WALKER), its seed, and "ENTRIES,CONTROL". */
static void take_part(char *const *arguments, int tell)
{
	int who = atoi(arguments[1]);
	char *comma;

	(void)tell;
	open_shared(arguments[0]);
	entries_wanted = strtoull(arguments[3], &comma, 10);
	control = (unsigned)strtoul(comma + 1, NULL, 10);
	if (who < 0)
		write_entries(strtoull(arguments[2], NULL, 10));
	if (who == WALKER)
		walk();
	follow((unsigned)who);
}

static const test_role takes_part = {"take-part", take_part};

static test_child start(const char *folder, int who, uint64_t *random)
{
	char name[16], own[32], what[64];

	(void)snprintf(name, sizeof(name), "%d", who);
	(void)snprintf(own, sizeof(own), "%llu", (unsigned long long)test_random(random));
	(void)snprintf(what, sizeof(what), "%llu,%u", (unsigned long long)entries_wanted, control);
	test_child child = test_child_start(&takes_part, (const char *[]){folder, name, own, what, NULL});
	EXPECT(child.process != 0);
	(void)close(child.told);
	return child;
}

static void create_stream(void)
{
	uint64_t ledger_bytes = entries_wanted * 160 + entries_wanted / 8 * (PAYLOAD_MAX + 128) + 65536;
	pms_stream *stream = test_create(path, (ledger_bytes * 2 / GROW_UNIT + 1) * GROW_UNIT + 4 * TEST_MIB);

	pms_region_release(test_region(stream, "ledger", ledger_bytes * 2, 64));
	test_close(stream);
}

/* In a process of its own, as all that may complain. */
static void walk_over_all(const char *folder, uint64_t *random)
{
	test_child child = start(folder, WALKER, random);

	if (test_child_wait(&child) != 0)
		atomic_store(&common->failed, true);
}

static bool everybody_is_done(void)
{
	bool done = atomic_load(&common->done);

	for (unsigned i = 0; i < READERS; i++)
		done &= atomic_load(&common->readers[i].consumed) >= entries_wanted;
	return done;
}

/* -1: the writer. A child that ended by itself is not started again. */
static void supervise(const char *folder, uint64_t *random)
{
	test_child children[1 + READERS];
	unsigned alive = 1 + READERS;

	for (int who = -1; who < READERS; who++)
		children[who + 1] = start(folder, who, random);
	while (alive > 0 && !atomic_load(&common->failed)) {
		(void)usleep((useconds_t)(2000 + test_random_below(random, 60000)));
		unsigned victim = (unsigned)test_random_below(random, 1 + READERS);
		if (children[victim].process && !everybody_is_done() && control == 0)
			test_child_kill(&children[victim]);
		for (int who = -1; who < READERS; who++) {
			test_child *child = &children[who + 1];
			int status;
			if (!child->process || !test_child_ended(child, &status))
				continue;
			if (status == TEST_CHILD_KILLED) {
				atomic_fetch_add(who < 0 ? &common->writer_restarts : &common->readers[who].restarts,
						 1);
				*child = start(folder, who, random);
				continue;
			}
			if (status != 0) {
				if (!atomic_exchange(&common->failed, true))
					(void)snprintf(common->message, sizeof(common->message),
						       "process %d ended with status %x", who, (unsigned)status);
			}
			alive--;
		}
	}
	for (unsigned i = 0; i <= READERS; i++)
		if (children[i].process) {
			test_child_kill(&children[i]);
			(void)test_child_wait(&children[i]);
		}
}

static void parse(int count, char **arguments)
{
	for (int i = 1; i + 1 < count; i += 2) {
		uint64_t value = strtoull(arguments[i + 1], NULL, 10);
		if (strcmp(arguments[i], "--entries") == 0)
			entries_wanted = value;
		else if (strcmp(arguments[i], "--seed") == 0)
			seed = value;
		else if (strcmp(arguments[i], "--control") == 0)
			control = (unsigned)value;
	}
}

int main(int count, char **arguments)
{
	const char *parent = getenv("PMS_TEST_FOLDER");
	char folder[600], shm[720];

	test_child_main(count, arguments, &takes_part, 1);
	(void)snprintf(folder, sizeof(folder), "%s/pms-follow-XXXXXX", parent ? parent : "/dev/shm");
	seed = (uint64_t)time(NULL);
	parse(count, arguments);
	if (!mkdtemp(folder)) {
		perror("follow_stress");
		return 2;
	}
	open_shared(folder);
	(void)snprintf(shm, sizeof(shm), "%s-shm", path);
	uint64_t random = seed;
	create_stream();
	supervise(folder, &random);
	if (control == 0 && everybody_is_done())
		walk_over_all(folder, &random);
	bool passed = !atomic_load(&common->failed) && everybody_is_done();
	(void)remove(path);
	(void)remove(shm);
	(void)remove(shared_path);
	(void)rmdir(folder);
	printf("1..1\n%sok 1 - follow_stress_control_%u\n", passed == (control == 0) ? "" : "not ", control);
	printf("# seed %llu: %llu entries; writer restarted %llu times; %llu clears, %llu frees, %llu busy\n",
	       (unsigned long long)seed, (unsigned long long)atomic_load(&common->acknowledged),
	       (unsigned long long)atomic_load(&common->writer_restarts),
	       (unsigned long long)atomic_load(&common->clears), (unsigned long long)atomic_load(&common->frees),
	       (unsigned long long)atomic_load(&common->busy));
	for (unsigned i = 0; i < READERS; i++)
		printf(
		    "# reader %u: %llu of the ledger, %llu recycled, stale %llu times, pinned %llu, restarted %llu\n",
		    i, (unsigned long long)atomic_load(&common->readers[i].consumed),
		    (unsigned long long)atomic_load(&common->readers[i].recycled),
		    (unsigned long long)atomic_load(&common->readers[i].stale),
		    (unsigned long long)atomic_load(&common->readers[i].pinned),
		    (unsigned long long)atomic_load(&common->readers[i].restarts));
	if (common->message[0])
		printf("# %s\n", common->message);
	return passed == (control == 0) ? 0 : 1;
}
