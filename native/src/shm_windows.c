/* SPDX-License-Identifier: MIT */
/*
 * Threads of one process wait for each other by WaitOnAddress. There is no coordination file between processes yet: its wake-ups
 * need a barrier that reaches other processes (membarrier on Linux), for which Windows has no call, so readers walk and poll.
 */
#include "shm.h"

#include "os_internal_windows.h"

char *pms_shm_path(const char *path, const pms_file *stream_file, const uint8_t uuid[16])
{
	(void)path;
	(void)stream_file;
	(void)uuid;
	return NULL;
}

static bool none(uint64_t published_bytes, uint64_t common_bytes, pms_shm *shm)
{
	*shm = (pms_shm){.handle = -1, .published_bytes = published_bytes, .common_bytes = common_bytes};
	return false;
}

bool pms_shm_open(const char *path, bool for_writer, uint64_t published_bytes, uint64_t common_bytes, pms_shm *shm)
{
	(void)path;
	(void)for_writer;
	return none(published_bytes, common_bytes, shm);
}

bool pms_shm_create(const char *path, const pms_file *stream_file, const void *header, uint64_t header_bytes,
		    uint64_t published_bytes, uint64_t common_bytes, pms_shm *shm)
{
	(void)path;
	(void)stream_file;
	(void)header;
	(void)header_bytes;
	return none(published_bytes, common_bytes, shm);
}

void pms_shm_close(pms_shm *shm) { shm->handle = -1; }

void pms_shm_remove(const pms_shm *shm, const char *path)
{
	(void)shm;
	(void)path;
}

bool pms_shm_is_at(const pms_shm *shm, const char *path)
{
	(void)shm;
	(void)path;
	return false;
}

bool pms_shm_lock(const pms_shm *shm, uint32_t byte)
{
	(void)shm;
	(void)byte;
	return false;
}

void pms_shm_unlock(const pms_shm *shm, uint32_t byte)
{
	(void)shm;
	(void)byte;
}

bool pms_shm_is_locked(const pms_shm *shm, uint32_t byte)
{
	(void)shm;
	(void)byte;
	return false;
}

/* ---- sleeping ---------------------------------------------------------------------------------------------------- */

void pms_shm_sleep(_Atomic uint32_t *word, uint32_t expected, uint32_t milliseconds)
{
	(void)WaitOnAddress((volatile void *)word, &expected, sizeof(expected), milliseconds);
}

void pms_shm_wake(_Atomic uint32_t *word) { WakeByAddressAll((void *)word); }

/* ---- this process ------------------------------------------------------------------------------------------------ */

uint64_t pms_os_process_id(void) { return GetCurrentProcessId(); }

uint64_t pms_os_process_start(void)
{
	FILETIME created, ended, kernel, user;

	if (!GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user))
		return 0;
	return (uint64_t)created.dwHighDateTime << 32 | created.dwLowDateTime;
}

uint64_t pms_os_milliseconds(void) { return GetTickCount64(); }

uint64_t pms_os_nanoseconds(void)
{
	LARGE_INTEGER now, each_second;

	(void)QueryPerformanceCounter(&now);
	(void)QueryPerformanceFrequency(&each_second);
	uint64_t seconds = (uint64_t)(now.QuadPart / each_second.QuadPart);
	uint64_t rest = (uint64_t)(now.QuadPart % each_second.QuadPart);
	return seconds * 1000000000 + rest * 1000000000 / (uint64_t)each_second.QuadPart;
}
