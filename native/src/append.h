/* SPDX-License-Identifier: MIT */
/* The verbs that write entries. Arguments were checked by api.c. */
#ifndef PMS_APPEND_H
#define PMS_APPEND_H

#include "engine.h"

int32_t pms_append(pms_region *region, const void *data, uint64_t bytes, pms_position *position, pms_error *error);

int32_t pms_reserve(pms_region *region, uint64_t bytes, pms_reservation **out, pms_error *error);
int32_t pms_publish(pms_reservation *reservation, uint64_t bytes, pms_error *error);
int32_t pms_abandon(pms_reservation *reservation, pms_error *error);
int32_t pms_abandon_at(pms_region *region, const pms_position *position, pms_error *error);

#endif
