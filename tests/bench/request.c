/* SPDX-License-Identifier: MIT */
#include "request.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool take_number(const char *text, uint64_t *value)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	*value = strtoull(text, &end, 10);
	return *end == '\0';
}

static bool take_word(const char *text, char word[BENCH_WORD_BYTES])
{
	size_t length = strlen(text);

	if (length == 0 || length >= BENCH_WORD_BYTES)
		return false;
	memcpy(word, text, length + 1);
	return true;
}

static bool take_field(const char *name, const char *value, bench_request *request)
{
	struct {
		const char *name;
		char *word;
		uint64_t *number;
	} const fields[] = {
	    {"system", request->system, NULL},		{"scenario", request->scenario, NULL},
	    {"medium", request->medium, NULL},		{"policy", request->policy, NULL},
	    {"payload", NULL, &request->payload_bytes}, {"threads", NULL, &request->threads},
	    {"batch", NULL, &request->batch},		{"log", NULL, &request->log_bytes},
	    {"min_ns", NULL, &request->min_ns},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strcmp(fields[i].name, name) == 0)
			return fields[i].word ? take_word(value, fields[i].word) : take_number(value, fields[i].number);
	return false;
}

bool bench_request_parse(const char *line, bench_request *request, const char **text)
{
	char copy[1024];
	char *rest = NULL;

	*request = (bench_request){
	    .system = "core",
	    .scenario = "append",
	    .medium = "memory",
	    .policy = "automatic",
	    .payload_bytes = 64,
	    .threads = 1,
	    .batch = 1,
	};
	*text = "the line is too long";
	if (strlen(line) >= sizeof(copy))
		return false;
	memcpy(copy, line, strlen(line) + 1);
	*text = "a field is unknown, or its value is none";
	for (char *field = strtok_r(copy, " \n", &rest); field; field = strtok_r(NULL, " \n", &rest)) {
		char *value = strchr(field, '=');
		if (!value)
			return false;
		*value++ = '\0';
		if (!take_field(field, value, request))
			return false;
	}
	*text = "a number is out of its range";
	return request->payload_bytes >= 1 && request->payload_bytes <= BENCH_PAYLOAD_MAX && request->threads >= 1 &&
	       request->threads <= BENCH_THREADS_MAX && request->batch >= 1 && request->batch <= BENCH_BATCH_MAX;
}

bool bench_is(const char *word, const char *expected) { return strcmp(word, expected) == 0; }

bool bench_on_disk(const bench_request *request) { return bench_is(request->medium, "disk"); }

uint64_t bench_now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void bench_die(const char *format, ...)
{
	va_list arguments;

	(void)printf("error ");
	va_start(arguments, format);
	(void)vprintf(format, arguments);
	va_end(arguments);
	(void)printf("\n");
	(void)fflush(stdout);
	exit(1);
}

const uint8_t *bench_payload(void)
{
	_Alignas(64) static uint8_t payload[BENCH_PAYLOAD_MAX];
	uint64_t state = 0x9E3779B97F4A7C15u;

	if (payload[0] != 0)
		return payload;
	for (size_t i = 0; i < sizeof(payload); i++) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		payload[i] = (uint8_t)(state >> 56);
	}
	payload[0] = 1; /* says that it is filled */
	return payload;
}

bench_result bench_run(const bench_request *request, const bench_loop *loop)
{
	bench_result result = {0};

	do {
		if (loop->prepare)
			loop->prepare(loop->state, loop->piece);
		uint64_t begin = bench_now_ns();
		loop->work(loop->state, loop->piece);
		result.ns += bench_now_ns() - begin;
		result.operations += loop->piece;
	} while (result.ns < request->min_ns);
	return result;
}
