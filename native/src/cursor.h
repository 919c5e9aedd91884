/* SPDX-License-Identifier: MIT */
/* Reading entries. Arguments were checked by api.c. */
#ifndef PMS_CURSOR_H
#define PMS_CURSOR_H

#include "engine.h"

struct pms_cursor {
	pms_region *region;
	bool verified;
	pms_life life;	    /* of the region, when the cursor was opened */
	uint64_t at;	    /* offset of what comes next */
	uint64_t last;	    /* timestamp of the entry before */
	uint64_t least;	    /* entries with a smaller timestamp are passed over */
	bool in_group;	    /* the entry before was a member of a group that goes on */
	uint64_t note_from; /* offset from which on an entry is worth a note in the region's seek index */
};

int32_t pms_cursor_start_at(pms_region *region, const pms_cursor_options *options, pms_cursor **out, pms_error *error);
int32_t pms_cursor_step(pms_cursor *cursor, pms_entry *entry, pms_error *error);
void pms_cursor_end(pms_cursor *cursor);
int32_t pms_copy_entry(pms_region *region, const pms_position *position, void *destination, uint64_t capacity,
		       bool verified, uint64_t *bytes, pms_error *error);
/* PMS_OK: an entry is visible behind that one ((0, 0): any); PMS_E_END: not yet; else why there is none. A short look. */
int32_t pms_entry_is_behind(pms_region *region, const pms_position *position, pms_error *error);
/* Timestamps of the first and last visible data entries (0: none). The caller is a reader of the region. */
void pms_data_timestamps(pms_region *region, uint64_t *first, uint64_t *last);

#endif
