/* SPDX-License-Identifier: MIT */
/* The verbs that write entries. Arguments were checked by api_entries.c. */
#ifndef PMS_APPEND_H
#define PMS_APPEND_H

#include "engine.h"

/* One entry of `bytes`, gathered from the parts, which hold that many. */
int32_t pms_append(pms_region *region, const pms_part *parts, uint64_t bytes, uint32_t flags, pms_position *position,
		   pms_error *error);
/* Each part is an entry. `positions` may be null. */
int32_t pms_append_group(pms_region *region, const pms_part *entries, uint64_t count, uint32_t flags,
			 pms_position *positions, pms_error *error);

/* ---- reservation.c ---- */

int32_t pms_reserve(pms_region *region, uint64_t bytes, pms_reservation **out, pms_error *error);
int32_t pms_publish(pms_reservation *reservation, uint64_t bytes, pms_error *error);
int32_t pms_abandon(pms_reservation *reservation, pms_error *error);
int32_t pms_abandon_at(pms_region *region, const pms_position *position, pms_error *error);

/* What group.c shares with it. */

/* Takes `extent` bytes and `count` timestamps, and makes them an open reservation. `record` was allocated by nobody yet. */
int32_t pms_reservation_open(pms_reservation *reservation, uint64_t extent, uint64_t count, pms_error *error);
/*
 * Claims the reservation for publishing `bytes` (too many: it stays open), or abandons it when nothing may be written any
 * more (an error). PMS_OK: `claimed` is the record, or null when it was followed and `unless_followed` was asked for.
 */
int32_t pms_reservation_claim(pms_reservation *reservation, uint64_t bytes, bool unless_followed, pms_record **claimed,
			      bool *two_drains, pms_error *error);
/* The claimed entry is whole and its flush has begun: follows, drains, ends the record, persists. Ends the writer. */
int32_t pms_reservation_finish(pms_region *region, pms_record *record, pms_error *error);
/* After a failed drain: nobody ever finishes the record. Ends the writer. */
void pms_reservation_fail(pms_region *region);
/* The unused bytes of a payload's last word become zero, as in every entry (R7). */
void pms_zero_padding(pms_medium *medium, uint64_t payload, uint64_t bytes);

/* ---- group.c ---- */

int32_t pms_group_open(pms_region *region, uint64_t entries_max, uint64_t bytes_max, pms_group **out, pms_error *error);
pms_region *pms_group_region(const pms_group *group);
int32_t pms_group_room(const pms_group *group, uint64_t *payload, uint64_t *bytes, pms_error *error);
int32_t pms_group_take(pms_group *group, uint64_t bytes, pms_error *error);
int32_t pms_group_finish(pms_group *group, pms_position *positions, pms_error *error);
int32_t pms_group_end(pms_group *group, pms_error *error);
void pms_group_close(pms_group *group);

#endif
