/* SPDX-License-Identifier: MIT */
/*
 * count_flushes PATH BYTES   Counts the flush and fence instructions that the processor executes in one append of BYTES
 * bytes, by letting it execute one instruction at a time. PATH is a new file in which a stream is created, or a device.
 * The library is not asked: this is what it does, and not what it says.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pmemstream_core.h>

#define STREAM_BYTES ((uint64_t)8 << 20)
#define PAYLOAD_MAX 65536u
#define STEPS_MAX 5000000ull

static _Noreturn void die(const char *what, const char *why)
{
	printf("count_flushes: %s: %s\n", what, why);
	(void)fflush(stdout);
	_exit(1);
}

/* ---- the child that appends -------------------------------------------------------------------------------------- */

static void append(pms_region *region, const void *payload, uint64_t bytes)
{
	pms_error error;

	if (pms_region_append(region, payload, bytes, NULL, &error) != PMS_OK)
		die("append", error.message);
}

static _Noreturn void be_counted(const char *path, uint64_t bytes)
{
	static uint8_t payload[PAYLOAD_MAX];
	const pms_create_options create = {
	    .struct_bytes = sizeof(create), .flags = PMS_CREATE_OVERWRITE, .stream_bytes = STREAM_BYTES};
	const pms_region_options options = {.struct_bytes = sizeof(options), .usable_bytes = STREAM_BYTES / 2};
	pms_stream *stream;
	pms_region *region;
	pms_error error;

	memset(payload, 0x5a, sizeof(payload));
	if (pms_stream_create(path, &create, &stream, &error) != PMS_OK)
		die(path, error.message);
	if (pms_region_create(stream, &options, &region, &error) != PMS_OK)
		die("region", error.message);
	/* The first one also binds symbols and faults pages in. */
	append(region, payload, bytes);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
		die("ptrace", strerror(errno));
	(void)raise(SIGUSR1);
	append(region, payload, bytes);
	(void)raise(SIGUSR1);
	pms_region_release(region);
	pms_stream_release(stream);
	_exit(0);
}

/* ---- the parent that counts -------------------------------------------------------------------------------------- */

typedef struct counts {
	uint64_t instructions, clwb, clflushopt, clflush, fences;
} counts;

/* 0F AE: /6 with 66 is clwb, /7 with 66 clflushopt, /7 clflush, each with an operand in memory; F8 is sfence, F0 mfence. */
static void count_instruction(const uint8_t *code, counts *c)
{
	unsigned operation;
	int with_66 = 0;

	c->instructions++;
	while (*code == 0x66 || (*code & 0xf0) == 0x40 || (*code >= 0x64 && *code <= 0x65) || *code == 0x2e ||
	       *code == 0x3e) {
		with_66 |= *code == 0x66;
		code++;
	}
	if (code[0] != 0x0f || code[1] != 0xae)
		return;
	operation = (code[2] >> 3) & 7u;
	if (code[2] >= 0xc0)
		c->fences += operation == 7 || operation == 6;
	else if (operation == 6)
		c->clwb += with_66 != 0;
	else if (operation == 7 && with_66)
		c->clflushopt++;
	else if (operation == 7)
		c->clflush++;
}

static void fetch(pid_t child, uint64_t address, uint8_t code[16])
{
	for (unsigned i = 0; i < 2; i++) {
		long word;

		errno = 0;
		word = ptrace(PTRACE_PEEKTEXT, child, (void *)(uintptr_t)(address + 8 * i), NULL);
		if (errno != 0)
			word = 0; /* the end of a page */
		memcpy(code + 8 * i, &word, 8);
	}
}

static int wait_for(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) != child)
		die("waitpid", strerror(errno));
	if (!WIFSTOPPED(status))
		die("the child", "ended");
	return WSTOPSIG(status);
}

static counts count(pid_t child)
{
	counts c = {.instructions = 0};
	struct user_regs_struct registers;
	uint8_t code[16];

	for (uint64_t step = 0;; step++) {
		if (step == STEPS_MAX)
			die("the append", "does not end");
		if (ptrace(PTRACE_GETREGS, child, NULL, &registers) != 0)
			die("ptrace", strerror(errno));
		fetch(child, registers.rip, code);
		count_instruction(code, &c);
		if (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) != 0)
			die("ptrace", strerror(errno));
		if (wait_for(child) == SIGUSR1)
			return c;
	}
}

int main(int argument_count, char **arguments)
{
	uint64_t bytes;
	counts c;
	pid_t child;

	if (argument_count != 3 || (bytes = strtoull(arguments[2], NULL, 10)) > PAYLOAD_MAX)
		die("expected", "PATH BYTES");
	child = fork();
	if (child < 0)
		die("fork", strerror(errno));
	if (child == 0)
		be_counted(arguments[1], bytes);
	if (wait_for(child) != SIGUSR1)
		die("the child", "stopped too early");
	c = count(child);
	printf("flushes=%llu clwb=%llu clflushopt=%llu clflush=%llu fences=%llu instructions=%llu\n",
	       (unsigned long long)(c.clwb + c.clflushopt + c.clflush), (unsigned long long)c.clwb,
	       (unsigned long long)c.clflushopt, (unsigned long long)c.clflush, (unsigned long long)c.fences,
	       (unsigned long long)c.instructions);
	(void)kill(child, SIGKILL);
	return 0;
}
