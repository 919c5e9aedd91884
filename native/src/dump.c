/* SPDX-License-Identifier: MIT */
/*
 * A listing of everything that is stored, one structure at a time: the fixed pages, then piece by piece its header and its
 * entries. What counts as valid, and how far the search behind damage goes, is as in check.c. Writes nothing.
 */
#include "dump.h"

#include <stdlib.h>

typedef struct dump_place {
	pms_stored_kind kind;
	pms_word_role role; /* of a sealed word */
	uint64_t offset;    /* in the stream, or in the piece */
} dump_place;

static const dump_place fixed_places[] = {
    {PMS_STORED_STREAM_HEADER, 0, PMS_HEADER_A},
    {PMS_STORED_STREAM_HEADER, 0, PMS_HEADER_B},
    {PMS_STORED_CEILING, PMS_ROLE_CEILING, PMS_CEILING_A},
    {PMS_STORED_PERSISTED_TIMESTAMP, PMS_ROLE_PERSISTED_TIMESTAMP, PMS_PERSISTED_TIMESTAMP},
    {PMS_STORED_LAYOUT_EPOCH, PMS_ROLE_LAYOUT_EPOCH, PMS_LAYOUT_EPOCH},
    {PMS_STORED_STREAM_SIZE, PMS_ROLE_STREAM_SIZE, PMS_STREAM_SIZE},
    {PMS_STORED_STREAM_SPARE, PMS_ROLE_STREAM_SPARE, PMS_STREAM_SPARE_0},
    {PMS_STORED_STREAM_SPARE, PMS_ROLE_STREAM_SPARE, PMS_STREAM_SPARE_1},
    {PMS_STORED_CEILING, PMS_ROLE_CEILING, PMS_CEILING_B},
};

/* Of a free piece only the extent word counts. */
static const dump_place free_places[] = {
    {PMS_STORED_FREE_PIECE, 0, 0},
    {PMS_STORED_EXTENT, PMS_ROLE_EXTENT, PMS_REGION_EXTENT},
};

static const dump_place region_places[] = {
    {PMS_STORED_REGION_PIECE, 0, 0},
    {PMS_STORED_REGION_HEADER, 0, 0},
    {PMS_STORED_EXTENT, PMS_ROLE_EXTENT, PMS_REGION_EXTENT},
    {PMS_STORED_BASE, PMS_ROLE_BASE, PMS_REGION_BASE},
    {PMS_STORED_CHECKPOINT, PMS_ROLE_CHECKPOINT, PMS_REGION_CHECKPOINT},
    {PMS_STORED_REGION_SPARE, PMS_ROLE_REGION_SPARE, PMS_REGION_SPARE_0},
    {PMS_STORED_REGION_SPARE, PMS_ROLE_REGION_SPARE, PMS_REGION_SPARE_1},
};

#define COUNT(places) (sizeof(places) / sizeof((places)[0]))

typedef enum walk_state { WALK_NOT_BEGUN, WALK_ENTRIES, WALK_OVER } walk_state;

/* The entries of one region: `region` is referenced, and we are a reader of it. */
typedef struct entry_walk {
	pms_life life;
	uint64_t checkpoint;
	uint64_t at, last;
	uint64_t committed;
	uint64_t entry_end;   /* no entry reaches beyond */
	uint64_t search_end;  /* up to here an entry is expected to begin wherever none does */
	uint64_t hash_budget; /* for looking for the next valid entry behind damage */
	bool in_group;
} entry_walk;

struct pms_dump {
	pms_stream *stream; /* referenced */
	size_t fixed_given;
	uint64_t next_offset; /* where the next piece is looked for */
	bool in_piece;
	pms_piece piece; /* its region, if there is one, is referenced */
	size_t places_given;
	walk_state state;
	entry_walk walk;
};

/* ---- headers and words ---- */

static void describe_stream_header(const pms_stream *stream, pms_stored *stored)
{
	pms_stored_header copy;
	const char *why;

	memcpy(&copy, pms_at(&stream->medium, stored->offset), sizeof(copy));
	stored->bytes = sizeof(copy);
	stored->whole = pms_header_validate(&copy, &why) == PMS_HEADER_GOOD;
	if (!stored->whole)
		pms_dump_say(stored, "damaged (%s): ", why);
	pms_dump_say_stream_header(stored, &copy);
}

