/* SPDX-License-Identifier: MIT */
/* What an errno means: its status and its text. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "error.h"

/* strerror_r has two shapes: that of POSIX fills the buffer, that of GNU returns a pointer, not always to the buffer.
 */
static const char *text_posix(int result, const char *buffer) { return result == 0 ? buffer : NULL; }

static const char *text_gnu(const char *result, const char *buffer)
{
	(void)buffer;
	return result;
}

void pms_os_error_text(int os_error, char *text, size_t text_bytes)
{
	char buffer[128] = "";
	const char *found;

	/* clang-format off */
	found = _Generic(strerror_r(os_error, buffer, sizeof(buffer)), int: text_posix, char *: text_gnu)
		(strerror_r(os_error, buffer, sizeof(buffer)), buffer);
	/* clang-format on */
	if (!found || !*found)
		found = "unknown error";
	(void)snprintf(text, text_bytes, "%s", found);
}

int32_t pms_status_of_errno(int os_error)
{
	switch (os_error) {
	case ENOENT:
	case ENOTDIR:
		return PMS_E_NOT_FOUND;
	case EEXIST:
		return PMS_E_EXISTS;
	case EISDIR:
		return PMS_E_NOT_A_STREAM;
	case EACCES:
	case EPERM:
	case EROFS:
	case ETXTBSY: /* a running program's file is not to be written to */
		return PMS_E_PERMISSION;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return PMS_E_NO_SPACE;
	case ENOMEM:
		return PMS_E_NO_MEMORY;
	case ENOSYS:
	case EOPNOTSUPP:
#if ENOTSUP != EOPNOTSUPP
	case ENOTSUP:
#endif
		return PMS_E_NOT_SUPPORTED;
	default:
		return PMS_E_IO;
	}
}
