/* SPDX-License-Identifier: MIT */
/*
 * What must be there: every entry that was acknowledged and not cleared since, at the position that was acknowledged, in
 * each region in the order of rounds, and of the sequence of each thread. What may be there besides: of the last round, one
 * entry of each thread, which was in flight. What was in flight and is not found must never come back.
 */
#include <stdlib.h>
#include <string.h>

#include "cut.h"

#define REPORTS_MAX 10

typedef struct expected {
	cut_ack ack;
	bool seen;
} expected;

typedef struct comparison {
	uint64_t seed;
	uint32_t round;
	expected *expected;
	size_t count;
	bool clear_was_cut[CUT_REGIONS];
	/* While a region is read: */
	cut_name last[CUT_THREADS];
	bool has_last[CUT_THREADS];
	uint32_t last_round;
	uint64_t last_timestamp;
	uint64_t found_in_region;
	/* Of the last round: */
	bool in_flight[CUT_THREADS];
	cut_verdict verdict;
	unsigned reports;
} comparison;

/* ---- the acknowledgements ---------------------------------------------------------------------------------------- */

static void drop_region(comparison *c, uint32_t region)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->count; i++)
		if (c->expected[i].ack.name.region != region)
			c->expected[kept++] = c->expected[i];
	c->count = kept;
}

static void take(comparison *c, const cut_ack *ack)
{
	const uint32_t region = ack->name.region;

	if (ack->name.magic != CUT_NAME_MAGIC || region >= CUT_REGIONS || ack->name.thread >= CUT_THREADS)
		cut_die("the acknowledgements are damaged: this is a fault of the lane");
	switch (ack->kind) {
	case CUT_ACK_ENTRY:
	case CUT_ACK_FOUND:
		c->expected[c->count++] = (expected){.ack = *ack};
		break;
	case CUT_ACK_CLEARING:
		c->clear_was_cut[region] = true;
		break;
	case CUT_ACK_CLEARED:
		drop_region(c, region);
		c->clear_was_cut[region] = false;
		break;
	case CUT_ACK_KEPT:
		c->clear_was_cut[region] = false;
		break;
	default:
		cut_die("an acknowledgement of kind %u: this is a fault of the lane", ack->kind);
	}
}