static void describe_region_header(const pms_stream *stream, pms_stored *stored)
{
	pms_stored_region copy;
	const char *why;

	memcpy(&copy, pms_at(&stream->medium, stored->offset), sizeof(copy));
	stored->bytes = sizeof(copy);
	stored->whole = pms_region_validate(&copy, stored->offset, stream->header.uuid, &why);
	if (!stored->whole)
		pms_dump_say(stored, "damaged (%s): ", why);
	pms_dump_say_region_header(stored, &copy);
}

static void describe_piece(const pms_piece *piece, pms_stored *stored)
{
	stored->bytes = piece->bytes;
	stored->whole = piece->kind != PMS_PIECE_DAMAGED;
	pms_dump_say(stored, "%llu bytes up to offset %llu", (unsigned long long)piece->bytes,
		     (unsigned long long)(piece->offset + piece->bytes));
	if (piece->kind == PMS_PIECE_DAMAGED) {
		stored->kind = PMS_STORED_DAMAGED_PIECE;
		pms_dump_say(stored, ", which cannot be told apart: the extent word is damaged");
	}
	if (piece->region) {
		pms_dump_say(stored, ", region ");
		pms_dump_say_name(stored, piece->region->name, piece->region->name_bytes);
	}
}

static void describe_place(pms_stream *stream, const dump_place *place, const pms_piece *piece, pms_stored *stored)
{
	stored->kind = place->kind;
	stored->offset = (piece ? piece->offset : 0) + place->offset;
	stored->region_offset = piece ? piece->offset : 0;
	if (place->role) {
		stored->bytes = sizeof(uint64_t);
		uint64_t word = pms_load64(&stream->medium, stored->offset);
		stored->whole = pms_unseal(word, place->role, stored->offset, stream->header.uuid, &stored->value);
		if (!stored->whole)
			stored->value = word;
		pms_dump_say_word(stored, stream->header.block_bytes);
	} else if (place->kind == PMS_STORED_STREAM_HEADER) {
		describe_stream_header(stream, stored);
	} else if (place->kind == PMS_STORED_REGION_HEADER) {
		describe_region_header(stream, stored);
	} else if (piece) {
		describe_piece(piece, stored);
	}
}

/* ---- entries ---- */

static bool load(const pms_dump *dump, uint64_t at, pms_parsed_entry *entry, pms_entry_kind *kind)
{
	const pms_medium *medium = &dump->stream->medium;
	const entry_walk *walk = &dump->walk;

	if (!pms_entry_parse(pms_at(medium, at), at, walk->entry_end, dump->piece.region->alignment, entry) ||
	    entry->timestamp <= walk->last)
		return false;
	*kind = pms_entry_classify(entry, pms_at(medium, at + PMS_ENTRY_HEADER_BYTES), &walk->life);
	return *kind != PMS_KIND_INVALID;
}

static void give_entry(pms_dump *dump, const pms_parsed_entry *entry, pms_entry_kind kind, pms_stored *stored)
{
	static const pms_stored_kind kinds[] = {[PMS_KIND_DATA] = PMS_STORED_DATA,
						[PMS_KIND_PENDING] = PMS_STORED_PENDING,
						[PMS_KIND_SKIP] = PMS_STORED_SKIP};
	entry_walk *walk = &dump->walk;

	stored->kind = kinds[kind];
	stored->offset = entry->offset;
	stored->bytes = entry->extent_bytes;
	stored->payload_bytes = entry->payload_bytes;
	stored->timestamp = entry->timestamp;
	stored->lag_bytes = entry->lag_bytes;
	stored->flags = entry->group_continues ? PMS_ENTRY_GROUP_CONTINUES : PMS_ENTRY_PLAIN;
	stored->whole = 1;
	pms_dump_say(stored, "timestamp %llu, payload bytes %llu, checksum 0x%016llx",
		     (unsigned long long)entry->timestamp, (unsigned long long)entry->payload_bytes,
		     (unsigned long long)entry->checksum);
	if (entry->lag_bytes == UINT64_MAX)
		pms_dump_say(stored, ", lag unknown");
	else
		pms_dump_say(stored, ", lag %llu", (unsigned long long)entry->lag_bytes);
	if (entry->group_continues)
		pms_dump_say(stored, ", its group goes on");
	if (entry->offset == walk->checkpoint)
		pms_dump_say(stored, ", the checkpoint names it");
	if (entry->offset >= walk->committed)
		pms_dump_say(stored, "; it lies behind the committed end");
	if (walk->in_group && (kind != PMS_KIND_DATA || entry->timestamp != walk->last + 1))
		pms_dump_say(stored, "; the group before it is incomplete");
	if (entry->timestamp >= atomic_load(&dump->stream->next_timestamp))
		pms_dump_say(stored, "; its timestamp was never given out");
	walk->in_group = kind == PMS_KIND_DATA && entry->group_continues;
	walk->last = entry->timestamp;
	walk->at = entry->offset + entry->extent_bytes;
}

