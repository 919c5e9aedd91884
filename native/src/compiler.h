/* SPDX-License-Identifier: MIT */
/* What compilers call by different names: gcc and clang, and that of Microsoft (which clang-cl only claims to be). */
#ifndef PMS_COMPILER_H
#define PMS_COMPILER_H

#include <stdatomic.h>
#include <stdint.h>

#if defined(__GNUC__) || defined(__clang__)

/* For loops whose speed depends on what is inlined, where the compiler would decide otherwise. */
#define PMS_ALWAYS_INLINE inline __attribute__((always_inline))
/* For what seldom happens in the middle of what is inlined. */
#define PMS_NEVER_INLINE __attribute__((noinline))
#define PMS_UNLIKELY(condition) __builtin_expect((condition), 0)
/* Stores before it are made before those behind it, each by itself. */
#define PMS_KEEP_APART() __asm__ volatile("" : : : "memory")

/* value: not 0. */
static inline uint32_t pms_leading_zeros(uint64_t value) { return (uint32_t)__builtin_clzll(value); }

#else

#include <intrin.h>

#define PMS_ALWAYS_INLINE __forceinline
#define PMS_NEVER_INLINE __declspec(noinline)
#define PMS_UNLIKELY(condition) (condition)
#define PMS_KEEP_APART() atomic_signal_fence(memory_order_seq_cst)

static inline uint32_t pms_leading_zeros(uint64_t value)
{
	unsigned long highest = 0;

	(void)_BitScanReverse64(&highest, value);
	return 63u - (uint32_t)highest;
}

#endif

#endif
