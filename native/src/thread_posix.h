/* SPDX-License-Identifier: MIT */
/* thread.h where there are POSIX threads. */
#ifndef PMS_THREAD_POSIX_H
#define PMS_THREAD_POSIX_H

#include <pthread.h>

typedef pthread_mutex_t pms_mutex;
typedef pthread_cond_t pms_condition;

#define PMS_MUTEX_INITIALIZER PTHREAD_MUTEX_INITIALIZER

static inline void pms_mutex_init(pms_mutex *mutex) { (void)pthread_mutex_init(mutex, NULL); }
static inline void pms_mutex_destroy(pms_mutex *mutex) { (void)pthread_mutex_destroy(mutex); }
static inline void pms_mutex_lock(pms_mutex *mutex) { (void)pthread_mutex_lock(mutex); }
static inline int pms_mutex_try_lock(pms_mutex *mutex) { return pthread_mutex_trylock(mutex) == 0; }
static inline void pms_mutex_unlock(pms_mutex *mutex) { (void)pthread_mutex_unlock(mutex); }

static inline void pms_condition_init(pms_condition *condition) { (void)pthread_cond_init(condition, NULL); }
static inline void pms_condition_destroy(pms_condition *condition) { (void)pthread_cond_destroy(condition); }
static inline void pms_condition_wait(pms_condition *condition, pms_mutex *mutex)
{
	(void)pthread_cond_wait(condition, mutex);
}
static inline void pms_condition_wake_all(pms_condition *condition) { (void)pthread_cond_broadcast(condition); }

static inline void pms_spin_hint(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

#endif
