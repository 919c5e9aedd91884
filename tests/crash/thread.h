/* SPDX-License-Identifier: MIT */
/*
 * Stands in for native/src/thread.h when the core is compiled for the crash explorer (CMakeLists.txt includes it first,
 * and the guard keeps the other one out): mutexes and conditions of fibers, which run one at a time and change over
 * only here and at the calls of the medium. So a schedule can be chosen, and repeated.
 */
#ifndef PMS_THREAD_H
#define PMS_THREAD_H

typedef struct pms_mutex {
	int locked;
} pms_mutex;

typedef struct pms_condition {
	unsigned wakes;
} pms_condition;

#define PMS_MUTEX_INITIALIZER \
	{ \
		0 \
	}

/* PMS_CEILING_LEAP of this compilation: scenarios change it (operations.c). */
extern unsigned long long crash_ceiling_leap;

/* fibers.c: another fiber may go on here. */
void fiber_yield(void);
/* The fiber has to wait until `reason` is woken. */
void fiber_wait(const void *reason);
void fiber_wake(const void *reason);

static inline void pms_mutex_init(pms_mutex *mutex) { mutex->locked = 0; }
static inline void pms_mutex_destroy(pms_mutex *mutex) { (void)mutex; }

static inline void pms_mutex_take(pms_mutex *mutex)
{
	while (mutex->locked)
		fiber_wait(mutex);
	mutex->locked = 1;
}

static inline void pms_mutex_lock(pms_mutex *mutex)
{
	fiber_yield();
	pms_mutex_take(mutex);
}

static inline int pms_mutex_try_lock(pms_mutex *mutex)
{
	fiber_yield();
	if (mutex->locked)
		return 0;
	mutex->locked = 1;
	return 1;
}

static inline void pms_mutex_unlock(pms_mutex *mutex)
{
	mutex->locked = 0;
	fiber_wake(mutex);
}

static inline void pms_condition_init(pms_condition *condition) { condition->wakes = 0; }
static inline void pms_condition_destroy(pms_condition *condition) { (void)condition; }

static inline void pms_condition_wait(pms_condition *condition, pms_mutex *mutex)
{
	unsigned wakes = condition->wakes;

	pms_mutex_unlock(mutex);
	while (condition->wakes == wakes)
		fiber_wait(condition);
	pms_mutex_take(mutex);
}

static inline void pms_condition_wake_all(pms_condition *condition)
{
	condition->wakes++;
	fiber_wake(condition);
}

#define PMS_TURN_SPINS 0u

static inline void pms_spin_hint(void) {}
static inline void pms_interleave(void) { fiber_yield(); }

#endif
