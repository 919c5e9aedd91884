/* SPDX-License-Identifier: MIT */
/* Compares an open stream with the model. */
#ifndef CRASH_ORACLE_H
#define CRASH_ORACLE_H

#include "world.h"

/*
 * The stream of the world was just opened for writing: everything acknowledged is there with its bytes, in order, nothing
 * else but what was being tried, groups whole, regions and free space tile the stream, a check finds nothing. The model
 * takes what was found of things that might have gone either way. Handles of the regions go into the world.
 */
void oracle_compare(crash_world *world);

#endif
