/* SPDX-License-Identifier: MIT */
/*
 * What ./build.sh lint puts in front of every file of the core, except error.c, when clang-tidy reads it. The analyzer
 * sees one file at a time, so it does not know that these return the status that they are given, and follows paths on
 * which "return pms_fail(error, PMS_E_IO, ...)" returned PMS_OK.
 */
#include "error.h"

#define pms_fail(error, status, ...) ((void)pms_fail(error, status, __VA_ARGS__), (status))
#define pms_fail_os(error, status, ...) ((void)pms_fail_os(error, status, __VA_ARGS__), (status))
#define pms_fail_at(error, status, ...) ((void)pms_fail_at(error, status, __VA_ARGS__), (status))