/* Where behind damage the next valid entry begins, or the end of the search. Hashes no more than the budget. */
static uint64_t find_next(pms_dump *dump)
{
	entry_walk *walk = &dump->walk;
	uint32_t alignment = dump->piece.region->alignment;
	pms_parsed_entry entry;
	pms_entry_kind kind;

	for (uint64_t at = walk->at + alignment; at < walk->search_end; at += alignment) {
		if (!pms_entry_parse(pms_at(&dump->stream->medium, at), at, walk->entry_end, alignment, &entry) ||
		    entry.timestamp <= walk->last || entry.payload_bytes > walk->hash_budget)
			continue;
		walk->hash_budget -= entry.payload_bytes;
		if (load(dump, at, &entry, &kind))
			return at;
	}
	return walk->search_end;
}

/* Another process may have cleared or freed the region while we read: then what does not validate is no damage. */
static bool is_current(const pms_dump *dump)
{
	const pms_region *region = dump->piece.region;
	uint64_t base;

	if (!dump->stream->read_only)
		return true;
	/* Where the extent word is damaged, the base alone must do. */
	if (!(region->damage & PMS_STATE_HEADER_DAMAGED) && !pms_layout_is_current(region))
		return false;
	return pms_word_read(dump->stream, region->offset + PMS_REGION_BASE, PMS_ROLE_BASE, &base) &&
	       base == dump->walk.life.base;
}

/* A stretch without a valid entry. */
static void give_stretch(pms_dump *dump, pms_stored_kind kind, uint64_t end, pms_stored *stored)
{
	entry_walk *walk = &dump->walk;

	stored->kind = kind;
	stored->offset = walk->at;
	stored->bytes = end - walk->at;
	stored->whole = kind == PMS_STORED_ROOM;
	pms_dump_say(stored, kind == PMS_STORED_ROOM ? "no entry from here on" : "damaged: no valid entry begins here");
	pms_dump_say_raw_entry(stored, &dump->stream->medium, walk->at, dump->piece.region->end);
	walk->in_group = false;
	walk->at = end;
}

/* The next entry or stretch of the region; false when there is none. */
static bool give_of_log(pms_dump *dump, pms_stored *stored)
{
	entry_walk *walk = &dump->walk;
	pms_parsed_entry entry;
	pms_entry_kind kind;

	if (walk->at >= dump->piece.region->end)
		return false;
	stored->region_offset = dump->piece.offset;
	if (load(dump, walk->at, &entry, &kind)) {
		give_entry(dump, &entry, kind, stored);
		return true;
	}
	if (!is_current(dump))
		return false;
	if (walk->at < walk->search_end)
		give_stretch(dump, PMS_STORED_DAMAGED, find_next(dump), stored);
	else
		give_stretch(dump, PMS_STORED_ROOM, dump->piece.region->end, stored);
	return true;
}

static bool is_unreadable(const pms_region *region)
{
	return region->damage_offset && (region->damage & PMS_STATE_HEADER_DAMAGED);
}

/* Becomes a reader of the region. False when it was freed, or nothing of it can be read. */
static bool begin_log(pms_dump *dump)
{
	pms_region *region = dump->piece.region;

	if (!region || is_unreadable(region) || pms_region_enter_reader(region, NULL) != PMS_OK)
		return false;
	pms_mutex_lock(&region->mutex);
	(void)pms_recover_reader_locked(region, NULL);
	uint64_t committed = atomic_load_explicit(&region->committed, memory_order_acquire);
	bool damaged = (region->damage & PMS_STATE_ENTRIES_DAMAGED) != 0;
	dump->walk = (entry_walk){
	    .life = region->life,
	    .checkpoint = region->checkpoint,
	    .at = region->data_start,
	    .last = region->life.base,
	    .committed = committed,
	    /* What stands behind the committed end may be written by this process right now: it is left alone. */
	    .entry_end = damaged || dump->stream->read_only ? region->end : committed,
	    .search_end = damaged ? region->end : committed,
	    .hash_budget = 4 * (region->end - region->offset) + PMS_ENTRY_BYTES_MAX,
	};
	pms_mutex_unlock(&region->mutex);
	dump->state = WALK_ENTRIES;
	return true;
}

