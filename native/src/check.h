/* SPDX-License-Identifier: MIT */
/* The full check of a stream (check.c), and what it collects (check_findings.c). */
#ifndef PMS_CHECK_H
#define PMS_CHECK_H

#include "engine.h"

struct pms_check {
	pms_check_summary summary;
	pms_problem *problems;
	uint64_t count, capacity;
	bool out_of_memory;
};

int32_t pms_check_stream(pms_stream *stream, pms_check **out, pms_error *error);

/* Notes a problem at an offset of the stream, in a region or (region_offset 0) outside of any. */
void pms_check_note(pms_check *check, pms_severity severity, uint64_t position, uint64_t region_offset,
		    const char *format, ...) PMS_PRINTF(5, 6);

#endif
