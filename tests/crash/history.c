/* SPDX-License-Identifier: MIT */
#include "history.h"

#include "crash.h"
#include "fibers.h"

void history_reset(crash_history *history) { history->count = history->model_count = 0; }

void history_add(crash_history *history, crash_event event)
{
	event.thread = (uint8_t)fiber_current();
	history->events = crash_grow(history->events, history->count, &history->capacity, sizeof(crash_event));
	history->events[history->count++] = event;
}

void history_add_model(crash_history *history, const crash_model *model)
{
	history->models =
	    crash_grow(history->models, history->model_count, &history->model_capacity, sizeof(*history->models));
	history->models[history->model_count] = *model;
	history_add(history, (crash_event){.kind = EVENT_MODEL, .point = true, .value = history->model_count++});
}
