/* Functions: parameters of every kind, attributes, and what is left out. */
#ifndef FUNCTIONS_H
#define FUNCTIONS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define API __attribute__((visibility("default")))

typedef struct node node;
typedef struct point { int x, y; } point;
typedef int (*callback)(void *context, const node *n, uint64_t position, const uint8_t key[16]);
typedef void (*plain_callback)(void);
typedef int function(int);
typedef uint8_t key[16];
typedef const char *text;

API void f_void(void);
API int f_arrays(int values[4], const uint8_t id[16], int open[], const key k, char *argv[], point points[2]);
API node *f_pointers(const node *a, node **b, const node *const *c, node *const d, void *restrict e);
API point f_structs(point a, struct point b, const point c, struct point *d, const struct point *e);
API callback f_callbacks(callback a, void (*b)(int, void *), plain_callback c, function *d, function e, callback *f);
API void (*f_returns_function(int a))(const char *);
API text f_text(text a, const text b);
API int f_unnamed(int, const char *, node *);
API int f_param(int param);
API void f_keywords(int in, int out, int ref, int base, int params, int string, int is, int event, int checked);
API void f_getter(void);
API int lock(void);
API int ToString(void);
API int GetHashCode(int seed);
API void f_old(void) __attribute__((deprecated));
API void f_older(void) __attribute__((deprecated("use " "\"f_new\"")));

extern int f_extern(size_t n);
extern int some_variable;
extern const char *some_names[];

static inline int f_inline(int a) { return a; }
static int f_static(void) { return 1; }

static const int constant_int = 5;
static const uint64_t constant_wide = 0xFFFFFFFFFFFFFFFFull;
static const char constant_text[] = "abc";
static const char *const constant_pointer = "def";
static const char *changing_text = "p\"q";
static int changing_int = 3;
static const double constant_double = 1.5;

_Static_assert(sizeof(int) == 4, "int");

#ifdef __cplusplus
}
#endif

#endif
