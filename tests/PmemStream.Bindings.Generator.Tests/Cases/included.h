/* What another header brings along is used, but generated only where it is asked for. */
#ifndef INCLUDED_H
#define INCLUDED_H

#include <stdint.h>

#define INCLUDED_MACRO 1

enum included_kind { INCLUDED_A, INCLUDED_B };
typedef struct included { int a; } included;
typedef struct { int b; } included_unnamed;
typedef int (*included_callback)(void *context);
typedef uint64_t included_position;

int included_function(int a);

#endif
