/* SPDX-License-Identifier: MIT */
/*
 * Objects of which several threads store to different members all the time: those members lie PMS_APART bytes from everything
 * else, so that one thread does not take the cache line from another. Two lines, because processors fetch them in pairs.
 */
#ifndef PMS_APART_H
#define PMS_APART_H

#include <stddef.h>

#define PMS_APART 128u

/* apart_posix.c, apart_windows.c: zeroed, aligned to PMS_APART; or null. */
void *pms_allocate_apart(size_t bytes);
void pms_free_apart(void *object);

#endif
