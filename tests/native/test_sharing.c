/* SPDX-License-Identifier: MIT */
/* Giving way to others in the same region: which way is used, and for how long anybody waits. On a clock of its own. */
#include <sched.h>

#include "engine.h"
#include "support_workers.h"
#include "write_entry.h"

/* The program is linked with --wrap=pms_os_nanoseconds. */
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker's names */
uint64_t __real_pms_os_nanoseconds(void);
uint64_t __wrap_pms_os_nanoseconds(void);
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* The clock: the system's, or one that goes forward by a pace whenever somebody looks, and then calls. */
static _Atomic uint64_t pace_ns; /* 0: the system's */
static uint64_t now_ns, looks;
static void (*at_look)(void);

uint64_t __wrap_pms_os_nanoseconds(void)
{
	uint64_t pace = atomic_load(&pace_ns);

	if (!pace)
		return __real_pms_os_nanoseconds();
	looks++;
	now_ns += pace;
	if (at_look)
		at_look();
	return now_ns;
}

static void set_clock(uint64_t pace)
{
	now_ns = 1000000;
	looks = 0;
	at_look = NULL;
	atomic_store(&pace_ns, pace);
}

/* ---- which way ---- */

typedef struct fake {
	pms_sharing sharing;
	uint64_t now, entries;
	uint64_t in_runs; /* trials that went that way */
} fake;

static void begin_fake(fake *f)
{
	*f = (fake){.now = 1};
	pms_sharing_init(&f->sharing);
	/* What comes before the first trial has begun at no known time. */
	f->entries = PMS_SHARING_ENTRIES;
	pms_sharing_judge(&f->sharing, f->now, f->entries);
	assert_int_equal(f->sharing.in_runs, 0);
}

static void try_ways(fake *f, int trials, uint64_t together_ns, uint64_t in_runs_ns)
{
	f->in_runs = 0;
	for (int i = 0; i < trials; i++) {
		assert_false(pms_sharing_is_due(&f->sharing, f->entries + PMS_SHARING_ENTRIES - 1));
		f->in_runs += f->sharing.in_runs;
		f->now += PMS_SHARING_ENTRIES * (f->sharing.in_runs ? in_runs_ns : together_ns);
		f->entries += PMS_SHARING_ENTRIES;
		assert_true(pms_sharing_is_due(&f->sharing, f->entries));
		pms_sharing_judge(&f->sharing, f->now, f->entries);
	}
}

static void test_sharing_goes_the_way_that_gets_more_done(void **state)
{
	fake f;

	(void)state;
	begin_fake(&f);
	try_ways(&f, 640, 450, 160);
	assert_in_range(f.in_runs, 640 - 12, 640);
	/* The threads run elsewhere now, where lines are passed on quickly. */
	try_ways(&f, 2 * PMS_SHARING_TRIALS, 80, 160);
	try_ways(&f, 640, 80, 160);
	assert_in_range(f.in_runs, 1, 12);
	/* And back: what was the better way has become slow, which is believed within a few trials. */
	try_ways(&f, 16, 450, 160);
	assert_int_equal(f.sharing.in_runs, 1);
	try_ways(&f, 640, 450, 160);
	assert_in_range(f.in_runs, 640 - 12, 640);
}

static void test_sharing_a_pause_says_nothing_about_the_way(void **state)
{
	fake f;

	(void)state;
	begin_fake(&f);
	try_ways(&f, 10, 450, 160);
	assert_int_equal(f.sharing.in_runs, 1);
	for (int i = 0; i < 20; i++) {
		f.now += 1000000000;
		try_ways(&f, 4, 450, 160);
		assert_true(f.in_runs >= 3);
		assert_true(f.sharing.in_runs == 1 || f.sharing.trials_left == PMS_SHARING_TRIALS);
	}
}

static void test_sharing_is_judged_once_for_a_trial(void **state)
{
	fake f;

	(void)state;
	begin_fake(&f);
	uint64_t cost = f.sharing.cost[0];
	/* Too early; at a number of entries that is older than the trial; while another thread judges. */
	pms_sharing_judge(&f.sharing, f.now + 5, f.entries + PMS_SHARING_ENTRIES - 1);
	pms_sharing_judge(&f.sharing, f.now + 5, f.entries - 1);
	atomic_store(&f.sharing.judging, true);
	pms_sharing_judge(&f.sharing, f.now + 5, f.entries + PMS_SHARING_ENTRIES);
	atomic_store(&f.sharing.judging, false);
	assert_int_equal(f.sharing.cost[0], cost);
	assert_int_equal(f.sharing.began_entries, f.entries);
	pms_sharing_judge(&f.sharing, f.now + 5, f.entries + PMS_SHARING_ENTRIES);
	assert_int_not_equal(f.sharing.cost[0], cost);
}

/* ---- how long ---- */

static pms_stream stream;
static pms_region region;

/* A region in memory with somebody in flight. */
static void begin_region(uint32_t in_runs)
{
	memset(&stream, 0, sizeof(stream));
	memset(&region, 0, sizeof(region));
	region.stream = &stream;
	pms_sharing_init(&region.sharing);
	region.sharing.in_runs = in_runs;
	atomic_store(&region.tail, (uint64_t)16 << PMS_TAIL_SHIFT);
	set_clock(10);
}

