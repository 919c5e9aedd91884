/* SPDX-License-Identifier: MIT */
/* The system calls of the page-cache medium. */
#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
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

uint64_t pms_write_pages(const pms_file *file, uint64_t offset, const void *source, uint64_t bytes)
{
	struct rlimit limit;
	uint64_t done = 0;

	/* Behind its limit a write, but not a store, is answered with a signal that ends the process. */
	if (getrlimit(RLIMIT_FSIZE, &limit) != 0 ||
	    (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < offset + bytes))
		return 0;
	while (done < bytes) {
		ssize_t part =
		    pwrite((int)file->handle, (const uint8_t *)source + done, bytes - done, (off_t)(offset + done));
		if (part <= 0 && !(part < 0 && errno == EINTR))
			break;
		done += part > 0 ? (uint64_t)part : 0;
	}
	return done;
}

uint64_t pms_page_bytes(void) { return (uint64_t)sysconf(_SC_PAGESIZE); }
