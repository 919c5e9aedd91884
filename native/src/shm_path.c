/* SPDX-License-Identifier: MIT */
/* Names of the coordination file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shm.h"

char *pms_shm_path_beside(const char *path)
{
	char *resolved = NULL;

	if (pms_file_resolve(path, &resolved, NULL) != PMS_OK || !resolved)
		return NULL;
	char *name = malloc(strlen(resolved) + sizeof("-shm"));
	if (name)
		(void)sprintf(name, "%s-shm", resolved);
	free(resolved);
	return name;
}

char *pms_shm_path_temporary(const char *shm_path)
{
	char *name = malloc(strlen(shm_path) + sizeof(".0123456789abcdef"));
	uint64_t random = 0;

	if (name && pms_os_random(&random, sizeof(random), NULL) == PMS_OK) {
		(void)sprintf(name, "%s.%016llx", shm_path, (unsigned long long)random);
		return name;
	}
	free(name);
	return NULL;
}
