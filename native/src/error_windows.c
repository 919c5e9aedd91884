/* SPDX-License-Identifier: MIT */
/* What a GetLastError() means: its status and its text. */
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "os_internal_windows.h"

#define TEXT_UNITS 256
/* ERROR_DISK_QUOTA_EXCEEDED, which not every header has. */
#define QUOTA_OF_DISK_EXCEEDED 1295

void pms_os_error_text(int os_error, char *text, size_t text_bytes)
{
	wchar_t wide[TEXT_UNITS];
	char narrow[TEXT_UNITS * 3];
	int bytes = 0;
	DWORD units;

	units =
	    FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK,
			   NULL, (DWORD)os_error, 0, wide, TEXT_UNITS, NULL);
	/* It ends in a full stop and spaces, which do not fit into a sentence. */
	while (units > 0 && (wide[units - 1] == L' ' || wide[units - 1] == L'.' || wide[units - 1] == L'\r' ||
			     wide[units - 1] == L'\n'))
		units--;
	if (units > 0)
		bytes = WideCharToMultiByte(CP_UTF8, 0, wide, (int)units, narrow, (int)sizeof(narrow), NULL, NULL);
	if (bytes > 0)
		(void)snprintf(text, text_bytes, "%.*s", bytes, narrow);
	else
		(void)snprintf(text, text_bytes, "unknown error");
}

int32_t pms_status_of_errno(int os_error)
{
	switch ((DWORD)os_error) {
	case ERROR_FILE_NOT_FOUND:
	case ERROR_PATH_NOT_FOUND:
	case ERROR_INVALID_DRIVE:
	case ERROR_BAD_NETPATH:
	case ERROR_BAD_NET_NAME:
	case ERROR_INVALID_NAME:
	case ERROR_BAD_PATHNAME:
	case ERROR_DIRECTORY:
		return PMS_E_NOT_FOUND;
	case ERROR_FILE_EXISTS:
	case ERROR_ALREADY_EXISTS:
		return PMS_E_EXISTS;
	case ERROR_ACCESS_DENIED:
	case ERROR_SHARING_VIOLATION: /* a program that has it open and shares it with nobody */
	case ERROR_WRITE_PROTECT:
	case ERROR_PRIVILEGE_NOT_HELD:
		return PMS_E_PERMISSION;
	case ERROR_DISK_FULL:
	case ERROR_HANDLE_DISK_FULL:
	case QUOTA_OF_DISK_EXCEEDED:
	case ERROR_FILE_TOO_LARGE:
		return PMS_E_NO_SPACE;
	case ERROR_NOT_ENOUGH_MEMORY:
	case ERROR_OUTOFMEMORY:
	case ERROR_COMMITMENT_LIMIT:
	case ERROR_NO_SYSTEM_RESOURCES:
		return PMS_E_NO_MEMORY;
	case ERROR_NOT_SUPPORTED:
	case ERROR_CALL_NOT_IMPLEMENTED:
	case ERROR_INVALID_FUNCTION:
		return PMS_E_NOT_SUPPORTED;
	default:
		return PMS_E_IO;
	}
}
