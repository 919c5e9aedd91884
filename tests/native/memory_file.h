/* SPDX-License-Identifier: MIT */
/*
 * One file, in memory: linked with the --wrap options of memory_file.cmake it takes the place of the operating system and
 * of the mapping, whatever the path. So an image is opened in microseconds, and the mapping ends exactly where the file
 * does: under AddressSanitizer a read beyond it, or after the stream was unmapped, is found.
 *
 * Its medium is volatile memory without flushes.
 */
#ifndef PMS_TEST_MEMORY_FILE_H
#define PMS_TEST_MEMORY_FILE_H

#include <stdint.h>

/* The file holds these bytes from now on; null: there is none (and a stream can be created). Not while it is open. */
void memory_file_set(const void *bytes, uint64_t size);
uint8_t *memory_file_bytes(void);
uint64_t memory_file_size(void);

#endif