/* ---- the whole ---- */

static bool enter_piece(pms_dump *dump)
{
	pms_stream *stream = dump->stream;
	uint64_t i = 0;

	pms_mutex_lock(&stream->layout_mutex);
	while (i < stream->piece_count && stream->pieces[i].offset < dump->next_offset)
		i++;
	dump->in_piece = i < stream->piece_count;
	if (dump->in_piece) {
		dump->piece = stream->pieces[i];
		dump->next_offset = dump->piece.offset + dump->piece.bytes;
		if (dump->piece.region)
			pms_region_reference(dump->piece.region);
	}
	pms_mutex_unlock(&stream->layout_mutex);
	dump->places_given = 0;
	dump->state = WALK_NOT_BEGUN;
	return dump->in_piece;
}

static void leave_piece(pms_dump *dump)
{
	pms_region *region = dump->in_piece ? dump->piece.region : NULL;

	dump->in_piece = false;
	if (region && dump->state == WALK_ENTRIES)
		pms_region_leave_reader(region);
	dump->state = WALK_OVER;
	if (region)
		pms_region_unreference(region);
}

/* The next structure of the piece; false when there is none. */
static bool give_of_piece(pms_dump *dump, pms_stored *stored)
{
	bool is_free = dump->piece.kind == PMS_PIECE_FREE;

	if (dump->places_given < (is_free ? COUNT(free_places) : COUNT(region_places))) {
		const dump_place *places = is_free ? free_places : region_places;
		pms_mutex_lock(&dump->stream->layout_mutex);
		describe_place(dump->stream, &places[dump->places_given++], &dump->piece, stored);
		pms_mutex_unlock(&dump->stream->layout_mutex);
		return true;
	}
	if (dump->state == WALK_NOT_BEGUN && !begin_log(dump))
		dump->state = WALK_OVER;
	return dump->state == WALK_ENTRIES && give_of_log(dump, stored);
}

static int32_t next(pms_dump *dump, pms_stored *stored, pms_error *error)
{
	if (dump->fixed_given < COUNT(fixed_places)) {
		pms_mutex_lock(&dump->stream->layout_mutex);
		describe_place(dump->stream, &fixed_places[dump->fixed_given++], NULL, stored);
		pms_mutex_unlock(&dump->stream->layout_mutex);
		return PMS_OK;
	}
	while (dump->in_piece || enter_piece(dump)) {
		if (give_of_piece(dump, stored))
			return PMS_OK;
		leave_piece(dump);
	}
	return pms_fail(error, PMS_E_END, "everything was listed");
}

int32_t pms_dump_start(pms_stream *stream, pms_dump **dump, pms_error *error)
{
	pms_dump *fresh = calloc(1, sizeof(*fresh));

	if (!fresh)
		return pms_fail(error, PMS_E_NO_MEMORY, "out of memory for a dump");
	fresh->stream = stream;
	atomic_fetch_add(&stream->references, 1);
	*dump = fresh;
	return PMS_OK;
}

int32_t pms_dump_next(pms_dump *dump, pms_stored *stored, pms_error *error)
{
	pms_error_clear(error);
	if (!dump || !stored)
		return pms_fail(error, PMS_E_INVALID_ARGUMENT, "%s is null", dump ? "stored" : "dump");
	if (stored->struct_bytes != sizeof(*stored))
		return pms_fail_at(error, PMS_E_INVALID_ARGUMENT, 0, sizeof(*stored), stored->struct_bytes,
				   "stored.struct_bytes is %u, expected %u", stored->struct_bytes,
				   (unsigned)sizeof(*stored));
	int32_t status = pms_stream_enter(dump->stream, error);
	if (status != PMS_OK)
		return status;
	*stored = (pms_stored){.struct_bytes = sizeof(*stored)};
	status = next(dump, stored, error);
	pms_stream_leave(dump->stream);
	return status;
}

void pms_dump_close(pms_dump *dump)
{
	if (!dump)
		return;
	leave_piece(dump);
	pms_stream_unreference(dump->stream);
	free(dump);
}
