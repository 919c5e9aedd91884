/* SPDX-License-Identifier: MIT */
#include "apart.h"

#include <malloc.h>
#include <string.h>

void *pms_allocate_apart(size_t bytes)
{
	void *object = _aligned_malloc(bytes, PMS_APART);

	return object ? memset(object, 0, bytes) : NULL;
}

void pms_free_apart(void *object) { _aligned_free(object); }
