/* SPDX-License-Identifier: MIT */
/*
 * Sleeping on a word. WaitOnAddress knows the threads of one process; those of others sleep on a named event that is there only
 * while somebody sleeps. Its name says which word it is and what the word holds, so an event is for one value: it is set when
 * the word moves on, and never reset, and nobody who sleeps on it can miss that. native/DESIGN.md, section 8.
 *
 * A name can be taken by anybody. Whatever is found under one is at most set and waited for, and waits are bounded; an event that
 * is set although the word has not moved is somebody else's, and is not relied upon.
 */
#include "shm_internal_windows.h"

#include <stdio.h>

/* Sleepers of other processes look that often where there is no event that is ours. */
#define POLL_MILLISECONDS 10u

/* In the name space of the session of Windows: objects of one user's programs do not meet those of another session's. */
void pms_shm_name_event(wchar_t name[PMS_EVENT_NAME_UNITS], const pms_shm *shm, char kind, uint64_t number)
{
	char text[PMS_EVENT_NAME_UNITS];
	char *at = text + sprintf(text, "Local\\pmemstream-");
	size_t unit = 0;

	for (int i = 0; i < 16; i++)
		at += sprintf(at, "%02x", shm->uuid[i]);
	(void)sprintf(at, "-%llx-%llx-%c%llx", (unsigned long long)shm->device, (unsigned long long)shm->inode, kind,
		      (unsigned long long)number);
	for (; text[unit]; unit++)
		name[unit] = (wchar_t)text[unit];
	name[unit] = L'\0';
}

/* Held until the file is closed. One that is there already is not ours: the session's number was never used before. */
bool pms_shm_answer(pms_shm *shm, uint64_t session)
{
	wchar_t name[PMS_EVENT_NAME_UNITS];
	HANDLE event;

	pms_shm_name_event(name, shm, PMS_EVENT_OF_WRITER, session);
	event = CreateEventW(NULL, TRUE, FALSE, name);
	if (event && GetLastError() == ERROR_ALREADY_EXISTS) {
		(void)CloseHandle(event);
		event = NULL;
	}
	shm->answering = event;
	return event != NULL;
}

/* Then both see the same names, and may use what the other has made. */
bool pms_shm_is_answered(const pms_shm *shm, uint64_t session)
{
	wchar_t name[PMS_EVENT_NAME_UNITS];
	HANDLE event;

	pms_shm_name_event(name, shm, PMS_EVENT_OF_WRITER, session);
	event = OpenEventW(EVENT_MODIFY_STATE | SYNCHRONIZE, FALSE, name);
	if (event)
		(void)CloseHandle(event);
	return event != NULL;
}

static void sleep_here(_Atomic uint32_t *word, uint32_t expected, uint32_t milliseconds)
{
	(void)WaitOnAddress((volatile void *)word, &expected, sizeof(expected), milliseconds);
}

static uint32_t at_most(uint32_t milliseconds, uint32_t most) { return milliseconds < most ? milliseconds : most; }

void pms_shm_sleep(pms_shm_word word, uint32_t expected, uint32_t milliseconds)
{
	wchar_t name[PMS_EVENT_NAME_UNITS];
	HANDLE event;

	if (!word.shm || word.shm->for_writer) { /* whoever wakes is in this process */
		sleep_here(word.at, expected, milliseconds);
		return;
	}
	pms_shm_name_event(name, word.shm, PMS_EVENT_OF_WORD, expected);
	event = CreateEventW(NULL, TRUE, FALSE, name);
	if (!event) {
		sleep_here(word.at, expected, at_most(milliseconds, POLL_MILLISECONDS));
		return;
	}
	/* Whoever moves the word on behind this finds the event. */
	if (atomic_load(word.at) == expected && WaitForSingleObject(event, milliseconds) != WAIT_TIMEOUT &&
	    atomic_load(word.at) == expected)
		sleep_here(word.at, expected, at_most(milliseconds, POLL_MILLISECONDS));
	(void)CloseHandle(event);
}

bool pms_shm_wake(pms_shm_word word)
{
	uint32_t before = atomic_fetch_add(word.at, 1);
	wchar_t name[PMS_EVENT_NAME_UNITS];
	HANDLE event;
	bool woken;

	WakeByAddressAll((void *)word.at);
	if (!word.shm)
		return true;
	pms_shm_name_event(name, word.shm, PMS_EVENT_OF_WORD, before);
	event = OpenEventW(EVENT_MODIFY_STATE, FALSE, name);
	if (!event)
		return GetLastError() == ERROR_FILE_NOT_FOUND; /* nobody sleeps */
	woken = SetEvent(event) != 0;
	(void)CloseHandle(event);
	return woken;
}