static void hand_over(void) { atomic_store(&region.ordered, pms_region_tail(&region)); }

static void hand_over_after_a_while(void)
{
	if (now_ns > 1000000 + 3 * PMS_SHARING_FIRST_NS_MIN)
		hand_over();
}

static void test_sharing_who_gives_way_goes_on_after_a_bounded_time(void **state)
{
	uint32_t first = PMS_SHARING_FIRST_NS_MIN;

	(void)state;
	begin_region(1);
	for (int i = 0; i < 8; i++) {
		set_clock(10);
		pms_order_give_way(&region);
		assert_true(pms_order_is_busy(&region));
		assert_in_range(now_ns - 1000000, PMS_SHARING_LAST_NS, 2 * PMS_SHARING_LAST_NS + 1000);
		/* Where somebody is always in flight the first look comes later. */
		first = first < PMS_SHARING_FIRST_NS_MAX ? 2 * first : first;
		assert_int_equal(region.sharing.first_ns, first);
	}
	atomic_store(&pace_ns, 0);
}

static void test_sharing_who_gives_way_goes_on_when_nobody_is_in_flight(void **state)
{
	(void)state;
	begin_region(1);
	at_look = hand_over_after_a_while;
	pms_order_give_way(&region);
	assert_false(pms_order_is_busy(&region));
	/* Looked after one and after three times the first. */
	assert_in_range(now_ns - 1000000, 3 * PMS_SHARING_FIRST_NS_MIN, 8 * PMS_SHARING_FIRST_NS_MIN);
	for (uint32_t first = PMS_SHARING_FIRST_NS_MAX; first > PMS_SHARING_FIRST_NS_MIN; first /= 2) {
		region.sharing.first_ns = first;
		set_clock(10);
		pms_order_give_way(&region);
		assert_int_equal(region.sharing.first_ns, first / 2);
	}
	atomic_store(&pace_ns, 0);
}

static void test_sharing_together_nobody_waits(void **state)
{
	static const pms_medium_table table;

	(void)state;
	begin_region(0);
	pms_order_give_way(&region);
	assert_int_equal(looks, 0);
	begin_region(1);
	stream.medium.table = &table; /* whose drains are shared by those who wait together */
	atomic_store(&region.entries, 10ull * PMS_SHARING_ENTRIES);
	pms_order_give_way(&region);
	assert_int_equal(looks, 0);
	atomic_store(&pace_ns, 0);
}

/* ---- with the engine ---- */

static void *append_ten(void *argument)
{
	pms_region *target = argument;

	for (uint64_t i = 0; i < 10; i++)
		WORKER_CHECK(pms_region_append(target, &i, sizeof(i), NULL, NULL) == PMS_OK);
	return NULL;
}

/* A thread that is interrupted in mid-append keeps nobody at the door: all take their places behind it. */
static void test_sharing_an_append_does_not_wait_for_one_in_flight_to_end(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *opened = test_create(test->path, TEST_STREAM_BYTES);
	pms_region *target = test_region(opened, "region", TEST_MIB, 64);
	pthread_t threads[2];
	pms_place place;
	int32_t ended;

	/* In flight, with nothing stored yet. */
	atomic_store(&target->sharing.in_runs, 1);
	place.kind = PMS_PLACE_DEFERRED;
	assert_int_equal(pms_order_take(target, 64, 1, &place, NULL), PMS_OK);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, append_ten, target), 0);
	while (pms_region_tail(target) != place.end + 2ull * 64)
		(void)sched_yield();
	uint64_t word = 7;
	pms_new_entry entry = {
	    .start = place.start,
	    .bytes = sizeof(word),
	    .size_word = pms_size_word(sizeof(word), 64, false, pms_lag_encode(0)),
	    .timestamp = place.timestamp,
	    .base = target->life.base,
	    .deferred = true,
	};
	pms_part part = {.data = &word, .bytes = sizeof(word)};
	pms_write_entry(target, &entry, &(pms_payload){.part = &part});
	assert_int_equal(pms_order_hand_over(target, &place, NULL), PMS_OK);
	for (int i = 0; i < 2; i++)
		(void)pthread_join(threads[i], NULL);
	assert_int_equal(test_count_entries(target, &ended), 21);
	pms_region_release(target);
	test_close(opened);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sharing_goes_the_way_that_gets_more_done),
	    cmocka_unit_test(test_sharing_a_pause_says_nothing_about_the_way),
	    cmocka_unit_test(test_sharing_is_judged_once_for_a_trial),
	    cmocka_unit_test(test_sharing_who_gives_way_goes_on_after_a_bounded_time),
	    cmocka_unit_test(test_sharing_who_gives_way_goes_on_when_nobody_is_in_flight),
	    cmocka_unit_test(test_sharing_together_nobody_waits),
	    TEST_ON_TMPFS(test_sharing_an_append_does_not_wait_for_one_in_flight_to_end),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
