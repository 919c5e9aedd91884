/* The same header under other options. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifndef OPT_SIZE
#error "OPT_SIZE is missing"
#endif

#define OPT_VERSION OPT_SIZE
#define OPT_TEXT "text"
#define OPT_LEFT_OUT 1
#define OPT_MAX(a, b) ((a) > (b) ? (a) : (b))

struct opt_empty;
enum opt_kind { OPT_KIND_A, OPT_KIND_B };
enum { OPT_UNNAMED = 2 };

typedef struct opt_data {
	bool flag;
	long l;
	unsigned long ul;
	union { int i; float f; };
	int left_out;
	ssize_t size;
	int values[OPT_SIZE];
} opt_data;

typedef struct opt_left_out { int a; } opt_left_out;

bool opt_open(const char *name, opt_data *data, bool flag, long l);
int opt_left_out_too(const char *format, ...);
void opt_close(opt_data *data);
ssize_t opt_string(enum opt_kind kind);

#endif
