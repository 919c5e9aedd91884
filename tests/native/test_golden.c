/* SPDX-License-Identifier: MIT */
/*
 * The golden images of format version 1 (tests/golden) are read as the dumps beside them say, for ever: by listing, by
 * cursor, and by a writer, which can go on with them.
 */
#include "support_image.h"

#include <dirent.h>

#define TEXT_BYTES (256 * 1024u)
#define IMAGES_MAX 64

typedef struct text {
	char bytes[TEXT_BYTES];
	size_t length;
} text;

static void say(text *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(text *out, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(out->bytes + out->length, TEXT_BYTES - out->length, format, arguments);
	va_end(arguments);
	assert_true(length >= 0 && (size_t)length < TEXT_BYTES - out->length);
	out->length += (size_t)length;
}

/* ---- the dump, from what the core lists ------------------------------------------------------------------------------ */

static void say_stream(text *out, pms_stream *stream)
{
	pms_stream_info info = test_info(stream);

	say(out, "stream version %u uuid ", info.format_version);
	for (size_t i = 0; i < sizeof(info.uuid); i++)
		say(out, "%02x", info.uuid[i]);
	say(out, " block %u size %llu created %llu\n", info.block_bytes, (unsigned long long)info.stream_bytes,
	    (unsigned long long)info.created_unix_seconds);
}

static void say_word(text *out, const pms_stored *stored, const char *role)
{
	if (stored->whole)
		say(out, "word %llu %s %llu\n", (unsigned long long)stored->offset, role,
		    (unsigned long long)stored->value);
	else
		say(out, "word %llu %s damaged %016llx\n", (unsigned long long)stored->offset, role,
		    (unsigned long long)stored->value);
}

/* The region whose piece begins there. */
static pms_region *region_at(pms_stream *stream, uint64_t offset)
{
	pms_region *region = NULL;

	assert_int_equal(pms_region_next(stream, offset, &region, NULL), PMS_OK);
	assert_int_equal(test_region_info(region).offset, offset);
	return region;
}

static void say_region(text *out, pms_region *region)
{
	pms_region_info info = test_region_info(region);

	say(out, "region %llu identity %llu alignment %u name \"%s\"\n", (unsigned long long)info.offset,
	    (unsigned long long)info.identity, info.entry_alignment, info.name);
}

static void say_entry(text *out, pms_region *region, const pms_stored *stored)
{
	static const char *const kinds[] = {"data", "pending", "skip"};
	pms_position position = {.offset = stored->offset, .timestamp = stored->timestamp};
	uint64_t bytes = 0;

	say(out, "%s %llu timestamp %llu extent %llu lag ", kinds[stored->kind - PMS_STORED_DATA],
	    (unsigned long long)stored->offset, (unsigned long long)stored->timestamp,
	    (unsigned long long)stored->bytes);
	if (stored->lag_bytes == UINT64_MAX)
		say(out, "unknown");
	else
		say(out, "%llu", (unsigned long long)stored->lag_bytes);
	say(out, stored->flags & PMS_ENTRY_GROUP_CONTINUES ? " group\n" : "\n");
	if (stored->kind != PMS_STORED_DATA)
		return;
	void *payload = malloc(stored->payload_bytes + 1);
	assert_non_null(payload);
	assert_int_equal(
	    pms_region_read(region, &position, payload, stored->payload_bytes, PMS_READ_VERIFIED, &bytes, NULL),
	    PMS_OK);
	say(out, "payload %llu %016llx\n", (unsigned long long)bytes, (unsigned long long)pms_hash(payload, bytes));
	free(payload);
}

/* What the listing says of one region's entries: those of the log alone. */
typedef struct log_state {
	pms_region *region;
	uint64_t committed;
} log_state;

static void end_region(text *out, log_state *log)
{
	if (!log->region)
		return;
	say(out, "tail %llu\n", (unsigned long long)log->committed);
	pms_region_release(log->region);
	log->region = NULL;
}

static void say_stored(text *out, pms_stream *stream, const pms_stored *stored, log_state *log)
{
	static const char *const roles[] = {
	    [PMS_STORED_CEILING] = "timestamp-ceiling", [PMS_STORED_PERSISTED_TIMESTAMP] = "persisted-timestamp",
	    [PMS_STORED_LAYOUT_EPOCH] = "layout-epoch", [PMS_STORED_STREAM_SIZE] = "stream-size",
	    [PMS_STORED_STREAM_SPARE] = "stream-spare", [PMS_STORED_EXTENT] = "extent",
	    [PMS_STORED_BASE] = "base-timestamp",	[PMS_STORED_CHECKPOINT] = "checkpoint",
	    [PMS_STORED_REGION_SPARE] = "region-spare",
	};

	switch (stored->kind) {
	case PMS_STORED_STREAM_HEADER:
		/* Whichever copies are damaged: the second comes behind the first, before the words. */
		say(out, "header %llu %s\n", (unsigned long long)stored->offset, stored->whole ? "whole" : "damaged");
		break;
	case PMS_STORED_FREE_PIECE:
	case PMS_STORED_REGION_PIECE:
		end_region(out, log);
		say(out, "piece %llu %s %llu\n", (unsigned long long)stored->offset,
		    stored->kind == PMS_STORED_FREE_PIECE ? "free" : "region", (unsigned long long)stored->bytes);
		break;
	case PMS_STORED_REGION_HEADER:
		log->region = region_at(stream, stored->offset);
		log->committed = pms_region_committed(log->region);
		break;
	case PMS_STORED_DATA:
	case PMS_STORED_PENDING:
	case PMS_STORED_SKIP:
		if (stored->offset < log->committed)
			say_entry(out, log->region, stored);
		break;
	case PMS_STORED_DAMAGED:
	case PMS_STORED_ROOM:
		break;
	default:
		say_word(out, stored, roles[stored->kind]);
	}
	/* The last word of a region's header. */
	if (log->region && stored->kind == PMS_STORED_REGION_SPARE &&
	    stored->offset == stored->region_offset + PMS_REGION_SPARE_1)
		say_region(out, log->region);
}

static void say_all(text *out, pms_stream *stream)
{
	pms_stored stored = {.struct_bytes = sizeof(stored)};
	log_state log = {0};
	pms_dump *dump = NULL;
	int32_t status;

	out->length = 0;
	say_stream(out, stream);
	assert_int_equal(pms_dump_open(stream, &dump, NULL), PMS_OK);
	while ((status = pms_dump_next(dump, &stored, NULL)) == PMS_OK)
		say_stored(out, stream, &stored, &log);
	assert_int_equal(status, PMS_E_END);
	pms_dump_close(dump);
	end_region(out, &log);
}

/* ---- what the dump beside the image says ----------------------------------------------------------------------------- */

typedef struct expected {
	text lines; /* without those that say how a log ends, which the core does not list */
	uint64_t torn, damaged;
} expected;

static void load_expected(expected *e, const char *path)
{
	FILE *file = fopen(path, "r");
	char line[512];

	assert_non_null(file);
	*e = (expected){.lines.length = 0};
	while (fgets(line, sizeof(line), file)) {
		e->torn += strcmp(line, "end torn\n") == 0;
		e->damaged += strcmp(line, "end damaged\n") == 0;
		if (strncmp(line, "end ", 4) != 0)
			say(&e->lines, "%s", line);
	}
	(void)fclose(file);
}

static void expect_text(const char *name, const text *found, const text *wanted)
{
	size_t at = 0, line = 0;

	while (at < found->length && at < wanted->length && found->bytes[at] == wanted->bytes[at])
		at++;
	if (at == found->length && at == wanted->length)
		return;
	while (at > 0 && wanted->bytes[at - 1] != '\n')
		at--;
	for (size_t i = 0; i < at; i++)
		line += wanted->bytes[i] == '\n';
	fail_msg("%s, line %zu without those of ends: expected '%.*s', found '%.*s'", name, line + 1,
		 (int)strcspn(wanted->bytes + at, "\n"), wanted->bytes + at, (int)strcspn(found->bytes + at, "\n"),
		 found->bytes + at);
}

/* ---- tests --------------------------------------------------------------------------------------------------------- */

typedef struct names {
	char names[IMAGES_MAX][64];
	size_t count;
} names;

static names list_images(void)
{
	DIR *folder = opendir(PMS_GOLDEN_FOLDER);
	const struct dirent *item;
	names all = {.count = 0};

	assert_non_null(folder);
	while ((item = readdir(folder))) {
		size_t length = strlen(item->d_name);
		if (length < 5 || length > 63 || strcmp(item->d_name + length - 4, ".pms") != 0)
			continue;
		assert_true(all.count < IMAGES_MAX);
		(void)snprintf(all.names[all.count++], sizeof(all.names[0]), "%.*s", (int)length - 4, item->d_name);
	}
	assert_int_equal(closedir(folder), 0);
	assert_true(all.count >= 16);
	return all;
}

static const char *golden(const char *name, const char *ending)
{
	static char path[2][1024];
	static unsigned next;
	char *at = path[next++ % 2];

	(void)snprintf(at, sizeof(path[0]), "%s/%s.%s", PMS_GOLDEN_FOLDER, name, ending);
	return at;
}

static void test_golden_read_only_is_listed_as_the_dump_says(void **state)
{
	const test_case *test = test_begin(state);
	names all = list_images();
	static text found;
	static expected wanted;

	for (size_t i = 0; i < all.count; i++) {
		test_image_copy(golden(all.names[i], "pms"), test->path);
		load_expected(&wanted, golden(all.names[i], "txt"));
		pms_stream *stream = test_open(test->path, PMS_OPEN_READ_ONLY);
		say_all(&found, stream);
		test_close(stream);
		expect_text(all.names[i], &found, &wanted.lines);
	}
}

/* Lines that begin so, in the order of the text. */
static void keep_lines(text *lines, const char *first, const char *second)
{
	text *kept = malloc(sizeof(*kept));

	assert_non_null(kept);
	kept->length = 0;
	for (const char *at = lines->bytes; *at; at += strcspn(at, "\n") + 1)
		if (strncmp(at, first, strlen(first)) == 0 || strncmp(at, second, strlen(second)) == 0)
			say(kept, "%.*s\n", (int)strcspn(at, "\n"), at);
	kept->bytes[kept->length] = '\0';
	*lines = *kept;
	free(kept);
}

static void append_to_all(pms_stream *stream)
{
	pms_region *region = NULL;

	for (uint64_t from = 0; pms_region_next(stream, from, &region, NULL) == PMS_OK;) {
		pms_region_info info = test_region_info(region);
		if (info.usable_bytes - info.used_bytes >= 4096)
			(void)test_append(region, 40, 1);
		from = info.offset + info.total_bytes;
		pms_region_release(region);
	}
}

static void test_golden_for_writing_holds_the_same_and_goes_on(void **state)
{
	const test_case *test = test_begin(state);
	names all = list_images();
	static text found;
	static expected wanted;

	for (size_t i = 0; i < all.count; i++) {
		test_image_copy(golden(all.names[i], "pms"), test->path);
		load_expected(&wanted, golden(all.names[i], "txt"));
		if (wanted.damaged) {
			test_open_fails(test->path, PMS_OPEN_DEFAULT, PMS_E_CORRUPT, NULL);
			continue;
		}
		pms_stream *stream = test_open(test->path, PMS_OPEN_DEFAULT);
		assert_int_equal(test_recovery(stream).cuts_sealed, wanted.torn);
		say_all(&found, stream);
		keep_lines(&found, "data ", "payload ");
		keep_lines(&wanted.lines, "data ", "payload ");
		expect_text(all.names[i], &found, &wanted.lines);
		append_to_all(stream);
		test_close(stream);
		stream = test_open(test->path, PMS_OPEN_DEFAULT);
		test_check_is_clean(stream);
		test_close(stream);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_golden_read_only_is_listed_as_the_dump_says),
	    TEST_ON_BOTH(test_golden_for_writing_holds_the_same_and_goes_on),
	};
	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
