/* SPDX-License-Identifier: MIT */
/* Mutex and condition variable, as the engine uses them: one thin name for what each platform gives. */
#ifndef PMS_THREAD_H
#define PMS_THREAD_H

#if defined(_WIN32)
#include "thread_windows.h"
#else
#include "thread_posix.h"
#endif

/* Turns that a thread looks for, before it sleeps until its turn comes. */
#define PMS_TURN_SPINS 300u

/* Where another thread may step in between two atomic operations: the crash explorer changes over here. */
static inline void pms_interleave(void) {}

#endif
