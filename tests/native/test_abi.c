/* SPDX-License-Identifier: MIT */
/*
 * The facts that the library reports agree with the public header: its text is read here, sizes and offsets are computed by
 * the rules of the platform's ABI, and every struct, field and enum value must be among the facts, and nothing else.
 */
#include <ctype.h>

#include "support_stream.h"

static char *text; /* of the header, without comments */
static uint8_t seen[2000];

/* ---- the header ---------------------------------------------------------------------------------------------------- */

/* Blanks out comments. */
static void strip_comments(char *at)
{
	while ((at = strstr(at, "/*")) != NULL) {
		char *end = strstr(at, "*/");
		assert_non_null(end);
		for (; at < end + 2; at++)
			*at = ' ';
	}
}

static int read_header(void **state)
{
	static const char in_tree[] = "tests/native/test_abi.c", header[] = "native/include/pmemstream_core.h";
	const size_t root = strlen(__FILE__) - strlen(in_tree);
	char path[4096];
	long bytes;

	(void)state;
	(void)snprintf(path, sizeof(path), "%.*s%s", (int)root, __FILE__, header);
	FILE *file = fopen(path, "rb");
	if (!file || fseek(file, 0, SEEK_END) != 0 || (bytes = ftell(file)) <= 0 || fseek(file, 0, SEEK_SET) != 0)
		return -1;
	text = calloc(1, (size_t)bytes + 1);
	if (!text || fread(text, 1, (size_t)bytes, file) != (size_t)bytes)
		return -1;
	(void)fclose(file);
	strip_comments(text);
	return 0;
}

static int free_header(void **state)
{
	(void)state;
	free(text);
	return 0;
}

/* ---- facts --------------------------------------------------------------------------------------------------------- */

static bool find_fact(const char *name, int64_t *value)
{
	const char *found;

	for (uint32_t i = 0; i < pms_abi_fact_count(); i++) {
		assert_int_equal(pms_abi_fact(i, &found, value), PMS_OK);
		if (strcmp(found, name) != 0)
			continue;
		assert_int_equal(seen[i], 0); /* each once */
		seen[i] = 1;
		return true;
	}
	return false;
}

static void expect_fact(const char *name, int64_t value)
{
	int64_t found;

	if (!find_fact(name, &found))
		fail_msg("the library does not report %s", name);
	if (found != value)
		fail_msg("%s: the header says %lld, the library %lld", name, (long long)value, (long long)found);
}

/* ---- structs ------------------------------------------------------------------------------------------------------- */

typedef struct layout {
	char name[64];
	uint64_t bytes, alignment;
} layout;

static layout layouts[100] = {{"uint8_t", 1, 1},  {"char", 1, 1},     {"int32_t", 4, 4},
			      {"uint32_t", 4, 4}, {"uint64_t", 8, 8}, {"int64_t", 8, 8}};
static size_t layout_count = 6;

static const layout *layout_of(const char *type)
{
	for (size_t i = 0; i < layout_count; i++)
		if (strcmp(layouts[i].name, type) == 0)
			return &layouts[i];
	fail_msg("the type '%s' is not known", type);
	return NULL;
}

static const char *skip_space(const char *at)
{
	while (isspace((unsigned char)*at))
		at++;
	return at;
}

static const char *read_word(const char *at, char *word, size_t room)
{
	size_t length = 0;

	at = skip_space(at);
	while (isalnum((unsigned char)at[length]) || at[length] == '_')
		length++;
	assert_in_range(length, 1, room - 1);
	memcpy(word, at, length);
	word[length] = '\0';
	return at + length;
}

/* One field at `at`; returns what follows its semicolon. */
static const char *read_field(const char *at, const char *owner, layout *into)
{
	char type[64], name[64], fact[200];
	uint64_t count = 1;

	at = read_word(at, type, sizeof(type));
	if (strcmp(type, "const") == 0)
		at = read_word(at, type, sizeof(type));
	at = skip_space(at);
	layout field = {.bytes = sizeof(void *), .alignment = sizeof(void *)};
	if (*at == '*')
		at++;
	else
		field = *layout_of(type);
	at = skip_space(read_word(at, name, sizeof(name)));
	if (*at == '[') {
		count = strtoull(at + 1, NULL, 10);
		assert_true(count > 0);
		at = skip_space(strchr(at, ']') + 1);
	}
	assert_int_equal(*at, ';');
	into->bytes = (into->bytes + field.alignment - 1) / field.alignment * field.alignment;
	(void)snprintf(fact, sizeof(fact), "offsetof(%s, %s)", owner, name);
	expect_fact(fact, (int64_t)into->bytes);
	into->bytes += field.bytes * count;
	if (into->alignment < field.alignment)
		into->alignment = field.alignment;
	return skip_space(at + 1);
}

