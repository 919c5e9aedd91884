/* SPDX-License-Identifier: MIT */
/* The detail record of a failure, and one line of text for each status. */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Room for ": " + text of the operating system + " (error 123)". */
#define OS_TEXT_BYTES 128
#define SUFFIX_BYTES (OS_TEXT_BYTES + 32)

/* How many bytes the UTF-8 sequence that `lead` begins ought to have; 0 if none begins so. */
static size_t sequence_bytes(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xC2 && lead <= 0xDF)
		return 2;
	if (lead >= 0xE0 && lead <= 0xEF)
		return 3;
	if (lead >= 0xF0 && lead <= 0xF4)
		return 4;
	return 0;
}

/* True if a whole, valid sequence is at `text`, which ends in NUL. */
static int is_sequence(const unsigned char *text, size_t bytes)
{
	for (size_t i = 1; i < bytes; i++)
		if ((text[i] & 0xC0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, and what lies above U+10FFFF. */
	return !((text[0] == 0xE0 && text[1] < 0xA0) || (text[0] == 0xED && text[1] > 0x9F) ||
		 (text[0] == 0xF0 && text[1] < 0x90) || (text[0] == 0xF4 && text[1] > 0x8F));
}

/* Paths may hold anything: makes one line of valid UTF-8 of it, byte for byte of the same length. */
static void make_line(char *text)
{
	unsigned char *at = (unsigned char *)text;

	while (*at) {
		size_t bytes = sequence_bytes(*at);

		if (bytes == 0 || (bytes > 1 && !is_sequence(at, bytes)) || *at < 0x20 || *at == 0x7F) {
			*at++ = '?';
			continue;
		}
		at += bytes;
	}
}

/* Length of a text that was cut off at `bytes`, without the sequence that the cut went through. */
static size_t whole_characters(const char *text, size_t bytes)
{
	size_t lead = bytes;

	while (lead > 0 && bytes - lead < 4) {
		lead--;
		if (((unsigned char)text[lead] & 0xC0) != 0x80)
			return lead + sequence_bytes((unsigned char)text[lead]) > bytes ? lead : bytes;
	}
	return bytes;
}

/* `suffix` says why a call failed, so it is kept whole; what comes before it is cut where both are too long. */
static int32_t fill(pms_error *error, const pms_error *numbers, const char *suffix, const char *format,
		    va_list arguments)
{
	/* A buffer of its own: the arguments may point into error->message. */
	char text[sizeof(error->message)];
	size_t suffix_bytes = strlen(suffix);
	size_t room = sizeof(text) - suffix_bytes;
	int needed = vsnprintf(text, room, format, arguments);
	size_t bytes;

	if (needed < 0)
		text[0] = '\0';
	bytes = strlen(text);
	if (needed > 0 && (size_t)needed >= room)
		bytes = whole_characters(text, bytes);
	memcpy(text + bytes, suffix, suffix_bytes + 1);
	make_line(text);
	*error = *numbers;
	memcpy(error->message, text, sizeof(text));
	return error->status;
}

int32_t pms_fail(pms_error *error, int32_t status, const char *format, ...)
{
	const pms_error numbers = {.status = status};
	va_list arguments;

	if (!error)
		return status;
	va_start(arguments, format);
	(void)fill(error, &numbers, "", format, arguments);
	va_end(arguments);
	return status;
}

int32_t pms_fail_os(pms_error *error, int32_t status, int os_error, const char *format, ...)
{
	const pms_error numbers = {.status = status, .os_error = os_error};
	char os_text[OS_TEXT_BYTES];
	char suffix[SUFFIX_BYTES];
	va_list arguments;

	if (!error)
		return status;
	pms_os_error_text(os_error, os_text, sizeof(os_text));
	(void)snprintf(suffix, sizeof(suffix), ": %s (error %d)", os_text, os_error);
	va_start(arguments, format);
	(void)fill(error, &numbers, suffix, format, arguments);
	va_end(arguments);
	return status;
}

int32_t pms_fail_at(pms_error *error, int32_t status, uint64_t position, uint64_t expected, uint64_t found,
		    const char *format, ...)
{
	const pms_error numbers = {.status = status, .position = position, .expected = expected, .found = found};
	va_list arguments;

	if (!error)
		return status;
	va_start(arguments, format);
	(void)fill(error, &numbers, "", format, arguments);
	va_end(arguments);
	return status;
}

const char *pms_status_text(int32_t status)
{
	switch (status) {
	case PMS_OK:
		return "success";
	case PMS_E_INVALID_ARGUMENT:
		return "an argument is out of its range";
	case PMS_E_CLOSED:
		return "the stream was closed";
	case PMS_E_STALE:
		return "the region was freed or cleared meanwhile";
	case PMS_E_READ_ONLY:
		return "the stream is open for reading only";
	case PMS_E_ENDED:
		return "the reservation was already published or abandoned";
	case PMS_E_FORKED:
		return "the stream was opened by the parent of this process";
	case PMS_E_END:
		return "no more entries now";
	case PMS_E_NOT_FOUND:
		return "no such file, folder or region";
	case PMS_E_EXISTS:
		return "the file, or a region of that name, exists";
	case PMS_E_REGION_FULL:
		return "the entry does not fit into what is left of the region";
	case PMS_E_STREAM_FULL:
		return "no free extent is large enough for the region";
	case PMS_E_BUSY:
		return "a reservation, cursor or append is open on the region";
	case PMS_E_TOO_SMALL:
		return "the destination is too small";
	case PMS_E_NO_ENTRY:
		return "the position names no visible entry of this region";
	case PMS_E_TIMEOUT:
		return "nothing came in the time that was given";
	case PMS_E_CANCELLED:
		return "the wait was cancelled";
	case PMS_E_IO:
		return "an operating-system call failed";
	case PMS_E_NO_SPACE:
		return "the file system or device has no room";
	case PMS_E_PERMISSION:
		return "the operating system refuses access";
	case PMS_E_LOCKED:
		return "another writer has the stream open";
	case PMS_E_NO_MEMORY:
		return "out of memory or address space";
	case PMS_E_MEDIUM:
		return "the medium is not what the options require";
	case PMS_E_POISONED:
		return "an earlier drain failed: what it covered may be lost; reopen the stream";
	case PMS_E_NOT_SUPPORTED:
		return "this platform or file type cannot do it";
	case PMS_E_NOT_A_STREAM:
		return "not a stream";
	case PMS_E_NEWER_VERSION:
		return "written by a newer format version";
	case PMS_E_UNKNOWN_FEATURE:
		return "uses a feature that this library does not know";
	case PMS_E_TRUNCATED:
		return "the file is shorter than the stream in it";
	case PMS_E_CORRUPT:
		return "stored data fails its checks";
	case PMS_E_EXHAUSTED:
		return "the timestamps of the stream are used up";
	case PMS_E_INTERNAL:
		return "a bug in this library";
	default:
		return "unknown status";
	}
}
