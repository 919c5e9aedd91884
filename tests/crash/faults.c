/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include "thread.h"

static pms_fault active;

void fault_switch_on(pms_fault fault) { active = fault; }

bool pms_fault_is_on(pms_fault fault)
{
	if (active != fault)
		return false;
	/* Nothing else comes between the two readings of a caller's buffer. */
	if (fault == PMS_FAULT_BUFFER_READ_TWICE)
		fiber_yield();
	return true;
}
