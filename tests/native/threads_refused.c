/* SPDX-License-Identifier: MIT */
/* Linked into the programs without the label "threads" (threads.cmake), in place of what starts a thread. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <threads.h>

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *context);
int __wrap_thrd_create(thrd_t *thread, thrd_start_t run, void *context);

static _Noreturn void refuse(void)
{
	(void)fprintf(stderr,
		      "This test starts a thread, but its text does not show it, so ThreadSanitizer would not run "
		      "it: expected \"pthread_create\", or the header of support that starts threads, in its "
		      "source. See tests/native/threads.cmake.\n");
	abort();
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *context)
{
	(void)thread;
	(void)attributes;
	(void)run;
	(void)context;
	refuse();
}

int __wrap_thrd_create(thrd_t *thread, thrd_start_t run, void *context)
{
	(void)thread;
	(void)run;
	(void)context;
	refuse();
}
