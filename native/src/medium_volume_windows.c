/* SPDX-License-Identifier: MIT */
/* What a volume says of itself. In a file of its own, so that tests can put another answer here. */
#include "medium_internal_windows.h"

#ifndef FILE_DAX_VOLUME
#define FILE_DAX_VOLUME 0x20000000
#endif

bool pms_volume_is_dax(HANDLE file)
{
	DWORD flags = 0;

	return GetVolumeInformationByHandleW(file, NULL, 0, NULL, NULL, &flags, NULL, 0) && (flags & FILE_DAX_VOLUME);
}
