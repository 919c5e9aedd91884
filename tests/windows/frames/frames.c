/* SPDX-License-Identifier: MIT */
/*
 * Keeps .NET from being ended by Wine's handling of exceptions; ./build.sh test-windows has it loaded into the C# suite by
 * StartupHook.cs. No part of the library: Windows itself does without.
 *
 * On x86-64, Windows finds handlers by tables. Wine 8.0 has, beside them, records on the stack, in a list that begins at
 * NT_TIB.ExceptionList; it pushes one while it calls a handler. A handler of .NET 10 does not return when managed
 * code catches what came through native frames, as from MethodInfo.Invoke: it goes to the catch at once. The record stays in
 * the list, and is soon overwritten. The next exception of the thread makes Wine call what stands there by then, which
 * faults, which is the next exception, and so on until the stack has come to its end.
 *
 * So before Wine looks, what is no longer a record leaves the list.
 */
#include <stdbool.h>
#include <stdint.h>

#include <windows.h>

typedef struct frame_record {
	struct frame_record *previous;
	uint8_t *handler;
} frame_record;

#define LAST_RECORD ((frame_record *)UINTPTR_MAX)

/* The record of a thread's own start lies this close to the base of its stack. */
static const uintptr_t start_bytes = 4096;

static bool is_code(const void *address)
{
	MEMORY_BASIC_INFORMATION memory;

	return VirtualQuery(address, &memory, sizeof(memory)) != 0 && memory.Type == MEM_IMAGE &&
	       (memory.Protect &
		(PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY)) != 0;
}

/* Is there, from here on, a record that was not overwritten? */
static bool is_record(const frame_record *record, uintptr_t from, uintptr_t base)
{
	const uintptr_t at = (uintptr_t)record;

	return at % sizeof(void *) == 0 && at >= from && at < base && base - at >= sizeof(*record) &&
	       is_code(record->handler);
}

/* The record of the thread's start, which is the last of the list, if it has one. */
static frame_record *find_last(uintptr_t from, uintptr_t base)
{
	for (uintptr_t at = base - sizeof(frame_record); at >= from && base - at <= start_bytes; at -= sizeof(void *)) {
		frame_record *record = (frame_record *)at;

		if (record->previous == LAST_RECORD && is_record(record, from, base))
			return record;
	}
	return LAST_RECORD;
}

/*
 * The list has all records that lie above the stack pointer, up to the first that was overwritten; behind them is the last one.
 * A record in the middle that is of a call that is gone, and is whole by chance, stays. It does no harm: its handler says that
 * there is nothing to handle.
 */
static LONG CALLBACK on_exception(EXCEPTION_POINTERS *exception)
{
	NT_TIB *thread = (NT_TIB *)NtCurrentTeb();
	const uintptr_t base = (uintptr_t)thread->StackBase, stack_pointer = exception->ContextRecord->Rsp;
	uintptr_t from = (uintptr_t)thread->StackLimit;
	frame_record **link = (frame_record **)&thread->ExceptionList;

	if (stack_pointer < from || stack_pointer >= base)
		return EXCEPTION_CONTINUE_SEARCH;
	while (*link != LAST_RECORD) {
		frame_record *record = *link;

		if (!is_record(record, from, base)) {
			*link = find_last(from > stack_pointer ? from : stack_pointer, base);
			break;
		}
		from = (uintptr_t)record + sizeof(*record);
		if ((uintptr_t)record < stack_pointer)
			*link = record->previous;
		else
			link = &record->previous;
	}
	return EXCEPTION_CONTINUE_SEARCH;
}

/* DllMain, as the loader knows it. */
BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, void *reserved)
{
	(void)self;
	(void)reserved;
	return reason != DLL_PROCESS_ATTACH || AddVectoredExceptionHandler(1, on_exception) != NULL;
}
