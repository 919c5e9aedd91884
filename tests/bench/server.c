/* SPDX-License-Identifier: MIT */
#include "request.h"

#include <stdio.h>
#include <string.h>

const char *bench_memory_folder;
const char *bench_disk_folder;

void bench_path(char path[512], const bench_request *request, const char *name)
{
	const char *folder = bench_on_disk(request) ? bench_disk_folder : bench_memory_folder;

	if (snprintf(path, 512, "%s/%s", folder, name) >= 512)
		bench_die("the path of the folder '%s' is too long", folder);
}

/* Memory of this process that no file is behind. */
static uint64_t rss_anonymous(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];
	unsigned long long kilobytes = 0;

	if (!file)
		bench_die("/proc/self/status cannot be read");
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "RssAnon: %llu kB", &kilobytes) == 1)
			break;
	(void)fclose(file);
	return kilobytes * 1024u;
}

static void measure(const bench_program *program, const char *arguments)
{
	bench_request request;
	bench_result result;
	const char *text;

	if (!bench_request_parse(arguments, &request, &text))
		printf("error %s: %s\n", text, arguments);
	else if (!program->measure(&request, &result))
		printf("error no such system and scenario: %s, %s\n", request.system, request.scenario);
	else
		printf("ok operations=%llu ns=%llu\n", (unsigned long long)result.operations,
		       (unsigned long long)result.ns);
}

static void describe(const bench_program *program, const char *arguments)
{
	bench_request request;
	const char *text;

	if (!bench_request_parse(arguments, &request, &text))
		printf("error %s: %s\n", text, arguments);
	else
		printf("ok %s\n", program->describe ? program->describe(&request) : "");
}

int bench_serve(int argc, char **argv, const bench_program *program)
{
	char line[1024];

	if (argc != 3) {
		(void)fprintf(stderr, "usage: %s MEMORY-FOLDER DISK-FOLDER\n", argv[0]);
		return 2;
	}
	bench_memory_folder = argv[1];
	bench_disk_folder = argv[2];
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "measure ", 8) == 0) {
			measure(program, line + 8);
		} else if (strncmp(line, "describe ", 9) == 0) {
			describe(program, line + 9);
		} else if (strcmp(line, "memory") == 0) {
			printf("ok rss_anonymous=%llu\n", (unsigned long long)rss_anonymous());
		} else if (strcmp(line, "reset") == 0) {
			program->reset();
			printf("ok\n");
		} else if (strcmp(line, "quit") == 0) {
			printf("ok\n");
			break;
		} else {
			printf("error unknown request: %s\n", line);
		}
		(void)fflush(stdout);
	}
	program->reset();
	return 0;
}
