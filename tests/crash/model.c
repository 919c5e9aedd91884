/* SPDX-License-Identifier: MIT */
#include "model.h"

#include <stdio.h>
#include <string.h>

#include "crash.h"

uint64_t model_digest(const crash_model *model)
{
	uint64_t digest = crash_hash(model, offsetof(struct crash_model, regions), 0);

	digest = crash_hash(model->regions, model->region_count * sizeof(model->regions[0]), digest);
	return crash_hash(model->entries, model->entry_count * sizeof(model->entries[0]), digest);
}

unsigned model_add_region(crash_model *model, uint32_t usable_bytes, uint16_t alignment)
{
	CRASH_CHECK(model->region_count < MODEL_REGIONS_MAX);
	model->regions[model->region_count] = (crash_model_region){
	    .usable_bytes = usable_bytes,
	    .alignment = alignment,
	    .state = REGION_CREATING,
	};
	return model->region_count++;
}

unsigned model_add_entry(crash_model *model, unsigned region, uint32_t bytes, model_entry_state state)
{
	if (model->entry_count == MODEL_ENTRIES_MAX)
		return MODEL_ENTRIES_MAX;
	model->entries[model->entry_count] = (crash_model_entry){
	    .bytes = bytes,
	    .region = (uint8_t)region,
	    .state = (uint8_t)state,
	};
	return model->entry_count++;
}

void model_set_entries(crash_model *model, unsigned region, model_entry_state state)
{
	for (unsigned i = 0; i < model->entry_count; i++)
		if (model->entries[i].region == region && model->entries[i].state != ENTRY_GONE)
			model->entries[i].state = (uint8_t)state;
}

static void fill(unsigned id, uint32_t bytes, uint8_t *payload, uint64_t salt)
{
	uint64_t name = id + 1;

	CRASH_CHECK(bytes >= sizeof(name));
	memcpy(payload, &name, sizeof(name));
	/* Every third one repeats the same bytes, so that torn and stale payloads look like whole ones. */
	for (uint32_t i = sizeof(name); i < bytes; i++)
		payload[i] =
		    (uint8_t)(id % 3 == 0 && salt == 0 ? 'A' : crash_mix(id * 1000u + i / 8 + salt) >> (i % 8 * 8));
}

void model_fill(unsigned id, uint32_t bytes, uint8_t *payload) { fill(id, bytes, payload, 0); }

void model_fill_other(unsigned id, uint32_t bytes, uint8_t *payload) { fill(id, bytes, payload, 1000000); }

unsigned model_region_name(unsigned region, char name[8]) { return (unsigned)snprintf(name, 8, "r%u", region % 1000); }
