/* SPDX-License-Identifier: MIT */
/*
 * Finding the end of a region's log (R15), and telling a torn tail from damage to what was acknowledged (R17). Only reads.
 */
#include "engine.h"

#include <stdarg.h>
#include <stdio.h>

/* A walk in progress: the group that is open, if any, is not part of the log before its last member is met. */
typedef struct stepper {
	const pms_region *region;
	pms_walk *walk;
	uint64_t at, last;
	uint64_t limit;	     /* of what may be seen; PMS_NO_LIMIT: not known */
	uint64_t unit_start; /* start of the open group; 0: none */
	uint64_t unit_entries, unit_data;
} stepper;

static void say(pms_walk *walk, const char *format, ...) PMS_PRINTF(2, 3);
static void say(pms_walk *walk, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(walk->reason, sizeof(walk->reason), format, arguments);
	va_end(arguments);
}

static const void *payload_of(const pms_region *region, const pms_parsed_entry *entry)
{
	return pms_at(&region->stream->medium, entry->offset + PMS_ENTRY_HEADER_BYTES);
}

static bool parse(const pms_region *region, uint64_t offset, pms_parsed_entry *entry)
{
	return offset <= region->end &&
	       pms_entry_parse(pms_at(&region->stream->medium, offset), offset, region->end, region->alignment, entry);
}

static bool is_place_for_entry(const pms_region *region, uint64_t offset)
{
	return offset >= region->data_start && offset < region->end &&
	       (offset - region->data_start) % region->alignment == 0;
}

/* Whole entry or group behind `at`: it becomes part of the log. */
static void end_unit(stepper *step, uint64_t start, const pms_parsed_entry *entry, pms_entry_kind kind)
{
	pms_walk *walk = step->walk;

	walk->last_start = step->unit_start ? step->unit_start : start;
	if (walk->from_start || walk->checkpoint_end) { /* what stands at the checkpoint was there before */
		walk->entries += step->unit_entries;
		walk->data_entries += step->unit_data;
		walk->pending += kind == PMS_KIND_PENDING;
		walk->bytes += step->at - walk->tail;
	}
	if (kind == PMS_KIND_DATA)
		walk->last_data_timestamp = entry->timestamp;
	step->unit_start = step->unit_entries = step->unit_data = 0;
	walk->tail = step->at;
	walk->last_timestamp = step->last;
	if (!walk->checkpoint_end)
		walk->checkpoint_end = walk->tail;
}

/*
 * Whether a pending entry beside a living writer is his open reservation, as far as one can tell. Not at the checkpoint, which
 * never names one of a living session; and not below the persisted timestamp, which never passes one that is open (R14).
 */
static bool may_be_open(const pms_region *region, const pms_parsed_entry *entry)
{
	uint64_t persisted;

	if (entry->offset == region->checkpoint)
		return false;
	return !pms_word_read(region->stream, PMS_PERSISTED_TIMESTAMP, PMS_ROLE_PERSISTED_TIMESTAMP, &persisted) ||
	       entry->timestamp > persisted;
}

/* One step over a valid entry; false where the log ends. */
static bool step_over(stepper *step, bool writer_lives)
{
	pms_parsed_entry entry;

	if (!parse(step->region, step->at, &entry) ||
	    (entry.timestamp <= step->last && !PMS_FAULT(STALE_TAIL_ACCEPTED)))
		return false;
	if (step->unit_start && entry.timestamp != step->last + 1)
		return false; /* not the next member of the group (R11) */
	if (entry.extent_bytes > step->limit || entry.offset > step->limit - entry.extent_bytes)
		return false; /* its append has not returned */
	pms_entry_kind kind = pms_entry_classify(&entry, payload_of(step->region, &entry), &step->region->life);
	if (kind == PMS_KIND_INVALID || (step->unit_start && kind != PMS_KIND_DATA))
		return false;
	if (kind == PMS_KIND_PENDING && PMS_FAULT(PENDING_ENDS_THE_LOG))
		return false;
	if (kind == PMS_KIND_PENDING && writer_lives && step->limit == PMS_NO_LIMIT &&
	    may_be_open(step->region, &entry)) {
		step->walk->stopped_at_pending = true;
		return false;
	}
	uint64_t start = step->at;
	step->last = entry.timestamp;
	step->at += entry.extent_bytes;
	step->unit_entries++;
	step->unit_data += kind == PMS_KIND_DATA;
	if (entry.timestamp > step->walk->greatest_timestamp)
		step->walk->greatest_timestamp = entry.timestamp;
	if (kind == PMS_KIND_DATA && entry.group_continues && !PMS_FAULT(GROUP_KEPT_IN_PART)) {
		if (!step->unit_start)
			step->unit_start = start;
		return true;
	}
	end_unit(step, start, &entry, kind);
	return true;
}

