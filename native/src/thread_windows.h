/* SPDX-License-Identifier: MIT */
/*
 * thread.h on Windows: a slim lock and a condition variable. Both are one pointer; <windows.h> stays out of the engine
 * (thread_windows.c compares the sizes).
 */
#ifndef PMS_THREAD_WINDOWS_H
#define PMS_THREAD_WINDOWS_H

typedef struct pms_mutex {
	void *word;
} pms_mutex;

typedef struct pms_condition {
	void *word;
} pms_condition;

#define PMS_MUTEX_INITIALIZER \
	{ \
		0 \
	}

void pms_mutex_init(pms_mutex *mutex);
void pms_mutex_lock(pms_mutex *mutex);
int pms_mutex_try_lock(pms_mutex *mutex);
void pms_mutex_unlock(pms_mutex *mutex);

void pms_condition_init(pms_condition *condition);
void pms_condition_wait(pms_condition *condition, pms_mutex *mutex);
void pms_condition_wake_all(pms_condition *condition);

void pms_spin_hint(void);

/* Neither holds anything of the system. */
static inline void pms_mutex_destroy(pms_mutex *mutex) { (void)mutex; }
static inline void pms_condition_destroy(pms_condition *condition) { (void)condition; }

#endif
