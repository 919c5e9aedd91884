/* SPDX-License-Identifier: MIT */
/* What the tests use of it is in ../../posix.h. */
#include "../../posix.h"
