/* SPDX-License-Identifier: MIT */
/*
 * What stands in for the operating system: one device node, which is always there and holds what it held, locks that are
 * always free, random bytes that repeat. So nothing but the core's own steps decides
 * what is tried.
 */
#include "crash.h"
#include "error.h"
#include "recording.h"
#include "shm.h"

unsigned pms_os_fork_generation;
void pms_os_initialize(void) {}

int32_t pms_medium_map(const char *path, const pms_file *file, uint64_t bytes, uint32_t requirement, uint32_t policy,
		       pms_medium *medium, pms_error *error)
{
	crash_device *device = device_in_use();

	(void)path;
	(void)requirement;
	(void)policy;
	(void)error;
	*medium = (pms_medium){
	    .table = &device_table,
	    .base = device->memory,
	    .bytes = bytes,
	    .mapped_bytes = bytes,
	    .kind = device->page_cache ? PMS_MEDIUM_PAGE_CACHE : PMS_MEDIUM_PERSISTENT_MEMORY,
	    .policy = device->page_cache ? PMS_FLUSH_SYNC : PMS_FLUSH_CACHE_LINES,
	    .writable = file->writable,
	    .context = device,
	};
	return PMS_OK;
}

int32_t pms_medium_has_room(const pms_medium *medium, uint64_t bytes, pms_error *error)
{
	(void)medium;
	(void)bytes;
	(void)error;
	return PMS_OK;
}

int32_t pms_medium_extend(pms_medium *medium, const pms_file *file, uint64_t bytes, pms_error *error)
{
	(void)file;
	(void)error;
	if (bytes > device_in_use()->file_bytes)
		crash_fail("%llu bytes are mapped, but the file has %u", (unsigned long long)bytes,
			   device_in_use()->file_bytes);
	if (bytes > medium->bytes)
		medium->bytes = medium->mapped_bytes = bytes;
	return PMS_OK;
}

/* Nothing that is recorded is a sync of the page cache. */
uint64_t pms_medium_sync_count(const pms_medium *medium)
{
	(void)medium;
	return 0;
}

int32_t pms_medium_sync_file(pms_medium *medium, const pms_file *file, pms_error *error)
{
	(void)file;
	(void)error;
	device_sync_size(medium->context);
	return PMS_OK;
}

void pms_medium_unmap(pms_medium *medium) { medium->table->unmap(medium); }

void pms_medium_fence(void) {}

int32_t pms_file_open(const char *path, bool writable, pms_file *file, pms_error *error)
{
	(void)path;
	(void)error;
	*file = (pms_file){
	    .handle = 1,
	    .type = PMS_FILE_DEVICE_DAX,
	    .writable = writable,
	    .bytes = device_in_use()->file_bytes,
	};
	return PMS_OK;
}

int32_t pms_file_resolve(const char *path, char **resolved, pms_error *error)
{
	(void)path;
	(void)error;
	*resolved = crash_allocate(1);
	return PMS_OK;
}

int32_t pms_file_create_temporary(const char *path, char **temporary_path, pms_file *file, pms_error *error)
{
	(void)path;
	*temporary_path = crash_allocate(1);
	return pms_file_open(path, true, file, error);
}

int32_t pms_file_allocate(pms_file *file, uint64_t bytes, pms_error *error)
{
	(void)error;
	file->bytes = bytes;
	return PMS_OK;
}

int32_t pms_file_extend(const pms_file *file, uint64_t from, uint64_t bytes, uint64_t *file_bytes, pms_error *error)
{
	crash_device *device = device_in_use();

	(void)file;
	(void)from;
	(void)error;
	CRASH_CHECK(bytes <= CRASH_STREAM_BYTES);
	if (bytes > device->file_bytes)
		device_resize(device, (uint32_t)bytes);
	*file_bytes = device->file_bytes;
	return PMS_OK;
}

void pms_file_cut(const pms_file *file, uint64_t bytes)
{
	(void)file;
	if (bytes < device_in_use()->file_bytes)
		device_resize(device_in_use(), (uint32_t)bytes);
}

bool pms_file_is_sparse(const pms_file *file)
{
	(void)file;
	return false;
}

