/* SPDX-License-Identifier: MIT */
/*
 * How threads share a region: TOGETHER, each taking space as it comes, or IN RUNS: who finds somebody else in flight gives way for a
 * while, so that the other goes on alone, and then they change over. native/DESIGN.md, section 2, "Giving way".
 *
 * Which of the two is faster depends on how long a cache line takes from one processor to another: next to nothing of an append
 * where they share a cache, half of one and more where they do not, and every append that follows one of another thread waits
 * for several. So both are tried, by counting what all threads of the region get done, and the better one is used, until it
 * is tried again.
 *
 * Nothing depends on it but time: who gives way has no place yet and holds nothing, and goes on after a bounded time.
 */
#ifndef PMS_SHARING_H
#define PMS_SHARING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Entries of a trial of one way: some 0.2 ms. After so many trials of the better way the other one is tried again. */
#define PMS_SHARING_ENTRIES 1024u
#define PMS_SHARING_TRIALS 64u

/*
 * Who gives way looks whether he still has to after times that double. The first is about that of one append, which may have been all;
 * where threads meet that append all the time it gets longer, so that who had to wait till the end goes on undisturbed as long.
 */
#define PMS_SHARING_FIRST_NS_MIN 250u
#define PMS_SHARING_FIRST_NS_MAX 2000u
#define PMS_SHARING_LAST_NS 16000u

typedef struct pms_sharing {
	_Atomic uint32_t in_runs; /* 0: together, 1: in runs */
	_Atomic uint32_t first_ns;
	_Atomic uint64_t began_entries; /* of the region, when the trial began; */
	atomic_bool judging;		/* and whoever has set this, of all: */
	uint64_t began_ns;
	uint64_t cost[2];     /* of an entry of all threads, together and in runs, in 1/1024 ns; 0: not known */
	uint32_t trials_left; /* until the worse way is tried again */
} pms_sharing;

void pms_sharing_init(pms_sharing *sharing);

/* Whether the trial that is under way has entries enough, at so many of the region. */
static inline bool pms_sharing_is_due(const pms_sharing *sharing, uint64_t entries)
{
	return entries - atomic_load_explicit(&sharing->began_entries, memory_order_relaxed) >= PMS_SHARING_ENTRIES;
}

/* Ends the trial at that time, on a clock that only goes forward, and begins the next one. Any thread; one of them does it. */
void pms_sharing_judge(pms_sharing *sharing, uint64_t now_ns, uint64_t entries);

#endif
