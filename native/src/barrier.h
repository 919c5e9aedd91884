/* SPDX-License-Identifier: MIT */
/*
 * A barrier with a cheap and a dear side, for a word that is stored often and asked for rarely: the one side stores the word,
 * passes the light barrier and looks whether anybody wants to know; the other says that it does, passes the heavy barrier
 * and looks at the word. One of the two sees the other. (An atomic operation instead of the light barrier would wait for
 * the lines that were just flushed.)
 *
 * The heavy barrier makes every running thread of the process pass a full one: membarrier(2) of Linux,
 * FlushProcessWriteBuffers of Windows. Where the system has nothing like it, both are full barriers.
 *
 * Between processes the heavy side is membarrier(2) again, or else a full barrier, which meets the light one of a process that has
 * made it a full one, too (pms_barrier_reach_others).
 */
#ifndef PMS_BARRIER_H
#define PMS_BARRIER_H

#include <stdatomic.h>
#include <stdbool.h>

extern _Atomic bool pms_barrier_is_asymmetric;

/* barrier_posix.c, barrier_windows.c: finds out what there is. Called once, before the first stream. */
void pms_barrier_initialize(void);
void pms_barrier_heavy(void);

/*
 * The heavy side for words in memory that processes share: reaches every running thread of every process in which
 * pms_barrier_reaches_others() is true. False: it does not, and nothing may be built on it.
 */
bool pms_barrier_heavy_everywhere(void);
/* Whether the light barrier of this process can be paired with it. */
bool pms_barrier_reaches_others(void);
/*
 * The same, after what can be done for it: where nothing of the system reaches the threads of other processes, the light barrier
 * of this one is a full one from now on. On true, all that was stored in front of a light one before is visible.
 */
bool pms_barrier_reach_others(void);

/* The fences on both sides keep the compiler from looking at the word, or at what follows, too early. */
static inline void pms_barrier_light(void)
{
	atomic_signal_fence(memory_order_seq_cst);
	if (!atomic_load_explicit(&pms_barrier_is_asymmetric, memory_order_relaxed))
		atomic_thread_fence(memory_order_seq_cst);
	atomic_signal_fence(memory_order_seq_cst);
}

#endif
