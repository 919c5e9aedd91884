/* SPDX-License-Identifier: MIT */
/* A listing of what is stored (dump.c), and the lines of text in it (dump_text.c). */
#ifndef PMS_DUMP_H
#define PMS_DUMP_H

#include "engine.h"

/* The caller has entered the stream. */
int32_t pms_dump_start(pms_stream *stream, pms_dump **dump, pms_error *error);

/* Appends to the line of text; what does not fit is cut off. */
void pms_dump_say(pms_stored *stored, const char *format, ...) PMS_PRINTF(2, 3);
/* The fields of each, without a word on whether it is whole. */
void pms_dump_say_stream_header(pms_stored *stored, const pms_stored_header *header);
void pms_dump_say_region_header(pms_stored *stored, const pms_stored_region *region);
void pms_dump_say_word(pms_stored *stored, uint32_t block_bytes);
/* A name of up to `bytes` bytes, escaped where it is not printable ASCII. */
void pms_dump_say_name(pms_stored *stored, const char *name, uint64_t bytes);
/* The three words where an entry would begin, if there is room for them before `end`. */
void pms_dump_say_raw_entry(pms_stored *stored, const pms_medium *medium, uint64_t offset, uint64_t end);

#endif
