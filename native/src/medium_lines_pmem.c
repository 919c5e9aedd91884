/* SPDX-License-Identifier: MIT */
/* Cache lines where there is no code of our own for the processor: by libpmem. */
#include "medium_internal.h"

#if !defined(__x86_64__) && !defined(__aarch64__)

#include <libpmem.h>

static void flush_lines(const void *address, uint64_t bytes)
{
	if (bytes != 0)
		pmem_flush(address, (size_t)bytes);
}

static void flush_nothing(const void *address, uint64_t bytes)
{
	(void)address;
	(void)bytes;
}

static void copy_cache_lines(void *destination, const void *source, uint64_t bytes)
{
	if (bytes != 0)
		(void)pmem_memcpy(destination, source, (size_t)bytes, PMEM_F_MEM_NODRAIN);
}

static void copy_only(void *destination, const void *source, uint64_t bytes)
{
	if (bytes != 0)
		memcpy(destination, source, (size_t)bytes);
}

/* pmem_drain orders what was flushed; the rest must be ordered as well, also where libpmem needs no instruction. */
void pms_medium_fence(void)
{
	atomic_thread_fence(memory_order_seq_cst);
	pmem_drain();
}

void pms_lines_detect(pms_lines *lines)
{
	*lines = (pms_lines){
	    .flush_name = "pmem_flush",
	    .fence_name = "pmem_drain",
	    .flush = flush_lines,
	    .flush_nothing = flush_nothing,
	    .copy_non_temporal = copy_cache_lines,
	    .copy_cache_lines = copy_cache_lines,
	    .copy_only = copy_only,
	};
}

#else

/* ISO C does not allow an empty file. */
typedef int pms_medium_lines_pmem_unused;

#endif
