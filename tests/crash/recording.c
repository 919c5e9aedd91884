/* SPDX-License-Identifier: MIT */
#include "recording.h"

#include "crash.h"
#include "error.h"
#include "fibers.h"

static crash_device *used;

void device_use(crash_device *device) { used = device; }

crash_device *device_in_use(void) { return used; }

static void check_range(const crash_device *device, uint64_t offset, uint64_t bytes, uint64_t alignment)
{
	if (offset % alignment || bytes % alignment || offset > device->file_bytes ||
	    bytes > device->file_bytes - offset)
		crash_fail(
		    "a store or flush of %llu bytes at offset %llu is outside of the file, or not of whole words",
		    (unsigned long long)bytes, (unsigned long long)offset);
}

static void store_words(crash_device *device, uint64_t offset, const void *source, uint64_t bytes, store_kind kind)
{
	const uint8_t *from = source;

	check_range(device, offset, bytes, sizeof(uint64_t));
	for (uint64_t done = 0; done < bytes && !device->dead; done += sizeof(uint64_t)) {
		crash_event stored = {
		    .kind = EVENT_STORE,
		    .store = (uint8_t)kind,
		    .offset = (uint32_t)(offset + done),
		    .point = done + sizeof(uint64_t) == bytes,
		};
		memcpy(&stored.value, from + done, sizeof(stored.value));
		history_add(device->history, stored);
		memcpy(device->memory + offset + done, &stored.value, sizeof(stored.value));
	}
}

static void add_flush(crash_device *device, uint64_t offset, uint64_t bytes)
{
	check_range(device, offset, bytes, 1);
	if (!device->dead && bytes)
		history_add(device->history,
			    (crash_event){.kind = EVENT_FLUSH, .offset = (uint32_t)offset, .value = bytes});
}

static void device_store64(pms_medium *medium, uint64_t offset, uint64_t value)
{
	fiber_yield();
	store_words(medium->context, offset, &value, sizeof(value), STORE_CACHED);
}

static void device_copy(pms_medium *medium, uint64_t offset, const void *source, uint64_t bytes)
{
	fiber_yield();
	store_words(medium->context, offset, source, bytes, STORE_CACHED);
}

/* On persistent memory the policy may choose non-temporal stores; they allow more than cached ones. */
static void device_copy_flush(pms_medium *medium, uint64_t offset, const void *source, uint64_t bytes)
{
	crash_device *device = medium->context;

	fiber_yield();
	store_words(device, offset, source, bytes, device->page_cache ? STORE_CACHED : STORE_LOOSE);
	add_flush(device, offset, bytes);
}

static void device_flush(pms_medium *medium, uint64_t offset, uint64_t bytes)
{
	fiber_yield();
	add_flush(medium->context, offset, bytes);
}

static int32_t device_drain(pms_medium *medium, pms_error *error)
{
	crash_device *device = medium->context;

	(void)error;
	fiber_yield();
	if (!device->dead)
		history_add(device->history, (crash_event){.kind = EVENT_DRAIN, .point = true});
	return PMS_OK;
}

void device_resize(crash_device *device, uint32_t file_bytes)
{
	fiber_yield();
	if (device->dead)
		return;
	device->file_bytes = file_bytes;
	history_add(device->history, (crash_event){.kind = EVENT_FILE_SIZE, .point = true, .value = file_bytes});
}

void device_sync_size(crash_device *device)
{
	fiber_yield();
	if (!device->dead)
		history_add(device->history, (crash_event){.kind = EVENT_FILE_SYNC, .point = true});
}

static void device_unmap(pms_medium *medium) { medium->mapped_bytes = 0; }

const pms_medium_table device_table = {
    .store64 = device_store64,
    .copy = device_copy,
    .copy_flush = device_copy_flush,
    .flush = device_flush,
    .drain = device_drain,
    .restore = device_flush,
    .unmap = device_unmap,
};

void device_user_write(crash_device *device, uint64_t offset, const void *data, uint64_t bytes)
{
	uint64_t whole = bytes / 8 * 8, last;

	fiber_yield();
	store_words(device, offset, data, whole, STORE_USER);
	if (bytes == whole)
		return;
	memcpy(&last, device->memory + offset + whole, sizeof(last));
	memcpy(&last, (const uint8_t *)data + whole, bytes - whole);
	store_words(device, offset + whole, &last, sizeof(last), STORE_USER);
}
