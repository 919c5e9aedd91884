/* SPDX-License-Identifier: MIT */
/* Streams that must not open, and what must not happen to them. */
#ifndef PMS_TEST_SUPPORT_REFUSED_H
#define PMS_TEST_SUPPORT_REFUSED_H

#include "support_image.h"

/* A small stream with a region "region" and one entry in it, closed; its image. */
test_image test_refused_make(const test_case *test);
/* The image, saved at `path`, opens in no way; the file stays as it is, even its time of change. */
void test_refused_everywhere(const test_image *image, const char *path, int32_t status);
/* It does open, its entry is there, and recovery says `state` (a repaired header aside). */
void test_refused_not(const test_image *image, const char *path, uint32_t flags, uint32_t state);

#endif
