/* SPDX-License-Identifier: MIT */
/* The full check of a stream (check.c). */
#ifndef PMS_CHECK_H
#define PMS_CHECK_H

#include "engine.h"

int32_t pms_check_stream(pms_stream *stream, pms_check **out, pms_error *error);

#endif
