/* SPDX-License-Identifier: MIT */
#include "barrier.h"

#include "os_internal_windows.h"

_Atomic bool pms_barrier_is_asymmetric;
/* Does not change any more: a thread may have passed a light barrier just before it was made a full one. */
static _Atomic bool system_flushes;

void pms_barrier_initialize(void)
{
	/* Wine has the call and does nothing in it: the light side must then be a full barrier. */
	HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");

	atomic_store(&system_flushes, ntdll && !GetProcAddress(ntdll, "wine_get_version"));
	atomic_store(&pms_barrier_is_asymmetric, atomic_load(&system_flushes));
}

void pms_barrier_heavy(void)
{
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load(&system_flushes))
		FlushProcessWriteBuffers();
}

/* No call of Windows reaches the threads of other processes: a full barrier, for those that have one on the light side. */
bool pms_barrier_heavy_everywhere(void)
{
	atomic_thread_fence(memory_order_seq_cst);
	return true;
}

bool pms_barrier_reaches_others(void) { return !atomic_load(&pms_barrier_is_asymmetric); }

/*
 * A thread that has seen the old word in its light barrier has stored before the interruption what it stored in front of it. One
 * that looks afterwards sees the new word.
 */
bool pms_barrier_reach_others(void)
{
	if (atomic_exchange(&pms_barrier_is_asymmetric, false))
		pms_barrier_heavy();
	return true;
}
