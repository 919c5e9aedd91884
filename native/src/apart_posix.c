/* SPDX-License-Identifier: MIT */
#include "apart.h"

#include <stdlib.h>
#include <string.h>

void *pms_allocate_apart(size_t bytes)
{
	size_t whole = (bytes + PMS_APART - 1) / PMS_APART * PMS_APART;
	void *object = aligned_alloc(PMS_APART, whole);

	return object ? memset(object, 0, whole) : NULL;
}

void pms_free_apart(void *object) { free(object); }
