/* SPDX-License-Identifier: MIT */
#include "memory_file.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "medium_internal.h"
#include "os.h"

#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif
#ifdef HAS_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, bytes) ((void)(address), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(address, bytes) ((void)(address), (void)(bytes))
#endif

/* A device and inode, so that it looks like a file. */
#define DEVICE 1u
#define INODE 1u

static struct {
	uint8_t *bytes; /* null: there is no such file */
	uint64_t size;
	int maps;
} the_file;

static uint64_t random_state = 1;

void memory_file_set(const void *bytes, uint64_t size)
{
	if (the_file.maps)
		abort();
	free(the_file.bytes);
	the_file.bytes = NULL;
	the_file.size = 0;
	if (!bytes)
		return;
	if (posix_memalign((void **)&the_file.bytes, 4096, size ? size : 1) != 0)
		abort();
	if (size)
		memcpy(the_file.bytes, bytes, size);
	the_file.size = size;
}

/* Nobody but the caller reads it while it is not mapped. */
uint8_t *memory_file_bytes(void)
{
	ASAN_UNPOISON_MEMORY_REGION(the_file.bytes, the_file.size);
	return the_file.bytes;
}

uint64_t memory_file_size(void) { return the_file.size; }

/* ---- the operating system ---------------------------------------------------------------------------------------- */

int32_t __wrap_pms_file_open(const char *path, bool writable, pms_file *file, pms_error *error);
int32_t __wrap_pms_file_create_temporary(const char *path, char **temporary, pms_file *file, pms_error *error);
int32_t __wrap_pms_file_allocate(pms_file *file, uint64_t bytes, pms_error *error);
bool __wrap_pms_file_is_sparse(const pms_file *file);
int32_t __wrap_pms_file_size(const pms_file *file, uint64_t *bytes, pms_error *error);
int32_t __wrap_pms_file_read(const pms_file *file, uint64_t offset, void *buffer, size_t bytes, size_t *got,
			     pms_error *error);
int32_t __wrap_pms_file_lock(pms_file *file, uint32_t wait_milliseconds, pms_error *error);
bool __wrap_pms_file_lock_is_held(const pms_file *file);
int32_t __wrap_pms_file_sync(const pms_file *file, pms_error *error);
int32_t __wrap_pms_file_publish(const char *temporary, const char *path, bool replace, pms_error *error);
void __wrap_pms_file_remove(const char *temporary);
void __wrap_pms_file_close(pms_file *file);
int32_t __wrap_pms_mapping_open(const char *path, const pms_file *file, uint64_t bytes, pms_mapping *mapping,
				pms_error *error);
void __wrap_pms_mapping_discard(const pms_mapping *mapping);
void __wrap_pms_mapping_retire(void *base, uint64_t mapped_bytes);
bool __wrap_pms_mapping_has_auto_flush(void);
void __wrap_pms_lines_detect(pms_lines *lines);
int32_t __wrap_pms_os_random(void *buffer, size_t bytes, pms_error *error);
uint64_t __wrap_pms_os_unix_seconds(void);
char *__wrap_pms_shm_path(const char *path, const pms_file *stream_file, const uint8_t uuid[16]);

/* Nobody else has it open. */
char *__wrap_pms_shm_path(const char *path, const pms_file *stream_file, const uint8_t uuid[16])
{
	(void)path;
	(void)stream_file;
	(void)uuid;
	return NULL;
}

static void describe(pms_file *file, bool writable)
{
	*file = (pms_file){
	    .handle = 1000000, /* no descriptor of this process */
	    .type = PMS_FILE_REGULAR,
	    .writable = writable,
	    .device = DEVICE,
	    .inode = INODE,
	    .bytes = the_file.size,
	};
}

int32_t __wrap_pms_file_open(const char *path, bool writable, pms_file *file, pms_error *error)
{
	*file = (pms_file){.handle = -1};
	if (!the_file.bytes)
		return pms_fail(error, PMS_E_NOT_FOUND, "'%s': there is no file in memory", path);
	describe(file, writable);
	return PMS_OK;
}

int32_t __wrap_pms_file_create_temporary(const char *path, char **temporary, pms_file *file, pms_error *error)
{
	(void)error;
	*temporary = strdup(path);
	if (!*temporary)
		abort();
	memory_file_set("", 0);
	describe(file, true);
	return PMS_OK;
}

