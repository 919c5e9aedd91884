/* SPDX-License-Identifier: MIT */
/* What the parts of the fuzz targets share. */
#ifndef PMS_FUZZ_H
#define PMS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Images beyond it are cut off. */
#define FUZZ_IMAGE_BYTES_MAX 65536u

/* splitmix64. */
uint64_t fuzz_random(uint64_t *state);
uint64_t fuzz_below(uint64_t *state, uint64_t limit);

/*
 * Makes checksums, seals and magics right, so that what they protect is reached: stream header, the words of the stream
 * and of each region, static parts, and entries as far as their sizes lead. Whatever has 0x5a in the place of its check
 * (the lowest byte of a checksum, the CRC of a word) stays damaged.
 */
void fuzz_fix_up(uint8_t *image, size_t size);

#endif