/* Starts at the checkpoint when the entry there is whole, else at the first entry (R15). */
static void start_at_checkpoint(stepper *step)
{
	const pms_region *region = step->region;
	pms_parsed_entry entry;
	pms_walk *walk = step->walk;

	step->at = region->data_start;
	step->last = region->life.base;
	walk->from_start = true;
	walk->checkpoint_damaged = (region->damage & PMS_STATE_CHECKPOINT_DAMAGED) != 0;
	if (region->checkpoint == 0)
		return;
	if (is_place_for_entry(region, region->checkpoint) && parse(region, region->checkpoint, &entry) &&
	    entry.timestamp > region->life.base &&
	    pms_entry_classify(&entry, payload_of(region, &entry), &region->life) != PMS_KIND_INVALID) {
		step->at = region->checkpoint;
		step->last = entry.timestamp - 1;
		walk->from_start = false;
		return;
	}
	walk->checkpoint_damaged = true;
}

/* The checkpoint is the start of an entry that was durable: a log that ends before it has lost acknowledged entries. */
static void compare_with_checkpoint(const pms_region *region, pms_walk *walk)
{
	if (region->checkpoint == 0 || !is_place_for_entry(region, region->checkpoint) ||
	    walk->tail > region->checkpoint)
		return;
	walk->damage = walk->tail;
	say(walk, "the log ends at offset %llu, but its checkpoint says that the entry at offset %llu was durable",
	    (unsigned long long)walk->tail, (unsigned long long)region->checkpoint);
}

/* A valid entry behind the hole at the tail: is it evidence that the hole had been acknowledged? (R8, R17) */
static void weigh(const pms_region *region, pms_walk *walk, const pms_parsed_entry *entry)
{
	walk->entries_behind++;
	walk->seal = true; /* also when the ceiling is damaged */
	if (entry->timestamp > walk->greatest_timestamp)
		walk->greatest_timestamp = entry->timestamp;
	if (walk->damage)
		return;
	uint64_t lag_bytes = PMS_FAULT(LAG_IGNORED) ? 0 : entry->lag_bytes;
	bool by_lag = lag_bytes < entry->offset && walk->tail < entry->offset - lag_bytes;
	bool by_timestamp = entry->timestamp <= region->stream->persisted_timestamp;
	if (!by_lag && !by_timestamp)
		return;
	walk->damage = walk->tail;
	say(walk,
	    "the entry at offset %llu is damaged: the entry at offset %llu was written when it was durable already",
	    (unsigned long long)walk->tail, (unsigned long long)entry->offset);
}

/* A group that was persisted, as its first member's timestamp tells, and is incomplete now, is damage (R17). */
static void weigh_dropped_group(stepper *step)
{
	pms_walk *walk = step->walk;
	uint64_t first = step->last - step->unit_entries + 1;

	if (first > step->region->stream->persisted_timestamp)
		return;
	walk->damage = walk->tail;
	say(walk, "the group at offset %llu was durable, and is incomplete now", (unsigned long long)walk->tail);
}

/*
 * What could be the timestamp of an entry behind the last one: above it, and given out before this session. Where there is
 * one, whole entry or not, something was written behind the tail, and later stores could make it valid: the cut is sealed.
 */