static int by_name(const void *left, const void *right)
{
	const cut_name *a = &((const expected *)left)->ack.name;
	const cut_name *b = &((const expected *)right)->ack.name;

	if (a->round != b->round)
		return a->round < b->round ? -1 : 1;
	if (a->thread != b->thread)
		return a->thread < b->thread ? -1 : 1;
	return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

static void load(comparison *c, const char *path)
{
	FILE *file = fopen(path, "re");
	long bytes;
	cut_ack ack;

	if (!file || fseek(file, 0, SEEK_END) != 0 || (bytes = ftell(file)) < 0 || fseek(file, 0, SEEK_SET) != 0)
		cut_die("cannot read the acknowledgements in %s", path);
	c->expected = calloc((size_t)bytes / sizeof(ack) + 1, sizeof(*c->expected));
	if (!c->expected)
		cut_die("no memory");
	while (fread(&ack, sizeof(ack), 1, file) == 1)
		take(c, &ack);
	(void)fclose(file);
	qsort(c->expected, c->count, sizeof(*c->expected), by_name);
	c->verdict.acknowledged = c->count;
}

/* ---- what is found ----------------------------------------------------------------------------------------------- */

static void report(comparison *c, uint64_t *number, const char *what, const cut_name *name, uint64_t offset)
{
	++*number;
	if (c->reports++ < REPORTS_MAX)
		printf("  %s: round %u, thread %u, sequence %llu, region %u, offset %llu\n", what, name->round,
		       name->thread, (unsigned long long)name->sequence, name->region, (unsigned long long)offset);
}

/* Some thread could have written it so. */
static bool was_written(const comparison *c, const cut_name *name, uint32_t region, const uint8_t *payload,
			uint64_t bytes)
{
	cut_operation operation;

	if (name->magic != CUT_NAME_MAGIC || name->thread >= CUT_THREADS || name->round >= c->round ||
	    name->region != region)
		return false;
	operation = cut_plan(c->seed, name->round, name->thread, name->sequence);
	return operation.verb != CUT_ABANDON && operation.region == region && operation.bytes == bytes &&
	       cut_is_filled(c->seed, name, payload, bytes);
}

static void check_order(comparison *c, const cut_name *name, uint64_t offset, uint64_t timestamp)
{
	const cut_name *last = &c->last[name->thread];

	if (name->round < c->last_round || timestamp <= c->last_timestamp ||
	    (c->has_last[name->thread] && last->round == name->round && last->sequence >= name->sequence))
		report(c, &c->verdict.reordered, "REORDERED", name, offset);
	c->has_last[name->thread] = true;
	c->last[name->thread] = *name;
	c->last_round = name->round;
	c->last_timestamp = timestamp;
}

static void look_at(void *context, uint32_t region, const uint8_t *payload, uint64_t bytes, uint64_t offset,
		    uint64_t timestamp)
{
	comparison *c = context;
	expected key = {.seen = false};
	expected *entry;
	cut_name name = {.region = region};

	c->verdict.found++;
	c->found_in_region++;
	memcpy(&name, payload, bytes < sizeof(name) ? bytes : sizeof(name));
	if (!was_written(c, &name, region, payload, bytes)) {
		report(c, &c->verdict.invented, "INVENTED", &name, offset);
		return;
	}
	check_order(c, &name, offset, timestamp);
	key.ack.name = name;
	entry = bsearch(&key, c->expected, c->count, sizeof(*c->expected), by_name);
	if (!entry) {
		if (name.round + 1 != c->round || c->in_flight[name.thread]) {
			report(c, &c->verdict.invented, "INVENTED (never acknowledged, not in flight)", &name, offset);
			return;
		}
		c->in_flight[name.thread] = true;
		c->verdict.in_flight++;
		cut_ack_send(CUT_ACK_FOUND, &name, offset, timestamp);
	} else if (entry->seen) {
		report(c, &c->verdict.invented, "INVENTED (a second time)", &name, offset);
	} else {
		entry->seen = true;
		if (entry->ack.offset != offset || entry->ack.timestamp != timestamp)
			report(c, &c->verdict.reordered, "REORDERED (another position)", &name, offset);
	}
}

static void settle_clear(comparison *c, uint32_t region)
{
	const cut_name name = {.magic = CUT_NAME_MAGIC, .round = c->round, .region = region};

	if (!c->clear_was_cut[region])
		return;
	/* It was cleared, or it was not: one entry that is there means that all must be. */
	if (c->found_in_region == 0) {
		for (size_t i = 0; i < c->count; i++)
			if (c->expected[i].ack.name.region == region)
				c->expected[i].seen = true;
	}
	cut_ack_send(c->found_in_region == 0 ? CUT_ACK_CLEARED : CUT_ACK_KEPT, &name, 0, 0);
}

cut_verdict cut_compare(const cut_store *store, uint64_t seed, uint32_t round, const char *acknowledgements)
{
	comparison c = {.seed = seed, .round = round};

	load(&c, acknowledgements);
	for (uint32_t region = 0; region < CUT_REGIONS; region++) {
		memset(c.has_last, 0, sizeof(c.has_last));
		c.last_round = 0;
		c.last_timestamp = 0;
		c.found_in_region = 0;
		c.verdict.damaged += store->read(region, look_at, &c);
		settle_clear(&c, region);
	}
	for (size_t i = 0; i < c.count; i++)
		if (!c.expected[i].seen)
			report(&c, &c.verdict.lost, "LOST", &c.expected[i].ack.name, c.expected[i].ack.offset);
	free(c.expected);
	return c.verdict;
}
