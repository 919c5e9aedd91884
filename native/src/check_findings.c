/* SPDX-License-Identifier: MIT */
/* What a check has found: collected here, read by the caller. */
#include "check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* More findings than anybody reads are counted, not kept. */
#define PROBLEMS_KEPT_MAX 10000u

void pms_check_note(pms_check *check, pms_severity severity, uint64_t position, uint64_t region_offset,
		    const char *format, ...)
{
	va_list arguments;

	check->summary.problem_count++;
	check->summary.error_count += severity == PMS_SEVERITY_ERROR;
	if (check->count == PROBLEMS_KEPT_MAX)
		return;
	if (check->count == check->capacity) {
		uint64_t capacity = check->capacity ? check->capacity * 2 : 16;
		pms_problem *grown = realloc(check->problems, capacity * sizeof(*grown));
		if (!grown) {
			check->out_of_memory = true;
			return;
		}
		check->problems = grown;
		check->capacity = capacity;
	}
	pms_problem *problem = &check->problems[check->count++];
	*problem = (pms_problem){.severity = severity, .position = position, .region_offset = region_offset};
	va_start(arguments, format);
	(void)vsnprintf(problem->message, sizeof(problem->message), format, arguments);
	va_end(arguments);
}

int32_t pms_check_summarize(const pms_check *check, pms_check_summary *summary)
{
	if (!check || !summary || summary->struct_bytes != sizeof(*summary))
		return PMS_E_INVALID_ARGUMENT;
	*summary = check->summary;
	return PMS_OK;
}

int32_t pms_check_problem(const pms_check *check, uint64_t index, pms_problem *problem)
{
	if (!check || !problem)
		return PMS_E_INVALID_ARGUMENT;
	if (index >= check->count)
		return PMS_E_END;
	*problem = check->problems[index];
	return PMS_OK;
}

void pms_check_release(pms_check *check)
{
	if (!check)
		return;
	free(check->problems);
	free(check);
}
