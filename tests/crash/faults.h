/* SPDX-License-Identifier: MIT */
/* The switch behind PMS_FAULT (native/src/fault.h). */
#ifndef CRASH_FAULTS_H
#define CRASH_FAULTS_H

#include "fault.h"

/* PMS_FAULT_NONE: the core as it is. */
void fault_switch_on(pms_fault fault);

#endif
