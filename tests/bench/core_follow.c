/* SPDX-License-Identifier: MIT */
/*
 * A writer beside followers, each a process of its own that waits for entries and reads them all: what an append takes then, and
 * how long it takes from an append to a follower. A follower is this program once more, started with --follow.
 */
#include "core.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "floor.h"

#define FOLLOWERS_MAX (BENCH_THREADS_MAX - 1u)
/* Appends between two looks at the clock: long enough that a follower, which is asleep at the first, reads beside most of them. */
#define FOLLOWED_APPENDS 65536u
/* Wake-ups of one measurement, of all followers together; in a trial, which shows nothing but that it works, few. */
#define WAKES 500u
#define WAKES_TRIAL 20u
#define TRIAL_NS 10000000u
/* So long after a follower has said that it is about to wait it sleeps. Where it does not yet, it is woken sooner. */
#define SLEEPY_MICROSECONDS 200u
#define LOOK_MICROSECONDS 20u
#define STUCK_NS 60000000000u

/* In a file of shared memory beside the stream. */
typedef struct follower {
	_Alignas(64) _Atomic uint64_t consumed; /* entries, of all lives of the region */
	_Atomic uint64_t waiting;		/* consumed + 1 just before it waits for another */
	_Atomic uint64_t woken_ns;		/* when its last wait returned */
} follower;

typedef struct meeting {
	follower followers[FOLLOWERS_MAX];
} meeting;

/* Of each number of followers: they are kept until the next reset, asleep while others are measured. */
static struct followed {
	bench_kept *kept;
	meeting *meeting;
	pid_t children[FOLLOWERS_MAX];
	char path[512]; /* of the stream */
	uint64_t appended;
} kept_followed[FOLLOWERS_MAX + 1];

static void meeting_path(char path[512], const char *stream_path)
{
	if (snprintf(path, 512, "%s.meeting", stream_path) >= 512)
		bench_die("the path '%s' is too long", stream_path);
}

static meeting *map_meeting(const char *stream_path, int flags)
{
	char path[512];

	meeting_path(path, stream_path);
	int file = open(path, O_RDWR | O_CLOEXEC | flags, 0600);
	if (file < 0 || ftruncate(file, sizeof(meeting)) != 0)
		bench_die("'%s' cannot be made", path);
	void *at = mmap(NULL, sizeof(meeting), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	(void)close(file);
	if (at == MAP_FAILED)
		bench_die("'%s' cannot be mapped", path);
	return at;
}

/* ---- a follower --------------------------------------------------------------------------------------------------- */

static pms_cursor *open_behind(pms_region *region, pms_position last)
{
	pms_cursor_options options = {.struct_bytes = sizeof(options), .start = PMS_CURSOR_AFTER, .position = last};
	pms_cursor *cursor;
	int32_t status = pms_cursor_open(region, &options, &cursor, NULL);

	if (status == PMS_E_NO_ENTRY || status == PMS_E_STALE) /* cleared since: all that it held was read */
		return NULL;
	bench_check(status, "opening a follower's cursor", NULL);
	return cursor;
}

/* Everything that is visible behind `last`, verified. */
static uint64_t read_behind(pms_region *region, pms_position *last)
{
	uint64_t count = 0;
	pms_entry entry;
	int32_t status;

	pms_cursor *cursor = open_behind(region, *last);
	if (!cursor) {
		*last = (pms_position){0};
		return 0;
	}
	while ((status = pms_cursor_next(cursor, &entry, NULL)) == PMS_OK) {
		*last = entry.position;
		count++;
	}
	pms_cursor_close(cursor);
	if (status != PMS_E_STALE && status != PMS_E_END)
		bench_check(status, "following", NULL);
	if (status == PMS_E_STALE)
		*last = (pms_position){0};
	return count;
}

static _Noreturn void follow(const char *path, follower *self)
{
	pms_open_options options = {.struct_bytes = sizeof(options), .flags = PMS_OPEN_READ_ONLY};
	pms_awaited awaited = {0};
	pms_stream *stream;
	pms_waiter *waiter;
	pms_error error;

	bench_check(pms_stream_open(path, &options, &stream, &error), path, &error);
	bench_check(pms_region_find(stream, "log", 3, &awaited.region, &error), path, &error);
	bench_check(pms_waiter_create(stream, &waiter, &error), path, &error);
	for (;;) {
		uint64_t consumed = atomic_load(&self->consumed) + read_behind(awaited.region, &awaited.after);
		atomic_store(&self->consumed, consumed);
		atomic_store(&self->waiting, consumed + 1);
		bench_check(pms_waiter_wait(waiter, &awaited, 1, UINT32_MAX, &error), "waiting", &error);
		if (awaited.status == PMS_OK)
			atomic_store(&self->woken_ns, bench_now_ns());
	}
}

int bench_follow(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	meeting *shared = map_meeting(argv[2], 0);
	follow(argv[2], &shared->followers[strtoul(argv[3], NULL, 10)]);
}

/* ---- the writer --------------------------------------------------------------------------------------------------- */

static pid_t start(const char *path, unsigned index)
{
	char number[16];
	pid_t parent = getpid();

	(void)snprintf(number, sizeof(number), "%u", index);
	pid_t child = fork();
	if (child == 0) {
		/* It ends with us, however we end; and says what went wrong where people see it. */
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent && dup2(2, 1) == 1)
			(void)execl("/proc/self/exe", "bench_core", "--follow", path, number, (char *)NULL);
		_exit(127);
	}
	if (child < 0)
		bench_die("a follower cannot be started");
	return child;
}