static void test_abi_every_struct_and_field_is_a_fact(void **state)
{
	static const char begin[] = "typedef struct ";
	size_t structs = 0;

	(void)state;
	for (const char *at = text; (at = strstr(at, begin)) != NULL;) {
		char name[64], fact[200];
		at = skip_space(read_word(at + strlen(begin), name, sizeof(name)));
		if (*at != '{')
			continue; /* opaque */
		layout *made = &layouts[layout_count];
		*made = (layout){.alignment = 1};
		for (at = skip_space(at + 1); *at != '}';)
			at = read_field(at, name, made);
		made->bytes = (made->bytes + made->alignment - 1) / made->alignment * made->alignment;
		(void)snprintf(made->name, sizeof(made->name), "%s", name);
		(void)snprintf(fact, sizeof(fact), "sizeof(%s)", name);
		expect_fact(fact, (int64_t)made->bytes);
		layout_count++;
		structs++;
	}
	assert_true(structs >= 12);
}

/* ---- enums --------------------------------------------------------------------------------------------------------- */

static void test_abi_every_enum_value_is_a_fact(void **state)
{
	static const char begin[] = "typedef enum ";
	size_t values = 0;

	(void)state;
	for (const char *at = text; (at = strstr(at, begin)) != NULL;) {
		char name[64], *after;
		at = skip_space(read_word(at + strlen(begin), name, sizeof(name)));
		assert_int_equal(*at, '{');
		for (at = skip_space(at + 1); *at != '}'; values++) {
			at = skip_space(read_word(at, name, sizeof(name)));
			assert_int_equal(*at, '='); /* explicit, always */
			expect_fact(name, strtoll(at + 1, &after, 10));
			at = skip_space(after);
			at = *at == ',' ? skip_space(at + 1) : at;
		}
	}
	assert_true(values >= 60);
}

/* Runs last: whatever the others did not find in the header. */
static void test_abi_no_fact_is_about_anything_else(void **state)
{
	const char *name;
	int64_t value;

	(void)state;
	assert_in_range(pms_abi_fact_count(), 100, sizeof(seen));
	for (uint32_t i = 0; i < pms_abi_fact_count(); i++)
		if (!seen[i] && pms_abi_fact(i, &name, &value) == PMS_OK)
			fail_msg("%s is not in the header", name);
	assert_int_equal(pms_abi_fact(pms_abi_fact_count(), &name, &value), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_abi_fact(UINT32_MAX, &name, &value), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_abi_fact(0, NULL, &value), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_abi_fact(0, &name, NULL), PMS_E_INVALID_ARGUMENT);
}

/* ---- the rest ------------------------------------------------------------------------------------------------------ */

static void test_abi_version_is_that_of_the_header(void **state)
{
	(void)state;
	assert_int_equal(pms_abi_version(), PMS_ABI_VERSION);
	assert_true(isdigit((unsigned char)pms_version_text()[0]));
}

static bool is_status(const char *name) { return strncmp(name, "PMS_E_", 6) == 0 || strcmp(name, "PMS_OK") == 0; }

/* Every status has a text of its own, and no other number has one. */
static void test_abi_every_status_has_its_own_text(void **state)
{
	const char *unknown = pms_status_text(12345), *name, *other;
	int64_t value, other_value;
	int statuses = 0;

	(void)state;
	assert_string_equal(unknown, "unknown status");
	for (uint32_t i = 0; i < pms_abi_fact_count(); i++) {
		assert_int_equal(pms_abi_fact(i, &name, &value), PMS_OK);
		/* PMS_E_ also begins nothing but statuses. */
		if (!is_status(name) || strchr(name, '('))
			continue;
		statuses++;
		assert_true(value <= 0);
		const char *line = pms_status_text((int32_t)value);
		assert_true(strlen(line) > 5 && strcmp(line, unknown) != 0 && !strchr(line, '\n'));
		for (uint32_t j = 0; j < i; j++) {
			assert_int_equal(pms_abi_fact(j, &other, &other_value), PMS_OK);
			if (!is_status(other))
				continue;
			assert_true(other_value != value);
			assert_true(strcmp(pms_status_text((int32_t)other_value), line) != 0);
		}
	}
	assert_true(statuses >= 30);
	int known = 0;
	for (int32_t status = -1000; status <= 1000; status++)
		known += strcmp(pms_status_text(status), unknown) != 0;
	assert_int_equal(known, statuses);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_abi_every_struct_and_field_is_a_fact),
	    cmocka_unit_test(test_abi_every_enum_value_is_a_fact),
	    cmocka_unit_test(test_abi_no_fact_is_about_anything_else),
	    cmocka_unit_test(test_abi_version_is_that_of_the_header),
	    cmocka_unit_test(test_abi_every_status_has_its_own_text),
	};

	return cmocka_run_group_tests(tests, read_header, free_header);
}
