/* SPDX-License-Identifier: MIT */
/* What of support_files.h is the same everywhere. */
#include <stdio.h>
#include <stdlib.h>

#include "support_files.h"

#define PATH_BUFFERS 8

const char *test_path(const char *folder, const char *name)
{
	static char buffers[PATH_BUFFERS][1024];
	static unsigned turn;
	char *path = buffers[turn++ % PATH_BUFFERS];

	(void)snprintf(path, sizeof(buffers[0]), "%s/%s", folder, name);
	return path;
}

uint8_t test_pattern(uint64_t index) { return (uint8_t)(index * 7 + (index >> 8) * 13 + 1); }

void test_file_make(const char *path, uint64_t bytes)
{
	FILE *file = fopen(path, "wb");

	if (!file)
		abort();
	for (uint64_t i = 0; i < bytes; i++)
		if (fputc(test_pattern(i), file) == EOF)
			abort();
	if (fclose(file) != 0)
		abort();
}