static void expect_alive(const struct followed *f, unsigned index)
{
	int status;

	if (waitpid(f->children[index], &status, WNOHANG) != 0)
		bench_die("a follower ended with status %x", (unsigned)status);
}

/* Until all have read everything, and are about to wait for more. */
static void await_followers(const struct followed *f, uint64_t count)
{
	uint64_t begin = bench_now_ns();

	for (unsigned i = 0; i < count; i++)
		while (atomic_load(&f->meeting->followers[i].waiting) != f->appended + 1) {
			expect_alive(f, i);
			if (bench_now_ns() - begin > STUCK_NS)
				bench_die("a follower has read %llu of %llu entries",
					  (unsigned long long)atomic_load(&f->meeting->followers[i].consumed),
					  (unsigned long long)f->appended);
			(void)usleep(LOOK_MICROSECONDS);
		}
}

static struct followed *find(const bench_request *request)
{
	uint64_t count = request->threads - 1;
	struct followed *f = &kept_followed[count];
	char name[32], file[96];

	if (f->kept)
		return f;
	(void)snprintf(name, sizeof(name), "followed-%llu", (unsigned long long)count);
	f->kept = bench_region(request, name, BENCH_THREAD_REGION_BYTES);
	bench_region_file(file, request, name);
	bench_path(f->path, request, file);
	f->meeting = map_meeting(f->path, O_CREAT | O_TRUNC);
	for (unsigned i = 0; i < count; i++)
		f->children[i] = start(f->path, i);
	return f;
}

static void append(struct followed *f, const bench_request *request)
{
	pms_position position;
	pms_error error;

	bench_check(pms_region_append(f->kept->region, bench_payload(), request->payload_bytes, &position, &error),
		    "append", &error);
}

/* Room for that many more; whoever follows has read what is cleared for it. */
static void make_room(struct followed *f, const bench_request *request, uint64_t count)
{
	await_followers(f, request->threads - 1);
	if (f->kept->left < count || f->kept->payload_bytes != request->payload_bytes) {
		bench_check(pms_region_clear(f->kept->region, NULL), "clear", NULL);
		f->kept->left = BENCH_THREAD_REGION_BYTES / bench_extent(request->payload_bytes);
		f->kept->payload_bytes = request->payload_bytes;
	}
	if (f->kept->left < count)
		bench_die("%llu entries do not fit", (unsigned long long)count);
	f->kept->left -= count;
}

bench_result bench_core_followers(const bench_request *request)
{
	struct followed *f = find(request);
	bench_result result = {0};

	do {
		make_room(f, request, FOLLOWED_APPENDS);
		uint64_t begin = bench_now_ns();
		for (unsigned i = 0; i < FOLLOWED_APPENDS; i++)
			append(f, request);
		result.ns += bench_now_ns() - begin;
		result.operations += FOLLOWED_APPENDS;
		f->appended += FOLLOWED_APPENDS;
	} while (result.ns < request->min_ns);
	await_followers(f, request->threads - 1);
	return result;
}

static int compare(const void *left, const void *right)
{
	const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

/*
 * From the call of an append to the return of a wait which it ends. Not from its return: where a follower is let run in place of
 * the writer that wakes it, as happens with few processors, its wait returns first.
 */
bench_result bench_core_wake(const bench_request *request)
{
	static uint64_t samples[WAKES + FOLLOWERS_MAX];
	struct followed *f = find(request);
	const uint64_t followers = request->threads - 1;
	const uint64_t wanted = request->min_ns < TRIAL_NS ? WAKES_TRIAL : WAKES;
	uint64_t count = 0;

	if (followers == 0)
		bench_die("nobody is woken without a follower");
	while (count < wanted) {
		make_room(f, request, 1);
		(void)usleep(SLEEPY_MICROSECONDS);
		uint64_t called = bench_now_ns();
		append(f, request);
		f->appended++;
		await_followers(f, followers);
		for (unsigned i = 0; i < followers; i++)
			samples[count++] = atomic_load(&f->meeting->followers[i].woken_ns) - called;
	}
	qsort(samples, count, sizeof(samples[0]), compare);
	uint64_t at = bench_is(request->scenario, "wake-p99") ? (count * 99 + 99) / 100 - 1 : (count - 1) / 2;
	return (bench_result){.operations = 1, .ns = samples[at]};
}

void bench_follow_reset(void)
{
	char path[512];

	for (unsigned count = 0; count <= FOLLOWERS_MAX; count++) {
		struct followed *f = &kept_followed[count];
		if (!f->kept)
			continue;
		for (unsigned i = 0; i < count; i++) {
			(void)kill(f->children[i], SIGKILL);
			(void)waitpid(f->children[i], NULL, 0);
		}
		(void)munmap(f->meeting, sizeof(*f->meeting));
		meeting_path(path, f->path);
		(void)unlink(path);
		*f = (struct followed){0};
	}
}
