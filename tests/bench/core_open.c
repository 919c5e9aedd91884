/* SPDX-License-Identifier: MIT */
/*
 * Opening a stream: after a close, after its writer was killed, and after one was killed that leaves much to walk over. The
 * streams have the same size, whatever is in them.
 */
#include "core.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOGS_MAX 4u
/* Room for what the killed writers append. */
#define LOG_ROOM_BYTES (48u << 20)
#define LOG_BYTES_MAX (512u << 20)
#define LOG_PAYLOAD 65536u
/* What a writer appends before it is killed. */
#define KILLED_ENTRIES 64u
#define KILLED_PAYLOAD 4096u
/* What a recovery walks over, in entries of KILLED_PAYLOAD. */
#define RECOVERY_BYTES (64u << 20)

static struct {
	uint64_t bytes;
	char path[512];
} logs[LOGS_MAX];

static char recovery_path[512];

static const char *make(const bench_request *request)
{
	char name[64];
	size_t i = 0;

	while (i < LOGS_MAX && logs[i].bytes != 0 && logs[i].bytes != request->log_bytes)
		i++;
	if (i == LOGS_MAX || request->log_bytes == 0 || request->log_bytes > LOG_BYTES_MAX)
		bench_die("a log of %llu bytes is too large, or one too many", (unsigned long long)request->log_bytes);
	if (logs[i].bytes != 0)
		return logs[i].path;
	(void)snprintf(name, sizeof(name), "open-%llu.pms", (unsigned long long)request->log_bytes);
	bench_path(logs[i].path, request, name);
	pms_stream *stream = bench_create(logs[i].path, request, LOG_BYTES_MAX + LOG_ROOM_BYTES + (2u << 20));
	pms_region *region = bench_create_region(stream, "log", LOG_BYTES_MAX + LOG_ROOM_BYTES, 0);
	(void)bench_fill(region, LOG_PAYLOAD, request->log_bytes);
	pms_region_release(region);
	pms_stream_release(stream);
	logs[i].bytes = request->log_bytes;
	return logs[i].path;
}

void bench_open_reset(void)
{
	for (size_t i = 0; i < LOGS_MAX; i++) {
		if (logs[i].bytes)
			(void)unlink(logs[i].path);
		logs[i].bytes = 0;
	}
	if (recovery_path[0])
		(void)unlink(recovery_path);
	recovery_path[0] = '\0';
}

/* Runs `work` in a process that is killed right behind it. */
static void in_killed_process(void (*work)(const bench_request *request, const char *path),
			      const bench_request *request, const char *path)
{
	int status;

	(void)fflush(stdout);
	pid_t child = fork();
	if (child < 0)
		bench_die("no process can be started");
	if (child == 0) {
		work(request, path);
		(void)kill(getpid(), SIGKILL);
	}
	if (waitpid(child, &status, 0) != child || !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		bench_die("the writer of '%s' was not killed, but ended by itself", path);
}

static void append_and_stay(const bench_request *request, const char *path)
{
	pms_stream *stream = bench_open(path, request);
	pms_region *region;
	pms_error error;

	bench_check(pms_region_find(stream, "log", 3, &region, &error), path, &error);
	for (uint64_t i = 0; i < KILLED_ENTRIES; i++)
		bench_check(pms_region_append(region, bench_payload(), KILLED_PAYLOAD, NULL, &error), path, &error);
}

/* Opens, timed. Returns how many entries it walked over. */
static uint64_t open_once(const bench_request *request, const char *path, bench_result *result)
{
	pms_recovery_info recovery = {.struct_bytes = sizeof(recovery)};
	pms_error error;
	uint64_t begin = bench_now_ns();
	pms_stream *stream = bench_open(path, request);

	result->ns += bench_now_ns() - begin;
	bench_check(pms_stream_recovery(stream, &recovery, &error), path, &error);
	pms_stream_release(stream);
	return recovery.recovered_entries;
}

bench_result bench_core_open(const bench_request *request)
{
	const bool killed = bench_is(request->scenario, "open-killed");
	const char *path = make(request);
	const uint64_t expected = killed ? KILLED_ENTRIES : 0;
	bench_result result = {0};

	for (uint64_t i = 0; i < (killed ? 2 : 8); i++) {
		if (killed)
			in_killed_process(append_and_stay, request, path);
		uint64_t found = open_once(request, path, &result);
		if (found < expected || (!killed && found != 0))
			bench_die("'%s': %llu entries were recovered, expected were %llu", path,
				  (unsigned long long)found, (unsigned long long)expected);
		result.operations++;
	}
	return result;
}

/* A reservation that stays open holds the checkpoint back (R9), so that everything behind it has to be walked over. */
static void append_behind_reservation(const bench_request *request, const char *path)
{
	pms_stream *stream = bench_create(path, request, RECOVERY_BYTES + (2u << 20));
	pms_region *region = bench_create_region(stream, "log", RECOVERY_BYTES, 0);
	pms_reservation *reservation;
	pms_error error;
	void *data;

	bench_check(pms_region_reserve(region, 8, &reservation, &data, NULL, &error), path, &error);
	(void)bench_fill(region, KILLED_PAYLOAD, RECOVERY_BYTES - (1u << 20));
}

bench_result bench_core_recovery(const bench_request *request)
{
	bench_result result = {0};

	bench_path(recovery_path, request, "recovery.pms");
	in_killed_process(append_behind_reservation, request, recovery_path);
	result.operations = open_once(request, recovery_path, &result);
	if (result.operations < (RECOVERY_BYTES - (2u << 20)) / (KILLED_PAYLOAD + 64))
		bench_die("'%s': only %llu entries were recovered", recovery_path,
			  (unsigned long long)result.operations);
	return result;
}
