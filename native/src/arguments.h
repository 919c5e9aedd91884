/* SPDX-License-Identifier: MIT */
/* How the exported functions refuse an argument. */
#ifndef PMS_ARGUMENTS_H
#define PMS_ARGUMENTS_H

#include <stdbool.h>

#include "error.h"

static inline int32_t pms_null_argument(const char *name, pms_error *error)
{
	return pms_fail(error, PMS_E_INVALID_ARGUMENT, "%s is null", name);
}

static inline int32_t pms_wrong_struct(const char *name, uint32_t expected, uint32_t found, pms_error *error)
{
	pms_fail_at(error, PMS_E_INVALID_ARGUMENT, 0, expected, found, "%s.struct_bytes is %u, expected %u", name,
		    found, expected);
	return PMS_E_INVALID_ARGUMENT;
}

static inline int32_t pms_out_of_range(const char *name, uint64_t found, uint64_t most, pms_error *error)
{
	return pms_fail_at(error, PMS_E_INVALID_ARGUMENT, 0, most, found, "%s is %llu, expected at most %llu", name,
			   (unsigned long long)found, (unsigned long long)most);
}

static inline bool pms_is_zero(const uint64_t reserved[4])
{
	return !(reserved[0] | reserved[1] | reserved[2] | reserved[3]);
}

static inline int32_t pms_reserved_not_zero(pms_error *error)
{
	return pms_fail(error, PMS_E_INVALID_ARGUMENT,
			"a reserved field of the options is not zero: they were made for a newer library");
}

#endif
