/* SPDX-License-Identifier: MIT */
/* Waiting for entries, here or beside a writer in another process. Arguments were checked by api_wait.c. */
#ifndef PMS_WAIT_H
#define PMS_WAIT_H

#include "engine.h"

/* How long a sleeper relies on a living writer; tests make it longer than they last. */
extern uint32_t pms_trust_milliseconds;

int32_t pms_waiter_new(pms_stream *stream, pms_waiter **out, pms_error *error);
int32_t pms_waiter_run(pms_waiter *waiter, pms_awaited *awaited, uint32_t count, uint32_t timeout_milliseconds,
		       pms_error *error);
void pms_waiter_stop(pms_waiter *waiter);
void pms_waiter_free(pms_waiter *waiter);
const pms_stream *pms_waiter_stream(const pms_waiter *waiter);
/* The stream was closed: all of its waiters look again. */
void pms_waiters_kick(pms_stream *stream);

#endif
