/* SPDX-License-Identifier: MIT */
/* What a session does with a stream after it was recovered. */
#ifndef CRASH_FOLLOW_UP_H
#define CRASH_FOLLOW_UP_H

#include "world.h"

void follow_up(crash_world *world);

#endif
