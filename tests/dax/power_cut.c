/* SPDX-License-Identifier: MIT */
/*
 * power_cut STORE PATH SEED ROUND ACKNOWLEDGEMENTS OUT [compare]
 *
 * Opens the store at PATH ("stream" or "plain"), compares it with the ACKNOWLEDGEMENTS of the rounds before, and then
 * appends from several threads until the power is cut. Each acknowledgement goes to OUT after the call has returned. With
 * "compare", or when the comparison fails, it closes the store and ends instead.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <unistd.h>

#include "cut.h"

_Static_assert(sizeof(cut_ack) == 48, "the records are exchanged as they are");

static const cut_store *store;
static uint64_t seed;
static uint32_t round_number;
static int file = -1;
static uint16_t io_port;

void cut_die(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)fputs("power_cut: ", stdout);
	(void)vprintf(format, arguments);
	(void)fputs("\n", stdout);
	va_end(arguments);
	(void)fflush(stdout);
	_exit(2);
}

/*
 * An I/O port, as io:NUMBER, or a file. QEMU handles the instruction that writes to a port before it ends; a virtio port
 * would not do: write(2) returns when the record is queued, in memory that a power cut takes.
 */
void cut_ack_open(const char *path)
{
	if (strncmp(path, "io:", 3) == 0) {
		io_port = (uint16_t)strtoul(path + 3, NULL, 0);
		if (ioperm(io_port, 1, 1) != 0)
			cut_die("cannot use the I/O port %s: %s", path, strerror(errno));
		return;
	}
	file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (file < 0)
		cut_die("cannot open %s: %s", path, strerror(errno));
}

void cut_ack_send(cut_ack_kind kind, const cut_name *name, uint64_t offset, uint64_t timestamp)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	const cut_ack ack = {.kind = kind, .name = *name, .offset = offset, .timestamp = timestamp};

	if (file >= 0) {
		if (write(file, &ack, sizeof(ack)) != sizeof(ack))
			cut_die("cannot write an acknowledgement: %s", strerror(errno));
		return;
	}
	(void)pthread_mutex_lock(&mutex);
	outsb(io_port, &ack, sizeof(ack));
	(void)pthread_mutex_unlock(&mutex);
}

static void *work(void *argument)
{
	store->work(seed, round_number, (uint32_t)(uintptr_t)argument);
	return NULL;
}

static void clear_filling(void)
{
	for (uint32_t region = 0; region < CUT_REGIONS; region++) {
		const cut_name name = {.magic = CUT_NAME_MAGIC, .round = round_number, .region = region};

		if (!store->is_filling(region))
			continue;
		printf("clearing region %u\n", region);
		cut_ack_send(CUT_ACK_CLEARING, &name, 0, 0);
		store->clear(region);
		cut_ack_send(CUT_ACK_CLEARED, &name, 0, 0);
	}
}

static void work_until_cut(void)
{
	pthread_t threads[CUT_THREADS];

	puts("working");
	(void)fflush(stdout);
	clear_filling();
	for (uintptr_t i = 0; i < CUT_THREADS; i++)
		if (pthread_create(&threads[i], NULL, work, (void *)i) != 0)
			cut_die("cannot start a thread");
	for (uintptr_t i = 0; i < CUT_THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	puts("full: waiting for the cut");
	(void)fflush(stdout);
	(void)pause();
}

int main(int count, char **arguments)
{
	cut_verdict verdict;
	bool good;

	if (count < 7)
		cut_die("expected STORE PATH SEED ROUND ACKNOWLEDGEMENTS OUT [compare]");
	store = strcmp(arguments[1], "plain") == 0 ? &cut_plain_store : &cut_stream_store;
	seed = strtoull(arguments[3], NULL, 10);
	round_number = (uint32_t)strtoul(arguments[4], NULL, 10);
	cut_ack_open(arguments[6]);
	puts("opening");
	(void)fflush(stdout);
	store->open(arguments[2]);
	verdict = cut_compare(store, seed, round_number, arguments[5]);
	printf("verdict: acknowledged=%llu found=%llu in_flight=%llu lost=%llu reordered=%llu invented=%llu "
	       "damaged=%llu\n",
	       (unsigned long long)verdict.acknowledged, (unsigned long long)verdict.found,
	       (unsigned long long)verdict.in_flight, (unsigned long long)verdict.lost,
	       (unsigned long long)verdict.reordered, (unsigned long long)verdict.invented,
	       (unsigned long long)verdict.damaged);
	(void)fflush(stdout);
	good = verdict.lost + verdict.reordered + verdict.invented + verdict.damaged == 0;
	if (good && count == 7)
		work_until_cut();
	store->close();
	return good ? 0 : 1;
}
