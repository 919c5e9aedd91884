/* SPDX-License-Identifier: MIT */
/*
 * Cache lines of 64-bit ARM.
 *
 * "dc cvap" cleans a line to the point of persistence, where the processor has it (FEAT_DPB, which the system calls
 * dcpop). Without it there is no such point apart from memory itself, and "dc cvac" cleans to the point of coherency,
 * which is what Linux does as well. Neither evicts the line. The deep variant (dc cvadp) is not used: it is for what must
 * survive when the energy for the last write-back is missing, which nobody promises either on x86.
 *
 * A clean is finished only by a "dsb": "dmb" orders memory accesses alone, not cache maintenance.
 */
#include "medium_internal.h"

#if defined(__aarch64__)

#include <sys/auxv.h>

#ifndef HWCAP_DCPOP
#define HWCAP_DCPOP (1ul << 16)
#endif

/* The shortest line of all data caches, at most PMS_CACHE_LINE: CTR_EL0.DminLine counts words of 4 bytes, as a power. */
static uint64_t line_bytes(void)
{
	uint64_t type;
	uint64_t bytes;

	__asm__("mrs %0, ctr_el0" : "=r"(type));
	bytes = (uint64_t)4 << ((type >> 16) & 15);
	return bytes < PMS_CACHE_LINE ? bytes : PMS_CACHE_LINE;
}

/* dc cvap, as assemblers for the oldest processors know it, too. */
#define CLEAN_TO_PERSISTENCE "sys #3, c7, c12, #1, %0"
#define CLEAN_TO_COHERENCY "dc cvac, %0"

/* The functions that need the clean, once for each instruction. */
#define DEFINE_LINES(name, instruction) \
	static void flush_##name(const void *address, uint64_t bytes) \
	{ \
		const uint64_t step = line_bytes(); \
		const uintptr_t end = (uintptr_t)address + bytes; \
\
		if (bytes == 0) \
			return; \
		for (uintptr_t line = (uintptr_t)address & ~(uintptr_t)(step - 1); line < end; line += step) \
			__asm__ volatile(instruction : : "r"(line) : "memory"); \
	} \
\
	static void copy_cache_lines_##name(void *destination, const void *source, uint64_t bytes) \
	{ \
		if (bytes == 0) \
			return; \
		memcpy(destination, source, bytes); \
		flush_##name(destination, bytes); \
	}

DEFINE_LINES(cvap, CLEAN_TO_PERSISTENCE)
DEFINE_LINES(cvac, CLEAN_TO_COHERENCY)

static void flush_nothing(const void *address, uint64_t bytes)
{
	(void)address;
	(void)bytes;
}

static void copy_only(void *destination, const void *source, uint64_t bytes)
{
	if (bytes != 0)
		memcpy(destination, source, bytes);
}

void pms_medium_fence(void) { __asm__ volatile("dsb sy" : : : "memory"); }

void pms_lines_select(pms_lines *lines, bool has_dcpop)
{
	*lines = (pms_lines){
	    .flush_name = has_dcpop ? "dc cvap" : "dc cvac",
	    .fence_name = "dsb",
	    .flush = has_dcpop ? flush_cvap : flush_cvac,
	    .flush_nothing = flush_nothing,
	    /* There is no policy of such stores here; were one asked for, this is what is durable. */
	    .copy_non_temporal = has_dcpop ? copy_cache_lines_cvap : copy_cache_lines_cvac,
	    .copy_cache_lines = has_dcpop ? copy_cache_lines_cvap : copy_cache_lines_cvac,
	    .copy_only = copy_only,
	};
}

void pms_lines_detect(pms_lines *lines) { pms_lines_select(lines, getauxval(AT_HWCAP) & HWCAP_DCPOP); }

#else

/* ISO C does not allow an empty file. */
typedef int pms_medium_lines_arm64_unused;

#endif
