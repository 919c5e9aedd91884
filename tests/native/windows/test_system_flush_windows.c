/* SPDX-License-Identifier: MIT */
/*
 * Persistent memory by calls of the system, which Wine has not: these are stand-ins that write down in which order they are called.
 * Not shown: what the real ones do.
 */
#include "engine.h"
#include "medium_internal_windows.h"
#include "support_stream.h"

#define FILE_BYTES ((uint64_t)128 << 10)
#define UNIT ((uint64_t)64 << 10)
#define CALLS_MAX 4096

typedef enum call_kind { GOT_TOKEN, FREED_TOKEN, FLUSHED, DRAINED } call_kind;

typedef struct call {
	call_kind kind;
	uintptr_t token; /* 1, 2, ... in the order in which they were given */
	const uint8_t *address;
	uint64_t bytes;
	ULONG flags;
	uint8_t first; /* byte that is flushed */
} call;

static call calls[CALLS_MAX];
static size_t call_count;
static uintptr_t tokens;
static ULONG token_status, flush_status;

static void write_down(call made)
{
	assert_true(call_count < CALLS_MAX);
	calls[call_count++] = made;
}

static ULONG NTAPI get_token(void *address, SIZE_T bytes, void **token)
{
	if (token_status != 0)
		return token_status;
	*token = (void *)++tokens;
	write_down((call){.kind = GOT_TOKEN, .token = tokens, .address = address, .bytes = bytes});
	return 0;
}

static ULONG NTAPI free_token(void *token)
{
	write_down((call){.kind = FREED_TOKEN, .token = (uintptr_t)token});
	return 0;
}

static ULONG NTAPI flush(void *token, void *address, SIZE_T bytes, ULONG flags)
{
	write_down((call){.kind = FLUSHED,
			  .token = (uintptr_t)token,
			  .address = address,
			  .bytes = bytes,
			  .flags = flags,
			  .first = *(const uint8_t *)address});
	return flush_status;
}

static ULONG NTAPI drain(void *token)
{
	write_down((call){.kind = DRAINED, .token = (uintptr_t)token});
	return 0;
}

static pms_system_calls has;

const pms_system_calls *__wrap_pms_system_calls_find(void);
const pms_system_calls *__wrap_pms_system_calls_find(void) { return &has; }

/* The system has all of them, and nothing was called yet. */
static void begin(void)
{
	has = (pms_system_calls){.get_token = get_token, .free_token = free_token, .flush = flush, .drain = drain};
	call_count = 0;
	tokens = 0;
	token_status = flush_status = 0;
}

static void map(const char *folder, uint32_t policy, pms_file *file, pms_medium *medium)
{
	const char *path = test_path(folder, "system");
	pms_error error;

	test_file_make(path, FILE_BYTES);
	assert_int_equal(pms_file_open(path, true, file, NULL), PMS_OK);
	if (pms_medium_map(path, file, FILE_BYTES, PMS_REQUIRE_ANY, policy, medium, &error) != PMS_OK)
		fail_msg("%s", error.message);
}

static void unmap(pms_file *file, pms_medium *medium)
{
	pms_medium_unmap(medium);
	pms_file_close(file);
}

static size_t count_of(call_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < call_count; i++)
		count += calls[i].kind == kind;
	return count;
}

static void test_system_flush_is_chosen_where_it_is_there(void **state)
{
	pms_medium medium;
	pms_file file;

	(void)state;
	begin();
	map(test_dax_folder(), PMS_FLUSH_AUTO, &file, &medium);
	assert_int_equal(medium.kind, PMS_MEDIUM_PERSISTENT_MEMORY);
	assert_int_equal(medium.policy, PMS_FLUSH_CACHE_LINES);
	assert_non_null(medium.table);
	assert_non_null(strstr(medium.text, "durable by RtlFlushNonVolatileMemory and RtlDrainNonVolatileFlush"));
	unmap(&file, &medium);
	assert_int_equal(count_of(GOT_TOKEN), 2); /* one to ask, one to work with */
	assert_int_equal(count_of(FREED_TOKEN), 2);
	/* Whoever asks for a policy gets that, by our own instructions. */
	map(test_dax_folder(), PMS_FLUSH_CACHE_LINES, &file, &medium);
	assert_null(medium.table);
	assert_non_null(strstr(medium.text, "sfence"));
	unmap(&file, &medium);
	/* So does one on a system that lacks any of them. */
	for (int lacks = 0; lacks < 4; lacks++) {
		begin();
		if (lacks == 0)
			has.get_token = NULL;
		else if (lacks == 1)
			has.free_token = NULL;
		else if (lacks == 2)
			has.flush = NULL;
		else
			has.drain = NULL;
		map(test_dax_folder(), PMS_FLUSH_AUTO, &file, &medium);
		assert_int_equal(medium.kind, PMS_MEDIUM_PERSISTENT_MEMORY);
		assert_null(medium.table);
		assert_non_null(strstr(medium.text, "sfence"));
		unmap(&file, &medium);
	}
	/* The system says that it is no persistent memory: then it is a file. */
	begin();
	token_status = 0xC00000BBu;
	map(test_dax_folder(), PMS_FLUSH_AUTO, &file, &medium);
	assert_int_equal(medium.kind, PMS_MEDIUM_PAGE_CACHE);
	unmap(&file, &medium);
	/* And a file on another volume is none in the first place. */
	begin();
	map(test_disk_folder(), PMS_FLUSH_AUTO, &file, &medium);
	assert_int_equal(medium.kind, PMS_MEDIUM_PAGE_CACHE);
	unmap(&file, &medium);
	assert_int_equal(call_count, 0);
}