int32_t __wrap_pms_file_allocate(pms_file *file, uint64_t bytes, pms_error *error)
{
	(void)error;
	if (the_file.size == 0 && bytes) {
		uint8_t *zeros = calloc(1, bytes);
		if (!zeros)
			abort();
		memory_file_set(zeros, bytes);
		free(zeros);
	}
	file->bytes = the_file.size;
	return PMS_OK;
}

bool __wrap_pms_file_is_sparse(const pms_file *file)
{
	(void)file;
	return false;
}

int32_t __wrap_pms_file_size(const pms_file *file, uint64_t *bytes, pms_error *error)
{
	(void)file;
	(void)error;
	*bytes = the_file.size;
	return PMS_OK;
}

int32_t __wrap_pms_file_read(const pms_file *file, uint64_t offset, void *buffer, size_t bytes, size_t *got,
			     pms_error *error)
{
	uint64_t left = offset < the_file.size ? the_file.size - offset : 0;

	(void)file;
	(void)error;
	*got = bytes < left ? bytes : (size_t)left;
	memcpy(buffer, the_file.bytes + offset, *got);
	return PMS_OK;
}

int32_t __wrap_pms_file_lock(pms_file *file, uint32_t wait_milliseconds, pms_error *error)
{
	(void)file;
	(void)wait_milliseconds;
	(void)error;
	pms_os_initialize();
	return PMS_OK;
}

bool __wrap_pms_file_lock_is_held(const pms_file *file)
{
	(void)file;
	return false;
}

int32_t __wrap_pms_file_sync(const pms_file *file, pms_error *error)
{
	(void)file;
	(void)error;
	return PMS_OK;
}

int32_t __wrap_pms_file_publish(const char *temporary, const char *path, bool replace, pms_error *error)
{
	(void)temporary;
	(void)path;
	(void)replace;
	(void)error;
	return PMS_OK;
}

void __wrap_pms_file_remove(const char *temporary) { (void)temporary; }

void __wrap_pms_file_close(pms_file *file) { file->handle = -1; }

/* The same numbers in every run, so that images are, too. */
int32_t __wrap_pms_os_random(void *buffer, size_t bytes, pms_error *error)
{
	uint8_t *at = buffer;

	(void)error;
	for (size_t i = 0; i < bytes; i++) {
		random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
		at[i] = (uint8_t)(random_state >> 56);
	}
	return PMS_OK;
}

uint64_t __wrap_pms_os_unix_seconds(void) { return 1700000000; }

/* ---- the mapping ------------------------------------------------------------------------------------------------- */

int32_t __wrap_pms_mapping_open(const char *path, const pms_file *file, uint64_t bytes, pms_mapping *mapping,
				pms_error *error)
{
	(void)file;
	if (bytes > the_file.size)
		return pms_fail(error, PMS_E_IO, "'%s' is shorter than what is to be mapped", path);
	if (the_file.maps++ == 0)
		ASAN_UNPOISON_MEMORY_REGION(the_file.bytes, the_file.size);
	*mapping = (pms_mapping){
	    .base = the_file.bytes,
	    .mapped_bytes = bytes,
	    .room_bytes = bytes,
	    .kind = PMS_MEDIUM_VOLATILE,
	    .what = "a file in memory",
	};
	return PMS_OK;
}

void __wrap_pms_mapping_retire(void *base, uint64_t mapped_bytes)
{
	(void)mapped_bytes;
	if (base != the_file.bytes || the_file.maps == 0)
		abort();
	if (--the_file.maps == 0)
		ASAN_POISON_MEMORY_REGION(the_file.bytes, the_file.size);
}

void __wrap_pms_mapping_discard(const pms_mapping *mapping)
{
	__wrap_pms_mapping_retire(mapping->base, mapping->mapped_bytes);
}

bool __wrap_pms_mapping_has_auto_flush(void) { return false; }

static void flush_nothing(const void *address, uint64_t bytes)
{
	(void)address;
	(void)bytes;
}

static void copy_only(void *destination, const void *source, uint64_t bytes) { memcpy(destination, source, bytes); }

void __wrap_pms_lines_detect(pms_lines *lines)
{
	*lines = (pms_lines){
	    .flush_name = "nothing",
	    .fence_name = "nothing",
	    .flush = flush_nothing,
	    .flush_nothing = flush_nothing,
	    .copy_non_temporal = copy_only,
	    .copy_cache_lines = copy_only,
	    .copy_only = copy_only,
	};
}
