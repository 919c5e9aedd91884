/* SPDX-License-Identifier: MIT */
/* Which calls for persistent memory the system has. In a file of its own, so that tests can put others here. */
#include "medium_internal_windows.h"

typedef void (*any_function)(void);

static pms_system_calls found;

static BOOL CALLBACK find_once(PINIT_ONCE once, PVOID parameter, PVOID *context)
{
	HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");

	(void)once, (void)parameter, (void)context;
	if (!ntdll)
		return TRUE;
	found.get_token = (pms_get_token_call)(any_function)GetProcAddress(ntdll, "RtlGetNonVolatileToken");
	found.free_token = (pms_token_call)(any_function)GetProcAddress(ntdll, "RtlFreeNonVolatileToken");
	found.flush = (pms_flush_call)(any_function)GetProcAddress(ntdll, "RtlFlushNonVolatileMemory");
	found.drain = (pms_token_call)(any_function)GetProcAddress(ntdll, "RtlDrainNonVolatileFlush");
	return TRUE;
}

const pms_system_calls *pms_system_calls_find(void)
{
	static INIT_ONCE once = INIT_ONCE_STATIC_INIT;

	(void)InitOnceExecuteOnce(&once, find_once, NULL, NULL);
	return &found;
}