int32_t pms_file_size(const pms_file *file, uint64_t *bytes, pms_error *error)
{
	(void)file;
	(void)error;
	*bytes = device_in_use()->file_bytes;
	return PMS_OK;
}

int32_t pms_file_read(const pms_file *file, uint64_t offset, void *buffer, size_t bytes, size_t *got, pms_error *error)
{
	(void)file;
	(void)offset;
	(void)buffer;
	(void)bytes;
	*got = 0;
	return pms_fail(error, PMS_E_NOT_SUPPORTED, "nothing is read from here");
}

int32_t pms_file_lock(pms_file *file, uint32_t wait_milliseconds, pms_error *error)
{
	(void)wait_milliseconds;
	(void)error;
	file->locked = true;
	return PMS_OK;
}

bool pms_file_lock_is_held(const pms_file *file)
{
	(void)file;
	return false;
}

int32_t pms_file_sync(const pms_file *file, pms_error *error)
{
	(void)file;
	(void)error;
	return PMS_OK;
}

int32_t pms_file_publish(const char *temporary_path, const char *path, bool replace, pms_error *error)
{
	(void)temporary_path;
	(void)path;
	(void)replace;
	(void)error;
	return PMS_OK;
}

void pms_file_remove(const char *temporary_path) { (void)temporary_path; }

void pms_file_close(pms_file *file) { file->handle = -1; }

int32_t pms_os_random(void *buffer, size_t bytes, pms_error *error)
{
	uint8_t *to = buffer;

	(void)error;
	for (size_t i = 0; i < bytes; i++)
		to[i] = (uint8_t)(crash_mix(i + 1000 * device_in_use()->uuid_salt) >> 8);
	return PMS_OK;
}

uint64_t pms_os_unix_seconds(void) { return 1700000000; }

/* Nothing is shared: the core writes no coordination file, and asks nothing of it. */

char *pms_shm_path(const char *path, const pms_file *stream_file, const uint8_t uuid[16])
{
	(void)path;
	(void)stream_file;
	(void)uuid;
	return NULL;
}

bool pms_shm_open(const char *path, bool for_writer, const uint8_t uuid[16], uint64_t published_bytes,
		  uint64_t common_bytes, pms_shm *shm)
{
	(void)path;
	(void)for_writer;
	(void)uuid;
	(void)published_bytes;
	(void)common_bytes;
	(void)shm;
	return false;
}

bool pms_shm_create(const char *path, const pms_file *stream_file, const uint8_t uuid[16], const void *header,
		    uint64_t header_bytes, uint64_t published_bytes, uint64_t common_bytes, pms_shm *shm)
{
	(void)stream_file;
	(void)header;
	(void)header_bytes;
	return pms_shm_open(path, true, uuid, published_bytes, common_bytes, shm);
}

void pms_shm_close(pms_shm *shm) { shm->handle = -1; }

bool pms_shm_is_at(const pms_shm *shm, const char *path)
{
	(void)shm;
	(void)path;
	return false;
}

void pms_shm_remove(pms_shm *shm, const char *path)
{
	(void)shm;
	(void)path;
}

bool pms_shm_is_locked(const pms_shm *shm, uint32_t byte)
{
	(void)shm;
	(void)byte;
	return false;
}

bool pms_shm_lock(const pms_shm *shm, uint32_t byte) { return pms_shm_is_locked(shm, byte); }

void pms_shm_unlock(const pms_shm *shm, uint32_t byte)
{
	(void)shm;
	(void)byte;
}

bool pms_shm_answer(pms_shm *shm, uint64_t session)
{
	(void)shm;
	(void)session;
	return false;
}

bool pms_shm_is_answered(const pms_shm *shm, uint64_t session)
{
	(void)shm;
	(void)session;
	return false;
}

void pms_shm_sleep(pms_shm_word word, uint32_t expected, uint32_t milliseconds)
{
	(void)word;
	(void)expected;
	(void)milliseconds;
}

bool pms_shm_wake(pms_shm_word word)
{
	atomic_fetch_add(word.at, 1);
	return true;
}

uint64_t pms_os_process_id(void) { return 1; }

uint64_t pms_os_process_start(void) { return 1; }

uint64_t pms_os_milliseconds(void) { return 0; }

uint64_t pms_os_nanoseconds(void) { return 0; }
