/* SPDX-License-Identifier: MIT */
/* Filling the caller's detail record. A null record is legal everywhere: only the status is kept then. */
#ifndef PMS_ERROR_H
#define PMS_ERROR_H

#include "pmemstream_core.h"

#if defined(__MINGW32__) /* "printf" would mean the one of Microsoft's old library */
#define PMS_PRINTF(format_index, first_index) __attribute__((format(gnu_printf, format_index, first_index)))
#elif defined(__GNUC__)
#define PMS_PRINTF(format_index, first_index) __attribute__((format(printf, format_index, first_index)))
#else
#define PMS_PRINTF(format_index, first_index)
#endif

/* Marks the record as "no failure". */
static inline void pms_error_clear(pms_error *error)
{
	if (!error)
		return;
	/* Not all of the text: this runs on every append. */
	error->status = PMS_OK;
	error->os_error = 0;
	error->position = error->expected = error->found = 0;
	error->message[0] = '\0';
}

/* Each fills `error` (when not null) and returns `status`, so that a function can end in `return pms_fail(...)`. */
int32_t pms_fail(pms_error *error, int32_t status, const char *format, ...) PMS_PRINTF(3, 4);
/* The same with the errno / GetLastError() of a failed call; its text is appended. */
int32_t pms_fail_os(pms_error *error, int32_t status, int os_error, const char *format, ...) PMS_PRINTF(4, 5);
/* The same with the stream offset of what failed a check, and both values where numbers say it. */
int32_t pms_fail_at(pms_error *error, int32_t status, uint64_t position, uint64_t expected, uint64_t found,
		    const char *format, ...) PMS_PRINTF(6, 7);

/* The status that fits an errno: PMS_E_NOT_FOUND, PMS_E_PERMISSION, PMS_E_NO_SPACE, ... or PMS_E_IO. */
int32_t pms_status_of_errno(int os_error);

/* Writes the text of an errno / GetLastError() (one per platform: error_posix.c). Any thread. */
void pms_os_error_text(int os_error, char *text, size_t text_bytes);

#endif