static bool is_later_timestamp(const pms_region *region, const pms_walk *walk, uint64_t timestamp)
{
	uint64_t ceiling = atomic_load(&region->stream->next_timestamp);

	return timestamp > walk->last_timestamp && timestamp <= PMS_VALUE_MAX && (ceiling == 0 || timestamp < ceiling);
}

/*
 * Looks for valid entries above `least` in [from, from + PMS_LOOK_AHEAD_BYTES). Timestamps are compared before anything is
 * hashed, and of what is hashed there is a budget.
 */
static void look_ahead(const pms_region *region, pms_walk *walk, uint64_t from, uint64_t least, uint64_t *hash_budget)
{
	const pms_medium *medium = &region->stream->medium;
	uint64_t limit = region->end - from > PMS_LOOK_AHEAD_BYTES ? from + PMS_LOOK_AHEAD_BYTES : region->end;
	pms_parsed_entry entry;

	for (uint64_t at = from; at < limit && limit - at >= PMS_ENTRY_HEADER_BYTES;) {
		uint64_t timestamp = pms_load64(medium, at + offsetof(pms_stored_entry, timestamp));
		uint64_t here = at;

		at += region->alignment;
		if (timestamp <= walk->last_timestamp)
			continue;
		walk->seal |= is_later_timestamp(region, walk, timestamp);
		if (!parse(region, here, &entry) || entry.timestamp <= least || entry.payload_bytes > *hash_budget)
			continue;
		*hash_budget -= entry.payload_bytes;
		if (pms_entry_classify(&entry, payload_of(region, &entry), &region->life) == PMS_KIND_INVALID)
			continue;
		weigh(region, walk, &entry);
		at = here + entry.extent_bytes;
	}
}

/* R17: what lies behind the tail decides whether it is a torn tail, and whether the cut must be sealed. */
static void look_behind_tail(const pms_region *region, pms_walk *walk)
{
	uint64_t hash_budget = PMS_LOOK_AHEAD_HASH_FACTOR * (region->end - region->offset);
	uint64_t last = walk->last_timestamp;
	pms_parsed_entry torn;

	if (region->end - walk->tail < PMS_ENTRY_HEADER_BYTES)
		return; /* no entry fits: nothing can stand there */
	uint64_t at_tail = pms_load64(&region->stream->medium, walk->tail + offsetof(pms_stored_entry, timestamp));
	walk->seal = is_later_timestamp(region, walk, at_tail);
	uint64_t next = walk->tail + region->alignment;
	if (next < region->end)
		look_ahead(region, walk, next, last, &hash_budget);
	/* A large damaged entry whose header survived: what follows it, and is later than it, is out of that reach. */
	if (parse(region, walk->tail, &torn) && torn.extent_bytes > PMS_LOOK_AHEAD_BYTES && torn.timestamp > last &&
	    walk->tail + torn.extent_bytes < region->end)
		look_ahead(region, walk, walk->tail + torn.extent_bytes, torn.timestamp, &hash_budget);
}

void pms_walk_region(const pms_region *region, uint64_t from, uint64_t last_timestamp, bool writer_lives,
		     uint64_t limit, pms_walk *walk)
{
	stepper step = {.region = region, .walk = walk, .at = from, .last = last_timestamp, .limit = limit};

	*walk = (pms_walk){0};
	if (from == 0)
		start_at_checkpoint(&step);
	walk->tail = step.at;
	walk->last_timestamp = step.last;
	while (step_over(&step, writer_lives))
		;
	/* What a limit cut off is neither damaged nor dropped. */
	if (step.unit_start && limit == PMS_NO_LIMIT)
		walk->groups_dropped++;
	if (from == 0 && limit == PMS_NO_LIMIT)
		compare_with_checkpoint(region, walk);
	if (step.unit_start && !walk->damage && limit == PMS_NO_LIMIT)
		weigh_dropped_group(&step);
	if (!writer_lives)
		look_behind_tail(region, walk);
}
