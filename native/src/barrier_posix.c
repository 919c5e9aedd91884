/* SPDX-License-Identifier: MIT */
#include "barrier.h"

#include <time.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/membarrier.h>
#include <sys/syscall.h>
#endif

_Atomic bool pms_barrier_is_asymmetric;
static _Atomic bool is_registered_everywhere;

/* Full barriers meet everything; the others only when the system sends for this process. */
bool pms_barrier_reaches_others(void)
{
	return !atomic_load(&pms_barrier_is_asymmetric) || atomic_load(&is_registered_everywhere);
}

/* What the system does for it was asked for at the beginning. */
bool pms_barrier_reach_others(void) { return pms_barrier_reaches_others(); }

#if defined(__linux__)

void pms_barrier_initialize(void)
{
	bool registered = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;

	atomic_store(&pms_barrier_is_asymmetric,
		     registered && syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0);
	atomic_store(&is_registered_everywhere,
		     syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0) == 0);
}

bool pms_barrier_heavy_everywhere(void)
{
	atomic_thread_fence(memory_order_seq_cst);
	return syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0) == 0;
}

void pms_barrier_heavy(void)
{
	atomic_thread_fence(memory_order_seq_cst);
	if (!atomic_load(&pms_barrier_is_asymmetric) ||
	    syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0)
		return;
	/* It worked once and now does not (a filter of system calls): full barriers from now on. Those who have passed a light
	 * one just before are past it in fact after a while: no processor holds a store back for long. */
	atomic_store(&pms_barrier_is_asymmetric, false);
	(void)nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	atomic_thread_fence(memory_order_seq_cst);
}

#else

void pms_barrier_initialize(void) {}

void pms_barrier_heavy(void) { atomic_thread_fence(memory_order_seq_cst); }

bool pms_barrier_heavy_everywhere(void)
{
	atomic_thread_fence(memory_order_seq_cst);
	return true; /* the light side is a full barrier in every process */
}

#endif
