/* SPDX-License-Identifier: MIT */
/* Recovery of groups (R11) and of what reservations leave (R10, R15), in images that are written by hand. */
#include "support_image.h"

typedef struct fixture {
	test_case *test;
	test_image image;
	uint64_t region_offset, tail, last;
	pms_life life;
	test_log log;
	pms_stream *stream;
	pms_region *region;
} fixture;

static fixture begin(void **state)
{
	fixture f = {.test = test_begin(state)};
	(void)remove(f.test->path); /* some tests begin several times */
	pms_stream *stream = test_create(f.test->path, 128 * TEST_KIB);
	pms_region *region = test_region(stream, "region", 64 * TEST_KIB, 64);

	f.last = test_log_append(&f.log, region, 100).timestamp;
	f.region_offset = test_region_info(region).offset;
	f.tail = pms_region_committed(region);
	f.image = test_image_load(f.test->path);
	f.life = test_image_life(&f.image, f.region_offset);
	pms_region_release(region);
	test_close(stream);
	return f;
}

/* Puts an entry of 40 bytes at `at`, `step` timestamps behind the last one of the log. */
static uint64_t put(fixture *f, uint64_t at, uint64_t step, bool continues, pms_entry_kind kind)
{
	test_raw_entry entry = {.offset = at,
				.timestamp = f->last + step,
				.payload_bytes = 40,
				.seed = step,
				.kind = kind,
				.group_continues = continues,
				.lag = PMS_LAG_UNKNOWN};

	return test_image_put(&f->image, &f->life, &entry);
}

static void expect(fixture *f, uint64_t at, uint64_t step)
{
	test_log_add(&f->log, (pms_position){.offset = at, .timestamp = f->last + step}, 40, step);
}

static pms_recovery_info open_image(fixture *f)
{
	test_image_save(&f->image, f->test->path);
	f->stream = test_open(f->test->path, PMS_OPEN_DEFAULT);
	f->region = test_find(f->stream, "region");
	return test_recovery(f->stream);
}

/* The log is what is expected, and goes on over three more sessions, of which two are killed. */
static void expect_and_end(fixture *f)
{
	for (int session = 0; session < 4; session++) {
		test_log_expect(&f->log, f->region);
		(void)test_log_append(&f->log, f->region, 40);
		test_image image = test_image_load(f->test->path);
		pms_region_release(f->region);
		test_close(f->stream);
		if (session % 2)
			test_image_save(&image, f->test->path);
		test_image_free(&image);
		f->stream = test_open(f->test->path, PMS_OPEN_DEFAULT);
		f->region = test_find(f->stream, "region");
	}
	test_log_expect(&f->log, f->region);
	test_check_is_clean(f->stream);
	pms_region_release(f->region);
	test_close(f->stream);
	test_log_free(&f->log);
	test_image_free(&f->image);
}

/* ---- groups -------------------------------------------------------------------------------------------------------- */

static void test_recovery_group_complete_is_kept_and_flagged(void **state)
{
	fixture f = begin(state);
	uint64_t at[3];
	pms_cursor *cursor;
	pms_entry entry;

	at[0] = f.tail;
	at[1] = put(&f, at[0], 1, true, PMS_KIND_DATA);
	at[2] = put(&f, at[1], 2, true, PMS_KIND_DATA);
	(void)put(&f, at[2], 3, false, PMS_KIND_DATA);
	pms_recovery_info recovery = open_image(&f);
	assert_int_equal(recovery.groups_dropped, 0);
	assert_int_equal(recovery.recovered_entries, 4);
	for (uint64_t i = 0; i < 3; i++)
		expect(&f, at[i], i + 1);
	assert_int_equal(pms_cursor_open(f.region, NULL, &cursor, NULL), PMS_OK);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_OK);
		assert_int_equal(entry.flags, i == 1 || i == 2 ? PMS_ENTRY_GROUP_CONTINUES : PMS_ENTRY_PLAIN);
	}
	pms_cursor_close(cursor);
	expect_and_end(&f);
}

/* Which members of a group of four are whole; the group ends at the last one in the string. */
static void drop_group(void **state, const char *members)
{
	fixture f = begin(state);
	uint64_t at = f.tail;

	for (uint64_t i = 0; members[i]; i++) {
		uint64_t next = put(&f, at, i + 1, i < 3, PMS_KIND_DATA);
		if (members[i] == '-')
			memset(f.image.bytes + at, 0, 64);
		else if (members[i] == '~')
			test_image_flip(&f.image, at + 30, 1);
		at = next;
	}
	pms_recovery_info recovery = open_image(&f);
	assert_int_equal(recovery.flags, 0);
	assert_int_equal(recovery.groups_dropped, members[0] == '+');
	assert_int_equal(recovery.cuts_sealed, 1);
	assert_int_equal(recovery.recovered_entries, 1);
	assert_int_equal(pms_region_committed(f.region), f.tail + 64); /* the seal */
	expect_and_end(&f);
}

