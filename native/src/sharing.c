/* SPDX-License-Identifier: MIT */
#include "engine.h"
#include "shm.h"

#define COST_SHIFT 10

void pms_sharing_init(pms_sharing *sharing)
{
	atomic_init(&sharing->first_ns, PMS_SHARING_FIRST_NS_MIN);
	sharing->trials_left = PMS_SHARING_TRIALS;
}

/*
 * Believes at once that a way is better than it was thought to be: when it is not, its next trials follow and say so. That it is
 * worse is believed little by little, because a trial in which threads were interrupted, or had something else to do, says
 * nothing about the way, and nobody would try it again for long.
 */
static uint64_t learned(uint64_t cost, uint64_t latest)
{
	uint64_t believed = latest < 2 * cost ? latest : 2 * cost;

	if (!cost || latest < cost)
		return latest ? latest : 1;
	return cost + (believed - cost) / 4;
}

static uint32_t choose(pms_sharing *sharing)
{
	/* A way that nobody has tried costs nothing yet. */
	uint32_t better = sharing->cost[1] < sharing->cost[0];

	if (--sharing->trials_left > 0)
		return better;
	sharing->trials_left = PMS_SHARING_TRIALS;
	return !better;
}

void pms_sharing_judge(pms_sharing *sharing, uint64_t now_ns, uint64_t entries)
{
	if (atomic_exchange_explicit(&sharing->judging, true, memory_order_acquire))
		return;
	uint64_t began = atomic_load_explicit(&sharing->began_entries, memory_order_relaxed);
	uint64_t done = entries - began;
	uint32_t way = atomic_load_explicit(&sharing->in_runs, memory_order_relaxed);

	/* Somebody may have judged since we looked; the very first time nothing is known of when it began. */
	if (entries > began && done >= PMS_SHARING_ENTRIES) {
		if (sharing->began_ns && now_ns > sharing->began_ns) {
			uint64_t latest = ((now_ns - sharing->began_ns) << COST_SHIFT) / done;
			sharing->cost[way] = learned(sharing->cost[way], latest);
			atomic_store_explicit(&sharing->in_runs, choose(sharing), memory_order_relaxed);
		}
		sharing->began_ns = now_ns;
		atomic_store_explicit(&sharing->began_entries, entries, memory_order_relaxed);
	}
	atomic_store_explicit(&sharing->judging, false, memory_order_release);
}

/* Looks at no line that others store to: each look costs him a line whom we give way. */
static void spin(uint64_t nanoseconds)
{
	uint64_t end = pms_os_nanoseconds() + nanoseconds;

	do {
		pms_spin_hint();
	} while (pms_os_nanoseconds() < end);
}

static void give_way(const pms_region *region, pms_sharing *sharing)
{
	uint32_t first = atomic_load_explicit(&sharing->first_ns, memory_order_relaxed);

	for (uint32_t step = first; step <= PMS_SHARING_LAST_NS; step *= 2) {
		spin(step);
		if (pms_order_is_busy(region))
			continue;
		if (step == first && first > PMS_SHARING_FIRST_NS_MIN)
			atomic_store_explicit(&sharing->first_ns, first / 2, memory_order_relaxed);
		return;
	}
	if (first < PMS_SHARING_FIRST_NS_MAX)
		atomic_store_explicit(&sharing->first_ns, first * 2, memory_order_relaxed);
}

void pms_order_give_way(pms_region *region)
{
	pms_sharing *sharing = &region->sharing;
	uint64_t entries = atomic_load_explicit(&region->entries, memory_order_relaxed);

	/* A medium that is called for its drains lets those share one who wait together. */
	if (region->stream->medium.table)
		return;
	if (pms_sharing_is_due(sharing, entries))
		pms_sharing_judge(sharing, pms_os_nanoseconds(), entries);
	if (atomic_load_explicit(&sharing->in_runs, memory_order_relaxed))
		give_way(region, sharing);
}
