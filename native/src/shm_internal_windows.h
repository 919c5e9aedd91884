/* SPDX-License-Identifier: MIT */
/* What shm_windows.c, shm_wait_windows.c and their tests share. */
#ifndef PMS_SHM_INTERNAL_WINDOWS_H
#define PMS_SHM_INTERNAL_WINDOWS_H

#include "os_internal_windows.h"
#include "shm.h"

/* Where locks are: the byte that owners contend for, and the one that others look at. */
#define PMS_SHM_CONTENDED_BYTES ((uint64_t)1 << 62)
#define PMS_SHM_SHOWN_BYTES (PMS_SHM_CONTENDED_BYTES + 65536u)

/* Names of events: of a word that holds `number`; of the session `number`, held by a writer that wakes others. */
#define PMS_EVENT_NAME_UNITS 128
#define PMS_EVENT_OF_WORD 'w'
#define PMS_EVENT_OF_WRITER 'a'
void pms_shm_name_event(wchar_t name[PMS_EVENT_NAME_UNITS], const pms_shm *shm, char kind, uint64_t number);

#endif