static void test_system_flush_stores_flushes_then_drains(void **state)
{
	uint8_t bytes[200];
	pms_medium medium;
	pms_file file;

	(void)state;
	begin();
	map(test_dax_folder(), PMS_FLUSH_AUTO, &file, &medium);
	memset(bytes, 0xA5, sizeof(bytes));
	call_count = 0;
	pms_copy(&medium, 4096, bytes, sizeof(bytes));
	pms_store64(&medium, 8192, 0x5Au);
	assert_int_equal(call_count, 0);
	pms_flush(&medium, 8192, 8);
	pms_copy_flush(&medium, 12288, bytes, sizeof(bytes));
	pms_restore(&medium, 4096, 64);
	assert_int_equal(pms_drain(&medium, NULL), PMS_OK);
	assert_int_equal(call_count, 4);
	const uint64_t offsets[] = {8192, 12288, 4096}, lengths[] = {8, sizeof(bytes), 64};
	for (int i = 0; i < 3; i++) {
		assert_int_equal(calls[i].kind, FLUSHED);
		assert_ptr_equal(calls[i].address, medium.base + offsets[i]);
		assert_int_equal(calls[i].bytes, lengths[i]);
		assert_int_equal(calls[i].flags, 1);			/* FLUSH_NV_MEMORY_IN_FLAG_NO_DRAIN */
		assert_int_equal(calls[i].first, i == 0 ? 0x5A : 0xA5); /* stored before */
		assert_int_equal(calls[i].token, 2);
	}
	assert_int_equal(calls[3].kind, DRAINED);
	assert_int_equal(calls[3].token, 2);
	unmap(&file, &medium);
}

static void test_system_flush_of_a_grown_mapping_has_a_token_for_each_part(void **state)
{
	const uint64_t to = FILE_BYTES + UNIT;
	pms_medium medium;
	pms_error error;
	pms_file file;
	uint64_t bytes;

	(void)state;
	begin();
	map(test_dax_folder(), PMS_FLUSH_AUTO, &file, &medium);
	assert_int_equal(pms_file_extend(&file, FILE_BYTES, to, &bytes, NULL), PMS_OK);
	if (pms_medium_extend(&medium, &file, to, &error) != PMS_OK)
		fail_msg("%s", error.message);
	call_count = 0;
	pms_flush(&medium, FILE_BYTES - 64, 192);
	pms_flush(&medium, FILE_BYTES, 64);
	assert_int_equal(pms_drain(&medium, NULL), PMS_OK);
	assert_int_equal(call_count, 5);
	assert_ptr_equal(calls[0].address, medium.base + FILE_BYTES - 64);
	assert_int_equal(calls[0].bytes, 64);
	assert_ptr_equal(calls[1].address, medium.base + FILE_BYTES);
	assert_int_equal(calls[1].bytes, 128);
	assert_int_not_equal(calls[0].token, calls[1].token);
	assert_int_equal(calls[2].token, calls[1].token);
	assert_int_equal(calls[3].kind, DRAINED);
	assert_int_equal(calls[3].token, calls[0].token);
	assert_int_equal(calls[4].kind, DRAINED);
	assert_int_equal(calls[4].token, calls[1].token);
	unmap(&file, &medium);
	assert_int_equal(calls[5].kind, FREED_TOKEN);
	assert_int_equal(calls[6].kind, FREED_TOKEN);
	assert_int_equal(call_count, 7);
}

/* A part without a token is never called durable. */
static void test_system_flush_that_fails_fails_every_drain(void **state)
{
	pms_medium medium;
	pms_error error;
	pms_file file;

	(void)state;
	begin();
	map(test_dax_folder(), PMS_FLUSH_AUTO, &file, &medium);
	flush_status = 0xC0000185u;
	pms_flush(&medium, 4096, 64);
	flush_status = 0;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pms_drain(&medium, &error), PMS_E_IO);
		assert_non_null(strstr(error.message, "durable"));
	}
	unmap(&file, &medium);
}

/* The last call of an append is a drain, and behind it nothing is left unflushed. */
static void test_system_flush_append_ends_with_a_drain(void **state)
{
	test_case *test = test_begin(state);

	begin();
	(void)remove(test->path);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	pms_region *region = test_region(stream, "region", TEST_MIB, 64);
	assert_non_null(stream->medium.table);
	for (uint64_t bytes = 1; bytes < 100000; bytes *= 7) {
		call_count = 0;
		pms_position position = test_append(region, bytes, bytes);
		assert_true(count_of(FLUSHED) >= 1);
		assert_int_equal(count_of(DRAINED), 1);
		assert_int_equal(calls[call_count - 1].kind, DRAINED);
		/* What was flushed has the entry in it, from its header to its last byte. */
		uint64_t covered = 0;
		const uint8_t *at = stream->medium.base + position.offset;
		for (size_t i = 0; i < call_count; i++)
			if (calls[i].kind == FLUSHED && calls[i].address + calls[i].bytes > at &&
			    calls[i].address <= at + 24 + bytes)
				covered += calls[i].bytes;
		assert_true(covered >= 24 + bytes);
	}
	pms_region_release(region);
	test_close(stream);
	assert_int_equal(count_of(FREED_TOKEN), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_system_flush_is_chosen_where_it_is_there),
	    cmocka_unit_test(test_system_flush_stores_flushes_then_drains),
	    cmocka_unit_test(test_system_flush_of_a_grown_mapping_has_a_token_for_each_part),
	    cmocka_unit_test(test_system_flush_that_fails_fails_every_drain),
	    TEST_ON_TMPFS(test_system_flush_append_ends_with_a_drain),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
