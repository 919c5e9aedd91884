/* SPDX-License-Identifier: MIT */
/* Creating, opening, closing and describing streams. Arguments were checked by api.c. */
#ifndef PMS_STREAM_H
#define PMS_STREAM_H

#include "engine.h"

int32_t pms_create(const char *path, const pms_create_options *options, pms_stream **out, pms_error *error);
int32_t pms_open(const char *path, const pms_open_options *options, pms_stream **out, pms_error *error);
int32_t pms_close(pms_stream *stream);
int32_t pms_describe(pms_stream *stream, pms_stream_info *info, pms_error *error);
int32_t pms_count(pms_stream *stream, pms_counters *counters, pms_error *error);

/* A stream object that holds nothing yet; null: out of memory. */
pms_stream *pms_stream_new(bool read_only);
/* Undoes pms_stream_new and everything that was put into it, for a stream that nobody else has seen. */
void pms_stream_discard(pms_stream *stream);

#endif
