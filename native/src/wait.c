/* SPDX-License-Identifier: MIT */
/*
 * Waiting. native/DESIGN.md, section 7, "Waking", says why no wake-up is lost: read the ticket, arm what is waited for, pass the
 * heavy barrier, look; and sleep only while the ticket is what it was.
 */
#include "wait.h"

#include <stdlib.h>

#include "barrier.h"
#include "cursor.h"

/* Where nobody wakes us: looks again after 1 ms, then less and less often. */
#define POLL_MILLISECONDS_MIN 1u
#define POLL_MILLISECONDS_MAX 50u

/* A writer that is killed wakes nobody: whoever relies on one looks that often whether it lives. */
uint32_t pms_trust_milliseconds = 1000;

struct pms_waiter {
	pms_stream *stream;
	pms_waiter *previous, *next; /* of the stream, under the mutex of its coordination */
	_Atomic uint32_t cancelled;
	pms_mutex mutex;
	pms_attachment *attachment; /* whose ticket it sleeps on, referenced; null: the stream's, or its own */
	pms_shm_word ticket;	    /* .at is null: it does not sleep */
	_Atomic uint32_t own;	    /* what it sleeps on when it polls */
};

int32_t pms_waiter_new(pms_stream *stream, pms_waiter **out, pms_error *error)
{
	pms_waiter *waiter = calloc(1, sizeof(*waiter));

	if (!waiter)
		return pms_fail(error, PMS_E_NO_MEMORY, "out of memory for a waiter");
	waiter->stream = stream;
	pms_mutex_init(&waiter->mutex);
	atomic_fetch_add(&stream->references, 1);
	pms_mutex_lock(&stream->coordination.mutex);
	waiter->next = stream->coordination.waiters;
	if (waiter->next)
		waiter->next->previous = waiter;
	stream->coordination.waiters = waiter;
	pms_mutex_unlock(&stream->coordination.mutex);
	*out = waiter;
	return PMS_OK;
}

void pms_waiter_free(pms_waiter *waiter)
{
	pms_stream *stream = waiter->stream;

	if (pms_stream_is_forked(stream))
		return; /* a mutex may have been copied locked */
	pms_mutex_lock(&stream->coordination.mutex);
	if (waiter->previous)
		waiter->previous->next = waiter->next;
	else
		stream->coordination.waiters = waiter->next;
	if (waiter->next)
		waiter->next->previous = waiter->previous;
	pms_mutex_unlock(&stream->coordination.mutex);
	pms_mutex_destroy(&waiter->mutex);
	free(waiter);
	pms_stream_unreference(stream);
}

const pms_stream *pms_waiter_stream(const pms_waiter *waiter) { return waiter->stream; }

/* ---- from other threads ------------------------------------------------------------------------------------------ */

static void kick(pms_waiter *waiter)
{
	pms_mutex_lock(&waiter->mutex);
	if (waiter->ticket.at)
		(void)pms_shm_wake(waiter->ticket);
	pms_mutex_unlock(&waiter->mutex);
}

void pms_waiter_stop(pms_waiter *waiter)
{
	atomic_store(&waiter->cancelled, 1);
	kick(waiter);
}

void pms_waiters_kick(pms_stream *stream)
{
	pms_mutex_lock(&stream->coordination.mutex);
	for (pms_waiter *waiter = stream->coordination.waiters; waiter; waiter = waiter->next)
		kick(waiter);
	pms_mutex_unlock(&stream->coordination.mutex);
}

/* ---- one round --------------------------------------------------------------------------------------------------- */

/* What the next sleep is on, from now on for `kick`, too. */
static void choose_ticket(pms_waiter *waiter, pms_attachment *attachment, pms_shm_word ticket)
{
	pms_mutex_lock(&waiter->mutex);
	pms_attachment *before = waiter->attachment;
	waiter->attachment = attachment;
	waiter->ticket = ticket;
	pms_mutex_unlock(&waiter->mutex);
	pms_attachment_release(before);
}

/* Whether somebody will wake us from now on: then whatever he did before is seen by a look behind this. */
static bool arm(pms_waiter *waiter, const pms_awaited *awaited, uint32_t count, uint32_t *expected)
{
	pms_stream *stream = waiter->stream;
	uint32_t armed = stream->read_only ? PMS_ARMED_BESIDE : PMS_ARMED_HERE;
	bool reliable = true;
	pms_attachment *attachment = stream->read_only ? pms_coordination_waker(stream, &reliable) : NULL;

	if (stream->read_only && !attachment) {
		choose_ticket(waiter, NULL, (pms_shm_word){.at = &waiter->own});
		*expected = atomic_load(&waiter->own);
		return false;
	}
	choose_ticket(waiter, attachment,
		      attachment ? (pms_shm_word){.shm = &attachment->shm, .at = &attachment->common->ticket}
				 : pms_coordination_ticket(stream));
	*expected = atomic_load(waiter->ticket.at);
	for (uint32_t i = 0; i < count; i++)
		atomic_store(&pms_coordination_arm(awaited[i].region, attachment)->armed, armed);
	if (stream->read_only)
		return pms_barrier_heavy_everywhere() && reliable;
	pms_barrier_heavy();
	return true;
}

static bool look_at_all(pms_awaited *awaited, uint32_t count)
{
	bool ready = false;

	for (uint32_t i = 0; i < count; i++) {
		awaited[i].status = pms_entry_is_behind(awaited[i].region, &awaited[i].after, NULL);
		ready |= awaited[i].status != PMS_E_END;
	}
	return ready;
}

static uint32_t until(uint64_t deadline, uint64_t now, uint32_t most)
{
	return deadline - now < most ? (uint32_t)(deadline - now) : most;
}

static int32_t wait_in_rounds(pms_waiter *waiter, pms_awaited *awaited, uint32_t count, uint64_t deadline,
			      pms_error *error)
{
	uint32_t pause = POLL_MILLISECONDS_MIN;
	uint32_t expected;

	for (;;) {
		bool armed = arm(waiter, awaited, count, &expected);
		if (look_at_all(awaited, count))
			return PMS_OK;
		if (atomic_exchange(&waiter->cancelled, 0))
			return pms_fail(error, PMS_E_CANCELLED, "the wait was cancelled");
		/* A region says so itself, a little later in the close, which then wakes us. */
		if (count == 0 && atomic_load(&waiter->stream->closed))
			return pms_fail(error, PMS_E_CLOSED, "the stream was closed");
		uint64_t now = pms_os_milliseconds();
		if (now >= deadline)
			return pms_fail(error, PMS_E_TIMEOUT, "nothing came in the time that was given");
		pms_shm_sleep(waiter->ticket, expected, until(deadline, now, armed ? pms_trust_milliseconds : pause));
		pause = armed ? POLL_MILLISECONDS_MIN : pause * 2;
		if (pause > POLL_MILLISECONDS_MAX)
			pause = POLL_MILLISECONDS_MAX;
	}
}

int32_t pms_waiter_run(pms_waiter *waiter, pms_awaited *awaited, uint32_t count, uint32_t timeout_milliseconds,
		       pms_error *error)
{
	uint64_t deadline =
	    timeout_milliseconds == UINT32_MAX ? UINT64_MAX : pms_os_milliseconds() + timeout_milliseconds;

	if (pms_stream_is_forked(waiter->stream))
		return pms_fail(error, PMS_E_FORKED, "the stream was opened by the parent of this process");
	int32_t status = wait_in_rounds(waiter, awaited, count, deadline, error);
	choose_ticket(waiter, NULL, (pms_shm_word){0});
	return status;
}
