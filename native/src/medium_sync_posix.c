/* SPDX-License-Identifier: MIT */
/* The one system call of the page-cache medium. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "medium_internal.h"

const char pms_sync_name[] = "msync";

int pms_sync_pages(void *address, uint64_t bytes)
{
	int result;

	do
		result = msync(address, bytes, MS_SYNC);
	while (result != 0 && errno == EINTR);
	return result == 0 ? 0 : errno;
}

uint64_t pms_page_bytes(void) { return (uint64_t)sysconf(_SC_PAGESIZE); }
