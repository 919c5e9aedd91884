/* SPDX-License-Identifier: MIT */
#include "barrier.h"

#include "os_internal_windows.h"

_Atomic bool pms_barrier_is_asymmetric;

void pms_barrier_initialize(void)
{
	/* Wine has the call and does nothing in it: the light side must then be a full barrier. */
	HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");

	atomic_store(&pms_barrier_is_asymmetric, ntdll && !GetProcAddress(ntdll, "wine_get_version"));
}

void pms_barrier_heavy(void)
{
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load(&pms_barrier_is_asymmetric))
		FlushProcessWriteBuffers();
}

/* No call of Windows reaches the threads of other processes. */
bool pms_barrier_heavy_everywhere(void)
{
	pms_barrier_heavy();
	return false;
}

bool pms_barrier_reaches_others(void) { return false; }