/* R11: an incomplete group is dropped whole, whichever member is missing. */
static void test_recovery_group_incomplete_is_dropped_whole(void **state)
{
	static const char *const groups[] = {"+", "++", "+++", "+++-", "+++~", "++-+", "++~+", "+-++", "+~++", "~+++"};

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		drop_group(state, groups[i]);
}

/* R11: members have consecutive timestamps, so that leftovers of one group can never complete another. */
static void test_recovery_group_member_of_another_group_does_not_complete_it(void **state)
{
	for (uint64_t step = 3; step < 5; step++) {
		fixture f = begin(state);
		uint64_t second = put(&f, f.tail, 1, true, PMS_KIND_DATA);
		(void)put(&f, second, step, false, PMS_KIND_DATA); /* valid, later, but not the next one */
		pms_recovery_info recovery = open_image(&f);
		assert_int_equal(recovery.groups_dropped, 1);
		assert_int_equal(recovery.cuts_sealed, 1);
		expect_and_end(&f);
	}
}

static void test_recovery_group_is_not_completed_by_skip_or_pending(void **state)
{
	for (int kind = PMS_KIND_PENDING; kind <= PMS_KIND_SKIP; kind++) {
		fixture f = begin(state);
		uint64_t second = put(&f, f.tail, 1, true, PMS_KIND_DATA);
		(void)put(&f, second, 2, false, (pms_entry_kind)kind);
		assert_int_equal(open_image(&f).groups_dropped, 1);
		expect_and_end(&f);
	}
}

/* A group right behind another one, of which the first is complete. */
static void test_recovery_group_behind_a_complete_one_is_dropped_alone(void **state)
{
	fixture f = begin(state);
	uint64_t at[4];

	at[0] = f.tail;
	at[1] = put(&f, at[0], 1, true, PMS_KIND_DATA);
	at[2] = put(&f, at[1], 2, false, PMS_KIND_DATA);
	at[3] = put(&f, at[2], 3, true, PMS_KIND_DATA);
	(void)put(&f, at[3], 4, true, PMS_KIND_DATA);
	pms_recovery_info recovery = open_image(&f);
	assert_int_equal(recovery.groups_dropped, 1);
	assert_int_equal(recovery.recovered_entries, 3);
	expect(&f, at[0], 1);
	expect(&f, at[1], 2);
	expect_and_end(&f);
}

/* R15: a checkpoint at a group says that all of it was durable. */
static void test_recovery_group_at_the_checkpoint_incomplete_is_corruption(void **state)
{
	fixture f = begin(state);
	uint64_t second = put(&f, f.tail, 1, true, PMS_KIND_DATA);
	pms_error error;

	(void)put(&f, second, 2, false, PMS_KIND_DATA);
	test_image_seal(&f.image, f.region_offset + PMS_REGION_CHECKPOINT, PMS_ROLE_CHECKPOINT, f.tail);
	assert_int_equal(open_image(&f).flags, 0); /* complete */
	pms_region_release(f.region);
	test_close(f.stream);

	test_image_flip(&f.image, second + 30, 1);
	test_image_save(&f.image, f.test->path);
	test_open_fails(f.test->path, PMS_OPEN_DEFAULT, PMS_E_CORRUPT, &error);
	assert_int_equal(error.position, f.tail);
	test_image_expect(&f.image, f.test->path);
	test_log_free(&f.log);
	test_image_free(&f.image);
}

/* R8, R17: a group whose members were acknowledged: the timestamp of a whole member at or below the persisted one. */
static void test_recovery_group_persisted_and_then_damaged_is_corruption(void **state)
{
	static const uint64_t damaged_members[] = {1, 2};

	for (int i = 0; i < 2; i++) {
		fixture f = begin(state);
		uint64_t at[3];
		pms_error error;
		at[0] = f.tail;
		at[1] = put(&f, at[0], 1, true, PMS_KIND_DATA);
		at[2] = put(&f, at[1], 2, damaged_members[i] == 2, PMS_KIND_DATA);
		(void)put(&f, at[2], 3, false, PMS_KIND_DATA);
		test_image_flip(&f.image, at[damaged_members[i]] + 30, 1);
		if (damaged_members[i] == 1)
			memset(f.image.bytes + at[2], 0, 64); /* a group of two: only its first member is left */
		test_image_seal(&f.image, PMS_PERSISTED_TIMESTAMP, PMS_ROLE_PERSISTED_TIMESTAMP, f.last + 3);
		test_image_save(&f.image, f.test->path);
		test_open_fails(f.test->path, PMS_OPEN_DEFAULT, PMS_E_CORRUPT, &error);
		assert_int_equal(error.position, f.tail);
		test_image_expect(&f.image, f.test->path);
		test_log_free(&f.log);
		test_image_free(&f.image);
	}
}

