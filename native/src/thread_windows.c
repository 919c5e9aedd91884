/* SPDX-License-Identifier: MIT */
#include "os_internal_windows.h"
#include "thread.h"

_Static_assert(sizeof(pms_mutex) == sizeof(SRWLOCK), "a mutex is a slim lock");
_Static_assert(sizeof(pms_condition) == sizeof(CONDITION_VARIABLE), "a condition is a condition variable");

static SRWLOCK *lock_of(pms_mutex *mutex) { return (SRWLOCK *)(void *)mutex; }

static CONDITION_VARIABLE *variable_of(pms_condition *condition) { return (CONDITION_VARIABLE *)(void *)condition; }

void pms_mutex_init(pms_mutex *mutex) { InitializeSRWLock(lock_of(mutex)); }

void pms_mutex_lock(pms_mutex *mutex) { AcquireSRWLockExclusive(lock_of(mutex)); }

int pms_mutex_try_lock(pms_mutex *mutex) { return TryAcquireSRWLockExclusive(lock_of(mutex)) != 0; }

void pms_mutex_unlock(pms_mutex *mutex) { ReleaseSRWLockExclusive(lock_of(mutex)); }

void pms_condition_init(pms_condition *condition) { InitializeConditionVariable(variable_of(condition)); }

void pms_condition_wait(pms_condition *condition, pms_mutex *mutex)
{
	(void)SleepConditionVariableSRW(variable_of(condition), lock_of(mutex), INFINITE, 0);
}

void pms_condition_wake_all(pms_condition *condition) { WakeAllConditionVariable(variable_of(condition)); }

void pms_spin_hint(void) { YieldProcessor(); }
