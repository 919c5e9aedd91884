/* SPDX-License-Identifier: MIT */
/*
 * The writer lock: LockFileEx on two bytes far behind any data. Locks of Windows are not advisory, and would keep readers
 * from bytes of the stream. They belong to the open file: two opens in one process conflict.
 *
 * Two bytes, because there is no way to ask for a lock without taking it. Writers contend for the first, of which nobody else
 * knows: who gets it is the writer. He then takes the second one, too, which is what others look at: for a moment they
 * take it, shared; so he waits for it, and nobody mistakes one that looks for a writer.
 */
#include "error.h"
#include "os_internal_windows.h"

#define WRITER_BYTE (INT64_MAX - 1)
#define SHOWN_BYTE (INT64_MAX - 2)

#define WAIT_MILLISECONDS_MAX 50u

static OVERLAPPED place_of(int64_t byte)
{
	return (OVERLAPPED){.Offset = (DWORD)(uint64_t)byte, .OffsetHigh = (DWORD)((uint64_t)byte >> 32)};
}

/* 0, or the error of the system. */
static int take(const pms_file *file, int64_t byte, DWORD flags)
{
	OVERLAPPED place = place_of(byte);

	return LockFileEx(pms_handle(file), flags, 0, 1, 0, &place) ? 0 : pms_last_error();
}

static void give_back(const pms_file *file, int64_t byte)
{
	OVERLAPPED place = place_of(byte);

	(void)UnlockFileEx(pms_handle(file), 0, 1, 0, &place);
}

static bool is_taken(int os_error) { return os_error == ERROR_LOCK_VIOLATION || os_error == ERROR_IO_PENDING; }

static int32_t fail_locked(uint32_t waited_milliseconds, pms_error *error)
{
	static const char what[] = "another writer has the stream open";

	if (waited_milliseconds == 0)
		return pms_fail(error, PMS_E_LOCKED, "%s", what);
	return pms_fail(error, PMS_E_LOCKED, "%s (waited %u ms)", what, waited_milliseconds);
}

int32_t pms_file_lock(pms_file *file, uint32_t wait_milliseconds, pms_error *error)
{
	const ULONGLONG begun = GetTickCount64();
	uint32_t pause = 1;
	int os_error;

	while (is_taken(os_error = take(file, WRITER_BYTE, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY))) {
		ULONGLONG waited = GetTickCount64() - begun;

		if (wait_milliseconds != UINT32_MAX && waited >= wait_milliseconds)
			return fail_locked(wait_milliseconds, error);
		if (wait_milliseconds != UINT32_MAX && pause > wait_milliseconds - waited)
			pause = (uint32_t)(wait_milliseconds - waited);
		Sleep(pause);
		pause = pause > WAIT_MILLISECONDS_MAX / 2 ? WAIT_MILLISECONDS_MAX : pause * 2;
	}
	if (os_error == 0) {
		os_error = take(file, SHOWN_BYTE, LOCKFILE_EXCLUSIVE_LOCK);
		if (os_error != 0)
			give_back(file, WRITER_BYTE);
	}
	if (os_error == ERROR_NOT_SUPPORTED || os_error == ERROR_INVALID_FUNCTION)
		return pms_fail_os(error, PMS_E_NOT_SUPPORTED, os_error, "the file system cannot lock the file");
	if (os_error != 0)
		return pms_fail_os(error, PMS_E_IO, os_error, "cannot lock the file");
	file->locked = true;
	file->lock_generation = pms_os_fork_generation;
	return PMS_OK;
}

/* Closing the handle is not enough: the mapping has one of the same open file (medium_windows.c). */
void pms_file_unlock(pms_file *file)
{
	if (file->locked) {
		give_back(file, SHOWN_BYTE);
		give_back(file, WRITER_BYTE);
	}
	file->locked = false;
}

bool pms_file_lock_is_held(const pms_file *file)
{
	int os_error = take(file, SHOWN_BYTE, LOCKFILE_FAIL_IMMEDIATELY);

	if (os_error == 0)
		give_back(file, SHOWN_BYTE);
	return is_taken(os_error);
}
