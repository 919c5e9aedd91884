/* SPDX-License-Identifier: MIT */
/* The explorer's own ground: which images a power cut may leave, counted for short histories. TAP. */
#include <stdio.h>
#include <string.h>

#include "crash.h"
#include "shadow.h"

typedef struct crash_case {
	const char *name;
	bool page_cache, kill;
	double images;
	crash_event events[6];
} crash_case;

#define STORED(by, how, at, word) \
	{ \
		.kind = EVENT_STORE, .thread = (by), .store = STORE_##how, .offset = (at), .value = (word) \
	}
#define FLUSHED(by, at, count) \
	{ \
		.kind = EVENT_FLUSH, .thread = (by), .offset = (at), .value = (count) \
	}
#define DRAINED(by) \
	{ \
		.kind = EVENT_DRAIN, .thread = (by) \
	}

static const crash_case cases[] = {
    {.name = "nothing was stored", .images = 1},
    {.name = "a line holds a prefix of its cached stores",
     .images = 4,
     .events = {STORED(0, CACHED, 0, 1), STORED(0, CACHED, 8, 2), STORED(0, CACHED, 16, 3)}},
    {.name = "lines are independent", .images = 4, .events = {STORED(0, CACHED, 0, 1), STORED(0, CACHED, 64, 2)}},
    {.name = "any non-temporal words",
     .images = 8,
     .events = {STORED(0, LOOSE, 0, 1), STORED(0, LOOSE, 8, 2), STORED(0, LOOSE, 16, 3)}},
    {.name = "words of the user have no order", .images = 4, .events = {STORED(0, USER, 0, 1), STORED(0, USER, 8, 2)}},
    {.name = "but none comes later than the core's next store to the line",
     .images = 5,
     .events = {STORED(0, USER, 0, 1), STORED(0, USER, 8, 2), STORED(0, CACHED, 16, 3)}},
    {.name = "a flush alone makes nothing durable", .images = 2, .events = {STORED(0, CACHED, 0, 1), FLUSHED(0, 0, 8)}},
    {.name = "flush and drain", .images = 1, .events = {STORED(0, CACHED, 0, 1), FLUSHED(0, 0, 8), DRAINED(0)}},
    {.name = "the drain of another thread",
     .images = 2,
     .events = {STORED(0, CACHED, 0, 1), FLUSHED(0, 0, 8), DRAINED(1)}},
    {.name = "anybody's flush takes cached stores",
     .images = 1,
     .events = {STORED(0, CACHED, 0, 1), FLUSHED(1, 0, 8), DRAINED(1)}},
    {.name = "but not the non-temporal ones of another thread",
     .images = 2,
     .events = {STORED(0, LOOSE, 0, 1), FLUSHED(1, 0, 8), DRAINED(1)}},
    {.name = "what was stored after the flush is not in",
     .images = 2,
     .events = {STORED(0, CACHED, 0, 1), FLUSHED(0, 0, 8), STORED(0, CACHED, 8, 2), DRAINED(0)}},
    {.name = "another line is not in",
     .images = 2,
     .events = {STORED(0, CACHED, 0, 1), STORED(0, CACHED, 64, 2), FLUSHED(0, 0, 8), DRAINED(0)}},
    {.name = "equal bytes are one image", .images = 1, .events = {STORED(0, CACHED, 0, 0)}},
    {.name = "sectors of a page are independent",
     .page_cache = true,
     .images = 4,
     .events = {STORED(0, CACHED, 0, 1), STORED(0, CACHED, 512, 2)}},
    {.name = "a page is synced as a whole",
     .page_cache = true,
     .images = 1,
     .events = {STORED(0, CACHED, 0, 1), STORED(0, CACHED, 512, 2), FLUSHED(0, 0, 8), DRAINED(0)}},
    {.name = "a kill makes nothing durable",
     .kill = true,
     .images = 2,
     .events = {STORED(0, CACHED, 0, 1), FLUSHED(0, 0, 8)}},
};

static double count_images(const crash_case *tried, crash_shadow *shadow)
{
	static uint8_t zeros[CRASH_STREAM_BYTES];
	crash_images images = {0};
	uint64_t random = 1;

	shadow_begin(shadow, zeros, CRASH_STREAM_BYTES, tried->page_cache);
	for (size_t i = 0; i < sizeof(tried->events) / sizeof(tried->events[0]); i++)
		shadow_apply(shadow, &tried->events[i]);
	if (tried->kill) {
		const crash_event drained = DRAINED(0);
		shadow_kill(shadow);
		shadow_apply(shadow, &drained);
	}
	images_list(&images, shadow, &random);
	double total = images.total;
	images_free(&images);
	return total;
}

int main(void)
{
	crash_shadow *shadow = shadow_new();
	unsigned failed = 0;

	printf("1..%zu\n", sizeof(cases) / sizeof(cases[0]));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double found = count_images(&cases[i], shadow);
		bool right = found == cases[i].images;
		printf("%s %zu - %s\n", right ? "ok" : "not ok", i + 1, cases[i].name);
		if (!right)
			printf("# %.0f images, expected %.0f\n", found, cases[i].images);
		failed += !right;
	}
	shadow_free(shadow);
	return failed != 0;
}
