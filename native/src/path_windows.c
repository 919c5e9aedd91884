/* SPDX-License-Identifier: MIT */
/* Paths: UTF-8 outside, UTF-16 for the system. */
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "error.h"
#include "os_internal_windows.h"

/* From here on a path needs the prefix that takes it literally. A folder's limit is 12 below MAX_PATH. */
#define LONG_PATH_UNITS 240

#define LITERAL_PREFIX L"\\\\?\\"
#define LITERAL_UNC_PREFIX L"\\\\?\\UNC\\"
#define LITERAL_PREFIX_UNITS 4
#define LITERAL_UNC_PREFIX_UNITS 8

int32_t pms_file_check_path(const char *path, pms_error *error)
{
	if (!path || !*path)
		return pms_fail(error, PMS_E_INVALID_ARGUMENT, "path: %s, a file's path was expected",
				path ? "empty" : "null");
	return PMS_OK;
}

/* "\\?\..." and "\\.\..." are taken as they are. */
static bool is_literal(const wchar_t *path)
{
	return path[0] == L'\\' && path[1] == L'\\' && (path[2] == L'?' || path[2] == L'.') && path[3] == L'\\';
}

/* The whole path behind the prefix. Null: no memory, or no such drive. */
static wchar_t *make_literal(const wchar_t *path)
{
	DWORD units = GetFullPathNameW(path, 0, NULL, NULL);
	wchar_t *whole = units ? malloc((LITERAL_UNC_PREFIX_UNITS + (size_t)units + 1) * sizeof(wchar_t)) : NULL;
	wchar_t *at = whole ? whole + LITERAL_UNC_PREFIX_UNITS : NULL;
	bool unc;
	DWORD got;

	if (!whole)
		return NULL;
	got = GetFullPathNameW(path, units + 1, at, NULL);
	if (got == 0 || got > units) {
		free(whole);
		return NULL;
	}
	if (is_literal(at)) {
		memmove(whole, at, ((size_t)got + 1) * sizeof(wchar_t));
		return whole;
	}
	/* "\\server\share" becomes "\\?\UNC\server\share". */
	unc = at[0] == L'\\' && at[1] == L'\\';
	memmove(whole + (unc ? LITERAL_UNC_PREFIX_UNITS : LITERAL_PREFIX_UNITS), at + (unc ? 2 : 0),
		((size_t)got + 1 - (unc ? 2 : 0)) * sizeof(wchar_t));
	memcpy(whole, unc ? LITERAL_UNC_PREFIX : LITERAL_PREFIX,
	       (size_t)(unc ? LITERAL_UNC_PREFIX_UNITS : LITERAL_PREFIX_UNITS) * sizeof(wchar_t));
	return whole;
}

int32_t pms_path_to_wide(const char *path, wchar_t **wide, pms_error *error)
{
	int units = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, NULL, 0);
	wchar_t *made = units > 0 ? malloc((size_t)units * sizeof(wchar_t)) : NULL;
	wchar_t *literal;

	*wide = NULL;
	if (units <= 0)
		return pms_fail_os(error, PMS_E_INVALID_ARGUMENT, pms_last_error(), "path: '%s' is not UTF-8", path);
	if (!made)
		return pms_fail(error, PMS_E_NO_MEMORY, "no memory for a path");
	(void)MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, made, units);
	if (units >= LONG_PATH_UNITS && !is_literal(made)) {
		literal = make_literal(made);
		free(made);
		if (!literal)
			return pms_fail(error, PMS_E_NO_MEMORY, "no memory for a long path");
		made = literal;
	}
	*wide = made;
	return PMS_OK;
}

char *pms_path_from_wide(const wchar_t *wide)
{
	bool unc = wcsncmp(wide, LITERAL_UNC_PREFIX, LITERAL_UNC_PREFIX_UNITS) == 0;
	const wchar_t *from = wide;
	char *made;
	int bytes;

	if (unc) /* its "C\" gives way to the two backslashes below */
		from += LITERAL_UNC_PREFIX_UNITS;
	else if (wcsncmp(wide, LITERAL_PREFIX, LITERAL_PREFIX_UNITS) == 0 && wide[LITERAL_PREFIX_UNITS] != L'\0' &&
		 wide[LITERAL_PREFIX_UNITS + 1] == L':')
		from += LITERAL_PREFIX_UNITS;
	bytes = WideCharToMultiByte(CP_UTF8, 0, from, -1, NULL, 0, NULL, NULL);
	made = bytes > 0 ? malloc((size_t)bytes + 2) : NULL;
	if (!made)
		return NULL;
	made[0] = made[1] = '\\';
	(void)WideCharToMultiByte(CP_UTF8, 0, from, -1, made + (unc ? 2 : 0), bytes, NULL, NULL);
	return made;
}