/* ---- reservations of dead sessions --------------------------------------------------------------------------------- */

/* R15: passed over, never rewritten, never re-used; also at the end of the log. */
static void test_recovery_pending_entries_are_passed_over(void **state)
{
	fixture f = begin(state);
	uint64_t at[5];

	at[0] = f.tail;
	at[1] = put(&f, at[0], 1, false, PMS_KIND_PENDING);
	at[2] = put(&f, at[1], 2, false, PMS_KIND_DATA);
	at[3] = put(&f, at[2], 3, false, PMS_KIND_SKIP);
	at[4] = put(&f, at[3], 4, false, PMS_KIND_PENDING);
	uint64_t end = put(&f, at[4], 5, false, PMS_KIND_PENDING);
	pms_recovery_info recovery = open_image(&f);
	assert_int_equal(recovery.flags, 0);
	assert_int_equal(recovery.pending_skipped, 3);
	assert_int_equal(recovery.recovered_entries, 2);
	assert_int_equal(recovery.walked_entries, 6);
	assert_int_equal(recovery.cuts_sealed, 0);
	expect(&f, at[1], 2);
	assert_int_equal(pms_region_committed(f.region), end);
	assert_int_equal(test_region_info(f.region).open_reservations, 0);
	test_log_expect(&f.log, f.region);
	/* Not a word of them was changed. */
	test_image now = test_image_load(f.test->path);
	assert_memory_equal(now.bytes + f.tail, f.image.bytes + f.tail, end - f.tail);
	test_image_free(&now);
	assert_int_equal(test_log_append(&f.log, f.region, 40).offset, end);
	expect_and_end(&f);
}

/* R15: a pending entry of an earlier session may be the checkpoint, and then counts as any other. */
static void test_recovery_pending_entry_may_be_the_checkpoint(void **state)
{
	fixture f = begin(state);
	uint64_t end = put(&f, f.tail, 1, false, PMS_KIND_PENDING);

	(void)open_image(&f);
	pms_region_release(f.region);
	test_close(f.stream);
	test_image image = test_image_load(f.test->path);
	assert_int_equal(test_image_unseal(&image, f.region_offset + PMS_REGION_CHECKPOINT, PMS_ROLE_CHECKPOINT),
			 f.tail);
	test_image_free(&image);
	f.stream = test_open(f.test->path, PMS_OPEN_DEFAULT);
	f.region = test_find(f.stream, "region");
	assert_int_equal(test_recovery(f.stream).flags, 0);
	assert_int_equal(test_recovery(f.stream).walked_bytes, 0);
	assert_int_equal(pms_region_committed(f.region), end);
	/* The walk met no data; the last timestamp is found all the same. */
	assert_int_equal(test_region_info(f.region).last_timestamp, f.last);
	expect_and_end(&f);
}

/* A pending entry that the hole of R17 lies behind, and one behind the hole: it is evidence like any other. */
static void test_recovery_pending_entry_behind_a_hole_is_evidence(void **state)
{
	fixture f = begin(state);
	test_raw_entry pending = {
	    .offset = f.tail + 64, .timestamp = f.last + 2, .payload_bytes = 40, .kind = PMS_KIND_PENDING, .lag = 0};
	pms_error error;

	(void)test_image_put(&f.image, &f.life, &pending);
	test_image_save(&f.image, f.test->path);
	test_open_fails(f.test->path, PMS_OPEN_DEFAULT, PMS_E_CORRUPT, &error);
	assert_int_equal(error.position, f.tail);
	test_image_expect(&f.image, f.test->path);
	test_log_free(&f.log);
	test_image_free(&f.image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_recovery_group_complete_is_kept_and_flagged),
	    TEST_ON_TMPFS(test_recovery_group_incomplete_is_dropped_whole),
	    TEST_ON_BOTH(test_recovery_group_member_of_another_group_does_not_complete_it),
	    TEST_ON_TMPFS(test_recovery_group_is_not_completed_by_skip_or_pending),
	    TEST_ON_TMPFS(test_recovery_group_behind_a_complete_one_is_dropped_alone),
	    TEST_ON_BOTH(test_recovery_group_at_the_checkpoint_incomplete_is_corruption),
	    TEST_ON_TMPFS(test_recovery_group_persisted_and_then_damaged_is_corruption),
	    TEST_ON_BOTH(test_recovery_pending_entries_are_passed_over),
	    TEST_ON_BOTH(test_recovery_pending_entry_may_be_the_checkpoint),
	    TEST_ON_TMPFS(test_recovery_pending_entry_behind_a_hole_is_evidence),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
