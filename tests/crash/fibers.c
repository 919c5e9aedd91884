/* SPDX-License-Identifier: MIT */
#include "fibers.h"

#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "crash.h"
#include "thread.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

#define STACK_BYTES (256u * 1024)

typedef enum fiber_state { FIBER_READY = 1, FIBER_WAITING = 2, FIBER_ENDED = 3 } fiber_state;

typedef struct crash_fiber {
	ucontext_t context;
	void *stack;
	fiber_state state;
	const void *reason; /* what a waiting one waits for */
} crash_fiber;

static struct {
	crash_fiber fibers[FIBERS_MAX];
	unsigned count, current;
	bool running, failed, held;
	ucontext_t home;
	crash_schedule *schedule;
	void (*body)(void *context, unsigned fiber);
	void *context;
#if defined(__SANITIZE_ADDRESS__)
	void *fake_home, *fake_fiber;
	const void *home_stack;
	size_t home_bytes;
#endif
} fibers;

/* ---- the schedule ------------------------------------------------------------------------------------------------ */

void schedule_walk(crash_schedule *schedule, unsigned changes_max)
{
	memset(schedule, 0, sizeof(*schedule));
	schedule->changes_max = changes_max;
}

void schedule_seed(crash_schedule *schedule, uint64_t seed)
{
	memset(schedule, 0, sizeof(*schedule));
	schedule->seeded = true;
	schedule->random = seed;
}

bool schedule_next(crash_schedule *schedule)
{
	size_t last = schedule->length;

	while (last > 0 && schedule->choices[last - 1] + 1 >= schedule->options[last - 1])
		last--;
	if (schedule->seeded || last == 0)
		return false;
	schedule->choices[last - 1]++;
	schedule->planned = last;
	return true;
}

/* One of `options`; `free` when going on would have been possible. */
static unsigned choose(crash_schedule *schedule, unsigned options, bool free)
{
	unsigned choice = 0;

	if (schedule->seeded) {
		if (!free || crash_random_below(&schedule->random, 3) == 0)
			choice = (unsigned)crash_random_below(&schedule->random, options);
		return choice;
	}
	if (free && schedule->changes >= schedule->changes_max)
		return 0;
	if (options < 2 || schedule->length == SCHEDULE_CHOICES_MAX)
		return 0;
	if (schedule->length < schedule->planned)
		choice = schedule->choices[schedule->length];
	schedule->options[schedule->length] = (uint8_t)options;
	schedule->choices[schedule->length++] = (uint8_t)choice;
	schedule->changes += free && choice != 0;
	return choice;
}

/* ---- switching --------------------------------------------------------------------------------------------------- */

static void switch_to_fiber(crash_fiber *to)
{
#if defined(__SANITIZE_ADDRESS__)
	__sanitizer_start_switch_fiber(&fibers.fake_home, to->stack, STACK_BYTES);
#endif
	(void)swapcontext(&fibers.home, &to->context);
#if defined(__SANITIZE_ADDRESS__)
	__sanitizer_finish_switch_fiber(fibers.fake_home, NULL, NULL);
#endif
}

static void switch_home(void)
{
	crash_fiber *from = &fibers.fibers[fibers.current];
#if defined(__SANITIZE_ADDRESS__)
	void *fake = NULL;

	__sanitizer_start_switch_fiber(from->state == FIBER_ENDED ? NULL : &fake, fibers.home_stack, fibers.home_bytes);
#endif
	(void)swapcontext(&from->context, &fibers.home);
#if defined(__SANITIZE_ADDRESS__)
	__sanitizer_finish_switch_fiber(fake, &fibers.home_stack, &fibers.home_bytes);
#endif
}

static void fiber_begin(void)
{
#if defined(__SANITIZE_ADDRESS__)
	__sanitizer_finish_switch_fiber(NULL, &fibers.home_stack, &fibers.home_bytes);
#endif
	fibers.body(fibers.context, fibers.current);
	fibers.fibers[fibers.current].state = FIBER_ENDED;
	switch_home();
}

static void prepare(crash_fiber *made)
{
	if (!made->stack)
		made->stack = crash_allocate(STACK_BYTES);
	(void)getcontext(&made->context);
	made->context.uc_stack.ss_sp = made->stack;
	made->context.uc_stack.ss_size = STACK_BYTES;
	made->context.uc_link = NULL;
	makecontext(&made->context, fiber_begin, 0);
	made->state = FIBER_READY;
}

/* The next to run, the same one first where it can; FIBERS_MAX: none can. */
static unsigned pick(void)
{
	unsigned ready[FIBERS_MAX], count = 0;
	bool free = fibers.fibers[fibers.current].state == FIBER_READY;

	if (free)
		ready[count++] = fibers.current;
	for (unsigned i = 0; i < fibers.count; i++)
		if (fibers.fibers[i].state == FIBER_READY && !(free && i == fibers.current))
			ready[count++] = i;
	return count == 0 ? FIBERS_MAX : ready[choose(fibers.schedule, count, free)];
}

bool fibers_run(crash_schedule *schedule, unsigned count, void (*body)(void *context, unsigned fiber), void *context)
{
	schedule->length = 0;
	schedule->changes = 0;
	fibers.schedule = schedule;
	fibers.body = body;
	fibers.context = context;
	fibers.count = count;
	fibers.failed = fibers.held = false;
	for (unsigned i = 0; i < count; i++)
		prepare(&fibers.fibers[i]);
	fibers.running = true;
	for (fibers.current = 0; !fibers.failed;) {
		unsigned next = pick();
		if (next == FIBERS_MAX)
			break;
		fibers.current = next;
		switch_to_fiber(&fibers.fibers[next]);
	}
	fibers.running = false;
	for (unsigned i = 0; i < count && !fibers.failed; i++)
		if (fibers.fibers[i].state != FIBER_ENDED) {
			crash_note_failure("the threads wait for each other for ever");
			fibers.failed = true;
		}
	fibers.current = 0;
	return !fibers.failed;
}

unsigned fiber_current(void) { return fibers.current; }

bool fiber_is_running(void) { return fibers.running; }

void fiber_hold(void) { fibers.held = true; }

void fiber_release(void) { fibers.held = false; }

void fiber_yield(void)
{
	if (!fibers.running || fibers.held || fibers.count < 2)
		return;
	/* Only where somebody else could go on is there a choice. */
	for (unsigned i = 0; i < fibers.count; i++)
		if (i != fibers.current && fibers.fibers[i].state == FIBER_READY) {
			switch_home();
			return;
		}
}

void fiber_wait(const void *reason)
{
	crash_fiber *self = &fibers.fibers[fibers.current];

	if (!fibers.running)
		crash_fail("a call waits for ever");
	self->state = FIBER_WAITING;
	self->reason = reason;
	switch_home();
}

void fiber_wake(const void *reason)
{
	if (!fibers.running)
		return;
	for (unsigned i = 0; i < fibers.count; i++)
		if (fibers.fibers[i].state == FIBER_WAITING && fibers.fibers[i].reason == reason)
			fibers.fibers[i].state = FIBER_READY;
}

void fiber_fail(void)
{
	fibers.failed = true;
	fibers.fibers[fibers.current].state = FIBER_ENDED;
	switch_home();
	abort(); /* it is never resumed */
}
